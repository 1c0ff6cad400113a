"""What users do wrong: the documented class, their line, names and shapes; the next call works."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from theano.sandbox.rng_mrg import MRG_RandomStreams

import theano.tensor as T
from theano.compile import UnusedInputError, as_op, function, shared
from theano.gradient import DisconnectedInputError, grad
from theano.graph import MissingInputError

x, y = T.dvectors("x", "y")
m = T.dmatrix("m")
n, k = T.lscalars("n", "k")


def line() -> int:
    """The line of the caller."""
    frame = inspect.currentframe()
    assert frame is not None and frame.f_back is not None
    return frame.f_back.f_lineno


class Case:
    """A function, a call that fails, the words of its message and a call that succeeds."""

    def __init__(
        self, inputs: list[Any], make: Any, bad: list[Any], error: type[Exception], words: list[str], good: list[Any]
    ) -> None:
        self.inputs, self.make, self.bad, self.error, self.words, self.good = inputs, make, bad, error, words, good
        self.line = make.__code__.co_firstlineno



def square_of_outer(n: Any) -> Any:
    """A product whose operands must be in memory."""
    v = T.arange(n) * 1.0
    m = T.outer(v, v) + 1
    return T.dot(m, m)


CASES = {
    "lengths": Case([x, y], lambda: x * y, [[1, 2, 3], [1, 2]], ValueError, ["x", "y", "(3,)", "(2,)"], [[1], [2]]),
    "run-time 1": Case([x, y], lambda: x + y, [[1, 2, 3], [1]], ValueError, ["(3,)", "(1,)"], [[1, 2], [3, 4]]),
    "dot": Case([m, x], lambda: T.dot(m, x), [np.ones((2, 3)), [1, 2]], ValueError, ["(2, 3)", "(2,)"],
                [np.ones((2, 3)), [1, 2, 3]]),
    "matrix product": Case([m], lambda: T.dot(m, m), [np.ones((2, 3))], ValueError, ["(2, 3)"], [np.ones((2, 2))]),
    "index": Case([x, n], lambda: x[n], [[1, 2, 3], 3], IndexError, ["3", "(3,)"], [[1, 2, 3], -3]),
    "negative index": Case([x, n], lambda: x[n], [[1, 2, 3], -4], IndexError, ["-4", "(3,)"], [[1, 2, 3], 2]),
    "constant index": Case([x], lambda: x[2], [[1, 2]], IndexError, ["2", "(2,)"], [[1, 2, 3]]),
    "index array": Case([x], lambda: x[T.constant([0, 5])], [[1, 2]], IndexError, ["5"], [np.ones(6)]),
    "assignment": Case([x, n], lambda: T.set_subtensor(x[n], 0), [[1.0], 7], IndexError, ["7"], [[1.0], 0]),
    "assigned shape": Case([x, y], lambda: T.set_subtensor(x[:2], y), [[1, 2, 3], [1, 2, 3]], ValueError, [],
                           [[1, 2, 3], [4, 5]]),
    "reshape": Case([x], lambda: x.reshape((2, 2)), [[1, 2, 3]], ValueError, ["3"], [[1, 2, 3, 4]]),
    "join": Case([x, m], lambda: T.concatenate([m, m.T], axis=0), [[1], np.ones((2, 3))], ValueError, ["(2, 3)"],
                 [[1], np.ones((2, 2))]),
    "empty maximum": Case([x], lambda: x.max(), [[]], ValueError, [], [[1]]),
    "empty argmax": Case([x], lambda: x.argmax(), [[]], ValueError, [], [[1]]),
    "specify_shape": Case([x], lambda: T.specify_shape(x, (2,)), [[1]], AssertionError, [], [[1, 2]]),
    "negative length": Case([n], lambda: T.zeros((n,)), [-1], ValueError, ["-1"], [3]),
    "division by 0": Case([n, k], lambda: n // k, [1, 0], ZeroDivisionError, [], [1, 2]),
    "modulo 0": Case([n, k], lambda: n % k, [1, 0], ZeroDivisionError, [], [1, 2]),
    "step 0": Case([n], lambda: T.arange(0, 5, n), [0], ZeroDivisionError, [], [2]),
    "huge": Case([n], lambda: T.zeros((n, n)), [2**40], MemoryError, [], [3]),
    "huge and used": Case([n], lambda: T.zeros((n, n)).sum(axis=0) + 1, [2**40], MemoryError, [], [3]),
    "wraps around": Case([n], lambda: T.alloc(x.sum(), n, n), [2**32], MemoryError, [], [2]),
    "long range": Case([n], lambda: T.arange(n) * 2, [2**50], MemoryError, [], [2]),
    # what the address space could hold, but the machine can't
    "too large": Case([n], lambda: T.alloc(1.5, n, n), [2**21], MemoryError, ["(2097152, 2097152)", "float64"], [3]),
    "too large on the way": Case([n], lambda: square_of_outer(n).max(), [2**21], MemoryError, [], [3]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CASES))
def test_errors_at_run_time(name: str) -> None:
    case = CASES[name]
    s = shared(np.zeros(3))
    inputs = case.inputs + ([x] if name == "wraps around" else [])
    extra = [[1.0]] if name == "wraps around" else []
    f = function(inputs, case.make(), updates=[(s, s + 1)], on_unused_input="ignore")
    assert f.is_native
    for _ in range(2):
        with pytest.raises(case.error) as caught:
            f(*case.bad, *extra)
        assert type(caught.value) is case.error
        text = str(caught.value)
        assert "test_errors.py" in text and f"line {case.line}" in text, text
        for word in case.words:
            assert word in text, (word, text)
        assert s.get_value().tolist() == [0, 0, 0]
    f(*case.good, *extra)
    assert s.get_value().tolist() == [1, 1, 1]


BAD_ARGUMENTS = {
    "too few": ([1.0],),
    "too many": ([1.0], 2, 3, 4),
    "float64 into float32": (np.zeros(2), 1),
    "float into int": (np.zeros(2, "float32"), 1.5),
    "float array into int": (np.zeros(2, "float32"), np.array(1.0)),
    "matrix for vector": (np.zeros((2, 2), "float32"), 1),
    "scalar for vector": (np.float32(1), 1),
    "list of lists": ([[1.0]], 1),
    "text": ("text", 1),
    "none": (None, 1),
}


@pytest.mark.parametrize("name", sorted(BAD_ARGUMENTS))
def test_wrong_arguments(name: str) -> None:
    a, b = T.fvector("the_vector"), T.iscalar("the_number")
    s = shared(np.float32(0))
    f = function([a, b], a * b + s, updates=[(s, s + 1)], name="the_function")
    assert f.is_native
    with pytest.raises(TypeError) as caught:
        f(*BAD_ARGUMENTS[name])
    if name not in ("too few", "too many"):
        assert "the_function" in str(caught.value) and "index" in str(caught.value)
        assert "test_errors.py" in str(caught.value)
    assert s.get_value() == 0
    assert f(np.ones(2, "float32"), 3).tolist() == [3, 3] and s.get_value() == 1


def test_broadcast_types_are_checked() -> None:
    r = T.row("r")
    f = function([r], r * 2)
    assert f.is_native and f(np.ones((1, 3))).shape == (1, 3)
    with pytest.raises(TypeError):
        f(np.ones((2, 3)))


@pytest.mark.parametrize(
    "make",
    [lambda row, one: row[:one], lambda row, one: MRG_RandomStreams(1).uniform((one, 3))],
    ids=["view", "sample"],
)
def test_a_length_that_was_1_when_the_type_was_made_is_checked(make: Any) -> None:
    """Something else may take the place of the number that the type of a row was made with."""
    row, one = T.drow("row"), T.constant(1, dtype="int64")
    made = make(row, one)
    assert made.broadcastable == (True, False)
    f = function([row, n], made * 2, givens={one: n}, on_unused_input="ignore")
    assert f.is_native and f(np.ones((1, 3)), 1).shape == (1, 3)
    with pytest.raises(ValueError, match="broadcastable .* 0"):
        f(np.ones((1, 3)), 0)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_length_that_must_equal_a_sum_it_is_part_of(is_first: bool) -> None:
    """So the other part has to be empty."""
    a, b = T.exp(x[x > 0]), T.exp(y[y > 0])
    f = function([x, y], (a if is_first else b) + T.concatenate([a, b]))
    values = ([1, 2], [0, -1]) if is_first else ([0, -1], [1, 2])
    np.testing.assert_allclose(f(*values), 2 * np.exp([1, 2]))
    with pytest.raises(ValueError):
        f([1, 2], [1])


def test_errors_while_building() -> None:
    with pytest.raises(MissingInputError):
        function([x], x + y)
    with pytest.raises(UnusedInputError):
        function([x, y], x)
    with pytest.raises(DisconnectedInputError):
        grad(x.sum(), y)


def test_a_call_back_raises_its_own_exception() -> None:
    class Special(Exception):
        pass

    @as_op([T.dvector], [T.dvector])
    def refuse(value: np.ndarray) -> np.ndarray:
        raise Special("no")

    made, f = line(), function([x], refuse(x) + 1)
    with pytest.raises(Special, match="no") as caught:
        f([1.0])
    assert f"line {made}" in str(caught.value)


def test_an_op_that_breaks_its_promise() -> None:
    @as_op([T.dvector], [T.dvector])
    def liar(value: np.ndarray) -> Any:
        return value.astype("float32")

    with pytest.raises(TypeError, match="float32"):
        function([x], liar(x))([1.0])


def test_impossible_constant_sizes() -> None:
    big = T.zeros((2**40, 2**40))
    for out in (big, big.T + x[0], T.exp(big + x[0]).sum(axis=0)):
        f = function([x], out, mode="FAST_RUN", on_unused_input="ignore")
        with pytest.raises((MemoryError, ValueError)):
            f([1.0])
