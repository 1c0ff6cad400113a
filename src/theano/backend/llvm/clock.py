"""LLVM IR of what a profiled program does with the clock (see `backend.profiled_form`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.base.record import Record
from theano.runtime import abi
from theano.runtime.module import Function, Global, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["KEEP_SIZES", "NOTE_RAISED", "NOTE_TIME", "Clock", "clock_functions", "clock_of"]

NOTE_TIME, NOTE_RAISED, KEEP_SIZES = "note_time", "note_raised", "keep_sizes"
MEMCPY = intrinsic("llvm.memcpy.p0.p0.i64", "void", "ptr", "ptr", "i64", "i1")
THREAD = intrinsic("llvm.thread.pointer", "ptr")


def clock_of(isa: Isa) -> Global:
    """The clock of all threads that is read fastest: processors other than x86 keep their cycles to themselves."""
    is_x86 = isa.triple.startswith(("x86_64", "amd64"))
    return intrinsic("llvm.readcyclecounter" if is_x86 else "llvm.readsteadycounter", "i64")


class Clock(Record):
    """A clock that runs: where its time is noted, and the names of that memory and of what it showed at the start."""

    word: int
    place: int
    buffer: str
    start: str
    reading: Global

    @property
    def suffix(self) -> str:
        """For functions that only what this clock measures calls."""
        return f"_clock{self.place}"

    def ends(self) -> str:
        """The clock stops."""
        return _note(self.buffer, self.place, self.start)

    def raises(self) -> str:
        """What it measures, a call, ends with an error."""
        return f"call void @{NOTE_RAISED}(ptr {self.buffer}, i64 {self.start})"

    def range_ends(self, buffer: str, start: str) -> str:
        """A thread has done a part since `start`."""
        return _note(buffer, self.place + abi.PROFILE_RANGES, start)


def _note(buffer: str, place: int, start: str) -> str:
    return f"call void @{NOTE_TIME}(ptr {buffer}, i64 {place}, i64 {start})"


def clock_functions(isa: Isa) -> tuple[list[Function], dict[str, Global]]:
    """What a profiled program calls, and the intrinsics in it."""
    clock = clock_of(isa)
    used = {clock.name: clock, MEMCPY.name: MEMCPY}
    thread = ["%thread = add i64 0, 0"]  # only on Linux there are threads of ours
    if "linux" in isa.triple:
        used[THREAD.name] = THREAD
        thread = [f"%pointer = call ptr @{THREAD.name}()", "%thread = ptrtoint ptr %pointer to i64"]
    event = [f"%start{k} = getelementptr i64, ptr %event, i64 {k}" for k in range(1, abi.PROFILE_EVENT_WORDS)]
    note = [
        f"%end = call i64 @{clock.name}()", "%passed = sub i64 %end, %start",
        "%calls = getelementptr i64, ptr %buffer, i64 %place", "%ticks = getelementptr i64, ptr %calls, i64 1",
        "%c = atomicrmw add ptr %calls, i64 1 monotonic", "%t = atomicrmw add ptr %ticks, i64 %passed monotonic",
        f"%events = getelementptr i64, ptr %buffer, i64 {abi.PROFILE_EVENTS}",
        "%n = atomicrmw add ptr %events, i64 1 monotonic", f"%k = and i64 %n, {abi.PROFILE_KEPT_EVENTS - 1}",
        f"%first = getelementptr i64, ptr %buffer, i64 {abi.PROFILE_FIRST_EVENT}",
        f"%event = getelementptr [{abi.PROFILE_EVENT_WORDS} x i64], ptr %first, i64 %k", *event, *thread,
        "store i64 %place, ptr %event", "store i64 %start, ptr %start1", "store i64 %end, ptr %start2",
        "store i64 %thread, ptr %start3", "ret void",
    ]  # fmt: skip
    raised = [
        f"%end = call i64 @{clock.name}()", "%passed = sub i64 %end, %start",
        f"%calls = getelementptr i64, ptr %buffer, i64 {abi.PROFILE_RAISED}",
        f"%ticks = getelementptr i64, ptr %buffer, i64 {abi.PROFILE_RAISED_TICKS}",
        "%c = atomicrmw add ptr %calls, i64 1 monotonic", "%t = atomicrmw add ptr %ticks, i64 %passed monotonic",
        "ret void",
    ]  # fmt: skip
    keep = [
        f"%changes = getelementptr i64, ptr %buffer, i64 {abi.PROFILE_CHANGES}",
        "%n = atomicrmw add ptr %changes, i64 1 monotonic", f"%k = and i64 %n, {abi.PROFILE_KEPT_CHANGES - 1}",
        "%now = getelementptr i64, ptr %buffer, i64 %place", "%before = getelementptr i64, ptr %now, i64 %row",
        "%offset = mul i64 %k, %row", "%target = getelementptr i64, ptr %before, i64 %offset",
        "%bytes = shl i64 %row, 3",
        f"call void @{MEMCPY.name}(ptr %target, ptr %now, i64 %bytes, i1 false)", "ret void",
    ]  # fmt: skip
    uses = frozenset(name for name in used if name != MEMCPY.name)
    return [
        Function(NOTE_TIME, f"void @{NOTE_TIME}(ptr %buffer, i64 %place, i64 %start)", "\n".join(note), uses),
        Function(
            NOTE_RAISED, f"void @{NOTE_RAISED}(ptr %buffer, i64 %start)", "\n".join(raised), frozenset([clock.name])
        ),
        Function(
            KEEP_SIZES, f"void @{KEEP_SIZES}(ptr %buffer, i64 %place, i64 %row)", "\n".join(keep),
            frozenset([MEMCPY.name]),
        ),
    ], used  # fmt: skip
