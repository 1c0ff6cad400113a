"""Functions for neural networks."""

from __future__ import annotations

from theano.tensor.nnet.activations import (
    elu,
    gelu,
    hard_sigmoid,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    ultra_fast_sigmoid,
)
from theano.tensor.nnet.losses.confusion import confusion_matrix
from theano.tensor.nnet.losses.crossentropy import (
    CrossentropyCategorical1Hot,
    CrossentropySoftmaxArgmax1HotWithBias,
    binary_crossentropy,
    categorical_crossentropy,
    crossentropy_categorical_1hot,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_argmax_1hot_with_bias,
    crossentropy_softmax_max_and_argmax_1hot,
    crossentropy_softmax_max_and_argmax_1hot_with_bias,
    sigmoid_binary_crossentropy,
)
from theano.tensor.nnet.losses.hierarchical import h_softmax
from theano.tensor.nnet.normalising import bn
from theano.tensor.nnet.normalising.bn import batch_normalization, batch_normalization_test, batch_normalization_train
from theano.tensor.nnet.softmax import (
    LogSoftmax,
    Softmax,
    SoftmaxWithBias,
    logsoftmax,
    logsoftmax_op,
    softmax,
    softmax_graph,
    softmax_op,
    softmax_with_bias,
)

__all__ = [
    "CrossentropyCategorical1Hot",
    "CrossentropySoftmaxArgmax1HotWithBias",
    "LogSoftmax",
    "Softmax",
    "SoftmaxWithBias",
    "batch_normalization",
    "batch_normalization_test",
    "batch_normalization_train",
    "binary_crossentropy",
    "bn",
    "categorical_crossentropy",
    "confusion_matrix",
    "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "elu",
    "gelu",
    "h_softmax",
    "hard_sigmoid",
    "logsoftmax",
    "logsoftmax_op",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "silu",
    "softmax",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]
