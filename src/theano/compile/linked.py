"""How linkers run a graph, and the executor of modes whose linker brings a thunk of its own."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from theano.compile.errors import check_present
from theano.compile.io import In
from theano.compile.linkers import Linker, NodeThunk, Runner
from theano.compile.mode import Mode
from theano.compile.overwritten import target_of, with_contents
from theano.compile.perform_vm import NodeStep, PerformExecutor, commit, memory_owner
from theano.compile.plan import EXECUTORS, Executor, FunctionPlan, executors_of
from theano.compile.shared_variables.variables import detached_copy
from theano.compile.times.profiling import ProfileStats
from theano.graph import Apply, Constant, FunctionGraph
from theano.graph.op import overwritten_by
from theano.ifelse import IfElse


def runner(linker: Linker, fgraph: FunctionGraph) -> Runner:
    """What runs a graph as functions of a mode with this linker do; it overwrites inputs where the graph does."""
    mode = Mode(linker, None)
    specs = with_contents([In(v) for v in fgraph.inputs], fgraph.outputs)
    overwritten = [k for k, spec in enumerate(specs) if spec.overwritten]
    n = len(fgraph.outputs)
    if overwritten:
        roots = [*fgraph.outputs, *(specs[k].update for k in overwritten)]
        fgraph = FunctionGraph(fgraph.inputs, roots, clone=True)
    count = len(fgraph.outputs)
    plan = FunctionPlan(fgraph, [In(v) for v in fgraph.inputs], count, borrow=[False] * count)
    run = executors_of(mode).make(plan, mode, None)

    def overwriting(values: Sequence[Any]) -> list[Any]:
        targets = [target_of(specs[k], k, values[k]) for k in overwritten]
        results = run(values)
        for target, new in zip(targets, results[n:], strict=True):
            if target is not None:
                np.copyto(target, new)
        return results[:n]

    return overwriting if overwritten else run


Linker.runners.append(runner)


class ThunkExecutor(Executor):
    """Calls the thunk that the linker of the mode makes of the whole graph; one call at a time."""

    def __init__(self, plan: FunctionPlan, linker: Any) -> None:
        self.plan = plan
        # A copy: the linker belongs to the mode, which makes other functions too.
        self.thunk, self.places, self.results = copy.copy(linker).accept(plan.fgraph).make_thunk()
        constants = [v.data for v in plan.fgraph.variables if isinstance(v, Constant)]
        self._constants = {id(memory_owner(data)) for data in constants if isinstance(data, np.ndarray)}
        self._turn = Lock()

    @classmethod
    def make(cls, plan: FunctionPlan, mode: Mode | None, profile: ProfileStats | None) -> ThunkExecutor:
        assert mode is not None
        return cls(plan, mode.linker)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        plan = self.plan
        with self._turn:
            given = [*values, *(storage[0] for storage in plan.storages)]
            check_present(plan.fgraph.inputs, given)
            for container, value in zip(self.places, given, strict=True):
                container.storage[0] = value
            self.thunk()
            return commit(plan, [container.storage[0] for container in self.results], values, self._constants)


class WrapExecutor(PerformExecutor):
    """Runs nodes one by one, each by the `wrapper` of the mode's linker, which is given a thunk by each of its linkers.

    What the first thunk computes is handed on. Nodes that choose a branch (`IfElse`) are not computed, so not told of.
    """

    def __init__(self, plan: FunctionPlan, linker: Any, profile: ProfileStats | None = None) -> None:
        self.linker = linker
        self.thunks: list[list[NodeThunk]] = []
        super().__init__(plan, profile)

    @classmethod
    def make(cls, plan: FunctionPlan, mode: Mode | None, profile: ProfileStats | None) -> WrapExecutor:
        assert mode is not None
        return cls(plan, mode.linker, profile)

    def _make_step(self, index: int, node: Apply, perform: Any = None) -> NodeStep:
        if isinstance(node.op, IfElse):
            self.thunks.append([])
            return super()._make_step(index, node)
        runners = [linker.runner_of(node) for linker in self.linker.linkers]
        overwritten = overwritten_by(node.op)

        def thunk(n: int, values: list[Any], cells: list[list[Any]]) -> NodeThunk:
            places = [[detached_copy(x) if n and k in overwritten else x] for k, x in enumerate(values)]
            return NodeThunk(node, runners[n], places, cells if n == 0 else [[None] for _ in cells])

        def run(values: list[Any], cells: list[list[Any]]) -> None:
            self.linker.wrapper(index, node, *(thunk(n, values, cells) for n in range(len(runners))))

        self.thunks.append(
            [thunk(n, [None] * len(node.inputs), [[None] for _ in node.outputs]) for n in range(len(runners))]
        )
        return super()._make_step(index, node, run)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        given = [*values, *(storage[0] for storage in self.plan.storages)]
        self.linker.pre(self, given, self.order, self.thunks)
        return super().__call__(values)


EXECUTORS["thunk"] = ThunkExecutor
EXECUTORS["wrapped"] = WrapExecutor
