"""Sparse from dense, dense from sparse, one format or dtype from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.own_text import CalledText
from theano.scalar.conversion import converted
from theano.scalar.dtypes import COMPLEX, as_dtype
from theano.sparse.csm import (
    GradientOfElements,
    SoundCSM,
    before_sparse,
    components_of,
    csm_grad,
    csm_properties,
    csm_shape,
    elements_at,
    is_of_elements,
    lengths,
    places,
)
from theano.sparse.op import Components, SameShape, SparseOp, dense_output, sparse_output, wanted_format
from theano.sparse.values import as_format, compressed, matrix_class
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import ones_like as dense_ones_like
from theano.tensor.making.alloc import zeros
from theano.tensor.pointwise.math import cast as dense_cast
from theano.tensor.pointwise.math import conj, neq
from theano.tensor.pointwise.math import real as dense_real
from theano.tensor.reductions.cumulative import cumsum
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.shaping.join import concatenate
from theano.tensor.sparse_rows import transposed_rows
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Cast",
    "DenseFromSparse",
    "SparseFromDense",
    "Transpose",
    "bcast",
    "cast",
    "ccast",
    "csc_from_dense",
    "csr_from_dense",
    "dcast",
    "dense_from_sparse",
    "fcast",
    "icast",
    "lcast",
    "sp_ones_like",
    "sp_zeros_like",
    "transpose",
    "wcast",
    "zcast",
]

# What the objects here are called with, for `help`.
_SPARSE = "x : sparse matrix\n    (m, n), in format csr or csc."


class DenseFromSparse(SparseOp):
    """A sparse matrix as a dense one.

    Parameters
    ----------
    structured
        Whether the gradient has elements only where the matrix has.

    Returns
    -------
    matrix
        Called with a sparse matrix (m, n): dense, of its shape and dtype.

    Raises
    ------
    TypeError
        It is called with what is not sparse.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(scipy.sparse.csr_matrix([[0, 1], [2, 0]])).eval()
    array([[0, 1],
           [2, 0]])
    """

    __props__ = ("sparse_grad",)
    linear_in = (0,)

    def __init__(self, structured: bool = True) -> None:
        self.sparse_grad = bool(structured)

    def __str__(self) -> str:
        return f"DenseFromSparse{{structured_grad={self.sparse_grad}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x], [dense_output(x.type.dtype, (None, None))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = np.ascontiguousarray(inputs[0].toarray())

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        data, indices, indptr, shape = components_of(x)
        rows, columns = places(x.type.format, indices, indptr)
        return [inc_subtensor(zeros((shape[0], shape[1]), x.type.dtype)[rows, columns], data)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[0], shapes[0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, gs
        if is_sparse_variable(g):
            return [g]
        return [onto(x, g) if self.sparse_grad else SparseFromDense(x.type.format)(g)]


DenseFromSparse.__doc__ = CalledText(DenseFromSparse.__doc__, _SPARSE)  # type: ignore[assignment]
dense_from_sparse = DenseFromSparse()


def at_elements(x: Any, g: Any) -> Any:
    """Return the derivative for each stored element of `x`, a vector, given a gradient `g` of `x`, dense or sparse."""
    g = before_sparse(g)
    if is_of_elements(g):
        return components_of(g)[0]
    data, indices, indptr, shape = components_of(x)
    if is_sparse_variable(g):
        return csm_grad()(data, indices, indptr, shape, *components_of(in_format(g, x.type.format)))
    return elements_at(g, *places(x.type.format, indices, indptr))


def onto(x: Any, g: Any) -> Any:
    """A gradient of `x` as that of its elements, but where it is a sparse matrix: that as it is."""
    g = before_sparse(g)
    if is_sparse_variable(g) and not is_of_elements(g):
        return in_format(g, x.type.format)
    return of_elements_of(x, at_elements(x, g))


def of_elements_of(x: Any, derivatives: Any) -> Any:
    """The derivatives with respect to the elements of `x`, a vector, as its gradient."""
    return GradientOfElements(x.type.format)(derivatives, *components_of(x)[1:])


def times_elements(x: Any, g: Any) -> Any:
    """The conjugate of each element of `x` times what `g`, a matrix of its shape, has there; with the structure of `x`.

    Where several elements stand for one place, each is taken by itself: their sum is the product then.
    """
    data, indices, indptr, shape = components_of(x)
    there = at_elements(x, g)
    return SoundCSM(x.type.format)(there * (conj(data) if x.type.dtype in COMPLEX else data), indices, indptr, shape)


def in_format(x: Any, format: str) -> Any:
    """A sparse variable in another format."""
    return x if x.type.format == format else ChangeFormat(format)(x)


class ChangeFormat(SameShape):
    """A sparse matrix with its elements stored in another order: by rows ('csr') or by columns ('csc')."""

    __props__ = ("format",)
    linear_in = (0,)
    moves_elements = True

    def __init__(self, format: str) -> None:
        self.format = format

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        return Apply(self, [x], [sparse_output(self.format, x.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = as_format(inputs[0], self.format)

    def components(self, inputs: Sequence[Any]) -> Components | None:
        if inputs[0].type.format == "bsr":  # SciPy's work
            return None
        data, indices, indptr, shape = csm_properties(inputs[0])
        if inputs[0].type.format == self.format:
            return data, indices, indptr, shape
        count = shape[0] if self.format == "csr" else shape[1]
        return *transposed_rows(data, indices, indptr, count), shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_format(gs[0], inputs[0].type.format) if is_sparse_variable(gs[0]) else gs[0]]


class SparseFromDense(SparseOp):
    """A dense matrix as a sparse one, without its zeros.

    Parameters
    ----------
    format : {'csr', 'csc'}
        That of the result.

    Returns
    -------
    sparse matrix
        Called with a matrix (m, n), or a vector as one row: of its shape and dtype.

    Raises
    ------
    ValueError
        It is called, and there is no such format.
    TypeError
        It is called with more than two dimensions.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csm_data(sparse.csr_from_dense(np.array([[0, 1.5], [2.5, 0]]))).eval()
    array([1.5, 2.5])
    """

    __props__ = ("format",)

    takes_all = True  # so what is at some places can be read from the dense matrix

    def __init__(self, format: str) -> None:
        self.format = format

    def __str__(self) -> str:
        return f"SparseFromDense{{{self.format}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if x.type.ndim > 2:
            raise TypeError(f"a sparse matrix has two axes, {x} has {x.type.ndim}")
        x = as_tensor_variable(x, ndim=2)
        return Apply(self, [x], [sparse_output(self.format, x.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = as_format(matrix_class(self.format)(inputs[0]), self.format)

    def components(self, inputs: Sequence[Any]) -> Components:
        (x,) = inputs
        by_line = x if self.format == "csr" else x.T
        along, across = by_line.nonzero()
        counts = dense_sum(neq(by_line, 0), axis=1)
        indptr = concatenate([np.zeros(1, "int64"), cumsum(counts)])
        return by_line[along, across], dense_cast(across, "int32"), dense_cast(indptr, "int32"), x.shape

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [as_dense_variable(gs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]


SparseFromDense.__doc__ = CalledText(  # type: ignore[assignment]
    SparseFromDense.__doc__, "x : tensor-like\n    A matrix (m, n), or a vector as one row."
)
csr_from_dense = SparseFromDense("csr")
csc_from_dense = SparseFromDense("csc")


def as_dense_variable(x: Any) -> Any:
    """A sparse variable made dense; a dense one as it is."""
    return dense_from_sparse(x) if is_sparse_variable(x) else x


class Transpose(SparseOp):
    """The transpose: the same components, read the other way round. So format csr becomes csc, and csc csr.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc, of any dtype.

    Returns
    -------
    sparse matrix
        (n, m), of the other format, and the dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.transpose(sparse.csr_from_dense([[0.0, 2.0]]))).eval()
    array([[0.],
           [2.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_elements = True
    linear_in = (0,)
    format_map = {"csr": "csc", "csc": "csr"}

    def __str__(self) -> str:
        return "Sparse{Transpose}"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, *self.format_map)
        return Apply(self, [x], [sparse_output(self.format_map[x.type.format], x.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = inputs[0].transpose()

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = csm_properties(inputs[0])
        return data, indices, indptr, shape[::-1]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[0], shapes[0])[::-1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [transposed(gs[0])]


transpose = Transpose()


def transposed(x: Any) -> Any:
    """The transpose of a matrix, sparse or dense."""
    return transpose(x) if is_sparse_variable(x) else x.T


def conjugated(x: Any) -> Any:
    """The complex conjugate of a matrix, sparse or dense; one of real numbers is its own."""
    if x.type.dtype not in COMPLEX:
        return x
    if not is_sparse_variable(x):
        return conj(x)
    return _with_elements(x, conj)


def adjoint(x: Any) -> Any:
    """The conjugate transpose of a matrix, sparse or dense."""
    return conjugated(transposed(x))


class Cast(SameShape):
    """A sparse matrix in another dtype; of complex numbers that are to be real the real part.

    Parameters
    ----------
    out_type
        Name of the dtype.

    Returns
    -------
    sparse matrix
        Called with a sparse matrix: of its shape, format and structure.

    Raises
    ------
    TypeError
        There is no such dtype, or it is called with what is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> Cast("float32")(sparse.csr_from_dense([[0.0, 2.0]])).type
    Sparse[float32, csr]
    """

    __props__ = ("out_type",)
    view_map = {0: [0]}
    keeps_structure = 0
    keeps_elements = True

    def __init__(self, out_type: str) -> None:
        self.out_type = as_dtype(out_type)

    def __str__(self) -> str:
        return f"Cast({self.out_type})"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x], [sparse_output(x.type.format, self.out_type)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (x,) = inputs
        # SciPy's `astype` puts elements in order: operations on data alone need them as they are.
        data = converted(x.data.real if self._takes_real_part(x.dtype.name) else x.data, self.out_type)
        outputs[0][0] = compressed(x.format, data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = csm_properties(inputs[0])
        if self._takes_real_part(data.type.dtype):
            data = dense_real(data)
        elif self.out_type == "bool":
            data = neq(data, np.zeros((), data.type.dtype))
        return dense_cast(data, self.out_type), indices, indptr, shape

    def _takes_real_part(self, dtype: str) -> bool:
        return dtype in COMPLEX and self.out_type not in COMPLEX and self.out_type != "bool"

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, gs
        is_widened = x.type.dtype in COMPLEX and g.type.dtype not in COMPLEX
        return [g.astype(x.type.dtype) if is_widened else in_dtype(g, x)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0])]


def in_dtype(g: Any, x: Any) -> Any:
    """A gradient in the dtype of the gradient of `x`: of real numbers the real part."""
    return real(g) if g.type.dtype in COMPLEX and x.type.dtype not in COMPLEX else g


def real(x: Any) -> Any:
    """The real part of a matrix, sparse or dense."""
    if not is_sparse_variable(x):
        return dense_real(x)
    return _with_elements(x, dense_real)


def _with_elements(x: Any, function: Callable[[Any], Any]) -> Any:
    """A function of the elements of a sparse matrix; of the gradient of elements, such a gradient."""
    made = GradientOfElements if is_of_elements(x) else SoundCSM
    data, *structure = components_of(x)
    return made(x.type.format)(function(data), *structure)


Cast.__doc__ = CalledText(Cast.__doc__, _SPARSE)  # type: ignore[assignment]
bcast = Cast("int8")
wcast = Cast("int16")
icast = Cast("int32")
lcast = Cast("int64")
fcast = Cast("float32")
dcast = Cast("float64")
ccast = Cast("complex64")
zcast = Cast("complex128")


def cast(variable: Any, dtype: Any) -> Any:
    """A sparse variable in another dtype.

    Parameters
    ----------
    variable
        A sparse matrix.
    dtype
        Name of the dtype, ``'floatX'`` too.

    Returns
    -------
    sparse matrix
        Of the shape, format and structure of `variable`.

    Raises
    ------
    TypeError
        There is no such dtype, or `variable` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.cast(sparse.csr_from_dense([[0.0, 2.0]]), "float32").type
    Sparse[float32, csr]
    """
    variable = as_sparse_variable(variable)
    dtype = as_dtype(dtype)
    return variable if variable.type.dtype == dtype else Cast(dtype)(variable)


def sp_ones_like(x: Any) -> Any:
    """A sparse matrix with the structure of `x`, all of whose elements are 1.

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
    >>> sparse.dense_from_sparse(sparse.sp_ones_like(sparse.csr_from_dense([[0.0, 2.0]]))).eval()
    array([[0., 1.]])
    """
    data, indices, indptr, shape = csm_properties(x)
    return SoundCSM(as_sparse_variable(x).type.format)(dense_ones_like(data), indices, indptr, shape)


def sp_zeros_like(x: Any) -> Any:
    """A sparse matrix with the shape of `x` and without elements.

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
    >>> sparse.dense_from_sparse(sparse.sp_zeros_like(sparse.csr_from_dense([[0.0, 2.0]]))).eval()
    array([[0., 0.]])
    """
    x = as_sparse_variable(x)
    shape = csm_shape(x)
    along = shape[0] if x.type.format == "csr" else shape[1]
    return SoundCSM(x.type.format)(np.zeros(0, x.type.dtype), np.zeros(0, "int32"), zeros((along + 1,), "int32"), shape)
