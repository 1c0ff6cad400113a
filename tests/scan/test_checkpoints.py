"""`scan_checkpoints`: values, gradients, and memory of the gradient."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

import theano
import theano.tensor as T
from theano.printing import memory_plan

x, W = T.dmatrix("x"), T.dmatrix("W")


def step(r, h, W):
    return T.tanh(T.dot(h, W) + T.dot(r, W))


def both(every=4, steps=None, **options):
    """The states after the last step, plainly and with checkpoints."""
    start = T.zeros_like(x[0])
    plain, _ = theano.scan(step, sequences=x, outputs_info=start, non_sequences=W, n_steps=steps)
    sparse, _ = theano.scan_checkpoints(
        step, sequences=x, outputs_info=start, non_sequences=W, n_steps=steps, save_every_N=every, **options
    )
    return plain, sparse


@pytest.mark.parametrize("length", [4, 9, 12])
def test_values_and_gradients(length, mode, rng):
    plain, sparse = both()
    outs = [*T.grad((plain[-1] ** 2).sum(), [x, W]), *T.grad((sparse[-1] ** 2).sum(), [x, W])]
    f = theano.function([x, W], [plain, sparse, *outs], mode=mode)
    p, s, *grads = f(rng.randn(length, 3), rng.randn(3, 3))
    kept = sorted({*range(3, length, 4), length - 1})
    assert_allclose(s, p[kept])
    for a, b in zip(grads[:2], grads[2:], strict=True):
        assert_allclose(a, b, rtol=1e-9)


def test_without_padding(rng):
    plain, sparse = both(3, padding=False)
    f = theano.function([x, W], [plain, sparse])
    p, s = f(rng.randn(6, 2), rng.randn(2, 2))
    assert_allclose(s, p[[2, 5]])
    with pytest.raises(ValueError):
        f(rng.randn(7, 2), rng.randn(2, 2))


def test_several_states_and_updates(rng):
    count = theano.shared(0)
    (a, b), updates = theano.scan_checkpoints(
        lambda r, a, b: ([a + r, b * 0.5 + a], {count: count + 1}),
        sequences=x, outputs_info=[T.zeros_like(x[0])] * 2, save_every_N=2,
    )  # fmt: skip
    (p, q), _ = theano.scan(lambda r, a, b: [a + r, b * 0.5 + a], sequences=x, outputs_info=[T.zeros_like(x[0])] * 2)
    f = theano.function([x], [a, b, p[1::2], q[1::2]], updates=updates)
    got = f(rng.randn(6, 2))
    assert_allclose(got[0], got[2])
    assert_allclose(got[1], got[3])
    assert count.get_value() == 6


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"outputs_info": None}, RuntimeError),
        ({"outputs_info": {"initial": x, "taps": [-2]}}, RuntimeError),
        ({"sequences": {"input": x, "taps": [-1, 0]}}, RuntimeError),
        ({"save_every_N": 0}, ValueError),
    ],
)
def test_what_it_cannot_do(options, error):
    given = {"sequences": x, "outputs_info": [x[0]], **options}
    if given["outputs_info"] is None:
        given["outputs_info"] = [None]
    with pytest.raises(error):
        theano.scan_checkpoints(lambda r, *s: r, **given)


def test_memory_of_the_gradient():
    """Of 10,000 steps the gradient keeps some hundreds of states."""
    peaks = []
    for out in both(100):
        f = theano.function([x, W], T.grad((out[-1] ** 2).sum(), W))
        peaks.append(memory_plan(f, shapes=[(10_000, 64), (64, 64)]).peak)
    rows = 10_000 * 64 * 8
    assert peaks[0] > 2 * rows
    assert peaks[1] < peaks[0] - rows
