"""Scans: what is the same in all steps is computed once, before the loop."""

from __future__ import annotations

from theano.graph import Constant
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.loops.batching import Batch
from theano.rewrite.loops.step import Kind, StepGraph, may_run, results
from theano.scan.op import Scan
from theano.scan.parts import Loop, NonSequenceArg
from theano.tensor.indexing.subtensor import Subtensor


@rule(Scan, phase="loops", name="invariants_of_scan")
def invariants_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """Work on what is the same in all steps is done before the loop, unless it could fail and there is no step."""
    loop = Loop.of(node.op, node.inputs)
    if not loop.non_sequences:
        return None
    step = StepGraph(loop)
    movable: dict[Tensor, bool] = {}
    for inner in step.order:
        fixed = all(step.kind(v) == Kind.FIXED for v in inner.inputs)
        moves = fixed and may_run(inner, step.certain) and all(movable.get(v, True) for v in inner.inputs)
        movable.update(dict.fromkeys(inner.outputs, moves))
    found = _worth_moving(step, movable)
    if not found:
        return None
    batch = Batch(graph, loop)
    for v in found:
        rows = batch.of(v)
        assert rows is not None and not rows.varying
        loop.non_sequences.append(NonSequenceArg(rows.rows, v))
    return results(loop)


def _worth_moving(step: StepGraph, movable: dict[Tensor, bool]) -> list[Tensor]:
    """The values to hand over to the loop: what it reads of the work that moves, without what costs nothing."""
    read = dict.fromkeys(step.loop.inner_outputs())
    for inner in step.order:
        if not movable[inner.outputs[0]]:
            read.update(dict.fromkeys(inner.inputs))
    todo = [v for v in read if movable.get(v)]
    found: dict[Tensor, None] = {}
    while todo:
        v = todo.pop()
        node = v.owner
        if node is None or isinstance(v, Constant) or v in found or not movable.get(v):
            continue
        if node.op.costs_nothing or type(node.op) is Subtensor:
            todo += node.inputs
        else:
            found[v] = None
    return list(found)
