"""A training step of a transformer's layer: attention of some heads and a perceptron, each behind a layer norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import Language, everywhere

RATE, EPSILON = np.float32(0.01), np.float32(1e-5)


def _data(batch: int, length: int, width: int, heads: int) -> tuple[Any, ...]:
    """Rows of an input and what the layer should make of them, lengths, and the parameters."""
    rng = np.random.default_rng(0)
    x, wanted = (rng.standard_normal((batch * length, width), dtype=np.float32) for _ in range(2))

    def matrix(n: int, m: int) -> Any:
        return (rng.standard_normal((n, m)) / np.sqrt(n)).astype(np.float32)

    def vector(n: int, middle: float) -> Any:
        return (middle + 0.1 * rng.standard_normal(n)).astype(np.float32)

    params = [vector(width, 1), vector(width, 0), *(matrix(width, width) for _ in range(4))]
    params += [vector(width, 1), vector(width, 0), matrix(width, 4 * width), vector(4 * width, 0)]
    params += [matrix(4 * width, width), vector(width, 0)]
    return x, wanted, (batch, length, heads, width // heads), params


def loss_of(m: Any, stack_product: Any, softmax: Any, x: Any, wanted: Any, lengths: Any, params: Sequence[Any]) -> Any:
    """The layer as users write it; `m` has ``dot``, ``sqrt`` and ``maximum``, `softmax` is that of rows."""
    g1, b1, wq, wk, wv, wo, g2, b2, w1, c1, w2, c2 = params
    batch, length, heads, size = lengths
    scale = np.float32(size**-0.5)

    def normal(a: Any, scale: Any, shift: Any) -> Any:
        mean, var = a.mean(axis=1, keepdims=True), a.var(axis=1, keepdims=True)
        return (a - mean) / m.sqrt(var + EPSILON) * scale + shift

    def apart(a: Any) -> Any:
        return a.reshape((batch, length, heads, size)).transpose(0, 2, 1, 3).reshape((batch * heads, length, size))

    inside = normal(x, g1, b1)
    q, k, v = (apart(m.dot(inside, w)) for w in (wq, wk, wv))
    score = (stack_product(q, k.transpose(0, 2, 1)) * scale).reshape((batch * heads * length, length))
    seen = stack_product(softmax(score).reshape((batch * heads, length, length)), v)
    rows = seen.reshape((batch, heads, length, size)).transpose(0, 2, 1, 3).reshape((batch * length, heads * size))
    between = x + m.dot(rows, wo)
    made = between + m.dot(m.maximum(m.dot(normal(between, g2, b2), w1) + c1, np.float32(0)), w2) + c2
    return ((made - wanted) ** 2).mean()


def _symbolic(lang: Language, x: Any, wanted: Any, lengths: Any, values: list[Any]) -> Case:
    T = lang.T
    u, v, params = T.fmatrix("x"), T.fmatrix("wanted"), [lang.shared(value.copy()) for value in values]
    cost = loss_of(T, T.batched_dot, lang.softmax, u, v, lengths, params)
    updates = [(p, p - RATE * g) for p, g in zip(params, lang.grad(cost, params), strict=True)]
    fn = lang.function([u, v], cost, updates=updates)
    return Case(fn, (x, wanted), lambda cost: [cost, *(p.get_value() for p in params)])


def numpy_step(x: Any, wanted: Any, lengths: Any, values: list[Any]) -> Case:
    """Gradients by hand."""
    params = [value.copy() for value in values]
    batch, length, heads, size = lengths
    scale = x.dtype.type(size**-0.5)

    def normal(a: Any) -> tuple[Any, Any]:
        spread = np.sqrt(a.var(axis=1, keepdims=True) + EPSILON)
        return (a - a.mean(axis=1, keepdims=True)) / spread, spread

    def through_normal(d: Any, unit: Any, spread: Any) -> Any:
        return (d - d.mean(axis=1, keepdims=True) - unit * (d * unit).mean(axis=1, keepdims=True)) / spread

    def apart(a: Any) -> Any:
        return a.reshape(batch, length, heads, size).transpose(0, 2, 1, 3).reshape(batch * heads, length, size)

    def together(a: Any) -> Any:
        return a.reshape(batch, heads, length, size).transpose(0, 2, 1, 3).reshape(batch * length, heads * size)

    def step(x: Any, wanted: Any) -> Any:
        g1, b1, wq, wk, wv, wo, g2, b2, w1, c1, w2, c2 = params
        first, _ = normal(x)
        inside = first * g1 + b1
        q, k, v = (apart(inside @ w) for w in (wq, wk, wv))
        p = q @ k.transpose(0, 2, 1) * scale
        p = np.exp(p - p.max(axis=2, keepdims=True))
        p /= p.sum(axis=2, keepdims=True)
        rows = together(p @ v)
        between = x + rows @ wo
        second, spread = normal(between)
        entered = second * g2 + b2
        active = np.maximum(entered @ w1 + c1, 0)
        off = between + active @ w2 + c2 - wanted
        cost = (off**2).mean()

        d = off * x.dtype.type(2 / off.size)
        d_active = (d @ w2.T) * (active > 0)
        d_entered = d_active @ w1.T
        d_between = d + through_normal(d_entered * g2, second, spread)
        seen = apart(d_between @ wo.T)
        d_p = seen @ v.transpose(0, 2, 1)
        d_p = p * (d_p - (d_p * p).sum(axis=2, keepdims=True)) * scale
        sides = (d_p @ k, d_p.transpose(0, 2, 1) @ q, p.transpose(0, 2, 1) @ seen)
        d_q, d_k, d_v = (together(a) for a in sides)
        d_inside = d_q @ wq.T + d_k @ wk.T + d_v @ wv.T
        grads = [(d_inside * first).sum(axis=0), d_inside.sum(axis=0), *(inside.T @ a for a in (d_q, d_k, d_v))]
        grads += [rows.T @ d_between, (d_entered * second).sum(axis=0), d_entered.sum(axis=0), entered.T @ d_active]
        grads += [d_active.sum(axis=0), active.T @ d, d.sum(axis=0)]
        for param, grad in zip(params, grads, strict=True):
            param -= x.dtype.type(RATE) * grad
        return cost

    return Case(step, (x, wanted), lambda cost: [cost, *(p.copy() for p in params)])


def _reference(x: Any, wanted: Any, lengths: Any, values: list[Any]) -> Case:
    x, wanted, *values = (a.astype(np.float64) for a in (x, wanted, *values))
    return numpy_step(x, wanted, lengths, values)


def _jax(x: Any, wanted: Any, lengths: Any, values: list[Any]) -> Case:
    jax = load_jax()

    def loss(params: Any, x: Any, wanted: Any) -> Any:
        return loss_of(jax.numpy, jax.numpy.matmul, jax.nn.softmax, x, wanted, lengths, params)

    def update(params: Any, x: Any, wanted: Any) -> Any:
        cost, grads = jax.value_and_grad(loss)(params, x, wanted)
        return [p - RATE * g for p, g in zip(params, grads, strict=True)], cost

    step = jax.jit(update, donate_argnums=0)
    state = [[jax.device_put(value) for value in values]]

    def call(x: Any, wanted: Any) -> Any:
        state[0], cost = step(state[0], x, wanted)
        return cost

    args = (jax.device_put(x), jax.device_put(wanted))
    return Case(call, args, lambda cost: flat([cost, *state[0]]), lambda _: jax.block_until_ready(state[0]))


def _torch(x: Any, wanted: Any, lengths: Any, values: list[Any]) -> Case:
    torch = load_torch()
    F = torch.nn.functional
    params = [torch.from_numpy(value.copy()).requires_grad_() for value in values]
    batch, length, heads, size = lengths

    def call(x: Any, wanted: Any) -> Any:
        g1, b1, wq, wk, wv, wo, g2, b2, w1, c1, w2, c2 = params
        inside = F.layer_norm(x, x.shape[1:], g1, b1, eps=float(EPSILON))
        parts = ((inside @ w).reshape(batch, length, heads, size).transpose(1, 2) for w in (wq, wk, wv))
        seen = F.scaled_dot_product_attention(*parts)
        between = x + seen.transpose(1, 2).reshape(x.shape) @ wo
        entered = F.layer_norm(between, x.shape[1:], g2, b2, eps=float(EPSILON))
        made = between + torch.addmm(c2, F.relu(torch.addmm(c1, entered, w1)), w2)
        cost = F.mse_loss(made, wanted)
        grads = torch.autograd.grad(cost, params)
        with torch.no_grad():
            torch._foreach_add_(params, grads, alpha=-float(RATE))
        return cost

    return Case(call, (torch.from_numpy(x), torch.from_numpy(wanted)), lambda cost: flat([cost, *params]))


ROWS = [
    Workload(
        "transformer",
        "transformer layer (8x64x256, 4 heads) f32, training step",
        Target(0.78),
        data=_data,
        setups={"numpy": numpy_step, "jax": _jax, "torch": _torch, **everywhere(_symbolic)},
        reference=_reference,
        sizes={"batch": 8, "length": 64, "width": 256, "heads": 4},
        tiny={"batch": 2, "length": 5, "width": 8, "heads": 2},
        rtol=1e-4,
    )
]
