"""The error function and its complement."""

from __future__ import annotations

from theano.loops.expr import Expr, abs_, copysign, fma, gt, lt, select
from theano.loops.vmath_core import polynomial, power_of_two, scalers, square, two_sum
from theano.loops.vmath_exp import exp_of_sum, exp_terms

# erf(x) is 1 above
ERF_ONE = {"f64": 6.0, "f32": 4.0}
# erfc(x) is 0 above
ERFC_ZERO = {"f64": 27.4, "f32": 10.2}

# exp(-x^2) / (1 + 2x) may be subnormal below this -x^2
ERFC_TINY = {"f64": -700.0, "f32": -80.0}


def _erf_small(x: Expr) -> Expr:
    """erf(x) for |x| <= 1."""
    return fma(polynomial("ERF", x * x), x, x)


def erf(x: Expr) -> Expr:
    """Error function: an odd polynomial up to 1, then 1 - exp(a polynomial)."""
    a = abs_(x)
    top = ERF_ONE[x.type]
    t, r, y = exp_terms(polynomial("ERF_TAIL", select(gt(a, top), top, a) - 1.0))
    large = 1.0 - (1.0 + (r + y)) * power_of_two(t)
    return select(lt(a, 1.0), _erf_small(x), copysign(large, x))


def _reciprocal(x: Expr, low: Expr) -> tuple[Expr, Expr]:
    """1/(x + low) and its rounding error; that of the division itself is found by a true `fma` only."""
    inverse = 1.0 / x
    return inverse, inverse * (fma(-x, inverse, 1.0) - low * inverse)


def erfc(x: Expr) -> Expr:
    """1 - erf(x), to full relative accuracy: exp(-x^2) (1 + P(q)) / (1 + 2x), q = (x - 3)/(x + 3)."""
    a = abs_(x)
    top = ERFC_ZERO[x.type]
    a = select(gt(a, top), top, a)
    s, lost = square(a)
    t, e, e_low = exp_of_sum(-s, -lost)
    inverse, inverse_low = _reciprocal(*two_sum(1.0, a + a))
    product = e * inverse
    product_low = fma(e, inverse, -product) + fma(e, inverse_low, e_low * inverse)
    tail = fma(product, polynomial("ERFC", (a - 3.0) / (a + 3.0)), product_low)
    first, second = scalers(t, lt(-s, ERFC_TINY[x.type]))
    far = (product + tail) * first * second
    near = 1.0 - _erf_small(x)
    return select(lt(abs_(x), 0.46), near, select(lt(x, 0.0), 2.0 - far, far))
