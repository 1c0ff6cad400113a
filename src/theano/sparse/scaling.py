"""Columns and rows of sparse matrices multiplied by the elements of vectors, or these added to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import (
    at_elements,
    conjugated,
    in_dtype,
    of_elements_of,
    onto,
    times_elements,
    transpose,
)
from theano.sparse.csm import components_of, csm_properties, places
from theano.sparse.op import Components, SameShape, sparse_output, upcast, wanted_format
from theano.sparse.values import compressed
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.checks.assertion import asserted_equal
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import zeros
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "ColScaleCSC", "MulSV", "RowScaleCSC", "StructuredAddSV", "col_scale", "mul_s_v", "row_scale", "structured_add_s_v",
]  # fmt: skip

_MISFIT = "there are {{0}} {} and {{1}} elements in the vector"


class _ByColumn(SameShape):
    """Of a sparse matrix and a vector with a number for each column; the result has the structure of the matrix."""

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0
    keeps_elements = True

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        wanted_format(x, "csr", "csc")
        if y.type.ndim != 1:
            raise TypeError(f"{self} takes a vector, {y} has {y.type.ndim} dimensions{made_here(y)}")
        return Apply(self, [x, y], [sparse_output(x.type.format, upcast(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_length(y, x.shape[1], "columns")
        kind = node.outputs[0].type
        columns = x.indices if kind.format == "csr" else lines_of(x)
        data = np.asarray(self.combined(x.data, y[columns]), kind.dtype)
        outputs[0][0] = compressed(kind.format, data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, y = inputs
        data, indices, indptr, shape = csm_properties(x)
        _, columns = places(x.type.format, indices, indptr)
        y = asserted_equal(_MISFIT.format("columns"), y, shape[1], y.shape[0])
        return self.combined(data, y[columns]), indices, indptr, shape

    def combined(self, data: Any, numbers: Any) -> Any:
        """The new elements, of the old ones and of the numbers of their columns."""
        raise NotImplementedError


def check_length(s: Any, length: int, what: str) -> None:
    """ValueError if a vector does not have an element for each row or column."""
    if len(s) != length:
        raise ValueError(_MISFIT.format(what).format(length, len(s)))


def lines_of(x: Any) -> np.ndarray:
    return np.repeat(np.arange(len(x.indptr) - 1), np.diff(x.indptr))


class StructuredAddSV(_ByColumn):
    """A vector added to the elements of each row of a sparse matrix; places without an element stay without one.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    y : tensor_like
        A vector (n,).

    Returns
    -------
    sparse matrix
        Of the format and structure of `x`, and the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse, or `y` no vector.
    ValueError
        When it runs: there are not as many elements as columns.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.structured_add_s_v(sparse.csr_from_dense([[0.0, 2.0]]), np.array([1.0, 3.0]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[0., 5.]])
    """

    def combined(self, data: Any, numbers: Any) -> Any:
        return data + numbers

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        g = onto(x, gs[0])
        elements = of_elements_of(x, at_elements(x, g))
        return [in_dtype(g, x), in_dtype(sums_by_column(elements, y), y)]


structured_add_s_v = StructuredAddSV()


class MulSV(_ByColumn):
    """Each row of a sparse matrix times a vector, element by element.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    y : tensor_like
        A vector (n,).

    Returns
    -------
    sparse matrix
        Of the format and structure of `x`, and the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse, or `y` no vector.
    ValueError
        When it runs: there are not as many elements as columns.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.mul_s_v(sparse.csr_from_dense([[0.0, 2.0]]), np.array([1.0, 3.0]))).eval()
    array([[0., 6.]])
    """

    linear_in = (0, 1)

    def combined(self, data: Any, numbers: Any) -> Any:
        return data * numbers

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        (g,) = gs
        into_x = mul_s_v(g, conjugated(y)) if is_sparse_variable(g) else g * conjugated(y)
        return [in_dtype(into_x, x), in_dtype(sums_by_column(times_elements(x, g), y), y)]


mul_s_v = MulSV()


def sums_by_column(x: Any, like: Any) -> Any:
    """The sum of each column of a sparse matrix, in the dtype of its elements, a vector like `like`."""
    data, indices, indptr, shape = components_of(x)
    _, columns = places(x.type.format, indices, indptr)
    made = inc_subtensor(zeros((shape[1],), x.type.dtype)[columns], data)
    return patternbroadcast(made, like.type.broadcastable)


class ColScaleCSC(SameShape):
    """Each column of a matrix of format csc times its element of a vector. The gradient is structured.

    Parameters
    ----------
    lines : str, optional
        What an error calls the columns: "rows" where the matrix is a transpose.
    x : sparse matrix
        (m, n), csc.
    s : tensor_like
        A vector (n,).

    Returns
    -------
    sparse matrix
        Of the format and structure of `x`, and the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse or in another format, or `s` no vector.
    ValueError
        When it runs: there are not as many elements as columns.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.ColScaleCSC()(sparse.csc_from_dense([[1.0, 2.0]]), np.array([10.0, 100.0]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[ 10., 200.]])
    """

    __props__ = ("lines",)
    view_map = {0: [0]}
    keeps_structure = 0
    keeps_elements = True
    linear_in = (0, 1)
    axis = 1
    lines = "columns"  # where an older pickle has none

    def __init__(self, lines: str | None = None) -> None:
        self.lines = lines or self.lines

    def __str__(self) -> str:
        return type(self).__name__

    def make_node(self, x: Any, s: Any) -> Apply:
        x, s = as_sparse_variable(x), as_tensor_variable(s)
        if x.type.format != "csc":
            raise TypeError(f"{self} works on format csc, {x} has {x.type.format}: use col_scale or row_scale")
        if s.type.ndim != 1:
            raise TypeError(f"{self} takes a vector, {s} has {s.type.ndim} dimensions{made_here(s)}")
        return Apply(self, [x, s], [sparse_output("csc", upcast(x, s))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, s = inputs
        check_length(s, x.shape[self.axis], self.lines)
        place = lines_of(x) if self.axis else x.indices
        data = np.asarray(x.data * s[place], node.outputs[0].type.dtype)
        outputs[0][0] = compressed("csc", data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, s = inputs
        data, indices, indptr, shape = csm_properties(x)
        s = asserted_equal(_MISFIT.format(self.lines), s, shape[self.axis], s.shape[0])
        return data * s[places("csc", indices, indptr)[self.axis]], indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, s = inputs
        g = onto(x, gs[0])
        products = times_elements(x, g)
        into_s = sums_by_column(products if self.axis else transpose(products), s)
        return [in_dtype(self(g, conjugated(s)), x), in_dtype(into_s, s)]


class RowScaleCSC(ColScaleCSC):
    """Each row of a matrix of format csc times its element of a vector. The gradient is structured.

    Parameters
    ----------
    lines : str, optional
        What an error calls the rows: "columns" where the matrix is a transpose.
    x : sparse matrix
        (m, n), csc.
    s : tensor_like
        A vector (m,).

    Returns
    -------
    sparse matrix
        Of the format and structure of `x`, and the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse or in another format, or `s` no vector.
    ValueError
        When it runs: there are not as many elements as rows.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.RowScaleCSC()(sparse.csc_from_dense([[1.0, 2.0]]), np.array([10.0]))).eval()
    array([[10., 20.]])
    """

    axis = 0
    lines = "rows"


_columns_of_csc, _rows_of_csc = ColScaleCSC(), RowScaleCSC()
# of matrices of format csr, which are given as their transposes
_columns_of_csr, _rows_of_csr = RowScaleCSC("columns"), ColScaleCSC("rows")


def col_scale(x: Any, s: Any) -> Any:
    """Each column of a sparse matrix times its element of a vector.

    Parameters
    ----------
    x
        Sparse matrix.
    s
        Vector with an element for each column.

    Returns
    -------
    A sparse matrix with the structure and format of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse, or `s` no vector.
    ValueError
        When it runs: `s` has another length.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> x = scipy.sparse.csr_matrix([[1.0, 2.0], [0.0, 3.0]])
    >>> sparse.dense_from_sparse(sparse.col_scale(x, np.array([10.0, 100.0]))).eval()
    array([[ 10., 200.],
           [  0., 300.]])

    References
    ----------
    ``z[i, j] = x[i, j] * s[j]``, as `numpy.multiply`.
    """
    x = as_sparse_variable(x)
    wanted_format(x, "csr", "csc")
    return _columns_of_csc(x, s) if x.type.format == "csc" else transpose(_columns_of_csr(transpose(x), s))


def row_scale(x: Any, s: Any) -> Any:
    """Each row of a sparse matrix times its element of a vector.

    Parameters
    ----------
    x
        Sparse matrix.
    s
        Vector with an element for each row.

    Returns
    -------
    A sparse matrix with the structure and format of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse, or `s` no vector.
    ValueError
        When it runs: `s` has another length.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.row_scale(sparse.csr_from_dense([[1.0, 2.0], [0.0, 3.0]]), np.array([10.0, 100.0]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[ 10.,  20.],
           [  0., 300.]])

    References
    ----------
    ``z[i, j] = x[i, j] * s[i]``, as `numpy.multiply`.
    """
    x = as_sparse_variable(x)
    wanted_format(x, "csr", "csc")
    return _rows_of_csc(x, s) if x.type.format == "csc" else transpose(_rows_of_csr(transpose(x), s))
