"""Rows in order, the largest of each, and elements chosen by a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere

LARGEST = 10


def _data(rows: int, columns: int) -> tuple[Any]:
    """No two numbers are equal: their order would be anybody's choice."""
    numbers = np.linspace(-3, 3, rows * columns, dtype=np.float32)
    return (np.random.default_rng(0).permutation(numbers).reshape(rows, columns),)


def _symbolic(make: Callable[[Any, Any], Any]) -> Callable[..., Case]:
    """`make(T, x)` is the expression."""

    def setup(lang: Language, x: Any) -> Case:
        u = lang.T.fmatrix("x")
        return Case(lang.function([u], make(lang.T, u)), (x,))

    return setup


def _numpy_largest(x: Any) -> Any:
    return np.flip(np.sort(np.partition(x, -LARGEST, axis=1)[:, -LARGEST:], axis=1), 1)


def _row(
    name: str, title: str, target: Target | None, symbolic: Callable[[Any, Any], Any], numpy: Callable[[Any], Any],
    jax: Callable[[Any, Any], Any] | None, torch: Callable[[Any, Any], Any], names: tuple[str, ...] = (),
) -> Workload:  # fmt: skip
    """`jax(jax, x)` and `torch(torch, x)` are what the peers do; `names` are who has the expression (default: all)."""
    jax_make = None if jax is None else lambda module: lambda x: jax(module, x)
    peers = both(jax_make, lambda module: lambda x: torch(module, x))
    return Workload(
        name,
        f"{title}, 1000x1000 f32",
        target,
        data=_data,
        setups={"numpy": lambda x: Case(numpy, (x,)), **peers, **everywhere(_symbolic(symbolic), *names)},
        sizes={"rows": 1000, "columns": 1000},
        tiny={"rows": 5, "columns": 37},
    )


ROWS = [
    _row(
        "sort", "sort of rows", Target(0.7), lambda T, x: T.sort(x, axis=1), lambda x: np.sort(x, axis=1),
        lambda jax, x: jax.numpy.sort(x, axis=1), lambda torch, x: torch.sort(x, dim=1)[0],
    ),
    _row(
        "argsort", "argsort of rows", Target(0.7), lambda T, x: T.argsort(x, axis=1), lambda x: np.argsort(x, axis=1),
        lambda jax, x: jax.numpy.argsort(x, axis=1), lambda torch, x: torch.argsort(x, dim=1),
    ),
    _row(
        "sort-columns", "sort of columns", Target(1.0), lambda T, x: T.sort(x, axis=0), lambda x: np.sort(x, axis=0),
        lambda jax, x: jax.numpy.sort(x, axis=0), lambda torch, x: torch.sort(x, dim=0)[0],
    ),
    _row(
        "topk", f"the {LARGEST} largest of each row", Target(1.0), lambda T, x: T.topk(x, LARGEST), _numpy_largest,
        lambda jax, x: jax.lax.top_k(x, LARGEST)[0], lambda torch, x: torch.topk(x, LARGEST)[0], ("theano",),
    ),
    _row(
        "mask", "the positive elements", Target(0.7), lambda T, x: x[x > 0], lambda x: x[x > 0], None,
        lambda torch, x: x[x > 0],
    ),
]  # fmt: skip
