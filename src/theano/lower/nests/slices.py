"""Loops over steps cut into slices of rows, each of which runs through all steps without waiting for another.

The rows of a batch need each other nowhere: a step multiplies them with matrices that stay, and the rest is work on
each row. Then a thread that has a slice of the rows makes all steps of it, where else all threads would meet after each
product and each loop of each step. No number depends on the cut: a row of a product is the same whatever rows are asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group, out_place
from theano.lower.nests.nest_plan import NestPlan
from theano.lower.nests.planner import plan_nest
from theano.lower.nests.row_locality import is_cut_along, keeps_to_rows
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.products import Product
from theano.lower.state.strides import whole
from theano.lower.state.values import Item, Tensor


class SlicedNest(Record):
    """A loop nest of a step: its form, and how many positions of its outermost loop are a row."""

    plan: NestPlan
    per_row: Expr


class Slicing(Record):
    """How `rows` rows are cut, if their sizes fulfil `cond`.

    `weight` is what a row takes in all steps, in picoseconds; `nests` are those of a step.
    """

    rows: Expr
    cond: Expr
    weight: Expr
    nests: dict[Group, SlicedNest]


def plan_slices(
    b: Builder, groups: Sequence[Group], states: Collection[Tensor], steps: Expr, bound: Collection[Tensor],
    stored_of: Callable[[Group], Collection[Tensor]],
) -> Slicing | None:  # fmt: skip
    """How a loop that makes `groups` in each of so many steps is cut, if that is right.

    `states` are the tensors that have an axis of steps before that of rows, `bound` those that have their memory.
    """
    if not groups:
        return None
    around, b.region = b.region, groups[0].region
    found = _Slicer(b, groups, states, bound, stored_of).slicing(steps)
    b.region = around
    return found


class _Slicer:
    def __init__(
        self, b: Builder, groups: Sequence[Group], states: Collection[Tensor], bound: Collection[Tensor],
        stored_of: Callable[[Group], Collection[Tensor]],
    ) -> None:  # fmt: skip
        self.b = b
        self.machine = b.machine
        self.groups = groups
        self.states = states
        self.bound = bound
        self.stored_of = stored_of
        self.made = {t.storage() for g in groups for i in g.items for t in i.made()}
        self.rows = ZERO

    def slicing(self, steps: Expr) -> Slicing | None:
        first = next((t for g in self.groups for i in g.items for t in i.made()), None)
        if first is None or len(first.dims) <= self._lead(first):
            return None
        self.rows = rows = self.b.dims.normal(first.dims[self._lead(first)])
        if rows.op == "const" and rows.value < 2 * self.machine.slice_rows:
            return None
        if not all(self._fits(g) for g in self.groups):
            return None
        weight, nests = ZERO, dict[Group, SlicedNest]()
        for group in self.groups:
            item = group.items[0]
            if isinstance(item, Product):
                assert item.y is not None
                own = self.b.dims.product((*item.y.dims, length(2 * self.machine.operation_time)))
            else:
                nest = self._nest(group)
                if nest is None:
                    return None
                nests[group] = nest
                assert nest.plan.sharing is not None
                own = self.b.dims.product((nest.per_row, nest.plan.sharing.weight))
            weight = ex.add(weight, own)
        products = [i for g in self.groups for i in g.items if isinstance(i, Product)]
        cond = ex.ge(rows, length(2 * self.machine.slice_rows))
        for test in self._sizes(products):
            cond = ex.and_(cond, test)
        weight = self.b.dims.normal(ex.mul(weight, steps))
        if not self.b.known_outside(self.groups[0].region, cond, weight):
            return None
        return Slicing(rows, cond, weight, nests)

    def _sizes(self, products: Sequence[Product]) -> list[Expr]:
        """That there are panels of all matrices, and that these are not too large."""
        total, tests = ZERO, []
        for p in products:
            assert p.y is not None
            inner, columns = p.y.dims
            tests += [ex.gt(inner, ONE), ex.gt(columns, ONE), ex.gt(ex.mul(inner, columns), length(8))]
            total = ex.add(total, self.b.dims.product((inner, columns, length(ex.ITEMSIZE[p.y.type]))))
        return [*tests, ex.le(self.b.dims.normal(total), length(self.machine.slice_matrices))] if products else []

    def _nest(self, group: Group) -> SlicedNest | None:
        """A loop nest that goes from row to row, and whose buffers are in the workspace; None for another one."""
        plan = plan_nest(self.b, group, self.stored_of(group), in_slices=True)
        axis, shared, outermost = out_place(group, group.items[0])[0], plan.sharing, plan.outermost
        if outermost is None or shared is None or shared.finish:
            return None
        first = plan.joined[0].axes[0] if plan.joined else plan.order[0]
        if first != axis:
            return None
        if not self.b.known_at_entry(*(d for row in plan.kept for d in row.buffer or ())):
            return None
        if plan.joined:
            others = tuple(d for k, d in enumerate(group.axes) if k != axis)
            return SlicedNest(plan, self.b.dims.product(others))
        return SlicedNest(plan, ONE) if outermost.axis == axis else None

    # -- what may be cut -----------------------------------------------------------------------------------------
    def _lead(self, tensor: Tensor) -> int:
        return int(tensor in self.states)

    def _fits(self, group: Group) -> bool:
        """Whether all that a group reads and writes, of what the loop makes, is in its own rows."""
        if any(t.storage() not in self.bound and not self._is_plain(t) for i in group.items for t in i.made()):
            return False
        if group.special:
            return self._is_product_of_rows(group.items[0])
        axis = out_place(group, group.items[0])[:1]
        if group.serial or group.ragged is not None or axis == () or axis[0] is None:
            return False
        is_row = self.b.dims.equal(group.axes[axis[0]], self.rows)
        return is_row and is_cut_along(self.b.dims, group, axis[0], self.made, self._lead)

    def _is_plain(self, tensor: Tensor) -> bool:
        """Whether memory for a tensor is in the workspace."""
        return tensor.storage().role == "temp" and self.b.known_at_entry(*tensor.storage().dims)

    def _is_product_of_rows(self, item: Item) -> bool:
        if not isinstance(item, Product) or item.panels is None:
            return False
        assert item.x is not None and item.out is not None
        inside = item.x.tensor is not None and item.x.tensor.storage() in self.made
        return all(
            keeps_to_rows(self.b.dims, v, (0, 1), 0, self.rows, self._lead(v.tensor))  # type: ignore[arg-type]
            for v in (whole(item.out), *([item.x] if inside else []))
        )
