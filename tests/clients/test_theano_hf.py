"""theano-hf: optimization by products with the Gauss-Newton matrix (R-operators)."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T
from tests.clients.installed import blobs, client

hf = client("theano_hf")


def test_network(monkeypatch):
    # It hands on a `map`, which was a list in Python 2.
    products = hf.gauss_newton_product
    monkeypatch.setattr(hf, "gauss_newton_product", lambda *given: list(products(*given)))
    data, kinds = blobs(rows=120)
    draw = np.random.RandomState(0)
    weights = [theano.shared((0.3 * draw.randn(*shape)).astype(theano.config.floatX)) for shape in ((16, 8), (8, 3))]
    x, t = T.matrix("x"), T.matrix("t")
    before = T.dot(T.tanh(T.dot(x, weights[0])), weights[1])
    costs = [((before - t) ** 2).mean(), T.neq(before.argmax(1), t.argmax(1)).mean()]
    rows = [[data.astype(theano.config.floatX)], [np.eye(3, dtype=theano.config.floatX)[kinds]]]
    batches = lambda: hf.SequenceDataset(rows, batch_size=None, number_batches=1)  # noqa: E731
    measure = theano.function([x, t], costs)
    start = measure(rows[0][0], rows[1][0])
    hf.hf_optimizer(weights, [x, t], before, costs).train(batches(), batches(), num_updates=8)
    end = measure(rows[0][0], rows[1][0])
    assert end[0] < 0.4 * start[0] and end[1] < 0.1
