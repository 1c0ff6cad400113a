"""A reduction in two steps, of which an earlier loop can do the first."""

from __future__ import annotations

from collections.abc import Sequence

from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.items import Reduce
from theano.lower.state.strides import whole

__all__ = ["split_reduction"]


def split_reduction(b: Builder, item: Reduce, axes: frozenset[int], known: Sequence[Reduce]) -> Reduce:
    """Let `item` reduce what reducing some `axes` gives; who does that: one of those `known`, or a new one."""
    kept = tuple([k for k in range(len(item.dims)) if k not in axes])
    part = next((r for r in known if r.red == axes and r.out_axes == kept and _are_alike(r, item)), None)
    if part is None:
        part = Reduce(
            item.region, item.node, dims=item.dims, reads=item.reads, scalars=item.scalars, deps=item.deps,
            maps=item.maps, red=axes, out=b.tensor(item.acc, [item.dims[k] for k in kept]), out_axes=kept, op=item.op,
            acc=item.acc, body=item.body, cost=item.cost,
        )  # fmt: skip
        for tensor in [v.tensor for v in item.reads if v.tensor is not None]:
            tensor.readers.append(part)
        part.made()[0].writers.append(part)
    for tensor in [v.tensor for v in item.reads if v.tensor is not None]:
        tensor.readers.remove(item)
    value, place = whole(part.made()[0]), {k: n for n, k in enumerate(kept)}
    item.dims, item.reads, item.scalars, item.deps = value.dims, [value], [], [part]
    item.maps = [tuple(range(value.ndim))]
    item.red = frozenset([place[k] for k in item.red - axes])
    item.out_axes = tuple([None if k is None else place[k] for k in item.out_axes])
    item.body, item.cost = bd.element(0, value), 1
    part.made()[0].readers.append(item)
    return part


def _are_alike(part: Reduce, item: Reduce) -> bool:
    """Whether a reduction accumulates what `item` does, and keeps all of it."""
    assert part.out is not None
    return (
        (part.op, part.acc, part.body, part.dims, part.maps, part.reads)
        == (item.op, item.acc, item.body, item.dims, item.maps, item.reads)
        and part.out.type == part.acc and not part.scalar_name
    )  # fmt: skip
