"""Matrix products: one call into the library of products (`runtime.product`), which chooses the kernel at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from theano.loops import expr as ex
from theano.loops import stmt as st
from theano.loops.expr import Expr
from theano.lower.builder import Builder, whole
from theano.lower.dims import is_const
from theano.lower.items import Special
from theano.lower.values import Value
from theano.runtime.product import name_of

if TYPE_CHECKING:
    from theano.lower.assemble import Assembler

TYPES = ("f32", "f64")
Argument = Expr | tuple[str, Expr, str]


def is_ours(type_: str, x: Value, y: Value) -> bool:
    """Whether the library multiplies these: matrices of one float type, none of them a row or a column for sure.

    The others are loops, which may be fused with the work around them.
    """
    long_axes = not any(is_const(d, 1) for v in (x, y) for d in v.dims)
    return x.type == y.type == type_ and type_ in TYPES and long_axes


def product(b: Builder, type_: str, x: Value, y: Value) -> Value:
    """dot(x, y) of two matrices whose inner lengths are known to agree."""
    rows, inner, columns = x.dims[0], x.dims[1], y.dims[1]
    if not is_ours(type_, x, y):
        return loops(b, type_, (rows, inner, columns), x, y, ((0, 1), (1, 2)), 1)
    x, y = operand(b, x), operand(b, y)
    out = b.tensor(type_, (rows, columns))
    word = b.word("symbol", name_of("product", type_))
    one, zero = ex.const(1, type_), ex.const(0, type_)

    def emit(asm: Assembler) -> None:
        sizes: list[Argument] = [rows, columns, inner, one, *place(asm, x), *place(asm, y)]
        call(asm, word, "product", type_, [*sizes, zero, *place(asm, whole(out))[:2]])

    item = Special(b.region, b.node, reads=[x, y], writes=[out], emit=emit)
    b.add(item)
    out.writers.append(item)
    return whole(out)


def loops(
    b: Builder, type_: str, dims: tuple[Expr, ...], x: Value, y: Value, axes: Sequence[tuple[int, ...]], red: int
) -> Value:
    """The product as a reduction; `axes` are those of the space `dims` that the operands have."""
    maps = [
        tuple(None if is_const(d, 1) and not is_const(dims[a], 1) else a for d, a in zip(v.dims, m, strict=True))
        for v, m in zip((x, y), axes, strict=True)
    ]
    return b.reduce(
        type_, dims, [x, y], frozenset({red}), False, "add", type_,
        lambda at: ex.mul(ex.cast(at.read(0), type_), ex.cast(at.read(1), type_)), 2, maps,
    )  # fmt: skip


def operand(b: Builder, value: Value) -> Value:
    """A matrix (or a stack of them) whose numbers are contiguous one way or the other; a copy if need be."""
    full = b.strided(value)
    assert full.strides is not None
    return full if any(is_const(s, 1) for s in full.strides[-2:]) else b.strided(b.copy(value))


def place(asm: Assembler, value: Value) -> list[Argument]:
    """Pointer and strides of a matrix, as the library takes them."""
    full = asm.strided(value)
    assert full.strides is not None
    return [asm.pointer(full), *(asm.b.dims.normal(s) for s in full.strides)]


def call(asm: Assembler, word: int, kind: str, type_: str, args: list[Argument]) -> None:
    asm.statement(st.Call(word, args, name_of(kind, type_)))
