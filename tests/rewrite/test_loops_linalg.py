"""Loops whose steps are linear algebra become linear algebra of stacks."""

from __future__ import annotations

import numpy as np
import pytest
from loop_graphs import checked, numbers, outer_ops, scans

import theano
import theano.tensor as T
from theano.tensor import nlinalg, slinalg

X, B, M, V = T.dtensor3("X"), T.dmatrix("B"), T.dmatrix("M"), T.dvector("V")
VALUES = (numbers(5, 3, 3), numbers(5, 3), numbers(3, 3) + 4 * np.eye(3), numbers(3))


def positive(x):
    return T.dot(x, x.T) + T.eye(3)


# x: a (3, 3) matrix of the sequence, b: a vector of 3; M: (3, 3), V: (3,)
STEPS = {
    "cholesky": lambda x, b: slinalg.cholesky(positive(x)),
    "its gradient": lambda x, b: T.grad((slinalg.cholesky(positive(x)) * M).sum(), x),
    "both vary": lambda x, b: slinalg.solve(positive(x), b),
    "both vary, matrix": lambda x, b: slinalg.solve(positive(x), x),
    "matrix varies": lambda x, b: slinalg.solve(positive(x), V),
    "matrix varies, fixed matrix": lambda x, b: slinalg.solve(positive(x), M),
    "vector varies": lambda x, b: slinalg.solve(M, b),
    "right side varies": lambda x, b: slinalg.solve(M, x),
    "triangular, vector varies": lambda x, b: slinalg.solve_lower_triangular(M, b),
    "triangular": lambda x, b: slinalg.solve_upper_triangular(positive(x), x),
    "inverse": lambda x, b: nlinalg.matrix_inverse(positive(x)),
    "inverse in a product": lambda x, b: T.dot(nlinalg.matrix_inverse(positive(x)), b),
    "determinant": lambda x, b: nlinalg.det(x),
    "logarithm of the determinant": lambda x, b: T.log(nlinalg.det(positive(x))),
    "pinv": lambda x, b: nlinalg.pinv(x[:, :2]),
    "eigenvalues": lambda x, b: nlinalg.eigh(positive(x))[0],
    "eigenvalues alone": lambda x, b: slinalg.eigvalsh(positive(x), None),
    "of pairs": lambda x, b: slinalg.eigvalsh(positive(x), T.dot(M, M.T)),
    "singular values": lambda x, b: nlinalg.svd(x, compute_uv=False),
    "qr": lambda x, b: abs(nlinalg.qr(x)[1]),
    "exponential": lambda x, b: slinalg.expm(x / 9),
    "diagonal": lambda x, b: T.diag(x, 1) + T.diag(x)[1:],
    "likelihood": lambda x, b: T.log(T.diag(slinalg.cholesky(positive(x)))).sum()
    + T.dot(b, slinalg.solve(positive(x), b)),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_map(name):
    out, _ = theano.scan(lambda x, b: STEPS[name](x, b), sequences=[X, B])
    f = checked([X, B, M, V], [out], *VALUES)
    assert not scans(f)


@pytest.mark.parametrize("n", [0, 1])
def test_few(n):
    out, _ = theano.scan(lambda x, b: STEPS["likelihood"](x, b), sequences=[X[:n], B])
    assert not scans(checked([X, B, M, V], [out], *VALUES))


def test_one_matrix_is_factored_once():
    out, _ = theano.scan(lambda b: slinalg.solve(M, b), sequences=B)
    f = checked([B, M], [out], *VALUES[1:3])
    assert outer_ops(f).count("Solve") == 1 and not scans(f)


def test_a_singular_matrix_in_a_loop():
    dets, _ = theano.scan(nlinalg.matrix_inverse, sequences=X)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        theano.function([X], dets)(np.stack([np.eye(2), np.zeros((2, 2))]))


def test_no_steps_do_not_fail():
    """The matrix is singular, and nothing is to be solved with it."""
    for step in (lambda b: slinalg.solve(M, b), lambda b: slinalg.solve(M, T.outer(b, b))):
        out, _ = theano.scan(step, sequences=B)
        f = theano.function([B, M], out)
        assert f(np.zeros((0, 3)), np.zeros((3, 3))).shape[0] == 0
        with pytest.raises(np.linalg.LinAlgError):
            f(np.zeros((2, 3)), np.zeros((3, 3)))


def test_gradients_of_a_loop():
    costs, _ = theano.scan(lambda x, b: STEPS["likelihood"](x, b), sequences=[X, B])
    f = checked([X, B, M, V], T.grad(costs.sum(), [X, B]), *VALUES)
    assert not scans(f)
