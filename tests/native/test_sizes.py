"""Lengths given as numbers whose sums and products no array has: errors, and no access outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T

x = T.dvector("x")
n, k = T.lscalars("n", "k")
FOUR = np.arange(4.0)


@pytest.mark.parametrize(
    "build, values",
    [
        (lambda: T.exp(x.reshape((n, k))[:, :1]).sum(), (FOUR, 2**62 + 1, 4)),
        (lambda: x.reshape((n, k))[n // 2, 0], (FOUR, 2**62 + 1, 4)),
        (lambda: x.reshape((n, k))[:2], (FOUR, 2**62 + 1, 4)),
        (lambda: x.reshape((n, n, n))[k, k, k], (np.zeros(0), 2**32, 2**20)),
    ],
)
def test_reshape(build: Callable[[], Any], values: Any) -> None:
    f = theano.function([x, n, k], build(), on_unused_input="ignore")
    with pytest.raises(ValueError, match="cannot reshape"):
        f(*values)


@pytest.mark.parametrize(
    "build, values",
    [
        (lambda: T.concatenate([T.zeros((n,)), T.zeros((n,)), x]), (FOUR, 2**63 - 1, 0)),
        (lambda: T.concatenate([T.zeros((n,)), T.zeros((n,)), x])[:3], (FOUR, 2**63 - 2, 0)),
        (lambda: T.concatenate([T.zeros((n,)), x])[-1], (FOUR, 2**63 - 1, 0)),
        (lambda: T.zeros((n, k)).flatten()[:3], (FOUR, 6148914691236517206, 3)),
        (lambda: T.zeros((n, k)).flatten()[:3], (FOUR, 2**32, 2**32)),
    ],
)
def test_arrays_that_are_never_there(build: Callable[[], Any], values: Any) -> None:
    f = theano.function([x, n, k], build(), on_unused_input="ignore")
    with pytest.raises(MemoryError):
        f(*values)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_parts_whose_sum_wraps_around(mode: str, part: int) -> None:
    f = theano.function([x, n, k], T.split(x, [n, n, k], 3)[part][:2], mode=mode)
    assert f(FOUR, 1, 2).tolist() == FOUR[[[0], [1], [2, 3]][part]].tolist()
    with pytest.raises(ValueError):
        f(FOUR, 2**63 - 1, 6)


@pytest.mark.parametrize("optimizer", [None, "fast_run"])
def test_more_steps_than_can_be_made(optimizer: str | None) -> None:
    mode = theano.compile.Mode(linker="cvm", optimizer=optimizer)
    rows, _ = theano.scan(lambda s: s * 2, outputs_info=T.constant(1.0), n_steps=n)
    wide, _ = theano.scan(lambda s, v: s * 2 + v, outputs_info=T.zeros_like(x), non_sequences=x, n_steps=n)
    for y in (rows, rows[-1], wide[-1]):
        f = theano.function([x, n], y, mode=mode, on_unused_input="ignore")
        assert np.max(f(FOUR, 2)) in (4.0, 9.0)
        with pytest.raises(MemoryError):
            f(FOUR, 2**63 - 1)
    taps = {"input": x, "taps": [0, 1]}
    both, _ = theano.scan(lambda a, b: a + b, sequences=[taps], n_steps=n)
    f = theano.function([x, n], both, mode=mode)
    assert f(FOUR, 3).tolist() == [1, 3, 5]
    assert f(FOUR, 2**63 - 1).tolist() == [1, 3, 5]
    ended, _ = theano.scan(
        lambda s: (s * 2, theano.scan_module.until(s > 4)), outputs_info=T.constant(1.0), n_steps=n
    )
    # the buffer of a loop's node has room for all steps; rewriting takes it away
    steps = 1000 if optimizer is None else 2**63 - 1
    assert theano.function([n], ended, mode=mode)(steps).tolist() == [2, 4, 8, 16]
