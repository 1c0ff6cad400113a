"""Whether shapes are ones of convolutions, and those that were promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.shape_agreement import Argument, Condition
from theano.tensor.nnet.convolution.geometry import get_conv_output_shape, hint
from theano.tensor.pointwise.math import eq
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["assert_conv_shape", "assert_shape", "has_room", "promised"]


def has_room(
    images: Sequence[Any], kernels: Sequence[Any], border_mode: Any, subsample: Sequence[int],
    filter_dilation: Sequence[int] | None = None,
) -> list[Condition]:  # fmt: skip
    """What `fitting` is to require of the lengths of images and kernels, for functions with axes of their own.

    Parameters
    ----------
    images, kernels : sequence of 0-d integers
        The lengths along which kernels move.
    border_mode, subsample, filter_dilation
        See `theano.tensor.nnet.conv2d`.

    Returns
    -------
    list
        Two conditions for each axis, what they mean, and the class of the error; none for a border mode that there is
        not.

    Examples
    --------
    >>> [(condition.eval().tolist(), text) for condition, text, _ in has_room([T.constant(5)], [3], "valid", (1,))]
    [(True, 'kernels have no elements'), (True, 'kernels are larger than the padded images')]
    """
    if isinstance(border_mode, str) and border_mode not in ("valid", "full", "half"):
        return []  # the convolution says so
    shapes = (None, None, *images), (None, None, *kernels)
    made = get_conv_output_shape(*shapes, border_mode, subsample, filter_dilation)[2:]
    empty, large = "kernels have no elements", "kernels are larger than the padded images"
    found: list[Condition] = [(as_tensor_variable(n) >= 1, empty, ValueError) for n in kernels]
    return [*found, *((as_tensor_variable(n) >= 1, large, ValueError) for n in made)]


def promised(sides: Mapping[str, Argument], hints: Mapping[str, tuple[Any, str]]) -> list[Condition]:
    """What `fitting` is to require of arguments of whose shapes a user says what is known.

    Parameters
    ----------
    sides
        The arguments by name, as for `fitting`.
    hints
        By the names of parameters: a shape, of ints and None, or None; and the name of the argument it is of.

    Returns
    -------
    list
        A condition, what it means, and the class of the error, for each length that is known.

    Raises
    ------
    ValueError
        A shape has another number of lengths, or a negative one.
    TypeError
        A length is neither an int nor None.

    Examples
    --------
    >>> conditions = promised({"input": (T.zeros((2, 3)), "rc")}, {"input_shape": ((None, 4), "input")})
    >>> [(condition.eval().tolist(), text) for condition, text, _ in conditions]
    [(False, 'input_shape (None, 4) was promised')]
    """
    found: list[Condition] = []
    for what, (shape, name) in hints.items():
        x = sides[name][0]
        known = hint(shape, x.type.ndim, what) or ()
        lengths = ((k, n) for k, n in enumerate(known) if n is not None)
        found += [(eq(shape_i(x, k), n), f"{what} {known} was promised", ValueError) for k, n in lengths]
    return found


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
