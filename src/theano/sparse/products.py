"""Products of matrices of which one or both are sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.arithmetic import mul
from theano.sparse.convert import adjoint, conjugated, in_dtype, in_format, onto, sp_ones_like, transpose
from theano.sparse.csm import CSM, csm_properties, lengths, places
from theano.sparse.op import SparseOp, dense_output, sparse_output, upcast, wanted_format
from theano.sparse.values import as_format
from theano.sparse.variable import as_sparse_or_tensor_variable, as_sparse_variable, is_sparse_variable
from theano.tensor.dot import dot as dense_dot
from theano.tensor.dot import outer
from theano.tensor.opsupport import new_tensor
from theano.tensor.reduction import sum as dense_sum
from theano.tensor.shape import patternbroadcast
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Dot",
    "StructuredDot",
    "StructuredDotGradCSC",
    "StructuredDotGradCSR",
    "dot",
    "sdg_csc",
    "sdg_csr",
    "structured_dot",
    "structured_dot_grad",
]


def as_dense(value: Any, dtype: str) -> np.ndarray:
    """A product as SciPy returns it, as an array."""
    if hasattr(value, "toarray"):
        value = value.toarray()
    return np.asarray(value, dtype)


def check_operands(op: Any, x: Any, y: Any) -> None:
    """TypeError unless one of two operands of a product is sparse and the other a matrix or a vector."""
    if not (is_sparse_variable(x) or is_sparse_variable(y)):
        raise TypeError(f"{op} needs a sparse operand, {x} and {y} are dense: use theano.tensor.dot{made_here(x)}")
    for v in (x, y):
        if v.type.ndim not in (1, 2):
            raise TypeError(f"{op} takes matrices and vectors, {v} has {v.type.ndim} dimensions{made_here(v)}")


class Dot(SparseOp):
    """The product of two matrices, or of a matrix and a vector, one of which is sparse; the result is dense.

    The gradient is that of any product: it has elements where sparse operands have none.
    """

    __props__ = ()
    linear_in = (0, 1)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        check_operands("dot", x, y)
        shape = [*_static(x)[:-1], *(_static(y)[1:])]
        return Apply(self, [x, y], [dense_output(upcast(x, y), shape)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_inner(x, y)
        outputs[0][0] = as_dense(x @ y, node.outputs[0].type.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        x, y = node.inputs
        before = () if x.type.ndim == 1 else (lengths(x, shapes[0])[0],)
        after = () if y.type.ndim == 1 else (lengths(y, shapes[1])[1],)
        return [before + after]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        (g,) = gs
        into_x = outer(g, conjugated(y)) if y.type.ndim == 1 else product(g, adjoint(y))
        into_y = outer(conjugated(x), g) if x.type.ndim == 1 else product(adjoint(x), g)
        return [_like(into_x, x), _like(into_y, y)]


def _like(g: Any, x: Any) -> Any:
    """A gradient of `x` in its dtype and with its pattern."""
    g = in_dtype(g, x)
    return g if is_sparse_variable(x) else patternbroadcast(g, x.type.broadcastable)


def _static(x: Any) -> Sequence[int | None]:
    return (None, None) if is_sparse_variable(x) else x.type.shape


def check_inner(x: Any, y: Any) -> None:
    """ValueError if the operands of a product do not fit."""
    if x.shape[-1] != y.shape[0]:
        raise ValueError(f"shapes {x.shape} and {y.shape} do not fit: {x.shape[-1]} columns and {y.shape[0]} rows")


_dot = Dot()


def product(x: Any, y: Any) -> Any:
    """The dense product of two matrices or vectors, sparse or not."""
    return _dot(x, y) if is_sparse_variable(x) or is_sparse_variable(y) else dense_dot(x, y)


def dot(x: Any, y: Any) -> Any:
    """The product of two matrices, or of a matrix and a vector, of which one at least is sparse; dense.

    Parameters
    ----------
    x, y
        Sparse or dense; formats csr and csc.

    Returns
    -------
    A dense tensor, also if both are sparse (`true_dot` has a sparse one).

    Raises
    ------
    TypeError
        None is sparse, or one is neither a matrix nor a vector.

    Notes
    -----
    The gradient is regular: that of a sparse operand is a dense matrix. `structured_dot` has a gradient with the
    structure of its operand.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> x = sparse.csr_matrix("x", dtype="float64")
    >>> f = theano.function([x], sparse.dot(x, np.eye(2)))
    >>> f(scipy.sparse.csr_matrix([[1.0, 0.0], [0.0, 2.0]]))
    array([[1., 0.],
           [0., 2.]])
    """
    return _dot(x, y)


class StructuredDot(SparseOp):
    """The product of a sparse matrix and another one; the gradient of the first has its structure.

    It is dense if the second matrix is, and else sparse, in the format of the first one.
    """

    __props__ = ()
    linear_in = (0, 1)

    def make_node(self, a: Any, b: Any) -> Apply:
        a, b = as_sparse_variable(a), as_sparse_or_tensor_variable(b)
        if b.type.ndim != 2:
            raise NotImplementedError(f"structured_dot takes two matrices, {b} has {b.type.ndim} dimensions")
        dtype = upcast(a, b)
        if is_sparse_variable(b):
            return Apply(self, [a, b], [sparse_output(a.type.format, dtype)])
        return Apply(self, [a, b], [dense_output(dtype, (None, b.type.shape[1]))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        a, b = inputs
        check_inner(a, b)
        kind = node.outputs[0].type
        found = a @ b
        if is_sparse_variable(node.outputs[0]):
            outputs[0][0] = as_format(found, kind.format, kind.dtype)
        else:
            outputs[0][0] = as_dense(found, kind.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(lengths(node.inputs[0], shapes[0])[0], lengths(node.inputs[1], shapes[1])[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        a, b = inputs
        (g,) = gs
        into_b = _structured_dot(adjoint(a), g)
        if is_sparse_variable(b):
            into_b = onto(b, into_b)
        return [in_dtype(structured_dot_grad(a, conjugated(b), g), a), _like(into_b, b)]


_structured_dot = StructuredDot()


def structured_dot(x: Any, y: Any) -> Any:
    """The product of two matrices of which one at least is sparse; gradients keep the structure of sparse operands.

    Parameters
    ----------
    x, y
        Matrices, sparse or dense.

    Returns
    -------
    A dense matrix; if both are sparse, a sparse one in the format of `x`.

    Notes
    -----
    The gradient is structured: that of a sparse operand has elements only where the operand has.

    Examples
    --------
    >>> from theano import sparse
    >>> x, w = sparse.csr_matrix("x", dtype="float64"), T.dmatrix("w")
    >>> cost = sparse.structured_dot(x, w).sum()
    >>> T.grad(cost, [x, w])[0].type
    Sparse[float64, csr]
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    check_operands("structured_dot", x, y)
    if is_sparse_variable(x):
        return _structured_dot(x, y)
    return _structured_dot(transpose(y), x.T).T


class _StructuredDotGrad(SparseOp):
    """The elements of the gradient of the sparse operand of `StructuredDot`.

    From ``indices, indptr`` of that operand, the dense operand `b`, and the dense gradient of the product.
    """

    __props__ = ()
    format: str

    def make_node(self, a_indices: Any, a_indptr: Any, b: Any, g_ab: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (a_indices, a_indptr, b, g_ab)]
        return Apply(self, inputs, [new_tensor(upcast(*inputs[2:]), (None,))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        indices, indptr, b, g = inputs
        along = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
        rows, columns = (along, indices) if self.format == "csr" else (indices, along)
        found = np.einsum("ij,ij->i", g[rows], b[columns])
        outputs[0][0] = found.astype(node.outputs[0].type.dtype, copy=False)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        indices, indptr, b, g = inputs
        rows, columns = places(self.format, indices, indptr)
        return [dense_sum(g[rows] * b[columns], axis=1, dtype=upcast(b, g))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[0]]


class StructuredDotGradCSR(_StructuredDotGrad):
    """Of an operand in format csr."""

    format = "csr"


class StructuredDotGradCSC(_StructuredDotGrad):
    """Of an operand in format csc."""

    format = "csc"


sdg_csr = StructuredDotGradCSR()
sdg_csc = StructuredDotGradCSC()


def structured_dot_grad(sparse_A: Any, dense_B: Any, ga: Any) -> Any:
    """The gradient of a sparse matrix of which ``structured_dot(sparse_A, dense_B)`` has the gradient `ga`.

    Returns
    -------
    A sparse matrix with the structure of `sparse_A`.
    """
    wanted_format(sparse_A, "csr", "csc")
    format = sparse_A.type.format
    if is_sparse_variable(dense_B) or is_sparse_variable(ga):
        found = structured_dot(ga, transpose(dense_B)) if is_sparse_variable(dense_B) else _dot(ga, dense_B.T)
        return mul(sp_ones_like(sparse_A), in_format(found, format) if is_sparse_variable(found) else found)
    _, indices, indptr, shape = csm_properties(sparse_A)
    elements = (sdg_csr if format == "csr" else sdg_csc)(indices, indptr, dense_B, ga)
    return CSM(format)(elements, indices, indptr, shape)
