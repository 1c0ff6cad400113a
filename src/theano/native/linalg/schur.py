"""LLVM IR of Schur forms, of equations of Sylvester with triangular matrices, and of roots of triangular matrices.

Results lie by columns, as LAPACK has them.
"""

from __future__ import annotations

from theano.loops.externs.lapack import (
    COMMON,
    NO_REAL_ROOT,
    NO_ROOT,
    NOT_CHOSEN,
    NOT_FINITE,
    NOT_FOUND,
    NOT_SEPARATED,
    SORTS,
)
from theano.native.ir.builder import BOOL, INT, V, Variable
from theano.native.linalg.code import Caller, Matrices
from theano.native.products.code import Shape

__all__ = ["chosen", "root_of", "schur_of", "sylvester_of"]


def chosen(s: Shape, bits: int) -> list[Matrices]:
    """What `gees` asks of each eigenvalue, given where it is, or where its parts are: whether it comes first."""
    made: list[Matrices] = []
    for sort in SORTS[1:]:
        f = Matrices(s, f"is_{sort}", "x:p" if s.is_complex else "x:p y:p", result=f"i{bits}")
        x = f.x.load(s.real, s.align)
        if sort in ("lhp", "rhp"):
            found = f.holds("olt" if sort == "lhp" else "oge", x, f.literal("0.0"))
        else:
            y = f.real_at(f.x, 1).load(s.real, s.align) if s.is_complex else f.y.load(s.real, s.align)
            a, b = f.size_of(x), f.size_of(y)
            larger = f.holds("ogt", a, b)
            large, small = f.select(larger, a, b), f.select(larger, b, a)
            size = f.hypotenuse(large, small)
            found = f.holds("ole" if sort == "iuc" else "ogt", size, f.literal("1.0"))
        f.leave(found.to("zext", f"i{bits}"))
        made.append(f)
    return made


def schur_of(s: Shape, bits: int) -> Caller:
    """``a = z t z.H`` for one matrix: t is upper triangular, or nearly, z orthogonal; the code.

    `chosen` tells how many eigenvalues are those that come first by `sort`, a position in `SORTS`.
    """
    params = "sort:i n:i a:p ar:i ac:i t:p z:p w:p reals:r work:p size:i words:p chosen:p"
    f = Caller(s, "schur_of", params, bits, INT)
    f.chosen.store(f.constant(0), 8)
    with f.when(f.n.equals(0)):
        f.leave(0)
    with f.unless(f.is_finite(f.n, f.n, f.a, f.ar, f.ac)):
        f.leave(NOT_FINITE)
    f.copied(f.n, f.n, f.a, f.ac, f.ar, f.t, f.n)
    info, count = f.info(), f.info()
    ask = f.null()
    for k, sort in enumerate(SORTS[1:], 1):
        ask = f.select(f.sort.equals(k), f.address(f"is_{sort}"), ask)
    values, memory = ([f.w], [f.reals]) if s.is_complex else ([f.w, f.reals], [])
    f.routine(
        "gees", f.flag("V"), f.flag("S", f.sort.differs(0)), ask, f.n, f.t, f.n, count, *values, f.z, f.n, f.work,
        f.size, *memory, f.words, info,
    )  # fmt: skip
    f.chosen.store(f.found(count), 8)
    code = f.found(info)
    beyond = f.select(code.equals(f.n + 1), NOT_SEPARATED, NOT_CHOSEN)
    f.leave(f.select(code.equals(0), 0, f.select(code > f.n, beyond, NOT_FOUND)))
    return f


def sylvester_of(s: Shape, bits: int) -> Caller:
    """The x with ``a x + x b = c`` for triangular a and b, or their adjoints (`left`, `right`); the code."""
    params = "left:i right:i m:i n:i a:p ar:i ac:i b:p br:i bc:i c:p cr:i cc:i x:p work:p"
    f = Caller(s, "sylvester_of", params, bits, INT)
    with f.when((f.m * f.n).equals(0)):
        f.leave(0)
    second = f.at(f.work, f.m * f.m)
    f.copied(f.m, f.m, f.a, f.ac, f.ar, f.work, f.m)
    f.copied(f.n, f.n, f.b, f.bc, f.br, second, f.n)
    f.copied(f.n, f.m, f.c, f.cc, f.cr, f.x, f.m)
    info, scale = f.info(), f.variable(s.real, f.literal("1.0"))
    left, right = f.flag("C", f.left.differs(0)), f.flag("C", f.right.differs(0))
    one = f.constant(1)
    f.routine("trsyl", left, right, one, f.m, f.n, f.work, f.m, second, f.n, f.x, f.m, scale.place, info)
    with f.unless(f.holds("oeq", scale.get(), f.literal("1.0"))):
        back = f.quotient(f.literal("1.0"), scale.get())
        with f.loop(0, f.m * f.n) as k:
            f.put(f.scaled(f.number_at(f.x, k), back), f.x, k)
    f.leave(f.select(f.found(info).equals(0), 0, COMMON))
    return f


def root_of(s: Shape, bits: int) -> Caller:
    """The upper triangular r with ``r r = a``, for a Schur form a; the code. `work` has room for as many numbers.

    Column after column, or two at once where a block of a real Schur form is: what is known of r, and the root of the
    block on the diagonal, make an equation of Sylvester for what is above. Higham (1987), "Computing real square roots
    of a real matrix", whose equations LAPACK solves here.
    """
    f = Caller(s, "root_of", "n:i a:p ar:i ac:i r:p work:p", bits, INT)
    f.copied(f.n, f.n, f.a, f.ac, f.ar, f.work, f.n)
    f.call("fill", f.n * f.n, f.zero_number(), f.r)
    place, width = f.variable(INT, 0), f.variable(INT, 0)
    head, end = f.block(), f.block()
    f.begin(head)
    j = place.get()
    f.jump(end, unless=j < f.n)
    corner = j * (f.n + 1)
    block, root = f.at(f.work, corner), f.at(f.r, corner)
    width.set(1)
    if s.is_complex:
        f.put(_root_of_number(f, f.number_at(block)), root)
    else:
        _real_block(f, j, block, root, width)
    _above(f, j, width.get(), root)
    place.set(j + width.get())
    f.jump(head)
    f.begin(end)
    f.leave(0)
    return f


def _above(f: Caller, j: V, width: V, root: V) -> None:
    """The numbers of some columns of r above their block on the diagonal."""
    column, known = f.at(f.r, j * f.n), f.at(f.work, j * f.n)
    with f.fold(0, width, [f.constant(0, BOOL)]) as (k, state):
        with f.fold(0, j, [state[0]]) as (i, so_far):
            so_far[0] = so_far[0] | ~f.is_zero(f.number_at(known, k * f.n + i))
        state[0] = so_far[0]
    with f.when(state[0]):  # of zeros the solution is zero, also where there are others
        f.copied(width, j, known, f.n, 1, column, f.n)
        info, scale = f.info(), f.variable(f.s.real, f.literal("1.0"))
        plain, one = f.flag("N"), f.constant(1)
        f.routine("trsyl", plain, plain, one, j, width, f.r, f.n, root, f.n, column, f.n, scale.place, info)
        with f.when(f.found(info).differs(0) | ~f.holds("oeq", scale.get(), f.literal("1.0"))):
            f.leave(NO_ROOT)


def _root_of_number(f: Caller, z: V) -> V:
    """The root of a complex number with a real part that is not negative; no square overflows."""
    x, y = f.both_parts(z)
    half, zero = f.literal("0.5"), f.literal("0.0")
    size = f.size_of(z)
    large = f.root(f.times(half, f.plus(size, f.size_of(x))))
    none = f.holds("oeq", large, zero)
    small = f.quotient(f.times(half, y), f.select(none, f.literal("1.0"), large))
    right = f.holds("oge", x, zero)
    down = f.holds("olt", y, zero)
    up = f.select(down, f.negative(large), large)
    first = f.select(right, large, f.size_of(small))
    return f.complex_of(first, f.select(right, small, up))


def _real_block(f: Caller, j: V, block: V, root: V, width: Variable) -> None:
    """The root of a number that is not negative, or of a block ``[[x, b], [c, x]]`` with complex eigenvalues."""
    single, done = f.block(), f.block()
    zero = f.zero_number()
    f.jump(single, when=(j + 1).equals(f.n))
    below = f.number_at(block, 1)
    f.jump(single, when=f.is_zero(below))
    width.set(2)
    x, above = f.number_at(block), f.number_at(block, f.n)
    imag = f.times(f.root(f.size_of(above)), f.root(f.size_of(below)))
    a = f.size_of(x)
    larger = f.holds("ogt", a, imag)
    size = f.hypotenuse(f.select(larger, a, imag), f.select(larger, imag, a))
    half = f.real("0.5")
    mean = f.root(f.times(half, f.plus(size, a)))
    # the real part of the root: where x is negative from the imaginary one, for nothing must cancel
    real = f.select(f.holds("oge", x, zero), mean, f.quotient(f.times(half, imag), mean))
    scale = f.quotient(half, real)
    f.put(real, root)
    f.put(real, root, f.n + 1)
    f.put(f.times(scale, below), root, 1)
    f.put(f.times(scale, above), root, f.n)
    f.jump(done)
    f.begin(single)
    number = f.number_at(block)
    with f.when(f.holds("olt", number, zero)):
        f.leave(NO_REAL_ROOT)
    f.put(f.root(number), root)
    f.begin(done)
