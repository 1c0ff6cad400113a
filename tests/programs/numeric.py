"""What the programs share: NumPy versions of functions, and slopes by differences."""

from __future__ import annotations

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def slope(f, x, direction, step=1e-6):
    """How the value of `f` changes along `direction`, by differences."""
    return (f(x + step * direction) - f(x - step * direction)) / (2 * step)


def stream(seed, k=0):
    """The generator behind stream `k` of ``RandomStreams(seed)``."""
    seeds = np.random.RandomState(seed)
    return [np.random.RandomState(int(seeds.randint(2**30))) for _ in range(k + 1)][k]
