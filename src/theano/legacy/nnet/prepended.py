"""Matrices with a column of equal numbers in front: inputs with a constant for the bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.own_text import CalledText
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.linalg.matrices import Composed
from theano.tensor.making.alloc import alloc, zeros_like
from theano.tensor.opsupport import Shapes, single
from theano.tensor.pointwise.math import cast
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.join import join
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant

__all__ = [
    "Prepend_scalar_constant_to_each_row",
    "Prepend_scalar_to_each_row",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
]


class Prepend_scalar_to_each_row(Op):
    """``(number, matrix) -> matrix`` with the number before the first element of each row.

    Parameters
    ----------
    val : tensor_like
        0-d.
    mat : tensor_like
        A matrix (m, n).

    Returns
    -------
    matrix
        (m, n + 1), of the dtype of `mat`.

    Raises
    ------
    TypeError
        `val` is not 0-d, or `mat` no matrix.

    Examples
    --------
    >>> Prepend_scalar_to_each_row()(7.0, np.ones((2, 1))).eval()
    array([[7., 1.],
           [7., 1.]])
    """

    __props__ = ()

    def make_node(self, val: Any, mat: Any) -> Apply:
        val, mat = as_tensor_variable(val), as_tensor_variable(mat)
        if val.type.ndim != 0 or mat.type.ndim != 2:
            raise TypeError(f"{type(self).__name__}: expected a number and a matrix, got {val.type} and {mat.type}")
        rows, columns = mat.type.shape
        val = cast(val, mat.type.dtype)
        return single(self, [val, mat], mat.type.dtype, (rows, None if columns is None else columns + 1))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        val, mat = inputs
        made = join(1, alloc(val, shape_i(mat, 0), 1), mat)
        return [patternbroadcast(made, self.make_node(val, mat).outputs[0].type.broadcastable)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        rows, columns = shapes[1]
        return [(rows, columns + 1)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [sum_(gs[0][:, 0]), patternbroadcast(gs[0][:, 1:], inputs[1].type.broadcastable)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(point is None for point in eval_points):
            return [None]
        # In both at once it is linear: what does not move counts as zero.
        pairs = zip(inputs, eval_points, strict=True)
        return [self(*(zeros_like(v) if point is None else point for v, point in pairs))]


class Prepend_scalar_constant_to_each_row(Composed):
    """`Prepend_scalar_to_each_row` of one number, that is known.

    Parameters
    ----------
    val
        The number.

    Returns
    -------
    matrix
        Called with a matrix (m, n): (m, n + 1), of its dtype.

    Raises
    ------
    TypeError
        It is called with what is no matrix.

    Examples
    --------
    >>> Prepend_scalar_constant_to_each_row(7.0)(np.ones((2, 1))).eval()
    array([[7., 1.],
           [7., 1.]])
    """

    __props__ = ("val",)

    def __init__(self, val: Any = 0) -> None:
        self.val = float(val)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        (mat,) = inputs
        return [prepend_scalar_to_each_row(constant(np.asarray(self.val, mat.type.dtype)), mat)]


prepend_scalar_to_each_row = Prepend_scalar_to_each_row()
Prepend_scalar_constant_to_each_row.__doc__ = CalledText(  # type: ignore[assignment]
    Prepend_scalar_constant_to_each_row.__doc__, "mat : tensor-like\n    A matrix (m, n)."
)
prepend_0_to_each_row = Prepend_scalar_constant_to_each_row(0.0)
prepend_1_to_each_row = Prepend_scalar_constant_to_each_row(1.0)
