"""Rewrites of nodes that users write, as rules; what they return is looked at first."""

from __future__ import annotations

from typing import Any

from theano.graph import Apply, Variable
from theano.rewrite.engine.phases import fit
from theano.rewrite.engine.rule import Result, Rule
from theano.rewrite.engine.view import visible


def as_rule(optimizer: Any, tags: frozenset[str], name: str | None = None) -> Rule:
    """A `LocalOptimizer` (or function of a node) as a rule with these tags.

    Raises
    ------
    TypeError
        It is neither.
    """
    tracks = optimizer.tracks() if hasattr(optimizer, "tracks") else None
    transform = optimizer.transform if hasattr(optimizer, "transform") else optimizer
    label = name or getattr(optimizer, "name", None) or getattr(optimizer, "__name__", None) or str(optimizer)
    if not callable(transform) or hasattr(optimizer, "apply") and not hasattr(optimizer, "transform"):
        raise TypeError(
            f"{label} is no rewrite of nodes: write a function of a node under @local_optimizer([ops]), "
            "a LocalOptimizer with `transform`, or a PatternSub"
        )

    def function(graph: Any, node: Apply) -> Result:
        with visible(graph):
            result = transform(node)
        return None if result is None or result is False else checked(label, node, result)

    return Rule(label, tuple(tracks or ()), function, tags, user=optimizer)


def checked(label: str, node: Apply, result: Any) -> Result:
    """What a rewrite returned for `node`, if it can stand for the outputs.

    Raises
    ------
    TypeError
        It cannot.
    """
    if isinstance(result, dict):
        new = {old: _typed(label, old, v) for old, v in result.items() if not isinstance(old, str)}
        return {**new, **{key: value for key, value in result.items() if isinstance(key, str)}}
    results = [result] if isinstance(result, Variable) else result
    if not isinstance(results, (list, tuple)):
        raise TypeError(
            f"the rewrite {label} returned {result!r} for {node}: return a list with a variable for each output, "
            "a dict from variables to those that take their places, or False to leave the node as it is"
        )
    if len(results) != len(node.outputs):
        raise TypeError(
            f"the rewrite {label} returned {len(results)} variables for the {len(node.outputs)} outputs of {node}: "
            "return one for each; None keeps an output as it is"
        )
    return [_typed(label, old, v) for old, v in zip(node.outputs, results, strict=True)]


def _typed(label: str, old: Any, new: Any) -> Any:
    """`new` in the type of `old`."""
    if new is None or new is old:
        return new
    if not isinstance(new, Variable):
        raise TypeError(f"the rewrite {label} returned {new!r} for {old}, which is no variable")
    if fit(old, new) is not None:  # the engine casts
        return new
    try:
        return old.type.filter_variable(new)
    except TypeError as error:
        raise TypeError(
            f"the rewrite {label} returned {new} of type {new.type} for {old} of type {old.type}: what takes the place "
            "of a variable has its type (T.cast, T.patternbroadcast and dimshuffle change types)"
        ) from error
