"""Equal nodes and equal constants as one, while features of the graph may object; and rewrites made of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, InconsistencyError, Variable, is_same_graph
from theano.graph.features import AlreadyThere, Feature, ReplaceValidate
from theano.legacy.rewrite.node_rewrites import attach_destroy_handler
from theano.rewrite.engine.optimizer import Optimizer
from theano.rewrite.engine.table import RewriteGraph, constant_key


class MergeFeature(Feature):
    """Finds nodes and constants of the graph that are equal to others: `scheduled` lists what is to be replaced.

    It hears of changes, so that `MergeOptimizer` looks at what is new only.
    """

    def __init__(self) -> None:
        self.scheduled: list[list[tuple[Any, Any]]] = []
        self.nodes: dict[tuple[Any, ...], Apply] = {}
        self.constants: dict[tuple[Any, ...], Constant] = {}
        self.refused: set[tuple[Any, Any]] = set()  # a feature wants these apart

    def on_attach(self, fgraph: Any) -> None:
        if hasattr(fgraph, "merge_feature"):
            raise AlreadyThere("the graph has a MergeFeature")
        fgraph.merge_feature = self
        self.__init__()  # type: ignore[misc]

    def on_detach(self, fgraph: Any) -> None:
        del fgraph.merge_feature

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        for v in node.inputs:
            if isinstance(v, Constant):
                self.process_constant(fgraph, v)
        self.process_node(fgraph, node)

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        if self.nodes.get(_key(node)) is node:
            del self.nodes[_key(node)]

    def on_change_input(self, fgraph: Any, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if isinstance(new_r, Constant):
            self.process_constant(fgraph, new_r)
        if node != "output":
            before = (_key(node)[0], *(r if k == i else v for k, v in enumerate(node.inputs)))
            if self.nodes.get(before) is node:
                del self.nodes[before]
            self.process_node(fgraph, node)

    def process_constant(self, fgraph: Any, c: Constant) -> None:
        """Schedule a constant for replacement, if the graph has an equal one."""
        known = self.constants.setdefault(constant_key(c), c)
        if known not in fgraph.variables:
            self.constants[constant_key(c)] = c
        elif known is not c and known.type == c.type:
            self._schedule([(c, known)])

    def process_node(self, fgraph: Any, node: Apply) -> None:
        """Schedule a node for replacement, if the graph has an equal one."""
        known = self.nodes.setdefault(_key(node), node)
        if known not in fgraph.apply_nodes:
            self.nodes[_key(node)] = node
        elif known is not node:
            self._schedule(list(zip(node.outputs, known.outputs, strict=True)))

    def _schedule(self, pairs: list[tuple[Any, Any]]) -> None:
        if self.refused.isdisjoint(pairs) and all(old.type == new.type for old, new in pairs):
            self.scheduled.append(pairs)


def _key(node: Any) -> tuple[Any, ...]:
    return (node, *node.inputs) if node.op.has_effects else (node.op, *node.inputs)


class MergeOptimizer(Optimizer):
    """Merges equal nodes and constants, unless a feature of the graph objects.

    Examples
    --------
    >>> from theano.gof import MergeOptimizer
    >>> x = T.dscalar("x")
    >>> fgraph = theano.FunctionGraph([x], [T.exp(x) * T.exp(x)], clone=False)
    >>> MergeOptimizer().optimize(fgraph)
    >>> len(fgraph.apply_nodes)
    2
    """

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(ReplaceValidate())
        fgraph.attach_feature(MergeFeature())

    def apply(self, fgraph: FunctionGraph) -> None:
        graph: Any = fgraph
        if not hasattr(graph, "merge_feature"):
            self.add_requirements(graph)
        scheduled, refused = graph.merge_feature.scheduled, graph.merge_feature.refused
        while scheduled:
            pairs = [(old, new) for old, new in scheduled.pop() if graph.variables >= {old, new}]
            if refused.isdisjoint(pairs):
                try:
                    graph.replace_all_validate(pairs, reason=str(self))
                except InconsistencyError:
                    refused.update(pairs)

    def __str__(self) -> str:
        return self.name or "MergeOptimizer"


def pre_constant_merge(vars: Sequence[Variable]) -> list[Variable]:
    """Variables with equal constants merged below them."""
    RewriteGraph([], list(vars))
    return list(vars)


def is_same_graph_with_merge(var1: Variable, var2: Variable, givens: dict[Variable, Variable] | None = None) -> bool:
    """Whether two variables are computed by the same steps: ``is_same_graph(var1, var2, givens)``."""
    return is_same_graph(var1, var2, givens)


def merge_dict(d1: dict[Any, Any], d2: dict[Any, Any]) -> dict[Any, Any]:
    """The items of both dicts; the values of a key that both have are added.

    Examples
    --------
    >>> from theano.gof.opt import merge_dict
    >>> merge_dict({"a": 1, "b": 2}, {"b": 3})
    {'a': 1, 'b': 5}
    """
    return {**d1, **{key: d1[key] + value if key in d1 else value for key, value in d2.items()}}


class FromFunctionOptimizer(Optimizer):
    """A function of a function graph as a rewrite of whole graphs.

    Parameters
    ----------
    fn
        ``fn(fgraph)`` changes the graph.
    requirements
        Functions that attach to the graph what `fn` needs.
    """

    def __init__(self, fn: Callable[[Any], Any], requirements: Iterable[Callable[[Any], Any]] = ()) -> None:
        self.fn, self.requirements = fn, tuple(requirements)
        self.name = self.__name__ = fn.__name__
        self.__doc__ = fn.__doc__

    def apply(self, fgraph: FunctionGraph) -> Any:
        return self.fn(fgraph)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for requirement in self.requirements:
            requirement(fgraph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.fn(*args, **kwargs)


def optimizer(f: Callable[[Any], Any]) -> FromFunctionOptimizer:
    """Decorator: a function of a function graph as a rewrite of whole graphs.

    Examples
    --------
    >>> from theano.gof.opt import optimizer
    >>> @optimizer
    ... def no_exp(fgraph):
    ...     for node in fgraph.toposort():
    ...         if node.op == T.exp:
    ...             fgraph.replace_validate(node.outputs[0], node.inputs[0])
    """
    return FromFunctionOptimizer(f, (_attach_validation,))


def inplace_optimizer(f: Callable[[Any], Any]) -> FromFunctionOptimizer:
    """`optimizer` for functions that put in operations in place: the graph gets a `DestroyHandler`."""
    return FromFunctionOptimizer(f, (_attach_validation, attach_destroy_handler))


def _attach_validation(fgraph: FunctionGraph) -> None:
    fgraph.attach_feature(ReplaceValidate())
