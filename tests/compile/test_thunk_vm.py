"""Machines that run thunks: in order, or what is needed only."""

from __future__ import annotations

from typing import Any

import pytest
from theano.compile.profiling import ProfileStats
from theano.gof.vm import VM, Loop, LoopGC, Stack

import theano
import theano.tensor as T
from theano import FunctionGraph
from theano.compile.linkers import PerformLinker

x, y = T.dscalars("x", "y")


class Made:
    """The thunks of two outputs that share an input: ``exp(x) + y`` and ``log(y)``."""

    def __init__(self) -> None:
        self.fgraph = FunctionGraph([x, y], [T.exp(x) + y, T.log(y)], clone=False)
        self.places: dict[Any, list[Any]] = {}
        linker = PerformLinker().accept(self.fgraph)
        _, self.inputs, self.outputs, self.thunks, self.nodes = linker.make_all(storage_map=self.places)
        for container, value in zip(self.inputs, (0.0, 1.0), strict=True):
            container.value = value
        self.computed = {v: [False] for v in self.places}

    def values(self) -> list[Any]:
        return [None if c.storage[0] is None else float(c.storage[0]) for c in self.outputs]

    def stack(self, n_updates: int = 0, allow_gc: bool = False, **more: Any) -> Stack:
        return Stack(self.nodes, self.thunks, [], self.places, self.computed, self.fgraph, allow_gc, n_updates, **more)

    def place(self, op: Any) -> Any:
        return next(self.places[n.outputs[0]] for n in self.nodes if n.op == op)


def test_loops() -> None:
    made = Made()
    cleared = made.place(T.exp)
    loop = Loop(made.nodes, made.thunks, [cleared])
    loop.time_thunks = True
    loop()
    assert made.values() == [2, 0] and loop.call_counts == [1] * 3 and not loop.allow_gc and cleared[0] == 1
    profile = ProfileStats()
    loop.update_profile(profile)
    assert sum(profile.apply_callcount.values()) == 3 * profile.flag_time_thunks and loop.call_counts == [0] * 3
    loop.clear_storage()
    assert made.values() == [None, None]
    after = [[made.place(T.exp)] if n.op == T.add else [] for n in made.nodes]
    LoopGC(made.nodes, made.thunks, [], after)()
    assert made.values() == [2, 0] and cleared == [None] and LoopGC.allow_gc


def test_what_is_needed_runs() -> None:
    made = Made()
    made.stack()([1])
    assert made.values() == [None, 0] and made.place(T.exp) == [None]
    made.stack()()
    assert made.values() == [2, 0]
    other = Made()
    other.stack(n_updates=1)([])
    assert other.values() == [None, 0]  # the new value of a variable
    third = Made()
    third.stack(allow_gc=True)()
    assert third.values() == [2, 0] and third.place(T.exp) == [None] and third.places[third.fgraph.inputs[0]] != [None]


def test_stacks_call_back() -> None:
    ran, begun = [], []
    made = Made()
    made.stack(
        callback=lambda node, thunk, storage_map, compute_map: ran.append((node.op, float(thunk.outputs[0][0]))),
        callback_input=lambda var, value: begun.append((var, float(value))),
    )()
    assert sorted(value for _, value in ran) == [0, 1, 2] and {op for op, _ in ran} == {T.exp, T.add, T.log}
    assert dict(begun) == {x: 0, y: 1}


def test_lazy_thunks_choose() -> None:
    """The one of `switch` asks for its condition, and then for one side."""
    fgraph = FunctionGraph([x, y], [T.switch(x, T.exp(y), T.log(y))], clone=False)
    places: dict[Any, list[Any]] = {}
    _, inputs, outputs, thunks, nodes = PerformLinker().accept(fgraph).make_all(storage_map=places)
    computed = {v: [False] for v in places}
    last = fgraph.outputs[0].owner
    ran = []

    def choose() -> Any:
        side = 1 if places[x][0] else 2
        if not computed[last.inputs[side]][0]:
            return [side]
        places[last.outputs[0]][0] = places[last.inputs[side]][0]
        return None

    choose.lazy = True  # type: ignore[attr-defined]
    lazy = [choose if n is last else t for n, t in zip(nodes, thunks, strict=True)]
    vm = Stack(
        nodes, lazy, [], places, computed, fgraph, False, 0, callback=lambda node, **kw: ran.append(node.op)
    )
    for condition, value, op, other in ((1.0, 0.0, T.exp, T.log), (0.0, 1.0, T.log, T.exp)):
        inputs[0].value, inputs[1].value = condition, value
        ran.clear()
        vm()
        assert float(outputs[0].storage[0]) == (1 if condition else 0) and op in ran and other not in ran
    choose_again = lambda: [0]  # noqa: E731
    choose_again.lazy = True  # type: ignore[attr-defined]
    asks = [choose_again if n is last else t for n, t in zip(nodes, thunks, strict=True)]
    with pytest.raises(ValueError, match="which are computed"):
        Stack(nodes, asks, [], places, computed, fgraph, False, 0)()


def test_refusals() -> None:
    made = Made()
    with pytest.raises(ValueError, match="1 thunks for 3 nodes"):
        VM(made.nodes, made.thunks[:1], [])
    with pytest.raises(ValueError, match="0 lists of places"):
        LoopGC(made.nodes, made.thunks, [], [])
    with pytest.raises(NotImplementedError, match="in which order"):
        VM(made.nodes, made.thunks, [])()

    def fail() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="Apply node that caused the error"):
        Loop(made.nodes, [fail] * 3, [])()
    assert theano.gof.vm.VM is VM
