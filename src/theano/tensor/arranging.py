"""Axes and elements arranged anew, under NumPy's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.tensor.alloc import alloc, arange
from theano.tensor.assertion import Assert
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing import getitem, take
from theano.tensor.join import concatenate
from theano.tensor.math import cast, clip, ge, maximum, minimum
from theano.tensor.opsupport import as_index
from theano.tensor.shape import flatten, shape_i, shape_padright, transpose
from theano.tensor.static_value import known_scalar
from theano.tensor.subtensor import set_subtensor
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "along", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to", "column_stack", "dstack",
    "expand_dims", "flip", "fliplr", "flipud", "hstack", "matrix_transpose", "meshgrid", "moveaxis", "pad", "rollaxis",
    "rot90", "take_along_axis", "vstack",
]  # fmt: skip


def _axes(axis: Any, ndim: int, what: str) -> list[int]:
    """`axis`, an int or several different ones, as numbers from 0 to ``ndim - 1``."""
    axes = [axis] if isinstance(axis, (int, np.integer)) else list(axis)
    for a in axes:
        if not -ndim <= a < ndim:
            raise ValueError(f"{what}: axis {a} is out of bounds for {ndim} dimensions")
    found = [int(a) % ndim for a in axes]
    if len(set(found)) < len(found):
        raise ValueError(f"{what}: an axis is named twice in {axis}")
    return found


def expand_dims(a: Any, axis: Any) -> Any:
    """`a` with new axes of length 1, which are the axes `axis` (an int or several) of the result.

    Parameters
    ----------
    a : tensor-like
    axis : int or sequence of ints
        Which axes of the result are new.

    Returns
    -------
    TensorVariable
        Of the dtype of `a`; the new axes are broadcastable.

    Raises
    ------
    ValueError
        The result has no such axis.

    Examples
    --------
    >>> T.expand_dims(T.matrix(), (0, -1)).broadcastable
    (True, False, False, True)
    """
    a = as_tensor_variable(a)
    count = 1 if isinstance(axis, (int, np.integer)) else len(axis)
    new = _axes(axis, a.type.ndim + count, "expand_dims")
    rest = iter(range(a.type.ndim))
    return dimshuffle(a, ["x" if k in new else next(rest) for k in range(a.type.ndim + count)])


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """`a` with its axes `source` (an int or several) at the places `destination`; the others keep their order.

    Parameters
    ----------
    a : tensor-like
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
    ValueError
        There is no such axis, or not as many places as axes.

    Examples
    --------
    >>> T.moveaxis(T.constant([[[1, 2, 3]]]), 0, -1).eval().shape
    (1, 3, 1)
    """
    a = as_tensor_variable(a)
    old, new = _axes(source, a.type.ndim, "moveaxis"), _axes(destination, a.type.ndim, "moveaxis")
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
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.rollaxis(T.zeros((2, 3, 4)), 2).eval().shape
    (4, 2, 3)
    """
    a = as_tensor_variable(a)
    (axis,) = _axes(axis, a.type.ndim, "rollaxis")
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

    Returns
    -------
    TensorVariable, or list of them
        Of the dtype of the tensor; several tensors (or none) give a list.

    Examples
    --------
    >>> T.atleast_{ndim}d(T.scalar()).ndim
    {ndim}
    """
    return pad_axes


atleast_1d = _at_least(1, (["x"],))
atleast_2d = _at_least(2, (["x", "x"], ["x", 0]))
atleast_3d = _at_least(3, (["x", "x", "x"], ["x", 0, "x"], [0, 1, "x"]))


def hstack(tup: Sequence[Any]) -> Any:
    """The tensors joined along their second axis, vectors along their only one.

    Parameters
    ----------
    tup : sequence of tensor-like
        Tensors of as many axes and with equal lengths along all but the one that joins.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of all.

    Raises
    ------
    IndexError
        There is no tensor.
    TypeError
        The tensors do not have the same number of axes.
    ValueError
        Other lengths differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.hstack([T.constant([1, 2]), T.constant([3])]).eval()
    array([1, 2, 3])
    """
    parts = [atleast_1d(a) for a in tup]
    return concatenate(parts, axis=0 if parts[0].type.ndim == 1 else 1)


def vstack(tup: Sequence[Any]) -> Any:
    """The tensors joined along their first axis, vectors as rows.

    Parameters
    ----------
    tup : sequence of tensor-like
        Tensors of as many axes and with equal lengths along all but the first; vectors are rows.

    Returns
    -------
    TensorVariable
        Of two axes at least, and of the dtype that holds those of all.

    Raises
    ------
    TypeError
        The tensors do not have the same number of axes.
    ValueError
        There is no tensor, or other lengths differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.vstack([T.constant([1, 2]), T.constant([3, 4])]).eval()
    array([[1, 2],
           [3, 4]])
    """
    return concatenate([atleast_2d(a) for a in tup], axis=0)


def dstack(tup: Sequence[Any]) -> Any:
    """The tensors joined along their third axis, as `numpy.dstack`.

    Parameters
    ----------
    tup : sequence of tensor-like
        Tensors with equal lengths along all axes but the third; vectors and matrices get axes of length 1.

    Returns
    -------
    TensorVariable
        Of three axes at least, and of the dtype that holds those of all.

    Raises
    ------
    ValueError
        There is no tensor, or lengths differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.dstack([T.constant([1, 2]), T.constant([3, 4])]).eval()
    array([[[1, 3],
            [2, 4]]])
    """
    return concatenate([atleast_3d(a) for a in tup], axis=2)


def column_stack(tup: Sequence[Any]) -> Any:
    """The columns of all tensors side by side; a vector is a column.

    Parameters
    ----------
    tup : sequence of tensor-like
        Vectors and matrices with equal numbers of rows.

    Returns
    -------
    TensorVariable
        A matrix, of the dtype that holds those of all.

    Raises
    ------
    ValueError
        There is no tensor, or the numbers of rows differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.column_stack([T.constant([1, 2]), T.constant([3, 4])]).eval()
    array([[1, 3],
           [2, 4]])
    """
    tensors = [as_tensor_variable(a) for a in tup]
    return concatenate([t if t.type.ndim > 1 else shape_padright(atleast_1d(t)) for t in tensors], axis=1)


def flip(m: Any, axis: Any = None) -> Any:
    """`m` with the elements along `axis` (an int, several, or None for all) in reversed order.

    Parameters
    ----------
    m : tensor-like
    axis : int, sequence of ints or None
        Along which axes; None: along all.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.flip(T.constant([1, 2, 3])).eval()
    array([3, 2, 1])
    """
    m = as_tensor_variable(m)
    axes = range(m.type.ndim) if axis is None else _axes(axis, m.type.ndim, "flip")
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
    ValueError
        There are no such axes, or both are the same.

    Examples
    --------
    >>> T.rot90(T.constant([[1, 2], [3, 4]])).eval()
    array([[2, 4],
           [1, 3]])
    """
    m = as_tensor_variable(m)
    first, second = _axes(axes, m.type.ndim, "rot90")
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
    shape : sequence of integers or 0-d integer tensors
        The lengths of the result.

    Returns
    -------
    TensorVariable
        Of this shape and of the dtype of `array`.

    Raises
    ------
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


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """`ary` cut along `axis`: before the places of a list, or into that many parts of almost equal length.

    Parameters
    ----------
    ary : tensor-like
    indices_or_sections : int or sequence of ints
        How many parts, or the places before which to cut.
    axis : int
        The axis that is cut.

    Returns
    -------
    list of TensorVariable
        The parts, of the dtype of `ary`; if the length is not a multiple of their number, the first ones are
        longer by one.

    Raises
    ------
    ValueError
        There is no such axis, or less than one part.

    Examples
    --------
    >>> [p.eval().tolist() for p in T.array_split(T.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    ary = as_tensor_variable(ary)
    (axis,) = _axes(axis, ary.type.ndim, "array_split")
    length = shape_i(ary, axis)
    if isinstance(indices_or_sections, (int, np.integer)):
        count = int(indices_or_sections)
        if count <= 0:
            raise ValueError(f"array_split: {count} parts")
        each, more = length // count, length % count
        cuts = [k * each + minimum(more, k) for k in range(1, count)]
    else:
        cuts = list(indices_or_sections)
    before = (slice(None),) * axis
    return [ary[(*before, slice(a, b))] for a, b in zip([0, *cuts], [*cuts, None])]


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
    (axis,) = _axes(axis, arr.type.ndim, "take_along_axis")
    return getitem(arr, along(arr, indices, axis))


# -- padding -------------------------------------------------------------------------------------------------


def _widths(pad_width: Any, ndim: int) -> list[tuple[Any, Any]]:
    """How much is added before and behind each axis; NumPy allows a number, a pair, or a pair for each axis."""
    given = pad_width.tolist() if isinstance(pad_width, np.ndarray) else pad_width
    if not isinstance(given, (list, tuple)):
        return [(given, given)] * ndim
    nested = any(isinstance(p, (list, tuple, np.ndarray)) for p in given)
    pairs = [tuple(p) if isinstance(p, (list, tuple, np.ndarray)) else (p,) for p in (given if nested else [given])]
    pairs = [p * 2 if len(p) == 1 else p for p in pairs]
    pairs = pairs * ndim if len(pairs) == 1 else pairs
    if len(pairs) != ndim or any(len(p) != 2 for p in pairs):
        raise ValueError(f"pad: {pad_width!r} does not give a pair of widths for each of {ndim} axes")
    return pairs


def _width(value: Any) -> Any:
    """How many elements are added, as a 0-d integer that is not negative."""
    width = as_index(value, "a width", clamp=False)
    known, complaint = known_scalar(width), "pad: a width is negative"
    if known is None:
        return Assert(complaint, ValueError)(width, ge(width, 0))
    if known < 0:
        raise ValueError(f"{complaint}: {known}")
    return width


def _mirrored(place: Any, total: Any) -> Any:
    """The position itself in the first half of a period, counted back from its end in the second."""
    return minimum(place, total - place)


_SOURCES: dict[str, Callable[[Any, Any], Any]] = {
    "edge": lambda place, n: clip(place, 0, n - 1),
    "wrap": lambda place, n: place % n,
    "symmetric": lambda place, n: _mirrored(place % (2 * n), 2 * n - 1),
    "reflect": lambda place, n: _mirrored(place % maximum(2 * (n - 1), 1), 2 * (n - 1)),
}


def pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """`array` with elements added before and behind each axis, as `numpy.pad`.

    Parameters
    ----------
    array : tensor-like
    pad_width : int, pair, or a pair for each axis
        How many: the same everywhere, (before, behind) for all axes, or for each; they may be expressions.
    mode : {'constant', 'edge', 'wrap', 'reflect', 'symmetric'}
        What is added: `constant_values`, the outermost element, elements from the other end, or elements
        mirrored at the outermost one or behind it.
    constant_values : tensor-like, 0-d
        What is added with ``mode="constant"``: one number.

    Returns
    -------
    TensorVariable
        Of the dtype of `array`, each axis as much longer as its widths say.

    Raises
    ------
    ValueError
        Another `mode`, widths that are not one for each axis, or (also when it runs) a negative one.
    IndexError
        When it runs: an axis without elements is continued by its elements.

    Examples
    --------
    >>> T.pad(T.constant([1, 2, 3]), (2, 1), mode="reflect").eval()
    array([3, 2, 1, 2, 3, 2])
    """
    x = as_tensor_variable(array)
    pairs = [[_width(w) for w in p] for p in _widths(pad_width, x.type.ndim)]
    if mode == "constant":
        value = cast(as_tensor_variable(constant_values), x.type.dtype)
        if value.type.ndim:
            raise ValueError(f"pad: constant_values must be one number, not {constant_values!r}")
        lengths = [shape_i(x, k) + before + behind for k, (before, behind) in enumerate(pairs)]
        inside = tuple(slice(before, before + shape_i(x, k)) for k, (before, _) in enumerate(pairs))
        return set_subtensor(alloc(value, *lengths)[inside], x)
    if mode not in _SOURCES:
        raise ValueError(f"pad: mode must be one of constant, {', '.join(_SOURCES)}, not {mode!r}")
    for k, (before, behind) in enumerate(pairs):
        places = arange(-before, shape_i(x, k) + behind)
        x = take(x, _SOURCES[mode](places, shape_i(x, k)), axis=k)
    return x
