"""The three networks in Lasagne 0.1: layers are objects, costs and steps are expressions of Theano."""

from __future__ import annotations

from typing import Any

import lasagne
from data import LENGTH, WORDS
from lasagne.layers import (
    Conv2DLayer,
    DenseLayer,
    EmbeddingLayer,
    InputLayer,
    LSTMLayer,
    MaxPool2DLayer,
    SliceLayer,
    get_all_params,
    get_output,
)
from lasagne.nonlinearities import sigmoid, softmax, tanh

import theano
import theano.tensor as T


def _learner(net: Any, inputs: list[Any], cost: Any, prediction: Any, rate: float = 0.003) -> Any:
    updates = lasagne.updates.adam(cost, get_all_params(net, trainable=True), rate)
    return theano.function(inputs, cost, updates=updates), theano.function(inputs[:1], prediction)


def lenet() -> Any:
    """Two convolutions with pooling, two layers above."""
    x, y = T.ftensor4("x"), T.ivector("y")
    net = InputLayer((None, 1, 8, 8), x)
    for filters in (16, 32):
        net = MaxPool2DLayer(Conv2DLayer(net, filters, 3, pad="same", nonlinearity=tanh), 2)
    net = DenseLayer(DenseLayer(net, 64, nonlinearity=tanh), 10, nonlinearity=softmax)
    p = get_output(net)
    return _learner(net, [x, y], lasagne.objectives.categorical_crossentropy(p, y).mean(), p.argmax(axis=1))


def lstm() -> Any:
    """Words as vectors, an LSTM over them, and a yes or no from its last state."""
    x, y = T.imatrix("x"), T.ivector("y")
    net = EmbeddingLayer(InputLayer((None, LENGTH), x), WORDS, 16)
    net = DenseLayer(SliceLayer(LSTMLayer(net, 32), -1, axis=1), 1, nonlinearity=sigmoid)
    p = get_output(net)[:, 0]
    return _learner(net, [x, y], lasagne.objectives.binary_crossentropy(p, y).mean(), p > 0.5, 0.01)


def autoencoder() -> Any:
    """Pictures through 16 numbers and back."""
    x = T.fmatrix("x")
    net = InputLayer((None, 64), x)
    for size in (32, 16, 32):
        net = DenseLayer(net, size, nonlinearity=tanh)
    net = DenseLayer(net, 64, nonlinearity=sigmoid)
    p = get_output(net)
    return _learner(net, [x], lasagne.objectives.squared_error(p, x).mean(), p)
