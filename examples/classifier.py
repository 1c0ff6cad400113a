"""Train a network that tells the digit in an image, measure it, and draw what it reads wrong."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from training import adam, digits, draw, show, show_costs, train

import theano
import theano.tensor as T

BATCH = 50


class Network(NamedTuple):
    """A network as this file trains it."""

    scores: Callable[[Any, bool], Any]
    """``scores(images, learning)``: a number for each class, from images of ``(batch, channel, row, column)``."""
    parameters: Sequence[Any]
    updates: Callable[[], Sequence[tuple[Any, Any]]] = lambda: ()
    """What else a step of training changes, known when `scores` has been called."""


class Trained(NamedTuple):
    """What training gives."""

    costs: list[float]
    share: float
    """How many of the images that were not learned from are read right."""
    read: Any
    """``read(images)``: the class of each."""


def learn(network: Network, steps: int, rate: float = 0.002) -> Trained:
    """Train on batches of images, moved by up to one pixel, and tell how many others are read right."""
    images, classes, others, answers = digits()
    x, y = T.tensor4("x"), T.lvector("y")
    start = time.perf_counter()
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(network.scores(x, True)), y).mean()
    updates = [*adam(cost, network.parameters, rate), *network.updates()]
    step = theano.function([x, y], cost, updates=updates, name="train")
    read = theano.function([x], T.argmax(network.scores(x, False), axis=1), name="read")
    count = sum(p.get_value().size for p in network.parameters)
    print(f"{len(images)} digits to learn, {len(others)} others to judge by; {count:,} parameters")
    print(f"compiled in {time.perf_counter() - start:.2f} s")

    rng = np.random.RandomState(1)
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))

    def one(k: int) -> float:
        rows = rng.randint(0, len(images), BATCH)
        down, right = rng.randint(0, 3, 2)
        return float(step(wide[rows, None, down : down + 8, right : right + 8], classes[rows]))

    def share() -> float:
        return float((read(others[:, None]) == answers).mean())

    costs = train(one, lambda: f"right {100 * share():.1f} %", steps)
    return Trained(costs, share(), read)


def main(network: Network, options: argparse.Namespace) -> None:
    """Train, print, draw."""
    trained = learn(network, options.steps)
    _, _, others, answers = digits()
    found = trained.read(others[:, None])
    wrong = np.flatnonzero(found != answers)[:7]
    print(f"of {len(others)} digits {100 * trained.share:.1f} % are read right")

    def paint(axes: Any) -> None:
        show_costs(axes[0, 0], trained.costs)
        for axis in axes.flat[1:]:
            axis.axis("off")
        for axis, k in zip(axes.flat[1:], wrong):
            show(axis, others[k], f"{answers[k]} read as {found[k]}")

    draw(options.figure, 2, 4, paint, size=2)
