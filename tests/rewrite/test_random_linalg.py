"""Random programs of linear algebra: rewriting changes no value, and no error into a value or back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from theano.tensor.nlinalg import det, diag, matrix_inverse, slogdet, trace
from theano.tensor.slinalg import Cholesky, cholesky, solve, solve_lower_triangular, solve_upper_triangular

import theano
import theano.tensor as T
from theano.rewrite.hints import psd

N = 4
MODES = [theano.Mode(linker="py", optimizer="fast_run"), "FAST_RUN"]


class Program:
    """Matrices, vectors and numbers drawn from what they can be made of."""

    def __init__(self, seed: int, dtype: str = "float64", single: bool = False) -> None:
        """Of a dtype; `single`: of matrices of one number for sure, which broadcast."""
        self.rng = np.random.RandomState(seed)
        kinds = [T.TensorType(dtype, (single,) * ndim) for ndim in (2, 2, 1, 1)]
        self.inputs = A, B, v, w = [kind(name) for kind, name in zip(kinds, "ABvw", strict=True)]
        one = T.constant(np.eye(1, dtype=dtype)) if single else T.eye(v.shape[0], dtype=dtype)
        self.positive = [T.dot(A, A.T) + one, T.exp(-((v[:, None] - v[None, :]) ** 2)) + one, T.dot(B.T, B) + 2 * one]
        if dtype == "float32" or single:
            self.positive.append(T.dot(A, A.T))  # what is nearly singular has no place where values are compared
        self.given = [A + 5 * one, B + 5 * one, *self.positive]
        cost = self.number() + self.number()
        self.outputs = [cost, self.matrix(2), self.vector()]
        self.outputs += T.grad(cost, [A, v], disconnected_inputs="ignore")

    def one_of(self, *choices: Callable[[], Any]) -> Any:
        return choices[self.rng.randint(len(choices))]()

    def covariance(self) -> Any:
        return self.positive[self.rng.randint(len(self.positive))]

    def matrix(self, depth: int) -> Any:
        if not depth:
            return self.given[self.rng.randint(len(self.given))]

        def m() -> Any:
            return self.matrix(depth - 1)

        def squared(x: Any) -> Any:
            return T.dot(x, x.T)

        scale = T.exp(self.inputs[2] / 4)
        return self.one_of(
            m, self.covariance, lambda: T.tril(m()), lambda: T.triu(m()), lambda: m().T, lambda: matrix_inverse(m()),
            lambda: T.dot(m(), m()) / 5, lambda: (lambda x: x + x.T)(m()), lambda: cholesky(self.covariance()),
            lambda: squared(cholesky(self.covariance())), lambda: solve(m(), m()), lambda: squared(T.tril(m())) / 5,
            lambda: solve_lower_triangular(m(), m()), lambda: T.dot(diag(scale), m()), lambda: T.tanh(m() / 9) * 9,
            lambda: scale[:, None] * m() * scale[None, :], lambda: T.dot(matrix_inverse(m()), m()),
            lambda: matrix_inverse(matrix_inverse(m())), lambda: Cholesky(lower=False)(self.covariance()),
            lambda: (lambda x: T.dot(x.T, x))(Cholesky(lower=False)(self.covariance())),
            lambda: (lambda x: Cholesky(lower=False)(x) + cholesky(x))(self.covariance()),
        )  # fmt: skip

    def vector(self) -> Any:
        v, w = self.inputs[2:]
        m = self.matrix(2)
        return self.one_of(
            lambda: T.dot(matrix_inverse(m), v), lambda: solve(m, w), lambda: T.diag(T.dot(m, self.matrix(2))),
            lambda: solve_upper_triangular(m, v), lambda: T.dot(w, matrix_inverse(m)), lambda: T.diag(T.diag(v) + m),
            lambda: solve(psd(self.covariance()), w * v[0]),
        )  # fmt: skip

    def number(self) -> Any:
        m = self.matrix(2)
        return self.one_of(
            lambda: T.log(det(m)), lambda: T.log(abs(det(m))), lambda: det(m), lambda: trace(T.dot(m, self.matrix(2))),
            lambda: det(matrix_inverse(m)), lambda: T.dot(self.inputs[2], self.vector()), lambda: slogdet(m)[1],
            lambda: T.log(T.diag(cholesky(self.covariance()))).sum(), lambda: T.log(det(m.T)),
        )  # fmt: skip

    def run(self, mode: Any, values: list[np.ndarray]) -> list[np.ndarray] | None:
        """The values; None where there is an error."""
        f = theano.function(self.inputs, self.outputs, mode=mode, on_unused_input="ignore")
        try:
            with np.errstate(all="ignore"):
                found: list[np.ndarray] = f(*values)
                return found
        except np.linalg.LinAlgError:
            return None


@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("seed", range(7))
def test_values_and_errors_stay(seed: int, singular: bool) -> None:
    program = Program(seed + 100 * singular)
    rng = program.rng
    first = np.triu(rng.randint(0, 2, (N, N)), 1) - 5 * np.eye(N) if singular else rng.randn(N, N)
    values = [first, rng.randn(N, N), rng.randn(N), rng.randn(N)]
    wanted = program.run(theano.Mode(linker="py", optimizer=None), values)
    for mode in MODES:
        got = program.run(mode, values)
        if (got is None) != (wanted is None):
            # whether a matrix that is singular but for rounding is found to be so is a matter of rounding
            assert max(float(np.abs(x).max(initial=0)) for x in got or wanted or ()) > 1e12
            continue
        for g, value in zip(got or (), wanted or (), strict=True):
            if np.isfinite(value).all():  # what overflowed or was not a number may have become one
                np.testing.assert_allclose(g, value, rtol=1e-6, atol=1e-7 * (1 + np.abs(value).max(initial=0)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("single", [False, True])
def test_types_fit(dtype: str, single: bool) -> None:
    """What takes the place of an operation is of its type, whatever the matrices are."""
    for seed in range(15):
        program = Program(seed, dtype, single)
        rng = program.rng
        n = 1 if single else N
        values = [rng.randn(*(n,) * v.ndim).astype(dtype) for v in program.inputs]
        got, wanted = program.run(MODES[0], values), program.run(theano.Mode(linker="py", optimizer=None), values)
        for g, value, output in zip(got or (), wanted or (), program.outputs, strict=False):
            assert g.dtype == value.dtype == output.type.dtype and g.shape == value.shape
            if single and np.isfinite(value).all():
                np.testing.assert_allclose(g, value, rtol=1e-2, atol=1e-2 * (1 + np.abs(value).max(initial=0)))
