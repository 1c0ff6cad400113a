"""Conditions that must hold when a function runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.origin import made_here
from theano.scalar.dtypes import INTEGER
from theano.tensor.checks.static_value import known_scalar
from theano.tensor.opsupport import Shapes, disconnected, first_connected
from theano.tensor.variable import as_tensor_variable

__all__ = ["Assert", "AssertEqual", "assert_op", "asserted_equal"]


class Assert(Op):
    """Its first input, if all others are true; else an exception with the message `msg`.

    Without effect where the result is not used.

    Parameters
    ----------
    msg
        What the error says.
    exc
        Its class.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], T.sqrt(Assert("x must be positive")(x, x > 0)))
    >>> f(4)
    array(2.)
    >>> f(-1)
    Traceback (most recent call last):
        ...
    AssertionError: x must be positive ...
    """

    __props__ = ("msg", "exc")
    view_map = {0: [0]}
    jointly_linear_in = (0,)
    folds_constants = False

    def __init__(self, msg: str = "Theano Assert failed!", exc: type[Exception] = AssertionError) -> None:
        self.msg = msg
        self.exc = exc

    def __str__(self) -> str:
        return f"Assert{{msg={self.msg!r}}}"

    def make_node(self, value: Any, *conds: Any) -> Apply:
        value, conditions = as_tensor_variable(value), [as_tensor_variable(c) for c in conds]
        for c in conditions:
            if c.type.ndim != 0:
                raise TypeError(f"Assert: a condition must be 0-d, {c} has {c.type.ndim} dimensions: use T.all")
        return Apply(self, [value, *conditions], [value.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        value, *conditions = inputs
        if not np.all(conditions):
            raise self.exc(self.msg)
        out[0][0] = value

    def known_scalar(self, node: Apply, depth: int) -> np.ndarray | None:
        value, *conditions = node.inputs
        known = [known_scalar(c, depth) for c in conditions]
        return known_scalar(value, depth) if all(c is not None and c for c in known) else None

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [gs[0], *(disconnected() for _ in inputs[1:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [eval_points[0]]


class AssertEqual(Op):
    """Its first input, if the two integers that follow are equal; else an exception whose message shows both.

    Without effect where the result is not used.

    Parameters
    ----------
    msg
        What the error says, with ``{0}`` and ``{1}`` where the integers come.
    exc
        Its class.

    Examples
    --------
    >>> x, n = T.dvector("x"), T.lscalar("n")
    >>> f = theano.function([x, n], AssertEqual("{0} numbers, where {1} are needed")(x, x.shape[0], n))
    >>> f([1, 2], 2)
    array([1., 2.])
    >>> f([1, 2], 3)
    Traceback (most recent call last):
        ...
    ValueError: 2 numbers, where 3 are needed ...
    """

    __props__ = ("msg", "exc")
    view_map = {0: [0]}
    jointly_linear_in = (0,)
    folds_constants = False

    def __init__(self, msg: str, exc: type[Exception] = ValueError) -> None:
        self.msg = msg
        self.exc = exc

    def __str__(self) -> str:
        return f"AssertEqual{{msg={self.msg!r}}}"

    def make_node(self, value: Any, one: Any, other: Any) -> Apply:
        value, integers = as_tensor_variable(value), [as_tensor_variable(n) for n in (one, other)]
        for n in integers:
            if n.type.ndim or n.type.dtype not in INTEGER:
                raise TypeError(f"AssertEqual compares two integers, {n} is of {n.type}")
        return Apply(self, [value, *integers], [value.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        value, one, other = inputs
        if one != other:
            raise self.exc(self.msg.format(one, other))
        out[0][0] = value

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(3)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [gs[0], disconnected(), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [eval_points[0]]


def asserted_equal(msg: str, value: Any, one: Any, other: Any, exc: type[Exception] = ValueError) -> Any:
    """`value`, if two lengths are equal: `AssertEqual` where they are not known yet, else an error at once.

    Parameters
    ----------
    msg, exc
        See `AssertEqual`.
    value : tensor-like
    one, other : int or 0-d integer tensor

    Returns
    -------
    TensorVariable
        `value` itself where both lengths are known.

    Raises
    ------
    ValueError
        Or `exc`: two known lengths differ.

    Examples
    --------
    >>> x = T.constant([1, 2])
    >>> asserted_equal("{0} numbers, where {1} are needed", x, x.shape[0], 2) is x
    True
    """
    value, known = as_tensor_variable(value), [known_scalar(n) for n in (one, other)]
    if known[0] is None or known[1] is None:
        return AssertEqual(msg, exc)(value, one, other)
    if known[0] != known[1]:
        raise exc(msg.format(*known) + made_here(value))
    return value


assert_op = Assert()
