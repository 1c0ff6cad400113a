"""Python's garbage collector rests while a function is made, and is as before afterwards, whatever happens."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

import theano
import theano.tensor as T


@pytest.fixture
def rounds() -> Iterator[list[int]]:
    """The generation of each round of the collector that starts."""
    found: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            found.append(info["generation"])

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


def chain(n: int) -> tuple[T.TensorVariable, T.TensorVariable]:
    x = T.vector("x")
    y = x
    for k in range(n):
        y = T.dot(y, x) * y + k
    return x, y


def test_no_rounds_while_a_function_is_made(rounds: list[int]) -> None:
    x, y = chain(100)
    gc.collect()
    rounds.clear()
    f = theano.function([x], y)
    assert len(rounds) <= 1 and gc.isenabled()  # what has come together meanwhile
    assert f([0.0]) == [99]


def test_wish_of_the_user_holds() -> None:
    x = T.vector("x")
    gc.disable()
    try:
        theano.function([x], x + 1)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_goes_on_after_an_error() -> None:
    x, y = T.vectors("x", "y")
    with pytest.raises(theano.compile.UnusedInputError):
        theano.function([x, y], x)
    assert gc.isenabled()


@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="it starts with frozen objects of its own")
def test_what_an_import_leaves_is_old() -> None:
    assert _after_import("pass") < 500


def test_what_is_frozen_stays_frozen() -> None:
    _after_import("gc.freeze()")  # how many are young depends on when there was a round


def _after_import(first: str) -> int:
    """How many young objects there are; what was frozen still is."""
    code = (
        f"import gc; {first}; some = gc.get_freeze_count() // 2; import theano; "
        "assert gc.get_freeze_count() >= some; print(sum(map(len, map(gc.get_objects, (0, 1)))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)
