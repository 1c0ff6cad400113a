"""Steps down the gradient of an embedding write the rows that were read, and no others."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.indexing.advanced_subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1

R = np.random.RandomState(0)
WORDS = np.array([1, 4, 1, 0, 4, 4])


def writers(f):
    return [n for n in f.maker.fgraph.toposort() if isinstance(n.op, AdvancedIncSubtensor | AdvancedIncSubtensor1)]


def agree(inputs, outputs, updates, *arrays, shareds):
    """Values of functions that are rewritten and that are not; the writers of the first."""
    kept = [s.get_value() for s in shareds]
    results = []
    for mode in (theano.compile.Mode(linker="py", optimizer=None), "FAST_RUN"):
        for s, value in zip(shareds, kept, strict=True):
            s.set_value(value)
        f = theano.function(inputs, outputs, updates=updates, mode=mode, on_unused_input="ignore")
        results.append([*f(*arrays), *(s.get_value() for s in shareds)])
    for a, b in zip(*results, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=1e-12 if a.dtype == np.float64 else 1e-5, atol=1e-6)
    return writers(f)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_descent(dtype):
    table = theano.shared(R.normal(size=(6, 3)).astype(dtype), "table")
    words, rate = T.lvector("words"), T.scalar("rate", dtype=dtype)
    cost = (table[words] ** 3).sum()
    slope = T.grad(cost, table)
    a, b = np.array([0.1, 0.9], dtype)
    for step in (table - rate * slope, table - a * slope, table - slope, b * table - slope / rate, slope + table):
        (writer,) = agree([words, rate], [cost], [(table, step)], WORDS, 0.5, shareds=[table])
        (target,) = [v for v in (writer.inputs[0], *getattr(writer.inputs[0].owner, "inputs", ())) if v.name]
        assert target.name == "table"  # or a multiple of it


def test_several_reads_of_a_table():
    """The classes and the samples of a softmax over many; a pair of arrays of places."""
    table = theano.shared(R.normal(size=(6, 3)), "table")
    i, j = T.lvectors("i", "j")
    cost = (T.dot(table[i], table[j].T) ** 2).sum()
    found = agree([i, j], [cost], [(table, table - 0.1 * T.grad(cost, table))], WORDS, [2, 2], shareds=[table])
    assert len(found) == 2 and found[0].inputs[0].name == "table" and found[1].inputs[0] is found[0].outputs[0]
    cost = (table[i, j] ** 3).sum()
    step = [(table, table - 0.1 * T.grad(cost, table))]
    (writer,) = agree([i, j], [cost], step, WORDS, WORDS % 3, shareds=[table])
    assert writer.inputs[0].name == "table"


def test_momentum():
    """All of it is scaled, so that its gradient is a whole array costs no more."""
    table, speed = (theano.shared(R.normal(size=(6, 3)), name) for name in ("table", "speed"))
    words = T.lvector("words")
    cost = (table[words] ** 3).sum()
    moved = 0.9 * speed - 0.1 * T.grad(cost, table)
    agree([words], [cost], [(speed, moved), (table, table + moved)], WORDS, shareds=[table, speed])


def test_gradients_that_are_read_twice_stay():
    """One that is cut to a length is a whole array anyway."""
    table = theano.shared(R.normal(size=(6, 3)), "table")
    words = T.lvector("words")
    cost = (table[words] ** 3).sum()
    slope = T.grad(cost, table)
    cut = slope * T.minimum(1, 1 / T.sqrt((slope**2).sum()))
    (writer,) = agree([words], [cost], [(table, table - cut)], WORDS, shareds=[table])
    assert isinstance(writer.inputs[0].owner.op, T.Alloc)


def test_lengths_are_still_checked():
    x, y, words = T.dmatrix("x"), T.dmatrix("y"), T.lvector("words")
    f = theano.function([x, y, words], x + T.inc_subtensor(T.zeros((5, 3))[words], y))
    with pytest.raises(ValueError):
        f(np.ones((6, 3)), np.ones((2, 3)), [0, 1])
    row = T.TensorType("float64", (True, False))("row")
    f = theano.function([row, y, words], row + T.inc_subtensor(T.zeros((5, 3))[words], y))
    assert f([[1, 1, 1]], np.ones((2, 3)), [0, 0])[:, 0].tolist() == [3, 1, 1, 1, 1]
    # What is set, or added to something, is none of it.
    f = theano.function([x, y, words], x + T.set_subtensor(T.zeros_like(x)[words], y))
    assert f(np.ones((3, 3)), np.ones((2, 3)), [0, 0])[:, 0].tolist() == [2, 1, 1]
