"""The order of elements, zeros among them, and matrices made of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.common_text import fill
from theano.graph.own_text import CalledText
from theano.scalar.dtypes import INTEGER
from theano.sparse.convert import as_dense_variable
from theano.sparse.csm import SoundCSM, components_of, csm_data, csm_properties, same_elements
from theano.sparse.elements import distinct_places, without
from theano.sparse.op import Components, SameShape, SparseOp, requires, sparse_output, wanted_format
from theano.sparse.values import compressed
from theano.sparse.variable import as_sparse_variable
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.making.alloc import alloc, zeros_like
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import disconnected, first_connected
from theano.tensor.pointwise.math import cast, eq, neq
from theano.tensor.sorting.sort import argsort
from theano.tensor.sparse_rows import lines
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "ConstructSparseFromList",
    "EnsureSortedIndices",
    "Remove0",
    "clean",
    "construct_sparse_from_list",
    "ensure_sorted_indices",
    "remove0",
]

# What the objects here are called with, for `help`.
_SPARSE = "x : sparse matrix\n    (m, n), in format csr or csc."


class _Tidied(SameShape):
    """The same matrix, stored in another way."""

    __props__ = ("inplace",)
    moves_elements = True

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = bool(inplace)
        self.destroy_map = {0: [0]} if self.inplace else {}

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{'inplace' if self.inplace else 'no_inplace'}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x], [x.type()])

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [gs[0]]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), (point,) = inputs, eval_points
        if point is None or not same_elements(x, point):
            return [point]
        _, *structure = csm_properties(type(self)(False)(x))
        data = csm_data(point)[self.sources([x], [SoundCSM(x.type.format)(_numbers(x), *components_of(x)[1:])])]
        return [SoundCSM(x.type.format)(data, *structure)]


def _numbers(x: Any) -> Any:
    """The numbers of the elements of a sparse matrix."""
    return arange(csm_data(x).shape[0])


class EnsureSortedIndices(_Tidied):
    """A sparse matrix with the elements of each row (of 'csc': column) in order; the gradient is regular.

    Parameters
    ----------
    inplace
        Whether the input's own arrays may be sorted.

    Returns
    -------
    sparse matrix
        Called with a sparse matrix: of its type and shape.

    Raises
    ------
    TypeError
        It is called with what is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.CSR(T.constant([0.0, 2.0]), [1, 0], [0, 2], [1, 2])
    >>> sparse.csm_data(EnsureSortedIndices(inplace=False)(x)).eval().tolist()
    [2.0, 0.0]
    """

    def __init__(self, inplace: bool) -> None:
        super().__init__(inplace)

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (x,) = inputs
        if not self.inplace:
            x = x.copy()
        x.has_sorted_indices = False  # the flag may have been set before somebody changed the indices
        x.sort_indices()
        outputs[0][0] = x

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = csm_properties(inputs[0])
        across = shape[1] if inputs[0].type.format == "csr" else shape[0]
        order = argsort(lines(indptr, indices.shape[0]) * across + indices, kind="stable")
        return data[order], indices[order], indptr, shape


EnsureSortedIndices.__doc__ = CalledText(EnsureSortedIndices.__doc__, _SPARSE)  # type: ignore[assignment]
ensure_sorted_indices = EnsureSortedIndices(inplace=False)


class Remove0(_Tidied):
    """A sparse matrix without those of its elements that are 0; the gradient is regular.

    Parameters
    ----------
    inplace
        Whether the input itself may be changed.

    Returns
    -------
    sparse matrix
        Called with a sparse matrix: of its type and shape.

    Raises
    ------
    TypeError
        It is called with what is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.CSR(T.constant([0.0, 2.0]), [1, 0], [0, 2], [1, 2])
    >>> sparse.csm_data(Remove0()(x)).eval().tolist()
    [2.0]
    """

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (x,) = inputs
        keep = x.data != 0
        before = np.concatenate([np.zeros(1, "int64"), np.cumsum(keep)])
        indptr = before[x.indptr].astype("int32")
        outputs[0][0] = compressed(x.format, x.data[keep], x.indices[keep], indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = csm_properties(inputs[0])
        return *without(eq(data, np.zeros((), data.type.dtype)), data, indices, indptr), shape

    def sources(self, inputs: Sequence[Any], numbered: Sequence[Any]) -> Any:
        return neq(csm_data(inputs[0]), np.zeros((), inputs[0].type.dtype)).nonzero()[0]


Remove0.__doc__ = CalledText(Remove0.__doc__, _SPARSE)  # type: ignore[assignment]
remove0 = Remove0()


def clean(x: Any) -> Any:
    """A sparse matrix without elements that are 0, and with those of each row (of 'csc': column) in order.

    The gradient is regular.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc, of any dtype.

    Returns
    -------
    sparse matrix
        Of the type and shape of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.CSR(T.constant([3.0, 0.0, 2.0]), [2, 1, 0], [0, 3], [1, 3])
    >>> sparse.csm_data(sparse.clean(x)).eval().tolist()
    [2.0, 3.0]
    """
    return ensure_sorted_indices(remove0(x))


class ConstructSparseFromList(SparseOp):
    """Rows at chosen places of a sparse matrix, in format csc, that is otherwise empty.

    The operation takes a dense matrix `x`, of which only the shape counts; a dense matrix of `values`; and `ilist`, a
    vector with the row of the result for each row of `values`. Rows for the same place are added. The gradient is
    regular. (`theano.sparse_grad` makes such gradients.)

    Parameters
    ----------
    x : tensor_like
        A matrix (m, n).
    values : tensor_like
        A matrix (k, n).
    ilist : tensor_like
        A vector (k,) of integers.

    Returns
    -------
    sparse matrix
        (m, n), csc, of the dtype of `values`.

    Raises
    ------
    <tensor errors>
    IndexError
        When it runs: there is no such row.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.construct_sparse_from_list(np.zeros((3, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]), [2, 0])
    >>> sparse.dense_from_sparse(made).eval()
    array([[3., 4.],
           [0., 0.],
           [1., 2.]])
    """

    __props__ = ()

    def make_node(self, x: Any, values: Any, ilist: Any) -> Apply:
        x, values, ilist = as_tensor_variable(x), as_tensor_variable(values), as_tensor_variable(ilist)
        for v in (x, values):
            if v.type.ndim != 2:
                raise TypeError(f"construct_sparse_from_list takes dense matrices, {v} has {v.type.ndim} dimensions")
        if ilist.type.ndim != 1 or ilist.type.dtype not in INTEGER:
            raise TypeError(f"the rows must be a vector of integers, not {ilist} of {ilist.type}")
        return Apply(self, [x, values, ilist], [sparse_output("csc", values.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, values, rows = inputs
        count, width = x.shape
        if values.shape != (len(rows), width):
            raise ValueError(
                f"values must have the shape {(len(rows), width)}, a row for each place and as many columns as x, not "
                f"{values.shape}"
            )
        at = np.where(rows < 0, rows + count, rows)
        wrong = (at < 0) | (at >= count)
        if wrong.any():
            raise IndexError(f"there is no row {rows[wrong][0]}: the matrix has {count} rows")
        chosen, number = np.unique(at, return_inverse=True)
        sums = np.zeros((len(chosen), width), values.dtype)
        np.add.at(sums, number, values)
        indices = np.tile(chosen, width).astype("int32")
        indptr = np.arange(width + 1, dtype="int32") * np.int32(len(chosen))
        outputs[0][0] = compressed("csc", sums.T.ravel(), indices, indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        """Each column has an element for each row that is chosen."""
        x, values, rows = inputs
        fits = [eq(values.shape[0], rows.shape[0]), eq(values.shape[1], x.shape[1])]
        values = requires("values must have a row for each place and as many columns as x", values, *fits)
        at = arange(x.shape[0])[rows]
        found = distinct_places(at, zeros_like(at), 1)
        width, count = x.shape[1], found.along.shape[0]
        indices = alloc(cast(found.along, "int32"), width, count).flatten()
        return found.sums(values).T.flatten(), indices, cast(arange(width + 1) * count, "int32"), x.shape

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(3, (1,))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        _, values, rows = inputs
        g = as_dense_variable(gs[0])[rows]
        return [disconnected(), patternbroadcast(g, values.type.broadcastable), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[1] is None else self(inputs[0], eval_points[1], inputs[2])]


construct_sparse_from_list = ConstructSparseFromList()


fill(globals())
