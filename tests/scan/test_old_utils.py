"""Helpers of ``theano.scan_module.scan_utils`` on graphs."""

from __future__ import annotations

import numpy as np
import pytest
from theano.compile.function_module import alias_root
from theano.scan_module.scan_utils import forced_replace, hash_listsDictsTuples, infer_shape, reconstruct_graph

import theano
import theano.tensor as T


def test_forced_replace():
    a, b = T.dscalars("a", "b")
    f = forced_replace(T.exp(a + 1) * (a + 1), a + 1, b)
    assert theano.gof.graph.inputs([f]) == [b]
    assert float(f.eval({b: 2.0})) == pytest.approx(2 * np.exp(2.0)) and forced_replace(None, a, b) is None
    assert forced_replace(a * 2, a + 1, b).eval({a: 3.0}) == 6


def test_reconstruct_graph():
    x, s = T.dvector("x"), theano.shared(3.0)
    (new,), (out,) = reconstruct_graph([x], [x * s], "_copy")
    assert new.name == "x_copy" and new is not x and s in theano.gof.graph.inputs([out])
    assert out.eval({new: [1.0, 2.0]}).tolist() == [3, 6]


def test_infer_shape():
    x, v, n, m = T.dmatrix("x"), T.dvector("v"), T.lscalar("n"), T.lscalar("m")
    shapes = infer_shape([T.dot(x, v), T.concatenate([x, x]), x.T[1:], v], [x, v], [(n, m), (m,)])
    assert [len(s) for s in shapes] == [1, 2, 2, 1] and x not in theano.gof.graph.ancestors(shapes[1])
    found = theano.function([n, m], [k for s in shapes for k in s])(4, 5)
    assert [int(k) for k in found] == [4, 8, 5, 4, 4, 5]
    (unknown,) = infer_shape([T.nonzero(x)[0]], [x], [(n, m)])
    assert int(unknown[0].eval({x: [[0.0, 2.0]]})) == 1


def test_hashes():
    nested = [1, {"a": (2, [3])}, "b"]
    assert hash_listsDictsTuples(nested) == hash_listsDictsTuples([1, {"a": (2, [3])}, "b"])
    assert hash_listsDictsTuples(nested) != hash_listsDictsTuples([1, {"a": (2, [4])}, "b"])


def test_roots_of_memory():
    x = T.dmatrix("x")
    assert alias_root(x.T[1:].reshape((2, 3))) is x
    y = T.exp(x)
    assert alias_root(y.T) is y and theano.compile.alias_root is alias_root
