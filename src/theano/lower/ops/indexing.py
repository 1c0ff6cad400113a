"""Lowering of reading and writing through indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.callback import only_user
from theano.lower.ops.registry import lowers
from theano.lower.ops.vectors import vector_value
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.complexes import of_type
from theano.lower.state.dims import LONGEST, ONE, ZERO, is_const, length
from theano.lower.state.items import Pointwise
from theano.lower.state.scattering import clamped, is_summed, pad_right, scattered_sum
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Value
from theano.tensor.checks.static_value import known_int
from theano.tensor.indexing.advanced_subtensor import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    Nonzero,
)  # fmt: skip
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor, fill_in
from theano.tensor.sorting.sort import ArgSortOp

_WRITING = (IncSubtensor, AdvancedIncSubtensor1, AdvancedIncSubtensor)
OUT_OF_RANGE = "index {0} is out of bounds for axis %d with size {1}"


def take(b: Builder, x: Value, entries: Sequence[Any]) -> Value:
    """``x[entries]`` with i64 expressions and slices of them: another look at the same memory."""
    bounds = [
        _slice_bounds(b, e, d) if isinstance(e, slice) else (_position(b, e, d, axis), None, None)
        for axis, (e, d) in enumerate(zip(entries, x.dims, strict=False))
    ]
    dims = [b.dims.normal(n) for _, n, _ in bounds if n is not None]
    dims += x.dims[len(entries) :]
    if x.uniform is not None:
        return Value(x.type, tuple(dims), uniform=x.uniform)
    full = b.strided(x)
    assert full.strides is not None and full.offset is not None
    offset, strides = full.offset, []
    for axis, ((start, count, step), stride) in enumerate(zip(bounds, full.strides, strict=False)):
        offset = ex.add(offset, ex.mul(start, stride))
        if is_const(x.dims[axis], 1):  # one element or none, which is known only when it runs: who writes must move on
            stride = b.dims.product(x.dims[axis:])
        if count is not None:
            strides.append(ZERO if is_const(count, 1) else b.dims.normal(ex.mul(step, stride)))  # type: ignore[arg-type]
    strides += full.strides[len(entries) :]
    return Value(x.type, tuple(dims), tensor=full.tensor, offset=b.dims.normal(offset), strides=tuple(strides))


def _position(b: Builder, index: Expr, dim: Expr, axis: int) -> Expr:
    """A checked position counted from the front."""
    if index.op == "const" and dim.op == "const":
        ok = ex.const(-dim.value <= index.value < dim.value, "bool")
    elif index.op == "const":
        low = index.value if index.value >= 0 else -index.value - 1
        ok = ex.gt(dim, length(low))
    else:
        ok = ex.and_(ex.ge(index, ex.sub(ZERO, dim)), ex.lt(index, dim))
    b.check(ok, IndexError, OUT_OF_RANGE % axis, (index, dim))
    if index.op == "const":
        return index if index.value >= 0 else ex.add(dim, index)
    return ex.select(ex.lt(index, 0), ex.add(index, dim), index)


def _slice_bounds(b: Builder, entry: slice, dim: Expr) -> tuple[Expr, Expr, Expr]:
    """(start, length, step) of a slice, as Python's slice.indices gives them.

    `theano.tensor.subtensor.slice_length` is the same formula for graphs. Neither computes anything beyond the lengths
    of arrays: bounds are clamped, and no step is longer than the axis, as longer ones lead out of it all the same.
    """
    start, stop, step = entry.start, entry.stop, _within(b, entry.step, dim)
    end, size = ex.sub(dim, ONE), step
    if step.op == "const" and step.value > 0:
        first = ZERO if start is None else _clamp(b, start, dim, ZERO, dim)
        last = dim if stop is None else _clamp(b, stop, dim, ZERO, dim)
        span = ex.sub(last, first)
    elif step.op == "const" and step.value < 0:
        first = end if start is None else _clamp(b, start, dim, length(-1), end)
        last = length(-1) if stop is None else _clamp(b, stop, dim, length(-1), end)
        span, size = ex.sub(first, last), length(-step.value)
    else:
        b.check(ex.ne(entry.step, 0), ValueError, "slice step cannot be zero")
        up = ex.gt(entry.step, 0)
        low, high = ex.select(up, ZERO, length(-1)), ex.select(up, dim, end)
        first = ex.select(up, ZERO, end) if start is None else _clamp(b, start, dim, low, high)
        last = ex.select(up, dim, length(-1)) if stop is None else _clamp(b, stop, dim, low, high)
        span = ex.select(up, ex.sub(last, first), ex.sub(first, last))
        size = ex.select(ex.lt(step, 0), ex.neg(step), step)
    span = b.dims.normal(span)
    span = b.dims.maximum(span, ZERO)
    if is_const(size, 1):
        return first, span, step
    safe = size if size.op == "const" else ex.select(ex.eq(size, 0), ONE, size)
    if span.op == "const" and safe.op == "const":
        count = length(-(-span.value // safe.value))
    else:
        count = ex.idiv(ex.add(span, ex.sub(safe, ONE)), safe)
    return first, count, step


def _within(b: Builder, step: Expr | None, dim: Expr) -> Expr:
    """A slice's step, not longer than the axis (or than any array, where it is constant): 0 if the axis is empty."""
    if step is None:
        return ONE
    if step.op == "const" and step.value:
        return length(max(min(step.value, LONGEST), -LONGEST))
    return ex.maximum(ex.minimum(step, dim), b.dims.normal(ex.sub(ZERO, dim)))


def _clamp(b: Builder, bound: Expr, dim: Expr, low: Expr, high: Expr) -> Expr:
    """A slice bound counted from the front, between `low` and `high`."""
    if bound.op == "const" and bound.value == 0 and is_const(low, 0):
        return ZERO
    if bound.op == "const":
        at = bound if bound.value >= 0 else b.dims.normal(ex.add(dim, bound))
        if at.op == "const" and high.op == "const" and low.op == "const":
            return length(min(max(at.value, low.value), high.value))
        return b.dims.minimum(at, high) if bound.value >= 0 else b.dims.maximum(at, low)
    at = bound if b.dims.is_length(bound) else ex.select(ex.lt(bound, 0), ex.add(bound, dim), bound)
    return b.dims.minimum(b.dims.maximum(at, low), high)


def scalar_entries(b: Builder, op: Any, indices: Sequence[Value]) -> list[Any]:
    """The entries of basic indexing as i64 expressions."""
    return fill_in(op.idx_list, [b.scalar(i, "i64") for i in indices])


@lowers(Subtensor)
def lower_subtensor(b: Builder, node: Any, inputs: list[Value]) -> list[Value]:
    x = inputs[0]
    entries = scalar_entries(b, node.op, inputs[1:])
    if x.vector is not None and len(entries) == 1:
        entry = entries[0]
        if not isinstance(entry, slice) and entry.op == "const" and -len(x.vector) <= entry.value < len(x.vector):
            return [Value(x.type, (), uniform=x.vector[entry.value])]
        bounds = (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else None
        if bounds is not None and all(p is None or p.op == "const" for p in bounds):
            parts = [None if p is None else p.value for p in bounds]
            return [vector_value(b, x.type, x.vector[slice(*parts)])]
    result = take(b, x, entries)
    ones = node.outputs[0].type.broadcastable
    for axis, (d, one) in enumerate(zip(result.dims, ones, strict=True)):
        if one and not is_const(d, 1):
            b.unify(d, ONE, f"axis {axis} of a broadcastable view has length {{0}}, not 1")
    result.dims = tuple(ONE if one else d for d, one in zip(result.dims, ones, strict=True))
    return [result]


def writable(b: Builder, node: Any, x: Value) -> Value:
    """A tensor that starts as a copy of `x` and may be written; `x` itself if nobody else needs it."""
    tensor = x.tensor
    reusable = (
        tensor is not None and x.is_whole() and tensor.role == "temp" and not tensor.readers
        and b.region == tensor.writers[0].region and only_user(b, node.inputs[0], tensor, _WRITING)
    )  # fmt: skip
    if reusable:
        b.consumed.add(tensor)
        return x
    copied = b.copy(x)
    if x.is_whole() and copied.tensor is not None:
        copied.tensor.copy_of = tensor
    return copied


@lowers(IncSubtensor)
def lower_inc_subtensor(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, y = inputs[0], inputs[1]
    if x.type not in (*ex.TYPES, "f16"):
        return None
    entries = scalar_entries(b, node.op, inputs[2:])
    base = writable(b, node, x)
    window = take(b, base, entries)
    y = fit(b, y, window.dims)
    assert base.tensor is not None
    type_ = st.load_type(x.type)
    if node.op.set_instead_of_inc:
        b.write(base.tensor, window, [y], bd.converted(bd.element(0, y), type_))
    else:
        old, new = bd.elements(reads := [window, y])
        b.write(base.tensor, window, reads, _plus(old, bd.converted(new, type_)))
    return [whole(base.tensor)]


def _plus(x: Expr, y: Expr) -> Expr:
    return ex.or_(x, y) if x.type == "bool" else ex.add(x, y)


INTO_WINDOW = "could not broadcast axis {axis} of length {{0}} into a window of length {{1}}"
TOGETHER = "shape mismatch: indexing arrays of lengths {0} and {1} could not be broadcast together"


def fit(
    b: Builder, y: Value, dims: tuple[Expr, ...], error: type[Exception] = ValueError, message: str = INTO_WINDOW
) -> Value:
    """`y` as the right side of an assignment: NumPy's rule, a run-time 1 included."""
    shift = len(dims) - y.ndim
    own: list[Expr] = []
    loose = False
    for k, d in enumerate(y.dims):
        target = dims[k + shift]
        if is_const(d, 1) or b.dims.equal(d, target):
            own.append(d)
            continue
        ok = ex.or_(ex.eq(d, target), ex.eq(d, ONE))
        b.check(ok, error, message.format(axis=k) if message is INTO_WINDOW else message, (d, target))
        own.append(target)
        loose = True
    if not loose:
        return y
    if y.uniform is not None:
        return Value(y.type, tuple(own), uniform=y.uniform)
    full = b.strided(y)
    strides = tuple(
        s if o is d else ex.select(ex.eq(d, ONE), ZERO, s)
        for s, o, d in zip(full.strides or (), own, y.dims, strict=True)
    )
    return Value(y.type, tuple(own), tensor=full.tensor, offset=full.offset, strides=strides)


class Lookup:
    """``x[entries]`` with integer arrays: the result's space, and where each of its elements lies in `x`."""

    def __init__(
        self, b: Builder, op: Any, x: Value, indices: Sequence[Value], variables: Sequence[Any]
    ) -> None:
        entries, given = fill_in(op.idx_list, list(indices)), fill_in(op.idx_list, list(variables))
        kinds = list(op.idx_list)
        entries += [slice(None)] * (x.ndim - len(entries))
        kinds += [slice(None)] * (x.ndim - len(kinds))
        advanced = [k for k, kind in enumerate(kinds) if not isinstance(kind, slice)]
        self.arrays = [entries[k] for k in advanced]
        self.dims: list[Expr] = []
        self.axes: list[tuple[str, int, Any]] = []
        together = advanced == list(range(advanced[0], advanced[-1] + 1))
        if _an_element_of_each_row(b, x, self.arrays):
            b.unify(x.dims[0], self.arrays[1].dims[0], TOGETHER)
        shape = self._broadcast(b)
        start = advanced[0] if together else 0
        self.array_axis = sum(1 for k in range(start) if k not in advanced) if together else 0
        self.array_ndim = len(shape)
        self.slices: dict[int, tuple[Expr, int, Expr]] = {}
        position = 0
        order: list[Expr] = []
        for k, entry in enumerate(entries):
            if k in advanced:
                continue
            parts = [None if p is None else b.scalar(p, "i64") for p in (entry.start, entry.stop, entry.step)]
            first, count, step = _slice_bounds(b, slice(*parts), x.dims[k])
            self.slices[k] = (first, position, step)
            order.append(count)
            position += 1
        self.dims = [*order[: self.array_axis], *shape, *order[self.array_axis :]]
        self.advanced = {k: n for n, k in enumerate(advanced)}
        self.x = x
        self.guards: list[Item | None] = []
        self.from_front: set[int] = set()  # axes whose indices are known not to be negative
        for k, n in self.advanced.items():
            below = _below(b, given[k])
            if below is None or not b.dims.equal(below, x.dims[k]):
                self._check(b, self.arrays[n], x.dims[k], k)
            else:
                self.from_front.add(k)

    def _broadcast(self, b: Builder) -> list[Expr]:
        """The shape of the index arrays together, a run-time 1 included; lays them out so."""
        ndim = max(v.ndim for v in self.arrays)
        shape = [ONE] * ndim
        for value in self.arrays:
            for k, d in enumerate(value.dims, ndim - value.ndim):
                so_far = shape[k]
                if is_const(d, 1) or b.dims.equal(so_far, d):
                    continue
                if is_const(so_far, 1) or d.op == "const":
                    shape[k] = d
                elif so_far.op != "const":
                    shape[k] = ex.select(ex.eq(so_far, ONE), d, so_far)
        self.arrays = [fit(b, v, tuple(shape[ndim - v.ndim :]), IndexError, TOGETHER) for v in self.arrays]
        return shape

    def _check(self, b: Builder, array: Value, dim: Expr, axis: int) -> None:
        """The smallest and the largest index are in range; whoever looks up first waits for what is known before."""
        message = OUT_OF_RANGE % axis
        if array.counts:
            last = ex.sub(array.dims[0], ONE)
            self.guards.append(b.check(ex.le(array.dims[0], dim), IndexError, message, (last, dim)))
            return
        empty = ex.const(False, "bool")
        for d in array.dims:
            empty = ex.or_(empty, ex.eq(d, ZERO))
        if array.uniform is not None:
            index = ex.cast(array.uniform, "i64")
            ok = ex.and_(ex.ge(index, ex.sub(ZERO, dim)), ex.lt(index, dim))
            self.guards.append(b.check(ex.or_(empty, ok), IndexError, message, (index, dim)))
            return
        # clamped indices are in range where anything is
        self.guards.append(b.check(ex.or_(empty, ex.gt(dim, ZERO)), IndexError, message, (ZERO, dim)))
        if known_within(b, array, dim, True) is not None:
            self.from_front.add(axis)
        elif known_within(b, array, dim) is None:
            checks = _compare_extremes(b, array, dim, ex.sub(ZERO, dim), message)
            note_within(b, array, dim, checks, False)

    def guard(self, items: Sequence[Item]) -> None:
        """Let items that look something up wait until there is something."""
        for item in items:
            item.deps.extend(g for g in self.guards if g is not None)

    def position(self, arrays: Sequence[Expr]) -> tuple[Expr, ...]:
        """Where an element lies in `x`; indices are clamped once more, for memory that changes meanwhile."""
        found = []
        for k, dim in enumerate(self.x.dims):
            if k in self.advanced:
                index = arrays[self.advanced[k]]
                if k in self.from_front:
                    found.append(clamped(index, dim))
                    continue
                index = ex.cast(index, "i64")
                index = ex.select(ex.lt(index, 0), ex.add(index, dim), index)
                index = ex.maximum(ex.minimum(index, ex.sub(dim, ONE)), ZERO)
            else:
                first, position, step = self.slices[k]
                index = ex.add(first, ex.mul(bd.index(self._axis(position)), step))
            found.append(index)
        return tuple(found)

    def _axis(self, position: int) -> int:
        """The axis of the result that a slice has become."""
        return position if position < self.array_axis else position + self.array_ndim

    def spread(self) -> frozenset[int]:
        """The axes of the result along which no element of `x` comes twice: those of slices."""
        return frozenset([self._axis(position) for _, position, _ in self.slices.values()])

    def array_reads(self) -> list[Value]:
        """The index arrays, aligned to the axes of the result that they run over."""
        tail = len(self.dims) - self.array_axis - self.array_ndim
        return [pad_right(v, tail) for v in self.arrays]


def _look_of(array: Value) -> tuple[object, ...]:
    return (array.tensor, array.axes, array.offset, array.strides)


def known_within(b: Builder, array: Value, dim: Expr, from_front: bool = False) -> list[Item] | None:
    """The checks that all numbers of an index array are positions of an axis; None if nobody checks that.

    They are counted from the front or the end, unless they must be counted `from_front`.
    """
    for other, checks, front in b.within_lengths.get((_look_of(array), b.region), ()):
        if array.tensor is not None and (front or not from_front) and b.dims.equal(dim, other):
            return checks
    return None


def note_within(b: Builder, array: Value, dim: Expr, checks: Sequence[Item | None], from_front: bool) -> list[Item]:
    """Remember who checks the numbers of an index array: who needs that waits for these `checks`."""
    found = [c for c in checks if c is not None]
    b.within_lengths.setdefault((_look_of(array), b.region), []).append((dim, found, from_front))
    return found


def _compare_extremes(
    b: Builder, array: Value, dim: Expr, least: Expr, message: str, error: type[Exception] = IndexError
) -> list[Item | None]:
    """Check the smallest and the largest number of an index array."""
    everything = frozenset(range(array.ndim))
    body = ex.cast(bd.element(0, array), "i64")
    if array.tensor is not None and array.tensor.role == "constant" and array.is_whole():
        numbers = b.words[array.tensor.index - b.first_word][1]
        if not numbers.size:
            return []
        low, high = (length(int(f(numbers))) for f in (np.min, np.max))
    else:
        low, high = (
            b.scalar(b.reduce("i64", array.dims, [array], everything, False, op, "i64", body)) for op in ("min", "max")
        )
    return [
        b.check(ex.ge(low, least), error, message, (low, dim)),
        b.check(ex.lt(high, dim), error, message, (high, dim)),
    ]


def within_range(
    b: Builder, array: Value, dim: Expr, message: str, error: type[Exception] = IndexError
) -> list[Item]:
    """The checks that the numbers of a vector are positions of an axis, counted from the front."""
    if array.uniform is not None:
        index, empty = ex.cast(array.uniform, "i64"), ex.eq(array.dims[0], ZERO)
        inside = ex.and_(ex.ge(index, ZERO), ex.lt(index, dim))
        checks = [b.check(ex.or_(empty, inside), error, message, (index, dim))]
    else:
        known = known_within(b, array, dim, True)
        if known is not None:
            return known
        return note_within(b, array, dim, _compare_extremes(b, array, dim, ZERO, message, error), True)
    return [c for c in checks if c is not None]


def _below(b: Builder, index: Any) -> Expr | None:
    """What all elements of an index are known to be smaller than, and none is negative: positions in some array."""
    node = index.owner
    if node is None or type(node.op) not in (Nonzero, ArgSortOp):
        return None
    source = b.values[node.inputs[0]]
    axis = index.index if type(node.op) is Nonzero else known_int(node.inputs[1])
    return None if axis is None else b.dims.normal(source.dims[axis])


def _an_element_of_each_row(b: Builder, x: Value, indices: Sequence[Value]) -> bool:
    """Whether ``x[indices]`` is ``x[arange(len(x)), column]``.

    Here alone a `column` of one element must not stand for all rows: it is a mistake more often than not, and
    the loop that computes a row would have to look.
    """
    return (
        len(indices) == 2 and x.ndim == 2 and indices[0].counts and indices[1].ndim == 1
        and not is_const(indices[1].dims[0], 1) and b.dims.equal(indices[0].dims[0], x.dims[0])
    )  # fmt: skip


def _is_fresh(x: Value) -> bool:
    """Whether a value is computed here, point by point, and need not be in memory for this reader's sake."""
    writers = x.tensor.writers if x.tensor is not None else []
    return (
        x.is_whole() and len(writers) == 1 and isinstance(writers[0], Pointwise) and writers[0].target is None
        and writers[0].scatter is None
    )  # fmt: skip


def _from_front(column: Expr, count: Expr) -> Expr:
    column = ex.cast(column, "i64")
    return ex.select(ex.lt(column, 0), ex.add(column, count), column)


def picked_columns(b: Builder, x: Value, column: Value) -> Value:
    """One element of each row, in the loop that computes the row."""
    place = ex.minimum(_from_front(bd.element(0, column), x.dims[1]), ex.sub(x.dims[1], ONE))
    return b.pick(x, frozenset({1}), [[ex.maximum(place, ZERO)]], [column])


def _one_hot(b: Builder, node: Any, x: Value, y: Value, column: Value) -> Value:
    """A constant matrix with one element of each row set or increased, as arithmetic on the column index."""
    type_ = st.load_type(x.type)
    reads = [pad_right(fit(b, y, (x.dims[0],)), 1), pad_right(column, 1), x]
    given, at, old = bd.elements(reads)
    new = bd.converted(given, type_)
    hit = ex.eq(bd.index(1), _from_front(at, x.dims[1]))
    body = ex.select(hit, new if node.op.set_instead_of_inc else _plus(old, new), old)
    made = b.pointwise(x.type, x.dims, reads, body, cost=3)
    if made.tensor is not None and x.uniform is not None and x.uniform.op == "const" and x.uniform.value == 0:
        b.spikes[made.tensor] = fit(b, y, (x.dims[0],))
    return made


@lowers(AdvancedSubtensor1, AdvancedSubtensor)
def lower_advanced(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x = inputs[0]
    if x.type not in (*ex.TYPES, "f16") or None in node.op.idx_list:
        return None
    lookup = Lookup(b, node.op, x, inputs[1:], node.inputs[1:])
    checked = len(b.items)
    if _an_element_of_each_row(b, x, inputs[1:]) and x.tensor is not None and _is_fresh(x):
        picked = picked_columns(b, x, inputs[2])
        lookup.guard(b.items[checked:])
        return [picked]
    reads = lookup.array_reads()
    if x.uniform is not None:
        return [Value(x.type, tuple(lookup.dims), uniform=x.uniform)]
    source = b.strided(x)
    body = bd.look(0, source, lookup.position(bd.elements(reads)))
    found = b.pointwise(x.type, lookup.dims, reads, body, cost=4, indirect=[source])
    lookup.guard(b.items[checked:])
    return [found]


@lowers(AdvancedIncSubtensor1, AdvancedIncSubtensor)
def lower_advanced_inc(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    x, y = inputs[0], inputs[1]
    if x.type not in (*ex.TYPES, "f16") or None in node.op.idx_list:
        return None
    lookup = Lookup(b, node.op, x, inputs[2:], node.inputs[2:])
    checked = len(b.items)
    if _an_element_of_each_row(b, x, inputs[2:]) and x.uniform is not None:
        return [_one_hot(b, node, x, y, inputs[3])]
    if lookup.from_front == {0} and not node.op.set_instead_of_inc and x.uniform is not None and is_summed(x):
        if x.uniform.op == "const" and x.uniform.value == 0 and lookup.arrays[0].ndim == 1 and len(lookup.arrays) == 1:
            added = of_type(b, fit(b, y, tuple(lookup.dims)), x.type, lookup.dims)
            guards = [g for g in lookup.guards if g is not None]
            return [scattered_sum(b, added, lookup.arrays[0], x.dims[0], guards)]
    base = writable(b, node, x)
    assert base.tensor is not None
    reads = [fit(b, y, tuple(lookup.dims)), *lookup.array_reads()]
    old = b.strided(whole(base.tensor))
    increments = not node.op.set_instead_of_inc
    new, *arrays = bd.elements(reads)
    place = lookup.position(arrays)
    body = bd.converted(new, st.load_type(x.type))
    if increments:
        body = _plus(bd.look(0, old, place), body)
    indirect = [old] if increments else []
    b.write(base.tensor, None, reads, body, indirect=indirect, dims=lookup.dims, scatter=place, spread=lookup.spread())
    lookup.guard(b.items[checked:])
    return [whole(base.tensor)]
