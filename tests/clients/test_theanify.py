"""theanify: methods that are compiled."""

from __future__ import annotations

import sys

import numpy as np

import theano
import theano.tensor as T
from tests.clients.installed import blobs, from_inside

from_inside("theanify")
sys.modules.pop("theanify", None)
from theanify import Theanifiable, theanify  # noqa: E402


class Regression(Theanifiable):
    def __init__(self):
        super().__init__()
        self.w = theano.shared(np.zeros((16, 3)))

    @theanify(T.matrix("x"))
    def predict(self, x):
        return T.nnet.softmax(x.dot(self.w))

    @theanify(T.matrix("x"), T.ivector("y"), updates="downhill")
    def learn(self, x, y):
        return T.nnet.categorical_crossentropy(self.predict(x), y).mean()

    def downhill(self, x, y):
        return [(self.w, self.w - 0.5 * T.grad(self.learn(x, y), self.w))]

    @theanify(T.scalar("start"), returns_updates=True)
    def doubled(self, start):
        found, updates = theano.scan(lambda last: 2 * last, outputs_info=start, n_steps=4)
        return found, updates


def test_methods():
    data, kinds = blobs()
    model = Regression().compile()
    costs = [model.learn(data, kinds) for _ in range(40)]
    assert costs[-1] < 0.3 * costs[0] and (model.predict(data).argmax(axis=1) == kinds).mean() > 0.9
    assert model.doubled(1).tolist() == [2, 4, 8, 16]
