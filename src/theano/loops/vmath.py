"""Vector math: elementary functions written out in loop expressions of type f32 or f64.

Every function takes and returns an `Expr`, is straight-line, and follows IEEE and NumPy on infinities, NaN,
signed zeros, subnormals and at the limits of overflow. Accuracy: `docs/vmath.md`.
"""

from __future__ import annotations

from theano.loops.vmath_exp import exp, exp2, expm1, sigmoid, softplus, tanh
from theano.loops.vmath_log import log, log1p, log2, log10

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sigmoid",
    "softplus",
    "tanh",
]
