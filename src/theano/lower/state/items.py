"""Units of work before scheduling: what they read, what they write, and how one element is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from theano.base.record import field
from theano.loops.expr import Expr
from theano.lower.state import body as bd
from theano.lower.state.dims import ZERO
from theano.lower.state.emitter import Emitter
from theano.lower.state.values import Item, Tensor, Value


class Pointwise(Item):
    """``out[i, j, …] = body`` over the space `dims`; `lower.body` has the forms of bodies.

    `maps[k]` says for each axis of operand k which axis of the space it is (None: broadcast). The result goes to the
    whole of `out`, or through `target` to a window of it, or, with `scatter`, to computed positions, in order but along
    the axes of the space in `spread`, along which no two positions are the same.

    The first operands in `indirect` may be *picked*: read at one position along the axes for which `picks[k]` has no
    axis of the space. In the loop that makes the operand, that one element is computed once more.

    `out` has the axes `out_axes` of the space, or all of them (None).

    With `parts`, how many there are, the positions of the outermost loop are cut into so many parts, and what is
    scattered goes to a place of its own for each, which is cleared first: the number of the part is the first index in
    `out`.
    """

    updates: ClassVar[bool] = True
    maps: list[tuple[int | None, ...]] = field(default_factory=list)
    out: Tensor | None = None
    target: Value | None = None
    scatter: tuple[Expr, ...] | None = None
    spread: frozenset[int] = frozenset()
    body: Expr = ZERO
    cost: int = 1
    picks: list[tuple[int | None, ...]] = field(default_factory=list)
    out_axes: tuple[int, ...] | None = None
    parts: Expr | None = None

    @property
    def same(self) -> object:
        """Equal for items whose bodies compute the same of operands of the same types; None if that is not known."""
        return self.body if bd.only_applies(self.body) else None

    def made(self) -> Sequence[Tensor]:
        return () if self.out is None else (self.out,)

    def is_window(self) -> bool:
        """Whether it writes some elements of a tensor that others write, too."""
        return self.target is not None or self.scatter is not None

    def may_overwrite(self, tensor: Tensor) -> bool:
        return not self.is_window()


class Running(Pointwise):
    """Point-wise work that goes along the axis `along` from the front, one position after the other.

    Its body may ask for what it got from the position before (`body.before`): what was made there, or what it `handed`
    on instead; `init` at the first position.
    """

    along: int = 0
    init: Expr = ZERO
    handed: Expr | None = None


class Reduce(Item):
    """``out = op over the axes `red` of body``, accumulated in `acc`.

    The axes of `out` are those of the space that are not reduced, in order (kept axes of length 1 aside, see
    `out_axes`: the space axis of each axis of `out`, None for a kept one).
    """

    maps: list[tuple[int | None, ...]] = field(default_factory=list)
    red: frozenset[int] = frozenset()
    out: Tensor | None = None
    out_axes: tuple[int | None, ...] = ()
    op: str = "add"
    acc: str = "f64"
    body: Expr = ZERO
    cost: int = 1
    scalar_name: str = ""

    def made(self) -> Sequence[Tensor]:
        return () if self.out is None else (self.out,)


class Special(Item):
    """Work that is no loop nest of ours, `what` in a word: `emit` writes its statements.

    What these do beside reading and writing numbers is declared here:

    - `writes`: the tensors that are other ones afterwards;
    - `delivers`: it puts arrays of its own into the slots of what it writes, which need no memory before;
    - `fallible`: it may raise, so it runs even if nobody needs what it makes, and before anything is updated;
    - `python`: it calls Python or touches Python's objects, so it needs the GIL;
    - `polls`: it looks for signals in between;
    - `blocks`: the blocks of items that it runs.
    """

    what: str = ""
    writes: list[Tensor] = field(default_factory=list)
    emit: Callable[[Emitter], None] | None = None
    delivers: bool = False
    fallible: bool = False
    python: bool = False
    polls: bool = False
    blocks: tuple[int, ...] = ()

    def made(self) -> Sequence[Tensor]:
        return self.writes
