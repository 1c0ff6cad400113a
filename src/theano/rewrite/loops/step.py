"""What the values of a step depend on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

from theano.graph import Op, io_toposort
from theano.rewrite.engine.build import number
from theano.rewrite.engine.forms import entries_of
from theano.rewrite.engine.table import Node, Tensor
from theano.scalar.dtypes import DISCRETE
from theano.scan.parts import Loop
from theano.tensor.elemwise import Elemwise
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor


def results(loop: Loop) -> list[Tensor]:
    """The outputs of a new node for `loop`."""
    made = loop.apply()
    return [*made.states, *made.outputs, *made.shared]


class Kind(IntEnum):
    """What an inner variable changes with."""

    FIXED = 0  # the same in all steps
    SEQUENCE = 1  # known for all steps before the loop
    STATE = 2  # depends on the steps before


class StepGraph:
    """The graph of a step: its nodes in order, the readers of each variable, and what each changes with."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        steps = number(loop.n_steps)
        self.certain = steps is not None and steps > 0  # that there is a step
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

    def needed_for(self, values: Iterable[Tensor]) -> dict[Node, None]:
        """The nodes that `values` are computed by, in order: no set, whose order depends on addresses."""
        return dict.fromkeys(io_toposort(self.loop.inner_inputs(), list(values)))

    def may_leave(self, v: Tensor) -> bool:
        """Whether what is the same in all steps among the work for `v` may be done although there may be no step."""
        return all(
            may_run(n, self.certain) for n in self.needed_for([v]) if all(self.kind(i) == Kind.FIXED for i in n.inputs)
        )

    def recurrent(self) -> dict[Node, None]:
        """The nodes that the next step, or the end of the loop, depends on."""
        loop = self.loop
        values = [*(s.value for s in loop.states), *(s.value for s in loop.shared)]
        return self.needed_for([*values, *([] if loop.condition is None else [loop.condition])])


def may_run(node: Node, certain: bool) -> bool:
    """Whether a node of a step that reads nothing but what is the same in all steps may run outside of the loop.

    `certain` tells that there is at least one step; else no step may be made, and then the node must not fail. What has
    effects has them in each step.
    """
    op: Any = node.op
    if op.has_effects:
        return False
    if certain:
        pure = type(op).__module__.startswith("theano.tensor.") and not op.destroy_map
        return pure or type(op).decompose is not Op.decompose
    if type(op) is Elemwise:
        return not op.scalar_op.checks_zero_divisor or node.outputs[0].type.dtype not in DISCRETE
    if type(op) in (Subtensor, IncSubtensor):  # places that are written down are no accident
        places = entries_of(node, 1 if type(op) is Subtensor else 2)
        return all(isinstance(e, slice) or number(e) is not None for e in places)
    return bool(op.never_fails)
