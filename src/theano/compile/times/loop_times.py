"""What native functions have measured of a loop, and how a profile shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from theano.base.record import Record
from theano.graph import Apply
from theano.graph.shown import told
from theano.tensor.elemwise import Elemwise

if TYPE_CHECKING:
    from theano.compile.counts.memory import MemoryPlan

__all__ = [
    "Events", "LoopTime", "items_of", "lines_text", "loop_lines", "memory_lines", "shares_of", "short_name",
    "trace_events", "what_text",
]  # fmt: skip


class LoopTime(Record):
    """What a loop, or a call of other code, has taken.

    Attributes
    ----------
    name
        ``loop 3``, as `theano.printing.schedule` numbers them; or what it is, such as ``product`` or ``call-back``.
    kernel
        Name of the kernel in the loop program, or of the function that is called.
    space
        The lengths that the loop goes over.
    nodes
        The nodes of the rewritten graph that it computes.
    lines
        ``(file, line)`` of the user's program, each once.
    calls, seconds, own_seconds
        How often it ran, how long that took, and without what is listed inside of it.
    threads
        How many threads worked on it, on average.
    bytes, operations
        What it has moved between memory and the caches, and the floating-point operations it made; None where sizes
        are known only during a call.
    inside
        Position of the entry in whose time this one's is, -1 for the call itself.
    shares
        The nodes, each with its part of the time: as the items of a loop are estimated to cost.
    stmt, group
        The statement of main, and the group that it was made for; None in copies.
    """

    name: str
    kernel: str
    space: str
    nodes: list[Apply]
    lines: list[tuple[str, int]]
    calls: int
    seconds: float
    own_seconds: float
    threads: float
    bytes: int | None
    operations: int | None
    inside: int
    shares: list[tuple[Apply, float]]
    stmt: Any
    group: Any

    def __repr__(self) -> str:
        return f"<{what_text(self)}: {self.calls} calls, {self.own_seconds:.3g} s>"

    def __getstate__(self) -> object:
        """Without what belongs to the function that was measured."""
        return None, {**{name: getattr(self, name) for name in self._fields}, "stmt": None, "group": None}

    @property
    def bandwidth(self) -> float | None:
        """Bytes per second."""
        return self.bytes / self.seconds if self.bytes is not None and self.seconds > 0 else None

    @property
    def speed(self) -> float | None:
        """Floating-point operations per second."""
        return self.operations / self.seconds if self.operations is not None and self.seconds > 0 else None


class Events(Record):
    """Stretches of time, as columns: of entry `loop`, from `begin` to `end` in seconds, by a thread; `part`: of a range
    of it."""

    loop: np.ndarray[Any, Any]
    begin: np.ndarray[Any, Any]
    end: np.ndarray[Any, Any]
    thread: np.ndarray[Any, Any]
    part: np.ndarray[Any, Any]


def items_of(group: Any) -> Iterator[tuple[Any, int]]:
    """The nodes of a group, each time with what one of its items costs an element, roughly."""
    for item in group.items if group is not None else ():
        if item.node is not None:
            yield item.node, max(int(getattr(item, "cost", 1)), 1)


def shares_of(group: Any) -> list[tuple[Apply, float]]:
    """The nodes of a group, each with its part of what the group costs, roughly."""
    costs: dict[Apply, int] = {}
    for node, cost in items_of(group):
        costs[node] = costs.get(node, 0) + cost
    total = sum(costs.values())
    return [(node, cost / total) for node, cost in costs.items()]


def short_name(node: Apply) -> str:
    """The operation of a node in a word: ``mul`` for ``Elemwise{mul,no_inplace}``."""
    return str(node.op.scalar_op) if isinstance(node.op, Elemwise) else told(node.op).partition("{")[0]


def what_text(loop: LoopTime) -> str:
    """A loop and what it computes."""
    words = list(dict.fromkeys(short_name(node) for node in loop.nodes))
    listed = ", ".join(words[:6]) + (", …" if len(words) > 6 else "")
    return f"{loop.name}: {listed}" if listed else loop.name


def lines_text(lines: Sequence[tuple[str, int]]) -> str:
    """Lines of a program, as ``train.py:3,7-9``."""
    by_file: dict[str, list[int]] = {}
    for file, line in lines:
        by_file.setdefault(os.path.basename(file), []).append(line)
    return " ".join(f"{file}:{_stretches(sorted(set(numbers)))}" for file, numbers in by_file.items())


def _stretches(numbers: list[int]) -> str:
    found: list[list[int]] = []
    for n in numbers:
        if found and n == found[-1][1] + 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def trace_events(loops: list[LoopTime], events: Events) -> Iterator[dict[str, Any]]:
    """Events of a Chrome trace, in microseconds; a thread is an address of its own."""
    rows = zip(events.loop, events.begin, events.end, events.thread, events.part, strict=True)
    for number, begin, end, thread, part in rows:
        loop = loops[number]
        args: dict[str, Any] = {"lines": lines_text(loop.lines), "nodes": [str(node) for node in loop.nodes]}
        if loop.bytes is not None and loop.calls and not part:
            args["bytes"] = loop.bytes // loop.calls
        times = {"ts": float(begin) * 1e6, "dur": float(end - begin) * 1e6}
        name = what_text(loop) + (", a range" if part else "")
        yield {"name": name, "cat": loop.name, "ph": "X", **times, "tid": int(thread), "args": args}


def loop_lines(
    loops: list[LoopTime], total: float, limit: int | None = None, arguments: float = 0.0
) -> Iterator[str]:
    """The table of loops, those that took longest first; what stands inside of another loop counts there, too.

    Python has taken so many seconds for `arguments`, which are not in the total.
    """
    yield "Loops"
    yield "---"
    yield (
        "<% time> <sum %> <time> <time per call> <#call> <bytes per call> <GB/s> <GFLOP/s> <threads> "
        "<loop: what it computes> <over> <lines>"
    )
    ran = sorted((loop for loop in loops if loop.calls), key=lambda loop: -loop.own_seconds)
    total, so_far = total or 1.0, 0.0
    for loop in ran[:limit]:
        so_far += loop.own_seconds
        yield (
            f"  {100 * loop.own_seconds / total:4.1f}%   {100 * so_far / total:5.1f}%   {loop.own_seconds:9.3f}s   "
            f"{loop.own_seconds / loop.calls:11.2e}s   {loop.calls:6d}  {_bytes(loop)}  "
            f"{_rate(loop.bandwidth)}  {_rate(loop.speed)}  {loop.threads:5.1f}   {what_text(loop)}   "
            f"{loop.space or '-'}   {lines_text(loop.lines) or '-'}"
        )
    rest = ran[limit:] if limit is not None else []
    share = 100 * sum(loop.own_seconds for loop in rest) / total
    yield f"   ... (remaining {len(rest)} Loops account for {share:6.2f}% of the runtime)"
    outside = 100 * max(1 - sum(loop.own_seconds for loop in ran) / total, 0)
    yield f"   ... (what is between loops: checks, memory, objects: {outside:6.2f}% of the runtime)"
    if arguments > 0:
        yield f"   ... (beside the runtime Python took {arguments:.3f}s to convert arguments and to hand back results)"


def _bytes(loop: LoopTime) -> str:
    return f"{'-':>14}" if loop.bytes is None else f"{loop.bytes // loop.calls:14,}"


def _rate(per_second: float | None) -> str:
    return f"{'-':>7}" if per_second is None else f"{per_second / 1e9:7.2f}"


def memory_lines(plan: MemoryPlan, limit: int | None = None) -> Iterator[str]:
    """What a profile says of the memory of the last call; arrays by size, the largest first."""
    yield "Memory Profile (as planned for the sizes of the last call)"
    yield f"    At most at a time, beside inputs and shared variables: {plan.peak / 1024:.0f} KiB"
    yield f"    of that workspace, shared by values that do not live at the same time: {plan.workspace / 1024:.0f} KiB"
    for array in sorted(plan.made, key=lambda a: -a.bytes)[:limit]:
        yield f"    {array.bytes:>12}B  {array.shape}  {'result' if array.is_result else 'array'} {array.name}"
    if plan.unknown:
        yield f"    and {plan.unknown} arrays whose sizes only the call knows"
