"""Matrix times matrix: a loop nest for tiny sizes, BLAS for the others, chosen at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder, whole
from theano.lower.dims import ONE, is_const, is_length, length
from theano.lower.items import Reduce, Special
from theano.lower.values import Value
from theano.runtime import blas

if TYPE_CHECKING:
    from theano.lower.assemble import Assembler

# Products of at most this many multiplications run as loops (the call into BLAS costs more).
TINY = 2048
ROUTINE = {"f32": "sgemm", "f64": "dgemm"}


def product(b: Builder, type_: str, x: Value, y: Value) -> Value:
    """dot(x, y) of two matrices whose inner lengths are known to agree."""
    rows, inner, columns = x.dims[0], x.dims[1], y.dims[1]

    def element(at):  # type: ignore[no-untyped-def]
        return ex.mul(ex.cast(at.read(0), type_), ex.cast(at.read(1), type_))

    maps = [
        tuple(None if is_const(d, 1) and not is_const(dims[a], 1) else a for d, a in zip(v.dims, m, strict=True))
        for dims in [(rows, inner, columns)]
        for v, m in ((x, (0, 1)), (y, (1, 2)))
    ]
    dims = (rows, inner, columns)
    symbol = ROUTINE.get(type_) if x.type == type_ == y.type else None
    found = blas.symbol(symbol) if symbol else None
    if found is None or is_const(rows, 1) or is_const(columns, 1) or is_const(inner, 1):
        return b.reduce(type_, dims, [x, y], frozenset({1}), False, "add", type_, element, 2, maps)
    x, y = operand(b, x), operand(b, y)
    out = b.tensor(type_, (rows, columns))
    loops = Reduce(
        b.region, b.node, reads=[x, y], dims=dims, red=frozenset({1}), maps=maps, out=out, out_axes=(0, 2), op="add",
        acc=type_, body=element, cost=2,
    )  # fmt: skip
    word, bits = b.word("symbol", symbol), found[1]

    def emit(asm: Assembler) -> None:
        work = ex.mul(ex.mul(rows, inner), columns)
        small = asm.block(lambda: asm.loop_nest(loops))
        large = asm.block(lambda: call(asm, type_, word, bits, x, y, out_view(out, asm)))
        asm.statement(st.If(ex.le(work, length(TINY)), small, large))

    def out_view(tensor, asm):  # type: ignore[no-untyped-def]
        return asm.strided(whole(tensor))

    item = Special(b.region, b.node, reads=[x, y], writes=[out], emit=emit)
    b.add(item)
    out.writers.append(item)
    return whole(out)


def operand(b: Builder, value: Value) -> Value:
    """A matrix that BLAS takes as it is, or a copy."""
    full = b.strided(value)
    assert full.strides is not None
    rows, columns = full.strides
    steps = [s for s in (rows, columns) if not is_const(s, 1)]
    fits = len(steps) == 1 and is_length(steps[0])
    long_axes = all(not is_const(d, 1) for d in full.dims)
    if fits and long_axes and not is_const(steps[0], 0):
        return full
    return b.strided(b.copy(value))


def call(asm: Assembler, type_: str, word: int, bits: int, x: Value, y: Value, out: Value) -> None:
    """out = x y by BLAS, which counts in columns: out' = y' x'."""
    int_type = f"i{bits}"
    args = asm.local(128)
    x, y = asm.strided(x), asm.strided(y)
    rows, inner = x.dims
    columns = y.dims[1]
    flags = []
    leading: list[Expr] = []
    for value in (y, x):
        straight = is_const(value.strides[1], 1)  # type: ignore[index]
        flags.append(ord("N" if straight else "T"))
        leading.append(value.strides[0 if straight else 1])  # type: ignore[index]
    numbers: list[tuple[str, Expr]] = [
        ("i8", ex.const(flags[0], "i8")), ("i8", ex.const(flags[1], "i8")),
        *((int_type, ex.cast(d, int_type)) for d in (columns, rows, inner)),
        (type_, ex.const(1, type_)), (int_type, ex.cast(leading[0], int_type)),
        (int_type, ex.cast(leading[1], int_type)), (type_, ex.const(0, type_)),
        (int_type, ex.cast(ex.maximum(columns, ONE), int_type)),
    ]  # fmt: skip
    places = []
    for k, (kind, number) in enumerate(numbers):
        at = k * 8 // ex.ITEMSIZE[kind]
        asm.statement(st.Store(st.View(args, kind, length(at), ()), (), number))
        places.append((args, length(at), kind))
    flag_b, flag_a, n, m, k_, one, ld_b, ld_a, zero, ld_c = places
    pointers = [
        flag_b, flag_a, n, m, k_, one, asm.pointer(y), ld_b, asm.pointer(x), ld_a, zero, asm.pointer(out), ld_c
    ]  # fmt: skip
    asm.statement(st.Call(word, list(pointers), ROUTINE[type_]))
