"""Loops over steps: one step after the other, in slices of rows, or all steps of an element together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.schema import filled_slots
from theano.lower.cpu.emitter import NestEmitter
from theano.lower.cpu.exchange import exchanged
from theano.lower.cpu.slices import Steps, emit_in_slices
from theano.lower.dims import length
from theano.lower.items import Pointwise
from theano.lower.plan.exchange import Passed, exchangeable
from theano.lower.plan.groups import Group
from theano.lower.step_loop import StepLoop


def emit_steps(asm: NestEmitter, loop: StepLoop) -> None:
    groups = asm.groups.get(loop.steps, [])
    passed = _passed(asm, loop)
    if passed is None or len(groups) != 1 or not exchangeable(asm.b, groups[0], passed):
        _emit_by_steps(asm, loop, groups)
        return
    if not _streams(asm, loop, groups[0], passed):
        _emit_exchanged(asm, loop, groups[0], passed)
        return
    small = ex.le(asm.dims.product(tuple(groups[0].axes)), length(asm.b.machine.narrow))
    narrow = asm.block(lambda: _emit_exchanged(asm, loop, groups[0], passed))
    wide = asm.block(lambda: _emit_one_by_one(asm, loop))
    asm.statement(st.If(small, narrow, wide))


def _passed(asm: NestEmitter, loop: StepLoop) -> list[Passed] | None:
    """What a step hands on and gives, if all of that is rows in memory written by loops."""
    if loop.carries or loop.until is not None or loop.objects or len(loop.ends) != len(loop.rows):
        return None
    found = []
    for rows, writer in zip(loop.rows, loop.ends, strict=True):
        if not isinstance(writer, Pointwise) or rows.grows:
            return None
        place = partial(rows.row, asm.dims, lengths=tuple(rows.inner.dims[1:]))
        t = ex.name(loop.step, "i64")
        taps = {place(ex.add(t, length(rows.first + tap))).offset: -tap for tap in rows.taps}
        every = rows.keep is None or rows.keep > rows.first
        found.append(Passed(rows.inner, writer, rows.first, every, taps, place))
    return found


def _streams(asm: NestEmitter, loop: StepLoop, group: Group, passed: list[Passed]) -> bool:
    """Whether each step reads or writes other memory."""
    states = {p.tensor for p in passed}
    values = [v for item in group.items for v in item.reads if v.tensor is not None and v.tensor not in states]
    moving = any(v.offset is not None and not asm.b.known_outside(loop.steps, v.offset) for v in values)
    return moving or any(p.every for p in passed)


def _emit_exchanged(asm: NestEmitter, loop: StepLoop, group: Group, passed: list[Passed]) -> None:
    """All steps of an element together, a batch of steps at a time: somebody may press Ctrl-C."""
    steps = asm.b.machine.batch_steps
    batch, size = asm.b.fresh("c"), length(steps)
    first = ex.mul(ex.name(batch, "i64"), size)

    def call() -> None:
        count = ex.minimum(ex.sub(loop.n, first), size)
        nest = exchanged(asm, group, passed, loop.step, first, count)
        asm.call_kernel(st.Kernel("", nest.params, nest.body), list(nest.args))

    batches = ex.ashr(ex.add(loop.n, length(steps - 1)), length(steps.bit_length() - 1))
    asm.statement(st.For(batch, batches, "serial", [hs.Poll(), *asm.block(call)]))


def _emit_by_steps(asm: NestEmitter, loop: StepLoop, groups: Sequence[Group]) -> None:
    """One step after the other, in slices of rows where these need each other nowhere."""
    if loop.carries or loop.until is not None or loop.objects or any(r.grows for r in loop.rows):
        _emit_one_by_one(asm, loop)
    else:
        states = [r.inner for r in loop.rows]
        steps = Steps(loop.step, loop.n, asm.b.machine.poll_steps)
        emit_in_slices(asm, groups, states, steps, lambda: _emit_one_by_one(asm, loop))


def _emit_one_by_one(asm: NestEmitter, loop: StepLoop) -> None:
    body = asm.region_block(loop.steps)
    left = filled_slots(body)
    moved = {s.source for s in st.walk(body) if isinstance(s, hs.Move)}
    t, last = ex.name(loop.step, "i64"), length(asm.b.machine.poll_steps - 1)
    look = st.If(ex.eq(ex.and_(t, last), last), [hs.Poll()], [])
    front: list[st.Stmt] = [*(hs.Release(k) for k in left if k not in moved), look]
    carried = [
        st.Carried(c.name, "state", c.type, c.init, c.next, c.result) for c in loop.carries if c.next is not None
    ]
    asm.statement(
        st.For(loop.step, loop.n, "serial", [*front, *body], carried, until=loop.until, count=loop.count)
    )
