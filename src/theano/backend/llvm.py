"""LLVM IR of a loop program, as text.

The printer walks the statements once. Each open loop is a `Level` with its own list of lines; an expression is
printed at the level where its last operand becomes known, so invariant work and row addresses are hoisted, and
once a level, so common sub-expressions are shared. LLVM then only selects instructions.

Vector loops are widened here by one rule: what depends on a vector load is a vector, the rest stays scalar and is
broadcast where the two meet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from theano.backend import llvm_ops as ops
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.record import Record, field

if TYPE_CHECKING:
    from theano.runtime.target import Isa


class Level(Record):
    """One open loop (or the function itself): its text so far and what has been printed in it.

    In and below a vector loop `index` is its index, `lanes` how many of its iterations run at once, and `owner` the
    level that it is. In a masked loop only the lanes of `mask` count.
    """

    lines: list[str] = field(default_factory=list)
    label: str = "entry"
    memo: dict[object, tuple[str, int]] = field(default_factory=dict)
    index: str = ""
    index_ssa: str = ""
    lanes: int = 1
    owner: int = 0
    mask: str = ""

    def inside(self, label: str = "entry") -> Level:
        """A block in this loop."""
        return Level(
            label=label, index=self.index, index_ssa=self.index_ssa, lanes=self.lanes, owner=self.owner, mask=self.mask
        )


class FunctionPrinter:
    """Prints one function body; `BlockPrinter` methods for statements live in `llvm_main`."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.levels: list[Level] = [Level()]
        self.names: dict[str, tuple[str, int, int]] = {}  # name -> (ssa, lanes, level)
        self.depths: dict[Expr, int] = {}
        self.stored: set[str] = set()
        # loops that do not start at zero: index -> index from zero on, start, level around
        self.moved: dict[str, tuple[Expr, Expr, int]] = {}
        self.counter = 0
        self.intrinsics: set[str] = set()

    # -- small helpers -----------------------------------------------------------------------------
    def fresh(self) -> str:
        self.counter += 1
        return f"%t{self.counter}"

    def label(self) -> str:
        self.counter += 1
        return f"b{self.counter}"

    @property
    def top(self) -> Level:
        return self.levels[-1]

    def emit(self, text: str, depth: int = -1) -> str:
        """Append an instruction with a result to a level."""
        name = self.fresh()
        self.levels[depth].lines.append(f"{name} = {text}")
        return name

    def do(self, text: str) -> None:
        self.top.lines.append(text)

    def start(self, label: str, level: Level | None = None) -> None:
        """Open a new basic block in a level."""
        level = level or self.top
        level.lines.append(f"{label}:")
        level.label = label

    def define(self, name: str, ssa: str, lanes: int = 1, depth: int | None = None) -> None:
        self.names[name] = (ssa, lanes, len(self.levels) - 1 if depth is None else depth)

    def bind(self, type_: str, ssa: str, lanes: int) -> Expr:
        """A fresh named expression for a value already printed at the current level."""
        self.counter += 1
        name = f"${self.counter}"
        self.define(name, ssa, lanes)
        return ex.name(name, type_)

    # -- expressions ---------------------------------------------------------------------------------
    def depth(self, root: Expr) -> int:
        """The level at which `root` becomes known."""
        depths = self.depths
        found = depths.get(root)
        if found is not None:
            return found
        stack = [root]
        while stack:
            node = stack[-1]
            if node in depths:
                stack.pop()
            elif node.op == "name":
                depths[node] = self.names[node.value][2]
                stack.pop()
            else:
                missing = [a for a in node.args if a not in depths]
                if missing:
                    stack += missing
                else:
                    depths[node] = max([depths[a] for a in node.args], default=0)
                    stack.pop()
        return depths[root]

    def value(self, root: Expr) -> tuple[str, int]:
        """Print `root`; its SSA text and lane count (1: scalar, to be broadcast if needed)."""
        if root.op == "const":
            return ops.literal(root, 1), 1
        levels, depth = self.levels, self.depth(root)
        found = levels[depth].memo.get(root)
        if found is not None:
            return found
        depths, stack = self.depths, [root]
        while stack:
            node = stack[-1]
            memo = levels[depths[node]].memo
            if node in memo:
                stack.pop()
                continue
            missing = [a for a in self._first(node) if a.op != "const" and a not in levels[depths[a]].memo]
            if missing:
                stack += reversed(missing)
            else:
                memo[node] = self._print(node, depths[node])
                stack.pop()
        return levels[depth].memo[root]

    def _first(self, node: Expr) -> tuple[Expr, ...]:
        """The operands that are printed before an operation."""
        if node.op == "with_fma":
            return node.args[not self.isa.has_fma :][:1]
        return node.args[::2] if node.op == "rare" else node.args

    def _print(self, node: Expr, depth: int) -> tuple[str, int]:
        if node.op == "name":
            return self._name_value(node, depth)
        if node.op == "with_fma":
            return self.value(*self._first(node))
        if node.op == "rare":
            return self._print_rare(node, depth)
        levels, depths = self.levels, self.depths
        known = [("", 1) if a.op == "const" else levels[depths[a]].memo[a] for a in node.args]
        lanes = max([n for _, n in known])
        args: list[str] = []
        for a, (text, n) in zip(node.args, known, strict=True):
            wanted = n if node.op == "select" and not args else lanes  # one condition may serve all lanes
            if a.op == "const":
                text = ops.literal(a, wanted)
            elif n != wanted:
                text = self.spread(a, text, n, wanted)
            args.append(text)
        lines = self.levels[depth].lines
        type_ = node.args[0].type
        if node.op == "select":
            t = ops.vector(node.type, lanes)
            cond = ops.vector("bool", known[0][1])
            text = f"select {cond} {args[0]}, {t} {args[1]}, {t} {args[2]}"
            return self.emit(text, depth), lanes
        if node.op in ("cast", "bitcast"):
            return self._print_cast(node, type_, args[0], lanes, depth), lanes
        texts = ops.instruction(node.op, type_, lanes, args, self.isa)
        names: list[str] = []
        for text in texts:
            names.append(self.fresh())
            lines.append(f"{names[-1]} = {text.format(*names)}")
            if "@llvm." in text:
                self.intrinsics.add(ops.declaration(node.op, type_, lanes))
        return names[-1], lanes

    def _print_rare(self, node: Expr, depth: int) -> tuple[str, int]:
        """A block that is entered if the condition holds in any lane; what only it needs is printed in it."""
        level = self.levels[depth]
        cond, n = self.value(node.args[0])
        lines, memo, before = level.lines, level.memo, level.label
        slow, end = self.label(), self.label()
        level.lines, level.memo = [], dict(memo)
        self.start(slow, level)
        lanes = max(n, self.value(node.args[1])[1], self.value(node.args[2])[1])
        t = ops.vector(node.type, lanes)
        x = self.operand(node.args[1], lanes)
        block, level.lines, level.memo = level.lines, lines, memo
        y = self.operand(node.args[2], lanes)
        block.append(f"{self.fresh()} = select {ops.vector('bool', n)} {cond}, {t} {x}, {t} {y}")
        picked = block[-1].partition(" ")[0]
        if n > 1:
            if level.mask:
                cond = self.emit(f"and <{n} x i1> {cond}, {level.mask}", depth)
            bits = self.emit(f"bitcast <{n} x i1> {cond} to i{n}", depth)
            cond = self.emit(f"icmp ne i{n} {bits}, 0", depth)
        self.intrinsics.add(ops.SELDOM)
        lines.append(f"br i1 {cond}, label %{slow}, label %{end}, !prof !0")
        lines += [*block, f"br label %{end}"]
        after = level.label
        self.start(end, level)
        return self.emit(f"phi {t} [{picked}, %{after}], [{y}, %{before}]", depth), lanes

    def _name_value(self, node: Expr, depth: int) -> tuple[str, int]:
        ssa, lanes, _ = self.names[node.value]
        level = self.levels[depth]
        if level.lanes > 1 and node.value == level.index:
            wide = self._splat("i64", ssa, level.lanes, depth)
            return self.emit(f"add <{level.lanes} x i64> {wide}, {ops.counting(level.lanes)}", depth), level.lanes
        return ssa, lanes

    def _print_cast(self, node: Expr, source: str, arg: str, lanes: int, depth: int) -> str:
        target, s, t = node.type, ops.vector(source, lanes), ops.vector(node.type, lanes)
        word = "bitcast" if node.op == "bitcast" else ops.cast_op(source, target)
        if s == t:
            return arg
        return self.emit(f"{word} {s} {arg} to {t}", depth)

    def _splat(self, type_: str, ssa: str, lanes: int, depth: int) -> str:
        t = ops.vector(type_, lanes)
        one = self.emit(f"insertelement {t} poison, {ops.REGISTER[type_]} {ssa}, i64 0", depth)
        return self.emit(f"shufflevector {t} {one}, {t} poison, <{lanes} x i32> zeroinitializer", depth)

    def spread(self, expr: Expr, text: str, n: int, lanes: int) -> str:
        """The operand in `lanes` lanes; a broadcast is printed once, where its value is known."""
        if n == lanes:
            return text
        if expr.op == "const":
            return ops.literal(expr, lanes)
        depth = self.depth(expr)
        key = ("splat", expr, lanes)
        memo = self.levels[depth].memo
        if key not in memo:
            memo[key] = self._splat(expr.type, text, lanes, depth), lanes
        return memo[key][0]

    def operand(self, expr: Expr, lanes: int = 1) -> str:
        text, n = self.value(expr)
        return self.spread(expr, text, n, lanes)

    # -- memory --------------------------------------------------------------------------------------
    def split_linear(self, expr: Expr, index: str, depth: int) -> tuple[Expr, Expr] | None:
        """(c, r) with expr = c * index + r, both known before `depth` or (r) vectors; None if it is not linear."""
        zero, one = ex.const(0, "i64"), ex.const(1, "i64")
        if self.depth(expr) < depth:
            return zero, expr
        if expr.op == "name":
            return (one, zero) if expr.value == index else (zero, expr)
        parts = [self.split_linear(a, index, depth) for a in expr.args] if expr.op in ("add", "sub", "mul") else []
        if len(parts) == 2 and parts[0] is not None and parts[1] is not None:
            (c0, r0), (c1, r1) = parts[0], parts[1]
            if expr.op == "add":
                return ex.add(c0, c1), ex.add(r0, r1)
            if expr.op == "sub":
                return ex.sub(c0, c1), ex.sub(r0, r1)
            if c1 is zero:
                return ex.mul(c0, r1), ex.mul(r0, r1)
            if c0 is zero:
                return ex.mul(r0, c1), ex.mul(r0, r1)
        uses_index = any(n.op == "name" and n.value == index for n in ex.postorder((expr,)))
        return None if uses_index else (zero, expr)

    def linear_index(self, view: st.View, index: tuple[Expr, ...]) -> Expr:
        """The element offset, its terms added in the order in which they become known."""
        return self._in_order([view.offset, *(ex.mul(i, s) for i, s in zip(index, view.strides, strict=True))])

    def _in_order(self, terms: list[Expr]) -> Expr:
        flat: list[Expr] = []
        while terms:
            term = terms.pop()
            if term.op == "add":
                terms.extend(term.args)
            else:
                flat.append(term)
        flat.reverse()
        total = ex.const(0, "i64")
        for term in sorted(flat, key=self.depth):
            total = ex.add(total, term)
        return total

    def place(self, view: st.View, index: tuple[Expr, ...]) -> tuple[str, Expr]:
        """Pointer and element offset of an element.

        Where a loop does not start at zero, the pointer is moved to its first element, once. LLVM must not see that
        (`freeze`): it thinks long about addresses that are sums of more terms.
        """
        base, offset = view.base, self.linear_index(view, index)
        for name, (counter, start, level) in self.moved.items():
            step, rest = ops.linear_part(offset, name)
            if step is st.ZERO:
                continue
            if self.depth(step) > level:
                offset = self._in_order([ex.mul(step, ex.add(counter, start)), rest])
                continue
            first = ex.mul(step, start)
            key = ("base", base, view.type, first)
            memo = self.levels[level].memo
            if key not in memo:
                self.counter += 1
                moved = f"${self.counter}"
                address = self.address(base, view.type, first)
                self.define(moved, self.emit(f"freeze ptr {address}", level), depth=level)
                memo[key] = moved, 1
            base, offset = memo[key][0], self._in_order([ex.mul(step, counter), rest])
        return base, offset

    def address(self, base: str, type_: str, offset: Expr) -> str:
        """A scalar element address, printed where the offset is known."""
        pointer, _, base_depth = self.names[base]
        if offset.op == "const" and offset.value == 0:
            return pointer
        depth = max(self.depth(offset), base_depth)
        key = ("gep", base, type_, offset)
        memo = self.levels[depth].memo
        if key not in memo:
            text, lanes = self.value(offset)
            assert lanes == 1
            memo[key] = self.emit(f"getelementptr {ops.MEMORY[type_]}, ptr {pointer}, i64 {text}", depth), 1
        return memo[key][0]

    def access(self, view: st.View, index: tuple[Expr, ...]) -> tuple[str, list[str]]:
        """How to reach an element in the current level: ("one"|"row"|"each"|"picked", addresses).

        Where only the lanes of a mask count, addresses that are not a row are one vector of pointers ("picked").
        """
        level = self.top
        base, offset = self.place(view, index)
        if level.lanes == 1:
            return "one", [self.address(base, view.type, offset)]
        split = self.split_linear(offset, level.index, level.owner)
        element = ops.MEMORY[view.type]
        if split is not None and self.value(split[1])[1] == 1:
            step, rest = split
            if step.op == "const" and step.value == 0:
                return "one", [self.address(base, view.type, rest)]
            start = self.address(base, view.type, rest)
            if step.op == "const" and step.value == 1:
                return "row", [self.emit(f"getelementptr {element}, ptr {start}, i64 {level.index_ssa}")]
            if not level.mask:
                stride = self.operand(step)
                at = self.emit(f"mul i64 {level.index_ssa}, {stride}")
                found = [self.emit(f"getelementptr {element}, ptr {start}, i64 {at}")]
                for _ in range(1, level.lanes):
                    found.append(self.emit(f"getelementptr {element}, ptr {found[-1]}, i64 {stride}"))
                return "each", found
        text = self.operand(offset, level.lanes)
        pointer = self.names[base][0]
        if level.mask:
            return "picked", [self.emit(f"getelementptr {element}, ptr {pointer}, <{level.lanes} x i64> {text}")]
        found = []
        for k in range(level.lanes):
            at = self.emit(f"extractelement <{level.lanes} x i64> {text}, i64 {k}")
            found.append(self.emit(f"getelementptr {element}, ptr {pointer}, i64 {at}"))
        return "each", found

    def _masked(self, name: str, type_: str, address: str, value: str = "") -> str:
        """Call a masked intrinsic: `load`, `gather`, or, with the `value` in question, `store`, `scatter`."""
        level = self.top
        t, align = ops.memory(type_, level.lanes), f"i32 {ex.ITEMSIZE[type_]}"
        at = f"<{level.lanes} x ptr> {address}" if name in ("gather", "scatter") else f"ptr {address}"
        mask = f"<{level.lanes} x i1> {level.mask}"
        self.intrinsics.add(ops.masked_declaration(name, type_, level.lanes))
        symbol = ops.masked_name(name, type_, level.lanes)
        if value:
            self.do(f"call void @{symbol}({t} {value}, {at}, {align}, {mask})")
            return ""
        return self.emit(f"call {t} @{symbol}({at}, {align}, {mask}, {t} zeroinitializer)")

    def from_memory(self, type_: str, text: str, lanes: int) -> str:
        if type_ == "bool":
            return self.emit(f"icmp ne {ops.memory(type_, lanes)} {text}, {'0' if lanes == 1 else 'zeroinitializer'}")
        if type_ == "f16":
            return self.emit(f"fpext {ops.memory(type_, lanes)} {text} to {ops.vector('f32', lanes)}")
        return text

    def to_memory(self, type_: str, text: str, lanes: int) -> str:
        if type_ == "bool":
            return self.emit(f"zext {ops.vector('bool', lanes)} {text} to {ops.memory('bool', lanes)}")
        if type_ == "f16":
            return self.emit(f"fptrunc {ops.vector('f32', lanes)} {text} to {ops.memory('f16', lanes)}")
        return text

    def load(self, stmt: st.Load) -> None:
        """Print a load; one that nothing in the function stores to is hoisted to where its address is known."""
        if stmt.view.base in self.stored:
            self._load_here(stmt)
            return
        base, offset = self.place(stmt.view, stmt.index)
        depth = max(self.depth(offset), self.names[base][2])
        inner, self.levels = self.levels[depth + 1 :], self.levels[: depth + 1]
        key = ("load", base, stmt.view.type, offset)
        found = self.top.memo.get(key)
        if found is None:
            self._load_here(stmt)
            found = self.top.memo[key] = self.names[stmt.name][:2]
        self.define(stmt.name, *found)
        self.levels += inner

    def _load_here(self, stmt: st.Load) -> None:
        type_, lanes = stmt.view.type, self.top.lanes
        register = st.load_type(type_)
        kind, addresses = self.access(stmt.view, stmt.index)
        align = f"align {ex.ITEMSIZE[type_]}"
        if kind == "each":
            t = ops.memory(type_, lanes)
            vector = "poison"
            for k, address in enumerate(addresses):
                one = self.emit(f"load {ops.MEMORY[type_]}, ptr {address}, {align}")
                vector = self.emit(f"insertelement {t} {vector}, {ops.MEMORY[type_]} {one}, i64 {k}")
            self.define(stmt.name, self.from_memory(type_, vector, lanes), lanes)
            return
        n = 1 if kind == "one" else lanes
        if n > 1 and self.top.mask:
            raw = self._masked("gather" if kind == "picked" else "load", type_, addresses[0])
        else:
            raw = self.emit(f"load {ops.memory(type_, n)}, ptr {addresses[0]}, {align}")
        self.define(stmt.name, self.from_memory(type_, raw, n), n)
        assert register in ops.REGISTER

    def store(self, stmt: st.Store) -> None:
        type_, lanes = stmt.view.type, self.top.lanes
        kind, addresses = self.access(stmt.view, stmt.index)
        align = f"align {ex.ITEMSIZE[type_]}"
        if kind == "one":
            text = self.to_memory(type_, self.operand(stmt.value), 1)
            self.do(f"store {ops.MEMORY[type_]} {text}, ptr {addresses[0]}, {align}")
            return
        text = self.to_memory(type_, self.operand(stmt.value, lanes), lanes)
        if self.top.mask:
            self._masked("scatter" if kind == "picked" else "store", type_, addresses[0], text)
            return
        if kind == "row":
            self.do(f"store {ops.memory(type_, lanes)} {text}, ptr {addresses[0]}, {align}")
            return
        for k, address in enumerate(addresses):
            one = self.emit(f"extractelement {ops.memory(type_, lanes)} {text}, i64 {k}")
            self.do(f"store {ops.MEMORY[type_]} {one}, ptr {address}, {align}")

    # -- loops -----------------------------------------------------------------------------------------
    def block(self, stmts: list[st.Stmt]) -> None:
        for stmt in stmts:
            self.statement(stmt)

    def statement(self, stmt: st.Stmt) -> None:
        if isinstance(stmt, st.Let):
            self._let(stmt)
        elif isinstance(stmt, st.Load):
            self.load(stmt)
        elif isinstance(stmt, st.Store):
            self.store(stmt)
        elif isinstance(stmt, st.For):
            self.loop(stmt)
        elif isinstance(stmt, st.If):
            self.branch(stmt)
        elif isinstance(stmt, st.Local):
            self.local(stmt)
        elif isinstance(stmt, st.CallKernel):
            self.call_kernel(stmt)
        else:
            raise TypeError(f"{type(stmt).__name__} is not a statement of a kernel")

    def _let(self, stmt: st.Let) -> None:
        text, lanes = self.value(stmt.value)
        self.define(stmt.name, text, lanes, self.depth(stmt.value))

    def call_kernel(self, stmt: st.CallKernel) -> None:
        args = [self.argument(arg, type_) for arg, (_, type_) in zip(stmt.args, stmt.kernel.params, strict=True)]
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

    def branch(self, stmt: st.If) -> None:
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
        open_levels = len(self.levels)
        self.depths = {k: d for k, d in self.depths.items() if d < open_levels}
        return level.lines

    def loop(self, stmt: st.For) -> None:
        start, extent = "0", self.operand(stmt.extent)
        if stmt.start is not st.ZERO:
            stmt, extent = self._from_zero(stmt, extent)
        inits = [c.init for c in stmt.carried]
        lanes = self.top.lanes
        if lanes > 1:  # all lanes go through the loop together
            results = self._run(stmt, start, extent, lanes, [self.operand(i, lanes) for i in inits], together=True)
            for carried, result in zip(stmt.carried, results, strict=True):
                self.define(carried.result, result, lanes)
            return
        if stmt.kind == "vector":
            inits, start = self._vector_part(stmt, extent)
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
        self.moved[stmt.index] = (ex.name(name, "i64"), stmt.start, len(self.levels) - 1)
        body: list[st.Stmt] = [st.Let(stmt.index, ex.add(ex.name(name, "i64"), stmt.start)), *stmt.body]
        return replace(stmt, index=name, start=st.ZERO, body=body), extent

    def _vector_part(self, stmt: st.For, extent: str) -> tuple[list[Expr], str]:
        """The widened loops; what is left for the scalar one: carried values and first index."""
        whole, rest, masked = self._widths(stmt)
        stop = self.emit(f"and i64 {extent}, {-whole}")
        totals = self._run(stmt, "0", stop, whole, self._identities(stmt, whole), left=rest or 1)
        if rest:
            start, stop = stop, extent if masked else self.emit(f"and i64 {extent}, {-rest}")
            totals = self._run(stmt, start, stop, rest, totals, masked=masked)
            totals = [self._across(c, t, rest, 1) for c, t in zip(stmt.carried, totals, strict=True)]
        inits = [
            st.combine(c.op, c.init, self.bind(c.type, t, 1)) for c, t in zip(stmt.carried, totals, strict=True)
        ]
        return inits, stop

    def _identities(self, stmt: st.For, lanes: int) -> list[str]:
        return [ops.literal(st.identity(c.op, c.type), lanes) for c in stmt.carried]

    def _widths(self, stmt: st.For) -> tuple[int, int, bool]:
        """Lanes of the loop over whole vectors and of the one after it (0: none), and whether that one is masked.

        What is left is often all there is: half registers take half the time for divisions, and three ports instead of
        two take them. Only where each step waits for the last one (a serial loop inside) all of it goes at once.
        """
        lanes = choose_lanes(stmt, self.isa)
        whole = lanes * stmt.unroll
        if not self.isa.has_masks:
            return whole, lanes if stmt.unroll > 1 else 0, False
        serial = any(isinstance(inner, st.For) for inner in stmt.body)
        return whole, whole if serial else max(lanes // 2, 2), True

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
        masked: bool = False, left: int = 0,
    ) -> list[str]:  # fmt: skip
        """Print ``for index in range(start, stop, lanes)``; the carried values, given as `inits`, after it.

        With `together` it is a loop inside a vector loop, with a step of 1. With `masked` the last turn may have fewer
        than `lanes` iterations: its other lanes touch no memory and leave the carried values as they are. With `left`
        the results, identities at first, are combined to so many lanes behind the loop, unless it has no turns: a
        single 512-bit instruction makes processors close a port to the narrower ones around it.
        """
        before = self.top
        guard = self.emit(f"icmp slt i64 {start}, {stop}")
        head, end = self.label(), self.label()
        counter, index, following = self.fresh(), self.fresh(), self.fresh()
        phis = [self.fresh() for _ in inits]
        step = 1 if together else lanes
        level = before.inside(head) if together else Level([], head, {}, stmt.index, index, lanes, len(self.levels))
        self.levels.append(level)
        self.define(stmt.index, index)
        if masked:
            remaining = self._splat("i64", self.emit(f"sub i64 {stop}, {index}"), lanes, -1)
            level.mask = self.emit(f"icmp ugt <{lanes} x i64> {remaining}, {ops.counting(lanes)}")
        for phi, carried in zip(phis, stmt.carried, strict=True):
            self.define(carried.name, phi, lanes)
        self.block(stmt.body)
        nexts = [self.operand(c.next, lanes) for c in stmt.carried]
        types = [ops.vector(c.type, lanes) for c in stmt.carried]
        if masked:
            mask = f"select <{lanes} x i1> {level.mask}"
            nexts = [self.emit(f"{mask}, {t} {nxt}, {t} {phi}") for t, nxt, phi in zip(types, nexts, phis, strict=True)]
        level.lines.append(f"{following} = add nuw nsw i64 {counter}, {step}")
        again = self.emit(f"icmp slt i64 {following}, {stop}")
        if stmt.until is not None:
            leave = self.operand(stmt.until)
            going = self.emit(f"xor i1 {leave}, true")
            again = self.emit(f"and i1 {again}, {going}")
        out = self.label() if left else end
        level.lines.append(f"br i1 {again}, label %{head}, label %{out}")
        latch, before_label = level.label, before.label  # hoisted branches may have changed them
        opening = [f"{head}:", f"{counter} = phi i64 [{start}, %{before_label}], [{following}, %{latch}]"]
        for phi, t, init, nxt in zip(phis, types, inits, nexts, strict=True):
            opening.append(f"{phi} = phi {t} [{init}, %{before_label}], [{nxt}, %{latch}]")
        # Addresses are the best there are: freezing hides from LLVM that they step, and halves its time for such loops.
        opening += [f"{counter}.0 = add i64 {counter}, 0", f"{index} = freeze i64 {counter}.0"]
        level.lines[:0] = opening
        before.lines.append(f"br i1 {guard}, label %{head}, label %{end}")
        before.lines += self._close()
        if left:
            self.start(out)
            nexts = [self._across(c, n, lanes, left) for c, n in zip(stmt.carried, nexts, strict=True)]
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


def choose_lanes(stmt: st.For, isa: Isa) -> int:
    """Lanes of a vector loop: as many as the narrowest float (or int of 4 bytes and more) in it fills a register."""
    sizes = [8]
    for inner in st.walk(stmt.body):
        if isinstance(inner, st.Load | st.Store):
            size = ex.ITEMSIZE[inner.view.type]
            sizes.append(max(size, 4))
    return max(isa.vector_bytes // min(sizes), 2)


def collect_stored(block: list[st.Stmt]) -> set[str]:
    """Base pointers that a block writes to."""
    return {s.view.base for s in st.walk(block) if isinstance(s, st.Store)}
