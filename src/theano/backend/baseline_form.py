"""A program in the form that compiles fastest: one thread, and loops that go through their elements one by one.

LLVM takes a quarter of the time for it that vectors take. The results are the same to the bit: an accumulation has a
place in memory for each lane that a vector would have, and they are combined in the same order (`backend.widths`).
It counts what it does, and leaves for the fast form when it has computed for as long as it takes to make that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from theano.backend.llvm.widths import starts_with_identity, widths
from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["first_form"]

Block = list[st.Stmt]


def first_form(program: hs.Program, isa: Isa) -> hs.Program:
    """The first form of a program; `isa` is the one that its fast form is for."""
    kernels = {kernel: replace(kernel, body=_block(kernel.body, isa)) for kernel in program.kernels}
    main = _block(program.main, isa)
    for stmt in st.walk(main):
        if isinstance(stmt, hs.CallKernel):
            stmt.kernel = kernels[stmt.kernel]
    return hs.Program(list(kernels.values()), main)


def _block(block: Block, isa: Isa) -> Block:
    return [new for stmt in block for new in _statement(stmt, isa)]


def _statement(stmt: st.Stmt, isa: Isa) -> Iterator[st.Stmt]:
    if isinstance(stmt, st.For):
        inner = replace(stmt, kind="serial", unroll=1, separate_copies=False, body=_block(stmt.body, isa))
        if stmt.kind == "vector" and stmt.carried:
            yield from _Lanes(stmt, inner, isa).statements()
        else:
            yield inner
    elif isinstance(stmt, st.If):
        yield replace(stmt, then=_block(stmt.then, isa), orelse=_block(stmt.orelse, isa))
    elif isinstance(stmt, hs.Slices):
        yield replace(stmt, least=0, body=_block(stmt.body, isa))
    elif isinstance(stmt, hs.CallKernel):
        yield replace(stmt, ranges=stmt.ranges and replace(stmt.ranges, least=0))
    elif isinstance(stmt, hs.Work):
        yield hs.Spend(stmt.word, stmt.picoseconds, stmt.of_calls)
    elif not isinstance(stmt, st.Prefetch):
        yield stmt


def _number(value: int) -> Expr:
    return ex.const(value, "i64")


class _Lanes:
    """A loop with accumulations, as one over the stretches of its elements that have accumulators in common.

    For ``total += x[i]``, in stretches of 8, of 4 and of single elements::

        lanes[:] = 0
        for stretch in range(3):
            for i in range(first of the stretch, last of it):
                lanes[i % width of the stretch] += x[i]
            add lanes from the width of the stretch down to that of the next one
    """

    def __init__(self, loop: st.For, inner: st.For, isa: Isa) -> None:
        self.inner = inner
        self.start = loop.start
        self.count = ex.maximum(ex.sub(loop.extent, loop.start), st.ZERO)
        self.whole, rest, masked = widths(loop, isa)
        self.widths = [self.whole, *([rest] if rest else []), *([] if masked else [1])]
        types = [c.type for c in loop.carried]
        self.places = [st.View(self._own(f"lanes{k}"), t, st.ZERO, (_number(1),)) for k, t in enumerate(types)]

    def _own(self, name: str) -> str:
        """A name that the program does not have: there may be several loops over the same index."""
        return f"{self.inner.carried[0].result}'{name}"

    def _loop(self, name: str, extent: Expr, body: Block, carried: list[st.Carried] | None = None) -> st.For:
        return st.For(self._own(name), extent, "serial", body, carried or [])

    def _read(self, c: int, name: str, lane: Expr) -> tuple[st.Load, Expr]:
        place = self.places[c]
        return st.Load(self._own(name), place, (lane,)), ex.name(self._own(name), place.type)

    def statements(self) -> Iterator[st.Stmt]:
        carried = self.inner.carried
        for place in self.places:
            yield st.Local(place.base, self.whole * ex.ITEMSIZE[place.type])
        lane = ex.name(self._own("lane"), "i64")
        inits = [st.Store(p, (lane,), st.identity(c.op, c.type)) for c, p in zip(carried, self.places, strict=True)]
        used = _number(self.widths[-1])  # by short loops, which are many
        for width in reversed(self.widths[:-1]):
            used = ex.select(ex.ge(self.count, _number(width)), _number(width), used)
        yield self._loop("lane", used, [*inits])
        yield self._loop("stretch", _number(len(self.widths)), self._stretch())
        for k, c in enumerate(carried):
            load, value = self._read(k, f"total{k}", st.ZERO)
            yield load
            yield st.Let(c.result, self._begun(c, value) if self.widths[-1] > 1 else value)

    @staticmethod
    def _begun(c: st.Carried, total: Expr) -> Expr:
        return total if starts_with_identity(c) else st.combine(c.op, c.init, total)

    def _of_stretch(self, values: list[Expr]) -> Expr:
        """That of `values` which is the stretch's."""
        stretch = ex.name(self._own("stretch"), "i64")
        found = values[-1]
        for k in range(len(values) - 1):
            found = ex.select(ex.eq(stretch, _number(k)), values[k], found)
        return found

    def _stretch(self) -> Block:
        """The body of the loop over stretches."""
        stops = [*(ex.and_(self.count, _number(-w)) for w in self.widths[:-1]), self.count]
        width = self._of_stretch([_number(w) for w in self.widths])
        first, last = self._of_stretch([st.ZERO, *stops[:-1]]), self._of_stretch(stops)
        inner = self.inner
        lane = ex.and_(ex.sub(ex.name(inner.index, "i64"), self.start), ex.sub(width, _number(1)))
        before = [st.Load(c.name, p, (lane,)) for c, p in zip(inner.carried, self.places, strict=True)]
        after = [st.Store(p, (lane,), c.next) for c, p in zip(inner.carried, self.places, strict=True)]
        own = replace(
            inner, body=[*before, *inner.body, *after], carried=[],
            start=ex.add(self.start, first), extent=ex.add(self.start, last),
        )  # fmt: skip
        return [own, self._halved(width, last), *self._begun_single()]

    def _halved(self, width: Expr, last: Expr) -> st.For:
        """Combine the upper half of `width` lanes with the lower one, until those of the next stretch are left.

        Where there have been no elements so far, all are identities, and stay so.
        """
        times = [(a // b).bit_length() - 1 for a, b in zip(self.widths, [*self.widths[1:], 1], strict=True)]
        half, k = ex.name(self._own("half"), "i64"), ex.name(self._own("k"), "i64")
        body: Block = []
        for n, c in enumerate(self.inner.carried):
            (low, x), (high, y) = self._read(n, f"low{n}", k), self._read(n, f"high{n}", ex.add(k, half))
            body += [low, high, st.Store(self.places[n], (k,), st.combine(c.op, x, y))]
        next_half = ex.lshr(half, 1)
        carried = st.Carried(str(half.value), "state", "i64", ex.lshr(width, 1), next_half, self._own("last"))
        extent = ex.select(ex.eq(last, st.ZERO), st.ZERO, self._of_stretch([_number(n) for n in times]))
        return self._loop("halving", extent, [self._loop("k", half, body)], [carried])

    def _begun_single(self) -> Iterator[st.Stmt]:
        """Before single elements the accumulators, one for each by now, get what the loop starts with."""
        body: Block = []
        for n, c in enumerate(self.inner.carried):
            load, total = self._read(n, f"begun{n}", st.ZERO)
            if self._begun(c, total) is not total:
                body += [load, st.Store(self.places[n], (st.ZERO,), self._begun(c, total))]
        if body and self.widths[-1] == 1:
            stretch = ex.name(self._own("stretch"), "i64")
            yield st.If(ex.eq(stretch, _number(len(self.widths) - 2)), body, [])
