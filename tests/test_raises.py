"""How the package raises: classes that say what is wrong, one text each, and documented where users call."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import theano
import theano.gradient
import theano.tensor as T
from theano import printing
from theano.legacy.names.late_names import LAZY
from theano.tensor import extra_ops, fft, nlinalg, nnet, slinalg

PACKAGE = Path(theano.__file__).parent
NAMESPACES = [theano, T, T.nnet, nlinalg, slinalg, extra_ops, fft, theano.gradient, printing, theano.compile, nnet.bn]


for _place, _names in LAZY["theano.tensor"].items():
    for _name in _names.split():
        getattr(T, _name)  # loaded by being asked for


def _raised(tree: ast.AST) -> Iterator[tuple[ast.Raise, str, ast.Call]]:
    """Each statement that raises a new exception: with the name of its class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            yield node, node.exc.func.id, node.exc


def _is_builtin(name: str) -> bool:
    return isinstance(getattr(builtins, name, None), type)


def test_classes_say_what_is_wrong_and_texts_are_no_tuples() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node, name, call in _raised(ast.parse(path.read_text(encoding="utf-8"))):
            # Python shows several arguments as a tuple; OSError knows what to do with them.
            several = len(call.args) > 1 and _is_builtin(name) and name != "OSError"
            if several or name in ("Exception", "BaseException"):
                wrong.append(f"{path}:{node.lineno}: {ast.unparse(call)}")
    assert not wrong


def _public() -> dict[str, FunctionType]:
    found = {}
    for namespace in NAMESPACES:
        for name, thing in vars(namespace).items():
            if isinstance(thing, FunctionType) and not name.startswith("_") and thing.__module__.startswith("theano."):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


def test_functions_say_which_errors_they_raise() -> None:
    public = _public()
    assert len(public) > 200
    silent = {}
    for name, function in public.items():
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, SyntaxError):  # made at run time
            continue
        doc = inspect.getdoc(function) or ""
        missing = {kind for _, kind, _ in _raised(tree) if kind[0].isupper() and kind not in doc}
        if missing:
            silent[name] = missing
    assert not silent


def test_docstrings_name_each_error_once() -> None:
    twice = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                _, _, text = (ast.get_docstring(node) or "").partition("\nRaises\n------\n")
                names = [name for name in text.partition("\n\n")[0].splitlines() if not name.startswith(" ")]
                twice += [f"{path}: {node.name}: {name}" for name in sorted(set(names)) if names.count(name) > 1]
    assert not twice
