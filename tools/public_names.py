"""The public names of the package: those that `help` and the reference of the documentation have to have.

`tests/test_help.py` asks whether each has every part of a docstring, `tests/docs/test_site.py` whether each has a place
in ``docs/api``, and the pages there list them (`tools.api_names`).
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from theano.legacy.names import passed_on
from theano.legacy.names.late_names import LAZY

#: The public modules of the package, and where what they show is defined (`theano.tensor` shows some of others).
MODULES = {
    "theano.tensor": "theano.tensor.",
    "theano.tensor.extra_ops": "theano.",
    "theano": "theano.",
    "theano.compile": "theano.",
    "theano.d3viz": "theano.",
    "theano.gradient": "theano.",
    "theano.ifelse": "theano.ifelse",
    "theano.printing": "theano.printing",
    "theano.progress": "theano.",
    "theano.random": "theano.",
    "theano.scan": "theano.",
    "theano.scan_module": "theano.",
    "theano.sparse": "theano.",
    "theano.tensor.fft": "theano.",
    "theano.tensor.nlinalg": "theano.",
    "theano.tensor.nnet": "theano.",
    "theano.tensor.nnet.abstract_conv": "theano.",
    "theano.tensor.nnet.blocksparse": "theano.",
    "theano.tensor.nnet.bn": "theano.tensor.nnet",
    "theano.tensor.nnet.conv": "theano.",
    "theano.tensor.nnet.neighbours": "theano.",
    "theano.tensor.raw_random": "theano.tensor.random.draws",
    "theano.tensor.shared_randomstreams": "theano.random.",
    "theano.tensor.signal.conv": "theano.",
    "theano.tensor.signal.downsample": "theano.",
    "theano.tensor.signal.pool": "theano.",
    "theano.tensor.slinalg": "theano.",
    "theano.typed_list": "theano.",
}


def late(name: str) -> set[str]:
    """The names that a module finds when they are first asked for: not all are in its ``__all__``."""
    return {key for names in LAZY.get(name, {}).values() for key in names.split() if key.isidentifier()}


def public(name: str) -> Iterator[tuple[str, Any]]:
    """The public names of a module, without modules and without what it got from other packages."""
    module, found_late = importlib.import_module(name), late(name)
    for key in sorted({*getattr(module, "__all__", dir(module)), *found_late}):
        thing = getattr(module, key)
        if key.startswith("_") or isinstance(thing, ModuleType) or passed_on.find(name, key) is not None:
            continue  # (passed on: of other modules, once somebody has asked)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            if key in found_late or thing.__module__.startswith(MODULES[name]):
                yield key, thing
        elif type(thing).__module__.startswith(MODULES[name]):
            yield key, thing


@functools.cache
def _first_names() -> dict[int, tuple[str, Any]]:
    """By identity; the things are kept with their names, so that no other gets the same."""
    found: dict[int, tuple[str, Any]] = {}
    for name in MODULES:
        # Of several names in a module that under which it was defined.
        for key, thing in sorted(public(name), key=lambda each: (each[0] != getattr(each[1], "__name__", ""), each[0])):
            found.setdefault(id(thing), (f"{name}.{key}", thing))
    return found


def all_public() -> dict[str, Any]:
    """All of them, each under the first of its names."""
    return dict(_first_names().values())


def first_name(thing: Any) -> str | None:
    """The name of a thing in `all_public`; None if it is not there."""
    return _first_names().get(id(thing), (None,))[0]


# -- what the documentation mentions -------------------------------------------------------------------------

_DOCS = Path(__file__).parents[1] / "docs"
#: Pages for those who work on the package itself, or about names of old programs; and the reference.
_NOT_FOR_USERS = {"api", "architecture", "deviations", "inside", "mutants", "names_left_out", "recipes"}
_DOTTED = re.compile(r"(?<![\w.])(?:theano|T)(?:\.[A-Za-z]\w*)+")
_IMPORT = re.compile(r"from (theano[\w.]*) import (\([^)]*\)|[\w, ]+)")


def _dotted_names(text: str) -> Iterator[str]:
    """What a text calls ``theano.a.b`` or ``T.a``, or imports."""
    for name in _DOTTED.findall(text):
        yield re.sub(r"^T\.", "theano.tensor.", name)
    for module, names in _IMPORT.findall(text):
        for name in re.findall(r"(\w+)(?: as \w+)?", names):
            yield f"{module}.{name}"


def _found(dotted: str) -> tuple[str, Any] | None:
    """The first thing on the way to a name that is no module, and its name; None if there is none."""
    thing: Any = importlib.import_module("theano")
    name = "theano"
    for key in dotted.split(".")[1:]:
        if not isinstance(thing, ModuleType):
            break
        name += f".{key}"
        try:
            thing = getattr(thing, key)
        except AttributeError:
            try:
                thing = importlib.import_module(name)
            except ImportError:
                return None  # an example of what is not there
    return (name, thing)


@functools.cache
def mentioned() -> dict[str, Any]:
    """What README and documentation name and can be called, beside `all_public`, each under its shortest name."""
    pages = [_DOCS.parent / "README.md", *_DOCS.rglob("*.md"), *_DOCS.rglob("*.ipynb")]
    texts = [page.read_text(encoding="utf-8") for page in pages if not _NOT_FOR_USERS & {page.stem, page.parent.name}]
    names = {name for text in texts for name in _dotted_names(text)}
    found: dict[int, tuple[str, Any]] = {}
    for name, thing in filter(None, map(_found, sorted(names, key=lambda each: (each.count("."), each)))):
        home = thing if inspect.isfunction(thing) or inspect.isclass(thing) else type(thing)
        ours = home.__module__.startswith("theano.") and not isinstance(thing, ModuleType)
        if callable(thing) and ours and first_name(thing) is None:
            found.setdefault(id(thing), (name, thing))
    return dict(found.values())
