"""Recursions over time: encoder and decoder with attention, labels in the log domain, a Kalman filter."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T
from tests.programs.numeric import sigmoid, slope, softmax

RNG = np.random.RandomState(3)


def test_attention():
    """Gated recurrent units encode; each step of the decoder looks at all of them through a softmax."""
    n_in, n_out, rows, dim = 6, 5, 3, 4
    shapes = dict.fromkeys(["Wz", "Uz", "Wr", "Ur", "Wh", "Uh", "Wa", "Ud"], (dim, dim))
    shapes |= {"va": (dim,), "Wd": (2 * dim, dim)}
    values = {name: RNG.randn(*shape) * 0.3 for name, shape in shapes.items()}
    P = {name: theano.shared(value, name) for name, value in values.items()}
    x, y = T.dtensor3("x"), T.dtensor3("y")

    def encode(xt, h):
        z = T.nnet.sigmoid(T.dot(xt, P["Wz"]) + T.dot(h, P["Uz"]))
        r = T.nnet.sigmoid(T.dot(xt, P["Wr"]) + T.dot(h, P["Ur"]))
        return (1 - z) * h + z * T.tanh(T.dot(xt, P["Wh"]) + T.dot(r * h, P["Uh"]))

    def decode(yt, s, encoded):
        scores = T.dot(T.tanh(T.dot(encoded, P["Wa"]) + s[None, :, :]), P["va"])
        alphas = T.nnet.softmax(scores.T).T
        context = (alphas[:, :, None] * encoded).sum(axis=0)
        return T.tanh(T.dot(T.concatenate([context, yt], axis=1), P["Wd"]) + T.dot(s, P["Ud"])), alphas

    encoded, _ = theano.scan(encode, sequences=x, outputs_info=T.zeros_like(x[0]))
    (states, alphas), _ = theano.scan(decode, sequences=y, outputs_info=[encoded[-1], None], non_sequences=encoded)
    cost = (states**2).sum()
    f = theano.function([x, y], [cost, alphas, *T.grad(cost, list(P.values()))])

    def by_numpy(p, xs, ys):
        h, hs = np.zeros((rows, dim)), []
        for xt in xs:
            z, r = sigmoid(xt @ p["Wz"] + h @ p["Uz"]), sigmoid(xt @ p["Wr"] + h @ p["Ur"])
            h = (1 - z) * h + z * np.tanh(xt @ p["Wh"] + (r * h) @ p["Uh"])
            hs.append(h)
        hs, s, total = np.array(hs), h, 0.0
        for yt in ys:
            weights = softmax((np.tanh(hs @ p["Wa"] + s) @ p["va"]).T).T
            context = (weights[:, :, None] * hs).sum(axis=0)
            s = np.tanh(np.concatenate([context, yt], axis=1) @ p["Wd"] + s @ p["Ud"])
            total += (s**2).sum()
        return total

    xs, ys = RNG.randn(n_in, rows, dim), RNG.randn(n_out, rows, dim)
    found, weights, *grads = f(xs, ys)
    np.testing.assert_allclose(found, by_numpy(values, xs, ys))
    np.testing.assert_allclose(weights.sum(axis=1), np.ones((n_out, rows)))
    for name, g in zip(P, grads):
        direction = RNG.randn(*g.shape)
        numeric = slope(lambda v, name=name: by_numpy(values | {name: v}, xs, ys), values[name], direction)
        np.testing.assert_allclose((g * direction).sum(), numeric, rtol=1e-5, err_msg=name)


def test_paths_in_the_log_domain():
    """The probability of a sequence of labels, each of which lasts one or more steps (as in CTC)."""
    log_p, labels = T.dmatrix("log_p"), T.ivector("labels")
    minus_infinity = -1e30

    def log_add(a, b):
        top = T.maximum(a, b)
        return top + T.log(T.exp(a - top) + T.exp(b - top))

    def step(p, alpha):
        moved = T.concatenate([T.zeros((1,)) + minus_infinity, alpha[:-1]])
        return log_add(alpha, moved) + p[labels]

    start = T.set_subtensor((T.zeros_like(labels) * 1.0 + minus_infinity)[0], log_p[0][labels[0]])
    alphas, _ = theano.scan(step, sequences=log_p[1:], outputs_info=start)
    cost = -alphas[-1, -1]
    f = theano.function([log_p, labels], [cost, T.grad(cost, log_p)])

    wanted = np.array([0, 1, 2, 1, 3], "int32")

    def by_numpy(values):
        alpha = np.full(len(wanted), -np.inf)
        alpha[0] = values[0, wanted[0]]
        for row in values[1:]:
            alpha = np.logaddexp(alpha, np.concatenate([[-np.inf], alpha[:-1]])) + row[wanted]
        return -alpha[-1]

    values = np.log(RNG.dirichlet(np.ones(4), 8))
    found, g = f(values, wanted)
    np.testing.assert_allclose(found, by_numpy(values))
    direction = RNG.randn(*values.shape)
    np.testing.assert_allclose((g * direction).sum(), slope(by_numpy, values, direction), rtol=1e-6)


def test_kalman_filter():
    """The likelihood of observations, and its gradient to the transition matrix, through `nlinalg` in a loop."""
    n, m = 3, 2
    F, H = 0.3 * RNG.randn(n, n), RNG.randn(m, n)
    Q, R = 0.1 * np.eye(n), 0.2 * np.eye(m)
    transition, ys = theano.shared(F, "F"), T.dmatrix("ys")

    def step(y, mean, cov):
        predicted = T.dot(transition, mean)
        spread = transition.dot(cov).dot(transition.T) + Q
        residual = y - T.dot(H, predicted)
        S = T.dot(H, spread).dot(H.T) + R
        K = T.dot(T.dot(spread, H.T), T.nlinalg.matrix_inverse(S))
        fit = T.dot(residual, T.slinalg.solve(S, residual))
        log_p = -0.5 * (T.log(T.nlinalg.det(S)) + fit + m * np.log(2 * np.pi))
        return predicted + T.dot(K, residual), spread - T.dot(T.dot(K, H), spread), log_p

    (_, _, log_ps), _ = theano.scan(step, sequences=ys, outputs_info=[T.zeros((n,)), T.eye(n), None])
    total = log_ps.sum()
    f = theano.function([ys], [total, T.grad(total, transition)])
    rows = RNG.randn(20, m)

    def by_numpy(F):
        mean, cov, total = np.zeros(n), np.eye(n), 0.0
        for y in rows:
            mean, cov = F @ mean, F @ cov @ F.T + Q
            residual, S = y - H @ mean, H @ cov @ H.T + R
            K = cov @ H.T @ np.linalg.inv(S)
            fit = residual @ np.linalg.solve(S, residual)
            total -= 0.5 * (np.log(np.linalg.det(S)) + fit + m * np.log(2 * np.pi))
            mean, cov = mean + K @ residual, cov - K @ H @ cov
        return total

    found, g = f(rows)
    np.testing.assert_allclose(found, by_numpy(F))
    direction = RNG.randn(n, n)
    np.testing.assert_allclose((g * direction).sum(), slope(by_numpy, F, direction), rtol=1e-6)
