"""Scans over the same steps become one loop."""

from __future__ import annotations

from theano.base.record import replace
from theano.graph import Constant, clone_replace
from theano.rewrite.engine.build import is_tensor
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor, reaches
from theano.rewrite.loops.steps import with_step
from theano.scan.op import Scan
from theano.scan.parts import Loop, NonSequenceArg, SequenceArg

# Loops with more outputs than this are not worth looking at together.
LIMIT = 64


@rule(Scan, phase="saved", tags=("loops",), name="loops_over_same_steps")
def loops_over_same_steps(graph: RewriteGraph, node: Node) -> Result:
    """Two loops of as many steps that read a common array are one, if neither needs the other.

    Arrays are read once, and what both compute is computed once. Loops that have nothing in common stay apart: each
    may have a form that is better alone.
    """
    if node.op.spec.as_while:
        return None
    n = node.inputs[0]
    mine = _arrays(node)
    for other in list(graph.users.get(n, ())):
        if other is node or type(other.op) is not Scan or other.inputs[0] is not n or other.op.spec.as_while:
            continue
        if len(node.outputs) + len(other.outputs) > LIMIT:
            continue
        if other.op.mode != node.op.mode or mine.isdisjoint(_arrays(other)):
            continue
        if reaches(graph, node, other) or reaches(graph, other, node):
            continue
        return _merged(graph, node, other)
    return None


def _arrays(node: Node) -> set[Tensor]:
    """The inputs of a loop that are worth reading once."""
    return {v for v in node.inputs[1:] if not isinstance(v, Constant) and is_tensor(v) and v.type.ndim}


def _merged(graph: RewriteGraph, node: Node, other: Node) -> Result:
    """The outputs of `node` from one loop that has also those of `other`, which are replaced at once."""
    first, second = Loop.of(node.op, node.inputs), _renamed(Loop.of(other.op, other.inputs))
    both = replace(
        first,
        sequences=[*first.sequences, *second.sequences],
        states=[*first.states, *second.states],
        outputs=[*first.outputs, *second.outputs],
        shared=[*first.shared, *second.shared],
        non_sequences=[*first.non_sequences, *second.non_sequences],
        truncate_gradient=-1,
    )
    made = both.apply()
    parts = ((made.states, len(first.states)), (made.outputs, len(first.outputs)), (made.shared, len(first.shared)))
    theirs = [v for rows, k in parts for v in rows[k:]]
    for old, new in zip(list(other.outputs), theirs, strict=True):
        graph.replace(old, new)
    return [graph.find(v) for rows, k in parts for v in rows[:k]]


def _renamed(loop: Loop) -> Loop:
    """The same loop with inner variables of its own (the two may be of one op)."""
    fresh = {v: v.type() for v in loop.inner_inputs()}
    for old, new in fresh.items():
        new.name = old.name
    loop = with_step(loop, clone_replace(loop.inner_outputs(), fresh))
    return replace(
        loop,
        sequences=[SequenceArg(s.outer, s.offsets, [fresh[v] for v in s.inner]) for s in loop.sequences],
        states=[replace(s, inner=[fresh[v] for v in s.inner]) for s in loop.states],
        shared=[replace(s, inner=fresh[s.inner]) for s in loop.shared],
        non_sequences=[NonSequenceArg(s.outer, fresh[s.inner]) for s in loop.non_sequences],
    )
