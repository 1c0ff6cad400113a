"""`theano.progress.steps`: loops that tell of their steps."""

from __future__ import annotations

import numpy as np
import pytest
from theano.progress import steps

import theano
import theano.tensor as T
from theano.printing import loop_steps


def looped(tell=None, every=1, start=None, **kwargs):
    """A loop of as many steps as the function is told, which halves."""
    n = T.iscalar("n")
    start = T.constant(1.0, dtype="float64") if start is None else start
    out, updates = theano.scan(
        lambda k, x: steps(x / 2, k, tell, every), sequences=T.arange(n), outputs_info=start
    )
    return n, out, theano.function([n], out[-1], updates=updates, **kwargs)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", theano.Mode("py", "fast_run")])
@pytest.mark.parametrize("every", [1, 3, 100, 0, np.uint64(4)])
def test_steps_that_are_told(every, mode):
    told = []
    f = looped(lambda k, value: told.append((k, float(value))), every, mode=mode)[2]
    assert f(10) == 0.5**10
    assert told == [(k, 0.5 ** (k + 1)) for k in range(10) if every and k % int(every) == 0]
    assert all(type(k) is int for k, _ in told)


def test_how_often_may_change_later():
    told = []
    every = theano.shared(0)
    f = looped(lambda k, value: told.append(k), every)[2]
    f(5)
    every.set_value(2)
    f(5)
    every.set_value(-1)
    f(5)
    assert told == [0, 2, 4]


def test_the_gradient_passes():
    x, v, w, told = T.dscalar("x"), T.dscalar("v"), T.dvector("w"), []
    n = T.iscalar("n")

    def made(wrap):
        out, _ = theano.scan(lambda k, a, w: wrap(T.tanh(a * w[k]), k), T.arange(n), x, non_sequences=w)
        return [out[-1], *T.grad(out[-1], [x, w]), theano.gradient.Rop(out[-1], x, v)]

    with_, without = made(lambda a, k: steps(a, k, lambda k, value: told.append(k), 2)), made(lambda a, k: a)
    values = (0.3, 0.7, np.linspace(0.5, 1.5, 6), 6)
    f, g = theano.function([x, v, w, n], with_), theano.function([x, v, w, n], without)
    for one, other in zip(f(*values), g(*values), strict=True):
        np.testing.assert_array_equal(one, other)
    assert set(told) == {0, 2, 4}


def test_values_of_any_shape_and_dtype():
    told = []
    start = T.zeros((2, 0, 3), dtype="complex64")
    n = T.iscalar()
    out, _ = theano.scan(
        lambda k, x: steps(x + x, k, lambda k, x: told.append((x.shape, x.dtype.name)), 2), T.arange(n), start
    )
    theano.function([n], out[-1])(3)
    assert told == [((2, 0, 3), "complex64")] * 2


def test_what_the_call_back_raises_ends_the_call():
    def tell(k, value):
        if k == 3:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        looped(tell)[2](10)


def test_lines_every_two_seconds(monkeypatch, capsys):
    now = iter(np.arange(0.0, 100.0, 0.5))
    monkeypatch.setattr(loop_steps, "perf_counter", lambda: next(now))
    f = looped(every=1000)[2]
    f(9001)
    f(3001)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "theano: step 4,000 of a loop, 2 s so far",
        "theano: step 8,000 of a loop, 4 s so far",
    ]
    monkeypatch.setattr("sys.stderr", None)
    f(9001)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, 0.5), "step is an integer without dimensions .*, not a TensorType\\(float"),
        ((1.0, [1, 2]), "step is an integer"),
        ((1.0, 1, None, 0.1), "every is an integer"),
        ((1.0, 1, 3), r"tell is called as tell\(step, value\), 3 can't be"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        steps(*arguments)
