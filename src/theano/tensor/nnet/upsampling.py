"""Images made larger, with numbers on straight lines between those that were there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configdefaults import config
from theano.scalar.dtypes import DISCRETE
from theano.tensor.alloc import arange
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing import take
from theano.tensor.math import abs_, cast, clip, minimum
from theano.tensor.opsupport import index_constant
from theano.tensor.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling", "frac_bilinear_upsampling"]


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> Any:
    """The kernel of linear interpolation between elements `ratio` apart: a triangle of ``2 * ratio - 1`` numbers.

    Parameters
    ----------
    ratio
        An int, or a 0-d integer.
    normalize
        Whether the largest is 1; else it is `ratio`.

    Examples
    --------
    >>> bilinear_kernel_1D(2).eval()
    array([0.5, 1. , 0.5])
    """
    places = arange(2 * as_tensor_variable(ratio) - 1)
    ratio = as_tensor_variable(ratio)
    triangle = cast(ratio - abs_(places - ratio + 1), config.floatX)
    return triangle / cast(ratio, config.floatX) if normalize else triangle


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Any:
    """The kernel of bilinear interpolation: the outer product of `bilinear_kernel_1D` with itself.

    Examples
    --------
    >>> bilinear_kernel_2D(2, normalize=False).eval()
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    line = bilinear_kernel_1D(ratio, normalize)
    return dimshuffle(line, (0, "x")) * dimshuffle(line, ("x", 0))


def bilinear_upsampling(
    input: Any, ratio: Any = None, frac_ratio: Any = None, batch_size: int | None = None,
    num_input_channels: int | None = None, use_1D_kernel: bool = True,
) -> Any:  # fmt: skip
    """Images made larger: between their elements are numbers on straight lines, at the margins the outermost ones.

    Parameters
    ----------
    input
        (images, channels, rows, columns).
    ratio
        How many rows and columns come of one: an int, or a 0-d integer. If it is even, the last row and column are
        there once more than the first.
    frac_ratio
        The same as a fraction, see `frac_bilinear_upsampling`; it goes before `ratio`.
    batch_size, num_input_channels, use_1D_kernel
        Without effect here.

    Returns
    -------
    4-d tensor
        (images, channels, ratio * rows, ratio * columns).

    Raises
    ------
    ValueError
        Both ratios are missing.

    Examples
    --------
    >>> bilinear_upsampling(T.constant([[[[1.0, 3.0]]]]), 2).eval()
    array([[[[1., 2., 3., 3.],
             [1., 2., 3., 3.]]]])
    """
    if frac_ratio is not None:
        return frac_bilinear_upsampling(input, frac_ratio)
    if ratio is None:
        raise ValueError("bilinear_upsampling needs the ratio")
    return _upsampled_images(input, [(as_tensor_variable(ratio), 1)] * 2)


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Any:
    """Images made larger by a fraction: by its numerator, as `bilinear_upsampling` does. Of that, rows and columns are
    taken from the first on in steps of its denominator.

    Parameters
    ----------
    input
        (images, channels, rows, columns).
    frac_ratio
        (numerator, denominator), ints; or a pair of such, for rows and columns.

    Returns
    -------
    4-d tensor
        (images, channels, rows, columns), the last two times the fraction, rounded up.

    Raises
    ------
    ValueError
        `frac_ratio` is neither, or has numbers that are not positive.

    Examples
    --------
    >>> frac_bilinear_upsampling(T.constant([[[[1.0, 4.0]]]]), ((1, 1), (3, 2))).eval()
    array([[[[1., 2., 4.]]]])
    """
    by_axis: Any = frac_ratio if _all(frac_ratio, (list, tuple)) else [frac_ratio] * 2  # one fraction for both
    whole = all(_all(part, (int, np.integer)) and len(part) == 2 and min(part) > 0 for part in by_axis)
    if len(by_axis) != 2 or not whole:
        raise ValueError(f"frac_ratio must be (numerator, denominator), or two of these, in ints, not {frac_ratio!r}")
    return _upsampled_images(input, [(index_constant(int(up)), int(down)) for up, down in by_axis])


def _all(values: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(values, (list, tuple)) and all(isinstance(v, kinds) for v in values)


def _upsampled_images(input: Any, ratios: Sequence[tuple[Any, int]]) -> Any:
    x = as_tensor_variable(input)
    x = cast(x, config.floatX) if x.type.dtype in DISCRETE else x
    for axis, (up, down) in zip((2, 3), ratios, strict=True):
        x = _upsampled(x, up, down, axis)
    return x


def _upsampled(x: Any, ratio: Any, down: int, axis: int) -> Any:
    """`x` with `ratio` numbers for each along an axis, at places ``(k - (ratio - 1) // 2) / ratio``, for every
    `down`-th k."""
    length = shape_i(x, axis)
    steps = clip(arange(0, length * ratio, down) - (ratio - 1) // 2, 0, (length - 1) * ratio)
    before = steps // ratio
    part = cast(steps - before * ratio, x.type.dtype) / cast(ratio, x.type.dtype)
    part = dimshuffle(part, [0 if k == axis else "x" for k in range(4)])
    first, second = take(x, before, axis=axis), take(x, minimum(before + 1, length - 1), axis=axis)
    return first + (second - first) * part
