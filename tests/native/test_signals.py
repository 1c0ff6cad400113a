"""Signals are served inside long programs, between loops and inside them, before anything is committed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.native.test_threads import run_alone
from theano.runtime import threads

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
SIZE = 1 << 24


class Stop(Exception):
    """Raised by a signal handler."""


@contextmanager
def alarm(seconds: float, handler: Callable[..., None]) -> Iterator[None]:
    """After some seconds, call `handler`."""
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stop(*_: object) -> None:
    raise Stop


def seconds_of(f: Callable[..., Any], *args: Any) -> float:
    start = time.perf_counter()
    f(*args)
    return time.perf_counter() - start


def is_stopped(f: Callable[..., Any], args: tuple[Any, ...], full: float, calls: Any) -> bool:
    """Whether a call that takes `full` seconds is stopped inside, soon after a quarter of that."""
    before, start = calls.get_value(), time.perf_counter()
    with alarm(full / 4, stop), pytest.raises(Stop):
        f(*args)
        time.sleep(60)
    return time.perf_counter() - start < full * 3 / 4 and bool(calls.get_value() == before)


@pytest.fixture(params=[1, 2])
def number(request: pytest.FixtureRequest) -> Iterator[None]:
    """Programs that one thread runs, and that two share."""
    before = threads.num_threads()
    with theano.change_flags(openmp=request.param > 1):
        threads.set_num_threads(request.param)
        yield
    threads.set_num_threads(before)


def slow(x: Any) -> Any:
    return T.sin(T.exp(T.sin(x)))


def slower(x: Any) -> Any:
    """Work of one loop that takes several times as long as what lies between two looks for signals."""
    for _ in range(4):
        x = T.arctan(T.arcsinh(T.log1p(T.exp(x))))
    return x


def _cases() -> dict[str, tuple[list[Any], Any, tuple[Any, ...]]]:
    v, x, (n, m) = T.fvector("v"), T.fmatrix("x"), T.lscalars("n", "m")
    long = np.linspace(0, 1, SIZE, dtype="float32")
    many = np.full(1 << 14, 512, "float32")
    return {
        "map": ([v], slower(v), (long,)),
        "sum": ([v], slower(v).sum(), (long,)),
        "columns": ([x], slower(x).sum(axis=0), (long.reshape(-1, 64),)),
        "eye": ([n, m], slower(T.eye(n, m, dtype="float32")), (SIZE >> 12, 1 << 12)),
        "unknown size": ([v], slower(T.arange(T.cast(v.sum(), "int64")) / 1e6), (many,)),
    }


@pytest.mark.parametrize("name", _cases())
def test_inside_one_loop(name: str, number: None) -> None:
    """What has been stopped has changed nothing, and can be called again."""
    inputs, output, args = _cases()[name]
    s = theano.shared(0)
    f = theano.function(inputs, output, updates=[(s, s + 1)])
    f(*args)
    full = seconds_of(f, *args)
    # a machine that does other things, too, may take its time once
    assert any(is_stopped(f, args, full, s) for _ in range(6))
    few = [a[: 1 << 10] if isinstance(a, np.ndarray) else 5 for a in args]
    want = theano.function(inputs, output, mode="FAST_COMPILE")(*few)
    calls = s.get_value()
    np.testing.assert_allclose(f(*few), want, rtol=1e-5)
    assert s.get_value() == calls + 1


def test_numbers_do_not_depend_on_where_signals_are_served(number: None) -> None:
    """A handler may use the function that it interrupts, and replace what this reads."""
    s = theano.shared(np.linspace(0, 1, SIZE, dtype="float32"))
    f = theano.function([], [slow(s).sum(), slow(s)[::1000]])
    want = f()
    served = []

    def handler(*_: object) -> None:
        value = s.get_value()
        s.set_value(value[:1000])
        served.append(np.asarray(f()[1]))
        s.set_value(value)

    with alarm(0.02, handler):
        found = f()
    assert [a.tobytes() for a in found] == [a.tobytes() for a in want]
    assert all(np.array_equal(a, want[1][:1]) for a in served)


def test_updates_are_whole(number: None) -> None:
    """A loop that writes to a shared variable goes on to its end."""
    s = theano.shared(np.ones(SIZE >> 2, "float32"))
    f = theano.function([], updates=[(s, slow(slow(slow(s))) + s)])
    f()
    for k in range(8):
        before = s.get_value()
        try:
            with alarm(0.003 * (k + 1), stop):
                f()
        except Stop:
            pass
        value = s.get_value()
        assert (value == value[0]).all()
        assert k or value[0] != before[0]


def test_who_waits_goes_on(number: None) -> None:
    s = theano.shared(np.ones(SIZE, "float32"))
    read = theano.function([], slow(slow(s)).sum())
    write = theano.function([], updates=[(s, s + 1)])
    read()
    write()
    other = threading.Thread(target=write)

    def handler(*_: object) -> None:
        other.start()
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.01)

    with alarm(0.01, handler), pytest.raises(Stop):
        read()
        time.sleep(60)
    other.join(60)
    assert not other.is_alive()
    assert s.get_value()[-1] == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_handler_forks(number: None) -> None:
    """Parent and child each end the loop in which they were, the child with threads of its own."""
    v = T.fvector("v")
    f = theano.function([v], slow(slow(v)).sum())
    data = np.linspace(0, 1, SIZE, dtype="float32")
    want = f(data)
    children: list[int] = []
    with alarm(0.03, lambda *_: children.append(os.fork())):
        found = f(data)
        while not children:
            time.sleep(0.01)
    if children == [0]:
        os._exit(int(found != want))
    assert found == want
    assert os.waitpid(children[0], 0)[1] == 0


def test_stretches_leave_nothing_out(tmp_path: Path) -> None:
    """Loops cut into the shortest stretches, also where the team is another thread's: each element is done once."""
    run_alone(
        """
        import threading, numpy as np, theano, theano.tensor as T
        from theano.runtime import abi, threads
        abi.STRETCH = 1
        X, faults = T.lmatrix("X"), []

        def check(f, *shape):
            x = np.random.default_rng(0).integers(1, 1 << 40, size=shape)
            more = x + np.arange(shape[1]) % 2 * 5
            for a, b in zip(f(x), (x + 1, x.sum(), x.sum(0), x.sum(1), more)):
                if not np.array_equal(a, b):
                    faults.append((shape, threads.num_threads()))

        for openmp, numbers in ((False, (1,)), (True, (1, 2, 3))):
            with theano.change_flags(openmp=openmp, openmp_elemwise_minsize=1):
                more = T.inc_subtensor(X[:, 1::2], 5)
                f = theano.function([X], [X + 1, X.sum(), X.sum(0), X.sum(1), more])
            for n in numbers:
                threads.set_num_threads(n)
                for shape in ((1, 1), (1, 70001), (70001, 1), (513, 300), (300, 513), (64, 2048), (65, 2049), (3, 0)):
                    check(f, *shape)
        def several():
            for _ in range(10):
                check(f, 513, 300)
        both = [threading.Thread(target=several) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert not faults, faults
        """,
        THEANO_FLAGS=f"{os.environ['THEANO_FLAGS']},cache.dir={tmp_path}",
    )


def test_a_loop_that_takes_longer_than_its_sizes_tell(tmp_path: Path) -> None:
    """As with memory that the system has to supply first: a stretch of the estimated length is most of the loop."""
    run_alone(
        """
        import numpy as np, theano, theano.tensor as T
        from theano.runtime import abi
        from tests.native.test_signals import is_stopped, seconds_of, slow
        v, calls = T.fvector("v"), theano.shared(0)
        data = np.linspace(0, 1, 1 << 25, dtype="float32")
        weight = 6480
        abi.STRETCH = weight * len(data) * 9 // 10
        f = theano.function([v], slow(slow(slow(slow(slow(slow(v)))))), updates=[(calls, calls + 1)])
        if f"weight {weight}," not in theano.printing.loop_program(f):
            raise SystemExit  # of another target
        f(data)
        full = min(seconds_of(f, data) for _ in range(3))
        assert any(is_stopped(f, (data,), full, calls) for _ in range(3))
        """,
        THEANO_FLAGS=f"{os.environ['THEANO_FLAGS']},openmp=False,cache.dir={tmp_path}",
    )


def test_interrupted_before_the_updates() -> None:
    x, s = T.dmatrix("x"), theano.shared(1.0)
    y = x
    for _ in range(20):
        y = T.sin(T.dot(y, y) / 1e3)
    f = theano.function([x], y.sum(), updates=[(s, s + 1)])
    f(np.ones((3, 3)))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with alarm(0.05, interrupt), pytest.raises(KeyboardInterrupt):
        f(np.ones((1100, 1100)))
    assert s.get_value() == 2.0
    f(np.ones((3, 3)))
    assert s.get_value() == 3.0
