"""How values lie in memory: whole tensors, strides in C order, the axes of a space that operands go along."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.dims import ONE, ZERO, Dims, is_const
from theano.lower.state.values import Tensor, Value


def whole(tensor: Tensor) -> Value:
    """All of a tensor, as a value."""
    return Value(tensor.type, tensor.dims, tensor=tensor, axes=tuple(range(len(tensor.dims))))


def align(value: Value, dims: Sequence[Expr]) -> tuple[int | None, ...]:
    """For each axis of an operand the axis of the space: the last axes match, length 1 against more broadcasts."""
    shift = len(dims) - value.ndim
    return tuple(
        None if is_const(d, 1) and not is_const(dims[k + shift], 1) else k + shift for k, d in enumerate(value.dims)
    )


def c_strides(dims: Dims, lengths: Sequence[Expr]) -> tuple[Expr, ...]:
    """Element strides of an array in C order (0 along axes of constant length 1)."""
    lengths = tuple(lengths)
    known = dims.strides.get((dims.region, lengths))
    if known is not None:
        return known
    strides = []
    step = ONE
    for dim in reversed(lengths):
        strides.append(ZERO if is_const(dim, 1) else step)
        if not is_const(dims.normal(dim), 0):  # nothing is there; a step of 0 would mean that the axis broadcasts
            step = dims.normal(ex.mul(step, dim))
    found = dims.strides[dims.region, lengths] = tuple(reversed(strides))
    return found
