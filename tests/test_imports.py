"""No modules import each other in a circle, not even for the types of their annotations."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import theano

SOURCES = Path(theano.__file__).parent

# A variable has a type and an owner, which has an op, which makes variables: these four are one.
KERNEL = {"graph.nodes", "graph.op", "graph.type", "graph.walk"}


def modules() -> dict[str, ast.Module]:
    """The syntax of every module, by its name without ``theano.`` in front; of packages without ``.__init__``."""
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCES).with_suffix("").parts)
        found[name.removesuffix("__init__").removesuffix(".")] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def statements(block: list[Any]) -> Iterator[ast.stmt]:
    """All statements of a block and of the blocks inside."""
    for stmt in block:
        yield stmt
        for part in ("body", "orelse", "finalbody", "handlers"):
            yield from statements(getattr(stmt, part, []))


def imported() -> dict[str, set[str]]:
    """What each module imports from the package, anywhere in it."""
    trees = modules()
    edges: dict[str, set[str]] = defaultdict(set)
    for name, tree in trees.items():
        for node in statements(tree.body):
            if isinstance(node, ast.Import):
                edges[name].update(a.name.removeprefix("theano.") for a in node.names if a.name.startswith("theano."))
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "theano":
                place = node.module.removeprefix("theano").removeprefix(".")
                for alias in node.names:
                    inner = f"{place}.{alias.name}".removeprefix(".")
                    edges[name].add(inner if inner in trees else place)
        edges[name] &= trees.keys() - {name}
    return edges


def circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """The sets of modules of which each can be reached from each other one."""
    reach: dict[str, set[str]] = {}
    for name in edges:
        seen: set[str] = set()
        todo = [name]
        while todo:
            for other in edges[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        reach[name] = seen
    found = {frozenset(other for other in reach[name] if name in reach[other]) for name in edges if name in reach[name]}
    return [set(circle) for circle in found]


def test_circles_are_found() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set()}
    assert circles(edges) == [{"a", "b", "c"}]


def test_no_import_circles() -> None:
    assert circles(imported()) == [KERNEL]
