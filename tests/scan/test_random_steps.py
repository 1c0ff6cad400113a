"""Random loops: scan = the same steps written out, in values and gradients."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import theano
import theano.tensor as T


class RandomLoop:
    """A step function drawn at random: taps, states, outputs, and what is computed from what."""

    def __init__(self, seed):
        self.rng = rng = np.random.RandomState(seed)
        self.sequence_taps = [self.taps(-2, 3) for _ in range(rng.randint(0, 3))]
        self.state_taps = [self.taps(-4, 0) for _ in range(rng.randint(0, 3))]
        self.n_outputs = rng.randint(0 if self.state_taps else 1, 3)
        self.n_steps = rng.randint(1, 6)
        self.backwards = bool(rng.randint(2))
        n_reads = sum(map(len, self.sequence_taps + self.state_taps)) + 1
        self.weights = [
            rng.uniform(-0.7, 0.7, n_reads) * (rng.uniform(size=n_reads) < 0.7)
            for _ in range(len(self.state_taps) + self.n_outputs)
        ]
        self.functions = [rng.choice([T.tanh, T.sin, T.nnet.sigmoid]) for _ in self.weights]

    def taps(self, low, high):
        n = self.rng.randint(1, 3)
        return [int(t) for t in self.rng.choice(np.arange(low, high), size=n, replace=False)]

    def step(self, *reads):
        values = []
        for f, weights in zip(self.functions, self.weights, strict=True):
            total = sum(w * r for w, r in zip(weights, reads, strict=True) if w)
            values.append(f(total + values[-1] * 0.3 if values else total + reads[-1] * 0.1))
        return values

    def looped(self, sequences, states, w):
        outs, _ = theano.scan(
            self.step,
            sequences=[dict(input=x, taps=t) for x, t in zip(sequences, self.sequence_taps, strict=True)],
            outputs_info=[dict(initial=s, taps=t) for s, t in zip(states, self.state_taps, strict=True)]
            + [None] * self.n_outputs,
            non_sequences=w, n_steps=self.n_steps, go_backwards=self.backwards, return_list=True,
        )  # fmt: skip
        return outs

    def unrolled(self, sequences, states, w, length):
        rows = [
            [s[k] for k in range(-min(t))] if t != [-1] else [s] for s, t in zip(states, self.state_taps, strict=True)
        ]
        stacks = [[] for _ in self.weights]
        spans = [length + min(0, *t, 0) - max(0, *t, 0) for t in self.sequence_taps]
        n = min([self.n_steps, *spans])
        for t in range(n):
            reads = []
            for x, taps, span in zip(sequences, self.sequence_taps, spans, strict=True):
                at = (span - 1 - t if self.backwards else t) - min(0, *taps, 0)
                reads += [x[at + k] for k in taps]
            for r, taps in zip(rows, self.state_taps, strict=True):
                reads += [r[k] for k in taps]
            for k, v in enumerate(self.step(*reads, w)):
                stacks[k].append(v)
                if k < len(rows):
                    rows[k].append(v)
        return [T.stack(s) for s in stacks]


@pytest.mark.parametrize("seed", range(40))
def test_scan_is_its_steps(seed):
    loop = RandomLoop(seed)
    length = 8
    rng = np.random.RandomState(seed + 1000)
    sequences = [T.dmatrix(f"x{k}") for k in range(len(loop.sequence_taps))]
    states = [T.dvector(f"s{k}") if t == [-1] else T.dmatrix(f"s{k}") for k, t in enumerate(loop.state_taps)]
    w = T.dvector("w")
    inputs = [*sequences, *states, w]
    args = [rng.randn(length, 2) for _ in sequences]
    args += [rng.randn(2) if t == [-1] else rng.randn(-min(t), 2) for t in loop.state_taps] + [rng.randn(2)]
    results = []
    for outs in (loop.looped(sequences, states, w), loop.unrolled(sequences, states, w, length)):
        cost = sum((o * np.cos(np.arange(2.0) + k)).sum() + (o[-1] ** 2).sum() for k, o in enumerate(outs))
        grads = T.grad(cost, inputs, disconnected_inputs="ignore")
        results.append([*outs, *grads])
    looped = theano.function(inputs, results[0], mode="FAST_COMPILE", on_unused_input="ignore")(*args)
    unrolled = theano.function(inputs, results[1], mode="FAST_COMPILE", on_unused_input="ignore")(*args)
    for a, b in zip(looped, unrolled, strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)
