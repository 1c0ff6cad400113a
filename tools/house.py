"""Count what makes the tree easy or hard to live in.

``python -m tools.house`` prints one line for each count, with what it finds where that is short. `tests/test_house.py`
holds those that must not come back.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "theano"
MOST_MODULES = 24
FAMILIES = (
    "convolution", "schur", "lu", "sort", "pool", "reduction", "index", "product", "scan", "sparse", "random", "branch",
    "segment", "cholesky", "foreign",
)  # fmt: skip


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax of each module, by its path below ``src/theano``."""
    return {
        str(path.relative_to(SOURCES)): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCES.rglob("*.py"))
    }


@cache
def module_names() -> dict[str, str]:
    """Module names with ``theano.`` in front -> their paths."""
    return {"theano" + ("." + _dotted(path) if _dotted(path) else ""): path for path in trees()}


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("__init__").rstrip("/").replace("/", ".")


def full_folders() -> dict[str, int]:
    """Folders with more than `MOST_MODULES` modules -> how many they hold."""
    held = Counter(str(Path(path).parent) for path in trees() if not path.endswith("__init__.py"))
    return {folder: n for folder, n in held.most_common() if n > MOST_MODULES}


def imports(path: str) -> Iterator[tuple[str, int]]:
    """The modules of the package that a module imports anywhere in it, with lines."""
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in module_names())
        elif isinstance(node, ast.ImportFrom) and node.module in module_names():
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in module_names() else str(node.module)), node.lineno


def named_in_strings(path: str) -> Iterator[tuple[str, int]]:
    """The modules of the package that a module names in strings other than docstrings, with lines."""
    tree = trees()[path]
    texts = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
            name = node.value.partition(":")[0]
            if name in module_names() and "." in name:
                yield name, node.lineno


def into_legacy() -> list[str]:
    """Imports of `theano.legacy` by modules outside of it, but by ``theano/__init__``; strings count as imports."""
    found = []
    for path in trees():
        if not path.startswith("legacy/") and path != "__init__.py":
            for name, line in (*imports(path), *named_in_strings(path)):
                if (name + ".").startswith("theano.legacy."):
                    found.append(f"{path}:{line} {name}")
    return found


def upward_names() -> list[str]:
    """Modules that are named in strings by modules that no import may lead from to them: by the order of `layers`."""
    order = {layer: k for k, names in enumerate(reversed(layers())) for layer in names}
    found = []
    for path in trees():
        own = order.get(_layer(path))
        for name, line in named_in_strings(path):
            other = order.get(_layer(module_names()[name]))
            if own is not None and other is not None and other > own:
                found.append(f"{path}:{line} {name}")
    return found


def _layer(path: str) -> str:
    return path.split("/")[0].removesuffix(".py")


@cache
def layers() -> list[list[str]]:
    """The layers of the package from the highest to the lowest, as ``pyproject.toml`` has them for import-linter."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index('type = "layers"') :]
    names = re.findall(r'"(theano\.[\w. :|]+)"', block[: block.index("]")])
    return [[part.strip().removeprefix("theano.") for part in re.split(r"[:|]", name)] for name in names]


def memory_roles() -> list[str]:
    """Places outside of ``lower/memory`` where lowering assigns `role`, `alias`, `slot` or `room`."""
    found = []
    for path, tree in trees().items():
        if path.startswith("lower/") and not path.startswith("lower/memory/"):
            for node in ast.walk(tree):
                targets = node.targets if isinstance(node, ast.Assign) else []
                flat = [t for target in targets for t in (target.elts if isinstance(target, ast.Tuple) else [target])]
                names = {t.attr for t in flat if isinstance(t, ast.Attribute)} & {"role", "alias", "slot", "room"}
                if names:
                    found.append(f"{path}:{node.lineno} {' '.join(sorted(names))}")
    return found


def size_of_class(name: str) -> tuple[int, int]:
    """The number of fields and of methods of a class that is its fields (`Record`)."""
    (found,) = (n for tree in trees().values() for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    own = {
        t.attr for n in ast.walk(found) if isinstance(n, ast.Assign) for t in n.targets
        if isinstance(t, ast.Attribute) and isinstance(t.value, ast.Name) and t.value.id == "self"
    }  # fmt: skip
    declared = {n.target.id for n in found.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    return len(own | declared), sum(isinstance(n, ast.FunctionDef) for n in found.body)


def naming(word: str, *rooms: str) -> list[str]:
    """Files below `rooms` (``src``, ``tests``, …) that name `word`."""
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [str(path.relative_to(ROOT)) for path in paths if word.lower() in path.read_text(encoding="utf-8").lower()]


def whole_families() -> list[str]:
    """Families of `FAMILIES` whose op, lowering and tests are found by one word of their paths."""
    paths = [str(p.relative_to(ROOT)) for room in ("src/theano", "tests") for p in (ROOT / room).rglob("*.py")]

    def has(word: str, *starts: str) -> bool:
        return any(path.startswith(starts) and word in path for path in paths)

    ops = ("src/theano/tensor", "src/theano/scan", "src/theano/sparse", "src/theano/random")
    lowering = ("src/theano/lower/ops", "src/theano/sparse")
    return [word for word in FAMILIES if has(word, *ops) and has(word, *lowering) and has(word, "tests")]


def classes_of_one_name() -> dict[str, list[str]]:
    """Names that several classes of modules have -> the modules."""
    found: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path)
    return {name: paths for name, paths in found.items() if len(paths) > 1}


def any_in_annotations() -> int:
    """How often an annotation says `Any`."""
    parts = []
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
                parts.append(node.annotation)
            elif isinstance(node, ast.FunctionDef) and node.returns is not None:
                parts.append(node.returns)
    return sum(isinstance(n, ast.Name) and n.id == "Any" for part in parts for n in ast.walk(part))


def rules() -> tuple[int, int]:
    """The number of rules that are equations, and of all."""
    from theano.rewrite import RULES

    every = RULES.values()
    return sum(rule.equation is not None for rule in every), len(every)


def lines() -> tuple[int, int]:
    """Lines of the compiler, and of `theano.legacy`."""
    count: Counter[bool] = Counter()
    for path in trees():
        count[path.startswith("legacy/")] += len((SOURCES / path).read_text(encoding="utf-8").splitlines())
    return count[False], count[True]


def main() -> None:
    """Print the counts."""
    print("folders with more than 24 modules:", full_folders() or 0)
    for title, found in (
        ("imports of legacy/ by the compiler", into_legacy()),
        ("names of higher rooms in strings", upward_names()),
        ("places outside lower/memory that decide memory", memory_roles()),
    ):
        print(f"{title}: {len(found)}", *found, sep="\n    ")
    for name in ("Builder", "Assembler"):
        fields, methods = size_of_class(name)
        print(f"{name}: {fields} fields, {methods} methods")
    print("files that name Schur:", len(naming("schur", "src/theano", "tests", "docs")))
    print("files that name NewArray:", len(naming("NewArray", "src/theano")))
    print("families whole by one word:", len(whole_families()), *whole_families())
    twice = classes_of_one_name()
    print("class names used twice:", len(twice), *sorted(twice))
    print("Any in annotations:", any_in_annotations())
    print("equations among rules, rules:", *rules())
    print("lines of the compiler, of legacy/:", *lines())


if __name__ == "__main__":
    sys.exit(main())
