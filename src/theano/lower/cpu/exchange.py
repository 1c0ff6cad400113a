"""Loops over steps inside loops over elements.

Where a step is point-wise and reads states at its own element only, no element needs another one: all steps of an
element (of a few vectors of elements) run one after the other, and its states never leave the registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder, c_strides
from theano.lower.cpu.emitter import NestEmitter
from theano.lower.cpu.nest import Nest, NestBuilder, pruned
from theano.lower.cpu.sweeps import axis_order, collapse
from theano.lower.dims import length
from theano.lower.items import Item, Pointwise
from theano.lower.plan.groups import Group
from theano.lower.values import Tensor, Value

# States whose last rows fit into registers.
MAX_REGISTERS = 6
# Steps of up to this cost take two vectors at once: a chain of operations leaves most of the machine idle.
PAIRED_COST = 24


@dataclass(slots=True)
class Passed:
    """A state or an output of a step.

    `writer` writes its row; `taps` are the offsets of the rows that steps read, by the number of steps that these lie
    back; `first` is the number of initial rows, and `place(number)` gives row `number` as a view. Without `every`
    only the last `first` rows are wanted.
    """

    tensor: Tensor
    writer: Item
    first: int
    every: bool
    taps: dict[Expr | None, int]
    place: Callable[[Expr], Value]


def exchangeable(b: Builder, group: Group, passed: Sequence[Passed]) -> bool:
    """Whether the steps of a loop that consists of one loop nest can run inside it."""
    if group.special or group.serial or group.red or not group.axes:
        return False
    if any(p.writer not in group.places or p.first > MAX_REGISTERS or p.tensor.type == "f16" for p in passed):
        return False
    by_tensor = {p.tensor: p for p in passed}
    for item in group.items:
        assert isinstance(item, Pointwise)
        if item.scatter is not None or (item.target is not None and item.out not in by_tensor):
            return False
        if any(v.tensor in by_tensor for v in item.indirect):
            return False
        for value, axes in zip(item.reads, item.maps, strict=True):
            found = by_tensor.get(value.tensor) if value.tensor is not None else None
            if found is None:
                continue
            own = tuple(None if a is None else group.places[item][a] for a in axes)
            rows = c_strides(b.dims, found.tensor.dims)[1:]
            if value.offset not in found.taps or value.strides != rows or own != group.places[found.writer]:
                return False
    return all(b.native(p.tensor.type) for p in passed)


class _Steps(NestBuilder):
    """A loop nest in which the states of earlier steps are in registers."""

    registers: dict[tuple[Tensor, Expr], Expr]

    def load(self, value: Value, position: Sequence[Expr | None]) -> Expr:
        if value.tensor is not None and value.offset is not None:
            found = self.registers.get((value.tensor, value.offset))
            if found is not None:
                return found
        return super().load(value, position)


def exchanged(asm: NestEmitter, group: Group, passed: Sequence[Passed], step: str, first: Expr, count: Expr) -> Nest:
    """The kernel for `count` steps from step `first` on; `step` is main's name for the number of the step."""
    nb = _Steps(asm.b, group, set(asm.prepare(group)), asm.row_buffer)
    nb.registers = {}
    nb.own.add(step)
    order = axis_order(nb)
    for k in order:
        nb.index_of[k] = nb.define("i", "i64")[1]
    start, extent = nb.local(first), nb.local(count)
    before: list[st.Stmt] = []
    nb.block = before
    carried: list[st.Carried] = []
    chains = [_registers(nb, p, start, carried) for p in passed]
    inner, t = nb.define("t", "i64")
    body: list[st.Stmt] = [st.Let(step, ex.add(start, t))]
    nb.block, nb.stores, nb.loads = body, [], {}
    for p, chain in zip(passed, chains, strict=True):
        assert isinstance(p.writer, Pointwise)
        result = nb.compute(p.writer)
        if p.every:
            nb.store_result(p.writer, result)
        if chain:
            chain[0].next = ex.cast(result, chain[0].type)
            for newer, older in zip(chain, chain[1:], strict=False):
                older.next = ex.name(newer.name, newer.type)
    body += nb.stores
    nb.stores = []
    whole: list[st.Stmt] = [*before, st.For(inner, extent, "serial", body, carried)]
    for p, chain in zip(passed, chains, strict=True):
        if not p.every:
            whole += _last_rows(nb, p, chain, ex.add(start, extent))
    nb.nest.body += _around(nb, order, whole)
    return pruned(nb.nest)


def _position(nb: NestBuilder, p: Passed) -> list[Expr | None]:
    return [None if k is None else nb.index_of[k] for k in nb.group.places[p.writer]]


def _registers(nb: _Steps, p: Passed, start: Expr, carried: list[st.Carried]) -> list[st.Carried]:
    """The last rows of a state, the newest first, loaded before the first step."""
    chain: list[st.Carried] = []
    if not p.taps:
        return chain
    type_ = st.load_type(p.tensor.type)
    for back in range(1, p.first + 1):
        row = p.place(ex.add(start, length(p.first - back)))
        view, index = nb.place(row, _position(nb, p))
        loaded, init = nb.define("x", type_)
        nb.block.append(st.Load(loaded, view, index))
        name, value = nb.define("s", type_)
        result, _ = nb.define("z", type_)  # r is what main calls totals
        chain.append(st.Carried(name, "state", type_, init, value, result))
        for offset, tap in p.taps.items():
            if tap == back and offset is not None:
                nb.registers[p.tensor, offset] = value
    carried += chain
    return chain


def _last_rows(nb: NestBuilder, p: Passed, chain: list[st.Carried], end: Expr) -> list[st.Stmt]:
    stores: list[st.Stmt] = []
    for back, c in enumerate(chain, 1):
        row = p.place(ex.add(end, length(p.first - back)))
        view, index = nb.place(row, _position(nb, p))
        stores.append(st.Store(view, index, ex.name(c.result, c.type)))
    return stores


def _around(nb: NestBuilder, order: list[int], body: list[st.Stmt]) -> list[st.Stmt]:
    """The loops over the elements."""
    unroll = 2 if nb.group.cost <= PAIRED_COST else 1
    flat = collapse(nb, order, body)
    if flat is not None:
        body, extent = flat
        return [st.For(str(nb.index_of[order[-1]].value), extent, "vector", body, unroll=unroll)]
    kind = "vector"
    for axis in reversed(order):
        loop = st.For(str(nb.index_of[axis].value), nb.local(nb.group.axes[axis]), kind, body)
        if kind == "vector":
            loop.unroll = unroll
        body, kind = [loop], "serial"
    return body
