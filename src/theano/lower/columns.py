"""Reductions over axes other than the contiguous one: blocks of columns, whose accumulators stay in the L1 cache."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import whole
from theano.lower.dims import ONE, ZERO, length
from theano.lower.elemwise import convert
from theano.lower.items import Item, Pointwise, Reduce
from theano.lower.nest import HEAVY, UNROLL_COST, WIDE_BLOCK, NestBuilder, index_name
from theano.lower.prefetch import next_rows
from theano.lower.ranges import rest
from theano.lower.schedule import picked
from theano.lower.values import Tensor

Block = list[st.Stmt]

# Rows that a column reduction adds in one go (a single plain one twice as many): each needs its loads only, the
# accumulators one load and store for all.
ROWS = 4


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
        nb.width = WIDE_BLOCK
    start = ex.mul(block_index, length(nb.width))
    count = ex.minimum(ex.sub(width, start), length(nb.width))
    nb.index_of[vector], nb.vector_axis = ex.add(start, lane), vector
    body: Block = []
    buffers = _buffers(nb, [i for i in group.items if isinstance(i, Reduce)])
    clear: Block = [
        st.Store(st.View(buffers[i], i.acc, ZERO, (ONE,)), (lane,), st.identity(i.op, i.acc)) for i in buffers
    ]
    body.append(st.For(lane_name, count, "vector", clear))
    for phase in range(phases + 1):
        _column_level(nb, phase, buffers, lane, lane_name, count, body)
        if phase < phases:
            _column_sweep(nb, phase, reduced, buffers, lane, lane_name, count, body)
    extent = ex.idiv(ex.add(width, length(nb.width - 1)), length(nb.width))
    body = [st.For(block_name, extent, "serial", body)]
    points = rest(nb.b.dims, [group.axes[k] for k in (*outer, vector, *reduced)])
    nb.nest.points = points if outer else nb.b.dims.product((points, length(nb.width)))
    for axis in reversed(outer):
        body = [st.For(index_name(nb.index_of[axis]), nb.local(group.axes[axis]), "serial", body)]
    nb.nest.body += body


def _buffers(nb: NestBuilder, reduces: list[Reduce]) -> dict[Reduce, str]:
    """A block of accumulators on the stack for each reduction."""
    found = {}
    for item in reduces:
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
        assert item.out is not None
        result = convert(value, item.out.type)
        nb.prefix_env[item.out] = result
        _spill(nb, item.out, result, lane)
        if item.out in nb.stored:
            nb.store_reduced(item, result)
        return
    result = nb.compute(item)
    assert isinstance(item, Pointwise)
    if nb.wants_store(item):
        nb.store_result(item, result)
    if item.out in nb.later and item.out is not None:
        _spill(nb, item.out, result, lane)


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
    count: Expr, body: Block,
) -> None:  # fmt: skip
    """One pass over the block's rows; cheap ones take several rows at once, so that accumulators stay in registers."""
    items = nb.sweep_items(phase)
    if not items:
        return
    inner_axis = reduced[-1]
    rows = nb.local(nb.group.axes[inner_axis])
    index = nb.index_of[inner_axis]
    cost = sum(i.cost for i in items if isinstance(i, Pointwise | Reduce))
    blocks: Block = []
    if cost <= UNROLL_COST:
        chunk_name, chunk = nb.define("i", "i64")
        at_once = ROWS if cost > 2 or len(items) > 1 else 2 * ROWS
        base = ex.mul(chunk, length(at_once))
        taken = [ex.add(base, length(k)) for k in range(at_once)]
        several = _column_rows(nb, items, buffers, lane, inner_axis, taken)
        left_name, left = nb.define("i", "i64")
        chunks = ex.lshr(rows, at_once.bit_length() - 1)
        done = ex.mul(chunks, length(at_once))
        one = _column_rows(nb, items, buffers, lane, inner_axis, [ex.add(done, left)], hints=False)
        blocks.append(st.For(chunk_name, chunks, "serial", [st.For(lane_name, count, "vector", several)]))
        blocks.append(st.For(left_name, ex.sub(rows, done), "serial", [st.For(lane_name, count, "vector", one)]))
    else:
        one = _column_rows(nb, items, buffers, lane, inner_axis, [index])
        blocks.append(st.For(index_name(index), rows, "serial", [st.For(lane_name, count, "vector", one)]))
    nb.index_of[inner_axis] = index
    for item in items:
        if isinstance(item, Pointwise) and item.out in nb.stored and item.out is not None:
            nb.kept[item.out] = nb.rows[item.out] = whole(item.out)
    for axis in reversed(reduced[:-1]):
        blocks = [st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", blocks)]
    body += blocks


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
