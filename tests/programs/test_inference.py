"""Statistics: Newton's method, Gaussian processes, hybrid Monte Carlo."""

from __future__ import annotations

import numpy as np
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from tests.programs.numeric import sigmoid

RNG = np.random.RandomState(4)


def test_newtons_method():
    """Logistic regression in a few steps, each with the Hessian of the whole cost."""
    X = RNG.randn(80, 4)
    labels = (X @ [1, -1, 0.5, 2] + RNG.randn(80) > 0) * 1.0
    x, y, w = T.dmatrix("x"), T.dvector("y"), T.dvector("w")
    p = 1 / (1 + T.exp(-T.dot(x, w)))
    cost = -(y * T.log(p) + (1 - y) * T.log(1 - p)).sum() + 0.5 * (w**2).sum()
    g, H = T.grad(cost, w), theano.gradient.hessian(cost, w)
    step = theano.function([w, x, y], [w - T.slinalg.solve(H, g), g, H])
    weights = np.zeros(4)
    for _ in range(8):
        weights, slope, curvature = step(weights, X, labels)
    assert np.abs(slope).max() < 1e-9
    likely = sigmoid(X @ weights)
    np.testing.assert_allclose(curvature, (X.T * (likely * (1 - likely))) @ X + np.eye(4), rtol=1e-6)


def test_gaussian_process():
    """Two ways to the marginal likelihood, their gradients, and descent along them."""
    x, y = T.dmatrix("x"), T.dvector("y")
    params = [theano.shared(value, name) for name, value in (("width", 0.4), ("height", 0.0), ("noise", -1.0))]
    width, height, noise = params
    distances = ((x[:, None, :] - x[None, :, :]) ** 2).sum(axis=2)
    K = T.exp(2 * height - 0.5 * distances / T.exp(2 * width)) + T.exp(2 * noise) * T.eye(x.shape[0])
    constant = 0.5 * x.shape[0] * np.log(2 * np.pi)

    L = T.slinalg.cholesky(K)
    half = T.slinalg.solve_lower_triangular(L, y)
    by_factor = 0.5 * T.dot(half, half) + T.log(T.diag(L)).sum() + constant
    by_inverse = 0.5 * T.dot(y, T.dot(T.nlinalg.matrix_inverse(K), y)) + 0.5 * T.log(T.nlinalg.det(K)) + constant
    values, vectors = T.nlinalg.eigh(K)
    by_spectrum = 0.5 * (T.dot(vectors.T, y) ** 2 / values + T.log(values)).sum() + constant

    costs = [by_factor, by_inverse, by_spectrum]
    f = theano.function([x, y], [*costs, *(T.stack(T.grad(c, params)) for c in costs)])
    points = RNG.randn(12, 2)
    observed = np.sin(points[:, 0]) + 0.1 * RNG.randn(12)
    first, *others = f(points, observed)[:3]
    np.testing.assert_allclose(others, [first, first])
    slopes = f(points, observed)[3:]
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-6)
    np.testing.assert_allclose(slopes[2], slopes[0], rtol=1e-6)

    updates = [(p, p - 0.05 * g) for p, g in zip(params, T.grad(by_factor, params))]
    train = theano.function([x, y], by_factor, updates=updates)
    descent = [float(train(points, observed)) for _ in range(60)]
    assert descent == sorted(descent, reverse=True) and descent[-1] < first - 1


def test_hybrid_monte_carlo():
    """Many chains at once; the step size goes after the rate of acceptance, and is a shared variable, too."""
    variances = np.array([1.0, 4.0])
    positions = theano.shared(np.zeros((50, 2)), "positions")
    stepsize = theano.shared(0.2, "stepsize")
    rng = RandomStreams(5)

    def energy(p):
        return 0.5 * (p**2 / variances).sum(axis=1)

    def kinetic(v):
        return 0.5 * (v**2).sum(axis=1)

    def leapfrog(p, v, step):
        v = v - step * T.grad(energy(p).sum(), p)
        return [p + step * v, v], {}

    velocity = rng.normal(size=positions.shape)
    half = velocity - 0.5 * stepsize * T.grad(energy(positions).sum(), positions)
    (ps, vs), updates = theano.scan(
        leapfrog,
        outputs_info=[dict(initial=positions + stepsize * half), dict(initial=half)],
        non_sequences=[stepsize],
        n_steps=9,
    )
    assert not updates
    final = ps[-1]
    final_velocity = vs[-1] - 0.5 * stepsize * T.grad(energy(final).sum(), final)
    change = energy(positions) + kinetic(velocity) - energy(final) - kinetic(final_velocity)
    accept = T.exp(change) - rng.uniform(size=(positions.shape[0],)) >= 0
    moved = T.switch(accept.dimshuffle(0, *(("x",) * (final.ndim - 1))), final, positions)
    rate = accept.mean()
    new_stepsize = T.clip(T.switch(rate > 0.9, stepsize * 1.02, stepsize * 0.98), 0.01, 1.0)
    sample = theano.function([], rate, updates=[(positions, moved), (stepsize, new_stepsize)])

    kept = []
    for k in range(400):
        sample()
        if k >= 100:
            kept.append(positions.get_value())
    spread = np.concatenate(kept).var(axis=0)
    np.testing.assert_allclose(spread, variances, rtol=0.1)
    assert stepsize.get_value() > 0.5
