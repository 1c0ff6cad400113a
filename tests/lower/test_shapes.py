"""Arrays that compiled code makes from lengths: ranges of floats, arrays without content."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.making.alloc import AllocEmpty
from theano.tensor.signal.pool import pool_2d

RANGES = [
    (0.0, 4.9, 1.0), (0.3, 4.9, 1.1), (0.0, 5.0, 1.0), (2.0, -3.1, -0.7), (1.0, 0.0, 1.0), (0.0, 1.0, 3.0),
    (0.0, 0.0, 0.5), (-0.0, 1.0, 0.1), (1e300, 2e300, 1e299),
]  # fmt: skip


@pytest.fixture(scope="module")
def ranges():
    a, b, c = T.dscalars("abc")
    f, g = T.fscalars("fg")
    outputs = [T.arange(a, b, c), T.arange(a, b, c).shape[0], T.arange(f, g, dtype="float32")]
    f = theano.function([a, b, c, f, g], outputs)
    assert f.is_native
    return f


@pytest.mark.parametrize(("start", "stop", "step"), RANGES)
def test_ranges_of_floats(ranges, start, stop, step):
    got, length, short = ranges(start, stop, step, np.float32(0.5), np.float32(3))
    expected = np.arange(start, stop, step)
    assert length == len(expected) and short.dtype == "float32" and short.tolist() == [0.5, 1.5, 2.5]
    np.testing.assert_allclose(got, expected, rtol=1e-15)


def test_ranges_that_are_refused(ranges):
    with pytest.raises(ZeroDivisionError):
        ranges(0, 1, 0, 0, 1)
    for stop in (np.inf, np.nan):
        with pytest.raises(ValueError, match="arange"):
            ranges(0, stop, 1, 0, 1)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_gradients_of_ranges(mode):
    """To the start the sum, to the step by the number of each element; the end moves nothing."""
    a, b, c, w = T.dscalar("a"), T.dscalar("b"), T.dscalar("c"), T.dvector("w")
    cost = (T.arange(a, b, c) * w).sum()
    w_of = np.array([1.0, 2, 4, 8, 16])
    grads = T.grad(cost, [a, b, c], disconnected_inputs="ignore")
    f = theano.function([a, b, c, w], grads, mode=mode, on_unused_input="ignore")
    assert [float(g) for g in f(0, 4.9, 1, w_of)] == [w_of.sum(), 0, (w_of * np.arange(5)).sum()]
    change = theano.gradient.Rop(T.arange(a, b, c), [a, c], [T.constant(1.0), T.constant(10.0)])
    assert theano.function([a, b, c], change, mode=mode)(0, 4.9, 1).tolist() == [1, 11, 21, 31, 41]


def test_whole_numbers_are_not_moved():
    n, x = T.lscalar("n"), T.dscalar("x")
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad((T.arange(n) * 1.5).sum(), n)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad((T.arange(0, x, 1, dtype="int64") * 1.5).sum(), x)


def test_arrays_without_content():
    n = T.lscalar("n")
    made = [AllocEmpty(d)(n, 3) for d in ("float64", "float32", "float16", "int8", "bool")]
    written = T.set_subtensor(AllocEmpty("float64")(n)[:], T.arange(n) * 1.5)
    f = theano.function([n], [*made, written, made[0].shape[0]])
    assert f.is_native
    *arrays, numbers, length = f(4)
    assert [(v.dtype.name, v.shape) for v in arrays] == [(v.dtype, (4, 3)) for v in made]
    assert numbers.tolist() == [0, 1.5, 3, 4.5] and length == 4
    assert f(0)[0].shape == (0, 3)
    with pytest.raises(ValueError, match="negative"):
        f(-1)


def test_a_difference_of_many_lengths_may_be_negative():
    """It gets a name, as sums of many lengths do; that does not make it a length."""
    vectors = [T.vector() for _ in range(17)]
    left = vectors[0].shape[0]
    for v in vectors[1:]:
        left = left - v.shape[0]
    f = theano.function(vectors, T.ones((left,)))
    others = [np.zeros(1)] * 16
    assert f.is_native and f(np.zeros(20), *others).shape == (4,)
    with pytest.raises(ValueError, match="negative dimensions are not allowed: -13"):
        f(np.zeros(3), *others)


def test_reshapes_to_parts_of_lengths_ask_nothing() -> None:
    """Products and quotients of lengths are lengths, so none of them is a -1 that stands for another."""
    x, k = T.dmatrix("x"), T.lscalar("k")
    sides = x.reshape((x.shape[0] * 2, x.shape[1] // 2))
    f = theano.function([x], [sides, T.grad((sides**2).sum(), x), sides.reshape((-1, 3)).T])
    assert "select" not in str(theano.printing.items(f))
    a = np.arange(24.0).reshape(4, 6)
    for got, wanted in zip(f(a), [a.reshape(8, 3), 2 * a, a.reshape(8, 3).T], strict=True):
        np.testing.assert_array_equal(got, wanted)
    # What may be negative is asked, and rounded down.
    open_ = theano.function([x, k], x.reshape(((x.shape[0] - 6) // 2, k)))
    np.testing.assert_array_equal(open_(a, 3), a.reshape(8, 3))
    np.testing.assert_array_equal(open_(np.ones((8, 3)), 24), np.ones((1, 24)))


def test_quotients_of_lengths() -> None:
    x = T.dvector("x")
    n = x.shape[0]
    f = theano.function([x], [n // 2, n % 3, (n - 5) // 2, (n - 5) % 3, n // -2, n % -3, n // n, T.zeros(n // 2).sum()])
    for length in (1, 2, 3, 4, 5, 6, 7):
        m = length
        wanted = [m // 2, m % 3, (m - 5) // 2, (m - 5) % 3, m // -2, m % -3, 1, 0]
        assert [int(v) for v in f(np.ones(length))] == wanted


X4, X3, X2 = T.dtensor4("x4"), T.dtensor3("x3"), T.dmatrix("x2")
OF_LENGTHS = {
    "pooled": pool_2d(X4, (2, 3), ignore_border=True).flatten(2) * 2,
    "slope of pooled": T.grad((pool_2d(X4, (2, 3), ignore_border=True).flatten(2) ** 2).sum(), X4),
    "padded": T.pad(X2, ((1, 2), (2, 0)), mode="constant").reshape((-1,)),
    "rolled": T.roll(X2, 1, axis=0).reshape((X2.shape[1], -1)),
    "halves": X2[: X2.shape[0] // 2].flatten() * 2,
    "steps": X3[:, ::2, X3.shape[2] % 2 :].reshape((X3.shape[0], -1)),
    "no further": X2[: T.minimum(X2.shape[0] + 1, 5)].flatten(),
    "one at least": T.zeros((T.maximum(X2.shape[0] - 3, 1), 2)).reshape((-1,)) + X2.sum(),
    "tiled": T.tile(X2, (2, 3)).reshape((-1, 3)),
}


@pytest.mark.parametrize("name", OF_LENGTHS)
def test_lengths_of_lengths(name: str) -> None:
    """Lengths that are computed of others are compared in one form, and none asks whether it is -1."""
    out = OF_LENGTHS[name]
    inputs = [v for v in (X4, X3, X2) if v in theano.graph.ancestors([out])]
    f = theano.function(inputs, out)
    assert "== -1" not in str(theano.printing.items(f))
    plain = theano.function(inputs, out, mode=theano.Mode("py", None))
    for lengths in ((2, 3, 4, 6), (1, 1, 1, 3), (1, 2, 9, 5), (2, 3, 5, 7), (3, 2, 1, 1), (1, 4, 0, 3), (5, 6, 2, 3)):
        arrays = [np.random.default_rng(0).normal(size=lengths[-v.ndim :]) for v in inputs]
        try:
            wanted = plain(*arrays)
        except ValueError:
            with pytest.raises(ValueError):
                f(*arrays)
        else:
            np.testing.assert_allclose(f(*arrays), wanted, rtol=1e-12)


def test_at_most_one_length_computed_from_data_is_open() -> None:
    x, n, m, k = T.dvector("x"), *T.lscalars("n", "m", "k")
    f = theano.function([x, n, m, k], x.reshape((n, m, k)))
    for lengths in itertools.product((-1, 0, 1, 2), repeat=3):
        for size in (0, 1, 4):
            a = np.arange(1.0 * size)
            try:
                wanted = a.reshape(lengths)
            except ValueError:
                with pytest.raises(ValueError):
                    f(a, *lengths)
            else:
                np.testing.assert_array_equal(f(a, *lengths), wanted)


def test_division_by_zero_is_an_error_of_calls() -> None:
    """What is found out of constants while a graph is built or compiled is not."""
    zero = T.constant(0, dtype="int64")
    f = theano.function([], T.arange(5 // zero), mode=theano.Mode("cvm", None))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            f()
