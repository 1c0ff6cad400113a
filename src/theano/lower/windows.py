"""Windows: what a point reads around a place of an array, in the bodies of items.

Along an axis, window `o` has the elements at ``o * stride + r * dilation - pad``, r being the place in the window. A
body reads them as `Windows.element`, with a number of its own in place of those that are outside of the array. The other
way round, the windows that hold element `h` are ``(h + pad) // stride - j`` for the first few j, and its place in the
last of them follows: that is what gradients read (`Windows.covering`).

Windows of a few elements are written out, so that all of them are in registers (`over_taps`); the others are axes of
their own, over which the loop nest reduces.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower import body as bd
from theano.lower.builder import Builder
from theano.lower.dims import ONE, ZERO, is_const, length
from theano.lower.values import Value
from theano.record import Record

# Windows of up to so many elements are written out.
WRITTEN_OUT = 32


class Axis(Record, frozen=True):
    """Windows along one axis: the lengths of the array and of a window, and how many windows there are.

    With `covered` each window lies in the array and its padding, which is `pad` on both sides.
    """

    image: Expr
    window: Expr
    stride: Expr
    pad: Expr
    count: Expr
    dilation: Expr = ONE
    covered: bool = True

    def place(self, o: Expr, r: Expr) -> tuple[Expr, Expr]:
        """Which element is at place `r` of window `o`, and whether it is in the array."""
        place = ex.sub(ex.add(ex.mul(o, self.stride), ex.mul(r, self.dilation)), self.pad)
        low, high = self._may_be_before(r), self._may_be_behind(r)
        return place, _within(place, self.image, low, high)

    def _may_be_before(self, r: Expr) -> bool:
        first = _known(r, self.dilation, self.pad)
        if is_const(self.pad, 0):
            return False
        return first is None or first[0] * first[1] < first[2]

    def _may_be_behind(self, r: Expr) -> bool:
        """Whether the element at place `r` of the last window may be behind the array."""
        sizes = _known(r, self.dilation, self.pad, self.window)
        if sizes is None:
            return not (self.covered and is_const(self.pad, 0))
        at, dilation, pad, window = sizes
        all_sizes = _known(self.count, self.stride, self.image)
        if all_sizes is not None:
            count, stride, image = all_sizes
            return (count - 1) * stride + at * dilation - pad >= image
        return not self.covered or pad > (window - 1 - at) * dilation

    def reach(self) -> Expr:
        """How many windows may hold one element, if there is no dilation."""
        sizes = _known(self.window, self.stride)
        if sizes is not None:
            return length(-(-sizes[0] // sizes[1]))
        return ex.idiv(ex.sub(ex.add(self.window, self.stride), ONE), self.stride)

    def covering(self, h: Expr, j: Expr) -> tuple[Expr, Expr, Expr]:
        """The `j`-th window from behind that may hold element `h`, the place of it there, and whether it does."""
        at = ex.add(h, self.pad)
        last = ex.idiv(at, self.stride)
        o = ex.sub(last, j)
        place = ex.sub(at, ex.mul(o, self.stride))
        sizes = _known(self.window, self.stride, j)
        low = sizes is None or sizes[2] > 0
        inside = _within(o, self.count, low, self._ends_early())
        if sizes is None or sizes[2] * sizes[1] + sizes[1] > sizes[0]:
            inside = ex.and_(inside, ex.lt(place, self.window))
        return o, place, inside

    def _ends_early(self) -> bool:
        """Whether there may be elements behind the last window."""
        sizes = _known(self.image, self.pad, self.stride, self.count)
        return sizes is None or (sizes[0] - 1 + sizes[1]) // sizes[2] >= sizes[3]

    def tap(self, h: Expr, r: Expr) -> tuple[Expr, Expr]:
        """The window in which element `h` is at place `r`, and whether there is one."""
        at = ex.sub(ex.add(h, self.pad), ex.mul(r, self.dilation))
        if is_const(self.stride, 1):
            return at, _within(at, self.count, True, True)
        o = ex.idiv(at, self.stride)
        inside = ex.and_(ex.ge(at, ZERO), _within(o, self.count, False, True))
        return o, ex.and_(inside, ex.eq(ex.mul(o, self.stride), at))

    def elements(self, o: Expr, with_padding: bool) -> Expr:
        """How many elements window `o` has, 1 at least."""
        start = ex.sub(ex.mul(o, self.stride), self.pad)
        stop = ex.add(start, self.window)
        if self.covered and (with_padding or is_const(self.pad, 0)):
            return self.window
        if with_padding:
            return ex.maximum(ex.sub(ex.minimum(stop, ex.add(self.image, self.pad)), start), ONE)
        return ex.maximum(ex.sub(ex.minimum(stop, self.image), ex.maximum(start, ZERO)), ONE)


def _known(*lengths: Expr) -> list[int] | None:
    """Lengths as numbers, if all of them are constants."""
    return [int(d.value) for d in lengths] if all(map(is_const, lengths)) else None


def _within(place: Expr, count: Expr, low: bool, high: bool) -> Expr:
    """Whether a place is among `count`, of which it may miss the low end, the high end or both."""
    if low and high:
        return ex.lt(ex.bitcast(place, "u64"), ex.bitcast(count, "u64"))  # a negative place is a very large one
    if high:
        return ex.lt(place, count)
    return ex.ge(place, ZERO) if low else bd.TRUE


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

    def _at(self, k: int, x: Value, places: Sequence[Expr], inside: Sequence[Expr]) -> tuple[Expr, Expr]:
        guard = bd.TRUE
        for condition in inside:
            guard = ex.and_(guard, condition)
        lead = [ZERO if is_const(d, 1) else bd.index(n) for n, d in enumerate(x.dims[: len(self.lead)])]
        return bd.look(k, x, [*lead, *places], guard), guard

    def element(self, k: int, x: Value, places: Sequence[Expr]) -> tuple[Expr, Expr]:
        """The element of `x`, indirect operand `k`, at a place of the window of this point; whether there is one.

        It is 0 if there is none.
        """
        axes = zip(self.axes, self.here(), places, strict=True)
        found = [axis.place(o, r) for axis, o, r in axes]
        return self._at(k, x, [place for place, _ in found], [inside for _, inside in found])

    def covering(self, k: int, y: Value, places: Sequence[Expr]) -> tuple[Expr, Expr]:
        """The element of `y` for one of the windows that may hold this point of the array; whether it does."""
        axes = zip(self.axes, self.here(), places, strict=True)
        found = [axis.covering(h, j) for axis, h, j in axes]
        return self._at(k, y, [o for o, _, _ in found], [inside for _, _, inside in found])

    def tap(self, k: int, y: Value, places: Sequence[Expr]) -> tuple[Expr, Expr]:
        """The element of `y` for the window that holds this point of the array at a place; whether there is one."""
        axes = zip(self.axes, self.here(), places, strict=True)
        found = [axis.tap(h, r) for axis, h, r in axes]
        return self._at(k, y, [o for o, _ in found], [inside for _, inside in found])

    def reach(self) -> list[Expr]:
        """Along each axis how many windows may hold one element."""
        return [axis.reach() for axis in self.axes]


def over_taps(
    b: Builder, type_: str, dims: Sequence[Expr], taps: Sequence[Expr], tap: Callable[[Sequence[Expr]], Expr], op: str,
    indirect: Sequence[Value], reads: Sequence[Value] = (), finish: Callable[[Expr], Expr] | None = None,
) -> Value:  # fmt: skip
    """What `tap` gives for places along axes of the lengths `taps`, accumulated by `op` in the order of rows.

    Parameters
    ----------
    b
        The lowering.
    type_, dims
        The type and the lengths of the result.
    taps
        How many places there are along each axis.
    tap
        The element for a place (an expression for each axis) of a point; of the accumulator's type.
    op
        ``"add"``, ``"max"``, ...: see `stmt.combine`.
    indirect, reads
        The operands, those that are read at this point with all axes of `dims`.
    finish
        What is made of the accumulated number at the end.
    """
    finish = finish or (lambda x: x)
    lengths = _known(*taps)
    if lengths is not None and math.prod(lengths) <= WRITTEN_OUT:
        places = [[length(k) for k in range(n)] for n in lengths]
        elements = [tap(list(place)) for place in itertools.product(*places)]
        found = elements[0] if op == "max" and elements else st.identity(op, elements[0].type)
        for element in elements[op == "max" :]:
            found = st.combine(op, found, element)
        body = bd.converted(finish(found), st.load_type(type_))
        return b.pointwise(type_, dims, reads, body, cost=2 * len(elements), indirect=indirect)
    count = len(dims)
    wide = tap([bd.index(count + k) for k in range(len(taps))])
    inner = [Value(r.type, (*r.dims, *(ONE for _ in taps)), **_look(r, len(taps))) for r in reads]
    all_of_them = b.pointwise(wide.type, (*dims, *taps), inner, wide, cost=4, indirect=indirect)
    red = frozenset(range(count, count + len(taps)))
    total = b.reduce(wide.type, all_of_them.dims, [all_of_them], red, False, op, wide.type, bd.element(0, all_of_them))
    return b.pointwise(type_, dims, [total], bd.converted(finish(bd.element(0, total)), st.load_type(type_)), cost=2)


def _look(value: Value, more: int) -> dict[str, object]:
    """How a value is looked at, with more axes of length 1 at the end."""
    if value.uniform is not None:
        return {"uniform": value.uniform}
    if value.axes is not None:
        return {"tensor": value.tensor, "axes": (*value.axes, *(None for _ in range(more)))}
    strides = (*(value.strides or ()), *(ZERO for _ in range(more)))
    return {"tensor": value.tensor, "offset": value.offset, "strides": strides}
