"""Lowering of what depends on where numbers are: positions of non-zero elements, repeats, places in a sorted vector."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower import body as bd
from theano.lower.builder import Builder, whole
from theano.lower.convert import convert
from theano.lower.dims import LIMIT, ONE, ZERO, length
from theano.lower.emitter import Argument, Emitter
from theano.lower.items import Special
from theano.lower.lengths import positions, spread
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import elements_of, reshaped
from theano.lower.values import Item, Value, rearranged
from theano.tensor.advanced_subtensor import Nonzero
from theano.tensor.extra_ops import RepeatOp
from theano.tensor.ordered import SearchsortedOp

# Picoseconds of a search, roughly.
SEARCH = 20_000
MISFIT = "boolean index did not match indexed array along axis {axis}: the mask has length {{0}}, the array {{1}}"


@lowers(Nonzero)
def lower_nonzero(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x = inputs[0]
    if x.type not in (*ex.TYPES, "f16"):
        return None
    lengths = None
    if len(inputs) > 1:
        lengths = elements_of(b, inputs[1])
        if lengths is None or len(lengths) != x.ndim:
            return None
        for axis, (own, target) in enumerate(zip(x.dims, lengths, strict=True)):
            b.unify(own, target, MISFIT.format(axis=axis), IndexError)
    mask = x
    if x.type != "bool":
        zero = ex.const(0, st.load_type(x.type))
        mask = b.pointwise("bool", x.dims, [x], ex.ne(bd.element(0, x), zero))
    found = positions(b, reshaped(b, mask, (b.dims.product(x.dims),)))
    return [found] if x.ndim == 1 else _coordinates(b, found, x.dims)


def _coordinates(b: Builder, flat: Value, dims: tuple[Expr, ...]) -> list[Value]:
    """The coordinates of positions in the flattened array."""
    rest, found = bd.element(0, flat), []
    for dim in reversed(dims[1:]):
        divisor = ex.maximum(dim, ONE)
        found.append(ex.irem(rest, divisor))
        rest = ex.idiv(rest, divisor)
    return [b.pointwise("i64", flat.dims, [flat], body, cost=8) for body in (rest, *reversed(found))]


@lowers(RepeatOp)
def lower_repeat(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, repeats = inputs
    if x.type not in (*ex.TYPES, "f16"):
        return None
    axis = node.op.axis
    if axis is None:
        x, axis = reshaped(b, x, (b.dims.product(x.dims),)), 0
    axis %= x.ndim
    counts, guards = _counts(b, repeats, x.dims[axis])
    places = spread(b, counts, guards)
    source = b.strided(x)
    dims = tuple(places.dims[0] if k == axis else d for k, d in enumerate(x.dims))
    along = bd.element(0, aligned := _along(places, axis, x.ndim))
    at = [along if k == axis else bd.index(k) for k in range(x.ndim)]
    return [b.pointwise(x.type, dims, [aligned], bd.look(0, source, at), cost=4, indirect=[source])]


def _along(vector: Value, axis: int, ndim: int) -> Value:
    """A vector as one of `ndim` axes."""
    return rearranged(vector, [0 if k == axis else None for k in range(ndim)])


def _counts(b: Builder, repeats: Value, n: Expr) -> tuple[Value, list[Item | None]]:
    """How often each of `n` elements is repeated, a single count being for all of them; and the checks of that."""
    single = ex.eq(repeats.dims[0], ONE)
    message = "repeat: there are {0} repeats for {1} elements"
    fits = b.check(ex.or_(ex.eq(repeats.dims[0], n), single), ValueError, message, (repeats.dims[0], n))
    source, everything = b.strided(repeats), frozenset({0})
    body = bd.look(0, source, [ex.select(single, ZERO, bd.index(0))])
    counts = b.pointwise("i64", (n,), [], ex.cast(body, "i64"), indirect=[source])
    b.items[-1].deps.extend([] if fits is None else [fits])
    count = bd.element(0, counts)
    least = b.scalar(b.reduce("i64", counts.dims, [counts], everything, False, "min", "i64", count))
    real = b.reduce("f64", counts.dims, [counts], everything, False, "add", "f64", ex.cast(count, "f64"))
    return counts, [
        b.check(ex.ge(least, ZERO), ValueError, "repeats may not contain negative values: {0}", (least,)),
        b.check(ex.lt(b.scalar(real), ex.const(LIMIT, "f64")), MemoryError, "no memory for so many repeats"),
    ]


# -- where to insert ---------------------------------------------------------------------------------------
SORTER = "Sorter index out of range: {0} for {1} elements"


@lowers(SearchsortedOp)
def lower_searchsorted(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, v = inputs[:2]
    if not (b.native(x.type) and b.native(v.type)):
        return None
    type_ = ex.TYPE_OF[np.result_type(*(i.type.dtype for i in node.inputs[:2])).name]
    if len(inputs) > 2:
        x = _through_sorter(b, x, inputs[2])
    x, v = b.in_rows(x), b.in_rows(v)
    out, n, count = b.tensor("i64", v.dims), x.dims[0], b.dims.product(v.dims)
    kernel = search_kernel(x.type, v.type, st.load_type(type_), node.op.side)

    def emit(asm: Emitter) -> None:
        args: list[Argument] = [*(asm.pointer(value) for value in (x, v, whole(out))), n]
        least = max(b.machine.least_work(), 1) if b.machine.shares_loops else 0
        asm.call_kernel(kernel, args, hs.Ranges(count, length(SEARCH), least))

    item = Special(b.region, node, what="search", reads=[x, v], writes=[out], emit=emit, scalars=[n, count])
    b.add(item)
    out.writers.append(item)
    return [whole(out)]


def _through_sorter(b: Builder, x: Value, sorter: Value) -> Value:
    """``x[sorter]``, whose positions are not negative."""
    n = b.unify(sorter.dims[0], x.dims[0], "sorter has length {0}, the sorted vector {1}")
    place = ex.cast(bd.element(0, sorter), "i64")
    for op, end in (("min", ZERO), ("max", ex.sub(n, ONE))):
        found = b.scalar(b.reduce("i64", sorter.dims, [sorter], frozenset({0}), False, op, "i64", place))
        fits = ex.ge(found, end) if op == "min" else ex.le(found, end)
        b.check(ex.or_(ex.eq(n, ZERO), fits), ValueError, SORTER, (found, n))
    source = b.strided(x)
    inside = ex.maximum(ex.minimum(place, ex.sub(n, ONE)), ZERO)
    return b.pointwise(x.type, (n,), [sorter], bd.look(0, source, [inside]), cost=4, indirect=[source])


def search_kernel(sorted_type: str, type_: str, common: str, side: str) -> st.Kernel:
    """For each number of `v` how many of the `n` of `x` are less (on the right side: or equal), by halving."""
    n, base, left, v, found = (ex.name(name, "i64") for name in ("n", "base", "left", "v", "base'"))
    halved = ex.lshr(ex.name("rest", "i64"), 1)
    counting = st.For(
        "k", length(64), "serial", [], [st.Carried("rest", "state", "i64", n, halved, "none")],
        until=ex.eq(halved, ZERO), count="counted",
    )  # fmt: skip
    steps = ex.select(ex.eq(n, ZERO), ZERO, ex.name("counted", "i64"))
    half = ex.lshr(ex.add(left, ONE), 1)
    here = convert(ex.name("here", st.load_type(sorted_type)), common)
    wanted = convert(ex.name("wanted", st.load_type(type_)), common)
    before = _is_less(here, wanted) if side == "left" else ex.not_(_is_less(wanted, here))
    step = st.For(
        "step", steps, "serial",
        [st.Load("here", st.View("x", sorted_type, ZERO, (ONE,)), (ex.sub(ex.add(base, half), ONE),))],
        [
            st.Carried("base", "state", "i64", ZERO, ex.add(base, ex.select(before, half, ZERO)), "base'"),
            st.Carried("left", "state", "i64", n, ex.sub(left, half), "left'"),
        ],
    )  # fmt: skip
    place = (ex.name("i", "i64"),)
    body: list[st.Stmt] = [
        st.Load("wanted", st.View("v", type_, ZERO, (ONE,)), place), step,
        st.Store(st.View("out", "i64", ZERO, (ONE,)), place, found),
    ]  # fmt: skip
    lo, hi = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
    loop = st.For("i", hi, "vector", body, start=lo)
    params = [("x", "ptr"), ("v", "ptr"), ("out", "ptr"), ("n", "i64"), (st.LO, "i64"), (st.HI, "i64")]
    return st.Kernel("", params, [counting, loop], ranged=True)


def _is_less(a: Expr, b: Expr) -> Expr:
    """In the order of sorting: NaN is greater than all others."""
    less = ex.lt(a, b)
    return ex.or_(less, ex.and_(ex.ne(b, b), ex.eq(a, a))) if a.type in ex.FLOATS else less
