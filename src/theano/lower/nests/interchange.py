"""How the steps of a loop go: one after the other, or all of an element inside the loops over elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group
from theano.lower.nests.accesses import Reach
from theano.lower.nests.axis_order import axis_order
from theano.lower.nests.coalesced_axes import joined_axes, joined_group
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.state.builder import Builder
from theano.lower.state.dims import length
from theano.lower.state.items import Item, Pointwise
from theano.lower.state.step_loop import StepLoop
from theano.lower.state.strides import c_strides
from theano.lower.state.values import Tensor, Value


class Passed(Record):
    """A state or an output of a step.

    `writer` writes its row; `taps` are the offsets of the rows that steps read, by the number of steps that these lie
    back; `first` is the number of initial rows, and `place(number)` gives row `number` as a view. Without `every`
    only the last `first` rows are wanted.
    """

    tensor: Tensor
    writer: Item
    first: int
    every: bool
    taps: dict[Expr | None, int]
    place: Callable[[Expr], Value]


class StepsForm(NamedTuple):
    """How the steps of a loop go.

    `together` is what they hand on if all steps of an element run one after the other inside the loops over elements;
    with `if_narrow` those with few elements only, which are no more than what each step reads and writes anyway. Else
    one step is made after the other, all its rows or, if `by_rows`, slices of them where these need each other nowhere.
    """

    together: Sequence[Passed] | None = None
    if_narrow: bool = False
    by_rows: bool = False


def form_of_steps(b: Builder, loop: StepLoop, groups: Sequence[Group]) -> StepsForm:
    """How the steps of a loop go that consist of `groups`."""
    if loop.carries or loop.until is not None or loop.objects or any(r.grows for r in loop.rows):
        return StepsForm()
    passed = _passed(b, loop)
    if passed is None or len(groups) != 1 or not exchangeable(b, groups[0], passed):
        return StepsForm(by_rows=True)
    return StepsForm(passed, if_narrow=_streams(b, loop, groups[0], passed))


def _passed(b: Builder, loop: StepLoop) -> list[Passed] | None:
    """What a step hands on and gives, if all of that is rows in memory written by loops."""
    if len(loop.ends) != len(loop.rows):
        return None
    found = []
    for rows, writer in zip(loop.rows, loop.ends, strict=True):
        if not isinstance(writer, Pointwise):
            return None
        place = partial(rows.row, b.dims, lengths=tuple(rows.inner.dims[1:]))
        t = ex.name(loop.step, "i64")
        taps = {place(ex.add(t, length(rows.first + tap))).offset: -tap for tap in rows.taps}
        every = rows.keep is None or rows.keep > rows.first
        found.append(Passed(rows.inner, writer, rows.first, every, taps, place))
    return found


def _streams(b: Builder, loop: StepLoop, group: Group, passed: Sequence[Passed]) -> bool:
    """Whether each step reads or writes other memory."""
    states = {p.tensor for p in passed}
    values = [v for item in group.items for v in item.reads if v.tensor is not None and v.tensor not in states]
    moving = any(v.offset is not None and not b.known_outside(loop.steps, v.offset) for v in values)
    return moving or any(p.every for p in passed)


def exchangeable(b: Builder, group: Group, passed: Sequence[Passed]) -> bool:
    """Whether the steps of a loop that consists of one loop nest can run inside it."""
    if group.special or group.serial or group.red or group.along is not None or group.ragged or not group.axes:
        return False
    if any(p.writer not in group.places or p.first > b.machine.state_rows or p.tensor.type == "f16" for p in passed):
        return False
    by_tensor = {p.tensor: p for p in passed}
    for item in group.items:
        assert isinstance(item, Pointwise)
        if item.scatter is not None or (item.target is not None and item.out not in by_tensor):
            return False
        if any(v.tensor in by_tensor for v in item.indirect):
            return False
        for value, axes in zip(item.reads, item.maps, strict=True):
            found = by_tensor.get(value.tensor) if value.tensor is not None else None
            if found is None:
                continue
            own = tuple(None if a is None else group.places[item][a] for a in axes)
            rows = c_strides(b.dims, found.tensor.dims)[1:]
            if value.offset not in found.taps or value.strides != rows or own != group.places[found.writer]:
                return False
    return all(b.native(p.tensor.type) for p in passed)


def plan_steps(b: Builder, group: Group, stored: Sequence[Tensor]) -> NestPlan:
    """The form of the loops around the steps of an element."""
    runs = joined_axes(Reach(b, group, stored))
    order = axis_order(Reach(b, joined_group(group, runs), stored))
    unroll = 2 if group.cost <= b.machine.paired_cost else 1
    return NestPlan("flat" if len(runs) == 1 else "points", runs, tuple(order), unroll, steps_inside=True)
