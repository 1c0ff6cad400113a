"""Variables, constants, nodes, and where they were made."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import theano
from tests.graph.ops import Call, add, neg, pair
from theano.graph import (
    Apply,
    Constant,
    Op,
    Type,
    Variable,
    data_signature,
    format_origin,
    generic,
    inherit_origin,
    origin_of,
)


class Integer(Type):
    __props__ = ()

    def filter(self, value, strict=False, allow_downcast=None):
        if strict and not isinstance(value, int):
            raise TypeError("not an int")
        return int(value)

    def convert_variable(self, var):
        if var.type != generic:
            return super().convert_variable(var)
        return Apply(Call("int", int), [var], [self()]).out


def test_text_of_variables():
    x = generic("x")
    assert str(x) == repr(x) == "x"
    assert str(generic()) == f"<{generic}>"
    assert str(add(x, x)) == "add.0"
    assert str(pair(x, x)[1]) == "divmod.1"
    assert str(add(x, 1).owner) == "add(x, Constant{1})"


def test_identity_and_attributes():
    x, twin = generic("x"), generic("x")
    assert x == x and x != twin and len({x, twin}) == 2
    x.anything = 3
    x.tag.test_value = 4
    copied = x.clone()
    assert copied.name == "x" and copied.tag.test_value == 4 and copied is not x
    copied.tag.test_value = 5
    assert x.tag.test_value == 4
    assert x.get_parents() == [] and add(x, x).get_parents()[0].get_parents() == [x, x]


def test_wrong_arguments():
    x = generic("x")
    with pytest.raises(TypeError, match="name must be a string"):
        Variable(generic, name=3)
    with pytest.raises(TypeError, match="inputs of add"):
        Apply(add, [3], [generic()])
    with pytest.raises(ValueError, match="already an output"):
        Apply(add, [x], [add(x, x)])


SAMPLES = [
    0,
    False,
    0.0,
    -0.0,
    0j,
    complex(-0.0, 0.0),
    None,
    "",
    b"",
    (),
    (0,),
    (0.0,),
    float("nan"),
    np.float64(0),
    np.float32(0),
    np.array(0.0),
    np.array(-0.0),
    np.array(False),
    np.array(0),
    np.array([0.0]),
    np.array([[0.0]]),
    np.array([], dtype="float64"),
    np.frombuffer((0x7FF8000000000000).to_bytes(8, "little")),
    np.frombuffer((0x7FF8000000000001).to_bytes(8, "little")),
    np.zeros(2000),
    np.zeros(2001),
    slice(0, None),
    slice(0.0, None),
    [0],
    [0],
]


def test_constants_merge_only_when_indistinguishable():
    signatures = [Constant(generic, value).signature() for value in SAMPLES]
    assert len(set(signatures)) == len(SAMPLES)
    for value in SAMPLES:
        assert data_signature(value) == data_signature(value)
    assert Constant(generic, np.zeros(2000)).equals(Constant(generic, np.zeros(2000)))
    assert not Constant(generic, 0).equals(generic())


def test_default_output():
    x = generic("x")
    node = pair.make_node(x, x)
    with pytest.raises(AttributeError, match="no default_output"):
        node.out  # noqa: B018
    assert (node.nin, node.nout) == (2, 2)

    class First(Call):
        default_output = 0

    first = First("divmod", divmod, 2)
    assert first(x, x).index == 0 and str(first(x, x)) == "divmod.out"
    assert first.make_node(x, x).out.index == 0
    assert [v.index for v in pair(x, x)] == [0, 1]
    assert len(neg(x, return_list=True)) == 1


def test_clone_with_new_inputs():
    x, i = generic("x"), Integer()("i")
    node = neg(i).owner
    assert node.clone_with_new_inputs([Integer()("j")]).inputs[0].name == "j"
    converted = node.clone_with_new_inputs([x])
    assert converted.inputs[0].type == Integer()
    assert neg(x).owner.clone_with_new_inputs([i], strict=False).inputs == [i]
    with pytest.raises(TypeError, match="Cannot convert Type"):
        neg(x).owner.clone_with_new_inputs([i])
    with pytest.raises(ValueError, match="1 inputs, 2 were given"):
        node.clone_with_new_inputs([x, x])


def test_clone_keeps_names_and_tags():
    y = add(generic("x"), 1)
    y.name = "y"
    y.tag.note = "kept"
    y.owner.tag.note = "also"
    copied = y.owner.clone()
    assert copied.outputs[0].name == "y" and copied.outputs[0].tag.note == "kept"
    assert copied.tag.note == "also" and copied.outputs[0].owner is copied and y.owner is not copied


def here() -> int:
    return inspect.currentframe().f_back.f_lineno


def test_origin_is_the_users_line():
    x, line = generic("x"), here()
    y, next_line = add(x, x), here()
    # Innermost is the test op's make_node, which is no code of the package either.
    assert y.owner.origin[-2] == (__file__, next_line, "test_origin_is_the_users_line")
    assert origin_of(x)[-1][:2] == (__file__, line) and origin_of(y) == y.owner.origin
    assert y.owner.tag.trace == [list(y.owner.origin)]
    assert 0 < len(y.owner.origin) <= theano.config.traceback.limit
    assert "y, next_line = add(x, x), here()" in format_origin(y.owner.origin)


def test_origin_limit_and_inheritance():
    x = generic("x")
    with theano.change_flags({"traceback.limit": 2}):
        y = add(x, x)
    assert len(y.owner.origin) == 2
    with theano.change_flags({"traceback.limit": 0}):
        assert add(x, x).owner.origin == ()
    with inherit_origin(y):
        z = neg(y)
        with inherit_origin(()):
            assert neg(y).owner.origin == ()
        assert neg(y).owner.origin == y.owner.origin
    assert z.owner.origin == y.owner.origin != neg(y).owner.origin


class Power(Op):
    __props__ = ("k",)

    def __init__(self, k):
        self.k = k


class Plain(Op):
    pass


def test_props():
    assert Power(3) == Power(3) != Power(2) and hash(Power(3)) == hash(Power(3))
    assert str(Power(3)) == "Power{k=3}" and str(Integer()) == "Integer"
    assert Plain() != Plain() and len({Plain(), Plain()}) == 2
    assert (Power(3) == 3) is False


def test_type_classes_may_be_set_under_either_name():
    class Mine(Variable):
        pass

    class Named(Integer):
        Variable = Mine

    assert Named.variable_type is Mine and isinstance(Named()("x"), Mine)
    Named.variable_type = Variable
    assert Named.Variable is Variable and Integer.Variable is Variable


def test_type_conversions():
    assert isinstance(Integer().filter_variable(3.0), Constant)
    assert Integer().filter_variable(generic("x")).type == Integer()
    assert Integer().is_valid_value(3) and not Integer().is_valid_value(3.0)
    with pytest.raises(TypeError):
        generic.filter_variable(Integer()())
