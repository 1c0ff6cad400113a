"""Lowering of what depends on where numbers are: positions of non-zero elements, repeats, places in a sorted vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.registry import lowers
from theano.lower.ops.shapes import elements_of, reshaped
from theano.lower.state import body as bd
from theano.lower.state.builder import COMPLEX_PART, Builder, as_parts
from theano.lower.state.complexes import joined, parts_of
from theano.lower.state.convert import convert
from theano.lower.state.dims import LIMIT, ONE, ZERO, length
from theano.lower.state.emitter import Argument, Emitter
from theano.lower.state.items import Special
from theano.lower.state.lengths import positions, spread
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Value, rearranged
from theano.tensor.indexing.advanced_subtensor import Nonzero
from theano.tensor.pointwise.extra_ops import RepeatOp
from theano.tensor.sorting.ordered import SearchsortedOp

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
    if not all(b.native(COMPLEX_PART.get(value.type, value.type)) for value in (x, v)):
        return None
    type_ = ex.TYPE_OF[np.result_type(*(i.type.dtype for i in node.inputs[:2])).name]
    if len(inputs) > 2:
        x = _through_sorter(b, x, inputs[2])
    x, v = b.in_rows(x), b.in_rows(v)
    out, n, count = b.tensor("i64", v.dims), x.dims[0], b.dims.product(v.dims)
    kernel = search_kernel(x.type, v.type, st.load_type(COMPLEX_PART.get(type_, type_)), node.op.side)
    seen = [as_parts(b, value) if value.type in COMPLEX_PART else value for value in (x, v)]

    def emit(asm: Emitter) -> None:
        args: list[Argument] = [*(asm.pointer(value) for value in (*seen, whole(out))), n]
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
    inside = ex.maximum(ex.minimum(place, ex.sub(n, ONE)), ZERO)

    def moved(part: Value) -> Value:
        source = b.strided(part)
        return b.pointwise(part.type, (n,), [sorter], bd.look(0, source, [inside]), cost=4, indirect=[source])

    if x.type in COMPLEX_PART:
        return joined(b, x.type, (n,), [moved(part) for part in parts_of(b, x)])
    return moved(x)


def search_kernel(sorted_type: str, type_: str, common: str, side: str) -> st.Kernel:
    """For each number of `v` how many of the `n` of `x` are less (on the right side: or equal), by halving.

    Complex numbers lie in memory as pairs; `common` is the type in which parts are compared.
    """
    n, base, left, found = (ex.name(name, "i64") for name in ("n", "base", "left", "base'"))
    halved = ex.lshr(ex.name("rest", "i64"), 1)
    counting = st.For(
        "k", length(64), "serial", [], [st.Carried("rest", "state", "i64", n, halved, "none")],
        until=ex.eq(halved, ZERO), count="counted",
    )  # fmt: skip
    steps = ex.select(ex.eq(n, ZERO), ZERO, ex.name("counted", "i64"))
    half = ex.lshr(ex.add(left, ONE), 1)
    place = ex.name("i", "i64")
    load_here, here = _number("x", sorted_type, ex.sub(ex.add(base, half), ONE), common)
    load_wanted, wanted = _number("v", type_, place, common)
    before = _is_less(here, wanted) if side == "left" else ex.not_(_is_less(wanted, here))
    step = st.For(
        "step", steps, "serial", load_here,
        [
            st.Carried("base", "state", "i64", ZERO, ex.add(base, ex.select(before, half, ZERO)), "base'"),
            st.Carried("left", "state", "i64", n, ex.sub(left, half), "left'"),
        ],
    )  # fmt: skip
    body: list[st.Stmt] = [*load_wanted, step, st.Store(st.View("out", "i64", ZERO, (ONE,)), (place,), found)]
    lo, hi = ex.name(st.LO, "i64"), ex.name(st.HI, "i64")
    loop = st.For("i", hi, "vector", body, start=lo)
    params = [("x", "ptr"), ("v", "ptr"), ("out", "ptr"), ("n", "i64"), (st.LO, "i64"), (st.HI, "i64")]
    return st.Kernel("", params, [counting, loop], ranged=True)


def _number(array: str, type_: str, place: Expr, common: str) -> tuple[list[st.Stmt], list[Expr]]:
    """Loads of a number of a vector, and its parts (one if it is real) in the type in which they are compared."""
    part = COMPLEX_PART.get(type_)
    if part is None:
        name = f"{array}'"
        load = st.Load(name, st.View(array, type_, ZERO, (ONE,)), (place,))
        return [load], [convert(ex.name(name, st.load_type(type_)), common)]
    names = [f"{array}'{k}" for k in range(2)]
    loads = [st.Load(name, st.View(array, part, length(k), (length(2),)), (place,)) for k, name in enumerate(names)]
    return [*loads], [convert(ex.name(name, st.load_type(part)), common) for name in names]


def _is_less(a: Sequence[Expr], b: Sequence[Expr]) -> Expr:
    """In NumPy's order of sorting.

    NaN is greater than all others. Complex numbers are ordered by which parts are NaN (none, the imaginary one, the
    real one, both), then by the real parts, then by the imaginary ones.
    """
    if len(a) == len(b) == 1:
        less = ex.lt(a[0], b[0])
        return ex.or_(less, ex.and_(ex.ne(b[0], b[0]), ex.eq(a[0], a[0]))) if a[0].type in ex.FLOATS else less
    (re, im), (other_re, other_im) = (part if len(part) == 2 else [*part, ex.const(0, part[0].type)] for part in (a, b))
    kind, other_kind = (
        ex.add(ex.select(ex.ne(x, x), length(2), ZERO), ex.select(ex.ne(y, y), ONE, ZERO))
        for x, y in ((re, im), (other_re, other_im))
    )
    less = ex.or_(ex.lt(re, other_re), ex.and_(ex.not_(ex.lt(other_re, re)), ex.lt(im, other_im)))
    return ex.or_(ex.lt(kind, other_kind), ex.and_(ex.eq(kind, other_kind), less))
