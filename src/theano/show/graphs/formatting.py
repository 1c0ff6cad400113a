"""What Graphviz shows of a graph: colours, shapes, frames; for pydot, or as text, which needs no package."""

from __future__ import annotations

from typing import Any

from theano.compile import Function
from theano.printing.dot_text import quoted
from theano.printing.pydot_there import needed_pydot, pydot_imported, pydot_imported_msg
from theano.show.graphs.graph_data import Data, graph_data
from theano.show.graphs.labels import (
    apply_label,
    apply_profile,
    broadcastable_to_str,
    dtype_to_char,
    type_to_str,
    var_label,
    var_tag,
)

__all__ = [
    "Function", "PyDotFormatter", "apply_label", "apply_profile", "broadcastable_to_str", "dict_to_pdnode",
    "dtype_to_char", "pydot_imported", "pydot_imported_msg", "type_to_str", "var_label", "var_tag",
]  # fmt: skip


class PyDotFormatter:
    """Makes pydot's graphs of ours.

    Parameters
    ----------
    compact
        Leave out variables that are neither inputs nor results.

    Attributes
    ----------
    node_colors, apply_colors, shapes
        Colours by kind of box, colours by class of operation, and shapes by kind of box: may be changed.

    Examples
    --------
    >>> PyDotFormatter()(T.exp(T.dscalar("x"))).to_string()     # doctest: +SKIP
    """

    def __init__(self, compact: bool = True) -> None:
        self.compact = compact
        self.node_colors = {
            "input": "limegreen", "constant": "plum", "shared": "khaki", "output": "dodgerblue",
            "variable": "white", "op": "white",
        }  # fmt: skip
        self.apply_colors = {
            "Scan": "gold", "IfElse": "orchid", "OpFromGraph": "lightskyblue", "Elemwise": "mistyrose",
            "Subtensor": "thistle", "Alloc": "peachpuff", "Shape": "paleturquoise", "Shape_i": "paleturquoise",
        }  # fmt: skip
        self.shapes = {kind: "ellipse" if kind == "op" else "box" for kind in self.node_colors}

    def attributes(self, node: Data) -> dict[str, str]:
        """Graphviz' attributes of a box of `graph_data`."""
        colour = self.node_colors[node["kind"]]
        return {
            "label": node["label"], "shape": self.shapes[node["kind"]], "style": "filled",
            "fillcolor": self.apply_colors.get(node.get("kindOfOp", ""), colour), "tooltip": node["text"],
        }  # fmt: skip

    def __call__(self, fct: Any, graph: Any = None) -> Any:
        """The graph of a function, or of variables, as a ``pydot.Dot``.

        Parameters
        ----------
        fct
            Compiled function, function graph, variable, or list of variables.
        graph
            A pydot graph to add the boxes and edges to.

        Raises
        ------
        ImportError
            pydot is not installed.
        TypeError
            `fct` has no graph.
        """
        pydot = needed_pydot("PyDotFormatter", "d3viz and d3write need neither")
        if graph is None:
            graph = pydot.Dot(graph_type="digraph")
        self.draw(graph_data(fct, self.compact), _PydotGraph(pydot, graph))
        return graph

    def draw(self, data: Data, canvas: Any, number: int = 0, prefix: str = "") -> None:
        """Draw graph `number` of the data on a `DotText`, or what has its methods, with frames of the graphs inside."""
        page = data["graphs"][number]
        for k, node in enumerate(page["nodes"]):
            name = f"{prefix}n{k}"
            canvas.box(name, **self.attributes(node))
            if "graph" in node:
                self.draw(data, canvas.inside(name, node["label"]), node["graph"], f"{name}_")
        for edge in page["edges"]:
            canvas.edge(f"{prefix}n{edge['from']}", f"{prefix}n{edge['to']}", label=edge["text"])


class _PydotGraph:
    """A graph of pydot with the methods of `DotText`."""

    def __init__(self, pydot: Any, graph: Any) -> None:
        self.pydot, self.graph = pydot, graph

    def box(self, name: str, **attributes: Any) -> None:
        self.graph.add_node(dict_to_pdnode({"name": name, **attributes}))

    def edge(self, start: str, end: str, label: str) -> None:
        self.graph.add_edge(self.pydot.Edge(start, end, label=quoted(label)))

    def inside(self, name: str, label: str) -> _PydotGraph:
        cluster = self.pydot.Cluster(name, label=quoted(label))
        self.graph.add_subgraph(cluster)
        return _PydotGraph(self.pydot, cluster)


def dict_to_pdnode(d: dict[str, Any]) -> Any:
    """A ``pydot.Node`` with the attributes given, which must have a ``name``; those that are None are left out."""
    pydot = needed_pydot("dict_to_pdnode")
    texts = {key: quoted(value) for key, value in d.items() if value is not None and key != "name"}
    return pydot.Node(str(d["name"]), **texts)
