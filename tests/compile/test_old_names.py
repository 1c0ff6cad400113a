"""Small functions of ``theano.compile`` and ``theano.gradient`` that older programs call."""

from __future__ import annotations

import math

import theano
import theano.tensor as T
from theano.compile.ops import load_back, shape_i_op
from theano.gradient import mode_not_slow


def test_modes_that_are_not_slow():
    from theano.compile.debugmode import DebugMode
    from theano.compile.mode import FAST_COMPILE, FAST_RUN

    assert mode_not_slow("FAST_COMPILE") is mode_not_slow(FAST_COMPILE) is FAST_RUN
    mode = theano.Mode("py")
    assert mode_not_slow(mode) is mode and mode_not_slow("FAST_RUN") is FAST_RUN
    plain = mode_not_slow(DebugMode(optimizer=None))
    x = T.dscalar("x")
    f = theano.function([x], T.log(T.exp(x)), mode=plain)
    assert type(plain) is theano.Mode and len(f.maker.fgraph.apply_nodes) == 2


def test_loading_and_shapes():
    assert load_back("math", "floor") is math.floor and theano.gradient.tensor is T
    x = T.dmatrix("x")
    assert shape_i_op(1)(x).eval({x: [[1.0, 2.0]]}) == 2 and shape_i_op(1) is shape_i_op(1) == T.Shape_i(1)
