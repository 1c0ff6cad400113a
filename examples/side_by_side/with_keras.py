"""The three networks in Keras 2.3.1: `Sequential` hides inputs, costs and updates; ``KERAS_BACKEND=theano``."""

from __future__ import annotations

from typing import Any

from data import LENGTH, WORDS
from keras.layers import LSTM, Conv2D, Dense, Embedding, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.optimizers import Adam


def _learner(net: Any, loss: str, decide: Any, rate: float = 0.003) -> Any:
    net.compile(Adam(rate), loss)
    learn = lambda *batch: net.train_on_batch(batch[0], batch[-1])  # noqa: E731  (an autoencoder has one argument)
    return learn, lambda x: decide(net.predict(x))


def lenet() -> Any:
    """Two convolutions with pooling, two layers above."""
    form = {"data_format": "channels_first"}
    net = Sequential([
        Conv2D(16, 3, padding="same", activation="tanh", input_shape=(1, 8, 8), **form), MaxPooling2D(**form),
        Conv2D(32, 3, padding="same", activation="tanh", **form), MaxPooling2D(**form), Flatten(),
        Dense(64, activation="tanh"), Dense(10, activation="softmax"),
    ])  # fmt: skip
    return _learner(net, "sparse_categorical_crossentropy", lambda p: p.argmax(axis=1))


def lstm() -> Any:
    """Words as vectors, an LSTM over them, and a yes or no from its last state."""
    net = Sequential([Embedding(WORDS, 16, input_length=LENGTH), LSTM(32), Dense(1, activation="sigmoid")])
    return _learner(net, "binary_crossentropy", lambda p: p[:, 0] > 0.5, 0.01)


def autoencoder() -> Any:
    """Pictures through 16 numbers and back."""
    sizes = [Dense(size, activation="tanh") for size in (32, 16, 32)]
    net = Sequential([*sizes, Dense(64, activation="sigmoid")])
    net.build((None, 64))
    return _learner(net, "mean_squared_error", lambda p: p)
