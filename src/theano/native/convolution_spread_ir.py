"""LLVM IR of the gradient of images that have few channels: the *spread form*.

Where the channels of the images are the columns of a panel, few of them leave most of a vector empty. Here positions of
the results are columns, and channels and elements of the kernels are rows:

    t[(k, r), o] = sum over c of  w[k, c, r] * x[c, o]        y[k, s*o + d*r - p] += t[(k, r), o]

It multiplies nothing by zeros around the results, either. What it costs is a pass over t, which stays in the L2 cache:
t is made for some positions of an image at a time. An image is one unit of work, so its numbers are added in one order.
"""

from __future__ import annotations

from theano.loops.convolution import AXES
from theano.native.convolution_code import Words, all_of, even
from theano.native.ir_text import INT, V
from theano.native.product_code import Kernel, Shape
from theano.native.product_ir import quotient

__all__ = ["is_spread", "spread_kernels"]

# A number of t that is written, read and added takes as long as so many multiplications.
ADDED = 10


def is_spread(f: Kernel, g: Words, rows: V) -> V:
    """Whether the gradient of images is computed so, by an estimate of both ways; t must have room in `rows` sums."""
    s, k, c = f.s, g["k"], g["c"]
    elements, strides = (all_of(f, *(g[f"{letter}{a}"] for a in AXES)) for letter in "rs")
    pixels, places = (all_of(f, *(g[f"{letter}{a}"] for a in AXES)) for letter in "yx")
    columns = f.select(k <= s.lanes, s.lanes, k.up_to(s.columns))
    crosswise = pixels * c * quotient(f, elements, strides) * columns
    taps = k * elements
    along = taps * (c * places.up_to(s.columns) + places * ADDED)
    return g["back"].equals(1) & (taps > 0) & (taps <= rows) & (along < crosswise)


def _inside(f: Kernel, g: Words, a: int, r: V, first: V, count: V) -> tuple[V, V, V]:
    """Of `count` places from `first` on: the first one and the end of those that element r puts inside the image.

    And where it puts the first one.
    """
    step, shift = g[f"s{a}"], g[f"d{a}"] * r - g[f"p{a}"]
    before, last = f.constant(0) - shift, g[f"y{a}"] - 1 - shift
    start = f.select(before > 0, quotient(f, before, step), 0)
    end = f.select(last < 0, 0, last.over(step) + 1)
    low = f.minimum(f.maximum(start - first, 0), count)
    high = f.maximum(f.minimum(end - first, count), low)
    return low, high, (first + low) * step + shift


def cleared(s: Shape) -> Kernel:
    """Set an image to zero: `k` channels, three axes."""
    f = Kernel(s, "cleared", "y:p k:i n0:i n1:i n2:i yk:i s0:i s1:i s2:i")
    with f.loop(0, f.k) as k:
        with f.loop(0, f.n0) as i:
            with f.loop(0, f.n1) as j:
                line = f.at(f.y, k * f.yk + i * f.s0 + j * f.s1)
                done = f.variable(INT, 0)
                with f.when(f.s2.equals(1)):
                    with f.loop(0, f.n2 & -s.lanes, s.lanes) as at:
                        f.put(f.zero, line, at)
                    done.set(f.n2 & -s.lanes)
                with f.loop(done.get(), f.n2) as at:
                    f.put(f.real("0.0"), line, at * f.s2)
    return f


def spread(s: Shape) -> Kernel:
    """An image of a group."""
    f = Kernel(s, "spread", "g:p group:i n:i rows:i room:i x:p w:p y:p band:p sums:p table:p", quick=True)
    g = Words(f, f.g)
    x, y = f.at(f.x, f.group * g["xg"] + f.n * g["xn"]), f.at(f.y, f.group * g["yg"] + f.n * g["yn"])
    w = f.at(f.w, f.group * g["wg"])
    k, c, elements = g["k"], g["c"], [g[f"r{a}"] for a in AXES]
    taps = all_of(f, k, *elements)
    f.call("cleared", y, k, *(g[f"y{a}"] for a in AXES), g["yk"], *(g[f"ys{a}"] for a in AXES))
    f.call("positions", f.table, k, *elements, g["wk"], *(g[f"ws{a}"] for a in AXES))
    line = f.table.element(INT, taps)
    line.store(f.constant(0), 8)
    # positions of the results that are taken at once
    most = f.minimum(f.room.over(f.maximum(c, 1)), (f.rows * s.columns).over(taps) & -s.columns)
    width = even(f, g["x2"], most)
    high = even(f, g["x1"], most.over(width))
    with f.loop(0, g["x0"]) as o0, f.loop(0, g["x1"], high) as o1, f.loop(0, g["x2"], width) as o2:
        lines, wide = f.minimum(high, g["x1"] - o1), f.minimum(width, g["x2"] - o2)
        steps, lengths = [g[f"xs{a}"] for a in AXES], [g[f"x{a}"] for a in AXES]
        f.call("band", x, 0, g["xc"], *steps, 1, c, *lengths, o0, o1, o2, 1, lines, wide, f.band)
        count = lines * wide
        apart = count.up_to(s.columns)
        with f.loop(0, count, s.columns) as j:
            # columns beyond the last one hold anything, and nobody looks at them
            given: list[V | int] = [w, f.table, line, 1, c, g["wc"], f.at(f.band, j), line, count, 1, f.at(f.sums, j)]
            f.call("tiles", taps, f.minimum(count - j, s.columns), *given, apart, f.x, 0)
        f.call("taps", g.memory, o0, o1, o2, lines, wide, f.sums, apart, y)
    return f


def taps(s: Shape) -> Kernel:
    """Add what has been made of some lines of results to an image: for each channel and element of its kernels."""
    f = Kernel(s, "taps", "g:p o0:i o1:i o2:i lines:i wide:i t:p apart:i y:p")
    g = Words(f, f.g)
    row = f.variable(INT, 0)
    with f.loop(0, g["k"]) as k, f.loop(0, g["r0"]) as r0, f.loop(0, g["r1"]) as r1:
        low0, high0, plane = _inside(f, g, 0, r0, f.o0, f.constant(1))
        low1, high1, line = _inside(f, g, 1, r1, f.o1, f.lines)
        lines = f.select(low0 < high0, high1 - low1, 0)
        with f.loop(0, g["r2"]) as r2:
            low2, high2, pixel = _inside(f, g, 2, r2, f.o2, f.wide)
            place = k * g["yk"] + plane * g["ys0"] + line * g["ys1"] + pixel * g["ys2"]
            t = f.at(f.t, row.get() * f.apart + low1 * f.wide + low2)
            steps = g["s1"] * g["ys1"], g["s2"] * g["ys2"]
            f.call("added", f.at(f.y, place), *steps, t, f.wide, high2 - low2, lines)
            row.set(row.get() + 1)
    return f


def spread_kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    return [spread(s), taps(s), cleared(s)]
