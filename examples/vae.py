"""Learn to draw digits: a variational autoencoder.

    python examples/vae.py [--steps N] [--figure FILE]

After D. Kingma, M. Welling, "Auto-encoding variational Bayes", 2013. The encoder gives the mean and the spread of a
few hidden numbers for an image, the decoder the probability that each pixel is black; the hidden numbers are drawn
inside the compiled step, in the loop that uses them. Needs scikit-learn for the digits, and matplotlib for the figure.

After 6000 steps the surprise at a digit not learned from is 18.0 nats at most (5 s of CPU); 24.5 if pixels were
independent.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from training import adam, digits, draw, options, parameter, show, train, weights

import theano
import theano.tensor as T
from theano.random import PhiloxRandomStreams

BATCH, HIDDEN, LATENT = 100, 128, 6


class Layer:
    """A product and a shift."""

    def __init__(self, rng: Any, n: int, m: int) -> None:
        self.w, self.b = weights(rng, (n, m), n), parameter(np.zeros(m))
        self.parameters = [self.w, self.b]

    def __call__(self, x: Any) -> Any:
        return T.dot(x, self.w) + self.b


def main() -> None:
    """Train, print, draw."""
    chosen = options(__doc__, "vae", 6000)
    images, _, others, _ = digits()
    rng, streams = np.random.default_rng(0), PhiloxRandomStreams(seed=1)
    pixels = images[0].size
    enter, mean_of, spread_of = (Layer(rng, *s) for s in ((pixels, HIDDEN), (HIDDEN, LATENT), (HIDDEN, LATENT)))
    back, leave = Layer(rng, LATENT, HIDDEN), Layer(rng, HIDDEN, pixels)

    def decoded(z: Any) -> Any:
        """Before the sigmoid."""
        return leave(T.nnet.gelu(back(z)))

    start = time.perf_counter()
    x, z = T.matrix("x"), T.matrix("z")
    hidden = T.nnet.gelu(enter(x))
    mean, log_spread = mean_of(hidden), spread_of(hidden)
    drawn = mean + T.exp(log_spread) * streams.normal(size=mean.shape, dtype=x.dtype)
    surprise = T.nnet.sigmoid_binary_crossentropy(decoded(drawn), x).sum(axis=1)
    # From N(mean, spread) to N(0, 1).
    divergence = (T.exp(2 * log_spread) + mean**2 - 1 - 2 * log_spread).sum(axis=1) / 2
    bound = (surprise + divergence).mean()
    parameters = [p for layer in (enter, mean_of, spread_of, back, leave) for p in layer.parameters]
    step = theano.function([x], bound, updates=adam(bound, parameters, 0.002), name="train")
    look = theano.function([x], bound, name="bound")
    imagine = theano.function([z], T.nnet.sigmoid(decoded(z)), name="imagine")
    print(f"compiled in {time.perf_counter() - start:.2f} s")

    rows = (images.reshape(len(images), -1) > 0.5).astype(images.dtype)
    unseen = (others.reshape(len(others), -1) > 0.5).astype(images.dtype)
    picked = np.random.RandomState(1)
    train(
        lambda _: float(step(rows[picked.randint(0, len(rows), BATCH)])),
        lambda: f"of others {float(look(unseen)):.2f}",
        chosen.steps,
    )
    score = np.mean([float(look(unseen)) for _ in range(20)])
    share = unseen.mean(axis=0).clip(1e-3, 1 - 1e-3)
    plain = -(unseen * np.log(share) + (1 - unseen) * np.log(1 - share)).sum(axis=1).mean()
    print(f"surprise at a digit not learned from: at most {score:.2f} nats; {plain:.2f} if pixels were independent")

    def paint(axes: Any) -> None:
        numbers = rng.standard_normal((axes.size, LATENT)).astype(images.dtype)
        for axis, row in zip(axes.flat, imagine(numbers)):
            show(axis, row.reshape(8, 8))

    draw(chosen.figure, 4, 10, paint)


if __name__ == "__main__":
    main()
