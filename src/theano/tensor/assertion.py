"""Conditions that must hold when a function runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.opsupport import Shapes, disconnected, first_connected
from theano.tensor.static_value import known_scalar
from theano.tensor.variable import as_tensor_variable

__all__ = ["Assert", "assert_op"]


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


assert_op = Assert()
