"""The statements of a group's loop nest: which loops, in which order, around which items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import c_strides, whole
from theano.lower.convert import convert
from theano.lower.cpu.columns import columns
from theano.lower.cpu.nest import HEAVY, SHORT, UNROLL_COST, VERY_HEAVY, Nest, NestBuilder, index_name
from theano.lower.cpu.prefetch import ahead, next_row
from theano.lower.cpu.ranges import PARTS, part_length, rest, row_parts
from theano.lower.dims import ONE, ZERO, is_const, length
from theano.lower.items import Item, Pointwise, Reduce
from theano.lower.values import Tensor

Block = list[st.Stmt]

# Tiles of two axes that are contiguous in different operands: along the one that is not widened, and along the other.
TILE = (64, 32)


def emit_group(nb: NestBuilder) -> Nest:
    """Fill in the kernel's body; there may be parameters that it does not use (see `make_ranged`)."""
    group = nb.group
    if any(is_const(group.axes[k], 0) for k in group.parallel()):
        return nb.nest  # nothing is computed
    order = axis_order(nb)
    phases = nb.assign_phases()
    for k in order:
        nb.index_of[k] = nb.define("i", "i64")[1]
    if not group.red:
        _pointwise(nb, order)
        return nb.nest
    if order[-1] in group.red:
        kept = nb.kept_rows()
        parallel = [group.axes[k] for k in order if k not in group.red]
        if parallel and any(item.out not in nb.stored for item in kept):
            share, parts = ONE, parallel[0]
            if not nb.row_by_row:
                share, parts = row_parts(nb.b.dims, parallel, [group.axes[k] for k in order if k in group.red])
            nb.part = nb.define("i", "i64")[1], share, parts
        for item in kept:
            _keep_row(nb, item)
        _rows(nb, order, phases)
    else:
        columns(nb, order, phases)
    return nb.nest


def _keep_row(nb: NestBuilder, item: Item) -> None:
    assert isinstance(item, Pointwise) and item.out is not None
    if item.out in nb.stored:
        nb.kept[item.out] = whole(item.out)
        return
    place = nb.group.places[item]
    axes = [k for k, p in enumerate(place) if p in nb.group.red]
    dims = tuple(item.out.dims[k] for k in axes)
    tensor = nb.row_buffer(item.out.type, dims if nb.part is None else (nb.part[2], *dims))
    nb.kept[item.out] = whole(tensor)


# -- order of the loops --------------------------------------------------------------------------------------
def axis_order(nb: NestBuilder) -> list[int]:
    """The group's axes from the outermost loop to the innermost: parallel before reduced, contiguous last."""
    group, dims = nb.group, nb.b.dims
    votes = dict.fromkeys(range(len(group.axes)), 0)
    rank = dict.fromkeys(range(len(group.axes)), 0)
    for item in group.items:
        assert isinstance(item, Pointwise | Reduce)
        place = group.places[item]
        weight = 0 if group.is_prefix(item) else 1  # what runs once a row has no say
        for value, axes in zip(item.reads, item.maps, strict=True):
            if value.tensor is None or value.tensor in nb.producer:
                continue
            strides = value.strides
            if strides is None:
                own = c_strides(dims, value.tensor.dims)
                strides = tuple(ZERO if a is None else own[a] for a in value.axes or ())
            for k, (stride, axis) in enumerate(zip(strides, axes, strict=True)):
                at = None if axis is None else place[axis]
                if at is not None:
                    rank[at] += k - len(strides)
                    votes[at] += 2 * weight if is_const(stride, 1) else 0
        if isinstance(item, Pointwise) and (item.out in nb.stored or item.target is not None):
            for k, at in enumerate(place):
                if at is not None:
                    rank[at] += k - len(place)
                    votes[at] += 3 * weight if k == len(place) - 1 else 0
    ranked = sorted(range(len(group.axes)), key=lambda k: (rank[k], k))
    if any(i.scatter is not None for i in group.items if isinstance(i, Pointwise)):
        return list(range(len(group.axes)))
    if not ranked:
        return []
    vector = max(reversed(ranked), key=lambda k: votes[k])
    if not group.red:
        return [k for k in ranked if k != vector] + [vector]
    red = [k for k in ranked if k in group.red]
    parallel = [k for k in ranked if k not in group.red]
    if vector in group.red:
        return parallel + [k for k in red if k != vector] + [vector]
    return [k for k in parallel if k != vector] + red + [vector]


# -- point-wise ------------------------------------------------------------------------------------------------
def _pointwise(nb: NestBuilder, order: list[int]) -> None:
    serial = any(isinstance(i, Pointwise) and i.scatter is not None for i in nb.group.items)
    body: Block = []
    _run_items(nb, nb.group.items, body)
    if not order:
        nb.nest.body += body
        return
    flat = None if serial else collapse(nb, order, body)
    if flat is not None:
        body, extent = flat
        ahead(nb, body, (nb.index_of[order[-1]],), (ONE,))
        nb.nest.body += [_widened(nb, order[-1], extent, body)]
        nb.nest.points = ONE
        return
    nb.nest.points = None if serial else rest(nb.b.dims, [nb.group.axes[k] for k in order])
    across = None if serial else _across(nb, order, body)
    if across is not None:
        _tiled(nb, order, across, body)
        return
    if not serial:
        _ahead(nb, order, body)
    for axis in reversed(order):
        extent = nb.local(nb.group.axes[axis])
        if axis == order[-1] and not serial:
            body = [_widened(nb, axis, extent, body)]
        else:
            body = [st.For(index_name(nb.index_of[axis]), extent, "serial", body)]
    nb.nest.body += body


def _ahead(nb: NestBuilder, order: list[int], body: Block) -> None:
    """Hints for what the innermost loop of a nest will come to."""
    strides = [nb.local(s) for s in c_strides(nb.b.dims, tuple(nb.group.axes[k] for k in order))]
    ahead(nb, body, [nb.index_of[k] for k in order], strides)


def _across(nb: NestBuilder, order: list[int], body: Block) -> int | None:
    """The axis, other than the innermost, along which some memory is contiguous that the innermost jumps through."""
    axis_of = {index_name(nb.index_of[k]): k for k in order}
    for stmt in st.walk(body):
        if isinstance(stmt, st.Load | st.Store):
            steps = {axis_of.get(i.value): s for i, s in zip(stmt.index, stmt.view.strides, strict=True)}
            for axis, stride in steps.items():
                if axis is not None and axis != order[-1] and order[-1] in steps and is_const(stride, 1):
                    lengths = (nb.group.axes[axis], nb.group.axes[order[-1]])
                    return None if any(d.op == "const" and int(d.value) <= max(TILE) for d in lengths) else axis
    return None


def _tiled(nb: NestBuilder, order: list[int], across: int, body: Block) -> None:
    """Loops over tiles of two axes: what one of them jumps through stays in the cache until the other has used it."""
    pair = (across, order[-1])
    names, starts, extents = [], [], []
    for axis, size in zip(pair, TILE, strict=True):
        name, index = nb.define("i", "i64")
        start = ex.mul(index, length(size))
        names.append(name)
        starts.append(start)
        extents.append(ex.minimum(ex.add(start, length(size)), nb.local(nb.group.axes[axis])))
    inner = _widened(nb, pair[1], extents[1], body)
    inner.start = starts[1]
    body = [st.For(index_name(nb.index_of[across]), extents[0], "serial", [inner], start=starts[0])]
    for axis, size, name in reversed(list(zip(pair, TILE, names, strict=True))):
        count = ex.idiv(ex.add(nb.local(nb.group.axes[axis]), length(size - 1)), length(size))
        body = [st.For(name, count, "serial", body)]
    others = [k for k in order if k not in pair]
    for axis in reversed(others):
        body = [st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", body)]
    nb.nest.body += body
    if not others:
        nb.nest.points = nb.b.dims.product((nb.group.axes[pair[1]], length(TILE[0])))
    else:
        nb.nest.points = rest(nb.b.dims, [nb.group.axes[k] for k in (*others, *pair)])


def _widened(nb: NestBuilder, axis: int, extent: Expr, body: Block) -> st.For:
    """A vector loop without accumulators."""
    short = extent.op == "const" and int(extent.value) < SHORT
    heaviest = max((i.cost for i in nb.group.items if isinstance(i, Pointwise)), default=0)
    unroll = 1 if nb.group.cost < HEAVY or short else 4 if heaviest >= VERY_HEAVY else 2
    return st.For(index_name(nb.index_of[axis]), extent, "vector", body, unroll=unroll)


def _run_items(nb: NestBuilder, items: Sequence[Item], body: Block) -> None:
    """Compute point-wise items in order into `body`; stores come last, so that in-place updates read old values."""
    nb.block, nb.stores = body, []
    for item in items:
        if isinstance(item, Pointwise) and nb.wants_store(item):
            result = None
            if item.out is not None and item.target is None and item.scatter is None:
                result = nb.env.get(item.out)
            nb.store_result(item, nb.compute(item) if result is None else result)
    body += nb.stores
    nb.stores = []


def collapse(nb: NestBuilder, order: list[int], body: Block) -> tuple[Block, Expr] | None:
    """One loop instead of a nest, if every access walks through memory as the nest does (or stays where it is)."""
    if len(order) < 2:
        return None
    axes = [nb.group.axes[k] for k in order]
    names = [index_name(nb.index_of[k]) for k in order]
    wanted = [nb.local(s) for s in c_strides(nb.b.dims, tuple(axes))]
    accesses: list[st.Load | st.Store] = []
    for stmt in st.walk(body):
        if isinstance(stmt, st.Load | st.Store):
            accesses.append(stmt)
        if isinstance(stmt, st.Store) and not set(names).isdisjoint(ex.names(stmt.value)):
            return None
    changed: dict[int, st.Load | st.Store] = {}
    last = nb.index_of[order[-1]]
    for access in accesses:
        strides: dict[str, Expr] = {}
        offset = access.view.offset
        for at, stride in zip(access.index, access.view.strides, strict=True):
            inside = set(names).intersection(ex.names(at))
            if not inside:
                offset = ex.add(offset, ex.mul(at, stride))
            elif at.op == "name" and at.value not in strides:
                strides[str(at.value)] = stride
            else:
                return None
        if strides:
            if any(strides.get(n) is not w for n, w in zip(names, wanted, strict=True)):
                return None
            view = st.View(access.view.base, access.view.type, offset, (ONE,))
            if isinstance(access, st.Load):
                changed[id(access)] = st.Load(access.name, view, (last,))
            else:
                changed[id(access)] = st.Store(view, (last,), access.value)
    return _replaced(body, changed), nb.local(nb.b.dims.product(tuple(axes)))


def _replaced(body: Block, changed: Mapping[int, st.Stmt]) -> Block:
    """The statements with some of them changed, also in loops inside."""
    result: Block = []
    for stmt in body:
        if isinstance(stmt, st.For):
            inner = _replaced(stmt.body, changed)
            stmt = replace(stmt, body=inner)
        result.append(changed.get(id(stmt), stmt))
    return result


# -- reductions along the contiguous axis -----------------------------------------------------------------------
def _rows(nb: NestBuilder, order: list[int], phases: int) -> None:
    group = nb.group
    parallel = [k for k in order if k not in group.red]
    reduced = [k for k in order if k in group.red]
    body: Block = []
    nb.rows = {}
    if not parallel and phases == 1 and not nb.kept:
        part = part_length(nb.b.dims, [group.axes[k] for k in reduced])
        if part is not None:
            _in_parts(nb, reduced, part)
            return
    if parallel:
        nb.nest.points = rest(nb.b.dims, [group.axes[k] for k in (*parallel, *reduced)])
    for phase in range(phases + 1):
        _prefix(nb, phase, body)
        if phase < phases:
            for item, result in zip(*_sweep(nb, phase, reduced, body), strict=True):
                _finish(nb, item, result)
    body += nb.stores
    nb.stores = []
    if len(nb.sweeps) == 1:
        _ahead(nb, order, nb.sweeps[0][1])
    elif parallel and nb.sweeps:
        points = nb.b.dims.product(tuple(group.axes[k] for k in reduced))
        next_row(nb, nb.sweeps, nb.index_of[parallel[-1]], [nb.index_of[k] for k in reduced], points)
    for axis in reversed(parallel):
        body = [st.For(index_name(nb.index_of[axis]), nb.local(group.axes[axis]), "serial", body)]
    if nb.part is not None:
        number, share, parts = nb.part
        loop = body[0]
        assert isinstance(loop, st.For)
        size, rows = nb.local(share), loop.extent
        first = ex.mul(number, size)
        loop.start, loop.extent = ex.minimum(first, rows), ex.minimum(ex.add(first, size), rows)
        body = [st.For(index_name(number), nb.local(parts), "serial", body)]
        others = rest(nb.b.dims, [group.axes[k] for k in (*parallel, *reduced)])
        nb.nest.points = nb.b.dims.product((share, others))
    nb.nest.body += body


def _in_parts(nb: NestBuilder, reduced: list[int], part: Expr) -> None:
    """A full reduction: the sum of each part goes to memory; when all parts are there, they are added in order."""
    group, nest = nb.group, nb.nest
    number_name, number = nb.define("i", "i64")
    size, whole_axis = nb.local(part), nb.local(group.axes[reduced[0]])
    first = ex.mul(number, size)
    bounds = (ex.minimum(first, whole_axis), ex.minimum(ex.add(first, size), whole_axis))
    _prefix(nb, 0, nest.body)
    body: Block = []
    reduces, sums = _sweep(nb, 0, reduced, body, bounds)
    _ahead(nb, reduced, nb.sweeps[0][1])
    memory = [nb.row_buffer(r.acc, (length(PARTS),)) for r in reduces]
    for tensor, total in zip(memory, sums, strict=True):
        view, index = nb.place(whole(tensor), [number])
        body.append(st.Store(view, index, total))
    parts = ex.select(ex.lt(size, whole_axis), length(PARTS), ONE)
    nest.body.append(st.For(number_name, parts, "serial", body))
    end: Block = []
    for item, total in zip(reduces, _sum_parts(nb, reduces, memory, parts, end), strict=True):
        _finish(nb, item, total)
    _prefix(nb, 1, end)
    end += nb.stores
    nb.stores = []
    lo, hi = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
    nest.body.append(st.If(ex.or_(ex.eq(ex.sub(hi, lo), parts), ex.eq(lo, parts)), end, []))
    nest.points, nest.finish = nb.b.dims.product((part, rest(nb.b.dims, [group.axes[k] for k in reduced]))), True


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
        init, combined = st.identity(item.op, item.acc), st.combine(item.op, inside, found)
        carried.append(st.Carried(name, item.op, item.acc, init, combined, result_name))
        results.append(result)
    end.append(st.For(index_name, parts, "serial", block, carried))
    nb.block = end
    return results


def _prefix(nb: NestBuilder, level: int, body: Block) -> None:
    """Work of one parallel point between two sweeps; its stores wait for the end of the point."""
    nb.env, nb.loads, nb.block = {}, {}, body
    for item in nb.prefix_items(level):
        result = nb.compute(item)
        if nb.wants_store(item):
            assert isinstance(item, Pointwise)
            nb.store_result(item, result)


def _sweep(
    nb: NestBuilder, phase: int, reduced: list[int], body: Block, bounds: tuple[Expr, Expr] | None = None
) -> tuple[list[Reduce], list[Expr]]:
    """One pass over the reduced axes (of the first of them only what `bounds` says); what has been accumulated."""
    items = nb.sweep_items(phase)
    if not items:
        return [], []
    reduces = [i for i in items if isinstance(i, Reduce)]
    inner: Block = []
    outer_stores, nb.stores = nb.stores, []
    nb.env, nb.loads, nb.block = {}, {}, inner
    accumulators = [nb.define("a", r.acc) for r in reduces]
    nexts = {}
    cost = 0
    for item in items:
        if isinstance(item, Reduce):
            k = reduces.index(item)
            nexts[k] = st.combine(item.op, accumulators[k][1], nb.compute(item))
            cost += item.cost
        elif isinstance(item, Pointwise) and item.out in nb.kept and item.out not in nb.stored:
            _store_row(nb, item, nb.env[item.out] if item.out in nb.env else nb.compute(item))
            cost += item.cost
        elif nb.wants_store(item):
            assert isinstance(item, Pointwise)
            nb.store_result(item, nb.env[item.out] if item.out in nb.env and item.target is None else nb.compute(item))
            cost += item.cost
    for item in items:
        if isinstance(item, Pointwise) and item.out in nb.kept:
            nb.rows[item.out] = nb.kept[item.out]
    inner += nb.stores
    nb.stores = outer_stores
    total = sum(i.cost for i in items if isinstance(i, Pointwise | Reduce))
    gathers = _gathers(inner, nb.index_of[reduced[-1]])
    unroll = 1 if gathers else _unroll(inner, reduces, total if total >= HEAVY else cost)
    apart = unroll > 1 and total < HEAVY and not any(isinstance(s, st.For) for s in inner)
    loops, results = _loops(nb, reduced, inner, reduces, accumulators, nexts, unroll, apart, bounds)
    body += loops
    nb.block = body
    nb.sweeps.append((total, inner))
    return reduces, results


def _unroll(body: Block, reduces: list[Reduce], cost: int) -> int:
    """How many vectors a sweep takes at once."""
    if cost >= HEAVY:
        return 2
    if not reduces or cost > UNROLL_COST:
        return 1
    # so many that no addition waits for the one before, as long as the accumulators fit into registers
    sizes = [ex.ITEMSIZE[s.view.type] for s in st.walk(body) if isinstance(s, st.Load | st.Store)]
    narrow = max(min(sizes, default=8), 4)
    registers = sum(max(ex.ITEMSIZE[r.acc] // narrow, 1) for r in reduces)
    return 4 if registers <= 2 else 2 if registers <= 4 else 1


def _gathers(block: Block, index: Expr) -> bool:
    """Whether elements that are not side by side are read as `index` runs: then loading takes the time, not adding."""
    loads = [s for s in block if isinstance(s, st.Load)]
    return any(
        at is index and not is_const(stride, 1)
        for load in loads
        for at, stride in zip(load.index, load.view.strides, strict=True)
    )


def _loops(
    nb: NestBuilder, axes: list[int], inner: Block, reduces: list[Reduce], accumulators: list[tuple[str, Expr]],
    nexts: dict[int, Expr], unroll: int, apart: bool, bounds: tuple[Expr, Expr] | None,
) -> tuple[Block, list[Expr]]:  # fmt: skip
    """Loops over the reduced axes with carried accumulators, the innermost widened; the final values."""
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
        kind = "vector" if depth == 0 else "serial"
        start, extent = ZERO, nb.local_or_nothing(axis, axes[-depth:] if outermost and depth else [])
        if bounds is not None and outermost:
            start, extent = bounds
        name, copies = index_name(nb.index_of[axis]), unroll if depth == 0 else 1
        block = [st.For(name, extent, kind, block, carried, copies, apart and depth == 0, start=start)]
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
    nb.stores.append(st.Store(view, index, ex.cast(result, st.load_type(view.type))))
