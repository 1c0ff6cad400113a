"""LLVM IR of Winograd's convolution F(4, 3): kernels of 3 x 3 elements, results in tiles of 4 x 4.

Kernels, and the 6 x 6 numbers of x that a tile meets, are transformed along both axes, multiplied number by number,
summed over channels and transformed back:

    y = A' [sum over c of (G w G') * (B' x B)] A

These are 36 products of matrices with a quarter of the multiplications. Points of the transforms are 0, 5/8, -5/8, 3/2,
-3/2 and infinity: with them errors are half of those with 0, 1, -1, 2, -2 (Toom and Cook's method, see A. Lavin and
S. Gray, Fast algorithms for convolutional neural networks, 2015).

Channels are side by side in vectors: x is copied that way first, the sums are copied back last. A *segment* is some
tiles of a line of tiles, a block some segments of which all channels are transformed before they are multiplied.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from theano.loops.externs.convolution import CONVOLVE, PANELS, WINOGRAD_TYPE, name_of
from theano.native.convolution.code import Words, even, geometry_of, memory_of
from theano.native.ir.builder import INT, V
from theano.native.products.code import Kernel, Shape
from theano.native.products.kernels import quotient

__all__ = ["winograd_kernels"]

SIZE, STEP, TAPS = 6, 4, 3
A, B = 5 / 8, 3 / 2
AA, BB = A * A, B * B
# Channels whose kernels are transformed together, and those that are summed by themselves: rounding errors grow as the
# square root of how many numbers are added one after the other.
TOGETHER, SUMMED = 4, 256
# Numbers between matrices of a transform: their distances are no powers of two.
GAP = 16


class Vectors:
    """Arithmetic of vectors with constants."""

    def __init__(self, f: Kernel) -> None:
        self.f = f

    def number(self, value: float) -> V:
        kept = struct.unpack("<f", struct.pack("<f", value))[0] if self.f.s.size == 4 else value
        return self.f.spread(self.f.real(f"0x{struct.pack('>d', kept).hex().upper()}"))

    def add(self, x: V, scale: float, y: V) -> V:
        """``scale * x + y``."""
        return self.f.multiply_add(x, self.number(scale), y)

    def times(self, x: V, scale: float) -> V:
        return self.f.times(x, self.number(scale))

    def plus(self, x: V, y: V) -> V:
        return self.f.plus(x, y)

    def minus(self, x: V, y: V) -> V:
        return self.f.emit(x.type, f"fsub {x.type} {x.text}, {y.text}")


def of_kernel(m: Vectors, w: Sequence[V]) -> list[V]:
    """G w: 3 numbers become 6."""
    found = [m.times(w[0], 1 / (AA * BB))]
    for p, n in ((A, 2 * AA * (AA - BB)), (B, 2 * BB * (BB - AA))):
        sum_, odd = m.add(w[2], p * p / n, m.times(w[0], 1 / n)), m.times(w[1], p / n)
        found += [m.plus(sum_, odd), m.minus(sum_, odd)]
    return [*found, w[2]]


def of_image(m: Vectors, d: Sequence[V]) -> list[V]:
    """B' d: 6 numbers become 6."""
    t, u, e, g = m.add(d[2], -BB, d[4]), m.add(d[1], -BB, d[3]), m.add(d[2], -AA, d[4]), m.add(d[1], -AA, d[3])
    first = m.add(d[0], AA * BB, m.add(d[2], -(AA + BB), d[4]))
    last = m.add(d[1], AA * BB, m.add(d[3], -(AA + BB), d[5]))
    return [first, m.add(u, A, t), m.add(u, -A, t), m.add(g, B, e), m.add(g, -B, e), last]


def of_sums(m: Vectors, y: Sequence[V]) -> list[V]:
    """A' y: 6 numbers become 4."""
    s, d, u, v = m.plus(y[1], y[2]), m.minus(y[1], y[2]), m.plus(y[3], y[4]), m.minus(y[3], y[4])
    return [
        m.plus(y[0], m.plus(s, u)), m.add(v, B, m.times(d, A)), m.add(u, BB, m.times(s, AA)),
        m.add(v, B**3, m.add(d, A**3, y[5])),
    ]  # fmt: skip


def of_results(m: Vectors, y: Sequence[V]) -> list[V]:
    """A y: 4 numbers become 6."""
    found = [y[0]]
    for p in (A, B):
        even_, odd = m.add(y[2], p * p, y[0]), m.add(y[3], p**3, m.times(y[1], p))
        found += [m.plus(even_, odd), m.minus(even_, odd)]
    return [*found, y[3]]


def to_kernel(m: Vectors, y: Sequence[V]) -> list[V]:
    """G' y: 6 numbers become 3."""
    s, d, u, v = m.plus(y[1], y[2]), m.minus(y[1], y[2]), m.plus(y[3], y[4]), m.minus(y[3], y[4])
    first, second = 2 * AA * (AA - BB), 2 * BB * (BB - AA)
    return [
        m.add(u, 1 / second, m.add(s, 1 / first, m.times(y[0], 1 / (AA * BB)))),
        m.add(v, B / second, m.times(d, A / first)), m.add(u, BB / second, m.add(s, AA / first, y[5])),
    ]  # fmt: skip


def transform(
    s: Shape, name: str, along: Callable[[Vectors, Sequence[V]], list[V]], taken: int, made: int
) -> Kernel:
    """Transform `count` squares of vectors along both axes.

    The numbers of square t at (i, j) are at ``x + t*xt + i*xi + j*xj``; those made of it at ``y + t*yt + i*yi + j*yj``.
    """
    f = Kernel(s, name, "count:i x:p xt:i xi:i xj:i y:p yt:i yi:i yj:i")
    m, lanes = Vectors(f), s.lanes
    between = f.memory(taken * made * lanes * s.size)
    with f.loop(0, f.count) as t, f.loop(0, s.columns, lanes) as lane:
        x, y = f.at(f.at(f.x, t * f.xt), lane), f.at(f.at(f.y, t * f.yt), lane)
        # columns, then rows: in loops, for LLVM takes long over what is unrolled
        with f.loop(0, taken) as at:
            column = [f.vector_at(f.at(x, f.xi * i + f.xj * at)) for i in range(taken)]
            for i, v in enumerate(along(m, column)):
                f.put(v, between, (at + i * taken) * lanes)
        with f.loop(0, made) as at:
            row = [f.vector_at(between, (at * taken + j) * lanes) for j in range(taken)]
            for j, v in enumerate(along(m, row)):
                f.put(v, y, f.yi * at + f.yj * j)
    return f


class Block:
    """The sizes that follow from the geometry: tiles of a column, of a line and of a segment, segments of a line and of
    a block; channels rounded up; how far the matrices of transformed numbers and of sums are apart.
    """

    def __init__(self, f: Kernel, g: Words, most: V) -> None:
        s = f.s
        self.high, self.wide = ((g[f"y{a}"] + (STEP - 1)).over(STEP) for a in (1, 2))
        self.tiles = even(f, self.wide, most)
        self.of_line = quotient(f, self.wide, self.tiles)
        self.segments = f.maximum(most.over(self.tiles), 1)
        self.all = g["n"] * self.high * self.of_line
        self.channels = g["c"].up_to(s.columns)
        self.apart = self.tiles * self.segments * self.channels + GAP
        self.sums_apart = self.tiles * self.segments * s.columns + GAP


def panels(s: Shape) -> Kernel:
    """Transformed kernels: for each panel of them 36 matrices, of a row for each channel.

    Some channels are transformed at a time: what is written to each of the matrices are whole stretches of memory.
    """
    f = Kernel(s, name_of("winograd_panels", WINOGRAD_TYPE), PANELS, exported=True, quick=True)
    g, columns = geometry_of(f), s.columns
    taps, made = (f.memory(n * columns * s.size) for n in (TAPS * TAPS, SIZE * SIZE * TOGETHER))
    c = f.maximum(g["c"], 1)
    of_panel = quotient(f, g["c"], f.constant(TOGETHER))
    units = quotient(f, g["k"], f.constant(columns)) * of_panel
    with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
        panel = unit.over(f.maximum(of_panel, 1))
        first, k = (unit - panel * of_panel) * TOGETHER, panel * columns
        count, width = f.minimum(g["c"] - first, TOGETHER), f.minimum(g["k"] - k, columns)
        with f.loop(0, count) as at:
            w = f.at(f.w, k * g["wk"] + (first + at) * g["wc"])
            # a kernel's elements side by side are copied together, also if they are turned around
            ahead, back = (g["ws2"].equals(n) & g["ws1"].equals(TAPS * n) for n in (1, -1))
            together = ahead | back
            with f.when(together):
                lowest = f.at(w, f.select(back, 1 - TAPS * TAPS, 0))
                f.call("pack", lowest, 1, g["wk"], TAPS * TAPS, width, taps, columns)
            with f.unless(together):
                for i in range(TAPS):
                    row = f.at(taps, i * TAPS * columns)
                    f.call("pack", f.at(w, g["ws1"] * i), g["ws2"], g["wk"], TAPS, width, row, columns)
            step = f.select(back, -columns, columns)
            start = f.at(taps, f.select(back, (TAPS * TAPS - 1) * columns, 0))
            of_square = TOGETHER * columns
            f.call(
                "of_kernel", 1, start, 0, step * TAPS, step, f.at(made, at * columns), 0, SIZE * of_square, of_square
            )
        out = f.at(f.panels, (panel * (c * SIZE * SIZE) + first) * columns)
        with f.loop(0, SIZE * SIZE) as square:
            source, target = f.at(made, square * (TOGETHER * columns)), f.at(out, square * c * columns)
            f.call("line", source, 1, target, count * columns)
    return f


def staged(s: Shape) -> Kernel:
    """Copy `lines` lines of `wide` positions, with zeros outside of the image, so that channels are side by side.

    From the position (f1, f2) on; `width` channels, others are zeros. Positions are `s.columns` apart.
    """
    f = Kernel(s, "staged", "x:p xs1:i xs2:i xc:i x1:i x2:i f1:i f2:i lines:i wide:i width:i out:p", quick=True)
    columns, across = s.columns, f.wide
    low = f.minimum(f.maximum(f.constant(0) - f.f2, 0), across)
    high = f.maximum(f.minimum(across, f.x2 - f.f2), low)
    with f.loop(0, f.lines) as i:
        line, out = f.f1 + i, f.at(f.out, i * across * columns)
        inside = f.select(line.compare("ult", f.x1), high - low, 0)
        begin, end = f.select(inside > 0, low * columns, across * columns), f.select(inside > 0, high * columns, 0)
        with f.loop(0, begin, s.lanes) as at:
            f.put(f.zero, out, at)
        with f.loop(f.select(inside > 0, end, across * columns), across * columns, s.lanes) as at:
            f.put(f.zero, out, at)
        with f.when(inside > 0):
            x = f.at(f.x, line * f.xs1 + (f.f2 + low) * f.xs2)
            f.call("pack", x, f.xs2, f.xc, inside, f.width, f.at(out, low * columns), columns)
    return f


def winograd(s: Shape) -> Kernel:
    """Blocks of at most `rows` tiles, which threads share and, where they are few, kernels, too.

    The units of work of a block follow each other: who does several transforms its images once.
    """
    f = Kernel(s, name_of("winograd", WINOGRAD_TYPE), CONVOLVE.replace(":w", ":p"), exported=True, quick=True)
    g = geometry_of(f)
    b, columns = Block(f, g, f.rows), s.columns
    blocks, whole = quotient(f, b.all, b.segments), quotient(f, g["k"], f.constant(columns))
    # few blocks: kernels are shared, too
    shares = f.maximum(f.minimum(quotient(f, f.parts, f.maximum(blocks, 1)), whole), 1)
    some = quotient(f, whole, shares) * columns
    shares = quotient(f, g["k"], f.maximum(some, 1))
    with f.loop(0, b.tiles * b.segments) as i:
        f.table.element(INT, i).store(i * b.channels, 8)
    one = f.table.element(INT, f.rows)
    one.store(f.constant(0), 8)
    units, begun = blocks * shares, f.variable(INT, -1)
    with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
        number = unit.over(shares)
        first, begin_k = number * b.segments, (unit - number * shares) * some
        count = f.minimum(b.segments, b.all - first)
        sizes = [b.high, b.of_line, b.tiles, b.channels, b.apart]
        with f.unless(number.equals(begun.get())):
            f.call("transformed", g.memory, f.x, f.band, first, count, *sizes)
            begun.set(number)
        results = f.at(f.sums, b.sums_apart * (SIZE * SIZE))
        with f.loop(begin_k, f.minimum(begin_k + some, g["k"]), columns) as k:
            width = f.minimum(g["k"] - k, columns)
            panel = f.at(f.panels, k * g["c"] * (SIZE * SIZE))
            with f.loop(0, SIZE * SIZE) as at:
                x, c = f.at(f.band, at * b.apart), f.at(f.sums, at * b.sums_apart)
                of_square = f.at(panel, at * g["c"] * columns)
                with f.loop(0, f.maximum(g["c"], 1), SUMMED) as begin:
                    run, fresh = f.minimum(g["c"] - begin, SUMMED), f.select(begin.equals(0), 1, 0)
                    kernels = f.at(of_square, begin * columns)
                    given: list[V | int] = [f.at(x, begin), f.table, one, 1, run, 1, kernels, one, columns, fresh]
                    # the next kernels come from far away
                    ask = f.at(kernels, g["c"] * columns)
                    f.call("tiles", count * b.tiles, width, *given, c, columns, ask, columns)
            y = f.at(f.y, k * g["yk"])
            f.call("put_back", g.memory, f.sums, b.sums_apart, results, y, width, first, count, *sizes[:3])
    return f


SEGMENTS = "first:i count:i high:i of_line:i tiles:i"


def _segment(f: Kernel, number: V) -> tuple[V, V, V]:
    """Image, line of tiles and first tile of a segment."""
    line = number.over(f.maximum(f.of_line, 1))
    image = line.over(f.maximum(f.high, 1))
    return image, line - image * f.high, (number - line * f.of_line) * f.tiles


def transformed(s: Shape) -> Kernel:
    """All channels of some segments: to 36 matrices, with a row for each tile. What is copied lies behind them."""
    f = Kernel(s, "transformed", f"g:p x:p out:p {SEGMENTS} channels:i apart:i", quick=True)
    g = Words(f, f.g)
    columns, stage = s.columns, f.at(f.out, f.apart * (SIZE * SIZE))
    across = f.tiles * STEP + (SIZE - STEP)
    with f.loop(0, f.count) as segment:
        n, line, tile = _segment(f, f.first + segment)
        first1, first2 = line * STEP - g["p1"], tile * STEP - g["p2"]
        with f.loop(0, g["c"], columns) as c:
            x, width = f.at(f.x, n * g["xn"] + c * g["xc"]), f.minimum(g["c"] - c, columns)
            of_x = [g["xs1"], g["xs2"], g["xc"], g["x1"], g["x2"]]
            f.call("staged", x, *of_x, first1, first2, SIZE, across, width, stage)
            out = f.at(f.out, segment * f.tiles * f.channels + c)
            steps = f.channels, f.apart * SIZE, f.apart
            f.call("of_image", f.tiles, stage, STEP * columns, across * columns, columns, out, *steps)
    return f


def put_back(s: Shape) -> Kernel:
    """The results of some segments from their sums, for `width` kernels."""
    f = Kernel(s, "put_back", f"g:p sums:p apart:i results:p y:p width:i {SEGMENTS}", quick=True)
    g, columns = Words(f, f.g), s.columns
    across = f.tiles * (STEP * columns)
    with f.loop(0, f.count) as segment:
        n, line, tile = _segment(f, f.first + segment)
        sums = f.at(f.sums, segment * f.tiles * columns)
        steps = STEP * columns, across, columns
        f.call("of_sums", f.tiles, sums, columns, f.apart * SIZE, f.apart, f.results, *steps)
        o1, o2 = line * STEP, tile * STEP
        lines, wide = f.minimum(g["y1"] - o1, STEP), f.minimum(g["y2"] - o2, f.tiles * STEP)
        with f.loop(0, lines) as i:
            y = f.at(f.y, n * g["yn"] + (o1 + i) * g["ys1"] + o2 * g["ys2"])
            f.call("crossed", f.at(f.results, i * across), columns, wide, f.width, y, g["ys2"], g["yk"])
    return f


# -- kernels -------------------------------------------------------------------------------------------------
# Of a convolution whose results become the sides of tiles: how the geometry of the gradient of kernels tells them.
FORWARD = {
    "n": "c", "c": "n", "xn": "xc", "xc": "xn", "xs1": "xs1", "xs2": "xs2", "x1": "x1", "x2": "x2", "p1": "p1",
    "p2": "p2", "y1": "r1", "y2": "r2",
}  # fmt: skip


def weights(s: Shape) -> Kernel:
    """The gradient of kernels of 3 x 3 elements: ``G [sum over tiles of (A y A') * (B' x B)] G'``, of gradients y.

    A unit of work is a panel of channels of x. Its sums are 36 matrices for each panel of kernels.
    """
    f = Kernel(s, name_of("winograd_weights", WINOGRAD_TYPE), CONVOLVE.replace(":w", ":p"), exported=True, quick=True)
    g, p, columns, squares = geometry_of(f), memory_of(f), s.columns, SIZE * SIZE
    for name, other in FORWARD.items():
        p[name] = g[other]
    b = Block(f, p, f.rows)
    with f.loop(0, columns) as i:
        f.table.element(INT, i).store(i, 8)
    one = f.table.element(INT, columns)
    one.store(f.constant(0), 8)
    units = quotient(f, g["n"], f.constant(columns))
    of_results = f.at(f.band, b.sums_apart * squares + (f.rows * STEP + SIZE) * (SIZE * columns))
    with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
        channel = unit * columns
        channels = f.minimum(g["n"] - channel, columns)
        p["c"] = channels
        x = f.at(f.x, channel * g["xn"])
        with f.loop(0, b.all, b.segments) as first:
            count = f.minimum(b.segments, b.all - first)
            sizes = first, count, b.high, b.of_line, b.tiles
            f.call("transformed", p.memory, x, f.band, *sizes, columns, b.sums_apart)
            with f.loop(0, g["k"], columns) as k:
                width = f.minimum(g["k"] - k, columns)
                f.call("gathered", g.memory, f.at(f.w, k * g["wk"]), width, of_results, b.sums_apart, *sizes)
                fresh = f.select(first.equals(0), 1, 0)
                with f.loop(0, squares) as at:
                    numbers, panel = (f.at(v, at * b.sums_apart) for v in (f.band, of_results))
                    c = f.at(f.sums, (k * squares + at * columns) * columns)
                    given: list[V | int] = [numbers, f.table, one, 1, count * b.tiles, columns]
                    f.call("tiles", channels, width, *given, panel, one, columns, fresh, c, columns, panel, 0)
        with f.loop(0, g["k"], columns) as k:
            y, sums = f.at(f.y, k * g["yk"] + channel * g["yn"]), f.at(f.sums, k * (squares * columns))
            f.call("put_kernels", g.memory, sums, y, channels, f.minimum(g["k"] - k, columns), b.all)
    return f


def gathered(s: Shape) -> Kernel:
    """The gradients of the results of some segments, for `width` kernels: to 36 matrices with a row for each tile."""
    f = Kernel(s, "gathered", f"g:p w:p width:i out:p apart:i {SEGMENTS}", quick=True)
    g, columns, stage = Words(f, f.g), s.columns, f.at(f.out, f.apart * (SIZE * SIZE))
    across = f.tiles * STEP
    with f.loop(0, f.count) as segment:
        n, line, tile = _segment(f, f.first + segment)
        of_w = [g["ws1"], g["ws2"], g["wk"], g["r1"], g["r2"]]
        w = f.at(f.w, n * g["wc"])
        f.call("staged", w, *of_w, line * STEP, tile * STEP, STEP, across, f.width, stage)
        out = f.at(f.out, segment * f.tiles * columns)
        steps = columns, f.apart * SIZE, f.apart
        f.call("of_results", f.tiles, stage, STEP * columns, across * columns, columns, out, *steps)
    return f


def put_kernels(s: Shape) -> Kernel:
    """Write `channels` channels of `width` kernels from their sums; zeros where there are no tiles."""
    f = Kernel(s, "put_kernels", "g:p sums:p y:p channels:i width:i tiles:i", quick=True)
    g, columns = Words(f, f.g), s.columns
    taps = f.memory(TAPS * TAPS * columns * s.size)
    back = g["ys2"].equals(-1) & g["ys1"].equals(-TAPS)
    together = back | g["ys1"].equals(g["ys2"] * TAPS)
    with f.loop(0, f.channels) as c:
        with f.loop(0, TAPS * TAPS * columns, s.lanes) as at:
            f.put(f.zero, taps, at)
        with f.when(f.tiles > 0):
            of_all = columns * columns
            f.call(
                "to_kernel", 1, f.at(f.sums, c * columns), 0, SIZE * of_all, of_all, taps, 0, TAPS * columns, columns
            )
        y = f.at(f.y, c * g["yn"])
        with f.when(together):
            # side by side, from the last element on where kernels are turned around
            last = TAPS * TAPS - 1
            t, place = f.at(taps, f.select(back, last * columns, 0)), f.at(y, f.select(back, -last, 0))
            step, along = f.select(back, -columns, columns), f.select(back, 1, g["ys2"])
            f.call("crossed", t, step, TAPS * TAPS, f.width, place, along, g["yk"])
        with f.unless(together):
            for i in range(TAPS):
                t, place = f.at(taps, i * TAPS * columns), f.at(y, g["ys1"] * i)
                f.call("crossed", t, columns, TAPS, f.width, place, g["ys2"], g["yk"])
    return f


def winograd_kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    return [
        panels(s), winograd(s), transformed(s), staged(s), put_back(s),
        transform(s, "of_kernel", of_kernel, TAPS, SIZE), transform(s, "of_image", of_image, SIZE, SIZE),
        transform(s, "of_sums", of_sums, SIZE, STEP), weights(s), gathered(s), put_kernels(s),
        transform(s, "of_results", of_results, STEP, SIZE), transform(s, "to_kernel", to_kernel, SIZE, TAPS),
    ]  # fmt: skip
