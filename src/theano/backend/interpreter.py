"""The loop program, run by Python over NumPy buffers: what every statement means.

Slow and strict. Every access is checked against the bounds of its buffer; a branch on or a store of a value that
is not defined raises `Undefined`, as operations do (see `theano.loops.evaluate`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.evaluate import DTYPE, UNDEFINED, Undefined, evaluate
from theano.loops.expr import Expr
from theano.loops.externs.table import EXTERNS
from theano.loops.text import statement_text
from theano.loops.visitor import ALL, Visitor
from theano.runtime import abi

__all__ = ["CheckFailed", "Interpreter", "Memory", "Pointer"]


class CheckFailed(Exception):
    """Check `code` did not hold; `operands` are its numbers."""

    def __init__(self, code: int, operands: tuple[int, ...]) -> None:
        super().__init__(code, operands)
        self.code = code
        self.operands = operands


# -- memory ------------------------------------------------------------------------------------------------
class Memory:
    """A block of bytes, seen as elements of any type."""

    __slots__ = ("_typed", "bytes")

    def __init__(self, data: np.ndarray[Any, Any]) -> None:
        assert data.flags.c_contiguous
        self.bytes = data.reshape(-1).view(np.uint8)
        self._typed: dict[str, np.ndarray[Any, Any]] = {}

    @classmethod
    def block(cls, size: int) -> Memory:
        """Fresh bytes; what nobody has written reads as a value that is noticed."""
        return cls(np.full(size, 0xA5, np.uint8))

    def typed(self, type_: str) -> np.ndarray[Any, Any]:
        found = self._typed.get(type_)
        if found is None:
            size = ex.ITEMSIZE[type_]
            whole = self.bytes[: self.bytes.size // size * size]
            # a bool of any bits is what its byte says, not what NumPy makes of it
            found = self._typed[type_] = whole.view(np.uint8 if type_ == "bool" else DTYPE[type_])
        return found


class Pointer:
    """A place in a memory, in bytes from its start."""

    __slots__ = ("at", "memory")

    def __init__(self, memory: Memory, at: int = 0) -> None:
        self.memory = memory
        self.at = at

    def moved(self, count: int) -> Pointer:
        return Pointer(self.memory, self.at + count)

    def element(self, type_: str, offset: int) -> tuple[np.ndarray[Any, Any], int]:
        """The typed memory and the index in it of element `offset` counted from here."""
        size = ex.ITEMSIZE[type_]
        if self.at % size:
            raise Undefined(f"a {type_} at byte {self.at}")
        data, index = self.memory.typed(type_), self.at // size + offset
        if not 0 <= index < data.size:
            raise Undefined(f"element {index} of {data.size}")
        return data, index

    def load(self, type_: str, offset: int) -> Any:
        data, index = self.element(type_, offset)
        if type_ == "bool":
            return np.bool_(data[index] != 0)
        return np.float32(data[index]) if type_ == "f16" else data[index]

    def store(self, type_: str, offset: int, value: Any) -> None:
        data, index = self.element(type_, offset)
        data[index] = value


# -- programs ----------------------------------------------------------------------------------------------
class Interpreter(Visitor):
    """Runs a program on the arguments of one call.

    Parameters
    ----------
    program, layout
        The program and where its frame has what.
    words
        Context words of the function: number of the word -> a constant's array, a storage (a list of one), an
        object, a Python callable of a call-back. Symbols are known by name.
    fma
        Whether `fma` rounds once; targets without the instruction round twice.

    After `run`, `slots` holds the objects that the call has made, outputs first.
    """

    handles = ALL

    def __init__(
        self, program: hs.Program, layout: abi.FrameLayout, words: Mapping[int, Any], fma: bool = True
    ) -> None:
        self.program = program
        self.layout = layout
        self.words = words
        self.fma = fma
        self.frame: dict[int, Any] = {}
        self.slots: list[Any] = [None] * layout.n_slots
        self.env: dict[str, Any] = {}

    def run(self, inputs: Sequence[Any], storages: Sequence[list[Any]]) -> None:
        """Execute main; arrays must be plain and of the declared types."""
        given = [(x, self.layout.input_data(k)) for k, x in enumerate(inputs)]
        given += [(s[0], self.layout.storage_data(k)) for k, s in enumerate(storages)]
        for value, word in given:
            self.frame[word] = value
            for axis, n in enumerate(value.shape if isinstance(value, np.ndarray) else ()):
                self.frame[word + 1 + axis] = n
        self.block(self.program.main)

    def value(self, root: Expr) -> Any:
        return evaluate(root, self.env, self.fma)

    def defined(self, root: Expr) -> Any:
        """A value that steers the program: it must be one."""
        found = self.value(root)
        if found is UNDEFINED:
            raise Undefined(f"{root.op} of {root.type}")
        return found

    def number(self, root: Expr) -> int:
        return int(self.defined(root))

    def block(self, stmts: list[st.Stmt]) -> None:
        for stmt in stmts:
            try:
                self.statement(stmt)
            except (Undefined, KeyError) as error:
                raise Undefined(f"{error} in: {statement_text(stmt)}") from error

    def element(self, view: st.View, index: tuple[Expr, ...]) -> tuple[Pointer, int]:
        offset = self.number(view.offset)
        for i, s in zip(index, view.strides, strict=True):
            offset += self.number(i) * self.number(s)
        return self.env[view.base], offset

    def argument(self, arg: Expr | tuple[str, Expr, str]) -> Any:
        if isinstance(arg, Expr):
            return self.value(arg)
        base, offset, type_ = arg
        return self.env[base].moved(self.number(offset) * ex.ITEMSIZE[type_])

    # -- statements of kernels ---------------------------------------------------------------------
    def let(self, stmt: st.Let) -> None:
        self.env[stmt.name] = self.value(stmt.value)

    def load(self, stmt: st.Load) -> None:
        if stmt.inside is not None and not self.defined(stmt.inside):
            self.env[stmt.name] = DTYPE[stmt.type].type(0)
            return
        pointer, offset = self.element(stmt.view, stmt.index)
        self.env[stmt.name] = pointer.load(stmt.view.type, offset)

    def store(self, stmt: st.Store) -> None:
        pointer, offset = self.element(stmt.view, stmt.index)
        with np.errstate(all="ignore"):  # a float16 may overflow
            pointer.store(stmt.view.type, offset, self.defined(stmt.value))

    def for_(self, stmt: st.For) -> None:
        values = [self.value(c.init) for c in stmt.carried]
        count = 0
        start = self.number(stmt.start)
        for k in range(start, self.number(stmt.extent)):
            self.env[stmt.index] = np.int64(k)
            self.env.update(zip((c.name for c in stmt.carried), values, strict=True))
            self.block(stmt.body)
            values = [self.value(c.next) for c in stmt.carried]
            count = k - start + 1
            if stmt.until is not None and self.defined(stmt.until):
                break
        if stmt.count:
            self.env[stmt.count] = np.int64(count)
        self.env.update(zip((c.result for c in stmt.carried), values, strict=True))

    def if_(self, stmt: st.If) -> None:
        self.block(stmt.then if self.defined(stmt.cond) else stmt.orelse)

    def local(self, stmt: st.Local) -> None:
        self.env[stmt.name] = Pointer(Memory.block(stmt.size))

    # -- statements of main ------------------------------------------------------------------------
    def call_kernel(self, stmt: hs.CallKernel) -> None:
        args = [self.argument(a) for a in stmt.args]
        outside = self.env
        for bounds in self._ranges(stmt.ranges):
            self.env = dict(zip((n for n, _ in stmt.kernel.params), (*args, *bounds), strict=True))
            self.block(stmt.kernel.body)
        self.env = outside

    def _ranges(self, ranges: hs.Ranges | None) -> list[tuple[np.int64, ...]]:
        """The bounds of each range, last ones first: no range may need another."""
        if ranges is None:
            return [()]
        start, extent, weight = self.number(ranges.start), self.number(ranges.extent), self.number(ranges.weight)
        grain = hs.grain(extent, weight) if ranges.least and extent * weight >= ranges.least else extent
        if grain >= extent:
            return [(np.int64(start), np.int64(extent))]
        bounds = [(lo, min(lo + grain, extent)) for lo in range(0, extent, grain)]
        return [(np.int64(lo), np.int64(hi)) for lo, hi in bounds[::-1] + [(extent, extent)] * ranges.finish]

    def slices(self, stmt: hs.Slices) -> None:
        """Last ones first, and all as short as they may be."""
        extent = self.number(stmt.extent)
        for lo in reversed(range(0, extent, stmt.fewest)):
            self.env[stmt.lo], self.env[stmt.hi] = np.int64(lo), np.int64(min(lo + stmt.fewest, extent))
            self.block(stmt.body)

    def check(self, stmt: hs.Check) -> None:
        if not self.defined(stmt.cond):
            raise CheckFailed(stmt.code, tuple(self.number(o) for o in stmt.operands))

    def frame_word(self, stmt: hs.FrameWord) -> None:
        found = self.frame[stmt.word]
        self.env[stmt.name] = Pointer(Memory(found)) if stmt.type == "ptr" else np.int64(found)

    def context_word(self, stmt: hs.ContextWord) -> None:
        self.env[stmt.name] = Pointer(Memory(self.words[stmt.word]))

    def workspace(self, stmt: hs.Workspace) -> None:
        self.env[stmt.name] = Pointer(Memory.block(self.number(stmt.size)))

    def carve(self, stmt: hs.Carve) -> None:
        self.env[stmt.name] = self.env[stmt.base].moved(self.number(stmt.offset))

    def new_array(self, stmt: hs.NewArray) -> None:
        try:
            array = np.empty([self.number(d) for d in stmt.dims], DTYPE[stmt.type])
        except MemoryError as error:
            raise CheckFailed(stmt.code, ()) from error
        self.slots[stmt.slot] = array
        memory = Memory(array)
        memory.bytes[...] = 0xA5
        self.env[stmt.name] = Pointer(memory)

    def call_back(self, stmt: hs.CallBack) -> None:
        results = self.words[stmt.word](*(self.slots[k] for k in stmt.inputs))
        for slot, result in zip(stmt.outputs, results, strict=True):
            self.slots[slot] = result

    def array_header(self, stmt: hs.ArrayHeader) -> None:
        array = self.slots[stmt.slot]
        self.env[stmt.data] = Pointer(Memory(array))
        self.env.update((name, np.int64(n)) for name, n in zip(stmt.dims, array.shape, strict=False))

    def hold_object(self, stmt: hs.HoldObject) -> None:
        source: Any = {"context": self.words, "slot": self.slots, "frame": self.frame}[stmt.kind]
        self.slots[stmt.slot] = source[stmt.word]

    def release(self, stmt: hs.Release) -> None:
        self.slots[stmt.slot] = None

    def move(self, stmt: hs.Move) -> None:
        self.slots[stmt.target], self.slots[stmt.source] = self.slots[stmt.source], None

    def set_storage(self, stmt: hs.SetStorage) -> None:
        self.words[stmt.word][0] = self.slots[stmt.slot]

    def call(self, stmt: hs.Call) -> None:
        EXTERNS[stmt.symbol].run([self.argument(a) for a in stmt.args])

    def copy(self, stmt: hs.Copy) -> None:
        size = self.number(stmt.size)
        target, source = self.env[stmt.target], self.env[stmt.source]
        if max(target.at + size - target.memory.bytes.size, source.at + size - source.memory.bytes.size) > 0:
            raise Undefined("a copy beyond the end of memory")
        target.memory.bytes[target.at : target.at + size] = source.memory.bytes[source.at : source.at + size]

    def nothing(self, stmt: st.Stmt) -> None:
        """Hints and marks; signals and the GIL are the caller's business."""

    prefetch = poll = commit = release_gil = take_gil = work = spend = note_sizes = start_clock = stop_clock = nothing
