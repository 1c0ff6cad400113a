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
from theano.loops.externs import LETTER, Extern, array_at, declare, signature

__all__ = ["EXPONENTIAL_WORK", "KINDS", "NOT_FINITE", "PADE", "PADE_NORM", "code_of", "failure", "name_of"]

# The code of matrices with infinite or undefined numbers, where these are refused; others are LAPACK's `info`.
NOT_FINITE = (1 << 32) - 1

_ONE = "count:i n:i a:p as:i ar:i ac:i"
_TWO = "count:i n:i m:i a:p as:i ar:i ac:i b:p bs:i br:i bc:i"
CHOLESKY = f"lower:i {_ONE} c:p status:w"
TRIANGULAR = f"lower:i {_TWO} x:p status:w"
CHOLESKY_GRADIENT = f"lower:i {_ONE} b:p bs:i br:i bc:i c:p work:p"
LINEAR = f"checked:i {_TWO} x:p work:p pivots:w status:w"
INVERSE = f"{_ONE} c:p work:p pivots:w status:w"
PIVOTS = f"{_ONE} d:p sign:p work:p pivots:w"
EIGEN = f"lower:i vectors:i {_ONE} w:p z:p work:p size:i words:w count_words:i status:w"
GENERAL = f"{_ONE} w:p z:p h:p wi:p work:p size:i pairs:w status:w"
ORTHOGONAL = "count:i m:i n:i columns:i a:p as:i ar:i ac:i h:p tau:p q:p work:p size:i"
SINGULAR = (
    "vectors:i whole:i count:i m:i n:i a:p as:i ar:i ac:i values:p u:p vt:p h:p work:p size:i words:w status:w"
)
DETERMINANT = f"{_ONE} d:p work:p pivots:w"
# `work` has room for so many matrices.
EXPONENTIAL, EXPONENTIAL_WORK = f"{_ONE} c:p work:p pivots:w", 6


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
        yield array_at(moved, t, shape, (a[f"{name}r"], a[f"{name}c"])).astype("f8")


def _results(t: str, a: dict[str, Any], name: str, shape: tuple[int, int]) -> Iterator[np.ndarray[Any, Any]]:
    """The places of the results."""
    for k in range(a["count"]):
        moved = a[name].moved(k * shape[0] * shape[1] * ex.ITEMSIZE[t])
        yield array_at(moved, t, shape, (shape[1], 1))


def _tell(a: dict[str, Any], codes: list[int]) -> None:
    found = [failure(a["count"], k, code) for k, code in enumerate(codes) if code]
    a["status"].store("i64", 0, max(found, default=0))


def _factor(x: np.ndarray[Any, Any]) -> int:
    """Make a lower triangle its Cholesky factor; the code."""
    if not np.isfinite(x).all():
        return NOT_FINITE
    for j in range(len(x)):
        pivot = x[j, j] - x[j, :j] @ x[j, :j]
        if not pivot > 0:
            return j + 1
        x[j, j] = np.sqrt(pivot)
        x[j + 1 :, j] = (x[j + 1 :, j] - x[j + 1 :, :j] @ x[j, :j]) / x[j, j]
    return 0


def _cholesky(t: str, a: dict[str, Any]) -> None:
    """The triangle c with ``a = c c'`` (lower) or ``a = c' c``; NaN where there is none."""
    codes, shape = [], (a["n"], a["n"])
    for given, c in zip(_matrices(t, a, "a", shape), _results(t, a, "c", shape), strict=True):
        read = np.tril(given if a["lower"] else given.T)
        codes.append(_factor(read))
        c[...] = np.nan if codes[-1] else read if a["lower"] else read.T
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
    """Numbers d whose product, times a sign, is the determinant."""
    n = a["n"]
    results = zip(_results(t, a, "d", (1, n)), _results(t, a, "sign", (1, 1)), strict=True)
    for given, (d, sign) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        found, logarithm = np.linalg.slogdet(given)
        d[...] = 1
        d[0, :1] = np.exp(logarithm)
        sign[...] = found if found or not n else 1


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
    results = zip(_results(t, a, "w", (1, n)), _results(t, a, "z", (n, n)), strict=True)
    for given, (w, z) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        refused = not a["vectors"] and not np.isfinite(given).all()
        values, vectors = (np.nan, np.nan) if refused else np.linalg.eigh(given, "L" if a["lower"] else "U")
        w[...], z[...] = values, np.transpose(vectors)
        codes.append(NOT_FINITE if refused else 0)
    _tell(a, codes)


def _general(t: str, a: dict[str, Any]) -> None:
    """Real parts of eigenvalues w and in rows of z of vectors, of matrices of finite numbers.

    `pairs` is 1 if some are complex, else 0.
    """
    codes, pairs, n = [], 0, a["n"]
    results = zip(_results(t, a, "w", (1, n)), _results(t, a, "z", (n, n)), strict=True)
    for given, (w, z) in zip(_matrices(t, a, "a", (n, n)), results, strict=True):
        finite = np.isfinite(given).all()
        values, vectors = np.linalg.eig(given if finite else np.zeros_like(given))
        w[...], z[...] = values.real, vectors.real.T
        pairs |= int(np.any(values.imag))
        codes.append(0 if finite else NOT_FINITE)
    a["pairs"].store("i64", 0, pairs)
    _tell(a, codes)


def _orthogonal(t: str, a: dict[str, Any]) -> None:
    """QR: the upper triangle of h', by columns, is r; so is q, of which there are so many columns."""
    m, n, columns = a["m"], a["n"], a["columns"]
    results = zip(_results(t, a, "h", (n, m)), _results(t, a, "q", (columns, m)), strict=True)
    for given, (h, q) in zip(_matrices(t, a, "a", (m, n)), results, strict=True):
        whole, r = np.linalg.qr(given, "complete")
        h[...], q[...] = r.T, whole.T[:columns]


def _singular(t: str, a: dict[str, Any]) -> None:
    """Singular values; u and vt by columns."""
    m, n, k = a["m"], a["n"], min(a["m"], a["n"])
    wide, high = ((m, n) if a["whole"] else (k, k)) if a["vectors"] else (0, 0)
    results = zip(
        _results(t, a, "values", (1, k)), _results(t, a, "u", (wide, m)), _results(t, a, "vt", (n, high)), strict=True
    )
    for given, (values, u, vt) in zip(_matrices(t, a, "a", (m, n)), results, strict=True):
        left, found, right = np.linalg.svd(given, bool(a["whole"]))
        values[...] = found
        if a["vectors"]:
            u[...], vt[...] = left.T, right.T
    _tell(a, [])


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
    "eigen": (EIGEN, "a", "w z work words status", _eigen, _cubes("n n n", 1)),
    "general": (GENERAL, "a", "w z h wi work pairs status", _general, _cubes("n n n", 1)),
    "orthogonal": (ORTHOGONAL, "a", "h tau q work", _orthogonal, _cubes("m n n", 1)),
    "singular": (SINGULAR, "a", "values u vt h work words status", _singular, _cubes("m n n", 1)),
    "exponential": (EXPONENTIAL, "a", "c work pivots", _exponential, _cubes("n n n", 1)),
    "determinant": (DETERMINANT, "a", "d work pivots", _determinant, _cubes("n n n", 3)),
}

for _type in LETTER:
    for _kind, (_parameters, _reads, _writes, _meaning, _cost) in KINDS.items():
        declare(
            Extern(
                name_of(_kind, _type), signature(_parameters, _type, _reads, _writes), "lapack",
                partial(_meaning, _type), _cost, shares_threads=True,
            )
        )  # fmt: skip
