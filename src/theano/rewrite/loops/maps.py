"""Scans: what does not depend on the steps before is computed for all steps at once, outside of the loop."""

from __future__ import annotations

from typing import Any

from theano.base.record import replace
from theano.rewrite.engine.build import index, number
from theano.rewrite.engine.forms import subtensor
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.loops import batched_linalg, batched_ops  # they fill the table of batched ops
from theano.rewrite.loops.batching import REVERSED, Batch, reads_backwards
from theano.rewrite.loops.step import Kind, StepGraph, results
from theano.rewrite.rules.shaping import nonnegative
from theano.scan.count import StepCount
from theano.scan.op import Scan
from theano.scan.parts import Loop, SequenceArg
from theano.tensor.linalg.dot import Dot

TABLE = (batched_ops, batched_linalg)


def splittable(loop: Loop) -> bool:
    """Whether the number of steps of a loop is known before; that it is no error is made sure."""
    if loop.condition is not None:
        return False
    if not nonnegative(loop.n_steps):
        loop.n_steps = StepCount()(loop.n_steps)
    return True


def last_rows(rows: Tensor, keep: int | None) -> Tensor:
    """The rows that an output keeps."""
    return rows if keep is None else subtensor(rows, [slice(index(-keep), None, None)])


@rule(Scan, phase="loops", name="outputs_without_recurrence")
def outputs_without_recurrence(graph: RewriteGraph, node: Node) -> Result:
    """Outputs that depend on no step before are whole-array operations; a loop of nothing else is none."""
    loop = Loop.of(node.op, node.inputs)
    if not loop.outputs or not splittable(loop):
        return None
    step = StepGraph(loop)
    answers: list[Tensor | None] = [None] * len(loop.outputs)
    for k, output in enumerate(loop.outputs):
        if step.kind(output.value) != Kind.STATE:
            rows = before_loop(graph, step, output.value)
            answers[k] = None if rows is None else last_rows(rows, output.keep)
    if all(a is None for a in answers):
        return None
    left = [o for o, a in zip(loop.outputs, answers, strict=True) if a is None]
    n = len(loop.states)
    if not left and not loop.states and not loop.shared:
        return answers
    made = replace(loop, outputs=left).apply()
    rest = iter(made.outputs)
    outputs = [next(rest) if a is None else a for a in answers]
    assert len(made.states) == n
    return [*made.states, *outputs, *made.shared]


def before_loop(graph: RewriteGraph, step: StepGraph, value: Tensor) -> Tensor | None:
    """The rows of `value`, which depends on no step before; None if some op has no form for all steps."""
    loop = step.loop
    backwards = reads_backwards(loop, _read(step, value))
    rows = Batch(graph, loop, backwards=backwards).stacked(value)
    if rows is None:
        return None
    return subtensor(rows, [REVERSED]) if backwards else rows


def _read(step: StepGraph, value: Tensor) -> list[Tensor]:
    """The inner variables that `value` is computed from."""
    nodes = step.needed_for([value])
    return [value, *(v for node in nodes for v in node.inputs)]


@rule(Scan, phase="loops", name="products_before_loop")
def products_before_loop(graph: RewriteGraph, node: Node) -> Result:
    """``dot(x[t], W) -> dot(x, W)[t]``: products with one matrix in all steps are one, before the loop."""
    loop = Loop.of(node.op, node.inputs)
    if not splittable(loop) or number(loop.n_steps) == 1:
        return None
    step = StepGraph(loop)
    found = []
    for product in step.order:
        if type(product.op) is not Dot or step.kind(product.outputs[0]) != Kind.SEQUENCE:
            continue
        if Kind.FIXED not in map(step.kind, product.inputs) or _is_outer(product):
            continue
        rows = before_loop(graph, step, product.outputs[0])
        if rows is not None:
            found.append(SequenceArg(rows, [0], [product.outputs[0]]))
    if not found:
        return None
    loop.sequences = [*loop.sequences, *found]
    return results(loop)


def _is_outer(product: Node) -> bool:
    """Whether a product is one over an axis of length 1: as cheap as any point-wise work."""
    a: Any = product.inputs[0]
    return bool(a.type.broadcastable[-1])
