"""Complex numbers as pairs of real ones: what the operations of the scalar table make of their parts.

Loops compute with real numbers only. So an operation on complex numbers is lowered as what `PAIRS` says of it: a
function of pairs, written over anything that scalar operations apply to.

Formulas are those whose parts are accurate each by itself: W. Kahan, "Branch cuts for complex elementary functions"
(1987), for circular and hyperbolic functions and their inverses; R. L. Smith, "Algorithm 116" (1962), for quotients, as
in NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theano.scalar.arithmetic import abs_, maximum, minimum
from theano.scalar.bits import and_, or_
from theano.scalar.choice import second, switch
from theano.scalar.compare import eq, ge, gt, isinf, isnan, lt, neq
from theano.scalar.exponential import exp, expm1, log, log1p
from theano.scalar.power import sqrt
from theano.scalar.trigonometric import arcsinh, arctan2, cos, cosh, sin, sinh, tan

Term = Any

__all__ = ["PAIRS", "Pair"]


class Pair(NamedTuple):
    """The real and the imaginary part of a number; None for an imaginary part that is 0, as real numbers have."""

    re: Term
    im: Term | None

    @property
    def both(self) -> tuple[Term, Term]:
        """The parts, zeros written out."""
        return self.re, second(self.re, number(self.re, 0)) if self.im is None else self.im

    def times(self, factor: Term) -> Pair:
        """The product with a real number."""
        return Pair(self.re * factor, None if self.im is None else self.im * factor)


def number(like: Term, value: float) -> Any:
    """A constant of the dtype of a part."""
    return np.asarray(value, like.dtype)


def _sum(x: Term | None, y: Term | None) -> Term | None:
    return y if x is None else x if y is None else x + y


def _difference(x: Term | None, y: Term | None) -> Term | None:
    return x if y is None else -y if x is None else x - y


def _product(x: Term | None, y: Term | None) -> Term | None:
    return None if x is None or y is None else x * y


# -- arithmetic ----------------------------------------------------------------------------------------------------
def add(*xs: Pair) -> Pair:
    re, im = xs[0]
    for x in xs[1:]:
        re, im = re + x.re, _sum(im, x.im)
    return Pair(re, im)


def sub(x: Pair, y: Pair) -> Pair:
    return Pair(x.re - y.re, _difference(x.im, y.im))


def neg(x: Pair) -> Pair:
    return Pair(-x.re, None if x.im is None else -x.im)


def mul(*xs: Pair) -> Pair:
    found = xs[0]
    for x in xs[1:]:
        re = _difference(found.re * x.re, _product(found.im, x.im))
        found = Pair(re, _sum(_product(found.re, x.im), _product(found.im, x.re)))
    return found


def sqr(x: Pair) -> Pair:
    return mul(x, x)


def true_div(x: Pair, y: Pair) -> Pair:
    if y.im is None:
        return Pair(x.re / y.re, None if x.im is None else x.im / y.re)
    (a, b), (c, d) = x.both, y
    wide = ge(abs_(c), abs_(d))  # which part of the divisor is divided by
    larger, smaller = switch(wide, c, d), switch(wide, d, c)
    first, other = switch(wide, a, b), switch(wide, b, a)
    ratio = smaller / larger
    scale = 1 / (larger + smaller * ratio)
    re = (first + other * ratio) * scale
    im = (other - first * ratio) * scale
    nothing = eq(larger, number(larger, 0))  # each part over |0|, as in NumPy
    return Pair(switch(nothing, a / abs_(c), re), switch(nothing, b / abs_(c), switch(wide, im, -im)))


def inv(x: Pair) -> Pair:
    return true_div(Pair(second(x.re, number(x.re, 1)), None), x)


def size(x: Pair) -> Term:
    """The absolute value, without overflow on the way."""
    if x.im is None:
        return abs_(x.re)
    a, b = abs_(x.re), abs_(x.im)
    larger, smaller = maximum(a, b), minimum(a, b)
    ratio = smaller / larger
    plain = switch(eq(larger, number(a, 0)), larger, larger * sqrt(1 + ratio * ratio))
    return switch(or_(isinf(a), isinf(b)), number(a, math.inf), plain)


def angle(x: Pair) -> Term:
    a, b = x.both
    return arctan2(b, a)


# -- powers, exponentials, logarithms ------------------------------------------------------------------------------
def sqrt_of(x: Pair) -> Pair:
    a, b = x.both
    # half the numbers where |x| would overflow, where it is subnormal many times as much
    scale = switch(lt(size(x), number(a, np.finfo(a.dtype).tiny * 16)), number(a, 2.0**54), number(a, 0.25))
    back = switch(gt(scale, number(a, 1)), number(a, 2.0**-27), number(a, 2))
    a, b = a * scale, b * scale
    root = sqrt((abs_(a) + size(Pair(a, b))) * number(a, 0.5))
    other = switch(eq(root, number(a, 0)), abs_(b), abs_(b) / (root * 2))
    endless = isinf(b)
    root, other = switch(endless, number(a, math.inf), root) * back, switch(endless, number(a, math.inf), other) * back
    right = ge(a, number(a, 0))
    re, im = switch(right, root, other), switch(right, other, root)
    return Pair(switch(and_(isnan(a), endless), number(a, math.inf), re), _signed(im, b))


def _signed(x: Term, like: Term) -> Term:
    """A number that is not negative, with the sign of another one (of -0.0, too)."""
    below = or_(lt(like, number(like, 0)), lt(1 / like, number(like, 0)))
    return switch(below, -x, x)


def exp_of(x: Pair) -> Pair:
    a, b = x.both
    # exp(a) may overflow where exp(a) * cos(b) does not
    most = number(a, np.log(np.finfo(a.dtype).max))
    excess = maximum(a - most, number(a, 0))
    scale = exp(minimum(a, most))
    rest = exp(excess)
    re, im = scale * cos(b) * rest, scale * sin(b) * rest
    level = eq(b, number(b, 0))
    gone = eq(a, number(a, -math.inf))
    return Pair(switch(gone, number(a, 0), switch(level, scale * rest, re)), switch(or_(gone, level), _kept(b), im))


def _kept(b: Term) -> Term:
    """0, with its sign."""
    return switch(eq(b, number(b, 0)), b, number(b, 0))


def log_of(x: Pair) -> Pair:
    a, b = x.both
    return Pair(_log_of_size(x), arctan2(b, a))


def _log_of_size(x: Pair) -> Term:
    a, b = (abs_(v) for v in x.both)
    larger, smaller = maximum(a, b), minimum(a, b)
    near = log1p((larger - 1) * (larger + 1) + smaller * smaller) * number(a, 0.5)
    around_one = and_(gt(larger, number(a, 0.7)), lt(larger, number(a, 1.5)))
    ratio = switch(eq(larger, number(a, 0)), larger, smaller / larger)
    far = log(larger) + log1p(ratio * ratio) * number(a, 0.5)
    return switch(around_one, near, switch(or_(isinf(a), isinf(b)), number(a, math.inf), far))


def log1p_of(x: Pair) -> Pair:
    a, b = x.both
    near = log1p(a * (2 + a) + b * b) * number(a, 0.5)
    small = lt(maximum(abs_(a), abs_(b)), number(a, 0.5))
    return Pair(switch(small, near, _log_of_size(Pair(1 + a, b))), arctan2(b, 1 + a))


def expm1_of(x: Pair) -> Pair:
    a, b = x.both
    half = sin(b * number(b, 0.5))
    whole = exp_of(x)
    near = expm1(a) * cos(b) - 2 * half * half
    return Pair(switch(lt(abs_(a), number(a, 1)), near, whole.re - 1), whole.im)


def exp2_of(x: Pair) -> Pair:
    return exp_of(x.times(number(x.re, math.log(2))))


def pow_of(x: Pair, y: Pair) -> Pair:
    c, d = y.both
    found = exp_of(mul(log_of(x), Pair(c, d)))
    nothing = eq(size(x), number(x.re, 0))
    none = and_(eq(c, number(c, 0)), eq(d, number(d, 0)))
    at_zero = switch(gt(c, number(c, 0)), number(c, 0), number(c, math.nan))
    re = switch(none, number(c, 1), switch(nothing, at_zero, found.re))
    return Pair(re, switch(none, number(c, 0), switch(nothing, at_zero, found.im)))


def power(x: Pair, y: Pair) -> Pair:
    """`pow`; small whole exponents that are known are products."""
    known = getattr(y.re, "known_value", None) if y.im is None else None
    if known is not None and known.size == 1 and float(known.item()) in (1.0, 2.0, 3.0, 4.0):
        found = x
        for _ in range(int(known.item()) - 1):
            found = mul(found, x)
        return found
    return pow_of(x, y)


# -- circular and hyperbolic functions -----------------------------------------------------------------------------
def sin_of(x: Pair) -> Pair:
    a, b = x.both
    return Pair(sin(a) * cosh(b), cos(a) * sinh(b))


def cos_of(x: Pair) -> Pair:
    a, b = x.both
    return Pair(cos(a) * cosh(b), -(sin(a) * sinh(b)))


def sinh_of(x: Pair) -> Pair:
    a, b = x.both
    return Pair(sinh(a) * cos(b), cosh(a) * sin(b))


def cosh_of(x: Pair) -> Pair:
    a, b = x.both
    return Pair(cosh(a) * cos(b), sinh(a) * sin(b))


def tanh_of(x: Pair) -> Pair:
    a, b = x.both
    far = gt(abs_(a), number(a, 22))
    near = switch(far, number(a, 0), a)
    t, s = tan(b), sinh(near)
    beta, rho = 1 + t * t, sqrt(1 + s * s)
    below = 1 + beta * s * s
    one = switch(lt(a, number(a, 0)), number(a, -1), number(a, 1))
    tail = 4 * sin(b) * cos(b) * exp(-2 * abs_(a))
    steep = isinf(t)
    re = switch(steep, rho / s, beta * rho * s / below)
    return Pair(switch(far, one, re), switch(far, tail, switch(steep, 1 / t, t / below)))


# -- inverse functions, by the roots of 1 - z and 1 + z -----------------------------------------------------------
def _roots(x: Pair) -> tuple[Pair, Pair]:
    a, b = x.both
    return sqrt_of(Pair(1 - a, -b)), sqrt_of(Pair(1 + a, b))


def _im_of_product(x: Pair, y: Pair) -> Term:
    """That of ``conj(x) * y``."""
    (a, b), (c, d) = x.both, y.both
    return a * d - b * c


def arcsin_of(x: Pair) -> Pair:
    less, more = _roots(x)
    return Pair(arctan2(x.re, mul(less, more).re), arcsinh(_im_of_product(less, more)))


def arccos_of(x: Pair) -> Pair:
    less, more = _roots(x)
    return Pair(2 * arctan2(less.re, more.re), arcsinh(_im_of_product(more, less)))


def arccosh_of(x: Pair) -> Pair:
    a, b = x.both
    less, more = sqrt_of(Pair(a - 1, b)), sqrt_of(Pair(a + 1, b))
    (c, d), (e, f) = less.both, more.both
    return Pair(arcsinh(c * e + d * f), 2 * arctan2(d, e))


def arctanh_of(x: Pair) -> Pair:
    a, b = x.both
    right = abs_(a)
    re = log1p(4 * right / ((1 - right) * (1 - right) + b * b)) * number(a, 0.25)
    return Pair(switch(lt(a, number(a, 0)), -re, re), arctan2(2 * b, (1 - a) * (1 + a) - b * b) * number(a, 0.5))


def _turned(function: Callable[[Pair], Pair]) -> Callable[[Pair], Pair]:
    """``-i f(ix)``."""

    def turned(x: Pair) -> Pair:
        a, b = x.both
        found = function(Pair(-b, a))
        assert found.im is not None
        return Pair(found.im, -found.re)

    return turned


def _xlogy(x: Pair, y: Pair) -> Pair:
    re, im = mul(x, log_of(y)).both
    nothing = eq(size(x), number(x.re, 0))
    return Pair(switch(nothing, number(re, 0), re), switch(nothing, number(re, 0), im))


# -- others --------------------------------------------------------------------------------------------------------
def _equal(x: Pair, y: Pair) -> Term:
    (a, b), (c, d) = x.both, y.both
    return and_(eq(a, c), eq(b, d))


def _unequal(x: Pair, y: Pair) -> Term:
    (a, b), (c, d) = x.both, y.both
    return or_(neq(a, c), neq(b, d))


def _any(test: Callable[..., Term]) -> Callable[[Pair], Term]:
    return lambda x: or_(*map(test, x.both))


def _switch(cond: Term, x: Pair, y: Pair) -> Pair:
    re = switch(cond, x.re, y.re)
    return Pair(re, None if x.im is None and y.im is None else switch(cond, x.both[1], y.both[1]))


def _second(x: Any, y: Pair) -> Pair:
    like = x.re if isinstance(x, Pair) else x
    return Pair(second(like, y.re), None if y.im is None else second(like, y.im))


def _polar(r: Pair, theta: Pair) -> Pair:
    return Pair(r.re * cos(theta.re), r.re * sin(theta.re))


def _same(x: Pair) -> Pair:
    return x


#: For each operation what it makes of pairs: a pair, or a real number. Conditions of choices come as they are.
PAIRS: dict[str, Callable[..., Any]] = {
    "Cast{complex64}": _same, "Cast{complex128}": _same, "abs_": size, "add": add, "angle": angle,
    "arccos": arccos_of, "arccosh": arccosh_of, "arcsin": arcsin_of, "arcsinh": _turned(arcsin_of),
    "arctan": _turned(arctanh_of), "arctanh": arctanh_of,
    "complex": lambda x, y: Pair(x.re, y.re), "complex_from_polar": _polar,
    "conj": lambda x: Pair(x.re, None if x.im is None else -x.im), "cos": cos_of, "cosh": cosh_of, "eq": _equal,
    "exp": exp_of, "exp2": exp2_of, "expm1": expm1_of, "identity": _same, "imag": lambda x: x.both[1], "inv": inv,
    "isinf": _any(isinf), "isnan": _any(isnan), "log": log_of, "log10": lambda x: log_of(x).times(1 / math.log(10)),
    "log1p": log1p_of, "log2": lambda x: log_of(x).times(1 / math.log(2)), "mul": mul, "neg": neg, "neq": _unequal,
    "pow": power, "real": lambda x: x.re, "second": _second, "sin": sin_of, "sinh": sinh_of, "sqr": sqr,
    "sqrt": sqrt_of, "sub": sub, "switch": _switch, "tan": _turned(tanh_of), "tanh": tanh_of, "true_div": true_div,
    "xlogx": lambda x: _xlogy(x, x), "xlogy0": _xlogy,
}  # fmt: skip
