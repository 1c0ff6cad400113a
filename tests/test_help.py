"""`help` of public names: what each of them says, and examples (that run: tests/test_docstrings.py)."""

from __future__ import annotations

import doctest
import inspect
import linecache
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import theano
import theano.tensor
from theano.base.record import Record
from theano.graph import Op
from theano.scalar.op import TABLE
from theano.tensor import TensorVariable, _tensor_py_operators
from theano.tensor.elemwise import Elemwise
from tools.public_names import all_public, mentioned, public

#: Modules whose functions compute numbers by a formula; others make variables, arrange elements, ask about graphs.
COMPUTING = re.compile(
    r"theano\.gradient\.(derived|forward)"
    r"|theano\.sparse\.(arithmetic|pointwise|products\.(dot|true_products)|sums|scaling|multiplication|compare)"
    r"|theano\.tensor\.(fft|pointwise\.math|sorting\.order_statistics|signal\.\w+"
    r"|linalg\.(dot|eigen|einstein|factors|inverses|nlinalg|schur|slinalg|systems)"
    r"|reductions\.(cumulative|extremes|nan_reductions|numeric|reduction|statistics)"
    r"|nnet\.(convolution\.(?!geometry|shape_checks)|(?!convolution|neighbours))[\w.]+)"
    r"|theano\.legacy\.nnet\.\w+"
)
#: What examples use without importing it, as in tests/test_docstrings.py.
GIVEN = {"theano": theano, "T": theano.tensor, "np": np}

_SECTIONS = re.compile(r"^([A-Z][a-z]+(?: [A-Z][a-z]+)?)\n-{3,}\n", re.MULTILINE)
_FORMULA = re.compile(r"``[^`]*[-+*/=^<>%@(][^`]*``|^ *\w.* = ", re.MULTILINE)
# A section of its own, somebody else's function, the library of functions, or a work with its year.
_SOURCE = re.compile(r"^References$|`(?:numpy|scipy)\.|DLMF|\b(?:19|20)\d\d\b", re.MULTILINE)


# -- what there is -------------------------------------------------------------------------------------------


def _functions(name: str) -> Iterator[tuple[str, Any]]:
    """The public functions of a module, with objects that are called like them: operations and named types."""
    for key, thing in public(name):
        if callable(thing) and not inspect.isclass(thing):
            yield key, thing


# -- what is said of it --------------------------------------------------------------------------------------


def sections(doc: str) -> dict[str, str]:
    """The parts of a docstring by their headings; the beginning is "Summary"."""
    parts = ["Summary", *_SECTIONS.split(doc)]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def described(parameters: str) -> set[str]:
    """The parameters in a section that have a text."""
    lines = parameters.rstrip().splitlines()
    return {
        name.strip("* ")
        for line, after in zip(lines, [*lines[1:], ""])
        if line and line[0] != " " and after.startswith(" ")
        for name in line.partition(" : ")[0].split(",")
    }


def _parameters(thing: Callable[..., Any]) -> list[inspect.Parameter]:
    called = thing.make_node if isinstance(thing, Op) else thing
    return list(inspect.signature(called).parameters.values())


def refusal(function: Callable[..., Any]) -> type[Exception] | None:
    """What a function raises if its arguments are objects of no meaning; None if nothing, or only Python does.

    So this is the rule for "can raise": the package itself says ``raise`` for what is no argument at all.
    """
    parameters = _parameters(function)
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    count = len(needed) or min(len(parameters), 1)
    if isinstance(function, Elemwise):
        count = max(function.scalar_op.nin, 1)
    try:
        function(*[object()] * count)
    except Exception as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        assert place is not None
        line = linecache.getline(place.tb_frame.f_code.co_filename, place.tb_lineno)
        return type(error) if line.strip().startswith("raise ") else None
    return None


def missing(thing: Any) -> set[str]:
    """The parts that the documentation of a public name lacks.

    - Everything says in a sentence what it is.
    - What takes arguments (functions, objects that are called, classes) has a text for each, and an example.
    - A function says what it returns, if it is not None, and which errors it raises, if it does (see `refusal`).
    - One that computes a formula (see `COMPUTING`) has it, and its source.
    - An exception says when it is raised; a value has the text of its class.
    """
    doc = inspect.getdoc(thing) or ""
    found, lacks = sections(doc), set()
    if not found["Summary"].strip():
        return {"Summary"}
    if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, BaseException)):
        return set()
    if inspect.isclass(thing):
        own = "__init__" in vars(thing) or "__new__" in vars(thing)
        wanted = {"Examples"} | ({"Parameters"} if own and len(inspect.signature(thing).parameters) else set())
    else:
        wanted = {"Returns", "Examples"} | ({"Parameters"} if _parameters(thing) else set())
    nothing = inspect.isfunction(thing) and thing.__annotations__.get("return", 0) in (None, "None")
    if inspect.isclass(thing) and issubclass(thing, Record) and "Attributes" in found:
        wanted.discard("Parameters")  # its fields are both
    lacks = wanted - set(found) - ({"Returns"} if "Yields" in found or nothing else set())
    texts = described(found.get("Parameters", ""))
    names = [line.partition(" : ")[0] for line in found.get("Parameters", "").splitlines() if line[:1].strip()]
    shown = {each.strip("* ") for line in names for each in line.split(",")}
    lacks |= {f"text of {name}" for name in shown - texts}
    if inspect.isclass(thing):
        return lacks
    if inspect.isfunction(thing) and "Parameters" in found:
        lacks |= {f"text of {p.name}" for p in _parameters(thing) if p.name not in texts and p.name[0] != "_"}
    error = refusal(thing)
    if error is not None:
        known = {c.__name__ for c in error.__mro__} - {"Exception", "BaseException", "object"}
        if not known & set(re.findall(r"\w+", found.get("Raises", ""))):
            lacks.add(f"Raises {error.__name__}")
    if isinstance(thing, Elemwise) or (inspect.isfunction(thing) and COMPUTING.fullmatch(thing.__module__)):
        lacks |= {part for part, text in {"formula": _FORMULA, "source": _SOURCE}.items() if not text.search(doc)}
    return lacks


def test_every_public_name_has_every_part():
    names = {**all_public(), **mentioned()}
    lacking = {name: sorted(lacks) for name, thing in names.items() if (lacks := missing(thing))}
    assert not lacking, f"{len(lacking)} of {len(names)} public names lack parts"
    assert len(names) > 1000


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

    def partial(x, y):
        """The sum of two arguments.

        Parameters
        ----------
        x : tensor-like
        z : tensor-like
            This text is of no parameter.

        Returns
        -------
        TensorVariable

        Examples
        --------
        >>> 1
        1
        """
        raise TypeError("no number")

    class Silent:
        """A class."""

        def __init__(self, x):
            pass

    assert missing(whole) == set()
    assert missing(silent) == {"Parameters", "Returns", "Examples"}
    assert missing(partial) == {"text of x", "text of y", "Raises TypeError"}
    assert missing(Silent) == {"Parameters", "Examples"}
    assert missing(KeyError) == missing(3) == set()
    partial.__module__ = "theano.tensor.pointwise.math"
    assert missing(partial) >= {"formula", "source"}


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
        if len(inspect.signature(method).parameters) > 1 and "Parameters" not in sections(inspect.getdoc(method))
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
        found = sections(inspect.getdoc(op) or "")
        wanted = {"Examples"} | ({"Parameters"} if "__init__" in vars(op) else set())
        if wanted - set(found):
            lacking[name] = sorted(wanted - set(found))
    assert not lacking


def test_operations_on_numbers_say_how_they_are_called_and_their_examples_run():
    tests, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert len(TABLE) > 100
    for name, op in TABLE.items():
        doc = inspect.getdoc(op)
        if type(op).__name__ not in ("InRange", "Cast"):  # whose objects are made by calling the class
            assert {"Parameters", "Returns", "Raises", "Examples"} <= set(sections(doc)), name
            runner.run(tests.get_doctest(doc, {}, name, None, None))
    assert runner.summarize(verbose=False).failed == 0


def test_objects_say_what_they_are_called_with():
    """`csc_from_dense` is called with a matrix, though its class is called with a format."""
    wrong = {}
    for name, thing in all_public().items():
        if isinstance(thing, Op) and not isinstance(thing, Elemwise) and name != "theano.tensor.make_slice":
            called = {p.name for p in _parameters(thing) if p.kind is not inspect.Parameter.VAR_POSITIONAL}
            told = described(sections(inspect.getdoc(thing) or "").get("Parameters", ""))
            made = {*inspect.signature(type(thing)).parameters}
            if (called and not told & called) or (told and told <= made - called):
                wrong[name] = told
    assert not wrong
