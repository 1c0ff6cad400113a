"""Canonical forms of branches."""

from __future__ import annotations

from theano.rewrite.build import uniform_value
from theano.rewrite.registry import rule
from theano.rewrite.rule import Result
from theano.rewrite.table import Node, RewriteGraph


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
