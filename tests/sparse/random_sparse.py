"""Random programs with sparse matrices, against NumPy on dense arrays, and their gradients against `perform`."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

import theano
import theano.tensor as T
from theano import sparse as S
from theano.ifelse import ifelse

LENGTHS = (4, 6)


class RandomSparse:
    """Pairs of a variable and its value as a dense array, made of each other by operations that are drawn.

    Functions of the elements are 0 at 0: whether an element that is 0 is stored makes no difference.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.inputs: list[Any] = []
        self.values: list[Any] = []
        self.sparse: list[tuple[Any, np.ndarray]] = []
        self.dense: list[tuple[Any, np.ndarray]] = []
        self.dtype = rng.choice(["float64", "float64", "complex128"])
        numbers = np.random.RandomState(rng.randrange(10**6))
        for _ in range(rng.randint(1, 3)):
            self._sparse_input(numbers)
        for shape in [(4, 6), (6, 4), (4,), (6,), (6, 2), ()]:
            self._dense_input(self._numbers(numbers, shape))

    def _numbers(self, numbers: np.random.RandomState, shape: tuple[int, ...]) -> np.ndarray:
        made = numbers.uniform(0.2, 1.0, shape)
        return np.asarray(made if self.dtype == "float64" else made * np.exp(1j * numbers.uniform(-3.0, 3.0, shape)))

    def _sparse_input(self, numbers: np.random.RandomState) -> None:
        there = numbers.rand(4, 6) < self.rng.choice([0.0, 0.3, 0.8])
        value = np.where(there, self._numbers(numbers, (4, 6)), 0)
        format = self.rng.choice(["csr", "csc"])
        matrix = getattr(sp, f"{format}_matrix")(value)
        x = S.matrix(format, f"x{len(self.inputs)}", self.dtype)
        if self.rng.random() < 0.3:
            x = theano.shared(matrix, name=x.name)
        else:
            self.inputs.append(x)
            self.values.append(matrix)
        self.sparse.append((x, value))

    def _dense_input(self, value: np.ndarray) -> None:
        x = T.TensorType(self.dtype, (False,) * value.ndim)(f"d{len(self.inputs)}")
        self.inputs.append(x)
        self.values.append(value)
        self.dense.append((x, value))

    def of(self, pool: list[tuple[Any, np.ndarray]], *shape: int) -> tuple[Any, np.ndarray]:
        """One of the pairs of a shape; the latest ones are drawn more often."""
        fitting = [pair for pair in pool if not shape or pair[1].shape == shape]
        if not fitting:
            fitting = [(S.transpose(x), v.T) for x, v in pool if v.shape == shape[::-1]]
        return fitting[-1] if self.rng.random() < 0.6 else self.rng.choice(fitting)

    def step(self) -> None:
        """One more pair."""
        kind = self.rng.choice(list(STEPS))
        x, value = self.of(self.sparse)
        made, dense = STEPS[kind](self, x, value)
        pool = self.sparse if hasattr(made.type, "format") else self.dense
        pool.append((made, np.asarray(dense)))


def _number(self: RandomSparse) -> tuple[Any, np.ndarray]:
    return next(pair for pair in self.dense if pair[1].ndim == 0)


def _vector(self: RandomSparse, length: int) -> tuple[Any, np.ndarray]:
    return self.of([pair for pair in self.dense if pair[1].ndim == 1], length)


def _with(symbolic: Callable[..., Any], dense: Callable[..., Any], operand: Callable[..., Any]) -> Any:
    def step(self: RandomSparse, x: Any, value: np.ndarray) -> tuple[Any, Any]:
        y, other = operand(self, value)
        return symbolic(x, y), dense(value, other)

    return step


def _sparse_like(self: RandomSparse, value: np.ndarray) -> tuple[Any, np.ndarray]:
    return self.of(self.sparse, *value.shape)


def _dense_like(self: RandomSparse, value: np.ndarray) -> tuple[Any, np.ndarray]:
    fitting = [pair for pair in self.dense if pair[1].shape == value.shape]
    return self.rng.choice(fitting)


def _alone(symbolic: Callable[..., Any], dense: Callable[..., Any]) -> Any:
    return lambda self, x, value: (symbolic(x), dense(value))


def _rows(self: RandomSparse, x: Any, value: np.ndarray) -> tuple[Any, Any]:
    rows = [self.rng.randrange(-len(value), len(value)) for _ in value]
    return x[rows], value[rows]


def _product(self: RandomSparse, x: Any, value: np.ndarray) -> tuple[Any, Any]:
    y, other = self.rng.choice([pair for pair in self.dense if pair[1].ndim and len(pair[1]) == value.shape[1]])
    return (S.dot if other.ndim == 1 or self.rng.random() < 0.5 else S.structured_dot)(x, y), value @ other


STEPS: dict[str, Callable[[RandomSparse, Any, np.ndarray], tuple[Any, Any]]] = {
    "neg": _alone(lambda x: -x, lambda v: -v),
    "sqr": _alone(S.sqr, np.square),
    "sin": _alone(S.sin, np.sin),
    "conj": _alone(S.conj, np.conj),
    "branch": _with(
        lambda x, y: ifelse(T.gt(abs(S.sp_sum(x)), 1), x, x * 0.5 - S.mul(x, y)),
        lambda v, w: v if abs(v.sum()) > 1 else v * 0.5 - v * w, lambda self, v: _dense_like(self, v),
    ),
    "tanh": _alone(S.tanh, np.tanh),
    "transpose": _alone(S.transpose, np.transpose),
    "reversed": _alone(lambda x: x[::-1], lambda v: v[::-1]),
    "columns": _alone(lambda x: x[:, ::-1], lambda v: v[:, ::-1]),
    "clean": _alone(S.clean, lambda v: v),
    "rows": _rows,
    "halves": _alone(lambda x: S.vstack([x[2:], x[:2]], x.format), lambda v: np.vstack([v[2:], v[:2]])),
    "number": _with(lambda x, y: x * y, lambda v, w: v * w, lambda self, v: _number(self)),
    "add": _with(S.add, np.add, _sparse_like),
    "sub": _with(S.sub, np.subtract, _sparse_like),
    "mul": _with(S.mul, np.multiply, _sparse_like),
    "mul_s_d": _with(S.mul, np.multiply, _dense_like),
    "add_s_d": _with(S.add, np.add, _dense_like),
    "columns scaled": _with(S.col_scale, lambda v, w: v * w, lambda self, v: _vector(self, v.shape[1])),
    "rows scaled": _with(S.row_scale, lambda v, w: v * w[:, None], lambda self, v: _vector(self, v.shape[0])),
    "mul_s_v": _with(S.mul_s_v, lambda v, w: v * w, lambda self, v: _vector(self, v.shape[1])),
    "product": _product,
    "sparse product": _with(
        lambda x, y: S.tanh(S.structured_dot(x, S.true_dot(S.transpose(y), x))), lambda v, w: np.tanh(v @ (w.T @ v)),
        _sparse_like,
    ),
    "sum of columns": _alone(lambda x: S.sp_sum(x, 0), lambda v: v.sum(0)),
    "sum of rows": _alone(lambda x: S.sp_sum(x, 1, sparse_grad=True), lambda v: v.sum(1)),
    "dense": _alone(S.dense_from_sparse, lambda v: v),
    "element": _alone(lambda x: x[1, -1].dimshuffle("x").repeat(4), lambda v: np.repeat(v[1, -1], 4)),
}


def compare(seed: int) -> None:
    """Compare the program of a seed, and the gradients of the sum of its results."""
    program = RandomSparse(random.Random(seed))
    given = len(program.dense)
    for _ in range(program.rng.randint(1, 8)):
        program.step()
    results = [program.sparse[-1], *program.dense[given:][-3:]]
    outputs = [S.dense_from_sparse(x) if hasattr(x.type, "format") else x for x, _ in results]
    f = theano.function(program.inputs, [x for x, _ in results], on_unused_input="ignore")
    if not all(np.isfinite(v).all() and np.abs(v).max(initial=0) < 1e6 for _, v in results):
        return  # sines of complex numbers grow
    for found, (x, expected) in zip(f(*program.values), results, strict=True):
        found = found.toarray() if sp.issparse(found) else found
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=str(x))
    cost = sum((abs(x) ** 2).sum() if program.dtype.startswith("complex") else (x**2).sum() for x in outputs)
    grads = T.grad(cost, program.inputs, disconnected_inputs="ignore")
    sides = [theano.function(program.inputs, grads, on_unused_input="ignore", mode=m) for m in (None, "FAST_COMPILE")]
    for x, native, plain in zip(program.inputs, *(g(*program.values) for g in sides), strict=True):
        native, plain = (g.toarray() if sp.issparse(g) else g for g in (native, plain))
        np.testing.assert_allclose(native, plain, rtol=1e-9, atol=1e-12, err_msg=str(x))
