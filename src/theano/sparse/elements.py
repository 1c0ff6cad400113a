"""Compressed matrices made of elements that come in any order, several of them maybe for one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theano.sparse.csm import csm_properties, lengths
from theano.sparse.op import Components, requires, upcast
from theano.sparse.values import compressed
from theano.tensor.indexing.segments import segment_sum
from theano.tensor.making.alloc import ones
from theano.tensor.making.ranges import arange
from theano.tensor.masks import Branches
from theano.tensor.pointwise.math import cast, eq, minimum, neq
from theano.tensor.reductions.cumulative import cumsum
from theano.tensor.shaping.join import concatenate, stack
from theano.tensor.sorting.sort import argsort
from theano.tensor.sparse_rows import elements_at_places, merged_rows, product_places, starts_of

__all__: list[str] = []


class Places(NamedTuple):
    """The distinct places among those of some elements, row by row (of 'csc': column by column)."""

    order: Any
    """The number of each element, those of one place beside each other; of these the first given comes first."""
    starts: Any
    """Where each place begins in this order, and the number of elements."""
    along: Any
    """The row (of 'csc': column) of each place, an int64 vector."""
    indices: Any
    """The column (of 'csc': row) of each place, an int32 vector."""

    def sums(self, data: Any) -> Any:
        """The sum of the elements at each place."""
        return segment_sum(data[self.order], self.starts)


def distinct_places(along: Any, across: Any, width: Any) -> Places:
    """The places where there are elements.

    Parameters
    ----------
    along, across
        Vectors of integers: the row and the column of each element (of 'csc': its column and its row).
    width
        The number of columns (of 'csc': rows), a 0-d int64 variable.
    """
    keys = cast(along, "int64") * width + across
    order = argsort(keys, kind="stable")
    in_order = keys[order]
    count = in_order.shape[0]
    is_first = concatenate([ones((minimum(count, 1),), "bool"), neq(in_order[1:], in_order[:-1])])
    (first,) = is_first.nonzero()
    starts = concatenate([first, count.dimshuffle("x")])
    chosen = order[first]
    return Places(order, starts, cast(along[chosen], "int64"), cast(across[chosen], "int32"))


def of_elements(format: str, data: Any, rows: Any, columns: Any, shape: Any) -> Components:
    """The components of the matrix with these elements; those at one place are added."""
    (along, across), axis = ((rows, columns), 0) if format == "csr" else ((columns, rows), 1)
    found = distinct_places(along, across, shape[1 - axis])
    return found.sums(data), found.indices, starts_of(found.along, shape[axis]), shape


def of_elements_now(format: str, data: Any, rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
    """The same of values: a matrix of SciPy."""
    along, across = (rows, columns) if format == "csr" else (columns, rows)
    order = np.argsort(along, kind="stable")
    indptr = np.zeros(shape[0 if format == "csr" else 1] + 1, "int64")
    np.cumsum(np.bincount(along, minlength=len(indptr) - 1), out=indptr[1:])
    made = compressed(format, data[order], across[order].astype("int32"), indptr.astype("int32"), shape)
    made.sum_duplicates()
    return made


def met(combine: Callable[[Any, Any], Any], x: Any, y: Any) -> Components:
    """The components of ``combine(x, y)`` of two matrices of one format, element by element, without zeros.

    Where a matrix has no element, 0 counts; ``combine(0, 0)`` has to be 0. Several elements at one place are added
    before, in the dtype that holds both. The elements of the result are in the order of their indices.
    """
    (x_data, x_indices, x_indptr, shape), (y_data, y_indices, y_indptr, _) = csm_properties(x), csm_properties(y)
    same = [eq(m, n) for m, n in zip(lengths(x), lengths(y), strict=True)]
    message = "the shapes of two sparse matrices differ: they are not broadcast"
    x_indices = requires(message, x_indices, *same)
    dtype, width = upcast(x, y), shape[1] if x.type.format == "csr" else shape[0]
    given = (cast(x_data, dtype), x_indices, x_indptr), (cast(y_data, dtype), y_indices, y_indptr)
    merged = _merged(combine, *given)
    others = _collected(combine, *given, width)
    data, indices, indptr = (Branches.made(merged[0], a, b) for a, b in zip(merged[1:], others, strict=True))
    data, indices, indptr = without(eq(data, np.zeros((), data.type.dtype)), data, indices, indptr)
    return data, indices, indptr, shape


Rows = tuple[Any, Any, Any]
"""`data`, `indices` and `indptr`."""


def _merged(combine: Callable[[Any, Any], Any], x: Rows, y: Rows) -> tuple[Any, ...]:
    """Whether all indices are in order, none twice; and then the elements combined, and zeros."""
    *numbers, indices, sound = merged_rows(*x, *y)
    return sound.all(), combine(*numbers), indices, x[2] + y[2]


def _collected(combine: Callable[[Any, Any], Any], x: Rows, y: Rows, width: Any) -> Rows:
    """The elements combined, of any order. Row r is the sum of rows r and n + r of one matrix below the other."""
    n = x[2].shape[0] - 1
    lines = stack([arange(n), arange(n) + n], axis=1).flatten()
    below = concatenate([x[2], y[2][1:] + cast(x[1].shape[0], "int32")])
    both = concatenate([x[1], y[1]]), below
    places, starts = product_places(cast(lines, "int32"), cast(arange(n + 1) * 2, "int32"), *both, width)
    return combine(*(elements_at_places(*rows, places, starts, width) for rows in (x, y))), places, starts


def without(left_out: Any, data: Any, indices: Any, indptr: Any) -> tuple[Any, Any, Any]:
    """The elements that are not left out, their indices, and where each row (of 'csc': column) begins among them."""
    keep = eq(left_out, np.zeros((), "bool"))
    (at,) = keep.nonzero()
    before = concatenate([np.zeros(1, "int32"), cast(cumsum(cast(keep, "int32")), "int32")])
    return data[at], indices[at], before[indptr]
