"""Statements of the loop program that may stand in kernels: what runs, in order.

A program is a `main` block and the kernels it calls (see `theano.loops.host` for the statements that only main has).
A **kernel** is a loop nest with parameters: pointers to
memory that no other pointer parameter overlaps (unless neither is stored to), and numbers. Memory is reached only
through a `View`, ``base[offset + sum(index[k] * strides[k])]``, counted in elements.

`Carried` values are accumulations (``op`` is associative and commutative: lanes and chunks may be combined in any
order) or ``"state"``, strictly sequential.
"""

from __future__ import annotations

from theano.base.record import field
from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.schema import (
    Base,
    Count,
    Described,
    Index,
    InnerName,
    InnerTruth,
    InnerTyped,
    Int,
    Name,
    Pointer,
    Stmt,
    Truth,
    Typed,
    part,
    statement,
    walk,
)

ZERO = ex.const(0, "i64")


@part
class View(Described, eq=True):
    """A strided window on the memory at pointer `base`, elements of storage type `type`."""

    base: Base
    type: str
    offset: Int
    strides: tuple[Int, ...]


@statement("{name} = {value}")
class Let(Stmt):
    """Name the value of a pure expression."""

    name: Name
    value: Expr

    @property
    def type(self) -> str:
        return self.value.type


@statement()
class Load(Stmt):
    """Read one element; the name has the register type of the view (`load_type`).

    Where it is not `inside`, the number is 0 and no memory is touched: the place may be anywhere.
    """

    name: Name
    view: View
    index: tuple[Int, ...]
    inside: Truth | None = None

    @property
    def type(self) -> str:
        return load_type(self.view.type)


@statement("{view} = {value}")
class Store(Stmt):
    """Write one element."""

    view: View
    index: tuple[Int, ...]
    value: Typed

    @property
    def type(self) -> str:
        return load_type(self.view.type)


@statement()
class Prefetch(Stmt):
    """A hint that memory `distance` bytes behind an element will soon be read (or written); it may be nobody's.

    With a distance, it is what the loop comes to in order, which a processor may foresee itself. `cache` is the level
    that has room for it until then.
    """

    view: View
    index: tuple[Int, ...]
    distance: int
    written: bool
    cache: int = 1


@part
class Carried(Described):
    """A value carried by a loop: `name` inside, `next` at the end of the body, `result` after the loop."""

    name: InnerName
    op: str
    type: str
    init: Typed
    next: InnerTyped
    result: Name


@statement()
class For(Stmt):
    """``for index in range(start, extent)``; `kind` is ``serial`` or ``vector`` (iterations are independent but for
    accumulations). A vector loop may be unrolled `unroll` times with separate accumulators: one vector after the other
    with `separate_copies` (``apart`` in its text), else `unroll` times as many lanes go through the body together. A
    serial loop ends after the iteration that makes `until` true; `count` names the number of iterations that were made.
    """

    index: Index
    start: Int = field(default=ZERO, kw_only=True)
    extent: Int
    kind: str
    body: list[Stmt]
    carried: list[Carried] = field(default_factory=list)
    unroll: int = 1
    separate_copies: bool = False
    until: InnerTruth | None = None
    count: Count = ""


@statement("if {cond}")
class If(Stmt):
    """A branch; both sides define nothing that is used outside (results go through memory)."""

    cond: Truth
    then: list[Stmt]
    orelse: list[Stmt]


@part
class Kernel(Described):
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


@statement("{name}: ptr = stack, {size} bytes")
class Local(Stmt):
    """A block of `size` bytes on the stack of this call."""

    name: Pointer
    size: int


def load_type(storage: str) -> str:
    """The register type of an element of a storage type."""
    return "f32" if storage == "f16" else storage


def fixed_store(loop: For, own: set[str]) -> Store | None:
    """A store, to memory not in `own`, whose place does not depend on the index of the loop; None if there is none."""
    stores = [s for s in walk(loop.body) if isinstance(s, Store) and s.view.base not in own]
    if all(loop.index in ex.names(s.view.offset, *s.index) for s in stores):
        return None
    moving = {loop.index}

    def moves(*exprs: Expr) -> bool:
        return not moving.isdisjoint(ex.names(*exprs))

    for stmt in walk(loop.body):
        if isinstance(stmt, For) and moves(stmt.start):
            moving.add(stmt.index)
        elif isinstance(stmt, Let) and moves(stmt.value):
            moving.add(stmt.name)
        elif isinstance(stmt, Load) and moves(stmt.view.offset, *stmt.index):
            moving.add(stmt.name)  # such as where a row begins: that those differ is for who made the loops to know
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
