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
    with_fma,
)
from theano.loops.vmath.polynomial_tables import CONSTANTS, POLYNOMIALS


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


def _terms(name: str, like: Expr) -> list[Expr]:
    return [const(c, like.type) for c in POLYNOMIALS[name, like.type]]


def _horner(terms: list[Expr], x: Expr) -> Expr:
    total = terms[-1]
    for term in reversed(terms[:-1]):
        total = fma(total, x, term)
    return total


def _even_and_odd(terms: list[Expr], x: Expr) -> Expr:
    """A polynomial as one of even and one of odd powers, each by Horner's rule.

    More powers (Estrin's order) make shorter chains, but each is an operation, and what computes several registers at
    once waits for operations: 2 to 10 % of whole functions on a Zen 4.
    """
    if len(terms) < 3:
        return _horner(terms, x)
    square = x * x
    return fma(_horner(terms[1::2], square), x, _horner(terms[::2], square))


def polynomial(name: str, x: Expr) -> Expr:
    """A table's polynomial in `x`."""
    return _even_and_odd(_terms(name, x), x)


def either_polynomial(cond: Expr, name: str, x: Expr, other: str, y: Expr) -> Expr:
    """Where `cond` holds, a table's polynomial in `x`, elsewhere another one in `y`: the coefficients are chosen.

    A choice takes any of four ports, a multiplication one of two (Zen 4), and without `fma` it is two operations.
    """
    first, second = _terms(name, x), _terms(other, y)
    length = max(len(first), len(second))
    zero = [const(0.0, x.type)]
    pairs = zip(first + zero * (length - len(first)), second + zero * (length - len(second)), strict=True)
    return _even_and_odd([select(cond, a, b) for a, b in pairs], select(cond, x, y))


def quotient(name: str, x: Expr) -> Expr:
    """A table's quotient of polynomials in `x`."""
    return _horner(_terms(name, x), x) / _horner(_terms(f"{name}_BELOW", x), x)


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
    """x * x as a rounded product and its error."""
    high = head(x)
    low = sub(x, high)
    product = mul(x, x)
    plain = add(sub(mul(high, high), product), mul(add(x, high), low))
    return product, with_fma(fma(x, x, -product), plain)


def remainder(x: Expr, y: Expr, quotient: Expr) -> Expr:
    """x - y * quotient, which is small beside x."""
    y_head, head_ = head(y), head(quotient)
    plain = ((x - head_ * y_head) - head_ * (y - y_head)) - (quotient - head_) * y
    return with_fma(fma(-quotient, y, x), plain)


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
