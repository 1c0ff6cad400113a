"""Ops: nodes from itypes, optional methods, test values, evaluation."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.graph.ops import add, neg, pair
from theano.graph import (
    Apply,
    MethodNotDefined,
    Op,
    TestValueError,
    evaluate,
    generic,
    get_debug_values,
    get_test_value,
    null_type,
    perform_node,
)


class Typed(Op):
    __props__ = ()
    itypes = [generic, generic]
    otypes = [generic]


class Twice(Op):
    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [generic()])

    def decompose(self, inputs):
        return [add(inputs[0], inputs[0])]


def test_itypes():
    x = generic("x")
    assert Typed()(x, 3).owner.inputs[1].data == 3
    with pytest.raises(ValueError, match="expected 2 inputs"):
        Typed()(x)
    with pytest.raises(TypeError, match="We expected inputs of types"):
        Typed()(x, null_type())
    with pytest.raises(MethodNotDefined, match="neither make_node nor itypes"):
        Op()(x)


@pytest.mark.parametrize("error", [MethodNotDefined, AttributeError, NotImplementedError])
def test_missing_methods(error):
    x = generic("x")
    node = Typed().make_node(x, x)
    for call in (
        lambda: node.op.perform(node, [1, 2], [[None]]),
        lambda: node.op.L_op([x, x], node.outputs, node.outputs),
        lambda: node.op.R_op([x, x], [x, x]),
        lambda: node.op.infer_shape(node, [(), ()]),
    ):
        with pytest.raises(error, match="Typed"):
            call()
    assert node.op.connection_pattern(node) == [[True], [True]]
    assert not Typed.defines("perform") and Twice.defines("decompose")


def test_perform_through_decompose():
    assert perform_node(Twice().make_node(generic("x")), [21]) == [42]


def test_evaluate():
    x, y = generic("x"), generic("y")
    quotient, rest = pair(add(x, 7), y)
    assert evaluate([quotient, rest, x], {x: 10, y: 5}) == [3, 2, 10]
    assert evaluate([neg(quotient)], {quotient: 8}) == [-8]
    with pytest.raises(TestValueError, match="no value was given for y"):
        evaluate([quotient], {x: 1})


def test_perform_node_protects_destroyed_inputs():
    class Append(Op):
        __props__ = ()
        destroy_map = {0: [0]}

        def make_node(self, x):
            return Apply(self, [x], [generic()])

        def perform(self, node, inputs, output_storage):
            inputs[0].append(1)
            output_storage[0][0] = inputs[0]

    value = []
    assert perform_node(Append().make_node(generic()), [value]) == [[1]] and value == []


def test_test_values():
    x, y = generic("x"), generic("y")
    x.tag.test_value = 3
    with theano.change_flags(compute_test_value="raise"):
        assert get_test_value(neg(add(x, 4))) == -7
        with pytest.raises(ValueError, match=r"Cannot compute test value: input 0 \(y\) of Op neg"):
            neg(y)
        with pytest.raises(TypeError):  # the op's own error, on the line that builds the node
            add(x, "text")
        assert get_debug_values(x, 5) == [(3, 5)]
    array = np.ones(2)
    assert get_test_value(array) is array and get_test_value(3).dtype == "int8"  # those of the constants they become
    assert theano.Op._get_test_value([1, 2.5]).tolist() == [1, 2.5] and theano.Op._get_test_value(x) == 3
    with pytest.raises(TypeError):
        get_test_value(None)
    with theano.change_flags(compute_test_value="warn"), pytest.warns(UserWarning, match="missing default"):
        neg(y)
    with theano.change_flags(compute_test_value="ignore"):
        assert not hasattr(neg(y).tag, "test_value")
    assert not hasattr(neg(x).tag, "test_value") and get_debug_values(x) == []


def test_a_test_value_of_another_type_is_named() -> None:
    x = T.dvector("x")
    x.tag.test_value = np.ones((2, 2))
    with theano.change_flags(compute_test_value="raise"), pytest.raises(TypeError) as caught:
        x + 1
    said = str(caught.value)
    assert said.startswith("Wrong number of dimensions: expected 1, got 2") and "the test value of x," in said
    assert "x was made here" in said and "test_op.py" in said


def test_ops_pickle():
    assert pickle.loads(pickle.dumps(Typed())) == Typed()


def test_a_test_value_that_is_missing_is_an_error_of_both_kinds() -> None:
    """Theano raises an AttributeError, Theano-PyMC a TestValueError; programs catch one of them."""
    for kind in (AttributeError, theano.graph.TestValueError):
        with pytest.raises(kind, match="has no test value"):
            get_test_value(theano.tensor.dvector())


def test_a_call_above_op_makes_the_node() -> None:
    """Classes of old programs call ``super(theano.Op, self)``, where they mean themselves."""

    class Double(theano.Op):
        __props__ = ()
        itypes = otypes = [T.dvector]

        def __call__(self, x, **kwargs):
            return super(theano.Op, self).__call__(T.as_tensor_variable(x), **kwargs)

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = 2 * inputs[0]

    assert theano.function([], Double()([1.0, 2.0]))().tolist() == [2, 4]
    assert theano.gof.PureOp in theano.Op.__mro__
