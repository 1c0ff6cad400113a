"""Run errors: class, text, user's line."""

from __future__ import annotations

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import as_op, function, shared
from theano.compile.errors import raise_with_op

v, w, m = T.dvector("v"), T.dvector("w"), T.dmatrix("m")


def test_the_block_of_text(mode: str) -> None:
    f = function([v, w], T.exp(v + w), mode=mode)
    with pytest.raises(ValueError) as caught:
        f([1.0, 2.0], [1.0, 2.0, 3.0])
    text = str(caught.value)
    assert text.startswith("Input dimension mis-match. (input[0].shape[0] = 2, input[1].shape[0] = 3)")
    for part in (
        "Apply node that caused the error: ",
        "Toposort index: ",
        "Inputs types: [TensorType(float64, vector), TensorType(float64, vector)]",
        "Inputs shapes: [(2,), (3,)]",
        "Inputs strides: [(8,), (8,)]",
        "Inputs values: [",
        "Outputs clients: [",
        "Backtrace when the node is created",
        "test_errors.py",
        "f = function([v, w], T.exp(v + w), mode=mode)",
        "HINT: ",
    ):
        assert part in text, part
    assert f([1.0], [2.0]) == pytest.approx(np.exp(3))


def test_large_values_are_not_shown(mode: str) -> None:
    with pytest.raises(ValueError, match="not shown"):
        function([v, w], v + w, mode=mode)(np.zeros(6), np.zeros(7))


@pytest.mark.parametrize(
    ("build", "arguments", "error"),
    [
        (lambda: ([m, v], T.dot(m, v)), (np.zeros((2, 3)), np.zeros(4)), ValueError),
        (lambda: ([v], v[10]), (np.zeros(3),), IndexError),
        (lambda: ([m], m.reshape((7, 2))), (np.zeros((2, 3)),), ValueError),
        (lambda: ([v], T.specify_shape(v, [3])), (np.zeros(2),), AssertionError),
        (lambda: ([m, w], m + w), (np.zeros((2, 3)), np.zeros(1)), ValueError),
    ],
)
def test_classes(mode: str, build, arguments, error) -> None:
    inputs, output = build()
    with pytest.raises(error, match="Apply node that caused the error"):
        function(inputs, output, mode=mode)(*arguments)


def test_classes_with_a_text_of_their_own_get_a_note(mode: str) -> None:
    class Odd(Exception):
        def __init__(self, a, b):
            super().__init__(a, b)
            self.a = a

        def __str__(self):
            return f"odd {self.a}"

    @as_op([T.dvector], [T.dvector])
    def fail(value):
        raise Odd(1, 2)

    with pytest.raises(Odd) as caught:
        function([v], fail(v), mode=mode)([1.0])
    assert caught.value.a == 1 and str(caught.value) == "odd 1"
    assert "Apply node" in caught.value.__notes__[0]


def test_one_exception_object_raised_again_and_again() -> None:
    node = (v + w).owner
    error = ValueError("always the same")
    for _ in range(3):
        with pytest.raises(ValueError) as caught:
            raise_with_op(node, error)
    assert str(caught.value).count("Apply node that caused the error") == 1


def test_shared_value_of_wrong_shape(mode: str) -> None:
    s = shared(np.zeros(3), "s")
    f = function([v], s + v, mode=mode)
    s.set_value(np.zeros(2))
    with pytest.raises(ValueError, match="mis-match"):
        f(np.zeros(3))
    assert f(np.zeros(2)).tolist() == [0, 0]


def test_verbosity() -> None:
    import theano

    f = function([v, w], v + w, mode="FAST_COMPILE")
    with theano.config.change_flags(exception_verbosity="high"), pytest.raises(ValueError, match="in full"):
        f([1.0], [1.0, 2.0])
