"""theanets: feedforward and recurrent networks, trained by downhill, saved and loaded."""

from __future__ import annotations

import numpy as np
import pytest

from tests.clients.installed import blobs, client

theanets = client("theanets")


@pytest.fixture(autouse=True)
def same_numbers():
    np.random.seed(0)


def train(net, data, **options):
    options = {"algo": "rmsprop", "learning_rate": 0.01, **options}
    losses = [after["loss"] for after, _ in net.itertrain(data, **options)]
    return losses[0], losses[-1]


def test_classifier():
    data, kinds = blobs()
    net = theanets.Classifier([16, 12, 3])
    first, last = train(net, [data, kinds.astype("int32")], max_updates=20, hidden_dropout=0.5, weight_l2=0.001)
    assert last < first and (net.predict(data) == kinds).mean() > 0.7


def test_autoencoder_comes_back(tmp_path):
    data, _ = blobs()
    net = theanets.Autoencoder([16, 6, 16])
    first, last = train(net, [data], max_updates=10)
    assert last < first
    net.save(str(tmp_path / "net"))
    np.testing.assert_array_equal(theanets.Autoencoder.load(str(tmp_path / "net")).predict(data), net.predict(data))


@pytest.mark.parametrize("form", ["rnn", "lstm", "gru", "mut1", "scrn", "bidirectional", "clockwork"])
def test_recurrent(form):
    draw = np.random.RandomState(0)
    steps = draw.randn(16, 6, 3).astype("float32")
    layer = {"form": form, "size": 6, **({"periods": (1, 2, 3)} if form == "clockwork" else {})}
    net = theanets.recurrent.Regressor([3, layer, 2])
    first, last = train(net, [steps, steps.cumsum(axis=1)[:, :, :2]], max_updates=8)
    assert last < 0.9 * first and net.predict(steps).shape == (16, 6, 2)
