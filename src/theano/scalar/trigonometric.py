"""Circular and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.loops import vmath
from theano.scalar import rules
from theano.scalar.op import ScalarOp, binary, like, unary
from theano.scalar.power import sqr, sqrt

Term = Any


def _float_function(name: str, numpy: Any, expand: Any, grad: Any) -> ScalarOp:
    return unary(name, numpy=numpy, dtype=rules.to_float, grad=grad, expand=expand, cost=30)


sin: ScalarOp = _float_function("sin", np.sin, vmath.sin, lambda x, y, g: g * cos(x))
cos: ScalarOp = _float_function("cos", np.cos, vmath.cos, lambda x, y, g: -g * sin(x))
tan = _float_function("tan", np.tan, vmath.tan, lambda x, y, g: g / sqr(cos(x)))
arcsin = _float_function("arcsin", np.arcsin, vmath.asin, lambda x, y, g: g / sqrt(1 - sqr(x)))
arccos = _float_function("arccos", np.arccos, vmath.acos, lambda x, y, g: -g / sqrt(1 - sqr(x)))
arctan = _float_function("arctan", np.arctan, vmath.atan, lambda x, y, g: g / (1 + sqr(x)))
arctan2 = binary(
    "arctan2",
    numpy=np.arctan2,
    dtype=rules.to_float_real,
    grad=lambda y, x, z, g: (g * x / (sqr(x) + sqr(y)), -g * y / (sqr(x) + sqr(y))),
    expand=vmath.atan2,
    cost=30,
)

sinh: ScalarOp = _float_function("sinh", np.sinh, vmath.sinh, lambda x, y, g: g * cosh(x))
cosh: ScalarOp = _float_function("cosh", np.cosh, vmath.cosh, lambda x, y, g: g * sinh(x))
tanh = _float_function("tanh", np.tanh, vmath.tanh, lambda x, y, g: g * (1 - sqr(y)))
arcsinh = _float_function("arcsinh", np.arcsinh, vmath.asinh, lambda x, y, g: g / sqrt(1 + sqr(x)))
# Not ``1 / sqrt(x**2 - 1)``, which has the wrong sign where the real part of a complex `x` is negative.
arccosh = _float_function("arccosh", np.arccosh, vmath.acosh, lambda x, y, g: g / (sqrt(x - 1) * sqrt(x + 1)))
arctanh = _float_function("arctanh", np.arctanh, vmath.atanh, lambda x, y, g: g / (1 - sqr(x)))


def _scaling(name: str, numpy: Any, factor: float) -> ScalarOp:
    return unary(
        name,
        numpy=numpy,
        dtype=rules.to_float_real,
        grad=lambda x, y, g: g * like(g, factor),
        expand=lambda x: x * factor,
    )


deg2rad = _scaling("deg2rad", np.deg2rad, math.pi / 180)
rad2deg = _scaling("rad2deg", np.rad2deg, 180 / math.pi)
