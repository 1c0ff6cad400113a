"""Slices whose parts are arguments, in compiled code."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T

V, M, START, J, K = T.dvector("v"), T.dmatrix("m"), T.lscalar("i"), T.lscalar("j"), T.lscalar("k")
VECTOR, MATRIX = np.arange(7.0), np.arange(21.0).reshape(3, 7)


@pytest.fixture(scope="module")
def windows():
    outputs = [
        V[START:J:K], V[::K], V[START::K], V[:J:K], V[START:J], M[:, START:J:K], M[::K, ::K],
        T.set_subtensor(V[START:J:K], -1.0),
        T.inc_subtensor(V[::K], V[::K] * 2), T.set_subtensor(M[::K, START], 5.0), T.grad((V[START:J:K] ** 2).sum(), V),
    ]  # fmt: skip
    f = theano.function([V, M, START, J, K], outputs)
    assert f.is_native
    return f


def written(x, window, value):
    x = x.copy()
    x[window] = value
    return x


@pytest.mark.parametrize("k", [1, 2, 3, 7, 9, -1, -2, -6, -9])
@pytest.mark.parametrize(("i", "j"), [(0, 7), (1, 6), (6, 0), (-1, -6), (-6, -1), (3, 3), (5, 2), (-2, 2), (4, -9)])
def test_steps(windows, i, j, k):
    v, m = VECTOR, MATRIX
    gradient = np.zeros(7)
    gradient[i:j:k] = 2 * v[i:j:k]
    expected = [
        v[i:j:k], v[::k], v[i::k], v[:j:k], v[i:j], m[:, i:j:k], m[::k, ::k], written(v, slice(i, j, k), -1.0),
        written(v, slice(None, None, k), 3 * v[::k]), written(m, (slice(None, None, k), i), 5.0), gradient,
    ]  # fmt: skip
    for got, wanted in zip(windows(v, m, i, j, k), expected, strict=True):
        assert got.shape == wanted.shape
        np.testing.assert_array_equal(got, wanted)


def test_no_step(windows):
    with pytest.raises(ValueError, match="step cannot be zero"):
        windows(VECTOR, MATRIX, 0, 1, 0)
