"""Parts of sparse matrices: rectangles and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Variable
from theano.graph.origin import made_here
from theano.scalar.dtypes import INTEGER
from theano.sparse.convert import in_dtype, in_format
from theano.sparse.csm import SoundCSM, csm_properties, csm_shape, lengths, places
from theano.sparse.elements import of_elements, of_elements_now, without
from theano.sparse.op import Components, SparseOp, sparse_output, wanted_format
from theano.sparse.values import as_format
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.segments import segment_spread
from theano.tensor.indexing.subtensor import inc_subtensor, set_subtensor
from theano.tensor.making.alloc import alloc, zeros
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import as_index, disconnected, first_connected
from theano.tensor.pointwise.math import cast, lt
from theano.tensor.reductions.cumulative import cumsum
from theano.tensor.shaping.join import concatenate, stack
from theano.tensor.type_other import NoneConst, NoneTypeT
from theano.tensor.variable import as_tensor_variable

__all__ = ["GetItem2d", "GetItemList", "GetItemListGrad", "get_item_2d", "get_item_list", "get_item_list_grad"]


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, Variable) and isinstance(value.type, NoneTypeT))


class OnlyFirst(SparseOp):
    """An operation whose output depends on the elements of its first input only, and is linear in them."""

    __props__ = ()

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None]
        return [self._on([eval_points[0], *inputs[1:]])]

    def _on(self, inputs: Sequence[Any]) -> Any:
        return self(*inputs)


class GetItem2d(OnlyFirst):
    """``x[a:b, c:d]``: a rectangle of a sparse matrix, as a sparse matrix of the same format. Steps are possible.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    index : slice, or two
        Of rows, and of columns.

    Returns
    -------
    sparse matrix
        Of the format and dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0], [3.0, 4.0]])
    >>> sparse.dense_from_sparse(sparse.get_item_2d(x, (slice(0, 1), slice(None)))).eval()
    array([[0., 2.]])
    """

    moves_elements = True

    def make_node(self, x: Any, index: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        entries = list(index) if isinstance(index, list | tuple) else [index]
        if len(entries) > 2:
            raise ValueError(f"a matrix has two axes: {len(entries)} indices are too many{made_here(x)}")
        bounds: list[Any] = []
        for entry in [*entries, *[slice(None)] * (2 - len(entries))]:
            if not isinstance(entry, slice):
                raise NotImplementedError(
                    "there are no sparse vectors: write x[i:i + 1] for the matrix of one row, x[:, j:j + 1] for that "
                    f"of one column, or x[i, j] for an element, instead of x[{_shown(entries)}]{made_here(x)}"
                )
            for value in (entry.start, entry.stop, entry.step):
                bounds.append(NoneConst if _is_none(value) else as_index(value, "an index", clamp=True))
        return self._node(x, bounds)

    def _node(self, x: Any, bounds: Sequence[Any]) -> Apply:
        return Apply(self, [x, *bounds], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, *bounds = inputs
        rows, columns = slices(bounds)
        kind = node.outputs[0].type
        outputs[0][0] = as_format(x[rows, columns].copy(), kind.format)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, *bounds = inputs
        data, indices, indptr, shape = csm_properties(x)
        parts = _parts(bounds)
        along, across = (0, 1) if x.type.format == "csr" else (1, 0)
        new = [arange(shape[axis])[part] for axis, part in enumerate(parts)]
        if parts[along] != slice(None):
            data, indices, indptr = taken_lines(data, indices, indptr, new[along])
        if parts[across] != slice(None):
            # Where each column of the whole goes; -1 for those that are left out.
            at = set_subtensor(alloc(np.int32(-1), shape[across])[new[across]], arange(new[across].shape[0]))
            moved = at[indices]
            data, indices, indptr = without(lt(moved, 0), data, moved, indptr)
        return data, indices, indptr, stack([part.shape[0] for part in new])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        lengths_of = lengths(node.inputs[0], shapes[0])
        return [tuple(slice_length(s, n) for s, n in zip(_parts(node.inputs[1:]), lengths_of, strict=True))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, *bounds = inputs
        (g,) = gs
        rest = [disconnected() for _ in bounds]
        if not is_sparse_variable(g):
            return [inc_subtensor(zeros(lengths(x), g.type.dtype)[_parts(bounds)], g), *rest]
        return [in_dtype(in_format(PlaceItem2d()(g, csm_shape(x), *bounds), x.type.format), x), *rest]

    def _on(self, inputs: Sequence[Any]) -> Any:
        return self._node(inputs[0], inputs[1:]).outputs[0]


def _shown(entries: Sequence[Any]) -> str:
    return ", ".join(":" if isinstance(e, slice) else str(e) for e in entries)


def _parts(bounds: Sequence[Any]) -> tuple[slice, slice]:
    """Two slices, of six symbolic bounds."""
    given = [None if _is_none(v) else v for v in bounds]
    return slice(*given[:3]), slice(*given[3:])


def slices(bounds: Sequence[Any]) -> tuple[slice, slice]:
    """Two slices, of values of their six bounds."""
    numbers = [None if v is None else int(v) for v in bounds]
    return slice(*numbers[:3]), slice(*numbers[3:])


def slice_length(part: slice, length: Any) -> Any:
    """How many positions a slice with symbolic bounds has on an axis of this length."""
    return zeros((length,), "bool")[part].shape[0]


class PlaceItem2d(SparseOp):
    """The gradient of `GetItem2d`: a sparse matrix of a given shape, empty but for a rectangle."""

    __props__ = ()

    def make_node(self, g: Any, shape: Any, *bounds: Any) -> Apply:
        return Apply(self, [g, shape, *bounds], [sparse_output(g.type.format, g.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        g, shape, *bounds = inputs
        m, n = map(int, shape)
        rows, columns = (np.arange(length)[part] for part, length in zip(slices(bounds), (m, n), strict=True))
        along = np.repeat(np.arange(len(g.indptr) - 1), np.diff(g.indptr))
        own_rows, own_columns = (along, g.indices) if g.format == "csr" else (g.indices, along)
        outputs[0][0] = of_elements_now(g.format, g.data, rows[own_rows], columns[own_columns], (m, n))

    def components(self, inputs: Sequence[Any]) -> Components:
        g, shape, *bounds = inputs
        data, indices, indptr, _ = csm_properties(g)
        own = places(g.type.format, indices, indptr)
        rows, columns = (arange(shape[axis])[part][own[axis]] for axis, part in enumerate(_parts(bounds)))
        return of_elements(g.type.format, data, rows, columns, shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(node.inputs[1][0], node.inputs[1][1])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        found = gs[0][_parts(inputs[2:])]
        found = in_format(found, inputs[0].type.format) if is_sparse_variable(found) else found
        return [found, *(disconnected() for _ in inputs[1:])]


def taken_lines(data: Any, indices: Any, indptr: Any, at: Any) -> tuple[Any, Any, Any]:
    """The elements of the rows (of 'csc': columns) numbered `at`, their indices, and where each begins."""
    begins = indptr[:-1][at]
    counts = indptr[1:][at] - begins
    starts = concatenate([np.zeros(1, "int32"), cast(cumsum(counts), "int32")])
    total = cast(starts[-1], "int64")
    taken = arange(total) + segment_spread(begins - starts[:-1], starts, total)
    return data[taken], indices[taken], starts


get_item_2d = GetItem2d()


def as_positions(value: Any, what: str) -> Any:
    found: Any = as_tensor_variable(np.asarray(value, "int64") if isinstance(value, list) and not value else value)
    if found.type.ndim != 1 or found.type.dtype not in INTEGER:
        raise TypeError(f"{what} must be a list or vector of integers, not {found} of {found.type}{made_here(found)}")
    return patternbroadcast(found, (False,))


def checked_positions(at: np.ndarray, length: int, what: str) -> np.ndarray:
    """Positions that may count from the end, as ones that do not."""
    at = at.astype("int64", copy=False)
    wrong = (at < -length) | (at >= length)
    if wrong.any():
        raise IndexError(f"index {at[wrong][0]} is out of range: the matrix has {length} {what}")
    return np.where(at < 0, at + length, at)


class GetItemList(OnlyFirst):
    """``x[[i, j, …]]``: the rows of a sparse matrix that a list chooses, as a sparse matrix.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    index : vector of integers
        The k rows.

    Returns
    -------
    sparse matrix
        (k, n), of the format and dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.
    IndexError
        When it runs: there is no such row.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0], [3.0, 4.0]])
    >>> sparse.dense_from_sparse(sparse.get_item_list(x, [1, 1])).eval()
    array([[3., 4.],
           [3., 4.]])
    """

    moves_elements = True

    def make_node(self, x: Any, index: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x, as_positions(index, "rows")], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, rows = inputs
        kind = node.outputs[0].type
        # By rows in both formats: the order of elements is then that of `components`.
        outputs[0][0] = as_format(as_format(x, "csr")[checked_positions(rows, x.shape[0], "rows")], kind.format)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, rows = inputs
        data, indices, indptr, shape = csm_properties(in_format(x, "csr"))
        found = taken_lines(data, indices, indptr, arange(shape[0])[rows])
        made = SoundCSM("csr")(*found, stack([rows.shape[0], shape[1]]))
        data, indices, indptr, shape = csm_properties(in_format(made, x.type.format))
        return data, indices, indptr, shape

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(shapes[1][0], lengths(node.inputs[0], shapes[0])[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, rows = inputs
        (g,) = gs
        if not is_sparse_variable(g):
            return [inc_subtensor(zeros(lengths(x), g.type.dtype)[rows], g), disconnected()]
        return [in_dtype(get_item_list_grad(x, rows, g), x), disconnected()]


get_item_list = GetItemList()


class GetItemListGrad(SparseOp):
    """A sparse matrix in shape and format of `x`, whose rows `index` are those of `gz`; rows of one place are added.

    Parameters
    ----------
    x : sparse matrix
        (m, n).
    index : vector of integers
        The k rows.
    gz : sparse matrix
        (k, n).

    Returns
    -------
    sparse matrix
        (m, n), in the format of `x`.

    Raises
    ------
    TypeError
        `x` or `gz` is not sparse.
    IndexError
        When it runs: there is no such row.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0], [3.0, 4.0]])
    >>> sparse.dense_from_sparse(sparse.get_item_list_grad(x, [1, 1], x)).eval()
    array([[0., 0.],
           [3., 6.]])
    """

    __props__ = ()
    linear_in = (2,)

    def make_node(self, x: Any, index: Any, gz: Any) -> Apply:
        x, gz = as_sparse_variable(x), as_sparse_variable(gz)
        inputs = [x, as_positions(index, "rows"), in_format(gz, x.type.format)]
        return Apply(self, inputs, [sparse_output(x.type.format, gz.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, rows, g = inputs
        at = checked_positions(rows, x.shape[0], "rows")
        own = g.tocoo()
        outputs[0][0] = of_elements_now(node.outputs[0].type.format, own.data, at[own.row], own.col, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, rows, g = inputs
        data, indices, indptr, _ = csm_properties(g)
        own_rows, columns = places(g.type.format, indices, indptr)
        shape = csm_shape(x)
        return of_elements(g.type.format, data, arange(shape[0])[rows][own_rows], columns, shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[0], shapes[0])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(3, (2,))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (g,) = gs
        taken = get_item_list(in_format(g, inputs[2].type.format), inputs[1]) if is_sparse_variable(g) else g[inputs[1]]
        return [disconnected(), disconnected(), taken]


get_item_list_grad = GetItemListGrad()
