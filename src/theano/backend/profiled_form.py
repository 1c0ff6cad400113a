"""A program that tells how long its parts take: the same statements, with clocks around those that do the work.

Measured are main as a whole, each call of a kernel, of an external function and of Python, each loop of main over
steps, and each copy. What is measured inside of another one is known as its part. Of loops that threads share, the time
of every range is noted, too. Programs that are not profiled are not touched.
"""

from __future__ import annotations

from collections.abc import Iterator

from theano.base.record import Record, replace
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.runtime import abi

__all__ = ["Profiled", "Timed", "profiled_form"]

Block = list[st.Stmt]
MEASURED = (hs.CallKernel, hs.Call, hs.CallBack, hs.Slices, hs.Copy)


class Timed(Record):
    """Something that is measured.

    Attributes
    ----------
    stmt
        The statement, as it is in the program without clocks; None for main.
    inside
        Number of the record in whose time this one's is; -1 for main.
    shared
        Whether it stands in slices of rows, which threads do at the same time.
    """

    stmt: st.Stmt | None
    inside: int
    shared: bool = False


class Profiled(Record):
    """A program with clocks.

    Attributes
    ----------
    program
        What is compiled.
    sizes
        Names of the lengths and integers of the arguments, in the order in which they are noted.
    timed
        What is measured, main first: one record each.
    layout
        Where in the buffer all this is noted.
    """

    program: hs.Program
    sizes: list[str]
    timed: list[Timed]
    layout: abi.ProfileLayout


def profiled_form(program: hs.Program, word: int) -> Profiled:
    """The program with clocks; context word `word` points to the buffer."""
    front = _entry(program.main)
    sizes = list(_sizes(program.main[:front]))
    timed = [Timed(None, -1)]
    _find(program.main, 0, False, timed)
    layout = abi.ProfileLayout(len(sizes), len(timed))
    numbers = {id(t.stmt): k for k, t in enumerate(timed)}
    main = _block(program.main, numbers, layout, word)
    noted = [hs.NoteSizes(word, layout.now, layout.row, tuple(e for _, e in sizes))] if sizes else []
    start, stop = hs.StartClock(word, layout.record(0)), hs.StopClock(word, layout.record(0))
    main = [start, *main[:front], *noted, *main[front:], stop]
    return Profiled(hs.Program(program.kernels, main), [name for name, _ in sizes], timed, layout)


def _entry(main: Block) -> int:
    """How many statements at the front name arguments."""
    kinds = (hs.FrameWord, hs.ContextWord, st.Load)
    return next((k for k, s in enumerate(main) if not isinstance(s, kinds)), len(main))


def _sizes(front: Block) -> Iterator[tuple[str, Expr]]:
    for stmt in front:
        if isinstance(stmt, hs.FrameWord | st.Load) and stmt.type in ("i64", "i32", "i16", "i8"):
            yield stmt.name, ex.cast(ex.name(stmt.name, stmt.type), "i64")


def _find(block: Block, inside: int, shared: bool, timed: list[Timed]) -> None:
    """What is measured of a block; of loops within loops only what they call."""
    for stmt in block:
        loop = isinstance(stmt, st.For) and (inside == 0 or any(isinstance(s, MEASURED) for s in st.walk(stmt.body)))
        if loop or isinstance(stmt, MEASURED):
            timed.append(Timed(stmt, inside, shared))
        number = len(timed) - 1 if loop or isinstance(stmt, hs.Slices) else inside
        for inner in _blocks(stmt):
            _find(inner, number, shared or isinstance(stmt, hs.Slices), timed)


def _blocks(stmt: st.Stmt) -> tuple[Block, ...]:
    if isinstance(stmt, st.For | hs.Slices):
        return (stmt.body,)
    return (stmt.then, stmt.orelse) if isinstance(stmt, st.If) else ()


def _block(block: Block, numbers: dict[int, int], layout: abi.ProfileLayout, word: int) -> Block:
    made: Block = []
    for stmt in block:
        new: st.Stmt = stmt
        if isinstance(stmt, st.For | hs.Slices):
            new = replace(stmt, body=_block(stmt.body, numbers, layout, word))
        elif isinstance(stmt, st.If):
            then, orelse = (_block(side, numbers, layout, word) for side in (stmt.then, stmt.orelse))
            new = replace(stmt, then=then, orelse=orelse)
        number = numbers.get(id(stmt))
        if number is None:
            made.append(new)
        else:
            place = layout.record(number)
            made += [hs.StartClock(word, place), new, hs.StopClock(word, place)]
    return made
