"""How the loops of a group go: one pure function decides it, from its items, lengths and the machine.

The shapes are those of `lower.plan.nest_plan`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group, picked, scattering
from theano.lower.nests.accesses import Access, Reach
from theano.lower.nests.axis_order import axis_order, is_around
from theano.lower.nests.coalesced_axes import Run, joined_axes, joined_group
from theano.lower.nests.nest_plan import KeptRow, NestPlan, Outermost, Sharing, Sweep
from theano.lower.nests.phases import Phases
from theano.lower.nests.prefetch import Hint, hints_ahead, hints_for_rows, pays, rows_ahead
from theano.lower.nests.split_work import column_parts, crossed_parts, part_length, rest, row_parts, rows_together
from theano.lower.nests.times import point_time
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.machine import Machine
from theano.lower.state.strides import c_strides
from theano.lower.state.values import Tensor
from theano.runtime import abi


def plan_nest(
    b: Builder, group: Group, stored: Collection[Tensor], *, in_slices: bool = False,
    by_rows: tuple[Expr, Expr] | None = None,
) -> NestPlan:  # fmt: skip
    """The form of a group's loops; `stored` are the tensors that must be in memory afterwards.

    `in_slices` each position of the outermost axis is for itself, and a caller asks for ranges of them. So does one
    where the first of `by_rows` holds: for some of as many parts of the outermost axis as the second one tells.
    """
    return _Planner(b, group, stored, in_slices, by_rows).plan()


class _Planner:
    def __init__(
        self, b: Builder, group: Group, stored: Collection[Tensor], in_slices: bool, by_rows: tuple[Expr, Expr] | None
    ) -> None:
        self.b = b
        self.dims = b.dims
        self.machine = b.machine
        self.group = group
        self.stored = stored
        self.in_slices = in_slices
        self.by_rows = by_rows
        self.reach = Reach(b, group, stored)
        self.joined: tuple[Run, ...] = ()

    def plan(self) -> NestPlan:
        axes = self.group.axes
        if any(is_const(axes[k], 0) for k in self.group.parallel()) and not _in_parts(self.group.items):
            return NestPlan("nothing")
        runs = joined_axes(self.reach)
        if runs and (not self.in_slices or len(runs) == 1):
            self.joined, self.group = runs, joined_group(self.group, runs)
            self.reach = Reach(self.b, self.group, self.stored)
        group = self.group
        self.order = order = axis_order(self.reach)
        self.reduced = [k for k in order if k in group.red]
        self.parallel = [k for k in order if k not in group.red]
        if group.along is not None:
            return self._running(group.along)
        if not group.red:
            return self._points()
        self.phases = Phases(self.b, group, self.reach.producer)
        if order[-1] not in group.red:
            return self._columns()
        return self._crossed() or self._rows()

    def _form(self, shape: str, outermost: Outermost | None, **form: Any) -> NestPlan:
        return NestPlan(
            shape, self.joined, tuple(self.order), outermost=outermost, sharing=self._sharing(outermost),
            in_slices=self.in_slices, **form,
        )  # fmt: skip

    def _lengths(self, axes: Sequence[int]) -> list[Expr]:
        return [self._length(k) for k in axes]

    def _length(self, axis: int) -> Expr:
        """How long an axis is, on average where that is loaded."""
        axes, ragged = self.group.axes, self.group.ragged
        if ragged is None or axis != ragged.axis:
            return axes[axis]
        return ex.add(ex.idiv(axes[axis], ex.maximum(axes[ragged.rows], ONE)), ONE)

    # -- points --------------------------------------------------------------------------------------------------
    def _points(self) -> NestPlan:
        order, group = tuple(self.order), self.group
        scatters = scattering(group.items)
        if scatters:
            count = scatters[0].parts
            if count is None:
                return self._scattered({group.places[scatters[0]][k] for k in scatters[0].spread})
            parts = self._outermost_part(count)
            return self._form(
                "points", parts, in_order=True, in_rows=self._in_rows(scatters), parts=self._shares(count)
            )  # fmt: skip
        if not order:
            return NestPlan("points")
        accesses = self.reach.of(group.items)
        if self.joined and len(order) == 1:
            outermost = Outermost(group.axes[0], ONE, frozenset(order))
            unroll = point_unroll(self.machine, group, group.axes[0])
            return self._form("flat", outermost, unroll=unroll, hints=self._ahead(accesses))
        across = self._across(accesses)
        if across is not None:
            outermost = self._outermost_tile(across)
            unroll = point_unroll(self.machine, group, None)
            return self._form("tiled", outermost, unroll=unroll, across=across)
        first = order[0]
        outermost = Outermost(group.axes[first], rest(self.dims, self._lengths(order)), self._moving(first), first)
        turn, has_edges = self._ends()
        unroll = 1 if turn > 1 or has_edges else point_unroll(self.machine, group, group.axes[order[-1]])
        hints = () if turn > 1 or has_edges else self._ahead(accesses)
        return self._form("points", outermost, unroll=unroll, turn=turn, has_edges=has_edges, hints=hints)

    def _ends(self) -> tuple[int, bool]:
        """How many positions of the innermost axis go by at once, and whether those at its ends may look outside.

        As many go by, if they are few, as places along the axis are divided by. An axis that is the only one is shared
        position by position.
        """
        last, turn, has_edges = self.order[-1], 1, False
        for item in self.group.items:
            assert isinstance(item, Pointwise)
            for node in bd.facts(item.body).order if bd.facts(item.body).placed else ():
                if node.op in ("quotient", "remainder", "within") and last in self.reach.axes_in(item, node.args[0]):
                    has_edges = has_edges or node.op == "within"
                    if node.op != "within" and node.args[1].op == "const":
                        turn = math.lcm(turn, node.args[1].value)
        if len(self.order) == 1:
            return 1, False
        return turn if turn <= self.machine.longest_turn else 1, has_edges and not self.machine.has_masks

    def _scattered(self, spread: Collection[int | None]) -> NestPlan:
        """What is written to places: in order, but along the axes `spread`, where no two of them are the same.

        These go outside, and the last one in vectors inside: then threads share blocks of it, and each goes to all
        places.
        """
        axes, tied = self.group.axes, [k for k in self.order if k not in spread]
        free, last = [k for k in self.order if k in spread], axes[self.order[-1]] if self.order else ONE
        if not free or (last.op == "const" and int(last.value) <= self.machine.few_columns):
            return NestPlan("points", order=tuple(self.order), in_order=True)
        vector = free.pop() if free[-1] == self.order[-1] else None
        self.order = [*free, *tied] if vector is None else [*free, *tied, vector]
        points, width = rest(self.dims, self._lengths(self.order)), 0
        if free:
            outermost = Outermost(axes[free[0]], points, frozenset(free[:1]), free[0])
        else:
            width = self.machine.scatter_block
            assert vector is not None
            blocks = ex.idiv(ex.add(axes[vector], length(width - 1)), length(width))
            points = self.dims.product((*self._lengths(tied), length(width)))
            outermost = Outermost(blocks, points, frozenset([vector]))
        return self._form("points", outermost, in_order=vector is None, width=width)

    def _across(self, accesses: Sequence[Access]) -> int | None:
        """The axis, not the innermost, along which some memory is contiguous that the innermost jumps through.

        As in ``x + y.T``; None where one of the two is so short that all is in the cache anyway.
        """
        if self.group.ragged is not None:
            return None
        last, few = self.order[-1], max(self.machine.tile)
        for access in accesses:
            steps = dict(access.steps)
            for axis, stride in steps.items():
                if axis is not None and axis != last and last in steps and is_const(stride, 1):
                    lengths = self._lengths([axis, last])
                    return None if any(d.op == "const" and int(d.value) <= few for d in lengths) else axis
        return None

    def _outermost_tile(self, across: int) -> Outermost:
        last, size = self.order[-1], self.machine.tile[0]
        others = [k for k in self.order if k not in (across, last)]
        if others:
            points = rest(self.dims, self._lengths([*others, across, last]))
            return Outermost(self.group.axes[others[0]], points, frozenset(others[:1]), others[0])
        extent = ex.idiv(ex.add(self.group.axes[across], length(size - 1)), length(size))
        return Outermost(extent, self.dims.product((self.group.axes[last], length(size))), frozenset([across]))

    def _in_rows(self, scatters: Sequence[Pointwise]) -> bool:
        """Whether what goes to computed places are whole rows, along the innermost of several axes."""
        last, group = self.order[-1], self.group
        for item in scatters:
            assert item.scatter is not None
            *first, along = item.scatter
            if along.op != "index" or group.places[item][along.value] != last:
                return False
            if any(last in self.reach.axes_in(item, place) for place in first):
                return False
        return len(self.order) > 1

    def _shares(self, count: Expr) -> tuple[Expr, Expr]:
        """Positions of the first axis in each of so many parts."""
        first = self.group.axes[self.order[0]]
        return self.dims.normal(ex.idiv(ex.add(first, ex.sub(count, ONE)), count)), count

    def _outermost_part(self, count: Expr) -> Outermost:
        moving, ragged = {self.order[0]}, self.group.ragged
        if ragged is not None and ragged.rows == self.order[0]:
            moving.add(ragged.axis)
        share, _ = self._shares(count)
        points = self.dims.product((share, rest(self.dims, self._lengths(self.order))))
        return Outermost(count, points, frozenset(moving))

    def _ahead(self, accesses: Sequence[Access]) -> tuple[Hint, ...]:
        if self.group.ragged is not None or not pays(self.reach):
            return ()
        strides = c_strides(self.dims, self._lengths(self.order))
        return hints_ahead(self.reach, accesses, tuple(zip(self.order, strides, strict=True)))

    # -- crossed ---------------------------------------------------------------------------------------------------
    def _crossed(self) -> NestPlan | None:
        """The form of a single sweep over axes around a parallel one and inside it; None for others."""
        machine, dims, group, reduced = self.machine, self.dims, self.group, self.reduced
        if len(self.parallel) != 1 or len(reduced) < 2 or self.in_slices or self.b.in_steps(group.region):
            return None
        if group.ragged is not None or scattering(group.items):
            return None
        (row,) = self.parallel
        if self.phases.sweeps > 1 or not is_around(self.reach, reduced[0], row):
            return None
        if any(map(self.reach.wants_store, self.phases.prefix(0))) or any(map(picked, self.phases.prefix(1))):
            return None
        later = self.phases.later_columns()
        lanes = self._width(later)
        alone, block = rows_together(machine, dims, self._lengths([row, *reduced]), lanes)
        found = crossed_parts(machine, dims, self._lengths(reduced), group.axes[row], block)
        if found is None:
            return None
        share, parts, blocks = found
        points = dims.product((share, *self._lengths(reduced[1:]), block))
        outermost = Outermost(ex.mul(parts, blocks), points, frozenset([row]), finish=True)
        if is_const(dims.normal(outermost.extent), 1) or self._stores_elsewhere(outermost):
            return None
        return self._form(
            "crossed", outermost, sweeps=self._column_sweeps(later, reduced[-2]), before=self._before(),
            parts=(share, parts), later=tuple(later), width=machine.rows_together, block=block, lanes=lanes,
            one_by_one=(alone, self._row_sweeps([])[0][0]), levels=self._levels(),
        )  # fmt: skip

    # -- rows ------------------------------------------------------------------------------------------------------
    def _rows(self) -> NestPlan:
        kept = self.phases.kept_rows(self.stored)
        if self.group.ragged is not None:  # a row may have any length: no buffer is sure to hold it
            kept = [item for item in kept if item.out in self.stored]
        sweeps, accesses = self._row_sweeps(kept)
        hints, busiest = self._row_hints(sweeps, accesses)
        shape, parts, outermost = self._row_parts(kept)
        rows = tuple([KeptRow(item, self._buffer_lengths(item, parts)) for item in kept])
        return self._form(
            shape, outermost, sweeps=sweeps, before=self._before(), kept=rows, parts=parts, hints=hints, busiest=busiest
        )

    def _moving(self, axis: int) -> frozenset[int]:
        """The axes whose positions follow from where the outermost loop is: those of a row are the row's own."""
        ragged = self.group.ragged
        return frozenset([axis] if ragged is None or ragged.rows != axis else [axis, ragged.axis])

    def _before(self) -> tuple[tuple[Item, ...], ...]:
        return tuple([tuple(self.phases.prefix(level)) for level in range(self.phases.sweeps + 1)])

    def _row_parts(self, kept: list[Pointwise]) -> tuple[str, tuple[Expr, Expr] | None, Outermost | None]:
        """Who shares the outermost loop: rows, the parts of rows that have buffers, or those of a full reduction."""
        machine, dims = self.machine, self.dims
        first = self._lengths((self.parallel or self.reduced)[:1])[0]
        if self.parallel:
            axis = self.parallel[0]
            for item in scattering(self.group.items):
                assert item.parts is not None
                return "rows", self._shares(item.parts), self._outermost_part(item.parts)
            points = rest(dims, self._lengths([*self.parallel, *self.reduced]))
            if all(item.out in self.stored for item in kept):
                return "rows", None, Outermost(first, points, self._moving(axis), axis)
            if self.in_slices:
                return "rows", (ONE, first), Outermost(first, dims.product((ONE, points)), frozenset([axis]), axis)
            share, parts = row_parts(machine, dims, self._lengths(self.parallel), self._lengths(self.reduced))
            if self.by_rows is not None:
                cond, rows = self.by_rows
                share = ex.select(cond, ex.idiv(first, ex.maximum(rows, ONE)), share)
                parts = ex.select(cond, rows, parts)
            return "rows", (share, parts), Outermost(parts, dims.product((share, points)), frozenset([axis]))
        part = part_length(machine, dims, self._lengths(self.reduced)) if self.phases.sweeps == 1 and not kept else None
        if part is None:
            return "rows", None, None
        parts = ex.select(ex.lt(part, first), length(machine.parts), ONE)
        points = dims.product((part, rest(dims, self._lengths(self.reduced))))
        outermost = Outermost(parts, points, frozenset(self.reduced[:1]), finish=True)
        return ("rows", None, None) if self._stores_elsewhere(outermost) else ("parts", (part, parts), outermost)

    def _row_sweeps(self, kept: list[Pointwise]) -> tuple[tuple[Sweep, ...], list[list[Access]]]:
        keep = {item.out: self._buffer(item) for item in kept if item.out not in self.stored and item.out is not None}
        rows: dict[Tensor, Access] = {}
        known: set[Tensor] = set()
        sweeps, found = [], []
        for phase in range(self.phases.sweeps):
            known.update(i.out for i in self.phases.prefix(phase) if isinstance(i, Pointwise) and i.out is not None)
            items = self.phases.sweep(phase)
            accesses = self.reach.of(items, known, rows, keep)
            sweeps.append(self._row_sweep(items, accesses, keep))
            found.append(accesses)
            known.update(i.out for i in items if isinstance(i, Reduce) and i.out is not None)
            for item in kept:
                if self.phases.of[item] == phase and item.out is not None:
                    rows[item.out] = keep.get(item.out) or self.reach.store(item)._replace(written=False)
        return tuple(sweeps), found

    def _buffer_lengths(self, item: Pointwise, parts: tuple[Expr, Expr] | None) -> tuple[Expr, ...] | None:
        assert item.out is not None
        if item.out in self.stored:
            return None
        own = tuple([self.group.axes[at] for at in self._reduced_axes_of(item)])
        return own if parts is None else (parts[1], *own)

    def _buffer(self, item: Pointwise) -> Access:
        """The buffer of a row that is kept."""
        assert item.out is not None
        own = self._reduced_axes_of(item)
        strides = c_strides(self.dims, self._lengths(own))
        return Access(item.out.type, tuple(zip(own, strides, strict=True)), written=True)

    def _reduced_axes_of(self, item: Item) -> list[int]:
        return [at for at in self.group.places[item] if at is not None and at in self.group.red]

    def _row_sweep(self, items: list[Item], accesses: list[Access], keep: Collection[Tensor | None]) -> Sweep:
        total = cost = 0
        for item in items:
            assert isinstance(item, Pointwise | Reduce)
            total += item.cost
            if isinstance(item, Reduce) or item.out in keep or self.reach.wants_store(item):
                cost += item.cost
        reduces = [i for i in items if isinstance(i, Reduce)]
        heavy, last = self.machine.heavy, self.reduced[-1]
        unroll = sweep_unroll(self.machine, accesses, reduces, total if total >= heavy else cost)
        if last == (self.group.ragged and self.group.ragged.axis) or any(_gathers(a, last) for a in accesses):
            unroll = 1  # also where rows are short: what whole turns leave takes longer than they do
        in_order = bool(scattering(items))
        unroll = 1 if in_order else unroll
        separate_copies = unroll > 1 and total < heavy and not any(a.in_loop for a in accesses)
        return Sweep(tuple(items), total, unroll, separate_copies, in_order=in_order)

    def _row_hints(self, sweeps: Sequence[Sweep], accesses: list[list[Access]]) -> tuple[tuple[Hint, ...], int]:
        """Hints for all that a single sweep walks through; for the next row where there are several."""
        busy = [k for k, sweep in enumerate(sweeps) if sweep.items]
        if not busy:
            return (), 0
        if len(busy) == 1:
            return self._ahead(accesses[busy[0]]), busy[0]
        busiest = max(busy, key=lambda k: sweeps[k].cost)
        if not self.parallel or self.group.ragged is not None or not pays(self.reach):
            return (), busiest
        return rows_ahead(accesses, busiest, self.parallel[-1], self.reduced), busiest

    # -- columns ---------------------------------------------------------------------------------------------------
    def _columns(self) -> NestPlan:
        group, dims, vector = self.group, self.dims, self.order[-1]
        outer = [k for k in self.parallel if k != vector]
        later = self.phases.later_columns()
        width = self._width(later)
        blocks = ex.idiv(ex.add(group.axes[vector], length(width - 1)), length(width))
        points = rest(dims, self._lengths([*outer, vector, *self.reduced]))
        parts, outermost = self._column_parts(width, blocks) if not outer else (None, None)
        if outer:
            outermost = Outermost(group.axes[outer[0]], points, self._moving(outer[0]), outer[0])
        elif outermost is None:
            outermost = Outermost(blocks, dims.product((points, length(width))), frozenset([vector]))
        return self._form(
            "columns", outermost, sweeps=self._column_sweeps(later, self.reduced[-1]), before=self._before(),
            parts=parts, later=tuple(later), width=width, levels=self._levels(),
        )  # fmt: skip

    def _column_parts(self, width: int, blocks: Expr) -> tuple[tuple[Expr, Expr] | None, Outermost | None]:
        """The parts of the rows of a single sweep; None where it is not to be, or can't be, cut."""
        if self.phases.sweeps > 1 or not self._may_be_parts():
            return None, None
        vector = self.order[-1]
        parts = column_parts(self.machine, self.dims, self._lengths(self.reduced), self.group.axes[vector], width)
        if parts is None:
            return None, None
        points = self.dims.product((parts[0], *self._lengths(self.reduced[1:]), length(width)))
        outermost = Outermost(ex.mul(parts[1], blocks), points, frozenset([vector]), finish=True)
        return (None, None) if self._stores_elsewhere(outermost) else (parts, outermost)

    def _levels(self) -> tuple[tuple[tuple[Item, ...], ...], ...]:
        return tuple(map(self._column_level, range(self.phases.sweeps + 1)))

    def _column_level(self, level: int) -> tuple[tuple[Item, ...], ...]:
        ended = self.phases.sweep(level - 1) if level else []
        loops: list[list[Item]] = [[i for i in ended if isinstance(i, Reduce)]]
        for item in self.phases.prefix(level):
            if picked(item):
                loops += [[item], []]
            else:
                loops[-1].append(item)
        return tuple([tuple(loop) for loop in loops if loop])

    def _width(self, later: Sequence[Tensor]) -> int:
        """Columns of a block: more where work is cheap and accumulators are few."""
        items, machine = self.group.items, self.machine
        kept = len(later) + sum(isinstance(i, Reduce) for i in items)
        cost = sum(i.cost for i in items if isinstance(i, Pointwise | Reduce) and not self.group.is_prefix(i))
        if cost >= machine.heavy or kept > 4:
            return machine.block
        return max(machine.wide_block >> max(kept - 1, 0).bit_length(), machine.block)

    def _may_be_parts(self) -> bool:
        """Whether work before the sweep may be done once for each part, and that after it in one plain loop.

        Parts take 4 ms more to compile: that is for arrays which the function is given. What it computes itself,
        deltas of a batch, is rarely so long that a bias needs them.
        """
        before, after = self.phases.prefix(0), self.phases.prefix(1)
        read = {v.tensor.storage().role for i in self.phases.sweep(0) for v in i.reads if v.tensor and v.ndim > 1}
        if self.b.in_steps(self.group.region) or not read & {"input", "storage", "constant"}:
            return False
        return not any(map(self.reach.wants_store, before)) and not any(map(picked, after))

    def _column_sweeps(self, later: Sequence[Tensor], axis: int) -> tuple[Sweep, ...]:
        """The sweeps; `axis` counts their rows."""
        rows: dict[Tensor, Access] = {}
        sweeps = []
        hinted = self.group.ragged is None and pays(self.reach)
        for phase in range(self.phases.sweeps):
            items = self.phases.sweep(phase)
            cost = sum(i.cost for i in items if isinstance(i, Pointwise | Reduce))
            accesses = self.reach.of(items, later, rows, loops=False) if hinted else []
            hints = hints_for_rows(accesses, axis)
            gathers = self.group.ragged is not None and pays(self.reach) and self.reduced[-1] == self.group.ragged.axis
            rows_at_once = self._rows_at_once(items, cost)
            sweeps.append(Sweep(tuple(items), cost, rows=rows_at_once, hints=hints, gathers=gathers))
            for item in items:
                if isinstance(item, Pointwise) and item.out in self.stored and item.out is not None:
                    rows[item.out] = self.reach.store(item)._replace(written=False)
        return tuple(sweeps)

    def _rows_at_once(self, items: Sequence[Item], cost: int) -> int:
        """Rows that a sweep takes in one go: cheap ones several, so that accumulators stay in registers."""
        machine = self.machine
        if cost > machine.light:
            return 1
        work = [i for i in items if isinstance(i, Pointwise | Reduce)]
        made = {i.out for i in work}
        read = {v.tensor.storage() for i in work for v in i.reads if v.tensor and v.ndim > 1 and len(v.tensor.dims) > 1
                and v.tensor not in made}  # fmt: skip
        streams = len(read) + sum(map(self.reach.wants_store, items))
        return machine.rows_at_once * (2 if cost <= machine.little and streams <= 1 else 1)

    # -- running sums ------------------------------------------------------------------------------------------------
    def _running(self, along: int) -> NestPlan:
        """Along the axis in order: rows of it at once, or around a block of what is side by side across it."""
        axes, machine, vector = self.group.axes, self.machine, self.order[-1]
        others = [k for k in self.order if k != along]
        few = axes[vector].op == "const" and int(axes[vector].value) <= machine.few_columns
        down_columns = vector != along and not few
        self.order = [*others[:-1], along, vector] if down_columns else [*others, along]
        width, rows = machine.running_block if down_columns else 0, machine.running_rows
        if others and not width and axes[others[-1]].op == "const":
            rows = min(rows, int(axes[others[-1]].value))
        size, outermost = width or rows, None
        if others[1:] or (others and self.in_slices):
            points = rest(self.dims, self._lengths([*others, along]))
            outermost = Outermost(axes[others[0]], points, frozenset(others[:1]), others[0])
        elif others and not is_const(axes[others[0]], rows):
            blocks = ex.idiv(ex.add(axes[others[0]], length(size - 1)), length(size))
            outermost = Outermost(blocks, self.dims.product((axes[along], length(size))), frozenset(others))
        hints: tuple[Hint, ...] = ()
        if down_columns and pays(self.reach):
            hints = hints_for_rows(self.reach.of(self.group.items), along)
        return self._form("running", outermost, width=width, rows=rows, hints=hints)

    # -- threads -----------------------------------------------------------------------------------------------------
    def _sharing(self, outermost: Outermost | None) -> Sharing | None:
        """How threads share the outermost loop; None where its positions depend on each other, or are too few."""
        if outermost is None or self._stores_elsewhere(outermost):
            return None
        machine, dims = self.machine, self.dims
        extent = self._or_nothing(dims.normal(outermost.extent), outermost)
        if is_const(extent, 1):
            return None
        weight = dims.normal(ex.mul(outermost.points, length(point_time(self.reach))))
        least = machine.least_work(any(self.b.within(self.group.region, steps) for steps in self.b.own_names))
        work = extent.value * weight.value if extent.op == weight.op == "const" else None
        if work is not None and work < least and not (outermost.finish or self.in_slices):
            return None
        if machine.shares_loops:
            return Sharing(extent, weight, max(least, 1), outermost.finish, False)
        is_short = work is not None and work < abi.STRETCH
        return Sharing(extent, weight, 0 if is_short else abi.STRETCH, outermost.finish, True)

    def _stores_elsewhere(self, outermost: Outermost) -> bool:
        """Whether something is written whose place does not follow from the position of the outermost loop."""
        for item in self.group.items:
            assert isinstance(item, Pointwise | Reduce)
            if isinstance(item, Pointwise) and item.parts is not None:
                continue  # a place of its own for each part
            if outermost.finish and (isinstance(item, Reduce) or self.group.is_prefix(item)):
                continue  # at the end
            if isinstance(item, Pointwise) and item.scatter is not None:
                continue  # the loop goes along an axis on which no two places are the same
            if self.reach.wants_store(item) or (isinstance(item, Reduce) and item.out in self.stored):
                if all(axis not in outermost.moving for axis, _ in self.reach.store(item).steps):
                    return True
        return False

    def _or_nothing(self, extent: Expr, outermost: Outermost) -> Expr:
        """No position of the outermost loop, however many it has, where a loop inside has none."""
        axes = [self.group.axes[k] for k in self.group.parallel()]
        if _in_parts(self.group.items):
            return extent
        if len(axes) < 2 or (outermost.points is ONE and not self.group.red):
            return extent
        points = self.dims.product(tuple(axes))
        return extent if points.op == "const" and points.value else ex.select(ex.eq(points, 0), ZERO, extent)


# -- what several shapes ask -------------------------------------------------------------------------------------
def point_unroll(machine: Machine, group: Group, extent: Expr | None) -> int:
    """How many vectors a loop over points takes at once; `extent` is its length, unless it is that of a tile."""
    short = extent is not None and extent.op == "const" and int(extent.value) < machine.short
    if group.cost < machine.heavy or short:
        return 1
    return 4 if max((i.cost for i in group.items if isinstance(i, Pointwise)), default=0) >= machine.very_heavy else 2


def sweep_unroll(machine: Machine, accesses: Sequence[Access], reduces: Sequence[Reduce], cost: int) -> int:
    """How many vectors a sweep takes at once."""
    if cost >= machine.heavy:
        return 2
    if not reduces or cost > machine.light:
        return 1
    # so many that no addition waits for the one before, as long as the accumulators fit into registers
    narrow = max(min((ex.ITEMSIZE[a.type] for a in accesses), default=8), 4)
    registers = sum(max(ex.ITEMSIZE[r.acc] // narrow, 1) for r in reduces)
    return next(copies for copies in (4, 2, 1) if copies * registers <= machine.accumulators or copies == 1)


def _in_parts(items: Iterable[Item]) -> bool:
    """Whether items scatter in parts, which clear their sums even if there is nothing to add."""
    return any(item.parts is not None for item in scattering(items))


def _gathers(access: Access, axis: int) -> bool:
    """Whether elements that are not side by side are read along an axis: then loading takes the time, not adding."""
    return not (access.written or access.in_loop) and any(
        at == axis and not is_const(stride, 1) for at, stride in access.steps
    )
