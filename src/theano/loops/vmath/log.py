"""Logarithms: log, log2, log10, log1p.

x = 2**k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), and log(1 + f) = f + g, where g is small beside f.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

from theano.loops.expr import (
    Expr,
    add,
    bitcast,
    const,
    copysign,
    eq,
    float_bits,
    fma,
    ge,
    gt,
    int_of,
    lshr,
    lt,
    not_,
    rare,
    select,
    shl,
    with_fma,
)
from theano.loops.vmath.core import FORMATS, constant, fast_two_sum, head, polynomial, two_sum

# bits of sqrt(1/2)
SQRT_HALF_BITS = {"f64": 0x3FE6A09E667F3BCD, "f32": 0x3F3504F3}


def split_exponent(x: Expr) -> tuple[Expr, Expr]:
    """(k + bias as an integer, f): x = 2**k (1 + f) for positive normal x."""
    form, int_type = FORMATS[x.type], int_of(x.type)
    low = SQRT_HALF_BITS[x.type]
    shifted = add(bitcast(x, int_type), const((form.bias << form.mantissa) - low, int_type))
    k = lshr(shifted, form.mantissa)
    m = bitcast((shifted & ((1 << form.mantissa) - 1)) + low, x.type)
    return k, m - 1.0


def to_float(k: Expr, type_: str, offset: Expr | float = 0.0) -> Expr:
    """The small non-negative integer `k` as a float, less `offset`: put into the mantissa of 2**mantissa."""
    form = FORMATS[type_]
    top = const((form.bias + form.mantissa) << form.mantissa, k.type)
    shift = 2.0**form.mantissa
    if not isinstance(offset, Expr):
        return bitcast(k | top, type_) - (shift + offset)
    return bitcast(k | top, type_) - offset


def log_rest(f: Expr) -> tuple[Expr, Expr]:
    """(g, 0.5/(1 + f) to about 5 %): log(1 + f) = f + g."""
    if f.type == "f32":
        # one polynomial is cheaper than a division here
        square = f * f
        g = square * fma(polynomial("LOG1P", f), f, -0.5)
        return g, fma(fma(1.0 - f, -f, 1.0), f * -0.5, 0.5)
    # log(1 + f) = 2 atanh(s), s = f/(2 + f)
    s = f / (f + 2.0)
    z = s * s
    half = f * 0.5 * f
    return fma(s, half + polynomial("LOG", z) * z, -half), (z - s) + 0.5


def scale_and_fraction(x: Expr) -> tuple[Expr, Expr]:
    """(k, f): x = 2**k (1 + f) for any positive finite x, subnormals included."""
    form = FORMATS[x.type]
    tiny = lt(x, form.smallest)
    lift = form.mantissa + 2
    k, f = split_exponent(select(tiny, x * 2.0**lift, x))
    bias = 2.0**form.mantissa + form.bias
    k_float = to_float(k, x.type, select(tiny, const(bias + lift, x.type), const(bias, x.type)))
    return k_float, f


def log_parts(x: Expr) -> tuple[Expr, Expr]:
    """log(x) for positive finite x as a rounded number and what it lacks, about ten bits more."""
    k, f = scale_and_fraction(x)
    g, _ = log_rest(f)
    high, rest = constant("LN2", x)
    total, error = fast_two_sum(k * high, f)
    return fast_two_sum(total, error + fma(k, rest, g))


def _domain(x: Expr, y: Expr, pole: float = 0.0) -> Expr:
    """`y` inside the domain of a logarithm; infinities, poles and NaN elsewhere."""
    return select(
        gt(x, pole), select(lt(x, inf), y, x), select(eq(x, pole), const(-inf, x.type), const(nan, x.type))
    )


def _of_positive(x: Expr, compute: Callable[[Expr, Expr, Expr], Expr]) -> Expr:
    """`compute(k, f, g)` of the parts of x; what is not positive, normal and finite is looked at behind a branch."""
    form, word = FORMATS[x.type], int_of(x.type).replace("i", "u")
    first, beyond = (const(float_bits(v, x.type), word) for v in (form.smallest, inf))
    k, f = split_exponent(x)
    usual = compute(to_float(k, x.type, float(form.bias)), f, log_rest(f)[0])
    k, f = scale_and_fraction(x)
    other = _domain(x, compute(k, f, log_rest(f)[0]))
    return rare(ge(bitcast(x, word) - first, beyond - first), other, usual)


def log(x: Expr) -> Expr:
    """Natural logarithm."""
    high, rest = constant("LN2", x)
    return _of_positive(x, lambda k, f, g: fma(k, high, f + fma(k, rest, g)))


def _in_base(name: str, f: Expr, small: Expr) -> Expr:
    """f times a constant, plus a small number; a rounded product would count as much as the sum, or more."""
    factor, rest = constant(name, f)
    top, low = constant(f"{name}_HEAD", f)
    f_head = head(f)
    plain = f_head * top + fma(f - f_head, top, fma(f, low, small))
    return with_fma(fma(f, factor, fma(f, rest, small)), plain)


def log2(x: Expr) -> Expr:
    """Logarithm to base 2; exact at powers of two."""
    factor, _ = constant("LOG2_E", x)
    return _of_positive(x, lambda k, f, g: k + _in_base("LOG2_E", f, g * factor))


def log10(x: Expr) -> Expr:
    """Logarithm to base 10."""
    factor, _ = constant("LOG10_E", x)
    high, rest = constant("LOG10_2", x)
    return _of_positive(x, lambda k, f, g: fma(k, high, _in_base("LOG10_E", f, fma(g, factor, k * rest))))


def log1p_of_sum(total: Expr, error: Expr) -> Expr:
    """log(total + error) for a positive normal total and an error of a few ulps of it (or of 1)."""
    form, int_type = FORMATS[total.type], int_of(total.type)
    k, f = split_exponent(total)
    g, half_reciprocal = log_rest(f)
    k_float = to_float(k, total.type, float(form.bias))
    # 2 / 2**k, which is normal for every k
    inverse = bitcast(shl(const(2 * form.bias + 1, int_type) - k, form.mantissa), total.type)
    high, rest = constant("LN2", total)
    return fma(k_float, high, f + (fma(k_float, rest, g) + error * inverse * half_reciprocal))


def log1p(x: Expr) -> Expr:
    """log(1 + x), exact to the last bits for small x."""
    total, error = two_sum(1.0, x)
    y = log1p_of_sum(total, error)
    return copysign(rare(not_(gt(x, -1.0) & lt(x, inf)), _domain(x, y, -1.0), y), x)
