"""Walks: right order, deterministic, and not recursive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.ops import add, chain, neg, pair
from theano.graph import (
    ancestors,
    generic,
    graph_inputs,
    io_toposort,
    is_in_ancestors,
    stack_search,
    toposort_of,
    variables_and_orphans,
    view_roots,
)
from theano.graph.walk import general_toposort

DEEP = 10_000


@st.composite
def graphs(draw):
    """Two leaves and some nodes, each using any two of the variables before it."""
    known = [generic("x"), generic("y")]
    for _ in range(draw(st.integers(1, 25))):
        a, b = (known[draw(st.integers(0, len(known) - 1))] for _ in range(2))
        known.extend(pair(a, b) if draw(st.booleans()) else [add(a, b)])
    return known


@given(graphs())
def test_toposort_puts_nodes_after_their_inputs(known):
    outputs = known[-2:]
    order = toposort_of(outputs)
    seen = set(known[:2])
    for node in order:
        assert seen.issuperset(node.inputs)
        seen.update(node.outputs)
    assert seen.issuperset(outputs) and len(set(order)) == len(order)
    assert set(order) == {v.owner for v in ancestors(outputs) if v.owner is not None}


@given(graphs())
def test_ancestors_come_after_what_they_are_computed_from(known):
    found = ancestors([known[-1]])
    position = {v: i for i, v in enumerate(found)}
    for v in found:
        if v.owner is not None:
            assert all(position[i] < position[v] for i in v.owner.inputs)
    assert graph_inputs([known[-1]]) == [v for v in found if v.owner is None]


def test_deep_graphs():
    x = generic("x")
    y = chain(x, DEEP)
    assert graph_inputs([y]) == [x] and len(ancestors([y])) == DEEP + 1
    assert len(toposort_of([y])) == DEEP
    assert is_in_ancestors(y.owner, toposort_of([y])[0])
    assert len(variables_and_orphans([x], [y])[0]) == DEEP + 1


def test_blockers_and_inputs_stop_walks():
    x, y = generic("x"), generic("y")
    middle = add(x, y)
    top = neg(middle)
    assert ancestors([top], [middle]) == [middle, top]
    assert graph_inputs([top]) == [x, y]
    assert io_toposort([middle], [top]) == [top.owner]
    assert variables_and_orphans([x], [top]) == ([x, y, middle, top], [y])
    assert not is_in_ancestors(middle.owner, top.owner)


def test_leaves_of_the_last_variable_come_first():
    """PyMC3 orders the parameters of a model by this; what is expected is what Theano 1.0.5 gives."""
    a, b, c, d = map(generic, "abcd")
    top = add(add(a, b), add(c, d))
    assert graph_inputs([a, b]) == [b, a] and graph_inputs([d, b, a]) == [a, b, d] and graph_inputs([a, a, b]) == [b, a]
    assert graph_inputs([add(a, b), add(c, d)]) == [c, d, a, b]
    assert graph_inputs([b, top]) == graph_inputs([top, a]) == graph_inputs(iter([b, top])) == [a, b, c, d]


def test_orderings():
    x = generic("x")
    a, b = neg(x), add(x, x)
    assert io_toposort([x], [a, b]) == [a.owner, b.owner]
    assert io_toposort([x], [a, b], {a.owner: [b.owner]}) == [b.owner, a.owner]
    with pytest.raises(ValueError, match="cycle"):
        io_toposort([x], [a, b], {a.owner: [b.owner], b.owner: [a.owner]})


def test_general_toposort_and_search():
    assert general_toposort(["c"], {"c": "ab", "b": "a", "a": ""}.get) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="cycle"):
        general_toposort(["a"], {"a": "b", "b": "a"}.get)
    tree = {1: [2, 3], 2: [4]}.get
    assert stack_search([1], tree) == [1, 2, 3, 4]
    assert stack_search([1], tree, "dfs") == [1, 3, 2, 4]
    graph = {1: [2, 3], 2: [3], 3: [1]}
    assert stack_search([1], graph.get, build_inv=True) == ([1, 2, 3], {2: [1], 3: [1, 2], 1: [3]})


def test_clients_of_what_is_sorted():
    users: dict[str, list[str]] = {}
    assert general_toposort(["c"], {"c": "ab", "b": "a", "a": ""}.get, clients=users) == ["a", "b", "c"]
    assert users == {"a": ["b", "c"], "b": ["c"]}
    cache: dict[int, range] = {}
    order = general_toposort([3], iter, compute_deps_cache=lambda n: cache.setdefault(n, range(n)), deps_cache=cache)
    assert order == [0, 1, 2, 3] and set(cache) == set(order)
    x = generic("x")
    y = neg(x)
    z = add(y, add(y, x))
    clients: dict[object, list[object]] = {}
    nodes = io_toposort([x], [z], clients=clients)
    assert nodes == [y.owner, z.owner.inputs[1].owner, z.owner]
    assert clients == {x: nodes[:2], y: [nodes[1], nodes[2]], nodes[1].outputs[0]: [nodes[2]]}


def test_view_roots():
    x = generic("x")
    op = type("View", (type(neg),), {"view_map": {0: [0]}})("view", None)
    assert view_roots(op(op(x))) == [x]
    y = neg(x)
    assert view_roots(op(y)) == [y]
