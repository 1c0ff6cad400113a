"""Conversions: one operation for each dtype converted to."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.dtypes import COMPLEX, NUMPY, all_dtypes, as_dtype
from theano.scalar.op import ScalarOp, unary

Term = Any


def _check(target: str, source: str) -> str:
    if source in COMPLEX and target not in COMPLEX:
        raise TypeError(
            "Casting from complex to real is ambiguous: consider real(), imag(), angle() or abs()"
        )
    return target


def float_to_int(x: Expr, type_: str) -> Expr:
    """Truncate; out of range and NaN give what NumPy gives on x86, and no undefined behaviour.

    Types of up to 16 bits go through i32, u32 through i64, and wrap; i32 and i64 give their smallest
    number; u64 is i64 for numbers below 2**63 (negative ones wrap), its upper half else.
    """
    if type_ in ("i32", "i64"):
        half = 2.0 ** (8 * expr.ITEMSIZE[type_] - 1)
        fits = expr.and_(expr.ge(x, -half) if type_ == "i64" else expr.gt(x, -half - 1), expr.lt(x, half))
        safe = expr.select(fits, x, 0.0)
        return expr.select(fits, expr.cast(safe, type_), expr.const(-int(half), type_))
    if type_ == "u64":
        high = expr.ge(x, 2.0**63)
        low = float_to_int(expr.select(high, x - 2.0**63, x), "i64")
        flip = expr.select(high, expr.const(1 << 63, "u64"), 0)
        return expr.xor(expr.cast(low, "u64"), flip)
    return expr.cast(float_to_int(x, "i64" if type_ == "u32" else "i32"), type_)


def convert(x: Expr, dtype: str) -> Expr:
    """`x` as a number of the dtype. For float16 the number as it is: storing it rounds, once.

    >>> convert(expr.name("x", "f64"), "int32").type
    'i32'
    """
    if dtype == "float16":
        return x if x.type in expr.FLOATS else expr.cast(x, "f64")
    type_ = expr.TYPE_OF[dtype]
    if x.type in expr.FLOATS and type_ in expr.INTS:
        return float_to_int(x, type_)
    return expr.cast(x, type_)


def _make(target: str) -> ScalarOp:
    return unary(
        f"Cast{{{target}}}",
        numpy=lambda x: x.astype(NUMPY[target]),
        dtype=functools.partial(_check, target),
        grad=lambda x, y, g: g,
        expand=lambda x: convert(x, target),
        args=rules.args_as_they_are,
        target=target,
    )


CASTS = {target: _make(target) for target in all_dtypes}


def convert_to(dtype: str) -> ScalarOp:
    """The operation that converts to `dtype`; KeyError for an unknown name.

    >>> convert_to("float32")
    Cast{float32}
    """
    return CASTS[as_dtype(dtype)]


def cast(x: Any, dtype: str) -> Any:
    """`x` converted to `dtype`.

    >>> int(cast(2.75, "int8"))
    2
    """
    return convert_to(dtype)(np.asarray(x) if isinstance(x, int | float | complex) else x)
