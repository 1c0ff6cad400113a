"""Lowering of running sums and products, and of linear recurrences."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import reshaped
from theano.lower.state import body as bd
from theano.lower.state.builder import COMPLEX_PART, Builder, as_parts
from theano.lower.state.complexes import of_type
from theano.lower.state.dims import ONE, is_const
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.tensor.reductions.cumulative import CumOp
from theano.tensor.reductions.recurrence import LinearRecurrence

DIFFERENT = "a linear recurrence takes two arrays of one shape; of one axis they have the lengths {0} and {1}"


@lowers(CumOp)
def lower_running(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, axis, operation = inputs[0], node.op.axis, node.op.mode
    if x.type in COMPLEX_PART and operation == "mul":
        return None
    if axis is None:
        x = reshaped(b, x, (b.dims.product(x.dims),))
    along = 0 if axis is None else axis % x.ndim
    if is_const(x.dims[along], 1):
        return [x]
    out = b.tensor(x.type, x.dims)
    target, part = whole(out), x
    if x.type in COMPLEX_PART:
        target, part = (_parts_across(b, v, along) for v in (target, x))
    body = st.combine(operation, bd.before(part.type), bd.element(0, part))
    b.running(out, target, [part], along, body, _neutral(operation, st.load_type(part.type)), cost=1)
    return [whole(out)]


def _parts_across(b: Builder, value: Value, along: int) -> Value:
    """Complex numbers as pairs along a new last axis, or as twice as many numbers along the last one they have."""
    parts = as_parts(b, value if along == value.ndim - 1 else b.whole(value))
    if along == value.ndim - 1:
        return parts
    assert parts.strides is not None
    *dims, last, two = parts.dims
    return Value(
        parts.type, (*dims, b.dims.product((last, two))), tensor=parts.tensor, offset=parts.offset,
        strides=(*parts.strides[:-2], ONE),
    )  # fmt: skip


def _neutral(operation: str, type_: str) -> Expr:
    """What every first number stays itself with, -0.0 as well."""
    return ex.const(-0.0, type_) if operation == "add" and type_ in ex.FLOATS else st.identity(operation, type_)


@lowers(LinearRecurrence)
def lower_recurrence(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """``a * before + b``; the first factor, or the last of shifted ones, plays no part and may be infinite."""
    factors, terms = inputs
    type_, along = ex.TYPE_OF[node.outputs[0].type.dtype], node.op.axis
    if type_ not in ex.FLOATS:
        return None
    dims = tuple([b.unify(m, n, DIFFERENT) for m, n in zip(factors.dims, terms.dims, strict=True)])
    if is_const(dims[along], 1):
        return [of_type(b, terms, type_, dims)]
    factor, term = (bd.converted(e, type_) for e in bd.elements([factors, terms]))
    nothing = ex.const(-0.0, type_)
    before, out = bd.before(type_), b.tensor(type_, dims)
    if node.op.shifted:
        body = ex.add(before, term)
        handed = ex.mul(factor, body)
    else:
        body, handed = ex.add(ex.select(ex.eq(bd.index(along), 0), nothing, ex.mul(factor, before)), term), None
    b.running(out, whole(out), [factors, terms], along, body, nothing, 3, handed)
    return [whole(out)]
