"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import theano
import theano.tensor

# Names that examples use without importing them.
GIVEN = {"theano": theano, "T": theano.tensor, "np": np}


def _modules() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(theano.__path__, "theano.")]
    return ["theano", *sorted(found)]


@pytest.mark.parametrize("name", _modules())
def test_examples(name):
    module = importlib.import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testmod(module, extraglobs=GIVEN, optionflags=flags)
    assert failed == 0
