"""Powers and roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr, vmath
from theano.loops.expr import Expr
from theano.loops.vmath.pow import is_root
from theano.scalar import rules
from theano.scalar.choice import switch
from theano.scalar.compare import eq
from theano.scalar.exponential import log
from theano.scalar.op import binary, like, unary

Term = Any


def _int_power(x: np.ndarray, y: np.ndarray) -> Any:
    """Integer power modulo 2**bits; a negative exponent gives the power truncated: 1, -1 or 0."""
    if y.dtype.kind == "u" or not np.any(y < 0):
        return np.power(x, y)
    inverse = np.where(x == 1, 1, np.where(x == -1, np.where(y & 1, -1, 1), 0)).astype(x.dtype)
    return np.where(y < 0, inverse, np.power(x, np.maximum(y, 0)))


def _power(x: np.ndarray, y: np.ndarray) -> Any:
    if x.dtype.kind in "iu":
        return _int_power(x, y)
    result = np.power(x, y)
    if x.dtype.kind == "f" and y.size == 1 and y.reshape(()) == 0.5:  # where some versions take the root
        return np.where(x == -np.inf, np.inf, result + 0.0).astype(result.dtype)
    return result


def _expand_int_power(x: Expr, y: Expr) -> Expr:
    """Square and multiply over the exponent's bits, unrolled; a constant exponent leaves few products."""
    type_ = x.type
    one = expr.const(1, type_)
    signed = type_ in expr.SIGNED
    last_bit = 8 * expr.ITEMSIZE[type_] - (2 if signed else 1)
    if y.op == "const":
        last_bit = min(last_bit, max(int(y.value).bit_length() - 1, 0))
    result, square = one, x
    for bit in range(last_bit + 1):
        odd = expr.ne(expr.and_(expr.lshr(y, bit) if bit else y, one), 0)
        if y.op == "const":
            result = result * square if int(y.value) >> bit & 1 else result
        else:
            result = expr.select(odd, result * square, result)
        if bit < last_bit:
            square = square * square
    if not signed or (y.op == "const" and int(y.value) >= 0):
        return result
    sign = expr.select(expr.ne(expr.and_(y, one), 0), x, one)
    unit = expr.or_(expr.eq(x, 1), expr.eq(x, -1))
    return expr.select(expr.lt(y, 0), expr.select(unit, sign, 0), result)


def _grad_power(x: Term, y: Term, z: Term, g: Term) -> tuple[Term, Term]:
    lower = y - 1
    known = getattr(y, "known_value", None)
    if known is None or not known.all():
        lower = switch(eq(y, 0), 1, lower)  # 0 * x**-1 would be NaN at 0
    return g * y * x**lower, g * z * switch(eq(x, 0), 0, log(x))


pow = binary(
    "pow",
    numpy=_power,
    dtype=rules.same_at_least_int8,
    grad=_grad_power,
    expand=lambda x, y: _expand_int_power(x, y) if x.type in expr.INTS else vmath.pow(x, y),
    cost=lambda x, y: 5 if is_root(y) else 60,
)
sqr = unary(
    "sqr",
    numpy=lambda x: x * x,
    dtype=rules.same,
    grad=lambda x, z, g: g * x * 2,
    expand=lambda x: x if x.type == "bool" else x * x,
    nonnegative=True,
)
sqrt = unary(
    "sqrt",
    numpy=np.sqrt,
    dtype=rules.to_float,
    grad=lambda x, z, g: g * like(g, 0.5) / z,
    expand=expr.sqrt,
    nonnegative=True,
    cost=5,
)
