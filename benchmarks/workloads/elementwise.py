"""One long point-wise expression over one array."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere


def _data(n: int, dtype: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.uniform(-3, 3, n).astype(dtype), np.array(1.25, dtype), np.array(-0.5, dtype)


def _symbolic(lang: Language, x: Any, a: Any, b: Any) -> Case:
    T = lang.T
    u = T.vector("x", dtype=str(x.dtype))
    k, c = T.scalar("a", dtype=str(x.dtype)), T.scalar("b", dtype=str(x.dtype))
    sigmoid = getattr(T, "sigmoid", None) or T.nnet.sigmoid
    value = sigmoid(u * k + c) * T.tanh(u) + T.exp(-(u**2)) / (1 + T.log1p(T.exp(u)))
    return Case(lang.function([u, k, c], value), (x, a, b))


def _numpy(x: Any, a: Any, b: Any) -> Case:
    left, right, out = np.empty_like(x), np.empty_like(x), np.empty_like(x)

    def call(x: Any, a: Any, b: Any) -> Any:
        np.multiply(x, a, out=left)
        np.add(left, b, out=left)
        np.negative(left, out=left)
        np.exp(left, out=left)
        np.add(left, 1, out=left)
        np.tanh(x, out=out)
        np.divide(out, left, out=out)
        np.multiply(x, x, out=left)
        np.negative(left, out=left)
        np.exp(left, out=left)
        np.exp(x, out=right)
        np.log1p(right, out=right)
        np.add(right, 1, out=right)
        np.divide(left, right, out=left)
        np.add(out, left, out=out)
        return out

    return Case(call, (x, a, b))


def _numexpr(x: Any, a: Any, b: Any) -> Case:
    import numexpr

    text = "tanh(x) / (1 + exp(-(x*a + b))) + exp(-x*x) / (1 + log1p(exp(x)))"
    return Case(lambda x, a, b: numexpr.evaluate(text), (x, a, b))


def _jax(jax: Any) -> Any:
    m = jax.numpy
    return lambda x, a, b: jax.nn.sigmoid(x * a + b) * m.tanh(x) + m.exp(-(x**2)) / (1 + m.log1p(m.exp(x)))


def _torch(torch: Any) -> Any:
    m = torch
    return lambda x, a, b: m.sigmoid(x * a + b) * m.tanh(x) + m.exp(-(x**2)) / (1 + m.log1p(m.exp(x)))


def _row(name: str, title: str, n: int, dtype: str, rtol: float) -> Workload:
    return Workload(
        name,
        title,
        Target(0.6),
        data=_data,
        setups={"numpy": _numpy, "numexpr": _numexpr, **both(_jax, _torch), **everywhere(_symbolic)},
        sizes={"n": n, "dtype": dtype},
        tiny={"n": 101, "dtype": dtype},
        rtol=rtol,
    )


ROWS = [
    _row("fused-f32", "`sigmoid(xa+b)·tanh(x) + exp(-x²)/(1+log1p(eˣ))`, 1e6 f32", 10**6, "float32", 2e-6),
    _row("fused-f64", "the same expression, 1e7 f64", 10**7, "float64", 1e-13),
]
