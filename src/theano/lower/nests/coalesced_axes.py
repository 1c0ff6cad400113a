"""Axes that loops go through as one, as all memory does: ``x[i, j]`` of an n x m matrix is its element ``i*m + j``.

A sum over the first and the last two of four axes has one loop over the last two, as long as both together: vectors
seldom come to its end. Where all axes of a nest are one, it is a single loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group, out_place, picked
from theano.lower.nests.accesses import Access, Reach
from theano.lower.state import body as bd
from theano.lower.state.dims import ZERO
from theano.lower.state.items import Pointwise, Reduce


class Run(NamedTuple):
    """Axes of a group that are one, from the outermost to the innermost, and how long they are together."""

    axes: tuple[int, ...]
    length: Expr


def joined_axes(reach: Reach) -> tuple[Run, ...]:
    """All axes of a group in runs, by their first axes; nothing if none are joined."""
    group, dims = reach.group, reach.b.dims
    if group.ragged is not None or group.along is not None:
        return ()
    count = len(group.axes)
    pairs = {(a, b) for a in range(count) for b in range(count) if a != b and (a in group.red) == (b in group.red)}
    for item in group.items:
        if not pairs:
            return ()
        assert isinstance(item, Pointwise | Reduce)
        if isinstance(item, Pointwise) and item.scatter is not None:
            return ()  # in order, one point after the other
        pairs -= _apart(reach, item, pairs)
    after: dict[int, int] = {}
    for a, b in sorted(pairs):
        if a not in after and b not in after.values() and a not in _from(b, after):
            after[a] = b
    if not after:
        return ()
    firsts = [k for k in range(count) if k not in after.values()]
    runs = [tuple(_from(first, after)) for first in firsts]
    return tuple([Run(run, dims.product(tuple([group.axes[k] for k in run]))) for run in runs])


def _from(axis: int, after: dict[int, int]) -> Iterator[int]:
    """An axis and those that come after it."""
    yield axis
    while axis in after:
        axis = after[axis]
        yield axis


def _apart(reach: Reach, item: Pointwise | Reduce, pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs of an outer and an inner axis that an item does not go through as one."""
    group, dims = reach.group, reach.b.dims
    place, body = group.places[item], bd.facts(item.body)
    own = set(place)
    named = _named(reach, item) if body.placed else set()
    picks = list(_picks(reach, item)) if body.placed else []
    walked = [_strides(access) for access in _memory(reach, item)]
    found = set()
    for pair in pairs:
        a, b = pair
        if (a in own) != (b in own) or a in named or b in named:
            found.add(pair)
        elif any((a in at) != (b in at) or at.get(a, ZERO) is not ZERO for at in picks):
            found.add(pair)
        else:
            for strides in walked:
                inner = strides.get(b)
                if strides.get(a) is not (None if inner is None else dims.product((inner, group.axes[b]))):
                    found.add(pair)
                    break
    return found


def _strides(access: Access) -> dict[int | None, Expr]:
    found: dict[int | None, Expr] = {}
    for axis, stride in access.steps:
        found[axis] = ex.add(found[axis], stride) if axis in found else stride
    return found


def _memory(reach: Reach, item: Pointwise | Reduce) -> Iterator[Access]:
    """What an item reads from memory and writes there, each for itself."""
    place = reach.group.places[item]
    looks = list(zip(item.reads, item.maps, strict=True))
    looks += zip(picked(item), getattr(item, "picks", ()), strict=True)
    for value, axes in looks:
        if value.tensor is not None and (value.axes is None or value.tensor not in reach.producer):
            yield reach.access(value, [None if a is None else place[a] for a in axes])
    for node in bd.facts(item.body).order if bd.facts(item.body).placed else ():
        if _is_gather(item, node):
            value, (_, given), at = item.indirect[node.value[0]], node.value, iter(node.args)
            at_index = [place[a.value] if g and (a := next(at)).op == "index" else None for g in given]
            yield reach.access(value, at_index)
    if reach.wants_store(item) or (isinstance(item, Reduce) and item.out in reach.stored):
        yield reach.store(item)


def _is_gather(item: Pointwise | Reduce, node: Expr) -> bool:
    return node.op == "look" and node.value[0] >= len(picked(item))


def _named(reach: Reach, item: Pointwise | Reduce) -> set[int | None]:
    """The axes whose indices an item computes with; to look at the place of an index is to read memory there."""
    place, body = reach.group.places[item], item.body
    users = [node for node in bd.facts(body).order if not _is_gather(item, node)]
    indices = [a for node in users for a in node.args if a.op == "index"]
    return {place[node.value] for node in (*indices, body) if node.op == "index"}


def _picks(reach: Reach, item: Pointwise | Reduce) -> Iterator[dict[int | None, Expr]]:
    """Where an item looks at what the nest makes, along axes of the group."""
    for node in bd.facts(item.body).order:
        if node.op != "look" or node.value[0] >= len(picked(item)):
            continue
        k, given = node.value
        value, places = picked(item)[k], iter(node.args)
        at = [next(places) if g else None for g in given]
        producer = reach.producer.get(value.tensor)
        if producer is not None and value.axes is not None:
            made_at = out_place(reach.group, producer)
            yield {
                made_at[axis]: where
                for axis, where in zip(value.axes, at, strict=True)
                if axis is not None and where is not None
            }


def joined_group(group: Group, runs: tuple[Run, ...]) -> Group:
    """The group with one axis for each run."""
    if not runs:
        return group
    number = {run.axes[-1]: k for k, run in enumerate(runs)}
    places = {
        item: tuple([None if k is None else number.get(k) for k in place]) for item, place in group.places.items()
    }
    return Group(
        group.region, [run.length for run in runs], frozenset([number[k] for k in group.red if k in number]),
        items=group.items, places=places, position=group.position, cost=group.cost, streams=group.streams,
    )  # fmt: skip
