"""Keras 0.3: sequences and graphs of layers learn, and weights move."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.clients.installed import bars, blobs, client

os.environ["KERAS_BACKEND"] = "theano"
keras = client("keras")
if not hasattr(keras, "__version__") or not keras.__version__.startswith("0."):
    pytest.skip("this is another Keras", allow_module_level=True)

from keras.layers import convolutional, core, recurrent  # noqa: E402
from keras.models import Graph, Sequential, model_from_json  # noqa: E402


def build(name):
    if name == "convolutional":
        order = {"dim_ordering": "th"}
        parts = [
            convolutional.Convolution2D(4, 3, 3, activation="relu", input_shape=(1, 8, 8), **order),
            convolutional.MaxPooling2D((2, 2), **order), core.Flatten(),
        ]  # fmt: skip
        data, kinds = bars()
    elif name == "dense":
        parts, (data, kinds) = [core.Dense(20, activation="relu", input_dim=16), core.Dropout(0.1)], blobs()
    else:
        parts, (data, kinds) = [getattr(recurrent, name)(8, input_shape=(4, 5))], blobs(rows=90, columns=5)
        data = np.repeat(data[:, None], 4, 1)
    model = Sequential()
    for part in [*parts, core.Dense(3, activation="softmax")]:
        model.add(part)
    return model, data, np.eye(3)[kinds]


@pytest.mark.parametrize("name", ["dense", "convolutional", "LSTM", "GRU", "SimpleRNN"])
def test_sequences_learn_and_move(name, tmp_path):
    np.random.seed(0)
    model, data, wanted = build(name)
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    losses = model.fit(data, wanted, batch_size=16, nb_epoch=15, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]
    model.save_weights(str(tmp_path / "weights.h5"))
    again = model_from_json(model.to_json())
    again.compile(loss="categorical_crossentropy", optimizer="adam")
    again.load_weights(str(tmp_path / "weights.h5"))
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


def test_graphs_learn():
    data, kinds = blobs()
    graph = Graph()
    graph.add_input(name="inside", input_shape=(16,))
    graph.add_node(core.Dense(8, activation="tanh"), name="one", input="inside")
    graph.add_node(core.Dense(8, activation="relu"), name="two", input="inside")
    graph.add_node(core.Dense(3, activation="softmax"), name="last", inputs=["one", "two"])
    graph.add_output(name="kind", input="last")
    graph.compile("rmsprop", {"kind": "categorical_crossentropy"})
    losses = graph.fit({"inside": data, "kind": np.eye(3)[kinds]}, nb_epoch=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
