"""Buffers of states: the array in which a loop keeps all values of a state, as a variable before the loop has run.

`theano.scan` gives its node such a buffer for each state. So the gradient with respect to an input of the node is that
with respect to the value of the state before each step:

>>> x = T.dvector("x")
>>> steps, updates = theano.scan(lambda x, s: s * x, sequences=x, outputs_info=1.0)
>>> node = steps.owner.inputs[0].owner
>>> buffer = node.inputs[node.op.n_seqs + 1]
>>> T.grad(steps[-1], buffer).eval({x: [2, 3, 5]})
array([30., 15.,  5.,  1.])

Compiled loops have no use for the room in it: rewriting puts the initial rows in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scan.parts import StateArg
from theano.tensor.checks.assertion import Assert
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import alloc, zeros_like
from theano.tensor.opsupport import as_index, constant, disconnected, is_disconnected, new_tensor
from theano.tensor.pointwise.math import eq, maximum, minimum
from theano.tensor.shaping.join import concatenate

__all__ = ["BufferGradient", "StateBuffer", "initial_rows"]


class StateBuffer(Op):
    """`rows` initial values of a state, and room (zeros) for one more for each of `n_steps` steps.

    Parameters
    ----------
    rows
        The number of initial values. ValueError if there are others.

    Examples
    --------
    >>> StateBuffer(1)(T.constant([7.0]), 2).eval()
    array([7., 0., 0.])
    """

    __props__ = ("rows",)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def make_node(self, initial: Any, n_steps: Any) -> Apply:
        shape = (None, *initial.type.shape[1:])
        return Apply(self, [initial, as_index(n_steps, "the number of steps")], [new_tensor(initial.type.dtype, shape)])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return [(input_shapes[0][0] + maximum(node.inputs[1], 0), *input_shapes[0][1:])]

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        initial, n_steps = inputs
        enough = Assert(f"a state needs {self.rows} initial rows, one for each step back that is read", ValueError)
        initial = enough(initial, eq(initial.shape[0], self.rows))
        rest = [initial.shape[k] for k in range(1, initial.type.ndim)]
        room = alloc(constant(np.zeros((), initial.type.dtype)), maximum(n_steps, 0), *rest)
        return [concatenate([initial, room])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        (g,) = output_grads
        return [disconnected() if is_disconnected(g) else _first_rows(g, self.rows), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], inputs[1])]


class BufferGradient(Op):
    """The gradient with respect to all rows of a buffer, with that of the initial rows at hand.

    That of a loop's initial values, which most gradients want, so needs no look at the others.

    Examples
    --------
    >>> BufferGradient()(T.constant([1.0]), T.constant([1.0, 2.0])).eval()
    array([1., 2.])
    """

    __props__ = ()

    def make_node(self, first: Any, whole: Any) -> Apply:
        return Apply(self, [first, whole], [whole.type()])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return [input_shapes[1]]

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        return [inputs[1]]


def _first_rows(x: Any, rows: int) -> Any:
    """``x[:rows]``, without an operation where that is known."""
    if x.owner is not None and isinstance(x.owner.op, StateBuffer | BufferGradient):
        return x.owner.inputs[0]
    return x[:rows]


def initial_rows(state: StateArg) -> Any:
    """The rows of a state before the first step.

    Examples
    --------
    >>> from theano.scan.parts import Loop
    >>> steps, updates = theano.scan(lambda s: 2 * s, outputs_info=1.0, n_steps=3)
    >>> node = steps.owner.inputs[0].owner
    >>> initial_rows(Loop.of(node.op, node.inputs).states[0]).eval()
    array([1.])
    """
    return _first_rows(state.initial, state.rows) if state.buffer else state.initial


def gradient_of_buffer(state: StateArg, first: Any, others: Any, ends: bool) -> Any:
    """The gradient of a state's buffer from those of the initial rows and of those that the steps made.

    `ends` tells that there may have been fewer steps than the buffer has room for.
    """
    whole = concatenate([first, others])
    buffer = state.initial
    if ends or buffer.owner is None or not isinstance(buffer.owner.op, StateBuffer):
        n = minimum(whole.shape[0], buffer.shape[0])
        whole = set_subtensor(zeros_like(buffer, dtype=whole.type.dtype)[:n], whole[:n])
    return BufferGradient()(first, whole)
