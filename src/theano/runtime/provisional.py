"""Code that is made twice: quickly before it is first needed, and well once somebody calls a function again.

Functions that all programs share are compiled once a machine, and the first program waits for them. Most of that time
goes into making them fast. Whoever calls a function once is served sooner without; its second call pays the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from theano.runtime import fork

__all__ = ["complete", "later"]

_pending: list[Callable[[], None]] = []
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
