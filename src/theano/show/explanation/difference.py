"""What a change of a program changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

Places = dict[str, list[str]]  # the ``lines`` and ``callers`` of something


def difference(f: dict[str, Any], g: dict[str, Any]) -> dict[str, Any]:
    """The difference of two functions: of their lines, rewrites, operations and loops.

    Returns
    -------
    dict
        ``numbers``: ``[what, in the first, in the second]``; ``rewrites``: how often each rule was used, where that
        differs, as ``what``, ``counts`` in both and ``places``, the lines of both; ``operations``: the same for
        operations of the rewritten graph; ``source``: lines of a unified diff as ``text``, with ``places``;
        ``summary``: all of it as lines of text.
    """
    numbers: list[list[Any]] = [
        ["operations written", *(each["graphs"]["before"]["operations"] for each in (f, g))],
        ["operations that run", *(each["graphs"]["after"]["operations"] for each in (f, g))],
        ["rewrites", *(len(each["rewrites"]) for each in (f, g))],
        ["loops and calls", *(sum(loop["inside"] >= 0 for loop in each["loops"]) for each in (f, g))],
        ["seconds a call", *(each["call_seconds"] for each in (f, g))],
        ["bytes moved", *(_bytes(each) for each in (f, g))],
        ["bytes of memory at most", *((each["memory"] or {}).get("peak") for each in (f, g))],
    ]
    rewrites = _compared(*(((step["rule"], step) for step in each["rewrites"]) for each in (f, g)))
    operations = _compared(*(((node["label"], node) for node in _operations(each)) for each in (f, g)))
    summary = [f"Difference: {f['name']} | {g['name']}"]
    summary += [f"  {what}: {a} | {b}" for what, a, b in numbers if a != b]
    for kind, found in (("operation", operations), ("rule", rewrites)):
        summary += [f"  {kind} {each['what']}: {each['counts'][0]} | {each['counts'][1]}" for each in found]
    return {
        "numbers": numbers, "rewrites": rewrites, "operations": operations, "source": list(_source(f, g)),
        "summary": summary,
    }  # fmt: skip


def _bytes(f: dict[str, Any]) -> int | None:
    moved = [loop["bytes"] for loop in f["loops"] if loop["bytes"] is not None]
    return sum(moved) if f["calls"] else None


def _operations(f: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The operations of the rewritten graph, whatever box they are in."""
    graphs = f["graphs"]["after"]["graphs"]
    stack = [graphs[0]]
    while stack:
        for node in stack.pop()["nodes"]:
            if node["kind"] == "op" and "op" in node:
                yield node
            elif node["kind"] == "op" and "graph" in node:
                stack.append(graphs[node["graph"]])


def _compared(*found: Iterable[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """What there is more often in one function than in the other."""
    counts: dict[str, list[int]] = {}
    places: dict[str, list[Places]] = {}
    for which, entries in enumerate(found):
        for what, entry in entries:
            counts.setdefault(what, [0, 0])[which] += 1
            _add(places.setdefault(what, [_nowhere(), _nowhere()])[which], entry)
    differ = sorted(what for what, (a, b) in counts.items() if a != b)
    return [{"what": what, "counts": counts[what], "places": places[what]} for what in differ]


def _nowhere() -> Places:
    return {"lines": [], "callers": []}


def _add(places: Places, entry: dict[str, Any]) -> None:
    for kind, lines in places.items():
        lines += (line for line in entry[kind] if line not in lines)


def _source(f: dict[str, Any], g: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines that made something, as a diff."""
    a, b = _made_something(f), _made_something(g)
    matcher = difflib.SequenceMatcher(None, [text for _, text in a], [text for _, text in b])
    for group in matcher.get_grouped_opcodes():
        for tag, first, end, other, other_end in group:
            if tag == "equal":
                for (line, text), (same, _) in zip(a[first:end], b[other:other_end], strict=True):
                    yield _diff_line(" " + text, line, same)
                continue
            yield from (_diff_line("-" + text, line, None) for line, text in a[first:end])
            yield from (_diff_line("+" + text, None, line) for line, text in b[other:other_end])


def _diff_line(text: str, *lines: str | None) -> dict[str, Any]:
    return {"text": text, "places": [{"lines": [line] if line else [], "callers": []} for line in lines]}


def _made_something(f: dict[str, Any]) -> list[tuple[str, str]]:
    """Lines that made something, with their texts."""
    used = {line for step in f["rewrites"] for line in step["lines"]}
    nodes = [node for graph in f["graphs"]["before"]["graphs"] for node in graph["nodes"]]
    used |= {line for node in nodes for line in node.get("lines", [])}
    lines = [(f"{k}:{number}", text.strip()) for k, file in enumerate(f["files"]) for number, text in file["lines"]]
    return [(line, text) for line, text in lines if line in used]
