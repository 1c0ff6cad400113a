"""Training step of a perceptron with two hidden layers: 784-512-512-10, rectifier, float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere

RATE = np.float32(0.01)


def weights(sizes: Sequence[int]) -> list[Any]:
    """``W1, b1, W2, b2, …``: normal, scaled by the number of inputs."""
    rng = np.random.default_rng(1)
    params = []
    for n, m in zip(sizes, sizes[1:]):
        params.append((rng.standard_normal((n, m)) * np.sqrt(2 / n)).astype(np.float32))
        params.append((0.1 * rng.standard_normal(m)).astype(np.float32))
    return params


def _data(batch: int, layers: Sequence[int]) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, layers[0])).astype(np.float32)
    y = rng.integers(0, layers[-1], batch)
    return x, y, weights(layers)


def cost_of(lang: Language, x: Any, y: Any, params: Sequence[Any]) -> Any:
    """Mean negative log-likelihood, as a graph."""
    T = lang.T
    h = x
    for k in range(0, len(params) - 2, 2):
        h = T.maximum(T.dot(h, params[k]) + params[k + 1], 0)
    p = lang.log_softmax(T.dot(h, params[-2]) + params[-1])
    return -T.mean(p[T.arange(y.shape[0]), y])


def training_function(lang: Language, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The training function and its shared parameters."""
    x, y = lang.T.fmatrix("x"), lang.T.lvector("y")
    params = [lang.shared(value.copy()) for value in values]
    cost = cost_of(lang, x, y, params)
    grads = lang.grad(cost, params)
    return lang.function([x, y], cost, updates=[(p, p - RATE * g) for p, g in zip(params, grads)]), params


def _symbolic(lang: Language, x: Any, y: Any, values: list[Any]) -> Case:
    fn, params = training_function(lang, values)
    return Case(fn, (x, y), lambda cost: [cost, *(p.get_value() for p in params)])


def numpy_step(x: Any, y: Any, values: list[Any]) -> Case:
    """By hand, into arrays made beforehand."""
    params = [value.copy() for value in values]
    n, depth = len(x), len(params) // 2
    ws, bs = params[::2], params[1::2]
    hs = [np.empty((n, w.shape[1]), np.float32) for w in ws]
    ds = [np.empty_like(h) for h in hs]
    gws, gbs = [np.empty_like(w) for w in ws], [np.empty_like(b) for b in bs]
    rows, live = np.arange(n), [np.empty(h.shape, bool) for h in hs]
    top, total = np.empty((n, 1), np.float32), np.empty((n, 1), np.float32)

    def step(x: Any, y: Any) -> Any:
        below = x
        for k in range(depth):
            np.dot(below, ws[k], out=hs[k])
            np.add(hs[k], bs[k], out=hs[k])
            if k < depth - 1:
                np.maximum(hs[k], 0, out=hs[k])
            below = hs[k]
        z, d = hs[-1], ds[-1]
        np.max(z, axis=1, keepdims=True, out=top)
        np.subtract(z, top, out=z)
        np.exp(z, out=d)
        np.sum(d, axis=1, keepdims=True, out=total)
        cost = -np.mean(z[rows, y] - np.log(total[:, 0]))
        np.divide(d, total, out=d)
        d[rows, y] -= 1
        np.divide(d, np.float32(n), out=d)
        for k in range(depth - 1, -1, -1):
            np.dot((hs[k - 1] if k else x).T, ds[k], out=gws[k])
            np.sum(ds[k], axis=0, out=gbs[k])
            if k:
                np.dot(ds[k], ws[k].T, out=ds[k - 1])
                np.greater(hs[k - 1], 0, out=live[k - 1])
                np.multiply(ds[k - 1], live[k - 1], out=ds[k - 1])
        for p, g in zip((*ws, *bs), (*gws, *gbs)):
            np.multiply(g, RATE, out=g)
            np.subtract(p, g, out=p)
        return cost

    return Case(step, (x, y), lambda cost: [cost, *(p.copy() for p in params)])


def jax_cost(jax: Any) -> Callable[..., Any]:
    """``loss(params, x, y)``."""
    jnp = jax.numpy

    def loss(params: Any, x: Any, y: Any) -> Any:
        h = x
        for k in range(0, len(params) - 2, 2):
            h = jax.nn.relu(h @ params[k] + params[k + 1])
        p = jax.nn.log_softmax(h @ params[-2] + params[-1])
        return -jnp.mean(p[jnp.arange(y.shape[0]), y])

    return loss


def _jax(x: Any, y: Any, values: list[Any]) -> Case:
    return jax_steps(jax_cost(load_jax()), x, y, values)


def jax_steps(loss: Callable[..., Any], x: Any, y: Any, values: list[Any]) -> Case:
    """Training steps, each of which gets the parameters that the one before has made."""
    jax = load_jax()

    def update(params: Any, x: Any, y: Any) -> Any:
        cost, grads = jax.value_and_grad(loss)(params, x, y)
        return [p - RATE * g for p, g in zip(params, grads)], cost

    step = jax.jit(update, donate_argnums=0)
    state = [[jax.device_put(value) for value in values]]

    def call(x: Any, y: Any) -> Any:
        state[0], cost = step(state[0], x, y)
        return cost

    args = (jax.device_put(x), jax.device_put(y))
    # the parameters are ready with the cost of the next step at the latest; the last step's are waited for
    return Case(call, args, lambda cost: flat([cost, *state[0]]), lambda _: jax.block_until_ready(state[0]))


def _torch(x: Any, y: Any, values: list[Any], compiled: bool = False) -> Case:
    torch = load_torch()
    F = torch.nn.functional
    params = [torch.from_numpy(value.copy()).requires_grad_() for value in values]

    def loss(x: Any, y: Any) -> Any:
        h = x
        for k in range(0, len(params) - 2, 2):
            h = F.relu(torch.addmm(params[k + 1], h, params[k]))
        return F.cross_entropy(torch.addmm(params[-1], h, params[-2]), y)

    inner = torch.compile(loss) if compiled else loss

    def call(x: Any, y: Any) -> Any:
        cost = inner(x, y)
        grads = torch.autograd.grad(cost, params)
        with torch.no_grad():
            torch._foreach_add_(params, grads, alpha=-float(RATE))
        return cost

    args = (torch.from_numpy(x), torch.from_numpy(y))
    return Case(call, args, lambda cost: flat([cost, *params]))


_SETUPS = {
    "numpy": numpy_step,
    "jax": _jax,
    "torch": _torch,
    "torch_compile": lambda x, y, values: _torch(x, y, values, compiled=True),
    **everywhere(_symbolic),
}
_LAYERS = (784, 512, 512, 10)
_TITLES = {
    64: "MLP 784-512-512-10 f32, training step, batch 64",
    1: "MLP 784-512-512-10 f32, training step, batch 1",
}

ROWS = [
    Workload(
        f"mlp-{batch}",
        title,
        Target(limit),
        data=_data,
        setups=_SETUPS,
        sizes={"batch": batch, "layers": _LAYERS},
        tiny={"batch": min(batch, 5), "layers": (7, 6, 5, 4)},
        rtol=1e-4,
    )
    for (batch, title), limit in zip(_TITLES.items(), (0.95, 0.65))
]
