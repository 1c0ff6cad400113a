"""Lowering of products of stacks of matrices, whose axes before the last two count the matrices.

The library takes two such axes, however far apart their matrices are; more are joined where they lie one after the
other in memory, as those of arrays in C order do. So heads that were exchanged with places are not copied.
"""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.ops.products import product
from theano.lower.state.builder import Builder
from theano.lower.state.dims import is_const
from theano.lower.state.values import Value, rearranged

# How many axes the library counts matrices along.
LEVELS = 2


def stack(b: Builder, type_: str, front: Sequence[Expr], x: Value, y: Value) -> Value:
    """The products of two stacks of matrices; `front` are the lengths of the axes before those of matrices."""
    n = len(front)
    rows, inner, columns = *x.dims[-2:], y.dims[-1]
    if not product.is_ours(type_, x, y):
        dims, before = (*front, rows, inner, columns), tuple(range(n))
        return product.loops(b, type_, dims, x, y, ((*before, n, n + 1), (*before, n + 1, n + 2)), n + 1)
    (x, left), (y, right) = product.without_factor(x), product.without_factor(y)
    factors = [f for f in (left, right) if f is not None]
    alpha = ex.mul(*factors) if len(factors) == 2 else factors[0] if factors else None
    kept = [a for a in range(n) if not is_const(front[a], 1)]
    x, y = (product.operand(b, rearranged(v, (*kept, n, n + 1))) for v in (x, y))
    groups = _groups(b, x, y)
    if len(groups) > LEVELS:
        x, y = (v if len(_groups(b, v)) <= 1 else b.strided(b.copy(v)) for v in (x, y))
        groups = _groups(b, x, y)
    lengths = [front[a] for a in kept]
    levels = tuple(b.dims.product(tuple(lengths[a] for a in group)) for group in groups)
    x, y = (_joined(v, groups, levels) for v in (x, y))
    made = product.make(b, x, y, (*lengths, rows, columns), alpha, levels=levels)
    order = iter(range(len(kept)))
    return rearranged(made, (*(next(order) if a in kept else None for a in range(n)), len(kept), len(kept) + 1))


def _groups(b: Builder, *operands: Value) -> list[list[int]]:
    """The axes that count matrices, those together that are one axis in all operands."""
    groups: list[list[int]] = []
    for a in range(operands[0].ndim - 2):
        if groups and all(_follow(b, v, a) for v in operands):
            groups[-1].append(a)
        else:
            groups.append([a])
    return groups


def _follow(b: Builder, v: Value, axis: int) -> bool:
    """Whether a step along the axis before is as far as the whole of this one."""
    assert v.strides is not None
    return b.dims.equal(v.strides[axis - 1], ex.mul(v.strides[axis], v.dims[axis]))


def _joined(v: Value, groups: Sequence[Sequence[int]], levels: tuple[Expr, ...]) -> Value:
    """The same matrices, counted by groups of axes."""
    assert v.strides is not None
    steps = [v.strides[group[-1]] for group in groups]
    dims, strides = (*levels, *v.dims[-2:]), (*steps, *v.strides[-2:])
    return Value(v.type, dims, tensor=v.tensor, offset=v.offset, strides=strides)
