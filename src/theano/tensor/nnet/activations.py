"""Activation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.scalar.dtypes import DISCRETE
from theano.tensor.math import (
    abs_,
    cast,
    clip,
    expm1,
    gt,
    sigmoid,
    softplus,
    softsign,
    switch,
    ultra_fast_sigmoid,
)
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["elu", "hard_sigmoid", "relu", "selu", "sigmoid", "softplus", "softsign", "ultra_fast_sigmoid"]

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def relu(x: Any, alpha: Any = 0) -> Any:
    """``x`` where it is positive, else ``alpha * x``.

    Parameters
    ----------
    alpha : number or tensor
        The slope below zero, usually in [0, 1].

    Examples
    --------
    >>> T.nnet.relu(T.constant([-2., 3.])).eval()
    array([0., 3.])
    """
    x = as_tensor_variable(x)
    if isinstance(alpha, (int, float)) and alpha == 0:
        return 0.5 * (x + abs_(x))
    alpha = as_tensor_variable(alpha)
    return (0.5 * (1 + alpha)) * x + (0.5 * (1 - alpha)) * abs_(x)


def elu(x: Any, alpha: Any = 1) -> Any:
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``.

    Examples
    --------
    >>> T.nnet.elu(T.constant([0., 3.])).eval()
    array([0., 3.])
    """
    x = as_tensor_variable(x)
    return switch(gt(x, 0), x, alpha * expm1(x))


def selu(x: Any) -> Any:
    """`elu` scaled so that mean and variance are kept."""
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


def hard_sigmoid(x: Any) -> Any:
    """A sigmoid of three straight pieces: ``clip(0.2 * x + 0.5, 0, 1)``.

    Examples
    --------
    >>> T.nnet.hard_sigmoid(T.constant([-3., 0., 3.])).eval()
    array([0. , 0.5, 1. ])
    """
    x = as_tensor_variable(x)
    dtype = sigmoid(x).type.dtype if x.type.dtype in DISCRETE else x.type.dtype
    slope, shift = (constant(np.asarray(v, dtype=dtype)) for v in (0.2, 0.5))
    return clip(cast(x, dtype) * slope + shift, 0, 1)
