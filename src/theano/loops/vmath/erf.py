"""The error function, its complement, and the inverse functions of the two."""

from __future__ import annotations

from math import inf, nan

from theano.loops.expr import Expr, abs_, const, copysign, eq, fma, gt, lt, rare, scale, select, sqrt
from theano.loops.vmath.core import (
    constant,
    either_polynomial,
    polynomial,
    power_of_two,
    remainder,
    round_to_int,
    square,
    two_sum,
)
from theano.loops.vmath.exp import exp_of_sum
from theano.loops.vmath.log import log_parts

# erf(x) is 1 above
ERF_ONE = {"f64": 6.0, "f32": 4.0}
# erfc(x) is 0 above
ERFC_ZERO = {"f64": 27.4, "f32": 10.2}
# erf(x) is below 1/2
ERFC_NEAR = 0.46

# erfinv(x) = x P(-log(1 - x^2)) up to this logarithm; its square root, up to which 1 - |x| is a number for every x
INVERSE_MIDDLE = 127 / 128
INVERSE_NEAR = 5.5
INVERSE_TAIL = 6.1


def erf(x: Expr) -> Expr:
    """Error function: an odd polynomial up to 1, then 1 - 2**(a polynomial), whose error is small beside 1."""
    a, small, top = abs_(x), lt(abs_(x), 1.0), ERF_ONE[x.type]
    p = either_polynomial(small, "ERF", x * x, "ERF_TAIL", select(gt(a, top), top, a) - 1.0)
    t, n = round_to_int(p)
    large = fma(-polynomial("EXP2_TAIL", p - n), power_of_two(t), 1.0)
    return copysign(select(small, fma(p, a, a), large), x)


def erfc(x: Expr) -> Expr:
    """1 - erf(x), to full relative accuracy: exp(-x^2) (1 + P(q)) / (1 + 2x), q = (x - 3)/(x + 3)."""
    small, top = lt(abs_(x), ERFC_NEAR), ERFC_ZERO[x.type]
    a = select(gt(abs_(x), top), top, abs_(x))
    s, lost = square(a)
    t, e, e_low = exp_of_sum(-s, -lost)
    below, below_low = two_sum(1.0, a + a)
    inverse = 1.0 / below
    ratio = e * inverse
    rest = fma(-ratio, below_low, remainder(e, below, ratio) + e_low) * inverse
    p = either_polynomial(small, "ERF", x * x, "ERFC", (a - 3.0) / (a + 3.0))
    far = scale(ratio + fma(ratio, p, rest), t)
    return select(small, 1.0 - fma(p, x, x), select(lt(x, 0.0), 2.0 - far, far))


def _inverse(x: Expr, q: Expr, far: bool) -> Expr:
    """erfinv(x) with q = 1 - |x|; `far` says whether q gets smaller than the last bit of 1.

    As a function of w = -log(1 - x^2) = -log(q (2 - q)) the inverse is smooth (M. Giles, Approximating the erfinv
    function, GPU Computing Gems, 2011).
    """
    log_high, log_low = log_parts(q * (2.0 - q))
    w = -log_high
    s = sqrt(w)
    tail = polynomial("ERFINV_TAIL", (s - 4.0) / (s + 4.0))
    if far and x.type == "f64":  # in f32 one polynomial reaches the smallest number
        tail = rare(gt(s, INVERSE_TAIL), polynomial("ERFCINV_TAIL", (s - 12.0) / (s + 12.0)), tail)
    # around a middle where nothing cancels at either end
    d = (w - INVERSE_MIDDLE) - log_low
    near = fma(x * d, polynomial("ERFINV", d), x * constant("ERFINV_MIDDLE", x)[0])
    return copysign(rare(gt(w, INVERSE_NEAR), s * tail, near), x)


def erfinv(x: Expr) -> Expr:
    """Inverse of `erf`; infinite at -1 and 1, NaN beyond."""
    a = abs_(x)
    inside = _inverse(x, 1.0 - a, far=False)
    outside = select(eq(a, 1.0), copysign(const(inf, x.type), x), const(nan, x.type))
    return select(lt(a, 1.0), inside, outside)


def erfcinv(x: Expr) -> Expr:
    """Inverse of `erfc`; infinite at 0 and 2, NaN outside."""
    q = select(gt(x, 1.0), 2.0 - x, x)
    signed = copysign(1.0 - q, 1.0 - x)
    inside = _inverse(signed, q, far=True)
    outside = select(eq(q, 0.0), copysign(const(inf, x.type), signed), const(nan, x.type))
    return select(gt(q, 0.0), inside, outside)
