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
from theano.lower.fusion.groups import Group
from theano.lower.nests.interchange import Passed, form_of_steps
from theano.lower.state.dims import length
from theano.lower.state.step_loop import StepLoop


def emit_steps(asm: NestEmitter, loop: StepLoop) -> None:
    groups = asm.groups.get(loop.steps, [])
    form = form_of_steps(asm.b, loop, groups)
    one_by_one = partial(_emit_one_by_one, asm, loop)
    if form.together is None and not form.by_rows:
        one_by_one()
    elif form.together is None:
        steps = Steps(loop.step, loop.n, asm.b.machine.poll_steps)
        emit_in_slices(asm, groups, [r.inner for r in loop.rows], steps, one_by_one)
    elif not form.if_narrow:
        _emit_exchanged(asm, loop, groups[0], form.together)
    else:
        small = ex.le(asm.dims.product(tuple(groups[0].axes)), length(asm.b.machine.narrow))
        narrow = asm.block(partial(_emit_exchanged, asm, loop, groups[0], form.together))
        asm.statement(st.If(small, narrow, asm.block(one_by_one)))


def _emit_exchanged(asm: NestEmitter, loop: StepLoop, group: Group, passed: Sequence[Passed]) -> None:
    """All steps of an element together, a batch of steps at a time: somebody may press Ctrl-C."""
    steps = asm.b.machine.batch_steps
    batch, size = asm.b.fresh("c"), length(steps)
    first = ex.mul(ex.name(batch, "i64"), size)

    def call() -> None:
        count = ex.minimum(ex.sub(loop.n, first), size)
        with asm.making(group):
            nest = exchanged(asm, group, passed, loop.step, first, count)
            asm.call_kernel(st.Kernel("", nest.params, nest.body), list(nest.args))

    batches = ex.ashr(ex.add(loop.n, length(steps - 1)), length(steps.bit_length() - 1))
    asm.statement(st.For(batch, batches, "serial", [hs.Poll(), *asm.block(call)]))


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
