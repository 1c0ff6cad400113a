"""Function graphs stay consistent under any changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.graph.ops import add, chain, neg, pair
from tests.graph.test_walk import graphs
from theano.graph import (
    FunctionGraph,
    InconsistencyError,
    MissingInputError,
    evaluate,
    generic,
    null_type,
)


def test_building():
    x, y = generic("x"), generic("y")
    z = add(x, neg(y))
    fg = FunctionGraph([x, y], [z, x])
    assert fg.outputs[0] is not z and fg.outputs[1] is fg.inputs[0]
    own = FunctionGraph([x, y], [z, x], clone=False)
    assert own.clients(x) == [(z.owner, 0), ("output", 1)] and own.outputs == [z, x]
    assert own.toposort() == [neg_node := own.outputs[0].owner.inputs[1].owner, z.owner]
    assert list(own.apply_nodes) == [neg_node, z.owner] and set(own.variables) == {x, y, z, *neg_node.outputs}
    own.check_integrity()


def test_missing_input_names_the_users_line():
    x, y = generic("x"), generic("y")
    with pytest.raises(MissingInputError, match=r"(?s)The input y of add.*y = generic") as caught:
        FunctionGraph([x], [add(x, y)])
    assert caught.value.variable is y
    with pytest.raises(MissingInputError):
        FunctionGraph([], [x])


def test_wrong_inputs():
    x = generic("x")
    with pytest.raises(ValueError, match="twice"):
        FunctionGraph([x, x], [x])
    with pytest.raises(ValueError, match="leaf"):
        FunctionGraph([neg(x)], [x], clone=False)


def test_replace_prunes_and_keeps_inputs():
    x, y = generic("x"), generic("y")
    deep = neg(neg(y))
    out = add(x, deep)
    fg = FunctionGraph([x, y], [out], clone=False)
    fg.replace(deep, x, reason="test")
    assert len(fg.apply_nodes) == 1 and fg.clients(x) == [(out.owner, 0), (out.owner, 1)]
    assert fg.clients(y) == [] and y in fg.variables
    fg.check_integrity()


def test_replace_by_something_built_on_it():
    x = generic("x")
    y = neg(x)
    fg = FunctionGraph([x], [add(y, y)], clone=False)
    fg.replace(y, neg(y))
    fg.check_integrity()
    assert evaluate(fg.outputs, {x: 3}) == [6]


def test_replace_output_and_one_output_of_a_node():
    x, y = generic("x"), generic("y")
    quotient, rest = pair(x, y)
    fg = FunctionGraph([x, y], [quotient, rest], clone=False)
    fg.replace(rest, x)
    assert fg.outputs == [quotient, x] and rest in fg.variables
    fg.replace(quotient, y)
    assert fg.outputs == [y, x] and not fg.apply_nodes
    fg.check_integrity()


def test_wrong_changes():
    x = generic("x")
    y = neg(x)
    fg = FunctionGraph([x], [y], clone=False)
    with pytest.raises(MissingInputError):
        fg.replace(y, neg(generic("other")))
    with pytest.raises(TypeError):
        fg.replace(y, null_type())
    with pytest.raises(TypeError):
        fg.change_input(y.owner, 0, null_type())
    y.owner.inputs[0] = generic("smuggled")
    with pytest.raises(InconsistencyError):
        fg.check_integrity()


class Recorder:
    def __init__(self):
        self.events = []

    def on_attach(self, fgraph):
        self.events.append("attach")

    def on_detach(self, fgraph):
        self.events.append("detach")

    def on_import(self, fgraph, node, reason):
        self.events.append(f"+{node.op}")

    def on_prune(self, fgraph, node, reason):
        self.events.append(f"-{node.op}")

    def on_change_input(self, fgraph, node, i, old, new, reason=None):
        self.events.append(f"{reason}: {node if isinstance(node, str) else node.op}[{i}]")


def test_features():
    x = generic("x")
    y = neg(x)
    recorder = Recorder()
    fg = FunctionGraph([x], [y], clone=False, features=[recorder])
    fg.replace(y, add(x, x), reason="why")
    fg.remove_feature(recorder)
    assert recorder.events == ["attach", "+neg", "+add", "why: output[0]", "-neg", "detach"]


def test_nodes_changed_from_outside_are_described_anew():
    x, z = generic("x"), generic("z")
    y = neg(x)
    recorder = Recorder()
    fg = FunctionGraph([x, z], [y], clone=False, features=[recorder])
    y.owner.inputs[0] = z
    fg.describe([add(y, z)])
    fg.check_integrity()
    assert fg.clients(x) == []
    assert recorder.events == ["attach", "+neg", "detach", "attach", "+neg", "+add"]


def test_features_may_order_nodes():
    x = generic("x")
    a, b = neg(x), add(x, x)

    class Reverse:
        def orderings(self, fgraph):
            return {a.owner: [b.owner]}

    fg = FunctionGraph([x], [a, b], clone=False)
    assert fg.toposort() == [a.owner, b.owner]
    fg.attach_feature(Reverse())
    assert fg.toposort() == [b.owner, a.owner]


@given(graphs(), st.data())
def test_random_replacements_keep_integrity(known, data):
    fg = FunctionGraph(known[:2], known[-3:], clone=False)
    for _ in range(5):
        old = data.draw(st.sampled_from(sorted(fg.variables, key=known.index)))
        # Only what is not computed from `old` can take its place without a cycle.
        new = known[data.draw(st.integers(0, known.index(old)))]
        fg.replace(old, new)
        fg.check_integrity()
    copied, equiv = fg.clone_get_equiv()
    assert [equiv[v] for v in fg.outputs] == copied.outputs and len(copied.toposort()) == len(fg.toposort())


def test_cost_is_linear():
    x = generic("x")
    wide = [neg(x) for _ in range(20_000)]  # one variable with many clients
    fg = FunctionGraph([x], wide, clone=False)
    for v in wide[::2]:
        fg.replace(v, x)
    assert len(fg.apply_nodes) == 10_000
    deep = FunctionGraph([x], [chain(x, 10_000)])
    deep.replace(deep.outputs[0], deep.inputs[0])
    assert not deep.apply_nodes


def test_nodes_and_variables_of_a_compiled_graph_tell_of_it():
    """Beside rewrites, too: ``apply.outputs[0].clients`` as in Theano."""
    x = T.dvector("x")
    f = theano.function([x], [T.exp(x), x * 2], mode="FAST_COMPILE")
    graph = f.maker.fgraph
    for k, out in enumerate(graph.outputs):
        assert out.owner.outputs[0].clients == [("output", k)]
        assert out.owner.fgraph is graph and out.fgraph is graph
    assert {(node.op, i) for node, i in graph.inputs[0].clients} == {
        (node.op, node.inputs.index(graph.inputs[0])) for node in graph.apply_nodes if graph.inputs[0] in node.inputs
    }
    with pytest.raises(AttributeError, match="x is in no function graph: f.maker.fgraph has copies"):
        _ = x.clients
