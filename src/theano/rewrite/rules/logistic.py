"""Complements of the logistic function hidden in sums."""

from __future__ import annotations

from theano import scalar
from theano.rewrite.engine import algebra
from theano.rewrite.engine.algebra import Term
from theano.rewrite.engine.arithmetic import build_product, build_sum
from theano.rewrite.engine.build import Number, broadcast_to, elemwise, scalar_name
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph


@rule(
    "add",
    "sub",
    phase="stabilize",
    view="sum",
    parts=frozenset({"sigmoid"}),
    name="y - y*sigmoid(x) -> y*sigmoid(-x)",
)
def complement_of_sigmoid(graph: RewriteGraph, node: Node) -> Result:
    """``y - y * sigmoid(x) -> y * sigmoid(-x)`` for a product `y`: a gradient of ``exp(x)/(1 + exp(x))``."""
    out = node.outputs[0]
    view = algebra.root_sum(graph, node) if out.type.dtype.startswith("float") else None
    if view is None:
        return None
    terms = list(view.terms.values())
    for more in terms:
        for factor in more.factors:
            if scalar_name(factor) != "sigmoid":
                continue
            rest = dict(more.factors)
            rest[factor] -= 1
            rest = {v: e for v, e in rest.items() if e}
            twin = next((t for t in terms if t is not more and t.factors == rest and t.coef == -more.coef), None)
            if twin is None:
                continue
            other = elemwise(scalar.sigmoid, algebra.negate(graph, factor.owner.inputs[0]))
            rest[other] = rest.get(other, 0) + 1
            made = build_product(1, rest, out.type.dtype, out.type.ndim)
            if made is None:
                return None
            left: list[Term] = [t for t in terms if t is not more and t is not twin]
            pairs: list[tuple[Number, object]] = [
                (twin.coef, made),
                *[(t.coef, t.pure()) for t in left],
            ]
            total = build_sum(view.const, pairs, out.type.dtype, out.type.ndim)
            return None if total is None else broadcast_to(graph, total, out)
    return None
