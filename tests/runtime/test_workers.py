"""Work begun in other threads: results, errors, one core, and forks in between."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from theano.native.support.modules import support_module
from theano.runtime import jit, workers
from theano.runtime.gate import inside
from theano.runtime.workers import Started


def test_another_thread_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "compilers", lambda: 2)
    started = Started(threading.get_ident)
    assert started.result() != threading.get_ident()
    assert started.result() == started.result()


@pytest.mark.parametrize("threads", [1, 2])
def test_one_begins_after_another(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "compilers", lambda: threads)
    done: list[str] = []
    first = Started(lambda: time.sleep(0.1) or done.append("first"))
    second = Started(lambda: done.append("second"), first)
    if threads == 1:
        first.result()
    second.result()
    assert done == ["first", "second"]


def test_on_one_core_it_runs_when_somebody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "compilers", lambda: 1)
    calls: list[int] = []
    started = Started(lambda: calls.append(1))
    assert not calls
    started.result()
    started.result()
    assert calls == [1]


def test_where_no_thread_starts_it_runs_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(workers, "compilers", lambda: 2)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert Started(lambda: 42).result() == 42


@pytest.mark.parametrize("threads", [1, 2])
def test_errors_are_raised_where_somebody_waits(
    threads: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "compilers", lambda: threads)
    with pytest.raises(ZeroDivisionError):
        Started(lambda: 1 // 0).result()
    assert not capsys.readouterr().err


def test_compiling_threads_have_enough_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever size the program has chosen for its own threads."""

    def compiled() -> int:
        return len(jit._objects(support_module(jit.isa().triple), jit.DEFAULT, jit.isa()))

    monkeypatch.setattr(workers, "compilers", lambda: 2)
    before = threading.stack_size(64 << 10)
    try:
        started = Started(compiled)
        assert threading.stack_size() == 64 << 10
        assert started.result()
    finally:
        threading.stack_size(before)


FORK = """
import os, threading, time
from theano.runtime.gate import inside
from theano.runtime.workers import Started
entered, left = threading.Event(), []
def work():
    with inside():
        entered.set()
        time.sleep(0.2)
        left.append(1)
    time.sleep(0.1)
    return 42
started = Started(work)
entered.wait()
child = os.fork()
if child == 0:
    entered.clear()
    os._exit(0 if left and started.result() == 42 else 1)  # made again here, if need be
assert os.waitpid(child, 0)[1] == 0 and started.result() == 42
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forks_wait_for_who_is_inside() -> None:
    assert not run(FORK, 2)


IN_A_HANDLER = """
import os, signal
import theano
import theano.tensor as T
x, forks = T.dvector(), []
def handle(*_):
    child = os.fork()
    if child == 0:
        os._exit(0)
    forks.append(os.waitpid(child, 0)[1])
    signal.setitimer(signal.ITIMER_REAL, 0.003)
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.003)
for k in range(60):
    assert theano.function([x], T.exp(x * k))([0.0]) == 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert forks and not any(forks)
"""
COLLECTOR = """
import gc, os, threading, time
from theano.base.garbage import collector_rests
entered, done = threading.Event(), threading.Event()
def work():
    with collector_rests():
        entered.set()
        done.wait()
thread = threading.Thread(target=work); thread.start()
entered.wait()
child = os.fork()
if child == 0:
    os._exit(0 if gc.isenabled() else 1)
assert os.waitpid(child, 0)[1] == 0 and not gc.isenabled()
done.set(); thread.join()
assert gc.isenabled()
"""
INTERRUPTED = """
import os, signal, threading, time
import theano
import theano.tensor as T
from theano.runtime.gate import inside
x, entered, done = T.dvector(), threading.Event(), threading.Event()
theano.function([x], x + 1)([1.0])
def work():
    with inside():
        entered.set()
        done.wait()
def interrupt(*_):
    raise KeyboardInterrupt
thread = threading.Thread(target=work); thread.start()
entered.wait()
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.2)
child = os.fork()  # waits for the thread until it is interrupted; then nothing of ours is for the child
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
done.set(); thread.join()
assert theano.function([x], T.exp(x))([0.0]) == 1
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("text", [IN_A_HANDLER, COLLECTOR, INTERRUPTED], ids=["handler", "collector", "interrupted"])
def test_forks_at_odd_times(text: str) -> None:
    run(text, 2, "cache.enabled=False")


def run(text: str, threads: int, flags: str = "") -> str:
    """What a process prints to its standard error."""
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "THEANO_FLAGS": flags}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", text]  # forks of several threads are meant
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_several_are_inside_at_a_time() -> None:
    both = threading.Barrier(2, timeout=20)

    def enter() -> None:
        with inside():
            both.wait()

    thread = threading.Thread(target=enter)
    thread.start()
    enter()
    thread.join()


PROGRAMS = {
    "first": "f = theano.function([x], T.exp(x).sum()); assert f([0.0, 0.0]) == 2",
    "two threads": """
import threading
functions = []
def make():
    functions.append(theano.function([x], T.exp(x).sum()))
threads = [threading.Thread(target=make) for _ in range(2)]
for t in threads: t.start()
for t in threads: t.join()
assert [f([0.0, 0.0]) for f in functions for _ in range(2)] == [2.0] * 4
""",
    "fork": """
import os, threading, time
made = threading.Event()
def make():
    global f
    f = theano.function([x], T.exp(x).sum())
    made.set()
thread = threading.Thread(target=make); thread.start()
children = []
while not made.is_set() or not children:
    time.sleep(0.004)
    child = os.fork()
    if child == 0:
        g = theano.function([x], T.exp(x).sum() + len(children))
        os._exit(0 if g([0.0]) == 1 + len(children) else 1)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
thread.join()
assert f([0.0, 0.0]) == 2
""",
    "at exit": """
import atexit
atexit.register(lambda: print("result", theano.function([x], T.exp(x).sum())([0.0])))
""",
    "exit": "theano.function([x], T.exp(x).sum()); import sys; sys.exit(0)",
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_machines_first_functions(name: str, threads: int, tmp_path: object) -> None:
    if name == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    text = "import theano, theano.tensor as T\nx = T.dvector()\n" + PROGRAMS[name]
    assert not run(text, threads, f"cache.dir={tmp_path},compile_notice=0")
