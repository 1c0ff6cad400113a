"""What a change of a program changed."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import Any


def difference(f: dict[str, Any], g: dict[str, Any]) -> dict[str, Any]:
    """The difference of two functions: of their lines, rewrites, operations and loops.

    Returns
    -------
    dict
        ``source``: lines of a unified diff; ``rewrites``: how often each rule was used, where that differs, as
        ``[rule, in the first, in the second]``; ``operations``: the same for operations of the rewritten graph;
        ``numbers``: ``[what, in the first, in the second]``; ``summary``: all of it as lines of text.
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
    rewrites = _counts(*(Counter(step["rule"] for step in each["rewrites"]) for each in (f, g)))
    operations = _counts(*(_operations(each) for each in (f, g)))
    source = _source(f, g)
    summary = [f"Difference: {f['name']} | {g['name']}"]
    summary += [f"  {what}: {a} | {b}" for what, a, b in numbers if a != b]
    summary += [f"  operation {what}: {a} | {b}" for what, a, b in operations]
    summary += [f"  rule {what}: {a} | {b}" for what, a, b in rewrites]
    return {
        "numbers": numbers, "rewrites": rewrites, "operations": operations, "source": source, "summary": summary,
    }  # fmt: skip


def _bytes(f: dict[str, Any]) -> int | None:
    moved = [loop["bytes"] for loop in f["loops"] if loop["bytes"] is not None]
    return sum(moved) if f["calls"] else None


def _operations(f: dict[str, Any]) -> Counter[str]:
    """How often each operation is in the rewritten graph, whatever box it is in."""
    found: Counter[str] = Counter()
    graphs = f["graphs"]["after"]["graphs"]
    stack = [graphs[0]]
    while stack:
        for node in stack.pop()["nodes"]:
            if node["kind"] == "op" and "op" in node:
                found[node["label"]] += 1
            elif node["kind"] == "op" and "graph" in node:
                stack.append(graphs[node["graph"]])
    return found


def _counts(a: Counter[str], b: Counter[str]) -> list[list[Any]]:
    return [[what, a[what], b[what]] for what in sorted({*a, *b}) if a[what] != b[what]]


def _source(f: dict[str, Any], g: dict[str, Any]) -> list[str]:
    """The lines that made something, as a diff."""
    texts = []
    for each in (f, g):
        used = {line for step in each["rewrites"] for line in step["lines"]}
        nodes = [node for graph in each["graphs"]["before"]["graphs"] for node in graph["nodes"]]
        used |= {line for node in nodes for line in node.get("lines", [])}
        lines = [(k, number, text) for k, file in enumerate(each["files"]) for number, text in file["lines"]]
        texts.append([text.strip() for k, number, text in lines if f"{k}:{number}" in used])
    return list(difflib.unified_diff(texts[0], texts[1], f["name"], g["name"], lineterm=""))
