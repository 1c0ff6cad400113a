"""The form of a group's loops in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from theano.loops.expr import Expr
from theano.loops.text import product_text
from theano.lower.fusion.groups import Group
from theano.lower.nests.coalesced_axes import joined_group
from theano.lower.nests.nest_plan import NestPlan, Sweep
from theano.lower.state.items import Item
from theano.lower.state.machine import Machine
from theano.lower.state.values import Tensor


def plan_lines(
    plan: NestPlan, group: Group, machine: Machine, length: Callable[[Expr], str], name: Callable[[Tensor], str]
) -> Iterator[str]:
    """What `plan` says, in terms of the texts of lengths and the names of tensors."""
    rows = length(group.axes[plan.joined[0].axes[0]]) if plan.joined else ""
    group = joined_group(group, plan.joined)
    axes = {k: length(d) for k, d in enumerate(group.axes)}
    yield _loops(plan, group, machine, axes)
    for level, items in enumerate(plan.before):
        if items:
            yield f"once{_where(plan, group)}, {_when(level, plan)}: {_names(items)}"
        if level < len(plan.sweeps) and plan.sweeps[level].items:
            yield f"sweep {level + 1}{_pace(plan.sweeps[level])}: {_names(plan.sweeps[level].items)}"
    for item, buffer in plan.kept:
        own = buffer if buffer is None or plan.parts is None else buffer[1:]
        place = "where it is stored" if own is None else f"in a buffer of {_product(own, length)}"
        yield f"keeps {_names([item])} {place}"
    if plan.parts is not None and not plan.in_slices:
        if plan.in_order or any(sweep.in_order for sweep in plan.sweeps):
            yield f"in {length(plan.parts[1])} parts, each with sums of its own"
        else:
            count = machine.column_parts if plan.shape in ("columns", "crossed") else machine.parts
            yield f"in {count} parts where there are {machine.large:,} elements"
    yield from _hints(plan, name)
    if any(sweep.gathers for sweep in plan.sweeps):
        yield f"asks early for what is read {machine.gathers_ahead} elements further on"
    if plan.sharing is not None:
        each = "" if plan.parts is not None else f", of {length(plan.sharing.weight)} ps each"
        yield f"goes by in ranges of {_positions(plan, axes, rows)}{each}"


def _product(lengths: Sequence[Expr], length: Callable[[Expr], str]) -> str:
    return product_text(lengths, map(length, lengths), "×") or "one element"


def _hints(plan: NestPlan, name: Callable[[Tensor], str]) -> Iterator[str]:
    hints = [h for hints in (plan.hints, *(s.hints for s in plan.sweeps)) for h in hints]
    for words, next_row in (("", False), ("the next row of ", True)):
        values = [h.access.value for h in hints if h.in_next_row == next_row]
        found = dict.fromkeys(name(v.tensor) for v in values if v is not None and v.tensor is not None)
        if found:
            yield f"asks early for {words}{', '.join(found)}"


def _positions(plan: NestPlan, axes: dict[int, str], rows: str) -> str:
    """What positions of the outermost loop are; `rows` is the first length of those that are joined."""
    assert plan.outermost is not None
    if plan.in_slices:
        return f"slices of {rows or axes[plan.order[0]]}"
    if plan.outermost.axis is not None:
        return axes[plan.outermost.axis]
    if plan.shape == "flat":
        return "all points"
    if plan.shape == "tiled":
        assert plan.across is not None
        return f"tiles of {axes[plan.across]}"
    return "blocks" if plan.parts is None else "parts"


def _loops(plan: NestPlan, group: Group, machine: Machine, axes: dict[int, str]) -> str:
    """The loops, the outermost first."""
    if plan.shape == "nothing":
        return "nothing is computed"
    if not plan.order:
        return "no loop"
    several = f", {plan.unroll} at once" if plan.unroll > 1 else ""
    inside = ", all steps at each point" if plan.steps_inside else ""
    last = plan.order[-1]
    if plan.in_order:
        inner = ", the last in vectors" if plan.in_rows else ", one point after the other"
        return f"loops over {_list(axes, plan.order)}{inner}"
    if plan.shape == "flat":
        return f"one loop over all, in vectors{several}{inside}"
    if plan.shape == "tiled":
        assert plan.across is not None
        others = [k for k in plan.order if k not in (plan.across, last)]
        around = f"loops over {_list(axes, others)}; " if others else ""
        tiles = zip(machine.tile, (plan.across, last), strict=True)
        return f"{around}tiles of {' and '.join(f'{n} of {axes[k]}' for n, k in tiles)}, the last in vectors{several}"
    if plan.shape == "running":
        return _running(plan, axes)
    reduced, parallel = [k for k in plan.order if k in group.red], [k for k in plan.order if k not in group.red]
    if plan.shape == "points" and plan.width:
        blocks = f"blocks of {plan.width} of {axes[last]} in vectors"
        return f"loops over {_list(axes, plan.order[:-1])}, one after the other; {blocks}"
    if plan.shape == "points":
        by = f" by {plan.turn} positions at once" if plan.turn > 1 else ""
        ends = ", its ends one after the other" if plan.has_edges else ""
        return f"loops over {_list(axes, plan.order)}, the last{by} in vectors{several}{inside}{ends}"
    if plan.shape == "columns":
        around = f"loops over {_list(axes, parallel[:-1])}; " if parallel[1:] else ""
        return f"{around}columns: blocks of {plan.width} of {axes[last]} in vectors; sweeps over {_list(axes, reduced)}"
    if plan.shape == "crossed":
        several = f"up to {plan.width} of {axes[parallel[0]]} at a time (one by one if long or in the cache)"
        return f"rows: {several}; sweeps over {_list(axes, reduced)}, the last in vectors and buffers of {plan.lanes}"
    around = f"loops over {_list(axes, parallel)}; " if parallel else ""
    return f"{around}rows: sweeps over {_list(axes, reduced)}, the last in vectors"


def _running(plan: NestPlan, axes: dict[int, str]) -> str:
    if plan.width:
        around = f"loops over {_list(axes, plan.order[:-2])}; " if plan.order[2:] else ""
        blocks = f"blocks of {plan.width} of {axes[plan.order[-1]]} in vectors"
        return f"{around}columns: {blocks}; down {axes[plan.order[-2]]} in order, {plan.rows} rows at once"
    rows = f"loops over {_list(axes, plan.order[:-1])}, {plan.rows} rows at once; " if plan.order[1:] else ""
    return f"{rows}along {axes[plan.order[-1]]} in order"


def _list(axes: dict[int, str], order: Iterable[int]) -> str:
    return ", ".join(axes[k] for k in order)


def _where(plan: NestPlan, group: Group) -> str:
    if plan.shape == "columns":
        return " a column"
    return " a row" if group.parallel() else ""


def _when(level: int, plan: NestPlan) -> str:
    if not level:
        return "first"
    return "at the end" if level == len(plan.sweeps) else f"after sweep {level}"


def _pace(sweep: Sweep) -> str:
    if sweep.in_order:
        return ", one point after the other"
    if sweep.rows > 1:
        return f", {sweep.rows} rows at once"
    if sweep.unroll == 1:
        return ""
    return f", {sweep.unroll} vectors at once{', added at the end' if sweep.separate_copies else ''}"


def _names(items: Iterable[Item]) -> str:
    """The operations of items; several of one op in a row count once."""
    names = [str(i.node).partition("(")[0] if i.node is not None else "copy" for i in items]
    runs = [(name, len(list(run))) for name, run in groupby(names)]
    return ", ".join(f"{name} × {n}" if n > 1 else name for name, n in runs)
