"""The gradient of a scan: a scan over the steps backwards.

Step `t` computes new values ``v_o`` (of states and outputs) from inner inputs ``u``. If ``g_o`` is the
gradient of the cost with respect to ``v_o``, that with respect to ``u`` is the ordinary gradient of the inner
graph with ``known_grads = {v_o: g_o}``. It goes

- for an element of a sequence to the element of the sequence's gradient: an output of the backward scan;
- for a non-sequence into a sum over all steps: a state of the backward scan, ``a = a + c``;
- for a state with the tap ``-k``, to the value made `k` steps before. Steps run backwards, so that is `k`
  steps later: the contributions are themselves a state, read with the same tap ``-k``.

Hence ``g_o`` is what comes from outside plus the contributions of each tap, and the backward scan has the
same kinds of parts as any scan: it can be differentiated in its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.base.flag_table import config
from theano.base.record import Record, field
from theano.gradient.accumulate import total
from theano.gradient.identity import ViewOp
from theano.gradient.reverse import grad, in_dtype
from theano.graph import Variable
from theano.graph.null_type import NullType
from theano.scalar.dtypes import DISCRETE
from theano.scan.buffer import gradient_of_buffer, initial_rows
from theano.scan.connection import closure
from theano.scan.history import History
from theano.scan.parts import Loop, NonSequenceArg, OutputArg, SequenceArg, StateArg
from theano.tensor.checks.declared_shapes import patternbroadcast, unbroadcast
from theano.tensor.indexing.subtensor import inc_subtensor, set_subtensor
from theano.tensor.making.alloc import zeros_like
from theano.tensor.masks import Mask, filled, is_zero, unmasked
from theano.tensor.opsupport import disconnected, is_disconnected, new_tensor, zero_gradient
from theano.tensor.pointwise.math import add, maximum, minimum
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.type import TensorType


def gradients(
    op: Any, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any], wanted: Sequence[bool]
) -> list[Any]:
    """One gradient for each of `inputs`, from those of `outputs`: what `Scan.L_op_of` returns."""
    pattern = op.connection_pattern(None)
    live = [o for o, g in enumerate(gs) if not is_disconnected(g)]
    reached = [any(row[o] for o in live) for row in pattern]
    if not any(reached):
        return [disconnected() for _ in inputs]
    return _Backward(op, inputs, outputs, gs, wanted).gradients(reached)


def gradient_dtype(x: Any) -> str:
    """The dtype of gradients with respect to `x`."""
    dtype: str = x.type.dtype
    return config.floatX if dtype in DISCRETE else dtype


class _Contribution(Record):
    """What the tap `tap` of state `state` sends back, and the inner variable by which it arrives."""

    state: int
    tap: int
    tap_variable: Any
    arriving: Any
    part: StateArg | None = None


class _Parts(Record):
    """Parts of the backward loop, by the inner variables whose gradients they are."""

    rows: dict[Any, OutputArg] = field(default_factory=dict)
    sums: dict[Any, StateArg] = field(default_factory=dict)
    undefined: dict[Any, NullType] = field(default_factory=dict)


class _Backward:
    def __init__(
        self, op: Any, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any], wanted: Sequence[bool]
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.history = History(op, inputs, outputs)
        self.loop = loop = self.history.loop
        self.steps = self.history.steps
        # States whose buffers, if they have one, somebody wants the gradients of.
        first = 1 + len(loop.sequences)
        self.wanted_buffers = {k for k, s in enumerate(loop.states) if s.buffer and wanted[first + k]}
        if loop.truncate_gradient >= 0:
            self.steps = minimum(self.steps, loop.truncate_gradient)
        self.truncated = loop.truncate_gradient >= 0
        self.buffers = [*self.history.states, *self.history.outputs]
        self.keeps = [*(s.keep for s in loop.states), *(o.keep for o in loop.outputs)]
        self.first = [*(s.rows for s in loop.states), *(0 for _ in loop.outputs)]
        # Gradients that come from outside, of all rows of the output.
        self.external = {
            o: self._of_all_rows(o, gs[o])
            for o in range(len(self.buffers))
            if not is_disconnected(gs[o]) and self.buffers[o].type.dtype not in DISCRETE
        }

    def _of_all_rows(self, o: int, g: Any) -> Any:
        buffer = self.buffers[o]
        if self.keeps[o] is not None:
            zeros = zeros_like(buffer)
            g = set_subtensor(zeros[buffer.shape[0] - g.shape[0] :], g)
        return (
            g if g.type.broadcastable == buffer.type.broadcastable else patternbroadcast(g, buffer.type.broadcastable)
        )

    # -- the inner graph ---------------------------------------------------------------------------------

    def gradients(self, reached: list[bool]) -> list[Any]:
        """The gradients of the inputs; disconnected where not `reached`."""
        sequences: list[SequenceArg] = []
        contributions = self._contributions()
        known = self._known(sequences, contributions)
        inner = self._inner_gradients(known)
        made = self._parts(inner, contributions)
        broken = [c for c in contributions if isinstance(_kind(inner.get(c.tap_variable)), NullType)]
        if broken:
            why = f"a step of {self.op} hands it on undefined: {inner[broken[0].tap_variable].type.why_null}"
            return [NullType(why)() if r else disconnected() for r in reached]
        results = self._run(sequences, contributions, made)
        answers = self._answers(results, contributions, made)
        return [
            (disconnected() if not r else zero_gradient(x) if a is None else a)
            for x, a, r in zip(self.inputs, answers, reached, strict=True)
        ]

    def _contributions(self) -> list[_Contribution]:
        """The taps by which gradients flow from step to step."""
        loop, inner_pattern = self.loop, self.op.inner_pattern()
        position = {v: k for k, v in enumerate(self.op.inner_inputs)}
        n_out = len(self.buffers)
        smooth = [v.type.dtype not in DISCRETE for v in self.buffers]
        # Which states the gradient of an output leads back to.
        back: list[set[int]] = [set() for _ in range(n_out)]
        for k, s in enumerate(loop.states):
            for v in s.inner:
                for o in range(n_out):
                    if smooth[k] and smooth[o] and inner_pattern[position[v]][o]:
                        back[o].add(k)
        self.active = closure(set(self.external), back)
        found = []
        for k, s in enumerate(loop.states):
            if k not in self.active:
                continue
            for tap, v in zip(s.taps, s.inner, strict=True):
                if any(inner_pattern[position[v]][o] for o in self.active):
                    arriving = new_tensor(gradient_dtype(v), v.type.shape)
                    found.append(_Contribution(k, tap, v, arriving))
        return found

    def _known(self, sequences: list[SequenceArg], contributions: list[_Contribution]) -> dict[Any, Any]:
        """The gradients that a step starts from, by output (each made a variable of its own)."""
        known = {}
        values = [*(s.value for s in self.loop.states), *(o.value for o in self.loop.outputs)]
        for o in sorted(self.active):
            terms = [c.arriving for c in contributions if c.state == o]
            if o in self.external:
                terms.append(self._arriving_from_outside(o, sequences, alone=not terms))
            if terms:
                # Outputs may depend on each other or be one variable: the identity keeps them apart.
                known[ViewOp()(values[o])] = terms[0] if len(terms) == 1 else add(*terms)
        return known

    def _arriving_from_outside(self, o: int, sequences: list[SequenceArg], alone: bool) -> Any:
        """What a step gets of the gradient of output `o` that comes from outside; a mask goes along if that is all."""
        g = self.external[o]

        def row_of(g: Any) -> Any:
            row = new_tensor(g.type.dtype, g.type.shape[1:])
            # The rows from the last to the first: row first + steps - 1 - s for step s.
            made = g[self.first[o] :] if self.first[o] else g
            sequences.append(SequenceArg(made[::-1], [0], [row]))
            return row

        value, mask = unmasked(g)
        if mask is None or not alone:
            return row_of(g)
        value, condition = filled(g, value, mask)
        return Mask(row_of(condition), mask.passing).around(row_of(value))

    def _inner_gradients(self, known: dict[Any, Any]) -> dict[Any, Any]:
        """Gradients of inner inputs, without those that are disconnected or zero."""
        loop = self.loop
        wrt = [
            *(v for s in loop.sequences for v in s.inner),
            *(v for k, s in enumerate(loop.states) if k in self.active for v in s.inner),
            *(n.inner for n in loop.non_sequences if isinstance(n.inner.type, TensorType)),
        ]
        found = grad(
            None, wrt, known_grads=known, disconnected_inputs="ignore", return_disconnected="Disconnected",
            null_gradients="return", add_names=False,
        )  # fmt: skip
        result = {}
        for x, g in zip(wrt, found, strict=True):
            if is_disconnected(g) or is_zero(g):
                continue
            result[x] = g if isinstance(g.type, NullType) else _converted(g, x)
        return result

    # -- the backward loop -------------------------------------------------------------------------------

    def _parts(self, inner: dict[Any, Any], contributions: list[_Contribution]) -> _Parts:
        loop, made = self.loop, _Parts()
        for c in contributions:
            g = inner.get(c.tap_variable)
            if g is None:
                g = zero_gradient(c.tap_variable)
            state = loop.states[c.state]
            rows = -c.tap
            start = zeros_like(initial_rows(state)[state.rows - rows : state.rows], dtype=c.arriving.type.dtype)
            c.part = StateArg(unbroadcast(start, 0), [c.tap], [c.arriving], g, rows, keep=rows)
        for s in loop.sequences:
            for v in s.inner:
                g = inner.get(v)
                if g is not None:
                    if isinstance(g.type, NullType):
                        made.undefined[v] = g.type
                    else:
                        made.rows[v] = OutputArg(g)
        for n in loop.non_sequences:
            g = inner.get(n.inner)
            if g is None:
                continue
            if isinstance(g.type, NullType):
                made.undefined[n.inner] = g.type
                continue
            before = new_tensor(g.type.dtype, n.inner.type.shape)
            start = unbroadcast(shape_padleft(zeros_like(n.outer, dtype=g.type.dtype)), 0)
            made.sums[n.inner] = StateArg(start, [-1], [before], total([before, g]), 1, keep=1)
        return made

    def _run(self, external: list[SequenceArg], contributions: list[_Contribution], made: _Parts) -> dict[int, Any]:
        """Make the backward scan; its outputs by the identity of their part."""
        states = [*(c.part for c in contributions if c.part is not None), *made.sums.values()]
        outputs = list(made.rows.values())
        if not states and not outputs:
            return {}
        loop = self.loop
        values = [*(s.value for s in states), *(o.value for o in outputs)]
        back = Loop(
            self.steps,
            sequences=[*self.history.sequences(values, backwards=True), *external],
            states=states,
            outputs=outputs,
            non_sequences=[NonSequenceArg(n.outer, n.inner) for n in loop.non_sequences],
            name=f"grad_of_{loop.name or 'scan_fn'}",
            mode=loop.mode,
            profile=loop.profile,
            allow_gc=loop.allow_gc,
        )
        results = back.apply()
        found = {id(part): v for part, v in zip(states, results.states, strict=True)}
        found.update((id(part), v) for part, v in zip(outputs, results.outputs, strict=True))
        self.whole = self._whole_rows([found[id(c.part)] for c in contributions if c.state in self.wanted_buffers])
        return found

    def _whole_rows(self, last: list[Any]) -> dict[Any, Any]:
        """All rows of states of the backward scan, by its outputs `last` with the last few of them."""
        if not last:
            return {}
        node = last[0].owner
        specs = list(node.op.spec.states)
        for v in last:
            specs[v.index] = specs[v.index]._replace(keep=None)
        made = node.op.with_spec(node.op.spec._replace(states=tuple(specs)))(*node.inputs, return_list=True)
        return {v: made[v.index] for v in last}

    def _answers(self, results: dict[int, Any], contributions: list[_Contribution], made: _Parts) -> list[Any]:
        """For each input of the node its gradient, None for zero."""
        loop = self.loop
        answers: list[Any] = [None]
        for s in loop.sequences:
            answers.append(self._of_sequence(s, results, made))
        for k, state in enumerate(loop.states):
            terms = [(c, results[id(c.part)]) for c in contributions if c.state == k]
            first = self._of_initial(k, state, terms)
            if first is not None and k in self.wanted_buffers:
                others = self._of_made(k, state, terms)
                first = gradient_of_buffer(state, first, others, loop.condition is not None)
            answers.append(first)
        answers += [None] * len(loop.shared)
        for n in loop.non_sequences:
            if n.inner in made.undefined:
                answers.append(made.undefined[n.inner]())
            elif n.inner in made.sums:
                answers.append(results[id(made.sums[n.inner])][0])
            else:
                answers.append(None)
        return answers

    def _of_sequence(self, s: SequenceArg, results: dict[int, Any], made: _Parts) -> Any:
        undefined = [made.undefined[v] for v in s.inner if v in made.undefined]
        if undefined:
            return undefined[0]()
        answer = None
        for offset, v in zip(s.offsets, s.inner, strict=True):
            if v not in made.rows:
                continue
            rows = results[id(made.rows[v])][::-1]
            if answer is None:
                answer = zeros_like(s.outer, dtype=rows.type.dtype)
            end = self.history.steps + offset if offset else self.history.steps
            begin = end - self.steps if self.truncated else offset
            answer = inc_subtensor(answer[begin:end], rows)
        return answer

    def _of_initial(self, k: int, state: StateArg, terms: list[tuple[_Contribution, Any]]) -> Any:
        """What arrives at the initial rows: from outside, and from the first steps."""
        answer = self.external[k][: state.rows] if k in self.external else None
        for c, rows in terms:
            # The last -tap rows: sent by steps t < -tap, in the order of t falling; with a truncated gradient
            # some of those steps were not made.
            if self.truncated:
                rows = rows[self.history.steps - self.steps :]
            if answer is None:
                answer = zeros_like(initial_rows(state), dtype=rows.type.dtype)
            begin = state.rows - rows.shape[0] if self.truncated else state.rows + c.tap
            answer = inc_subtensor(answer[begin : state.rows], rows[::-1])
        return answer

    def _of_made(self, k: int, state: StateArg, terms: list[tuple[_Contribution, Any]]) -> Any:
        """What arrives at the rows that the steps made: from outside, and from the steps after them."""
        steps = self.history.steps
        answer = self.external[k][state.rows :] if k in self.external else None
        for c, last in terms:
            # With the zeros that it begins with, what the tap sends back belongs to the last rows of the buffer.
            rows = self.whole[last][::-1]
            if not self.truncated:
                answer = rows[-c.tap :] if answer is None else add(answer, rows[-c.tap :])
                continue
            rows = rows[maximum(self.steps - c.tap - steps, 0) :]
            if answer is None:
                answer = zeros_like(self.buffers[k][state.rows :], dtype=rows.type.dtype)
            answer = inc_subtensor(answer[steps - rows.shape[0] :], rows)
        return answer


def _kind(x: Variable | None) -> Any:
    return None if x is None else x.type


def _converted(g: Any, x: Any) -> Any:
    """A gradient with the dtype and pattern that belong to `x`."""
    g = in_dtype(g, gradient_dtype(x))
    return patternbroadcast(g, x.type.broadcastable)
