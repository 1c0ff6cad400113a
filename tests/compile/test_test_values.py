"""Programs under flag ``compute_test_value``: values of all nodes, errors at the line that is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.scan_module import until
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.gradient import hessian, jacobian, verify_grad
from theano.ifelse import ifelse

RNG = np.random.RandomState(0)


@pytest.fixture(autouse=True)
def raising():
    with theano.config.change_flags(compute_test_value="raise"):
        yield


def variable(constructor, value):
    made = constructor()
    made.tag.test_value = value
    return made


@pytest.fixture
def x():
    return variable(T.dmatrix, RNG.randn(4, 3))


@pytest.fixture
def v():
    return variable(T.dvector, RNG.randn(3))


def agrees(inputs, expression, **options):
    """The test value is what a function computes."""
    f = theano.function(inputs, expression, **options)
    np.testing.assert_allclose(f(*(i.tag.test_value for i in inputs)), expression.tag.test_value)


def test_loops(x):
    W = theano.shared(RNG.randn(3, 3), "W")
    h, _ = theano.scan(lambda r, p: T.tanh(T.dot(p, W) + r), sequences=x, outputs_info=T.zeros((3,)))
    g = T.grad((h**2).sum(), W)
    for expression in (h, g, T.grad((g**2).sum(), x), T.Rop(h, W, W * 2)):
        agrees([x], expression)
    agrees([x], g, mode="FAST_COMPILE")
    agrees([x], T.grad(h[-1].sum(), W), mode="DebugMode")


def test_loops_in_loops(x):
    def total(row):
        return theano.reduce(lambda a, s: s + a**2, row, T.constant(np.zeros(())))[0]

    out, _ = theano.scan(total, sequences=x)
    agrees([x], out)
    agrees([x], T.grad(out.sum(), x))


def test_loops_of_other_kinds(v):
    powers, _ = theano.scan(lambda p: (p * 2, until(p > 5)), outputs_info=T.constant(np.ones(())), n_steps=10)
    assert powers.tag.test_value.tolist() == [2, 4, 8, 16]
    kept, _ = theano.scan_checkpoints(
        lambda a, s: T.tanh(s + a), [T.tile(v, 5)], [T.constant(np.zeros(()))], save_every_N=4
    )
    agrees([v], T.grad(kept[-1], v))


def test_derivatives(x, v):
    agrees([x], jacobian((x**2).sum(axis=1), x))
    agrees([v], hessian((v**3).sum() * v[0], v))


def test_branches(x):
    y = ifelse(x.sum() > 0, x, x * 2)
    agrees([x], T.grad(y.sum(), x))


def test_random_streams():
    for streams in (RandomStreams(1), MRG_RandomStreams(1)):
        assert (streams.normal((2, 3)) + 1).tag.test_value.shape == (2, 3)
    streams = RandomStreams(1)
    walk, updates = theano.scan(lambda p: p + streams.normal((3,)), outputs_info=T.zeros(3), n_steps=4)
    assert walk.tag.test_value.shape == (4, 3)
    assert theano.function([], walk, updates=updates)().shape == (4, 3)


def test_ops_of_graphs(x):
    double = theano.OpFromGraph([x], [x * 2])
    agrees([x], T.grad((double(x) ** 2).sum(), x))
    agrees([x], T.Rop(double(x), x, x))


def test_networks(x):
    labels = variable(T.ivector, np.array([0, 1, 2, 0], "int32"))
    W = theano.shared(RNG.randn(3, 3), "W")
    cost = T.nnet.categorical_crossentropy(T.nnet.softmax(T.dot(x, W)), labels).mean()
    agrees([x, labels], cost)
    train = theano.function([x, labels], cost, updates=[(W, W - T.grad(cost, W))])
    train(x.tag.test_value, labels.tag.test_value)


def test_replaced(x):
    y = x * 2
    other = variable(T.dmatrix, np.ones((2, 2)))
    replaced = theano.clone(y, replace={x: other})
    assert replaced.tag.test_value.tolist() == [[2, 2], [2, 2]]
    assert y.tag.test_value.shape == (4, 3)
    new = T.dmatrix("new")  # has none: no error, as in Theano, and what PyMC3 builds on the copy has one
    without = theano.clone(y, replace={x: new})
    assert (without - y).tag.test_value.tolist() == np.zeros((4, 3)).tolist() and not hasattr(new.tag, "test_value")
    with pytest.raises(theano.graph.errors.TestValueError, match="missing default value"):
        new + 1
    with theano.config.change_flags(compute_test_value="off"):
        replaced = theano.clone(y, replace={x: other})
    assert not hasattr(replaced.tag, "test_value")


def test_errors_come_at_once(x):
    with pytest.raises(ValueError, match="not aligned|mismatch"):
        T.dot(x, x)
    with pytest.raises(theano.graph.errors.TestValueError, match="missing default value"):
        T.exp(T.dscalar("unknown"))
    verify_grad(T.tanh, [RNG.randn(3)], rng=np.random.RandomState(0))


def test_warnings_name_the_users_line():
    with theano.config.change_flags(compute_test_value="warn"), pytest.warns(UserWarning) as caught:
        T.exp(T.dscalar("unknown")) + 1
    assert all(w.filename == __file__ for w in caught)


def test_lengths_that_cannot_be_computed():
    """Rewriting does without: it once took those of the very variable that it replaced."""
    n, v = T.lscalar("n"), variable(T.dscalar, 1.0)
    with theano.config.change_flags(compute_test_value="off"):
        part = T.zeros((n, n))[1 : n - 1]
    part.tag.test_value = np.zeros((2, 4))
    with theano.config.change_flags(compute_test_value_opt="raise", on_opt_error="raise"):
        f = theano.function([n, v], part + v)
    np.testing.assert_array_equal(f(4, 2.0), np.full((2, 4), 2.0))
