"""LLVM IR of factors that LAPACK computes: eigenvalues and vectors, QR, singular values.

A matrix is copied in LAPACK's order, column after column, and results stay in that order: whoever reads them sees the
transposes. So the results are those of NumPy, which does the same.
"""

from __future__ import annotations

from theano.loops.externs.lapack import NOT_FINITE
from theano.native.ir.builder import INT, V
from theano.native.linalg.code import Caller
from theano.native.products.code import Shape

__all__ = ["eigen_of", "general_of", "orthogonal_of", "singular_of"]


def _by_columns(f: Caller, rows: V, columns: V, out: V) -> None:
    """Copy the matrix a."""
    f.copied(columns, rows, f.a, f.ac, f.ar, out, rows)


def eigen_of(s: Shape, bits: int) -> Caller:
    """The eigenvalues w of a symmetric matrix, and in the rows of z its vectors if they are wanted; the code.

    Without vectors all numbers must be finite.
    """
    params = (
        "lower:i vectors:i n:i a:p ar:i ac:i w:r z:p work:p size:i reals:r count_reals:i words:p count_words:i"
    )
    f = Caller(s, "eigen_of", params, bits, INT)
    with f.when(f.n.equals(0)):
        f.leave(0)
    vectors = f.vectors.differs(0)
    with f.unless(vectors):
        with f.unless(f.is_finite(f.n, f.n, f.a, f.ar, f.ac)):
            f.leave(NOT_FINITE)
    _by_columns(f, f.n, f.n, f.z)
    info = f.info()
    job, triangle = f.flag("V", vectors), f.flag("L", f.lower.differs(0), "U")
    memory = [f.work, f.size, *([f.reals, f.count_reals] if s.is_complex else []), f.words, f.count_words]
    f.routine("syevd", job, triangle, f.n, f.z, f.n, f.w, *memory, info)
    f.leave(f.found(info))
    return f


def general_of(s: Shape, bits: int) -> Caller:
    """The eigenvalues w of a matrix of finite numbers, and in the rows of z its vectors; the code.

    Of a real matrix the real parts: `pairs` becomes 1 if some are complex, which are pairs of conjugates: that with the
    positive imaginary part comes first, and real and imaginary part of its vector are the rows of both.
    """
    f = Caller(s, "general_of", "n:i a:p ar:i ac:i w:p z:p h:p reals:r work:p size:i pairs:p", bits, INT)
    with f.when(f.n.equals(0)):
        f.leave(0)
    with f.unless(f.is_finite(f.n, f.n, f.a, f.ar, f.ac)):
        f.leave(NOT_FINITE)
    _by_columns(f, f.n, f.n, f.h)
    info, none = f.info(), f.null()
    job, vectors = f.flag("N"), f.flag("V")
    if s.is_complex:
        f.routine(
            "geev", job, vectors, f.n, f.h, f.n, f.w, none, f.n, f.z, f.n, f.work, f.size, f.reals, info
        )  # fmt: skip
        f.leave(f.found(info))
        return f
    f.routine("geev", job, vectors, f.n, f.h, f.n, f.w, f.reals, none, f.n, f.z, f.n, f.work, f.size, info)
    code = f.found(info)
    with f.when(code.differs(0)):
        f.leave(code)
    with f.loop(1, f.n) as j:
        with f.when(f.holds("olt", f.number_at(f.reals, j), f.zero_number())):
            f.pairs.store(f.constant(1), 8)
            f.copied(f.constant(1), f.n, f.at(f.z, (j - 1) * f.n), f.n, 1, f.at(f.z, j * f.n), f.n)
    f.leave(0)
    return f


def orthogonal_of(s: Shape, bits: int) -> Caller:
    """The QR factors of one matrix: of the result h the upper triangle is r; q has so many `columns`, or none."""
    params = "m:i n:i columns:i a:p ar:i ac:i h:p tau:p q:p work:p size:i"
    f = Caller(s, "orthogonal_of", params, bits)
    with f.when(f.m.equals(0)):
        f.leave()
    _by_columns(f, f.m, f.n, f.h)
    least, info = f.minimum(f.m, f.n), f.info()
    with f.when(least > 0):
        f.routine("geqrf", f.m, f.n, f.h, f.m, f.tau, f.work, f.size, info)
    with f.when(f.columns > 0):
        f.copied(f.minimum(f.columns, f.n), f.m, f.h, f.m, 1, f.q, f.m)
        f.routine("orgqr", f.m, f.columns, least, f.q, f.m, f.tau, f.work, f.size, info)
    return f


def singular_of(s: Shape, bits: int) -> Caller:
    """The singular values of one matrix, and u and vt by columns if they are wanted, whole or not; the code."""
    params = "vectors:i whole:i m:i n:i a:p ar:i ac:i values:r u:p vt:p h:p work:p size:i reals:r words:p"
    f = Caller(s, "singular_of", params, bits, INT)
    least, whole = f.minimum(f.m, f.n), f.whole.differs(0)
    with f.when(least.equals(0)):
        _identities(f, whole & f.vectors.differs(0))
        f.leave(0)
    _by_columns(f, f.m, f.n, f.h)
    info, height = f.info(), f.select(whole, f.n, least)
    letter = f.select(f.vectors.differs(0), f.flag("A", whole, "S"), f.flag("N"))
    memory = [f.work, f.size, *([f.reals] if s.is_complex else []), f.words]
    f.routine("gesdd", letter, f.m, f.n, f.h, f.m, f.values, f.u, f.m, f.vt, height, *memory, info)
    f.leave(f.found(info))
    return f


def _identities(f: Caller, wanted: V) -> None:
    """What whole matrices are where there are no singular values."""
    with f.when(wanted):
        for out, size in ((f.u, f.m), (f.vt, f.n)):
            f.call("fill", size * size, f.zero_number(), out)
            with f.loop(0, size) as i:
                f.put(f.real("1.0"), out, i * (size + 1))
