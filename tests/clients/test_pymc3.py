"""PyMC3: posterior means are those known from theory, or from others who sampled the same model."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import theano.tensor as T
from tests.clients.installed import client

pm = client("pymc3")
pytestmark = pytest.mark.filterwarnings("ignore")
SAMPLE = {"chains": 1, "cores": 1, "random_seed": 3, "progressbar": False}
if "return_inferencedata" in inspect.signature(pm.sample).parameters:  # since 3.9
    SAMPLE["return_inferencedata"] = False


def test_conjugate_normal():
    data = np.random.RandomState(0).normal(1.5, 1.0, 50)
    with pm.Model():
        mean = pm.Normal("mean", 0.0, sigma=2.0)
        pm.Normal("seen", mean, sigma=1.0, observed=data)
        trace = pm.sample(800, tune=400, **SAMPLE)
    precision = 50 + 1 / 4
    assert abs(trace["mean"].mean() - data.sum() / precision) < 5 * precision**-0.5 / 20
    assert abs(trace["mean"].std() - precision**-0.5) < 0.02


def test_eight_schools():
    """Given tau all is normal, so the means over a grid of tau are those of theory: mu 4.4, tau 3.6."""
    effects, errors = np.array([28, 8, -3, 7, -1, 1, 18, 12.0]), np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
    with pm.Model():
        mu, tau = pm.Normal("mu", 0, sigma=5), pm.HalfCauchy("tau", 5)
        theta = pm.Deterministic("theta", mu + tau * pm.Normal("offset", 0, sigma=1, shape=8))
        pm.Normal("seen", theta, sigma=errors, observed=effects)
        trace = pm.sample(1000, tune=700, target_accept=0.9, **SAMPLE)
    grid = np.tan(np.linspace(0, np.pi / 2, 4002)[1:-1])[:, None] * 5  # as likely as each other under the prior
    variance = errors**2 + grid**2  # of an effect about mu
    precision = (1 / variance).sum(1, keepdims=True) + 1 / 25
    mean = (effects / variance).sum(1, keepdims=True) / precision
    logs = mean**2 * precision - (effects**2 / variance + np.log(variance)).sum(1, keepdims=True) - np.log(precision)
    weights = np.exp((logs - logs.max()) / 2)
    schools = mean + (effects - mean) * grid**2 / variance
    exact = (np.column_stack([mean, grid, schools]) * weights).sum(0) / weights.sum()
    found = np.column_stack([trace["mu"], trace["tau"], trace["theta"]])
    assert (abs(found.mean(0) - exact) < 4 * found.std(0) / np.sqrt(200)).all()  # at least 200 of 1000 count


def test_levels_of_counties():
    """Radon in houses, as books have it: counties vary about a mean, basements have more. The means are known."""
    draw = np.random.RandomState(4)
    county, floor = draw.randint(0, 8, 160), draw.randint(0, 2, 160)
    levels = 1.3 + 0.4 * draw.randn(8)
    radon = levels[county] - 0.7 * floor + 0.5 * draw.randn(160)
    with pm.Model():
        mean, slope = pm.Normal("mean", 0.0, sigma=3.0), pm.Normal("slope", 0.0, sigma=2.0)
        level = pm.Normal("level", mean, sigma=0.4, shape=8)
        pm.Normal("seen", level[county] + slope * floor, sigma=0.5, observed=radon)
        trace = pm.sample(800, tune=500, **SAMPLE)
    # Each row says that a combination of (mean, slope, levels) is near a number; least squares finds their means.
    rows = [(np.eye(10)[0] / 3, 0), (np.eye(10)[1] / 2, 0)]
    rows += [((np.eye(10)[2 + j] - np.eye(10)[0]) / 0.4, 0) for j in range(8)]
    rows += [((np.eye(10)[2 + c] + f * np.eye(10)[1]) / 0.5, r / 0.5) for c, f, r in zip(county, floor, radon)]
    design, seen = np.array([row for row, _ in rows]), np.array([value for _, value in rows])
    means, spread = np.linalg.lstsq(design, seen)[0], np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    found = np.column_stack([trace["mean"], trace["slope"], trace["level"]])
    assert (abs(found.mean(0) - means) < 5 * spread / np.sqrt(200)).all()  # at least 200 of 800 count
    np.testing.assert_allclose(found.std(0), spread, rtol=0.2)


def test_gaussian_process_with_unknown_length():
    """Means over a grid, which knows them to two digits."""
    x = np.linspace(0, 4, 25)[:, None]
    y = np.sin(2 * x[:, 0]) + 0.1 * np.random.RandomState(7).randn(25)
    with pm.Model():
        length = pm.Gamma("length", 2, 2)
        process = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=length))
        process.marginal_likelihood("y", X=x, y=y, noise=0.1)
        trace = pm.sample(400, tune=400, **SAMPLE)
    grid = np.linspace(0.2, 2.5, 300)
    densities = []
    for ls in grid:
        cov = np.exp(-0.5 * ((x - x.T) / ls) ** 2) + 0.01 * np.eye(25)
        densities.append(-0.5 * (y @ np.linalg.solve(cov, y) + np.linalg.slogdet(cov)[1]) + np.log(ls) - 2 * ls)
    weights = np.exp(np.array(densities) - max(densities))
    mean = (grid * weights).sum() / weights.sum()
    spread = np.sqrt(((grid - mean) ** 2 * weights).sum() / weights.sum())
    assert abs(trace["length"].mean() - mean) < 5 * spread / np.sqrt(100)


def test_gaussian_process():
    x = np.linspace(0, 3, 20)[:, None]
    y = np.sin(x[:, 0])
    with pm.Model():
        process = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=1.0))
        process.marginal_likelihood("y", X=x, y=y, noise=0.1)
        mean, variance = process.predict(np.array([[1.23]]), point={}, diag=True)
    cov = lambda a, b: np.exp(-0.5 * (a - b.T) ** 2)  # noqa: E731
    weights = np.linalg.solve(cov(x, x) + 0.01 * np.eye(20), cov(x, np.array([[1.23]])))
    np.testing.assert_allclose(mean, weights.T @ y, rtol=1e-5)
    np.testing.assert_allclose(variance, 1 - weights.T @ cov(x, np.array([[1.23]]))[:, 0], atol=1e-5)


def test_mixture():
    draw = np.random.RandomState(1)
    data = np.concatenate([draw.normal(-2, 0.5, 80), draw.normal(2, 0.5, 120)])
    with pm.Model():
        share = pm.Dirichlet("share", np.ones(2))
        means = pm.Normal("means", [-1, 1], sigma=2, shape=2)
        pm.NormalMixture("seen", share, means, sigma=0.5, observed=data)
        trace = pm.sample(500, tune=500, **SAMPLE)
    np.testing.assert_allclose(trace["means"].mean(0), [data[:80].mean(), data[80:].mean()], atol=0.03)
    np.testing.assert_allclose(trace["share"].mean(0), [81 / 202, 121 / 202], atol=0.02)


def test_stochastic_volatility():
    draw = np.random.RandomState(2)
    volatility = np.repeat([0.5, 2.0], 40)
    with pm.Model():
        step = pm.Exponential("step", 10.0)
        level = pm.GaussianRandomWalk("level", sigma=step, shape=80)
        pm.StudentT("returns", nu=10, lam=T.exp(-2 * level), observed=draw.standard_t(10, 80) * volatility)
        trace = pm.sample(300, tune=400, target_accept=0.9, **SAMPLE)
    levels = np.exp(trace["level"].mean(0))
    assert 0.3 < levels[5:35].mean() < 0.8 and 1.4 < levels[45:75].mean() < 2.8


def test_predictions_and_variational_inference():
    data = np.random.RandomState(0).normal(1.5, 1.0, 50)
    with pm.Model():
        mean = pm.Normal("mean", 0.0, sigma=2.0)
        pm.Normal("seen", mean, sigma=1.0, observed=data)
        best = pm.find_MAP(progressbar=False)
        np.testing.assert_allclose(best["mean"], data.sum() / 50.25, rtol=1e-4)
        fit = pm.fit(2000, method="advi", obj_optimizer=pm.adam(learning_rate=0.02), random_seed=1, progressbar=False)
        drawn = pm.sample_posterior_predictive(fit.sample(200), random_seed=1, progressbar=False)
    assert abs(fit.sample(300)["mean"].mean() - data.sum() / 50.25) < 0.2 and drawn["seen"].shape == (200, 50)
    assert abs(drawn["seen"].mean() - data.mean()) < 0.2


def test_steps_are_chosen_for_discrete_variables():
    draw = np.random.RandomState(5)
    counts = np.concatenate([draw.poisson(2.0, 30), draw.poisson(7.0, 30)])
    with pm.Model():
        change = pm.DiscreteUniform("change", 0, 59)
        before, after = pm.Exponential("before", 0.2), pm.Exponential("after", 0.2)
        pm.Poisson("seen", pm.math.switch(np.arange(60) < change, before, after), observed=counts)
        trace = pm.sample(500, tune=400, **SAMPLE)
    assert abs(trace["change"].mean() - 30) < 3
    assert abs(trace["before"].mean() - 2) < 0.7 and abs(trace["after"].mean() - 7) < 1.2


def test_steps_other_than_hmc():
    with pm.Model():
        rate = pm.Beta("rate", 1, 1)
        pm.Binomial("seen", n=20, p=rate, observed=14)
        trace = pm.sample(1500, tune=300, step=pm.Metropolis(), **SAMPLE)
    assert abs(trace["rate"].mean() - 15 / 22) < 0.04
