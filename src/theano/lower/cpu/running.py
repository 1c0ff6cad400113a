"""Running sums and what else goes along an axis in order: rows of it at once, or around blocks of columns."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.cpu.nest import NestBuilder, index_name
from theano.lower.cpu.prefetch import next_rows
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.items import Item, Pointwise, Running

Block = list[st.Stmt]


def running(nb: NestBuilder) -> None:
    """Fill in the kernel's body."""
    if nb.plan.width:
        _down_columns(nb)
    else:
        _along_rows(nb)


def _items(nb: NestBuilder) -> list[Running]:
    return [i for i in nb.group.items if isinstance(i, Running)]


def _type(item: Running) -> str:
    """Of the numbers that an item carries, in registers."""
    assert item.out is not None
    return st.load_type(item.out.type if item.target is None else item.target.type)


def _point(nb: NestBuilder, body: Block, before: dict[Item, Expr]) -> dict[Item, Expr]:
    """The work of one point after `body`, and what the running items hand on; stores are to come at the end."""
    nb.env, nb.loads, nb.block = {}, {}, body
    nb.before = before
    found: dict[Item, Expr] = {}
    for item in nb.group.items:
        assert isinstance(item, Pointwise)
        if not isinstance(item, Running) and not nb.wants_store(item):
            continue
        known = None if item.out is None or item.is_window() else nb.env.get(item.out)
        result = nb.compute(item) if known is None else known
        if isinstance(item, Running):
            found[item] = result if item.handed is None else nb.evaluated(item, item.handed)
        if nb.wants_store(item):
            nb.store_result(item, result)
    return found


# -- along rows ------------------------------------------------------------------------------------------------
def _along_rows(nb: NestBuilder) -> None:
    """Rows are walked along together: what one of them waits for is no concern of the others."""
    *outer, along = nb.plan.order
    if not outer:
        nb.nest.body += _rows(nb, along, None, [])
        return
    row = outer.pop()
    index, count = nb.index_of[row], nb.local(nb.group.axes[row])
    at_once = nb.plan.rows
    body: Block
    if nb.plan.in_slices:
        loop = st.For(index_name(index), count, "serial", _rows(nb, along, row, [index]))
        body = [loop if outer else nb.outermost(loop)]
    elif is_const(count, at_once):
        body = _rows(nb, along, row, [length(k) for k in range(at_once)])
    else:
        chunk_name, chunk = nb.define("i", "i64")
        first = ex.mul(chunk, length(at_once))
        stop = ex.minimum(ex.add(first, length(at_once)), count)
        together = _rows(nb, along, row, [ex.add(first, length(k)) for k in range(at_once)])
        alone = st.For(index_name(index), stop, "serial", _rows(nb, along, row, [index]), start=first)
        chunks = ex.idiv(ex.add(count, length(at_once - 1)), length(at_once))
        is_full = ex.eq(ex.sub(stop, first), length(at_once))
        loop = st.For(chunk_name, chunks, "serial", [st.If(is_full, together, [alone])])
        body = [loop if outer else nb.outermost(loop)]
    nb.index_of[row] = index
    for axis in reversed(outer):
        around = st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", body)
        body = [nb.outermost(around) if axis == outer[0] else around]
    nb.nest.body += body


def _rows(nb: NestBuilder, along: int, row: int | None, rows: Sequence[Expr]) -> Block:
    """Some rows together, from the first position to the last."""
    body: Block = []
    nb.stores = []
    carried: list[st.Carried] = []
    for at in rows or [ZERO]:
        if row is not None:
            nb.index_of[row] = at
        before = {i: nb.define("s", _type(i)) for i in _items(nb)}
        found = _point(nb, body, {i: number for i, (_, number) in before.items()})
        for item, (name, _) in before.items():
            result, type_ = nb.define("z", _type(item))[0], _type(item)
            carried.append(st.Carried(name, "state", type_, nb.local(item.init), ex.cast(found[item], type_), result))
    body += nb.stores
    nb.stores = []
    return [st.For(index_name(nb.index_of[along]), nb.local(nb.group.axes[along]), "serial", body, carried)]


# -- down columns ----------------------------------------------------------------------------------------------
def _down_columns(nb: NestBuilder) -> None:
    """What has come down a block of columns is kept in the L1 cache, and in registers for some rows."""
    *outer, along, vector = nb.plan.order
    (block_name, number), (lane_name, lane) = nb.define("i", "i64"), nb.define("i", "i64")
    size, columns = length(nb.plan.width), nb.local(nb.group.axes[vector])
    start = ex.mul(number, size)
    count = ex.minimum(ex.sub(columns, start), size)
    nb.index_of[vector] = ex.add(start, lane)
    carry: dict[Running, st.View] = {}
    first: Block = []
    for item in _items(nb):
        name, _ = nb.define("b", "i64")
        nb.nest.body.append(st.Local(name, nb.plan.width * ex.ITEMSIZE[_type(item)]))
        carry[item] = st.View(name, _type(item), ZERO, (ONE,))
        first.append(st.Store(carry[item], (lane,), nb.local(item.init)))
    index, at_once = nb.index_of[along], nb.plan.rows
    rows = nb.local(nb.group.axes[along])
    (chunk_name, chunk), (left_name, left) = nb.define("i", "i64"), nb.define("i", "i64")
    base, chunks = ex.mul(chunk, length(at_once)), ex.lshr(rows, at_once.bit_length() - 1)
    done = ex.mul(chunks, length(at_once))
    several = _some_rows(nb, along, carry, lane, [ex.add(base, length(k)) for k in range(at_once)])
    one = _some_rows(nb, along, carry, lane, [ex.add(done, left)], hints=False)
    nb.index_of[along] = index
    body: Block = [
        st.For(lane_name, count, "vector", first),
        st.For(chunk_name, chunks, "serial", [st.For(lane_name, count, "vector", several)]),
        st.For(left_name, ex.sub(rows, done), "serial", [st.For(lane_name, count, "vector", one)]),
    ]
    blocks = ex.idiv(ex.add(columns, length(nb.plan.width - 1)), size)
    loop = st.For(block_name, blocks, "serial", body)
    for axis in reversed(outer):
        loop = st.For(index_name(nb.index_of[axis]), nb.local(nb.group.axes[axis]), "serial", [loop])
    nb.nest.body.append(nb.outermost(loop))


def _some_rows(
    nb: NestBuilder, along: int, carry: dict[Running, st.View], lane: Expr, rows: Sequence[Expr], hints: bool = True
) -> Block:
    """The work of some rows at one column; with `hints` as many more are asked for."""
    body: Block = []
    nb.stores = []
    before: dict[Item, Expr] = {}
    for item, view in carry.items():
        name, before[item] = nb.define("x", view.type)
        body.append(st.Load(name, view, (lane,)))
    for row in rows:
        nb.index_of[along] = row
        before = _point(nb, body, before)
    for item, view in carry.items():
        nb.stores.append(st.Store(view, (lane,), ex.cast(before[item], view.type)))
    body += nb.stores
    nb.stores = []
    if hints:
        next_rows(nb, nb.plan.hints, along, rows, body)
    return body
