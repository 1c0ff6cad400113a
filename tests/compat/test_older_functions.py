"""Functions, modes and streams that Theano 1.0.5 pickled: they give what they gave there (`make_pickles.py`)."""

from __future__ import annotations

import lzma
import pickle
from pathlib import Path

import numpy as np
import pytest
from theano.misc import pkl_utils

import theano
import theano.tensor as T
from theano.legacy.compat.older_graphs import Unread

pytestmark = pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # SciPy's modules of that time

FOLDER = Path(__file__).parent / "pickles"
NAMES = sorted(path.name[len("function_") : -len(".pkl.xz")] for path in FOLDER.glob("function_*.pkl.xz"))


def load(name):
    with lzma.open(FOLDER / f"{name}.pkl.xz") as file:
        return pickle.load(file)


def same(got, expected):
    if expected is None:
        assert got is None
    elif isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for key in expected:
            same(got[key], expected[key])
    elif isinstance(expected, list):
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            same(one, other)
    else:
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "and_shared"])
def test_functions(name):
    """Their second calls: shared variables, states of streams, and defaults have come along."""
    f, arguments, expected = load(f"function_{name}")
    same(f(*arguments), expected)
    same(pickle.loads(pickle.dumps(f))(*arguments), f(*arguments))


def test_there_are_functions_of_each_kind():
    assert len(NAMES) == 18


def test_names_and_defaults():
    f, (rows,), _ = load("function_default")
    np.testing.assert_array_equal(f(rows, factor=np.full(3, 2.0)), 2 * rows)
    np.testing.assert_array_equal(f(x=rows), rows)


def test_a_function_and_its_shared_variable():
    f, totals, named = load("function_and_shared")
    assert named["the same"] is totals
    assert f() == 2
    np.testing.assert_array_equal(totals.get_value(), [3, 3])
    totals.set_value(np.zeros(2))
    assert f() == 0


def test_modes():
    x = T.dscalar()
    for mode in load("modes"):
        assert theano.function([x], T.exp(x), mode=mode)(0) == 1
    _, _, without = load("modes")
    assert "fusion" in without._optimizer.exclude


def test_streams_that_have_drawn():
    """They go on where they were: the sample is drawn by the pickle's own expression."""
    text, expected = load("streams_drawn")
    streams = pickle.loads(text)
    assert len(streams.state_updates) == 4
    state, new = streams.state_updates[-1]
    sample = new.owner.outputs[1]
    draw = theano.function([], sample, updates=[(state, new)])
    assert state.default_update is new
    np.testing.assert_allclose(draw(), expected)


def test_zip_file():
    with (FOLDER / "zip_of_arrays.zip").open("rb") as file:
        weights, (y,) = pkl_utils.load(file)
    assert weights.name == "W"
    (x,) = (v for v in theano.gof.graph.inputs([y]) if v is not weights)
    rows = np.ones((2, 3))
    np.testing.assert_allclose(theano.function([x], y)(rows), np.tanh(rows @ weights.get_value()))


def test_numbers_of_all_dtypes():
    for shared in load("numbers"):
        assert str(shared.get_value().dtype) == shared.dtype == shared.name


def test_what_is_not_known_is_told_when_it_is_computed():
    x = T.dvector()
    y = theano.graph.Apply(Unread("Strange", "it is"), [x], [x.type()]).outputs[0]
    f = None
    with pytest.raises(TypeError, match="can't be read: Strange"):
        f = theano.function([x], y)
        f([1.0])
    with pytest.raises(TypeError, match="can't be read: Strange"):
        T.grad(y.sum(), x)
