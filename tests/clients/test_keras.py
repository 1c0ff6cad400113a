"""Keras 2.3: models fit, predict, are saved, and predict the same once they are loaded."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import numpy as np
import pytest

from tests.clients.installed import bars, blobs, client, digits, example

os.environ["KERAS_BACKEND"] = "theano"
keras = client("keras")
if not keras.__version__.startswith("2."):
    pytest.skip(f"Keras is {keras.__version__} here", allow_module_level=True)
layers, models = keras.layers, keras.models


def dense():
    inside = layers.Input((16,))
    hidden = layers.BatchNormalization(momentum=0.8)(layers.Dense(20, activation="relu")(inside))
    hidden = layers.Dropout(0.1)(layers.concatenate([hidden, layers.Dense(4, activation="selu")(inside)]))
    return models.Model(inside, layers.Dense(3, activation="softmax")(hidden)), *blobs()


def convolutional():
    parts = [
        layers.Conv2D(4, 3, activation="relu", padding="same", input_shape=(8, 8, 1)), layers.MaxPooling2D(2),
        layers.SeparableConv2D(4, 2), layers.BatchNormalization(momentum=0.8), layers.Flatten(),
        layers.Dense(2, activation="softmax"),
    ]  # fmt: skip
    pictures, kinds = bars()
    return models.Sequential(parts), pictures.transpose(0, 2, 3, 1), kinds


def recurrent(*parts):
    def make():
        data, kinds = blobs(rows=90, columns=5)
        return models.Sequential([*parts, layers.Dense(3, activation="softmax")]), np.repeat(data[:, None], 4, 1), kinds

    return make


def words():
    draw = np.random.RandomState(0)
    kinds = np.arange(90) % 3
    texts = draw.randint(1, 5, (90, 6)) + 4 * kinds[:, None]
    texts[:, 4:] *= draw.randint(0, 2, (90, 1))  # some are shorter: 0 is masked
    parts = [layers.Embedding(13, 6, mask_zero=True), layers.Bidirectional(layers.LSTM(6))]
    return models.Sequential([*parts, layers.Dense(3, activation="softmax")]), texts, kinds


BUILDERS = {
    "dense": dense,
    "convolutional": convolutional,
    "words": words,
    "SimpleRNN": recurrent(layers.SimpleRNN(8, input_shape=(4, 5))),
    "LSTM": recurrent(layers.LSTM(8, input_shape=(4, 5), dropout=0.1, recurrent_dropout=0.1)),
    "LSTM unrolled": recurrent(layers.LSTM(8, input_shape=(4, 5), unroll=True)),
    "GRU": recurrent(layers.GRU(8, input_shape=(4, 5), reset_after=True)),
    "TimeDistributed": recurrent(
        layers.TimeDistributed(layers.Dense(6), input_shape=(4, 5)), layers.Bidirectional(layers.GRU(4))
    ),
    "Conv1D": recurrent(layers.Conv1D(6, 2, input_shape=(4, 5)), layers.GlobalMaxPooling1D()),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_models_learn_and_move(name, tmp_path):
    np.random.seed(0)
    model, data, kinds = BUILDERS[name]()
    wanted = keras.utils.to_categorical(kinds)
    model.compile(keras.optimizers.Adam(0.02), "categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(data, wanted, batch_size=32, epochs=8, validation_split=0.1, verbose=0).history
    assert np.mean(history["loss"][-2:]) < 0.8 * history["loss"][0]
    loss, right = model.evaluate(data, wanted, verbose=0)
    assert np.isfinite(loss) and right > 0.7
    made = model.predict(data)
    model.save(str(tmp_path / "model.h5"))
    again = models.load_model(str(tmp_path / "model.h5"))
    np.testing.assert_array_equal(again.predict(data), made)
    np.testing.assert_allclose(again.evaluate(data, wanted, verbose=0), [loss, right], rtol=1e-5)
    again.fit(data, wanted, batch_size=32, epochs=1, verbose=0)  # goes on, with its optimizer
    twin = models.model_from_json(model.to_json())
    model.save_weights(str(tmp_path / "weights.h5"))
    twin.load_weights(str(tmp_path / "weights.h5"))
    np.testing.assert_array_equal(twin.predict(data), made)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam"])
def test_optimizers(name):
    np.random.seed(1)
    model, data, kinds = dense()
    options = {"momentum": 0.9, "nesterov": True} if name == "SGD" else {}
    model.compile(getattr(keras.optimizers, name)(**options), "sparse_categorical_crossentropy")
    losses = model.fit(data, kinds, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_stateful_layers_and_callbacks(tmp_path):
    model = models.Sequential([layers.LSTM(3, stateful=True, batch_input_shape=(2, 3, 2)), layers.Dense(1)])
    model.compile("sgd", "mse")
    data = np.ones((2, 3, 2), "float32")
    first, second = model.predict(data, batch_size=2), model.predict(data, batch_size=2)
    assert not np.array_equal(first, second)
    model.reset_states()
    np.testing.assert_array_equal(model.predict(data, batch_size=2), first)
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e9)
    kept = keras.callbacks.ModelCheckpoint(str(tmp_path / "best.h5"), monitor="loss", save_best_only=True)
    done = model.fit(data, np.ones((2, 1)), batch_size=2, epochs=9, verbose=0, callbacks=[stop, kept], shuffle=False)
    assert len(done.history["loss"]) == 2 and models.load_model(str(tmp_path / "best.h5")).count_params() == 76


@pytest.mark.parametrize("name", ["mnist_cnn.py", "mnist_siamese.py"])
def test_examples_of_its_sources_run_unchanged(name, monkeypatch, capsys):
    """With other digits than those that they would download."""
    pictures, kinds = digits(400)
    parts = (pictures[:300], kinds[:300]), (pictures[300:], kinds[300:])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    runpy.run_path(str(example(name)), run_name="__main__")
    shown = capsys.readouterr().out
    assert "Test accuracy:" in shown or "Accuracy on test set" in shown


MODELS = Path(__file__).parents[1] / "compat" / "models"


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.h5")), ids=lambda path: path.stem)
def test_models_that_the_original_saved(path):
    """Keras 2.3.1 on Theano 1.0.5 (Python 3.8, float32) saved them once they had learned, and what they predict."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "r") as file:
        group = file["as_the_original"]
        given, predicted, wanted = ([group[key][()] for key in sorted(group) if key[0] == kind] for kind in "xpy")
        cost = group.attrs["loss"]
    found = models.load_model(str(path), compile=False).predict(given)
    for mine, theirs in zip(found if isinstance(found, list) else [found], predicted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    model = models.load_model(str(path))
    np.testing.assert_allclose(np.atleast_1d(model.test_on_batch(given, wanted))[0], cost, rtol=1e-5)
    model.fit(given, wanted, epochs=1, verbose=0)  # the optimizer goes on where it was
