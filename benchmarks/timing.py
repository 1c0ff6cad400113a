"""Timing of one call inside a process."""

from __future__ import annotations

import gc
import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case


def cpu_seconds() -> float:
    """CPU time of this process and of the children it has waited for (compilers)."""
    import os

    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_memory() -> int:
    """The most memory this process has held, in bytes."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _of_status(name: str) -> int:
    """A line of what Linux tells about this process, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def held_memory() -> int:
    """The memory that this process holds now, in bytes (Linux)."""
    return _of_status("VmRSS:")


def peak_held_memory() -> int:
    """The most memory this process has held since `forget_peak`, in bytes (Linux)."""
    return _of_status("VmHWM:")


def forget_peak() -> None:
    """From now on `peak_held_memory` counts anew (Linux)."""
    with open("/proc/self/clear_refs", "w") as order:
        order.write("5")


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": cpu_seconds}


def once(case: Case, clock: str) -> tuple[float, Any]:
    """Seconds of the first call, and its result."""
    now = CLOCKS[clock]
    start = now()
    result = case.fn(*case.args)
    if case.sync is not None:
        case.sync(result)
    return now() - start, result


# Seconds of calls before anything counts.
WARM_UP = 0.2


class Stopwatch:
    """Seconds a call of a case in batches; the loop is timeit's, so that it costs next to nothing.

    Parameters
    ----------
    batch
        Seconds that one batch of calls should take, at least.
    """

    def __init__(self, case: Case, batch: float) -> None:
        names = [f"a{k}" for k in range(len(case.args))]
        call = f"fn({', '.join(names)})"
        space = {"fn": case.fn, "sync": case.sync, **dict(zip(names, case.args, strict=True))}
        self._loop = timeit.Timer(call, globals=space)
        self._last = timeit.Timer(f"sync({call})", globals=space) if case.sync else None
        self.number = 1
        # Also the warm-up: it runs until a batch is long enough, twice, as early calls may still compile. What is made
        # better while it is used (ours, PyTorch's graphs) gets some time for that.
        end = time.perf_counter() + WARM_UP
        while time.perf_counter() < end:
            self._seconds()
        while True:
            seconds = min(self._seconds(), self._seconds())
            if seconds >= batch or self.number >= 10_000_000:
                break
            grow = batch / max(seconds, 1e-9) * 1.2
            self.number = int(self.number * min(max(grow, 1.5), 100)) + 1

    def _seconds(self) -> float:
        # timeit switches the garbage collector off for its loop
        if self._last is None:
            return self._loop.timeit(self.number)
        return self._loop.timeit(self.number - 1) + self._last.timeit(1)

    def batch(self) -> float:
        """Seconds a call, from one batch."""
        gc.collect()
        return self._seconds() / self.number


def largest_difference(found: Any, right: Any) -> float:
    """Largest difference of two sequences of arrays, relative to the largest number of each right array."""
    worst = 0.0
    if len(found) != len(right):
        return float("inf")
    for ours, theirs in zip(found, right, strict=True):
        a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
        if a.shape != b.shape or not np.all(np.isfinite(a)):
            return float("inf")
        if b.size:
            worst = max(worst, float(np.max(np.abs(a - b)) / (np.max(np.abs(b)) or 1.0)))
    return worst


def check(case: Case, result: Any, reference: Case | None, rtol: float) -> str:
    """What is wrong with the first call's answers, or an empty text."""
    if reference is None:
        return ""
    right = reference.answers(reference.fn(*reference.args))
    difference = largest_difference(case.answers(result), right)
    return "" if difference <= rtol else f"wrong answer: off by {difference:.2g}, allowed {rtol:g}"
