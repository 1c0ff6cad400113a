"""LLVM IR of whole kernels, and of the functions that let threads share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.backend.llvm import spelling as ops
from theano.backend.llvm.clock import NOTE_TIME, Clock
from theano.backend.llvm.loops import FunctionPrinter, collect_stored
from theano.base.record import replace
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.runtime import abi
from theano.runtime.module import Function, Global

if TYPE_CHECKING:
    from theano.runtime.target import Isa


# A body with more constants than that does not have them all in registers.
CONSTANTS = 12


def print_kernel(kernel: st.Kernel, isa: Isa) -> tuple[list[Function], dict[str, Global]]:
    """The functions of a kernel, and the intrinsics that they use.

    Where loops over vectors with many constants stand in the loop over positions, that one calls a function for each
    position: LLVM would load the constants before the outer loop, needed or not, and move them about in the inner ones.
    """
    loop = kernel.body[0] if kernel.ranged else None
    if not isinstance(loop, st.For) or loop.kind != "serial" or not _has_many_constants(loop.body):
        function, intrinsics = _function(kernel.name, kernel.params, kernel.body, isa)
        return [function], intrinsics
    own = [*kernel.params[:-2], (loop.index, "i64")]
    one, intrinsics = _function(f"{kernel.name}_one", own, loop.body, isa)
    args = [(n, st.ZERO, "i8") if t == "ptr" else ex.name(n, t) for n, t in own]
    call = hs.CallKernel(st.Kernel(f"{kernel.name}_one", own, []), args)
    rest = kernel.body[1:]
    around, more = _function(
        kernel.name, kernel.params, [replace(loop, body=[call]), *rest], isa, is_quick=not has_vectors(rest)
    )
    return [one, around], intrinsics | more


def has_vectors(body: list[st.Stmt]) -> bool:
    """Whether there are loops over vectors."""
    return any(isinstance(s, st.For) and s.kind == "vector" for s in st.walk(body))


def _function(
    name: str, params: list[tuple[str, str]], body: list[st.Stmt], isa: Isa, is_quick: bool = False
) -> tuple[Function, dict[str, Global]]:
    printer = FunctionPrinter(isa)
    printer.stored = collect_stored(body)
    typed = []
    for param, type_ in params:
        ssa = f"%{param}"
        printer.define(param, ssa, depth=0)
        typed.append(f"ptr noalias {ssa}" if type_ == "ptr" else f"{ops.REGISTER[type_]} {ssa}")
    printer.block(body)
    printer.do("ret void")
    body_text = "\n".join(["entry:", *printer.top.lines])
    how = f"{abi.QUICKLY if is_quick else 'noinline '}nounwind"
    function = Function(
        name, f"void @{name}({', '.join(typed)})", body_text, frozenset(printer.uses), how, is_quick=is_quick
    )
    return function, printer.intrinsics


def _has_many_constants(body: list[st.Stmt]) -> bool:
    loops = [s for s in body if isinstance(s, st.For) and s.kind == "vector"]
    values = [s.value for loop in loops for s in st.walk(loop.body) if isinstance(s, st.Let | st.Store)]
    values += [c.next for loop in loops for c in loop.carried]
    return sum(e.op == "const" and e.type in ex.FLOATS for e in ex.postorder(tuple(values))) > CONSTANTS


def team_call(name: str, kernel: st.Kernel, ranges: hs.Ranges, clock: Clock | None = None) -> list[Function]:
    """Functions: `name` lets the team run a kernel (see `native.team_ir`, also for what it returns).

    What the calls of main need is written once, however many there are; but for those that a `clock` measures.
    """
    how = abi.FINISH * ranges.finish + abi.ALONE * ranges.alone
    params = [f"{ops.REGISTER[type_]} %{p}" for p, type_ in kernel.params]
    stores, loads = [], []
    for k, param in enumerate(params[:-2]):
        type_, _, ssa = param.partition(" ")
        stores += [f"%at{k} = getelementptr i64, ptr %args, i64 {k}", f"store {param}, ptr %at{k}"]
        loads += [f"%at{k} = getelementptr i64, ptr %args, i64 {k}", f"{ssa} = load {type_}, ptr %at{k}"]
    head = ", ".join([*params[:-2], "i64 %extent", "i64 %weight", "ptr %ctx", "ptr %node"])
    call, uses = [f"call void @{kernel.name}({', '.join(params)})"], {kernel.name}
    if clock is not None:
        buffer = f"%at{len(params) - 2}"
        noted = f"{buffer} = getelementptr i64, ptr %args, i64 {len(params) - 2}"
        call = [
            noted, f"%noted = load ptr, ptr {buffer}", f"%start = call i64 @{clock.reading.name}()", *call,
            clock.range_ends("%noted", "%start"),
        ]  # fmt: skip
        uses |= {clock.reading.name, NOTE_TIME}
        stores += [
            f"%clock = getelementptr i64, ptr %ctx, i64 {clock.word}", "%noted = load ptr, ptr %clock", noted,
            f"store ptr %noted, ptr {buffer}",
        ]  # fmt: skip
    part = [*loads, *call, "ret void"]
    lines = [
        f"%args = alloca [{max(len(params) - 2 + (clock is not None), 1)} x i64], align 8", *stores,
        f"%word = getelementptr i64, ptr %ctx, i64 {abi.CTX['parallel']}", "%parallel = load ptr, ptr %word",
        f"%status = call i32 %parallel(ptr @{name}_part, ptr %args, i64 %extent, i64 %weight, i32 {how}, "
        "ptr %ctx, ptr %node, ptr @storages)",
        "ret i32 %status",
    ]  # fmt: skip
    return [
        glue(f"{name}_part", f"void @{name}_part(ptr %args, i64 %lo, i64 %hi)", part, uses),
        glue(name, f"i32 @{name}({head})", lines, {f"{name}_part", "storages"}),
    ]


def glue(name: str, head: str, lines: list[str], uses: set[str], is_quick: bool = True) -> Function:
    """A function that computes little itself."""
    return Function(name, head, "\n".join(lines), frozenset(uses), f"{abi.QUICKLY}nounwind", is_quick=is_quick)
