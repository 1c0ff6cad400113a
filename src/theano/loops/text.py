"""Readable text of programs and statements, and keys that are equal for equal kernels."""

from __future__ import annotations

from collections.abc import Callable

from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.sharing import SharingPrinter, defined_names

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "idiv": "//", "irem": "%", "shl": "<<", "lshr": ">>>",
    "ashr": ">>", "and": "&", "or": "|", "xor": "^", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=",
}  # fmt: skip
PAD = "    "
# `brief` writes this many levels of an expression.
BRIEF = 4


def kernel_key(kernel: st.Kernel) -> tuple[object, ...]:
    """Equal for kernels that differ in their name only. Valid while expressions stay interned."""
    parts: list[object] = [tuple(kernel.params)]
    _key(kernel.body, parts)
    return tuple(parts)


def _key(block: list[st.Stmt], parts: list[object]) -> None:
    for stmt in block:
        if isinstance(stmt, st.Load):
            v = stmt.view
            parts += ["load", stmt.name, v.base, v.type, v.offset, v.strides, stmt.index]
        elif isinstance(stmt, st.Store):
            v = stmt.view
            parts += ["store", v.base, v.type, v.offset, v.strides, stmt.index, stmt.value]
        elif isinstance(stmt, st.Prefetch):
            v = stmt.view
            parts += ["prefetch", v.base, v.type, v.offset, v.strides, stmt.index, stmt.distance, stmt.written]
            parts.append(stmt.cache)
        elif isinstance(stmt, st.For):
            parts += ["for", stmt.index, stmt.start, stmt.extent, stmt.kind, stmt.unroll, stmt.apart]
            parts += [(c.name, c.op, c.type, c.init, c.next, c.result) for c in stmt.carried]
            _key(stmt.body, parts)
            parts.append("end")
        elif isinstance(stmt, st.Let):
            parts += ["let", stmt.name, stmt.value]
        elif isinstance(stmt, st.Local):
            parts += ["local", stmt.name, stmt.size]
        elif isinstance(stmt, st.If):
            parts += ["if", stmt.cond]
            _key(stmt.then, parts)
            parts.append("else")
            _key(stmt.orelse, parts)
            parts.append("end")
        else:
            raise TypeError(f"{type(stmt).__name__} in a kernel")


# -- expressions -------------------------------------------------------------------------------------------
def leaf_text(node: Expr) -> str:
    """A constant (its type is left out where it is i64, f64 or bool) or a name."""
    if node.op == "name":
        return str(node.value)
    if node.type == "bool":
        return "true" if node.value else "false"
    return repr(node.value) if node.type in ("i64", "f64") else f"{node.value!r}:{node.type}"


def operation_text(node: Expr, args: list[str]) -> str:
    """An operation on operands given as text; infix ones are put into parentheses."""
    if node.op in INFIX:
        x, y = (f"({a})" if k.op in INFIX and " " in a else a for k, a in zip(node.args, args, strict=True))
        return f"{x} {INFIX[node.op]} {y}"
    op = f"{node.op}.{node.type}" if node.op in ("cast", "bitcast") else node.op
    return f"{op}({', '.join(args)})"


def brief(node: Expr, levels: int = BRIEF) -> str:
    """The outermost operations of an expression, for messages."""
    if not node.args:
        return leaf_text(node)
    if not levels:
        return "…"
    return operation_text(node, [brief(a, levels - 1) for a in node.args])


# -- statements --------------------------------------------------------------------------------------------
Texts = Callable[[Expr], str]


def view_text(view: st.View, index: tuple[Expr, ...], text: Texts = brief) -> str:
    """``base.type[offset + i*stride]``."""
    terms = []
    for i, s in zip(index, view.strides, strict=False):
        factors = [f"({t})" if " " in t else t for t in (text(i), text(s)) if t != "1"]
        terms.append("*".join(factors) or "1")
    if view.offset.op != "const" or view.offset.value != 0 or not terms:
        terms.insert(0, text(view.offset))
    return f"{view.base}.{view.type}[{' + '.join(terms)}]"


def argument_text(arg: Expr | tuple[str, Expr, str], text: Texts = brief) -> str:
    """An argument of a call: a number, or the address of an element."""
    if isinstance(arg, Expr):
        return text(arg)
    base, offset, type_ = arg
    return f"&{base}.{type_}[{text(offset)}]"


def _arguments(args: list[Expr | tuple[str, Expr, str]], text: Texts) -> str:
    return ", ".join(argument_text(a, text) for a in args)


def _slots(slots: tuple[int, ...]) -> str:
    return ", ".join(f"slot {k}" for k in slots)


# one line for each kind of statement that holds no block: statement, text of an expression -> line
LINES: dict[type, Callable[..., str]] = {
    st.Let: lambda s, t: f"{s.name} = {t(s.value)}",
    st.Load: lambda s, t: f"{s.name} = {view_text(s.view, s.index, t)}",
    st.Store: lambda s, t: f"{view_text(s.view, s.index, t)} = {t(s.value)}",
    st.Prefetch: lambda s, t: (
        f"prefetch {view_text(s.view, s.index, t)} + {s.distance} bytes{' to write' if s.written else ''}"
        f"{f' into L{s.cache}' if s.cache > 1 else ''}"
    ),
    hs.CallKernel: lambda s, t: _call_text(s, t),
    hs.Call: lambda s, t: f"{s.symbol}({_arguments(s.args, t)})",
    hs.CallBack: lambda s, t: f"{_slots(s.outputs)} = callback {s.word}({_slots(s.inputs)})",
    hs.Check: lambda s, t: f"check {s.code}: {t(s.cond)} ({', '.join(map(t, s.operands))})",
    hs.FrameWord: lambda s, t: f"{s.name}: {s.type} = frame {s.word}",
    hs.ContextWord: lambda s, t: f"{s.name}: ptr = context {s.word}",
    st.Local: lambda s, t: f"{s.name}: ptr = stack, {s.size} bytes",
    hs.Workspace: lambda s, t: f"{s.name}: ptr = workspace, {t(s.size)} bytes",
    hs.Carve: lambda s, t: f"{s.name}: ptr = {s.base} + {t(s.offset)} bytes",
    hs.NewArray: lambda s, t: f"{s.name}: ptr = slot {s.slot} = new {s.type}[{', '.join(map(t, s.dims))}]",
    hs.ArrayHeader: lambda s, t: f"{', '.join((s.data, *s.dims))} = header of slot {s.slot}",
    hs.HoldObject: lambda s, t: f"slot {s.slot} = object of {s.kind} {s.word}",
    hs.Release: lambda s, t: f"release slot {s.slot}",
    hs.Move: lambda s, t: f"slot {s.target} = moved from slot {s.source}",
    hs.SetStorage: lambda s, t: f"storage {s.word} = slot {s.slot}",
    hs.Copy: lambda s, t: f"copy {s.target} = {s.source}, {t(s.size)} bytes",
    hs.Poll: lambda s, t: "poll",
    hs.ReleaseGil: lambda s, t: f"release the GIL if {t(s.cond)}",
    hs.TakeGil: lambda s, t: "take the GIL",
    hs.Work: lambda s, t: f"work of {t(s.picoseconds)} ps",
    hs.Spend: lambda s, t: f"leave unless {t(s.picoseconds)} ps may be spent",
    hs.Commit: lambda s, t: "commit",
}


def statement_text(stmt: st.Stmt) -> str:
    """One line that tells what a statement is, for messages; long expressions are abridged.

    Examples
    --------
    >>> from theano.loops import expr as ex
    >>> statement_text(st.Let("a", ex.add(ex.name("b", "i64"), ex.const(1, "i64"))))
    'a = b + 1'
    """
    if isinstance(stmt, st.For):
        return _for_text(stmt, brief)
    if isinstance(stmt, st.If):
        return f"if {brief(stmt.cond)}"
    if isinstance(stmt, hs.Slices):
        return _slices_text(stmt, brief)
    return LINES[type(stmt)](stmt, brief)


def _for_text(stmt: st.For, text: Texts) -> str:
    kind = "" if stmt.kind == "serial" else f" {stmt.kind}"
    if stmt.unroll > 1:
        kind += f" x{stmt.unroll}{' apart' if stmt.apart else ''}"
    carried = "".join(f", {c.name} = {text(c.init)}" for c in stmt.carried)
    count = f"{stmt.count} = " if stmt.count else ""
    first = "" if stmt.start is st.ZERO else f"{text(stmt.start)} <= "
    return f"{count}for {first}{stmt.index} < {text(stmt.extent)}{kind}{carried}"


def _slices_text(stmt: hs.Slices, text: Texts) -> str:
    slices = f"for slices {stmt.lo} to {stmt.hi} of {text(stmt.extent)}"
    if not stmt.least:
        return slices
    return f"{slices}, {stmt.fewest} rows or more: weight {text(stmt.weight)}, from {stmt.least}"


def _call_text(stmt: hs.CallKernel, text: Texts) -> str:
    call = f"{stmt.kernel.name}({_arguments(stmt.args, text)})"
    if stmt.ranges is None:
        return call
    r = stmt.ranges
    call += f" below {text(r.extent)}" if r.start is st.ZERO else f" from {text(r.start)} to {text(r.extent)}"
    if not r.least:
        return call
    how = f"{', then finish' if r.finish else ''}{', by one thread' if r.alone else ''}"
    return f"{call}, in ranges: weight {text(r.weight)}, from {r.least}{how}"


class TextPrinter(SharingPrinter):
    """Writes one function."""

    def leaf(self, node: Expr) -> str:
        return leaf_text(node)

    def render(self, node: Expr, args: list[str]) -> str:
        return operation_text(node, args)

    def named(self, name: str, node: Expr, text: str) -> str:
        return f"{name} = {text}"

    def block(self, stmts: list[st.Stmt]) -> None:
        for stmt in stmts:
            if isinstance(stmt, st.For):
                self._for(stmt)
            elif isinstance(stmt, st.If):
                self._if(stmt)
            elif isinstance(stmt, hs.Slices):
                self._slices(stmt)
            else:
                self.line(LINES[type(stmt)](stmt, self.expr))
                for name in defined_names(stmt):
                    self.define(name)

    def _for(self, stmt: st.For) -> None:
        head = _for_text(stmt, self.expr)
        self.open()
        for name in (stmt.index, *(c.name for c in stmt.carried)):
            self.define(name)
        self.block(stmt.body)
        for c in stmt.carried:
            self.line(f"{c.result} <- {self.expr(c.next)}  ({c.op})")
        if stmt.until is not None:
            self.line(f"until {self.expr(stmt.until)}")
        body = self.close()
        self.line(head)
        self.levels[-1].lines += [PAD + line for line in body]
        for name in (*(c.result for c in stmt.carried), *([stmt.count] if stmt.count else [])):
            self.define(name)

    def _slices(self, stmt: hs.Slices) -> None:
        head = _slices_text(stmt, self.expr)
        self.open(branch=True)
        self.define(stmt.lo)
        self.define(stmt.hi)
        self.block(stmt.body)
        body = self.close()
        self.line(head)
        self.levels[-1].lines += [PAD + line for line in body]

    def _if(self, stmt: st.If) -> None:
        head = f"if {self.expr(stmt.cond)}"
        for word, side in ((head, stmt.then), ("else", stmt.orelse)):
            if word == "else" and not side:
                continue
            self.open(branch=True)
            self.block(side)
            body = self.close()
            self.line(word)
            self.levels[-1].lines += [PAD + line for line in body]


def function_text(head: str, params: list[str], block: list[st.Stmt]) -> str:
    """A kernel or main."""
    printer = TextPrinter(block)
    for name in params:
        printer.define(name)
    printer.block(block)
    return "\n".join([head, *(PAD + line for line in printer.levels[0].lines)]) + "\n"


def program_text(program: hs.Program) -> str:
    """The whole program, for golden tests and for reading.

    An expression that is used more than once is named (``e1 = …``) where its operands are known, so the text
    is as long as the program, not as the tree of its expressions.
    """
    texts = []
    for kernel in program.kernels:
        params = ", ".join(f"{name}: {type_}" for name, type_ in kernel.params)
        names = [name for name, _ in kernel.params]
        head = f"{'ranged ' if kernel.ranged else ''}kernel {kernel.name}({params})"
        texts.append(function_text(head, names, kernel.body))
    texts.append(function_text("main", [], program.main))
    return "\n".join(texts)
