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
        assert repr(outcome(inputs, outputs, mode, list(values))) == repr(expected), mode  # NaN is NaN
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


a = T.alloc(2.0, n)
ROWS = T.alloc(2.0, n, x.shape[0])


@pytest.mark.parametrize("count", [-1, 0, 3])
@pytest.mark.parametrize(
    "reduced", [a.sum(), a.prod(), a.mean(), ROWS.sum(axis=0), ROWS.prod(axis=1), T.alloc(x, n, 2).sum(axis=0)], ids=str
)
def test_reductions_of_repeated_values(reduced: Any, count: int) -> None:
    """A negative length stays an error."""
    got = agreed([n, x], [reduced.sum() if reduced is not a else a], count, [1.0, 2.0])
    assert (got is ValueError) == (count < 0)


@pytest.mark.parametrize("length", [n - n - 2, T.minimum(n, 0) * 0 - 2], ids=str)
@pytest.mark.parametrize(
    "made",
    [
        lambda k: T.exp(T.alloc(x[0], 3, k)) + 1,
        lambda k: T.fill(T.zeros((3, k)), x[0]),
        lambda k: T.alloc(x[0], 3, k)[:2] * 2,
        lambda k: T.inc_subtensor(T.zeros((k + 3, 3))[1:], T.alloc(x, 3, 3)),
    ],
)
def test_lengths_that_are_found_to_be_impossible(made: Callable[[Any], Any], length: Any) -> None:
    """No rule builds an array that is refused: a rule that raises is a warning, or an error where those are raised."""
    assert agreed([n, x], [made(length)], 3, [1.0, 2.0, 3.0]) is ValueError


@pytest.mark.parametrize("count", [0, 3])
@pytest.mark.parametrize(
    "of", [T.supremum, T.logsumexp, lambda v: T.nnet.softmax(v[None])], ids=["supremum", "log", "softmax"]
)
def test_suprema_of_repeated_values(of: Callable[[Any], Any], count: int) -> None:
    """They are no products: 2.0 three times became 8."""
    agreed([n], [of(T.alloc(2.0, n))], count)
    agreed([x], [of(T.alloc(900.0, count)) + x], [1.0])


@pytest.mark.parametrize("length, count", [(2, 2), (2, 3), (1, 2), (3, 1)])
def test_values_that_do_not_fill(length: int, count: int) -> None:
    repeated = T.alloc(x, 3, n)
    for result in (repeated.sum(), repeated.sum(axis=0), repeated.sum(axis=1), T.fill(T.zeros((n,)), x)):
        got = agreed([n, x], [result], count, np.arange(length) + 1.0)
        assert (got is ValueError) == (length != count)
    got = agreed([x, y], [T.fill(x, y), T.fill(T.outer(x, x), y)], np.ones(count), np.arange(length) + 1.0)
    assert (got is ValueError) == (length != count)


b = T.TensorType("float64", (True,))("b")


@pytest.mark.parametrize(
    "window", [slice(None, 3, -1), slice(0, 3, -1), slice(None, None, -1), slice(None, 3, 2)], ids=str
)
def test_slices_of_an_axis_of_length_one(window: slice) -> None:
    expected = np.ones(1)[window]
    assert agreed([b], [b[window], b[window].shape[0]], [1.0]) == [expected.tolist(), len(expected)]
    agreed([b, y], [T.set_subtensor(b[window], y)], [1.0], expected + 1)


@pytest.mark.parametrize(
    "expression",
    [
        1 / (T.fvector("q") * 0) * m,
        1 / (T.fscalar("q") * 0) * x,
        (1 / (T.fscalar("q") * 0)).sum() * m,
        T.log(1 / (T.fscalar("q") * 0) * x),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_quotients_by_zero(expression: Any) -> None:
    (q,) = [v for v in theano.graph.graph_inputs([expression]) if v.name == "q"]
    value = np.ones(2, "f4") if q.ndim else 1
    agreed([q, m, x], [expression], value, np.ones((2, 2)), np.array([1.0, -1.0]))


@pytest.mark.parametrize("write", [T.set_subtensor, T.inc_subtensor])
@pytest.mark.parametrize("part", [lambda x: x[:3], lambda x: x[T.arange(3)], lambda x: x[::2]])
def test_gradient_of_what_is_repeated(write: Any, part: Any) -> None:
    """It has the shape of what was written, or is refused; where the axis is declared, it is the sum."""
    cost = (write(part(x), y) ** 2).sum()
    assert len(agreed([x, y], [T.grad(cost, y)], FIVE, np.ones(3))[0]) == 3
    assert agreed([x, y], [T.grad(cost, y)], FIVE, np.ones(1)) is ValueError
    declared = T.addbroadcast(y, 0)
    cost = (write(part(x), declared) ** 2).sum()
    assert len(agreed([x, y], [T.grad(cost, y)], FIVE, np.ones(1))[0]) == 1


SCALED = {
    "divided": lambda r, d: r / d,
    "times": lambda r, d: r * d,
    "both": lambda r, d: 2 * r / d,
    "negative": lambda r, d: -3 * r,
}


@pytest.mark.parametrize("kind", SCALED)
@pytest.mark.parametrize("factor", [0.0, np.inf, 2.0])
@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_sums_over_steps_of_what_is_scaled(kind: str, factor: float, steps: int) -> None:
    """Without a step nothing is scaled: 0 / 0 is no 0."""
    d, start = T.dscalar("d"), T.constant(5.0, dtype="float64")
    total, _ = theano.scan(lambda r, s, d: s + SCALED[kind](r.sum(), d), m, start, d, n_steps=n)
    expected = outcome([m, d, n], [total[-1]], "FAST_COMPILE", [np.ones((3, 2)), factor, steps])
    assert repr(outcome([m, d, n], [total[-1]], "FAST_RUN", [np.ones((3, 2)), factor, steps])) == repr(expected)
    assert steps or expected == [5.0]


def test_sums_of_float16_are_not_scaled_afterwards() -> None:
    x16, c16 = T.TensorType("float16", (False,))("x"), T.TensorType("float16", ())("c")
    total, _ = theano.scan(lambda r, s, c: s + r / c, x16, T.constant(np.float16(0)), c16)
    for expression in (total[-1], (x16 / c16).sum()):
        (result,) = agreed([x16, c16], [expression], np.full(100, 1000, "float16"), np.float16(100))
        assert result == 1000
