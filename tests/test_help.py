"""`help` of public functions: what goes in, what comes out, and an example (that runs: tests/test_docstrings.py)."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor
from theano import passed_on
from theano.graph import Op
from theano.tensor import TensorVariable, _tensor_py_operators
from theano.tensor.elemwise import Elemwise
from theano.tensor.type import TensorType

#: Modules all of whose functions are complete, and where these are defined (`theano.tensor` shows some of others).
MODULES = {
    "theano.tensor": "theano.tensor.",
    "theano.tensor.extra_ops": "theano.",
    "theano": "theano.",
    "theano.compile": "theano.",
    "theano.gradient": "theano.",
    "theano.ifelse": "theano.ifelse",
    "theano.printing": "theano.printing",
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
    "theano.tensor.signal.conv": "theano.",
    "theano.tensor.signal.downsample": "theano.",
    "theano.tensor.signal.pool": "theano.",
    "theano.tensor.slinalg": "theano.",
    "theano.typed_list": "theano.",
}
#: What examples use without importing it, as in tests/test_docstrings.py.
GIVEN = {"theano": theano, "T": theano.tensor, "np": np}

HEADING = re.compile(r"^(Parameters|Returns|Yields|Examples)\n-{3,}$", re.MULTILINE)


def _functions(name: str) -> Iterator[tuple[str, Any]]:
    """The public functions of a module, with those that are objects: point-wise functions and named types."""
    module = importlib.import_module(name)
    for key in getattr(module, "__all__", dir(module)):
        thing = getattr(module, key)
        if key.startswith("_") or passed_on.find(name, key) is not None:  # of other modules, once somebody has asked
            continue
        if inspect.isfunction(thing):
            if thing.__module__.startswith(MODULES[name]):
                yield key, thing
        elif isinstance(thing, (Elemwise, TensorType)):
            yield key, thing


def missing(function: Callable[..., Any]) -> set[str]:
    """The sections that its documentation lacks: Parameters if there are any, Returns, Examples."""
    found = set(HEADING.findall(inspect.getdoc(function) or ""))
    wanted = {"Returns", "Examples"}
    if inspect.signature(function).parameters:
        wanted.add("Parameters")
    return wanted - found - ({"Returns"} if "Yields" in found else set())


@pytest.mark.parametrize("name", MODULES)
def test_functions_say_what_goes_in_and_what_comes_out(name):
    functions = dict(_functions(name))
    assert functions
    lacking = {key: sorted(lacks) for key, function in functions.items() if (lacks := missing(function))}
    assert not lacking


def test_examples_of_functions_that_functions_make():
    """`doctest.testmod` finds what is written in a module, not `T.dmatrices` and `T.atleast_2d`."""
    tests = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    made = [f for _, f in _functions("theano.tensor") if inspect.isfunction(f) and "<locals>" in f.__code__.co_qualname]
    assert len(made) > 80
    for function in made:
        for test in tests.find(function, function.__name__, module=False, globs=dict(GIVEN)):
            runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_missing_sections_are_seen():
    def whole():
        """A number.

        Returns
        -------
        int

        Examples
        --------
        >>> 1
        1
        """

    def silent(x):
        """No more than this."""

    assert missing(whole) == set()
    assert missing(silent) == {"Parameters", "Returns", "Examples"}


def _methods() -> Iterator[tuple[str, Any]]:
    for key in dir(TensorVariable):
        method = getattr(TensorVariable, key)
        if not key.startswith("_") and inspect.isfunction(method) and method.__module__.startswith("theano.tensor."):
            yield key, method


def test_methods_of_tensors_name_the_function_and_their_parameters():
    methods = dict(_methods())
    assert len(methods) > 60
    lacking = [key for key, method in methods.items() if not inspect.getdoc(method)]
    lacking += [
        key for key, method in methods.items()
        if len(inspect.signature(method).parameters) > 1 and "Parameters" not in HEADING.findall(inspect.getdoc(method))
    ]  # fmt: skip
    properties = [key for key, value in vars(_tensor_py_operators).items() if type(value) is property]
    lacking += [key for key in properties if key[0] != "_" and not inspect.getdoc(getattr(TensorVariable, key))]
    assert not lacking


def test_operations_say_what_makes_them_and_show_an_example():
    ops = {name: op for name, op in inspect.getmembers(theano.tensor, inspect.isclass) if issubclass(op, Op)}
    del ops["Op"]
    assert len(ops) > 40
    lacking = {}
    for name, op in ops.items():
        found = HEADING.findall(inspect.getdoc(op) or "")
        wanted = {"Examples"} | ({"Parameters"} if "__init__" in vars(op) else set())
        if wanted - set(found):
            lacking[name] = sorted(wanted - set(found))
    assert not lacking
