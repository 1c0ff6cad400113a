"""Rounding to whole numbers. All have gradient zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.op import unary


def round_half_away_from_zero_vec(a: Any) -> Any:
    """Arrays or numbers rounded to the nearest whole numbers, halves away from zero.

    >>> round_half_away_from_zero_vec(np.array([0.5, -2.5, 1.2]))
    array([ 1., -3.,  1.])
    """
    whole = np.trunc(a)
    return np.where(np.abs(a - whole) >= 0.5, whole + np.sign(a), whole)


round_half_away_from_zero_ = round_half_away_from_zero_vec


def _expand_away_from_zero(x: Expr) -> Expr:
    whole = expr.trunc(x)
    return expr.select(expr.ge(expr.abs_(x - whole), 0.5), whole + expr.copysign(1.0, x), whole)


ceil = unary("ceil", numpy=np.ceil, dtype=rules.to_float_real, grad=None, expand=expr.ceil)
floor = unary("floor", numpy=np.floor, dtype=rules.to_float_real, grad=None, expand=expr.floor)
trunc = unary("trunc", numpy=np.trunc, dtype=rules.to_float_real, grad=None, expand=expr.trunc)
round_half_to_even = unary(
    "round_half_to_even", numpy=np.rint, dtype=rules.float_only, grad=None, expand=expr.rint
)
round_half_away_from_zero = unary(
    "round_half_away_from_zero",
    numpy=round_half_away_from_zero_vec,
    dtype=rules.float_only,
    grad=None,
    expand=_expand_away_from_zero,
)
