"""Products of two matrices, one of them dense perhaps, as sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import SparseFromDense, adjoint, dense_from_sparse, in_dtype, in_format
from theano.sparse.csm import csm_properties, lengths
from theano.sparse.op import Components, SparseOp, sparse_output, upcast
from theano.sparse.products.dot import check_inner, check_operands, dot_op, gradient_like, sparse_product
from theano.sparse.values import as_format, in_order, matrix_class, product_of
from theano.sparse.variable import as_sparse_or_tensor_variable, is_sparse_variable
from theano.tensor.linalg.dot import dot as dense_dot

__all__ = ["TrueDot", "true_dot"]


class TrueDot(SparseOp):
    """The product of two matrices of which one at least is sparse, as a sparse matrix.

    Parameters
    ----------
    grad_preserves_dense
        Whether the gradient of a dense operand is dense; else all gradients are sparse.

    Returns
    -------
    sparse matrix
        Called with matrices (m, k) and (k, n): (m, n), in the format of the first sparse operand, of the common dtype.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: there are not as many columns as rows of the second.

    Examples
    --------
    >>> from theano import sparse
    >>> made = TrueDot()(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0], [3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[6.]])
    """

    __props__ = ("grad_preserves_dense",)
    linear_in = (0, 1)

    def __init__(self, grad_preserves_dense: bool = True) -> None:
        self.grad_preserves_dense = bool(grad_preserves_dense)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        check_operands("true_dot", x, y)
        for v in (x, y):
            if v.type.ndim != 2:
                raise TypeError(f"true_dot takes two matrices, {v} has {v.type.ndim} dimensions{made_here(v)}")
        format = (x if is_sparse_variable(x) else y).type.format
        return Apply(self, [x, y], [sparse_output(format, upcast(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_inner(x, y)
        kind = node.outputs[0].type
        if all(map(is_sparse_variable, node.inputs)):
            outputs[0][0] = product_of(x, y, kind.format, kind.dtype)
        else:
            outputs[0][0] = in_order(as_format(matrix_class(kind.format)(x @ y), kind.format, kind.dtype))

    def components(self, inputs: Sequence[Any]) -> Components:
        """Of two sparse matrices those of `sparse_product`, else of the dense product without its zeros."""
        formats = [v.type.format for v in inputs if is_sparse_variable(v)]
        if len(formats) == 2:
            return sparse_product(*inputs)
        data, indices, indptr, shape = csm_properties(SparseFromDense(formats[0])(dot_op(*inputs)))
        return data, indices, indptr, shape

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(lengths(node.inputs[0], shapes[0])[0], lengths(node.inputs[1], shapes[1])[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        (g,) = gs
        return [self._gradient(g, adjoint(y), x), self._gradient(adjoint(x), g, y)]

    def _gradient(self, left: Any, right: Any, like: Any) -> Any:
        if not (is_sparse_variable(left) or is_sparse_variable(right)):
            return gradient_like(dense_dot(left, right), like)
        found = self(left, right)
        if not is_sparse_variable(like):
            return gradient_like(dense_from_sparse(found), like) if self.grad_preserves_dense else in_dtype(found, like)
        return in_dtype(in_format(found, like.type.format), like)


def true_dot(x: Any, y: Any, grad_preserves_dense: bool = True) -> Any:
    """The product of two matrices of which one at least is sparse, as a sparse matrix.

    Parameters
    ----------
    x, y
        Matrices, sparse or dense.
    grad_preserves_dense
        Whether the gradient of a dense operand is dense; else all gradients are sparse.

    Returns
    -------
    A sparse matrix in the format of the first sparse operand.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: there are not as many columns as rows of the second.

    Notes
    -----
    The gradient is regular, i.e. not structured.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.true_dot(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0], [3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[6.]])

    References
    ----------
    ``z[i, k] = sum over j of x[i, j] * y[j, k]``, as `numpy.dot`.
    """
    return TrueDot(grad_preserves_dense)(x, y)
