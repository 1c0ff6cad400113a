"""Reductions: values, dtypes, gradients, shapes, printing, errors."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest

import theano.tensor as T
from tests.tensor.oracle import evaluate
from theano.gradient import Rop, grad
from theano.scalar.dtypes import COMPLEX, all_dtypes, integer_dtypes
from theano.tensor.reductions.extremes import Supremum
from theano.tensor.type import TensorType

AXES: list[Any] = [None, 0, 1, -1, (0, 2), [1], (), (0, 1, 2), np.int64(1)]
FUNCTIONS: dict[str, Any] = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "mean": np.mean,
    "var": np.var,
    "std": np.std,
    "any": np.any,
    "all": np.all,
}


def numpy_axis(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_and_shapes(name: str, keepdims: bool) -> None:
    x = TensorType("float64", shape=(None, 3, None))("x")
    value = np.random.default_rng(0).normal(size=(2, 3, 4)).round(1)
    for axis in AXES:
        y = getattr(T, name)(x, axis=axis, keepdims=keepdims)
        expected = FUNCTIONS[name](value, axis=numpy_axis(axis), keepdims=keepdims)
        (got,) = evaluate([y], {x: value})
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)
        assert got.shape == expected.shape and got.dtype == y.dtype
        for static, length in zip(y.type.shape, got.shape, strict=True):
            assert static in (None, length)
        method = getattr(x, name)(axis=axis, keepdims=keepdims)
        assert method.type == y.type


def test_argmax() -> None:
    x = T.dtensor3("x")
    value = np.random.default_rng(0).integers(0, 3, size=(2, 3, 4)).astype(float)
    for axis in (None, 0, 1, 2, -1):
        for name in ("argmax", "argmin"):
            (got,) = evaluate([getattr(T, name)(x, axis=axis)], {x: value})
            np.testing.assert_array_equal(got, getattr(np, name)(value, axis=axis))
    (got,) = evaluate([T.argmax(x, axis=(0, 2))], {x: value})
    np.testing.assert_array_equal(got, np.argmax(value.transpose(1, 0, 2).reshape(3, 8), axis=1))
    values, positions = T.max_and_argmax(x, axis=1, keepdims=True)
    assert values.broadcastable == positions.broadcastable == (False, True, False)
    assert (str(T.max_and_argmax(x, 0)[0]), positions.dtype) == ("max", "int64")
    v = T.dvector()
    assert evaluate([v.max(), v.argmax(), v.min()], {v: np.array([1.0, np.nan, 3.0])})[1] == 1


@pytest.mark.parametrize("dtype", all_dtypes)
def test_dtypes(dtype: str) -> None:
    x = TensorType(dtype, (False,))()
    value = np.array([0, 1, 1, 1, 0]).astype(dtype)
    signed = {"bool": "int64", "int8": "int64", "int16": "int64", "int32": "int64"}
    wide = {**signed, "uint8": "uint64", "uint16": "uint64", "uint32": "uint64"}
    assert T.sum(x).dtype == T.prod(x).dtype == wide.get(dtype, dtype)
    floats = dtype if dtype in ("float16", "float32", "float64", *COMPLEX) else "float64"
    assert T.mean(x).dtype == floats
    if dtype not in COMPLEX:
        assert T.max(x).dtype == T.min(x).dtype == dtype
        assert T.var(x).dtype == floats
        assert evaluate([T.max(x), T.min(x)], {x: value}) == [1, 0]
    for y in (T.sum(x), T.prod(x), T.mean(x), T.any(x), T.all(x)):
        assert evaluate([y], {x: value})[0].dtype == y.dtype
    assert evaluate([T.sum(x)], {x: value})[0] == 3


def test_accumulation_is_in_acc_dtype() -> None:
    """Sums and products wrap around, or are truth values, as the dtype they are accumulated in says."""
    value = np.array([100, 3, 0, 77, 255, 1, 2, 90.5])
    outs = (None, "bool", "int8", "uint8", "int64", "float32")
    accs = ("bool", "int8", "uint8", "int16", "int64", "float32", "complex64")
    for dtype in ("bool", "int8", "uint8", "float32"):
        x = TensorType(dtype, (None,))("x")
        with np.errstate(all="ignore"):
            array = value.astype(dtype)
        results = []
        for out, acc, name in itertools.product(outs, accs, ("sum", "prod")):
            try:
                results.append((out, acc, name, getattr(T, name)(x, dtype=out, acc_dtype=acc)))
            except TypeError:
                assert np.promote_types(dtype, acc) != acc or (acc in COMPLEX and out not in COMPLEX)
        for (out, acc, name, _), got in zip(results, evaluate([r[-1] for r in results], {x: array}), strict=True):
            if acc in integer_dtypes and out in integer_dtypes:
                exact = (math.prod if name == "prod" else sum)(array.tolist())
                modulus = 2 ** (8 * min(np.dtype(acc).itemsize, got.itemsize))
                assert (int(got) - exact) % modulus == 0, (dtype, out, acc, name)
            if acc == "bool":
                assert got == (any if name == "sum" else all)(array), (dtype, out, name)


def test_dtype_and_acc_dtype() -> None:
    f = T.fvector()
    assert T.sum(f).owner.op.acc_dtype == "float64"
    assert T.sum(T.ivector(), dtype="float32").dtype == "float32"
    assert T.mean(T.ivector(), dtype="int32").dtype == "float64"
    assert T.sum(f, dtype="float64").dtype == "float64"
    with pytest.raises(TypeError, match="loses precision"):
        T.sum(T.dvector(), acc_dtype="float32")
    with pytest.raises(TypeError, match="complex"):
        T.sum(T.zvector(), dtype="float64")
    half = TensorType("float16", (False,))()
    (got,) = evaluate([T.mean(half)], {half: np.full(4000, 60.0, "float16")})
    assert got == 60.0


def test_text() -> None:
    m = T.dmatrix()
    for y, text in [
        (m.sum(), "Sum{acc_dtype=float64}"),
        (m.sum(0), "Sum{axis=[0], acc_dtype=float64}"),
        (m.prod(1), "Prod{axis=(1,), dtype='float64', acc_dtype='float64'}"),
        (m.any(), "Any"),
        (m.all(0), "All{0}"),
        (m.max(0), "MaxAndArgmax{axis=(0,)}"),
        (m.min(), "Elemwise{neg,no_inplace}"),
    ]:
        assert str(y.owner.op) == text
        assert pickle.loads(pickle.dumps(y.owner.op)) == y.owner.op


def test_bad_axes() -> None:
    m = T.dmatrix()
    for axis, error in [
        (2, ValueError),
        (-3, ValueError),
        ("a", TypeError),
        (T.iscalar(), TypeError),
        (0.5, TypeError),
    ]:
        for f in (T.sum, T.max, T.mean, T.any):
            with pytest.raises(error):
                f(m, axis=axis)
    assert T.sum(m, axis=(0, 0)).ndim == 1
    assert T.sum(m, axis=np.asarray(1)).ndim == 1
    assert T.sum(m, axis=T.constant(1)).ndim == 1


def test_empty() -> None:
    v = T.dvector()
    empty = np.zeros(0)
    assert evaluate([v.sum(), v.prod(), v.all(), v.any()], {v: empty}) == [0, 1, True, False]
    with np.errstate(all="ignore"):
        assert np.isnan(evaluate([v.mean()], {v: empty})[0])
    for y in (v.max(), v.argmax()):
        with pytest.raises(ValueError):
            evaluate([y], {v: empty})


def numeric(f: Any, value: np.ndarray) -> np.ndarray:
    result = np.zeros_like(value)
    for index in np.ndindex(value.shape):
        step = np.zeros_like(value)
        step[index] = 1e-6
        result[index] = (f(value + step) - f(value - step)) / 2e-6
    return result


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "var", "std", "norm"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_gradients(name: str, axis: int | None) -> None:
    x = T.dmatrix("x")
    value = np.random.default_rng(3).normal(size=(3, 4))
    y = x.norm(2, axis=axis) if name == "norm" else getattr(T, name)(x, axis=axis)
    weights = np.random.default_rng(4).normal(size=evaluate([y], {x: value})[0].shape)
    cost = (y * weights).sum()
    (got,) = evaluate([grad(cost, x)], {x: value})
    wanted = numeric(lambda v: evaluate([cost], {x: v})[0], value)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-8)
    direction = np.random.default_rng(5).normal(size=value.shape)
    (r,) = evaluate([Rop(cost, x, T.constant(direction))], {x: value})
    np.testing.assert_allclose(r, (wanted * direction).sum(), rtol=1e-5)


def test_gradient_of_products_with_zeros() -> None:
    x = T.dmatrix("x")
    for zeros in itertools.product([0, 1], repeat=3):
        value = np.array([[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]])
        value[0, [i for i in range(3) if zeros[i]]] = 0
        for axis in (None, 0, 1):
            cost = x.prod(axis=axis).sum()
            (got,) = evaluate([grad(cost, x)], {x: value})
            np.testing.assert_allclose(
                got, numeric(lambda v, c=cost: evaluate([c], {x: v})[0], value), rtol=1e-4, atol=1e-3
            )


def test_ties_and_discrete_gradients() -> None:
    v = T.dvector("v")
    (got,) = evaluate([grad(v.max(), v)], {v: np.array([1.0, 2.0, 2.0])})
    assert got.tolist() == [0, 1, 1]
    (got,) = evaluate([grad(T.cast(v.argmax(), "float64") + T.cast(v.any(), "float64"), v)], {v: np.ones(2)})
    assert got.tolist() == [0, 0]


def test_extremes_of_integers() -> None:
    for dtype in ("int8", "uint8", "bool", "int64"):
        x = TensorType(dtype, (False,))()
        info = np.iinfo(dtype) if dtype != "bool" else None
        value = np.array([info.min, 0, info.max] if info else [True, False], dtype=dtype)
        got = evaluate(
            [T.min(x), T.argmin(x), T.max(x), T.ptp(x) if dtype == "uint8" else T.max(x)], {x: value}
        )
        assert got[:3] == [value.min(), value.argmin(), value.max()]


def test_infer_shape() -> None:
    x = T.dtensor3("x")
    value = np.ones((2, 3, 4))
    for y in (x.sum(1), x.max((0, 2)), x.prod(), x.any(0)):
        node = y.owner
        shape = node.op.infer_shape(node, [tuple(x.shape[i] for i in range(3))])[0]
        assert tuple(evaluate(list(shape), {x: value})) == evaluate([y], {x: value})[0].shape


def test_statistics() -> None:
    m = T.dmatrix("m")
    value = np.random.default_rng(0).normal(size=(3, 5))
    for y, wanted in [
        (m.var(0, ddof=1), value.var(0, ddof=1)),
        (m.std(ddof=2), value.std(ddof=2)),
        (m.var((0, 1), ddof=1), value.var(ddof=1)),
        (m.var(1, corrected=True), value.var(1)),
        (m.var(1, ddof=1, corrected=True), value.var(1, ddof=1)),
        (m.norm(0), 15),
        (m.norm(1, 0), abs(value).sum(0)),
        (m.norm(np.inf), abs(value).max()),
        (m.norm(-np.inf, axis=1), abs(value).min(1)),
        (m.norm(3), (abs(value) ** 3).sum() ** (1 / 3)),
        (T.ptp(m, 0), np.ptp(value, 0)),
    ]:
        np.testing.assert_allclose(evaluate([y], {m: value})[0], wanted)


def test_supremum_takes_floats():
    """Whole numbers have no -inf: NumPy raised when the function ran, compiled code did not."""
    with pytest.raises(TypeError, match="Supremum takes floats"):
        Supremum((0,))(T.lvector())


@pytest.mark.parametrize("axis", [range(1, 3), {2, 1}, frozenset([-1, 1])])
def test_axes_of_any_collection(axis):
    x = T.dtensor3("x")
    for made in (x.sum(axis), T.max(x, axis=axis), x.mean(axis), x.any(axis), T.argmax(x, axis=axis)):
        assert made.ndim == 1
    assert x.sum(range(1, 1)).ndim == 3
    assert x.sum(axis).eval({x: np.ones((2, 3, 4))}).tolist() == [12, 12]
