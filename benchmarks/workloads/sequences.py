"""Loops: a recurrence of small vectors, a Kalman filter with its gradient, points of the Mandelbrot set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.workload import Case, Target, Workload
from benchmarks.workloads.peers import flat, jax_case, load_torch, torch_case
from benchmarks.workloads.symbolic import Language, everywhere


# -- x <- x * a ------------------------------------------------------------------------------------------
def _powers_data(steps: int, width: int, last: bool) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    return rng.uniform(0.5, 1.5, width), rng.uniform(0.99, 1.01, width), steps, last


def _powers(lang: Language, x: Any, a: Any, steps: int, last: bool) -> Case:
    T = lang.T
    u, v = T.dvectors("x", "a")
    outs = lang.scan(lambda state, factor: state * factor, None, u, v, steps)
    return Case(lang.function([u, v], outs[-1] if last else outs), (x, a))


def _numpy_powers(x: Any, a: Any, steps: int, last: bool) -> Case:
    out = np.empty((steps, len(x)))

    def rows(x: Any, a: Any) -> Any:
        for row in out:
            x = np.multiply(x, a, out=row)
        return out

    def only_last(x: Any, a: Any) -> Any:
        row = np.multiply(x, a, out=out[0])
        for _ in range(steps - 1):
            np.multiply(row, a, out=row)
        return row

    return Case(only_last if last else rows, (x, a))


def _jax_powers(x: Any, a: Any, steps: int, last: bool) -> Case:
    def make(jax: Any) -> Any:
        def call(x: Any, a: Any) -> Any:
            def step(state: Any, _: Any) -> Any:
                state = state * a
                return state, None if last else state

            return jax.lax.scan(step, x, None, length=steps)[0 if last else 1]

        return call

    return jax_case(make, x, a)


def _torch_powers(x: Any, a: Any, steps: int, last: bool) -> Case:
    def make(torch: Any) -> Any:
        def call(x: Any, a: Any) -> Any:
            states = []
            for _ in range(steps):
                x = x * a
                if not last:
                    states.append(x)
            return x if last else torch.stack(states)

        return call

    return torch_case(make, x, a)


# -- Kalman filter -----------------------------------------------------------------------------------------
# State s' = F s + noise of the variances exp(q), observation y = h s + noise of the variance exp(r), one number a
# step: its variance is a number, so that the gain needs a division and no inverse.
def _kalman_data(steps: int, states: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.standard_normal((states, states)))
    return (
        rng.standard_normal(steps).cumsum() * 0.1,
        0.95 * turn,
        rng.standard_normal(states),
        rng.uniform(-2, -1, states),
        np.array(-1.0),
    )


def _kalman_step(m: Any, y: Any, mean: Any, cov: Any, F: Any, h: Any, Q: Any, r: Any) -> Any:
    """The state after an observation, and the observation's log-likelihood; `m` is an array module."""
    mean, cov = m.dot(F, mean), m.dot(m.dot(F, cov), F.T) + Q
    gain = m.dot(cov, h)
    variance = m.dot(h, gain) + r
    error = y - m.dot(h, mean)
    likelihood = -0.5 * (m.log(2 * np.pi * variance) + error**2 / variance)
    return mean + gain * (error / variance), cov - m.outer(gain, gain) / variance, likelihood


def _kalman(lang: Language, *values: Any) -> Case:
    T = lang.T
    y, F, h, q, r = T.dvector("y"), T.dmatrix("F"), T.dvector("h"), T.dvector("q"), T.dscalar("r")
    Q, n = T.diag(T.exp(q)), values[1].shape[0]

    def step(y: Any, mean: Any, cov: Any, F: Any, h: Any, Q: Any, r: Any) -> Any:
        return _kalman_step(T, y, mean, cov, F, h, Q, T.exp(r))

    outs = lang.scan(step, y, [T.zeros((n,)), T.eye(n), None], [F, h, Q, r])
    total = outs[2].sum()
    return Case(lang.function([y, F, h, q, r], [total, *lang.grad(total, [F, h, q, r])]), values, list)


def _numpy_kalman(*values: Any) -> Case:
    """Reverse sweep by hand."""

    def forward(y: Any, F: Any, h: Any, Q: Any, r: Any) -> Any:
        mean, cov, total, kept = np.zeros(len(h)), np.eye(len(h)), 0.0, []
        for number in y:
            ahead, spread = F @ mean, F @ cov @ F.T + Q
            gain = spread @ h
            variance, error = h @ gain + r, number - h @ ahead
            total -= 0.5 * (np.log(2 * np.pi * variance) + error**2 / variance)
            kept.append((mean, cov, ahead, spread, gain, variance, error))
            mean, cov = ahead + gain * (error / variance), spread - np.outer(gain, gain) / variance
        return total, kept

    def call(y: Any, F: Any, h: Any, q: Any, r: Any) -> Any:
        total, kept = forward(y, F, h, np.diag(np.exp(q)), np.exp(r))
        dF, dh, dQ, dr = np.zeros_like(F), np.zeros_like(h), np.zeros_like(F), 0.0
        dm, dP = np.zeros_like(h), np.zeros_like(F)
        for mean, cov, ahead, spread, gain, v, e in reversed(kept):
            both = dP + dP.T
            dgain = dm * (e / v) - both @ gain / v
            de = dm @ gain / v - e / v
            dv = -e * (dm @ gain) / v**2 + gain @ dP @ gain / v**2 - 0.5 / v + 0.5 * e**2 / v**2
            dgain += dv * h
            dh += dv * gain - de * ahead
            dr += dv
            dahead, dspread = dm - de * h, dP + np.outer(dgain, h)
            dh += spread.T @ dgain
            dQ += dspread
            dFP = dspread @ F
            dF += dspread.T @ F @ cov + dFP @ cov.T + np.outer(dahead, mean)
            dm, dP = F.T @ dahead, F.T @ dFP
        return total, dF, dh, np.diag(dQ) * np.exp(q), dr * np.exp(r)

    return Case(call, values, list)


def _jax_kalman(*values: Any) -> Case:
    def make(jax: Any) -> Any:
        m = jax.numpy

        def likelihood(params: Any, y: Any) -> Any:
            F, h, q, r = params
            Q, n = m.diag(m.exp(q)), len(h)

            def step(state: Any, number: Any) -> Any:
                mean, cov, term = _kalman_step(m, number, *state, F, h, Q, m.exp(r))
                return (mean, cov), term

            return m.sum(jax.lax.scan(step, (m.zeros(n), m.eye(n)), y)[1])

        def call(y: Any, *params: Any) -> Any:
            total, grads = jax.value_and_grad(likelihood)(params, y)
            return [total, *grads]

        return call

    return jax_case(make, *values)


def _torch_kalman(*values: Any) -> Case:
    torch = load_torch()
    y = torch.from_numpy(values[0])
    params = [torch.tensor(v, requires_grad=True) for v in values[1:]]

    def call(y: Any) -> Any:
        F, h, q, r = params
        Q, R, n = torch.diag(torch.exp(q)), torch.exp(r), len(h)
        mean, cov = torch.zeros(n, dtype=y.dtype), torch.eye(n, dtype=y.dtype)
        terms = []
        for number in y:
            mean, cov = F @ mean, F @ cov @ F.T + Q
            gain = cov @ h
            variance, error = h @ gain + R, number - h @ mean
            terms.append(torch.log(2 * np.pi * variance) + error**2 / variance)
            mean, cov = mean + gain * (error / variance), cov - torch.outer(gain, gain) / variance
        total = -0.5 * torch.stack(terms).sum()
        return [total, *torch.autograd.grad(total, params)]

    return Case(call, (y,), flat)


# -- Mandelbrot --------------------------------------------------------------------------------------------
def _plane(width: int, height: int, most: int) -> tuple[Any, ...]:
    x, y = np.meshgrid(np.linspace(-2.2, 0.8, width), np.linspace(-1.2, 1.2, height))
    return x.ravel(), y.ravel(), most


def _mandelbrot(lang: Language, x: Any, y: Any, most: int) -> Case:
    """For each point a loop that ends when it has escaped, or after `most` steps; the number of steps."""
    T = lang.T
    u, v = T.dvectors("x", "y")

    def steps_of(x: Any, y: Any) -> Any:
        def step(a: Any, b: Any, count: Any, x: Any, y: Any) -> Any:
            a, b = a * a - b * b + x, 2 * a * b + y
            return [a, b, count + 1], lang.until(a * a + b * b > 4)

        start = [T.zeros_like(x), T.zeros_like(y), T.constant(0, dtype="int64")]
        return lang.scan(step, None, start, [x, y], most)[2][-1]

    return Case(lang.function([u, v], lang.scan(steps_of, [u, v], None, None, None)), (x, y))


def _numpy_mandelbrot(x: Any, y: Any, most: int) -> Case:
    """All points together; those that have escaped leave."""

    def call(x: Any, y: Any) -> Any:
        counts = np.full(len(x), most)
        left, c, z = np.arange(len(x)), x + 1j * y, np.zeros(len(x), complex)
        for k in range(most):
            z = z * z + c
            out = z.real**2 + z.imag**2 > 4
            if out.any():
                counts[left[out]] = k + 1
                left, c, z = left[~out], c[~out], z[~out]
        return counts

    return Case(call, (x, y))


def _jax_mandelbrot(x: Any, y: Any, most: int) -> Case:
    def make(jax: Any) -> Any:
        def steps_of(x: Any, y: Any) -> Any:
            def goes_on(state: Any) -> Any:
                a, b, k = state
                return (k < most) & (a * a + b * b <= 4)

            def step(state: Any) -> Any:
                a, b, k = state
                return a * a - b * b + x, 2 * a * b + y, k + 1

            return jax.lax.while_loop(goes_on, step, (0.0 * x, 0.0 * y, 0))[2]

        return jax.vmap(steps_of)

    return jax_case(make, x, y)


def _torch_mandelbrot(x: Any, y: Any, most: int) -> Case:
    def make(torch: Any) -> Any:
        def call(x: Any, y: Any) -> Any:
            counts = torch.full((len(x),), most)
            left, c = torch.arange(len(x)), torch.complex(x, y)
            z = torch.zeros_like(c)
            for k in range(most):
                z = z * z + c
                out = z.real**2 + z.imag**2 > 4
                if out.any():
                    counts[left[out]] = k + 1
                    left, c, z = left[~out], c[~out], z[~out]
            return counts

        return call

    return torch_case(make, x, y)


def _powers_row(name: str, title: str, last: bool) -> Workload:
    setups: dict[str, Callable[..., Case]] = {
        "numpy": _numpy_powers,
        "jax": _jax_powers,
        "torch": _torch_powers,
        **everywhere(_powers),
    }
    return Workload(
        name,
        f"scan x ← x·a, vector of 10, 1000 steps, {title}",
        Target(0.5),
        data=_powers_data,
        setups=setups,
        sizes={"steps": 1000, "width": 10, "last": last},
        tiny={"steps": 7, "width": 3, "last": last},
    )


ROWS = [
    _powers_row("scan-last", "last", True),
    _powers_row("scan-all", "all", False),
    Workload(
        "kalman",
        "Kalman filter, 10 states, 1000 steps f64, log-likelihood and gradient",
        Target(1.0),
        data=_kalman_data,
        setups={"numpy": _numpy_kalman, "jax": _jax_kalman, "torch": _torch_kalman, **everywhere(_kalman)},
        sizes={"steps": 1000, "states": 10},
        tiny={"steps": 6, "states": 3},
        rtol=1e-8,
    ),
    Workload(
        "mandelbrot",
        "Mandelbrot set by `until`, 96x64 points, at most 200 steps, f64",
        Target(1.0),
        data=_plane,
        setups={
            "numpy": _numpy_mandelbrot,
            "jax": _jax_mandelbrot,
            "torch": _torch_mandelbrot,
            **everywhere(_mandelbrot),
        },
        sizes={"width": 96, "height": 64, "most": 200},
        tiny={"width": 7, "height": 5, "most": 20},
    ),
]
