"""Loops over the elements of a vector, for the Jacobians of `theano.gradient`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.gradient import derived
from theano.graph import io_toposort
from theano.scan.function import scan
from theano.scan.op import Scan
from theano.tensor.making.ranges import arange


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


def count_nodes(outputs: Sequence[Any], known: Sequence[Any]) -> int:
    """The number of nodes that `outputs` are made by and `known` is not, with those of the steps of loops.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> y = 2 * x
    >>> count_nodes([y + x, x * y], [y])
    2
    """
    found = set(io_toposort([], outputs)).difference(io_toposort([], known))
    steps = (node.op for node in found if isinstance(node.op, Scan))
    return len(found) + sum(count_nodes(op.inner_outputs, []) for op in steps)


derived.Loops.stack_over = stack_over
derived.Loops.count_nodes = count_nodes
