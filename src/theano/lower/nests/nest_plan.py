"""The form of a group's loops: decided by what its items reach, how long its axes are, and the machine.

Six shapes, by the axis that is contiguous in memory (the *vector axis*):

- *points*: nothing is reduced; loops over all axes, the innermost widened. They are *flat*, one loop, where all axes
  are joined, and *tiled* where the vector axis jumps through what lies side by side along another one.
- *rows*: the vector axis is reduced; parallel axes outside, one sweep over the reduced axes for each phase.
- *parts*: a full reduction, whose parts are added in order.
- *crossed*: reduced axes on both sides of a parallel one, in the order of memory: rows in blocks, whose pieces are
  added as columns are, and then folded.
- *columns*: the vector axis is parallel; it is cut into blocks whose accumulators stay in the L1 cache, inside them
  run the reduced axes, innermost the block.
- *running*: one axis is gone along in order. If it is the vector axis, inside it runs a loop over several rows at once;
  else it runs around blocks of columns.

A ragged axis is one of the loops inside the one over its rows, and so long, for the estimates, as rows are on average.

Before all that, axes that memory goes through as one are joined (see `lower.plan.joined`).

What decides is `lower.plan.planner`. Nothing depends on anything emitted, and nothing is emitted: see `lower.cpu`.
"""

from __future__ import annotations

from typing import NamedTuple

from theano.base.record import Record
from theano.loops import host as hs
from theano.loops.expr import Expr
from theano.lower.nests.coalesced_axes import Run
from theano.lower.nests.prefetch import Hint
from theano.lower.state.items import Item, Pointwise, Reduce
from theano.lower.state.values import Tensor


class Sweep(NamedTuple):
    """One pass over the reduced axes: its items, what a point of it costs, how many vectors it takes at once.

    With `separate_copies` of an accumulation these are added at the end only. Of columns, `rows` are taken at once. It
    goes one point after the other, `in_order`, where places that are written may be the same. With `gathers` it asks
    early for what is read at places that are loaded.
    """

    items: tuple[Item, ...]
    cost: int
    unroll: int = 1
    separate_copies: bool = False
    rows: int = 1
    hints: tuple[Hint, ...] = ()
    in_order: bool = False
    gathers: bool = False

    def reduces(self) -> list[Reduce]:
        return [i for i in self.items if isinstance(i, Reduce)]


class Outermost(NamedTuple):
    """The outermost loop, whose positions threads can share: how many there are, and the points of one.

    Its positions are those of an `axis`, or pieces of the axes that are `moving` with it. With `finish` something
    follows that needs them all.
    """

    extent: Expr
    points: Expr
    moving: frozenset[int]
    axis: int | None = None
    finish: bool = False


class KeptRow(NamedTuple):
    """A row of an item's values that is kept: in a buffer with these lengths, unless it is stored anyway."""

    item: Pointwise
    buffer: tuple[Expr, ...] | None


class Sharing(NamedTuple):
    """How the outermost loop is shared: what `loops.host.Ranges` says, before there is a call."""

    extent: Expr
    weight: Expr
    least: int
    finish: bool
    alone: bool

    def ranges(self) -> hs.Ranges:
        return hs.Ranges(self.extent, self.weight, self.least, self.finish, alone=self.alone)


class NestPlan(Record, frozen=True):
    """How a group is computed.

    Attributes
    ----------
    shape
        See above; ``nothing`` where there are no points.
    joined
        The group's axes in runs that are one each; nothing if none are. All that follows speaks of these.
    order
        The axes from the outermost loop to the innermost.
    unroll
        Vectors that a loop over points takes at once.
    turn
        Of points: positions of the innermost axis that a turn of its loop has, each of them written out, so that places
        that are divided by this follow from the turn.
    has_edges
        Of points: whether positions at the ends of the innermost axis may look at places outside, so that they are a
        loop for themselves.
    in_slices
        Whether each position of the outermost axis is for itself, and a caller asks for ranges of them.
    steps_inside
        Whether all steps of the loop around are made at one point.
    in_order
        One point after the other, as places that are written may be the same.
    in_rows
        The innermost loop nevertheless is in vectors: the places follow from where it is.
    across
        Of tiles: the axis along which the other operands are contiguous.
    sweeps, before
        The sweeps; the prefix work before each of them and after the last.
    kept
        Values that later sweeps read back, instead of computing them again.
    parts
        Positions of the first axis in one part, and how many parts there are.
    later, width
        Of columns: values of a column that later sweeps read; columns of a block. Blocks of the innermost loop over
        points have a width, too, if these are what is shared.
    rows
        Of running work: rows that are taken at once.
    levels
        Of columns: before each sweep and after the last, the loops over a block's columns. They end the reductions
        of the sweep before, and do the prefix work; what picks an element of a row has a loop of its own, as there may
        be nothing in a row.
    block, lanes, one_by_one
        Of crossed axes: rows of a block, of which `width` is the most; the elements that its buffers hold; where rows
        are summed one by one instead, and the sweep then.
    hints
        What is asked for before it is needed, in front of the loop over points or the sweep `busiest`.
    outermost
        What positions of the outermost loop are, if each can be computed for itself.
    sharing
        How threads share them, if they do.
    """

    shape: str
    joined: tuple[Run, ...] = ()
    order: tuple[int, ...] = ()
    unroll: int = 1
    turn: int = 1
    has_edges: bool = False
    in_slices: bool = False
    steps_inside: bool = False
    in_order: bool = False
    in_rows: bool = False
    across: int | None = None
    sweeps: tuple[Sweep, ...] = ()
    before: tuple[tuple[Item, ...], ...] = ()
    kept: tuple[KeptRow, ...] = ()
    parts: tuple[Expr, Expr] | None = None
    later: tuple[Tensor, ...] = ()
    width: int = 0
    rows: int = 0
    levels: tuple[tuple[tuple[Item, ...], ...], ...] = ()
    block: Expr | None = None
    lanes: int = 0
    one_by_one: tuple[Expr, Sweep] | None = None
    hints: tuple[Hint, ...] = ()
    busiest: int = 0
    outermost: Outermost | None = None
    sharing: Sharing | None = None
