"""The small number that normalisations add to a variance, so that nothing is divided by zero."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from theano.graph import Constant, Variable
from theano.tensor.pointwise.math import cast
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["epsilon_like"]


def epsilon_like(what: str, value: Any, x: Any, least: float = 0.0) -> Any:
    """A number that is added to a variance, in the dtype of `x`.

    Parameters
    ----------
    what : str
        The function, for errors.
    value
        A number; or a 0-d tensor, which is looked at only if it is a constant.
    x : tensor
        Of floats.
    least : float
        What the number must be at least.

    Returns
    -------
    0-d tensor
        Of the dtype of `x`.

    Raises
    ------
    TypeError
        It is neither a number nor a 0-d tensor.
    ValueError
        It is less than `least`, infinite or NaN.

    Examples
    --------
    >>> epsilon_like("layer_norm", -1, T.matrix())
    Traceback (most recent call last):
        ...
    ValueError: layer_norm: epsilon must be at least 0 and finite, got -1

    References
    ----------
    The number of ``1 / sqrt(var + epsilon)``: S. Ioffe, C. Szegedy, "Batch normalization", 2015, algorithm 1.
    """
    dtype = x.type.dtype
    number = value.data if isinstance(value, Constant) else value
    if isinstance(number, np.ndarray) and number.ndim == 0:
        number = number[()]
    if isinstance(number, Variable) and as_tensor_variable(number).type.ndim == 0:
        return cast(number, dtype)
    if not isinstance(number, Real) or isinstance(number, bool):
        got = value.type if isinstance(value, Variable) else repr(value)
        raise TypeError(f"{what}: epsilon must be a number, got {got}")
    # The least may be given in float32, where 1e-5 is a little less.
    if not np.float32(least) <= float(number) < math.inf:
        wanted = f"{least:g}".replace("e-0", "e-")
        raise ValueError(f"{what}: epsilon must be at least {wanted} and finite, got {number}")
    return constant(np.asarray(number, dtype))
