"""Linear algebra over stacks of matrices: as NumPy's, and as that of each matrix alone; derivatives by differences."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

import theano
import theano.tensor as T
from tests.tensor.oracle import check
from theano.tensor import nlinalg, slinalg
from theano.tensor.linalg import factors

R = np.random.RandomState(4)
A = R.randn(2, 3, 3) + 3 * np.eye(3)
A4 = R.randn(2, 1, 3, 3) + 3 * np.eye(3)
P = A @ A.transpose(0, 2, 1)
S = A + A.transpose(0, 2, 1)
TALL = R.randn(2, 4, 3)
WIDE = R.randn(2, 3, 4)
B = R.randn(2, 3, 2)


def each(function):
    """A function of matrices, applied to each matrix of the stacks."""
    return lambda *stacks: np.stack([function(*ms) for ms in zip(*stacks)])


def triangular(lower):
    return each(lambda a, b: scipy.linalg.solve_triangular(a, b, lower=lower))


EXPRESSIONS = {
    "cholesky": (slinalg.cholesky, np.linalg.cholesky, P),
    "cholesky upper": (slinalg.Cholesky(lower=False), each(lambda a: np.linalg.cholesky(a).T), P),
    "cholesky, 4 axes": (slinalg.cholesky, np.linalg.cholesky, A4 @ A4.transpose(0, 1, 3, 2)),
    "solve": (slinalg.solve, np.linalg.solve, A, B),
    "solve, 4 axes": (slinalg.solve, np.linalg.solve, A4, R.randn(2, 1, 3, 2)),
    "solve, one right side": (slinalg.solve, np.linalg.solve, A, B[0]),
    "solve, one vector": (slinalg.solve, np.linalg.solve, A, B[0, :, 0]),
    "solve, one matrix": (slinalg.solve, np.linalg.solve, A[0], B),
    "solve, one matrix by its pattern": (slinalg.solve, np.linalg.solve, A[:1], B),
    "solve, each with each": (slinalg.solve, np.linalg.solve, A4, R.randn(1, 2, 3, 2)),
    "solve lower": (slinalg.solve_lower_triangular, triangular(True), A, B),
    "solve upper": (slinalg.solve_upper_triangular, triangular(False), A, B),
    "solve lower, one matrix": (slinalg.solve_lower_triangular, lambda a, b: triangular(True)([a, a], b), A[0], B),
    "cho_solve": (lambda a, b: slinalg.cho_solve((slinalg.cholesky(a), True), b), np.linalg.solve, P, B),
    "inverse": (nlinalg.matrix_inverse, np.linalg.inv, A),
    "inverse, 4 axes": (nlinalg.matrix_inverse, np.linalg.inv, A4),
    "pinv tall": (nlinalg.pinv, np.linalg.pinv, TALL),
    "pinv wide": (nlinalg.pinv, np.linalg.pinv, WIDE),
    "det": (nlinalg.det, np.linalg.det, A),
    "det, 4 axes": (nlinalg.det, np.linalg.det, A4),
    "logarithm of the determinant": (lambda x: nlinalg.slogdet(x)[1], lambda a: np.linalg.slogdet(a)[1], A),
    "power": (lambda x: nlinalg.matrix_power(x, -3), lambda a: np.linalg.matrix_power(a, -3), A),
    "power 0": (lambda x: nlinalg.matrix_power(x, 0) + x, lambda a: np.linalg.matrix_power(a, 0) + a, A),
    "expm": (slinalg.expm, scipy.linalg.expm, A / 4),
    "eigenvalues": (lambda x: nlinalg.eigh(x)[0], lambda a: np.linalg.eigh(a)[0], S),
    "eigenvectors": (lambda x: nlinalg.eigh(x)[1] ** 2, lambda a: np.linalg.eigh(a)[1] ** 2, S),
    "eigenvectors U": (lambda x: nlinalg.eigh(x, "U")[1] ** 2, lambda a: np.linalg.eigh(a, "U")[1] ** 2, S),
    "eigvalsh": (lambda x: slinalg.eigvalsh(x, None), np.linalg.eigvalsh, S),
    "eigvalsh of pairs": (slinalg.eigvalsh, each(scipy.linalg.eigvalsh), S, P),
    "singular values": (lambda x: nlinalg.svd(x, compute_uv=False), lambda a: np.linalg.svd(a)[1], WIDE),
    "singular vectors": (lambda x: nlinalg.svd(x, False)[0] ** 2, lambda a: np.linalg.svd(a)[0] ** 2, WIDE),
    "qr": (lambda x: nlinalg.qr(x)[0], lambda a: np.linalg.qr(a)[0], TALL),
    "qr wide": (lambda x: nlinalg.qr(x)[1], lambda a: np.linalg.qr(a)[1], WIDE),
    "qr, r alone": (lambda x: nlinalg.qr(x, "r"), lambda a: np.linalg.qr(a, "r"), TALL),
    "tril": (lambda x: T.tril(x, 1), lambda a: np.tril(a, 1), WIDE),
    "triu": (lambda x: T.triu(x, -1), lambda a: np.triu(a, -1), WIDE),
}


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_expressions(case):
    build, expect, *arrays = EXPRESSIONS[case]
    check(build, *arrays, expect=expect)


EMPTY = {
    "none": (0, 3, 3),
    "no elements": (2, 0, 0),
    "neither": (0, 0, 0),
}


@pytest.mark.parametrize("shape", EMPTY.values(), ids=list(EMPTY))
def test_empty_stacks(shape):
    x = T.dtensor3("x")
    outputs = [
        slinalg.cholesky(x), slinalg.solve(x, x), slinalg.solve_lower_triangular(x, x), nlinalg.matrix_inverse(x),
        nlinalg.det(x), *nlinalg.slogdet(x), *nlinalg.qr(x), *nlinalg.svd(x, full_matrices=False), *nlinalg.eigh(x),
    ]  # fmt: skip
    a = np.zeros(shape)
    wanted = [
        a, a, a, a, np.linalg.det(a), *np.linalg.slogdet(a), *np.linalg.qr(a), *np.linalg.svd(a, False),
        *np.linalg.eigh(a),
    ]  # fmt: skip
    for got, w in zip(theano.function([x], outputs)(a), wanted, strict=True):
        assert (got.shape, got.dtype) == (w.shape, w.dtype)
        np.testing.assert_array_equal(got, w)


@pytest.mark.parametrize("dtype", ["float32", "complex64", "complex128"])
def test_dtypes(dtype):
    x, y = T.TensorType(dtype, (False,) * 3)("x"), T.TensorType(dtype, (False,) * 3)("y")
    rng = np.random.RandomState(1)
    a, b = (rng.randn(*v.shape) + (1j * rng.randn(*v.shape) if dtype[0] == "c" else 0) for v in (A, B))
    a, b = (3 * np.eye(3) + a).astype(dtype), b.astype(dtype)
    p = a @ a.conj().transpose(0, 2, 1)
    outputs = [slinalg.cholesky(x), slinalg.solve(x, y), nlinalg.matrix_inverse(x), nlinalg.det(x), factors.eigh(x)[0]]
    wanted = [
        np.linalg.cholesky(p), np.linalg.solve(p, b), np.linalg.inv(p), np.linalg.det(p), np.linalg.eigh(p)[0]
    ]  # fmt: skip
    for out, got, w in zip(outputs, theano.function([x, y], outputs)(p, b), wanted, strict=True):
        assert got.dtype == w.dtype == out.dtype
        np.testing.assert_allclose(got, w, rtol=2e-4 if dtype in ("float32", "complex64") else 1e-10)


def test_one_of_a_stack_is_not_positive_definite():
    x = T.dtensor3("x")
    stack = np.stack([np.eye(2), -np.eye(2)])
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        theano.function([x], slinalg.cholesky(x))(stack)
    got = theano.function([x], slinalg.Cholesky(on_error="nan")(x))(stack)
    np.testing.assert_array_equal(got, [np.eye(2), np.full((2, 2), np.nan)])


def test_stacks_that_do_not_fit():
    x, y = T.dtensor3("x"), T.dtensor3("y")
    f = theano.function([x, y], slinalg.solve(x, y))
    with pytest.raises(ValueError, match="stacks of 2 and of 1 matrices"):
        f(A, B[:1])  # the type does not say that it is repeated
    with pytest.raises(ValueError, match="stacks of 2 and of 3 matrices"):
        slinalg.solve(T.zeros((2, 3, 3)), T.zeros((3, 3, 1)))
    with pytest.raises(TypeError, match="Solve takes matrices"):
        slinalg.solve(T.dvector(), x)
    with pytest.raises(TypeError, match="different numbers of dimensions"):
        slinalg.eigvalsh(x, T.dmatrix())


def test_a_singular_matrix_in_a_stack():
    x, s = T.dtensor3("x"), theano.shared(1.0)
    f = theano.function([x], nlinalg.matrix_inverse(x), updates={s: s + 1})
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        f(A * np.array([1.0, 0.0])[:, None, None])
    assert s.get_value() == 1
