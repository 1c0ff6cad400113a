"""Reductions in parts, so that several threads can share them: how long a part is, and how many there are.

Everything here follows from sizes, never from the number of threads: so do the results.
"""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.dims import ONE, Dims, length
from theano.lower.state.machine import Machine


def part_length(machine: Machine, dims: Dims, axes: list[Expr]) -> Expr | None:
    """How many positions of the first of the reduced axes are one part of a full reduction; None for a small one.

    Up to `Machine.large` elements they all are the first part, and the others are empty.
    """
    first, points, parts = axes[0], dims.product(tuple(axes)), machine.parts
    if points.op == "const" and points.value < machine.large:
        return None
    share = ex.lshr(ex.add(first, length(parts - 1)), parts.bit_length() - 1)
    return ex.select(ex.ge(points, length(machine.large)), share, _all_of(dims, axes))


def _all_of(dims: Dims, axes: list[Expr]) -> Expr:
    """All positions of the first axis, or none where a loop inside has none."""
    return axes[0] if len(axes) == 1 else ex.minimum(axes[0], dims.product(tuple(axes)))


def row_parts(machine: Machine, dims: Dims, parallel: list[Expr], reduced: list[Expr]) -> tuple[Expr, Expr]:
    """Rows of one part, and how many parts: rows that need a buffer have one for each part.

    Where rows are long there are fewer parts: each buffer is to stay in the cache from one row to the next.
    """
    first, row = parallel[0], dims.product(tuple(reduced))
    many = ex.ge(dims.product((*parallel, *reduced)), length(machine.large))
    parts = ex.select(ex.le(row, length(machine.part_row)), length(machine.parts), length(machine.long_row_parts))
    share = dims.normal(ex.select(many, ex.idiv(ex.add(first, ex.sub(parts, ONE)), parts), first))
    count = ex.select(many, ex.minimum(first, parts), ONE)
    return share, dims.normal(count)


def column_parts(
    machine: Machine, dims: Dims, reduced: list[Expr], columns: Expr, block: int
) -> tuple[Expr, Expr] | None:
    """Rows of one part of a reduction of columns, and how many parts: one where blocks of columns are enough.

    None if that is known.
    """
    first, points, parts = reduced[0], dims.product((*reduced, columns)), machine.column_parts
    least = parts * machine.part_rows
    if (points.op == "const" and points.value < machine.large) or (first.op == "const" and first.value < least):
        return None
    many = ex.and_(ex.ge(points, length(machine.large)), ex.ge(first, length(least)))
    many = ex.and_(many, ex.le(columns, length(parts * block)))
    share = ex.lshr(ex.add(first, length(parts - 1)), parts.bit_length() - 1)
    count = dims.normal(ex.select(many, length(parts), ONE))
    return dims.normal(ex.select(many, share, _all_of(dims, reduced))), count


def rows_together(machine: Machine, dims: Dims, axes: list[Expr], lanes: int) -> tuple[Expr, Expr]:
    """Whether rows go by one by one, and how many of their pieces go by together: what fits into so many lanes.

    `axes` are the lengths: of rows, of what is around them, and, the last, of a piece.
    """
    _, first, *_, piece = axes
    few = ex.or_(ex.lt(dims.product(tuple(axes)), length(machine.many)), ex.lt(first, length(2 * machine.rows_at_once)))
    alone = ex.or_(ex.ge(piece, length(lanes)), ex.and_(few, ex.ge(piece, length(machine.long_piece))))
    fit = ex.minimum(ex.idiv(length(lanes), ex.maximum(piece, ONE)), length(machine.rows_together))
    return alone, dims.normal(ex.select(alone, ONE, ex.maximum(fit, ONE)))


def crossed_parts(
    machine: Machine, dims: Dims, reduced: list[Expr], rows: Expr, block: Expr
) -> tuple[Expr, Expr, Expr] | None:
    """Positions of the first of the reduced axes in one part, how many parts, and blocks of rows in each of them.

    There is one part where blocks of rows are enough, or little to do. None if it is known that there is little.
    """
    first, points, parts = reduced[0], dims.product((*reduced, rows)), machine.column_parts
    if points.op == "const" and points.value < machine.large:
        return None
    blocks = ex.idiv(ex.add(rows, ex.sub(block, ONE)), block)
    many = ex.and_(ex.ge(points, length(machine.large)), ex.ge(first, length(parts * machine.rows_at_once)))
    many = ex.and_(many, ex.lt(blocks, length(parts)))
    share = ex.lshr(ex.add(first, length(parts - 1)), parts.bit_length() - 1)
    found = ex.select(many, share, first), ex.select(many, length(parts), ONE)
    return dims.normal(found[0]), dims.normal(found[1]), blocks


def rest(dims: Dims, axes: list[Expr]) -> Expr:
    """Points of one position of the first of `axes`."""
    return dims.product(tuple(axes[1:])) if len(axes) > 1 else ONE
