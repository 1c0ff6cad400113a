"""LLVM IR of the gradient of images that have few channels: the *spread form*.

Where the channels of the images are the columns of a panel, few of them leave most of a vector empty. Here positions of
the results are columns, and channels and elements of the kernels are rows:

    t[(k, r), o] = sum over c of  w[k, c, r] * x[c, o]        y[k, s*o + d*r - p] += t[(k, r), o]

It multiplies nothing by zeros around the results, either. What it costs is a pass over t, which stays in the L2 cache:
t is made for some positions of an image at a time. An image is one unit of work, so its numbers are added in one order.
"""

from __future__ import annotations

from theano.loops.externs.convolution import AXES, DEPTH
from theano.native.convolution.code import Words, all_of, counted_columns, even
from theano.native.ir.builder import INT, PTR, V
from theano.native.products.code import Kernel, Shape
from theano.native.products.kernels import quotient

__all__ = ["is_spread", "spread_kernels"]

# A number of t that is written, read and added takes as long as so many multiplications.
ADDED = 10
# Bytes of kernels whose products are made at once: they stay in the L1 cache.
KERNEL_BYTES = 24 << 10


def is_spread(f: Kernel, g: Words, rows: V) -> V:
    """Whether the gradient of images is computed so, by an estimate of both ways; t must have room in `rows` sums."""
    s, k, c = f.s, g["k"], g["c"]
    elements, strides = (all_of(f, *(g[f"{letter}{a}"] for a in AXES)) for letter in "rs")
    pixels, places = (all_of(f, *(g[f"{letter}{a}"] for a in AXES)) for letter in "yx")
    columns = counted_columns(f, k)
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
    each = all_of(f, *elements)
    f.call("positions", f.table, k, *elements, g["wk"], *(g[f"ws{a}"] for a in AXES))
    line = f.table.element(INT, k * each)
    line.store(f.constant(0), 8)
    # positions of the results, and channels of the image, that are taken at once
    room = f.rows * s.columns
    most = f.minimum(f.room.over(f.maximum(c, 1)), room.over(each) & -s.columns)
    width = even(f, g["x2"], most)
    high = _lines(f, g, width, most.over(width))
    fitting = room.over(each * (width * high).up_to(s.columns))
    some = even(f, k, f.minimum(fitting, f.constant(KERNEL_BYTES // s.size).over(f.maximum(each * c, 1))))
    # where all is made at once, each number of the image is a single sum
    dense = _is_dense(f, g)
    alone = dense & (high >= g["x1"]) & (width >= g["x2"]) & all_of(f, g["x0"], g["y0"], g["r0"]).equals(1)
    for a in (1, 2):
        first, end = _reached(f, g, a, f.constant(0), g[f"x{a}"])
        alone = alone & first.equals(0) & end.equals(g[f"y{a}"])
    fresh = alone.to("zext", INT) if s.has_masks else f.constant(0)
    with f.when(fresh.equals(0)):
        f.call("cleared", y, k, *(g[f"y{a}"] for a in AXES), g["yk"], *(g[f"ys{a}"] for a in AXES))
    with f.loop(0, g["x0"]) as o0, f.loop(0, g["x1"], high) as o1, f.loop(0, g["x2"], width) as o2:
        lines, wide = f.minimum(high, g["x1"] - o1), f.minimum(width, g["x2"] - o2)
        steps, lengths = [g[f"xs{a}"] for a in AXES], [g[f"x{a}"] for a in AXES]
        f.call("band", x, 0, g["xc"], *steps, 1, c, *lengths, o0, o1, o2, 1, lines, wide, f.band)
        count = lines * wide
        apart = count.up_to(s.columns)
        with f.loop(0, k, some) as first:
            channels, kernels = f.minimum(some, k - first), f.at(w, first * g["wk"])
            with f.loop(0, count, s.columns) as j, f.loop(0, f.maximum(c, 1), DEPTH) as begin:
                # columns beyond the last one hold anything, and nobody looks at them
                panel, sums = f.at(f.at(f.band, begin * count), j), f.at(f.sums, j)
                run, start = f.minimum(c - begin, DEPTH), f.select(begin.equals(0), 1, 0)
                place = f.at(kernels, begin * g["wc"])
                here = [place, f.table, line, f.constant(1), run, g["wc"], panel, line, count]
                f.call("tiles", channels * each, f.minimum(count - j, s.columns), *here, start, sums, apart, f.x, 0)
            made = [g.memory, channels, o0, o1, o2, lines, wide, f.sums, apart, f.at(y, first * g["yk"])]
            if s.has_masks:
                with f.when(dense):
                    f.call("added_up", *made, fresh)
                with f.unless(dense):
                    f.call("taps", *made)
            else:
                f.call("taps", *made)
    return f


def _lines(f: Kernel, g: Words, width: V, most: V) -> V:
    """How many lines of results are taken at once: if possible such that as many positions fill whole vectors.

    Those of the next channel begin a vector then, which is read in half of the time.
    """
    lines, columns = even(f, g["x1"], most), f.s.columns
    whole = f.constant(columns).over(f.minimum(width & (f.constant(0) - width), columns))
    return f.select(most >= whole, f.minimum(quotient(f, lines, whole) * whole, most.over(whole) * whole), lines)


def _is_dense(f: Kernel, g: Words) -> V:
    """Whether each place of a line of an image is the next one of a line of results, in memory, too."""
    found = g["ys2"].equals(1)
    for a in AXES:
        found = found & g[f"s{a}"].equals(1)
    return found


def added_up(s: Shape) -> Kernel:
    """What `taps` does, without strides: for each vector of an image all elements of kernels that meet it."""
    f = Kernel(s, "added_up", "g:p k:i o0:i o1:i o2:i lines:i wide:i t:p apart:i y:p fresh:i")
    g, kind = Words(f, f.g), f"<{s.lanes} x i32>"
    starts, ends = zip(*(_reached(f, g, a, o, n) for a, o, n in ((1, f.o1, f.lines), (2, f.o2, f.wide))), strict=True)
    wide, apart, far = f.everywhere(f.wide), f.everywhere(g["d2"]), f.apart - g["d2"]
    elements = all_of(f, g["r1"], g["r2"]) * f.apart
    of_line, along, back = g["r2"] * f.apart - g["d1"] * f.wide, g["r2"], g["d1"]
    with f.loop(0, f.k) as k, f.loop(0, g["r0"]) as r0:
        plane = f.o0 + r0 * g["d0"] - g["p0"]
        t = f.at(f.t, (k * g["r0"] + r0) * elements)
        end = f.select(plane.compare("ult", g["y0"]), ends[0], starts[0])
        with f.loop(starts[1], ends[1], s.lanes) as c, f.loop(starts[0], end) as b:
            line = f.at(f.y, k * g["yk"] + plane * g["ys0"] + b * g["ys1"])
            mask = f.lanes_below(f.lanes_from(f.constant(0)), f.everywhere(f.minimum(ends[1] - c, s.lanes)))
            total = f.variable(s.vector, f.zero)
            with f.when(f.fresh.equals(0)):
                total.set(f.masked_at(line, c, mask))
            place, row = c + g["p2"] - f.o2, f.variable(INT, b + g["p1"] - f.o1)
            source, first = f.variable(PTR, f.at(t, row.get() * f.wide + place)), f.lanes_from(place)
            with f.loop(0, g["r1"]):
                with f.when(row.get().compare("ult", f.lines)):
                    at, numbers = f.variable(PTR, source.get()), f.variable(kind, first)
                    with f.loop(0, along):
                        now = numbers.get()
                        total.set(f.plus(total.get(), f.masked_at(at.get(), 0, f.lanes_below(now, wide))))
                        at.set(f.at(at.get(), far))
                        numbers.set(f.emit(kind, f"sub {kind} {now.text}, {apart.text}"))
                row.set(row.get() - back)
                source.set(f.at(source.get(), of_line))
            f.masked_put(total.get(), line, c, mask)
    return f


def _reached(f: Kernel, g: Words, a: int, first: V, count: V) -> tuple[V, V]:
    """The places of an image that meet `count` places of results from `first` on: from the first one to the end."""
    reach = (g[f"r{a}"] - 1) * g[f"d{a}"]
    start, end = first - g[f"p{a}"], first + count - g[f"p{a}"] + reach
    return f.maximum(start, 0), f.minimum(end, g[f"y{a}"])


def taps(s: Shape) -> Kernel:
    """Add what has been made of some lines of results to an image: for each channel and element of its kernels."""
    f = Kernel(s, "taps", "g:p k:i o0:i o1:i o2:i lines:i wide:i t:p apart:i y:p")
    g = Words(f, f.g)
    row = f.variable(INT, 0)
    with f.loop(0, f.k) as k, f.loop(0, g["r0"]) as r0, f.loop(0, g["r1"]) as r1:
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
    return [spread(s), taps(s), cleared(s), *([added_up(s)] if s.has_masks else [])]
