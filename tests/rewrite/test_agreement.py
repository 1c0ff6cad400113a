"""What lengths do at run time, and what they must not: all modes agree with the graph as it was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from loop_graphs import AS_WRITTEN

import theano
import theano.tensor as T

x, y, z = T.dvectors("x", "y", "z")
m = T.dmatrix("m")
i, n = T.lscalars("i", "n")

FIVE = np.arange(1.0, 6.0)


def outcome(inputs: list[Any], outputs: list[Any], mode: Any, values: list[Any]) -> Any:
    """The results as lists, or the class of the exception."""
    f = theano.function(inputs, outputs, mode=mode, on_unused_input="ignore")
    try:
        return [np.asarray(r).tolist() for r in f(*values)]
    except Exception as error:
        return type(error)


def agreed(inputs: list[Any], outputs: list[Any], *values: Any) -> Any:
    """The outcome of a graph, which is the same in all modes."""
    expected = outcome(inputs, outputs, AS_WRITTEN, list(values))
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        assert outcome(inputs, outputs, mode, list(values)) == expected, mode
    return expected


WINDOWS = [slice(None, 3), slice(None, None, -1), slice(1, -1), slice(None, None, 2), slice(5, None), slice(1, None)]


@pytest.mark.parametrize("window", [*WINDOWS, slice(None)], ids=str)
@pytest.mark.parametrize("write", [T.set_subtensor, T.inc_subtensor])
@pytest.mark.parametrize("base", [lambda: x, lambda: T.zeros_like(x)], ids=["x", "zeros"])
def test_a_window_read_after_it_was_written(window: slice, write: Any, base: Callable[[], Any]) -> None:
    """A single element is repeated in it, and what does not fit is an error."""
    read = write(base()[window], y)[window]
    length = len(FIVE[window])
    repeated = agreed([x, y], [read, read.sum(), read.shape], FIVE, [7.0])
    assert len(repeated[0]) == length and repeated[2] == [length]
    written = agreed([x, y], [read, read.sum(), read.shape], FIVE, np.arange(length) + 0.5)
    assert written[2] == [length]
    for wrong in (length + 1, length + 2):
        if wrong > 1:
            assert agreed([x, y], [read, read.sum(), read.shape], FIVE, np.ones(wrong)) is ValueError


@pytest.mark.parametrize("window", [lambda m: m[0], lambda m: m[i], lambda m: m[:, 1], lambda m: m[:2]])
def test_a_window_of_a_matrix_read_after_it_was_written(window: Any) -> None:
    value = np.arange(6.0).reshape(2, 3)
    written = y if window(m).ndim == 1 else T.outer(z, y)
    read = window(T.set_subtensor(window(m), written))
    for number in (1, 3, 2, 4):
        agreed([m, y, z, i], [read, read.sum(), read.shape], value, np.arange(number) + 7.0, np.ones(1), 1)


@pytest.mark.parametrize("lengths", [(2, 3), (1, 3), (2, 1), (1, 1), (3, 2), (2, 4)])
def test_two_parts_of_zeros(lengths: tuple[int, int]) -> None:
    values = FIVE, np.arange(lengths[0]) + 1.0, np.arange(lengths[1]) + 7.0
    parts = T.set_subtensor(T.set_subtensor(T.zeros_like(x)[:2], y)[2:], z)
    agreed([x, y, z], [parts, parts.sum()], *values)
    # sums of gradients: what is added must have the length of its slice
    parts = T.inc_subtensor(T.inc_subtensor(T.zeros_like(x)[:2], y)[2:], z)
    got = outcome([x, y, z], [parts], "FAST_RUN", list(values))
    expected = outcome([x, y, z], [parts], AS_WRITTEN, list(values))
    assert got == expected if lengths == (2, 3) else got is ValueError
