"""x**y: 2**(y log2(x)) with the logarithm in two parts (about 68 bits); f32 computes in f64."""

from __future__ import annotations

from math import inf, nan

from theano.loops.expr import (
    Expr,
    abs_,
    bitcast,
    cast,
    const,
    eq,
    float_bits,
    fma,
    ge,
    gt,
    int_of,
    isnan,
    lt,
    not_,
    rare,
    scale,
    select,
    sqrt,
    with_fma,
)
from theano.loops.vmath.core import (
    FORMATS,
    clamp,
    constant,
    fast_two_sum,
    head,
    polynomial,
    power_of_two,
    round_to_int,
)
from theano.loops.vmath.log import scale_and_fraction

# exponents for which a root will do
ROOTS = (0.5, -0.5, 1.5)
# an exponent this large makes 0, 1 or infinity of every number
HUGE = 2.0**65


def _atanh_plain(f: Expr, d: Expr, inverse: Expr) -> tuple[Expr, Expr]:
    """3 atanh(s), s = f/(2 + f), in two parts; every product is split so that what matters is exact."""
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
    return p_head, v - (p_head - u)


def _atanh_fused(f: Expr, d: Expr, inverse: Expr) -> tuple[Expr, Expr]:
    """The same where `fma` tells the rounding error of a product."""
    s = f * inverse
    s_rest = fma(-s, f - (d - 2.0), fma(-s, d, f)) * inverse
    z = s * s
    small = fma(z * z, polynomial("POW", z), fma(s + s, s_rest, fma(s, s, -z)))
    t = 3.0 + (z + small)
    t_rest = small - ((t - 3.0) - z)
    p = s * t
    return p, fma(s_rest, t, fma(t_rest, s, fma(s, t, -p)))


def log2_parts(a: Expr) -> tuple[Expr, Expr]:
    """log2(a) for a > 0 in f64 as a head of 26 bits and a rest: log2(1 + f) = 2/log(2) atanh(f/(2 + f))."""
    k, f = scale_and_fraction(a)
    d = f + 2.0
    inverse = 1.0 / d
    factor, factor_rest = constant("TWO_THIRDS_LOG2_E", a)
    p, p_rest = _atanh_fused(f, d, inverse)
    high = p * factor
    low = fma(p, factor, -high) + fma(p, factor_rest, p_rest * factor)
    q, q_rest = _atanh_plain(f, d, inverse)
    high, low = (
        with_fma(high, q * factor),
        with_fma(low, fma(q, factor_rest, q_rest * (factor + factor_rest))),
    )
    total = head(k + (high + low))
    return total, low - ((total - k) - high)


def _positive_f64(a: Expr, y: Expr) -> tuple[Expr, Expr]:
    """(a**y for finite a > 0, y log2(a)); the first is of no use where the second is beyond 1100."""
    log_head, log_low = log2_parts(a)
    y_head = head(y)
    high = with_fma(y * log_head, y_head * log_head)
    low = fma(y, log_low, with_fma(fma(y, log_head, -high), (y - y_head) * log_head))
    w = high + low
    t, n = round_to_int(w)
    r, r_rest = fast_two_sum(high - n, low)
    ln2, ln2_rest = constant("LN2_SHORT", a)
    tail = fma(polynomial("EXP2", r), r * r, fma(r, ln2_rest, r_rest * ln2))
    return scale(1.0 + fma(r, ln2, tail), t), w


def _positive_f32(a: Expr, y: Expr) -> Expr:
    """a**y for finite a > 0 in f32, in f64: nearly always the nearest number, so the whole powers of whole numbers."""
    k, f = scale_and_fraction(a)
    # a reciprocal of f32 and one step of Newton's method, instead of a division in f64
    inverse = cast(1.0 / (f + 2.0), "f64")
    f = cast(f, "f64")
    s = f * inverse
    s = fma(s, fma(-(f + 2.0), inverse, 1.0), s)
    w = clamp(cast(y, "f64") * fma(s, polynomial("LOG2", s * s), cast(k, "f64")), -200.0, 200.0)
    t, n = round_to_int(w)
    return cast(polynomial("EXP2_SHORT", w - n) * power_of_two(t), "f32")


def _is_integer(a: Expr) -> Expr:
    """Whether a >= 0 is an integer (as large numbers and infinity are)."""
    shift = 2.0**52 if a.type == "f64" else 2.0**23
    return ge(a, shift) | eq((a + shift) - shift, a)


def _special(x: Expr, y: Expr, result: Expr) -> Expr:
    """`result`, that of |x|, unless x is negative, zero, infinite or NaN, or y is 0, infinite or NaN."""
    a, size = abs_(x), abs_(y)
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


def is_root(y: Expr) -> bool:
    """Whether a power is as cheap as a square root."""
    return y.op == "const" and y.value in ROOTS


def _root(x: Expr, y: float) -> Expr:
    """x**y for one of `ROOTS`: unlike those of `sqrt`, powers of -0.0 are those of 0.0, and those of -inf of inf."""
    positive = x + 0.0
    root = sqrt(positive)
    power = {0.5: root, -0.5: 1.0 / root, 1.5: positive * root}[y]
    return select(eq(x, -inf), 0.0 if y < 0 else inf, power)


def pow(x: Expr, y: Expr) -> Expr:
    """x**y with all special cases of IEEE 754, as NumPy's `power`; those are behind a branch."""
    if is_root(y):
        return _root(x, y.value)
    a, bounded = abs_(x), clamp(y, -HUGE, HUGE)
    word = int_of(x.type).replace("i", "u")
    first, beyond = (const(float_bits(v, x.type), word) for v in (FORMATS[x.type].smallest, inf))
    unusual = ge(bitcast(x, word) - first, beyond - first)
    if x.type == "f32":
        result = whole = _positive_f32(a, bounded)
        unusual = unusual | isnan(y)
    else:
        result, w = _positive_f64(a, bounded)
        whole = select(gt(w, 1025.0), inf, select(lt(w, -1080.0), 0.0, result))
        unusual = unusual | not_(lt(abs_(w), 1020.0))
    return rare(unusual, _special(x, y, whole), result)
