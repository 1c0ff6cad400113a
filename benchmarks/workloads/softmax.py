"""Softmax of rows; log-softmax with the negative log-likelihood and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both, flat, load_torch
from benchmarks.workloads.symbolic import Language, everywhere


def _data(rows: int, columns: int) -> tuple[Any, ...]:
    return (np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32),)


def _labelled(rows: int, columns: int) -> tuple[Any, ...]:
    (x,) = _data(rows, columns)
    return x, np.random.default_rng(1).integers(0, columns, rows)


# -- softmax ---------------------------------------------------------------------------------------------
def _softmax(lang: Language, x: Any) -> Case:
    u = lang.T.fmatrix("x")
    return Case(lang.function([u], lang.softmax(u)), (x,))


def _numpy_softmax(x: Any) -> Case:
    out, column = np.empty_like(x), np.empty((len(x), 1), x.dtype)

    def call(x: Any) -> Any:
        np.max(x, axis=1, keepdims=True, out=column)
        np.subtract(x, column, out=out)
        np.exp(out, out=out)
        np.sum(out, axis=1, keepdims=True, out=column)
        np.divide(out, column, out=out)
        return out

    return Case(call, (x,))


# -- log-softmax, loss, gradient -------------------------------------------------------------------------
def _loss(lang: Language, x: Any, y: Any) -> Case:
    T = lang.T
    u, v = T.fmatrix("x"), T.lvector("y")
    loss = -T.mean(lang.log_softmax(u)[T.arange(v.shape[0]), v])
    return Case(lang.function([u, v], [loss, lang.grad(loss, u)]), (x, y), list)


def _numpy_loss(x: Any, y: Any) -> Case:
    out, column, rows = np.empty_like(x), np.empty((len(x), 1), x.dtype), np.arange(len(x))
    n = np.float32(len(x))

    def call(x: Any, y: Any) -> Any:
        np.max(x, axis=1, keepdims=True, out=column)
        np.subtract(x, column, out=out)
        chosen = out[rows, y]
        np.exp(out, out=out)
        np.sum(out, axis=1, keepdims=True, out=column)
        loss = np.mean(np.log(column[:, 0]) - chosen)
        np.multiply(column, n, out=column)
        np.divide(out, column, out=out)
        out[rows, y] -= 1 / n
        return loss, out

    return Case(call, (x, y), list)


def _jax_loss(jax: Any) -> Any:
    m = jax.numpy
    return jax.value_and_grad(lambda x, y: -m.mean(jax.nn.log_softmax(x)[m.arange(x.shape[0]), y]))


def _torch_loss(torch: Any) -> Any:
    def call(x: Any, y: Any) -> Any:
        x = x.detach().requires_grad_()
        loss = torch.nn.functional.cross_entropy(x, y)
        return loss, torch.autograd.grad(loss, x)[0]

    return call


def _torch_compiled_loss(x: Any, y: Any) -> Case:
    torch = load_torch()
    inner = torch.compile(torch.nn.functional.cross_entropy)
    u, v = torch.from_numpy(x).requires_grad_(), torch.from_numpy(y)

    def call(u: Any, v: Any) -> Any:
        loss = inner(u, v)
        return loss, torch.autograd.grad(loss, u)[0]

    return Case(call, (u, v), flat)


_SIZES = {"rows": 10_000, "columns": 1000}
_TINY = {"rows": 7, "columns": 13}

ROWS = [
    Workload(
        "softmax",
        "softmax of rows, 10000x1000 f32",
        Target(0.35),
        data=_data,
        setups={
            "numpy": _numpy_softmax,
            **both(lambda jax: jax.nn.softmax, lambda torch: lambda x: torch.softmax(x, 1)),
            **everywhere(_softmax),
        },
        sizes=_SIZES,
        tiny=_TINY,
        rtol=1e-5,
    ),
    Workload(
        "log-softmax-grad",
        "log-softmax, negative log-likelihood and its gradient, 10000x1000 f32",
        Target(0.35),
        data=_labelled,
        setups={
            "numpy": _numpy_loss,
            **both(_jax_loss, _torch_loss),
            "torch_compile": _torch_compiled_loss,
            **everywhere(_loss),
        },
        sizes=_SIZES,
        tiny=_TINY,
        rtol=1e-5,
    ),
]
