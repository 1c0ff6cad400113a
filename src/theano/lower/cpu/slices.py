"""Loops over steps cut into slices of rows, each of which runs through all steps without waiting for another.

The rows of a batch need each other nowhere: a step multiplies them with matrices that stay, and the rest is work on
each row. Then a thread that has a slice of the rows makes all steps of it, where else all threads would meet after each
product and each loop of each step. No number depends on the cut: a row of a product is the same whatever rows are asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from theano.configdefaults import config
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder, c_strides, whole
from theano.lower.cpu.emitter import NestEmitter
from theano.lower.cpu.nest import Nest, NestBuilder, index_name
from theano.lower.cpu.ranges import ELEMENT, OPERATION, make_ranged
from theano.lower.cpu.sweeps import axis_order, emit_group
from theano.lower.dims import ONE, ZERO, length
from theano.lower.items import Item, Pointwise, Reduce
from theano.lower.plan.groups import Group, out_place
from theano.lower.products import Product
from theano.lower.values import Tensor, Value

# Rows of a slice, at least: tiles of fewer read their panels too often.
FEWEST = 4
# Fewer rows than that are not cut.
LEAST_ROWS = 2 * FEWEST
# Bytes of the matrices of a step, at most: each thread reads all of them in each step, from its L2 cache.
MATRICES = 1 << 20


@dataclass(frozen=True, slots=True)
class Steps:
    """Of a loop: main's name for the number of the step, how many there are, and how many between looks at signals."""

    name: str
    count: Expr
    poll: int


@dataclass(slots=True)
class Slicing:
    """How `rows` rows are cut, if their sizes fulfil `cond`.

    `weight` is what a row takes in all steps, in picoseconds; `block` are the statements of a step for the rows from
    `lo` to `hi`.
    """

    rows: Expr
    cond: Expr
    weight: Expr
    lo: str
    hi: str
    block: list[st.Stmt]


def emit_in_slices(
    asm: NestEmitter, groups: Sequence[Group], states: Sequence[Tensor], steps: Steps, plain: Callable[[], None]
) -> None:
    """A loop over steps, in slices where that is right and the sizes allow it, else as `plain` emits it.

    `states` are the tensors that have an axis of steps before that of rows.
    """
    cut = _Slicer(asm, groups, states).run(steps.count) if groups else None
    if cut is None:
        plain()
    elif cut.cond.op == "const" and cut.cond.value:
        _emit_slices(asm, cut, steps)
    else:
        asm.statement(st.If(cut.cond, asm.block(lambda: _emit_slices(asm, cut, steps)), asm.block(plain)))


def _emit_slices(asm: NestEmitter, cut: Slicing, steps: Steps) -> None:
    b = asm.b
    batch, size = b.fresh("c"), length(steps.poll)
    first = ex.mul(ex.name(batch, "i64"), size)
    last = ex.minimum(steps.count, ex.add(first, size))
    least = max(config.openmp_elemwise_minsize * ELEMENT, 1) if config.openmp else 0
    loop = st.For(steps.name, last, "serial", cut.block, start=first)
    slices = hs.Slices(cut.lo, cut.hi, cut.rows, cut.weight, FEWEST, least, [loop])
    batches = ex.idiv(ex.add(steps.count, length(steps.poll - 1)), size)
    asm.statement(st.For(batch, batches, "serial", [hs.Poll(), slices]))


class _Slicer:
    def __init__(self, asm: NestEmitter, groups: Sequence[Group], states: Sequence[Tensor]) -> None:
        self.asm = asm
        self.b: Builder = asm.b
        self.groups = groups
        self.states = set(states)
        self.made = {t.storage() for g in groups for i in g.items for t in i.made()}
        self.rows = ZERO
        self.lo = self.hi = ""
        self.weights: list[Expr] = []

    def run(self, steps: Expr) -> Slicing | None:
        b, around = self.b, self.b.region
        b.region = self.groups[0].region
        found = self._slicing(steps)
        b.region = around
        return found

    def _slicing(self, steps: Expr) -> Slicing | None:
        first = next((t for g in self.groups for i in g.items for t in i.made()), None)
        if first is None or len(first.dims) <= self._lead(first):
            return None
        self.rows = rows = self.b.dims.normal(first.dims[self._lead(first)])
        if rows.op == "const" and rows.value < LEAST_ROWS:
            return None
        if not all(self._fits(g) for g in self.groups):
            return None
        self.lo, self.hi = self.b.fresh("d"), self.b.fresh("d")
        block = self.asm.block(self._emit)
        products = [i for g in self.groups for i in g.items if isinstance(i, Product)]
        if len(self.weights) < len(self.groups) or not all(isinstance(s, hs.CallKernel | hs.Call) for s in block):
            return None
        weight = ZERO
        for w in self.weights:
            weight = ex.add(weight, w)
        cond = ex.ge(rows, length(LEAST_ROWS))
        for test in self._sizes(products):
            cond = ex.and_(cond, test)
        weight = self.b.dims.normal(ex.mul(weight, steps))
        if not self.b.known_outside(self.groups[0].region, cond, weight):
            return None
        return Slicing(rows, cond, weight, self.lo, self.hi, block)

    def _sizes(self, products: Sequence[Product]) -> list[Expr]:
        """That there are panels of all matrices, and that these are not too large."""
        total, tests = ZERO, []
        for p in products:
            assert p.y is not None
            inner, columns = p.y.dims
            tests += [ex.gt(inner, ONE), ex.gt(columns, ONE), ex.gt(ex.mul(inner, columns), length(8))]
            total = ex.add(total, self.b.dims.product((inner, columns, length(ex.ITEMSIZE[p.y.type]))))
        return [*tests, ex.le(self.b.dims.normal(total), length(MATRICES))] if products else []

    # -- what may be cut -----------------------------------------------------------------------------------------
    def _lead(self, tensor: Tensor) -> int:
        return int(tensor in self.states)

    def _fits(self, group: Group) -> bool:
        """Whether all that a group reads and writes, of what the loop makes, is in its own rows."""
        if any(t.storage() not in self.asm.bound and not self._is_plain(t) for i in group.items for t in i.made()):
            return False
        if group.special:
            return self._is_product_of_rows(group.items[0])
        axis = out_place(group, group.items[0])[:1]
        return not group.serial and axis != () and self._is_cut_along(group, axis[0])

    def _is_plain(self, tensor: Tensor) -> bool:
        """Whether memory for a tensor is in the workspace."""
        return tensor.storage().role == "temp" and self.b.known_at_entry(*tensor.storage().dims)

    def _is_product_of_rows(self, item: Item) -> bool:
        if not isinstance(item, Product) or item.panels is None:
            return False
        assert item.x is not None and item.out is not None
        inside = item.x.tensor is not None and item.x.tensor.storage() in self.made
        return self._is_own(whole(item.out), (0, 1), 0) and (not inside or self._is_own(item.x, (0, 1), 0))

    def _is_cut_along(self, group: Group, axis: int | None) -> bool:
        if axis is None or axis in group.red:
            return False
        for item in group.items:
            assert isinstance(item, Pointwise | Reduce)
            if any(v.tensor is not None and v.tensor.storage() in self.made for v in item.indirect) or item.out is None:
                return False
            target = item.target if isinstance(item, Pointwise) else None
            if not self._is_own(target or whole(item.out), out_place(group, item), axis):
                return False
            place = group.places[item]
            for value, axes in zip(item.reads, item.maps, strict=True):
                if value.tensor is not None and value.tensor.storage() in self.made:
                    if not self._is_own(value, tuple(None if a is None else place[a] for a in axes), axis):
                        return False
        return True

    def _is_own(self, value: Value, place: Sequence[int | None], axis: int) -> bool:
        """Whether position k along `axis` is in row k of a tensor: `place` tells which axis each one of the value is.

        A window with as many positions as there are rows, as far apart as rows are, has no room to begin elsewhere than
        in the first row.
        """
        tensor, dims = value.tensor, self.b.dims
        assert tensor is not None
        lead = self._lead(tensor)
        if value.type != tensor.type or len(tensor.dims) <= lead or not dims.equal(tensor.dims[lead], self.rows):
            return False
        if value.strides is None:
            if lead or value.axes is None:
                return False
            own = c_strides(dims, tensor.dims)
            strides: Sequence[Expr] = [ZERO if a is None else own[a] for a in value.axes]
        else:
            strides = value.strides
        row = dims.product(tuple(tensor.dims[lead + 1 :]))
        found = [(s, d) for s, d, at in zip(strides, value.dims, place, strict=True) if at == axis]
        return len(found) == 1 and dims.equal(found[0][0], row) and dims.equal(found[0][1], self.rows)

    # -- a step ----------------------------------------------------------------------------------------------
    def _emit(self) -> None:
        """The statements of a step; fewer `weights` than groups if a loop nest does not go from row to row."""
        lo, hi = ex.name(self.lo, "i64"), ex.name(self.hi, "i64")
        for group in self.groups:
            item = group.items[0]
            if isinstance(item, Product):
                assert item.y is not None
                self.asm.prepare(group)
                for tensor in item.writes:
                    self.asm.bind(tensor)
                    self.asm.touch(tensor)
                item.call_slice(self.asm, lo, hi)
                self.weights.append(self.b.dims.product((*item.y.dims, length(2 * OPERATION))))
            elif not self._emit_nest(group, lo, hi):
                return

    def _emit_nest(self, group: Group, lo: Expr, hi: Expr) -> bool:
        nb = NestBuilder(self.b, group, set(self.asm.prepare(group)), self.asm.row_buffer)
        nb.row_by_row = True
        nest = emit_group(nb)
        axis = out_place(group, group.items[0])[0]
        assert axis is not None
        per_row = self._positions(nb, nest, axis)
        ranges = make_ranged(nb, always=True) if per_row is not None else None
        if per_row is None or ranges is None or ranges.finish:
            return False
        own = hs.Ranges(ex.mul(hi, per_row), ranges.weight, start=ex.mul(lo, per_row))
        self.asm.call_kernel(st.Kernel("", nest.params, nest.body, ranged=True), list(nest.args), own)
        self.weights.append(self.b.dims.product((per_row, ranges.weight)))
        return True

    def _positions(self, nb: NestBuilder, nest: Nest, axis: int) -> Expr | None:
        """How many positions of the outermost loop are a row; None if it does not go from row to row."""
        loop = next((s for s in reversed(nest.body) if isinstance(s, st.For)), None)
        if loop is None or nest.points is None:
            return None
        order = axis_order(nb)
        others = self.b.dims.product(tuple(d for k, d in enumerate(nb.group.axes) if k != axis))
        rows = nb.local(nb.group.axes[axis])
        outer = nb.index_of[axis] if nb.part is None else nb.part[0]
        if order[0] == axis and loop.index == index_name(outer) and loop.extent is rows:
            return ONE
        flat = order[0] == axis and loop.index == index_name(nb.index_of[order[-1]])
        every = nb.local(self.b.dims.product(tuple(nb.group.axes)))
        return others if flat and not nb.group.red and loop.extent is every else None
