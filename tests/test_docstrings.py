"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from types import FunctionType

import numpy as np
import pytest

import theano
import theano.tensor as T

# Names that examples use without importing them.
GIVEN = {"theano": theano, "T": T, "np": np}

#: What stands for a text (`theano.graph.common_text`): on a line of its own.
MARK = re.compile(r"^ *<[a-z][a-z, ]*>$", re.MULTILINE)


def _modules() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(theano.__path__, "theano.")]
    return ["theano", *sorted(found)]


@pytest.mark.parametrize("name", _modules())
def test_examples(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:  # `theano.legacy.compat.hdf5` is for who has h5py
        if (error.name or "theano").partition(".")[0] == "theano":
            raise
        pytest.skip(f"{name} needs {error.name}")
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testmod(module, extraglobs=GIVEN, optionflags=flags)
    assert failed == 0


def _documented(module: object) -> Iterator[tuple[str, str]]:
    """The docstrings of what a module defines and of the methods of its classes."""
    for key, value in list(vars(module).items()):
        if isinstance(value, FunctionType | type) and value.__module__ == module.__name__:
            yield key, value.__doc__ or ""
            for name, method in vars(value).items() if isinstance(value, type) else ():
                yield f"{key}.{name}", getattr(method, "__doc__", None) or ""


def test_texts_in_common_stand_where_they_belong():
    left = []
    for name in _modules():
        if name.startswith("theano.legacy.compat") or name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        left += [f"{name}.{key}" for key, doc in _documented(module) if MARK.search(doc)]
    left += [
        f"Variable.{key}" for key in dir(T.TensorVariable) if MARK.search(getattr(T.TensorVariable, key).__doc__ or "")
    ]
    assert not left


def test_texts_in_common():
    """Every Python shows them: version 3.13 takes the indentation from docstrings, -OO takes the docstrings."""
    shown = [inspect.getdoc(f) or "" for f in (T.nnet.conv2d, theano.sparse.sin, T.sum, T.Sum, T.TensorVariable.sum)]
    assert "\nborder_mode\n    How far" in shown[0]
    assert "\nReturns\n-------\nsparse matrix\n" in shown[1]
    assert (
        "\naxis : int, sequence of ints or None\n    Over which" in shown[2]
        and "\n    There is no such axis.\n" in shown[2]
    )
    assert "\naxis : sequence of ints or None\n    Over which" in shown[3]
    assert "\nkeepdims : bool\n    Whether" in shown[4] and "Raises\n------\nTypeError\n" in shown[4]
    assert (
        "input :" not in shown[4] and "that of `self`" in shown[4] and "no_zeros" not in T.TensorVariable.prod.__doc__
    )
    code = (
        "import theano.tensor as T; assert not (T.nnet.conv2d.__doc__ or T.sum.__doc__ or T.TensorVariable.sum.__doc__)"
    )
    assert subprocess.run([sys.executable, "-OO", "-c", code]).returncode == 0
