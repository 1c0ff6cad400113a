"""What a step takes from outside without having been given it: shared variables and expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Constant, MissingInputError, ancestors, io_toposort


def default_updates(values: Sequence[Any], given: Sequence[Any], updates: dict[Any, Any]) -> dict[Any, Any]:
    """`updates`, completed by the default updates of the shared variables found in the graph of a step.

    Parameters
    ----------
    values
        What a step computes.
    given
        Where the step's own graph begins.
    updates
        Explicit updates, which have precedence.
    """
    result = dict(updates)
    todo = [*values, *updates.values()]
    seen: set[Any] = set()
    while todo:
        found = [v for v in ancestors(todo, given) if hasattr(v, "container") and v not in seen]
        seen.update(found)
        todo = []
        for v in found:
            if v not in result and v.default_update is not None:
                result[v] = v.type.filter_variable(v.default_update)
                todo.append(result[v])
    return result


def captured(values: Sequence[Any], varying: Sequence[Any], explicit: Sequence[Any]) -> list[Any]:
    """The largest expressions from outside that a step uses: what does not vary from step to step.

    So what is the same in all steps is computed once, before the loop. What has effects (`Op.has_effects`) is done in
    each step, as the step says, unless the step was given it.

    Parameters
    ----------
    values
        What a step computes.
    varying
        Inner variables, and shared variables with updates.
    explicit
        Variables that the step was given as they are (non-sequences).
    """
    inside = set(varying)
    given = set(explicit) - inside
    fixed: set[Any] = set()  # computed from constants alone: that stays in the step
    in_step = []
    for node in io_toposort([*inside, *given], values):
        if node.op.has_effects or any(v in inside for v in node.inputs):
            in_step.append(node)
            inside.update(v for v in node.outputs if v not in given)
        elif all(isinstance(v, Constant) or v in fixed for v in node.inputs):
            fixed.update(v for v in node.outputs if v not in given)
    found: dict[Any, None] = {}

    def look(v: Any) -> None:
        if v not in inside and v not in fixed and (v in given or not isinstance(v, Constant)):
            found[v] = None

    for node in in_step:
        for v in node.inputs:
            look(v)
    for v in values:
        look(v)
    first = [v for v in explicit if v in found and v not in inside]
    return list(dict.fromkeys([*first, *found]))


def refuse_captured(variables: Sequence[Any], explicit: Sequence[Any]) -> None:
    """With ``strict=True`` a step may only use the shared variables that it was given."""
    allowed = set(explicit)
    for v in ancestors(variables, explicit):
        if hasattr(v, "container") and v not in allowed:
            raise MissingInputError(
                f"The step function of scan uses the shared variable {v}, which is none of its arguments: with "
                f"strict=True it must be among the non_sequences",
                variable=v,
            )
