"""What does a network see in a digit? Gradient ascent on its input.

    python examples/dream.py [--steps N] [--figure FILE]

First a network of LeNet's form learns to read digits. Then its parameters stay as they are, and images, ten for the ten
digits, follow the gradient of the scores of their classes, kept small and smooth (K. Simonyan et al., "Deep inside
convolutional networks", 2013). Needs scikit-learn for the digits, and matplotlib for the figure.

After 2000 steps the network sees its digits in the dreams with a certainty of 0.99 (8 s of CPU).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from classifier import learn
from lenet import lenet
from training import adam, draw, options, parameter, show, train

import theano
import theano.tensor as T


def main() -> None:
    """Train, dream, print, draw."""
    chosen = options(__doc__, "dream", 2000)
    network = lenet()
    learn(network, chosen.steps)

    start = time.perf_counter()
    raw = parameter(0.1 * np.random.RandomState(0).randn(10, 1, 8, 8), "raw")
    images = T.nnet.sigmoid(raw)
    scores, classes = network.scores(images, False), T.arange(10)
    surprise = T.nnet.categorical_crossentropy(T.nnet.softmax(scores), classes).sum()
    rough = sum(T.sqr(T.diff(images, axis=axis)).sum() for axis in (2, 3))
    cost = surprise + np.float32(0.05) * rough + np.float32(0.02) * images.sum()
    ascend = theano.function([], cost, updates=adam(cost, [raw], 0.05), name="ascend")
    look = theano.function([], [images, T.nnet.softmax(scores)[classes, classes]], name="look")
    print(f"compiled in {time.perf_counter() - start:.2f} s")
    train(lambda _: float(ascend()), lambda: f"seen with certainty {look()[1].mean():.3f}", max(20, chosen.steps // 3))
    dreams, certain = look()
    print(f"the network sees its digit in a dream with a certainty of {certain.mean():.3f}")

    def paint(axes: Any) -> None:
        for k, axis in enumerate(axes.flat):
            show(axis, dreams[k, 0], f"{k}: {certain[k]:.2f}")

    draw(chosen.figure, 2, 5, paint, size=1.2)


if __name__ == "__main__":
    main()
