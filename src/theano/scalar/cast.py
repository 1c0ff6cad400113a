"""Conversions: one operation for each dtype converted to."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.conversion import converted, float_to_int
from theano.scalar.dtypes import COMPLEX, all_dtypes, as_dtype
from theano.scalar.op import ScalarOp, unary

Term = Any


def _check(target: str, source: str) -> str:
    if source in COMPLEX and target not in COMPLEX:
        raise TypeError(
            "Casting from complex to real is ambiguous: consider real(), imag(), angle() or abs()"
        )
    return target


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
        numpy=lambda x: converted(x, target),
        dtype=functools.partial(_check, target),
        grad=lambda x, y, g: g,
        expand=lambda x: convert(x, target),
        args=rules.args_as_they_are,
        linear_in=range(1),
        target=target,
    )


CASTS = {target: _make(target) for target in all_dtypes}


def convert_to(dtype: Any) -> ScalarOp:
    """The operation that converts to `dtype`; TypeError for an unknown name.

    >>> convert_to("float32")
    Cast{float32}
    """
    return CASTS[as_dtype(dtype)]


def cast(x: Any, dtype: Any) -> Any:
    """`x` converted to `dtype`.

    >>> int(cast(2.75, "int8"))
    2
    """
    return convert_to(dtype)(np.asarray(x) if isinstance(x, int | float | complex) else x)
