"""Values that a later loop makes again instead of reading them from memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T

X = np.random.default_rng(3).normal(size=(60, 50))


def workspace(f: Any, *args: Any) -> int:
    return theano.printing.memory_plan(f, *args).workspace


def between(x: Any) -> Any:
    """Two loops that can't be one, as they sum over different axes."""
    return [x.sum(axis=0), (x * 2).sum(axis=1)]


CHEAP = {
    "centred": lambda x, y: x - y.mean(axis=0),
    "sign of a scaled number": lambda x, y: T.sgn((x - x.mean(axis=0)) * y[0] + y[1]),
    "of two matrices": lambda x, y: x * y - 1,
}
DEAR = {
    "exponential": lambda x, y: T.exp(x) + y,
    "of a sum as large": lambda x, y: T.dot(x, y.T.dot(y)) / 3,
    "of a value looked up": lambda x, y: x[T.arange(59, -1, -1)] + y,
}


@pytest.mark.parametrize("name", [*CHEAP, *DEAR])
def test_what_is_cheap_is_made_again(name: str) -> None:
    x, y = T.dmatrix("x"), T.dmatrix("y")
    made = (CHEAP | DEAR)[name](x, y)
    f = theano.function([x, y], between(made))
    g = theano.function([x, y], between(made), mode="FAST_COMPILE")
    for value in (X, X[:2], X[:1], X[:, :0], X[::-1, ::-1]):
        if name != "of a value looked up" or len(value) == 60:
            other = np.concatenate([value, value]) + 1 if name == "sign of a scaled number" else value + 1
            for ours, expected in zip(f(value, other), g(value, other), strict=True):
                np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)
    stored = workspace(f, X, X) >= X.nbytes
    assert stored == (name in DEAR)


def test_a_value_for_a_larger_space_is_made_once() -> None:
    """Made again there, it would be so for each element of the other axis."""
    x, z = T.dmatrix("x"), T.dtensor3("z")
    made = x * 3 + 1
    f = theano.function([x, z], [made.sum(axis=0), (made[:, :, None] * z).sum(axis=0), T.exp(made).sum(axis=1)])
    z_value = np.random.default_rng(1).normal(size=(60, 50, 4))
    value = X * 3 + 1
    for ours, expected in zip(
        f(X, z_value), [value.sum(0), (value[:, :, None] * z_value).sum(0), np.exp(value).sum(1)], strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_parameters_are_read_before_they_are_updated() -> None:
    x, w = T.dmatrix("x"), theano.shared(np.linspace(-1, 1, 50), "w")
    made = x * w + 1
    f = theano.function([x], between(made), updates=[(w, w * 2 + made.sum(axis=0))])
    before = w.get_value()
    first, second = f(X)
    value = X * before + 1
    np.testing.assert_allclose(first, value.sum(0), rtol=1e-12)
    np.testing.assert_allclose(second, 2 * value.sum(1), rtol=1e-12)
    np.testing.assert_allclose(w.get_value(), 2 * before + value.sum(0), rtol=1e-12)


def test_a_normalised_layer_keeps_no_signs() -> None:
    """Of an activation's argument the gradient needs the sign, which follows from what it needs anyway."""
    x, w = T.ftensor4("x"), theano.shared(np.ones((4, 3, 3, 3), "float32"))
    scale, shift = theano.shared(np.ones(4, "float32")), theano.shared(np.zeros(4, "float32"))
    y = T.nnet.conv2d(x, w)
    normal, _, _ = T.nnet.bn.batch_normalization_train(y, scale, shift, axes="spatial")
    cost = (T.nnet.relu(normal) ** 2 * 0.5).sum()
    parameters = [w, scale, shift]
    updates = [(p, p - np.float32(0.1) * g) for p, g in zip(parameters, T.grad(cost, parameters), strict=True)]
    f = theano.function([x], cost, updates=updates)
    assert sum("sgn" in line and "writes" in line for line in str(theano.printing.schedule(f)).splitlines()) == 0
    signs = [line for line in str(theano.printing.schedule(f)).split("\nloop ") if "Elemwise{sgn}" in line]
    assert len(signs) == 1 and "Sum" in signs[0]


def test_new_values_of_shared_variables_stay() -> None:
    """They are in memory at the end, whether or not anybody reads them from there."""
    p, q = theano.shared(np.zeros_like(X), "p"), T.dmatrix("q")
    m = np.eye(50)
    for u, dot in ((q * 0.9, T.dot(T.tanh(q), m)), (p * 0.9 + 1, T.dot(T.tanh(p), m))):
        p.set_value(X * 2)
        f = theano.function([q], (T.nnet.relu(u) * dot).sum(axis=0), updates=[(p, u)], on_unused_input="ignore")
        base = X if u.owner.inputs[0] is q else X * 2
        new = X * 0.9 if base is X else X * 1.8 + 1
        np.testing.assert_allclose(f(X), (np.maximum(new, 0) * np.tanh(base)).sum(0), rtol=1e-12)
        np.testing.assert_allclose(p.get_value(), new, rtol=1e-12)
    a, b = theano.shared(X, "a"), theano.shared(X + 1, "b")
    u = b * 2
    f = theano.function([], (T.nnet.relu(u) * T.dot(T.tanh(a), m)).sum(axis=0), updates=[(a, u), (b, a)])
    np.testing.assert_allclose(f(), (np.maximum(2 * X + 2, 0) * np.tanh(X)).sum(0), rtol=1e-12)
    np.testing.assert_allclose(a.get_value(), 2 * X + 2)
    np.testing.assert_allclose(b.get_value(), X)


def test_what_a_call_back_may_have_changed_is_not_read_again() -> None:
    held = theano.shared(X.copy())

    @theano.compile.ops.as_op(itypes=[T.dmatrix], otypes=[T.dmatrix])
    def overwrite(a: Any) -> Any:
        held.get_value(borrow=True)[...] = 5
        return a * 2

    y = T.nnet.relu(held * 0.9 + 1)
    f = theano.function([], [(y * overwrite(T.tanh(held))).sum(axis=0), (y * 1.0).sum(axis=1)])
    value = np.maximum(X * 0.9 + 1, 0)
    first, second = f()
    np.testing.assert_allclose(first, (value * 2 * np.tanh(X)).sum(0), rtol=1e-12)
    np.testing.assert_allclose(second, value.sum(1), rtol=1e-12)
