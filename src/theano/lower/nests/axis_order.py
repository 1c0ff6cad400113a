"""The order of a nest's loops: along which axis memory lies side by side, most of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import out_place, scattering
from theano.lower.nests.accesses import Reach
from theano.lower.state.dims import is_const
from theano.lower.state.items import Pointwise, Reduce
from theano.lower.state.values import Value

# Elements so far apart are loaded in whole vectors and shuffled (`backend.llvm_lanes`).
SHUFFLED = 4
# An axis of fewer elements, if that is known, does not make an array larger than others.
SHORT = 16
# A row of fewer elements, if that is known, is no reason to go along it. Neighbourhoods (`images2neibs`) with 2 columns
# are made in 60 % of the time along the images, those with 3 in twice the time (loaded machine).
ROW = 3


def axis_order(reach: Reach) -> list[int]:
    """The group's axes from the outermost loop to the innermost: parallel before reduced, contiguous last."""
    group = reach.group
    if scattering(group.items):
        return list(range(len(group.axes)))
    votes, count, rank = _votes(reach)
    ranked = sorted(range(len(group.axes)), key=lambda k: (rank[k], k))
    if not ranked:
        return []
    ragged = group.ragged
    if ragged is not None:  # rows first, the axes of an element last
        ends = {ragged.rows: -1, ragged.axis: len(ranked)}
        ranked.sort(key=lambda k: ends.get(k, 0))
        others = [k for k in ranked if k not in ends]
        vector = _innermost(reach, others, votes, count) if others else ragged.axis
    else:
        vector = _innermost(reach, ranked, votes, count)
    inner = [k for k in ranked if k in group.red and k != vector]
    outer = [k for k in ranked if k not in group.red and k != vector]
    return [*outer, *inner, vector]


def _innermost(reach: Reach, ranked: list[int], votes: list[int], count: list[int]) -> int:
    """The axis along which most lies side by side; a long one where nothing does.

    Of two axes with as many arrays for the one as for the other, the last is it if it is reduced: in a product of a
    matrix with a vector. Its sums are made one by one, which suits the small ones of which there are most.
    """
    group = reach.group
    if len(ranked) == 2 and count[ranked[0]] == count[ranked[1]] and ranked[-1] in group.red:
        return ranked[-1]
    return max(reversed(ranked), key=lambda k: (votes[k], _may_have(group.axes[k], ROW)))


def _may_have(extent: Expr, elements: int) -> bool:
    """Whether an axis has so many elements, as far as is known."""
    return not is_const(extent) or extent.value >= elements


def is_around(reach: Reach, axis: int, other: int) -> bool:
    """Whether the first array in memory that has both axes has `axis` in front of the other one."""
    for item in reach.group.items:
        assert isinstance(item, Pointwise | Reduce)
        place = reach.group.places[item]
        for value, axes in zip(item.reads, item.maps, strict=True):
            at = [None if a is None else place[a] for a in axes]
            if value.tensor is not None and value.tensor not in reach.producer and axis in at and other in at:
                first, second = at.index(axis), at.index(other)
                return first < second if value.axes is None else (value.axes[first] or 0) < (value.axes[second] or 0)
    return False


def _votes(reach: Reach) -> tuple[list[int], list[int], list[int]]:
    """For each axis: how much lies side by side along it in memory, in how many arrays, how far in front they have it.
    """
    group = reach.group
    votes, count, rank = ([0] * len(group.axes) for _ in range(3))

    long, a_row = ([_may_have(extent, least) for extent in group.axes] for least in (SHORT, ROW))

    def vote(at: int, k: int, n: int, moving: int, many: int) -> None:
        """An array with `n` axes, `moving` of the loops' that are long, has a loop's axis as its axis `k`."""
        # an array of more axes is larger: those of fewer decide only among themselves
        rank[at] += (k - n) << 4 * moving
        votes[at] += many << (4 * moving if a_row[at] else 0)
        count[at] += many

    for item in group.items:
        assert isinstance(item, Pointwise | Reduce)
        place = group.places[item]
        weight = 0 if group.is_prefix(item) else 1  # what runs once a row has no say
        for value, axes, leading in _looks(item):
            if value.tensor is None or value.tensor in reach.producer:
                continue
            strides = zip(reach.strides(value), axes, strict=True)
            placed = [(stride, None if axis is None else place[axis]) for stride, axis in strides]
            moving = len(leading)
            moving += sum(not is_const(stride, 0) and long[at] for stride, at in placed if at is not None)
            for k, (stride, at) in enumerate(placed):
                if at is None:
                    at, many = place[leading[k]] if k in leading else None, 0
                else:
                    many = 2 * weight if is_const(stride, 1) else 0
                if at is not None:
                    vote(at, k, len(placed), moving, many)
        if reach.wants_store(item):
            made_at = out_place(group, item)
            moving = sum(at is not None and long[at] for at in made_at)
            for k, at in enumerate(made_at):
                if at is not None:
                    vote(at, k, len(made_at), moving, 3 * weight if k == len(made_at) - 1 else 0)
    return votes, count, rank


def _looks(item: Pointwise | Reduce) -> Iterator[tuple[Value, Sequence[int | None], dict[int, int]]]:
    """What an item reads, with its own axes along that; where the place is computed, an axis that leads there."""
    for value, axes in zip(item.reads, item.maps, strict=True):
        yield value, axes, {}
    if not isinstance(item, Pointwise) or not item.indirect:
        return
    for node in ex.postorder((item.body,)):
        if node.op == "look":
            k, given = node.value
            own = list(item.picks[k] if k < len(item.picks) else (None,) * len(given))
            at = [axis for axis, is_given in enumerate(given) if is_given]
            leading: dict[int, int] = {}
            for axis, place in zip(at, node.args, strict=False):  # a condition comes after the places
                own[axis] = _moves_with(place)
                led = [] if own[axis] is not None else _axes_of(item, place)
                if led:
                    leading[axis] = led[0]
            yield item.indirect[k], own, leading


def _axes_of(item: Pointwise, place: Expr) -> list[int]:
    """An item's own axes by whose positions a place is computed."""
    found: list[int] = []
    for node in ex.postorder((place,)):
        if node.op == "index":
            found.append(node.value)
        elif node.op == "element":
            found += [axis for axis in item.maps[node.value] if axis is not None]
    return found


def _moves_with(place: Expr) -> int | None:
    """The axis along which a place is one element further or few: of ``o * 2 + (r - 1)``, a place in a window, `o`."""
    while place.op in ("add", "sub"):
        place = place.args[0]
    if place.op == "mul" and is_const(place.args[1]) and 0 < place.args[1].value <= SHUFFLED:
        place = place.args[0]
    return place.value if place.op == "index" else None
