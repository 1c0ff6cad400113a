"""`d3viz`: a graph as an interactive HTML page; `d3write`: as a file for Graphviz."""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from typing import Any

from theano.printing.dot_text import DotText
from theano.show.graphs.formatting import PyDotFormatter
from theano.show.graphs.graph_data import graph_data
from theano.show.graphs.packing import packed

__all__ = ["PyDotFormatter", "d3viz", "d3write", "replace_patterns", "safe_json"]

_FOLDER = Path(__file__).parent
_PARTS = {"STYLE": "graph.css", "SCRIPT": "graph.js"}


def replace_patterns(x: str, replace: dict[str, Any]) -> str:
    """A text in which each key of `replace` has become its value.

    >>> replace_patterns("a page about %% x %%", {"%% x %%": "y"})
    'a page about y'
    """
    for pattern, value in replace.items():
        x = x.replace(pattern, str(value))
    return x


def safe_json(obj: Any) -> str:
    r"""`obj` as JSON that may stand in a script of an HTML page, whatever is in its texts.

    >>> safe_json(["</script>"])
    '["\\u003c/script>"]'
    """
    text = json.dumps(obj, separators=(",", ":"))
    for character in "<\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def page_of(template: Path, data: Any, **parts: str) -> str:
    """A page: a template with the script and style that draw graphs, other `parts` by their names, and its data."""
    texts = {f"/*GRAPH {what}*/": (_FOLDER / name).read_text(encoding="utf-8") for what, name in _PARTS.items()}
    texts |= {f"/*{name.upper()}*/": text for name, text in parts.items()}
    # The data come last: texts of programs may contain anything.
    return replace_patterns(template.read_text(encoding="utf-8"), {**texts, "/*DATA*/null": safe_json(packed(data))})


def framed(page: str, height: int) -> str:
    """A page inside of another document: a frame whose scripts run and reach nothing outside."""
    style = f"width: 100%; height: {height}px; border: 0"
    return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{html.escape(page, quote=True)}"></iframe>'


def graph_page(fct: Any, compact: bool = True) -> str:
    """The interactive page of a graph, see `d3viz`."""
    return page_of(_FOLDER / "page.html", graph_data(fct, compact))


def d3viz(fct: Any, outfile: str | os.PathLike[str], copy_deps: bool = True, *args: Any, **kwargs: Any) -> None:
    """Write an interactive page of a graph: one HTML file, which needs no network and no other file.

    The wheel zooms, dragging moves, a click on a box tells all about it, and a click on one with a graph inside
    (`OpFromGraph`, `scan`) opens it. If the function has been profiled, its boxes can be coloured by time; with
    linker "py", shapes are those of the last call.

    Parameters
    ----------
    fct
        Compiled function, function graph, variable, or list of variables.
    outfile
        Path of the HTML file.
    copy_deps
        Theano copied scripts beside the page: there are none, the page holds all.
    args, kwargs
        For `PyDotFormatter`: ``compact=False`` shows all variables.

    Raises
    ------
    TypeError
        `fct` has no graph.
    OSError
        The file can't be written.

    Examples
    --------
    >>> import os, tempfile
    >>> from theano.d3viz import d3viz
    >>> path = os.path.join(tempfile.mkdtemp(), "graph.html")
    >>> d3viz(T.exp(T.dscalar("x")), path)
    >>> open(path, encoding="utf-8").read(15)
    '<!doctype html>'
    """
    page = graph_page(fct, PyDotFormatter(*args, **kwargs).compact)
    Path(outfile).write_text(page, encoding="utf-8")


def d3write(fct: Any, path: str | os.PathLike[str], *args: Any, **kwargs: Any) -> None:
    """Write a graph in Graphviz' language, with the graphs inside of operations as clusters.

    Parameters
    ----------
    path
        Path of the file.
    fct, args, kwargs
        As those of `d3viz`.

    Raises
    ------
    TypeError
        `fct` is neither a compiled function nor a graph or variables.

    Examples
    --------
    >>> import os, tempfile
    >>> from theano.d3viz import d3write
    >>> path = os.path.join(tempfile.mkdtemp(), "graph.dot")
    >>> d3write(T.exp(T.dscalar("x")), path)
    >>> open(path, encoding="utf-8").read(16)
    'digraph theano {'
    """
    formatter, dot = PyDotFormatter(*args, **kwargs), DotText()
    formatter.draw(graph_data(fct, formatter.compact), dot)
    Path(path).write_text(f"{dot}\n", encoding="utf-8")
