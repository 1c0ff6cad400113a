"""Phases as data, queries by tags, and `rewrite_graph`, by which `compile/` rewrites a function graph."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from theano.configdefaults import config
from theano.graph import Apply, FunctionGraph
from theano.graph.origin import inherit_origin
from theano.progress import stage
from theano.record import Record, Slotted
from theano.rewrite.engine.phases import run_phase
from theano.rewrite.engine.registry import RULES, Registrations, add_rule, remove_rule
from theano.rewrite.engine.rule import Result, Rule, RuleIndex
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.engine.trace import Trace
from theano.rewrite.engine.view import visible
from theano.user_warnings import warn_user


class Phase(Record, eq=True):
    """A stage of rewriting: the rules with one of `tags` run together to a fixed point.

    Attributes
    ----------
    needs
        The phase is skipped unless some selected rule has one of these tags; only rules with these tags look
        at nodes that an earlier phase brought to a fixed point.
    """

    name: str
    position: float
    tags: frozenset[str]
    needs: frozenset[str]


_EARLY = frozenset({"useless", "canonicalize", "stabilize"})

# Stability needs no phase of its own: its rules look at inputs that are canonical already (nodes are taken in
# topological order). Later phases keep the earlier rules, for what they make may be simplified again.
PHASES: tuple[Phase, ...] = (
    Phase("canonicalize", 1.0, _EARLY, _EARLY),
    Phase("saved", 1.4, _EARLY | {"saved"}, frozenset({"saved"})),
    Phase("loops", 1.5, _EARLY | {"loops"}, frozenset({"loops"})),
    Phase("specialize", 2.0, _EARLY | {"specialize", "specialize_device"}, frozenset({"specialize"})),
    Phase("blas", 2.5, frozenset({"blas"}), frozenset({"blas"})),
    Phase("uncanonicalize", 3.0, frozenset({"uncanonicalize"}), frozenset({"uncanonicalize"})),
)


class Query(Slotted):
    """Selects rules by tags (a rule's name is one of its tags).

    A rule is selected if it has some tag of `include`, all of `require` and none of `exclude`.

    Examples
    --------
    >>> Query(include=["fast_run"]).excluding("blas")
    Query(include=['fast_run'], require=[], exclude=['blas'])
    """

    __slots__ = ("include", "require", "exclude", "position_cutoff", "extra_optimizations", "subquery")

    def __init__(
        self,
        include: Iterable[str],
        require: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        subquery: Any = None,
        position_cutoff: float = float("inf"),
        extra_optimizations: Iterable[Any] = (),
    ) -> None:
        self.include = frozenset(include)
        self.require = frozenset(require or ())
        self.exclude = frozenset(exclude or ())
        self.subquery = subquery
        self.position_cutoff = position_cutoff
        self.extra_optimizations = tuple(extra_optimizations)

    def _with(self, **changes: frozenset[str]) -> Query:
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return Query(**{**fields, **changes})

    def including(self, *tags: str) -> Query:
        """The same query with more tags to include."""
        return self._with(include=self.include | set(tags))

    def excluding(self, *tags: str) -> Query:
        """The same query without rules that have one of `tags`."""
        return self._with(exclude=self.exclude | set(tags))

    def requiring(self, *tags: str) -> Query:
        """The same query with only rules that have all of `tags`."""
        return self._with(require=self.require | set(tags))

    def selects(self, tags: frozenset[str]) -> bool:
        """Whether a rule with these tags is selected."""
        return bool(tags & self.include) and self.require <= tags and not tags & self.exclude

    def key(self) -> tuple[Any, ...]:
        """Equal for queries that select the same rules."""
        return (self.include, self.require, self.exclude, self.position_cutoff)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __reduce__(self) -> tuple[Any, ...]:
        return Query, (
            sorted(self.include),
            sorted(self.require),
            sorted(self.exclude),
            None,
            self.position_cutoff,
        )

    def __repr__(self) -> str:
        return f"Query(include={sorted(self.include)}, require={sorted(self.require)}, exclude={sorted(self.exclude)})"


class GlobalStep(Record):
    """A user's rewrite of whole graphs: an object with ``optimize(fgraph)`` or ``apply(fgraph)``."""

    name: str
    position: float
    tags: frozenset[str]
    optimizer: Any


# Rules of a phase with those that are new in it, or a rewrite of the user's.
Work = tuple[RuleIndex, RuleIndex] | GlobalStep


class Database:
    """Compiled rule indices by query, and the global steps that users registered (`optdb`)."""

    def __init__(self) -> None:
        self.steps: dict[str, GlobalStep] = {}
        self._plans: dict[tuple[Any, ...], list[tuple[str, Work]]] = {}

    def register(self, name: str, opt: Any, *tags: Any, **kwargs: Any) -> None:
        """Add a rewrite of whole graphs; among `tags`, a number is the position.

        Examples
        --------
        >>> optdb.register("mine", MyOptimizer(), 2.1, "fast_run")   # doctest: +SKIP
        """
        position = kwargs.get("position", 50.0)
        names = []
        for tag in tags:
            if isinstance(tag, (int, float)):
                position = float(tag)
            else:
                names.append(str(tag))
        if kwargs.get("use_db_name_as_tag") is False:
            names = [n for n in names if n != name]
        if name in self.steps or name in RULES:
            raise ValueError(f"The name {name!r} of the database object is already taken")
        self.steps[name] = GlobalStep(name, float(position), frozenset({name, *names}), opt)
        self._plans.clear()

    def __getitem__(self, name: str) -> Any:
        """The rewrites of a phase, with a method `register`; or what was registered under `name`.

        Examples
        --------
        >>> optdb["specialize"].register("mine", my_local_optimizer, "fast_run")   # doctest: +SKIP
        """
        if name in self.steps:
            return self.steps[name].optimizer
        if not any(name in phase.tags for phase in PHASES):
            raise KeyError(f"no phase and no rewrite has the name {name!r}")
        return PhaseDatabase(name)

    def remove(self, name: str) -> None:
        """Take out what was registered under `name`."""
        del self.steps[name]
        self._plans.clear()

    def plan(self, query: Query) -> list[tuple[str, Work]]:
        """What to run for `query`, in order."""
        key = (query.key(), Registrations.version)
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = self._plan(query)
        return found

    def _plan(self, query: Query) -> list[tuple[str, Work]]:
        chosen = [r for r in RULES.values() if query.selects(r.tags | {r.name})]
        index = RuleIndex(chosen)
        timed: list[tuple[float, str, Work]] = []
        for phase in PHASES:
            rules = [r for r in chosen if r.tags & phase.tags]
            if phase.position <= query.position_cutoff and any(r.tags & phase.needs for r in rules):
                news = RuleIndex((r for r in rules if r.tags & phase.needs), index)
                timed.append((phase.position, phase.name, (RuleIndex(rules, index), news)))
        for step in self.steps.values():
            if query.selects(step.tags) and step.position <= query.position_cutoff:
                timed.append((step.position, step.name, step))
        timed.sort(key=lambda item: item[0])
        previous: RuleIndex | None = None
        for _, _, work in timed:
            if isinstance(work, tuple):
                work[0].previous = previous
            previous = work[0] if isinstance(work, tuple) else None
        return [(name, what) for _, name, what in timed]

    def query(self, *tags: Any, **kwargs: Any) -> GraphRewriter:
        """An object with ``optimize(fgraph)`` for a `Query`, or for tags ``'+a', '-b', '&c'``."""
        if len(tags) == 1 and isinstance(tags[0], Query):
            return GraphRewriter(tags[0])
        signs = {"+": [], "&": [], "-": []}  # type: dict[str, list[str]]
        for tag in tags:
            signs[tag[0] if tag[0] in signs else "+"].append(tag.lstrip("+&-"))
        return GraphRewriter(Query(signs["+"], signs["&"], signs["-"]))


def as_rule(optimizer: Any, tags: frozenset[str], name: str | None = None) -> Rule:
    """A `LocalOptimizer` (or function of a node) as a rule with these tags."""
    tracks = optimizer.tracks() if hasattr(optimizer, "tracks") else None
    transform = optimizer.transform if hasattr(optimizer, "transform") else optimizer

    def function(graph: RewriteGraph, node: Apply) -> Result:
        with visible(graph):
            result: Result = transform(node)
        return result

    label = name or getattr(optimizer, "name", None) or getattr(optimizer, "__name__", None) or str(optimizer)
    return Rule(label, tuple(tracks or ()), function, tags)


class PhaseDatabase:
    """The rewrites of nodes in one phase."""

    def __init__(self, phase: str) -> None:
        self.phase = phase

    def register(self, name: str, opt: Any, *tags: Any, **kwargs: Any) -> None:
        """Add a rewrite of nodes: it is used where one of `tags`, or `name`, is included."""
        names = frozenset(t for t in tags if isinstance(t, str))
        add_rule(as_rule(opt, names | {self.phase, name}, name))

    def __contains__(self, name: str) -> bool:
        return name in RULES and self.phase in RULES[name].tags

    def remove(self, name: str) -> None:
        """Take out what was registered under `name`."""
        remove_rule(name)


class GraphRewriter:
    """What a query does, as an object with ``optimize(fgraph)``."""

    def __init__(self, query: Query) -> None:
        self.wanted = query

    def optimize(self, fgraph: FunctionGraph) -> Trace:
        """Rewrite `fgraph` in place."""
        return rewrite_graph(fgraph, self.wanted)

    apply = __call__ = optimize


optdb = Database()
"""The database of all rewrites."""


def on_rule_error(error: Exception, rule: Rule, node: Apply) -> None:
    """A rule raised: by flag ``on_opt_error`` raise, or warn and go on without it."""
    on_rewrite_error(error, f"rewrite rule {rule.name} failed on {node}")


def on_rewrite_error(error: Exception, what: str) -> None:
    """By flag ``on_opt_error`` raise `error`, or warn that `what` happened."""
    policy = config.on_opt_error
    if policy == "raise":
        raise error
    if policy != "ignore":
        warn_user(f"{what}: {type(error).__name__}: {error}")


def rewrite_graph(
    fgraph: FunctionGraph, query: Query, on_error: Callable[[Exception, Rule, Apply], Any] = on_rule_error
) -> Trace:
    """Rewrite `fgraph` in place by the rules that `query` selects.

    Equal nodes are merged in any case. The trace is also kept as ``fgraph.rewrite_trace``.

    Raises
    ------
    RewriteCycle
        When rules undo each other, with the flag ``on_opt_error=raise``; otherwise the phase ends there.

    Examples
    --------
    >>> fgraph = FunctionGraph([x], [T.log(1 + x)])              # doctest: +SKIP
    >>> print(rewrite_graph(fgraph, Query(include=["fast_run"])))   # doctest: +SKIP
    canonicalize: log(1 + x) -> log1p(x): log(add(1, x)) -> log1p(x)
    """
    trace = Trace()
    start = time.perf_counter()
    stage("rewriting: merge")
    with inherit_origin(()):  # new nodes take the origin of what they replace, not this place
        graph = RewriteGraph(fgraph.inputs, fgraph.outputs)
        trace.seconds["merge"] = time.perf_counter() - start
        for name, what in optdb.plan(query):
            start = time.perf_counter()
            stage(f"rewriting: {name}")
            if isinstance(what, tuple):
                run_phase(graph, what[0], name, trace, on_error, what[1])
            else:
                fgraph.describe(graph.outputs)
                run_optimizer(what.optimizer, fgraph)
                graph = RewriteGraph(fgraph.inputs, fgraph.outputs)
            trace.seconds[name] = trace.seconds.get(name, 0.0) + time.perf_counter() - start
        stage("rewriting: end")
        fgraph.describe(graph.outputs)
    fgraph.rewrite_trace = trace  # type: ignore[attr-defined]
    return trace


def run_optimizer(optimizer: Any, fgraph: FunctionGraph) -> None:
    """Let a user's rewrite of whole graphs change `fgraph`; its nodes know their graph meanwhile."""
    with visible(fgraph):
        if hasattr(optimizer, "optimize"):
            optimizer.optimize(fgraph)
        elif hasattr(optimizer, "apply"):
            optimizer.apply(fgraph)
        else:
            optimizer(fgraph)


def trace(thing: Any) -> Trace:
    """The rules applied to a function graph or in a compiled function.

    Examples
    --------
    >>> f = theano.function([x], T.log(1 + x))                   # doctest: +SKIP
    >>> print(theano.rewrite.trace(f))                          # doctest: +SKIP
    """
    maker = getattr(thing, "maker", None)
    fgraph = thing if maker is None else maker.fgraph
    if not isinstance(fgraph, FunctionGraph):
        raise TypeError(f"trace takes a compiled function or a function graph, not {thing!r}")
    found = getattr(fgraph, "rewrite_trace", None)
    return found if isinstance(found, Trace) else Trace()
