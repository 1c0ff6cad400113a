"""What rules did to a function, step by step."""

from __future__ import annotations

import re
from typing import Any

from theano.explanation.infix import detailed, infix
from theano.explanation.source import Source
from theano.graph.origin import GradientFrames, GradientOrigin, resolve_origin
from theano.rewrite.engine.registry import RULES
from theano.rewrite.engine.trace import Trace

NO_LINE = "what was replaced was made by the compiler itself, not at a line of the program"


# Equations at the front of what the author of a rule says.
_EQUATIONS = re.compile(r"(?:``[^`]* -> [^`]*``(?:, |,? and )?)+")


def rule_texts(name: str) -> tuple[str | None, str | None]:
    """The equation of a rule, which may be its name, and what its author says of it; each None where there is none."""
    rule = RULES.get(name)
    said = " ".join(rule.doc.strip().partition("\n\n")[0].split()) if rule is not None else ""
    front = _EQUATIONS.match(said)
    equation = name if " -> " in name else None
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
