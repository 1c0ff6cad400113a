"""LLVM IR of the gradient of a Cholesky factor: backwards through the factorization.

Murray (2016), "Differentiation of the Cholesky decomposition", algorithms of figures 2 and 4, which take twice the
operations of the factor; the formula with products and systems takes twelve times as many.
"""

from __future__ import annotations

from theano.native.ir.builder import INT, PTR, V
from theano.native.linalg.code import Caller, Matrices
from theano.native.linalg.small_matrices import MOST, room
from theano.native.products.code import Shape

__all__ = ["cholesky_gradient_of", "reverse"]


def reverse(s: Shape) -> Matrices:
    """Make the gradient g of a lower factor l that of the lower triangle it is made of, both with rows `ld` apart.

    l is zero above its diagonal; what is there of g is neither read nor kept.
    """
    f = Matrices(s, "reverse", "n:i l:p g:p ld:i")
    row, weights = f.memory(room(s) * s.size), f.memory(room(s) * s.size)
    with f.loop(0, f.n) as turn:
        j = f.n - 1 - turn
        known, mine = f.at(f.l, j * f.ld), f.at(f.g, j * f.ld)
        inverse = f.inverse_of(f.number_at(known, j))
        with f.fold(j + 1, f.n, [f.number_at(mine, j)]) as (i, state):
            place = f.at(f.g, i * f.ld + j)
            weight = f.times(f.number_at(place), inverse)
            f.put(weight, place)
            less = f.negative(weight)
            f.put(less, weights, i)
            state[0] = f.multiply_add(less, f.number_at(f.l, i * f.ld + j), state[0])
        pivot = f.times(state[0], inverse)
        end = j.up_to(s.lanes)
        with f.loop(0, end, s.lanes) as k:
            f.put(f.vector_at(known, k), row, k)
        with f.loop(j, end) as k:
            f.put(f.zero_number(), row, k)
        scale = f.spread(f.negative(pivot))
        with f.loop(0, end, s.lanes) as k:
            before = f.vector_at(row, k)
            with f.fold(j + 1, f.n, [f.multiply_add(scale, before, f.vector_at(mine, k))]) as (i, sums):
                wide, at = f.spread(f.number_at(weights, i)), i * f.ld + k
                sums[0] = f.multiply_add(wide, f.vector_at(f.l, at), sums[0])
                f.put(f.multiply_add(wide, before, f.vector_at(f.g, at)), f.g, at)
            f.put(sums[0], mine, k)
        f.put(f.times(pivot, f.real("0.5")), mine, j)
    return f


def _triangle(f: Caller, n: V, source: V, rows: V | int, columns: V | int, out: V, ld: V) -> None:
    """Copy a lower triangle, with zeros above it."""
    f.call("copy_triangle", n, source, rows, columns, out, ld)


def cholesky_gradient_of(s: Shape, bits: int) -> Caller:
    """The gradient c of one matrix, from its factor a and the gradient b of that."""
    f = Caller(s, "cholesky_gradient_of", "lower:i n:i a:p ar:i ac:i b:p br:i bc:i c:p work:p", bits)
    lower = f.lower.differs(0)
    ar, ac, br, bc = (
        f.select(lower, f.params[p], f.params[q]) for p, q in (("ar", "ac"), ("ac", "ar"), ("br", "bc"), ("bc", "br"))
    )
    small, done = f.block(), f.block()
    factor, gradient = (f.memory(MOST * room(s) * s.size) for _ in range(2))
    f.jump(small, when=f.n <= MOST)
    _in_blocks(f, (f.a, ar, ac), (f.b, br, bc), factor, gradient)
    f.jump(done)
    f.begin(small)
    ld = f.n.up_to(s.lanes)
    _triangle(f, f.n, f.a, ar, ac, factor, ld)
    _triangle(f, f.n, f.b, br, bc, gradient, ld)
    f.call("reverse", f.n, factor, gradient, ld)
    _triangle(f, f.n, gradient, ld, 1, f.c, f.n)
    f.begin(done)
    with f.unless(lower):
        _transpose(f)
    return f


def _transpose(f: Caller) -> None:
    """Make the lower triangle an upper one."""
    with f.loop(0, f.n) as i, f.loop(0, i) as k:
        below = f.at(f.c, i * f.n + k)
        f.put(f.number_at(below), f.c, k * f.n + i)
        f.put(f.zero_number(), below)


def _in_blocks(f: Caller, a: tuple[V, V, V], b: tuple[V, V, V], factor: V, gradient: V) -> None:
    """Blocks of rows, the last first, by products and systems of BLAS; its matrices are the transposes of ours."""
    s, n = f.s, f.n
    _triangle(f, n, *b, f.c, n)
    known, ls = f.variable(PTR, a[0]), f.variable(INT, a[1])
    with f.unless(a[2].equals(1)):
        _triangle(f, n, *a, f.work, n)
        known.set(f.work)
        ls.set(n)
    minus, one = f.real("-1.0"), f.real("1.0")
    plain, turned = f.flag("N"), f.flag("T")
    square = f.memory(MOST * MOST * s.size)
    with f.loop(0, (n + (MOST - 1)).over(MOST)) as turn:
        last = n - turn * MOST
        first = f.maximum(last - MOST, f.constant(0))
        size, rows, row = last - first, n - last, ls.get()
        left, mine = f.at(known.get(), first * row), f.at(f.c, first * n)  # rows, up to the block on the diagonal
        below, theirs = f.at(known.get(), last * row), f.at(f.c, last * n)
        corner, own = f.at(left, first), f.at(mine, first)
        column, weights = f.at(below, first), f.at(theirs, first)
        with f.when(rows > 0):
            f.routine("trsm", f.flag("L"), f.flag("U"), plain, f.flag("N"), size, rows, one, corner, row, weights, n)
            f.routine("gemm", plain, turned, size, size, rows, minus, column, row, weights, n, one, own, n)
            with f.when(first > 0):
                f.routine("gemm", plain, plain, first, rows, size, minus, left, row, weights, n, one, theirs, n)
                f.routine("gemm", plain, turned, first, size, rows, minus, below, row, weights, n, one, mine, n)
        _block(f, size, (corner, row), own, factor, gradient, square)
        with f.when(first > 0):
            f.routine("gemm", plain, plain, first, size, size, minus, left, row, square, size, one, mine, n)


def _block(
    f: Caller, size: V, corner: tuple[V, V], own: V, factor: V, gradient: V, square: V
) -> None:  # fmt: skip
    """The gradient of a block on the diagonal, in its place, and in `square` that plus its transpose."""
    ld = size.up_to(f.s.lanes)
    _triangle(f, size, corner[0], corner[1], 1, factor, ld)
    _triangle(f, size, own, f.n, 1, gradient, ld)
    f.call("reverse", size, factor, gradient, ld)
    with f.loop(0, size) as i:
        row = f.at(gradient, i * ld)
        f.copied(f.constant(1), i + 1, row, 1, 1, f.at(own, i * f.n), f.n)
        f.call("fill", size - 1 - i, f.zero_number(), f.at(own, i * f.n + i + 1))
        with f.loop(0, i) as k:
            number = f.number_at(row, k)
            f.put(number, square, i * size + k)
            f.put(number, square, k * size + i)
        number = f.number_at(row, i)
        f.put(f.plus(number, number), square, i * size + i)


