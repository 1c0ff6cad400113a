"""Who is inside LLVM may come in again; a fork waits for all others, and they for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from theano.runtime.gate import _Gate

SECONDS = 20.0  # by then a thread that could go on has done so


def started(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_who_is_inside_may_enter_again_while_somebody_wants_to_fork() -> None:
    gate, closing = _Gate(), threading.Event()
    gate.enter()

    def fork() -> None:
        closing.set()
        gate.close()
        gate.open()

    forking = started(fork)
    assert closing.wait(SECONDS)
    while not gate._forking:
        pass
    gate.enter()  # would wait for a fork that waits for this thread
    gate.leave()
    assert forking.is_alive()  # still once inside
    gate.leave()
    forking.join(SECONDS)
    assert not forking.is_alive()


def test_who_comes_during_a_fork_waits_for_its_end() -> None:
    gate, entered = _Gate(), threading.Event()
    gate.close()

    def come() -> None:
        gate.enter()
        entered.set()
        gate.leave()

    coming = started(come)
    assert not entered.wait(0.05)
    gate.open()
    coming.join(SECONDS)
    assert entered.is_set() and not gate._inside


def test_a_fork_from_inside_does_not_wait_for_itself() -> None:
    gate = _Gate()
    gate.enter()
    gate.enter()
    gate.close()
    gate.open()
    gate.leave()
    assert gate._inside == {threading.get_ident(): 1}
    gate.leave()
    assert not gate._inside


def test_ctrl_c_while_a_fork_waits_opens_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, inside, leave = _Gate(), threading.Event(), threading.Event()

    def stay() -> None:
        gate.enter()
        inside.set()
        leave.wait(SECONDS)
        gate.leave()

    staying = started(stay)
    assert inside.wait(SECONDS)

    def interrupted(timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gate._changed, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gate.close()
    assert not gate._forking
    gate.enter()  # nobody forks: no waiting
    gate.leave()
    leave.set()
    staying.join(SECONDS)
    assert not staying.is_alive()
