"""ucs: colours in the space CAM02-UCS, and back by optimization."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from tests.clients.installed import client

ucs = client("ucs")


def test_colours():
    white, grey = (np.asarray(ucs.srgb_to_ucs(np.full((1, 3), value))) for value in (1.0, 0.5))
    assert abs(white[..., 0] - 100).max() < 0.1 and 40 < grey[0, 0] < 60  # lightness
    assert abs(grey[0, 1:]).max() < 2  # greys are not colourful


def test_differences_and_back():
    colours = np.array([[0.2, 0.5, 0.7], [0.9, 0.1, 0.3]])
    there = np.asarray(ucs.srgb_to_ucs(colours))
    np.testing.assert_allclose(ucs.jmh_to_jab(ucs.jab_to_jmh(there)), there, rtol=1e-6)
    assert ucs.delta_e(there[0], there[1]) > 20
    # ucs.ucs_to_srgb() starts at a grey, where the gradient is not a number (with Theano 1.0.5, too).
    loss = lambda at: ucs.functions.ucs_to_srgb_helper(at, there[0], 80, 16, 16, 1, 0.69, 1)  # noqa: E731
    found = optimize.minimize(loss, [0.4, 0.5, 0.6], jac=True, method="L-BFGS-B")
    np.testing.assert_allclose(found.x, colours[0], atol=0.01)
