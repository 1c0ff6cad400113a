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
        self._changed = threading.Condition(threading.RLock())
        self._inside: dict[int, int] = {}  # how often each thread is
        self._forking = False

    def enter(self) -> None:
        me = threading.get_ident()
        with self._changed:
            while self._forking and me not in self._inside:
                self._changed.wait()
            self._inside[me] = self._inside.get(me, 0) + 1

    def leave(self) -> None:
        me = threading.get_ident()
        with self._changed:
            self._inside[me] -= 1
            if not self._inside[me]:
                del self._inside[me]
            self._changed.notify_all()

    def close(self) -> None:
        """Wait until no other thread is inside; who comes then waits for `open`."""
        self._changed.acquire()
        self._forking = True
        try:
            while self._inside.keys() - {threading.get_ident()}:
                self._changed.wait()
        except BaseException:  # Ctrl-C
            self.open()
            raise

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
