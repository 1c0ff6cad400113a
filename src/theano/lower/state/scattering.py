"""Sums at computed places, in parts that threads can share."""

from __future__ import annotations

from collections.abc import Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Value


def is_summed(x: Value) -> bool:
    """Whether elements of a type are added here."""
    return x.type in ex.TYPES and x.type != "bool"


def scattered_sum(b: Builder, x: Value, places: Value, count: Expr, guards: Sequence[Item]) -> Value:
    """The sums of the elements of `x` along axis 0 that belong to each of `count` places, counted from the front.

    Each part of the elements adds to sums of its own, in order; these are added in the end. Places are clamped, so what
    is scattered need not wait for the check that all are inside: only for `guards`, after which there is memory.
    """
    elements = places.dims[0]
    if any(is_const(d, 0) for d in (elements, count, *x.dims[1:])):
        return Value(x.type, (count, *x.dims[1:]), uniform=ex.const(0, x.type))
    parts = parts_of(b, elements, count)
    sums = b.tensor(x.type, (parts, count, *x.dims[1:]))
    old = b.strided(whole(sums))
    reads = [x, pad_right(places, x.ndim - 1)]
    new, place = bd.elements(reads)
    scatter = (clamped(place, count), *(bd.index(k) for k in range(1, x.ndim)))
    body = ex.add(bd.look(0, old, (bd.part(), *scatter)), new)
    dims = (elements, *x.dims[1:])
    before = len(b.items)
    b.write(sums, None, reads, body, cost=4, indirect=[old], dims=dims, scatter=scatter, parts=parts)
    for item in b.items[before:]:
        item.deps.extend(guards)
    made = whole(sums)
    return b.reduce(x.type, sums.dims, [made], frozenset({0}), False, "add", x.type, bd.element(0, made))


def parts_of(b: Builder, elements: Expr, places: Expr) -> Expr:
    """How many parts: enough for threads to share them, if elements are so many that their sums cost little.

    Each part has sums to clear and to add: for 20 elements a place, 4 parts take 10 % of the time, 8 twice that. Sizes
    decide, so results do not depend on the number of threads.
    """
    most = b.machine.column_parts

    def many(each: int) -> Expr:
        return ex.ge(elements, ex.maximum(length(b.machine.large), ex.mul(places, length(each))))

    return b.dims.normal(ex.select(many(8 * most), length(most), ex.select(many(2 * most), length(most // 2), ONE)))


def clamped(index: Expr, dim: Expr) -> Expr:
    """A position counted from the front that has been checked, once more inside, for memory that changes meanwhile."""
    last = ex.sub(dim, ONE)
    if index.type == "i32":  # without its sign a negative one is very large
        return ex.minimum(ex.cast(ex.bitcast(index, "u32"), "i64"), last)
    return ex.maximum(ex.minimum(ex.cast(index, "i64"), last), ZERO)


def pad_right(value: Value, n: int) -> Value:
    """`n` more axes of length 1 at the end."""
    ones = (ONE,) * n
    if value.uniform is not None:
        return Value(value.type, value.dims + ones, uniform=value.uniform)
    if value.axes is not None:
        return Value(value.type, value.dims + ones, tensor=value.tensor, axes=value.axes + (None,) * n)
    assert value.strides is not None
    strides = value.strides + (ZERO,) * n
    return Value(value.type, value.dims + ones, tensor=value.tensor, offset=value.offset, strides=strides)
