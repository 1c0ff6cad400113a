"""The same function gives the same program text however often it is built: the object cache depends on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T


def _neuron() -> Any:
    x, t = T.matrix("x"), T.vector("t")
    w, b = theano.shared(np.array([0.1, 0.2])), theano.shared(1.0)
    a = 1 / (1 + T.exp(-T.dot(x, w) - b))
    cost = -(t * T.log(a) + (1 - t) * T.log(1 - a)).sum()
    dw, db = T.grad(cost, [w, b])
    return theano.function([x, t], [a, cost], updates=[(w, w - 0.01 * dw), (b, b - 0.01 * db)], mode="FAST_RUN")


def _classifier() -> Any:
    x, y = T.matrix("x"), T.ivector("y")
    weights = [theano.shared(np.ones(shape)) for shape in ((5, 4), (4,), (4, 3), (3,))]
    w1, b1, w2, b2 = weights
    hidden = T.nnet.relu(T.dot(x, w1) + b1)
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(hidden, w2) + b2), y).mean()
    steps = [(p, p - 0.1 * g) for p, g in zip(weights, T.grad(cost, weights), strict=True)]
    return theano.function([x, y], cost, updates=steps, mode="FAST_RUN")


def _layer_norm() -> Any:
    x, gain = T.matrix("x"), T.vector("gain")
    centred = x - x.mean(axis=1, keepdims=True)
    y = gain * centred / T.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return theano.function([x, gain], [y, *T.grad(T.tanh(y).sum(), [x, gain])], mode="FAST_RUN")


def _windows() -> Any:
    x = T.matrix("x")
    y = T.concatenate([x[1:], x[:-1]], axis=1)
    return theano.function([x], [y.max(axis=0), T.argmax(y, axis=1), T.grad((y**3).sum(), x)], mode="FAST_RUN")


@pytest.mark.parametrize("build", [_neuron, _classifier, _layer_norm, _windows])
def test_text_is_the_same_every_time(build: Callable[[], Any]) -> None:
    # Functions built before stay alive, so that addresses (and with them hashes) differ.
    built = [build() for _ in range(4)]
    assert len({f.executor.text() for f in built}) == 1
