"""The memory that the work of a loop nest reaches at one point, and how: what the form of its loops is chosen by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder, c_strides, whole
from theano.lower.dims import ZERO, is_const
from theano.lower.items import Item, Pointwise, Reduce
from theano.lower.plan.groups import Group, out_place, picked
from theano.lower.values import Tensor, Value

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


class _Look(NamedTuple):
    """An indirect operand at places that are computed: for each of its axes an axis of the item, or an expression.

    A picked operand (number `picked`) is where the item is along the axes that have None.
    """

    value: Value
    at: tuple[Expr | None, ...]
    picked: int = -1


class _Recorder:
    """An element of which only is noted where the body of an item looks."""

    def __init__(self, item: Pointwise | Reduce) -> None:
        self.item = item
        self.looks: list[_Look] = []

    def read(self, k: int) -> Expr:
        value = self.item.reads[k]
        return ex.name(f"element{k}", st.load_type(value.type)) if value.uniform is None else value.uniform

    def gather(self, value: Value, index: tuple[Expr, ...]) -> Expr:
        self.looks.append(_Look(value, index))
        return ex.name("gathered", st.load_type(value.type))

    def pick(self, k: int, index: tuple[Expr | None, ...]) -> Expr:
        value = self.item.indirect[k]
        self.looks.append(_Look(value, index, k))
        return ex.name("picked", st.load_type(value.type))

    def index(self, axis: int) -> Expr:
        return ex.name(f"axis{axis}", "i64")


class Reach:
    """What the items of a group reach, as the loop nest computes them: what others make of them is computed in place.

    `stored` are the tensors of the group that are in memory afterwards.
    """

    def __init__(self, b: Builder, group: Group, stored: Collection[Tensor]) -> None:
        self.b = b
        self.group = group
        self.stored = stored
        self.producer = producers(group)
        self._own: dict[Tensor, tuple[Expr, ...]] = {}
        self._bodies: dict[Item, tuple[Expr, list[_Look]]] = {}
        self._placed: dict[Item, bool] = {}

    def wants_store(self, item: Item) -> bool:
        return isinstance(item, Pointwise) and (item.is_window() or item.out in self.stored)

    def strides(self, value: Value) -> Sequence[Expr]:
        """Element strides of a look at memory."""
        if value.strides is not None:
            return value.strides
        tensor = value.tensor
        assert tensor is not None
        own = self._own.get(tensor)
        if own is None:
            own = self._own[tensor] = c_strides(self.b.dims, tensor.dims)
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

    def body(self, item: Pointwise | Reduce) -> tuple[Expr, list[_Look]]:
        """What an item computes, in terms of axes and elements, and where it looks."""
        found = self._bodies.get(item)
        if found is None:
            assert item.body is not None
            recorder = _Recorder(item)
            found = self._bodies[item] = item.body(recorder), recorder.looks
        return found

    def axes_in(self, item: Pointwise | Reduce, root: Expr) -> set[int]:
        """The group's axes whose indices an expression of an item's body holds, also in operands computed in place."""
        found: set[int] = set()
        place = self.group.places[item]
        for name in map(str, ex.names(root)):
            if name.startswith("axis"):
                at = place[int(name[4:])]
                found |= set() if at is None else {at}
            elif name.startswith("element"):
                value = item.reads[int(name[7:])]
                producer = self.producer.get(value.tensor)
                if producer is not None and value.axes is not None and self.is_placed(producer):
                    found.update(k for k in place if k is not None)
        return found

    def is_placed(self, item: Item) -> bool:
        """Whether the number that an item makes is computed with where the loops are."""
        assert isinstance(item, Pointwise | Reduce)
        found = self._placed.get(item)
        if found is None:
            found = item.uses_index and bool(self.axes_in(item, self.body(item)[0]))
            for value in (*item.reads, *picked(item)):
                producer = self.producer.get(value.tensor)
                if not found and producer is not None and value.axes is not None:
                    found = self.is_placed(producer)
            self._placed[item] = found
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
                for look in self.reach.body(item)[1]:
                    self._seek(item, look)
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

    def _seek(self, item: Pointwise, look: _Look) -> None:
        reach, tensor = self.reach, look.value.tensor
        if look.picked < 0:
            self._add(self._gathered(item, look))
            return
        around, self.in_loop = self.in_loop, self.in_loop or (self.loops and _may_be_nothing(look))
        producer = reach.producer.get(tensor)
        if producer is None or look.value.axes is None:
            self._add(self._gathered(item, look))
        else:
            made_at, before = out_place(reach.group, producer), (self.made, self.fixed)
            self.made, self.fixed = set(self.known), dict(self.fixed)
            for axis, at in zip(look.value.axes, look.at, strict=True):
                if axis is not None and at is not None and made_at[axis] is not None:
                    self.fixed[made_at[axis]] = bool(reach.axes_in(item, at))  # type: ignore[index]
            self._is_made(look.value)
            self.made, self.fixed = before
        self.in_loop = around

    def _gathered(self, item: Pointwise, look: _Look) -> Access:
        place, steps, winding = self.reach.group.places[item], list[tuple[int | None, Expr]](), False
        own = item.picks[look.picked] if look.picked >= 0 else (None,) * len(look.at)
        for at, axis, stride in zip(look.at, own, self.reach.strides(look.value), strict=True):
            if is_const(stride, 0):
                continue
            normal = self.reach.b.dims.normal(stride)
            if at is not None:
                inside = self.reach.axes_in(item, at)
                plain = at.op == "name" and str(at.value).startswith("axis")
                steps.append((min(inside) if plain and inside else None, normal))
                winding |= bool(inside) and not plain
            elif axis is not None and place[axis] is not None:
                steps.append((place[axis], normal))
        return Access(look.value.type, tuple(steps), winding=winding)


def _may_be_nothing(look: _Look) -> bool:
    """Whether an axis along which something is picked may have no positions."""
    lengths = [d for d, at in zip(look.value.dims, look.at, strict=True) if at is not None]
    return any(d.op != "const" or not d.value for d in lengths)


def producers(group: Group) -> dict[Tensor | None, Item]:
    """Who makes each value that the group's loops can compute where it is read."""
    return {i.out: i for i in group.items if isinstance(i, Reduce) or (isinstance(i, Pointwise) and not i.is_window())}

