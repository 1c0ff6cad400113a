"""Lowering of sorting along an axis: rows of numbers go to the library that sorts, cut between the threads.

`Unique` looks for neighbours that differ in what is sorted: numbers, or whole rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.sorting import (
    BITS,
    CUT_TYPES,
    LONG,
    LONGEST,
    PIECES,
    key_of,
    name_of,
    scratch_of,
    scratch_of_pieces,
)
from theano.lower.ops.reduction import reduced
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import reshaped
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.lengths import positions, spread
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Value, rearranged
from theano.tensor.sorting.ordered import Unique
from theano.tensor.sorting.sort import ArgSortOp, SortOp, TopKOp

# Picoseconds of a number, for keys of 32 and of 64 bits.
TIMES = {"i32": 2500, "i64": 5000}
# Keys that all parts together may have, and how many parts there are nevertheless.
SCRATCH, FEWEST = 1 << 21, 8
FALSE = ex.const(False, "bool")
TOO_LONG = f"positions are found in rows of at most {LONGEST} numbers, not {{0}}"


def _axis(b: Builder, x: Value, axis: Value) -> int | None:
    """The axis to sort along, if that is known before it runs."""
    at = b.scalar(axis, "i64")
    if at.op == "const":
        return int(at.value) % x.ndim
    if x.ndim == 1:
        b.check(ex.or_(ex.eq(at, ZERO), ex.eq(at, length(-1))), ValueError, "axis {0} is out of bounds", (at,))
        return 0
    return None


class Lines:
    """A value as rows in memory, one after the other, along what was its axis `axis`."""

    def __init__(self, b: Builder, x: Value, axis: int) -> None:
        others = [k for k in range(x.ndim) if k != axis]
        self.b = b
        self.order = [*others, axis]
        self.x = b.in_rows(rearranged(x, self.order))
        self.rows = b.dims.product(self.x.dims[:-1])
        self.n = self.x.dims[-1]
        self.guards: list[Item] = []

    def check(self, ok: Expr, error: type[Exception], message: str, operands: Sequence[Expr]) -> None:
        """Raise an error before anything is sorted, unless all is well."""
        guard = self.b.check(ok, error, message, operands)
        self.guards += [] if guard is None else [guard]

    def back(self, value: Value) -> Value:
        """Rows that have been made of these, with the axes of the value."""
        return rearranged(value, [self.order.index(k) for k in range(len(self.order))])

    def sorted(self) -> Value:
        return self._made("sort", self.x.type, self.n)

    def places(self, count: Expr | None = None, top: Expr = FALSE) -> Value:
        """The positions of the `count` least numbers of each row, or of all; if `top`, of the greatest."""
        return self._made("places", "i64", self.n if count is None else count, top)

    def at(self, places: Value) -> Value:
        """The numbers at positions in each row."""
        axes = [bd.index(k) for k in range(self.x.ndim - 1)]
        body = bd.look(0, self.x, [*axes, bd.element(0, places)])
        return self.b.pointwise(self.x.type, places.dims, [places], body, cost=4, indirect=[self.x])

    def _made(self, kind: str, type_: str, count: Expr, top: Expr = FALSE) -> Value:
        b, rows, n, x = self.b, self.rows, self.n, self.x
        dims = (*x.dims[:-1], count)
        if any(is_const(d, 0) for d in dims):
            return Value(type_, dims, uniform=ex.const(0, st.load_type(type_)))
        key, room = key_of(kind, x.type), scratch_of(n)
        if kind != "sort":
            self.check(ex.le(n, length(LONGEST)), NotImplementedError, TOO_LONG, (n,))
        parts = _parts(b, rows, room)
        is_cut = FALSE
        if kind == "sort" and x.type in CUT_TYPES and is_const(rows, 1) and b.machine.shares_loops:
            is_cut = ex.ge(n, length(LONG))
            room = ex.select(is_cut, scratch_of_pieces(n), room)
        bounds = None if is_const(is_cut, False) else b.tensor("i64", (length(PIECES + 1),))
        out, scratch = b.tensor(type_, dims), b.tensor(key, (ex.mul(parts, room),))
        weight = ex.idiv(ex.mul(ex.mul(rows, n), length(TIMES[key])), parts)
        least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0

        def call(asm: Emitter, kind: str) -> hs.Slices:
            """Have the parts done by a function."""
            lo, hi = b.fresh("d"), b.fresh("d")
            first, last = (ex.idiv(ex.mul(ex.name(k, "i64"), rows), parts) for k in (lo, hi))
            places = ((x, ex.mul(first, n)), (whole(out), ex.mul(first, count)))
            moved = [_moved(asm, v, by) for v, by in (*places, (whole(scratch), ex.mul(ex.name(lo, "i64"), room)))]
            sizes = [ex.sub(last, first), n, *(() if kind == "sort" else (count,))]
            name = name_of(kind, x.type)
            statement = hs.Call(asm.symbol(name), [*sizes, *moved], name)
            return hs.Slices(lo, hi, parts, weight, 1, least, [statement])

        def cut(asm: Emitter) -> list[st.Stmt]:
            """Have one row sorted in pieces."""
            assert bounds is not None
            lo, hi = b.fresh("d"), b.fresh("d")
            source, row, own, ends = (_moved(asm, v, ZERO) for v in (x, whole(out), whole(scratch), whole(bounds)))
            first, then = (name_of(k, x.type) for k in ("split", "pieces"))
            sizes = [ex.name(k, "i64") for k in (lo, hi)]
            body: list[st.Stmt] = [hs.Call(asm.symbol(then), [*sizes, row, own, ends], then)]
            weight = ex.idiv(ex.mul(n, length(TIMES[key])), length(PIECES))
            split = hs.Call(asm.symbol(first), [n, source, row, own, ends], first)
            return [split, hs.Slices(lo, hi, length(PIECES), weight, 1, least, body)]

        def emit(asm: Emitter) -> None:
            if bounds is not None:
                asm.statement(st.If(is_cut, cut(asm), [call(asm, kind)]))
            elif top.op == "const":
                asm.statement(call(asm, "top" if top.value else kind))
            else:
                asm.statement(st.If(top, [call(asm, "top")], [call(asm, kind)]))

        item = Special(
            b.region, b.node, what="sort", reads=[x], writes=[out, scratch, *([bounds] if bounds else [])], emit=emit,
            scalars=[rows, n, count, top, is_cut],
        )  # fmt: skip
        item.deps.extend(self.guards)
        _add(b, item)
        return whole(out)


def _add(b: Builder, item: Special) -> None:
    b.add(item)
    for tensor in item.writes:
        tensor.writers.append(item)


def _parts(b: Builder, rows: Expr, room: Expr) -> Expr:
    """In how many parts rows go to threads: each has a scratch of its own, so there are few parts of long rows."""
    most = ex.maximum(ex.minimum(ex.idiv(length(SCRATCH), room), length(b.machine.parts)), length(FEWEST))
    return ex.maximum(ex.minimum(rows, most), ONE)


def _moved(asm: Emitter, value: Value, by: Expr) -> Argument:
    base, offset, type_ = asm.pointer(value)
    return base, ex.add(offset, by), type_


@lowers(SortOp)
def lower_sort(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x = inputs[0]
    axis = _axis(b, x, inputs[1]) if x.type in BITS else None
    if axis is None:
        return None
    lines = Lines(b, x, axis)
    if node.op.kind in ("stable", "mergesort") and x.type[0] == "f":  # zeros of both signs keep their order
        return [lines.back(lines.at(lines.places()))]
    return [lines.back(lines.sorted())]


@lowers(ArgSortOp)
def lower_argsort(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x = inputs[0]
    axis = _axis(b, x, inputs[1]) if x.type in BITS else None
    if axis is None:
        return None
    lines = Lines(b, x, axis)
    return [lines.back(lines.places())]


@lowers(TopKOp)
def lower_topk(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, op = inputs[0], node.op
    kth = b.scalar(inputs[1], "i64")
    if x.type not in BITS:
        return None
    axis = op.axis % x.ndim
    lines, top = Lines(b, x, axis), ex.gt(kth, ZERO)
    ok = ex.and_(ex.and_(ex.ne(kth, ZERO), ex.le(kth, lines.n)), ex.ge(kth, ex.sub(ZERO, lines.n)))
    message = f"topk: kth={{0}} must not be 0 or beyond the length {{1}} of axis {axis}"
    lines.check(ok, ValueError, message, (kth, lines.n))
    count = length(abs(kth.value)) if kth.op == "const" else ex.select(top, kth, ex.sub(ZERO, kth))
    places = lines.places(count, top)
    found = [lines.back(lines.at(places))] if op.return_values else []
    if op.return_indices:
        type_ = ex.TYPE_OF[op.idx_dtype]
        number = bd.converted(bd.element(0, places), type_)
        found.append(lines.back(places if type_ == "i64" else b.pointwise(type_, places.dims, [places], number)))
    return found


@lowers(Unique)
def lower_unique(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, op = inputs[0], node.op
    if x.type not in BITS:
        return None
    order: Value | None
    if op.axis is None or x.ndim == 1:
        lines = Lines(b, reshaped(b, x, (b.dims.product(x.dims),)), 0)
        n, order = lines.n, lines.places() if op.return_index or op.return_inverse else None
        ordered = lines.sorted() if order is None else lines.at(order)
        starts = positions(b, _begins(b, ordered))
        found = [_looked_up(b, ordered, starts)]
    else:
        axis = op.axis % x.ndim
        others = [k for k in range(x.ndim) if k != axis]
        slices = b.in_rows(rearranged(x, [axis, *others]))
        n, order = slices.dims[0], _lexical(b, slices)
        starts = positions(b, _slices_begin(b, slices, order))
        distinct = _slices_at(b, slices, _looked_up(b, order, starts))
        found = [rearranged(distinct, [[axis, *others].index(k) for k in range(x.ndim)])]
    if op.return_index:
        assert order is not None
        found.append(_looked_up(b, order, starts))
    if op.return_inverse or op.return_counts:
        counts = _lengths_of_runs(b, starts, n)
        if op.return_inverse:
            assert order is not None
            found.append(_inverse(b, order, spread(b, counts)))
        if op.return_counts:
            found.append(counts)
    return found


def _begins(b: Builder, ordered: Value) -> Value:
    """Where a number differs from the one before it in a sorted vector; NaNs are all the same."""
    source, i = b.in_rows(ordered), bd.index(0)
    before = bd.look(0, source, [ex.maximum(ex.sub(i, ONE), ZERO)])
    here = bd.element(0, source)
    differs = ex.ne(here, before)
    if here.type in ex.FLOATS:
        differs = ex.and_(differs, ex.eq(before, before))  # what is behind a NaN is one, too
    return b.pointwise("bool", source.dims, [source], ex.or_(ex.eq(i, ZERO), differs), indirect=[source])


def _lexical(b: Builder, slices: Value) -> Value:
    """The positions along the first axis that sort what lies across it."""
    n, size = slices.dims[0], b.dims.product(slices.dims[1:])
    out, scratch = b.tensor("i64", (n,)), b.tensor("i64", (n,))

    def emit(asm: Emitter) -> None:
        name = name_of("lexical", slices.type)
        places = [_moved(asm, v, ZERO) for v in (slices, whole(out), whole(scratch))]
        asm.statement(hs.Call(asm.symbol(name), [n, size, *places], name))

    item = Special(
        b.region, b.node, what="sort", reads=[slices], writes=[out, scratch], emit=emit, scalars=[n, size],
    )  # fmt: skip
    _add(b, item)
    return whole(out)


def _slices_begin(b: Builder, slices: Value, order: Value) -> Value:
    """Where a slice differs from the one before it in the order; a NaN differs from all."""
    n, across = slices.dims[0], range(1, slices.ndim)
    place = bd.look(0, order, [ex.maximum(ex.sub(bd.index(0), ONE), ZERO)])
    before = b.pointwise("i64", (n,), [order], place, indirect=[order])
    both = [rearranged(v, [0, *(None for _ in across)]) for v in (order, before)]
    here, there = (bd.look(0, slices, [at, *map(bd.index, across)]) for at in bd.elements(both))
    differs = b.pointwise("bool", slices.dims, both, ex.ne(here, there), cost=4, indirect=[slices])
    changes = reduced(b, differs, frozenset(across), "or", "bool", "bool")
    return b.pointwise("bool", (n,), [changes], ex.or_(ex.eq(bd.index(0), ZERO), bd.element(0, changes)))


def _slices_at(b: Builder, slices: Value, places: Value) -> Value:
    """The slices at places along the first axis."""
    across = range(1, slices.ndim)
    at = rearranged(places, [0, *(None for _ in across)])
    body = bd.look(0, slices, [bd.element(0, at), *map(bd.index, across)])
    return b.pointwise(slices.type, (*places.dims, *slices.dims[1:]), [at], body, cost=4, indirect=[slices])


def _looked_up(b: Builder, x: Value, places: Value) -> Value:
    """The elements of a vector at places inside it."""
    source = b.in_rows(x)
    body = bd.look(0, source, [bd.element(0, places)])
    return b.pointwise(x.type, places.dims, [places], body, cost=4, indirect=[source])


def _lengths_of_runs(b: Builder, starts: Value, n: Expr) -> Value:
    """How far each start is from the next one, or from the end."""
    i, count = bd.index(0), starts.dims[0]
    after = bd.look(0, starts, [ex.minimum(ex.add(i, ONE), ex.sub(count, ONE))])
    stop = ex.select(ex.lt(ex.add(i, ONE), count), after, n)
    return b.pointwise("i64", starts.dims, [starts], ex.sub(stop, bd.element(0, starts)), indirect=[starts])


def _inverse(b: Builder, order: Value, groups: Value) -> Value:
    """A vector with ``groups[i]`` at place ``order[i]``: a permutation, so groups are as many."""
    out = b.tensor("i64", order.dims)
    source = b.in_rows(groups)
    body = bd.look(0, source, [bd.index(0)])
    place = bd.element(0, order)
    b.write(out, None, [order], body, indirect=[source], dims=order.dims, scatter=(place,))
    return whole(out)
