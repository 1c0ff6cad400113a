"""Functions of `theano.tensor` for each scalar operation: values, gradients, R-operator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import evaluate
from theano import scalar
from theano.gradient import Rop, grad
from theano.scalar import TABLE, UNDEFINED
from theano.scalar.compare import IN_RANGE
from theano.tensor.elemwise import Elemwise, elemwise
from theano.tensor.pointwise import math

# Where each function is smooth; the others are smooth on (0.2, 1.8).
DOMAINS: dict[str, tuple[float, float]] = {
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "arctanh": (-0.8, 0.8),
    "erfinv": (-0.8, 0.8),
    "arccosh": (1.2, 3.0),
    "sin": (-3, 3),
    "cos": (-3, 3),
    "tanh": (-2, 2),
    "sigmoid": (-3, 3),
    "softplus": (-3, 3),
    "abs_": (0.2, 3),
    "erfc": (-2, 2),
    "erfcx": (-1, 2),
    "j0": (0.5, 3),
    "j1": (0.5, 3),
    "softsign": (-3, 3),
}
SMOOTH = [
    name
    for name, op in sorted(TABLE.items())
    if op.grad is not None
    and op.grad is not UNDEFINED
    and op.target is None
    and name not in ("complex", "complex_from_polar")
]


# Inputs without a gradient: orders and shapes.
NOT_TO = {"jv": 0, "iv": 0, "polygamma": 0, "second": 0, "gammainc": 0, "gammaincc": 0, "gammal": 0, "gammau": 0,
          "chi2sf": 1}  # fmt: skip


def points(name: str, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(sum(map(ord, name)))
    low, high = DOMAINS.get(name, (0.2, 1.8))
    return [rng.uniform(low, high, size=(2, 3)) for _ in range(count)]


def differences(f: Any, inputs: list[np.ndarray], i: int) -> np.ndarray:
    """The derivative of a point-wise function by central differences."""
    up, down = list(inputs), list(inputs)
    step = 1e-6
    up[i], down[i] = inputs[i] + step, inputs[i] - step
    return (f(*up) - f(*down)) / (2 * step)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradient_against_differences(name: str) -> None:
    op = TABLE[name]
    count = 2 if op.nin == -1 else op.nin
    values = points(name, count)
    variables = [T.dmatrix() for _ in range(count)]
    y = elemwise(op)(*variables)
    for i, x in enumerate(variables):
        if NOT_TO.get(name) == i:
            continue
        g = grad(y.sum(), x)
        (got,) = evaluate([g], dict(zip(variables, values, strict=True)))
        wanted = differences(lambda *a: op.compute(a, "float64"), values, i)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)
        assert g.dtype == "float64"
        direction = np.random.default_rng(1).normal(size=(2, 3))
        r = Rop(y, x, T.constant(direction))
        (got_r,) = evaluate([r], dict(zip(variables, values, strict=True)))
        np.testing.assert_allclose(got_r, wanted * direction, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_keep_float32(name: str) -> None:
    op = TABLE[name]
    count = 2 if op.nin == -1 else op.nin
    variables = [T.fvector() for _ in range(count)]
    y = elemwise(op)(*variables)
    if y.dtype != "float32":
        return
    for i, x in enumerate(variables):
        if NOT_TO.get(name) != i:
            assert grad(y.sum(), x).dtype == "float32"


def gradient_at(build: Any, *values: float) -> list[float]:
    variables = [T.dscalar() for _ in values]
    grads = grad(build(*variables), variables)
    with np.errstate(all="ignore"):
        return [float(g) for g in evaluate(grads, dict(zip(variables, map(np.asarray, values), strict=True)))]


@pytest.mark.parametrize(
    ("build", "values", "expected"),
    [
        (lambda x: abs(x), (0.0,), [0]),
        (lambda x: T.sqrt(x), (0.0,), [np.inf]),
        (lambda x: x**0.5, (0.0,), [np.inf]),
        (T.maximum, (1.0, 1.0), [1, 0]),
        (T.minimum, (1.0, 1.0), [1, 0]),
        (lambda x: T.clip(x, -1, 1), (1.0,), [1]),
        (lambda x: T.clip(x, -1, 1), (1.5,), [0]),
        (T.clip, (1.5, -1.0, 1.0), [0, 0, 1]),
        (T.clip, (-1.5, -1.0, 1.0), [0, 1, 0]),
        (lambda x: T.nnet.relu(x), (0.0,), [0.5]),
        (lambda x, y: x % y, (7.5, 2.0), [1, -3]),
        (T.pow, (0.0, 2.0), [0, 0]),
        (T.pow, (-2.0, 2.0), [-4, np.nan]),
        (lambda x: T.floor(x) + T.sgn(x) + T.round(x) + x // 2, (1.3,), [0]),
        (lambda c, x: T.switch(c, x, 0), (1.0, 3.0), [0, 1]),
        (lambda x: T.cast(T.cast(x, "int8"), "float64"), (1.5,), [0]),
    ],
)
def test_gradients_at_corners(build: Any, values: tuple[float, ...], expected: list[float]) -> None:
    np.testing.assert_array_equal(gradient_at(build, *values), expected)


def test_gradient_to_integers() -> None:
    i, x = T.iscalar("i"), T.dscalar("x")
    g = grad(i * x, i)
    assert g.dtype == "float64"
    assert evaluate([g], {i: np.asarray(2, "int32"), x: 3.0})[0] == 3.0


def test_complex_gradients() -> None:
    x, y = T.dvector("x"), T.dvector("y")
    z = T.complex(x, y)
    values = {x: np.array([0.7, -1.2]), y: np.array([0.4, 0.9])}
    for cost in [
        T.real(z * z).sum(),
        T.imag(z * T.conj(z) * z).sum(),
        abs(z).sum(),
        T.real(T.exp(z)).sum(),
        T.angle(z).sum(),
        T.imag(T.complex_from_polar(x, y)).sum(),
        T.real(1 / z).sum(),
    ]:
        for v in (x, y):
            (got,) = evaluate([grad(cost, v)], values)
            for k in range(2):
                step = np.zeros(2)
                step[k] = 1e-6
                up, down = (evaluate([cost], {**values, v: values[v] + s * step})[0] for s in (1, -1))
                np.testing.assert_allclose(got[k], (up - down) / 2e-6, rtol=1e-5, atol=1e-8)


def test_undefined_gradients() -> None:
    x = T.dscalar("x")
    for y in (T.polygamma(x, 1.0), T.nnet.ultra_fast_sigmoid(x), T.gammainc(x, 1.0)):
        with pytest.raises(TypeError, match="not implemented"):
            grad(y, x)


def test_every_scalar_operation_has_its_function() -> None:
    public = {f.scalar_op for f in vars(math).values() if isinstance(f, Elemwise)}
    scalars_only = set(IN_RANGE.values())
    assert {op.name for op in TABLE.values() if op.target is None} - scalars_only == {op.name for op in public}
    for name in math.__all__:
        assert hasattr(T, name)


def test_cast() -> None:
    x = T.dvector("x")
    assert T.cast(x, "float64") is x
    assert T.cast(x, "floatX") is x
    assert x.astype(np.float32).dtype == "float32"
    with pytest.raises(TypeError, match="complex to real"):
        T.cast(T.zvector(), "float64")
    with pytest.raises(TypeError, match="There is no dtype"):
        T.cast(x, "int7")
    (got,) = evaluate([T.cast(x, "int8")], {x: np.array([1.9, -1.9, 300.0])})
    np.testing.assert_array_equal(got, [1, -1, 44])
    assert evaluate([T.cast(x, "bool")], {x: np.array([np.nan, 0.0])})[0].tolist() == [True, False]


def test_isclose_is_numpys() -> None:
    values = np.array([0.0, 1.0, 1.0 + 1e-7, 1.1, np.inf, -np.inf, np.nan])
    a, b = (v.ravel() for v in np.meshgrid(values, values))
    x, y = T.dvectors("x", "y")
    for equal_nan in (False, True):
        (got,) = evaluate([T.isclose(x, y, equal_nan=equal_nan)], {x: a, y: b})
        np.testing.assert_array_equal(got, np.isclose(a, b, equal_nan=equal_nan))
    assert evaluate([T.allclose(x, x)], {x: values[:6]})[0]


def test_composed() -> None:
    assert evaluate([T.ceil_intdiv(T.constant(7), 2)], {})[0] == 4
    x = T.dvector("x")
    (got,) = evaluate([T.iround(x)], {x: np.array([2.5, -1.2])})
    assert got.dtype == "int64" and got.tolist() == [2, -1]
    with pytest.raises(scalar.ComplexError):
        T.zscalar() % 2
    assert evaluate(
        [T.smallest(x, 1.0, 2.0 * x) if False else T.smallest(x, x * 2)], {x: np.array([1.0, -1.0])}
    )[0].tolist() == [1, -2]


@pytest.mark.parametrize("dtype", ["int8", "int16", "float16", "float32", "float64", "complex64", "complex128"])
def test_angles_are_float64(dtype: str) -> None:
    x = T.TensorType(dtype, (False,))("x")
    values = np.array([-1, 3, -100], dtype)
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        got = theano.function([x], T.angle(x), mode=mode)(values)
        assert got.dtype == "float64" and got.tolist() == [np.pi, 0, np.pi]
