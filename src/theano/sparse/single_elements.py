"""Elements of sparse matrices at positions: one, or those at the positions in two vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import in_dtype
from theano.sparse.csm import csm_properties, csm_shape, lengths
from theano.sparse.elements import of_elements, of_elements_now
from theano.sparse.indexing import OnlyFirst, as_positions, checked_positions, taken_lines
from theano.sparse.op import Components, SparseOp, dense_output, requires, sparse_output, wanted_format
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.segments import segment_spread, segment_sum
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import as_index, disconnected, first_connected
from theano.tensor.pointwise.math import and_, eq, ge, lt, switch
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "GetItem2Lists", "GetItem2ListsGrad", "GetItemScalar", "get_item_2lists", "get_item_2lists_grad", "get_item_scalar",
]  # fmt: skip


class GetItemScalar(OnlyFirst):
    """``x[i, j]``: an element of a sparse matrix, a 0-d tensor.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    index : two integers
        0-d; negative ones count from the end.

    Returns
    -------
    0-d tensor
        Of the dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.
    IndexError
        When it runs: there is no such place.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0], [3.0, 4.0]])
    >>> sparse.get_item_scalar(x, [0, 1]).eval()
    array(2.)
    """

    def make_node(self, x: Any, index: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        if not isinstance(index, list | tuple) or len(index) != 2:
            raise ValueError(f"an element of a matrix has two indices, not {index!r}{made_here(x)}")
        return self._node(x, [as_index(i) for i in index])

    def _node(self, x: Any, index: Sequence[Any]) -> Apply:
        return Apply(self, [x, *index], [dense_output(x.type.dtype, ())])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, i, j = inputs
        for at, length in zip((i, j), x.shape, strict=True):
            if not -length <= at < length:
                raise IndexError(f"index {at} is out of range: the shape is {x.shape}")
        outputs[0][0] = np.asarray(x[int(i), int(j)], node.outputs[0].type.dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, *index = inputs
        data, indices, indptr, shape = csm_properties(x)
        i, j = (_position(at, shape[k]) for k, at in enumerate(index))
        line, across = (i, j) if x.type.format == "csr" else (j, i)
        begin, end = indptr[line], indptr[line + 1]
        elements = switch(eq(indices[begin:end], across), data[begin:end], np.zeros((), x.type.dtype))
        return [dense_sum(elements, dtype=x.type.dtype)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [()]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, i, j = inputs
        as_vectors = [_position(at, csm_shape(x)[k]).dimshuffle("x") for k, at in enumerate((i, j))]
        return [get_item_2lists_grad(x, *as_vectors, gs[0].dimshuffle("x")), disconnected(), disconnected()]

    def _on(self, inputs: Sequence[Any]) -> Any:
        return self._node(inputs[0], inputs[1:]).outputs[0]


def _position(at: Any, length: Any) -> Any:
    """An index that may count from the end, as one that does not; an IndexError if it is out of range."""
    at = switch(lt(at, 0), at + length, at)
    return Assert("index out of range of the sparse matrix", IndexError)(at, and_(ge(at, 0), lt(at, length)))


get_item_scalar = GetItemScalar()


class GetItem2Lists(OnlyFirst):
    """``x[[i, …], [j, …]]``: the elements at these places of a sparse matrix, a dense vector.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    ind1, ind2 : vectors of integers
        The rows and columns of k places.

    Returns
    -------
    vector
        (k,), of the dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.
    IndexError
        When it runs: there is no such place.
    ValueError
        When it runs: there are not as many rows as columns.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0], [3.0, 4.0]])
    >>> sparse.get_item_2lists(x, [0, 1], [1, 0]).eval()
    array([2., 3.])
    """

    def make_node(self, x: Any, ind1: Any, ind2: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        at = [as_positions(ind1, "rows"), as_positions(ind2, "columns")]
        return Apply(self, [x, *at], [dense_output(x.type.dtype, (None,))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, rows, columns = inputs
        _same_number(rows, columns)
        rows, columns = checked_positions(rows, x.shape[0], "rows"), checked_positions(columns, x.shape[1], "columns")
        dtype = node.outputs[0].type.dtype
        outputs[0][0] = np.array(x[rows, columns], dtype).reshape(-1) if len(rows) else np.zeros(0, dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, *at = inputs
        data, indices, indptr, shape = csm_properties(x)
        along, across = (0, 1) if x.type.format == "csr" else (1, 0)
        rows = requires("there must be as many rows as columns", at[0], eq(at[0].shape[0], at[1].shape[0]))
        numbers = [arange(shape[axis])[k] for axis, k in enumerate((rows, at[1]))]
        data, indices, starts = taken_lines(data, indices, indptr, numbers[along])
        found = eq(indices, segment_spread(numbers[across], starts, indices.shape[0]))
        return [segment_sum(switch(found, data, np.zeros((), x.type.dtype)), starts)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(shapes[1][0],)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, rows, columns = inputs
        return [in_dtype(get_item_2lists_grad(x, rows, columns, gs[0]), x), disconnected(), disconnected()]


def _same_number(rows: np.ndarray, columns: np.ndarray) -> None:
    if len(rows) != len(columns):
        raise ValueError(f"there are {len(rows)} rows and {len(columns)} columns: each element has one of both")


get_item_2lists = GetItem2Lists()


class GetItem2ListsGrad(SparseOp):
    """A sparse matrix in shape and format of `x`, with the elements of the vector `gz` at places; others are empty.

    What belongs to one place is added.

    Parameters
    ----------
    x : sparse matrix
        (m, n).
    ind1, ind2 : vectors of integers
        The rows and columns of k places.
    gz : vector
        (k,).

    Returns
    -------
    sparse matrix
        (m, n), in the format of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.
    IndexError
        When it runs: there is no such place.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0], [3.0, 4.0]])
    >>> sparse.dense_from_sparse(sparse.get_item_2lists_grad(x, [0, 0], [1, 1], np.array([1.0, 5.0]))).eval()
    array([[0., 6.],
           [0., 0.]])
    """

    __props__ = ()
    linear_in = (3,)

    def make_node(self, x: Any, ind1: Any, ind2: Any, gz: Any) -> Apply:
        x, gz = as_sparse_variable(x), as_tensor_variable(gz)
        inputs = [x, as_positions(ind1, "rows"), as_positions(ind2, "columns"), gz]
        return Apply(self, inputs, [sparse_output(x.type.format, gz.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, rows, columns, g = inputs
        _same_number(rows, columns)
        if len(g) != len(rows):
            raise ValueError(f"there are {len(rows)} places and {len(g)} elements")
        rows, columns = checked_positions(rows, x.shape[0], "rows"), checked_positions(columns, x.shape[1], "columns")
        outputs[0][0] = of_elements_now(node.outputs[0].type.format, g, rows, columns, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, *at, g = inputs
        same = [eq(at[0].shape[0], at[1].shape[0]), eq(at[0].shape[0], g.shape[0])]
        shape = csm_shape(x)
        rows, columns = (arange(shape[axis])[k] for axis, k in enumerate(at))
        g = requires("there must be as many rows as columns, and as many elements", g, *same)
        return of_elements(x.type.format, g, rows, columns, shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[0], shapes[0])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(4, (3,))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        _, rows, columns, gz = inputs
        (g,) = gs
        taken = get_item_2lists(g, rows, columns) if is_sparse_variable(g) else g[rows, columns]
        return [disconnected(), disconnected(), disconnected(), patternbroadcast(taken, gz.type.broadcastable)]


get_item_2lists_grad = GetItem2ListsGrad()
