"""Loops over rows and over whole arrays: how they are made."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import stmt


@pytest.mark.parametrize(("function", "copies"), [(T.exp, 2), (T.erfc, 4), (lambda x: x**2.7, 4), (lambda x: x * 2, 1)])
def test_heavy_loops_take_several_vectors_at_once(function, copies):
    x = T.dvector("x")
    f = theano.function([x], function(x))
    loops = [s for k in f.executor.lowered.program.kernels for s in stmt.walk(k.body) if isinstance(s, stmt.For)]
    assert [s.unroll for s in loops if s.kind == "vector"] == [copies]
    at = np.linspace(0.1, 3, 333)
    np.testing.assert_allclose(f(at), theano.function([x], function(x), mode="FAST_COMPILE")(at), rtol=1e-14)
