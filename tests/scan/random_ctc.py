"""Random batches of frames and labels: costs and gradients of `ctc` against the recursions over places, row by row."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from scipy.special import log_softmax, logsumexp
from theano.tensor.nnet.ctc import ctc

import theano
import theano.tensor as T

_FUNCTIONS: dict[tuple[Any, ...], Any] = {}


def function_of(dtype: str, labels: str, known: bool) -> Any:
    """The compiled function of a kind, which serves all sizes."""
    if (dtype, labels, known) not in _FUNCTIONS:
        shape = (None, None, 5 if known else None)
        x, y, n = T.TensorType(dtype, shape=shape)("x"), T.matrix("y", dtype=labels), T.ivector("n")
        cost = ctc(x, y, n)
        _FUNCTIONS[dtype, labels, known] = theano.function([x, y, n], [cost, T.grad(cost.sum(), x)])
    return _FUNCTIONS[dtype, labels, known]


def row_of(scores: np.ndarray, labels: list[int], length: int) -> tuple[float, np.ndarray]:
    """The cost of one row and its gradient; A. Graves et al., 2006, section 4, in logarithms."""
    says, slope = log_softmax(scores, axis=1), np.zeros_like(scores)
    places = [0]
    for label in labels:
        places += [label, 0]
    count = len(places)
    ahead, behind = np.full((length + 1, count), -np.inf), np.full((length + 1, count), -np.inf)
    # before the first frame: only the first two places may follow
    ahead[0, 0] = 0
    for t in range(length):
        for k in range(count):
            last = [ahead[t, k], ahead[t, k - 1] if k else -np.inf]
            if k > 1 and places[k] and places[k] != places[k - 2]:
                last.append(ahead[t, k - 2])
            ahead[t + 1, k] = logsumexp(last) + says[t, places[k]]
    behind[length, max(count - 2, 0) :] = 0
    for t in reversed(range(length)):
        for k in range(count):
            following = [behind[t + 1, k] + says[t, places[k]]]
            if k + 1 < count:
                following.append(behind[t + 1, k + 1] + says[t, places[k + 1]])
            if k + 2 < count and places[k + 2] and places[k + 2] != places[k]:
                following.append(behind[t + 1, k + 2] + says[t, places[k + 2]])
            behind[t, k] = logsumexp(following)
    total = logsumexp(ahead[length, max(count - 2, 0) :])
    if np.isfinite(total):
        for t in range(length):
            slope[t] = np.exp(says[t])
            for k in range(count):
                slope[t, places[k]] -= np.exp(ahead[t + 1, k] + behind[t + 1, k] - total)
    return -total, slope


def compare(seed: int) -> None:
    """One batch."""
    rng = random.Random(seed)
    dtype, of_labels = rng.choice(["float64", "float64", "float32"]), rng.choice(["int32", "int64", "int8"])
    known = rng.random() < 0.3
    frames, rows = rng.choice([1, 2, rng.randint(1, 12)]), rng.choice([0, 1, 2, rng.randint(1, 6)])
    symbols, most = 5 if known else rng.randint(2, 7), rng.choice([0, 1, rng.randint(0, 6)])
    lengths = [rng.choice([frames, rng.randint(0, frames)]) for _ in range(rows)]
    few = min(symbols - 1, rng.choice([1, 2, symbols]))  # so that labels repeat
    drawn = [rng.choice([-1, *range(1, few + 1), *range(1, few + 1)]) for _ in range(rows * most)]
    labels = np.array(drawn, "int64").reshape(rows, most)
    size = rng.choice([0.1, 1, 10, 300])
    scores = (size * np.random.RandomState(seed % (1 << 31)).randn(frames, rows, symbols)).astype(dtype)
    if rng.random() < 0.3:
        scores = scores[::-1, :, ::-1]
    cost, slope = function_of(dtype, of_labels, known)(scores, labels.astype(of_labels), np.array(lengths, "int32"))
    assert cost.dtype == slope.dtype == dtype and cost.shape == (rows,) and slope.shape == scores.shape
    where = f"seed {seed}: {scores.shape} {dtype} {labels.tolist()} {lengths}"
    tolerance = {"float64": 1e-9, "float32": 2e-4}[dtype]
    for k in range(rows):
        wanted, towards = row_of(scores[:, k].astype("f8"), [int(n) for n in labels[k] if n > 0], lengths[k])
        np.testing.assert_allclose(cost[k], wanted, tolerance, tolerance * size, err_msg=where)
        np.testing.assert_allclose(slope[:, k], towards, tolerance, tolerance * max(size, 1), err_msg=where)
