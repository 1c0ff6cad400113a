"""Canonical forms of joined and split tensors: nothing is put together to be taken apart again."""

from __future__ import annotations

from typing import Any

from theano import scalar
from theano.rewrite.engine.build import Number, dims, elemwise, index, number, repeated, same_number
from theano.rewrite.engine.forms import entries_of, joined, subtensor
from theano.rewrite.engine.pattern import variable
from theano.rewrite.engine.registry import equation, rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules.indexing import fills_window, piece_of, window_lengths
from theano.rewrite.rules.shaping import elements_of
from theano.tensor.checks.declared_shapes import SpecifyShape
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor
from theano.tensor.making.alloc import Alloc
from theano.tensor.shaping.join import Join, Split

equation("useless", joined(variable("axis", "int"), variable("x", "any")), variable("x", "any"), name="useless_join")


@rule(Join, name="join_of_joins")
def join_of_joins(graph: RewriteGraph, node: Node) -> Result:
    """``join(0, a, join(0, b, c)) -> join(0, a, b, c)``."""
    axis, *parts = node.inputs
    flat: list[Tensor] = []
    for part in parts:
        owner = part.owner
        if (
            owner is not None
            and type(owner.op) is Join
            and number(owner.inputs[0]) is not None
            and number(owner.inputs[0]) == number(axis)
            and graph.only_user(part) is not None
            and sum(p is part for p in parts) == 1
        ):
            flat.extend(owner.inputs[1:])
        else:
            flat.append(part)
    return node.op(axis, *flat) if len(flat) > len(parts) else None


@rule(Join, name="join_of_split")
def join_of_split(graph: RewriteGraph, node: Node) -> Result:
    """``join(0, *split(x)) -> x``: all parts of a split, joined in their order, are what was split."""
    axis, *parts = node.inputs
    owner = parts[0].owner
    if owner is None or type(owner.op) is not Split or number(axis) is None:
        return None
    if number(owner.inputs[1]) != number(axis) or parts != list(owner.outputs):
        return None
    return owner.inputs[0]


@rule(Split, name="split_of_join")
def split_of_join(graph: RewriteGraph, node: Node) -> Result:
    """``split(join(0, a, b)) -> a, b``: a join that is split at its seams is not made."""
    x, axis, lengths = node.inputs
    owner = x.owner
    if owner is None or type(owner.op) is not Join or number(axis) is None:
        return None
    joined, *parts = owner.inputs
    wanted = elements_of(lengths)
    if number(joined) != number(axis) or wanted is None or len(wanted) != len(parts):
        return None
    for part, length in zip(parts, wanted, strict=True):
        have = graph.intern(dims(graph, part)[int(number(axis) or 0)], node)
        if not same_number(have, length):
            return None
    return [_in_dtype(part, out.type.dtype) for part, out in zip(parts, node.outputs, strict=True)]


@rule(Subtensor, name="subtensor_of_join")
def subtensor_of_join(graph: RewriteGraph, node: Node) -> Result:
    """``join(0, a, b)[k] -> a[k]`` for a known `k` that lies in one part, and slices that do."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Join or number(owner.inputs[0]) is None:
        return None
    axis, parts = int(number(owner.inputs[0]) or 0), owner.inputs[1:]
    entries = entries_of(node)
    if axis >= len(entries):
        return None
    lengths = [number(dims(graph, part)[axis]) for part in parts]
    entry = entries[axis]
    found = _slice_in(entry, lengths) if isinstance(entry, slice) else _place_in(number(entry), lengths)
    if found is None:
        return None
    k, mine = found
    entries[axis] = _moved(entry, mine)
    return _in_dtype(subtensor(parts[k], entries), x.type.dtype)


def _place_in(at: Number | None, lengths: list[Number | None]) -> tuple[int, Any] | None:
    """The part in which place `at` lies, and the place in it.

    In the part farthest away it is either there or an error, whatever the length.
    """
    if at is None:
        return None
    order = list(enumerate(lengths))
    if at < 0:
        order.reverse()
    last = order[-1][0]
    for k, n in order:
        if k == last:
            return k, at
        if n is None:
            return None
        if (at < n) if at >= 0 else (-at <= n):
            return k, at
        at = at - n if at >= 0 else at + n
    return None


def _slice_in(entry: slice, lengths: list[Number | None]) -> tuple[int, Any] | None:
    """The part in which a slice of step 1 lies, and its bounds there."""
    start = 0 if entry.start is None else number(entry.start)
    stop = None if entry.stop is None else number(entry.stop)
    if start is None or start < 0 or (entry.stop is not None and (stop is None or stop <= start)):
        return None
    if entry.step is not None and number(entry.step) != 1:
        return None
    below: Number = 0
    for k, n in enumerate(lengths):
        last = k == len(lengths) - 1
        if start >= below and (stop is None and last or n is not None and stop is not None and stop <= below + n):
            return k, (start - below, None if stop is None else stop - below)
        if n is None:
            return None
        below += n
    return None


def _moved(entry: Any, mine: Any) -> Any:
    if not isinstance(entry, slice):
        return index(int(mine))
    start, stop = mine
    return slice(index(int(start)) if start else None, None if stop is None else index(int(stop)), None)


def _in_dtype(var: Tensor, dtype: str) -> Tensor:
    return var if var.type.dtype == dtype else elemwise(scalar.convert_to(dtype), var)


@rule(IncSubtensor, phase="specialize", name="zeros_with_all_parts_set")
def zeros_with_all_parts_set(graph: RewriteGraph, node: Node) -> Result:
    """``inc(0[:k], a) + inc(0[k:], b) -> join(0, a, b)``: parts that make up an axis are joined, not added to zeros.

    So the gradients of the gates of a recurrent step are written once, not added to zeros one after the other. What the
    slices leave at the end stays zero.
    """
    user = graph.only_user(node.outputs[0])
    if user is not None and type(user.op) is IncSubtensor and user.inputs[0] is node.outputs[0]:
        return None  # the last one sees them all
    out = node.outputs[0]
    parts: list[tuple[int, int | None, Tensor]] = []
    axes: set[int] = set()
    current: Tensor = out
    while current.owner is not None and type(current.owner.op) is IncSubtensor:
        owner = current.owner
        piece = piece_of(entries_of(owner, 2))
        if piece is None or (current is not out and graph.only_user(current) is None):
            return None
        part = _part(graph, owner)
        if part is None:
            return None
        axes.add(piece[0])
        parts.append((*piece[1:], part))
        current = owner.inputs[0]
    zeros = current.owner
    if len(axes) != 1 or len(parts) < 2 or zeros is None or type(zeros.op) is not Alloc or number(zeros.inputs[0]) != 0:
        return None
    parts.sort(key=lambda part: part[0])
    starts, stops = [p[0] for p in parts], [p[1] for p in parts]
    if starts[0] != 0 or stops[:-1] != starts[1:]:
        return None
    axis, sizes = axes.pop(), list(zeros.inputs[1:])
    joined = [p[2] for p in parts]
    if stops[-1] is not None:  # the slices end there, or where the axis does
        rest = elemwise(scalar.maximum, elemwise(scalar.sub, sizes[axis], index(stops[-1])), index(0))
        joined.append(zeros.op(zeros.inputs[0], *sizes[:axis], rest, *sizes[axis + 1 :]))
    return SpecifyShape()(Join()(index(axis), *joined), sizes)


def _part(graph: RewriteGraph, writer: Node) -> Tensor | None:
    """What goes to a slice.

    It must have the slice's lengths. Where that is not known, what is added (as gradients are) is declared to have
    them; what is set may be meant to be repeated.
    """
    x, y = writer.inputs[:2]
    if y.type.dtype != x.type.dtype or y.type.broadcastable != x.type.broadcastable:
        return None
    if fills_window(graph, writer):
        return y
    if writer.op.set_instead_of_inc:
        return None
    return repeated(y, window_lengths(graph, writer))
