"""LLVM IR of products with one row or one column, and of small ones.

The former are limited by reading the matrix: each has a kernel that reads it once, in order.
"""

from __future__ import annotations

from theano.loops.externs.table import ARGUMENTS
from theano.native.ir.builder import V, Variable
from theano.native.products.code import Kernel, Shape

__all__ = ["BY_COLUMNS", "BY_ROWS", "OUTER", "SWEEP", "row_kernels"]

BY_ROWS = "p:i q:i alpha:n a:p ar:i x:p beta:n y:p ys:i"
BY_COLUMNS = "p:i q:i alpha:n a:p ar:i x:p xs:i beta:n y:p"
OUTER = "m:i n:i alpha:n a:p ar:i b:p beta:n c:p cr:i"
SWEEP = "p:i q:i w:p wr:i d:p x:p xs:i alpha:n beta:n g:p gs:i"
DOTS = 4


def dots(s: Shape) -> Kernel:
    """``y[i] = beta y[i] + alpha dot(a[i], x)`` for a few rows that are contiguous, as x is.

    Strides may be 0: the same row several times is as fast as a single one, which waits for its own sums.
    """
    f = Kernel(s, "dots", "q:i a:p ar:i x:p alpha:n beta:n y:p ys:i")
    starts = [f.at(f.a, f.ar * i) if i else f.a for i in range(DOTS)]
    places = [f.at(f.y, f.ys * i) if i else f.y for i in range(DOTS)]
    sums = [[f.variable(s.vector, f.zero) for _ in range(2)] for _ in range(DOTS)]
    twice = 2 * s.lanes
    whole, last = f.q & -twice, f.q & -s.lanes
    with f.loop(0, whole, twice) as j:
        for v in range(2):
            x = f.vector_at(f.at(f.x, j), v * s.lanes)
            for i in range(DOTS):
                sums[i][v].set(f.multiply_add(f.vector_at(f.at(starts[i], j), v * s.lanes), x, sums[i][v].get()))
    with f.loop(whole, last, s.lanes) as j:
        x = f.vector_at(f.x, j)
        for i in range(DOTS):
            sums[i][0].set(f.multiply_add(f.vector_at(starts[i], j), x, sums[i][0].get()))
    totals = [f.variable(s.type, f.across(f.plus(a.get(), b.get()))) for a, b in sums]
    with f.loop(last, f.q) as j:
        y = f.number_at(f.x, j)
        for i in range(DOTS):
            totals[i].set(f.multiply_add(f.number_at(starts[i], j), y, totals[i].get()))
    fresh, zero = f.is_zero(f.beta), f.real("0.0")
    old = [f.select(fresh, zero, f.times(f.beta, f.number_at(place))) for place in places]
    for place, total, before in zip(places, totals, old, strict=True):
        f.put(f.multiply_add(f.alpha, total.get(), before), place)
    return f


def rows_times_vector(s: Shape) -> Kernel:
    """``y = beta y + alpha a x`` for contiguous rows of a."""
    f = Kernel(s, "by_rows", BY_ROWS, quick=True)
    whole, none = f.p & -DOTS, f.constant(0)
    for start, stop, step, ar, ys in ((none, whole, DOTS, f.ar, f.ys), (whole, f.p, 1, none, none)):
        with f.loop(start, stop, step) as i:
            f.call("dots", f.q, f.at(f.a, i * f.ar), ar, f.x, f.alpha, f.beta, f.at(f.y, i * f.ys), ys)
    return f


def add_rows(s: Shape, rows: int) -> Kernel:
    """``y += sum of x[i] * a[i]`` over `rows` rows; x is in memory, scaled."""
    f = Kernel(s, f"add{rows}", "q:i a:p ar:i x:p y:p")
    starts = [f.at(f.a, f.ar * i) if i else f.a for i in range(rows)]
    numbers = [f.number_at(f.x, i) for i in range(rows)]
    vectors = [f.spread(x) for x in numbers]
    last = f.q & -s.lanes
    for spread, start, stop, step in ((vectors, f.constant(0), last, s.lanes), (numbers, last, f.q, 1)):
        read = f.vector_at if spread is vectors else f.number_at
        with f.loop(start, stop, step) as j:
            total = read(f.y, j)
            for i in range(rows):
                total = f.multiply_add(read(starts[i], j), spread[i], total)
            f.put(total, f.y, j)
    return f


ADDED = 8


def columns_times_vector(s: Shape) -> Kernel:
    """``y = beta y + alpha x a``: the rows of a, which are contiguous, are added up in y."""
    f = Kernel(s, "by_columns", BY_COLUMNS)
    fresh = f.is_zero(f.beta)
    with f.loop(0, f.q) as j:
        f.put(f.select(fresh, f.real("0.0"), f.times(f.beta, f.number_at(f.y, j))), f.y, j)
    scaled = f.memory(ADDED * s.size)
    whole = f.p & -ADDED
    for count, start, stop in ((ADDED, f.constant(0), whole), (1, whole, f.p)):
        with f.loop(start, stop, count) as i:
            with f.loop(0, count) as k:
                f.put(f.times(f.alpha, f.number_at(f.x, (i + k) * f.xs)), scaled, k)
            f.call(f"add{count}", f.q, f.at(f.a, i * f.ar), f.ar, scaled, f.y)
    return f


def outer(s: Shape) -> Kernel:
    """``c = beta c + alpha outer(a, b)``, b contiguous."""
    f = Kernel(s, "outer", OUTER)
    last, fresh = f.n & -s.lanes, f.is_zero(f.beta)
    with f.loop(0, f.m) as i:
        x = f.times(f.alpha, f.number_at(f.a, i * f.ar))
        c = f.at(f.c, i * f.cr)
        for start, stop, step in ((f.constant(0), last, s.lanes), (last, f.n, 1)):
            wide = start is not last
            read = f.vector_at if wide else f.number_at
            scale, beta = (f.spread(x), f.spread(f.beta)) if wide else (x, f.beta)
            zero = f.zero if wide else f.real("0.0")
            with f.loop(start, stop, step) as j:
                old = f.select(fresh, zero, f.times(beta, read(c, j)))
                f.put(f.multiply_add(scale, read(f.b, j), old), c, j)
    return f


def small(s: Shape) -> Kernel:
    """A product of a few numbers, or of none however many rows there are."""
    f = Kernel(s, "small", ARGUMENTS)
    fresh, zero = f.is_zero(f.beta), f.real("0.0")
    with f.loop(0, f.select(f.n.equals(0), f.n, f.m)) as i:
        row, out = f.at(f.a, i * f.ar), f.at(f.c, i * f.cr)
        with f.loop(0, f.n) as j:
            column = f.at(f.b, j * f.bc)
            total = f.variable(s.type, zero)
            with f.loop(0, f.k) as k:
                total.set(f.multiply_add(f.number_at(row, k * f.ac), f.number_at(column, k * f.br), total.get()))
            old = f.select(fresh, zero, f.times(f.beta, f.number_at(out, j)))
            f.put(f.multiply_add(f.alpha, total.get(), old), out, j)
    return f


def sweep(s: Shape) -> Kernel:
    """``g = w d`` and ``w = beta w + alpha outer(x, d)``: the matrix is read and written once; d is contiguous."""
    f = Kernel(s, "sweep", SWEEP)
    twice = 2 * s.lanes
    whole, last = f.q & -twice, f.q & -s.lanes
    beta = f.spread(f.beta)
    with f.loop(0, f.p) as i:
        w = f.at(f.w, i * f.wr)
        scale = f.times(f.alpha, f.number_at(f.x, i * f.xs))
        wide = f.spread(scale)
        sums = [f.variable(s.vector, f.zero) for _ in range(2)]

        def step(j: V, v: int, w: V = w, wide: V = wide, sums: list[Variable] = sums) -> None:
            d, at = f.vector_at(f.at(f.d, j), v * s.lanes), f.at(f.at(w, j), v * s.lanes)
            old = f.vector_at(at)
            sums[v].set(f.multiply_add(old, d, sums[v].get()))
            f.put(f.multiply_add(wide, d, f.times(beta, old)), at)

        with f.loop(0, whole, twice) as j:
            step(j, 0)
            step(j, 1)
        with f.loop(whole, last, s.lanes) as j:
            step(j, 0)
        total = f.variable(s.type, f.across(f.plus(sums[0].get(), sums[1].get())))
        with f.loop(last, f.q) as j:
            d, old = f.number_at(f.d, j), f.number_at(w, j)
            total.set(f.multiply_add(old, d, total.get()))
            f.put(f.multiply_add(scale, d, f.times(f.beta, old)), w, j)
        f.put(total.get(), f.g, i * f.gs)
    return f


def row_kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    return [
        rows_times_vector(s), dots(s), columns_times_vector(s), add_rows(s, ADDED), add_rows(s, 1), outer(s), sweep(s),
        small(s),
    ]  # fmt: skip
