"""NumPy's functions of tensor variables: ``numpy.dot(array, x)`` is an expression.

NumPy asks its arguments for ``__array_function__``. What is not in the table is computed by NumPy as if a variable were
any other object (``numpy.ndim(x)``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.tensor.indexing.indexing import take
from theano.tensor.linalg import nlinalg, slinalg
from theano.tensor.linalg.dot import dot, outer, tensordot
from theano.tensor.making.alloc import ones_like, zeros_like
from theano.tensor.making.triangles import tril, triu
from theano.tensor.methods import attach
from theano.tensor.pointwise import math
from theano.tensor.pointwise.extra_ops import repeat
from theano.tensor.reductions import extremes, reduction, statistics
from theano.tensor.reductions.cumulative import cumprod, cumsum, diff
from theano.tensor.shaping.axes import squeeze, swapaxes, transpose
from theano.tensor.shaping.diagonal import diag, diagonal
from theano.tensor.shaping.join import concatenate, roll, stack, tile
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.sorting.sort import argsort, sort
from theano.tensor.variable import _tensor_py_operators

__all__ = ["FUNCTIONS", "NUMPY_NAMES"]


def _reduction(function: Any) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any = None, **options: Any) -> Any:
        return function(a, axis=axis, **options)

    return reduce


def _joined(function: Any) -> Callable[..., Any]:
    def join(arrays: Sequence[Any], axis: int = 0) -> Any:
        return function(list(arrays), axis=axis)

    return join


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **{
        theirs: _reduction(ours)
        for theirs, ours in (
            (np.sum, reduction.sum), (np.prod, reduction.prod), (np.max, extremes.max), (np.min, extremes.min),
            (np.argmax, extremes.argmax), (np.argmin, extremes.argmin), (np.all, reduction.all),
            (np.any, reduction.any), (np.mean, statistics.mean), (np.var, statistics.var), (np.std, statistics.std),
            (np.ptp, statistics.ptp),
        )
    },
    np.dot: dot, np.tensordot: tensordot, np.outer: outer, np.trace: nlinalg.trace,
    np.where: math.where, np.clip: math.clip, np.isclose: math.isclose, np.allclose: statistics.allclose,
    np.real: math.real, np.imag: math.imag, np.angle: math.angle, np.cov: statistics.cov,
    np.reshape: reshape, np.ravel: flatten, np.transpose: transpose, np.squeeze: squeeze, np.swapaxes: swapaxes,
    np.diag: diag, np.diagonal: diagonal, np.tril: tril, np.triu: triu,
    np.zeros_like: zeros_like, np.ones_like: ones_like,
    np.cumsum: cumsum, np.cumprod: cumprod, np.diff: diff, np.sort: sort, np.argsort: argsort,
    np.repeat: repeat, np.tile: tile, np.roll: roll, np.take: take,
    np.concatenate: _joined(concatenate), np.stack: _joined(stack),
    np.linalg.inv: nlinalg.matrix_inverse, np.linalg.pinv: nlinalg.pinv, np.linalg.det: nlinalg.det,
    np.linalg.norm: nlinalg.norm, np.linalg.cholesky: slinalg.cholesky, np.linalg.solve: slinalg.solve,
    np.linalg.slogdet: nlinalg.slogdet, np.linalg.eigh: nlinalg.eigh, np.linalg.qr: nlinalg.qr,
    np.linalg.svd: nlinalg.svd, np.linalg.matrix_power: nlinalg.matrix_power, np.kron: slinalg.kron,
}  # fmt: skip


# Modules whose functions have the names and arguments of NumPy's; they are loaded when first needed.
NUMPY_NAMES = (
    "linalg.einstein", "making.filled", "reductions.nan_reductions", "reductions.numeric", "shaping.arranging",
    "shaping.padding", "shaping.stacks", "sorting.order_statistics",
)  # fmt: skip


def _of_that_name(func: Any) -> Any:
    """Our function of the name of one of NumPy's, or None."""
    name = func.__name__
    if getattr(np, name, None) is not func:
        return None
    for place in NUMPY_NAMES:
        module = importlib.import_module(f"theano.tensor.{place}")
        if name in module.__all__:
            return getattr(module, name)
    return None


def _array_function(
    self: Any, func: Any, types: Sequence[type], args: Sequence[Any], kwargs: dict[str, Any]
) -> Any:
    """``numpy.dot(x, y)`` and others build expressions; see `FUNCTIONS`."""
    ours = FUNCTIONS.get(func) or _of_that_name(func)
    if ours is None:
        try:
            return func._implementation(*args, **kwargs)
        except Exception as error:
            raise TypeError(
                f"NumPy's {func.__name__} can't compute with symbolic variables ({type(error).__name__}: {error}). "
                "Use a function of theano.tensor, or give it numbers, as x.eval({...}) and compiled functions return "
                "them."
            ) from error
    return ours(*args, **kwargs)


def _matrix_transposed(self: Any) -> Any:
    """The matrices in the last two axes transposed: see `theano.tensor.matrix_transpose`."""
    return _of_that_name(np.matrix_transpose)(self)


attach({"__array_function__": _array_function})
_tensor_py_operators.mT = property(_matrix_transposed)  # type: ignore[attr-defined]
