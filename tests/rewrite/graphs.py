"""Building, rewriting and evaluating small graphs in the tests of rewriting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import FunctionGraph, Variable
from theano.rewrite import Query, Trace, rewrite_graph
from theano.rewrite.engine.trace import describe

FAST_RUN = Query(include=["fast_run"])


def raise_error(error: Exception, *_: Any) -> None:
    raise error


def rewritten(inputs: Sequence[Variable], outputs: Any, query: Query = FAST_RUN) -> tuple[FunctionGraph, Trace]:
    """A rewritten copy of a graph, and what was applied. Errors in rules are errors of the test."""
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    fgraph = FunctionGraph(list(inputs), outputs)
    trace = rewrite_graph(fgraph, query, raise_error)
    fgraph.check_integrity()
    for old, new in zip(outputs, fgraph.outputs, strict=True):
        assert old.type == new.type
    return fgraph, trace


def form(inputs: Sequence[Variable], output: Variable, query: Query = FAST_RUN) -> str:
    """What a graph becomes, as text."""
    return describe(rewritten(inputs, output, query)[0].outputs[0], 30)


def perform(fgraph: FunctionGraph, values: Sequence[Any]) -> list[np.ndarray]:
    """Evaluate by the ops' `perform`."""
    known: dict[Variable, Any] = {v: v.type.filter(x) for v, x in zip(fgraph.inputs, values, strict=True)}

    def value(v: Variable) -> Any:
        return known[v] if v in known else v.data

    for node in fgraph.toposort():
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        with np.errstate(all="ignore"):
            node.op.perform(node, [value(v) for v in node.inputs], storage)
        for out, (result,) in zip(node.outputs, storage, strict=True):
            assert getattr(result, "dtype", None) is None or result.dtype == out.type.dtype
            known[out] = result
    return [value(v) for v in fgraph.outputs]


def before_and_after(
    inputs: Sequence[Variable], outputs: Any, values: Sequence[Any], query: Query = FAST_RUN
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The values of a graph as written, and rewritten."""
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    return perform(FunctionGraph(list(inputs), outputs), values), perform(rewritten(inputs, outputs, query)[0], values)
