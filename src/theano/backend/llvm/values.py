"""LLVM IR of a loop program, as text.

The printer walks the statements once. Each open loop is a `Level` with its own list of lines; an expression is
printed at the level where its last operand becomes known, so invariant work and row addresses are hoisted, and
once a level, so common sub-expressions are shared. LLVM then only selects instructions.

Vector loops are widened here by one rule: what depends on a vector load is a vector, the rest stays scalar and is
broadcast where the two meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.backend.llvm import spelling as ops
from theano.base.record import Record, field
from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.linear import linear_part
from theano.runtime.module import Global, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa


# Bytes of a cache line.
LINE = 64
# At most so many lanes of a masked loop are loaded one by one.
CLAMPED = 8
PREFETCH = intrinsic("llvm.prefetch.p0", "void", "ptr", "i32 immarg", "i32 immarg", "i32 immarg")


class Level(Record):
    """One open loop (or the function itself): its text so far and what has been printed in it.

    In and below a vector loop `index` is its index, `lanes` how many of its iterations run at once, `copy` which of
    several vectors is being printed, and `owner` the level that it is. In a masked loop only the lanes of `mask` count,
    the first `remaining` ones.
    """

    lines: list[str] = field(default_factory=list)
    label: str = "entry"
    memo: dict[object, tuple[str, int]] = field(default_factory=dict)
    index: str = ""
    index_ssa: str = ""
    lanes: int = 1
    owner: int = 0
    copy: int = 0
    mask: str = ""
    remaining: str = ""

    def inside(self, label: str = "entry") -> Level:
        """A block in this loop."""
        return Level(
            label=label, index=self.index, index_ssa=self.index_ssa, lanes=self.lanes, owner=self.owner, copy=self.copy,
            mask=self.mask, remaining=self.remaining,
        )  # fmt: skip


class ValuePrinter:
    """Prints expressions, loads and stores of one function body; `llvm_loops` has statements around them.

    Loads whose lanes are not side by side, or not all there, are in `llvm_lanes`.
    """

    def load_apart(self, stmt: st.Load) -> bool:
        """Print a load that is guarded, or of elements at a short regular distance; whether it is one."""
        raise NotImplementedError

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.levels: list[Level] = [Level()]
        self.names: dict[str, tuple[str, int, int]] = {}  # name -> (ssa, lanes, level)
        self.depths: dict[Expr, int] = {}
        self.known: dict[int, list[Expr]] = {}  # the same by level
        self.stored: set[str] = set()
        # loops that do not start at zero: index -> index from zero on, start, level around
        self.moved: dict[str, tuple[Expr, Expr, int]] = {}
        # names that are printed as expressions where somebody asks for them
        self.meaning: dict[str, Expr] = {}
        self.counter = 0
        self.uses: set[str] = set()  # names of functions and globals
        self.intrinsics: dict[str, Global] = {}  # those of them that are to be declared

    # -- small helpers -----------------------------------------------------------------------------
    def fresh(self) -> str:
        self.counter += 1
        return f"%t{self.counter}"

    def label(self) -> str:
        self.counter += 1
        return f"b{self.counter}"

    def use(self, item: Global) -> None:
        """What is printed needs an intrinsic, or metadata."""
        self.intrinsics[item.name] = item
        self.uses.add(item.name)

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
            elif node.op == "name" and node.value not in self.meaning:
                depth = depths[node] = self.names[node.value][2]
                self.known.setdefault(depth, []).append(node)
                stack.pop()
            else:
                args = (self.meaning[node.value],) if node.op == "name" else node.args
                missing = [a for a in args if a not in depths]
                if missing:
                    stack += missing
                else:
                    depth = depths[node] = max([depths[a] for a in args], default=0)
                    self.known.setdefault(depth, []).append(node)
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
                self.use(ops.declaration(node.op, type_, lanes))
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
        self.use(ops.SELDOM)
        lines.append(f"br i1 {cond}, label %{slow}, label %{end}, !prof !0")
        lines += [*block, f"br label %{end}"]
        after = level.label
        self.start(end, level)
        return self.emit(f"phi {t} [{picked}, %{after}], [{y}, %{before}]", depth), lanes

    def _name_value(self, node: Expr, depth: int) -> tuple[str, int]:
        if node.value in self.meaning:
            return self.value(self.meaning[node.value])
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
        return None if index in ex.names(expr) else (zero, expr)

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
            step, rest = linear_part(offset, name)
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

    def access(self, view: st.View, index: tuple[Expr, ...], clamped: bool = False) -> tuple[str, list[str]]:
        """How to reach an element in the current level: ("one"|"row"|"each"|"picked", addresses).

        Where only the lanes of a mask count, addresses that are not a row are one vector of pointers ("picked"). If
        `clamped`, those of few regular steps may instead stay at the last place that counts: a processor gathers no
        faster than it loads one by one, and there are machines that do it in 30 operations (Zen 4) or worse.
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
            if not level.mask or (clamped and level.lanes <= CLAMPED):
                stride = self.operand(step)
                at = self.emit(f"mul i64 {level.index_ssa}, {stride}")
                found = [self.emit(f"getelementptr {element}, ptr {start}, i64 {at}")]
                for k in range(1, level.lanes):
                    onward = stride
                    if level.mask:
                        more = self.emit(f"icmp ugt i64 {level.remaining}, {k}")
                        onward = self.emit(f"select i1 {more}, i64 {stride}, i64 0")
                    found.append(self.emit(f"getelementptr {element}, ptr {found[-1]}, i64 {onward}"))
                return "each", found
        text = self.operand(offset, level.lanes)
        pointer = self.names[base][0]
        if level.mask or (clamped and self.isa.gathers):
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
        mask = f"<{level.lanes} x i1> {level.mask or ops.all_lanes(level.lanes)}"
        function = ops.masked(name, type_, level.lanes)
        self.use(function)
        if value:
            self.do(f"call void @{function.name}({t} {value}, {at}, {align}, {mask})")
            return ""
        # where `rare` has no mask to ask, zeros would be rare arguments: powers of few elements took a quarter longer
        other = "zeroinitializer" if self.isa.has_masks else ops.literal(ex.const(1, type_), level.lanes)
        return self.emit(f"call {t} @{function.name}({at}, {align}, {mask}, {t} {other})")

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
        if stmt.inside is not None:
            depth = max(depth, self.depth(stmt.inside))
        inner, self.levels = self.levels[depth + 1 :], self.levels[: depth + 1]
        key = ("load", base, stmt.view.type, offset, stmt.inside)
        found = self.top.memo.get(key)
        if found is None:
            self._load_here(stmt)
            found = self.top.memo[key] = self.names[stmt.name][:2]
        self.define(stmt.name, *found)
        self.levels += inner

    def _load_here(self, stmt: st.Load) -> None:
        type_, lanes = stmt.view.type, self.top.lanes
        register = st.load_type(type_)
        if self.load_apart(stmt):
            return
        kind, addresses = self.access(stmt.view, stmt.index, clamped=True)
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
        raw = self.read(type_, n, addresses[0], "gather" if kind == "picked" else "load")
        self.define(stmt.name, self.from_memory(type_, raw, n), n)
        assert register in ops.REGISTER

    def read(self, type_: str, lanes: int, address: str, masked: str = "load") -> str:
        """Elements that lie side by side; those that count, by the intrinsic `masked`, where there is a mask."""
        if lanes > 1 and (self.top.mask or masked == "gather"):
            return self._masked(masked, type_, address)
        return self.emit(f"load {ops.memory(type_, lanes)}, ptr {address}, align {ex.ITEMSIZE[type_]}")

    def write(self, type_: str, text: str, address: str, masked: str = "store") -> None:
        """The same for storing the lanes of `text`."""
        if self.top.mask:
            self._masked(masked, type_, address, text)
        else:
            self.do(f"store {ops.memory(type_, self.top.lanes)} {text}, ptr {address}, align {ex.ITEMSIZE[type_]}")

    def store(self, stmt: st.Store) -> None:
        type_, lanes = stmt.view.type, self.top.lanes
        kind, addresses = self.access(stmt.view, stmt.index)
        align = f"align {ex.ITEMSIZE[type_]}"
        if kind == "one":
            text = self.to_memory(type_, self.operand(stmt.value), 1)
            self.do(f"store {ops.MEMORY[type_]} {text}, ptr {addresses[0]}, {align}")
            return
        text = self.to_memory(type_, self.operand(stmt.value, lanes), lanes)
        if self.top.mask or kind == "row":
            self.write(type_, text, addresses[0], "scatter" if kind == "picked" else "store")
            return
        for k, address in enumerate(addresses):
            one = self.emit(f"extractelement {ops.memory(type_, lanes)} {text}, i64 {k}")
            self.do(f"store {ops.MEMORY[type_]} {one}, ptr {address}, {align}")

    def prefetch(self, stmt: st.Prefetch) -> None:
        """One request for each cache line of a vector; scalar and masked loops are only what a vector loop has left."""
        level = self.top
        if level.lanes == 1 or level.mask or (stmt.distance and self.isa.foresees):
            return
        _, addresses = self.access(stmt.view, stmt.index)
        size = ex.ITEMSIZE[stmt.view.type]
        before = level.copy * level.lanes * size  # vectors shorter than a line share one
        for k in range(-before % LINE, level.lanes * size, LINE):
            address = self.emit(f"getelementptr i8, ptr {addresses[0]}, i64 {stmt.distance + k}")
            self.do(f"call void @llvm.prefetch.p0(ptr {address}, i32 {int(stmt.written)}, i32 {4 - stmt.cache}, i32 1)")
        self.use(PREFETCH)
