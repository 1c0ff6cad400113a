"""Which names of Theano resolve here, and which of the others docs/deviations.md leaves out, for which reason."""

from __future__ import annotations

import ast
import csv
import fnmatch
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path("/work/shared/api/theano_api.tsv")
DEVIATIONS = Path(__file__).parents[1] / "docs" / "deviations.md"
_SECTION = "## Names that are left out"
_NOT_COUNTED = "Not counted"


def rows() -> list[dict[str, str]]:
    """The table of Theano's names: name, kind, signature, tier."""
    with TABLE.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def left_out() -> dict[str, tuple[str, bool]]:
    """For each pattern of the document its reason, and whether such names count among those there should be."""
    text = DEVIATIONS.read_text(encoding="utf-8").split(_SECTION)[1].split("\n## ")[0]
    found: dict[str, tuple[str, bool]] = {}
    for part in re.split(r"\n### ", text):
        counted = not part.startswith(_NOT_COUNTED)
        for line in part.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("|") and len(cells) == 2:
                for pattern in re.findall(r"`([^`]+)`", cells[1]):
                    assert pattern not in found, f"{pattern} is in two rows"
                    found[pattern] = (cells[0], counted)
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


def reason(name: str, patterns: dict[str, tuple[str, bool]]) -> str | None:
    """The first pattern that a name, or something it is part of, matches."""
    return next((p for p in patterns if fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(name, f"{p}.*")), None)
