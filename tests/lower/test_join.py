"""Joins of known length, and splits: parts of any lengths, along every axis, and what they refuse."""

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


V, R, C, INDEX = T.dvector("v"), T.TensorType("float64", (True, False))("r"), T.dcol("c"), T.lvector("index")
NOTHING, ONE_NUMBER = np.ones(0), np.array([0.5])


def rest(x, axis, value=7.0):
    """As much along an axis as `x` lacks for a length of 1."""
    return T.alloc(value, *(1 - x.shape[k] if k == axis else x.shape[k] for k in range(x.ndim)))


# Windows of symbolic length along an axis that is 1 long for certain, with arguments; the names say who writes there.
TABLE = T.dmatrix("table")
ADDED = T.exp(V.dimshuffle(0, "x") + TABLE)
IN_ONE = {
    "join": ([V], T.join(0, T.exp(V), rest(V, 0)), [(NOTHING,), (ONE_NUMBER,)]),
    "join behind": ([V], T.join(0, rest(V, 0), T.exp(V)), [(NOTHING,), (ONE_NUMBER,)]),
    "join of rows": ([X], T.join(1, T.exp(X), rest(X, 1)), [(VALUE[:, :1],), (VALUE[:, :0],)]),
    "join along the last axis": ([X], T.join(2, T.exp(X), rest(X, 2)), [(VALUE[:, :, :1],), (VALUE[:, :, :0],)]),
    "float16": ([V], T.join(0, T.cast(V, "float16"), rest(V, 0, np.float16(7))), [(NOTHING,), (ONE_NUMBER,)]),
    "complex": ([V], T.join(0, T.exp(1j * V), rest(V, 0, 7j)), [(NOTHING,), (ONE_NUMBER,)]),
    "sum": ([C], T.join(0, T.exp(C).sum(0), rest(C.sum(0), 0)), [(VALUE[0, :, :1],)]),
    "cumsum": ([X], T.join(2, T.cumsum(X, axis=2), rest(X, 2)), [(VALUE[:, :, :1],), (VALUE[:, :, :0],)]),
    "set": ([R, N], T.set_subtensor(R[:N], T.exp(R[:N])), [(VALUE[0, :1], 1), (VALUE[0, :1], 0)]),
    "increment": ([C, N], T.inc_subtensor(C[:, N:], T.exp(C[:, N:])), [(VALUE[0, :, :1], 0), (VALUE[0, :, :1], 1)]),
    "no columns, as a later check says": (
        [V, TABLE], [ADDED, T.exp(V.dimshuffle(0, "x") + T.specify_shape(TABLE, (TABLE.shape[0], 0))).sum(1)],
        [(np.ones(5), np.ones((5, 0)))],
    ),
    "increment at places": (
        [INDEX, N], T.inc_subtensor(T.zeros((5, 1))[INDEX, :N], T.exp(T.alloc(2.0, INDEX.shape[0], N))),
        [([1, 1, 4], 1), ([1, 1, 4], 0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_ONE)
def test_windows_of_an_axis_of_length_one(name: str) -> None:
    """Not every lane of a vector loop may write to the one place that there is."""
    inputs, output, arguments = IN_ONE[name]
    with theano.change_flags(quick_start=False, verify_programs=True):
        f = theano.function(inputs, output)
    plain = theano.function(inputs, output, mode="FAST_COMPILE")
    assert f.is_native
    for values in arguments:
        for got, wanted in zip(f(*values), plain(*values), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-3)
