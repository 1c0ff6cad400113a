"""x**y: 2**(y log2(x)) with the logarithm in two parts (about 68 bits); f32 computes in f64."""

from __future__ import annotations

from math import inf, nan

from theano.loops.expr import Expr, abs_, cast, const, eq, fma, ge, gt, isnan, lt, not_, scale, select
from theano.loops.vmath_core import (
    constant,
    fast_two_sum,
    head,
    polynomial,
    power_of_two,
    round_to_int,
)
from theano.loops.vmath_log import log_rest, scale_and_fraction, split_exponent, to_float

# an exponent this large makes 0, 1 or infinity of every number
HUGE = 2.0**65
# powers of two beyond are zero or infinite in f64
LIMIT = 1100.0


def log2_parts(a: Expr) -> tuple[Expr, Expr]:
    """log2(a) for a > 0 in f64 as a head of 26 bits and a rest.

    log2(1 + f) = 2/log(2) atanh(s), s = f/(2 + f), every product split so that what matters is exact.
    """
    k, f = scale_and_fraction(a)
    d = f + 2.0
    inverse = 1.0 / d
    s = f * inverse
    s_head, d_head = head(s), head(d)
    s_rest = ((f - s_head * d_head) - s_head * (f - (d_head - 2.0))) * inverse
    # atanh(s) = s (3 + s^2 + ...)/3
    z, square = s * s, s_head * s_head
    small = fma(z * z, polynomial("POW", z), s_rest * (s_head + s))
    t_head = head(3.0 + (square + small))
    t_rest = small - ((t_head - 3.0) - square)
    u = s_head * t_head
    v = fma(s_rest, t_head, t_rest * s)
    p_head = head(u + v)
    p_rest = v - (p_head - u)
    scale, scale_rest = constant("TWO_THIRDS_LOG2_E", a)
    high = p_head * scale
    low = fma(p_head, scale_rest, p_rest * (scale + scale_rest))
    total = head(k + (high + low))
    return total, low - ((total - k) - high)


def _positive_f64(a: Expr, y: Expr) -> Expr:
    """a**y for finite a > 0."""
    log_head, log_rest_ = log2_parts(a)
    y_head = head(y)
    high = y_head * log_head
    low = fma(y - y_head, log_head, y * log_rest_)
    w = high + low
    high = select(gt(abs_(w), LIMIT), w, high)
    t, n = round_to_int(select(gt(w, LIMIT), LIMIT, select(lt(w, -LIMIT), -LIMIT, w)))
    r, r_rest = fast_two_sum(high - n, low)
    ln2, ln2_rest = constant("LN2_SHORT", a)
    tail = fma(polynomial("EXP2", r), r * r, fma(r, ln2_rest, r_rest * ln2))
    result = scale(1.0 + fma(r, ln2, tail), t)
    return select(gt(w, 1025.0), inf, select(lt(w, -1080.0), 0.0, result))


def _positive_f32(a: Expr, y: Expr) -> Expr:
    """a**y for finite a > 0 in f32: f64 has bits to spare and no subnormals on the way."""
    k, f = split_exponent(cast(a, "f64"))
    g, _ = log_rest(f, "f64_short")
    ln2, _ = constant("LN2_SHORT", f)
    w = cast(y, "f64") * (to_float(k, "f64", 1023.0) + (f + g) * (1.0 / ln2))
    w = select(gt(w, 200.0), 200.0, select(lt(w, -200.0), -200.0, w))
    t, n = round_to_int(w)
    r = w - n
    power = 1.0 + fma(polynomial("EXP2", r, "f64_short"), r * r, r * ln2)
    return cast(power * power_of_two(t), "f32")


def _is_integer(a: Expr) -> Expr:
    """Whether a >= 0 is an integer (as large numbers and infinity are)."""
    shift = 2.0**52 if a.type == "f64" else 2.0**23
    return ge(a, shift) | eq((a + shift) - shift, a)


def pow(x: Expr, y: Expr) -> Expr:
    """x**y with all special cases of IEEE 754, as NumPy's `power`."""
    a, size = abs_(x), abs_(y)
    bounded = select(gt(size, HUGE), select(gt(y, 0.0), const(HUGE, x.type), const(-HUGE, x.type)), y)
    result = _positive_f64(a, bounded) if x.type == "f64" else _positive_f32(a, bounded)
    # 0 and infinity
    zero = eq(a, 0.0)
    grows = zero ^ gt(y, 0.0)
    edge = select(grows, const(inf, x.type), const(0.0, x.type))
    result = select(zero | eq(a, inf), edge, result)
    # negative numbers: odd powers are negative, broken powers of finite numbers NaN
    whole = _is_integer(size)
    odd = whole & not_(_is_integer(size * 0.5))
    negative = lt(select(zero, 1.0 / x, x), 0.0)
    result = select(negative & odd, -result, result)
    result = select(not_(whole) & lt(x, 0.0) & gt(x, -inf), nan, result)
    result = select(isnan(x), x, result)
    return select(eq(x, 1.0) | eq(y, 0.0), 1.0, select(isnan(y), y, result))
