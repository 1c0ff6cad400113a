"""fuel: streams of batches that functions are trained with."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T
from tests.clients.installed import blobs, client

fuel = client("fuel")


def test_streams_feed_a_function(tmp_path):
    from fuel.datasets import IndexableDataset
    from fuel.schemes import ShuffledScheme
    from fuel.streams import DataStream
    from fuel.transformers import Mapping

    data, kinds = blobs()
    dataset = IndexableDataset({"features": data, "targets": kinds.astype("int64")})
    stream = DataStream(dataset, iteration_scheme=ShuffledScheme(dataset.num_examples, 40))
    stream = Mapping(stream, lambda batch: (batch[0] / 2, batch[1]))
    weights, x, y = theano.shared(np.zeros((16, 3))), T.matrix("features", "float32"), T.lvector("targets")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, weights)), y).mean()
    step = theano.function([x, y], cost, updates=[(weights, weights - T.grad(cost, weights))])
    losses = [np.mean([step(*batch) for batch in stream.get_epoch_iterator()]) for _ in range(5)]
    assert losses[-1] < 0.5 * losses[0]
