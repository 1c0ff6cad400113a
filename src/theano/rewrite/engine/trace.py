"""The record of applied rules: what changed into what, and why."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from theano.base.notebook_form import notebook_form
from theano.base.record import Record, field
from theano.graph import Variable
from theano.graph.origin import raw_origin_of
from theano.graph.shown import told
from theano.tensor.elemwise import Elemwise

# Rules change nodes in place, so a step keeps a copy of its expressions: to this depth, and of so many operands of an
# operation, for it must be cheap. A loop has hundreds of inputs.
TRACE_DEPTH = 3
TRACE_WIDTH = 12

Snapshot = Any
"""A leaf variable, or ``(op, snapshots of the inputs)``, or ``(op,)`` where it was cut; None: operands left out."""


def snapshot(var: Variable, depth: int = TRACE_DEPTH, width: int | None = None) -> Snapshot:
    """The expression that makes `var` now, cut at `depth`; of operations only the first `width` operands."""
    node = var.owner
    if node is None:
        return var
    if depth == 0:
        return (node.op,)
    depth -= 1
    inputs = node.inputs
    cut = width is not None and len(inputs) > width
    shots = [
        v if v.owner is None else snapshot(v, depth, width) if depth else (v.owner.op,)  # one call less for most
        for v in (inputs[:width] if cut else inputs)
    ]
    if cut:
        shots.append(None)
    return (node.op, shots)


def text(shot: Snapshot) -> str:
    """A snapshot as a short text."""
    if shot is None:
        return "…"
    if not isinstance(shot, tuple):
        data = getattr(shot, "data", None)
        if data is None:
            return str(shot)
        if getattr(data, "size", 0) == 1:
            return str(data.item())
        return f"constant{list(data.shape)}" if hasattr(data, "shape") else str(data)
    op = shot[0]
    name = op.scalar_op.name if type(op) is Elemwise else told(op)
    return f"{name}({', '.join(map(text, shot[1]))})" if len(shot) == 2 else f"{name}(…)"


def describe(var: Variable, depth: int = TRACE_DEPTH) -> str:
    """A short text of an expression, cut at `depth`.

    Examples
    --------
    >>> describe(T.exp(x) + 1)                                   # doctest: +SKIP
    'add(exp(x), 1)'
    """
    return text(snapshot(var, depth))


class Step(Record, eq=True):
    """One application of a rule.

    Attributes
    ----------
    phase, rule
        Names.
    before, after
        Snapshots of the expression replaced and of what replaced it.
    """

    phase: str
    rule: str
    before: Snapshot
    after: Snapshot

    @property
    def old(self) -> str:
        """Text of the expression replaced."""
        return text(self.before)

    @property
    def new(self) -> str:
        """Text of what replaced it."""
        return text(self.after)

    def __str__(self) -> str:
        return f"{self.phase}: {self.rule}: {self.old} -> {self.new}"


class Place(Record):
    """Of a step: the origin (see `graph.origin`) and the type of what was replaced, and when that was."""

    origin: Any
    type: Any
    at: float


#: Called as ``watcher(rule, old, new)`` before each replacement.
WATCHERS: list[Callable[[str, Variable, Variable], None]] = []


class Trace(Record):
    """All applications of one rewriting, in order; iterable, printable.

    `places` has a `Place` for each of the `steps`, `seconds` the time of each phase.

    Examples
    --------
    >>> print(rewrite_graph(fgraph, query))                      # doctest: +SKIP
    stabilize: log(1 + x): log(add(1, x)) -> log1p(x)
    """

    steps: list[Step] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)

    def add(self, phase: str, rule: str, old: Variable, new: Variable) -> None:
        """Record that `rule` turned `old` into `new`."""
        for watcher in WATCHERS:
            watcher(rule, old, new)
        self.places.append(Place(raw_origin_of(old), old.type, time.perf_counter()))
        self.steps.append(
            Step(phase, rule, snapshot(old, TRACE_DEPTH, TRACE_WIDTH), snapshot(new, TRACE_DEPTH, TRACE_WIDTH))
        )

    def forget(self, start: int) -> None:
        """Drop the steps from number `start` on: they were refused."""
        del self.steps[start:], self.places[start:]

    def counts(self) -> dict[str, int]:
        """How often each rule fired."""
        return dict(Counter(step.rule for step in self.steps))

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))

    _repr_html_ = notebook_form
