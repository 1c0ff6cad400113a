"""A small builder of LLVM IR text, for the kernels of this package that no loop program describes.

Variables live in stack memory here; LLVM's `sroa` pass makes registers of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from theano.runtime.abi import QUICKLY

__all__ = ["FunctionText", "V"]


class V:
    """A value in the function `f`: its LLVM type and its text."""

    __slots__ = ("f", "text", "type")

    def __init__(self, f: FunctionText, type_: str, text: str) -> None:
        self.f = f
        self.type = type_
        self.text = text

    def _with(self, op: str, other: V | int) -> V:
        text = other.text if isinstance(other, V) else str(other)
        return self.f.emit(self.type, f"{op} {self.type} {self.text}, {text}")

    def __add__(self, other: V | int) -> V:
        return self if isinstance(other, int) and other == 0 else self._with("add", other)

    def __sub__(self, other: V | int) -> V:
        return self._with("sub", other)

    def __mul__(self, other: V | int) -> V:
        return self if isinstance(other, int) and other == 1 else self._with("mul", other)

    def __and__(self, other: V | int) -> V:
        return self._with("and", other)

    def over(self, divisor: int) -> V:
        """The quotient by a positive number."""
        return self._with("udiv", divisor)

    def up_to(self, multiple: int) -> V:
        """The number rounded up to a multiple."""
        return (self + (multiple - 1)).over(multiple) * multiple

    def compare(self, how: str, other: V | int) -> V:
        """An integer comparison, by LLVM's name of it."""
        text = other.text if isinstance(other, V) else str(other)
        return self.f.emit("i1", f"icmp {how} {self.type} {self.text}, {text}")

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


class Variable:
    """A place whose content changes."""

    __slots__ = ("f", "place", "type")

    def __init__(self, f: FunctionText, type_: str, place: str) -> None:
        self.f = f
        self.type = type_
        self.place = place

    def get(self) -> V:
        return self.f.emit(self.type, f"load {self.type}, ptr {self.place}")

    def set(self, value: V | int) -> None:
        text = value.text if isinstance(value, V) else str(value)
        self.f.do(f"store {self.type} {text}, ptr {self.place}")


class FunctionText:
    """One function under construction.

    Parameters
    ----------
    params
        Name and LLVM type of each parameter; they become attributes.
    element
        LLVM type of the numbers that `at` counts in.
    exported
        Whether others than this module call it.
    quick
        Whether it only calls and branches (`abi.QUICKLY`).
    """

    def __init__(
        self, name: str, params: Sequence[tuple[str, str]], element: str, exported: bool = False, quick: bool = False
    ) -> None:
        self.name = name
        self.element = element
        self.exported = exported
        self.quick = quick
        self._count = 0
        self._lines: list[str] = []
        self._places: list[str] = []
        self.params = {n: V(self, t, f"%{n}") for n, t in params}

    def __getattr__(self, name: str) -> V:
        try:
            found: V = self.__dict__["params"][name]
        except KeyError:
            raise AttributeError(name) from None
        return found

    def _fresh(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def _label(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def do(self, text: str) -> None:
        self._lines.append(text)

    def emit(self, type_: str, text: str) -> V:
        name = self._fresh()
        self._lines.append(f"{name} = {text}")
        return V(self, type_, name)

    def number(self, value: int) -> V:
        return V(self, "i64", str(value))

    def variable(self, type_: str, start: V | int | None = None) -> Variable:
        name = self._fresh()
        self._places.append(f"{name} = alloca {type_}")
        made = Variable(self, type_, name)
        if start is not None:
            made.set(start)
        return made

    def memory(self, size: int) -> V:
        """Stack memory of `size` bytes."""
        name = self._fresh()
        self._places.append(f"{name} = alloca [{size} x i8], align 64")
        return V(self, "ptr", name)

    # -- arithmetic ------------------------------------------------------------------------------------
    def minimum(self, a: V, b: V | int) -> V:
        text = b.text if isinstance(b, V) else str(b)
        return self.emit(a.type, f"select i1 {(a < b).text}, {a.type} {a.text}, {a.type} {text}")

    def maximum(self, a: V, b: V | int) -> V:
        text = b.text if isinstance(b, V) else str(b)
        return self.emit(a.type, f"select i1 {(a > b).text}, {a.type} {a.text}, {a.type} {text}")

    def select(self, cond: V, a: V, b: V) -> V:
        return self.emit(a.type, f"select i1 {cond.text}, {a.type} {a.text}, {b.type} {b.text}")

    # -- memory ------------------------------------------------------------------------------------------
    def at(self, pointer: V, index: V | int) -> V:
        """The address `index` elements behind `pointer`."""
        if isinstance(index, int) and index == 0:
            return pointer
        text = index.text if isinstance(index, V) else str(index)
        return self.emit("ptr", f"getelementptr {self.element}, ptr {pointer.text}, i64 {text}")

    def load(self, type_: str, pointer: V, align: int) -> V:
        return self.emit(type_, f"load {type_}, ptr {pointer.text}, align {align}")

    def store(self, value: V, pointer: V, align: int) -> None:
        self.do(f"store {value.type} {value.text}, ptr {pointer.text}, align {align}")

    def call(self, name: str, *args: V, result: str = "void", last: bool = False) -> V | None:
        """`last`: it is left to the other function to return."""
        tail = "tail " if last else ""
        text = f"{tail}call {result} {name}({', '.join(f'{a.type} {a.text}' for a in args)})"
        if result == "void":
            self.do(text)
            return None
        return self.emit(result, text)

    # -- control -------------------------------------------------------------------------------------------
    @contextmanager
    def loop(self, start: V | int, stop: V | int, step: int = 1) -> Iterator[V]:
        """``for i in range(start, stop, step)``."""
        head, body, end = self._label(), self._label(), self._label()
        index = self.variable("i64", start)
        self.do(f"br label %{head}")
        self.do(f"{head}:")
        more = index.get() < stop
        self.do(f"br i1 {more.text}, label %{body}, label %{end}")
        self.do(f"{body}:")
        now = index.get()
        yield now
        index.set(now + step)
        self.do(f"br label %{head}")
        self.do(f"{end}:")

    @contextmanager
    def when(self, cond: V) -> Iterator[None]:
        """What runs only where `cond` holds."""
        then, end = self._label(), self._label()
        self.do(f"br i1 {cond.text}, label %{then}, label %{end}")
        self.do(f"{then}:")
        yield
        self.do(f"br label %{end}")
        self.do(f"{end}:")

    def leave(self) -> None:
        """Return from here; what follows in this block is never reached."""
        self.do("ret void")
        self.do(f"{self._label()}:")

    def text(self) -> str:
        params = ", ".join(f"{v.type} {v.text}" for v in self.params.values())
        linkage = "" if self.exported else "internal "
        how = QUICKLY if self.quick else "noinline "
        body = "\n".join(["entry:", *self._places, *self._lines, "ret void"])
        return f"define {linkage}void @{self.name}({params}) {how}nounwind {{\n{body}\n}}\n"
