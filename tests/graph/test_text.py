"""Graphs as one line of text."""

from __future__ import annotations

import theano
import theano.tensor as T
from tests.graph.ops import add, chain, neg, pair
from theano.graph import FunctionGraph, as_string, generic
from theano.graph.common_text import TEXTS, fill


def test_what_is_used_several_times_is_written_once():
    x, y = generic("x"), generic("y")
    e = add(x, y)
    assert as_string([x, y], [add(e, e)]) == ["add(*1 -> add(x, y), *1)"]
    assert as_string([x, y], [e, neg(e), x]) == ["*1 -> add(x, y)", "neg(*1)", "x"]
    f = neg(e)
    assert as_string([x, y], [add(f, e), f]) == ["add(*1 -> neg(*2 -> add(x, y)), *2)", "*1"]


def test_inputs_are_where_the_text_ends():
    x = generic("x")
    e = neg(x)
    e.name = "e"
    assert as_string([e], [add(e, e)]) == ["add(e, e)"]
    assert as_string([e], [e]) == ["e"]


def test_outputs_of_a_node_that_has_several():
    a, b = pair(generic("x"), 2)
    assert as_string([], [b]) == ["divmod(x, Constant{2})::1"]
    assert as_string([], [add(a, b)]) == ["add(*1 -> divmod(x, Constant{2})::0, *1::1)"]


def test_deep_and_shared_graphs():
    """Written once each, by a walk that does not recurse."""
    x = generic("x")
    (shared,) = as_string([x], [chain(x, 10_000)])
    assert shared.startswith("add(*1 -> add(*2 -> add(") and len(shared) < 300_000
    deep = x
    for _ in range(10_000):
        deep = neg(deep)
    assert as_string([x], [deep]) == ["neg(" * 10_000 + "x" + ")" * 10_000]


def test_a_function_graph_is_shown_as_its_outputs():
    x = T.dscalar("x")
    fg = FunctionGraph([x], [T.exp(x) * 2.0, x])
    product = "Elemwise{mul,no_inplace}(Elemwise{exp,no_inplace}(x), TensorConstant{2.0})"
    assert str(fg) == repr(fg) == f"[{product}, x]"
    f = theano.function([x], T.exp(x) * 2.0, mode=theano.Mode(optimizer=None))
    assert str(f.maker.fgraph) == f"[{product}]"
    assert theano.gof.graph.as_string is as_string


def test_formatters():
    x, y = generic("x"), generic("y")
    e = add(x, neg(y))

    def leaf(v):
        return f"<{v}>"

    def node(apply, inputs):
        return f"({f' {apply.op} '.join(inputs)})" if apply.nin > 1 else f"{apply.op}!{inputs[0]}"

    assert as_string([x, y], [e], leaf_formatter=leaf) == ["add(<x>, neg(<y>))"]
    assert as_string([x, y], [e], leaf, node) == ["(<x> add neg!<y>)"]
    assert as_string([x, y], [add(e, e), e], node_formatter=node) == ["(*1 -> (x add neg!y) add *1)", "*1"]
    a, b = pair(e, 2)
    assert as_string([e], [add(b, a)], node_formatter=node) == [
        f"(*1 -> ({e} divmod Constant{{2}})::1 add *1::0)"
    ]
    graph = theano.gof.graph
    same = as_string([x, y], [e], graph.default_leaf_formatter, lambda *given: graph.default_node_formatter(*given))
    assert same == ["add(x, neg(y))"]
    assert graph.op_as_string([x, y], add(e, e).owner) == "add(*1 -> add(x, neg(y)), *1)"
    deep = x
    for _ in range(10_000):
        deep = neg(deep)
    assert as_string([x], [deep], node_formatter=lambda node, inputs: inputs[0]) == ["x"]


def test_texts_of_docstrings_that_a_module_has_itself_win():
    def total():
        """A sum.

        <axis>
        """

    total.__module__ = "here"
    assert "<axis>" in TEXTS
    fill({"__name__": "here", "total": total}, {"<axis>": "Of this module."})
    assert total.__doc__.split() == ["A", "sum.", "Of", "this", "module."]
