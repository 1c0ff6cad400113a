"""When Python's cyclic garbage collector rests.

A graph of thousands of nodes is made of objects that stay, and each round of the collector walks through all of them:
15 % of the time of a function of 10,000 nodes, for 3 of 200 MB.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator

__all__ = ["collector_rests"]

# From so many new objects on, nearly all of one large function, they count as old when the collector wakes.
LARGE = 100_000

_by_us = False  # whether it is we who let the collector rest now


@contextlib.contextmanager
def collector_rests(all_stays: bool = False) -> Iterator[None]:
    """Make no rounds meanwhile, in any thread.

    What a large function leaves is not looked through in the first round afterwards, which would take a tenth of the
    time of making it, but in the next one of all objects. So is what there is if `all_stays`: an import makes thousands
    of objects, and rounds through them take a tenth of its time. What a user has frozen, or Python 3.12 itself, stays
    frozen.

    Examples
    --------
    >>> with collector_rests():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    if not gc.isenabled():  # by the user's wish, or because another thread is here, too
        yield
        return
    global _by_us
    _by_us = True
    gc.disable()
    try:
        yield
    finally:
        if all_stays or gc.get_count()[0] > LARGE:
            _make_old()
        gc.enable()
        _by_us = False


def _wake_in_child() -> None:
    """In a forked child the thread that let the collector rest may not be there to wake it."""
    global _by_us
    if _by_us:
        _by_us = False
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_wake_in_child)


def _make_old() -> None:
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
