"""The "perform" executor: nodes run one after the other in Python, by the `perform` of their op.

This is the reference meaning of a function, and what FAST_COMPILE and the debugging modes use.

* Only what is needed runs: branches of an `IfElse` are entered on demand.
* Values are dropped after their last reader.
* Updated shared variables are stored after the last node, so a failing call changes nothing.
* What is returned or stored is copied where it shares memory with something else that lives on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.compile.errors import check_present, raise_with_op, typed_result
from theano.compile.mode import Mode, Observer
from theano.compile.plan import EXECUTORS, Executor, FunctionPlan
from theano.compile.shared_variables.variables import detached_copy
from theano.compile.times.profiling import ProfileStats
from theano.graph import Apply, Constant, Variable
from theano.graph.op import overwritten_by, performer
from theano.ifelse import IfElse
from theano.tensor.type import TensorType


class NodeStep:
    """One node, with the slots its values live in."""

    __slots__ = ("copies", "dead", "index", "inputs", "lazy", "node", "outputs", "perform")

    def __init__(self, index: int, node: Apply, inputs: list[int], outputs: list[int], perform: Any = None) -> None:
        self.index = index
        self.node = node
        self.inputs = inputs
        self.outputs = outputs
        self.perform = performer(node) if perform is None else perform
        self.lazy = isinstance(node.op, IfElse)
        self.copies: list[int] = []  # positions among the inputs that the op overwrites and others still need
        self.dead: list[int] = []  # slots that nobody reads after this step


class PerformExecutor(Executor):
    """Interpreter of one function graph.

    Parameters
    ----------
    plan
        The function.
    profile
        Gets the time of every node, if given.
    before, after
        Observers of every node that runs.
    """

    def __init__(
        self,
        plan: FunctionPlan,
        profile: ProfileStats | None = None,
        before: Observer | None = None,
        after: Observer | None = None,
    ) -> None:
        self.plan = plan
        self.profile = profile
        self.before = before
        self.after = after
        fgraph = plan.fgraph
        self.order = list(fgraph.toposort())
        self._slot: dict[Variable, int] = {}
        self._initial: list[Any] = []
        for variable in fgraph.inputs:
            self._new_slot(variable)
        self.steps = [self._make_step(k, node) for k, node in enumerate(self.order)]
        for variable in fgraph.outputs:
            if variable not in self._slot:  # a constant that no node reads
                self._new_slot(variable)
        self._constants = {id(memory_owner(v)) for v in self._initial if isinstance(v, np.ndarray)}
        self.outputs = [self._slot[v] for v in fgraph.outputs]
        self.lazy = any(step.lazy for step in self.steps)
        self._producer = {slot: step for step in self.steps for slot in step.outputs}
        self._plan_memory()

    @classmethod
    def make(cls, plan: FunctionPlan, mode: Mode | None, profile: ProfileStats | None) -> PerformExecutor:
        """The executor of a mode with a "perform" linker, with the mode's observers."""
        before, after = (None, None) if mode is None else mode.observers()
        return cls(plan, profile, before, after)

    # ---- preparation ----

    def _new_slot(self, variable: Variable) -> int:
        slot = self._slot[variable] = len(self._initial)
        self._initial.append(variable.data if isinstance(variable, Constant) else None)
        return slot

    def _make_step(self, index: int, node: Apply, perform: Any = None) -> NodeStep:
        """The step of a node, run by `perform(values, cells)`: by default what its op says."""
        slots = self._slot
        inputs = [slots[v] if v in slots else self._new_slot(v) for v in node.inputs]
        return NodeStep(index, node, inputs, [self._new_slot(v) for v in node.outputs], perform)

    def _plan_memory(self) -> None:
        kept = set(self.outputs)
        kept.update(k for k, value in enumerate(self._initial) if value is not None)
        last_reader: dict[int, NodeStep] = {}
        for step in self.steps:
            for slot in (*step.inputs, *step.outputs):
                last_reader[slot] = step
        for slot, step in last_reader.items():
            if slot not in kept:
                step.dead.append(slot)
        self._readers = [0] * len(self._initial)
        for step in self.steps:
            for slot in set(step.inputs):
                self._readers[slot] += 1
        for slot in kept:
            self._readers[slot] += 1
        self._plan_destruction(last_reader)

    def _plan_destruction(self, last_reader: dict[int, NodeStep]) -> None:
        """Decide which overwritten inputs must be copied first: those that share memory with a value that is
        an input, a constant, an output or still read. (In demand-driven order every one of them.)"""
        if not any(step.node.op.destroy_map for step in self.steps):
            return
        group = list(range(len(self._initial)))  # slots that may share memory have one number
        members: dict[int, list[int]] = {k: [k] for k in group}
        for step in self.steps:
            for links in (step.node.op.view_map, step.node.op.destroy_map):
                for out, positions in links.items():
                    for position in positions:
                        _join(group, members, step.inputs[position], step.outputs[out])
        outputs = set(self.outputs)
        produced = self._producer.keys()
        for step in self.steps:
            for position in overwritten_by(step.node.op):
                slot = step.inputs[position]
                others = [s for s in members[group[slot]] if s not in step.outputs]
                free = not self.lazy and all(
                    s in produced and s not in outputs and last_reader[s].index <= step.index for s in others
                )
                if not free or step.inputs.count(slot) > 1:
                    step.copies.append(position)

    # ---- running ----

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        plan = self.plan
        slots = list(self._initial)
        n = plan.n_inputs
        slots[:n] = values
        for k, storage in enumerate(plan.storages, n):
            slots[k] = storage[0]
        check_present(plan.fgraph.inputs, slots[: len(plan.fgraph.inputs)])
        if self.lazy:
            self._run_on_demand(slots)
        else:
            for step in self.steps:
                self._run(step, slots)
                for slot in step.dead:
                    slots[slot] = None
        return self._commit(slots, values)

    def _run(self, step: NodeStep, slots: list[Any]) -> None:
        inputs = [slots[k] for k in step.inputs]
        for position in step.copies:
            inputs[position] = detached_copy(inputs[position])
        cells: list[list[Any]] = [[None] for _ in step.outputs]
        started = time.perf_counter() if self.profile is not None else 0.0
        try:
            if self.before is not None:
                self.before(step.index, step.node, inputs, cells)
            step.perform(inputs, cells)
            if self.after is not None:
                self.after(step.index, step.node, inputs, cells)
            results = [typed_result(step.node.op, v.type, c[0]) for v, c in zip(step.node.outputs, cells, strict=True)]
        except Exception as error:
            raise_with_op(step.node, error, inputs, self.plan.fgraph, step.index)
        if self.profile is not None:
            self.profile.add_node(step.node, time.perf_counter() - started, cells)
        for slot, result in zip(step.outputs, results, strict=True):
            slots[slot] = result

    def _run_on_demand(self, slots: list[Any]) -> None:
        """Run what the outputs need; of an `IfElse` first the condition, then the taken branch."""
        producer = self._producer
        done: set[int] = set()
        readers = list(self._readers)
        stack = [producer[slot] for slot in reversed(self.outputs) if slot in producer]
        while stack:
            step = stack[-1]
            if step.index in done:
                stack.pop()
                continue
            missing = [
                producer[slot]
                for slot in self._needed(step, slots, done)
                if slot in producer and producer[slot].index not in done
            ]
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            done.add(step.index)
            if step.lazy:
                self._choose(step, slots)
            else:
                self._run(step, slots)
            for slot in set(step.inputs):
                readers[slot] -= 1
                if not readers[slot]:
                    slots[slot] = None

    def _needed(self, step: NodeStep, slots: list[Any], done: set[int]) -> list[int]:
        if not step.lazy:
            return step.inputs
        condition = step.inputs[0]
        maker = self._producer.get(condition)
        if maker is not None and maker.index not in done:
            return [condition]
        return self._taken(step, slots)

    @staticmethod
    def _taken(step: NodeStep, slots: list[Any]) -> list[int]:
        n = len(step.outputs)
        return step.inputs[1 : 1 + n] if slots[step.inputs[0]] else step.inputs[1 + n : 1 + 2 * n]

    def _choose(self, step: NodeStep, slots: list[Any]) -> None:
        for out, slot in zip(step.outputs, self._taken(step, slots), strict=True):
            slots[out] = slots[slot]

    # ---- after the last node ----

    def _commit(self, slots: list[Any], values: Sequence[Any]) -> list[Any]:
        return commit(self.plan, [slots[k] for k in self.outputs], values, self._constants)


def commit(plan: FunctionPlan, results: list[Any], values: Sequence[Any], constants: set[int]) -> list[Any]:
    """Separate results from all that lives on, then store the new values and return the outputs.

    Parameters
    ----------
    plan
        The function.
    results
        The values of all outputs of its graph.
    values
        The arguments of the call.
    constants
        Identities of what owns the memory of the graph's constants.
    """
    for k, v in enumerate(plan.fgraph.outputs):
        if not isinstance(results[k], np.ndarray) and isinstance(v.type, TensorType):
            results[k] = np.asarray(results[k])
    taken = set(constants)
    for value in (*values, *(storage[0] for storage in plan.storages)):
        if value is not None:
            taken.update(map(id, _owners(value)))
    # New values first: an output that shows one is the one that is copied.
    for k in range(plan.n_outputs, len(results)):
        results[k] = _separate(results[k], taken)
    for k in range(plan.n_outputs):
        if not plan.borrow[k]:
            results[k] = _separate(results[k], taken)
    for k, storage in enumerate(plan.updates, plan.n_outputs):
        plan.storages[storage][0] = results[k]
    return results[: plan.n_outputs]


def memory_owner(value: Any) -> Any:
    """The object at the end of the chain of bases: what owns the memory of an array."""
    base = value
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return base


_IMMUTABLE = (str, bytes, int, float, complex, bool, type(None), np.generic, slice)


def _separate(value: Any, taken: set[int]) -> Any:
    """`value`, or a copy where its memory is in `taken`; adds the memory of the result to `taken`."""
    if isinstance(value, _IMMUTABLE):
        return value
    owners = _owners(value)
    foreign = isinstance(value, np.ndarray) and not isinstance(owners[0], np.ndarray)  # a buffer of somebody else
    if foreign or not taken.isdisjoint(map(id, owners)):
        value = detached_copy(value)
        owners = _owners(value)
    taken.update(map(id, owners))
    return value


def _owners(value: Any) -> list[Any]:
    """What owns the memory of a value: of an array the last of its bases; of a sparse matrix itself and its arrays'."""
    if isinstance(value, np.ndarray):
        return [memory_owner(value)]
    parts = [getattr(value, name, None) for name in ("data", "indices", "indptr")]
    return [value, *(memory_owner(part) for part in parts if isinstance(part, np.ndarray))]


def _join(group: list[int], members: dict[int, list[int]], a: int, b: int) -> None:
    first, second = group[a], group[b]
    if first == second:
        return
    if len(members[first]) < len(members[second]):
        first, second = second, first
    for slot in members[second]:
        group[slot] = first
    members[first].extend(members.pop(second))


EXECUTORS["perform"] = PerformExecutor
__all__ = ["EXECUTORS", "PerformExecutor", "memory_owner"]
