"""Run errors: class, text, user's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from theano.compile.debugmode import InvalidValueError

import theano.tensor as T
from theano import change_flags
from theano.compile import as_op, function, shared
from theano.compile.errors import raise_with_op
from theano.graph import Apply, Op, generic

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


def test_without_a_place_the_error_says_how_to_get_one(mode: str) -> None:
    with change_flags(**{"traceback.limit": 0}):
        out = v + w
    with pytest.raises(ValueError) as caught:
        function([v, w], out, mode=mode)([1.0, 2.0], [1.0, 2.0, 3.0])
    assert "Backtrace when the node is created" not in str(caught.value)
    assert "could give you a back-trace" in str(caught.value) and "'optimizer=fast_compile'" in str(caught.value)


def test_values_are_those_that_were_computed_with(mode: str) -> None:
    x, y = T.fvector("x"), T.fvector("y")
    with pytest.raises(ValueError) as caught:
        function([x, y], x + y, mode=mode)([1], [1, 2])
    assert "Inputs strides: [(4,), (4,)]" in str(caught.value)
    assert "Inputs values: [array([1.], dtype=float32), array([1., 2.], dtype=float32)]" in str(caught.value)


def test_no_value(mode: str) -> None:
    s = shared(np.ones(2), "s")
    f = function([v], s + v, mode=mode)
    s.set_value(None)
    with pytest.raises(TypeError, match="s has no value, it was set to None"):
        f([1.0, 2.0])
    s.set_value([1.0, 2.0])
    assert f([1.0, 2.0]).tolist() == [2, 4]
    f.trust_input = True
    with pytest.raises(TypeError, match="v has no value"):
        f(None)


class Broken:
    """An argument whose methods raise."""

    def __init__(self, *methods: str) -> None:
        self.methods = methods

    def __repr__(self) -> str:
        if "repr" in self.methods:
            raise RuntimeError("no text")
        return "broken"

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        if "array" in self.methods:
            raise KeyError("no array")
        return np.asarray(["text"])

    def __float__(self) -> float:
        raise OverflowError("no number")


@pytest.mark.parametrize("methods", [(), ("repr",), ("array",), ("repr", "array")])
def test_an_argument_whose_methods_raise_is_named(mode: str, methods: tuple[str, ...]) -> None:
    f = function([v, w], v + w, mode=mode, name="sum of two")
    for allow in (None, True):
        f.maker.inputs[1].allow_downcast = allow
        with pytest.raises(TypeError if "array" in methods else (TypeError, ValueError)) as caught:
            f([1.0], Broken(*methods))
        assert str(caught.value).startswith('Bad input argument to theano function with name "sum of two" at index 1')
        assert "w" in str(caught.value) and "Backtrace when that variable is created" in str(caught.value)
        if "array" in methods:
            assert "KeyError: 'no array'" in str(caught.value) and isinstance(caught.value.__cause__, KeyError)
    f.maker.inputs[1].allow_downcast = None


def test_memory_that_is_missing_is_no_wrong_argument() -> None:
    class Huge:
        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            raise MemoryError

    with pytest.raises(MemoryError):
        function([v], v + 1)(Huge())


@pytest.mark.parametrize("verbosity", ["low", "high"])
def test_a_value_that_has_no_text_does_not_hide_the_error(mode: str, verbosity: str) -> None:
    thing = generic("thing")

    class Fails(Op):
        __props__ = ()

        def make_node(self, x: Any) -> Apply:
            return Apply(self, [x], [v.type()])

        def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
            raise ZeroDivisionError("told")

    f = function([thing], Fails()(thing), mode=mode)
    with change_flags(exception_verbosity=verbosity), pytest.raises(ZeroDivisionError, match="told") as caught:
        f(Broken("repr"))
    assert "<Broken whose repr raises RuntimeError>" in str(caught.value)
    f = function([], Fails()(thing.type.make_constant(Broken("repr"))), mode=mode)
    with pytest.raises(ZeroDivisionError, match="told"):
        f()


class Leaves(Op):
    """Leaves what `make` makes of its input."""

    __props__ = ()

    def __init__(self, make: Callable[[np.ndarray], Any]) -> None:
        self.make = make

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = self.make(inputs[0])

    def __str__(self) -> str:
        return "Leaves"


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda x: None, "Leaves has left no result, its type says"),
        (lambda x: x.astype("f4"), "Leaves returned an array of dtype float32 with 1 dimensions, its type says"),
        (lambda x: np.ones((2, 2)), "Leaves returned an array of dtype float64 with 2 dimensions, its type says"),
    ],
)
@pytest.mark.parametrize("also", [lambda y: y, lambda y: y * 2])
def test_what_an_op_must_not_leave(make: Any, message: str, also: Any, mode: str) -> None:
    with pytest.raises(TypeError, match=message):
        function([v], also(Leaves(make)(v)), mode=mode)([1.0])
    with pytest.raises(InvalidValueError, match="Leaves"):
        function([v], also(Leaves(make)(v)), mode="DebugMode")([1.0])


def test_trusted_values_that_are_too_long_for_their_type() -> None:
    row = T.drow("row")
    f = function([row, m], row + m)
    f.trust_input = True
    with pytest.raises(TypeError, match="Non-unit value"):
        f(np.ones((3, 2)), np.ones((3, 2)))
    s = shared(np.ones((1, 2)), broadcastable=(True, False))
    g = function([], s + 1)
    s.container.storage[0] = np.ones((2, 2))
    with pytest.raises(TypeError, match="Non-unit value"):
        g()


@pytest.mark.parametrize("lengths, of", [((-2, 2), 4), ((-2, -2), 4), ((0, -1), 0), ((-1, -1), 4), ((-3, 0), 0)])
def test_impossible_shapes(lengths: tuple[int, int], of: int, mode: str) -> None:
    i, j = T.iscalars("i", "j")
    f = function([v, i, j], v.reshape((i, j)), mode=mode)
    with pytest.raises(ValueError, match=r"[Cc]annot reshape"):
        f(np.ones(of), *lengths)
    for k, length in enumerate(lengths):
        if length < -1:
            continue  # refused when the graph is built
        shape = [length if k == at else n for at, n in enumerate((i, j))]
        g = function([v, i, j], v.reshape(shape), mode=mode, on_unused_input="ignore")
        with pytest.raises(ValueError, match=r"[Cc]annot reshape"):
            g(np.ones(of), *lengths)
    assert f(np.ones(4), 2, -1).shape == f(np.ones(4), -1, 2).shape == (2, 2)
    assert f(np.ones(0), -1, 2).shape == (0, 2)


def test_eval_names_the_line() -> None:
    with pytest.raises(TypeError, match=r'with name "test_errors.py:\d+"'):
        (v * 2).eval({v: ["a"]})


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


def test_a_missing_key_is_shown_as_python_does_and_the_node_in_lines_of_its_own(mode: str) -> None:
    @as_op([T.dvector], [T.dvector])
    def look_up(value):
        return {}["weights"]

    with pytest.raises(KeyError) as caught:
        function([v], look_up(v), mode=mode)([1.0])
    assert caught.value.args == ("weights",)
    assert "\nApply node that caused the error: FromFunctionOp{look_up}" in caught.value.__notes__[0]


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


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "FAST_RUN"])
def test_high_verbosity_shows_the_expression_and_the_memory_of_its_inputs(mode: str) -> None:
    s = shared(np.zeros(2), "s")
    with change_flags(exception_verbosity="high"):
        with pytest.raises(ValueError) as caught:
            function([v], v + s, mode=mode)(np.zeros(1))
        text = str(caught.value)
        assert "Debugprint of the apply node:\nElemwise{add,no_inplace} [id A] <TensorType(float64, vector)>" in text
        assert "\n |v [id B] <TensorType(float64, vector)>\n |s [id C] <TensorType(float64, vector)>\n" in text
        assert "\n - v, Input, Shape: (1,), ItemSize: 8 Byte(s), TotalSize: 8 Byte(s)\n" in text
        assert "\n - s, Shared Input, Shape: (2,), ItemSize: 8 Byte(s), TotalSize: 16 Byte(s)\n" in text
        assert "\n TotalSize: 24 Byte(s) 0.000 GB\n TotalSize inputs: 24 Byte(s) 0.000 GB\n" in text
        assert " - s: array([0., 0.])" in text and "HINT: Use" not in text
        with pytest.raises(ValueError) as caught:  # of what is not stored, only the shape is known
            function([v], T.exp(v) + s, mode=mode)(np.zeros(1))
        text = str(caught.value)
        assert " - Elemwise{exp,no_inplace}.0, Shape: (1,), ItemSize: 8 Byte(s), TotalSize: 8 Byte(s)\n" in text
        assert "\n TotalSize: 24 Byte(s) 0.000 GB\n TotalSize inputs: 16 Byte(s) 0.000 GB\n" in text


def test_high_verbosity_where_a_length_depends_on_data(mode: str) -> None:
    found = T.exp(v[(v > 0).nonzero()])
    with change_flags(exception_verbosity="high"), pytest.raises(ValueError, match="Storage map footprint"):
        function([v, w], found + w, mode=mode)([1.0, 2.0, -3.0], [1.0, 2.0, 3.0])


def test_high_verbosity_of_a_deep_expression_is_short() -> None:
    s = v
    for _ in range(300):
        s = T.sin(s)
    with change_flags(exception_verbosity="high"), pytest.raises(ValueError) as caught:
        function([v, w], s + w, mode="FAST_COMPILE")([1.0], [1.0, 2.0])
    assert len(str(caught.value)) < 20_000
