"""Operands that a body looks at, of which cheap ones are computed where they are looked at.

The largest of four elements of ``relu(x + b)`` is found in one loop, which computes the four; else all of
``relu(x + b)`` would be written to memory, to be read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.builder import Builder
from theano.lower.state.items import Pointwise
from theano.lower.state.values import Value


class Sources:
    """The operands of a body: `reads` that are there at each point, `indirect` ones that are looked at."""

    def __init__(self, b: Builder, reads: Iterable[Value] = ()) -> None:
        self.b = b
        self.reads = list(reads)
        self.indirect: list[Value] = []

    def look(
        self, x: Value, at: Sequence[Expr], inside: Expr, visits: float = 0, padded: bool = False
    ) -> Expr:  # fmt: skip
        """The element of `x` at a position, which may be anywhere if it is not `inside`.

        It is computed here if that is cheap, considering how many `visits` an element of `x` gets; 0: it is read.
        What is read is 0 where it is not inside; what is computed is so only if it is `padded`: of ``exp(x)`` it would
        be ``exp(0)``.
        """
        made = _maker(self.b, x) if visits else None
        if made is not None and visits * _cost(self.b, made) <= self.b.machine.heavy:
            found = self._computed(x, made, at, inside)
            return ex.select(inside, found, st.identity("add", found.type)) if padded else found
        strided = self.b.strided(x)
        if strided not in self.indirect:
            self.indirect.append(strided)
        return bd.look(self.indirect.index(strided), strided, at, inside)

    def _computed(self, x: Value, made: Pointwise, at: Sequence[Expr], inside: Expr) -> Expr:
        place = {axis: where for axis, where in zip(x.axes or (), at, strict=True) if axis is not None}
        done: dict[Expr, Expr] = {}
        for node in bd.facts(made.body).order:
            if node.op == "element":
                done[node] = self._operand(made, node.value, place, inside)
            elif node.op == "index":
                done[node] = place[node.value]
            else:
                args = tuple([done[a] for a in node.args])
                done[node] = node if args == node.args else ex.rebuilt(node, args)
        return done[made.body]

    def _operand(self, made: Pointwise, k: int, place: dict[int, Expr], inside: Expr) -> Expr:
        value, axes = made.reads[k], made.maps[k]
        if value.uniform is None:
            at = [ex.const(0, "i64") if axis is None else place[axis] for axis in axes]
            inner = _maker(self.b, value)
            if inner is not None:
                return self._computed(value, inner, at, inside)
            return self.look(value, at, inside)
        if value not in self.reads:
            self.reads.append(value)
        return bd.element(self.reads.index(value), value)


def _maker(b: Builder, x: Value) -> Pointwise | None:
    """What makes the elements of `x`, if each can be computed for itself, at any time."""
    tensor = x.tensor
    if tensor is None or x.axes is None or len(tensor.writers) != 1:
        return None
    (item,) = tensor.writers
    if type(item) is not Pointwise or item.region != b.region or item.indirect or item.is_window():
        return None
    if item.out is not tensor or item.out_axes is not None or item.ragged is not None:
        return None
    if any(v.tensor is not None and len(v.tensor.writers) > 1 for v in item.reads):
        return None
    return item if "part" not in {node.op for node in bd.facts(item.body).order} else None


def _cost(b: Builder, item: Pointwise) -> int:
    """What an element costs, with all that is computed for it."""
    inner = [_maker(b, v) for v in item.reads if v.uniform is None]
    return item.cost + sum(_cost(b, other) for other in inner if other is not None)
