"""What the clocks of a profile cost: a call of a profiled function in those of the same function without."""

from __future__ import annotations

from benchmarks.workload import Target, Workload

# Batches of both functions alternate, and the best of each count: what else a machine does hits both alike.
_SCRIPT = """
import timeit
import numpy as np
import theano
import theano.tensor as T

x, y = T.dmatrix("x"), T.dmatrix("y")
args = [np.random.default_rng(k).standard_normal({shape}) for k in (0, 1)]
timers = [
    timeit.Timer("f(*args)", globals=dict(f=theano.function([x, y], {result}, profile=on), args=args))
    for on in (False, True)
]
for timer in timers * 2:
    timer.timeit(200)
number = max(1, int(0.005 * 200 / timers[0].timeit(200)))
plain, profiled = (min(times) for times in zip(*([t.timeit(number) for t in timers] for _ in range(300))))
print(profiled / plain)
"""


def _row(name: str, title: str, result: str, shape: tuple[int, ...], target: Target | None = None) -> Workload:
    return Workload(
        f"profiled-{name}",
        title,
        target,
        scripts={"theano": _SCRIPT.format(result=result, shape=shape)},
        clock="ratio",
        group="compile",
        asked=True,
    )


_LOOP, _PRODUCT = "T.tanh(x) * T.exp(-(y**2))", "T.tanh(T.dot(x, y)).sum()"
ROWS = [
    _row("1000", "profiled, `tanh(x)·exp(-y²)`, 1000 f64", _LOOP, (1, 1000)),  # shorter than what is promised
    *(
        _row(f"{size}", f"profiled, `tanh(x)·exp(-y²)`, {size} f64", _LOOP, (1, size), Target(1.03, of=None))
        for size in (12_000, 30_000, 150_000)
    ),
    _row("product", "profiled, `tanh(x @ y).sum()`, 100 x 100 f64", _PRODUCT, (100, 100), Target(1.03, of=None)),
]
