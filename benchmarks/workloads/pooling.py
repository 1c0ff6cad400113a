"""Largest elements of windows over images: alone, after a bias and relu, and with the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import THEANOS, Language, everywhere


class Windows(NamedTuple):
    """How long they are, how far apart, and how much is around the images, along both axes."""

    size: int
    step: int
    pad: int = 0


def _out(n: int, w: Windows) -> int:
    return (n + 2 * w.pad - w.size) // w.step + 1


def _data(shape: tuple[int, ...], windows: Windows) -> tuple[Any, ...]:
    """Images, a bias for each channel, and what the gradient of the result is."""
    rng = np.random.default_rng(0)
    out = (*shape[:2], *(_out(n, windows) for n in shape[2:]))
    return tuple(rng.standard_normal(s, dtype=np.float32) for s in (shape, shape[1:2], out))


Kind = str  # "forward", "biased" or "grad"


# -- ours ------------------------------------------------------------------------------------------------
def _theano(kind: Kind, windows: Windows) -> Callable[..., Case]:
    def setup(lang: Language, x: Any, b: Any, g: Any) -> Case:
        T, (size, step, pad) = lang.T, windows
        u, v, w = T.ftensor4("u"), T.fvector("v"), T.ftensor4("w")
        image = T.nnet.relu(u + v.dimshuffle("x", 0, "x", "x")) if kind == "biased" else u
        y = T.signal.pool.pool_2d(image, (size, size), True, stride=(step, step), pad=(pad, pad))
        if kind == "grad":
            return Case(lang.function([u, w], [y, T.Lop(y, u, w)]), (x, g), list)
        return Case(lang.function([u, v], y), (x, b)) if kind == "biased" else Case(lang.function([u], y), (x,))

    return setup


# -- NumPy -----------------------------------------------------------------------------------------------
def _numpy(kind: Kind, windows: Windows) -> Callable[..., Case]:
    size, step, pad = windows

    def setup(x: Any, b: Any, g: Any) -> Case:
        around = [(0, 0), (0, 0), (pad, pad), (pad, pad)]
        rows, columns = g.shape[2:]
        places = [
            (..., slice(r, r + (rows - 1) * step + 1, step), slice(q, q + (columns - 1) * step + 1, step))
            for r in range(size)
            for q in range(size)
        ]

        def value(x: Any) -> tuple[Any, Any]:
            padded = np.pad(x, around, constant_values=-np.inf)
            found = padded[places[0]].copy()
            for place in places[1:]:
                np.maximum(found, padded[place], out=found)
            return padded, found

        def gradient(x: Any, g: Any) -> list[Any]:
            padded, found = value(x)
            back = np.zeros_like(padded)
            for place in places:
                back[place] += np.where(padded[place] == found, g, np.float32(0))
            return [found, back[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]]

        if kind == "grad":
            return Case(gradient, (x, g), list)
        if kind == "biased":
            return Case(lambda x, b: value(np.maximum(x + b[:, None, None], np.float32(0)))[1], (x, b))
        return Case(lambda x: value(x)[1], (x,))

    return setup


# -- JAX and torch ---------------------------------------------------------------------------------------
def _jax(kind: Kind, windows: Windows) -> Callable[[Any], Any]:
    size, step, pad = windows

    def make(jax: Any) -> Any:
        def value(x: Any) -> Any:
            sizes, steps = (1, 1, size, size), (1, 1, step, step)
            around = ((0, 0), (0, 0), (pad, pad), (pad, pad))
            return jax.lax.reduce_window(x, np.float32(-np.inf), jax.lax.max, sizes, steps, around)

        def gradient(x: Any, b: Any, g: Any) -> Any:
            y, back = jax.vjp(value, x)
            return y, back(g)[0]

        if kind == "grad":
            return gradient
        if kind == "biased":
            return lambda x, b, g: value(jax.numpy.maximum(x + b[:, None, None], 0))
        return lambda x, b, g: value(x)

    return make


def _torch(kind: Kind, windows: Windows) -> Callable[[Any], Any]:
    size, step, pad = windows

    def make(torch: Any) -> Any:
        F = torch.nn.functional

        def gradient(x: Any, b: Any, g: Any) -> Any:
            leaf = x.detach().requires_grad_()
            y = F.max_pool2d(leaf, size, step, pad)
            return y, torch.autograd.grad(y, leaf, g)[0]

        if kind == "grad":
            return gradient
        if kind == "biased":
            return lambda x, b, g: F.max_pool2d(torch.relu(x + b[:, None, None]), size, step, pad)
        return lambda x, b, g: F.max_pool2d(x, size, step, pad)

    return make


def _row(name: str, title: str, kind: Kind, windows: Windows, shape: tuple[int, ...], limit: float) -> Workload:
    return Workload(
        name,
        f"max pooling, {title}, f32",
        Target(limit),
        data=_data,
        setups={
            "numpy": _numpy(kind, windows),
            **both(_jax(kind, windows), _torch(kind, windows)),
            **everywhere(_theano(kind, windows), *THEANOS),
        },
        sizes={"shape": shape, "windows": windows},
        tiny={"shape": (2, 3, 7, 9), "windows": windows},
        rtol=1e-6,
    )


_TWO, _THREE = Windows(2, 2), Windows(3, 2, 1)
_LENET, _RESNET = (128, 20, 24, 24), (8, 64, 56, 56)

ROWS = [
    _row("maxpool-2x2", "windows of 2x2 over 128x20x24x24", "forward", _TWO, _LENET, 0.2),
    _row("maxpool-2x2-bias", "the same after a bias and relu", "biased", _TWO, _LENET, 0.3),
    _row("maxpool-2x2-grad", "2x2 over 128x20x24x24 with the gradient", "grad", _TWO, _LENET, 0.3),
    _row("maxpool-3x3", "windows of 3x3, 2 apart, padded, over 8x64x56x56", "forward", _THREE, _RESNET, 0.2),
    _row("maxpool-3x3-grad", "the same with the gradient", "grad", _THREE, _RESNET, 0.3),
]
