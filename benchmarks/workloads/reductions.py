"""Sums and variances along either axis of a large matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere


def _data(n: int) -> tuple[Any, ...]:
    return (np.random.default_rng(0).uniform(0, 1, (n, n)).astype(np.float32),)


def _symbolic(what: str, axis: int) -> Callable[..., Case]:
    def setup(lang: Language, x: Any) -> Case:
        u = lang.T.fmatrix("x")
        return Case(lang.function([u], getattr(u, what)(axis=axis)), (x,))

    return setup


def _numpy(what: str, axis: int) -> Callable[..., Case]:
    def setup(x: Any) -> Case:
        out = np.empty(x.shape[1 - axis], x.dtype)
        return Case(lambda x: getattr(np, what)(x, axis=axis, out=out), (x,))

    return setup


def _reference(what: str, axis: int) -> Callable[..., Case]:
    # float64: float32 sums differ in the last digits from contender to contender
    return lambda x: Case(lambda: getattr(np, what)(x, axis=axis, dtype=np.float64))


def _jax(what: str, axis: int) -> Callable[..., Any]:
    return lambda jax: lambda x: getattr(jax.numpy, what)(x, axis=axis)


def _torch(what: str, axis: int) -> Callable[..., Any]:
    if what == "var":
        return lambda torch: lambda x: torch.var(x, dim=axis, correction=0)
    return lambda torch: lambda x: getattr(torch, what)(x, dim=axis)


def _row(name: str, title: str, what: str, axis: int, limit: float) -> Workload:
    return Workload(
        name,
        title,
        Target(limit),
        data=_data,
        setups={
            "numpy": _numpy(what, axis),
            **both(_jax(what, axis), _torch(what, axis)),
            **everywhere(_symbolic(what, axis)),
        },
        reference=_reference(what, axis),
        sizes={"n": 4000},
        tiny={"n": 19},
        rtol=1e-4,
    )


ROWS = [
    _row("sum-rows", "sum over rows, 4000x4000 f32", "sum", 1, 1.05),
    _row("sum-columns", "sum over columns, 4000x4000 f32", "sum", 0, 0.7),
    _row("var-0", "var over axis 0, 4000x4000 f32", "var", 0, 0.25),
    _row("var-1", "var over axis 1, 4000x4000 f32", "var", 1, 0.4),
]
