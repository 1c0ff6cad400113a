"""Memory that loops ask for before they need it.

A core has room for so many requests under way, and what the hardware foresees of a plain loop does not fill it. On a
Xeon with AVX-512, sums of 4000x4000 floats out of memory take 3.9 instead of 4.2 ms with hints, on small pages 4.7
instead of 5.3; writing is worse (``2*x + 1``: 7.2 instead of 10.2 ms), as a store first reads its line. AMD's Zen 4
foresees plain loops best alone: the same sums take 1.6 ms without hints and 2.0 with them, ``2*x + 1`` 3.8 and 4.2.
There the backend leaves out what a loop comes to in order (`Isa.foresees`); rows that come next are asked for.

A hint has no effect but time, and may name memory that is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from theano.loops.expr import Expr
from theano.lower.nests.accesses import Access, Reach
from theano.lower.nests.times import point_times
from theano.lower.state.dims import is_const
from theano.lower.state.values import Tensor


class Hint(NamedTuple):
    """An access whose memory is asked for before it is needed.

    `written` says whether it is going to be written; `in_next_row`, where rows go by, whether the row that comes next
    is meant.
    """

    access: Access
    written: bool
    in_next_row: bool = False


def pays(reach: Reach) -> bool:
    """Whether there may be much, and it is not what the step before has left in the cache."""
    b, group = reach.b, reach.group
    points = b.dims.product(tuple(group.axes))
    return not b.in_steps(group.region) and (
        points.op != "const" or int(points.value) > b.machine.cached_elements
    )


def hints_ahead(
    reach: Reach, accesses: Sequence[Access], order: Sequence[tuple[int, Expr]]
) -> tuple[Hint, ...]:
    """For what a vector loop will come to: in all memory that the nest walks through in order.

    Such accesses have just the indices and strides of `order`.
    """
    work, moving = point_times(reach)
    if work > reach.b.machine.busy * moving:
        return ()
    hints: dict[Tensor, Hint] = {}
    for access in accesses:
        if _is_plain(access) and _same(access.steps, order):
            assert access.value is not None and access.value.tensor is not None
            memory = access.value.tensor.storage()
            first = hints.get(memory) or Hint(access, False)
            hints[memory] = first._replace(written=first.written or access.written)
    return tuple(hints.values())


def _is_plain(access: Access) -> bool:
    return access.axes is not None and not access.in_loop


def _same(a: Sequence[tuple[int | None, Expr]], b: Sequence[tuple[int, Expr]]) -> bool:
    return len(a) == len(b) and all(x == y and s is t for (x, s), (y, t) in zip(a, b, strict=True))


def rows_ahead(
    sweeps: Iterable[Sequence[Access]], busiest: int, row: int, reduced: Sequence[int]
) -> tuple[Hint, ...]:
    """For the row that is read next, and for what sweeps after the `busiest` write of this one."""
    hints: dict[Tensor, Hint] = {}
    for k, accesses in enumerate(sweeps):
        for access in accesses:
            steps = dict(access.steps)
            if _is_plain(access) and all(i in steps for i in (row, *reduced)) and is_const(steps[reduced[-1]], 1):
                assert access.value is not None and access.value.tensor is not None
                first = Hint(access, access.written, not access.written or k <= busiest)
                hints.setdefault(access.value.tensor.storage(), first)
    return tuple(hints.values())


def hints_for_rows(accesses: Sequence[Access], axis: int) -> tuple[Hint, ...]:
    """For as many more rows of a block of columns as are at work; `axis` counts the rows."""
    hints: dict[object, Hint] = {}
    for access in accesses:
        if _is_plain(access) and access.stride(axis) is not None and is_const(access.steps[-1][1], 1):
            assert access.value is not None and access.value.tensor is not None
            key = access.value.tensor, access.value.offset, access.steps, access.written
            hints.setdefault(key, Hint(access, access.written))
    return tuple(hints.values())
