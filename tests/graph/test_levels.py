"""The order of nodes while edges come: against a search in the whole graph."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from theano.graph.levels import Levels


class Edges:
    def __init__(self) -> None:
        self.after: dict[int, list[int]] = defaultdict(list)
        self.before: dict[int, list[int]] = defaultdict(list)
        self.levels = Levels(lambda n: self.before[n], lambda n: self.after[n])

    def add(self, a: int, b: int) -> None:
        self.after[a].append(b)
        self.before[b].append(a)

    def remove(self, a: int, b: int) -> None:
        self.after[a].remove(b)
        self.before[b].remove(a)

    def reaches(self, a: int, b: int) -> bool:
        todo, seen = [a], {a}
        while todo:
            n = todo.pop()
            if n == b:
                return True
            new = [m for m in self.after[n] if m not in seen]
            seen.update(new)
            todo += new
        return False


@pytest.mark.parametrize("seed", range(5))
def test_edges_by_lot(seed: int) -> None:
    rng = np.random.RandomState(seed)
    graph = Edges()
    for n in range(40):
        graph.levels.add(n)
    kept = []
    for _ in range(300):
        a, b = map(int, rng.choice(40, 2, replace=False))
        circle = graph.reaches(b, a)
        graph.add(a, b)
        if circle:
            with pytest.raises(ValueError, match="cycle"):
                graph.levels.require(a, b)
            graph.remove(a, b)
        else:
            graph.levels.require(a, b)
            kept.append((a, b))
        if rng.randint(10) == 0 and kept:
            graph.remove(*kept.pop(rng.randint(len(kept))))
    for a, b in kept:
        graph.levels.require(a, b)
    assert all(graph.levels._level[a] < graph.levels._level[b] for a, b in kept)


@pytest.mark.parametrize("known", [True, False])
def test_no_room_between_two(known: bool) -> None:
    """Thousands of nodes, each between the last and the end."""
    graph = Edges()
    end, last = 0, 1
    graph.levels.describe([last, end])
    graph.add(last, end)
    for n in range(2, 3000):
        graph.add(last, n)
        graph.add(n, end)
        if known:
            graph.levels.add(n)
        else:  # its neighbours are not known when it comes
            graph.levels._level[n] = -1.0
        graph.levels.require(last, n)
        graph.levels.require(n, end)
        last = n
    order = sorted(graph.levels._level, key=graph.levels._level.__getitem__)
    assert order == [*range(1, 3000), 0]
    graph.levels.discard(last)
    assert last not in graph.levels and end in graph.levels
