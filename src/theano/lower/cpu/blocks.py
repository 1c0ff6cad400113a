"""The statements of a stretch of main that goes by in blocks of rows (see `lower.plan.blocks`)."""

from __future__ import annotations

from collections.abc import Sequence

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.emitter import NestEmitter
from theano.lower.cpu.nest import index_name
from theano.lower.fusion.groups import Group
from theano.lower.memory.row_tiles import Stretch
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.emitter import Argument
from theano.lower.state.products import Product


class _Block(Record):
    """The rows from `lo` to the one before `hi`, in the place of slot `slot`."""

    slot: Expr
    lo: Expr
    hi: Expr


def emit_in_blocks(
    asm: NestEmitter, stretch: Stretch, steps: Sequence[tuple[Group, st.Stmt]], plain: list[st.Stmt]
) -> None:  # fmt: skip
    """Blocks of rows, if the sizes allow it, of the `steps`, a call each; else all that is `plain`."""
    b, turn = asm.b, asm.b.fresh("c")
    blocks = b.named(ex.idiv(ex.add(stretch.rows, ex.sub(stretch.block, ONE)), stretch.block), 0)
    if stretch.slots == 1:
        body = _block(asm, stretch, ex.name(turn, "i64"), ZERO, steps)
        turns = blocks
    else:
        slots = length(stretch.slots)
        begun, (first, last, slot) = ex.mul(ex.name(turn, "i64"), slots), (b.fresh_length() for _ in range(3))
        # a thread makes the blocks of a slice one after the other, all in the place of the first: it stays in the cache
        inside = _block(asm, stretch, ex.add(begun, slot), first, steps)
        loop = st.For(index_name(slot), last, "serial", inside, start=first)
        least, weight = max(b.machine.least_work(), 1), b.dims.normal(ex.mul(stretch.weight, stretch.block))
        body = [hs.Slices(index_name(first), index_name(last), slots, weight, 1, least, [loop])]
        turns = ex.idiv(ex.add(blocks, length(stretch.slots - 1)), slots)
    by_turns = st.For(turn, turns, "serial", [hs.Poll(), *body])
    if not stretch.always:
        b.same_work.add(by_turns)
    with asm.making(steps[0][0]):
        asm.statement(by_turns if stretch.always else st.If(stretch.cond, [by_turns], plain))


def _block(
    asm: NestEmitter, stretch: Stretch, number: Expr, slot: Expr, steps: Sequence[tuple[Group, st.Stmt]]
) -> list[st.Stmt]:  # fmt: skip
    """The steps for the rows of block `number`, in the place of a slot; the last blocks of a turn may have no rows."""
    lo, hi = asm.b.fresh_length(), asm.b.fresh_length()
    rows = _Block(slot, lo, hi)
    return [
        st.Let(index_name(lo), ex.minimum(ex.mul(number, stretch.block), stretch.rows)),
        st.Let(index_name(hi), ex.minimum(ex.add(lo, stretch.block), stretch.rows)),
        *asm.block(lambda: _emit_steps(asm, stretch, rows, steps)),
    ]


def _emit_steps(
    asm: NestEmitter, stretch: Stretch, block: _Block, steps: Sequence[tuple[Group, st.Stmt]]
) -> None:  # fmt: skip
    """The steps for the rows of a block."""
    rows = {memory.name: row for memory, row in stretch.inside.items()}

    def moved(arg: Argument) -> Argument:
        """What stays inside has room for the rows of a block in each slot."""
        row = rows.get(arg[0]) if isinstance(arg, tuple) else None
        if row is None:
            return arg
        assert isinstance(arg, tuple)
        base, offset, type_ = arg
        start = ex.sub(ex.mul(block.slot, stretch.block), block.lo)
        return base, ex.add(offset, ex.mul(start, row)), type_

    for group, whole in steps:
        cut, item = stretch.cuts[group], group.items[0]
        first, last = (ex.mul(row, cut.per_row) for row in (block.lo, block.hi))
        stmt: st.Stmt
        if isinstance(whole, hs.CallKernel):
            assert whole.ranges is not None
            ranges = hs.Ranges(last, whole.ranges.weight, start=first)
            stmt = hs.CallKernel(whole.kernel, list(map(moved, whole.args)), ranges)
        else:
            assert isinstance(item, Product)
            stmt = item.some(asm, first, last, moved, stretch.slots > 1)
        asm.whole_of[stmt] = whole
        with asm.making(group):
            asm.statement(stmt)
