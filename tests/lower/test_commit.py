"""Once a program has begun to update shared variables, nothing in it may fail."""

from __future__ import annotations

import numpy as np

import theano
import theano.tensor as T


def test_arrays_for_updates_are_made_before_anything_is_updated() -> None:
    """Also those whose lengths only the call finds: there may be no memory for one, and half of the updates done.

    The verifier of programs sees it; the sums of a gradient in parts, in the loop of Adam's updates in place.
    """
    x, which = T.ftensor4("x"), T.lvector("which")
    kernels = theano.shared(np.ones((4, 4, 2, 2), "f"))
    bias, mean, square = (theano.shared(np.zeros(4, "f")) for _ in range(3))
    lines = x[:, :, T.gt(which, 0).nonzero()[0]]
    made = T.nnet.conv2d(
        lines, kernels, border_mode="half", filter_shape=(4, 4, 2, 2), input_shape=(None, 4, None, 3)
    ) + bias.dimshuffle("x", 0, "x", "x")  # fmt: skip
    cost = T.sqr(made).sum()
    step = T.grad(cost, bias)
    first = T.cast(0.9, "float32") * mean + T.cast(0.1, "float32") * step
    second = T.cast(0.99, "float32") * square + T.cast(0.01, "float32") * T.sqr(step)
    moved = bias - T.cast(0.1, "float32") * first / (T.sqrt(T.clip(second, 0, 1e9)) + T.cast(1e-7, "float32"))
    with theano.change_flags(verify_programs=True):
        f = theano.function([x, which], cost, updates=[(mean, first), (square, second), (bias, moved)])
    assert f(np.ones((8, 4, 3, 3), "f"), [1, 0, 1]) == 30720
    np.testing.assert_allclose(bias.get_value(), np.full(4, -0.1), rtol=1e-5)
