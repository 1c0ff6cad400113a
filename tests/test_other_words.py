"""Names of other libraries: unknown here, and the error says what to write, which exists."""

from __future__ import annotations

import copy
import importlib
import pickle
import re

import numpy as np
import pytest

import theano
import theano.sparse
import theano.tensor as T
from theano.base.other_words import _WORDS, advised

THINGS = {
    "tensor": [T.dvector("x"), T.constant([1.0])],
    "sparse": [theano.sparse.csr_matrix("x")],
    "streams": [
        theano.random.RandomStreams(1), theano.random.PhiloxRandomStreams(1),
        theano.sandbox.rng_mrg.MRG_RandomStreams(1), T.raw_random.RandomStreamsBase(),
    ],
}  # fmt: skip
ALL = [(kind, name) for kind, names in _WORDS.items() for name in names]


@pytest.mark.parametrize("kind, name", ALL, ids=[".".join(pair) for pair in ALL])
def test_a_name_is_unknown_and_its_advice_is_true(kind, name) -> None:
    for thing in THINGS.get(kind) or [importlib.import_module(kind)]:
        with pytest.raises(AttributeError, match=rf"has no attribute {name!r}: write ") as caught:
            getattr(thing, name)
        assert caught.value.name == name
        assert not hasattr(thing, name)
    advice = str(caught.value).partition(": write ")[2].replace("RandomStreams(seed=0)", "RandomStreams")
    for path in re.findall(r"theano(?:\.\w+)+", advice):
        found = theano
        for part in path.split(".")[1:]:
            found = getattr(found, part)


def test_other_names_say_nothing_more() -> None:
    with pytest.raises(AttributeError, match="^'TensorVariable' object has no attribute 'nothing'$"):
        T.dvector("x").nothing  # noqa: B018
    with pytest.raises(AttributeError, match="^'TensorSharedVariable' object has no attribute 'nothing'$"):
        theano.shared(np.zeros(2)).nothing  # noqa: B018


def test_an_error_of_a_property_stays() -> None:
    @advised("tensor")
    class Thing:
        @property
        def item(self):
            raise AttributeError("mine")

    with pytest.raises(AttributeError, match="^mine$"):
        Thing().item  # noqa: B018


def test_copies_and_pickles_are_not_confused() -> None:
    x = T.dvector("x")
    y = x + 1
    assert copy.copy(x).name == copy.deepcopy(x).name == "x"
    assert pickle.loads(pickle.dumps(y)).type == y.type
    assert np.array([x], dtype=object)[0] is x
