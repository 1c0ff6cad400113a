"""nolearn: a network of Lasagne as an estimator.

Without a split of its own: that calls ``sklearn.cross_validation.StratifiedKFold(y, n)``, which takes others now.
"""

from __future__ import annotations

from tests.clients.installed import blobs, client

nolearn = client("nolearn")


def test_estimator():
    from lasagne import layers, nonlinearities, updates
    from nolearn.lasagne import NeuralNet, TrainSplit

    data, kinds = blobs()
    net = NeuralNet(
        layers=[
            ("input", layers.InputLayer), ("hidden", layers.DenseLayer), ("drop", layers.DropoutLayer),
            ("output", layers.DenseLayer),
        ],
        input_shape=(None, 16), hidden_num_units=20, output_num_units=3, output_nonlinearity=nonlinearities.softmax,
        update=updates.nesterov_momentum, update_learning_rate=0.05, max_epochs=10, train_split=TrainSplit(0),
    )  # fmt: skip
    net.fit(data, kinds.astype("int32"))
    assert net.train_history_[-1]["train_loss"] < net.train_history_[0]["train_loss"]
    assert (net.predict(data) == kinds).mean() > 0.8 and net.predict_proba(data).shape == (240, 3)
