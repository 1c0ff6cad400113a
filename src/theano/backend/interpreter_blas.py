"""What the external symbols of a program do, for the interpreter: pointers in, as BLAS takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.runtime import blas

__all__ = ["SYMBOLS"]


def _matrix(pointer: Any, type_: str, rows: int, columns: int, leading: int) -> np.ndarray[Any, Any]:
    """A matrix stored by columns, `leading` elements apart."""
    data, start = pointer.element(type_, 0) if rows and columns else (np.empty(0, _DTYPE[type_]), 0)
    step = data.itemsize
    if rows and columns and start + (columns - 1) * leading + rows > data.size:
        raise IndexError("a matrix beyond the end of memory")
    return np.lib.stride_tricks.as_strided(data[start:], (rows, columns), (step, leading * step))


def _gemm(type_: str) -> Callable[..., None]:
    """C = alpha op(A) op(B) + beta C."""

    def gemm(
        flag_a: Any, flag_b: Any, m: Any, n: Any, k: Any, alpha: Any, a: Any, lda: Any, b: Any, ldb: Any,
        beta: Any, c: Any, ldc: Any,
    ) -> None:  # fmt: skip
        rows, columns, inner, lead_a, lead_b, lead_c = (_integer(p) for p in (m, n, k, lda, ldb, ldc))
        straight_a, straight_b = (chr(p.load("i8", 0)) == "N" for p in (flag_a, flag_b))
        x = _matrix(a, type_, *((rows, inner) if straight_a else (inner, rows)), lead_a)
        y = _matrix(b, type_, *((inner, columns) if straight_b else (columns, inner)), lead_b)
        out = _matrix(c, type_, rows, columns, lead_c)
        scale, weight = alpha.load(type_, 0), beta.load(type_, 0)
        product = scale * ((x if straight_a else x.T) @ (y if straight_b else y.T))
        out[...] = product if weight == 0 else product + weight * out

    return gemm


def _integer(pointer: Any) -> int:
    """A BLAS integer: the word is written by the program with the width of the library's integers."""
    return int(pointer.load(f"i{8 * _integer_size()}", 0))


def _integer_size() -> int:
    found = blas.symbol("dgemm")
    return 8 if found is None else int(found[1]) // 8


_DTYPE: dict[str, np.dtype[Any]] = {"f32": np.dtype("float32"), "f64": np.dtype("float64")}

SYMBOLS: dict[str, Callable[..., None]] = {"sgemm": _gemm("f32"), "dgemm": _gemm("f64")}
