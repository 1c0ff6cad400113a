"""Loops whose first and last turns have places outside of arrays: what is between them need not ask.

Of ``x[2*i + 1 - 3]``, say, for an array of 20, the turns from 1 to 10 are inside.
"""

from __future__ import annotations

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.linear import linear_part
from theano.lower.state.dims import ONE, ZERO, is_const, length


class Edges:
    """The turns of a loop in which all places are inside: from `first` on, before `last`."""

    def __init__(self, turn: Expr, turns: Expr) -> None:
        self.turn = turn
        self.first: Expr = ZERO
        self.last = turns

    def keep_inside(self, place: Expr, count: Expr, low: bool, high: bool) -> bool:
        """Leave out the turns in which ``0 <= place < count`` does not hold; False if these are not known."""
        step, rest = linear_part(place, str(self.turn.value))
        if step.op != "const" or step.value < 1 or str(self.turn.value) in ex.names(rest, count):
            return False
        if low:
            self.first = ex.maximum(self.first, _turns(ex.sub(ZERO, rest), step))
        if high:
            self.last = ex.minimum(self.last, _turns(ex.sub(count, rest), step))  # neither is negative
        return True

    def bounds(self) -> tuple[Expr, Expr]:
        """`first` and `last`, in the order of the turns."""
        first = ex.minimum(self.first, self.last) if self.first is not ZERO else ZERO
        return first, self.last


def _turns(span: Expr, step: Expr) -> Expr:
    """How many turns go by until `span` is reached in steps of a constant."""
    span = ex.maximum(span, ZERO)
    if span.op == "const":
        return length(-(-span.value // step.value))
    return span if is_const(step, 1) else ex.idiv(ex.add(span, ex.sub(step, ONE)), step)
