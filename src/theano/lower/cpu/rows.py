"""Reductions along the contiguous axis: sweeps over rows, and over the parts of a full reduction."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.columns import is_last_call
from theano.lower.cpu.nest import NestBuilder, index_name
from theano.lower.cpu.prefetch import ahead, next_row
from theano.lower.nests.nest_plan import Sweep
from theano.lower.state.convert import convert
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.items import Pointwise, Reduce
from theano.lower.state.strides import whole
from theano.lower.state.values import Tensor

Block = list[st.Stmt]


def rows(nb: NestBuilder) -> None:
    group, plan = nb.group, nb.plan
    parallel, _ = nb.axes_of_plan()
    row = nb.open_row()
    if plan.parts is not None:
        nb.part = nb.define("i", "i64")[1], *plan.parts
    for kept in plan.kept:
        assert kept.item.out is not None
        tensor = kept.item.out if kept.buffer is None else nb.row_buffer(kept.item.out.type, kept.buffer)
        nb.kept[kept.item.out] = whole(tensor)
    body: Block = []
    blocks: list[Block] = []
    for phase in range(len(plan.sweeps) + 1):
        prefix(nb, phase, body)
        if phase < len(plan.sweeps):
            reduces, results, inner = row_sweep(nb, plan.sweeps[phase], body)
            blocks.append(inner)
            for reduce, result in zip(reduces, results, strict=True):
                _finish(nb, reduce, result)
    body += nb.stores
    nb.stores = []
    _hint(nb, blocks)
    for axis in reversed(parallel):
        start, extent = nb.bounds(axis)
        loop = st.For(index_name(nb.index_of[axis]), extent, "serial", body, start=start)
        if group.ragged is not None and axis == group.ragged.rows:
            loop.body = [*row, *loop.body]
        body = [shared(nb, loop) if axis == parallel[0] else loop]
    nb.nest.body += body


def shared(nb: NestBuilder, loop: st.For) -> st.For:
    """The outermost loop as it is called for ranges: of its positions, or of parts of them."""
    if nb.part is not None:
        number, share, parts = nb.part
        size, extent = nb.local(share), loop.extent
        first = ex.mul(number, size)
        loop.start, loop.extent = ex.minimum(first, extent), ex.minimum(ex.add(first, size), extent)
        loop = st.For(index_name(number), nb.local(parts), "serial", [*_clear(nb, number), loop])
    return nb.outermost(loop)


def _clear(nb: NestBuilder, part: Expr) -> Block:
    """Zeros for the sums of a part, where there are any."""
    loops: Block = []
    for item in nb.group.items:
        if isinstance(item, Pointwise) and item.parts is not None:
            assert item.out is not None
            size = nb.b.dims.product(item.out.dims[1:])
            if is_const(size, 0):
                continue
            (name, index), type_ = nb.define("i", "i64"), item.out.type
            view = st.View(nb.pointer(item.out), type_, ex.mul(part, nb.local(size)), (ONE,))
            loops.append(st.For(name, nb.local(size), "vector", [st.Store(view, (index,), ex.const(0, type_))]))
    return loops


def _hint(nb: NestBuilder, blocks: list[Block]) -> None:
    """Ask for what comes next, in the busiest of the sweeps, whose innermost `blocks` these are."""
    plan, (parallel, reduced) = nb.plan, nb.axes_of_plan()
    if sum(bool(sweep.items) for sweep in plan.sweeps) == 1:
        nb.number_strides()
        ahead(nb, plan.hints, blocks[plan.busiest])
    elif plan.hints:
        points = nb.b.dims.product(tuple(nb.group.axes[k] for k in reduced))
        next_row(nb, plan.hints, parallel[-1], points, blocks[plan.busiest])


def in_parts(nb: NestBuilder) -> None:
    """A full reduction: the sum of each part goes to memory; when all parts are there, they are added in order."""
    group, nest, plan = nb.group, nb.nest, nb.plan
    assert plan.parts is not None
    number_name, number = nb.define("i", "i64")
    size, whole_axis = nb.local(plan.parts[0]), nb.local(group.axes[plan.order[0]])
    first = ex.mul(number, size)
    bounds = (ex.minimum(first, whole_axis), ex.minimum(ex.add(first, size), whole_axis))
    prefix(nb, 0, nest.body)
    body: Block = []
    reduces, sums, inner = row_sweep(nb, plan.sweeps[0], body, bounds)
    _hint(nb, [inner])
    memory = [nb.row_buffer(r.acc, (length(nb.b.machine.parts),)) for r in reduces]
    for tensor, total in zip(memory, sums, strict=True):
        view, index = nb.place(whole(tensor), [number])
        body.append(st.Store(view, index, total))
    parts = ex.select(ex.lt(size, whole_axis), length(nb.b.machine.parts), ONE)
    nest.body.append(nb.outermost(st.For(number_name, parts, "serial", body)))
    end: Block = []
    for item, total in zip(reduces, _sum_parts(nb, reduces, memory, parts, end), strict=True):
        _finish(nb, item, total)
    prefix(nb, 1, end)
    end += nb.stores
    nb.stores = []
    nest.body.append(st.If(is_last_call(parts), end, []))


def _sum_parts(nb: NestBuilder, reduces: list[Reduce], memory: list[Tensor], parts: Expr, end: Block) -> list[Expr]:
    """Combine the parts of each reduction, in order."""
    index_name, index = nb.define("i", "i64")
    block: Block = []
    carried = []
    results = []
    for item, tensor in zip(reduces, memory, strict=True):
        view, at = nb.place(whole(tensor), [index])
        (found_name, found), (name, inside), (result_name, result) = (nb.define("a", item.acc) for _ in range(3))
        block.append(st.Load(found_name, view, at))
        init, combined = st.identity(item.op, item.acc), nb.combined(item, inside, found)
        carried.append(st.Carried(name, item.op, item.acc, init, combined, result_name))
        results.append(result)
    end.append(st.For(index_name, parts, "serial", block, carried))
    nb.block = end
    return results


def prefix(nb: NestBuilder, level: int, body: Block) -> None:
    """Work of one parallel point between two sweeps; its stores wait for the end of the point."""
    nb.env, nb.loads, nb.block = {}, {}, body
    for item in nb.plan.before[level]:
        result = nb.compute(item)
        if nb.wants_store(item):
            assert isinstance(item, Pointwise)
            nb.store_result(item, result)


def row_sweep(
    nb: NestBuilder, sweep: Sweep, body: Block, bounds: tuple[Expr, Expr] | None = None
) -> tuple[list[Reduce], list[Expr], Block]:
    """One pass over the reduced axes (of the first of them only what `bounds` says): what accumulates, and to what.

    The last is the innermost block.
    """
    items, reduces = sweep.items, sweep.reduces()
    inner: Block = []
    if not items:
        return [], [], inner
    outer_stores, nb.stores = nb.stores, []
    nb.env, nb.loads, nb.block = {}, {}, inner
    accumulators = [nb.define("a", r.acc) for r in reduces]
    nexts = {}
    for item in items:
        if isinstance(item, Reduce):
            k = reduces.index(item)
            nexts[k] = nb.combined(item, accumulators[k][1], nb.compute(item))
        elif isinstance(item, Pointwise) and item.out in nb.kept and item.out not in nb.stored:
            _store_row(nb, item, nb.env[item.out] if item.out in nb.env else nb.compute(item))
        elif nb.wants_store(item):
            assert isinstance(item, Pointwise)
            nb.store_result(item, nb.env[item.out] if item.out in nb.env and item.target is None else nb.compute(item))
    for item in items:
        if isinstance(item, Pointwise) and item.out in nb.kept:
            nb.rows[item.out] = nb.kept[item.out]
    inner += nb.stores
    nb.stores = outer_stores
    loops, results = _loops(nb, sweep, inner, accumulators, nexts, bounds)
    body += loops
    nb.block = body
    return reduces, results, inner


def _loops(
    nb: NestBuilder, sweep: Sweep, inner: Block, accumulators: list[tuple[str, Expr]], nexts: dict[int, Expr],
    bounds: tuple[Expr, Expr] | None,
) -> tuple[Block, list[Expr]]:  # fmt: skip
    """Loops over the reduced axes with carried accumulators, the innermost widened; the final values."""
    reduces, axes = sweep.reduces(), nb.axes_of_plan()[1]
    block = inner
    next_values = [nexts[k] for k in range(len(reduces))]
    names = accumulators
    for depth, axis in enumerate(reversed(axes)):
        outermost = depth == len(axes) - 1
        outer_names = [nb.define("a", r.acc) for r in reduces]
        carried = []
        results = []
        for r, (name, _), (_, outer), nxt in zip(reduces, names, outer_names, next_values, strict=True):
            result_name, result = nb.define("a", r.acc)
            init = st.identity(r.op, r.acc) if outermost else outer
            carried.append(st.Carried(name, r.op, r.acc, init, nxt, result_name))
            results.append(result)
        kind = "vector" if depth == 0 and not sweep.in_order else "serial"
        if nb.group.ragged is not None:
            start, extent = nb.bounds(axis)
        else:
            start, extent = ZERO, nb.local_or_nothing(axis, axes[-depth:] if outermost and depth else [])
        if bounds is not None and outermost:
            start, extent = bounds
        name, copies = index_name(nb.index_of[axis]), sweep.unroll if depth == 0 else 1
        block = [st.For(name, extent, kind, block, carried, copies, sweep.separate_copies and depth == 0, start=start)]
        next_values, names = results, outer_names
    return block, next_values


def _finish(nb: NestBuilder, item: Reduce, accumulated: Expr) -> None:
    """What the sweep has accumulated, in the result's type: a register for later levels, memory if needed."""
    assert item.out is not None
    result = convert(accumulated, item.out.type)
    nb.prefix_env[item.out] = result
    if item.scalar_name:
        nb.scalars[item.scalar_name] = result
        nb.outer.pop(ex.name(item.scalar_name, result.type), None)
    if item.out in nb.stored:
        nb.store_reduced(item, result)


def _store_row(nb: NestBuilder, item: Pointwise, result: Expr) -> None:
    assert item.out is not None
    value = nb.kept[item.out]
    view, index = nb.place(value, nb.row_position(item))
    nb.store(item, view, index, ex.cast(result, st.load_type(view.type)))
