from __future__ import annotations

import numpy as np
import pytest

import theano.tensor as T
from tests.tensor.oracle import check

R = np.random.RandomState(0)
M, C = R.randn(3, 4), R.randn(2, 3, 4)
P = R.permutation(4)
ROWS = np.array([R.permutation(4) for _ in range(3)])
INVERSE = np.argsort(ROWS, 1)

CASES = {
    "one for all": (M, P, False, M[:, P]),
    "inverse": (M, P, True, M[:, np.argsort(P)]),
    "one for each row": (M, ROWS, False, np.take_along_axis(M, ROWS, 1)),
    "inverses": (M, ROWS, True, np.take_along_axis(M, INVERSE, 1)),
    "vector": (M[0], P, False, M[0][P]),
    "vector by rows": (M[0], ROWS, False, M[0][ROWS]),
    "row by rows": (M[:1], ROWS, False, M[0][ROWS]),
    "stack": (C, ROWS, False, np.take_along_axis(C, ROWS[None], 2)),
}


@pytest.mark.parametrize("case", CASES)
def test_permute_row_elements(case):
    x, y, inverse, wanted = CASES[case]
    check(lambda a, b: T.permute_row_elements(a, b, inverse), x, y, expect=wanted)


def test_inverse_permutation():
    got = check(T.inverse_permutation, ROWS.astype("int32"), expect=INVERSE)
    assert got.dtype == np.int32


def test_not_a_permutation():
    with pytest.raises(TypeError, match="integers"):
        T.permute_row_elements(T.dvector(), T.dvector())
