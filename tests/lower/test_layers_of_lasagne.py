"""What the transposed and dilated layers of Lasagne's master make of gradients of convolutions, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d
from theano.tensor.nnet.abstract_conv import AbstractConv2d_gradInputs, AbstractConv2d_gradWeights

import theano
import theano.tensor as T

draw = np.random.RandomState(0)
IMAGES = draw.randn(2, 3, 5, 6)
x, w = T.dtensor4("x"), T.dtensor4("w")


def summed(one, kernels, size):
    """For each image and filter the sum over channels of what `one` gives of two matrices."""
    found = np.zeros((len(IMAGES), kernels.shape[1], *size))
    for n, o, i in np.ndindex(len(IMAGES), kernels.shape[1], kernels.shape[0]):
        found[n, o] += one(IMAGES[n, i], kernels[i, o])
    return found


def check(result, kernels, wanted):
    gradients = T.grad(T.sqr(result).sum(), [x, w])
    value, of_images, of_kernels = theano.function([x, w], [result, *gradients])(IMAGES, kernels)
    np.testing.assert_allclose(value, wanted, atol=1e-12)
    # The layer is linear in each of the two, so the square's gradients along them are twice the square.
    np.testing.assert_allclose([(of_images * IMAGES).sum(), (of_kernels * kernels).sum()], 2 * (wanted**2).sum())


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("symbolic", [False, True])
def test_transposed(flip, symbolic):
    kernels, size = draw.randn(3, 4, 3, 3), (11, 8)

    def one(image, kernel):
        spread = np.zeros((9, 6))
        spread[::2] = image
        return convolve2d(spread, kernel[::-1, ::-1] if flip else kernel)

    op = AbstractConv2d_gradInputs(
        imshp=(None, 4, None, None), kshp=kernels.shape, subsample=(2, 1), border_mode=(0, 0), filter_flip=flip
    )
    wanted = (2 * (x.shape[2] - 1) + 3, x.shape[3] + 2) if symbolic else size
    check(op(w, x, wanted), kernels, summed(one, kernels, size))


@pytest.mark.parametrize("rates", [(2, 1), (1, 2), (3, 2)])
def test_dilated(rates):
    """The gradient of weights with images and channels exchanged: kernels take the place of the output's gradient."""
    kernels = draw.randn(3, 4, 2, 3)
    lengths = [(n - 1) * rate + 1 for n, rate in zip((2, 3), rates)]
    size = (5 - lengths[0] + 1, 6 - lengths[1] + 1)

    def one(image, kernel):
        spread = np.zeros(lengths)
        spread[:: rates[0], :: rates[1]] = kernel
        return correlate2d(image, spread, "valid")

    op = AbstractConv2d_gradWeights(
        imshp=(3, None, 5, 6), kshp=(4, None, *size), subsample=rates, border_mode=(0, 0), filter_flip=False
    )
    check(op(x.transpose(1, 0, 2, 3), w, size).transpose(1, 0, 2, 3), kernels, summed(one, kernels, size))
