"""Running sums along either axis of a matrix and along a vector, and the gradient of running products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both, jax_case
from benchmarks.workloads.symbolic import Language, everywhere


def _data(*shape: int) -> tuple[Any, ...]:
    return (np.random.default_rng(0).uniform(-1, 1, shape),)


def _matrix(n: int, m: int) -> tuple[Any, ...]:
    return _data(n, m)


def _vector(n: int) -> tuple[Any, ...]:
    return _data(n)


def _symbolic(axis: int) -> Callable[..., Case]:
    def setup(lang: Language, x: Any) -> Case:
        u = lang.T.dmatrix("x") if x.ndim == 2 else lang.T.dvector("x")
        return Case(lang.function([u], lang.T.cumsum(u, axis=axis)), (x,))

    return setup


def _numpy(axis: int) -> Callable[..., Case]:
    def setup(x: Any) -> Case:
        out = np.empty_like(x)
        return Case(lambda x: np.cumsum(x, axis=axis, out=out), (x,))

    return setup


def _row(name: str, title: str, axis: int, limit: float | None, data: Any, sizes: Any, tiny: Any) -> Workload:
    jax: Any = lambda jax: lambda x: jax.numpy.cumsum(x, axis=axis)  # noqa: E731
    torch: Any = lambda torch: lambda x: torch.cumsum(x, dim=axis)  # noqa: E731
    return Workload(
        name,
        title,
        None if limit is None else Target(limit),
        data=data,
        setups={"numpy": _numpy(axis), **both(jax, torch), **everywhere(_symbolic(axis))},
        sizes=sizes,
        tiny=tiny,
    )


# -- the gradient of running products ----------------------------------------------------------------------------
def _products(lang: Language, x: Any) -> Case:
    u = lang.T.dmatrix("x")
    cost = lang.T.cumprod(u, axis=1).sum()
    return Case(lang.function([u], lang.grad(cost, u)), (x,))


def _numpy_products(x: Any) -> Case:
    """Numbers that are not zero: the products from an element on, divided by it."""
    def call(x: Any) -> Any:
        return np.cumsum(np.cumprod(x, axis=1)[:, ::-1], axis=1)[:, ::-1] / x

    return Case(call, (x,))


def _jax_products(x: Any) -> Case:
    return jax_case(lambda jax: jax.grad(lambda x: jax.numpy.cumprod(x, axis=1).sum()), x)


def _factors(n: int, m: int) -> tuple[Any, ...]:
    return (np.random.default_rng(0).uniform(0.95, 1.05, (n, m)),)


MATRIX, TINY = {"n": 1000, "m": 2000}, {"n": 7, "m": 19}

ROWS = [
    _row("cumsum-rows", "running sums over rows, 1000x2000", 1, 0.9, _matrix, MATRIX, TINY),
    _row("cumsum-columns", "running sums over columns, 1000x2000", 0, 0.9, _matrix, MATRIX, TINY),
    _row("cumsum-vector", "running sum of a vector of 1e6", 0, None, _vector, {"n": 1_000_000}, {"n": 37}),
    Workload(
        "cumprod-gradient",
        "gradient of running products over rows, 1000x2000",
        None,
        data=_factors,
        setups={"numpy": _numpy_products, "jax": _jax_products, **everywhere(_products)},
        sizes=MATRIX,
        tiny=TINY,
        rtol=1e-8,
    ),
]
