"""What functions of linear algebra are written with: numbers, rows of them, and calls of LAPACK."""

from __future__ import annotations

from theano.loops.expr import COMPLEX_PART
from theano.loops.externs.lapack import LETTER
from theano.native.ir.builder import BOOL, INT, PTR, VOID, V
from theano.native.products.code import Kernel, Shape, suffix

__all__ = ["ROUTINES", "Caller", "Matrices", "routine_name"]

# Routines of BLAS and LAPACK that are called, without the letter of their type.
ROUTINES = (
    "gemm", "trsm", "trsv", "potrf", "getrf", "syevd", "geev", "geqrf", "orgqr", "gesdd", "gees", "trsyl"
)  # fmt: skip
# Those that have another name for complex numbers.
_COMPLEX = {"syevd": "heevd", "orgqr": "ungqr"}


def routine_name(name: str, type_: str) -> str:
    """The name of a routine for numbers of a type.

    >>> routine_name("syevd", "c128")
    'zheevd'
    """
    return LETTER[type_] + (_COMPLEX.get(name, name) if type_ in COMPLEX_PART else name)


class Matrices(Kernel):
    """A function on matrices."""

    def zero_number(self) -> V:
        return self.real("0.0")

    def quotient(self, x: V, y: V) -> V:
        return self.emit(x.type, f"fdiv {x.type} {x.text}, {y.text}")

    def inverse_of(self, x: V) -> V:
        return self.quotient(self.literal("1.0"), x)

    def literal(self, value: str) -> V:
        """A real number, as LLVM writes it."""
        return V(self, self.s.real, value)

    def real_at(self, pointer: V, index: V | int) -> V:
        """The address `index` real numbers behind `pointer`."""
        return pointer.element(self.s.real, index)

    def of_real(self, x: V) -> V:
        """A real number as one of the matrix."""
        return self.complex_of(x, self.literal("0.0")) if self.s.is_complex else x

    def scaled(self, x: V, by: V) -> V:
        """A number of a matrix times a real one."""
        if not self.s.is_complex:
            return self.times(x, by)
        first, second = self.both_parts(x)
        return self.complex_of(self.times(first, by), self.times(second, by))

    def negative(self, x: V) -> V:
        return self.emit(x.type, f"fneg {x.type} {x.text}")

    def root(self, x: V) -> V:
        return self.call(f"llvm.sqrt.{suffix(x.type)}", x, result=x.type)

    def size_of(self, x: V) -> V:
        """The absolute value, without overflow; a real number."""
        if x.type[0] == "<":
            first, second = (self.size_of(part) for part in self.both_parts(x))
            larger = self.holds("ogt", first, second)
            return self.hypotenuse(self.select(larger, first, second), self.select(larger, second, first))
        return self.call(f"llvm.fabs.{suffix(x.type)}", x, result=x.type)

    def hypotenuse(self, large: V, small: V) -> V:
        """The root of the sum of two squares, the larger one first."""
        one, none = self.literal("1.0"), self.holds("oeq", large, self.literal("0.0"))
        ratio = self.quotient(small, self.select(none, one, large))
        return self.times(large, self.root(self.plus(one, self.times(ratio, ratio))))

    def holds(self, how: str, x: V, y: V) -> V:
        """A comparison of numbers, by LLVM's name of it."""
        return self.emit(BOOL, f"fcmp {how} {x.type} {x.text}, {y.text}")

    def add_row(self, scale: V, source: V, target: V, first: V | int, last: V | int) -> None:
        """``target += scale source``, in whole vectors; `scale` is a vector."""
        with self.loop(first, last, self.s.lanes) as k:
            row = self.multiply_add(scale, self.vector_at(source, k), self.vector_at(target, k))
            self.put(row, target, k)


class Caller(Matrices):
    """A function that calls routines of LAPACK; their integers are of `bits`."""

    def __init__(self, s: Shape, name: str, params: str, bits: int, result: str = VOID) -> None:
        super().__init__(s, name, params, result=result, quick=True)
        self.integer = f"i{bits}"

    def reference(self, value: V) -> V:
        """The address of an argument; integers in the width of the library."""
        if value.type == INT and self.integer != INT:
            value = value.to("trunc", self.integer)
        return self.variable(value.type, value).place

    def flag(self, yes: str, when: V | None = None, no: str = "N") -> V:
        """A letter, or another one."""
        if when is None:
            return self.constant(ord(yes), "i8")
        return self.emit("i8", f"select i1 {when.text}, i8 {ord(yes)}, i8 {ord(no)}")

    def routine(self, name: str, *args: V | int) -> None:
        """Call one: pointers are handed on, numbers and letters by reference, and the lengths of letters at the end."""
        values = [self.typed(a, INT) for a in args]
        given = [v if v.type == PTR else self.reference(v) for v in values]
        lengths = [self.constant(1) for v in values if v.type == "i8"]
        self.call(self.address(name).load(PTR, 8), *given, *lengths)

    def info(self) -> V:
        """A place for what a routine finds."""
        return self.reference(self.constant(0))

    def found(self, info: V) -> V:
        value = info.load(self.integer)
        return value if self.integer == INT else value.to("sext", INT)

    def pivot(self, index: V) -> V:
        """With which row another one was exchanged, counted from one, as `getrf` says in `pivots`."""
        number = self.pivots.element(self.integer, index).load(self.integer)
        return number if self.integer == INT else number.to("sext", INT)

    def fail(self, left: V, code: V | int) -> None:
        """Tell that there is no result for a matrix behind which there are `left` - 1 others; keep what was first."""
        low = code if isinstance(code, int) else code & ((1 << 32) - 1)  # negative: an argument was refused
        word = (left << 32) | low
        self.do(f"atomicrmw max ptr {self.status.text}, i64 {word.text} seq_cst")

    def copied(self, n: V, m: V, a: V, ar: V | int, ac: V | int, out: V, outs: V | int) -> None:
        """Copy a matrix."""
        self.call("copy_matrix", n, m, a, ar, ac, out, outs)

    def is_finite(self, n: V, m: V, a: V, ar: V, ac: V, triangle: bool = False) -> V:
        """Whether all numbers of a matrix, or of its lower triangle, are finite."""
        return self.call("is_finite", n, m, triangle, a, ar, ac, result=BOOL)

    def trsm(self, uplo: V, trans: V, diagonal: V, n: V, m: V, a: V, ld: V, x: V) -> None:
        """``x' = x' op(a)^-1`` for `m` right sides."""
        one = self.real("1.0")
        self.routine("trsm", self.flag("R"), uplo, trans, diagonal, m, n, one, a, ld, x, m)

    def substitute(
        self, lower: V | int, unit: V | int, n: V, m: V, a: V, ar: V | int, ac: V | int, x: V
    ) -> None:  # fmt: skip
        """Solve ``a x = b`` in place of b for a triangle, which is not singular; `unit`: with ones on the diagonal."""
        self.call("substitute", lower, unit, n, m, a, ar, ac, x)
