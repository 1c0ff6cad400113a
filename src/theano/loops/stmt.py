"""Statements of the loop program: what runs, in order.

A program is a `main` block and the kernels it calls. A **kernel** is a loop nest with parameters: pointers to
memory that no other pointer parameter overlaps (unless neither is stored to), and numbers. Memory is reached only
through a `View`, ``base[offset + sum(index[k] * strides[k])]``, counted in elements.

`Carried` values are accumulations (``op`` is associative and commutative: lanes and chunks may be combined in any
order) or ``"state"``, strictly sequential.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.runtime import abi

T = TypeVar("T")
ZERO = ex.const(0, "i64")


def _repr(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in self.__slots__)})"


@dataclass_transform(eq_default=False)
def _statement(cls: type[T]) -> type[T]:
    """A dataclass compared by identity. The methods left out are half of what making the class costs at import."""
    made = dataclass(slots=True, eq=False, repr=False, match_args=False)(cls)
    made.__repr__ = _repr  # type: ignore[method-assign]
    return made


@dataclass(slots=True, frozen=True)
class View:
    """A strided window on the memory at pointer `base`, elements of storage type `type`."""

    base: str
    type: str
    offset: Expr
    strides: tuple[Expr, ...]


@_statement
class Let:
    """Name the value of a pure expression."""

    name: str
    value: Expr


@_statement
class Load:
    """Read one element; the name has the register type of the view (`load_type`)."""

    name: str
    view: View
    index: tuple[Expr, ...]


@_statement
class Store:
    """Write one element."""

    view: View
    index: tuple[Expr, ...]
    value: Expr


@_statement
class Prefetch:
    """A hint that memory `distance` bytes behind an element will soon be read (or written); it may be nobody's.

    With a distance, it is what the loop comes to in order, which a processor may foresee itself. `cache` is the level
    that has room for it until then.
    """

    view: View
    index: tuple[Expr, ...]
    distance: int
    written: bool
    cache: int = 1


@_statement
class Carried:
    """A value carried by a loop: `name` inside, `next` at the end of the body, `result` after the loop."""

    name: str
    op: str
    type: str
    init: Expr
    next: Expr
    result: str


@_statement
class For:
    """``for index in range(start, extent)``; `kind` is ``serial`` or ``vector`` (iterations are independent but for
    accumulations). A vector loop may be unrolled `unroll` times with separate accumulators: one vector after the other
    if `apart`, else `unroll` times as many lanes go through the body together. A serial loop ends after
    the iteration that makes `until` true; `count` names the number of iterations that were made."""

    index: str
    extent: Expr
    kind: str
    body: list[Stmt]
    carried: list[Carried] = field(default_factory=list)
    unroll: int = 1
    apart: bool = False
    until: Expr | None = None
    count: str = ""
    start: Expr = ZERO


@_statement
class If:
    """A branch; both sides define nothing that is used outside (results go through memory)."""

    cond: Expr
    then: list[Stmt]
    orelse: list[Stmt]


@_statement
class Kernel:
    """An outlined loop nest; `params` are (name, type), type ``ptr`` for memory.

    A `ranged` kernel computes a part of the positions of its outermost axis: its last parameters are `LO` and `HI`,
    and different ranges may be computed at once, in any order.
    """

    name: str
    params: list[tuple[str, str]]
    body: list[Stmt]
    ranged: bool = False


# Parameters of ranged kernels: the first position, and the one after the last.
LO, HI = "lo", "hi"


@_statement
class Ranges:
    """The positions from `start` to `extent`, for a ranged kernel: in ranges of `grain(extent, weight)`, or in one.

    `weight` says what a position costs, in picoseconds, and depends on sizes only. There is one range if all positions
    together cost less than `least`, or if that is 0. Where there are several and `finish` is set, the kernel is called
    once more at the end, with the empty range at `extent`. Only one range starts elsewhere than at zero. With `alone`
    one thread does all ranges, as they are there for signals only, which are served between them.
    """

    extent: Expr
    weight: Expr
    least: int = 0
    finish: bool = False
    start: Expr = ZERO
    alone: bool = False


@_statement
class CallKernel:
    """Run a kernel; a pointer argument is (base name, element offset, element type).

    A ranged kernel gets its last two arguments from `ranges`.
    """

    kernel: Kernel
    args: list[Expr | tuple[str, Expr, str]]
    ranges: Ranges | None = None


@_statement
class Slices:
    """`body` for slices of `extent` rows, each from row `lo` to the one before `hi`, which it sees as names.

    No slice needs another, and no number depends on the cut: slices may run at once, in any order, and there are as
    many as there are threads, of at least `fewest` rows each. `weight` says what a row costs, in picoseconds; there is
    one slice if all rows together cost less than `least`, or if that is 0.
    """

    lo: str
    hi: str
    extent: Expr
    weight: Expr
    fewest: int
    least: int
    body: list[Stmt]


@_statement
class Check:
    """Leave with error `code` and `operands` unless `cond` holds; `code` names a node."""

    cond: Expr
    code: int
    operands: tuple[Expr, ...] = ()


@_statement
class Work:
    """What follows takes so many `picoseconds`; a mark, which `backend.first_form` makes a `Spend`."""

    word: int
    picoseconds: Expr


@_statement
class Spend:
    """Leave with `abi.DEFERRED` if `picoseconds` of the fast form are too much for the first one, or it has had enough.

    The ticks that it has computed for are where context word `word` says, `abi.ENDLESS` once it has left.
    """

    word: int
    picoseconds: Expr


@_statement
class FrameWord:
    """Name a 64-bit word of the call's frame: ``i64`` for dims, ``ptr`` for data and objects."""

    name: str
    word: int
    type: str


@_statement
class ContextWord:
    """Name a pointer of the context table."""

    name: str
    word: int


@_statement
class Local:
    """A block of `size` bytes on the stack of this call."""

    name: str
    size: int


@_statement
class Workspace:
    """The call's workspace of `size` bytes (checked for overflow by the caller): stack if small, else the pool.

    Leaves with error `code` without memory.
    """

    name: str
    size: Expr
    code: int


@_statement
class Carve:
    """A pointer into `base` at a byte offset."""

    name: str
    base: str
    offset: Expr


@_statement
class NewArray:
    """A new NumPy array in object slot `slot`; `name` is its data pointer. Leaves with error `code` without memory."""

    name: str
    slot: int
    type: str
    dims: tuple[Expr, ...]
    code: int


@_statement
class CallBack:
    """Run call-back `word` (a context word) on the objects of slots `inputs`; results go to slots `outputs`."""

    word: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@_statement
class ArrayHeader:
    """Read data pointer and dims of the array in object slot `slot`."""

    slot: int
    data: str
    dims: tuple[str, ...]


@_statement
class HoldObject:
    """Put a new reference to an object into slot `slot`: of an input's object, a storage's content or a constant."""

    slot: int
    kind: str
    word: int


@_statement
class Release:
    """Drop the object in slot `slot`, if there is one."""

    slot: int


@_statement
class Move:
    """The object in slot `source` goes to slot `target`, in place of what is there; `source` is empty then."""

    target: int
    source: int


@_statement
class SetStorage:
    """The storage (context word) now holds the array in object slot `slot`."""

    word: int
    slot: int


@_statement
class Call:
    """Call an external symbol (context word) by the C convention; arguments are expressions or pointers."""

    word: int
    args: list[Expr | tuple[str, Expr, str]]
    symbol: str


@_statement
class Copy:
    """Copy `size` bytes between buffers that do not overlap."""

    target: str
    source: str
    size: Expr


@_statement
class Poll:
    """Let the interpreter handle signals; leaves with the pending exception."""


@_statement
class ReleaseGil:
    """If `cond`, other Python threads may run until `TakeGil`; nothing that needs Python stands between the two."""

    cond: Expr


@_statement
class TakeGil:
    """No other Python thread runs from here on."""


@_statement
class Commit:
    """After this point shared storage is written and nothing may fail."""


Stmt = (
    Let | Load | Store | Prefetch | For | If | CallKernel | Slices | Check | FrameWord | ContextWord | Local | Workspace
    | Carve | NewArray | CallBack | ArrayHeader | HoldObject | Release | Move | SetStorage | Call
    | Copy | Poll | Commit
    | ReleaseGil | TakeGil | Work | Spend
)  # fmt: skip

# What touches Python's objects or the pool of workspaces. (`Poll` takes the GIL itself.)
NEEDS_PYTHON = (NewArray, CallBack, HoldObject, Release, Move, SetStorage, Workspace)


@_statement
class Program:
    """What is compiled: kernels and main. `context` lists the function's own context words, in order."""

    kernels: list[Kernel]
    main: list[Stmt]


def grain(extent: int, weight: int) -> int:
    """Positions of one range: it takes about `abi.GRAIN` picoseconds, or a quarter of that where ranges would be few.

    >>> grain(10**6, 300), grain(10**6, 10**9), grain(32, 400_000)
    (33280, 1, 6)
    """
    most = abi.GRAIN // max(weight, 1)
    count = max(min(most, max(extent // abi.RANGES, most // 4)), 1)
    return count & -64 if count > 64 else count


def load_type(storage: str) -> str:
    """The register type of an element of a storage type."""
    return "f32" if storage == "f16" else storage


def walk(block: list[Stmt]) -> Iterator[Stmt]:
    """Every statement of a block and of the blocks inside it."""
    stack = list(reversed(block))
    while stack:
        stmt = stack.pop()
        yield stmt
        if isinstance(stmt, For | Slices):
            stack.extend(reversed(stmt.body))
        elif isinstance(stmt, If):
            stack.extend(reversed([*stmt.then, *stmt.orelse]))


def fixed_store(loop: For, own: set[str]) -> Store | None:
    """A store, to memory not in `own`, whose place does not depend on the index of the loop; None if there is none."""
    moving = {loop.index}

    def moves(*exprs: Expr) -> bool:
        return not moving.isdisjoint(ex.names(*exprs))

    for stmt in walk(loop.body):
        if isinstance(stmt, For) and moves(stmt.start):
            moving.add(stmt.index)
        elif isinstance(stmt, Let) and moves(stmt.value):
            moving.add(stmt.name)
        elif isinstance(stmt, Store) and stmt.view.base not in own and not moves(stmt.view.offset, *stmt.index):
            return stmt
    return None


def identity(op: str, type_: str) -> Expr:
    """The value that changes nothing under an accumulation."""
    if op in ("add", "xor", "or"):
        return ex.const(0, type_)
    if op == "mul":
        return ex.const(1, type_)
    if op == "and":
        return ex.const(True if type_ == "bool" else -1, type_)
    low = op == "max"
    if type_ in ex.FLOATS:
        return ex.const(float("-inf") if low else float("inf"), type_)
    if type_ == "bool":
        return ex.const(not low, type_)
    bits = 8 * ex.ITEMSIZE[type_]
    if type_ in ex.UNSIGNED:
        return ex.const(0 if low else (1 << bits) - 1, type_)
    return ex.const(-(1 << (bits - 1)) if low else (1 << (bits - 1)) - 1, type_)


def combine(op: str, x: Expr, y: Expr) -> Expr:
    """One step of an accumulation."""
    if op == "max":
        return ex.or_(x, y) if x.type == "bool" else ex.maximum(x, y)
    if op == "min":
        return ex.and_(x, y) if x.type == "bool" else ex.minimum(x, y)
    if x.type == "bool":
        return {"add": ex.or_, "mul": ex.and_, "or": ex.or_, "and": ex.and_, "xor": ex.xor}[op](x, y)
    if op == "add" and y.op == "mul" and y.args[0] is y.args[1] and y.type in ex.FLOATS:
        return ex.fma(y.args[0], y.args[0], x)  # an overflow gives what it gave: such sums are not negative
    return ex.primitive({"add": "add", "mul": "mul", "or": "or", "and": "and", "xor": "xor"}[op], x, y)
