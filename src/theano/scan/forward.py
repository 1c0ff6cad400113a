"""Directional derivatives of a scan: a scan of the inner graph's directional derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.base.record import replace
from theano.gradient.forward import Rop
from theano.graph.null_type import DisconnectedType
from theano.scalar.dtypes import DISCRETE
from theano.scan.buffer import initial_rows
from theano.scan.connection import closure
from theano.scan.history import History
from theano.scan.parts import Loop, NonSequenceArg, OutputArg, SequenceArg, StateArg
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.making.alloc import zeros_like
from theano.tensor.opsupport import new_tensor
from theano.tensor.pointwise.math import cast


def directional_derivatives(op: Any, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
    """The derivatives of the outputs; None for those that do not change."""
    points = [None if _missing(p) else p for p in eval_points]
    n_out = len(op.spec.states) + len(op.spec.outputs)
    nothing: list[Any] = [None] * (n_out + op.spec.n_shared)
    if all(p is None for p in points):
        return nothing
    return _Forward(op, inputs, points).derivatives() + [None] * op.spec.n_shared


def _missing(point: Any) -> bool:
    return point is None or isinstance(point.type, DisconnectedType)


class _Forward:
    def __init__(self, op: Any, inputs: Sequence[Any], points: Sequence[Any]) -> None:
        self.op = op
        self.loop = Loop.of(op, inputs)
        given = iter(points)
        next(given)
        self.sequence_points = [next(given) for _ in self.loop.sequences]
        self.state_points = [next(given) for _ in self.loop.states]
        for _ in self.loop.shared:
            next(given)
        self.constant_points = list(given)
        self.history = History(op, inputs)

    def derivatives(self) -> list[Any]:
        loop = self.loop
        moving = self._moving_states()
        tangents: dict[Any, Any] = {}
        sequences = []
        for s, p in zip(loop.sequences, self.sequence_points, strict=True):
            if p is not None:
                sequences.append(SequenceArg(p, list(s.offsets), _twins(s.inner, tangents, p.type.dtype)))
        constants = [NonSequenceArg(n.outer, n.inner) for n in loop.non_sequences]
        for n, p in zip(loop.non_sequences, self.constant_points, strict=True):
            if p is not None:
                (twin,) = _twins([n.inner], tangents, p.type.dtype)
                constants.append(NonSequenceArg(p, twin))
        states: dict[int, StateArg] = {}
        for k in sorted(moving):
            old, p = loop.states[k], self.state_points[k]
            before = initial_rows(old)
            initial = zeros_like(before) if p is None else _fit(initial_rows(replace(old, initial=p)), before)
            inner = _twins(old.inner, tangents, old.initial.type.dtype)
            states[k] = StateArg(initial, list(old.taps), inner, None, old.rows, old.keep)
        outputs: dict[int, OutputArg] = {}
        values = [*(s.value for s in loop.states), *(o.value for o in loop.outputs)]
        answers = Rop(
            values, list(tangents), list(tangents.values()), disconnected_outputs="ignore",
            return_disconnected="None",
        )  # fmt: skip
        for o, (value, answer) in enumerate(zip(values, answers, strict=True)):
            if o in states:
                states[o].value = zeros_like(value) if answer is None else _fit(answer, value)
            elif o >= len(loop.states) and answer is not None:
                outputs[o] = OutputArg(_fit(answer, value), loop.outputs[o - len(loop.states)].keep)
        return self._run(sequences, states, outputs, constants)

    def _moving_states(self) -> set[int]:
        """States that change if the inputs with a direction do."""
        loop, pattern = self.loop, self.op.inner_pattern()
        position = {v: k for k, v in enumerate(self.op.inner_inputs)}
        smooth = {k for k, s in enumerate(loop.states) if s.initial.type.dtype not in DISCRETE}

        def leads_to(variables: Sequence[Any]) -> set[int]:
            return {k for v in variables for k in smooth if pattern[position[v]][k]}

        start = {k for k, p in enumerate(self.state_points) if p is not None} & smooth
        for s, p in zip(loop.sequences, self.sequence_points, strict=True):
            start |= leads_to(s.inner) if p is not None else set()
        for n, p in zip(loop.non_sequences, self.constant_points, strict=True):
            start |= leads_to([n.inner]) if p is not None else set()
        return closure(start, [leads_to(s.inner) for s in loop.states])

    def _run(
        self,
        sequences: list[SequenceArg],
        states: dict[int, StateArg],
        outputs: dict[int, OutputArg],
        constants: list[NonSequenceArg],
    ) -> list[Any]:
        loop = self.loop
        result: list[Any] = [None] * (len(loop.states) + len(loop.outputs))
        if not states and not outputs:
            return result
        values = [*(s.value for s in states.values()), *(o.value for o in outputs.values())]
        made = Loop(
            self.history.steps,
            sequences=[*self.history.sequences(values, backwards=False), *sequences],
            states=list(states.values()),
            outputs=list(outputs.values()),
            non_sequences=constants,
            name=f"rop_of_{loop.name or 'scan_fn'}",
            mode=loop.mode,
            profile=loop.profile,
            allow_gc=loop.allow_gc,
        ).apply()
        for o, v in zip((*states, *outputs), (*made.states, *made.outputs), strict=True):
            result[o] = v
        return result


def _twins(variables: Sequence[Any], tangents: dict[Any, Any], dtype: str) -> list[Any]:
    """Inner variables for the directions of `variables`."""
    twins = [new_tensor(dtype, v.type.shape) for v in variables]
    tangents.update(zip(variables, twins, strict=True))
    return twins


def _fit(t: Any, x: Any) -> Any:
    """The direction `t` with the dtype and pattern of `x`."""
    if t.type.dtype != x.type.dtype and x.type.dtype not in DISCRETE:
        t = cast(t, x.type.dtype)
    return t if t.type.broadcastable == x.type.broadcastable else patternbroadcast(t, x.type.broadcastable)
