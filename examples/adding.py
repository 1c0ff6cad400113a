"""Teach an LSTM to add: two numbers of a long sequence are marked, and their sum is asked for at the end.

    python examples/adding.py [--steps N] [--length N] [--hidden N] [--figure FILE]

To answer with 1 always gives a mean squared error of 1/6; to do better, marked numbers must be remembered over the
whole sequence. The network is a `scan`, its gradient another one, and the training function with Adam's updates is one
compiled program. The length of the sequences and the size of the batch are not part of it: the error is measured with
other ones.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from training import adam, draw

import theano
import theano.tensor as T

Array = Any


def sequences(rng: Any, length: int, batch: int) -> tuple[Array, Array]:
    """Numbers and marks, an array of ``(length, batch, 2)``, and the sums of the marked ones."""
    numbers = rng.uniform(size=(length, batch))
    marks = np.zeros((length, batch))
    columns = np.arange(batch)
    first = rng.randint(0, length // 2, batch)
    second = rng.randint(length // 2, length, batch)
    marks[first, columns] = marks[second, columns] = 1
    x = np.stack([numbers, marks], axis=2).astype(theano.config.floatX)
    return x, (numbers * marks).sum(axis=0).astype(theano.config.floatX)


class Network:
    """One layer of LSTM, and a number read from its last state."""

    def __init__(self, n_in: int, n_hidden: int, seed: int = 0) -> None:
        rng = np.random.RandomState(seed)
        self.n = n_hidden

        def matrix(rows: int, columns: int, name: str) -> Any:
            value = rng.uniform(-1, 1, (rows, columns)) * np.sqrt(3 / rows)
            return theano.shared(value.astype(theano.config.floatX), name)

        bias = np.zeros(4 * n_hidden)
        bias[n_hidden : 2 * n_hidden] = 1  # to begin with, remember
        self.W, self.U = matrix(n_in, 4 * n_hidden, "W"), matrix(n_hidden, 4 * n_hidden, "U")
        self.b = theano.shared(bias.astype(theano.config.floatX), "b")
        self.v = matrix(n_hidden, 1, "v")
        self.c = theano.shared(np.zeros(1, dtype=theano.config.floatX), "c")
        self.parameters = [self.W, self.U, self.b, self.v, self.c]

    def step(self, x: Any, h: Any, cell: Any) -> list[Any]:
        """The states after one more input."""
        n = self.n
        z = T.dot(x, self.W) + T.dot(h, self.U) + self.b
        take, keep, show = (T.nnet.sigmoid(z[:, k * n : (k + 1) * n]) for k in range(3))
        cell = keep * cell + take * T.tanh(z[:, 3 * n :])
        return [show * T.tanh(cell), cell]

    def answer(self, x: Any) -> Any:
        """A number for each sequence."""
        zeros = T.zeros((x.shape[1], self.n))
        (h, _), _ = theano.scan(self.step, sequences=x, outputs_info=[zeros, zeros])
        return T.dot(h[-1], self.v)[:, 0] + self.c[0]


def paint(axis: Any, errors: dict[int, float]) -> None:
    """Errors by step."""
    axis.semilogy(list(errors), list(errors.values()), marker="o")
    axis.set_xlabel("step")
    axis.set_ylabel("mean squared error")


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=int, default=1500, help="steps of descent")
    parser.add_argument("--length", type=int, default=30, help="of the sequences")
    parser.add_argument("--hidden", type=int, default=32, help="hidden units")
    parser.add_argument("--figure", type=Path, help="where to write the errors on the way as a PNG")
    options = parser.parse_args()

    start = time.perf_counter()
    network = Network(2, options.hidden)
    x, y = T.tensor3("x"), T.vector("y")
    cost = T.mean((network.answer(x) - y) ** 2)
    train = theano.function([x, y], cost, updates=adam(cost, network.parameters, 0.005, limit=1.0), name="train")
    error = theano.function([x, y], cost, name="error")
    print(f"compiled in {time.perf_counter() - start:.2f} s")

    start = time.perf_counter()
    rng, errors = np.random.RandomState(1), {}
    for step in range(options.steps + 1):
        if step % 250 == 0 or step == options.steps:
            now = float(error(*sequences(np.random.RandomState(2), options.length, 500)))
            errors[step] = now
            print(f"step {step:5}: mean squared error {now:.4f}")
        if step < options.steps:
            train(*sequences(rng, options.length, 32))
    print(f"trained in {time.perf_counter() - start:.2f} s")
    if options.figure:
        draw(options.figure, 1, 1, lambda axes: paint(axes[0, 0], errors))


if __name__ == "__main__":
    main()
