"""Read handwritten digits with a small residual network: shortcuts around pairs of convolutions, batch normalisation.

    python examples/resnet.py [--steps N] [--figure FILE]

After K. He et al., "Deep residual learning", 2015. While it learns, each batch is normalised by its own mean and
variance; running averages of both, kept by the updates, take their place when the network is used. Needs scikit-learn
for the digits, and matplotlib for the figure.

After 1000 steps it reads 99.2 % of the digits that it has not learned from (8 s of CPU).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from classifier import Network, main
from training import options, parameter, weights

import theano.tensor as T

WIDTHS = (16, 32)


class Normalised:
    """A convolution whose channels are normalised."""

    def __init__(self, rng: Any, channels: int, width: int, size: int, stride: int = 1) -> None:
        self.w, self.stride = weights(rng, (width, channels, size, size), channels * size**2 / 2), stride
        self.scale, self.shift = parameter(np.ones(width)), parameter(np.zeros(width))
        self.mean, self.var = parameter(np.zeros(width)), parameter(np.ones(width))
        self.updates: list[tuple[Any, Any]] = []

    def __call__(self, x: Any, learning: bool) -> Any:
        x = T.nnet.conv2d(x, self.w, border_mode="half", subsample=(self.stride, self.stride))
        if not learning:
            return T.nnet.batch_normalization_test(x, self.scale, self.shift, self.mean, self.var, "spatial")
        x, _, _, mean, var = T.nnet.batch_normalization_train(
            x, self.scale, self.shift, "spatial", running_mean=self.mean, running_var=self.var
        )
        self.updates = [(self.mean, mean), (self.var, var)]
        return x

    @property
    def parameters(self) -> list[Any]:
        """What is learned; the running averages are not."""
        return [self.w, self.scale, self.shift]


class Block:
    """Two convolutions, and a shortcut around them: with a stride, a convolution of single pixels."""

    def __init__(self, rng: Any, channels: int, width: int, stride: int) -> None:
        self.first = Normalised(rng, channels, width, 3, stride)
        self.second = Normalised(rng, width, width, 3)
        self.around = Normalised(rng, channels, width, 1, stride) if stride > 1 else None

    def __call__(self, x: Any, learning: bool) -> Any:
        inside = self.second(T.nnet.relu(self.first(x, learning)), learning)
        return T.nnet.relu(inside + (x if self.around is None else self.around(x, learning)))

    @property
    def layers(self) -> list[Normalised]:
        """The convolutions."""
        return [self.first, self.second, *([] if self.around is None else [self.around])]


def resnet(seed: int = 0) -> Network:
    """A convolution, a block for each width, the mean over all pixels, and a layer above."""
    rng = np.random.default_rng(seed)
    stem = Normalised(rng, 1, WIDTHS[0], 3)
    pairs = list(zip((WIDTHS[0], *WIDTHS), WIDTHS))
    blocks = [Block(rng, before, width, 1 if before == width else 2) for before, width in pairs]
    layers = [stem, *(layer for block in blocks for layer in block.layers)]
    w, b = weights(rng, (WIDTHS[-1], 10), WIDTHS[-1]), parameter(np.zeros(10))

    def scores(x: Any, learning: bool) -> Any:
        x = T.nnet.relu(stem(x, learning))
        for block in blocks:
            x = block(x, learning)
        return T.dot(x.mean(axis=(2, 3)), w) + b

    def updates() -> list[tuple[Any, Any]]:
        return [pair for layer in layers for pair in layer.updates]

    return Network(scores, [*(p for layer in layers for p in layer.parameters), w, b], updates)


if __name__ == "__main__":
    chosen = options(__doc__, "resnet", 1000)
    main(resnet(), chosen)
