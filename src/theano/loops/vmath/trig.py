"""Trigonometric functions, accurate for every argument, and their inverses.

|x| = n pi/2 + r, |r| <= pi/4. Up to `NEAR` n times pi/2 is subtracted in parts: with fused multiply-add as many bits
as a number has, else 33 (f32 is widened), so that the products are exact. Beyond, the mantissa is multiplied with the
digits of 2/pi that matter for the exponent (Payne and Hanek), in integers, behind a branch.
"""

from __future__ import annotations

from theano.loops.expr import (
    ITEMSIZE,
    MAGIC,
    Expr,
    abs_,
    ashr,
    bitcast,
    cast,
    const,
    copysign,
    eq,
    float_bits,
    fma,
    gt,
    int_of,
    lshr,
    lt,
    ne,
    rare,
    select,
    shl,
    sqrt,
    with_fma,
)
from theano.loops.vmath.core import constant, fast_two_sum, head, polynomial, quotient, round_to_int
from theano.loops.vmath.polynomial_tables import CONSTANTS, TWO_OVER_PI

HALF_PI = 1.5707963267948966
# n has at most 20 bits below, so its products with the 33-bit parts of pi/2 are exact; in f32 it is found
# with an error that makes |r| pi/4 + 0.005 at most
NEAR = {"f64": 1e6, "f32": 4e4}
LOW32 = 0xFFFFFFFF
SIGN = {"f64": -1 << 63, "f32": -1 << 31}


# -- reduction -------------------------------------------------------------------------------------


# (n, r, low): a = n pi/2 + r + low, low beyond the precision of r, n an integer of the width of r
Reduced = tuple[Expr, Expr, Expr]


def _subtract(a: Expr, n: Expr, parts: tuple[float, ...]) -> Expr:
    """a - n (sum of the parts)."""
    for part in parts:
        a = fma(n, -part, a)
    return a


def reduce_near(a: Expr) -> tuple[Expr, Expr]:
    """(integer n, r) for 0 <= a <= NEAR, a = n pi/2 + r."""
    t, n = round_to_int(a, 1 / HALF_PI)
    wide = _subtract(cast(a, "f64"), cast(n, "f64"), CONSTANTS["PI_2_PARTS", "f64"])
    r = with_fma(_subtract(a, n, constant("PI_2_FUSED", a)), cast(wide, a.type))
    return bitcast(t, int_of(a.type)), r


def reduce_near_with_rest(a: Expr) -> Reduced:
    """The same with the rounding error of r."""
    t, n = round_to_int(a, 1 / HALF_PI)
    p1, p2, p3 = constant("PI_2_FUSED", a)
    first = fma(n, -p1, a)
    part = n * p2
    r = first - part
    low = fma(n, -p3, ((first - r) - part) - fma(n, p2, -part))
    p1, p2, p3, p4 = CONSTANTS["PI_2_PARTS", "f64"]
    if a.type == "f32":
        plain, rest = _split(_subtract(cast(a, "f64"), cast(n, "f64"), (p1, p2, p3, p4)))
    else:
        first = fma(n, -p1, a)
        part = n * p2
        second = first - part
        rest = (first - second) - part
        part = n * p3
        plain = second - part
        rest = ((second - plain) - part) + fma(n, -p4, rest)
    return bitcast(t, int_of(a.type)), with_fma(r, plain), with_fma(low, rest)


def _window(type_: str, offset: Expr, count: int) -> list[Expr]:
    """`count` words of the digits of 2/pi from number `offset`: a barrel shifter of selects on constants."""
    words = [const(w, "i64") for w in TWO_OVER_PI[type_]]
    for step in (8, 4, 2, 1):
        if len(words) < count + step:
            continue
        moved = ne(offset & (64 * step), 0)
        words += [const(0, "i64")] * (count + 2 * step - len(words))
        words = [select(moved, words[i + step], words[i]) for i in range(count + step)]
    left = offset & 63
    right = left ^ 63
    return [shl(words[i], left) | lshr(lshr(words[i + 1], 1), right) for i in range(count)]


def _unsigned(x: Expr) -> Expr:
    """A non-negative integer below 2**52 as f64."""
    return bitcast(x | (1075 << 52), "f64") - 2.0**52


def _signed(x: Expr) -> Expr:
    """An integer of magnitude below 2**51 as f64."""
    magic = MAGIC["f64"]
    return bitcast(x + float_bits(magic, "f64"), "f64") - magic


def _quadrant(top: Expr) -> tuple[Expr, Expr]:
    """(n, rest): `top` / 2**62 rounded to the nearest integer, and what is left, signed."""
    n = lshr(top + (1 << 61), 62)
    return n, top - shl(n, 62)


def reduce_far(a: Expr) -> Reduced:
    """(n, r, low) for a >= 2**19 in f64: 192 digits of 2/pi times the mantissa, modulo 4."""
    bits = bitcast(a, "i64")
    w0, w1, w2 = _window("f64", lshr(bits, 52) - (1023 + 19), 3)
    m = (bits & ((1 << 52) - 1)) | (1 << 52)
    m1, m0 = lshr(m, 32), m & LOW32
    d2, d3, d4, d5 = lshr(w1, 32), w1 & LOW32, lshr(w2, 32), w2 & LOW32
    # columns of 32 bits; only what can reach the first 128 bits
    column3 = m0 * d3
    column2 = m0 * d2 + lshr(column3, 32)
    carry = m1 * d3 + (column2 & LOW32)
    top = m * w0 + (m1 * d2 + lshr(column2, 32) + lshr(carry, 32))
    below = m1 * d4 + lshr(m0 * d4, 32) + lshr(m1 * d5, 32)
    n, rest = _quadrant(top)
    s, error = fast_two_sum(_signed(ashr(rest, 32)) * 2.0**32, _unsigned(rest & LOW32))
    tail2 = _unsigned((carry & LOW32) + lshr(below, 32))
    tail3 = _unsigned((column3 & LOW32) + (below & LOW32))
    s, error = fast_two_sum(s, error + fma(tail3, 2.0**-64, tail2 * 2.0**-32))
    # times pi/2 * 2**-62
    high, low = constant("PI_2_HEAD", a)
    front = head(s)
    # an infinite argument becomes NaN here
    r, rest_r = fast_two_sum(front * high, fma(front, low, ((s - front) + error) * (high + low)) + (a - a))
    return n, r, rest_r


def reduce_far_f32(a: Expr) -> Reduced:
    """The same for a >= 2**15 in f32: 96 digits are enough."""
    bits = cast(bitcast(a, "i32"), "i64")
    w0, w1 = _window("f32", lshr(bits, 23) - (127 + 15), 2)
    m = (bits & ((1 << 23) - 1)) | (1 << 23)
    n, rest = _quadrant(m * w0 + lshr(m * lshr(w1, 32), 32))
    s = fma(_signed(ashr(rest, 32)), 2.0**32, _unsigned(rest & LOW32))
    return cast(n, "i32"), *_split(s * (HALF_PI * 2.0**-62) + cast(a - a, "f64"))


def _split(r: Expr) -> tuple[Expr, Expr]:
    """A number in f64 as two in f32."""
    short = cast(r, "f32")
    return short, cast(r - cast(short, "f64"), "f32")


# -- sine, cosine, tangent -------------------------------------------------------------------------


def _sin_or_cos(x: Expr, quarter: int) -> Expr:
    a, word = abs_(x), int_of(x.type)
    far = reduce_far if x.type == "f64" else reduce_far_f32

    def compute(n: Expr, r: Expr, low: Expr | None = None) -> Expr:
        z = r * r
        if low is None:
            sine, cosine = fma(r * z, polynomial("SIN", z), r), fma(polynomial("COS", z), z, 1.0)
        else:
            sine = r + fma(r * z, polynomial("SIN", z), low)
            cosine = 1.0 + fma(polynomial("COS", z), z, -(r * low))
        value = select(eq(n & 1, quarter), sine, cosine)
        sign = shl((n + quarter) & 2, 8 * ITEMSIZE[x.type] - 2)
        if quarter == 0:
            sign = sign ^ (bitcast(x, word) & SIGN[x.type])
        return bitcast(bitcast(value, word) ^ sign, x.type)

    is_far, distant = gt(a, NEAR[x.type]), far(a)
    fused = rare(is_far, compute(*distant[:2]), compute(*reduce_near(a)))
    if x.type == "f32":
        return fused
    # products that are rounded cost as much as the rest of r that is dropped: with both it were 2.3 units
    return with_fma(fused, rare(is_far, compute(*distant), compute(*reduce_near_with_rest(a))))


def sin(x: Expr) -> Expr:
    """Sine."""
    return _sin_or_cos(x, 0)


def cos(x: Expr) -> Expr:
    """Cosine."""
    return _sin_or_cos(x, 1)


def tan(x: Expr) -> Expr:
    """Tangent: tan(r) or -1/tan(r)."""
    a, word = abs_(x), int_of(x.type)
    far = reduce_far if x.type == "f64" else reduce_far_f32

    def compute(n: Expr, r: Expr, low: Expr) -> Expr:
        z = r * r
        t = r + fma(r * z, polynomial("TAN", z), fma(low, z, low))
        t = select(eq(n & 1, 0), t, -1.0 / t)
        return bitcast(bitcast(t, word) ^ (bitcast(x, word) & SIGN[x.type]), x.type)

    return rare(gt(a, NEAR[x.type]), compute(*far(a)), compute(*reduce_near_with_rest(a)))


# -- inverses --------------------------------------------------------------------------------------


def _asin_half(x: Expr) -> tuple[Expr, Expr, Expr]:
    """(|x| > 1/2, w, rest): w + rest is asin(|x|) or, there, asin(sqrt((1 - |x|)/2))."""
    a = abs_(x)
    big = gt(a, 0.5)
    z = select(big, (1.0 - a) * 0.5, a * a)
    w = select(big, sqrt(z), a)
    return big, w, polynomial("ASIN", z) * z * w


def asin(x: Expr) -> Expr:
    """Inverse sine: near 1, pi/2 - 2 asin(sqrt((1 - x)/2))."""
    big, w, rest = _asin_half(x)
    high, low = constant("PI_2", x)
    s, error = fast_two_sum(high, w * -2.0)
    return copysign(select(big, s + fma(rest, -2.0, error + low), w + rest), x)


def acos(x: Expr) -> Expr:
    """Inverse cosine."""
    big, w, rest = _asin_half(x)
    high, low = constant("PI_2", x)
    signed = copysign(w + rest, x)
    # pi/2 - asin(x), or 2p, or pi - 2p
    base = select(big, select(lt(x, 0.0), const(2.0, x.type), const(0.0, x.type)), 1.0)
    return fma(base, high, fma(base, low, select(big, signed + signed, -signed)))


def _atan_unit(t: Expr) -> Expr:
    """atan(t) for 0 <= t <= 1."""
    z = t * t
    return fma(quotient("ATAN", z), t * z, t)


def atan(x: Expr) -> Expr:
    """Inverse tangent."""
    a = abs_(x)
    big = gt(a, 1.0)
    p = _atan_unit(select(big, 1.0 / a, a))
    high, low = constant("PI_2", x)
    return copysign(select(big, high - (p - low), p), x)


def atan2(y: Expr, x: Expr) -> Expr:
    """The angle of the point (x, y), with the signs of zeros."""
    a, b = abs_(y), abs_(x)
    steep = gt(a, b)
    t = select(steep, b, a) / select(steep, a, b)
    # 0/0 is 0 and inf/inf is 1; NaN stays
    t = select(eq(a, b), select(eq(a, 0.0), const(0.0, x.type), const(1.0, x.type)), t)
    p = _atan_unit(t)
    high, low = constant("PI_2", x)
    p = select(steep, high - (p - low), p)
    left = lt(copysign(1.0, x), 0.0)
    return copysign(select(left, 2 * high - (p - 2 * low), p), y)
