"""Boxes of a graph put together, by line of the program or by loop, so that the whole is seen at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.d3viz.graph_data import HEIGHT, Data, arranged, box_width

# Up to so many operations are shown one by one.
FEW = 8
# A group of more is cut: places of thousands of boxes take long, and nobody reads them.
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
    """
    home = _homes(nodes, edges, title)
    members: dict[int, list[int]] = {}
    for k, group in enumerate(home):
        members.setdefault(group, []).append(k)
    place: dict[int, int] = {}
    boxes: list[Data] = []
    for group, inside in members.items():
        place[group] = len(boxes)
        boxes.append(nodes[inside[0]] if len(inside) == 1 else _box(nodes, edges, inside, title, graphs))
    seen: dict[tuple[int, int], Data] = {}
    count = [0] * len(boxes)
    for edge in edges:
        a, b = place[home[edge["from"]]], place[home[edge["to"]]]
        if a == b:
            continue
        if (a, b) in seen:
            seen[a, b]["more"] = seen[a, b].get("more", 0) + 1
            continue
        seen[a, b] = {"from": a, "to": b, "text": edge["text"], "place": count[b]}
        count[b] += 1
    return arranged(boxes, list(seen.values()))


def _homes(nodes: list[Data], edges: list[Data], title: Callable[[Data], str]) -> list[int]:
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
    beside = {k for k, node in enumerate(nodes) if node["kind"] == "constant" and len(after[k]) == 1}
    for k in sorted(set(range(len(nodes))) - beside, key=lambda k: (bool(before[k]), k)):  # leaves may come late
        name = title(nodes[k])
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


def _box(
    nodes: list[Data], edges: list[Data], inside: list[int], title: Callable[[Data], str], graphs: list[Data]
) -> Data:
    """The box of a group, with the graph of its boxes and of what they take from others."""
    place = {k: n for n, k in enumerate(inside)}
    own = [nodes[k] for k in inside]
    inner: list[Data] = []
    for edge in edges:
        if edge["to"] not in place:
            continue
        if edge["from"] not in place:
            place[edge["from"]] = len(own)
            source = nodes[edge["from"]]
            own.append({**source, "kind": source["kind"] if source["kind"] != "op" else "variable", "graph": None})
            del own[-1]["graph"]
        inner.append({**edge, "from": place[edge["from"]], "to": place[edge["to"]]})
    operations = [nodes[k] for k in inside if nodes[k]["kind"] == "op"]
    words = ", ".join(dict.fromkeys(node["label"].partition("{")[0] for node in operations))
    label = f"{title(operations[0])} · {len(operations)} node{'s' * (len(operations) != 1)}"
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
