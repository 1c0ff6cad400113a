"""``x[...]``: an index expression as a user writes it becomes basic or advanced indexing."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from theano.graph import Constant, Variable
from theano.graph.common_text import fill
from theano.graph.shown import shown
from theano.scalar.dtypes import INTEGER
from theano.tensor.indexing.advanced_subtensor import (
    ARRAY,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    Nonzero,
    as_index_array,
)
from theano.tensor.indexing.subtensor import FULL, Subtensor, take_apart
from theano.tensor.opsupport import as_index, checked_axis
from theano.tensor.pointwise.math import clip
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.join import stack
from theano.tensor.shaping.reshaping import flatten
from theano.tensor.shaping.shape import MakeVector, shape_i
from theano.tensor.type import TensorType
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable, constant


def getitem(x: Any, key: Any) -> Any:
    """``x[key]``.

    Takes integers, slices, ``None``, ``Ellipsis``, 0-d integer variables, integer arrays and boolean masks.

    Of an index with ``None``, without arrays and ``Ellipsis``, axes behind the last one that is indexed are dropped
    if all of them are broadcastable, as Theano does; otherwise they stay, as in NumPy.

    Raises
    ------
    TypeError
        For floats, Python bools and masks given as Python lists.
    IndexError
        For more indices than dimensions, and for indices known to be out of range.

    Examples
    --------
    >>> getitem(T.matrix(), (slice(None), None)).ndim, getitem(T.col(), (slice(None), None)).ndim
    (3, 2)
    """
    if isinstance(key, list) and any(e is None or e is Ellipsis or isinstance(e, slice) for e in key):
        key = tuple(key)  # no array has such elements
    entries = [_classified(_plain(e)) for e in (key if isinstance(key, tuple) else (key,))]
    entries = _without_ellipsis(entries, x.type.ndim)
    used = sum(_axes_of(e) for e in entries)
    if used > x.type.ndim:
        raise IndexError(f"too many indices for {x}: {used} for {x.type.ndim} dimensions")
    entries = _with_bounds(x, entries)
    advanced = any(_is_array(e) for e in entries)
    if any(e is None for e in entries):
        x = _with_new_axes(x, entries, drop_rest=not advanced and all(x.type.broadcastable[used:]))
        entries = [FULL if e is None else e for e in entries]
        if all(isinstance(e, slice) and e == FULL for e in entries):
            return x
    if advanced:
        return _advanced(x, entries)
    idx_list, inputs = take_apart(entries)
    return Subtensor(idx_list)(x, *inputs)


def _plain(entry: Any) -> Any:
    """An index without variables of other types than tensors: one for a slice becomes the start of a slice."""
    if not isinstance(entry, Variable) or isinstance(entry.type, TensorType):
        return entry
    slices = importlib.import_module("theano.tensor.indexing.slices")  # few programs have slices as variables
    found = slices.plain_index(entry)
    return slice(found, None, None) if isinstance(found, Variable) and found.type == slices.slicetype else found


def _with_bounds(x: Any, entries: list[Any]) -> list[Any]:
    """The indices with bounds on their axes for slices that are variables."""
    axis, found = 0, []
    for e in entries:
        start = e.start if isinstance(e, slice) else None
        if isinstance(start, Variable) and not isinstance(start.type, TensorType):
            bounds = importlib.import_module("theano.tensor.indexing.slices").slice_bounds
            e = slice(*bounds(start, shape_i(x, axis)))
        found.append(e)
        axis += _axes_of(e)
    return found


def _classified(entry: Any) -> Any:
    """An index as ``None``, ``Ellipsis``, a slice, an int, or an integer or bool tensor variable."""
    if entry is None or entry is Ellipsis or isinstance(entry, slice):
        return entry
    if isinstance(entry, (bool, np.bool_)):
        raise TypeError(f"a bool is no index: {entry}")
    if isinstance(entry, (int, np.integer)):
        return int(entry)
    if isinstance(entry, (list, tuple)):
        if _holds_bool(entry):
            raise TypeError(f"a mask must be a NumPy array or a symbolic tensor, not a list: {entry}")
        if _holds_too_long(entry):
            raise IndexError(f"indices must be integers of 64 bits, not {shown(entry)}")
        entry = np.zeros(0, dtype="int64") if len(entry) == 0 else entry
    elif not isinstance(entry, (np.ndarray, Variable)):
        raise TypeError(
            f"{entry!r} is no index: expected an integer, a slice, None, Ellipsis or an integer tensor"
        )
    variable = as_tensor_variable(entry)
    if variable.type.dtype == "bool" and variable.type.ndim:
        return variable
    if variable.type.dtype not in INTEGER:
        raise TypeError(
            f"indices must be integers, got {variable} of dtype {variable.type.dtype}: write T.cast(i, 'int64')"
        )
    return variable


def _is_array(entry: Any) -> bool:
    """Whether an index is a tensor of at least one dimension."""
    return isinstance(entry, Variable) and entry.type.ndim > 0


def _is_mask(entry: Any) -> bool:
    return isinstance(entry, Variable) and entry.type.dtype == "bool"


def _holds_bool(items: Any) -> bool:
    return any(
        _holds_bool(i) if isinstance(i, (list, tuple)) else isinstance(i, (bool, np.bool_)) for i in items
    )


def _holds_too_long(items: Any) -> bool:
    """Whether there are integers in nested lists that no array of integers holds."""
    return any(
        _holds_too_long(i) if isinstance(i, (list, tuple)) else isinstance(i, int) and not -(2**63) <= i < 2**64
        for i in items
    )


def _axes_of(entry: Any) -> int:
    """How many axes of the indexed tensor an index takes up."""
    if entry is None or entry is Ellipsis:
        return 0
    return entry.type.ndim if _is_mask(entry) else 1


def _without_ellipsis(entries: list[Any], ndim: int) -> list[Any]:
    places = [i for i, e in enumerate(entries) if e is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can have only one Ellipsis")
    if not places:
        return entries
    missing = ndim - sum(_axes_of(e) for e in entries)
    return entries[: places[0]] + [FULL] * missing + entries[places[0] + 1 :]


def _with_new_axes(x: Any, entries: list[Any], drop_rest: bool) -> Any:
    """`x` with a broadcastable axis at each ``None``; perhaps without the axes that `entries` say nothing about."""
    order: list[int | str] = []
    axis = 0
    for e in entries:
        if e is None:
            order.append("x")
        else:
            order += range(axis, axis + _axes_of(e))
            axis += _axes_of(e)
    return dimshuffle(x, order if drop_rest else [*order, *range(axis, x.type.ndim)])


def _advanced(x: Any, entries: list[Any]) -> Any:
    expanded: list[Any] = []
    for e in entries:
        expanded += _mask_positions(x, e, len(expanded)) if _is_mask(e) else [e]
    while isinstance(expanded[-1], slice) and expanded[-1] == FULL:
        expanded.pop()
    if len(expanded) == 1 and expanded[0].type.ndim == 1:
        return AdvancedSubtensor1()(x, expanded[0])
    idx_list: list[Any] = []
    inputs: list[Any] = []
    for e in expanded:
        if _is_array(e):
            idx_list.append(ARRAY)
            inputs.append(e)
        else:
            basic, more = take_apart([e])
            idx_list += basic
            inputs += more
    return AdvancedSubtensor(idx_list)(x, *inputs)


def _mask_positions(x: Any, mask: Any, axis: int) -> list[Any]:
    """The positions of the true elements of a mask over the axes of `x` from `axis` on."""
    axes = range(axis, axis + mask.type.ndim)
    target = tuple(x.type.shape[i] for i in axes)
    given = mask.data.shape if isinstance(mask, Constant) else mask.type.shape
    if any(m is not None and n is not None and m != n for m, n in zip(given, target)):
        raise IndexError(f"boolean index of shape {given} does not match {target}, the axes of {x} it is for")
    if None not in target and given == target:
        if isinstance(mask, Constant):
            return [constant(np.asarray(p, dtype="int64")) for p in np.nonzero(mask.data)]
        return Nonzero()(mask, return_list=True)
    lengths = MakeVector("int64")(*(shape_i(x, i) for i in axes))
    return Nonzero()(mask, lengths, return_list=True)


def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """The positions of non-zero elements: a tuple of one vector for each axis, or the rows of a matrix.

    Parameters
    ----------
    a : tensor-like
        One axis at least.
    return_matrix : bool
        Whether to return a matrix with a row for each axis.

    Returns
    -------
    tuple of TensorVariable, or TensorVariable
        int64; as many positions as there are elements that are not 0, in C order.

    Raises
    ------
    <tensor errors>
    ValueError
        `a` is 0-d.

    Examples
    --------
    >>> [p.eval() for p in T.nonzero(T.constant([0, 3, 4]))]
    [array([1, 2])]
    """
    a = as_tensor_variable(a)
    if a.type.ndim == 0:
        raise ValueError("nonzero only supports non-scalar arrays.")
    positions = Nonzero()(a, return_list=True)
    return stack(list(positions), axis=0) if return_matrix else tuple(positions)


def flatnonzero(a: Any) -> Any:
    """The positions of non-zero elements in the flattened `a`.

    Parameters
    ----------
    a : tensor-like
        One axis at least.

    Returns
    -------
    TensorVariable
        A vector of int64, in ascending order.

    Raises
    ------
    <tensor errors>
    ValueError
        `a` is 0-d.

    Examples
    --------
    >>> T.flatnonzero(T.constant([[0, 3], [4, 0]])).eval()
    array([1, 2])
    """
    a = as_tensor_variable(a)
    if a.type.ndim == 0:
        raise ValueError("flatnonzero only supports non-scalar arrays.")
    return nonzero(flatten(a))[0]


def nonzero_values(a: Any) -> Any:
    """The non-zero elements of `a`, in C order.

    Parameters
    ----------
    a : tensor-like
        One axis at least.

    Returns
    -------
    TensorVariable
        A vector of the dtype of `a`.

    Raises
    ------
    <tensor errors>
    ValueError
        `a` is 0-d.

    Examples
    --------
    >>> T.nonzero_values(T.constant([[0, 3], [4, 0]])).eval()
    array([3, 4])
    """
    a = as_tensor_variable(a)
    return getitem(flatten(a), flatnonzero(a))


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """The elements of `a` at `indices` along `axis` (default: of the flattened `a`).

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    indices : tensor-like
        Integers, of any shape.
    axis : int or None
        None: `a` is flattened.
    mode : {'raise', 'wrap', 'clip'}
        What becomes of indices out of range: an error, their remainder, or the nearest place. With 'raise'
        negative ones count from the end.

    Returns
    -------
    TensorVariable
        Of the dtype of `a`; the axes of `indices` are in the place of `axis`.

    Raises
    ------
    TypeError
        `indices` are no integers.
    ValueError
        There is no such axis, or another `mode`.
    IndexError
        When it runs with ``mode="raise"``: an index is out of range.

    Examples
    --------
    >>> T.take(T.constant([4, 5, 6]), [0, 2]).eval()
    array([4, 6])
    """
    a, indices, axis = as_tensor_variable(a), as_tensor_variable(indices), plain_axis(axis)
    if indices.type.ndim:
        indices = as_index_array(indices)
    else:
        indices = as_index(indices)
    if axis is None:
        a, axis = flatten(a), 0
    axis = checked_axis(axis, a.type.ndim, "take")
    if mode == "clip":
        indices = clip(indices, 0, shape_i(a, axis) - 1)
    elif mode == "wrap":
        indices = indices % shape_i(a, axis)
    elif mode != "raise":
        raise ValueError(f"take: mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    return getitem(a, (*(FULL for _ in range(axis)), indices))


fill(globals())
