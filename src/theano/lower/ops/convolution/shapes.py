"""The shapes of images, kernels and results of a convolution as main knows them, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, escaped, is_const, length
from theano.lower.state.values import Item, Value
from theano.tensor.nnet.convolution.geometry import for_each_axis
from theano.tensor.nnet.convolution.ops import NEGATIVE

# Images, kernels and results; what is made is None.
Sides = tuple[Value | None, Value | None, Value | None]


def share(count: Expr, groups: int) -> Expr:
    """How many of a group."""
    if is_const(count):
        return length(count.value // groups)
    return count if groups == 1 else ex.idiv(count, length(groups))


class Case:
    """A convolution in some direction: the shapes of images, kernels and results, which are checked.

    Attributes
    ----------
    images, kernels, tops : these shapes, in which equal lengths are one.
    guards : the items that check what is not known before.
    """

    def __init__(
        self, b: Builder, op: Any, images: Sequence[Expr], kernels: Sequence[Expr], tops: Sequence[Expr] | None
    ) -> None:
        self.b, self.op, self.axes = b, op, range(op.convdim)
        self.images, self.kernels = (tuple(map(b.dims.normal, dims)) for dims in (images, kernels))
        self.given = None if tops is None else tuple(tops)
        self.guards: list[Item] = []
        self._check_hints()
        self._check_channels()
        self.images, self.kernels = (tuple(map(b.dims.normal, dims)) for dims in (self.images, self.kernels))
        lengths = [self._result(a) for a in self.axes]
        self.tops = (self.images[0], self.kernels[0], *lengths)
        if op.unshared:
            for a in self.axes:
                self._same(self.kernels[1 + a], lengths[a], "there should be kernels for the places", lengths)
        if self.given is not None:
            made, why = self.tops, "the results should have the shape"
            self.tops = tuple(self._same(a, c, why, made) for a, c in zip(self.given, made, strict=True))

    @property
    def channels(self) -> Expr:
        """How many channels a kernel has."""
        return self.kernels[-len(self.axes) - 1]

    @property
    def taps(self) -> tuple[Expr, ...]:
        """The lengths of a kernel."""
        return self.kernels[-len(self.axes) :]

    @property
    def of_group(self) -> Expr:
        """How many kernels a group has."""
        return self.b.dims.normal(share(self.kernels[0], self.op.num_groups))

    # -- checks ------------------------------------------------------------------------------------------------
    def _message(self, why: str, made: Sequence[Expr] | None = None) -> tuple[str, tuple[Expr, ...]]:
        """A message that shows all shapes, that of the results that are `made` first, and the lengths in it."""
        sides = {why: made, "images": self.images, "kernels": self.kernels, "results": self.given}
        parts: list[str] = []
        dims: list[Expr] = []
        for name, shape in sides.items():
            if shape is not None:
                parts.append(f"{name} ({', '.join(f'{{dims[{len(dims) + a}]}}' for a in range(len(shape)))})")
                dims += shape
        first = why if made is None else parts.pop(0)
        return f"{type(self.op).__name__}: {first}: {', '.join(parts)}", tuple(dims)

    def _check(self, cond: Expr, why: str, operands: Sequence[Expr] = ()) -> None:
        message, dims = self._message(why)
        item = self.b.check(cond, ValueError, message, operands, dims)
        self.guards += [] if item is None else [item]

    def _same(self, a: Expr, c: Expr, why: str, made: Sequence[Expr] | None = None) -> Expr:
        message, dims = self._message(why, made)
        return self.b.unify(a, c, message, dims=dims)

    def _check_hints(self) -> None:
        for what, known in (("images", self.op.imshp), ("kernels", self.op.kshp)):
            shape = getattr(self, what)
            why = f"the {what} have not the shape {known} that was promised"
            for a, promised in enumerate(known or ()):
                if promised is not None:
                    self._same(shape[a], length(promised), why)

    def _check_channels(self) -> None:
        groups, of_images, of_kernels = self.op.num_groups, self.images[1], self.channels
        why = f"{{}} channels of images for {{}} of kernels and {groups} groups"
        if groups == 1:
            self._same(of_images, of_kernels, why.format("{0}", "{1}"))
            return
        if is_const(of_kernels):  # so both are known from here on
            self._same(of_images, length(of_kernels.value * groups), why.format("{0}", of_kernels.value))
        elif is_const(of_images) and of_images.value % groups == 0:
            self._same(of_kernels, length(of_images.value // groups), why.format(of_images.value, "{0}"))
        else:
            same = ex.eq(of_images, ex.mul(of_kernels, length(groups)))
            self._check(same, why.format("{0}", "{1}"), (of_images, of_kernels))
        rest = ex.irem(self.kernels[0], length(groups))
        self._check(ex.eq(rest, ZERO), f"{{0}} kernels can't be in {groups} groups", (self.kernels[0],))

    def _dilated(self, a: int) -> Expr:
        """The length of a kernel along an axis, with its dilation."""
        between = ex.mul(ex.sub(self.taps[a], ONE), length(self.op.filter_dilation[a]))
        return self.b.dims.normal(ex.add(between, ONE))

    def pads(self, a: int) -> tuple[Expr, Expr]:
        """The padding in front of an axis and behind it."""
        mode = for_each_axis(self.op.border_mode, len(self.axes))[a]
        if not isinstance(mode, str):
            before, behind = mode
            return length(before), length(behind)
        reach = {
            "valid": lambda k: ZERO, "full": lambda k: ex.sub(k, ONE), "half": lambda k: ex.idiv(k, length(2))
        }[mode](self._dilated(a))  # fmt: skip
        return reach, reach

    def _result(self, a: int) -> Expr:
        """The length of the results along an axis."""
        length_, (before, behind) = self.taps[a], self.pads(a)
        if not self.b.dims.is_length(self.images[2 + a]):  # but a number that is given
            self._check(ex.ge(self.images[2 + a], ZERO), NEGATIVE)
        self._check(ex.ge(length_, ONE), "kernels have no elements")
        room = ex.sub(ex.add(self.images[2 + a], ex.add(before, behind)), self._dilated(a))
        room = self.b.dims.normal(room)
        self._check(ex.ge(room, ZERO), escaped(self.op.too_large))
        stride = self.op.subsample[a]
        steps = room if stride == 1 else ex.idiv(room, length(stride))
        found = self.b.named(self.b.dims.normal(ex.add(steps, ONE)), 1)
        if found.op == "name":
            self.b.names.lengths.add(str(found.value))  # as has been checked
        return found
