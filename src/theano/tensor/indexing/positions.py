"""Positions in a flattened array, and the coordinates that they stand for."""

from __future__ import annotations

from typing import Any

from theano.scalar.dtypes import INTEGER
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.static_value import known_ints
from theano.tensor.opsupport import as_index, index_constant
from theano.tensor.pointwise.math import cast
from theano.tensor.variable import as_tensor_variable

__all__ = ["as_index_like", "ravel_multi_index", "unravel_index"]


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> Any:
    """The coordinates, one tensor for each of `dims`, of positions in the flattened array.

    Parameters
    ----------
    indices : tensor-like
        Integers from 0 on, below the number of elements.
    dims : sequence of integers, or integer vector
        The shape of the array.
    order : {'C', 'F'}
        Whether the last coordinate or the first one counts single elements.
    ndim : int, optional
        How many axes there are, if `dims` is a vector of unknown length.

    Returns
    -------
    tuple of TensorVariable, or TensorVariable
        One for each axis (with one axis, it alone): int64, of the shape of `indices`.

    Raises
    ------
    TypeError
        `indices` are no integers.
    ValueError
        The number of axes is not known; positions that are out of range, when the function runs.

    Examples
    --------
    >>> [int(i.eval()) for i in T.unravel_index(5, (2, 3))]
    [1, 2]
    """
    _checked_order(order)
    indices, lengths = as_index_like(indices), _dims(dims, ndim)
    size: Any = index_constant(1)
    for length in lengths:
        size = size * length
    indices = _below(indices, size, "unravel_index: a position is not in an array of this shape")
    coordinates: list[Any] = []
    for length in reversed(lengths) if order == "C" else lengths:
        coordinates.append(indices % length)
        indices = indices // length
    ordered = tuple(coordinates[::-1] if order == "C" else coordinates)
    return ordered[0] if len(ordered) == 1 else ordered


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Any:
    """The positions in the flattened array of points given by coordinates.

    With `mode` 'wrap' or 'clip' coordinates out of range are taken modulo the length or to the nearest end.

    Parameters
    ----------
    multi_index : sequence of tensor-like
        The coordinates along each axis: integers, of shapes that broadcast.
    dims : sequence of integers, or integer vector
        The shape of the array.
    mode : {'raise', 'wrap', 'clip'}
        What becomes of coordinates out of range: an error when the function runs, their remainders, or the nearest end.
    order : {'C', 'F'}
        Whether the last coordinate or the first one counts single elements.

    Returns
    -------
    TensorVariable
        Positions: int64, of the shape that the coordinates broadcast to.

    Raises
    ------
    TypeError
        Coordinates are no integers.
    ValueError
        Another `mode`; coordinates that are out of range, when the function runs.

    Examples
    --------
    >>> int(T.ravel_multi_index((1, 2), (2, 3)).eval())
    5
    """
    coordinates = [as_index_like(i) for i in multi_index]
    lengths = _dims(dims, len(coordinates))
    if mode == "wrap":
        coordinates = [i % n for i, n in zip(coordinates, lengths)]
    elif mode == "clip":
        coordinates = [i.clip(0, n - 1) for i, n in zip(coordinates, lengths)]
    elif mode == "raise":
        message = "ravel_multi_index: a coordinate is out of range along axis {}"
        coordinates = [_below(i, n, message.format(k)) for k, (i, n) in enumerate(zip(coordinates, lengths))]
    else:
        raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    _checked_order(order)
    pairs = list(zip(coordinates, lengths))
    total: Any = index_constant(0)
    for i, n in pairs if order == "C" else reversed(pairs):
        total = total * n + i
    return total


def _checked_order(order: str) -> None:
    if order not in ("C", "F"):
        raise ValueError(f"order must be 'C' or 'F', not {order!r}")


def _below(indices: Any, length: Any, message: str) -> Any:
    """The indices, which must be from 0 on and below a length."""
    return Assert(message, ValueError)(indices, (indices >= 0).all(), (indices < length).all())


def as_index_like(value: Any) -> Any:
    """`value` as a tensor of int64.

    Raises
    ------
    TypeError
        It is not of integers.
    """
    variable = as_tensor_variable(value)
    if variable.type.dtype not in INTEGER:
        raise TypeError(f"indices must be integers, got {variable.type}")
    return cast(variable, "int64")


def _dims(dims: Any, ndim: int | None) -> list[Any]:
    if isinstance(dims, (list, tuple)):
        return [as_index(d, "a length") for d in dims]
    vector = as_tensor_variable(dims)
    known = known_ints(vector)
    count = ndim if known is None else len(known)
    if count is None:
        raise ValueError("the number of dimensions is not known; give ndim")
    return [as_index(vector[i]) for i in range(count)]
