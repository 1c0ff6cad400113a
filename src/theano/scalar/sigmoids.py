"""Functions shaped like steps, and the softplus."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr, vmath
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.arithmetic import abs_
from theano.scalar.op import UNDEFINED, unary
from theano.scalar.power import sqr

Term = Any


def _sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def _ultra_fast_sigmoid(x: Any) -> Any:
    half = np.abs(x) * x.dtype.type(0.5)
    z = np.where(
        half < 1.7,
        1.5 * half / (1 + half),
        np.where(half < 3, 0.935409070603099 + 0.0458812946797165 * (half - 1.7), 0.99505475368673),
    )
    return 0.5 * (1 + np.where(x >= 0, z, -z))


def _expand_ultra_fast_sigmoid(x: Expr) -> Expr:
    half = expr.abs_(x) * 0.5
    tail = expr.select(
        expr.lt(half, 3.0), (half - 1.7) * 0.0458812946797165 + 0.935409070603099, 0.99505475368673
    )
    z = expr.select(expr.lt(half, 1.7), half * 1.5 / (half + 1.0), tail)
    return (expr.select(expr.ge(x, 0), z, -z) + 1.0) * 0.5


sigmoid = unary(
    "sigmoid",
    numpy=_sigmoid,
    dtype=rules.to_float_real,
    grad=lambda x, y, g: g * y * (1 - y),
    expand=vmath.sigmoid,
    cost=20,
)
softplus = unary(
    "softplus",
    numpy=lambda x: np.logaddexp(x.dtype.type(0), x),
    dtype=rules.to_float_real,
    grad=lambda x, y, g: g * sigmoid(x),
    expand=vmath.softplus,
    cost=20,
)
ultra_fast_sigmoid = unary(
    "ultra_fast_sigmoid",
    numpy=_ultra_fast_sigmoid,
    dtype=rules.to_float_real,
    grad=UNDEFINED,
    expand=_expand_ultra_fast_sigmoid,
)
softsign = unary(
    "softsign",
    numpy=lambda x: x / (1 + np.abs(x)),
    dtype=rules.to_float_real,
    grad=lambda x, y, g: g / sqr(1 + abs_(x)),
    expand=lambda x: x / (expr.abs_(x) + 1.0),
)
