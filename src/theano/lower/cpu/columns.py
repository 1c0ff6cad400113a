"""Reductions over axes other than the contiguous one: blocks of columns, whose accumulators stay in the L1 cache."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import whole
from theano.lower.convert import convert
from theano.lower.cpu.nest import BLOCK, HEAVY, UNROLL_COST, WIDE_BLOCK, NestBuilder, index_name
from theano.lower.cpu.prefetch import next_rows
from theano.lower.cpu.ranges import column_parts, rest
from theano.lower.dims import ONE, ZERO, length
from theano.lower.items import Item, Pointwise, Reduce
from theano.lower.plan.groups import picked
from theano.lower.values import Tensor, Value

Block = list[st.Stmt]

# Rows that a column reduction takes in one go: each needs its loads only, the accumulators one load and store for all.
# Where there is little to do with one array (a sum, a variance), twice as many.
ROWS, LITTLE = 4, 4


def columns(nb: NestBuilder, order: list[int], phases: int) -> None:
    """Fill in the kernel's body."""
    group = nb.group
    vector = order[-1]
    outer = [k for k in order if k not in group.red and k != vector]
    reduced = [k for k in order if k in group.red]
    block_name, block_index = nb.define("i", "i64")
    lane_name, lane = nb.define("i", "i64")
    width = nb.local(group.axes[vector])
    nb.later = nb.later_columns()
    kept = len(nb.later) + sum(isinstance(i, Reduce) for i in group.items)
    cost = sum(i.cost for i in group.items if isinstance(i, Pointwise | Reduce) and not group.is_prefix(i))
    if cost < HEAVY and kept <= 4:
        nb.width = max(WIDE_BLOCK >> max(kept - 1, 0).bit_length(), BLOCK)
    axes = [group.axes[k] for k in reduced]
    parts = None
    if phases == 1 and not outer and _may_be_parts(nb):
        parts = column_parts(nb.b.dims, axes, group.axes[vector], nb.width)
    blocks = ex.idiv(ex.add(width, length(nb.width - 1)), length(nb.width))
    if parts is not None:
        _in_parts(nb, vector, reduced, parts, blocks, lane_name, lane)
        return
    buffers = _buffers(nb)
    body: Block = []
    count = _open_block(nb, vector, block_index, lane)
    _clear(buffers, lane_name, lane, count, body)
    for phase in range(phases + 1):
        _column_level(nb, phase, buffers, lane, lane_name, count, body)
        if phase < phases:
            _column_sweep(nb, phase, reduced, buffers, lane, lane_name, count, body)
    body = [st.For(block_name, blocks, "serial", body)]
    points = rest(nb.b.dims, [group.axes[k] for k in (*outer, vector, *reduced)])
    nb.nest.points = points if outer else nb.b.dims.product((points, length(nb.width)))
    for axis in reversed(outer):
        body = [st.For(index_name(nb.index_of[axis]), nb.local(group.axes[axis]), "serial", body)]
    nb.nest.body += body


def _open_block(nb: NestBuilder, vector: int, number: Expr, lane: Expr) -> Expr:
    """Let `lane` count the columns of a block; how many it has."""
    start = ex.mul(number, length(nb.width))
    nb.index_of[vector], nb.vector_axis = ex.add(start, lane), vector
    return ex.minimum(ex.sub(nb.local(nb.group.axes[vector]), start), length(nb.width))


def _may_be_parts(nb: NestBuilder) -> bool:
    """Whether work before the sweep may be done once for each part, and that after it in one plain loop.

    Parts take 4 ms more to compile: that is for arrays which the function is given. What it computes itself, deltas of
    a batch, is rarely so long that a bias needs them.
    """
    before, after = nb.prefix_items(0), nb.prefix_items(1)
    read = {v.tensor.storage().role for i in nb.sweep_items(0) for v in _reads(i) if v.tensor and v.ndim > 1}
    if nb.in_steps() or not read & {"input", "storage", "constant"}:
        return False
    return not any(map(nb.wants_store, before)) and not any(map(picked, after))


def _reads(item: Item) -> Sequence[Value]:
    assert isinstance(item, Pointwise | Reduce)
    return item.reads


def _in_parts(
    nb: NestBuilder, vector: int, reduced: list[int], shares: tuple[Expr, Expr], blocks: Expr, lane_name: str,
    lane: Expr,
) -> None:  # fmt: skip
    """A reduction of many rows and few columns, for several threads: parts of the rows, each with its accumulators.

    They go to memory, and when all are there, the last call adds them in order. Where there is one part, its
    accumulators are the result.
    """
    (name, position), share, parts = nb.define("i", "i64"), nb.local(shares[0]), nb.local(shares[1])
    several = ex.gt(parts, ONE)
    part = ex.idiv(position, blocks)
    rows, first = nb.local(nb.group.axes[reduced[0]]), ex.mul(part, share)
    bounds = ex.minimum(first, rows), ex.minimum(ex.add(first, share), rows)
    buffers = _buffers(nb)
    body: Block = []
    alone: Block = []
    memory = {i: whole(nb.row_buffer(i.acc, (shares[1], nb.group.axes[vector]))) for i in buffers}
    count = _open_block(nb, vector, ex.sub(position, ex.mul(part, blocks)), lane)
    _clear(buffers, lane_name, lane, count, body)
    _column_level(nb, 0, buffers, lane, lane_name, count, body)
    _column_sweep(nb, 0, reduced, buffers, lane, lane_name, count, body, bounds)
    keep: Block = []
    for item, buffer in buffers.items():
        _, value = nb.define("x", item.acc)
        keep.append(st.Load(str(value.value), st.View(buffer, item.acc, ZERO, (ONE,)), (lane,)))
        keep.append(st.Store(*nb.place(memory[item], [part, nb.index_of[vector]]), value))
    _column_level(nb, 1, buffers, lane, lane_name, count, alone)
    body.append(st.If(several, [st.For(lane_name, count, "vector", keep)], alone))
    extent = ex.mul(parts, blocks)
    nb.nest.body.append(st.For(name, extent, "serial", body))

    end: Block = []
    _add_parts(nb, vector, memory, parts, end)
    lo, hi = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
    last = ex.or_(ex.eq(ex.sub(hi, lo), extent), ex.eq(lo, extent))
    nb.nest.body.append(st.If(ex.and_(several, last), end, []))
    others = [nb.group.axes[k] for k in reduced[1:]]
    nb.nest.points, nb.nest.finish = nb.b.dims.product((shares[0], *others, length(nb.width))), True


def _add_parts(nb: NestBuilder, vector: int, memory: dict[Reduce, Value], parts: Expr, end: Block) -> None:
    """Finish the reductions from the sums of their parts, in one loop over all columns."""
    (column_name, column), inner = nb.define("i", "i64"), list[st.Stmt]()
    nb.env, nb.loads, nb.block, nb.stores, nb.prefix_env, nb.spilled = {}, {}, inner, [], {}, {}
    nb.index_of[vector], nb.later = column, set()  # nothing is kept: this is the last loop
    for item, place in memory.items():
        (part_name, part), (_, found) = nb.define("i", "i64"), nb.define("x", item.acc)
        (name, inside), (result, total) = nb.define("a", item.acc), nb.define("a", item.acc)
        load = st.Load(str(found.value), *nb.place(place, [part, column]))
        combined = st.combine(item.op, inside, found)
        carried = st.Carried(name, item.op, item.acc, st.identity(item.op, item.acc), combined, result)
        inner.append(st.For(part_name, parts, "serial", [load], [carried]))
        _column_result(nb, item, total, column)
    for prefix in nb.prefix_items(1):
        _column_item(nb, prefix, {}, column)
    inner += nb.stores
    nb.stores, nb.prefix_env = [], {}
    end.append(st.For(column_name, nb.local(nb.group.axes[vector]), "vector", inner))


def _clear(buffers: dict[Reduce, str], lane_name: str, lane: Expr, count: Expr, body: Block) -> None:
    """Begin the accumulations of a block."""
    clear: Block = [
        st.Store(st.View(buffers[i], i.acc, ZERO, (ONE,)), (lane,), st.identity(i.op, i.acc)) for i in buffers
    ]
    body.append(st.For(lane_name, count, "vector", clear))


def _buffers(nb: NestBuilder) -> dict[Reduce, str]:
    """A block of accumulators on the stack for each reduction."""
    found = {}
    for item in nb.group.items:
        if not isinstance(item, Reduce):
            continue
        name, _ = nb.define("b", "i64")
        nb.nest.body.append(st.Local(name, nb.width * ex.ITEMSIZE[item.acc]))
        found[item] = name
    return found


def _column_level(
    nb: NestBuilder, level: int, buffers: dict[Reduce, str], lane: Expr, lane_name: str, count: Expr, body: Block
) -> None:
    """Finish the reductions of the sweep before `level` and run prefix work, over the block's columns."""
    parts: list[list[Item]] = [[i for i in buffers if nb.phase_of[i] == level - 1]]
    for item in nb.prefix_items(level):
        if picked(item):
            parts += [[item], []]
        else:
            parts[-1].append(item)
    for items in parts:
        if not items:
            continue
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
    nb.nest.body.append(st.Local(name, nb.width * ex.ITEMSIZE[result.type]))
    view = st.View(name, result.type, ZERO, (ONE,))
    nb.stores.append(st.Store(view, (lane,), result))
    nb.spilled[tensor] = (view, lane)


def _column_sweep(
    nb: NestBuilder, phase: int, reduced: list[int], buffers: dict[Reduce, str], lane: Expr, lane_name: str,
    count: Expr, body: Block, bounds: tuple[Expr, Expr] | None = None,
) -> None:  # fmt: skip
    """One pass over the block's rows; cheap ones take several rows at once, so that accumulators stay in registers."""
    items = nb.sweep_items(phase)
    if not items:
        return
    inner_axis = reduced[-1]
    first, stop = ZERO, nb.local(nb.group.axes[inner_axis])
    if bounds is not None and len(reduced) == 1:
        first, stop = bounds
    rows = ex.sub(stop, first)
    index = nb.index_of[inner_axis]
    cost = sum(i.cost for i in items if isinstance(i, Pointwise | Reduce))
    blocks: Block = []
    if cost <= UNROLL_COST:
        chunk_name, chunk = nb.define("i", "i64")
        at_once = ROWS if cost > LITTLE or _row_streams(nb, items) > 1 else 2 * ROWS
        base = ex.add(first, ex.mul(chunk, length(at_once)))
        taken = [ex.add(base, length(k)) for k in range(at_once)]
        several = _column_rows(nb, items, buffers, lane, inner_axis, taken)
        left_name, left = nb.define("i", "i64")
        chunks = ex.lshr(rows, at_once.bit_length() - 1)
        done = ex.add(first, ex.mul(chunks, length(at_once)))
        one = _column_rows(nb, items, buffers, lane, inner_axis, [ex.add(done, left)], hints=False)
        blocks.append(st.For(chunk_name, chunks, "serial", [st.For(lane_name, count, "vector", several)]))
        blocks.append(st.For(left_name, ex.sub(stop, done), "serial", [st.For(lane_name, count, "vector", one)]))
    else:
        one = _column_rows(nb, items, buffers, lane, inner_axis, [index])
        work: Block = [st.For(lane_name, count, "vector", one)]
        blocks.append(st.For(index_name(index), stop, "serial", work, start=first))
    nb.index_of[inner_axis] = index
    for item in items:
        if isinstance(item, Pointwise) and item.out in nb.stored and item.out is not None:
            nb.kept[item.out] = nb.rows[item.out] = whole(item.out)
    for axis in reversed(reduced[:-1]):
        first, stop = ZERO, nb.local_or_nothing(axis, reduced[1:] if axis == reduced[0] else [])
        if bounds is not None and axis == reduced[0]:
            first, stop = bounds
        blocks = [st.For(index_name(nb.index_of[axis]), stop, "serial", blocks, start=first)]
    body += blocks


def _row_streams(nb: NestBuilder, items: Sequence[Item]) -> int:
    """How many arrays a sweep reads and writes row by row."""
    work = [i for i in items if isinstance(i, Pointwise | Reduce)]
    made = {i.out for i in work}
    read = {v.tensor.storage() for i in work for v in i.reads if v.tensor and v.ndim > 1 and len(v.tensor.dims) > 1
            and v.tensor not in made}  # fmt: skip
    return len(read) + sum(isinstance(i, Pointwise) and nb.wants_store(i) for i in work)


def _column_rows(
    nb: NestBuilder, items: Sequence[Item], buffers: dict[Reduce, str], lane: Expr, axis: int, rows: Sequence[Expr],
    hints: bool = True,
) -> Block:  # fmt: skip
    """The work of some rows at one column; with `hints` that for as many more is asked for."""
    inner: Block = []
    nb.stores = []
    totals: dict[Reduce, Expr] = {}
    for row in rows:
        nb.index_of[axis] = row
        nb.env, nb.loads, nb.block = {}, {}, inner
        for item in items:
            if isinstance(item, Reduce):
                computed = nb.compute(item)
                if item not in totals:
                    name, totals[item] = nb.define("x", item.acc)
                    inner.append(st.Load(name, st.View(buffers[item], item.acc, ZERO, (ONE,)), (lane,)))
                totals[item] = st.combine(item.op, totals[item], computed)
            elif isinstance(item, Pointwise) and nb.wants_store(item):
                known = nb.env.get(item.out) if item.out is not None and item.target is None else None
                nb.store_result(item, nb.compute(item) if known is None else known)
    for item, total in totals.items():
        nb.stores.append(st.Store(st.View(buffers[item], item.acc, ZERO, (ONE,)), (lane,), total))
    inner += nb.stores
    nb.stores = []
    if hints:
        next_rows(nb, inner, rows)
    return inner
