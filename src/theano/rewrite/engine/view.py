"""``node.fgraph`` and ``variable.clients``: the graph a user's rewrite works in, or that of a compiled function."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from theano.graph import Apply, FunctionGraph, Variable
from theano.graph.fgraph import Client, graph_of
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.engine.watched import WatchedGraph


class GraphView:
    """The questions of a `FunctionGraph`, answered by a graph under rewriting; it cannot be changed.

    Examples
    --------
    >>> @local_optimizer([T.exp])                                # doctest: +SKIP
    ... def used_once(node):
    ...     if len(node.fgraph.clients(node.outputs[0])) == 1: ...
    """

    __slots__ = ("graph",)

    def __init__(self, graph: RewriteGraph) -> None:
        self.graph = graph

    @property
    def shape_feature(self) -> Any:
        """What is known of shapes: `shape_of`, `same_shape`, `get_shape` of a `ShapeFeature`."""
        # Loaded by the few rewrites that ask.
        return importlib.import_module("theano.rewrite.engine.phase_shapes").ShapesInPhase(self.graph)

    @property
    def inputs(self) -> list[Variable]:
        """The inputs of the whole graph."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[Variable]:
        """The outputs of the whole graph."""
        return self.graph.outputs

    @property
    def apply_nodes(self) -> set[Apply]:
        """All nodes."""
        return set(self.graph.rank)

    @property
    def variables(self) -> set[Variable]:
        """All variables: inputs, constants, and outputs of nodes."""
        found = set(self.graph.inputs)
        for node in self.graph.rank:
            found.update(node.inputs, node.outputs)
        return found

    def clients(self, variable: Variable) -> list[Client]:
        """Who uses `variable`: as ``FunctionGraph.clients``."""
        found: list[Client] = [
            (node, i) for node in self.graph.users.get(variable, ()) for i, v in enumerate(node.inputs) if v is variable
        ]
        if variable in self.graph.output_uses:
            found += [("output", i) for i, v in enumerate(self.graph.outputs) if v is variable]
        return found

    def toposort(self) -> list[Apply]:
        """All nodes, each after those it reads."""
        return self.graph.toposort()

    def replace(self, *_: Any, **__: Any) -> None:
        """Not in a rewrite of nodes: it returns what shall stand for the outputs of its node.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("a local rewrite returns replacements; the graph changes after it, not inside it")

    replace_all = replace_validate = replace_all_validate = replace


# The graphs in which users' rewrites are at work, innermost last.
_current: list[GraphView | FunctionGraph] = []


@contextmanager
def visible(graph: RewriteGraph | WatchedGraph | FunctionGraph) -> Iterator[None]:
    """While this lasts, nodes and variables tell about `graph`."""
    if isinstance(graph, RewriteGraph):
        _current.append(GraphView(graph))
    else:
        _current.append(graph.fgraph if isinstance(graph, WatchedGraph) else graph)
    try:
        yield
    finally:
        _current.pop()


def use_count(variable: Variable) -> int:
    """How many nodes and outputs read `variable` in the graph at work; 0 if there is none."""
    return len(_current[-1].clients(variable)) if _current else 0


def _fgraph(thing: Apply | Variable) -> GraphView | FunctionGraph:
    """The graph at work; beside rewrites, that which the node or variable belongs to."""
    graph = _current[-1] if _current else graph_of(thing)
    if graph is None:
        raise AttributeError(f"{thing} is in no function graph: f.maker.fgraph has copies of what f was made of")
    return graph


def _clients(variable: Variable) -> list[Client]:
    graph = _fgraph(variable)
    if isinstance(graph, FunctionGraph) and variable not in graph.variables:
        return []
    return graph.clients(variable)


# As in Theano 1.0, where a graph writes these attributes on all its nodes and variables.
Apply.fgraph = property(_fgraph)  # type: ignore[attr-defined]
Variable.fgraph = property(_fgraph)  # type: ignore[attr-defined]
Variable.clients = property(_clients)  # type: ignore[attr-defined]
