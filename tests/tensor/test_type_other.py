"""None as a variable."""

from __future__ import annotations

import copy
import pickle

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


def test_its_type_has_one_value():
    assert none_type_t == NoneTypeT() and T.NoneConst is NoneConst
    assert none_type_t.filter(None) is None and str(NoneConst) == "NoneConst"
    with pytest.raises(TypeError, match="Expected None"):
        none_type_t.filter(0)
    for copied in (copy.deepcopy(NoneConst), pickle.loads(pickle.dumps(NoneConst))):
        assert copied.equals(NoneConst) and copied.type == none_type_t
