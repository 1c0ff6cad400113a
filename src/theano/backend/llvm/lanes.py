"""LLVM IR of loads and stores of lanes that lie some elements apart, and of loads with a condition.

Of elements at a distance of 2 to 4, vectors of what lies between the first and the last are read whole, and shuffled:
16 numbers at even places are two loads and one instruction instead of 32. No element behind the last one is touched.
Where all between them is stored, one store after the other, it is shuffled into vectors that are written whole.
Where a target can mask loads, the condition of a load is its mask. Else lanes without a number read a zero instead.
"""

from __future__ import annotations

from collections.abc import Callable

from theano.backend.llvm import spelling as ops
from theano.backend.llvm.values import ValuePrinter
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.runtime.module import Global

# The largest distance at which whole vectors are read.
NEAR = 4
# What is read where nothing is: as many bytes as that.
ZEROS = Global("zeros", f"constant [{64 * NEAR} x i8] zeroinitializer, align 64", linkage="internal")


class LanePrinter(ValuePrinter):
    """Prints the loads and stores that need more than an address."""

    def load_apart(self, stmt: st.Load) -> bool:
        type_, lanes = stmt.view.type, self.top.lanes
        if stmt.inside is not None:
            text, n = self._guarded(stmt)
            self.define(stmt.name, self.from_memory(type_, text, n), n)
            return True
        near = self._near(stmt) if lanes > 1 else None
        if near is None:
            return False
        self.define(stmt.name, self.from_memory(type_, self._shuffled(type_, *near, self.top.mask), lanes), lanes)
        return True

    # -- elements near each other ------------------------------------------------------------------------------
    def _near(self, stmt: st.Load | st.Store) -> tuple[str, int] | None:
        """The address of the first element and the distance of the others, in a loop over vectors, if that is short."""
        if self.top.mask and not self.isa.has_masks:
            return None
        found = self._steps(stmt)
        if found is None:
            return None
        base, step, rest, number = found
        start = self.address(base, stmt.view.type, ex.add(rest, ex.const(number, "i64")))
        at = self.emit(f"mul i64 {self.top.index_ssa}, {step}")
        return self.emit(f"getelementptr {ops.MEMORY[stmt.view.type]}, ptr {start}, i64 {at}"), step

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
            pieces.append(self._load_masked(type_, at, self._spread_mask(mask, picks)))
        # of each lane: the piece that its element is in, and the place there
        found, own = pieces[0], [max(n for n, first in enumerate(firsts) if first <= e) for e in wanted]
        for n in range(1, step):
            picks = []
            for k, (e, piece) in enumerate(zip(wanted, own, strict=True)):
                before = k if n > 1 else e
                picks.append(lanes + e - firsts[n] if piece == n else before if piece < n else 0)
            found = self._shuffle(ops.MEMORY[type_], found, pieces[n], picks)
        return found

    def together(self, stmts: list[st.Stmt], k: int) -> list[st.Store]:
        """The stores from the k-th statement on that fill the places between each other; nothing if there are none."""
        first = stmts[k]
        if not isinstance(first, st.Store) or (self.top.mask and not self.isa.has_masks):
            return []
        found = self._steps(first) if self.top.lanes > 1 else None
        if found is None:
            return []
        base, step, rest, behind = found
        stores = [s for s in stmts[k : k + step] if isinstance(s, st.Store) and s.view.type == first.view.type]
        wanted = [(base, step, rest, behind + n) for n in range(step)]
        return stores if [self._steps(s) for s in stores] == wanted else []

    def _steps(self, stmt: st.Load | st.Store) -> tuple[str, int, Expr, int] | None:
        """Base, distance of lanes if that is short, and that of the first: an expression and a number behind it."""
        level = self.top
        base, offset = self.place(stmt.view, stmt.index)
        split = self.split_linear(offset, level.index, level.owner)
        if split is None or self.value(split[1])[1] != 1:
            return None
        step, rest = split
        if step.op != "const" or not 2 <= step.value <= NEAR:
            return None
        plain, number = _apart(rest)
        return base, int(step.value), plain, number

    def store_together(self, stores: list[st.Store]) -> None:
        """Store ``values[n][k]`` at ``start[k * step + n]``, whole vectors at a time, or what a mask says of them."""
        type_, step, lanes, mask = stores[0].view.type, len(stores), self.top.lanes, self.top.mask
        t, function = ops.memory(type_, lanes), ops.masked("store", type_, lanes)
        near = self._near(stores[0])
        assert near is not None
        start, _ = near
        values = [self.to_memory(type_, self.operand(s.value, lanes), lanes) for s in stores]
        for first in range(0, step * lanes, lanes):
            wanted = [divmod(first + k, step) for k in range(lanes)]
            vector = values[0]
            for n in range(1, step):
                picks = []
                for k, (lane, value) in enumerate(wanted):
                    before = lane if n == 1 else k
                    picks.append(lanes + lane if value == n else before if value < n else 0)
                vector = self._shuffle(ops.MEMORY[type_], vector, values[n], picks)
            at = self.emit(f"getelementptr {ops.MEMORY[type_]}, ptr {start}, i64 {first}")
            if not mask:
                self.do(f"store {t} {vector}, ptr {at}, align {ex.ITEMSIZE[type_]}")
                continue
            counts = self._spread_mask(mask, [lane for lane, _ in wanted])
            self.use(function)
            align = f"i32 {ex.ITEMSIZE[type_]}"
            self.do(f"call void @{function.name}({t} {vector}, ptr {at}, {align}, <{lanes} x i1> {counts})")

    def _spread_mask(self, mask: str, picks: list[int]) -> str:
        """The lanes `picks` of a mask; none for a number beyond them."""
        return self._once((mask, *picks), lambda: self._shuffle("i1", mask, "zeroinitializer", picks))

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
    def _guarded(self, stmt: st.Load) -> tuple[str, int]:
        """The elements where a condition holds, else zeros; and in how many lanes.

        The part of it that is the same in all lanes decides where to read: there are zeros for those that are nowhere.
        """
        level, type_, lanes = self.top, stmt.view.type, self.top.lanes
        assert stmt.inside is not None
        same, mask = self._conditions(stmt.inside)
        near = self._near(stmt) if lanes > 1 and (self.isa.has_masks or not mask) else None
        kind, addresses = ("near", []) if near else self.access(stmt.view, stmt.index)
        if near is not None:
            start, step = near
            return self._shuffled(type_, self._or_zeros(same, start), step, self._both(mask, level.mask)), lanes
        if kind == "one" and not mask:
            return self.emit(f"load {ops.MEMORY[type_]}, ptr {self._or_zeros(same, addresses[0])}"), 1
        is_masked = self.isa.has_masks or (self.isa.masks_words and ex.ITEMSIZE[type_] >= 4)
        if kind == "row" and (is_masked or not self._both(mask, level.mask)):
            address, mask = self._or_zeros(same, addresses[0]), self._both(mask, level.mask)
            if mask:
                return self._load_masked(type_, address, mask), lanes
            return self.emit(f"load {ops.memory(type_, lanes)}, ptr {address}, align {ex.ITEMSIZE[type_]}"), lanes
        if same:
            mask = self._both(mask, self._splat("bool", same, lanes, -1))
        if kind == "picked":
            t, function = ops.memory(type_, lanes), ops.masked("gather", type_, lanes)
            self.use(function)
            at = f"<{lanes} x ptr> {addresses[0]}, i32 {ex.ITEMSIZE[type_]}"
            given = f"{at}, <{lanes} x i1> {self._both(mask, level.mask)}, {t} zeroinitializer"
            return self.emit(f"call {t} @{function.name}({given})"), lanes
        if kind == "row":
            element = ops.MEMORY[type_]
            addresses = [self.emit(f"getelementptr {element}, ptr {addresses[0]}, i64 {k}") for k in range(lanes)]
        found = self._each_or_zero(type_, self._both(mask, level.mask), addresses * (lanes if kind == "one" else 1))
        return found, lanes

    def _conditions(self, inside: Expr) -> tuple[str, str]:
        """A condition as one that is the same in all lanes and a mask; an empty text for what always holds."""
        always = ex.const(True, "bool")
        same, own, terms = always, always, [inside]
        while terms:
            term = terms.pop()
            if term.op == "and":
                terms += reversed(term.args)
            elif self.value(term)[1] == 1:
                same = ex.and_(same, term)
            else:
                own = ex.and_(own, term)
        lanes = self.top.lanes
        return "" if same is always else self.operand(same), "" if own is always else self.operand(own, lanes)

    def _both(self, a: str, b: str) -> str:
        """Two masks, of which there may be none."""
        if not a or not b:
            return a or b
        return self._once(("both", a, b), lambda: self.emit(f"and <{self.top.lanes} x i1> {a}, {b}"))

    def _once(self, key: tuple[object, ...], printed: Callable[[], str]) -> str:
        """What is printed once in this body."""
        memo = self.top.memo
        if key not in memo:
            memo[key] = printed(), self.top.lanes
        return memo[key][0]

    def _or_zeros(self, condition: str, address: str) -> str:
        """An address where a condition holds, else that of zeros."""
        if not condition:
            return address
        self.use(ZEROS)
        return self.emit(f"select i1 {condition}, ptr {address}, ptr @{ZEROS.name}")

    def _each_or_zero(self, type_: str, mask: str, addresses: list[str]) -> str:
        t, vector = ops.memory(type_, len(addresses)), "poison"
        for k, address in enumerate(addresses):
            condition = self.emit(f"extractelement <{len(addresses)} x i1> {mask}, i64 {k}")
            one = self.emit(f"load {ops.MEMORY[type_]}, ptr {self._or_zeros(condition, address)}")
            vector = self.emit(f"insertelement {t} {vector}, {ops.MEMORY[type_]} {one}, i64 {k}")
        return vector


def _apart(offset: Expr) -> tuple[Expr, int]:
    """An offset as an expression and a number."""
    plain, number, terms = st.ZERO, 0, [offset]
    while terms:
        term = terms.pop()
        if term.op == "add":
            terms += reversed(term.args)
        elif term.op == "const":
            number += term.value
        else:
            plain = ex.add(plain, term)
    return plain, number
