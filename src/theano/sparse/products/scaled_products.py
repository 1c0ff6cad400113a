"""A product of matrices, times a number, added to a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import conjugated
from theano.sparse.op import SparseOp, dense_output, upcast
from theano.sparse.products.dot import as_dense, check_inner, check_operands, dot_op, gradient_like
from theano.sparse.variable import as_sparse_or_tensor_variable
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.pointwise.math import cast
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.variable import as_tensor_variable

__all__ = ["Usmm", "usmm"]


class Usmm(SparseOp):
    """``alpha * dot(x, y) + z``, dense, where `x` or `y` is sparse.

    Parameters
    ----------
    alpha : number or 0-d tensor
        The factor of the product.
    x, y : matrices
        (m, k) and (k, n), one of them sparse.
    z : matrix
        (m, n), dense.

    Returns
    -------
    matrix
        (m, n), dense, of the common dtype.

    Raises
    ------
    TypeError
        Neither `x` nor `y` is sparse.
    ValueError
        When it runs: the shapes do not fit.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.usmm(2.0, sparse.csr_from_dense([[0.0, 2.0]]), np.ones((2, 2)), np.ones((1, 2))).eval()
    array([[5., 5.]])
    """

    __props__ = ()

    def __str__(self) -> str:
        return "Usmm{no_inplace}"

    def make_node(self, alpha: Any, x: Any, y: Any, z: Any) -> Apply:
        x, y = as_sparse_or_tensor_variable(x), as_sparse_or_tensor_variable(y)
        alpha, z = as_tensor_variable(alpha), as_tensor_variable(z)
        check_operands("usmm", x, y)
        if alpha.type.ndim and not all(alpha.type.broadcastable):
            raise TypeError(f"alpha of usmm is a number, {alpha} has {alpha.type.ndim} dimensions{made_here(alpha)}")
        if x.type.ndim != 2 or y.type.ndim != 2 or z.type.ndim != 2:
            raise TypeError(f"usmm takes matrices x, y and z, not {x.type}, {y.type} and {z.type}{made_here(z)}")
        alpha = dimshuffle(alpha, ()) if alpha.type.ndim else alpha
        return Apply(self, [alpha, x, y, z], [dense_output(upcast(alpha, x, y, z), (None, None))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        alpha, x, y, z = inputs
        check_inner(x, y)
        dtype = node.outputs[0].type.dtype
        found = as_dense(x @ y, dtype)
        if found.shape != z.shape:
            raise ValueError(f"shapes differ: the product has {found.shape} and z {z.shape}")
        outputs[0][0] = np.asarray(alpha * found + z, dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        alpha, x, y, z = inputs
        # A row or column of z is no wider matrix here: it has to have just the shape of the product.
        scaled = dimshuffle(alpha, ("x", "x")) * dot_op(x, y)
        return [cast(scaled + patternbroadcast(z, (False, False)), upcast(*inputs))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[3]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        alpha, x, y, z = inputs
        (g,) = gs
        into_x, into_y = dot_op.L_op([x, y], [], [g * conjugated(alpha)])
        into_alpha = dense_sum(g * conjugated(dot_op(x, y)))
        return [gradient_like(into_alpha, alpha), into_x, into_y, gradient_like(g, z)]


usmm = Usmm()
