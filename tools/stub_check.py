"""Whether the stubs tell the truth: ``python -m pytest -p tools.stub_check tests/tensor``.

While the tests run, what public functions and methods return, and what point-wise functions are given, is looked at:
it must be of the type that `tools.stubs` declares. What isn't is written to ``build/untrue_stubs.txt``.
"""

from __future__ import annotations

import functools
import importlib
import re
import typing as ty
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType, UnionType
from typing import Any

import numpy as np

from theano.graph import Variable
from theano.tensor.elemwise import Elemwise
from theano.tensor.variable import _tensor_py_operators
from tools import stub_types, stubs

FILE = Path(__file__).parents[1] / "build" / "untrue_stubs.txt"
seen: set[str] = set()


def pytest_configure(config: Any) -> None:
    """Watch the functions from now on."""
    del config
    for module_name in stubs.MODULES:
        module = importlib.import_module(module_name)
        for name in [*stubs.public_names(module)]:
            value = getattr(module, name)
            full = f"{module_name}.{name}"
            if isinstance(value, FunctionType):
                result = declared(value, full, stubs.default_result(value))
                if result is not None:
                    show_everywhere(value, watched(value, full, result))
    for name, method in [*vars(_tensor_py_operators).items()]:
        full = f"theano.tensor.variable._tensor_py_operators.{name}"
        if isinstance(method, FunctionType) and not name.startswith("_"):
            result = declared(method, full, "TensorVariable")
            if result is not None:
                setattr(_tensor_py_operators, name, watched(method, full, result))
    Elemwise.__call__ = watched_elemwise(Elemwise.__call__)  # type: ignore[method-assign]


def untrue(what: str) -> None:
    """Note it, once."""
    if what not in seen:
        seen.add(what)
        FILE.parent.mkdir(exist_ok=True)
        with FILE.open("a") as file:
            file.write(what + "\n")


def declared(function: FunctionType, full: str, otherwise: str) -> Any:
    """The type that a function returns, None where it may be anything."""
    if full in stub_types.PARAMETERS:
        results = [re.sub(r".*-> (.*):", r"\1", s, flags=re.S) for s in stub_types.PARAMETERS[full]]
        text = " | ".join(results)
    else:
        text = stubs.result_of(function, full, otherwise)
    if "Any" == text or "Any |" in text or "| Any" in text:
        return None
    classes = {n: getattr(importlib.import_module(m), n) for n, m in stub_types.CLASSES.items()}
    classes |= {"TensorVariable": _tensor_py_operators, "np": np, "Any": Any}
    classes |= {"Iterator": Iterator, "Callable": Callable, "Sequence": ty.Sequence, "_ty": ty}
    return eval(text, classes)


def holds(value: Any, told: Any) -> bool:
    """Whether a value is of a type."""
    if told is Any:
        return True
    if told is None:
        return value is None
    arguments = ty.get_args(told)
    if isinstance(told, UnionType) or ty.get_origin(told) is ty.Union:
        return any(holds(value, t) for t in arguments)
    origin = ty.get_origin(told)
    if origin in (list, tuple) and isinstance(value, origin):
        if origin is list or arguments[1:] == (...,):
            return all(holds(v, arguments[0]) for v in value)
        return len(value) == len(arguments) and all(map(holds, value, arguments))
    if told is float:
        return isinstance(value, float | int)
    if told is np.ndarray:
        return isinstance(value, np.ndarray | np.generic)
    return isinstance(value, origin or told)


def watched(function: FunctionType, full: str, told: Any) -> Callable[..., Any]:
    """The function, whose results are looked at."""

    @functools.wraps(function)
    def look(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if not holds(result, told):
            untrue(f"{full} is said to return {told}, not {type(result).__name__}")
        return result

    return look


def watched_elemwise(call: Callable[..., Any]) -> Callable[..., Any]:
    """`Elemwise.__call__`, whose arguments and results are looked at."""

    @functools.wraps(call)
    def look(self: Elemwise, *inputs: Any, **kwargs: Any) -> Any:
        result = call(self, *inputs, **kwargs)
        known = (Variable, np.ndarray, np.generic, complex, float, int, list, tuple)
        for given in inputs:
            if not isinstance(given, known):
                untrue(f"{self} takes a {type(given).__name__}")
        if not isinstance(result, _tensor_py_operators | list):
            untrue(f"{self} returns a {type(result).__name__}")
        return result

    return look


def show_everywhere(old: FunctionType, new: Any) -> None:
    """Let the modules of `stubs.MODULES`, which tests ask, show the watched function."""
    for name in stubs.MODULES:
        module: ModuleType = importlib.import_module(name)
        for attribute, value in [*vars(module).items()]:
            if value is old:
                setattr(module, attribute, new)
