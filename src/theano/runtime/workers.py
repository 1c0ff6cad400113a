"""Work that other threads begin with: LLVM runs without the GIL, and while it does, Python goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from theano.base.flag_table import threads_wanted

__all__ = ["Started", "compilers"]

T = TypeVar("T")

# What LLVM needs on its way down a program.
STACK = 4 << 20

# Seconds that a call may wait for what another thread makes. Python's threads get the GIL back after 5 ms only: a task
# that has to ask for it often would take much longer beside a thread that makes one short call after the other.
PATIENCE = 0.004

# Each takes some megabytes.
MOST = 8


def compilers() -> int:
    """How many threads may compile at a time."""
    return min(threads_wanted(), MOST)


@contextlib.contextmanager
def _enough_stack() -> Iterator[None]:
    """Start threads with enough stack for LLVM, whatever `threading.stack_size` says."""
    wanted = threading.stack_size()
    if wanted == 0 or wanted >= STACK:
        yield
        return
    threading.stack_size(STACK)
    try:
        yield
    finally:
        threading.stack_size(wanted)


class Started(Generic[T]):
    """A task that another thread runs meanwhile; if there may be none, `result` runs it.

    Reading files hands the GIL over, and it takes 5 ms to come back each time: tasks are for what needs it rarely.

    Examples
    --------
    >>> answer = Started(lambda: 6 * 7)
    >>> answer.result()
    42
    """

    def __init__(self, task: Callable[[], T], after: Started[Any] | None = None, always: bool = False) -> None:
        """Begin with `task`, once the thread of another one has ended.

        With `always` there is a thread also where only one may compile: for what nobody waits for.
        """
        self._task, self._after = task, after
        self._results: list[T] = []
        self._thread: threading.Thread | None = None
        if always or compilers() > 1:
            thread = threading.Thread(target=self._run, name="theano-compiler")
            with contextlib.suppress(RuntimeError), _enough_stack():  # too many threads, or Python is about to end
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        if self._after is not None and self._after._thread is not None:
            self._after._thread.join()
        with contextlib.suppress(Exception):  # `result` tries again, and raises it where somebody waits
            self._results.append(self._task())

    def is_over(self) -> bool:
        """Whether `result` waits for no thread; after `PATIENCE`, in which the thread has the GIL when it needs it."""
        if self._thread is not None:
            self._thread.join(PATIENCE)
        return self._thread is None or not self._thread.is_alive()

    def result(self) -> T:
        """What the task returns, or raises."""
        if self._thread is not None:
            self._thread.join()  # in a forked child it has ended, with or without a result
        if not self._results:
            self._results.append(self._task())
        return self._results[0]
