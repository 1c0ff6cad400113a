"""Phases as data, `optdb`, and `rewrite_graph`, by which `compile/` rewrites a function graph."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from theano.base.flag_table import config
from theano.base.progress import stage
from theano.base.record import Record
from theano.graph import Apply, FunctionGraph
from theano.graph.origin import inherit_origin
from theano.rewrite.engine.named import NAMED
from theano.rewrite.engine.optimizer import Optimizer, on_rule_error, run_optimizer
from theano.rewrite.engine.phases import run_phase
from theano.rewrite.engine.query import Query
from theano.rewrite.engine.registry import RULES, Registrations, add_rule, remove_rule
from theano.rewrite.engine.rule import Rule, RuleIndex
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.engine.tagged import DB, Entry, SequenceDB, asked, query_of
from theano.rewrite.engine.trace import Trace
from theano.rewrite.engine.user_rule import as_rule


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
_SPECIAL = frozenset({"specialize", "specialize_device"})

# Stability needs no phase of its own: its rules look at inputs that are canonical already (nodes are taken in
# topological order). Later phases keep the earlier rules, for what they make may be simplified again.
PHASES: tuple[Phase, ...] = (
    Phase("canonicalize", 1.0, _EARLY, _EARLY),
    Phase("saved", 1.4, _EARLY | {"saved"}, frozenset({"saved"})),
    Phase("loops", 1.5, _EARLY | {"loops"}, frozenset({"loops"})),
    Phase("specialize", 2.0, _EARLY | _SPECIAL, _SPECIAL),
    Phase("blas", 2.5, frozenset({"blas"}), frozenset({"blas"})),
    Phase("uncanonicalize", 3.0, frozenset({"uncanonicalize"}), frozenset({"uncanonicalize"})),
)


# From here on rewrites of whole graphs may put in operations in place.
IN_PLACE = 49.5

# Rules of a phase with those that are new in it, or a rewrite of whole graphs.
Work = tuple[RuleIndex, RuleIndex] | Entry


class Database(SequenceDB):
    """The database of all rewrites, `optdb`: the phases of the compiler, and rewrites of whole graphs between them.

    The phases are databases inside (``optdb["specialize"]``), which `register` adds rewrites of nodes to.
    """

    def __init__(self) -> None:
        super().__init__()
        self._plans: dict[tuple[Any, ...], list[tuple[str, Work]]] = {}

    def register(self, name: str, obj: Any, position: Any, *tags: str, **kwargs: Any) -> None:  # type: ignore[override]
        """Add a rewrite of whole graphs that runs at `position`: a number, or ``'last'``.

        The phases are at 1 (canonicalize), 2 (specialize), 2.5 (blas) and 3 (uncanonicalize). From 49.5 on the graph
        has a `DestroyHandler`: ``fgraph.replace_validate`` refuses operations in place that would overwrite what is
        still needed, constants, or inputs of the function.

        Examples
        --------
        >>> optdb.register("mine", MyOptimizer(), 2.1, "fast_run")   # doctest: +SKIP

        Raises
        ------
        ValueError
            The name is taken.
        TypeError
            The position is no number; or `obj` is a rewrite of nodes.
        """
        if name in RULES:
            raise ValueError(f"The name {name!r} of the database object is already taken")
        super().register(name, obj, position, *tags, **kwargs)

    def changed(self) -> None:
        self._plans.clear()

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or _is_phase(name)

    def __getitem__(self, name: str) -> Any:
        """The rewrites of a phase, with a method `register`; or what was registered under `name`.

        Examples
        --------
        >>> optdb["specialize"].register("mine", my_local_optimizer, "fast_run")   # doctest: +SKIP
        """
        if name not in self.entries and _is_phase(name):
            return PhaseDatabase(name)
        if name not in self.entries:
            raise KeyError(
                f"no phase and no rewrite has the name {name!r}; the phases are "
                + ", ".join(sorted({tag for phase in PHASES for tag in phase.tags}))
            )
        return self.entries[name].thing

    @property
    def __position__(self) -> dict[str, float]:
        """The positions by name, those of the phases too."""
        return {**{phase.name: phase.position for phase in PHASES}, **super().__position__}

    def plan(self, query: Query) -> list[tuple[str, Work]]:
        """What to run for `query`, in order."""
        cutoff = min(query.position_cutoff, config.optdb.position_cutoff)
        key = (query.key(), Registrations.version, cutoff)
        found = self._plans.get(key)
        if found is None:
            found = self._plans[key] = self._plan(query, cutoff)
        return found

    def _plan(self, query: Query, cutoff: float) -> list[tuple[str, Work]]:
        chosen = [r for r in RULES.values() if _selects(query, r)]
        index = RuleIndex(chosen)
        timed: list[tuple[float, str, Work]] = []
        for phase in PHASES:
            rules = [r for r in chosen if r.tags & phase.tags]
            if phase.position <= cutoff and any(r.tags & phase.needs for r in rules):
                news = RuleIndex((r for r in rules if r.tags & phase.needs), index)
                timed.append((phase.position, phase.name, (RuleIndex(rules, index), news)))
        phases = {name: (at, name, work) for at, name, work in timed}
        for step in [*self.entries.values(), *_extra(query)]:
            if query.selects(step.tags) and step.position <= cutoff:
                timed.append((step.position, step.name, step))
                again = [phases[name] for name in phases if _of_phase(name) in step.tags]
                timed += again  # the rules of the phase look at what a rewrite among them has made
        timed.sort(key=lambda item: item[0])
        while timed and isinstance(timed[-1][2], Entry) and getattr(timed[-1][2].thing, "only_prepares", False):
            timed.pop()  # nothing comes that it prepares for
        previous: RuleIndex | None = None
        for _, _, work in timed:
            if isinstance(work, tuple):
                work[0].previous = previous
            previous = work[0] if isinstance(work, tuple) else None
        return [(name, what) for _, name, what in timed]

    def query(self, *tags: Any, **kwtags: Any) -> GraphRewriter:  # type: ignore[override]
        """A rewrite of whole graphs for a `Query`, or for tags ``'+a', '-b', '&c'``."""
        return GraphRewriter(query_of(tags, kwtags))

    def print_summary(self, stream: TextIO | None = None) -> None:
        super().print_summary(stream)
        for phase in PHASES:
            PhaseDatabase(phase.name).print_summary(stream)


def _extra(query: Query) -> list[Entry]:
    """The rewrites that a query brings itself, under tags that it selects."""
    tags = (query.include | query.require) - query.exclude
    return [Entry(str(thing), thing, tags, float(at)) for thing, at in query.extra_optimizations]


def _selects(query: Query, rule: Rule) -> bool:
    """Whether a query selects a rule: by its tags, its name, and the names that Theano has for what it does."""
    names = rule.tags | {rule.name} | NAMED.get(rule.name, frozenset())
    for phase, other in query.subquery.items():
        if phase in rule.tags:
            return other.selects(names)
    return query.selects(names)


def _is_phase(name: object) -> bool:
    return any(name in phase.tags for phase in PHASES)


def _of_phase(name: str) -> str:
    """The tag of rewrites of whole graphs that belong to a phase."""
    return f"in {name}"


class PhaseDatabase(DB):
    """The rewrites of nodes in one phase: a view of the one list of rules."""

    def __init__(self, phase: str) -> None:
        super().__init__()
        self.name = phase

    def register(self, name: str, obj: Any, *tags: str, **kwargs: Any) -> None:
        """Add a rewrite of nodes: it is used where one of `tags`, or `name`, is included.

        A rewrite of whole graphs may be added too: it runs when the rules of the phase are done, and they after it.
        """
        names = frozenset(t for t in tags if isinstance(t, str))
        if isinstance(obj, DB) or (hasattr(obj, "apply") and not hasattr(obj, "transform")):
            phase = next(p for p in PHASES if self.name in p.tags)
            optdb.register(name, obj, phase.position, *names, str(self.name), _of_phase(phase.name))
        else:
            add_rule(as_rule(obj, names | {str(self.name), name}, name))

    def _rule(self, name: str) -> Rule:
        if name not in self:
            raise KeyError(f"{self.name} has no rewrite {name!r}; optdb[{self.name!r}].print_summary() names them")
        return RULES[name]

    def __contains__(self, name: object) -> bool:
        return name in RULES and self.name in RULES[str(name)].tags

    def __getitem__(self, name: str) -> Any:
        """The rewrite that was registered under `name`; a `Rule` of the compiler is one itself."""
        rule = self._rule(name)
        return rule if rule.user is None else rule.user

    def remove(self, name: str) -> None:
        """Take out what was registered under `name`."""
        remove_rule(self._rule(name).name)

    def add_tags(self, name: str, *tags: str) -> None:
        """Give a rewrite more tags."""
        rule = self._rule(name)
        rule.tags |= set(tags)
        Registrations.version += 1

    def remove_tags(self, name: str, *tags: str) -> None:
        """Take tags from a rewrite."""
        rule = self._rule(name)
        rule.tags -= set(tags)
        Registrations.version += 1

    def query(self, *tags: Any, **kwtags: Any) -> Optimizer:
        """A rewrite of whole graphs: the selected rewrites of this phase, until none of them fires."""
        return PhaseRewriter(str(self.name), query_of(tags, kwtags))

    def print_summary(self, stream: TextIO | None = None) -> None:
        out = stream or sys.stdout
        print(f"{type(self).__name__} {self.name}", file=out)
        for rule in RULES.values():
            if self.name in rule.tags:
                print(f"  {rule.name}: {' '.join(sorted(rule.tags))}", file=out)


class GraphRewriter(Optimizer):
    """What a query does, as a rewrite of whole graphs."""

    def __init__(self, query: Query) -> None:
        self.wanted = query

    def __repr__(self) -> str:
        return f"GraphRewriter({self.wanted})"

    def apply(self, fgraph: FunctionGraph) -> Trace:
        """Rewrite `fgraph` in place."""
        return rewrite_graph(fgraph, self.wanted)


class PhaseRewriter(Optimizer):
    """The rules of one phase that a query selects, as a rewrite of whole graphs."""

    def __init__(self, phase: str, query: Query) -> None:
        self.phase, self.wanted = phase, query
        self.name = phase

    def apply(self, fgraph: FunctionGraph) -> Trace:
        """Rewrite `fgraph` in place."""
        trace = Trace()
        chosen = [r for r in RULES.values() if self.phase in r.tags and _selects(self.wanted, r)]
        with inherit_origin(()):
            graph = RewriteGraph(fgraph.inputs, fgraph.outputs)
            run_phase(graph, RuleIndex(chosen), self.phase, trace, on_rule_error)
            fgraph.describe(graph.outputs)
        return trace


optdb = Database()
"""The database of all rewrites."""


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
                run_optimizer(asked(what.thing, query.of(what.name)), fgraph)
                graph = RewriteGraph(fgraph.inputs, fgraph.outputs)
            trace.seconds[name] = trace.seconds.get(name, 0.0) + time.perf_counter() - start
        stage("rewriting: end")
        fgraph.describe(graph.outputs)
    fgraph.rewrite_trace = trace  # type: ignore[attr-defined]
    return trace


def trace(thing: Any) -> Trace:
    """The rules applied to a function graph or in a compiled function.

    Parameters
    ----------
    thing : Function or FunctionGraph
        A compiled function, or a graph that has been rewritten.

    Returns
    -------
    Trace
        The steps in their order, each with its rule; printed, a line for each. Empty if nothing was rewritten.

    Raises
    ------
    TypeError
        It is neither.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> f = theano.function([x], T.log(1 + x))
    >>> "log1p" in str(theano.rewrite.trace(f))
    True
    """
    maker = getattr(thing, "maker", None)
    fgraph = thing if maker is None else maker.fgraph
    if not isinstance(fgraph, FunctionGraph):
        raise TypeError(f"trace takes a compiled function or a function graph, not {thing!r}")
    found = getattr(fgraph, "rewrite_trace", None)
    return found if isinstance(found, Trace) else Trace()
