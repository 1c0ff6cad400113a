"""LLVM IR of our own matrix products: what BLAS libraries are slow at, and what they do not offer.

The central kernel computes a *tile* of the result in registers, `rows` x `vectors` of them, while it walks along the
inner axis. The columns of the second operand are copied first, as many as a tile has and a few hundred inner
positions at a time, into a *panel* that stays in the L1 cache; this also straightens any strides. Each element of
a result is accumulated in the same order whatever part of the rows one asks for, so that work can be cut by rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from theano.loops.externs.table import ARGUMENTS, PACKED
from theano.native.ir.builder import INT, INT32, PTR, V
from theano.native.products.code import LINE, Kernel, Shape
from theano.runtime.module import Global

__all__ = ["constants", "height_of", "kernels", "pack", "quotient", "tiles_in", "transposed"]

# Rows of the first operand used again and again while one panel after the other is taken: they stay in L2.
BLOCK_BYTES = 192 << 10
# A first operand whose columns are contiguous is copied, so many bytes at a time: distances between its rows that are
# powers of 2 leave few places in the L1 cache.
COPY_BYTES = 144 << 10
COPY_DEPTH = 128
# Where the second operand has more bytes, tiles ask for the panel after theirs: it comes from far away (a gain of 3 in
# a hundred in an LSTM's training step; where 1.6 MB come from the shared cache, a loss of 2 to 4).
FAR_BYTES = 4 << 20
# Inner positions of a panel that lies in L2: the rows of a tile stay in L1.
PACKED_DEPTH = 512


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


def pack(s: Shape, is_stepped: bool = False) -> Kernel:
    """Copy `k` rows of `nv` columns into a panel; columns that do not exist are zero.

    Rows of the panel follow each other, or are `step` apart if it is told.
    """
    f = Kernel(s, "pack", "b:p br:i bc:i k:i nv:i panel:p" + (" step:i" if is_stepped else ""))
    columns = s.columns
    step: V | int = f.step if is_stepped else columns
    done = f.variable(INT, 0)
    with f.when(f.nv.equals(columns)):
        with f.when(f.bc.equals(1)):
            with f.loop(0, f.k) as i:
                row, out = f.at(f.b, i * f.br), f.at(f.panel, i * step)
                for v in range(s.vectors):
                    f.put(f.vector_at(row, v * s.lanes), out, v * s.lanes)
            f.leave()
        short = 16 // s.size
        if 1 < short <= s.lanes and not s.is_provisional:
            wide = min(2 * short, s.lanes)
            with f.when(f.br.equals(1)):
                whole = f.k & -4
                with f.loop(0, columns, wide) as j:
                    with f.loop(0, whole, 4) as i:
                        part, out = f.at(f.at(f.b, j * f.bc), i), f.at(f.at(f.panel, j), i * step)
                        for at in range(0, 4, short):
                            transposed(f, f.at(part, at), f.bc, f.at(out, step * at), step, short, wide)
                done.set(whole)
    with f.when(f.nv < columns):
        with f.loop(0, f.k) as i:
            for v in range(s.vectors):
                f.put(f.zero, f.panel, i * step + v * s.lanes)
    # whole vectors of rows, then single numbers
    first = f.variable(INT, 0)
    with f.when(f.bc.equals(1)):
        first.set(f.nv & -s.lanes)
        with f.loop(0, f.k) as i:
            with f.loop(0, first.get(), s.lanes) as j:
                f.put(f.vector_at(f.at(f.b, i * f.br), j), f.panel, i * step + j)
    with f.loop(done.get(), f.k) as i:
        row, out = f.at(f.b, i * f.br), f.at(f.panel, i * step)
        with f.loop(first.get(), f.nv) as j:
            f.put(f.number_at(row, j * f.bc), out, j)
    return f


def transposed(f: Kernel, source: V, stride: V, out: V, step: V | int, short: int, wide: int) -> None:
    """The first `short` numbers of `wide` rows, 16 bytes of each, become `short` rows, `step` apart.

    These shuffles run two at once, those of wider vectors do not. And LLVM's time grows fast with the length of a chain
    of shuffles: 7 ms for a square of 16 x 16.
    """
    s, t = f.s, f"<{short} x {f.s.type}>"
    parts = [f.at(source, stride * j).load(t, s.size) for j in range(wide)]
    rows = parts[:short]
    if wide > short:
        rows = [f.shuffled(a, b, range(wide)) for a, b in zip(rows, parts[short:], strict=True)]
    width = 1
    while width < short:
        rows = [
            f.shuffled(rows[k], rows[k + width], _alternate(wide, short, width, half))
            for first in range(0, short, 2 * width)
            for k in range(first, first + width)
            for half in (0, short // 2)
        ]
        width *= 2
    for j, row in enumerate(rows):
        f.at(out, step * j).store(row, s.size)


def _alternate(wide: int, short: int, width: int, half: int) -> Iterable[int]:
    """Half of each `short` numbers of one vector and of another one, `width` by `width`."""
    return [
        block + half + first + k + other
        for block in range(0, wide, short)
        for first in range(0, short // 2, width)
        for other in (0, wide)
        for k in range(width)
    ]


def tiles(s: Shape, letter: str) -> Kernel:
    """The product of any shapes and strides, tile by tile; columns of the result are contiguous."""
    f = Kernel(s, f"{letter}tiles", ARGUMENTS, exported=True, quick=True)
    columns = s.columns
    panel = f.memory(s.depth * columns * s.size)
    crossed = f.ar.equals(1) & (f.n >= 4 * columns)
    # inner parts of about equal length, whichever rows and columns are asked for; at least one, or the result would not
    # be scaled
    most = f.select(f.ar.equals(1), COPY_DEPTH, s.depth)
    parts = f.maximum(quotient(f, f.k, most), 1)
    length = f.variable(INT, quotient(f, f.k, parts))
    beta = f.variable(s.type, f.beta)
    given, copy = _memory(f, crossed)
    copies = given.is_some()
    ahead = f.select(f.br * f.k > FAR_BYTES // s.size, f.select(f.bc.equals(1), 1, 0), 0)
    with f.loop(0, parts) as part:
        first = part * length.get()
        depth = f.minimum(f.k - first, length.get())
        fits = f.constant(BLOCK_BYTES // s.size).over(f.maximum(depth, 1))
        block = f.maximum(fits.up_to(s.rows), 4 * s.rows)
        fits = f.constant(COPY_BYTES // s.size).over(f.maximum(depth, 1)) - 2 * LINE // s.size
        block = f.select(crossed, f.maximum(f.minimum(fits.over(s.rows) * s.rows, f.m), 1), block)
        with f.loop(0, quotient(f, f.m, block)) as part_m:
            top = part_m * block
            height = f.minimum(f.m - top, block)
            a, step = f.variable(PTR, f.at(f.at(f.a, top * f.ar), first * f.ac)), f.variable(INT, f.ac)
            with f.when(copies):
                step.set(_odd_lines(f, height))
                f.call("copy", a.get(), f.ac, depth, height, copy, step.get())
                a.set(copy)
            b, c = f.at(f.b, first * f.br), f.at(f.c, top * f.cr)
            f.call(
                "block", height, f.n, depth, f.alpha, a.get(), f.ar, step.get(), b, f.br, f.bc, beta.get(), c, f.cr,
                panel, ahead,
            )  # fmt: skip
        beta.set(f.real("1.0"))
    with f.when(copies):
        f.call(f.address("give").load(PTR, 8), given)
    return f


def _memory(f: Kernel, wanted: V) -> tuple[V, V]:
    """`COPY_BYTES` if they are wanted, as they were given and from a cache line on; null where there are none.

    Not from the stack: Python's threads may have 32 KB of it. Results are the same without.
    """
    take = f.address("take").load(PTR, 8)
    given = f.variable(PTR, f.null())
    with f.when(wanted & take.is_some()):
        given.set(f.call(take, COPY_BYTES + LINE, result=PTR))
    whole = given.get()
    return whole, whole.behind((f.constant(0) - whole.to("ptrtoint", INT)) & (LINE - 1))


def _odd_lines(f: Kernel, count: V) -> V:
    """The least number, not below `count`, that is an odd number of cache lines."""
    line = LINE // f.s.size
    lines = (count + (line - 1)).over(line)
    return (lines | 1) * line


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


def quotient(f: Kernel, x: V, y: V) -> V:
    """Rounded up."""
    return (x + (y - 1)).over(y)


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
            f.call("llvm.prefetch.p0", f.at(row, v), *(f.constant(k, INT32) for k in (0, 2, 1)))
    return f


def _column_of_tiles(f: Kernel, b: V, out: V, width: V, part: V, after: V) -> None:
    s = f.s
    # a single row of tiles reads each number of b once: no copy, unless a vector would reach beyond the end
    in_place = (f.m <= s.rows) & f.bc.equals(1) & width.equals(s.columns) | f.panel.is_null()
    source, step = f.variable(PTR, b), f.variable(INT, f.br)
    with f.when(~in_place):
        f.call("pack", b, f.br, f.bc, f.k, width, f.panel)
        source.set(f.panel)
        step.set(s.columns)
    # a part of a tile is computed in a copy of what it is added to
    is_part, fresh = width < s.columns, f.is_zero(f.beta)
    kept = ~fresh
    target_step = f.select(is_part, s.columns, f.cr)
    old_step = f.select(fresh, 0, target_step)
    i = f.variable(INT, 0)
    count = tiles_in(f, f.m)
    some = quotient(f, f.k, count) * f.ahead
    with f.loop(0, count) as turn:
        f.call("ask", f.at(after, turn * some * f.br), f.br, some)
        rows = height_of(f, f.m - i.get())
        place = f.at(out, i.get() * f.cr)
        target = f.variable(PTR, place)
        with f.when(is_part):
            target.set(part)
            with f.when(kept):
                f.call("copy", place, f.cr, rows, width, part, target_step)
        old = f.select(fresh, f.address("zeros"), target.get())
        f.call(
            _tile(f, rows), f.at(f.a, i.get() * f.ar), f.ar, f.ac, source.get(), step.get(), f.k, f.alpha, f.beta,
            old, old_step, target.get(), target_step,
        )  # fmt: skip
        with f.when(is_part):
            f.call("copy", part, target_step, rows, width, place, f.cr)
        i.set(i.get() + rows)


def tiles_in(f: Kernel, rows: V) -> V:
    """How many tiles `height_of` makes of so many rows."""
    high, *lower = f.s.heights
    if lower == [1]:
        return rows.over(high) + (rows - rows.over(high) * high)
    return (rows + (high - 1)).over(high)


def height_of(f: Kernel, left: V) -> V:
    """Of the next tile: as equal as can be, as a tile of one or two rows waits for its own sums."""
    high, *lower = f.s.heights
    if lower == [1]:
        return f.select(left >= high, high, 1)
    two = f.select(left > high, (left + 1).over(2), left)
    return f.select(left >= 2 * high, high, two)


def _tile(f: Kernel, rows: V) -> V:
    """The tile of a height."""
    return f.address("heights").element(PTR, rows).load(PTR, 8)


def constants(s: Shape) -> list[Global]:
    """What the kernels read: a row of zeros, the tiles by their heights."""
    tiles = ", ".join(f"ptr @tile{h}" if h in s.heights else "ptr null" for h in range(1, s.rows + 1))
    heights = f"@heights = internal constant [{s.rows + 1} x ptr] [ptr null, {tiles}]"
    return [
        Global("zeros", f"@zeros = internal constant [{s.columns} x {s.type}] zeroinitializer, align 64"),
        Global("heights", heights, frozenset(f"tile{h}" for h in s.heights)),
    ]


# -- a second operand that stays ----------------------------------------------------------------------------
def all_panels(s: Shape) -> Kernel:
    """Copy a matrix into panels as deep as it is, one after the other."""
    f = Kernel(s, "all_panels", "n:i k:i b:p br:i bc:i panels:p")
    with f.loop(0, f.n, s.columns) as j:
        width = f.minimum(f.n - j, s.columns)
        f.call("pack", f.at(f.b, j * f.bc), f.br, f.bc, f.k, width, f.at(f.panels, j * f.k))
    return f


def packed_tiles(s: Shape, letter: str) -> Kernel:
    """``c = a b``, with the panels of b; rows of a are contiguous."""
    f = Kernel(s, f"{letter}slice", PACKED, exported=True)
    one, beta = f.real("1.0"), f.variable(s.type, f.real("0.0"))
    parts = f.maximum(quotient(f, f.k, f.constant(PACKED_DEPTH)), 1)
    length = f.variable(INT, quotient(f, f.k, parts))
    with f.loop(0, parts) as part:
        first = part * length.get()
        depth = f.minimum(f.k - first, length.get())
        fits = f.constant(BLOCK_BYTES // s.size).over(f.maximum(depth, 1))
        block = f.maximum(fits.up_to(s.rows), 4 * s.rows)
        with f.loop(0, quotient(f, f.m, block)) as part_m:
            top = part_m * block
            height = f.minimum(f.m - top, block)
            f.call(
                "block", height, f.n, depth, one, f.at(f.at(f.a, top * f.ar), first), f.ar, 1,
                f.at(f.panels, first * s.columns), s.columns, f.k, beta.get(), f.at(f.c, top * f.cr), f.cr,
                f.null(), 0,
            )  # fmt: skip
        beta.set(one)
    return f


def kernels(s: Shape, letter: str) -> list[Kernel]:
    """All of them; `tiles` and `slice` are called from outside, too."""
    return [
        tiles(s, letter), block_of_tiles(s), *(tile(s, h) for h in s.heights), pack(s), copy_rows(s),
        all_panels(s), ask(s), packed_tiles(s, letter),
    ]  # fmt: skip
