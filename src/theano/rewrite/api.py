"""The names under which Theano 1.0 programs write rewrites of their own, as thin forms over this engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.configdefaults import config
from theano.graph import Apply, Constant, FunctionGraph, Op, Variable
from theano.graph.origin import inherit_origin
from theano.rewrite.engine.build import number
from theano.rewrite.engine.database import as_rule, on_rewrite_error, on_rule_error, run_optimizer
from theano.rewrite.engine.phases import RewriteCycle, run_phase
from theano.rewrite.engine.registry import add_rule, tags_of
from theano.rewrite.engine.rule import Rule, RuleIndex
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.engine.trace import Trace
from theano.rewrite.engine.view import use_count
from theano.tensor.variable import as_tensor_variable


class Optimizer:
    """A rewrite of whole graphs: override `apply`."""

    name: str | None = None

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Change `fgraph` (with ``fgraph.replace``)."""
        raise NotImplementedError

    def optimize(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        """`add_requirements`, then `apply`."""
        self.add_requirements(fgraph)
        return self.apply(fgraph, *args, **kwargs)

    def __call__(self, fgraph: FunctionGraph) -> Any:
        return self.optimize(fgraph)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach what `apply` needs."""

    def __str__(self) -> str:
        return self.name or type(self).__name__


GlobalOptimizer = Optimizer


class LocalOptimizer:
    """A rewrite of single nodes: override `transform`."""

    name: str | None = None

    def tracks(self) -> Sequence[Any] | None:
        """Ops and op classes of interest; None for all."""
        return None

    def transform(self, node: Apply) -> Any:
        """False or None for no change, a list of replacements of the outputs, or a dict of variables.

        The dict tells for any variables of the graph what is put in their place.
        """
        raise NotImplementedError

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach what `transform` needs."""

    def __str__(self) -> str:
        return self.name or type(self).__name__


class FromFunctionLocalOptimizer(LocalOptimizer):
    """What `local_optimizer` makes of a function."""

    def __init__(self, function: Callable[[Apply], Any], tracks: Sequence[Any] | None) -> None:
        self.transform = function  # type: ignore[assignment, method-assign]
        self._tracks = tracks
        self.name = self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def tracks(self) -> Sequence[Any] | None:
        return self._tracks

    def __call__(self, node: Apply) -> Any:
        return self.transform(node)


def local_optimizer(
    tracks: Sequence[Any] | None, inplace: bool = False, requirements: Iterable[Any] = ()
) -> Callable[[Callable[[Apply], Any]], FromFunctionLocalOptimizer]:
    """Decorator: a function of a node as a rewrite.

    Examples
    --------
    >>> @local_optimizer([T.log])                                # doctest: +SKIP
    ... def log_of_exp(node):
    ...     inner = node.inputs[0].owner
    ...     if inner and inner.op == T.exp:
    ...         return [inner.inputs[0]]
    """
    if tracks is not None and (not tracks or not isinstance(tracks, (list, tuple))):
        raise ValueError(f"tracks must be None or a list with at least one op or op class, not {tracks!r}")

    def decorate(function: Callable[[Apply], Any]) -> FromFunctionLocalOptimizer:
        return FromFunctionLocalOptimizer(function, tracks)

    return decorate


def copy_stack_trace(from_var: Any, to_var: Any) -> Any:
    """Give `to_var` the origin of `from_var` (the engine does so for all nodes that a rule makes)."""
    sources = from_var if isinstance(from_var, (list, tuple)) else [from_var]
    origin = next((v.owner.origin for v in sources if getattr(v, "owner", None) is not None), ())
    for v in to_var if isinstance(to_var, (list, tuple)) else [to_var]:
        if v.owner is not None and not v.owner.origin:
            v.owner.origin = origin
    return to_var


class OpSub(LocalOptimizer):
    """Replaces an op by another on the same inputs."""

    def __init__(self, op1: Op, op2: Op, transfer_tags: bool = True) -> None:
        self.op1, self.op2 = op1, op2

    def op_key(self) -> Op:
        """The op replaced."""
        return self.op1

    def tracks(self) -> list[Any]:
        return [self.op1]

    def transform(self, node: Apply) -> Any:
        return list(self.op2.make_node(*node.inputs).outputs) if node.op == self.op1 else False

    def __str__(self) -> str:
        return f"{self.op1} -> {self.op2}"


class OpRemove(LocalOptimizer):
    """Replaces the outputs of an op by its inputs."""

    def __init__(self, op: Op) -> None:
        self.op = op

    def tracks(self) -> list[Any]:
        return [self.op]

    def transform(self, node: Apply) -> Any:
        return list(node.inputs) if node.op == self.op and len(node.inputs) == len(node.outputs) else False

    def __str__(self) -> str:
        return f"{self.op}(x) -> x"


class PatternSub(LocalOptimizer):
    """Replaces a pattern written as nested tuples: ``PatternSub((op, 'a', 'b'), (op2, 'b'))``.

    Strings are variables, numbers constants, ``{'pattern': p, 'constraint': f}`` a pattern with a condition
    on the variable it matches. Inner nodes with other users do not match unless `allow_multiple_clients`.
    """

    def __init__(
        self,
        in_pattern: Any,
        out_pattern: Any,
        allow_multiple_clients: bool = False,
        skip_identities_fn: Callable[[Any], Any] | None = None,
        name: str | None = None,
        pdb: bool = False,
        tracks: Sequence[Any] = (),
        get_nodes: Callable[[Apply], Iterable[Apply]] | None = None,
        values_eq_approx: Any = None,
    ) -> None:
        root = in_pattern["pattern"] if isinstance(in_pattern, dict) else in_pattern
        if not isinstance(root, (list, tuple)):
            raise TypeError(f"the pattern to look for must start with an op, got {in_pattern!r}")
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.op = root[0]
        self.allow_multiple_clients = allow_multiple_clients
        self.skip_identities = skip_identities_fn
        self.name = name
        self._tracks, self._get_nodes = list(tracks), get_nodes

    def tracks(self) -> list[Any]:
        return self._tracks or [self.op]

    def transform(self, node: Apply, get_nodes: bool = True) -> Any:
        if get_nodes and self._get_nodes is not None:
            for other in self._get_nodes(node):
                found: Any = self.transform(other, False) if other else False
                if found:
                    return dict(zip(other.outputs, found, strict=True))
            return False
        if node.op != self.op:
            return False
        bound = self._match(self.in_pattern, node.outputs[0], {}, True)
        if bound is None:
            return False
        return [self._build(self.out_pattern, bound)]

    def _match(self, pattern: Any, var: Any, bound: dict[str, Any], root: bool = False) -> dict[str, Any] | None:
        if isinstance(pattern, dict):
            inner = self._match(pattern["pattern"], var, bound, root)
            return inner if inner is not None and pattern.get("constraint", lambda v: True)(var) else None
        if isinstance(pattern, str):
            if pattern in bound:
                return bound if bound[pattern] is var else None
            return {**bound, pattern: var}
        if isinstance(pattern, (int, float)):
            return bound if number(var) == pattern else None
        if isinstance(pattern, Constant):
            return bound if isinstance(var, Constant) and pattern.equals(var) else None
        node = var.owner
        if self.skip_identities is not None and (node is None or node.op != pattern[0]):
            through = self.skip_identities(var)
            if through:
                return self._match(pattern, through, bound)
        if node is None or node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
            return None
        if not root and not self.allow_multiple_clients and use_count(var) > 1:
            return None
        for child, v in zip(pattern[1:], node.inputs, strict=True):
            found = self._match(child, v, bound)
            if found is None:
                return None
            bound = found
        return bound

    def _build(self, pattern: Any, bound: dict[str, Any]) -> Any:
        if isinstance(pattern, dict):
            return self._build(pattern["pattern"], bound)
        if isinstance(pattern, str):
            return bound[pattern]
        if isinstance(pattern, (int, float)):
            return as_tensor_variable(pattern)
        if isinstance(pattern, Variable):
            return pattern
        return pattern[0](*(self._build(p, bound) for p in pattern[1:]))

    def __str__(self) -> str:
        return self.name or f"{_text(self.in_pattern)} -> {_text(self.out_pattern)}"


PatternOptimizer = PatternSub


def _text(pattern: Any) -> str:
    if isinstance(pattern, dict):
        return _text(pattern["pattern"])
    if isinstance(pattern, (list, tuple)):
        return f"{pattern[0]}({', '.join(map(_text, pattern[1:]))})"
    return str(pattern)


# -- registration ---------------------------------------------------------------------------------


def _registrar(phase: str) -> Callable[..., Any]:
    def register(lopt: Any, *tags: str, **kwargs: Any) -> Any:
        if isinstance(lopt, str):

            def decorate(inner: Any) -> Any:
                return register(inner, lopt, *tags, **kwargs)

            return decorate
        add_rule(as_rule(lopt, tags_of(phase, tags), kwargs.get("name")))
        return lopt

    register.__name__ = register.__qualname__ = f"register_{phase}"
    register.__doc__ = f"Add a `LocalOptimizer` to phase {phase}; also a decorator, with or without tags."
    return register


register_canonicalize = _registrar("canonicalize")
register_stabilize = _registrar("stabilize")
register_specialize = _registrar("specialize")
register_specialize_device = _registrar("specialize_device")
register_uncanonicalize = _registrar("uncanonicalize")
register_useless = _registrar("useless")


# -- rewrites of whole graphs ---------------------------------------------------------------------


class TopoOptimizer(Optimizer):
    """Applies rewrites of nodes to all nodes until none of them fires."""

    def __init__(
        self,
        local_opt: Any,
        order: str = "in_to_out",
        ignore_newtrees: Any = False,
        failure_callback: Any = None,
    ) -> None:
        self.local_opt = local_opt
        self.order = order

    def locals(self) -> list[Any]:
        """The rewrites of nodes."""
        return [self.local_opt]

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for opt in self.locals():
            _require(opt, fgraph)

    def apply(self, fgraph: FunctionGraph) -> Trace:
        trace = Trace()
        rules = []
        for k, opt in enumerate(self.locals()):
            made = as_rule(opt, tags_of("user", ()))
            rules.append(Rule(f"{made.name}" if k == 0 else f"{made.name}#{k}", made.roots, made.function, made.tags))
        with inherit_origin(()):
            graph = RewriteGraph(fgraph.inputs, fgraph.outputs)
            run_phase(graph, RuleIndex(rules), str(self), trace, on_rule_error)
            fgraph.describe(graph.outputs)
        return trace


class EquilibriumOptimizer(TopoOptimizer):
    """Applies several rewrites, of nodes and of whole graphs, until none of them changes anything.

    Parameters
    ----------
    optimizers
        Of nodes (`LocalOptimizer`) and of whole graphs (`Optimizer`), which run before those of nodes.
    max_use_ratio
        So many rounds for each node of the graph at most (default: the flag ``optdb.max_use_ratio``).
    final_optimizers, cleanup_optimizers
        Rewrites of whole graphs that run at the end of each round.
    """

    def __init__(
        self,
        optimizers: Iterable[Any],
        failure_callback: Any = None,
        ignore_newtrees: bool = True,
        tracks_on_change_inputs: bool = False,
        max_use_ratio: float | None = None,
        final_optimizers: Iterable[Any] | None = None,
        cleanup_optimizers: Iterable[Any] | None = None,
    ) -> None:
        self.optimizers = list(optimizers)
        self.finals = [*(final_optimizers or ()), *(cleanup_optimizers or ())]
        self.max_use_ratio = config.optdb.max_use_ratio if max_use_ratio is None else max_use_ratio

    def locals(self) -> list[Any]:
        return [o for o in self.optimizers if not isinstance(o, Optimizer)]

    def apply(self, fgraph: FunctionGraph) -> Trace:
        trace = Trace()
        for _ in range(1 + int(self.max_use_ratio * len(fgraph.apply_nodes))):
            before = _state(fgraph)
            for opt in self.optimizers:
                if isinstance(opt, Optimizer):
                    run_optimizer(opt, fgraph)
            trace.steps += super().apply(fgraph).steps
            for opt in self.finals:
                run_optimizer(opt, fgraph)
            if _state(fgraph) == before:
                return trace
        names = ", ".join(str(opt) for opt in [*self.optimizers, *self.finals])
        what = f"{self} was stopped: rewrites undo each other, or some changes the graph each time"
        on_rewrite_error(RewriteCycle(f"no end was found with {names}"), what)
        return trace


def _state(fgraph: FunctionGraph) -> tuple[Any, ...]:
    """Equal as long as no rewrite changes the graph."""
    return tuple(fgraph.outputs), {node: tuple(node.inputs) for node in fgraph.apply_nodes}


def _tracked(opt: Any) -> tuple[Any, ...]:
    """The ops that a rewrite of nodes wants to see; none for all."""
    return tuple(opt.tracks() or ()) if hasattr(opt, "tracks") else ()


def _transform(opt: Any, node: Apply) -> Any:
    """What a rewrite of nodes, a class or a plain function, makes of `node`."""
    return opt.transform(node) if hasattr(opt, "transform") else opt(node)


def _require(opt: Any, fgraph: FunctionGraph) -> None:
    if hasattr(opt, "add_requirements"):
        opt.add_requirements(fgraph)


class LocalOptGroup(LocalOptimizer):
    """Several rewrites of nodes as one: the first that fires counts. Each sees the ops that it tracks."""

    def __init__(self, *optimizers: Any, **kwargs: Any) -> None:
        self.opts = list(optimizers)
        self.name = kwargs.get("name")
        # for which of them look at an op; their names are their places
        self._index = RuleIndex(as_rule(opt, frozenset(), str(k)) for k, opt in enumerate(self.opts))

    def tracks(self) -> list[Any] | None:
        roots = [_tracked(opt) for opt in self.opts]
        return [root for some in roots for root in some] if all(roots) else None

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for opt in self.opts:
            _require(opt, fgraph)

    def transform(self, node: Apply) -> Any:
        for rule in self._index.lookup(node.op):
            result = _transform(self.opts[int(rule.name)], node)
            if result not in (None, False):
                return result
        return False


class SeqOptimizer(Optimizer):
    """Rewrites of whole graphs one after the other."""

    def __init__(self, *opts: Any, **kwargs: Any) -> None:
        single = len(opts) == 1 and isinstance(opts[0], (list, tuple))
        self.opts = list(opts[0] if single else opts)
        self.name = kwargs.get("name")

    def apply(self, fgraph: FunctionGraph) -> None:
        for opt in self.opts:
            run_optimizer(opt, fgraph)


class MergeOptimizer(Optimizer):
    """Merges equal nodes and constants."""

    def apply(self, fgraph: FunctionGraph) -> None:
        fgraph.describe(RewriteGraph(fgraph.inputs, fgraph.outputs).outputs)


def out2in(*local_opts: Any, **kwargs: Any) -> TopoOptimizer:
    """`TopoOptimizer` of one or several rewrites."""
    return TopoOptimizer(local_opts[0] if len(local_opts) == 1 else LocalOptGroup(*local_opts))


in2out = out2in


def pre_constant_merge(variables: Sequence[Variable]) -> list[Variable]:
    """`variables` with equal constants merged below them."""
    RewriteGraph([], list(variables))
    return list(variables)


def pre_greedy_local_optimizer(optimizations: Sequence[Any], out: Variable) -> Variable:
    """`out` after the given rewrites of nodes."""
    graph = RewriteGraph([], [out])
    run_phase(
        graph,
        RuleIndex([as_rule(o, tags_of("user", ()), f"{o}#{k}") for k, o in enumerate(optimizations)]),
        "user",
        Trace(),
    )
    return graph.outputs[0]
