"""passage: recurrent networks that read texts. Its layers, costs and optimizers; ``models.py`` is in Python 2."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.clients.installed import from_inside

from_inside("passage")
theano.config.floatX = "float32"  # its LSTM begins with `T.alloc(0., ...)`, which is float32 whatever floatX is
import costs  # noqa: E402
import layers  # noqa: E402
import updates  # noqa: E402


def texts(number: int = 256, length: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Words, an axis of time first, and whether word 1 is among them."""
    draw = np.random.RandomState(0)
    words, with_it = draw.randint(2, 30, (length, number)), np.arange(number) % 2
    words[draw.randint(length, size=number // 2), np.flatnonzero(with_it)] = 1
    return words.astype("int32"), with_it[:, None].astype(theano.config.floatX)


def learn(read, updater, activation="sigmoid"):
    """What its ``models.RNN`` does: connect the layers, compile, learn; costs, and the share of right answers."""
    np.random.seed(0)
    net = [layers.Embedding(size=16, n_features=30), read, layers.Dense(size=1, activation=activation)]
    for layer, before in zip(net[1:], net):
        layer.connect(before)
    y = T.matrix()
    cost = costs.BinaryCrossEntropy(y, net[-1].output(dropout_active=True))
    changes = updater.get_updates([param for layer in net for param in layer.params], cost)
    step = theano.function([net[0].input, y], cost, updates=changes)
    predict = theano.function([net[0].input], net[-1].output(dropout_active=False))
    words, answers = texts()
    values = [float(step(words, answers)) for _ in range(60)]
    return values, ((predict(words) > 0.5) == answers).mean()


@pytest.mark.parametrize("kind", ["SimpleRecurrent", "LstmRecurrent", "GatedRecurrent"])
def test_layers(kind):
    values, right = learn(getattr(layers, kind)(size=16, p_drop=0.1), updates.RMSprop(lr=0.01))
    assert values[-1] < 0.6 * values[0] and right > 0.9


@pytest.mark.parametrize(
    "updater",
    [
        updates.SGD(lr=0.5), updates.Momentum(lr=0.2), updates.NAG(lr=0.2, clipnorm=5), updates.Adagrad(lr=0.1),
        updates.Adadelta(), updates.Adam(lr=0.01, regularizer=updates.Regularizer(l2=1e-5, maxnorm=5)),
    ],
    ids=lambda updater: type(updater).__name__,
)  # fmt: skip
def test_optimizers(updater):
    values, _ = learn(layers.GatedRecurrent(size=16), updater)
    assert values[-1] < values[0] and np.isfinite(values).all()
