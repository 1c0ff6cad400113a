"""LLVM IR of whole kernels, and of the functions that let threads share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.backend import llvm_ops as ops
from theano.backend.llvm import FunctionPrinter, collect_stored
from theano.loops import stmt as st
from theano.runtime import abi

if TYPE_CHECKING:
    from theano.runtime.target import Isa


def print_kernel(kernel: st.Kernel, isa: Isa) -> tuple[str, set[str]]:
    """The text of a kernel's function and the intrinsics it declares."""
    printer = FunctionPrinter(isa)
    printer.stored = collect_stored(kernel.body)
    params = []
    for name, type_ in kernel.params:
        ssa = f"%{name}"
        printer.define(name, ssa, depth=0)
        params.append(f"ptr noalias {ssa}" if type_ == "ptr" else f"{ops.REGISTER[type_]} {ssa}")
    printer.block(kernel.body)
    printer.do("ret void")
    body = "\n".join(printer.top.lines)
    text = f"define internal void @{kernel.name}({', '.join(params)}) noinline nounwind {{\nentry:\n{body}\n}}\n"
    return text, printer.intrinsics


def declaration(kernel: st.Kernel) -> str:
    """The declaration of a kernel's function, for another module."""
    types = ["ptr noalias" if type_ == "ptr" else ops.REGISTER[type_] for _, type_ in kernel.params]
    return f"declare void @{kernel.name}({', '.join(types)})"


def team_call(name: str, kernel: st.Kernel, ranges: st.Ranges) -> str:
    """Two functions: one calls a kernel itself for little work, else the team (see `runtime.team_ir`) with the other.

    What both need is written once, however often main calls the kernel.
    """
    params = [f"{ops.REGISTER[type_]} %{p}" for p, type_ in kernel.params[:-2]]
    own = ", ".join(params)
    stores, loads = [], []
    for k, param in enumerate(params):
        type_, _, ssa = param.partition(" ")
        stores += [f"%at{k} = getelementptr i64, ptr %args, i64 {k}", f"store {param}, ptr %at{k}"]
        loads += [f"%at{k} = getelementptr i64, ptr %args, i64 {k}", f"{ssa} = load {type_}, ptr %at{k}"]
    before = f"{own}, " if own else ""
    head = ["ptr %ctx", "i64 %extent", "i64 %weight", *params]
    lines = [
        f"define internal void @{name}_part(ptr %args, i64 %lo, i64 %hi) {abi.QUICKLY}nounwind {{", *loads,
        f"call void @{kernel.name}({before}i64 %lo, i64 %hi)", "ret void", "}",
        f"define internal void @{name}({', '.join(head)}) {abi.QUICKLY}nounwind {{",
        f"%args = alloca [{max(len(params), 1)} x i64], align 8",
        "%total = mul i64 %extent, %weight", f"%worth = icmp sge i64 %total, {ranges.least}",
        "br i1 %worth, label %team, label %alone", "alone:",
        f"call void @{kernel.name}({before}i64 0, i64 %extent)", "ret void",
        "team:", *stores,
        f"%word = getelementptr i64, ptr %ctx, i64 {abi.CTX['parallel']}", "%parallel = load ptr, ptr %word",
        f"call void %parallel(ptr @{name}_part, ptr %args, i64 %extent, i64 %weight, i32 {int(ranges.finish)})",
        "ret void", "}", "",
    ]  # fmt: skip
    return "\n".join(lines)
