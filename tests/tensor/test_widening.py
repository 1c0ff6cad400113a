"""Errors about dtypes name what made an expression wide."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.checks.why_this_dtype import explain_widening, widened_by

f, m = T.fvector("f"), T.fmatrix("m")
d, i = T.dscalar("d"), T.iscalar("i")


def test_causes():
    assert widened_by(f * 2, "float32") == []
    assert widened_by(T.exp(f - d * T.tanh(f)), "float32") == [d]
    assert widened_by(d, "float32") == [d]
    mixed = f / m.shape[0]
    assert widened_by(mixed * f + 1, "float32") == [mixed]
    product = f * i
    assert widened_by(product[i], "float32") == [product]
    other = T.dvector("other")
    assert widened_by(f * d + other, "float32") == [d, other]
    assert [str(c) for c in widened_by(i + 0.5, "int32")] == ["TensorConstant{0.5}"]


def test_long_expressions():
    e = f
    for _ in range(5000):
        e = e * d
    assert widened_by(e, "float32") == [d]


def test_texts():
    assert explain_widening(d, "float32") == ""
    text = explain_widening(f * d, "float32")
    assert text.startswith(" It is float64 because of d (float64, ") and "test_widening.py:" in text
    text = explain_widening(f / m.shape[0], "float32")
    assert "Elemwise{true_div,no_inplace}(f, " in text and "(float64 of float32, int64, " in text
    many = [T.dscalar(f"d{k}") for k in range(5)]
    assert explain_widening(f + sum(many), "float32").count("float64,") == 3


def test_updates_and_states():
    w = theano.shared(np.zeros(2, "float32"), "w")
    with pytest.raises(TypeError, match="because of d .*cast"):
        theano.function([d], [], updates=[(w, w - d * w)])
    with pytest.raises(ValueError, match="because of d .*cast"):
        theano.scan(lambda x, s: s + x * d, f, T.constant(np.float32(0)))
