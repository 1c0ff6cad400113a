"""Sparse matrices: a training step of logistic regression, a product with a matrix, a factorisation machine.

NumPy's rows are SciPy's matrices by hand; JAX's are `jax.experimental.sparse.BCOO`. Ours is given the matrix as users
hold it: a `scipy.sparse.csr_matrix`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import load_jax

RATE = 0.1


def _matrix(rows: int, columns: int, each: int) -> Any:
    """So many elements in each row, at different columns, in their order."""
    import scipy.sparse

    rng = np.random.default_rng(0)
    steps = np.sort(rng.integers(0, columns - each + 1, (rows, each)), axis=1)
    indices = (steps + np.arange(each)).astype("int32").ravel()
    starts = np.arange(0, rows * each + 1, each).astype("int32")
    return scipy.sparse.csr_matrix((rng.standard_normal(rows * each), indices, starts), shape=(rows, columns))


def _bcoo(jax: Any, x: Any) -> Any:
    from jax.experimental import sparse

    return jax.device_put(sparse.BCOO.from_scipy_sparse(x))


# -- logistic regression -----------------------------------------------------------------------------------------
def _labelled(rows: int, columns: int, each: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(1)
    return _matrix(rows, columns, each), rng.integers(0, 2, rows).astype(np.float64), np.zeros(columns)


def _logistic_theano(x: Any, y: Any, w: Any) -> Case:
    import theano
    import theano.tensor as T
    from theano import sparse

    a, v, weights = sparse.csr_matrix("x", dtype="float64"), T.dvector("y"), theano.shared(w, name="w")
    z = sparse.dot(a, weights)
    cost = T.nnet.softplus(z).mean() - (v * z).mean()
    step = theano.function([a, v], cost, updates=[(weights, weights - RATE * T.grad(cost, weights))])
    return Case(step, (x, y), lambda cost: [cost, weights.get_value()])


def _logistic_scipy(x: Any, y: Any, w: Any) -> Case:
    weights, turned = w.copy(), x.T
    n = len(y)

    def step(x: Any, y: Any) -> float:
        z = x @ weights
        cost = np.logaddexp(0, z).mean() - (y * z).mean()
        errors = (1 / (1 + np.exp(-z)) - y) / n
        np.subtract(weights, RATE * (turned @ errors), out=weights)
        return float(cost)

    return Case(step, (x, y), lambda cost: [cost, weights])


def _step_of(cost: Callable[..., Any], jax: Any) -> Callable[..., Any]:
    def step(parameters: Any, *args: Any) -> Any:
        value, gradients = jax.value_and_grad(cost)(parameters, *args)
        return value, jax.tree.map(lambda p, g: p - RATE * g, parameters, gradients)

    return jax.jit(step)  # type: ignore[no-any-return]


class _Stepping:
    """A function of parameters and data that gives a cost and new parameters, called in turn."""

    def __init__(self, jax: Any, step: Callable[..., Any], parameters: Any) -> None:
        self.step, self.parameters = step, jax.device_put(parameters)

    def __call__(self, *args: Any) -> Any:
        cost, self.parameters = self.step(self.parameters, *args)
        return cost, self.parameters


def _flat(result: Any) -> list[Any]:
    cost, parameters = result
    return [np.asarray(cost), *(np.asarray(p) for p in (parameters if isinstance(parameters, tuple) else [parameters]))]


def _logistic_jax(x: Any, y: Any, w: Any) -> Case:
    jax = load_jax()
    m = jax.numpy

    def cost(w: Any, x: Any, y: Any) -> Any:
        z = x @ w
        return m.mean(jax.nn.softplus(z)) - m.mean(y * z)

    call = _Stepping(jax, _step_of(cost, jax), w)
    return Case(call, (_bcoo(jax, x), jax.device_put(y)), _flat, jax.block_until_ready)


# -- a product with a matrix ---------------------------------------------------------------------------------------
def _with_matrix(rows: int, columns: int, each: int, width: int) -> tuple[Any, ...]:
    return _matrix(rows, columns, each), np.random.default_rng(2).standard_normal((columns, width))


def _product_theano(x: Any, w: Any) -> Case:
    import theano
    import theano.tensor as T
    from theano import sparse

    a, b = sparse.csr_matrix("x", dtype="float64"), T.dmatrix("w")
    return Case(theano.function([a, b], sparse.dot(a, b)), (x, w))


def _product_scipy(x: Any, w: Any) -> Case:
    return Case(lambda x, w: x @ w, (x, w))


def _product_jax(x: Any, w: Any) -> Case:
    jax = load_jax()
    return Case(
        jax.jit(lambda x, w: x @ w), (_bcoo(jax, x), jax.device_put(w)), lambda y: [np.asarray(y)],
        jax.block_until_ready,
    )  # fmt: skip


# -- a factorisation machine ---------------------------------------------------------------------------------------
def _factors(rows: int, columns: int, each: int, width: int) -> tuple[Any, ...]:
    x, y, w = _labelled(rows, columns, each)
    return x, y, w, 0.01 * np.random.default_rng(3).standard_normal((columns, width))


def _machine_theano(x: Any, y: Any, w: Any, v: Any) -> Case:
    """Squared errors of x w + ((x v)² - x² v²) / 2, summed over the factors."""
    import theano
    import theano.tensor as T
    from theano import sparse

    a, t = sparse.csr_matrix("x", dtype="float64"), T.dvector("y")
    weights, factors = theano.shared(w, name="w"), theano.shared(v, name="v")
    pairs = sparse.dot(a, factors) ** 2 - sparse.dot(sparse.sqr(a), factors**2)
    errors = sparse.dot(a, weights) + 0.5 * pairs.sum(axis=1) - t
    cost = (errors**2).mean()
    updates = [(p, p - RATE * T.grad(cost, p)) for p in (weights, factors)]
    step = theano.function([a, t], cost, updates=updates)
    return Case(step, (x, y), lambda cost: [cost, weights.get_value(), factors.get_value()])


def _machine_scipy(x: Any, y: Any, w: Any, v: Any) -> Case:
    w, v, squares = w.copy(), v.copy(), x.multiply(x).tocsr()
    turned, squares_turned = x.T, squares.T

    def step(x: Any, y: Any) -> float:
        first = x @ v
        errors = x @ w + 0.5 * (first**2 - squares @ v**2).sum(axis=1) - y
        cost = (errors**2).mean()
        back = 2 * errors / len(y)
        into_v = turned @ (back[:, None] * first) - (squares_turned @ back)[:, None] * v
        np.subtract(w, RATE * (turned @ back), out=w)
        np.subtract(v, RATE * into_v, out=v)
        return float(cost)

    return Case(step, (x, y), lambda cost: [cost, w, v])


def _machine_jax(x: Any, y: Any, w: Any, v: Any) -> Case:
    jax = load_jax()

    def cost(parameters: Any, x: Any, squares: Any, y: Any) -> Any:
        w, v = parameters
        pairs = (x @ v) ** 2 - squares @ v**2
        return jax.numpy.mean((x @ w + 0.5 * pairs.sum(axis=1) - y) ** 2)

    call = _Stepping(jax, _step_of(cost, jax), (w, v))
    matrices = _bcoo(jax, x), _bcoo(jax, x.multiply(x).tocsr())
    return Case(call, (*matrices, jax.device_put(y)), _flat, jax.block_until_ready)


_SIZES = {"rows": 20_000, "columns": 50_000, "each": 50}
_TINY = {"rows": 9, "columns": 7, "each": 3}

ROWS = [
    Workload(
        "sparse_logistic",
        "logistic regression, CSR 20,000 x 50,000 with 50 elements a row, training step, f64",
        Target(0.6),
        data=_labelled,
        setups={"theano": _logistic_theano, "numpy": _logistic_scipy, "jax": _logistic_jax},
        sizes=_SIZES,
        tiny=_TINY,
        rtol=1e-9,
    ),
    Workload(
        "sparse_product",
        "CSR 20,000 x 50,000 with 50 elements a row times a matrix of 64 columns, f64",
        Target(1.0, of="numpy"),
        data=_with_matrix,
        setups={"theano": _product_theano, "numpy": _product_scipy, "jax": _product_jax},
        sizes={**_SIZES, "width": 64},
        tiny={**_TINY, "width": 5},
        rtol=1e-9,
    ),
    Workload(
        "factorisation_machine",
        "factorisation machine on CSR 20,000 x 50,000 with 50 elements a row, 8 factors, training step, f64",
        data=_factors,
        setups={"theano": _machine_theano, "numpy": _machine_scipy, "jax": _machine_jax},
        sizes={**_SIZES, "width": 8},
        tiny={**_TINY, "width": 4},
        rtol=1e-8,
    ),
]
