"""A sign of life of a long loop: `steps` makes a value of its step function one that tells how far the loop is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from theano.gradient.identity import ViewOp
from theano.graph import Apply, Op, Variable
from theano.graph.null_type import DisconnectedType
from theano.graph.shown import shown
from theano.ifelse import ifelse
from theano.scalar.dtypes import integer_dtypes
from theano.tensor.pointwise.math import cast, maximum, minimum
from theano.tensor.variable import as_tensor_variable

__all__ = ["TellStep", "steps"]

# Seconds between two lines.
BETWEEN = 2.0


class _Lines:
    """Lines on stderr: how far a loop is, every two seconds."""

    def __init__(self) -> None:
        self.start = self.last = perf_counter()
        self.before = 0

    def __call__(self, step: int, value: Any) -> None:
        now = perf_counter()
        if step <= self.before:  # another run of the loop
            self.start = self.last = now
        self.before = step
        if now - self.last >= BETWEEN and sys.stderr is not None:
            self.last = now
            print(f"theano: step {step:,} of a loop, {now - self.start:.0f} s so far", file=sys.stderr, flush=True)


class TellStep(ViewOp):
    """The identity of its first input, which calls a function with the number of the step and the value.

    Parameters
    ----------
    tell
        Called as ``tell(step, value)``.
    """

    # It acts when it runs: it must not be taken for its input.
    decompose = Op.decompose
    __props__ = ("tell",)
    folds_constants = False

    def __init__(self, tell: Callable[[int, Any], Any]) -> None:
        self.tell = tell

    def make_node(self, x: Any, step: Any = 0) -> Apply:
        x, step = as_tensor_variable(x), as_tensor_variable(step)
        return Apply(self, [x, step], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        value, step = inputs
        out[0][0] = value
        self.tell(int(step), value)

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return [input_shapes[0]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]

    def grad(self, inputs: Sequence[Any], gs: Sequence[Any]) -> list[Variable]:
        return [gs[0], DisconnectedType()()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Variable | None]) -> list[Variable | None]:
        return [eval_points[0]]


def steps(x: Any, step: Any, tell: Callable[[int, Any], Any] | None = None, every: Any = 100) -> Any:
    """`x`, a value in the step function of a loop, which tells now and then how far the loop is.

    Only a step that tells calls Python, which takes some microseconds; the others take some nanoseconds more. A loop
    whose steps could be computed all at once is computed step by step. A gradient may compute steps of the loop again,
    and tell of them again.

    Parameters
    ----------
    x
        A tensor of any type that the loop computes in each step, and needs.
    step
        The number of the step, an integer without dimensions: an element of a sequence ``T.arange(n)``.
    tell
        Called as ``tell(step, value)`` with an int and the NumPy array of `x`, which it must not keep or change; what
        it raises ends the call. By default a line on stderr every two seconds.
    every
        Steps from one call to the next, an integer; 0: never. A shared variable can be changed later.

    Returns
    -------
    Variable
        Of the type of `x`.

    Raises
    ------
    TypeError
        `step` or `every` is not an integer without dimensions, or `tell` can't be called.

    Examples
    --------
    >>> from theano.progress import steps
    >>> def step(k, x):
    ...     return steps(x / 2, k, tell=lambda k, value: print(k, value), every=2)
    >>> halves, updates = theano.scan(step, sequences=T.arange(5), outputs_info=T.constant(1.0, dtype="float64"))
    >>> theano.function([], halves[-1], updates=updates)()
    0 0.5
    2 0.125
    4 0.03125
    array(0.03125)
    """
    if tell is not None and not callable(tell):
        raise TypeError(f"tell is called as tell(step, value), {shown(tell)} can't be")
    x, step, every = (as_tensor_variable(v) for v in (x, step, every))
    for name, v in (("step", step), ("every", every)):
        if getattr(v.type, "ndim", None) != 0 or v.dtype not in integer_dtypes:
            raise TypeError(f"{name} is an integer without dimensions (an element of T.arange(n)), not a {v.type}")
    told = TellStep(_Lines() if tell is None else tell)(x, step)
    step, every = cast(step, "int64"), cast(every, "int64")
    # Only the remainder 0 is below 1; none is below 0, or an `every` that is negative.
    return ifelse(step % maximum(every, 1) < minimum(every, 1), told, x)
