"""Training steps of networks of images: LeNet, and a small residual network with normalised channels; float32.

A network is written once, in the words of `Words`, which each contender speaks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from benchmarks.timing import forget_peak, held_memory, peak_held_memory
from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.convolutions import numpy_directions
from benchmarks.workloads.mlp import jax_steps
from benchmarks.workloads.peers import flat, load_jax, load_torch
from benchmarks.workloads.symbolic import THEANOS, Language, everywhere

RATE, EPSILON = np.float32(0.01), 1e-4


class Words:
    """What networks are made of: images are (images, channels, rows, columns), all strides and lengths are even."""

    conv: Callable[..., Any]  # of x and kernels w; keywords pad and stride
    bias: Callable[..., Any]  # a number for each channel or column is added to x
    scaled: Callable[..., Any]  # channels of x are normalised over the batch, then scaled and shifted
    relu: Callable[..., Any]
    pool: Callable[..., Any]  # the largest of each 2 x 2
    mean: Callable[..., Any]  # over the pixels of each channel
    flat: Callable[..., Any]  # each image a row
    dot: Callable[..., Any]
    plus: Callable[..., Any]
    cost: Callable[..., Any]  # mean cross entropy of scores and classes y


# -- the networks ----------------------------------------------------------------------------------------
def lenet(o: Any, x: Any, p: Sequence[Any]) -> Any:
    """Two convolutions with pooling, two layers above."""
    for k in (0, 2):
        x = o.pool(o.relu(o.bias(o.conv(x, p[k]), p[k + 1])))
    x = o.relu(o.bias(o.dot(o.flat(x), p[4]), p[5]))
    return o.bias(o.dot(x, p[6]), p[7])


def lenet_shapes() -> list[tuple[int, ...]]:
    """Of its parameters, for images of 28 x 28."""
    return [(20, 1, 5, 5), (20,), (50, 20, 5, 5), (50,), (800, 500), (500,), (500, 10), (10,)]


WIDTHS = (16, 16, 32, 64)


def resnet(o: Any, x: Any, p: Sequence[Any]) -> Any:
    """A convolution, and three blocks of two with a shortcut around: 1 x 1 where there is a stride."""
    left = list(p)

    def conv(x: Any, pad: int = 1, stride: int = 1) -> Any:
        w, scale, shift = left.pop(0), left.pop(0), left.pop(0)
        return o.scaled(o.conv(x, w, pad=pad, stride=stride), scale, shift)

    x = o.relu(conv(x))
    for before, width in zip(WIDTHS, WIDTHS[1:]):
        stride = 1 if before == width else 2
        inside = conv(o.relu(conv(x, 1, stride)))
        x = o.relu(o.plus(inside, x if stride == 1 else conv(x, 0, stride)))
    return o.bias(o.dot(o.mean(x), left[0]), left[1])


def resnet_shapes() -> list[tuple[int, ...]]:
    """Of its parameters."""

    def conv(width: int, channels: int, size: int) -> list[tuple[int, ...]]:
        return [(width, channels, size, size), (width,), (width,)]

    found = conv(WIDTHS[0], 3, 3)
    for before, width in zip(WIDTHS, WIDTHS[1:]):
        found += conv(width, before, 3) + conv(width, width, 3)
        found += [] if before == width else conv(width, before, 1)
    return [*found, (WIDTHS[-1], 10), (10,)]


NETWORKS: dict[str, tuple[Any, Any, tuple[int, int]]] = {
    "lenet": (lenet, lenet_shapes, (1, 28)), "resnet": (resnet, resnet_shapes, (3, 32))
}  # fmt: skip


def _data(network: str, batch: int) -> tuple[Any, ...]:
    """The network's name, images, classes and parameters: scales are about 1, weights as large as inputs are few."""
    _, shapes, (channels, length) = NETWORKS[network]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, channels, length, length)).astype(np.float32)
    values = []
    for shape in shapes():
        inputs = 0 if len(shape) == 1 else shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
        value = rng.standard_normal(shape) * (np.sqrt(2 / inputs) if inputs else 0.1)
        values.append((value + (not inputs)).astype(np.float32))
    return network, x, rng.integers(0, 10, batch), values


# -- ours ------------------------------------------------------------------------------------------------
class Ours(Words):
    """In tensors of `lang`."""

    def __init__(self, lang: Language) -> None:
        from theano.tensor.signal.pool import pool_2d

        T = lang.T
        self.relu, self.dot, self.plus = T.nnet.relu, T.dot, T.add
        self.pool = lambda x: pool_2d(x, (2, 2), ignore_border=True)
        self.mean, self.flat = lambda x: x.mean(axis=(2, 3)), lambda x: x.flatten(2)
        self.bias = lambda x, b: x + (b.dimshuffle("x", 0, "x", "x") if x.ndim == 4 else b)
        self.cost = lambda scores, y: T.nnet.categorical_crossentropy(T.nnet.softmax(scores), y).mean()

        def conv(x: Any, w: Any, pad: int = 0, stride: int = 1) -> Any:
            return T.nnet.conv2d(x, w, border_mode=pad, subsample=(stride, stride), filter_flip=False)

        def scaled(x: Any, scale: Any, shift: Any) -> Any:
            return T.nnet.bn.batch_normalization_train(x, scale, shift, "spatial", EPSILON)[0]

        self.conv, self.scaled = conv, scaled


def training_function(lang: Language, network: str, values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The training function and its shared parameters."""
    x, y, o = lang.T.ftensor4("x"), lang.T.lvector("y"), Ours(lang)
    params = [lang.shared(value.copy()) for value in values]
    cost = o.cost(NETWORKS[network][0](o, x, params), y)
    grads = lang.grad(cost, params)
    return lang.function([x, y], cost, updates=[(p, p - RATE * g) for p, g in zip(params, grads)]), params


def _symbolic(lang: Language, network: str, x: Any, y: Any, values: list[Any]) -> Case:
    fn, params = training_function(lang, network, values)
    return Case(fn, (x, y), lambda cost: [cost, *(p.get_value() for p in params)])


def _compiled(lang: Language, network: str, x: Any, y: Any, values: list[Any]) -> Case:
    def build() -> Any:
        fn, params = training_function(lang, network, values)
        return [fn(x, y), *(p.get_value() for p in params)]

    return Case(build, answers=list)


# -- NumPy -----------------------------------------------------------------------------------------------
class Node:
    """An array, what it was made of, and how gradients go back to that."""

    def __init__(self, value: Any, back: Callable[[Any], Sequence[Any]] | None = None, *below: Node) -> None:
        self.value, self.back, self.below, self.grad = value, back, below, 0.0

    def all(self) -> list[Node]:
        """The nodes below and this one, in the order in which they were made."""
        seen: dict[Node, None] = {}

        def visit(node: Node) -> None:
            if node not in seen:
                for other in node.below:
                    visit(other)
                seen[node] = None

        visit(self)
        return list(seen)


def _backward(cost: Node) -> None:
    cost.grad = np.float32(1)
    for node in reversed(cost.all()):
        if node.back is not None:
            for other, grad in zip(node.below, node.back(node.grad), strict=True):
                other.grad = other.grad + grad


def _per_channel(x: Any) -> tuple[int, ...]:
    return (0, 2, 3) if x.ndim == 4 else (0,)


def _spread(b: Any, x: Any) -> Any:
    return b[:, None, None] if x.ndim == 4 else b


class OfNumPy(Words):
    """On nodes, which remember how gradients go back."""

    def conv(self, x: Node, w: Node, pad: int = 0, stride: int = 1) -> Node:
        """By windows and a product of tensors."""
        go = numpy_directions(x.value.shape, w.value.shape, stride, pad)

        def back(g: Any) -> Sequence[Any]:
            return go["inputs"](w.value, g), go["weights"](x.value, g)

        return Node(go["forward"](x.value, w.value), back, x, w)

    def bias(self, x: Node, b: Node) -> Node:
        """Of each channel, or column."""
        value = x.value
        return Node(value + _spread(b.value, value), lambda g: (g, g.sum(_per_channel(g))), x, b)

    def scaled(self, x: Node, scale: Node, shift: Node) -> Node:
        """Over the batch and all pixels."""
        value, axes = x.value, _per_channel(x.value)
        root = np.sqrt(value.var(axes, keepdims=True) + np.float32(EPSILON))
        unit = (value - value.mean(axes, keepdims=True)) / root

        def back(g: Any) -> Sequence[Any]:
            d = g * _spread(scale.value, g)
            mean, along = d.mean(axes, keepdims=True), (d * unit).mean(axes, keepdims=True)
            return (d - mean - unit * along) / root, (g * unit).sum(axes), g.sum(axes)

        return Node(unit * _spread(scale.value, unit) + _spread(shift.value, unit), back, x, scale, shift)

    def relu(self, x: Node) -> Node:
        """Not below zero."""
        return Node(np.maximum(x.value, 0), lambda g: (g * (x.value > 0),), x)

    def pool(self, x: Node) -> Node:
        """The gradient goes to the largest one (to all that are equal)."""
        n, c, h, w = x.value.shape
        parts = x.value[:, :, : h - h % 2, : w - w % 2].reshape(n, c, h // 2, 2, w // 2, 2)
        top = parts.max((3, 5), keepdims=True)

        def back(g: Any) -> Sequence[Any]:
            full = np.zeros_like(x.value)
            spread = (parts == top) * g[:, :, :, None, :, None]
            full[:, :, : h - h % 2, : w - w % 2] = spread.reshape(n, c, h // 2 * 2, w // 2 * 2)
            return (full,)

        return Node(top[:, :, :, 0, :, 0], back, x)

    def mean(self, x: Node) -> Node:
        """Over pixels."""
        value = x.value
        count = np.float32(value.shape[2] * value.shape[3])
        return Node(value.mean((2, 3)), lambda g: (np.zeros_like(value) + (g / count)[:, :, None, None],), x)

    def flat(self, x: Node) -> Node:
        """A row for each image."""
        return Node(x.value.reshape(len(x.value), -1), lambda g: (g.reshape(x.value.shape),), x)

    def dot(self, x: Node, w: Node) -> Node:
        """A product of matrices."""
        return Node(x.value @ w.value, lambda g: (g @ w.value.T, x.value.T @ g), x, w)

    def plus(self, x: Node, y: Node) -> Node:
        """Of equal shapes."""
        return Node(x.value + y.value, lambda g: (g, g), x, y)

    def cost(self, scores: Node, y: Any) -> Node:
        """By the logarithm of softmax."""
        z = scores.value - scores.value.max(1, keepdims=True)
        p = np.exp(z)
        total = p.sum(1, keepdims=True)
        rows = np.arange(len(y))

        def back(g: Any) -> Sequence[Any]:
            d = p / total
            d[rows, y] -= 1
            return (d * (g / np.float32(len(y))),)

        return Node(np.mean(np.log(total[:, 0]) - z[rows, y]), back, scores)


def _numpy(network: str, x: Any, y: Any, values: list[Any]) -> Case:
    o, params = OfNumPy(), [value.copy() for value in values]

    def step(x: Any, y: Any) -> Any:
        nodes = [Node(p) for p in params]
        cost = o.cost(NETWORKS[network][0](o, Node(x), nodes), y)
        _backward(cost)
        for p, node in zip(params, nodes):
            p -= RATE * np.asarray(node.grad)
        return cost.value

    return Case(step, (x, y), lambda cost: [cost, *(p.copy() for p in params)])


# -- JAX and torch ---------------------------------------------------------------------------------------
class OfJax(Words):
    """As it is written for JAX."""

    def __init__(self, jax: Any) -> None:
        jnp, lax = jax.numpy, jax.lax
        self.relu, self.dot, self.plus = jax.nn.relu, jnp.matmul, jnp.add
        self.bias = lambda x, b: x + _spread(b, x)
        self.mean, self.flat = lambda x: x.mean((2, 3)), lambda x: x.reshape(len(x), -1)
        window = (1, 1, 2, 2)
        self.pool = lambda x: lax.reduce_window(x, np.float32(-np.inf), lax.max, window, window, "VALID")

        def conv(x: Any, w: Any, pad: int = 0, stride: int = 1) -> Any:
            return lax.conv_general_dilated(x, w, (stride, stride), ((pad, pad), (pad, pad)))

        def scaled(x: Any, scale: Any, shift: Any) -> Any:
            mean, var = (v(x, axis=(0, 2, 3), keepdims=True) for v in (jnp.mean, jnp.var))
            return (x - mean) * lax.rsqrt(var + np.float32(EPSILON)) * _spread(scale, x) + _spread(shift, x)

        def cost(scores: Any, y: Any) -> Any:
            return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(len(y)), y])

        self.conv, self.scaled, self.cost = conv, scaled, cost


def _jax(network: str, x: Any, y: Any, values: list[Any]) -> Case:
    o = OfJax(load_jax())
    return jax_steps(lambda params, x, y: o.cost(NETWORKS[network][0](o, x, params), y), x, y, values)


def _jax_compiled(network: str, x: Any, y: Any, values: list[Any]) -> Case:
    load_jax()

    def build() -> Any:
        case = _jax(network, x, y, values)
        return case.answers(case.fn(*case.args))

    return Case(build, answers=list)


class OfTorch(Words):
    """As it is written for torch: biases belong to the convolutions and products."""

    def __init__(self, torch: Any) -> None:
        F = torch.nn.functional
        self.relu, self.plus, self.cost = F.relu, torch.add, F.cross_entropy
        self.mean, self.flat = lambda x: x.mean((2, 3)), lambda x: x.flatten(1)
        self.pool = lambda x: F.max_pool2d(x, 2)
        # what comes next makes these
        self.conv = lambda x, w, pad=0, stride=1: (x, w, stride, pad)
        self.dot = lambda x, w: (x, w)

        def bias(made: Any, b: Any) -> Any:
            x, w, *rest = made
            return F.conv2d(x, w, b, *rest) if rest else torch.addmm(b, x, w)

        def scaled(made: Any, scale: Any, shift: Any) -> Any:
            x, w, *rest = made
            return F.batch_norm(F.conv2d(x, w, None, *rest), None, None, scale, shift, True, 0.1, EPSILON)

        self.bias, self.scaled = bias, scaled


def _torch(network: str, x: Any, y: Any, values: list[Any], compiled: bool = False) -> Case:
    torch = load_torch()
    o = OfTorch(torch)
    params = [torch.from_numpy(value.copy()).requires_grad_() for value in values]

    def loss(x: Any, y: Any) -> Any:
        return o.cost(NETWORKS[network][0](o, x, params), y)

    inner = torch.compile(loss) if compiled else loss

    def call(x: Any, y: Any) -> Any:
        cost = inner(x, y)
        grads = torch.autograd.grad(cost, params)
        with torch.no_grad():
            torch._foreach_add_(params, grads, alpha=-float(RATE))
        return cost

    args = (torch.from_numpy(x), torch.from_numpy(y))
    return Case(call, args, lambda cost: flat([cost, *params]))


# -- the rows --------------------------------------------------------------------------------------------
_SETUPS: dict[str, Callable[..., Case]] = {
    "numpy": _numpy,
    "jax": _jax,
    "torch": _torch,
    "torch_compile": lambda *data: _torch(*data, compiled=True),
    **everywhere(_symbolic, *THEANOS),
}


def step_memory(contender: str, network: str, batch: int) -> int:
    """How many bytes more than between steps the process holds at most during a step, parameters not counted.

    A few images come first, with all that is compiled and set up once.
    """
    case = _SETUPS[contender](*_data(network, batch))
    end = time.perf_counter() + 2
    while time.perf_counter() < end:
        case.fn(*(a[:2] for a in case.args))
    before = held_memory()
    forget_peak()
    for _ in range(5):
        case.fn(*case.args)
    return peak_held_memory() - before


_TITLES = {"lenet": "LeNet f32, training step, batch 128", "resnet": "small ResNet f32, training step, batch 32"}
_BATCHES = {"lenet": 128, "resnet": 32}


def _step(network: str, limit: float) -> Workload:
    return Workload(
        f"{network}-step",
        _TITLES[network],
        Target(limit),
        data=_data,
        setups=_SETUPS,
        sizes={"network": network, "batch": _BATCHES[network]},
        tiny={"network": network, "batch": 3},
        rtol=1e-4,
    )


def _compile(name: str, title: str, limit: float, fresh: Literal["cold", "warm"]) -> Workload:
    return Workload(
        name,
        title,
        Target(limit, of=None),
        data=_data,
        setups={"jax": _jax_compiled, **everywhere(_compiled, *THEANOS)},
        reference=_numpy,
        sizes={"network": "lenet", "batch": 128},
        tiny={"network": "lenet", "batch": 3},
        rtol=1e-4,
        clock="cpu",
        fresh=fresh,
        group="compile",
    )


def _memory(network: str) -> Workload:
    call = "from benchmarks.workloads.networks import step_memory; print(step_memory({!r}, {!r}, {}))"
    return Workload(
        f"{network}-memory",
        f"memory of a step: {_TITLES[network]}",
        Target(1.0, of="torch"),
        scripts={name: call.format(name, network, _BATCHES[network]) for name in ("theano", "torch")},
        clock="memory",
    )


ROWS = [
    _step("lenet", 0.45),
    _step("resnet", 0.8),
    _memory("lenet"),
    _memory("resnet"),
    _compile("compile-lenet", "LeNet's training function, cold, CPU seconds", 0.6, "cold"),
    _compile("compile-lenet-warm", "LeNet's training function, warm cache, CPU seconds", 0.1, "warm"),
]
