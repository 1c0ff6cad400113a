"""Statements of the loop program that only main has: they speak with Python, hold memory, and call kernels."""

from __future__ import annotations

from theano.base.record import field
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.schema import (
    SCHEMA,
    Argument,
    Base,
    Count,
    Described,
    Emptied,
    Filled,
    Index,
    Int,
    Name,
    Pointer,
    Slot,
    Stmt,
    Truth,
    part,
    statement,
)
from theano.loops.stmt import ZERO, Kernel

# Picoseconds that a range of a loop takes, about: what one thread does before it asks for more.
GRAIN = 10_000_000
# A loop has at least so many ranges, as long as one takes a quarter of that.
RANGES = 8
# So many numbers a check may tell.
OPERANDS = 4


class HostStmt(Stmt):
    """A statement of main that no kernel may have."""


@part
class Ranges(Described):
    """The positions from `start` to `extent`, for a ranged kernel: in ranges of `grain(extent, weight)`, or in one.

    `weight` says what a position costs, in picoseconds, and depends on sizes only. There is one range if all positions
    together cost less than `least`, or if that is 0. Where there are several and `finish` is set, the kernel is called
    once more at the end, with the empty range at `extent`. Only one range starts elsewhere than at zero. With `alone`
    one thread does all ranges, as they are there for signals only, which are served between them.
    """

    start: Int = field(default=ZERO, kw_only=True)
    extent: Int
    weight: Int
    least: int = 0
    finish: bool = False
    alone: bool = False


@statement()
class CallKernel(HostStmt):
    """Run a kernel; a pointer argument is (base name, element offset, element type).

    A ranged kernel gets its last two arguments from `ranges`.
    """

    kernel: Kernel
    args: list[Argument]
    ranges: Ranges | None = None


@statement()
class Slices(HostStmt):
    """`body` for slices of `extent` rows, each from row `lo` to the one before `hi`, which it sees as names.

    No slice needs another, and no number depends on the cut: slices may run at once, in any order, and there are as
    many as there are threads, of at least `fewest` rows each; only the last one may be shorter than the others.
    `weight` says what a row costs, in picoseconds; there is one slice if all rows together cost less than `least`, or
    if that is 0.
    """

    lo: Index
    hi: Index
    extent: Int
    weight: Int
    fewest: int
    least: int
    body: list[Stmt]


@statement("check {code}: {cond} ({operands})", may_fail=True)
class Check(HostStmt):
    """Leave with error `code` and at most `OPERANDS` numbers unless `cond` holds; `code` names a node."""

    cond: Truth
    code: int
    operands: tuple[Expr, ...] = ()


@statement("work of {picoseconds} ps", may_fail=True)
class Work(HostStmt):
    """What follows takes so many `picoseconds`; a mark, which `backend.first_form` makes a `Spend`.

    The functions that it calls take so many more.
    """

    word: int
    picoseconds: Int
    of_calls: Int


@statement("leave unless {picoseconds} ps may be spent", may_fail=True)
class Spend(HostStmt):
    """Leave for the fast form if `picoseconds` of it are too much for the first one, or that has had enough.

    Context word `word` says where the ticks are counted that it has computed for. That the call is long, with the
    functions that it calls, is told there, too.
    """

    word: int
    picoseconds: Int
    of_calls: Int


@statement("note sizes {sizes}")
class NoteSizes(HostStmt):
    """If a call's `sizes` are not those of the last one, keep what has been noted of those (`abi.ProfileLayout`).

    `word` says where times are noted, `place` where the sizes are in it, and `row` how much belongs to them.
    """

    word: int
    place: int
    row: int
    sizes: tuple[Int, ...]


@statement("clock {place} starts")
class StartClock(HostStmt):
    """From here on time counts for the record at `place` of what context word `word` points to."""

    word: int
    place: int


@statement("clock {place} stops")
class StopClock(HostStmt):
    """Note the time since the last `StartClock` of this block, which has the same word and place.

    There may be loops, branches and other clocks in between.
    """

    word: int
    place: int


@statement("{name}: {type} = frame {word}")
class FrameWord(HostStmt):
    """Name a 64-bit word of the call's frame: ``i64`` for dims, ``ptr`` for data and objects."""

    name: Name
    word: int
    type: str


@statement("{name}: ptr = context {word}")
class ContextWord(HostStmt):
    """Name a pointer of the context table."""

    name: Pointer
    word: int


@statement("{name}: ptr = workspace, {size} bytes", may_fail=True, needs_python=True)
class Workspace(HostStmt):
    """The call's workspace of `size` bytes (checked for overflow by the caller): stack if small, else the pool.

    Leaves with error `code` without memory.
    """

    name: Pointer
    size: Int
    code: int


@statement("{name}: ptr = {base} + {offset} bytes")
class Carve(HostStmt):
    """A pointer into `base` at a byte offset."""

    name: Pointer
    base: Base
    offset: Int


@statement("{name}: ptr = {slot} = new {type}[{dims}]", may_fail=True, needs_python=True)
class NewArray(HostStmt):
    """A new NumPy array in object slot `slot`; `name` is its data pointer. Leaves with error `code` without memory."""

    name: Pointer
    slot: Filled
    type: str
    dims: tuple[Int, ...]
    code: int


@statement(may_fail=True, needs_python=True)
class CallBack(HostStmt):
    """Run call-back `word` (a context word) on the objects of slots `inputs`; results go to slots `outputs`."""

    word: int
    inputs: tuple[Slot, ...]
    outputs: tuple[Filled, ...]


@statement("{names} = header of {slot}")
class ArrayHeader(HostStmt):
    """Read data pointer and dims of the array in object slot `slot`."""

    slot: Slot
    data: Pointer
    dims: tuple[Count, ...]


@statement("{slot} = object of {kind} {word}", needs_python=True)
class HoldObject(HostStmt):
    """Put a new reference to an object into slot `slot`: of an input's object, a storage's content or a constant."""

    slot: Filled
    kind: str
    word: int


@statement("release {slot}", needs_python=True)
class Release(HostStmt):
    """Drop the object in slot `slot`, if there is one."""

    slot: Emptied


@statement("{target} = moved from {source}", needs_python=True)
class Move(HostStmt):
    """The object in slot `source` goes to slot `target`, in place of what is there; `source` is empty then."""

    target: Slot
    source: Emptied


@statement("storage {word} = {slot}", needs_python=True)
class SetStorage(HostStmt):
    """The storage (context word) now holds the array in object slot `slot`."""

    word: int
    slot: Slot


@statement("{symbol}({args})")
class Call(HostStmt):
    """Call an external function (context word), an entry of `externs.EXTERNS`: arguments are as for kernels."""

    word: int
    args: list[Argument]
    symbol: str


@statement("copy {target} = {source}, {size} bytes")
class Copy(HostStmt):
    """Copy `size` bytes between buffers that do not overlap."""

    target: Base
    source: Base
    size: Int


@statement("poll", may_fail=True)
class Poll(HostStmt):
    """Let the interpreter handle signals; leaves with the pending exception."""


@statement("release the GIL if {cond}")
class ReleaseGil(HostStmt):
    """If `cond`, other Python threads may run until `TakeGil`; nothing that needs Python stands between the two."""

    cond: Truth


@statement("take the GIL")
class TakeGil(HostStmt):
    """No other Python thread runs from here on."""


@statement("commit")
class Commit(HostStmt):
    """After this point shared storage is written and nothing may fail."""


def needs_python(stmt: Stmt) -> bool:
    """Whether a statement itself may run only where the GIL is held. (`Poll` takes it itself.)"""
    return EXTERNS[stmt.symbol].needs_python if isinstance(stmt, Call) else SCHEMA[type(stmt)].needs_python


def may_fail(stmt: Stmt) -> bool:
    """Whether a statement itself may leave the program."""
    return EXTERNS[stmt.symbol].may_fail if isinstance(stmt, Call) else SCHEMA[type(stmt)].may_fail


@part
class Program(Described):
    """What is compiled: kernels and main. `context` lists the function's own context words, in order."""

    kernels: list[Kernel]
    main: list[Stmt]


def grain(extent: int, weight: int) -> int:
    """Positions of one range: it takes about `GRAIN` picoseconds, or a quarter of that where ranges would be few.

    >>> grain(10**6, 300), grain(10**6, 10**9), grain(32, 400_000)
    (33280, 1, 6)
    """
    most = GRAIN // max(weight, 1)
    count = max(min(most, max(extent // RANGES, most // 4)), 1)
    return count & -64 if count > 64 else count
