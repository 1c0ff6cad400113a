"""Lowering of sums over stretches of elements, of what is spread over them, and of sums at computed places."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.indexing import note_within, within_range
from theano.lower.ops.registry import lowers
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.convert import compute_type
from theano.lower.state.dims import ONE, ZERO, is_const
from theano.lower.state.items import Pointwise
from theano.lower.state.scattering import is_summed, scattered_sum
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Ragged, Value
from theano.tensor.indexing.segments import (
    COUNT,
    FIRST,
    LAST,
    NO_ROWS,
    ORDER,
    OUTSIDE,
    UNSOUND,
    OfLength,
    ScatterSum,
    SegmentSpread,
    SegmentSum,
    SoundRows,
)

ROWS = "{0} rows are spread over {1}"


def cut_into_rows(b: Builder, starts: Value, count: Expr) -> tuple[Value, Expr, list[Item]]:
    """The `starts` in memory, the number of rows, and the checks that they cut `count` elements into these."""
    starts = b.strided(starts)
    (size,) = starts.dims
    rows = b.dims.normal(ex.sub(size, ONE))
    some = b.check(ex.ge(size, ONE), ValueError, NO_ROWS)
    guards: list[Item | None] = [some]
    key = ("starts", starts.tensor, starts.offset, starts.strides, b.dims.normal(count), b.region)
    if key in b.guards:
        return starts, rows, b.guards[key]
    known = len(b.items)
    first, last = (b.scalar(_element(b, starts, at), "i64") for at in (ZERO, rows))
    guards.append(b.check(ex.eq(first, ZERO), ValueError, FIRST, (first,)))
    guards.append(b.check(ex.eq(last, count), ValueError, LAST, (last, count)))
    pairs = [_stretch(b, starts, at, rows) for at in (ONE, ZERO)]
    later, earlier = (ex.cast(x, "i64") for x in bd.elements(pairs))
    body = ex.sub(later, earlier)
    step = b.scalar(b.reduce("i64", (rows,), pairs, frozenset({0}), False, "min", "i64", body))
    if some is not None:
        _wait(b, known, [some])
    guards.append(b.check(ex.ge(step, ZERO), ValueError, ORDER))
    found = b.guards[key] = [g for g in guards if g is not None]
    return starts, rows, found


def _element(b: Builder, vector: Value, at: Expr) -> Value:
    assert vector.offset is not None and vector.strides is not None
    offset = b.dims.normal(ex.add(vector.offset, ex.mul(at, vector.strides[0])))
    return Value(vector.type, (), tensor=vector.tensor, offset=offset, strides=())


def _stretch(b: Builder, vector: Value, first: Expr, size: Expr) -> Value:
    assert vector.offset is not None and vector.strides is not None
    offset = b.dims.normal(ex.add(vector.offset, ex.mul(first, vector.strides[0])))
    return Value(vector.type, (size,), tensor=vector.tensor, offset=offset, strides=vector.strides)


def _is_native(b: Builder, x: Value) -> bool:
    return x.type in (*ex.TYPES, "f16")


@lowers(OfLength)
def lower_of_length(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x = inputs[0]
    size = b.unify(x.dims[0], b.scalar(inputs[1], "i64"), node.op.message)
    x.dims = (size, *x.dims[1:])
    return [x]


@lowers(SoundRows)
def lower_sound_rows(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """The largest place of each row is found by whoever reads the row, and compared in the end.

    Loops clamp places, so that nothing lies outside of memory if there is one: there must be some memory, though.
    """
    indices, width, x = inputs[0], b.scalar(inputs[2], "i64"), inputs[3]
    count = b.unify(x.dims[0], indices.dims[0], COUNT)
    if indices.type != "i32" or indices.uniform is not None:
        within_range(b, indices, width, UNSOUND, ValueError)
        cut_into_rows(b, inputs[1], count)
        return [indices, inputs[1], x]
    none = ex.eq(count, ZERO)
    some = b.check(ex.or_(none, ex.gt(width, ZERO)), ValueError, UNSOUND, (ZERO, width))
    starts, rows, guards = cut_into_rows(b, inputs[1], count)
    indices = b.strided(indices)
    before = len(b.items)
    place = bd.element(0, indices)  # a negative one is a very large one without its sign
    largest = b.reduce(
        "u32", (rows, count), [indices], frozenset({1}), False, "max", "u32", ex.bitcast(place, "u32"), maps=[(1,)],
        ragged=Ragged(1, 0, starts),
    )  # fmt: skip
    _wait(b, before, guards)
    last = b.scalar(b.reduce("u32", (rows,), [largest], frozenset({0}), False, "max", "u32", bd.element(0, largest)))
    place = ex.cast(ex.bitcast(last, "i32"), "i64")
    b.check(ex.or_(none, ex.lt(ex.cast(last, "i64"), width)), ValueError, UNSOUND, (place, width))
    note_within(b, indices, width, [some], True)
    return [indices, starts, x]


@lowers(SegmentSum)
def lower_segment_sum(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x = inputs[0]
    if not _is_native(b, x):
        return None
    starts, rows, guards = cut_into_rows(b, inputs[1], x.dims[0])
    before = len(b.items)
    acc = compute_type(node.outputs[0].type.dtype)
    maps = [tuple(None if is_const(d, 1) and k else k + 1 for k, d in enumerate(x.dims))]
    found = b.reduce(
        x.type, (rows, *x.dims), [x], frozenset({1}), False, "or" if acc == "bool" else "add", acc,
        bd.converted(bd.element(0, x), acc), maps=maps, ragged=Ragged(1, 0, starts),
    )  # fmt: skip
    _wait(b, before, guards)
    return [found]


def _wait(b: Builder, before: int, guards: list[Item]) -> None:
    """Let new items come after checks."""
    for item in b.items[before:]:
        item.deps.extend(guards)


@lowers(SegmentSpread)
def lower_segment_spread(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, count = inputs[0], b.scalar(inputs[2], "i64")
    if not _is_native(b, x):
        return None
    b.check(ex.ge(count, ZERO), ValueError, LAST, (ZERO, count))
    starts, rows, guards = cut_into_rows(b, inputs[1], count)
    rows = b.unify(x.dims[0], rows, ROWS)
    dims = (count, *x.dims[1:])
    if x.uniform is not None:
        return [Value(x.type, dims, uniform=x.uniform)]
    out = b.tensor(x.type, dims)
    item = Pointwise(
        b.region, b.node, reads=[x], indirect=[starts], dims=(rows, *out.dims), out=out, body=bd.element(0, x),
        maps=[tuple(None if is_const(d, 1) and k else k + (k > 0) for k, d in enumerate(x.dims))],
        out_axes=tuple(range(1, len(dims) + 1)), ragged=Ragged(1, 0, starts), cost=1,
    )  # fmt: skip
    before = len(b.items)
    b.add(item)
    _wait(b, before, guards)
    out.writers.append(item)
    return [whole(out)]


@lowers(ScatterSum)
def lower_scatter_sum(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, places, count = inputs[0], inputs[1], b.scalar(inputs[2], "i64")
    if not is_summed(x):
        return None
    b.check(ex.ge(count, ZERO), ValueError, OUTSIDE, (ZERO, count))
    b.unify(x.dims[0], places.dims[0], COUNT)
    return [scattered_sum(b, x, places, count, within_range(b, places, count, OUTSIDE))]
