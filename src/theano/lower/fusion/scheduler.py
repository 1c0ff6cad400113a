"""Which items share a loop nest, and in which order the nests run.

Items are taken in topological order, each as a group of its own at the end of the list; then the groups it reads
from are merged into it where the loop trees fit and nothing in between needs them. Every step looks at the direct
neighbours only, so scheduling is linear in the number of items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from theano.base.progress import still_here
from theano.base.record import replace
from theano.loops import expr as ex
from theano.lower.fusion.groups import Group, out_place, picked, scattering, streams
from theano.lower.fusion.horizontal import why_alone, why_two
from theano.lower.fusion.split_reduction import split_reduction
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.dims import is_const
from theano.lower.state.items import Item, Pointwise, Reduce, Running, Special
from theano.lower.state.values import Ragged, Tensor

# From so many writers of a tensor on their set is kept.
MANY = 8
# So many readers of a tensor, the last ones, are looked at for one that sweeps it in the same way.
MANY_READERS = 40
MUCH_FOR_A_ROW = "work once a row is not widened, and this is much"


class Fit(NamedTuple):
    """The axes of an earlier group as axes of the merged one, which are those of the later one that reads it.

    With `reader_once_a_row` it is the other way round: the merged group has the axes of the earlier one, and `mapping`
    tells which of them each axis of the later one is.
    """

    mapping: list[int]
    reader_once_a_row: bool = False


class Scheduler:
    """Builds the groups of one region."""

    def __init__(self, b: Builder) -> None:
        self.b = b
        self.machine = b.machine
        self.groups: dict[int, list[Group | None]] = {}
        self.home: dict[Item, Group] = {}
        self.writers: dict[Tensor, frozenset[Item]] = {}  # of tensors with many
        self.misfit = ""  # why the axes of two groups did not fit

    def run(self, items: list[Item]) -> dict[int, list[Group]]:
        for item in items:
            still_here()
            self.b.region = item.region
            self._place(item)
        self.b.region = 0
        return {region: [g for g in groups if g is not None] for region, groups in self.groups.items()}

    # -- one item --------------------------------------------------------------------------------------
    def _place(self, item: Item) -> None:
        group = self._new_group(item)
        if isinstance(item, Reduce) and self._split(item, group):
            group = self._new_group(item)
        self.groups[item.region].append(group)
        self.home[item] = group
        if isinstance(item, Special):
            return
        for source in sorted(group.sources(), key=lambda g: -g.position):
            if source.merged is None and not source.special:
                self._merge(source, group)
        if isinstance(item, Reduce):
            self._merge_sibling(group)
        self._merge_neighbour(group)

    def _new_group(self, item: Item) -> Group:
        group = Group(item.region, items=[item], position=len(self.groups.setdefault(item.region, [])))
        homes = [self.home[other] for other in self.b.needed_by(item)]
        group.deps.update(home for home in homes if home.region == item.region)
        if isinstance(item, Special):
            group.special = True
            return group
        assert isinstance(item, Pointwise | Reduce)
        dims = [self.b.dims.normal(d) for d in item.dims]
        place: list[int | None] = []
        red = item.red if isinstance(item, Reduce) else frozenset()
        # lengths that turned out to be 1 only after the item was made: one axis stays to be reduced
        kept = {min(red)} if red and all(is_const(dims[k], 1) for k in red) else set()
        if isinstance(item, Pointwise) and item.parts is not None and all(is_const(d, 1) for d in dims):
            kept = {0}  # which is cut into parts
        ragged = item.ragged
        if ragged is not None:
            kept |= {ragged.axis, ragged.rows}
        if isinstance(item, Running):
            kept = {item.along}
        for k, d in enumerate(dims):
            if is_const(d, 1) and k not in kept:
                place.append(None)
            else:
                place.append(len(group.axes))
                group.axes.append(d)
        group.places[item] = tuple(place)
        if ragged is not None:
            group.ragged = Ragged(place[ragged.axis], place[ragged.rows], ragged.starts)  # type: ignore[arg-type]
        if isinstance(item, Reduce):
            group.red = frozenset(place[k] for k in item.red if place[k] is not None)  # type: ignore[misc]
        else:
            group.serial = item.scatter is not None
            group.along = place[item.along] if isinstance(item, Running) else None
        group.cost = item.cost
        group.streams = streams(group)
        return group

    # -- two groups ----------------------------------------------------------------------------------------
    def _merge(self, a: Group, into: Group) -> bool:
        """Move the items of an earlier group into a later one, if that is right and worth it."""
        why = self._try_merge(a, into)
        if why:
            into.not_merged.append((a, why))
        return not why

    def _try_merge(self, a: Group, into: Group) -> str:
        """Merge them, or tell why not."""
        found = self._fit_of(a, into)
        if isinstance(found, str):
            return found
        self._join(a, into, found, self._can_move_up(a, into))
        return ""

    def _fit_of(self, a: Group, into: Group) -> Fit | str:
        """How they may be merged, or why not."""
        machine = self.machine
        if a.serial or (into.serial and not _is_fed(a, into)):
            return "one of them writes to places in order"
        if (a.along is not None and into.red) or (into.along is not None and a.red):
            return "one of them goes along an axis, the other one reduces"
        if (a.along is not None and into.ragged is not None) or (into.along is not None and a.ragged is not None):
            return "one of them goes along all elements, the other one begins anew in each row"
        if (a.red and _divides(into)) or (into.red and _divides(a)):
            return "one of them divides places, the other one reduces"
        if self._is_slowed(a, into) or self._is_slowed(into, a):
            return "work along rows is not widened, and this is much"
        if a.cost + into.cost > machine.loop_cost or len(a.items) + len(into.items) > machine.loop_items:
            return "together they are too much for one loop"
        if not self._can_move_up(a, into) and not self._can_move_down(a, into):
            return "what runs between them needs the one and is needed by the other"
        self.misfit = "it is not read point by point as it is made"
        fit = self._axis_map(a, into)
        if fit is None:
            return self.misfit
        if a.streams + into.streams > machine.loop_streams:
            a.streams, into.streams = streams(a), streams(into)
            if a.streams + into.streams > machine.loop_streams:
                return "together they read too many arrays"
        return fit

    def _is_slowed(self, a: Group, other: Group) -> bool:
        """Whether `a` goes along the last axis, where one element waits for another, and `other` is much work."""
        return a.along is not None and a.along == len(a.axes) - 1 and other.cost > self.machine.light

    def _can_move_down(self, a: Group, into: Group) -> bool:
        """Nothing between the two needs what `a` makes: `a` may run where `into` does."""
        region = self.groups[a.region]
        if into.position - a.position > self.machine.reach:
            return False
        between = region[a.position + 1 : into.position]
        return not any(g is not None and a in g.sources() for g in between)

    def _can_move_up(self, a: Group, into: Group) -> bool:
        """`into` needs nothing that runs after `a`: it may run where `a` does."""
        return all(g.position <= a.position for g in into.sources())

    def _axis_map(self, a: Group, into: Group) -> Fit | None:
        """How the axes of the two become one group's, or None."""
        pairs: dict[int, int] = {}
        inside: set[int] = set()
        soft = False
        for item in into.items:
            found = self._edges(a, into, item, pairs, inside)
            if found is None:
                return None
            soft = soft or found
        if not soft and not self._same_space(a, into):
            return None
        fit = self._fit(a, into, pairs)
        if fit is None or not inside:
            return fit
        reader, mapping = fit.reader_once_a_row, fit.mapping
        red = a.red if reader else into.red | {mapping[k] for k in a.red}
        return fit if {k if reader else mapping[k] for k in inside} <= red else None

    def _edges(
        self, a: Group, into: Group, item: Item, pairs: dict[int, int], inside: set[int]
    ) -> bool | None:
        """Collect which axes of `a` an item of `into` reads at its own index; None if one reads otherwise.

        Along the axes `inside` something is picked: all of them must be reduced by the merged group.
        """
        assert isinstance(item, Pointwise | Reduce)
        place = into.places[item]
        soft = False
        looks = list(zip(item.reads, item.maps, strict=True))
        looks += zip(picked(item), getattr(item, "picks", ()), strict=True)
        for k, (value, axes) in enumerate(looks):
            tensor = value.tensor
            if tensor is None or not self._writes(a, tensor):
                continue
            producer = tensor.writers[0]
            if value.axes is None or len(tensor.writers) > 1 or _is_window(producer):
                return None
            soft = True
            own = out_place(a, producer)
            for value_axis, tensor_axis in enumerate(value.axes):
                if tensor_axis is None or own[tensor_axis] is None:
                    continue
                space_axis = axes[value_axis]
                if space_axis is None and k >= len(item.reads):
                    inside.add(own[tensor_axis])  # type: ignore[arg-type]
                    continue
                target = None if space_axis is None else place[space_axis]
                if target is None or pairs.setdefault(own[tensor_axis], target) != target:  # type: ignore[arg-type]
                    return None
        if any(self.home.get(d) is a and not _reads_softly(item, d) for d in item.deps):
            return None
        for name in ex.names(*item.scalars):
            if self.home.get(self.b.definer.get(name)) is a:  # type: ignore[arg-type]
                soft = True
        return soft

    def _same_space(self, a: Group, into: Group) -> bool:
        return len(a.axes) == len(into.axes) and a.red == into.red

    def _writes(self, a: Group, tensor: Tensor) -> bool:
        if len(tensor.writers) < MANY:
            return any(self.home.get(w) is a for w in tensor.writers)
        known = self.writers.get(tensor)
        if known is None:
            known = self.writers[tensor] = frozenset(tensor.writers)
        return not known.isdisjoint(a.items)

    def _fit(self, a: Group, into: Group, pairs: dict[int, int]) -> Fit | None:
        """How the loops of two groups become one nest, whose axes are paired by `pairs` as far as one reads the other.

        Both may run over the same axes, as in ``exp(x) * y``; or one of them once for each row of the other: what is
        made of the results of a reduction, ``log(x.sum(axis=1))``, and what the rows of a reduction read,
        ``(x * log(v)[:, None]).sum(axis=1)``.
        """
        equal = self.b.dims.equal
        self.misfit = "they run over different axes"
        if len(set(pairs.values())) < len(pairs) or any(not equal(a.axes[k], into.axes[v]) for k, v in pairs.items()):
            return None
        if a.ragged is not None or into.ragged is not None:
            return self._fit_ragged(a, into, pairs)
        if len(a.axes) == len(into.axes):
            return self._fit_same_axes(a, into, pairs)
        if a.red and not into.red and len(into.axes) == len(a.axes) - len(a.red):
            return self._fit_after_rows(a, into, pairs)
        if into.red and not a.red and len(a.axes) == len(into.axes) - len(into.red):
            return self._fit_before_rows(a, into, pairs)
        return None

    def _fit_ragged(self, a: Group, into: Group, pairs: dict[int, int]) -> Fit | None:
        """One of the two has a ragged axis: the other has the same one, or runs over rows, or over all elements."""
        if a.ragged is not None and into.ragged is not None:
            self.misfit = "their rows have other elements"
            known = {a.ragged.axis: into.ragged.axis, a.ragged.rows: into.ragged.rows}
            if not a.ragged.same(into.ragged) or any(pairs.get(k, v) != v for k, v in known.items()):
                return None
            if len(a.axes) != len(into.axes) or len({**pairs, **known}) != len({*pairs.values(), *known.values()}):
                return None
            return self._fit_same_axes(a, into, {**pairs, **known})
        if a.ragged is not None:
            inverse = {v: k for k, v in pairs.items()}
            if len(inverse) < len(into.axes):
                return None
            if a.ragged.rows not in pairs:  # all elements, of whatever row
                mapping = [inverse[v] for v in range(len(into.axes))]
                fits = len(mapping) == len(a.axes) - 1 and not (a.red and into.red)
                fits = fits and not any(mapping[k] == a.ragged.axis for k in into.red)
                return Fit(mapping, reader_once_a_row=True) if fits else None
            after = a.red and not into.red and len(into.axes) == len(a.axes) - len(a.red)
            return self._fit_after_rows(a, into, pairs) if after else None
        assert into.ragged is not None
        if len(pairs) < len(a.axes) or a.red:
            return None
        if into.ragged.rows not in pairs.values():
            return Fit([pairs[k] for k in range(len(a.axes))]) if len(a.axes) == len(into.axes) - 1 else None
        before = into.red and len(a.axes) == len(into.axes) - len(into.red)
        return self._fit_before_rows(a, into, pairs) if before else None

    def _fit_same_axes(self, a: Group, into: Group, pairs: dict[int, int]) -> Fit | None:
        mapping = self._complete(a, into, pairs)
        if mapping is None:
            return None
        if a.along is not None and into.along is not None and mapping[a.along] != into.along:
            self.misfit = "they go along different axes"
            return None
        red = frozenset(mapping[k] for k in a.red)
        self.misfit = "they reduce over different axes"
        return Fit(mapping) if not red or not into.red or red == into.red else None

    def _fit_after_rows(self, a: Group, into: Group, pairs: dict[int, int]) -> Fit | None:
        """`into` runs once for each result of the reductions of `a`.

        Each of its axes is that of one of `a`, as items run along all parallel axes of their group. Some may be reduced
        by `a` if its items are picked along others; that is refused by `_axis_map`.
        """
        inverse = {v: k for k, v in pairs.items()}
        if into.cost > self.machine.row_cost and (self._short_rows(a) or not self._feeds_row(into)):
            self.misfit = MUCH_FOR_A_ROW
            return None
        return Fit([inverse[v] for v in range(len(into.axes))], reader_once_a_row=True)

    def _fit_before_rows(self, a: Group, into: Group, pairs: dict[int, int]) -> Fit | None:
        """`a` runs once for each row that `into` reduces."""
        if len(pairs) != len(a.axes) or set(pairs.values()) & into.red:
            return None
        if a.cost > self.machine.row_cost and into.position - a.position > 1:
            self.misfit = MUCH_FOR_A_ROW
            return None
        return Fit([pairs[k] for k in range(len(a.axes))])

    def _complete(self, a: Group, into: Group, pairs: dict[int, int]) -> list[int] | None:
        """The map of all axes: what no edge pairs is paired by length, in order."""
        free = [v for v in range(len(into.axes)) if v not in pairs.values()]
        mapping = []
        for k in range(len(a.axes)):
            if k in pairs:
                mapping.append(pairs[k])
                continue
            match = next((v for v in free if self.b.dims.equal(a.axes[k], into.axes[v])), None)
            if match is None:
                return None
            free.remove(match)
            mapping.append(match)
        return mapping

    def _short_rows(self, group: Group) -> bool:
        """Whether the reduced axes may be so short that work once a row is work that should be widened.

        Those of a ragged axis are: a sigmoid for each row of 50 elements takes as long as these.
        """
        if group.ragged is not None:
            return True
        count = 1
        for k in group.red:
            dim = group.axes[k]
            if dim.op != "const":
                return False
            count *= int(dim.value)
        return count < self.machine.short_row

    def _feeds_row(self, group: Group) -> bool:
        """Whether results of a group are broadcast into a larger space, through point-wise work at most."""
        stack: list[Item] = list(group.items)
        seen = set(stack)
        rank = len(group.axes)
        while stack and len(seen) < 24:
            item = stack.pop()
            out = item.out if isinstance(item, Pointwise) else None
            for reader in [] if out is None else out.readers:
                if isinstance(reader, Pointwise) and reader not in seen:
                    if sum(not is_const(d, 1) for d in reader.dims) > rank:
                        return True
                    seen.add(reader)
                    stack.append(reader)
        return False

    def _join(self, a: Group, into: Group, fit: Fit, early: bool) -> None:
        mapping = fit.mapping
        if fit.reader_once_a_row:
            # the axes of the merged group are those of `a`; `into`'s axis v is a's axis mapping[v]
            for item in into.items:
                into.places[item] = tuple(None if p is None else mapping[p] for p in into.places[item])
            into.red = a.red | frozenset(mapping[k] for k in into.red)
            into.axes, into.ragged = list(a.axes), a.ragged
            mapping = list(range(len(a.axes)))
        else:
            into.red = into.red | frozenset(mapping[k] for k in a.red)
            if a.ragged is not None:
                assert into.ragged is not None, "who has a ragged axis gives its axes to the other"
        if mapping == list(range(len(mapping))):
            into.places.update(a.places)
        else:
            for item in a.items:
                into.places[item] = tuple(None if p is None else mapping[p] for p in a.places[item])
        if a.along is not None:
            into.along = mapping[a.along]
        self.home.update(dict.fromkeys(a.items, into))
        into.items = a.items + into.items
        into.deps = (into.sources() | a.sources()) - {a, into}
        into.not_merged += a.not_merged
        into.cost += a.cost
        into.streams += a.streams
        a.merged = into
        region = self.groups[a.region]
        if early:
            region[a.position], region[into.position] = into, None
            into.position = a.position
        else:
            region[a.position] = None

    def _merge_neighbour(self, group: Group) -> None:
        """Small point-wise work over the same space as a group just before shares its loop: one call less."""
        if why_alone(group, self.machine):
            return
        region = self.groups[group.region]
        for other in reversed(region[max(0, group.position - self.machine.neighbours) : group.position]):
            if other is None or why_two(other, group, self.machine, self.b.dims.equal):
                continue
            if self._merge(other, group):
                return

    def _merge_sibling(self, group: Group) -> None:
        """A reduction of data that an earlier reduction sweeps in the same way joins its sweep."""
        for other in self._siblings(group):
            if self._merge(other, group):
                return

    def _siblings(self, group: Group) -> Iterator[Group]:
        """Earlier reductions of the same data that it does not need."""
        for value in [v for item in group.items for v in item.reads]:
            readers = value.tensor.readers[-MANY_READERS:] if value.tensor is not None else []
            for other in [self.home[r] for r in reversed(readers) if r in self.home][:4]:
                if other is group or not other.red or other.region != group.region:
                    continue
                if other.position >= group.position or len(other.axes) != len(group.axes):
                    continue
                if other not in group.sources():
                    yield other

    # -- reductions in two steps ---------------------------------------------------------------------------
    def _split(self, item: Reduce, group: Group) -> bool:
        """Let an earlier group do what it can of a reduction, a new `group` of its own; `item` is the rest of it then.

        The other group reduces the same data over some of the axes: of a loss, the sum of all elements, a loop over
        rows leaves the sums of rows.
        """
        if item.indirect or len(group.red) < 2 or group.ragged is not None:
            return False
        for other in [*sorted(group.sources(), key=lambda g: -g.position), *self._siblings(group)]:
            if not other.red or len(other.axes) != len(group.axes) or len(other.red) >= len(group.red):
                continue
            if other.ragged is not None:
                continue
            pairs: dict[int, int] = {}
            edges = self._edges(other, group, item, pairs, set())
            mapping = None if edges is None else self._complete(other, group, pairs)
            if mapping is None:
                continue
            inner = frozenset([mapping[k] for k in other.red])
            if inner < group.red and not isinstance(self._fit_of(other, replace(group, red=inner)), str):
                own = group.places[item]
                axes = frozenset([k for k in item.red if own[k] in (None, *inner)])
                part = split_reduction(self.b, item, axes, [i for i in other.items if isinstance(i, Reduce)])
                if part not in self.home:
                    self._place(part)
                return True
        return False


def _is_window(item: Item) -> bool:
    if isinstance(item, Pointwise):
        return item.target is not None or item.scatter is not None
    return isinstance(item, Special)


def _reads_softly(item: Item, dep: Item) -> bool:
    """Whether the dependence of `item` on `dep` is only through values read at the item's own index, or picked."""
    soft = picked(item)
    found = [v for v in (*item.reads, *soft) if v.tensor is not None and dep in v.tensor.writers]
    elsewhere = any(v.tensor is not None and dep in v.tensor.writers for v in item.indirect[len(soft) :])
    return bool(found) and not elsewhere and all(v.axes is not None for v in found)


def _is_fed(a: Group, into: Group) -> bool:
    """Whether a loop that scatters in order may compute what it scatters, in parts that are added later.

    Also from what has been summed over the same row: its elements, just read, are scattered in a second sweep.
    """
    scatters = scattering(into.items)
    if any(i.parts is None for i in scatters) or any(map(_is_window, a.items)):
        return False
    return not a.red or (a.ragged is not None and len(a.axes) == 2 and a.red == {a.ragged.axis})


def _divides(group: Group) -> bool:
    """Whether places are divided: then loops may go by several positions at once, which reductions do not."""
    return any(isinstance(item, Pointwise) and bd.facts(item.body).divides for item in group.items)
