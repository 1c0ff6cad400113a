"""Items that share a loop nest.

A `Group` is a loop tree of two levels over the axes `axes`: the parallel axes outside, the reduced axes `red` (if any
of its items reduces) inside. A *full* item runs at every point; a *prefix* item once for each point of the parallel
axes, between the sweeps over the reduced ones. Softmax of rows is one group: max; exp and sum; scale.
"""

from __future__ import annotations

from collections.abc import Iterable

from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.builder import Builder
from theano.lower.state.items import Item, Pointwise, Reduce, Special
from theano.lower.state.values import Ragged, Tensor, Value


class Group(Record):
    """Items that share a loop nest. `places[item]` maps the item's own axes to the group's.

    An axis may be `ragged`: it is gone through in the stretches of the rows, inside the loop over these.
    Instead of reduced axes there may be one that is gone `along` in order, as some items need what they gave before.
    `streams` is how many arrays the group touches, or more: what its parts touched before they were merged.
    `not_merged` lists groups that this one reads from and has not been merged with, and why.
    """

    region: int
    axes: list[Expr] = field(default_factory=list)
    red: frozenset[int] = frozenset()
    along: int | None = None
    items: list[Item] = field(default_factory=list)
    places: dict[Item, tuple[int | None, ...]] = field(default_factory=dict)
    position: int = -1
    deps: set[Group] = field(default_factory=set)
    cost: int = 0
    streams: int = 0
    special: bool = False
    serial: bool = False
    ragged: Ragged | None = None
    merged: Group | None = None
    not_merged: list[tuple[Group, str]] = field(default_factory=list)

    def parallel(self) -> list[int]:
        return [k for k in range(len(self.axes)) if k not in self.red]

    def now(self) -> Group:
        """The group that this one has become part of."""
        group = self
        while group.merged is not None:
            group = group.merged
        return group

    def sources(self) -> set[Group]:
        """The groups that this one reads from."""
        self.deps = {d.now() for d in self.deps} - {self}
        return self.deps

    def is_prefix(self, item: Item) -> bool:
        """Whether an item runs once for each point of the parallel axes."""
        return bool(self.red) and isinstance(item, Pointwise) and not self.red & set(self.places[item])


def live_items(b: Builder, roots: list[Item]) -> list[Item]:
    """The items that somebody needs, in their order; checks and call-backs are needed for themselves.

    What nobody needs is no reader any more: else its operands would be written to memory for it.
    """
    stack = [*roots, *(i for i in b.items if isinstance(i, Special) and i.fallible)]
    seen = set(stack)
    while stack:
        item = stack.pop()
        for other in b.needed_by(item):
            if other not in seen:
                seen.add(other)
                stack.append(other)
    forgotten = {
        v.tensor for i in b.items if i not in seen for v in (*i.reads, *i.indirect) if v.tensor is not None
    }
    for tensor in forgotten:
        tensor.readers = [r for r in tensor.readers if r in seen]
    return [i for i in b.items if i in seen]


def picked(item: Item) -> list[Value]:
    """The operands that an item reads at one place along some axes."""
    return item.indirect[: len(item.picks)] if isinstance(item, Pointwise) else []


def picks(item: Item) -> list[tuple[int | None, ...]]:
    """Of each of these operands the axes of the item's space that it has."""
    return item.picks if isinstance(item, Pointwise) else []


def scattering(items: Iterable[Item]) -> list[Pointwise]:
    """The items that write to computed places."""
    return [i for i in items if isinstance(i, Pointwise) and i.scatter is not None]


def single_sweep(group: Group) -> bool:
    """Whether no full item needs a result of the reductions or of prefix work."""
    made = {i.out for i in group.items if isinstance(i, Reduce) or group.is_prefix(i)}  # type: ignore[attr-defined]
    names = {i.scalar_name for i in group.items if isinstance(i, Reduce) and i.scalar_name}
    for item in group.items:
        if group.is_prefix(item):
            continue
        if any(v.tensor in made for v in item.reads):
            return False
        if not names.isdisjoint(ex.names(*item.scalars)):
            return False
    return True


def out_place(group: Group, item: Item) -> tuple[int | None, ...]:
    """The group's axis of each axis of an item's result."""
    place = group.places[item]
    if isinstance(item, Reduce):
        return tuple(None if k is None else place[k] for k in item.out_axes)
    if isinstance(item, Pointwise) and item.out_axes is not None:
        return tuple(place[k] for k in item.out_axes)
    return place


def streams(group: Group) -> int:
    """How many arrays a group touches, roughly."""
    inside = {i.out for i in group.items if isinstance(i, Pointwise | Reduce)}
    outside: set[Tensor] = set()
    for item in group.items:
        outside |= {v.tensor for v in item.reads if v.tensor is not None and v.tensor not in inside}
    return len(outside)
