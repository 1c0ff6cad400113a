"""Random programs over sparse matrices of small whole numbers: compiled, and node by node as SciPy has them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import scipy.sparse

import theano
import theano.tensor as T
from theano import sparse
from theano.ifelse import ifelse

LENGTHS = (0, 1, 2, 3, 7, 12)
LARGEST = 1e5  # beyond it sums might be rounded, in an order that is the executor's business


class RandomSparse:
    """A program of up to a dozen steps, each of which makes a matrix or a dense tensor of earlier ones."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.inputs: list[Any] = []
        self.values: list[Any] = []
        self.shared: list[Any] = []
        self.known: list[tuple[Any, Any]] = []  # variables with their values
        for _ in range(rng.randint(1, 3)):
            self.leaf(self.matrix())
        for _ in range(rng.randint(2, 12)):
            made = getattr(self, rng.choice(STEPS))()
            if made is not None:
                self.take(made)

    def compare(self) -> None:
        """Both executors give the same, also to shared variables."""
        wanted = random.Random(self.rng.random()).sample(self.known, min(len(self.known), 4))
        outputs = [v for v, _ in wanted]
        updates = [(s, self.updated(s)) for s in self.shared]
        start = [s.get_value() for s in self.shared]
        results = []
        for mode in ("FAST_RUN", "FAST_COMPILE"):
            for s, value in zip(self.shared, start, strict=True):
                s.set_value(value)
            f = theano.function(self.inputs, outputs, updates=updates, mode=mode, on_unused_input="ignore")
            results.append([*f(*self.values), *(s.get_value() for s in self.shared)])
        for got, right in zip(*results, strict=True):
            assert type(got) is type(right) and got.dtype == right.dtype and got.shape == right.shape
            np.testing.assert_array_equal(dense(got), dense(right))

    # -- leaves ----------------------------------------------------------------------------------------------
    def matrix(self, shape: tuple[int, int] | None = None) -> Any:
        """A matrix with rows that are empty or unsorted.

        No place is held twice: SciPy adds such elements here and there, and their squares are not those of the sum.
        """
        rng = self.rng
        n, m = shape or (rng.choice(LENGTHS), rng.choice(LENGTHS))
        rows = [rng.sample(range(m), min(rng.choice((0, 0, 1, 3, 20)), m)) for _ in range(n)]
        starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype("int32")
        columns = np.array([column for row in rows for column in row], "int32")
        dtype = rng.choice(("float64", "float64", "float32", "int32", "complex128", "complex64"))
        data = np.array([rng.randint(-3, 3) for _ in columns], dtype)
        if dtype.startswith("complex"):
            data = data + data.dtype.type(1j) * np.array([rng.randint(-3, 3) for _ in columns], dtype)
        made = scipy.sparse.csr_matrix((data, columns, starts), shape=(n, m))
        return made.tocsc() if rng.random() < 0.5 else made

    def tensor(self, *shape: int, dtype: str = "float64") -> np.ndarray:
        return np.array([self.rng.randint(-3, 3) for _ in range(int(np.prod(shape)))], dtype).reshape(shape)

    def leaf(self, value: Any) -> Any:
        """An input, a shared variable or a constant."""
        kind = self.rng.choice(("input", "input", "shared", "constant"))
        is_sparse = scipy.sparse.issparse(value)
        if kind == "constant":
            v = sparse.as_sparse_variable(value) if is_sparse else T.constant(value)
        elif kind == "shared":
            v = theano.shared(value)
            self.shared.append(v)
        else:
            dense_type = T.TensorType(str(value.dtype), (False,) * value.ndim)
            v = (sparse.SparseType(value.format, value.dtype) if is_sparse else dense_type).make_variable()
            self.inputs.append(v)
            self.values.append(value)
        self.known.append((v, value))
        return v

    def take(self, v: Any) -> None:
        """Keep a result whose numbers are exact, and not too many."""
        f = theano.function(self.inputs, v, mode="FAST_COMPILE", on_unused_input="ignore")
        value = f(*self.values)
        numbers = value.data if scipy.sparse.issparse(value) else value
        if np.isfinite(numbers).all() and (not numbers.size or np.abs(numbers).max() < LARGEST) and numbers.size < 5000:
            self.known.append((v, value))

    def updated(self, s: Any) -> Any:
        """A new value of a shared variable, of another structure now and then."""
        fit = [v for v, _ in self.known if v.type == s.type and v is not s]
        if fit and self.rng.random() < 0.3:
            return self.rng.choice(fit)
        return s * np.asarray(2, s.type.dtype) if self.rng.random() < 0.8 else s

    # -- steps -------------------------------------------------------------------------------------------------
    def pick(self, is_sparse: bool = True) -> tuple[Any, Any]:
        fit = [(v, x) for v, x in self.known if scipy.sparse.issparse(x) == is_sparse]
        return self.rng.choice(fit) if fit else (None, None)

    def like(self, *shape: int) -> Any:
        """A dense tensor of this shape: a known one or a new leaf."""
        fit = [v for v, x in self.known if not scipy.sparse.issparse(x) and x.shape == shape]
        return self.rng.choice(fit) if fit and self.rng.random() < 0.7 else self.leaf(self.tensor(*shape))

    def scaled(self) -> Any:
        x, _ = self.pick()
        by_two, turned = x * np.asarray(2, x.type.dtype), sparse.cast(x, "complex128") * np.asarray(1j)
        return self.rng.choice(
            (-x, by_two, sparse.sqr(x), x.T, sparse.structured_add(x, 1), sparse.conj(x), x.real, turned)
        )

    def dot(self) -> Any:
        x, value = self.pick()
        more = (self.rng.choice((1, 2, 9)),) if self.rng.random() < 0.5 else ()
        if self.rng.random() < 0.5:
            return sparse.dot(x, self.like(value.shape[1], *more))
        return sparse.dot(x.T, self.like(value.shape[0], *more))

    def dot_from_the_right(self) -> Any:
        x, value = self.pick()
        return sparse.dot(self.like(3, value.shape[0]), x)

    def sums(self) -> Any:
        x, _ = self.pick()
        return sparse.sp_sum(x, axis=self.rng.choice((None, 0, 1)))

    def as_dense(self) -> Any:
        return sparse.dense_from_sparse(self.pick()[0])

    def scale_rows(self) -> Any:
        x, value = self.pick()
        return sparse.row_scale(x, self.like(value.shape[0]))

    def scale_columns(self) -> Any:
        x, value = self.pick()
        return sparse.col_scale(x, self.like(value.shape[1]))

    def times_dense(self) -> Any:
        x, value = self.pick()
        return x * self.like(*value.shape)

    def sampled(self) -> Any:
        p, value = self.pick()
        return sparse.sampling_dot(self.like(value.shape[0], 4), self.like(value.shape[1], 4), p)

    def added(self) -> Any:
        x, value = self.pick()
        fit = [v for v, other in self.known if scipy.sparse.issparse(other) and other.shape == value.shape]
        return x + self.rng.choice(fit)

    def product(self) -> Any:
        x, _ = self.pick()
        return sparse.true_dot(x, x.T)

    def stacked(self) -> Any:
        x, _ = self.pick()
        return self.rng.choice((sparse.vstack, sparse.hstack))([x, x])

    def dense_work(self) -> Any:
        v, _ = self.pick(False)
        if v is None:
            return None
        positive = T.real(v) if v.type.dtype.startswith("complex") else T.maximum(v, 0)
        return self.rng.choice((v * 2, v + v, positive, v.sum(axis=-1) if v.ndim else -v))

    def chosen(self) -> Any:
        """One of two matrices of a type."""
        x, _ = self.pick()
        fit = [v for v, _ in self.known if v.type == x.type]
        return ifelse(T.gt(T.real(self.like(1)[0]), 0), self.rng.choice(fit), x)

    def gradient(self) -> Any:
        """Of the sum of squares of a product, with respect to its dense operand."""
        x, value = self.pick()
        w = self.like(value.shape[1])
        if x.type.dtype.startswith(("int", "complex")):
            return None
        cost = (sparse.dot(x, w) ** 2).sum()
        return T.grad(cost, w, consider_constant=[x]) if w.type.dtype.startswith("float") else None


STEPS = [
    "scaled", "scaled", "dot", "dot", "dot", "dot_from_the_right", "sums", "as_dense", "scale_rows", "scale_columns",
    "times_dense", "sampled", "added", "product", "stacked", "dense_work", "gradient", "chosen",
]  # fmt: skip


def dense(value: Any) -> np.ndarray:
    return value.toarray() if scipy.sparse.issparse(value) else np.asarray(value)


def compare(seed: int) -> None:
    """One program from a seed."""
    RandomSparse(random.Random(seed)).compare()
