"""Text in the language of Graphviz: boxes, edges, and boxes that hold others."""

from __future__ import annotations

from typing import Any


class DotText:
    """A graph as text for Graphviz, written piece by piece.

    Attributes are written as they are given, in quotes.

    Examples
    --------
    >>> dot = DotText()
    >>> dot.box("a", label="the first", shape="box")
    >>> dot.inside("a", "what it is made of").box("b")
    >>> dot.edge("a", "b", label="0")
    >>> print(dot)
    digraph theano {
      a [label="the first", shape="box"];
      subgraph cluster_a {
        label="what it is made of";
        b;
      }
      a -> b [label="0"];
    }
    """

    def __init__(self, head: str = "digraph theano", depth: int = 1) -> None:
        self._head, self._depth = head, depth
        self._lines: list[str | DotText] = []

    def box(self, name: str, **attributes: Any) -> None:
        """A box; edges know it by its name, a word."""
        self._add(name, attributes)

    def edge(self, start: str, end: str, **attributes: Any) -> None:
        """An arrow from box to box."""
        self._add(f"{start} -> {end}", attributes)

    def inside(self, name: str, label: str) -> DotText:
        """A frame with a label: what is drawn in it."""
        frame = DotText(f"subgraph cluster_{name}", self._depth + 1)
        frame._lines.append(f"label={quoted(label)};")
        self._lines.append(frame)
        return frame

    def _add(self, what: str, attributes: dict[str, Any]) -> None:
        words = ", ".join(f"{key}={quoted(value)}" for key, value in attributes.items())
        self._lines.append(f"{what} [{words}];" if words else f"{what};")

    def __str__(self) -> str:
        margin = "  " * self._depth
        body = "".join(f"{margin}{line}\n" for line in self._lines)
        return f"{self._head} {{\n{body}{margin[2:]}}}"


def quoted(value: Any) -> str:
    r"""A value as a text of Graphviz' language.

    >>> print(quoted('a "b" \\'))
    "a \"b\" \\"
    """
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
