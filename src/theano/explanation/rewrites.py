"""What rules did to a function, step by step."""

from __future__ import annotations

from typing import Any

from theano.explanation.infix import infix
from theano.explanation.source import Source
from theano.graph.origin import GradientFrames, GradientOrigin, resolve_origin
from theano.rewrite.engine.trace import Trace

NO_LINE = "what was replaced was made by the compiler itself, not at a line of the program"


def rewrites_data(trace: Trace, source: Source) -> list[dict[str, Any]]:
    """Each step: phase, rule (with ``equation``, whether it is one), the expression before and after, and where."""
    found = []
    last: dict[str, float] = {}
    for number, (step, place) in enumerate(zip(trace.steps, trace.places, strict=True), 1):
        places = source.places(resolve_origin(place.origin))
        began = last.get(step.phase)
        last[step.phase] = place.at
        found.append(
            {
                "number": number, "phase": step.phase, "rule": step.rule, "equation": " -> " in step.rule,
                "before": infix(step.before), "after": infix(step.after), "type": str(place.type), **places,
                "gradient": isinstance(place.origin, GradientOrigin | GradientFrames),
                "why": None if places["lines"] else NO_LINE, "seconds": None if began is None else place.at - began,
            }
        )  # fmt: skip
    return found
