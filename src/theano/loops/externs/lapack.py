"""External functions of linear algebra: factors of matrices and systems of equations, of one matrix or of many.

Each does the same with `count` matrices. Those that are read lie `as` (`bs`) elements apart, their rows `ar`, their
columns `ac`; what is written is contiguous, and no operand. None raises: `status` is 0, or tells which matrix is the
first for which there is no result, and why (`failure`, `code_of`); programs check it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import factorial
from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops.expr import Expr
from theano.loops.externs.table import Extern, array_at, declare, signature

__all__ = [
    "EXPONENTIAL_WORK", "KINDS", "LETTER", "NOT_FINITE", "PADE", "PADE_NORM", "SORTS", "code_of", "failure",
    "is_declared", "name_of",
]  # fmt: skip

LETTER = {"f32": "s", "f64": "d", "c64": "c", "c128": "z"}

# The code of matrices with infinite or undefined numbers, where these are refused; others are LAPACK's `info`.
NOT_FINITE = (1 << 32) - 1
# Codes of Schur forms, of equations of Sylvester, and of roots.
NOT_FOUND, NOT_SEPARATED, NOT_CHOSEN = 1, 2, 3
COMMON = 1
NO_REAL_ROOT, NO_ROOT = 1, 2
# Which eigenvalues come first in a Schur form: any, those of the left or right half plane, those inside or outside of
# the unit circle, as SciPy names them.
SORTS = ("", "lhp", "rhp", "iuc", "ouc")

_ONE = "count:i n:i a:p as:i ar:i ac:i"
_TWO = "count:i n:i m:i a:p as:i ar:i ac:i b:p bs:i br:i bc:i"
CHOLESKY = f"lower:i {_ONE} c:p status:w"
TRIANGULAR = f"lower:i {_TWO} x:p status:w"
CHOLESKY_GRADIENT = f"lower:i {_ONE} b:p bs:i br:i bc:i c:p work:p"
LINEAR = f"checked:i {_TWO} x:p work:p pivots:w status:w"
INVERSE = f"{_ONE} c:p work:p pivots:w status:w"
PIVOTS = f"{_ONE} d:r sign:p work:p pivots:w"
EIGEN = (
    f"lower:i vectors:i {_ONE} w:r z:p work:p size:i reals:r count_reals:i words:w count_words:i status:w"
)
GENERAL = f"{_ONE} w:p z:p h:p reals:r work:p size:i pairs:w status:w"
ORTHOGONAL = "count:i m:i n:i columns:i a:p as:i ar:i ac:i h:p tau:p q:p work:p size:i"
SINGULAR = (
    "vectors:i whole:i count:i m:i n:i a:p as:i ar:i ac:i values:r u:p vt:p h:p work:p size:i reals:r words:w status:w"
)
DETERMINANT = f"{_ONE} d:p work:p pivots:w"
# `work` has room for so many matrices.
EXPONENTIAL, EXPONENTIAL_WORK = f"{_ONE} c:p work:p pivots:w", 6
FACTORS = f"{_ONE} lu:p pivots:w"
SUBSTITUTED = f"turned:i {_TWO} pivots:w x:p status:w"
PIVOT_PRODUCT = f"{_ONE} pivots:w d:p"
PIVOT_SIZES = f"{_ONE} pivots:w d:r sign:p"
SCHUR = f"sort:i {_ONE} t:p z:p w:p reals:r work:p size:i words:w chosen:w status:w"
SYLVESTER = f"left:i right:i {_TWO.replace('n:i m:i', 'm:i n:i')} c:p cs:i cr:i cc:i x:p work:p status:w"
ROOT = f"{_ONE} r:p work:p status:w"


def failure(count: int, matrix: int, code: int) -> int:
    """The status after a failure: the greatest is that of the first matrix."""
    return (count - matrix) << 32 | code


def code_of(status: Expr) -> Expr:
    """Why, 0 where nothing failed."""
    return ex.and_(status, ex.const(NOT_FINITE, "i64"))


def name_of(kind: str, type_: str) -> str:
    """The name of a function for numbers of a type."""
    return f"{LETTER[type_]}_{kind}"


# -- meanings ------------------------------------------------------------------------------------------------
def _matrices(t: str, a: dict[str, Any], name: str, shape: tuple[int, int]) -> Iterator[np.ndarray[Any, Any]]:
    """The operands, in a type that loses less."""
    for k in range(a["count"]):
        moved = a[name].moved(k * a[f"{name}s"] * ex.ITEMSIZE[t])
        found = array_at(moved, t, shape, (a[f"{name}r"], a[f"{name}c"]))
        yield found.astype("c16" if t in ex.COMPLEX_PART else "f8")


def _results(t: str, a: dict[str, Any], name: str, shape: tuple[int, int]) -> Iterator[np.ndarray[Any, Any]]:
    """The places of the results."""
    for k in range(a["count"]):
        moved = a[name].moved(k * shape[0] * shape[1] * ex.ITEMSIZE[t])
        yield array_at(moved, t, shape, (shape[1], 1))


def _real(t: str) -> str:
    """The type of the parts of a complex number; of real numbers their own."""
    return ex.COMPLEX_PART.get(t, t)


def _tell(a: dict[str, Any], codes: list[int]) -> None:
    found = [failure(a["count"], k, code) for k, code in enumerate(codes) if code]
    a["status"].store("i64", 0, max(found, default=0))


def _factor(x: np.ndarray[Any, Any]) -> int:
    """Make a lower triangle its Cholesky factor; the code."""
    if not np.isfinite(x).all():
        return NOT_FINITE
    for j in range(len(x)):
        known = x[j, :j].conj()
        pivot = (x[j, j] - x[j, :j] @ known).real
        if not pivot > 0:
            return j + 1
        x[j, j] = np.sqrt(pivot)
        x[j + 1 :, j] = (x[j + 1 :, j] - x[j + 1 :, :j] @ known) / x[j, j]
    return 0


def _cholesky(t: str, a: dict[str, Any]) -> None:
    """The triangle c with ``a = c c'`` (lower) or ``a = c' c``; NaN where there is none."""
    codes, shape = [], (a["n"], a["n"])
    for given, c in zip(_matrices(t, a, "a", shape), _results(t, a, "c", shape), strict=True):
        read = np.tril(given if a["lower"] else given.T.conj())
        codes.append(_factor(read))
        c[...] = np.nan if codes[-1] else read if a["lower"] else read.T.conj()
    _tell(a, codes)


def _cholesky_gradient(t: str, a: dict[str, Any]) -> None:
    """The gradient c of a triangle, of its factor a and the gradient b of that."""
    shape = (a["n"], a["n"])
    operands = zip(*(_matrices(t, a, name, shape) for name in "ab"), _results(t, a, "c", shape), strict=True)
    for factor, g, c in operands:
        lower, given = (np.tril(x if a["lower"] else x.T) for x in (factor, g))
        found = _half(lower.T @ given)
        for _ in range(2):  # both sides
            found = _substituted(lower.T, found, False).T
        both = _half(found + found.T)
        c[...] = both if a["lower"] else both.T


def _half(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The lower triangle, with half of its diagonal."""
    found: np.ndarray[Any, Any] = np.tril(x)
    found[np.diag_indices(len(x))] /= 2
    return found


def _substituted(triangle: np.ndarray[Any, Any], b: np.ndarray[Any, Any], lower: bool) -> np.ndarray[Any, Any]:
    """The solution of a triangular system."""
    x, n = b.copy(), len(triangle)
    for i in range(n) if lower else range(n - 1, -1, -1):
        known = slice(0, i) if lower else slice(i + 1, n)
        x[i] = (x[i] - triangle[i, known] @ x[known]) / triangle[i, i]
    return x


def _triangular(t: str, a: dict[str, Any]) -> None:
    """The x with ``a x = b``, of a triangle of a."""
    n, m = a["n"], a["m"]
    codes = []
    operands = zip(_matrices(t, a, "a", (n, n)), _matrices(t, a, "b", (n, m)), _results(t, a, "x", (n, m)), strict=True)
    for given, b, x in operands:
        zero = np.flatnonzero(np.diagonal(given) == 0)
        codes.append(int(zero[0]) + 1 if zero.size else 0)
        x[...] = _substituted(given, b, bool(a["lower"]))
    _tell(a, codes)


def _linear(t: str, a: dict[str, Any]) -> None:
    """The x with ``a x = b``; `checked`: of finite numbers."""
    codes, n, m = [], a["n"], a["m"]
    operands = zip(_matrices(t, a, "a", (n, n)), _matrices(t, a, "b", (n, m)), _results(t, a, "x", (n, m)), strict=True)
    for given, b, x in operands:
        finite = np.isfinite(given).all() and np.isfinite(b).all()
        codes.append(_solved(given, b, x) if finite or not a["checked"] else NOT_FINITE)
    _tell(a, codes)


def _solved(given: np.ndarray[Any, Any], b: np.ndarray[Any, Any], x: np.ndarray[Any, Any]) -> int:
    try:
        x[...] = np.linalg.solve(given, b)
    except np.linalg.LinAlgError:
        x[...] = np.nan
        return 1
    return 0


def _inverse(t: str, a: dict[str, Any]) -> None:
    """The inverse c of a."""
    shape = (a["n"], a["n"])
    pairs = zip(_matrices(t, a, "a", shape), _results(t, a, "c", shape), strict=True)
    _tell(a, [_solved(given, np.eye(a["n"]), c) for given, c in pairs])


def _determinant(t: str, a: dict[str, Any]) -> None:
    """The determinant d of a."""
    for given, d in zip(_matrices(t, a, "a", (a["n"], a["n"])), _results(t, a, "d", (1, 1)), strict=True):
        d[...] = np.linalg.det(given)


def _pivots(t: str, a: dict[str, Any]) -> None:
    """The sign of the determinant, and numbers d whose product is its size."""
    n = a["n"]
    results = zip(_results(_real(t), a, "d", (1, n)), _results(t, a, "sign", (1, 1)), strict=True)
    for given, (d, sign) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        found, logarithm = np.linalg.slogdet(given)
        d[...] = 1
        d[0, :1] = np.exp(logarithm)
        sign[...] = found


# Higham (2005), "The scaling and squaring method for the matrix exponential revisited": the numerator of a quotient of
# degree 13 (the denominator has other signs), and up to which norm it is exact to the last place of a double.
PADE = tuple(factorial(13) * factorial(26 - k) / (factorial(26) * factorial(k) * factorial(13 - k)) for k in range(14))
PADE_NORM = 5.371920351148152


def _exponential(t: str, a: dict[str, Any]) -> None:
    """The exponential c of a; NaN where numbers are not finite."""
    shape = (a["n"], a["n"])
    for given, c in zip(_matrices(t, a, "a", shape), _results(t, a, "c", shape), strict=True):
        norm = float(np.max(abs(given).sum(axis=1), initial=0.0))
        if not np.isfinite(norm):
            c[...] = np.nan
            continue
        halvings = max(int(np.ceil(np.log2(max(norm / PADE_NORM, 1)))), 0)
        x = given / 2.0**halvings
        powers = [np.linalg.matrix_power(x, k) for k in range(14)]
        sides = [sum(p * m * s**k for k, (p, m) in enumerate(zip(PADE, powers, strict=True))) for s in (-1, 1)]
        c[...] = np.linalg.matrix_power(np.linalg.solve(*sides), 2**halvings)


def _eigen(t: str, a: dict[str, Any]) -> None:
    """Eigenvalues w and in rows of z vectors of symmetric matrices; without vectors these must be finite."""
    codes, n = [], a["n"]
    results = zip(_results(_real(t), a, "w", (1, n)), _results(t, a, "z", (n, n)), strict=True)
    for given, (w, z) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        refused = not a["vectors"] and not np.isfinite(given).all()
        values, vectors = (np.nan, np.nan) if refused else np.linalg.eigh(given, "L" if a["lower"] else "U")
        w[...], z[...] = values, np.transpose(vectors)
        codes.append(NOT_FINITE if refused else 0)
    _tell(a, codes)


def _general(t: str, a: dict[str, Any]) -> None:
    """Eigenvalues w and in rows of z vectors, of matrices of finite numbers.

    Of real matrices the real parts: `pairs` is 1 if some are complex, else 0.
    """
    codes, pairs, n = [], 0, a["n"]
    results = zip(_results(t, a, "w", (1, n)), _results(t, a, "z", (n, n)), strict=True)
    for given, (w, z) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        finite = np.isfinite(given).all()
        values, vectors = np.linalg.eig(given if finite else np.zeros_like(given))
        if t in ex.COMPLEX_PART:
            w[...], z[...] = values, vectors.T
        else:
            w[...], z[...] = values.real, vectors.real.T
            pairs |= int(np.any(values.imag))
        codes.append(0 if finite else NOT_FINITE)
    a["pairs"].store("i64", 0, pairs)
    _tell(a, codes)


def _orthogonal(t: str, a: dict[str, Any]) -> None:
    """QR: h and tau as from LAPACK, by columns; so is q, of which there are so many columns."""
    m, n, columns = a["m"], a["n"], a["columns"]
    taus = _results(t, a, "tau", (1, min(m, n)))
    results = zip(_results(t, a, "h", (n, m)), taus, _results(t, a, "q", (columns, m)), strict=True)
    for given, (h, tau, q) in zip(_matrices(t, a, "a", (m, n)), results, strict=True):
        h[...], tau[...] = np.linalg.qr(given, "raw")
        q[...] = np.linalg.qr(given, "complete")[0].T[:columns]


def _singular(t: str, a: dict[str, Any]) -> None:
    """Singular values; u and vt by columns."""
    m, n, k = a["m"], a["n"], min(a["m"], a["n"])
    wide, high = ((m, n) if a["whole"] else (k, k)) if a["vectors"] else (0, 0)
    found_values = _results(_real(t), a, "values", (1, k))
    results = zip(found_values, _results(t, a, "u", (wide, m)), _results(t, a, "vt", (n, high)), strict=True)
    for given, (values, u, vt) in zip(_matrices(t, a, "a", (m, n)), results, strict=True):
        left, found, right = np.linalg.svd(given, bool(a["whole"]))
        values[...] = found
        if a["vectors"]:
            u[...], vt[...] = left.T, right.T
    _tell(a, [])


def _factors(t: str, a: dict[str, Any]) -> None:
    """``a = p l u``: the triangles in one matrix, by columns, and with which row each was exchanged, from zero."""
    n = a["n"]
    results = zip(_results(t, a, "lu", (n, n)), _results("i64", a, "pivots", (1, n)), strict=True)
    for given, (lu, pivots) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        for j in range(n):
            pivots[0, j] = best = j + int(np.argmax(abs(given[j:, j])))
            given[[j, best]] = given[[best, j]]
            if given[j, j]:
                given[j + 1 :, j] /= given[j, j]
                given[j + 1 :, j + 1 :] -= np.outer(given[j + 1 :, j], given[j, j + 1 :])
        lu[...] = given.T


def _with_pivots(t: str, a: dict[str, Any]) -> Iterator[tuple[np.ndarray[Any, Any], list[int]]]:
    """Factors, and which rows were exchanged."""
    n = a["n"]
    for k, given in enumerate(_matrices(t, a, "a", (n, n))):
        at = k * n if a["as"] else 0
        yield given, [int(a["pivots"].load("i64", at + i)) for i in range(n)]


def _substituted_both(t: str, a: dict[str, Any]) -> None:
    """The x with ``p l u x = b``, or the same of the transposed matrix."""
    codes, n, m = [], a["n"], a["m"]
    operands = zip(_with_pivots(t, a), _matrices(t, a, "b", (n, m)), _results(t, a, "x", (n, m)), strict=True)
    for (given, pivots), b, x in operands:
        zero = np.flatnonzero(np.diagonal(given) == 0)
        codes.append(int(zero[0]) + 1 if zero.size else 0)
        order = np.arange(n)
        for i, other in enumerate(pivots):
            order[[i, other]] = order[[other, i]]
        lower = np.tril(given, -1) + np.eye(n)
        if a["turned"]:
            x[order] = _substituted(lower.T, _substituted(given.T, b, True), False)
        else:
            x[...] = _substituted(given, _substituted(lower, b[order], True), False)
    _tell(a, codes)


def _sign_of(pivots: list[int]) -> int:
    return -1 if sum(i != p for i, p in enumerate(pivots)) % 2 else 1


def _pivot_product(t: str, a: dict[str, Any]) -> None:
    """The determinant of a matrix of which the factors are given."""
    for (given, pivots), d in zip(_with_pivots(t, a), _results(t, a, "d", (1, 1)), strict=True):
        d[...] = np.prod(np.diagonal(given)) * _sign_of(pivots)


def _pivot_sizes(t: str, a: dict[str, Any]) -> None:
    """The sign of the determinant of a matrix of which the factors are given, and the sizes of its pivots."""
    results = zip(_results(_real(t), a, "d", (1, a["n"])), _results(t, a, "sign", (1, 1)), strict=True)
    for (given, pivots), (d, sign) in zip(_with_pivots(t, a), results, strict=True):
        pivot = np.diagonal(given)
        size = abs(pivot)
        d[...] = size
        sign[...] = np.prod(pivot / np.where(size == 0, 1, size)) * _sign_of(pivots)


def _schur(t: str, a: dict[str, Any]) -> None:
    """``a = z t z.H``, by columns; `chosen` counts the eigenvalues that come first."""
    import scipy.linalg

    codes, n = [], a["n"]
    results = zip(_results(t, a, "t", (n, n)), _results(t, a, "z", (n, n)), strict=True)
    for k, (given, (form, vectors)) in enumerate(zip(_matrices(t, a, "a", (n, n)), results, strict=True)):
        a["chosen"].store("i64", k, 0)
        codes.append(0 if np.isfinite(given).all() else NOT_FINITE)
        if codes[-1] or not n:
            continue
        found = scipy.linalg.schur(given, sort=SORTS[a["sort"]] or None)
        form[...], vectors[...] = found[0].T, found[1].T
        a["chosen"].store("i64", k, found[2] if a["sort"] else 0)
    _tell(a, codes)


def _sylvester(t: str, a: dict[str, Any]) -> None:
    """The x with ``a x + x b = c``, by columns, of triangular a and b or their adjoints."""
    import scipy.linalg

    codes, m, n = [], a["m"], a["n"]
    sides = zip(_matrices(t, a, "a", (m, m)), _matrices(t, a, "b", (n, n)), strict=True)
    for (left, right), c, x in zip(sides, _matrices(t, a, "c", (m, n)), _results(t, a, "x", (n, m)), strict=True):
        left, right = (v.conj().T if turned else v for v, turned in ((left, a["left"]), (right, a["right"])))
        values = np.linalg.eigvals(left)[:, None] + np.linalg.eigvals(right)
        codes.append(COMMON if x.size and not values.all() else 0)
        if x.size and not codes[-1]:
            x[...] = scipy.linalg.solve_sylvester(left, right, c).T
    _tell(a, codes)


def _root(t: str, a: dict[str, Any]) -> None:
    """The upper triangular r with ``r r = a``, by columns."""
    import scipy.linalg

    codes, n = [], a["n"]
    for given, r in zip(_matrices(t, a, "a", (n, n)), _results(t, a, "r", (n, n)), strict=True):
        found = scipy.linalg.sqrtm(given) if n else given
        is_real = t in ex.COMPLEX_PART or not np.iscomplexobj(found)
        codes.append(0 if is_real and np.isfinite(found).all() else NO_REAL_ROOT if not is_real else NO_ROOT)
        if not codes[-1]:
            r[...] = found.T
    _tell(a, codes)


# -- what they cost ------------------------------------------------------------------------------------------
def _cubes(sizes: str, share: int) -> Callable[[Mapping[str, Expr]], Expr]:
    """The product of these arguments, divided by `share`: so many additions and multiplications."""

    def cost(given: Mapping[str, Expr]) -> Expr:
        product = ex.mul(given["count"], ex.const(2, "i64"))
        for size in sizes.split():
            product = ex.mul(product, given[size])
        return product if share == 1 else ex.idiv(product, ex.const(share, "i64"))

    return cost


# Parameters, what is read and written through, meaning, what it costs.
KINDS: dict[str, tuple[str, str, str, Callable[[str, dict[str, Any]], None], Callable[[Mapping[str, Expr]], Expr]]] = {
    "cholesky": (CHOLESKY, "a", "c status", _cholesky, _cubes("n n n", 6)),
    "cholesky_gradient": (CHOLESKY_GRADIENT, "a b", "c work", _cholesky_gradient, _cubes("n n n", 3)),
    "triangular": (TRIANGULAR, "a b", "x status", _triangular, _cubes("n n m", 2)),
    "linear": (LINEAR, "a b", "x work pivots status", _linear, _cubes("n n n", 1)),
    "inverse": (INVERSE, "a", "c work pivots status", _inverse, _cubes("n n n", 1)),
    "pivots": (PIVOTS, "a", "d sign work pivots", _pivots, _cubes("n n n", 3)),
    "eigen": (EIGEN, "a", "w z work reals words status", _eigen, _cubes("n n n", 1)),
    "general": (GENERAL, "a", "w z h reals work pairs status", _general, _cubes("n n n", 1)),
    "orthogonal": (ORTHOGONAL, "a", "h tau q work", _orthogonal, _cubes("m n n", 1)),
    "singular": (SINGULAR, "a", "values u vt h work reals words status", _singular, _cubes("m n n", 1)),
    "exponential": (EXPONENTIAL, "a", "c work pivots", _exponential, _cubes("n n n", 1)),
    "determinant": (DETERMINANT, "a", "d work pivots", _determinant, _cubes("n n n", 3)),
    "factors": (FACTORS, "a", "lu pivots", _factors, _cubes("n n n", 3)),
    "substituted": (SUBSTITUTED, "a b pivots", "x status", _substituted_both, _cubes("n n m", 1)),
    "pivot_product": (PIVOT_PRODUCT, "a pivots", "d", _pivot_product, _cubes("n", 1)),
    "pivot_sizes": (PIVOT_SIZES, "a pivots", "d sign", _pivot_sizes, _cubes("n", 1)),
    "schur": (SCHUR, "a", "t z w reals work words chosen status", _schur, _cubes("n n n", 1)),
    "sylvester": (SYLVESTER, "a b c", "x work status", _sylvester, _cubes("m m n", 1)),
    "root": (ROOT, "a", "r work status", _root, _cubes("n n n", 1)),
}


def is_declared(kind: str, type_: str) -> bool:
    """Whether there is a function for numbers of a type: the gradient of a complex factor is made of systems."""
    return kind != "cholesky_gradient" or type_ not in ex.COMPLEX_PART


for _type in LETTER:
    for _kind, (_parameters, _reads, _writes, _meaning, _cost) in KINDS.items():
        if is_declared(_kind, _type):
            declare(
                Extern(
                    name_of(_kind, _type), signature(_parameters, _type, _reads, _writes), "lapack",
                    partial(_meaning, _type), _cost, shares_threads=True,
                )
            )  # fmt: skip
