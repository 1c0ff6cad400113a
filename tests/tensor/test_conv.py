"""Convolutions: numbers against SciPy and plain sums, gradients, shapes, refusals."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from scipy.signal import convolve, correlate

import theano
import theano.tensor as T
from theano.tensor.nnet import abstract_conv as ac

RNG = np.random.RandomState(7)


def plain(x, w, stride, dilation, pads, flip, groups):
    """The definition, place by place."""
    n = len(stride)
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    w = np.flip(w, tuple(range(-n, 0))) if flip else w
    kernel = [(k - 1) * d + 1 for k, d in zip(w.shape[-n:], dilation)]
    out = [(i - k) // s + 1 for i, k, s in zip(x.shape[2:], kernel, stride)]
    y = np.zeros((x.shape[0], w.shape[0], *out), np.result_type(x, w))
    per = w.shape[0] // groups
    for k, at in itertools.product(range(w.shape[0]), np.ndindex(*out)):
        kern = w[(k, *at)] if w.ndim > 2 + n else w[k]
        channels = slice(k // per * kern.shape[0], (k // per + 1) * kern.shape[0])
        taken = (slice(a * s, a * s + e, d) for a, s, e, d in zip(at, stride, kernel, dilation))
        window = x[(slice(None), channels, *taken)]
        y[(slice(None), k, *at)] = (window * kern).sum(axis=tuple(range(1, n + 2)))
    return y


# images, kernels, border mode, padding, stride, dilation, flip, groups
CASES = {
    "valid": ((2, 3, 7, 8), (4, 3, 3, 2), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), True, 1),
    "correlation": ((2, 3, 7, 8), (4, 3, 3, 2), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), False, 1),
    "full": ((1, 2, 4, 5), (3, 2, 3, 2), "full", ((2, 2), (1, 1)), (1, 1), (1, 1), True, 1),
    "half": ((1, 2, 6, 5), (3, 2, 3, 4), "half", ((1, 1), (2, 2)), (1, 1), (1, 1), True, 1),
    "int": ((1, 2, 6, 5), (3, 2, 3, 3), 2, ((2, 2), (2, 2)), (1, 1), (1, 1), True, 1),
    "ints": ((1, 2, 6, 5), (3, 2, 3, 3), (2, 0), ((2, 2), (0, 0)), (1, 1), (1, 1), True, 1),
    "pairs": ((1, 2, 6, 5), (3, 2, 3, 3), ((1, 2), (0, 3)), ((1, 2), (0, 3)), (1, 1), (1, 1), True, 1),
    "names": ((1, 2, 6, 5), (3, 2, 3, 4), ("full", "valid"), ((2, 2), (0, 0)), (1, 1), (1, 1), True, 1),
    "a name and a pair": ((1, 2, 6, 9), (3, 2, 3, 3), ("half", (1, 3)), ((1, 1), (1, 3)), (2, 1), (1, 2), True, 1),
    "strides": ((2, 2, 9, 8), (3, 2, 3, 3), "half", ((1, 1), (1, 1)), (2, 3), (1, 1), True, 1),
    "dilation": ((2, 2, 9, 9), (3, 2, 3, 2), "valid", ((0, 0), (0, 0)), (1, 2), (2, 3), True, 1),
    "dilation full": ((1, 2, 4, 4), (3, 2, 2, 2), "full", ((2, 2), (3, 3)), (1, 1), (2, 3), False, 1),
    "groups": ((2, 6, 5, 5), (4, 3, 2, 2), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), True, 2),
    "depthwise": ((2, 4, 5, 5), (8, 1, 3, 3), "half", ((1, 1), (1, 1)), (2, 2), (1, 1), True, 4),
    "unshared": ((2, 2, 4, 5), (3, 3, 4, 2, 2, 2), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), True, 1),
    "unshared groups": ((2, 4, 4, 5), (4, 2, 2, 2, 2, 2), "valid", ((0, 0), (0, 0)), (2, 2), (1, 1), False, 2),
    "one pixel": ((1, 1, 1, 1), (2, 1, 1, 1), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), True, 1),
    "kernel as large": ((2, 2, 3, 4), (2, 2, 3, 4), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), True, 1),
    "no images": ((0, 2, 5, 5), (3, 2, 3, 3), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), True, 1),
    "volumes": ((1, 2, 4, 5, 4), (2, 2, 2, 3, 2), (0, 1, 1), ((0, 0), (1, 1), (1, 1)), (1, 2, 1), (2, 1, 1), True, 1),
    "volumes in groups": ((1, 4, 3, 3, 3), (4, 2, 2, 2, 2), "full", ((1, 1),) * 3, (1, 1, 1), (1, 1, 1), False, 2),
    "sequences": ((2, 3, 9), (4, 3, 3), ((2, 1),), ((2, 1),), (2,), (2,), True, 1),
    "sequences unshared": ((2, 2, 6), (3, 5, 2, 2), "valid", ((0, 0),), (1,), (1,), True, 1),
}  # fmt: skip


def op_of(case, cls=ac.AbstractConv):
    images, kernels, mode, _, stride, dilation, flip, groups = CASES[case]
    n = len(stride)
    return cls(n, None, None, mode, stride, flip, dilation, groups, len(kernels) > 2 + n)


def values(case, dtype="float64"):
    images, kernels = CASES[case][:2]
    return RNG.randn(*images).astype(dtype), RNG.randn(*kernels).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "int32"])
@pytest.mark.parametrize("case", CASES)
def test_forward(case, dtype):
    x, w = values(case)
    x, w = (x + 1j * x[..., ::-1], w * (1 - 2j)) if dtype == "complex128" else (10 * x, 10 * w)
    x, w = x.astype(dtype), w.astype(dtype)
    a, b = T.as_tensor_variable(x).type(), T.TensorType(dtype, (False,) * w.ndim)()
    y = op_of(case)(a, b)
    f = theano.function([a, b], [y, y.shape])
    got, shape = f(x, w)
    wanted = plain(x, w, *(CASES[case][k] for k in (4, 5, 3, 6, 7)))
    assert got.dtype == dtype and tuple(shape) == got.shape == wanted.shape and got.flags.c_contiguous
    rtol, atol = (1e-4, 1e-3) if dtype == "float32" else (1e-12, 1e-11)
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)


@pytest.mark.parametrize("case", sorted(set(CASES) - {"no images"}))
def test_gradients(case):
    op, rng = op_of(case), np.random.RandomState(1)
    x, w = (0.5 * v for v in values(case))
    T.verify_grad(op, [x, w], rng=rng)
    n = op.convdim
    g = plain(x, w, *(CASES[case][k] for k in (4, 5, 3, 6, 7)))
    to_weights = lambda a, b: op_of(case, ac.AbstractConv_gradWeights)(a, b, w.shape[-n:])  # noqa: E731
    to_inputs = lambda a, b: op_of(case, ac.AbstractConv_gradInputs)(a, b, x.shape[-n:])  # noqa: E731
    T.verify_grad(to_weights, [x, g], rng=rng)
    T.verify_grad(to_inputs, [w, g], rng=rng)
    # Each is the transposed of the others: <y, conv(x, w)> = <weights(x, y), w> = <inputs(w, y), x>.
    scale = (g * g).sum()
    assert np.isclose((to_weights(T.constant(x), T.constant(g)).eval() * w).sum(), scale)
    assert np.isclose((to_inputs(T.constant(w), T.constant(g)).eval() * x).sum(), scale)


@pytest.mark.parametrize(
    ("of_images", "of_kernels"),
    [("complex128", "float64"), ("float32", "complex64"), ("complex64", "float64"), ("complex64", "complex128")],
)
def test_complex_and_real_sides(of_images, of_kernels):
    """Parts are convolved, without Python; the gradient of a real side is the real part."""
    x, w = values("valid")
    x, w = ((v * (1 + 2j) if d[0] == "c" else v).astype(d) for v, d in ((x, of_images), (w, of_kernels)))
    a, b = T.TensorType(of_images, (False,) * 4)(), T.TensorType(of_kernels, (False,) * 4)()
    y = op_of("valid")(a, b)
    outs = [y, *T.grad((y * T.conj(y)).real.sum(), [a, b])]
    f, plain = (theano.function([a, b], outs, mode=mode) for mode in (None, "FAST_COMPILE"))
    assert not [1 for kind, _ in f.executor.lowered.words if kind == "callback"]
    for got, wanted in zip(f(x, w), plain(x, w), strict=True):
        assert got.dtype == wanted.dtype
        atol = 1e-9 if got.dtype in ("float64", "complex128") else 1e-3
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=atol)
    assert outs[1].dtype == of_images and outs[2].dtype == of_kernels
    step, along = 1e-3, np.ones_like(w)
    cost = theano.function([a, b], (y * T.conj(y)).real.sum())
    moved = (cost(x, w + w.dtype.type(step)) - cost(x, w - w.dtype.type(step))) / (2 * step)
    np.testing.assert_allclose(moved, (f(x, w)[2].real * along.real).sum(), rtol=1e-2)


def test_r_operator():
    x, w = values("valid")
    a, b, u, v = T.tensor4(), T.tensor4(), T.tensor4(), T.tensor4()
    moved = T.Rop(op_of("valid")(a, b), [a, b], [u, v])
    got = theano.function([a, b, u, v], moved)(x, w, 2 * x, 3 * w)
    np.testing.assert_allclose(got, 5 * plain(x, w, *(CASES["valid"][k] for k in (4, 5, 3, 6, 7))))


def test_scipy():
    x, w = values("valid")
    y = ac.conv2d(T.constant(x), T.constant(w)).eval()
    z = ac.conv2d(T.constant(x), T.constant(w), filter_flip=False, border_mode="full").eval()
    np.testing.assert_allclose(y[1, 2], convolve(x[1], w[2][::-1], mode="valid")[0])
    np.testing.assert_allclose(z[1, 2], sum(correlate(a, b, mode="full") for a, b in zip(x[1], w[2])))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_definitions_of_no_channels(dtype):
    """`einsum` of nothing left what was in memory, now and then, for float16."""
    op = ac.AbstractConv(1, unshared=True)
    for _ in range(50):
        memory = [np.full(n, np.nan, kind) for n in range(1, 40) for kind in ("f2", "f4")]
        del memory
        x, w, g = (np.zeros(shape, dtype) for shape in ((2, 0, 4), (3, 2, 0, 3), (2, 3, 2)))
        assert not op.forward(x, w).any()
        assert op.weights(x, g, (3,)).shape == w.shape and op.inputs(w, g, (4,)).shape == x.shape
        x, w, g = (np.zeros(shape, dtype) for shape in ((0, 2, 4), (3, 2, 2, 3), (0, 3, 2)))
        assert not op.weights(x, g, (3,)).any() and not op.inputs(w[:0], g[:, :0], (4,)).any()


def test_empty_batches():
    x, w = values("no images")
    g = np.zeros((0, 3, 3, 3))
    a, b, c = T.tensor4(), T.tensor4(), T.tensor4()
    got = theano.function([a, c], ac.conv2d_grad_wrt_weights(a, c, w.shape))(x, g)
    assert got.shape == w.shape and not got.any()
    assert theano.function([b, c], ac.conv2d_grad_wrt_inputs(c, b, (0, 2, 5, 5)))(w, g).shape == x.shape


@pytest.mark.parametrize("ndim", [2, 3])
def test_functions_of_both_gradients(ndim):
    conv, wrt_inputs, wrt_weights = (
        getattr(ac, name.format(ndim)) for name in ("conv{}d", "conv{}d_grad_wrt_inputs", "conv{}d_grad_wrt_weights")
    )
    x, w = RNG.randn(2, 4, *[6, 5, 4][:ndim]), RNG.randn(6, 2, *[3, 2, 2][:ndim])
    a, b = T.constant(x), T.constant(w)
    options = {"border_mode": "half", "subsample": (2, 1, 1)[:ndim], "num_groups": 2}
    y = conv(a, b, **options)
    weight = T.constant(RNG.randn(*y.shape.eval()))
    grads = T.grad((y * weight).sum(), [a, b])
    lengths = T.as_tensor_variable(list(x.shape))
    for shape in (x.shape, (None, None, *x.shape[2:]), lengths):
        got = wrt_inputs(weight, b, shape, **options).eval()
        np.testing.assert_allclose(got, grads[0].eval())
    for shape in (w.shape, (None, None, *w.shape[2:])):
        np.testing.assert_allclose(wrt_weights(a, weight, shape, **options).eval(), grads[1].eval())


def test_transposed_separable_causal():
    x, w = RNG.randn(2, 3, 4, 4), RNG.randn(3, 2, 3, 3)
    y = ac.conv2d_transpose(T.constant(x), T.constant(w), (None, None, 9, 9), input_dilation=(2, 2))
    up = np.zeros((2, 3, 7, 7))
    up[:, :, ::2, ::2] = x
    turned = np.flip(w.swapaxes(0, 1), (2, 3))
    np.testing.assert_allclose(y.eval(), plain(up, turned, (1, 1), (1, 1), ((2, 2), (2, 2)), True, 1))
    depth, point = RNG.randn(6, 1, 3, 3), RNG.randn(5, 6, 1, 1)
    separable = ac.separable_conv2d(T.constant(x), T.constant(depth), T.constant(point), 3, border_mode="half")
    between = plain(x, depth, (1, 1), (1, 1), ((1, 1), (1, 1)), True, 3)
    np.testing.assert_allclose(separable.eval(), plain(between, point, (1, 1), (1, 1), ((0, 0), (0, 0)), True, 1))
    volumes = RNG.randn(1, 2, 3, 4, 4)
    of_volumes = ac.separable_conv3d(
        T.constant(volumes), T.constant(RNG.randn(2, 1, 2, 2, 2)), T.constant(RNG.randn(3, 2, 1, 1, 1)), 2
    )
    assert of_volumes.eval().shape == (1, 3, 2, 3, 3)
    steps, kernels = RNG.randn(2, 3, 8), RNG.randn(4, 3, 3)
    causal = ac.causal_conv1d(T.constant(steps), T.constant(kernels), (4, 3, 3), filter_dilation=2)
    np.testing.assert_allclose(causal.eval(), plain(steps, kernels, (1,), (2,), ((4, 0),), True, 1))


def test_helpers_of_shapes():
    known = [(s, k, m, st, d) for s in (5, 8) for k in (1, 3, 4) for m in ("valid", "full", "half", 2, (1, 3))
             for st in (1, 2, 3) for d in (1, 2)]  # fmt: skip
    for s, k, m, st, d in known:
        out = ac.get_conv_shape_1axis(s, k, m, st, d)
        if out < 1:
            continue
        x, w = np.zeros((1, 1, s)), np.zeros((1, 1, k))
        op = ac.AbstractConv(1, None, None, m if isinstance(m, str) else (m,), st, True, d)
        assert op.forward(x, w).shape[2] == out
        back = ac.get_conv_gradinputs_shape_1axis(k, out, m, st, d)
        assert (back is None) == (st != 1) and back in (None, s)
        kernel = ac.get_conv_gradweights_shape_1axis(s, out, m, st, d)
        assert kernel in (None, k) and (kernel is None) == (st != 1 or m == "half")
    assert ac.get_conv_output_shape((None, 3, 8, None), (5, 3, 3, 3), "valid", (1, 1)) == (None, 5, 6, None)
    assert ac.get_conv_gradweights_shape((2, 4, 8, 8), (2, 6, 6, 6), "valid", (1, 1), None, 2) == (6, 2, 3, 3)
    assert ac.get_conv_gradinputs_shape((6, 2, 3, 3), (2, 6, 6, 6), "valid", (1, 2), None, 2) == (2, 4, 8, None)
    assert ac.check_conv_gradinputs_shape((1, 1, 5, 5), (1, 1, 3, 3), (1, 1, 3, 3), "valid", (1, 1))
    assert not ac.check_conv_gradinputs_shape((1, 1, 5, 5), (1, 1, 3, 3), (1, 1, 2, 3), "valid", (1, 1))
    assert ac.border_mode_to_pad(1, 2, (3, 3)) == ((1, 1), (1, 1))
    lengths = ac.assert_conv_shape((0, T.iscalar("n"), 3))
    assert lengths[0] == 0 and lengths[1].eval({lengths[1].owner.inputs[0]: 2}) == 2
    with pytest.raises(AssertionError, match="be positive"):
        ac.assert_conv_shape((1, 1, 0))
    v = T.dvector()
    with theano.config.change_flags(conv__assert_shape=True), pytest.raises(AssertionError, match="Unexpected"):
        theano.function([v], ac.assert_shape(v, (3,)))([1, 2])
    assert ac.assert_shape(v, (3,)) is v


def test_kernels_of_interpolation():
    np.testing.assert_allclose(ac.bilinear_kernel_1D(3).eval(), np.array([1, 2, 3, 2, 1]) / 3)
    np.testing.assert_allclose(ac.bilinear_kernel_2D(2, normalize=False).eval(), np.outer([1, 2, 1], [1, 2, 1]))
    small, told = T.constant(100, dtype="int8"), T.bscalar()  # twice as much is beyond int8
    assert ac.bilinear_kernel_1D(small).eval().shape == ac.bilinear_kernel_1D(told).eval({told: 100}).shape == (199,)
    n = T.iscalar()
    np.testing.assert_allclose(ac.bilinear_kernel_1D(n, normalize=False).eval({n: 4}), [1, 2, 3, 4, 3, 2, 1])


x4, w4 = T.tensor4("x4"), T.tensor4("w4")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: T.nnet.conv2d(x4, w4, border_mode="same"), ValueError, "'same'.*'valid', 'full', 'half'"),
        (lambda: T.nnet.conv2d(x4, w4, border_mode=-1), ValueError, "negative"),
        (lambda: T.nnet.conv2d(x4, w4, border_mode=(1, 2, 3)), ValueError, "not for 2 axes"),
        (lambda: T.nnet.conv2d(x4, w4, border_mode=((1, 2, 3), 1)), ValueError, "pair"),
        (lambda: T.nnet.conv2d(x4, w4, border_mode=("same", 1)), ValueError, "'full', 'half', an int or a pair"),
        (lambda: T.nnet.conv2d(x4, w4, unshared="no"), TypeError, "unshared must be True or False, not 'no'"),
        (lambda: T.nnet.conv2d(x4, w4, subsample=(1, 0)), ValueError, "at least"),
        (lambda: T.nnet.conv2d(x4, w4, subsample=(1, 1.5)), TypeError, "ints"),
        (lambda: T.nnet.conv2d(x4, w4, subsample=(1,)), ValueError, "2 ints"),
        (lambda: T.nnet.conv2d(x4, w4, filter_dilation=(0, 1)), ValueError, "at least"),
        (lambda: T.nnet.conv2d(x4, w4, num_groups=0), ValueError, "at least"),
        (lambda: ac.conv2d(T.tensor3(), w4), TypeError, "4 dimensions"),
        (lambda: T.nnet.conv2d(x4, w4, unshared=True), TypeError, "6 dimensions"),
        (lambda: T.nnet.conv2d(x4, w4, input_shape=(1, 2, 3)), ValueError, "4 lengths"),
        (lambda: T.nnet.conv2d(x4, w4, input_shape=(1, 2, 3, 1.5)), TypeError, "ints and None"),
        (lambda: T.nnet.conv2d(x4, w4, input_shape=(1,) * 4, image_shape=(1,) * 4), ValueError, "give one"),
        (lambda: ac.conv2d_grad_wrt_inputs(x4, w4, (1, 1, None, 3)), ValueError, "input_shape must tell"),
        (lambda: ac.conv2d_grad_wrt_weights(x4, x4, (1, 1, None, 3)), ValueError, "filter_shape must tell"),
        (lambda: ac.causal_conv1d(T.tensor3(), T.tensor3(), (1, 1, None)), ValueError, "must be known"),
        (lambda: ac.separable_conv2d(x4, w4, w4, 2, pointwise_filter_shape=(1, 1, 2, 1)), ValueError, "one element"),
        (lambda: ac.AbstractConv(4), ValueError, "4 axes"),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize("direction", ["forward", "weights", "inputs"])
def test_steps_longer_than_images(direction):
    """Such steps are never taken, however many axes and channels there are."""
    x, w, g = T.tensor5(), T.tensor5(), T.tensor5()
    most = (1 << 31) - 1
    op = ac.AbstractConv(3, subsample=(most,) * 3, filter_dilation=(1, most, most), filter_flip=False)
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 5, 4, 3, 3)), rng.normal(size=(3, 5, 2, 1, 1))
    y = op.forward(a, b)
    one, found = {
        "forward": (op(x, w), y),
        "weights": (op._towards("weights")(x, g, (2, 1, 1)), op.weights(a, y, (2, 1, 1))),
        "inputs": (op._towards("inputs")(w, g, (4, 3, 3)), op.inputs(b, y, (4, 3, 3))),
    }[direction]
    f = theano.function([x, w, g], one, on_unused_input="ignore")
    np.testing.assert_allclose(f(a, b, y), found, 1e-12)


@pytest.mark.parametrize("given", [{"subsample": 1 << 40}, {"filter_dilation": (1, 1 << 62)}, {"border_mode": 1 << 31}])
def test_steps_beyond_all_memory(given):
    with pytest.raises(ValueError, match="must be below 2,147,483,648"):
        ac.AbstractConv(2, **given)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize(
    ("images", "kernels", "options", "words"),
    [
        ((1, 3, 5, 5), (2, 4, 3, 3), {}, "3 channels of images for 4 of kernels"),
        ((1, 4, 5, 5), (3, 2, 3, 3), {"num_groups": 2}, "3 kernels can't be in 2 groups"),
        ((1, 3, 2, 5), (2, 3, 3, 3), {}, "larger than the padded images"),
        ((1, 3, 5, 5), (2, 3, 0, 3), {}, "no elements"),
        ((1, 3, 5, 5), (2, 3, 3, 3), {"input_shape": (1, 3, 5, 6)}, "that was promised"),
        ((1, 3, 5, 5), (2, 3, 3, 3), {"filter_shape": (3, None, None, None)}, "that was promised"),
    ],
)
def test_shapes_that_do_not_fit(mode, images, kernels, options, words):
    f = theano.function([x4, w4], T.nnet.conv2d(x4, w4, **options), mode=mode)
    with pytest.raises(ValueError, match=rf"{words}.*: images \({images[0]}, [\s\S]*test_conv.py"):
        f(np.ones(images), np.ones(kernels))


def test_promised_shapes_that_do_not_fit_are_refused_when_the_function_runs():
    promised = T.nnet.conv2d(x4, w4, input_shape=(None, 3, 1, 5), filter_shape=(2, 3, 4, 4))
    assert promised.type.shape[2:] == (None, 2)
    with pytest.raises(ValueError, match=r"larger than the padded images: images \(1, 3, 1, 5\)"):
        promised.eval({x4: np.ones((1, 3, 1, 5)), w4: np.ones((2, 3, 4, 4))})


def test_gradients_of_shapes_that_do_not_fit():
    g = T.tensor4()
    f = theano.function([g, w4], ac.conv2d_grad_wrt_inputs(g, w4, (None, None, 9, 9)))
    with pytest.raises(ValueError, match=r"the results should have the shape \(1, 2, 7, 7\)"):
        f(np.ones((1, 2, 5, 5)), np.ones((2, 3, 3, 3)))
    f = theano.function([x4, g], ac.conv2d_grad_wrt_weights(x4, g, (2, 3, 4, 4)))
    with pytest.raises(ValueError, match="the results should have the shape"):
        f(np.ones((1, 3, 7, 7)), np.ones((1, 2, 5, 5)))


GRADIENTS_THAT_DO_NOT_FIT = {
    "channels": ((2, 2, 5, 5), (4, 3, 3, 3), {}, "2 channels of images for 3 of kernels"),
    "channels of groups": ((2, 6, 5, 5), (4, 2, 3, 3), {"num_groups": 2}, "6 channels of images for 2 of kernels"),
    "channels of few": ((2, 6, 5, 5), (6, 1, 3, 3), {"num_groups": 3}, "6 channels of images for 1 of kernels and 3"),
    "groups": ((2, 4, 5, 5), (3, 2, 3, 3), {"num_groups": 2}, "3 kernels can't be in 2 groups"),
    "large kernels": ((2, 2, 5, 5), (4, 2, 7, 3), {}, "larger than the padded images"),
    "no elements": ((2, 2, 5, 5), (4, 2, 0, 3), {"border_mode": 1}, "no elements"),
    "places": ((2, 2, 5, 5), (4, 3, 2, 2, 3, 3), {"unshared": True}, "kernels for the places"),
    "unshared": ((2, 2, 5, 5), (4, 3, 3, 3, 3, 3), {"unshared": True}, "2 channels of images for 3 of kernels"),
    "volumes": ((2, 2, 3, 4, 5), (4, 3, 2, 2, 2), {}, "2 channels of images for 3 of kernels"),
    "sequences": ((2, 2, 5), (4, 3, 2), {}, "2 channels of images for 3 of kernels"),
    "hints": ((2, 2, 5, 5), (4, 2, 3, 3), {"kshp": (4, 2, 3, 2)}, "that was promised"),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("of", ["images", "kernels", "both", "second", "moved"])
@pytest.mark.parametrize("case", GRADIENTS_THAT_DO_NOT_FIT)
def test_gradients_fail_where_their_convolution_would(case, of, mode):
    """Also those that need one of images and kernels only, and the shape of the other."""
    images, kernels, options, words = GRADIENTS_THAT_DO_NOT_FIT[case]
    x, w, u, v = (T.TensorType("float64", (False,) * len(s))() for s in (images, kernels, images, kernels))
    y = ac.AbstractConv(len(images) - 2, **options)(x, w)
    outs = {
        "images": lambda: T.grad(y.sum(), x),
        "kernels": lambda: T.grad(y.sum(), w),
        "both": lambda: T.grad(y.sum(), [x, w]),
        "second": lambda: T.grad((T.grad((y**2).sum(), w) ** 2).sum(), x),
        "moved": lambda: T.Rop(y, [x, w], [u, v]),
    }[of]()
    f = theano.function([x, w, u, v], outs, mode=mode, on_unused_input="ignore")
    a, b = np.ones(images), np.ones(kernels)
    with pytest.raises(ValueError, match=rf"{words}.*: images \({images[0]}, .*kernels \(\d[\s\S]*test_conv.py"):
        f(a, b, a, b)


def test_gradients_of_other_batches():
    """The gradient of a result of three images is none of two, nor one of kernels of another count."""
    g = T.tensor4()
    y = T.nnet.conv2d(x4, w4)
    of_images, of_kernels = (theano.function([x4, w4, g], T.grad(None, v, known_grads={y: g})) for v in (x4, w4))
    x, w = np.ones((2, 3, 5, 5)), np.ones((4, 3, 3, 3))
    assert of_images(x, w, np.ones((2, 4, 3, 3))).shape == x.shape
    for f, shape in ((of_images, (3, 4, 3, 3)), (of_kernels, (2, 5, 3, 3))):
        with pytest.raises(ValueError, match=r"should have the shape \(2, 4, 3, 3\): images \(2, 3, 5, 5\), kernels"):
            f(x, w, np.ones(shape))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_gradients_of_gradients_have_the_lengths_of_their_inputs(mode):
    """Transposed convolutions are linear: the gradient of what goes in does not need it."""
    g = T.tensor4("g")
    for y, ok, wrong in (
        (ac.conv2d_transpose(g, w4, (None, None, 7, 7)), (2, 4, 5, 5), [(2, 5, 5, 5), (2, 4, 5, 4)]),
        (ac.conv2d_transpose(g, w4, (2, 3, 7, 7)), (2, 4, 5, 5), [(1, 4, 5, 5), (2, 4, 6, 5)]),
        (ac.conv2d_grad_wrt_weights(x4, g, (4, 3, 3, 3)), (2, 4, 5, 5), [(3, 4, 5, 5), (2, 5, 5, 5), (2, 4, 5, 6)]),
    ):
        f = theano.function([g, x4, w4], T.grad(y.sum(), g), mode=mode, on_unused_input="ignore")
        x, w = np.ones((2, 3, 7, 7)), np.ones((4, 3, 3, 3))
        assert f(np.ones(ok), x, w).shape == ok
        for shape in wrong:
            words = rf"AbstractConv2d_grad(Inputs|Weights): .* topgrad .* \({shape[0]}, {shape[1]}, [\s\S]*test_conv.py"
            with pytest.raises(ValueError, match=words):
                f(np.ones(shape), x, w)


def test_whole_shapes_of_gradients():
    """Lengths in front that are expressions are looked at, too; None is what the others tell."""
    g, n, lengths = T.tensor4(), T.lscalar(), T.lvector()
    x, w, top = np.ones((2, 3, 5, 5)), np.ones((4, 3, 3, 3)), np.ones((2, 4, 3, 3))
    of_images = theano.function([g, w4, n], ac.conv2d_grad_wrt_inputs(g, w4, (None, n, 5, 5)))
    of_vector = theano.function([g, w4, lengths], ac.conv2d_grad_wrt_inputs(g, w4, lengths))
    of_kernels = theano.function([x4, g, n], ac.conv2d_grad_wrt_weights(x4, g, (n, None, 3, 3)))
    assert of_images(top, w, 3).shape == of_vector(top, w, x.shape).shape == x.shape
    assert of_kernels(x, top, 4).shape == w.shape
    for f, given, words in (
        (of_images, (top, w, 2), "2 channels of images for 3 of kernels"),
        (of_images, (top, w, -1), "-1 channels of images"),
        (of_vector, (top, w, (3, 3, 5, 5)), r"the results should have the shape \(3, 4, 3, 3\)"),
        (of_kernels, (x, top, 5), r"the results should have the shape \(2, 5, 3, 3\)"),
    ):
        with pytest.raises(ValueError, match=words):
            f(*given)
    groups = ac.conv2d_grad_wrt_inputs(g, w4, (None, n, 5, 5), num_groups=2)
    for count in (3, -1, 1 << 40):
        with pytest.raises(ValueError, match=f"{count} channels of images for 3 of kernels and 2 groups"):
            theano.function([g, w4, n], groups)(top, w, count)
    with pytest.raises(ValueError, match="the shape of images must have 4 lengths"):
        ac.conv2d_grad_wrt_inputs(g, w4, (3, 5, 5))
    with pytest.raises(ValueError, match="images have 2 lengths, or 4 with all axes, not 3"):
        ac.AbstractConv2d_gradInputs()(w4, g, (3, 5, 5))


def test_ops_are_equal_by_what_they_do():
    by_place = ac.conv2d(x4, w4, None, None, "full", (1, 1), True, (2, 2), 2).owner.op  # as in Theano
    assert by_place == T.nnet.conv2d(x4, w4, border_mode=("full",) * 2, filter_dilation=(2, 2), num_groups=2).owner.op
    one = T.nnet.conv2d(x4, w4, border_mode=(1, 2), input_shape=[1, 2, T.constant(3), None]).owner.op
    other = T.nnet.conv2d(x4, w4, border_mode=((1, 1), (2, 2)), input_shape=(1, 2, 3, None)).owner.op
    assert one == other == pickle.loads(pickle.dumps(one)) and hash(one) == hash(other)
    assert isinstance(one, ac.AbstractConv2d) and one != ac.AbstractConv2d()
    gradient = T.grad(T.nnet.conv2d(x4, w4).sum(), w4).owner.op
    assert type(gradient) is ac.AbstractConv2d_gradWeights


def test_patterns_and_static_shapes():
    y = ac.conv2d(T.TensorType("float32", (True, False, False, False))(), w4)
    assert y.type.dtype == "float64" and y.type.broadcastable == (True, False, False, False)
    hinted = T.nnet.conv2d(x4, w4, input_shape=(8, 1, 28, 28), filter_shape=(20, 1, 5, 5))
    assert tuple(hinted.shape.eval({x4: np.ones((8, 1, 28, 28)), w4: np.ones((20, 1, 5, 5))})) == (8, 20, 24, 24)


def test_parameters_may_be_arrays():
    given = ac.AbstractConv2d(None, None, np.array([1, 2]), np.array([2, 1]), filter_dilation=np.array([1, 3]))
    assert given == ac.AbstractConv2d(None, None, (1, 2), (2, 1), filter_dilation=(1, 3))


def test_old_keywords_warn():
    with pytest.warns(UserWarning, match="unroll_batch"):
        T.nnet.conv2d(x4, w4, unroll_batch=1)


@pytest.mark.parametrize("unshared", [False, True])
@pytest.mark.parametrize("border", ["valid", "full", "half", 1, ((1, 0), (0, 2))])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
def test_lengths_that_shapes_tell(unshared, border, dilation):
    """`CorrMM_gradWeights` and `CorrMM_gradInputs` without lengths: those of the gradients of `CorrMM`."""
    from theano.tensor.nnet import corr

    given = {"border_mode": border, "filter_dilation": dilation, "num_groups": 2, "unshared": unshared}
    x, forward = RNG.randn(2, 4, 7, 8), corr.CorrMM(**given)
    images = T.constant(x)
    shared = corr.CorrMM(border, filter_dilation=dilation)(x, np.ones((1, 4, 3, 3))).eval()
    places = shared.shape[2:] if unshared else ()
    kernels = T.constant(RNG.randn(6, *places, 2, 3, 3))
    made = forward(images, kernels)
    top = RNG.randn(*made.eval().shape)
    to_images, to_kernels = T.grad((made * top).sum(), [images, kernels])
    np.testing.assert_allclose(corr.CorrMM_gradInputs(**given)(kernels, top).eval(), to_images.eval())
    backwards = corr.CorrMM_gradWeights(**given)
    if border == "half":  # kernels of odd and of even lengths give results of the same
        with pytest.raises(ValueError, match="shape must be given"):
            backwards(images, top)
    else:
        np.testing.assert_allclose(backwards(images, top).eval(), to_kernels.eval())


def test_names_of_old_programs():
    from theano.tensor.nnet import conv, conv3d2d, corr, corr3d

    x, w = RNG.randn(2, 3, 5, 5), RNG.randn(4, 3, 2, 2)
    a, b = T.constant(x), T.constant(w)
    one = T.nnet.conv2d(a, b, filter_flip=False, border_mode=1)
    np.testing.assert_allclose(corr.CorrMM(border_mode=1)(a, b).eval(), one.eval())
    gradient = corr.CorrMM_gradInputs()(b, T.nnet.conv2d(a, b), (5, 5)).eval()
    wanted = T.nnet.conv2d_grad_wrt_inputs(T.nnet.conv2d(a, b), b, x.shape, filter_flip=False)
    np.testing.assert_allclose(gradient, wanted.eval())
    assert type(T.grad(corr.CorrMM()(a, b).sum(), b).owner.op) is ac.AbstractConv2d_gradWeights
    assert corr3d.Corr3dMM_gradWeights().convdim == 3
    np.testing.assert_allclose(conv.conv2d(a, b, image_shape=x.shape).eval(), T.nnet.conv2d(a, b).eval())
    assert isinstance(conv.conv2d(a, b).owner.op, T.nnet.ConvOp)
    films, kernels = RNG.randn(2, 5, 3, 4, 4), RNG.randn(6, 2, 3, 3, 3)
    got = conv3d2d.conv3d(T.constant(films), T.constant(kernels)).eval()
    volumes = T.nnet.conv3d(T.constant(films.swapaxes(1, 2)), T.constant(kernels.swapaxes(1, 2))).eval()
    np.testing.assert_allclose(got, volumes.swapaxes(1, 2))


def interpolated(x, axis, ratio, every=1):
    places = (np.arange(0, x.shape[axis] * ratio, every) - (ratio - 1) // 2) / ratio
    return np.apply_along_axis(lambda v: np.interp(places, np.arange(x.shape[axis]), v), axis, x)


@pytest.mark.parametrize("ratio", [1, 2, 3, 4])
def test_bilinear_upsampling(ratio):
    x = RNG.randn(2, 3, 4, 5)
    n = T.iscalar()
    got = ac.bilinear_upsampling(T.constant(x), n).eval({n: ratio})
    np.testing.assert_allclose(got, interpolated(interpolated(x, 2, ratio), 3, ratio))


def test_fractions_are_in_lowest_terms():
    x = T.constant(RNG.randn(1, 2, 3, 4))
    whole = ac.bilinear_upsampling(x, 2).eval()
    np.testing.assert_array_equal(ac.frac_bilinear_upsampling(x, (4, 2)).eval(), whole)
    np.testing.assert_array_equal(ac.bilinear_upsampling(x, frac_ratio=((6, 3), (2, 1))).eval(), whole)


@pytest.mark.parametrize("fraction", [(3, 2), (2, 5), ((7, 4), (5, 3))])
def test_bilinear_upsampling_by_fractions(fraction):
    x, (rows, columns) = RNG.randn(2, 3, 4, 5), np.broadcast_to(fraction, (2, 2))
    got = ac.bilinear_upsampling(T.constant(x), frac_ratio=fraction).eval()
    np.testing.assert_allclose(got, interpolated(interpolated(x, 2, *rows), 3, *columns))
    T.verify_grad(lambda x: ac.frac_bilinear_upsampling(x, fraction), [x], rng=np.random.RandomState(1))


@pytest.mark.parametrize("given", [{}, {"ratio": 2, "frac_ratio": (2, 1)}, {"frac_ratio": (2, 0)}, {"frac_ratio": 2}])
def test_ratios_that_are_none(given):
    with pytest.raises(ValueError, match="ratio"):
        ac.bilinear_upsampling(T.constant(RNG.randn(1, 1, 2, 2)), **given)


def test_arguments_of_old_programs_warn_and_others_are_refused():
    images, kernels = T.tensor4("images"), T.tensor4("kernels")
    with pytest.warns(UserWarning, match="conv2d: unroll_batch, version of old programs have no effect"):
        T.nnet.conv2d(images, kernels, version=3, unroll_batch=2)
    for name in ("stride", "padding", "dilation", "groups"):
        with pytest.raises(TypeError, match=rf"argument '{name}': .*subsample=\(2, 2\).*border_mode"):
            T.nnet.conv2d(images, kernels, **{name: 2})


def test_volumes_with_kernels_for_each_place():
    rng = np.random.RandomState(5)
    x, w = rng.randn(2, 2, 3, 3, 4), rng.randn(2, 2, 2, 3, 2, 2, 2, 2)
    theano.gradient.verify_grad(lambda a, b: T.nnet.abstract_conv.AbstractConv(3, unshared=True)(a, b), [x, w], rng=rng)
