"""Reading and writing at places that arrays name, compiled, against NumPy: widths, repeats, layouts, threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.lower.state.items import Reduce
from theano.lower.state.machine import Machine
from theano.runtime import threads
from theano.tensor.indexing.advanced_subtensor import add_at

BLOCK = Machine().scatter_block
WIDTHS = [0, 1, 2, 7, 16, BLOCK, BLOCK + 1, 3 * BLOCK + 5]
RNG = np.random.RandomState(0)


def added(x: np.ndarray, index: Any, y: Any) -> np.ndarray:
    x = x.copy()
    add_at(x, index, y)
    return x


def put(x: np.ndarray, index: Any, y: Any) -> np.ndarray:
    x = x.copy()
    x[index] = y
    return x


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint64", "bool"])
def test_rows_of_any_width(dtype: str) -> None:
    """Repeats are added in order: rounding shows it."""
    x, y, i = T.TensorType(dtype, (False,) * 2)("x"), T.TensorType(dtype, (False,) * 2)("y"), T.lvector("i")
    f = theano.function([x, y, i], [x[i], T.inc_subtensor(x[i], y), T.set_subtensor(x[i], y)])
    for width in WIDTHS:
        a, b = (np.asarray(RNG.randn(9, width) * 5).astype(dtype) for _ in range(2))
        for places in ([], [4, 0, -1, 4, 4, 7, 0, 8, 4], [3]):
            k = np.array(places, "int64")
            got, given = f(a, b[: len(k)], k), b[: len(k)]
            np.testing.assert_array_equal(got[0], a[k])
            np.testing.assert_array_equal(got[1], added(a, (k,), given))
            np.testing.assert_array_equal(got[2], put(a, (k,), given))


@pytest.mark.parametrize("width", [1, 2, 4, 5])
def test_widths_that_are_declared(width: int) -> None:
    x, y = (T.TensorType("float64", shape=(None, width))() for _ in range(2))
    i = T.lvector("i")
    f = theano.function([x, y, i], [x[i], T.inc_subtensor(x[i], y), T.set_subtensor(x[i], y)])
    a, b, k = RNG.randn(9, width), RNG.randn(5, width), np.array([4, 0, -1, 4, 8])
    for got, wanted in zip(f(a, b, k), [a[k], added(a, (k,), b), put(a, (k,), b)], strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_other_axes() -> None:
    x, i, j = T.dtensor3("x"), T.lvector("i"), T.lmatrix("j")
    windows = [x[:, i], x[:, :, i], x[i, :, i], x[i, i], x[j], x[:, j], x[1:, i, ::-1], x[::2, ::-1, i], x[j, 1:, 2]]
    f = theano.function([x, i, j], [T.inc_subtensor(w, 1.5 * w + 1) for w in windows])
    a = RNG.randn(5, 6, 5)
    k, m = np.array([1, 4, 1, -1, 0]), np.array([[0, 3], [3, -2]])
    full = slice(None)
    indices: list[Any] = [
        (full, k), (full, full, k), (k, full, k), (k, k), (m,), (full, m), (slice(1, None), k, slice(None, None, -1)),
        (slice(None, None, 2), slice(None, None, -1), k), (m, slice(1, None), 2),
    ]  # fmt: skip
    for index, got in zip(indices, f(a, k, m), strict=True):
        np.testing.assert_array_equal(got, added(a, index, 1.5 * a[index] + 1), err_msg=str(index))


def test_number_of_threads() -> None:
    table = theano.shared(RNG.randn(500, 200).astype("float32"), name="table")
    start = table.get_value()
    i = T.lvector("i")
    rows = table[i]
    f = theano.function([i], rows.sum(), updates=[(table, T.inc_subtensor(rows, rows * np.float32(0.1) + 1))])
    places = RNG.randint(0, 500, 3000)
    wanted = start.copy()
    np.add.at(wanted, places, start[places] * np.float32(0.1) + 1)
    for n in (1, 3):
        before = threads.set_num_threads(n)
        table.set_value(start)
        f(places)
        threads.set_num_threads(before)
        np.testing.assert_array_equal(table.get_value(), wanted)


def test_positions_in_the_array_itself_are_not_compared() -> None:
    x, m = T.dvector("x"), T.dmatrix("m")
    outputs = [x[x > 0], x[T.argsort(x)], m[m > 0], T.inc_subtensor(m[m > 0], m[m > 0])]
    f = theano.function([x, m], outputs)
    assert not any(isinstance(item, Reduce) for item in f.executor.lowered.items)
    a, b = RNG.randn(9), RNG.randn(5, 4)
    for u, v in ((a, b), (a[:0], b[:0]), (-abs(a), -abs(b))):
        wanted = [u[u > 0], np.sort(u), v[v > 0], np.where(v > 0, 2 * v, v)]
        for got, right in zip(f(u, v), wanted, strict=True):
            np.testing.assert_array_equal(got, right)


def test_positions_in_another_array_are() -> None:
    x, y = T.dvectors("x", "y")
    f = theano.function([x, y], [x[T.argsort(y)], x[y.nonzero()]])
    f([1.0, 2.0], [2.0, 1.0])
    with pytest.raises(IndexError, match="index 2 is out of bounds"):
        f([1.0, 2.0], [3.0, 2.0, 1.0])
