"""Threads that call, get and set; forks while they do: ``soak.py threads|forks [SECONDS|COUNT]``.

Every value can be checked: all elements of a shared array are equal, and two shared arrays that are updated together
agree. What is found is told, and the exit status is 1.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

import theano
import theano.tensor as T

# Elements: programs that never let go of the GIL, that do, and that share their loops, too.
SIZES = (3, 2_000, 60_000, 400_000)


class Pair:
    """Two shared arrays, ``b = a + 1`` everywhere, and the functions that keep it so."""

    def __init__(self, n: int) -> None:
        self.n = n
        a, b = theano.shared(np.zeros(n)), theano.shared(np.ones(n))
        step = T.floor(T.exp(a * 0))  # 1, and some work
        self.a, self.b = a, b
        # in place; by a copy of what was computed elsewhere; with an array that is put in the old one's place
        self.add = theano.function([], a.sum(), updates=[(a, a + step), (b, b + step)])
        self.swap = theano.function([], updates=[(a, b - step), (b, a + step)])
        self.turn = theano.function([], updates=[(a, a[::-1] + 1), (b, b[::-1] + 1)])
        self.read = theano.function([], [a.min(), a.max(), b.min(), b.max(), (b - a).min()])

    def faults(self) -> list[str]:
        """What a look at the values finds wrong."""
        found = []
        for name, value in (("a", self.a.get_value()), ("b", self.b.get_value())):
            if not (value == value[0]).all():
                found.append(f"get_value of {name}, {self.n} elements: {np.unique(value)[:4]}")
        low, high, low_b, high_b, apart = self.read()
        if not (low == high == low_b - 1 == high_b - 1 and apart == 1):
            found.append(f"function, {self.n} elements: {low} {high} {low_b} {high_b} {apart}")
        return found


class Load:
    """Threads that work on pairs until they are told to end; what they find is in `faults`."""

    def __init__(self, n_threads: int, sizes: tuple[int, ...] = SIZES) -> None:
        self.pairs = [Pair(n) for n in sizes]
        # arrays that are set as a whole, by `set_value` and by a function
        self.alone = [theano.shared(np.zeros(n)) for n in sizes]
        self.count = [theano.function([], updates=[(s, T.floor(T.exp(s * 0)) + s)]) for s in self.alone]
        self.faults: list[str] = []
        self.calls = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(k,), daemon=True) for k in range(n_threads)]

    def _work(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            while not self._stop.is_set():
                k = int(rng.integers(len(self.pairs)))
                self._turn(int(rng.integers(7)), self.pairs[k], k)
                self.calls += 1
        except BaseException as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            raise

    def _turn(self, what: int, pair: Pair, k: int) -> None:
        steps: list[Callable[[], object]] = [pair.add, pair.swap, pair.turn, self.count[k]]
        if what < len(steps):
            steps[what]()
        elif what == 4:
            self.alone[k].set_value(np.full(pair.n, float(self.calls % 1000)))
        elif what == 5:
            value = self.alone[k].get_value()
            if not (value == value[0]).all():
                self.faults.append(f"get_value after set_value, {pair.n} elements: {np.unique(value)[:4]}")
        else:
            self.faults += pair.faults()

    @contextmanager
    def running(self) -> Iterator[Load]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(120)
            if any(thread.is_alive() for thread in self._threads):
                self.faults.append("a thread has not ended")


def soak_threads(seconds: float, n_threads: int = 64) -> Load:
    """`n_threads` threads call, get and set for so long."""
    with Load(n_threads).running() as load:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not load.faults:
            time.sleep(0.05)
    return load


def soak_forks(count: int, n_threads: int = 8) -> Load:
    """`count` forks while `n_threads` threads work; each child looks at all values, calls and ends."""
    with Load(n_threads).running() as load:
        for k in range(count):
            time.sleep(0.002 * (k % 7))
            child = os.fork()
            if not child:
                os._exit(_check_child(load))
            status = os.waitpid(child, 0)[1]
            if status:
                load.faults.append(f"child {k} ended with {status}")
    return load


def _check_child(load: Load) -> int:
    """The exit status of a child; every tenth of a second is one in which it may hang."""
    threading.Timer(100, os._exit, [3]).start()
    try:
        found = [fault for pair in load.pairs for fault in pair.faults()]
        for pair, one, count in zip(load.pairs, load.alone, load.count, strict=True):
            value = one.get_value()
            found += [] if (value == value[0]).all() else [f"{pair.n} elements: {np.unique(value)[:4]}"]
            before = pair.a.get_value()[0]
            pair.add(), pair.swap(), pair.turn(), count()
            after = pair.a.get_value()[0]
            found += pair.faults() + ([] if after == before + 2 else [f"{before} became {after}"])
        one_more = theano.function([], load.pairs[0].a.sum() * 2)
        found += [] if one_more() == 2 * load.pairs[0].a.get_value().sum() else ["a new function is wrong"]
    except BaseException as error:
        print(f"in the child: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 2
    for fault in found:
        print(f"in the child: {fault}", file=sys.stderr, flush=True)
    return 1 if found else 0


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in ("threads", "forks"):
        print(__doc__)
        return 2
    is_threads = sys.argv[1] == "threads"
    most = float(sys.argv[2]) if len(sys.argv) > 2 else 600 if is_threads else 200
    started = time.monotonic()
    load = soak_threads(most) if is_threads else soak_forks(int(most))
    for fault in load.faults[:20]:
        print(fault)
    took = time.monotonic() - started
    print(f"{sys.argv[1]}: {load.calls} calls in {took:.0f} s, {len(load.faults)} faults")
    return 1 if load.faults else 0


if __name__ == "__main__":
    sys.exit(main())
