"""Equations whose right side is cheaper, once stability is settled."""

from __future__ import annotations

import math

from theano.rewrite.engine.pattern import variable
from theano.rewrite.engine.registry import specialize
from theano.scalar import cosh, exp, ge, inv, log, pow, sinh, switch, tanh
from theano.scalar import exp2 as exp2_

x, y = variable("x"), variable("y")

specialize(pow(2, x), exp2_(x), domain={"x": (-60, 60)})
specialize(exp(log(x)), switch(ge(x, 0), x, math.nan), domain={"x": (0, 1e6)})
specialize(sinh(x) / cosh(x), tanh(x), domain={"x": (-20, 20)}, special=(1e30, -1e30, math.inf, -math.inf))

# A constant denominator with an exact reciprocal is a factor, by `collect_factors`.
specialize(1 / x, inv(x), name="reciprocal", as_written=True, one_dtype=True)
