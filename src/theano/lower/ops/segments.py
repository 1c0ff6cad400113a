"""Lowering of sums over stretches of elements, of what is spread over them, and of sums at computed places."""

from __future__ import annotations

from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower import body as bd
from theano.lower.builder import Builder, whole
from theano.lower.convert import compute_type
from theano.lower.dims import ONE, ZERO, is_const, length
from theano.lower.items import Pointwise
from theano.lower.ops.indexing import clamped, note_within, pad_right, within_range
from theano.lower.ops.registry import lowers
from theano.lower.values import Item, Ragged, Value
from theano.tensor.segments import (
    FIRST,
    FIT,
    LAST,
    NO_ROWS,
    ORDER,
    OUTSIDE,
    OfLength,
    ScatterSum,
    SegmentSpread,
    SegmentSum,
    SoundRows,
)

COUNT = "{0} elements have {1} places"
ROWS = "{0} rows are spread over {1}"


def cut_into_rows(b: Builder, starts: Value, count: Expr) -> tuple[Value, Expr, list[Item]]:
    """The `starts` in memory, the number of rows, and the checks that they cut `count` elements into these."""
    starts = b.strided(starts)
    (size,) = starts.dims
    rows = b.dims.normal(ex.sub(size, ONE))
    guards: list[Item | None] = []
    if not (size.op == "const" and size.value > 0):
        guards.append(b.check(ex.ge(size, ONE), ValueError, NO_ROWS))
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
    for item in b.items[known:]:
        item.deps.extend(g for g in guards[:1] if g is not None and g is not item)
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
    size = b.unify(x.dims[0], b.scalar(inputs[1], "i64"), FIT)
    x.dims = (size, *x.dims[1:])
    return [x]


@lowers(SoundRows)
def lower_sound_rows(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    """The largest place of each row is found by whoever reads the row, and compared in the end.

    Loops clamp places, so that nothing lies outside of memory if there is one: there must be some memory, though.
    """
    indices, width, count = inputs[0], b.scalar(inputs[2], "i64"), inputs[0].dims[0]
    if indices.type != "i32":
        within_range(b, indices, width, OUTSIDE)
        cut_into_rows(b, inputs[1], count)
        return [indices, inputs[1]]
    none = ex.eq(count, ZERO)
    some = b.check(ex.or_(none, ex.gt(width, ZERO)), IndexError, OUTSIDE, (ZERO, width))
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
    b.check(ex.or_(none, ex.lt(ex.cast(last, "i64"), width)), IndexError, OUTSIDE, (place, width))
    note_within(b, indices, width, [some], True)
    return [indices, starts]


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
    """Each part of the elements adds to sums of its own, in order; these are added in the end.

    Places are clamped, so what is scattered need not wait for the check that all are inside.
    """
    x, places, count = inputs[0], inputs[1], b.scalar(inputs[2], "i64")
    if x.type not in ex.TYPES or x.type == "bool":
        return None
    b.check(ex.ge(count, ZERO), ValueError, OUTSIDE, (ZERO, count))
    elements = b.unify(x.dims[0], places.dims[0], COUNT)
    guards = within_range(b, places, count, OUTSIDE)
    parts = parts_of(b, elements, count)
    sums = b.tensor(x.type, (parts, count, *x.dims[1:]))
    old = b.strided(whole(sums))
    reads = [x, pad_right(places, x.ndim - 1)]
    new, place = bd.elements(reads)
    place = clamped(place, count)
    scatter = (place, *(bd.index(k) for k in range(1, x.ndim)))
    body = ex.add(bd.look(0, old, (bd.part(), *scatter)), new)
    dims = (elements, *x.dims[1:])
    before = len(b.items)
    b.write(sums, None, reads, body, cost=4, indirect=[old], dims=dims, scatter=scatter, parts=parts)
    _wait(b, before, guards)
    made = whole(sums)
    return [b.reduce(x.type, sums.dims, [made], frozenset({0}), False, "add", x.type, bd.element(0, made))]


def parts_of(b: Builder, elements: Expr, places: Expr) -> Expr:
    """How many parts: enough for threads to share them, if elements are so many that their sums cost little.

    Each part has sums to clear and to add: for 20 elements a place, 4 parts take 10 % of the time, 8 twice that. Sizes
    decide, so results do not depend on the number of threads.
    """
    most = b.machine.column_parts

    def many(each: int) -> Expr:
        return ex.ge(elements, ex.maximum(length(b.machine.large), ex.mul(places, length(each))))

    return b.dims.normal(ex.select(many(8 * most), length(most), ex.select(many(2 * most), length(most // 2), ONE)))
