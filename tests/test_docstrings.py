"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

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
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:  # `theano.compat.hdf5` is for who has h5py
        if (error.name or "theano").partition(".")[0] == "theano":
            raise
        pytest.skip(f"{name} needs {error.name}")
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testmod(module, extraglobs=GIVEN, optionflags=flags)
    assert failed == 0


def test_texts_in_common():
    """Every Python shows them: version 3.13 takes the indentation from docstrings, -OO takes the docstrings."""
    for function in (theano.tensor.nnet.conv2d, theano.sparse.sin):
        assert "<parameters>" not in function.__doc__
    assert "\nborder_mode\n    How far" in theano.tensor.nnet.conv2d.__doc__
    assert "\nReturns\n-------\nsparse matrix\n" in theano.sparse.sin.__doc__
    code = "from theano.tensor.nnet import conv2d; assert not conv2d.__doc__"
    assert subprocess.run([sys.executable, "-OO", "-c", code]).returncode == 0
