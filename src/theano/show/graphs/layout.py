"""Places for the boxes of a graph on a page: layers from top to bottom, few crossings, edges as straight as possible.

The method is that of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981): layers, an order in each by averages of
neighbours, and at last places. An edge over several layers goes through a *bend* in each of them; edges from the same
box share their bends.

>>> placed = layout([(40, 20), (40, 20), (60, 20)], [(0, 2), (1, 2)])
>>> placed.layers, placed.width, placed.height
([0, 0, 1], 92.0, 66.0)
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import inf

from theano.base.record import Record

GAP, BEND_GAP, LAYER_GAP = 12.0, 8.0, 26.0
SWEEPS = 8
STRAIGHT = 8.0  # how much more than a box a bend insists on standing below its neighbour

# Given layers, widths, links between neighbouring layers and the gap: the middle of each box, or None.
Places = Callable[[Sequence[int], Sequence[float], Sequence[tuple[int, int]], float], list[float] | None]


class Placed(Record):
    """Where boxes are: of each its layer (0 is the uppermost) and left side, and the bends of the edges that come
    out of it, as (layer, x); of each layer its upper side and its height; and the size of the whole."""

    layers: list[int]
    lefts: list[float]
    bends: list[list[tuple[int, float]]]
    rows: list[tuple[float, float]]
    width: float
    height: float


def layout(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]], places: Places | None = None
) -> Placed:
    """Places for boxes of the `sizes` given (width, height), of which `edges` lead from one to another.

    Parameters
    ----------
    sizes
        Width and height of each box.
    edges
        Pairs of numbers of boxes, without cycles. An edge may occur several times.
    places
        Who may know better where boxes stand in their layers (see `graphviz_places`), or say None.

    Raises
    ------
    ValueError
        The edges make a cycle.
    """
    if not sizes:
        return Placed([], [], [], [], 0.0, 0.0)
    layers = _layers(len(sizes), edges)
    widths = [w for w, _ in sizes]
    level = list(layers)  # of boxes, then of bends
    trunks: list[list[int]] = [[i] for i in range(len(sizes))]  # of each box: itself, its bend in the layer below, …
    links: dict[tuple[int, int], None] = {}
    for a, b in edges:
        trunk = trunks[a]
        for k in range(layers[a] + len(trunk), layers[b]):
            links[trunk[-1], len(level)] = None
            trunk.append(len(level))
            level.append(k)
            widths.append(0.0)
        links[trunk[layers[b] - layers[a] - 1], b] = None
    up: list[list[int]] = [[] for _ in level]
    down: list[list[int]] = [[] for _ in level]
    for a, b in links:
        down[a].append(b)
        up[b].append(a)
    centres = None if places is None else places(level, widths, list(links), GAP)
    if centres is None:
        rows = _ordered(level, up, down)
        centres = _centres(rows, widths, up, down)
    left = min(c - w / 2 for c, w in zip(centres, widths, strict=True))
    heights = [0.0] * (max(level) + 1)
    for layer, (_, height) in zip(layers, sizes, strict=True):
        heights[layer] = max(heights[layer], height)
    *tops, end = accumulate((height + LAYER_GAP for height in heights), initial=0.0)
    lefts = [centres[i] - w / 2 - left for i, (w, _) in enumerate(sizes)]
    bends = [[(level[i], centres[i] - left) for i in trunk[1:]] for trunk in trunks]
    width = max(c + w / 2 for c, w in zip(centres, widths, strict=True)) - left
    return Placed(layers, lefts, bends, list(zip(tops, heights, strict=True)), width, end - LAYER_GAP)


def _layers(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: as low as its followers allow; what has none stands where the longest way to it ends.

    Low, because edges out of one box share their bends, and edges into one box do not: 300 transposes of a matrix that
    are used one after the other stand each where it is used, and one line leads to all of them.
    """
    after: list[list[int]] = [[] for _ in range(n)]
    left = [0] * n  # edges into each box from boxes whose layer is not known yet
    for a, b in edges:
        after[a].append(b)
        left[b] += 1
    found = [0] * n
    ready = [i for i in range(n) if not left[i]]
    for i in ready:  # grows while it is read
        for b in after[i]:
            found[b] = max(found[b], found[i] + 1)
            left[b] -= 1
            if not left[b]:
                ready.append(b)
    if len(ready) != n:
        raise ValueError("the edges make a cycle")
    for i in reversed(ready):
        if after[i]:
            found[i] = min(found[b] for b in after[i]) - 1
    return found


def _ordered(level: list[int], up: list[list[int]], down: list[list[int]]) -> list[list[int]]:
    """The rows of boxes and bends, in the order with the fewest crossings of those that averages lead to."""
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    seen = [False] * len(level)
    stack = [i for i in reversed(range(len(level))) if not down[i]]
    while stack:  # from results to what they are made of: a box and its neighbours come close to each other
        i = stack.pop()
        if not seen[i]:
            seen[i] = True
            rows[level[i]].append(i)
            stack += reversed(up[i])
    place = [0.0] * len(level)
    best, fewest = rows, inf
    nobody: list[list[int]] = [[] for _ in level]
    for sweep, near in enumerate([nobody, *[up, down] * (SWEEPS // 2)]):
        for row in rows if sweep % 2 else reversed(rows):
            row.sort(key=lambda i: _mean([place[j] for j in near[i]], place[i]))
            for k, i in enumerate(row):
                place[i] = k / len(row)
        count = _crossings(rows, down)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
        if not count:
            break
    return best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: list[list[int]], down: list[list[int]]) -> int:
    """How many pairs of edges between neighbouring rows cross."""
    total = 0
    for row, below in zip(rows, rows[1:]):
        place = {i: k for k, i in enumerate(below)}
        ends: list[int] = []  # of the edges so far, sorted
        for i in row:
            for k in sorted(place[j] for j in down[i]):
                total += len(ends) - bisect(ends, k)
                insort(ends, k)
    return total


def _centres(
    rows: list[list[int]], widths: list[float], up: list[list[int]], down: list[list[int]]
) -> list[float]:
    """Where the middle of each box and bend is: near the average of its neighbours, without overlaps."""
    centres = [0.0] * len(widths)
    nobody: list[list[int]] = [[] for _ in widths]
    both = [above + below for above, below in zip(up, down, strict=True)]
    for sweep, near in enumerate([nobody, *[up, down] * (SWEEPS // 2 - 1), both, both]):
        for row in rows if sweep % 2 else reversed(rows):
            wanted = [_mean([centres[j] for j in near[i]], centres[i]) for i in row]
            for i, x in zip(row, _apart(row, wanted, widths), strict=True):
                centres[i] = x
    return centres


def _apart(row: list[int], wanted: list[float], widths: list[float]) -> list[float]:
    """The places nearest to those `wanted`, by least squares, that keep the order and the gaps of a row.

    Without the gaps it is a fit by a sequence that never falls: neighbours in the wrong order share their mean.
    """
    offsets = [0.0]
    for a, b in zip(row, row[1:]):
        gap = GAP if widths[a] or widths[b] else BEND_GAP
        offsets.append(offsets[-1] + (widths[a] + widths[b]) / 2 + gap)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for i, x, offset in zip(row, wanted, offsets, strict=True):
        mean, weight, length = x - offset, 1.0 if widths[i] else STRAIGHT, 1
        while blocks and blocks[-1][0] > mean:
            other, its, long = blocks.pop()
            mean = (mean * weight + other * its) / (weight + its)
            weight, length = weight + its, length + long
        blocks.append((mean, weight, length))
    means = [mean for mean, _, length in blocks for _ in range(length)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
