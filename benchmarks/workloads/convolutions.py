"""Layers that convolve images: forward, and the gradients of kernels and of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere

# Name, title, images, channels, their length, kernels, their length, stride, padding; targets of each direction.
LAYERS: list[tuple[str, str, tuple[int, ...], tuple[float, ...]]] = [
    ("lenet-1", "LeNet's first layer, batch 128", (128, 1, 28, 20, 5, 1, 0), (0.65, 0.85, 0.6)),
    ("lenet-2", "LeNet's second layer, batch 128", (128, 20, 12, 50, 5, 1, 0), (0.65, 0.85, 0.6)),
    ("3x3-56", "3x3, 64 channels of 56x56, batch 8", (8, 64, 56, 64, 3, 1, 1), (0.5, 0.5, 0.5)),
    ("3x3-56-1", "3x3, 64 channels of 56x56, batch 1", (1, 64, 56, 64, 3, 1, 1), (0.5, 0.5, 0.5)),
    ("3x3-14", "3x3, 256 channels of 14x14, batch 8", (8, 256, 14, 256, 3, 1, 1), (0.5, 0.5, 0.5)),
    ("3x3-7", "3x3, 512 channels of 7x7, batch 32", (32, 512, 7, 512, 3, 1, 1), (1.0, 1.0, 1.0)),
    ("1x1", "1x1, 256 to 64 channels of 56x56, batch 8", (8, 256, 56, 64, 1, 1, 0), (0.9, 0.9, 0.9)),
    ("strided", "3x3, stride 2, 64 to 128 channels of 56x56, batch 16", (16, 64, 56, 128, 3, 2, 1), (1.0, 1.0, 1.0)),
]
DIRECTIONS = ("forward", "weights", "inputs")


def _data(n: int, c: int, image: int, k: int, kernel: int, stride: int, pad: int) -> tuple[Any, ...]:
    """Images, kernels and gradients of the results; and what the layer does."""
    rng = np.random.default_rng(0)
    out = (image + 2 * pad - kernel) // stride + 1
    shapes = (n, c, image, image), (k, c, kernel, kernel), (n, k, out, out)
    return *(rng.standard_normal(s).astype(np.float32) for s in shapes), stride, pad


def operands(direction: str, x: Any, w: Any, g: Any) -> tuple[Any, Any]:
    """What goes in."""
    return {"forward": (x, w), "weights": (x, g), "inputs": (w, g)}[direction]


def _symbolic(direction: str) -> Callable[..., Case]:
    def setup(lang: Language, x: Any, w: Any, g: Any, stride: int, pad: int) -> Case:
        T = lang.T
        options = {"border_mode": (pad, pad), "subsample": (stride, stride), "filter_flip": False}
        a, b = T.ftensor4("a"), T.ftensor4("b")
        if direction == "forward":
            made = T.nnet.conv2d(a, b, **options)
        elif direction == "weights":
            made = T.nnet.abstract_conv.conv2d_grad_wrt_weights(a, b, w.shape, **options)
        else:
            made = T.nnet.abstract_conv.conv2d_grad_wrt_inputs(b, a, x.shape, **options)
        return Case(lang.function([a, b], made), operands(direction, x, w, g))

    return setup


def numpy_directions(images: Any, kernels: Any, stride: int, pad: int) -> dict[str, Callable[[Any, Any], Any]]:
    """The three directions for these shapes, by windows of the padded images and sums over products with them."""
    kernel, lengths = kernels[2:], images[2:]
    h, wide = ((n + 2 * pad - k) // stride + 1 for n, k in zip(lengths, kernel))

    def windows(images: Any) -> Any:
        padded = np.pad(images, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
        return np.lib.stride_tricks.sliding_window_view(padded, kernel, (2, 3))[:, :, ::stride, ::stride]

    def forward(x: Any, w: Any) -> Any:
        return np.tensordot(windows(x), w, ([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)

    def weights(x: Any, g: Any) -> Any:
        return np.tensordot(g, windows(x), ([0, 2, 3], [0, 2, 3]))

    def inputs(w: Any, g: Any) -> Any:
        spread = np.tensordot(g, w, ([1], [0]))  # images, places, channels, elements
        padded = np.zeros((*images[:2], *(n + 2 * pad for n in lengths)), g.dtype)
        for i, j in np.ndindex(*kernel):
            rows, columns = (slice(a, a + stride * n, stride) for a, n in ((i, h), (j, wide)))
            padded[:, :, rows, columns] += spread[..., i, j].transpose(0, 3, 1, 2)
        return padded[:, :, pad : pad + lengths[0], pad : pad + lengths[1]]

    return {"forward": forward, "weights": weights, "inputs": inputs}


def _numpy(direction: str) -> Callable[..., Case]:
    def setup(x: Any, w: Any, g: Any, stride: int, pad: int) -> Case:
        made = numpy_directions(x.shape, w.shape, stride, pad)[direction]
        return Case(made, operands(direction, x, w, g))

    return setup


def peers(direction: str) -> dict[str, Callable[..., Case]]:
    """Those with convolutions of their own; as many groups as kernels have fewer channels than images."""

    def with_sizes(contender: str) -> Callable[..., Case]:
        def setup(x: Any, w: Any, g: Any, stride: int, pad: int) -> Case:
            groups = x.shape[1] // w.shape[1]

            def jax_make(jax: Any) -> Callable[..., Any]:
                def conv(a: Any, b: Any) -> Any:
                    return jax.lax.conv_general_dilated(
                        a, b, (stride, stride), ((pad, pad), (pad, pad)), feature_group_count=groups
                    )

                def of(shape: tuple[int, ...]) -> Any:
                    return jax.ShapeDtypeStruct(shape, x.dtype)

                return {
                    "forward": conv,
                    "weights": lambda a, t: jax.linear_transpose(lambda b: conv(a, b), of(w.shape))(t)[0],
                    "inputs": lambda b, t: jax.linear_transpose(lambda a: conv(a, b), of(x.shape))(t)[0],
                }[direction]

            def torch_make(torch: Any) -> Callable[..., Any]:
                options = {"stride": stride, "padding": pad, "groups": groups}
                return {
                    "forward": lambda a, b: torch.nn.functional.conv2d(a, b, **options),
                    "weights": lambda a, t: torch.nn.grad.conv2d_weight(a, w.shape, t, **options),
                    "inputs": lambda b, t: torch.nn.grad.conv2d_input(x.shape, b, t, **options),
                }[direction]

            return both(jax_make, torch_make)[contender](*operands(direction, x, w, g))

        return setup

    return {name: with_sizes(name) for name in ("torch", "torch_compile", "jax")}


def _row(layer: tuple[str, str, tuple[int, ...], tuple[float, ...]], which: int) -> Workload:
    name, title, sizes, targets = layer
    direction = DIRECTIONS[which]
    given = dict(zip(("n", "c", "image", "k", "kernel", "stride", "pad"), sizes, strict=True))
    return Workload(
        f"conv-{name}-{direction}",
        f"{title} f32, {direction}",
        Target(targets[which]),
        data=_data,
        setups={"numpy": _numpy(direction), **peers(direction), **everywhere(_symbolic(direction), "theano")},
        sizes=given,
        tiny=given | {"n": 2, "c": min(given["c"], 3), "k": 4, "image": min(given["image"], 13)},
        rtol=1e-4,
    )


ROWS = [_row(layer, which) for layer in LAYERS for which in range(3)]
