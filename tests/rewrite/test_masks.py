"""What is written behind a mask, as a choice for each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1, Nonzero

V, M, W, A = T.dvector("v"), T.dmatrix("m"), T.dvector("w"), T.dscalar("a")
VALUES = {
    V: np.array([1.0, -2, np.nan, 0, -0.0, 5]), M: np.array([[1.0, -2, 3], [-4, 5, -6]]), A: np.asarray(2.5),
    W: np.array([1.0, 1, 0, 0, 1, 0]),
}  # fmt: skip
Make = Callable[[], Any]

CHOICES: dict[str, Make] = {
    "set": lambda: T.set_subtensor(V[V > 0], 0.0),
    "set to a given number": lambda: T.set_subtensor(M[M < 0], A),
    "added": lambda: T.inc_subtensor(M[M < 0], A),
    "of integers": lambda: T.set_subtensor(T.cast(M, "int32")[T.cast(M, "int32") > 2], 7),
    "by numbers": lambda: T.set_subtensor(V[(V * 2).nonzero()], 9.0),
    "gradient of a sum": lambda: T.grad(M[M > 0].sum(), M),
    "gradient behind": lambda: T.grad((T.set_subtensor(M[M > 0], 0.0) ** 2).sum(), M),
}
PLACES: dict[str, Make] = {
    "numbers of their own": lambda: T.inc_subtensor(M[M < 0], M[M < 0] * 2),
    "another mask": lambda: T.set_subtensor(V[W > 0], 1.0),
    "rows": lambda: T.set_subtensor(M[M[:, 0] > 0], 1.0),
    "one axis of two": lambda: T.set_subtensor(M[(M > 0).nonzero()[0]], 1.0),
    "axes exchanged": lambda: T.set_subtensor(M[:2, :2][(M[:2, :2] > 0).nonzero()[::-1]], 1.0),
}


def positions(f: Any) -> bool:
    """Whether a function looks for the places where a mask is true, and writes there."""
    ops = {type(node.op) for node in f.maker.fgraph.toposort()}
    return bool(ops & {Nonzero, AdvancedIncSubtensor, AdvancedIncSubtensor1})


@pytest.mark.parametrize("name", [*CHOICES, *PLACES])
def test_masks(name: str) -> None:
    chosen = name in CHOICES
    output = (CHOICES if chosen else PLACES)[name]()
    given = {"on_unused_input": "ignore"}
    f = theano.function(list(VALUES), output, **given)
    wanted = theano.function(list(VALUES), output, mode="FAST_COMPILE", **given)
    assert positions(f) != chosen
    np.testing.assert_array_equal(f(*VALUES.values()), wanted(*VALUES.values()))


def test_a_mask_of_another_shape_is_refused() -> None:
    f = theano.function([V, W], T.set_subtensor(V[W > 0], 1.0))
    with pytest.raises(IndexError):
        f([1.0, 2.0], [1.0, 1.0, 1.0])
