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


def _is_hopeless(pattern: Pattern, node: Node) -> bool:
    """Whether an operand shows at once that `pattern` does not match: most attempts end here."""
    for child, v in zip(pattern.args, node.inputs, strict=False):  # type: ignore[attr-defined]
        if type(child) is Operation:
            if type(pattern) is Operation and (v.owner is None or type(v.owner.op) not in child.form.classes):
                return True
        elif type(child) is Literal and number(v) != child.value:
            return True
    return False


def apply_as_written(equation: Equation, graph: RewriteGraph, node: Node) -> Tensor | None:
    """The replacement for the output of `node` by an equation with tensor ops; None if it does not apply."""
    out = node.outputs[0]
    if _is_hopeless(equation.left, node):
        return None
    match = _Match()
    if not (match.around if equation.has_operation else match.within)(equation.left, out):
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
        made = _made(equation, bound)
    if match.axes is not None:
        return dimshuffle(made, match.axes)
    return broadcast_to(graph, made, out) if isinstance(equation.left, Application) else made


def _order(pattern: Pattern, found: dict[Pattern, tuple[int, ...]]) -> dict[Pattern, tuple[int, ...]]:
    """The patterns of a right side, each once and behind its arguments, with the places of these."""
    if pattern not in found:
        args = pattern.args if isinstance(pattern, Application | Operation) else ()
        for a in args:
            _order(a, found)
        places = {p: k for k, p in enumerate(found)}
        found[pattern] = tuple([places[a] for a in args])
    return found


def _made(equation: Equation, bound: dict[str, Any]) -> Tensor:
    """The graph of a right side."""
    order = equation.order
    if order is None:
        order = equation.order = list(_order(equation.right, {}).items())
    values: list[Tensor] = []
    for pattern, places in order:
        kind = type(pattern)
        args = [values[k] for k in places]
        if kind is Var:
            made = bound[pattern.name]  # type: ignore[attr-defined]
        elif kind is Operation:
            given = [bound[p.name] if type(p) is Parameter else p for p in pattern.given]  # type: ignore[attr-defined]
            made = pattern.form.make(*given, *args)  # type: ignore[attr-defined]
        elif kind is Literal:
            made = pattern  # its dtype and rank are those of what stands beside it
        else:
            if Literal in map(type, args):
                like = next(a for a in reversed(args) if type(a) is not Literal).type
                args = [constant(a.value, like.dtype, like.ndim) if type(a) is Literal else a for a in args]
            made = elemwise(pattern.op, *args)  # type: ignore[attr-defined]
        values.append(made)
    return values[-1]
