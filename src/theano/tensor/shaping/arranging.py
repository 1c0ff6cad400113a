"""Axes and elements arranged anew, under NumPy's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing.indexing import getitem, take
from theano.tensor.making.alloc import alloc
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import checked_axis
from theano.tensor.shaping.axes import transpose
from theano.tensor.shaping.reshaping import flatten
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "along", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to", "expand_dims", "flip", "fliplr", "flipud",
    "matrix_transpose", "meshgrid", "moveaxis", "rollaxis", "rot90", "take_along_axis",
]  # fmt: skip


def as_axes(axis: Any, ndim: int, what: str) -> list[int]:
    """`axis`, an int or several different ones, as numbers from 0 to ``ndim - 1``."""
    axes = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    found = [checked_axis(int(a), ndim, what) for a in axes]
    if len(set(found)) < len(found):
        raise ValueError(f"{what}: an axis is named twice in {axis}")
    return found


def expand_dims(a: Any, axis: Any) -> Any:
    """`a` with new axes of length 1, which are the axes `axis` (an int or several) of the result.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    axis : int or sequence of ints
        Which axes of the result are new.

    Returns
    -------
    TensorVariable
        Of the dtype of `a`; the new axes are broadcastable.

    Raises
    ------
    <tensor errors>
    ValueError
        The result has no such axis.

    Examples
    --------
    >>> T.expand_dims(T.matrix(), (0, -1)).broadcastable
    (True, False, False, True)
    """
    a = as_tensor_variable(a)
    count = 1 if isinstance(axis, (int, np.integer)) else len(axis)
    new = as_axes(axis, a.type.ndim + count, "expand_dims")
    rest = iter(range(a.type.ndim))
    return dimshuffle(a, ["x" if k in new else next(rest) for k in range(a.type.ndim + count)])


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """`a` with its axes `source` (an int or several) at the places `destination`; the others keep their order.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    source : int or sequence of ints
        The axes that move.
    destination : int or sequence of ints
        Where each of them goes.

    Returns
    -------
    TensorVariable
        A view of `a`: of its dtype, with its lengths in the new order.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis, or not as many places as axes.

    Examples
    --------
    >>> T.moveaxis(T.constant([[[1, 2, 3]]]), 0, -1).eval().shape
    (1, 3, 1)
    """
    a = as_tensor_variable(a)
    old, new = as_axes(source, a.type.ndim, "moveaxis"), as_axes(destination, a.type.ndim, "moveaxis")
    if len(old) != len(new):
        raise ValueError(f"moveaxis: {len(old)} axes for {len(new)} places")
    order = [k for k in range(a.type.ndim) if k not in old]
    for place, axis in sorted(zip(new, old)):
        order.insert(place, axis)
    return dimshuffle(a, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """`a` with the axis `axis` moved before the axis `start`, as `numpy.rollaxis`.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    axis : int
        The axis that moves.
    start : int
        Before which axis it goes.

    Returns
    -------
    TensorVariable
        A view of `a`: of its dtype, with its lengths in the new order.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.rollaxis(T.zeros((2, 3, 4)), 2).eval().shape
    (4, 2, 3)
    """
    a = as_tensor_variable(a)
    (axis,) = as_axes(axis, a.type.ndim, "rollaxis")
    if not -a.type.ndim <= start <= a.type.ndim:
        raise ValueError(f"rollaxis: start={start} for {a.type.ndim} dimensions")
    start += a.type.ndim * (start < 0)
    return moveaxis(a, axis, start - (axis < start))


def matrix_transpose(x: Any) -> Any:
    """`x` with its last two axes exchanged: the transposed matrices of a stack. The attribute ``x.mT`` is this.

    Parameters
    ----------
    x : tensor-like
        Two axes at least.

    Returns
    -------
    TensorVariable
        Of the dtype of `x` and of shape ``(..., n, m)`` where that of `x` is ``(..., m, n)``.

    Raises
    ------
    <tensor errors>
    ValueError
        `x` has less than two dimensions.

    Examples
    --------
    >>> T.matrix_transpose(T.constant([[[1, 2]]])).eval()
    array([[[1],
            [2]]])
    """
    x = as_tensor_variable(x)
    if x.type.ndim < 2:
        raise ValueError(f"matrix_transpose: {x} has {x.type.ndim} dimensions, two at least are needed")
    return dimshuffle(x, [*range(x.type.ndim - 2), x.type.ndim - 1, x.type.ndim - 2])


def _at_least(ndim: int, orders: Sequence[Sequence[Any]]) -> Callable[..., Any]:
    """The function that gives tensors of k dimensions the axes ``orders[k]``."""

    def pad_axes(*arys: Any) -> Any:
        tensors = [as_tensor_variable(a) for a in arys]
        padded = [t if t.type.ndim >= ndim else dimshuffle(t, orders[t.type.ndim]) for t in tensors]
        return padded[0] if len(padded) == 1 else padded

    pad_axes.__name__ = pad_axes.__qualname__ = f"atleast_{ndim}d"
    pad_axes.__doc__ = f"""Each tensor with axes of length 1 added, as NumPy does, until it has {ndim} at least.

    Parameters
    ----------
    *arys : tensor-like
        Any number of them, of any shapes and dtypes.

    Returns
    -------
    TensorVariable, or list of them
        Of the dtype of the tensor; several tensors (or none) give a list.

    Raises
    ------
    TypeError
        What should be a tensor can't become one.

    Examples
    --------
    >>> T.atleast_{ndim}d(T.scalar()).ndim
    {ndim}
    """
    return pad_axes


atleast_1d = _at_least(1, (["x"],))
atleast_2d = _at_least(2, (["x", "x"], ["x", 0]))
atleast_3d = _at_least(3, (["x", "x", "x"], ["x", 0, "x"], [0, 1, "x"]))


def flip(m: Any, axis: Any = None) -> Any:
    """`m` with the elements along `axis` (an int, several, or None for all) in reversed order.

    Parameters
    ----------
    m : tensor-like
        <any tensor>
    axis : int, sequence of ints or None
        Along which axes; None: along all.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.flip(T.constant([1, 2, 3])).eval()
    array([3, 2, 1])
    """
    m = as_tensor_variable(m)
    axes = range(m.type.ndim) if axis is None else as_axes(axis, m.type.ndim, "flip")
    return m[tuple(slice(None, None, -1 if k in axes else None) for k in range(m.type.ndim))]


def fliplr(m: Any) -> Any:
    """`m` with its columns in reversed order.

    Parameters
    ----------
    m : tensor-like
        Two axes at least.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    <tensor errors>
    ValueError
        `m` has less than two axes.

    Examples
    --------
    >>> T.fliplr(T.constant([[1, 2], [3, 4]])).eval()
    array([[2, 1],
           [4, 3]])
    """
    return flip(m, 1)


def flipud(m: Any) -> Any:
    """`m` with its rows in reversed order.

    Parameters
    ----------
    m : tensor-like
        One axis at least.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    <tensor errors>
    ValueError
        `m` has no axis.

    Examples
    --------
    >>> T.flipud(T.constant([[1, 2], [3, 4]])).eval()
    array([[3, 4],
           [1, 2]])
    """
    return flip(m, 0)


def rot90(m: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """`m` turned `k` times by a quarter, from the first of `axes` towards the second.

    Parameters
    ----------
    m : tensor-like
        Two axes at least.
    k : int
        How many quarters.
    axes : pair of ints
        The axes of the plane.

    Returns
    -------
    TensorVariable
        Of the dtype of `m`; with an odd `k` the two lengths are exchanged.

    Raises
    ------
    <tensor errors>
    ValueError
        There are no such axes, or both are the same.

    Examples
    --------
    >>> T.rot90(T.constant([[1, 2], [3, 4]])).eval()
    array([[2, 4],
           [1, 3]])
    """
    m = as_tensor_variable(m)
    first, second = as_axes(axes, m.type.ndim, "rot90")
    order = list(range(m.type.ndim))
    order[first], order[second] = second, first
    turns = k % 4
    if turns == 0:
        return m
    if turns == 2:
        return flip(m, (first, second))
    return transpose(flip(m, second), order) if turns == 1 else flip(transpose(m, order), second)


def broadcast_to(array: Any, shape: Any) -> Any:
    """`array` repeated to a shape: axes are added on the left, and those known to have length 1 are stretched.

    Parameters
    ----------
    array : tensor-like
        <any tensor>
    shape : sequence of integers or 0-d integer tensors
        The lengths of the result.

    Returns
    -------
    TensorVariable
        Of this shape and of the dtype of `array`.

    Raises
    ------
    <tensor errors>
    ValueError
        When it runs: another length than that of `array` is asked for.

    Examples
    --------
    >>> T.broadcast_to(T.constant([1, 2]), (2, 2)).eval()
    array([[1, 2],
           [1, 2]])
    """
    return alloc(array, *(shape if isinstance(shape, (list, tuple)) else [shape]))


def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> list[Any]:
    """Coordinates of the points of a grid: for each vector a tensor with an axis for every vector.

    Parameters
    ----------
    *xi : tensor-like
        Vectors (or numbers): the coordinates along each axis.
    indexing : {'xy', 'ij'}
        With 'xy' the first two axes are exchanged.
    sparse : bool
        Whether each result has its own axis only, and length 1 along the others.
    copy : bool
        Has no meaning here.

    Returns
    -------
    list of TensorVariable
        One for each vector and of its dtype, with as many axes as there are vectors.

    Raises
    ------
    <tensor errors>
    ValueError
        `indexing` is neither 'xy' nor 'ij'.

    Examples
    --------
    >>> [g.eval().tolist() for g in T.meshgrid(T.constant([1, 2]), T.constant([3, 4]))]
    [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    vectors = [flatten(as_tensor_variable(x)) for x in xi]
    places = list(range(len(vectors)))
    if indexing == "xy" and len(places) > 1:
        places[:2] = [1, 0]
    spread = [
        dimshuffle(v, [0 if k == place else "x" for k in range(len(vectors))]) for v, place in zip(vectors, places)
    ]
    if sparse:
        return spread
    lengths = [shape_i(vectors[places.index(k)], 0) for k in range(len(vectors))]
    return [alloc(s, *lengths) for s in spread]


def along(x: Any, positions: Any, axis: int) -> tuple[Any, ...]:
    """The index that picks, along `axis` of `x`, the elements at `positions` (a tensor of as many dimensions)."""
    ndim = x.type.ndim
    return tuple(
        positions if k == axis else dimshuffle(arange(shape_i(x, k)), [0 if j == k else "x" for j in range(ndim)])
        for k in range(ndim)
    )


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """For each place of `indices` the element at that position along `axis`, as `numpy.take_along_axis`.

    Parameters
    ----------
    arr : tensor-like
        <any tensor>
    indices : tensor-like
        Integers: as many axes as `arr` has, and equal lengths along the others than `axis`.
    axis : int or None
        None: `arr` is flattened.

    Returns
    -------
    TensorVariable
        Of the shape of `indices` and the dtype of `arr`.

    Raises
    ------
    <tensor errors>
    ValueError
        The dimensions differ.
    IndexError
        When it runs: an index is out of range.

    Examples
    --------
    >>> x = T.constant([[3, 1, 2], [4, 6, 5]])
    >>> T.take_along_axis(x, T.argsort(x, axis=1), axis=1).eval()
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    arr, indices = as_tensor_variable(arr), as_tensor_variable(indices)
    if axis is None:
        return take(flatten(arr), indices, axis=0)
    if arr.type.ndim != indices.type.ndim:
        raise ValueError(f"take_along_axis: {indices.type.ndim} dimensions of indices for {arr.type.ndim} of {arr}")
    (axis,) = as_axes(axis, arr.type.ndim, "take_along_axis")
    return getitem(arr, along(arr, indices, axis))


fill(globals())
