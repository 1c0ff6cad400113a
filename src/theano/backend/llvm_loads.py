"""LLVM IR of loads of what lies some elements apart, and of those with a condition.

Of elements at a distance of 2 to 4, vectors of what lies between the first and the last are read whole, and shuffled:
16 numbers at even places are two loads and one instruction instead of 32. No element behind the last one is touched.
Where a target can mask loads, the condition of a load is its mask. Else lanes without a number read a zero instead.
"""

from __future__ import annotations

from theano.backend import llvm_ops as ops
from theano.backend.llvm import ValuePrinter
from theano.loops import expr as ex
from theano.loops import stmt as st

# The largest distance at which whole vectors are read.
NEAR = 4


class LoadPrinter(ValuePrinter):
    """Prints the loads that need more than an address."""

    def load_apart(self, stmt: st.Load) -> bool:
        type_, lanes = stmt.view.type, self.top.lanes
        if stmt.inside is not None:
            condition, n = self.value(stmt.inside)
            text, n = self._guarded(stmt, condition, n)
            self.define(stmt.name, self.from_memory(type_, text, n), n)
            return True
        near = self._near(stmt) if lanes > 1 else None
        if near is None:
            return False
        self.define(stmt.name, self.from_memory(type_, self._shuffled(type_, *near, self.top.mask), lanes), lanes)
        return True

    # -- elements near each other ------------------------------------------------------------------------------
    def _near(self, stmt: st.Load) -> tuple[str, int] | None:
        """The address of the first element and the distance of the others, in a loop over vectors, if that is short."""
        level, view = self.top, stmt.view
        if level.mask and not self.isa.has_masks:
            return None
        base, offset = self.place(view, stmt.index)
        split = self.split_linear(offset, level.index, level.owner)
        if split is None or self.value(split[1])[1] != 1:
            return None
        step, rest = split
        if step.op != "const" or not 2 <= step.value <= NEAR:
            return None
        start = self.address(base, view.type, rest)
        at = self.emit(f"mul i64 {level.index_ssa}, {step.value}")
        return self.emit(f"getelementptr {ops.MEMORY[view.type]}, ptr {start}, i64 {at}"), int(step.value)

    def _shuffled(self, type_: str, start: str, step: int, mask: str) -> str:
        """The elements ``start[k * step]``, those of a mask if there is one."""
        lanes, t = self.top.lanes, ops.memory(type_, self.top.lanes)
        wanted = [k * step for k in range(lanes)]
        firsts = [n * lanes for n in range(step)]
        if not mask:
            firsts[-1] = wanted[-1] + 1 - lanes
        pieces = []
        for first in firsts:
            at = self.emit(f"getelementptr {ops.MEMORY[type_]}, ptr {start}, i64 {first}")
            if not mask:
                pieces.append(self.emit(f"load {t}, ptr {at}, align {ex.ITEMSIZE[type_]}"))
                continue
            picks = [(first + k) // step if (first + k) % step == 0 else lanes for k in range(lanes)]
            pieces.append(self._load_masked(type_, at, self._shuffle("i1", mask, "zeroinitializer", picks)))
        # of each lane: the piece that its element is in, and the place there
        found, own = pieces[0], [max(n for n, first in enumerate(firsts) if first <= e) for e in wanted]
        for n in range(1, step):
            picks = []
            for k, (e, piece) in enumerate(zip(wanted, own, strict=True)):
                before = k if n > 1 else e
                picks.append(lanes + e - firsts[n] if piece == n else before if piece < n else 0)
            found = self._shuffle(ops.MEMORY[type_], found, pieces[n], picks)
        return found

    def _shuffle(self, element: str, a: str, b: str, picks: list[int]) -> str:
        t, lanes = f"<{len(picks)} x {element}>", len(picks)
        places = ", ".join(f"i32 {p}" for p in picks)
        return self.emit(f"shufflevector {t} {a}, {t} {b}, <{lanes} x i32> <{places}>")

    def _load_masked(self, type_: str, address: str, mask: str) -> str:
        lanes = self.top.lanes
        t, function = ops.memory(type_, lanes), ops.masked("load", type_, lanes)
        self.use(function)
        align = f"i32 {ex.ITEMSIZE[type_]}"
        return self.emit(
            f"call {t} @{function.name}(ptr {address}, {align}, <{lanes} x i1> {mask}, {t} zeroinitializer)"
        )

    # -- with a condition --------------------------------------------------------------------------------------
    def _guarded(self, stmt: st.Load, condition: str, n: int) -> tuple[str, int]:
        """The elements where a condition holds, else zeros; and in how many lanes."""
        level, type_ = self.top, stmt.view.type
        lanes = level.lanes
        if lanes == 1:
            _, (address,) = self.access(stmt.view, stmt.index)
            return self._one_or_zero(type_, condition, address), 1
        is_masked = self.isa.has_masks or (self.isa.masks_words and ex.ITEMSIZE[type_] >= 4)
        near = self._near(stmt) if self.isa.has_masks else None
        kind, addresses = ("near", [""]) if near else self.access(stmt.view, stmt.index)
        if kind == "one" and n == 1:
            return self._one_or_zero(type_, condition, addresses[0]), 1
        mask = self.operand(stmt.inside, lanes)
        if level.mask:
            mask = self.emit(f"and <{lanes} x i1> {mask}, {level.mask}")
        if near is not None:
            return self._shuffled(type_, *near, mask), lanes
        if kind == "row" and is_masked:
            return self._load_masked(type_, addresses[0], mask), lanes
        if kind == "picked":
            t, function = ops.memory(type_, lanes), ops.masked("gather", type_, lanes)
            self.use(function)
            at = f"<{lanes} x ptr> {addresses[0]}, i32 {ex.ITEMSIZE[type_]}"
            given = f"{at}, <{lanes} x i1> {mask}, {t} zeroinitializer"
            return self.emit(f"call {t} @{function.name}({given})"), lanes
        if kind == "row":
            element = ops.MEMORY[type_]
            addresses = [self.emit(f"getelementptr {element}, ptr {addresses[0]}, i64 {k}") for k in range(lanes)]
        return self._each_or_zero(type_, mask, addresses * (lanes if kind == "one" else 1)), lanes

    def _one_or_zero(self, type_: str, condition: str, address: str) -> str:
        """One element; where the condition does not hold, a zero on the stack is read instead."""
        at = self.emit(f"select i1 {condition}, ptr {address}, ptr {self._zero()}")
        return self.emit(f"load {ops.MEMORY[type_]}, ptr {at}, align {ex.ITEMSIZE[type_]}")

    def _each_or_zero(self, type_: str, mask: str, addresses: list[str]) -> str:
        t, vector = ops.memory(type_, len(addresses)), "poison"
        for k, address in enumerate(addresses):
            condition = self.emit(f"extractelement <{len(addresses)} x i1> {mask}, i64 {k}")
            one = self._one_or_zero(type_, condition, address)
            vector = self.emit(f"insertelement {t} {vector}, {ops.MEMORY[type_]} {one}, i64 {k}")
        return vector

    def _zero(self) -> str:
        memo = self.levels[0].memo
        if "zero" not in memo:
            name = self.fresh()
            self.levels[0].lines[:0] = [f"{name} = alloca i64, align 8", f"store i64 0, ptr {name}, align 8"]
            memo["zero"] = name, 1
        return memo["zero"][0]
