"""LLVM IR of the functions of linear algebra that programs call: which matrices are worked on here, which by LAPACK.

LAPACK's matrices have contiguous columns, ours rows: to it each is its transpose. So a lower triangle is an upper one,
and ``a x = b`` is ``x' a' = b'``, a system with its unknowns on the left. Nothing is copied for that.

The team of threads shares many small matrices; large ones are one after the other, as LAPACK has threads of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from theano.loops.externs.lapack import (
    CHOLESKY,
    CHOLESKY_GRADIENT,
    DETERMINANT,
    EIGEN,
    EXPONENTIAL,
    FACTORS,
    GENERAL,
    INVERSE,
    LINEAR,
    NOT_FINITE,
    ORTHOGONAL,
    PIVOT_PRODUCT,
    PIVOT_SIZES,
    PIVOTS,
    ROOT,
    SCHUR,
    SINGULAR,
    SUBSTITUTED,
    SYLVESTER,
    TRIANGULAR,
    is_declared,
    name_of,
)
from theano.native.ir.builder import BOOL, INT, INT32, PTR, V, Variable
from theano.native.linalg.cholesky_gradient import cholesky_gradient_of, reverse
from theano.native.linalg.code import ROUTINES, Caller, Matrices
from theano.native.linalg.determinant import scaled_product, sizes_of
from theano.native.linalg.exponential import exponential_of
from theano.native.linalg.factors import eigen_of, general_of, orthogonal_of, singular_of
from theano.native.linalg.lu import factors_of, pivot_product_of, pivot_sizes_of, substituted_of
from theano.native.linalg.schur import chosen, root_of, schur_of, sylvester_of
from theano.native.linalg.small_matrices import MOST, intrinsics, room, small_kernels, stretch
from theano.native.products.code import Shape, shape_of
from theano.runtime import abi
from theano.runtime.module import Global, Module

if TYPE_CHECKING:
    from theano.runtime.target import Isa

__all__ = ["TOLD", "library_module"]

# What the module is told, and keeps.
TOLD = ("parallel", *ROUTINES)
# Picoseconds: a call for one matrix; a multiplication with its addition.
CALL, STEP = 100_000, 30
# Systems with triangles of up to so many rows are solved here. Measured, one core of Zen 4, as many right sides: with
# 32 rows in a third of the time that OpenBLAS takes, with 200 in half of it; one right side takes as long.
MOST_TRIANGULAR = 256
# Work that is worth to be shared.
LEAST = 3 * abi.GRAIN // 2


# -- one matrix ----------------------------------------------------------------------------------------------
def cholesky_of(s: Shape, bits: int) -> Caller:
    """The factor c of one matrix, or NaN; the code."""
    f = Caller(s, "cholesky_of", "lower:i n:i a:p ar:i ac:i c:p", bits, INT)
    lower, code = f.lower.differs(0), f.variable(INT)
    down, across = f.select(lower, f.ac, f.ar), f.select(lower, f.ar, f.ac)
    small, failed, done = f.block(), f.block(), f.block()
    if s.is_complex:
        f.jump(done, when=f.n.equals(0))
    else:
        f.jump(small, when=f.n <= MOST)
    _large_cholesky(f, lower, code)
    f.jump(failed, when=code.get().differs(0))
    f.jump(done)
    if not s.is_complex:
        f.begin(small)
        u, ld = f.memory(MOST * room(s) * s.size), f.n.up_to(stretch(s))
        f.call("copy_upper", f.n, f.a, down, across, u, ld)  # of a lower triangle the transpose
        code.set(f.call("factor", f.n, u, ld, result=INT))
        f.jump(failed, when=code.get().differs(0))
        with f.when(lower):
            f.call("copy_triangle", f.n, u, 1, ld, f.c, f.n)
            f.leave(0)
        f.call("copy_upper", f.n, u, ld, 1, f.c, f.n)
        f.jump(done)
    f.begin(failed)
    f.call("fill", f.n * f.n, f.real(_NAN), f.c)
    finite = f.is_finite(f.n, f.n, f.a, across, down, triangle=True)
    f.leave(f.select(finite, code.get(), NOT_FINITE))
    f.begin(done)
    f.leave(0)
    return f


_NAN = "0x7FF8000000000000"


def _large_cholesky(f: Caller, lower: V, code: Variable) -> None:
    """The factor by LAPACK, and the code; there is one, too, where a number on the diagonal is infinite or NaN."""
    with f.when(lower):
        f.call("copy_triangle", f.n, f.a, f.ar, f.ac, f.c, f.n)
    with f.unless(lower):
        f.call("copy_upper", f.n, f.a, f.ar, f.ac, f.c, f.n)
    info = f.info()
    f.routine("potrf", f.flag("U", lower, "L"), f.n, f.c, f.n, info)
    code.set(f.found(info))
    with f.when(code.get().equals(0)):
        one = f.constant(1)
        finite = f.is_finite(f.n, one, f.c, f.n + 1, one)
        code.set(f.select(finite, 0, 1))


def triangular_of(s: Shape, bits: int) -> Caller:
    """The x with ``a x = b`` for one matrix; the code."""
    f = Caller(s, "triangular_of", "lower:i n:i m:i a:p ar:i ac:i b:p br:i bc:i x:p", bits, INT)
    with f.loop(0, f.n) as i:
        with f.when(f.is_zero(f.number_at(f.a, i * (f.ar + f.ac)))):
            f.leave(i + 1)
    f.copied(f.n, f.m, f.b, f.br, f.bc, f.x, f.m)
    f.substitute(f.lower, 0, f.n, f.m, f.a, f.ar, f.ac, f.x)
    f.leave(0)
    return f


def substitute(s: Shape, bits: int) -> Caller:
    """See `Caller.substitute`; rows or columns of a are contiguous, unless it is small."""
    f = Caller(s, "substitute", "lower:i unit:i n:i m:i a:p ar:i ac:i x:p", bits)
    lower, unit, one = f.lower.differs(0), f.unit.differs(0), f.real("1.0")
    with f.when((f.n * f.m).equals(0)):
        f.leave()
    if not s.is_complex:
        with f.when(f.n <= MOST_TRIANGULAR):
            inverse = f.memory(MOST_TRIANGULAR * s.size)
            with f.loop(0, f.n) as i:
                pivot = f.select(unit, one, f.number_at(f.a, i * (f.ar + f.ac)))
                f.put(f.inverse_of(pivot), inverse, f.select(lower, i, f.n - 1 - i))
            _small_triangular(f, lower, inverse)
            f.leave()
    straight, diagonal = f.ac.equals(1), f.flag("U", unit)
    ld, upper = f.select(straight, f.ar, f.ac), f.emit(BOOL, f"xor i1 {straight.text}, {lower.text}")
    ld = f.maximum(ld, f.n)  # of a matrix of one row anything is said to be the distance of rows
    triangle = f.flag("L", upper, "U")  # as LAPACK sees it: a lower triangle of rows is an upper one
    with f.when(f.m.equals(1)):
        f.routine("trsv", triangle, f.flag("T", straight), diagonal, f.n, f.a, ld, f.x, 1)
        f.leave()
    f.trsm(triangle, f.flag("N", straight, "T"), diagonal, f.n, f.m, f.a, ld, f.x)
    return f


def _small_triangular(f: Caller, lower: V, inverse: V) -> None:
    """An upper triangle is a lower one from its end."""
    end, forwards = f.n - 1, f.select(lower, f.constant(1), f.constant(-1))
    a = f.select(lower, f.a, f.at(f.a, end * (f.ar + f.ac)))
    x = f.select(lower, f.x, f.at(f.x, end * f.m))
    f.call("columns", f.n, f.m, a, f.ar * forwards, f.ac * forwards, inverse, x, f.m * forwards)


def linear_of(s: Shape, bits: int) -> Caller:
    """The x with ``a x = b`` for one matrix, if `checked` of finite numbers; the code."""
    f = Caller(s, "linear_of", "checked:i n:i m:i a:p ar:i ac:i b:p br:i bc:i x:p work:p pivots:p", bits, INT)
    with f.when(f.checked.differs(0)):
        with f.unless(f.is_finite(f.n, f.n, f.a, f.ar, f.ac) & f.is_finite(f.n, f.m, f.b, f.br, f.bc)):
            f.leave(NOT_FINITE)
    if not s.is_complex:
        with f.when((f.n <= MOST) & (f.m <= MOST)):
            w, ld, first = _both(f, f.n, f.m)
            f.copied(f.n, f.n, f.a, f.ar, f.ac, w, ld)
            f.copied(f.n, f.m, f.b, f.br, f.bc, f.at(w, first), ld)
            f.leave(_solved(f, w, ld, first, f.m, f.x))
    f.copied(f.n, f.n, f.a, f.ar, f.ac, f.work, f.n)
    f.copied(f.n, f.m, f.b, f.br, f.bc, f.x, f.m)
    f.leave(f.call("eliminate_large", f.n, f.m, f.work, f.pivots, f.x, result=INT))
    return f


def eliminate_large(s: Shape, bits: int) -> Caller:
    """Solve ``a x = b`` in place of b, and factor a in its place; the code.

    LAPACK, which sees a', writes it as ``p' l u``. So ``b' = x' p' l u``: two triangular systems and exchanges of rows.
    """
    f = Caller(s, "eliminate_large", "n:i m:i a:p pivots:p x:p", bits, INT)
    with f.when(f.n.equals(0)):
        f.leave(0)
    info = f.info()
    f.routine("getrf", f.n, f.n, f.a, f.n, f.pivots, info)
    code = f.found(info)
    with f.when(code.differs(0)):
        f.leave(code)
    f.substitute(1, 0, f.n, f.m, f.a, f.n, 1, f.x)
    f.substitute(0, 1, f.n, f.m, f.a, f.n, 1, f.x)
    with f.loop(0, f.n) as turn:
        i = f.n - 1 - turn
        other = f.pivot(i) - 1
        with f.when(other.differs(i)):
            f.call("exchange", f.m, f.at(f.x, i * f.m), f.at(f.x, other * f.m))
    f.leave(0)
    return f


def _both(f: Caller, n: V, m: V) -> tuple[V, V, V]:
    """Memory for ``[a | b]``, the distance of its rows, and where b begins."""
    first = n.up_to(f.s.lanes)
    w, ld = f.memory(MOST * 2 * room(f.s) * f.s.size), first + m.up_to(f.s.lanes)
    f.call("fill", n * ld, f.zero_number(), w)
    return w, ld, first


def _solved(f: Caller, w: V, ld: V, first: V, m: V, x: V) -> V:
    """Solve ``[a | b]``; the code."""
    swaps, code = f.memory(8), f.variable(INT)
    code.set(f.call("eliminate", f.n, w, ld, swaps, result=INT))
    with f.when(code.get().equals(0)):
        f.call("back", f.n, w, ld, first)
        f.copied(f.n, m, f.at(w, first), ld, 1, x, m)
    return code.get()


def inverse_of(s: Shape, bits: int) -> Caller:
    """The inverse c of one matrix; the code."""
    f = Caller(s, "inverse_of_matrix", "n:i a:p ar:i ac:i c:p work:p pivots:p", bits, INT)
    one = f.real("1.0")
    if not s.is_complex:
        with f.when(f.n <= MOST):
            w, ld, first = _both(f, f.n, f.n)
            f.copied(f.n, f.n, f.a, f.ar, f.ac, w, ld)
            with f.loop(0, f.n) as i:
                f.put(one, w, i * (ld + 1) + first)
            f.leave(_solved(f, w, ld, first, f.n, f.c))
    f.copied(f.n, f.n, f.a, f.ar, f.ac, f.work, f.n)
    f.call("fill", f.n * f.n, f.zero_number(), f.c)
    with f.loop(0, f.n) as i:
        f.put(one, f.c, i * (f.n + 1))
    f.leave(f.call("eliminate_large", f.n, f.n, f.work, f.pivots, f.c, result=INT))
    return f


def _triangular_form(f: Caller, end: Callable[[V, V, V, V], None]) -> None:
    """Factor a matrix as a product of triangles; `end` is told of the pivots: where, their distance, how many swaps,
    and how many there are."""
    s, swaps = f.s, f.memory(8)
    if s.is_complex:
        with f.when(f.n.equals(0)):
            end(f.work, f.constant(1), f.n, f.n)
            f.leave()
    else:
        with f.when(f.n <= MOST):
            w, ld = f.memory(MOST * room(s) * s.size), f.n.up_to(s.lanes)
            f.call("fill", f.n * ld, f.zero_number(), w)
            f.copied(f.n, f.n, f.a, f.ar, f.ac, w, ld)
            code = f.call("eliminate", f.n, w, ld, swaps, result=INT)
            end(w, ld + 1, swaps.load(INT, 8), f.select(code.equals(0), f.n, code))  # up to the first that is zero
            f.leave()
    f.copied(f.n, f.n, f.a, f.ar, f.ac, f.work, f.n)
    f.routine("getrf", f.n, f.n, f.work, f.n, f.pivots, f.info())
    with f.fold(0, f.n, [f.constant(0)]) as (i, state):
        state[0] = state[0] + f.pivot(i).differs(i + 1).to("zext", INT)
    end(f.work, f.n + 1, state[0], f.n)


def determinant_of(s: Shape, bits: int) -> Caller:
    """The determinant of one matrix."""
    f = Caller(s, "determinant_of", "n:i a:p ar:i ac:i d:p work:p pivots:p", bits)

    def end(at: V, step: V, swaps: V, count: V) -> None:
        f.call("scaled_product", count, at, step, swaps, f.d)

    _triangular_form(f, end)
    return f


def pivots_of(s: Shape, bits: int) -> Caller:
    """The sign of the determinant of one matrix, and numbers whose product is its size."""
    f = Caller(s, "pivots_of", "n:i a:p ar:i ac:i d:r sign:p work:p pivots:p", bits)

    def end(at: V, step: V, swaps: V, count: V) -> None:
        f.call("sizes_of", f.n, count, at, step, swaps, f.d, f.sign)

    _triangular_form(f, end)
    return f


# -- many matrices -------------------------------------------------------------------------------------------
def some(s: Shape, kind: str, params: str, bits: int, one: Callable[[Caller, V], V | None]) -> Caller:
    """Those of the matrices from `lo` to `hi`, one after the other; `one` does one of them."""
    f = Caller(s, f"some_{kind}", f"{params} lo:i hi:i", bits)
    with f.loop(f.lo, f.hi) as k:
        code = one(f, k)
        if code is not None:
            with f.when(code.differs(0)):
                f.fail(f.count - k, code)
    return f


def part(s: Shape, kind: str, params: str) -> Matrices:
    """`some`, with its arguments in memory, a word each."""
    f = Matrices(s, f"{kind}_part", "words:p lo:i hi:i", quick=True)
    types = Matrices(s, "", params).params
    given = [f.words.element(INT, k).load(v.type, 8) for k, v in enumerate(types.values())]
    f.call(f"some_{kind}", *given, f.lo, f.hi)
    return f


def entry(s: Shape, name: str, kind: str, params: str, work: str, limits: dict[str, int]) -> Matrices:
    """What programs call: the team shares matrices whose sizes are within `limits`, so that LAPACK has nothing to do.

    Without limits nothing is shared. `work` are the sizes whose product says how much there is to do.
    """
    f = Matrices(s, name, params, exported=True, quick=True)
    for told in ("pairs", "status"):
        if told in f.params:
            f.params[told].store(f.constant(0), 8)
    parallel = f.address("parallel").load(PTR, 8)
    small, steps = parallel.is_some() & bool(limits), f.constant(STEP)
    for size, most in limits.items():
        small = small & (f.params[size] <= most)
    for size in work.split():
        steps = steps * f.params[size]
    time = steps + CALL
    with f.when(small & (f.count > 1)):
        with f.when(f.count * time >= LEAST):
            words = f.memory(8 * len(f.params))
            for k, value in enumerate(f.params.values()):
                words.element(INT, k).store(value, 8)
            null = f.null()  # nobody knows here whether the program may fail
            f.call(
                parallel, f.address(f"{kind}_part"), words, f.count, time, f.constant(0, INT32), null, null, null,
                result=INT32,
            )  # fmt: skip
            f.leave()
    f.call(f"some_{kind}", *f.params.values(), 0, f.count)
    return f


def _matrix(f: Caller, name: str, k: V) -> tuple[V, V, V]:
    """The place of an operand's matrix, and its strides."""
    return f.at(f.params[name], k * f.params[f"{name}s"]), f.params[f"{name}r"], f.params[f"{name}c"]


def _cholesky(f: Caller, k: V) -> V:
    return f.call("cholesky_of", f.lower, f.n, *_matrix(f, "a", k), f.at(f.c, k * f.n * f.n), result=INT)


def _cholesky_gradient(f: Caller, k: V) -> None:
    operands = (*_matrix(f, "a", k), *_matrix(f, "b", k))
    f.call("cholesky_gradient_of", f.lower, f.n, *operands, f.at(f.c, k * f.n * f.n), f.work)


def _triangular(f: Caller, k: V) -> V:
    operands = (*_matrix(f, "a", k), *_matrix(f, "b", k))
    return f.call("triangular_of", f.lower, f.n, f.m, *operands, f.at(f.x, k * f.n * f.m), result=INT)


def _linear(f: Caller, k: V) -> V:
    operands = (*_matrix(f, "a", k), *_matrix(f, "b", k))
    return f.call("linear_of", f.checked, f.n, f.m, *operands, f.at(f.x, k * f.n * f.m), f.work, f.pivots, result=INT)


def _inverse(f: Caller, k: V) -> V:
    out = f.at(f.c, k * f.n * f.n)
    return f.call("inverse_of_matrix", f.n, *_matrix(f, "a", k), out, f.work, f.pivots, result=INT)


def _determinant(f: Caller, k: V) -> None:
    f.call("determinant_of", f.n, *_matrix(f, "a", k), f.at(f.d, k), f.work, f.pivots)


def _exponential(f: Caller, k: V) -> None:
    f.call("exponential_of", f.n, *_matrix(f, "a", k), f.at(f.c, k * f.n * f.n), f.work, f.pivots)


def _pivots(f: Caller, k: V) -> None:
    f.call("pivots_of", f.n, *_matrix(f, "a", k), f.real_at(f.d, k * f.n), f.at(f.sign, k), f.work, f.pivots)


def _eigen(f: Caller, k: V) -> V:
    results = f.real_at(f.w, k * f.n), f.at(f.z, k * f.n * f.n)
    memory = f.work, f.size, f.reals, f.count_reals, f.words, f.count_words
    return f.call("eigen_of", f.lower, f.vectors, f.n, *_matrix(f, "a", k), *results, *memory, result=INT)


def _general(f: Caller, k: V) -> V:
    results = f.at(f.w, k * f.n), f.at(f.z, k * f.n * f.n)
    return f.call(
        "general_of", f.n, *_matrix(f, "a", k), *results, f.h, f.reals, f.work, f.size, f.pairs, result=INT
    )  # fmt: skip


def _orthogonal(f: Caller, k: V) -> None:
    h, q = f.at(f.h, k * f.m * f.n), f.at(f.q, k * f.m * f.columns)
    tau = f.at(f.tau, k * f.minimum(f.m, f.n))
    f.call("orthogonal_of", f.m, f.n, f.columns, *_matrix(f, "a", k), h, tau, q, f.work, f.size)


def _singular(f: Caller, k: V) -> V:
    least, whole = f.minimum(f.m, f.n), f.whole.differs(0)
    values = f.real_at(f.values, k * least)
    u = f.at(f.u, k * f.m * f.select(whole, f.m, least))
    vt = f.at(f.vt, k * f.n * f.select(whole, f.n, least))
    sizes, memory = (f.vectors, f.whole, f.m, f.n), (f.h, f.work, f.size, f.reals, f.words)
    return f.call("singular_of", *sizes, *_matrix(f, "a", k), values, u, vt, *memory, result=INT)


def _factors(f: Caller, k: V) -> None:
    pivots = f.pivots.element(INT, k * f.n)
    f.call("factors_of", f.n, *_matrix(f, "a", k), f.at(f.lu, k * f.n * f.n), pivots)


def _substituted(f: Caller, k: V) -> V:
    operands = (*_matrix(f, "a", k), *_matrix(f, "b", k))
    pivots = f.pivots.element(INT, f.select(f.params["as"].equals(0), 0, k * f.n))
    x = f.at(f.x, k * f.n * f.m)
    return f.call("substituted_of", f.turned, f.n, f.m, *operands, pivots, x, result=INT)


def _pivot_product(f: Caller, k: V) -> None:
    f.call("pivot_product_of", f.n, *_matrix(f, "a", k), f.pivots.element(INT, k * f.n), f.at(f.d, k))


def _pivot_sizes(f: Caller, k: V) -> None:
    pivots = f.pivots.element(INT, k * f.n)
    f.call("pivot_sizes_of", f.n, *_matrix(f, "a", k), pivots, f.real_at(f.d, k * f.n), f.at(f.sign, k))


def _schur(f: Caller, k: V) -> V:
    size = f.n * f.n
    results = f.at(f.t, k * size), f.at(f.z, k * size)
    memory = f.w, f.reals, f.work, f.size, f.words, f.chosen.element(INT, k)
    return f.call("schur_of", f.sort, f.n, *_matrix(f, "a", k), *results, *memory, result=INT)


def _sylvester(f: Caller, k: V) -> V:
    operands = (*_matrix(f, "a", k), *_matrix(f, "b", k), *_matrix(f, "c", k))
    x = f.at(f.x, k * f.m * f.n)
    return f.call("sylvester_of", f.left, f.right, f.m, f.n, *operands, x, f.work, result=INT)


def _root(f: Caller, k: V) -> V:
    return f.call("root_of", f.n, *_matrix(f, "a", k), f.at(f.r, k * f.n * f.n), f.work, result=INT)


SMALL = {"n": MOST}
# Of each kind: its parameters, one matrix, how `some` calls that, what there is to do, up to which sizes it is shared.
_KINDS = {
    "cholesky": (CHOLESKY, cholesky_of, _cholesky, "n n n", SMALL),
    "cholesky_gradient": (CHOLESKY_GRADIENT, cholesky_gradient_of, _cholesky_gradient, "n n n", SMALL),
    "triangular": (TRIANGULAR, triangular_of, _triangular, "n n m", {"n": MOST_TRIANGULAR}),
    "linear": (LINEAR, linear_of, _linear, "n n n", {"n": MOST, "m": MOST}),
    "inverse": (INVERSE, inverse_of, _inverse, "n n n", SMALL),
    "pivots": (PIVOTS, pivots_of, _pivots, "n n n", SMALL),
    "determinant": (DETERMINANT, determinant_of, _determinant, "n n n", SMALL),
    "exponential": (EXPONENTIAL, exponential_of, _exponential, "n n n", {}),
    "eigen": (EIGEN, eigen_of, _eigen, "n n n", {}),
    "general": (GENERAL, general_of, _general, "n n n", {}),
    "orthogonal": (ORTHOGONAL, orthogonal_of, _orthogonal, "m n n", {}),
    "singular": (SINGULAR, singular_of, _singular, "m n n", {}),
    "factors": (FACTORS, factors_of, _factors, "n n n", SMALL),
    "substituted": (SUBSTITUTED, substituted_of, _substituted, "n n m", {"n": MOST_TRIANGULAR}),
    "pivot_product": (PIVOT_PRODUCT, pivot_product_of, _pivot_product, "n", {"n": MOST}),
    "pivot_sizes": (PIVOT_SIZES, pivot_sizes_of, _pivot_sizes, "n", {"n": MOST}),
    "schur": (SCHUR, schur_of, _schur, "n n n", {}),
    "sylvester": (SYLVESTER, sylvester_of, _sylvester, "m m n", {}),
    "root": (ROOT, root_of, _root, "n n n", {}),
}


def init(s: Shape) -> Matrices:
    """Told what shares work and where the routines are; null: nothing does."""
    f = Matrices(s, "init", " ".join(f"{place}:p" for place in TOLD), exported=True)
    for place in TOLD:
        f.address(place).store(f.params[place])
    return f


def library_module(type_: str, isa: Isa, bits: int) -> Module:
    """The functions for numbers of one type: `init` and those of `loops.lapack.KINDS` are called from outside."""
    s = shape_of(type_, isa)
    functions: list[Matrices] = [init(s), *small_kernels(s), scaled_product(s), sizes_of(s)]
    functions += [substitute(s, bits), eliminate_large(s, bits), *chosen(s, bits)]
    if not s.is_complex:
        functions.append(reverse(s))
    for kind, (params, of_one, call, work, limits) in _KINDS.items():
        if not is_declared(kind, type_):
            continue
        functions += [
            of_one(s, bits), some(s, kind, params, bits, call), part(s, kind, params),
            entry(s, name_of(kind, type_), kind, params, work, {} if s.is_complex else limits),
        ]  # fmt: skip
    told = [Global(place, "global ptr null", linkage="internal") for place in TOLD]
    return Module([*told, *intrinsics(s)], [f.function() for f in functions])
