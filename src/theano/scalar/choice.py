"""Operations that pick one of their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.bits import and_
from theano.scalar.compare import ge, gt, le, lt
from theano.scalar.op import ScalarOp, binary

Term = Any


def _expand_switch(cond: Expr, x: Expr, y: Expr) -> Expr:
    return expr.select(cond if cond.type == "bool" else expr.ne(cond, 0), x, y)


switch: ScalarOp = ScalarOp(
    "switch",
    3,
    numpy=lambda c, x, y: np.where(c != 0, x, y),
    dtype=rules.branches,
    grad=lambda c, x, y, z, g: (None, switch(c, g, 0), switch(c, 0, g)),
    expand=_expand_switch,
    args=rules.args_condition,
)
clip = ScalarOp(
    "clip",
    3,
    numpy=lambda x, lo, hi: np.where(x < lo, lo, np.where(x > hi, hi, x)),
    dtype=rules.same_real,
    grad=lambda x, lo, hi, z, g: (
        switch(and_(ge(x, lo), le(x, hi)), g, 0),
        switch(lt(x, lo), g, 0),
        switch(and_(ge(x, lo), gt(x, hi)), g, 0),
    ),
    expand=lambda x, lo, hi: expr.select(expr.lt(x, lo), lo, expr.select(expr.gt(x, hi), hi, x)),
)
second = binary(
    "second",
    numpy=lambda x, y: np.broadcast_to(y, np.broadcast_shapes(np.shape(x), np.shape(y))),
    dtype=rules.last,
    grad=lambda x, y, z, g: (None, g),
    expand=lambda x, y: y,
    args=rules.args_condition,
    linear_in=range(1, 2),
)
