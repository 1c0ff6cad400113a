"""Several index arrays: NumPy's rules at run time, too, and errors that say where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode

MODES = {
    "perform": Mode(linker="py", optimizer=None),
    "native": Mode(linker="cvm", optimizer=None),
    "FAST_RUN": Mode(linker="cvm", optimizer="fast_run"),
}
M = np.arange(12.0).reshape(3, 4)
PAIRS = [([0, 2], [1, 3]), ([0, 2], [1]), ([2], [1, -1, 0]), ([2], [1]), ([], [1]), ([1], []), ([], [])]


def made(what: str) -> tuple[list[Any], list[Any]]:
    m, j, k = T.dmatrix("m"), T.lvector("j"), T.lvector("k")
    picked = m[j, k]
    outputs = {
        "read": picked,
        "shape": [picked.shape[0], T.zeros_like(picked) + 1],
        "used": [T.exp(picked) * 2 + T.arange(picked.shape[0]), picked.mean(), (picked - picked.mean()) ** 2],
        "set": T.set_subtensor(picked, 7.0),
        "increased": T.inc_subtensor(picked, T.sqr(picked)),
        "gradient": T.grad(T.sqr(picked).sum(), m),
        "steps": theano.scan(lambda row, m: m[j, k] + row, m[:, 0], non_sequences=m)[0],
        "pairs": m[T.stack([j, j]), k],
    }[what]
    return [m, j, k], outputs if isinstance(outputs, list) else [outputs]


@pytest.mark.parametrize("what", ["read", "shape", "used", "set", "increased", "gradient", "steps", "pairs"])
def test_vectors_of_run_time_lengths(what: str) -> None:
    inputs, outputs = made(what)
    perform, *compiled = (theano.function(inputs, outputs, mode=m, on_unused_input="ignore") for m in MODES.values())
    for index in PAIRS:
        j, k = (np.array(v, "int64") for v in index)
        wanted = perform(M, j, k)
        if what == "read":
            np.testing.assert_array_equal(wanted[0], M[j, k])
        for f in compiled:
            for a, b in zip(wanted, f(M, j, k), strict=True):
                assert a.shape == b.shape
                np.testing.assert_allclose(b, a, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_three_arrays(mode: str) -> None:
    t, i, j, k = T.dtensor3(), T.lvector(), T.lmatrix(), T.lmatrix()
    f = theano.function([t, i, j, k], [t[i, j, k], t[i, j, k].shape], mode=MODES[mode])
    x = np.arange(24.0).reshape(2, 3, 4)
    for a, b, c in (((1,), (1, 1), (3, 1)), ((5,), (1, 1), (1, 5)), ((1,), (3, 5), (3, 1)), ((0,), (2, 1), (2, 0))):
        index = [np.arange(np.prod(s)).reshape(s) % n for s, n in zip((a, b, c), x.shape, strict=True)]
        got, shape = f(x, *index)
        np.testing.assert_array_equal(got, x[tuple(index)])
        assert tuple(shape) == got.shape


@pytest.mark.parametrize("mode", MODES)
def test_lengths_that_do_not_fit(mode: str) -> None:
    inputs, outputs = made("read")
    f = theano.function(inputs, outputs, mode=MODES[mode])
    with pytest.raises(IndexError, match="shape mismatch: indexing arrays") as caught:
        f(M, [0, 1], [0, 1, 2])
    assert "test_index_vectors.py" in str(caught.value) and "AdvancedSubtensor(m, j, k)" in str(caught.value)
    np.testing.assert_array_equal(f(M, [0, 1], [3])[0], M[:2, 3])


def test_an_element_of_each_row() -> None:
    """A mistake, more often than not: labels of one element do not stand for all rows."""
    x, y = T.dmatrix("x"), T.lvector("y")
    f = theano.function([x, y], T.log(T.nnet.softmax(x))[T.arange(x.shape[0]), y])
    np.testing.assert_allclose(f(M[:, :2], [0, 1, 0]), np.log(np.exp([0, 1, 0]) / (1 + np.e)))
    with pytest.raises(ValueError, match="x has length 3 along axis 0, y_idx 1 along axis 0"):
        f(M, [1])


@pytest.mark.parametrize("mode", MODES)
def test_no_index_is_out_of_range(mode: str) -> None:
    """An index that stands nowhere, the same everywhere, in a vector that is known to be empty."""
    m = T.dmatrix("m")
    nothing = m[2:2]
    columns = T.constant([-4])[T.arange(nothing.shape[0]) % 1]
    f = theano.function([m], nothing[T.arange(nothing.shape[0]), columns], mode=MODES[mode])
    assert f(M).shape == (0,)
    assert f(M[:, :1]).shape == (0,)
