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
