"""Scans: what a loop has computed is handed to the loop of its gradient, where computing it again costs more.

The loop of a gradient needs values of the steps forwards. What these computed from states by products is dear: they
put it out as one more output, and the other loop reads it. What is cheap is computed again.
"""

from __future__ import annotations

from typing import Any

from theano.base.record import Record, replace
from theano.graph import Constant
from theano.rewrite.engine.build import dims
from theano.rewrite.engine.forms import entries_of, subtensor
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor, constant_key
from theano.rewrite.loops.batching import REVERSED, distance, reverses
from theano.rewrite.loops.step import Kind, StepGraph, results
from theano.rewrite.rules.indexing import piece_of
from theano.scan.op import Scan
from theano.scan.parts import Loop, OutputArg, SequenceArg
from theano.tensor.elemwise import Elemwise
from theano.tensor.indexing.subtensor import Subtensor
from theano.tensor.linalg.dot import BatchedDot, Dot


class Reading(Record):
    """A sequence as another array: its row `j` is ``base[j]``, or from the end ``base[end - 1 - j]``."""

    base: Tensor
    backwards: bool
    end: Tensor | None


def _reading(graph: RewriteGraph, x: Tensor) -> Reading:
    if not reverses(x):
        return Reading(x, False, None)
    base = x.owner.inputs[0]
    cut = base.owner
    if cut is not None and type(cut.op) is Subtensor and len(cut.op.idx_list) == 1:
        (entry,) = entries_of(cut)
        if isinstance(entry, slice) and entry.start is None and entry.step is None and entry.stop is not None:
            return Reading(cut.inputs[0], True, entry.stop)
    return Reading(base, True, dims(graph, base)[0])


@rule(Scan, phase="saved", name="values_of_earlier_loop")
def values_of_earlier_loop(graph: RewriteGraph, node: Node) -> Result:
    """Products that an earlier loop has computed in its steps from the same rows are kept there, and read here."""
    readings = [_reading(graph, x) for x in node.inputs[1 : 1 + len(node.op.spec.sequences)]]
    sources = dict.fromkeys(
        r.base.owner for r in readings if r.base.owner is not None and type(r.base.owner.op) is Scan
    )  # fmt: skip
    for source in sources:
        if source.op.spec.as_while or source is node:
            continue
        backwards = any(r.backwards and r.base.owner is source for r in readings)
        found = _Match(graph, node, source, readings, backwards).dear()
        if found:
            return _handed_on(graph, node, source, found, backwards)
    return None


class _Match:
    """Which variables of one loop's step are equal to variables of an earlier loop's step."""

    def __init__(self, graph: RewriteGraph, node: Node, source: Node, readings: list[Reading], backwards: bool) -> None:
        self.step = StepGraph(Loop.of(node.op, node.inputs))
        self.earlier = StepGraph(Loop.of(source.op, source.inputs))
        self.source = source
        self.n = source.inputs[0]
        self.twin: dict[Tensor, Any] = {}
        by_outer = {n.outer: n.inner for n in self.earlier.loop.non_sequences}
        for n in self.step.loop.non_sequences:
            if n.outer in by_outer and by_outer[n.outer].type == n.inner.type:
                self.twin[n.inner] = by_outer[n.outer]
        for s, reading in zip(self.step.loop.sequences, readings, strict=True):
            if reading.backwards == backwards:
                self._add_sequence(s, reading)
        self._add_nodes()

    def _add_sequence(self, s: SequenceArg, reading: Reading) -> None:
        """Step `t` of the earlier loop and step ``n - 1 - t`` (or `t`) of this one see the same rows."""
        apart = 0
        if reading.end is not None:
            found = distance(self.n, reading.end)
            if found is None:
                return
            apart = found
        for offset, v in zip(s.offsets, s.inner, strict=True):
            twin = self._row(reading.base, apart - offset if reading.backwards else offset)
            if twin is not None and twin.type == v.type:
                self.twin[v] = twin

    def _row(self, base: Tensor, offset: int) -> Tensor | None:
        """The variable of the earlier loop that is row ``t + offset`` of `base` in its step `t`."""
        loop = self.earlier.loop
        for s in loop.sequences:
            if s.outer is base and offset in s.offsets:
                row: Tensor = s.inner[s.offsets.index(offset)]
                return row
        if base.owner is not self.source:
            return None
        k = base.index
        if k < len(loop.states):
            state = loop.states[k]
            if state.keep is not None:
                return None
            if offset == state.rows:
                value: Tensor = state.value
                return value
            tap = offset - state.rows
            return state.inner[state.taps.index(tap)] if tap in state.taps else None
        k -= len(loop.states)
        if k < len(loop.outputs) and loop.outputs[k].keep is None and offset == 0:
            value = loop.outputs[k].value
            return value
        return None

    def _add_nodes(self) -> None:
        table = {(n.op, *map(self._key, n.inputs)): n for n in self.earlier.order if not n.op.has_effects}
        for node in self.step.order:
            keys = [self._key(self.twin.get(v, v)) if v in self.twin or isinstance(v, Constant) else None
                    for v in node.inputs]  # fmt: skip
            if any(k is None for k in keys):
                continue
            twin = table.get((node.op, *keys))
            if twin is not None:
                for v, w in zip(node.outputs, twin.outputs, strict=True):
                    self.twin.setdefault(v, w)

    @staticmethod
    def _key(v: Tensor) -> Any:
        return constant_key(v) if isinstance(v, Constant) else v

    def dear(self) -> dict[Tensor, Tensor]:
        """Values to be read instead of computed, and what they are in the earlier loop."""
        found: dict[Tensor, Tensor] = {}
        for v, twin in self.twin.items():
            if not _is_product(twin) or self.earlier.kind(twin) != Kind.STATE:
                continue
            for top in map(self._highest, self._pieces(v)):
                if top is not v or v.owner is not None:
                    found[top] = self.twin[top]
        return found

    def _pieces(self, v: Tensor) -> list[Tensor]:
        """The slices of `v` (of the gates, say) that both loops take, if nobody reads more; else `v`."""
        readers = self.step.readers.get(v, [])
        cuts = [r for r in readers if type(r.op) is Subtensor and r.inputs[0] is v and piece_of(entries_of(r))]
        if v in self.step.loop.inner_outputs() or len(cuts) < len(readers):
            return [v]
        pieces: list[Tensor] = [r.outputs[0] for r in cuts]
        return pieces if pieces and all(p in self.twin for p in pieces) else [v]

    def _highest(self, v: Tensor) -> Tensor:
        """What is made of `v` alone by point-wise work, as far up as both loops compute it."""
        outputs = set(self.step.loop.inner_outputs())
        while v not in outputs:
            readers = self.step.readers.get(v, [])
            if len(readers) != 1 or type(readers[0].op) is not Elemwise:
                break
            above = readers[0].outputs[0]
            if above not in self.twin or above.type.ndim != v.type.ndim:
                break
            v = above
        return v


def _is_product(v: Tensor) -> bool:
    node: Node = v.owner
    return node is not None and type(node.op) in (Dot, BatchedDot) and not node.inputs[0].type.broadcastable[-1]


def _handed_on(graph: RewriteGraph, node: Node, source: Node, found: dict[Tensor, Tensor], backwards: bool) -> Result:
    loop = Loop.of(source.op, source.inputs)
    count = len(loop.outputs)
    more = list(dict.fromkeys(found.values()))
    made = replace(loop, outputs=[*loop.outputs, *(OutputArg(v) for v in more)]).apply()
    rows = dict(zip(more, made.outputs[count:], strict=True))
    for old, new in zip(list(source.outputs), [*made.states, *made.outputs[:count], *made.shared], strict=True):
        graph.replace(old, new)
    later = Loop.of(node.op, node.inputs)
    for v, twin in found.items():
        x = graph.find(rows[twin])
        later.sequences.append(SequenceArg(subtensor(x, [REVERSED]) if backwards else x, [0], [v]))
    return results(later)
