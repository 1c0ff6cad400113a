"""Every error that types, graphs, printers and the table of scalar operations document is raised once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.refusals import Refusal, cases, check
from theano import scalar
from theano.graph import (
    Apply,
    FunctionGraph,
    InconsistencyError,
    MethodNotDefined,
    NullType,
    Op,
    Type,
    Variable,
    disconnected_type,
    equal_computations,
    is_same_graph,
    stack_search,
)
from theano.graph.clone import clone_replace
from theano.printing.printers import OperatorPrinter, PiecePrinter
from theano.printing.pydotprint import dot_source
from theano.scalar.dtypes import autocast

x, y, v = T.dscalar("x"), T.dscalar("y"), T.dvector("v")


class Plain(Op):
    """Defines nothing but its node."""

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, list(inputs), [x.type(), x.type()])


class Second(Plain):
    default_output = 2


def _broken(change: Any) -> None:
    fgraph = FunctionGraph([x, y], [T.exp(x) * y], clone=True)
    change(fgraph)
    fgraph.check_integrity()


def _forget_a_node(fgraph: Any) -> None:
    fgraph._nodes.popitem()


def _forget_a_client(fgraph: Any) -> None:
    fgraph._clients[fgraph.inputs[0]].clear()


def _move_an_output(fgraph: Any) -> None:
    fgraph.toposort()[0].outputs[0].index = 1


def _forget_an_input(fgraph: Any) -> None:
    fgraph._given.discard(fgraph.inputs[0])


NODES: list[Refusal] = [
    (lambda: Variable(x.type, name=3), TypeError, "name must be a string or None, not 3"),
    (lambda: Variable(x.type, owner=3), TypeError, "owner must be an Apply or None, not 3"),
    (lambda: Apply(Plain(), [3], []), TypeError, "inputs of .*Plain.* must be Variables, not 3"),
    (lambda: Apply(Plain(), [], [3]), TypeError, "outputs of .*Plain.* must be Variables, not 3"),
    (lambda: Plain().make_node(x).default_output(), AttributeError, "has 2 outputs and no default_output"),
    (lambda: Second().make_node(x).default_output(), AttributeError, "default_output is 2, but there are 2 outputs"),
    (lambda: Plain().decompose([x]), MethodNotDefined, "Plain does not define decompose"),
    (lambda: Type().filter(3), NotImplementedError, "Type defines no filter"),
    (lambda: x.type("x", "y"), TypeError, "takes a name and nothing else, not .*y"),
    (lambda: x.type(value=3), TypeError, "takes a name and nothing else, not .*value"),
    (lambda: x.type.filter_variable(v), TypeError, "Cannot convert Type TensorType.float64, vector. .of Variable v."),
]

NULLS: list[Refusal] = [
    (lambda: NullType("lost").filter(3), ValueError, "NullType has no values: lost"),
    (lambda: NullType("lost").filter_variable(x), ValueError, "nothing can be converted to NullType: lost"),
    (lambda: NullType("lost").values_eq(1, 1), ValueError, "NullType has no values to compare"),
    (lambda: disconnected_type.filter(3), AssertionError, "a disconnected gradient has no value"),
    (lambda: disconnected_type.filter_variable(x), TypeError, "x cannot become a disconnected gradient"),
]

GRAPHS: list[Refusal] = [
    (lambda: FunctionGraph([x, x], [x], clone=False), ValueError, "an input is listed twice"),
    (lambda: FunctionGraph([x + 1], [x], clone=False), ValueError, "an input of a function graph must be a leaf"),
    (lambda: FunctionGraph([x], [x], clone=False).add_input(x), ValueError, "x is an input already"),
    (lambda: FunctionGraph([x], [x], clone=False).add_input(x + 1), ValueError, "is not a leaf"),
    (lambda: _broken(_forget_a_node), InconsistencyError, "the nodes are not those that the outputs are computed by"),
    (lambda: _broken(_forget_a_client), InconsistencyError, "the clients of some variable are wrong"),
    (lambda: _broken(_move_an_output), InconsistencyError, "output 0 of .* does not know its node"),
    (lambda: _broken(_forget_an_input), InconsistencyError, "the leaf x is not an input"),
    (lambda: stack_search([1], lambda n: [], mode="up"), ValueError, "mode must be 'bfs' or 'dfs', not 'up'"),
    (lambda: clone_replace(3), TypeError, "clone needs Theano variables, not 3"),
    (lambda: clone_replace(x, {3: x}), TypeError, "only Theano variables can be replaced, not 3"),
]

COMPARISONS: list[Refusal] = [
    (lambda: equal_computations([x], []), ValueError, "the two lists of variables differ in length"),
    (lambda: equal_computations([x], [x], [x], []), ValueError, "the two lists of inputs differ in length"),
    (lambda: equal_computations([3], [3]), TypeError, "neither 3 nor 3 is a Theano variable"),
    (lambda: is_same_graph(x, 3), TypeError, "is_same_graph compares Theano variables"),
]

PRINTERS: list[Refusal] = [
    (lambda: PiecePrinter().pieces(x), NotImplementedError, "PiecePrinter defines no pieces"),
    (lambda: OperatorPrinter("+", 1).pieces(x), TypeError, "x is a leaf: this printer says nodes"),
    (lambda: OperatorPrinter("+", 1, "up"), ValueError, "assoc must be one of .*, found 'up'"),
    (lambda: theano.printing.debugprint(3), TypeError, "3"),
    (lambda: dot_source(3), TypeError, "pydotprint expects .*, found 3"),
]

SCALARS: list[Refusal] = [
    (lambda: autocast(1 << 70), OverflowError, "the integer 1180591620717411303424 fits no dtype"),
    (lambda: scalar.lookup("sine"), KeyError, "no scalar operation is called 'sine'"),
    (lambda: scalar.unary("exp", numpy=np.exp, dtype=lambda d: d), ValueError, "scalar operation 'exp' exists already"),
    (
        lambda: scalar.UnaryScalarOp(scalar.upgrade_to_float, name="mine").impl(1),
        NotImplementedError,
        "defines no impl",
    ),
    (lambda: scalar.convert_to("int7"), TypeError, "There is no dtype 'int7'"),
]

TABLES = {
    "nodes": NODES,
    "nulls": NULLS,
    "graphs": GRAPHS,
    "comparisons": COMPARISONS,
    "printers": PRINTERS,
    "scalars": SCALARS,
}


@pytest.mark.parametrize(("call", "classes", "text"), cases(TABLES))
def test_refused(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)
