"""The engine: takes nodes from the work list and lets the indexed rules of a phase try them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from heapq import heappop
from typing import Any, NamedTuple

from theano.base.progress import still_here
from theano.graph import Apply, Variable
from theano.rewrite.engine.algebra import PRODUCT_OPS, opened, root_product, root_sum
from theano.rewrite.engine.build import Maker
from theano.rewrite.engine.match import maker_below, makers
from theano.rewrite.engine.rule import Rule, RuleIndex
from theano.rewrite.engine.table import RewriteError, RewriteGraph, Tensor, same_type
from theano.rewrite.engine.trace import Trace
from theano.rewrite.engine.watched import WatchedGraph
from theano.tensor.pointwise.math import cast
from theano.tensor.type import TensorType

# Applications allowed in one phase: so many per node, and some for small graphs.
BUDGET_PER_NODE = 20
BUDGET_BASE = 200
# After so many nodes it is time to look at the clock.
LOOK = 64
# How many of the last applications a report about a cycle names.
CYCLE_WINDOW = 24


ErrorHandler = Callable[[Exception, Rule, Apply], Any]


class PhaseRun(NamedTuple):
    """What `run_phase` was called with: rules run inner graphs through the same phase (`run_inner`)."""

    rules: RuleIndex
    name: str
    trace: Trace
    on_error: ErrorHandler | None
    first: RuleIndex | None
    inner: dict[Any, Any]  # for rules: what became of an inner graph in this phase, at any depth


class RewriteCycle(RewriteError):
    """Rules keep undoing each other; the message names them."""


def fit(old: Tensor, new: Tensor) -> Tensor | None:
    """`new` in the dtype of `old`; None if it has another broadcastable pattern or kind."""
    if same_type(old, new):
        return new
    a, b = old.type, new.type
    if not (isinstance(a, TensorType) and isinstance(b, TensorType)) or a.broadcastable != b.broadcastable:
        return None
    if b.dtype.startswith("complex") and not a.dtype.startswith("complex"):
        return None
    return cast(new, a.dtype)


def run_phase(
    graph: Any,
    index: RuleIndex,
    phase: str,
    trace: Trace,
    on_error: ErrorHandler | None = None,
    first: RuleIndex | None = None,
    inner: dict[Any, Any] | None = None,
) -> int:
    """Apply the rules of `index` until none fires; returns the number of applications.

    `graph` is a `RewriteGraph`, or a `WatchedGraph` with rules of users. `first`, if given, holds the rules that have
    not had their fixed point on this graph yet: only these look at nodes that have not changed. `inner` is what the run
    on the graph around this one knows of inner graphs.

    Raises
    ------
    RewriteCycle
        When rules undo each other, unless `on_error` takes it.
    """
    fresh = index if first is None else first
    if not may_fire(graph, fresh):
        return 0
    run = graph.phase = PhaseRun(index, phase, trace, on_error, first, {} if inner is None else inner)
    graph.queue_all(fresh.lookup)
    heap, queued, changed = graph.heap, graph.queued, graph.changed
    budget = BUDGET_BASE + BUDGET_PER_NODE * len(graph.rank)
    fired = looked = 0
    while heap:
        node = heappop(heap)[2]
        looked += 1
        if not looked % LOOK:
            still_here()
        queued.discard(node)
        if node not in graph.rank:
            continue
        rules = (index if node in changed else fresh).lookup(node.op)
        if not rules:
            continue
        changed.discard(node)
        rule = first_to_fire(graph, node, rules, run)
        if rule is None:
            continue
        fired += 1
        if fired > budget:
            cycle = _cycle(phase, trace, budget)
            if on_error is None:
                raise cycle
            on_error(cycle, rule, node)
            heap.clear()  # the graph is right as it is
            queued.clear()
            break
        if node in graph.rank:  # other outputs of the node, or a rule that kept it
            graph.queue(node)
    return fired


def first_to_fire(graph: Any, node: Apply, rules: Sequence[Rule], run: PhaseRun) -> Rule | None:
    """The first of `rules` that changes something at `node`, once it has; None if none does."""
    children: set[Maker] | None = None
    of_sum: frozenset[Maker] | None = None
    of_product: frozenset[Maker] | None = None
    for rule in rules:
        if rule.children:
            if children is None:
                children = set(map(maker_below, node.inputs))
            if rule.children.isdisjoint(children):
                continue
        if rule.view is not None:
            if rule.view == "sum":
                parts = of_sum = part_makers(graph, node, "sum") if of_sum is None else of_sum
            else:
                parts = of_product = part_makers(graph, node, "product") if of_product is None else of_product
            if not rule.parts <= parts or NO_ROOT in parts or rule.some and rule.some.isdisjoint(parts):
                continue
        try:
            result = rule.function(graph, node)
        except Exception as error:
            if run.on_error is None:
                raise
            run.on_error(error, rule, node)
            continue
        if result is not None and result is not False and _apply(graph, node, result, rule, run):
            return rule
    return None


def may_fire(graph: Any, index: RuleIndex) -> bool:
    """Whether rules of `index` could look at a graph; else its phase is skipped."""
    classes = graph.op_classes()
    return graph.has_op(lambda op: any(not (r.beside and r.beside.isdisjoint(classes)) for r in index.lookup(op)))


def run_inner(graph: RewriteGraph, inner: RewriteGraph, settled: bool) -> int:
    """Let `inner` go through the phase that runs on `graph`; returns the number of applications.

    `settled` tells that it has been through the phase before.
    """
    run: PhaseRun = graph.phase
    return run_phase(inner, run.rules, run.name, run.trace, run.on_error, run.first if settled else None, run.inner)


# Stands for the makers of the parts of a node that is no root of a sum (product).
NO_ROOT = "no root"
_NO_ROOT = frozenset({NO_ROOT})


def part_makers(graph: RewriteGraph, node: Apply, view: str) -> frozenset[Maker]:
    """What makes the terms (factors) of the sum (product) at `node`."""
    if view == "sum":
        total = root_sum(graph, node)
        return _NO_ROOT if total is None else makers(total)
    product = root_product(graph, node)
    if product is None:
        return _NO_ROOT
    found = makers(product)
    if not PRODUCT_OPS.isdisjoint(found):
        wide = opened(graph, product, node.outputs[0])
        if wide is not None:
            found |= makers(wide)
    return found


def _apply(graph: Any, node: Apply, result: Any, rule: Rule, run: PhaseRun) -> bool:
    """Put the result of a rule in place; whether anything changed."""
    if isinstance(graph, WatchedGraph):
        return _apply_together(graph, node, result, rule, run)
    trace = run.trace
    changed = False
    for old, new in _replacements(node, result, rule):
        fitted = _fitted(graph, old, new)
        if fitted is None:
            continue
        text_from = len(trace.steps)
        trace.add(run.name, rule.name, old, fitted)
        try:
            if graph.replace(old, fitted):
                changed = True
            else:
                trace.forget(text_from)
        except RewriteError as error:
            raise RewriteError(f"rule {rule.name}: {error}") from error
    return changed


def _apply_together(graph: WatchedGraph, node: Apply, result: Any, rule: Rule, run: PhaseRun) -> bool:
    """`_apply` where features may object: all replacements of a result or none."""
    made = [(old, _fitted(graph, old, new)) for old, new in _replacements(node, result, rule)]
    pairs = [(old, new) for old, new in made if new is not None]
    if not pairs:
        return False
    text_from = len(run.trace.steps)
    for old, new in pairs:
        run.trace.add(run.name, rule.name, old, new)
    done = graph.replace_together(node, pairs, result.get("remove") if isinstance(result, dict) else None, rule.name)
    if not done:
        run.trace.forget(text_from)
    return done


def _fitted(graph: Any, old: Tensor, new: Tensor | None) -> Tensor | None:
    """`new` in the dtype, and with the name, of `old`; None if there is nothing to do or it cannot stand for `old`."""
    if new is None or new is old:
        return None
    fitted = fit(old, new)
    if fitted is None or graph.find(old) is not old or old.owner not in graph.rank:
        return None
    if old.name is not None and fitted.name is None and fitted.owner is not None and fitted.owner not in graph.rank:
        fitted.name = old.name
    return fitted


def _replacements(node: Apply, result: Any, rule: Rule) -> list[tuple[Tensor, Tensor | None]]:
    """What `result` of a rule puts in the place of what; a dict tells of any variables of the graph."""
    if isinstance(result, dict):
        return [(old, new) for old, new in result.items() if not isinstance(old, str)]
    results = [result] if isinstance(result, Variable) else list(result)
    if len(results) != len(node.outputs):
        raise RewriteError(
            f"rule {rule.name} returned {len(results)} variables for the {len(node.outputs)} outputs of {node}"
        )
    return list(zip(list(node.outputs), results, strict=True))


def _cycle(phase: str, trace: Trace, budget: int) -> RewriteCycle:
    last = trace.steps[-CYCLE_WINDOW:]
    names = ", ".join(
        f"{name} ({n} of the last {len(last)})" for name, n in Counter(s.rule for s in last).most_common()
    )
    steps = "\n".join(f"  {step}" for step in last[-6:])
    return RewriteCycle(
        f"phase {phase} did not come to an end after {budget} applications. "
        f"These rules undo each other: {names}. The last steps:\n{steps}"
    )
