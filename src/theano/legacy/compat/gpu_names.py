"""What programs for GPUs call in ``theano.sandbox.cuda`` and ``theano.gpuarray``, computed on the CPU.

There is one kind of memory here, so moving a tensor is the tensor itself. Convolutions and pooling of cuDNN are those
of `theano.tensor.nnet` with cuDNN's names for their options; what only says how cuDNN should work (``workmem``,
``algo``, ``precision``, ``direction_hint``) is taken and has no effect. `theano.legacy.names.absent` says under which
names these are found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import theano.tensor as T
from theano.base.flag_table import config
from theano.compile.shared_variables.variables import shared
from theano.tensor.nnet.convolution import functions
from theano.tensor.signal.pool import pool_2d, pool_3d


def same_tensor(x: Any, context_name: Any = None) -> Any:
    """A tensor variable as it is: ``gpu_from_host``, ``gpu_contiguous``, ``as_cuda_ndarray_variable`` and relatives.

    Parameters
    ----------
    x
        A variable, or what becomes a constant.
    context_name
        The device; there is only one.
    """
    return T.as_tensor_variable(x)


def infer_context_name(*variables: Any) -> None:
    """The device that variables are on, by its name in Theano: None, the only one."""


def float32_shared(value: Any, name: str | None = None, strict: bool = False, **options: Any) -> Any:
    """A shared variable of float32: ``float32_shared_constructor``, ``shared_constructor``."""
    return shared(np.asarray(value, dtype="float32"), name=name, strict=strict, **options)


def alloc_empty(*shape: Any) -> Any:
    """An array of float32 whose elements are not set: ``theano.sandbox.cuda.basic_ops.gpu_alloc_empty``."""
    return T.AllocEmpty("float32")(*shape)


def alloc_empty_of(*settings: Any, **named: Any) -> Any:
    """What makes arrays of a dtype whose elements are not set: ``GpuAllocEmpty(dtype, context_name)``, and
    ``gpu_alloc_empty(context_name, dtype)`` of ``theano.gpuarray``.
    """
    words = [word for word in (named.get("dtype"), *settings) if word is not None]
    dtypes = [word for word in words if word in _DTYPES]
    return T.AllocEmpty(dtypes[0] if dtypes else config.floatX)


_DTYPES = frozenset({*T.float_dtypes, *T.discrete_dtypes, "bool"})


def _flips(conv_mode: str) -> bool:
    """Whether kernels are flipped: 'conv' is a convolution, 'cross' a correlation."""
    if conv_mode not in ("conv", "cross"):
        raise ValueError(f"conv_mode is {conv_mode!r}, which is neither 'conv' nor 'cross'")
    return conv_mode == "conv"


def _by_axes(ndim: int, what: str) -> Callable[..., Any]:
    """The convolution of images (4 axes) or volumes (5), or its gradient."""
    if ndim not in (4, 5):
        raise TypeError(f"cuDNN's convolutions take tensors with 4 or 5 axes, not {ndim}")
    return getattr(functions, f"conv{ndim - 2}d{what}")


class GpuDnnConvDesc:
    """How a convolution goes over an image: what ``GpuDnnConv`` and its gradients get as `desc`.

    Parameters
    ----------
    border_mode
        'valid', 'full', 'half', a number of zeros, or one for each axis.
    subsample
        Steps along the axes; 1 where nothing is said.
    dilation
        Distances of a kernel's elements along the axes; 1 where nothing is said.
    conv_mode
        'conv' flips the kernels, 'cross' does not.

    Called with shapes, as in Theano, it is the same.

    Examples
    --------
    >>> GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2), conv_mode="cross")((8, 8)).options["filter_flip"]
    False
    """

    def __init__(
        self,
        border_mode: Any,
        subsample: Sequence[int] | None = None,
        dilation: Sequence[int] | None = None,
        conv_mode: str = "conv",
        precision: Any = None,
        num_groups: int = 1,
    ) -> None:
        if isinstance(dilation, str):  # before 0.9 the third was `conv_mode`
            dilation, conv_mode = None, dilation
        self.options: dict[str, Any] = {"border_mode": border_mode, "filter_flip": _flips(conv_mode)}
        if subsample is not None:
            self.options["subsample"] = tuple(subsample)
        if dilation is not None:
            self.options["filter_dilation"] = tuple(dilation)
        if num_groups != 1:
            self.options["num_groups"] = num_groups

    def __call__(self, *shapes: Any) -> GpuDnnConvDesc:
        return self


# How cuDNN should compute, and whether in the array it is given.
HOW = frozenset(("algo", "inplace", "workmem"))


class _WithOutput:
    """An operation of cuDNN that adds to an array: ``alpha * result + beta * output``, where `beta` is 0."""

    def __init__(self, *settings: Any, num_groups: int = 1, **named: Any) -> None:
        """Take how cuDNN should work, which has no effect: without names, or as one of `HOW`."""
        if unknown := named.keys() - HOW:
            raise TypeError(f"{type(self).__name__} has no parameter {sorted(unknown)[0]!r}")
        self.num_groups = num_groups

    def __call__(
        self, x: Any, y: Any, output: Any, desc: GpuDnnConvDesc, alpha: Any = None, beta: Any = None
    ) -> Any:
        x, y, output = (T.as_tensor_variable(v) for v in (x, y, output))
        options = desc.options if self.num_groups == 1 else {**desc.options, "num_groups": self.num_groups}
        result = self.compute(x, y, output, options)
        if alpha is not None:
            result = result * T.cast(alpha, result.dtype)
        return result if beta is None else result + T.cast(beta, result.dtype) * output

    def compute(self, x: Any, y: Any, output: Any, options: dict[str, Any]) -> Any:
        """The result, without what it is added to."""
        raise NotImplementedError


class GpuDnnConv(_WithOutput):
    """``GpuDnnConv()(img, kern, output, desc)``: a convolution; of `output` nothing is used if `beta` is left out."""

    def compute(self, x: Any, y: Any, output: Any, options: dict[str, Any]) -> Any:
        return _by_axes(x.ndim, "")(x, y, **options)


class GpuDnnConvGradI(_WithOutput):
    """``GpuDnnConvGradI()(kern, topgrad, output, desc)``: the gradient of images, which have the shape of `output`."""

    def compute(self, x: Any, y: Any, output: Any, options: dict[str, Any]) -> Any:
        return _by_axes(x.ndim, "_grad_wrt_inputs")(y, x, tuple(output.shape), **options)


class GpuDnnConvGradW(_WithOutput):
    """``GpuDnnConvGradW()(img, topgrad, output, desc)``: the gradient of kernels, which have the shape of `output`."""

    def compute(self, x: Any, y: Any, output: Any, options: dict[str, Any]) -> Any:
        return _by_axes(x.ndim, "_grad_wrt_weights")(x, y, tuple(output.shape), **options)


def dnn_conv(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] | None = None,
    dilation: Sequence[int] | None = None,
    conv_mode: str = "conv",
    direction_hint: Any = None,
    workmem: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> Any:
    """Convolve images with kernels, or volumes: ``dnn_conv`` and ``dnn_conv3d``.

    Parameters
    ----------
    img
        Images: batch, channels, rows, columns; or volumes, which have an axis more.
    kerns
        Kernels: results, channels, rows, columns; or volumes.
    border_mode, subsample, dilation, conv_mode, num_groups
        As for `GpuDnnConvDesc`.
    direction_hint, workmem, algo, precision
        How cuDNN should work; without effect.

    Examples
    --------
    >>> x, w = T.ftensor4(), T.ftensor4()
    >>> f = theano.function([x, w], dnn_conv(x, w, border_mode=(1, 1), subsample=(2, 2)))
    >>> f(np.ones((1, 1, 4, 4), "float32"), np.ones((1, 1, 3, 3), "float32"))[0, 0]
    array([[4., 6.],
           [6., 9.]], dtype=float32)
    """
    desc = GpuDnnConvDesc(border_mode, subsample, dilation, conv_mode, num_groups=num_groups)
    img = T.as_tensor_variable(img)
    return _by_axes(img.ndim, "")(img, kerns, **desc.options)


def dnn_gradweight(
    img: Any,
    topgrad: Any,
    kerns_shp: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] | None = None,
    dilation: Sequence[int] | None = None,
    conv_mode: str = "conv",
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> Any:
    """The gradient of the kernels of `dnn_conv`, which have the shape `kerns_shp`."""
    desc = GpuDnnConvDesc(border_mode, subsample, dilation, conv_mode, num_groups=num_groups)
    img = T.as_tensor_variable(img)
    return _by_axes(img.ndim, "_grad_wrt_weights")(img, topgrad, tuple(kerns_shp), **desc.options)


def dnn_gradinput(
    kerns: Any,
    topgrad: Any,
    img_shp: Any,
    border_mode: Any = "valid",
    subsample: Sequence[int] | None = None,
    dilation: Sequence[int] | None = None,
    conv_mode: str = "conv",
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> Any:
    """The gradient of the images of `dnn_conv`, which have the shape `img_shp`."""
    desc = GpuDnnConvDesc(border_mode, subsample, dilation, conv_mode, num_groups=num_groups)
    kerns = T.as_tensor_variable(kerns)
    return _by_axes(kerns.ndim, "_grad_wrt_inputs")(topgrad, kerns, tuple(img_shp), **desc.options)


def dnn_pool(
    img: Any,
    ws: Sequence[int],
    stride: Sequence[int] | None = None,
    mode: str = "max",
    pad: Sequence[int] | None = None,
) -> Any:
    """Pool images (two numbers in `ws`) or volumes (three). Windows that leave the image at its end are left out.

    Parameters
    ----------
    img
        Images or volumes.
    ws
        The lengths of a window.
    stride
        The distances of windows; 1 along each axis where nothing is said.
    mode
        'max', 'sum', 'average_inc_pad' or 'average_exc_pad'.
    pad
        Zeros before and behind each axis.

    Examples
    --------
    >>> x = T.ftensor4()
    >>> theano.function([x], dnn_pool(x, (2, 2), stride=(2, 2)))(np.arange(16, dtype="float32").reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]], dtype=float32)
    """
    pools = {2: pool_2d, 3: pool_3d}
    if len(ws) not in pools:
        raise ValueError(f"ws has {len(ws)} numbers: windows of cuDNN have 2 or 3 axes")
    stride = (1,) * len(ws) if stride is None else tuple(stride)
    pad = (0,) * len(ws) if pad is None else tuple(pad)
    return pools[len(ws)](img, ws=tuple(ws), ignore_border=True, stride=stride, pad=pad, mode=mode)

