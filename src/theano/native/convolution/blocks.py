"""LLVM IR of convolutions: how the work is cut into blocks, and the functions that programs call.

A *block* is some images, planes, lines and positions of a line of the result, for some kernels of a group. Its sums
come from *pieces* of the inner sum: some channels, planes, lines and elements of the kernels. For a piece the band of x
that it meets is copied with zeros around, unless none are needed. Short kernels are one piece, and w has been copied
into panels before. Long ones, as the gradients of kernels have, are pieces of a size that suits the caches.

The gradient of images with strides is a sum of its own for each *phase*, the remainder of a position by the stride:
only every so many elements of the kernel meet it, and they do so without a stride.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from theano.loops.externs.convolution import (
    AXES,
    CONVOLVE,
    DEPTH,
    FEWEST_ROWS,
    LINE,
    LINES,
    PANELS,
    SUMS,
    WINOGRAD_TYPE,
    name_of,
)
from theano.native.convolution.code import GIVEN, Words, all_of, even, geometry_of, magnitude, memory_of
from theano.native.convolution.kernels import constants, kernels
from theano.native.convolution.pixels import is_pixels, pixel_kernels, pixel_units
from theano.native.convolution.pointwise import is_pointwise, pointwise_kernels, pointwise_units
from theano.native.convolution.spread import is_spread, spread_kernels
from theano.native.convolution.winograd import winograd_kernels
from theano.native.ir.builder import INT, INT32, PTR, VOID, V
from theano.native.products.code import Kernel, Shape, masked_functions, shape_of, suffix
from theano.native.products.kernels import pack, quotient
from theano.runtime.module import Module, intrinsic

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["library_module"]

# -- phases --------------------------------------------------------------------------------------------------
def phases(f: Kernel, g: Words) -> V:
    """How many there are."""
    return f.select(g["back"].equals(1), all_of(f, *(g[f"s{a}"] for a in AXES)), 1)


def phase(s: Shape) -> Kernel:
    """The geometry `p` of a phase of `g`, by its number."""
    f = Kernel(s, "phase", "g:p number:i p:p", quick=True)
    g, p = Words(f, f.g), Words(f, f.p)
    with f.loop(0, len(GIVEN)) as k:
        f.p.element(INT, k).store(f.g.element(INT, k).load(INT, 8), 8)
    p["the_w"] = p["the_y"] = 0
    with f.when(g["back"].equals(1)):
        rest = f.number
        for a in reversed(AXES):
            stride = g[f"s{a}"]
            _phase_of_axis(f, g, p, a, rest - rest.over(stride) * stride)
            rest = rest.over(stride)
    return f


def _phase_of_axis(f: Kernel, g: Words, p: Words, a: int, first: V) -> None:
    """The positions i = first + stride*j of the images along an axis.

    Of ``i = stride*o + dilation*r - padding`` the places o follow from the elements r = r0 + every*u:
    o = j + start - apart*u. Turned around, u = count-1 - v, this is the sum of a convolution.
    """
    stride, dilation = g[f"s{a}"], g[f"d{a}"]
    every, r0 = f.variable(INT, stride), f.variable(INT, -1)
    with f.loop(0, stride) as k:
        fits = (dilation * (stride - k))._with("srem", stride).equals(0)
        every.set(f.select(fits, stride - k, every.get()))
    origin = first + g[f"p{a}"]
    with f.loop(0, every.get()) as k:
        r = every.get() - 1 - k
        fits = (origin - dilation * r)._with("srem", stride).equals(0)
        r0.set(f.select(fits, r, r0.get()))
    left = f.select(r0.get() < 0, 0, f.maximum(g[f"r{a}"] - r0.get(), 0))
    count = quotient(f, left, every.get())
    start = (origin - dilation * r0.get()).signed_over(stride)
    apart, last = (dilation * every.get()).over(stride), f.maximum(count - 1, 0)
    p[f"r{a}"], p[f"s{a}"], p[f"d{a}"], p[f"p{a}"] = count, 1, apart, apart * last - start
    p[f"y{a}"] = quotient(f, f.maximum(g[f"y{a}"] - first, 0), stride)
    p["the_w"] = p["w"] + g[f"ws{a}"] * (r0.get() + every.get() * last)
    p["the_y"] = p["y"] + g[f"ys{a}"] * first
    p[f"ws{a}"] = f.constant(0) - every.get() * g[f"ws{a}"]
    p[f"ys{a}"] = g[f"ys{a}"] * stride


# -- plans ---------------------------------------------------------------------------------------------------
def plan(s: Shape) -> Kernel:
    """Cut the work of a phase into blocks and pieces, such that they fit into `rows` sums and `room` numbers of x."""
    f = Kernel(s, "plan", "p:p rows:i room:i parts:i", quick=True)
    p = Words(f, f.p)
    p["inner"] = all_of(f, p["c"], *(p[f"r{a}"] for a in AXES))
    p["whole"] = p["k"].up_to(s.columns)
    direct = f.variable(INT, 1)
    for a in AXES:
        last = (p[f"y{a}"] - 1) * p[f"s{a}"] + (p[f"r{a}"] - 1) * p[f"d{a}"] - p[f"p{a}"]
        direct.set(f.select((p[f"p{a}"] <= 0) & (last < p[f"x{a}"]), direct.get(), 0))
    deep = p["deep"].equals(1)
    # numbers of one position far apart lie in many pages: it is quicker to copy them
    reach = magnitude(f, p["xc"]) * p["c"]
    p["direct"] = f.select(deep | (reach <= f.room), direct.get(), 0)
    with f.when(deep):
        _plan_deep(f, p)
    with f.unless(deep):
        _plan_short(f, p)
    for name, size in (("n", "n"), *((str(a), f"y{a}") for a in AXES)):
        p[f"the_n{name}"] = quotient(f, p[size], p[f"the_b{name}"])
    blocks = all_of(f, p["groups"], *(p[f"the_n{name}"] for name in ("n", *map(str, AXES))))
    p["blocks"] = blocks
    # few blocks: kernels are shared, too
    shares = f.minimum(quotient(f, f.parts, f.maximum(blocks, 1)), p["whole"].over(s.columns))
    p["some"] = f.maximum(quotient(f, p["whole"].over(s.columns), f.maximum(shares, 1)), 1) * s.columns
    p["shares"] = quotient(f, p["whole"], p["some"])
    return f


def _length(f: Kernel, p: Words, a: int, block: V | int, piece: V) -> V:
    """Of x along an axis, for so many positions and elements of a kernel."""
    return (f.typed(block, INT) - 1) * p[f"s{a}"] + (piece - 1) * p[f"d{a}"] + 1


def _plan_short(f: Kernel, p: Words) -> None:
    """One piece; as many positions as there is room for."""
    p["cn"] = f.maximum(p["c"], 1)
    for a in AXES:
        p[f"the_c{a}"] = f.maximum(p[f"r{a}"], 1)
    pieces = [p[f"the_c{a}"] for a in AXES]
    room = f.select(p["direct"].equals(1), (1 << 62) - 1, f.room)
    line = even(f, p["y2"], f.minimum(f.rows, LINE))
    taken = p["cn"] * _length(f, p, 2, line, pieces[2])

    def fitting(a: int, others: V) -> V:
        """How many positions along an axis, with `others` numbers of x for each of its own."""
        return (room.over(others) - (pieces[a] - 1) * p[f"d{a}"] - 1).signed_over(p[f"s{a}"]) + 1

    least = _length(f, p, 0, 1, pieces[0])
    lines = even(f, p["y1"], f.minimum(fitting(1, taken * least), f.rows.over(line)))
    taken, rows = taken * _length(f, p, 1, lines, pieces[1]), line * lines
    planes = even(f, p["y0"], f.minimum(fitting(0, taken), f.rows.over(rows)))
    planes = f.select(lines < p["y1"], 1, planes)
    taken, rows = taken * _length(f, p, 0, planes, pieces[0]), rows * planes
    images = f.minimum(f.minimum(room.over(taken), f.rows.over(rows)), quotient(f, p["n"], f.parts))
    p["b2"], p["b1"], p["b0"], p["bn"] = line, lines, planes, even(f, p["n"], images)


def _plan_deep(f: Kernel, p: Words) -> None:
    """All positions if possible, then as much of the kernels as there is room for."""
    rows = f.constant(1)
    for a in reversed(AXES):
        most = f.rows.over(rows)
        block = even(f, p[f"y{a}"], f.minimum(most, LINE) if a == 2 else most)
        p[f"the_b{a}"] = block
        rows = rows * block
    blocks = [p[f"the_b{a}"] for a in AXES]
    elements = even(f, p["r2"], f.constant(DEPTH))
    lengths = [_length(f, p, 0, blocks[0], f.constant(1)), _length(f, p, 1, blocks[1], f.constant(1))]
    width = _length(f, p, 2, blocks[2], elements)
    room = f.select(p["direct"].equals(1), (1 << 62) - 1, f.room)
    # each block copies all of its kernels: parts are shares of the kernels first
    shares = f.minimum(f.parts, p["whole"].over(f.s.columns))
    images = quotient(f, p["n"], quotient(f, f.parts, f.maximum(shares, 1)))
    wanted = f.maximum(images, quotient(f, f.constant(FEWEST_ROWS), rows))
    images = f.minimum(f.minimum(wanted, f.rows.over(rows)), room.over(all_of(f, *lengths, width)))
    p["bn"] = even(f, p["n"], images)
    taken = p["bn"] * width

    def fitting(a: int, others: V) -> V:
        """How many elements of kernels along an axis."""
        return (room.over(others) - (blocks[a] - 1) * p[f"s{a}"] - 1).signed_over(p[f"d{a}"]) + 1

    lines = even(f, p["r1"], f.minimum(fitting(1, taken * lengths[0]), f.constant(LINES)))
    taken = taken * _length(f, p, 1, blocks[1], lines)
    planes = even(f, p["r0"], f.minimum(fitting(0, taken), f.constant(LINES).over(lines)))
    planes = f.select(lines < p["r1"], 1, planes)
    taken = taken * _length(f, p, 0, blocks[0], planes)
    channels = even(f, p["c"], f.minimum(room.over(taken), f.constant(LINES).over(lines * planes)))
    channels = f.select((lines * planes) < (p["r0"] * p["r1"]), 1, channels)
    p["c2"], p["c1"], p["c0"], p["cn"] = elements, lines, planes, channels


# -- panels --------------------------------------------------------------------------------------------------
def packs(s: Shape) -> Kernel:
    """Copy `count` lines of kernels, from line `first` on, into a panel, for `width` kernels.

    Lines are counted along channels, `e0` planes and `e1` lines, and have `e2` elements each. Those that lie one behind
    the other are copied together; and backwards, where kernels are turned around, as that is quicker.
    """
    f = Kernel(s, "packs", "p:p w:p e0:i e1:i e2:i first:i count:i width:i panel:p", quick=True)
    p = Words(f, f.p)
    steps, kernel, channel = [p[f"ws{a}"] for a in AXES], p["wk"], p["wc"]
    full = f.e0 * f.e1
    # how far elements are apart that follow each other, where those of several lines lie as those of one
    along = f.select(f.e0.equals(1), channel, steps[0])
    along = f.select(f.e2.equals(1), f.select(f.e1.equals(1), along, steps[1]), steps[2])
    in_planes = f.e1.equals(1) | steps[1].equals(f.e2 * along)
    in_channels = in_planes & (f.e0.equals(1) | steps[0].equals(f.e1 * f.e2 * along))
    in_all = in_channels & channel.equals(full * f.e2 * along)
    at, line, left = f.variable(PTR, f.panel), f.variable(INT, f.first), f.variable(INT, f.count)
    again, end = f.here(), f.block()
    f.jump(end, unless=left.get() > 0)
    now, c = line.get(), line.get().over(f.maximum(full, 1))
    rest = now - c * full
    t = rest.over(f.maximum(f.e1, 1))
    r = rest - t * f.e1
    together = f.select(in_planes, f.e1 - r, 1)
    together = f.select(in_all, left.get(), f.select(in_channels, full - rest, together))
    some = f.minimum(together, left.get())
    source, rows = f.at(f.w, c * channel + t * steps[0] + r * steps[1]), some * f.e2
    backwards, ahead = f.block(), f.block()
    f.jump(backwards, when=along.equals(-1), other=ahead)
    f.begin(backwards)
    target = f.at(at.get(), (rows - 1) * s.columns)
    f.call("pack", f.at(source, f.constant(1) - rows), 1, kernel, rows, f.width, target, -s.columns)
    joined = f.block()
    f.jump(joined)
    f.begin(ahead)
    f.call("pack", source, along, kernel, rows, f.width, at.get(), s.columns)
    f.begin(joined)
    at.set(f.at(at.get(), rows * s.columns))
    line.set(now + some)
    left.set(left.get() - some)
    f.jump(again)
    f.begin(end)
    return f


def panels(s: Shape, type_: str) -> Kernel:
    """Copy kernels into panels, unless `convolve` does it: for each phase, group and panel of kernels all elements."""
    f = Kernel(s, name_of("convolution_panels", type_), PANELS, exported=True, quick=True)
    with f.when(f.deep.equals(1)):
        f.leave()
    g, p = geometry_of(f), memory_of(f)
    with f.when(is_pointwise(f, g) | is_spread(f, g, f.rows)):
        f.leave()
    at = f.variable(PTR, f.panels)
    with f.loop(0, phases(f, g)) as number:
        f.call("phase", g.memory, number, p.memory)
        each, inner = quotient(f, p["k"], f.constant(s.columns)), all_of(f, p["c"], *(p[f"r{a}"] for a in AXES))
        start, every = at.get(), g["groups"] * each
        units = f.select(is_pixels(f, p, f.rows, f.room), 0, every)
        with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
            group = unit.over(each)
            k = (unit - group * each) * s.columns
            w = f.at(f.w, group * p["wg"] + p["the_w"] + k * p["wk"])
            sizes = [p[f"r{a}"] for a in AXES]
            lines, width = p["c"] * sizes[0] * sizes[1], f.minimum(p["k"] - k, s.columns)
            f.call("packs", p.memory, w, *sizes, 0, lines, width, f.at(start, unit * inner * s.columns))
        at.set(f.at(start, every * inner * s.columns))
    return f


# -- blocks --------------------------------------------------------------------------------------------------
def written(s: Shape) -> Kernel:
    """Write the sums of a block to y: what lies one behind the other there together."""
    f = Kernel(s, "written", "p:p t:p ti:i nn:i m0:i m1:i m2:i width:i y:p", quick=True)
    p = Words(f, f.p)
    run, n, d, h = (f.variable(INT, v) for v in (f.m2, f.nn, f.m0, f.m1))
    steps, kernel = [p["yn"], *(p[f"ys{a}"] for a in AXES)], p["yk"]
    # what a single position is away from the next says nothing
    for a, size in enumerate((f.m0, f.m1, f.m2)):
        steps[a + 1] = f.select(size.equals(1), steps[a], steps[a + 1])
    end = f.block()
    for count, step in ((h, steps[2]), (d, steps[1]), (n, steps[0])):
        f.jump(end, unless=count.get().equals(1) | step.equals(run.get() * steps[3]))
        run.set(run.get() * count.get())
        count.set(1)
    f.begin(end)
    length = run.get()
    # backwards, where kernels are turned around: rows of sums are, then
    turned = steps[3].equals(-1)
    step = f.select(turned, f.constant(0) - f.ti, f.ti)
    t = f.variable(PTR, f.select(turned, f.at(f.t, (length - 1) * f.ti), f.t))
    first = f.select(turned, f.constant(1) - length, 0)
    along = f.select(turned, 1, steps[3])
    with f.loop(0, n.get()) as i:
        with f.loop(0, d.get()) as j:
            with f.loop(0, h.get()) as k:
                out = f.at(f.y, i * steps[0] + j * steps[1] + k * steps[2] + first)
                f.call("crossed", t.get(), step, length, f.width, out, along, kernel)
                t.set(f.at(t.get(), length * f.ti))
    return f


BLOCK = "p:p rows:i group:i n:i o0:i o1:i o2:i k0:i k1:i c0:i c1:i x:p w:p panels:p y:p band:p sums:p table:p"


def block(s: Shape) -> Kernel:
    """The sums of a block, whose first position, kernels and channels are told, for a group."""
    f = Kernel(s, "block", BLOCK, quick=True)
    p = Words(f, f.p)
    firsts = [f.o0, f.o1, f.o2]
    images = f.minimum(p["bn"], p["n"] - f.n)
    sizes = [f.minimum(p[f"the_b{a}"], p[f"y{a}"] - firsts[a]) for a in AXES]
    place = f.group * p["yg"] + p["the_y"] + f.n * p["yn"]
    for a in AXES:
        place = place + firsts[a] * p[f"ys{a}"]
    y, x = f.at(f.y, place), f.at(f.x, f.group * p["xg"] + f.n * p["xn"])
    w = f.at(f.w, f.group * p["wg"] + p["the_w"])
    with f.when(p["inner"].equals(0)):
        with f.loop(f.k0, f.k1, s.columns) as k:
            width = f.minimum(f.k1 - k, s.columns)
            f.call("written", p.memory, f.address("zeros"), 0, images, *sizes, width, f.at(y, k * p["yk"]))
        f.leave()
    single = f.c1 - f.c0 <= p["cn"]
    for a in AXES:
        single = single & p[f"the_c{a}"].equals(p[f"r{a}"])
    # whether sums begin; a panel of long kernels stands in front of them
    fresh = f.variable(INT, 1)
    sums = f.select(p["deep"].equals(1), f.at(f.sums, DEPTH * s.columns), f.sums)
    with (
        f.loop(f.c0, f.c1, p["cn"]) as c, f.loop(0, p["r0"], p["c0"]) as r0, f.loop(0, p["r1"], p["c1"]) as r1,
        f.loop(0, p["r2"], p["c2"]) as r2,
    ):  # fmt: skip
        begins = [r0, r1, r2]
        channels = f.minimum(p["cn"], f.c1 - c)
        lengths = [f.minimum(p[f"the_c{a}"], p[f"r{a}"] - begins[a]) for a in AXES]
        last = c + p["cn"] >= f.c1
        w_at = c * p["wc"]
        for a in AXES:
            last = last & (begins[a] + p[f"the_c{a}"] >= p[f"r{a}"])
            w_at = w_at + begins[a] * p[f"ws{a}"]
        base, steps = _source(f, p, x, images, sizes, channels, lengths, c, begins)
        given = [f.p, f.rows, f.group, f.k0, f.k1, base, *steps, images, *sizes, channels, *lengths, f.at(w, w_at)]
        f.call("piece", *given, f.panels, y, sums, f.sums, f.table, _bit(f, single), _bit(f, last), fresh.get())
        fresh.set(0)
    return f


def _bit(f: Kernel, condition: V) -> V:
    return condition.to("zext", INT)


def _source(
    f: Kernel, p: Words, x: V, images: V, sizes: list[V], channels: V, lengths: list[V], c: V, begins: list[V]
) -> tuple[V, list[V]]:
    """Where a piece finds its numbers of x: in place, or in a band that is copied; with the steps of n, c and axes."""
    firsts = [f.o0, f.o1, f.o2]
    at = [firsts[a] * p[f"s{a}"] + begins[a] * p[f"d{a}"] - p[f"p{a}"] for a in AXES]
    extents = [_length(f, p, a, sizes[a], lengths[a]) for a in AXES]
    x = f.at(x, c * p["xc"])
    steps = [p["xn"], p["xc"], *(p[f"xs{a}"] for a in AXES)]
    direct = p["direct"].equals(1)
    with f.unless(direct):
        f.call("band", x, *steps, images, channels, *(p[f"x{a}"] for a in AXES), *at, *extents, f.band)
    plane = extents[1] * extents[2]
    volume = extents[0] * plane
    copied = [volume * channels, volume, plane, extents[2], f.constant(1)]
    place = at[0] * steps[2] + at[1] * steps[3] + at[2] * steps[4]
    base = f.select(direct, f.at(x, place), f.band)
    return base, [f.select(direct, a, b) for a, b in zip(steps, copied, strict=True)]


PIECE = (
    "p:p rows:i group:i k0:i k1:i x:p xn:i xc:i xs0:i xs1:i xs2:i nn:i m0:i m1:i m2:i e:i e0:i e1:i e2:i w:p panels:p "
    "y:p sums:p panel:p table:p single:i last:i fresh:i"
)


def piece(s: Shape) -> Kernel:
    """What a piece adds to the sums of a block, for all its kernels; the `last` one writes them to y."""
    f = Kernel(s, "piece", PIECE, quick=True)
    p = Words(f, f.p)
    m, deep = all_of(f, f.nn, f.m0, f.m1, f.m2), p["deep"].equals(1)
    lines_at = f.table.element(INT, f.rows)
    places = [f.xn, f.xs0 * p["s0"], f.xs1 * p["s1"], f.xs2 * p["s2"]]
    f.call("positions", f.table, f.nn, f.m0, f.m1, f.m2, *places)
    f.call("positions", lines_at, f.e, f.e0, f.e1, 1, f.xc, f.xs0 * p["d0"], f.xs1 * p["d1"], 0)
    # kernels of one element: a run along the channels
    pointwise = all_of(f, f.e0, f.e1, f.e2).equals(1)
    step = f.select(pointwise, f.xc, f.xs2 * p["d2"])
    lines = all_of(f, f.e, f.e0, f.e1)
    some = even(f, lines, f.constant(DEPTH).over(f.e2))
    places_at = lines_at.element(INT, lines)
    f.call("positions", places_at, 1, 1, 1, some, 0, 0, 0, f.e2 * s.columns)
    with f.loop(f.k0, f.k1, s.columns) as k:
        width = f.minimum(f.k1 - k, s.columns)
        target = f.at(f.sums, f.select(f.single.equals(1), 0, (k - f.k0) * m))
        before = f.at(f.panels, (f.group * p["whole"] + k) * p["inner"])
        fresh = f.variable(INT, f.fresh)
        with f.loop(0, lines, some) as line:
            count = f.minimum(some, lines - line)
            with f.when(deep):
                kernels_at = f.at(f.w, k * p["wk"])
                f.call("packs", p.memory, kernels_at, f.e0, f.e1, f.e2, line, count, width, f.panel)
            panel = f.select(deep, f.panel, f.at(before, line * f.e2 * s.columns))
            here, n = lines_at.element(INT, line), f.select(pointwise, 1, count)
            run = f.select(pointwise, count, f.e2)
            given: list[V | int] = [f.x, f.table, here, n, run, step, panel, places_at, s.columns, fresh.get()]
            f.call("tiles", m, width, *given, target, s.columns, panel, 0)
            fresh.set(0)
        with f.when(f.last.equals(1)):
            y = f.at(f.y, k * p["yk"])
            f.call("written", p.memory, target, s.columns, f.nn, f.m0, f.m1, f.m2, width, y)
    return f


def convolve(s: Shape, type_: str) -> Kernel:
    """All blocks of the parts from lo to hi, of each phase."""
    f = Kernel(s, name_of("convolve", type_), CONVOLVE.replace(":w", ":p"), exported=True, quick=True)
    g, p = geometry_of(f), memory_of(f)
    with f.when(is_pointwise(f, g)):
        units, shares, some = pointwise_units(f, g, f.parts)
        first = (f.lo * units).over(f.parts)
        with f.loop(first, (f.hi * units).over(f.parts)) as unit:
            block = unit.over(shares)
            k = (unit - block * shares) * some
            again = _bit(f, (unit > first) & (k > 0))
            of_unit = block, k, f.minimum(k + some, g["k"]), again
            f.call("pointwise", g.memory, *of_unit, f.rows, f.room, f.x, f.w, f.y, f.band, f.sums, f.table)
        f.leave()
    with f.when(is_spread(f, g, f.rows)):
        units = g["groups"] * g["n"]
        with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
            group = unit.over(f.maximum(g["n"], 1))
            image = unit - group * g["n"]
            f.call("spread", g.memory, group, image, f.rows, f.room, f.x, f.w, f.y, f.band, f.sums, f.table)
        f.leave()
    panels, is_cut = f.variable(PTR, f.panels), f.chunks > 1
    y = f.select(is_cut, f.partial, f.y)
    with f.loop(0, phases(f, g)) as number:
        f.call("phase", g.memory, number, p.memory)
        with f.when(is_cut):
            _in_partial(f, p)
        f.call("plan", p.memory, f.rows, f.room, quotient(f, f.parts, f.chunks))
        few = is_pixels(f, p, f.rows, f.room)
        units = f.select(few, pixel_units(f, p, f.rows, f.room, f.parts), 0)
        with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
            f.call("pixels", p.memory, unit, f.parts, f.rows, f.room, f.x, f.w, f.y, f.band, f.sums, f.table)
        units = f.select(few, 0, p["blocks"] * p["shares"] * f.chunks)
        with f.loop((f.lo * units).over(f.parts), (f.hi * units).over(f.parts)) as unit:
            # shares of kernels change first, then blocks of positions: bands stay in the cache
            rest, found = unit, []
            for count in (p["shares"], p["n2"], p["n1"], p["n0"], p["nn"], f.maximum(p["groups"], 1)):
                left = rest.over(count)
                found.append(rest - left * count)
                rest = left
            share, o2, o1, o0, n, group = found
            k, each = share * p["some"], quotient(f, p["c"], f.chunks)
            c, out = rest * each, f.at(y, f.select(is_cut, rest * p["groups"] * p["yg"], 0))
            begins = [n * p["bn"], o0 * p["b0"], o1 * p["b1"], o2 * p["b2"]]
            ends = f.minimum(k + p["some"], p["k"])
            of_block = [group, *begins, k, ends, c, f.minimum(c + each, p["c"])]
            f.call("block", p.memory, f.rows, *of_block, f.x, f.w, panels.get(), out, f.band, f.sums, f.table)
        panels.set(f.at(panels.get(), p["groups"] * p["whole"] * p["inner"]))
    return f


def _in_partial(f: Kernel, p: Words) -> None:
    """Sums lie one behind the other."""
    step = f.constant(1)
    for name, size in (("ys2", "y2"), ("ys1", "y1"), ("ys0", "y0"), ("yk", "k"), ("yn", "n")):
        p[name] = step
        step = step * p[size]
    p["yg"] = step


def sums(s: Shape, type_: str) -> Kernel:
    """Add what chunks have found, in their order, and write it to y: kernels of the parts from lo to hi."""
    f = Kernel(s, name_of("convolution_sums", type_), SUMS, exported=True, quick=True)
    with f.unless(f.chunks > 1):
        f.leave()
    g = geometry_of(f)
    size, kernels = all_of(f, *(g[f"y{a}"] for a in AXES)), all_of(f, g["groups"], g["n"], g["k"])
    first, end = (f.lo * kernels).over(f.parts), (f.hi * kernels).over(f.parts)
    count, here = (end - first) * size, f.at(f.partial, first * size)
    with f.loop(1, f.chunks) as chunk:
        f.call("added", here, 0, 1, f.at(here, chunk * kernels * size), 0, count, 1)
    with f.loop(first, end) as line:
        of_group = line.over(g["k"])
        group = of_group.over(g["n"])
        k, n = line - of_group * g["k"], of_group - group * g["n"]
        y = f.at(f.y, group * g["yg"] + n * g["yn"] + k * g["yk"])
        found = f.at(f.partial, line * size)
        with f.loop(0, g["y0"]) as i, f.loop(0, g["y1"]) as j:
            out = f.at(y, i * g["ys0"] + j * g["ys1"])
            f.call("copied", f.at(found, (i * g["y1"] + j) * g["y2"]), 0, out, 0, g["ys2"], g["y2"], 1)
    return f


def library_module(type_: str, isa: Isa, provisional: bool = False) -> Module:
    """The functions for numbers of one type: those of `loops.convolution.KINDS` are called from outside."""
    s = shape_of(type_, isa, provisional)
    functions = [
        *kernels(s), *pointwise_kernels(s), *pixel_kernels(s), *spread_kernels(s), pack(s, True), phase(s), plan(s),
        packs(s), panels(s, type_), written(s), block(s), piece(s), convolve(s, type_), sums(s, type_),
        *(winograd_kernels(s) if type_ == WINOGRAD_TYPE else []),
    ]  # fmt: skip
    found = [*constants(s), *masked_functions(s), intrinsic("llvm.prefetch.p0", VOID, PTR, INT32, INT32, INT32)]
    if s.has_fma:
        found += [intrinsic(f"llvm.fma.{suffix(t)}", t, t, t, t) for t in (s.type, s.vector)]
    return Module(found, [f.function() for f in functions])
