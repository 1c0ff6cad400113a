"""NumPy's functions of tensor variables: ``numpy.dot(array, x)`` is an expression.

NumPy asks its arguments for ``__array_function__``. What is not in the table is computed by NumPy as if a variable were
any other object (``numpy.ndim(x)``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano import tensor as T
from theano.tensor.methods import attach

__all__ = ["FUNCTIONS"]


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
        getattr(np, name): _reduction(getattr(T, name))
        for name in ("sum", "prod", "mean", "var", "std", "max", "min", "argmax", "argmin", "all", "any", "ptp")
    },
    **{
        getattr(np, name): getattr(T, name)
        for name in (
            "dot", "tensordot", "outer", "where", "clip", "reshape", "transpose", "squeeze", "swapaxes", "diag",
            "diagonal", "tril", "triu", "cumsum", "cumprod", "diff", "sort", "argsort", "repeat", "tile", "roll",
            "take", "zeros_like", "ones_like", "isclose", "allclose", "real", "imag", "angle", "cov",
        )
    },
    np.concatenate: _joined(T.concatenate),
    np.stack: _joined(T.stack),
    np.ravel: T.flatten,
    np.trace: T.nlinalg.trace,
    np.linalg.inv: T.nlinalg.matrix_inverse,
    np.linalg.pinv: T.nlinalg.pinv,
    np.linalg.det: T.nlinalg.det,
    np.linalg.norm: T.nlinalg.norm,
    np.linalg.cholesky: T.slinalg.cholesky,
    np.linalg.solve: T.slinalg.solve,
}  # fmt: skip


def _array_function(
    self: Any, func: Any, types: Sequence[type], args: Sequence[Any], kwargs: dict[str, Any]
) -> Any:
    """``numpy.dot(x, y)`` and others build expressions; see `FUNCTIONS`."""
    ours = FUNCTIONS.get(func)
    if ours is None:
        try:
            return func._implementation(*args, **kwargs)
        except Exception as error:
            raise TypeError(
                f"NumPy's {func.__name__} can't compute with symbolic variables ({type(error).__name__}: {error}). "
                "Use a "
                "function of theano.tensor, or give it numbers, as x.eval({...}) and compiled functions return them."
            ) from error
    return ours(*args, **kwargs)


attach({"__array_function__": _array_function})
