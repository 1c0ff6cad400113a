"""What a compilation is doing, on stderr: every stage with the flag ``verbose_compile``; one line if it takes long.

Whoever compiles says `stage` at the beginning of each, and `still_here` now and then in loops that may be long. Both
cost next to nothing, so no thread has to watch.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from time import perf_counter

from theano.base.flag_table import config

# What is for users; `theano.legacy.names.late_names` knows where it is. The rest is for what compiles.
__all__ = ["steps"]  # noqa: F822

# Seconds that LLVM takes for a line, roughly: at its levels 0 and 1.
PER_LINE = (5e-6, 30e-6)


Place = Callable[[], tuple[str, int] | None]


class _Compilation:
    """A compilation that is going on.

    Attributes
    ----------
    name
        The function's name, if it has one.
    place
        Gives the user's file and line, if they are known.
    """

    def __init__(self, name: str | None, place: Place) -> None:
        self.name = name
        self.place = place
        self.nodes = 0
        self.verbose: bool = config.verbose_compile
        self.patience: float = config.compile_notice
        self.has_spoken = self.verbose or self.patience <= 0
        self.start = self.stage_start = perf_counter()
        self.stage = ""

    @property
    def title(self) -> str:
        found = self.place()
        where = f" ({found[0]}, line {found[1]})" if found else ""
        own = found and self.name == f"{os.path.basename(found[0])}:{found[1]}"  # the name of those without one
        name = f"the function {self.name!r}" if self.name and not own else "a function"
        nodes = f" of {self.nodes:,} nodes" if self.nodes else ""
        return f"compiling {name}{nodes}{where}"

    def begin(self, stage: str) -> None:
        now = perf_counter()
        if self.verbose:
            self.end_stage(now)
        self.stage, self.stage_start = stage, now
        self.look(now)

    def end_stage(self, now: float) -> None:
        if self.stage:
            _say(f"theano:   {self.stage:28} {now - self.stage_start:8.3f} s")

    def look(self, now: float, expected: float = 0.0) -> None:
        """Give the one sign of life, if it is time for it, or will be before the next look."""
        if self.has_spoken or now - self.start + expected < self.patience:
            return
        self.has_spoken = True
        _say(
            f"theano: {self.title} takes long: {now - self.start:.0f} s so far, now {self.stage} "
            "(config.verbose_compile=True shows all stages)"
        )

    def end(self) -> None:
        if self.verbose:
            now = perf_counter()
            self.end_stage(now)
            _say(f"theano: {self.title}: {now - self.start:.3f} s")


class _Current(threading.local):
    compilation: _Compilation | None = None


_current = _Current()


def _say(line: str) -> None:
    """A line on stderr; a program without one, or whose stderr is closed, goes on without."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def compiling(name: str | None, place: Place) -> Iterator[None]:
    """A compilation goes on meanwhile; one that is part of another counts as a part of it.

    Parameters
    ----------
    name
        The function's, if it has one.
    place
        Gives the user's file and line, if they are known.
    """
    if _current.compilation is not None:
        yield
        return
    made = _current.compilation = _Compilation(name, place)
    try:
        yield
        made.end()
    finally:
        _current.compilation = None


def nodes_are(count: int) -> None:
    """How many nodes the graph has that is being compiled."""
    if _current.compilation is not None and not _current.compilation.nodes:
        _current.compilation.nodes = count


def stage(name: str) -> None:
    """A stage begins, and the one before has ended."""
    if _current.compilation is not None:
        _current.compilation.begin(name)


def still_here() -> None:
    """Say so, once, if the compilation has taken long."""
    compilation = _current.compilation
    if compilation is not None and not compilation.has_spoken:
        compilation.look(perf_counter())


def llvm_begins(lines: int, level: int) -> None:
    """LLVM gets a module of so many lines, at a level of its code generator; it can't be asked how far it is."""
    compilation = _current.compilation
    if compilation is not None:
        compilation.begin(f"LLVM, {lines:,} lines")
        compilation.look(compilation.stage_start, lines * PER_LINE[min(level, 1)])
