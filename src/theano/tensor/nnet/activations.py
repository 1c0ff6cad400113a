"""Activation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.scalar.dtypes import DISCRETE, upcast
from theano.tensor.pointwise.math import (
    abs_,
    cast,
    clip,
    erfc,
    expm1,
    gt,
    sigmoid,
    softplus,
    softsign,
    switch,
    ultra_fast_sigmoid,
)
from theano.tensor.variable import as_tensor_variable, constant

__all__ = [
    "elu", "gelu", "hard_sigmoid", "relu", "selu", "sigmoid", "silu", "softplus", "softsign", "ultra_fast_sigmoid",
]  # fmt: skip

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def relu(x: Any, alpha: Any = 0) -> Any:
    """``x`` where it is positive, else ``alpha * x``.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.
    alpha : number or tensor
        The slope below zero, usually in [0, 1].

    Returns
    -------
    tensor
        Of the shape of `x`, broadcast with that of `alpha`; of its dtype, or a float dtype for integers.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nnet.relu(T.constant([-2., 3.])).eval()
    array([0., 3.])

    References
    ----------
    V. Nair, G. Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010; with `alpha` A. Maas
    and others, "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """
    x, half = as_tensor_variable(x), as_tensor_variable(0.5)
    # In the dtype of the result, as twice a number may be too large for small ones: 2 * 100 is -56 in int8.
    x = cast(x, upcast(x.type.dtype, half.type.dtype))
    if isinstance(alpha, (int, float)) and alpha == 0:
        return half * (x + abs_(x))
    alpha = as_tensor_variable(alpha)
    return (0.5 * (1 + alpha)) * x + (0.5 * (1 - alpha)) * abs_(x)


def elu(x: Any, alpha: Any = 1) -> Any:
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.
    alpha : number or tensor
        ``-alpha`` is what the result comes near to far below zero.

    Returns
    -------
    tensor
        Of the shape of `x`, broadcast with that of `alpha`, and a float dtype.

    Raises
    ------
    <tensor errors>

    Notes
    -----
    D.-A. Clevert, T. Unterthiner, S. Hochreiter, "Fast and accurate deep network learning by exponential linear units",
    2015.

    Examples
    --------
    >>> T.nnet.elu(T.constant([0., 3.])).eval()
    array([0., 3.])
    """
    x = as_tensor_variable(x)
    return switch(gt(x, 0), x, alpha * expm1(x))


def selu(x: Any) -> Any:
    """`elu` scaled so that mean and variance are kept.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.

    Returns
    -------
    tensor
        Of the shape of `x` and the dtype that holds `x` and `floatX`: two factors have that of `floatX`.

    Raises
    ------
    <tensor errors>

    Notes
    -----
    ``1.0507... * elu(x, 1.6732...)``: G. Klambauer and others, "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> T.nnet.selu(T.constant([-1., 0., 2.])).eval()
    array([-1.11133074,  0.        ,  2.10140197])
    """
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


def gelu(x: Any, approximate: bool = False) -> Any:
    """``x`` times the probability that a standard normal number is below it: ``x * (1 + erf(x / sqrt(2))) / 2``.

    After D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016. It is computed as
    ``x * erfc(-x / sqrt(2)) / 2``, which is accurate far below zero, too.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.
    approximate
        Whether the probability is ``(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``: cheaper, and off by up to
        0.0005.

    Returns
    -------
    tensor
        Of the shape of `x`; of its dtype, or a float dtype for integers.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nnet.gelu(T.constant([-1., 0., 3.])).eval()
    array([-0.15865525,  0.        ,  2.99595031])
    """
    x = as_tensor_variable(x)
    x = cast(x, _float_dtype(x))
    if not approximate:
        return _like(x, 0.5) * x * erfc(_like(x, -(0.5**0.5)) * x)
    # A tanh of z/2 is a sigmoid of z, which does not round to zero below.
    return x * sigmoid(x * (_like(x, 8**0.5 / np.pi**0.5) + _like(x, 0.044715 * 8**0.5 / np.pi**0.5) * x * x))


def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, known as swish, too.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.

    Returns
    -------
    tensor
        Of the shape of `x` and a float dtype.

    Raises
    ------
    <tensor errors>

    Notes
    -----
    S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", 2017.

    Examples
    --------
    >>> T.nnet.silu(T.constant([-1., 0., 3.])).eval()
    array([-0.26894142,  0.        ,  2.85772238])
    """
    x = as_tensor_variable(x)
    return x * sigmoid(x)


def hard_sigmoid(x: Any) -> Any:
    """A sigmoid of three straight pieces: ``clip(0.2 * x + 0.5, 0, 1)``.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.

    Returns
    -------
    tensor
        Of the shape of `x`, between 0 and 1; of its dtype, or a float dtype for integers.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nnet.hard_sigmoid(T.constant([-3., 0., 3.])).eval()
    array([0. , 0.5, 1. ])

    References
    ----------
    As `keras.activations.hard_sigmoid` of Keras 2.
    """
    x = as_tensor_variable(x)
    x = cast(x, _float_dtype(x))
    return clip(x * _like(x, 0.2) + _like(x, 0.5), 0, 1)


def _float_dtype(x: Any) -> str:
    """The dtype in which functions of `x` are computed."""
    dtype: str = sigmoid(x).type.dtype if x.type.dtype in DISCRETE else x.type.dtype
    return dtype


def _like(x: Any, value: float) -> Any:
    """A number in the dtype of `x`."""
    return constant(np.asarray(value, dtype=x.type.dtype))


fill(globals())
