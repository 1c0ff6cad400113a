"""Updates that change a part of shared storage write that part only; and what must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode, function, shared

PERFORM = Mode(linker="py", optimizer=None)
SIZE = (6, 5)
v, i = T.dvector("v"), T.lvector("i")
Update = Callable[[Any, Any], list[tuple[Any, Any]]]

IN_PLACE: dict[str, Update] = {
    "a row grows": lambda a, b: [(a, T.inc_subtensor(a[3], v))],
    "a block is set": lambda a, b: [(a, T.set_subtensor(a[1:3, ::2], 7.0))],
    "rows by number grow": lambda a, b: [(a, T.inc_subtensor(a[i], v))],
    "windows one after the other": lambda a, b: [(a, T.inc_subtensor(T.set_subtensor(a[0], v)[0:2], 2.0))],
    "a window of what is computed before": lambda a, b: [(a, T.inc_subtensor(a[2], b.sum(axis=0)))],
    "rows of two": lambda a, b: [(a, T.inc_subtensor(a[0], v)), (b, T.set_subtensor(b[1], 2 * v))],
}
COPIED: dict[str, Update] = {
    "shifted rows": lambda a, b: [(a, T.set_subtensor(a[1:], a[:-1]))],
    "reversed rows": lambda a, b: [(a, T.set_subtensor(a[1:4], a[3:0:-1]))],
    "rows of one another": lambda a, b: [(a, T.set_subtensor(a[0], b[1])), (b, T.set_subtensor(b[0], a[1]))],
    "the old value is needed": lambda a, b: [(a, T.set_subtensor(a[0], v)), (b, b + a)],
    "a row by the sum of its column": lambda a, b: [(a, T.inc_subtensor(a[0], a.sum(axis=0)))],
}


def results(make: Update, mode: Any, outputs: Callable[[Any, Any], Any]) -> list[np.ndarray]:
    a, b = shared(np.arange(30.0).reshape(SIZE), name="a"), shared(np.ones(SIZE), name="b")
    f = function([v, i], outputs(a, b), updates=make(a, b), mode=mode, on_unused_input="ignore")
    found = []
    for k in range(2):
        found += f(np.arange(5.0) + k, [1, 4, 1])
        found += [a.get_value(), b.get_value()]
    return found


@pytest.mark.parametrize("name", [*IN_PLACE, *COPIED])
def test_values(name: str) -> None:
    make = (IN_PLACE | COPIED)[name]
    for outputs in (lambda a, b: [], lambda a, b: [a, b[0]], lambda a, b: [make(a, b)[0][1]]):
        for got, wanted in zip(results(make, None, outputs), results(make, PERFORM, outputs), strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", IN_PLACE)
def test_nothing_is_copied(name: str) -> None:
    a, b = shared(np.zeros((1000, 1000)), name="a"), shared(np.ones((1000, 1000)), name="b")
    f = function([v, i], [], updates=IN_PLACE[name](a, b), on_unused_input="ignore")
    plan = theano.printing.memory_plan(f, np.zeros(1000), np.arange(3))
    assert plan.peak < 200_000  # partial sums of columns
    before = a.get_value(borrow=True).ctypes.data
    f(np.zeros(1000), np.arange(3))
    assert a.get_value(borrow=True).ctypes.data == before


def test_an_index_that_is_wrong_changes_nothing() -> None:
    a = shared(np.zeros(SIZE), name="a")
    f = function([v, i], [], updates=[(a, T.inc_subtensor(T.inc_subtensor(a[0], v)[i], v))])
    with pytest.raises(IndexError):
        f(np.ones(5), [0, 6])
    assert not a.get_value().any()


def test_a_value_that_is_computed_twice_is_not_overwritten() -> None:
    m = T.dmatrix("m")
    rows, columns = T.arange(m.shape[0]), T.constant([1, 0])
    zeros = [T.zeros_like(m) for _ in range(2)]  # equal nodes, which nothing merges without rewriting
    f = function([m], [zeros[0], T.inc_subtensor(zeros[1][rows, columns], m[:, 0])], mode=Mode("cvm", None))
    kept, grown = f(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert not kept.any() and grown.tolist() == [[0, 1], [3, 0]]


def test_windows_of_an_axis_of_one_element() -> None:
    """They hold it or they do not; a loop over them once wrote into one place for all of its lanes."""
    x, y, k = T.TensorType("float64", (True,))("x"), T.dvector("y"), T.lscalar("k")
    row, z = T.drow("row"), T.dmatrix("z")
    outputs = [T.inc_subtensor(x[k:], y), T.set_subtensor(row[k:, ::-1], z), row[k:] * z]
    compiled, wanted = (function([x, y, k, row, z], outputs, mode=m) for m in ("FAST_RUN", "FAST_COMPILE"))
    for n in (0, 1):
        args = [2.0], np.full(1 - n, 3.0), n, np.ones((1, 9)), np.arange(9.0 * (1 - n)).reshape(1 - n, 9)
        for a, b in zip(compiled(*args), wanted(*args), strict=True):
            np.testing.assert_array_equal(a, b)
