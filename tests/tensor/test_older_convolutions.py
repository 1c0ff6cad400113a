"""Convolutions under older names: numbers against SciPy and the definition, place by place."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.signal import convolve, convolve2d

import theano
import theano.tensor as T
from tests.tensor.test_conv import plain
from theano.tensor.nnet import abstract_conv as ac
from theano.tensor.nnet import conv, conv3d2d, corr, corr3d
from theano.tensor.signal import conv as signal_conv

RNG = np.random.RandomState(11)

# images, kernels, border mode, padding, stride, dilation, groups
CASES = {
    "valid": ((2, 3, 6, 7), (4, 3, 3, 2), "valid", ((0, 0), (0, 0)), (1, 1), (1, 1), 1),
    "full": ((1, 2, 4, 5), (3, 2, 3, 2), "full", ((2, 2), (1, 1)), (1, 1), (1, 1), 1),
    "half": ((1, 2, 6, 5), (3, 2, 3, 4), "half", ((1, 1), (2, 2)), (1, 1), (1, 1), 1),
    "strides": ((2, 2, 9, 8), (3, 2, 3, 3), (1, 2), ((1, 1), (2, 2)), (2, 3), (1, 1), 1),
    "dilation in groups": ((2, 4, 9, 9), (4, 2, 3, 2), "valid", ((0, 0), (0, 0)), (1, 2), (2, 3), 2),
}
OF_VOLUMES = {
    "valid": ((2, 3, 4, 5, 4), (4, 3, 2, 3, 2), "valid", ((0, 0),) * 3, (1, 1, 1), (1, 1, 1), 1),
    "strides": ((1, 2, 5, 6, 4), (2, 2, 2, 3, 2), (0, 1, 1), ((0, 0), (1, 1), (1, 1)), (1, 2, 1), (2, 1, 1), 1),
    "full in groups": ((1, 4, 3, 3, 3), (4, 2, 2, 2, 2), "full", ((1, 1),) * 3, (1, 1, 1), (1, 1, 1), 2),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", [*CASES, *(f"volumes, {name}" for name in OF_VOLUMES)])
def test_correlations(case, dtype):
    """`CorrMM`, `Corr3dMM`: kernels are not turned around; both gradients are the transposed operations."""
    of_volumes, _, name = case.rpartition("volumes, ")
    of_volumes = case.startswith("volumes")
    images, kernels, mode, pads, stride, dilation, groups = (OF_VOLUMES if of_volumes else CASES)[name]
    module, prefix = (corr3d, "Corr3dMM") if of_volumes else (corr, "CorrMM")
    forward, to_weights, to_inputs = (getattr(module, prefix + end) for end in ("", "_gradWeights", "_gradInputs"))
    options = {"border_mode": mode, "subsample": stride, "filter_dilation": dilation, "num_groups": groups}
    x, w = RNG.randn(*images).astype(dtype), RNG.randn(*kernels).astype(dtype)
    a, b = T.TensorType(dtype, (False,) * x.ndim)(), T.TensorType(dtype, (False,) * x.ndim)()
    wanted = plain(x.astype("f8"), w.astype("f8"), stride, dilation, pads, False, groups)
    tolerance = {"rtol": 1e-12, "atol": 1e-12} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-4}
    got = theano.function([a, b], forward(**options)(a, b))(x, w)
    np.testing.assert_allclose(got, wanted, **tolerance)
    g = RNG.randn(*wanted.shape).astype(dtype)
    n = len(stride)
    weights = to_weights(**options)(T.constant(x), T.constant(g), w.shape[-n:]).eval()
    inputs = to_inputs(**options)(T.constant(w), T.constant(g), x.shape[-n:]).eval()
    assert weights.shape == w.shape and inputs.shape == x.shape
    along_w, along_x = RNG.randn(*w.shape), RNG.randn(*x.shape)
    # <g, x * along_w> = <weights, along_w>: what the gradient is, for it is linear
    moved = plain(x.astype("f8"), along_w, stride, dilation, pads, False, groups)
    np.testing.assert_allclose((g * moved).sum(), (weights * along_w).sum(), rtol=1e-4 if dtype == "float32" else 1e-11)
    moved = plain(along_x, w.astype("f8"), stride, dilation, pads, False, groups)
    np.testing.assert_allclose((g * moved).sum(), (inputs * along_x).sum(), rtol=1e-4 if dtype == "float32" else 1e-11)


@pytest.mark.parametrize("mode", ["valid", "full"])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2)])
def test_the_first_convolutions(mode, stride):
    x, w = RNG.randn(2, 3, 7, 8), RNG.randn(4, 3, 3, 2)
    wanted = np.array([
        [sum(convolve2d(a, k, mode) for a, k in zip(image, kernel, strict=True)) for kernel in w] for image in x
    ])[:, :, :: stride[0], :: stride[1]]  # fmt: skip
    a, b = T.tensor4(), T.tensor4()
    for shapes in ({}, {"image_shape": x.shape, "filter_shape": w.shape}, {"image_shape": (None, 3, None, 8)}):
        made = conv.conv2d(a, b, border_mode=mode, subsample=stride, **shapes)
        assert isinstance(made.owner.op, conv.ConvOp) and made.owner.op.out_mode == mode
        f = theano.function([a, b], [made, *T.grad((made**2).sum(), [a, b])])
        newer = T.nnet.conv2d(a, b, border_mode=mode, subsample=stride)
        g = theano.function([a, b], T.grad((newer**2).sum(), [a, b]))
        got = f(x, w)
        np.testing.assert_allclose(got[0], wanted)
        for one, other in zip(got[1:], g(x, w), strict=True):
            np.testing.assert_allclose(one, other)
    op = conv.ConvOp(x.shape[1:], w.shape[2:], 4, 2, *stride, output_mode=mode)
    np.testing.assert_allclose(op(T.constant(x), T.constant(w)).eval(), wanted)
    assert op.outshp == wanted.shape[2:]


@pytest.mark.parametrize("border", ["valid", "full", "half", (1, 0, 2), ("full", "valid", "half")])
def test_films(border):
    """Channels come third: sums over frames, channels, rows and columns, with kernels turned around."""
    x, w = RNG.randn(2, 5, 3, 4, 6), RNG.randn(4, 2, 3, 3, 2)
    a, b = T.tensor5(), T.tensor5()
    pads = ac.border_mode_to_pad(border, 3, (2, 3, 2))
    wanted = plain(x.swapaxes(1, 2), w.swapaxes(1, 2), (1,) * 3, (1,) * 3, pads, True, 1).swapaxes(1, 2)
    for shapes in ((None, None), (x.shape, w.shape), ((2, None, 3, None, 6), None)):
        got = theano.function([a, b], conv3d2d.conv3d(a, b, *shapes, border_mode=border))(x, w)
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12)
    if border == "valid":
        one = sum(convolve(x[0, :, c], w[1, :, c], "valid") for c in range(3))
        np.testing.assert_allclose(got[0, :, 1], one)
    rng = np.random.RandomState(1)
    T.verify_grad(lambda x, w: conv3d2d.conv3d(x, w, border_mode=border), [x[:1, :3], w[:2]], rng=rng)


@pytest.mark.parametrize("border", ["valid", "full"])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize(("of_images", "of_kernels"), itertools.product([(), (3,)], [(), (2,)]))
def test_plain_images(of_images, of_kernels, stride, border):
    x, w = RNG.randn(*of_images, 6, 7), RNG.randn(*of_kernels, 3, 2)
    a, b = (T.TensorType("float64", (False,) * v.ndim)() for v in (x, w))
    wanted = np.array([
        [convolve2d(image, kernel, border)[:: stride[0], :: stride[1]] for kernel in w.reshape(-1, 3, 2)]
        for image in x.reshape(-1, 6, 7)
    ])  # fmt: skip
    wanted = wanted.reshape(*of_images, *of_kernels, *wanted.shape[2:])
    for shapes in ((None, None), (x.shape, w.shape)):
        made = signal_conv.conv2d(a, b, *shapes, border_mode=border, subsample=stride)
        got, shape, *_ = theano.function([a, b], [made, made.shape, *T.grad(made.sum(), [a, b])])(x, w)
        np.testing.assert_allclose(got, wanted)
        assert tuple(shape) == got.shape
    T.verify_grad(lambda a, b: signal_conv.conv2d(a, b, border_mode=border), [x, w], rng=np.random.RandomState(1))


def test_convolutions_of_arrays():
    op = ac.AbstractConv2d()
    x, w = RNG.randn(2, 4, 5, 6), RNG.randn(4, 2, 3, 2)
    wanted = plain(x, w, (1, 1), (1, 2), ((2, 2), (2, 2)), True, 2)
    np.testing.assert_allclose(op.conv(x, w, "full", (1, 2), num_groups=2), wanted)
    g = RNG.randn(*wanted.shape)
    weights = op.conv(x, g, "full", (1, 2), 2, direction="backprop weights")
    inputs = op.conv(g, w, "full", (1, 2), 2, direction="backprop inputs")
    assert weights.shape == w.shape and inputs.shape == x.shape
    np.testing.assert_allclose([(weights * w).sum(), (inputs * x).sum()], (g * wanted).sum())
    volumes = ac.AbstractConv3d().conv(RNG.randn(1, 1, 3, 3, 3), RNG.randn(1, 1, 2, 2, 2))
    assert volumes.shape == (1, 1, 2, 2, 2)
    image, kernels = RNG.randn(4, 5), RNG.randn(3, 4, 2, 2)
    made = op.unshared2d(image, kernels, (3, 4))
    np.testing.assert_allclose(made, [
        [(image[i : i + 2, j : j + 2] * kernels[i, j, ::-1, ::-1]).sum() for j in range(4)] for i in range(3)
    ])  # fmt: skip
    top = RNG.randn(3, 4)
    scale = (made * top).sum()
    np.testing.assert_allclose((op.unshared2d(image, top, (3, 4, 2, 2), "backprop weights") * kernels).sum(), scale)
    np.testing.assert_allclose((op.unshared2d(top, kernels, (4, 5), "backprop inputs") * image).sum(), scale)
    for make, words in (
        (lambda: op.conv(x, w, direction="sideways", num_groups=2), "direction must be one of 'forward'"),
        (lambda: op.conv(x, g, "half", direction="backprop weights"), "don't tell that of the result"),
        (lambda: op.unshared2d(image, kernels, (3, 3)), r"the result has the shape \(3, 4\), not \(3, 3\)"),
    ):
        with pytest.raises(ValueError, match=words):
            make()
    assert [getattr(ac.BaseAbstractConv, name) for name in ("imshp", "border_mode", "filter_flip", "num_groups")] == [
        None, "valid", True, 1,
    ]  # fmt: skip


STRIPES = {
    "tall": ((6, 4), 0, 1), "wide": ((3, 5, 2), 1, 0), "four axes": ((2, 4, 3, 6), 3, 1), "no column": ((4, 0), 0, 1),
    "square": ((3, 3), 1, 0), "a column": ((4, 1), 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("case", STRIPES)
def test_stripes(case, mode):
    shape, i0, i1 = STRIPES[case]
    x = RNG.randn(*shape)
    view = conv3d2d.get_diagonal_subtensor_view(x, i0, i1)
    wanted = np.zeros([n - shape[i1] + 1 if k == i0 else n for k, n in enumerate(shape)])
    for at in np.ndindex(wanted.shape):
        wanted[at] = x[tuple(r + at[i1] if k == i0 else r for k, r in enumerate(at))]
    assert view.base is not None and np.array_equal(view, wanted)
    a, b = (T.TensorType("float64", (False,) * x.ndim)() for _ in "ab")
    made = conv3d2d.diagonal_subtensor(a, i0, i1)
    got, lengths = theano.function([a], [made, made.shape], mode=mode)(x)
    np.testing.assert_array_equal(got, wanted)
    assert tuple(lengths) == got.shape
    amount, larger = RNG.randn(*wanted.shape), x.copy()
    conv3d2d.get_diagonal_subtensor_view(larger, i0, i1)[...] += amount
    added = theano.function([a, b], conv3d2d.inc_diagonal_subtensor(a, i0, i1, b), mode=mode)(x, amount)
    np.testing.assert_allclose(added, larger)
    if x.size and mode == "FAST_RUN":
        rng = np.random.RandomState(1)
        T.verify_grad(lambda v: conv3d2d.diagonal_subtensor(v, i0, i1), [x], rng=rng)
        T.verify_grad(lambda v, w: conv3d2d.inc_diagonal_subtensor(v, i0, i1, w), [x, amount], rng=rng)


def test_stripes_that_are_none():
    m = T.dmatrix("m")
    f = theano.function([m], conv3d2d.diagonal_subtensor(m, 0, 1))
    with pytest.raises(NotImplementedError, match=r"no stripe reaches across: x \(2, 4\)"):
        f(np.ones((2, 4)))
    with pytest.raises(NotImplementedError, match=r"no stripe reaches across, in \(2, 4\)"):
        conv3d2d.get_diagonal_subtensor_view(np.ones((2, 4)), 0, 1)
    for i0, i1 in ((0, 0), (0, 2), (-1, 0), (T.lscalar(), 1)):
        with pytest.raises(ValueError, match="must be two axes of m, known numbers"):
            conv3d2d.diagonal_subtensor(m, i0, i1)
    assert str(conv3d2d.DiagonalSubtensor(True)) == "DiagonalSubtensor{inplace}"
