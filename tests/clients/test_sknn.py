"""scikit-neuralnetwork: regressors with scikit-learn's methods.

Its classifier replaces a function inside of scikit-learn by one with fewer parameters than today's scikit-learn passes.
"""

from __future__ import annotations

from tests.clients.installed import bars, blobs, client

sknn = client("sknn")


def test_regressor():
    from sknn.mlp import Layer, Regressor

    data, _ = blobs()
    net = Regressor([Layer("Tanh", units=8), Layer("Linear")], learning_rate=0.01, n_iter=10, random_state=1)
    net.fit(data, data[:, :1])
    assert ((net.predict(data) - data[:, :1]) ** 2).mean() < 0.7 * data[:, 0].var()


def test_convolution():
    from sknn.mlp import Convolution, Layer, Regressor

    pictures, kinds = bars()
    net = Regressor(
        [Convolution("Rectifier", channels=4, kernel_shape=(3, 3), pool_shape=(2, 2)), Layer("Linear")],
        learning_rate=0.005, n_iter=12, random_state=1,
    )  # fmt: skip
    wanted = kinds[:, None].astype("float32")
    net.fit(pictures[:, 0], wanted)
    assert ((net.predict(pictures[:, 0]) > 0.5) == wanted).mean() > 0.8
