"""Texts that show what a function was compiled to."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T


def compiled(inputs, outputs, **kw):
    return theano.function(inputs, outputs, mode="FAST_RUN", **kw)


def test_nodes_that_share_a_loop() -> None:
    x, y = T.matrices("x", "y")
    text = theano.printing.schedule(compiled([x, y], [T.exp(x) * y, (x + y).sum(axis=1)]))
    loops = text.split("loop ")[1:]
    first = next(loop for loop in loops if "exp" in loop)
    assert "Elemwise{mul" in first
    assert "x.shape[0] × x.shape[1]" in first or "y.shape[0] × y.shape[1]" in first
    assert "add along" in text and "writes output 1" in text


def test_sizes_and_places() -> None:
    x, w = T.fmatrix("x"), T.fmatrix("w")
    text = theano.printing.schedule(compiled([x, w], T.tanh(T.dot(x, w))))
    assert "reads  x: 4 * x.shape[0] * x.shape[1]" in text
    assert "writes workspace" in text and "writes output 0: 4 * x.shape[0] * w.shape[1]" in text


def test_shared_variables_have_their_names() -> None:
    s, x = theano.shared(np.zeros(3), name="state"), T.vector("x")
    f = compiled([x], [], updates=[(s, s + x)])
    assert "writes state: 8 * state.shape[0]" in theano.printing.schedule(f)
    assert "commit" in theano.printing.loop_program(f)
    assert "state[i" in theano.printing.ccode(f)


@pytest.mark.parametrize("show", ["schedule", "ccode", "loop_program"])
def test_same_text_every_time(show: str) -> None:
    def text() -> str:
        x = T.matrix("x")
        return getattr(theano.printing, show)(compiled([x], [T.nnet.softmax(x), x.sum(axis=0)]))

    assert text() == text()
