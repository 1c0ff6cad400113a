"""Gradients of convolutions as functions: with respect to images, and to kernels; and the transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Variable
from theano.graph.common_text import fill
from theano.tensor.nnet.convolution.geometry import OPTIONS
from theano.tensor.nnet.convolution.ops import (
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
)

__all__ = [
    "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv2d_transpose", "conv3d_grad_wrt_inputs",
    "conv3d_grad_wrt_weights",
]  # fmt: skip


def _whole(shape: Any, count: int, ndim: int, what: str) -> Any:
    """All lengths of images or kernels, of which the last `ndim` must be told."""
    if isinstance(shape, Variable):
        vector: Any = shape
        return [vector[k] for k in range(count)]
    if isinstance(shape, str) or not hasattr(shape, "__iter__"):
        raise TypeError(f"{what} must be {count} lengths, not {shape!r}")
    lengths = list(shape)
    if len(lengths) != count:
        raise ValueError(f"{what} must have {count} lengths, not {shape!r}")
    if any(n is None for n in lengths[-ndim:]):
        raise ValueError(f"{what} must tell the lengths of the axes along which kernels move, not {shape!r}")
    return lengths


def _known(shape: Any) -> Any:
    """What of a shape can be a hint: its ints."""
    if not isinstance(shape, (list, tuple, np.ndarray)):
        return None
    return [None if isinstance(n, Variable) else n for n in shape]


def _wrt_inputs(
    op: Any, ndim: int, output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any, rest: Sequence[Any]
) -> Any:
    made = op(_known(input_shape), _known(filter_shape), *rest)
    return made(filters, output_grad, _whole(input_shape, 2 + ndim, ndim, "input_shape"))


def _wrt_weights(
    op: Any, ndim: int, input: Any, output_grad: Any, filter_shape: Any, input_shape: Any, rest: Sequence[Any]
) -> Any:
    made = op(_known(input_shape), _known(filter_shape), *rest)
    count = 2 + ndim * (2 if made.unshared else 1)
    return made(input, output_grad, _whole(filter_shape, count, ndim, "filter_shape"))


def conv2d_grad_wrt_inputs(
    output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
    unshared: bool = False,
) -> Any:  # fmt: skip
    """The gradient of `conv2d` with respect to its images, from that of its result.

    Parameters
    ----------
    output_grad
        The gradient of the result: (images, kernels, rows, columns).
    filters, filter_shape, unshared
        See `conv2d`.
    input_shape
        The shape of the images; the first two lengths may be None, all may be expressions.
    <parameters>

    Returns
    -------
    4-d tensor
        Of `input_shape`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        The lengths of images are not told; or when it runs: images of that shape don't give such a result.

    Examples
    --------
    >>> g, w = T.tensor4(), T.tensor4()
    >>> f = theano.function([g, w], T.nnet.conv2d_grad_wrt_inputs(g, w, (None, None, 5, 5)))
    >>> f(np.ones((1, 8, 3, 3)), np.ones((8, 2, 3, 3))).shape
    (1, 2, 5, 5)

    References
    ----------
    ``dx[b, c, u, v] = sum over o, i, j of dy[b, o, i, j] * w[o, c, m - 1 - (u - i), n - 1 - (v - j)]`` for kernels
    (m, n) and unit steps: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016,
    section 4.
    """
    rest = (border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
    return _wrt_inputs(AbstractConv2d_gradInputs, 2, output_grad, filters, input_shape, filter_shape, rest)


def conv3d_grad_wrt_inputs(
    output_grad: Any, filters: Any, input_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
) -> Any:  # fmt: skip
    """The gradient of `conv3d` with respect to its volumes, see `conv2d_grad_wrt_inputs`.

    Parameters
    ----------
    output_grad, filters, input_shape, filter_shape
        With one more axis.
    <parameters>

    Returns
    -------
    5-d tensor
        Of `input_shape`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        See `conv2d_grad_wrt_inputs`.

    Examples
    --------
    >>> g, w = T.tensor5(), T.tensor5()
    >>> f = theano.function([g, w], conv3d_grad_wrt_inputs(g, w, (None, None, 5, 5, 5)))
    >>> f(np.ones((1, 8, 3, 3, 3)), np.ones((8, 2, 3, 3, 3))).shape
    (1, 2, 5, 5, 5)

    References
    ----------
    ``dx[b, c, t, u, v] = sum over o, h, i, j of dy[b, o, h, i, j] * w[o, c, l - 1 - (t - h), m - 1 - (u - i), n - 1
    - (v - j)]`` for kernels (l, m, n) and unit steps: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for
    deep learning", 2016, section 4.
    """
    rest = (border_mode, subsample, filter_flip, filter_dilation, num_groups)
    return _wrt_inputs(AbstractConv3d_gradInputs, 3, output_grad, filters, input_shape, filter_shape, rest)


def conv2d_grad_wrt_weights(
    input: Any, output_grad: Any, filter_shape: Any, input_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
    unshared: bool = False,
) -> Any:  # fmt: skip
    """The gradient of `conv2d` with respect to its kernels, from that of its result.

    Parameters
    ----------
    input, input_shape, unshared
        See `conv2d`.
    output_grad
        The gradient of the result: (images, kernels, rows, columns).
    filter_shape
        The shape of the kernels; the first two lengths may be None, all may be expressions.
    <parameters>

    Returns
    -------
    4-d tensor
        Of `filter_shape`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        The lengths of kernels are not told; or when it runs: kernels of that shape don't give such a result.

    Examples
    --------
    >>> x, g = T.tensor4(), T.tensor4()
    >>> f = theano.function([x, g], T.nnet.abstract_conv.conv2d_grad_wrt_weights(x, g, (None, None, 3, 3)))
    >>> f(np.ones((1, 2, 5, 5)), np.ones((1, 8, 3, 3))).shape
    (8, 2, 3, 3)

    References
    ----------
    ``dw[o, c, m - 1 - p, n - 1 - q] = sum over b, i, j of dy[b, o, i, j] * x[b, c, i + p, j + q]`` for kernels (m,
    n) and unit steps: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 9.5.
    """
    rest = (border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared)
    return _wrt_weights(AbstractConv2d_gradWeights, 2, input, output_grad, filter_shape, input_shape, rest)


def conv3d_grad_wrt_weights(
    input: Any, output_grad: Any, filter_shape: Any, input_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1, 1), num_groups: int = 1,
) -> Any:  # fmt: skip
    """The gradient of `conv3d` with respect to its kernels, see `conv2d_grad_wrt_weights`.

    Parameters
    ----------
    input, output_grad, filter_shape, input_shape
        With one more axis.
    <parameters>

    Returns
    -------
    5-d tensor
        Of `filter_shape`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        See `conv2d_grad_wrt_weights`.

    Examples
    --------
    >>> x, g = T.tensor5(), T.tensor5()
    >>> f = theano.function([x, g], conv3d_grad_wrt_weights(x, g, (None, None, 3, 3, 3)))
    >>> f(np.ones((1, 2, 5, 5, 5)), np.ones((1, 8, 3, 3, 3))).shape
    (8, 2, 3, 3, 3)

    References
    ----------
    ``dw[o, c, l - 1 - r, m - 1 - p, n - 1 - q] = sum over b, h, i, j of dy[b, o, h, i, j] * x[b, c, h + r, i + p, j
    + q]`` for kernels (l, m, n) and unit steps: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016,
    section 9.5.
    """
    rest = (border_mode, subsample, filter_flip, filter_dilation, num_groups)
    return _wrt_weights(AbstractConv3d_gradWeights, 3, input, output_grad, filter_shape, input_shape, rest)


def conv2d_transpose(
    input: Any, filters: Any, output_shape: Any, filter_shape: Any = None, border_mode: Any = "valid",
    input_dilation: Any = (1, 1), filter_flip: bool = True, filter_dilation: Any = (1, 1), num_groups: int = 1,
    unshared: bool = False,
) -> Any:  # fmt: skip
    """The transposed convolution ("deconvolution"): what `conv2d` does to gradients of its result.

    Parameters
    ----------
    input
        (images, kernels, rows, columns).
    filters, filter_shape, unshared
        (kernels, channels, rows, columns), as for the `conv2d` that is transposed.
    output_shape
        The shape of the result, (images, channels, rows, columns); the first two lengths may be None.
    input_dilation
        The `subsample` of the convolution that is transposed.
    <parameters>

    Returns
    -------
    4-d tensor
        Of `output_shape`.

    Raises
    ------
    TypeError
        An argument can't become a tensor, or has another number of dimensions.
    ValueError
        See `conv2d_grad_wrt_inputs`.

    Examples
    --------
    >>> x, w = T.tensor4(), T.tensor4()
    >>> y = T.nnet.conv2d_transpose(x, w, (None, None, 4, 4), input_dilation=(2, 2))
    >>> theano.function([x, w], y)(np.ones((1, 1, 2, 2)), [[[[1, 2], [3, 4]]]])[0, 0]
    array([[4., 3., 4., 3.],
           [2., 1., 2., 1.],
           [4., 3., 4., 3.],
           [2., 1., 2., 1.]])

    References
    ----------
    ``y = transpose(C) @ x`` of the matrix C of the convolution: V. Dumoulin, F. Visin, "A guide to convolution
    arithmetic for deep learning", 2016, section 4.
    """
    return conv2d_grad_wrt_inputs(
        input, filters, output_shape, filter_shape, border_mode, input_dilation, filter_flip, filter_dilation,
        num_groups, unshared,
    )  # fmt: skip


fill(globals(), {"<parameters>": OPTIONS})
