"""The statements of a group's loop nest: which loops, in which order, around which items."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.columns import columns
from theano.lower.cpu.crossed import crossed
from theano.lower.cpu.edges import Edges
from theano.lower.cpu.nest import NestBuilder, index_name, kernel_of
from theano.lower.cpu.prefetch import ahead
from theano.lower.cpu.rows import in_parts, rows, shared
from theano.lower.cpu.running import running
from theano.lower.state.dims import ZERO, length
from theano.lower.state.items import Item, Pointwise

Block = list[st.Stmt]


def emit_group(nb: NestBuilder) -> st.Kernel:
    """The kernel of a group; its arguments are `nb.nest.args`."""
    plan = nb.plan
    for k in plan.order:
        nb.index_of[k] = nb.define("i", "i64")[1]
    if plan.shape == "columns":
        columns(nb)
    elif plan.shape == "crossed":
        crossed(nb)
    elif plan.shape == "rows":
        rows(nb)
    elif plan.shape == "running":
        running(nb)
    elif plan.shape == "parts":
        in_parts(nb)
    elif plan.shape != "nothing":
        _points(nb)
    return kernel_of(nb)


# -- points ----------------------------------------------------------------------------------------------------
def _points(nb: NestBuilder) -> None:
    plan = nb.plan
    body: Block = []
    row = nb.open_row()
    if plan.parts is not None:
        nb.part = nb.define("i", "i64")[1], *plan.parts
    if plan.width:
        _points_in_blocks(nb)
        return
    if plan.turn > 1 or plan.has_edges:
        _points_with_edges(nb)
        return
    _run_items(nb, nb.group.items, body)
    if not plan.in_order:
        nb.number_strides()
    if plan.shape == "tiled":
        _tiled(nb, body)
        return
    ahead(nb, plan.hints, body)
    for axis in reversed(plan.order):
        start, extent = nb.bounds(axis)
        if axis == plan.order[-1] and (plan.in_rows or not plan.in_order):
            loop = _widened(nb, axis, extent, body)
            loop.start = start
        else:
            loop = st.For(index_name(nb.index_of[axis]), extent, "serial", body, start=start)
        opened = row if nb.group.ragged is not None and axis == nb.group.ragged.axis else []
        body = [*opened, shared(nb, loop) if axis == plan.order[0] else loop]
    nb.nest.body += body


def _points_with_edges(nb: NestBuilder) -> None:
    """Loops whose innermost goes by a turn of positions at once, as far as all places are inside.

    Places are divided by as many positions as a turn has, so of ``(i + 1) // 2`` for position ``2*t + 1`` is left
    ``t + 1``. Positions before the first of these turns and after the last one come one after the other.
    """
    *outer, last = nb.plan.order
    items, size, extent = nb.group.items, length(nb.plan.turn), nb.local(nb.group.axes[last])
    turn, body, stores = nb.index_of[last], Block(), list[Block]()
    edges = Edges(turn, _whole_turns(extent, nb.plan.turn))
    nb.edges = edges if nb.plan.has_edges else None
    for k in range(nb.plan.turn):
        nb.index_of[last] = ex.add(ex.mul(turn, size), length(k))
        nb.env, nb.stores = {}, []
        _compute_items(nb, items, body)
        stores.append(nb.stores)
    nb.number_strides()
    body += [store for positions in zip(*stores, strict=True) for store in positions]
    (first, behind), nb.edges = edges.bounds(), None
    innermost: Block = [st.For(index_name(turn), behind, "vector", body, start=first, unroll=nb.plan.unroll)]
    start, stop = ex.mul(first, size), ex.mul(behind, size)
    if start is not ZERO or stop is not extent:
        innermost.append(_edges(nb, items, (ZERO, start), (stop, extent)))
    for axis in reversed(outer):
        loop = st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", innermost)
        innermost = [shared(nb, loop) if axis == outer[0] else loop]
    nb.nest.body += innermost


def _whole_turns(extent: Expr, size: int) -> Expr:
    if extent.op == "const":
        return length(extent.value // size)
    return extent if size == 1 else ex.idiv(extent, length(size))


def _edges(nb: NestBuilder, items: Sequence[Item], before: tuple[Expr, Expr], after: tuple[Expr, Expr]) -> st.For:
    """A loop over single positions of the innermost axis: those before the turns and those after them."""
    name, nb.index_of[nb.plan.order[-1]] = nb.define("i", "i64")
    nb.env, nb.loads, body = {}, {}, Block()
    _run_items(nb, items, body)
    if before[1] is ZERO:
        return st.For(name, after[1], "serial", body, start=after[0])
    side_name, side = nb.define("i", "i64")
    is_first = ex.eq(side, 0)
    bounds = [ex.select(is_first, a, b) for a, b in zip(before, after, strict=True)]
    return st.For(side_name, length(2), "serial", [st.For(name, bounds[1], "serial", body, start=bounds[0])])


def _points_in_blocks(nb: NestBuilder) -> None:
    """Loops around blocks of the last axis: somebody else may do other blocks."""
    *outer, last = nb.plan.order
    (name, number), (lane_name, lane), size = nb.define("i", "i64"), nb.define("i", "i64"), length(nb.plan.width)
    start, extent = ex.mul(number, size), nb.local(nb.group.axes[last])
    nb.index_of[last] = ex.add(start, lane)
    body: Block = []
    _run_items(nb, nb.group.items, body)
    lanes = st.For(lane_name, ex.minimum(ex.sub(extent, start), size), "vector", body)
    blocks = ex.idiv(ex.add(extent, length(nb.plan.width - 1)), size)
    loop = nb.outermost(st.For(name, blocks, "serial", [lanes]))
    for axis in reversed(outer):
        loop = st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", [loop])
    nb.nest.body.append(loop)


def _tiled(nb: NestBuilder, body: Block) -> None:
    """Loops over tiles of two axes: what one of them jumps through stays in the cache until the other has used it."""
    order, across, tile = nb.plan.order, nb.plan.across, nb.b.machine.tile
    assert across is not None
    pair = (across, order[-1])
    names, starts, extents = [], [], []
    for axis, size in zip(pair, tile, strict=True):
        name, index = nb.define("i", "i64")
        start = ex.mul(index, length(size))
        names.append(name)
        starts.append(start)
        extents.append(ex.minimum(ex.add(start, length(size)), nb.local(nb.group.axes[axis])))
    inner = _widened(nb, pair[1], extents[1], body)
    inner.start = starts[1]
    loop = st.For(index_name(nb.index_of[across]), extents[0], "serial", [inner], start=starts[0])
    for axis, size, name in reversed(list(zip(pair, tile, names, strict=True))):
        count = ex.idiv(ex.add(nb.local(nb.group.axes[axis]), length(size - 1)), length(size))
        loop = st.For(name, count, "serial", [loop])
    for axis in reversed([k for k in order if k not in pair]):
        loop = st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", [loop])
    nb.nest.body.append(nb.outermost(loop))


def _widened(nb: NestBuilder, axis: int, extent: Expr, body: Block) -> st.For:
    """A vector loop without accumulators."""
    return st.For(index_name(nb.index_of[axis]), extent, "vector", body, unroll=nb.plan.unroll)


def _run_items(nb: NestBuilder, items: Sequence[Item], body: Block) -> None:
    """Compute point-wise items in order into `body`; stores come last, so that in-place updates read old values."""
    nb.stores = []
    _compute_items(nb, items, body)
    body += nb.stores
    nb.stores = []


def _compute_items(nb: NestBuilder, items: Sequence[Item], body: Block) -> None:
    """Compute point-wise items in order into `body`; what is to be stored is with the builder."""
    nb.block = body
    for item in items:
        if isinstance(item, Pointwise) and nb.wants_store(item):
            result = None
            if item.out is not None and item.target is None and item.scatter is None:
                result = nb.env.get(item.out)
            nb.store_result(item, nb.compute(item) if result is None else result)
