"""Images made larger by bilinear interpolation.

>>> bilinear_upsampling(T.constant([[[[1.0, 3.0]]]]), 2).eval()[0, 0, 0]
array([1., 2., 3., 3.])
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.graph import Constant
from theano.graph.common_text import fill
from theano.scalar.dtypes import DISCRETE, INTEGER
from theano.tensor.checks.shape_agreement import Argument, Condition, fitting
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing.indexing import take
from theano.tensor.making.ranges import arange
from theano.tensor.nnet.convolution.shape_checks import promised
from theano.tensor.pointwise.math import abs_, cast, clip, ge, minimum
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling", "frac_bilinear_upsampling"]


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> Any:
    """The kernel of linear interpolation between elements `ratio` apart: a triangle of ``2 * ratio - 1`` numbers.

    Parameters
    ----------
    ratio
        An int, or a 0-d integer.
    normalize
        Whether the largest is 1; else it is `ratio`.

    Returns
    -------
    vector
        ``(2 * ratio - 1,)``, of a float dtype.

    Raises
    ------
    <tensor errors>

    Notes
    -----
    ``1 - abs(k - ratio + 1) / ratio`` for k from 0.

    Examples
    --------
    >>> bilinear_kernel_1D(2).eval()
    array([0.5, 1. , 0.5])

    References
    ----------
    J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", 2015, section 3.3.
    """
    ratio = _as_ratio(ratio)
    places = arange(2 * ratio - 1)
    triangle = cast(ratio - abs_(places - ratio + 1), config.floatX)
    return triangle / cast(ratio, config.floatX) if normalize else triangle


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> Any:
    """The kernel of bilinear interpolation: the outer product of `bilinear_kernel_1D` with itself.

    Parameters
    ----------
    ratio, normalize
        See `bilinear_kernel_1D`.

    Returns
    -------
    matrix
        ``(2 * ratio - 1, 2 * ratio - 1)``, of a float dtype.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> bilinear_kernel_2D(2, normalize=False).eval()
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])

    References
    ----------
    J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", 2015, section 3.3.
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
        A fraction instead, see `frac_bilinear_upsampling`.
    batch_size, num_input_channels
        What is known of the first two lengths of `input`: ints or None.
    use_1D_kernel
        It has no effect here.

    Returns
    -------
    4-d tensor
        (images, channels, ratio * rows, ratio * columns).

    Raises
    ------
    ValueError
        None or both of `ratio` and `frac_ratio` are given, one is none; or when it runs: `ratio` is less than 1,
        or `input` has not the lengths that were promised.
    TypeError
        `input` has not 4 dimensions, or `ratio` is no integer.

    Examples
    --------
    >>> bilinear_upsampling(T.constant([[[[1.0, 3.0]]]]), 2).eval()
    array([[[[1., 2., 3., 3.],
             [1., 2., 3., 3.]]]])

    References
    ----------
    ``y = (1 - t) * x[i] + t * x[i + 1]`` along each axis: J. Long, E. Shelhamer, T. Darrell, "Fully convolutional
    networks for semantic segmentation", 2015, section 3.3.
    """
    if (ratio is None) == (frac_ratio is None):
        raise ValueError("bilinear_upsampling needs either ratio or frac_ratio")
    x = _as_images(input)
    sides: dict[str, Argument] = {"input": (x, [""] * 4)}
    required: list[Condition] = []
    known = {"batch_size": batch_size, "num_input_channels": num_input_channels}
    for k, (name, n) in enumerate(known.items()):
        shape = [n if k == axis else None for axis in range(4)]
        required += [(c, f"{name} {n} was promised", e) for c, _, e in promised(sides, {name: (shape, "input")})]
    if ratio is not None:
        ratio = _as_ratio(ratio)
        if not isinstance(ratio, Constant):
            required.append((ge(ratio, 1), "ratio must be 1 at least", ValueError))
    x = fitting("bilinear_upsampling", "input", sides, required)
    if ratio is None:
        return frac_bilinear_upsampling(x, frac_ratio)
    for axis in (2, 3):
        x = _upsampled(x, ratio, axis)
    return x


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> Any:
    """`bilinear_upsampling` by fractions in lowest terms: larger by the numerator, of which every so manieth is kept.

    Parameters
    ----------
    input
        (images, channels, rows, columns).
    frac_ratio
        (numerator, denominator), ints; or such a pair for rows and one for columns.

    Returns
    -------
    4-d tensor
        (images, channels, rows, columns), of which there are ``ceil(length * numerator / denominator)``.

    Raises
    ------
    ValueError
        `frac_ratio` is no pair of ints from 1 on, nor two.
    TypeError
        `input` can't become a tensor, or has not 4 dimensions.

    Examples
    --------
    >>> frac_bilinear_upsampling(T.constant([[[[1.0, 4.0]]]]), ((1, 1), (3, 2))).eval()
    array([[[[1., 2., 4.]]]])

    References
    ----------
    J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", 2015, section 3.3.
    """
    x = _as_images(input)
    for axis, (numerator, denominator) in zip((2, 3), _fractions(frac_ratio), strict=True):
        x = _upsampled(x, as_tensor_variable(numerator), axis)
        x = x[:, :, ::denominator] if axis == 2 else x[:, :, :, ::denominator]
    return x


def _as_images(value: Any) -> Any:
    """Images as floats."""
    x = as_tensor_variable(value)
    if x.type.ndim != 4:
        raise TypeError(f"bilinear_upsampling: images must have 4 dimensions, {x} has {x.type.ndim}")
    return cast(x, config.floatX) if x.type.dtype in DISCRETE else x


def _as_ratio(value: Any) -> Any:
    """A 0-d integer, 1 at least where it is known."""
    ratio = as_tensor_variable(value)
    if ratio.type.ndim or ratio.type.dtype not in INTEGER:
        raise TypeError(f"ratio must be an integer, got {value!r}: frac_ratio=(3, 2) is for fractions")
    if not isinstance(ratio, Constant):
        return cast(ratio, "int64")  # in which twice as much is never too large
    if ratio.data < 1:
        raise ValueError(f"ratio must be 1 at least, not {value!r}")
    return constant(ratio.data.astype("int64"))


def _fractions(ratio: Any) -> list[tuple[int, int]]:
    """A fraction for rows and one for columns."""
    given = np.asarray(ratio)
    if given.shape in ((2,), (2, 2)) and given.dtype.kind in "iu" and (given >= 1).all():
        least = (Fraction(int(n), int(d)) for n, d in np.broadcast_to(given, (2, 2)))
        return [(f.numerator, f.denominator) for f in least]  # 4/2 makes what 2 does
    raise ValueError(
        f"frac_ratio must be (numerator, denominator), ints from 1 on, or such a pair for rows and one for columns, "
        f"not {ratio!r}"
    )


def _upsampled(x: Any, ratio: Any, axis: int) -> Any:
    """`x` with `ratio` numbers for each along an axis: at places ``(k - (ratio - 1) // 2) / ratio``."""
    length = shape_i(x, axis)
    steps = clip(arange(length * ratio) - (ratio - 1) // 2, 0, (length - 1) * ratio)
    before = steps // ratio
    part = cast(steps - before * ratio, x.type.dtype) / cast(ratio, x.type.dtype)
    part = dimshuffle(part, [0 if k == axis else "x" for k in range(4)])
    first, second = take(x, before, axis=axis), take(x, minimum(before + 1, length - 1), axis=axis)
    return first + (second - first) * part


fill(globals())
