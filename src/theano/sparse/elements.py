"""Compressed matrices made of elements that come in any order, several of them maybe for one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theano.sparse.csm import csm_properties, ends_of_lines, lengths, lines
from theano.sparse.op import Components, requires, upcast
from theano.sparse.values import compressed
from theano.tensor.alloc import ones, zeros
from theano.tensor.join import concatenate
from theano.tensor.math import cast, eq, minimum, neq
from theano.tensor.segments import segment_sum
from theano.tensor.sort import argsort

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
    return found.sums(data), found.indices, ends_of_lines(found.along, shape[axis]), shape


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
    counts = x_indices.shape[0], y_indices.shape[0]
    axis = 0 if x.type.format == "csr" else 1
    along = concatenate([lines(x_indptr, counts[0]), lines(y_indptr, counts[1])])
    found = distinct_places(along, concatenate([x_indices, y_indices]), shape[1 - axis])
    dtype = upcast(x, y)
    from_x = found.sums(concatenate([cast(x_data, dtype), zeros((counts[1],), dtype)]))
    from_y = found.sums(concatenate([zeros((counts[0],), dtype), cast(y_data, dtype)]))
    data = combine(from_x, from_y)
    (at,) = neq(data, np.zeros((), data.type.dtype)).nonzero()
    return data[at], found.indices[at], ends_of_lines(found.along[at], shape[axis]), shape
