"""How a loop over vectors is parted: into whole vectors, what is left for narrower ones, and single elements.

The order in which an accumulation adds follows from this: so the vector code of a loop and that which goes through its
elements one by one (`backend.first_form`) have it from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from theano.backend.llvm import spelling as ops
from theano.loops import expr as ex
from theano.loops import stmt as st

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["Widths", "choose_lanes", "starts_with_identity", "widths"]

# Loops with so many loads that may be outside of an array are about them and their masks: half vectors save nothing.
# Where there are no masks, so many loads of any kind make single elements dear.
MANY = 6
# Lanes of a register of which a half is worth a loop of its own where there are no masks.
HALVED = 8


class Widths(NamedTuple):
    """How many elements a turn of each loop has.

    Parameters
    ----------
    whole : of the loop over whole vectors.
    rest : of the one after it; 0: there is none.
    masked : whether that one's last turn may have fewer. If not, single elements come last.
    """

    whole: int
    rest: int
    masked: bool


def choose_lanes(stmt: st.For, isa: Isa) -> int:
    """Lanes of a vector loop: as many as the narrowest float (or int of 4 bytes and more) in it fills a register."""
    sizes = [8]
    for inner in st.walk(stmt.body):
        if isinstance(inner, st.Load | st.Store):
            size = ex.ITEMSIZE[inner.view.type]
            sizes.append(max(size, 4))
    return max(isa.vector_bytes // min(sizes), 2)


def widths(stmt: st.For, isa: Isa) -> Widths:
    """The loops that a vector loop becomes.

    What is left is often all there is: half registers take half the time for divisions, and three ports instead of
    two take them. Only where each step waits for the last one (a serial loop inside) all of it goes at once. Without
    masks, half registers leave fewer single elements, three of eight lanes at most: worth a loop where each has much
    to do, as windows have (3x3 over lines of 14 take 0.73 of the time; a program of small loops would grow by 15 %).
    """
    lanes = choose_lanes(stmt, isa)
    whole = lanes * stmt.unroll
    if not isa.has_masks:
        loads = sum(isinstance(s, st.Load) for s in stmt.body)
        half = lanes // 2 if lanes >= HALVED and loads >= MANY else 0
        return Widths(whole, lanes if stmt.unroll > 1 else half, _takes_parts(stmt, isa))
    serial = any(isinstance(inner, st.For) for inner in stmt.body)
    guarded = sum(isinstance(s, st.Load) and s.inside is not None for s in stmt.body)
    return Widths(whole, whole if serial or (guarded >= MANY and stmt.unroll == 1) else max(lanes // 2, 2), True)


def _takes_parts(loop: st.For, isa: Isa) -> bool:
    """Whether what a loop leaves for single vectors may end with a part of one (`FunctionPrinter._part_body`).

    It must have much to do, and find all elements side by side, of sizes that can be masked. Loads come first
    there and stores last: no load may be of what was stored before.
    """
    if not isa.masks_words or loop.unroll == 1:
        return False
    if loop.separate_copies:  # sums of 5 to 15 elements would take a third longer
        return False
    own, stored = {loop.index}, set()
    for stmt in loop.body:
        if isinstance(stmt, st.Let):
            own.add(stmt.name)
        elif isinstance(stmt, st.Load | st.Store):
            row = _is_row(stmt, loop.index, own) and ex.ITEMSIZE[stmt.view.type] >= 4
            if isinstance(stmt, st.Store):
                stored.add(stmt.view.base)
            else:
                if stmt.view.base in stored or stmt.inside is not None:
                    return False
                row = row or own.isdisjoint(ex.names(stmt.view.offset, *stmt.view.strides, *stmt.index))
                own.add(stmt.name)
            if not row:
                return False
        elif not isinstance(stmt, st.Prefetch):
            return False
    return True


def _is_row(stmt: st.Load | st.Store, index: str, own: set[str]) -> bool:
    """Whether an access steps from one element to the next with the index, and depends on nothing else in `own`."""
    view = stmt.view
    steps = [(at, s) for at, s in zip(stmt.index, view.strides, strict=True) if not own.isdisjoint(ex.names(at))]
    if len(steps) != 1 or not own.isdisjoint(ex.names(view.offset, *view.strides)):
        return False
    at, stride = steps[0]
    return at.op == "name" and at.value == index and stride is ex.const(1, "i64")


def starts_with_identity(c: st.Carried) -> bool:
    """Whatever the table of expressions has forgotten in between: the text must not depend on it."""
    return c.init.op == "const" and ops.literal(c.init, 1) == ops.literal(st.identity(c.op, c.type), 1)
