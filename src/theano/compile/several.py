"""Functions whose inputs, shared variables or results consist of several arrays, as functions of these arrays.

`graph.expansion` writes operations on such values as operations on their arrays, before the graph is rewritten.
`Border` makes of a function's plan one whose inputs, storages and outputs are arrays, which is all that compiled code
knows; around a call it takes arguments and shared values apart, and puts results and new values together. What a
function returns is its own, so arrays of a result that are those of an argument (the structure of a sparse matrix) are
copied there, unless the result may be borrowed; new values of shared variables keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from copy import copy
from threading import Condition, get_ident
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from theano.base.record import Record
from theano.compile.io import In
from theano.compile.plan import FunctionPlan
from theano.graph import FunctionGraph
from theano.graph.expansion import Expansion, has_parts, known_parts
from theano.graph.origin import inherit_origin
from theano.native.support.loading import Using
from theano.runtime import fork

__all__ = ["Border"]


class _Place(Record):
    """Where the arrays of an input or storage are among all arrays: its type, the first, and how many."""

    kind: Any
    first: int
    size: int


class _Given(Record, eq=True):
    """A part of a result that is one of an input or a storage: the first array of it, and how many."""

    in_storage: bool
    first: int
    size: int


class _Result(Record):
    """What a result consists of: its type, and for each part the number of an output, or what was given."""

    kind: Any
    parts: list[int | _Given]


class _Renewed(Record):
    """A storage that gets a new value: its number, its place, the new value, and which of its arrays are written."""

    storage: int
    place: _Place
    value: _Result
    written: tuple[int, ...]


class _Cells:
    """The lists that hold the arrays of a storage for compiled code: the same ones for all functions that use it.

    They get other arrays only while no other thread is in a call that reads them.
    """

    __slots__ = ("__weakref__", "calls", "lists", "storage")

    def __init__(self, storage: list[Any], count: int) -> None:
        self.storage = storage
        self.lists: list[list[Any]] = [[None] for _ in range(count)]
        self.calls: dict[int, int] = {}  # by thread

    def enter(self, arrays: Sequence[Any]) -> None:
        """Begin a call that reads these arrays."""
        me = get_ident()
        with _TURN:
            if any(cell[0] is not array for cell, array in zip(self.lists, arrays, strict=True)):
                while self.calls.keys() - {me}:
                    _TURN.wait()
                for cell, array in zip(self.lists, arrays, strict=True):
                    cell[0] = array
            self.calls[me] = self.calls.get(me, 0) + 1

    def leave(self) -> None:
        me = get_ident()
        with _TURN:
            self.calls[me] -= 1
            if not self.calls[me]:
                del self.calls[me]
                _TURN.notify_all()
            if not self.calls:  # nobody keeps the arrays of a matrix that is replaced
                for cell in self.lists:
                    cell[0] = None

    @classmethod
    def of(cls, storage: list[Any], count: int) -> _Cells:
        found = _CELLS.get(id(storage))
        if found is None:
            found = _CELLS[id(storage)] = cls(storage, count)
        return found


_CELLS: WeakValueDictionary[int, _Cells] = WeakValueDictionary()
_TURN = Condition()


def _begin_child() -> None:
    """Other threads, and their calls, are not there after a fork."""
    me = get_ident()
    for cells in list(_CELLS.values()):
        for thread in cells.calls.keys() - {me}:
            del cells.calls[thread]
    _TURN.release()


fork.hold("cells", _TURN.acquire, _TURN.release, _begin_child)


class Border:
    """A plan in terms of arrays, and what happens around its calls.

    Attributes
    ----------
    plan
        The plan of the function of arrays.
    """

    @classmethod
    def of(cls, plan: FunctionPlan) -> Border | None:
        """The border of a function; None if all its values are one thing each."""
        leaves = (*plan.fgraph.inputs, *plan.fgraph.outputs)
        return cls(plan) if any(map(has_parts, leaves)) else None

    def __init__(self, plan: FunctionPlan) -> None:
        n, given = plan.n_inputs, plan.fgraph.inputs
        self.borrow = plan.borrow
        self._known: dict[Any, Any] = {}
        self._given: dict[Any, _Given] = {}
        inputs: list[Any] = []
        specs: list[In] = []
        self.places = [self._leaves(v, inputs, False) for v in given[:n]]
        for place, spec in zip(self.places, plan.inputs, strict=True):
            count = 1 if place is None else place.size
            new = inputs[len(specs) : len(specs) + count]
            specs += [_for_variable(spec, new[0])] if place is None else [In(leaf) for leaf in new]
        shared: list[Any] = []
        self.whole_storages = plan.storages
        self.stores = [self._leaves(v, shared, True) for v in given[n:]]
        self._firsts = _firsts(self.stores)
        self.cells: list[_Cells] = []
        self.storages: list[list[Any]] = []
        for place, storage in zip(self.stores, plan.storages, strict=True):
            if place is None:
                self.storages.append(storage)
            else:
                self.cells.append(_Cells.of(storage, place.size))
                self.storages += self.cells[-1].lists
        results = Expansion(self._known).of(plan.fgraph.outputs)
        self._outputs: list[Any] = []
        self.returned = [self._result(v) for v in results[: plan.n_outputs]]
        updates: list[tuple[int, Any]] = []
        self.renewed: list[_Renewed] = []
        for k, v in zip(plan.updates, results[plan.n_outputs :], strict=True):
            self._update(k, v, updates)
        outputs = [*self._outputs, *(v for _, v in updates)]
        self.plan = FunctionPlan(
            FunctionGraph([*inputs, *shared], outputs, clone=True), specs, len(self._outputs), self.storages,
            [k for k, _ in updates], [False] * len(self._outputs), plan.name,
        )  # fmt: skip

    # -- the plan --------------------------------------------------------------------------------------------
    def _leaves(self, v: Any, to: list[Any], in_storage: bool) -> _Place | None:
        """Put leaves for an input or a storage behind others; where they are, if there are several."""
        kind, first = v.type, len(to)
        if kind.parts is None:
            own = self._known[v] = v.clone()
            own.name = v.name
            self._known[own] = own
            to.append(own)
            return None
        with inherit_origin(v):
            leaves = kind.parts.leaves(kind, v.name)
            parts = kind.parts.of_leaves(kind, leaves)
        to += leaves
        whole = self._known[v] = kind.parts.make(kind, parts)
        for known in (*leaves, *parts, whole):
            self._known[known] = known
        for part, (start, count) in zip(parts, kind.parts.spans, strict=True):
            self._given[part] = _Given(in_storage, first + start, count)
        return _Place(kind, first, len(leaves))

    def _parts(self, v: Any) -> list[Any]:
        found = known_parts(v)
        return Expansion(self._known).of(v.type.parts.take(v.type, v)) if found is None else found

    def _result(self, v: Any) -> _Result | int:
        """Take a result, or its parts, into the outputs. The first part is an array of its own."""
        if not has_parts(v):
            return self._output(v)
        parts: list[int | _Given] = [
            self._output(part) if not k or part not in self._given else self._given[part]
            for k, part in enumerate(self._parts(v))
        ]
        return _Result(v.type, parts)

    def _output(self, v: Any) -> int:
        self._outputs.append(v)
        return len(self._outputs) - 1

    def _update(self, k: int, v: Any, updates: list[tuple[int, Any]]) -> None:
        """Let a storage get a new value: each array that is another one is written or replaced by compiled code."""
        place, first = self.stores[k], self._firsts[k]
        if place is None:
            updates.append((first, v))
            return
        parts: list[int | _Given] = []
        written = []
        spans = place.kind.parts.spans
        for part, (start, count) in zip(self._parts(v), spans, strict=True):
            own = _Given(True, place.first + start, count)
            if self._given.get(part) != own and count == 1:
                updates.append((place.first + start, part))
                written.append(place.first + start)
            parts.append(own if count == 1 or self._given.get(part) == own else self._output(part))
        self.renewed.append(_Renewed(k, place, _Result(v.type, parts), tuple(written)))

    # -- calls -----------------------------------------------------------------------------------------------
    def call(self, run: Callable[[Sequence[Any]], list[Any]], values: Sequence[Any]) -> list[Any]:
        """Run the function of arrays on values; its results, and new values of storages."""
        with ExitStack() as held:
            for renewed in sorted(self.renewed, key=lambda r: id(self.whole_storages[r.storage])):
                held.enter_context(Using(self.whole_storages[renewed.storage], update=True))
            given, before, cells = self.open(values)
            # in one order, so that no two calls wait for each other
            for own, arrays in sorted(zip(self.cells, cells, strict=True), key=lambda pair: id(pair[0])):
                own.enter(arrays)
                held.callback(own.leave)
            results = run(given)
            self._renew(results, before)
        return [
            results[r] if isinstance(r, int) else self._value(r, results, given, before, own=not borrowed)
            for r, borrowed in zip(self.returned, self.borrow, strict=True)
        ]

    def open(self, values: Sequence[Any]) -> tuple[list[Any], list[Any], list[list[Any]]]:
        """The arrays of arguments, those of storages, and what compiled code gets of these in lists of its own."""
        before: list[Any] = []
        for place, storage in zip(self.stores, self.whole_storages, strict=True):
            before += storage if place is None else place.kind.parts.arrays(place.kind, storage[0])
        # somebody may share the structure of an old value that is replaced
        copied = {k for renewed in self.renewed for k in renewed.written if k != renewed.place.first}
        cells = []
        for place in self.stores:
            if place is not None:
                own = range(place.first, place.first + place.size)
                cells.append([before[k].copy() if k in copied else self._held(k, before[k]) for k in own])
        given: list[Any] = []
        for place, value in zip(self.places, values, strict=True):
            given += [value] if place is None else place.kind.parts.arrays(place.kind, value)
        return given, before, cells

    def _held(self, k: int, array: Any) -> Any:
        """An array as a list holds it: a length is a number, and compiled code takes an array, the same one again."""
        if isinstance(array, np.ndarray):
            return array
        there = self.storages[k][0]
        return there if there is not None and there == array else np.array(array)

    def _renew(self, results: list[Any], before: list[Any]) -> None:
        for renewed in self.renewed:
            now = [cell[0] for cell in self.storages]
            replaced = any(now[k] is not before[k] for k in renewed.written)
            if replaced or any(isinstance(part, int) for part in renewed.value.parts):
                self.whole_storages[renewed.storage][0] = self._value(renewed.value, results, [], now)

    def _value(
        self, result: _Result, outputs: list[Any], given: list[Any], stored: list[Any], own: bool = False
    ) -> Any:
        """Put a value together, of arrays of its `own` if that is wanted."""
        parts = []
        for part in result.parts:
            if isinstance(part, int):
                parts.append(outputs[part])
            else:
                arrays = (stored if part.in_storage else given)[part.first : part.first + part.size]
                parts.append(arrays if part.size > 1 else arrays[0].copy() if own else arrays[0])
        return result.kind.parts.value(result.kind, parts)


def _firsts(places: Sequence[_Place | None]) -> list[int]:
    """The numbers of the first arrays of storages."""
    found, total = [], 0
    for place in places:
        found.append(total)
        total += 1 if place is None else place.size
    return found


def _for_variable(spec: In, v: Any) -> In:
    """What was said about an input, for another variable."""
    made = copy(spec)
    made.variable = v
    return made
