"""Graphs of any depth pickle and copy; what was shared stays shared."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.graph.ops import add, chain, neg, pair
from theano.graph import FunctionGraph, equal_computations, evaluate, generic, graph_inputs, toposort_of

DEEP = 10_000
TWICE = [
    pytest.param(lambda thing: pickle.loads(pickle.dumps(thing)), id="pickle"),
    pytest.param(lambda thing: pickle._loads(pickle._dumps(thing, 2)), id="python-pickle"),
    pytest.param(copy.deepcopy, id="deepcopy"),
]


@pytest.mark.parametrize("twice", TWICE)
def test_deep_graphs(twice):
    x = generic("x")
    y = chain(x, DEEP)
    new_y, new_x = twice((y, x))
    assert graph_inputs([new_y]) == [new_x] and new_x is not x
    assert len(toposort_of([new_y])) == DEEP
    assert equal_computations([y], [new_y], [x], [new_x])


@pytest.mark.parametrize("twice", TWICE)
def test_sharing_and_attributes(twice):
    x, y = generic("x"), generic("y")
    quotient, rest = pair(add(x, 3), y)
    quotient.name = "q"
    rest.tag.test_value = 5
    top = neg(quotient)
    new = twice({"top": top, "rest": rest, "inputs": [x, y], "node": quotient.owner})
    node = new["node"]
    assert node.outputs[1] is new["rest"] and new["top"].owner.inputs[0] is node.outputs[0]
    assert node.outputs[0].name == "q" and new["rest"].tag.test_value == 5
    assert node.origin == quotient.owner.origin and new["inputs"][0].origin == x.origin
    values = dict(zip(new["inputs"], (17, 6), strict=True))
    assert evaluate([new["top"], new["rest"]], values) == [-3, 2]


@pytest.mark.parametrize("twice", TWICE)
def test_function_graphs(twice):
    x = generic("x")
    fg = FunctionGraph([x], [chain(x, DEEP), x])
    new = twice(fg)
    new.check_integrity()
    assert new.outputs[1] is new.inputs[0] and len(new.apply_nodes) == DEEP
    assert [str(n) for n in new.toposort()[:3]] == [str(n) for n in fg.toposort()[:3]]


@pytest.mark.parametrize("twice", TWICE)
def test_constants(twice):
    c = generic.make_constant([1, 2], name="c")
    new = twice(c)
    assert new.data == [1, 2] and new.name == "c" and new.data is not c.data and new.owner is None


def test_copy_is_a_new_leaf():
    y = neg(generic("x"))
    assert copy.copy(y).owner is None and copy.copy(y.owner).inputs == y.owner.inputs


def test_copy_of_a_graph_is_a_graph():
    x = generic("x")
    graph = FunctionGraph([x], [neg(add(x, x))])
    copied = copy.copy(graph)
    assert str(copied) == str(graph) and len(copied.apply_nodes) == len(graph.apply_nodes) > 0
    assert not set(copied.apply_nodes) & set(graph.apply_nodes)
    copied.check_integrity()
