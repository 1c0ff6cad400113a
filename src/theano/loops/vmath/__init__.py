"""Vector math: elementary functions written out in loop expressions of type f32 or f64.

Every function takes and returns an `Expr`, has no branch but `rare` ones, and follows IEEE and NumPy on infinities,
NaN, signed zeros, subnormals and at the limits of overflow. Accuracy: `docs/vmath.md`.
"""

from __future__ import annotations

from theano.loops.vmath.erf import erf, erfc, erfcinv, erfinv
from theano.loops.vmath.exp import exp, exp2, expm1, sigmoid, softplus, tanh
from theano.loops.vmath.gamma import gamma, gammaln, psi, tri_gamma
from theano.loops.vmath.hyperbolic import acosh, asinh, atanh, cosh, sinh
from theano.loops.vmath.log import log, log1p, log2, log10
from theano.loops.vmath.pow import pow
from theano.loops.vmath.trig import acos, asin, atan, atan2, cos, sin, tan

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
    "erfcinv",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "gamma",
    "gammaln",
    "log",
    "log1p",
    "log2",
    "log10",
    "pow",
    "psi",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "tan",
    "tanh",
    "tri_gamma",
]
