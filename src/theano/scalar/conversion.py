"""How floats become integers, also those that no such integer is: the same in all executors, on all processors.

C leaves the latter open, and NumPy gives what the processor and the loop of its compiler happen to make. What it gives
on x86 is the definition here, once for loop expressions (`float_to_int`) and once for arrays (`converted`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr
from theano.loops.expr import Expr
from theano.scalar.dtypes import NUMPY


def float_to_int(x: Expr, type_: str) -> Expr:
    """Truncate; no undefined behaviour for what is out of range, nor for NaN.

    Types of up to 16 bits go through i32, u32 through i64, and wrap; i32 and i64 give their smallest
    number; u64 is i64 for numbers below 2**63 (negative ones wrap), its upper half else.
    """
    if type_ in ("i32", "i64"):
        half = 2.0 ** (8 * expr.ITEMSIZE[type_] - 1)
        fits = expr.and_(expr.ge(x, -half) if type_ == "i64" else expr.gt(x, -half - 1), expr.lt(x, half))
        safe = expr.select(fits, x, 0.0)
        return expr.select(fits, expr.cast(safe, type_), expr.const(-int(half), type_))
    if type_ == "u64":
        high = expr.ge(x, 2.0**63)
        low = float_to_int(expr.select(high, x - 2.0**63, x), "i64")
        flip = expr.select(high, expr.const(1 << 63, "u64"), 0)
        return expr.xor(expr.cast(low, "u64"), flip)
    return expr.cast(float_to_int(x, "i64" if type_ == "u32" else "i32"), type_)


def converted(x: np.ndarray, dtype: str) -> np.ndarray:
    """``x.astype(dtype)``; floats become integers as `float_to_int` says.

    >>> converted(np.array([300.0, -1.0, np.nan, 1e20]), "uint8")
    array([ 44, 255,   0,   0], dtype=uint8)
    """
    target = NUMPY[dtype]
    if x.dtype.kind != "f" or target.kind not in "iu":
        return x.astype(target)
    info = np.iinfo(target)
    # what truncates to a number of the dtype lies between these (rounded, where it has 64 bits)
    low, high = float(info.min) - 1.0, float(info.max) + 1.0
    if not x.size or (x.min() > low and x.max() < high):
        return x.astype(target)
    return _out_of_range(x.astype("float64"), target)


def _out_of_range(x: np.ndarray, target: np.dtype[Any]) -> np.ndarray:
    """Doubles as integers where some are out of range."""
    if target.kind == "u" and target.itemsize == 8:
        high = x >= 2.0**63
        low = _out_of_range(np.where(high, x - 2.0**63, x), NUMPY["int64"]).astype(target)
        return np.where(high, low ^ np.uint64(1 << 63), low)
    wide = NUMPY["int64" if target.itemsize == 8 or target.name == "uint32" else "int32"]
    limit = 2.0 ** (8 * wide.itemsize - 1)
    fits = ((x >= -limit) if wide.itemsize == 8 else (x > -limit - 1)) & (x < limit)
    return np.where(fits, np.where(fits, x, 0.0).astype(wide), wide.type(np.iinfo(wide).min)).astype(target)
