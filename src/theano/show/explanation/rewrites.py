"""What rules did to a function, step by step."""

from __future__ import annotations

import re
from typing import Any

from theano.graph.origin import GradientFrames, GradientOrigin, resolve_origin
from theano.rewrite.engine.pattern import show
from theano.rewrite.engine.registry import RULES
from theano.rewrite.engine.trace import Trace
from theano.show.explanation.infix import detailed, infix
from theano.show.explanation.source import Source

# Forms of operations in equations, as users write them: positional arguments first, then what else is told.
WORDS = {
    "any_reduction": "reduction({0}, axis={2})", "counted": "max({0}, 0)", "determinant": "det({0})",
    "inverse": "inv({0})", "joined": "join({0}, {1})", "log_size_of_determinant": "slogdet({0})[1]",
    "max_of": "max({0}, {1})", "min_of": "min({0}, {1})", "picked": "{0}[{1}]", "prod_of": "prod({0}, {1})",
    "product": "dot({0}, {1})", "reduction": "reduction({0}, axis={2})", "shuffled": "{0}.dimshuffle({1})",
    "sign_of_determinant": "slogdet({0})[0]", "sum_of": "sum({0}, {1})", "summation": "sum({0}, {2})",
    "sup": "max({0}, {1})", "written": "inc_subtensor({0}[{2}], {1}, set_instead_of_inc={3})",
}  # fmt: skip
NO_LINE = "what was replaced was made by the compiler itself, not at a line of the program"


# Equations at the front of what the author of a rule says.
_EQUATIONS = re.compile(r"(?:``[^`]* -> [^`]*``(?:, |,? and )?)+")


def rule_texts(name: str) -> tuple[str | None, str | None]:
    """The equation of a rule, which may be its name, and what its author says of it; each None where there is none."""
    rule = RULES.get(name)
    said = " ".join(rule.doc.strip().partition("\n\n")[0].split()) if rule is not None else ""
    front = _EQUATIONS.match(said)
    equation = name if " -> " in name else None
    made = rule.equation if rule is not None else None
    if equation is None and made is not None:
        known = [f", {name} = {low}" for name, (low, high) in made.domain.items() if low == high]
        equation = f"{show(made.left, words=WORDS)} -> {show(made.right, words=WORDS)}{''.join(known)}"
    if front is not None:
        equation = equation or ", ".join(re.findall("``([^`]*)``", front[0]))
        said = said[front.end() :].lstrip(":; ")
    return equation, said.replace("`", "") or None


def rewrites_data(trace: Trace, source: Source) -> list[dict[str, Any]]:
    """Each step: phase, rule with its equation if it has one, the expression before and after, and where."""
    found = []
    last: dict[str, float] = {}
    for number, (step, place) in enumerate(zip(trace.steps, trace.places, strict=True), 1):
        places = source.places(resolve_origin(place.origin))
        before, after = infix(step.before), infix(step.after)
        if before == after:  # what infix leaves out is what changed: axes of length 1, or dtypes, or steps of loops
            before, after = step.old, step.new
        if before == after:
            before, after = infix(detailed(step.before)), infix(detailed(step.after))
        equation, about = rule_texts(step.rule)
        began = last.get(step.phase)
        last[step.phase] = place.at
        found.append(
            {
                "number": number, "phase": step.phase, "rule": step.rule, "equation": equation, "about": about,
                "before": before, "after": after, "type": str(place.type), **places,
                "gradient": isinstance(place.origin, GradientOrigin | GradientFrames),
                "why": None if places["lines"] else NO_LINE, "seconds": None if began is None else place.at - began,
            }
        )  # fmt: skip
    return found
