"""`test`: does this installation compute what its documentation says? And `main`, which runs the tests of a module."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys
import unittest

import numpy as np

import theano
import theano.tensor as tensor

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test(package: str = "theano", verbose: bool = False) -> unittest.TestResult:
    """Run the examples in the documentation of the package, some hundreds, and print what fails.

    Parameters
    ----------
    package
        Name of the package or module of which to run the examples: ``"theano.tensor"``.
    verbose
        Print the name of each example.

    Returns
    -------
    unittest.TestResult
        ``wasSuccessful()`` tells whether all gave what they should.

    Raises
    ------
    ImportError
        There is no such module.

    Examples
    --------
    >>> theano.test("theano.tensor.making.filled").wasSuccessful()     # doctest: +SKIP
    True
    """
    given = {"theano": theano, "T": tensor, "np": np}  # examples do not import them
    suite = unittest.TestSuite()
    for name in _modules(package):
        suite.addTests(doctest.DocTestSuite(importlib.import_module(name), extraglobs=given, optionflags=_FLAGS))
    with theano.change_flags(floatX="float64", mode="Mode"):
        return unittest.TextTestRunner(stream=sys.stderr, verbosity=1 + verbose).run(suite)


test.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test otherwise


def _modules(package: str) -> list[str]:
    """The names of a module and of all inside it."""
    found = importlib.import_module(package)
    inside = pkgutil.walk_packages(getattr(found, "__path__", ()), f"{package}.")
    return [package, *(info.name for info in inside if not info.name.endswith("__main__"))]


def main(modulename: str) -> unittest.TestResult:
    """Run the tests (`unittest.TestCase`) in a module.

    Parameters
    ----------
    modulename
        Its name; ``"__main__"`` is the program itself.
    """
    module = sys.modules.get(modulename) or importlib.import_module(modulename)
    return unittest.TextTestRunner(stream=sys.stderr).run(unittest.defaultTestLoader.loadTestsFromModule(module))
