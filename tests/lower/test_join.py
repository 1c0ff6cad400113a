"""Splits in compiled code: parts of any lengths, along every axis, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T

X, N, M, SIZES = T.dtensor3("X"), T.lscalar("n"), T.lscalar("m"), T.lvector("sizes")
VALUE = np.arange(60.0).reshape(3, 4, 5)


@pytest.fixture(scope="module")
def split_of_all():
    """Parts along each axis, of sizes that are arguments, and the rest."""
    outputs = []
    for axis in range(-1, 3):
        outputs += T.split(X, T.stack([N, M, X.shape[axis] - N - M]), 3, axis=axis)
    outputs += [p * 2 for p in T.split(X.sum(axis=0), SIZES, 2)]
    f = theano.function([X, N, M, SIZES], outputs)
    assert f.is_native
    return f


@pytest.mark.parametrize(("n", "m", "sizes"), [(1, 1, [1, 3]), (0, 2, [4, 0]), (2, 0, [0, 4]), (0, 0, [2, 2])])
def test_parts(split_of_all, n, m, sizes):
    expected = []
    for axis in range(-1, 3):
        expected += np.split(VALUE, [n, n + m], axis=axis)
    expected += [p * 2 for p in np.split(VALUE.sum(axis=0), [sizes[0]])]
    for got, wanted in zip(split_of_all(VALUE, n, m, sizes), expected, strict=True):
        assert got.shape == wanted.shape
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(
    ("n", "m", "sizes", "message"),
    [
        (-1, 1, [1, 3], "negative"),
        (1, 3, [1, 3], "negative"),
        (1, 1, [1, 2], "sum to"),
        (1, 1, [5, -1], "negative|more than the 4"),
        (1, 1, [1, 2, 1], "sizes are needed"),
    ],
)
def test_what_is_refused(split_of_all, n, m, sizes, message):
    with pytest.raises(ValueError, match=message):
        split_of_all(VALUE, n, m, sizes)


def test_parts_of_one_value():
    """An array that repeats one number is none in memory, and neither are its parts."""
    f = theano.function([N, M], T.split(T.alloc(2.5, N + M, 3), T.stack([N, M]), 2))
    assert [p.tolist() for p in f(2, 1)] == [[[2.5] * 3] * 2, [[2.5] * 3]]
