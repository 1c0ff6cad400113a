"""Gradients that are zero where a condition says so.

The gradient of ``switch(c, x, y)`` with respect to `x` is ``switch(c, g, 0)``. Where `c` does not hold, what `x` is
made of may have an infinite or undefined derivative, and ``0 * inf`` is NaN. So ops whose gradient is linear in `g`,
element by element, take `g` out of the mask and put the mask around their result: ``switch(c, g * f'(x), 0)``. One
condition for all elements passes every op (`theano.gradient.reverse`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theano import scalar
from theano.base.record import Record
from theano.graph import Constant, Variable
from theano.graph.null_type import DisconnectedType, NullType
from theano.tensor.elemwise import SECOND, DimShuffle, Elemwise, dimshuffle, elemwise
from theano.tensor.type import TensorType
from theano.tensor.variable import LATE, constant

__all__ = [
    "Branches", "Mask", "filled", "fitted", "is_source", "is_zero", "mixed", "moved", "parted", "unions",
    "unmasked", "within",
]  # fmt: skip

_SWITCH = elemwise(scalar.switch)
_AND = elemwise(scalar.and_)
_OR = elemwise(scalar.or_)
_NOT = elemwise(scalar.invert)
_NONZERO = elemwise(scalar.neq)


class Branches:
    """Filled by `theano.ifelse`, which stands above.

    Examples
    --------
    >>> from theano.tensor.masks import Branches
    >>> callable(Branches.made)
    True
    """

    #: The condition, the value if it holds and the value if not, of an output of a branch; None for others.
    opened: ClassVar[Callable[[Any], tuple[Any, Any, Any] | None]] = lambda g: None
    #: A branch between two values.
    made: ClassVar[Callable[[Any, Any, Any], Any]]


def is_zero(x: Variable) -> bool:
    """Whether `x` is written as zeros: a constant 0, or one spread by `fill`, `alloc` or `dimshuffle`."""
    while True:
        if isinstance(x, Constant):
            data: Any = x.data
            # One element, or none: a look at large constants would cost time at every node.
            return isinstance(data, np.ndarray) and data.size <= 1 and not data.any()
        node = x.owner
        if node is None:
            return False
        op = node.op
        if isinstance(op, Elemwise) and op.scalar_op is scalar.second:
            x = node.inputs[1]
        elif isinstance(op, DimShuffle) or op.spreads_first_input:
            x = node.inputs[0]
        else:
            return False


class Mask(Record):
    """A condition, and whether a gradient passes where it holds or where it does not.

    `lazy` masks are branches (`ifelse`): what does not pass is not computed.
    """

    condition: Any
    passing: bool
    lazy: bool = False

    @property
    def of_all(self) -> bool:
        """Whether one condition decides for all elements."""
        return all(self.condition.type.broadcastable)

    @property
    def rank(self) -> int:
        """Which of two masks stands outside: branches do, then conditions for all elements."""
        return 2 if self.lazy else int(self.of_all)

    def key(self) -> tuple[Any, ...]:
        """Equal for masks that are written alike."""
        c = self.condition
        if self.of_all:
            while c.owner is not None and isinstance(c.owner.op, DimShuffle):
                c = c.owner.inputs[0]
        return c, self.passing, self.lazy

    def around(self, g: Any) -> Any:
        """`g` where the mask lets it pass, else 0."""
        if isinstance(g.type, NullType | DisconnectedType) or is_zero(g):
            return g
        if not isinstance(g.type, TensorType):  # a sparse matrix is chosen as a whole
            sides = (g, g.zeros_like())
            return Branches.made(dimshuffle(self.condition, ()), *(sides if self.passing else sides[::-1]))
        value, inner = unmasked(g)
        if inner is not None and inner.rank > self.rank:
            return inner.around(self.around(value))
        if inner is not None and inner.rank == self.rank:
            mine, other = self.key(), inner.key()
            if mine == other:
                return g
            if mine[0] is other[0]:
                return SECOND(g, _zero(g))
            if not self.lazy:
                return Mask(_AND(self._fitting(value).holds(), inner.holds()), True).around(value)
        if self.lazy:
            sides = (g, SECOND(g, _zero(g)))
            return Branches.made(self.condition, *(sides if self.passing else sides[::-1]))
        condition, zero = self._fitting(g).condition, _zero(g)
        return _SWITCH(condition, g, zero) if self.passing else _SWITCH(condition, zero, g)

    def _fitting(self, g: Any) -> Mask:
        """The mask for a gradient of other dimensions, if one condition decides for all."""
        ndim = g.type.ndim
        if self.condition.type.ndim == ndim:
            return self
        return self.moved(lambda c: dimshuffle(dimshuffle(c, ()) if c.type.ndim else c, ["x"] * ndim))

    def holds(self) -> Any:
        """Where the mask lets pass, as booleans."""
        c = self.condition
        if c.type.dtype != "bool":
            c = _NONZERO(c, _zero(c))
        return c if self.passing else _NOT(c)

    def moved(self, move: Callable[[Any], Any]) -> Mask:
        """The mask with its axes or elements moved."""
        return self if self.lazy else Mask(move(self.condition), self.passing)

    def summed(self, axes: Sequence[int]) -> Mask:
        """Where it lets some element pass that is summed along `axes`, which stay with length 1."""
        wide = [a for a in axes if not self.condition.type.broadcastable[a]]
        return Mask(LATE["any_keeping"](self.holds(), wide), True) if wide else self


def _zero(g: Any) -> Any:
    return constant(np.zeros((1,) * g.type.ndim, g.type.dtype))


def unmasked(g: Any) -> tuple[Any, Mask | None]:
    """What is behind the mask of a gradient, and the mask; `g` and None if it has none.

    Examples
    --------
    >>> c, x = T.dvectors("c", "x")
    >>> value, mask = unmasked(T.switch(c > 0, x, 0.0))
    >>> value, mask.passing
    (x, True)
    """
    node = g.owner
    if node is None:
        return g, None
    lazy = not isinstance(node.op, Elemwise)
    if lazy:
        choice = Branches.opened(g)
    else:
        choice = node.inputs if node.op.scalar_op is scalar.switch else None
    if choice is not None:
        condition, yes, no = choice
        for value, other, passing in ((yes, no, True), (no, yes, False)):
            if value.type.dtype == g.type.dtype and is_zero(other):
                return value, Mask(condition, passing, lazy)
    return g, None


def within(g: Any, change: Callable[[Any], Any]) -> Any:
    """``change(g)``, where `change` is linear, element by element: behind the masks that `g` has."""
    value, mask = unmasked(g)
    if mask is None:
        return change(g)
    changed = within(value, change)
    return g if changed is value else mask.around(changed)


def fitted(g: Any, x: Any) -> Any:
    """A gradient of `x` that has the shape of `x` on both sides of a branch.

    What passes has the shape of the side that was taken, which may be that of another variable: of `y` in
    ``ifelse(c, exp(x), y)``.
    """
    value, mask = unmasked(g)
    if mask is None or not mask.lazy:
        return g
    opened = Branches.opened(g)
    assert opened is not None
    passed, zero = fitted(value, x), opened[2 if mask.passing else 1]
    of_x = zero.owner is not None and isinstance(zero.owner.op, Elemwise) and zero.owner.inputs[0] is x
    if isinstance(x.type, TensorType) and isinstance(g.type, TensorType) and not of_x:
        zero = SECOND(x, _zero(g))
    elif x.type == g.type and not isinstance(x.type, TensorType):
        zero = x.zeros_like()
    elif passed is value:
        return g
    sides = (passed, zero)
    return Branches.made(mask.condition, *(sides if mask.passing else sides[::-1]))


def moved(g: Any, move: Callable[[Any], Any], x: Any) -> Any:
    """``move(g)``, the gradient of `x`, where `move` brings elements to other places: a mask moves with them."""
    return parted(g, lambda v: [move(v)], [x])[0]


def parted(g: Any, part: Callable[[Any], Sequence[Any]], xs: Sequence[Any]) -> Sequence[Any]:
    """``part(g)``, the gradients of `xs`, where `part` brings elements to other places: a mask moves with them."""
    value, mask = unmasked(g)
    if mask is None or mask.lazy or all(is_source(x) for x in xs):
        return part(g)
    value, condition = filled(g, value, mask)
    return [Mask(c, mask.passing).around(v) for c, v in zip(part(condition), part(value), strict=True)]


def filled(g: Any, value: Any, mask: Mask) -> tuple[Any, Any]:
    """What is behind the mask of `g`, and the condition, both in the shape of `g`."""
    pattern = g.type.broadcastable
    made = [v if v.type.broadcastable == pattern else SECOND(g, v) for v in (value, mask.condition)]
    return made[0], made[1]


def mixed(g: Any, axes: Sequence[int], mix: Callable[[Any], Any], xs: Sequence[Any]) -> Any:
    """``mix(g)``, part of the gradients of `xs`: each element is made of all along `axes`, whose length may become 1.

    It is zero where none of these passes.
    """
    value, mask = unmasked(g)
    if mask is None or mask.lazy or all(is_source(x) for x in xs):
        return mix(g)
    left = mask.summed(axes)
    return left.around(mix(value if left is mask else g))


def is_source(x: Any) -> bool:
    """Whether `x` is a leaf or a view of one: no derivative comes after its gradient."""
    while x.owner is not None:
        if not x.owner.op.view_map or not isinstance(x.type, TensorType):
            return False
        x = x.owner.inputs[0]
    return True


def union(masks: Sequence[Mask]) -> Mask | None:
    """Where one of `masks` lets pass; None if they are known to leave nothing out."""
    sides = {m.key(): m for m in masks}
    if len(sides) == 1:
        return masks[0]
    if any((c, not passing, lazy) in sides for c, passing, lazy in sides):
        return None
    return Mask(_OR(*(m.holds() for m in sides.values())), True, masks[0].lazy)


def unions(terms: Sequence[Any]) -> list[Mask]:
    """The masks, inner first, that the sum of `terms` can have around it: one of each rank at most.

    Examples
    --------
    >>> c, x = T.dvectors("c", "x")
    >>> (mask,) = unions([T.switch(c > 0, x, 0.0), T.switch(c > 1, 2 * x, 0.0)])
    >>> theano.pp(mask.condition)
    'or_(gt(c, TensorConstant{0}), gt(c, TensorConstant{1}))'
    """
    layers: tuple[list[Mask], ...] = ([], [], [])
    for term in terms:
        of_term: tuple[list[Mask], ...] = ([], [], [])
        value, mask = unmasked(term)
        while mask is not None:
            of_term[mask.rank].append(mask)
            value, mask = unmasked(value)
        for layer, masks in zip(layers, of_term, strict=True):
            if masks:
                layer.append(_intersection(masks))
    found = [union(masks) for masks in layers if len(masks) == len(terms)]
    return [mask for mask in found if mask is not None]


def _intersection(masks: Sequence[Mask]) -> Mask:
    if len(masks) == 1:
        return masks[0]
    return Mask(_AND(*(m.holds() for m in masks)), True, masks[0].lazy)


LATE["unmasked"] = unmasked
LATE["mixed"] = mixed
LATE["moved"] = moved
