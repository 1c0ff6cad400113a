"""Linear algebra in programs: against NumPy, in all shapes and layouts; its errors, before anything has changed."""

from __future__ import annotations

import ctypes
import itertools
import mmap
import sys
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
import scipy.linalg
from scipy.linalg import expm

import theano
import theano.tensor as T
from tests.call_backs import calls_back
from tests.native.test_other_targets import TARGETS, isa_of, missing
from theano.backend.interpreter import Interpreter
from theano.loops.externs.lapack import KINDS, LETTER, NOT_FINITE, is_declared, name_of
from theano.loops.externs.table import EXTERNS
from theano.native.linalg import functions, loading
from theano.native.products import blas
from theano.runtime import jit, threads
from theano.runtime.target import select_isa
from theano.tensor import nlinalg, slinalg
from theano.tensor.linalg.lu import LUDet, LUFactor, LUSLogDet, LUSolve
from theano.tensor.linalg.schur import SolveSylvester
from theano.tensor.linalg.systems import cholesky_gradient

RNG = np.random.default_rng(5)
SIZES = (0, 1, 2, 3, 8, 9, 20, 32, 33, 100)


# -- matrices ------------------------------------------------------------------------------------------------
def definite(n: int, count: int | None = None) -> np.ndarray:
    """Symmetric, positive definite, of a condition of about 10."""
    x = RNG.normal(size=(n, n) if count is None else (count, n, n)) / max(n, 1) ** 0.5
    return x @ x.swapaxes(-1, -2) + np.eye(n)


def triangle(n: int, count: int | None = None) -> np.ndarray:
    """Both triangles are well conditioned, and none is zero."""
    return RNG.normal(size=(n, n) if count is None else (count, n, n)) / max(n, 1) + 2 * np.eye(n)


def general(n: int, count: int | None = None) -> np.ndarray:
    """Needs exchanges of rows."""
    x = triangle(n, count)
    return np.ascontiguousarray(x[..., ::-1, :]) if n < 30 else x


def sides(n: int, count: int | None = None) -> np.ndarray:
    return RNG.normal(size=(n, 7) if count is None else (count, n, 7))


def vector(n: int, count: int | None = None) -> np.ndarray:
    return RNG.normal(size=n)


def by_parts(values: Any, left: Any, right: Any) -> Any:
    """A function of factors that does not depend on the signs of their vectors."""
    return left * values[..., None, :] @ right if isinstance(left, np.ndarray) else (left, right)


Maker = Callable[..., np.ndarray]
# Of each operation: the expression, the same with NumPy, what its operands are.
OPERATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], list[Maker]]] = {
    "cholesky": (slinalg.cholesky, lambda a: np.linalg.cholesky(a), [definite]),
    "upper cholesky": (
        slinalg.Cholesky(lower=False), lambda a: np.linalg.cholesky(a).conj().swapaxes(-1, -2), [definite]
    ),
    "solve": (slinalg.solve, np.linalg.solve, [general, sides]),
    "lower": (slinalg.solve_lower_triangular, lambda a, b: np.linalg.solve(np.tril(a), b), [triangle, sides]),
    "upper": (slinalg.solve_upper_triangular, lambda a, b: np.linalg.solve(np.triu(a), b), [triangle, sides]),
    "inverse": (nlinalg.matrix_inverse, np.linalg.inv, [general]),
    "determinant": (nlinalg.det, np.linalg.det, [general]),
    "sign of determinant": (lambda a: nlinalg.SLogDet()(a)[0], lambda a: np.linalg.slogdet(a)[0], [general]),
    "log-determinant": (lambda a: nlinalg.SLogDet()(a)[1], lambda a: np.linalg.slogdet(a)[1], [general]),
    "pseudo-inverse": (nlinalg.pinv, np.linalg.pinv, [general]),
    "exponential": (slinalg.expm, lambda a: np.stack([*map(expm, a)]) if a.ndim > 2 and len(a) else expm(a), [general]),
    "eigenvalues": (lambda a: slinalg.eigvalsh(a, None), np.linalg.eigvalsh, [definite]),
    "size of eigenvectors": (lambda a: abs(nlinalg.eigh(a)[1]), lambda a: abs(np.linalg.eigh(a)[1]), [definite]),
    "q": (lambda a: nlinalg.qr(a)[0], lambda a: np.linalg.qr(a)[0], [general]),
    "r": (lambda a: nlinalg.qr(a, "r"), lambda a: np.linalg.qr(a, "r"), [general]),
    "singular values": (
        lambda a: nlinalg.svd(a, compute_uv=False), lambda a: np.linalg.svd(a, compute_uv=False), [general]
    ),
    "size of u": (lambda a: abs(nlinalg.svd(a)[0]), lambda a: abs(np.linalg.svd(a)[0]), [general]),
    "size of v": (lambda a: abs(nlinalg.svd(a)[2]), lambda a: abs(np.linalg.svd(a)[2]), [general]),
}  # fmt: skip
OF_VECTORS: dict[str, tuple[Callable[..., Any], Callable[..., Any], list[Maker]]] = {
    f"{name}, a vector": (make, expect, [operands[0], vector])
    for name, (make, expect, operands) in OPERATIONS.items()
    if sides in operands
}
# Vectors for close values are close to all their mixtures.
DIGITS = {"float64": 1e-9, "float32": 2e-3, "complex128": 1e-9, "complex64": 2e-3}


def as_dtype(x: np.ndarray, dtype: str) -> np.ndarray:
    """For complex numbers another one in the place of each, of the same size; what is symmetric is Hermitian then."""
    if dtype[0] == "c":
        rows, columns = (np.exp(1j * np.arange(n)) for n in x.shape[-2:]) if x.ndim > 1 else (1, np.ones(len(x)) * 1j)
        x = x * (np.reshape(rows, (-1, 1)) * columns.conj() if x.ndim > 1 else columns)
    return x.astype(dtype)


def precise(x: np.ndarray) -> np.ndarray:
    return x.astype("c16" if x.dtype.kind == "c" else "f8")


def function(make: Callable[..., Any], dtypes: list[str], dims: list[int], **keywords: Any) -> Any:
    inputs = [T.TensorType(t, (False,) * n)(f"x{k}") for k, (t, n) in enumerate(zip(dtypes, dims, strict=True))]
    f = theano.function(inputs, make(*inputs), **keywords)
    if not keywords:
        assert not calls_back(f)
    return f


def close(found: Any, expected: Any, dtype: str) -> None:
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    assert found.dtype == (dtype if np.iscomplexobj(expected) else np.empty(0, dtype).real.dtype)
    np.testing.assert_allclose(found, expected, rtol=DIGITS[dtype], atol=DIGITS[dtype] * abs(expected).max(initial=1))


@pytest.mark.parametrize("dtype", DIGITS)
@pytest.mark.parametrize("name", [*OPERATIONS, *OF_VECTORS])
def test_all_sizes(name: str, dtype: str) -> None:
    make, expect, operands = (OPERATIONS | OF_VECTORS)[name]
    one = function(make, [dtype] * len(operands), [make_(1).ndim for make_ in operands])
    for n in SIZES:
        given = [as_dtype(make_(n), dtype) for make_ in operands]
        close(one(*given), expect(*map(precise, given)), dtype)


@pytest.mark.parametrize("dtype", DIGITS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_stacks(name: str, dtype: str) -> None:
    make, expect, operands = OPERATIONS[name]
    f = function(make, [dtype] * len(operands), [3] * len(operands))
    for n, count in ((3, 0), (0, 2), (1, 5), (9, 4), (20, 3), (35, 2)):
        given = [as_dtype(make_(n, count), dtype) for make_ in operands]
        close(f(*given), expect(*map(precise, given)), dtype)
    g = function(lambda *xs: make(*(x.reshape((2, 3, *x.shape[1:]), ndim=4) for x in xs)), [dtype] * len(operands),
                 [3] * len(operands))  # fmt: skip
    given = [as_dtype(make_(5, 6), dtype) for make_ in operands]
    expected = np.asarray(expect(*map(precise, given)))
    close(g(*given), expected.reshape(2, 3, *expected.shape[1:]), dtype)


def spaced(x: np.ndarray) -> np.ndarray:
    """Twice as long in each direction, with NaN between."""
    wide = np.full([2 * n for n in x.shape], np.nan)
    wide[tuple(slice(None, None, 2) for _ in x.shape)] = x
    return wide


# What a program looks at its inputs with, and how to make them.
LOOKS: list[tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = [
    (lambda x: x.T, lambda x: x.T.copy()),
    (lambda x: x[(slice(None, None, 2),) * x.ndim], spaced),
    (lambda x: x[(slice(None, None, -1),) * x.ndim], lambda x: np.flip(x).copy()),
]


@pytest.mark.parametrize("name", [*OPERATIONS, *OF_VECTORS])
def test_operands_in_all_orders(name: str) -> None:
    """Views inside of a program: transposed, every other row and column, backwards, repeated."""
    make, expect, operands = (OPERATIONS | OF_VECTORS)[name]
    dims = [make_(1).ndim for make_ in operands]
    for look, back in LOOKS:
        f = function(lambda *xs, look=look: make(*map(look, xs)), ["float64"] * len(operands), dims)
        for n in (4, 30, 70):
            wanted = [make_(n) for make_ in operands]
            close(f(*map(back, wanted)), expect(*wanted), "float64")


@pytest.mark.parametrize("make", [slinalg.solve, slinalg.solve_lower_triangular])
def test_one_of_two_stacks_is_repeated(make: Any) -> None:
    a, b = general(4, 3), sides(4, 3)
    kept = np.tril if make is slinalg.solve_lower_triangular else np.asarray
    for x, y in ((a[0], b), (a, b[0])):
        x = triangle(4) if x.ndim == 2 else triangle(4, 3)
        f = function(make, ["float64"] * 2, [x.ndim, y.ndim])
        close(f(x, y), np.linalg.solve(kept(x), y), "float64")
    deep = T.tensor4("a", dtype="float64"), T.TensorType("float64", (True, False, False, False))("b")
    x, y = triangle(4, 6).reshape(2, 3, 4, 4), sides(4, 3)[None]
    close(theano.function(deep, make(*deep))(x, y), np.linalg.solve(kept(x), y), "float64")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_factors_of_mixed_stacks(dtype: str, turned: bool) -> None:
    """Factors and right sides of stacks, of which either repeats along any axis: the exchanges go with the factors."""
    rng = np.random.default_rng(3)
    for count in (1, 2):
        patterns = list(itertools.product((True, False), repeat=count))
        for of_factors, of_sides in itertools.product(patterns, repeat=2):
            a, c = (
                T.TensorType(dtype, (*repeats, False, False))(name)
                for repeats, name in ((of_factors, "a"), (of_sides, "c"))
            )
            solved = LUSolve(turned)(*LUFactor()(a), c)
            outs = [solved, LUDet()(*LUFactor()(a))]
            f, plain = (theano.function([a, c], outs, mode=mode) for mode in (None, "FAST_COMPILE"))
            assert not calls_back(f)
            for n in (3, 40):
                x, y = (
                    rng.normal(size=(*(1 if again else k + 2 for k, again in enumerate(pattern)), n, m)).astype(dtype)
                    for pattern, m in ((of_factors, n), (of_sides, 2))
                )
                if dtype[0] == "c":
                    x, y = x + 1j * rng.normal(size=x.shape), y + 1j * rng.normal(size=y.shape)
                for found, expected in zip(f(x, y), plain(x, y), strict=True):
                    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_a_stack_that_is_solved_and_has_its_determinant_taken() -> None:
    """The two share factors; one of the axes repeats."""
    a, c = T.TensorType("float64", (True, False, False, False))(), T.tensor4(dtype="float64")
    f = theano.function([a, c], [slinalg.solve(a, c), nlinalg.det(a)])
    x, y = RNG.normal(size=(1, 3, 5, 5)), RNG.normal(size=(2, 3, 5, 2))
    close(f(x, y)[0], np.linalg.solve(x, y), "float64")


@pytest.mark.parametrize("op", [LUSolve(), LUDet(), LUSLogDet()])
def test_factors_and_exchanges_of_different_shapes(op: Any) -> None:
    lu, pivots, c = T.tensor3(dtype="float64"), T.lmatrix(), T.tensor3(dtype="float64")
    inputs = [lu, pivots, c][: 3 if isinstance(op, LUSolve) else 2]
    f = theano.function(inputs, op(*inputs))
    x, y = np.stack([np.eye(3)] * 2), np.ones((2, 3, 1))
    f(*[x, np.zeros((2, 3), int) + np.arange(3), y][: len(inputs)])
    for shape in ((1, 3), (2, 2)):
        with pytest.raises(ValueError, match="exchanges of length"):
            f(*[x, np.zeros(shape, int), y][: len(inputs)])


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradient_of_a_factor(dtype: str, lower: bool) -> None:
    """Against its formula."""
    for dims in (2, 3):
        f = function(slinalg.CholeskyGrad(lower), [dtype] * 3, [dims] * 3, on_unused_input="ignore")
        assert not calls_back(f)
        turned = function(
            lambda x, a, b: slinalg.CholeskyGrad(lower)(x, a.swapaxes(-1, -2), b.swapaxes(-1, -2)),
            [dtype] * 3, [dims] * 3, on_unused_input="ignore",
        )  # fmt: skip
        formula = function(
            lambda a, b: cholesky_gradient(a, b, lower), ["float64"] * 2, [dims] * 2, mode="FAST_COMPILE"
        )
        for n in SIZES[:-1] if dims == 2 else (2, 20, 40):
            kept = np.tril if lower else np.triu
            factor = kept(triangle(n, None if dims == 2 else 3)).astype(dtype)
            g = triangle(n, None if dims == 2 else 3).astype(dtype)
            expected = formula(factor.astype("f8"), g.astype("f8"))
            close(f(factor, factor, g), expected, dtype)
            close(turned(factor, *(x.swapaxes(-1, -2).copy() for x in (factor, g))), expected, dtype)


def test_whole_numbers_become_float64() -> None:
    a = np.array([[4, 2], [2, 10]])
    close(function(slinalg.cholesky, ["int32"], [2])(a.astype("i4")), np.linalg.cholesky(a), "float64")
    close(function(slinalg.solve, ["int8", "float32"], [2, 1])(a.astype("i1"), np.ones(2, "f4")),
          np.linalg.solve(a, np.ones(2)), "float64")  # fmt: skip


def test_eigenvalues_of_pairs() -> None:
    for dtype in DIGITS:
        for lower in (True, False):
            f = function(slinalg.Eigvalsh(lower), [dtype, dtype], [2, 2])
            many = function(slinalg.Eigvalsh(lower), [dtype, dtype], [3, 3])
            for n in SIZES[:-1]:
                a, b = definite(n, 2).astype(dtype), definite(n, 2).astype(dtype)
                expected = [scipy.linalg.eigvalsh(x, y, lower=lower) for x, y in zip(a, b, strict=True)]
                close(f(a[0], b[0]), expected[0], dtype)
                close(many(a, b), expected, dtype)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        f(np.eye(2, dtype=dtype), -np.eye(2, dtype=dtype))


OBLONG = [(3, 3), (5, 2), (2, 5), (0, 3), (3, 0), (1, 1), (40, 30)]


def test_pseudo_inverses_of_any_shape() -> None:
    for dtype in ("float64", "float32", "int32"):
        f, wide = function(nlinalg.pinv, [dtype], [2]), "float32" if dtype == "float32" else "float64"
        for shape in OBLONG:
            a = (3 * RNG.normal(size=shape)).astype(dtype)
            close(f(a), np.linalg.pinv(a), wide)
    singular = np.outer([1.0, 2, 3], [1.0, 2])
    close(function(nlinalg.pinv, ["float64"], [2])(singular), np.linalg.pinv(singular), "float64")


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
def test_least_squares(dtype: str, dims: int) -> None:
    """Solution, residuals (or none), rank, singular values, whatever is as good as 0."""
    x, y, rcond = T.matrix(dtype=dtype), T.TensorType(dtype, (False,) * dims)(), T.dscalar()
    f = theano.function([x, y, rcond], nlinalg.lstsq()(x, y, rcond))
    assert not calls_back(f)
    digits = DIGITS["float32" if dtype == "float32" else "float64"]
    singular = np.outer([1, 2, 3], [1, 2])
    for a in [*(3 * RNG.normal(size=shape) for shape in OBLONG), singular]:
        a, b = a.astype(dtype), (3 * RNG.normal(size=(len(a), 4)[:dims])).astype(dtype)
        for limit in (-1, 0.1, 2.0):
            for found, expected in zip(f(a, b, limit), np.linalg.lstsq(a, b, limit), strict=True):
                assert np.shape(found) == np.shape(expected)
                np.testing.assert_allclose(found, expected, rtol=digits, atol=digits)


@pytest.mark.parametrize("dtype", DIGITS)
def test_exponentials_of_any_size(dtype: str) -> None:
    f = function(slinalg.expm, [dtype], [2])
    for n in (1, 2, 5, 33, 70):
        for scale in (0.0, 1e-8, 0.3, 5.0, 60.0):
            a = (scale * (RNG.normal(size=(n, n)) / n - np.eye(n))).astype(dtype)
            close(f(a), expm(a), dtype)
            close(f(a.T), expm(a.T), dtype)
    for bad in (np.nan, np.inf):
        assert np.isnan(f(np.full((2, 2), bad, dtype))).all() and np.isnan(f(np.full((40, 40), bad, dtype))).all()


def test_other_numbers_are_left_to_numpy() -> None:
    x = T.TensorType("float16", (False, False))()
    f = theano.function([x], slinalg.cholesky(x))
    assert calls_back(f)
    np.testing.assert_allclose(f(np.array([[4.0, 0], [0, 9]], "float16")), [[2, 0], [0, 3]])


def test_without_lapack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "is_there", lambda: False)
    x = T.dmatrix()
    f = theano.function([x], slinalg.cholesky(x))
    assert calls_back(f)
    assert f(4 * np.eye(2)).tolist() == [[2, 0], [0, 2]]


def test_determinants_of_any_size() -> None:
    """No product overflows on the way; signs are those of the exchanges."""
    det = function(nlinalg.det, ["float64"], [2])
    for n in (6, 40):
        numbers = np.where(np.arange(n) % 2, 1e-200, 1e200)
        turned = np.roll(np.diag(numbers), 1, axis=0)
        np.testing.assert_allclose(det(turned), -1.0 if n % 2 == 0 else 1.0, rtol=1e-12)
    assert det(np.diag([1e200, 1e200])) == np.inf
    assert det(np.diag([1e-200, -1e-200])) == 0
    np.testing.assert_allclose(det(np.diag([2e-300, 1e-15])), 2e-315, rtol=1e-6)
    assert det(np.zeros((3, 3))) == 0
    assert np.isnan(det(np.full((3, 3), np.nan)))
    sign, logarithm = function(lambda a: list(nlinalg.SLogDet()(a)), ["float64"], [2])(np.zeros((3, 3)))
    assert sign == 0 and logarithm == -np.inf


# -- errors --------------------------------------------------------------------------------------------------
NAN = np.array([[1.0, 0.0], [np.nan, 1.0]])
BAD: dict[str, tuple[Callable[..., Any], list[np.ndarray], type[Exception], str]] = {
    "not definite": (slinalg.cholesky, [np.diag([1.0, 2, -3])], np.linalg.LinAlgError, "3-th leading minor"),
    "not definite, large": (slinalg.cholesky, [np.eye(50) - 2 * np.eye(50)], np.linalg.LinAlgError, "1-th leading"),
    "not definite, in a stack": (
        slinalg.cholesky, [np.array([np.eye(2), [[1, 0], [2, 1]], -np.eye(2)])], np.linalg.LinAlgError, "2-th leading"
    ),
    "nan": (slinalg.cholesky, [NAN], np.linalg.LinAlgError, "array must not contain infs or NaNs"),
    "infinite": (slinalg.cholesky, [np.diag([1, np.inf])], np.linalg.LinAlgError, "must not contain infs or NaNs"),
    "singular": (slinalg.solve, [np.ones((2, 2)), np.ones((2, 1))], np.linalg.LinAlgError, "Singular matrix"),
    "singular, large": (slinalg.solve, [np.ones((60, 60)), np.ones((60, 1))], np.linalg.LinAlgError, "Singular matrix"),
    "nan in a system": (slinalg.solve, [NAN, np.ones((2, 1))], ValueError, "must not contain infs or NaNs"),
    "nan in its right side": (slinalg.solve, [np.eye(2), NAN], ValueError, "must not contain infs or NaNs"),
    "nan in a large system": (
        slinalg.solve, [np.full((40, 40), np.inf), np.ones((40, 1))], ValueError, "infs or NaNs"
    ),
    "zero on a diagonal": (
        slinalg.solve_upper_triangular, [np.diag([1.0, 0, 0]), np.ones((3, 1))], np.linalg.LinAlgError, "diagonal 1"
    ),
    "no inverse": (nlinalg.matrix_inverse, [np.zeros((2, 2))], np.linalg.LinAlgError, "Singular matrix"),
    "no inverse, large": (nlinalg.matrix_inverse, [np.zeros((50, 50))], np.linalg.LinAlgError, "Singular matrix"),
    "no eigenvalues": (nlinalg.eigh, [np.full((3, 3), np.nan)], np.linalg.LinAlgError, "did not converge"),
    "nan has no eigenvalues": (lambda a: slinalg.eigvalsh(a, None), [NAN], ValueError, "infs or NaNs"),
    "no singular values": (nlinalg.svd, [np.full((3, 4), np.nan)], np.linalg.LinAlgError, "SVD did not converge"),
    "not square": (nlinalg.det, [np.ones((2, 3))], np.linalg.LinAlgError, "must be square"),
    "not square, either": (slinalg.cholesky, [np.ones((2, 3))], ValueError, "must be square"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_errors_are_those_of_numpy_and_nothing_has_changed(name: str) -> None:
    make, given, error, words = BAD[name]
    xs = [T.TensorType("float64", (False,) * a.ndim)(f"x{k}") for k, a in enumerate(given)]
    s, n = theano.shared(np.zeros(3), "s"), theano.shared(0, "n")
    outs = make(*xs)
    outs = list(outs) if isinstance(outs, list | tuple) else [outs]
    f = theano.function(xs, outs, updates={s: s + outs[0].sum(), n: n + 1})
    assert not calls_back(f)
    with pytest.raises(error, match=words) as caught:
        f(*given)
    assert "test_linalg.py" in str(caught.value) and "Apply node that caused the error" in str(caught.value)
    assert n.get_value() == 0 and not s.get_value().any()
    if "leading" in words:  # SciPy has changed its words
        words = "not positive definite"
    with pytest.raises(error, match=words):
        theano.function(xs, outs, mode="FAST_COMPILE")(*given)


def test_a_result_of_nan_instead_of_an_error() -> None:
    f = function(slinalg.Cholesky(on_error="nan"), ["float64"], [3])
    assert np.isnan(f([NAN])).all()
    found = f([np.diag([1.0, -1]), 4 * np.eye(2)])
    assert np.isnan(found[0]).all() and found[1].tolist() == [[2, 0], [0, 2]]
    one = function(slinalg.Cholesky(on_error="nan"), ["float64"], [2])
    assert np.isnan(one(-np.eye(40))).all()


def test_nan_passes_triangular_systems_and_inverses() -> None:
    f = function(slinalg.solve_lower_triangular, ["float64"] * 2, [2, 2])
    for n in (2, 40):
        b = np.ones((n, 3))
        b[0, 1] = np.nan
        assert np.isnan(f(np.tril(np.ones((n, n))), b)).all(axis=0).tolist() == [False, True, False]
    assert np.isnan(function(nlinalg.matrix_inverse, ["float64"], [2])(NAN)).any()
    product = function(lambda a, b: T.dot(nlinalg.matrix_inverse(a), b), ["float64"] * 2, [2, 1])
    assert np.isnan(product(NAN, np.ones(2))).any()


def test_only_one_triangle_is_read() -> None:
    a = definite(5)
    broken = np.where(np.arange(5)[:, None] < np.arange(5), np.nan, a)
    lower = np.tril(triangle(5))
    garbage = np.where(np.arange(5)[:, None] < np.arange(5), np.nan, lower)
    f = function(slinalg.solve_lower_triangular, ["float64"] * 2, [2, 1])
    close(f(garbage, np.ones(5)), np.linalg.solve(lower, np.ones(5)), "float64")
    close(function(slinalg.cholesky, ["float64"], [2])(broken), np.linalg.cholesky(a), "float64")


# -- programs ------------------------------------------------------------------------------------------------
def test_shared_variables_that_are_read_and_updated() -> None:
    """Operands are never written; a factor may become what it is made of."""
    a = definite(12)
    s = theano.shared(a.copy(), "s")
    f = theano.function([], [s, slinalg.cholesky(s)], updates={s: nlinalg.matrix_inverse(s)})
    before, factor = f()
    close(before, a, "float64")
    close(factor, np.linalg.cholesky(a), "float64")
    close(s.get_value(), np.linalg.inv(a), "float64")
    x = T.dmatrix("x")
    g = theano.function([x], slinalg.solve(x, x), updates={s: slinalg.solve(s, x)})
    given = a.copy()
    close(g(given), np.eye(12), "float64")
    assert np.array_equal(given, a)
    close(s.get_value(), a @ a, "float64")


def gaussian_process() -> tuple[list[Any], Any, list[Any]]:
    """Inputs, minus the log-likelihood, parameters."""
    reach, height, noise = (theano.shared(v, n) for v, n in ((0.1, "reach"), (0.2, "height"), (-1.0, "noise")))
    p, y = T.dvectors("p", "y")
    covariance = T.exp(2 * height - 0.5 * (p[:, None] - p[None, :]) ** 2 / T.exp(2 * reach))
    factor = slinalg.cholesky(covariance + T.exp(2 * noise) * T.eye(p.shape[0]))
    z = slinalg.solve_lower_triangular(factor, y)
    return [p, y], 0.5 * T.dot(z, z) + T.log(T.diag(factor)).sum(), [reach, height, noise]


def test_a_training_step_calls_nobody_back() -> None:
    inputs, cost, parameters = gaussian_process()
    gradients = T.grad(cost, parameters)
    updates = [(v, v - 0.01 * g) for v, g in zip(parameters, gradients, strict=True)]
    f = theano.function(inputs, cost, updates=updates)
    assert not calls_back(f)
    assert "d_cholesky(" in theano.printing.loop_program(f)
    slow = theano.function(inputs, [cost, *gradients], mode="FAST_COMPILE")
    for n in (5, 60):
        places = np.sort(RNG.uniform(0, 10, n))
        before = [v.get_value() for v in parameters]
        expected, *slopes = slow(places, np.sin(places))
        np.testing.assert_allclose(f(places, np.sin(places)), expected, rtol=1e-9)
        moved = [float(v.get_value() - old) for v, old in zip(parameters, before, strict=True)]
        np.testing.assert_allclose(moved, -0.01 * np.array(slopes), rtol=1e-7)


def test_gradients_and_second_gradients() -> None:
    a, b = T.dmatrices("a", "b")
    x = slinalg.cholesky(T.dot(a, a.T) + T.eye(3))
    cost = (slinalg.solve_lower_triangular(x, b) ** 3).sum()
    first = T.grad(cost, [a, b])
    second = T.grad(sum((g**2).sum() for g in first), [a, b])
    fast, slow = (theano.function([a, b], [*first, *second], mode=m) for m in ("FAST_RUN", "FAST_COMPILE"))
    given = general(3), sides(3)
    for found, expected in zip(fast(*given), slow(*given), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-7)
    T.verify_grad(lambda a, b: T.grad((slinalg.solve_lower_triangular(
        slinalg.cholesky(T.dot(a, a.T) + T.eye(3)), b) ** 3).sum(), a), list(given), rng=np.random.RandomState(1),
        mode="FAST_RUN")  # fmt: skip


def test_in_the_steps_of_a_loop() -> None:
    a, v = T.dmatrix("a"), T.dvector("v")
    last = theano.scan(lambda x, a: slinalg.solve(a, x), outputs_info=v, non_sequences=a, n_steps=4)[0][-1]
    f = theano.function([a, v], last)
    given = general(6)
    close(f(given, np.ones(6)), np.linalg.solve(np.linalg.matrix_power(given, 4), np.ones(6)), "float64")
    s = theano.shared(0)
    g = theano.function([a, v], last, updates={s: s + 1})
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        g(np.zeros((2, 2)), np.ones(2))
    assert s.get_value() == 0


def test_a_branch_that_is_not_taken_does_not_fail() -> None:
    a, c = T.dmatrix("a"), T.iscalar("c")
    f = theano.function([a, c], theano.ifelse.ifelse(c, nlinalg.matrix_inverse(a), a))
    assert f(np.zeros((2, 2)), 0).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(np.linalg.LinAlgError):
        f(np.zeros((2, 2)), 1)


# What has no counterpart in NumPy.
OTHERS: dict[str, tuple[Callable[..., Any], list[Maker]]] = {
    "gradient": (slinalg.CholeskyGrad(), [triangle] * 3),
    "by factors": (lambda a, b: LUSolve()(*LUFactor()(a), b), [general, sides]),
    "by factors of the transposed": (lambda a, b: LUSolve(True)(*LUFactor()(a), b), [general, sides]),
    "determinant by factors": (lambda a: LUDet()(*LUFactor()(a)), [general]),
    "sign by factors": (lambda a: LUSLogDet()(*LUFactor()(a))[0], [general]),
    "logarithm by factors": (lambda a: LUSLogDet()(*LUFactor()(a))[1], [general]),
    "schur": (lambda a: abs(slinalg.schur(a)[0]), [definite]),
    "sylvester": (slinalg.solve_sylvester, [definite, definite, triangle]),
    "adjoint sylvester": (SolveSylvester(True, True), [definite, definite, triangle]),
    "root": (slinalg.sqrtm, [definite]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_interpreted_it_gives_the_same(dtype: str) -> None:
    """The meanings of the functions in the loop language."""
    cases = {**{name: (make, operands) for name, (make, _, operands) in OPERATIONS.items()}, **OTHERS}
    if dtype[0] == "c":
        del cases["gradient"]
    for name, (make, operands) in cases.items():
        f = function(make, [dtype] * len(operands), [3] * len(operands), on_unused_input="ignore")
        low = f.executor.lowered
        given = [as_dtype(make_(4, 2), dtype) for make_ in operands]
        run = Interpreter(low.program, low.layout, {})
        run.run(list(given), [])
        np.testing.assert_allclose(run.slots[0], f(*given), rtol=1e-9, atol=1e-12, err_msg=name)


def test_interpreted_failures() -> None:
    for name in ("not definite", "nan", "singular", "nan in a system", "zero on a diagonal", "no inverse"):
        make, given, *_ = BAD[name]
        f = function(make, ["float64"] * len(given), [a.ndim for a in given])
        low = f.executor.lowered
        with pytest.raises(Exception, match=r"check|CheckFailed|\d"):
            Interpreter(low.program, low.layout, {}).run(list(given), [])


def test_bits_do_not_depend_on_threads() -> None:
    xs = [T.dtensor3(n) for n in "ab"]
    factor = slinalg.cholesky(xs[0])
    outs = [
        factor, slinalg.solve_lower_triangular(factor, xs[1]), slinalg.solve(*xs), nlinalg.matrix_inverse(xs[0]),
        nlinalg.det(xs[0]), *T.grad((factor**2).sum(), xs[:1]),
    ]  # fmt: skip
    with theano.change_flags(openmp=True):
        f = theano.function(xs, outs)
    given = definite(12, 600), sides(12, 600)
    before = threads.set_num_threads(1)
    try:
        found = []
        for n in (1, 2, 3):
            threads.set_num_threads(n)
            for _ in range(3):
                results = f(*given)
            found.append([x.tobytes() for x in results])
    finally:
        threads.set_num_threads(before)
    assert found[0] == found[1] == found[2]


def test_the_first_matrix_that_fails_is_told() -> None:
    """Whichever thread comes first."""
    stack = definite(8, 4000)
    stack[3500] *= -1
    stack[1000, 4, 4] = -1
    with theano.change_flags(openmp=True):
        f = function(slinalg.cholesky, ["float64"], [3])
    for _ in range(5):
        with pytest.raises(np.linalg.LinAlgError, match="5-th leading minor"):
            f(stack)


# -- the library ---------------------------------------------------------------------------------------------
def library_function(name: str, symbols: dict[str, int] | None = None) -> Callable[..., None]:
    types = {"i64": ctypes.c_int64, "ptr": ctypes.c_void_p}
    address = loading.address(name) if symbols is None else symbols[name]
    return ctypes.CFUNCTYPE(None, *(types[p.type] for p in EXTERNS[name].parameters))(address)


def solved(name: str, a: np.ndarray, b: np.ndarray, symbols: dict[str, int] | None = None) -> np.ndarray:
    """By `linear`, with memory around everything that is written."""
    n, m = b.shape
    needed = (n * m, a.dtype), (n * n, a.dtype), (n, "i8"), (1, "i8")
    spaces = [np.full(size + 32, 7, dtype) for size, dtype in needed]
    places = [x[16:].ctypes.data for x in spaces]
    call = library_function(name, symbols)
    call(1, 1, n, m, a.ctypes.data, 0, *(s // a.itemsize for s in a.strides), b.ctypes.data, 0,
         *(s // b.itemsize for s in b.strides), *places)  # fmt: skip
    for space in spaces:
        assert (space[:16] == 7).all() and (space[-16:] == 7).all()
    assert spaces[3][16] == 0
    return spaces[0][16 : 16 + n * m].reshape(n, m)


@pytest.mark.parametrize("type_", ["f32", "f64"])
def test_nothing_beside_results_is_written(type_: str) -> None:
    dtype = {"f32": "f4", "f64": "f8"}[type_]
    for n, m in itertools.product((1, 2, 7, 8, 9, 17, 31, 32, 33), (1, 3, 8, 25)):
        a, b = general(n).astype(dtype), RNG.normal(size=(n, m)).astype(dtype)
        found = solved(name_of("linear", type_), a, b)
        np.testing.assert_allclose(found, np.linalg.solve(a, b), rtol=1e-2, atol=2e-4 if type_ == "f32" else 1e-9)


class Guarded:
    """Memory that ends, and begins, where no memory is."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        self.room = 16 * mmap.PAGESIZE
        self.memory = mmap.mmap(-1, self.room + 2 * mmap.PAGESIZE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        for edge in (start, start + mmap.PAGESIZE + self.room):
            assert libc.mprotect(edge, mmap.PAGESIZE, 0) == 0

    def placed(self, array: np.ndarray, at_end: bool) -> np.ndarray:
        offset = mmap.PAGESIZE + (self.room - array.nbytes if at_end else 0)
        view = np.frombuffer(self.memory, array.dtype, array.size, offset).reshape(array.shape)
        view[...] = array
        return view


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
def test_nothing_outside_is_touched() -> None:
    blocks = [Guarded() for _ in range(3)]
    status, pivots, work = np.zeros(1, "i8"), np.zeros(64, "i8"), np.zeros(64 * 64)
    rest = work.ctypes.data, pivots.ctypes.data, status.ctypes.data
    kinds = ("cholesky", "cholesky_gradient", "inverse", "triangular", "linear")
    cholesky, gradient, inverse, triangular, linear = (library_function(name_of(kind, "f64")) for kind in kinds)
    for n, m, at_end, lower in itertools.product((1, 3, 4, 7, 8, 13, 33), (1, 2, 7, 8, 9, 21, 31), (0, 1), (0, 1)):
        a, b, x = (
            block.placed(array, bool(at_end))
            for block, array in zip(blocks, (definite(n), np.ones((n, m)), np.zeros((n, m))), strict=True)
        )
        pa, pb, px = (array.ctypes.data for array in (a, b, x))
        for steps, sides_ in (((n, 1), (m, 1)), ((1, n), (1, n))):
            triangular(lower, 1, n, m, pa, 0, *steps, pb, 0, *sides_, px, status.ctypes.data)
            linear(1, 1, n, m, pa, 0, *steps, pb, 0, *sides_, px, *rest)
            if m == 1:
                c = blocks[2].placed(np.zeros((n, n)), bool(at_end))
                cholesky(lower, 1, n, pa, 0, *steps, c.ctypes.data, status.ctypes.data)
                gradient(lower, 1, n, pa, 0, *steps, pa, 0, *steps, c.ctypes.data, work.ctypes.data)
                inverse(1, n, pa, 0, *steps, c.ctypes.data, *rest)
                np.testing.assert_allclose(c @ a, np.eye(n), atol=1e-9)
        assert status[0] == 0


@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_every_instruction_set(level: str) -> None:
    """The code of each level that this machine can run."""
    try:
        isa = select_isa(level)
    except ValueError:
        pytest.skip(f"no {level} here")
    library = loading._library.__wrapped__("f64", isa, False)
    for n, m in itertools.product((1, 4, 9, 17, 32), (1, 9, 30)):
        a, b = general(n), RNG.normal(size=(n, m))
        found = solved("d_linear", a, b, library.code.symbols)
        np.testing.assert_allclose(found, np.linalg.solve(a, b), rtol=1e-8, atol=1e-9)
        matrix, c, status = definite(n), np.empty((n, n)), np.zeros(1, "i8")
        for lower in (1, 0):
            call = library_function("d_cholesky", library.code.symbols)
            call(lower, 1, n, matrix.ctypes.data, 0, n, 1, c.ctypes.data, status.ctypes.data)
            np.testing.assert_allclose(c if lower else c.T, np.linalg.cholesky(matrix), atol=1e-12)
            x, factor = np.empty((n, m)), np.tril(matrix) if lower else np.triu(matrix)
            call = library_function("d_triangular", library.code.symbols)
            operands = matrix.ctypes.data, 0, n, 1, b.ctypes.data, 0, m, 1, x.ctypes.data, status.ctypes.data
            call(lower, 1, n, m, *operands)
            np.testing.assert_allclose(x, scipy.linalg.solve(factor, b), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("type_", LETTER)
@pytest.mark.parametrize("target", TARGETS)
def test_code_for(target: str, type_: str) -> None:
    """The code can be made for other machines, and calls nothing that is not there."""
    isa = isa_of(target)
    module = functions.library_module(type_, isa, 32)
    llvm.parse_assembly(module.text()).verify()
    assert not missing(module, isa)


def test_lapack_of_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where NumPy's library can't be told; integers are shorter then."""
    monkeypatch.setattr(blas, "library", lambda: None)
    blas.symbol.cache_clear()
    try:
        assert loading.is_there()
        library = loading._library.__wrapped__("f64", jit.isa(), False)
    finally:
        blas.symbol.cache_clear()
    a, b = general(50), sides(50)
    np.testing.assert_allclose(solved("d_linear", a, b, library.code.symbols), np.linalg.solve(a, b), atol=1e-9)
    matrix, values, vectors = definite(40), np.empty(40), np.empty((40, 40))
    work, words, status = np.empty(10_000), np.empty(300, "i8"), np.zeros(1, "i8")
    memory = (x.ctypes.data for x in (values, vectors, work))
    library_function("d_eigen", library.code.symbols)(
        1, 1, 1, 40, matrix.ctypes.data, 0, 40, 1, *memory, work.size, work.ctypes.data, 0, words.ctypes.data,
        words.size, status.ctypes.data,
    )  # fmt: skip
    assert status[0] == 0
    np.testing.assert_allclose(vectors.T * values @ vectors, matrix, atol=1e-12)


def test_all_functions_are_declared() -> None:
    declared = {name_of(kind, t) for kind in KINDS for t in LETTER if is_declared(kind, t)}
    assert declared == set(loading.NAMES) <= set(EXTERNS)
    assert not is_declared("cholesky_gradient", "c128")
    assert NOT_FINITE == 2**32 - 1
    assert jit.isa() is not None


# -- diagonals and triangles -----------------------------------------------------------------------------------
@pytest.mark.parametrize("offset", [-5, -1, 0, 2, 9])
def test_diagonals(offset: int) -> None:
    cases: list[tuple[int, tuple[int, int], tuple[int, ...]]] = [
        (2, (0, 1), (3, 4)), (2, (1, 0), (4, 4)), (3, (1, 2), (2, 5, 3)), (3, (2, 0), (2, 5, 3)), (2, (0, 1), (0, 3)),
    ]  # fmt: skip
    for ndim, axes, shape in cases:
        f = function(lambda x, axes=axes: T.diagonal(x, offset, *axes) + 1, ["float64"], [ndim])
        backwards = function(lambda x, axes=axes: T.diagonal(x[::-1], offset, *axes), ["float64"], [ndim])
        x = RNG.normal(size=shape)
        np.testing.assert_array_equal(f(x), np.diagonal(x, offset, *axes) + 1)
        np.testing.assert_array_equal(backwards(x), np.diagonal(x[::-1], offset, *axes))
    numbers = function(lambda x: T.diagonal(T.zeros_like(x) + 2, offset), ["float64"], [2])
    assert numbers(np.ones((3, 4))).tolist() == [2] * np.diagonal(np.ones((3, 4)), offset).size
    slopes = function(lambda x: T.grad((T.diagonal(x, offset) ** 2).sum(), x), ["float64"], [2])
    x = RNG.normal(size=(4, 3))
    np.testing.assert_allclose(slopes(x), 2 * x * np.eye(4, 3, offset))


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "bool"])
def test_triangles(dtype: str) -> None:
    k = T.lscalar("k")
    x = T.TensorType(dtype, (False, False))("x")
    f = theano.function([x, k], [T.tri(x.shape[0], x.shape[1], k, dtype), T.tril(x, k), T.triu(x, k)])
    assert not calls_back(f)
    given = (np.arange(12).reshape(3, 4) + 1).astype(dtype)
    for offset in (-9, -1, 0, 2, 9, -(2**63), 2**63 - 1):
        near = int(np.clip(offset, -9, 9))
        expected = np.tri(3, 4, near, dtype), np.tril(given, near), np.triu(given, near)
        for found, wanted in zip(f(given, offset), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
