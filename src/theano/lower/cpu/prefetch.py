"""The statements of hints for memory that is needed soon (see `lower.plan.hints`)."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.nest import NestBuilder, looks
from theano.lower.nests.prefetch import Hint
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.values import Item

Block = list[st.Stmt]


def _place(nb: NestBuilder, hint: Hint) -> tuple[st.View, tuple[Expr, ...]]:
    value, axes = hint.access.value, hint.access.axes
    assert value is not None and axes is not None
    return nb.place(value, nb.position(axes))


def ahead(nb: NestBuilder, hints: Sequence[Hint], body: Block) -> None:
    """Ask, in a vector loop, for what it will come to."""
    body[:0] = [st.Prefetch(*_place(nb, hint), nb.b.machine.ahead, hint.written) for hint in hints]


def next_row(nb: NestBuilder, hints: Sequence[Hint], row: int, points: Expr, body: Block) -> None:
    """Ask for the row that is read next, or for more of this one.

    Rows have so many points; long ones would not stay in the cache until they are read.
    """
    made: Block = []
    for hint in hints:
        view, index = _place(nb, hint)
        if hint.in_next_row:
            near = ex.le(nb.local(points), length(nb.b.machine.kept_row // ex.ITEMSIZE[view.type]))
            step = ex.select(near, dict(zip(index, view.strides, strict=True))[nb.index_of[row]], ZERO)
            view = st.View(view.base, view.type, ex.add(view.offset, step), view.strides)
        made.append(st.Prefetch(view, index, 0, hint.written))
    body[:0] = made


def next_gathers(nb: NestBuilder, items: Sequence[Item], axis: int, rows: Sequence[Expr], body: Block) -> None:
    """Ask for what items will read at places that are loaded: those of some elements further on, of whatever row.

    No processor foresees them, and few of them are under way while it waits.
    """
    last = ex.sub(nb.local(nb.group.axes[axis]), ONE)
    around, here = (nb.block, nb.env, nb.loads), nb.index_of[axis]
    nb.block = made = list[st.Stmt]()
    for row in rows:
        nb.index_of[axis] = ex.minimum(ex.add(row, length(nb.b.machine.gathers_ahead)), last)
        nb.env, nb.loads = {}, {}
        for item in items:
            for value, places in looks(nb, item):
                made.append(st.Prefetch(*nb.place(value, places), 0, False))
    (nb.block, nb.env, nb.loads), nb.index_of[axis] = around, here
    body[:0] = made


def next_rows(nb: NestBuilder, hints: Sequence[Hint], axis: int, rows: Sequence[Expr], body: Block) -> None:
    """Ask, in the work on some rows of a block of columns, for as many more."""
    made: dict[bool, list[Block]] = {False: [], True: []}
    nb.index_of[axis] = first = rows[0]
    for hint in hints:
        view, index = _place(nb, hint)
        step = dict(zip(index, view.strides, strict=True))[first]
        view = st.View(view.base, view.type, ex.add(view.offset, ex.mul(step, length(len(rows)))), view.strides)
        places = [tuple([row if at is first else at for at in index]) for row in rows]
        made[hint.written].append(
            [st.Prefetch(view, place, 0, hint.written, nb.b.machine.rows_cache) for place in places]
        )
    body[:0] = [hint for blocks in made.values() for row in zip(*blocks, strict=True) for hint in row]
