"""Functions of x and of -x: what they share is computed once, and the numbers stay those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.loops.vmath.polynomial_tables import POLYNOMIALS

SPECIAL = [0.0, -0.0, 1.5, -2.0, 40.0, -40.0, 800.0, -800.0, 1e-300, np.inf, -np.inf, np.nan]


def same_as_numpy(inputs, outputs, *values):
    native = theano.function(inputs, outputs)
    perform = theano.function(inputs, outputs, mode="FAST_COMPILE")
    for got, wanted in zip(native(*values), perform(*values), strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=1e-6 if got.dtype == np.float32 else 1e-14)
        known = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(wanted)[known])
    return native


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 4, 12])
def test_numbers(dtype, n):
    x = T.vector("x", dtype)
    outputs = [T.nnet.sigmoid(x) * T.nnet.sigmoid(-x), T.nnet.softplus(-x), T.exp(-x) + T.exp(x), -x, abs(-x) * 3]
    with np.errstate(all="ignore"):
        same_as_numpy([x], outputs, np.array(SPECIAL[:n], dtype))


def count_exponentials(f):
    return theano.printing.loop_program(f).count(repr(POLYNOMIALS["EXP", "f64"][-1]))


@pytest.mark.parametrize("function", [T.nnet.sigmoid, T.nnet.softplus])
def test_the_exponential_of_x_and_of_minus_x_is_computed_once(function):
    x = T.dvector("x")
    f = same_as_numpy([x], [function(x) + function(-x)], np.array(SPECIAL))
    assert count_exponentials(f) == 1


def test_the_softplus_of_a_cross_entropy_is_computed_once():
    z, t = T.dvectors("z", "t")
    a = 1 / (1 + T.exp(-z))
    cost = -(t * T.log(a) + (1 - t) * T.log(1 - a)).sum()
    f = same_as_numpy([z, t], [a, cost, theano.grad(cost, z)], np.array([0.5, -3.0, 30.0]), np.array([0.0, 1.0, 1.0]))
    assert count_exponentials(f) == 1  # the sigmoid takes it, too


def test_of_what_is_overwritten():
    x = T.dvector("x")
    y = x * 2
    minus = -y
    changed = T.set_subtensor(y[1:], 7.0)
    same_as_numpy([x], [minus + 1, changed * 1.0, T.exp(minus)], np.array([1.0, 2.0, 3.0]))
    w = theano.shared(np.array([1.0, -2.0]))
    f = theano.function([], [T.exp(-w)], updates=[(w, -w * 3)])
    assert np.allclose(f()[0], np.exp([-1.0, 2.0])) and np.array_equal(w.get_value(), [-3.0, 6.0])


def test_in_branches_and_scalars():
    x, c = T.dvector("x"), T.bscalar("c")
    for choice in (0, 1):
        same_as_numpy(
            [x, c], [ifelse(c, T.exp(-x).sum(), (-x).sum() * 2), T.tanh(-(x[0]))], np.array([1.0, 2.0]), choice
        )


@pytest.mark.parametrize("dtype", ["int8", "uint16", "float16"])
def test_other_types(dtype):
    x = T.vector("x", dtype)
    native = theano.function([x], [-x + 1, -x * x])
    perform = theano.function([x], [-x + 1, -x * x], mode="FAST_COMPILE")
    for got, wanted in zip(native(np.arange(3, dtype=dtype)), perform(np.arange(3, dtype=dtype)), strict=True):
        assert got.dtype == wanted.dtype and np.array_equal(got, wanted)


def test_reading_columns():
    """A sum over elements that are not side by side, of every length around the vector width."""
    m, v = T.dmatrix("m"), T.dvector("v")
    f = theano.function([m, v], [(m * v.dimshuffle(0, "x")).sum(axis=0), T.dot(v, m)])
    for n in range(11):
        a, b = np.random.default_rng(n).standard_normal((n, 2)), np.arange(float(n))
        for got in f(a, b):
            assert np.allclose(got, b @ a)
