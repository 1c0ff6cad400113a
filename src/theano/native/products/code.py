"""What kernels of products are written with: the builder, numbers and vectors of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from theano.base.record import Record, replace
from theano.loops.expr import COMPLEX_PART
from theano.native.ir.builder import BOOL, INT32, PTR, VOID, FunctionText, V
from theano.runtime.module import Global, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["LINE", "OF_LOOPS", "Kernel", "Shape", "masked_functions", "shape_of", "suffix"]

# What only loops call: provisional code has none of it.
OF_LOOPS = ("panels", "packed", "slice")
LINE = 64  # bytes of a cache line
PANEL_BYTES = 20 << 10  # columns of a second operand that are copied: they stay in the L1 cache


class Shape(Record, eq=True):
    """Of the numbers and of a tile. There are tiles of some heights, the greatest first; all results are the same.

    A complex number is a vector of two; of these there are no vectors, and no tiles.
    """

    type: str
    size: int
    lanes: int
    rows: int
    vectors: int
    has_fma: bool
    heights: tuple[int, ...]
    is_provisional: bool
    """Whether the code should be made quickly."""

    @property
    def is_complex(self) -> bool:
        return self.type[0] == "<"

    @property
    def real(self) -> str:
        """The type of the parts of a complex number; of real numbers their own."""
        return self.type.removeprefix("<2 x ").removesuffix(">")

    @property
    def align(self) -> int:
        return self.size // 2 if self.is_complex else self.size

    @property
    def vector(self) -> str:
        return self.type if self.is_complex else f"<{self.lanes} x {self.type}>"

    @property
    def columns(self) -> int:
        return self.lanes * self.vectors

    @property
    def has_masks(self) -> bool:
        """Whether some lanes of a vector are loaded and stored as quickly as all (AVX2, AVX-512); not in haste."""
        return self.has_fma and self.lanes * self.size >= 32 and not self.is_provisional

    @property
    def depth(self) -> int:
        """Inner positions in a panel."""
        return PANEL_BYTES // (self.columns * self.size)


def shape_of(type_: str, isa: Isa, provisional: bool = False) -> Shape:
    """Registers: accumulators, the vectors of one step of a panel, one number of the first operand.

    LLVM's time is that of the tiles mostly, and grows with their heights: provisional code has two.
    """
    if type_ in COMPLEX_PART:
        real = shape_of(COMPLEX_PART[type_], isa, provisional)
        return replace(real, type=f"<2 x {real.type}>", size=2 * real.size, lanes=1, heights=())
    size = {"f32": 4, "f64": 8}[type_]
    rows = 12 if isa.name in ("avx512", "neon") else 6
    return Shape(
        {"f32": "float", "f64": "double"}[type_], size, max(isa.vector_bytes // size, 1), rows, 2, isa.has_fma,
        (4, 1) if provisional else tuple(range(rows, 0, -1)), provisional,
    )  # fmt: skip


class Kernel(FunctionText):
    """A function on numbers of one type; its parameters are a name and i (integer), n (number) or p (pointer)."""

    def __init__(
        self, s: Shape, name: str, params: str, exported: bool = False, quick: bool = False, result: str = VOID
    ) -> None:
        self.s = s
        super().__init__(name, params, result, exported, quick)
        self.zero = V(self, s.vector, "zeroinitializer")

    def type_named(self, short: str) -> str:
        return {"n": self.s.type, "r": PTR, "w": PTR}.get(short) or super().type_named(short)

    def real(self, value: str) -> V:
        """A number, as LLVM writes it."""
        if self.s.is_complex:
            return V(self, self.s.type, f"<{self.s.real} {value}, {self.s.real} 0.0>")
        return V(self, self.s.type, value)

    def at(self, pointer: V, index: V | int) -> V:
        """The address `index` numbers behind `pointer`."""
        return pointer.element(self.s.type, index)

    def vector_at(self, pointer: V, index: V | int = 0) -> V:
        return self.at(pointer, index).load(self.s.vector, self.s.align)

    def number_at(self, pointer: V, index: V | int = 0) -> V:
        return self.at(pointer, index).load(self.s.type, self.s.align)

    def put(self, value: V, pointer: V, index: V | int = 0) -> None:
        self.at(pointer, index).store(value, self.s.align)

    def lanes_from(self, start: V) -> V:
        """The integers `start`, `start` + 1 and so on, one in each lane."""
        numbers = ", ".join(f"i32 {k}" for k in range(self.s.lanes))
        every = self.everywhere(start)
        return self.emit(every.type, f"add {every.type} <{numbers}>, {every.text}")

    def everywhere(self, number: V) -> V:
        """An integer in each lane."""
        t = f"<{self.s.lanes} x i32>"
        one = self.emit(t, f"insertelement {t} poison, i32 {number.to('trunc', INT32).text}, i64 0")
        return self.emit(t, f"shufflevector {t} {one.text}, {t} poison, {t} zeroinitializer")

    def lanes_below(self, numbers: V, limit: V) -> V:
        """A mask of the lanes whose integers are in [0, `limit`)."""
        return self.emit(f"<{self.s.lanes} x i1>", f"icmp ult {numbers.type} {numbers.text}, {limit.text}")

    def masked_at(self, pointer: V, index: V | int, mask: V) -> V:
        """The lanes of a mask, and zeros."""
        t, align = self.s.vector, self.constant(self.s.align, INT32)
        return self.call(f"llvm.masked.load.{suffix(t)}.p0", self.at(pointer, index), align, mask, self.zero, result=t)

    def masked_put(self, value: V, pointer: V, index: V | int, mask: V) -> None:
        align = self.constant(self.s.align, INT32)
        self.call(f"llvm.masked.store.{suffix(value.type)}.p0", value, self.at(pointer, index), align, mask)

    def spread(self, number: V) -> V:
        if self.s.is_complex:
            return number
        t, n = self.s.vector, self.s.lanes
        one = self.emit(t, f"insertelement {t} poison, {number.type} {number.text}, i64 0")
        return self.emit(t, f"shufflevector {t} {one.text}, {t} poison, <{n} x i32> zeroinitializer")

    def multiply_add(self, x: V, y: V, z: V) -> V:
        t = x.type
        if self.s.is_complex:
            return self.plus(self.times(x, y), z)
        if not self.s.has_fma:
            product = self.emit(t, f"fmul {t} {x.text}, {y.text}")
            return self.emit(t, f"fadd {t} {product.text}, {z.text}")
        return self.call(f"llvm.fma.{suffix(t)}", x, y, z, result=t)

    def both_parts(self, x: V) -> tuple[V, V]:
        """The real and the imaginary part of a complex number."""
        first, second = (self.emit(self.s.real, f"extractelement {x.type} {x.text}, i64 {k}") for k in (0, 1))
        return first, second

    def complex_of(self, first: V, second: V) -> V:
        """The complex number of two parts."""
        t = f"<2 x {first.type}>"
        one = self.emit(t, f"insertelement {t} poison, {first.type} {first.text}, i64 0")
        return self.emit(t, f"insertelement {t} {one.text}, {second.type} {second.text}, i64 1")

    def times(self, x: V, y: V) -> V:
        if self.s.is_complex and x.type == y.type == self.s.type:
            (a, b), (c, d) = self.both_parts(x), self.both_parts(y)
            real = self.minus(self.times(a, c), self.times(b, d))
            return self.complex_of(real, self.plus(self.times(a, d), self.times(b, c)))
        return self.emit(x.type, f"fmul {x.type} {x.text}, {y.text}")

    def minus(self, x: V, y: V) -> V:
        return self.emit(x.type, f"fsub {x.type} {x.text}, {y.text}")

    def plus(self, x: V, y: V) -> V:
        return self.emit(x.type, f"fadd {x.type} {x.text}, {y.text}")

    def shuffled(self, a: V, b: V, picks: Iterable[int]) -> V:
        """Lanes of one vector and of another one, which count on."""
        mask = [f"i32 {k}" for k in picks]
        text = f"shufflevector {a.type} {a.text}, {b.type} {b.text}, <{len(mask)} x i32> <{', '.join(mask)}>"
        return self.emit(f"<{len(mask)} x {self.s.type}>", text)

    def across(self, vector: V) -> V:
        """The sum of the lanes, halving."""
        n = self.s.lanes
        while n > 1:
            n //= 2
            low, high = (self.shuffled(vector, vector, range(k, k + n)) for k in (0, n))
            vector = self.plus(low, high)
        return self.emit(self.s.type, f"extractelement {vector.type} {vector.text}, i64 0")

    def is_zero(self, number: V) -> V:
        if self.s.is_complex:
            first, second = self.both_parts(number)
            return self.emit(BOOL, f"fcmp oeq {first.type} {first.text}, 0.0") & self.emit(
                BOOL, f"fcmp oeq {second.type} {second.text}, 0.0"
            )
        return self.emit(BOOL, f"fcmp oeq {number.type} {number.text}, 0.0")


def masked_functions(s: Shape) -> list[Global]:
    """What `Kernel.masked_at` and `masked_put` call."""
    if not s.has_masks:
        return []
    t, name, mask = s.vector, suffix(s.vector), f"<{s.lanes} x i1>"
    return [
        intrinsic(f"llvm.masked.load.{name}.p0", t, PTR, INT32, mask, t),
        intrinsic(f"llvm.masked.store.{name}.p0", VOID, t, PTR, INT32, mask),
    ]


def suffix(llvm_type: str) -> str:
    """Of the name of an intrinsic."""
    if llvm_type[0] != "<":
        return {"float": "f32", "double": "f64"}[llvm_type]
    lanes, _, element = llvm_type[1:-1].partition(" x ")
    return f"v{lanes}{suffix(element)}"
