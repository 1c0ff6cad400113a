"""Every scalar operation with a native form, compiled, against NumPy: dtypes, special values, sizes, strides."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import theano.tensor as T
from tests.scalar.test_table import arity, output_dtype
from theano.compile import Mode, function
from theano.scalar import TABLE, ScalarOp
from theano.scalar.dtypes import COMPLEX, all_dtypes
from theano.tensor.elemwise import Elemwise

NATIVE = Mode(linker="cvm", optimizer=None)
UNARY_DTYPES = [d for d in all_dtypes if d not in COMPLEX]
BINARY_DTYPES = ["bool", "int8", "uint8", "int32", "int64", "uint64", "float16", "float32", "float64"]
TERNARY_DTYPES = ["bool", "int8", "float32", "float64"]
SIZES = [0, 1, 3, 4, 5, 8, 17, 33]
LENGTH = 331  # no multiple of a vector width

# Units in the last place; what is not listed is exact.
ULPS = {
    **dict.fromkeys(
        ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
         "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "pow", "sigmoid", "softplus", "erf",
         "xlogx", "xlogy0", "softsign", "deg2rad", "rad2deg", "erfinv", "erfcinv", "gamma", "gammaln", "tri_gamma",
         "logaddexp"), 4,
    ),
    "ultra_fast_sigmoid": 4,
    "erfc": 100, "psi": 100,  # SciPy's error: ours are compared with exact values in tests/loops/test_vmath.py
}  # fmt: skip


# Near zeros of these the error is absolute: in ulps of this size.
SCALES = {"gammaln": 1.0, "logaddexp": 1.0, "psi": 1.0}


def specials(dtype: str) -> list[Any]:
    """Values that matter: zeros, ones, extremes, infinities, NaN, subnormal numbers."""
    if dtype == "bool":
        return [False, True]
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        info = np.iinfo(kind)
        return [v for v in (0, 1, 2, 3, 7, -1, -2, -7, info.min, info.min + 1, info.max, info.max - 1) if v >= info.min]
    info = np.finfo(kind)
    reals = [0.0, 0.25, 0.5, 1.0, 1.5, 2.5, 3.7, 30.0, 88.0, 1000.0, np.inf, info.tiny, info.max, info.eps]
    reals += [float(info.smallest_subnormal), float(info.tiny) / 4, np.pi, 1e-4]
    return [s * v for v in reals for s in (1, -1)] + [np.nan]


def column(dtype: str, seed: int) -> np.ndarray:
    """`LENGTH` numbers of a dtype, half of them special."""
    rng = np.random.RandomState(seed)
    kind = np.dtype(dtype)
    if kind.kind in "iub":
        low, high = (0, 2) if dtype == "bool" else (max(np.iinfo(kind).min, -9), 10)
        ordinary = rng.randint(low, high, LENGTH).astype(kind)
    else:
        ordinary = (rng.randn(LENGTH) * 10.0 ** rng.randint(-3, 3, LENGTH)).astype(kind)
    picks = np.array(specials(dtype), dtype=kind)[rng.randint(0, len(specials(dtype)), LENGTH)]
    return np.where(rng.rand(LENGTH) < 0.5, ordinary, picks).astype(kind)


def ulps(op: ScalarOp, dtype: str) -> int:
    """Tolerated distance; float16 is computed in float32 and rounded twice."""
    return ULPS.get(op.name, 0) and (1 if dtype == "float16" else ULPS[op.name])


def check(got: np.ndarray, wanted: np.ndarray, tolerance: int, about: Any, scale: float = 0.0) -> None:
    assert got.dtype == wanted.dtype and got.shape == wanted.shape, (about, got.dtype, wanted.dtype)
    if tolerance == 0 or got.dtype.kind != "f":
        np.testing.assert_array_equal(got, wanted, err_msg=str(about))
        if got.dtype.kind == "f":
            fine = np.isnan(wanted) | (np.signbit(got) == np.signbit(wanted))
            assert fine.all(), (about, "sign of zero", got[~fine], wanted[~fine])
        return
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    with np.errstate(all="ignore"):
        distance = np.abs(got.astype(float) - wanted.astype(float))
        near = distance <= tolerance * np.spacing(np.maximum(np.abs(wanted), wanted.dtype.type(scale))).astype(float)
    bad = ~(same | near)
    assert not bad.any(), (about, np.flatnonzero(bad)[:5], got[bad][:5], wanted[bad][:5])


def cases(op: ScalarOp) -> list[tuple[tuple[str, ...], str]]:
    dtypes = {1: UNARY_DTYPES, 2: BINARY_DTYPES, 3: TERNARY_DTYPES}[arity(op)]
    found = []
    for combination in itertools.product(dtypes, repeat=arity(op)):
        out = output_dtype(op, combination)
        if out is not None and op.is_native(combination, out):
            found.append((combination, out))
    return found


class Compiled:
    """One function for all dtypes of an operation: input (position, dtype) -> one output for each case."""

    def __init__(self, op: ScalarOp, ndim: int) -> None:
        self.op, self.cases = op, cases(op)
        self.keys = sorted({(k, d) for dtypes, _ in self.cases for k, d in enumerate(dtypes)})
        variables = {key: T.TensorType(key[1], (False,) * ndim)(f"x{key[0]}_{key[1]}") for key in self.keys}
        elemwise = Elemwise(op)
        outputs = [elemwise(*(variables[k, d] for k, d in enumerate(dtypes))) for dtypes, _ in self.cases]
        self.f = function([variables[key] for key in self.keys], outputs, mode=NATIVE, on_unused_input="ignore")

    def check(self, columns: dict[tuple[int, str], np.ndarray], about: Any) -> None:
        results = self.f(*(columns[key] for key in self.keys))
        for (dtypes, out), got in zip(self.cases, results):
            with np.errstate(all="ignore"):
                wanted = np.asarray(self.op.compute(tuple(columns[k, d] for k, d in enumerate(dtypes))))
            check(got, wanted, ulps(self.op, out), (self.op.name, dtypes, about), SCALES.get(self.op.name, 0.0))


def columns_for(op: ScalarOp, compiled: Compiled) -> dict[tuple[int, str], np.ndarray]:
    found = {key: column(key[1], 7 * key[0] + UNARY_DTYPES.index(key[1])) for key in compiled.keys}
    if op.checks_zero_divisor:
        for (k, d), values in found.items():
            if k == 1 and np.dtype(d).kind in "iub":
                values[values == 0] = 1
    if op.name in ("erfcinv", "gammaln"):  # SciPy's are infinite for subnormal numbers
        for (_, d), values in found.items():
            if d == "float64":
                values[np.abs(values) < np.finfo(d).tiny] = 0.25
    return found


@pytest.mark.parametrize("name", sorted(name for name, op in TABLE.items() if cases(op)))
def test_compiled_is_numpy(name: str) -> None:
    op = TABLE[name]
    compiled = Compiled(op, 1)
    assert compiled.f.is_native
    columns = columns_for(op, compiled)
    compiled.check(columns, "all")
    for n in SIZES:
        compiled.check({key: values[n : 2 * n] for key, values in columns.items()}, n)
    compiled.check({key: values[::-3] for key, values in columns.items()}, "strided")
    scalars = Compiled(op, 0)
    for at in range(0, LENGTH, 23):
        scalars.check({key: np.array(values[at]) for key, values in columns.items()}, "0-d")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("power", [0.5, -0.5, 1.5, -1.5])
def test_powers_by_halves(dtype: str, power: float) -> None:
    """Rewriting and the forms with roots keep the signs of zeros and the powers of infinities."""
    x = T.TensorType(dtype, (False,))("x")
    values = np.array(specials(dtype) * 2, dtype=dtype)
    with np.errstate(all="ignore"):
        wanted = np.power(values, np.full_like(values, power))
    for mode in (NATIVE, Mode(linker="cvm", optimizer="fast_run"), Mode(linker="py", optimizer="fast_run")):
        y = x ** T.constant(power, dtype=dtype)
        got = function([x], y, mode=mode)(values)
        check(got, wanted, 1 if dtype == "float16" else 4, (power, mode))
        zeros = wanted == 0
        assert not np.signbit(got[zeros]).any() and np.array_equal(np.isinf(got), np.isinf(wanted))
