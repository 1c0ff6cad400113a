"""Loops of no steps: their outputs have no rows, and the rows the shape that steps would have given them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode, as_op

MODES = {
    "perform": Mode(linker="py", optimizer=None),
    "native": Mode(linker="cvm", optimizer=None),
    "FAST_RUN": Mode(linker="cvm", optimizer="fast_run"),
}


@as_op([T.dvector], [T.dvector])
def opaque(x: np.ndarray) -> np.ndarray:
    """An op that does not tell the shape of its result."""
    return x[::-1].copy()


@as_op([T.dvector], [T.dmatrix])
def opaque_matrix(x: np.ndarray) -> np.ndarray:
    return np.outer(x, x)


def last_of(r: Any) -> Any:
    """A loop that ends by itself: of its rows all is known but how many they are."""
    def step(i: Any, s: Any) -> Any:
        return s + r, theano.scan_module.until(i > 1)

    return theano.scan(step, T.arange(4), T.zeros_like(r))[0]


def steps() -> dict[str, tuple[Callable[..., Any], tuple[int, ...]]]:
    """Steps over rows of 5 elements, with the shape of what they give."""
    w = T.constant(np.ones((5, 3)))
    return {
        "told": (lambda r: T.concatenate([r, r]), (10,)),
        "not told": (lambda r: opaque(r), (0,)),
        "added": (lambda r: opaque(r) + r, (5,)),
        "chosen": (lambda r: T.switch(opaque(r) > 1, r, -r), (5,)),
        "of an array that is added to a row elsewhere": (lambda r: (lambda y: [y, y + r])(opaque(r)), (5,)),
        "product": (lambda r: T.dot(opaque(r), w), (3,)),
        "an axis of two": (lambda r: T.dot(opaque_matrix(r), w), (0, 3)),
        "both axes": (lambda r: (lambda y: [y, T.dot(y, w), y[0], y + r.dimshuffle(0, "x")])(opaque_matrix(r)), (5, 5)),
        "last of a loop that ends by itself": (lambda r: last_of(r)[-1] + 0, (5,)),
        "a loop that ends by itself": (lambda r: last_of(r), (0, 5)),
        "joined": (lambda r: (lambda y: [y, T.join(1, y, r.dimshuffle(0, "x"))])(opaque_matrix(r)), (5, 0)),
        "equal only if they are": (lambda r: opaque(r) + opaque(-r), (0,)),
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("what", steps())
def test_shapes_of_rows(what: str, mode: str) -> None:
    step, wanted = steps()[what]
    x, n = T.dmatrix("x"), T.lscalar("n")
    outs, _ = theano.scan(step, x, n_steps=n, return_list=True)
    f = theano.function([x, n], [outs[0], outs[0].sum(axis=0), *outs[1:]], mode=MODES[mode])
    rows, total = f(np.ones((4, 5)), 0)[:2]
    assert rows.shape == (0, *wanted) and total.shape == wanted
    rows, total = f(np.ones((4, 5)), 2)[:2]
    assert rows.shape == (2, *total.shape)


def test_a_new_state_has_the_shape_of_the_old_one() -> None:
    x, n = T.dmatrix("x"), T.lscalar("n")
    (_, outs), _ = theano.scan(
        lambda r, s: (lambda y: [y, y])(opaque(s + r)), x, [T.zeros_like(x[0]), None], n_steps=n
    )
    f = theano.function([x, n], outs)  # of the state no row is kept
    assert f(np.ones((4, 5)), 0).shape == (0, 5)
    assert f(np.ones((4, 5)), 2).shape == (2, 5)
