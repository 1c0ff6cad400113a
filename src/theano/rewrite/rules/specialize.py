"""Equations whose right side is cheaper, once stability is settled."""

from __future__ import annotations

import math

from theano import scalar
from theano.rewrite.engine.build import elemwise, number
from theano.rewrite.engine.pattern import variable
from theano.rewrite.engine.registry import rule, specialize
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph
from theano.scalar import cosh, exp, ge, log, pow, sinh, switch, tanh
from theano.scalar import exp2 as exp2_

x, y = variable("x"), variable("y")

specialize(pow(2, x), exp2_(x), domain={"x": (-60, 60)})
specialize(exp(log(x)), switch(ge(x, 0), x, math.nan), domain={"x": (0, 1e6)})
specialize(sinh(x) / cosh(x), tanh(x), domain={"x": (-20, 20)}, special=(1e30, -1e30, math.inf, -math.inf))


@rule("true_div", phase="specialize")
def reciprocal(graph: RewriteGraph, node: Node) -> Result:
    """``1 / x -> inv(x)``. (A constant denominator with an exact reciprocal is a factor, by `collect_factors`.)"""
    top, bottom = node.inputs
    out = node.outputs[0]
    if not out.type.dtype.startswith("float"):
        return None
    if number(top) == 1 and bottom.type.dtype == out.type.dtype and bottom.type.broadcastable == out.type.broadcastable:
        return elemwise(scalar.inv, bottom)
    return None
