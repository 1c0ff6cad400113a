"""Places of boxes: layers, order, no overlaps."""

from __future__ import annotations

import random
import shutil

import pytest

from theano.show.graphs import graphviz
from theano.show.graphs.graphviz import graphviz_places
from theano.show.graphs.layout import GAP, layout


def random_graph(seed: int):
    rng = random.Random(seed)
    n = rng.randint(1, 60)
    sizes = [(rng.uniform(10, 120), rng.uniform(10, 50)) for _ in range(n)]
    edges = [(a, b) for b in range(1, n) for a in (rng.randrange(b) for _ in range(rng.randint(0, 3)))]
    return sizes, edges


needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="dot of Graphviz is not installed")


@pytest.mark.parametrize("places", [None, pytest.param(graphviz_places, marks=needs_dot)], ids=["own", "graphviz"])
@pytest.mark.parametrize("seed", range(30))
def test_edges_go_down_and_boxes_do_not_overlap(seed, places):
    sizes, edges = random_graph(seed)
    placed = layout(sizes, edges, places)
    lowest = [max((placed.layers[b] for a, b in edges if a == k), default=0) for k in range(len(sizes))]
    for layer, last, bends in zip(placed.layers, lowest, placed.bends, strict=True):
        assert [k for k, _ in bends] == list(range(layer + 1, last))
        assert all(-1e-6 <= x <= placed.width + 1e-6 for _, x in bends)
    assert all(placed.layers[a] < placed.layers[b] for a, b in edges)
    for layer in range(max(placed.layers) + 1):
        row = sorted((placed.lefts[i], sizes[i][0]) for i in range(len(sizes)) if placed.layers[i] == layer)
        for (left, width), (following, _) in zip(row, row[1:]):
            assert following >= left + width + GAP - (1e-6 if places is None else 1)
        assert all(left >= -1e-6 and left + width <= placed.width + 1e-6 for left, width in row)
    heights = [height for _, height in placed.rows]
    assert all(heights[placed.layers[i]] >= sizes[i][1] for i in range(len(sizes)))


def test_a_chain_is_straight():
    placed = layout([(30, 10), (50, 10), (40, 10)], [(0, 1), (1, 2)])
    centres = [left + width / 2 for left, width in zip(placed.lefts, (30, 50, 40), strict=True)]
    assert placed.layers == [0, 1, 2] and max(centres) - min(centres) < 1e-6


def test_crossings_are_undone():
    placed = layout([(10, 10)] * 4, [(0, 3), (1, 2)])
    assert (placed.lefts[0] < placed.lefts[1]) == (placed.lefts[3] < placed.lefts[2])


def test_nothing_and_cycles():
    assert layout([], []).layers == []
    with pytest.raises(ValueError, match="the edges make a cycle"):
        layout([(1, 1), (1, 1)], [(0, 1), (1, 0)])


def test_without_graphviz(monkeypatch):
    """What is not there, takes too long, or writes something else is done without."""
    level, widths, links = [0] * 5 + [1] * 5, [20.0] * 10, [(k, k + 5) for k in range(5)]
    for program in (None, "/bin/false", "/bin/cat", "/no/such/program"):
        monkeypatch.setattr(graphviz, "_program", lambda program=program: program)
        assert graphviz_places(level, widths, links, 12.0) is None
