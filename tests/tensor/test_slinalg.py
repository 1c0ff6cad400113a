"""Cholesky factors, systems of equations, generalised eigenvalues, exponentials: against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run
from theano.tensor import slinalg

R = np.random.RandomState(0)
A = R.randn(4, 4) + 4 * np.eye(4)
P = A @ A.T
B = R.randn(4, 2)
V = R.randn(4)


def triangular(lower):
    return lambda a, b: scipy.linalg.solve_triangular(a, b, lower=lower)


EXPRESSIONS = {
    "cholesky": (slinalg.cholesky, np.linalg.cholesky, P),
    "cholesky reads the lower triangle": (slinalg.cholesky, np.linalg.cholesky, np.tril(P)),
    "cholesky upper": (slinalg.Cholesky(lower=False), lambda a: np.linalg.cholesky(a).T, P),
    "cholesky of one": (slinalg.cholesky, np.linalg.cholesky, np.array([[4.0]])),
    "cholesky float32": (slinalg.cholesky, np.linalg.cholesky, P.astype("float32")),
    "solve": (slinalg.solve, np.linalg.solve, A, B),
    "solve vector": (slinalg.solve, np.linalg.solve, A, V),
    "solve column": (slinalg.solve, np.linalg.solve, A, B[:, :1]),
    "solve of integers": (slinalg.solve, np.linalg.solve, np.array([[2, 1], [1, 1]]), np.array([1, 2])),
    "solve symmetric": (slinalg.solve_symmetric, np.linalg.solve, P, B),
    "solve lower": (slinalg.solve_lower_triangular, triangular(True), A, B),
    "solve lower vector": (slinalg.solve_lower_triangular, triangular(True), A, V),
    "solve upper": (slinalg.solve_upper_triangular, triangular(False), A, B),
    "solve upper vector": (slinalg.solve_upper_triangular, triangular(False), A, V),
    "eigenvalues": (lambda x: slinalg.eigvalsh(x, None), lambda a: scipy.linalg.eigvalsh(a), P),
    "kron": (slinalg.kron, np.kron, R.randn(2, 3), R.randn(4, 2)),
    "kron of a vector": (slinalg.kron, np.kron, R.randn(3), R.randn(4, 2)),
    "kron of matrix and vector": (slinalg.kron, np.kron, R.randn(4, 2), R.randn(3)),
    "expm": (slinalg.expm, scipy.linalg.expm, A / 4),
    "log likelihood": (
        lambda x, v: T.log(T.nlinalg.diag(slinalg.cholesky(x))).sum() + T.dot(v, slinalg.solve(x, v)) / 2,
        lambda a, v: np.log(np.linalg.det(a)) / 2 + v @ np.linalg.solve(a, v) / 2,
        P,
        V,
    ),
}
NO_RIGHT_DERIVATIVE = {"eigenvalues"}


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_expressions(case):
    build, expect, *arrays = EXPRESSIONS[case]
    check(build, *arrays, expect=expect, smooth=case not in NO_RIGHT_DERIVATIVE)


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_compiled(case):
    build, expect, *arrays = EXPRESSIONS[case]
    inputs = [T.TensorType(a.dtype.name, [False] * a.ndim)() for a in arrays]
    out = build(*inputs)
    outputs = [out, *T.grad((out**2).sum(), inputs)]
    got = theano.function(inputs, outputs)(*arrays)
    digits = 1e-6 if any(a.dtype == np.float32 for a in arrays) else 1e-8
    for g, w in zip(got, run(outputs, inputs, arrays)):
        np.testing.assert_allclose(g, w, rtol=1e-6, atol=digits)


@pytest.mark.parametrize("lower", [True, False])
def test_generalised_eigenvalues(lower):
    a, b = T.dmatrices("a", "b")
    w = slinalg.eigvalsh(a, b, lower=lower)
    symmetric = A + A.T
    f = theano.function([a, b], w)
    np.testing.assert_allclose(f(symmetric, P), scipy.linalg.eigvalsh(symmetric, P))
    slopes = theano.function([a, b], T.grad((w * np.arange(4)).sum(), [a, b]))(symmetric, P)
    for k, g in enumerate(slopes):
        d = R.randn(4, 4)

        def at(step, k=k, d=d):
            return (f(*(m + step * d * (i == k) for i, m in enumerate((symmetric, P)))) * np.arange(4)).sum()

        np.testing.assert_allclose((g * d).sum(), (at(1e-6) - at(-1e-6)) / 2e-6, rtol=1e-5)
    only = theano.function([a], T.grad(slinalg.eigvalsh(a, None, lower=lower).sum(), a))(symmetric)
    np.testing.assert_allclose(only, np.eye(4), atol=1e-12)


def test_second_derivatives():
    x = T.dmatrix("x")
    for build in (slinalg.cholesky, slinalg.expm, lambda m: slinalg.solve(m, V)):
        g = T.grad((build(x) ** 3).sum(), x)
        f, h = theano.function([x], g), theano.function([x], T.grad((g * A).sum(), x))
        d = R.randn(4, 4)
        point = P / 20
        numeric = ((f(point + 1e-6 * d) - f(point - 1e-6 * d)) * A).sum() / 2e-6
        np.testing.assert_allclose((h(point) * d).sum(), numeric, rtol=1e-4)


def test_not_positive_definite():
    x = T.dmatrix("x")
    f = theano.function([x], slinalg.cholesky(x))
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        f(-P)
    with pytest.raises(ValueError, match="square"):
        f(P[:2])
    np.testing.assert_allclose(f(P), np.linalg.cholesky(P))
    lenient = slinalg.Cholesky(on_error="nan")(x)
    value, slope = theano.function([x], [lenient, T.grad(lenient.sum(), x)])(-P)
    assert np.isnan(value).all() and np.isnan(np.tril(slope)[np.tril_indices(4)]).all()


def test_a_singular_system():
    a, b = T.dmatrix("a"), T.dvector("b")
    f = theano.function([a, b], slinalg.solve(a, b))
    with pytest.raises(np.linalg.LinAlgError):
        f(np.zeros((4, 4)), V)
    np.testing.assert_allclose(f(A, V), np.linalg.solve(A, V))


def test_wrong_arguments():
    x = T.dmatrix()
    with pytest.raises(ValueError, match="structure"):
        slinalg.Solve(A_structure="odd")
    with pytest.raises(ValueError, match="on_error"):
        slinalg.Cholesky(on_error="ignore")
    with pytest.raises(TypeError, match="sum to 3 or more"):
        slinalg.kron(T.dvector(), T.dvector())
    with pytest.raises(TypeError, match="Solve takes"):
        slinalg.solve(T.dvector(), x)
    with pytest.raises(TypeError, match="right side"):
        slinalg.solve(x, T.dscalar())


def test_printed():
    assert str(slinalg.Cholesky()) == "Cholesky{lower=True, destructive=False, on_error='raise'}"
    assert str(slinalg.Solve()).startswith("Solve{A_structure='general'")


def test_systems_in_a_loop():
    """The gradient of a loop that solves a system in each step."""
    a, bs = T.dmatrix("a"), T.dmatrix("bs")
    xs, _ = theano.scan(lambda b, x: slinalg.solve(a, b + x), sequences=bs, outputs_info=T.zeros(4))
    f = theano.function([a, bs], [xs[-1], T.grad((xs[-1] ** 2).sum(), a)])
    rows = R.randn(3, 4)

    def last(matrix):
        x = np.zeros(4)
        for b in rows:
            x = np.linalg.solve(matrix, b + x)
        return x

    value, slope = f(A, rows)
    np.testing.assert_allclose(value, last(A))
    d = R.randn(4, 4)
    numeric = ((last(A + 1e-6 * d) ** 2).sum() - (last(A - 1e-6 * d) ** 2).sum()) / 2e-6
    np.testing.assert_allclose((slope * d).sum(), numeric, rtol=1e-6)


def test_gradient_of_a_factor_refuses():
    x = T.dmatrix("x")
    with pytest.raises(TypeError, match="CholeskyGrad: .* different numbers of dimensions"):
        slinalg.CholeskyGrad()(x, x, T.dtensor3())
    with pytest.raises(TypeError, match="CholeskyGrad takes matrices of real numbers"):
        slinalg.CholeskyGrad()(x, x, T.zmatrix())
    with pytest.raises(TypeError, match="CholeskyGrad takes matrices"):
        slinalg.CholeskyGrad()(x, x, T.dvector())
    f = theano.function([x], slinalg.CholeskyGrad()(x, x, x[:1]))
    with pytest.raises(ValueError, match="axis 0 has length 2 in the factor, 1 in its gradient"):
        f(np.eye(2))


@pytest.mark.parametrize("dtype", ["bool", "int8", "float32"])
def test_gradient_of_cholesky_of_whole_numbers(dtype):
    """Its formula computes with floats, as compiled code does: products of bools are no numbers."""
    a = T.TensorType(dtype, (False, False))("a")
    found = slinalg.CholeskyGrad()(a, a, a)
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        np.testing.assert_allclose(theano.function([a], found, mode=mode)(np.eye(2, dtype=dtype)), np.eye(2) / 2)
