"""Bit operations of integers, which on bools are the logical ones. All have gradient zero."""

from __future__ import annotations

import numpy as np

from theano.loops import expr
from theano.scalar import rules
from theano.scalar.op import fold, unary, variadic

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
