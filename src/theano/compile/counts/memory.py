"""The memory of a call, read off the loop program: which arrays it makes, how many bytes there are at a time."""

from __future__ import annotations

import math

from theano.base.notebook_form import notebook_form
from theano.base.record import Record, field
from theano.compile.times.sizes import Sizes
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st

__all__ = ["MadeArray", "MemoryPlan", "memory_of"]


class MadeArray(Record):
    """An array that a call makes: what it is of, its shape and bytes, and whether it is returned."""

    name: str
    shape: tuple[int, ...]
    bytes: int
    is_result: bool


class MemoryPlan(Record):
    """Bytes of memory of a call, for given sizes. Of a branch the side that needs more counts.

    Attributes
    ----------
    inputs, shared
        Arrays that are there before the call.
    outputs
        Arrays that are returned.
    arrays
        Other arrays that the call makes (new values of shared variables, operands of Python code).
    workspace
        Temporaries, from the stack or the pool of the process; values whose lives do not overlap share a place.
    unknown
        How many arrays have sizes that are known only during the call, those that Python code makes among them, on
        both sides of branches.
    peak
        The most that there is at a time, beside inputs, shared variables and arrays of unknown size.
    made
        Each array that is made and counted in `outputs` or `arrays`.

    Examples
    --------
    >>> x = T.dvector()
    >>> theano.printing.memory_plan(theano.function([x], x * 2), [1.0, 2.0]).outputs
    16
    """

    inputs: int
    shared: int
    outputs: int
    arrays: int
    workspace: int
    unknown: int = 0
    peak: int = 0
    made: list[MadeArray] = field(default_factory=list)

    def __str__(self) -> str:
        names = ("inputs", "shared", "outputs", "arrays", "workspace", "peak")
        rows = [f"{name:<10}{getattr(self, name):>18,}" for name in names]
        return "\n".join(rows + ([f"and {self.unknown} arrays of unknown size"] if self.unknown else []))

    _repr_html_ = notebook_form


def memory_of(sizes: Sizes) -> MemoryPlan:
    """The memory of a call with these sizes."""
    low = sizes.low
    plan = MemoryPlan(0, 0, 0, 0, 0)
    for k, array in enumerate(sizes.arrays):
        if k < len(low.inputs):
            plan.inputs += 0 if array is None else array.nbytes
        elif array is not None and array.dtype.kind != "O":
            plan.shared += array.nbytes
    names = {v.tensor.name: str(k) for k, v in low.values.items() if v.tensor is not None}
    arrays: dict[int, MadeArray] = {}
    for stmt in st.walk(low.program.main):
        if isinstance(stmt, hs.Workspace):
            plan.workspace += sizes.number(stmt.size) or 0
        elif isinstance(stmt, hs.CallBack):
            plan.unknown += len(stmt.outputs)
        elif isinstance(stmt, hs.NewArray):
            shape = tuple(n for d in stmt.dims if (n := sizes.number(d)) is not None)
            if len(shape) < len(stmt.dims):
                plan.unknown += 1
                continue
            size = math.prod(shape) * ex.ITEMSIZE[stmt.type]
            arrays[id(stmt)] = MadeArray(names.get(stmt.name, stmt.name), shape, size, stmt.slot < low.n_outputs)
    plan.made = _made(low.program.main, arrays)
    plan.outputs = sum(a.bytes for a in plan.made if a.is_result)
    plan.arrays = sum(a.bytes for a in plan.made if not a.is_result)
    plan.peak = plan.workspace + _most(low.program.main, {}, {k: a.bytes for k, a in arrays.items()})
    return plan


def _made(block: list[st.Stmt], arrays: dict[int, MadeArray]) -> list[MadeArray]:
    """The arrays that a block makes, of branches those of the side that makes more bytes; `arrays` by statement."""
    found: list[MadeArray] = []
    for stmt in block:
        if isinstance(stmt, hs.NewArray):
            found += [arrays[id(stmt)]] if id(stmt) in arrays else []
        elif isinstance(stmt, st.If):
            sides = (_made(side, arrays) for side in (stmt.then, stmt.orelse))
            found += max(sides, key=lambda made: sum(a.bytes for a in made))
        elif isinstance(stmt, st.For | hs.Slices):
            found += _made(stmt.body, arrays)
    return found


def _most(block: list[st.Stmt], held: dict[int, int], sizes: dict[int, int]) -> int:
    """The most bytes that slots hold at a time in a block; `held`, by slot, is changed to what they hold behind it."""
    most = _total(held)
    for stmt in block:
        if isinstance(stmt, hs.NewArray):
            held[stmt.slot] = sizes.get(id(stmt), 0)
        elif isinstance(stmt, hs.Release):
            held.pop(stmt.slot, None)
        elif isinstance(stmt, hs.Move):
            held[stmt.target] = held.pop(stmt.source, 0)
        elif isinstance(stmt, st.If):
            sides = [dict(held), dict(held)]
            most = max(most, *map(_most, (stmt.then, stmt.orelse), sides, [sizes, sizes]))
            larger = max(sides, key=_total)
            held.clear()
            held.update(larger)
        elif isinstance(stmt, st.For | hs.Slices):  # twice: the second round finds what the first has left
            most = max(most, _most(stmt.body, held, sizes), _most(stmt.body, held, sizes))
        most = max(most, _total(held))
    return most


def _total(held: dict[int, int]) -> int:
    return sum(held.values())
