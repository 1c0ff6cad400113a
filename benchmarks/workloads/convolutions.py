"""Layers that convolve sequences, images and volumes: forward, and the gradients of kernels and of images.

Each has its usual number of images, and rows of their own for other numbers (`BATCHES`), which are measured where they
are asked for: ``python -m benchmarks 'batch[0-9]*'``; so are some more layers (``'layer-*'``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import both
from benchmarks.workloads.symbolic import Language, everywhere


class Layer(NamedTuple):
    """A layer, float32 and of two axes if nothing else is said; kernels and images are as long along each axis.

    `targets` are those of forward, weights and inputs. One that is `asked` is measured where it is asked for.
    """

    name: str
    title: str
    images: int
    channels: int
    length: int
    kernels: int
    kernel: int
    targets: tuple[float, float, float]
    stride: int = 1
    pad: int = 0
    dilation: int = 1
    axes: int = 2
    dtype: str = "float32"
    asked: bool = False


_WINOGRAD, _PLAIN, _PIXELS = (0.5, 0.5, 0.5), (1.1, 1.1, 1.1), (0.9, 0.9, 0.9)
LAYERS = [
    Layer("lenet-1", "LeNet's first layer, batch 128", 128, 1, 28, 20, 5, (0.65, 0.85, 0.6)),
    Layer("lenet-2", "LeNet's second layer, batch 128", 128, 20, 12, 50, 5, (0.65, 0.85, 0.6)),
    Layer("alexnet-1", "11x11, stride 4, 3 to 64 channels of 224x224, batch 16", 16, 3, 224, 64, 11, _PLAIN, 4, 2),
    Layer("alexnet-2", "5x5, 64 to 192 channels of 27x27, batch 16", 16, 64, 27, 192, 5, _PLAIN, 1, 2),
    Layer("7x7", "7x7, stride 2, 3 to 64 channels of 224x224, batch 8", 8, 3, 224, 64, 7, (1.2, 1.2, 1.2), 2, 3),
    Layer("3x3-56", "3x3, 64 channels of 56x56, batch 8", 8, 64, 56, 64, 3, _WINOGRAD, pad=1),
    Layer("3x3-28", "3x3, 128 channels of 28x28, batch 8", 8, 128, 28, 128, 3, _WINOGRAD, pad=1),
    Layer("3x3-14", "3x3, 256 channels of 14x14, batch 8", 8, 256, 14, 256, 3, _WINOGRAD, pad=1),
    Layer("3x3-7", "3x3, 512 channels of 7x7, batch 32", 32, 512, 7, 512, 3, (1.0, 1.0, 1.0), pad=1),
    Layer("1x1", "1x1, 256 to 64 channels of 56x56, batch 8", 8, 256, 56, 64, 1, _PIXELS),
    Layer("1x1-wide", "1x1, 64 to 256 channels of 56x56, batch 8", 8, 64, 56, 256, 1, _PIXELS),
    Layer("1x1-14", "1x1, 512 to 256 channels of 14x14, batch 32", 32, 512, 14, 256, 1, _PIXELS),
    Layer("strided", "3x3, stride 2, 64 to 128 channels of 56x56, batch 16", 16, 64, 56, 128, 3, (1.0, 1.0, 1.0), 2, 1),
    Layer("dilated", "3x3, dilation 2, 64 channels of 56x56, batch 8", 8, 64, 56, 64, 3, _PLAIN, 1, 2, 2),
    Layer("3d", "3x3x3, 16 to 32 channels of 24x24x24, batch 8", 8, 16, 24, 32, 3, _PLAIN, 1, 1, axes=3),
    Layer("1d", "7, 64 to 128 channels of 1024, batch 16", 16, 64, 1024, 128, 7, _PLAIN, 1, 3, axes=1),
    Layer("1d-dilated", "3, dilation 4, 128 channels of 256, batch 32", 32, 128, 256, 128, 3, _PLAIN, 1, 4, 4, axes=1),
    Layer("3x3-56-f64", "3x3, 64 channels of 56x56, batch 8", 8, 64, 56, 64, 3, _PIXELS, 1, 1, dtype="float64"),
]
# More of the layers that networks have: ResNet-50, MobileNet, and in float64.
LAYERS += [
    layer._replace(asked=True)
    for layer in [
        Layer("3x3-14-512", "3x3, 512 channels of 14x14, batch 8", 8, 512, 14, 512, 3, _WINOGRAD, pad=1),
        Layer("3-32", "3x3, 3 to 32 channels of 32x32, batch 32", 32, 3, 32, 32, 3, _PLAIN, pad=1),
        Layer("1x1-strided", "1x1, stride 2, 256 to 512 channels of 56x56, batch 8", 8, 256, 56, 512, 1, _PIXELS, 2),
        Layer("1x1-28", "1x1, 512 to 128 channels of 28x28, batch 8", 8, 512, 28, 128, 1, _PIXELS),
        Layer("1x1-1024", "1x1, 1024 to 256 channels of 14x14, batch 8", 8, 1024, 14, 256, 1, _PIXELS),
        Layer("1x1-2048", "1x1, 2048 to 512 channels of 7x7, batch 8", 8, 2048, 7, 512, 1, _PIXELS),
        Layer("1x1-112", "1x1, 32 to 64 channels of 112x112, batch 8", 8, 32, 112, 64, 1, _PIXELS),
        Layer("1x1-56", "1x1, 128 channels of 56x56, batch 8", 8, 128, 56, 128, 1, _PIXELS),
        Layer("1x1-14-512", "1x1, 512 channels of 14x14, batch 8", 8, 512, 14, 512, 1, _PIXELS),
        *(
            layer._replace(name=f"{layer.name}-f64", targets=_PIXELS, dtype="float64")
            for layer in LAYERS
            if layer.name in ("lenet-2", "alexnet-1", "3x3-14", "1x1", "strided", "3d")
        ),
    ]
]
BATCHES = (1, 8, 32)
DIRECTIONS = ("forward", "weights", "inputs")


def _data(layer: Layer) -> tuple[Any, ...]:
    """Images, kernels and gradients of the results; and what the layer does."""
    rng = np.random.default_rng(0)
    out = (layer.length + 2 * layer.pad - layer.dilation * (layer.kernel - 1) - 1) // layer.stride + 1
    images, kernels = (layer.images, layer.channels), (layer.kernels, layer.channels)
    tops, axes = (layer.images, layer.kernels), layer.axes
    shapes = (*images, *[layer.length] * axes), (*kernels, *[layer.kernel] * axes), (*tops, *[out] * axes)
    arrays = (rng.standard_normal(s).astype(layer.dtype) for s in shapes)
    return *arrays, layer.stride, layer.pad, layer.dilation


def operands(direction: str, x: Any, w: Any, g: Any) -> tuple[Any, Any]:
    """What goes in."""
    return {"forward": (x, w), "weights": (x, g), "inputs": (w, g)}[direction]


def _symbolic(direction: str) -> Callable[..., Case]:
    def setup(lang: Language, x: Any, w: Any, g: Any, stride: int, pad: int, dilation: int) -> Case:
        T, n = lang.T, x.ndim - 2
        options = {"border_mode": (pad,) * n, "subsample": (stride,) * n, "filter_dilation": (dilation,) * n}
        a, b = (T.TensorType(x.dtype, (False,) * x.ndim)(name) for name in "ab")
        made = _convolved(T, direction, a, b, x.shape, w.shape, options)
        return Case(lang.function([a, b], made), operands(direction, x, w, g))

    return setup


def _of_one_row(direction: str) -> Callable[..., Case]:
    """Sequences for Theano 1.0.5, whose operations have two axes or three: Keras and Lasagne gave it such images."""

    def setup(lang: Language, x: Any, w: Any, g: Any, stride: int, pad: int, dilation: int) -> Case:
        T = lang.T
        options = {"border_mode": (0, pad), "subsample": (1, stride), "filter_dilation": (1, dilation)}
        a, b = inputs = [T.TensorType(x.dtype, (False,) * x.ndim)(name) for name in "ab"]
        a, b = (each.dimshuffle(0, 1, "x", 2) for each in inputs)
        images, kernels = ((*shape[:2], 1, *shape[2:]) for shape in (x.shape, w.shape))
        made = _convolved(T, direction, a, b, images, kernels, options)
        return Case(lang.function(inputs, made[:, :, 0]), operands(direction, x, w, g))

    return setup


def _convolved(T: Any, direction: str, a: Any, b: Any, images: Any, kernels: Any, options: Any) -> Any:
    ops, name, options = T.nnet.abstract_conv, f"conv{len(images) - 2}d", {**options, "filter_flip": False}
    if name == "conv1d":  # there are no functions that pad as one likes
        side, shape = {
            "forward": ("", []), "weights": ("_gradWeights", [kernels]), "inputs": ("_gradInputs", [images])
        }[direction]  # fmt: skip
        return getattr(ops, f"AbstractConv{side}")(1, **options)(a, b, *shape)
    if direction == "forward":
        return getattr(T.nnet, name)(a, b, **options)
    if direction == "weights":
        return getattr(ops, f"{name}_grad_wrt_weights")(a, b, kernels, **options)
    return getattr(ops, f"{name}_grad_wrt_inputs")(b, a, images, **options)


def numpy_directions(
    images: Any, kernels: Any, stride: int, pad: int, dilation: int = 1
) -> dict[str, Callable[[Any, Any], Any]]:
    """The three directions for these shapes, by windows of the padded images and sums over products with them."""
    kernel, lengths = kernels[2:], images[2:]
    n = len(kernel)
    reach = [dilation * (k - 1) + 1 for k in kernel]
    tops = [(length + 2 * pad - r) // stride + 1 for length, r in zip(lengths, reach, strict=True)]
    places, taps = [*range(2, 2 + n)], [*range(2 + n, 2 + 2 * n)]

    def windows(images: Any) -> Any:
        padded = np.pad(images, [(0, 0), (0, 0), *[(pad, pad)] * n])
        every = (slice(None, None, stride),) * n + (slice(None, None, dilation),) * n
        return np.lib.stride_tricks.sliding_window_view(padded, reach, places)[(slice(None), slice(None), *every)]

    def forward(x: Any, w: Any) -> Any:
        return np.moveaxis(np.tensordot(windows(x), w, ([1, *taps], [1, *places])), -1, 1)

    def weights(x: Any, g: Any) -> Any:
        return np.tensordot(g, windows(x), ([0, *places], [0, *places]))

    def inputs(w: Any, g: Any) -> Any:
        spread = np.tensordot(g, w, ([1], [0]))  # images, places, channels, elements
        padded = np.zeros((*images[:2], *(length + 2 * pad for length in lengths)), g.dtype)
        for tap in np.ndindex(*kernel):
            at = [slice(t * dilation, t * dilation + stride * top, stride) for t, top in zip(tap, tops, strict=True)]
            padded[(slice(None), slice(None), *at)] += np.moveaxis(spread[(..., *tap)], -1, 1)
        return padded[(slice(None), slice(None), *(slice(pad, pad + length) for length in lengths))]

    return {"forward": forward, "weights": weights, "inputs": inputs}


def _numpy(direction: str) -> Callable[..., Case]:
    def setup(x: Any, w: Any, g: Any, stride: int, pad: int, dilation: int) -> Case:
        made = numpy_directions(x.shape, w.shape, stride, pad, dilation)[direction]
        return Case(made, operands(direction, x, w, g))

    return setup


def peers(direction: str) -> dict[str, Callable[..., Case]]:
    """Those with convolutions of their own; as many groups as kernels have fewer channels than images."""

    def with_sizes(contender: str) -> Callable[..., Case]:
        def setup(x: Any, w: Any, g: Any, stride: int, pad: int, dilation: int = 1) -> Case:
            groups, n = x.shape[1] // w.shape[1], x.ndim - 2

            def jax_make(jax: Any) -> Callable[..., Any]:
                def conv(a: Any, b: Any) -> Any:
                    return jax.lax.conv_general_dilated(
                        a, b, (stride,) * n, ((pad, pad),) * n, rhs_dilation=(dilation,) * n,
                        feature_group_count=groups,
                    )  # fmt: skip

                def of(shape: tuple[int, ...]) -> Any:
                    return jax.ShapeDtypeStruct(shape, x.dtype)

                return {
                    "forward": conv,
                    "weights": lambda a, t: jax.linear_transpose(lambda b: conv(a, b), of(w.shape))(t)[0],
                    "inputs": lambda b, t: jax.linear_transpose(lambda a: conv(a, b), of(x.shape))(t)[0],
                }[direction]

            def torch_make(torch: Any) -> Callable[..., Any]:
                options = {"stride": stride, "padding": pad, "dilation": dilation, "groups": groups}
                conv = getattr(torch.nn.functional, f"conv{n}d")
                of_weight, of_input = (getattr(torch.nn.grad, f"conv{n}d_{side}") for side in ("weight", "input"))
                return {
                    "forward": lambda a, b: conv(a, b, **options),
                    "weights": lambda a, t: of_weight(a, w.shape, t, **options),
                    "inputs": lambda b, t: of_input(x.shape, b, t, **options),
                }[direction]

            return both(jax_make, torch_make)[contender](*operands(direction, x, w, g))

        return setup

    return {name: with_sizes(name) for name in ("torch", "torch_compile", "jax")}


def batches(name: str, title: str, images: int, asked: bool = False) -> Iterator[tuple[str, str, int, bool]]:
    """Names, titles and numbers of images of a layer's rows, its own numbers first; which only asking has measured."""
    yield f"{'layer' if asked else 'conv'}-{name}", title, images, asked
    for other in () if asked else BATCHES:
        if other != images:
            yield f"batch{other}-{name}", title.replace(f"batch {images}", f"batch {other}"), other, True


def _row(base: Layer, which: int, name: str, title: str, images: int, asked: bool) -> Workload:
    layer, direction = base._replace(images=images), DIRECTIONS[which]
    tiny = layer._replace(
        images=2, channels=min(layer.channels, 3), kernels=4, length=min(layer.length, 13 if layer.axes < 3 else 6)
    )  # fmt: skip
    original = _of_one_row if layer.axes == 1 else _symbolic
    return Workload(
        f"{name}-{direction}",
        f"{title} {'f64' if layer.dtype == 'float64' else 'f32'}, {direction}",
        Target(layer.targets[which]),
        data=_data,
        setups={
            "numpy": _numpy(direction),
            **peers(direction),
            **everywhere(_symbolic(direction), "theano"),
            **everywhere(original(direction), "theano-1.0.5"),
        },
        sizes={"layer": layer},
        tiny={"layer": tiny},
        rtol=1e-4,
        asked=asked,
    )


ROWS = [
    _row(layer, which, *batch)
    for layer in LAYERS
    for batch in batches(layer.name, layer.title, layer.images, layer.asked)
    for which in range(3)
]
