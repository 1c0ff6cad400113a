"""Hessian of logistic regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import PYTENSOR, Language, everywhere


def _data(rows: int, weights: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, weights))
    return x, rng.integers(0, 2, rows).astype(np.float64), 0.1 * rng.standard_normal(weights)


def _symbolic(lang: Language, x: Any, y: Any, w: Any) -> Case:
    T = lang.T
    u, v = T.dmatrix("x"), T.dvector("y")
    p = T.TensorType("float64", shape=(len(w),))("w")
    z = T.dot(u, p)
    softplus = getattr(T, "softplus", None) or T.nnet.softplus
    cost = T.mean(softplus(z) - v * z)
    return Case(lang.function([u, v, p], lang.hessian(cost, p), on_unused_input="ignore"), (x, y, w))


def _numpy(x: Any, y: Any, w: Any) -> Case:
    """Closed form: Xᵀ diag(s (1 - s)) X / n."""
    z, scaled, out = np.empty(len(x)), np.empty_like(x), np.empty((len(w), len(w)))

    def call(x: Any, y: Any, w: Any) -> Any:
        np.dot(x, w, out=z)
        np.negative(z, out=z)
        np.exp(z, out=z)
        np.add(z, 1, out=z)
        np.reciprocal(z, out=z)
        np.multiply(z, 1 - z, out=z)
        np.divide(z, len(x), out=z)
        np.multiply(x, z[:, None], out=scaled)
        np.dot(x.T, scaled, out=out)
        return out

    return Case(call, (x, y, w))


def _jax(jax: Any) -> Any:
    m = jax.numpy

    def cost(w: Any, x: Any, y: Any) -> Any:
        z = x @ w
        return m.mean(jax.nn.softplus(z) - y * z)

    return lambda x, y, w: jax.hessian(cost)(w, x, y)


def _torch(torch: Any) -> Any:
    def cost(w: Any, x: Any, y: Any) -> Any:
        z = x @ w
        return torch.mean(torch.nn.functional.softplus(z) - y * z)

    return lambda x, y, w: torch.autograd.functional.hessian(lambda p: cost(p, x, y), w)


_PEERS = both(_jax, _torch)
del _PEERS["torch_compile"]  # second derivatives of compiled code are not supported

ROWS = [
    Workload(
        "hessian",
        "Hessian of logistic regression, 50 weights, 1000 rows, f64",
        Target(1.0, of="numpy"),
        data=_data,
        setups={"numpy": _numpy, **_PEERS, **everywhere(_symbolic, "theano", *PYTENSOR)},
        sizes={"rows": 1000, "weights": 50},
        tiny={"rows": 9, "weights": 4},
        rtol=1e-9,
    )
]
