"""What explanations say of rewrites."""

from __future__ import annotations

import pytest

import theano
import theano.tensor as T
from theano.rewrite.engine.registry import RULES
from theano.rewrite.engine.trace import snapshot
from theano.show.explanation.infix import detailed, infix
from theano.show.explanation.rewrites import rule_texts
from tools.explain_pages import PROGRAMS


@pytest.mark.parametrize("name", ["lenet", "lstm"])
def test_every_rewrite_shows_a_change(name: str) -> None:
    """Also where only a dtype changed, or what a loop does in a step."""
    function, _ = PROGRAMS[name]()
    for step in theano.explain(function).data["functions"][0]["rewrites"]:
        assert step["before"] != step["after"], step
        assert "convdim=" not in step["before"] + step["after"], step  # parameters that hide what they are applied to


def test_rules_of_one_expression_have_equations() -> None:
    """What has none is about loops, branches, or several operations at once."""
    ours = {name for name, rule in RULES.items() if rule.function.__module__.startswith("theano.")}
    without = {name for name in ours if rule_texts(name)[0] is None}
    assert without - {name for name in without if "scan" in name or "loop" in name} == {
        "complex_recurrence", "complex_running_product", "keep_what_is_read", "one_factorization", "outputs_of_branch",
        "outputs_without_recurrence", "products_like_those_of_complex", "steps_given_back",
    }  # fmt: skip
    assert rule_texts("subtensor_of_dot")[0] == "dot(x, y)[J] -> dot(x[M], y[Q])"
    assert rule_texts("increment_by_zero")[0] == "inc_subtensor(x[J], y, set_instead_of_inc=False) -> x, y = 0"


def test_details() -> None:
    x = T.dvector("x")
    assert infix(detailed(snapshot(T.constant(0.5, dtype="float32") * x))).count("float32") == 1
    y, _ = theano.scan(lambda v: T.exp(v) + 1, [x])
    assert "[a step: " in infix(detailed(snapshot(y)))
