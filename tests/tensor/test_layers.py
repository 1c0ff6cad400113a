"""What networks of today are made of, against NumPy: activations, norms, softmax of stacks, attention, dropout."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import theano
import theano.tensor as T
from tests.call_backs import is_native
from tests.tensor.oracle import check
from theano.random import MRG_RandomStreams, PhiloxRandomStreams, RandomStreams
from theano.tensor import nnet

R = np.random.RandomState(0)
X = R.normal(size=(3, 4))
X4 = R.normal(size=(2, 3, 4, 5))
G, B = R.normal(size=4), R.normal(size=4)


def of_rows(x, axis, epsilon):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


def by_size(x, axis, epsilon):
    return x / np.sqrt((x**2).mean(axis, keepdims=True) + epsilon)


def roughly(x):
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


EXPRESSIONS = {
    "gelu": (nnet.gelu, lambda x: x * special.ndtr(x), 3 * X),
    "gelu, approximate": (lambda x: nnet.gelu(x, approximate=True), roughly, 3 * X),
    "silu": (nnet.silu, lambda x: x * special.expit(x), 3 * X),
    "layer_norm": (nnet.layer_norm, lambda x: of_rows(x, -1, 1e-5), X),
    "layer_norm, scale and shift": (nnet.layer_norm, lambda x, g, b: of_rows(x, -1, 1e-5) * g + b, X, G, B),
    "layer_norm, shift": (
        lambda x, b: nnet.layer_norm(x, beta=b, epsilon=0.1), lambda x, b: of_rows(x, -1, 0.1) + b, X, B
    ),
    "layer_norm, two axes": (
        lambda x, g: nnet.layer_norm(x, g, axis=(1, -1)),
        lambda x, g: of_rows(x, (1, 3), 1e-5) * g[:, None],
        X4, R.normal(size=(3, 5)),
    ),
    "layer_norm of a vector": (nnet.layer_norm, lambda x: of_rows(x, -1, 1e-5), G),
    "layer_norm, all axes": (
        lambda x: nnet.layer_norm(x, axis=None), lambda x: of_rows(x, (0, 1), 1e-5), X
    ),
    "rms_norm": (nnet.rms_norm, lambda x: by_size(x, -1, 1e-6), X),
    "rms_norm, scale, first axis": (
        lambda x, g: nnet.rms_norm(x, g, axis=0, epsilon=0.5),
        lambda x, g: by_size(x, 0, 0.5) * g[:, None], X, G[:3],
    ),
    "softmax": (lambda x: nnet.softmax(x, axis=-1), lambda x: special.softmax(x, -1), X4),
    "softmax, columns": (lambda x: nnet.softmax(x, axis=0), lambda x: special.softmax(x, 0), X),
    "softmax, rows": (lambda x: nnet.softmax(x, axis=1), lambda x: special.softmax(x, 1), X),
    "softmax of a vector": (lambda x: nnet.softmax(x, axis=0), lambda x: special.softmax(x, 0), G),
    "softmax, two axes": (lambda x: nnet.softmax(x, axis=(0, 2)), lambda x: special.softmax(x, (0, 2)), X4),
    "logsoftmax": (lambda x: nnet.logsoftmax(x, axis=1), lambda x: special.log_softmax(x, 1), X4),
    "logsoftmax, rows": (lambda x: nnet.logsoftmax(x, axis=-1), lambda x: special.log_softmax(x, 1), X),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_derivatives(name):
    build, expect, *arrays = EXPRESSIONS[name]
    check(build, *arrays, expect=expect)
    check(build, *(a[..., ::-1] for a in arrays))

    def slopes(*x):
        found = T.grad((build(*x) ** 2).sum(), x)
        return sum(T.sum(g * np.cos(np.arange(k + 1.0)[-1] + g)) for k, g in enumerate(found))

    check(slopes, *arrays)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_dtypes(name, dtype):
    build, expect, *arrays = EXPRESSIONS[name]
    xs = [T.TensorType(dtype, (False,) * a.ndim)() for a in arrays]
    y = build(*xs)
    f = theano.function(xs, [y, *T.grad(y.sum(), xs)])
    assert is_native(f)
    got, *slopes = f(*(a.astype(dtype) for a in arrays))
    # What is computed in float32 has gradients of that, too.
    assert got.dtype == dtype and {a.dtype.name for a in slopes} <= {dtype, "float32"}
    near = {"float16": 4e-3, "float32": 2e-6}[dtype]
    wanted = expect(*(a.astype(dtype).astype("float64") for a in arrays))
    np.testing.assert_allclose(got, wanted, rtol=near, atol=near)
    for shape in ((0,), (1,)):
        few = f(*(np.zeros(shape * a.ndim, dtype) for a in arrays))
        assert few[0].shape == shape * arrays[0].ndim


def test_special_values_of_activations():
    x = T.dvector("x")
    f = theano.function([x], [nnet.gelu(x), nnet.gelu(x, approximate=True), nnet.silu(x)])
    at = np.array([-30.0, -20.0, -5.0, -1e-300, 0.0, -0.0, 1e-300, 40.0, np.inf, np.nan])
    exact, rough, silu = f(at)
    np.testing.assert_allclose(exact[:-2], (at * special.ndtr(at))[:-2], rtol=1e-13)
    np.testing.assert_allclose(silu[:-2], (at * special.expit(at))[:-2], rtol=1e-13)
    assert exact[0] < 0 and np.signbit(exact[5]) and np.signbit(silu[5])  # tails do not round to zero
    for got in (exact, rough, silu):
        assert got[-2] == np.inf and np.isnan(got[-1]) and got[7] == 40
    np.testing.assert_allclose(rough[3:8], exact[3:8])
    dense = np.linspace(-6, 6, 5001)
    got = f(dense)
    assert np.abs(got[0] - got[1]).max() < 5e-4
    for function in (nnet.gelu, nnet.silu):
        assert function(T.ivector()).dtype == "float64" and function(T.bvector()).dtype in ("float32", "float64")


def test_softmax_keeps_its_first_meaning():
    assert nnet.softmax(T.dvector()).ndim == 2
    assert nnet.softmax(T.dmatrix(), axis=-1).owner.op == nnet.softmax(T.dmatrix()).owner.op
    with pytest.raises(ValueError, match="1-d or 2-d tensor of floats"):
        nnet.softmax(T.dtensor3())
    for function in (nnet.softmax, nnet.logsoftmax):
        with pytest.raises(ValueError, match="softmax: c must be a tensor of floats"):
            function(T.lmatrix(), axis=0)
        with pytest.raises(ValueError):
            function(T.dmatrix(), axis=2)
    big = nnet.softmax(T.constant([[[-np.inf, 1000.0]], [[0.0, -1000.0]]]), axis=2).eval()
    np.testing.assert_array_equal(big, [[[0, 1]], [[1, 0]]])


# -- attention ---------------------------------------------------------------------------------------------------------


def attended(q, k, v, mask=None, causal=False, scale=None):
    scores = q @ np.swapaxes(k, -1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    seen = np.broadcast_to(True if mask is None else mask != 0, scores.shape).copy()
    if causal:
        n, m = scores.shape[-2:]
        seen &= np.tri(n, m, m - n, dtype=bool)
    e = np.exp(scores - scores.max(-1, keepdims=True, initial=-1e30)) * seen
    total = e.sum(-1, keepdims=True)
    return np.divide(e, total, out=np.zeros_like(e), where=total > 0) @ v


Q, K, V = R.normal(size=(2, 3, 4)), R.normal(size=(2, 5, 4)), R.normal(size=(2, 5, 3))
MASK = R.uniform(size=(2, 3, 5)) < 0.6
MASK[0, 1] = False


@pytest.mark.parametrize(
    "options",
    [
        {}, {"causal": True}, {"mask": MASK}, {"mask": MASK[:, :1]}, {"mask": MASK[0]}, {"mask": MASK[0, 0]},
        {"mask": MASK.astype("int8"), "causal": True, "scale": 0.7},
    ],
    ids=lambda options: "-".join(options) or "plain",
)  # fmt: skip
def test_attention(options):
    check(lambda q, k, v: nnet.attention(q, k, v, **options), Q, K, V, expect=lambda *a: attended(*a, **options))
    if options.get("mask") is None or options["mask"].ndim < 3:
        one = lambda q, k, v: nnet.attention(q, k, v, **options)  # noqa: E731
        check(one, Q[0], K[0], V[0], expect=lambda *a: attended(*a, **options))
    stacks = [np.stack([a, 2 * a, -a], axis=1) for a in (Q, K, V)]
    given = options | ({"mask": options["mask"][:, None]} if np.ndim(options.get("mask")) == 3 else {})
    check(lambda q, k, v: nnet.attention(q, k, v, **given), *stacks, expect=lambda *a: attended(*a, **given))


def test_attention_of_heads_and_its_second_derivatives():
    """Heads side by side in memory, as a product of matrices leaves them."""
    rows = R.normal(size=(2, 5, 6))

    def heads(x):
        apart = x.reshape((2, 5, 2, 3)).dimshuffle(0, 2, 1, 3)
        return nnet.attention(apart, apart, apart, causal=True).dimshuffle(0, 2, 1, 3).reshape((2, 5, 6))

    def wanted(x):
        apart = x.reshape(2, 5, 2, 3).swapaxes(1, 2)
        return attended(apart, apart, apart, causal=True).swapaxes(1, 2).reshape(2, 5, 6)

    check(heads, rows, expect=wanted)
    check(lambda x: T.grad((heads(x) ** 2).sum(), x), rows)


def test_attention_reads_operands_where_they_lie_and_masks_in_the_loop_of_its_softmax():
    q, k, v, mask = T.ftensor3(), T.ftensor3(), T.ftensor3(), T.TensorType("bool", (False,) * 3)()
    found = nnet.attention(q, k, v, mask)
    f = theano.function([q, k, v, mask], found)
    said = theano.printing.schedule(f)
    assert str(said).count("step BatchedDot") == 2 and "DimShuffle(" not in str(said)
    # One of the rows of scores, with their mask, and one of the rows of results, of which some saw nothing.
    assert sum(line.startswith("loop ") for line in str(said).splitlines()) == 2
    arrays = [np.asfortranarray(a.astype("float32"))[::-1] for a in (Q, K, V)]
    np.testing.assert_allclose(f(*arrays, MASK), attended(*arrays, MASK), rtol=1e-5, atol=1e-6)
    empty = f(arrays[0][:, :0], *arrays[1:], MASK[:, :0])
    assert empty.shape == (2, 0, 3)
    assert not f(arrays[0], arrays[1][:, :0], arrays[2][:, :0], MASK[:, :, :0]).any()  # no keys at all
    g = theano.function([q, k, v, mask], T.grad(found.sum(), [q, k, v]))
    assert not any(kind == "callback" for fn in (f, g) for kind, _ in fn.executor.lowered.words)
    slopes = g(*arrays, MASK)
    assert all(np.isfinite(a).all() for a in slopes) and not slopes[0][0, 1].any()


def test_attention_refuses():
    with pytest.raises(TypeError, match="attention: key must be a tensor of floats"):
        nnet.attention(T.matrix(), T.lmatrix(), T.matrix())
    for bad in ((T.matrix(), T.tensor3(), T.tensor3()), (T.vector(),) * 3):
        with pytest.raises(ValueError, match="must have equally many axes, two or more"):
            nnet.attention(*bad)
    with pytest.raises(ValueError, match="mask has 3 axes, more than the 2"):
        nnet.attention(T.matrix(), T.matrix(), T.matrix(), mask=T.btensor3())
    with pytest.raises(TypeError, match="mask must be of booleans or integers"):  # others add such masks to the scores
        nnet.attention(T.matrix(), T.matrix(), T.matrix(), mask=T.fmatrix())


# -- dropout -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streams", [PhiloxRandomStreams, MRG_RandomStreams, RandomStreams])
def test_dropout(streams):
    x, p = T.fmatrix("x"), T.dscalar("p")
    y = nnet.dropout(x, p, streams(seed=3))
    f = theano.function([x, p], [y, T.grad((y**2).sum(), x)])
    at = R.uniform(0.5, 1, (200, 300)).astype("float32")
    got, slope = f(at, 0.25)
    assert got.dtype == "float32"
    kept = got != 0
    assert abs(kept.mean() - 0.75) < 0.01
    np.testing.assert_allclose(got, np.where(kept, at / 0.75, 0), rtol=1e-6)
    np.testing.assert_allclose(slope, 2 * got / 0.75, rtol=1e-5)
    assert ((f(at, 0.25)[0] != 0) != kept).mean() > 0.3  # others are left out the next time
    np.testing.assert_array_equal(f(at, 0)[0], at)
    at[0] = np.inf
    assert all(not a.any() for a in f(at, 1))


def test_dropout_of_channels_and_dtypes():
    x = T.dtensor4("x")
    f = theano.function([x], nnet.dropout(x, 0.5, PhiloxRandomStreams(1), same_along=(2, 3)))
    got = f(np.ones((20, 30, 2, 3)))
    assert set(np.unique(got)) == {0, 2} and (got == got[:, :, :1, :1]).all()
    assert 0.4 < (got[:, :, 0, 0] != 0).mean() < 0.6
    half = nnet.dropout(T.TensorType("float16", (False,))(), 0.5, PhiloxRandomStreams(1))
    assert half.dtype == "float16"
    whole = theano.function([x], nnet.dropout(x, 0.5, PhiloxRandomStreams(1), same_along=range(4)))
    assert {float(np.unique(whole(np.ones((2, 2, 2, 2)))).item()) for _ in range(20)} == {0.0, 2.0}
    assert f(np.ones((0, 3, 1, 1))).shape == (0, 3, 1, 1)


def test_dropout_is_drawn_in_the_loop_that_uses_it():
    x = T.fmatrix("x")
    f = theano.function([x], nnet.dropout(T.tanh(x), 0.5, PhiloxRandomStreams(2)))
    said = str(theano.printing.schedule(f))
    assert "writes workspace" not in said and not any(kind == "callback" for kind, _ in f.executor.lowered.words)


def test_dropout_refuses():
    s = PhiloxRandomStreams(1)
    for p in (-0.1, 1.5, np.float64(2)):
        with pytest.raises(ValueError, match="p is the probability to be left out and must be from 0 to 1"):
            nnet.dropout(T.vector(), p, s)
    with pytest.raises(TypeError, match="dropout: p must be a number"):
        nnet.dropout(T.vector(), T.vector(), s)
    with pytest.raises(TypeError, match="dropout: x must be a tensor of floats"):
        nnet.dropout(T.lvector(), 0.5, s)


X2 = R.normal(size=(5, 4))
NORMS = {
    "layer_norm": lambda e: nnet.layer_norm(X2, epsilon=e),
    "rms_norm": lambda e: nnet.rms_norm(X2, epsilon=e),
    "batch_normalization_train": lambda e: nnet.batch_normalization_train(X2, *np.ones((2, 4)), epsilon=e)[0],
    "batch_normalization_test": lambda e: nnet.batch_normalization_test(X2, *np.ones((4, 4)), epsilon=e),
    "AbstractBatchNormTrain": lambda e: nnet.bn.AbstractBatchNormTrain()(X2, *np.ones((2, 1, 4)), e)[0],
    "AbstractBatchNormInference": lambda e: nnet.bn.AbstractBatchNormInference()(X2, *np.ones((4, 1, 4)), e),
}


@pytest.mark.parametrize("name", NORMS)
def test_epsilons(name):
    made, e = NORMS[name], T.dscalar("e")
    wanted = made(0.25).eval()
    for same in (np.float32(0.25), np.array(0.25), T.constant(0.25)):
        np.testing.assert_array_equal(made(same).eval(), wanted)
    np.testing.assert_allclose(made(e).eval({e: 0.25}), wanted)
    assert np.isfinite(made(1).eval()).all() and np.isfinite(made(np.float32(1e-5)).eval()).all()
    for wrong in (-1, -1e-9, np.nan, np.inf, np.float32(-1), T.constant(-1.0)):
        with pytest.raises(ValueError, match=f"^{name}: epsilon must be at least .* and finite, got"):
            made(wrong)
    for wrong in (None, "1", True, [1e-3], np.ones(2), T.dvector()):
        with pytest.raises(TypeError, match=f"^{name}: epsilon must be a number, got"):
            made(wrong)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_norms_of_float16_whose_variance_is_beyond_it(mode):
    x, v = (400 * R.normal(size=(60, 4))).astype("float16"), T.matrix(dtype="float16")
    wide, sides = x.astype("float64"), np.ones((2, 4), "float16")
    wanted = (wide - wide.mean(0)) / wide.std(0)
    of_batch, _, _ = nnet.batch_normalization_train(v, *sides)
    of_rows = nnet.layer_norm(v, axis=0)
    known = nnet.batch_normalization_test(v, *sides, wide.mean(0), wide.var(0).astype("float32"))
    for made, shift in ((of_batch, 1), (of_rows, 0), (known, 1)):
        got = theano.function([v], made, mode=mode)(x)
        np.testing.assert_allclose(got, wanted + shift, rtol=5e-3, atol=5e-3)


def test_norms_refuse():
    for function in (nnet.layer_norm, nnet.rms_norm):
        with pytest.raises(TypeError, match="_norm: x must be a tensor of floats"):
            function(T.lmatrix())
        with pytest.raises(ValueError, match="gamma must have 1 axes, as many as there are in axis="):
            function(T.matrix(), T.matrix())
        with pytest.raises(ValueError):
            function(T.matrix(), axis=2)


# -- very many classes -------------------------------------------------------------------------------------------------

ROWS, W, SHIFT = R.normal(size=(4, 3)), R.normal(size=(7, 3)), R.normal(size=7)
TARGET, SAMPLES, CHANCES = np.array([2, 0, 6, 2]), np.array([1, 2, 2, 5, 6]), R.uniform(0.1, 1, 7)


def sampled(x, w, b, target, samples, chances=None):
    scores = x @ w.T + b - (0 if chances is None else np.log(chances))
    found = []
    for row, k in zip(scores, target, strict=True):
        others = [row[j] for j in samples if j != k]
        found.append(np.logaddexp.reduce([row[k], *others]) - row[k])
    return np.array(found)


def test_sampled_crossentropy():
    places = (TARGET, SAMPLES)
    build = nnet.sampled_softmax_crossentropy
    check(lambda x, w, b: build(x, w, b, *places), ROWS, W, SHIFT, expect=lambda *a: sampled(*a, *places))
    check(
        lambda x, w, b: build(x, w, b, *places, CHANCES), ROWS, W, SHIFT,
        expect=lambda *a: sampled(*a, *places, CHANCES),
    )  # fmt: skip
    check(lambda x, w, b: T.grad((build(x, w, b, *places) ** 2).sum(), w), ROWS, W, SHIFT)
    # All classes, once each, are the whole softmax.
    whole = build(ROWS, W, SHIFT, TARGET, np.arange(7)).eval()
    np.testing.assert_allclose(whole, -special.log_softmax(ROWS @ W.T + SHIFT, 1)[np.arange(4), TARGET])
    # A sample that is only the class itself tells nothing.
    x = T.dmatrix("x")
    cost = build(x, W, SHIFT, [2, 2], [2, 2])
    alone = theano.function([x], [cost, T.grad(cost.sum(), x)])(ROWS[:2])
    assert not alone[0].any() and not alone[1].any()
    far = build(1e4 * ROWS, W, SHIFT, *places).eval()
    np.testing.assert_allclose(far, sampled(1e4 * ROWS, W, SHIFT, *places))


def test_sampled_crossentropy_refuses():
    build = nnet.sampled_softmax_crossentropy
    good = [T.matrix(), T.matrix(), T.vector(), T.lvector(), T.lvector()]
    for k, text in enumerate(["x must be a matrix of floats", "W must be", "b must be a", "target", "samples"]):
        bad = [T.tensor3() if i == k else v for i, v in enumerate(good)]
        with pytest.raises(TypeError, match=f"sampled_softmax_crossentropy: {text}"):
            build(*bad)
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        for target, samples, name in (([7], [1], "target"), ([1], [7], "samples"), ([-1], [6], "target")):
            cost = build(ROWS[:1], W, SHIFT, target, samples)
            with pytest.raises(IndexError, match=rf"sampled_softmax_crossentropy: each of {name} must be from 0 to W"):
                theano.function([], cost, mode=mode)()
        with pytest.raises(ValueError, match="sampled_softmax_crossentropy: there must be a sample"):
            theano.function([], build(ROWS[:1], W, SHIFT, [1], np.zeros(0, "int64")), mode=mode)()
