"""Which names of Theano resolve here, and which docs/names_left_out.md leaves out, for which reason."""

from __future__ import annotations

import ast
import csv
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

TABLES = Path(__file__).with_name("tables")  # the names, parameters and flags of Theano 1.0.5, as it was asked for them
PAGE = Path(__file__).parents[1] / "docs" / "names_left_out.md"
# Names that describe what this package has not at all.
NOT_COUNTED = ("Generated C code", "GPUs")
PARAMETERS = "Parameters that differ"


@functools.cache
def table(name: str) -> list[dict[str, str]]:
    """The rows of a table: ``theano_flags`` and ``names_of_clients``, what libraries use."""
    with (TABLES / f"{name}.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def rows() -> list[dict[str, str]]:
    """The table of Theano's names: name, kind, signature, tier."""
    return table("theano_names")


def sections() -> dict[str, list[list[str]]]:
    """The rows of the page's tables, as cells, by heading."""
    found: dict[str, list[list[str]]] = {}
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        lines = [line.strip("|") for line in text.splitlines() if line.startswith("| ")]
        found[heading] = [[cell.strip() for cell in line.split(" | ")] for line in lines[1:]]
    return found


def in_code(cell: str) -> list[str]:
    """The names of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def left_out() -> dict[str, str]:
    """Each name that the page leaves out, and the heading that it stands under; ``*.name`` is one of any class."""
    found: dict[str, str] = {}
    for heading, table in sections().items():
        for owners, names, why in table if heading != PARAMETERS else []:
            for name in [f"{owner}.{leaf}" for owner in in_code(owners) for leaf in in_code(names)]:
                assert name not in found, f"{name} is in two rows"
                assert why
                found[name] = heading
    return found


def resolve(name: str) -> Any:
    """What a dotted name stands for; AttributeError or ImportError."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise ImportError(name)


@functools.cache
def attributes(cls: type) -> frozenset[str]:
    """The attributes that the objects of a class have: properties named in it, and what its methods set."""
    found: set[str] = set()
    for base in cls.__mro__:
        found |= set(base.__dict__.get("__annotations__", ())) | set(base.__dict__.get("__props__", ()) or ())
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
                found.add(node.attr)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "object.__setattr__":
                if _is_self(node.args[0]) and isinstance(node.args[1], ast.Constant):
                    found.add(node.args[1].value)
    return frozenset(found)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def is_there(name: str, kind: str) -> bool:
    """Whether a name resolves, on the class or, for attributes, on its objects."""
    try:
        resolve(name)
        return True
    except Exception:  # a module that needs what is not installed is not there, either
        pass
    owner, _, leaf = name.rpartition(".")
    if kind not in ("attribute", "property"):
        return False
    try:
        cls = resolve(owner)
    except Exception:
        return False
    return isinstance(cls, type) and leaf in attributes(cls)


def missing() -> Iterator[tuple[int, str]]:
    """Tier and name of each that is not there."""
    for row in rows():
        if not is_there(row["name"], row["kind"]):
            yield int(row["tier"]), row["name"]


def reason(name: str, known: Container[str]) -> str | None:
    """The entry of `left_out` by which a name is left out: its own, that of what it is inside of, or of any class."""
    parts = name.split(".")
    whole = [".".join(parts[:k]) for k in range(1, len(parts) + 1)]
    return next((entry for entry in (*whole, f"*.{parts[-1]}") if entry in known), None)
