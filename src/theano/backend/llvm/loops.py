"""LLVM IR of the statements of a function: branches, and loops, which are widened here.

A loop over vectors is printed as one over whole vectors and one over what is left: half vectors under a mask where the
target has masks, else vectors and then single elements. Where a target can mask some elements only (AVX2), much work on
them has no loop over single elements: the last vector may be a part of one.
"""

from __future__ import annotations

from collections.abc import Callable

from theano.backend.llvm import spelling as ops
from theano.backend.llvm.lanes import LanePrinter
from theano.backend.llvm.values import Level
from theano.backend.llvm.widths import Widths, starts_with_identity, widths
from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.visitor import KERNEL, Visitor


class FunctionPrinter(Visitor, LanePrinter):
    """Prints one function body; `llvm_main` adds the statements that only main has.

    A kernel may call another function (see `llvm_kernel`).
    """

    handles = (*KERNEL, hs.CallKernel)

    def block(self, stmts: list[st.Stmt]) -> None:
        """The statements in order; stores that fill the places between each other are one."""
        k = 0
        while k < len(stmts):
            together = self.together(stmts, k)
            if together:
                self.store_together(together)
            else:
                self.statement(stmts[k])
            k += len(together) or 1

    def let(self, stmt: st.Let) -> None:
        text, lanes = self.value(stmt.value)
        self.define(stmt.name, text, lanes, self.depth(stmt.value))

    def call_kernel(self, stmt: hs.CallKernel) -> None:
        args = [self.argument(arg, type_) for arg, (_, type_) in zip(stmt.args, stmt.kernel.params, strict=True)]
        self.uses.add(stmt.kernel.name)
        self.do(f"call void @{stmt.kernel.name}({', '.join(args)})")

    def argument(self, arg: Expr | tuple[str, Expr, str], type_: str) -> str:
        if isinstance(arg, tuple):
            return f"ptr {self.address(arg[0], arg[2], arg[1])}"
        return f"{ops.REGISTER[type_]} {self.operand(arg)}"

    def local(self, stmt: st.Local) -> None:
        """Stack memory belongs to the function's entry, whatever loop asks for it."""
        name = self.fresh()
        self.levels[0].lines.insert(0, f"{name} = alloca [{stmt.size} x i8], align 64")
        self.define(stmt.name, name, depth=0)

    def if_(self, stmt: st.If) -> None:
        cond = self.operand(stmt.cond)
        then, orelse, end = self.label(), self.label(), self.label()
        lines: list[str] = []
        for label, body in ((then, stmt.then), (orelse, stmt.orelse)):
            around = self.top
            self.levels.append(around.inside())
            self.start(label)
            self.block(body)
            self.do(f"br label %{end}")
            lines += self._close()
        # what the sides have hoisted stands before the branch
        self.do(f"br i1 {cond}, label %{then}, label %{orelse}")
        self.top.lines += lines
        self.start(end)

    def _close(self) -> list[str]:
        """Close the innermost level; its text."""
        level = self.levels.pop()
        for expr in self.known.pop(len(self.levels), ()):
            del self.depths[expr]
        return level.lines

    def for_(self, stmt: st.For) -> None:
        extent, parts = self.operand(stmt.extent), None
        if stmt.kind == "vector" and self.top.lanes == 1:
            parts = widths(stmt, self.isa)
        if stmt.start is st.ZERO:
            self._loop(stmt, extent, parts)
            return
        self._loop(*self._from_zero(stmt, extent), parts)
        del self.moved[stmt.index], self.meaning[stmt.index]  # another loop may have that index

    def _loop(self, stmt: st.For, extent: str, parts: Widths | None) -> None:
        """A loop from zero on; `parts` of one over vectors."""
        inits, start = [c.init for c in stmt.carried], "0"
        lanes = self.top.lanes
        if lanes > 1:  # all lanes go through the loop together
            results = self._run(stmt, start, extent, lanes, [self.operand(i, lanes) for i in inits], together=True)
            for carried, result in zip(stmt.carried, results, strict=True):
                self.define(carried.result, result, lanes)
            return
        if parts is not None:
            inits, start = self._vector_part(stmt, extent, parts)
            if start == extent:
                for carried, total in zip(stmt.carried, inits, strict=True):
                    self.define(carried.result, self.operand(total))
                return
        values = [self.operand(i) for i in inits]
        results = self._run(stmt, start, extent, 1, values)
        for carried, result in zip(stmt.carried, results, strict=True):
            self.define(carried.result, result)

    def _from_zero(self, stmt: st.For, extent: str) -> tuple[st.For, str]:
        """The same loop counting from zero, and its extent; addresses start where the loop does (see `place`)."""
        count = self.emit(f"sub i64 {extent}, {self.operand(stmt.start)}")
        some = self.emit(f"icmp sgt i64 {count}, 0")
        extent = self.emit(f"select i1 {some}, i64 {count}, i64 0")
        self.counter += 1
        name = f"${self.counter}"
        counter = ex.name(name, "i64")
        self.moved[stmt.index] = (counter, stmt.start, len(self.levels) - 1)
        self.meaning[stmt.index] = ex.add(counter, stmt.start)
        return replace(stmt, index=name, start=st.ZERO), extent

    def _vector_part(self, stmt: st.For, extent: str, parts: Widths) -> tuple[list[Expr], str]:
        """The widened loops; what is left for the scalar one: carried values and first index."""
        whole, rest, masked = parts
        copies = stmt.unroll if stmt.separate_copies else 1
        stop = self.emit(f"and i64 {extent}, {-whole}")
        lanes = whole // copies
        totals = self._run(stmt, "0", stop, lanes, self._identities(stmt, lanes), copies=copies, left=rest or 1)
        if rest:
            start, stop = stop, extent if masked else self.emit(f"and i64 {extent}, {-rest}")
            totals = self._run(stmt, start, stop, rest, totals, masked=masked)
            totals = [self._across(c, t, rest, 1) for c, t in zip(stmt.carried, totals, strict=True)]
        bound = [(c, self.bind(c.type, t, 1)) for c, t in zip(stmt.carried, totals, strict=True)]
        # totals have begun with the identity, so one more changes none (not 0 into -0 either)
        return [t if starts_with_identity(c) else st.combine(c.op, c.init, t) for c, t in bound], stop

    def _identities(self, stmt: st.For, lanes: int) -> list[str]:
        return [ops.literal(st.identity(c.op, c.type), lanes) for c in stmt.carried]

    def _combined(self, carried: st.Carried, vectors: list[str], lanes: int, left: int) -> str:
        """Combine the accumulators of copies of a body, then their lanes."""
        while len(vectors) > 1:
            half = len(vectors) // 2
            pairs = zip(vectors[:half], vectors[half:], strict=True)
            bound = [[self.bind(carried.type, v, lanes) for v in pair] for pair in pairs]
            vectors = [self.operand(st.combine(carried.op, a, b), lanes) for a, b in bound]
        return self._across(carried, vectors[0], lanes, left)

    def _across(self, carried: st.Carried, vector: str, lanes: int, left: int) -> str:
        """Combine the lanes of an accumulator, halving, until `left` are left."""
        while lanes > left:
            half = lanes // 2
            t = ops.vector(carried.type, lanes)
            halves = []
            for first in (0, half):
                picks = ", ".join(f"i32 {first + k}" for k in range(half))
                halves.append(self.emit(f"shufflevector {t} {vector}, {t} poison, <{half} x i32> <{picks}>"))
            if half == 1:
                one = ops.vector(carried.type, 1)
                halves = [self.emit(f"extractelement <1 x {one}> {h}, i64 0") for h in halves]
            a, b = (self.bind(carried.type, h, half) for h in halves)
            vector, lanes = self.operand(st.combine(carried.op, a, b), half), half
        return vector

    def _run(
        self, stmt: st.For, start: str, stop: str, lanes: int, inits: list[str], together: bool = False,
        masked: bool = False, copies: int = 1, left: int = 0,
    ) -> list[str]:  # fmt: skip
        """Print ``for index in range(start, stop, lanes * copies)``; the carried values, given as `inits`, after it.

        With `together` it is a loop inside a vector loop, with a step of 1. With `masked` the last turn may have fewer
        than `lanes` iterations: its other lanes touch no memory and leave the carried values as they are. Each of
        several `copies` of the body has carried values of its own, identities at first. With `left` they are combined
        to so many lanes behind the loop, unless it has no turns: a single 512-bit instruction makes processors close a
        port to the narrower ones around it.
        """
        before = self.top
        guard = self.emit(f"icmp slt i64 {start}, {stop}")
        head, end = self.label(), self.label()
        counter, index, following = self.fresh(), self.fresh(), self.fresh()
        level = before.inside(head) if together else Level([], head, {}, stmt.index, index, lanes, len(self.levels))
        self.levels.append(level)
        if masked:
            level.remaining = self.emit(f"sub i64 {stop}, {index}")
            level.mask = self._mask() if self.isa.has_masks else ""
        print_body = self._part_body if masked and not level.mask else self._body
        phis, nexts = [], []
        for copy in range(copies):
            if copy:
                level.memo, level.copy = {}, copy
                level.index_ssa = self.emit(f"add nuw nsw i64 {index}, {copy * lanes}")
            own, found = print_body(stmt, index if together else level.index_ssa)
            phis += own
            nexts += found
        level.lines.append(f"{following} = add nuw nsw i64 {counter}, {1 if together else lanes * copies}")
        again = self.emit(f"icmp slt i64 {following}, {stop}")
        if stmt.until is not None:
            leave = self.operand(stmt.until)
            going = self.emit(f"xor i1 {leave}, true")
            again = self.emit(f"and i1 {again}, {going}")
        out = self.label() if left else end
        level.lines.append(f"br i1 {again}, label %{head}, label %{out}")
        latch, before_label = level.label, before.label  # hoisted branches may have changed them
        types = [ops.vector(c.type, lanes) for c in stmt.carried]
        opening = [f"{head}:", f"{counter} = phi i64 [{start}, %{before_label}], [{following}, %{latch}]"]
        for phi, t, init, nxt in zip(phis, types * copies, inits * copies, nexts, strict=True):
            opening.append(f"{phi} = phi {t} [{init}, %{before_label}], [{nxt}, %{latch}]")
        # Addresses are the best there are: freezing hides from LLVM that they step, and halves its time for such loops.
        opening += [f"{counter}.0 = add i64 {counter}, 0", f"{index} = freeze i64 {counter}.0"]
        level.lines[:0] = opening
        before.lines.append(f"br i1 {guard}, label %{head}, label %{end}")
        before.lines += self._close()
        if left:
            self.start(out)
            count = len(stmt.carried)
            nexts = [self._combined(c, nexts[k::count], lanes, left) for k, c in enumerate(stmt.carried)]
            inits, types = self._identities(stmt, left), [ops.vector(c.type, left) for c in stmt.carried]
            self.do(f"br label %{end}")
            latch = out
        self.start(end)
        if stmt.count:
            made = self.emit(f"phi i64 [{start}, %{before_label}], [{following}, %{latch}]")
            self.define(stmt.count, made)
        return [
            self.emit(f"phi {t} [{init}, %{before_label}], [{nxt}, %{latch}]")
            for t, init, nxt in zip(types, inits, nexts, strict=True)
        ]

    def _mask(self) -> str:
        """Which lanes of a vector loop count, in words that fill as many registers as the elements."""
        level = self.top
        lanes, count, word = level.lanes, level.remaining, "i64"
        if not self.isa.has_masks and lanes * 8 > self.isa.vector_bytes:
            count, word = self.emit(f"trunc i64 {count} to i32"), "i32"
        wide = self._splat(word, count, lanes, -1)
        return self.emit(f"icmp ugt <{lanes} x {word}> {wide}, {ops.counting(lanes, word)}")

    def _body(self, stmt: st.For, index: str) -> tuple[list[str], list[str]]:
        """Print the body of the innermost loop once; its carried values before it and after it."""
        phis = self._enter(stmt, index)
        self.block(stmt.body)
        nexts = [self.operand(c.next, self.top.lanes) for c in stmt.carried]
        return phis, self._kept(stmt, phis, nexts) if self.top.index == stmt.index else nexts

    def _enter(self, stmt: st.For, index: str) -> list[str]:
        phis = [self.fresh() for _ in stmt.carried]
        self.define(stmt.index, index)
        for phi, carried in zip(phis, stmt.carried, strict=True):
            self.define(carried.name, phi, self.top.lanes)
        return phis

    def _kept(self, stmt: st.For, phis: list[str], nexts: list[str]) -> list[str]:
        """Carried values after a body: lanes that do not count keep what they had."""
        level = self.top
        if not level.mask:
            return nexts
        mask = f"select <{level.lanes} x i1> {level.mask}"
        types = [ops.vector(c.type, level.lanes) for c in stmt.carried]
        return [self.emit(f"{mask}, {t} {nxt}, {t} {phi}") for t, nxt, phi in zip(types, nexts, phis, strict=True)]

    def _part_body(self, stmt: st.For, index: str) -> tuple[list[str], list[str]]:
        """The same where only the last turn needs a mask: the others load and store without, which is faster.

        What is loaded from stands still or is a row (see `widths`). A row's other lanes hold ones.
        """
        lanes = self.top.lanes
        phis = self._enter(stmt, index)
        accesses = [(s, *self.access(s.view, s.index)) for s in stmt.body if isinstance(s, st.Load)]
        rows = [(s, at) for s, kind, (at,) in accesses if kind == "row"]
        last = self.emit(f"icmp slt i64 {self.top.remaining}, {lanes}")
        types = [ops.vector(s.view.type, lanes) for s, _ in rows]
        found = self._either(last, types, lambda: [self.read(s.view.type, lanes, at) for s, at in rows])
        for (load, _), text in zip(rows, found, strict=True):
            self.define(load.name, text, lanes)
        first = [s for s, _ in rows]
        self.block([s for s in stmt.body if s not in first and not isinstance(s, st.Store)])
        nexts = [self.operand(c.next, lanes) for c in stmt.carried]
        stores = [
            (s.view.type, self.operand(s.value, lanes), *self.access(s.view, s.index)[1])
            for s in stmt.body
            if isinstance(s, st.Store)
        ]

        def finish() -> list[str]:
            for store in stores:
                self.write(*store)
            return self._kept(stmt, phis, nexts)

        return phis, self._either(last, [ops.vector(c.type, lanes) for c in stmt.carried], finish)

    def _either(self, last: str, types: list[str], block: Callable[[], list[str]]) -> list[str]:
        """What `block` prints, without a mask, or with one if `last` is true; its results."""
        level = self.top
        whole, part, end = self.label(), self.label(), self.label()
        self.do(f"br i1 {last}, label %{part}, label %{whole}")
        found = []
        for label in (whole, part):
            self.start(label)
            level.mask = self._mask() if label == part else ""
            found.append(block())
            self.do(f"br label %{end}")
        level.mask = ""
        self.start(end)
        return [self.emit(f"phi {t} [{a}, %{whole}], [{b}, %{part}]") for t, a, b in zip(types, *found, strict=True)]


def collect_stored(block: list[st.Stmt]) -> set[str]:
    """Base pointers that a block writes to."""
    return {s.view.base for s in st.walk(block) if isinstance(s, st.Store)}
