"""LLVM IR of our own matrix products: what BLAS libraries are slow at, and what they do not offer.

The central kernel computes a *tile* of the result in registers, `rows` x `vectors` of them, while it walks along the
inner axis. The columns of the second operand are copied first, as many as a tile has and a few hundred inner
positions at a time, into a *panel* that stays in the L1 cache; this also straightens any strides. Each element of
a result is accumulated in the same order whatever part of the rows one asks for, so that work can be cut by rows.

Products with one row or column are limited by reading the matrix: each has a kernel that reads it once, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theano.loops.externs import ARGUMENTS, PACKED
from theano.runtime.ir_text import FunctionText, V, Variable

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["Kernel", "Shape", "constants", "kernels", "shape_of"]

PANEL_BYTES = 20 << 10
# Rows of the first operand used again and again while one panel after the other is taken: they stay in L2.
BLOCK_BYTES = 192 << 10
# A first operand whose columns are contiguous is copied, so many bytes at a time: distances between its rows that are
# powers of 2 leave few places in the L1 cache.
COPY_BYTES = 144 << 10
COPY_DEPTH = 128
LINE = 64
# Where the second operand has more bytes, tiles ask for the panel after theirs: it comes from far away (a gain of 3 in
# a hundred in an LSTM's training step; where 1.6 MB come from the shared cache, a loss of 2 to 4).
FAR_BYTES = 4 << 20
# Inner positions of a panel that lies in L2: the rows of a tile stay in L1.
PACKED_DEPTH = 512
BY_ROWS = "p:i q:i alpha:n a:p ar:i x:p beta:n y:p ys:i"
BY_COLUMNS = "p:i q:i alpha:n a:p ar:i x:p xs:i beta:n y:p"
OUTER = "m:i n:i alpha:n a:p ar:i b:p beta:n c:p cr:i"
SWEEP = "p:i q:i w:p wr:i d:p x:p xs:i alpha:n beta:n g:p gs:i"
INT, PTR = "i64", "ptr"


@dataclass(frozen=True)
class Shape:
    """Of the numbers and of a tile. There are tiles of some heights, the greatest first; all results are the same."""

    type: str
    size: int
    lanes: int
    rows: int
    vectors: int
    has_fma: bool
    heights: tuple[int, ...]

    @property
    def vector(self) -> str:
        return f"<{self.lanes} x {self.type}>"

    @property
    def columns(self) -> int:
        return self.lanes * self.vectors

    @property
    def depth(self) -> int:
        """Inner positions in a panel."""
        return PANEL_BYTES // (self.columns * self.size)


def shape_of(type_: str, isa: Isa, provisional: bool = False) -> Shape:
    """Registers: accumulators, the vectors of one step of a panel, one number of the first operand.

    LLVM's time is that of the tiles mostly, and grows with their heights: provisional code has two.
    """
    size = {"f32": 4, "f64": 8}[type_]
    rows = 12 if isa.name in ("avx512", "neon") else 6
    return Shape(
        {"f32": "float", "f64": "double"}[type_], size, max(isa.vector_bytes // size, 1), rows, 2, isa.has_fma,
        (4, 1) if provisional else tuple(range(rows, 0, -1)),
    )  # fmt: skip


class Kernel(FunctionText):
    """A function on numbers of one type; its parameters are a name and i (integer), n (number) or p (pointer)."""

    def __init__(self, s: Shape, name: str, params: str, exported: bool = False, quick: bool = False) -> None:
        kinds = {"i": INT, "p": PTR, "n": s.type}
        named = [tuple(p.split(":")) for p in params.split()]
        super().__init__(name, [(n, kinds[k]) for n, k in named], s.type, exported, quick)
        self.s = s
        self.zero = V(self, s.vector, "zeroinitializer")

    def vector_at(self, pointer: V, index: V | int = 0) -> V:
        return self.load(self.s.vector, self.at(pointer, index), self.s.size)

    def number_at(self, pointer: V, index: V | int = 0) -> V:
        return self.load(self.s.type, self.at(pointer, index), self.s.size)

    def put(self, value: V, pointer: V, index: V | int = 0) -> None:
        self.store(value, self.at(pointer, index), self.s.size)

    def spread(self, number: V) -> V:
        t, n = self.s.vector, self.s.lanes
        one = self.emit(t, f"insertelement {t} poison, {number.type} {number.text}, i64 0")
        return self.emit(t, f"shufflevector {t} {one.text}, {t} poison, <{n} x i32> zeroinitializer")

    def multiply_add(self, x: V, y: V, z: V) -> V:
        t = x.type
        if not self.s.has_fma:
            product = self.emit(t, f"fmul {t} {x.text}, {y.text}")
            return self.emit(t, f"fadd {t} {product.text}, {z.text}")
        name = f"@llvm.fma.{suffix(t)}"
        return self.emit(t, f"call {t} {name}({t} {x.text}, {t} {y.text}, {t} {z.text})")

    def times(self, x: V, y: V) -> V:
        return self.emit(x.type, f"fmul {x.type} {x.text}, {y.text}")

    def plus(self, x: V, y: V) -> V:
        return self.emit(x.type, f"fadd {x.type} {x.text}, {y.text}")

    def across(self, vector: V) -> V:
        """The sum of the lanes, halving."""
        n = self.s.lanes
        while n > 1:
            n //= 2
            low, high = (_shuffled(self, vector, vector, range(k, k + n)) for k in (0, n))
            vector = self.plus(low, high)
        return self.emit(self.s.type, f"extractelement {vector.type} {vector.text}, i64 0")

    def is_zero(self, number: V) -> V:
        return self.emit("i1", f"fcmp oeq {number.type} {number.text}, 0.0")


def suffix(llvm_type: str) -> str:
    """Of the name of an intrinsic."""
    if llvm_type[0] != "<":
        return {"float": "f32", "double": "f64"}[llvm_type]
    lanes, _, element = llvm_type[1:-1].partition(" x ")
    return f"v{lanes}{suffix(element)}"


# -- tiles -------------------------------------------------------------------------------------------------
TILE = "a:p ar:i ac:i b:p bs:i k:i alpha:n beta:n old:p os:i c:p cr:i"


def tile(s: Shape, rows: int) -> Kernel:
    """``c = beta old + alpha a b`` for `rows` rows and `s.columns` columns; b is read in full vectors."""
    f = Kernel(s, f"tile{rows}", TILE)
    sums = [[f.variable(s.vector, f.zero) for _ in range(s.vectors)] for _ in range(rows)]
    starts = [f.at(f.a, f.ar * i) if i else f.a for i in range(rows)]
    at_a, at_b = f.variable(INT, 0), f.variable(PTR, f.b)
    with f.loop(0, f.k):
        b, step = at_b.get(), at_a.get()
        vectors = [f.vector_at(b, s.lanes * v) for v in range(s.vectors)]
        for i in range(rows):
            x = f.spread(f.number_at(starts[i], step))
            for v in range(s.vectors):
                sums[i][v].set(f.multiply_add(x, vectors[v], sums[i][v].get()))
        at_b.set(f.at(b, f.bs))
        at_a.set(step + f.ac)
    alpha, beta = f.spread(f.alpha), f.spread(f.beta)
    old, c = f.old, f.c
    for i in range(rows):
        for v in range(s.vectors):
            scaled = f.times(beta, f.vector_at(old, v * s.lanes))
            f.put(f.multiply_add(alpha, sums[i][v].get(), scaled), c, v * s.lanes)
        old, c = f.at(old, f.os), f.at(c, f.cr)
    return f


def pack(s: Shape) -> Kernel:
    """Copy `k` rows of `nv` columns into a panel; columns that do not exist are zero."""
    f = Kernel(s, "pack", "b:p br:i bc:i k:i nv:i panel:p")
    columns = s.columns
    done = f.variable(INT, 0)
    with f.when(f.nv.equals(columns)):
        with f.when(f.bc.equals(1)):
            with f.loop(0, f.k) as i:
                row, out = f.at(f.b, i * f.br), f.at(f.panel, i * columns)
                for v in range(s.vectors):
                    f.put(f.vector_at(row, v * s.lanes), out, v * s.lanes)
            f.leave()
        if s.lanes > 1:
            short = 16 // s.size
            wide = min(2 * short, s.lanes)
            with f.when(f.br.equals(1)):
                whole = f.k & -4
                with f.loop(0, columns, wide) as j:
                    with f.loop(0, whole, 4) as i:
                        part, out = f.at(f.at(f.b, j * f.bc), i), f.at(f.at(f.panel, j), i * columns)
                        for at in range(0, 4, short):
                            _transposed(f, f.at(part, at), f.bc, f.at(out, at * columns), short, wide)
                done.set(whole)
    with f.when(f.nv < columns):
        with f.loop(0, f.k) as i:
            for v in range(s.vectors):
                f.put(f.zero, f.panel, i * columns + v * s.lanes)
    # whole vectors of rows, then single numbers
    first = f.variable(INT, 0)
    with f.when(f.bc.equals(1)):
        first.set(f.nv & -s.lanes)
        with f.loop(0, f.k) as i:
            with f.loop(0, first.get(), s.lanes) as j:
                f.put(f.vector_at(f.at(f.b, i * f.br), j), f.panel, i * columns + j)
    with f.loop(done.get(), f.k) as i:
        row, out = f.at(f.b, i * f.br), f.at(f.panel, i * columns)
        with f.loop(first.get(), f.nv) as j:
            f.put(f.number_at(row, j * f.bc), out, j)
    return f


def _transposed(f: Kernel, source: V, stride: V, out: V, short: int, wide: int) -> None:
    """The first `short` numbers of `wide` rows, 16 bytes of each, become `short` rows.

    These shuffles run two at once, those of wider vectors do not. And LLVM's time grows fast with the length of a chain
    of shuffles: 7 ms for a square of 16 x 16.
    """
    s, t = f.s, f"<{short} x {f.s.type}>"
    parts = [f.load(t, f.at(source, stride * j), s.size) for j in range(wide)]
    rows = parts[:short]
    if wide > short:
        rows = [_shuffled(f, a, b, range(wide)) for a, b in zip(rows, parts[short:], strict=True)]
    width = 1
    while width < short:
        rows = [
            _shuffled(f, rows[k], rows[k + width], _alternate(wide, short, width, half))
            for first in range(0, short, 2 * width)
            for k in range(first, first + width)
            for half in (0, short // 2)
        ]
        width *= 2
    for j, row in enumerate(rows):
        f.store(row, f.at(out, j * s.columns), s.size)


def _alternate(wide: int, short: int, width: int, half: int) -> Iterable[int]:
    """Half of each `short` numbers of one vector and of another one, `width` by `width`."""
    return [
        block + half + first + k + other
        for block in range(0, wide, short)
        for first in range(0, short // 2, width)
        for other in (0, wide)
        for k in range(width)
    ]


def _shuffled(f: Kernel, a: V, b: V, picks: Iterable[int]) -> V:
    mask = [f"i32 {k}" for k in picks]
    text = f"shufflevector {a.type} {a.text}, {b.type} {b.text}, <{len(mask)} x i32> <{', '.join(mask)}>"
    return f.emit(f"<{len(mask)} x {f.s.type}>", text)


def tiles(s: Shape, letter: str) -> Kernel:
    """The product of any shapes and strides, tile by tile; columns of the result are contiguous."""
    f = Kernel(s, f"{letter}tiles", ARGUMENTS, exported=True, quick=True)
    columns = s.columns
    panel = f.memory(s.depth * columns * s.size)
    crossed = f.emit("i1", f"and i1 {f.ar.equals(1).text}, {(f.n >= 4 * columns).text}")
    # inner parts of about equal length, whichever rows and columns are asked for; at least one, or the result would not
    # be scaled
    most = f.select(f.ar.equals(1), f.number(COPY_DEPTH), f.number(s.depth))
    parts = f.maximum(_quotient(f, f.k, most), 1)
    length = f.variable(INT, _quotient(f, f.k, parts))
    beta = f.variable(s.type, f.beta)
    given, copy = _memory(f, crossed)
    copies = f.emit("i1", f"icmp ne ptr {given.text}, null")
    ahead = f.select(f.br * f.k > FAR_BYTES // s.size, f.select(f.bc.equals(1), f.number(1), f.number(0)), f.number(0))
    with f.loop(0, parts) as part:
        first = part * length.get()
        depth = f.minimum(f.k - first, length.get())
        fits = f.emit(INT, f"udiv i64 {BLOCK_BYTES // s.size}, {f.maximum(depth, 1).text}")
        block = f.maximum(fits.up_to(s.rows), 4 * s.rows)
        fits = f.emit(INT, f"udiv i64 {COPY_BYTES // s.size}, {f.maximum(depth, 1).text}") - 2 * LINE // s.size
        block = f.select(crossed, f.maximum(f.minimum(fits.over(s.rows) * s.rows, f.m), 1), block)
        with f.loop(0, _quotient(f, f.m, block)) as part_m:
            top = part_m * block
            height = f.minimum(f.m - top, block)
            a, step = f.variable(PTR, f.at(f.at(f.a, top * f.ar), first * f.ac)), f.variable(INT, f.ac)
            with f.when(copies):
                step.set(_odd_lines(f, height))
                f.call("@copy", a.get(), f.ac, depth, height, copy, step.get())
                a.set(copy)
            b, c = f.at(f.b, first * f.br), f.at(f.c, top * f.cr)
            f.call(
                "@block", height, f.n, depth, f.alpha, a.get(), f.ar, step.get(), b, f.br, f.bc, beta.get(), c, f.cr,
                panel, ahead,
            )  # fmt: skip
        beta.set(V(f, s.type, "1.0"))
    with f.when(copies):
        f.call(f.load(PTR, V(f, PTR, "@give"), 8).text, given)
    return f


def _memory(f: Kernel, wanted: V) -> tuple[V, V]:
    """`COPY_BYTES` if they are wanted, as they were given and from a cache line on; null where there are none.

    Not from the stack: Python's threads may have 32 KB of it. Results are the same without.
    """
    take = f.load(PTR, V(f, PTR, "@take"), 8)
    given = f.variable(PTR, V(f, PTR, "null"))
    known = f.emit("i1", f"icmp ne ptr {take.text}, null")
    with f.when(f.emit("i1", f"and i1 {wanted.text}, {known.text}")):
        made = f.call(take.text, f.number(COPY_BYTES + LINE), result=PTR)
        assert made is not None
        given.set(made)
    whole = given.get()
    number = f.emit(INT, f"ptrtoint ptr {whole.text} to i64")
    beyond = (f.number(0) - number) & (LINE - 1)
    return whole, f.emit(PTR, f"getelementptr i8, ptr {whole.text}, i64 {beyond.text}")


def _odd_lines(f: Kernel, count: V) -> V:
    """The least number, not below `count`, that is an odd number of cache lines."""
    line = LINE // f.s.size
    lines = (count + (line - 1)).over(line)
    return f.emit(INT, f"or i64 {lines.text}, 1") * line


def copy_rows(s: Shape) -> Kernel:
    """Copy `p` contiguous rows of q numbers."""
    f = Kernel(s, "copy", "a:p ar:i p:i q:i out:p os:i")
    last = f.q & -s.lanes
    with f.loop(0, f.p) as i:
        row, out = f.at(f.a, i * f.ar), f.at(f.out, i * f.os)
        with f.loop(0, last, s.lanes) as j:
            f.put(f.vector_at(row, j), out, j)
        with f.loop(last, f.q) as j:
            f.put(f.number_at(row, j), out, j)
    return f


def _quotient(f: Kernel, x: V, y: V) -> V:
    """Rounded up."""
    return f.emit(INT, f"udiv i64 {(x + (y - 1)).text}, {y.text}")


def block_of_tiles(s: Shape) -> Kernel:
    """What `tiles` does for rows and inner positions of which there are few: all columns, a tile's at a time.

    Where `ahead` is 1 and not 0, the next panel is asked for meanwhile. Without `panel` b is in panels already, `bc`
    apart from the first column of one to that of the next, so to speak.
    """
    f = Kernel(s, "block", f"{ARGUMENTS} panel:p ahead:i")
    part = f.memory(s.rows * s.columns * s.size)
    with f.loop(0, f.n, s.columns) as j:
        after = f.select(j + s.columns >= f.n, f.at(f.b, f.k * f.br), f.at(f.b, (j + s.columns) * f.bc))
        _column_of_tiles(f, f.at(f.b, j * f.bc), f.at(f.c, j), f.minimum(f.n - j, s.columns), part, after)
    return f


def ask(s: Shape) -> Kernel:
    """Ask for `p` rows of a panel, in the L2 cache."""
    f = Kernel(s, "ask", "b:p br:i p:i")
    with f.loop(0, f.p) as i:
        row = f.at(f.b, i * f.br)
        for v in range(0, s.columns, LINE // s.size):
            f.do(f"call void @llvm.prefetch.p0(ptr {f.at(row, v).text}, i32 0, i32 2, i32 1)")
    return f


def _column_of_tiles(f: Kernel, b: V, out: V, width: V, part: V, after: V) -> None:
    s = f.s
    # a single row of tiles reads each number of b once: no copy, unless a vector would reach beyond the end
    in_place = f.emit("i1", f"and i1 {(f.m <= s.rows).text}, {f.bc.equals(1).text}")
    in_place = f.emit("i1", f"and i1 {in_place.text}, {width.equals(s.columns).text}")
    packed = f.emit("i1", f"icmp eq ptr {f.panel.text}, null")
    in_place = f.emit("i1", f"or i1 {in_place.text}, {packed.text}")
    source, step = f.variable(PTR, b), f.variable(INT, f.br)
    with f.when(f.emit("i1", f"xor i1 {in_place.text}, true")):
        f.call("@pack", b, f.br, f.bc, f.k, width, f.panel)
        source.set(f.panel)
        step.set(s.columns)
    # a part of a tile is computed in a copy of what it is added to
    is_part, fresh = width < s.columns, f.is_zero(f.beta)
    kept = f.emit("i1", f"xor i1 {fresh.text}, true")
    target_step = f.select(is_part, f.number(s.columns), f.cr)
    old_step = f.select(fresh, f.number(0), target_step)
    i = f.variable(INT, 0)
    count = _tiles_in(f, f.m)
    some = _quotient(f, f.k, count) * f.ahead
    with f.loop(0, count) as turn:
        f.call("@ask", f.at(after, turn * some * f.br), f.br, some)
        rows = _height(f, f.m - i.get())
        place = f.at(out, i.get() * f.cr)
        target = f.variable(PTR, place)
        with f.when(is_part):
            target.set(part)
            with f.when(kept):
                f.call("@copy", place, f.cr, rows, width, part, target_step)
        old = f.select(fresh, V(f, PTR, "@zeros"), target.get())
        f.call(
            _tile(f, rows), f.at(f.a, i.get() * f.ar), f.ar, f.ac, source.get(), step.get(), f.k, f.alpha, f.beta,
            old, old_step, target.get(), target_step,
        )  # fmt: skip
        with f.when(is_part):
            f.call("@copy", part, target_step, rows, width, place, f.cr)
        i.set(i.get() + rows)


def _tiles_in(f: Kernel, rows: V) -> V:
    """How many tiles `_height` makes of so many rows."""
    high, *lower = f.s.heights
    if lower == [1]:
        return rows.over(high) + (rows - rows.over(high) * high)
    return (rows + (high - 1)).over(high)


def _height(f: Kernel, left: V) -> V:
    """Of the next tile: as equal as can be, as a tile of one or two rows waits for its own sums."""
    high, *lower = f.s.heights
    if lower == [1]:
        return f.select(left >= high, f.number(high), f.number(1))
    two = f.select(left > high, (left + 1).over(2), left)
    return f.select(left >= 2 * high, f.number(high), two)


def _tile(f: Kernel, rows: V) -> str:
    """The tile of a height."""
    place = f.emit(PTR, f"getelementptr ptr, ptr @heights, i64 {rows.text}")
    return f.load(PTR, place, 8).text


def constants(s: Shape) -> list[str]:
    """What the kernels read: a row of zeros, the tiles by their heights."""
    tiles = ", ".join(f"ptr @tile{h}" if h in s.heights else "ptr null" for h in range(1, s.rows + 1))
    return [
        f"@zeros = internal constant [{s.columns} x {s.type}] zeroinitializer, align 64",
        f"@heights = internal constant [{s.rows + 1} x ptr] [ptr null, {tiles}]",
    ]


# -- a second operand that stays ----------------------------------------------------------------------------
def all_panels(s: Shape) -> Kernel:
    """Copy a matrix into panels as deep as it is, one after the other."""
    f = Kernel(s, "all_panels", "n:i k:i b:p br:i bc:i panels:p")
    with f.loop(0, f.n, s.columns) as j:
        width = f.minimum(f.n - j, s.columns)
        f.call("@pack", f.at(f.b, j * f.bc), f.br, f.bc, f.k, width, f.at(f.panels, j * f.k))
    return f


def packed_tiles(s: Shape, letter: str) -> Kernel:
    """``c = a b``, with the panels of b; rows of a are contiguous."""
    f = Kernel(s, f"{letter}slice", PACKED, exported=True)
    one, beta = V(f, s.type, "1.0"), f.variable(s.type, V(f, s.type, "0.0"))
    parts = f.maximum(_quotient(f, f.k, f.number(PACKED_DEPTH)), 1)
    length = f.variable(INT, _quotient(f, f.k, parts))
    with f.loop(0, parts) as part:
        first = part * length.get()
        depth = f.minimum(f.k - first, length.get())
        fits = f.emit(INT, f"udiv i64 {BLOCK_BYTES // s.size}, {f.maximum(depth, 1).text}")
        block = f.maximum(fits.up_to(s.rows), 4 * s.rows)
        with f.loop(0, _quotient(f, f.m, block)) as part_m:
            top = part_m * block
            height = f.minimum(f.m - top, block)
            f.call(
                "@block", height, f.n, depth, one, f.at(f.at(f.a, top * f.ar), first), f.ar, f.number(1),
                f.at(f.panels, first * s.columns), f.number(s.columns), f.k, beta.get(), f.at(f.c, top * f.cr), f.cr,
                V(f, PTR, "null"), f.number(0),
            )  # fmt: skip
        beta.set(one)
    return f


# -- one row or column ---------------------------------------------------------------------------------------
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
    fresh, zero = f.is_zero(f.beta), V(f, s.type, "0.0")
    old = [f.select(fresh, zero, f.times(f.beta, f.number_at(place))) for place in places]
    for place, total, before in zip(places, totals, old, strict=True):
        f.put(f.multiply_add(f.alpha, total.get(), before), place)
    return f


def rows_times_vector(s: Shape) -> Kernel:
    """``y = beta y + alpha a x`` for contiguous rows of a."""
    f = Kernel(s, "by_rows", BY_ROWS, quick=True)
    whole, none = f.p & -DOTS, f.number(0)
    for start, stop, step, ar, ys in ((none, whole, DOTS, f.ar, f.ys), (whole, f.p, 1, none, none)):
        with f.loop(start, stop, step) as i:
            f.call("@dots", f.q, f.at(f.a, i * f.ar), ar, f.x, f.alpha, f.beta, f.at(f.y, i * f.ys), ys)
    return f


def add_rows(s: Shape, rows: int) -> Kernel:
    """``y += sum of x[i] * a[i]`` over `rows` rows; x is in memory, scaled."""
    f = Kernel(s, f"add{rows}", "q:i a:p ar:i x:p y:p")
    starts = [f.at(f.a, f.ar * i) if i else f.a for i in range(rows)]
    numbers = [f.number_at(f.x, i) for i in range(rows)]
    vectors = [f.spread(x) for x in numbers]
    last = f.q & -s.lanes
    for spread, start, stop, step in ((vectors, f.number(0), last, s.lanes), (numbers, last, f.q, 1)):
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
        f.put(f.select(fresh, V(f, s.type, "0.0"), f.times(f.beta, f.number_at(f.y, j))), f.y, j)
    scaled = f.memory(ADDED * s.size)
    whole = f.p & -ADDED
    for count, start, stop in ((ADDED, f.number(0), whole), (1, whole, f.p)):
        with f.loop(start, stop, count) as i:
            with f.loop(0, count) as k:
                f.put(f.times(f.alpha, f.number_at(f.x, (i + k) * f.xs)), scaled, k)
            f.call(f"@add{count}", f.q, f.at(f.a, i * f.ar), f.ar, scaled, f.y)
    return f


def outer(s: Shape) -> Kernel:
    """``c = beta c + alpha outer(a, b)``, b contiguous."""
    f = Kernel(s, "outer", OUTER)
    last, fresh = f.n & -s.lanes, f.is_zero(f.beta)
    with f.loop(0, f.m) as i:
        x = f.times(f.alpha, f.number_at(f.a, i * f.ar))
        c = f.at(f.c, i * f.cr)
        for start, stop, step in ((f.number(0), last, s.lanes), (last, f.n, 1)):
            wide = start is not last
            read = f.vector_at if wide else f.number_at
            scale, beta = (f.spread(x), f.spread(f.beta)) if wide else (x, f.beta)
            zero = f.zero if wide else V(f, s.type, "0.0")
            with f.loop(start, stop, step) as j:
                old = f.select(fresh, zero, f.times(beta, read(c, j)))
                f.put(f.multiply_add(scale, read(f.b, j), old), c, j)
    return f


def small(s: Shape) -> Kernel:
    """A product of a few numbers, or of none however many rows there are."""
    f = Kernel(s, "small", ARGUMENTS)
    fresh, zero = f.is_zero(f.beta), V(f, s.type, "0.0")
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


def kernels(s: Shape, letter: str) -> list[Kernel]:
    """All of them; `tiles` and `slice` are called from outside, too."""
    return [
        tiles(s, letter), block_of_tiles(s), *(tile(s, h) for h in s.heights), pack(s), copy_rows(s),
        all_panels(s), ask(s), packed_tiles(s, letter),
        rows_times_vector(s), dots(s), columns_times_vector(s), add_rows(s, ADDED), add_rows(s, 1), outer(s), sweep(s),
        small(s),
    ]  # fmt: skip
