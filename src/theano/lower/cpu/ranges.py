"""Which kernels work on ranges of their outermost axis, so that several threads can share them.

Everything here follows from sizes, never from the number of threads: so do the results. Times are rough, in
picoseconds.
"""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.nest import Nest, NestBuilder, pruned, remade
from theano.lower.dims import ONE, ZERO, Dims, is_const, length
from theano.lower.items import Pointwise, Reduce
from theano.lower.machine import Machine
from theano.lower.values import Tensor
from theano.runtime import abi


def point_time(nb: NestBuilder) -> int:
    """Picoseconds that one point of a group takes."""
    return sum(point_times(nb))


def point_times(nb: NestBuilder) -> tuple[int, int]:
    """Picoseconds that the arithmetic of one point of a group takes, and what it moves."""
    machine = nb.b.machine
    moved: dict[Tensor, int] = {}
    work = 0
    for item in nb.group.items:
        assert isinstance(item, Pointwise | Reduce)
        size = max([ex.ITEMSIZE[v.type] for v in item.reads] + ([ex.ITEMSIZE[item.out.type]] if item.out else []))
        if nb.group.is_prefix(item):
            continue
        work += item.cost * size * machine.operation_time
        for value in item.reads:
            if value.tensor is not None and value.tensor not in nb.producer:
                moved[value.tensor] = ex.ITEMSIZE[value.type]
        if item.out is not None and isinstance(item, Pointwise) and nb.wants_store(item):
            moved[item.out] = ex.ITEMSIZE[item.out.type]
    return work, sum(moved.values()) * machine.byte_time


def make_ranged(nb: NestBuilder, always: bool = False) -> hs.Ranges | None:
    """Let the kernel of a nest compute ranges of its outermost loop, if its positions are independent and may be many.

    With `always` also where they are few.

    `nest.points` says how many points a position has; without it the loops stay as they are. Parameters that the nest
    does not use are gone afterwards.
    """
    ranges = _ranges(nb, always)
    pruned(nb.nest)
    if ranges is not None:
        nb.nest.params += [(st.LO, "i64"), (st.HI, "i64")]
    return ranges


def _ranges(nb: NestBuilder, always: bool) -> hs.Ranges | None:
    """What the caller of a ranged kernel must know, its outermost loop being changed; None if it is not to be one."""
    nest, dims = nb.nest, nb.b.dims
    loop = next((s for s in reversed(nest.body) if isinstance(s, st.For)), None)  # before it something may be picked
    if nest.points is None or loop is None:
        return None
    extent = _or_nothing(nb, dims.normal(in_main(nest, loop.extent)))
    if is_const(extent, 1) or st.fixed_store(loop, {s.name for s in nest.body if isinstance(s, st.Local)}):
        return None
    weight = dims.normal(ex.mul(nest.points, length(point_time(nb))))
    least = nb.b.machine.least_work(any(nb.b.within(nb.group.region, steps) for steps in nb.b.own_names))
    work = extent.value * weight.value if extent.op == weight.op == "const" else None
    if work is not None and work < least and not (nest.finish or always):
        return None
    loop.start, loop.extent = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
    if nb.b.machine.shares_loops:
        return hs.Ranges(extent, weight, max(least, 1), nest.finish)
    is_short = work is not None and work < abi.STRETCH
    return hs.Ranges(extent, weight, 0 if is_short else abi.STRETCH, nest.finish, alone=True)


def _or_nothing(nb: NestBuilder, extent: Expr) -> Expr:
    """No position of the outermost loop, however many it has, where a loop inside has none."""
    axes = [nb.group.axes[k] for k in nb.group.parallel()]
    if len(axes) < 2 or (nb.nest.points is ONE and not nb.group.red):
        return extent
    points = nb.b.dims.product(tuple(axes))
    return extent if points.op == "const" and points.value else ex.select(ex.eq(points, 0), ZERO, extent)


def in_main(nest: Nest, root: Expr) -> Expr:
    """An expression over a kernel's parameters as main sees it."""
    known = {name: arg for (name, _), arg in zip(nest.params, nest.args, strict=True) if isinstance(arg, Expr)}
    done: dict[Expr, Expr] = {}
    for node in ex.postorder((root,)):
        done[node] = known[node.value] if node.op == "name" else node
        if node.args:
            done[node] = remade(node, [done[a] for a in node.args])
    return done[root]


def part_length(machine: Machine, dims: Dims, axes: list[Expr]) -> Expr | None:
    """How many positions of the first of the reduced axes are one part of a full reduction; None for a small one.

    Up to `Machine.large` elements they all are the first part, and the others are empty.
    """
    first, points, parts = axes[0], dims.product(tuple(axes)), machine.parts
    if points.op == "const" and points.value < machine.large:
        return None
    share = ex.lshr(ex.add(first, length(parts - 1)), parts.bit_length() - 1)
    return ex.select(ex.ge(points, length(machine.large)), share, _all_of(dims, axes))


def _all_of(dims: Dims, axes: list[Expr]) -> Expr:
    """All positions of the first axis, or none where a loop inside has none."""
    return axes[0] if len(axes) == 1 else ex.minimum(axes[0], dims.product(tuple(axes)))


def row_parts(machine: Machine, dims: Dims, parallel: list[Expr], reduced: list[Expr]) -> tuple[Expr, Expr]:
    """Rows of one part, and how many parts: rows that need a buffer have one for each part."""
    first, parts = parallel[0], machine.parts
    many = ex.ge(dims.product((*parallel, *reduced)), length(machine.large))
    many = ex.and_(many, ex.le(dims.product(tuple(reduced)), length(machine.part_row)))
    share = ex.select(many, ex.lshr(ex.add(first, length(parts - 1)), parts.bit_length() - 1), first)
    return share, ex.select(ex.lt(share, first), length(parts), ONE)


def column_parts(
    machine: Machine, dims: Dims, reduced: list[Expr], columns: Expr, block: int
) -> tuple[Expr, Expr] | None:
    """Rows of one part of a reduction of columns, and how many parts: one where blocks of columns are enough.

    None if that is known.
    """
    first, points, parts = reduced[0], dims.product((*reduced, columns)), machine.column_parts
    least = parts * machine.part_rows
    if (points.op == "const" and points.value < machine.large) or (first.op == "const" and first.value < least):
        return None
    many = ex.and_(ex.ge(points, length(machine.large)), ex.ge(first, length(least)))
    many = ex.and_(many, ex.le(columns, length(parts * block)))
    share = ex.lshr(ex.add(first, length(parts - 1)), parts.bit_length() - 1)
    return ex.select(many, share, _all_of(dims, reduced)), ex.select(many, length(parts), ONE)


def rest(dims: Dims, axes: list[Expr]) -> Expr:
    """Points of one position of the first of `axes`."""
    return dims.product(tuple(axes[1:])) if len(axes) > 1 else ONE
