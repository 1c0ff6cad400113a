"""What the vector math functions share: polynomials, error-free sums, powers of two from bits.

The functions are expressions (selects and `rare`), so that widening needs no thought, and must hold
their accuracy without fused multiply-add too: constants that are multiplied by an integer end in zero bits,
and where the rounding error of a product matters it is got by splitting, not by `fma`.
"""

from __future__ import annotations

from typing import NamedTuple

from theano.loops.expr import (
    MAGIC,
    Expr,
    abs_,
    add,
    bitcast,
    coerce,
    const,
    fma,
    gt,
    int_of,
    lt,
    mul,
    select,
    shl,
    sub,
)
from theano.loops.polynomial_tables import CONSTANTS, POLYNOMIALS


class Format(NamedTuple):
    """An IEEE format: mantissa bits, exponent bias, and limits used for scaling."""

    mantissa: int
    bias: int
    smallest: float  # smallest normal number


FORMATS = {
    "f64": Format(52, 1023, 2.0**-1022),
    "f32": Format(23, 127, 2.0**-126),
}


def constant(name: str, like: Expr) -> tuple[float, ...]:
    """The parts of a split constant in the type of `like`."""
    return CONSTANTS[name, like.type]


def polynomial(name: str, x: Expr) -> Expr:
    """A table's polynomial in `x`, in Estrin's order (short chains)."""
    terms: list[Expr] = [const(c, x.type) for c in POLYNOMIALS[name, x.type]]
    power = x
    while len(terms) > 1:
        pairs = [fma(terms[i + 1], power, terms[i]) for i in range(0, len(terms) - 1, 2)]
        if len(terms) % 2:
            pairs.append(terms[-1])
        terms = pairs
        if len(terms) > 1:
            power = mul(power, power)
    return terms[0]


def fast_two_sum(x: Expr | float, y: Expr) -> tuple[Expr, Expr]:
    """Sum and rounding error; needs |x| >= |y|, or x = 0."""
    x = coerce(x, y.type)
    total = add(x, y)
    return total, add(sub(x, total), y)


def two_sum(x: Expr | float, y: Expr) -> tuple[Expr, Expr]:
    """Sum and rounding error, whatever the magnitudes."""
    x = coerce(x, y.type)
    total = add(x, y)
    part = sub(total, y)
    return total, add(sub(x, part), sub(y, sub(total, part)))


def head(x: Expr) -> Expr:
    """`x` cut to half of its mantissa: the product of two heads is exact."""
    keep = -1 << (27 if x.type == "f64" else 12)
    return bitcast(bitcast(x, int_of(x.type)) & keep, x.type)


def square(x: Expr) -> tuple[Expr, Expr]:
    """x * x as a rounded product and its error, without relying on `fma`."""
    high = head(x)
    low = sub(x, high)
    product = mul(x, x)
    return product, add(sub(mul(high, high), product), mul(add(x, high), low))


def round_to_int(x: Expr, factor: float | None = None) -> tuple[Expr, Expr]:
    """(t, n): n = rint(x * factor) as a float, and t with the integer n in its low bits."""
    magic = const(MAGIC[x.type], x.type)
    t = add(x, magic) if factor is None else fma(x, const(factor, x.type), magic)
    return t, sub(t, magic)


def power_of_two(t: Expr, offset: Expr | int = 0) -> Expr:
    """2**(n + offset) for a normal result, n from `round_to_int`."""
    form, int_type = FORMATS[t.type], int_of(t.type)
    bias = (
        coerce(offset, int_type) + form.bias
        if isinstance(offset, Expr)
        else const(offset + form.bias, int_type)
    )
    return bitcast(shl(add(bitcast(t, int_type), bias), form.mantissa), t.type)


def clamp(x: Expr, low: float, high: float) -> Expr:
    """`x`, but not beyond the bounds; NaN stays."""
    raised = select(lt(x, low), low, x)
    return select(gt(raised, high), high, raised)  # a comparison of what it chooses is a minimum


def where_tiny(x: Expr, limit: float, tiny: Expr, other: Expr) -> Expr:
    """`tiny` where |x| < limit."""
    return select(lt(abs_(x), limit), tiny, other)
