"""Whether shapes are ones of convolutions, and those that were promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configdefaults import config
from theano.tensor.assertion import Assert
from theano.tensor.fitting import Condition
from theano.tensor.math import eq
from theano.tensor.nnet.geometry import get_conv_output_shape
from theano.tensor.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["assert_conv_shape", "assert_shape", "has_room"]


def has_room(
    images: Sequence[Any], kernels: Sequence[Any], border_mode: Any, subsample: Sequence[int]
) -> list[Condition]:
    """What `fitting` is to require of the lengths of images and kernels, for functions with axes of their own.

    Parameters
    ----------
    images, kernels : sequence of 0-d integers
        The lengths along which kernels move.
    border_mode, subsample
        See `theano.tensor.nnet.conv2d`.

    Returns
    -------
    list
        A condition, what it means, and the class of the error, for each axis.

    Examples
    --------
    >>> [(condition.eval().tolist(), text) for condition, text, _ in has_room([T.constant(5)], [3], "valid", (1,))]
    [(True, 'kernels are larger than the padded images')]
    """
    made = get_conv_output_shape((None, None, *images), (None, None, *kernels), border_mode, subsample)[2:]
    why = "kernels are larger than the padded images"
    return [(as_tensor_variable(n) >= 1, why, ValueError) for n in made]


def assert_conv_shape(shape: Sequence[Any]) -> tuple[Any, ...]:
    """A shape of images or kernels, with checks that its lengths can be.

    Parameters
    ----------
    shape
        Lengths: ints or 0-d integers; the first two may be 0, the others are 1 at least.

    Returns
    -------
    tuple
        The lengths: ints, and 0-d integers that are checked when the function runs.

    Raises
    ------
    AssertionError
        One is too small: now if it is known, else when the function runs.

    Examples
    --------
    >>> assert_conv_shape((10, 3, 28, 28))
    (10, 3, 28, 28)
    """
    checked = []
    for k, n in enumerate(shape):
        least, what = (0, "not be negative") if k < 2 else (1, "be positive")
        message = f"The convolution would produce an invalid shape (dim[{k}]: it must {what})"
        if isinstance(n, (int, np.integer)):
            if n < least:
                raise AssertionError(message)
            checked.append(n)
        else:
            checked.append(Assert(message)(n, as_tensor_variable(n) >= least))
    return tuple(checked)


def assert_shape(x: Any, expected_shape: Sequence[Any], msg: str = "Unexpected shape.") -> Any:
    """`x`, if it has a shape (lengths, or None for any) when the function runs; else AssertionError.

    It does nothing where the flag `conv.assert_shape` is off.

    Parameters
    ----------
    x : tensor_like
        Of any dtype.
    expected_shape : sequence or None
        Lengths: ints, 0-d integers, or None for any.
    msg : str
        The text of the error.

    Returns
    -------
    tensor
        `x`.

    Raises
    ------
    AssertionError
        When it runs: `x` has another shape, and the flag is on.

    Examples
    --------
    >>> x = T.dmatrix()
    >>> assert_shape(x, (None, 2)).eval({x: [[1, 2]]})
    array([[1., 2.]])
    """
    if expected_shape is None or not config.conv.assert_shape:
        return x
    x = as_tensor_variable(x)
    conditions = [eq(shape_i(x, k), n) for k, n in enumerate(expected_shape) if n is not None]
    return Assert(msg)(x, *conditions) if conditions else x
