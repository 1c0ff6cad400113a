"""Train a network that computes XNOR, and show what the training function was compiled to.

    python examples/xnor.py [--all] [--steps N] [--figure FILE]

``make demo`` is this; ``--all`` prints the whole graph and the whole program. Needs the extra `plot` for the figure.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import theano
import theano.tensor as T

INPUTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
OUTPUTS = [1, 0, 0, 1]
LEARNING_RATE = 0.01


def make_training_function(seed: int = 2) -> theano.compile.Function:
    """``train(x, t) -> predictions, cost``: a step of gradient descent; two hidden neurons, one above."""
    rng = np.random.RandomState(seed)
    w1, w2, w3 = (theano.shared(rng.rand(2), name=name) for name in ("w1", "w2", "w3"))
    b1, b2 = theano.shared(1.0, name="b1"), theano.shared(1.0, name="b2")

    x, t = T.matrix("x"), T.vector("t")
    a1 = 1 / (1 + T.exp(-T.dot(x, w1) - b1))
    a2 = 1 / (1 + T.exp(-T.dot(x, w2) - b1))
    x2 = T.stack([a1, a2], axis=1)
    a3 = 1 / (1 + T.exp(-T.dot(x2, w3) - b2))
    cost = -(t * T.log(a3) + (1 - t) * T.log(1 - a3)).sum()

    parameters = [w1, w2, w3, b1, b2]
    gradients = T.grad(cost, parameters)
    updates = [(p, p - LEARNING_RATE * g) for p, g in zip(parameters, gradients)]
    return theano.function([x, t], [a3, cost], updates=updates, name="train")


def train(step: theano.compile.Function, steps: int) -> tuple[Any, list[Any], float]:
    """Call `step` with Python lists; the last predictions, all costs, and the seconds it took."""
    costs: list[Any] = []
    predictions = None
    start = time.perf_counter()
    for _ in range(steps):
        predictions, cost = step(INPUTS, OUTPUTS)
        costs.append(cost)
    return predictions, costs, time.perf_counter() - start


def draw(costs: list[Any], path: Path) -> None:
    """Write the curve of costs as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(costs)
    axes.set_xlabel("step")
    axes.set_ylabel("cost")
    axes.set_title("XNOR: cross-entropy of the four rows")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def heading(text: str) -> None:
    """A line above a part of the output."""
    print(f"\n-- {text} {'-' * (74 - len(text))}\n")


def show_all(step: theano.compile.Function) -> None:
    """Print the rewritten graph, and the program, as C."""
    heading("the rewritten graph of the training function")
    theano.printing.debugprint(step)
    heading("the program it became, as C")
    print(theano.printing.ccode(step))


def main() -> None:
    """Train, print, draw."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--all", action="store_true", help="print the rewritten graph and the program, too")
    parser.add_argument("--steps", type=int, default=30000, help="steps of gradient descent")
    parser.add_argument("--figure", type=Path, default=Path("build/xnor.png"), help="where the curve goes")
    options = parser.parse_args()

    start = time.perf_counter()
    step = make_training_function()
    made = time.perf_counter() - start
    predictions, costs, seconds = train(step, options.steps)

    if options.all:
        show_all(step)
    heading("two neurons and one above learn XNOR")
    print("    a1, a2 = sigmoid(x . w1 + b1), sigmoid(x . w2 + b1)")
    print("    a3     = sigmoid([a1 a2] . w3 + b2)")
    print("    cost   = -sum(t log(a3) + (1 - t) log(1 - a3))")
    print("    w1, w2, w3, b1, b2 go against their gradients\n")
    operations, lines = len(step.maker.fgraph.apply_nodes), theano.printing.ccode(step).count("\n")
    print(f"    a step is one native function: {operations} operations, {lines} lines as C (--all shows them)")
    print(f"    made in {1e3 * made:.1f} ms (expression, gradient, rewriting, compiling or loading)")
    print(f"    {options.steps} steps in {seconds:.4f} s: {options.steps / seconds:,.0f} steps a second")

    heading("what it says now")
    for (p, q), wanted, said in zip(INPUTS, OUTPUTS, predictions):
        print(f"    {p} XNOR {q} = {wanted}    network: {said:.3f}")
    draw(costs, options.figure)
    print(f"\n    cost curve: {options.figure}")


if __name__ == "__main__":
    main()
