"""Reductions over axes on both sides of one that stays, in the order of memory: ``x.sum(axis=(0, 2))``.

A row, all that belongs to one result, lies in pieces far apart. So some rows are taken together, each with a buffer for
its pieces: these are added up as columns are, and what they add up to is folded at the end. Rows whose pieces are long,
or in the cache, are summed one by one: they need no buffer.
"""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.columns import Lanes, add_parts, block_buffers, clear, column_level, column_sweep, is_last_call
from theano.lower.cpu.nest import NestBuilder, index_name
from theano.lower.cpu.rows import prefix, row_sweep
from theano.lower.nests.nest_plan import Sweep
from theano.lower.state.dims import ONE, is_const, length
from theano.lower.state.items import Reduce
from theano.lower.state.strides import whole
from theano.lower.state.values import Value

Block = list[st.Stmt]


def crossed(nb: NestBuilder) -> None:
    """Fill in the kernel's body.

    Its positions are blocks of rows in parts of the outermost axis. The results of parts go to memory, and the last
    call adds them in order.
    """
    group, plan = nb.group, nb.plan
    assert plan.parts is not None and plan.block is not None and plan.one_by_one is not None
    (row,), (*reduced, vector) = nb.axes_of_plan()
    rows, share, parts, at_once = nb.local(group.axes[row]), *map(nb.local, plan.parts), nb.local(plan.block)
    number, first_row, piece, lane = (nb.define("i", "i64")[1] for _ in range(4))
    blocks = ex.idiv(ex.add(rows, ex.sub(at_once, ONE)), at_once)
    part = ex.idiv(number, blocks)
    outermost, begin = nb.local(group.axes[reduced[0]]), ex.mul(part, share)
    bounds = ex.minimum(begin, outermost), ex.minimum(ex.add(begin, share), outermost)
    start = ex.mul(ex.sub(number, ex.mul(part, blocks)), at_once)
    count = ex.minimum(ex.sub(rows, start), at_once)
    cond, sweep = nb.local(plan.one_by_one[0]), plan.one_by_one[1]
    memory = {i: whole(nb.row_buffer(i.acc, (plan.parts[1], group.axes[row]))) for i in sweep.reduces()}
    nb.index_of[row] = start
    direct = _one_row(nb, sweep, bounds, memory, part)

    nb.index_of[row], nb.vector_axis = ex.add(start, first_row), row
    buffers = block_buffers(nb)
    totals = {item: nb.define("b", "i64")[0] for item in buffers}
    nb.nest.body += [st.Local(name, plan.width * ex.ITEMSIZE[item.acc]) for item, name in totals.items()]
    body: Block = []
    each_row = Lanes(first_row, count, reduced)
    clear(totals, each_row, body)
    column_level(nb, 0, buffers, first_row, index_name(first_row), count, body)

    pieces: Block = []
    at = ex.mul(piece, length(plan.lanes))
    wide = ex.minimum(ex.sub(nb.local(group.axes[vector]), at), length(plan.lanes))
    nb.index_of[vector] = ex.add(at, lane)
    lanes = Lanes(lane, wide, reduced, ex.mul(first_row, wide), (first_row, count))
    clear(buffers, lanes, pieces)
    column_sweep(nb, plan.sweeps[0], buffers, lanes, pieces, bounds)
    fold: Block = []
    for item, buffer in buffers.items():
        fold += _folded(nb, item, buffer, lanes, each_row.place(totals[item], item.acc))
    pieces.append(st.For(index_name(first_row), count, "serial", fold))
    several = ex.idiv(ex.add(nb.local(group.axes[vector]), length(plan.lanes - 1)), length(plan.lanes))
    body.append(st.For(index_name(piece), several, "serial", pieces))

    keep: Block = []
    for item, name in totals.items():
        _, value = nb.define("x", item.acc)
        keep.append(st.Load(str(value.value), *each_row.place(name, item.acc)))
        keep.append(st.Store(*nb.place(memory[item], [part, nb.index_of[row]]), value))
    body.append(each_row.loop(keep))
    extent = ex.mul(parts, blocks)
    choice: Block = [st.If(cond, direct, body)]
    if is_const(cond):
        choice = direct if cond.value else body
    nb.nest.body.append(nb.outermost(st.For(index_name(number), extent, "serial", choice)))
    end: Block = []
    add_parts(nb, row, memory, parts, end)
    nb.nest.body.append(st.If(is_last_call(extent), end, []))


def _one_row(
    nb: NestBuilder, sweep: Sweep, bounds: tuple[Expr, Expr], memory: dict[Reduce, Value], part: Expr
) -> Block:
    """What a part of the row at hand adds up to goes to memory."""
    body: Block = []
    row = nb.index_of[nb.plan.order[0]]
    prefix(nb, 0, body)
    for item, total in zip(*row_sweep(nb, sweep, body, bounds)[:2], strict=True):
        body.append(st.Store(*nb.place(memory[item], [part, row]), total))
    nb.prefix_env = {}
    return body


def _folded(
    nb: NestBuilder, item: Reduce, buffer: str, lanes: Lanes, total: tuple[st.View, tuple[Expr]]
) -> Block:
    """Add what the buffer has for a row to its total."""
    (before, so_far), (_, found) = nb.define("x", item.acc), nb.define("x", item.acc)
    (name, inside), (result, sum_of_all) = nb.define("a", item.acc), nb.define("a", item.acc)
    load = st.Load(str(found.value), *lanes.place(buffer, item.acc))
    carried = st.Carried(name, item.op, item.acc, so_far, nb.combined(item, inside, found), result)
    loop = st.For(index_name(lanes.lane), lanes.width, "vector", [load], [carried])
    return [st.Load(before, *total), loop, st.Store(*total, sum_of_all)]
