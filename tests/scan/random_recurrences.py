"""Random smooth recurrences: products with matrices, gates, slices, loops inside; a cost of what they give."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from theano.scan_module import until

import theano
import theano.tensor as T
from theano.ifelse import ifelse


class Recurrence:
    """Draws a loop over rows of `shape`, and what is read of it, from `rng`.

    Attributes
    ----------
    inputs, values
        The variables and numbers for them.
    results
        The cost, its gradients, and sometimes gradients of those.
    text
        What was drawn, for messages.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.numbers = np.random.RandomState(rng.randrange(10**6))
        self.inputs: list[Any] = []
        self.values: list[np.ndarray] = []
        self.text: list[str] = []
        self.width, rows, self.n_steps = rng.choice((1, 2, 3, 5)), rng.choice((0, 1, 2, 3)), rng.choice((1, 2, 3, 5, 8))
        self.shape = (rows, self.width) if rows else (self.width,)
        self.text.append(f"{self.n_steps} steps of {self.shape}")
        self.squares = [self.input("W", self.width, self.width) for _ in range(2)]
        self.biases = [self.input("b", self.width) for _ in range(2)]
        self.projections: dict[int, Any] = {}
        self.results = self.build()

    def input(self, name: str, *shape: int) -> Any:
        v = T.TensorType("float64", (False,) * len(shape))(name)
        self.inputs.append(v)
        self.values.append(0.5 * self.numbers.randn(*shape))
        return v

    # -- the loop ------------------------------------------------------------------------------------------
    def sequence(self, name: str) -> tuple[dict[str, Any], int]:
        taps = self.rng.sample(range(-1, 2), self.rng.choice((1, 2)))
        width = self.rng.choice((self.width, 4))
        if width != self.width and width not in self.projections:
            self.projections[width] = self.input("U", width, self.width)
        rows = self.n_steps + max(0, *taps, 0) - min(0, *taps, 0)
        return dict(input=self.input(name, rows, *self.shape[:-1], width), taps=taps), width

    def state(self, name: str) -> dict[str, Any]:
        taps = self.rng.sample(range(-2, 0), self.rng.choice((1, 2))) if self.rng.random() < 0.4 else [-1]
        shape = self.shape if taps == [-1] else (-min(taps), *self.shape)
        return dict(initial=self.input(name, *shape), taps=taps)

    def build(self) -> list[Any]:
        rng = self.rng
        self.sequences = [self.sequence(f"x{k}") for k in range(rng.randint(0, 2))]
        states = [self.state(f"s{k}") for k in range(rng.randint(0 if self.sequences else 1, 2))]
        self.n_results = len(states) + rng.randint(0 if states else 1, 2)
        self.ends = rng.random() < 0.15
        outs, _ = theano.scan(
            self.step, [s for s, _ in self.sequences], states + [None] * (self.n_results - len(states)),
            n_steps=self.n_steps, go_backwards=rng.random() < 0.3, return_list=True,
            truncate_gradient=-1 if self.ends else rng.choice((-1, -1, -1, 2)),
        )  # fmt: skip
        cost = sum((self.read(out) for out in outs), T.sqr(self.biases[0]).sum())
        slopes = T.grad(cost, self.inputs, disconnected_inputs="ignore")
        results = [cost, *slopes]
        if rng.random() < 0.25:
            total = sum((slope * (k + 1)).sum() for k, slope in enumerate(slopes[:3]))
            results += T.grad(total, self.inputs, disconnected_inputs="ignore")
        return results

    def read(self, out: Any) -> Any:
        kind = self.rng.choice(("sum", "last", "few", "weighted", "product", "twice", "first"))
        self.text.append("read " + kind)
        weights = 1 + T.arange(out.shape[0]).dimshuffle(0, *["x"] * len(self.shape))
        readings: dict[str, Callable[[], Any]] = {
            "sum": out.sum,
            "last": lambda: T.sqr(out[-1]).sum(),
            "few": lambda: T.sqr(out[-2:]).sum(),
            "weighted": lambda: (out**2 * weights).sum(),
            "product": lambda: T.sqr(T.dot(out, self.squares[0])).sum(),
            "twice": lambda: out[-1].sum() + T.exp(out).sum(),
            "first": lambda: 2 * out[0].sum(),
        }
        return readings[kind]()

    # -- a step --------------------------------------------------------------------------------------------
    def step(self, *reads: Any) -> Any:
        left = iter(reads)
        pool = [self.projected(next(left), width) for s, width in self.sequences for _ in s["taps"]]
        pool += left
        for _ in range(self.rng.randint(1, 6)):
            value = self.work(self.rng.choice(pool), self.rng.choice(pool))
            pool.append(T.patternbroadcast(value, (False,) * value.ndim))
        outs = [T.tanh(self.rng.choice(pool[-4:])) for _ in range(self.n_results)]
        return (outs, until(outs[0].sum() > 1.5)) if self.ends else outs

    def projected(self, value: Any, width: int) -> Any:
        return value if width == self.width else T.dot(value, self.projections[width])

    def work(self, a: Any, b: Any) -> Any:
        """One more value of a step."""
        kind = self.rng.choice(sorted(self.works()))
        self.text.append(kind)
        return self.works()[kind](a, b)

    def works(self) -> dict[str, Callable[[Any, Any], Any]]:
        square, bias, matrix = self.rng.choice(self.squares), self.rng.choice(self.biases), len(self.shape) == 2
        return {
            "product": lambda a, b: T.dot(a, square),
            "transposed": lambda a, b: T.dot(a, square.T),
            "tanh": lambda a, b: T.tanh(a),
            "gate": lambda a, b: T.nnet.sigmoid(a) * b,
            "add": lambda a, b: a - 0.5 * b,
            "bias": lambda a, b: a + bias,
            "into": lambda a, b: T.inc_subtensor(a[..., :1], b[..., :1]),
            "softmax": lambda a, b: T.nnet.softmax(a) if matrix else T.nnet.softmax(a.dimshuffle("x", 0))[0],
            "sum": lambda a, b: a.sum(axis=-1, keepdims=True) * b,
            "outer": lambda a, b: T.dot(a, T.dot(a.T, b)) if matrix else T.dot(T.outer(a, b), bias),
            "branch": lambda a, b: ifelse(T.gt(a.sum(), 0), T.tanh(a) * b, b),
            "switch": lambda a, b: T.switch(T.gt(a, 0), a, 0.1 * b),
            "halves": lambda a, b: T.concatenate([a, b], axis=-1)[..., ::2][..., : self.width],
            "maximum": T.maximum,
            "reverse": lambda a, b: a[..., ::-1],
            "flat": lambda a, b: a.reshape((-1,)).reshape(self.shape),
            "loop": lambda a, b: _inner_loop(a, b, square),
        }


def _inner_loop(a: Any, b: Any, w: Any) -> Any:
    start = T.unbroadcast(b, *range(b.ndim))
    outs, _ = theano.scan(lambda s, a, w: T.tanh(T.dot(s, w) + a), outputs_info=start, non_sequences=[a, w], n_steps=2)
    return outs[-1]
