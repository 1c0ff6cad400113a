"""`explain`: what became of a function, as text, as data, as a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from theano.base.record import Record
from theano.compile.executable import Function
from theano.graph.shown import shown
from theano.show.explanation.difference import difference
from theano.show.explanation.gather import function_data
from theano.show.graphs.d3viz import framed, page_of

__all__ = ["SCHEMA_NUMBER", "Explanation", "explain"]

SCHEMA_NUMBER = 1
_FOLDER = Path(__file__).parent


class Explanation(Record):
    """What became of a function: printed, a text; in a notebook, a page; as a `repr`, one line.

    Attributes
    ----------
    data
        Plain data (dicts, lists, texts, numbers), which ``json`` can write. ``docs/explain.md`` has the schema.
    """

    data: dict[str, Any]

    def __str__(self) -> str:
        parts = ["\n".join(_lines_of(f)) for f in self.data["functions"]]
        if self.data["difference"] is not None:
            parts.append("\n".join(self.data["difference"]["summary"]))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        first = "; ".join(next(iter(_lines_of(f))) for f in self.data["functions"])
        return f"<theano.explain: {first}. print() shows it, .save() writes it as a page>"

    def __rich__(self) -> Any:
        """The text for `rich`, in colours."""
        from rich.text import Text  # only rich asks for it

        text = Text(str(self))
        text.highlight_regex(r"(?m)^\S.*$", "bold")
        text.highlight_regex(r"\bline[s]? [\w.:,-]+", "cyan")
        text.highlight_regex(r"(?m)^ +- .*$", "red")
        text.highlight_regex(r"(?m)^ +\+ .*$", "green")
        return text

    def html(self) -> str:
        """The page: one HTML document with its script, style and data, which may load nothing."""
        script = (_FOLDER / "page.js").read_text(encoding="utf-8")
        return page_of(_FOLDER / "page.html", self.data, page_script=script)

    def _repr_html_(self) -> str:
        return framed(self.html(), 720)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page.

        Parameters
        ----------
        path
            Of the HTML file.

        Raises
        ------
        OSError
            The file can't be written.
        """
        Path(path).write_text(self.html(), encoding="utf-8")


def explain(f: Any, *args: Any) -> Explanation:
    """What became of a compiled function, line by line: graph, rewrites, loops and their code, memory.

    Parameters
    ----------
    f
        What `theano.function` has returned.
    *args
        Example arguments, with which a copy of the function is called and measured: shared variables stay as they are,
        but operations in Python run. Without, no times and sizes are told (unless the function takes no arguments). If
        the first is another function, both are explained and compared; the example arguments are then for both.

    Returns
    -------
    Explanation
        Print it, show it in a notebook, or `save` it as a page.

    Raises
    ------
    TypeError
        `f` is no compiled function.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> f = theano.function([x], T.log(1 + T.exp(x)), name="softplus")
    >>> e = theano.explain(f, [1.0, 2.0])
    >>> [step["after"] for step in e.data["functions"][0]["rewrites"]][-1]
    'softplus(x)'
    >>> print(e)                                                # doctest: +ELLIPSIS
    softplus: 4 operations became 1, in 1 loop
    ...
    """
    functions = [f]
    while args and isinstance(args[0], Function):
        functions.append(args[0])
        args = args[1:]
    for each in functions:
        if not isinstance(each, Function):
            raise TypeError(f"explain takes a compiled function, as theano.function returns it, not {shown(each)}")
    if len(functions) > 2:
        raise TypeError(f"explain compares two functions, not {len(functions)}")
    data = [function_data(each, args) for each in functions]
    compared = difference(*data) if len(data) == 2 else None
    return Explanation({"schema": SCHEMA_NUMBER, "functions": data, "difference": compared})


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    if value >= 1e-3:
        return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.2f} ms"
    return f"{value * 1e6:.1f} µs" if value >= 1e-6 else f"{value * 1e9:.0f} ns"


def _lines_of(f: dict[str, Any]) -> Iterator[str]:
    """A function as text."""
    before, after = (f["graphs"][k]["operations"] for k in ("before", "after"))
    loops = [loop for loop in f["loops"] if loop["inside"] >= 0]
    count = f"{len(loops)} loop{'s' * (len(loops) != 1)}" if f["native"] else "no loops: Python runs it node by node"
    yield f"{f['name']}: {before} operations became {after}, in {count}"
    if f["error"]:
        yield f"  a call with these arguments raises {f['error']}"
    if f["call_seconds"] is not None:
        taken = f" with {_few(f['arguments'])}" if f["arguments"] else ""
        yield f"  a call takes {_seconds(f['call_seconds'])}{taken}"
    yield f"Rewrites: {f['rewrites_why'] or len(f['rewrites'])}"
    for step in f["rewrites"]:
        yield f"  {_place(step, f)}{step['phase']}: {step['rule']}"
        yield f"    - {step['before']}"
        yield f"    + {step['after']}"
    yield f"Loops: {len(loops)}"
    for loop in sorted(loops, key=lambda each: -(each["own_seconds"] or 0)):
        rate = "" if loop["bandwidth"] is None else f", {loop['bandwidth'] / 1e9:.1f} GB/s"
        timed = f"{_seconds(loop['seconds'])}{rate}: " if loop["calls"] else ""
        timed = "did not run: " if loop["calls"] == 0 else timed
        over = f" over {loop['over']}" if loop["over"] else ""
        over += f" = {' × '.join(map(str, loop['extents']))}" if loop["extents"] else ""
        yield f"  {_place(loop, f)}{timed}{loop['what']}{over}"
        yield from (f"      {reason}" for reason in loop["apart"])
    for entry in (entry for entry in f["loops"] if entry["inside"] < 0 and entry["own_seconds"] is not None):
        yield f"  {_seconds(entry['own_seconds'])}: {entry['what']}"
    if f["memory"] is not None and f["memory"]["peak"] is not None:
        unknown = f["memory"]["unknown"]
        more = f", and {unknown} array{'s' * (unknown != 1)} of unknown size" if unknown else ""
        yield f"Memory: {f['memory']['peak']:,} bytes at most beside arguments and shared variables{more}"


def _few(texts: list[str], most: int = 8) -> str:
    """Texts in a list; of many the first ones."""
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _place(entry: dict[str, Any], f: dict[str, Any]) -> str:
    if not entry["lines"]:
        return ""
    file, _, number = entry["lines"][0].partition(":")
    return f"line {f['files'][int(file)]['name']}:{number}  "
