"""LLVM IR of factors and systems of small matrices, for which a call of LAPACK costs more than the work.

A matrix is copied first, into memory whose rows are whole vectors, so that no step needs to look after what is left of
a row. What lies beyond the matrix there is computed with and never read.
"""

from __future__ import annotations

from theano.native.ir_text import INT, V
from theano.native.lapack_code import Matrices
from theano.native.product_code import Shape, suffix
from theano.runtime.module import Global, intrinsic

__all__ = ["MOST", "intrinsics", "room", "small_kernels", "widths"]

# The most rows of matrices that are worked on here. Measured, one core of Zen 4: with 32 rows a factor takes ... of
# LAPACK's time.
MOST = 32
# Rows of a system that are solved at once.
ROWS = 4


def intrinsics(s: Shape) -> list[Global]:
    """Of LLVM's, what these functions call."""
    found = [intrinsic(f"llvm.{name}.{suffix(s.type)}", s.type, s.type) for name in ("sqrt", "fabs")]
    if s.has_fma:
        found += [intrinsic(f"llvm.fma.{suffix(t)}", t, t, t, t) for t in dict.fromkeys((s.type, s.vector))]
    return found


def room(s: Shape) -> int:
    """Numbers of a row of the largest copy."""
    return -(-MOST // s.lanes) * s.lanes


# -- copies --------------------------------------------------------------------------------------------------
def copy_row(s: Shape) -> Matrices:
    """Copy numbers that lie `step` apart; 0, or NaN if one of them is not finite."""
    f = Matrices(s, "copy_row", "count:i a:p step:i out:p", result=s.type)
    first, found = f.variable(INT, 0), f.variable(s.type, f.zero_number())
    with f.when(f.step.equals(1)):
        first.set(f.count & -s.lanes)
        with f.fold(0, first.get(), [f.zero], s.lanes) as (k, state):
            row = f.vector_at(f.a, k)
            f.put(row, f.out, k)
            state[0] = f.nothing_if_finite(state[0], row)
        found.set(f.across(state[0]))
    with f.fold(first.get(), f.count, [found.get()]) as (k, state):
        number = f.number_at(f.a, k * f.step)
        f.put(number, f.out, k)
        state[0] = f.nothing_if_finite(state[0], number)
    f.leave(state[0])
    return f


def copy_matrix(s: Shape) -> Matrices:
    """Copy `n` rows of m numbers, with rows of the copy `outs` apart; 0, or NaN if one of them is not finite."""
    f = Matrices(s, "copy_matrix", "n:i m:i a:p ar:i ac:i out:p outs:i", result=s.type)
    with f.fold(0, f.n, [f.zero_number()]) as (i, state):
        row = f.call("copy_row", f.m, f.at(f.a, i * f.ar), f.ac, f.at(f.out, i * f.outs), result=s.type)
        state[0] = f.plus(state[0], row)
    f.leave(state[0])
    return f


def fill(s: Shape) -> Matrices:
    """`count` times one number."""
    f = Matrices(s, "fill", "count:i x:n out:p")
    last, wide = f.count & -s.lanes, f.spread(f.x)
    with f.loop(0, last, s.lanes) as k:
        f.put(wide, f.out, k)
    with f.loop(last, f.count) as k:
        f.put(f.x, f.out, k)
    return f


# -- Cholesky factors ----------------------------------------------------------------------------------------
def factor(s: Shape) -> Matrices:
    """Make the upper triangle of u its factor, ``u' u``; the code, 0 if all is well. Rows are `ld` apart."""
    f = Matrices(s, "factor", "n:i u:p ld:i", result=INT)
    with f.loop(0, f.n) as j:
        row = f.at(f.u, j * f.ld)
        pivot = f.number_at(row, j)
        with f.unless(f.holds("ogt", pivot, f.zero_number())):
            f.leave(j + 1)
        root = f.root(pivot)
        scale = f.spread(f.inverse_of(root))
        with f.loop(j & -s.lanes, f.ld, s.lanes) as k:
            f.put(f.times(scale, f.vector_at(row, k)), row, k)
        with f.loop(j + 1, f.n) as i:
            less = f.spread(f.negative(f.number_at(row, i)))
            f.add_row(less, row, f.at(f.u, i * f.ld), i & -s.lanes, f.ld)
        f.put(root, row, j)  # last: vectors that a number was just written into are slow to read
    f.leave(0)
    return f


# -- triangular systems --------------------------------------------------------------------------------------
def widths(s: Shape) -> range:
    """How many vectors of right sides are solved for at once: their sums are in registers."""
    return range(1, 4 if s.rows > 6 else 3)


def forward(s: Shape, vectors: int) -> Matrices:
    """Solve ``a y = x`` in place for `vectors` of right sides, given a lower triangle and what 1 / a[i, i] is."""
    f = Matrices(s, f"forward{vectors}", "n:i a:p ar:i ac:i inverse:p x:p")
    ld = vectors * s.lanes
    whole = f.n & -ROWS
    for start, stop, rows in ((f.constant(0), whole, ROWS), (whole, f.n, 1)):
        with f.loop(start, stop, rows) as i:
            _rows_of(f, i, rows, vectors, ld)
    return f


def _rows_of(f: Matrices, i: V, rows: int, vectors: int, ld: int) -> None:
    s = f.s
    at = [f.at(f.a, (i + r) * f.ar) for r in range(rows)]
    here = [f.at(f.x, (i + r) * ld) for r in range(rows)]
    first = [f.vector_at(p, v * s.lanes) for p in here for v in range(vectors)]
    with f.fold(0, i, first) as (k, state):
        known = [f.vector_at(f.at(f.x, k * ld), v * s.lanes) for v in range(vectors)]
        for r in range(rows):
            less = f.spread(f.negative(f.number_at(at[r], k * f.ac)))
            for v in range(vectors):
                state[r * vectors + v] = f.multiply_add(less, known[v], state[r * vectors + v])
    sums = [state[r * vectors : (r + 1) * vectors] for r in range(rows)]
    for r in range(rows):
        scale = f.spread(f.number_at(f.inverse, i + r))
        found = [f.times(scale, x) for x in sums[r]]
        for v in range(vectors):
            f.put(found[v], here[r], v * s.lanes)
        for other in range(r + 1, rows):
            less = f.spread(f.negative(f.number_at(at[other], (i + r) * f.ac)))
            sums[other] = [f.multiply_add(less, x, y) for x, y in zip(found, sums[other], strict=True)]


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
    """All of them."""
    return [
        copy_row(s), copy_matrix(s), fill(s), factor(s), *(forward(s, v) for v in widths(s)), eliminate(s), exchange(s),
        back(s),
    ]  # fmt: skip
