"""`Print`: a value shown while the function runs."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T
from theano.printing import Print

x = T.dvector("x")


def test_prints_and_passes_on(capsys):
    f = theano.function([x], Print("x is")(x) * 2)
    np.testing.assert_array_equal(f([1.0, 2.0]), [2.0, 4.0])
    assert capsys.readouterr().out == "x is __str__ = [1. 2.]\n"


def test_attributes(capsys):
    f = theano.function([x], Print("x", attrs=["shape", "sum"])(x) + 1)
    f([1.0, 2.0])
    assert capsys.readouterr().out == "x shape = (2,)\nx sum = 3.0\n"


def test_own_function():
    seen = []
    f = theano.function(
        [x], Print("m", global_fn=lambda op, value: seen.append((op.message, value.copy())))(x) + 1
    )
    f([1.0])
    assert [(m, v.tolist()) for m, v in seen] == [("m", [1.0])]


def test_gradient_and_rop_pass():
    g = theano.function([x], T.grad((Print("g")(x) ** 2).sum(), x), mode="FAST_COMPILE")
    np.testing.assert_array_equal(g([3.0]), [6.0])
    v = T.dvector("v")
    r = theano.function(
        [x, v], theano.gradient.Rop(Print("r")(x) * 2, x, v), mode="FAST_COMPILE", on_unused_input="ignore"
    )
    np.testing.assert_array_equal(r([3.0], [1.0]), [2.0])


def test_equality():
    assert Print("a") == Print("a")
    assert Print("a") != Print("b")
