"""No result shares memory with anything; updates are all or nothing."""

from __future__ import annotations

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import as_op, function, shared

v, m = T.dvector("v"), T.dmatrix("m")


def no_overlap(*arrays: np.ndarray) -> bool:
    return not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_outputs_alias_nothing(mode: str) -> None:
    s = shared(np.ones((2, 3)))
    array = np.arange(6.0).reshape(2, 3)
    y = m * 2
    outs = function([m], [m, m.T, m[0], y, y.T, s, s.T, y[1:], T.constant(array)], mode=mode)
    first = outs(array)
    assert no_overlap(array, s.get_value(borrow=True), *first)
    assert no_overlap(*first, *outs(array))
    assert np.array_equal(first[1], array.T) and np.array_equal(first[4], 2 * array.T)


def test_constants_stay_as_they_are(mode: str) -> None:
    """Neither who changes a result nor who updates a storage in place reaches the constant it came from."""
    c = T.constant(np.zeros((2, 2)))
    f = function([], [c, c[0]], mode=mode)
    for result in f():
        result += 1
    assert all((r == 0).all() and r.flags.writeable for r in f())
    given = function([], v, givens={v: np.zeros(2)}, mode=mode)
    given()[:] = 1
    assert given().tolist() == [0, 0]
    s = shared(np.ones((2, 2)))
    reset = function([], updates=[(s, c)], mode=mode)
    bump = function([], updates=[(s, T.inc_subtensor(s[0], 1.0))])
    reset(), bump(), reset()
    assert (s.get_value() == 0).all() and (c.data == 0).all()


def test_values_given_by_name_are_copied(mode: str) -> None:
    s, array = shared(np.ones(2)), np.zeros(2)
    f = function([], updates=[(s, T.inc_subtensor(s[0], 1.0))], mode=mode)
    f[s] = array
    f(), f()
    assert array.tolist() == [0, 0] and s.get_value().tolist() == [2, 0]


def test_the_same_array_twice(mode: str) -> None:
    a, b = T.dvectors("a", "b")
    array = np.arange(3.0)
    x, y, z = function([a, b], [a, b, a + b], mode=mode)(array, array)
    assert no_overlap(array, x, y, z) and z.tolist() == [0, 2, 4]


def test_storage_never_aliases_an_argument(mode: str) -> None:
    s = shared(np.zeros(2))
    array = np.ones(2)
    function([v], updates=[(s, v)], mode=mode)(array)
    array[:] = 7
    assert s.get_value().tolist() == [1, 1]
    square = shared(np.zeros((2, 2)))
    array = np.arange(4.0).reshape(2, 2)
    function([m], updates=[(square, m.T)], mode=mode)(array)
    assert no_overlap(array, square.get_value(borrow=True))


def test_transposed_update(mode: str) -> None:
    s = shared(np.arange(4.0).reshape(2, 2))
    f = function([], s * 1, updates=[(s, s.T)], mode=mode)
    assert f().tolist() == [[0, 1], [2, 3]]
    assert s.get_value().tolist() == [[0, 2], [1, 3]]
    f()
    assert s.get_value().tolist() == [[0, 1], [2, 3]]
    s.set_value(np.arange(6.0).reshape(2, 3))
    f()
    assert s.get_value().tolist() == [[0, 3], [1, 4], [2, 5]]


def test_one_shared_variable_becomes_another(mode: str) -> None:
    a, b, c = shared(np.zeros(2)), shared(np.ones(2)), shared(np.full(2, 5.0))
    function([], updates=[(a, b), (c, b)], mode=mode)()
    assert no_overlap(*(s.get_value(borrow=True) for s in (a, b, c)))
    a.set_value(np.zeros(2))
    assert b.get_value().tolist() == [1, 1]


def test_returned_shared_variable_shows_its_old_value(mode: str) -> None:
    s = shared(np.zeros(3))
    f = function([], s, updates=[(s, s + 1)], mode=mode)
    old = f()
    assert old.tolist() == [0, 0, 0]
    f()
    assert old.tolist() == [0, 0, 0] and s.get_value().tolist() == [2, 2, 2]


def test_new_value_that_is_also_an_output(mode: str) -> None:
    s = shared(np.zeros(3))
    new = s + 1
    out = function([], new, updates=[(s, new)], mode=mode)()
    assert no_overlap(out, s.get_value(borrow=True))


def test_readonly_borrowed_storage(mode: str) -> None:
    array = np.zeros(3)
    array.flags.writeable = False
    s = shared(array, borrow=True)
    function([], updates=[(s, s + 1)], mode=mode)()
    assert s.get_value().tolist() == [1, 1, 1] and array.tolist() == [0, 0, 0]


def test_overlapping_storages_and_arguments(mode: str) -> None:
    base = np.arange(6.0)
    a, b = shared(base[:4], borrow=True), shared(base[2:], borrow=True)
    f = function([v], [a + 0, b + 0], updates=[(a, a + v), (b, b * 10)], mode=mode)
    f(base[:4])
    assert a.get_value().tolist() == [0, 2, 4, 6]
    assert b.get_value().tolist() == [20, 30, 40, 50]
    s = shared(np.arange(4.0))
    g = function([v], T.concatenate([s, v]), updates=[(s, T.concatenate([v, s[:1]]))], mode=mode)
    assert g(s.get_value(borrow=True)[1:]).tolist() == [0, 1, 2, 3, 1, 2, 3]
    assert s.get_value().tolist() == [1, 2, 3, 0]


def test_strided_and_reversed_arguments(mode: str) -> None:
    f = function([m], m * 2, mode=mode)
    array = np.arange(24.0).reshape(4, 6)
    for view in (array.T, array[::-1], array[:, ::2], np.asfortranarray(array), array[1:3, ::-2]):
        assert np.array_equal(f(view), 2 * view)


def test_a_failing_last_node_changes_nothing(mode: str) -> None:
    a, b = shared(np.zeros(2)), shared(np.zeros(3))
    f = function([v], b + v, updates=[(a, a + 1), (b, b + v)], mode=mode)
    with pytest.raises(ValueError):
        f([1.0, 2.0])
    assert a.get_value().tolist() == [0, 0] and b.get_value().tolist() == [0, 0, 0]
    f([1.0, 2.0, 3.0])
    assert a.get_value().tolist() == [1, 1] and b.get_value().tolist() == [1, 2, 3]


def test_a_failing_python_op_changes_nothing(mode: str) -> None:
    a = shared(np.zeros(2))

    @as_op([T.dvector], [T.dvector])
    def refuse(value):
        raise KeyError("refused")

    f = function([], refuse(a + 1), updates=[(a, a + 1)], mode=mode)
    with pytest.raises(KeyError, match="refused"):
        f()
    assert a.get_value().tolist() == [0, 0]


def test_recursion_through_a_python_op(mode: str) -> None:
    n = T.lscalar("n")
    calls = []

    @as_op([T.lscalar], [T.lscalar])
    def factorial(value):
        calls.append(int(value))
        return np.asarray(value * (f(value - 1) if value > 1 else 1))

    f = function([n], factorial(n) + 0 * n, mode=mode)
    assert f(5) == 120 and calls == [5, 4, 3, 2, 1]


def test_set_value_during_a_call(mode: str) -> None:
    s = shared(np.zeros(3))

    @as_op([T.dvector], [T.dvector])
    def meddle(value):
        s.set_value(np.full(7, 9.0))
        return value + 1

    f = function([], [meddle(s), s * 2], updates=[(s, s + 5)], mode=mode)
    one, two = f()
    assert one.tolist() == [1, 1, 1] and two.tolist() == [0, 0, 0]
    assert s.get_value().tolist() == [5, 5, 5]


def test_an_op_that_returns_its_input_undeclared(mode: str) -> None:
    @as_op([T.dvector], [T.dvector])
    def same(value):
        return value

    array = np.zeros(2)
    assert no_overlap(function([v], same(v), mode=mode)(array), array)
