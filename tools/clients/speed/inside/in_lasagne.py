"""The networks in Lasagne 0.1, with Adam."""

from __future__ import annotations

import sys
import types

import numpy as np
from measured import measure

import theano
import theano.tensor as T
from theano.tensor.signal import pool

try:
    import theano.tensor.signal.downsample
except ImportError:  # the module that Lasagne 0.1 imports was renamed before Theano 1.0
    old = types.ModuleType("theano.tensor.signal.downsample")
    old.max_pool_2d = pool.pool_2d
    sys.modules[old.__name__] = theano.tensor.signal.downsample = old

import lasagne
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
from lasagne.nonlinearities import rectify, sigmoid, softmax


def lenet():
    """Two convolutions with pooling, 500 units, ten classes."""
    pictures, kinds = T.ftensor4("pictures"), T.ivector("kinds")
    layer = InputLayer((None, 1, 28, 28), pictures)
    for kernels in (20, 50):
        layer = MaxPool2DLayer(Conv2DLayer(layer, kernels, (5, 5), nonlinearity=rectify), 2)
    layer = DenseLayer(DenseLayer(layer, 500, nonlinearity=rectify), 10, nonlinearity=softmax)
    cost = lasagne.objectives.categorical_crossentropy(get_output(layer), kinds).mean()
    return _step([pictures, kinds], cost, layer)


def lstm():
    """Words become vectors of 64 numbers, an LSTM of 64 units reads them."""
    words, liked = T.imatrix("words"), T.fmatrix("liked")
    layer = EmbeddingLayer(InputLayer((None, 60), words), 2000, 64)
    layer = SliceLayer(LSTMLayer(layer, 64, peepholes=False), -1, axis=1)
    layer = DenseLayer(layer, 1, nonlinearity=sigmoid)
    cost = lasagne.objectives.binary_crossentropy(get_output(layer), liked).mean()
    return _step([words, liked], cost, layer)


def _step(inputs, cost, network):
    parameters = get_all_params(network, trainable=True)
    return theano.function(inputs, cost, updates=lasagne.updates.adam(cost, parameters, 0.001))


if __name__ == "__main__":
    lasagne.random.set_rng(np.random.RandomState(0))
    measure({"lenet": lenet, "lstm": lstm})
