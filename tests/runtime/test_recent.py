"""Small results are taken again only while nobody can tell: not if held, watched, or changed from what they were."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

import theano
import theano.tensor as T


def ramp(dtype="float64"):
    n = T.lscalar("n")
    return theano.function([n], T.arange(n, dtype=dtype) * 2)


def test_what_is_held_keeps_its_values():
    f = ramp()
    held = [f(3) for _ in range(100)]
    assert len({id(x) for x in held}) == len({x.ctypes.data for x in held}) == 100
    held[0][:] = -1
    assert all(np.array_equal(x, [0, 2, 4]) for x in [*held[1:], f(3)])
    assert np.array_equal(held[0], [-1, -1, -1])


def alternating(f):
    """How many arrays a loop uses that holds one result while it makes the next.

    Pairs are shared: in that of `f` may lie what another function has returned and somebody still holds (and what `f`
    has taken besides), so the first calls may need a third array before both places are its own.
    """
    x = f(3)
    for _ in range(3):
        x = f(3)
    seen = {id(x)}
    for _ in range(20):
        x = f(3)
        seen.add(id(x))
    return len(seen)


def test_what_was_dropped_is_taken_again():
    f = ramp()
    assert len({id(f(3)) for _ in range(20)}) == 1
    assert alternating(f) == 2


def test_what_others_hold_makes_room():
    x = T.dvector("x")
    every_pair = theano.function([x], [x * k for k in range(2, 36)])
    dropped, held = every_pair([1.0, 2.0, 3.0]), every_pair([1.0, 2.0, 3.0])
    del dropped
    f = ramp()
    assert len({id(f(3)) for _ in range(20)}) == 1
    assert alternating(f) == 2
    assert all(np.array_equal(a, [k, 2 * k, 3 * k]) for k, a in enumerate(held, 2))


def test_outputs_of_a_call_are_different_arrays():
    x = T.dscalar("x")
    f = theano.function([x], [x + k for k in range(70)])
    for _ in range(3):
        got = f(1.0)
        assert got == [1.0 + k for k in range(70)] and len({id(a) for a in got}) == 70


@pytest.mark.parametrize(
    "hold", [lambda a: a[1:], memoryview, lambda a: a.T, lambda a: a.ctypes, lambda a: a.reshape(1, -1), iter]
)
def test_views_hold(hold):
    f = ramp()
    kept = []
    for _ in range(50):
        result = f(4)
        kept.append((hold(result), id(result)))
        del result
    assert len({number for _, number in kept}) == 50


def reshaped(a):
    a.shape = (2, 2)


def retyped(a):
    a.dtype = np.int64


def frozen(a):
    a.flags.writeable = False


@pytest.mark.parametrize("change", [reshaped, retyped, frozen])
def test_what_was_changed_is_not_taken(change):
    f = ramp()
    for _ in range(5):
        result = f(4)
        assert result.shape == (4,) and result.dtype == np.float64 and result.flags.writeable
        assert np.array_equal(result, [0, 2, 4, 6])
        change(result)


def test_what_is_watched_is_not_taken():
    f = ramp()
    watches = []
    for _ in range(10):
        result = f(4)
        assert all(watch() is not result for watch in watches)
        watches.append(weakref.ref(result))
    del result
    for _ in range(3):
        f(4)
    assert [watch() for watch in watches[:-3]] == [None] * 7


def test_other_shapes_and_types():
    f, g = ramp(), ramp("int32")
    for n in (3, 0, 5, 3, 128, 129, 1, 200_000, 3):
        assert np.array_equal(f(n), 2.0 * np.arange(n)) and f(n).dtype == np.float64
        assert np.array_equal(g(n), 2 * np.arange(n)) and g(n).dtype == np.int32


def test_only_small_results_are_kept():
    f = ramp()
    large, small = weakref.ref(f(129)), weakref.ref(f(128))
    assert large() is None and small() is not None
    x = T.dmatrix("x")
    square = theano.function([x], x * x)
    for shape in ((2, 3), (3, 2), (1, 1), (0, 4)):
        got = [square(np.full(shape, k)) for k in (2.0, 3.0)]
        assert [a.shape for a in got] == [shape] * 2 and (got[0] == 4).all() and (got[1] == 9).all()
