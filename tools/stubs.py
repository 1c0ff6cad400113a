"""The stubs of the package, ``src/theano-stubs``: what type checkers and editors know of it.

    python -m tools.stubs          writes them
    python -m tools.stubs --check  says whether they are up to date

The names of the package are found when they are asked for: functions are made from the table of scalar operations,
methods are attached to variables, old modules stand for new ones. No checker follows that. These stubs are made from
the package as it is when it is loaded. They are partial: a module that has none is read itself.
"""

from __future__ import annotations

import argparse
import ast
import collections.abc
import functools
import importlib.util
import inspect
import re
import sys
import textwrap
import typing as ty
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from theano.configdefaults import config
from theano.configparser import ConfigSection, TheanoConfigParser

from theano.legacy.names.late_names import LATE, LAZY
from theano.legacy.names.places import ALIASES, MOVED, ON_DEMAND
from theano.tensor.elemwise import Elemwise
from theano.tensor.variable import _tensor_py_operators
from tools.stub_types import (
    ADDED,
    ARGUMENTS,
    BASES,
    CLASSES,
    OPS,
    PARAMETERS,
    RESULTS,
    TYPES,
    WHOLE,
    WITHOUT_KEYWORDS,
)

# The modules that are there when the package has been imported.
LOADED = {name for name in sys.modules if name.split(".")[0] == "theano"}
FOLDER = Path(__file__).parents[1] / "src" / "theano-stubs"
# Packages, and modules whose functions return "anything": who comes first defines what several of them show.
_MODULES = (
    "theano", "theano.tensor", "theano.tensor.nnet", "theano.tensor.signal.pool", "theano.tensor.signal.downsample",
    "theano.tensor.signal.conv", "theano.tensor.signal", "theano.tensor.nlinalg", "theano.tensor.slinalg",
    "theano.tensor.fft", "theano.tensor.extra_ops", "theano.tensor.sort", "theano.tensor.subtensor",
    "theano.tensor.elemwise", "theano.tensor.blas", "theano.tensor.inplace", "theano.tensor.nnet.bn",
    "theano.tensor.nnet.conv", "theano.tensor.nnet.neighbours", "theano.tensor.nnet.abstract_conv",
    "theano.tensor.nnet.blocksparse", "theano.tensor.variable", "theano.compile.shared_variables.tensors",
    "theano.gradient",
    "theano.scan", "theano.ifelse", "theano.compile", "theano.graph", "theano.graph.op", "theano.printing",
    "theano.sparse", "theano.sparse.compare", "theano.sparse.variable", "theano.scalar", "theano.legacy.scalar.classes",
    "theano.scalar.user", "theano.typed_list", "theano.tensor.type",
    "theano.tensor.random.base", "theano.random.mrg", "theano.random.shared_streams", "theano.random.philox",
    "theano.progress", "theano.configparser",
)  # fmt: skip
# By the names that they have here.
MODULES = tuple(MOVED.get(name, name) for name in _MODULES)
DOCUMENTED = {home: name for name, home in MOVED.items()}
# Modules that are elsewhere now.
OLD = ALIASES | ON_DEMAND | {name: (home,) for name, home in MOVED.items()}
HEAD = """# Made by `python -m tools.stubs`.
import typing as _ty
from collections.abc import Callable as _Callable, Iterator as _Iterator, Mapping as _Mapping, Sequence as _Sequence

import numpy as _np

"""
# What annotations are made of; a module may have names of its own that look the same.
WORDS = {
    "Any": "_ty.Any", "Callable": "_Callable", "Iterator": "_Iterator", "Mapping": "_Mapping", "Sequence": "_Sequence",
    "np.ndarray": "_np.ndarray", "np.generic": "_np.generic",
}  # fmt: skip
# Members that are declared as such.
_DECLARED = (FunctionType, property, classmethod, staticmethod)
_PLAIN = {int, str, float, tuple, list, dict, frozenset, set, type(None), bool}
BUILTINS = ("bool", "complex", "dict", "float", "int", "list", "str", "tuple", "property")
OPERATOR = re.compile(r"__\w+__")
# Python would call them, and they would raise: a checker says so at once.
REFUSED = {
    "__bool__", "__len__", "__float__", "__int__", "__complex__", "__index__", "__round__", "__contains__",
    "__setitem__", "__ceil__", "__floor__", "__trunc__",
}  # fmt: skip
# For Python and NumPy alone.
PROTOCOLS = {
    "__array_ufunc__", "__array_function__", "__array__", "__reduce__", "__getstate__", "__setstate__", "__format__",
    "__str__", "__repr__", "__dot__", "__rdot__", "__apply_scalar__", "__doc__", "__module__",
}  # fmt: skip
# The public names of the stubs that have been written, by module: loading others may give modules more names.
shown: dict[str, set[str]] = {}


class Stub:
    """The stub of a module, while it is written."""

    def __init__(self, name: str, homes: dict[int, str]) -> None:
        self.name = name
        self._homes = homes
        self._imports: set[str] = set()
        self._lines: list[str] = []

    def text(self) -> str:
        module = importlib.import_module(self.name)
        names = sorted(public_names(module))
        shown[self.name] = {name for name in names if not name.startswith("_")}
        for name in names:
            self._name(name, getattr(module, name))
        self._lines += WHOLE.get(self.name, "").splitlines()
        clashing = {name for name in dir(module) if name in BUILTINS}
        body = "\n".join(told(line, clashing) for line in self._lines)
        if "@overload" in body:  # jedi knows it by this name only
            self._imports.add("from typing import overload")
        if "_builtins." in body:
            self._imports.add("import builtins as _builtins")
        for word, place in (CLASSES | TYPES).items():
            if place != self.name and re.search(rf"\b{word}\b", body):
                self._take(place, word, word if hasattr(module, word) else None)
        return HEAD + "\n".join(sorted(self._imports)) + "\n\n" + body + "\n"

    def _name(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType):
            self._module(name, value)
            return
        full = f"{self.name}.{name}"
        home = self._homes.get(id(value))
        if inspect.isclass(value):
            self._class(name, value)
        elif home is not None and self._is_taken(value, home.rpartition(".")[0]) and not is_module(home):
            place, _, there = home.rpartition(".")
            self._take(place, there, name)
        elif home is not None and home.rpartition(".")[0] == self.name and home != full:
            self._lines.append(f"{name} = {home.rpartition('.')[2]}")
        elif isinstance(value, FunctionType):
            self._lines.extend(definition(name, value, home or full, default_result(value)))
        else:
            self._value(name, value)

    def _is_taken(self, value: Any, place: str) -> bool:
        """Whether a value is imported from the module `place`: mypy takes no variable from a package around."""
        return place != self.name and (isinstance(value, FunctionType) or not self.name.startswith(f"{place}."))

    def _take(self, place: str, there: str, name: str | None) -> None:
        """Import a name from its place; for users, too, if they ask for it by `name`."""
        lines = taken(place, there, name)
        self._imports.add(lines[0])
        self._lines += lines[1:]

    def _module(self, name: str, module: ModuleType) -> None:
        parent, _, last = module.__name__.rpartition(".")
        if module.__name__ == "theano":
            self._imports.add(f"import theano as {name}")
        elif parent == self.name:
            self._take(parent, last, name)
        elif parent.split(".")[0] == "theano":  # of packages that import each other mypy takes no module twice
            self._imports.add(f"import {module.__name__} as _{name}")
            self._lines.append(f"{name} = _{name}")

    def _class(self, name: str, cls: type) -> None:
        if cls.__module__ != self.name:
            if is_of_package(cls.__module__):
                self._take(cls.__module__, cls.__name__, name)
            return
        if cls.__name__ != name:
            self._lines.append(f"{name} = {cls.__name__}")
            return
        bases = BASES.get(f"{self.name}.{name}") or ", ".join(self._base(b) for b in cls.__bases__ if b is not object)
        lines = [*members(cls, f"{self.name}.{name}"), *ADDED.get(f"{self.name}.{name}", ())]
        self._lines.append(f"class {name}({bases}):" if bases else f"class {name}:")
        self._lines += [f"    {line}" for line in lines] or ["    ..."]

    def _base(self, base: type) -> str:
        if base.__module__ not in (self.name, "builtins"):
            # Two classes of a name, one below the other, stand in some modules.
            self._imports.add(f"from {base.__module__} import {base.__name__} as _{base.__name__}")
            return f"_{base.__name__}"
        return base.__name__

    def _value(self, name: str, value: Any) -> None:
        if isinstance(value, Elemwise):
            kind = {1: "Unary", 2: "Binary", 3: "Ternary"}.get(value.scalar_op.nin, "Nary")
            self._imports.add(f"from theano.tensor.variable import {kind} as {kind}")
            self._lines.append(f"{name}: {kind}")
            return
        cls = type(value)
        if cls.__module__ == "builtins" or not is_of_package(cls.__module__):
            told = cls.__name__ if cls in (int, str, bool, float) else "Any"
            self._lines.append(f"{name}: {told}")
            return
        private = f"_{cls.__name__}".replace("__", "_")
        self._imports.add(f"from {cls.__module__} import {cls.__name__} as {private}")
        if f"{self.name}.{name}" in OPS:
            self._lines += [
                f"class _{name}({private}):",
                "    def __call__(self, *inputs: Any, **kwargs: Any) -> TensorVariable: ...",
            ]
            private = f"_{name}"
        self._lines.append(f"{name}: {private}")


def taken(place: str, there: str, name: str | None) -> list[str]:
    """The lines that take a name from its place and show it as `name`.

    In a stub ``import a as b`` shows nothing to users: only ``a as a`` does, and an assignment.
    """
    if name is None:
        return [f"from {place} import {there}"]
    if name == there:
        return [f"from {place} import {there} as {name}"]
    return [f"from {place} import {there} as _{name}", f"{name} = _{name}"]


def told(line: str, clashing: set[str]) -> str:
    """A declaration with the words of annotations as the stub writes them."""
    head, mark, rest = re.match(r"(\s*(?:def|class)\s+\w+|\s*\w+(?=\s*[:=])|)(.?)(.*)", line, re.S).groups()  # type: ignore[union-attr]
    words = [*WORDS, *clashing]
    pattern = "|".join(rf"(?<![\w.'\"]){re.escape(w)}(?![\w'\"])(?!:(?!\s*\.\.\.))" for w in words)
    return head + re.sub(pattern, lambda m: WORDS.get(m[0], f"_builtins.{m[0]}"), mark + rest)


@functools.cache
def is_module(name: str) -> bool:
    """Whether a module has this name, too: where modules import each other mypy may take it for what is meant."""
    return is_package(name.rpartition(".")[0]) and importlib.util.find_spec(name) is not None


def is_of_package(module: str) -> bool:
    return module.split(".")[0] == "theano"


def public_names(module: ModuleType) -> Iterator[str]:
    """Names of a module that users may ask for."""
    own = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__]
    bases = [base for cls in own if not cls.__name__.startswith("_") for base in cls.__mro__]
    for name in dir(module):
        hidden = name.startswith("_") and name != "__version__"
        if not name.isidentifier() or hidden and getattr(module, name) not in bases:
            continue
        value = getattr(module, name)
        if isinstance(value, FunctionType) and value.__module__ != module.__name__ and not is_shown(name, module):
            continue
        if isinstance(value, ModuleType):
            if is_of_package(value.__name__) and (value.__name__ in LOADED or is_shown(name, module)):
                yield name
        elif type(value).__module__ not in ("typing", "__future__", "types") and not (
            (inspect.isclass(value) or isinstance(value, FunctionType)) and not is_of_package(value.__module__)
        ):
            yield name


def is_shown(name: str, module: ModuleType) -> bool:
    """Whether a function of another module, or a module, is there for users, not because the module calls it."""
    tables = [table.get(DOCUMENTED.get(module.__name__, module.__name__), {}) for table in (LATE, LAZY)]
    if any(name in names.split() for table in tables for names in table.values()):
        return True
    listed = getattr(module, "__all__", None)
    if listed is None:  # what a package imports; modules in it may have been loaded by somebody else
        return hasattr(module, "__path__") and not isinstance(getattr(module, name), ModuleType)
    return name in listed


def default_result(function: FunctionType) -> str:
    """What a function returns whose annotation says nothing."""
    return "TensorVariable" if function.__module__.startswith("theano.tensor") else "Any"


def definition(name: str, function: FunctionType, full: str, result: str, method: bool = False) -> list[str]:
    """The lines that declare a function: as it says itself, or as `tools.stub_types` knows better."""
    result = "None" if name == "__init__" else result_of(function, full, result)
    if full in PARAMETERS:
        return [f"def {name}{signature} ..." for signature in PARAMETERS[full]] if len(PARAMETERS[full]) == 1 else [
            line for signature in PARAMETERS[full] for line in ("@overload", f"def {name}{signature} ...")
        ]
    of_tensors = full.startswith("theano.tensor.")
    known = {p: t for p, t in ARGUMENTS.items() if of_tensors and "." not in p}
    known |= {p.rpartition(".")[2]: t for p, t in ARGUMENTS.items() if p.rpartition(".")[0] == full}
    found = inspect.signature(function).parameters.values()
    if full in WITHOUT_KEYWORDS:
        found = [p for p in found if p.kind != p.VAR_KEYWORD]
    declared = parameters(found, method, known)
    return [f"def {name}({declared}) -> {result}: ..."]


def result_of(function: FunctionType, full: str, otherwise: str) -> str:
    """What a function returns."""
    if full in RESULTS:
        return RESULTS[full]
    result = annotation(function.__annotations__.get("return"), otherwise)
    return re.sub(r"\bVariable\b", otherwise, result) if otherwise == "TensorVariable" else result


def parameters(found: Iterable[inspect.Parameter], method: bool, known: Mapping[str, str] = {}) -> str:
    """Parameters as they are declared; what isn't told is what is `known` of the name, or anything."""
    shown: list[str] = []
    starred = False
    for at, p in enumerate(found):
        if method and at == 0:
            shown.append("self")
            continue
        mark = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        if p.kind == p.KEYWORD_ONLY and not starred:
            shown.append("*")
            starred = True
        starred |= p.kind == p.VAR_POSITIONAL
        default = "" if p.default is p.empty else f" = {told_default(p.default)}"
        shown.append(f"{mark}{p.name}: {annotation(p.annotation, known.get(p.name, 'Any'))}{default}")
        if p.kind == p.POSITIONAL_ONLY:
            shown.append("/")
    return ", ".join(s for i, s in enumerate(shown) if s != "/" or "/" not in shown[i + 1 :])


def told_default(value: Any) -> str:
    """The default, where a stub can say it."""
    return repr(value) if value is None or isinstance(value, bool | int | float | str) and value == value else "..."


def annotation(told: Any, otherwise: str) -> str:
    """An annotation of names that every stub knows, or `otherwise`."""
    if told in (None, inspect.Parameter.empty, "Any", "t.Any", "ty.Any", Any):
        return otherwise
    names = set(re.findall(r"[A-Za-z_][\w.]*", str(told)))
    return str(told) if names <= {"None", *WORDS, *BUILTINS, *CLASSES, *TYPES} else otherwise


def members(cls: type, full: str) -> Iterator[str]:
    """The lines that declare what a class has of its own."""
    of_tensors = issubclass(cls, _tensor_py_operators) or cls.__name__.endswith(("RandomStreams", "RandomStreamsBase"))
    result = "TensorVariable" if of_tensors else "Any"
    yield from attributes(cls)
    if cls is TheanoConfigParser:
        yield from flags(config)
    for name, value in sorted(vars(cls).items()):
        if name in REFUSED | PROTOCOLS or (name.startswith("_") and not OPERATOR.fullmatch(name)):
            continue
        if name == "__getattr__" or (name == "__setattr__" and issubclass(cls, ConfigSection)):
            continue  # it says what to write instead of a name, or of a flag, that is not there
        at = f"{full}.{name}"
        if isinstance(value, property):
            told = value.fget.__annotations__.get("return") if value.fget is not None else None
            yield "@property"
            yield f"def {name}(self) -> {RESULTS.get(at) or annotation(told, result)}: ..."
        elif isinstance(value, classmethod | staticmethod):
            yield f"@{type(value).__name__}"
            yield from definition(name, value.__func__, at, result, isinstance(value, classmethod))
        elif isinstance(value, FunctionType) and OPERATOR.fullmatch(name) and cls is _tensor_py_operators:
            yield from operator_of_variables(name, value, at)
        elif isinstance(value, FunctionType):
            yield from definition(name, value, at, result, True)


def attributes(cls: type) -> Iterator[str]:
    """The lines that declare what a class says that its objects have, or what its methods give them."""
    inherited = {name for base in cls.__mro__[1:] if is_of_package(base.__module__) for name in given(base)}
    for name, said in given(cls).items():
        if not isinstance(vars(cls).get(name), _DECLARED) and (said != "Any" or name not in inherited):
            yield f"{name}: {said}"


def given(cls: type) -> dict[str, str]:
    """The public attributes that a class has besides its methods, and their types."""
    found: dict[str, str] = {}
    try:
        source = inspect.getsource(cls)
    except OSError:  # made by a call of `type`
        return found
    (tree,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(tree, ast.ClassDef)
    for node in [*tree.body, *ast.walk(tree)]:
        here = node in tree.body
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        said, default = "Any", ""
        if isinstance(node, ast.AnnAssign):
            of_class = re.fullmatch(r"ClassVar\[(.*)\]", ast.unparse(node.annotation), re.S)
            said = annotation(of_class[1] if of_class else ast.unparse(node.annotation), "Any")
            said = f"_ty.ClassVar[{said}]" if of_class else said
            default = " = ..." if here and node.value is not None else ""
            excused = re.search(r"  # type: ignore\[\w+\]$", source.splitlines()[node.end_lineno - 1])
            default += excused[0] if excused and here else ""
        for target in targets:
            if isinstance(target, ast.Name) and here:
                found.setdefault(target.id, said + default)
            elif isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                found.setdefault(target.attr, said)
    return {name: said for name, said in found.items() if not name.startswith("_")}


def flags(section: ConfigSection) -> Iterator[str]:
    """The lines that declare the flags of a section, and its sections."""
    for name, value in sorted(vars(section).items()):
        if isinstance(value, ConfigSection):
            yield f"class _{name}(ConfigSection):"
            yield from (f"    {line}" for line in flags(value))
            yield f"{name}: _{name}"
        elif name in section._params:
            # what also takes None, True or False is set to these
            several = not isinstance(value, bool) and {"None", "True", "False"} & {*section._params[name].choices}
            yield f"{name}: {'Any' if several or type(value) not in _PLAIN else type(value).__name__}"


def operator_of_variables(name: str, function: FunctionType, full: str) -> Iterator[str]:
    """An operator of tensor variables."""
    if full in PARAMETERS:
        yield from definition(name, function, full, "TensorVariable", True)
        return
    declared = list(inspect.signature(function).parameters.values())
    others = ", ".join(["self", *(f"{p.name}: TensorLike" for p in declared[1:] if p.default is p.empty)])
    ignore = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
    yield f"def {name}({others}) -> {RESULTS.get(full, 'TensorVariable')}: ...{ignore}"


def homes() -> dict[int, str]:
    """Where each thing is declared that several modules show, by identity."""
    found: dict[int, str] = {}
    modules = {name: importlib.import_module(name) for name in MODULES}
    shown = [(name, n, getattr(module, n)) for name, module in modules.items() for n in sorted(public_names(module))]
    for right in (True, False):  # whose name is its own comes first
        for module_name, name, value in shown:
            if right and getattr(value, "__name__", name) != name:
                continue
            if not (inspect.isclass(value) or isinstance(value, ModuleType) or type(value) in _PLAIN):
                found.setdefault(id(value), f"{module_name}.{name}")
    return found


def alias(places: tuple[str, ...]) -> str:
    """The stub of an old module: where its names are now.

    A name that is told by itself is from there, others are from the first place that shows them. So that no checker
    finds a name defined twice, a place of which only some names count is not taken as a whole.
    """
    lines: list[str] = []
    known: set[str] = set()
    for place in sorted(places, key=lambda place: "=" not in place):
        name, _, there = place.rpartition("=")
        module, _, attribute = there.partition(":")
        if name.startswith("_"):
            continue
        if name:
            lines += taken(module, attribute, name) if attribute else taken(*module.rpartition(".")[::2], name)
            known.add(name)
            continue
        names = shown_by(module)
        if names & known:
            counting = [n for n in sorted(names - known) if not is_of_typing(module, n)]
            lines += [line for n in counting for line in taken(module, n, n)]
        else:
            lines.append(f"from {module} import *")
        known |= names
    return "# Made by `python -m tools.stubs`.\n" + "\n".join(lines) + "\n"


def is_of_typing(module: str, name: str) -> bool:
    """Whether a name of a module is there for its annotations alone."""
    return any(hasattr(m, name) and getattr(importlib.import_module(module), name, None) is getattr(m, name)
               for m in (ty, collections.abc))  # fmt: skip


def shown_by(name: str) -> set[str]:
    """The names that ``from module import *`` takes, as a checker sees it."""
    if name in OLD:
        named = {place.partition("=")[0] for place in OLD[name] if "=" in place}
        return named.union(*(shown_by(place) for place in OLD[name] if "=" not in place))
    if name in shown:
        return shown[name]
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return set(listed)
    found: set[str] = set()
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            found |= {imported.asname or imported.name for imported in node.names}
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {n for n in found if not n.startswith("_")}


def stubs() -> dict[Path, str]:
    """All stubs: path in the folder -> text."""
    where = homes()
    texts = {name: Stub(name, where).text() for name in MODULES} | {n: alias(places) for n, places in OLD.items()}
    packages = {n.rpartition(".")[0] for n in texts if "." in n} | {n for n in MODULES if is_package(n)}
    # a folder without a stub of its own is a package in which checkers find nothing else
    for name in packages - texts.keys():
        texts[name] = Stub(name, where).text()
    for name in sorted(texts.keys() - {"theano"}):
        package, _, last = name.rpartition(".")
        if is_attribute(package, last) and last not in shown_by(package):
            texts[package] += f"from {package} import {last} as {last}\n"
    found = {Path("py.typed"): "partial\n"}
    for name, text in texts.items():
        parts = name.split(".")[1:]
        found[Path(*parts, "__init__.pyi") if name in packages else Path(*parts).with_suffix(".pyi")] = text
    return found


def is_attribute(package: str, name: str) -> bool:
    """Whether a module is one of its package's attributes without an import of its own, as `theano.gof.graph` is.

    Modules that this program has loaded since are attributes, too; `theano.tensor.var` is a function.
    """
    module = importlib.import_module(package)
    if f"{package}.{name}" in LOADED:
        return isinstance(getattr(module, name, None), ModuleType)
    try:
        return isinstance(vars(module)["__getattr__"](name), ModuleType)
    except (KeyError, AttributeError):
        return False


def is_package(name: str) -> bool:
    return hasattr(importlib.import_module(name), "__path__")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    made = stubs()
    there = {p.relative_to(FOLDER): p.read_text() for p in FOLDER.rglob("*") if p.is_file()}
    stale = sorted(str(p) for p in made.keys() | there.keys() if made.get(p) != there.get(p))
    if check:
        print("\n".join(stale) or "up to date")
        return 1 if stale else 0
    for path, text in made.items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(text)
    for path in there.keys() - made.keys():
        (FOLDER / path).unlink()
    print(f"{len(made)} files, {sum(t.count(chr(10)) for t in made.values())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
