"""What all steps of a loop compute, as whole-array operations: one axis more, along which the steps lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from theano.graph import Constant, Op, io_toposort
from theano.rewrite.engine.build import dims, dimshuffle, elemwise, index, number, scalar_name
from theano.rewrite.engine.forms import entries_of, subtensor
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.loops.step import may_run
from theano.scalar import add, sub
from theano.scan.count import StepCount
from theano.scan.parts import Loop, Results
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.elemwise import DimShuffle
from theano.tensor.indexing.subtensor import Subtensor
from theano.tensor.making.alloc import Alloc

_alloc = Alloc()


class Rows(NamedTuple):
    """The values that an inner variable has in the steps.

    ``rows[t]`` is that of step `t`; if not `varying`, `rows` is the one value of all steps.
    """

    rows: Tensor
    varying: bool


# ``function(batch, node, arguments)``: the outputs of `node` over all steps, None if they have no such form.
BatchFunction = Callable[["Batch", Node, list[Rows]], Sequence[Rows] | None]

BATCHED: dict[type, BatchFunction] = {}
"""How the ops are applied to all steps at once. An op without entry is expanded by its `decompose`, or is not."""


def batches(*ops: type) -> Callable[[BatchFunction], BatchFunction]:
    """Register how ops are applied to all steps at once.

    Examples
    --------
    >>> @batches(DimShuffle)                                     # doctest: +SKIP
    ... def batch_dimshuffle(batch, node, arguments): ...
    """

    def declare(function: BatchFunction) -> BatchFunction:
        BATCHED.update(dict.fromkeys(ops, function))
        return function

    return declare


class Batch:
    """Values of a loop's inner variables over all steps, as expressions outside of the loop.

    Parameters
    ----------
    graph
        The graph around the loop.
    loop
        The loop.
    made
        Its outputs, if what its steps computed may be used; they must keep all rows.
    backwards
        Let the rows lie in the order of the steps from the last to the first. (The loop of a gradient reads
        reversed arrays. Their rows in the old order are what the loop forwards has computed with, too.)
    """

    def __init__(self, graph: RewriteGraph, loop: Loop, made: Results | None = None, backwards: bool = False) -> None:
        self.graph = graph
        self.loop = loop
        self.n = loop.n_steps
        steps = number(loop.n_steps)
        self.certain = steps is not None and steps > 0
        self.backwards = backwards
        self.found: dict[Tensor, Rows | None] = {}
        self._sources: dict[Tensor, tuple[Tensor, int]] = {}
        for s in loop.sequences:
            self._sources.update((v, (s.outer, o)) for o, v in zip(s.offsets, s.inner, strict=True))
        for n in loop.non_sequences:
            self.found[n.inner] = Rows(n.outer, False)
        for state in loop.states:
            self.found.update(dict.fromkeys(state.inner))
        self.found.update((s.inner, None) for s in loop.shared)
        if made is not None:
            self._add_made(made)

    def _add_made(self, made: Results) -> None:
        for state, buffer in zip(self.loop.states, made.states, strict=True):
            if state.keep is None:
                for tap, v in zip(state.taps, state.inner, strict=True):
                    self._read_from(v, buffer, state.rows + tap)
                self._read_from(state.value, buffer, state.rows)
        for output, rows in zip(self.loop.outputs, made.outputs, strict=True):
            if output.keep is None:
                self._read_from(output.value, rows, 0)

    def _read_from(self, v: Tensor, array: Tensor, offset: int) -> None:
        """Let row ``t + offset`` of `array` be the value of `v` in step `t`, unless it is known otherwise."""
        if v not in self._sources and self.found.get(v) is None:
            self.found.pop(v, None)
            self._sources[v] = (array, offset)

    def of(self, v: Tensor) -> Rows | None:
        """The values of `v`; None if they are not known outside."""
        if not self._has(v):
            given = [*self._sources, *self.found]
            for node in io_toposort(given, [v]):
                if all(self._has(out) for out in node.outputs):
                    continue
                self._compute(node)
            if not self._has(v):
                self.found[v] = Rows(v, False) if isinstance(v, Constant) else None
        return self.found[v]

    def stacked(self, v: Tensor) -> Tensor | None:
        """The values of `v` as rows, whether they vary or not; of the type that an output of the loop has."""
        rows = self.of(v)
        if rows is None:
            return None
        result = self.varied(rows)
        pattern = (False, *v.type.broadcastable)
        return result if result.type.broadcastable == pattern else patternbroadcast(result, pattern)

    def varied(self, rows: Rows) -> Tensor:
        """The value of all steps, once for each."""
        if rows.varying:
            return rows.rows
        made: Tensor = _alloc(dimshuffle(rows.rows, ("x", *range(rows.rows.type.ndim))), self.n, *self.lengths(rows))
        return made

    def lengths(self, rows: Rows) -> list[Tensor]:
        """The shape of one step's value."""
        shape = list(dims(self.graph, rows.rows))
        return [self.graph.known(n) or n for n in (shape[1:] if rows.varying else shape)]

    def _has(self, v: Tensor) -> bool:
        if v in self.found:
            return True
        source = self._sources.get(v)
        if source is None:
            return False
        self.found[v] = Rows(self._read(*source), True)
        return True

    def _read(self, array: Tensor, offset: int) -> Tensor:
        """The rows ``offset, offset + 1, …`` of `array`, one for each step."""
        before = unreversed(array) if self.backwards else None
        if before is not None:
            return self._before(before, offset)
        rows = self._slice(array, offset, self.n if not offset else plus(self.n, offset))
        return subtensor(rows, [REVERSED]) if self.backwards else rows

    def _before(self, array: Tensor, offset: int) -> Tensor:
        """The rows of `array` that end `offset` before its end, one for each step."""
        end = dims(self.graph, array)[0]
        cut = array.owner
        if cut is not None and type(cut.op) is Subtensor and len(cut.op.idx_list) == 1:
            (entry,) = entries_of(cut)
            if isinstance(entry, slice) and entry.start is None and entry.step is None:
                array, end = cut.inputs[0], entry.stop
        apart = distance(self.n, end)
        if apart is None:
            end = plus(end, -offset) if offset else end
            made: Tensor = self._slice(array, elemwise(sub, end, self.n), end)
            return made
        first = apart - offset
        return self._slice(array, first, plus(self.n, first) if first else self.n)

    def _slice(self, array: Tensor, start: Any, stop: Tensor) -> Tensor:
        if isinstance(start, int):
            start = index(start) if start else None
        (length, *_) = self.lengths(Rows(array, False))
        same = length is (self.graph.known(stop) or stop) or distance(length, stop) == 0
        return subtensor(array, [slice(start, None if same else stop, None)])

    def _compute(self, node: Node) -> None:
        arguments = []
        for v in node.inputs:
            if not self._has(v):
                self.found[v] = Rows(v, False) if isinstance(v, Constant) else None
            arguments.append(self.found[v])
        results: Sequence[Rows | None] | None = None
        if all(a is not None for a in arguments):
            results = self.apply(node, arguments)  # type: ignore[arg-type]
        for out, rows in zip(node.outputs, results or [None] * len(node.outputs), strict=True):
            if not self._has(out):
                self.found[out] = rows

    def apply(self, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
        """The outputs of `node` for `arguments`."""
        if not any(a.varying for a in arguments):
            if not may_run(node, self.certain):
                return None
            made = node.op(*(a.rows for a in arguments), return_list=True)
            return [Rows(v, False) for v in made]
        function = BATCHED.get(type(node.op))
        if function is not None:
            return function(self, node, arguments)
        if type(node.op).decompose is Op.decompose:
            return None
        return self._decomposed(node, arguments)

    def _decomposed(self, node: Node, arguments: list[Rows]) -> Sequence[Rows] | None:
        results = node.op.decompose(node.inputs)
        if results is None:
            return None
        inner: dict[Tensor, Rows | None] = dict(zip(node.inputs, arguments, strict=True))
        for step in io_toposort(node.inputs, results):
            given = []
            for v in step.inputs:
                given.append(inner.setdefault(v, Rows(v, False)))
            if any(a is None for a in given):
                return None
            made = self.apply(step, given)  # type: ignore[arg-type]
            if made is None:
                return None
            inner.update(zip(step.outputs, made, strict=True))
        answers = [inner.get(v) for v in results]
        return None if any(a is None for a in answers) else answers  # type: ignore[return-value]


REVERSED = slice(None, None, index(-1))


def _reverses(node: Node, axis: int = 0) -> bool:
    """Whether a node is ``x[::-1]``, or turns around another axis alone."""
    if type(node.op) is not Subtensor or len(node.op.idx_list) != axis + 1:
        return False
    *others, entry = entries_of(node)
    return (
        isinstance(entry, slice) and entry.start is None and entry.stop is None
        and entry.step is not None and number(entry.step) == -1
        and all(isinstance(o, slice) and o.start is o.stop is o.step is None for o in others)
    )  # fmt: skip


def reverses(x: Tensor) -> bool:
    """Whether `x` is an array reversed along its first axis."""
    return x.owner is not None and _reverses(x.owner)


def unreversed(x: Tensor) -> Tensor | None:
    """What `x` is reversed from, along its first axis, also if its axes were permuted later; None if it is not."""
    node = x.owner
    if node is None:
        return None
    if _reverses(node):
        base: Tensor = node.inputs[0]
        return base
    if type(node.op) is DimShuffle and x.type.ndim:
        axis, cut = node.op.new_order[0], node.inputs[0].owner
        if isinstance(axis, int) and cut is not None and _reverses(cut, axis):
            return dimshuffle(cut.inputs[0], node.op.new_order)
    return None


def reads_backwards(loop: Loop, inner: Iterable[Tensor]) -> bool:
    """Whether some of the variables are read from reversed arrays."""
    wanted = set(inner)
    return any(unreversed(s.outer) is not None and not wanted.isdisjoint(s.inner) for s in loop.sequences)


def plus(n: Tensor, k: int) -> Tensor:
    """The length ``n + k``."""
    value = number(n)
    if value is not None:
        return index(int(value) + k)
    return elemwise(add, n, index(k))


def distance(n: Tensor, m: Tensor) -> int | None:
    """The constant ``m - n``, if it is seen to be one."""
    (a, i), (b, j) = _with_constant(n), _with_constant(m)
    return j - i if a is b else None


def _with_constant(n: Tensor) -> tuple[Tensor | None, int]:
    """`n` as something and a constant."""
    while n.owner is not None and type(n.owner.op) is StepCount:
        n = n.owner.inputs[0]
    value = number(n)
    if value is not None:
        return None, int(value)
    name = scalar_name(n)
    if name in ("add", "sub") and len(n.owner.inputs) == 2:
        a, b = n.owner.inputs
        if number(b) is not None:
            return a, int(number(b) or 0) * (1 if name == "add" else -1)
        if name == "add" and number(a) is not None:
            return b, int(number(a) or 0)
    return n, 0
