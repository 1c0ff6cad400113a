"""The order of nodes as a number for each, kept up to date where a graph changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from typing import Any


class Levels:
    """Numbers of nodes: who must run before a node has a smaller one. Nodes that do not need each other may share one.

    A requirement that holds already costs a comparison. For one that does not, only the nodes between the two numbers
    are looked at that come after the second, and they move; so many small changes of a large graph cost little each.

    Parameters
    ----------
    before, after
        The nodes that must run before a node, and those that it must run before. Nodes without number are passed over.

    Examples
    --------
    >>> edges = {"a": ["b"], "b": ["c"], "c": []}
    >>> levels = Levels(lambda n: [m for m in edges if n in edges[m]], edges.get)
    >>> for n in "cba":
    ...     levels.add(n)
    >>> levels.require("a", "b"), levels.require("b", "c")
    (None, None)
    >>> levels.require("c", "a")
    Traceback (most recent call last):
        ...
    ValueError: the graph contains a cycle through c
    """

    def __init__(self, before: Callable[[Any], Iterable[Any]], after: Callable[[Any], Iterable[Any]]) -> None:
        self._before, self._after = before, after
        self._level: dict[Hashable, float] = {}

    def __contains__(self, node: object) -> bool:
        return node in self._level

    def describe(self, order: Iterable[Hashable]) -> None:
        """Begin with nodes in an order that fits."""
        self._level = {node: float(k) for k, node in enumerate(order)}

    def discard(self, node: Hashable) -> None:
        """Forget a node."""
        self._level.pop(node, None)

    def add(self, node: Hashable) -> None:
        """A new node: it gets a number that fits, if there is one (else `require` finds others)."""
        for _ in range(2):
            level = self._level
            low = max((level[m] for m in self._before(node) if m in level), default=-math.inf)
            high = min((level[m] for m in self._after(node) if m in level), default=math.inf)
            if low == -math.inf:
                at = 0.0 if high == math.inf else high - 1
            else:
                at = low + 1 if high == math.inf else (low + high) / 2
            if not low < high or low < at < high:
                break
            self._spread()
        self._level[node] = at if low < high else low

    def require(self, first: Hashable, second: Hashable) -> None:
        """Let `first` come before `second`; ValueError if it must come after it, and then nothing has changed."""
        level = self._level
        start = level[first]
        if start < level[second]:
            return
        found, todo, end = {second}, [second], math.inf
        while todo:
            node = todo.pop()
            if node is first:
                raise ValueError(f"the graph contains a cycle through {node}")
            for later in self._after(node):
                at = level.get(later)
                if at is None or later in found:
                    continue
                if at <= start:
                    found.add(later)
                    todo.append(later)
                else:
                    end = min(end, at)
        order = sorted(found, key=level.__getitem__)
        step = 1.0 if end == math.inf else (end - start) / (len(order) + 1)
        if not start < start + step < start + step * len(order) + step / 2 < end:
            self._spread()
            return self.require(first, second)
        level.update((node, start + step * (k + 1)) for k, node in enumerate(order))
        return None

    def _spread(self) -> None:
        """Whole numbers again, where halves of halves of differences come to an end."""
        places = {at: float(k) for k, at in enumerate(sorted(set(self._level.values())))}
        self._level = {node: places[at] for node, at in self._level.items()}
