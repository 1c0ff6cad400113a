"""Who is inside LLVM: several threads at a time, and nobody while the process forks.

LLVM's contexts have nothing in common, so threads need not wait for each other there. But a forked child must not
inherit one of its locks half taken.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from theano.runtime import fork

__all__ = ["inside"]


class _Gate:
    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._inside = 0
        self._forking = False

    def enter(self) -> None:
        with self._changed:
            while self._forking:
                self._changed.wait()
            self._inside += 1

    def leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Wait until nobody is inside; who comes then waits for `open`."""
        self._changed.acquire()
        self._forking = True
        while self._inside:
            self._changed.wait()

    def open(self) -> None:
        self._forking = False
        self._changed.notify_all()
        self._changed.release()


_gate = _Gate()
fork.hold("gate", _gate.close, _gate.open)


@contextlib.contextmanager
def inside() -> Iterator[None]:
    """The time that a thread spends in LLVM.

    Examples
    --------
    >>> with inside():
    ...     pass
    """
    _gate.enter()
    try:
        yield
    finally:
        _gate.leave()
