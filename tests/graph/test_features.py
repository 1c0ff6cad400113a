from __future__ import annotations

import io

import pytest
from theano.gof import toolbox

import theano
import theano.tensor as T
from theano import FunctionGraph
from theano.graph import InconsistencyError
from theano.graph.features import (
    AlreadyThere,
    Bookkeeper,
    Feature,
    History,
    NodeFinder,
    PrintListener,
    ReplacementDidntRemovedError,
    ReplaceValidate,
    Validator,
)

x, y = T.dscalars("x", "y")


def graph(*features):
    e = x + y
    return FunctionGraph([x, y], [T.exp(e) * e], clone=False, features=features), e


class Refuse(Feature):
    """Objects to nodes with an op."""

    def __init__(self, op):
        self.op = op

    def validate(self, fgraph):
        if any(node.op == self.op for node in fgraph.apply_nodes):
            raise InconsistencyError(f"no {self.op}, please")


def test_history():
    history = History()
    fgraph, e = graph(history)
    before = theano.pp(fgraph.outputs[0])
    start = fgraph.checkpoint()
    fgraph.replace(e, x * y)
    middle = fgraph.checkpoint()
    fgraph.replace(fgraph.outputs[0], T.sin(x))
    assert theano.pp(fgraph.outputs[0]) == "sin(x)"
    fgraph.revert(middle)
    assert theano.pp(fgraph.outputs[0]) == "(exp((x * y)) * (x * y))"
    fgraph.revert(start)
    assert theano.pp(fgraph.outputs[0]) == before
    fgraph.check_integrity()
    fgraph.remove_feature(history)
    assert not hasattr(fgraph, "revert")


def test_validate():
    fgraph, e = graph(ReplaceValidate(), Refuse(T.mul))
    assert not fgraph.consistent()
    fgraph, e = graph(ReplaceValidate(), Refuse(T.sub))
    fgraph.validate()
    with pytest.raises(InconsistencyError, match="please"):
        fgraph.replace_all_validate([(e, T.sin(x)), (fgraph.outputs[0], x - y)])
    assert theano.pp(fgraph.outputs[0]) == "(exp((x + y)) * (x + y))"
    fgraph.replace_validate(e, x * 2)
    assert theano.pp(fgraph.outputs[0]) == "(exp((x * TensorConstant{2})) * (x * TensorConstant{2}))"


def test_remove():
    fgraph, e = graph(ReplaceValidate())
    with pytest.raises(ReplacementDidntRemovedError, match="was to remove"), pytest.warns(UserWarning, match="undone"):
        fgraph.replace_all_validate_remove([(fgraph.outputs[0], T.sin(e))], [e.owner])
    assert fgraph.outputs[0].owner.op == T.mul
    fgraph.replace_all_validate_remove([(e, x)], [e.owner])
    assert e.owner not in fgraph.apply_nodes


def test_node_finder():
    finder = NodeFinder()
    fgraph, e = graph(finder)
    assert fgraph.get_nodes(T.add) == [e.owner] and fgraph.get_nodes(T.sin) == []
    other = fgraph.clone()
    fgraph.replace(e, T.sin(x))
    assert fgraph.get_nodes(T.add) == [] and len(fgraph.get_nodes(T.sin)) == 1
    assert len(other.get_nodes(T.add)) == 1 and other.get_nodes(T.sin) == []


def test_only_one_of_a_kind():
    fgraph, _ = graph(ReplaceValidate())
    count = len(fgraph._features)
    fgraph.attach_feature(History())
    fgraph.attach_feature(Validator())
    assert len(fgraph._features) == count
    with pytest.raises(AlreadyThere):
        History().on_attach(fgraph)


def test_bookkeeper_and_listener():
    seen = []

    class Count(Bookkeeper):
        def on_import(self, fgraph, node, reason):
            seen.append(1)

        def on_prune(self, fgraph, node, reason):
            seen.append(-1)

    count, out = Count(), io.StringIO()
    fgraph, e = graph(count, PrintListener(file=out))
    assert sum(seen) == 3
    fgraph.replace(e, x, "why not")
    assert sum(seen) == 2
    fgraph.remove_feature(count)
    assert sum(seen) == 0
    for text in ("importing: Elemwise{add", "pruning: Elemwise{add", ".inputs[0]) from ", "why not"):
        assert text in out.getvalue()


class Double(theano.gof.Type):
    """A type as Theano's documentation defines one."""

    def filter(self, x, strict=False, allow_downcast=None):
        if strict and not isinstance(x, float):
            raise TypeError("Expected a float!")
        return float(x)

    def values_eq_approx(self, x, y, tolerance=1e-4):
        return abs(x - y) / (abs(x) + abs(y)) < tolerance

    def __str__(self):
        return "double"


double = Double()


class BinaryDoubleOp(theano.gof.Op):
    __props__ = ("name", "fn")

    def __init__(self, name, fn):
        self.name = name
        self.fn = fn

    def make_node(self, x, y):
        if isinstance(x, int | float):
            x = theano.gof.Constant(double, x)
        if isinstance(y, int | float):
            y = theano.gof.Constant(double, y)
        if x.type != double or y.type != double:
            raise TypeError(f"{self.name} only works on doubles")
        return theano.gof.Apply(self, [x, y], [double()])

    def perform(self, node, inp, out):
        out[0][0] = self.fn(*inp)

    def __str__(self):
        return self.name


add = BinaryDoubleOp("add", lambda x, y: x + y)
mul = BinaryDoubleOp("mul", lambda x, y: x * y)
div = BinaryDoubleOp("div", lambda x, y: x / y)


class Simplify(theano.gof.Optimizer):
    def add_requirements(self, fgraph):
        fgraph.attach_feature(toolbox.ReplaceValidate())

    def apply(self, fgraph):
        for node in fgraph.toposort():
            if node.op == div:
                a, b = node.inputs
                if a.owner and a.owner.op == mul and b in a.owner.inputs:
                    first, second = a.owner.inputs
                    fgraph.replace_validate(node.outputs[0], second if b is first else first)


def test_the_optimizer_of_the_documentation():
    a, b, c = double("a"), double("b"), double("c")
    e = add(c, mul(div(mul(b, a), b), div(c, a)))
    fgraph = FunctionGraph([a, b, c], [e])
    Simplify().optimize(fgraph)
    assert [str(node.op) for node in fgraph.toposort()] == ["div", "mul", "add"]
    assert theano.function([a, b, c], e)(2, 3, 4) == 4 + 2 * (4 / 2)


def test_the_same_within_the_compiler():
    a, b, c = double("a"), double("b"), double("c")
    e = add(c, mul(div(mul(b, a), b), div(c, a)))
    theano.compile.optdb.register("simplify_doubles", Simplify(), 1.2, "fast_run")
    try:
        f = theano.function([a, b, c], e)
        assert [str(node.op) for node in f.maker.fgraph.toposort()] == ["div", "mul", "add"]
        assert f(2, 3, 4) == 8
    finally:
        theano.compile.optdb.remove("simplify_doubles")


def test_phases_of_the_database():
    @theano.gof.local_optimizer([T.exp])
    def square_instead(node):
        return [T.sqr(node.inputs[0])]

    optdb = theano.compile.optdb
    optdb["specialize"].register("square_instead", square_instead, "only_if_asked_for")
    try:
        assert "square_instead" in optdb["specialize"]
        assert theano.function([x], T.exp(x))(0) == 1
        mode = theano.compile.get_default_mode().including("only_if_asked_for")
        assert theano.function([x], T.exp(x), mode=mode)(3) == 9
    finally:
        optdb["specialize"].remove("square_instead")
    with pytest.raises(KeyError):
        optdb["nothing"]


def test_callbacks_of_features():
    class Says(Feature):
        def greet(self, fgraph, word="hello"):
            said.append(word)
            return len(said)

    said = []
    first, second = Says(), Says()
    fgraph, e = graph(first, Refuse(T.mul), second)
    fgraph.execute_callbacks("greet")
    fgraph.execute_callbacks("greet", word="bye")
    assert said == ["hello", "hello", "bye", "bye"]
    assert fgraph.collect_callbacks("greet", "x") == {first: 5, second: 6}
    assert fgraph.orderings() == {}
    fgraph.disown()
    assert fgraph.inputs == fgraph.outputs == [] and not fgraph.apply_nodes and not fgraph._features


def test_steps_of_the_history():
    fgraph, e = graph(ReplaceValidate())
    node = fgraph.outputs[0].owner
    undo = toolbox.LambdExtract(fgraph, node, 1, e, "why not")
    fgraph.change_input(node, 1, x)
    assert (undo.node, undo.i, undo.r, undo.reason) == (node, 1, e, "why not")
    history = next(f for f in fgraph._features if isinstance(f, History))
    point = toolbox.GetCheckpoint(history, fgraph)
    assert point() == fgraph.checkpoint() == 1
    undo()
    assert node.inputs[1] is e and point() == 2
