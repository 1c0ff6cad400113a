"""No file of lowering imports, directly or through others, one that imports it: imports for types count."""

import ast
from pathlib import Path

import theano.lower

ROOT = Path(theano.lower.__file__).parent


def modules() -> dict[str, Path]:
    names = {}
    for path in ROOT.rglob("*.py"):
        name = ".".join(("theano.lower", *path.relative_to(ROOT).with_suffix("").parts))
        names[name.removesuffix(".__init__")] = path
    return names


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {full if (full := f"{node.module}.{a.name}") in known else node.module for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return found & known.keys()


def circles(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left when files that import nothing that is left are taken away, one after the other."""
    left = dict(imports)
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    return left


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}).keys() == {"a", "b", "c"}


def test_no_circles():
    known = modules()
    assert len(known) > 30
    assert not circles({name: imported(path, known) for name, path in known.items()})
