"""Compiled loops take no more memory than they must, end when somebody stops them, and leave nothing behind."""

from __future__ import annotations

import gc
import shutil
import signal
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from theano.scan_module import until
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from tests.backend.functions import Compiled
from tests.backend.test_c import built, call
from tests.native.test_signals import alarm
from theano.compile import as_op
from theano.ifelse import ifelse
from theano.printing import ccode, memory_plan
from theano.runtime.jit import isa
from theano.show.plans.inspect import c_unit

n, x, h, w = T.lscalar("n"), T.dmatrix("x"), T.dvector("h"), T.dmatrix("w")


# -- memory ------------------------------------------------------------------------------------------------
def peak(inputs: list[Any], outputs: Any, steps: int) -> int:
    """The planned bytes of a call: workspace and results."""
    shapes = [(steps, 4), (4,), (4, 4)][: len(inputs)]
    return memory_plan(theano.function(inputs, outputs, mode="FAST_RUN"), shapes=shapes).peak


def tail(rows: int) -> Any:
    """A recurrence with two taps, of whose results the last `rows` are read."""
    start = dict(initial=T.stack([h, h]), taps=[-2, -1])
    outs, _ = theano.scan(lambda r, b, a, w: T.tanh(T.dot(w, a) + b + r), x, start, w)
    return [x, h, w], outs[-1] if rows == 1 else outs[-rows:]


def sums() -> Any:
    """Several states and an output, summed up or read at the end."""
    start = T.zeros_like(h)
    (a, b, c), _ = theano.scan(lambda r, a, b, w: [a + r, T.dot(w, b) * a, a * b], x, [start, start + 1, None], w)
    return [x, h, w], [a[-1], b[-2:].sum(axis=0), c[-1]]


def nested() -> Any:
    def row(r: Any, total: Any) -> Any:
        inner, _ = theano.scan(lambda v, s: T.tanh(s + v), r, T.zeros_like(r[0]))
        return total + inner[-1]

    outs, _ = theano.scan(row, x, T.constant(0.0, dtype="float64"))
    return [x], outs[-1]


def stopped() -> Any:
    outs, _ = theano.scan(lambda r, s: (s + r, until((s > 1e3).any())), x, T.zeros_like(x[0]))
    return [x], outs[-1]


@pytest.mark.parametrize(
    "build", [lambda: tail(1), lambda: tail(3), sums, nested, stopped], ids=["1", "3", "sums", "nested", "until"]
)
def test_memory_does_not_depend_on_the_number_of_steps(build: Any) -> None:
    assert 0 < peak(*build(), 1_000) == peak(*build(), 1_000_000) < 2_000
    everything, _ = theano.scan(lambda r, s: s + r, x, T.zeros_like(x[0]))
    assert peak([x], everything, 1_000_000) >= 32_000_000


def test_ten_million_steps() -> None:
    outs, _ = theano.scan(lambda s: s + 1.0, outputs_info=T.constant(0.0, dtype="float64"), n_steps=n)
    f = theano.function([n], outs[-1], mode="FAST_RUN")
    assert f(10_000_000) == 1e7


# -- signals and exceptions --------------------------------------------------------------------------------
def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
@pytest.mark.parametrize("kind", ["numbers", "rows", "until", "nested"])
def test_interrupted_in_a_long_loop(kind: str) -> None:
    count, total = theano.shared(np.int64(0)), theano.shared(0.0)

    def step(s: Any) -> Any:
        if kind == "nested":
            inner, _ = theano.scan(lambda v: v + 1.0, outputs_info=s, n_steps=1_000_000)
            return inner[-1]
        value = T.tanh(s) + 1.0
        return (value, until((value < 0).any())) if kind == "until" else value

    start = T.zeros((4,)) if kind == "rows" else T.constant(0.0, dtype="float64")
    outs, _ = theano.scan(step, outputs_info=start, n_steps=n)
    f = theano.function([n], outs[-1], updates=[(count, count + 1), (total, total + outs[-1].sum())], mode="FAST_RUN")
    f(10)
    before = float(total.get_value())
    with alarm(0.1, interrupt), pytest.raises(KeyboardInterrupt):
        f(10**12)
    assert count.get_value() == 1 and float(total.get_value()) == before
    f(10)
    assert count.get_value() == 2


class Stop(Exception):
    """What the call-back raises."""


@pytest.mark.parametrize("at", [0, 1, 777])
def test_an_exception_at_some_step(at: int) -> None:
    made: list[Any] = []

    @as_op([T.dvector, T.lscalar], [T.dvector], lambda shapes: [shapes[0]])
    def careful(values: Any, k: Any) -> Any:
        if k == at:
            raise Stop(int(k))
        result = values + 1
        made.append(weakref.ref(result))
        return result

    streams = RandomStreams(seed=3)
    count = theano.shared(np.int64(0))

    def step(k: Any, s: Any) -> Any:
        return careful(s, k) + streams.uniform((3,)), {count: count + 1}

    outs, updates = theano.scan(step, T.arange(n), T.zeros((3,)))
    f = theano.function([n], outs, updates=updates, mode="FAST_RUN")
    state = [(s, s.get_value()) for s in updates if s is not count]
    for _ in range(2):
        with pytest.raises(Stop, match=str(at)):
            f(1000)
        assert count.get_value() == 0
        for s, value in state:
            assert all(np.array_equal(a, b) for a, b in zip(s.get_value().get_state(), value.get_state(), strict=True))
    gc.collect()
    assert not any(ref() is not None for ref in made)
    if at:  # all steps before it
        f(at)
        assert count.get_value() == at


def test_references_are_steady() -> None:
    """Loops with call-backs, objects, rows that grow, and branches, called over and over."""
    double = as_op([T.dvector], [T.dvector], lambda shapes: shapes)(lambda v: 2 * v)
    streams = RandomStreams(seed=3)

    def step(r: Any, s: Any) -> Any:
        value = ifelse(T.gt(r.sum(), 0), double(s), s + 1) + streams.uniform((2,))
        return T.clip(value, -5, 5), until(r[0] > 100)

    outs, updates = theano.scan(step, x, T.zeros((2,)))
    f = theano.function([x], [outs, outs[-1]], updates=updates, mode="FAST_RUN")
    value = np.linspace(-1, 1, 60).reshape(30, 2)
    for _ in range(20):
        f(value)
    gc.collect()
    before, held = len(gc.get_objects()), sys.getrefcount(value)
    blocks = sys.getallocatedblocks()
    for _ in range(300):
        f(value)
    gc.collect()
    assert sys.getrefcount(value) == held
    assert len(gc.get_objects()) - before < 50
    assert sys.getallocatedblocks() - blocks < 300


# -- gradients and C -----------------------------------------------------------------------------------------
def test_gradient_through_ten_thousand_steps() -> None:
    a, s = T.dvector("a"), T.dvector("s")
    outs, _ = theano.scan(lambda s, a: T.sin(s * a) + 0.1, outputs_info=s, non_sequences=a, n_steps=n)
    f = theano.function([a, s, n], [outs[-1].sum(), *T.grad(outs[-1].sum(), [a, s])], mode="FAST_RUN")
    av, sv, steps = np.array([0.9, 1.0, 1.05]), np.array([0.3, 0.2, 0.1]), 10_000
    found = f(av, sv, steps)
    states = [sv]
    for _ in range(steps):
        states.append(np.sin(states[-1] * av) + 0.1)
    da, ds = np.zeros(3), np.ones(3)
    for t in range(steps, 0, -1):
        slope = ds * np.cos(states[t - 1] * av)
        da, ds = da + slope * states[t - 1], slope * av
    np.testing.assert_allclose(found[0], states[-1].sum(), rtol=1e-12)
    np.testing.assert_allclose(found[1], da, rtol=1e-9)
    np.testing.assert_allclose(found[2], ds, rtol=1e-9, atol=1e-300)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize(
    "build", [lambda: tail(1), lambda: tail(3), sums, nested, stopped],
    ids=["last", "last three", "sums", "nested", "stopped"],
)  # fmt: skip
def test_as_c(build: Any, tmp_path: Path) -> None:
    inputs, outputs = build()
    f = theano.function(inputs, outputs, mode="FAST_RUN")
    rng = np.random.RandomState(1)
    args = [rng.randn(9, 4), rng.randn(4), rng.randn(4, 4)][: len(inputs)]
    function = built(ccode(f, fma=isa().has_fma), tmp_path)
    status, found = call(function, c_unit(f), Compiled(f, f.executor), args, [])
    assert status == 0
    wanted = f(*args)
    for a, b in zip(found, wanted if isinstance(wanted, list) else [wanted], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
