"""Collections and small modules of ``theano.misc``."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from theano.misc.doubleop import DoubleOp
from theano.misc.frozendict import frozendict
from theano.misc.may_share_memory import may_share_memory
from theano.misc.ordered_set import OrderedSet
from theano.tests import unittest_tools as utt

import theano
import theano.tensor as T


def test_ordered_sets():
    s = OrderedSet([3, 1, 3, 2])
    assert list(s) == [3, 1, 2] and list(reversed(s)) == [2, 1, 3] and len(s) == 3 and 1 in s and 7 not in s
    s.add(1)
    s.discard(9)
    assert s == OrderedSet([3, 1, 2]) != OrderedSet([1, 2, 3]) and s == {1, 2, 3}
    assert list(s.union([0, 1])) == [3, 1, 2, 0] and list(s | {5}) == [3, 1, 2, 5]
    assert s.pop() == 2 and s.pop(last=False) == 3 and s.pop() == 1
    with pytest.raises(KeyError):
        s.pop()
    s.update("ab")
    copied = s.copy()
    assert list(s.difference_update("a")) == ["b"] and list(copied) == ["a", "b"]
    with pytest.raises(TypeError, match="is compared with a set"):
        s == ["b"]  # noqa: B015
    assert repr(OrderedSet()) == "OrderedSet()" and pickle.loads(pickle.dumps(copied)) == copied
    assert theano.gof.graph.OrderedSet is OrderedSet


def test_frozen_dicts():
    d = frozendict({"a": 1}, b=2)
    assert d == {"a": 1, "b": 2} and hash(d) == hash(frozendict(b=2, a=1)) and {d: 1}[frozendict(a=1, b=2)] == 1
    assert d.copy(a=3) == {"a": 3, "b": 2} and d["a"] == 1 and len(d) == 2 and list(d) == ["a", "b"]
    with pytest.raises(TypeError):
        d["a"] = 2


def test_shared_memory():
    a, r = np.zeros((2, 3)), np.random.RandomState(1)
    c = sp.csr_matrix(np.eye(2))
    assert may_share_memory(a, a[0]) and not may_share_memory(a, a.copy())
    assert may_share_memory(c, c) and not may_share_memory(c, c.copy()) and not may_share_memory(c, a)
    assert may_share_memory(r, r) and not may_share_memory(r, np.random.RandomState(1)) and not may_share_memory(a, r)
    with pytest.raises(TypeError, match="arrays, sparse matrices or random states"):
        may_share_memory(a, 3)
    assert may_share_memory(a, 3, raise_other_type=False) is False


def test_the_op_of_the_page():
    x = T.dmatrix("x")
    a = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(theano.function([x], DoubleOp()(x))(a), 2 * a)
    utt.verify_grad(DoubleOp(), [a])
    assert T.Rop(DoubleOp()(x), x, x * 3).eval({x: a}).tolist() == (6 * a).tolist()


def test_digests_of_arrays():
    digest = T.utils.hash_from_ndarray
    a = np.arange(4.0)
    others = (a.reshape(2, 2), a.astype("f4"), a + 1, a[::-1])
    assert digest(a) == digest(a.copy()) and len({digest(a), *map(digest, others)}) == 5
