"""A graph as plain data, for pages and for Graphviz: boxes, edges, places, and the graphs inside of operations."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from theano.graph import Apply, Constant, FunctionGraph, Variable, graph_inputs, io_toposort
from theano.graph.shown import shown, told
from theano.show.graphs.graphviz import graphviz_places
from theano.show.graphs.labels import apply_label, shape_label, type_to_str, var_label, var_tag
from theano.show.graphs.layout import Placed, layout

__all__ = ["Data", "Pages", "arranged", "box_width", "graph_data", "graph_of"]

Data: TypeAlias = dict[str, Any]

# The width of letters of the page, in pixels, and the most of them in a box.
LETTER, SMALL_LETTER, MOST, HEIGHT = 7.3, 6.1, 34, 40.0


def graph_data(fct: Any, compact: bool = True) -> Data:
    """All that a page shows of a graph, as dicts, lists, texts and numbers.

    Parameters
    ----------
    fct
        Compiled function, function graph, variable, or list of variables.
    compact
        Leave out variables that are neither inputs nor results.

    Returns
    -------
    dict
        ``name``, ``timed`` (whether nodes have times) and ``graphs``: the first is the graph itself, the others are
        inside of operations, whose boxes have its number as ``graph``. A graph has ``nodes`` with their places,
        ``edges`` between their numbers, ``rows`` (upper side and height of each layer), ``width`` and ``height``.

    Raises
    ------
    TypeError
        `fct` has no graph.
    """
    inputs, outputs, names, profile = graph_of(fct)
    pages = Pages(compact, profile)
    pages.add(inputs, outputs, names)
    pages.add_inner()
    timed = any("seconds" in node for graph in pages.graphs for node in graph["nodes"])
    return {"name": getattr(fct, "name", None) or "graph", "timed": timed, "graphs": pages.graphs}


def graph_of(fct: Any) -> tuple[list[Variable], list[Variable], list[str], Any]:
    """Inputs, outputs, names of outputs that are new values, and the profile, if there is one."""
    if isinstance(fct, Variable):
        fct = [fct]
    if isinstance(fct, Apply):
        fct = fct.outputs
    if isinstance(fct, list | tuple) and all(isinstance(v, Variable) for v in fct):
        return graph_inputs(fct), list(fct), [], None
    maker = getattr(fct, "maker", None)
    fgraph = fct if isinstance(fct, FunctionGraph) else getattr(maker, "fgraph", None)
    if not isinstance(fgraph, FunctionGraph):
        raise TypeError(f"a compiled function, a graph or variables are needed, not {shown(fct)}")
    names = [] if maker is None else ["" for _ in maker.outputs]
    names += [f"new {var_label(i.variable)}" for i in getattr(maker, "inputs", []) if i.update is not None]
    profile = getattr(fct, "profile", None)
    return list(fgraph.inputs), list(fgraph.outputs), names, profile if hasattr(profile, "apply_time") else None


def _inner_graph(op: Any) -> tuple[list[Variable], list[Variable]]:
    """The inputs and outputs of the graph inside of an operation; empty lists if it has none."""
    for inputs, outputs in (("local_inputs", "local_outputs"), ("inner_inputs", "inner_outputs")):
        if hasattr(op, inputs) and hasattr(op, outputs):
            return list(getattr(op, inputs)), list(getattr(op, outputs))
    return [], []


class Pages:
    """The graphs that are found, one in another.

    Parameters
    ----------
    compact
        Leave out variables that are neither inputs nor results.
    profile
        A `ProfileStats`, or None.
    about
        What else is to be known of the box of a node or leaf.
    """

    def __init__(self, compact: bool, profile: Any, about: Callable[[Any], Data] = lambda thing: {}) -> None:
        self.compact = compact
        self.profile = profile
        self.about = about
        self.total = 0.0 if profile is None else profile.fct_call_time
        self.times = profile.apply_time if self.total else {}
        self.graphs: list[Data] = []
        self.inside: list[tuple[Any, int]] = []  # operations and the numbers of their graphs
        self.numbers: dict[int, int] = {}

    def number_of(self, op: Any) -> int | None:
        """The number of the graph inside of an operation."""
        if not _inner_graph(op)[1]:
            return None
        if id(op) not in self.numbers:
            self.numbers[id(op)] = len(self.numbers) + 1
            self.inside.append((op, self.numbers[id(op)]))
        return self.numbers[id(op)]

    def add(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], names: Sequence[str] = (), number: int = 0
    ) -> None:
        """Gather one graph, with the places of its boxes."""
        assert number == len(self.graphs)
        self.graphs.append(arranged(*self.boxes(inputs, outputs, names)))

    def add_inner(self) -> None:
        """Gather the graphs inside of operations."""
        for op, number in self.inside:  # grows while it is read
            self.add(*_inner_graph(op), number=number)

    def boxes(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], names: Sequence[str] = ()
    ) -> tuple[list[Data], list[Data]]:
        """The boxes of one graph, and its edges."""
        graph = _Graph(self)
        for v in inputs:
            if not isinstance(v, Constant):  # each use of a constant has a box, beside who uses it
                graph.leaf(v)
        for node in io_toposort(inputs, outputs):
            graph.apply(node)
        for k, v in enumerate(outputs):
            graph.output(v, names[k] if k < len(names) else "")
        return graph.nodes, graph.edges


def box_width(label: str, text: str) -> float:
    """The width of a box with two lines."""
    return round(16 + max(LETTER * min(len(label), MOST), SMALL_LETTER * min(len(text), MOST + 6), 36), 1)


def arranged(nodes: list[Data], edges: list[Data]) -> Data:
    """A graph with the places of its boxes."""
    sizes, ends = ((node["w"], node["h"]) for node in nodes), ((edge["from"], edge["to"]) for edge in edges)
    placed = _placed(tuple(sizes), tuple(ends))
    for node, layer, left in zip(nodes, placed.layers, placed.lefts, strict=True):
        node["layer"], node["x"] = layer, round(left, 1)
    for node, bends in zip(nodes, placed.bends, strict=True):
        node["bends"] = [[layer, round(x, 1)] for layer, x in bends]
    rows = [[round(top, 1), round(height, 1)] for top, height in placed.rows]
    width, height = round(placed.width, 1), round(placed.height, 1)
    return {"nodes": nodes, "edges": edges, "rows": rows, "width": width, "height": height}


@functools.lru_cache(maxsize=256)
def _placed(sizes: tuple[tuple[float, float], ...], ends: tuple[tuple[int, int], ...]) -> Placed:
    """The layout of a graph; an unrolled loop has hundreds that are alike."""
    return layout(sizes, ends, graphviz_places)


class _Graph:
    """The boxes and edges of one graph."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.nodes: list[Data] = []
        self.edges: list[Data] = []
        self.source: dict[Any, int] = {}  # of variables: the box that they come out of

    def box(self, kind: str, label: str, text: str, **more: Any) -> int:
        """A new box; returns its number."""
        known = {name: value for name, value in more.items() if value is not None}
        node = {"kind": kind, "label": label, "text": text, "w": box_width(label, text), "h": HEIGHT, **known}
        self.nodes.append(node)
        return len(self.nodes) - 1

    def edge(self, a: int, b: int, v: Variable, place: int) -> None:
        """An edge for a variable, which is input number `place` of the box that it leads to."""
        self.edges.append({"from": a, "to": b, "text": self.type_text(v), "place": place})

    def type_text(self, v: Any) -> str:
        shape = shape_label(v, self.pages.profile)
        return f"{getattr(v.type, 'dtype', type_to_str(v.type))} {shape}".strip()

    def leaf(self, v: Any) -> int:
        """The box of a variable that nothing computes; each use of a constant has its own."""
        if v in self.source:
            return self.source[v]
        kind = "constant" if isinstance(v, Constant) else "shared" if hasattr(v, "get_value") else "input"
        more = {"type": str(v.type), "line": var_tag(v), **self.pages.about(v)}
        number = self.box(kind, var_label(v), self.type_text(v), **more)
        if kind != "constant":
            self.source[v] = number
        return number

    def apply(self, node: Apply) -> None:
        """The box of a node, and those of its outputs if all variables are shown."""
        seconds, total = self.pages.times.get(node), self.pages.total
        kind = ", ".join(self.type_text(v) for v in node.outputs)
        number = self.box(
            "op", apply_label(node), kind, op=told(node.op), type=", ".join(str(v.type) for v in node.outputs),
            name=next((v.name for v in node.outputs if v.name), None), line=var_tag(node.outputs[0]),
            seconds=seconds, share=None if seconds is None else seconds / total,
            graph=self.pages.number_of(node.op), kindOfOp=type(node.op).__name__,
            **self.pages.about(node),
        )  # fmt: skip
        for i, v in enumerate(node.inputs):
            self.edge(self.leaf(v) if v.owner is None else self.source[v], number, v, i)
        for v in node.outputs:
            self.source[v] = number
            if not self.pages.compact:
                shown_as = self.box("variable", var_label(v), self.type_text(v), type=str(v.type))
                self.edge(number, shown_as, v, 0)
                self.source[v] = shown_as

    def output(self, v: Any, name: str) -> None:
        """The box of a result."""
        number = self.box("output", name or v.name or "result", self.type_text(v), type=str(v.type))
        self.edge(self.source[v] if v in self.source else self.leaf(v), number, v, 0)
