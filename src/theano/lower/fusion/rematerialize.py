"""Values that a later loop makes again instead of reading them: the sign of what an activation was given.

A value that one loop makes and another one reads has to be in memory between them, of a training step until the
gradient comes to it. Where the later loop reads what the value was made of anyway, or that is as small as a row, some
operations cost less than the memory, and than writing and reading it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from theano.base.record import replace
from theano.lower.fusion.groups import Group, out_place
from theano.lower.state.builder import Builder
from theano.lower.state.dims import is_const
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.values import Tensor, Value

__all__ = ["recompute"]

# Cost of the copies of a chain, with one more for each operand that is as large, and items of a chain, at most. A
# number that is written and read back comes to 0.8 ns where memory gives 10 GB/s, in which time vectors compute some
# dozens of these operations.
MOST, LONGEST = 16, 8


class _Chain(NamedTuple):
    """The items that make a tensor, in their order, what they read, what of that is as large, and a copy's cost."""

    items: list[Pointwise]
    read: set[Tensor]
    large: set[Tensor]
    cost: int


def recompute(b: Builder, groups: Mapping[int, list[Group]], kept: Collection[Tensor | None]) -> None:
    """Let loops of main make values again where that is cheaper; `kept` are tensors that must be in memory."""
    own = groups.get(0, [])
    recomputation = _Recomputation(b, own, kept)
    for group in own:
        if group.special or group.ragged is not None or group.along is not None:
            continue
        for item in list(group.items):
            if type(item) is Pointwise and not group.is_prefix(item):
                recomputation.try_item(group, item)
    own[:] = [group for group in own if group.items]


class _Recomputation:
    """Of the groups of main; `home` tells in which one an item is."""

    def __init__(self, b: Builder, groups: Iterable[Group], kept: Collection[Tensor | None]) -> None:
        self.b = b
        self.kept = kept
        self.home: dict[Item, Group] = {item: group for group in groups for item in group.items}

    def try_item(self, group: Group, item: Pointwise) -> None:
        """Let those that read the result of an item in other groups make it themselves, if all of them can."""
        out = item.out
        if out is None or not _is_plain(item) or len(out.writers) != 1 or not self._is_temporary(out):
            return
        readers: dict[Group, list[Item]] = {}
        for reader in out.readers:
            other = self.home.get(reader)
            if other is None:
                return
            if other is not group:
                readers.setdefault(other, []).append(reader)
        found = self._chain(group, item) if readers else None
        if found is None or found.cost * len(readers) > MOST:
            return
        places = {other: _places(group, item, other, own) for other, own in readers.items()}
        if not all(places[other] is not None and self._suits(other, found) for other in readers):
            return
        # what is read more in their loops, and in memory what is written and read less
        more = sum(len(found.large - {v.tensor for i in other.items for v in i.reads}) for other in readers)
        if more > len(readers) + 1:
            return
        for other, own in readers.items():
            axes = places[other]
            assert axes is not None
            self._make_again(group, found.items, axes, other, own)
        self._drop(group, item)

    def _is_temporary(self, tensor: Tensor) -> bool:
        """Whether nothing but its readers keeps a tensor in memory."""
        return tensor.role == "temp" and tensor.alias is None and tensor.copy_of is None and tensor not in self.kept

    def _is_in_memory(self, group: Group, tensor: Tensor) -> bool:
        """Whether what a group makes is in memory anyway."""
        return not self._is_temporary(tensor) or any(self.home.get(r) is not group for r in tensor.readers)

    def _chain(self, group: Group, item: Pointwise) -> _Chain | None:
        """What makes the result of `item` from values in memory and from rows; None if that is too much work."""
        found: list[Pointwise] = []
        read: set[Tensor] = set()
        large: set[Tensor] = set()
        stack, cost, size = [item], 0, _axes(item.dims)
        while stack:
            current = stack.pop()
            if current in found:
                continue
            found.append(current)
            cost += current.cost
            for value in current.reads:
                tensor = value.tensor
                if tensor is None:
                    continue
                made = [w for w in tensor.writers if self.home.get(w) is group]
                if made and (value.axes is None or len(tensor.writers) > 1):
                    return None
                if made and not self._is_in_memory(group, tensor) and _axes(made[0].dims) == size:
                    (writer,) = made
                    if isinstance(writer, Pointwise):
                        if not _is_plain(writer):
                            return None
                        stack.append(writer)
                        continue
                read.add(tensor)
                if _axes(value.dims) == size and tensor not in large:
                    large.add(tensor)
                    cost += 1
            if cost > MOST or len(found) > LONGEST:
                return None
        order = {i: k for k, i in enumerate(group.items)}
        return _Chain(sorted(found, key=lambda i: order[i]), read, large, cost)

    def _suits(self, other: Group, found: _Chain) -> bool:
        """Whether a loop may make the value, from numbers that are what they were, and in memory for it or later ones.

        A call-back may have changed the memory of arguments and shared variables.
        """
        machine = self.b.machine
        if other.special or other.serial or other.ragged is not None or other.along is not None:
            return False
        if other.cost + found.cost > machine.loop_cost or len(other.items) + len(found.items) > machine.loop_items:
            return False
        if self.b.last_callback and any(tensor.role not in ("temp", "constant") for tensor in found.read):
            return False
        return all(self._is_kept_for(other, tensor) for tensor in found.large)

    def _is_kept_for(self, other: Group, tensor: Tensor) -> bool:
        if tensor.role != "temp" or tensor in self.kept:
            return True
        return any(r in self.home and self.home[r].position >= other.position for r in tensor.readers)

    def _make_again(
        self, group: Group, chain: list[Pointwise], axes: Mapping[int, int], other: Group, readers: list[Item]
    ) -> None:
        """Copies of a chain of items in another group, for its `readers`."""
        b, home, copies = self.b, self.home, dict[Tensor | None, Tensor]()

        def instead(value: Value) -> Value:
            return replace(value, tensor=copies[value.tensor]) if value.tensor in copies else value

        made = []
        for item in chain:
            assert item.out is not None
            copy = replace(
                item, reads=[instead(v) for v in item.reads], out=b.tensor(item.out.type, item.out.dims),
                deps=[d for d in item.deps if d not in chain],
            )  # fmt: skip
            assert copy.out is not None
            copy.out.writers.append(copy)
            copies[item.out] = copy.out
            for value in copy.reads:
                if value.tensor is not None:
                    value.tensor.readers.append(copy)
            other.places[copy] = tuple([None if k is None else axes[k] for k in group.places[item]])
            home[copy] = other
            made.append(copy)
        other.items = made + other.items
        other.cost += sum(i.cost for i in made)
        other.deps |= {home[d] for i in made for d in b.needed_by(i) if d in home} - {other}
        last = chain[-1].out
        assert last is not None
        for reader in readers:
            reader.reads[:] = [instead(v) if v.tensor is last else v for v in reader.reads]
            reader.deps[:] = [d for d in reader.deps if d is not chain[-1]]
            copies[last].readers.append(reader)
        last.readers[:] = [r for r in last.readers if r not in readers]

    def _drop(self, group: Group, item: Pointwise) -> None:
        """Forget an item whose result nobody needs any more, and those that only it has read."""
        stack = [item]
        while stack:
            current = stack.pop()
            out = current.out
            if out is None or out.readers or not self._is_temporary(out) or current not in group.places:
                continue
            group.items.remove(current)
            del group.places[current], self.home[current]
            group.cost -= current.cost
            for value in current.reads:
                tensor = value.tensor
                if tensor is not None and current in tensor.readers:
                    tensor.readers[:] = [r for r in tensor.readers if r is not current]
                    stack += [w for w in tensor.writers if self.home.get(w) is group and type(w) is Pointwise]


def _is_plain(item: Pointwise) -> bool:
    """Whether an item does no more than to apply operations, point by point."""
    simple = type(item) is Pointwise and not item.is_window() and not item.indirect and item.parts is None
    return simple and item.same is not None


def _axes(dims: Iterable[object]) -> int:
    return sum(not is_const(d, 1) for d in dims)  # type: ignore[arg-type]


def _places(group: Group, item: Pointwise, other: Group, readers: Iterable[Item]) -> dict[int, int] | None:
    """For each axis of the group in which a result is made that of another one, which reads it; None if they differ."""
    made_at, found = out_place(group, item), dict[int, int]()
    for reader in readers:
        if not isinstance(reader, Pointwise | Reduce) or any(v.tensor is item.out for v in reader.indirect):
            return None
        place = other.places[reader]
        for value, axes in zip(reader.reads, reader.maps, strict=True):
            if value.tensor is not item.out:
                continue
            if value.axes is None:
                return None
            for axis, tensor_axis in enumerate(value.axes):
                own = None if tensor_axis is None else made_at[tensor_axis]
                if own is None:
                    continue
                space = axes[axis]
                target = None if space is None else place[space]
                if target is None or found.setdefault(own, target) != target:
                    return None
    wanted, all_axes = {k for k in made_at if k is not None}, set(range(len(other.axes)))
    return found if set(found) == wanted and set(found.values()) == all_axes and len(found) == len(all_axes) else None
