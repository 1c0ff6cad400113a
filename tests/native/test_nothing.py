"""Softmax and log(sum(exp)) over axes of length 0 are no errors, in compiled code as in `perform`."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_rows_without_elements(mode: str) -> None:
    x = T.matrix("x")
    e = T.exp(x)
    outputs = [T.nnet.softmax(x), T.nnet.logsoftmax(x), e / e.sum(axis=1, keepdims=True), T.log(e.sum(axis=1))]
    *empty, total = theano.function([x], outputs, mode=mode)(np.zeros((2, 0)))
    assert all(v.shape == (2, 0) for v in empty)
    np.testing.assert_array_equal(total, [-np.inf, -np.inf])
