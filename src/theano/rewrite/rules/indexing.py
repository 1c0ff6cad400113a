"""Canonical forms of indexing: lifted towards the inputs, to compute less; useless writes dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.rewrite.engine import algebra
from theano.rewrite.engine.arithmetic import build_product, build_sum, ring
from theano.rewrite.engine.build import (
    broadcast_to,
    dims,
    dimshuffle,
    has_lengths,
    index,
    is_filled_with_zeros,
    number,
)
from theano.rewrite.engine.forms import FULL, entries_of, picked, product, shuffled, subtensor, written
from theano.rewrite.engine.pattern import parameter, variable
from theano.rewrite.engine.registry import canonicalize, rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.tensor.checks.declared_shapes import Rebroadcast, patternbroadcast
from theano.tensor.elemwise import Elemwise
from theano.tensor.indexing.advanced_subtensor import ARRAY, AdvancedIncSubtensor, AdvancedIncSubtensor1, Nonzero
from theano.tensor.indexing.subtensor import IncSubtensor, Subtensor
from theano.tensor.making.alloc import Alloc
from theano.tensor.pointwise.math import neq, switch
from theano.tensor.shaping.shape import MakeVector, Shape

x, y = variable("x", "any"), variable("y", "any")
J, M, P, Q = map(parameter, "JMPQ")


def _full(entry: Any) -> bool:
    """Whether a slice takes the whole axis."""
    if not isinstance(entry, slice):
        return False
    return (
        (entry.start is None or number(entry.start) == 0)
        and entry.stop is None
        and (entry.step is None or number(entry.step) == 1)
    )


@rule(Subtensor, name="useless_subtensor")
def useless_subtensor(graph: RewriteGraph, node: Node) -> Result:
    """``x[:] -> x``: an index that takes all of an axis is left out."""
    x = node.inputs[0]
    entries = entries_of(node)
    simple = [FULL if _full(e) else e for e in entries]
    if all(isinstance(e, slice) and e == FULL for e in simple):
        return x
    changed = any(a is not b for a, b in zip(entries, simple, strict=True) if not (isinstance(a, slice) and a == FULL))
    for axis, entry in enumerate(simple):
        if (
            isinstance(entry, slice)
            and entry.stop is not None
            and (entry.start is None or number(entry.start) == 0)
            and (entry.step is None or number(entry.step) == 1)
        ):
            length = graph.intern(dims(graph, x)[axis], node)
            known, stop = number(length), number(entry.stop)
            if length is entry.stop or (known is not None and stop is not None and stop >= known):
                simple[axis], changed = FULL, True
    return subtensor(x, simple) if changed else None


@rule(Subtensor, name="index_of_unit_axis")
def index_of_unit_axis(graph: RewriteGraph, node: Node) -> Result:
    """``row[0] -> row.dimshuffle(1)``: an index into an axis of length 1 drops the axis, and reads nothing."""
    x = node.inputs[0]
    if not any(x.type.broadcastable):
        return None
    entries = entries_of(node)
    dropped = [a for a, e in enumerate(entries) if x.type.broadcastable[a] and number_at(e) in (0, -1)]
    if not dropped:
        return None
    left = dimshuffle(x, [a for a in range(x.type.ndim) if a not in dropped])
    return subtensor(left, [e for a, e in enumerate(entries) if a not in dropped])


@rule(Subtensor, name="element_of_vector")
def element_of_vector(graph: RewriteGraph, node: Node) -> Result:
    """``stack(a, b)[1] -> b``: an element of a vector whose elements are known is that element."""
    owner = node.inputs[0].owner
    if owner is None:
        return None
    kind = type(owner.op)
    if kind is not MakeVector and kind is not Shape:
        return None
    elements = owner.inputs if kind is MakeVector else dims(graph, owner.inputs[0])
    (entry,) = entries_of(node)
    if not isinstance(entry, slice):
        at = number(entry)
        if at is None or not -len(elements) <= at < len(elements):
            return None
        return elements[int(at)]
    parts = [None if p is None else number(p) for p in (entry.start, entry.stop, entry.step)]
    given = [p for p in (entry.start, entry.stop, entry.step) if p is not None]
    if sum(p is not None for p in parts) != len(given) or parts[2] == 0:
        return None
    picked = elements[slice(*(None if p is None else int(p) for p in parts))]
    return MakeVector(node.outputs[0].type.dtype)(*picked) if picked else None


def _lifted(x: Tensor, entries: list[Any], ndim: int) -> Tensor:
    """`entries` of an n-d result applied to an input of that rank; axes of length 1 are read at 0."""
    mine = []
    for axis in range(ndim):
        entry = entries[axis] if axis < len(entries) else FULL
        if x.type.broadcastable[axis] and not (isinstance(entry, slice) and entry == FULL):
            mine.append(FULL if isinstance(entry, slice) else index(0))
        else:
            mine.append(entry)
    return subtensor(x, mine)


@rule(Subtensor, name="subtensor_of_elemwise")
def subtensor_of_elemwise(graph: RewriteGraph, node: Node) -> Result:
    """``f(x, y)[i] -> f(x[i], y[i])`` if nobody else reads the point-wise result, or only other places of it."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Elemwise:
        return None
    if graph.only_user(x) is None and not _read_in_pieces(graph, x):
        return None
    entries = entries_of(node)
    for axis, broadcast in enumerate(x.type.broadcastable):
        # an axis of length 1 under a slice may become empty, or be out of range under an index
        if broadcast and axis < len(entries) and not _full(entries[axis]) and number_at(entries[axis]) not in (0, -1):
            return None
    lifted = [_lifted(v, entries, x.type.ndim) for v in owner.inputs]
    made = owner.op(*lifted)
    return broadcast_to(graph, made, node.outputs[0])


def _read_in_pieces(graph: RewriteGraph, x: Tensor) -> bool:
    """Whether all that is read of `x` are slices of one axis that have no place in common."""
    if graph.is_output(x):
        return False
    cuts = []
    for user in graph.users.get(x, ()):
        piece = piece_of(entries_of(user)) if type(user.op) is Subtensor and user.inputs[0] is x else None
        if piece is None:
            return False
        cuts.append(piece)
    cuts.sort(key=lambda cut: cut[1])
    apart = all(a[2] is not None and a[2] <= b[1] for a, b in zip(cuts, cuts[1:], strict=False))
    return apart and len({axis for axis, _, _ in cuts}) == 1


def piece_of(entries: Sequence[Any]) -> tuple[int, int, int | None] | None:
    """Axis, first position and end (None: that of the axis), if indices are one slice of one axis, one by one."""
    found = None
    for axis, entry in enumerate(entries):
        if not isinstance(entry, slice):
            return None
        if entry == FULL:
            continue
        start = 0 if entry.start is None else number(entry.start)
        stop = None if entry.stop is None else number(entry.stop)
        one_by_one = entry.step is None or number(entry.step) == 1
        if found is not None or not one_by_one or start is None or start < 0:
            return None
        if entry.stop is not None and (stop is None or stop < start):
            return None
        found = axis, int(start), None if stop is None else int(stop)
    return found


def number_at(entry: Any) -> Any:
    """Value of a constant integer index."""
    return None if isinstance(entry, slice) else number(entry)


def _before_shuffle(graph: RewriteGraph, x: Tensor, P: tuple[Any, ...], J: list[Any]) -> dict[str, Any] | None:
    """What is read of `x`, and the order of the axes that are left, where `J` is read of its axes in the order `P`."""
    mine: list[Any] = [FULL] * x.type.ndim
    kept: list[Any] = []
    for axis, entry in zip(P, [*J, *[FULL] * (len(P) - len(J))], strict=True):
        if axis == "x":
            if isinstance(entry, slice):
                if not _full(entry):
                    return None
                kept.append("x")
            elif number(entry) not in (0, -1):
                return None
        else:
            mine[axis] = entry
            if isinstance(entry, slice):
                kept.append(axis)
    left = [a for a in range(x.type.ndim) if isinstance(mine[a], slice)]
    return {"M": mine, "Q": [a if a == "x" else left.index(a) for a in kept]}


# x.T[i] -> x[:, i], x.dimshuffle('x', 0)[0] -> x
canonicalize(
    picked(shuffled(x, P), J), shuffled(picked(x, M), Q), name="subtensor_of_dimshuffle", where=_before_shuffle
)


@rule(Subtensor, name="subtensor_of_fill")
def subtensor_of_fill(graph: RewriteGraph, node: Node) -> Result:
    """``alloc(v, n, m)[a:b] -> alloc(v, b - a, m)`` for a single value, if no index can be out of range."""
    x, out = node.inputs[0], node.outputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Alloc or not all(owner.inputs[0].type.broadcastable):
        return None
    if any(not isinstance(e, slice) for e in entries_of(node)):
        return None
    value = owner.inputs[0]
    if value.type.ndim:
        value = dimshuffle(value, ())
    return broadcast_to(graph, value, out) if out.type.ndim else value


def _at_once(graph: RewriteGraph, x: Tensor, J: list[Any], M: list[Any]) -> dict[str, Any] | None:
    """The index that is `J` and then `M`, where the first reads single places only or whole axes."""
    first = [*J, *[FULL] * (x.type.ndim - len(J))]
    if any(isinstance(e, slice) and not _full(e) for e in first):
        return None
    second = iter(M)
    return {"Q": [next(second, FULL) if isinstance(e, slice) else e for e in first]}


canonicalize(picked(picked(x, J), M), picked(x, Q), name="subtensor_of_subtensor", where=_at_once)

# `y` must have the shape of ``x[J]``, not be repeated.
canonicalize(
    picked(written(x, y, J, True), J), y, name="subtensor_of_set",
    where=lambda graph, x, y, J: has_lengths(graph, y, dims(graph, subtensor(x, J))),
)  # fmt: skip


def fills_window(graph: RewriteGraph, writer: Node) -> bool:
    """Whether what `writer` writes is known to have the shape of the window it goes to.

    Otherwise it may be repeated along axes where its length happens to be 1, or be an error.
    """
    return has_lengths(graph, writer.inputs[1], window_lengths(graph, writer))


def window_lengths(graph: RewriteGraph, writer: Node) -> tuple[Tensor, ...]:
    """The lengths of the part of its first input that a node writes to."""
    return dims(graph, subtensor(writer.inputs[0], entries_of(writer, 2)))


@rule(Subtensor, name="subtensor_of_increment")
def subtensor_of_increment(graph: RewriteGraph, node: Node) -> Result:
    """``set_subtensor(zeros[k:], v)[k:] -> v``: rows that were written are what was written; the others are zeros."""
    x, out = node.inputs[0], node.outputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not IncSubtensor or len(owner.op.idx_list) != 1:
        return None
    base, y = owner.inputs[:2]
    fill = base.owner.inputs[0] if base.owner is not None and type(base.owner.op) is Alloc else None
    (written,), (read, *others) = entries_of(owner, 2), entries_of(node)
    if fill is None or number(fill) != 0 or others or not _is_tail(written) or not isinstance(read, slice):
        return None
    k = number(written.start)
    if _is_tail(read) and number(read.start) == k and not owner.op.set_instead_of_inc:
        same = y.type.broadcastable == out.type.broadcastable and y.type.dtype == out.type.dtype
        return y if same and fills_window(graph, owner) else None
    if read.start is None and read.step is None and read.stop is not None and k is not None and k > 0:
        stop = number(read.stop)
        return subtensor(base, [read]) if stop is not None and 0 <= stop <= k else None
    return None


def _is_tail(entry: Any) -> bool:
    """Whether an index is ``k:`` for a known `k` counted from the beginning."""
    if not isinstance(entry, slice) or entry.start is None or entry.stop is not None or entry.step is not None:
        return False
    k = number(entry.start)
    return k is not None and k >= 0


@rule(Subtensor, name="subtensor_of_rebroadcast")
def subtensor_of_rebroadcast(graph: RewriteGraph, node: Node) -> Result:
    """``rebroadcast(x)[i] -> rebroadcast(x[i])``: which axes have length 1 is declared after indexing."""
    x, out = node.inputs[0], node.outputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Rebroadcast:
        return None
    if any(owner.op.axis.values()):  # a length that is checked to be 1
        return None
    read = subtensor(owner.inputs[0], entries_of(node))
    made: Tensor = patternbroadcast(read, out.type.broadcastable)
    return made


# For whole slices: an index out of range must stay an error.
canonicalize(
    written(x, y, J, False), x, name="increment_by_zero", domain={"y": (0, 0)},
    where=lambda graph, x, y, J: all(isinstance(e, slice) for e in J) and is_filled_with_zeros(y),
)  # fmt: skip

# Only the rows and columns that are read are multiplied.
canonicalize(
    picked(product(x, y), J), product(picked(x, M), picked(y, Q)),
    name="subtensor_of_dot", alone=True, shapes={"x": "nm", "y": "mk"},
    where=lambda graph, x, y, J: {"M": J[: x.type.ndim - 1], "Q": [FULL, *J[x.type.ndim - 1 :]]},
)  # fmt: skip


@rule(AdvancedIncSubtensor1, AdvancedIncSubtensor, name="number_behind_mask")
def number_behind_mask(graph: RewriteGraph, node: Node) -> Result:
    """``set_subtensor(x[mask], number) -> switch(mask, number, x)``: no places are looked for."""
    x, y, *places = node.inputs
    owner = places[0].owner
    if owner is None or type(owner.op) is not Nonzero or node.op.idx_list != (ARRAY,) * x.type.ndim:
        return None
    if len(places) != len(owner.outputs) or any(p is not o for p, o in zip(places, owner.outputs, strict=True)):
        return None
    mask, number = owner.inputs[0], _repeated_number(graph, y, places[0])
    dtype = x.type.dtype
    if number is None or dtype.startswith("complex") or (dtype == "bool" and not node.op.set_instead_of_inc):
        return None
    if mask.type.broadcastable != x.type.broadcastable or not has_lengths(graph, mask, dims(graph, x)):
        return None
    chosen = mask if mask.type.dtype == "bool" else neq(mask, 0)
    made: Tensor = switch(chosen, number if node.op.set_instead_of_inc else x + number, x)
    return made if made.type.dtype == dtype else None


def _repeated_number(graph: RewriteGraph, y: Tensor, places: Tensor) -> Tensor | None:
    """The number that is written to all places, if that is one."""
    if all(y.type.broadcastable):
        return dimshuffle(y, ()) if y.type.ndim else y
    value = y.owner.inputs[0] if y.owner is not None and type(y.owner.op) is Alloc else None
    if value is None or not all(value.type.broadcastable) or not has_lengths(graph, y, dims(graph, places)):
        return None
    return dimshuffle(value, ()) if value.type.ndim else value


_AT_PLACES = frozenset({AdvancedIncSubtensor, AdvancedIncSubtensor1})


@rule("add", "sub", phase="specialize", view="sum", name="sum_at_places")
def sum_at_places(graph: RewriteGraph, node: Node) -> Result:
    """``w - c * inc_subtensor(zeros[i], y) -> inc_subtensor(w[i], -c * y)`` for a number `c`.

    So a step down the gradient of an embedding touches the rows that were read and no others. Zeros that were added
    to at several places are taken apart in the same way.
    """
    out = node.outputs[0]
    view = algebra.root_sum(graph, node) if ring(out.type.dtype) == "field" else None
    if view is None or view.const != 0 or len(view.terms) < 2:
        return None
    terms = list(view.terms.values())
    for term in terms:
        made = _at_places(graph, term)
        rest = [t.times(t.coef) for t in terms if t is not term]
        total = None if made is None else build_sum(0, rest, out.type.dtype, out.type.ndim)
        if total is None or made is None:
            continue
        if total.owner is not None and any(type(inc.op) is not AdvancedIncSubtensor1 for inc in made):
            continue  # single elements of zeros, as of a diagonal, are chosen in the loop that makes the rest
        zeros = made[-1].inputs[0]
        if total.type != zeros.type or not has_lengths(graph, total, dims(graph, zeros)):
            continue
        for inc in reversed(made):
            total = inc.op(total, *inc.inputs[1:])
        return total
    return None


def _at_places(graph: RewriteGraph, term: algebra.Term) -> list[Node] | None:
    """Nodes that add to zeros, the last first, which give what `term` is; None if it is something else."""
    for v, exponent in term.factors.items():
        chain = _writers(graph, v) if exponent == 1 else None
        numbers = {n: e for n, e in term.factors.items() if n is not v}
        if not chain or not all(all(n.type.broadcastable) for n in numbers):
            continue
        if term.var is not v and graph.only_user(term.var) is None:
            continue
        scaled = [_scaled(term.coef, numbers, inc.inputs[1]) for inc in chain]
        if all(y is not None for y in scaled):
            pairs = zip(chain, scaled, strict=True)
            return [inc.op.make_node(inc.inputs[0], y, *inc.inputs[2:]) for inc, y in pairs]
    return None


def _writers(graph: RewriteGraph, x: Tensor) -> list[Node]:
    """The nodes that have added to zeros at arrays of places, the last first, if nothing else reads what they made."""
    found = []
    while not is_filled_with_zeros(x):
        node = x.owner
        if node is None or type(node.op) not in _AT_PLACES or node.op.set_instead_of_inc:
            return []
        if graph.only_user(x) is None or node.inputs[1].type.dtype != x.type.dtype:
            return []
        found.append(node)
        x = node.inputs[0]
    return found


def _scaled(coef: Any, numbers: dict[Tensor, int], y: Tensor) -> Tensor | None:
    """`y` multiplied by a coefficient and by powers of variables that are numbers."""
    ndim = y.type.ndim
    factors = {dimshuffle(dimshuffle(v, ()) if v.type.ndim else v, ["x"] * ndim): e for v, e in numbers.items()}
    return build_product(coef, {y: 1, **factors}, y.type.dtype, ndim)
