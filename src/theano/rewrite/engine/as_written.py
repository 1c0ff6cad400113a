"""Matching patterns with tensor ops: as they are written, operand by operand, and building their right sides.

Point-wise work may stand around the tensor op, with a `DimShuffle` between them: ``log(prod(x, A))`` is found where the
product is broadcast before the logarithm. The right side, which is of the shape of the tensor op, gets it then.
"""

from __future__ import annotations

from typing import Any

from theano.rewrite.engine.build import Axes, broadcast_to, constant, dimshuffle, elemwise, number, peel
from theano.rewrite.engine.pattern import (
    KINDS,
    Application,
    Equation,
    Literal,
    Operation,
    Parameter,
    Pattern,
    Var,
    has_operation,
)
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.elemwise import Elemwise


class _Match:
    """One attempt to match an equation at a node."""

    __slots__ = ("bound", "nodes", "axes")

    def __init__(self) -> None:
        self.bound: dict[str, Any] = {}  # variables and parameters
        self.nodes: list[Node] = []  # those of the left side, the root first
        self.axes: Axes = None  # what point-wise work around the tensor op sees of it

    def around(self, pattern: Pattern, var: Tensor) -> bool:
        """Whether point-wise work around the tensor op, or the op, matches."""
        if type(pattern) is Operation:
            return self.within(pattern, var)
        assert isinstance(pattern, Application)
        if not has_operation(pattern):
            return self.within(pattern, var)
        if not self._point_wise(pattern, var):
            return False
        (inner,), (child,) = var.owner.inputs, pattern.args
        inner, self.axes = peel(inner, self.axes)
        return self.around(child, inner)

    def within(self, pattern: Pattern, var: Tensor) -> bool:
        """Whether a pattern matches `var` itself."""
        if type(pattern) is Var:
            return self._bind(pattern, var)
        if type(pattern) is Literal:
            return number(var) == pattern.value
        if type(pattern) is Operation:
            return self._operation(pattern, var)
        assert isinstance(pattern, Application)
        return self._point_wise(pattern, var) and all(map(self.within, pattern.args, var.owner.inputs))

    def _bind(self, pattern: Var, var: Tensor) -> bool:
        known: Tensor = self.bound.setdefault(pattern.name, var)
        return (
            known is var
            and known.type.dtype.startswith(KINDS[pattern.kind])
            and (pattern.test is None or pattern.test(known))
        )

    def _operation(self, pattern: Operation, var: Tensor) -> bool:
        node, form = var.owner, pattern.form
        if node is None or type(node.op) not in form.classes:
            return False
        self.nodes.append(node)
        given, operands = form.read(node)
        for wanted, value in zip(pattern.given, given, strict=True):
            if value != (self.bound.setdefault(wanted.name, value) if type(wanted) is Parameter else wanted):
                return False
        return len(operands) == len(pattern.args) and all(map(self.within, pattern.args, operands))

    def _point_wise(self, pattern: Application, var: Tensor) -> bool:
        node = var.owner
        if node is None or type(node.op) is not Elemwise or node.op.scalar_op is not pattern.op:
            return False
        self.nodes.append(node)
        return len(node.inputs) == len(pattern.args)


def apply_as_written(equation: Equation, graph: RewriteGraph, node: Node) -> Tensor | None:
    """The replacement for the output of `node` by an equation with tensor ops; None if it does not apply."""
    out = node.outputs[0]
    match = _Match()
    if not match.around(equation.left, out):
        return None
    if equation.alone and graph.only_user(match.nodes[1].outputs[0]) is None:
        return None
    bound = match.bound
    if equation.one_dtype:
        tensors = [*(n.outputs[0] for n in match.nodes), *(bound[name] for name in equation.names)]
        if any(v.type.dtype != out.type.dtype for v in tensors):
            return None
    if equation.where is not None:
        more = equation.where(graph, **bound)
        if not more and more != {}:
            return None
        if more is not True:
            bound.update(more)
    if isinstance(equation.right, Literal):
        made = constant(equation.right.value, out.type.dtype, out.type.ndim)
    else:
        made = _made(equation.right, bound, {})
    if match.axes is not None:
        return dimshuffle(made, match.axes)
    return broadcast_to(graph, made, out) if isinstance(equation.left, Application) else made


def _made(pattern: Pattern, bound: dict[str, Any], known: dict[int, Tensor]) -> Tensor:
    """The graph of a right side; what occurs in it twice is made once."""
    if isinstance(pattern, Var):
        return bound[pattern.name]
    made = known.get(id(pattern))
    if made is not None:
        return made
    assert isinstance(pattern, Application | Operation)
    args = [None if isinstance(a, Literal) else _made(a, bound, known) for a in pattern.args]
    if isinstance(pattern, Operation):
        given = [bound[p.name] if isinstance(p, Parameter) else p for p in pattern.given]
        assert pattern.form.make is not None
        made = pattern.form.make(*given, *args)
    else:
        like = next(a for a in reversed(args) if a is not None).type
        numbers = [
            constant(p.value, like.dtype, like.ndim) if a is None else a  # type: ignore[attr-defined]
            for p, a in zip(pattern.args, args, strict=True)
        ]
        made = elemwise(pattern.op, *numbers)
    known[id(pattern)] = made
    return made
