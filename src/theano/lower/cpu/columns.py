"""Reductions over axes other than the contiguous one: blocks of columns, whose accumulators stay in the L1 cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.nest import NestBuilder, index_name
from theano.lower.cpu.prefetch import next_gathers, next_rows
from theano.lower.fusion.groups import picked
from theano.lower.nests.nest_plan import Sweep
from theano.lower.state.convert import convert
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor, Value

Block = list[st.Stmt]


class Lanes(NamedTuple):
    """The innermost loop of a sweep: `lane` counts to `width`, and in the buffers from `at` on.

    It stands inside loops over the axes `reduced` and, with `around`, another one of so many positions.
    """

    lane: Expr
    width: Expr
    reduced: Sequence[int]
    at: Expr = ZERO
    around: tuple[Expr, Expr] | None = None

    def loop(self, work: Block) -> st.For:
        inner = st.For(index_name(self.lane), self.width, "vector", work)
        if self.around is None:
            return inner
        position, extent = self.around
        return st.For(index_name(position), extent, "serial", [inner])

    def place(self, buffer: str, type_: str) -> tuple[st.View, tuple[Expr]]:
        return st.View(buffer, type_, self.at, (ONE,)), (self.lane,)


def columns(nb: NestBuilder) -> None:
    """Fill in the kernel's body."""
    group, plan = nb.group, nb.plan
    vector = plan.order[-1]
    outer = [k for k in nb.axes_of_plan()[0] if k != vector]
    block_name, block_index = nb.define("i", "i64")
    lane_name, lane = nb.define("i", "i64")
    width = nb.local(group.axes[vector])
    blocks = ex.idiv(ex.add(width, length(plan.width - 1)), length(plan.width))
    if plan.parts is not None:
        _in_parts(nb, plan.parts, blocks, lane_name, lane)
        return
    buffers = block_buffers(nb)
    body = nb.open_row()
    count = _open_block(nb, vector, block_index, lane)
    lanes = Lanes(lane, count, nb.axes_of_plan()[1])
    clear(buffers, lanes, body)
    for phase in range(len(plan.sweeps) + 1):
        column_level(nb, phase, buffers, lane, lane_name, count, body)
        if phase < len(plan.sweeps):
            column_sweep(nb, plan.sweeps[phase], buffers, lanes, body)
    loop = st.For(block_name, blocks, "serial", body)
    for axis in reversed(outer):
        start, extent = nb.bounds(axis)
        loop = st.For(index_name(nb.index_of[axis]), extent, "serial", [loop], start=start)
    nb.nest.body.append(nb.outermost(loop))


def _open_block(nb: NestBuilder, vector: int, number: Expr, lane: Expr) -> Expr:
    """Let `lane` count the columns of a block; how many it has."""
    start = ex.mul(number, length(nb.plan.width))
    nb.index_of[vector], nb.vector_axis = ex.add(start, lane), vector
    return ex.minimum(ex.sub(nb.local(nb.group.axes[vector]), start), length(nb.plan.width))


def _in_parts(
    nb: NestBuilder, shares: tuple[Expr, Expr], blocks: Expr, lane_name: str, lane: Expr
) -> None:
    """A reduction of many rows and few columns, for several threads: parts of the rows, each with its accumulators.

    They go to memory, and when all are there, the last call adds them in order. Where there is one part, its
    accumulators are the result.
    """
    vector, reduced = nb.plan.order[-1], nb.axes_of_plan()[1]
    (name, position), share, parts = nb.define("i", "i64"), nb.local(shares[0]), nb.local(shares[1])
    several = ex.gt(parts, ONE)
    part = ex.idiv(position, blocks)
    rows, first = nb.local(nb.group.axes[reduced[0]]), ex.mul(part, share)
    bounds = ex.minimum(first, rows), ex.minimum(ex.add(first, share), rows)
    buffers = block_buffers(nb)
    body: Block = []
    alone: Block = []
    memory = {i: whole(nb.row_buffer(i.acc, (shares[1], nb.group.axes[vector]))) for i in buffers}
    count = _open_block(nb, vector, ex.sub(position, ex.mul(part, blocks)), lane)
    lanes = Lanes(lane, count, reduced)
    clear(buffers, lanes, body)
    column_level(nb, 0, buffers, lane, lane_name, count, body)
    column_sweep(nb, nb.plan.sweeps[0], buffers, lanes, body, bounds)
    keep: Block = []
    for item, buffer in buffers.items():
        _, value = nb.define("x", item.acc)
        keep.append(st.Load(str(value.value), *lanes.place(buffer, item.acc)))
        keep.append(st.Store(*nb.place(memory[item], [part, nb.index_of[vector]]), value))
    column_level(nb, 1, buffers, lane, lane_name, count, alone)
    body.append(st.If(several, [st.For(lane_name, count, "vector", keep)], alone))
    extent = ex.mul(parts, blocks)
    nb.nest.body.append(nb.outermost(st.For(name, extent, "serial", body)))

    end: Block = []
    add_parts(nb, vector, memory, parts, end)
    nb.nest.body.append(st.If(ex.and_(several, is_last_call(extent)), end, []))


def is_last_call(extent: Expr) -> Expr:
    """Whether this call of a ranged kernel comes when all positions are done, or does all of them."""
    lo, hi = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
    return ex.or_(ex.eq(ex.sub(hi, lo), extent), ex.eq(lo, extent))


def add_parts(nb: NestBuilder, vector: int, memory: dict[Reduce, Value], parts: Expr, end: Block) -> None:
    """Finish the reductions from the sums of their parts, in one loop over all columns."""
    (column_name, column), inner = nb.define("i", "i64"), list[st.Stmt]()
    nb.env, nb.loads, nb.block, nb.stores, nb.prefix_env, nb.spilled = {}, {}, inner, [], {}, {}
    nb.index_of[vector], nb.later = column, ()  # nothing is kept: this is the last loop
    for item, place in memory.items():
        (part_name, part), (_, found) = nb.define("i", "i64"), nb.define("x", item.acc)
        (name, inside), (result, total) = nb.define("a", item.acc), nb.define("a", item.acc)
        load = st.Load(str(found.value), *nb.place(place, [part, column]))
        combined = nb.combined(item, inside, found)
        carried = st.Carried(name, item.op, item.acc, st.identity(item.op, item.acc), combined, result)
        inner.append(st.For(part_name, parts, "serial", [load], [carried]))
        _column_result(nb, item, total, column)
    for prefix in nb.plan.before[1]:
        _column_item(nb, prefix, {}, column)
    inner += nb.stores
    nb.stores, nb.prefix_env = [], {}
    end.append(st.For(column_name, nb.local(nb.group.axes[vector]), "vector", inner))


def clear(buffers: dict[Reduce, str], lanes: Lanes, body: Block) -> None:
    """Begin the accumulations of a block."""
    body.append(lanes.loop([st.Store(*lanes.place(buffers[i], i.acc), st.identity(i.op, i.acc)) for i in buffers]))


def block_buffers(nb: NestBuilder) -> dict[Reduce, str]:
    """A block of accumulators on the stack for each reduction."""
    found = {}
    for item in nb.group.items:
        if not isinstance(item, Reduce):
            continue
        name, _ = nb.define("b", "i64")
        nb.nest.body.append(st.Local(name, (nb.plan.lanes or nb.plan.width) * ex.ITEMSIZE[item.acc]))
        found[item] = name
    return found


def column_level(
    nb: NestBuilder, level: int, buffers: dict[Reduce, str], lane: Expr, lane_name: str, count: Expr, body: Block
) -> None:
    """Finish the reductions of the sweep before `level` and run prefix work, over the block's columns."""
    for items in nb.plan.levels[level]:
        inner: Block = []
        nb.env, nb.loads, nb.block, nb.stores, nb.prefix_env = {}, {}, inner, [], {}
        extent = count
        for item in items:
            _column_item(nb, item, buffers, lane)
            for value, axes in zip(picked(item), getattr(item, "picks", ()), strict=True):
                for d, axis in zip(value.dims, axes, strict=True):
                    if axis is None and d.op != "const":  # nothing can be picked from nothing
                        extent = ex.select(ex.gt(nb.local(nb.b.dims.normal(d)), ZERO), extent, ZERO)
        inner += nb.stores
        body.append(st.For(lane_name, extent, "vector", inner))
    nb.stores, nb.prefix_env = [], {}


def _column_item(nb: NestBuilder, item: Item, buffers: dict[Reduce, str], lane: Expr) -> None:
    """The result of a reduction, or prefix work, at one column."""
    if isinstance(item, Reduce):
        name, value = nb.define("x", item.acc)
        nb.block.append(st.Load(name, st.View(buffers[item], item.acc, ZERO, (ONE,)), (lane,)))
        _column_result(nb, item, value, lane)
        return
    result = nb.compute(item)
    assert isinstance(item, Pointwise)
    if nb.wants_store(item):
        nb.store_result(item, result)
    if item.out in nb.later and item.out is not None:
        _spill(nb, item.out, result, lane)


def _column_result(nb: NestBuilder, item: Reduce, accumulated: Expr, lane: Expr) -> None:
    """What has been accumulated for a column, in the result's type."""
    assert item.out is not None
    result = convert(accumulated, item.out.type)
    nb.prefix_env[item.out] = result
    _spill(nb, item.out, result, lane)
    if item.out in nb.stored:
        nb.store_reduced(item, result)


def _spill(nb: NestBuilder, tensor: Tensor, result: Expr, lane: Expr) -> None:
    """Keep a per-column value for later sweeps, if there is one that reads it."""
    if tensor not in nb.later:
        return
    name, _ = nb.define("b", "i64")
    nb.nest.body.append(st.Local(name, nb.plan.width * ex.ITEMSIZE[result.type]))
    view = st.View(name, result.type, ZERO, (ONE,))
    nb.stores.append(st.Store(view, (lane,), result))
    nb.spilled[tensor] = (view, lane)


def column_sweep(
    nb: NestBuilder, sweep: Sweep, buffers: dict[Reduce, str], lanes: Lanes, body: Block,
    bounds: tuple[Expr, Expr] | None = None,
) -> None:  # fmt: skip
    """One pass over the block's rows; cheap ones take several rows at once, so that accumulators stay in registers."""
    items, reduced = sweep.items, lanes.reduced
    if not items:
        return
    inner_axis = reduced[-1]
    first, stop = nb.bounds(inner_axis)
    if bounds is not None and len(reduced) == 1:
        first, stop = bounds
    rows = ex.sub(stop, first)
    index = nb.index_of[inner_axis]
    blocks: Block = []
    if sweep.rows > 1:
        chunk_name, chunk = nb.define("i", "i64")
        at_once = sweep.rows
        base = ex.add(first, ex.mul(chunk, length(at_once)))
        taken = [ex.add(base, length(k)) for k in range(at_once)]
        several = _column_rows(nb, sweep, buffers, lanes, inner_axis, taken)
        left_name, left = nb.define("i", "i64")
        chunks = ex.lshr(rows, at_once.bit_length() - 1)
        done = ex.add(first, ex.mul(chunks, length(at_once)))
        one = _column_rows(nb, sweep, buffers, lanes, inner_axis, [ex.add(done, left)], hints=False)
        blocks.append(st.For(chunk_name, chunks, "serial", [lanes.loop(several)]))
        blocks.append(st.For(left_name, ex.sub(stop, done), "serial", [lanes.loop(one)]))
    else:
        one = _column_rows(nb, sweep, buffers, lanes, inner_axis, [index])
        blocks.append(st.For(index_name(index), stop, "serial", [lanes.loop(one)], start=first))
    nb.index_of[inner_axis] = index
    for item in items:
        if isinstance(item, Pointwise) and item.out in nb.stored and item.out is not None:
            nb.kept[item.out] = nb.rows[item.out] = whole(item.out)
    for axis in reversed(reduced[:-1]):
        if nb.group.ragged is not None:
            first, stop = nb.bounds(axis)
        else:
            first, stop = ZERO, nb.local_or_nothing(axis, reduced[1:] if axis == reduced[0] else [])
        if bounds is not None and axis == reduced[0]:
            first, stop = bounds
        blocks = [st.For(index_name(nb.index_of[axis]), stop, "serial", blocks, start=first)]
    body += blocks


def _column_rows(
    nb: NestBuilder, sweep: Sweep, buffers: dict[Reduce, str], lanes: Lanes, axis: int, rows: Sequence[Expr],
    hints: bool = True,
) -> Block:  # fmt: skip
    """The work of some rows at one column; with `hints` that for as many more is asked for."""
    inner: Block = []
    nb.stores = []
    totals: dict[Reduce, Expr] = {}
    for row in rows:
        nb.index_of[axis] = row
        nb.env, nb.loads, nb.block = {}, {}, inner
        for item in sweep.items:
            if isinstance(item, Reduce):
                computed = nb.compute(item)
                if item not in totals:
                    name, totals[item] = nb.define("x", item.acc)
                    inner.append(st.Load(name, *lanes.place(buffers[item], item.acc)))
                totals[item] = nb.combined(item, totals[item], computed)
            elif isinstance(item, Pointwise) and nb.wants_store(item):
                known = nb.env.get(item.out) if item.out is not None and item.target is None else None
                nb.store_result(item, nb.compute(item) if known is None else known)
    for item, total in totals.items():
        nb.store(item, *lanes.place(buffers[item], item.acc), total)
    inner += nb.stores
    nb.stores = []
    if hints:
        next_rows(nb, sweep.hints, axis, rows, inner)
        if sweep.gathers:
            next_gathers(nb, sweep.items, axis, rows, inner)
    return inner
