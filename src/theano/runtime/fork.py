"""Which locks a process holds while it forks, so that the child inherits none half taken."""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["hold"]

# In the order in which a thread takes those that it needs; fork takes them all in this order.
ORDER = ("executors", "provisional", "lowering", "support", "words", "jit", "gate")
_known: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {}


def hold(name: str, take: Callable[[], object], give: Callable[[], object]) -> None:
    """Have a lock of `ORDER` taken before each fork, and given back in the parent and in the child."""
    assert name in ORDER
    _known[name] = take, give


def _before() -> None:
    for name in ORDER:
        if name in _known:
            _known[name][0]()


def _after() -> None:
    for name in reversed(ORDER):
        if name in _known:
            _known[name][1]()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
