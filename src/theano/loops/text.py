"""Readable text of statements, and keys that are equal for equal kernels."""

from __future__ import annotations

from theano.loops import stmt as st
from theano.loops.expr import Expr, to_text


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
        elif isinstance(stmt, st.For):
            parts += ["for", stmt.index, stmt.extent, stmt.kind, stmt.unroll]
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


def program_text(program: st.Program) -> str:
    """The whole program, for golden tests and for reading."""
    lines: list[str] = []
    for kernel in program.kernels:
        params = ", ".join(f"{name}: {type_}" for name, type_ in kernel.params)
        lines.append(f"kernel {kernel.name}({params})")
        _print(kernel.body, lines, 1)
    lines.append("main")
    _print(program.main, lines, 1)
    return "\n".join(lines) + "\n"


def _print(block: list[st.Stmt], lines: list[str], depth: int) -> None:
    pad = "    " * depth
    for stmt in block:
        if isinstance(stmt, st.For):
            head = f"for {stmt.index} < {to_text(stmt.extent)}"
            if stmt.kind != "serial":
                head += f" {stmt.kind}" + (f" x{stmt.unroll}" if stmt.unroll > 1 else "")
            for c in stmt.carried:
                head += f", {c.name} = {to_text(c.init)}"
            lines.append(pad + head)
            _print(stmt.body, lines, depth + 1)
            for c in stmt.carried:
                lines.append(f"{pad}    {c.result} <- {to_text(c.next)}  ({c.op})")
        elif isinstance(stmt, st.If):
            lines.append(f"{pad}if {to_text(stmt.cond)}")
            _print(stmt.then, lines, depth + 1)
            lines.append(f"{pad}else")
            _print(stmt.orelse, lines, depth + 1)
        else:
            lines.append(pad + statement_text(stmt))


def view_text(view: st.View, index: tuple[Expr, ...]) -> str:
    terms = [f"{to_text(i)}*{to_text(s)}" for i, s in zip(index, view.strides, strict=True)]
    if view.offset.op != "const" or view.offset.value != 0 or not terms:
        terms.insert(0, to_text(view.offset))
    return f"{view.base}.{view.type}[{' + '.join(terms)}]"


def statement_text(stmt: st.Stmt) -> str:
    """One line for a statement without a block."""
    if isinstance(stmt, st.Load):
        return f"{stmt.name} = {view_text(stmt.view, stmt.index)}"
    if isinstance(stmt, st.Store):
        return f"{view_text(stmt.view, stmt.index)} = {to_text(stmt.value)}"
    if isinstance(stmt, st.Let):
        return f"{stmt.name} = {to_text(stmt.value)}"
    if isinstance(stmt, st.CallKernel):
        return f"{stmt.kernel.name}({', '.join(argument_text(a) for a in stmt.args)})"
    if isinstance(stmt, st.Check):
        return f"check {stmt.code}: {to_text(stmt.cond)} ({', '.join(map(to_text, stmt.operands))})"
    if isinstance(stmt, st.NewArray):
        return f"{stmt.name} = slot {stmt.slot}: new {stmt.type}[{', '.join(map(to_text, stmt.dims))}]"
    if isinstance(stmt, st.Workspace):
        return f"{stmt.name} = workspace {to_text(stmt.size)}"
    if isinstance(stmt, st.Carve):
        return f"{stmt.name} = {stmt.base} + {to_text(stmt.offset)} bytes"
    if isinstance(stmt, st.FrameWord):
        return f"{stmt.name}: {stmt.type} = frame[{stmt.word}]"
    if isinstance(stmt, st.ContextWord):
        return f"{stmt.name} = context[{stmt.word}]"
    if isinstance(stmt, st.Local):
        return f"{stmt.name} = stack {stmt.size} bytes"
    if isinstance(stmt, st.Call):
        return f"{stmt.symbol}({', '.join(argument_text(a) for a in stmt.args)})"
    if isinstance(stmt, st.CallBack):
        return f"slots {stmt.outputs} = callback[{stmt.word}](slots {stmt.inputs})"
    if isinstance(stmt, st.ArrayHeader):
        return f"{stmt.data}, {stmt.dims} = array in slot {stmt.slot}"
    if isinstance(stmt, st.HoldObject):
        return f"slot {stmt.slot} = object of {stmt.kind}[{stmt.word}]"
    if isinstance(stmt, st.SetStorage):
        return f"storage[{stmt.word}] = slot {stmt.slot}"
    if isinstance(stmt, st.Copy):
        return f"copy {stmt.target} <- {stmt.source}, {to_text(stmt.size)} bytes"
    return type(stmt).__name__.lower()


def argument_text(arg: Expr | tuple[str, Expr, str]) -> str:
    if isinstance(arg, Expr):
        return to_text(arg)
    base, offset, type_ = arg
    return f"&{base}.{type_}[{to_text(offset)}]"
