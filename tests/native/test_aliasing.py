"""Native functions and memory that somebody else holds: arguments, storages, call-backs, threads, processes."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import as_op, function, shared
from theano.printing import loop_program

v, w, m = T.dvector("v"), T.dvector("w"), T.dmatrix("m")


def apart(*arrays: np.ndarray) -> bool:
    return not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_swapped_updates() -> None:
    a, b = shared(np.zeros(3)), shared(np.ones(3))
    f = function([], [a.sum(), b.sum()], updates=[(a, b), (b, a)])
    assert f.is_native
    for k in range(5):
        assert [float(x) for x in f()] == ([0, 3] if k % 2 == 0 else [3, 0])
    assert apart(a.get_value(borrow=True), b.get_value(borrow=True))
    a.set_value(np.full(3, 5.0))
    assert b.get_value().tolist() == [0, 0, 0]


def test_updates_in_a_ring_of_other_shapes() -> None:
    values = [shared(np.full(n, float(n))) for n in (2, 3, 4)]
    f = function([], updates=[(values[k], values[(k + 1) % 3] + 0) for k in range(3)])
    f()
    assert [s.get_value().tolist() for s in values] == [[3] * 3, [4] * 4, [2] * 2]


def test_transposed_storage() -> None:
    s = shared(np.arange(9.0).reshape(3, 3))
    f = function([], s[0], updates=[(s, s.T)])
    assert f().tolist() == [0, 1, 2] and f().tolist() == [0, 3, 6] and f().tolist() == [0, 1, 2]


def test_shifted_storage() -> None:
    s = shared(np.arange(40.0))
    f = function([], updates=[(s, T.concatenate([s[1:], s[:1]]))])
    g = function([], updates=[(s, s[::-1] + s)])
    f()
    assert s.get_value().tolist() == [*range(1, 40), 0]
    g()
    assert s.get_value().tolist() == [1, *[41] * 38, 1] or s.get_value()[1] == 2 + 39


def test_one_value_for_outputs_and_storages() -> None:
    a, b = shared(np.zeros(3)), shared(np.zeros(7))
    new = v + 1
    out, again = function([v], [new, new[::-1]], updates=[(a, new), (b, new)])([1.0, 2.0, 3.0])
    held = [out, again, a.get_value(borrow=True), b.get_value(borrow=True)]
    assert apart(*held) and [h.tolist() for h in held] == [[2, 3, 4], [4, 3, 2], [2, 3, 4], [2, 3, 4]]


NEW_VALUES: dict[str, Any] = {
    "element": lambda a: T.inc_subtensor(a[0], v[0]),
    "product": lambda a: a * 0.5 + T.dot(T.outer(v, v), a),
    "numbers": lambda a: a * v[0],
    "swept": lambda a: v[0] * (a - a.max()),
}


@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize("kind", NEW_VALUES)
def test_one_value_for_two_storages(kind: str, n: int) -> None:
    """Which of them is computed in place, copied or swapped in depends on who still reads which old value."""
    for chosen in itertools.chain.from_iterable(itertools.permutations("abe", k) for k in range(4)):
        for order in (1, -1):
            a, b = shared(np.arange(3.0)), shared(np.ones(n))
            e = NEW_VALUES[kind](a)
            expected = function([v], e)(np.ones(3))
            old = {"a": a.get_value(), "b": b.get_value(), "e": expected}
            outputs = [{"a": a, "b": b, "e": e}[name] for name in chosen]
            results = function([v], outputs, updates=[(a, e), (b, e)][::order])(np.ones(3))
            assert all(np.array_equal(r, old[name]) for r, name in zip(results, chosen, strict=True)), chosen
            assert np.array_equal(a.get_value(), expected) and np.array_equal(b.get_value(), expected), chosen
            assert apart(a.get_value(borrow=True), b.get_value(borrow=True), *results), chosen


def test_complex_storage_and_output() -> None:
    s = shared(np.zeros(2, "complex128"))
    z = T.zvector("z")
    out = function([z], z * 2, updates=[(s, z * 2)])(np.array([1j, 2]))
    assert apart(out, s.get_value(borrow=True)) and s.get_value().tolist() == [2j, 4]


def test_arguments_that_view_storage() -> None:
    base = np.arange(6.0)
    s = shared(base, borrow=True)
    f = function([v, w], v - w, updates=[(s, s * 2)])
    held = s.get_value(borrow=True)
    assert f(held, held).tolist() == [0] * 6
    assert s.get_value().tolist() == [0, 2, 4, 6, 8, 10]
    held = s.get_value(borrow=True)
    g = function([v], updates=[(s, T.set_subtensor(s[:3], v))])
    g(held[3:])
    assert s.get_value().tolist() == [6, 8, 10, 6, 8, 10]
    g(s.get_value(borrow=True)[2::-1])
    assert s.get_value().tolist() == [10, 8, 6, 6, 8, 10]


@pytest.mark.parametrize("kind", ["read-only", "strided", "reversed", "fortran"])
def test_borrowed_storage_that_is_not_plain(kind: str) -> None:
    array = np.arange(8.0).reshape(2, 4)
    if kind == "read-only":
        array.flags.writeable = False
    elif kind == "strided":
        array = np.arange(16.0).reshape(2, 8)[:, ::2]
    elif kind == "reversed":
        array = array[::-1]
    else:
        array = np.asfortranarray(array)
    before = array.copy()
    s = shared(array, borrow=True)
    f = function([], s.sum(axis=1), updates=[(s, s + 1)])
    for k in range(3):
        assert np.array_equal(f(), (before + k).sum(axis=1))
    assert np.array_equal(s.get_value(), before + 3)
    if kind == "read-only":
        assert np.array_equal(array, before)


def test_two_storages_over_one_memory() -> None:
    base = np.zeros(4)
    a, b = shared(base, borrow=True), shared(base, borrow=True)
    f = function([], updates=[(a, a + 1), (b, b + 10)])
    f()
    f()
    assert a.get_value().tolist() == [2] * 4 and b.get_value().tolist() == [20] * 4


def test_set_value_inside_a_call_back() -> None:
    s = shared(np.zeros(3))

    @as_op([T.dvector], [T.dvector])
    def meddle(value: np.ndarray) -> np.ndarray:
        s.set_value(np.full(100_000, 9.0))
        return value + 1

    f = function([], [meddle(s), s * 2], updates=[(s, s + 5)])
    for k in range(3):
        one, two = f()
        assert one.tolist() == [5 * k + 1] * 3 and two.tolist() == [10 * k] * 3
        assert s.get_value().tolist() == [5 * k + 5] * 3


def test_recursion_with_updates_and_views() -> None:
    n = T.lscalar("n")
    s = shared(np.zeros(2))

    @as_op([T.lscalar, T.dvector], [T.dvector])
    def deeper(value: np.ndarray, x: np.ndarray) -> np.ndarray:
        if value > 0:
            f(value - 1, np.asarray(np.arange(4.0)[::2]))  # strided: the slow path, again
        return x + 1

    f = function([n, v], deeper(n, v), updates=[(s, s + v)])
    assert f(3, np.arange(4.0)[::2]).tolist() == [1, 3]
    assert s.get_value().tolist() == [0, 2]  # every call stores what it computed from the values at its start


def test_threads_in_one_function() -> None:
    x = T.dmatrix("x")

    @as_op([T.dmatrix], [T.dmatrix])
    def pause(value: np.ndarray) -> np.ndarray:
        return value + 1  # Python code: other threads run now and then

    f = function([x], [pause(T.tanh(x)) * 2, T.dot(x, x.T)])
    errors: list[Any] = []

    def work(seed: int) -> None:
        array = np.random.RandomState(seed).rand(5 + seed, 7)
        for k in range(300):
            view = array if k % 2 else np.asfortranarray(array)
            a, b = f(view)
            if not (np.allclose(a, 2 * (np.tanh(array) + 1)) and np.allclose(b, array @ array.T)):
                errors.append(seed)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(interval)
    assert not errors


def test_compiling_in_threads() -> None:
    results: dict[int, Any] = {}

    def work(k: int) -> None:
        y = v
        for n in range(10):
            y = T.tanh(y) + n + k
        results[k] = function([v], [y, y.sum()])([1.0, 2.0])[1]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(4):
        y = np.array([1.0, 2.0])
        for n in range(10):
            y = np.tanh(y) + n + k
        assert np.isclose(results[k], y.sum())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_after_compiling() -> None:
    s = shared(np.zeros(3))
    f = function([v], T.exp(v).sum() + T.dot(s, v), updates=[(s, s + v)])
    wanted = float(f([1.0, 2.0, 3.0]))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            s.set_value(np.zeros(3))
            fresh = function([v], T.sin(v) * 3)
            good = float(f([1.0, 2.0, 3.0])) == wanted and np.allclose(fresh([1.0]), 3 * np.sin(1.0))
            status = 0 if good else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert s.get_value().tolist() == [1, 2, 3]


@pytest.mark.parametrize("how", ["index", "index array", "shape", "python", "division", "assertion"])
def test_a_failing_call_changes_nothing(how: str) -> None:
    a, b = shared(np.zeros(4)), shared(np.arange(4, dtype="int64"))
    n = T.lvector("n")
    new_a, new_b = a + T.exp(a), b + n.sum()

    @as_op([T.lvector], [T.lvector])
    def python(value: np.ndarray) -> np.ndarray:
        if value[0] == 100:
            raise KeyError("refused")
        return value

    last, error = {
        "index": (new_a[n[0]], IndexError),
        "index array": (new_a[n], IndexError),
        "shape": (new_a[: n[0] // 50 + 1] + n, ValueError),
        "python": (python(n) + new_b[:1], KeyError),
        "division": (new_b // (n[0] - 100), ZeroDivisionError),
        "assertion": (T.specify_shape(new_a[: n[0]], (n[0],)), AssertionError),
    }[how]
    f = function([n], last, updates=[(a, new_a), (b, new_b)])
    held = a.get_value(borrow=True)
    for _ in range(3):
        with pytest.raises(error):
            f([100])
        assert a.get_value().tolist() == held.tolist() == [0] * 4 and b.get_value().tolist() == [0, 1, 2, 3]
    f([2])
    assert a.get_value().tolist() == [1] * 4 and b.get_value().tolist() == [2, 3, 4, 5]


def test_what_is_added_bit_by_bit_is_one_array() -> None:
    """Gradients of many reads of one matrix: no copy of all of it for each."""
    n = 30
    f = function([m], T.grad(sum(T.tanh(m[i]).sum() * (i + 1) for i in range(n)), m))
    x = np.linspace(-1, 1, 4 * n).reshape(n, 4)
    np.testing.assert_allclose(f(x), (1 - np.tanh(x) ** 2) * np.arange(1, n + 1)[:, None], rtol=1e-13)
    assert loop_program(f).partition("main")[2].count("dx0_0 * dx0_1") == 1
    halves = T.concatenate([m, m], axis=1)
    g = function([m], T.grad((T.tanh(halves[:, :3]) * T.exp(halves[:, 3:6])).sum(), m))
    both = np.concatenate([x, x], axis=1)
    slopes = np.zeros_like(both)
    slopes[:, :3] = (1 - np.tanh(both[:, :3]) ** 2) * np.exp(both[:, 3:6])
    slopes[:, 3:6] = np.tanh(both[:, :3]) * np.exp(both[:, 3:6])
    np.testing.assert_allclose(g(x), slopes[:, :4] + slopes[:, 4:], rtol=1e-12)


def test_new_values_made_early_are_kept_until_the_end():
    """What is copied to a shared variable last of all had given its memory to another value meanwhile."""
    x = T.dmatrix("x")
    mean, total = (theano.shared(np.zeros(3), name) for name in ("mean", "total"))
    now = x.mean(axis=0)
    below = x - now
    row = below[T.cast(abs(below).sum(), "int64") % 2]  # may fail, for all that is known, so nothing is written before
    new = T.tanh(T.dot(below, row)).sum() + row
    outputs, updates = [now, new[::-1], T.exp(total)[::-1]], [(mean, mean + now), (total, total + new)]
    found = []
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        f = theano.function([x], outputs, updates=updates, mode=mode)
        for v in (mean, total):
            v.set_value(np.zeros(3))
        f(np.arange(6.0).reshape(2, 3) ** 2)
        found.append([mean.get_value(), total.get_value()])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    np.testing.assert_allclose(found[0][0], [4.5, 8.5, 14.5])
