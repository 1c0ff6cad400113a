"""What the three networks learn from: handwritten digits of 8 x 8 pixels, and sentences of a tiny language."""

from __future__ import annotations

import numpy as np

WORDS, LENGTH = 20, 12


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 1, 8, 8) from 0 to 1, and which digits they are; needs scikit-learn."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.images[:, None] / 16).astype("float32"), found.target.astype("int32")


def sentences(count: int = 800, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of words (n, 12), and whether word 1 comes before word 2."""
    draw = np.random.default_rng(seed)
    words = draw.integers(3, WORDS, (count, LENGTH), dtype="int32")
    places = np.array([draw.permutation(LENGTH)[:2] for _ in range(count)])
    words[np.arange(count), places[:, 0]] = 1
    words[np.arange(count), places[:, 1]] = 2
    return words, (places[:, 0] < places[:, 1]).astype("int32")
