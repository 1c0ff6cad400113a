"""The rewrite that programs apply by name."""

from __future__ import annotations

import numpy as np
from theano.typed_list.opt import Append, TopoOptimizer, typed_list_inplace_opt

import theano
import theano.tensor as T
from theano import typed_list


def test_typed_list_inplace_opt():
    mine, x = typed_list.TypedListType(T.dvector)(), T.dvector()
    fgraph = theano.FunctionGraph([mine, x], [typed_list.append(mine, x)], clone=False)
    TopoOptimizer(typed_list_inplace_opt).optimize(fgraph)
    op = fgraph.outputs[0].owner.op
    assert isinstance(op, Append) and op.inplace and typed_list.opt.Append is Append
    f = theano.function([mine, x], fgraph.outputs[0], accept_inplace=True)
    given = [np.ones(1)]
    assert [v.tolist() for v in f(given, [2.0])] == [[1.0], [2.0]]
