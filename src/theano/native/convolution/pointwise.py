"""LLVM IR of convolutions with kernels of one element, which are products of matrices:

    y[k, o] = sum over c of  w[k, c] * x[c, o]

Here kernels are rows and positions of an image columns, as they lie in memory: x is copied into panels by the first
tile that reads it, and sums are written where they belong, without being turned around.
"""

from __future__ import annotations

from theano.loops.externs.convolution import AXES, DEPTH
from theano.native.convolution.code import Words, all_of, even
from theano.native.convolution.kernels import tile
from theano.native.ir.builder import INT, INT32, V
from theano.native.products.code import LINE, Kernel, Shape
from theano.native.products.kernels import BLOCK_BYTES, quotient

__all__ = ["is_pointwise", "pointwise_kernels", "pointwise_units"]

# Positions whose panels stay for all kernels: so many numbers of a channel lie side by side.
POSITIONS = 256
# Kernels that are worth a copy of the panels of their own, where there are fewer blocks of positions than parts.
SHARED_KERNELS = 128
# Numbers between panels of more than so many: their distances should be no powers of two.
GAP, FAR = 16, 512
# Bytes of a page; fewer channels than this are no matter.
PAGE, FEW = 4096, 64


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
    # numbers of a kernel that lie half pages apart share two sets of the cache: for few positions panels are quicker
    far = (((g["wc"] * f.s.size) & (PAGE // 2 - 1)).equals(0)) & (g["c"] >= FEW) & (positions <= POSITIONS)
    found = found & ~far
    return found & (positions * 8 >= positions.up_to(f.s.lanes) * 7)


def _positions(f: Kernel, g: Words) -> V:
    return all_of(f, *(g[f"x{a}"] for a in AXES))


def _blocks(f: Kernel, g: Words) -> V:
    """Of an image."""
    return quotient(f, _positions(f, g), f.constant(POSITIONS))


def pointwise_units(f: Kernel, g: Words, parts: V) -> tuple[V, V, V]:
    """Into how many units of work a sum is cut, in how many of them a block of positions is, and kernels of each."""
    blocks = g["groups"] * g["n"] * _blocks(f, g)
    most = f.maximum(g["k"].over(SHARED_KERNELS), 1)
    some = even(f, g["k"], quotient(f, g["k"], f.minimum(quotient(f, parts, f.maximum(blocks, 1)), most)))
    shares = quotient(f, f.maximum(g["k"], 1), some)
    return blocks * shares, shares, some


def _place(f: Kernel, g: Words, unit: V) -> tuple[V, V, V]:
    """Group, image and first position of a unit of work."""
    blocks = f.maximum(_blocks(f, g), 1)
    of_group = unit.over(blocks)
    group = of_group.over(f.maximum(g["n"], 1))
    return group, of_group - group * g["n"], (unit - of_group * blocks) * POSITIONS


def pointwise(s: Shape) -> Kernel:
    """A unit of work: some positions of an image of a group, maybe the last ones `again`, for the kernels k0 to k1."""
    given = "g:p unit:i k0:i k1:i again:i rows:i room:i x:p w:p y:p band:p sums:p table:p"
    f = Kernel(s, "pointwise", given, quick=True)
    g, columns = Words(f, f.g), s.columns
    c, line = g["c"], f.table.element(INT, f.rows)
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
    # panels of all channels are still there
    is_copied = f.again.equals(1) & (depth >= c)
    with f.loop(0, f.maximum(c, 1), depth) as at:
        some, fresh = f.minimum(depth, c - at), f.select(at.equals(0), 1, 0)
        here_x = f.at(x, at * g["xc"])
        with f.loop(f.k0, f.k1, block) as row:
            high = f.minimum(block, f.k1 - row)
            numbers, out = f.at(w, row * g["wk"] + at * g["wc"]), f.at(y, row * g["yk"])
            f.call("positions", f.table, 1, 1, 1, high, 0, 0, 0, g["wk"])
            panel = f.variable(f.band.type, f.band)
            with f.loop(0, count, columns) as j:
                wide, here = f.minimum(count - j, columns), f.at(out, j)
                whole = wide.equals(columns)
                # what will be written next is asked for
                f.call("ask", f.at(here, columns), g["yk"], high, columns)
                # so are numbers of the next unit of work: a line of each channel by each tile
                next_here = f.at(f.at(next_x, at * g["xc"]), j)
                begun = f.variable(INT, 0)
                with f.when(row.equals(f.k0) & ~is_copied):
                    source, top = f.at(here_x, j), s.heights[0]
                    by_tile = whole & (high >= top)
                    if not s.is_provisional:
                        with f.when(by_tile):
                            args: list[V | int] = [numbers, f.table, line, 1, some, g["wc"], source, line, g["xc"]]
                            f.call(f"first{top}", *args, fresh, here, g["yk"], next_here, g["xc"], panel.get())
                            begun.set(top)
                    with f.when(begun.get().equals(0)):
                        f.call("columns", source, g["xc"], some, wide, panel.get())
                done = begun.get()
                next_here = f.at(next_here, f.select(done > 0, LINE // s.size, 0))
                of_tiles: list[V | int] = [
                    numbers, f.table.element(INT, done), line, 1, some, g["wc"], panel.get(), line, columns,
                ]  # fmt: skip
                with f.when(whole):
                    rows, target = high - done, f.at(here, done * g["yk"])
                    f.call("tiles", rows, wide, *of_tiles, fresh, target, g["yk"], next_here, g["xc"])
                with f.unless(whole):
                    # the last panel is not filled: its sums are copied
                    f.call("tiles", high, wide, *of_tiles, 1, f.sums, columns, next_here, g["xc"])
                    with f.when(fresh.equals(1)):
                        f.call("copied", f.sums, columns, here, g["yk"], 1, wide, high)
                    with f.unless(fresh.equals(1)):
                        f.call("added", here, g["yk"], 1, f.sums, columns, wide, high)
                panel.set(f.at(panel.get(), apart))
    return f


def ask(s: Shape) -> Kernel:
    """Ask for `p` lines of `count` numbers, in the L2 cache."""
    f = Kernel(s, "ask", "b:p br:i p:i count:i")
    with f.loop(0, f.p) as i, f.loop(0, f.count, LINE // s.size) as j:
        f.call("llvm.prefetch.p0", f.at(f.at(f.b, i * f.br), j), *(f.constant(k, INT32) for k in (0, 2, 1)))
    return f


def columns(s: Shape) -> Kernel:
    """Copy `count` numbers, no more than a panel has, of each of `c` lines, which are `xc` apart, into a panel."""
    f = Kernel(s, "columns", "x:p xc:i c:i count:i panel:p")
    whole = f.count.equals(s.columns)
    with f.loop(0, f.c) as i:
        line, out = f.at(f.x, i * f.xc), f.at(f.panel, i * s.columns)
        with f.when(whole):
            for v in range(0, s.columns, s.lanes):
                f.put(f.vector_at(line, v), out, v)
        with f.unless(whole):
            f.call("line", line, 1, out, f.count)
    return f


def pointwise_kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    first = [] if s.is_provisional else [tile(s, "first", s.heights[0], s.vectors, copies=True)]
    return [pointwise(s), *first, columns(s), ask(s)]
