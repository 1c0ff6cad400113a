"""Convolutions of sequences, images and volumes: functions.

>>> images, kernels = T.tensor4("images"), T.tensor4("kernels")
>>> y = T.nnet.conv2d(images, kernels, border_mode="half", subsample=(2, 2))
>>> f = theano.function([images, kernels], y)
>>> f(np.ones((1, 3, 28, 28)), np.ones((8, 3, 5, 5))).shape
(1, 8, 14, 14)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.common_text import fill
from theano.tensor.checks.shape_agreement import Condition, all_fitting
from theano.tensor.nnet.convolution.geometry import (
    OPTIONS,
    border_mode_to_pad,
    check_conv_gradinputs_shape,
    get_conv_gradinputs_shape,
    get_conv_gradinputs_shape_1axis,
    get_conv_gradweights_shape,
    get_conv_gradweights_shape_1axis,
    get_conv_output_shape,
    get_conv_shape_1axis,
    hint,
    numbers,
)
from theano.tensor.nnet.convolution.gradients import (
    conv2d_grad_wrt_inputs,
    conv2d_grad_wrt_weights,
    conv2d_transpose,
    conv3d_grad_wrt_inputs,
    conv3d_grad_wrt_weights,
)
from theano.tensor.nnet.convolution.ops import (
    AbstractConv,
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
    AbstractConv_gradInputs,
    AbstractConv_gradWeights,
    BaseAbstractConv,
)
from theano.tensor.nnet.convolution.shape_checks import assert_conv_shape, assert_shape, has_room, promised
from theano.tensor.nnet.convolution.upsampling import (
    bilinear_kernel_1D,
    bilinear_kernel_2D,
    bilinear_upsampling,
    frac_bilinear_upsampling,
)
from theano.tensor.pointwise.math import eq
from theano.tensor.shaping.shape import shape_i, shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "AbstractConv", "AbstractConv2d", "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights", "AbstractConv3d",
    "AbstractConv3d_gradInputs", "AbstractConv3d_gradWeights", "AbstractConv_gradInputs", "AbstractConv_gradWeights",
    "BaseAbstractConv", "abstract_conv2d", "assert_conv_shape", "assert_shape", "bilinear_kernel_1D",
    "bilinear_kernel_2D", "bilinear_upsampling", "border_mode_to_pad", "causal_conv1d", "check_conv_gradinputs_shape",
    "conv2d", "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv2d_transpose", "conv3d",
    "conv3d_grad_wrt_inputs", "conv3d_grad_wrt_weights", "frac_bilinear_upsampling", "get_conv_gradinputs_shape",
    "get_conv_gradinputs_shape_1axis", "get_conv_gradweights_shape", "get_conv_gradweights_shape_1axis",
    "get_conv_output_shape", "get_conv_shape_1axis", "separable_conv2d", "separable_conv3d",
]  # fmt: skip


def conv2d(
    input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
    unshared: bool = False,
) -> Any:  # fmt: skip
    """Images convolved with kernels: `theano.tensor.nnet.conv2d` without the parameters of older programs.

    Parameters
    ----------
    input, filters, input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation
        See `theano.tensor.nnet.conv2d`.
    num_groups, unshared
        See `theano.tensor.nnet.conv2d`.

    Returns
    -------
    4-d tensor
        (images, kernels, rows, columns), each of ``(length + padding - dilated kernel) // stride + 1``.

    Raises
    ------
    <tensor errors>
    ValueError
        A parameter makes no sense; or when it runs: shapes don't fit, or are not what was promised.

    Examples
    --------
    >>> x, w = T.tensor4(), T.tensor4()
    >>> T.nnet.abstract_conv.conv2d(x, w).eval({x: np.ones((1, 1, 2, 3)), w: [[[[1, 2]]]]})
    array([[[[3., 3.],
             [3., 3.]]]])

    References
    ----------
    ``y[b, o, i, j] = sum over c, p, q of x[b, c, i + p, j + q] * w[o, c, m - 1 - p, n - 1 - q]`` for kernels (m, n)
    and unit steps: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.
    """
    op = AbstractConv2d(
        hint(input_shape, 4, "input_shape"), hint(filter_shape, 6 if unshared else 4, "filter_shape"), border_mode,
        subsample, filter_flip, filter_dilation, num_groups, unshared,
    )  # fmt: skip
    return op(input, filters)


abstract_conv2d = conv2d


def conv3d(
    input: Any, filters: Any, input_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
) -> Any:  # fmt: skip
    """Volumes convolved with kernels: `conv2d` with one more axis.

    Parameters
    ----------
    input
        Volumes: (volumes, channels, depth, rows, columns).
    filters
        Kernels: (kernels, channels / num_groups, depth, rows, columns).
    input_shape, filter_shape
        What is known of these shapes.
    <parameters>

    Returns
    -------
    5-d tensor
        (volumes, kernels, depth, rows, columns), of lengths as for `conv2d`.

    Raises
    ------
    <tensor errors>
    ValueError
        See `conv2d`.

    Examples
    --------
    >>> T.nnet.conv3d(T.tensor5(), T.tensor5()).ndim
    5

    References
    ----------
    ``y[b, o, h, i, j] = sum over c, r, p, q of x[b, c, h + r, i + p, j + q] * w[o, c, l - 1 - r, m - 1 - p, n - 1 -
    q]`` for kernels (l, m, n) and unit steps: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep
    learning", 2016, section 2.
    """
    op = AbstractConv3d(
        hint(input_shape, 5, "input_shape"), hint(filter_shape, 5, "filter_shape"), border_mode, subsample, filter_flip,
        filter_dilation, num_groups,
    )  # fmt: skip
    return op(input, filters)


def _separable(
    what: str, conv: Any, ndim: int, input: Any, depthwise: Any, pointwise: Any, num_channels: int,
    shapes: Sequence[Any], rest: Sequence[Any],
) -> Any:  # fmt: skip
    border_mode, subsample, filter_flip, filter_dilation = rest
    input_shape, depthwise_shape, pointwise_shape = shapes
    names = ("input", "depthwise_filters", "pointwise_filters")
    given = dict(zip(names, map(as_tensor_variable, (input, depthwise, pointwise)), strict=True))
    if any(v.type.ndim != 2 + ndim for v in given.values()):
        got = ", ".join(f"{name} {v} has {v.type.ndim}" for name, v in given.items())
        raise TypeError(f"{what}: {2 + ndim} dimensions are needed; {got}")
    single = "pointwise_filters have one element for each channel"
    for shape in (pointwise_shape, given["pointwise_filters"].type.shape):
        if shape is not None and any(n not in (None, 1) for n in list(shape)[2:]):
            raise ValueError(f"{what}: {single}, not the shape {tuple(shape)}")
    of_axes = [shape_i(given["pointwise_filters"], 2 + k) for k in range(ndim)]
    required: list[Condition] = [(eq(n, 1), single, ValueError) for n in of_axes]
    (num_channels,) = numbers((num_channels,), 1, 1, "num_channels")
    required += [
        (eq(shape_i(given["input"], 1), num_channels), "num_channels must be input.shape[1]", ValueError),
        (eq(shape_i(given["depthwise_filters"], 1), 1), "depthwise_filters are of one channel", ValueError),
        (
            eq(shape_i(given["depthwise_filters"], 0) % num_channels, 0),
            "there must be equally many depthwise_filters for each of num_channels", ValueError,
        ),
    ]  # fmt: skip
    letters = [["", "", *[""] * ndim], ["m", "", *[""] * ndim], ["", "m", *[""] * ndim]]
    sides = {name: (given[name], each) for name, each in zip(names, letters, strict=True)}
    of_names = ("input_shape", "depthwise_filter_shape", "pointwise_filter_shape")
    required += promised(sides, dict(zip(of_names, zip(shapes, names, strict=True), strict=True)))
    images, kernels = (shape_tuple(given[name])[2:] for name in names[:2])
    steps, dilation = numbers(subsample, ndim, 1, "subsample"), numbers(filter_dilation, ndim, 1, "filter_dilation")
    required += has_room(images, kernels, border_mode, steps, dilation)
    input, depthwise, pointwise = all_fitting(what, sides, required)
    between = conv(
        input, depthwise, input_shape, depthwise_shape, border_mode, subsample, filter_flip,
        filter_dilation=filter_dilation, num_groups=num_channels,
    )  # fmt: skip
    return conv(between, pointwise, None, pointwise_shape)


def separable_conv2d(
    input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int, input_shape: Any = None,
    depthwise_filter_shape: Any = None, pointwise_filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1),
) -> Any:  # fmt: skip
    """A convolution of each channel by itself, then one that mixes channels at each place.

    Parameters
    ----------
    input, input_shape
        See `conv2d`.
    depthwise_filters, depthwise_filter_shape
        (num_channels * multiplier, 1, rows, columns).
    pointwise_filters, pointwise_filter_shape
        (kernels, num_channels * multiplier, 1, 1).
    num_channels
        The number of channels of images.
    <parameters>

    Returns
    -------
    4-d tensor
        (images, kernels, rows, columns), of lengths as for `conv2d`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        `pointwise_filters` have more than one element for a channel; or when it runs: shapes don't fit.

    Examples
    --------
    >>> x, depth, point = T.tensor4(), T.tensor4(), T.tensor4()
    >>> f = theano.function([x, depth, point], separable_conv2d(x, depth, point, num_channels=2))
    >>> f(np.ones((1, 2, 5, 5)), np.ones((2, 1, 3, 3)), np.ones((4, 2, 1, 1))).shape
    (1, 4, 3, 3)

    References
    ----------
    ``y = conv2d(depthwise(x), pointwise)``: F. Chollet, "Xception", 2017.
    """
    return _separable(
        "separable_conv2d", conv2d, 2, input, depthwise_filters, pointwise_filters, num_channels,
        (input_shape, depthwise_filter_shape, pointwise_filter_shape),
        (border_mode, subsample, filter_flip, filter_dilation),
    )  # fmt: skip


def separable_conv3d(
    input: Any, depthwise_filters: Any, pointwise_filters: Any, num_channels: int, input_shape: Any = None,
    depthwise_filter_shape: Any = None, pointwise_filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1),
) -> Any:  # fmt: skip
    """`separable_conv2d` with one more axis.

    Parameters
    ----------
    input, depthwise_filters, pointwise_filters, num_channels
        See `separable_conv2d`.
    input_shape, depthwise_filter_shape, pointwise_filter_shape
        See `separable_conv2d`.
    <parameters>

    Returns
    -------
    5-d tensor
        (volumes, kernels, depth, rows, columns).

    Raises
    ------
    TypeError, ValueError
        See `separable_conv2d`.

    Examples
    --------
    >>> x, depth, point = T.tensor5(), T.tensor5(), T.tensor5()
    >>> f = theano.function([x, depth, point], separable_conv3d(x, depth, point, num_channels=2))
    >>> f(np.ones((1, 2, 5, 5, 5)), np.ones((2, 1, 3, 3, 3)), np.ones((4, 2, 1, 1, 1))).shape
    (1, 4, 3, 3, 3)

    References
    ----------
    ``y = conv3d(depthwise(x), pointwise)``: F. Chollet, "Xception", 2017.
    """
    return _separable(
        "separable_conv3d", conv3d, 3, input, depthwise_filters, pointwise_filters, num_channels,
        (input_shape, depthwise_filter_shape, pointwise_filter_shape),
        (border_mode, subsample, filter_flip, filter_dilation),
    )  # fmt: skip


def causal_conv1d(
    input: Any, filters: Any, filter_shape: Any, input_shape: Any = None, subsample: int = 1, filter_flip: bool = True,
    filter_dilation: int = 1, num_groups: int = 1, unshared: bool = False,
) -> Any:  # fmt: skip
    """Sequences convolved with kernels, so that nothing depends on what comes later.

    Parameters
    ----------
    input
        (sequences, channels, steps); before the first step are zeros.
    filters
        (kernels, channels / num_groups, steps).
    filter_shape
        The shape of the kernels; the last length must be known.
    input_shape, subsample, filter_flip, filter_dilation, num_groups, unshared
        See `conv2d`, for one axis.

    Returns
    -------
    3-d tensor
        (sequences, kernels, steps); with `subsample` 1 there are as many steps as in `input`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        The length of kernels is not known.

    Examples
    --------
    >>> x, w = T.tensor3(), T.tensor3()
    >>> y = T.nnet.abstract_conv.causal_conv1d(x, w, (1, 1, 2))
    >>> theano.function([x, w], y)([[[1, 2, 3]]], [[[1, 10]]])
    array([[[ 1., 12., 23.]]])

    References
    ----------
    ``y[b, o, t] = sum over c, k of x[b, c, t - k] * w[o, c, k]``: A. van den Oord and others, "WaveNet", 2016,
    section 2.1.
    """
    (dilation,) = numbers(filter_dilation, 1, 1, "filter_dilation")
    known = hint(filter_shape, 4 if unshared else 3, "filter_shape")
    if known is None or known[-1] is None:
        raise ValueError("causal_conv1d: the length of kernels, the last of filter_shape, must be known")
    before = (known[-1] - 1) * dilation
    op = AbstractConv(
        1, hint(input_shape, 3, "input_shape"), known, ((before, 0),), subsample, filter_flip, dilation, num_groups,
        unshared,
    )  # fmt: skip
    return op(input, filters)


fill(globals(), {"<parameters>": OPTIONS})
