"""Whether all steps of an element can run one after the other inside the loops over elements, and those loops' form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from theano.loops.expr import Expr
from theano.lower.builder import Builder, c_strides
from theano.lower.items import Item, Pointwise
from theano.lower.plan.accesses import Reach
from theano.lower.plan.groups import Group
from theano.lower.plan.nest_plan import NestPlan, axis_order, is_flat
from theano.lower.values import Tensor, Value


@dataclass(slots=True)
class Passed:
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


def exchangeable(b: Builder, group: Group, passed: Sequence[Passed]) -> bool:
    """Whether the steps of a loop that consists of one loop nest can run inside it."""
    if group.special or group.serial or group.red or group.ragged or not group.axes:
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


def plan_steps(b: Builder, group: Group, stored: Sequence[Tensor], passed: Sequence[Passed], step: Expr) -> NestPlan:
    """The form of the loops around the steps of an element; `step` is the number of a step."""
    reach = Reach(b, group, stored)
    order = axis_order(reach)
    writers = [p.writer for p in passed]
    states = {p.tensor for p in passed}
    accesses = []
    for access in reach.of(writers):
        if access.written or access.value is None or access.value.tensor not in states:
            accesses.append(access)
    for p in passed:
        if p.taps or not p.every:
            accesses.append(reach.access(p.place(step), group.places[p.writer], True))
    shape = "flat" if is_flat(reach, order, accesses, writers) else "points"
    unroll = 2 if group.cost <= b.machine.paired_cost else 1
    return NestPlan(shape, tuple(order), unroll, steps_inside=True)
