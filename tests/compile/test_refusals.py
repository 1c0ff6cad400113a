"""Every error that `theano.function`, shared variables, modes and their relatives document is raised once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theano.compile.debugmode import DebugMode
from theano.compile.nanguardmode import NanGuardMode

import theano
import theano.tensor as T
from tests.refusals import Refusal, cases, check
from theano import In, Mode, function, shared
from theano.compile import FAST_RUN, Container, OpFromGraph, OrderedUpdates, SharedVariable, as_op, shared_constructor
from theano.compile.errors import typed_result
from theano.compile.maker import convert_function_input
from theano.compile.mode import register_linker, register_mode, register_optimizer
from theano.graph import MissingInputError
from theano.printing import ccode
from theano.tensor import verify_grad

x, y, v, m = T.dscalar("x"), T.dscalar("y"), T.dvector("v"), T.dmatrix("m")
w, w2, narrow = shared(0.0, "w"), shared(1.0, "w2"), shared(np.float32(0), "narrow")
f = function([x], x + w, updates=[(w, w + 1)], name="f")


def _without_memory() -> None:
    @shared_constructor
    def full(value: Any, **_: Any) -> Any:
        raise MemoryError("full.")

    try:
        shared(1.0)
    finally:
        shared_constructor(full, remove=True)


def _without_updates() -> None:
    """A random variable of a state's shape, in a function that is not told the updates of the loop."""
    streams = T.shared_randomstreams.RandomStreams(1)
    steps, _ = theano.scan(lambda s: s + streams.normal(s.shape), outputs_info=v, n_steps=2)
    function([v], steps)


def _trusted(value: Any, kind: Any = T.dvector) -> Any:
    """A call whose arguments are not looked at."""
    a = kind("a")
    trusting = function([a], T.exp(a))
    trusting.trust_input = True
    return trusting(value)


def _readonly() -> None:
    Container(x, [None], readonly=True).value = 3


def _set_value_attribute() -> None:
    w.value = 3


INPUTS: list[Refusal] = [
    (lambda: function(x, x), TypeError, "must be a list or tuple .* not x of type TensorVariable: write function"),
    (lambda: function([3], x), TypeError, "Unknown parameter type: <class 'int'>.* not 3"),
    (lambda: function([(x, 1, 2)], x), TypeError, "an input given as a tuple is .variable, default."),
    (lambda: function([T.constant(1)], x), TypeError, "Constants not allowed in param list"),
    (lambda: function([w], w), TypeError, "Cannot use a shared variable .w. as explicit input"),
    (lambda: function([x, x], x), theano.compile.UnusedInputError, "x is used twice in inputs .* indices 0 and 1"),
    (lambda: function([x, y], x), theano.compile.UnusedInputError, "input variable at index 1 is not part of"),
    (lambda: function([x, y], x, on_unused_input="no"), ValueError, "Invalid value for keyword on_unused_input"),
    (lambda: In(3), TypeError, "Unknown parameter type: <class 'int'>"),
    (lambda: In(x, name=3), TypeError, "name must be a string! .got: 3."),
    (lambda: In(x, value=1, update=v), TypeError, "Variable 'x' has type .* but its update expression v has type"),
    (lambda: In(x, mutable=True, borrow=False), AssertionError, "mutable=True"),
    (lambda: In(x, implicit=True), TypeError, "An implicit input must be given a default value"),
    (lambda: theano.compile.SymbolicInput(x, implicit=None), TypeError, "implicit must be True or False"),
    (lambda: convert_function_input(3), TypeError, "Unknown input type: <class 'int'>"),
]

OUTPUTS: list[Refusal] = [
    (lambda: function([], 3), TypeError, "Outputs must be theano Variable or Out instances. Received 3 of type"),
    (lambda: function([x], {1: x}), AssertionError, "keys of a dict of outputs must be strings, not 1"),
    (lambda: function([x], OrderedUpdates()), theano.compile.UnusedInputError, "is not part of"),
    (lambda: function([x], [x, OrderedUpdates()]), TypeError, "scan returns two things"),
    (lambda: function([x], x + y), theano.graph.MissingInputError, "The input y of .* was not provided"),
]

CALLS: list[Refusal] = [
    (lambda: f(), TypeError, 'Missing required input: x. The function "f" takes 1 input: x'),
    (lambda: f(1, 2), TypeError, "Too many parameter passed to theano function: 2 for 1 inputs"),
    (lambda: f(z=1), TypeError, "Unknown input or state: z"),
    (lambda: f(1, x=1), TypeError, "Multiple values for input: x"),
    (lambda: f(w=1), TypeError, "Tried to provide value for implicit input: w"),
    (lambda: f[1.5], TypeError, "Unknown input or state: 1.5"),
    (lambda: f[7], TypeError, "Unknown input or state: 7"),
    (lambda: function([], [])(1), TypeError, "takes no inputs"),
    (lambda: _trusted(np.ones((2, 2))), TypeError, "Wrong number of dimensions: expected 1, got 2"),
    (lambda: _trusted(np.ones((2, 2)), T.drow), TypeError, "Non-unit value on shape on a broadcastable dimension"),
    (lambda: (x + y).eval({x: 1}), theano.graph.MissingInputError, "The input y of"),
    (lambda: x.eval({"x": 1}), TypeError, "eval takes a dict from variables to values, not from 'x'"),
    (lambda: x.eval(3), TypeError, "eval takes a dict from variables to values, not 3"),
]

UPDATES: list[Refusal] = [
    (lambda: function([], [], updates=[w, w]), ValueError, "The updates parameter must be an OrderedDict/dict or"),
    (_without_updates, MissingInputError, "default update of .* needs v.t-1., .*pass the updates that scan returned"),
    (lambda: function([], [], updates=3), ValueError, "This is no pair: 3"),
    (lambda: function([], [], updates=[(x, w)]), TypeError, "update target must be a SharedVariable, not x"),
    (lambda: function([], [], updates=[(w, w), (w, w)]), ValueError, "already has an update expression: w"),
    (lambda: function([v], [], updates=[(w, v)]), TypeError, "An update must have the same type"),
    (lambda: function([x], x, no_default_updates=3), TypeError, "should be either a boolean or a list"),
    (lambda: OrderedUpdates({3: x}), TypeError, "keys must inherit from SharedVariable, not 3 of type int"),
    (lambda: OrderedUpdates([(w, w)]) + {w: w + 1}, KeyError, "Collision: w has two different new values"),
]

GIVENS: list[Refusal] = [
    (lambda: function([x], x, givens=[x]), ValueError, "The givens parameter must be .*This is no pair: x"),
    (lambda: function([x], x, givens={"x": x}), TypeError, "givens keys must be Variable: 'x' is of type str"),
    (lambda: function([x], x + w, givens={w: [1]}), TypeError, "givens values must be variables, arrays or numbers"),
    (lambda: function([x], x + w, givens={w: "a"}), TypeError, "givens can't replace w of type .* by 'a'"),
    (lambda: function([v], w, givens={w: v}), TypeError, "givens can't replace w of type .* by v"),
    (lambda: function([x], x, givens={x: y}), RuntimeError, "trying to replace variable 'x' through the `givens`"),
]

SHARED: list[Refusal] = [
    (lambda: shared(x), TypeError, "needs numeric values and not symbolic variables. Got the variable x"),
    (lambda: shared(1.0, dtype="float32"), TypeError, "No suitable SharedVariable constructor .*'dtype': 'float32'"),
    (lambda: shared(1.0, target="gpu"), TypeError, "No suitable SharedVariable constructor"),
    (lambda: shared(np.ones(2), target="gpu"), TypeError, "No suitable SharedVariable constructor"),
    (_without_memory, MemoryError, "full. You might consider using 'theano.shared.*borrow=True"),
    (lambda: w.set_value([1, 2]), TypeError, "Wrong number of dimensions: expected 0, got 1"),
    (lambda: w.value, AttributeError, "Use sharedvar.get_value.. or sharedvar.set_value"),
    (_set_value_attribute, AttributeError, "Use sharedvar.get_value.. or sharedvar.set_value"),
    (lambda: shared({})[0], TypeError, "not subscriptable. This shared variable contains {} of type dict"),
    (lambda: Container(x, []), TypeError, "storage must be a list of length at least one"),
    (_readonly, TypeError, "Cannot set readonly storage: x"),
    (
        lambda: SharedVariable("c", x.type, 3, None, container=w.container),
        TypeError,
        "value and strict are ignored if you pass a container here",
    ),
]

MODES: list[Refusal] = [
    (
        lambda: function([x], x, mode="FASTRUN"),
        ValueError,
        "No predefined mode exist for string: FASTRUN. It is one of",
    ),
    (lambda: Mode(linker="nvcc"), ValueError, "No predefined linker exists for string: nvcc. It is one of c, "),
    (lambda: Mode(optimizer="o9"), ValueError, "No predefined optimizer exists for string: o9. It is one of "),
    (lambda: FAST_RUN.clone(optimizer="o9"), ValueError, "No predefined optimizer exists for string: o9"),
    (lambda: register_mode("FAST_RUN", FAST_RUN), ValueError, "Mode name already taken: FAST_RUN"),
    (lambda: register_linker("py", FAST_RUN.linker), ValueError, "Linker name already taken: py"),
    (lambda: register_optimizer("o4", None), ValueError, "Optimizer name already taken: o4"),
    (
        lambda: Mode(optimizer=lambda fgraph: None).including("fusion"),
        TypeError,
        "including needs a mode whose optimizer is a Query",
    ),
    (lambda: DebugMode(check_c_code=False, check_py_code=False), ValueError, "at least one of c and py code"),
    (
        lambda: NanGuardMode(nan_is_error=False, inf_is_error=False, big_is_error=False),
        AssertionError,
        "NanGuardMode needs at least one",
    ),
]

COPIES: list[Refusal] = [
    (lambda: f.copy(swap={w2: w}), ValueError, "w2 is not used by the function, it can't be swapped"),
    (lambda: f.copy(swap={w: 3}), TypeError, "w can only be swapped with a shared variable, not with 3"),
    (lambda: f.copy(swap={w: narrow}), TypeError, "can't be swapped with narrow of type"),
    (lambda: function([], w + w2).copy(swap={w: w2}), ValueError, "w2 is used by the function already"),
    (lambda: ccode(3), TypeError, "a compiled function is wanted, as theano.function returns it, not 3"),
    (lambda: ccode(function([x], x + 1, mode="FAST_COMPILE")), TypeError, "is not compiled to native code"),
]


def _from_graph(**options: Any) -> Any:
    return T.grad(OpFromGraph([x, y], [x * y], **options)(x, y), [x, y])


OPS: list[Refusal] = [
    (lambda: OpFromGraph(x, [x]), TypeError, "inputs and outputs must be lists"),
    (lambda: OpFromGraph([x], [3]), TypeError, "Inputs and outputs must be Variable instances, got 3"),
    (lambda: OpFromGraph([x], [x], updates=[]), TypeError, "updates and givens are not allowed here"),
    (lambda: OpFromGraph([x], [x], grad_overrides=[], lop_overrides=[]), ValueError, "mutually exclusive"),
    (lambda: _from_graph(lop_overrides=[None]), ValueError, "expect overrider with 2 inputs, got .None."),
    (lambda: _from_graph(lop_overrides=lambda *_: 3), TypeError, "must return a list of 2 gradients, not 3"),
    (lambda: _from_graph(lop_overrides=lambda *_: [x]), ValueError, "must return a list of 2 gradients, got 1"),
    (lambda: as_op([3], [T.dscalar]), TypeError, "itypes has to be a list of Theano types"),
    (lambda: as_op([T.dscalar], [3]), TypeError, "otypes has to be a list of Theano types"),
    (lambda: as_op([T.dscalar], [T.dscalar], infer_shape=3), TypeError, "infer_shape needs to be a callable"),
    (
        lambda: as_op([T.dscalar], [T.dscalar])(lambda a: (a, a))(x).eval({x: 1}),
        ValueError,
        "returned 2 values, but the op has 1 outputs",
    ),
    (lambda: typed_result("op", x.type, None), TypeError, "op has left no result"),
    (lambda: typed_result("op", x.type, np.ones(2)), TypeError, "op returned an array of dtype float64 with 1"),
    (lambda: typed_result("op", T.drow, np.ones((2, 2))), ValueError, "op returned shape .2, 2., its type says"),
]

rng = np.random.RandomState(0)
CHECKS: list[Refusal] = [
    (lambda: verify_grad(T.exp, np.ones(2), rng=rng), TypeError, "pt must be a list of values, found ndarray"),
    (lambda: verify_grad(T.exp, [np.ones(2)]), TypeError, "rng"),
    (lambda: verify_grad(T.exp, [np.ones(2, "int64")], rng=rng), TypeError, "float"),
    (lambda: verify_grad(lambda a: [a, a], [np.ones(2)], rng=rng), NotImplementedError, "functions of one output"),
]

TABLES = {
    "inputs": INPUTS,
    "outputs": OUTPUTS,
    "calls": CALLS,
    "updates": UPDATES,
    "givens": GIVENS,
    "shared": SHARED,
    "modes": MODES,
    "copies": COPIES,
    "ops": OPS,
    "checks": CHECKS,
}


@pytest.mark.parametrize(("call", "classes", "text"), cases(TABLES))
def test_refused(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)
