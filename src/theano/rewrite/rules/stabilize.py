"""Equations whose right side is more accurate, or has a value where the left side overflows."""

from __future__ import annotations

import math

from theano.rewrite.engine.pattern import variable
from theano.rewrite.engine.registry import canonicalize, stabilize
from theano.scalar import (
    abs_,
    eq,
    erf,
    erfc,
    erfcx,
    exp,
    expm1,
    log,
    log1p,
    lt,
    maximum,
    sgn,
    sigmoid,
    softplus,
    sqr,
    sqrt,
    switch,
    tanh,
    xlogx,
)

x, y = variable("x"), variable("y")
INF = math.inf
# Points beyond the range of exp, where the left sides overflow and the right sides do not.
BIG = 1e30

# -- exp and log ----------------------------------------------------------------------------------
canonicalize(log(exp(x)), x, domain={"x": (-80, 80)}, special=(BIG, -BIG))
stabilize(log(1 + x), log1p(x), domain={"x": (-0.99, 1e3)})
stabilize(exp(x) - 1, expm1(x), domain={"x": (-30, 30)})
stabilize(log1p(expm1(x)), x, domain={"x": (-15, 80)}, special=(-BIG, BIG))
stabilize(1 + expm1(x), exp(x), domain={"x": (-30, 30)})
stabilize(log1p(exp(x)), softplus(x), domain={"x": (-80, 80)}, special=(BIG,))
stabilize(log(exp(x) + exp(y)), maximum(x, y) + softplus(-abs_(x - y)), domain={"x": (-80, 80), "y": (-80, 80)})
stabilize(log(sqrt(x)), 0.5 * log(x), domain={"x": (1e-30, 1e30)})

# -- the logistic function ------------------------------------------------------------------------
stabilize(1 / (1 + exp(x)), sigmoid(-x), domain={"x": (-80, 80)})
stabilize(exp(x) * sigmoid(-x), sigmoid(x), domain={"x": (-80, 80)}, special=(BIG, INF))
stabilize(1 - sigmoid(x), sigmoid(-x), domain={"x": (-30, 30)})
stabilize(log(sigmoid(x)), -softplus(-x), domain={"x": (-80, 80)}, special=(-BIG,))
stabilize(log1p(-sigmoid(x)), -softplus(x), domain={"x": (-80, 80)}, special=(BIG,))
stabilize(expm1(x) * sigmoid(-x), tanh(0.5 * x), domain={"x": (-80, 80)}, special=(BIG, INF))
stabilize((exp(x) - exp(-x)) / (exp(x) + exp(-x)), tanh(x), domain={"x": (-80, 80)}, special=(BIG, -BIG, INF, -INF))

stabilize(2 * sigmoid(x) - 1, tanh(0.5 * x), domain={"x": (-80, 80)})
stabilize(log(sigmoid(x) / sigmoid(-x)), x, domain={"x": (-30, 30)}, special=(BIG, -BIG))
stabilize(exp(x) / (exp(x) + exp(y)), sigmoid(x - y), domain={"x": (-20, 20), "y": (-20, 20)}, accuracy=32)

# -- error function -------------------------------------------------------------------------------
stabilize(1 - erf(x), erfc(x), domain={"x": (-5, 9)})
stabilize(1 + erf(x), erfc(-x), domain={"x": (-9, 5)})
stabilize(1 - erfc(x), erf(x), domain={"x": (-5, 5)})
stabilize(
    log(erfc(x)),
    switch(lt(x, 1), log1p(-erf(x)), log(erfcx(x)) - sqr(x)),
    domain={"x": (-5, 100)},
    special=(BIG,),
)
# The logarithm of the normal's distribution function.
stabilize(
    log(0.5 * erfc(x)),
    switch(lt(x, 1), log1p(-0.5 * erfc(-x)), log(0.5 * erfcx(x)) - sqr(x)),
    domain={"x": (-5, 100)},
    special=(BIG,),
)
stabilize(exp(-sqr(x)) / erfc(x), 1 / erfcx(x), domain={"x": (-5, 9)}, special=(BIG, INF), accuracy=16)
stabilize(exp(-sqr(x)) / erfc(-x), 1 / erfcx(-x), domain={"x": (-9, 5)}, special=(-BIG, -INF), accuracy=16)

# -- powers, absolute values, entropies -----------------------------------------------------------
canonicalize(sqrt(sqr(x)), abs_(x), domain={"x": (-1e15, 1e15)}, special=(BIG, -BIG))
canonicalize(sqr(abs_(x)), sqr(x), domain={"x": (-1e15, 1e15)})
canonicalize(abs_(x) * abs_(y), abs_(x * y))
canonicalize(sgn(x) * x, abs_(x))
stabilize(switch(eq(x, 0), 0, x * log(x)), xlogx(x), domain={"x": (0, 1e3)})
