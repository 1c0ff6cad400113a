"""Pooling: the largest element, the sum or the mean of windows that move over the last axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.base.user_warnings import warn_user
from theano.graph.common_text import fill
from theano.tensor.signal.pool_ops import (
    AveragePoolGrad,
    DownsampleFactorMaxGradGrad,
    MaxPoolGrad,
    MaxPoolRop,
    Pool,
    PoolGrad,
    new_names,
)
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "AveragePoolGrad", "DownsampleFactorMaxGradGrad", "MaxPoolGrad", "MaxPoolRop", "Pool", "PoolGrad",
    "max_pool_2d_same_size", "pool_2d", "pool_3d",
]  # fmt: skip


def _pooled(
    ndim: int, input: Any, ws: Any, ignore_border: Any, stride: Any, pad: Any, mode: str, old: Sequence[Any]
) -> Any:
    input = as_tensor_variable(input)
    if input.type.ndim < ndim:
        raise NotImplementedError(f"pool_{ndim}d takes tensors of {ndim} dimensions or more, not {input.type.ndim}")
    ds, st, padding = old
    if padding is not None and pad == (0,) * ndim:
        pad = None
    ws, stride, pad = new_names(ws, stride, pad, ds, st, padding)
    if ws is None:
        raise ValueError(f"pool_{ndim}d needs the window, ws")
    if ignore_border is None:
        warn_user(
            f"pool_{ndim}d without ignore_border means ignore_border=False: windows that end beyond the last element "
            "count, too. Say which you want."
        )
        ignore_border = False
    return Pool(ignore_border, mode, ndim)(input, ws, stride, pad)


def pool_2d(
    input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None, pad: Any = (0, 0),
    mode: str = "max", ds: Any = None, st: Any = None, padding: Any = None,
) -> Any:  # fmt: skip
    """The largest elements, the sums or the means of windows over the last two axes.

    Parameters
    ----------
    input
        Tensor of two dimensions or more.
    ws
        The window: (rows, columns), an int for both, or expressions.
    ignore_border
        True: only windows that lie within the tensor and its padding. False (the default, with a warning): also those
        that end beyond the last element, by their elements that are there.
    stride
        By how many elements windows move; default: by the window. They may be farther apart than they are long.
    pad
        How many rows and columns are around, on each side; only with ``ignore_border=True``, and fewer than the window.
    mode
        'max' (padding is never the largest; NaN wins), 'sum', 'average_inc_pad' (padding counts as zeros) or
        'average_exc_pad' (it does not count).
    ds, st, padding
        Old names of `ws`, `stride` and `pad`.

    Returns
    -------
    tensor
        Of the same dtype: means of integers are truncated. The gradient of the largest element goes to each one that
        is as large.

    Raises
    ------
    <tensor errors>
    ValueError
        A parameter is missing or makes no sense.
    NotImplementedError
        Padding with ``ignore_border=False``, or as wide as the window; a tensor of one dimension.

    Examples
    --------
    >>> from theano.tensor.signal.pool import pool_2d
    >>> x = T.constant([[1.0, 2.0, 3.0], [6.0, 5.0, 4.0], [0.0, 7.0, 8.0]])
    >>> pool_2d(x, (2, 2), ignore_border=True).eval()
    array([[6.]])
    >>> pool_2d(x, (2, 2), ignore_border=False, mode="average_exc_pad").eval()
    array([[3.5, 3.5],
           [3.5, 8. ]])

    References
    ----------
    ``y[i] = max over k of x[i * stride + k]`` along both axes: I. Goodfellow, Y. Bengio, A. Courville, "Deep
    learning", 2016, section 9.3.
    """
    return _pooled(2, input, ws, ignore_border, stride, pad, mode, (ds, st, padding))


def pool_3d(
    input: Any, ws: Any = None, ignore_border: bool | None = None, stride: Any = None, pad: Any = (0, 0, 0),
    mode: str = "max", ds: Any = None, st: Any = None, padding: Any = None,
) -> Any:  # fmt: skip
    """`pool_2d` over the last three axes.

    Parameters
    ----------
    input : tensor_like
        Of three dimensions or more.
    ws, ignore_border, stride, pad, mode, ds, st, padding
        See `pool_2d`, for three axes.

    Returns
    -------
    tensor
        See `pool_2d`.

    Raises
    ------
    <tensor errors>
    ValueError
        A parameter is missing or makes no sense.
    NotImplementedError
        Padding with ``ignore_border=False``, or as wide as the window; a tensor of less than three dimensions.

    Examples
    --------
    >>> from theano.tensor.signal.pool import pool_3d
    >>> pool_3d(T.constant(np.arange(8.0).reshape(2, 2, 2)), (2, 2, 2), ignore_border=True).eval()
    array([[[7.]]])

    References
    ----------
    ``y[i] = max over k of x[i * stride + k]`` along three axes: I. Goodfellow, Y. Bengio, A. Courville, "Deep
    learning", 2016, section 9.3.
    """
    return _pooled(3, input, ws, ignore_border, stride, pad, mode, (ds, st, padding))


def max_pool_2d_same_size(input: Any, patch_size: Sequence[int]) -> Any:
    """The tensor with zeros in place of all elements that are not the largest of their patch.

    Parameters
    ----------
    input
        4-d tensor.
    patch_size
        Rows and columns of patches, which do not overlap; elements beyond the last whole patch become zeros.

    Returns
    -------
    tensor
        Of the shape and dtype of `input`.

    Raises
    ------
    <tensor errors>
    ValueError
        `patch_size` does not have two lengths.

    Examples
    --------
    >>> from theano.tensor.signal.pool import max_pool_2d_same_size
    >>> max_pool_2d_same_size(T.constant([[[[1.0, 2.0, 4.0, 3.0]]]]), (1, 2)).eval()
    array([[[[0., 2., 4., 0.]]]])

    References
    ----------
    ``y = x * (x == max of the patch)``: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 9.3.
    """
    input = as_tensor_variable(input)
    largest = Pool(True)(input, patch_size)
    return MaxPoolGrad(True)(input, largest, largest, patch_size)


fill(globals())
