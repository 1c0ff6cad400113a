"""Vector math: elementary functions written out in loop expressions of type f32 or f64.

Every function takes and returns an `Expr`, is straight-line, and follows IEEE and NumPy on infinities, NaN,
signed zeros, subnormals and at the limits of overflow. Accuracy: `docs/vmath.md`.
"""

from __future__ import annotations

from theano.loops.vmath_erf import erf, erfc
from theano.loops.vmath_exp import exp, exp2, expm1, sigmoid, softplus, tanh
from theano.loops.vmath_hyperbolic import acosh, asinh, atanh, cosh, sinh
from theano.loops.vmath_log import log, log1p, log2, log10
from theano.loops.vmath_pow import pow
from theano.loops.vmath_trig import acos, asin, atan, atan2, cos, sin, tan

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "pow",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "tan",
    "tanh",
]
