"""The item of a loop over steps that are a block of their own: what it hands from step to step, and what it keeps."""

from __future__ import annotations

from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.dims import ZERO, Dims, is_const, length
from theano.lower.state.items import Special
from theano.lower.state.strides import c_strides
from theano.lower.state.values import Item, Tensor, Value


class RowMemory(Record):
    """The memory for the rows of a state or an output.

    Row `j` (initial rows count) is row ``j`` of `inner`, or ``j mod ring`` if there is a ring. `inner` is how the
    steps see it, `outer` what is there before the loop; both are one tensor unless it grows.
    """

    outer: Tensor
    inner: Tensor
    first: int
    ring: int = 0
    grows: bool = False
    keep: int | None = None
    taps: tuple[int, ...] = ()

    def position(self, number: Expr) -> Expr:
        return ex.and_(number, length(self.ring - 1)) if self.ring else number

    def row(self, dims: Dims, number: Expr, lengths: tuple[Expr, ...]) -> Value:
        """Row `number`, an array of these lengths, as a view of the memory."""
        strides = c_strides(dims, self.inner.dims)
        offset = ex.mul(self.position(number), strides[0]) if not is_const(self.inner.dims[0], 1) else ZERO
        return Value(self.inner.type, lengths, tensor=self.inner, offset=offset, strides=strides[1:])


class Carry(Record):
    """A number that is carried in a name of main."""

    type: str
    init: Expr
    name: str
    result: str
    next: Expr | None = None


class StepLoop(Special):
    """``for step in range(n)`` over a block of items; `cpu.steps` emits it.

    `ends` are the items of a step that must run. After the step in which `until` holds there is none; then `count` is
    main's name for how many there were. With `objects` it hands on Python objects, too.
    """

    step: str = ""
    n: Expr = ZERO
    count: str = ""
    carries: list[Carry] = field(default_factory=list)
    rows: list[RowMemory] = field(default_factory=list)
    ends: list[Item] = field(default_factory=list)
    until: Expr | None = None
    objects: bool = False

    @property
    def steps(self) -> int:
        """The block."""
        return self.blocks[0]
