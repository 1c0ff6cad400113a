"""LLVM IR of factors and systems of small matrices, for which a call of LAPACK costs more than the work.

A matrix is copied first, into memory whose rows are whole vectors, so that no step needs to look after what is left of
a row. What lies beyond the matrix there is computed with and never read.
"""

from __future__ import annotations

from theano.base.record import replace
from theano.native.ir.builder import BOOL, INT, V
from theano.native.linalg.code import Matrices
from theano.native.products.code import Shape, suffix
from theano.runtime.module import Global, intrinsic

__all__ = ["MOST", "intrinsics", "room", "small_kernels", "stretch", "widths"]

# The most rows of matrices that are copied and worked on here. Measured, one core of Zen 4: with 20 rows a Cholesky
# factor takes 0.75 of the time of OpenBLAS, a system with one right side 0.4, an inverse 0.4; with 32 rows 0.7, 0.5
# and 0.5. What is copied has to fit on small stacks.
MOST = 32
# Rows of a system that are solved at once.
ROWS = 4
# Rows and columns that are turned at once, in registers.
SQUARE = 4
INFINITY = "0x7FF0000000000000"


def intrinsics(s: Shape) -> list[Global]:
    """Of LLVM's, what these functions call."""
    found = [intrinsic(f"llvm.{name}.{suffix(s.real)}", s.real, s.real) for name in ("sqrt", "fabs")]
    if s.has_fma and not s.is_complex:
        vectors = [f"<{min(w, s.lanes)} x {s.type}>" for w in widths(s)]
        found += [intrinsic(f"llvm.fma.{suffix(t)}", t, t, t, t) for t in dict.fromkeys((s.type, *vectors))]
    return found


def room(s: Shape) -> int:
    """Numbers of a row of the largest copy."""
    return -(-MOST // s.lanes) * s.lanes


def stretch(s: Shape) -> int:
    """Columns that the pivots of some rows are finished with: whole vectors, and no fewer columns than rows."""
    return max(s.lanes, ROWS)


# -- copies --------------------------------------------------------------------------------------------------
def _fill(f: Matrices, count: V, number: V, target: V) -> None:
    last, wide = count & -f.s.lanes, f.spread(number)
    with f.loop(0, last, f.s.lanes) as k:
        f.put(wide, target, k)
    with f.loop(last, count) as k:
        f.put(number, target, k)


def fill(s: Shape) -> Matrices:
    """`count` times one number."""
    f = Matrices(s, "fill", "count:i x:n out:p")
    _fill(f, f.count, f.x, f.out)
    return f


def copy_matrix(s: Shape) -> Matrices:
    """Copy `n` rows of m numbers, with rows of the copy `outs` apart."""
    f = Matrices(s, "copy_matrix", "n:i m:i a:p ar:i ac:i out:p outs:i")
    with f.when(f.ac.equals(1)):
        last = f.m & -s.lanes
        with f.loop(0, f.n) as i:
            row, out = f.at(f.a, i * f.ar), f.at(f.out, i * f.outs)
            with f.loop(0, last, s.lanes) as k:
                f.put(f.vector_at(row, k), out, k)
            with f.loop(last, f.m) as k:
                f.put(f.number_at(row, k), out, k)
        f.leave()
    squares = f.ar.equals(1) & (not s.is_complex)
    whole = f.select(squares, f.n & -SQUARE, 0)
    if not s.is_complex:
        with f.loop(0, whole, SQUARE) as i, f.loop(0, f.m & -SQUARE, SQUARE) as k:
            _turn_square(f, f.at(f.at(f.a, i), k * f.ac), f.at(f.out, i * f.outs + k))
    with f.loop(0, f.n) as i:
        row, out = f.at(f.a, i * f.ar), f.at(f.out, i * f.outs)
        with f.loop(f.select(i < whole, f.m & -SQUARE, 0), f.m) as k:
            f.put(f.number_at(row, k * f.ac), out, k)
    return f


def _turn_square(f: Matrices, a: V, out: V) -> None:
    """The transpose of `SQUARE` rows, `ac` apart, of as many numbers; rows of the result are `outs` apart."""
    type_ = f"<{SQUARE} x {f.s.type}>"
    first, second, third, fourth = (f.at(a, f.ac * r).load(type_, f.s.size) for r in range(SQUARE))
    even, odd, low, high = (0, 4, 2, 6), (1, 5, 3, 7), (0, 1, 4, 5), (2, 3, 6, 7)
    pairs = [(f.shuffled(first, second, p), f.shuffled(third, fourth, p)) for p in (even, odd)]
    for r, (pair, half) in enumerate((pair, half) for half in (low, high) for pair in pairs):
        f.at(out, f.outs * r).store(f.shuffled(*pair, half), f.s.size)


def copy_triangle(s: Shape) -> Matrices:
    """Copy a lower triangle, with zeros behind it up to the end of each row of the copy."""
    f = Matrices(s, "copy_triangle", "n:i a:p ar:i ac:i out:p outs:i")
    with f.loop(0, f.n, SQUARE) as i:
        rows = f.minimum(f.n - i, f.constant(SQUARE))
        stripe = f.at(f.out, i * f.outs)
        f.call("copy_matrix", rows, i + rows, f.at(f.a, i * f.ar), f.ar, f.ac, stripe, f.outs)
        with f.loop(i, i + rows) as r:
            _fill(f, f.outs - 1 - r, f.zero_number(), f.at(f.out, r * f.outs + r + 1))
    return f


def copy_upper(s: Shape) -> Matrices:
    """Copy an upper triangle, with zeros before it from the beginning of each row of the copy, and behind."""
    f = Matrices(s, "copy_upper", "n:i a:p ar:i ac:i out:p outs:i")
    with f.loop(0, f.n, SQUARE) as i:
        rows = f.minimum(f.n - i, f.constant(SQUARE))
        stripe = f.at(f.out, i * f.outs + i)
        f.call("copy_matrix", rows, f.n - i, f.at(f.a, i * (f.ar + f.ac)), f.ar, f.ac, stripe, f.outs)
        with f.loop(i, i + rows) as r:
            _fill(f, r, f.zero_number(), f.at(f.out, r * f.outs))
            with f.loop(f.n, f.outs) as k:
                f.put(f.zero_number(), f.out, r * f.outs + k)
    return f


def is_finite(s: Shape) -> Matrices:
    """Whether all numbers of a matrix are finite, or (`triangle`) those of its lower triangle."""
    f = Matrices(s, "is_finite", "n:i m:i triangle:i1 a:p ar:i ac:i", result=BOOL)
    with f.fold(0, f.n, [f.zero_number()]) as (i, state):
        row = f.at(f.a, i * f.ar)
        with f.fold(0, f.select(f.triangle, i + 1, f.m), [state[0]]) as (k, so_far):
            number = f.number_at(row, k * f.ac)
            so_far[0] = f.plus(so_far[0], f.minus(number, number))  # 0, or NaN
        state[0] = so_far[0]
    total = f.plus(*f.both_parts(state[0])) if s.is_complex else state[0]
    f.leave(f.holds("oeq", total, total))
    return f


# -- Cholesky factors ----------------------------------------------------------------------------------------
def factor(s: Shape) -> Matrices:
    """Make the upper triangle of u its factor, ``u' u``; the code, 0 if all is well.

    Rows are `ld` apart, a multiple of `stretch`: what is written beside the pivots of a row has room in that row.
    Where one of the numbers is infinite or NaN, a pivot is, too.
    """
    f = Matrices(s, "factor", "n:i u:p ld:i", result=INT)
    inverse, roots = (f.memory(room(s) * s.size) for _ in range(2))
    whole, most, one = f.n & -ROWS, widths(s)[0], f.constant(1)
    for start, stop, rows in ((f.constant(0), whole, ROWS), (whole, f.n, 1)):
        with f.loop(start, stop, rows) as i:
            code = f.call(f"pivots{rows}", i, f.u, f.ld, inverse, roots, result=INT)
            with f.when(code.differs(0)):
                f.leave(code)
            if rows == 1:  # which has no columns behind these
                continue
            place = (i & -stretch(s)) + stretch(s)
            done = place + (f.ld - place).over(most) * most
            with f.loop(place, done, most) as k:
                f.call(f"behind{most}", i, f.u, one, f.ld, inverse, f.at(f.u, k), f.ld)
            for width in range(most - s.lanes, 0, -s.lanes):
                with f.when((f.ld - done).equals(width)):
                    f.call(f"behind{width}", i, f.u, one, f.ld, inverse, f.at(f.u, done), f.ld)
    with f.loop(0, f.n) as i:
        f.put(f.number_at(roots, i), f.u, i * (f.ld + 1))
    f.leave(0)
    return f


def pivots(s: Shape, rows: int) -> Matrices:
    """Finish some rows of a factor from row i on, in the vectors with their pivots; the code.

    Roots of the pivots are kept apart: vectors that a number was just written into are slow to read.
    """
    f = Matrices(s, f"pivots{rows}", "i:i u:p ld:i inverse:p roots:p", result=INT)
    places = range(0, stretch(s), s.lanes)
    start = f.at(f.u, f.i & -stretch(s))
    here = [f.at(start, (f.i + r) * f.ld) for r in range(rows)]
    with f.fold(0, f.i, [f.vector_at(p, v) for p in here for v in places]) as (k, state):
        row, pivot = f.at(start, k * f.ld), f.at(f.u, k * f.ld + f.i)
        known = [f.vector_at(row, v) for v in places]
        for r in range(rows):
            less = f.spread(f.negative(f.number_at(pivot, r)))
            for n, x in enumerate(known, r * len(known)):
                state[n] = f.multiply_add(less, x, state[n])
    sums = [state[r * len(places) : (r + 1) * len(places)] for r in range(rows)]
    zero, infinite = f.zero_number(), f.real(INFINITY)
    for r in range(rows):
        at = f.at(f.u, (f.i + r) * f.ld + f.i)
        for x, v in zip(sums[r], places, strict=True):
            f.put(x, here[r], v)
        pivot = f.number_at(at, r)
        with f.unless(f.holds("ogt", pivot, zero) & f.holds("olt", pivot, infinite)):
            f.leave(f.i + (r + 1))
        root = f.root(pivot)
        f.put(root, f.roots, f.i + r)
        inverse = f.inverse_of(root)
        f.put(inverse, f.inverse, f.i + r)
        found = [f.times(f.spread(inverse), x) for x in sums[r]]
        for x, v in zip(found, places, strict=True):
            f.put(x, here[r], v)
        for other in range(r + 1, rows):
            less = f.spread(f.negative(f.number_at(at, other)))
            sums[other] = [f.multiply_add(less, x, y) for x, y in zip(found, sums[other], strict=True)]
    f.leave(0)
    return f


def behind(s: Shape, width: int) -> Matrices:
    """The same rows, in so many columns behind."""
    f = Matrices(s, f"behind{width}", "i:i a:p ar:i ac:i inverse:p x:p xs:i")
    _rows_of(f, f.i, ROWS, width)
    return f


# -- triangular systems --------------------------------------------------------------------------------------
def widths(s: Shape) -> list[int]:
    """How many right sides are solved for at once, from many to one: their sums are in registers."""
    vectors = [s.lanes * n for n in range(3 if s.rows > 6 else 2, 0, -1)]
    return vectors + [s.lanes >> n for n in range(1, s.lanes.bit_length())]


def forward(s: Shape, width: int) -> Matrices:
    """Solve ``a y = x`` in place for so many right sides, given a lower triangle and what 1 / a[i, i] is."""
    f = Matrices(replace(s, lanes=min(width, s.lanes)), f"forward{width}", "n:i a:p ar:i ac:i inverse:p x:p xs:i")
    whole = f.n & -ROWS
    for start, stop, rows in ((f.constant(0), whole, ROWS), (whole, f.n, 1)):
        with f.loop(start, stop, rows) as i:
            _rows_of(f, i, rows, width)
    return f


def _rows_of(f: Matrices, i: V, rows: int, width: int) -> None:
    places = range(0, width, f.s.lanes)
    at = [f.at(f.a, (i + r) * f.ar) for r in range(rows)]
    here = [f.at(f.x, (i + r) * f.xs) for r in range(rows)]
    with f.fold(0, i, [f.vector_at(p, v) for p in here for v in places]) as (k, state):
        row = f.at(f.x, k * f.xs)
        known = [f.vector_at(row, v) for v in places]
        for r in range(rows):
            less = f.spread(f.negative(f.number_at(at[r], k * f.ac)))
            for n, x in enumerate(known, r * len(known)):
                state[n] = f.multiply_add(less, x, state[n])
    sums = [state[r * len(places) : (r + 1) * len(places)] for r in range(rows)]
    for r in range(rows):
        scale = f.spread(f.number_at(f.inverse, i + r))
        found = [f.times(scale, x) for x in sums[r]]
        for x, v in zip(found, places, strict=True):
            f.put(x, here[r], v)
        for other in range(r + 1, rows):
            less = f.spread(f.negative(f.number_at(at[other], (i + r) * f.ac)))
            sums[other] = [f.multiply_add(less, x, y) for x, y in zip(found, sums[other], strict=True)]


def columns(s: Shape) -> Matrices:
    """`forward` for `m` right sides, in the rows of x."""
    f = Matrices(s, "columns", "n:i m:i a:p ar:i ac:i inverse:p x:p xs:i", quick=True)
    most, *others = widths(s)
    done = f.m.over(most) * most
    with f.loop(0, done, most) as j:
        f.call(f"forward{most}", f.n, f.a, f.ar, f.ac, f.inverse, f.at(f.x, j), f.xs)
    place = f.variable(INT, done)
    for width in others:
        with f.unless(f.m - place.get() < width):
            f.call(f"forward{width}", f.n, f.a, f.ar, f.ac, f.inverse, f.at(f.x, place.get()), f.xs)
            place.set(place.get() + width)
    return f


# -- general systems -----------------------------------------------------------------------------------------
def eliminate(s: Shape) -> Matrices:
    """Make ``[a | b]`` upper triangular, by rows, with partial pivoting; the code. Rows are `ld` apart.

    `swaps` counts the exchanges of rows.
    """
    f = Matrices(s, "eliminate", "n:i w:p ld:i swaps:p", result=INT)
    f.swaps.store(f.constant(0), 8)
    with f.loop(0, f.n) as j:
        row, first = f.at(f.w, j * f.ld), j & -s.lanes
        with f.fold(j + 1, f.n, [f.size_of(f.number_at(row, j)), j]) as (i, best):
            size = f.size_of(f.number_at(f.w, i * f.ld + j))
            larger = f.holds("ogt", size, best[0])
            best[:] = [f.select(larger, size, best[0]), f.select(larger, i, best[1])]
        with f.when(best[1].differs(j)):
            f.swaps.store(f.swaps.load(INT, 8) + 1, 8)
            f.call("exchange", f.ld - first, f.at(row, first), f.at(f.w, best[1] * f.ld + first))
        pivot = f.number_at(row, j)
        with f.when(f.is_zero(pivot)):
            f.leave(j + 1)
        inverse = f.negative(f.inverse_of(pivot))
        with f.loop(j + 1, f.n) as i:
            other = f.at(f.w, i * f.ld)
            f.add_row(f.spread(f.times(inverse, f.number_at(other, j))), row, other, first, f.ld)
    f.leave(0)
    return f


def triangles(s: Shape) -> Matrices:
    """Make w its factors, ``p w = l u`` in one matrix, and tell with which row each was exchanged, from zero.

    A pivot that is zero stays one, and nothing is done with its column.
    """
    f = Matrices(s, "triangles", "n:i w:p ld:i pivots:p")
    behind = f.memory(room(s) * s.size)  # what is right of the pivot, and zeros
    with f.loop(0, f.n) as j:
        row, first = f.at(f.w, j * f.ld), j & -s.lanes
        with f.fold(j + 1, f.n, [f.size_of(f.number_at(row, j)), j]) as (i, best):
            size = f.size_of(f.number_at(f.w, i * f.ld + j))
            larger = f.holds("ogt", size, best[0])
            best[:] = [f.select(larger, size, best[0]), f.select(larger, i, best[1])]
        f.pivots.element(INT, j).store(best[1], 8)
        with f.when(best[1].differs(j)):
            f.call("exchange", f.ld, row, f.at(f.w, best[1] * f.ld))
        pivot = f.number_at(row, j)
        with f.unless(f.is_zero(pivot)):
            with f.loop(first, f.ld, s.lanes) as k:
                f.put(f.vector_at(row, k), behind, k)
            with f.loop(first, j + 1) as k:
                f.put(f.zero_number(), behind, k)
            inverse = f.inverse_of(pivot)
            with f.loop(j + 1, f.n) as i:
                other = f.at(f.w, i * f.ld)
                weight = f.times(inverse, f.number_at(other, j))
                f.add_row(f.spread(f.negative(weight)), behind, other, first, f.ld)
                f.put(weight, other, j)
    return f


def exchange(s: Shape) -> Matrices:
    """Exchange two rows."""
    f = Matrices(s, "exchange", "count:i a:p b:p")
    last = f.count & -s.lanes
    with f.loop(0, last, s.lanes) as k:
        a, b = f.vector_at(f.a, k), f.vector_at(f.b, k)
        f.put(b, f.a, k)
        f.put(a, f.b, k)
    with f.loop(last, f.count) as k:
        a, b = f.number_at(f.a, k), f.number_at(f.b, k)
        f.put(b, f.a, k)
        f.put(a, f.b, k)
    return f


def back(s: Shape) -> Matrices:
    """Solve ``a x = b`` in place of b, for an upper triangle and columns from `first` on of ``[a | b]``."""
    f = Matrices(s, "back", "n:i w:p ld:i first:i")
    with f.loop(0, f.n) as turn:
        i = f.n - 1 - turn
        row = f.at(f.w, i * f.ld)
        scale = f.spread(f.inverse_of(f.number_at(row, i)))
        with f.loop(f.first, f.ld, s.lanes) as k:
            f.put(f.times(scale, f.vector_at(row, k)), row, k)
        with f.loop(0, i) as r:
            other = f.at(f.w, r * f.ld)
            f.add_row(f.spread(f.negative(f.number_at(other, i))), row, other, f.first, f.ld)
    return f


def small_kernels(s: Shape) -> list[Matrices]:
    """All of them; for complex numbers, whose factors are left to LAPACK, copies alone."""
    copies = [fill(s), copy_matrix(s), copy_triangle(s), copy_upper(s), is_finite(s), exchange(s)]
    if s.is_complex:
        return copies
    factors = [factor(s), pivots(s, ROWS), pivots(s, 1), *(behind(s, w) for w in widths(s) if w >= s.lanes)]
    return [*copies, *factors, *(forward(s, w) for w in widths(s)), columns(s), eliminate(s), triangles(s), back(s)]
