"""Work that is cut into parts for several threads: no element is left out, none counts twice, wherever the cuts are."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.lower.state.machine import Machine

MACHINE = Machine()
LARGE, PARTS, COLUMN_PARTS = MACHINE.large, MACHINE.parts, MACHINE.column_parts

X = T.lmatrix("X")


def distinct(*shape: int) -> np.ndarray:
    """Numbers of which each sum tells which are in it, nearly surely."""
    return np.random.default_rng(0).integers(1, 1 << 40, size=shape)


def test_sums_of_columns() -> None:
    """Every remainder of the rows by the number of parts, and sizes on both sides of the limit."""
    f = theano.function([X], [X.sum(axis=0), X.max(axis=0)])
    for columns in (1, 3, 8):
        least = -(-LARGE // columns)
        for rows in (*range(least - 1, least + COLUMN_PARTS + 1), 700):
            data = distinct(rows, columns)
            total, most = f(data)
            assert total.tolist() == data.sum(axis=0).tolist() and most.tolist() == data.max(axis=0).tolist()


@pytest.mark.parametrize("rest", [0, 1, PARTS - 1])
def test_sums_of_all(rest: int) -> None:
    f = theano.function([X], [X.sum(), X.min(), (X * X).sum()])
    for rows, columns in ((1, LARGE + rest), (LARGE + rest, 1), (LARGE // 512 + rest, 512), (512, LARGE // 512 + rest)):
        data = distinct(rows, columns)
        assert [int(v) for v in f(data)] == [data.sum(), data.min(), (data * data).sum()]


@pytest.mark.parametrize("rows", [1, 2, PARTS - 1, PARTS, PARTS + 1, 3 * PARTS + 5])
def test_sums_of_rows(rows: int) -> None:
    f = theano.function([X], [X.sum(axis=1), X - X.sum(axis=1, keepdims=True)])
    for columns in (LARGE // rows + 1, 5):
        data = distinct(rows, columns)
        total, difference = f(data)
        assert total.tolist() == data.sum(axis=1).tolist()
        assert np.array_equal(difference, data - data.sum(axis=1, keepdims=True))
