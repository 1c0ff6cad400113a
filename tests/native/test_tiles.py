"""Work on operands that are contiguous along different axes runs in tiles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import function
from theano.printing import loop_program

SHAPES = [(0, 3), (3, 0), (1, 1), (5, 7), (64, 32), (65, 33), (130, 100), (31, 200), (200, 31)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "complex64", "bool"])
def test_transposed_operands(dtype: str) -> None:
    x, y = T.matrix("x", dtype=dtype), T.matrix("y", dtype=dtype)
    f = function([x, y], [x.T, T.mul(x, y.T)])
    for shape in SHAPES:
        a = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        b = (np.arange(np.prod(shape)).reshape(shape[::-1]) % 7).astype(dtype)
        for got, wanted in zip(f(a, b), (a.T, a * b.T), strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_three_axes(order: tuple[int, ...]) -> None:
    x, y = T.dtensor3("x"), T.dtensor3("y")
    f = function([x, y], [x + y.dimshuffle(*order), T.sqr(y.dimshuffle(*order))])
    rng = np.random.default_rng(0)
    for n in (3, 36, 67):
        a, b = rng.random((n, n, n)), rng.random((n, n, n))
        for got, wanted in zip(f(a, b), (a + b.transpose(order), b.transpose(order) ** 2), strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_there_are_tiles_only_where_they_pay() -> None:
    x, y = T.dmatrix("x"), T.dmatrix("y")
    assert "// 32" in loop_program(function([x, y], x + y.T))
    for plain in (x + y, x + x[::-1, ::2], T.outer(x[0], y[0])):
        assert "// 32" not in loop_program(function([x, y], plain, on_unused_input="ignore"))
