"""What explanations say of rewrites."""

from __future__ import annotations

import pytest

import theano
import theano.tensor as T
from theano.explanation.infix import detailed, infix
from theano.rewrite.engine.trace import snapshot
from tools.explain_pages import PROGRAMS


@pytest.mark.parametrize("name", ["lenet", "lstm"])
def test_every_rewrite_shows_a_change(name: str) -> None:
    """Also where only a dtype changed, or what a loop does in a step."""
    function, _ = PROGRAMS[name]()
    for step in theano.explain(function).data["functions"][0]["rewrites"]:
        assert step["before"] != step["after"], step
        assert "convdim=" not in step["before"] + step["after"], step  # parameters that hide what they are applied to


def test_details() -> None:
    x = T.dvector("x")
    assert infix(detailed(snapshot(T.constant(0.5, dtype="float32") * x))).count("float32") == 1
    y, _ = theano.scan(lambda v: T.exp(v) + 1, [x])
    assert "[a step: " in infix(detailed(snapshot(y)))
