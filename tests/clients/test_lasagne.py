"""Lasagne: networks are built, trained, kept as ``.npz`` and used again."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.clients.installed import bars, blobs, client, digits, example

lasagne = client("lasagne")
layers = lasagne.layers


def trained(network, x, y, data, kinds, rounds, update=lasagne.updates.adam):
    """Train a network as Lasagne's examples do; the loss before and after, and how many are right."""
    lasagne.random.set_rng(np.random.RandomState(0))
    drawn, sure = layers.get_output(network), layers.get_output(network, deterministic=True)
    loss = lasagne.objectives.categorical_crossentropy(drawn, y).mean()
    loss = loss + 1e-4 * lasagne.regularization.regularize_network_params(network, lasagne.regularization.l2)
    parameters = layers.get_all_params(network, trainable=True)
    train = theano.function([x, y], loss, updates=update(loss, parameters, learning_rate=0.01))
    losses = [float(train(data, kinds)) for _ in range(rounds)]
    right = theano.function([x, y], T.mean(T.eq(T.argmax(sure, axis=1), y), dtype=theano.config.floatX))
    return losses, float(right(data, kinds)), theano.function([x], sure)


@pytest.fixture(autouse=True)
def same_numbers():
    lasagne.random.set_rng(np.random.RandomState(1))


@pytest.mark.parametrize("update", ["sgd", "momentum", "nesterov_momentum", "adagrad", "rmsprop", "adadelta", "adam"])
def test_dense_network_learns(update):
    data, kinds = blobs()
    x, y = T.fmatrix("x"), T.ivector("y")
    network = layers.InputLayer((None, 16), x)
    network = layers.DropoutLayer(layers.DenseLayer(network, 20), p=0.2)
    network = layers.DenseLayer(network, 3, nonlinearity=lasagne.nonlinearities.softmax)
    losses, right, _ = trained(network, x, y, data, kinds.astype("int32"), 30, getattr(lasagne.updates, update))
    assert losses[-1] < losses[0] and (update in ("sgd", "momentum", "nesterov_momentum", "adadelta") or right > 0.8)


def test_convolutional_network_learns_and_moves(tmp_path):
    pictures, kinds = bars()
    x, y = T.ftensor4("x"), T.ivector("y")

    def build():
        network = layers.InputLayer((None, 1, 8, 8), x)
        network = layers.Conv2DLayer(network, 4, (3, 3), nonlinearity=lasagne.nonlinearities.rectify)
        network = layers.MaxPool2DLayer(network, 2)
        network = layers.DenseLayer(layers.dropout(network, p=0.1), 8)
        return layers.DenseLayer(network, 2, nonlinearity=lasagne.nonlinearities.softmax)

    network = build()
    losses, right, predict = trained(network, x, y, pictures, kinds.astype("int32"), 40)
    assert losses[-1] < losses[0] and right > 0.9
    np.savez(tmp_path / "model.npz", *layers.get_all_param_values(network))
    with np.load(tmp_path / "model.npz") as kept:
        again = build()
        layers.set_all_param_values(again, [kept[f"arr_{i}"] for i in range(len(kept.files))])
    same = theano.function([x], layers.get_output(again, deterministic=True))
    np.testing.assert_array_equal(same(pictures), predict(pictures))


@pytest.mark.parametrize("kind", ["RecurrentLayer", "GRULayer", "LSTMLayer"])
@pytest.mark.parametrize(
    "options", [{}, {"unroll_scan": True}, {"backwards": True}, {"precompute_input": False}], ids=str
)
def test_recurrent_network_learns(kind, options):
    data, kinds = blobs(rows=60, columns=5)
    steps = np.repeat(data[:, None, :], 4, axis=1)
    x, y, mask = T.ftensor3("x"), T.ivector("y"), T.fmatrix("mask")
    inside, masked = layers.InputLayer((None, 4, 5), x), layers.InputLayer((None, 4), mask)
    network = getattr(layers, kind)(inside, 6, mask_input=masked, grad_clipping=5, **options)
    network = layers.DenseLayer(layers.SliceLayer(network, -1, axis=1), 3, nonlinearity=lasagne.nonlinearities.softmax)
    loss = lasagne.objectives.categorical_crossentropy(layers.get_output(network), y).mean()
    updates = lasagne.updates.adam(loss, layers.get_all_params(network, trainable=True), learning_rate=0.05)
    train = theano.function([x, mask, y], loss, updates=updates)
    losses = [train(steps, np.ones((60, 4), "float32"), kinds.astype("int32")) for _ in range(15)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_the_example_of_its_manual_runs_unchanged(model, tmp_path):
    """``examples/mnist.py``, where it finds other digits under the name of those that it would download."""
    script = example("mnist.py")
    pictures, kinds = digits(1500)
    flat = (pictures.reshape(1500, 784) / 256).astype("float32")
    parts = [(flat[i : i + 500], kinds[i : i + 500].astype("int64")) for i in (0, 500, 1000)]
    with gzip.open(tmp_path / "mnist.pkl.gz", "wb") as file:
        pickle.dump(parts, file)
    command = [sys.executable, "-m", "theano.run", str(script), model, "3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    losses = [float(line.split()[-1]) for line in done.stdout.splitlines() if "training loss" in line]
    assert len(losses) == 3 and losses[2] < losses[0] and "Final results" in done.stdout
