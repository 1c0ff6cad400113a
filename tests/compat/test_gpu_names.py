"""What programs for GPUs call computes on the CPU: convolutions of cuDNN, pooling, and what moves tensors."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.legacy.compat import gpu_names
from theano.legacy.names.absent import COMPUTED

PACKAGES = ("theano.sandbox.cuda", "theano.gpuarray", "theano.sandbox.gpuarray")


def found(full):
    module, _, name = full.rpartition(".")
    space = {}
    exec(f"from {module} import {name}", space)
    return space[name]


@pytest.mark.parametrize("full", COMPUTED)
def test_each_name_is_what_computes(full):
    place, _, name = COMPUTED[full].partition(":")
    assert found(full) is getattr(importlib.import_module(place), name)


def rand(*shape):
    return np.random.RandomState(sum(shape)).uniform(-1, 1, shape).astype("float32")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_network_of_dcgan(package):
    """A transposed convolution, as published networks write it for cuDNN: the gradient of a convolution's images."""
    dnn = importlib.import_module(f"{package}.dnn")
    basic = importlib.import_module(f"{package}.basic_ops")

    def empty(*shape):
        if package == "theano.sandbox.cuda":
            return basic.gpu_alloc_empty(*shape)
        return basic.GpuAllocEmpty(img.dtype, basic.infer_context_name(img))(*shape)

    x, w = T.ftensor4("x"), T.ftensor4("w")
    img, kerns = basic.gpu_contiguous(x), basic.gpu_contiguous(w)
    shape = (img.shape[0], kerns.shape[1], img.shape[2] * 2, img.shape[3] * 2)
    desc = dnn.GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2), conv_mode="conv")(empty(*shape).shape, kerns.shape)
    wide = dnn.GpuDnnConvGradI()(kerns, img, empty(*shape), desc)
    back = dnn.dnn_conv(wide, w, subsample=(2, 2), border_mode=(2, 2))
    pooled = dnn.dnn_pool(basic.host_from_gpu(back), (2, 2), (2, 2))
    xs, ws = rand(2, 3, 5, 5), rand(3, 4, 5, 5)
    got = theano.function([x, w], [wide, back, pooled, T.grad(pooled.sum(), w)])(xs, ws)
    asked = T.nnet.abstract_conv.conv2d_grad_wrt_inputs(x, w, (2, 4, 10, 10), border_mode=(2, 2), subsample=(2, 2))
    again = T.nnet.conv2d(asked, w, subsample=(2, 2), border_mode=(2, 2))
    least = T.signal.pool.pool_2d(again, ws=(2, 2), ignore_border=True)
    want = theano.function([x, w], [asked, again, least, T.grad(least.sum(), w)])(xs, ws)
    for mine, other in zip(got, want, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ["conv", "cross"])
@pytest.mark.parametrize(("axes", "border"), [(2, "valid"), (2, "half"), (2, (1, 2)), (3, "full"), (3, (1, 0, 2))])
def test_convolutions_and_their_gradients(axes, border, mode):
    """Operations and functions are each other's gradients; kernels are flipped unless `cross` is said."""
    x, w = T.TensorType("float32", (False,) * (axes + 2))("x"), T.TensorType("float32", (False,) * (axes + 2))("w")
    ahead = gpu_names.dnn_conv(x, w, border, (2,) * axes, conv_mode=mode)
    plain = T.nnet.conv2d if axes == 2 else T.nnet.conv3d
    want = plain(x, w, border_mode=border, subsample=(2,) * axes, filter_flip=mode == "conv")
    desc = gpu_names.GpuDnnConvDesc(border, (2,) * axes, mode)
    top = T.ones_like(want)
    pairs = [
        (ahead, want),
        (gpu_names.GpuDnnConv()(x, w, want, desc, 2.0, 0.5), 2.5 * want),
        (gpu_names.GpuDnnConvGradI()(w, top, x, desc), T.grad(want.sum(), x)),
        (gpu_names.GpuDnnConvGradW()(x, top, w, desc, beta=1.0), T.grad(want.sum(), w) + w),
        (gpu_names.dnn_gradinput(w, top, x.shape, border, (2,) * axes, conv_mode=mode), T.grad(want.sum(), x)),
        (gpu_names.dnn_gradweight(x, top, w.shape, border, (2,) * axes, conv_mode=mode), T.grad(want.sum(), w)),
    ]
    f = theano.function([x, w], [part for pair in pairs for part in pair])
    values = f(rand(2, 2, *(6, 7, 5)[:axes]), rand(3, 2, *(3, 2, 3)[:axes]))
    for got, other in zip(values[::2], values[1::2], strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, other, rtol=1e-4, atol=1e-4)


def test_groups_of_channels():
    """They are no setting without effect: not told, channels don't fit."""
    x, w, top = T.ftensor4("x"), T.ftensor4("w"), T.ftensor4("top")
    want = T.nnet.conv2d(x, w, num_groups=2)
    desc = gpu_names.GpuDnnConvDesc("valid")
    pairs = [
        (gpu_names.GpuDnnConv(algo="small", num_groups=2)(x, w, want, desc), want),
        (gpu_names.GpuDnnConvGradI(num_groups=2)(w, T.ones_like(want), x, desc), T.grad(want.sum(), x)),
        (gpu_names.dnn_gradinput(w, T.ones_like(want), x.shape, num_groups=2), T.grad(want.sum(), x)),
        (gpu_names.dnn_gradweight(x, T.ones_like(want), w.shape, num_groups=2), T.grad(want.sum(), w)),
    ]
    values = theano.function([x, w], [part for pair in pairs for part in pair])(rand(2, 4, 5, 5), rand(6, 2, 3, 3))
    for got, other in zip(values[::2], values[1::2], strict=True):
        np.testing.assert_allclose(got, other, rtol=1e-4, atol=1e-4)
    with pytest.raises(TypeError, match="num_group"):
        gpu_names.dnn_gradweight(x, top, w.shape, num_group=2)
    with pytest.raises(TypeError, match="GpuDnnConv has no parameter 'num_group'"):
        gpu_names.GpuDnnConv(num_group=2)


def test_pooling():
    x, y = T.ftensor4(), T.TensorType("float32", (False,) * 5)()
    f = theano.function([x, y], [
        gpu_names.dnn_pool(x, (2, 2)), gpu_names.dnn_pool(y, (2, 2, 2), (2, 2, 2), "average_inc_pad", (1, 1, 1)),
    ])  # fmt: skip
    images, volumes = f(np.arange(9, dtype="float32").reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2, 2), "float32"))
    np.testing.assert_array_equal(images[0, 0], [[4, 5], [7, 8]])
    np.testing.assert_array_equal(volumes, np.full((1, 1, 2, 2, 2), 0.125))


def test_moving_and_allocating():
    x = T.fmatrix()
    assert found("theano.sandbox.cuda.as_cuda_ndarray_variable")(x) is x
    s = found("theano.sandbox.cuda.float32_shared_constructor")(np.ones((2, 3)), name="s")
    assert s.dtype == "float32" and s.name == "s"
    assert found("theano.gpuarray.basic_ops.gpu_alloc_empty")(None, dtype="float64")(2, 3).dtype == "float64"
    assert found("theano.gpuarray.basic_ops.gpu_alloc_empty")("dev0", "int32")(2).dtype == "int32"
    assert found("theano.gpuarray.basic_ops.GpuAllocEmpty")("float16", None)(2).dtype == "float16"
    assert found("theano.sandbox.cuda.basic_ops.gpu_alloc_empty")(2, 3).dtype == "float32"


def test_what_can_not_be():
    with pytest.raises(ValueError, match="conv_mode is 'full', which is neither 'conv' nor 'cross'"):
        gpu_names.GpuDnnConvDesc("valid", conv_mode="full")
    with pytest.raises(TypeError, match="4 or 5 axes, not 2"):
        gpu_names.dnn_conv(T.fmatrix(), T.fmatrix())
    with pytest.raises(ValueError, match="ws has 1 numbers"):
        gpu_names.dnn_pool(T.ftensor4(), (2,))
