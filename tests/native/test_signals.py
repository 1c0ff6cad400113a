"""Signals are served inside long programs, between loops and before anything is committed."""

from __future__ import annotations

import signal

import numpy as np
import pytest

import theano
import theano.tensor as T


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
def test_interrupted_before_the_updates() -> None:
    x, s = T.dmatrix("x"), theano.shared(1.0)
    y = x
    for _ in range(20):
        y = T.sin(T.dot(y, y) / 1e3)
    f = theano.function([x], y.sum(), updates=[(s, s + 1)])
    f(np.ones((3, 3)))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            f(np.ones((1100, 1100)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert s.get_value() == 2.0
    f(np.ones((3, 3)))
    assert s.get_value() == 3.0
