"""Code that is made twice: quickly before it is first needed, and well once somebody calls a function again.

Functions that all programs share are compiled once a machine, and the first program waits for them. Most of that time
goes into making them fast. Whoever calls a function once is served sooner without. From its second call on a thread
makes the rest, while the calls go on with what is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from theano.runtime import fork
from theano.runtime.workers import Started

__all__ = ["advance", "complete", "later"]

_pending: list[Callable[[], None]] = []
_making: Started[None] | None = None
_lock = threading.RLock()
fork.hold("provisional", _lock.acquire, _lock.release)


def later(make: Callable[[], None]) -> None:
    """Have `complete` call `make`: contexts that are made from then on hold the addresses of the fast code."""
    _pending.append(make)


def complete() -> None:
    """Make the fast form of all that is provisional."""
    with _lock:
        while _pending:
            _pending[0]()
            del _pending[0]


def advance() -> bool:
    """Have a thread make the fast form of all that is provisional; whether it is there.

    What the thread could not make is made here, and raises what went wrong.
    """
    global _making
    if not _pending:
        return True
    making = _making
    if making is None:
        making = _making = Started(complete, always=True)
    if not making.is_over():
        return False
    _making = None
    making.result()
    return not _pending
