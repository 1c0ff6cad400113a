"""Exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.loops import expr, vmath
from theano.scalar import rules
from theano.scalar.op import ScalarOp, binary, like, unary

Term = Any


def _float_function(name: str, numpy: Any, expand: Any, grad: Any, cost: int = 20) -> ScalarOp:
    return unary(name, numpy=numpy, dtype=rules.to_float, grad=grad, expand=expand, cost=cost)


exp = _float_function("exp", np.exp, vmath.exp, lambda x, y, g: g * y)
exp2 = _float_function("exp2", np.exp2, vmath.exp2, lambda x, y, g: g * y * like(g, math.log(2)))
expm1 = _float_function("expm1", np.expm1, vmath.expm1, lambda x, y, g: g * exp(x))
log = _float_function("log", np.log, vmath.log, lambda x, y, g: g / x)
log2 = _float_function("log2", np.log2, vmath.log2, lambda x, y, g: g / (x * like(g, math.log(2))))
log10 = _float_function("log10", np.log10, vmath.log10, lambda x, y, g: g / (x * like(g, math.log(10))))
log1p = _float_function("log1p", np.log1p, vmath.log1p, lambda x, y, g: g / (1 + x))

xlogx = _float_function(
    "xlogx",
    lambda x: np.where(x == 0, x.dtype.type(0), x * np.log(x)),
    lambda x: expr.select(expr.eq(x, 0), 0.0, x * vmath.log(x)),
    lambda x, y, g: g * (1 + log(x)),
    cost=1,
)
xlogy0 = binary(
    "xlogy0",
    numpy=lambda x, y: np.where(x == 0, x.dtype.type(0), x * np.log(y)),
    dtype=rules.to_float,
    grad=lambda x, y, z, g: (g * log(y), g * x / y),
    expand=lambda x, y: expr.select(expr.eq(x, 0), 0.0, x * vmath.log(y)),
)
