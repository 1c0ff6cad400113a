"""Softmax, logistic and tanh forms as people write them: value and gradient at ±1000, both precisions."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
from graphs import form, perform, rewritten

import theano
import theano.tensor as T
from theano.gradient import grad

# -- softmax --------------------------------------------------------------------------------------

ROWS = np.array([[1000.0, -1000, 0, 3], [0, 800, -900, 1], [1, 2, 3, 4]])
TARGETS = np.random.default_rng(0).dirichlet(np.ones(4), 3)
CLASSES = np.array([1, 0, 2])


def exponentials(x: Any, axis: Any) -> tuple[Any, Any]:
    e = T.exp(x)
    return e, e.sum(axis=axis, keepdims=True)


def shifted(x: Any, axis: Any) -> Any:
    e, s = exponentials(x - x.max(axis=axis, keepdims=True), axis)
    return e / s


# name -> (ranks, axis, p as a function of x)
WRITTEN: dict[str, tuple[tuple[int, ...], Any, Any]] = {
    "keepdims": ((2, 3), 1, lambda x: T.exp(x) / T.exp(x).sum(axis=1, keepdims=True)),
    "last axis": ((1, 2, 3), -1, lambda x: T.exp(x) / T.exp(x).sum(axis=-1, keepdims=True)),
    "first axis": ((1, 2, 3), 0, lambda x: T.exp(x) / T.exp(x).sum(axis=0, keepdims=True)),
    "dimshuffle": ((2,), 1, lambda x: T.exp(x) / T.exp(x).sum(axis=1).dimshuffle(0, "x")),
    "dimshuffle of columns": ((2,), 0, lambda x: T.exp(x) / T.exp(x).sum(axis=0).dimshuffle("x", 0)),
    "no keepdims": ((1, 2, 3), 0, lambda x: T.exp(x) / T.exp(x).sum(axis=0)),
    "all": ((1, 2, 3), None, lambda x: T.exp(x) / T.exp(x).sum()),
    "transposed": ((2,), 1, lambda x: (T.exp(x).T / T.exp(x).sum(axis=1)).T),
    "reciprocal": ((2, 3), 1, lambda x: T.exp(x) * (1 / T.exp(x).sum(axis=1, keepdims=True))),
    "shifted": ((2, 3), 1, lambda x: shifted(x, 1)),
    "shifted columns": ((1, 2, 3), 0, lambda x: shifted(x, 0)),
}


def picked(p: Any, t: Any, y: Any) -> Any:
    return -T.log(p)[T.arange(y.shape[0]), y].mean()


# name -> (ranks, cost of p, its derivative by log p as a function of p, log p, targets)
def one_hot(t: np.ndarray) -> np.ndarray:
    return np.eye(4)[CLASSES]


COSTS: dict[str, tuple[tuple[int, ...], Any, Any]] = {
    "nll": ((2,), picked, lambda p, q, t: -one_hot(t) / 3),
    "nll, log last": (
        (2,),
        lambda p, t, y: -T.log(p[T.arange(y.shape[0]), y]).mean(),
        lambda p, q, t: -one_hot(t) / 3,
    ),
    "cross-entropy": ((1, 2, 3), lambda p, t, y: -(t * T.log(p)).sum(), lambda p, q, t: -t),
    "mean": ((1, 2, 3), lambda p, t, y: -(t * T.log(p)).mean(), lambda p, q, t: -t / t.size),
    "sum of log": ((1, 2, 3), lambda p, t, y: T.log(p).sum(), lambda p, q, t: np.ones_like(t)),
    "weighted": ((1, 2, 3), lambda p, t, y: (t * p).sum(), lambda p, q, t: t * p),
    "squares": ((1, 2, 3), lambda p, t, y: ((p - t) ** 2).sum(), lambda p, q, t: 2 * (p - t) * p),
    "entropy": ((1, 2, 3), lambda p, t, y: -(p * T.log(p)).sum(), lambda p, q, t: -p * (q + 1)),
}
VALUES: dict[str, Any] = {
    "weighted": lambda p, q, t: (t * p).sum(),
    "squares": lambda p, q, t: ((p - t) ** 2).sum(),
    "entropy": lambda p, q, t: -(p * q).sum(),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("written", WRITTEN)
def test_softmax(written: str, cost: str, dtype: str) -> None:
    from scipy.special import logsumexp, softmax

    ranks, axis, ratio = WRITTEN[written]
    cost_ranks, loss, derivative = COSTS[cost]
    for ndim in sorted({*ranks} & {*cost_ranks}):
        x, t = T.TensorType(dtype, (False,) * ndim)("x"), T.TensorType(dtype, (False,) * ndim)("t")
        y = T.lvector("y")
        out = loss(ratio(x), t, y)
        fgraph, _ = rewritten([x, t, y], [out, grad(out, x)])
        z, target = {1: (ROWS[0], TARGETS[0]), 2: (ROWS, TARGETS)}.get(
            ndim, (np.stack([ROWS, ROWS[::-1]]), np.stack([TARGETS, TARGETS]))
        )
        z, target = z.astype(dtype), target.astype(dtype)
        value, gradient = perform(fgraph, [z, target, CLASSES])
        z, target = z.astype("float64"), target.astype("float64")
        p, q = softmax(z, axis=axis), z - logsumexp(z, axis=axis, keepdims=True)
        d = derivative(p, q, target)
        tolerance = 64 * np.finfo(dtype).eps
        true = VALUES[cost](p, q, target) if cost in VALUES else (d * q).sum()
        np.testing.assert_allclose(value, true, rtol=tolerance, atol=16 * tolerance)
        wanted = d - p * d.sum(axis=axis, keepdims=True)
        np.testing.assert_allclose(gradient, wanted, rtol=tolerance, atol=tolerance)


def test_average_by_softmax() -> None:
    """What attention computes: finite though neither sum is."""
    x, t = T.dmatrices("x", "t")
    e = T.exp(x)
    fgraph, _ = rewritten([x, t], (t * e).sum(axis=1) / e.sum(axis=1))
    from scipy.special import softmax

    wanted = (TARGETS * softmax(ROWS, axis=1)).sum(axis=1)
    np.testing.assert_allclose(perform(fgraph, [ROWS, TARGETS])[0], wanted, rtol=1e-14)


@pytest.mark.parametrize("ndim,axis", [(1, 0), (2, 0), (2, 1), (2, None), (3, 2), (3, (0, 1))])
def test_gradient_of_log_sum_exp_is_a_softmax(ndim: int, axis: Any) -> None:
    from scipy.special import softmax

    x = T.TensorType("float64", (False,) * ndim)("x")
    fgraph, _ = rewritten([x], grad(T.log(T.exp(x).sum(axis=axis)).sum(), x))
    z = np.random.default_rng(0).normal(size=(3, 4, 5)[:ndim]) * 1000
    np.testing.assert_allclose(perform(fgraph, [z])[0], softmax(z, axis=axis), rtol=1e-12, atol=1e-300)
    assert len(fgraph.toposort()) <= 3  # a softmax, perhaps between two transpositions


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("of", ["x", "difference", "scaled"])
def test_log_sum_exp_of_sums(of: str, sign: int) -> None:
    """The maximum is subtracted once, whatever form collecting gives to the difference."""
    from scipy.special import logsumexp

    x, b = T.dmatrix("x"), T.dvector("b")
    inner = {"x": x, "difference": x - b, "scaled": 2 * x}[of] * sign
    fgraph, _ = rewritten([x, b], T.log(T.exp(inner).sum(axis=1)))
    values = {"x": ROWS, "difference": ROWS - TARGETS[0], "scaled": 2 * ROWS}[of] * sign
    np.testing.assert_allclose(perform(fgraph, [ROWS, TARGETS[0]])[0], logsumexp(values, axis=1), rtol=1e-14)


@pytest.mark.parametrize("ndim,axis", [(1, 0), (2, 0), (2, 1), (3, 1), (3, (0, 2))])
def test_softmax_compiled(ndim: int, axis: Any) -> None:
    """The operations that only rewriting makes have a native form."""
    x = T.TensorType("float64", (False,) * ndim)("x")
    e, s = exponentials(x, axis)
    p = e / s
    cost = -(T.log(p) * T.cos(x)).sum()
    z = np.random.default_rng(0).normal(size=(3, 4, 5)[:ndim]) * 3
    plain, fast = (
        theano.function([x], [p, cost, grad(cost, x)], mode=mode)(z) for mode in ("FAST_COMPILE", "FAST_RUN")
    )
    for a, b in zip(plain, fast, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)


# -- functions of one variable --------------------------------------------------------------------

mp = mpmath.mp
POINTS = np.array([1000.0, -1000, 100, -100, 30, -30, 1, -1, 0, 1e-9])


def sigmoid(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


def softplus(z: Any) -> Any:
    return mp.log(1 + mp.exp(z))


def slope(z: Any) -> Any:
    return sigmoid(z) * sigmoid(-z)


# name -> (as written, true value, true derivative, whether small derivatives keep all their digits)
SCALAR: dict[str, tuple[Any, Any, Any, bool]] = {
    "softplus": (lambda z: T.log(1 + T.exp(z)), softplus, sigmoid, True),
    "softplus of -z": (lambda z: T.log(1 + T.exp(-z)), lambda z: softplus(-z), lambda z: -sigmoid(-z), True),
    "log1p(exp)": (lambda z: T.log1p(T.exp(z)), softplus, sigmoid, True),
    "sigmoid": (lambda z: 1 / (1 + T.exp(-z)), sigmoid, slope, True),
    "sigmoid, exp above": (lambda z: T.exp(z) / (1 + T.exp(z)), sigmoid, slope, True),
    "sigmoid, inv": (lambda z: T.inv(1 + T.exp(-z)), sigmoid, slope, True),
    "sigmoid, power": (lambda z: (1 + T.exp(-z)) ** -1, sigmoid, slope, True),
    "1 - sigmoid": (lambda z: 1 - 1 / (1 + T.exp(z)), sigmoid, slope, True),
    "log(sigmoid)": (
        lambda z: T.log(1 / (1 + T.exp(-z))),
        lambda z: -softplus(-z),
        lambda z: sigmoid(-z),
        True,
    ),
    "log(1 - sigmoid)": (
        lambda z: T.log(1 - 1 / (1 + T.exp(-z))),
        lambda z: -softplus(z),
        lambda z: -sigmoid(z),
        True,
    ),
    "log1p(-sigmoid)": (
        lambda z: T.log1p(-1 / (1 + T.exp(-z))),
        lambda z: -softplus(z),
        lambda z: -sigmoid(z),
        True,
    ),
    "logit": (
        lambda z: T.log(T.nnet.sigmoid(z) / (1 - T.nnet.sigmoid(z))),
        lambda z: z,
        lambda z: mp.mpf(1),
        True,
    ),
    "swish": (
        lambda z: z / (1 + T.exp(-z)),
        lambda z: z * sigmoid(z),
        lambda z: sigmoid(z) + z * slope(z),
        True,
    ),
    "entropy": (
        lambda z: -(0.25 * T.log(1 / (1 + T.exp(-z))) + 0.75 * T.log(1 - 1 / (1 + T.exp(-z)))),
        lambda z: (softplus(-z) + 3 * softplus(z)) / 4,
        lambda z: (3 * sigmoid(z) - sigmoid(-z)) / 4,
        False,
    ),
    "log(exp + exp)": (
        lambda z: T.log(T.exp(z) + T.exp(2 * z)),
        lambda z: z + softplus(z),
        lambda z: 1 + sigmoid(z),
        True,
    ),
    "log1p(exp - 1)": (lambda z: T.log1p(T.exp(z) - 1), lambda z: z, lambda z: mp.mpf(1), True),
    "tanh": (
        lambda z: (T.exp(z) - T.exp(-z)) / (T.exp(z) + T.exp(-z)),
        mp.tanh,
        lambda z: 1 / mp.cosh(z) ** 2,
        False,
    ),
    "tanh of exp(2z)": (
        lambda z: (T.exp(2 * z) - 1) / (T.exp(2 * z) + 1),
        mp.tanh,
        lambda z: 1 / mp.cosh(z) ** 2,
        False,
    ),
    "tanh of exp(-2z)": (
        lambda z: (1 - T.exp(-2 * z)) / (1 + T.exp(-2 * z)),
        mp.tanh,
        lambda z: 1 / mp.cosh(z) ** 2,
        False,
    ),
    "tanh from sigmoid": (
        lambda z: 2 / (1 + T.exp(-2 * z)) - 1,
        mp.tanh,
        lambda z: 1 / mp.cosh(z) ** 2,
        False,
    ),
    "sinh / cosh": (lambda z: T.sinh(z) / T.cosh(z), mp.tanh, lambda z: 1 / mp.cosh(z) ** 2, False),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SCALAR)
def test_function_of_one_variable(name: str, dtype: str) -> None:
    written, value, derivative, relative = SCALAR[name]
    z = T.TensorType(dtype, (False,))("z")
    y = written(z)
    fgraph, _ = rewritten([z], [y, grad(y.sum(), z)])
    points = POINTS.astype(dtype)
    got = perform(fgraph, [points])
    with mpmath.workdps(1000):
        exact = [[float(f(mp.mpf(float(p)))) for p in points] for f in (value, derivative)]
    eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    np.testing.assert_allclose(got[0], exact[0], rtol=64 * eps, atol=tiny)
    np.testing.assert_allclose(got[1], exact[1], rtol=64 * eps, atol=tiny if relative else 4 * eps)


def test_norms_are_left_alone() -> None:
    x = T.dmatrix("x")
    for e in (x / x.norm(2, axis=1, keepdims=True), x / x.sum(axis=1, keepdims=True)):
        fgraph, applied = rewritten([x], e)
        assert not any("oftmax" in rule for rule in applied.counts())
        z = np.random.default_rng(0).normal(size=(3, 4))
        np.testing.assert_allclose(perform(fgraph, [z]), [e.eval({x: z})], rtol=1e-14)


def test_a_sum_in_another_type_is_no_softmax() -> None:
    """Who asks for a float64 sum of float32 numbers gets their quotients in float64."""
    x = T.fmatrix("x")
    wide = T.exp(x) / T.exp(x).sum(axis=1, keepdims=True, dtype="float64")
    assert wide.dtype == "float64" and "oftmax" not in form([x], wide)
    assert "oftmax" in form([x], T.exp(x) / T.exp(x).sum(axis=1, keepdims=True))


# -- quotients by sizes --------------------------------------------------------------------------

AT = np.array([0.0, -0.0, -2.0, 3.0, np.inf, -np.inf])
SIGN = np.sign(AT)
X, Y = T.dvector("x"), T.dvector("y")
BY_SIZE: dict[str, tuple[Any, np.ndarray, str]] = {
    "x / abs(x)": (X / abs(X), SIGN, "sgn(x)"),
    "multiples": (4 * X / abs(2 * X), 2 * SIGN, "mul(2.0, sgn(x))"),
    "a negative multiple": (-3 * X / abs(X / 2), -6 * SIGN, "mul(-6.0, sgn(x))"),
    "multiples of a negative": (X / abs(-5 * X), SIGN / 5, "true_div(sgn(x), 5.0)"),
    "root of a square": (X / T.sqrt(T.sqr(X)), SIGN, "sgn(x)"),
    "a factor more": (X * Y / abs(X), SIGN * 2, "mul(y, sgn(x))"),
    "a product": (X * Y / abs(X * Y), SIGN, "sgn(mul(x, y))"),
    "multiples of products": (X * Y * 4 / abs(X * Y * 2), 2 * SIGN, "mul(2.0, sgn(mul(x, y)))"),
    "square by size": (X**2 / abs(X), abs(AT), "abs_(x)"),
    "sizes": (abs(6 * X) / abs(2 * X), np.full(6, 3.0), "Alloc(3.0, Shape_i{0}(x))"),
    "slope of a size": (grad(T.sqrt(T.sqr(X)).sum(), X), SIGN, "sgn(x)"),
}


@pytest.mark.parametrize("name", BY_SIZE)
def test_quotients_by_sizes(name: str) -> None:
    """At 0 and where `x` is infinite there is no quotient, but a sign, or nothing of `x` at all."""
    written, expected, wanted = BY_SIZE[name]
    assert form([X, Y], written) == wanted
    f = theano.function([X, Y], written, on_unused_input="ignore")
    np.testing.assert_array_equal(f(AT, np.full(6, 2.0)), expected)


@pytest.mark.parametrize("written", [X / abs(Y), X / abs(X * Y), X / abs(X) ** 2], ids=str)
def test_what_is_no_sign(written: Any) -> None:
    assert not rewritten([X, Y], written)[1].counts().get("sign_of_quotient")


# -- the normal's distribution function -----------------------------------------------------------

NORMAL = {
    "1 + erf": lambda x: T.log(0.5 * (1 + T.erf(x / np.sqrt(2)))),
    "erf + 1, halved": lambda x: T.log((T.erf(x / 2**0.5) + 1) / 2),
    "1 - erf": lambda x: T.log(0.5 * (1 - T.erf(-x / np.sqrt(2)))),
    "erfc": lambda x: T.log(0.5 * T.erfc(-x / np.sqrt(2))),
    "not halved": lambda x: T.log(1 + T.erf(x * np.sqrt(0.5))) - np.log(2),
}


@pytest.mark.parametrize("name", NORMAL)
def test_logarithms_of_the_normals_distribution(name: str) -> None:
    """Value and slope of log(cdf), with the tails in which the function itself is 0 or 1."""
    x = T.dvector("x")
    y = NORMAL[name](x)
    z = np.array([-1e3, -40.0, -8.8, -3.0, -0.5, 0.0, 1.0, 5.0, 40.0])
    value, slope = theano.function([x], [y, grad(y.sum(), x)])(z)
    with mpmath.workdps(60):
        logs = [mpmath.log(mpmath.erfc(-mpmath.mpf(v) / mpmath.sqrt(2)) / 2) for v in z]
        slopes = [mpmath.exp(-(mpmath.mpf(v) ** 2) / 2 - c) / mpmath.sqrt(2 * mpmath.pi) for v, c in zip(z, logs)]
    np.testing.assert_allclose(value, [float(v) for v in logs], rtol=1e-13, atol=3e-16)
    np.testing.assert_allclose(slope, [float(v) for v in slopes], rtol=1e-12, atol=1e-300)
