"""Readable text of programs and statements; a statement's line is told where it is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.loops.schema import ARGUMENT, EMPTIED, FILLED, SCHEMA, SLOT, Argument, Field, defined_names
from theano.loops.sharing import SharingPrinter

INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "idiv": "//", "irem": "%", "shl": "<<", "lshr": ">>>",
    "ashr": ">>", "and": "&", "or": "|", "xor": "^", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=",
}  # fmt: skip
PAD = "    "
# `brief` writes this many levels of an expression.
BRIEF = 4


# -- expressions -------------------------------------------------------------------------------------------
def leaf_text(node: Expr) -> str:
    """A constant (its type is left out where it is i64, f64 or bool) or a name."""
    if node.op == "name":
        return str(node.value)
    if node.type == "bool":
        return "true" if node.value else "false"
    return repr(node.value) if node.type in ("i64", "f64") else f"{node.value!r}:{node.type}"


def product_text(factors: Sequence[Expr], texts: Iterable[str], sign: str = "*") -> str:
    """Factors given as text, with a `sign` in between; sums and the like are put into parentheses."""
    several = len(factors) > 1
    shown = (operand_text(f, t) if several and f.op != "mul" else t for f, t in zip(factors, texts, strict=True))
    return f" {sign} ".join(shown)


def operand_text(node: Expr, text: str) -> str:
    """The text of an operand, in parentheses if it is infix."""
    return f"({text})" if node.op in INFIX and " " in text else text


def operation_text(node: Expr, args: list[str]) -> str:
    """An operation on operands given as text."""
    if node.op in INFIX:
        x, y = map(operand_text, node.args, args)
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


def argument_text(arg: Argument, text: Texts = brief) -> str:
    """An argument of a call: a number, or the address of an element."""
    if isinstance(arg, Expr):
        return text(arg)
    base, offset, type_ = arg
    return f"&{base}.{type_}[{text(offset)}]"


# -- fields ------------------------------------------------------------------------------------------------
class _Fields:
    """The fields of a statement as texts, for its template; `names` are all that it defines."""

    def __init__(self, stmt: st.Stmt, text: Texts) -> None:
        self.stmt = stmt
        self.text = text

    def __getitem__(self, name: str) -> str:
        if name == "names":
            return ", ".join(defined_names(self.stmt))
        schema = SCHEMA[type(self.stmt)]
        field = schema.fields[schema.names.index(name)]
        value = getattr(self.stmt, name)
        return ", ".join(self._one(field, one) for one in (value if field.many else (value,)))

    def _one(self, field: Field, value: Any) -> str:
        if isinstance(value, Expr):
            return self.text(value)
        if isinstance(value, st.View):
            assert isinstance(self.stmt, st.Load | st.Store | st.Prefetch)
            return view_text(value, self.stmt.index, self.text)
        if field.role == ARGUMENT:
            return argument_text(value, self.text)
        return f"slot {value}" if field.role in (SLOT, FILLED, EMPTIED) else str(value)


def line_text(stmt: st.Stmt, text: Texts) -> str:
    """The line of a statement, or the one above its block."""
    own = _OWN.get(type(stmt))
    return own(stmt, text) if own is not None else SCHEMA[type(stmt)].text.format_map(_Fields(stmt, text))


def statement_text(stmt: st.Stmt) -> str:
    """One line that tells what a statement is, for messages; long expressions are abridged.

    Examples
    --------
    >>> from theano.loops import expr as ex
    >>> statement_text(st.Let("a", ex.add(ex.name("b", "i64"), ex.const(1, "i64"))))
    'a = b + 1'
    """
    return line_text(stmt, brief)


# -- statements that leave out what goes without saying ----------------------------------------------------
def _load_text(stmt: st.Load, text: Texts) -> str:
    guard = "" if stmt.inside is None else f" if {text(stmt.inside)} else 0"
    return f"{stmt.name} = {view_text(stmt.view, stmt.index, text)}{guard}"


def _prefetch_text(stmt: st.Prefetch, text: Texts) -> str:
    level = f" into L{stmt.cache}" if stmt.cache > 1 else ""
    place = view_text(stmt.view, stmt.index, text)
    return f"prefetch {place} + {stmt.distance} bytes{' to write' if stmt.written else ''}{level}"


def _for_text(stmt: st.For, text: Texts) -> str:
    kind = "" if stmt.kind == "serial" else f" {stmt.kind}"
    if stmt.unroll > 1:
        kind += f" x{stmt.unroll}{' apart' if stmt.separate_copies else ''}"
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
    call = f"{stmt.kernel.name}({', '.join(argument_text(a, text) for a in stmt.args)})"
    if stmt.ranges is None:
        return call
    r = stmt.ranges
    call += f" below {text(r.extent)}" if r.start is st.ZERO else f" from {text(r.start)} to {text(r.extent)}"
    if not r.least:
        return call
    how = f"{', then finish' if r.finish else ''}{', by one thread' if r.alone else ''}"
    return f"{call}, in ranges: weight {text(r.weight)}, from {r.least}{how}"


def _call_back_text(stmt: hs.CallBack, text: Texts) -> str:
    made, given = (", ".join(f"slot {k}" for k in slots) for slots in (stmt.outputs, stmt.inputs))
    return f"{f'{made} = ' if made else ''}callback {stmt.word}({given})"


_OWN: dict[type, Callable[[Any, Texts], str]] = {
    st.For: _for_text, st.Load: _load_text, st.Prefetch: _prefetch_text, hs.Slices: _slices_text,
    hs.CallKernel: _call_text, hs.CallBack: _call_back_text,
}  # fmt: skip


class TextPrinter(SharingPrinter):
    """Writes one function."""

    def leaf(self, node: Expr) -> str:
        return leaf_text(node)

    def render(self, node: Expr, args: list[str]) -> str:
        return operation_text(node, args)

    def named(self, name: str, node: Expr, text: str) -> str:
        return f"{name} = {text}"

    def block(self, stmts: list[st.Stmt]) -> None:
        around = self.about
        for stmt in stmts:
            self.about = stmt
            line = line_text(stmt, self.expr)
            if isinstance(stmt, st.For):
                carried = stmt.carried
                self._nested(line, stmt.body, [stmt.index, *(c.name for c in carried)], stmt)
                self._define([*(c.result for c in carried), *filter(None, [stmt.count])])
            elif isinstance(stmt, hs.Slices):
                self._nested(line, stmt.body, [stmt.lo, stmt.hi])
            elif isinstance(stmt, st.If):
                self._nested(line, stmt.then)
                if stmt.orelse:
                    self._nested("else", stmt.orelse)
            else:
                self.line(line)
                self._define(defined_names(stmt))
        self.about = around

    def _define(self, names: Iterable[str]) -> None:
        for name in names:
            self.define(name)

    def _nested(self, head: str, body: list[st.Stmt], names: Iterable[str] = (), loop: st.For | None = None) -> None:
        """A line, and below it a block that knows `names`; at its end what each round of a `loop` comes to."""
        self.open(branch=loop is None)
        self._define(names)
        self.block(body)
        if loop is not None:
            for c in loop.carried:
                self.line(f"{c.result} <- {self.expr(c.next)}  ({c.op})", c)
            if loop.until is not None:
                self.line(f"until {self.expr(loop.until)}")
        lines = self.close()
        self.line(head)
        self.levels[-1].lines += [PAD + line for line in lines]


def function_lines(function: st.Kernel | None, block: list[st.Stmt]) -> list[str]:
    """A kernel, or main; lines that were written for something are `Line`s."""
    head, printer = "main", TextPrinter(block)
    if function is not None:
        params = ", ".join(f"{name}: {type_}" for name, type_ in function.params)
        head = f"{'ranged ' if function.ranged else ''}kernel {function.name}({params})"
        for name, _ in function.params:
            printer.define(name)
    printer.block(block)
    return [head, *(PAD + line for line in printer.levels[0].lines)]


def program_lines(program: hs.Program) -> dict[str, list[str]]:
    """The lines of each kernel, and of ``main``."""
    kernels = {kernel.name: function_lines(kernel, kernel.body) for kernel in program.kernels}
    return {**kernels, "main": function_lines(None, program.main)}


def program_text(program: hs.Program) -> str:
    """The whole program, for golden tests and for reading.

    An expression that is used more than once is named (``e1 = …``) where its operands are known, so the text
    is as long as the program, not as the tree of its expressions.
    """
    return "\n".join("\n".join([*lines, ""]) for lines in program_lines(program).values())
