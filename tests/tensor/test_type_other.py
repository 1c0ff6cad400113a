"""None as a variable."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import Apply, Op
from theano.tensor.type_other import NoneConst, NoneTypeT, none_type_t


class Scaled(Op):
    """Its first input, times the second if there is one."""

    __props__ = ()

    def make_node(self, x, factor=NoneConst):
        return Apply(self, [x, factor], [x.type()])

    def perform(self, node, inputs, out):
        x, factor = inputs
        out[0][0] = x.copy() if factor is None else x * factor


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_an_input_may_be_left_out(mode):
    x, s = T.dvector("x"), T.dscalar("s")
    f = theano.function([x, s], [Scaled()(x), Scaled()(x, s)], mode=mode)
    assert [r.tolist() for r in f([1, 2], 3)] == [[1, 2], [3, 6]]


AXES = {
    **{
        name: lambda x, axis, name=name: getattr(T, name)(x, axis=axis)
        for name in "sum prod max min argmax argmin all any mean var std ptp cumsum cumprod sort argsort".split()
    },
    "max_and_argmax": lambda x, axis: T.max_and_argmax(x, axis)[1],
    "norm": lambda x, axis: x.norm(2, axis),
    "roll": lambda x, axis: T.roll(x, 1, axis),
    "repeat": lambda x, axis: T.repeat(x, 2, axis),
    "take": lambda x, axis: T.take(x, [1, 0], axis),
    "topk": lambda x, axis: T.topk(x, 1, axis),
    "unique": lambda x, axis: T.extra_ops.Unique(axis=axis)(x),
}


@pytest.mark.parametrize("name", AXES)
def test_an_axis_may_be_a_constant(name):
    x = T.dmatrix("x")
    for variable, axis in ((NoneConst, None), (T.constant(1), 1), (T.constant(np.int64(0)), 0)):
        f = theano.function([x], [AXES[name](x, variable), AXES[name](x, axis)])
        got, wanted = f([[3, 2], [1, 4]])
        np.testing.assert_array_equal(got, wanted)


def test_its_type_has_one_value():
    assert none_type_t == NoneTypeT() and T.NoneConst is NoneConst
    assert none_type_t.filter(None) is None and str(NoneConst) == "NoneConst"
    with pytest.raises(TypeError, match="Expected None"):
        none_type_t.filter(0)
    for copied in (copy.deepcopy(NoneConst), pickle.loads(pickle.dumps(NoneConst))):
        assert copied.equals(NoneConst) and copied.type == none_type_t
