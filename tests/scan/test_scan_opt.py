"""Rewrites of loops by the names of ``theano.scan_module.scan_opt``."""

from __future__ import annotations

import importlib
import tracemalloc

import numpy as np
import pytest
from theano.scan_module import scan_opt
from theano.scan_module.scan_op import Scan

import theano
import theano.tensor as T
from theano.base.record import replace
from theano.native.support import loading
from theano.scan.parts import Loop, NonSequenceArg

FAST = theano.compile.get_mode("FAST_RUN")
X, W = np.arange(6.0).reshape(2, 3) / 7, np.eye(3) + 0.1


def applied(opt, make):
    x, w = T.dmatrix("x"), T.dmatrix("w")
    results = make(x, w)
    fgraph = theano.FunctionGraph([x, w], results, clone=True)
    before = [node.op for node in fgraph.toposort()]
    opt.optimize(fgraph)
    plain = theano.Mode("py", None)
    f, g = (
        theano.function(i, o, mode=plain, on_unused_input="ignore")
        for i, o in (([x, w], results), (fgraph.inputs, fgraph.outputs))
    )
    for a, b in zip(f(X, W), g(X, W), strict=True):
        np.testing.assert_allclose(a, b)
    return before, [node.op for node in fgraph.toposort()]


def loops(ops):
    return [op for op in ops if isinstance(op, Scan)]


def inside(ops):
    return {str(node.op) for op in loops(ops) for v in op.inner_outputs for node in theano.gof.graph.ops([], [v])}


def step(x, s, w):
    return T.tanh(s) + T.dot(T.exp(x), T.sin(w))


def recurrent(x, w):
    return [theano.scan(step, sequences=x, outputs_info=T.zeros(3), non_sequences=w)[0]]


def with_work_inside(x, w):
    """The loop of `recurrent` as Theano makes it: with the sine, the same in all steps, in the step."""
    (steps,) = recurrent(x, w)
    loop = Loop.of(steps.owner.inputs[0].owner.op, steps.owner.inputs[0].owner.inputs)
    (given,) = loop.non_sequences
    inner = T.dmatrix()
    values = theano.clone([s.value for s in loop.states], replace={given.inner: T.sin(inner)})
    loop.states = [replace(s, value=v) for s, v in zip(loop.states, values, strict=True)]
    loop.non_sequences = [NonSequenceArg(w, inner)]
    return [loop.apply().states[0][1:]]


@pytest.mark.parametrize(
    ("cls", "make", "gone"),
    [(scan_opt.PushOutNonSeqScan, with_work_inside, "sin"), (scan_opt.PushOutSeqScan, recurrent, "exp")],
)
def test_what_leaves_a_loop(cls, make, gone):
    before, after = applied(cls(), make)
    assert any(gone in text for text in inside(before)) and not any(gone in str(op) for op in before)
    assert not any(gone in text for text in inside(after)) and any(gone in str(op) for op in after)


def test_merging():
    def two(x, w):
        return [theano.scan(lambda a, s, k=k: s * k + a, sequences=x, outputs_info=T.zeros(3))[0] for k in (2, 3)]

    before, after = applied(scan_opt.ScanMerge(), two)
    assert len(loops(before)) == 2 and len(loops(after)) == 1


def kept(ops):
    return [[s.keep for s in op.spec.states] for op in loops(ops)]


def test_saving_memory():
    before, after = applied(scan_opt.ScanSaveMem(), lambda x, w: [recurrent(x, w)[0][-1]])
    assert kept(before) == [[None]] and kept(after) == [[1]]  # all rows, and the last
    before, after = applied(scan_opt.ScanSaveMem(), lambda x, w: [recurrent(x, w)[0].sum()])
    assert kept(before) == kept(after) == [[None]]


@pytest.fixture
def empty_pool():
    """What the pool has from calls before would not be counted."""
    loading.set_pool_limit(0)
    yield
    loading.set_pool_limit(loading.POOL_LIMIT)


def test_saved_memory_is_not_there(empty_pool):
    """A loop of 20,000 steps, of which one row is read, takes the memory of a few."""
    x, n = T.dvector("x"), T.iscalar("n")
    last = theano.scan(T.cos, outputs_info=x, n_steps=n)[0][-1]
    bytes_of = {}
    for mode in (FAST, FAST.excluding("scanOp_save_mem")):
        f = theano.function([x, n], last, mode=mode)
        f(np.zeros(100), 3)
        tracemalloc.start()
        try:
            f(np.zeros(100), 20_000)
            bytes_of[mode is FAST] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert bytes_of[True] < 100_000 and bytes_of[False] > 20_000 * 100 * 8


def test_sums_of_products():
    def sums(x, w):
        products, _ = theano.scan(lambda a, s: s + T.outer(a, a), sequences=x, outputs_info=T.zeros((3, 3)))
        return [products[-1]]

    before, after = applied(scan_opt.PushOutDot1(), sums)
    assert len(loops(before)) == 1 and "dot" in inside(before) and "dot" not in map(str, before)
    assert not loops(after) and list(map(str, after)).count("dot") == 1


def test_sums_of_products_in_gradients():
    def gradient(x, w):
        def step(a, s, w):
            return T.tanh(T.dot(s, w) + a)

        return [T.grad(theano.scan(step, sequences=x, outputs_info=T.ones(3), non_sequences=w)[0].sum(), w)]

    before, after = applied(scan_opt.PushOutDot1(), gradient)
    sums = [[s for op in loops(ops) for s in op.spec.states if s.keep == 1] for ops in (before, after)]
    assert len(sums[0]) == len(sums[1]) + 1  # the gradient of w is no state of the loop backwards
    assert "dot" not in map(str, before) and "dot" in map(str, after)


def test_products_that_no_step_reads():
    def hidden_and_shown(x, w):
        def step(a, s, w):
            s = T.tanh(s + a)
            return s, T.dot(s, w)

        return theano.scan(step, sequences=x, outputs_info=[T.zeros(3), None], non_sequences=w)[0]

    before, after = applied(scan_opt.PushOutScanOutput(), hidden_and_shown)
    assert "dot" in inside(before) and "dot" not in map(str, before)
    assert "dot" not in inside(after) and "dot" in map(str, after)
    before, after = applied(scan_opt.PushOutScanOutput(), recurrent)  # the next step reads it
    assert "dot" in inside(after) and "dot" not in map(str, after)


def test_names():
    assert scan_opt.has_duplicates("aba") and not scan_opt.has_duplicates("ab")
    assert scan_opt.optdb is theano.compile.optdb and scan_opt.Alloc is T.Alloc
    assert importlib.import_module("theano.scan.opt").ScanMerge is scan_opt.ScanMerge
