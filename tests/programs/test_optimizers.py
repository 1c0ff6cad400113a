"""Rules of gradient descent, as functions from a loss and parameters to a dictionary of updates."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

import theano
import theano.tensor as T

START = [1.0, -2.0, 3.0]


def like(param):
    return theano.shared(param.get_value() * 0, broadcastable=param.broadcastable)


def sgd(loss, params, learning_rate=0.05):
    return OrderedDict((p, p - learning_rate * g) for p, g in zip(params, T.grad(loss, params)))


def nesterov(loss, params, momentum=0.9):
    updates = sgd(loss, params)
    for p in params:
        velocity = like(p)
        x = momentum * velocity + updates[p] - p
        updates[velocity] = x
        updates[p] = momentum * x + updates[p]
    return updates


def adagrad(loss, params, learning_rate=0.5, epsilon=1e-6):
    updates = OrderedDict()
    for p, g in zip(params, T.grad(loss, params)):
        accu = like(p)
        accu_new = accu + g**2
        updates[accu] = accu_new
        updates[p] = p - (learning_rate * g / T.sqrt(accu_new + epsilon))
    return updates


def rmsprop(loss, params, learning_rate=0.01, rho=0.9, epsilon=1e-6):
    one = T.constant(1)
    updates = OrderedDict()
    for p, g in zip(params, T.grad(loss, params)):
        accu = like(p)
        accu_new = rho * accu + (one - rho) * g**2
        updates[accu] = accu_new
        updates[p] = p - (learning_rate * g / T.sqrt(accu_new + epsilon))
    return updates


def adadelta(loss, params, learning_rate=1.0, rho=0.95, epsilon=1e-6):
    one = T.constant(1)
    updates = OrderedDict()
    for p, g in zip(params, T.grad(loss, params)):
        accu, delta_accu = like(p), like(p)
        accu_new = rho * accu + (one - rho) * g**2
        update = g * T.sqrt(delta_accu + epsilon) / T.sqrt(accu_new + epsilon)
        updates[accu] = accu_new
        updates[p] = p - learning_rate * update
        updates[delta_accu] = rho * delta_accu + (one - rho) * update**2
    return updates


def adam(loss, params, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t_prev = theano.shared(np.asarray(0, dtype=theano.config.floatX))
    one = T.constant(1)
    t = t_prev + 1
    a_t = learning_rate * T.sqrt(one - beta2**t) / (one - beta1**t)
    updates = OrderedDict()
    for p, g in zip(params, T.grad(loss, params)):
        m_prev, v_prev = like(p), like(p)
        m_t = beta1 * m_prev + (one - beta1) * g
        v_t = beta2 * v_prev + (one - beta2) * g**2
        updates[m_prev], updates[v_prev] = m_t, v_t
        updates[p] = p - a_t * m_t / (T.sqrt(v_t) + epsilon)
    updates[t_prev] = t
    return updates


def slope(w):
    return 2 * (w - 0.5) + 0.1 * np.sign(w)


def numpy_sgd(w, t, s):
    return w - 0.05 * slope(w)


def numpy_nesterov(w, t, s):
    s["v"] = 0.9 * s["v"] - 0.05 * slope(w)
    return w + 0.9 * s["v"] - 0.05 * slope(w)


def numpy_adagrad(w, t, s):
    s["a"] = s["a"] + slope(w) ** 2
    return w - 0.5 * slope(w) / np.sqrt(s["a"] + 1e-6)


def numpy_rmsprop(w, t, s):
    s["a"] = 0.9 * s["a"] + 0.1 * slope(w) ** 2
    return w - 0.01 * slope(w) / np.sqrt(s["a"] + 1e-6)


def numpy_adadelta(w, t, s):
    s["a"] = 0.95 * s["a"] + 0.05 * slope(w) ** 2
    step = slope(w) * np.sqrt(s["d"] + 1e-6) / np.sqrt(s["a"] + 1e-6)
    s["d"] = 0.95 * s["d"] + 0.05 * step**2
    return w - step


def numpy_adam(w, t, s):
    s["m"] = 0.9 * s["m"] + 0.1 * slope(w)
    s["v"] = 0.999 * s["v"] + 0.001 * slope(w) ** 2
    return w - 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * s["m"] / (np.sqrt(s["v"]) + 1e-8)


RULES = {
    "sgd": (sgd, numpy_sgd),
    "nesterov": (nesterov, numpy_nesterov),
    "adagrad": (adagrad, numpy_adagrad),
    "rmsprop": (rmsprop, numpy_rmsprop),
    "adadelta": (adadelta, numpy_adadelta),
    "adam": (adam, numpy_adam),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_rule(rule, floatX):
    symbolic, numeric = RULES[rule]
    with theano.config.change_flags(floatX=floatX):
        w = theano.shared(np.array(START, dtype=floatX), "w")
        loss = ((w - np.full(3, 0.5, floatX)) ** 2).sum() + 0.1 * abs(w).sum()
        f = theano.function([], loss, updates=symbolic(loss, [w]))
    values, state = np.array(START), dict.fromkeys("vadm", 0.0)
    losses = []
    for t in range(1, 60):
        losses.append(f())
        values = numeric(values, t, state)
    assert losses[-1] < losses[0] and losses[0].dtype == floatX
    assert w.get_value().dtype == floatX
    np.testing.assert_allclose(w.get_value(), values, rtol=1e-9 if floatX == "float64" else 1e-4)


@pytest.mark.parametrize("floatX", ["float64", "float32"])
def test_clipped_norm(floatX):
    with theano.config.change_flags(floatX=floatX):
        params = [theano.shared(np.array(START, dtype=floatX) * k) for k in (1, 2)]
        grads = T.grad(sum((p**2).sum() for p in params), params)
        norm = T.sqrt(T.sum([T.sum(g**2) for g in grads]))
        clipped = [T.switch(T.ge(norm, 1.0), g / norm, g) for g in grads]
        target = T.clip(norm, 0, 5.0)
        scaled = [g * (target / (1e-7 + norm)) for g in grads]
        values = theano.function([], [norm, *clipped, *scaled])()
    flat = np.concatenate([2 * np.array(START), 4 * np.array(START)])
    length = np.sqrt((flat**2).sum())
    np.testing.assert_allclose(values[0], length, rtol=1e-6)
    np.testing.assert_allclose(np.concatenate(values[1:3]), flat / length, rtol=1e-6)
    np.testing.assert_allclose(np.concatenate(values[3:]), 5 * flat / length, rtol=1e-6)
    assert all(v.dtype == floatX for v in values[1:])
