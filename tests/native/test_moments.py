"""Variances in one sweep over the data, and what stays right about them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import Mode, function
from theano.show.plans.inspect import loop_program

SHAPES = [(5, 7), (1, 3), (3, 1), (0, 3), (3, 0), (40, 1100), (0, 0)]
PERFORM = Mode(linker="py", optimizer=None)


def variance(x: Any, axis: Any) -> Any:
    return x.var(axis=axis)


def by_hand(x: Any, axis: Any) -> Any:
    return T.mean((x - T.mean(x, axis=axis, keepdims=True)) ** 2, axis=axis)


@pytest.mark.parametrize("form", [variance, by_hand])
@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_the_exact_variance(form: Any, axis: Any, dtype: str) -> None:
    x = T.matrix("x", dtype=dtype)
    f, g = function([x], form(x, axis)), function([x], form(x + 1, axis))
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        for mean in (0.0, 1e3):
            data = (rng.standard_normal(shape) + mean).astype(dtype)
            wide = data.astype(np.longdouble)
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of nothing
                wanted = wide.var(axis=axis)
                shifted = (data + data.dtype.type(1)).astype(np.longdouble).var(axis=axis)
            tolerance = 1e-6 if dtype == "float32" else 1e-11
            np.testing.assert_allclose(f(data), wanted.astype(dtype), rtol=tolerance)
            np.testing.assert_allclose(g(data), shifted.astype(dtype), rtol=tolerance)


@pytest.mark.parametrize("axis", [0, 1])
def test_reads_the_data_once(axis: int) -> None:
    x = T.fmatrix("x")
    for form in (variance, by_hand):
        text = loop_program(function([x], form(x, axis)))
        assert text.count("kernel k") == 1
        # where an element is read, both of its sums grow: four rows at a time, then single ones, or along a row
        reading = [loop for loop in text.split("for ") if "p0.f32[" in loop and "cast.f64(" in loop]
        assert len(reading) == (2 if axis == 0 else 1), text
        assert all(" - cast.f64(" in loop for loop in reading), text


def test_equal_numbers_vary_by_nothing() -> None:
    x = T.fmatrix("x")
    f = function([x], [x.var(axis=0), x.var(axis=1)])
    for value in f(np.full((100, 300), 0.1, "float32")):
        assert (value == 0).all()


@pytest.mark.parametrize("place", [0, 1, 5000, 9999])
def test_a_single_number_far_from_all_others(place) -> None:
    x = T.dmatrix("x")
    f = function([x], [x.var(), x.var(axis=0), x.T.var(axis=1)])
    data = np.random.default_rng(1).standard_normal((10_000, 3))
    data[place] = 1e6
    wide = data.astype(np.longdouble)
    for got, wanted in zip(f(data), [wide.var(), wide.var(axis=0), wide.var(axis=0)], strict=True):
        np.testing.assert_allclose(got, wanted.astype(float), rtol=1e-14)


def test_special_values() -> None:
    x = T.dmatrix("x")
    f, g = function([x], x.var(axis=1)), function([x], x.var(axis=1), mode=PERFORM)
    nan, inf = np.nan, np.inf
    data = np.array([[1, inf, 2], [inf, 1, 2], [nan, 1, 2], [1, nan, 2], [-inf, inf, 0], [1e200, -1e200, 0], [3, 3, 3]])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(f(data), g(data))


def test_strided_and_computed_data() -> None:
    x = T.dtensor3("x")
    views = [x[:, ::2], x[::-1, 1:], x.dimshuffle(2, 0, 1), 2 * x, x.sum(axis=0) + x]
    f = function([x], [v.var(axis=a) for v in views for a in (0, (0, 2), 1)])
    g = function([x], [v.var(axis=a) for v in views for a in (0, (0, 2), 1)], mode=PERFORM)
    data = np.random.default_rng(2).standard_normal((4, 5, 6))
    for got, wanted in zip(f(data), g(data), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)

