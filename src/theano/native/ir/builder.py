"""A small builder of LLVM IR text, for the functions of this package that no loop program describes.

A function is made of blocks. A value that depends on where one comes from is handed to a block by those who jump there
(LLVM's phi). What changes in many places is a variable instead, in stack memory: LLVM's `sroa` pass makes registers of
these, so only modules that run it have any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from theano.runtime.abi import QUICKLY
from theano.runtime.module import Function

__all__ = ["BOOL", "INT", "INT32", "PTR", "VOID", "Block", "Field", "FunctionText", "V", "Variable"]

BOOL, INT32, INT, PTR, VOID = "i1", "i32", "i64", "ptr", "void"


class Field(NamedTuple):
    """A part of a structure in memory: its distance from the start in bytes, and its type."""

    offset: int
    type: str


class V:
    """A value in the function `f`: its LLVM type and its text. Where one is wanted, a Python int or bool will do."""

    __slots__ = ("f", "text", "type")

    def __init__(self, f: FunctionText, type_: str, text: str) -> None:
        self.f = f
        self.type = type_
        self.text = text

    # -- arithmetic ------------------------------------------------------------------------------------
    def _with(self, op: str, other: V | int) -> V:
        return self.f.emit(self.type, f"{op} {self.type} {self.text}, {_text(other)}")

    def __add__(self, other: V | int) -> V:
        return self if isinstance(other, int) and other == 0 else self._with("add", other)

    def __sub__(self, other: V | int) -> V:
        return self._with("sub", other)

    def __mul__(self, other: V | int) -> V:
        return self if isinstance(other, int) and other == 1 else self._with("mul", other)

    def __and__(self, other: V | int) -> V:
        return self._with("and", other)

    def __or__(self, other: V | int) -> V:
        return self._with("or", other)

    def __lshift__(self, other: V | int) -> V:
        return self._with("shl", other)

    def __rshift__(self, other: V | int) -> V:
        """Zeros come in from the left."""
        return self._with("lshr", other)

    def __invert__(self) -> V:
        """The opposite of a condition."""
        return self.f.emit(BOOL, f"xor i1 {self.text}, true")

    def over(self, divisor: V | int) -> V:
        """The quotient of numbers that are not negative."""
        return self._with("udiv", divisor)

    def signed_over(self, divisor: V | int) -> V:
        return self._with("sdiv", divisor)

    def modulo(self, divisor: int) -> V:
        return self._with("urem", divisor)

    def up_to(self, multiple: int) -> V:
        """The number rounded up to a multiple."""
        return (self + (multiple - 1)).over(multiple) * multiple

    def to(self, how: str, type_: str) -> V:
        """Converted, by LLVM's name of the conversion."""
        return self.f.emit(type_, f"{how} {self.type} {self.text} to {type_}")

    # -- comparisons -------------------------------------------------------------------------------------
    def compare(self, how: str, other: V | int) -> V:
        """An integer comparison, by LLVM's name of it."""
        return self.f.emit(BOOL, f"icmp {how} {self.type} {self.text}, {_text(other)}")

    def __lt__(self, other: V | int) -> V:
        return self.compare("slt", other)

    def __le__(self, other: V | int) -> V:
        return self.compare("sle", other)

    def __gt__(self, other: V | int) -> V:
        return self.compare("sgt", other)

    def __ge__(self, other: V | int) -> V:
        return self.compare("sge", other)

    def equals(self, other: V | int) -> V:
        return self.compare("eq", other)

    def differs(self, other: V | int) -> V:
        return self.compare("ne", other)

    def is_null(self) -> V:
        return self.f.emit(BOOL, f"icmp eq ptr {self.text}, null")

    def is_some(self) -> V:
        """Whether a pointer is not null."""
        return self.f.emit(BOOL, f"icmp ne ptr {self.text}, null")

    # -- memory: a pointer's ---------------------------------------------------------------------------
    def element(self, type_: str, index: V | int) -> V:
        """The address `index` elements behind it."""
        if isinstance(index, int) and index == 0:
            return self
        return self.f.emit(PTR, f"getelementptr {type_}, ptr {self.text}, i64 {_text(index)}")

    def behind(self, distance: V | int) -> V:
        """The address so many bytes behind it."""
        return self.element("i8", distance)

    def load(self, type_: str, align: int = 0) -> V:
        return self.f.emit(type_, f"load {type_}, ptr {self.text}{_aligned(align)}")

    def store(self, value: V, align: int = 0) -> None:
        self.f.do(f"store {value.type} {value.text}, ptr {self.text}{_aligned(align)}")

    def place(self, field: Field) -> V:
        """The address of a part."""
        return self.behind(field.offset)

    def get(self, field: Field) -> V:
        return self.place(field).load(field.type)

    def set(self, field: Field, value: V | int) -> None:
        self.place(field).store(self.f.typed(value, field.type))

    # Atomic accesses, in one order for all threads.
    def load_atomic(self, type_: str) -> V:
        return self.f.emit(type_, f"load atomic {type_}, ptr {self.text} seq_cst, align {_SIZES[type_]}")

    def store_atomic(self, value: V) -> None:
        self.f.do(f"store atomic {value.type} {value.text}, ptr {self.text} seq_cst, align {_SIZES[value.type]}")

    def change(self, how: str, by: V) -> V:
        """Add or subtract (LLVM's names); what was there before."""
        return self.f.emit(by.type, f"atomicrmw {how} ptr {self.text}, {by.type} {by.text} seq_cst")

    def replace(self, type_: str, old: int, new: int) -> V:
        """Put `new` where `old` is; whether it was."""
        pair = f"{{ {type_}, i1 }}"
        found = self.f.emit(pair, f"cmpxchg ptr {self.text}, {type_} {old}, {type_} {new} seq_cst seq_cst")
        return self.f.emit(BOOL, f"extractvalue {pair} {found.text}, 1")


_SIZES = {INT32: 4, INT: 8, PTR: 8}


def _text(value: V | int) -> str:
    if isinstance(value, V):
        return value.text
    return str(value).lower() if isinstance(value, bool) else str(value)


def _aligned(align: int) -> str:
    return f", align {align}" if align else ""


class Variable:
    """A place whose content changes."""

    __slots__ = ("place", "type")

    def __init__(self, place: V, type_: str) -> None:
        self.place = place
        self.type = type_

    def get(self) -> V:
        return self.place.load(self.type)

    def set(self, value: V | int) -> None:
        self.place.store(self.place.f.typed(value, self.type))


class Block:
    """A place in a function, and the values that it is handed by those who jump there."""

    __slots__ = ("label", "params", "_given")

    def __init__(self, label: str, params: Sequence[V]) -> None:
        self.label = label
        self.params = params
        self._given: list[tuple[str, list[str]]] = []

    def give(self, source: str, args: Sequence[V | int]) -> None:
        """Note what a jump from the block `source` hands over."""
        self._given.append((source, [_text(a) for _, a in zip(self.params, args, strict=True)]))

    def text(self) -> str:
        lines = [f"{self.label}:"]
        for k, v in enumerate(self.params):
            ways = ", ".join(f"[{args[k]}, %{source}]" for source, args in self._given)
            lines.append(f"{v.text} = phi {v.type} {ways}")
        return "\n".join(lines)


class FunctionText:
    """One function under construction.

    Parameters
    ----------
    params
        ``"name:type"`` of each parameter, which become attributes; the type is one of LLVM, i (an integer of 64 bits)
        or p (a pointer).
    result
        LLVM type of what it returns.
    exported
        Whether others than this module call it.
    quick
        Whether it only calls and branches (`abi.QUICKLY`).
    """

    def __init__(
        self, name: str, params: str, result: str = VOID, exported: bool = False, quick: bool = False
    ) -> None:
        self.name = name
        self.result = result
        self.exported = exported
        self.quick = quick
        self._count = 0
        self._lines: list[str | Block] = []
        self._places: list[str] = []
        self._uses: set[str] = set()
        self._here = "entry"  # the block that is being written; "" behind a jump
        named = [p.split(":") for p in params.split()]
        self.params = {n: V(self, self.type_named(t), f"%{n}") for n, t in named}

    def type_named(self, short: str) -> str:
        return {"i": INT, "p": PTR}.get(short, short)

    def __getattr__(self, name: str) -> V:
        try:
            found: V = self.__dict__["params"][name]
        except KeyError:
            raise AttributeError(name) from None
        return found

    def _fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def do(self, text: str) -> None:
        assert self._here, "nobody comes here"
        self._lines.append(text)

    def emit(self, type_: str, text: str) -> V:
        name = self._fresh("%v")
        self.do(f"{name} = {text}")
        return V(self, type_, name)

    # -- values ------------------------------------------------------------------------------------------
    def constant(self, value: int, type_: str = INT) -> V:
        return V(self, type_, _text(value))

    def typed(self, value: V | int, type_: str) -> V:
        return value if isinstance(value, V) else self.constant(value, type_)

    def null(self) -> V:
        return V(self, PTR, "null")

    def address(self, name: str) -> V:
        """Of a function or a global of the module."""
        self._uses.add(name)
        return V(self, PTR, f"@{name}")

    def minimum(self, a: V, b: V | int) -> V:
        return self.select(a < b, a, b)

    def maximum(self, a: V, b: V | int) -> V:
        return self.select(a > b, a, b)

    def select(self, cond: V, a: V | int, b: V | int) -> V:
        type_ = a.type if isinstance(a, V) else b.type if isinstance(b, V) else INT
        return self.emit(type_, f"select i1 {cond.text}, {type_} {_text(a)}, {type_} {_text(b)}")

    # -- stack memory ------------------------------------------------------------------------------------
    def variable(self, type_: str, start: V | int | None = None) -> Variable:
        name = self._fresh("%v")
        self._places.append(f"{name} = alloca {type_}")
        made = Variable(V(self, PTR, name), type_)
        if start is not None:
            made.set(start)
        return made

    def memory(self, size: int, align: int = 64) -> V:
        """Stack memory of `size` bytes."""
        name = self._fresh("%v")
        self._places.append(f"{name} = alloca [{size} x i8], align {align}")
        return V(self, PTR, name)

    # -- calls -------------------------------------------------------------------------------------------
    def call(self, callee: str | V, *args: V | int, result: str = VOID, last: bool = False) -> V:
        """Call a function by its name, or where a pointer leads. `last`: it is left to the other one to return."""
        target = (callee if isinstance(callee, V) else self.address(callee)).text
        values = [self.typed(a, BOOL if isinstance(a, bool) else INT) for a in args]
        given = ", ".join(f"{a.type} {a.text}" for a in values)
        text = f"{'tail ' if last else ''}call {result} {target}({given})"
        if result == VOID:
            self.do(text)
            return V(self, VOID, "")
        return self.emit(result.partition(" (")[0], text)

    # -- control -------------------------------------------------------------------------------------------
    def block(self, *types: str) -> Block:
        """A place to begin later, that is handed values of these types."""
        return Block(self._fresh("b"), [V(self, type_, self._fresh("%v")) for type_ in types])

    def begin(self, block: Block, *args: V | int) -> Sequence[V]:
        """Go on in a block; who has not left or jumped comes there, too, with `args`. What it is handed."""
        if self._here:
            self.jump(block, *args)
        self._lines.append(block)
        self._here = block.label
        return block.params

    def here(self) -> Block:
        """A new block, to come back to."""
        made = self.block()
        self.begin(made)
        return made

    def jump(
        self, block: Block, *args: V | int, when: V | None = None, unless: V | None = None, other: Block | None = None
    ) -> None:
        """Go to a block: always, or where a condition holds or does not; else to `other`, or on with what follows."""
        block.give(self._here, args)
        condition = when if when is not None else unless
        if condition is None:
            self.do(f"br label %{block.label}")
            self._here = ""
            return
        on = self.block() if other is None else other
        on.give(self._here, ())
        yes, no = (block, on) if when is not None else (on, block)
        self.do(f"br i1 {condition.text}, label %{yes.label}, label %{no.label}")
        self._here = ""
        if other is None:
            self.begin(on)

    def switch(self, value: V, cases: dict[int, Block], default: Block) -> None:
        """Go to the block of a number."""
        listed = " ".join(f"{value.type} {k}, label %{block.label}" for k, block in cases.items())
        self.do(f"switch {value.type} {value.text}, label %{default.label} [{listed}]")
        self._here = ""

    @contextmanager
    def loop(self, start: V | int, stop: V | int, step: V | int = 1) -> Iterator[V]:
        """``for i in range(start, stop, step)``."""
        with self.fold(start, stop, (), step) as (index, _):
            yield index

    @contextmanager
    def fold(
        self, start: V | int, stop: V | int, first: Sequence[V], step: V | int = 1
    ) -> Iterator[tuple[V, list[V]]]:
        """A loop that hands values from one round to the next: they are in a list, where the last ones are found."""
        head, end = self.block(INT, *(v.type for v in first)), self.block()
        index, *values = self.begin(head, start, *first)
        self.jump(end, unless=index < stop)
        state = list(values)
        yield index, state
        self.jump(head, index + step, *state)
        state[:] = values
        self.begin(end)

    @contextmanager
    def when(self, cond: V) -> Iterator[None]:
        """What runs only where `cond` holds."""
        end = self.block()
        self.jump(end, unless=cond)
        yield
        self.begin(end)

    @contextmanager
    def unless(self, cond: V) -> Iterator[None]:
        """What runs only where `cond` does not hold."""
        end = self.block()
        self.jump(end, when=cond)
        yield
        self.begin(end)

    def leave(self, value: V | int = 0) -> None:
        """Return, with a value if there is to be one."""
        self.do("ret void" if self.result == VOID else f"ret {self.result} {_text(value)}")
        self._here = ""

    def function(self) -> Function:
        """What has been written."""
        if self._here:
            assert self.result == VOID, "a value is to be returned"
            self.leave()
        params = ", ".join(f"{v.type} {v.text}" for v in self.params.values())
        lines = (line if isinstance(line, str) else line.text() for line in self._lines)
        return Function(
            self.name, f"{self.result} @{self.name}({params})", "\n".join(["entry:", *self._places, *lines]),
            frozenset(self._uses), f"{QUICKLY if self.quick else 'noinline '}nounwind", self.exported, self.quick,
        )  # fmt: skip
