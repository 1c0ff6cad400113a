"""`DebugMode` finds mistakes of ops, of rewrites and of the compiler, one of each kind planted here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from theano.compile.debugmode import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugModeError,
    InvalidValueError,
)

import theano
import theano.tensor as T
from theano.compile import DebugMode, function, shared
from theano.graph import Apply, Op
from theano.rewrite import PatternSub, register_canonicalize
from theano.rewrite.engine.registry import remove_rule

v = T.dvector("v")
Perform = Callable[[list[Any], Any], None]


class Planted(Op):
    """An op of a vector whose `perform` is `work` of the inputs and the cells of the outputs."""

    __props__ = ("work",)

    def __init__(self, work: Perform, nout: int = 1, views: Any = None, destroys: Any = None) -> None:
        self.work, self.nout = work, nout
        self.view_map, self.destroy_map = views or {}, destroys or {}

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, [T.as_tensor_variable(x) for x in inputs], [T.dvector() for _ in range(self.nout)])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        self.work(inputs, outputs)


def debugged(op: Planted, *more: Any, **flags: Any) -> Any:
    """The result for the ones, of which a node inside the graph makes two."""
    out = op(v + 1, *more)
    outputs = out if isinstance(out, list) else [out]
    f = function([v], [o * 1.5 for o in outputs], mode=DebugMode(**flags), accept_inplace=True)
    return f([1.0, 1.0])


def fill(make: Callable[..., Any]) -> Perform:
    def work(inputs: list[Any], outputs: Any) -> None:
        outputs[0][0] = make(*inputs)

    return work


def doubled_in_place(inputs: list[Any], outputs: Any) -> None:
    outputs[0][0] = inputs[0] * 2
    inputs[0] *= 2


def returned(inputs: list[Any], outputs: Any) -> None:
    outputs[0][0] = inputs[0]


def part(inputs: list[Any], outputs: Any) -> None:
    outputs[0][0] = inputs[0][1:]


def same_twice(inputs: list[Any], outputs: Any) -> None:
    outputs[0][0] = inputs[0] * 2
    outputs[1][0] = outputs[0][0][::-1]


def view_twice(inputs: list[Any], outputs: Any) -> None:
    outputs[0][0] = outputs[1][0] = inputs[0]


# -- values that are not of their type ------------------------------------------------------------

INVALID = {
    "dtype": (lambda x: x.astype("float32"), "float32"),
    "shape": (lambda x: x[None], r"shape\(value\)   = \(1, 2\)"),
    "no array": (lambda x: [1.0, 2.0], "list"),
    "nothing": (lambda x: None, "NoneType"),
    "not a number": (lambda x: x * np.nan, "not finite"),
    "infinite": (lambda x: x * np.inf, "not finite"),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_values(case: str) -> None:
    make, text = INVALID[case]
    op = Planted(fill(make))
    with pytest.raises(InvalidValueError, match=text) as caught:
        debugged(op)
    error = caught.value
    assert isinstance(error, DebugModeError)
    assert error.r.owner.op is op and error.hint == "perform output"
    assert "Planted" in str(error)


def test_values_that_are_not_finite_may_be_allowed() -> None:
    op = Planted(fill(lambda x: x * np.inf))
    assert debugged(op, check_isfinite=False)[0].tolist() == [np.inf, np.inf]
    with theano.change_flags({"DebugMode.check_finite": False}):
        assert debugged(op)[0].tolist() == [np.inf, np.inf]
    with pytest.raises(InvalidValueError):
        debugged(op, check_isfinite=True)


# -- memory ---------------------------------------------------------------------------------------


def test_inputs_that_are_changed() -> None:
    op = Planted(doubled_in_place)
    text = r"changed its input 0 .*\n  value before: \[2\. 2\.\]\n.*\[4\. 4\.\]"
    with pytest.raises(BadDestroyMap, match=text) as caught:
        debugged(op)
    assert caught.value.node.op is op and caught.value.idx == 0
    assert debugged(Planted(doubled_in_place, destroys={0: [0]}))[0].tolist() == [6, 6]
    with pytest.raises(BadDestroyMap):  # another one is declared
        debugged(Planted(doubled_in_place, destroys={0: [1]}), v * 3)


def test_a_change_that_is_equal_in_value_is_one() -> None:
    def to_minus_zero(inputs: list[Any], outputs: Any) -> None:
        outputs[0][0] = inputs[0] + 1
        np.copyto(inputs[0], -0.0)

    with pytest.raises(BadDestroyMap):
        function([v], Planted(to_minus_zero)(v * 0) * 1.5, mode=DebugMode())([1.0])


@pytest.mark.parametrize("work", [returned, part])
def test_outputs_that_are_views_of_inputs(work: Perform) -> None:
    op = Planted(work)
    with pytest.raises(BadViewMap, match=r"output 0 of .* shares memory with inputs \[0\] and outputs \[\]") as caught:
        debugged(op)
    assert caught.value.node.op is op and caught.value.in_alias_idx == [0]
    assert debugged(Planted(work, views={0: [0]}))[0].tolist() in ([3, 3], [3])
    with pytest.raises(BadViewMap):  # another one is declared
        debugged(Planted(work, views={0: [1]}), v * 3)


def test_outputs_that_are_views_of_each_other() -> None:
    """Somebody who changes one of them in place would change the other."""
    op = Planted(same_twice, nout=2)
    with pytest.raises(BadViewMap, match=r"output 1 of .* shares memory with inputs \[\] and outputs \[0\]") as caught:
        debugged(op)
    assert caught.value.output_idx == 1 and caught.value.out_alias_idx == [0]
    both = debugged(Planted(view_twice, nout=2, views={0: [0], 1: [0]}))
    assert [value.tolist() for value in both] == [[3, 3], [3, 3]]


def test_nodes_are_looked_at_only_if_wanted() -> None:
    assert debugged(Planted(returned), check_py_code=False)[0].tolist() == [3, 3]
    with pytest.raises(ValueError, match="at least one of c and py code"):
        DebugMode(check_py_code=False, check_c_code=False)


# -- rewrites -------------------------------------------------------------------------------------


@pytest.fixture
def wrong_rule() -> Iterator[None]:
    register_canonicalize(PatternSub((T.tan, "a"), (T.sin, "a"), name="tan_is_sin"), "fast_run")
    try:
        yield
    finally:
        remove_rule("tan_is_sin")


@pytest.mark.usefixtures("wrong_rule")
def test_rewrites_that_change_the_result() -> None:
    f = function([v], [v + 1, T.tan(v)], mode="DebugMode")
    with pytest.raises(BadOptimization, match=r"(?s)value as written: \[1\.5.*value rewritten:  \[0\.8") as caught:
        f([1.0])
    error = caught.value
    assert error.old_r.owner.op == T.tan and error.new_r.owner.op == T.sin
    assert error.reason == "tan_is_sin" and "(tan_is_sin)" in str(error)
    assert f([0.0])[1].tolist() == [0]  # where they agree, nothing is wrong
    assert function([v], T.tan(v), mode=DebugMode(optimizer=None))([1.0]) == pytest.approx(np.tan(1))


@pytest.mark.usefixtures("wrong_rule")
def test_rewrites_that_change_an_update() -> None:
    s = shared(np.ones(1))
    f = function([v], v + 1, updates=[(s, T.tan(s) + v)], mode="DebugMode")
    with pytest.raises(BadOptimization) as caught:
        f([1.0])
    assert caught.value.reason == "tan_is_sin"
    assert s.get_value().tolist() == [1]  # as before the call


# -- the compiled program -------------------------------------------------------------------------


class Twice(Op):
    """Doubles, but the compiled form, which is made of other ops, triples."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0] * 2

    def decompose(self, inputs: Any) -> Any:
        return [inputs[0] * 3]


def test_programs_that_compute_something_else() -> None:
    f = function([v], [v + 1, Twice()(v)], mode="DebugMode")
    with pytest.raises(BadThunkOutput, match=r"(?s)perform: \[2\.\]\n  compiled: \[3\.\]") as caught:
        f([1.0])
    error = caught.value
    assert error.offending_op() == Twice() and error.inputs_val[0].tolist() == [1]
    assert f([0.0])[1].tolist() == [0]
    assert function([v], Twice()(v), mode=DebugMode(check_c_code=False))([1.0]).tolist() == [2]


def test_programs_that_update_wrongly() -> None:
    s = shared(np.ones(1))
    f = function([], updates=[(s, Twice()(s))], mode="DebugMode")
    with pytest.raises(BadThunkOutput) as caught:
        f()
    assert caught.value.r.owner.op == Twice() and s.get_value().tolist() == [1]


def test_a_right_program_passes_and_updates_once() -> None:
    s = shared(np.ones(2))
    f = function([v], [T.exp(v) / T.exp(v).sum(), s * v], updates=[(s, s + v)], mode="DebugMode")
    assert f([0.0, 0.0])[0].tolist() == [0.5, 0.5]
    assert f([1.0, 0.0])[1].tolist() == [1, 0]
    assert s.get_value().tolist() == [2, 1]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        (lambda v: T.log(1 + T.exp(v)), [1000.0, 1.0]),
        (lambda v: T.mean(T.log(T.nnet.softmax(v))), [1000.0, -1000.0]),
        (lambda v: -T.log(T.nnet.sigmoid(v)), [-1000.0, 0.0]),
        (lambda v: T.log(1 - T.nnet.sigmoid(v)), [40.0, 0.0]),  # rounded to log(0)
        (lambda v: T.log(T.exp(v - v.max()).sum() * T.exp(v)), [1000.0, 0.0]),
        (lambda v: T.log(T.nnet.softmax(v))[::-1], [1000.0, 0.0]),  # of which the 0 is lost, though one is given
        (lambda v: theano.scan(lambda a: T.log(1 + T.exp(a)), v)[0] * 2, [1000.0, 0.0]),
    ],
)
def test_what_stable_forms_save_is_no_mistake(expression: Any, values: list[float]) -> None:
    """As written these overflow, rewritten they do not: which DebugMode took for a wrong rewrite."""
    assert np.isfinite(function([v], expression(v), mode=DebugMode())(values)).all()


WRONG = {"a pole": (T.log, 0.0), "no real number": (T.sqrt, -1.0)}
SAME_NUMBERS = {
    "as it is": lambda w: w,
    "reversed": lambda w: w[::-1],
    "a row": lambda w: w.dimshuffle("x", 0),
    "joined": lambda w: T.concatenate([w, w]),
    "reshaped": lambda w: w.reshape((1, 1)),
    "spread": lambda w: T.alloc(w[0], 2),
    "stacked": lambda w: T.stack([w[0], w[0]]),
    "gathered": lambda w: w[T.constant([0, 0])],
    "repeated": lambda w: T.repeat(w, 2),
    "written": lambda w: T.set_subtensor(w[:1], w),
    "split": lambda w: T.split(w, [1, 0], 2)[0],
    "summed": lambda w: w.sum(),
}


@pytest.mark.parametrize("beside", [lambda w: [], lambda w: [T.log(1 + T.exp(w + 1000))]], ids=["alone", "beside"])
@pytest.mark.parametrize("form", SAME_NUMBERS)
@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_finite_and_right_is_no_excuse(case: str, form: str, beside: Any) -> None:
    """``log(0)`` that became a number was taken for one that was saved, where any rule for accuracy had fired; and so
    was ``log(v[::-1])``, as if the index had lost a number."""
    function_of, value = WRONG[case]
    wrong = PatternSub((function_of, "x"), (T.cos, "x"), name="wrong_number")
    register_canonicalize(wrong, name="wrong_number")
    try:
        f = function([v], [function_of(SAME_NUMBERS[form](v)), *beside(v)], mode=DebugMode())
        with pytest.raises(BadOptimization):
            f([value])
    finally:
        remove_rule("wrong_number")


def test_an_overflow_excuses_no_other_number() -> None:
    """Beside what overflowed a wrong number is found; and so is one where no rule for accuracy has fired."""
    wrong = PatternSub((T.sin, "x"), (T.cos, "x"), name="wrong_sine")
    register_canonicalize(wrong, name="wrong_sine")
    try:
        for expression in (T.log(1 + T.exp(v)) + T.sin(v), T.exp(v) + T.sin(v)):
            with pytest.raises(BadOptimization):
                function([v], expression, mode=DebugMode(check_isfinite=False))([1000.0, 1.0])
    finally:
        remove_rule("wrong_sine")
