"""Lowering of joining and splitting."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import elements_of
from theano.lower.ops.vectors import vector_value
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.convert import compute_type
from theano.lower.state.dims import ZERO, is_const, length
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.tensor.shaping.join import Join, Split


@lowers(Join)
def lower_join(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    axis_expr = b.scalar(inputs[0], "i64")
    parts = inputs[1:]
    out_dtype = node.outputs[0].type.dtype
    type_ = ex.TYPE_OF[out_dtype]
    if axis_expr.op != "const" or type_ not in (*ex.TYPES, "f16"):
        return None
    ndim = node.outputs[0].type.ndim
    axis = int(axis_expr.value) % ndim
    if all(p.vector is not None for p in parts) and type_ in ex.INTS:
        elements = tuple(ex.cast(e, type_) for p in parts for e in p.vector or ())
        return [vector_value(b, type_, elements)]
    dims = list(parts[0].dims)
    for k, part in enumerate(parts[1:], 1):
        for a in range(ndim):
            if a != axis:
                message = (
                    f"all the input array dimensions except for the concatenation axis must match: along axis {a}, "
                    f"array 0 has length {{0}} and array {k} has length {{1}}"
                )
                dims[a] = b.unify(dims[a], part.dims[a], message)
    total: Expr = ZERO
    for part in parts:
        total = ex.add(total, part.dims[axis])
    dims[axis] = b.dims.normal(total)
    out = b.tensor(type_, dims)
    start: Expr = ZERO
    register = compute_type(out_dtype)
    for part in parts:
        window = _window(b, whole(out), axis, start, part.dims[axis])
        b.write(out, window, [part], bd.converted(bd.element(0, part), register), unordered=True)
        start = b.named(b.dims.normal(ex.add(start, part.dims[axis])))
    return [whole(out)]


def _window(b: Builder, value: Value, axis: int, start: Expr, count: Expr) -> Value:
    """`count` positions from `start` along an axis, known to lie inside."""
    full = b.strided(value)
    assert full.strides is not None and full.offset is not None
    dims = list(full.dims)
    dims[axis] = count
    offset = b.dims.normal(ex.add(full.offset, ex.mul(start, full.strides[axis])))
    strides = list(full.strides)
    return Value(value.type, tuple(dims), tensor=full.tensor, offset=offset, strides=tuple(strides))


@lowers(Split)
def lower_split(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, axis_value, splits = inputs
    axis_expr = b.scalar(axis_value, "i64")
    if not is_const(splits.dims[0]):
        b.unify(splits.dims[0], length(node.op.len_splits), "split: {1} sizes are needed, got {0}")
        splits = Value(
            splits.type, (length(node.op.len_splits),), splits.uniform, splits.tensor, splits.axes, splits.offset,
            splits.strides, splits.vector,
        )  # fmt: skip
    sizes = elements_of(b, splits)
    if axis_expr.op != "const" or sizes is None or len(sizes) != node.op.len_splits:
        return None
    axis = int(axis_expr.value) % x.ndim
    total: Expr = ZERO
    for size in sizes:
        b.check(ex.ge(size, ZERO), ValueError, "Split sizes cannot be negative: {0}", (size,))
        if not b.dims.is_length(size):  # or the sum might wrap around
            message = "a part of length {0} is more than the {1} that there are to split"
            b.check(ex.le(size, x.dims[axis]), ValueError, message, (size, x.dims[axis]))
        total = ex.add(total, size)
    b.unify(b.dims.normal(total), x.dims[axis], "The splits sum to {0}, expected {1}")
    if x.uniform is not None:
        return [
            Value(x.type, tuple(s if k == axis else d for k, d in enumerate(x.dims)), uniform=x.uniform) for s in sizes
        ]
    start: Expr = ZERO
    outputs = []
    for size in sizes:
        outputs.append(_window(b, x, axis, start, size))
        start = b.named(b.dims.normal(ex.add(start, size)))
    return outputs
