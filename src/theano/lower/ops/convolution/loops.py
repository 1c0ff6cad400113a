"""Convolutions as loops of the program, which look at windows (`lower.windows`): for numbers of all types.

Each direction is a sum of products for each point of its result. The library (`lower.ops.convolution`) has none for
integers, float16 and kernels of each place; and where a kernel meets one channel or a few, there is
nothing to be gained by tiles.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.ops.convolution.shapes import Case, Sides
from theano.lower.ops.elemwise import rearranged
from theano.lower.ops.reduction import reduced
from theano.lower.ops.shapes import reshaped
from theano.lower.state import body as bd
from theano.lower.state.dims import ONE, ZERO, is_const, length
from theano.lower.state.inlining import Sources
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.lower.state.windows import WRITTEN_OUT, Axis, over_taps

Lengths = tuple[Expr, ...]


def suits_loops(case: Case, sides: Sides) -> bool:
    """Whether groups have so few channels that their sums are written out."""
    facing = case.of_group if sides[0] is None else case.channels
    lengths = (case.channels, case.of_group, *case.taps)
    if case.op.num_groups == 1 or case.op.unshared or not all(map(is_const, lengths)):
        return False
    return facing.value * math.prod(n.value for n in case.taps) <= WRITTEN_OUT


class Pair(NamedTuple):
    """Where the two numbers of a product are, each if it is there."""

    first: list[Expr]
    first_inside: Expr
    second: list[Expr]
    second_inside: Expr


class Direction:
    """One direction of a convolution: the lengths of its result, those it sums over, what is multiplied."""

    made_of_channels = False  # whether the channels of kernels are those of the result

    def __init__(self, case: Case) -> None:
        self.case, b = case, case.b
        self.axes = []
        for a in case.axes:
            every, apart = (length(given[a]) for given in (case.op.subsample, case.op.filter_dilation))
            before, behind = (b.dims.normal(p) for p in case.pads(a))
            shape = (case.images[2 + a], case.taps[a], every, before, case.tops[2 + a], apart)
            self.axes.append(Axis(*shape, behind=behind))

    def visits(self) -> float:
        """How often the first operand is looked at, on average for an element; 0: that is not known, or often."""
        return 0

    def counts(self, pair: Pair) -> Expr:
        """Whether a product counts. One with padding does: it is NaN where a kernel is infinite."""
        return bd.TRUE

    def lengths(self) -> tuple[Lengths, Lengths]:
        """The lengths of the result and of the axes that are summed over."""
        raise NotImplementedError

    def pair(self, at: Sequence[Expr]) -> Pair:
        """The product for this point of the result, at a position along the axes that are summed over."""
        raise NotImplementedError

    def turned(self, places: Sequence[Expr]) -> list[Expr]:
        """Places in windows as places in kernels, or the other way round."""
        if not self.case.op.filter_flip:
            return list(places)
        return [ex.sub(ex.sub(n, ONE), r) for n, r in zip(self.case.taps, places, strict=True)]

    def group(self, k: Expr, of_group: Expr) -> Expr:
        """The group of a kernel or channel, each of which has so many."""
        if self.case.op.num_groups == 1:
            return ZERO
        return bd.quotient(k, ex.maximum(of_group, ONE))

    def kernel(self, k: Expr, places: Sequence[Expr], c: Expr, at: Sequence[Expr]) -> list[Expr]:
        """Where an element of a kernel is: at a place in the window, for a place of the results."""
        return [k, *(places if self.case.op.unshared else ()), c, *self.turned(at)]

    def in_columns(self, kernels: Value, type_: str) -> Value:
        """Kernels in another order in memory, so that their elements do not lie side by side where those of images do.

        Else a loop would go along the few elements of a kernel, and not along a line of results.
        """
        b, channels = self.case.b, kernels.ndim - len(self.axes) - 1
        mixed = [0, channels] if self.made_of_channels else [channels, 0]
        order = [*range(channels + 1, kernels.ndim), *mixed, *range(1, channels)]
        moved = rearranged(kernels, order)
        made = b.pointwise(type_, moved.dims, [moved], bd.converted(bd.element(0, moved), type_))
        return rearranged(made, [order.index(k) for k in range(kernels.ndim)])

    def window(self, places: Sequence[Expr], at: Sequence[Expr]) -> tuple[list[Expr], Expr]:
        """The place in the images, and whether it is there."""
        found = [axis.place(o, r) for axis, o, r in zip(self.axes, places, at, strict=True)]
        return [place for place, _ in found], _all(inside for _, inside in found)


class Forward(Direction):
    """Results of images and kernels."""

    def lengths(self) -> tuple[Lengths, Lengths]:
        return self.case.tops, (self.case.channels, *self.case.taps)

    def visits(self) -> float:
        lengths = (self.case.of_group, *self.case.taps)
        if not all(map(is_const, lengths)):
            return 0
        return math.prod(n.value for n in lengths) / math.prod(self.case.op.subsample)

    def pair(self, at: Sequence[Expr]) -> Pair:
        case = self.case
        n, k, *places = _point(case.tops)
        channel = ex.add(ex.mul(self.group(k, case.of_group), case.channels), at[0])
        where, inside = self.window(places, at[1:])
        return Pair([n, channel, *where], inside, self.kernel(k, places, at[0], at[1:]), bd.TRUE)


class Weights(Direction):
    """Gradients of kernels, of images and gradients of results."""

    def lengths(self) -> tuple[Lengths, Lengths]:
        n, _, *places = self.case.tops
        return self.case.kernels, (n, *(() if self.case.op.unshared else places))

    def pair(self, at: Sequence[Expr]) -> Pair:
        k, *others = _point(self.case.kernels)
        places, of_kernel = others[: -len(self.axes) - 1], others[-len(self.axes) - 1 :]
        return self._pair(k, [*at, *places], of_kernel)

    def _pair(self, k: Expr, at: Sequence[Expr], of_kernel: Sequence[Expr]) -> Pair:
        case, (n, *places), (c, *r) = self.case, at, of_kernel
        channel = ex.add(ex.mul(self.group(k, case.of_group), case.channels), c)
        where, inside = self.window(places, self.turned(r))
        return Pair([n, channel, *where], inside, [n, k, *places], bd.TRUE)

    def sums_of_one_sweep(self, type_: str, images: Value, tops: Value) -> Value:
        """A sum for each element of a kernel, all in one sweep over images and gradients.

        What is side by side in a line of them is summed by itself first, in vectors whose lanes do not meet.
        """
        case, b = self.case, self.case.b
        tops = rearranged(tops, [1, 0, *range(2, tops.ndim)])
        space = (case.tops[1], case.tops[0], *case.tops[2:])
        k, n, *places = _point(space)
        loaded, how = st.load_type(type_), _operation(type_)
        elements = list(itertools.product(*(range(d.value) for d in case.kernels[1:])))
        lines = b.tensor(loaded, (length(len(elements)), space[0], space[-1]))
        of_element, *own = b.strided(whole(lines)).strides or ()
        for number, at in enumerate(elements):
            sources = Sources(b, [tops])
            pair = self._pair(k, [n, *places], [length(r) for r in at])
            x = _number(sources, images, loaded, pair.first, pair.first_inside)
            body = bd.dividing_in_place(_product(x, bd.converted(bd.element(0, tops), loaded)))
            factors = b.pointwise(loaded, space, sources.reads, body, 2, sources.indirect)
            summed = frozenset(range(1, len(space) - 1))
            line = b.reduce(loaded, space, [factors], summed, False, how, loaded, bd.element(0, factors))
            offset = ex.mul(of_element, length(number))
            target = Value(loaded, lines.dims[1:], tensor=lines, offset=offset, strides=tuple(own))
            b.write(lines, target, [line], bd.element(0, line), unordered=True)
        acc = "f64" if loaded in ex.FLOATS else loaded
        total = reduced(b, rearranged(whole(lines), (1, 0, 2)), frozenset({2}), how, acc, type_)
        return reshaped(b, total, case.kernels)


class Inputs(Direction):
    """Gradients of images, of kernels and gradients of results."""

    made_of_channels = True

    def lengths(self) -> tuple[Lengths, Lengths]:
        return self.case.images, (self.case.of_group, *(axis.reach() for axis in self.axes))

    def counts(self, pair: Pair) -> Expr:
        return pair.second_inside

    def pair(self, at: Sequence[Expr]) -> Pair:
        case = self.case
        n, channel, *image = _point(case.images)
        group = self.group(channel, case.channels)
        c = ZERO if is_const(case.channels, 1) else ex.sub(channel, ex.mul(group, case.channels))
        k = ex.add(ex.mul(group, case.of_group), at[0])
        found = [axis.covering(h, j) for axis, h, j in zip(self.axes, image, at[1:], strict=True)]
        places, holds = [f.window for f in found], _all(f.holds for f in found)
        inside = holds if case.op.unshared else _all(f.has_place for f in found)
        return Pair(self.kernel(k, places, c, [f.place for f in found]), inside, [n, k, *places], holds)


def _point(dims: Sequence[Expr]) -> list[Expr]:
    return [ZERO if is_const(d, 1) else bd.index(k) for k, d in enumerate(dims)]


def _all(conditions: Iterable[Expr]) -> Expr:
    found = bd.TRUE
    for condition in conditions:
        found = ex.and_(found, condition)
    return found


def in_loops(case: Case, type_: str, sides: Sides) -> Value:
    """The side that is None of images, kernels and results."""
    b = case.b
    which = sides.index(None)
    direction = (Inputs, Weights, Forward)[which](case)
    before = len(b.items)
    written_out = suits_loops(case, sides)
    images, kernels, tops = sides
    if kernels is not None and not written_out:
        kernels = direction.in_columns(kernels, st.load_type(type_))
    first, second = (v for v in (images, kernels, tops) if v is not None)
    if isinstance(direction, Weights) and written_out:
        made = direction.sums_of_one_sweep(type_, first, second)
    else:
        made = _summed(direction, type_, first, second)
    for item in b.items[before:]:
        item.deps.extend(case.guards)
    return made


def _summed(direction: Direction, type_: str, first: Value, second: Value) -> Value:
    sources, (dims, taps), visits = Sources(direction.case.b), direction.lengths(), direction.visits()

    def tap(at: Sequence[Expr]) -> tuple[Expr, Expr]:
        pair = direction.pair(at)
        x = _number(sources, first, st.load_type(type_), pair.first, pair.first_inside, visits)
        y = _number(sources, second, st.load_type(type_), pair.second, pair.second_inside)
        return _product(x, y), direction.counts(pair)

    return over_taps(sources, type_, dims, taps, tap, _operation(type_))


def _product(x: Expr, y: Expr) -> Expr:
    return ex.and_(x, y) if x.type == "bool" else ex.mul(x, y)


def _operation(type_: str) -> str:
    """What accumulates products of this type."""
    return "or" if type_ == "bool" else "add"


def _number(
    sources: Sources, value: Value, type_: str, at: Sequence[Expr], inside: Expr, visits: float = 0
) -> Expr:
    """An element, which is 0 where it is not inside."""
    if value.uniform is None:
        return bd.converted(sources.look(value, at, inside, visits, padded=True), type_)
    number = Value(value.type, (), uniform=value.uniform)
    sources.reads += [] if number in sources.reads else [number]
    found = bd.element(sources.reads.index(number), number)
    return bd.converted(ex.select(inside, found, st.identity("add", found.type)), type_)
