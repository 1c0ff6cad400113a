"""Gradients of all kinds of expressions: values against finite differences, dtypes, corners."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.gradients import value
from theano.gradient import (
    Lop,
    Rop,
    verify_grad,
)


def away_from(x, points, distance=0.1):
    """`x` moved away from the points where a function has a kink."""
    for p in points:
        x = np.where(np.abs(x - p) < distance, p + distance, x)
    return x


def uniform(low, high, *shape):
    return np.random.RandomState(hash((low, high, shape)) % 2**31).uniform(low, high, shape)


UNARY = {
    "exp": (-2, 2), "exp2": (-2, 2), "expm1": (-2, 2), "log": (0.2, 3), "log2": (0.2, 3), "log10": (0.2, 3),
    "log1p": (-0.7, 3), "sqr": (-2, 2), "sqrt": (0.2, 3), "inv": (0.3, 2), "neg": (-2, 2), "sin": (-3, 3),
    "cos": (-3, 3), "tan": (-1.2, 1.2), "arcsin": (-0.8, 0.8), "arccos": (-0.8, 0.8), "arctan": (-3, 3),
    "sinh": (-2, 2), "cosh": (-2, 2), "tanh": (-2, 2), "arcsinh": (-2, 2), "arccosh": (1.2, 3),
    "arctanh": (-0.8, 0.8), "erf": (-2, 2), "erfc": (-2, 2), "erfinv": (-0.8, 0.8), "erfcinv": (0.2, 1.8),
    "gamma": (0.5, 3), "gammaln": (0.5, 3), "psi": (0.5, 3), "tri_gamma": (0.5, 3), "abs_": (0.1, 2),
    "deg2rad": (-2, 2),
    "rad2deg": (-2, 2), "sgn": (0.2, 2), "floor": (0.1, 0.9), "ceil": (0.1, 0.9), "trunc": (0.1, 0.9),
    "round_half_to_even": (0.6, 1.4), "j0": (-2, 2), "j1": (0.3, 2), "i0": (-2, 2), "i1": (0.3, 2),
    "identity_like": None, "erfcx": (-1, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n, domain in UNARY.items() if domain])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_unary(name, shape):
    f = getattr(T, name)
    verify_grad(f, [uniform(*UNARY[name], *shape)], rng=np.random.RandomState(1), n_tests=1)


@pytest.mark.parametrize("name", [n for n, domain in UNARY.items() if domain])
def test_complex_derivatives_in_all_quadrants(name):
    """On both sides of each axis, where a square root of a square has another sign than what it is the square of."""
    z, f = T.zvector("z"), getattr(T, name)
    try:
        out = f(z)
    except TypeError:
        return  # no such function of complex numbers
    if out.dtype != "complex128":
        return
    points = np.array([a + 1j * b for a in (-2.1, -0.6, 0.7, 1.9) for b in (-1.7, -0.4, 0.6, 2.2)])
    value = theano.function([z], out, mode="FAST_COMPILE")
    slope = (value(points + 1e-6) - value(points - 1e-6)) / 2e-6
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        found = theano.function([z], T.grad(T.real(out).sum(), z), mode=mode)(points)
        np.testing.assert_allclose(found, slope.conj(), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["gammainc", "gammaincc", "gammal", "gammau", "chi2sf"])
def test_incomplete_gamma_functions_to_their_bound(name):
    """To their shape they have none."""
    f, shape, bound = getattr(T, name), uniform(1.5, 4, 3), uniform(0.5, 3, 3)
    chi = name == "chi2sf"
    verify_grad(
        lambda x: f(x, shape) if chi else f(shape, x), [bound], rng=np.random.RandomState(1), n_tests=1
    )
    x, k = T.fvector("x"), T.fvector("k")
    cost = (f(x, k) if chi else f(k, x)).sum()
    assert T.grad(cost, x).dtype == ("float64" if chi else "float32")
    with pytest.raises(theano.gradient.NullTypeGradError, match="not implemented"):
        T.grad(cost, k)


def test_derivatives_of_the_logarithm_of_gamma():
    """All of them, on both sides of the poles, against sums of powers."""
    x = T.dvector("x")
    points = np.array([-3000.3, -7.9, -2.4, -0.5, 1e-3, 0.7, 2.5, 40.0])
    derivatives = [T.gammaln(x)]
    for _ in range(5):
        derivatives.append(T.grad(derivatives[-1].sum(), x))
    found = theano.function([x], derivatives[2:])(points)
    with mpmath.workdps(40):
        for n, values in enumerate(found, 1):
            np.testing.assert_allclose(values, [float(mpmath.polygamma(n, mpmath.mpf(p))) for p in points], rtol=1e-11)
    cost = T.psi(T.fvector("x")).sum()
    twice = T.grad(T.grad(cost, (v := cost.owner.inputs[0].owner.inputs[0])).sum(), v)
    assert T.grad(twice.sum(), v).dtype == "float32"


@pytest.mark.parametrize("float_x", ["float32", "float64"])
@pytest.mark.parametrize("name", [n for n, domain in UNARY.items() if domain])
def test_unary_gradients_are_not_widened(name, float_x):
    f = getattr(T, name)
    with theano.change_flags(floatX=float_x):
        for dtype in ("float32", "float64"):
            x = T.vector(dtype=dtype)
            assert T.grad(f(x).sum(), x).dtype == dtype
        for dtype in ("int8", "int64", "uint16", "bool"):
            x = T.TensorType(dtype, (False,))("x")
            try:
                cost = f(x).sum()
            except TypeError:
                continue  # no such function of integers
            assert T.grad(cost, x).dtype in ("float32", "float64")


def test_binary_gradients_are_not_widened():
    a, b = T.fvector("a"), T.fvector("b")
    cost = [
        a + b,
        a - b,
        a * b,
        a / b,
        a**b,
        T.maximum(a, b),
        T.minimum(a, b),
        T.arctan2(a, b),
        a % b,
        a // b,
    ]
    cost += [T.switch(a > 0, a, b), T.clip(a, b, b + 1), T.dot(a, b), a[0] * b, a**2, 2**a, a / 2, a * 3 - 1]
    cost += [
        T.mean(a) * b,
        a.std(),
        a.norm(2),
        T.nnet.sigmoid(a),
        T.nnet.softplus(a),
        T.nnet.relu(a),
        T.prod(a),
    ]
    cost += [T.max(a), T.concatenate([a, b]), T.set_subtensor(a[1:], b[1:]), a[[0, 1]], T.nnet.softmax(a)]
    for c in cost:
        assert c.dtype == "float32"
        ga, gb = T.grad(c.sum(), [a, b], disconnected_inputs="ignore")
        assert (ga.dtype, gb.dtype) == ("float32", "float32"), c


M = uniform(-2, 2, 3, 4)
V = uniform(-2, 2, 4)
P = uniform(0.5, 2, 3, 4)
S = uniform(0.5, 2, 3, 3) + 2 * np.eye(3)

EXPRESSIONS = {
    "add broadcast": (lambda m, v: m + v, [M, V]),
    "sub broadcast": (lambda m, v: v - m, [M, V]),
    "mul broadcast": (lambda m, v: m * v, [M, V]),
    "mul of three": (lambda m, v: T.mul(m, v, m + 1), [M, V]),
    "div": (lambda m, p: m / p, [M, P]),
    "mod": (lambda m, p: m % p, [uniform(2.1, 2.9, 3), uniform(0.9, 1.0, 3)]),
    "int_div": (lambda m, p: m // p + m, [uniform(2.1, 2.9, 3), uniform(0.9, 1.0, 3)]),
    "pow": (lambda p, q: p**q, [P, P.T.reshape(3, 4)]),
    "pow const": (lambda m: m**3, [M]),
    "pow of const": (lambda m: 2.0**m, [M]),
    "maximum": (lambda m, v: T.maximum(m, v), [M, V]),
    "minimum": (lambda m, v: T.minimum(m, v), [M, V]),
    "arctan2": (lambda m, p: T.arctan2(m, p), [M, P]),
    "switch": (lambda m, v: T.switch(m > 0, m * v, v), [away_from(M, [0]), V]),
    "clip": (lambda m: T.clip(m, -1, 1), [away_from(M, [-1, 1])]),
    "column": (lambda m, c: m * c, [M, uniform(-1, 1, 3, 1)]),
    "one by one": (lambda m, c: m * c, [M, uniform(-1, 1, 1, 1)]),
    "same twice": (lambda m: m * m + m, [M]),
    "sum": (lambda m: m.sum(), [M]),
    "sum axis": (lambda m: m.sum(axis=1), [M]),
    "sum keepdims": (lambda m: m / (m**2).sum(axis=0, keepdims=True), [M]),
    "mean": (lambda m: T.mean(m, axis=0), [M]),
    "var": (lambda m: T.var(m, axis=1), [M]),
    "std": (lambda m: T.std(m), [M]),
    "prod": (lambda m: T.prod(m, axis=1), [M]),
    "prod with a zero": (lambda m: T.prod(m, axis=1), [np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 5.0]])]),
    "max": (lambda m: T.max(m, axis=1), [M]),
    "max all": (lambda m: T.max(m), [M]),
    "min": (lambda m: T.min(m, axis=0), [M]),
    "norm": (lambda m: m.norm(2), [M]),
    "dot mm": (lambda a, b: T.dot(a, b), [M, M.T.copy()]),
    "dot mv": (lambda a, b: T.dot(a, b), [M, V]),
    "dot vm": (lambda a, b: T.dot(a, b), [V, M.T.copy()]),
    "dot vv": (lambda a, b: T.dot(a, b), [V, V + 1]),
    "dot self": (lambda a: T.dot(a, a.T), [M]),
    "outer": (lambda a, b: T.outer(a, b), [V, V + 1]),
    "tensordot": (lambda a, b: T.tensordot(a, b, axes=1), [uniform(-1, 1, 2, 3, 4), uniform(-1, 1, 4, 2)]),
    "batched_dot": (lambda a, b: T.batched_dot(a, b), [uniform(-1, 1, 2, 3, 4), uniform(-1, 1, 2, 4, 2)]),
    "transpose": (lambda m: m.T * 2, [M]),
    "dimshuffle": (lambda v: v.dimshuffle("x", 0, "x"), [V]),
    "reshape": (lambda m: m.reshape((2, 6)) ** 2, [M]),
    "reshape -1": (lambda m: m.reshape((-1, 2)) ** 2, [M]),
    "flatten": (lambda m: m.flatten() ** 2, [M]),
    "fill": (lambda m, s: T.fill(m, s), [M, np.array(0.5)]),
    "alloc": (lambda v: T.alloc(v, 3, 4), [V]),
    "zeros_like": (lambda m: T.zeros_like(m) + m, [M]),
    "index": (lambda m: m[1], [M]),
    "element": (lambda m: m[1, 2] * m[0, 0], [M]),
    "slices": (lambda m: m[::2, 1:3] ** 2, [M]),
    "reversed": (lambda m: m[::-1, ::-1], [M]),
    "rows": (lambda m: m[0] * m[1] + m[2] * 3, [M]),
    "newaxis": (lambda m: m[:, None, :], [M]),
    "take rows": (lambda m: m[[0, 2, 0]], [M]),
    "take": (lambda m: T.take(m, [0, 3], axis=1), [M]),
    "pairs": (lambda m: m[T.arange(3), [1, 1, 0]], [M]),
    "mask": (lambda m: m[(m > 0).nonzero()] ** 2, [away_from(M, [0])]),
    "set_subtensor": (lambda m, v: T.set_subtensor(m[1], v * 2), [M, V]),
    "inc_subtensor": (lambda m, v: T.inc_subtensor(m[1:, :], v) ** 2, [M, V]),
    "inc rows": (lambda m, v: T.inc_subtensor(m[[0, 0, 2]], v) ** 2, [M, V]),
    "set pairs": (lambda m: T.set_subtensor(m[[0, 1], [1, 2]], 3.0) ** 2, [M]),
    "join": (lambda a, b: T.concatenate([a, b], axis=0) ** 2, [M, P]),
    "join columns": (lambda a, b: T.concatenate([a, b, a], axis=1) ** 2, [M, P]),
    "stack": (lambda a, b: T.stack([a, b], axis=1) ** 2, [V, V + 1]),
    "stack scalars": (lambda v: T.stack([v[0], v[1] * v[2]]), [V]),
    "split": (lambda v: T.split(v, [1, 3], 2, axis=0)[1] ** 2, [V]),
    "diag": (lambda m: T.diag(m), [S]),
    "tril": (lambda m: T.tril(m) ** 2, [S]),
    "cumsum": (lambda m: T.cumsum(m, axis=1) ** 2, [M]),
    "logistic": (lambda m: 1 / (1 + T.exp(-m)), [M]),
    "softmax": (lambda m: T.nnet.softmax(m), [M]),
    "logsoftmax": (lambda m: T.nnet.logsoftmax(m), [M]),
    "sigmoid": (lambda m: T.nnet.sigmoid(m), [M]),
    "softplus": (lambda m: T.nnet.softplus(m), [M]),
    "relu": (lambda m: T.nnet.relu(m), [away_from(M, [0])]),
    "relu slope": (lambda m: T.nnet.relu(m, 0.1), [away_from(M, [0])]),
    "elu": (lambda m: T.nnet.elu(m), [away_from(M, [0])]),
    "binary_crossentropy": (
        lambda m, t: T.nnet.binary_crossentropy(T.nnet.sigmoid(m), t), [M, uniform(0, 1, 3, 4)]
    ),
    "categorical labels": (
        lambda m: T.nnet.categorical_crossentropy(T.nnet.softmax(m), T.constant(np.array([1, 0, 3]))), [M]
    ),
    "categorical dense": (
        lambda m, t: T.nnet.categorical_crossentropy(T.nnet.softmax(m), t), [M, uniform(0.1, 1, 3, 4)]
    ),
    "nll by hand": (lambda m: -T.mean(T.log(T.nnet.softmax(m))[T.arange(3), [0, 1, 2]]), [M]),
    "argmax elsewhere": (lambda m: m * T.argmax(m), [M]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name):
    fun, points = EXPRESSIONS[name]
    verify_grad(fun, points, rng=np.random.RandomState(2), n_tests=1)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_rop_agrees_with_lop(name):
    """u . (J v), by a forward and by a reverse sweep."""
    fun, points = EXPRESSIONS[name]
    rng = np.random.RandomState(3)
    xs = [T.TensorType("float64", [n == 1 for n in p.shape])(f"x{i}") for i, p in enumerate(points)]
    given = {f"x{i}": p for i, p in enumerate(points)}
    out = fun(*xs)
    vs = [T.constant(rng.rand(*p.shape)) for p in points]
    u = T.constant(rng.rand(*value(out, **given).shape))
    forward = (Rop(out, xs, vs, disconnected_outputs="ignore") * u).sum()
    backward = sum(
        (g * v).sum() for g, v in zip(Lop(out, xs, u, disconnected_inputs="ignore"), vs, strict=True)
    )
    a, b = value([forward, backward], **given)
    np.testing.assert_allclose(a, b, rtol=1e-9)


def test_float32():
    # A detour through float32 leaves few digits for finite differences.
    detour = lambda x: T.cast(T.tanh(T.cast(x, "float32")), "float64")  # noqa: E731
    verify_grad(detour, [V], rng=np.random.RandomState(0), eps=3e-4, abs_tol=1e-2)
    verify_grad(
        lambda x: T.tanh(x) * 2, [np.linspace(-1, 1, 4).astype("float32")], rng=np.random.RandomState(0)
    )


@pytest.mark.parametrize(
    ("expression", "at", "expected"),
    [
        (lambda x: abs(x), 0.0, 0.0),
        (lambda x: T.sqrt(x), 0.0, np.inf),
        (lambda x: T.sqrt(x**2), 0.0, np.nan),
        (lambda x: T.clip(x, 0, 1), 1.0, 1.0),
        (lambda x: T.clip(x, 0, 1), 2.0, 0.0),
        (lambda x: T.nnet.relu(x), 0.0, 0.5),
        (lambda x: 2.0**x, 3.0, 8 * np.log(2)),
        (lambda x: 0.0**x, 1.0, 0.0),
    ],
)
def test_corner_values(expression, at, expected):
    x = T.dscalar("x")
    np.testing.assert_allclose(value(T.grad(expression(x), x), x=at), expected)


def test_ties():
    a, b = T.dscalar("a"), T.dscalar("b")
    assert [float(g) for g in value(T.grad(T.maximum(a, b), [a, b]), a=1, b=1)] == [1, 0]
    v = T.dvector("v")
    assert value(T.grad(v.max(), v), v=[1, 3, 3]).tolist() == [0, 1, 1]


def test_time_of_all_gradients():
    before = theano.gradient.grad_time
    x = T.dscalar("x")
    T.grad(x**2, x)
    assert theano.gradient.grad_time > before
