"""How a convolution's kernel moves over images: strides, dilation, padding, and the lengths that follow from them.

A convolution is ``y[o] = sum over r of x[s * o + d * r - p] * w[r]``, along 1 to 3 axes: `s` is the stride (Theano's
`subsample`), `d` the dilation, `p` the padding before. Lengths are ints, or None where they are not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Constant, Variable
from theano.tensor.checks.static_value import known_scalar

__all__ = [
    "OPTIONS", "border_mode_to_pad", "check_conv_gradinputs_shape", "get_conv_gradinputs_shape",
    "get_conv_gradinputs_shape_1axis", "get_conv_gradweights_shape", "get_conv_gradweights_shape_1axis",
    "for_each_axis", "get_conv_output_shape", "get_conv_shape_1axis", "hint", "normal_border_mode", "numbers", "truth",
]  # fmt: skip

# What docstrings say of the parameters that all convolutions have.
OPTIONS = """\
border_mode
    How far kernels reach beyond images, which are continued by zeros: 'valid' (nowhere), 'full' (by all but one
    element of the kernel), 'half' (by half of it, so that lengths stay where it is odd), an int, or for each axis
    one of these or a pair (before, behind).
subsample
    By how many elements kernels move at a time, an int for each axis.
filter_flip
    True: kernels are turned around, as a convolution has it. False: a correlation.
filter_dilation
    How far the elements of a kernel are apart, an int for each axis.
num_groups
    Channels of images are in so many groups; each group has kernels of its own."""

# No length of an array times a step below it wraps around.
TOO_LARGE = 1 << 31
_MODES = ("valid", "full", "half")


def is_int(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def numbers(value: Any, count: int, default: int, what: str, least: int = 1) -> tuple[int, ...]:
    """`value` as `count` ints: None is `default` for each; one int is that for each.

    Raises
    ------
    ValueError
        There are not as many, or one is too small or too large.
    TypeError
        One is no int.
    """
    if value is None:
        return (default,) * count
    value = value.tolist() if isinstance(value, np.ndarray) else value
    given = (value,) * count if is_int(value) else value
    if not isinstance(given, (tuple, list)):
        raise TypeError(f"{what} must be {count} ints, not {value!r}")
    found: list[Any] = [known_scalar(v) if isinstance(v, Variable) else v for v in given]
    if len(found) != count:
        raise ValueError(f"{what} must be {count} ints, not {value!r}")
    found = [int(v) if isinstance(v, np.ndarray) and v.dtype.kind in "iu" else v for v in found]
    if not all(map(is_int, found)):
        raise TypeError(f"{what} must be {count} ints, not {value!r}")
    if any(v < least for v in found):
        raise ValueError(f"{what} must be {least} at least, not {value!r}")
    if any(v >= TOO_LARGE for v in found):
        raise ValueError(f"{what} must be below {TOO_LARGE:,}, not {value!r}")
    return tuple(int(v) for v in found)


def truth(value: Any, what: str) -> bool:
    """`value` as a bool: True, False, 1 or 0, and nothing else that Python takes for one of them.

    Raises
    ------
    TypeError
        It is something else, as what stands in the place of another parameter.
    """
    if not isinstance(value, (bool, np.bool_, int, np.integer)) or value not in (0, 1):
        raise TypeError(f"{what} must be True or False, not {value!r}")
    return bool(value)


def hint(shape: Any, count: int, what: str) -> tuple[int | None, ...] | None:
    """What a user knows of a shape: `count` lengths, each an int or None.

    Raises
    ------
    ValueError
        There are not as many, or one is negative.
    TypeError
        One is neither, and no constant.
    """
    if shape is None:
        return None
    if isinstance(shape, (Variable, str)) or not hasattr(shape, "__iter__"):
        raise TypeError(f"{what} must be {count} numbers that are known, or None, not {shape!r}")
    lengths: list[int | None] = []
    for n in shape:
        known = known_scalar(n) if isinstance(n, (Variable, Constant)) else n
        if isinstance(known, np.ndarray) and known.dtype.kind in "iu":
            known = int(known)
        if known is not None and not is_int(known):
            raise TypeError(f"{what} must be made of ints and None, not {shape!r}")
        if known is not None and known < 0:
            raise ValueError(f"{what} can't have negative lengths, got {shape!r}")
        lengths.append(None if known is None else int(known))
    if len(lengths) != count:
        raise ValueError(f"{what} must have {count} lengths, not {shape!r}")
    return tuple(lengths)


def normal_border_mode(mode: Any, ndim: int) -> Any:
    """A border mode in one form: 'valid', 'full', 'half', or for each axis one of these or a pair (before, behind).

    Raises
    ------
    ValueError
        It is none, or a padding is negative or too large.
    """
    mode = mode.tolist() if isinstance(mode, np.ndarray) else mode
    if isinstance(mode, str) and mode in _MODES:
        return mode
    if isinstance(mode, str) or not (is_int(mode) or isinstance(mode, (tuple, list))):
        raise ValueError(
            f"invalid border_mode {mode!r}: it must be 'valid', 'full', 'half', an int, or for each axis one of these "
            "or a pair of ints. 'half' is what others call 'same' (of kernels of odd lengths)"
        )
    given = [mode] * ndim if is_int(mode) else list(mode)
    if len(given) != ndim:
        raise ValueError(f"border_mode {mode!r} is not for {ndim} axes")
    found = tuple(_of_axis(m, mode) for m in given)
    # One name for all axes is that name: equal convolutions are equal operations.
    return found[0] if isinstance(found[0], str) and len(set(found)) == 1 else found


def _of_axis(padding: Any, mode: Any) -> Any:
    """One axis of a border mode: its name, or a pair (before, behind)."""
    if isinstance(padding, str) and padding in _MODES:
        return padding
    pair = (padding, padding) if is_int(padding) else padding
    if not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(map(is_int, pair)):
        raise ValueError(
            f"invalid border_mode {mode!r}: the padding of an axis is 'valid', 'full', 'half', an int or a pair of ints"
        )
    if min(pair) < 0:
        raise ValueError(f"border_mode {mode!r}: padding can't be negative")
    if max(pair) >= TOO_LARGE:
        raise ValueError(f"border_mode {mode!r}: padding must be below {TOO_LARGE:,}")
    return int(pair[0]), int(pair[1])


def border_mode_to_pad(mode: Any, convdim: int, kshp: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    """The padding before and behind each axis, for kernels whose (dilated) lengths are `kshp`.

    Parameters
    ----------
    mode
        'valid', 'full', 'half', an int, or for each axis one of these or a pair (before, behind).
    convdim : int
        The number of axes.
    kshp : sequence
        The (dilated) lengths of kernels.

    Returns
    -------
    tuple of pairs
        (before, behind) for each axis.

    Raises
    ------
    ValueError
        `mode` is none of these, has another number of axes, or a padding is negative.

    Examples
    --------
    >>> border_mode_to_pad("half", 2, (3, 5))
    ((1, 1), (2, 2))
    """
    of_axes = for_each_axis(mode, convdim)
    return tuple(_reach(m, k) if isinstance(m, str) else m for m, k in zip(of_axes, kshp, strict=True))


def _reach(mode: str, kernel: Any) -> tuple[Any, Any]:
    pad = {"valid": lambda k: 0, "full": lambda k: k - 1, "half": lambda k: k // 2}[mode](kernel)
    return pad, pad


def _pads(mode: Any, dilated: Any) -> tuple[Any, Any]:
    """The padding of one axis, whose mode may be a name, a number or a pair."""
    return border_mode_to_pad((mode,), 1, (dilated,))[0]


def get_conv_shape_1axis(
    image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: Any, dilation: Any = 1
) -> Any:
    """The length of the result along one axis; None where a length is not known. Lengths may be expressions.

    Parameters
    ----------
    image_shape, kernel_shape : int, 0-d integer or None
        The lengths; None where one is not known.
    border_mode
        'valid', 'full', 'half', an int, or a pair (before, behind).
    subsample, dilation : int
        By how many elements the kernel moves at a time, and how far its elements are apart.

    Returns
    -------
    int, 0-d integer or None
        ``(image + padding - ((kernel - 1) * dilation + 1)) // subsample + 1``.

    Raises
    ------
    ValueError
        `border_mode` is none of these.

    Examples
    --------
    >>> get_conv_shape_1axis(28, 5, "valid", 1), get_conv_shape_1axis(28, 5, (1, 2), 2, 2)
    (24, 12)
    """
    if None in (image_shape, kernel_shape, subsample, dilation):
        return None
    dilated = (kernel_shape - 1) * dilation + 1
    before, behind = _pads(border_mode, dilated)
    return (image_shape + before + behind - dilated) // subsample + 1


def for_each_axis(mode: Any, ndim: int) -> Sequence[Any]:
    """A border mode as one for each axis: 'valid', 'full', 'half' or a pair (before, behind)."""
    mode = normal_border_mode(mode, ndim)
    return [mode] * ndim if isinstance(mode, str) else mode


def get_conv_output_shape(
    image_shape: Sequence[Any], kernel_shape: Sequence[Any], border_mode: Any, subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    """The shape of the result: images, kernels, then an axis for each of the image.

    Parameters
    ----------
    image_shape, kernel_shape
        (images, channels, lengths) and (kernels, channels, lengths); None where a length is not known. The lengths of
        kernels that are not shared follow those of the result.
    border_mode, subsample, filter_dilation
        See `conv2d`.

    Returns
    -------
    tuple
        (images, kernels, lengths): ints, expressions or None.

    Raises
    ------
    ValueError
        `border_mode` is none, or the shapes have not two lengths more than `subsample`.

    Examples
    --------
    >>> get_conv_output_shape((10, 3, 28, None), (8, 3, 5, 5), "half", (2, 2))
    (10, 8, 14, None)
    """
    ndim = len(subsample)
    dilation = (1,) * ndim if filter_dilation is None else filter_dilation
    if len(image_shape) != 2 + ndim or len(kernel_shape) not in (2 + ndim, 2 + 2 * ndim):
        raise ValueError(
            f"image_shape and kernel_shape must have {2 + ndim} lengths, two more than subsample; got {image_shape!r} "
            f"and {kernel_shape!r}"
        )
    images, kernels = image_shape[-ndim:], kernel_shape[-ndim:]
    modes = for_each_axis(border_mode, ndim)
    spatial = (get_conv_shape_1axis(*axis) for axis in zip(images, kernels, modes, subsample, dilation, strict=True))
    return (image_shape[0], kernel_shape[0], *spatial)


def get_conv_gradweights_shape_1axis(
    image_shape: Any, top_shape: Any, border_mode: Any, subsample: Any, dilation: Any
) -> Any:
    """The length of the kernel along one axis, from those of image and result; None where several fit.

    Parameters
    ----------
    image_shape, top_shape : int, 0-d integer or None
        The lengths of the image and of the result.
    border_mode, subsample, dilation
        See `get_conv_shape_1axis`.

    Returns
    -------
    int, 0-d integer or None
        The length of the kernel.

    Examples
    --------
    >>> get_conv_gradweights_shape_1axis(28, 24, "valid", 1, 1), get_conv_gradweights_shape_1axis(28, 12, "valid", 2, 1)
    (5, None)
    """
    if None in (image_shape, top_shape, border_mode, subsample, dilation) or subsample != 1 or border_mode == "half":
        return None
    if border_mode == "full":
        return (top_shape - image_shape) // dilation + 1
    before, behind = _pads(border_mode, 1)
    return (image_shape + before + behind - top_shape) // dilation + 1


def get_conv_gradweights_shape(
    image_shape: Sequence[Any], top_shape: Sequence[Any], border_mode: Any, subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None, num_groups: int = 1, unshared: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """The shape of the kernels, from those of images and results; None for lengths that are ambiguous.

    Parameters
    ----------
    image_shape, top_shape : sequence
        (images, channels, lengths) and (images, kernels, lengths); None where a length is not known.
    border_mode, subsample, filter_dilation, num_groups, unshared
        See `conv2d`.

    Returns
    -------
    tuple
        (kernels, channels / num_groups, lengths); with `unshared` the lengths of the result are behind the first.

    Raises
    ------
    ValueError
        `border_mode` is none.

    Examples
    --------
    >>> get_conv_gradweights_shape((10, 3, 28, 28), (10, 8, 24, 24), "valid", (1, 1))
    (8, 3, 5, 5)
    """
    ndim = len(subsample)
    dilation = (1,) * ndim if filter_dilation is None else filter_dilation
    modes = for_each_axis(border_mode, ndim)
    channels = None if image_shape[1] is None else image_shape[1] // num_groups
    axes = zip(image_shape[2:], top_shape[2:], modes, subsample, dilation, strict=True)
    spatial = tuple(get_conv_gradweights_shape_1axis(*axis) for axis in axes)
    if unshared:
        return (top_shape[1], *top_shape[2:], channels, *spatial)
    return (top_shape[1], channels, *spatial)


def get_conv_gradinputs_shape_1axis(
    kernel_shape: Any, top_shape: Any, border_mode: Any, subsample: Any, dilation: Any
) -> Any:
    """The length of the image along one axis, from those of kernel and result; None where several fit.

    Parameters
    ----------
    kernel_shape, top_shape : int, 0-d integer or None
        The lengths of the kernel and of the result.
    border_mode, subsample, dilation
        See `get_conv_shape_1axis`.

    Returns
    -------
    int, 0-d integer or None
        The length of the image.

    Examples
    --------
    >>> get_conv_gradinputs_shape_1axis(5, 24, "valid", 1, 1), get_conv_gradinputs_shape_1axis(5, 12, "valid", 2, 1)
    (28, None)
    """
    if None in (kernel_shape, top_shape, border_mode, subsample, dilation) or subsample != 1:
        return None
    dilated = (kernel_shape - 1) * dilation + 1
    before, behind = _pads(border_mode, dilated)
    return top_shape + dilated - 1 - before - behind


def get_conv_gradinputs_shape(
    kernel_shape: Sequence[Any], top_shape: Sequence[Any], border_mode: Any, subsample: Sequence[Any],
    filter_dilation: Sequence[Any] | None = None, num_groups: int = 1,
) -> tuple[Any, ...]:  # fmt: skip
    """The shape of the images, from those of kernels and results; None for lengths that are ambiguous.

    Parameters
    ----------
    kernel_shape, top_shape : sequence
        (kernels, channels / num_groups, lengths) and (images, kernels, lengths); None where a length is not known.
    border_mode, subsample, filter_dilation, num_groups
        See `conv2d`.

    Returns
    -------
    tuple
        (images, channels, lengths).

    Raises
    ------
    ValueError
        `border_mode` is none.

    Examples
    --------
    >>> get_conv_gradinputs_shape((8, 3, 5, 5), (10, 8, 24, 12), "valid", (1, 2))
    (10, 3, 28, None)
    """
    ndim = len(subsample)
    dilation = (1,) * ndim if filter_dilation is None else filter_dilation
    modes = for_each_axis(border_mode, ndim)
    channels = kernel_shape[-ndim - 1]
    channels = None if channels is None else channels * num_groups
    axes = zip(kernel_shape[-ndim:], top_shape[2:], modes, subsample, dilation, strict=True)
    return (top_shape[0], channels, *(get_conv_gradinputs_shape_1axis(*axis) for axis in axes))


def check_conv_gradinputs_shape(
    image_shape: Sequence[Any], kernel_shape: Sequence[Any], output_shape: Sequence[Any], border_mode: Any,
    subsample: Sequence[Any], filter_dilation: Sequence[Any] | None = None,
) -> bool:  # fmt: skip
    """Whether images and kernels of these shapes can give this result; lengths of None fit all.

    Parameters
    ----------
    image_shape, kernel_shape, output_shape : sequence
        Shapes; None where a length is not known.
    border_mode, subsample, filter_dilation
        See `conv2d`.

    Returns
    -------
    bool
        Whether they fit.

    Raises
    ------
    ValueError
        `border_mode` is none, or `output_shape` has another number of lengths.

    Examples
    --------
    >>> check_conv_gradinputs_shape((1, 1, 5, 5), (1, 1, 3, 3), (1, 1, 3, None), "valid", (1, 1))
    True
    """
    made = get_conv_output_shape(image_shape, kernel_shape, border_mode, subsample, filter_dilation)
    return all(a is None or b is None or a == b for a, b in zip(made, output_shape, strict=True))
