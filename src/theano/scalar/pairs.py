"""Complex numbers as pairs of real ones: what the operations of the scalar table make of their parts.

Loops compute with real numbers only. So an operation on complex numbers is lowered as what `PAIRS` says of it: a
function of pairs, written over anything that scalar operations apply to.

Formulas are those whose parts are accurate each by itself, with a relative error of at most 4 times the distance of 1
to the next number (`tests/scalar/test_pair_values.py`): W. Kahan, "Branch cuts for complex elementary functions"
(1987), for circular and hyperbolic functions and their inverses; R. L. Smith, "Algorithm 116" (1962), for quotients, as
in NumPy. Products, quotients, powers, `expm1` and `exp2` are accurate relative to the size of the number, `exp2` less
so the larger the angle is. At infinities, NaN and zeros of either sign functions follow Annex G of the C standard.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from theano.scalar.arithmetic import abs_, maximum, minimum
from theano.scalar.bits import and_, invert, or_
from theano.scalar.choice import second, switch
from theano.scalar.compare import eq, ge, gt, isinf, isnan, le, lt, neq
from theano.scalar.exponential import exp, exp2, expm1, log, log1p
from theano.scalar.op import ScalarOp
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
    if x.im is None:
        return Pair(x.re * x.re, None)
    product = x.re * x.im
    # of two numbers that are equal but for their signs no -0, as there is none in a difference of squares
    return Pair((x.re - x.im) * (x.re + x.im) + number(x.re, 0), product + product)


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
    # a quarter of numbers where |x| would overflow; of those that are subnormal, or nearly so, many times as much
    facts = np.finfo(a.dtype)
    most = maximum(abs_(a), abs_(b))
    large, small = gt(most, number(a, facts.max / 4)), lt(most, number(a, facts.tiny * 16))
    scale = switch(large, number(a, 0.25), switch(small, number(a, 2.0**54), number(a, 1)))
    back = switch(large, number(a, 2), switch(small, number(a, 2.0**-27), number(a, 1)))
    u, v = abs_(a * scale), abs_(b * scale)
    root = sqrt((u + size(Pair(u, v))) * number(a, 0.5))
    other = switch(eq(root, number(a, 0)), v, v / (root * 2))
    endless = isinf(b)
    root, other = switch(endless, number(a, math.inf), root) * back, switch(endless, number(a, math.inf), other) * back
    right = ge(a, number(a, 0))
    re, im = switch(right, root, other), switch(right, other, root)
    return Pair(switch(and_(isnan(a), endless), number(a, math.inf), re), _signed(im, b))


def _signed(x: Term, like: Term) -> Term:
    """A number that is not negative, with the sign of another one (of -0.0, too)."""
    below = or_(lt(like, number(like, 0)), lt(1 / like, number(like, 0)))
    return switch(below, -x, x)


def _is_endless(x: Pair) -> Term:
    """Whether a part is infinite: then the number is, whatever the other part."""
    return or_(*map(isinf, x.both))


def _is_level(b: Term) -> Term:
    """Whether an imaginary part is 0, so that the sine of it is."""
    return eq(b, number(b, 0))


def _without_angle(b: Term) -> Term:
    """Whether a number has no cosine and no sine: it is infinite or NaN."""
    return or_(isinf(b), isnan(b))


class _Growth(NamedTuple):
    """A power as ``base(within) * half * half``: it may overflow where its product with a small sine does not."""

    within: Term
    half: Term

    def of(self, x: Term, level: Term | None = None) -> Term:
        """`x` times both halves, which may be infinite: not where `x` is 0 because the angle is (`level`)."""
        half = self.half if level is None else switch(level, number(x, 1), self.half)
        return x * half * half


def _growth(a: Term, base: ScalarOp = exp) -> _Growth:
    """`a` as far as it doesn't overflow; what is above is exact, as the limit is a whole number."""
    most = number(a, math.floor((np.finfo(a.dtype).maxexp - 1) * (1 if base is exp2 else math.log(2))))
    return _Growth(minimum(a, most), base(maximum(a - most, number(a, 0)) * number(a, 0.5)))


def exp_of(x: Pair) -> Pair:
    return _power_of(exp, *x.both)


def exp2_of(x: Pair) -> Pair:
    a, b = x.both
    return _power_of(exp2, a, b * number(b, math.log(2)))


def _power_of(base: ScalarOp, a: Term, b: Term) -> Pair:
    """The number of size ``base(a)`` and angle `b`."""
    growth = _growth(a, base)
    scale, level = base(growth.within), _is_level(b)
    gone = eq(a, number(a, -math.inf))
    turn = switch(and_(isinf(a), _without_angle(b)), number(a, 1), cos(b))
    im = growth.of(scale * switch(and_(gone, _without_angle(b)), number(a, 0), sin(b)), level)
    return Pair(growth.of(scale * turn), switch(level, b, im))


def log_of(x: Pair) -> Pair:
    a, b = x.both
    return Pair(_log_of_size(x), arctan2(b, a))


def _log_of_size(x: Pair) -> Term:
    a, b = (abs_(v) for v in x.both)
    larger, smaller = maximum(a, b), minimum(a, b)
    ratio = switch(eq(larger, number(a, 0)), larger, smaller / larger)
    far = log(larger) + log1p(ratio * ratio) * number(a, 0.5)
    plain = switch(_is_around_one(larger), _log_beside_one(larger - 1, smaller), far)
    return switch(_is_endless(x), number(a, math.inf), plain)


def _is_around_one(larger: Term) -> Term:
    """Whether a number may have the size 1, by the larger one of its parts."""
    return and_(gt(larger, number(larger, 0.5)), lt(larger, number(larger, 2)))


def _log_beside_one(a: Term, b: Term) -> Term:
    """``log(abs(1 + a + ib))``, where ``2*a + a*a + b*b`` may cancel: these are summed with twice as many digits."""
    (aa, a_rest), (bb, b_rest) = _square(a), _square(b)
    first, first_rest = _two_sum(2 * a, aa)
    total, rest = _two_sum(first, bb)
    return log1p(total + (first_rest + rest + a_rest + b_rest)) * number(a, 0.5)


def _two_sum(x: Term, y: Term) -> tuple[Term, Term]:
    """A sum and its rounding error (Knuth)."""
    total = x + y
    part = total - y
    return total, (x - part) + (y - (total - part))


def _square(x: Term) -> tuple[Term, Term]:
    """A square and its rounding error (Dekker), of a number that is not large."""
    wide = x * number(x, 2.0 ** ((np.finfo(x.dtype).nmant + 2) // 2) + 1)
    high = wide - (wide - x)
    low, square = x - high, x * x
    return square, ((high * high - square) + 2 * high * low) + low * low


def log1p_of(x: Pair) -> Pair:
    a, b = x.both
    moved = 1 + a
    larger = maximum(abs_(moved), abs_(b))
    # near 1 the sum of 1 and `a` is rounded, and so far away that nothing cancels it doesn't matter
    return Pair(switch(_is_around_one(larger), _log_beside_one(a, b), _log_of_size(Pair(moved, b))), arctan2(b, moved))


def expm1_of(x: Pair) -> Pair:
    a, b = x.both
    half = sin(b * number(b, 0.5))
    whole = exp_of(x)
    near = expm1(a) * cos(b) - 2 * half * half
    return Pair(switch(lt(abs_(a), number(a, 1)), near, whole.re - 1), whole.im)


def pow_of(x: Pair, y: Pair) -> Pair:
    c, d = y.both
    found = exp_of(mul(log_of(x), Pair(c, d)))
    nothing = eq(size(x), number(x.re, 0))
    none = and_(eq(c, number(c, 0)), eq(d, number(d, 0)))
    at_zero = switch(gt(c, number(c, 0)), number(c, 0), number(c, math.nan))
    re = switch(none, number(c, 1), switch(nothing, at_zero, found.re))
    return Pair(re, switch(none, number(c, 0), switch(nothing, at_zero, found.im)))


# -- circular and hyperbolic functions -----------------------------------------------------------------------------
def sinh_of(x: Pair) -> Pair:
    a, b = x.both
    growth, level = _growth(abs_(a)), _is_level(b)
    still = or_(eq(a, number(a, 0)), isinf(a))  # 0 and infinity stay what they are, whatever the angle
    turn = switch(and_(still, _without_angle(b)), number(a, 1), cos(b))
    re = growth.of(_signed(sinh(growth.within), a) * turn)
    return Pair(re, switch(level, b, growth.of(cosh(growth.within) * sin(b), level)))


def cosh_of(x: Pair) -> Pair:
    a, b = x.both
    growth, level = _growth(abs_(a)), _is_level(b)
    turn = switch(and_(isinf(a), _without_angle(b)), number(a, 1), cos(b))
    steep = _signed(sinh(growth.within), a)
    im = switch(and_(eq(a, number(a, 0)), _without_angle(b)), a, growth.of(steep * sin(b), level))
    return Pair(growth.of(cosh(growth.within) * turn), switch(and_(level, isnan(a)), b, im))


def tanh_of(x: Pair) -> Pair:
    a, b = x.both
    lost = and_(_without_angle(b), lt(abs_(a), number(a, math.inf)))
    far = gt(switch(lost, number(a, 0), abs_(a)), number(a, 22))
    near = switch(far, number(a, 0), a)
    t, s = tan(b), sinh(near)
    beta, rho = 1 + t * t, sqrt(1 + s * s)
    below = 1 + beta * s * s
    tail = switch(and_(isinf(a), _without_angle(b)), number(a, 0), 4 * sin(b) * cos(b) * exp(-2 * abs_(a)))
    re = switch(eq(a, number(a, 0)), a, beta * rho * s / below)
    im = switch(_is_level(b), b, t / below)
    return Pair(switch(far, _signed(number(a, 1), a), re), switch(far, tail, im))


# -- inverse functions, by the roots of 1 - z and 1 + z -----------------------------------------------------------
def _roots(x: Pair) -> tuple[Pair, Pair]:
    a, b = x.both
    return sqrt_of(Pair(1 - a, -b)), sqrt_of(Pair(1 + a, b))


def _im_of_product(x: Pair, y: Pair) -> Term:
    """That of ``conj(x) * y``."""
    (a, b), (c, d) = x.both, y.both
    return a * d - b * c


def _is_far(x: Pair) -> Term:
    """Whether 1 is nothing beside the square of a number."""
    most = number(x.re, 2.0 ** (np.finfo(x.re.dtype).nmant // 2 + 4))
    return or_(*(gt(abs_(v), most) for v in x.both))


def _arcsinh_or_log(far: Term, x: Pair, near: Term) -> Term:
    """``arcsinh(abs(near))``, or ``log(2 * abs(x))`` where it is `far`, without overflow on the way."""
    a, b = x.both
    quarter = size(Pair(a * number(a, 0.25), b * number(a, 0.25)))
    return arcsinh(switch(far, quarter, abs_(near))) + switch(far, number(a, math.log(4)), number(a, 0))


def arcsin_of(x: Pair) -> Pair:
    a, b = x.both
    (less, more), far = _roots(x), _is_far(x)
    re = switch(eq(a, number(a, 0)), a, arctan2(a, switch(far, abs_(b), mul(less, more).re)))
    return Pair(re, _signed(_arcsinh_or_log(far, x, _im_of_product(less, more)), b))


def arccos_of(x: Pair) -> Pair:
    a, b = x.both
    (less, more), far = _roots(x), _is_far(x)
    half = arctan2(switch(far, abs_(b), less.re), switch(far, a, more.re))
    re = switch(eq(a, number(a, 0)), number(a, math.pi / 2), switch(far, half, 2 * half))
    return Pair(re, -_signed(_arcsinh_or_log(far, x, _im_of_product(more, less)), b))


def arccosh_of(x: Pair) -> Pair:
    re, im = arccos_of(x).both
    return Pair(abs_(im), _signed(re, x.both[1]))


def arctanh_of(x: Pair) -> Pair:
    """The real part is ``log1p(4*a / ((1 - a)**2 + b**2)) / 4`` for positive `a`."""
    a, b = x.both
    facts = np.finfo(a.dtype)
    right, height = abs_(a), abs_(b)
    away = abs_(1 - right)
    larger, smaller = maximum(away, height), minimum(away, height)
    ratio = smaller / larger
    quotient = 4 * (right / larger) / larger / (1 + ratio * ratio)
    # So near to 1 that the quotient would overflow, `a` is 1, and the real part log(2 / b) / 2. That of `shift / b`,
    # which doesn't overflow, differs by a constant, and is so large that log1p is log.
    beside, shift = lt(larger, number(a, 4 * math.sqrt(facts.tiny))), float(facts.eps)
    logarithm = log1p(switch(beside, number(a, shift) / larger, quotient))
    re = switch(beside, (logarithm + number(a, math.log(2 / shift))) * number(a, 0.5), logarithm * number(a, 0.25))
    endless, still = _is_endless(x), eq(a, number(a, 0))
    im = arctan2(2 * b, (1 - a) * (1 + a) - b * b) * number(a, 0.5)
    quarter = switch(isnan(b), b, _signed(number(b, math.pi / 2), b))
    re = switch(still, right, switch(endless, number(a, 0), re))
    return Pair(_signed(re, a), switch(endless, quarter, im))


def _times_i(x: Pair) -> Pair:
    a, b = x.both
    return Pair(-b, a)


def _turned(function: Callable[[Pair], Pair]) -> Callable[[Pair], Pair]:
    """``-i f(ix)``."""

    def turned(x: Pair) -> Pair:
        re, im = function(_times_i(x)).both
        return Pair(im, -re)

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


def _before(x: Pair, y: Pair, of_parts: ScalarOp) -> Term:
    """Whether `x` comes before `y`: by the real parts, where these are equal by the imaginary ones, as NumPy has it.

    `of_parts` compares them. Nothing comes before or after a NaN.
    """
    (a, b), (c, d) = x.both, y.both
    numbers = invert(or_(isnan(b), isnan(d)))
    sooner = gt if of_parts in (gt, ge) else lt
    return or_(and_(sooner(a, c), numbers), and_(eq(a, c), of_parts(b, d)))


def _ordered(of_parts: ScalarOp) -> Callable[[Pair, Pair], Term]:
    return lambda x, y: _before(x, y, of_parts)


def _extreme(of_parts: ScalarOp) -> Callable[..., Pair]:
    """The first of several numbers that has a NaN, else the one that comes first in the order of `of_parts`."""

    def of_two(x: Pair, y: Pair) -> Pair:
        (a, b), (c, d) = x.both, y.both
        taken = or_(or_(isnan(a), isnan(b)), _before(x, y, of_parts))
        return Pair(switch(taken, a, c), switch(taken, b, d))

    return lambda *xs: functools.reduce(of_two, xs)


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
    "conj": lambda x: Pair(x.re, None if x.im is None else -x.im), "cos": lambda x: cosh_of(_times_i(x)),
    "cosh": cosh_of, "eq": _equal, "ge": _ordered(ge), "gt": _ordered(gt), "le": _ordered(le), "lt": _ordered(lt),
    "maximum": _extreme(ge), "minimum": _extreme(le),
    "exp": exp_of, "exp2": exp2_of, "expm1": expm1_of, "identity": _same, "imag": lambda x: x.both[1], "inv": inv,
    "isinf": _any(isinf), "isnan": _any(isnan), "log": log_of, "log10": lambda x: log_of(x).times(1 / math.log(10)),
    "log1p": log1p_of, "log2": lambda x: log_of(x).times(1 / math.log(2)), "mul": mul, "neg": neg, "neq": _unequal,
    "pow": pow_of, "real": lambda x: x.re, "second": _second, "sin": _turned(sinh_of), "sinh": sinh_of, "sqr": sqr,
    "sqrt": sqrt_of, "sub": sub, "switch": _switch, "tan": _turned(tanh_of), "tanh": tanh_of, "true_div": true_div,
    "xlogx": lambda x: _xlogy(x, x), "xlogy0": _xlogy,
}  # fmt: skip
