"""Small functions of ``theano.compile`` and ``theano.gradient`` that older programs call."""

from __future__ import annotations

import math

import numpy as np

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


def test_checkers_and_words():
    from theano.compile.function_module import check_equal, get_info_on_inputs, register_checker

    from theano.legacy.compile import checkers

    class Near:
        def __init__(self, value):
            self.value = value

    def near(a, b):
        if not isinstance(a, Near):
            raise TypeError
        return abs(a.value - b.value) < 1

    assert not check_equal(Near(1), Near(1.5)) and check_equal(np.ones(2), np.ones(2)) and not check_equal("a", "b")
    register_checker(near)
    try:
        assert check_equal(Near(1), Near(1.5)) and not check_equal(Near(1), Near(3)) and check_equal("a", "a")
    finally:
        checkers._checkers.remove(near)
    assert get_info_on_inputs([], 0) == "The function has no inputs."
    assert get_info_on_inputs(["a", "b"], 1) == (
        "The function has 2 named inputs (a, b), and an unnamed input, which takes no keywords."
    )
    assert theano.compile.check_equal is check_equal
