"""A small graph as a picture that needs no script: SVG with the boxes, colours and lines of the interactive page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from theano.show.graphs.graph_data import MOST, Data, Pages, graph_of

__all__ = ["graph_picture"]

# Fills by the kind of a box: those of the page in its light colours, since a picture does not know what is behind it.
_FILLS = {
    "input": "#e6f4ea", "shared": "#fff4d6", "output": "#f3e8fd", "constant": "#f0f0f0", "variable": "#ffffff",
}  # fmt: skip
_OPERATION = "#eef4fb"
_MARGIN = 4.0
# With a class of its own, for a notebook puts the picture among others.
_STYLE = (
    ".tg text{font:12px ui-monospace,'DejaVu Sans Mono',monospace;fill:#1b1f24;text-anchor:middle}"
    ".tg .s{font-size:10px;fill:#59636e}.tg rect{stroke:#8c959f}.tg path{fill:none;stroke:#8c959f}"
)


def graph_picture(fct: Any) -> str:
    """The graph of something as SVG, without the graphs inside of operations.

    Parameters
    ----------
    fct
        Compiled function, function graph, node, variable, or list of variables.

    Returns
    -------
    str
        An SVG element, as notebooks show it and browsers open it from a file.

    Raises
    ------
    TypeError
        `fct` has no graph.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> picture = graph_picture(T.exp(x).sum())
    >>> picture[:4], picture.count("<rect"), picture.count("<path")
    ('<svg', 4, 3)
    """
    inputs, outputs, names, profile = graph_of(fct)
    pages = Pages(True, profile)
    pages.add(inputs, outputs, names)
    graph = pages.graphs[0]
    width, height = graph["width"] + 2 * _MARGIN, graph["height"] + 2 * _MARGIN
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="{-_MARGIN} {-_MARGIN} {width:.1f} {height:.1f}"'
    parts = "".join([*_lines(graph), *(_box(node, _top(graph, node)) for node in graph["nodes"])])
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="tg" {size}><style>{_STYLE}</style>{parts}</svg>'


def _top(graph: Data, node: Data) -> float:
    top: float = graph["rows"][node["layer"]][0]
    return top


def _box(node: Data, y: float) -> str:
    x, width, height = node["x"], node["w"], node["h"]
    middle = f"{x + width / 2:.1f}"
    fill = _FILLS.get(node["kind"], _OPERATION)
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{fill}"/>'
        f'<text x="{middle}" y="{y + 17}">{_cut(node["label"], MOST)}</text>'
        f'<text class="s" x="{middle}" y="{y + 31}">{_cut(node["text"], MOST + 6)}</text>'
    )


def _cut(text: str, most: int) -> str:
    return escape(text if len(text) <= most else text[: most - 1] + "…")


def _lines(graph: Data) -> Iterator[str]:
    """An edge goes down from its box through the bends of the layers between, to its place among the inputs."""
    nodes, rows = graph["nodes"], graph["rows"]
    inputs = [0] * len(nodes)
    for edge in graph["edges"]:
        inputs[edge["to"]] += 1
    for edge in graph["edges"]:
        start, end = nodes[edge["from"]], nodes[edge["to"]]
        bends = [(x, *rows[layer]) for layer, x in start["bends"] if layer < end["layer"]]
        last = (end["x"] + end["w"] * (edge["place"] + 1) / (inputs[edge["to"]] + 1), _top(graph, end), 0.0)
        x, y = start["x"] + start["w"] / 2, _top(graph, start) + start["h"]
        path = [f"M{x:.1f} {y:.1f}"]
        for to, top, height in (*bends, last):
            half = (y + top) / 2
            path.append(f"C{x:.1f} {half:.1f} {to:.1f} {half:.1f} {to:.1f} {top:.1f}")
            if height:
                path.append(f"V{top + height:.1f}")
            x, y = to, top + height
        yield f'<path d="{"".join(path)}"/>'
