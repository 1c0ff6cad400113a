"""Bit operations of integers, which on bools are the logical ones, and shifts. All have gradient zero."""

from __future__ import annotations

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.op import binary, fold, unary, variadic

and_ = variadic(
    "and_", numpy=fold(np.bitwise_and), dtype=rules.bits, grad=None, expand=fold(expr.and_), identity=-1
)
or_ = variadic(
    "or_", numpy=fold(np.bitwise_or), dtype=rules.bits, grad=None, expand=fold(expr.or_), identity=0
)
xor = variadic(
    "xor", numpy=fold(np.bitwise_xor), dtype=rules.bits, grad=None, expand=fold(expr.xor), identity=0
)
invert = unary("invert", numpy=np.invert, dtype=rules.bits, grad=None, expand=expr.not_)


# -- shifts: by a negative number, or by as many bits as there are, all of them are shifted out, as in NumPy ----------


def _width(x: Expr) -> int:
    return 8 * expr.ITEMSIZE[x.type]


def _is_inside(x: Expr, y: Expr) -> Expr:
    """Whether `y` is from 0 to below the width of `x`: LLVM and C define shifts by nothing else."""
    return expr.and_(expr.ge(y, 0), expr.lt(y, _width(x)))


def _expand_left_shift(x: Expr, y: Expr) -> Expr:
    inside = _is_inside(x, y)
    return expr.select(inside, expr.shl(x, expr.select(inside, y, 0)), 0)


def _expand_right_shift(x: Expr, y: Expr) -> Expr:
    inside = _is_inside(x, y)
    if x.type in expr.SIGNED:
        return expr.ashr(x, expr.select(inside, y, _width(x) - 1))
    return expr.select(inside, expr.lshr(x, expr.select(inside, y, 0)), 0)


left_shift = binary(
    "left_shift", numpy=np.left_shift, dtype=rules.shift, grad=None, expand=_expand_left_shift
)
right_shift = binary(
    "right_shift", numpy=np.right_shift, dtype=rules.shift, grad=None, expand=_expand_right_shift
)
