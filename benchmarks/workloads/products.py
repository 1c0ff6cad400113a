"""Products of large square matrices: everybody calls a BLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere


def _data(n: int, dtype: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal((n, n)).astype(dtype) for _ in range(2))


def _symbolic(lang: Language, a: Any, b: Any) -> Case:
    x, y = (lang.T.matrix(name, dtype=str(a.dtype)) for name in "xy")
    return Case(lang.function([x, y], lang.T.dot(x, y)), (a, b))


def _numpy(a: Any, b: Any) -> Case:
    out = np.empty((len(a), b.shape[1]), a.dtype)
    return Case(lambda x, y: np.dot(x, y, out=out), (a, b))


def _row(name: str, title: str, dtype: str, rtol: float) -> Workload:
    return Workload(
        name,
        title,
        Target(1.02, of="numpy"),  # NumPy's BLAS is the one we call
        data=_data,
        setups={
            "numpy": _numpy,
            **both(lambda jax: lambda x, y: x @ y, lambda torch: lambda x, y: x @ y),
            **everywhere(_symbolic),
        },
        sizes={"n": 1024, "dtype": dtype},
        tiny={"n": 17, "dtype": dtype},
        rtol=rtol,
    )


ROWS = [
    _row("gemm-f32", "GEMM 1024³ f32", "float32", 1e-5),
    _row("gemm-f64", "GEMM 1024³ f64", "float64", 1e-13),
]
