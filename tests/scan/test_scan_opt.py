"""Rewrites of loops by the names of ``theano.scan_module.scan_opt``."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from theano.scan_module import scan_opt
from theano.scan_module.scan_op import Scan

import theano
import theano.tensor as T

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


@pytest.mark.parametrize(
    ("cls", "gone"), [(scan_opt.PushOutNonSeqScan, "sin"), (scan_opt.PushOutSeqScan, "exp")]
)
def test_what_leaves_a_loop(cls, gone):
    before, after = applied(cls(), recurrent)
    if gone == "exp":  # what is the same in all steps leaves a loop when it is made
        assert any(gone in text for text in inside(before))
    assert not any(gone in text for text in inside(after))
    assert any(gone in str(op) for op in after)


def test_merging():
    def two(x, w):
        return [theano.scan(lambda a, s, k=k: s * k + a, sequences=x, outputs_info=T.zeros(3))[0] for k in (2, 3)]

    before, after = applied(scan_opt.ScanMerge(), two)
    assert len(loops(before)) == 2 and len(loops(after)) == 1


def test_saving_memory():
    before, after = applied(scan_opt.ScanSaveMem(), lambda x, w: [recurrent(x, w)[0][-1]])
    assert len(loops(before)) == len(loops(after)) == 1 and before != after


def test_outputs_and_products():
    def sums(x, w):
        products, _ = theano.scan(lambda a, s: s + T.outer(a, a), sequences=x, outputs_info=T.zeros((3, 3)))
        return [products[-1]]

    _, after = applied(scan_opt.PushOutDot1(), sums)
    assert isinstance(after, list)
    _, after = applied(scan_opt.PushOutScanOutput(), recurrent)
    assert isinstance(after, list)


def test_names():
    assert scan_opt.has_duplicates("aba") and not scan_opt.has_duplicates("ab")
    assert scan_opt.optdb is theano.compile.optdb and scan_opt.Alloc is T.Alloc
    assert importlib.import_module("theano.scan.opt").ScanMerge is scan_opt.ScanMerge
