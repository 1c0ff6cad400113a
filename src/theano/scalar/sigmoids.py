"""Functions shaped like steps, the softplus, and the logarithm of a sum of exponentials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.loops import expr, vmath
from theano.loops.expr import Expr
from theano.scalar import rules
from theano.scalar.arithmetic import abs_
from theano.scalar.choice import switch
from theano.scalar.compare import eq, isinf
from theano.scalar.op import UNDEFINED, binary, like, unary
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
    nonnegative=True,
    bare=True,
    cost=20,
)
softplus = unary(
    "softplus",
    numpy=lambda x: np.logaddexp(x.dtype.type(0), x),
    dtype=rules.to_float_real,
    grad=lambda x, y, g: g * sigmoid(x),
    expand=vmath.softplus,
    nonnegative=True,
    bare=True,
    cost=20,
)


def _expand_logaddexp(x: Expr, y: Expr) -> Expr:
    shifted = expr.maximum(x, y) + vmath.log1p(vmath.exp(-expr.abs_(x - y)))
    return expr.select(expr.eq(x, y), x + math.log(2), shifted)  # equal infinities have no difference


def _grad_logaddexp(x: Term, y: Term, z: Term, g: Term) -> tuple[Term, Term]:
    difference = switch(isinf(x) * eq(x, y), like(x - y, 0), x - y)
    return g * sigmoid(difference), g * sigmoid(-difference)


logaddexp = binary(
    "logaddexp",
    numpy=np.logaddexp,
    dtype=rules.to_float_real,
    grad=_grad_logaddexp,
    expand=_expand_logaddexp,
    cost=40,
)
ultra_fast_sigmoid = unary(
    "ultra_fast_sigmoid",
    numpy=_ultra_fast_sigmoid,
    dtype=rules.to_float_real,
    grad=UNDEFINED,
    expand=_expand_ultra_fast_sigmoid,
    bare=True,
)
softsign = unary(
    "softsign",
    numpy=lambda x: x / (1 + np.abs(x)),
    dtype=rules.to_float_real,
    grad=lambda x, y, g: g / sqr(1 + abs_(x)),
    expand=lambda x: x / (expr.abs_(x) + 1.0),
    bare=True,
)
