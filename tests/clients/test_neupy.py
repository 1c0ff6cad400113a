"""NeuPy: networks from layers, trained by its many algorithms."""

from __future__ import annotations

import numpy as np
import pytest

from tests.clients.installed import bars, blobs, client

neupy = client("neupy")
environment, algorithms, layers = client("neupy.environment"), client("neupy.algorithms"), client("neupy.layers")


@pytest.mark.parametrize(
    ("name", "options"),
    [("Momentum", {}), ("Adam", {"step": 0.05}), ("RMSProp", {"step": 0.05}), ("Adadelta", {"step": 5.0}),
     ("ConjugateGradient", {}), ("LevenbergMarquardt", {}), ("QuasiNewton", {}), ("Hessian", {}), ("RPROP", {})],
)  # fmt: skip
def test_algorithms(name, options):
    """By a fifth at least; NeuPy's Adam is slow, by NumPy's definitions, too."""
    environment.reproducible(1)
    draw = np.random.RandomState(0)
    data = draw.uniform(-1, 1, (60, 2))
    wanted = 0.5 + 0.3 * data[:, :1] * data[:, 1:]
    net = getattr(algorithms, name)([layers.Input(2), layers.Tanh(6), layers.Sigmoid(1)], verbose=False, **options)
    before = net.prediction_error(data, wanted)
    net.train(data, wanted, epochs=20)
    assert net.prediction_error(data, wanted) < (0.999 if name == "Adam" else 0.8) * before


def test_convolutions():
    pictures, kinds = bars()
    environment.reproducible(2)
    net = algorithms.Adam(
        [layers.Input((1, 8, 8)), layers.Convolution((8, 3, 3)), layers.Relu(), layers.MaxPooling((2, 2)),
         layers.Reshape(), layers.Softmax(2)],
        step=0.01, error="categorical_crossentropy", batch_size=16, shuffle_data=True, verbose=False,
    )  # fmt: skip
    net.train(pictures, np.eye(2)[kinds], epochs=100)
    assert (net.predict(pictures).argmax(1) == kinds).mean() > 0.8


def test_without_gradients():
    data, kinds = blobs(rows=60)
    environment.reproducible(3)
    net = algorithms.Kohonen(n_inputs=16, n_outputs=3, step=0.1, verbose=False)
    net.train(data, epochs=5)
    units = net.predict(data).argmax(axis=1)
    found = [np.bincount(units[kinds == kind], minlength=3) for kind in range(3)]
    assert len({row.argmax() for row in found}) == 3 and sum(row.max() for row in found) > 48  # a unit for each kind
    machine = algorithms.RBM(n_visible=16, n_hidden=6, batch_size=10, step=0.5, verbose=False)
    bits = (data > 0).astype("float32")
    machine.train(bits, epochs=30)
    again = machine.hidden_to_visible(machine.visible_to_hidden(bits))
    assert ((again - bits) ** 2).mean() < 0.85 * bits.var()
