"""Pooling: numbers against windows taken one by one, gradients, shapes, refusals."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.random_windows import compare
from theano.tensor.signal import conv, pool
from theano.tensor.signal.pool import Pool, pool_2d, pool_3d

EXAMPLES = 2000 if os.environ.get("THEANO_NIGHTLY") else 40
RNG = np.random.RandomState(3)
MODES = ["max", "sum", "average_inc_pad", "average_exc_pad"]


def plain(x, window, stride, pad, ignore_border, mode):
    """The definition: one window after the other."""
    n = len(window)
    axes = []
    for i, w, s, p in zip(x.shape[-n:], window, stride, pad):
        if ignore_border:
            starts = [k * s - p for k in range(max((i + 2 * p - w) // s + 1, 0))]
        else:
            count = (i - 1) // s + 1 if s >= w else max(0, (i - 1 - w + s) // s) + 1
            starts = [k * s for k in range(count)]
        axes.append([(a, a + w) for a in starts])
    out = np.zeros((*x.shape[:-n], *(len(a) for a in axes)), x.dtype)
    for at in itertools.product(*(range(len(a)) for a in axes)):
        spans = [axes[k][i] for k, i in enumerate(at)]
        inside = tuple(slice(max(a, 0), min(b, i)) for (a, b), i in zip(spans, x.shape[-n:]))
        part = x[(..., *inside)].reshape(*x.shape[:-n], -1)
        size = np.prod([min(b, i + p) - max(a, -p) for (a, b), i, p in zip(spans, x.shape[-n:], pad)])
        if mode == "max":
            value = part.max(axis=-1)
        else:
            value = part.sum(axis=-1)
            value = value / (size if mode == "average_inc_pad" else part.shape[-1]) if mode != "sum" else value
        out[(..., *at)] = value
    return out


CASES = {
    "plain": ((2, 3, 6, 8), (2, 2), None, (0, 0), True),
    "rest": ((2, 3, 7, 9), (2, 2), None, (0, 0), True),
    "border": ((2, 3, 7, 9), (2, 4), None, (0, 0), False),
    "overlapping": ((2, 2, 7, 8), (3, 3), (2, 1), (0, 0), True),
    "overlapping border": ((2, 2, 7, 8), (3, 3), (2, 2), (0, 0), False),
    "padding": ((2, 2, 6, 7), (3, 3), (2, 2), (1, 2), True),
    "far apart": ((1, 2, 9, 9), (2, 2), (3, 4), (0, 0), True),
    "far apart border": ((1, 2, 9, 9), (2, 2), (3, 4), (0, 0), False),
    "matrix": ((5, 6), (2, 3), None, (0, 0), True),
    "window as large": ((3, 4, 5), (4, 5), None, (0, 0), True),
    "window larger": ((3, 4, 5), (6, 7), None, (0, 0), False),
    "one pixel": ((1, 1, 1, 1), (1, 1), None, (0, 0), True),
    "volumes": ((2, 2, 4, 5, 6), (2, 2, 3), (1, 2, 2), (0, 1, 0), True),
    "sequences": ((3, 9), (4,), (2,), (1,), True),
    "four axes": ((3, 4, 3, 4), (2, 2, 1, 2), None, (0, 0, 0, 0), False),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_values_gradients_and_shapes(case, mode):
    shape, window, stride, pad, ignore_border = CASES[case]
    x = RNG.permutation(np.arange(float(np.prod(shape)))).reshape(shape) / 7
    op = Pool(ignore_border, mode, len(window))
    wanted = plain(x, window, stride or window, pad, ignore_border, mode)
    for dtype in ("float64", "float32"):
        a = T.TensorType(dtype, (False,) * x.ndim)()
        y = op(a, window, stride, pad)
        got, lengths = theano.function([a], [y, y.shape])(x.astype(dtype))
        np.testing.assert_allclose(got, wanted.astype(dtype), rtol=1e-5 if dtype == "float32" else 1e-14)
        assert tuple(lengths) == got.shape and got.dtype == dtype
    n, s, p = T.lvectors(3)
    f = theano.function([a, n, s, p], op(a, n, s, p).shape)
    assert tuple(f(x.astype("float32"), window, stride or window, pad)) == wanted.shape
    assert Pool.out_shape(shape, window, ignore_border, stride, pad, len(window)) == list(wanted.shape)
    if x.size <= 200:
        rng = np.random.RandomState(1)
        T.verify_grad(lambda v: op(v, window, stride, pad), [x], rng=rng)
        weights = T.constant(RNG.randn(*shape))
        T.verify_grad(lambda v: T.grad((op(v, window, stride, pad) ** 2).sum(), v) * weights, [x], rng=rng)
        v, u = a.type(), a.type()
        moved = theano.function([v, u], T.Rop(op(v, window, stride, pad), v, u), on_unused_input="ignore")
        above = op(u, window, stride, pad)
        back = theano.function([v, u], T.Lop(op(v, window, stride, pad), v, above), on_unused_input="ignore")
        d = RNG.randn(*shape).astype("float32")
        first = (moved(x.astype("float32"), d) * op(T.constant(d), window, stride, pad).eval()).sum()
        assert np.isclose(first, (back(x.astype("float32"), d) * d).sum(), rtol=1e-3)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool"])
def test_whole_numbers(dtype):
    x = RNG.randint(0, 2 if dtype == "bool" else 9, (2, 4, 5)).astype(dtype)
    for mode in MODES if dtype != "bool" else ["max"]:
        got = Pool(False, mode)(T.constant(x), (2, 2)).eval()
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, plain(x, (2, 2), (2, 2), (0, 0), False, mode))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "int64", "bool", "float16"])
@pytest.mark.parametrize("mode", ["average_inc_pad", "average_exc_pad"])
def test_means_of_windows_whose_sums_are_too_large(dtype, mode):
    """A window of equal elements has them as its mean, whatever its sum would be in the dtype."""
    most = True if dtype == "bool" else 2**62 if dtype == "int64" else T.constant(0, dtype=dtype).data.dtype
    most = most if isinstance(most, (bool, int)) else (60000 if dtype == "float16" else np.iinfo(most).max)
    image, v, n = np.full((9, 8), most, dtype), T.matrix(dtype=dtype), T.lscalar()
    of_lengths = theano.function([v, n], pool_2d(v, (n, n), True, mode=mode))
    for size in (2, 7):  # written out, and a loop
        windows = pool_2d(v, (size, size), True, mode=mode)
        definition = theano.function([v], windows, mode=theano.Mode(linker="py", optimizer=None))
        for got in (theano.function([v], windows)(image), definition(image), of_lengths(image, size)):
            assert got.dtype == dtype and (got == np.full((1,), most, dtype)).all()


def test_ties_nan_and_infinities():
    x = T.dmatrix()
    y = pool_2d(x, (2, 2), ignore_border=True)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    largest, gradient = f([[1, 1, np.nan, 0], [0, 1, 5, 6]])
    np.testing.assert_array_equal(largest, [[1, np.nan]])
    np.testing.assert_array_equal(gradient, [[1, 1, 0, 0], [0, 1, 0, 0]])
    np.testing.assert_array_equal(f([[-np.inf, -np.inf], [-np.inf, -np.inf]])[0], [[-np.inf]])


@pytest.mark.parametrize("case", ["overlapping", "padding", "far apart", "overlapping border", "volumes", "four axes"])
def test_ties_and_nan_in_any_windows(case):
    """Numbers that are equal, and NaN: the gradient of a window goes to each element that is its largest one."""
    shape, window, stride, pad, ignore_border = CASES[case]
    x, stride = RNG.randint(0, 3, shape).astype(float), stride or window
    x[tuple(RNG.randint(n) for n in shape)] = np.nan
    wanted = plain(x, window, stride, pad, ignore_border, "max")
    g = RNG.randint(1, 9, wanted.shape).astype(float)
    slope, n = np.zeros_like(x), len(window)
    for at in itertools.product(*(range(k) for k in wanted.shape[-n:])):
        spans = [(k * s - p, k * s - p + w) for k, s, p, w in zip(at, stride, pad, window)]
        inside = (..., *(slice(max(a, 0), min(b, i)) for (a, b), i in zip(spans, shape[-n:])))
        alone = (..., *(slice(k, k + 1) for k in at))
        slope[inside] += np.where(x[inside] == wanted[alone], g[alone], 0)
    a, b = T.TensorType("float64", (False,) * x.ndim)(), T.TensorType("float64", (False,) * x.ndim)()
    y = Pool(ignore_border, "max", n)(a, window, stride, pad)
    largest, gradient = theano.function([a, b], [y, T.Lop(y, a, b)])(x, g)
    np.testing.assert_array_equal(largest, wanted)
    np.testing.assert_array_equal(gradient, slope)


@pytest.mark.parametrize("mode", MODES)
def test_windows_far_longer_than_the_array(mode):
    """Only what is in the array takes time: these windows have 2**50 places."""
    x, v, n = RNG.randn(7, 9), T.dmatrix(), T.lvector()
    window = (2**40, 2**10)
    wanted = plain(x, (7, 9), (7, 9), (0, 0), False, mode)
    known, told = (pool_2d(v, lengths, False, mode=mode) for lengths in (window, n))
    definition = theano.function([v], known, mode=theano.Mode(linker="py", optimizer=None))
    of_known = theano.function([v], [known, T.grad((known**2).sum(), v)])(x)
    of_told = theano.function([v, n], [told, T.grad((told**2).sum(), v)])(x, window)
    for got in (of_known[0], of_told[0], definition(x)):
        np.testing.assert_allclose(got, wanted)
    np.testing.assert_allclose(of_known[1], of_told[1])


def test_largest_elements_in_their_places():
    x = RNG.permutation(np.arange(36.0)).reshape(1, 1, 6, 6)
    T.verify_grad(lambda v: pool.max_pool_2d_same_size(v, (2, 3)), [x], rng=np.random.RandomState(1))
    tied = np.array([[[[2.0, 2, 1, 0], [1, 2, 0, 1], [5, 4, 3, 3]]]])
    made = pool.max_pool_2d_same_size(T.constant(tied), (2, 2)).eval()
    np.testing.assert_array_equal(made, [[[[2, 2, 1, 0], [0, 2, 0, 1], [0, 0, 0, 0]]]])


def test_empty():
    x = T.tensor4()
    y = pool_2d(x, (2, 2), ignore_border=True)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    assert [v.shape for v in f(np.zeros((0, 3, 4, 4)))] == [(0, 3, 2, 2), (0, 3, 4, 4)]
    assert [v.shape for v in f(np.zeros((2, 3, 1, 4)))] == [(2, 3, 0, 2), (2, 3, 1, 4)]


def test_functions():
    x = RNG.randn(2, 3, 6, 6)
    a = T.constant(x)
    wanted = plain(x, (2, 3), (2, 3), (0, 0), True, "max")
    np.testing.assert_array_equal(pool_2d(a, (2, 3), True).eval(), wanted)
    with pytest.warns(UserWarning, match="ws"):
        np.testing.assert_array_equal(pool_2d(a, ds=(2, 3), ignore_border=True).eval(), wanted)
    with pytest.warns(UserWarning, match="stride"):
        pool_2d(a, (2, 3), True, st=(1, 1))
    with pytest.warns(UserWarning, match="pad"):
        pool_2d(a, (2, 3), True, padding=(1, 1))
    with pytest.warns(UserWarning, match="ignore_border"):
        np.testing.assert_array_equal(pool_2d(a, 4).eval(), plain(x, (4, 4), (4, 4), (0, 0), False, "max"))
    n = T.iscalar()
    np.testing.assert_array_equal(pool_2d(a, (n, 3), True).eval({n: 2}), wanted)
    np.testing.assert_array_equal(pool_3d(a, (1, 2, 3), True).eval(), wanted)
    same = pool.max_pool_2d_same_size(a, (2, 3)).eval()
    np.testing.assert_array_equal(same, np.where(np.kron(wanted, np.ones((2, 3))) == x, x, 0))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda x: pool_2d(x, (2, 2), True, mode="median"), ValueError, "'median'"),
        (lambda x: pool_2d(x, (2, 2), False, pad=(1, 1)), NotImplementedError, "ignore_border=True"),
        (lambda x: pool_2d(x, (2, 2), True, pad=(2, 1)), NotImplementedError, "smaller than the window"),
        (lambda x: pool_2d(x, (2, 0), True), ValueError, "at least"),
        (lambda x: pool_2d(x, (2, 2), True, stride=(0, 1)), ValueError, "at least"),
        (lambda x: pool_2d(x, (2, 2, 2), True), ValueError, "2 lengths"),
        (lambda x: pool_2d(x, (2, 1.5), True), TypeError, "integer"),
        (lambda x: pool_2d(x, ignore_border=True), ValueError, "needs the window"),
        (lambda x: pool_2d(x, (2, 2), True, ds=(2, 2)), ValueError, "old name"),
        (lambda x: pool_2d(T.vector(), (2, 2), True), NotImplementedError, "2 dimensions or more"),
        (lambda x: pool_2d(x, (2, 2), (1, 1)), TypeError, r"ignore_border must be True or False, not \(1, 1\)"),
        (lambda x: pool_2d(T.zmatrix(), (2, 2), True), TypeError, "complex"),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make(T.tensor4())


def test_lengths_that_make_no_sense_at_run_time():
    x, n = T.dmatrix(), T.lvector()
    f = theano.function([x, n], pool_2d(x, (2, 2), True, stride=n))
    with pytest.raises(ValueError, match=r"the stride must be 1 at least[\s\S]*test_pool.py"):
        f(np.ones((4, 4)), [0, 1])


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_native(seed):
    """Loops give what `perform` gives; more of it: ``tools/random_programs.py 600 0 windows``."""
    compare(seed)


def test_plain_images():
    x, w = RNG.randn(3, 6, 5), RNG.randn(2, 3, 2)
    both = conv.conv2d(T.constant(x), T.constant(w), image_shape=(3, 6, 5), filter_shape=(2, 3, 2)).eval()
    assert both.shape == (3, 2, 4, 4)
    for k in range(3):
        np.testing.assert_allclose(conv.conv2d(T.constant(x[k]), T.constant(w)).eval(), both[k])
        np.testing.assert_allclose(conv.conv2d(T.constant(x[k]), T.constant(w[1])).eval(), both[k, 1])
    np.testing.assert_allclose(conv.conv2d(T.constant(x), T.constant(w[0])).eval(), both[:, 0])
    with pytest.raises(ValueError, match="matrices and 3-d"):
        conv.conv2d(T.tensor4(), T.matrix())


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_gradients_have_an_element_for_each_window(mode):
    """One element is not repeated."""
    x, g = T.matrix(), T.matrix()
    f = theano.function([x, g], pool.MaxPoolGrad(True)(x, Pool(ignore_border=True)(x, (2, 2)), g, (2, 2)), mode=mode)
    f(np.ones((4, 4)), np.ones((2, 2)))
    with pytest.raises(ValueError, match="its gradient has 1 elements along axis 0, not 2"):
        f(np.ones((4, 4)), np.ones((1, 1)))


@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
def test_windows_that_a_vector_tells(mode):
    """Their lengths are loaded during the call: in values, gradients of two orders and R-operators."""
    x, v = T.dvector("x"), T.dvector("v")
    ws, stride, pad = (T.lvector(name) for name in ("ws", "stride", "pad"))
    rng = np.random.default_rng(4)
    values = rng.normal(size=11), rng.normal(size=11)
    cases = ((ws, [2], [0]), [3]), (([3], stride, [0]), [2]), (([3], [2], pad), [1]), ((ws, ws, [0]), [3])
    for lengths, numbers in cases:
        given = next(n for n in lengths if not isinstance(n, list))
        y = Pool(True, mode, 1)(x, *lengths)
        slope = T.grad((y**3).sum(), x)
        outputs = [y, slope, T.grad((slope * v).sum(), x), T.Rop(y, x, v), T.Rop(slope, x, v)]
        fast = theano.function([x, v, given], outputs, on_unused_input="ignore")(*values, numbers)
        slow = theano.function([x, v, given], outputs, on_unused_input="ignore", mode="FAST_COMPILE")(*values, numbers)
        for a, b in zip(fast, slow, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        near = [theano.function([x, given], slope)(values[0] + sign * 1e-6 * values[1], numbers) for sign in (1, -1)]
        np.testing.assert_allclose(fast[4], (near[0] - near[1]) / 2e-6, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(fast[4], fast[2], rtol=1e-12, atol=1e-12)  # a Hessian is symmetric


@pytest.mark.parametrize("kind", ["max", "sum", "second"])
def test_gradients_of_gradients_have_the_lengths_of_their_inputs(kind: str) -> None:
    """They are linear in the gradient that they take, and don't need it for their own gradient."""
    x, g, gg = T.tensor4("x"), T.tensor4("g"), T.tensor4("gg")
    made = {
        "max": lambda: pool.MaxPoolGrad(True)(x, pool_2d(x, (2, 2), ignore_border=True), g, (2, 2)),
        "sum": lambda: pool.AveragePoolGrad(True, "sum")(x, g, (2, 2)),
        "second": lambda: pool.DownsampleFactorMaxGradGrad(True)(x, pool_2d(x, (2, 2), ignore_border=True), gg, (2, 2)),
    }[kind]()
    of = gg if kind == "second" else g
    f = theano.function([x, of], T.grad(made.sum(), of))
    right, wrong = ((4, 4), (4, 2)) if kind == "second" else ((2, 2), (2, 1))
    assert f(np.ones((1, 1, 4, 4)), np.ones((1, 1, *right))).shape[2:] == right
    with pytest.raises(ValueError, match=r"has length \d along axis 3"):
        f(np.ones((1, 1, 4, 4)), np.ones((1, 1, *wrong)))


@pytest.mark.parametrize("given", [((6,), (2, 2)), ((6, 6), (2,)), ((6, 6), (2, 2), True, (1,)), ((6,), (2, 2, 2))])
def test_out_shape_names_what_has_another_rank(given: Any) -> None:
    with pytest.raises(ValueError, match="out_shape: 2 numbers are needed.*imgshape="):
        Pool.out_shape(*given)
