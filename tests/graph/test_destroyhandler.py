"""What operations in place overwrite, and what must therefore run before them."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import numpy as np
import pytest
from theano.gof import toolbox
from theano.gof.destroyhandler import DestroyHandler, ProtocolError, fast_inplace_check

import theano
import theano.tensor as T
from theano import FunctionGraph
from theano.graph import Apply, Constant, InconsistencyError, Op, io_toposort
from theano.graph.features import NoOutputFromInplace, ReplaceValidate, Supervisor
from theano.rewrite import OpSub, TopoOptimizer, in2out, inplace_optimizer, local_optimizer, optdb

x, y = T.dvectors("x", "y")


class Scale(Op):
    """Twice the first input, a view of it, or in its place; the others are read only."""

    __props__ = ("how", "tolerant")

    def __init__(self, how: str = "copy", tolerant: str = "") -> None:
        self.how, self.tolerant = how, tolerant
        self.destroy_map = {0: [0]} if how == "inplace" else {}
        self.view_map = {0: [0]} if how == "view" else {}
        if tolerant == "same":
            self.destroyhandler_tolerate_same = [(0, 1)]
        elif tolerant == "aliased":
            self.destroyhandler_tolerate_aliased = [(0, 1)]

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, list(inputs), [inputs[0].type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        if self.how == "inplace":
            inputs[0] *= 2
        outputs[0][0] = inputs[0] if self.how != "copy" else inputs[0] * 2

    def __str__(self) -> str:
        return f"{self.how}"


copying, view, inplace = Scale(), Scale("view"), Scale("inplace")


def graph(*outputs: Any, inputs: Any = (x, y)) -> FunctionGraph:
    features = [ReplaceValidate(), DestroyHandler()]
    return FunctionGraph(list(inputs), list(outputs), clone=False, features=features)


def test_who_overwrites_what() -> None:
    seen = view(x)
    made = inplace(seen)
    fgraph = graph(made + y)
    for v in (x, seen):
        assert [node.op for node in fgraph.destroyers(v)] == [inplace]
    assert fgraph.destroyers(y) == [] and fgraph.has_destroyers([y, x]) and not fgraph.has_destroyers([y])
    fgraph.validate()
    fgraph.replace(made, y)
    assert fgraph.destroyers(x) == []


def test_readers_come_first() -> None:
    """Of the variable, and of all that shares its memory; wherever they stand in the expression."""
    made = inplace(x)
    readers = [T.exp(x), T.sin(view(x))]
    fgraph = graph(made + readers[0] + readers[1])
    order = fgraph.toposort()
    assert all(order.index(r.owner) < order.index(made.owner) for r in readers)
    assert set(fgraph.orderings()) == {made.owner}
    (handler,) = (f for f in fgraph._features if isinstance(f, DestroyHandler))
    assert readers[0].owner in handler.orderings(fgraph)[made.owner]


REFUSED = {
    "twice": (lambda: inplace(x) + inplace(view(x)), "both overwrite"),
    "a constant": (lambda: inplace(T.constant(np.ones(2))) + x, "is a constant"),
    "an output": (lambda: [T.exp(inplace(x + 1)), x + 1][0], None),
    "what it reads": (lambda: inplace(x, x), "input 1 is a view"),
    "what it reads through a view": (lambda: inplace(x, view(x)), "input 1 is a view"),
    "what comes of it": (lambda: T.exp(x) + inplace(x, T.exp(x)), None),
    "a circle": (lambda: inplace(x, inplace(y)) + inplace(y, T.exp(x)), "both overwrite"),
    "readers that need it": (lambda: T.add(x, inplace(x)), "read after it was overwritten"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    make, message = REFUSED[case]
    fgraph = graph(make())
    if message is None:
        assert fgraph.consistent()
        return
    with pytest.raises(InconsistencyError, match=message):
        fgraph.validate()
    assert not fgraph.consistent()


def test_outputs_and_marked_variables_stay() -> None:
    shared = x + y
    with pytest.raises(InconsistencyError, match="is an output of the graph"):
        graph(inplace(shared), shared).validate()
    kept = x + y
    kept.tag.indestructible = True
    with pytest.raises(InconsistencyError, match="marked as indestructible"):
        graph(inplace(kept)).validate()


def test_what_ops_tolerate() -> None:
    assert graph(Scale("inplace", "same")(x, x)).consistent()
    assert not graph(Scale("inplace", "same")(x, view(x))).consistent()
    assert graph(Scale("inplace", "aliased")(x, view(x))).consistent()


def test_replacements_are_undone() -> None:
    first = copying(x)
    fgraph = graph(first + T.exp(first) + copying(first))
    with pytest.raises(InconsistencyError):
        fgraph.replace_validate(first, inplace(T.constant(np.ones(2))))
    assert copying in [node.op for node in fgraph.toposort()]
    TopoOptimizer(OpSub(copying, inplace), failure_callback=TopoOptimizer.warn_inplace).optimize(fgraph)
    ops = [node.op for node in fgraph.toposort()]
    assert inplace in ops and fgraph.consistent()


def test_maps_that_make_no_sense() -> None:
    class Wrong(Scale):
        def __init__(self, links: Any) -> None:
            super().__init__("inplace")
            self.destroy_map = links

    for links, error in (({0: [1]}, ProtocolError), ({1: [0]}, ProtocolError), ({0: [0, 1]}, NotImplementedError)):
        with pytest.raises(error, match="destroy_map"):
            graph(Wrong(links)(x))


def test_one_handler_for_one_graph() -> None:
    fgraph = graph(x + y)
    count = len(fgraph._features)
    fgraph.attach_feature(DestroyHandler())
    assert len(fgraph._features) == count
    (handler,) = (f for f in fgraph._features if isinstance(f, DestroyHandler))
    with pytest.raises(ValueError, match="serves one graph only"):
        FunctionGraph([x], [T.exp(x)], clone=False).attach_feature(handler)
    fgraph.remove_feature(handler)
    assert not hasattr(fgraph, "destroyers") and handler.fgraph is None


def test_features_of_a_graph_that_contradicts_itself():
    """They can be attached after the handler: it is `validate` that complains."""
    inplace = T.inplace.exp_inplace(x)
    for outputs in ([inplace, x], [inplace + T.log(x), T.inplace.log_inplace(x)]):
        fgraph = FunctionGraph([x], outputs, clone=False)
        fgraph.attach_feature(DestroyHandler())
        fgraph.attach_feature(ReplaceValidate())
        assert fgraph.consistent() is False
        with pytest.raises(InconsistencyError):
            fgraph.validate()



def test_outputs_made_in_place() -> None:
    fgraph = graph(inplace(x), T.exp(y))
    fgraph.attach_feature(NoOutputFromInplace(1))
    fgraph.validate()
    fgraph.attach_feature(toolbox.NoOutputFromInplace())
    with pytest.raises(InconsistencyError, match="NoOutputFromInplace asks for that"):
        fgraph.validate()
    assert (NoOutputFromInplace(1, 3).first_idx, NoOutputFromInplace(1, 3).last_idx) == (1, 3)


def test_protected_variables() -> None:
    fgraph = graph(inplace(x) + y)
    fgraph.attach_feature(Supervisor([y]))
    fgraph.validate()
    fgraph.attach_feature(Supervisor([x]))
    with pytest.raises(InconsistencyError, match="overwrites x, which is protected"):
        fgraph.validate()


def test_what_may_be_tried() -> None:
    found = []

    @inplace_optimizer
    def look(fgraph: Any) -> None:
        fgraph.attach_feature(Supervisor([x]))
        (node,) = (n for n in fgraph.toposort() if n.op == copying)
        found.append(fast_inplace_check(node.inputs))

    free = y + 1
    fgraph = FunctionGraph([x, y], [copying(free, x, T.constant(np.ones(2)))], clone=False)
    theano.gof.SeqOptimizer(look).optimize(fgraph)
    assert found == [[free]] and hasattr(fgraph, "destroyers") and fast_inplace_check([]) == []


# -- within theano.function -----------------------------------------------------------------------


@local_optimizer([copying], inplace=True)
def scale_in_place(node: Apply) -> Any:
    return [inplace(*node.inputs)] if node.op == copying else None


def ops_of(f: Any) -> list[str]:
    return [str(node.op) for node in f.maker.fgraph.toposort() if isinstance(node.op, Scale)]


@pytest.fixture
def in_place() -> Any:
    optdb.register("scale_in_place", in2out(scale_in_place), 75, "fast_run", "inplace")
    yield
    optdb.remove("scale_in_place")


@pytest.mark.parametrize("linker", ["cvm", "py", "DebugMode"])
@pytest.mark.usefixtures("in_place")
def test_users_put_in_operations_in_place(linker: str) -> None:
    """Where the memory is free; not for arguments, results, nor where somebody still reads; and nothing is wrong."""
    mode = linker if linker == "DebugMode" else theano.Mode(linker, "fast_run")
    value = np.array([1.0, 2.0])
    f = theano.function([x], copying(T.exp(x)), mode=mode)
    assert ops_of(f) == ["inplace"]
    np.testing.assert_allclose(f(value), 2 * np.exp(value))
    g = theano.function([x], copying(x), mode=mode)
    assert ops_of(g) == ["copy"] and g(value).tolist() == [2, 4] and value.tolist() == [1, 2]
    h = theano.function([theano.In(x, mutable=True)], copying(x), mode=mode)
    assert ops_of(h) == ["inplace"] and h(value.copy()).tolist() == [2, 4]
    shared = T.exp(x)
    k = theano.function([x], [copying(shared), shared], mode=mode)
    assert ops_of(k) == ["copy"]
    np.testing.assert_allclose(k(value), [2 * np.exp(value), np.exp(value)])
    w = theano.shared(value)
    plain = theano.function([], copying(w), mode=mode)
    updated = theano.function([], updates=[(w, copying(w))], mode=mode)
    assert ops_of(plain) == ["copy"] and ops_of(updated) == ["inplace"]
    updated()
    assert plain().tolist() == [4, 8] and w.get_value().tolist() == [2, 4]


@pytest.mark.usefixtures("in_place")
def test_modes_without_operations_in_place() -> None:
    mode = theano.compile.get_mode("FAST_RUN").excluding("inplace")
    assert ops_of(theano.function([x], copying(T.exp(x)), mode=mode)) == ["copy"]


def test_nothing_is_prepared_for_nobody() -> None:
    f = theano.function([x], T.exp(x), mode="FAST_RUN")
    assert f.maker.fgraph._features == []
    with theano.change_flags(mode="FAST_RUN"):
        plan = optdb.plan(theano.compile.mode.OPT_FAST_RUN)
    assert "add_destroy_handler" not in [name for name, _ in plan]


def test_graphs_as_functions_have_them() -> None:
    In, Out = theano.In, theano.Out
    fgraph, updates = theano.compile.function_module.std_fgraph(
        [In(x), In(y, update=y * 2), In(theano.shared(np.ones(2)), mutable=False)], [Out(T.exp(x) + y)]
    )
    assert len(fgraph.outputs) == 2 and updates[0].variable.owner.op == T.mul and not hasattr(fgraph, "destroyers")
    (watch,) = (f for f in fgraph._features if isinstance(f, Supervisor))
    assert watch.protected == [fgraph.inputs[0], fgraph.inputs[2]] and fgraph.inputs[0] is not x
    with pytest.raises(TypeError, match="must not contain inplace operations"):
        theano.compile.function_module.std_fgraph([In(x)], [Out(inplace(x + 1))])
    fgraph, _ = theano.compile.function_module.std_fgraph([In(x)], [Out(inplace(x + 1))], accept_inplace=True)
    assert fgraph.has_destroyers(fgraph.variables) and fgraph.consistent()


def test_what_may_share_memory() -> None:
    seen, other = view(x), T.exp(x)
    made = inplace(view(other))
    fgraph = FunctionGraph([x, y], [seen, made, y], clone=False)
    assert theano.compile.debugmode.infer_reuse_pattern(fgraph, [seen]) == {x, seen}
    assert theano.compile.debugmode.infer_reuse_pattern(fgraph, [other]) == {other, made, made.owner.inputs[0]}
    assert theano.compile.debugmode.infer_reuse_pattern(fgraph, [y]) == {y}


# -- many changes of large graphs -----------------------------------------------------------------


def root(v: Any) -> Any:
    while v.owner is not None and v.owner.op.view_map.get(v.index):
        v = v.owner.inputs[v.owner.op.view_map[v.index][0]]
    return v


def sound(fgraph: FunctionGraph) -> bool:
    """What the handler promises, found from nothing."""
    before: dict[Any, list[Any]] = {}
    overwritten = []
    for node in fgraph.apply_nodes:
        for (k,) in node.op.destroy_map.values():
            memory = root(node.inputs[k])
            overwritten.append(memory)
            shared = [i for i, v in enumerate(node.inputs) if root(v) is memory]
            if shared != [k] or isinstance(memory, Constant) or any(root(v) is memory for v in fgraph.outputs):
                return False
            readers = [n for n in fgraph.apply_nodes if any(root(v) is memory for v in n.inputs)]
            before[node] = [n for n in readers if n is not node]
    if len(set(overwritten)) < len(overwritten):
        return False
    try:
        io_toposort(fgraph.inputs, fgraph.outputs, before)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("seed", range(12))
def test_many_changes_are_judged_as_one_graph(seed: int) -> None:
    """Replacements by lot, of which many are refused: each is judged as if the graph had been made anew."""
    rng = np.random.RandomState(seed)
    made: list[Any] = [x, y, T.constant(np.ones(2))]
    ops = [copying, view, copying, view, inplace] if seed % 2 else [copying, view]

    def new(among: list[Any]) -> Any:
        op = ops[rng.randint(len(ops))]
        return op(*(among[rng.randint(len(among))] for _ in range(1 + rng.randint(2))))

    for _ in range(12):
        made.append(new(made))
    fgraph = graph(*made[-3:])
    ops.append(inplace)
    judged = []
    for step in range(60):
        if rng.randint(4) == 0:  # changed, and judged later
            (node,) = rng.choice(list(fgraph.apply_nodes), 1)
            known = [v for v in fgraph.variables if node not in set(theano.gof.graph.ops([], [v]))]
            fgraph.change_input(node, rng.randint(len(node.inputs)), known[rng.randint(len(known))])
        else:
            old = [v for v in fgraph.variables if v.owner is not None]
            v = old[rng.randint(len(old))]
            inputs = list(v.owner.inputs)
            good = fgraph.consistent()
            try:
                fgraph.replace_validate(v, rng.choice([view, inplace, copying])(*inputs))  # type: ignore[arg-type]
                judged.append(True)
                assert sound(fgraph)
            except InconsistencyError:
                judged.append(False)
                assert fgraph.consistent() == good == sound(fgraph), step
        assert fgraph.consistent() == sound(fgraph), step
        for v in fgraph.variables:
            writers = {n for n in fgraph.apply_nodes for (k,) in n.op.destroy_map.values()
                       if root(n.inputs[k]) is root(v)}  # fmt: skip
            assert set(fgraph.destroyers(v)) == writers
    assert False in judged


GRAPHS = {
    "a chain": lambda n: T.exp(functools.reduce(lambda v, _: copying(v), range(n), x)),
    "a sum of many": lambda n: T.add(*(copying(T.exp(x)) for _ in range(n))),
    "one variable read by all": lambda n: T.add(*(copying(x) for _ in range(n))),
    "views of one": lambda n: T.add(*(T.exp(view(copying(v))) for v in [T.exp(x) for _ in range(n)])),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_a_replacement_looks_at_its_neighbours(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many nodes, each put in place and validated, cost about twice as much."""
    looks = []
    clients = FunctionGraph.clients
    monkeypatch.setattr(FunctionGraph, "clients", lambda self, v: looks.append(v) or clients(self, v))
    counts = []
    for n in (500, 1000):
        fgraph = graph(GRAPHS[case](n))
        fgraph.validate()
        looks.clear()
        for node in [node for node in fgraph.toposort() if node.op is copying]:
            with contextlib.suppress(InconsistencyError):
                fgraph.replace_validate(node.outputs[0], inplace(*node.inputs))
        counts.append(len(looks))
        assert fgraph.consistent() and any(node.op is inplace for node in fgraph.apply_nodes)
    assert counts[1] < 2.1 * counts[0] and counts[1] < 30 * 1000
