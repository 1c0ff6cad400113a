"""Random programs of linear algebra over matrices and stacks of them, with products and gradients."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import theano.tensor as T
from tests import random_program
from theano.gradient import disconnected_grad
from theano.ifelse import ifelse
from theano.rewrite.hints import psd
from theano.tensor import nlinalg, slinalg
from theano.tensor.linalg import factors
from theano.tensor.linalg.dot import matmul
from theano.tensor.linalg.matrices import adjoint, diagonal_of, identity_for, transposed, with_diagonal
from theano.tensor.linalg.schur import schur

DTYPES = ("float64", "float64", "float64", "float32", "complex128", "complex64")
STACKS = ((), (), (2,), (1,), (0,), (2, 3))


class RandomLinalg:
    """Square matrices, others and vectors of one length, all in stacks of one shape, made of each other.

    Attributes
    ----------
    program
        What is compiled.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.dtype, self.stack, self.n = rng.choice(DTYPES), rng.choice(STACKS), rng.choice((1, 2, 2, 3, 3, 4, 6))
        self.m = rng.choice((1, 2, 5))
        self.whole = rng.random() < 0.15  # whole numbers: singular, equal eigenvalues, exact zeros
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.program = random_program.Program(coarse=self.dtype)
        self.program.text.append(f"{self.dtype} {self.stack} {self.n} {self.m}")
        self.squares = [self._input(f"A{k}", self.n, self.n) for k in range(rng.randint(1, 2))]
        self.others = [self._input("M", self.n, self.m)]
        self.vectors = [self._input("v", self.n)]
        for _ in range(rng.randint(1, 4)):
            self._step()
        self._finish()

    def _input(self, name: str, *shape: int) -> Any:
        shape = (*self.stack, *shape)
        value = self.numbers.randint(-1, 2, shape) if self.whole else self.numbers.uniform(-1, 1, shape)
        if "complex" in self.dtype and self.rng.random() < 0.8:
            value = value + 1j * self.numbers.permutation(value.ravel()).reshape(shape)
        return self.program.add(self.rng, np.asarray(value, self.dtype), name)

    # -- matrices of a kind ------------------------------------------------------------------------------------

    def square(self) -> Any:
        return self.rng.choice(self.squares[-3:])

    def regular(self) -> Any:
        """A matrix whose diagonal is large."""
        x = self.square()
        scale = self.rng.choice((lambda: x, lambda: T.tanh(x.real), lambda: x / (1 + abs(x)), lambda: x))()
        return scale + (2 + self.n) * identity_for(x) if self.rng.random() < 0.9 else x

    def positive(self) -> Any:
        x = self.square()
        made = matmul(x, adjoint(x)) + self.rng.choice((1, 2)) * identity_for(x)
        return psd(made) if self.rng.random() < 0.2 and not self.stack else made

    def column(self, x: Any) -> Any:
        return x.dimshuffle(*range(x.ndim), "x")

    # -- steps -------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        kinds = [self._squares(), self._squares(), self._others(), self._vectors(), self._factors()]
        choices = self.rng.choice(kinds + ([self._plain()] if not self.stack else []))
        name = self.rng.choice(sorted(choices))
        self.program.text.append(name)
        made = choices[name]()
        core = made.ndim - len(self.stack)
        if core == 1:
            self.vectors.append(made)
        elif core == 2:
            (self.others if name.startswith("n x m") else self.squares).append(made)

    def _squares(self) -> dict[str, Callable[[], Any]]:
        a, b = self.square, self.regular
        return {
            "product": lambda: matmul(a(), a()) / self.n,
            "adjoint": lambda: adjoint(a()),
            "transposed": lambda: transposed(a()) * 2 - a(),
            "inverse": lambda: nlinalg.matrix_inverse(b()),
            "inverse of inverse": lambda: nlinalg.matrix_inverse(nlinalg.matrix_inverse(b())),
            "solve": lambda: slinalg.solve(b(), a()),
            "lower": lambda: slinalg.solve_lower_triangular(b(), a()),
            "upper": lambda: slinalg.solve_upper_triangular(b(), a()),
            "cholesky": lambda: slinalg.cholesky(self.positive()),
            "upper cholesky": lambda: slinalg.Cholesky(lower=False)(self.positive()),
            "squared factor": lambda: (lambda f: matmul(f, adjoint(f)))(slinalg.cholesky(self.positive())),
            "solve by factor": lambda: slinalg.cho_solve((slinalg.cholesky(self.positive()), True), a()),
            "pinv": lambda: nlinalg.pinv(b()),
            "expm": lambda: slinalg.expm(a() / 3),
            "scaled": lambda: matmul(with_diagonal(self.rng.choice(self.vectors)), a()),
            "scaled by numbers": lambda: a() * self.column(self.rng.choice(self.vectors)),
            "sylvester": lambda: slinalg.solve_sylvester(b(), b(), a()),
            "lyapunov": lambda: slinalg.solve_continuous_lyapunov(b(), a()),
            "discrete lyapunov": lambda: slinalg.solve_discrete_lyapunov(b() / (9 + 3 * self.n), a()),
            "root": lambda: slinalg.sqrtm(self.positive()),
            "inverse times": lambda: matmul(nlinalg.matrix_inverse(b()), a()),
            "times inverse": lambda: matmul(a(), nlinalg.matrix_inverse(b())),
            "branch": lambda: ifelse(T.gt(T.real(a()).sum(), 0), *self._alike(a(), a())),
        }

    def _alike(self, x: Any, y: Any) -> tuple[Any, Any]:
        dtype = str((T.zeros((), x.dtype) + T.zeros((), y.dtype)).dtype)
        return tuple(T.unbroadcast(T.cast(v, dtype), *range(v.ndim)) for v in (x, y))  # type: ignore[return-value]

    def _others(self) -> dict[str, Callable[[], Any]]:
        a, b, m = self.square, self.regular, self.rng.choice(self.others)
        return {
            "n x m: product": lambda: matmul(a(), m),
            "n x m: solve": lambda: slinalg.solve(b(), m),
            "n x m: inverse": lambda: matmul(nlinalg.matrix_inverse(b()), m),
            "n x m: lower": lambda: slinalg.solve_lower_triangular(b(), m),
            "n x m: symmetric": lambda: slinalg.cho_solve((slinalg.cholesky(self.positive()), True), m),
            "n x m: turned": lambda: adjoint(matmul(adjoint(m), b())),
            "of others": lambda: matmul(m, adjoint(m)),
            "n x m: pinv": lambda: adjoint(nlinalg.pinv(m)),
        }

    def _vectors(self) -> dict[str, Callable[[], Any]]:
        a, b, v = self.square, self.regular, self.rng.choice(self.vectors)
        return {
            "v: product": lambda: matmul(a(), self.column(v))[..., 0],
            "v: solve": lambda: slinalg.solve(b(), self.column(v))[..., 0],
            "v: diagonal": lambda: diagonal_of(a()),
            "v: diagonal of product": lambda: diagonal_of(matmul(a(), a())),
            "v: eigenvalues": lambda: nlinalg.eigh(self.positive())[0],
            "v: of a pencil": lambda: slinalg.eigvalsh(a() + adjoint(a()), self.positive()),
            "v: singular values": lambda: nlinalg.svd(b(), compute_uv=False),
            "v: with others": lambda: v + diagonal_of(a()),
        }

    def _factors(self) -> dict[str, Callable[[], Any]]:
        """What is put together again of factors, which are given but for signs."""

        def of_eigh(x: Any, by: str) -> Any:
            w, v = factors.eigh(x, by)
            return matmul(v * T.exp(-w).dimshuffle(*range(w.ndim - 1), "x", w.ndim - 1), adjoint(v))

        def of_svd(x: Any) -> Any:
            u, s, v = factors.svd(x, full_matrices=self.rng.random() < 0.5)
            return matmul(u * T.tanh(s).dimshuffle(*range(s.ndim - 1), "x", s.ndim - 1), v)

        def of_qr(x: Any) -> Any:
            q, r = factors.qr(x)
            return matmul(q, matmul(r, q))

        def of_schur(x: Any) -> Any:
            t, z = schur(x, "complex")
            return matmul(matmul(z, t), adjoint(z))

        return {
            "eigh": lambda: of_eigh(self.positive(), self.rng.choice("LU")),
            "svd": lambda: of_svd(self.regular()),
            "qr": lambda: of_qr(self.regular()),
            "schur": lambda: disconnected_grad(of_schur(self.square())),
        }

    def _plain(self) -> dict[str, Callable[[], Any]]:
        """Of matrices, not of stacks."""
        a, b, v, m = self.square, self.regular, self.rng.choice(self.vectors), self.rng.choice(self.others)
        return {
            "v: dot": lambda: T.dot(a(), v),
            "v: dot from the left": lambda: T.dot(v, nlinalg.matrix_inverse(b())),
            "v: solve a vector": lambda: slinalg.solve(b(), v),
            "v: solve lower": lambda: slinalg.solve_lower_triangular(b(), v),
            "outer": lambda: T.outer(v, v) + a(),
            "power": lambda: nlinalg.matrix_power(b() / (2 + self.n), self.rng.randint(-2, 3)),
            "kron": lambda: slinalg.kron(a(), a())[: self.n, -self.n :],
            "triangle": lambda: T.tril(a()) + T.triu(a(), 1) * 2,
            "chain": lambda: nlinalg.matrix_dot(a(), a(), b()) / self.n,
            "n x m: chain": lambda: nlinalg.matrix_dot(a(), m, T.conj(m).T, m),
            "v: least squares": lambda: nlinalg.lstsq()(b(), v, -1)[0],
            "tensorinv": lambda: nlinalg.tensorinv(b().reshape((self.n, self.n, 1)), ind=1)[:, 0, :]
            if self.rng.random() < 0.5 else nlinalg.tensorsolve(b(), v)[:, None] + a(),
            "hessian of form": lambda: matmul(a(), T.outer(v, v)),
            "diagonal": lambda: T.diag(v) + a(),
        }  # fmt: skip

    # -- results -----------------------------------------------------------------------------------------------

    def _number(self) -> Any:
        a, b = self.square, self.regular
        choices: list[Callable[[], Any]] = [
            lambda: T.real(nlinalg.det(a())).sum(), lambda: nlinalg.slogdet(b())[1].sum(),
            lambda: T.log(abs(nlinalg.det(b()))).sum(), lambda: T.real(diagonal_of(matmul(a(), a()))).sum(),
            lambda: T.log(T.real(diagonal_of(slinalg.cholesky(self.positive())))).sum(),
            lambda: (abs(self.rng.choice(self.vectors)) ** 2).sum(), lambda: (abs(self.others[-1]) ** 2).sum(),
            lambda: T.real(nlinalg.det(nlinalg.matrix_inverse(b()))).sum(),
            lambda: T.real(slinalg.solve(b(), a())).sum(),
        ]  # fmt: skip
        if not self.stack:
            choices += [lambda: nlinalg.norm(a()), lambda: T.real(nlinalg.trace(T.dot(a(), a())))]
        return self.rng.choice(choices)()

    def _finish(self) -> None:
        cost = self._number() + 0.5 * self._number() + (abs(self.square()) ** 2).sum()
        given = [*self.program.inputs, *self.program.shared]
        self.program.outputs = [cost, self.square(), self.vectors[-1], self.others[-1]]
        if self.rng.random() < 0.5:
            self.program.outputs += T.grad(cost, given, disconnected_inputs="ignore")


def compare(seed: int) -> int:
    """Compare the program of a seed with the operations' NumPy definitions; how many results told something."""
    return random_program.compare(RandomLinalg(random.Random(seed)).program, seed)
