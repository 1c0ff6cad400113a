"""Exponentials: exp, exp2, expm1, and tanh, sigmoid, softplus, sinh, cosh on the same reduction.

x = n log(2) + r with |r| <= log(2)/2, and exp(r) = 1 + r + r^2 P(r).
"""

from __future__ import annotations

from theano.loops.expr import Expr, abs_, copysign, fma, gt, lt, scale, select
from theano.loops.vmath_core import (
    clamp,
    constant,
    fast_two_sum,
    polynomial,
    power_of_two,
    round_to_int,
    where_tiny,
)
from theano.loops.vmath_log import log1p_of_sum

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453

# exp(x) is zero below the first, infinite above the second (and before)
EXP_RANGE = {"f64": (-746.0, 710.0), "f32": (-104.0, 89.0)}
EXP2_RANGE = {"f64": (-1080.0, 1025.0), "f32": (-151.0, 129.0)}
# tanh(x) is 1 above, expm1(-x) is -1 above
SATURATED = {"f64": 40.0, "f32": 20.0}
TANH_SMALL = 0.35
# x + O(x^2) is x below
TINY = {"f64": 2.0**-54, "f32": 2.0**-25}


def reduce_exp(x: Expr, sign: int = 1) -> tuple[Expr, Expr, Expr]:
    """(t, r, low): n in the bits of t, sign * (x - n log 2) = r + low.

    r is exact, since n times the first part of log 2 is.
    """
    high, rest = constant("LN2", x)
    t, n = round_to_int(x, LOG2_E)
    if sign < 0:
        return t, fma(n, high, -x), n * rest
    return t, fma(n, -high, x), n * -rest


def exp_terms(x: Expr, sign: int = 1) -> tuple[Expr, Expr, Expr]:
    """(t, r, y): n in the bits of t, exp(sign * (x - n log 2)) = 1 + r + y, r exact, y small."""
    t, high, low = reduce_exp(x, sign)
    r = high + low
    return t, high, fma(polynomial("EXP", r), r * r, low)


def exp_of_sum(x: Expr, low: Expr) -> tuple[Expr, Expr, Expr]:
    """(t, s, y): exp(x + low) = 2**n (s + y), y the rounding error of s; low is small beside 1."""
    t, high, rest = reduce_exp(x)
    rest = rest + low
    r = high + rest
    s, error = fast_two_sum(1.0, high)
    return t, *fast_two_sum(s, error + fma(polynomial("EXP", r), r * r, rest))


def exp(x: Expr) -> Expr:
    """Exponential.

    >>> from theano.loops.expr import name
    >>> exp(name("x", "f64")).type
    'f64'
    """
    x = clamp(x, *EXP_RANGE[x.type])
    high, rest = constant("LN2", x)
    t, n = round_to_int(x, LOG2_E)
    r = fma(n, -rest, fma(n, -high, x))
    return scale(1.0 + fma(polynomial("EXP", r), r * r, r), t)


def exp2(x: Expr) -> Expr:
    """2**x."""
    x = clamp(x, *EXP2_RANGE[x.type])
    t, n = round_to_int(x)
    r = x - n
    high, rest = constant("LN2_SHORT", x)
    y = 1.0 + fma(r, high, fma(polynomial("EXP2", r), r * r, r * rest))
    return scale(y, t)


def expm1(x: Expr) -> Expr:
    """exp(x) - 1, exact to the last bits for small x.

    (2**n - 1) + 2**n r is summed without error; all is halved so that n may be 1024.
    """
    saturated, top = SATURATED[x.type], EXP_RANGE[x.type][1]
    t, r, y = exp_terms(clamp(x, -saturated, top))
    half = power_of_two(t, -1)
    whole = half - 0.5
    rest = (half - whole) - 0.5
    s, error = fast_two_sum(whole, half * r)
    result = s + fma(half, y, error + rest)
    return where_tiny(x, TINY[x.type], x, result + result)


def tanh(x: Expr) -> Expr:
    """Hyperbolic tangent: e/(e + 2) with e = expm1(2 |x|), an odd polynomial for small x.

    log(2) need not be split: what one rounding of n log(2) does to e vanishes beside 2 as n grows.
    """
    a, z, top = abs_(x), x * x, SATURATED[x.type]
    small = fma(polynomial("TANH", z) * z, a, a)
    double = a + a
    double = select(gt(double, top), top, double)
    t, n = round_to_int(double, LOG2_E)
    r = fma(n, -LN2, double)
    power = power_of_two(t)
    e = fma(power, fma(polynomial("EXP", r), r * r, r), power - 1.0)
    return copysign(select(lt(a, TANH_SMALL), small, e / (e + 2.0)), x)


def logistic_terms(x: Expr) -> tuple[Expr, Expr, Expr]:
    """(e, d, low): e = exp(-|x|), rounded once, and 1 + e = d + low.

    They are the same expressions for x and -x, so sigmoid(x), sigmoid(-x), softplus(x) and softplus(-x) in one loop
    cost one exponential.
    """
    a, least = -abs_(x), EXP_RANGE[x.type][0]
    t, r, y = exp_terms(select(lt(a, least), least, a))
    e = scale(1.0 + (r + y), t)
    return e, *fast_two_sum(1.0, e)


def sigmoid(x: Expr) -> Expr:
    """1 / (1 + exp(-|x|)), times exp(-|x|) for negative x; underflows gradually."""
    e, d, low = logistic_terms(x)
    negative = lt(x, 0.0)
    y = select(negative, e, 1.0) / d
    # 1/d is y or 1 - y
    return fma(-low * select(negative, 1.0 - y, y), y, y)


def softplus(x: Expr) -> Expr:
    """log(1 + exp(x)) for any x: max(x, 0) + log1p(exp(-|x|))."""
    _, d, low = logistic_terms(x)
    return select(lt(x, 0.0), 0.0, x) + log1p_of_sum(d, low)
