"""The whole table of scalar operations: dtypes, values, native expansions."""

from __future__ import annotations

import itertools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

from tests.scalar.numpy_expr import evaluate
from theano import scalar
from theano.loops import expr
from theano.scalar import TABLE, ScalarOp, special
from theano.scalar.dtypes import COMPLEX, DISCRETE, NUMPY, all_dtypes

OPS = sorted(TABLE.values(), key=lambda op: op.name)
REAL_DTYPES = [d for d in all_dtypes if d not in COMPLEX]
NAMES = [op.name for op in OPS]


def samples(dtype: str, rare: bool = True) -> np.ndarray:
    """Values that matter: zeros, ones, halves, extremes, infinities, NaN."""
    kind = np.dtype(dtype)
    if dtype == "bool":
        return np.array([False, True])
    if kind.kind in "iu":
        info = np.iinfo(kind)
        values = [0, 1, 2, 3, 5, 7, info.max, info.max - 1] + (
            [-1, -2, -3, -7, info.min] if kind.kind == "i" else []
        )
        return np.array(values, dtype=kind)
    reals = [0.0, -0.0, 0.25, -0.25, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, 2.5, -2.5, 3.7, -3.7, 30.0, -30.0]
    if rare:
        reals += [np.inf, -np.inf, np.nan, 1000.0, -1000.0]
    if kind.kind == "c":
        return np.array([complex(a, b) for a, b in itertools.product(reals[2:12], reals[2:8])], dtype=kind)
    return np.array(reals, dtype=kind)


def arity(op: ScalarOp) -> int:
    return 2 if op.nin == -1 else op.nin


def dtype_cases(op: ScalarOp) -> list[tuple[str, ...]]:
    if arity(op) == 1:
        return [(d,) for d in all_dtypes]
    if arity(op) == 2:
        return list(itertools.product(all_dtypes, repeat=2))
    few = ["bool", "int8", "uint64", "float16", "float32", "float64"]
    return list(itertools.product(few, repeat=3))


def grid(dtypes: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    arrays = [samples(d) for d in dtypes]
    if len(arrays) == 3:
        arrays = [a[:9] for a in arrays]
    return tuple(np.ascontiguousarray(a.ravel()) for a in np.meshgrid(*arrays, indexing="ij"))


def output_dtype(op: ScalarOp, dtypes: tuple[str, ...]) -> str | None:
    try:
        return op.dtype(*dtypes)
    except (TypeError, NotImplementedError):
        return None


def safe_grid(op: ScalarOp, dtypes: tuple[str, ...], out: str) -> tuple[np.ndarray, ...]:
    inputs = grid(dtypes)
    if op.target in ("uint32", "uint64") and np.dtype(dtypes[0]).kind == "f":
        inputs = (inputs[0][inputs[0] >= 0],)  # NumPy itself gives several answers for others
        inputs = (inputs[0][np.isfinite(inputs[0])],)
    if op.checks_zero_divisor and np.dtype(out).kind == "f":
        with np.errstate(all="ignore"):  # the fma of `numpy_expr` is not exact for larger quotients
            keep = ~(np.abs(inputs[0].astype(float) / inputs[1].astype(float)) > 2.0**40) | (inputs[1] == 0)
        inputs = tuple(a[keep] for a in inputs)
    elif op.checks_zero_divisor:
        keep = inputs[1] != 0
        inputs = tuple(a[keep] for a in inputs)
    return inputs


@pytest.mark.parametrize("name", NAMES)
def test_numpy_gives_the_declared_dtype_without_warnings(name: str) -> None:
    op = TABLE[name]
    for dtypes in dtype_cases(op):
        out = output_dtype(op, dtypes)
        if out is None or (
            arity(op) > 1
            and name in ("jv", "iv", "polygamma", "gammainc", "gammaincc", "gammal", "gammau", "chi2sf")
            and dtypes[0] not in ("int8", "float32", "float64")
        ):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            inputs = safe_grid(op, dtypes, out)
            result = op.compute(inputs)
        assert result.dtype == NUMPY[out], (dtypes, result.dtype, out)
        assert result.shape == inputs[0].shape


NATIVE = [op.name for op in OPS if op.expand is not None]
ROUGH = {"float32": 4e-6, "float16": 2e-3, "float64": 4e-15}


@pytest.mark.parametrize("name", NATIVE)
def test_expansion_agrees_with_numpy(name: str) -> None:
    op = TABLE[name]
    for dtypes in dtype_cases(op):
        out = output_dtype(op, dtypes)
        if out is None or not op.is_native(dtypes, out):
            continue
        if (
            arity(op) == 2
            and len(set(dtypes)) == 2
            and not set(dtypes) <= {"bool", "int8", "int64", "uint64", "float32"}
        ):
            continue  # mixtures of all kinds, not all mixtures
        inputs = safe_grid(op, dtypes, out)
        expected = op.compute(inputs)
        wanted = op.arg_dtypes(dtypes, out)
        names = [expr.name(f"x{i}", expr.TYPE_OF[w]) for i, w in enumerate(wanted)]
        with np.errstate(all="ignore"):
            values = {n: a.astype(w) for n, a, w in zip(names, inputs, wanted, strict=True)}
            result = np.broadcast_to(evaluate(op.expand(*names), values), expected.shape).astype(out)
        compare(op, out, inputs, result, expected)
        expr.clear()


def compare(op: ScalarOp, out: str, inputs: tuple[np.ndarray, ...], result: Any, expected: Any) -> None:
    if out in DISCRETE:
        same = result == expected
    else:
        with np.errstate(all="ignore"):
            same = np.isclose(result, expected, rtol=ROUGH[out], atol=np.finfo(out).tiny, equal_nan=True)
    if not np.all(same):
        i = int(np.argmin(same))
        raise AssertionError(f"{op}{tuple(a[i] for a in inputs)}: {result[i]!r}, NumPy gives {expected[i]!r}")


def test_variadic_operations_fold() -> None:
    for op in (scalar.add, scalar.mul, scalar.maximum, scalar.minimum):
        assert op.impl(2.0, 3.0, 5.0) == op.impl(op.impl(2.0, 3.0), 5.0)
        names = [expr.name(n, "f64") for n in "abc"]
        value = evaluate(op.expand(*names), dict(zip(names, map(np.asarray, (2.0, 3.0, 5.0)), strict=True)))
        assert value == op.impl(2.0, 3.0, 5.0)


def test_pickle_by_name() -> None:
    for op in OPS:
        assert pickle.loads(pickle.dumps(op)) is op


@pytest.mark.parametrize(
    ("op", "args", "expected"),
    [
        (scalar.int_div, (1.0, 0.0), np.inf),
        (scalar.int_div, (0.0, 0.0), np.nan),
        (scalar.mod, (5.0, 0.0), np.nan),
        (scalar.mod, (np.inf, 2.0), np.nan),
        (scalar.mod, (2.0, np.inf), 2.0),
        (scalar.mod, (-7, 3), 2),
        (scalar.int_div, (-7, 3), -3),
        (scalar.pow, (0.0, 0.0), 1.0),
        (scalar.pow, (1.0, np.nan), 1.0),
        (scalar.pow, (-8.0, 1 / 3), np.nan),
        (scalar.pow, (2, -1), 0),
        (scalar.clip, (0, 2, -2), 2),
        (scalar.clip, (3, 5, 4), 5),
        (scalar.clip, (np.nan, 0, 1), np.nan),
        (scalar.log1p, (-1.0,), -np.inf),
        (scalar.erfinv, (1.0,), np.inf),
        (scalar.erfinv, (2.0,), np.nan),
        (scalar.sgn, (np.nan,), np.nan),
        (scalar.round_half_to_even, (2.5,), 2.0),
        (scalar.round_half_away_from_zero, (-2.5,), -3.0),
        (scalar.maximum, (1.0, np.nan), np.nan),
        (scalar.softplus, (1000.0,), 1000.0),
        (scalar.sigmoid, (-1000.0,), 0.0),
        (scalar.xlogx, (0.0,), 0.0),
    ],
)
def test_corner_values(op: ScalarOp, args: tuple[Any, ...], expected: float) -> None:
    np.testing.assert_allclose(op.impl(*args), expected, rtol=1e-6)


def test_integer_division_by_zero_raises() -> None:
    for op in (scalar.int_div, scalar.mod):
        with pytest.raises(ZeroDivisionError):
            op.impl(1, 0)


def test_gamma_at_its_poles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a SciPy that says otherwise there."""
    monkeypatch.setattr(special, "scipy_special", lambda name: lambda x: np.full_like(x, np.inf))
    for dtype in ("float32", "float64"):
        values = np.array([-1.0, -2.0, -1e30, -np.inf, 0.0, -0.5, -0.0], dtype=dtype)
        found = special.gamma.compute((values,))
        assert np.isnan(found).tolist() == [True] * 4 + [False] * 3
        assert found[4:].tolist() == [np.inf, np.inf, -np.inf]


def test_numbers_of_another_count_are_refused() -> None:
    """NumPy takes what is too much for where to write the result."""
    for call in (lambda: scalar.exp(1, 2), lambda: scalar.exp.impl(1, 2), lambda: scalar.sub(1), lambda: scalar.add()):
        with pytest.raises(TypeError, match=r"(exp|sub|add) takes (1|2|one or more) arguments, got \d"):
            call()
    assert scalar.add.impl(1, 2, 3) == 6 and scalar.sub.impl(3, 1) == 2


def test_of_numbers_is_a_variable() -> None:
    """As in Theano; of arrays it is an array."""
    made = scalar.exp(1)
    assert made.type.dtype == "float32" and made.type.ndim == 0
    np.testing.assert_allclose(made.eval(), np.e, rtol=1e-6)
    assert scalar.add(1, 2).type.dtype == "int8" and scalar.add(1, np.float64(2)).type.dtype == "float64"
    assert scalar.add(1, 2, 3).eval() == 6 and scalar.maximum(np.int32(1), 2).eval() == 2
    assert isinstance(scalar.exp(np.ones(3)), np.ndarray)
