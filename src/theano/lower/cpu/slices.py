"""The statements of loops over steps that are cut into slices of rows (see `lower.plan.slices`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.emitter import NestEmitter
from theano.lower.cpu.nest import NestBuilder, index_name
from theano.lower.cpu.sweeps import emit_group
from theano.lower.fusion.groups import Group
from theano.lower.nests.slices import Slicing, plan_slices
from theano.lower.state.dims import length
from theano.lower.state.products import Product
from theano.lower.state.values import Tensor


class Steps(Record):
    """Of a loop: main's name for the number of the step, how many there are, and how many between looks at signals."""

    name: str
    count: Expr
    poll: int


def emit_in_slices(
    asm: NestEmitter, groups: Sequence[Group], states: Sequence[Tensor], steps: Steps, plain: Callable[[], None]
) -> None:
    """A loop over steps, in slices where that is right and the sizes allow it, else as `plain` emits it.

    `states` are the tensors that have an axis of steps before that of rows.
    """
    cut = plan_slices(asm.b, groups, set(states), steps.count, asm.bound, asm.stored_of)
    if cut is None:
        plain()
        return
    lo, hi = asm.b.fresh_length(), asm.b.fresh_length()
    around, asm.b.region = asm.b.region, groups[0].region
    block = asm.block(lambda: _emit_step(asm, groups, cut, lo, hi))
    asm.b.region = around

    def slices() -> None:
        b = asm.b
        batch, size = b.fresh("c"), length(steps.poll)
        first = ex.mul(ex.name(batch, "i64"), size)
        last = ex.minimum(steps.count, ex.add(first, size))
        least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0
        loop = st.For(steps.name, last, "serial", block, start=first)
        slices = hs.Slices(index_name(lo), index_name(hi), cut.rows, cut.weight, b.machine.slice_rows, least, [loop])
        batches = ex.idiv(ex.add(steps.count, length(steps.poll - 1)), size)
        asm.statement(st.For(batch, batches, "serial", [hs.Poll(), slices]))

    if cut.cond.op == "const" and cut.cond.value:
        slices()
    else:
        asm.statement(st.If(cut.cond, asm.block(slices), asm.block(plain)))


def _emit_step(asm: NestEmitter, groups: Sequence[Group], cut: Slicing, lo: Expr, hi: Expr) -> None:
    """The statements of a step for the rows from `lo` to `hi`."""
    for group in groups:
        with asm.making(group):
            _emit_group_of_step(asm, group, cut, lo, hi)


def _emit_group_of_step(asm: NestEmitter, group: Group, cut: Slicing, lo: Expr, hi: Expr) -> None:
    item, stored = group.items[0], asm.prepare(group)
    if isinstance(item, Product):
        for tensor in item.writes:
            asm.bind(tensor)
            asm.touch(tensor)
        item.call_slice(asm, lo, hi)
        return
    nest = cut.nests[group]
    asm.plans.setdefault(group, []).append(nest.plan)
    nb = NestBuilder(asm.b, group, nest.plan, stored, asm.row_buffer)
    kernel = emit_group(nb)
    assert nest.plan.sharing is not None
    own = hs.Ranges(ex.mul(hi, nest.per_row), nest.plan.sharing.weight, start=ex.mul(lo, nest.per_row))
    asm.call_kernel(kernel, list(nb.nest.args), own)
