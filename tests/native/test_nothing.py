"""Softmax and log(sum(exp)) over axes of length 0 are no errors, in compiled code as in `perform`."""

from __future__ import annotations

import subprocess
import sys

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


MANY_TIMES_NOTHING = """
import numpy as np
import theano
import theano.tensor as T

n, k = T.lscalars("n", "k")
m, t, row = T.dmatrix("m"), T.dtensor3("t"), T.drow("row")
many = 2**45
rows, none = np.zeros((many, 0)), np.zeros((1, 0))


def shape(inputs, expression, *values):
    return theano.function(inputs, expression)(*values).shape


assert shape([n, k], T.eye(n, k), many, 0) == shape([], T.eye(many, 0)) == (many, 0)
assert shape([m, row], m * row + 1, rows, none) == shape([m], T.exp(m.T) * 2, rows.T) == (many, 0)
assert shape([m, t], m.T + t[0], rows, none.reshape(1, 0, 1).repeat(many, axis=2)) == (0, many)
assert shape([m, row], T.inc_subtensor(m[::2], row), rows, none) == (many, 0)
assert shape([m], T.dot(m, T.zeros((0, 0))), rows) == (many, 0) and shape([m], T.dot(m.T, m), rows) == (0, 0)
assert theano.function([m, row], (m + row).sum())(rows, none) == 0
assert theano.function([t], t.sum(axis=(1, 2)))(rows.reshape(1, many, 0).repeat(4, axis=0)).tolist() == [0] * 4
assert theano.function([t], t.sum(axis=(0, 1)))(rows.reshape(many, 0, 1).repeat(4, axis=2)).tolist() == [0] * 4
assert shape([t], t.max(axis=2), np.zeros((many, 0, 4))) == (many, 0)
"""


def test_a_loop_around_nothing_ends_at_once() -> None:
    """In a process of its own: it would not come back for hours."""
    subprocess.run([sys.executable, "-c", MANY_TIMES_NOTHING], check=True, timeout=300)
