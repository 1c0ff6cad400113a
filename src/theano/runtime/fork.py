"""Which locks a process holds while it forks, so that the child inherits none half taken."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

__all__ = ["hold"]

# In the order in which a thread takes those that it needs; fork takes them all in this order.
ORDER = ("cells", "executors", "provisional", "lowering", "support", "words", "jit", "gate", "programs")
_known: dict[str, tuple[Callable[[], object], ...]] = {}  # how it is taken, given back, and that in the child
_ALWAYS = ("programs",)  # given back in any case: an exception may come between taking it and noting that
_taken: dict[int, list[str]] = {}  # what a thread that forks has taken so far


def hold(
    name: str,
    take: Callable[[], object],
    give: Callable[[], object],
    give_in_child: Callable[[], object] | None = None,
) -> None:
    """Have a lock of `ORDER` taken before each fork, and given back in the parent and in the child.

    The thread that forks may have it already: a signal handler may fork anywhere.
    """
    assert name in ORDER
    _known[name] = take, give, give_in_child or give


def _before() -> None:
    taken = _taken[threading.get_ident()] = []
    for name in ORDER:
        if name in _known:
            _known[name][0]()  # Ctrl-C may end the waiting; then the process forks without the others
            taken.append(name)


def _after(which: int) -> None:
    taken = {*_taken.pop(threading.get_ident(), []), *_ALWAYS}
    for name in reversed(ORDER):
        if name in taken and name in _known:
            _known[name][which]()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=lambda: _after(1), after_in_child=lambda: _after(2))
