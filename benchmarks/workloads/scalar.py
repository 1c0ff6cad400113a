"""``f(a, b) = a * b``, called with Python floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere


def _symbolic(lang: Language, a: float, b: float) -> Case:
    x, y = lang.T.dscalar("x"), lang.T.dscalar("y")
    return Case(lang.function([x, y], x * y), (a, b))


def _numpy(a: float, b: float) -> Case:
    out = np.empty(())
    return Case(lambda x, y: np.multiply(x, y, out=out), (a, b))


def _jax(a: float, b: float) -> Case:
    jax = load_jax()
    return Case(jax.jit(lambda x, y: x * y), (a, b), flat, jax.block_until_ready)


def _torch(a: float, b: float, compiled: bool = False) -> Case:
    torch = load_torch()

    def tensor(number: float) -> Any:
        return torch.tensor(number, dtype=torch.float64)

    def multiply(x: Any, y: Any) -> Any:
        return x * y

    inner = torch.compile(multiply) if compiled else multiply
    return Case(lambda x, y: inner(tensor(x), tensor(y)), (a, b), flat)


ROWS = [
    Workload(
        "scalar",
        "`f(a, b) = a*b`, Python floats",
        Target(0.2),
        data=lambda: (1.5, 3.0),
        setups={
            "numpy": _numpy,
            "jax": _jax,
            "torch": _torch,
            "torch_compile": lambda a, b: _torch(a, b, compiled=True),
            **everywhere(_symbolic),
        },
    )
]
