"""`grad` and its kin: values, options, errors, and the form of what is built."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import (
    DisconnectedInputError,
    DisconnectedType,
    GradientError,
    Lop,
    NullType,
    NullTypeGradError,
    Rop,
    consider_constant,
    disconnected_grad,
    grad_clip,
    grad_scale,
    grad_undefined,
    hessian,
    hessian_times_vector,
    jacobian,
    numeric_grad,
    subgraph_grad,
    undefined_grad,
    verify_grad,
    zero_grad,
)
from theano.graph import Apply, Op, ancestors, evaluate


def value(outputs, **given):
    """Values of expressions whose leaves are named, by the ops' reference meaning."""
    single = not isinstance(outputs, list | tuple)
    wanted = [outputs] if single else list(outputs)
    leaves = {
        v: np.asarray(given[v.name], dtype=v.dtype)
        for v in ancestors(wanted)
        if v.owner is None and v.name in given
    }
    results = evaluate(wanted, leaves)
    return results[0] if single else results


class Custom(Op):
    """The identity on one or two inputs, with a gradient method given by the test."""

    __props__ = ("rule",)

    def __init__(self, rule, nin=1):
        self.rule = rule
        self.nin = nin

    def make_node(self, *inputs):
        inputs = [T.as_tensor_variable(x) for x in inputs]
        return Apply(self, inputs, [inputs[0].type()])

    def perform(self, node, inputs, out):
        out[0][0] = inputs[0].copy()

    def grad(self, inputs, gs):
        return self.rule(inputs, gs)


# ---------------------------------------------------------------------------- values


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
    "gamma": (0.5, 3), "gammaln": (0.5, 3), "psi": (0.5, 3), "abs_": (0.1, 2), "deg2rad": (-2, 2),
    "rad2deg": (-2, 2), "sgn": (0.2, 2), "floor": (0.1, 0.9), "ceil": (0.1, 0.9), "trunc": (0.1, 0.9),
    "round_half_to_even": (0.6, 1.4), "j0": (-2, 2), "j1": (0.3, 2), "i0": (-2, 2), "i1": (0.3, 2),
    "identity_like": None, "erfcx": (-1, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n, domain in UNARY.items() if domain])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_unary(name, shape):
    f = getattr(T, name)
    verify_grad(f, [uniform(*UNARY[name], *shape)], rng=np.random.RandomState(1), n_tests=1)


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


# ---------------------------------------------------------------------------- options of grad


def test_kind_of_result_follows_wrt():
    x, y = T.dscalar("x"), T.dscalar("y")
    cost = x * y
    assert isinstance(T.grad(cost, [x]), list)
    assert isinstance(T.grad(cost, (x, y)), tuple)
    assert isinstance(T.grad(cost, x), theano.Variable)
    first, again = T.grad(cost, [x, x])
    assert value([first, again], x=2, y=3) == [3, 3]
    for bad in ({x}, "x", [x, 1], None):
        with pytest.raises(TypeError):
            T.grad(cost, bad)


def test_cost_is_checked():
    v = T.dvector("v")
    with pytest.raises(TypeError, match=r"^cost must be a scalar\."):
        T.grad(v, v)
    with pytest.raises(TypeError):
        T.grad(3.0, v)
    with pytest.raises(ValueError, match="both"):
        T.grad(None, v)


def test_intermediate_and_constant_wrt():
    x = T.dscalar("x")
    y = x * 2
    two = T.constant(2.0)
    gy, gx, g2 = T.grad(y**2 + two, [y, x, two])
    assert value([gy, gx, g2], x=3) == [12, 24, 1]
    assert value(T.grad(x, x), x=7) == 1
    cost = x**2
    assert value(T.grad(cost, cost), x=7) == 1


def test_disconnected():
    x, y = T.dscalar("x"), T.dvector("y")
    cost = x**2 + y.shape[0]
    with pytest.raises(DisconnectedInputError):
        T.grad(cost, y)
    with pytest.raises(ValueError, match="not part of the computational graph"):
        T.grad(cost, y)
    with pytest.warns(UserWarning, match="not part of the computational graph"):
        g = T.grad(cost, y, disconnected_inputs="warn")
    assert value(g, y=[1, 2]).tolist() == [0, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert value(T.grad(cost, y, disconnected_inputs="ignore"), y=[1, 2]).tolist() == [0, 0]
        assert T.grad(cost, y, disconnected_inputs="ignore", return_disconnected="None") is None
        g = T.grad(cost, y, disconnected_inputs="ignore", return_disconnected="Disconnected")
    assert isinstance(g.type, DisconnectedType)
    for options in ({"disconnected_inputs": "no"}, {"return_disconnected": "no"}, {"null_gradients": "no"}):
        with pytest.raises(ValueError, match="Invalid value"):
            T.grad(cost, x, **options)


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: x.shape[0].astype("float64"),
        lambda x: T.arange(x.shape[0]).sum().astype("float64"),
        lambda x: T.alloc(1.0, x.shape[0]).sum(),
        lambda x: disconnected_grad(x).sum(),
    ],
)
def test_paths_that_do_not_connect(expression):
    x = T.dvector("x")
    with pytest.raises(DisconnectedInputError):
        T.grad(expression(x), x)


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: T.gt(x, 0),
        T.sgn,
        T.floor,
        T.ceil,
        T.trunc,
        T.round,
        lambda x: x // 2,
        T.isnan,
        lambda x: x.astype("int32").astype("float64"),
        lambda x: T.argmax(x),
        lambda x: T.switch(x, 1.0, 2.0),
        zero_grad,
        consider_constant,
    ],
)
def test_zero_but_connected(expression):
    x = T.dvector("x")
    g = T.grad(expression(x).sum(), x)
    assert g.dtype == "float64"
    assert value(g, x=[1.5, 2.5]).tolist() == [0, 0]


def test_integers():
    i, x = T.iscalar("i"), T.dscalar("x")
    g = T.grad(i * x, i)
    assert g.dtype == "float64"
    assert value(g, i=2, x=3) == 3
    # Nothing comes back through an integer result.
    assert value(T.grad((i + 1) * x, i), i=2, x=3) == 0
    # Integer costs have gradient zero.
    assert value(T.grad(i * i, i), i=3) == 0
    assert value(T.grad(T.gt(x, 0), x), x=3) == 0


def test_integers_do_not_wrap_in_derivatives():
    i = T.bvector("i")
    given = np.array([12, 100], dtype="int8")
    np.testing.assert_allclose(
        value(T.grad(T.arctan(i).sum(), i), i=given), 1 / (1 + given.astype(float) ** 2), 1e-6
    )
    x = T.dvector("x")
    np.testing.assert_allclose(
        value(T.grad((x / i).sum(), i), i=given, x=[1, 2]), [-1 / 144, -2 / 10_000], 1e-6
    )


def test_names():
    x, cost = T.dscalar("x"), T.dscalar("y") ** 2
    cost = x**2
    cost.name = "cost"
    assert T.grad(cost, x).name == "(dcost/dx)"
    assert T.grad(cost, x, add_names=False).name is None
    assert T.grad(x**2, x).name is None
    # The gradient of a cost that is a linear form is the user's own variable: its name stays.
    y = T.dscalar("y")
    (y_again,) = T.grad(Custom(lambda inputs, gs: [y])(x), [x])
    assert y_again is y
    assert y.name == "y"


def test_consider_constant():
    x = T.dscalar("x")
    y = x**2
    g = T.grad(x * y, x, consider_constant=[y])
    assert value(g, x=3) == 9
    gx, gy = T.grad(x * y, [x, y], consider_constant=[y])
    assert value([gx, gy], x=3) == [9, 3]
    with pytest.raises(DisconnectedInputError):
        T.grad(y, x, consider_constant=[y])
    with pytest.raises(TypeError):
        T.grad(y, x, consider_constant=y)


def test_known_grads():
    x = T.dvector("x")
    y = x**2
    ky = T.dvector("ky")
    assert value(T.grad(None, x, known_grads={y: ky}), x=[1, 2], ky=[1, 10]).tolist() == [2, 40]
    # A known gradient takes the place of the computed one.
    cost = (y**3).sum()
    assert value(T.grad(cost, x, known_grads={y: ky}), x=[1, 2], ky=[1, 10]).tolist() == [2, 40]
    assert value(T.grad(cost + x.sum(), x, known_grads={y: ky}), x=[1, 2], ky=[1, 10]).tolist() == [3, 41]
    assert T.grad(None, y, known_grads={y: ky}) is ky
    with pytest.raises(TypeError):
        T.grad(None, x, known_grads={y: T.lvector()})
    with pytest.raises(ValueError, match="dimensions"):
        T.grad(None, x, known_grads={y: T.dscalar()})


def test_undefined():
    x, y = T.dscalar("x"), T.dscalar("y")
    cost = T.exp(undefined_grad(x)) + y
    with pytest.raises(NullTypeGradError):
        T.grad(cost, x)
    with pytest.raises(TypeError):
        T.grad(undefined_grad(x**2), x)
    assert isinstance(T.grad(cost, x, null_gradients="return").type, NullType)
    assert value(T.grad(cost, y), x=1, y=2) == 1
    # It stays undefined through what stands before, and beside what is defined.
    assert isinstance(T.grad(undefined_grad(x**2) + x, x, null_gradients="return").type, NullType)


def test_gradient_modifiers():
    x = T.dscalar("x")
    assert value(T.grad(x * zero_grad(x), x), x=3) == 3
    assert value(T.grad(x * consider_constant(x), x), x=3) == 3
    assert value(T.grad(x * disconnected_grad(x), x), x=3) == 3
    assert value(T.grad(grad_clip(x, -1, 1) ** 2, x), x=3) == 1
    assert value(T.grad(grad_clip(x, -1, 1) ** 2, x), x=-0.25) == -0.5
    assert value(T.grad(grad_scale(x, -2) ** 2, x), x=3) == -12
    f = T.fscalar("f")
    assert T.grad(grad_clip(f, -1, 1) ** 2, f).dtype == "float32"
    assert T.grad(grad_scale(f, 0.1) ** 2, f).dtype == "float32"
    for modify in (zero_grad, consider_constant, disconnected_grad, undefined_grad):
        assert value(modify(x), x=3) == 3
    with pytest.raises(ValueError, match="order"):
        grad_clip(x, 1, -1)


def test_dtypes_follow_the_chain():
    f, d = T.fscalar("f"), T.dscalar("d")
    assert T.grad(f * d, f).dtype == "float64"
    assert T.grad(T.tanh(f) * d, f).dtype == "float32"
    # What reaches an inner float32 variable is float32; nobody rounds what a cast hands to a leaf.
    assert T.grad(T.tanh(f).astype("float64") * d, f).dtype == "float32"
    assert T.grad(f.astype("float64") * d, f).dtype == "float64"


# ---------------------------------------------------------------------------- what ops may return


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (lambda inputs, gs: [gs[0], gs[0]], ValueError),
        (lambda inputs, gs: [None], TypeError),
        (lambda inputs, gs: [T.zeros_like(inputs[0], dtype="int64")], TypeError),
        (lambda inputs, gs: [T.dvector()], ValueError),
        (lambda inputs, gs: [3.0], TypeError),
        (lambda inputs, gs: gs[0], TypeError),
    ],
)
def test_answers_of_ops_are_checked(rule, error):
    x = T.dscalar("x")
    with pytest.raises(error):
        T.grad(Custom(rule)(x), x)


def test_op_may_answer_disconnected_or_undefined():
    x = T.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        T.grad(Custom(lambda inputs, gs: [DisconnectedType()()])(x), x)
    op = Custom(lambda inputs, gs: [grad_undefined(op, 0, inputs[0], "because")])
    with pytest.raises(NullTypeGradError, match="because"):
        T.grad(op(x), x)


def test_no_gradient_method():
    class NoGrad(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type()])

    x = T.dscalar("x")
    with pytest.raises(AttributeError):
        T.grad(NoGrad()(x), x)
    # Not asked when nobody wants the gradient.
    T.grad(NoGrad()(T.dscalar()) * x, x)
    with pytest.raises(NotImplementedError):
        Rop(NoGrad()(x), x, x)


# ---------------------------------------------------------------------------- the form of the graph


def test_contributions_meet_in_one_addition():
    x = T.dscalar("x")
    cost = sum((x * (i + 2.0) for i in range(5)), x * 1.5)
    g = T.grad(cost, x)
    assert len(g.owner.inputs) == 6
    assert g.owner.op.scalar_op.name == "add"


def test_rows_are_sent_back_into_one_buffer():
    m = T.dmatrix("m")
    g = T.grad(sum(m[i].sum() * i for i in range(1, 5)), m)
    names = [str(v.owner.op) for v in ancestors([g]) if v.owner is not None]
    assert sum(name.startswith("IncSubtensor") for name in names) == 4
    assert g.owner.op.__class__.__name__ == "IncSubtensor"
    expected = np.arange(5.0)[:, None] * np.ones(3)
    np.testing.assert_array_equal(value(g, m=np.ones((5, 3))), expected)
    # What comes from elsewhere is the buffer that the rows are added to.
    g = T.grad(m[0].sum() + m[1].sum() + (m**2).sum(), m)
    assert g.owner.op.__class__.__name__ == "IncSubtensor"
    np.testing.assert_array_equal(value(g, m=np.ones((3, 2))), [[3, 3], [3, 3], [2, 2]])


def test_deep_chain_is_linear():
    x = y = T.dscalar("x")
    for _ in range(10_000):
        y = y * 1.0001
    g = T.grad(y, x)
    assert len([v for v in ancestors([g]) if v.owner is not None]) < 25_000


def test_origin_is_inherited():
    x = T.dscalar("x")
    y = T.exp(x)
    z = T.sin(y)
    g = T.grad(z, x)
    origins = {y.owner.origin, z.owner.origin}
    made = [v.owner for v in ancestors([g]) if v.owner is not None and v not in (y, z)]
    assert g.owner.origin == y.owner.origin
    assert sum(node.origin in origins for node in made) >= len(made) - 1  # all but fill(cost, 1)


# ---------------------------------------------------------------------------- Rop, Lop and what uses them


def test_rop():
    x, v = T.dvector("x"), T.dvector("v")
    a = np.arange(6.0).reshape(2, 3)
    out = T.dot(T.constant(a), x)
    np.testing.assert_allclose(value(Rop(out, x, v), x=[1, 2, 3], v=[1, 0, 2]), a @ [1, 0, 2])
    assert isinstance(Rop([out], x, v), list)
    with pytest.raises(ValueError, match="dimensionality"):
        Rop(out, x, T.dmatrix())
    with pytest.raises(DisconnectedInputError):
        Rop(T.dscalar() * 2, x, v)
    assert Rop(T.dscalar() * 2, x, v, disconnected_outputs="ignore", return_disconnected="None") is None
    y = x**2
    assert value(Rop(y.sum(), y, v), v=[1, 2]) == 3


def test_lop():
    x, u = T.dvector("x"), T.dvector("u")
    a = np.arange(6.0).reshape(2, 3)
    out = T.dot(T.constant(a), x)
    np.testing.assert_allclose(value(Lop(out, x, u), x=[1, 2, 3], u=[1, 2]), [1, 2] @ a)
    assert isinstance(Lop(out, (x,), u), tuple)


def test_subgraph_grad():
    x, t = T.dvector("x"), T.dvector("t")
    w1, w2 = theano.shared(np.ones((3, 4)) / 2, "w1"), theano.shared(np.ones((4, 2)) / 3, "w2")
    a1 = T.tanh(T.dot(x, w1))
    a2 = T.tanh(T.dot(a1, w2))
    cost = T.sqr(a2 - t).sum() + T.sqr(w2).sum() + T.sqr(w1).sum()
    whole = T.grad(cost, [w2, w1])
    top = T.sqr(a2 - t).sum() + T.sqr(w2).sum()
    (g2,), (ga1,) = subgraph_grad([w2], [a1], cost=top)
    (g1,), _ = subgraph_grad([w1], [x], start={a1: ga1}, cost=T.sqr(w1).sum())
    given = {"x": [1, 2, 3], "t": [0.5, 1]}
    for expected, found in zip(value(whole, **given), value([g2, g1], **given), strict=True):
        np.testing.assert_allclose(expected, found)
    with pytest.raises(ValueError, match="must be specified"):
        subgraph_grad([w1], [x])


def test_jacobian_and_hessian():
    x = T.dvector("x")
    three = T.stack([x[0] * x[1], x[0] ** 2, x.sum()])
    j = jacobian(three, x)
    np.testing.assert_allclose(value(j, x=[2, 3]), [[3, 2], [4, 0], [1, 1]])
    assert isinstance(jacobian(three, [x]), list)
    np.testing.assert_allclose(value(jacobian((x**2).sum(), x), x=[2, 3]), [4, 6])
    y = T.TensorType("float64", shape=(3,))("y")
    h = hessian((y**3).sum() + y[0] * y[1], y)
    np.testing.assert_allclose(value(h, y=[1, 2, 3]), [[6, 1, 0], [1, 12, 0], [0, 0, 18]])
    np.testing.assert_allclose(value(jacobian(x**2, x), x=[2, 3]), [[4, 0], [0, 6]])
    np.testing.assert_allclose(value(hessian((x**2).sum(), x), x=[2, 3]), [[2, 0], [0, 2]])
    for call in (
        lambda: jacobian(T.dmatrix(), x),
        lambda: hessian(x, x),
        lambda: hessian(x.sum(), T.dmatrix()),
    ):
        with pytest.raises(AssertionError):
            call()


def test_hessian_times_vector():
    x, v = T.dvector("x"), T.dvector("v")
    hv = hessian_times_vector(T.grad((x**3).sum(), x), x, v)
    np.testing.assert_allclose(value(hv, x=[1, 2], v=[1, -1]), [6, -12])


# ---------------------------------------------------------------------------- numeric_grad, verify_grad


def test_numeric_grad():
    g = numeric_grad(lambda a, b: (a * a).sum() + 3 * b, [np.array([1.0, 2.0]), np.array(1.0)]).gf
    np.testing.assert_allclose(g[0], [2, 4], rtol=1e-5)
    np.testing.assert_allclose(g[1], 3, rtol=1e-5)
    with pytest.raises(TypeError):
        numeric_grad(lambda a: a, np.array(1))


def test_verify_grad_finds_mistakes():
    rng = np.random.RandomState(0)
    wrong = Custom(lambda inputs, gs: [gs[0] * 1.1])
    with pytest.raises(GradientError) as caught:
        verify_grad(wrong, [np.ones(3)], rng=rng)
    error = caught.value
    assert error.arg == 0
    assert error.shape == (3,)
    assert error.abs_err > error.abs_tol == 1e-4
    assert error.rel_err > error.rel_tol == 1e-4
    assert "argument 0" in str(error)
    # An error below one of the two tolerances is none.
    verify_grad(wrong, [np.ones(3)], rng=rng, abs_tol=1.0)
    verify_grad(wrong, [np.ones(3)], rng=rng, rel_tol=1.0)


def test_verify_grad_checks_arguments():
    with pytest.raises(TypeError, match="floating point"):
        verify_grad(T.exp, [np.ones(3, dtype="int64")], rng=np.random.RandomState(0))
    with pytest.raises(TypeError, match="rng"):
        verify_grad(T.exp, [np.ones(3)])
