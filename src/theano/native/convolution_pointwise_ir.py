"""LLVM IR of convolutions with kernels of one element, which are products of matrices:

    y[k, o] = sum over c of  w[k, c] * x[c, o]

Here kernels are rows and positions of an image columns, as they lie in memory: x is copied into panels line by line,
and sums are written where they belong, without being turned around.
"""

from __future__ import annotations

from theano.loops.convolution import AXES, DEPTH
from theano.native.convolution_code import Words, all_of, even
from theano.native.ir_text import INT, INT32, PTR, V
from theano.native.product_code import LINE, Kernel, Shape
from theano.native.product_ir import BLOCK_BYTES, quotient

__all__ = ["is_pointwise", "pointwise_kernels", "pointwise_units"]

# Positions whose panels are made together: so many numbers of a channel lie side by side.
POSITIONS = 256
# Numbers between panels of more than so many: their distances should be no powers of two.
GAP, FAR = 16, 512


def is_pointwise(f: Kernel, g: Words) -> V:
    """Whether a sum is computed so: positions lie side by side, and fill the columns."""
    found = g["deep"].equals(0)
    for a in AXES:
        found = found & g[f"x{a}"].equals(g[f"y{a}"])
        for name, value in (("r", 1), ("s", 1), ("p", 0)):
            found = found & g[f"{name}{a}"].equals(value)
    for side in "xy":
        step = f.constant(1)
        for a in reversed(AXES):
            found = found & (g[f"x{a}"].equals(1) | g[f"{side}s{a}"].equals(step))
            step = step * g[f"x{a}"]
    positions = _positions(f, g)
    return found & (positions * 8 >= positions.up_to(f.s.lanes) * 7)


def _positions(f: Kernel, g: Words) -> V:
    return all_of(f, *(g[f"x{a}"] for a in AXES))


def _blocks(f: Kernel, g: Words) -> V:
    """Of an image."""
    return quotient(f, _positions(f, g), f.constant(POSITIONS))


def pointwise_units(f: Kernel, g: Words) -> V:
    """Into how many units of work a sum is cut."""
    return g["groups"] * g["n"] * _blocks(f, g)


def _place(f: Kernel, g: Words, unit: V) -> tuple[V, V, V]:
    """Group, image and first position of a unit of work."""
    blocks = f.maximum(_blocks(f, g), 1)
    of_group = unit.over(blocks)
    group = of_group.over(f.maximum(g["n"], 1))
    return group, of_group - group * g["n"], (unit - of_group * blocks) * POSITIONS


def pointwise(s: Shape) -> Kernel:
    """A unit of work: some positions of an image of a group."""
    f = Kernel(s, "pointwise", "g:p unit:i rows:i room:i x:p w:p y:p band:p sums:p table:p", quick=True)
    g, columns = Words(f, f.g), s.columns
    c, k, line = g["c"], g["k"], f.table.element(INT, f.rows)
    group, image, first = _place(f, g, f.unit)
    count = f.minimum(_positions(f, g) - first, POSITIONS)
    x, next_x = (
        f.at(f.x, one * g["xg"] + other * g["xn"] + position)
        for one, other, position in ((group, image, first), _place(f, g, f.unit + 1))
    )
    y, w = f.at(f.y, group * g["yg"] + image * g["yn"] + first), f.at(f.w, group * g["wg"])
    line.store(f.constant(0), 8)
    depth = even(f, c, f.minimum(f.constant(DEPTH), f.room.over(POSITIONS + GAP)))
    apart = depth * columns + f.select(depth * columns > FAR, GAP, 0)
    block = f.minimum(f.constant(BLOCK_BYTES // s.size).over(depth).up_to(s.rows), f.rows)
    with f.loop(0, f.maximum(c, 1), depth) as at:
        some, fresh = f.minimum(depth, c - at), f.select(at.equals(0), 1, 0)
        here_x = f.at(x, at * g["xc"])
        with f.loop(0, k, block) as row:
            high = f.minimum(block, k - row)
            numbers, out = f.at(w, row * g["wk"] + at * g["wc"]), f.at(y, row * g["yk"])
            f.call("positions", f.table, 1, 1, 1, high, 0, 0, 0, g["wk"])
            panel = f.variable(f.band.type, f.band)
            with f.loop(0, count, columns) as j:
                wide, here = f.minimum(count - j, columns), f.at(out, j)
                begun = f.variable(INT, 0)
                with f.when(row.equals(0)):
                    quick = wide.equals(columns) & (high >= s.rows)
                    with f.when(quick):
                        f.call("first", numbers, f.table, some, g["wc"], f.at(here_x, j), g["xc"], panel.get(), fresh, here, g["yk"], f.at(f.at(next_x, at * g["xc"]), j), g["xc"])
                        begun.set(s.rows)
                    with f.unless(quick):
                        f.call("columns", f.at(here_x, j), g["xc"], some, wide, panel.get(), apart)
                # what will be written next is asked for
                f.call("ask", f.at(here, columns), g["yk"], high, columns)
                # so are numbers of the next unit of work: a line of each channel by each tile
                next_here = f.at(f.at(next_x, at * g["xc"]), j)
                done = begun.get()
                of_tiles: list[V | int] = [numbers, f.table.element(INT, done), line, 1, some, g["wc"], panel.get(), line, columns]
                whole = wide.equals(columns)
                with f.when(whole):
                    f.call("tiles", high - done, wide, *of_tiles, fresh, f.at(here, done * g["yk"]), g["yk"], f.at(next_here, f.select(done > 0, LINE // s.size, 0)), g["xc"])
                with f.unless(whole):
                    # the last panel is not filled: its sums are copied
                    f.call("tiles", high, wide, *of_tiles, 1, f.sums, columns, next_here, g["xc"])
                    with f.when(fresh.equals(1)):
                        f.call("copied", f.sums, columns, here, g["yk"], 1, wide, high)
                    with f.unless(fresh.equals(1)):
                        f.call("added", here, g["yk"], 1, f.sums, columns, wide, high)
                panel.set(f.at(panel.get(), apart))
    return f


FIRST = "x:p rows:p n:i step:i source:p far:i panel:p fresh:i c:p cs:i ask:p asked:i"


def first(s: Shape) -> Kernel:
    """The first tile of a panel, which copies it on the way: rows of the panel lie `far` apart at `source`."""
    rows, vectors = s.rows, s.vectors
    f = Kernel(s, "first", FIRST)
    sums = [[f.variable(s.vector, f.zero) for _ in range(vectors)] for _ in range(rows)]
    starts = [f.at(f.x, f.rows.element(INT, i).load(INT, 8)) for i in range(rows)]
    source, panel, ask, at_x = f.variable(PTR, f.source), f.variable(PTR, f.panel), f.variable(PTR, f.ask), f.variable(INT, 0)
    with f.loop(0, f.n):
        place, here, out = at_x.get(), source.get(), panel.get()
        columns = [f.vector_at(here, s.lanes * v) for v in range(vectors)]
        for v in range(vectors):
            f.put(columns[v], out, s.lanes * v)
        for i in range(rows):
            x = f.spread(f.number_at(starts[i], place))
            for v in range(vectors):
                sums[i][v].set(f.multiply_add(x, columns[v], sums[i][v].get()))
        f.call("llvm.prefetch.p0", ask.get(), *(f.constant(k, INT32) for k in (0, 2, 1)))
        source.set(f.at(here, f.far))
        panel.set(f.at(out, s.columns))
        ask.set(f.at(ask.get(), f.asked))
        at_x.set(place + f.step)
    is_fresh = f.fresh.equals(1)
    old, step = f.select(is_fresh, f.address("zeros"), f.c), f.select(is_fresh, 0, f.cs)
    c = f.c
    for i in range(rows):
        for v in range(vectors):
            f.put(f.plus(f.vector_at(old, v * s.lanes), sums[i][v].get()), c, v * s.lanes)
        old, c = f.at(old, step), f.at(c, f.cs)
    return f


def ask(s: Shape) -> Kernel:
    """Ask for `p` lines of `count` numbers, in the L2 cache."""
    f = Kernel(s, "ask", "b:p br:i p:i count:i")
    with f.loop(0, f.p) as i, f.loop(0, f.count, LINE // s.size) as j:
        f.call("llvm.prefetch.p0", f.at(f.at(f.b, i * f.br), j), *(f.constant(k, INT32) for k in (0, 2, 1)))
    return f


def columns(s: Shape) -> Kernel:
    """Copy `count` numbers of each of `c` lines, which are `xc` apart, into panels that are `apart`."""
    f = Kernel(s, "columns", "x:p xc:i c:i count:i out:p apart:i")
    whole = f.count & -s.columns
    left, last = f.count - whole, whole.over(s.columns) * f.apart
    with f.loop(0, f.c) as i:
        line, out = f.at(f.x, i * f.xc), f.variable(f.out.type, f.at(f.out, i * s.columns))
        with f.loop(0, whole, s.columns) as j:
            for v in range(0, s.columns, s.lanes):
                f.put(f.vector_at(f.at(line, j), v), out.get(), v)
            out.set(f.at(out.get(), f.apart))
        with f.when(left > 0):
            f.call("line", f.at(line, whole), 1, f.at(f.out, i * s.columns + last), left)
    return f


def pointwise_kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    return [pointwise(s), first(s), columns(s), ask(s)]
