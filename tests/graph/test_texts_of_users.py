"""An operation of a user whose text can't be had: errors, drawings and explanations name it by its class."""

from __future__ import annotations

import io

import numpy as np
import pytest
from theano.d3viz import d3viz

import theano
import theano.tensor as T

NAMED = "<Silent whose str raises AttributeError>"


class Silent(theano.Op):
    """Its text needs what its author forgot."""

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        raise KeyError("what went wrong")

    def __str__(self) -> str:
        return f"Silent{{{self.never_set}}}"


@pytest.fixture
def silent():
    x = T.dvector("x")
    return x, Silent()(T.exp(x))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_the_error_is_its_own(silent, mode) -> None:
    x, y = silent
    with pytest.raises(KeyError, match="what went wrong") as caught:
        theano.function([x], y, mode=mode)(np.ones(3))
    assert f"{NAMED}(" in "\n".join(caught.value.__notes__)


def test_it_is_shown(silent, tmp_path) -> None:
    x, y = silent
    f = theano.function([x], y, profile=theano.ProfileStats(atexit_print=False))
    assert str(y) == f"{NAMED}.0" or str(y) == f"{NAMED}.out"
    assert theano.pp(y).startswith(NAMED)
    table = io.StringIO()
    theano.printing.debugprint(y, file=table)
    f.profile.summary(table)
    assert NAMED in table.getvalue()
    d3viz(y, tmp_path / "y.html")
    with pytest.raises(theano.gof.utils.MethodNotDefined, match="has no gradient: the class Silent"):
        theano.grad(y.sum(), x)
    data = theano.explain(f, np.ones(3)).data["functions"][0]
    assert data["error"].startswith("KeyError: 'what went wrong") and data["loops"]
