"""extheano: functions that are compiled when they are called, and shared variables as attributes."""

from __future__ import annotations

import numpy as np

import theano.tensor as T
from tests.clients.installed import client

extheano = client("extheano")


def test_jit():
    @extheano.jit
    def product(x, y):
        return T.dot(x, y)

    assert product(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 11
