"""Products of matrices of which one or both are sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.origin import made_here
from theano.sparse.convert import (
    adjoint,
    at_elements,
    conjugated,
    dense_from_sparse,
    in_dtype,
    in_format,
    of_elements_of,
    onto,
    transpose,
)
from theano.sparse.csm import CSM, GradientOfElements, components_of, csm_properties, lengths, places
from theano.sparse.op import Components, SparseOp, dense_output, requires, sparse_output, upcast, wanted_format
from theano.sparse.values import product_of
from theano.sparse.variable import as_sparse_or_tensor_variable, as_sparse_variable, is_sparse_variable
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.segments import OfLength, scatter_sum, segment_spread, segment_sum
from theano.tensor.linalg.dot import dot as dense_dot
from theano.tensor.linalg.dot import outer
from theano.tensor.opsupport import disconnected, first_connected, new_tensor
from theano.tensor.pointwise.math import cast, eq
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.join import stack
from theano.tensor.sparse_rows import product_at, product_places
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Dot", "StructuredDot", "StructuredDotGradCSC", "StructuredDotGradCSR", "dot", "sdg_csc", "sdg_csr",
    "structured_dot", "structured_dot_grad",
]  # fmt: skip


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
        if is_sparse_variable(v):
            wanted_format(v, "csr", "csc")
        if v.type.ndim not in (1, 2):
            raise TypeError(f"{op} takes matrices and vectors, {v} has {v.type.ndim} dimensions{made_here(v)}")


class Dot(SparseOp):
    """The product of two matrices, or of a matrix and a vector, one of which is sparse; the result is dense.

    The gradient is that of any product: it has elements where sparse operands have none.

    Parameters
    ----------
    x, y : matrices or vectors
        (m, k) and (k, n), one of them sparse.

    Returns
    -------
    tensor
        (m, n), without the axis of a vector; dense, of the common dtype.

    Raises
    ------
    TypeError
        None is sparse, or one is neither a matrix nor a vector.
    ValueError
        When it runs: there are not as many columns as rows of the second.

    Examples
    --------
    >>> from theano import sparse
    >>> Dot()(sparse.csr_from_dense([[0.0, 2.0]]), np.ones((2, 3))).eval()
    array([[2., 2., 2.]])
    """

    __props__ = ()
    linear_in = (0, 1)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = (_compressed(as_sparse_or_tensor_variable(v)) for v in (x, y))
        check_operands("dot", x, y)
        shape = [*_static(x)[:-1], *(_static(y)[1:])]
        return Apply(self, [x, y], [dense_output(upcast(x, y), shape)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_inner(x, y)
        outputs[0][0] = as_dense(x @ y, node.outputs[0].type.dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        if all(map(is_sparse_variable, inputs)):  # made dense, an operand could need far more memory than the result
            return [dense_from_sparse(_structured_dot(*inputs))]
        return [cast(expanded(*inputs), upcast(*inputs))]

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
        return [gradient_like(into_x, x), gradient_like(into_y, y)]


def _compressed(x: Any) -> Any:
    """A matrix of blocks by rows; any other as it is."""
    return in_format(x, "csr") if is_sparse_variable(x) and x.type.format == "bsr" else x


def gradient_like(g: Any, x: Any) -> Any:
    """A gradient of `x` in its dtype and with its pattern."""
    g = in_dtype(g, x)
    return g if is_sparse_variable(x) else patternbroadcast(g, x.type.broadcastable)


def _static(x: Any) -> Sequence[int | None]:
    return (None, None) if is_sparse_variable(x) else x.type.shape


def check_inner(x: Any, y: Any) -> None:
    """ValueError if the operands of a product do not fit."""
    if x.shape[-1] != y.shape[0]:
        raise ValueError(f"shapes {x.shape} and {y.shape} do not fit: {x.shape[-1]} columns and {y.shape[0]} rows")


UNLIKE = "the operands of a product do not fit: there are {1} columns and {0} rows"


def expanded(x: Any, y: Any) -> Any:
    """The dense product of two matrices, or of a matrix and a vector, in terms of the arrays of a sparse operand."""
    if not is_sparse_variable(x):
        turned = expanded(transpose(y), x.T if x.type.ndim == 2 else x)
        return turned.T if x.type.ndim == 2 else turned
    data, indices, indptr, shape = csm_properties(x)
    y = OfLength(UNLIKE)(y, shape[1])
    if y.type.ndim == 2:
        data = dimshuffle(data, (0, "x"))
    dtype = upcast(x, y)
    if x.type.format == "csr":
        return segment_sum(cast(data * y[indices], dtype), indptr)
    return scatter_sum(cast(data * segment_spread(y, indptr, indices.shape[0]), dtype), indices, shape[0])


MISFIT = "the operands of a product do not fit: the first needs as many columns as the second has rows"


def _factors(format: str, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """The arrays of two sparse matrices of which rows of this format are multiplied: of 'csc' those of the transposes.

    The product of the transposes, in the other order, is the transpose of the product.
    """
    (data, indices, indptr, shape), other = (csm_properties(in_format(v, format)) for v in (x, y))
    indices = requires(MISFIT, indices, eq(shape[1], other[3][0]))
    first, second = [data, indices, indptr], list(other[:3])
    return (first, second) if format == "csr" else (second, first)


def sparse_product(x: Any, y: Any) -> Components:
    """The components of the product of two sparse matrices, in the format of the first one; indices are in order."""
    shape = [lengths(x)[0], lengths(y)[1]]
    format = x.type.format
    left, right = _factors(format, x, y)
    width = shape[1 if format == "csr" else 0]
    indices, indptr = product_places(*left[1:], *right[1:], width)
    return product_at(*left, *right, indices, indptr, width), indices, indptr, stack(shape)


def product_onto(like: Any, x: Any, y: Any) -> Any:
    """The elements of the product of two sparse matrices at the places of those of `like`, a sparse matrix."""
    format = like.type.format
    left, right = _factors(format, x, y)
    _, indices, indptr, shape = components_of(like)
    elements = product_at(*left, *right, indices, indptr, shape[1 if format == "csr" else 0])
    return GradientOfElements(format)(elements, indices, indptr, shape)


dot_op = Dot()


def product(x: Any, y: Any) -> Any:
    """The dense product of two matrices or vectors, sparse or not."""
    return dot_op(x, y) if is_sparse_variable(x) or is_sparse_variable(y) else dense_dot(x, y)


def dot(x: Any, y: Any) -> Any:
    """The product of two matrices, or of a matrix and a vector, of which one at least is sparse; dense.

    Parameters
    ----------
    x, y
        Sparse or dense; of any format.

    Returns
    -------
    A dense tensor, also if both are sparse (`true_dot` has a sparse one).

    Raises
    ------
    TypeError
        None is sparse, or one is neither a matrix nor a vector.
    ValueError
        When it runs: there are not as many columns as rows of the second.

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

    References
    ----------
    ``z[i, k] = sum over j of x[i, j] * y[j, k]``, as `numpy.dot`.
    """
    return dot_op(x, y)


class StructuredDot(SparseOp):
    """The product of a sparse matrix and another one; the gradient of the first has its structure.

    It is dense if the second matrix is, and else sparse, in the format of the first one.

    Parameters
    ----------
    a : sparse matrix
        (m, k), csr or csc.
    b : matrix
        (k, n), sparse or dense.

    Returns
    -------
    matrix
        (m, n), of the common dtype.

    Raises
    ------
    TypeError
        `a` is not sparse.
    ValueError
        When it runs: there are not as many columns as rows of the second.

    Examples
    --------
    >>> from theano import sparse
    >>> StructuredDot()(sparse.csr_from_dense([[0.0, 2.0]]), np.ones((2, 3))).eval()
    array([[2., 2., 2.]])
    """

    __props__ = ()
    linear_in = (0, 1)

    def make_node(self, a: Any, b: Any) -> Apply:
        a, b = as_sparse_variable(a), as_sparse_or_tensor_variable(b)
        check_operands("structured_dot", a, b)
        if b.type.ndim != 2:
            raise NotImplementedError(f"structured_dot takes two matrices, {b} has {b.type.ndim} dimensions")
        dtype = upcast(a, b)
        if is_sparse_variable(b):
            return Apply(_SparseStructuredDot(), [a, b], [sparse_output(a.type.format, dtype)])
        return Apply(self, [a, b], [dense_output(dtype, (None, b.type.shape[1]))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        a, b = inputs
        check_inner(a, b)
        kind = node.outputs[0].type
        if is_sparse_variable(node.outputs[0]):
            outputs[0][0] = product_of(a, b, kind.format, kind.dtype)
        else:
            outputs[0][0] = as_dense(a @ b, kind.dtype)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        return [cast(expanded(*inputs), upcast(*inputs))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(lengths(node.inputs[0], shapes[0])[0], lengths(node.inputs[1], shapes[1])[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        a, b = inputs
        (g,) = gs
        if is_sparse_variable(b) and is_sparse_variable(g):
            into_b = product_onto(b, adjoint(a), g)
        else:
            into_b = _structured_dot(adjoint(a), g)
            into_b = onto(b, into_b) if is_sparse_variable(b) else into_b
        return [in_dtype(structured_dot_grad(a, conjugated(b), g), a), gradient_like(into_b, b)]


class _SparseStructuredDot(StructuredDot):
    """The same where the result is sparse."""

    decompose = Op.decompose

    def components(self, inputs: Sequence[Any]) -> Components:
        return sparse_product(*inputs)

    def __str__(self) -> str:
        return "StructuredDot"


_structured_dot = StructuredDot()


def structured_dot(x: Any, y: Any) -> Any:
    """The product of two matrices of which one at least is sparse; gradients keep the structure of sparse operands.

    Parameters
    ----------
    x, y
        Matrices, sparse or dense. A dense one may be a vector.

    Returns
    -------
    A dense matrix or vector; if both are sparse, a sparse matrix in the format of `x`.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: there are not as many columns as rows of the second.

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

    References
    ----------
    ``z[i, k] = sum over j of x[i, j] * y[j, k]``, as `numpy.dot`.
    """
    x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
    check_operands("structured_dot", x, y)
    if not is_sparse_variable(x):
        return structured_dot(transpose(y), x.T).T
    if y.type.ndim == 1:
        return _structured_dot(x, dimshuffle(y, (0, "x")))[:, 0]
    return _structured_dot(x, y)


class _StructuredDotGrad(SparseOp):
    """The elements of the gradient of the sparse operand of `StructuredDot`.

    From ``indices, indptr`` of that operand, the dense operand `b`, and the dense gradient of the product.
    """

    __props__ = ()
    linear_in = (2, 3)
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

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        indices, indptr, b, g = inputs
        spread = CSM(self.format)(gs[0], indices, indptr, stack([g.shape[0], b.shape[0]]))
        into_b, into_g = dot_op(transpose(spread), conjugated(g)), dot_op(spread, conjugated(b))
        return [disconnected(), disconnected(), gradient_like(into_b, b), gradient_like(into_g, g)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(4, (2, 3))


class StructuredDotGradCSR(_StructuredDotGrad):
    """Of an operand in format csr.

    Parameters
    ----------
    a_indices, a_indptr : vectors of integers
        Those of the operand, (m, k).
    b : matrix
        (k, n), dense.
    g_ab : matrix
        (m, n), dense: the gradient of the product.

    Returns
    -------
    vector
        The elements of the gradient of the operand, one for each index.

    Raises
    ------
    TypeError
        An argument can't be a tensor.

    Examples
    --------
    >>> StructuredDotGradCSR()([1], [0, 1], np.ones((2, 3)), np.ones((1, 3))).eval()
    array([3.])
    """

    format = "csr"


class StructuredDotGradCSC(_StructuredDotGrad):
    """Of an operand in format csc.

    Parameters
    ----------
    a_indices, a_indptr : vectors of integers
        Those of the operand, (m, k).
    b : matrix
        (k, n), dense.
    g_ab : matrix
        (m, n), dense: the gradient of the product.

    Returns
    -------
    vector
        The elements of the gradient of the operand, one for each index.

    Raises
    ------
    TypeError
        An argument can't be a tensor.

    Examples
    --------
    >>> StructuredDotGradCSC()([1], [0, 1, 1], np.ones((2, 3)), np.ones((2, 3))).eval()
    array([3.])
    """

    format = "csc"


sdg_csr = StructuredDotGradCSR()
sdg_csc = StructuredDotGradCSC()


def structured_dot_grad(sparse_A: Any, dense_B: Any, ga: Any) -> Any:
    """The gradient of a sparse matrix of which ``structured_dot(sparse_A, dense_B)`` has the gradient `ga`.

    Parameters
    ----------
    sparse_A : sparse matrix
        (m, k), csr or csc.
    dense_B : matrix
        (k, n).
    ga : matrix
        (m, n).

    Returns
    -------
    A sparse matrix with the structure of `sparse_A`.

    Raises
    ------
    TypeError
        `sparse_A` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[0.0, 2.0]])
    >>> sparse.dense_from_sparse(sparse.structured_dot_grad(x, np.ones((2, 3)), np.ones((1, 3)))).eval()
    array([[0., 3.]])

    References
    ----------
    ``z[i, j] = sum over k of ga[i, k] * B[j, k]``: the chain rule for `numpy.dot`.
    """
    sparse_A = as_sparse_variable(sparse_A)
    wanted_format(sparse_A, "csr", "csc")
    format = sparse_A.type.format
    if is_sparse_variable(dense_B) and is_sparse_variable(ga):
        return product_onto(sparse_A, ga, transpose(dense_B))
    if is_sparse_variable(dense_B) or is_sparse_variable(ga):
        found = structured_dot(ga, transpose(dense_B)) if is_sparse_variable(dense_B) else dot_op(ga, dense_B.T)
        return of_elements_of(sparse_A, at_elements(sparse_A, found))
    _, indices, indptr, shape = csm_properties(sparse_A)
    elements = (sdg_csr if format == "csr" else sdg_csc)(indices, indptr, dense_B, ga)
    return GradientOfElements(format)(elements, indices, indptr, shape)
