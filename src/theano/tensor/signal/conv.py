"""Convolutions of plain images, without channels."""

from __future__ import annotations

from typing import Any

from theano.graph.common_text import fill
from theano.tensor.checks.shape_agreement import all_fitting
from theano.tensor.elemwise import dimshuffle
from theano.tensor.nnet.convolution.geometry import numbers
from theano.tensor.nnet.convolution.images import conv2d as of_channels
from theano.tensor.nnet.convolution.shape_checks import has_room, promised
from theano.tensor.shaping.shape import shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = ["conv2d"]


def conv2d(
    input: Any, filters: Any, image_shape: Any = None, filter_shape: Any = None, border_mode: Any = "valid",
    subsample: Any = (1, 1), **kargs: Any,
) -> Any:  # fmt: skip
    """One image, or each of several, convolved with one kernel, or with each of several.

    Parameters
    ----------
    input, filters
        Matrices, or 3-d tensors of several.
    image_shape, filter_shape
        What is known of their shapes: lengths or None.
    border_mode, subsample, **kargs
        See `theano.tensor.nnet.conv2d`.

    Returns
    -------
    tensor
        (images, kernels, rows, columns), without the axes that the arguments have not.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is neither a matrix nor 3-d.

    Examples
    --------
    >>> from theano.tensor.signal.conv import conv2d
    >>> conv2d(T.constant([[1.0, 2.0, 4.0]]), T.constant([[1.0, -1.0]])).eval()
    array([[1., 2.]])

    References
    ----------
    ``y[i, j] = sum over p, q of x[i - p, j - q] * w[p, q]``, as `scipy.signal.convolve2d`.
    """
    given = {"input": as_tensor_variable(input), "filters": as_tensor_variable(filters)}
    if any(x.type.ndim not in (2, 3) for x in given.values()):
        got = ", ".join(f"{name} {x} has {x.type.ndim}" for name, x in given.items())
        raise ValueError(f"signal.conv.conv2d takes matrices and 3-d tensors; {got} dimensions")
    sides = {name: (x, [""] * x.type.ndim) for name, x in given.items()}
    required = promised(sides, {"image_shape": (image_shape, "input"), "filter_shape": (filter_shape, "filters")})
    images, kernels = (shape_tuple(x)[-2:] for x in given.values())
    dilation = numbers(kargs.get("filter_dilation"), 2, 1, "filter_dilation")
    required += has_room(images, kernels, border_mode, numbers(subsample, 2, 1, "subsample"), dilation)
    input, filters = all_fitting("signal.conv.conv2d", sides, required)
    images = dimshuffle(input, ("x", "x", 0, 1) if input.type.ndim == 2 else (0, "x", 1, 2))
    kernels = dimshuffle(filters, ("x", "x", 0, 1) if filters.type.ndim == 2 else (0, "x", 1, 2))

    def whole(shape: Any) -> Any:
        if shape is None:
            return None
        lengths = list(shape)
        return (1, 1, *lengths) if len(lengths) == 2 else (lengths[0], 1, *lengths[1:])

    result = of_channels(images, kernels, whole(image_shape), whole(filter_shape), border_mode, subsample, **kargs)
    kept = [0] * (input.type.ndim == 3) + [1] * (filters.type.ndim == 3) + [2, 3]
    if len(kept) == 4:
        return result
    index = tuple(slice(None) if k in kept else 0 for k in range(4))
    return result[index]


fill(globals())
