"""Slices as values: what they index as arguments of functions, and where they are made by the program."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.indexing.slices import make_slice, slicetype

M, S, INDEX, N = T.dmatrix("m"), slicetype("s"), T.lvector("index"), T.lscalar("n")
VALUE = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_slices_as_arguments(mode: str) -> None:
    """Every slice of few numbers, along each axis."""
    f = theano.function([M, S], [M[S], M[..., S], M[None, S], T.set_subtensor(M[S], -1.0)], mode=mode)
    bounds = (None, -5, -3, -1, 0, 1, 2, 9)
    for s in itertools.starmap(slice, itertools.product(bounds, bounds, (None, 1, 2, -1, -2))):
        changed = VALUE.copy()
        changed[s] = -1
        wanted = [VALUE[s], VALUE[..., s], VALUE[None, s], changed]
        for got, expected in zip(f(VALUE, s), wanted, strict=True):
            np.testing.assert_array_equal(got, expected, err_msg=str(s))
    assert f(VALUE[:0], slice(None, None, -1))[0].shape == (0, 4)
    with pytest.raises(ValueError, match="step cannot be zero"):
        f(VALUE, slice(0, 2, 0))


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_slices_beside_index_arrays(mode: str) -> None:
    outputs = [
        M[S, INDEX], T.AdvancedSubtensor()(M, S, INDEX), T.AdvancedSubtensor()(M, INDEX, S),
        T.AdvancedSubtensor()(M, make_slice(N, None), INDEX), M[make_slice(N, None), INDEX],
        T.grad(T.sqr(M[S, INDEX]).sum(), M),
    ]  # fmt: skip
    s, index, slope = slice(0, 2), [1, 2], np.zeros((3, 4))
    slope[s, index] = 2 * VALUE[s, index]
    wanted = [VALUE[s, index], VALUE[s, index], VALUE[index, s], VALUE[1:, index], VALUE[1:, index], slope]
    f = theano.function([M, S, INDEX, N], outputs, mode=mode)
    for got, expected in zip(f(VALUE, s, index, 1), wanted, strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("key", [2**70, -(2**70), [2**70], [[0, -(2**70)]], (0, 2**64)], ids=str)
def test_indices_that_no_array_of_integers_holds(key: Any) -> None:
    with pytest.raises(IndexError, match=r"integers? of 64 bits, not .*\d{20}"):
        M[key]


def test_lists_that_hold_slices() -> None:
    np.testing.assert_array_equal(M[[slice(0, 2)]].eval({M: VALUE}), VALUE[:2])
    np.testing.assert_array_equal(M[[slice(0, 2), 1]].eval({M: VALUE}), VALUE[:2, 1])
