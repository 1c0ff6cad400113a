"""sinh, cosh and the inverse hyperbolic functions (tanh is in `vmath_exp`)."""

from __future__ import annotations

from math import inf, nan

from theano.loops.expr import Expr, abs_, const, copysign, eq, fma, ge, gt, lt, select, sqrt
from theano.loops.vmath.core import (
    constant,
    fast_two_sum,
    polynomial,
    power_of_two,
    two_sum,
    where_tiny,
)
from theano.loops.vmath.exp import TINY, reduce_exp
from theano.loops.vmath.log import log1p_of_sum

# the hyperbolic sine and cosine overflow above
SINH_RANGE = {"f64": 710.4758600739439, "f32": 89.4159927368164}
# exp(-2x) is nothing beside 1 above
ONE_SIDED = {"f64": 100.0, "f32": 50.0}
# the squares below this do not overflow, and 1 + x is x above
LARGE = {"f64": 2.0**60, "f32": 2.0**30}


def _parts(a: Expr) -> tuple[Expr, Expr, Expr, Expr, Expr]:
    """(up, down, c, r, s) with a = n log(2) + r', a >= 0:

    up, down = 2**n / 4, 2**-n / 4, cosh(r') = 1 + c, sinh(r') = r + s with r exact. The quarter (half of what
    sinh and cosh need) lets n be one beyond the largest exponent.
    """
    t, r, low = reduce_exp(a)
    up = power_of_two(t, -2)
    down = select(gt(a, ONE_SIDED[a.type]), 0.0, 0.0625 / up)
    x = r + low
    z = x * x
    return up, down, z * polynomial("COSH", z), r, fma(z * polynomial("SINH", z), x, low)


def cosh(x: Expr) -> Expr:
    """Hyperbolic cosine: cosh(n log 2) cosh(r) + sinh(n log 2) sinh(r)."""
    a = abs_(x)
    up, down, c, r, s = _parts(a)
    d = up - down
    half = up + (down + fma(r, d, fma(c, up + down, s * d)))
    return select(gt(a, SINH_RANGE[x.type]), inf, half + half)


def sinh(x: Expr) -> Expr:
    """Hyperbolic sine: sinh(n log 2) cosh(r) + cosh(n log 2) sinh(r)."""
    a = abs_(x)
    up, down, c, r, s = _parts(a)
    p, d = up + down, up - down
    half, error = fast_two_sum(d, r * p)
    half = half + fma(c, d, fma(s, p, error))
    result = copysign(select(gt(a, SINH_RANGE[x.type]), inf, half + half), x)
    return where_tiny(x, TINY[x.type], x, result)


def _log1p_sum(x: Expr, low: Expr) -> Expr:
    """log1p(x + low) for x >= 0 and |low| of about an ulp of x."""
    total, error = two_sum(1.0, x)
    return log1p_of_sum(total, error + low)


def _log1p_or_double(large: Expr, x: Expr, s: Expr, low: Expr) -> Expr:
    """log1p(s + low), but log(2x) where x is large (and s may have overflowed)."""
    zero, ln2 = const(0.0, x.type), const(constant("LN2_SHORT", x)[0], x.type)
    return _log1p_sum(select(large, x, s), select(large, zero, low)) + select(large, ln2, zero)


def asinh(x: Expr) -> Expr:
    """Inverse hyperbolic sine: log1p(a + a^2/(1 + sqrt(a^2 + 1))), log(a) + log(2) for large a."""
    a = abs_(x)
    large = gt(a, LARGE[x.type])
    square = a * a
    s, error = fast_two_sum(a, square / (1.0 + sqrt(square + 1.0)))
    y = _log1p_or_double(large, a, s, error)
    return copysign(select(lt(a, inf), y, a), x)


def acosh(x: Expr) -> Expr:
    """Inverse hyperbolic cosine: log1p(t + sqrt(2t + t^2)) with t = x - 1; NaN below 1."""
    large = gt(x, LARGE[x.type])
    t = x - 1.0
    w = sqrt(fma(t, t, t + t))
    s, error = two_sum(w, t)
    y = _log1p_or_double(large, t, s, error)
    return select(ge(x, 1.0), select(lt(x, inf), y, x), nan)


def atanh(x: Expr) -> Expr:
    """Inverse hyperbolic tangent: log1p(2a + 2a^2/(1 - a)) / 2; infinite at 1, NaN beyond."""
    a = abs_(x)
    double = a + a
    s, error = two_sum(double, double * a / (1.0 - a))
    y = _log1p_sum(s, error) * 0.5
    outside = select(eq(a, 1.0), const(inf, x.type), const(nan, x.type))
    return copysign(select(lt(a, 1.0), y, outside), x)
