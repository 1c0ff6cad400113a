"""Normalisation with relu: over the batch and the pixels of each channel (NCHW), and over the features of each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere

EPSILON = 1e-4
# Axes of the statistics, by the number of axes; scale and shift have the others.
AXES = {4: (0, 2, 3), 2: (1,)}


def _data(shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An input, scale and shift (with axes of length 1), and what the gradient of the result is."""
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(shape, dtype=np.float32) for _ in range(2))
    # the features of a row have a scale each, as the channels of an image have
    kept = tuple(n if (k == 1) else 1 for k, n in enumerate(shape))
    scale, shift = (rng.uniform(0.5, 1.5, kept).astype(np.float32) for _ in range(2))
    return x + np.float32(0.5), scale, shift, w


# -- ours and PyTensor -----------------------------------------------------------------------------------
def _value(T: Any, x: Any, scale: Any, shift: Any, axes: tuple[int, ...]) -> Any:
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return T.maximum((x - mean) / T.sqrt(var + np.float32(EPSILON)) * scale + shift, np.float32(0))


def _symbolic(gradients: bool) -> Callable[..., Case]:
    def setup(lang: Language, x: Any, scale: Any, shift: Any, w: Any) -> Case:
        T = lang.T
        pattern = [n == 1 for n in scale.shape]
        u, v = (T.TensorType("float32", [False] * x.ndim)(name) for name in "uv")
        a, b = (T.TensorType("float32", pattern)(name) for name in "ab")
        y = _value(T, u, a, b, AXES[x.ndim])
        if not gradients:
            return Case(lang.function([u, a, b], y), (x, scale, shift))
        loss = (y * v).sum()
        return Case(lang.function([u, a, b, v], [loss, *lang.grad(loss, [u, a, b])]), (x, scale, shift, w), list)

    return setup


# -- NumPy -----------------------------------------------------------------------------------------------
def _numpy(gradients: bool) -> Callable[..., Case]:
    def setup(x: Any, scale: Any, shift: Any, w: Any) -> Case:
        axes = AXES[x.ndim]
        others = tuple(k for k in range(x.ndim) if scale.shape[k] == 1)
        count = np.float32(np.prod([x.shape[k] for k in axes]))
        unit, out, work = (np.empty_like(x) for _ in range(3))
        mean = np.empty(tuple(1 if k in axes else n for k, n in enumerate(x.shape)), x.dtype)
        var = np.empty_like(mean)

        def value(x: Any, scale: Any, shift: Any) -> Any:
            np.mean(x, axis=axes, keepdims=True, out=mean)
            np.subtract(x, mean, out=unit)
            np.multiply(unit, unit, out=work)
            np.mean(work, axis=axes, keepdims=True, out=var)
            np.sqrt(var + np.float32(EPSILON), out=var)
            np.divide(unit, var, out=unit)
            np.multiply(unit, scale, out=out)
            np.add(out, shift, out=out)
            return np.maximum(out, np.float32(0), out=out)

        def all_of_it(x: Any, scale: Any, shift: Any, w: Any) -> Any:
            value(x, scale, shift)
            np.multiply(out, w, out=work)
            loss = work.sum()
            np.multiply(w, out > 0, out=out)
            d_shift = out.sum(axis=others, keepdims=True)
            np.multiply(out, unit, out=work)
            d_scale = work.sum(axis=others, keepdims=True)
            np.multiply(out, scale, out=out)
            np.multiply(out, unit, out=work)
            np.multiply(unit, work.sum(axis=axes, keepdims=True) / count, out=unit)
            np.subtract(out, unit, out=unit)
            np.subtract(unit, out.sum(axis=axes, keepdims=True) / count, out=unit)
            return loss, np.divide(unit, var, out=unit), d_scale, d_shift

        if gradients:
            return Case(all_of_it, (x, scale, shift, w), list)
        return Case(value, (x, scale, shift))

    return setup


def _reference(gradients: bool) -> Callable[..., Case]:
    """In float64: sums of float32 differ in the last digits from contender to contender."""
    return lambda *arrays: _numpy(gradients)(*[a.astype(np.float64) for a in arrays])


# -- JAX and torch ---------------------------------------------------------------------------------------
def _jax(gradients: bool) -> Callable[[Any], Any]:
    def make(jax: Any) -> Any:
        m = jax.numpy

        def value(x: Any, scale: Any, shift: Any) -> Any:
            return _value(m, x, scale, shift, AXES[x.ndim])

        if not gradients:
            return lambda x, scale, shift, w: value(x, scale, shift)
        loss = jax.value_and_grad(lambda x, scale, shift, w: (value(x, scale, shift) * w).sum(), (0, 1, 2))

        def call(*arrays: Any) -> Any:
            found, grads = loss(*arrays)
            return found, *grads

        return call

    return make


def _torch(gradients: bool) -> Callable[[Any], Any]:
    def make(torch: Any) -> Any:
        F = torch.nn.functional

        def value(x: Any, scale: Any, shift: Any) -> Any:
            if x.ndim == 2:
                y = F.layer_norm(x, x.shape[1:], scale.reshape(-1), shift.reshape(-1), eps=EPSILON)
            else:
                y = F.batch_norm(x, None, None, scale.reshape(-1), shift.reshape(-1), training=True, eps=EPSILON)
            return torch.relu(y)

        if not gradients:
            return lambda x, scale, shift, w: value(x, scale, shift)

        def call(x: Any, scale: Any, shift: Any, w: Any) -> Any:
            leaves = [a.detach().requires_grad_() for a in (x, scale, shift)]
            loss = (value(*leaves) * w).sum()
            return loss, *torch.autograd.grad(loss, leaves)

        return call

    return make


def _row(
    name: str, title: str, shape: tuple[int, ...], tiny: tuple[int, ...], gradients: bool, limit: float
) -> Workload:  # fmt: skip
    return Workload(
        name,
        title,
        Target(limit),
        data=_data,
        setups={
            "numpy": _numpy(gradients),
            **both(_jax(gradients), _torch(gradients)),
            **everywhere(_symbolic(gradients)),
        },
        reference=_reference(gradients),
        sizes={"shape": shape},
        tiny={"shape": tiny},
        rtol=1e-4,
    )


_IMAGES, _FEW = (32, 64, 28, 28), (3, 5, 4, 7)
_BATCH = "batch norm over NCHW (32x64x28x28) with relu, f32"
_LAYER = "layer norm (2048x512) with relu, f32"

ROWS = [
    _row("batchnorm", _BATCH, _IMAGES, _FEW, False, 0.5),
    _row("batchnorm-grad", f"{_BATCH}, value and gradients", _IMAGES, _FEW, True, 0.5),
    _row("layernorm-grad", f"{_LAYER}, value and gradients", (2048, 512), (7, 13), True, 0.8),
]
