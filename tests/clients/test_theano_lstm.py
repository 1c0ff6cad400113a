"""theano-lstm: stacked cells in a loop, as its manual shows."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.clients.installed import client

theano_lstm = client("theano_lstm")


@pytest.mark.parametrize("method", ["adadelta", "adagrad", "sgd"])
def test_stacked_cells_learn(method):
    np.random.seed(0)
    model = theano_lstm.StackedCells(2, layers=[6, 6], activation=T.tanh, celltype=theano_lstm.LSTM)
    model.layers.append(theano_lstm.Layer(6, 1, lambda x: x))
    x = T.matrix("x")

    def step(row, *hidden):
        return model.forward(row, list(hidden))

    states = [
        {"initial": layer.initial_hidden_state, "taps": [-1]} if hasattr(layer, "initial_hidden_state") else None
        for layer in model.layers
    ]
    made, _ = theano.scan(step, sequences=x, outputs_info=states)
    cost = ((made[-1][:, 0] - x[:, 0] * x[:, 1]) ** 2).mean()
    updates, *_ = theano_lstm.create_optimization_updates(cost, model.params, method=method, lr=0.05)
    train = theano.function([x], cost, updates=updates, allow_input_downcast=True)
    data = np.random.randn(20, 2)
    losses = [float(train(data)) for _ in range(20)]
    assert losses[-1] < losses[0]
