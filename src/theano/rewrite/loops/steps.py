"""Scans: the graph of a step goes through the phases of the graph around it; arguments in a simple form."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from theano.base.record import replace
from theano.graph import Constant, clone_get_equiv, clone_replace
from theano.graph.walk import io_toposort
from theano.rewrite.engine.build import is_tensor
from theano.rewrite.engine.database import PHASES
from theano.rewrite.engine.phases import run_inner
from theano.rewrite.engine.registry import add_rule, rule, tags_of
from theano.rewrite.engine.rule import Result, Rule
from theano.rewrite.engine.table import MERGE_BYTES, Node, RewriteGraph, Tensor, constant_key
from theano.rewrite.loops.maps import last_rows
from theano.rewrite.loops.retold import lengths_told, retold
from theano.rewrite.loops.step import results
from theano.scan.op import Scan
from theano.scan.parts import Loop, NonSequenceArg, SequenceArg
from theano.tensor.elemwise import DimShuffle
from theano.tensor.making.alloc import Alloc


def with_step(loop: Loop, outputs: list[Tensor]) -> Loop:
    """`loop` with other inner outputs (in the order of `Loop.inner_outputs`)."""
    values = iter(outputs)
    return replace(
        loop,
        states=[replace(s, value=next(values)) for s in loop.states],
        outputs=[replace(o, value=next(values)) for o in loop.outputs],
        shared=[replace(s, value=next(values)) for s in loop.shared],
        condition=None if loop.condition is None else next(values),
    )


def step_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """What a loop computes in a step is rewritten, too, by the rules of this phase."""
    op: Scan = node.op
    index = graph.phase.rules
    settled = op.settled
    if settled is index:
        return None
    known: dict[tuple[Scan, Any], tuple[Scan, Scan]] = graph.phase.inner
    key = op, lengths_told(op)
    made = retold(*known[key], op) if key in known else None
    if made is None:
        made = _with_rewritten_step(graph, op, settled is not None and settled is index.previous)
        known[key] = op, made
        known[made, lengths_told(made)] = made, made
    made.settled = index
    if made is op:
        return None
    result: list[Tensor | None] = list(made(*node.inputs, return_list=True))
    return result


def _with_rewritten_step(graph: RewriteGraph, op: Scan, settled: bool) -> Scan:
    """`op` with the graph of a step that the rules of this phase leave; itself if they change nothing."""
    inner, before = _step_graph(graph, op)
    fired = run_inner(graph, inner, settled)
    if not fired and inner.count_replaced() == before:
        return op
    made = Scan(op.spec, inner.inputs, inner.outputs, None, op.name, op.mode, op.profile, op.allow_gc)
    if made == op:
        made = op
    graph.memo["step", id(made)] = made, inner, inner.count_replaced()
    return made


def _step_graph(graph: RewriteGraph, op: Scan) -> tuple[RewriteGraph, int]:
    """The graph of a step as a copy that rules may change, and how much had been replaced there when it was that.

    It is kept for the next phase: most change nothing.
    """
    known = graph.memo.get(("step", id(op)))
    if known is None:
        equiv = clone_get_equiv(op.inner_inputs, op.inner_outputs, copy_orphans=False)
        inputs, outputs = ([equiv[v] for v in side] for side in (op.inner_inputs, op.inner_outputs))
        known = graph.memo["step", id(op)] = op, RewriteGraph(inputs, outputs), 0  # keeps the op: its id stays its own
    return known[1], known[2]


for _phase in PHASES:
    add_rule(
        Rule(
            f"step_of_scan_{_phase.name}", (Scan,), step_of_scan, tags_of(_phase.name, ()),
            doc=step_of_scan.__doc__ or "",
        )
    )  # fmt: skip


def _small_constant(v: Any) -> bool:
    return isinstance(v, Constant) and getattr(v.data, "nbytes", MERGE_BYTES + 1) <= MERGE_BYTES and is_tensor(v)


def _free(v: Tensor) -> bool:
    """Whether a value costs nothing inside of a step: another view of an input, or a filled array."""
    node = v.owner
    if node is None:
        return False
    return type(node.op) is DimShuffle or (type(node.op) is Alloc and all(node.inputs[0].type.broadcastable))


@rule(Scan, name="free_arguments_of_scan")
def free_arguments_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """Constants, transposed arrays and filled arrays belong into the step, where rules can see them.

    A sequence of equal rows is none.
    """
    loop = Loop.of(node.op, node.inputs)
    inside: dict[Tensor, Tensor] = {}
    others: list[NonSequenceArg] = []
    for n in loop.non_sequences:
        if _small_constant(n.outer) or _free(n.outer):
            inside[n.inner] = _moved_inside(n, others)
        else:
            others.append(n)
    sequences: list[SequenceArg] = []
    for s in loop.sequences:
        row = _repeated_row(s.outer)
        if row is None:
            sequences.append(s)
            continue
        for v in s.inner:
            others.append(NonSequenceArg(row, row.type() if row.type != v.type else v))
            if others[-1].inner is not v:
                inside[v] = v.type.filter_variable(others[-1].inner)
    if not inside and len(sequences) == len(loop.sequences):
        return None
    loop = with_step(loop, clone_replace(loop.inner_outputs(), inside))
    loop.sequences, loop.non_sequences = sequences, others
    return results(loop)


def _moved_inside(n: NonSequenceArg, others: list[NonSequenceArg]) -> Tensor:
    """The value of `n` as an expression of a step; what it is made of is added to `others`."""
    if isinstance(n.outer, Constant):
        return n.inner.type.filter_variable(n.outer)
    node = n.outer.owner
    arguments = []
    for x in node.inputs:
        if isinstance(x, Constant):
            arguments.append(x)
        else:
            others.append(NonSequenceArg(x, x.type()))
            others[-1].inner.name = x.name
            arguments.append(others[-1].inner)
    return n.inner.type.filter_variable(node.op(*arguments))


def _repeated_row(x: Tensor) -> Tensor | None:
    """The row that all rows of `x` are equal to, if it is made that way and there is no index to fail."""
    node = x.owner
    if node is None or type(node.op) is not Alloc:
        return None
    value, *sizes = node.inputs
    if value.type.ndim == len(sizes):
        if not value.type.broadcastable[0]:
            return None
        value = DimShuffle(value.type.broadcastable, range(1, value.type.ndim))(value)
    made: Tensor = node.op(value, *sizes[1:]) if len(sizes) > 1 else value
    return made


@rule(Scan, name="repeated_arguments_of_scan")
def repeated_arguments_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """An array given twice is read once; equal states are one."""
    loop = Loop.of(node.op, node.inputs)
    sequences, others = len(loop.sequences), len(loop.non_sequences)
    same: dict[Tensor, Tensor] = {}
    _join_sequences(loop, same)
    _join_non_sequences(loop, same)
    equal_states = _equal_states(loop)
    for k, first in equal_states.items():
        same.update(zip(loop.states[k].inner, loop.states[first].inner, strict=True))
    if not same and sequences == len(loop.sequences) and others == len(loop.non_sequences):
        return None
    values = clone_replace(loop.inner_outputs(), same)
    # what has become equal is computed once, for the next rule to see
    loop = with_step(loop, RewriteGraph(loop.inner_inputs(), values).outputs)
    return _without_states(loop, equal_states)


def _without_states(loop: Loop, equal: dict[int, int]) -> list[Tensor | None]:
    """The outputs of the loop without the states that are equal to others."""
    left = [k for k in range(len(loop.states)) if k not in equal]
    place = {k: i for i, k in enumerate(left)}
    place.update({k: place[first] for k, first in equal.items()})
    n = len(loop.states)
    keeps = [s.keep for s in loop.states]
    for k, first in equal.items():
        keeps[first] = max(keeps[first] or 0, keeps[k] or 0) if keeps[first] and keeps[k] else None
    made = replace(loop, states=[replace(loop.states[k], keep=keeps[k]) for k in left]).apply()
    states = [made.states[place[k]] for k in range(n)]
    shorter = [keeps[equal.get(k, k)] != s.keep for k, s in enumerate(loop.states)]
    rows = [last_rows(v, s.keep) if cut else v for v, s, cut in zip(states, loop.states, shorter, strict=True)]
    return [*rows, *made.outputs, *made.shared]


def _join_sequences(loop: Loop, same: dict[Tensor, Tensor]) -> None:
    found: dict[Tensor, SequenceArg] = {}
    for s in loop.sequences:
        first = found.setdefault(s.outer, SequenceArg(s.outer, [], []))
        for offset, v in zip(s.offsets, s.inner, strict=True):
            if offset in first.offsets:
                twin = first.inner[first.offsets.index(offset)]
                if twin.type == v.type:
                    same[v] = twin
                    continue
            first.offsets.append(offset)
            first.inner.append(v)
    loop.sequences = list(found.values())


def _join_non_sequences(loop: Loop, same: dict[Tensor, Tensor]) -> None:
    found: dict[tuple[Tensor, Any], NonSequenceArg] = {}
    for n in loop.non_sequences:
        first = found.setdefault((n.outer, n.inner.type), n)
        if first is not n:
            same[n.inner] = first.inner
    loop.non_sequences = list(found.values())


def _equal_states(loop: Loop) -> dict[int, int]:
    """For each state that always equals an earlier one the number of that.

    It does if both begin with the same rows, and make the same of them: supposing that they are equal, their new
    values have the same structure. Groups of states that may be equal are parted until that holds.
    """
    classes: dict[tuple[Any, ...], list[int]] = {}
    for k, s in enumerate(loop.states):
        classes.setdefault((s.initial, tuple(s.taps), s.rows), []).append(k)
    groups = {group[0]: group for group in classes.values() if len(group) > 1}
    if not groups:
        return {}
    structures = _Structures(loop, groups)
    waiting = list(groups)
    while waiting:
        first = waiting.pop()
        parts: dict[int, list[int]] = {}
        for k in groups[first]:
            parts.setdefault(structures.of_value(k), []).append(k)
        if len(parts) == 1:
            continue
        # the largest part keeps the group's number: so none is parted from others more than log n times
        largest = max(parts.values(), key=len)
        groups[first] = largest
        moved = [k for part in parts.values() if part is not largest for k in part]
        for part in parts.values():
            if part is not largest:
                number = len(loop.states) + len(groups)
                groups[number] = part
                structures.regroup(part, number)
        waiting += structures.changed_groups(moved)
    return {k: group[0] for group in groups.values() for k in group[1:]}


class _Structures:
    """Numbers of the values of a step, equal for equal expressions where states of one group count as equal."""

    def __init__(self, loop: Loop, groups: dict[int, list[int]]) -> None:
        self.loop = loop
        self.group_of = {k: number for number, group in groups.items() for k in group}
        self.numbers: dict[Any, int] = {}
        self.tokens: dict[int, int] = {}
        self.ops: dict[Any, int] = {}
        self.number_of: dict[Tensor, int] = {}
        self.states_of: dict[Tensor, list[int]] = {}  # the states, of groups, of which something is the new value
        values = [loop.states[k].value for k in self.group_of]
        for k, v in zip(self.group_of, values, strict=True):
            self.states_of.setdefault(v, []).append(k)
        self.order = io_toposort(loop.inner_inputs(), values)
        self.users: dict[Tensor, list[int]] = {}  # their places in the order
        for place, node in enumerate(self.order):
            for v in dict.fromkeys(node.inputs):
                self.users.setdefault(v, []).append(place)
        for k, number in self.group_of.items():
            self._number_rows(k, number)
        for node in self.order:
            self._number(node)

    def of_value(self, k: int) -> int:
        """The number of the new value of state `k`."""
        return self._of(self.loop.states[k].value)

    def regroup(self, states: list[int], number: int) -> None:
        """Some states are another group from now on; `changed_groups` tells what follows."""
        for k in states:
            self.group_of[k] = number
            self._number_rows(k, number)

    def changed_groups(self, states: list[int]) -> dict[int, None]:
        """The groups with values whose numbers changed, once those of `states` have; brings all numbers up to date."""
        found: dict[int, None] = {}
        heap: list[int] = []
        queued: set[int] = set()

        def changed(v: Tensor) -> None:
            found.update((self.group_of[k], None) for k in self.states_of.get(v, ()))
            for place in self.users.get(v, ()):
                if place not in queued:
                    queued.add(place)
                    heappush(heap, place)

        for k in states:
            for v in self.loop.states[k].inner:
                changed(v)
        while heap:
            node = self.order[heappop(heap)]
            before = self.number_of[node.outputs[0]]
            self._number(node)
            if self.number_of[node.outputs[0]] != before:
                for v in node.outputs:
                    changed(v)
        return found

    def _new(self, key: Any) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def _of(self, v: Tensor) -> int:
        found = self.number_of.get(v)
        if found is None:
            found = self.number_of[v] = self._new(constant_key(v) if isinstance(v, Constant) else v)
        return found

    def _number_rows(self, k: int, number: int) -> None:
        for tap, v in enumerate(self.loop.states[k].inner):
            self.number_of[v] = self._new(("row", number, tap))

    def _number(self, node: Node) -> None:
        token = self.tokens.get(id(node.op))
        if token is None:
            token = self.tokens[id(node.op)] = self.ops.setdefault(node.op, len(self.ops))
        key = (node if node.op.has_effects else token, *map(self._of, node.inputs))
        for v in node.outputs:
            self.number_of[v] = self._new((key, v.index))
