"""Windows: what a point reads around a place of an array, in the bodies of items.

Along an axis, window `o` has the elements ``o * stride + r * dilation - pad``, r being the place in the window. A body
reads them as `Windows.element`, and asks whether there is such an element. The other way round, the windows that hold
element `h` are ``(h + pad) // stride - j`` for the first few j, and it is at place ``(h + pad) % stride + j * stride``
of them: that is what gradients read (`Windows.covering`). With a dilation, it is at place r of window
``(h + pad - r * dilation) // stride`` if that has no remainder.

What is read is accumulated (`over_taps`). Windows of a few elements are written out, so that all of it is in registers;
the places of others are axes of their own, over which the loop nest reduces.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from theano.base.record import Record
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.inlining import Sources
from theano.lower.state.values import Value, rearranged

# Windows of up to so many elements are written out.
WRITTEN_OUT = 32

# The element for a place in the window (an expression for each axis), and whether it counts.
Tap = Callable[[Sequence[Expr]], tuple[Expr, Expr]]


class Holder(NamedTuple):
    """A window that may hold an element: its number and the element's place in it.

    `exists`: whether there is such a window; `has_place`: whether windows are so long.
    """

    window: Expr
    place: Expr
    exists: Expr
    has_place: Expr

    @property
    def holds(self) -> Expr:
        return ex.and_(self.exists, self.has_place)


class Axis(Record, frozen=True):
    """Windows along one axis: the lengths of the array and of a window, and how many windows there are.

    With `covered` each window lies in the array and its padding, which is `pad` in front and `behind` (None: as many)
    at the end; else the last ones may end beyond.
    """

    image: Expr
    window: Expr
    stride: Expr
    pad: Expr
    count: Expr
    dilation: Expr = ONE
    covered: bool = True
    behind: Expr | None = None

    def place(self, o: Expr, r: Expr) -> tuple[Expr, Expr]:
        """Which element is at place `r` of window `o`, and whether there is one."""
        place = ex.add(ex.mul(o, self.stride), ex.sub(ex.mul(r, self.dilation), self.pad))
        return place, bd.within(place, self.image, self._may_be_before(r), self._may_be_behind(r))

    def _may_be_before(self, r: Expr) -> bool:
        """Whether place `r` of the first window may be in the padding."""
        known = _known(r, self.dilation, self.pad)
        if known is None:
            return not is_const(self.pad, 0)
        at, dilation, pad = known
        return at * dilation < pad

    def _may_be_behind(self, r: Expr) -> bool:
        """Whether place `r` of the last window may be behind the array."""
        end = self.pad if self.behind is None else self.behind
        known = _known(r, self.dilation, self.pad, self.window, end)
        if known is None:
            return not (self.covered and is_const(end, 0))
        at, dilation, pad, window, behind = known
        lengths = _known(self.count, self.stride, self.image)
        if lengths is not None:
            count, stride, image = lengths
            return (count - 1) * stride + at * dilation - pad >= image
        return not self.covered or behind > (window - 1 - at) * dilation

    def reach(self) -> Expr:
        """How many windows may hold one element."""
        if not is_const(self.dilation, 1) or is_const(self.stride, 1):
            return self.window
        known = _known(self.window, self.stride)
        if known is not None:
            return length(-(-known[0] // known[1]))
        return ex.add(ex.idiv(ex.sub(self.window, ONE), ex.maximum(self.stride, ONE)), ONE)

    def covering(self, h: Expr, j: Expr) -> Holder:
        """The `j`-th window from behind that may hold element `h`."""
        if not is_const(self.dilation, 1):
            return self._covering_dilated(h, j)
        at = ex.add(h, self.pad)
        o = ex.sub(bd.quotient(at, self.stride), j)
        place = ex.add(bd.remainder(at, self.stride), ex.mul(j, self.stride))
        known = _known(self.window, self.stride, j)
        exists = bd.within(o, self.count, known is None or known[2] > 0, self._ends_early())
        if known is None or known[2] * known[1] + known[1] > known[0]:
            return Holder(o, place, exists, ex.lt(place, self.window))
        return Holder(o, place, exists, bd.TRUE)

    def _covering_dilated(self, h: Expr, j: Expr) -> Holder:
        """`covering` where place `j` of a window is that of element `h`, if there is a window for it."""
        more = ex.mul(ex.sub(self.window, ONE), self.dilation)  # windows in front, so that no place is negative
        at = ex.add(ex.sub(ex.add(h, self.pad), ex.mul(j, self.dilation)), ex.mul(more, self.stride))
        o = ex.sub(bd.quotient(at, self.stride), more)
        exists = bd.within(o, self.count, True, True)
        if not is_const(self.stride, 1):
            exists = ex.and_(exists, ex.eq(bd.remainder(at, self.stride), ZERO))
        return Holder(o, j, exists, bd.TRUE)

    def _ends_early(self) -> bool:
        """Whether there may be elements behind the last window."""
        known = _known(self.window, self.stride)
        if not self.covered and known is not None and known[0] <= known[1]:
            return False
        lengths = _known(self.image, self.pad, self.stride, self.count)
        return lengths is None or (lengths[0] - 1 + lengths[1]) // lengths[2] >= lengths[3]

    def elements(self, o: Expr, with_padding: bool) -> Expr:
        """How many elements window `o` has, 1 at least."""
        if self.covered and (with_padding or is_const(self.pad, 0)):
            return self.window
        start = ex.sub(ex.mul(o, self.stride), self.pad)
        stop = ex.add(start, self.window)
        if with_padding:
            return ex.maximum(ex.sub(ex.minimum(stop, ex.add(self.image, self.pad)), start), ONE)
        if not is_const(self.pad, 0):
            start = ex.maximum(start, ZERO)
        return ex.maximum(ex.sub(ex.minimum(stop, self.image), start), ONE)


def _known(*lengths: Expr) -> list[int] | None:
    """Lengths as numbers, if all of them are constants."""
    return [int(d.value) for d in lengths] if all(map(is_const, lengths)) else None


class Windows(Record, frozen=True):
    """Windows along the last axes of an array; points of them have the axes before these in common."""

    lead: tuple[Expr, ...]
    axes: tuple[Axis, ...]

    @property
    def image(self) -> tuple[Expr, ...]:
        return (*self.lead, *(a.image for a in self.axes))

    @property
    def out(self) -> tuple[Expr, ...]:
        """The lengths of what has an element for each window."""
        return (*self.lead, *(a.count for a in self.axes))

    def here(self) -> list[Expr]:
        """Where a point is along the axes of the windows."""
        return [bd.index(len(self.lead) + k) for k in range(len(self.axes))]

    def places(self) -> list[Expr]:
        """How many places a window has along each axis."""
        return [axis.window for axis in self.axes]

    def reach(self) -> list[Expr]:
        """Along each axis how many windows may hold one element."""
        return [axis.reach() for axis in self.axes]

    def _look(
        self, sources: Sources, x: Value, places: Sequence[Expr], conditions: Sequence[Expr], visits: float = 0
    ) -> tuple[Expr, Expr]:
        inside = bd.TRUE
        for condition in conditions:
            inside = ex.and_(inside, condition)
        lead = [ZERO if is_const(d, 1) else bd.index(n) for n, d in enumerate(x.dims[: len(self.lead)])]
        return sources.look(x, [*lead, *places], inside, visits), inside

    def element(self, sources: Sources, x: Value, places: Sequence[Expr]) -> tuple[Expr, Expr]:
        """The element of `x` at a place of the window of this point, and whether there is one."""
        axes = zip(self.axes, self.here(), places, strict=True)
        found = [axis.place(o, r) for axis, o, r in axes]
        places, conditions = [place for place, _ in found], [inside for _, inside in found]
        return self._look(sources, x, places, conditions, self._visits())

    def _visits(self) -> float:
        """How many windows have an element, on average; 0 where that is not known."""
        known = _known(*self.places(), *(axis.stride for axis in self.axes))
        return 0 if known is None else math.prod(known[: len(self.axes)]) / math.prod(known[len(self.axes) :])

    def covering(self, sources: Sources, y: Value, places: Sequence[Expr]) -> tuple[Expr, Expr]:
        """The element of `y` for one of the windows that may hold this point of the array; whether it does.

        It is 0 if that does not. If `y` has more axes, they are those of places in a window.
        """
        axes = zip(self.axes, self.here(), places, strict=True)
        found = [axis.covering(h, j) for axis, h, j in axes]
        at = [*(f.window for f in found), *(f.place for f in found)]
        return self._look(sources, y, at[: y.ndim - len(self.lead)], [f.holds for f in found])


def over_taps(
    sources: Sources, type_: str, dims: Sequence[Expr], taps: Sequence[Expr], tap: Tap, op: str,
    finish: Callable[[Expr], Expr] | None = None,
) -> Value:  # fmt: skip
    """What `tap` gives for places along axes of the lengths `taps`, accumulated by `op` in the order of rows.

    Parameters
    ----------
    sources
        The operands; those that are read at this point have the axes of `dims`.
    type_, dims
        The type and the lengths of the result.
    taps
        How many places there are along each axis.
    tap
        The element for a place, and whether it counts.
    op
        ``"add"``, ``"max"``, ...: see `stmt.combine`.
    finish
        What is made of the accumulated number at the end.
    """
    b, finish = sources.b, finish or (lambda x: x)
    lengths = _known(*taps)
    if lengths is not None and 0 < math.prod(lengths) <= WRITTEN_OUT:
        found: Expr | None = None
        for place in itertools.product(*(range(n) for n in lengths)):
            element, counts = tap([length(k) for k in place])
            if found is None:
                found = ex.select(counts, element, st.identity(op, element.type))
            else:
                found = ex.select(counts, st.combine(op, found, element), found)
        assert found is not None
        body = bd.converted(finish(found), st.load_type(type_))
        return b.pointwise(type_, dims, sources.reads, body, 2 * math.prod(lengths), sources.indirect)
    count = len(dims)
    element, counts = tap([bd.index(count + k) for k in range(len(taps))])
    wide = bd.dividing_in_place(ex.select(counts, element, st.identity(op, element.type)))
    inner = [rearranged(r, [*range(r.ndim), *[None] * len(taps)]) for r in sources.reads]
    all_of_them = b.pointwise(wide.type, (*dims, *taps), inner, wide, 4, sources.indirect)
    acc = "f64" if op == "add" and wide.type in ex.FLOATS else wide.type
    red = frozenset(range(count, count + len(taps)))
    body = bd.converted(bd.element(0, all_of_them), acc)
    total = b.reduce(acc, all_of_them.dims, [all_of_them], red, False, op, acc, body)
    return b.pointwise(type_, dims, [total], bd.converted(finish(bd.element(0, total)), st.load_type(type_)), cost=2)
