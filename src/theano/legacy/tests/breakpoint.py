"""`PdbBreakpoint`: a place in a graph where a program stops in Python's debugger."""

from __future__ import annotations

import pdb
from collections.abc import Sequence
from typing import Any

from theano.gradient import DisconnectedType
from theano.graph import Apply, Op, Variable
from theano.tensor.variable import as_tensor_variable

__all__ = ["PdbBreakpoint"]


class PdbBreakpoint(Op):
    """Stops in the debugger when a condition holds; otherwise it hands on the variables that it watches.

    Parameters
    ----------
    name
        Printed when it stops, to know which breakpoint it is.

    Examples
    --------
    >>> from theano.tests.breakpoint import PdbBreakpoint
    >>> x = T.dvector("x")
    >>> watched = PdbBreakpoint("large")(x.max() > 100, x)
    >>> theano.function([x], watched * 2)([1, 2])
    array([2., 4.])
    """

    __props__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def make_node(self, condition: Any, *monitored_vars: Any) -> Apply:
        condition = as_tensor_variable(condition)
        if condition.type.ndim != 0:
            raise TypeError(f"the condition of a breakpoint is a number, got {condition}, {condition.type}")
        if not monitored_vars:
            raise ValueError("a breakpoint watches at least one variable")
        watched = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in monitored_vars]
        op = PdbBreakpoint(self.name)
        op.view_map = {i: [i + 1] for i in range(len(watched))}
        return Apply(op, [condition, *watched], [v.type() for v in watched])

    def do_constant_folding(self, node: Apply) -> bool:
        """It would stop while a function is compiled."""
        return False

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        condition, *monitored = inputs
        if condition:
            print(f"\n-------------------------------------------------\nTheano breakpoint: {self.name}")
            print(f"`monitored` holds {len(monitored)} values: {', '.join(map(str, node.inputs[1:]))}")
            pdb.set_trace()
        for storage, value in zip(output_storage, monitored, strict=True):
            storage[0] = value

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [DisconnectedType()(), *gs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return list(eval_points[1:])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return list(shapes[1:])

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        count = len(node.outputs)
        return [[False] * count, *([i == j for j in range(count)] for i in range(count))]
