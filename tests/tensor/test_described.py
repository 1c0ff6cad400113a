"""What `help` says of point-wise functions."""

import doctest
import importlib
import inspect
import pydoc
import re

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.elemwise import Elemwise
from theano.tensor.pointwise.meanings import MEANINGS

FUNCTIONS = sorted(name for name in dir(T) if isinstance(getattr(T, name), Elemwise))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function(name):
    """A summary, an equation, parameters, what is returned, and an example that runs."""
    text = inspect.getdoc(getattr(T, name))
    assert text.splitlines()[0].endswith(".")
    assert re.search(r"^    \w+\((x|x, y|x, y, z)\) = ", text, re.M)
    for section in ("Parameters", "Returns", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in text
    found = doctest.DocTestParser().get_doctest(text, {"T": T, "np": np, "theano": theano}, name, None, None)
    assert len(found.examples) == 1
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(found).failed == 0


@pytest.mark.parametrize("name", sorted({n for n in MEANINGS if MEANINGS[n].numpy}))
def test_the_same_in_numpy(name):
    """The function that is said to be the same is."""
    meaning = MEANINGS[name]
    op = next(getattr(T, n) for n in FUNCTIONS if getattr(T, n).scalar_op.name == name)
    place, _, function = meaning.numpy.rpartition(".")
    if place == "scipy.stats.chi2":
        from scipy.stats import chi2

        theirs = getattr(chi2, function)
    else:
        theirs = getattr(importlib.import_module(place), function)
    arguments = eval(f"({meaning.at},)", {"np": np})
    np.testing.assert_allclose(op(*arguments).eval(), theirs(*map(np.asarray, arguments)), rtol=1e-6)


@pytest.mark.parametrize("name", ["dscalar", "fvector", "lmatrix", "brow", "zcol", "dtensor3", "itensor7"])
def test_named_types(name):
    text = inspect.getdoc(getattr(T, name))
    assert text.startswith("The type of ")
    found = doctest.DocTestParser().get_doctest(text, {"T": T}, name, None, None)
    assert doctest.DocTestRunner().run(found) == (0, 2)
    assert inspect.getdoc(T.TensorType("float64", (True,) * 9)) == inspect.getdoc(T.TensorType)


def test_help():
    text = pydoc.plain(pydoc.render_doc(T.exp))
    assert "The exponential function." in text
    assert "scalar_op" not in text
    assert "A scalar operation applied to every element" in pydoc.plain(pydoc.render_doc(Elemwise))


def test_what_users_do_not_call():
    assert inspect.getdoc(Elemwise(theano.scalar.TABLE["xlogx"])) == inspect.getdoc(Elemwise)
