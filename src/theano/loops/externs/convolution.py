"""The external functions that convolve, along three axes: ONE sum for a convolution and both of its gradients.

    y[n, k, o] = sum over c, r of  x[n, c, s*o + d*r - p] * w[k, c, r]

What is outside of x counts as zero. Everything has strides, of any sign, in elements: a kernel that is turned around
is read backwards, and the gradient of the kernels is this sum with the axes n and c exchanged, the gradients of the
results in place of w, and the strides s and the dilations d exchanged. Fewer axes are axes of length 1. Groups of
channels lie `xg`, `wg` and `yg` apart.

With `back` the sum is the transposed one, the gradient of the images: x are the gradients of the results, y the
images, ``y[n, k, i] = sum over c, r and the o for which i = s*o + d*r - p of  x[n, c, o] * w[k, c, r]``.

`panels` copies w as `convolve` reads it. Where the kernels are longer than the results (`deep`: gradients of kernels),
`convolve` does that itself, piece by piece, and `panels` does nothing.

Gradients of kernels have few sums, each of many images: `convolve` may make them of some channels (which are images
there) at a time. Then there are `chunks` of each sum, at `partial`, which `convolution_sums` adds.

`winograd` and `winograd_panels` compute the same sum of kernels of 3 x 3 elements, without strides, dilation, groups or
`deep`, in a way that needs fewer multiplications and rounds more; `rows` is how many tiles of 4 x 4 results are made
together. `winograd_weights` does where that is `deep`.

The work is cut into `parts`, of which a call does those from `lo` to `hi`. Sizes decide in which order numbers are
added, and never the parts that are asked for.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.externs.table import Amounts, Extern, Parameter, array_at, declare, product_of, signature

__all__ = [
    "AXES", "COLUMN_BYTES", "CONVOLVE", "DEPTH", "FEWEST_ROWS", "GEOMETRY", "LINE", "LINES", "MORE", "PANELS", "SUMS",
    "TYPES", "WINOGRAD_TYPE", "Rooms", "chunks", "functions_of", "name_of", "partial_room", "rooms", "suits_winograd",
    "winograd_rooms",
]  # fmt: skip

AXES = range(3)
TYPES = ("f32", "f64")


def _of_axes(letters: str) -> str:
    return " ".join(f"{letter}{a}:i" for letter in letters.split() for a in AXES)


# Groups, images, channels, kernels (both of a group), lengths of x, w and y, strides, dilations, padding in front, and
# the strides of x, w and y in memory.
GEOMETRY = (
    f"back:i deep:i groups:i n:i c:i k:i {_of_axes('x r y s d p')} "
    f"xg:i xn:i xc:i {_of_axes('xs')} wg:i wk:i wc:i {_of_axes('ws')} yg:i yn:i yk:i {_of_axes('ys')}"
)
PANELS = f"lo:i hi:i parts:i rows:i room:i {GEOMETRY} w:p panels:p"
CONVOLVE = f"lo:i hi:i parts:i rows:i room:i chunks:i {GEOMETRY} x:p w:p panels:p partial:p y:p band:p sums:p table:w"
SUMS = f"lo:i hi:i parts:i chunks:i {GEOMETRY} partial:p y:p"

# Bytes of the columns of a panel, at most.
COLUMN_BYTES = 128
# Positions of a line that are taken at once, and inner positions of a panel that is copied on the way.
LINE = 512
DEPTH = 512
# Bytes of a band of x that is copied with zeros around it, and of the sums of a block of positions: both stay in L2.
BAND_BYTES = 512 << 10
SUMS_BYTES = 256 << 10
DEEP_SUMS_BYTES = 1 << 20
# Rows of sums of which a panel is worth to be copied; lines of kernels that are taken at once where they are long.
FEWEST_ROWS = 192
LINES = 1024
# A line of zeros may be longer than a band by a vector.
MORE = 64


def name_of(kind: str, type_: str) -> str:
    """The name of a function, for numbers of a type.

    >>> name_of("convolve", "f32")
    'convolve_f32'
    """
    return f"{kind}_{type_}"


class Rooms:
    """What `convolve` needs of memory, and of what there is too much for one thread.

    Attributes
    ----------
    rows : positions whose sums are made together.
    band, sums, table : numbers of x that are copied, sums, and integers, for each part.
    panels : numbers of w that are copied before.
    """

    def __init__(self, rows: Expr, band: Expr, sums: Expr, table: Expr, panels: Expr) -> None:
        self.rows, self.band, self.sums, self.table, self.panels = rows, band, sums, table, panels


def _number(value: int) -> Expr:
    return ex.const(value, "i64")


def _product(*factors: Expr) -> Expr:
    found = factors[0]
    for f in factors[1:]:
        found = ex.mul(found, f)
    return found


def _extent(count: Expr, step: Expr) -> Expr:
    """Of `count` positions, so far apart."""
    return ex.add(ex.mul(ex.maximum(ex.sub(count, _number(1)), _number(0)), step), _number(1))


def rooms(g: dict[str, Expr], size: int) -> Rooms:
    """For a geometry, and numbers of `size` bytes.

    `native.convolution_blocks_ir` cuts the work so that it fits: at least one line of positions must, of all channels
    or, where it is deep, of one.
    """
    deep, columns = ex.ne(g["deep"], _number(0)), COLUMN_BYTES // size
    least, most, line = ex.minimum, ex.maximum, _number(LINE)
    places = _product(g["n"], g["y0"], g["y1"], g["y2"])
    kernels = _rounded(g["k"], _number(columns))
    # however few positions there are: the spread form has rows for the elements of all kernels, pixels for kernels
    elements = _product(g["k"], g["r0"], g["r1"], g["r2"])
    pixels = ex.mul(g["y1"], ex.add(g["y2"], ex.mul(g["r2"], g["d2"])))
    of_pixels = ex.mul(g["k"], ex.add(ex.idiv(pixels, _number(columns)), _number(2)))
    wanted = most(places, most(ex.mul(g["back"], elements), of_pixels))
    some = least(wanted, _number(SUMS_BYTES // COLUMN_BYTES))
    many = most(ex.idiv(_number(DEEP_SUMS_BYTES // size), most(kernels, _number(1))), _number(FEWEST_ROWS))
    rows = most(ex.select(deep, least(places, many), most(some, least(g["y2"], line))), _number(1))
    longest = [ex.add(_extent(g[f"y{a}"], g[f"s{a}"]), _extent(g[f"r{a}"], g[f"d{a}"])) for a in AXES]
    width = ex.add(_extent(least(g["y2"], line), g["s2"]), _extent(least(g["r2"], line), g["d2"]))
    forward = ex.add(_extent(least(g["y2"], line), g["s2"]), _extent(g["r2"], g["d2"]))
    shortest = _product(
        ex.select(deep, _number(1), g["c"]),
        *(ex.select(deep, _extent(g[f"y{a}"], g[f"s{a}"]), _extent(g[f"r{a}"], g[f"d{a}"])) for a in (0, 1)),
        ex.select(deep, width, forward),
    )
    whole = _product(g["n"], g["c"], *longest)
    band = most(least(_number(BAND_BYTES // size), whole), shortest)
    sums = ex.mul(rows, ex.select(deep, ex.add(kernels, _number(columns)), _number(columns)))
    sums = ex.add(sums, ex.select(deep, _number(DEPTH * columns), _number(0)))
    lines = _product(g["c"], g["r0"], g["r1"])
    table = ex.add(rows, ex.mul(ex.select(deep, least(lines, _number(LINES)), lines), _number(2)))
    inner = ex.mul(lines, g["r2"])
    panels = ex.select(deep, _number(1), most(_product(g["groups"], kernels, inner), _number(1)))
    return Rooms(rows, ex.add(band, _number(MORE)), sums, ex.add(table, _number(1)), panels)


# A chunk has so many multiplications for each number that is added, at least; fewer chunks than that are not worth it.
CHUNK_LEAST, FEWEST_CHUNKS = 256, 4


def chunks(g: dict[str, Expr], size: int, parts: Expr) -> Expr:
    """In how many chunks of channels the sums of `deep` are made: one, unless they are too few for `parts` of work."""
    few = _product(g["groups"], _quotient(g["k"], _number(COLUMN_BYTES // size)))
    places = ex.idiv(_product(g["n"], g["y0"], g["y1"], g["y2"]), _number(FEWEST_ROWS))
    units = ex.mul(few, ex.maximum(places, _number(1)))
    inner = ex.idiv(_product(g["c"], g["r0"], g["r1"], g["r2"]), _number(CHUNK_LEAST))
    wanted = ex.minimum(ex.minimum(ex.idiv(parts, ex.maximum(units, _number(1))), inner), g["c"])
    wanted = ex.select(ex.ge(wanted, _number(FEWEST_CHUNKS)), wanted, _number(1))
    # none is empty
    each = _quotient(g["c"], wanted)
    return ex.maximum(_quotient(g["c"], ex.maximum(each, _number(1))), _number(1))


def partial_room(g: dict[str, Expr], count: Expr) -> Expr:
    """Numbers of the sums of all chunks."""
    return ex.select(ex.gt(count, _number(1)), ex.mul(count, _results(g)), _number(1))


def _results(g: Mapping[str, Expr]) -> Expr:
    return _product(*(g[name] for name in _SIDES["y"].split()))


def _quotient(count: Expr, parts: Expr) -> Expr:
    """Rounded up."""
    return ex.idiv(ex.add(count, ex.sub(parts, _number(1))), parts)


# -- Winograd ------------------------------------------------------------------------------------------------
WINOGRAD_TYPE = "f32"
# Channels on both sides, and results along an axis, from which on it is quicker.
WINOGRAD_CHANNELS, WINOGRAD_LENGTH = 32, 7
# Tiles in all from which on it pays to transform the kernels.
WINOGRAD_LEAST = 32
# Bytes of the transformed numbers of a block, and tiles of one at least: each reads all transformed kernels.
WINOGRAD_BYTES, WINOGRAD_TILES = 512 << 10, 64


def suits_winograd(g: dict[str, Expr]) -> Expr:
    """Whether sizes that are not known before are such that `winograd` does the sum, and quickly.

    Or `winograd_weights`, for the geometry of a gradient of kernels.
    """
    return ex.select(ex.ne(g["deep"], _number(0)), _suits(g, "n", "c", "y", "r"), _suits(g, "c", "n", "r", "y"))


def _suits(g: dict[str, Expr], channels: str, images: str, kernels: str, results: str) -> Expr:
    found = ex.and_(*(ex.eq(g[f"{kernels}{a}"], _number(3)) for a in (1, 2)))
    for name in (channels, "k"):
        found = ex.and_(found, ex.ge(g[name], _number(WINOGRAD_CHANNELS)))
    lengths = [g[f"{results}{a}"] for a in (1, 2)]
    for n in lengths:
        found = ex.and_(found, ex.ge(n, _number(WINOGRAD_LENGTH)))
    tiles = [ex.idiv(ex.add(n, _number(3)), _number(4)) for n in lengths]
    return ex.and_(found, ex.ge(_product(g[images], *tiles), _number(WINOGRAD_LEAST)))


def winograd_rooms(g: dict[str, Expr], size: int, is_deep: bool) -> Rooms:
    """What `winograd` needs, or `winograd_weights`."""
    columns, squares = _number(COLUMN_BYTES // size), _number(36)
    kernels = _rounded(g["k"], columns)
    channels = columns if is_deep else _rounded(g["c"], columns)
    tiles = ex.idiv(_number(WINOGRAD_BYTES // size // 36), ex.maximum(channels, _number(1)))
    tiles = ex.maximum(tiles, _number(WINOGRAD_TILES))
    gap = _number(36 * 16)
    positions = ex.mul(ex.add(ex.mul(tiles, _number(4)), _number(6)), columns)
    band = ex.add(ex.add(_product(squares, tiles, channels), gap), ex.mul(positions, _number(6)))
    if is_deep:
        band = ex.add(band, ex.add(_product(squares, tiles, columns), gap))
        band = ex.add(band, ex.mul(positions, _number(4)))
        table = ex.add(columns, _number(1))
        return Rooms(tiles, band, _product(squares, columns, kernels), table, _number(1))
    sums = ex.add(_product(_number(36 + 16), tiles, columns), gap)
    return Rooms(tiles, band, sums, ex.add(tiles, _number(1)), _product(squares, kernels, g["c"]))


def _rounded(count: Expr, columns: Expr) -> Expr:
    """To whole panels."""
    return ex.mul(ex.idiv(ex.add(count, ex.sub(columns, _number(1))), columns), columns)


# -- meaning -------------------------------------------------------------------------------------------------
def _sides(t: str, a: dict[str, Any]) -> tuple[Any, Any, Any]:
    """x, w and y with the axes group, image or kernel, channel, and three more."""
    sizes = {"x": ("n", "c", "x"), "w": ("k", "c", "r"), "y": ("n", "k", "y")}
    found = []
    for side, (first, second, lengths) in sizes.items():
        shape = (a["groups"], a[first], a[second], *(a[f"{lengths}{i}"] for i in AXES))
        steps = tuple(a[f"{side}{name}"] for name in ("g", first, second, *(f"s{i}" for i in AXES)))
        found.append(array_at(a[side], t, shape, steps))
    return found[0], found[1], found[2]


def _convolve(t: str, a: dict[str, Any]) -> None:
    """The whole sum at the first part."""
    if a["lo"] != 0 or a["hi"] == 0:
        return
    x, w, y = _sides(t, a)
    if a["chunks"] == 1:
        _sum_of_products(a, x, w, y)
        return
    each = -(-a["c"] // a["chunks"])
    for k, out in enumerate(_partial(t, a, y.shape)):
        some = slice(k * each, (k + 1) * each)
        _sum_of_products(a, x[:, :, some], w[:, :, some], out)


def _partial(t: str, a: dict[str, Any], shape: tuple[int, ...]) -> Any:
    """The sums of chunks, one behind the other."""
    steps = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
    return array_at(a["partial"], t, (a["chunks"], *shape), (math.prod(shape), *steps))


def _sums(t: str, a: dict[str, Any]) -> None:
    """What chunks have found is added, one after the other, at the first part."""
    if a["lo"] != 0 or a["hi"] == 0 or a["chunks"] == 1:
        return
    shape = (a["groups"], a["n"], a["k"], *(a[f"y{i}"] for i in AXES))
    y = array_at(a["y"], t, shape, tuple(a[f"y{name}"] for name in ("g", "n", "k", *(f"s{i}" for i in AXES))))
    y[...] = functools.reduce(np.add, _partial(t, a, shape))


def _sum_of_products(a: dict[str, Any], x: Any, w: Any, y: Any) -> None:
    out = np.zeros(y.shape, y.dtype)
    outer, inner = ("x", "y") if a["back"] else ("y", "x")
    for at in itertools.product(*(range(a[f"r{i}"]) for i in AXES)):
        there, here = [], []
        for i, r in zip(AXES, at, strict=True):
            o = np.arange(a[f"{outer}{i}"])
            place = a[f"s{i}"] * o + a[f"d{i}"] * r - a[f"p{i}"]
            inside = (place >= 0) & (place < a[f"{inner}{i}"])
            there.append(place[inside])
            here.append(o[inside])
        source, target = (np.ix_(*here), np.ix_(*there)) if a["back"] else (np.ix_(*there), np.ix_(*here))
        part = np.einsum("gncxyz,gkc->gnkxyz", x[(..., *source)], w[(..., *at)])
        out[(..., *target)] += part
    y[...] = out


def _panels(t: str, a: dict[str, Any]) -> None:
    """Nothing: `convolve` reads w itself."""


_FUNCTIONS: dict[str, tuple[str, str, str, Callable[[str, dict[str, Any]], None]]] = {
    "convolve": (CONVOLVE, "x w panels", "partial y band sums table", _convolve),
    "convolution_panels": (PANELS, "w", "panels", _panels),
    "convolution_sums": (SUMS, "partial", "partial y", _sums),
    "winograd": (CONVOLVE, "x w panels", "y band sums table", _convolve),
    "winograd_panels": (PANELS, "w", "panels", _panels),
    "winograd_weights": (CONVOLVE, "x w panels", "y band sums table", _convolve),
}


def _operations(kind: str, counts: Sequence[Expr], positions: Sequence[Expr], taps: Sequence[Expr]) -> Expr:
    """Of all parts together: a multiplication and an addition for each tap of each position that it is counted at.

    Winograd's method makes 36 of them for each 4 x 4 results of a channel and a kernel (for kernels: gradients of
    results) instead of 9 for each. Those of its transforms are not counted.
    """
    if kind == "convolve":
        return product_of([*counts, *positions, *taps], 2)
    tiled = taps if kind == "winograd_weights" else positions
    return product_of([*counts, *(ex.idiv(ex.add(p, _number(3)), _number(4)) for p in tiled[1:])], 2 * 36)


# What lies on each side, and what a function goes over: groups, images, channels, kernels, positions, elements.
_SIDES = {"x": "groups n c x0 x1 x2", "w": "groups k c r0 r1 r2", "y": "groups n k y0 y1 y2"}


def _amounts(kind: str, type_: str, given: Mapping[str, Expr]) -> Amounts:
    """All parts together. Panels are copied in front of a convolution, but not where it is `deep`."""
    if kind == "convolution_sums":
        read, written = (ex.mul(given["chunks"], _results(given)), _results(given))
        once = ex.select(ex.gt(given["chunks"], _number(1)), ex.add(read, written), _number(0))
        extents = tuple([given[name] for name in _SIDES["y"].split()])
        return Amounts(extents, ex.mul(once, _number(ex.ITEMSIZE[type_])), read)
    sides = {side: product_of([given[name] for name in names.split()]) for side, names in _SIDES.items()}
    size, nothing = _number(ex.ITEMSIZE[type_]), _number(0)
    if kind.endswith("panels"):
        copied = ex.select(ex.ne(given["deep"], nothing), nothing, ex.mul(sides["w"], _number(2)))
        extents = tuple([given[name] for name in _SIDES["w"].split()])
        return Amounts(extents, ex.mul(copied, size), nothing)
    is_back = ex.ne(given["back"], nothing)
    positions = [ex.select(is_back, given[f"x{a}"], given[f"y{a}"]) for a in AXES]
    counts = [given[name] for name in ("groups", "n", "c", "k")]
    moved = ex.mul(ex.add(ex.add(sides["x"], sides["w"]), sides["y"]), size)
    taps = [given[f"r{a}"] for a in AXES]
    return Amounts((*counts, *positions, *taps), moved, _operations(kind, counts, positions, taps))


def functions_of(type_: str) -> tuple[str, ...]:
    """The names of all functions for numbers of a type."""
    kinds = _FUNCTIONS if type_ == WINOGRAD_TYPE else list(_FUNCTIONS)[:3]
    return tuple(name_of(kind, type_) for kind in kinds)


def _parameters(kind: str, type_: str) -> tuple[Parameter, ...]:
    text, reads, writes, _ = _FUNCTIONS[kind]
    return signature(text, type_, reads, writes)


for _type in TYPES:
    for _kind in _FUNCTIONS:
        _name = name_of(_kind, _type)
        if _name in functions_of(_type):
            _meaning = partial(_FUNCTIONS[_kind][3], _type)
            _all = _parameters(_kind, _type)
            _told = partial(_amounts, _kind, _type)
            declare(Extern(_name, _all, "convolution", _meaning, own_rows=True, amounts=_told))
