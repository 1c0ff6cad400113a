"""Writing sums and products as nodes: what they cost, and how a coefficient is held."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from theano import scalar
from theano.rewrite.engine.build import Number, constant, elemwise, fits
from theano.rewrite.engine.table import Tensor

# Rough cost of operations, in multiplications; collecting must make a graph cheaper.
MUL, DIV, SQR, POW = 1.0, 4.0, 0.9, 20.0
# Powers up to this are multiplications; beyond, `pow` is as exact and not slower.
MAX_POWER = 8


def ring(dtype: str) -> str | None:
    """What algebra a dtype allows: 'field' (floats), 'integers' (modulo 2^n), None."""
    if dtype == "bool":
        return None
    return "integers" if "int" in dtype else "field"


def plain(value: Number) -> Number:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def power_cost(exponent: int) -> float:
    """Cost of an integer power of one factor."""
    e = abs(exponent)
    if e > MAX_POWER:
        return POW
    return SQR * (e.bit_length() - 1) + MUL * (bin(e).count("1") - 1)


def in_dtype(op: Any, dtype: str, *operands: Tensor) -> Tensor:
    """`op` computed in `dtype`, into which operands of narrower dtypes are cast where none has it yet."""
    if any(v.type.dtype == dtype for v in operands):
        return elemwise(op, *operands)
    first, *others = operands
    return elemwise(op, elemwise(scalar.convert_to(dtype), first), *others)


def build_power(base: Tensor, exponent: int, dtype: str | None = None) -> Tensor:
    """A positive power as squares and products, or `pow` when it is high."""
    if dtype is not None and exponent > 1 and base.type.dtype != dtype:
        base = elemwise(scalar.convert_to(dtype), base)
    if exponent > MAX_POWER:
        return elemwise(scalar.pow, base, constant(exponent, base.type.dtype, base.type.ndim))
    result: Tensor | None = None
    square = base
    while True:
        if exponent & 1:
            result = square if result is None else elemwise(scalar.mul, result, square)
        exponent >>= 1
        if not exponent:
            break
        square = elemwise(scalar.sqr, square)
    assert result is not None
    return result


def times(factors: Mapping[Tensor, int], *others: tuple[Tensor, int]) -> dict[Tensor, int]:
    """The product of `factors` and of powers of more; exponents may become 0."""
    result = dict(factors)
    for base, exponent in others:
        result[base] = result.get(base, 0) + exponent
    return result


def product_cost(coef: Number, factors: dict[Tensor, int], dtype: str) -> float:
    """Cost of `build_product`."""
    above = [e for e in factors.values() if e > 0]
    below = [e for e in factors.values() if e < 0]
    cost = sum(power_cost(e) for e in factors.values())
    cost += MUL * (max(len(above) - 1, 0) + max(len(below) - 1, 0))
    if below:
        cost += DIV
    if coef not in (1, 0) and (above or coef == -1):
        cost += DIV if above and not is_exact(coef, dtype) and is_exact(Fraction(1) / coef, dtype) else MUL
    return cost


def is_exact(value: Number, dtype: str) -> bool:
    """Whether a coefficient can be held without rounding."""
    if isinstance(value, int) and "float" not in dtype and "complex" not in dtype:
        return True
    if not fits(value, dtype):
        return False
    if type(value) is int and -1000 <= value <= 1000:
        return True
    kind = np.dtype(dtype).type(0).real.dtype.type
    return Fraction(float(kind(float(value)))) == value


def build_product(coef: Number, factors: dict[Tensor, int], dtype: str, ndim: int) -> Tensor | None:
    """``coef * Π base**exponent``, not yet of any certain dtype; None if `coef` does not fit the dtype.

    Exponents of 0 are passed over.
    """
    if not fits(coef, dtype):
        return None
    above = [build_power(v, e, dtype) for v, e in factors.items() if e > 0]
    below = [build_power(v, -e, dtype) for v, e in factors.items() if e < 0]
    if coef == 0 or not (above or below):
        return constant(coef, dtype, ndim)
    negative = coef == -1
    if coef not in (1, -1) and above:
        if not is_exact(coef, dtype) and is_exact(Fraction(1) / coef, dtype):
            below.insert(0, constant(plain(Fraction(1) / coef), dtype, ndim))  # x / 3 is better than x * 0.333…
        else:
            above.insert(0, constant(coef, dtype, ndim))
    top = above[0] if len(above) == 1 else in_dtype(scalar.mul, dtype, *above) if above else None
    if below:
        bottom = below[0] if len(below) == 1 else in_dtype(scalar.mul, dtype, *below)
        if top is None:
            top, negative = constant(coef, dtype, ndim), False
        top = in_dtype(scalar.true_div, dtype, top, bottom)
    assert top is not None
    return in_dtype(scalar.neg, dtype, top) if negative else top


def build_sum(const: Number, terms: list[tuple[Number, Tensor]], dtype: str, ndim: int) -> Tensor | None:
    """``const + Σ coef * var``; None if a coefficient does not fit the dtype."""
    plus: list[Tensor] = []
    minus: list[Tensor] = []
    for coef, var in terms:
        if coef == 1:
            plus.append(var)
        elif coef == -1:
            minus.append(var)
        elif not fits(coef, dtype):
            return None
        else:
            plus.append(elemwise(scalar.mul, constant(coef, dtype, ndim), var))
    if not fits(const, dtype):
        return None
    if const != 0 or not (plus or minus):
        plus.insert(0, constant(const, dtype, ndim))
    if not plus:
        total = minus[0] if len(minus) == 1 else in_dtype(scalar.add, dtype, *minus)
        return in_dtype(scalar.neg, dtype, total)
    total = plus[0] if len(plus) == 1 else in_dtype(scalar.add, dtype, *plus)
    if minus:
        less = minus[0] if len(minus) == 1 else in_dtype(scalar.add, dtype, *minus)
        total = in_dtype(scalar.sub, dtype, total, less)
    return total
