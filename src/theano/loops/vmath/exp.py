"""Exponentials: exp, exp2, expm1, and tanh, sigmoid, softplus, sinh, cosh on the same reduction.

x = n log(2) + r with |r| <= log(2)/2, and exp(r) = 1 + r + r^2 P(r).
"""

from __future__ import annotations

from theano.loops.expr import Expr, abs_, copysign, fma, gt, lt, scale, select
from theano.loops.vmath.core import (
    clamp,
    constant,
    fast_two_sum,
    polynomial,
    power_of_two,
    round_to_int,
    where_tiny,
)

LOG2_E = 1.4426950408889634
LN2 = 0.6931471805599453

# exp(x) is zero below the first, infinite above the second (and before)
EXP_RANGE = {"f64": (-746.0, 710.0), "f32": (-104.0, 89.0)}
EXP2_RANGE = {"f64": (-1080.0, 1025.0), "f32": (-151.0, 129.0)}
# tanh(x) is 1 above, expm1(-x) is -1 above
SATURATED = {"f64": 40.0, "f32": 20.0}
# |r| is at most log(2)/4 beside this, so that n is 0 up to atanh(1/4)
TANH_SHIFT = 0.0821
# tanh(x) is above 1/2
TANH_FAR = 0.55
# x + O(x^2) is x below
TINY = {"f64": 2.0**-54, "f32": 2.0**-25}


def reduce_exp(x: Expr) -> tuple[Expr, Expr, Expr]:
    """(t, r, low): n in the bits of t, x - n log 2 = r + low.

    r is exact, since n times the first part of log 2 is.
    """
    high, rest = constant("LN2", x)
    t, n = round_to_int(x, LOG2_E)
    return t, fma(n, -high, x), n * -rest


def exp_terms(x: Expr) -> tuple[Expr, Expr, Expr]:
    """(t, r, y): n in the bits of t, exp(x - n log 2) = 1 + r + y, r exact, y small."""
    t, high, low = reduce_exp(x)
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
    least, most = EXP_RANGE[x.type]
    # What is zero is not computed by underflow, which takes the processor thirty times as long: ``exp(-inf)`` stands
    # for what is masked, in half of all scores of a causal attention.
    gone = lt(x, least)
    x = select(gone, 0.0, select(gt(x, most), most, x))
    high, rest = constant("LN2", x)
    t, n = round_to_int(x, LOG2_E)
    r = fma(n, -rest, fma(n, -high, x))
    return select(gone, 0.0, scale(1.0 + fma(polynomial("EXP", r), r * r, r), t))


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
    """Hyperbolic tangent of |x| = n log(2)/2 + r, by the theorem of addition: with h = tanh(r) and p = 2**n,

        ((p + 1) h + p - 1) / ((p - 1) h + p + 1).

    n is 0 up to tanh(x) = 1/4, where that is h. Above 1/2 it is 1 - 2 (1 - h)/((p - 1) h + p + 1), in which the
    roundings of the quotient count less. log(2) need not be split: what one rounding of n log(2) does vanishes
    beside 1 as n grows.
    """
    a, top = abs_(x), SATURATED[x.type]
    bounded = select(gt(a, top), top, a)
    t, n = round_to_int(bounded - TANH_SHIFT, 2 * LOG2_E)
    r = fma(n, -LN2 / 2, bounded)
    z = r * r
    h = fma(polynomial("TANH", z), z * r, r)
    power, far = power_of_two(t), gt(a, TANH_FAR)
    total, rest = power + 1.0, power - 1.0
    y = fma(select(far, 2.0, total), h, select(far, -2.0, rest)) / fma(rest, h, total)
    return copysign(select(far, y + 1.0, y), x)


def _exp_of_minus(x: Expr) -> tuple[Expr, Expr, Expr]:
    """(e, s, error): exp(-|x|) = 2**n (s + error), e = 2**n s.

    A loop that wants `sigmoid` and `softplus`, of x or of -x, computes them once.
    """
    a, least = -abs_(x), EXP_RANGE[x.type][0]
    t, r, y = exp_terms(select(lt(a, least), least, a))
    s, error = fast_two_sum(1.0, r + y)
    return scale(s, t), s, error


def sigmoid(x: Expr) -> Expr:
    """y = E/(1 + E) with E = exp(-|x|), or 1 - y.

    For E = e (1 + error/s), y is e/(1 + e - error/s) up to squares of the error; 1/s is about 2 - s.
    """
    e, s, error = _exp_of_minus(x)
    y = e / (1.0 + fma(error, s - 2.0, e))
    return select(lt(x, 0.0), y, 1.0 - y)


def softplus(x: Expr) -> Expr:
    """log(1 + exp(x)) for any x: max(x, 0) + log(1 + e) with e = exp(-|x|).

    log(1 + e) = 2 atanh(s) = e - s e + (2 atanh(s) - 2 s), s = e/(2 + e).
    """
    e, _, _ = _exp_of_minus(x)
    s = e / (e + 2.0)
    z = s * s
    return select(lt(x, 0.0), 0.0, x) + fma(-s, fma(-z, polynomial("LOG_WIDE", z), e), e)
