"""Who is inside LLVM while the process forks: nested use, and Ctrl-C at every moment of a fork."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from theano.runtime import fork, gate


def elsewhere(job: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=job, daemon=True)
    thread.start()
    return thread


class Guest:
    """Another thread that is inside until it is told to leave."""

    def __init__(self, one: gate._Gate, times: int = 1) -> None:
        self.gate, self.times = one, times
        self.entered, self.may_leave = threading.Event(), threading.Event()
        self.thread = elsewhere(self._run)

    def _run(self) -> None:
        for _ in range(self.times):
            self.gate.enter()
        self.entered.set()
        self.may_leave.wait(20)
        for _ in range(self.times):
            self.gate.leave()


def test_nested_use_is_left_as_often_as_it_is_entered() -> None:
    one = gate._Gate()
    guest = Guest(one, times=3)
    assert guest.entered.wait(20)
    closed = threading.Event()

    def close() -> None:
        one.close()
        closed.set()
        one.open()

    closer = elsewhere(close)
    assert not closed.wait(0.1)
    guest.may_leave.set()
    assert closed.wait(20)
    closer.join(20)
    assert not one._inside and not one._forking


def test_who_is_inside_may_enter_again_while_another_thread_waits_to_fork() -> None:
    """Or both would wait for each other."""
    one, order = gate._Gate(), []
    inside, again = threading.Event(), threading.Event()

    def work() -> None:
        one.enter()
        inside.set()
        again.wait(20)
        one.enter()
        order.append("entered again")
        one.leave()
        one.leave()

    def close() -> None:
        one.close()
        order.append("closed")
        one.open()

    worker = elsewhere(work)
    assert inside.wait(20)
    closer = elsewhere(close)
    while not one._forking:
        pass
    again.set()
    worker.join(20)
    closer.join(20)
    assert order == ["entered again", "closed"]


def test_who_comes_while_the_gate_is_closed_waits_for_it_to_open() -> None:
    one, entered = gate._Gate(), threading.Event()

    def work() -> None:
        one.enter()
        entered.set()
        one.leave()

    one.enter()  # a handler may fork while its own thread is inside
    one.close()
    worker = elsewhere(work)
    assert not entered.wait(0.1)
    one.open()
    assert entered.wait(20)
    worker.join(20)
    one.leave()
    assert not one._inside


def test_interrupted_while_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate is open again, and its lock is free."""
    one = gate._Gate()
    guest = Guest(one)
    assert guest.entered.wait(20)

    def interrupt(timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(one._changed, "wait", interrupt)
        with pytest.raises(KeyboardInterrupt):
            one.close()
    assert not one._forking
    other = Guest(one)
    assert other.entered.wait(20)
    for each in (guest, other):
        each.may_leave.set()
        each.thread.join(20)
    one.close()
    one.open()


def test_an_exception_inside_leaves() -> None:
    with pytest.raises(ZeroDivisionError), gate.inside(), gate.inside():
        raise ZeroDivisionError
    assert threading.get_ident() not in gate._gate._inside


def test_a_fork_that_is_interrupted_gives_back_what_it_has_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing that it has not; what stands for programs is given back in any case."""
    log: list[str] = []

    def take(name: str) -> Callable[[], None]:
        def run() -> None:
            if name == "jit":
                raise KeyboardInterrupt
            log.append(f"take {name}")

        return run

    names = ("executors", "words", "jit", "gate", "programs")
    known = {
        name: (
            take(name), lambda name=name: log.append(f"give {name}"), lambda name=name: log.append(f"child {name}")
        )
        for name in names
    }  # fmt: skip
    monkeypatch.setattr(fork, "_known", known)
    for which, word in ((1, "give"), (2, "child")):
        log.clear()
        with pytest.raises(KeyboardInterrupt):
            fork._before()
        fork._after(which)
        assert log == ["take executors", "take words", f"{word} programs", f"{word} words", f"{word} executors"]
    assert threading.get_ident() not in fork._taken
    fork._after(1)  # of a fork that began before this module was there
    assert log[-1] == "give programs"


def test_locks_are_taken_in_one_order() -> None:
    assert set(fork._known) <= set(fork.ORDER)
    with pytest.raises(AssertionError):
        fork.hold("another", list, list)
