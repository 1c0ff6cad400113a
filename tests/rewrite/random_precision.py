"""Random expressions of float32 and float64: rewriting computes nothing in less precision than the user wrote.

All float32 numbers are small and whole, so that arithmetic on them is exact; numbers of float64 are not. Then all that
a form of the program may round is float64.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from tests import random_program
from theano.graph import evaluate
from theano.ifelse import ifelse

LARGEST = 500
NEAR = 1e-9  # float64 rounds the largest product by 3e-11, float32 rounds 1 by 6e-8


class RandomPrecision:
    """Vectors and matrices with axes of `n` elements, and numbers.

    Attributes
    ----------
    program
        What is compiled: expressions, and gradients of a cost of them.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n = rng.choice((1, 2, 3, 5))
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.program = random_program.Program()
        self.known: dict[Any, np.ndarray] = {}
        self.pool: list[Any] = []
        for dtype in ("float32", "float64", rng.choice(("float32", "float64", "int32"))):
            self._operand(dtype, rng.choice((0, 1, 1, 2)))
        given = list(self.pool)
        for _ in range(rng.randint(2, 6)):
            self._step()
        made = [v for v in self.pool[-3:] if v not in given]
        self.program.outputs = made or self.pool[-1:]
        if made and rng.random() < 0.6:
            cost = sum(T.cast((v * self.rng.choice(given)).sum(), "float64") for v in made)
            wrt = [v for v in given if v.dtype == "float64"]
            self.program.outputs += T.grad(cost, wrt, disconnected_inputs="ignore")

    def _operand(self, dtype: str, ndim: int) -> None:
        shape = (self.n,) * ndim
        value = self.numbers.uniform(0.5, 1.5, shape) if dtype == "float64" else self.numbers.randint(1, 5, shape)
        value = np.asarray(value, dtype)
        v = self.program.add(self.rng, value, f"x{len(self.pool)}", broadcastable=(False,) * ndim)
        self.pool.append(v)
        self.known[v] = value

    def _step(self) -> None:
        x, y = self.rng.choice(self.pool), self.rng.choice(self.pool[-3:])
        kinds = self._kinds(x, y)
        name = self.rng.choice(sorted(kinds))
        try:
            made = kinds[name]()
            value = np.asarray(evaluate([made], self.known)[0])
        except (TypeError, ValueError, IndexError):
            return
        if made.ndim > 2 or not np.isfinite(value).all() or np.abs(value).max(initial=0) > LARGEST:
            return
        if made.dtype in ("float32", "float16") and (value != np.round(value)).any() or made in self.known:
            return
        self.program.text.append(f"{name} of {x}, {y}")
        self.pool.append(made)
        self.known[made] = value

    def _kinds(self, x: Any, y: Any) -> dict[str, Callable[[], Any]]:
        rng, k = self.rng, self.rng.choice((0, 1))
        axis = rng.randrange(x.ndim) if x.ndim else None
        found: dict[str, Callable[[], Any]] = {
            "add": lambda: x + y,
            "sub": lambda: x - y * 2,
            "mul": lambda: x * y,
            "products": lambda: x * y * x,
            "div": lambda: x / y,
            "sum over product": lambda: (x + y) / (x * y),
            "divided twice": lambda: (x / y) / T.constant(3.0, dtype="float64"),
            "square": lambda: T.sqr(x) * y,
            "power": lambda: y ** rng.choice((2, 3, -1, -2)),
            "exp": lambda: T.exp(T.cast(x, "float64") * -0.1) * y,
            "log": lambda: T.log(abs(T.cast(x, "float64")) + 1) * y,
            "sigmoid": lambda: T.nnet.sigmoid(T.cast(x, "float64")) * y,
            "choice": lambda: T.switch(T.gt(x, 2), x, y),
            "maximum": lambda: T.maximum(x, y) - T.minimum(x, y),
            "whole": lambda: T.cast(T.floor(x), "float32"),
            "to float32": lambda: T.cast(x, "float32"),
            "to float64": lambda: T.cast(x, "float64"),
            "filled": lambda: T.fill(x, y),
            "zeros": lambda: T.zeros_like(x) + y,
            "ones": lambda: T.ones_like(x) * y,
            "neg": lambda: -x,
            "branch": lambda: ifelse(T.gt(y.sum(), 2), x, x + x),
            "mean": lambda: T.cast(x, "float64").mean() * y,
        }
        if x.ndim:
            zeros = T.zeros_like(x)
            found |= {
                "sum": lambda: x.sum(axis=axis),
                "sum of product": lambda: (x * y).sum(axis=axis),
                "prod": lambda: x.prod(axis=axis) * y,
                "max": lambda: x.max(axis=axis),
                "dot": lambda: T.dot(x, y),
                "written": lambda: T.set_subtensor(x[:k], y[:k] if y.ndim else y),
                "added": lambda: T.inc_subtensor(x[k:], y[k:] if y.ndim else y),
                "into zeros": lambda: T.set_subtensor(zeros[k:], x[k:]) * y,
                "sparse": lambda: T.inc_subtensor(zeros[:1], x[:1]) * y * T.constant(1 / 3, dtype="float64"),
                "places": lambda: T.inc_subtensor(zeros[[0, 0]], x[[0, -1]]) * y,
                "joined": lambda: T.concatenate([x, y])[: self.n],
                "turned": lambda: x.T[::-1] * y,
                "parts": lambda: (x * y)[:k] / y[:k],
                "softmax": lambda: T.nnet.softmax(T.shape_padleft(T.cast(x, "float64")))[0] * y,
                "running": lambda: T.cumsum(x, axis=axis) * y,
                "repeated": lambda: T.alloc(y.sum(), self.n) * x,
                "loop": lambda: theano.scan(lambda r, s: T.cast(r + s, x.dtype), x, T.zeros_like(x[0]))[0],
                "map": lambda: theano.map(lambda r: r * y, x)[0],
                "einsum": lambda: T.tensordot(x, y, axes=1),
                "outer": lambda: T.outer(x.flatten(), y.flatten()),
            }
        return found


def compare(seed: int) -> int:
    """Compare the program of a seed with the operations' NumPy definitions; how many results were compared."""
    program = RandomPrecision(random.Random(seed)).program
    about = f"seed {seed}: {'; '.join(program.text)}"
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = program.run(program.function(random_program.AS_WRITTEN), program.values, 1)
        found = program.run(program.function("FAST_RUN"), program.values, 1)
        return random_program.check(found, wanted, [NEAR] * len(wanted), about)
