"""Canonical forms of branches."""

from __future__ import annotations

from theano.rewrite.build import number, scalar_name, uniform_value
from theano.rewrite.registry import rule
from theano.rewrite.rule import Result
from theano.rewrite.table import Node, RewriteGraph, Tensor


@rule("IfElse", name="branch_known")
def branch_known(graph: RewriteGraph, node: Node) -> Result:
    """A condition that is known, or branches that are equal."""
    n = node.op.n_outs
    condition, thens, elses = node.inputs[0], node.inputs[1 : 1 + n], node.inputs[1 + n :]
    value = uniform_value(condition)
    if value is not None:
        return list(thens if value else elses)
    if any(a is b for a, b in zip(thens, elses, strict=True)):
        same = [a if a is b else None for a, b in zip(thens, elses, strict=True)]
        live = [s is not None and graph.use_count(o) > 0 for s, o in zip(same, node.outputs, strict=True)]
        return same if any(live) else None
    return None


@rule("IfElse", name="branch_on_negation")
def branch_on_negation(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(not c, a, b) -> ifelse(c, b, a)``, and ``c != 0`` is `c`."""
    n = node.op.n_outs
    thens, elses = node.inputs[1 : 1 + n], node.inputs[1 + n :]
    condition, negated = _truth(node.inputs[0])
    if condition is node.inputs[0]:
        return None
    sides = [*elses, *thens] if negated else [*thens, *elses]
    return list(node.op.make_node(condition, *sides).outputs)


def _truth(condition: Tensor) -> tuple[Tensor, bool]:
    """What a condition is the truth of, and whether it is the negative of that."""
    negated = False
    while True:
        name = scalar_name(condition)
        inputs = condition.owner.inputs if name is not None else []
        if name in ("eq", "neq") and 0 in (zeros := [number(v) for v in inputs]):
            condition = inputs[1 - zeros.index(0)]
            negated ^= name == "eq"
        elif name == "invert" and condition.type.dtype == "bool":
            condition, negated = inputs[0], not negated
        elif name is not None and name.startswith("Cast{") and inputs[0].type.dtype == "bool":
            condition = inputs[0]
        else:
            return condition, negated


@rule("IfElse", name="branch_in_branch")
def branch_in_branch(graph: RewriteGraph, node: Node) -> Result:
    """``ifelse(c, ifelse(c, a, b), d) -> ifelse(c, a, d)``."""
    n = node.op.n_outs
    condition, sides = node.inputs[0], list(node.inputs[1:])
    changed = False
    for k, v in enumerate(sides):
        inner = v.owner
        if inner is not None and type(inner.op) is type(node.op) and inner.inputs[0] is condition:
            taken = 1 if k < n else 1 + inner.op.n_outs
            sides[k] = inner.inputs[taken + v.index]
            changed = True
    return list(node.op.make_node(condition, *sides).outputs) if changed else None
