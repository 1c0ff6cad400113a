"""What is said of an `infer_shape` that returns no list of shapes."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T


class Doubled(theano.Op):
    itypes, otypes = (T.dvector,), (T.dvector,)

    def perform(self, node, inputs, outputs):
        outputs[0][0] = 2 * inputs[0]

    def infer_shape(self, node, shapes):
        return self.wrong(shapes)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s: s[0], lambda s: [s[0], s[0]], lambda s: None, lambda s: s[0][0], lambda s: [s[0][0]],
        lambda s: [(s[0][0], s[0][0])], lambda s: [()], lambda s: [np.array(3)], lambda s: [np.array([3, 3])],
        lambda s: [T.stack([s[0][0], s[0][0]])],
    ],
)  # fmt: skip
def test_what_is_no_list_of_shapes_is_reported_and_not_used(wrong) -> None:
    x = T.dvector("x")
    op = Doubled()
    op.wrong = wrong
    with pytest.warns(UserWarning, match=r"Doubled\.infer_shape must return a list of shapes|has no len"):
        f = theano.function([x], op(x).shape[0])
    assert f([1, 2, 3]) == 3


@pytest.mark.parametrize(
    "right",
    [lambda s: [s[0]], lambda s: s, lambda s: [None], lambda s: ((s[0][0],),), lambda s: [T.stack([s[0][0]])]],
)
def test_lists_of_shapes(right, recwarn) -> None:
    x = T.dvector("x")
    op = Doubled()
    op.wrong = right
    assert theano.function([x], op(x).shape[0])([1, 2, 3]) == 3
    assert not recwarn
