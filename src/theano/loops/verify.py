"""The rules of the loop program: `verify` raises `VerifyError`, naming the statement that breaks one.

- A name is defined once, before its use, and seen in its block and the blocks inside; types agree everywhere.
- Kernels reach memory through parameters only, and get no memory twice if they store to it.
- Constants, inputs and objects that somebody else holds are never written. Shared storage is written (or
  replaced) only after `Commit`, and nothing after it can fail.
- Vector loops hold no branches and no sequential state of their own; a serial loop in one has a length that is the
  same for all lanes. Where they store depends on the lane.
- Slices call kernels and functions for their own rows.
- External symbols are on a list; each check has a record that names its node; an object slot is filled once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn, Protocol

from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.schema import (
    ARGUMENT,
    BASE,
    NAME,
    VALUE,
    Argument,
    defined_names,
    emptied_slots,
    filled_slots,
    leaves,
    walk,
)
from theano.loops.text import statement_text
from theano.loops.visitor import ALL, Visitor

__all__ = ["Facts", "Layout", "VerifyError", "verify"]

KINDS = ("serial", "vector")
IN_SLICES = (st.For, st.Let, hs.CallKernel, hs.Call, hs.StartClock, hs.StopClock)
READ_ONLY = ("input", "constant", "object")
MEMORY_TYPES = (*ex.TYPES, *ex.STORAGE_ONLY)
ACCUMULATIONS = {"f": ("add", "mul", "max", "min"), "i": ("add", "mul", "max", "min", "and", "or", "xor")}
ACCUMULATIONS["b"] = ACCUMULATIONS["i"]

# What a pointer may point to: (role, identity of the memory).
Origin = tuple[str, object]


class VerifyError(AssertionError):
    """A loop program breaks a rule of the language."""


class Facts(Record):
    """What a program relies on outside itself.

    Kinds of its own context words and the number of the first one, how many checks have a record, how many outputs
    there are, and which storages the entry guarantees to be writeable and not overlapped.
    """

    words: Sequence[str] = ()
    first_word: int = 0
    n_checks: int = 0
    n_outputs: int = 0
    updated: frozenset[int] = frozenset()


class Layout(Protocol):
    """Where the frame of a call has what: words of inputs and storages are those of their data, lengths follow."""

    @property
    def n_inputs(self) -> int: ...
    @property
    def n_storages(self) -> int: ...
    @property
    def n_slots(self) -> int: ...
    @property
    def words(self) -> int: ...
    def input_data(self, k: int) -> int: ...
    def storage_data(self, k: int) -> int: ...


def verify(program: hs.Program, layout: Layout, facts: Facts) -> None:
    """Raise `VerifyError` unless the program follows the rules of the language."""
    kernels: dict[int, set[str]] = {}
    names: set[str] = set()
    for kernel in program.kernels:
        checker = _Checker(f"kernel {kernel.name}", facts)
        if kernel.name in names:
            checker.fail(None, "two kernels have this name")
        names.add(kernel.name)
        kernels[id(kernel)] = checker.kernel(kernel)
    main = _Main(facts, layout, kernels)
    main.block(program.main)
    if not main.gil:
        main.fail(None, "the GIL is let go and never taken again")
    for slot in range(facts.n_outputs):
        if slot not in main.slots:
            main.fail(None, f"output {slot} is never made")


class _Scope(Record):
    names: list[str] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)


class _Checker(Visitor):
    """Checks one function: what kernels and main have in common.

    That what a statement uses is known and of the right type follows from its schema; methods check the rest, after
    that, and before what the statement defines is known.
    """

    def __init__(self, where: str, facts: Facts) -> None:
        self.where = where
        self.facts = facts
        self.types: dict[str, str] = {}
        self.scopes = [_Scope()]
        self.seen: set[int] = set()  # expressions that are right as long as the open blocks are
        self.stored: set[str] = set()
        self.vector = False
        self.varying: set[str] = set()  # what the vector loop around defines
        self.stmt: st.Stmt | None = None

    def fail(self, stmt: st.Stmt | None, problem: str) -> NoReturn:
        place = f"{self.where}: " + (f"`{statement_text(stmt)}`: " if stmt is not None else "")
        raise VerifyError(place + problem)

    def require(self, holds: bool, problem: str) -> None:
        if not holds:
            self.fail(self.stmt, problem)

    def kernel(self, kernel: st.Kernel) -> set[str]:
        """Check a kernel; the parameters that it stores to."""
        for name, type_ in kernel.params:
            self.require(type_ == "ptr" or type_ in ex.TYPES, f"parameter {name} has type {type_}")
            self.define(name, type_)
        if kernel.ranged:
            self.require(kernel.params[-2:] == [(st.LO, "i64"), (st.HI, "i64")], "a ranged kernel ends with lo, hi")
            self.ranged_loop(kernel.body)
        self.block(kernel.body)
        return self.stored

    # -- names and expressions -----------------------------------------------------------------------
    def define(self, name: str, type_: str) -> None:
        self.require(name not in self.types, f"{name} is defined twice")
        self.types[name] = type_
        self.scopes[-1].names.append(name)

    def open(self) -> None:
        self.scopes.append(_Scope())

    def close(self) -> None:
        scope = self.scopes.pop()
        self.seen.difference_update(scope.seen)
        for name in scope.names:
            del self.types[name]

    def pointer(self, name: str) -> None:
        self.require(self.types.get(name) == "ptr", f"{name} is no pointer that is known here")

    def expr(self, root: Expr, type_: str) -> None:
        """`root` has this type, its parts fit together and its names are known."""
        self.require(root.type == type_, f"{root.type} where {type_} is needed")
        stack, seen, own = [root], self.seen, self.scopes[-1].seen
        while stack:
            node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            own.append(id(node))
            problem = self._name_problem(node) if node.op == "name" else _problem(node)
            if problem:
                self.fail(self.stmt, problem)
            stack.extend(node.args)

    def _name_problem(self, node: Expr) -> str:
        known = self.types.get(node.value)
        if known is None:
            return f"{node.value} is not known here"
        return "" if known == node.type else f"{node.value} is {known}, used as {node.type}"

    # -- statements ----------------------------------------------------------------------------------
    def block(self, stmts: list[st.Stmt]) -> None:
        for stmt in stmts:
            self.stmt = stmt
            self.require(type(stmt) in self.methods, f"{type(stmt).__name__} does not belong here")
            self.allow(stmt)
            self.uses(stmt)
            self.statement(stmt)
            self.stmt = stmt
            self.defines(stmt)

    def allow(self, stmt: st.Stmt) -> None:
        """Refuse a statement where it may not stand."""

    def uses(self, stmt: st.Stmt, inside: bool = False) -> None:
        """What it uses (with `inside`, at the end of its block) is known."""
        for f, value, type_ in leaves(stmt):
            if f.inside != inside:
                continue
            if f.role == VALUE or (f.role == ARGUMENT and isinstance(value, Expr)):
                self.expr(value, type_ or value.type)
            elif f.role == BASE:
                self.pointer(value)
            elif f.role == ARGUMENT:
                self.pointer(value[0])
                self.expr(value[1], "i64")

    def defines(self, stmt: st.Stmt, inside: bool = False) -> None:
        """What it defines (with `inside`, for its block) is known from now on."""
        for f, value, type_ in leaves(stmt):
            if f.role == NAME and f.inside == inside and value:
                self.define(value, type_)

    def ranged_loop(self, body: list[st.Stmt]) -> None:
        """One loop runs from lo to hi, and what it writes depends on where it is: ranges do not meet.

        Loops around it do nothing else.
        """
        while len(body) == 1 and isinstance(body[0], st.For) and not body[0].carried and body[0].start.value != st.LO:
            body = body[0].body
        loops = [s for s in body if isinstance(s, st.For) and s.start.value == st.LO and s.extent.value == st.HI]
        self.require(len(loops) == 1, "a ranged kernel has one loop from lo to hi")
        self.require(not loops[0].carried and loops[0].until is None, "nothing is carried from range to range")
        self.stmt = st.fixed_store(loops[0], {s.name for s in walk(body) if isinstance(s, st.Local)})
        self.require(self.stmt is None, "ranges write to the same place")

    def let(self, stmt: st.Let) -> None:
        """Nothing more."""

    def load(self, stmt: st.Load | st.Store | st.Prefetch) -> None:
        self.require(stmt.view.type in ITEM_TYPES, f"no elements of type {stmt.view.type} are read or written")
        self.require(len(stmt.index) == len(stmt.view.strides), "as many indices as strides")

    prefetch = load

    def store(self, stmt: st.Store) -> None:
        self.load(stmt)
        self.written(stmt.view.base)

    def written(self, base: str) -> None:
        self.stored.add(base)

    def for_(self, stmt: st.For) -> None:
        if self.vector:  # its lanes go through the loop together
            self.require(stmt.kind == "serial" and stmt.until is None, "only plain serial loops inside vector loops")
            varying = self.varying.intersection(ex.names(stmt.extent))
            self.require(not varying, "a loop whose length differs between the lanes of a vector loop")
        self.require(stmt.kind in KINDS, f"loops are {' or '.join(KINDS)}")
        factor = stmt.unroll
        self.require(factor > 0 and not factor & (factor - 1), "unrolled by a power of two")
        self.require(factor == 1 or stmt.kind == "vector", "only vector loops are unrolled")
        nested = stmt.separate_copies and any(isinstance(s, st.For) for s in stmt.body)
        self.require(not nested, "a loop inside a vector loop is run by all its lanes together")
        for c in stmt.carried:
            kind = "f" if c.type in ex.FLOATS else "b" if c.type == "bool" else "i"
            fits = c.op in ACCUMULATIONS[kind] or (c.op == "state" and stmt.kind == "serial")
            self.require(fits, f"{c.name} of type {c.type} is carried by {c.op} in a {stmt.kind} loop")
        self.require(stmt.kind == "serial" or stmt.until is None, "a vector loop does not end early")
        self.require(stmt.kind == "serial" or not stmt.count, "a vector loop does not count")
        self.open()
        self.defines(stmt, inside=True)
        around = self.vector, self.varying
        if stmt.kind == "vector":
            self.vector = True
            self.varying = {stmt.index, *(n for s in walk(stmt.body) for n in defined_names(s))}
        self.block(stmt.body)
        (self.vector, self.varying), self.stmt = around, stmt
        if stmt.kind == "vector":
            fixed = st.fixed_store(stmt, set())
            self.stmt = fixed or stmt
            self.require(fixed is None, "all lanes of a vector loop store to the same place")
        self.uses(stmt, inside=True)
        self.close()

    def if_(self, stmt: st.If) -> None:
        self.require(not self.vector, "a branch inside a vector loop")
        for side in (stmt.then, stmt.orelse):
            self.open()
            self.block(side)
            self.close()

    def local(self, stmt: st.Local) -> None:
        self.require(stmt.size >= 0, "a negative size")


class _Main(_Checker):
    """Checks main: in addition where memory comes from, who may write it, and when."""

    handles = ALL

    def __init__(self, facts: Facts, layout: Layout, kernels: dict[int, set[str]]) -> None:
        super().__init__("main", facts)
        self.layout = layout
        self.kernels = kernels
        self.origins: dict[str, frozenset[Origin]] = {}
        self.slots: dict[int, str] = {}
        self.committed = False
        self.gil = True
        self.clocks: dict[int, int] = {}  # those that run, and how deep in blocks they were started
        self.loops = 0  # how many are around
        self.clock_runs = False  # whether work has been told
        # names that tell the first row of a slice, and names that tell the one after it
        self.slice: tuple[set[str], set[str]] | None = None
        self.frame: dict[int, Origin] = {}
        for k in range(layout.n_inputs):
            self.frame[layout.input_data(k)] = ("input", k)
        for k in range(layout.n_storages):
            self.frame[layout.storage_data(k)] = ("storage", k)

    def allow(self, stmt: st.Stmt) -> None:
        if isinstance(stmt, hs.Call):
            self.require(stmt.symbol in EXTERNS, f"{stmt.symbol} is not on the list of symbols")
        if self.committed and hs.may_fail(stmt):
            self.fail(stmt, "may fail after the commit point")
        if self.slice is not None and not isinstance(stmt, IN_SLICES):
            self.fail(stmt, "does not belong into a slice")
        if not self.gil and hs.needs_python(stmt):
            self.fail(stmt, "needs the GIL")

    def local(self, stmt: st.Local) -> None:
        super().local(stmt)
        self.own(stmt.name, "stack", stmt.name)

    def own(self, name: str, role: str, identity: object) -> None:
        self.origins[name] = frozenset([(role, identity)])

    def written(self, base: str) -> None:
        """Whoever writes through `base` may do so now."""
        for role, identity in self.origins[base]:
            self.require(role not in READ_ONLY, f"{base} is written, which is {role} {identity}")
            if role == "storage":
                self.require(self.committed, f"storage {identity} is written before the commit point")
                self.require(
                    identity in self.facts.updated, f"storage {identity} is written but not declared updated"
                )

    def if_(self, stmt: st.If) -> None:
        before, committed = dict(self.slots), self.committed
        after = []
        for side in (stmt.then, stmt.orelse):
            self.slots = dict(before)
            self.open()
            self.block(side)
            self.close()
            after.append(self.slots)
            if self.committed != committed:
                self.fail(stmt, "commits in one branch")
        common = after[0].keys() & after[1].keys()
        pairs = {k: (after[0][k], after[1][k]) for k in common}
        self.slots = {k: a if a == b else "object" for k, (a, b) in pairs.items()}

    def for_(self, stmt: st.For) -> None:
        """A loop of main may run no step at all, and a step finds what the one before has left."""
        before, committed = dict(self.slots), self.committed
        self.loops += 1
        if self.slice is not None and not self.slice[0].isdisjoint(ex.names(stmt.start)):
            for names in self.slice if not self.slice[1].isdisjoint(ex.names(stmt.extent)) else ():
                names.add(stmt.index)
        super().for_(stmt)
        self.loops -= 1
        self.require(self.committed == committed, "commits in a loop")
        self.slots = {k: role for k, role in before.items() if k in self.slots}
        left = set(filled_slots(stmt.body)) - set(emptied_slots(stmt.body))
        self.require(not left, f"objects of one step are left for the next in slots {sorted(left)}")

    # -- where memory comes from -----------------------------------------------------------------------
    def frame_word(self, stmt: hs.FrameWord) -> None:
        self.require(
            stmt.type in ("i64", "ptr") and 0 <= stmt.word < self.layout.words, "no such word of the frame"
        )
        if stmt.type == "ptr":
            self.require(stmt.word in self.frame, "the word holds no data of an input or a storage")
            self.own(stmt.name, *self.frame[stmt.word])
        else:
            self.require(stmt.word not in self.frame, "the word holds a pointer")

    def word(self, word: int, *kinds: str) -> None:
        k = word - self.facts.first_word
        known = 0 <= k < len(self.facts.words) and self.facts.words[k] in kinds
        self.require(known, f"context word {word} is no {' or '.join(kinds)}")

    def context_word(self, stmt: hs.ContextWord) -> None:
        self.word(stmt.word, "constant")
        self.own(stmt.name, "constant", stmt.word)

    def workspace(self, stmt: hs.Workspace) -> None:
        self.record(stmt.code)
        self.own(stmt.name, "workspace", stmt.name)

    def carve(self, stmt: hs.Carve) -> None:
        # two pieces at one offset are one memory
        self.origins[stmt.name] = frozenset(
            (role, (of, id(stmt.offset))) for role, of in self.origins[stmt.base]
        )

    # -- objects ---------------------------------------------------------------------------------------
    def fill(self, slot: int, role: str) -> None:
        self.require(0 <= slot < self.layout.n_slots, f"there is no slot {slot}")
        self.require(slot not in self.slots, f"slot {slot} is filled already")
        self.slots[slot] = role

    def filled(self, slot: int) -> None:
        self.require(slot in self.slots, f"slot {slot} is empty")

    def new_array(self, stmt: hs.NewArray) -> None:
        self.require(stmt.type in MEMORY_TYPES, f"no array of type {stmt.type}")
        self.record(stmt.code)
        self.fill(stmt.slot, "array")
        self.own(stmt.name, "array", stmt.slot)

    def call_back(self, stmt: hs.CallBack) -> None:
        self.word(stmt.word, "callback")
        for slot in stmt.inputs:
            self.filled(slot)
        for slot in stmt.outputs:
            self.fill(slot, "array")

    def array_header(self, stmt: hs.ArrayHeader) -> None:
        self.filled(stmt.slot)
        self.own(stmt.data, self.slots[stmt.slot], stmt.slot)

    def hold_object(self, stmt: hs.HoldObject) -> None:
        if stmt.kind == "context":
            self.word(stmt.word, "object", "constant", "storage")
        elif stmt.kind == "slot":
            self.filled(stmt.word)
        else:
            self.require(
                stmt.kind == "frame" and stmt.word in self.frame, f"no object at {stmt.kind} {stmt.word}"
            )
        self.fill(stmt.slot, "object")

    def release(self, stmt: hs.Release) -> None:
        self.require(0 <= stmt.slot < self.layout.n_slots, f"there is no slot {stmt.slot}")
        self.slots.pop(stmt.slot, None)

    def move(self, stmt: hs.Move) -> None:
        self.filled(stmt.source)
        self.require(0 <= stmt.target < self.layout.n_slots, f"there is no slot {stmt.target}")
        self.slots[stmt.target] = self.slots.pop(stmt.source)

    def set_storage(self, stmt: hs.SetStorage) -> None:
        self.word(stmt.word, "storage")
        self.filled(stmt.slot)
        self.require(self.committed, "a storage is replaced before the commit point")

    # -- calls -----------------------------------------------------------------------------------------
    def argument(self, arg: Argument, type_: str) -> None:
        if isinstance(arg, Expr):
            self.require(type_ != "ptr", "a number where a pointer is needed")
            self.expr(arg, type_)
            return
        self.require(type_ == "ptr", "a pointer where a number is needed")
        self.require(arg[2] in MEMORY_TYPES, f"no elements of type {arg[2]}")

    def call_kernel(self, stmt: hs.CallKernel) -> None:
        params = stmt.kernel.params[:-2] if stmt.kernel.ranged else stmt.kernel.params
        self.require(stmt.kernel.ranged == (stmt.ranges is not None), "ranged kernels get ranges, and no others")
        if self.slice is not None:
            self.require(stmt.ranges is not None and stmt.ranges.least == 0, "a slice calls for its own rows, itself")
            assert stmt.ranges is not None
            self._own_rows(ex.names(stmt.ranges.start), ex.names(stmt.ranges.extent))
        elif stmt.ranges is not None:
            self.require(stmt.ranges.start is st.ZERO or stmt.ranges.least == 0, "ranges start at zero")
        stored = self.kernels.get(id(stmt.kernel))
        self.require(stored is not None, "the kernel is not in the program")
        self.require(len(params) == len(stmt.args), f"{len(params)} arguments are needed")
        seen: dict[Origin, str] = {}
        for arg, (name, type_) in zip(stmt.args, params, strict=True):
            self.argument(arg, type_)
            if not isinstance(arg, tuple):
                continue
            if name in stored:  # type: ignore[operator]
                self.written(arg[0])
            for origin in self.origins[arg[0]]:
                other = seen.setdefault(origin, name)
                overlaps = other != name and (name in stored or other in stored)  # type: ignore[operator]
                self.require(
                    not overlaps, f"{other} and {name} are the same memory, and one of them is stored to"
                )

    def call(self, stmt: hs.Call) -> None:
        self.word(stmt.word, "symbol")
        extern = EXTERNS[stmt.symbol]
        if self.slice is not None:
            busy = extern.may_fail or extern.needs_python or extern.shares_threads
            self.require(not busy, f"{extern.name} is not called by many threads at once")
            if extern.own_rows:
                self._own_rows(*(ex.names(a) if isinstance(a, Expr) else () for a in stmt.args[:2]))
        self.require(len(extern.parameters) == len(stmt.args), f"{len(extern.parameters)} arguments are needed")
        for parameter, arg in zip(extern.parameters, stmt.args, strict=True):
            self.argument(arg, parameter.type)
            if isinstance(arg, tuple):
                self.require(arg[2] == parameter.element, f"{parameter.name} is to elements of {parameter.element}")
                if parameter.is_written:
                    self.written(arg[0])
                    if self.slice is not None and not extern.own_rows:
                        self._own_rows(ex.names(arg[1]), ex.names(*(a for a in stmt.args if isinstance(a, Expr))))

    def slices(self, stmt: hs.Slices) -> None:
        """Slices do not meet: what they write depends on where they start and end."""
        self.require(stmt.fewest > 0 and stmt.least >= 0, "a slice has rows")
        self.open()
        self.defines(stmt, inside=True)
        self.slice = {stmt.lo}, {stmt.hi}
        self.loops += 1
        self.block(stmt.body)
        self.loops -= 1
        self.slice = None
        self.close()

    def _own_rows(self, first: Iterable[str], last: Iterable[str]) -> None:
        assert self.slice is not None
        depends = not (self.slice[0].isdisjoint(first) or self.slice[1].isdisjoint(last))
        self.require(depends, "a slice writes what is not its own")

    def let(self, stmt: st.Let) -> None:
        """In a slice, what is computed from where it starts and ends tells that, too."""
        for names in self.slice or ():
            if not names.isdisjoint(ex.names(stmt.value)):
                names.add(stmt.name)

    def copy(self, stmt: hs.Copy) -> None:
        self.written(stmt.target)
        shared = self.origins[stmt.target] & self.origins[stmt.source]
        self.require(not shared, "copies a buffer to itself")

    def record(self, code: int) -> None:
        self.require(1 <= code <= self.facts.n_checks, f"check {code} has no record")

    def check(self, stmt: hs.Check) -> None:
        self.record(stmt.code)
        self.require(len(stmt.operands) <= hs.OPERANDS, f"at most {hs.OPERANDS} operands")

    def poll(self, stmt: hs.Poll) -> None:
        """Nothing but what `allow` says."""

    def release_gil(self, stmt: hs.ReleaseGil) -> None:
        self.require(self.gil and len(self.scopes) == 1, "the GIL is let go once, and not in a block")
        self.gil = False

    def take_gil(self, stmt: hs.TakeGil) -> None:
        self.require(not self.gil and len(self.scopes) == 1, "the GIL is taken where it was let go")
        self.gil = True

    def work(self, stmt: hs.Work | hs.Spend) -> None:
        self.require(not self.loops and (len(self.scopes) == 1 or self.clock_runs), "work is first told in no block")
        self.clock_runs = True
        self.word(stmt.word, "counter")

    spend = work

    def note_sizes(self, stmt: hs.NoteSizes) -> None:
        self.require(len(self.scopes) == 1, "sizes are noted in no block")
        self.word(stmt.word, "profile")

    def start_clock(self, stmt: hs.StartClock) -> None:
        self.word(stmt.word, "profile")
        self.require(stmt.place not in self.clocks, "this clock runs")
        self.clocks[stmt.place] = len(self.scopes)

    def stop_clock(self, stmt: hs.StopClock) -> None:
        self.word(stmt.word, "profile")
        self.require(self.clocks.pop(stmt.place, 0) == len(self.scopes), "this clock was not started in this block")

    def commit(self, stmt: hs.Commit) -> None:
        self.committed = True


ITEM_TYPES = (*ex.TYPES, "f16")


def _problem(node: Expr) -> str:
    """What is wrong with an operation or a constant, apart from its operands; empty if nothing."""
    op, types = node.op, [a.type for a in node.args]
    if node.type not in ex.TYPES:
        return f"{op} of type {node.type}, which lives in memory only"
    if op == "const":
        return "" if isinstance(node.value, bool | int | float) else f"constant {node.value!r}"
    if op in ("select", "rare"):
        return "" if types == ["bool", node.type, node.type] else f"{op} of {', '.join(types)}"
    if op == "cast":
        fits = len(types) == 1 and node.type not in ("bool", types[0])
        return "" if fits else f"cast of {', '.join(types)} to {node.type}"
    if op == "bitcast":
        fits = len(types) == 1 and ex.ITEMSIZE.get(types[0]) == ex.ITEMSIZE[node.type]
        return "" if fits else f"bitcast of {', '.join(types)} to {node.type}"
    if op not in ex.PRIMITIVES:
        return f"{op} is no primitive"
    arity, kinds, result = ex.PRIMITIVES[op]
    if len(types) != arity or any(t != types[0] for t in types):
        return f"{op} of {', '.join(types)}"
    wanted = types[0] if result == "same" else result
    return "" if ex.is_of(types[0], kinds) and node.type == wanted else f"{op} of {types[0]} giving {node.type}"
