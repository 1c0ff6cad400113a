"""What a variable of the graph is during lowering: a tensor and how to look at it; and who writes and reads tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from theano.base.record import Record, field
from theano.graph import Variable
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.state.dims import ONE, ZERO, Dims, length


class Tensor(Record):
    """An array in C order: the caller's, or one that items write.

    `role` is ``input``, ``storage``, ``constant``, ``temp`` (workspace), ``object`` (a NumPy array in an object slot
    of the frame) or ``cell`` (a 0-d result on the stack). `index` and `slot` belong to the role.
    Windows are written into a `copy_of` another tensor. Each of the `writers` runs after the one before it, but the
    last, the `unordered_writers`, in any order; `readers` are those who read only. A tensor with an `alias` uses the
    memory of that one, from its element `shift` on. Where it is made and used up block by block, there is `room` for so
    many elements only.
    """

    name: str
    type: str
    dims: tuple[Expr, ...]
    role: str = "temp"
    index: int = -1
    slot: int = -1
    writers: list[Item] = field(default_factory=list)
    readers: list[Item] = field(default_factory=list)
    unordered_writers: list[Item] = field(default_factory=list)
    alias: Tensor | None = None
    copy_of: Tensor | None = None
    shift: Expr | None = None
    room: Expr | None = None

    def __repr__(self) -> str:
        return f"Tensor(name={self.name!r}, type={self.type!r}, dims={self.dims!r}, role={self.role!r})"

    def latest(self) -> list[Item]:
        """The writers after which the numbers are those of now."""
        return self.unordered_writers or self.writers[-1:]

    def storage(self) -> Tensor:
        """The tensor whose memory this one uses."""
        tensor = self
        while tensor.alias is not None:
            tensor = tensor.alias
        return tensor


class Value(Record, eq=True):
    """One look at numbers, with its lengths `dims` (a length that is the constant 1 broadcasts).

    Exactly one of three forms:

    - `uniform`: the same scalar expression everywhere;
    - `tensor` with `axes`: axis k of the value is axis ``axes[k]`` of the tensor (None: broadcast);
    - `tensor` with `offset` and `strides`: a strided window, in elements.

    `vector` additionally lists the elements of a short integer vector that is known symbolically (shapes); `counts`
    says that a vector is 0, 1, 2, ….
    """

    type: str
    dims: tuple[Expr, ...]
    uniform: Expr | None = None
    tensor: Tensor | None = None
    axes: tuple[int | None, ...] | None = None
    offset: Expr | None = None
    strides: tuple[Expr, ...] | None = None
    vector: tuple[Expr, ...] | None = None
    handle: int = -1
    counts: bool = False

    @property
    def ndim(self) -> int:
        return len(self.dims)

    def is_whole(self) -> bool:
        """Whether the value is its tensor, axis by axis."""
        return self.tensor is not None and self.axes == tuple(range(len(self.tensor.dims)))


def rearranged(x: Value, order: Sequence[int | None]) -> Value:
    """The axes of `x` in another order; None makes an axis of length 1."""
    dims = tuple(ONE if k is None else x.dims[k] for k in order)
    if x.uniform is not None:
        return Value(x.type, dims, uniform=x.uniform)
    if x.axes is not None:
        axes = tuple(None if k is None else x.axes[k] for k in order)
        return Value(x.type, dims, tensor=x.tensor, axes=axes)
    assert x.strides is not None
    strides = tuple(ZERO if k is None else x.strides[k] for k in order)
    return Value(x.type, dims, tensor=x.tensor, offset=x.offset, strides=strides)


class Ragged(NamedTuple):
    """An axis of a space whose extent is loaded: at position r of the axis `rows` it goes from ``starts[r]`` on.

    It ends before ``starts[r + 1]``. The `starts` have been checked: they begin with 0, never decrease, and end with
    the length that the space gives for the axis. So each position of the axis is met once, in one row.
    """

    axis: int
    rows: int
    starts: Value

    def same(self, other: Ragged) -> bool:
        """Whether two cut their axis at the same places."""
        a, b = self.starts, other.starts
        return a is b or (a.tensor is b.tensor and (a.axes, a.offset, a.strides) == (b.axes, b.offset, b.strides))


class Item(Record):
    """A unit of work; `region` is the block it runs in, `node` the graph node it stands for (for messages).

    `dims` are the lengths of the axes of its space, if it runs over one. It needs the values that it reads (those
    `indirect` at places that it computes), the numbers `scalars`, and what the items `deps` do. It `defines` names of
    main. Items of a kind that `updates` run late, for they may write the new value of a storage over the old one.
    An axis may be `ragged`; its starts are the last of the `indirect` values.
    """

    updates: ClassVar[bool] = False
    region: int
    node: object
    dims: tuple[Expr, ...] = ()
    reads: list[Value] = field(default_factory=list)
    indirect: list[Value] = field(default_factory=list)
    defines: list[str] = field(default_factory=list)
    scalars: list[Expr] = field(default_factory=list)
    deps: list[Item] = field(default_factory=list)
    ragged: Ragged | None = None

    def made(self) -> Sequence[Tensor]:
        """The tensors that it writes."""
        raise NotImplementedError

    def may_overwrite(self, tensor: Tensor) -> bool:
        """Whether what it makes may be written, element by element, over the old numbers of `tensor`."""
        return False


class Update(Record):
    """Output `value` becomes the content of storage `storage`; `tensor` is that storage's old content."""

    storage: int
    word: int
    tensor: Tensor | None
    value: Value
    variable: Variable


def byte_size(dims: Dims, tensor: Tensor) -> Expr:
    count = dims.product(tensor.dims) if tensor.room is None else tensor.room
    return ex.mul(count, length(ex.ITEMSIZE[tensor.type]))
