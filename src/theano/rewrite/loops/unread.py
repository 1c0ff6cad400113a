"""Scans: outputs that nobody reads are not made, rows that nobody reads are not kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from theano import scalar
from theano.base.record import replace
from theano.graph import ancestors
from theano.rewrite.engine.build import elemwise, index, number
from theano.rewrite.engine.forms import entries_of, subtensor
from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.loops.step import results
from theano.scan.buffer import initial_rows
from theano.scan.count import StepCount
from theano.scan.op import Scan
from theano.scan.parts import Loop, OutputArg, ScanSpec, StateArg
from theano.tensor.indexing.subtensor import Subtensor


def _stacked(node: Node) -> Sequence[Tensor]:
    """The outputs that are stacks of rows."""
    return node.outputs[: len(node.op.spec.states) + len(node.op.spec.outputs)]


def _keeps(node: Node) -> list[int | None]:
    return [*(s.keep for s in node.op.spec.states), *node.op.spec.outputs]


@rule(Scan, name="initial_rows_of_scan")
def initial_rows_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """A state's buffer gives way to its initial rows: a loop reads nothing else of it."""
    spec: ScanSpec = node.op.spec
    if not any(s.buffer for s in spec.states):
        return None
    states = Loop.of(node.op, node.inputs).states
    inputs = list(node.inputs)
    first = 1 + len(spec.sequences)
    inputs[first : first + len(states)] = map(initial_rows, states)
    op = node.op.with_spec(spec._replace(states=tuple(s._replace(buffer=False) for s in spec.states)))
    made: list[Tensor] = op(*inputs, return_list=True)
    return made


@rule(Subtensor, name="last_steps_of_scan")
def last_steps_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """``buffer[rows:][-1] -> buffer[-1]``: so the rows before the last need not be kept. The same for ``[-k:]``.

    After no steps at all ``[-1]`` is the last initial value; ``[-k:]`` never has initial values.
    """
    steps, few = node.inputs[0].owner, _tail(node)
    if few is None or steps is None or type(steps.op) is not Subtensor or len(steps.op.idx_list) != 1:
        return None
    buffer = steps.inputs[0].owner
    if buffer is None or type(buffer.op) is not Scan:
        return None
    spec, at = buffer.op.spec, steps.inputs[0].index
    (cut,) = entries_of(steps)
    first, *others = entries_of(node)
    if at >= len(spec.states) or not isinstance(cut, slice) or cut.stop is not None or cut.step is not None:
        return None
    rows = spec.states[at].rows
    if spec.states[at].keep is not None or cut.start is None or number(cut.start) != rows:
        return None
    if few == 1 and not isinstance(first, slice):
        graph.queue_late(buffer)  # its readers change
        return subtensor(steps.inputs[0], [first, *others])
    if spec.as_while:
        return None
    graph.queue_late(buffer)
    n = buffer.inputs[0]
    there = elemwise(scalar.minimum, elemwise(scalar.add, n, index(rows)), index(few))
    initial = elemwise(scalar.maximum, elemwise(scalar.sub, there, n), index(0))
    kept = subtensor(steps.inputs[0], [slice(index(-few), None, None)])
    kept = subtensor(kept, [slice(initial, None, None)])
    return subtensor(kept, [slice(None), *others] if isinstance(first, slice) else [first, *others])


def _tail(node: Node) -> int | None:
    """How many of the last rows a node reads; None if that is not known."""
    if type(node.op) is not Subtensor:
        return None
    first = entries_of(node)[0]
    if isinstance(first, slice):
        if first.start is None or first.stop is not None or first.step is not None:
            return None
        first = first.start
    at = number(first)
    return int(-at) if at is not None and at < 0 else None


@rule(Scan, name="keep_what_is_read")
def keep_what_is_read(graph: RewriteGraph, node: Node) -> Result:
    """An output of which only the last rows are read keeps no others."""
    keeps = []
    rows: list[int | None] = [*(s.rows for s in node.op.spec.states), *(None for _ in node.op.spec.outputs)]
    for v, old, few in zip(_stacked(node), _keeps(node), rows, strict=True):
        users = graph.users.get(v, {})
        tails = [_tail(user) if user.inputs[0] is v and v not in user.inputs[1:] else None for user in users]
        if old is not None or graph.is_output(v) or None in tails:
            keeps.append(old)
        elif not users:  # a state that only the steps read; an output would be left out
            keeps.append(few)
        else:
            keeps.append(max(t for t in tails if t is not None))
    if keeps == _keeps(node):
        return None
    loop = Loop.of(node.op, node.inputs)
    n = len(loop.states)
    loop.states = [replace(s, keep=k) for s, k in zip(loop.states, keeps[:n], strict=True)]
    loop.outputs = [replace(o, keep=k) for o, k in zip(loop.outputs, keeps[n:], strict=True)]
    return results(loop)


@rule(Scan, phase="specialize", name="steps_given_back")
def steps_given_back(graph: RewriteGraph, node: Node) -> Result:
    """A state whose steps are given back, ``buffer[rows:]``: these are an output, and few rows of the state are kept.

    An output is written where it is given back. After the initial rows, which nobody asks for, the steps would have to
    be copied from there.
    """
    loop = Loop.of(node.op, node.inputs)
    given = {k: steps for k, s in enumerate(loop.states) if (steps := _steps_only(graph, node.outputs[k], s))}
    if not given:
        return None
    if (number(loop.n_steps) or 0) <= 0:
        loop.n_steps = StepCount(str(node.op))(loop.n_steps)
    count = len(loop.outputs)
    loop.outputs = [*loop.outputs, *(OutputArg(loop.states[k].value) for k in given)]
    loop.states = [replace(s, keep=s.rows) if k in given else s for k, s in enumerate(loop.states)]
    made = loop.apply()
    for steps, rows in zip(given.values(), made.outputs[count:], strict=True):
        graph.replace(steps, rows)
    return [*made.states, *made.outputs[:count], *made.shared]


def _steps_only(graph: RewriteGraph, buffer: Tensor, state: StateArg) -> Tensor | None:
    """The one view of a state's rows that is read, if these are all but the initial ones, and an output."""
    user = graph.only_user(buffer)
    if state.keep is not None or user is None or type(user.op) is not Subtensor or len(user.op.idx_list) != 1:
        return None
    (cut,) = entries_of(user)
    steps: Tensor = user.outputs[0]
    after = isinstance(cut, slice) and cut.start is not None and cut.stop is None and cut.step is None
    return steps if after and number(cut.start) == state.rows and graph.is_output(steps) else None


@rule(Scan, name="shorter_scan_of_longer")
def shorter_scan_of_longer(graph: RewriteGraph, node: Node) -> Result:
    """A scan that keeps the last rows, beside one that keeps all: one loop does for both."""
    keeps = _keeps(node)
    if all(k is None for k in keeps) or not _beside_longer(graph, node):
        return None
    full = results(Loop.of(node.op, node.inputs).keeping_all())
    if not full or graph.known(full[0]) is None:
        return None
    tails: list[Tensor | None] = [
        v if keep is None else subtensor(v, [slice(index(-keep), None, None)])
        for v, keep in zip(full, [*keeps, *([None] * (len(full) - len(keeps)))], strict=True)
    ]
    return tails


def _beside_longer(graph: RewriteGraph, node: Node) -> bool:
    """Whether some other loop may be this one with all rows kept: it costs less to see than to make that one."""
    spec, inputs = node.op.spec, set(node.inputs)
    return any(
        user is not node
        and type(user.op) is Scan
        and len(user.op.spec.states) == len(spec.states)
        and len(user.op.spec.outputs) == len(spec.outputs)
        and inputs.issuperset(user.inputs)
        for user in graph.users.get(node.inputs[0], ())
    )


@rule(Scan, name="unused_outputs_of_scan")
def unused_outputs_of_scan(graph: RewriteGraph, node: Node) -> Result:
    """Outputs that nobody reads are left out, with the states that only they need."""
    loop = Loop.of(node.op, node.inputs)
    parts: list[Any] = [*loop.states, *loop.outputs, *loop.shared]
    used = [graph.use_count(v) > 0 for v in node.outputs]
    if all(used) or not any(used):
        return None
    live = _needed(loop, parts, [part for part, u in zip(parts, used, strict=True) if u])
    if len(live) == len(parts):
        return None
    kept = {id(part) for part in live}
    loop.states = [s for s in loop.states if id(s) in kept]
    loop.outputs = [o for o in loop.outputs if id(o) in kept]
    loop.shared = [s for s in loop.shared if id(s) in kept]
    answers = iter(results(loop))
    return [next(answers) if id(part) in kept else None for part in parts]


def _needed(loop: Loop, parts: Iterable[Any], wanted: list[Any]) -> list[Any]:
    """`wanted` and the parts whose values their steps read."""
    made_by: dict[Any, Any] = {v: s for s in loop.states for v in s.inner}
    made_by.update((s.inner, s) for s in loop.shared)
    live = {id(part): part for part in wanted}
    todo = [part.value for part in wanted] + ([] if loop.condition is None else [loop.condition])
    inputs = loop.inner_inputs()
    while todo:
        found = ancestors(todo, inputs)
        todo = []
        for v in found:
            part = made_by.get(v)
            if part is not None and id(part) not in live:
                live[id(part)] = part
                todo.append(part.value)
    return [part for part in parts if id(part) in live]
