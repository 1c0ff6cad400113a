from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check
from theano import function, shared
from theano.ifelse import ifelse
from theano.tensor.checks.assertion import Assert, AssertEqual, assert_op, asserted_equal

x, y = T.dscalars("x", "y")
v = T.dvector("v")


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_conditions(mode):
    f = function([x, y], Assert("{x} > y > 0")(x * 2, x > y, y), mode=mode)
    assert f(3, 1) == 6
    for wrong in ((1, 1), (2, 0)):
        with pytest.raises(AssertionError, match="{x} > y > 0\nApply node that caused the error: Assert"):
            f(*wrong)
    assert f(3, 1) == 6


def test_derivatives_and_shapes():
    check(lambda a: Assert("")(a**2, T.all(a > -9)), np.arange(3.0))
    f = function([v], assert_op(v, T.all(v > 0)).shape)
    assert f([-1, 2]).tolist() == [2]  # its values are not needed


def test_constant_conditions():
    f = function([x], assert_op(x, 1, np.array(1), x > 0))
    assert [str(n.op) for n in f.maker.fgraph.toposort()][-1].startswith("Assert")
    assert function([x], assert_op(x, 1)).maker.fgraph.toposort() == []
    with pytest.raises(AssertionError, match="never"):
        function([], Assert("never")(T.constant(1.0), 0))()


def test_updates_are_not_made():
    s = shared(1.0)
    f = function([x], [], updates=[(s, Assert("small")(s + x, x < 10))])
    with pytest.raises(AssertionError, match="small"):
        f(10)
    assert s.get_value() == 1
    f(2)
    assert s.get_value() == 3


def test_in_branches_and_loops():
    f = function([x], ifelse(x > 0, Assert("one")(x, x < 5), -x))
    assert f(-9) == 9
    with pytest.raises(AssertionError, match="one"):
        f(9)
    out, _ = theano.scan(lambda a, s: Assert("grows")(a + s, a > s), sequences=v, outputs_info=0.0)
    g = function([v], out)
    assert g([1, 2, 4]).tolist() == [1, 3, 7]
    with pytest.raises(AssertionError, match="grows"):
        g([1, 2, 3])


def test_wrong_arguments():
    with pytest.raises(TypeError, match="0-d"):
        assert_op(x, v > 0)


def test_old_places():
    from theano.tensor.opt import Assert as old

    assert old is Assert and T.opt.assert_op is assert_op


def test_bincount():
    n = T.lvector()
    f = function([n], T.extra_ops.bincount(n, assert_nonneg=True))
    assert f([0, 2, 2]).tolist() == [1, 0, 2]
    with pytest.raises(AssertionError, match="negative values"):
        f([0, -1, 2])


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_the_class_of_the_error(mode):
    x = T.dscalar("x")
    checked = Assert("too {small}", ValueError)(x, x > 0)
    f = function([x], checked * 2, mode=mode)
    assert f(2) == 4
    with pytest.raises(ValueError, match="too {small}"):
        f(-1)
    assert checked.owner.op != Assert("too {small}") and str(checked.owner.op) == "Assert{msg='too {small}'}"


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("dtype", ["float64", "complex64", "int8", "bool"])
def test_two_integers_that_must_be_equal(mode, dtype):
    w, n = T.vector("w", dtype), T.bscalar("n")
    f = function([w, n], AssertEqual("{0} numbers, {1} wanted")(w, w.shape[0], n), mode=mode)
    for value in ([1, 0, 1], []):
        assert f(np.array(value, dtype), len(value)).tolist() == value
        with pytest.raises(ValueError, match=f"{len(value)} numbers, 7 wanted"):
            f(np.array(value, dtype), 7)
    assert f(np.array([1, 0, 1, 0], dtype)[::-2], 2).tolist() == [0, 0]


def test_equal_lengths_that_are_known():
    known = T.constant([1.0, 2.0])
    assert asserted_equal("{0} {1}", known, known.shape[0], 2) is known
    with pytest.raises(KeyError, match="2 and not 3"):
        asserted_equal("{0} and not {1}", known, known.shape[0], 3, KeyError)
    with pytest.raises(TypeError, match="two integers"):
        AssertEqual("{0} {1}")(x, 1.5, 2)
    checked = asserted_equal("{0} {1}", v, v.shape[0], 2)
    assert isinstance(checked.owner.op, AssertEqual)
    assert function([v], T.grad((checked**2).sum(), v))([1, 2]).tolist() == [2, 4]
    assert function([v], T.Rop(checked**2, v, v))([1, 2]).tolist() == [2, 8]
