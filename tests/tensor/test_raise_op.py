"""The op that raises."""

from __future__ import annotations

import pytest
from theano.raise_op import Raise

import theano
import theano.tensor as T
from theano.ifelse import ifelse


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_it_raises_where_its_value_is_needed(mode):
    x = T.dvector("x")
    f = theano.function([x], Raise("no way", KeyError)(x), mode=mode)
    with pytest.raises(KeyError, match="no way"):
        f([1])
    g = theano.function([x], ifelse(x[0] > 0, x, Raise("negative", ValueError)(x)), mode=mode)
    assert g([1]).tolist() == [1]
    with pytest.raises(ValueError, match="negative"):
        g([-1])
    with pytest.raises(NotImplementedError):  # constant, and yet not raised while it is compiled
        theano.function([], Raise()(T.constant(1.0)), mode=mode)()


def test_text_and_equality():
    assert str(Raise("no way", KeyError)) == "Raise{KeyError(no way)}"
    assert Raise("a") == Raise("a") != Raise("b")
