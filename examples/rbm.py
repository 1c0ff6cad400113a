"""Train a restricted Boltzmann machine on handwritten digits by persistent contrastive divergence.

    python examples/rbm.py [--epochs N] [--hidden N] [--steps N] [--figure FILE]

The chains of the negative phase live in a shared variable. One call of the training function lets them go on for
some steps of Gibbs sampling (`scan`, with a random stream in the step), takes a step of gradient descent, and keeps the
chains and the states of the generator for the next call: all of it is one compiled program.

Needs scikit-learn for the digits, and the extra `plot` for the figure.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits

import theano
import theano.tensor as T
from theano.random import MRG_RandomStreams

BATCH = 20


def digits() -> tuple[Any, Any]:
    """Black and white digits of 8 x 8 pixels: for training, and others."""
    pixels = (load_digits().data > 7).astype(theano.config.floatX)
    order = np.random.RandomState(0).permutation(len(pixels))
    rows = pixels[order]
    return rows[:1400], rows[1400:]


class Machine:
    """Binary visible and hidden units with the energy ``-(v W h) - v a - h b``."""

    def __init__(self, n_visible: int, n_hidden: int, n_chains: int = BATCH, seed: int = 1) -> None:
        rng = np.random.RandomState(seed)

        def parameter(value: Any, name: str) -> Any:
            return theano.shared(np.asarray(value, dtype=theano.config.floatX), name)

        self.W = parameter(0.05 * rng.randn(n_visible, n_hidden), "W")
        self.a = parameter(np.zeros(n_visible), "a")
        self.b = parameter(np.zeros(n_hidden), "b")
        self.parameters = [self.W, self.a, self.b]
        self.chains = parameter(rng.randint(0, 2, (n_chains, n_visible)), "chains")
        self.streams = MRG_RandomStreams(seed=seed + 1)

    def free_energy(self, v: Any) -> Any:
        """Minus the logarithm of the unnormalised probability of each row: the hidden units are summed out."""
        return -T.dot(v, self.a) - T.nnet.softplus(T.dot(v, self.W) + self.b).sum(axis=1)

    def p_hidden(self, v: Any) -> Any:
        """The probability of each hidden unit to be on."""
        return T.nnet.sigmoid(T.dot(v, self.W) + self.b)

    def p_visible(self, h: Any) -> Any:
        """The probability of each visible unit to be on."""
        return T.nnet.sigmoid(T.dot(h, self.W.T) + self.a)

    def draw(self, p: Any) -> Any:
        """Units that are on with the given probabilities."""
        return self.streams.binomial(size=p.shape, n=1, p=p, dtype=theano.config.floatX)

    def gibbs(self, v: Any) -> Any:
        """Draw the hidden units given the visible ones, and then new visible ones."""
        return self.draw(self.p_visible(self.draw(self.p_hidden(v))))

    def pseudo_likelihood(self, v: Any, i: Any) -> Any:
        """A guess of the log-likelihood of rows, from how much likelier they are than with unit `i` flipped."""
        flipped = T.set_subtensor(v[:, i], 1 - v[:, i])
        return v.shape[1] * T.mean(T.log(T.nnet.sigmoid(self.free_energy(flipped) - self.free_energy(v))))


class Functions(NamedTuple):
    """What has been compiled."""

    train: Any
    """``train(rows, rate)``: a step of descent; the mean difference of the free energies of data and chains."""
    score: Any
    """``score(rows)``: the mean pseudo-likelihood over all units."""
    reconstruct: Any
    """``reconstruct(rows)``: mean cross-entropy of rows and what one step up and down makes of them."""
    dream: Any
    """``dream(steps)``: let the chains go on; the probabilities of their visible units."""


def compile_machine(machine: Machine, steps: int) -> Functions:
    """The functions of a machine whose chains take `steps` steps a batch."""
    v, rate, n = T.matrix("v"), T.scalar("rate"), T.lscalar("n")

    path, updates = theano.scan(machine.gibbs, outputs_info=machine.chains, n_steps=steps)
    end = path[-1]
    cost = T.mean(machine.free_energy(v)) - T.mean(machine.free_energy(end))
    # the chains are samples: how they came about has no part in the gradient
    slopes = T.grad(cost, machine.parameters, consider_constant=[end])
    updates.update([(p, p - rate * g) for p, g in zip(machine.parameters, slopes)])
    updates[machine.chains] = end
    train = theano.function([v, rate], cost, updates=updates, name="train", allow_input_downcast=True)

    each, _ = theano.map(lambda i, v: machine.pseudo_likelihood(v, i), T.arange(v.shape[1]), v)
    score = theano.function([v], T.mean(each), name="score")

    again = machine.p_visible(machine.p_hidden(v))
    entropy = T.nnet.binary_crossentropy(again, v).sum(axis=1)
    reconstruct = theano.function([v], T.mean(entropy), name="reconstruct")

    dreams, moves = theano.scan(machine.gibbs, outputs_info=machine.chains, n_steps=n)
    moves[machine.chains] = dreams[-1]
    shown = machine.p_visible(machine.p_hidden(dreams[-1]))
    dream = theano.function([n], shown, updates=moves, name="dream")
    return Functions(train, score, reconstruct, dream)


def draw(rows: Any, path: Path) -> None:
    """Write rows of pixels as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(rows) // 2, figsize=(7, 1.6), layout="constrained")
    for axis, row in zip(axes.flat, rows):
        axis.imshow(row.reshape(8, 8), cmap="gray_r")
        axis.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Train, print, draw."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30, help="how often all digits are seen")
    parser.add_argument("--hidden", type=int, default=100, help="hidden units")
    parser.add_argument("--steps", type=int, default=5, help="steps of Gibbs sampling a batch")
    parser.add_argument("--figure", type=Path, default=Path("build/rbm.png"), help="where the dreams go")
    options = parser.parse_args()

    rows, others = digits()
    start = time.perf_counter()
    machine = Machine(rows.shape[1], options.hidden)
    f = compile_machine(machine, options.steps)
    print(f"{len(rows)} digits to learn, {len(others)} others to judge by")
    print(f"compiled in {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    for epoch in range(options.epochs + 1):
        if epoch % 5 == 0 or epoch == options.epochs:
            likelihood, entropy = float(f.score(others)), float(f.reconstruct(others))
            print(f"epoch {epoch:3}: pseudo-likelihood {likelihood:8.3f}, reconstruction {entropy:7.3f}")
        for k in range(0, len(rows), BATCH) if epoch < options.epochs else ():
            f.train(rows[k : k + BATCH], 0.1 * (1 - epoch / options.epochs))
    print(f"trained in {time.perf_counter() - start:.2f} s")
    draw(f.dream(1000), options.figure)
    print(f"what the machine dreams of: {options.figure}")


if __name__ == "__main__":
    main()
