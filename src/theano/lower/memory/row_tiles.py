"""Stretches of main that go by in blocks of rows, so that what one step leaves is in the cache for the next one.

An attention multiplies, for each of many heads, two matrices, makes a softmax of the product, multiplies that, and goes
the same way back. Step by step over all heads each result is written to memory that is far away, and read again from
there. If no head needs another, all steps can be made for some heads, then for the next ones: numbers come from the L2
cache, and what only these steps need has room for a block of rows instead of all of them.

A *stretch* holds stacks of products and the loop nests between them. Rows are what the first of the products counts. A
step belongs to the stretch if the work on a row reads and writes, of what the stretch makes, only what is in that row.
Other steps in between that need nothing of the stretch come before it, all else that is not cut comes after it.

No number depends on the cut. Threads share the blocks of a turn, each of which has a place of its own for what stays
inside, and between turns signals are looked for. Where blocks would be few, or all fits into the cache, main goes step
by step as without all this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group, out_place, scattering
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.nests.planner import plan_nest
from theano.lower.nests.row_locality import is_cut_along, keeps_to_rows
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.items import Special
from theano.lower.state.products import Product
from theano.lower.state.values import Item, Tensor


class Cut(Record):
    """A step of a stretch: how many positions of its outermost loop, or matrices of a stack, are in a row.

    `weight` is what a row takes, in picoseconds; `plan` the form of a loop nest.
    """

    per_row: Expr
    weight: Expr
    plan: NestPlan | None = None


class Stretch(Record):
    """Steps of main that are cut together into blocks of `block` of all `rows`, if `cond` holds; `always` if it must.

    `slots` blocks go by in a turn. `inside` is the memory that nobody else needs, with its elements of a row; `weight`
    what a row takes, in picoseconds.
    """

    cuts: dict[Group, Cut]
    rows: Expr
    inside: dict[Tensor, Expr]
    block: Expr
    slots: int
    cond: Expr
    weight: Expr
    always: bool

    def room(self, b: Builder, memory: Tensor) -> Expr:
        """The elements of memory that stays inside: those of a block in each slot, or all."""
        in_blocks = b.dims.product((self.inside[memory], self.block, length(self.slots)))
        return ex.select(self.cond, in_blocks, b.dims.product(memory.dims))


def plan_blocks(
    b: Builder, order: Sequence[Group], stored_of: Callable[[Group], Sequence[Tensor]],
    is_sized: Callable[[Tensor], bool], kept: Collection[Tensor],
) -> tuple[list[Group], list[Stretch]]:  # fmt: skip
    """The groups of main in an order in which each stretch is in one piece, and the stretches.

    `kept` are the tensors that become the contents of storages.
    """
    planner = _Planner(b, stored_of, is_sized, kept)
    # between blocks signals are looked for: so not behind the first update
    end = next((k for k, g in enumerate(order) if planner.updates(g)), len(order))
    left, done, stretches = list(order[:end]), list[Group](), list[Stretch]()
    while left:
        start = next((k for k, g in enumerate(left) if _stack(g) is not None), len(left))
        done, left = done + left[:start], left[start:]
        found = planner.stretch(left) if left else None
        if found is None:
            done, left = done + left[:1], left[1:]
        else:
            before, stretch, left = found
            done += [*before, *stretch.cuts]
            stretches.append(stretch)
    return [*done, *order[end:]], stretches


def _stack(group: Group) -> Product | None:
    """The stack of products that a group is."""
    item = group.items[0]
    return item if isinstance(item, Product) and item.levels and item.z is None else None


class _Planner:
    def __init__(
        self, b: Builder, stored_of: Callable[[Group], Sequence[Tensor]], is_sized: Callable[[Tensor], bool],
        kept: Collection[Tensor],
    ) -> None:  # fmt: skip
        self.b = b
        self.dims = b.dims
        self.stored_of = stored_of
        self.is_sized = is_sized
        self.kept = kept

    def stretch(self, groups: Sequence[Group]) -> tuple[list[Group], Stretch, list[Group]] | None:
        """The stretch that begins with the first group: what comes before it, itself, and what comes after it."""
        first = _stack(groups[0])
        assert first is not None
        self.rows = rows = self.dims.normal(first.levels[0])
        self.made: set[Tensor] = set()
        self.cond = ex.name(self.b.fresh("cut"), "bool")  # told when all steps are known
        self.b.names.at_entry.add(str(self.cond.value))
        cuts: dict[Group, Cut] = {}
        others: dict[Group, bool] = {}  # and whether they need something of the stretch
        for group in groups:
            if self._is_barrier(group) or len(others) > self.b.machine.reach:
                break
            sources = group.sources()
            late = any(others.get(g, False) for g in sources)
            needs = not sources.isdisjoint(cuts)
            cut = None if late or not (needs or _stack(group)) else self._cut(group)
            if cut is None:
                others[group] = late or needs
            else:
                cuts[group] = cut
                self.made |= {t.storage() for i in group.items for t in i.made()}
        if all(g.sources().isdisjoint(cuts) for g in cuts):
            return None
        end = 1 + max(k for k, g in enumerate(groups) if g in cuts)
        between = [g for g in groups[:end] if g in others]
        found = self._whole(cuts, rows)
        if found is None:
            return None
        after = [*(g for g in between if others[g]), *groups[end:]]
        return [g for g in between if not others[g]], found, after

    def _whole(self, cuts: dict[Group, Cut], rows: Expr) -> Stretch | None:
        """How the rows are cut, if sizes tell that before anything runs."""
        b, machine = self.b, self.b.machine
        inside = {t: row for t in self._own(cuts) if (row := self._row(t)) is not None}
        touched = {
            v.tensor.storage(): None for g in cuts for i in g.items for v in (*i.reads, *i.indirect) if v.tensor
        } | dict.fromkeys(self.made)
        size, weight = ZERO, ZERO
        for tensor in touched:
            row = self._row(tensor)
            if row is not None:
                size = ex.add(size, ex.mul(row, length(ex.ITEMSIZE[tensor.type])))
        for cut in cuts.values():
            weight = ex.add(weight, cut.weight)
        size, weight = self.dims.normal(size), self.dims.normal(weight)
        if not b.known_at_entry(rows, size, weight, *inside.values()):
            return None
        slots = machine.block_slots if machine.shares_loops else 1
        size = ex.maximum(size, ONE)
        block = b.named(ex.maximum(ex.idiv(length(machine.block_bytes), size), ONE), 0)
        few = ex.mul(block, length(max(slots, 2)))  # so many rows can't be shared well, or are in the cache
        cond = ex.ge(rows, few)
        if cond.op == "const" and not cond.value:
            return None
        b.entry.append(st.Let(str(self.cond.value), cond))
        return Stretch(cuts, rows, inside, block, slots, self.cond, weight, cond.op == "const")

    def _is_barrier(self, group: Group) -> bool:
        """Whether what comes after a group must stay there."""
        item = group.items[0]
        return isinstance(item, Special) and bool(
            item.fallible or item.python or item.polls or item.blocks or item.defines
        )

    def updates(self, group: Group) -> bool:
        """Whether a group may write into a storage."""
        return any(t in self.kept or t.storage().role == "storage" for i in group.items for t in i.made())

    # -- one step -------------------------------------------------------------------------------------------------
    def _cut(self, group: Group) -> Cut | None:
        """How a group is cut into rows, if it keeps to them."""
        made = [t for i in group.items for t in i.made()]
        looked_at = [v.tensor for i in group.items for v in (*i.reads, *i.indirect) if v.tensor is not None]
        if not all(map(self.is_sized, made)) or any(t.shift is not None for t in (*made, *looked_at)):
            return None  # of memory with others in it nobody knows the rows
        product = _stack(group)
        return self._cut_stack(product) if product is not None else None if group.special else self._cut_nest(group)

    def _cut_stack(self, item: Product) -> Cut | None:
        count = item.levels[0]
        per_row = self.dims.ratio(count, self.rows)
        assert item.x is not None and item.y is not None and item.out is not None
        if per_row is None:
            return None
        for value in (item.x, item.y):
            if value.tensor is not None and value.tensor.storage() in self.made:
                place = (0, *[None] * (value.ndim - 1))
                if not keeps_to_rows(self.dims, value, place, 0, count):
                    return None
        each = (per_row, *item.levels[1:], *item.out.dims[-2:], item.x.dims[-1])
        return Cut(per_row, self.dims.product((*each, length(2 * self.b.machine.operation_time))))

    def _cut_nest(self, group: Group) -> Cut | None:
        """A loop nest that goes from row to row."""
        place = out_place(group, group.items[0])
        if not place or place[0] is None or group.serial or group.ragged is not None or group.along is not None:
            return None
        if scattering(group.items):
            return None
        axis = place[0]
        if not is_cut_along(self.dims, group, axis, self.made, lambda _: 0):
            return None
        plan = plan_nest(self.b, group, self.stored_of(group), by_rows=(self.cond, self.rows))
        shared, outermost = plan.sharing, plan.outermost
        if outermost is None or shared is None or shared.finish:
            return None
        first, in_parts = plan.order[0], plan.shape == "rows" and plan.parts is not None
        if plan.shape != "flat" and not in_parts and outermost.axis != first:
            return None
        run = plan.joined[first].axes if plan.joined else (first,)
        per_row = self.dims.ratio(self.dims.product(tuple([group.axes[k] for k in run])), self.rows)
        if run[0] != axis or per_row is None:
            return None
        per_row = ONE if in_parts else per_row
        return Cut(per_row, self.dims.product((per_row, shared.weight)), plan)

    def _row(self, tensor: Tensor) -> Expr | None:
        """The elements of a row of a tensor that has rows."""
        return self.dims.ratio(self.dims.product(tensor.dims), self.rows)

    def _own(self, cuts: Collection[Group]) -> Iterator[Tensor]:
        """The memory that the groups write, and nobody else looks at."""
        items: set[Item] = {i for g in cuts for i in g.items}
        for group in cuts:
            for tensor in [t for i in group.items for t in i.made()] if group.special else self.stored_of(group):
                users = {*tensor.writers, *map(self.b.outermost, tensor.readers)}
                plain = tensor.role == "temp" and tensor.alias is None and tensor.copy_of is None
                if plain and tensor not in self.kept and users <= items:
                    yield tensor
