"""Programs, `get_value`, `set_value` and forks take turns: nobody sees half of an update, and nobody waits for ever."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.native.test_threads import needs_team, run_alone, together
from theano.native.support import loading
from tools.soak import soak_forks, soak_threads

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")
SIZE = 400_000


def one() -> T.TensorVariable:
    """A function's 1 for each element, and some work."""
    return T.floor(T.exp(T.zeros(SIZE)))


def test_soak_of_threads() -> None:
    assert not soak_threads(2, n_threads=16).faults


@needs_fork
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_soak_of_forks() -> None:
    assert not soak_forks(8, n_threads=6).faults


def test_copies_are_whole_when_the_update_begins_meanwhile() -> None:
    """The copy of an array lets other threads run."""
    s = theano.shared(np.zeros(SIZE))
    add = theano.function([], updates=[(s, s + one())])
    done = threading.Event()

    def update() -> None:
        while not done.is_set():
            add()

    def read() -> None:
        try:
            for _ in range(150):
                value = s.get_value()
                assert (value == value[0]).all()
        finally:
            done.set()

    together(update, read)


def test_a_value_that_is_set_is_never_lost() -> None:
    """What a function computes from the old value does not take its place."""
    s, kept = theano.shared(np.zeros(SIZE)), theano.shared(0.0)
    n = T.lscalar()
    grow = theano.function([n], updates=[(s, T.concatenate([s + one()[0], T.zeros(n)]))])
    keep = theano.function([], updates=[(kept, s[-1])])

    def run() -> None:
        for _ in range(60):
            grow(0)
            keep()

    def put() -> None:
        for k in range(1, 40):
            s.set_value(np.full(SIZE, 1000.0 * k))

    together(run, put)
    assert s.get_value()[0] >= 39_000


def test_zero_of_the_array_itself_waits() -> None:
    s = theano.shared(np.zeros(SIZE), borrow=True)
    add = theano.function([], updates=[(s, s + one())])

    def update() -> None:
        for _ in range(60):
            add()

    def clear() -> None:
        for _ in range(60):
            s.zero(borrow=True)
            value = s.get_value()
            assert (value == value[0]).all()

    together(update, clear)


def test_unusual_storages_are_cleaned_between_updates() -> None:
    """A storage that overlaps another one is copied; not in the middle of an update by who uses it alone."""
    a, b = theano.shared(np.zeros(SIZE)), theano.shared(np.zeros(SIZE))
    alone = theano.function([], updates=[(a, a + one())])
    pair = theano.function([], a.max() - a.min(), updates=[(b, b + 1)])

    def update() -> None:
        for _ in range(40):
            alone()

    def clean() -> None:
        for _ in range(40):
            both = np.zeros(SIZE + 1)
            a.set_value(both[:SIZE], borrow=True)
            b.set_value(both[1:], borrow=True)
            assert pair() == 0

    together(update, clean)


def test_nobody_is_overtaken() -> None:
    """A thread that calls one function after the other leaves room for others between any two calls."""
    s = theano.shared(np.zeros(SIZE))
    add = theano.function([], updates=[(s, s + one())])
    calls, ended = [0], threading.Event()

    def update() -> None:
        while not ended.is_set():
            add()
            calls[0] += 1

    def look() -> None:
        while not calls[0]:
            time.sleep(0.001)
        before = calls[0]
        for _ in range(20):
            s.get_value()
        seen.append(calls[0] - before)
        ended.set()

    seen: list[int] = []
    together(update, look)
    assert seen[0] <= 200


@needs_timers
def test_updates_during_a_signal_handler_are_not_lost() -> None:
    """A program that serves a signal has read its storages: others may read them meanwhile, but not update."""
    n = 1100  # it looks for signals before such a loop
    s, e = theano.shared(np.zeros((n, n))), T.matrix()
    long = theano.function([e], updates=[(s, T.dot(s, e) + 1)])
    short = theano.function([], updates=[(s, s + 1)])
    look = theano.function([], s.max() - s.min())
    served, done, calls = [0], threading.Event(), [0]

    def handle(*_: object) -> None:
        assert look() == 0  # no program waits for its own thread
        time.sleep(0.005)
        served[0] += 1
        signal.setitimer(signal.ITIMER_REAL, 0.01)

    def update() -> None:
        while not done.is_set():
            short()
            calls[0] += 1
            time.sleep(0.0005)

    before = signal.signal(signal.SIGALRM, handle)
    other = threading.Thread(target=update)
    other.start()
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    try:
        for _ in range(12):
            long(np.eye(n))
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        done.set()
        other.join()
    assert served[0] and (s.get_value() == 12 + calls[0]).all()


FORKS = """
import os, threading, time, numpy as np, theano, theano.tensor as T
n = 400_000
a, b = theano.shared(np.zeros(n)), theano.shared(np.ones(n))
step = T.floor(T.exp(a * 0))
add = theano.function([], updates=[(a, a + step), (b, b + step)])
add()
stop = threading.Event()
def busy():
    while not stop.is_set():
        add()
workers = [threading.Thread(target=busy) for _ in range(2)]
for worker in workers:
    worker.start()
for k in range(25):
    time.sleep(0.001 * (k % 5))
    child = os.fork()
    if not child:
        u, v = a.container.storage[0], b.container.storage[0]
        whole = (u == u[0]).all() and (v == u[0] + 1).all()
        add()
        os._exit(0 if whole and (a.get_value() == u[0]).all() else 1)
    assert os.waitpid(child, 0)[1] == 0, k
stop.set()
for worker in workers:
    worker.join()
print("good")
"""
IN_A_HANDLER = """
import os, signal, numpy as np, theano, theano.tensor as T
n = 1100
s, e = theano.shared(np.zeros((n, n))), T.matrix()
f = theano.function([e], updates=[(s, T.dot(s, e) + 1)])
children = []
def handle(*_):
    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_REAL, 0)
        os._exit(0 if (s.get_value() == s.get_value()[0, 0]).all() else 1)
    children.append(child)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
def end(*_):
    global inside
    inside = os.fork()
    if not inside:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
f(np.eye(n))
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.003)
for _ in range(5):
    f(np.eye(n))
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.setitimer(signal.ITIMER_REAL, 0)
assert children and not any(os.waitpid(child, 0)[1] for child in children)
signal.signal(signal.SIGALRM, end)  # from now on the child goes on where its parent was: in the middle of a call
inside = None
signal.setitimer(signal.ITIMER_REAL, 0.003)
calls = 0
while inside is None:
    f(np.eye(n))
    calls += 1
f(np.eye(n))
good = (s.get_value() == 7 + calls).all()
if not inside:
    os._exit(0 if good else 1)
print("good" if good and os.waitpid(inside, 0)[1] == 0 else "bad")
"""


@needs_team
@needs_fork
@pytest.mark.parametrize("text", [FORKS, IN_A_HANDLER], ids=["other threads", "handler"])
def test_children_have_whole_updates(text: str) -> None:
    assert run_alone(text, OMP_NUM_THREADS="2", PYTHONWARNINGS="ignore") == "good\n"


# -- the two primitives ------------------------------------------------------------------------------------------
@pytest.fixture
def storage() -> Iterator[list[np.ndarray]]:
    loading.fixed_words()
    yield [np.zeros(3)]


def in_turn(first: Callable[[], object], second: Callable[[], object]) -> bool:
    """Whether another thread's `second` waits until `first` has ended."""
    inside, may_end, order = threading.Event(), threading.Event(), []

    def hold() -> None:
        with first():  # type: ignore[attr-defined]
            inside.set()
            may_end.wait(20)
            order.append("first")

    def come() -> None:
        inside.wait(20)
        second()
        order.append("second")
        may_end.set()

    holder, comer = threading.Thread(target=hold), threading.Thread(target=come)
    holder.start()
    comer.start()
    comer.join(0.2)
    may_end.set()
    holder.join()
    comer.join()
    return order == ["first", "second"]


def test_who_waits_for_whom(storage: list[np.ndarray]) -> None:
    def using(update: bool) -> Callable[[], object]:
        return lambda: loading.Using(storage, update)

    other = [np.zeros(3)]
    assert not in_turn(using(False), lambda: loading.copy_value(storage))
    assert not in_turn(using(True), lambda: loading.copy_value(other))
    assert not in_turn(using(True), lambda: loading.put_value(other, 1))
    assert in_turn(using(True), lambda: loading.copy_value(storage))
    assert in_turn(using(False), lambda: loading.put_value(storage, storage[0]))
    assert in_turn(using(True), lambda: loading.wait_for(storage, update=False))
    assert in_turn(using(False), lambda: loading.wait_for(storage, update=True))
    assert not in_turn(using(False), lambda: loading.wait_for(storage, update=False))


def test_a_thread_never_waits_for_itself(storage: list[np.ndarray]) -> None:
    with loading.Using(storage, update=True), loading.Using(storage, update=True):
        assert loading.copy_value(storage) is not storage[0]
        loading.put_value(storage, np.ones(3))
    assert storage[0].sum() == 3
    loading.wait_for(storage, update=True)


def test_copies_of_values(storage: list[np.ndarray]) -> None:
    storage[0] = np.arange(12.0).reshape(3, 4).T
    copied = loading.copy_value(storage)
    assert copied.flags.c_contiguous and not np.shares_memory(copied, storage[0])
    np.testing.assert_array_equal(copied, storage[0])
    for other in ("text", np.ma.masked_array([1.0, 2.0], [0, 1]), 3.0):
        holder = [other]
        assert loading.copy_value(holder) is holder
    counts = [sys.getrefcount(storage), sys.getrefcount(storage[0])]
    for _ in range(100):
        loading.copy_value(storage)
        loading.put_value(storage, storage[0])
        loading.copy_value(holder)
    assert [sys.getrefcount(storage), sys.getrefcount(storage[0])] == counts


def test_who_is_dropped_has_left(storage: list[np.ndarray]) -> None:
    """An exception may come before `with` knows that it is inside."""
    loading.Using(storage, update=True).__enter__()
    together(lambda: loading.put_value(storage, 2.0))
    assert storage == [2.0]


def test_interrupted_while_waiting_for_a_copy(storage: list[np.ndarray]) -> None:
    text = """
    import _thread, os, signal, threading, time, numpy as np, theano
    from theano.native.support import loading as support
    support.fixed_words()
    s = theano.shared(np.zeros(3))
    inside = threading.Event()
    def hold():
        with support.Using(s.container.storage, update=True):
            inside.set()
            time.sleep(20)
    threading.Thread(target=hold, daemon=True).start()
    inside.wait()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for call in (s.get_value, lambda: s.set_value(np.ones(3)), lambda: s.get_value(borrow=True), s.zero):
        threading.Timer(0.1, _thread.interrupt_main).start()
        try:
            call()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    os._exit(0)
    """
    assert run_alone(textwrap.dedent(text)) == "interrupted\n" * 4
