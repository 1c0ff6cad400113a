"""Helpers that extensions of older programs import from ``theano.gof``."""

from __future__ import annotations

import copy

import pytest
from theano.gof import graph, utils
from theano.gof.type import PureType, SingletonType

import theano
import theano.tensor as T


def test_keywords():
    names = "ABORT RETRY FAILURE ANY_TYPE FALL_THROUGH".split()
    found = [getattr(utils, name) for name in names]
    assert [k.name for k in found] == names and [repr(k) for k in found] == [f"<{n}>" for n in names]
    assert [bool(k) for k in found] == [False, False, False, True, True] and str(utils.ABORT) == "<ABORT>"
    assert utils.Keyword("A").nonzero is True and utils.Keyword in utils.simple_types
    assert "while" in utils.c_cpp_keywords and "theano" not in utils.c_cpp_keywords


def test_objects_with_props():
    class Pair(utils.object2):
        __props__ = ("a", "b")

        def __init__(self, a, b):
            self.a, self.b = a, b

    class Other(utils.object2):
        pass

    assert type(Pair) is utils.MetaObject and theano.gof.object2 is utils.object2 is theano.object2
    assert Pair(1, 2) == Pair(1, 2) and Pair(1, 2) != Pair(2, 1) and hash(Pair(1, 2)) == hash(Pair(1, 2))
    assert repr(Pair(1, "x")) == "Pair{a=1, b='x'}" and Other() != Other()
    d = utils.D(a=1)
    d.b = 2
    assert d == {"a": 1, "b": 2} and d.a == 1


def test_deprecated_functions_warn_once():
    @utils.deprecated("old.py", "use another")
    def old(x):
        """Doubles."""
        return 2 * x

    with pytest.warns(DeprecationWarning, match="old.py: old is deprecated: use another") as said:
        assert old(2) == 4 and old(3) == 6
    assert len(said) == 1 and old.__doc__ == "Doubles."


# Cases of one function, as a module defines them one after the other.
@utils.type_guard(utils.ANY_TYPE)
def joined(a, b):
    return "any"


@utils.type_guard((int, float))
def joined(a, b):  # noqa: F811
    return "number" if a else utils.FALL_THROUGH


@utils.comm_guard(str, list)
def joined(a, b):  # noqa: F811
    return ("text first", a, b)


def test_guards():
    assert joined(1, 2) == "number" and joined(0, 2) == "any" and joined("a", 2) == "any"
    assert joined("a", [1]) == joined([1], "a") == ("text first", "a", [1])


def test_traces():
    x = T.dvector()
    assert utils.add_tag_trace(x) is x and x.tag.trace[-1][-1][0] == __file__
    text = utils.get_variable_trace_string(x)
    assert f'File "{__file__}"' in text and "utils.add_tag_trace(x)" in text
    stack = utils.simple_extract_stack()
    assert stack[-1][0] == __file__ and stack[-1][2] == "test_traces" and stack[-1][3].startswith("stack = ")
    assert len(utils.simple_extract_stack(limit=2)) == 2 and utils.simple_extract_stack(limit=0) == []
    assert utils.simple_extract_stack(skips=["test_old_helpers"])[-1][0] != __file__


def test_scratchpads(capsys):
    pad = utils.scratchpad()
    pad.a = 3
    pad.info()
    assert "a: 3" in capsys.readouterr().out
    pad.clear()
    assert not hasattr(pad, "a")


def test_observers_of_variables():
    seen = []
    x = T.dscalar("x")
    graph.Variable.append_construction_observer(seen.append)
    assert len(graph.Variable.construction_observers) == 1
    try:
        y = x + 1
    finally:
        with pytest.raises(ValueError, match="is no observer of variables"):
            graph.Variable.remove_construction_observer(len)
        graph.Variable.construction_observers.clear()
    z = y * 2
    assert y in seen and z not in seen
    with graph.nodes_constructed() as outer, graph.nodes_constructed() as inner:
        w = z + x
    v = w + 1
    for made in (outer, inner):
        assert w in made and v not in made
    assert graph.Variable.construction_observers == []
    names = [v.auto_name for v in (x, y, w)]
    assert len(set(names)) == 3 and all(n.startswith("auto_") for n in names) and x.auto_name == names[0]
    x.auto_name = "mine"
    assert x.auto_name == "mine" and x.clone().auto_name != "mine"
    with pytest.raises(AttributeError):
        x.__repr_test_value__()
    x.tag.test_value = 3.5
    assert x.__repr_test_value__() == "3.5"


def test_parameters_of_nodes():
    from theano.gof.params_type import ParamsType

    from theano.scalar import int64

    class Plus(theano.Op):
        __props__ = ("k",)
        params_type = ParamsType(k=int64)

        def __init__(self, k):
            self.k = k

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, outputs, params):
            outputs[0][0] = inputs[0] + params.k

    x = T.dvector("x")
    node = Plus(3).make_node(x)
    assert node.params_type is Plus.params_type and node.run_params().k == 3 and node.__asapply__() is node
    plain = (x + 1).owner
    assert plain.run_params() is graph.NoParams
    assert theano.function([x], Plus(3)(x))([1, 2]).tolist() == [4, 5]


def test_types():
    class Clock(SingletonType):
        def filter(self, value, strict=False, allow_downcast=None):
            return value

    class Watch(Clock):
        pass

    assert Clock() is Clock() and Watch() is Watch() is not Clock() and Clock() != Watch()
    assert str(Watch()) == "Watch" and hash(Clock()) == hash(Clock()) and copy.copy(Clock()) == Clock()
    assert PureType is theano.gof.Type
    assert not theano.tensor.type_other.NoneTypeT.may_share_memory(None, None)
    assert not T.SliceType.may_share_memory(slice(1), slice(1))
    kind = theano.gradient.DisconnectedType()
    assert not kind.may_share_memory(1) and kind.fiter_variable(kind()).type == kind
    with pytest.raises(AssertionError, match="a disconnected gradient has no value"):
        kind.value_eq(1)
    assert not theano.gof.null_type.NullType().may_share_memory(1)
