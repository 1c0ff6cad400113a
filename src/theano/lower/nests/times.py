"""What a point of a group takes, roughly, in picoseconds."""

from __future__ import annotations

from theano.loops import expr as ex
from theano.lower.nests.accesses import Reach
from theano.lower.state.items import Pointwise, Reduce
from theano.lower.state.values import Tensor


def point_time(reach: Reach) -> int:
    return sum(point_times(reach))


def point_times(reach: Reach) -> tuple[int, int]:
    """What the arithmetic of one point takes, and what it moves."""
    if reach.times is None:
        reach.times = _point_times(reach)
    return reach.times


def _point_times(reach: Reach) -> tuple[int, int]:
    machine = reach.b.machine
    moved: dict[Tensor, int] = {}
    work = 0
    for item in reach.group.items:
        assert isinstance(item, Pointwise | Reduce)
        if reach.group.is_prefix(item):
            continue
        size = max([ex.ITEMSIZE[v.type] for v in item.reads] + ([ex.ITEMSIZE[item.out.type]] if item.out else []))
        work += item.cost * size * machine.operation_time
        for value in item.reads:
            if value.tensor is not None and value.tensor not in reach.producer:
                moved[value.tensor] = ex.ITEMSIZE[value.type]
        if item.out is not None and reach.wants_store(item):
            moved[item.out] = ex.ITEMSIZE[item.out.type]
    return work, sum(moved.values()) * machine.byte_time
