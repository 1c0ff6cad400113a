"""Convolutions of each channel by itself, as MobileNet has them: forward, gradients of kernels and of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.workload import Case, Sizes, Target, Workload
from benchmarks.workloads.convolutions import batches, operands, peers
from benchmarks.workloads.symbolic import THEANOS, Language, everywhere

# Name, images, channels, their length, stride; kernels of 3 x 3, padding of 1.
LAYERS = [
    ("112", 8, 32, 112, 1),
    ("56", 8, 128, 56, 1),
    ("14", 8, 512, 14, 1),
    ("112-strided", 8, 64, 112, 2),
    ("56-strided", 8, 128, 56, 2),
    ("14-strided", 8, 512, 14, 2),
]
TARGETS = {"forward": 0.7, "weights": 1.0, "inputs": 0.7}
SIZE, PAD = 3, 1


def _data(n: int, c: int, image: int, stride: int) -> tuple[Any, ...]:
    """Images, kernels and gradients of the results; the stride and the padding."""
    rng = np.random.default_rng(0)
    out = (image + 2 * PAD - SIZE) // stride + 1
    shapes = (n, c, image, image), (c, 1, SIZE, SIZE), (n, c, out, out)
    return *(rng.standard_normal(s).astype(np.float32) for s in shapes), stride, PAD


def _symbolic(direction: str) -> Callable[..., Case]:
    def setup(lang: Language, x: Any, w: Any, g: Any, stride: int, pad: int) -> Case:
        T = lang.T
        options = {"border_mode": (PAD, PAD), "subsample": (stride, stride), "filter_flip": False}
        options |= {"num_groups": w.shape[0], "filter_shape": w.shape}
        a, b = T.ftensor4("a"), T.ftensor4("b")
        if direction == "forward":
            made = T.nnet.conv2d(a, b, **options)
        elif direction == "weights":
            made = T.nnet.abstract_conv.conv2d_grad_wrt_weights(a, b, **options)
        else:
            made = T.nnet.abstract_conv.conv2d_grad_wrt_inputs(b, a, x.shape, **options)
        return Case(lang.function([a, b], made), operands(direction, x, w, g))

    return setup


def _numpy(direction: str) -> Callable[..., Case]:
    """A shifted product for each element of the kernels."""

    def setup(x: Any, w: Any, g: Any, stride: int, pad: int) -> Case:
        count = g.shape[2]
        places = [
            (..., slice(i, i + stride * (count - 1) + 1, stride), slice(j, j + stride * (count - 1) + 1, stride))
            for i, j in np.ndindex(SIZE, SIZE)
        ]

        def padded(x: Any) -> Any:
            return np.pad(x, [(0, 0), (0, 0), (PAD, PAD), (PAD, PAD)])

        def forward(x: Any, w: Any) -> Any:
            around, taps = padded(x), w.reshape(-1, SIZE * SIZE, 1, 1)
            return sum(around[place] * taps[:, k] for k, place in enumerate(places))

        def weights(x: Any, g: Any) -> Any:
            around = padded(x)
            return np.stack([np.einsum("nchw,nchw->c", around[p], g) for p in places], axis=1).reshape(w.shape)

        def inputs(w: Any, g: Any) -> Any:
            around, taps = padded(np.zeros_like(x)), w.reshape(-1, SIZE * SIZE, 1, 1)
            for k, place in enumerate(places):
                around[place] += g * taps[:, k]
            return around[:, :, PAD:-PAD, PAD:-PAD]

        made = {"forward": forward, "weights": weights, "inputs": inputs}[direction]
        return Case(made, operands(direction, x, w, g))

    return setup


def _rows(layer: tuple[str, int, int, int, int]) -> Iterator[Workload]:
    name, own, c, image, stride = layer
    apart = f", {stride} apart" if stride > 1 else ""
    title = f"depthwise 3x3{apart}, {c} channels of {image}x{image}, batch {own}, f32"
    for batch in batches(f"depthwise-{name}", title, own):
        for direction in TARGETS:
            yield _row({"n": batch[2], "c": c, "image": image, "stride": stride}, direction, *batch)


def _row(given: Sizes, direction: str, name: str, title: str, n: int, asked: bool) -> Workload:
    return Workload(
        f"{name}-{direction}",
        f"{title}, {direction}",
        Target(TARGETS[direction]),
        data=_data,
        setups={"numpy": _numpy(direction), **peers(direction), **everywhere(_symbolic(direction), *THEANOS)},
        sizes=given,
        tiny={**given, "n": 2, "c": 3, "image": 9},
        rtol=1e-4,
        asked=asked,
    )


ROWS = [row for layer in LAYERS for row in _rows(layer)]
