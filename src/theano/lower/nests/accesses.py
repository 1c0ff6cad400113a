"""The memory that the work of a loop nest reaches at one point, and how: what the form of its loops is chosen by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group, out_place, picked
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ZERO, is_const
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.strides import c_strides, whole
from theano.lower.state.values import Tensor, Value

Steps = tuple[tuple[int | None, Expr], ...]


class Access(NamedTuple):
    """An element that is read or written at each point.

    `steps` are its indices with their strides: an index is an axis of the group, or None for a place that does not
    follow from where the loops are. Such places, and row buffers (without a `value`), have no `axes`: the group's axis
    of each axis of the value. `winding` accesses find their place by computing with indices of loops.
    """

    type: str
    steps: Steps
    value: Value | None = None
    axes: tuple[int | None, ...] | None = None
    written: bool = False
    in_loop: bool = False  # in one of its own, inside the others
    winding: bool = False

    def stride(self, axis: int) -> Expr | None:
        """How far apart neighbours along an axis are; None if it stays where it is."""
        return next((stride for at, stride in self.steps if at == axis), None)


class Reach:
    """What the items of a group reach, as the loop nest computes them: what others make of them is computed in place.

    `stored` are the tensors of the group that are in memory afterwards.
    """

    def __init__(self, b: Builder, group: Group, stored: Collection[Tensor]) -> None:
        self.b = b
        self.group = group
        self.stored = stored
        self.producer = producers(group)
        self._storing = {
            i for i in group.items if isinstance(i, Pointwise) and (i.out in stored or i.is_window())
        }
        self.times: tuple[int, int] | None = None  # of a point, once somebody asked `plan.times`
        self._placed: dict[Item, bool] = {}

    def wants_store(self, item: Item) -> bool:
        return item in self._storing

    def strides(self, value: Value) -> Sequence[Expr]:
        """Element strides of a look at memory."""
        if value.strides is not None:
            return value.strides
        tensor = value.tensor
        assert tensor is not None
        own = c_strides(self.b.dims, tensor.dims)
        return [ZERO if a is None else own[a] for a in value.axes or ()]

    def access(self, value: Value, axes: Sequence[int | None], written: bool = False) -> Access:
        normal = self.b.dims.normal
        steps = tuple(
            [
                (at, normal(stride))
                for at, stride in zip(axes, self.strides(value), strict=True)
                if at is not None and not is_const(stride, 0)
            ]
        )
        return Access(value.type, steps, value, tuple(axes), written)

    def store(self, item: Pointwise | Reduce) -> Access:
        """Where the result of an item goes."""
        assert item.out is not None
        target = item.target if isinstance(item, Pointwise) else None
        return self.access(target or whole(item.out), out_place(self.group, item), True)

    def of(
        self, items: Iterable[Item], known: Collection[Tensor] = (), rows: Mapping[Tensor, Access] | None = None,
        keep: Mapping[Tensor, Access] | None = None, loops: bool = True,
    ) -> list[Access]:  # fmt: skip
        """The accesses of items at one point, in their order, those that write last.

        Values that are `known` are in registers, those in `rows` in memory; those to `keep` go there. Without `loops`
        what is picked needs no loop around it, which would not be run where there is nothing to pick.
        """
        walk, stores = _Walk(self, known, rows or {}, loops), list[Access]()
        for item in items:
            if isinstance(item, Reduce):
                walk.visit(item)
                continue
            assert isinstance(item, Pointwise)
            kept = keep.get(item.out) if keep and item.out is not None else None
            if kept is not None or self.wants_store(item):
                if item.out not in walk.made or item.is_window():
                    walk.visit(item)
                if item.scatter is None:
                    stores.append(self.store(item) if kept is None else kept)
        return walk.found + stores

    def axes_in(self, item: Pointwise | Reduce, root: Expr) -> set[int]:
        """The group's axes whose indices a part of an item's body holds, also in operands computed in place."""
        found: set[int] = set()
        place = self.group.places[item]
        stack, seen = [root], {root}
        while stack:
            node = stack.pop()
            if node.op == "index":
                at = place[node.value]
                found |= set() if at is None else {at}
            elif node.op == "element":
                if self._is_made_at_indices(item.reads[node.value]):
                    found.update(k for k in place if k is not None)
            elif node.op == "look":
                picks = picked(item)
                if node.value[0] < len(picks) and self._is_made_at_indices(picks[node.value[0]]):
                    found.update(k for k in place if k is not None)
            else:
                new = [a for a in node.args if a not in seen]
                seen.update(new)
                stack += new
        return found

    def _is_made_at_indices(self, value: Value) -> bool:
        producer = self.producer.get(value.tensor)
        return producer is not None and value.axes is not None and self.is_placed(producer)

    def is_placed(self, item: Item) -> bool:
        """Whether the number that an item makes is computed with where the loops are."""
        assert isinstance(item, Pointwise | Reduce)
        found = self._placed.get(item)
        if found is None:
            found = self._placed[item] = bool(self.axes_in(item, item.body))
        return found


class _Walk:
    """Goes through what items read, as the loop nest evaluates them."""

    def __init__(
        self, reach: Reach, known: Collection[Tensor], rows: Mapping[Tensor, Access], loops: bool
    ) -> None:
        self.reach = reach
        self.known = known
        self.rows = rows
        self.loops = loops
        self.found: list[Access] = []
        self.made: set[Tensor | None] = set(known)
        self.in_loop = False
        self.fixed: dict[int, bool] = {}  # axes of the group along which something is picked: whether by an index

    def visit(self, item: Item) -> None:
        assert isinstance(item, Pointwise | Reduce)
        place = self.reach.group.places[item]
        for value, axes in zip(item.reads, item.maps, strict=True):
            if value.uniform is None and not self._is_made(value):
                self._add(self.reach.access(value, [None if a is None else place[a] for a in axes]))
        if isinstance(item, Pointwise):
            if item.indirect:
                for node in ex.postorder((item.body,)):
                    if node.op == "look":
                        self._look(item, node)
            if not item.is_window():
                self.made.add(item.out)

    def _is_made(self, value: Value) -> bool:
        """Whether a value is one of this nest's, which then is seen to."""
        tensor = value.tensor
        assert tensor is not None
        producer = self.reach.producer.get(tensor)
        if producer is None or value.axes is None:
            return False
        if tensor in self.made:
            return True
        if tensor in self.rows:
            self._add(self.rows[tensor])
        else:
            self.visit(producer)
        return True

    def _add(self, access: Access) -> None:
        if self.fixed:
            steps = tuple((None if at in self.fixed else at, stride) for at, stride in access.steps)
            winding = any(self.fixed.get(at, False) for at, _ in access.steps if at is not None)
            access = access._replace(steps=steps, axes=None, winding=access.winding or winding)
        self.found.append(access._replace(in_loop=True) if self.in_loop else access)

    def _look(self, item: Pointwise, node: Expr) -> None:
        """An element at places that are computed, along some axes: where the item is along the others."""
        reach, (k, given) = self.reach, node.value
        value, places = item.indirect[k], iter(node.args)
        at = [next(places) if g else None for g in given]
        if k >= len(item.picks):
            self._add(self._gathered(item, value, at, (None,) * len(at)))
            return
        around, self.in_loop = self.in_loop, self.in_loop or (self.loops and _may_be_nothing(value, at))
        producer = reach.producer.get(value.tensor)
        if producer is None or value.axes is None:
            self._add(self._gathered(item, value, at, item.picks[k]))
        else:
            made_at, before = out_place(reach.group, producer), (self.made, self.fixed)
            self.made, self.fixed = set(self.known), dict(self.fixed)
            for axis, place in zip(value.axes, at, strict=True):
                if axis is not None and place is not None and made_at[axis] is not None:
                    self.fixed[made_at[axis]] = bool(reach.axes_in(item, place))
            self._is_made(value)
            self.made, self.fixed = before
        self.in_loop = around

    def _gathered(
        self, item: Pointwise, value: Value, at: Sequence[Expr | None], own: Sequence[int | None]
    ) -> Access:
        reach, place, winding, is_plain = self.reach, self.reach.group.places[item], False, True
        axes, steps = list[int | None](), list[tuple[int | None, Expr]]()
        for index, axis, stride in zip(at, own, reach.strides(value), strict=True):
            found: int | None = None
            at_zero = index is not None and index.op == "index" and place[index.value] is None
            if not is_const(stride, 0) and not at_zero:
                if index is not None:
                    inside = reach.axes_in(item, index)
                    if index.op == "index" and inside:
                        found = min(inside)
                    else:
                        winding, is_plain = winding or bool(inside), False
                elif axis is not None:
                    found = place[axis]
                if index is not None or found is not None:
                    steps.append((found, reach.b.dims.normal(stride)))
            axes.append(found)
        if is_plain:
            return Access(value.type, tuple(steps), value, tuple(axes))
        return Access(value.type, tuple(steps), winding=winding)


def _may_be_nothing(value: Value, at: Sequence[Expr | None]) -> bool:
    """Whether an axis along which something is picked may have no positions."""
    lengths = [d for d, place in zip(value.dims, at, strict=True) if place is not None]
    return any(d.op != "const" or not d.value for d in lengths)


def producers(group: Group) -> dict[Tensor | None, Item]:
    """Who makes each value that the group's loops can compute where it is read."""
    return {i.out: i for i in group.items if isinstance(i, Reduce) or (isinstance(i, Pointwise) and not i.is_window())}

