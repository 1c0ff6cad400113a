"""Linear algebra of statistics: a Gaussian process, and many small systems of equations, with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import jax_case
from benchmarks.workloads.symbolic import THEANOS, Language, everywhere


# -- Gaussian process ------------------------------------------------------------------------------------
def _process_data(n: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    places = np.sort(rng.uniform(0, 10, n))
    return places, np.sin(places) + 0.1 * rng.standard_normal(n), np.array([0.1, 0.2, -1.0])


def _process(lang: Language, p: Any, y: Any, params: Any) -> Case:
    T = lang.T
    u, v, w = T.dvector("p"), T.dvector("y"), T.dvector("params")
    reach, height, noise = w[0], w[1], w[2]
    distance = (u[:, None] - u[None, :]) ** 2
    K = T.exp(2 * height - 0.5 * distance / T.exp(2 * reach)) + T.exp(2 * noise) * T.eye(u.shape[0])
    L = T.slinalg.cholesky(K)
    z = T.slinalg.solve_lower_triangular(L, v)
    surprise = 0.5 * T.dot(z, z) + T.log(T.diag(L)).sum()
    return Case(lang.function([u, v, w], [surprise, lang.grad(surprise, w)]), (p, y, params), list)


def _numpy_process(p: Any, y: Any, params: Any) -> Case:
    """By hand: the gradient follows from the inverse (Rasmussen and Williams, eq. 5.9)."""
    import scipy.linalg

    lapack = scipy.linalg.lapack

    def call(p: Any, y: Any, params: Any) -> Any:
        reach, height, noise = params
        distance = np.subtract.outer(p, p)
        np.square(distance, out=distance)
        scale = np.exp(-2 * reach)
        smooth = np.exp(2 * height - 0.5 * scale * distance)
        nugget = np.exp(2 * noise)
        K = smooth.copy()
        K.flat[:: len(p) + 1] += nugget
        L, _ = lapack.dpotrf(K, lower=1, clean=0, overwrite_a=1)
        alpha, _ = lapack.dpotrs(L, y, lower=1)
        surprise = 0.5 * (y @ alpha) + np.log(np.diagonal(L)).sum()
        inverse, _ = lapack.dpotri(L, lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        G = 0.5 * (inverse - np.outer(alpha, alpha))
        weighted = G * smooth
        grad = [(weighted * distance).sum() * scale, 2 * weighted.sum(), 2 * nugget * np.trace(G)]
        return surprise, np.array(grad)

    return Case(call, (p, y, params), list)


def _jax_process(jax: Any) -> Any:
    jnp = jax.numpy
    from jax.scipy.linalg import solve_triangular

    def surprise(params: Any, p: Any, y: Any) -> Any:
        reach, height, noise = params
        distance = (p[:, None] - p[None, :]) ** 2
        K = jnp.exp(2 * height - 0.5 * distance / jnp.exp(2 * reach)) + jnp.exp(2 * noise) * jnp.eye(p.shape[0])
        L = jnp.linalg.cholesky(K, symmetrize_input=False)
        z = solve_triangular(L, y, lower=True)
        return 0.5 * jnp.dot(z, z) + jnp.log(jnp.diag(L)).sum()

    def both(p: Any, y: Any, params: Any) -> Any:
        return jax.value_and_grad(surprise)(params, p, y)

    return both


# -- many small systems ----------------------------------------------------------------------------------
def _systems_data(count: int, n: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, n, n))
    return x @ x.transpose(0, 2, 1) + n * np.eye(n), rng.standard_normal((count, n, 1))


def _systems(lang: Language, A: Any, b: Any) -> Case:
    T, s = lang.T, lang.T.slinalg
    u, v = T.tensor3("A", dtype="float64"), T.tensor3("b", dtype="float64")
    L = s.cholesky(u)
    z = s.solve_lower_triangular(L, v)
    cost = (s.solve_upper_triangular(L.dimshuffle(0, 2, 1), z) ** 2).sum()
    return Case(lang.function([u, v], [cost, *lang.grad(cost, [u, v])]), (A, b), _symmetric)


def _symmetric(results: Any) -> list[Any]:
    """The gradient of the matrices as that of symmetric ones: those of both triangles, half each."""
    cost, gA, gb = (np.asarray(x) for x in results)
    return [cost, (gA + gA.transpose(0, 2, 1)) / 2, gb]


def _numpy_systems(A: Any, b: Any) -> Case:
    """One matrix after the other, as SciPy has no stacks: the gradient is ``-w x'`` with ``A w = 2 x``."""
    import scipy.linalg

    lapack = scipy.linalg.lapack

    def call(A: Any, b: Any) -> Any:
        cost, gA, gb = 0.0, np.empty_like(A), np.empty_like(b)
        for k in range(len(A)):
            L, _ = lapack.dpotrf(A[k], lower=1)
            x, _ = lapack.dpotrs(L, b[k], lower=1)
            w, _ = lapack.dpotrs(L, 2 * x, lower=1)
            cost += (x * x).sum()
            gb[k] = w
            np.multiply(w, -x.T, out=gA[k])
        return cost, gA, gb

    return Case(call, (A, b), _symmetric)


def _jax_systems(jax: Any) -> Any:
    jnp = jax.numpy
    from jax.scipy.linalg import solve_triangular

    def cost(A: Any, b: Any) -> Any:
        L = jnp.linalg.cholesky(A, symmetrize_input=False)
        z = solve_triangular(L, b, lower=True)
        return (solve_triangular(L, z, lower=True, trans=1) ** 2).sum()

    def both(A: Any, b: Any) -> Any:
        value, grads = jax.value_and_grad(cost, (0, 1))(A, b)
        return [value, *grads]

    return both


def _with_symmetric(case: Case) -> Case:
    return Case(case.fn, case.args, _symmetric, case.sync)


# -- one small system ------------------------------------------------------------------------------------
def _small_data(n: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, n)) + n * np.eye(n), rng.standard_normal(n)


def _small(lang: Language, A: Any, b: Any) -> Case:
    u, v = lang.T.dmatrix("A"), lang.T.dvector("b")
    return Case(lang.function([u, v], lang.T.slinalg.solve(u, v)), (A, b))


ROWS = [
    Workload(
        "gaussian-process",
        "Gaussian process, 200 points, log-likelihood and gradient, f64",
        Target(0.9),
        data=_process_data,
        setups={
            "numpy": _numpy_process,
            "jax": lambda *data: jax_case(_jax_process, *data),
            **everywhere(_process, *THEANOS),
        },
        sizes={"n": 200},
        tiny={"n": 12},
        rtol=1e-7,
    ),
    Workload(
        "cholesky-solves",
        "50 systems 20 x 20 by Cholesky factors, with gradient, f64",
        Target(0.5),
        data=_systems_data,
        setups={
            "numpy": _numpy_systems,
            "jax": lambda *data: _with_symmetric(jax_case(_jax_systems, *data)),
            **everywhere(_systems, *THEANOS),
        },
        sizes={"count": 50, "n": 20},
        tiny={"count": 3, "n": 5},
        rtol=1e-8,
    ),
    Workload(
        "small-solve",
        "solve 4 equations, f64",
        Target(0.5),
        data=_small_data,
        setups={
            "numpy": lambda A, b: Case(np.linalg.solve, (A, b)),
            "jax": lambda *data: jax_case(lambda jax: jax.numpy.linalg.solve, *data),
            **everywhere(_small, *THEANOS),
        },
        sizes={"n": 4},
        tiny={"n": 3},
        rtol=1e-9,
    ),
]
