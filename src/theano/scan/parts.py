"""A scan in its parts: what each input and output of the op means, inside and outside.

A `Scan` node is two flat lists of variables and two flat lists of inner ones. `Loop` is the same by name; all
that makes scans or takes them apart works on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from theano.base.record import Record, field, replace
from theano.graph import Variable, ancestors


class StateSpec(NamedTuple):
    """A state: the distances (negative) at which a step reads it, its initial rows, the last rows kept.

    Parameters
    ----------
    taps, rows, keep
        See above; `keep` is None where all rows are kept.
    buffer
        Whether the input of the node has room for the rows of the steps behind the initial ones, or these alone.

    Examples
    --------
    >>> StateSpec((-2, -1), 2)
    StateSpec(taps=(-2, -1), rows=2, keep=None, buffer=False)
    """

    taps: tuple[int, ...]
    rows: int
    keep: int | None = None
    buffer: bool = False

    @property
    def is_sit_sot(self) -> bool:
        """Whether a step reads just the value before: all other states come first in the lists of a `Scan`."""
        return self.taps == (-1,) and self.rows == 1


class ScanSpec(NamedTuple):
    """What the inputs and outputs of a `Scan` mean; see there.

    Parameters
    ----------
    sequences, states, outputs, n_shared, n_non_sequences, as_while, truncate_gradient
        The offsets of each sequence, a `StateSpec` for each state, the rows kept of each other output (None: all), and
        so on.

    Examples
    --------
    >>> ScanSpec(((0,),), (StateSpec((-1,), 1),), (), 0, 0, False, -1).states
    (StateSpec(taps=(-1,), rows=1, keep=None, buffer=False),)
    """

    sequences: tuple[tuple[int, ...], ...]
    states: tuple[StateSpec, ...]
    outputs: tuple[int | None, ...]
    n_shared: int
    n_non_sequences: int
    as_while: bool
    truncate_gradient: int


class SequenceArg(Record):
    """An array read along its first axis: the step `t` sees ``outer[t + offset]`` as the inner variable."""

    outer: Any
    offsets: list[int]
    inner: list[Any]


class StateArg(Record):
    """A value that steps hand on: `value` is the new one, ``inner[k]`` that of ``-taps[k]`` steps before.

    The first `rows` rows of `initial` are those before the first step; it has no others unless it is a `buffer`, whose
    others the steps replace. The result has the initial rows too, and then one for each step; only the last `keep` of
    all if `keep` is not None.
    """

    initial: Any
    taps: list[int]
    inner: list[Any]
    value: Any
    rows: int
    keep: int | None = None
    buffer: bool = False

    def spec(self) -> StateSpec:
        """The meaning of its variables."""
        return StateSpec(tuple(self.taps), self.rows, self.keep, self.buffer)


class OutputArg(Record):
    """A value of each step that no step reads."""

    value: Any
    keep: int | None = None


class SharedArg(Record):
    """A value that is no array (a random state), handed from step to step; the result is the last one."""

    outer: Any
    inner: Any
    value: Any


class NonSequenceArg(Record):
    """What is the same in all steps."""

    outer: Any
    inner: Any


class Results(Record):
    """Outputs of a node, in the order of the loop's parts."""

    states: list[Any]
    outputs: list[Any]
    shared: list[Any]


class Loop(Record):
    """All parts of a scan. `apply` makes the node.

    Parameters
    ----------
    n_steps : 0-d integer
        The number of steps.
    truncate_gradient, name, mode, profile, allow_gc
        See `scan`.

    Examples
    --------
    >>> from theano.scan.parts import Loop
    >>> Loop(T.constant(3)).sequences
    []
    """

    n_steps: Any
    sequences: list[SequenceArg] = field(default_factory=list)
    states: list[StateArg] = field(default_factory=list)
    outputs: list[OutputArg] = field(default_factory=list)
    shared: list[SharedArg] = field(default_factory=list)
    non_sequences: list[NonSequenceArg] = field(default_factory=list)
    condition: Any = None
    truncate_gradient: int = -1
    name: str | None = None
    mode: Any = None
    profile: Any = False
    allow_gc: bool | None = None

    # Set by `theano.scan.op`: ``make_op(spec, inner_inputs, inner_outputs, names, loop)``.
    make_op: ClassVar[Callable[..., Any]]

    @classmethod
    def of(cls, op: Any, inputs: Sequence[Any]) -> Loop:
        """The parts of `op` applied to `inputs`; inner variables are the op's own."""
        spec: ScanSpec = op.spec
        outer, inner, values = iter(inputs), iter(op.inner_inputs), iter(op.inner_outputs)
        loop = cls(
            next(outer), truncate_gradient=spec.truncate_gradient, name=op.name, mode=op.mode,
            profile=op.profile, allow_gc=op.allow_gc,
        )  # fmt: skip
        loop.sequences = [
            SequenceArg(next(outer), list(offsets), _take(inner, len(offsets))) for offsets in spec.sequences
        ]
        loop.states = [
            StateArg(next(outer), list(s.taps), _take(inner, len(s.taps)), next(values), s.rows, s.keep, s.buffer)
            for s in spec.states
        ]
        loop.outputs = [OutputArg(next(values), keep) for keep in spec.outputs]
        loop.shared = [SharedArg(next(outer), next(inner), next(values)) for _ in range(spec.n_shared)]
        loop.non_sequences = [NonSequenceArg(next(outer), next(inner)) for _ in range(spec.n_non_sequences)]
        loop.condition = next(values) if spec.as_while else None
        return loop

    def inner_inputs(self) -> list[Any]:
        """In the order of the op: taps of sequences, taps of states, shared, non-sequences."""
        return [
            *(v for s in self.sequences for v in s.inner),
            *(v for s in self.states for v in s.inner),
            *(s.inner for s in self.shared),
            *(s.inner for s in self.non_sequences),
        ]

    def inner_outputs(self) -> list[Any]:
        """In the order of the op: new values of states, outputs, new values of shared, the condition."""
        return [
            *(s.value for s in self.states),
            *(o.value for o in self.outputs),
            *(s.value for s in self.shared),
            *([] if self.condition is None else [self.condition]),
        ]

    def outer_inputs(self) -> list[Any]:
        """In the order of the op: number of steps, sequences, initial values, shared, non-sequences."""
        return [
            self.n_steps,
            *(s.outer for s in self.sequences),
            *(s.initial for s in self.states),
            *(s.outer for s in self.shared),
            *(s.outer for s in self.non_sequences),
        ]

    def spec(self) -> ScanSpec:
        """The meaning of the lists."""
        return ScanSpec(
            sequences=tuple(tuple(s.offsets) for s in self.sequences),
            states=tuple(s.spec() for s in self.states),
            outputs=tuple(o.keep for o in self.outputs),
            n_shared=len(self.shared),
            n_non_sequences=len(self.non_sequences),
            as_while=self.condition is not None,
            truncate_gradient=self.truncate_gradient,
        )

    def keeping_all(self) -> Loop:
        """This loop with every row of every output kept."""
        return replace(
            self,
            states=[replace(s, keep=None) for s in self.states],
            outputs=[replace(o, keep=None) for o in self.outputs],
        )

    def apply(self) -> Results:
        """Make the node. What no step reads is left out of its inputs; states come in the order of `Scan`."""
        order = sorted(range(len(self.states)), key=lambda k: self.states[k].spec().is_sit_sot)
        loop = replace(self._without_unused(), states=[self.states[k] for k in order])
        outer = loop.outer_inputs()
        names = [_inner_name(v, o) for v, o in zip(loop.inner_inputs(), loop.outer_of_inner(), strict=True)]
        op = Loop.make_op(loop.spec(), loop.inner_inputs(), loop.inner_outputs(), names, loop)
        made = iter(op(*outer, return_list=True))
        states = dict(zip(order, _take(made, len(order)), strict=True))
        return Results(
            [states[k] for k in range(len(order))], _take(made, len(self.outputs)), _take(made, len(self.shared))
        )

    def outer_of_inner(self) -> Iterator[Any]:
        """For each inner input the input of the node that it is, or is a row of."""
        for sequence in self.sequences:
            yield from [sequence.outer] * len(sequence.inner)
        for state in self.states:
            yield from [state.initial] * len(state.inner)
        for shared in self.shared:
            yield shared.outer
        for other in self.non_sequences:
            yield other.outer

    def _without_unused(self) -> Loop:
        used = set(ancestors(self.inner_outputs(), self.inner_inputs()))
        sequences = []
        for s in self.sequences:
            taps = [(o, v) for o, v in zip(s.offsets, s.inner, strict=True) if v in used]
            if taps:
                sequences.append(SequenceArg(s.outer, [o for o, _ in taps], [v for _, v in taps]))
        others = [n for n in self.non_sequences if n.inner in used]
        return replace(self, sequences=sequences, non_sequences=others)


def _take(items: Iterator[Any], n: int) -> list[Any]:
    return [next(items) for _ in range(n)]


def _inner_name(inner: Variable, outer: Variable) -> str | None:
    """An outer variable that stands for itself inside is printed there as a copy."""
    if inner is outer and inner.name is not None:
        return f"{inner.name}_copy"
    return inner.name
