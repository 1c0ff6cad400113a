"""Graphs for Graphviz: as pydot's objects, and as text in its language, which needs no package."""

from __future__ import annotations

from typing import Any

from theano.compile import Function
from theano.d3viz.graph_data import Data, graph_data
from theano.d3viz.labels import (
    apply_label,
    apply_profile,
    broadcastable_to_str,
    dtype_to_char,
    type_to_str,
    var_label,
    var_tag,
)
from theano.printing.pydot_there import needed_pydot, pydot_imported, pydot_imported_msg

__all__ = [
    "Function", "PyDotFormatter", "apply_label", "apply_profile", "broadcastable_to_str", "dict_to_pdnode",
    "dot_text", "dtype_to_char", "pydot_imported", "pydot_imported_msg", "type_to_str", "var_label", "var_tag",
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
        data = graph_data(fct, self.compact)
        if graph is None:
            graph = pydot.Dot(graph_type="digraph")
        self._fill(pydot, graph, data, 0, "")
        return graph

    def _fill(self, pydot: Any, graph: Any, data: Data, number: int, prefix: str) -> None:
        """Add graph `number` of the data; what is inside of operations goes into clusters."""
        page = data["graphs"][number]
        for k, node in enumerate(page["nodes"]):
            graph.add_node(dict_to_pdnode({"name": f"{prefix}n{k}", **self.attributes(node)}))
            if "graph" in node:
                cluster = pydot.Cluster(f"{prefix}n{k}_", label=node["label"])
                self._fill(pydot, cluster, data, node["graph"], f"{prefix}n{k}_")
                graph.add_subgraph(cluster)
        for edge in page["edges"]:
            ends = f"{prefix}n{edge['from']}", f"{prefix}n{edge['to']}"
            graph.add_edge(pydot.Edge(*ends, label=_quoted(edge["text"])))


def dict_to_pdnode(d: dict[str, Any]) -> Any:
    """A ``pydot.Node`` with the attributes given, which must have a ``name``; those that are None are left out."""
    pydot = needed_pydot("dict_to_pdnode")
    texts = {key: _quoted(value) for key, value in d.items() if value is not None and key != "name"}
    return pydot.Node(str(d["name"]), **texts)


def dot_text(data: Data, formatter: PyDotFormatter, number: int = 0, prefix: str = "") -> str:
    """A graph of `graph_data` in Graphviz' language, with the graphs inside of operations as clusters."""
    page = data["graphs"][number]
    lines = []
    for k, node in enumerate(page["nodes"]):
        name = f"{prefix}n{k}"
        words = ", ".join(f"{key}={_quoted(value)}" for key, value in formatter.attributes(node).items())
        lines.append(f"  {name} [{words}];")
        if "graph" in node:
            inner = dot_text(data, formatter, node["graph"], f"{name}_")
            lines.append(f"  subgraph cluster_{name} {{\n  label={_quoted(node['label'])};\n{inner}\n  }}")
    for edge in page["edges"]:
        ends = f"{prefix}n{edge['from']} -> {prefix}n{edge['to']}"
        lines.append(f"  {ends} [label={_quoted(edge['text'])}];")
    text = "\n".join(lines)
    return text if prefix else f"digraph theano {{\n{text}\n}}\n"


def _quoted(value: Any) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
