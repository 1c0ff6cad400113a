"""Tensors side by side, by NumPy's names (`hstack`, `vstack`, `dstack`, `column_stack`), or apart (`array_split`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.tensor.pointwise.math import minimum
from theano.tensor.shaping.arranging import as_axes, atleast_1d, atleast_2d, atleast_3d
from theano.tensor.shaping.axes import shape_padright
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["array_split", "column_stack", "dstack", "hstack", "vstack"]


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


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """`ary` cut along `axis`: before the places of a list, or into that many parts of almost equal length.

    Parameters
    ----------
    ary : tensor-like
        <any tensor>
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
    <tensor errors>
    ValueError
        There is no such axis, or less than one part.

    Examples
    --------
    >>> [p.eval().tolist() for p in T.array_split(T.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    ary = as_tensor_variable(ary)
    (axis,) = as_axes(axis, ary.type.ndim, "array_split")
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


fill(globals())
