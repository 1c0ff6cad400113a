"""Lengths of a function for given arguments."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T
from theano.compile.times.sizes import Sizes
from theano.loops import expr as ex


def test_lengths_and_numbers_of_leaves_are_known_and_nothing_else() -> None:
    x, n, w = T.matrix("x"), T.lscalar("n"), theano.shared(np.ones(5), "w")
    f = theano.function([x, n], [x.sum(axis=0), T.arange(n) * w.sum()])
    low, leaves = f.executor.lowered, f.executor.plan.fgraph.inputs
    sizes = Sizes(low, leaves, [np.ones((2, 3)), np.asarray(7), np.ones(5)])
    assert sorted(map(int, sizes.env.values())) == [2, 3, 5, 7]
    rows, columns = (ex.name(name, "i64") for name, (role, *_) in low.dim_words.items() if role == "input")
    assert sizes.number(ex.mul(rows, columns)) == sizes.product([rows, columns]) == 6
    assert sizes.number(ex.add(rows, ex.name("found_on_the_way", "i64"))) is None
    assert sizes.number(ex.idiv(rows, ex.sub(rows, rows))) is None
    assert sizes.number(ex.shl(rows, ex.const(64, "i64"))) is None
    assert Sizes(low, leaves, [None, np.asarray(7), None]).product([columns]) is None
