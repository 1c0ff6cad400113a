"""What a scan computed at each of its steps, as sequences of another scan that needs these values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Constant, io_toposort
from theano.scan.parts import Loop, OutputArg, SequenceArg
from theano.tensor.type import TensorType


def _keeps_part(loop: Loop) -> bool:
    return any(s.keep is not None for s in loop.states) or any(o.keep is not None for o in loop.outputs)


class History:
    """The steps of a node that was run.

    Parameters
    ----------
    op, inputs, outputs
        The node. If it keeps only some of its rows, one that keeps them all takes its place.

    Attributes
    ----------
    loop
        Parts of the node.
    steps
        Number of steps that were made.
    """

    def __init__(self, op: Any, inputs: Sequence[Any], outputs: Sequence[Any] | None = None) -> None:
        self.loop = Loop.of(op, inputs)
        loop = self.loop
        n_states, n_out = len(loop.states), len(loop.states) + len(loop.outputs)
        if outputs is None or _keeps_part(loop):
            made = loop.keeping_all().apply()
            outputs = [*made.states, *made.outputs]
        self.states = list(outputs[:n_states])
        self.outputs = list(outputs[n_states:n_out])
        self.steps = loop.n_steps
        if loop.condition is not None and n_out:
            rows = loop.states[0].rows if loop.states else 0
            self.steps = outputs[0].shape[0] - rows

    def sequences(self, values: Sequence[Any], backwards: bool) -> list[SequenceArg]:
        """Sequences that give the inner variables which `values` are computed from, in order or backwards.

        Inner variables stand for themselves. The outputs of the steps are at hand too, so that what they are
        computed from is not computed again.
        """
        loop = self.loop
        found = [SequenceArg(s.outer, list(s.offsets), list(s.inner)) for s in loop.sequences]
        given = set(loop.inner_inputs())
        for state, buffer in zip(loop.states, self.states, strict=True):
            offsets = [state.rows + tap for tap in state.taps]
            found.append(SequenceArg(buffer, offsets, list(state.inner)))
            self._add_value(found[-1], state.value, state.rows, given)
        for output, rows in zip(loop.outputs, self.outputs, strict=True):
            found.append(SequenceArg(rows, [], []))
            self._add_value(found[-1], output.value, 0, given)
        found += self._saved(values, given)
        return [self.backwards(s) if backwards else s for s in found if s.inner]

    @staticmethod
    def _add_value(sequence: SequenceArg, value: Any, offset: int, given: set[Any]) -> None:
        if value not in given and not isinstance(value, Constant):
            given.add(value)
            sequence.offsets.append(offset)
            sequence.inner.append(value)

    def backwards(self, s: SequenceArg) -> SequenceArg:
        """The sequence for steps that run from the last to the first."""
        top = max(s.offsets)
        end = self.steps + top if top else self.steps
        return SequenceArg(s.outer[:end][::-1], [top - o for o in s.offsets], s.inner)

    def _saved(self, values: Sequence[Any], given: set[Any]) -> list[SequenceArg]:
        """What `values` need of objects that change from step to step, such as draws from random states.

        Nobody has kept these objects, so the loop runs once more and keeps the arrays made with them.
        """
        loop = self.loop
        changing = {s.inner for s in loop.shared}
        if not changing:
            return []
        draws: list[Any] = []
        for node in io_toposort(given - changing, values):
            if changing.intersection(node.inputs):
                for v in node.outputs:
                    if isinstance(v.type, TensorType):
                        draws.append(v)
                    else:
                        changing.add(v)
        if not draws:
            return []
        again = loop.keeping_all()
        again.outputs = [*again.outputs, *(OutputArg(v) for v in draws)]
        rows = again.apply().outputs[len(loop.outputs) :]
        return [SequenceArg(r, [0], [v]) for r, v in zip(rows, draws, strict=True)]
