"""What the values of a step depend on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from theano.graph import io_toposort
from theano.rewrite.table import Node, Tensor
from theano.scan.parts import Loop


class Kind(IntEnum):
    """What an inner variable changes with."""

    FIXED = 0  # the same in all steps
    SEQUENCE = 1  # known for all steps before the loop
    STATE = 2  # depends on the steps before


class Step:
    """The graph of a step: its nodes in order, the readers of each variable, and what each changes with."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.order: list[Node] = list(io_toposort(loop.inner_inputs(), loop.inner_outputs()))
        self.readers: dict[Tensor, list[Node]] = {}
        self.kinds: dict[Tensor, Kind] = {}
        for s in loop.sequences:
            self.kinds.update(dict.fromkeys(s.inner, Kind.SEQUENCE))
        for state in loop.states:
            self.kinds.update(dict.fromkeys(state.inner, Kind.STATE))
        self.kinds.update((s.inner, Kind.STATE) for s in loop.shared)
        for node in self.order:
            for v in dict.fromkeys(node.inputs):
                self.readers.setdefault(v, []).append(node)
            kind = max((self.kind(v) for v in node.inputs), default=Kind.FIXED)
            self.kinds.update((v, kind) for v in node.outputs if v not in self.kinds)

    def kind(self, v: Tensor) -> Kind:
        """What `v` changes with."""
        return self.kinds.get(v, Kind.FIXED)

    def needed_for(self, values: Iterable[Tensor]) -> set[Node]:
        """The nodes that `values` are computed by."""
        return set(io_toposort(self.loop.inner_inputs(), list(values)))

    def recurrent(self) -> set[Node]:
        """The nodes that the next step, or the end of the loop, depends on."""
        loop = self.loop
        values = [*(s.value for s in loop.states), *(s.value for s in loop.shared)]
        return self.needed_for([*values, *([] if loop.condition is None else [loop.condition])])


def others(items: Sequence[object], left_out: Iterable[object]) -> list[object]:
    """`items` without some of them, by identity."""
    gone = {id(item) for item in left_out}
    return [item for item in items if id(item) not in gone]
