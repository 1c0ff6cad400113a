"""The networks in Keras 2.3.1, with `train_on_batch` and Adam."""

from __future__ import annotations

import numpy as np
from keras import layers, models, optimizers
from measured import measure


def lenet():
    """Two convolutions with pooling, 500 units, ten classes."""
    model = models.Sequential(
        [
            layers.Conv2D(20, 5, activation="relu", data_format="channels_first", input_shape=(1, 28, 28)),
            layers.MaxPooling2D(2, data_format="channels_first"),
            layers.Conv2D(50, 5, activation="relu", data_format="channels_first"),
            layers.MaxPooling2D(2, data_format="channels_first"),
            layers.Flatten(),
            layers.Dense(500, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    return model.train_on_batch


def lstm():
    """Words become vectors of 64 numbers, an LSTM of 64 units reads them."""
    model = models.Sequential(
        [
            layers.Embedding(2000, 64, input_length=60),
            layers.LSTM(64, recurrent_activation="sigmoid"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.001), "binary_crossentropy")
    return model.train_on_batch


if __name__ == "__main__":
    np.random.seed(0)
    measure({"lenet": lenet, "lstm": lstm})
