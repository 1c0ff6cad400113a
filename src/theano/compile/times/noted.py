"""The times that a profiled program has noted, and what they are of."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from theano.backend.profiled_form import Timed, profiled_form
from theano.base.flag_table import config
from theano.base.record import replace
from theano.compile.counts.arithmetic import float_operations, is_sized
from theano.compile.counts.memory import MemoryPlan, memory_of
from theano.compile.counts.traffic import Traffic
from theano.compile.times.lengths import Spaces
from theano.compile.times.loop_times import Events, LoopTime, items_of, shares_of
from theano.compile.times.sizes import Sizes
from theano.compile.times.ticks import ticks
from theano.graph import Apply
from theano.graph.origin import origin_of
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.externs.table import EXTERNS
from theano.lower.fusion.groups import Group
from theano.lower.program import Lowered
from theano.lower.state.items import Special
from theano.runtime import abi

__all__ = ["NativeProfile"]


class NativeProfile:
    """Measures a lowered function.

    Parameters
    ----------
    low
        The lowered function.
    leaves
        The inputs of its graph.

    Attributes
    ----------
    lowered
        The function with clocks: what is compiled.
    buffer
        What the program notes.
    """

    def __init__(self, low: Lowered, leaves: list[Any]) -> None:
        self.low, self.leaves = low, leaves
        word = abi.FIRST_FREE + len(low.words)
        self.form = profiled_form(low.program, word)
        self.buffer = np.zeros(self.form.layout.words, np.int64)
        self.lowered = replace(low, program=self.form.program, words=[*low.words, ("profile", self.buffer)])
        if config.verify_programs:
            self.lowered.verify()
        self.ticks = ticks()
        self._lock = threading.Lock()
        self._descriptions: list[tuple[str, str, str, list[Apply], list[tuple[str, int]], Group | None]] | None = None
        self._known: dict[tuple[int, ...], list[tuple[int | None, int | None]]] = {}

    # -- what was noted ------------------------------------------------------------------------------------
    def _now(self) -> np.ndarray[Any, Any]:
        layout = self.form.layout
        return self.buffer[layout.now : layout.now + layout.row].copy()

    def _records(self, row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return row[self.form.layout.n_sizes :].reshape(-1, abi.PROFILE_RECORD_WORDS)

    @property
    def calls(self) -> int:
        """Calls of the function that have come to their end, and have not raised."""
        return int(self.buffer[self.form.layout.record(0)] - self.buffer[abi.PROFILE_RAISED])

    @property
    def seconds(self) -> float:
        """Their time."""
        return self._passed(int(self.buffer[self.form.layout.record(0) + 1] - self.buffer[abi.PROFILE_RAISED_TICKS]))

    @property
    def raised_seconds(self) -> float:
        """The time of calls that have raised: what their loops took is a part of what is noted of loops."""
        return self._passed(int(self.buffer[abi.PROFILE_RAISED_TICKS]))

    def _passed(self, passed: int) -> float:
        return passed * self.ticks.seconds if passed else 0.0

    def reset(self) -> None:
        """Forget all calls."""
        self.buffer[:] = 0

    def sizes(self) -> dict[str, int]:
        """Lengths and integers of the last call's arguments, by names of main."""
        return dict(zip(self.form.sizes, map(int, self._now()), strict=False))

    def _periods(self) -> Iterator[tuple[tuple[int, ...], np.ndarray[Any, Any]]]:
        """What was noted for each of the sizes that there were in turn, if that is still known."""
        layout = self.form.layout
        changes = int(self.buffer[abi.PROFILE_CHANGES])
        rows = self.buffer[layout.before :].reshape(abi.PROFILE_KEPT_CHANGES, layout.row)[:changes].copy()
        before: Any = 0
        for row in (*rows, self._now()):
            records = self._records(row)
            yield tuple(map(int, row[: layout.n_sizes])), records - before
            before = records

    # -- what it is of -------------------------------------------------------------------------------------
    def loops(self) -> list[LoopTime]:
        """One for each thing that is measured, all calls as a whole first, also those that have raised."""
        with self._lock:
            descriptions = self._described()
            tick = self.ticks.seconds
            records = self._records(self._now()).astype(float)
            seconds = records[:, 1] * tick
            for k, timed in enumerate(self.form.timed):  # of what threads did at once, its share of the time
                around = self._slices_around(timed)
                if around is not None and records[around, 3]:
                    seconds[k] *= records[around, 1] / records[around, 3]
            inner = np.zeros(len(seconds))
            for k, timed in enumerate(self.form.timed[1:], 1):
                inner[timed.inside] += seconds[k]
            amounts = self._amounts()
            found = []
            for k, (timed, (name, kernel, space, nodes, lines, group)) in enumerate(
                zip(self.form.timed, descriptions, strict=True)
            ):
                in_blocks = timed.stmt in self.low.whole_of
                calls = self._times(records, k) if in_blocks else int(records[k, 0])
                threads = records[k, 3] / records[k, 1] if records[k, 2] and records[k, 1] else 1.0
                found.append(
                    LoopTime(
                        name, kernel, space, nodes, lines, calls, float(seconds[k]),
                        float(max(seconds[k] - inner[k], 0.0)), max(float(threads), 1.0), *amounts[k], timed.inside,
                        shares_of(group), timed.stmt, group,
                    )
                )  # fmt: skip
            return found

    def _slices_around(self, timed: Timed) -> int | None:
        k = timed.inside if timed.shared else -1
        while k > 0 and not isinstance(self.form.timed[k].stmt, hs.Slices):
            k = self.form.timed[k].inside
        return k if k > 0 else None

    def _blocks_around(self, k: int) -> int:
        """The entry of the loop over blocks of rows that an entry stands in, which does once what all blocks do."""
        while self.form.timed[k].inside > 0:
            k = self.form.timed[k].inside
        return k

    def _described(self) -> list[Any]:
        if self._descriptions is None:
            numbers = {g: k for k, g in enumerate((g for g in self.low.schedule if not g.special), 1)}
            made_by: list[Group | None] = []
            for t in self.form.timed:
                around = made_by[t.inside] if t.inside > 0 else None
                made_by.append(self.low.made_by.get(t.stmt, around) if t.stmt is not None else None)
            pairs = zip(self.form.timed, made_by, strict=True)
            spaces = Spaces(self.low, self.leaves)
            self._descriptions = [
                _description(self._whole_of(t.stmt), group, spaces, numbers, self._holds_blocks(t.stmt))
                for t, group in pairs
            ]
        return self._descriptions

    def _amounts(self) -> list[tuple[int | None, int | None]]:
        """Bytes and operations of each entry."""
        if self.buffer[abi.PROFILE_CHANGES] > abi.PROFILE_KEPT_CHANGES:
            return [(None, None) for _ in self.form.timed]
        totals: list[list[int | None]] = [[0, 0] for _ in self.form.timed]
        for sizes, records in self._periods():
            if not records[:, 0].any():
                continue
            ran = [self._times(records, k) for k in range(len(self.form.timed))]
            for total, each, calls in zip(totals, self._of_sizes(sizes), ran, strict=True):
                for what in range(2):
                    one, so_far = each[what], total[what]
                    total[what] = None if calls and one is None or so_far is None else so_far + int(calls) * (one or 0)
        return [(b, o) for b, o in totals]

    def _times(self, records: np.ndarray[Any, Any], k: int) -> int:
        """How often an entry ran; in slices, all of which are said to be one, how often they all did."""
        timed, own = self.form.timed[k], int(records[k, 0])
        if timed.stmt in self.low.whole_of:
            return int(records[self._blocks_around(k), 0])
        around = self._slices_around(timed)
        if around is None:
            return own
        each = k  # what stands in the slices themselves, and so ran once in each
        while self.form.timed[each].inside != around:
            each = self.form.timed[each].inside
        slices = int(records[each, 0])
        return int(records[around, 0]) * own // slices if slices else 0

    def _of_sizes(self, sizes: tuple[int, ...]) -> list[tuple[int | None, int | None]]:
        """Bytes and operations of one call of each entry."""
        known = self._known.get(sizes)
        if known is None:
            env = {name: np.int64(n) for name, n in zip(self.form.sizes, sizes, strict=True)}
            traffic = Traffic(Sizes.of_names(self.low, env))
            known = self._known[sizes] = [self._amount(t, traffic) for t in self.form.timed]
        return known

    def _whole_of(self, stmt: st.Stmt | None) -> st.Stmt | None:
        """A statement; of a call for a block of rows the one for all rows."""
        return self.low.whole_of.get(stmt, stmt) if stmt is not None else None

    def _holds_blocks(self, stmt: st.Stmt | None) -> bool:
        """Whether a statement is a loop over blocks of rows."""
        return isinstance(stmt, st.For) and any(inner in self.low.whole_of for inner in st.walk(stmt.body))

    def _amount(self, timed: Timed, traffic: Traffic) -> tuple[int | None, int | None]:
        stmt, sizes = self._whole_of(timed.stmt), traffic.sizes
        if isinstance(stmt, hs.CallKernel):
            env = traffic.inside(stmt)
            if not is_sized(sizes, stmt, env):
                return None, None
            return sum(n for _, _, n in traffic.of_call(stmt)), float_operations(sizes, stmt, env)
        if isinstance(stmt, hs.Copy):
            size = sizes.number(stmt.size)
            return None if size is None else 2 * size, 0
        if isinstance(stmt, hs.Call):
            told = EXTERNS[stmt.symbol].amounts_of(stmt.args)
            operations = EXTERNS[stmt.symbol].operations(stmt.args)
            moved = self._whole(stmt, traffic) if told is None else sizes.number(told.bytes)
            return moved, None if operations is None else sizes.number(operations)
        if isinstance(stmt, hs.CallBack):
            return self._whole(stmt, traffic), None
        return None, None

    @functools.cached_property
    def _entries_of(self) -> Counter[Group | None]:
        """How many entries are of each group."""
        return Counter(self.low.made_by.get(t.stmt) for t in self.form.timed if t.stmt)

    def _whole(self, stmt: st.Stmt, traffic: Traffic) -> int | None:
        """Bytes of the operands and results of a call, if nothing else is done for its node."""
        group = self.low.made_by.get(stmt)
        if group is None or self._entries_of[group] > 1:
            return None
        named = {name for name, _, _ in traffic.whole(group)}
        if any(traffic.size(name) is None for name in named):
            return None
        return sum(n for _, _, n in traffic.whole(group))

    # -- the last events, and memory ---------------------------------------------------------------------------
    def events(self) -> Events:
        """The last stretches of time that were noted, in the order in which they ended."""
        count = int(self.buffer[abi.PROFILE_EVENTS])
        layout, kept = self.form.layout, abi.PROFILE_KEPT_EVENTS
        rows = self.buffer[abi.PROFILE_FIRST_EVENT : layout.now].reshape(kept, abi.PROFILE_EVENT_WORDS)
        place, begin, end, thread = rows[np.arange(max(count - kept, 0), count) % kept].T
        loop, word = np.divmod(place - layout.record(0), abi.PROFILE_RECORD_WORDS)
        ticks = self.ticks
        begin, end = (ticks.began + (ticked - ticks.first) * ticks.seconds for ticked in (begin, end))
        return Events(loop, begin, end, thread, word > 0)

    def memory(self) -> MemoryPlan:
        """The memory of a call with the sizes that the last one had."""
        return memory_of(Sizes.of_names(self.low, {name: np.int64(n) for name, n in self.sizes().items()}))

    def kept(self) -> KeptTimes:
        """What has been noted by now."""
        loops = self.loops()  # once, as functions may be running: all entries are of one moment
        raised, seconds = int(self.buffer[abi.PROFILE_RAISED]), self.raised_seconds
        made = KeptTimes(loops[0].calls - raised, loops[0].seconds - seconds, loops, self.events(), self.memory())
        made.raised_seconds = seconds
        return made


class KeptTimes:
    """What a `NativeProfile` had noted at some moment, for its readers; and so what a pickle holds of it."""

    raised_seconds = 0.0  # those of older pickles have none

    def __init__(
        self, calls: int, seconds: float, loops: list[LoopTime], events: Events, memory: MemoryPlan
    ) -> None:
        self.calls, self.seconds = calls, seconds
        self._loops, self._events, self._memory = loops, events, memory

    def loops(self) -> list[LoopTime]:
        """See `NativeProfile`."""
        return self._loops

    def events(self) -> Events:
        """See `NativeProfile`."""
        return self._events

    def memory(self) -> MemoryPlan:
        """See `NativeProfile`."""
        return self._memory

    def kept(self) -> KeptTimes:
        """The same."""
        return self

    def reset(self) -> None:
        """Forget it."""
        empty = np.empty(0, np.int64)
        self.calls, self.seconds, self.raised_seconds, self._loops = 0, 0.0, 0.0, []
        self._events = Events(empty, empty, empty, empty, empty)


def _description(
    stmt: st.Stmt | None, group: Group | None, spaces: Spaces, numbers: dict[Group, int], in_blocks: bool
) -> tuple[str, str, str, list[Apply], list[tuple[str, int]], Group | None]:
    if stmt is None:
        return "call", "main", "", [], [], None
    nodes = list(dict.fromkeys(node for node, _ in items_of(group)))
    lines = list(dict.fromkeys(frames[-1][:2] for node in nodes if (frames := origin_of(node))))
    kernel = stmt.kernel.name if isinstance(stmt, hs.CallKernel) else stmt.symbol if isinstance(stmt, hs.Call) else ""
    if group is not None and group in numbers:
        name = f"loop {numbers[group]}"
    elif isinstance(stmt, hs.Copy):
        name = "copy"
    elif isinstance(stmt, st.For | hs.Slices):
        name = "slices" if isinstance(stmt, hs.Slices) else "blocks of rows" if in_blocks else "steps"
    elif isinstance(stmt, hs.CallBack):
        name = "call-back"
    elif group is not None and group.special:
        item = group.items[0]
        name = item.what if isinstance(item, Special) else "call"
    elif group is not None:
        name = "inner loop"
    else:
        name = "call"
    return name, kernel, spaces.text(stmt, group), nodes, lines, group
