"""Attention of many heads: ``softmax(q k' / sqrt(d)) v``, a weighted sum of it and its gradients; also causal."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere


def _data(heads: int, length: int, width: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal((heads, length, width), dtype=np.float32) for _ in range(4))


def _scale(q: Any) -> Any:
    return np.float32(q.shape[2] ** -0.5)


def _symbolic(lang: Language, q: Any, k: Any, v: Any, w: Any, causal: bool = False) -> Case:
    T = lang.T
    inputs = [T.ftensor3(name) for name in "qkvw"]
    score = T.batched_dot(inputs[0], inputs[1].transpose(0, 2, 1)) * _scale(q)
    if causal:
        score = T.switch(T.eq(T.tri(score.shape[1], score.shape[2]), 1), score, np.float32(-np.inf))
    weight = lang.softmax(score.reshape((-1, score.shape[2]))).reshape(score.shape)
    loss = (T.batched_dot(weight, inputs[2]) * inputs[3]).sum()
    return Case(lang.function(inputs, [loss, *lang.grad(loss, inputs[:3])]), (q, k, v, w), list)


def _numpy(q: Any, k: Any, v: Any, w: Any, causal: bool = False) -> Case:
    scale = _scale(q).astype(q.dtype)
    weight, work = (np.empty((len(q), q.shape[1], k.shape[1]), q.dtype) for _ in range(2))
    row, out = np.empty((*q.shape[:2], 1), q.dtype), np.empty_like(q)
    grads = [np.empty_like(a) for a in (q, k, v)]
    ahead = ~np.tri(*weight.shape[1:], dtype=bool)

    def turned(a: Any) -> Any:
        return a.transpose(0, 2, 1)

    def call(q: Any, k: Any, v: Any, w: Any) -> Any:
        np.matmul(q, turned(k), out=weight)
        np.multiply(weight, scale, out=weight)
        if causal:
            np.copyto(weight, -np.inf, where=ahead)
        np.subtract(weight, weight.max(axis=2, keepdims=True, out=row), out=weight)
        np.exp(weight, out=weight)
        np.divide(weight, weight.sum(axis=2, keepdims=True, out=row), out=weight)
        np.matmul(weight, v, out=out)
        np.multiply(out, w, out=out)
        loss = out.sum()
        np.matmul(turned(weight), w, out=grads[2])
        np.matmul(w, turned(v), out=work)
        np.multiply(work, weight, out=work)
        np.multiply(weight, work.sum(axis=2, keepdims=True, out=row), out=weight)
        np.subtract(work, weight, out=work)
        np.multiply(work, scale, out=work)
        np.matmul(work, k, out=grads[0])
        np.matmul(turned(work), q, out=grads[1])
        return loss, *grads

    return Case(call, (q, k, v, w), list)


def _jax(jax: Any, causal: bool = False) -> Any:
    def loss(q: Any, k: Any, v: Any, w: Any) -> Any:
        score = q @ k.transpose(0, 2, 1) * _scale(q)
        if causal:
            score = jax.numpy.where(jax.numpy.tri(*score.shape[1:], dtype=bool), score, -np.inf)
        weight = jax.nn.softmax(score, axis=2)
        return (weight @ v * w).sum()

    both_of = jax.value_and_grad(loss, (0, 1, 2))

    def call(*arrays: Any) -> Any:
        found, grads = both_of(*arrays)
        return found, *grads

    return call


def _torch(torch: Any, causal: bool = False) -> Any:
    def call(*arrays: Any) -> Any:
        leaves = [a.detach().requires_grad_() for a in arrays[:3]]
        loss = (torch.nn.functional.scaled_dot_product_attention(*leaves, is_causal=causal) * arrays[3]).sum()
        return loss, *torch.autograd.grad(loss, leaves)

    return call


def _row(name: str, text: str, causal: bool) -> Workload:
    return Workload(
        name,
        text,
        Target(0.68),
        data=_data,
        setups={
            "numpy": partial(_numpy, causal=causal),
            **both(partial(_jax, causal=causal), partial(_torch, causal=causal)),
            **everywhere(partial(_symbolic, causal=causal)),
        },
        reference=lambda *arrays: _numpy(*[a.astype(np.float64) for a in arrays], causal=causal),
        sizes={"heads": 64, "length": 128, "width": 64},
        tiny={"heads": 3, "length": 7, "width": 5},
        rtol=1e-4,
    )


ROWS = [
    _row("attention", "attention 64x(128x64) f32, value and gradients", False),
    _row("attention-causal", "attention 64x(128x64) f32 to what is not ahead, value and gradients", True),
]
