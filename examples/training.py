"""What the examples of networks share: options, parameters, Adam's rule, a line of progress, pictures, digits."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import theano
import theano.tensor as T

Array = Any


def options(doc: str | None, name: str, steps: int) -> argparse.Namespace:
    """Read ``--steps`` and ``--figure``; from here on numbers are float32."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=steps, help="steps of descent")
    parser.add_argument("--figure", type=Path, default=Path(f"build/{name}.png"), help="where the picture goes")
    theano.config.floatX = "float32"
    return parser.parse_args()


def parameter(value: Any, name: str | None = None) -> Any:
    """A shared variable of `theano.config.floatX`."""
    return theano.shared(np.asarray(value, dtype=theano.config.floatX), name)


def weights(rng: Any, shape: Sequence[int], inputs: float, name: str | None = None) -> Any:
    """Random numbers that keep the size of what comes in: their variance is one over the number of inputs."""
    return parameter(rng.standard_normal(shape) / np.sqrt(inputs), name)


def adam(cost: Any, parameters: Sequence[Any], rate: float, limit: float | None = None) -> list[tuple[Any, Any]]:
    """Updates that follow the gradient by Adam's rule, cut to the length `limit` if one is given."""
    slopes = T.grad(cost, parameters)
    if limit is not None:
        norm = T.sqrt(sum(T.sum(g**2) for g in slopes))
        slopes = [T.minimum(1, limit / (norm + 1e-6)) * g for g in slopes]
    count = theano.shared(np.asarray(0, dtype=theano.config.floatX), "count")
    number = count + 1
    updates = [(count, number)]
    for p, g in zip(parameters, slopes):
        mean, square = (theano.shared(np.zeros_like(p.get_value())) for _ in range(2))
        new_mean = 0.9 * mean + 0.1 * g
        new_square = 0.999 * square + 0.001 * g**2
        move = new_mean / (1 - 0.9**number) / (T.sqrt(new_square / (1 - 0.999**number)) + 1e-8)
        updates += [(mean, new_mean), (square, new_square), (p, p - rate * move)]
    return [(s, T.cast(value, s.dtype)) for s, value in updates]


def train(step: Callable[[int], float], look: Callable[[], str], steps: int, lines: int = 6) -> list[float]:
    """Run `step` for each number; a line of progress now and then, with what `look` says; the costs."""
    costs: list[float] = []
    start = time.perf_counter()
    for k in range(steps):
        costs.append(float(step(k)))
        if (k + 1) * lines // steps != k * lines // steps:
            recent, seconds = np.mean(costs[-max(1, steps // lines) :]), time.perf_counter() - start
            print(f"step {k + 1:5} of {steps}: cost {recent:.4f}, {look()}, {seconds:.1f} s", flush=True)
    return costs


def draw(path: Path, rows: int, columns: int, paint: Callable[[Any], None], size: float = 0.8) -> None:
    """Write a picture of `rows` by `columns` parts, which `paint` gets; without matplotlib, say so."""
    try:
        import matplotlib
    except ImportError:
        print("no picture: matplotlib is not installed (pip install matplotlib)")
        return
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shape = (max(5.0, columns * size), max(2.5, rows * size))
    figure, axes = plt.subplots(rows, columns, figsize=shape, layout="constrained", squeeze=False)
    paint(axes)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"picture: {path}")


def show(axis: Any, pixels: Array, title: str = "") -> None:
    """An image in a part of a picture."""
    axis.imshow(pixels, cmap="gray_r")
    axis.set_title(title, fontsize=8)
    axis.axis("off")


def show_costs(axis: Any, costs: Sequence[float], what: str = "cost") -> None:
    """The curve of costs in a part of a picture, as means over some steps."""
    width = max(1, len(costs) // 200)
    means = [np.mean(costs[k : k + width]) for k in range(0, len(costs), width)]
    axis.plot(np.arange(len(means)) * width, means)
    axis.set(xlabel="step", ylabel=what)


def digits() -> tuple[Array, Array, Array, Array]:
    """Handwritten digits of scikit-learn, 8 x 8 pixels in [0, 1]: images and classes to learn from, and others."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.RandomState(0).permutation(len(found.data))
    images = (found.images[order] / 16).astype(theano.config.floatX)
    classes = found.target[order].astype("int64")
    return images[:1400], classes[:1400], images[1400:], classes[1400:]


def text() -> str:
    """What Python's ``help`` knows of the language, half a million letters, in lower case."""
    from pydoc_data.topics import topics

    return " ".join(" ".join(topics[name] for name in sorted(topics)).lower().split())
