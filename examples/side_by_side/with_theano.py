"""The three networks in Theano alone: parameters, expressions, and what is added to the parameters in a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from data import WORDS

import theano
import theano.tensor as T
from theano.tensor.signal.pool import pool_2d

Learner = tuple[Callable[..., Any], Callable[..., Any]]
"""A function of a batch that learns from it and gives the cost; a function that predicts."""
_rng = np.random.default_rng(0)


def _parameter(*shape: int) -> Any:
    fan_in = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
    values = _rng.normal(0, fan_in**-0.5, shape) if len(shape) > 1 else np.zeros(shape)
    return theano.shared(values.astype("float32"))


def adam(cost: Any, parameters: list[Any], rate: float = 0.003) -> list[tuple[Any, Any]]:
    """Steps by Adam (D. Kingma and J. Ba, 2015)."""
    time = theano.shared(np.float32(0))
    now = time + np.float32(1)
    scale = np.float32(rate) * T.sqrt(1 - np.float32(0.999) ** now) / (1 - np.float32(0.9) ** now)
    updates = [(time, now)]
    for p, g in zip(parameters, T.grad(cost, parameters), strict=True):
        mean, square = (theano.shared(np.zeros_like(p.get_value())) for _ in range(2))
        mean_now = np.float32(0.9) * mean + np.float32(0.1) * g
        square_now = np.float32(0.999) * square + np.float32(0.001) * g**2
        step = scale * mean_now / (T.sqrt(square_now) + np.float32(1e-8))
        updates += [(mean, mean_now), (square, square_now), (p, p - step)]
    return updates


def lenet() -> Learner:
    """Two convolutions with pooling, two layers above."""
    x, y = T.ftensor4("x"), T.ivector("y")
    shapes = [(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (128, 64), (64,), (64, 10), (10,)]
    parameters = [_parameter(*shape) for shape in shapes]
    w1, b1, w2, b2, w3, b3, w4, b4 = parameters
    h = x
    for w, b in ((w1, b1), (w2, b2)):
        h = T.tanh(T.nnet.conv2d(h, w, border_mode="half") + b.dimshuffle("x", 0, "x", "x"))
        h = pool_2d(h, (2, 2), ignore_border=True)
    p = T.nnet.softmax(T.dot(T.tanh(T.dot(h.flatten(2), w3) + b3), w4) + b4)
    cost = T.nnet.categorical_crossentropy(p, y).mean()
    return theano.function([x, y], cost, updates=adam(cost, parameters)), theano.function([x], p.argmax(axis=1))


def lstm() -> Learner:
    """Words as vectors, an LSTM over them, and a yes or no from its last state."""
    x, y, size = T.imatrix("x"), T.ivector("y"), 32
    shapes = [(WORDS, 16), (16, 4 * size), (size, 4 * size), (4 * size,), (size, 1), (1,)]
    parameters = [_parameter(*shape) for shape in shapes]
    words, w, u, b, out, bias = parameters

    def step(word: Any, h: Any, c: Any) -> list[Any]:
        gates = T.dot(word, w) + T.dot(h, u) + b
        i, f, o, g = (gates[:, k * size : (k + 1) * size] for k in range(4))
        c = T.nnet.sigmoid(f + 1) * c + T.nnet.sigmoid(i) * T.tanh(g)
        return [T.nnet.sigmoid(o) * T.tanh(c), c]

    start = T.zeros((x.shape[0], size), dtype="float32")
    (h, _), _ = theano.scan(step, sequences=words[x.T], outputs_info=[start, start])
    p = T.nnet.sigmoid(T.dot(h[-1], out) + bias)[:, 0]
    cost = T.nnet.binary_crossentropy(p, y).mean()
    return theano.function([x, y], cost, updates=adam(cost, parameters, 0.01)), theano.function([x], p > 0.5)


def autoencoder() -> Learner:
    """Pictures through 16 numbers and back."""
    x = T.fmatrix("x")
    parameters = [_parameter(*shape) for shape in [(64, 32), (32,), (32, 16), (16,), (16, 32), (32,), (32, 64), (64,)]]
    h = x
    for k in range(0, 8, 2):
        h = T.dot(h, parameters[k]) + parameters[k + 1]
        h = T.nnet.sigmoid(h) if k == 6 else T.tanh(h)
    cost = T.sqr(h - x).mean()
    return theano.function([x], cost, updates=adam(cost, parameters)), theano.function([x], h)
