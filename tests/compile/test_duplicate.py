"""Copies, deep copies and pickles of functions."""

from __future__ import annotations

import copy
import importlib
import pickle

import numpy as np
import pytest
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.compile import In, Out, function, shared

x, y = T.dscalar("x"), T.dscalar("y")


def accumulator(mode: str):
    s = shared(0.0, "s")
    return s, function([x, In(y, value=1)], [s, x * y], updates=[(s, s + x)], mode=mode, name="acc")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(mode: str, protocol: int) -> None:
    s, f = accumulator(mode)
    v = T.dvector("v")
    steps, updates = theano.scan(lambda a: a * s + RandomStreams(3).uniform(), sequences=v)
    g = function([v], steps, updates=updates, mode=mode)
    things = [f, g, s, x * s, In(x, value=2.0), Out(x, borrow=True), theano.Mode("cvm").excluding("blas")]
    things += [theano.compile.OpFromGraph([x], [x * 2]), MRG_RandomStreams(3).normal((2,)), theano.config.floatX]
    copied = [pickle.loads(pickle.dumps(thing, protocol)) for thing in things]
    assert [type(c) for c in copied] == [type(thing) for thing in things]
    assert copied[0](5, 2) == [0, 10] and copied[0](5) == [5, 5] and s.get_value() == 0
    assert copied[1]([1.0, 2.0]).tolist() == g([1.0, 2.0]).tolist()
    assert str(copied[6].optimizer) == str(things[6].optimizer)


def through_pickle(value):
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_duplicates_have_values_of_their_own(mode: str, duplicate) -> None:
    s, f = accumulator(mode)
    f(5)
    g = duplicate(f)
    assert g.name == "acc" and g(1, 3) == [5, 3] and g(0) == [6, 0]
    assert s.get_value() == 5 and f(0) == [5, 0]
    assert [v.get_value() for v in g.get_shared()] == [6]
    assert g["s"] == 6
    with pytest.raises(TypeError, match="Missing required input: x"):
        g()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_what_is_shared_stays_shared(mode: str, duplicate) -> None:
    s, f = accumulator(mode)
    other, g = duplicate((s, f))
    g(7)
    assert other.get_value() == 7 and s.get_value() == 0
    f1, f2 = duplicate([f, function([], s * 2, mode=mode)])
    f1(3)
    assert f2() == 6


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_states_defaults_dicts_and_borrow(mode: str, duplicate) -> None:
    state = T.dscalar("state")
    f = function([In(state, value=1, update=state * 2)], {"a": Out(state, borrow=True)}, mode=mode)
    f()
    g = duplicate(f)
    assert [g()["a"], g()["a"], f()["a"]] == [2, 4, 2]
    assert g["state"] == 8
    h = duplicate(
        function([(x + y)], (x + y) * 2, mode=mode)
        if False
        else function([x], None, on_unused_input="ignore", mode=mode)
    )
    assert h(3) == []


def test_a_variable_pickled_with_the_function_is_its_input(mode: str) -> None:
    variable, f = through_pickle((x, function([In(x, value=3)], x + 1, mode=mode)))
    assert f[variable] == 3


def test_copy_shares_variables(mode: str) -> None:
    s, f = accumulator(mode)
    g = f.copy()
    assert g.name == "acc copy"
    g(2)
    assert s.get_value() == 2 and f(0)[0] == 2
    assert f.copy(name="other").name == "other"


def test_copy_without_updates(mode: str) -> None:
    s, f = accumulator(mode)
    g = f.copy(delete_updates=True)
    assert g(5) == [0, 5] and s.get_value() == 0


def test_copy_with_another_shared_variable(mode: str) -> None:
    s, f = accumulator(mode)
    t = shared(100.0, "t")
    g = f.copy(swap={s: t})
    assert g(1)[0] == 100
    assert (s.get_value(), t.get_value()) == (0, 101)
    assert f(1)[0] == 0
    with pytest.raises(TypeError):
        f.copy(swap={s: shared(np.zeros(3))})
    with pytest.raises(ValueError):
        f.copy(swap={t: s})


def test_copy_keeps_states_apart(mode: str) -> None:
    state = T.dscalar("state")
    f = function([In(state, value=1, update=state * 2)], state, mode=mode)
    f()
    g = f.copy()
    assert [g(), g(), f()] == [2, 4, 2]


def test_deep_function_pickles() -> None:
    out = x
    for _ in range(3000):
        out = T.exp(-out)
    f = function([x], out, mode="FAST_COMPILE")
    assert through_pickle(f)(1.0) == f(1.0) == copy.deepcopy(f)(1.0)


def test_evaluated_variables_pickle() -> None:
    out = x + 1
    out.eval({x: 1})
    assert through_pickle(out).owner is not None
    assert copy.deepcopy(out).owner is not None


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
@pytest.mark.parametrize("streams", [RandomStreams, MRG_RandomStreams])
def test_random_steps(streams, duplicate) -> None:
    """The state that a stream goes on to is computed from the state, whose attribute it is."""
    x, drawn = T.dvector("x"), streams(5)
    rows, updates = theano.scan(lambda s: s + drawn.uniform((3,)) * drawn.normal((3,)), outputs_info=x, n_steps=4)
    f = theano.function([x], rows, updates=updates)
    f(np.zeros(3))
    g = duplicate(f)
    for _ in range(2):
        np.testing.assert_array_equal(f(np.zeros(3)), g(np.zeros(3)))


# Names by which pickles of functions find what they are made of: they stay, wherever the things themselves go.
IN_PICKLES = """
theano.compile.duplicate:restore_function theano.compile.executable:Function theano.compile.io:In
theano.compile.maker:FunctionMaker theano.compile.mode:Linker theano.compile.mode:Mode
theano.compile.sharedvalue:Container theano.compile.tensorshared:TensorSharedVariable theano.graph.fgraph:_load
theano.graph.nodes:Apply theano.graph.serialise:_fill_node theano.graph.serialise:_node_of
theano.graph.serialise:_output_of theano.graph.serialise:_rebuild_leaf theano.graph.serialise:_rebuild_node
theano.rewrite.database:Query theano.rewrite.softmax_op:SoftmaxAlong theano.scalar.op:lookup theano.scan.count:StepCount
theano.scan.op:Scan theano.scan.parts:ScanSpec theano.scan.parts:StateSpec
theano.compile.shared_variables.variables:Container theano.compile.shared_variables.tensors:TensorSharedVariable
"""


@pytest.mark.parametrize("place", IN_PICKLES.split())
def test_older_pickles_find_their_names(place: str) -> None:
    module, _, name = place.partition(":")
    assert hasattr(importlib.import_module(module), name)
