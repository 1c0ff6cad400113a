"""Floats that become integers give the same numbers everywhere, in range or not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.scalar.conversion import converted, float_to_int
from theano.scalar.dtypes import float_dtypes, integer_dtypes

NATIVE = Mode(linker="cvm", optimizer=None)
PERFORM = Mode(linker="py", optimizer=None)


def points(dtype: str) -> np.ndarray:
    """Numbers around all limits of integers, several times over, so that NumPy takes its fast loops."""
    with np.errstate(all="ignore"):
        return _points(dtype)


def _points(dtype: str) -> np.ndarray:
    limits = [s * 2.0**e for e in (0, 7, 8, 15, 16, 31, 32, 62, 63, 64, 65, 100) for s in (1, -1)]
    near = [v + d for v in limits for d in (-1.5, -1, -0.5, 0, 0.5, 1)]
    near += [float(np.nextafter(np.array(v, dtype=dtype), w)) for v in limits for w in (np.inf, -np.inf)]
    return np.array([*near, np.inf, -np.inf, np.nan, 0.0, -0.0] * 3).astype(dtype)


def exactly(value: float, target: str) -> int:
    """What is documented: truncated and wrapped, in the type that is wide enough; its least number outside of that."""
    kind = np.dtype(target)
    bits = 8 * kind.itemsize
    if target == "uint64" and value >= 2.0**63:
        low = exactly(value - 2.0**63, "int64") % 2**64
        return low ^ 1 << 63
    wide = 64 if bits == 64 or target == "uint32" else 32
    fits = np.isfinite(value) and -(2 ** (wide - 1)) <= int(value) < 2 ** (wide - 1)
    number = (int(value) if fits else -(2 ** (wide - 1))) % 2**bits
    return number - 2**bits if kind.kind == "i" and number >> (bits - 1) else number


@pytest.mark.parametrize("source, target", list(itertools.product(float_dtypes, integer_dtypes)))
def test_all_executors_agree(source: str, target: str) -> None:
    values = points(source)
    wanted = [exactly(float(v), target) for v in values]
    with np.errstate(all="ignore"):
        assert converted(values, target).tolist() == wanted
        assert converted(np.repeat(values, 2)[::2], target).tolist() == wanted
        assert [int(converted(v, target)) for v in values[:40]] == wanted[:40]
    expression = float_to_int(ex.name("x", "f64"), ex.TYPE_OF[target])
    assert [int(evaluate(expression, {"x": np.float64(v)})) for v in values] == wanted
    x = T.TensorType(source, (False,))("x")
    for mode in (NATIVE, PERFORM):
        f = theano.function([x], T.cast(x, target), mode=mode)
        for given in (values, values[:3], np.repeat(values, 2)[::2]):
            assert f(given).tolist() == wanted[: len(given)], mode
    folded = theano.function([], T.cast(T.constant(values), target))
    assert folded().tolist() == wanted


def test_other_conversions_agree() -> None:
    """Those inside of other operations, and of arguments that may lose precision."""
    values = points("float64")
    x = T.dvector("x")
    total = T.cast(x, "uint32").sum(dtype="uint32")
    results = [theano.function([x], [total, T.cast(x, "uint32") // 3], mode=mode)(values) for mode in (NATIVE, PERFORM)]
    for native, perform in zip(*results, strict=True):
        np.testing.assert_array_equal(native, perform)
    v = T.TensorType("uint32", (False,))("v")
    finite = values[~np.isnan(values)]
    f = theano.function([theano.In(v, allow_downcast=True)], v)
    assert f(finite).tolist() == [exactly(float(a), "uint32") for a in finite]
