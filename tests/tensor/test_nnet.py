from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run, variables
from theano.gradient import grad
from theano.tensor import nnet

R = np.random.RandomState(0)
X = R.normal(size=(3, 4))
B = R.normal(size=4)
Y = np.array([1, 3, 0])
P = special.softmax(R.normal(size=(3, 4)), axis=1)
U = R.uniform(0.1, 0.9, size=(3, 4))
X4 = R.normal(size=(5, 2, 3, 2))


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def _picked_nll(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return -special.log_softmax(z, axis=1)[np.arange(len(y)), y]


EXPRESSIONS = {
    "softmax": (nnet.softmax, lambda a: special.softmax(a, axis=1), X),
    "softmax vector": (nnet.softmax, lambda a: special.softmax(a)[None], B),
    "softmax one column": (nnet.softmax, lambda a: np.ones((3, 1)), X[:, :1]),
    "logsoftmax": (nnet.logsoftmax, lambda a: special.log_softmax(a, axis=1), X),
    "logsoftmax vector": (nnet.logsoftmax, lambda a: special.log_softmax(a)[None], B),
    "softmax_graph": (nnet.softmax_graph, lambda a: special.softmax(a, axis=-1), X4),
    "with bias": (nnet.softmax_with_bias, lambda a, b: special.softmax(a + b, axis=1), X, B),
    "categorical 1hot": (nnet.categorical_crossentropy, lambda p, t: -np.log(p[np.arange(3), t]), P, Y),
    "categorical": (nnet.categorical_crossentropy, lambda p, t: -(t * np.log(p)).sum(1), P, U),
    "categorical row": (
        nnet.categorical_crossentropy,
        lambda p, t: -np.log(p[np.arange(1), t]),
        P[:1],
        Y[:1],
    ),
    "of softmax": (
        lambda x, y: nnet.categorical_crossentropy(nnet.softmax(x), y),
        _picked_nll,
        X,
        Y,
    ),
    "binary": (
        nnet.binary_crossentropy,
        lambda o, t: -(t * np.log(o) + (1 - t) * np.log(1 - o)),
        U,
        U[::-1].copy(),
    ),
    "sigmoid binary": (
        nnet.sigmoid_binary_crossentropy,
        lambda o, t: -(t * np.log(_sigmoid(o)) + (1 - t) * np.log(1 - _sigmoid(o))),
        X,
        U,
    ),
    "softmax 1hot": (lambda x, y: nnet.crossentropy_softmax_1hot(x, y)[0], _picked_nll, X, Y),
    "softmax 1hot bias": (
        lambda x, b, y: nnet.crossentropy_softmax_1hot_with_bias(x, b, y)[0],
        lambda a, b, y: _picked_nll(a + b, y),
        X,
        B,
        Y,
    ),
    "softmax 1hot bias probabilities": (
        lambda x, b, y: nnet.crossentropy_softmax_1hot_with_bias(x, b, y)[1],
        lambda a, b, y: special.softmax(a + b, axis=1),
        X,
        B,
        Y,
    ),
    "both outputs": (
        lambda x, b, y: (lambda n, s: n + s[:, 2])(*nnet.crossentropy_softmax_1hot_with_bias(x, b, y)),
        lambda a, b, y: _picked_nll(a + b, y) + special.softmax(a + b, axis=1)[:, 2],
        X,
        B,
        Y,
    ),
    "argmax": (
        lambda x, y: nnet.crossentropy_softmax_max_and_argmax_1hot(x, y)[3],
        lambda a, y: a.argmax(1),
        X,
        Y,
    ),
    "max": (
        lambda x, y: nnet.crossentropy_softmax_max_and_argmax_1hot(x, y)[2],
        lambda a, y: special.softmax(a, axis=1).max(1),
        X,
        Y,
    ),
    "relu": (nnet.relu, lambda a: np.maximum(a, 0), X),
    "relu slope": (lambda x: nnet.relu(x, 0.1), lambda a: np.where(a > 0, a, 0.1 * a), X),
    "relu slopes": (nnet.relu, lambda a, s: np.where(a > 0, a, s * a), X, np.abs(B)),
    "elu": (nnet.elu, lambda a: np.where(a > 0, a, np.expm1(a)), X),
    "elu 2": (lambda x: nnet.elu(x, 2), lambda a: np.where(a > 0, a, 2 * np.expm1(a)), X),
    "selu": (
        nnet.selu,
        lambda a: 1.0507009873554805 * np.where(a > 0, a, 1.6732632423543772 * np.expm1(a)),
        X,
    ),
    "sigmoid": (nnet.sigmoid, _sigmoid, X),
    "softplus": (nnet.softplus, lambda a: np.log1p(np.exp(a)), X),
    "softsign": (nnet.softsign, lambda a: a / (1 + np.abs(a)), X),
    "hard_sigmoid": (nnet.hard_sigmoid, lambda a: np.clip(0.2 * a + 0.5, 0, 1), 3 * X),
    "batch_normalization": (
        nnet.batch_normalization,
        lambda x, g, b, m, s: (x - m) * g / s + b,
        X,
        B,
        B * 2,
        B * 3,
        np.abs(B),
    ),
    "h_softmax": (
        lambda x, w, b, w2, b2: nnet.h_softmax(x, 3, 5, 2, 3, w, b, w2, b2),
        lambda *a: _h_softmax(*a)[:, :5],
        X,
        R.normal(size=(4, 2)),
        R.normal(size=2),
        R.normal(size=(2, 4, 3)),
        R.normal(size=(2, 3)),
    ),
    "h_softmax target": (
        lambda x, w, b, w2, b2, t: nnet.h_softmax(x, 3, 6, 2, 3, w, b, w2, b2, t),
        lambda *a: _h_softmax(*a[:5])[np.arange(3), a[5]],
        X,
        R.normal(size=(4, 2)),
        R.normal(size=2),
        R.normal(size=(2, 4, 3)),
        R.normal(size=(2, 3)),
        np.array([5, 0, 4]),
    ),
}


def _h_softmax(x: np.ndarray, w: np.ndarray, b: np.ndarray, w2: np.ndarray, b2: np.ndarray) -> np.ndarray:
    of_class = special.softmax(x @ w + b, axis=1)
    within = special.softmax(np.einsum("nf,cfk->nck", x, w2) + b2, axis=2)
    return (of_class[:, :, None] * within).reshape(len(x), -1)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, *arrays = EXPRESSIONS[name]
    check(build, *arrays, expect=reference)


@pytest.mark.parametrize(
    ("op", "arrays"),
    [
        (nnet.softmax_op, [X]),
        (nnet.logsoftmax_op, [X]),
        (nnet.softmax_with_bias, [X, B]),
        (nnet.crossentropy_categorical_1hot, [P, Y]),
        (nnet.crossentropy_softmax_argmax_1hot_with_bias, [X, B, Y]),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_decomposition_computes_the_same(op: object, arrays: list[np.ndarray], dtype: str) -> None:
    arrays = [a.astype(dtype) if a.dtype == np.float64 else a for a in arrays]
    inputs = variables(arrays)
    outputs = op(*inputs, return_list=True)
    parts = op.decompose(inputs)
    for a, b in zip(outputs, parts, strict=True):
        assert a.type == b.type
    tolerance = {"float16": 4e-3, "float32": 1e-6, "float64": 1e-13}[dtype]
    for a, b in zip(run(outputs, inputs, arrays), run(parts, inputs, arrays), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_extreme_values() -> None:
    x = T.dmatrix()
    big = np.array([[1000.0, -1000.0, 0.0]])
    for build in (nnet.softmax, nnet.logsoftmax):
        for y in (build(x), build(x).owner.op.decompose([x])[0]):
            (got,) = run([y], [x], [big])
            assert np.isfinite(got).all()
            assert np.isnan(run([y], [x], [np.array([[np.inf, 0.0]])])[0]).any()
            assert np.isnan(run([y], [x], [np.array([[-np.inf, -np.inf]])])[0]).all()
    nll = nnet.crossentropy_softmax_1hot(x, [1])[0]
    assert run([nll], [x], [big])[0] == 2000
    o = T.dscalar()
    for value, target in ((1000.0, 0), (-1000.0, 1)):
        assert run([nnet.sigmoid_binary_crossentropy(o, target)], [o], [np.float64(value)])[0] == 1000


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (nnet.relu, 0.0, 0.5),
        (nnet.elu, 0.0, 1.0),
        (nnet.selu, 0.0, 1.7580993408473766),
        (nnet.hard_sigmoid, 0.0, 0.2),
        (nnet.hard_sigmoid, 3.0, 0.0),
    ],
)
def test_gradient_at_corners(function: object, x: float, slope: float) -> None:
    v = T.dscalar()
    (got,) = run([grad(function(v), v)], [v], [np.float64(x)])
    np.testing.assert_allclose(got, slope)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "float16"])
@pytest.mark.parametrize("alpha", [0, 0.5])
def test_relu_of_numbers_whose_double_is_too_large(dtype: str, alpha: float) -> None:
    x = np.array([-30000, 40000] if dtype == "float16" else [np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    v = T.vector(dtype=dtype)
    got = theano.function([v], nnet.relu(v, alpha))(x)
    wide = x.astype("float64")
    np.testing.assert_allclose(got, np.where(wide > 0, wide, alpha * wide), rtol=1e-6)


def test_ultra_fast_sigmoid() -> None:
    x = np.linspace(-10, 10, 1001)
    got = check(nnet.ultra_fast_sigmoid, x, smooth=False)
    assert np.abs(got - _sigmoid(x)).max() < 0.0278
    hard = check(nnet.hard_sigmoid, x, smooth=False)
    assert np.abs(hard - _sigmoid(x)).max() < 0.076


@pytest.mark.parametrize("axes", ["per-activation", "spatial", (0,), (1, 3), 2])
@pytest.mark.parametrize("full", [False, True])
def test_batch_normalization(axes: object, full: bool) -> None:
    over = {"per-activation": (0,), "spatial": (0, 2, 3), 2: (2,)}.get(axes, axes)
    wide = tuple(1 if i in over else n for i, n in enumerate(X4.shape))
    kept = wide if full else tuple(n for i, n in enumerate(X4.shape) if i not in over)
    gamma, beta, mean, var = (R.uniform(0.5, 1.5, kept) for _ in range(4))

    def w(p: np.ndarray) -> np.ndarray:
        return p.reshape(wide)

    m, v = X4.mean(over, keepdims=True), X4.var(over, keepdims=True)
    n = X4.size / m.size
    wanted = [
        (X4 - m) / np.sqrt(v + 1e-3) * w(gamma) + w(beta),
        m.reshape(kept),
        (1 / np.sqrt(v + 1e-3)).reshape(kept),
        (w(mean) * 0.8 + 0.2 * m).reshape(kept),
        (w(var) * 0.8 + 0.2 * v * n / (n - 1)).reshape(kept),
    ]
    for k in range(5):
        check(
            lambda x, g, b, rm, rv, k=k: nnet.batch_normalization_train(x, g, b, axes, 1e-3, 0.2, rm, rv)[k],
            X4,
            gamma,
            beta,
            mean,
            var,
            expect=wanted[k],
            smooth=k == 0,
            wrt=[0, 1, 2],
        )
    check(
        lambda x, g, b, rm, rv: nnet.batch_normalization_test(x, g, b, rm, rv, axes, 1e-3),
        X4,
        gamma,
        beta,
        mean,
        var,
        expect=(X4 - w(mean)) / np.sqrt(w(var) + 1e-3) * w(gamma) + w(beta),
    )


def test_batch_normalization_keeps_float32() -> None:
    x, p = T.fmatrix(), T.fvector()
    outputs = nnet.batch_normalization_train(x, p, p, running_mean=p, running_var=p)
    assert len(outputs) == 5
    assert {o.dtype for o in outputs[:3]} == {"float32"}
    assert nnet.batch_normalization_test(x, p, p, p, p).dtype == "float32"
    assert len(nnet.batch_normalization_train(x, p, p)) == 3


def test_confusion_matrix() -> None:
    actual, pred = np.array([2, 0, 2, 7]), np.array([0, 0, 2, 2])
    a, p = T.lvector(), T.lvector()
    matrix, labels = run(nnet.confusion_matrix(a, p), [a, p], [actual, pred])
    assert labels.tolist() == [0, 2, 7]
    assert matrix.tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: nnet.softmax(T.tensor3()), ValueError),
        (lambda: nnet.softmax(T.imatrix()), ValueError),
        (lambda: nnet.logsoftmax(T.scalar()), ValueError),
        (lambda: nnet.categorical_crossentropy(T.matrix(), T.tensor3()), TypeError),
        (lambda: nnet.categorical_crossentropy(T.matrix(), T.vector()), TypeError),
        (lambda: nnet.crossentropy_softmax_1hot(T.matrix(), T.vector()), ValueError),
        (
            lambda: nnet.bn.batch_normalization_train(T.matrix(), T.vector(), T.vector(), epsilon=1e-6),
            ValueError,
        ),
        (lambda: nnet.bn.batch_normalization_train(T.matrix(), T.vector(), T.vector(), axes="x"), ValueError),
        (
            lambda: nnet.bn.batch_normalization_train(T.matrix(), T.vector(), T.vector(), axes=(3,)),
            ValueError,
        ),
        (lambda: nnet.bn.batch_normalization_train(T.matrix(), T.tensor3(), T.vector()), ValueError),
        (lambda: nnet.batch_normalization(*T.vectors(5), mode="x"), ValueError),
        (lambda: nnet.confusion_matrix(T.lmatrix(), T.lvector()), ValueError),
    ],
)
def test_errors(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_targets_out_of_range() -> None:
    p, t = T.dmatrix(), T.lvector()
    y = nnet.categorical_crossentropy(p, t)
    with pytest.raises(IndexError):
        run([y], [p, t], [P, np.array([0, 4, 1])])
    (got,) = run([y], [p, t], [P, np.array([0, -1, 1])])
    np.testing.assert_allclose(got[1], -np.log(P[1, 3]))


def test_texts() -> None:
    x, y = T.matrix(), T.lvector()
    assert str(nnet.softmax(x).owner.op) == "Softmax"
    assert str(nnet.logsoftmax(x).owner.op) == "LogSoftmax"
    assert str(nnet.categorical_crossentropy(x, y).owner.op) == "CrossentropyCategorical1Hot"
    assert str(nnet.crossentropy_softmax_1hot(x, y)[0].owner.op) == "CrossentropySoftmaxArgmax1HotWithBias"
    for name in ("sigmoid", "softplus", "ultra_fast_sigmoid"):
        assert str(getattr(nnet, name)(x).owner.op) == name


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
@pytest.mark.parametrize("of_softmax", [False, True])
def test_one_constant_class_is_not_that_of_all_rows(mode, of_softmax):
    x, one = T.dmatrix("x"), T.constant(np.array([1]))
    p = T.nnet.softmax(x) if of_softmax else x
    loss = T.nnet.categorical_crossentropy(p, one)
    f = theano.function([x], [loss, grad(loss.sum(), x), theano.Rop(loss, x, x)], mode=mode)
    row = np.array([[0.2, 0.3, 0.5]])
    want = -np.log(row[0, 1] if not of_softmax else np.exp(0.3) / np.exp(row).sum())
    loss_value, gradient, rop = f(row)
    assert loss_value.shape == rop.shape == (1,) and np.allclose(loss_value, want)
    wanted_gradient = np.exp(row) / np.exp(row).sum() - [[0, 1, 0]] if of_softmax else [[0, -1 / 0.3, 0]]
    assert np.allclose(gradient, wanted_gradient)
    for n in (0, 2, 4):
        with pytest.raises((ValueError, IndexError), match="shape mismatch|supposed to be 1|rows"):
            f(np.full((n, 3), 0.5))


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_negative_classes(mode):
    """The op with a bias refuses them, as do its gradients; an index expression counts them from the end."""
    x, y, v = T.dmatrix("x"), T.ivector("y"), T.dmatrix("v")
    bias = np.zeros(4)
    nll, sm, _ = nnet.crossentropy_softmax_argmax_1hot_with_bias(x, bias, y)
    refusing = [
        nll, nnet.crossentropy_softmax_1hot(x, y)[0], T.grad(nll.sum(), x), T.grad(nll[0] * sm[0, 1], x),
        T.Rop(nll, x, v),
    ]  # fmt: skip
    wrapping = [
        nnet.categorical_crossentropy(nnet.softmax(x), y),
        -T.log(nnet.softmax(x))[T.arange(y.shape[0]), y],
        nnet.crossentropy_softmax_1hot(x, y.astype("uint8") % 4)[0],
    ]
    a = np.arange(8.0).reshape(2, 4) ** 2 % 5
    for expression in refusing:
        f = theano.function([x, y, v], expression, mode=mode, on_unused_input="ignore")
        f(a, [0, 3], a)
        with pytest.raises(ValueError, match="y_i value out of bounds"):
            f(a, [0, -1], a)
    nlls = theano.function([x, y], wrapping, mode=mode)
    for got, wanted in zip(nlls(a, [0, -1]), nlls(a, [0, 3]), strict=True):
        np.testing.assert_allclose(got, wanted)


def test_gradients_of_normalisation_keep_float16() -> None:
    x, p = (T.TensorType("float16", pattern)() for pattern in ((False, False), (False,)))
    outs = [
        *nnet.batch_normalization_train(x, p, p), nnet.batch_normalization_test(x, p, p, p, p),
        nnet.layer_norm(x, p, p), nnet.rms_norm(x, p),
    ]  # fmt: skip
    for out in outs:
        g = grad(T.cast(out, "float64").sum(), x)
        assert g.dtype == "float16"
        f = theano.function([x, p], g, on_unused_input="ignore")
        assert f(np.random.RandomState(0).rand(3, 4).astype("float16"), np.ones(4, "float16")).dtype == "float16"
