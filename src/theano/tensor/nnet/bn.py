"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.tensor.math import cast, sqrt
from theano.tensor.shape import addbroadcast, dimshuffle, product, shape_i
from theano.tensor.statistics import mean, var
from theano.tensor.variable import as_tensor_variable, constant

Axes = str | int | Sequence[int]


def _axes(x: Any, axes: Axes) -> tuple[int, ...]:
    """The axes over which statistics are taken."""
    ndim = x.type.ndim
    if isinstance(axes, str):
        if axes == "per-activation":
            return (0,)
        if axes != "spatial":
            raise ValueError(f"invalid axes: {axes!r}; expected 'per-activation', 'spatial' or a tuple")
        return (0, *range(2, ndim))
    several: Any = axes if isinstance(axes, (list, tuple, np.ndarray)) else [axes]
    found = [int(a) for a in several]
    if not found or len(set(found)) < len(found) or min(found) < 0 or max(found) >= ndim:
        raise ValueError(
            f"invalid axes: {axes!r} for {ndim} dimensions; expected different numbers in [0, {ndim})"
        )
    return tuple(sorted(found))


class _Form:
    """Whether parameters have all axes or only the kept ones."""

    def __init__(self, x: Any, axes: Axes, epsilon: float) -> None:
        if epsilon < 1e-5:
            raise ValueError(f"epsilon must be at least 1e-5, got {epsilon}")
        self.axes = _axes(x, axes)
        self.ndim = x.type.ndim
        self.kept = [i for i in range(self.ndim) if i not in self.axes]

    def widen(self, p: Any) -> Any:
        """A parameter with all axes, broadcastable over those of the statistics."""
        p = as_tensor_variable(p)
        if p.type.ndim == self.ndim:
            return addbroadcast(p, *self.axes)
        if p.type.ndim != len(self.kept):
            raise ValueError(
                f"parameters must have {self.ndim} or {len(self.kept)} dimensions, got {p} with {p.type.ndim}"
            )
        places = iter(range(len(self.kept)))
        return dimshuffle(p, ["x" if i in self.axes else next(places) for i in range(self.ndim)])

    def narrow(self, p: Any, like: Any) -> Any:
        """A statistic in the form of the parameter `like`."""
        return p if as_tensor_variable(like).type.ndim == self.ndim else dimshuffle(p, self.kept)


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Axes = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Any, ...]:
    """`inputs` normalised by the mean and variance of the batch.

    Parameters
    ----------
    gamma, beta : scale and shift; of the dimensions of `inputs` (length 1 along `axes`) or only of those kept
    axes : 'per-activation' (axis 0), 'spatial' (0, 2, 3, ...) or a tuple
    epsilon : at least 1e-5, added to the variance
    running_average_factor : weight of the batch in the new running statistics
    running_mean, running_var : running statistics, optional

    Returns
    -------
    out, mean, invstd : and, if given, the new running mean and running variance

    Examples
    --------
    >>> out, mean, invstd = batch_normalization_train(T.matrix(), T.vector(), T.vector())
    """
    x = as_tensor_variable(inputs)
    form = _Form(x, axes, epsilon)
    scale, shift = form.widen(gamma), form.widen(beta)
    batch_mean = mean(x, axis=form.axes, keepdims=True)
    batch_var = var(x, axis=form.axes, keepdims=True)
    invstd = 1 / sqrt(batch_var + _like(epsilon, batch_var))
    results = [
        (x - batch_mean) * (scale * invstd) + shift,
        form.narrow(batch_mean, gamma),
        form.narrow(invstd, gamma),
    ]
    f = as_tensor_variable(running_average_factor)
    if running_mean is not None:
        results.append(form.narrow(form.widen(running_mean) * (1 - f) + batch_mean * f, running_mean))
    if running_var is not None:
        m = cast(product(shape_i(x, i) for i in form.axes), x.type.dtype)
        unbiased = m / (m - 1) * batch_var
        results.append(form.narrow(form.widen(running_var) * (1 - f) + unbiased * f, running_var))
    return tuple(results)


def _like(value: float, x: Any) -> Any:
    return constant(np.asarray(value, dtype=x.type.dtype))


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Axes = "per-activation",
    epsilon: float = 1e-4,
) -> Any:
    """`inputs` normalised by the given mean and variance; see `batch_normalization_train`."""
    x = as_tensor_variable(inputs)
    form = _Form(x, axes, epsilon)
    scale, shift, center, spread = (form.widen(p) for p in (gamma, beta, mean, var))
    return (x - center) * (scale / sqrt(spread + _like(epsilon, spread))) + shift


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Any:
    """``(inputs - mean) * gamma / std + beta``; the older function, with the standard deviation given.

    `mode` ('low_mem' or 'high_mem') is accepted for older programs; the result is the same.

    Raises
    ------
    ValueError
        Another `mode`.
    """
    if mode not in ("low_mem", "high_mem"):
        raise ValueError(f'mode must be either "low_mem", "high_mem", got {mode!r}')
    x, gamma, beta, mean, std = (as_tensor_variable(v) for v in (inputs, gamma, beta, mean, std))
    return (x - mean) * (gamma / std) + beta
