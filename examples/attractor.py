"""How fast neighbours part in Lorenz' equations: millions of steps in one native call, which tells how far it is.

    python examples/attractor.py [--steps N] [--figure FILE]

A step of Runge and Kutta is an expression, and where it takes a small difference is its R-operator; both are in the
step function of a `scan`. A second `scan` around it keeps one point of a hundred, and `theano.progress.steps` calls a
function of this program now and then: it prints a line. Needs matplotlib for the figure.

After 10,000,000 steps (5 s) the largest Lyapunov exponent is found as 0.906 (J. Sprott, "Chaos and time-series
analysis", 2003: 0.9056).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from theano.progress import steps
from training import draw

import theano
import theano.tensor as T

TIME, KEPT = 0.005, 100  # of a step; steps from one point that is kept to the next


def motion(point: Any) -> Any:
    """E. Lorenz, "Deterministic nonperiodic flow", 1963, equations (25) to (27)."""
    x, y, z = point[0], point[1], point[2]
    return T.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


def moved(point: Any) -> Any:
    """The point a step later, by the classical method of Runge and Kutta."""
    a = motion(point)
    b = motion(point + TIME / 2 * a)
    c = motion(point + TIME / 2 * b)
    d = motion(point + TIME * c)
    return point + TIME / 6 * (a + 2 * b + 2 * c + d)


def step(point: Any, difference: Any, growth: Any) -> list[Any]:
    """A step of a point, and of a difference from it: of length 1 again; the logarithm of its growth is added up."""
    new = moved(point)
    grown = T.Rop(new, point, difference)
    length = T.sqrt(T.sum(grown**2))
    return [new, grown / length, growth + T.log(length)]


def make_path(every: int) -> theano.compile.Function:
    """A function of a number of points: the points, and the exponent; it prints a line for every so many points."""

    def tell(k: int, growth: Any) -> None:
        if k:
            print(f"step {k * KEPT:11,}: exponent {float(growth) / (k * KEPT * TIME):.4f}", flush=True)

    def some(k: Any, point: Any, difference: Any, growth: Any) -> list[Any]:
        before = [point, difference, steps(growth, k, tell=tell, every=every)]
        after, _ = theano.scan(step, outputs_info=before, n_steps=KEPT)
        return [state[-1] for state in after]

    count = T.lscalar("count")
    start = [T.constant(np.array([1.0, 1.0, 25.0])), T.constant(np.array([1.0, 0.0, 0.0])), T.constant(np.float64(0))]
    (points, _, growth), updates = theano.scan(some, sequences=T.arange(count), outputs_info=start)
    return theano.function([count], [points, growth[-1] / (count * KEPT * TIME)], updates=updates)


def main() -> None:
    """Go, print, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000_000, help="of Runge and Kutta")
    parser.add_argument("--figure", type=Path, default=Path("build/attractor.png"), help="where the picture goes")
    chosen = parser.parse_args()
    count = max(chosen.steps // KEPT, 1)
    path = make_path(every=max(count // 5, 1))
    begin = time.perf_counter()
    points, exponent = path(count)
    seconds = time.perf_counter() - begin
    print(f"{count * KEPT:,} steps in {seconds:.1f} s: {count * KEPT / seconds:,.0f} steps a second")
    print(f"largest Lyapunov exponent: {float(exponent):.3f}")

    def paint(axes: Any) -> None:
        axes[0, 0].plot(points[:, 0], points[:, 2], ",", alpha=0.5)
        axes[0, 0].set(xlabel="x", ylabel="z")

    draw(chosen.figure, 1, 1, paint, size=6)


if __name__ == "__main__":
    main()
