"""What a variable of the graph is during lowering: a tensor and how to look at it; and who writes and reads tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.lower.dims import Dims, length
from theano.record import Record, field


class Tensor(Record):
    """An array in C order: the caller's, or one that items write.

    `role` is ``input``, ``storage``, ``constant``, ``temp`` (workspace), ``object`` (a NumPy array in an object slot
    of the frame) or ``cell`` (a 0-d result on the stack). `index` and `slot` belong to the role.
    Windows are written into a `copy_of` another tensor. Each of the `writers` runs after the one before it, but the
    last, the `unordered_writers`, in any order; `readers` are those who read only. A tensor with an `alias` uses the
    memory of that one, from its element `shift` on.
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


class Item(Record):
    """A unit of work; `region` is the block it runs in, `node` the graph node it stands for (for messages).

    `dims` are the lengths of the axes of its space, if it runs over one. It needs the values that it reads (those
    `indirect` at places that it computes), the numbers `scalars`, and what the items `deps` do. It `defines` names of
    main. Items of a kind that `updates` run late, for they may write the new value of a storage over the old one.
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

    def made(self) -> Sequence[Tensor]:
        """The tensors that it writes."""
        raise NotImplementedError

    def may_overwrite(self, tensor: Tensor) -> bool:
        """Whether what it makes may be written, element by element, over the old numbers of `tensor`."""
        return False


def byte_size(dims: Dims, tensor: Tensor) -> Expr:
    return ex.mul(dims.product(tensor.dims), length(ex.ITEMSIZE[tensor.type]))
