"""Keras 1: models fit, predict, are saved, and predict the same once they are loaded."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.clients.installed import bars, blobs, client

os.environ["KERAS_BACKEND"] = "theano"
keras = client("keras")
if not keras.__version__.startswith("1."):
    pytest.skip(f"Keras is {keras.__version__} here", allow_module_level=True)
layers, models = keras.layers, keras.models


def dense():
    parts = [layers.Dense(20, input_dim=16), layers.Activation("relu"), layers.Dropout(0.1)]
    return [*parts, layers.Dense(3, activation="softmax")], *blobs()


def convolutional():
    order = {"dim_ordering": "th"}
    parts = [
        layers.Convolution2D(4, 3, 3, activation="relu", input_shape=(1, 8, 8), **order),
        layers.MaxPooling2D((2, 2), **order), layers.Flatten(), layers.Dense(3, activation="softmax"),
    ]  # fmt: skip
    return parts, *bars()


def recurrent(layer):
    def make():
        data, kinds = blobs(rows=90, columns=5)
        return [layer, layers.Dense(3, activation="softmax")], np.repeat(data[:, None], 4, 1), kinds

    return make


BUILDERS = {
    "dense": dense,
    "convolutional": convolutional,
    "LSTM": recurrent(layers.LSTM(8, input_shape=(4, 5), dropout_W=0.1, dropout_U=0.1)),
    "GRU": recurrent(layers.GRU(8, input_shape=(4, 5))),
    "Bidirectional": recurrent(layers.Bidirectional(layers.SimpleRNN(6), input_shape=(4, 5))),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_models_learn_and_move(name, tmp_path):
    np.random.seed(0)
    parts, data, kinds = BUILDERS[name]()
    model, wanted = models.Sequential(parts), np.eye(3)[kinds]
    model.compile(keras.optimizers.Adam(0.02), "categorical_crossentropy", metrics=["accuracy"])
    losses = model.fit(data, wanted, batch_size=32, nb_epoch=8, verbose=0).history["loss"]
    assert np.mean(losses[-2:]) < 0.8 * losses[0] and model.evaluate(data, wanted, verbose=0)[1] > 0.7
    model.save(str(tmp_path / "model.h5"))
    again = models.load_model(str(tmp_path / "model.h5"))
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


def test_functional_models():
    data, kinds = blobs()
    inside = layers.Input((16,))
    one, two = layers.Dense(8, activation="tanh")(inside), layers.Dense(8, activation="relu")(inside)
    model = models.Model(inside, layers.Dense(3, activation="softmax")(layers.merge([one, two], mode="concat")))
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    losses = model.fit(data, kinds[:, None], nb_epoch=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
