"""C of a loop program, to be read and compiled: kernels as static functions.

The whole file is put together by `c_main.print_c`. Compile with ``-std=c11 -ffp-contract=off -lm``: fusing
what is not written as `fma` would change results.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from theano.backend.c import spelling as ops
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.sharing import SharingPrinter
from theano.loops.visitor import Visitor

PAD = "    "
KEYWORDS = frozenset(
    # words of C
    "auto bool break case char const continue default do double else enum extern false float for goto "
    "if inline int long register restrict return short signed sizeof static struct switch true typedef union "
    "unsigned void volatile while "
    # of its library
    "main abs exp log pow sin cos tan div gamma y0 y1 yn j0 j1 jn index "
    # and of the text around
    "slot status leave error outputs objects callback blocks new_array take grain".split()
)


def identifier(text: str) -> str:
    """`text` as a C identifier."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "v"
    return f"v{name}" if name[0].isdigit() else f"{name}_" if name in KEYWORDS else name


class CPrinter(Visitor, SharingPrinter):
    """Writes the statements of one function; names of the program become unique C names."""

    def __init__(self, block: list[st.Stmt], helpers: set[str], fma: bool, names: Mapping[str, str]) -> None:
        super().__init__(block)
        self.wanted = names
        self.helpers = helpers
        self.fma = fma
        self.plain = False
        self.cnames: dict[str, str] = {}
        self.used: set[str] = set()
        self.elements = element_types(block)
        self.stored = {s.view.base for s in st.walk(block) if isinstance(s, st.Store)}

    # -- the language ------------------------------------------------------------------------------
    def leaf(self, node: Expr) -> str:
        return ops.literal(node) if node.op == "const" else self.cnames[str(node.value)]

    def operands(self, node: Expr) -> tuple[Expr, ...]:
        return node.args[not self.fma :][:1] if node.op == "with_fma" else node.args

    def render(self, node: Expr, args: list[str]) -> str:
        if node.op == "with_fma":
            return args[0]
        return ops.operation(node, args, self.helpers, self.fma, self.plain)

    def named(self, name: str, node: Expr, text: str) -> str:
        return f"const {ops.TYPE[node.type]} {name} = {text};"

    def fresh(self) -> str:
        while (name := super().fresh()) in self.used:
            pass
        self.used.add(name)
        return name

    def name(self, program_name: str, wanted: str = "") -> str:
        """Define a name of the program; its C name is `wanted`, the one given for it, or like these."""
        self.define(program_name)
        base = name = identifier(wanted or self.wanted.get(program_name, "") or program_name)
        count = 1
        while name in self.used:
            count += 1
            name = f"{base}_{count}"
        self.used.add(name)
        self.cnames[program_name] = name
        return name

    def length(self, root: Expr) -> str:
        """A length or an address: no overflow."""
        self.plain = True
        text = self.expr(root)
        self.plain = False
        return text

    # -- memory ------------------------------------------------------------------------------------
    def element(self, base: str) -> str | None:
        """The type a pointer is declared with; None where several are used."""
        found = self.elements.get(base, set())
        return next(iter(found)) if len(found) == 1 else None

    def declared(self, base: str) -> str:
        """The C type of a pointer's elements."""
        type_ = self.element(base)
        return "char" if type_ is None else ops.MEMORY[type_]

    def typed(self, base: str, type_: str) -> str:
        """The pointer as one to elements of `type_`."""
        name = self.cnames[base]
        return name if self.element(base) == type_ else f"(({ops.MEMORY[type_]} *){name})"

    def access(self, view: st.View, index: tuple[Expr, ...]) -> str:
        terms = []
        for i, s in zip(index, view.strides, strict=True):
            factors = [t for t in (self.length(i), self.length(s)) if t != "1"]
            alone = i if s.op == "const" and s.value == 1 else s
            terms.append(" * ".join(map(ops.tight, factors)) if len(factors) > 1 else self._summand(alone))
        if view.offset.op != "const" or view.offset.value != 0 or not terms:
            terms.insert(0, self._summand(view.offset))
        return f"{self.typed(view.base, view.type)}[{' + '.join(terms)}]"

    def _summand(self, length: Expr) -> str:
        """A part of a sum: what binds more loosely than a sum stands in parentheses."""
        text = self.length(length)
        return text if length.op in ("add", "sub", "mul", "neg") else ops.tight(text)

    # -- statements --------------------------------------------------------------------------------
    def statement(self, stmt: st.Stmt) -> None:
        around, self.about = self.about, stmt
        super().statement(stmt)
        self.about = around

    def let(self, stmt: st.Let) -> None:
        value = self.expr(stmt.value)
        self.line(f"const {ops.TYPE[stmt.value.type]} {self.name(stmt.name)} = {value};")

    def load(self, stmt: st.Load) -> None:
        place = self.access(stmt.view, stmt.index)
        if stmt.view.type == "bool":
            place += " != 0"
        if stmt.inside is not None:
            place = f"{ops.tight(self.expr(stmt.inside))} ? {place} : 0"
        self.line(f"const {ops.TYPE[st.load_type(stmt.view.type)]} {self.name(stmt.name)} = {place};")

    def store(self, stmt: st.Store) -> None:
        value = self.expr(stmt.value)
        cast = "(_Float16)" if stmt.view.type == "f16" else ""
        self.line(f"{self.access(stmt.view, stmt.index)} = {cast}{ops.tight(value) if cast else value};")

    def prefetch(self, stmt: st.Prefetch) -> None:
        """Compilers of C have their own mind about memory."""

    def for_(self, stmt: st.For) -> None:
        start, extent = self.length(stmt.start), self.length(stmt.extent)
        inits = [self.expr(c.init) for c in stmt.carried]
        self.open()
        carried = [self.name(c.name) for c in stmt.carried]
        index = self.name(stmt.index)
        self.block(stmt.body)
        nexts = [self.expr(c.next) for c in stmt.carried]
        if len(nexts) > 1:  # one may need the old value of another
            texts, nexts = nexts, [f"next_{name}" for name in carried]
            for c, name, text in zip(stmt.carried, nexts, texts, strict=True):
                self.line(f"const {ops.TYPE[c.type]} {name} = {text};", c)
        leave = ""
        if stmt.until is not None:  # known before the next values take the place of these
            leave = f"leave_{index}"
            self.line(f"const bool {leave} = {self.expr(stmt.until)};")
        for c, name, text in zip(stmt.carried, carried, nexts, strict=True):
            self.line(f"{name} = {text};", c)
        if leave:
            self.line(f"if ({leave}) {{ {index}++; break; }}")
        body = self.close()
        for c, name, init in zip(stmt.carried, carried, inits, strict=True):
            self.line(f"{ops.TYPE[c.type]} {name} = {init};", c)
        if stmt.count:
            self.define(stmt.count)
            self.cnames[stmt.count] = index
            self.line(f"int64_t {index} = {start};")
        first = "" if stmt.count else f"int64_t {index} = {start}"
        self.line(f"for ({first}; {index} < {ops.tight(extent)}; {index}++) {{")
        self.levels[-1].lines += [*(PAD + line for line in body), "}"]
        for c, name in zip(stmt.carried, carried, strict=True):
            self.define(c.result)
            self.cnames[c.result] = name

    def if_(self, stmt: st.If) -> None:
        head = f"if ({self.length(stmt.cond)}) {{"
        for opening, side in ((head, stmt.then), ("} else {", stmt.orelse)):
            if side or opening == head:
                self.open(branch=True)
                self.block(side)
                body = self.close()
                self.line(opening)
                self.levels[-1].lines += [PAD + line for line in body]
        self.line("}")

    def local(self, stmt: st.Local) -> None:
        type_ = self.element(stmt.name) or "i8"
        count = max(-(-stmt.size // ex.ITEMSIZE[type_]), 1)
        self.line(f"_Alignas(64) {ops.MEMORY[type_]} {self.name(stmt.name)}[{count}];")


def element_types(block: Iterable[st.Stmt]) -> dict[str, set[str]]:
    """The types of the elements that are reached through each pointer."""
    found: dict[str, set[str]] = {}
    for stmt in st.walk(list(block)):
        if isinstance(stmt, st.Load | st.Store):
            found.setdefault(stmt.view.base, set()).add(stmt.view.type)
        elif isinstance(stmt, hs.CallKernel | hs.Call):
            for arg in stmt.args:
                if isinstance(arg, tuple):
                    found.setdefault(arg[0], set()).add(arg[2])
        elif isinstance(stmt, hs.NewArray):
            found.setdefault(stmt.name, set()).add(stmt.type)
    return found


def kernel_printer(
    kernel: st.Kernel, names: Mapping[str, str], helpers: set[str], fma: bool
) -> tuple[CPrinter, str]:
    """A printer with the kernel's parameters defined, and the C declaration of the kernel."""
    printer = CPrinter(kernel.body, helpers, fma, names)
    params = []
    for name, type_ in kernel.params:
        cname = printer.name(name)
        if type_ == "ptr":
            const = "" if name in printer.stored else "const "
            params.append(f"{const}{printer.declared(name)} *restrict {cname}")
        else:
            params.append(f"{ops.TYPE[type_]} {cname}")
    return printer, f"static void {kernel.name}({', '.join(params)})"


def kernel_lines(
    kernel: st.Kernel, names: Mapping[str, str], comment: str, helpers: set[str], fma: bool
) -> list[str]:
    """The C function of a kernel; lines that were written for something are `Line`s."""
    printer, head = kernel_printer(kernel, names, helpers, fma)
    printer.block(kernel.body)
    lines = [f"/* {comment} */"] if comment else []
    return [*lines, head, "{", *(PAD + line for line in printer.levels[0].lines), "}"]
