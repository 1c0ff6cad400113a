"""Equations whose right side is cheaper, once stability is settled."""

from __future__ import annotations

import math
from fractions import Fraction

from theano import scalar
from theano.rewrite import algebra
from theano.rewrite.build import elemwise, number
from theano.rewrite.pattern import variable
from theano.rewrite.registry import rule, specialize
from theano.rewrite.rule import Result
from theano.rewrite.table import Node, RewriteGraph
from theano.scalar import cosh, exp, ge, log, pow, sinh, switch, tanh
from theano.scalar import exp2 as exp2_

x, y = variable("x"), variable("y")

specialize(pow(2, x), exp2_(x), domain={"x": (-60, 60)})
specialize(exp(log(x)), switch(ge(x, 0), x, math.nan), domain={"x": (0, 1e6)})
specialize(sinh(x) / cosh(x), tanh(x), domain={"x": (-20, 20)}, special=(1e30, -1e30, math.inf, -math.inf))


@rule("true_div", phase="specialize")
def division_by_constant(graph: RewriteGraph, node: Node) -> Result:
    """``x / 4 -> x * 0.25`` where the reciprocal is exact; ``1 / x -> inv(x)``."""
    top, bottom = node.inputs
    out = node.outputs[0]
    if algebra.ring(out.type.dtype) != "field" or not out.type.dtype.startswith("float"):
        return None
    value = number(bottom)
    if value is not None and value != 0 and top.type.dtype == out.type.dtype:
        mantissa, _ = math.frexp(abs(float(value)))
        if mantissa == 0.5 and algebra.fits(_reciprocal(value), out.type.dtype):
            return algebra.build_product(_reciprocal(value), {top: 1}, out.type.dtype, out.type.ndim)
        return None
    if number(top) == 1 and bottom.type.dtype == out.type.dtype and bottom.type.broadcastable == out.type.broadcastable:
        return elemwise(scalar.inv, bottom)
    return None


def _reciprocal(value: algebra.Number) -> algebra.Number:
    return algebra._plain(Fraction(1) / value)
