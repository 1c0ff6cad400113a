"""Results of a loop nest that go where an operand was: of ``relu(conv(x, w))`` both are one array.

That is right where each element of the operand is read for the last time when the element of the result that takes its
place is written. It saves memory, and half of what goes back and forth between it and the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from theano.lower.fusion.groups import Group, out_place, picked, scattering
from theano.lower.nests.accesses import producers
from theano.lower.nests.phases import Phases
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ZERO
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.strides import c_strides
from theano.lower.state.values import Tensor, Value


def reused(
    b: Builder, group: Group, stored: Sequence[Tensor], is_free: Callable[[Tensor], bool], kept: Collection[Tensor]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Results of a group, each with the operand whose memory it may take.

    Parameters
    ----------
    stored
        What the group leaves in memory.
    is_free
        Whether memory holds numbers that nobody needs after the group.
    kept
        Tensors that are in memory of their own.
    """
    if group.along is not None or group.ragged is not None or scattering(group.items):
        return
    looked_at = {v.tensor for i in group.items for v in i.indirect[len(picked(i)) :]}
    operands = {v.tensor: None for i in group.items for v in i.reads if v.tensor is not None}
    free = [t for t in operands if t not in looked_at and t not in stored and is_free(t)]
    if not free:
        return
    phases = Phases(b, group, producers(group)) if group.red else None
    for result in stored:
        writer = result.writers[0] if len(result.writers) == 1 else None
        if not isinstance(writer, Pointwise) or writer.is_window() or result.role != "temp" or result in kept:
            continue
        if result.alias is not None or (phases is not None and not _comes_last(group, writer, phases)):
            continue
        found = next((t for t in free if t.type == result.type and _same_places(b, group, t, writer, result)), None)
        if found is not None:
            free.remove(found)
            yield result, found


def _comes_last(group: Group, writer: Item, phases: Phases) -> bool:
    """Whether a row is written in its last sweep, behind which nobody looks at one of its places."""
    last = phases.sweeps - 1
    if group.is_prefix(writer) or phases.of[writer] != last:
        return False
    return all(group.is_prefix(i) and phases.of[i] <= last for i in group.items if picked(i))


def _same_places(b: Builder, group: Group, operand: Tensor, writer: Pointwise, result: Tensor) -> bool:
    """Whether an operand is read nowhere but at the place where the result is written."""
    written = out_place(group, writer)
    for item in group.items:
        assert isinstance(item, Pointwise | Reduce)
        place = group.places[item]
        for value, axes in zip(item.reads, item.maps, strict=True):
            if value.tensor is not operand:
                continue
            if not _is_all(b, value, result) or tuple(None if a is None else place[a] for a in axes) != written:
                return False
    return True


def _is_all(b: Builder, value: Value, result: Tensor) -> bool:
    """Whether a look at a tensor shows all of it, in its order, in the shape of the result."""
    tensor, dims = value.tensor, b.dims
    assert tensor is not None
    if len(value.dims) != len(result.dims) or not all(map(dims.equal, value.dims, result.dims)):
        return False
    if value.strides is None or value.is_whole():
        return value.is_whole()
    assert value.offset is not None
    in_order = all(map(dims.equal, value.strides, c_strides(dims, value.dims))) and dims.equal(value.offset, ZERO)
    return in_order and dims.equal(dims.product(tensor.dims), dims.product(value.dims))
