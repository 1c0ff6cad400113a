"""Elements and rows that arrays of integers name: read, added to, and both in the step of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both, flat, jax_case, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere

RATE = np.float32(1e-4)  # small, so that rows stay away from subnormal numbers for a million calls


def _data(n: int, m: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, n), rng.integers(0, n, m), rng.uniform(-1, 1, m)


# -- gather ------------------------------------------------------------------------------------------------
def _gather(lang: Language, x: Any, i: Any, v: Any) -> Case:
    u, k = lang.T.dvector("x"), lang.T.lvector("i")
    return Case(lang.function([u, k], u[k]), (x, i))


def _numpy_gather(x: Any, i: Any, v: Any) -> Case:
    out = np.empty(len(i))
    return Case(lambda x, i: np.take(x, i, out=out, mode="clip"), (x, i))


# -- scatter -----------------------------------------------------------------------------------------------
def _scatter(lang: Language, x: Any, i: Any, v: Any) -> Case:
    T = lang.T
    u, k, w = T.dvector("x"), T.lvector("i"), T.dvector("v")
    return Case(lang.function([u, k, w], T.inc_subtensor(u[k], w)), (x, i, v))


def _numpy_scatter(x: Any, i: Any, v: Any) -> Case:
    out = np.empty_like(x)

    def call(x: Any, i: Any, v: Any) -> Any:
        np.copyto(out, x)
        np.add.at(out, i, v)
        return out

    return Case(call, (x, i, v))


# -- masks -------------------------------------------------------------------------------------------------
def _masked(lang: Language, x: Any, i: Any, v: Any) -> Case:
    u = lang.T.dvector("x")
    return Case(lang.function([u], lang.T.set_subtensor(u[u > 0], 0.0)), (x,))


def _numpy_masked(x: Any, i: Any, v: Any) -> Case:
    out = np.empty_like(x)

    def call(x: Any) -> Any:
        np.copyto(out, x)
        out[x > 0] = 0
        return out

    return Case(call, (x,))


# -- an embedding --------------------------------------------------------------------------------------------
def _embedding_data(words: int, width: int, batch: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((words, width)).astype(np.float32), rng.integers(0, words, batch)


def _embedding(lang: Language, values: Any, words: Any) -> Case:
    """The rows of a batch go towards zero: a step down the gradient of half their squares."""
    T = lang.T
    table, k = lang.shared(values.copy()), T.lvector("i")
    rows = table[k]
    fn = lang.function([k], (rows**2).sum() / 2, updates=[(table, T.inc_subtensor(rows, -RATE * rows))])
    return Case(fn, (words,), lambda cost: [cost, table.get_value()])


def _numpy_embedding(values: Any, words: Any) -> Case:
    table, rows = values.copy(), np.empty((len(words), values.shape[1]), np.float32)

    def call(words: Any) -> Any:
        np.take(table, words, axis=0, out=rows, mode="clip")
        cost = np.vdot(rows, rows) / 2
        np.multiply(rows, -RATE, out=rows)
        np.add.at(table, words, rows)
        return cost

    return Case(call, (words,), lambda cost: [cost, table.copy()])


def _jax_embedding(values: Any, words: Any) -> Case:
    jax = load_jax()

    def update(table: Any, words: Any) -> Any:
        rows = table[words]
        return table.at[words].add(-RATE * rows), (rows**2).sum() / 2

    step = jax.jit(update, donate_argnums=0)
    state = [jax.device_put(values)]

    def call(words: Any) -> Any:
        state[0], cost = step(state[0], words)
        return cost

    return Case(
        call, (jax.device_put(words),), lambda cost: flat([cost, state[0]]), lambda _: jax.block_until_ready(state[0])
    )


def _torch_embedding(values: Any, words: Any) -> Case:
    torch = load_torch()
    table = torch.from_numpy(values.copy())

    def call(words: Any) -> Any:
        rows = table[words]
        table.index_add_(0, words, rows, alpha=-float(RATE))
        return (rows**2).sum() / 2

    return Case(call, (torch.from_numpy(words),), lambda cost: flat([cost, table]))


SIZES, TINY = {"n": 1_000_000, "m": 500_000}, {"n": 31, "m": 20}

ROWS = [
    Workload(
        "gather",
        "x[i], 500,000 of 1e6",
        Target(0.7),
        data=_data,
        setups={
            "numpy": _numpy_gather,
            "jax": lambda x, i, v: jax_case(lambda jax: lambda x, i: x[i], x, i),
            **everywhere(_gather),
        },
        sizes=SIZES,
        tiny=TINY,
    ),
    Workload(
        "scatter-add",
        "inc_subtensor(x[i], v), 500,000 into 1e6",
        Target(0.7),
        data=_data,
        setups={
            "numpy": _numpy_scatter,
            **both(
                lambda jax: lambda x, i, v: x.at[i].add(v), lambda torch: lambda x, i, v: x.clone().index_add_(0, i, v)
            ),
            **everywhere(_scatter),
        },
        sizes=SIZES,
        tiny=TINY,
    ),
    Workload(
        "mask-set",
        "set_subtensor(x[x > 0], 0), 1e6",
        None,
        data=_data,
        setups={
            "numpy": _numpy_masked,
            "jax": lambda x, i, v: jax_case(lambda jax: lambda x: jax.numpy.where(x > 0, 0, x), x),
            **everywhere(_masked),
        },
        sizes=SIZES,
        tiny=TINY,
    ),
    Workload(
        "embedding",
        "embedding: 4096 of 100,000 rows of 64 f32 read and updated",
        Target(0.6),
        data=_embedding_data,
        setups={
            "numpy": _numpy_embedding,
            "jax": _jax_embedding,
            "torch": _torch_embedding,
            **everywhere(_embedding),
        },
        sizes={"words": 100_000, "width": 64, "batch": 4096},
        tiny={"words": 9, "width": 5, "batch": 7},
        rtol=1e-5,
    ),
]
