"""Rewrites of whole graphs that let rewrites of nodes look at all nodes of a function graph, and ask its features.

What a program builds of its own rewrites. The phases of the compiler run on a graph of another kind (`engine.table`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.base.flag_table import config
from theano.graph import Apply, FunctionGraph, InconsistencyError, Variable
from theano.graph.features import Feature, NodeFinder, ReplacementDidntRemovedError, ReplaceValidate, Updater
from theano.graph.origin import inherit_origin
from theano.legacy.rewrite.node_rewrites import LocalOptGroup
from theano.rewrite.engine.optimizer import Optimizer, on_rewrite_error, run_optimizer
from theano.rewrite.engine.phases import RewriteCycle, run_phase
from theano.rewrite.engine.registry import tags_of
from theano.rewrite.engine.rule import Rule, RuleIndex
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.engine.trace import Trace
from theano.rewrite.engine.user_rule import as_rule
from theano.rewrite.engine.watched import WatchedGraph

FailureCallback = Callable[..., Any]
"""``callback(error, navigator, replacements, rewrite, node)``, where the rewrite raised or a feature objected."""


class NavigatorOptimizer(Optimizer):
    """Base of rewrites of whole graphs that apply rewrites of nodes: `process_node` does it for one node.

    Parameters
    ----------
    local_opt
        The rewrite of nodes; None if `process_node` is given it.
    ignore_newtrees
        Whether nodes that come into the graph are not looked at; "auto" asks the rewrite's attribute `reentrant`.
    failure_callback
        Called where a rewrite raises or a feature of the graph objects, and the node is left as it is; None: the error
        is raised. `warn`, `warn_inplace` and `warn_ignore` are such.
    """

    def __init__(
        self, local_opt: Any, ignore_newtrees: Any = "auto", failure_callback: FailureCallback | None = None
    ) -> None:
        self.local_opt = local_opt
        self.ignore_newtrees = (
            not getattr(local_opt, "reentrant", True) if ignore_newtrees == "auto" else bool(ignore_newtrees)
        )
        self.failure_callback = failure_callback

    @staticmethod
    def warn(exc: Exception, nav: Any, repl_pairs: Any, local_opt: Any, node: Apply) -> None:
        """By flag ``on_opt_error`` raise, or warn."""
        on_rewrite_error(exc, f"the rewrite {local_opt} failed on {node}")

    @staticmethod
    def warn_inplace(exc: Exception, nav: Any, repl_pairs: Any, local_opt: Any, node: Apply) -> None:
        """`warn`, but that a feature objected is no failure."""
        if not isinstance(exc, InconsistencyError):
            NavigatorOptimizer.warn(exc, nav, repl_pairs, local_opt, node)

    @staticmethod
    def warn_ignore(exc: Exception, nav: Any, repl_pairs: Any, local_opt: Any, node: Apply) -> None:
        """Nothing."""

    def locals(self) -> list[Any]:
        """The rewrites of nodes."""
        return [] if self.local_opt is None else [self.local_opt]

    def parts(self) -> Iterable[Any]:
        return self.locals()

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        fgraph.attach_feature(ReplaceValidate())
        for opt in self.locals():
            if hasattr(opt, "add_requirements"):
                opt.add_requirements(fgraph)

    def attach_updater(
        self,
        fgraph: FunctionGraph,
        importer: Callable[[Apply], Any] | None,
        pruner: Callable[[Apply], Any] | None,
        chin: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Updater | None:
        """Call these functions when nodes come and go, and inputs change; see `Updater`.

        With `ignore_newtrees` those that come are not told of. None if there is nothing to call.
        """
        importer = None if self.ignore_newtrees else importer
        if importer is None and pruner is None:
            return None
        updater = Updater(importer, pruner, chin, name)
        fgraph.attach_feature(updater)
        return updater

    def detach_updater(self, fgraph: FunctionGraph, u: Feature | None) -> None:
        """Undo `attach_updater`, which returned `u`."""
        if u is not None:
            fgraph.remove_feature(u)

    def process_node(self, fgraph: FunctionGraph, node: Apply, lopt: Any = None) -> bool:
        """Let a rewrite of nodes, `local_opt` by default, look at one node of the graph; whether anything changed."""
        rules = self._rules([self.local_opt if lopt is None else lopt])
        trace = self._run(fgraph, rules, start_from=[node], once=True, newcomers=False)
        return bool(trace.steps)

    def _rules(self, rewrites: Sequence[Any]) -> list[Rule]:
        made = []
        for k, opt in enumerate(rewrites):
            one = as_rule(opt, tags_of("user", ()))
            made.append(Rule(f"{one.name}#{k}" if k else one.name, one.roots, one.function, one.tags, user=opt))
        return made

    def _run(self, fgraph: FunctionGraph, rules: Sequence[Rule], start_from: Any = None, **how: Any) -> Trace:
        """Let rules look at the nodes of a graph, as the parameters of `WatchedGraph` in `how` say."""
        trace = Trace()
        started = time.perf_counter()
        by_name = {rule.name: rule.user for rule in rules}

        def failed(error: Exception, rule: Rule, node: Apply) -> None:
            if self.failure_callback is None or isinstance(error, RewriteCycle):
                raise error
            self.failure_callback(error, self, [(v, None) for v in node.outputs], rule.user, node)

        def refused(error: Exception, name: str, node: Apply, pairs: Any) -> None:
            if isinstance(error, ReplacementDidntRemovedError):
                return  # there was a warning
            if self.failure_callback is None:
                raise error
            self.failure_callback(error, self, pairs, by_name[name], node)

        with inherit_origin(()), WatchedGraph(fgraph, refused=refused, start_from=start_from, **how) as graph:
            run_phase(graph, RuleIndex(rules), str(self), trace, failed)
        trace.seconds[str(self)] = time.perf_counter() - started
        return trace


class TopoOptimizer(NavigatorOptimizer):
    """Lets a rewrite of nodes look at each node once, and at those that it makes.

    Parameters
    ----------
    local_opt
        The rewrite.
    order
        "in_to_out": each node after those that it reads; or "out_to_in".
    ignore_newtrees
        Whether new nodes are not looked at.
    failure_callback
        See `NavigatorOptimizer`.

    Raises
    ------
    ValueError
        There is no such order.

    Examples
    --------
    >>> from theano.gof import OpSub, TopoOptimizer
    >>> x = T.dscalar("x")
    >>> fgraph = theano.FunctionGraph([x], [T.exp(T.exp(x))], clone=False)
    >>> print(TopoOptimizer(OpSub(T.exp, T.sin)).optimize(fgraph))
    TopoOptimizer: Elemwise{exp,no_inplace} -> Elemwise{sin,no_inplace}: exp(x) -> sin(x)
    TopoOptimizer: Elemwise{exp,no_inplace} -> Elemwise{sin,no_inplace}: exp(sin(x)) -> sin(sin(x))
    """

    def __init__(
        self,
        local_opt: Any,
        order: str = "in_to_out",
        ignore_newtrees: Any = False,
        failure_callback: FailureCallback | None = None,
    ) -> None:
        if order not in ("in_to_out", "out_to_in"):
            raise ValueError(f"order is 'in_to_out' or 'out_to_in', not {order!r}")
        super().__init__(local_opt, ignore_newtrees, failure_callback)
        self.order = order

    def apply(self, fgraph: FunctionGraph, start_from: Iterable[Variable] | None = None) -> Trace:
        """Rewrite `fgraph`; of it, with `start_from`, what these variables are computed from."""
        return self._run(
            fgraph,
            self._rules(self.locals()),
            start_from=None if start_from is None else _above(start_from),
            outputs_first=self.order == "out_to_in",
            once=True,
            newcomers=not self.ignore_newtrees,
        )


class OpKeyOptimizer(NavigatorOptimizer):
    """Lets a rewrite of nodes look at the nodes of one op (of several, if it gives a list): its ``op_key()``."""

    def __init__(
        self, local_opt: Any, ignore_newtrees: Any = False, failure_callback: FailureCallback | None = None
    ) -> None:
        if not hasattr(local_opt, "op_key"):
            raise TypeError(f"{local_opt} does not say at which op it looks: OpKeyOptimizer needs its method op_key()")
        super().__init__(local_opt, ignore_newtrees, failure_callback)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        super().add_requirements(fgraph)
        fgraph.attach_feature(NodeFinder())

    def apply(self, fgraph: FunctionGraph) -> Trace:
        """Rewrite `fgraph`."""
        key = self.local_opt.op_key()
        ops = tuple(key) if isinstance(key, (list, tuple)) else (key,)
        (rule,) = self._rules(self.locals())
        rules = [Rule(rule.name, ops, rule.function, rule.tags, user=rule.user)]
        return self._run(fgraph, rules, once=True, newcomers=not self.ignore_newtrees)


class EquilibriumOptimizer(NavigatorOptimizer):
    """Applies several rewrites, of nodes and of whole graphs, until none of them changes anything.

    Parameters
    ----------
    optimizers
        Of nodes (`LocalOptimizer`) and of whole graphs (`Optimizer`), which run before those of nodes.
    failure_callback
        See `NavigatorOptimizer`.
    ignore_newtrees
        Whether nodes that come in a round are looked at in the next one only.
    tracks_on_change_inputs
        Whether nodes are looked at again in a round when their inputs change.
    max_use_ratio
        So many rounds for each node of the graph at most (default: the flag ``optdb.max_use_ratio``).
    final_optimizers, cleanup_optimizers
        Rewrites of whole graphs that run at the end of each round.
    """

    def __init__(
        self,
        optimizers: Iterable[Any],
        failure_callback: FailureCallback | None = None,
        ignore_newtrees: bool = True,
        tracks_on_change_inputs: bool = False,
        max_use_ratio: float | None = None,
        final_optimizers: Iterable[Any] | None = None,
        cleanup_optimizers: Iterable[Any] | None = None,
    ) -> None:
        super().__init__(None, ignore_newtrees, failure_callback)
        self.tracks_on_change_inputs = tracks_on_change_inputs
        self.max_use_ratio = config.optdb.max_use_ratio if max_use_ratio is None else max_use_ratio
        rewrites = list(optimizers)
        whole = [opt for opt in rewrites if hasattr(opt, "apply") and not hasattr(opt, "transform")]
        self.global_optimizers, self.local_optimizers_all = whole, [opt for opt in rewrites if opt not in whole]
        self.final_optimizers, self.cleanup_optimizers = list(final_optimizers or ()), list(cleanup_optimizers or ())
        self.local_optimizers_map: dict[Any, list[Any]] = {}
        for opt in self.local_optimizers_all:
            for op in (opt.tracks() if hasattr(opt, "tracks") else None) or (None,):
                self.local_optimizers_map.setdefault(op, []).append(opt)

    def get_local_optimizers(self) -> Iterable[Any]:
        """The rewrites of nodes."""
        return iter(self.local_optimizers_all)

    def locals(self) -> list[Any]:
        return self.local_optimizers_all

    def parts(self) -> Iterable[Any]:
        return [
            *self.global_optimizers, *self.local_optimizers_all, *self.cleanup_optimizers, *self.final_optimizers
        ]  # fmt: skip

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        super().add_requirements(fgraph)
        for opt in (*self.global_optimizers, *self.cleanup_optimizers, *self.final_optimizers):
            if hasattr(opt, "add_requirements"):
                opt.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph, start_from: Iterable[Variable] | None = None) -> Trace:
        """Rewrite `fgraph`; rewrites of nodes begin, with `start_from`, at what these variables are computed from."""
        trace = Trace()
        rules = self._rules(self.local_optimizers_all)
        begin = None if start_from is None else _above(start_from)
        for _ in range(1 + int(self.max_use_ratio * len(fgraph.apply_nodes))):
            before = _state(fgraph)
            for opt in self.global_optimizers:
                trace = self.merge_profile(trace, run_optimizer(opt, fgraph))
            found = self._run(
                fgraph, rules, start_from=begin,
                once=not self.tracks_on_change_inputs, newcomers=not self.ignore_newtrees,
            )  # fmt: skip
            trace = self.merge_profile(trace, found)
            for opt in (*self.cleanup_optimizers, *self.final_optimizers):
                trace = self.merge_profile(trace, run_optimizer(opt, fgraph))
            if _state(fgraph) == before:
                return trace
        names = ", ".join(map(str, self.parts()))
        what = f"{self} was stopped: rewrites undo each other, or some changes the graph each time"
        on_rewrite_error(RewriteCycle(f"no end was found with {names}"), what)
        return trace


def _state(fgraph: FunctionGraph) -> tuple[Any, ...]:
    """Equal as long as no rewrite changes the graph."""
    return tuple(fgraph.outputs), {node: tuple(node.inputs) for node in fgraph.apply_nodes}


def _above(variables: Iterable[Variable]) -> list[Apply]:
    """The nodes that some variables are computed by."""
    found: dict[Apply, None] = {}
    todo = [v.owner for v in variables]
    while todo:
        node = todo.pop()
        if node is not None and node not in found:
            found[node] = None
            todo += [v.owner for v in node.inputs]
    return list(found)


def _topological(order: str, local_opts: Sequence[Any], kwargs: dict[str, Any]) -> TopoOptimizer:
    name = kwargs.pop("name", None)
    local_opt = local_opts[0] if len(local_opts) == 1 else LocalOptGroup(*local_opts)
    made = TopoOptimizer(local_opt, order, failure_callback=TopoOptimizer.warn_inplace, **kwargs)
    made.name = name or getattr(local_opt, "name", None)
    return made


def in2out(*local_opts: Any, **kwargs: Any) -> TopoOptimizer:
    """`TopoOptimizer` of one or several rewrites of nodes, from the inputs to the outputs.

    Where a feature of the graph objects to a replacement, it is not made; other failures are treated by flag
    ``on_opt_error``.

    Parameters
    ----------
    local_opts
        The rewrites: at each node the first that fires counts.
    name, ignore_newtrees
        By their names.
    """
    return _topological("in_to_out", local_opts, kwargs)


def out2in(*local_opts: Any, **kwargs: Any) -> TopoOptimizer:
    """`in2out` from the outputs to the inputs."""
    return _topological("out_to_in", local_opts, kwargs)


def pre_greedy_local_optimizer(list_optimizations: Sequence[Any], out: Variable) -> Variable:
    """`out` after the given rewrites of nodes, until none of them fires."""
    graph = RewriteGraph([], [out])
    rules = RuleIndex([as_rule(o, tags_of("user", ()), f"{o}#{k}") for k, o in enumerate(list_optimizations)])
    run_phase(graph, rules, "user", Trace())
    return graph.outputs[0]
