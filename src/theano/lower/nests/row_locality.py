"""Whether loop nests keep to their rows: what the work on a row reads and writes, of what is cut, lies in that row.

A matrix, or whatever tensor is cut, has its *rows* one after the other in memory, all of one length. Position k of an
axis then is in row k, or, of an axis that joins rows with what is in them, in row ``k // c``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.fusion.groups import Group, out_place, picked, picks
from theano.lower.state.dims import ZERO, Dims
from theano.lower.state.items import Pointwise, Reduce
from theano.lower.state.strides import c_strides, whole
from theano.lower.state.values import Tensor, Value

Lead = Callable[[Tensor], int]


def keeps_to_rows(
    dims: Dims, value: Value, place: Sequence[int | None], axis: int, extent: Expr, lead: int = 0
) -> bool:
    """Whether the positions along `axis`, `extent` of them, follow one another through a tensor's memory.

    `place` tells which axis each one of the value is; `lead` axes of the tensor are in front of those of rows. As many
    positions as fill the tensor, as far apart as each has room, leave none to begin elsewhere than in the first row.
    """
    tensor = value.tensor
    assert tensor is not None
    if value.type != tensor.type or len(tensor.dims) <= lead:
        return False
    if value.strides is None:
        if lead or value.axes is None:
            return False
        own = c_strides(dims, tensor.dims)
        strides: Sequence[Expr] = [ZERO if a is None else own[a] for a in value.axes]
    else:
        strides = value.strides
    found = [(s, d) for s, d, at in zip(strides, value.dims, place, strict=True) if at == axis]
    if len(found) != 1 or not dims.equal(found[0][1], extent):
        return False
    return dims.equal(ex.mul(found[0][0], extent), dims.product(tuple(tensor.dims[lead:])))


def is_cut_along(dims: Dims, group: Group, axis: int | None, made: Collection[Tensor], lead: Lead) -> bool:
    """Whether all that a loop nest writes, and reads of the memory that is `made`, is in the row of its position."""
    if axis is None or axis in group.red or axis == group.along:
        return False
    extent = group.axes[axis]

    def own(value: Value, place: Sequence[int | None]) -> bool:
        assert value.tensor is not None
        return keeps_to_rows(dims, value, place, axis, extent, lead(value.tensor))

    for item in group.items:
        assert isinstance(item, Pointwise | Reduce)
        elsewhere = item.indirect[len(picked(item)) :]
        if any(v.tensor is not None and v.tensor.storage() in made for v in elsewhere) or item.out is None:
            return False
        target = item.target if isinstance(item, Pointwise) else None
        if not own(target or whole(item.out), out_place(group, item)):
            return False
        place = group.places[item]
        looks = [*zip(item.reads, item.maps, strict=True), *zip(picked(item), picks(item), strict=True)]
        for value, axes in looks:
            if value.tensor is not None and value.tensor.storage() in made:
                if not own(value, tuple(None if a is None else place[a] for a in axes)):
                    return False
    return True
