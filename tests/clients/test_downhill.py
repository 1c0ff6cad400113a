"""downhill: losses are minimized by each of its algorithms."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.clients.installed import client

downhill = client("downhill")


@pytest.mark.parametrize("how", ["adadelta", "adagrad", "adam", "esgd", "nag", "rmsprop", "rprop", "sgd"])
def test_rosenbrock(how):
    x = theano.shared(np.array([-1.1, -0.4]), name="x")
    loss = (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
    first = loss.eval()
    downhill.minimize(loss, list, algo=how, params=[x], learning_rate=1e-3, max_updates=60, max_gradient_norm=1)
    assert loss.eval() < first


def test_matrix_factorization():
    draw = np.random.RandomState(0)
    u, v, data = theano.shared(draw.randn(20, 3)), theano.shared(draw.randn(3, 30)), T.dmatrix("data")
    given = draw.randn(20, 3).dot(draw.randn(3, 30))
    optimizer = downhill.build("rmsprop", T.sqr(data - T.dot(u, v)).mean(), params=[u, v], inputs=[data])
    steps = optimizer.iterate([[given]], [[given]], learning_rate=0.01, max_updates=100)
    losses = [monitors["loss"] for monitors, _ in steps]
    assert losses[-1] < 0.7 * losses[0]
