"""What the op families share: nodes from static shapes, index inputs, connection patterns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from theano.graph import Apply, DisconnectedType, Op, Variable, disconnected_type
from theano.graph.null_type import grad_undefined
from theano.scalar.dtypes import COMPLEX, INTEGER
from theano.tensor.elemwise import zeros_for as zero_gradient
from theano.tensor.masks import within
from theano.tensor.pointwise.math import cast, conj, minimum
from theano.tensor.type import StaticShape, tensor_type
from theano.tensor.variable import TensorConstant, TensorVariable, as_tensor_variable, constant

__all__ = [
    "LONGEST",
    "Shapes",
    "StaticShape",
    "Unconnected",
    "as_index",
    "checked_axis",
    "disconnected",
    "first_connected",
    "holomorphic",
    "index_constant",
    "is_disconnected",
    "new_tensor",
    "single",
    "undefined",
    "unknown_if_one",
    "zero_gradient",
]

Shapes = list[tuple[Any, ...]]


def checked_axis(axis: int, ndim: int, what: str) -> int:
    """An axis counted from the front.

    Raises
    ------
    numpy.exceptions.AxisError
        A tensor of `ndim` axes has none of this number; `what` asks for it. It is a ValueError and an IndexError, for
        Theano raised either.
    """
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(f"{what}: axis {axis} is out of bounds for a tensor of {ndim} dimensions")
    return axis % ndim


LONGEST = 1 << 47
"""More bytes, and elements, than any machine has."""

INT64 = np.iinfo(np.int64)


def new_tensor(dtype: str, shape: Iterable[int | None]) -> TensorVariable:
    """An output variable whose axes have these lengths (``None``: unknown)."""
    return TensorVariable(tensor_type(dtype, tuple(shape)))


def single(op: Any, inputs: Sequence[Any], dtype: str, shape: Iterable[int | None]) -> Apply:
    """The node of a one-output op."""
    return Apply(op, inputs, [new_tensor(dtype, shape)])


def unknown_if_one(length: int | None) -> int | None:
    """A length that must not make its axis broadcastable."""
    return None if length == 1 else length


# Constants for small indices are shared: nobody else sees them.
_small: dict[int, TensorConstant] = {}


def index_constant(value: int) -> TensorConstant:
    """A 0-d int64 constant: the form of every constant index and length."""
    found = _small.get(value)
    if found is None:
        found = constant(np.asarray(value, dtype="int64"))
        if -16 <= value <= 64:
            _small[value] = found
    return found


def as_index(value: Any, what: str = "an index", clamp: bool = False) -> Any:
    """`value` as a 0-d int64 variable; a uint64 one beyond int64 as the greatest int64, which is as far out of range.

    Parameters
    ----------
    clamp : whether Python integers beyond int64 are the nearest int64, too: in slices they mean the same

    Raises
    ------
    TypeError
        For anything that is not a 0-d integer.
    IndexError
        For an integer that no int64 is.
    """
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{what} must be an integer, not a bool: {value!r}")
    if isinstance(value, (int, np.integer)):
        nearest = min(max(int(value), INT64.min), INT64.max)
        if nearest != value and not clamp:
            raise IndexError(f"{what} must be an integer of 64 bits, not {value}")
        return index_constant(nearest)
    variable: Any = as_tensor_variable(value)
    kind = variable.type
    if kind.dtype not in INTEGER:
        raise TypeError(f"{what} must be an integer, got {variable} of dtype {kind.dtype}")
    if kind.ndim != 0:
        raise TypeError(f"{what} must be 0-d, got {variable} with {kind.ndim} dimensions")
    if kind.dtype == "int64":
        return variable
    if isinstance(variable, TensorConstant):
        return as_index(int(variable.data), what, clamp)
    if kind.dtype == "uint64":
        variable = minimum(variable, np.uint64(INT64.max))
    return cast(variable, "int64")


class Unconnected(Op):
    """An op whose one output does not depend on the elements of its inputs, as far as derivatives go."""

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [disconnected() for _ in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), ())


def holomorphic(L_op: Callable[..., Sequence[Any]]) -> Callable[..., list[Any]]:
    """The `L_op` of an op that has a derivative in the complex sense, from one that is written as for real numbers.

    The gradient of a real cost with respect to ``a + ib`` is ``dC/da + i dC/db``. It goes back through the conjugate of
    the derivative: through the adjoint of a linear map, not its transpose.
    """

    @wraps(L_op)
    def adjoint(self: Op, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        found = L_op(self, inputs, outputs, [_conjugate(g) for g in gs])
        return [_conjugate(g) for g in found]

    return adjoint


def _conjugate(g: Any) -> Any:
    return within(g, conj) if getattr(g.type, "dtype", None) in COMPLEX else g


def disconnected() -> Any:
    """The gradient of an input the outputs do not depend on differentiably."""
    return Variable(disconnected_type)


def undefined(op: Op, inputs: Sequence[Any], positions: Iterable[int], comment: str) -> list[Any]:
    """The undefined gradients of the inputs of `op` at `positions`, such as lengths and axes."""
    return [grad_undefined(op, k, inputs[k], comment) for k in positions]


def is_disconnected(gradient: Any) -> bool:
    """Whether an output's gradient says that the cost does not depend on it."""
    return isinstance(gradient.type, DisconnectedType)


def first_connected(inputs: int, connected: Iterable[int] = (0,), outputs: int = 1) -> list[list[bool]]:
    """A connection pattern in which only the inputs numbered `connected` count."""
    wanted = set(connected)
    return [[i in wanted] * outputs for i in range(inputs)]
