"""The clock that profiled programs read, in seconds."""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Callable

from theano.backend.llvm.clock import clock_of
from theano.runtime.jit import CodeObject, Options, compile_module, isa
from theano.runtime.module import Function, Module

__all__ = ["Ticks", "ticks"]

# The clock's rate is measured over at least so many seconds: reading it from Python is late by a microsecond.
LEAST = 0.005


class Ticks:
    """Counts ticks from its making on.

    Attributes
    ----------
    began, first
        `time.perf_counter` and the clock, at the same time.
    """

    def __init__(self) -> None:
        self._code, self._read = _reader()
        self.began, self.first = self._both()

    def _both(self) -> tuple[float, int]:
        """Both clocks, where they were read fastest."""
        pairs = []
        for _ in range(5):
            before = time.perf_counter()
            read = self._read()
            after = time.perf_counter()
            pairs.append((after - before, (before + after) / 2, read))
        return min(pairs)[1:]

    @functools.cached_property
    def seconds(self) -> float:
        """How long a tick is: measured once, so that sums of times stay sums."""
        missing = LEAST - (time.perf_counter() - self.began)
        if missing > 0:
            time.sleep(missing)
        now, read = self._both()
        return (now - self.began) / max(read - self.first, 1)


@functools.cache
def ticks() -> Ticks:
    """The clock of this process."""
    return Ticks()


def _reader() -> tuple[CodeObject, Callable[[], int]]:
    clock = clock_of(isa())
    body = f"entry:\n%now = call i64 @{clock.name}()\nret i64 %now"
    function = Function("ticks", "i64 @ticks()", body, frozenset([clock.name]), is_exported=True)
    code = compile_module(Module([clock], [function]), Options(level=0), ("ticks",))
    return code, ctypes.CFUNCTYPE(ctypes.c_int64)(code.symbols["ticks"])
