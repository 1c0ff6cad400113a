"""Give each word a vector, from the words around it, with updates that touch few rows of large tables.

    python examples/embeddings.py [--steps N] [--figure FILE]

A word is asked for the words around it (skip-gram; T. Mikolov et al., 2013) in the text that Python's ``help`` shows. A
step looks at the words of the batch and a sample of others, not at all there are
(`T.nnet.sampled_softmax_crossentropy`), and ``table - rate * gradient`` writes only these rows. Needs matplotlib for
the figure.

After 12000 steps the surprise at a word beside one is 6.63 nats, 0.24 less than by how often it comes (7 s of CPU).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

import numpy as np
from training import draw, options, parameter, text, train

import theano
import theano.tensor as T

BATCH, WIDTH, SAMPLES, REACH = 256, 48, 128, 4
SHOWN = ("list", "class", "integer", "raise", "import", "method", "true", "string")


def main() -> None:
    """Train, print, draw."""
    chosen = options(__doc__, "embeddings", 12000)
    said = re.findall(r"[a-z]+", text())
    known = [word for word, n in Counter(said).most_common() if n >= 5]
    places = {word: k for k, word in enumerate(known)}
    words = np.array([places[w] for w in said if w in places])
    counts = np.bincount(words)
    share = counts / len(words)
    # Frequent words tell little: most of their places are passed over.
    rng = np.random.default_rng(0)
    words = words[rng.uniform(size=len(words)) < np.sqrt(1e-3 / share[words])]
    pieces = words[: len(words) // 200 * 200].reshape(-1, 200)
    apart = np.arange(len(pieces)) % 20 == 0  # to judge by
    learned, unseen = pieces[~apart].ravel(), pieces[apart].ravel()
    chances = (counts**0.75 / (counts**0.75).sum()).astype("float32")

    start = time.perf_counter()
    table = parameter(rng.uniform(-0.5, 0.5, (len(known), WIDTH)) / WIDTH, "table")
    W, b = parameter(np.zeros((len(known), WIDTH)), "W"), parameter(np.zeros(len(known)), "b")
    centre, around, sample, rate = T.lvector("centre"), T.lvector("around"), T.lvector("sample"), T.fscalar("rate")
    rows = table[centre]
    cost = T.nnet.sampled_softmax_crossentropy(rows, W, b, around, sample, T.constant(chances))
    # Each pair moves its own rows: sums over the batch, not means.
    slopes = T.grad(cost.sum(), [table, W, b])
    updates = [(p, p - rate * g) for p, g in zip((table, W, b), slopes)]
    step = theano.function([centre, around, sample, rate], cost.mean(), updates=updates, name="train")
    whole = T.nnet.crossentropy_softmax_1hot(T.dot(rows, W.T) + b, around)[0].mean()
    look = theano.function([centre, around], whole, name="look")
    print(f"{len(words):,} words of {len(known):,} kinds, {WIDTH} numbers each")
    print(f"compiled in {time.perf_counter() - start:.2f} s")

    def pairs(several: Any, n: int, draws: Any) -> tuple[Any, Any]:
        """Words, and for each one of those around it."""
        at = draws.integers(REACH, len(several) - REACH, n)
        return several[at], several[at + draws.choice([k for k in range(-REACH, REACH + 1) if k], n)]

    judged = pairs(unseen, 2000, np.random.default_rng(1))

    def one(k: int) -> float:
        drawn = rng.choice(len(known), SAMPLES, p=chances.astype("float64") / chances.sum(dtype="float64"))
        return float(step(*pairs(learned, BATCH, rng), drawn, 0.05 * (1 - k / chosen.steps) + 0.001))

    train(one, lambda: f"of unread text {float(look(*judged)):.3f} nats", chosen.steps)
    print(f"surprise at a word beside one, in unread text: {float(look(*judged)):.3f} nats; ", end="")
    print(f"{float(-np.log(share[judged[1]]).mean()):.3f} by how often it comes")
    vectors = table.get_value()
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    for word in SHOWN:
        near = np.argsort(-(vectors @ vectors[places[word]]))[1:6]
        print(f"{word:>10}: {', '.join(known[k] for k in near)}")

    def paint(axes: Any) -> None:
        few = vectors[:150] - vectors[:150].mean(axis=0)
        flat = few @ np.linalg.svd(few, full_matrices=False)[2][:2].T
        axis = axes[0, 0]
        axis.set(xlim=(flat[:, 0].min(), flat[:, 0].max()), ylim=(flat[:, 1].min(), flat[:, 1].max()))
        for word, (x, y) in zip(known, flat):
            axis.text(x, y, word, fontsize=6)

    draw(chosen.figure, 1, 1, paint, size=6)


if __name__ == "__main__":
    main()
