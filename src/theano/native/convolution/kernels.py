"""LLVM IR of convolutions: what works on numbers. `convolution_blocks_ir` says which ones.

All of them are sums of products of numbers of x, found by two tables of offsets, with a contiguous *panel*:

    c[i, j] = sum over t, r of  x[rows[i] + lines[t] + step*r] * panel[places[t] + apart*r + j]

A *tile* keeps some rows i, positions of the result, and the columns j of a panel, its channels, in registers. Numbers
of x are read one by one, so they may lie anywhere, and nothing beyond the end of x is read. Two loops, over t and over
r, are twice as fast as one over all offsets (AVX-512).
"""

from __future__ import annotations

from theano.native.ir.builder import INT, INT32, PTR, V
from theano.native.products.code import LINE, Kernel, Shape
from theano.native.products.kernels import height_of, tiles_in, transposed
from theano.runtime.module import Global

__all__ = ["constants", "kernels", "tile"]

TILE = "x:p rows:p lines:p n:i run:i step:i panel:p places:p apart:i fresh:i c:p cs:i ask:p far:i"


def tile(s: Shape, name: str, rows: int, vectors: int, copies: bool = False) -> Kernel:
    """One tile; it is added to what is in `c` unless that is `fresh`.

    Rows of the panel are `apart`, those of c `cs`; there are all columns of both. At each inner position some memory is
    asked for that will be read soon: at `ask`, then `far` behind it, and so on. One that `copies` leaves what it reads
    of the panel at `out`, row behind row.
    """
    f = Kernel(s, f"{name}{rows}", f"{TILE} out:p" if copies else TILE)
    sums = [[f.variable(s.vector, f.zero) for _ in range(vectors)] for _ in range(rows)]
    starts = [f.at(f.x, f.rows.element(INT, i).load(INT, 8)) for i in range(rows)]
    at_panel, ask = f.variable(PTR, f.panel), f.variable(PTR, f.ask)
    out = f.variable(PTR, f.out) if copies else None
    with f.loop(0, f.n) as t:
        at_x = f.variable(INT, f.lines.element(INT, t).load(INT, 8))
        at_panel.set(f.at(f.panel, f.places.element(INT, t).load(INT, 8)))
        with f.loop(0, f.run):
            panel, place = at_panel.get(), at_x.get()
            columns = [f.vector_at(panel, s.lanes * v) for v in range(vectors)]
            if out is not None:
                for v in range(vectors):
                    f.put(columns[v], out.get(), s.lanes * v)
                out.set(f.at(out.get(), s.columns))
            for i in range(rows):
                x = f.spread(f.number_at(starts[i], place))
                for v in range(vectors):
                    sums[i][v].set(f.multiply_add(x, columns[v], sums[i][v].get()))
            f.call("llvm.prefetch.p0", ask.get(), *(f.constant(k, INT32) for k in (0, 2, 1)))
            at_panel.set(f.at(panel, f.apart))
            ask.set(f.at(ask.get(), f.far))
            at_x.set(place + f.step)
    is_fresh = f.fresh.equals(1)
    old, step = f.select(is_fresh, f.address("zeros"), f.c), f.select(is_fresh, 0, f.cs)
    c = f.c
    for i in range(rows):
        for v in range(vectors):
            f.put(f.plus(f.vector_at(old, v * s.lanes), sums[i][v].get()), c, v * s.lanes)
        old, c = f.at(old, step), f.at(c, f.cs)
    return f


def tiles(s: Shape) -> Kernel:
    """Tiles one below the other for `m` rows, of which `width` columns are wanted.

    Each asks for a cache line of the rows that are `far` apart from `ask` on.
    """
    f = Kernel(s, "tiles", f"m:i width:i {TILE}")
    table = f.select(f.width <= s.lanes, f.address("narrow"), f.address("wide"))
    i = f.variable(INT, 0)
    with f.loop(0, tiles_in(f, f.m)) as turn:
        done = i.get()
        height = height_of(f, f.m - done)
        one = table.element(PTR, height).load(PTR, 8)
        rows = f.rows.element(INT, done)
        c = f.at(f.c, done * f.cs)
        ask = f.at(f.ask, turn * (LINE // s.size))
        f.call(one, f.x, rows, f.lines, f.n, f.run, f.step, f.panel, f.places, f.apart, f.fresh, c, f.cs, ask, f.far)
        i.set(done + height)
    return f


def crossed(s: Shape) -> Kernel:
    """``out[i*oi + j*oj] = t[i*ti + j]`` for `n` rows and `m` columns."""
    f = Kernel(s, "crossed", "t:p ti:i n:i m:i out:p oi:i oj:i")
    first = f.variable(INT, 0)
    short = 16 // s.size
    if s.lanes >= short and not s.is_provisional:
        wide = min(2 * short, s.lanes)
        whole, columns = f.n & -wide, f.m & -short
        with f.when(f.oi.equals(1)):
            with f.loop(0, columns, short) as j:
                with f.loop(0, whole, wide) as i:
                    out = f.at(f.at(f.out, j * f.oj), i)
                    transposed(f, f.at(f.at(f.t, i * f.ti), j), f.ti, out, f.oj, short, wide)
                with f.loop(whole, f.n) as i:
                    for k in range(short):
                        f.put(f.number_at(f.at(f.t, i * f.ti), j + k), f.at(f.out, (j + k) * f.oj), i)
            first.set(columns)
    with f.loop(first.get(), f.m) as j:
        with f.loop(0, f.n) as i:
            f.put(f.number_at(f.at(f.t, i * f.ti), j), f.at(f.out, j * f.oj), i * f.oi)
    return f


def line(s: Shape) -> Kernel:
    """Copy `count` numbers that lie `step` apart."""
    f = Kernel(s, "line", "x:p step:i out:p count:i")
    width = s.lanes
    with f.when(f.step.equals(1)):
        while width > 1:
            kind = f"<{width} x {s.type}>"

            def move(at: V | int, kind: str = kind) -> None:
                f.put(f.at(f.x, at).load(kind, s.size), f.out, at)

            with f.when(f.count >= width):
                if width == s.lanes:
                    with f.loop(0, f.count & -width, width) as j:
                        move(j)
                else:
                    move(0)
                move(f.count - width)  # what is left, with some once more
                f.leave()
            width //= 2
    with f.loop(0, f.count) as j:
        f.put(f.number_at(f.x, j * f.step), f.out, j)
    return f


def copied(s: Shape) -> Kernel:
    """Copy `lines` lines of `count` numbers, `tl` apart, to numbers that lie `step` apart, in lines `xl` apart."""
    f = Kernel(s, "copied", "t:p tl:i x:p xl:i step:i count:i lines:i")
    with f.loop(0, f.lines) as i:
        x, t, done = f.at(f.x, i * f.xl), f.at(f.t, i * f.tl), f.variable(INT, 0)
        with f.when(f.step.equals(1) & (f.count >= s.lanes)):
            with f.loop(0, f.count & -s.lanes, s.lanes) as j:
                f.put(f.vector_at(t, j), x, j)
            last = f.count - s.lanes  # with some once more
            f.put(f.vector_at(t, last), x, last)
            done.set(f.count)
        with f.loop(done.get(), f.count) as j:
            f.put(f.number_at(t, j), x, j * f.step)
    return f


def added(s: Shape) -> Kernel:
    """Add `lines` lines of `count` numbers, `tl` apart, to numbers that lie `step` apart, in lines `xl` apart."""
    f = Kernel(s, "added", "x:p xl:i step:i t:p tl:i count:i lines:i")
    with f.loop(0, f.lines) as i:
        x, t = f.at(f.x, i * f.xl), f.at(f.t, i * f.tl)
        done, width = f.variable(INT, 0), s.lanes
        with f.when(f.step.equals(1)):
            while width > 1:
                kind = f"<{width} x {s.type}>"
                with f.loop(done.get(), f.count & -width, width) as j:
                    old, new = (f.at(v, j).load(kind, s.size) for v in (x, t))
                    f.put(f.plus(old, new), x, j)
                done.set(f.count & -width)
                width //= 2
        with f.loop(done.get(), f.count) as j:
            f.put(f.plus(f.number_at(x, j * f.step), f.number_at(t, j)), x, j * f.step)
    return f


BAND = (
    "x:p xn:i xc:i xs0:i xs1:i xs2:i n:i c:i x0:i x1:i x2:i f0:i f1:i f2:i l0:i l1:i l2:i out:p"
)


def band(s: Shape) -> Kernel:
    """Copy a part of some images and channels, from the positions f on and of the lengths l, with zeros outside of x.

    What follows it is overwritten, up to a vector.
    """
    f = Kernel(s, "band", BAND)
    zero, out = f.constant(0), f.variable(PTR, f.out)
    low = f.minimum(f.maximum(zero - f.f2, 0), f.l2)
    high = f.maximum(f.minimum(f.l2, f.x2 - f.f2), low)
    with f.loop(0, f.n) as n:
        with f.loop(0, f.c) as c:
            with f.loop(0, f.l0) as i:
                with f.loop(0, f.l1) as j:
                    here, a, b = out.get(), f.f0 + i, f.f1 + j
                    inside = a.compare("ult", f.x0) & b.compare("ult", f.x1)
                    count = f.select(inside, high - low, 0)
                    with f.when(count < f.l2):
                        with f.loop(0, f.l2, s.lanes) as k:
                            f.put(f.zero, here, k)
                    with f.when(count > 0):
                        place = n * f.xn + c * f.xc + a * f.xs0 + b * f.xs1 + (f.f2 + low) * f.xs2
                        f.call("line", f.at(f.x, place), f.xs2, f.at(here, low), count)
                    out.set(f.at(here, f.l2))
    return f


def positions(s: Shape) -> Kernel:
    """The offsets of positions along four axes, which have these lengths and steps, one after the other."""
    f = Kernel(s, "positions", "table:p n0:i n1:i n2:i n3:i s0:i s1:i s2:i s3:i")
    at = f.variable(PTR, f.table)
    with f.loop(0, f.n0) as i:
        with f.loop(0, f.n1) as j:
            with f.loop(0, f.n2) as k:
                start, here = i * f.s0 + j * f.s1 + k * f.s2, at.get()
                with f.loop(0, f.n3) as m:
                    here.element(INT, m).store(start + m * f.s3, 8)
                at.set(here.element(INT, f.n3))
    return f


def constants(s: Shape) -> list[Global]:
    """What the kernels read: a row of zeros, the tiles by their heights."""
    found = [Global("zeros", f"@zeros = internal constant [{s.columns} x {s.type}] zeroinitializer, align 64")]
    for table in ("wide", "narrow"):
        name = table if table in _widths(s) else "wide"
        listed = ", ".join(f"ptr @{name}{h}" if h in s.heights else "ptr null" for h in range(1, s.rows + 1))
        text = f"@{table} = internal constant [{s.rows + 1} x ptr] [ptr null, {listed}]"
        found.append(Global(table, text, frozenset(f"{name}{h}" for h in s.heights)))
    return found


def _widths(s: Shape) -> dict[str, int]:
    """How many vectors the tiles have. One is as fast as two: where channels are few it is worth to have both."""
    return {"wide": s.vectors} if s.is_provisional else {"wide": s.vectors, "narrow": 1}


def kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    every = [tile(s, name, h, vectors) for name, vectors in _widths(s).items() for h in s.heights]
    return [*every, tiles(s), crossed(s), line(s), copied(s), added(s), band(s), positions(s)]
