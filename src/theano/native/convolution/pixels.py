"""LLVM IR of convolutions of few kernels, or of few positions: the *pixel form*.

Where kernels are the columns of a panel, few of them leave most of a vector empty, and for few positions it takes long
to copy the kernels into panels. Here they are rows, and positions of the results are columns. Without strides the
numbers of x that meet one element of the kernels lie side by side as the positions do: a band of x, copied with zeros
around, is a panel for all elements, each from its own place on. Between two lines of results are some positions too
many, which nobody looks at.
"""

from __future__ import annotations

from theano.loops.externs.convolution import AXES, DEPTH
from theano.native.convolution.code import Words, all_of, counted_columns, even, magnitude
from theano.native.ir.builder import INT, V
from theano.native.products.code import Kernel, Shape
from theano.native.products.kernels import quotient

__all__ = ["is_pixels", "pixel_kernels", "pixel_units"]

# A number of the results that is turned around takes as long as so many multiplications, one that is copied, and one of
# the kernels that is put into a panel.
TURNED, COPIED, PACKED = 24, 8, 36
# Tiles of fewer rows wait for their own sums. Fewer kernels are not worth a band of their own.
LEAST_ROWS, LEAST_KERNELS = 4, 128


def _wide(p: Words) -> V:
    """Length of a line of the band: positions and what kernels reach beyond them."""
    return p["y2"] + (p["r2"] - 1) * p["d2"]


def _lines(f: Kernel, p: Words, rows: V, room: V) -> V:
    """How many lines of results are made at once: their sums, and the band of x, must have room; 0 if none does."""
    wide, columns = f.maximum(_wide(p), 1), f.s.columns
    planes = f.maximum(p["c"] * ((p["r0"] - 1) * p["d0"] + 1), 1)
    of_band = room.over(planes * wide) - (p["r1"] - 1) * p["d1"]
    of_sums = ((rows * columns).over(f.maximum(p["k"], 1)) - columns).signed_over(wide)
    return f.maximum(f.minimum(f.minimum(of_band, of_sums), p["y1"]), 0)


def _count(p: Words, lines: V) -> V:
    """Positions of the band, for so many lines of results."""
    return lines * _wide(p) - (_wide(p) - p["y2"])


def is_pixels(f: Kernel, p: Words, rows: V, room: V) -> V:
    """Whether a phase is computed so, by an estimate of both ways."""
    k, lines = p["k"], all_of(f, p["c"], p["r0"], p["r1"])
    inner = lines * p["r2"]
    columns = counted_columns(f, k)
    others = f.maximum(all_of(f, p["n"], p["y0"], p["y1"]), 1)  # lines that share panels
    # numbers of a kernel that lie far apart are read slowly: it is better to have them in panels
    is_near = (magnitude(f, p["wc"]) < magnitude(f, p["wk"])).to("zext", INT)
    by_kernels = p["y2"] * columns * (inner + TURNED) + is_near * (k * inner * PACKED).over(others)
    high = _lines(f, p, rows, room)
    most = f.maximum(high, 1)
    of_line = _count(p, most).up_to(f.s.columns).over(most)
    by_positions = f.maximum(k, LEAST_ROWS) * of_line * (inner + COPIED)
    found = p["deep"].equals(0) & (by_positions < by_kernels) & (inner > 0) & (k <= rows)
    for a in AXES:
        found = found & p[f"s{a}"].equals(1)
    return found & (high > 0)


def _units(f: Kernel, p: Words, rows: V, room: V, parts: V) -> tuple[V, V, V]:
    """Units of work of all positions, those of the kernels, and how many kernels one has.

    Where positions are too few for all parts, kernels are shared, too.
    """
    lines = f.maximum(_lines(f, p, rows, room), 1)
    units = all_of(f, p["groups"], p["n"], p["y0"], quotient(f, p["y1"], lines))
    shares = f.minimum(quotient(f, parts, f.maximum(units, 1)), p["k"].over(LEAST_KERNELS))
    some = f.maximum(quotient(f, p["k"], f.maximum(shares, 1)), 1)
    return units, quotient(f, p["k"], some), some


def pixel_units(f: Kernel, p: Words, rows: V, room: V, parts: V) -> V:
    """Into how many units of work a phase is cut."""
    units, shares, _ = _units(f, p, rows, room, parts)
    return units * shares


def pixels(s: Shape) -> Kernel:
    """A unit of work: some lines of an image of a group, and some kernels."""
    f = Kernel(s, "pixels", "p:p unit:i parts:i rows:i room:i x:p w:p y:p band:p sums:p table:p", quick=True)
    p, columns = Words(f, f.p), s.columns
    most = _lines(f, p, f.rows, f.room)
    _, shares, some = _units(f, p, f.rows, f.room, f.parts)
    rest, found = f.unit, []
    for count in (shares, quotient(f, p["y1"], most), p["y0"], p["n"]):
        left = rest.over(count)
        found.append(rest - left * count)
        rest = left
    share, block, o0, n = found
    first = share * some
    length = even(f, p["y1"], most)
    o1 = block * length
    lines, wide = f.maximum(f.minimum(length, p["y1"] - o1), 0), _wide(p)
    k, c, sizes = f.minimum(some, p["k"] - first), p["c"], [p[f"r{a}"] for a in AXES]
    high, deep = lines + (sizes[1] - 1) * p["d1"], (sizes[0] - 1) * p["d0"] + 1
    x = f.at(f.x, rest * p["xg"] + n * p["xn"])
    y = f.at(f.y, rest * p["yg"] + p["the_y"] + n * p["yn"] + o0 * p["ys0"] + o1 * p["ys1"])
    y, w = f.at(y, first * p["yk"]), f.at(f.w, rest * p["wg"] + p["the_w"] + first * p["wk"])
    with f.when(lines > 0):
        steps, lengths = [p[f"xs{a}"] for a in AXES], [p[f"x{a}"] for a in AXES]
        firsts = o0 - p["p0"], o1 - p["p1"], f.constant(0) - p["p2"]
        f.call("band", x, 0, p["xc"], *steps, 1, c, *lengths, *firsts, deep, high, wide, f.band)
        of_w = f.table.element(INT, k)
        of_x = of_w.element(INT, all_of(f, c, sizes[0], sizes[1]))
        f.call("positions", f.table, 1, 1, 1, k, 0, 0, 0, p["wk"])
        f.call("positions", of_w, 1, c, sizes[0], sizes[1], 0, p["wc"], p["ws0"], p["ws1"])
        planes = high * wide
        f.call("positions", of_x, 1, c, sizes[0], sizes[1], 0, deep * planes, p["d0"] * planes, p["d1"] * wide)
        count = _count(p, lines)
        apart = count.up_to(columns)
        n_lines = all_of(f, c, sizes[0], sizes[1])
        # no more than that are added one after the other: rounding errors grow with their number
        some_lines = even(f, n_lines, f.constant(DEPTH).over(f.maximum(sizes[2], 1)))
        with f.loop(0, count, columns) as j, f.loop(0, n_lines, some_lines) as line:
            band, sums = f.at(f.band, j), f.at(f.sums, j)
            here = [of_w.element(INT, line), f.minimum(some_lines, n_lines - line), sizes[2], p["ws2"], band]
            there = [of_x.element(INT, line), p["d2"], f.select(line.equals(0), 1, 0), sums, apart]
            f.call("tiles", k, columns, w, f.table, *here, *there, band, 0)
        with f.loop(0, k) as kernel:
            target, source = f.at(y, kernel * p["yk"]), f.at(f.sums, kernel * apart)
            f.call("copied", source, wide, target, p["ys1"], p["ys2"], p["y2"], lines)
    return f


def pixel_kernels(s: Shape) -> list[Kernel]:
    """All of them."""
    return [pixels(s)]
