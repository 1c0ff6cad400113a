"""How each primitive is spelled in LLVM IR: tables, no control flow."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.runtime.module import Global, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa

REGISTER = {"bool": "i1", "f32": "float", "f64": "double", "ptr": "ptr", **{t: "i" + t[1:] for t in ex.INTS}}
MEMORY = {**REGISTER, "bool": "i8", "f16": "half", "c64": "[2 x float]", "c128": "[2 x double]"}

FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "frem": "frem"}
INT_OPS = {
    "add": "add", "sub": "sub", "mul": "mul", "shl": "shl", "lshr": "lshr", "ashr": "ashr",
    "and": "and", "or": "or", "xor": "xor",
}  # fmt: skip
INTRINSICS = {
    "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint", "abs": "fabs",
    "copysign": "copysign", "fma": "fma",
}  # fmt: skip
# how often the branch of `rare` is taken
SELDOM = Global("!0", '!0 = !{!"branch_weights", i32 1, i32 1000}')
FLOAT_COMPARE = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
INT_COMPARE = {"eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}


def vector(type_: str, lanes: int) -> str:
    """The LLVM register type of `type_` in `lanes` lanes."""
    scalar = REGISTER[type_]
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


def memory(type_: str, lanes: int) -> str:
    """The LLVM memory type of `type_` in `lanes` lanes."""
    scalar = MEMORY[type_]
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


@functools.lru_cache(4096)
def literal(expr: Expr, lanes: int) -> str:
    """A constant operand."""
    if expr.type in ex.FLOATS:
        # LLVM writes float constants as the double they widen to
        text = f"0x{ex.float_bits(expr.value, 'f64'):016X}"
    elif expr.type == "bool":
        text = "true" if expr.value else "false"
    else:
        text = str(expr.value)
    return text if lanes == 1 else f"splat ({REGISTER[expr.type]} {text})"


def cast_op(source: str, target: str) -> str:
    """The conversion instruction from one register type to another."""
    if source in ex.FLOATS and target in ex.FLOATS:
        return "fpext" if target == "f64" else "fptrunc"
    if source in ex.FLOATS:
        return "fptoui" if target in ex.UNSIGNED else "fptosi"
    if target in ex.FLOATS:
        return "sitofp" if source in ex.SIGNED else "uitofp"
    if source == "bool":
        return "zext"
    wide, narrow = ex.ITEMSIZE[target], ex.ITEMSIZE[source]
    if wide == narrow:
        return "bitcast"
    if wide < narrow:
        return "trunc"
    return "sext" if source in ex.SIGNED else "zext"


def instruction(op: str, type_: str, lanes: int, args: list[str], isa: Isa) -> list[str]:
    """The instructions of a primitive; the last one's value is the result, `{0}`, `{1}`, ... those before it."""
    t = vector(type_, lanes)
    if op == "scale":
        return _scale(type_, lanes, args, isa)
    if op in ("eq", "ne", "lt", "le", "gt", "ge"):
        if type_ in ex.FLOATS:
            return [f"fcmp {FLOAT_COMPARE[op]} {t} {args[0]}, {args[1]}"]
        sign = "" if op in ("eq", "ne") else "s" if type_ in ex.SIGNED else "u"
        return [f"icmp {sign}{INT_COMPARE[op]} {t} {args[0]}, {args[1]}"]
    if op == "neg":
        return [f"fneg {t} {args[0]}"] if type_ in ex.FLOATS else [f"sub {t} {zero(type_, lanes)}, {args[0]}"]
    if op == "half":
        short = memory("f16", lanes)
        return [f"fptrunc {t} {args[0]} to {short}", f"fpext {short} {{0}} to {t}"]
    if op == "not":
        ones = literal(ex.const(True if type_ == "bool" else -1, type_), lanes)
        return [f"xor {t} {args[0]}, {ones}"]
    if op == "abs" and type_ not in ex.FLOATS:
        return [f"call {t} @llvm.abs.{suffix(type_, lanes)}({t} {args[0]}, i1 false)"]
    if op == "fma" and not isa.has_fma:
        return [f"fmul {t} {args[0]}, {args[1]}", f"fadd {t} {{0}}, {args[2]}"]
    if op in INTRINSICS:
        operands = ", ".join(f"{t} {a}" for a in args)
        return [f"call {t} @llvm.{INTRINSICS[op]}.{suffix(type_, lanes)}({operands})"]
    if op in ("idiv", "irem"):
        word = ("s" if type_ in ex.SIGNED else "u") + op[1:]
        return [f"{word} {t} {args[0]}, {args[1]}"]
    table = FLOAT_OPS if type_ in ex.FLOATS else INT_OPS
    return [f"{table[op]} {t} {args[0]}, {args[1]}"]


def _scale(type_: str, lanes: int, args: list[str], isa: Isa) -> list[str]:
    """One instruction of AVX-512, else two factors, each with half of the exponent taken from the bits of `t`."""
    t = vector(type_, lanes)
    size = 8 * lanes * ex.ITEMSIZE[type_]
    magic = ex.const(ex.MAGIC[type_], type_)
    if isa.has_masks and size >= 128:
        texts = [f"fsub {t} {args[1]}, {literal(magic, lanes)}"]
        wide = max(size // 512, 1)
        n = lanes // wide
        p, tail = vector(type_, n), ", i32 4" if wide > 1 or size == 512 else ""
        parts = []
        for k in range(wide):
            x, e = args[0], "{0}"
            if wide > 1:
                picks = f"<{n} x i32> <{', '.join(f'i32 {k * n + i}' for i in range(n))}>"
                texts += [f"shufflevector {t} {v}, {t} poison, {picks}" for v in (x, e)]
                x, e = f"{{{len(texts) - 2}}}", f"{{{len(texts) - 1}}}"
            name = scale_name(type_, size // wide)
            texts.append(f"call {p} @{name}({p} {x}, {p} {e}, {p} zeroinitializer, i{max(n, 8)} -1{tail})")
            parts.append(f"{{{len(texts) - 1}}}")
        while len(parts) > 1:
            p, picks = vector(type_, n), f"<{2 * n} x i32> <{', '.join(f'i32 {i}' for i in range(2 * n))}>"
            both = list(zip(parts[::2], parts[1::2], strict=True))
            parts = [f"{{{len(texts) + k}}}" for k in range(len(both))]
            texts += [f"shufflevector {p} {a}, {p} {b}, {picks}" for a, b in both]
            n *= 2
        return texts
    word = ex.int_of(type_)
    w, mantissa = vector(word, lanes), literal(ex.const(52 if type_ == "f64" else 23, word), lanes)
    bias = 2 * (1023 if type_ == "f64" else 127) - ex.float_bits(magic.value, type_)
    return [
        f"bitcast {t} {args[1]} to {w}",
        f"add {w} {{0}}, {literal(ex.const(bias, word), lanes)}",
        f"lshr {w} {{1}}, {literal(ex.const(1, word), lanes)}",
        f"sub {w} {{1}}, {{2}}",
        f"shl {w} {{2}}, {mantissa}",
        f"shl {w} {{3}}, {mantissa}",
        f"bitcast {w} {{4}} to {t}",
        f"bitcast {w} {{5}} to {t}",
        f"fmul {t} {args[0]}, {{6}}",
        f"fmul {t} {{8}}, {{7}}",
    ]


def scale_name(type_: str, size: int) -> str:
    """The intrinsic for vectors of `size` bits."""
    return f"llvm.x86.avx512.mask.scalef.{'pd' if type_ == 'f64' else 'ps'}.{size}"


def zero(type_: str, lanes: int) -> str:
    return literal(ex.const(0, type_), lanes)


def suffix(type_: str, lanes: int) -> str:
    """The overload suffix of an intrinsic, such as v4f64."""
    scalar = type_ if type_ in ex.FLOATS else REGISTER[type_]
    return scalar if lanes == 1 else f"v{lanes}{scalar}"


def declaration(op: str, type_: str, lanes: int) -> Global:
    """The intrinsic behind a primitive."""
    t = vector(type_, lanes)
    if op == "scale":
        size = 8 * lanes * ex.ITEMSIZE[type_]
        if size > 512:
            return declaration(op, type_, lanes * 512 // size)
        tail = ["i32 immarg"] if size == 512 else []
        return intrinsic(scale_name(type_, size), t, t, t, t, f"i{max(lanes, 8)}", *tail)
    if op == "abs" and type_ not in ex.FLOATS:
        return intrinsic(f"llvm.abs.{suffix(type_, lanes)}", t, t, "i1")
    return intrinsic(f"llvm.{INTRINSICS[op]}.{suffix(type_, lanes)}", t, *[t] * ex.PRIMITIVES[op][0])


def counting(lanes: int, type_: str = "i64") -> str:
    """The vector of the numbers of its lanes."""
    return f"<{', '.join(f'{type_} {k}' for k in range(lanes))}>"


def all_lanes(lanes: int) -> str:
    """A mask under which all lanes count."""
    return f"<{', '.join(['i1 true'] * lanes)}>"


def masked(name: str, type_: str, lanes: int) -> Global:
    """The masked intrinsic called `name` for elements in memory."""
    scalar = type_ if type_ in ("f16", "f32", "f64") else MEMORY[type_]
    t, mask = memory(type_, lanes), f"<{lanes} x i1>"
    at, place = (f"<{lanes} x ptr>", f"v{lanes}p0") if name in ("gather", "scatter") else ("ptr", "p0")
    symbol = f"llvm.masked.{name}.v{lanes}{scalar}.{place}"
    if name in ("store", "scatter"):
        return intrinsic(symbol, "void", t, at, "i32 immarg", mask)
    return intrinsic(symbol, t, at, "i32 immarg", mask, t)
