"""Objects as HTML, for notebooks: a table of what is to be known, and the graph as `theano.d3viz` draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, TypeAlias

import numpy as np

from theano.base.flags import TheanoConfigParser
from theano.compile.executable import Function
from theano.graph import Apply, Constant, FunctionGraph, Variable, graph_inputs, io_toposort
from theano.graph.origin import place_of, resolve_origin
from theano.graph.shown import shown
from theano.rewrite.engine.trace import Trace, snapshot
from theano.show.explanation.infix import infix
from theano.show.graphs.d3viz import framed, graph_page
from theano.show.graphs.graph_data import graph_of
from theano.show.graphs.svg import graph_picture
from theano.show.plans.planned import MemoryPlan

__all__ = ["form_of", "picture_of"]

# Operations of the largest graph that is drawn, rows of the longest table, levels and operands of an expression.
MOST_DRAWN, MOST_ROWS, DEPTH, WIDTH = 300, 200, 6, 6
HEIGHT = 420

# A word and what it says of an object. What is in lines of its own is a text with line breaks.
Facts: TypeAlias = Iterable[tuple[str, str]]


def form_of(thing: Any) -> str:
    """The HTML of a variable, node, graph, function, trace, memory plan, or of the configuration.

    Raises
    ------
    TypeError
        There is no form for such an object.
    """
    for kind, form in _FORMS:
        if isinstance(thing, kind):
            return form(thing)
    raise TypeError(f"there is no form for notebooks of {shown(thing)}")


def picture_of(thing: Any) -> str | None:
    """The SVG of the graph of a variable, node, graph or function; None if nothing is computed, or too much.

    Raises
    ------
    TypeError
        There is no graph.
    """
    inputs, outputs, _, _ = graph_of(thing)
    operations = len(io_toposort(inputs, outputs))
    return graph_picture(thing) if 0 < operations <= MOST_DRAWN else None


def _cell(text: str, tag: str = "td") -> str:
    inner = f"<pre style='margin: 0'>{escape(text)}</pre>" if "\n" in text else escape(text)
    return f"<{tag} style='text-align: left'>{inner}</{tag}>"


def _table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """A table with a row of words above it, or, without, such words at the left."""
    lines = [f"<tr>{''.join(_cell(word, 'th') for word in head)}</tr>"] if head else []
    for k, row in enumerate(rows):
        if k == MOST_ROWS:
            lines.append(f"<tr>{_cell('…')}</tr>")
            break
        cells = [_cell(text, "td" if head or number else "th") for number, text in enumerate(row)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _facts(facts: Facts, title: str) -> str:
    return f"<b>{escape(title)}</b>" + _table([(word, text) for word, text in facts if text])


def _drawn(thing: Any, operations: int) -> str:
    """The graph of something, or how to see one that is too large to be drawn in passing."""
    if operations > MOST_DRAWN:
        return f"<p>{operations:,} operations: theano.d3viz.d3viz(…, 'graph.html') draws them</p>"
    return framed(graph_page(thing), HEIGHT)


def _typed(variables: Iterable[Any]) -> str:
    return ", ".join(f"{shown(v, str)}: {v.type}" if v.name else str(v.type) for v in variables)


def _value(value: Any) -> str:
    """The text of a value, of an array with its shape and only some of its elements."""
    if not isinstance(value, np.ndarray):
        return shown(value)
    with np.printoptions(threshold=50, edgeitems=2):
        text = str(value)
    return text if value.ndim == 0 else f"shape {value.shape}\n{text}"


def _variable(v: Any) -> str:
    has_value = hasattr(v, "get_value")
    kind = "constant" if isinstance(v, Constant) else "shared variable" if has_value else "variable"
    facts = [("type", str(v.type)), ("made at", place_of(v))]
    if v.owner is None:
        if has_value or isinstance(v, Constant):
            facts.append(("value", _value(v.get_value(borrow=True) if has_value else v.data)))
        if getattr(v, "default_update", None) is not None:
            facts.append(("update", _expression(v.default_update)))
        return _facts(facts, f"{kind} {v.name or ''}")
    inputs = graph_inputs([v])
    operations = len(io_toposort(inputs, [v]))
    facts.insert(1, ("expression", _expression(v)))
    facts += [("of", _typed(i for i in inputs if not isinstance(i, Constant))), ("operations", f"{operations:,}")]
    return _facts(facts, f"{kind} {v.name or ''}") + _drawn(v, operations)


def _expression(v: Any) -> str:
    return infix(snapshot(v, DEPTH, WIDTH))


def _apply(node: Apply) -> str:
    facts = [("inputs", _typed(node.inputs)), ("outputs", _typed(node.outputs)), ("made at", place_of(node))]
    operations = len(io_toposort(graph_inputs(node.outputs), node.outputs))
    return _facts(facts, f"node {shown(node.op, str)}") + _drawn(node, operations)


def _graph(graph: FunctionGraph) -> str:
    operations = len(graph.apply_nodes)
    facts = [("inputs", _typed(graph.inputs)), ("outputs", _typed(graph.outputs)), ("operations", f"{operations:,}")]
    return _facts(facts, "function graph") + _drawn(graph, operations)


def _function(f: Any) -> str:
    plan, graph = f.maker.plan, f.maker.fgraph
    shared = [spec.variable for spec in f.maker.inputs if hasattr(spec.variable, "get_value")]
    given = [spec.variable for spec in f.maker.inputs if not hasattr(spec.variable, "get_value")]
    operations = len(graph.apply_nodes)
    facts = [
        ("inputs", _typed(given)),
        ("outputs", _typed(graph.outputs[: plan.n_outputs])),
        ("shared", _typed(shared)),
        ("updates", ", ".join(shown(spec.variable, str) for spec in f.maker.inputs if spec.update is not None)),
        ("operations", f"{operations:,}"),
        ("see also", "theano.explain(f): what became of it, line by line"),
    ]
    return _facts(facts, f"function {f.name or ''}") + _drawn(f, operations)


def _trace(trace: Trace) -> str:
    rows = []
    for step, place in zip(trace.steps[: MOST_ROWS + 1], trace.places, strict=False):
        origin = resolve_origin(place.origin)
        line = f"{origin[-1][0]}:{origin[-1][1]}" if origin else ""
        rows.append((step.phase, step.rule, infix(step.before), infix(step.after), line))
    title = f"<b>{len(trace.steps):,} rewrites</b>"
    return title + _table(rows, ("phase", "rule", "before", "after", "line"))


def _plan(plan: MemoryPlan) -> str:
    names = ("inputs", "shared", "outputs", "arrays", "workspace", "peak")
    facts = [(name, f"{getattr(plan, name):,} bytes") for name in names]
    if plan.unknown:
        facts.append(("unknown", f"{plan.unknown} arrays of sizes known only during the call"))
    return _facts(facts, "memory of a call")


def _configuration(config: TheanoConfigParser) -> str:
    rows = [
        (name, str(value), param.doc + (f" ({', '.join(param.choices)})" if param.choices else ""))
        for name, param, value in config.flags()
    ]
    return "<b>flags</b>" + _table(rows, ("flag", "value", "meaning"))


_FORMS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Variable, _variable),
    (Apply, _apply),
    (FunctionGraph, _graph),
    (Function, _function),
    (Trace, _trace),
    (MemoryPlan, _plan),
    (TheanoConfigParser, _configuration),
)
