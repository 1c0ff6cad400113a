"""Operations on values of several arrays, written as operations on their arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.fgraph import FunctionGraph
from theano.graph.nodes import Apply, Constant
from theano.graph.op import Op
from theano.graph.origin import inherit_origin
from theano.graph.walk import io_toposort

__all__ = ["Expansion", "expand", "has_parts", "known_parts"]


def expand(fgraph: FunctionGraph) -> None:
    """Write what is computed with values of several arrays as computations with the arrays, wherever that is known."""
    if any(has_parts(v) for v in fgraph.variables):
        expansion = Expansion({v: v for v in fgraph.inputs})
        fgraph.describe(expansion.of(fgraph.outputs))


def has_parts(v: Any) -> bool:
    return v.type.parts is not None


class Expansion:
    """A graph rebuilt, operations on values of several arrays replaced by what they stand for.

    `known` maps variables of the old graph to those of the new one.
    """

    def __init__(self, known: dict[Any, Any]) -> None:
        self.known = known

    def of(self, outputs: Sequence[Any]) -> list[Any]:
        for node in io_toposort(list(self.known), outputs):
            if not all(v in self.known for v in node.outputs):
                self._node(node)
        return [self.known.get(v, v) for v in outputs]

    def _node(self, node: Apply) -> None:
        inputs = [self.known.get(v, v) for v in node.inputs]
        for v in inputs:
            self.known.setdefault(v, v)
        with inherit_origin(node):
            results = self._stands_for(node, inputs)
        if results is None:
            made = node if all(a is b for a, b in zip(inputs, node.inputs, strict=True)) else node._with(inputs)
            results = made.outputs
        else:
            results = self.of(results)
        for v, result in zip(node.outputs, results, strict=True):
            self.known[v] = result
            self.known.setdefault(result, result)

    def _stands_for(self, node: Apply, inputs: list[Any]) -> list[Any] | None:
        """The outputs of a node in terms of arrays; None if nothing is to be done, or nothing known."""
        op = node.op
        if any(map(has_parts, inputs)) or getattr(op, "expands", False):
            kind = inputs[0].type
            if kind.parts is not None and kind.parts.is_taken(op):
                return known_parts(inputs[0])
            if type(op).decompose is not Op.decompose:
                return _listed(op.decompose(inputs))
        if len(node.outputs) == 1 and has_parts(node.outputs[0]):
            kind = node.outputs[0].type
            parts = kind.parts.expressed(op, inputs) if kind.parts.made_of(node.outputs[0]) is None else None
            return None if parts is None else [kind.parts.make(kind, parts)]
        return None


def _listed(outputs: Sequence[Any] | None) -> list[Any] | None:
    return None if outputs is None else list(outputs)


def known_parts(v: Any) -> list[Any] | None:
    """The arrays of a variable, if they are known."""
    kind = v.type
    if isinstance(v, Constant):
        return kind.parts.of_constant(kind, v.data)
    return kind.parts.made_of(v)
