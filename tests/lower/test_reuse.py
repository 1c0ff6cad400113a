"""Results that go where an operand was: only where nobody reads what is overwritten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import host as hs
from theano.loops import stmt as st

RNG = np.random.default_rng(4)
A, B = RNG.normal(size=(9, 9)), RNG.normal(size=(9, 9))


def places(f: Any) -> int:
    """How many places the temporaries of a function have in the workspace."""
    carved = [s for s in st.walk(f.executor.lowered.program.main) if isinstance(s, hs.Carve)]
    return len({s.offset for s in carved})


def agrees(inputs: list[Any], outputs: Any, *values: Any) -> Any:
    f = theano.function(inputs, outputs)
    g = theano.function(inputs, outputs, mode="FAST_COMPILE")
    for got, wanted in zip(f(*values), g(*values), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
    return f


def test_point_by_point() -> None:
    x, w = T.dmatrix("x"), T.dmatrix("w")
    made = T.nnet.relu(T.dot(x, w) + 1)
    assert places(agrees([x, w], [T.dot(made, w)], A, B)) == 1
    both = T.exp(T.dot(x, w)), T.dot(x, w) * 3  # one of two results has the place
    assert places(agrees([x, w], [T.dot(both[0], w), T.dot(both[1], w)], A, B)) == 2


def test_in_another_shape() -> None:
    """A softmax of the rows of a stack is where the stack was, which has more axes."""
    x, w = T.dtensor3("x"), T.dtensor3("w")
    values = [A.reshape(3, 3, 9), B.reshape(3, 9, 3)]
    made = T.batched_dot(x, w)
    rows = made.reshape((-1, made.shape[2]))
    assert places(agrees([x, w], [T.batched_dot(T.exp(rows).reshape(made.shape), w.transpose(0, 2, 1))], *values)) == 1
    turned = made.transpose(0, 2, 1).reshape((-1, made.shape[1]))  # it is elsewhere
    agrees([x, w], [T.batched_dot((turned + rows).reshape(made.shape), w.transpose(0, 2, 1))], *values)
    parts = made[:, :2].reshape((-1, made.shape[2]))
    agrees([x, w], [T.dot(T.exp(parts), w[0].T)], *values)


def test_rows_that_are_swept_several_times() -> None:
    x, w = T.dmatrix("x"), T.dmatrix("w")
    softmax = agrees([x, w], [T.dot(T.nnet.softmax(T.dot(x, w)), w)], A, B)
    assert places(softmax) == 2  # and one row of numbers on the way
    made = T.dot(x, w)
    normal = (made - made.mean(axis=1, keepdims=True)) / made.std(axis=1, keepdims=True)
    assert places(agrees([x, w], [T.dot(normal, w)], A, B)) == 1


def test_classes_of_a_large_vocabulary() -> None:
    """Scores, and in their place what goes back: one array of rows and classes."""
    x, w, b, y = T.dmatrix("x"), theano.shared(B, "w"), theano.shared(B[0], "b"), T.lvector("y")
    cost = -T.log(T.nnet.softmax(T.dot(x, w) + b))[T.arange(y.shape[0]), y]
    f = agrees([x, y], [cost, *T.grad(cost.sum(), [x, w, b])], A, np.arange(9) % 4)
    rows = [theano.printing.memory_plan(f, np.zeros((n, 9)), np.zeros(n, "int64")).workspace for n in (1000, 2000)]
    assert rows[1] - rows[0] < 1.2 * 1000 * 9 * 8


@pytest.mark.parametrize(
    "make",
    [
        lambda s, w: [T.dot(T.exp(s), w) + s],  # it is read later
        lambda s, w: [T.dot(s + s.T, w)],  # elsewhere
        lambda s, w: [T.dot(s - s[::-1], w)],
        lambda s, w: [T.dot(s + s[:, 0].dimshuffle(0, 'x'), w)],
        lambda s, w: [T.dot(T.exp(s[0]) + s, w)],
        lambda s, w: [T.dot(s[T.arange(9), T.arange(9)[::-1]] * s, w)],
        lambda s, w: [T.dot(T.nnet.softmax(s), w), -T.log(T.nnet.softmax(s))[T.arange(9), [3] * 9]],
        lambda s, w: [T.dot(s / s.sum(axis=0), w)],
        lambda s, w: [T.dot(s / s.sum(axis=0), w), s.max(axis=1)],
        lambda s, w: [T.dot(T.cumsum(s, axis=0), w), T.dot(T.cumsum(s, axis=1), w)],
        lambda s, w: [T.dot(T.set_subtensor(s[2], 1), w)],
        lambda s, w: [T.dot(s.astype("float32"), w)],
        lambda s, w: [T.dot((s * T.dot(s, w)).sum(axis=1, keepdims=True) + s, w)],
        lambda s, w: [T.switch(T.gt(s.sum(), 0), T.dot(T.exp(s), w), T.dot(T.sin(s), w))],
        lambda s, w: [theano.ifelse.ifelse(T.gt(s.sum(), 0), T.dot(T.exp(s), w), T.dot(T.sin(s) + s, w))],
        lambda s, w: [theano.scan(lambda h: T.tanh(T.dot(T.exp(-h * h), w)), outputs_info=[s], n_steps=3)[0]],
        lambda s, w: [T.signal.pool.pool_2d(T.nnet.relu(s), (2, 2), True, (1, 1)), T.dot(T.nnet.relu(s), w)],
    ],
)  # fmt: skip
def test_what_others_need_stays(make: Any) -> None:
    x, w = T.dmatrix("x"), T.dmatrix("w")
    outputs = make(T.dot(x, w), w)
    agrees([x, w], outputs, A, B)
    agrees([x, w], [*outputs, *T.grad(sum((v * v).sum() for v in outputs), [x, w])], A, B)


def test_updates_see_the_old_values() -> None:
    w = theano.shared(B.copy(), "w")
    x = T.dmatrix("x")
    made = T.dot(x, w)
    f = theano.function([x], T.dot(T.exp(made), w), updates=[(w, w + T.exp(made))])
    wanted = np.exp(A @ B)
    np.testing.assert_allclose(f(A), wanted @ B)
    np.testing.assert_allclose(w.get_value(), B + wanted)
