"""The op of Theano's page about extending it: two times a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.tensor.variable import as_tensor_variable

__all__ = ["DoubleOp"]


class DoubleOp(Op):
    """Each element, doubled.

    Examples
    --------
    >>> from theano.misc.doubleop import DoubleOp
    >>> DoubleOp()(T.constant([1.0, 2.0])).eval()
    array([2., 4.])
    """

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        output_storage[0][0] = inputs[0] * 2

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return list(shapes)

    def grad(self, inputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        return [output_grads[0] * 2]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None] if eval_points[0] is None else [eval_points[0] * 2]
