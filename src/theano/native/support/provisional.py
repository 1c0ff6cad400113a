"""Code that is made twice: quickly before it is first needed, and well once somebody calls a function again.

Functions that all programs share are compiled once a machine, and the first program waits for them. Most of that time
goes into making them fast. Whoever calls a function once is served sooner without. From its second call on a thread
makes the rest, while the calls go on with what is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from theano.base.user_warnings import warn_user
from theano.runtime import fork
from theano.runtime.workers import Started

__all__ = ["advance", "complete", "later"]

_pending: list[Callable[[], None]] = []
_making: Started[None] | None = None
_has_failed = False  # a thread, and who waited for it
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

    Where it can't be made, nor here, calls go on with what there is, and a warning tells so, once.
    """
    global _making, _has_failed
    if not _pending:
        return True
    if _has_failed:
        return False
    making = _making
    if making is None:
        making = _making = Started(complete, always=True)
    if not making.is_over():
        return False
    _making = None
    try:
        making.result()
    except Exception as error:  # who can't do without makes it again, and raises what goes wrong
        _has_failed = True
        warn_user(
            "the fast code of functions that all programs share could not be made, so calls go on without: they take "
            f"longer ({type(error).__name__}: {error}). Unless memory was short, please report this.",
            RuntimeWarning,
        )
    return not _pending
