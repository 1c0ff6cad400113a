"""Boxes of a graph put together, by line of the program or by loop, so that the whole is seen at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from theano.show.graphs.graph_data import HEIGHT, Data, arranged, box_width

# Up to so many operations are shown one by one.
FEW = 8
# A group of more is cut, more groups are put together: places of thousands of boxes take long, and nobody reads them.
MOST = 150


def grouped(nodes: list[Data], edges: list[Data], title: Callable[[Data], str], graphs: list[Data]) -> Data:
    """The graph of groups; the graph inside of each is added to `graphs`.

    Parameters
    ----------
    nodes, edges
        Boxes, and the edges between them. Those that edges lead to stand behind those that they come from, but for
        boxes that no edge leads to.
    title
        What the group of a box is called; "" for a box by itself. There may be several groups of a name: no way leads
        from a group to itself.
    graphs
        All graphs of a page.

    Where there are many groups they are in boxes themselves, as parts of the whole.
    """
    titles = [title(node) for node in nodes]
    boxes, links, counts = _joined(nodes, edges, _homes(nodes, edges, titles), titles, [1] * len(nodes), graphs)
    while sum(box["kind"] == "op" for box in boxes) > MOST:
        parts = _parts(boxes, links)
        titles = [f"part {part + 1}" for part in parts]
        boxes, links, counts = _joined(boxes, links, parts, titles, counts, graphs)
    return arranged(boxes, links)


def _joined(
    nodes: list[Data], edges: list[Data], home: list[int], titles: list[str], counts: list[int], graphs: list[Data]
) -> tuple[list[Data], list[Data], list[int]]:
    """The boxes of groups, the edges between them, and how many operations are in each box."""
    members: dict[int, list[int]] = {}
    for k, group in enumerate(home):
        members.setdefault(group, []).append(k)
    into: list[list[int]] = [[] for _ in nodes]  # the edges that lead to each box
    for n, edge in enumerate(edges):
        into[edge["to"]].append(n)
    place = {group: n for n, group in enumerate(members)}
    boxes, sums = [], []
    for inside in members.values():
        leading = [edges[n] for n in sorted(n for k in inside for n in into[k])]
        operations = [k for k in inside if nodes[k]["kind"] == "op"]
        sums.append(sum(counts[k] for k in operations))
        label = f"{titles[operations[0]]} · {sums[-1]} node{'s' * (sums[-1] != 1)}" if len(inside) > 1 else ""
        boxes.append(_box(nodes, leading, inside, label, graphs) if label else nodes[inside[0]])
    seen: dict[tuple[int, int], Data] = {}
    count = [0] * len(boxes)
    for edge in edges:
        a, b = place[home[edge["from"]]], place[home[edge["to"]]]
        if a == b:
            continue
        if (a, b) in seen:
            seen[a, b]["more"] = seen[a, b].get("more", 0) + 1 + edge.get("more", 0)
            continue
        seen[a, b] = {**edge, "from": a, "to": b, "place": count[b]}
        count[b] += 1
    return boxes, list(seen.values()), sums


def _parts(nodes: list[Data], edges: list[Data]) -> list[int]:
    """The numbers of parts, of equal size, of operations in an order in which none comes before what it needs.

    So no way leads from a part to itself. What is no operation stays by itself.
    """
    after: list[list[int]] = [[] for _ in nodes]
    left = [0] * len(nodes)
    for edge in edges:
        after[edge["from"]].append(edge["to"])
        left[edge["to"]] += 1
    ready = [k for k in range(len(nodes)) if not left[k]]
    order: list[int] = []
    while ready:
        k = heapq.heappop(ready)
        order += [k] if nodes[k]["kind"] == "op" else []
        for other in after[k]:
            left[other] -= 1
            if not left[other]:
                heapq.heappush(ready, other)
    number = -(-len(order) // MOST)
    parts = [number + k for k in range(len(nodes))]
    for n, k in enumerate(order):
        parts[k] = n * number // len(order)
    return parts


def _homes(nodes: list[Data], edges: list[Data], titles: list[str]) -> list[int]:
    """The number of each box's group: the last of its name, if it has room and no way leads out of it and back."""
    before: list[list[int]] = [[] for _ in nodes]
    for edge in edges:
        before[edge["to"]].append(edge["from"])
    after: list[list[int]] = [[] for _ in nodes]
    for edge in edges:
        after[edge["from"]].append(edge["to"])
    home = [-1] * len(nodes)
    last: dict[str, int] = {}
    size: list[int] = []
    leaves: set[int] = set()  # no way leads through them
    above: list[int] = []  # of each group those that it depends on, a bit each
    beside = {
        k for k, node in enumerate(nodes)
        if node["kind"] == "constant" and len(after[k]) == 1 and nodes[after[k][0]]["kind"] == "op"
    }  # fmt: skip
    for k in sorted(set(range(len(nodes))) - beside, key=lambda k: (bool(before[k]), k)):  # leaves may come late
        name = titles[k]
        sources = {home[j] for j in before[k] if j not in beside} - leaves
        number = last.get(name, -1) if name else -1
        if number >= 0 and (size[number] == MOST or any(above[s] >> number & 1 for s in sources if s != number)):
            number = -1
        is_new = number < 0
        if is_new:
            number = len(above)
            if not name and not before[k]:
                leaves.add(number)
            above.append(0)
            size.append(0)
            if name:
                last[name] = number
        new = 0
        for s in sources - {number}:
            new |= above[s] | 1 << s
        if new & ~above[number]:
            above[number] |= new
            for other, bits in enumerate([] if is_new else above):  # those that depend on this one
                if bits >> number & 1:
                    above[other] = bits | above[number]
        size[number] += 1
        home[k] = number
    for k in beside:  # a constant stands where it is used
        home[k] = home[after[k][0]]
    return home


def _box(nodes: list[Data], edges: list[Data], inside: list[int], label: str, graphs: list[Data]) -> Data:
    """The box of a group, with the graph of its boxes and of what they take from others by `edges`."""
    place = {k: n for n, k in enumerate(inside)}
    own = [nodes[k] for k in inside]
    inner: list[Data] = []
    for edge in edges:
        if edge["from"] not in place:
            place[edge["from"]] = len(own)
            source = nodes[edge["from"]]
            own.append({**source, "kind": source["kind"] if source["kind"] != "op" else "variable", "graph": None})
            del own[-1]["graph"]
        inner.append({**edge, "from": place[edge["from"]], "to": place[edge["to"]]})
    operations = [nodes[k] for k in inside if nodes[k]["kind"] == "op"]
    words = ", ".join(dict.fromkeys(word for node in operations for word in _words(node)))
    graphs.append(arranged(own, inner))
    more: dict[str, Any] = {}
    for what in ("lines", "callers"):
        more[what] = list(dict.fromkeys(line for node in operations for line in node.get(what, [])))
    if all(node.get("gradient") for node in operations):
        more["gradient"] = True
    loops = {node.get("loop") for node in operations}
    if len(loops) == 1 and None not in loops:
        more["loop"] = loops.pop()
    return {
        "kind": "op", "label": label, "text": words, "w": box_width(label, words), "h": HEIGHT,
        "graph": len(graphs) - 1, **more,
    }  # fmt: skip


def _words(node: Data) -> list[str]:
    """What operations there are in a box."""
    return [str(node["label"]).partition("{")[0]] if "op" in node else str(node["text"]).split(", ")
