"""A step of Adam on many weights, of a given gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere

RATE, FIRST, SECOND, EPSILON = (np.float32(a) for a in (1e-3, 0.9, 0.999, 1e-8))
ONE = np.float32(1)


def _data(n: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    w, m, g = (rng.standard_normal(n, dtype=np.float32) for _ in range(3))
    return w, m, rng.uniform(0.1, 1, n).astype(np.float32), g


def step(sqrt: Any, w: Any, m: Any, v: Any, g: Any, t: Any) -> tuple[Any, Any, Any]:
    """The new weights and moments of step `t`, as users write them."""
    m, v = FIRST * m + (ONE - FIRST) * g, SECOND * v + (ONE - SECOND) * g * g
    rate = RATE * sqrt(ONE - SECOND**t) / (ONE - FIRST**t)
    return w - rate * m / (sqrt(v) + EPSILON), m, v


def _symbolic(lang: Language, *arrays: Any) -> Case:
    T = lang.T
    state, t = [lang.shared(a.copy()) for a in arrays[:3]], lang.shared(np.float32(1))
    g = T.fvector("g")
    updates = [*zip(state, step(T.sqrt, *state, g, t), strict=True), (t, t + ONE)]
    return Case(lang.function([g], [], updates=updates), arrays[3:], lambda _: [s.get_value() for s in state])


def _numpy(*arrays: Any) -> Case:
    w, m, v = (a.copy() for a in arrays[:3])
    work, root, t = np.empty_like(w), np.empty_like(w), [ONE]

    def call(g: Any) -> None:
        np.multiply(m, FIRST, out=m)
        np.add(m, np.multiply(g, ONE - FIRST, out=work), out=m)
        np.multiply(v, SECOND, out=v)
        np.multiply(np.multiply(g, g, out=work), ONE - SECOND, out=work)
        np.add(v, work, out=v)
        rate = RATE * np.sqrt(ONE - SECOND ** t[0]) / (ONE - FIRST ** t[0])
        np.add(np.sqrt(v, out=root), EPSILON, out=root)
        np.divide(np.multiply(m, rate, out=work), root, out=work)
        np.subtract(w, work, out=w)
        t[0] += ONE

    return Case(call, arrays[3:], lambda _: [w.copy(), m.copy(), v.copy()])


def _jax(*arrays: Any) -> Case:
    jax = load_jax()
    jitted = jax.jit(lambda w, m, v, g, t: (*step(jax.numpy.sqrt, w, m, v, g, t), t + ONE), donate_argnums=(0, 1, 2))
    state = [[jax.device_put(a) for a in arrays[:3]], jax.numpy.float32(1)]

    def call(g: Any) -> None:
        *state[0], state[1] = jitted(*state[0], g, state[1])

    return Case(
        call, (jax.device_put(arrays[3]),), lambda _: flat(state[0]), lambda _: jax.block_until_ready(state[0])
    )


def _torch(*arrays: Any) -> Case:
    torch = load_torch()
    w, m, v, g = (torch.from_numpy(a.copy()) for a in arrays)
    w.requires_grad_()
    w.grad = g
    optimiser = torch.optim.Adam([w], lr=float(RATE), foreach=True)
    optimiser.state[w] = {"step": torch.tensor(0.0), "exp_avg": m, "exp_avg_sq": v}
    return Case(lambda g: optimiser.step(), (g,), lambda _: flat([w, m, v]))


ROWS = [
    Workload(
        "adam",
        "Adam, a step on 1e6 weights f32",
        Target(0.7),
        data=_data,
        setups={"numpy": _numpy, "jax": _jax, "torch": _torch, **everywhere(_symbolic)},
        sizes={"n": 1_000_000},
        tiny={"n": 17},
        rtol=1e-5,
    )
]
