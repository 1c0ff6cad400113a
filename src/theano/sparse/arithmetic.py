"""Sums and products, element by element, of matrices of which one at least is sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import as_dense_variable, conjugated, in_dtype, in_format, onto, times_elements, transpose
from theano.sparse.csm import components_of, csm_properties, lengths, places, same_structure
from theano.sparse.elements import met
from theano.sparse.op import (
    Components,
    SameShape,
    SparseOp,
    dense_output,
    requires,
    sparse_output,
    upcast,
    wanted_format,
)
from theano.sparse.values import as_format, compressed, in_order
from theano.sparse.variable import as_sparse_variable, is_sparse_variable, one_at_least
from theano.tensor.alloc import zeros
from theano.tensor.assertion import asserted_equal
from theano.tensor.math import cast as dense_cast
from theano.tensor.math import eq
from theano.tensor.reduction import sum as dense_sum
from theano.tensor.shape import dimshuffle, patternbroadcast
from theano.tensor.subtensor import inc_subtensor
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "AddSD",
    "AddSS",
    "AddSSData",
    "ColScaleCSC",
    "MulSD",
    "MulSS",
    "MulSV",
    "Neg",
    "RowScaleCSC",
    "StructuredAddSV",
    "add",
    "add_s_d",
    "add_s_s",
    "add_s_s_data",
    "col_scale",
    "mul",
    "mul_s_d",
    "mul_s_s",
    "mul_s_v",
    "neg",
    "row_scale",
    "structured_add_s_v",
    "sub",
]

_MISFIT = "there are {{0}} {} and {{1}} elements in the vector"


def one_format(x: Any, y: Any) -> tuple[Any, Any]:
    """Two sparse variables in the format of the first; TypeError if one is not sparse."""
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    for v in (x, y):
        wanted_format(v, "csr", "csc")
    return x, in_format(y, x.type.format)


def check_shapes(x: Any, y: Any) -> None:
    """ValueError if two matrices that meet element by element differ in shape."""
    if x.shape != y.shape:
        raise ValueError(f"shapes {x.shape} and {y.shape} differ: sparse matrices are not broadcast")


class Neg(SameShape):
    """``-x``.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc, of any dtype.

    Returns
    -------
    sparse matrix
        Of the type and structure of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.neg(sparse.csr_from_dense([[0.0, 2.0]]))).eval()
    array([[ 0., -2.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0
    linear_in = (0,)

    def __str__(self) -> str:
        return "Sparse{Neg}"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        if x.type.dtype == "bool":
            raise TypeError(f"bools can't be negated: {x}{made_here(x)}")
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = -inputs[0]

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = csm_properties(inputs[0])
        return -data, indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [-gs[0]]


neg = Neg()


class OfTwo(SameShape):
    """Of two sparse matrices, element by element, where that is not 0; in the format of the first.

    The elements of the result are in the order of their indices.
    """

    __props__ = ()

    def combined(self, x: Any, y: Any) -> Any:
        """The values combined: matrices of SciPy."""
        raise NotImplementedError

    def of_elements(self, x: Any, y: Any) -> Any:
        """Elements combined: dense vectors."""
        raise NotImplementedError

    def dtype(self, x: Any, y: Any) -> str:
        """That of the result."""
        return upcast(x, y)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = one_format(x, y)
        return Apply(self, [x, y], [sparse_output(x.type.format, self.dtype(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        check_shapes(*inputs)
        kind = node.outputs[0].type
        outputs[0][0] = in_order(as_format(self.combined(*inputs), kind.format, kind.dtype))

    def components(self, inputs: Sequence[Any]) -> Components:
        dtype = self.dtype(*inputs)
        return met(lambda x, y: dense_cast(self.of_elements(x, y), dtype), *inputs)


class AddSS(OfTwo):
    """The sum of two sparse matrices: with the elements of both, in the format of the first.

    Parameters
    ----------
    x, y : sparse matrices
        (m, n), csr or csc.

    Returns
    -------
    sparse matrix
        (m, n), in the format of `x` and the common dtype.

    Raises
    ------
    TypeError
        One is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.add_s_s(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[1., 5.]])
    """

    def combined(self, x: Any, y: Any) -> Any:
        return x + y

    def of_elements(self, x: Any, y: Any) -> Any:
        return x + y

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_dtype(gs[0], v) for v in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [sum_of_directions(eval_points)]


def sum_of_directions(points: Sequence[Any]) -> Any:
    """The direction of a sum whose terms have these; None stands for zero."""
    given = [p for p in points if p is not None]
    return None if not given else given[0] if len(given) == 1 else add(*given)


add_s_s = AddSS()


class AddSSData(SameShape):
    """The sum of two sparse matrices that are known to have the same structure: that of their elements.

    Only the number of elements is checked. The gradient is structured.

    Parameters
    ----------
    x, y : sparse matrices
        (m, n), csr or csc.

    Returns
    -------
    sparse matrix
        (m, n), in the format of `x` and the common dtype.

    Raises
    ------
    TypeError
        One is not sparse, or formats differ.
    ValueError
        When it runs: there are not as many elements.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.add_s_s_data(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[0.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[0., 5.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_sparse_variable(y)
        wanted_format(x, "csr", "csc")
        if x.type.format != y.type.format:
            raise TypeError(f"{x} and {y} are of formats {x.type.format} and {y.type.format}: their structures differ")
        return Apply(self, [x, y], [sparse_output(x.type.format, upcast(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_shapes(x, y)
        if len(x.data) != len(y.data):
            raise ValueError(f"the structures differ: there are {len(x.data)} and {len(y.data)} elements")
        kind = node.outputs[0].type
        data = np.add(x.data, y.data, dtype=kind.dtype)
        outputs[0][0] = compressed(kind.format, data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        (data, indices, indptr, shape), others = csm_properties(inputs[0]), csm_properties(inputs[1])
        same = [eq(data.shape[0], others[0].shape[0]), eq(shape[0], others[3][0]), eq(shape[1], others[3][1])]
        data = requires("add_s_s_data: the structures of the two matrices differ", data, *same)
        return data + others[0], indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_dtype(onto(v, gs[0]), v) for v in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [sum_of_directions(eval_points)]


add_s_s_data = AddSSData()


class AddSD(SparseOp):
    """The sum of a sparse and a dense matrix: dense. The gradient of the sparse one is structured.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    y : tensor_like
        (m, n).

    Returns
    -------
    matrix
        (m, n), dense, of the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.add_s_d(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[1.0, 3.0]])).eval()
    array([[1., 5.]])
    """

    __props__ = ()

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        wanted_format(x, "csr", "csc")
        if y.type.ndim != 2:
            raise TypeError(f"add_s_d takes a dense matrix, {y} has {y.type.ndim} dimensions{made_here(y)}")
        return Apply(self, [x, y], [dense_output(upcast(x, y), y.type.shape)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_shapes(x, y)
        outputs[0][0] = np.asarray(x.toarray() + y, node.outputs[0].type.dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        data, indices, indptr, shape = csm_properties(x)
        dtype = upcast(x, y)
        y = _of_shape(y, shape)
        return [inc_subtensor(dense_cast(y, dtype)[places(x.type.format, indices, indptr)], dense_cast(data, dtype))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        return [in_dtype(onto(x, gs[0]), x), in_dtype(as_dense_variable(gs[0]), y)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        made = sum_of_directions(eval_points)
        return [None if made is None else as_dense_variable(made)]


add_s_d = AddSD()


def _of_shape(y: Any, shape: Any) -> Any:
    """A dense matrix that is required to have the lengths of a sparse one, but where it has a single row or column."""
    axes = [axis for axis, one in enumerate(y.type.broadcastable) if not one]
    message = "the sparse and the dense matrix differ in shape: sparse matrices are not broadcast"
    return requires(message, y, *(eq(y.shape[axis], shape[axis]) for axis in axes)) if axes else y


class _ByColumn(SameShape):
    """Of a sparse matrix and a vector with a number for each column; the result has the structure of the matrix."""

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0

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
        columns = x.indices if kind.format == "csr" else _lines_of(x)
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


def _lines_of(x: Any) -> np.ndarray:
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
        return [in_dtype(g, x), in_dtype(sums_by_column(g, y), y)]


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
    linear_in = (0, 1)
    axis = 1

    def __init__(self, lines: str | None = None) -> None:
        self.lines = lines or ("rows", "columns")[self.axis]

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
        place = _lines_of(x) if self.axis else x.indices
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
    """
    x = as_sparse_variable(x)
    wanted_format(x, "csr", "csc")
    return _rows_of_csc(x, s) if x.type.format == "csc" else transpose(_rows_of_csr(transpose(x), s))


class MulSS(OfTwo):
    """The product, element by element, of two sparse matrices: with elements where both have one.

    Parameters
    ----------
    x, y : sparse matrices
        (m, n), csr or csc.

    Returns
    -------
    sparse matrix
        (m, n), in the format of `x` and the common dtype.

    Raises
    ------
    TypeError
        One is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.mul_s_s(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[0., 6.]])
    """

    linear_in = (0, 1)

    def combined(self, x: Any, y: Any) -> Any:
        return x.multiply(y)

    def of_elements(self, x: Any, y: Any) -> Any:
        return x * y

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        return [in_dtype(mul(gs[0], conjugated(y)), x), in_dtype(mul(gs[0], conjugated(x)), y)]


mul_s_s = MulSS()


class MulSD(SameShape):
    """The product, element by element, of a sparse matrix and a dense one or a number; with the structure of the first.

    The dense one may have a single row or column.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    y : tensor_like
        A number, or a matrix (m, n), (1, n) or (m, 1).

    Returns
    -------
    sparse matrix
        Of the format and structure of `x`, and the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.mul_s_d(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[1.0, 3.0]]))).eval()
    array([[0., 6.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0
    linear_in = (0, 1)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        wanted_format(x, "csr", "csc")
        if y.type.ndim not in (0, 2):
            raise TypeError(
                f"mul_s_d takes a dense matrix or a number, {y} has {y.type.ndim} dimensions: see mul_s_v, col_scale "
                f"and row_scale for vectors{made_here(y)}"
            )
        return Apply(self, [x, y], [sparse_output(x.type.format, upcast(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        kind = node.outputs[0].type
        if y.ndim:
            pattern = node.inputs[1].type.broadcastable
            expected = tuple(1 if one else n for n, one in zip(x.shape, pattern, strict=True))
            if y.shape != expected:
                raise ValueError(f"shapes {x.shape} and {y.shape} differ: sparse matrices are not broadcast")
            along = _lines_of(x)
            rows, columns = (along, x.indices) if kind.format == "csr" else (x.indices, along)
            y = y[0 if pattern[0] else rows, 0 if pattern[1] else columns]
        data = np.asarray(x.data * y, kind.dtype)
        outputs[0][0] = compressed(kind.format, data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, y = inputs
        data, indices, indptr, shape = csm_properties(x)
        if y.type.ndim:
            rows, columns = places(x.type.format, indices, indptr)
            y = _of_shape(y, shape)
            y = y[0 if y.type.broadcastable[0] else rows, 0 if y.type.broadcastable[1] else columns]
        return data * y, indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        (g,) = gs
        into_x = mul(g, conjugated(y)) if is_sparse_variable(g) else g * conjugated(y)
        products = times_elements(x, g)
        return [in_dtype(into_x, x), in_dtype(_summed_like(products, y), y)]


def _summed_like(x: Any, y: Any) -> Any:
    """The elements of a sparse matrix, summed over the axes that a dense one does not have or repeats."""
    if y.type.ndim == 0:
        return dense_sum(csm_properties(x)[0], dtype=x.type.dtype)
    rows_too, columns_too = y.type.broadcastable
    if rows_too and columns_too:
        return dimshuffle(dense_sum(csm_properties(x)[0], dtype=x.type.dtype), ("x", "x"))
    if rows_too or columns_too:
        wide = x if rows_too else transpose(x)
        data, indices, indptr, shape = components_of(wide)
        _, columns = places(wide.type.format, indices, indptr)
        sums = inc_subtensor(zeros((shape[1],), x.type.dtype)[columns], data)
        return dimshuffle(sums, ("x", 0) if rows_too else (0, "x"))
    return as_dense_variable(x)


mul_s_d = MulSD()


def add(x: Any, y: Any) -> Any:
    """The sum of two matrices of which one at least is sparse.

    Parameters
    ----------
    x, y : matrices
        (m, n), one at least sparse, in format csr or csc.

    Returns
    -------
    A sparse matrix if both are sparse, else a dense one.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: the shapes differ.

    Notes
    -----
    The gradient of a sparse matrix is structured if the other one is dense.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.add(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[1., 5.]])
    """
    x, y = one_at_least("add", x, y)
    if is_sparse_variable(x) and is_sparse_variable(y):
        return (add_s_s_data if same_structure(x, y) else add_s_s)(x, y)
    if not is_sparse_variable(x):
        x, y = y, x
    return add_s_d(x, _as_matrix(x, y))


def _as_matrix(x: Any, y: Any) -> Any:
    """A dense operand of a sum, in the shape of the sparse one where it is a number, a vector, a row or a column."""
    if y.type.ndim > 2:
        raise TypeError(f"a sparse matrix and {y}, which has {y.type.ndim} dimensions, have no sum{made_here(y)}")
    y = as_tensor_variable(y, ndim=2)
    if not any(y.type.broadcastable):
        return y
    return zeros(lengths(x), y.type.dtype) + y


def sub(x: Any, y: Any) -> Any:
    """The difference of two matrices of which one at least is sparse: ``add(x, -y)``.

    Parameters
    ----------
    x, y : matrices
        (m, n), one at least sparse, in format csr or csc.

    Returns
    -------
    A sparse matrix if both are sparse, else a dense one.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.sub(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[-1., -1.]])
    """
    x, y = one_at_least("sub", x, y)
    return add(x, -y)


def mul(x: Any, y: Any) -> Any:
    """The product, element by element, of two matrices of which one at least is sparse; a sparse matrix.

    The other one may be dense, or a number.

    Parameters
    ----------
    x, y : matrices
        (m, n), one at least sparse, in format csr or csc.

    Returns
    -------
    sparse matrix
        (m, n), of the common dtype.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: the shapes differ.

    Notes
    -----
    The gradient is regular, i.e. not structured.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.mul(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[1.0, 3.0]]))).eval()
    array([[0., 6.]])
    """
    x, y = one_at_least("mul", x, y)
    if not is_sparse_variable(x):
        x, y = y, x
    if is_sparse_variable(y):
        return mul_s_s(x, y)
    return mul_s_v(x, y) if y.type.ndim == 1 else mul_s_d(x, y)
