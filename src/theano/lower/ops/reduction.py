"""Lowering of reductions."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.elemwise import shuffled
from theano.lower.ops.moments import centred_sum
from theano.lower.ops.registry import lowers
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.convert import compute_type
from theano.lower.state.dims import ZERO, is_const
from theano.lower.state.values import Value, rearranged
from theano.tensor.reductions.careduce import CAReduce
from theano.tensor.reductions.extremes import Argmax, MaxAndArgmax, Supremum

OPERATIONS = {
    "add": "add", "mul": "mul", "maximum": "max", "minimum": "min", "and": "and", "or": "or", "xor": "xor",
    "and_": "and", "or_": "or",
}  # fmt: skip


@lowers(CAReduce)
def lower_reduce(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    op, x = node.op, inputs[0]
    operation = OPERATIONS.get(op.scalar_op.name)
    out_dtype = node.outputs[0].type.dtype
    if operation is None or x.type not in (*ex.TYPES, "f16") or ex.TYPE_OF[out_dtype] not in (*ex.TYPES, "f16"):
        return None
    red = frozenset(range(x.ndim) if op.axis is None else op.axis)
    acc = accumulator(op, x.type, out_dtype)
    if acc == "bool" and operation in ("add", "mul"):
        operation = "or" if operation == "add" else "and"
    if operation in ("max", "min") and not isinstance(op, Supremum):
        for axis in sorted(red):
            if not is_const(x.dims[axis]) or is_const(x.dims[axis], 0):
                message = "zero-size array to reduction operation which has no identity (axis length {0})"
                b.check(ex.gt(x.dims[axis], ZERO), ValueError, message, (x.dims[axis],))
    if operation == "add" and red == {1} and x.is_whole() and x.tensor in b.spikes and acc in ex.FLOATS:
        only = [b.spikes[x.tensor]]  # all others are zero
        return [b.pointwise(ex.TYPE_OF[out_dtype], (x.dims[0],), only, bd.converted(bd.element(0, only[0]), acc))]
    if operation == "add" and acc == "f64":
        centred = centred_sum(b, node, ex.TYPE_OF[out_dtype])
        if centred is not None:
            return [centred]
    return [reduced(b, x, red, operation, acc, ex.TYPE_OF[out_dtype])]


def accumulator(op: Any, type_: str, out_dtype: str) -> str:
    """The register type of the accumulation."""
    wanted = getattr(op, "acc_dtype", None) or out_dtype
    if op.scalar_op.name in ("and", "or", "xor", "and_", "or_", "maximum", "minimum"):
        wanted = out_dtype
    return compute_type(wanted)


def reduced(b: Builder, x: Value, red: frozenset[int], operation: str, acc: str, out: str) -> Value:
    """`x` accumulated over the axes `red`; uniform values and axes of length 1 need no memory."""
    long_axes = frozenset(k for k in red if not is_const(x.dims[k], 1))
    if not long_axes:
        dims = tuple(d for k, d in enumerate(x.dims) if k not in red)
        order = tuple(k for k in range(x.ndim) if k not in red)
        inner = shuffled(b, x, order)
        body = bd.converted(bd.converted(bd.element(0, inner), acc), st.load_type(out))
        return b.pointwise(out, dims, [inner], body)
    return b.reduce(out, x.dims, [x], red, False, operation, acc, bd.converted(bd.element(0, x), acc))


@lowers(MaxAndArgmax, Argmax)
def lower_argmax(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """The maximum, then the first place that holds it (or the first NaN): two sweeps over the same row."""
    x = inputs[0]
    type_ = st.load_type(x.type)
    if type_ not in ex.TYPES:
        return None
    axes = tuple(sorted(node.op.axis))
    red = frozenset(axes)
    for axis in axes:
        if not is_const(x.dims[axis]) or is_const(x.dims[axis], 0):
            message = "attempt to get argmax of an empty sequence (axis length {0})"
            b.check(ex.gt(x.dims[axis], ZERO), ValueError, message, (x.dims[axis],))
    largest = reduced(b, x, red, "max", type_, x.type)
    kept = [k for k in range(x.ndim) if k not in red]
    place = {k: n for n, k in enumerate(kept)}
    around = rearranged(largest, [place.get(k) for k in range(x.ndim)])
    value, best = bd.elements(reads := [x, around])
    hit = ex.or_(ex.isnan(value), ex.eq(value, best)) if type_ in ex.FLOATS else ex.eq(value, best)
    position: Expr = ZERO
    for k in axes:
        position = ex.add(ex.mul(position, x.dims[k]), bd.index(k))
    body = ex.select(hit, position, ex.const((1 << 63) - 1, "i64"))
    where = b.reduce("i64", x.dims, reads, red, False, "min", "i64", body)
    return [where] if len(node.outputs) == 1 else [largest, where]

