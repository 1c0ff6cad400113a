"""LLVM IR of the functions that programs call: which kernel suits the sizes, and how the team of threads shares it.

Work is cut by sizes only, along rows or columns of the result, and no number of a result depends on the cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from theano.loops.externs.table import ARGUMENTS, BACKWARD, LETTER, PACKED, PANELS, STACK
from theano.native.ir.builder import INT, INT32, PTR, VOID, V
from theano.native.products.code import LINE, OF_LOOPS, Kernel, Shape, shape_of, suffix
from theano.native.products.kernels import constants, kernels
from theano.native.products.rows import BY_COLUMNS, BY_ROWS, OUTER, SWEEP, row_kernels
from theano.runtime import abi
from theano.runtime.module import Global, Module, intrinsic

if TYPE_CHECKING:
    from theano.native.products.blas import Symbol
    from theano.runtime.target import Isa

__all__ = ["library_module"]

# What the module is told, and keeps.
TOLD = ("blas", "parallel", "take", "give")

SMALL = 64
# Measured: BLAS is faster above, mostly because it copies the first operand, too. Where vectors have 64 bytes that pays
# from more rows on (so many bytes of a column), unless the matrix is larger still.
OWN_ROWS = 6
OWN_MATRIX = 1 << 19
WIDE_BYTES = 512
WIDE_MATRIX = 1 << 22

# Picoseconds: a byte of a matrix that is read or written once; a multiplication and addition of a vector.
BYTE = 15
VECTOR = 160
# Less than this is not worth to be shared; cores share the way to memory.
LEAST = 3 * abi.GRAIN // 2
LEAST_READ = 10 * abi.GRAIN


class Cut(NamedTuple):
    """How a kernel's work is cut: along what the parameter `size` counts, in multiples of `unit`.

    `moved` says for each pointer by which stride parameter (None: 1) it advances.
    """

    name: str
    kernel: str
    params: str
    size: str
    unit: int
    moved: dict[str, str | None]


def cuts(s: Shape, letter: str) -> dict[str, Cut]:
    """Each cut by its name; matrices are cut where their numbers are contiguous or whole cache lines."""
    listed = [
        Cut("tiles_columns", f"{letter}tiles", ARGUMENTS, "n", 2 * s.columns, {"b": "bc", "c": None}),
        Cut("tiles_rows", f"{letter}tiles", ARGUMENTS, "m", 8 * s.rows, {"a": "ar", "c": "cr"}),
        Cut("packed_columns", f"{letter}slice", PACKED, "n", s.columns, {"b": "bc", "panels": "k", "c": None}),
        Cut("packed_rows", f"{letter}slice", PACKED, "m", 8 * s.rows, {"a": "ar", "c": "cr"}),
        Cut("by_rows", "by_rows", BY_ROWS, "p", 8, {"a": "ar", "y": "ys"}),
        Cut("by_columns", "by_columns", BY_COLUMNS, "q", 16 * s.lanes, {"a": None, "y": None}),
        Cut("outer", "outer", OUTER, "m", 8, {"a": "ar", "c": "cr"}),
        Cut("sweep", "sweep", SWEEP, "p", 8, {"w": "wr", "x": "xs", "g": "gs"}),
        Cut("stack", f"{letter}some", STACK, "count", 1, {"a": "as", "b": "bs", "c": "cs"}),
    ]  # fmt: skip
    return {cut.name: cut for cut in listed}


def part(s: Shape, cut: Cut) -> Kernel:
    """The kernel on the units from lo to hi; its arguments are in memory, a word each."""
    f = Kernel(s, f"{cut.name}_part", "words:p lo:i hi:i", quick=True)
    given = {p: f.words.element(INT, k).load(v.type, 8) for k, (p, v) in enumerate(_params(s, cut).items())}
    first = f.lo * cut.unit
    for name, stride in cut.moved.items():
        given[name] = f.at(given[name], first if stride is None else first * given[stride])
    given[cut.size] = f.minimum(f.hi * cut.unit, given[cut.size]) - first
    f.call(f"{cut.kernel}", *given.values())
    return f


def _params(s: Shape, cut: Cut) -> dict[str, V]:
    return Kernel(s, "", cut.params).params


def units_of(cut: Cut, size: V) -> V:
    return (size + (cut.unit - 1)).over(cut.unit)


def share(
    f: Kernel, kernel: str, part_of: V, args: tuple[V, ...], units: V, time: V, least: int = LEAST
) -> None:  # fmt: skip
    """Call a kernel, or have the team do its part where all units take `least` picoseconds; leave. `time` is one's."""
    parallel = f.address("parallel").load(PTR, 8)
    with f.when(parallel.is_some() & (units * time >= least)):
        words = f.memory(8 * len(args))
        for k, value in enumerate(args):
            words.element(INT, k).store(value, 8)
        null = f.null()  # nobody knows here whether the program may fail
        f.call(parallel, part_of, words, units, time, f.constant(0, INT32), null, null, null, result=INT32)
        f.leave()
    f.call(f"{kernel}", *args)
    f.leave()


def product(s: Shape, letter: str) -> Kernel:
    """``c = beta c + alpha a b``; c is not read where beta is 0."""
    f = Kernel(s, f"{letter}product", ARGUMENTS, exported=True)
    kernel = f.select(f.m * f.n * f.k <= SMALL, f.address("small"), f.address("large"))
    f.call(kernel, *f.params.values(), last=True)
    return f


def large(s: Shape, letter: str, blas: Symbol | None) -> Kernel:
    """The product by the kernel that suits the sizes."""
    f, known = Kernel(s, "large", ARGUMENTS, quick=True), cuts(s, letter)
    row = f.m.equals(1)
    with f.when(row | f.n.equals(1)):
        given = [
            f.select(row, then, other)
            for then, other in (
                (f.n, f.m), (f.b, f.a), (f.bc, f.ar), (f.br, f.ac), (f.a, f.b), (f.ac, f.br), (f.constant(1), f.cr)
            )
        ]  # fmt: skip
        p, matrix, rows, columns, x, xs, ys = given
        f.call("vector", p, f.k, f.alpha, matrix, rows, columns, x, xs, f.beta, f.c, ys)
        f.leave()
    with f.when(f.k.equals(1)):
        with f.when(f.bc.equals(1)):
            cut = known["outer"]
            args = (f.m, f.n, f.alpha, f.a, f.ar, f.b, f.beta, f.c, f.cr)
            time = f.n * (2 * s.size * BYTE * cut.unit)
            share(f, cut.kernel, _part(f, cut), args, units_of(cut, f.m), time, LEAST_READ)
    if blas is not None:
        with f.when(_is_large(f)):
            _by_blas(f, blas)
    _share_tiles(f, known["tiles_columns"], known["tiles_rows"])
    return f


def _is_large(f: Kernel) -> V:
    """Whether BLAS multiplies faster."""
    s, matrix = f.s, f.n * f.k
    many, far = f.m > OWN_ROWS, matrix > OWN_MATRIX
    if s.lanes * s.size == LINE:
        many = many & ((f.m > WIDE_BYTES // s.size) | (matrix > WIDE_MATRIX))
    return many & far


def _share_tiles(f: Kernel, by_columns: Cut, by_rows: Cut) -> None:
    """Tiles, by columns of the result or by rows."""
    step = VECTOR // f.s.lanes
    wide = (f.n >= f.m) & (f.n >= 2 * by_columns.unit)
    units = f.select(wide, units_of(by_columns, f.n), units_of(by_rows, f.m))
    time = f.select(wide, f.m * (step * by_columns.unit), f.n * (step * by_rows.unit)) * f.k
    part_of = f.select(wide, _part(f, by_columns), _part(f, by_rows))
    share(f, by_rows.kernel, part_of, tuple(f.params.values()), units, time)


def _is_packed(f: Kernel, blas: Symbol | None) -> V:
    """Whether a product is tiles that are read from panels."""
    sizes = [f.m > 1, f.n > 1, f.k > 1, f.m * f.n * f.k > SMALL, f.n * f.k <= WIDE_MATRIX]
    found = sizes[0]
    for size in sizes[1:]:
        found = found & size
    if blas is None:
        return found
    return f.select(_is_large(f), False, found)


def panels(s: Shape, letter: str, blas: Symbol | None) -> Kernel:
    """Copy a matrix that will be the second operand of many products with `m` rows, where these read the copy."""
    f = Kernel(s, f"{letter}panels", PANELS, exported=True, quick=True)
    with f.when(_is_packed(f, blas)):
        f.call("all_panels", *(f.params[n] for n in ("n", "k", "b", "br", "bc", "panels")))
    return f


def packed(s: Shape, letter: str, blas: Symbol | None) -> Kernel:
    """``c = a b``; b has been copied by `panels`. Rows of a are contiguous."""
    f, known = Kernel(s, f"{letter}packed", PACKED, exported=True, quick=True), cuts(s, letter)
    with f.when(_is_packed(f, blas)):
        _share_tiles(f, known["packed_columns"], known["packed_rows"])
    one, zero = f.real("1.0"), f.real("0.0")
    args = (f.m, f.n, f.k, one, f.a, f.ar, 1, f.b, f.br, f.bc, zero, f.c, f.cr)
    f.call(f"{letter}product", *args)
    return f


def _part(f: Kernel, cut: Cut) -> V:
    return f.address(f"{cut.name}_part")


def vector(s: Shape, letter: str) -> Kernel:
    """``y = beta y + alpha a x`` for a matrix of `p` rows; fast where its rows or columns are contiguous."""
    f = Kernel(s, "vector", "p:i q:i alpha:n a:p ar:i ac:i x:p xs:i beta:n y:p ys:i", quick=True)
    known, byte = cuts(s, letter), s.size * BYTE
    with f.when(f.ac.equals(1)):
        with f.when(f.xs.equals(1)):
            cut, args = known["by_rows"], (f.p, f.q, f.alpha, f.a, f.ar, f.x, f.beta, f.y, f.ys)
            share(f, cut.kernel, _part(f, cut), args, units_of(cut, f.p), f.q * (byte * cut.unit), LEAST_READ)
    with f.when(f.ar.equals(1)):
        with f.when(f.ys.equals(1)):
            cut, args = known["by_columns"], (f.q, f.p, f.alpha, f.a, f.ac, f.x, f.xs, f.beta, f.y)
            share(f, cut.kernel, _part(f, cut), args, units_of(cut, f.p), f.q * (byte * cut.unit), LEAST_READ)
    one = f.constant(1)
    f.call(f"{letter}tiles", f.p, one, f.q, f.alpha, f.a, f.ar, f.ac, f.x, f.xs, one, f.beta, f.y, f.ys)
    return f


def _by_blas(f: Kernel, blas: Symbol) -> None:
    """Call gemm and leave, where the library can take the operands; it counts in columns: c' = b' a'."""
    integer = f"i{blas.int_bits}"
    fits = f.cr >= f.n
    places = []
    for rows, columns, high, wide in ((f.br, f.bc, f.k, f.n), (f.ar, f.ac, f.m, f.k)):
        straight = columns.equals(1) & (rows >= wide)
        crossed = rows.equals(1) & (columns >= high)
        fits = fits & (straight | crossed)
        flag = f.emit("i8", f"select i1 {straight.text}, i8 {ord('N')}, i8 {ord('T')}")
        places.append((flag, f.select(straight, rows, columns)))
    numbers = [f.n, f.m, f.k, places[0][1], places[1][1], f.cr]
    if blas.int_bits < 64:
        for x in numbers:
            fits = fits & (x < 1 << 31)
    with f.when(fits):
        given: list[V] = []
        for value in (places[0][0], places[1][0], *numbers, f.alpha, f.beta):
            type_ = integer if value.type == INT else value.type
            if type_ != value.type:
                value = value.to("trunc", type_)
            given.append(f.variable(value.type, value).place)
        flag_b, flag_a, n, m, k, ld_b, ld_a, ld_c, alpha, beta = given
        f.call(f.address("blas").load(PTR, 8), flag_b, flag_a, n, m, k, alpha, f.b, ld_b, f.a, ld_a, beta, f.c, ld_c)
        f.leave()


def backward(s: Shape, letter: str) -> Kernel:
    """``g = d w'`` and ``w = beta w + alpha x' d``: a step back through a product and the update of its matrix.

    `m` rows of x (m, p) and d (m, q), w is (p, q), g (m, p). One row: the matrix is read once for both.
    """
    f, cut = Kernel(s, f"{letter}backward", BACKWARD, exported=True, quick=True), cuts(s, letter)["sweep"]
    with f.when(f.m.equals(1)):
        with f.when(f.dc.equals(1)):
            args = (f.p, f.q, f.w, f.wr, f.d, f.x, f.xc, f.alpha, f.beta, f.g, f.constant(1))
            time = f.q * (2 * s.size * BYTE * cut.unit)
            share(f, cut.kernel, _part(f, cut), args, units_of(cut, f.p), time, LEAST_READ)
    one, zero = f.real("1.0"), f.real("0.0")
    unit = f.constant(1)
    f.call(f"{letter}product", f.m, f.p, f.q, one, f.d, f.dr, f.dc, f.w, unit, f.wr, zero, f.g, f.gr)
    f.call(
        f"{letter}product", f.p, f.q, f.m, f.alpha, f.x, f.xc, f.xr, f.d, f.dr, f.dc, f.beta, f.w, f.wr
    )
    return f


def one_by_one(f: Kernel, kernel: V) -> None:
    """The products of a stack, one after the other."""
    p = f.params
    with f.loop(0, f.count) as i:
        with f.loop(0, f.each) as j:
            moved = {v: f.at(p[v], i * p[f"{v}s"] + j * p[f"{v}t"]) for v in "abc"}
            f.call(kernel, *({**p, **moved}[v.partition(":")[0]] for v in ARGUMENTS.split()))


def some(s: Shape, letter: str) -> Kernel:
    """Products of a stack for one of many threads: large ones without BLAS, which has threads of its own."""
    f = Kernel(s, f"{letter}some", STACK, exported=True, quick=True)
    own = f.n * f.k <= OWN_MATRIX
    one_by_one(f, f.select(own, f.address(f"{letter}product"), f.address(f"{letter}tiles")))
    return f


def stack(s: Shape, letter: str) -> Kernel:
    """`count` times `each` products; threads share the longer of the two. BLAS has threads of its own."""
    f, cut = Kernel(s, f"{letter}stack", STACK, exported=True, quick=True), cuts(s, letter)["stack"]
    p, more = f.params, f.each > f.count
    sides = [("count", "each"), *((f"{v}s", f"{v}t") for v in "abc")]
    chosen = {one: f.select(more, p[other], p[one]) for pair in sides for one, other in (pair, pair[::-1])}
    args = tuple({**p, **chosen}.values())
    with f.when(f.n * f.k <= OWN_MATRIX):
        with f.when(chosen["count"] >= 4):
            time = f.m * f.n * f.k * chosen["each"] * (VECTOR // s.lanes)
            share(f, cut.kernel, _part(f, cut), args, units_of(cut, chosen["count"]), time)
    one_by_one(f, f.address(f"{letter}product"))
    return f


def init(s: Shape) -> Kernel:
    """Told where BLAS's product is, what shares work, what takes memory, what gives it back; null: nothing does."""
    f = Kernel(s, "init", " ".join(f"{place}:p" for place in TOLD), exported=True)
    for place in TOLD:
        f.address(place).store(f.params[place])
    return f


def library_module(type_: str, isa: Isa, blas: Symbol | None, provisional: bool = False) -> Module:
    """The functions for numbers of one type: `init` and those of `product_signatures.KINDS` are called from outside."""
    s, letter = shape_of(type_, isa, provisional), LETTER[type_]
    functions = [
        init(s), product(s, letter), large(s, letter, blas), panels(s, letter, blas), packed(s, letter, blas),
        vector(s, letter), stack(s, letter), backward(s, letter), some(s, letter), *kernels(s, letter), *row_kernels(s),
        *(part(s, cut) for cut in cuts(s, letter).values()),
    ]  # fmt: skip
    if provisional:
        unneeded = {"all_panels", "packed_columns_part", "packed_rows_part", *(f"{letter}{kind}" for kind in OF_LOOPS)}
        functions = [f for f in functions if f.name not in unneeded]
    found = [*(Global(place, "global ptr null", linkage="internal") for place in TOLD), *constants(s)]
    found.append(intrinsic("llvm.prefetch.p0", VOID, PTR, INT32, INT32, INT32))
    if s.has_fma:
        found += [intrinsic(f"llvm.fma.{suffix(t)}", t, t, t, t) for t in (s.type, s.vector)]
    return Module(found, [f.function() for f in functions])
