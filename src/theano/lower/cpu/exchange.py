"""Loops over steps inside loops over elements.

Where a step is point-wise and reads states at its own element only, no element needs another one: all steps of an
element (of a few vectors of elements) run one after the other, and its states never leave the registers.
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.emitter import NestEmitter
from theano.lower.cpu.nest import Nest, NestBuilder, index_name, pruned
from theano.lower.fusion.groups import Group
from theano.lower.nests.interchange import Passed, plan_steps
from theano.lower.state.dims import length
from theano.lower.state.items import Pointwise
from theano.lower.state.values import Tensor, Value


class _Steps(NestBuilder):
    """A loop nest in which the states of earlier steps are in registers."""

    registers: dict[tuple[Tensor, Expr], Expr]

    def load(self, value: Value, position: Sequence[Expr | None], inside: Expr | None = None) -> Expr:
        if value.tensor is not None and value.offset is not None:
            found = self.registers.get((value.tensor, value.offset))
            if found is not None:
                return found
        return super().load(value, position, inside)


def exchanged(
    asm: NestEmitter, group: Group, passed: Sequence[Passed], step: str, first: Expr, count: Expr
) -> Nest:
    """The kernel for `count` steps from step `first` on; `step` is main's name for the number of the step."""
    stored = asm.prepare(group)
    plan = plan_steps(asm.b, group, stored)
    asm.plans.setdefault(group, []).append(plan)
    nb = _Steps(asm.b, group, plan, stored, asm.row_buffer)
    nb.registers = {}
    nb.own.add(step)
    for k in plan.order:
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
    nb.nest.body += _around(nb, whole)
    return pruned(nb.nest)


def _position(nb: NestBuilder, p: Passed) -> list[Expr | None]:
    return nb.position(nb.group.places[p.writer])


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


def _around(nb: NestBuilder, body: list[st.Stmt]) -> list[st.Stmt]:
    """The loops over the elements."""
    plan, group = nb.plan, nb.group
    nb.number_strides()
    for depth, axis in enumerate(reversed(plan.order)):
        kind, unroll = ("serial", 1) if depth else ("vector", plan.unroll)
        body = [st.For(index_name(nb.index_of[axis]), nb.local(group.axes[axis]), kind, body, unroll=unroll)]
    return body
