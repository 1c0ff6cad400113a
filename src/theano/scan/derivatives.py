"""Loops over the elements of a vector, for the Jacobians of `theano.gradient`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.gradient import derived
from theano.scan.function import scan
from theano.tensor.ranges import arange


def stack_over(vector: Any, row: Callable[[Any], list[Any]]) -> list[Any]:
    """What ``row(vector[i])`` gives for each element, stacked.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> (squares,) = stack_over(x, lambda element: [element**2])
    >>> squares.eval({x: [1, 2]})
    array([1., 4.])
    """
    outs, _ = scan(lambda i: row(vector[i]), sequences=arange(vector.shape[0]), return_list=True)
    made: list[Any] = outs
    return made


derived.Loops.stack_over = stack_over
