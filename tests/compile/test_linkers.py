"""Linkers as classes: they run graphs, functions of modes, and nodes one by one."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse as scipy_sparse
from theano.compile.monitormode import MonitorMode
from theano.gof.link import add_clear_storage, gc_helper, map_storage, streamline
from theano.gof.sched import key_to_cmp, sort_schedule_fn

import theano
import theano.tensor as T
from theano import FunctionGraph
from theano.compile.linkers import CLinker, Linker, LocalLinker, OpWiseCLinker, PerformLinker, VM_Linker
from theano.compile.wrap_linkers import DualLinker, WrapLinker, WrapLinkerMany
from theano.graph import Apply, Op
from theano.ifelse import ifelse

x, y = T.dvectors("x", "y")
s = T.dscalar("s")
LINKERS = [CLinker, OpWiseCLinker, PerformLinker, VM_Linker, DualLinker]
LOCAL = [OpWiseCLinker, PerformLinker, VM_Linker]


def graph() -> FunctionGraph:
    return FunctionGraph([x, y], [T.exp(x) * y, (x + y).sum()])


@pytest.mark.parametrize("cls", LINKERS)
def test_graphs_run(cls: Any) -> None:
    """Through `make_function`, through `make_thunk` with places of one's own, and as the linker of a mode."""
    values = [np.array([0.0, 1.0]), np.array([2.0, 3.0])]
    wanted = [np.exp(values[0]) * values[1], np.array(6.0)]
    f = cls().accept(graph()).make_function()
    for got, want in zip(f(*values), wanted, strict=True):
        np.testing.assert_allclose(got, want)
    given, found = [[v] for v in values], [[None], [None]]
    thunk, inputs, outputs = cls().accept(graph()).make_thunk(given, found)
    thunk()
    for place, container, want in zip(found, outputs, wanted, strict=True):
        np.testing.assert_allclose(place[0], want)
        assert container.storage is place
    inputs[1].value = [0, 0]
    thunk()
    assert found[0][0].tolist() == [0, 0]
    g = theano.function([x, y], [T.exp(x) * y, (x + y).sum()], mode=theano.Mode(cls()))
    for got, want in zip(g(*values), wanted, strict=True):
        np.testing.assert_allclose(got, want)


class Anything(theano.gof.Type):
    """A type as of old, whose `filter` takes a value and nothing else."""

    def filter(self, value: Any) -> Any:  # type: ignore[override]
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Anything)

    def __hash__(self) -> int:
        return 1


class Sum(Op):
    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        return Apply(self, list(inputs), [Anything()()])

    def perform(self, node: Apply, inputs: Any, out: Any) -> None:
        out[0][0] = sum(inputs)


@pytest.mark.parametrize("cls", [PerformLinker, OpWiseCLinker, DualLinker, VM_Linker])
def test_types_whose_filter_takes_only_the_value(cls: Any) -> None:
    a, b = Anything()("a"), Anything()("b")
    assert cls().accept(FunctionGraph([a, b], [Sum()(a, b)])).make_function()(1.0, 2.0) == 3.0


def test_functions_of_linkers() -> None:
    f = PerformLinker().accept(FunctionGraph([s], [s + 1])).make_function()
    assert f(2) == 3 and f.inputs[0].storage[0] == 2  # a container filters: lists and numbers will do
    assert PerformLinker().accept(FunctionGraph([s], [s + 1])).make_function(unpack_single=False)(2) == [3]
    with pytest.raises(TypeError, match="takes 1 arguments, not 2"):
        f(1, 2)
    with pytest.raises(ValueError, match="call accept"):
        PerformLinker().make_function()
    with pytest.raises(ValueError, match="1 places for 2 variables"):
        PerformLinker().accept(graph()).make_thunk([[None]])


def test_a_linker_takes_one_graph() -> None:
    linker = PerformLinker()
    first, second = graph(), graph()
    assert linker.accept(first) is linker is linker.accept(first)
    other = linker.accept(second)
    assert other is not linker and (linker.fgraph, other.fgraph) == (first, second)
    assert linker.clone().fgraph is None and linker.clone(allow_gc=False).allow_gc is False
    again = pickle.loads(pickle.dumps(linker))
    assert isinstance(again, PerformLinker) and again.fgraph is None


@pytest.mark.parametrize("cls", LOCAL)
def test_thunks_of_nodes(cls: Any) -> None:
    fgraph = graph()
    places: dict[Any, list[Any]] = {}
    run, inputs, outputs, thunks, order = cls().accept(fgraph).make_all(storage_map=places)
    assert [thunk.node for thunk in thunks] == order == fgraph.toposort()
    for container, value in zip(inputs, ([0.0, 1.0], [2.0, 3.0]), strict=True):
        container.value = value
    run()
    np.testing.assert_allclose(outputs[0].value, [2, 3 * np.e])
    assert outputs[1].value == 6 and places[fgraph.outputs[1]][0] == 6
    thunks[0].inputs[0][0] = np.array([1.0, 1.0])
    thunks[0]()
    np.testing.assert_allclose(places[order[0].outputs[0]][0], [np.e, np.e] if order[0].op == T.exp else [3, 4])


def test_thunks_of_nodes_are_compiled() -> None:
    """Each by itself; of what are no arrays by the definition in Python."""
    called = []

    @theano.as_op([T.dvector], [T.dvector])
    def watched(a: Any) -> Any:
        called.append(a)
        return a * 2

    generic = theano.gof.generic("g")
    fgraph = FunctionGraph([x, s, generic], [T.exp(watched(x)), ifelse(s > 0, generic, generic)])
    _, inputs, outputs, thunks, order = OpWiseCLinker().accept(fgraph).make_all()
    for container, value in zip(inputs, ([1.0], 1.0, "text"), strict=True):
        container.value = value
    for thunk in thunks:
        thunk()
    assert outputs[1].value == "text" and len(called) == 1
    np.testing.assert_allclose(outputs[0].value, [np.exp(2)])


def test_schedules() -> None:
    fgraph = FunctionGraph([x], [T.exp(x) + T.log(x) + T.sin(x)])
    linker = PerformLinker(schedule=sort_schedule_fn(key_to_cmp(lambda node: str(node.op))))
    order = linker.accept(fgraph).make_all()[-1]
    assert [str(node.op)[9:12] for node in order if node.op not in (T.add,)] == ["exp", "log", "sin"]


def test_parts_of_what_runs_thunks() -> None:
    fgraph = FunctionGraph([s], [T.exp(s) + 2])
    order = fgraph.toposort()
    computed, last = gc_helper(order)
    assert computed == {v for node in order for v in node.outputs} and last[fgraph.inputs[0]].op == T.exp
    inputs, outputs, places = map_storage(fgraph, order, [[1.0]], None)
    assert places[fgraph.inputs[0]] is inputs[0] and places[fgraph.outputs[0]] is outputs[0]
    (two,) = (v for v in fgraph.variables if isinstance(v, theano.gof.Constant))
    assert places[two] == [2]
    said = []
    run = streamline(fgraph, [lambda: said.append(1), lambda: said.append(2)], order, [[inputs[0]], []], [outputs[0]])
    outputs[0][0] = 5
    run()
    assert said == [1, 2] and inputs[0] == outputs[0] == [None]
    with pytest.raises(ValueError, match="1 thunks for 2 nodes"):
        streamline(fgraph, [print], order)
    with pytest.raises(ZeroDivisionError, match="Apply node that caused the error"):
        streamline(fgraph, [lambda: 1 / 0] * 2, order)()
    with pytest.raises(ZeroDivisionError, match="^division by zero$"):
        streamline(fgraph, [lambda: 1 / 0] * 2, order, nice_errors=False)()
    add_clear_storage(run, [two], places)
    run.clear_storage()
    assert places[two] == [None]


# -- around nodes ---------------------------------------------------------------------------------


def test_nodes_are_wrapped() -> None:
    seen = []

    def wrapper(i: int, node: Apply, *thunks: Any) -> None:
        for thunk in thunks:
            thunk()
        values = [[float(cell[0]) for cell in thunk.outputs] for thunk in thunks]
        seen.append((i, node.op, values))

    class Announced(WrapLinker):
        def pre(self, f: Any, inputs: Any, order: Any, thunk_groups: Any) -> None:
            seen.append(([float(v) for v in inputs], len(order), [len(g) for g in thunk_groups]))

    w = theano.shared(3.0)
    mode = theano.Mode(Announced([PerformLinker(), OpWiseCLinker()], wrapper), None)
    f = theano.function([s], -s + w, updates=[(w, w * 2)], mode=mode)
    assert f(2) == 1 and w.get_value() == 6
    assert seen[0] == ([2, 3], 3, [2, 2, 2])
    assert sorted(str(op) for _, op, _ in seen[1:]) == [
        "Elemwise{add,no_inplace}", "Elemwise{mul,no_inplace}", "Elemwise{neg,no_inplace}"
    ]  # fmt: skip
    assert all(a == b for _, _, (a, b) in seen[1:]) and [i for i, _, _ in seen[1:]] == [0, 1, 2]
    assert f(2) == 4


def test_several_wrappers() -> None:
    said = []
    many = WrapLinkerMany(
        [PerformLinker()],
        [lambda i, node, t: said.append(i), lambda i, node, t: t(), lambda i, node, t: said.append(-i)],
    )
    f = many.accept(FunctionGraph([s], [T.exp(-s)])).make_function()
    assert f(0) == 1 and said == [0, 0, 1, -1]
    with pytest.raises(TypeError, match="runs node by node"):
        WrapLinker([CLinker()], print)
    with pytest.raises(TypeError, match="needs a linker"):
        WrapLinker([], print)


def test_errors_in_wrapped_nodes_tell_of_them() -> None:
    def wrapper(i: int, node: Apply, thunk: Any) -> None:
        raise KeyError("mine")

    f = theano.function([s], -s, mode=theano.Mode(WrapLinker([PerformLinker()], wrapper), None))
    with pytest.raises(KeyError, match="Apply node that caused the error: Elemwise"):
        f(1)


def test_copies_of_wrapping_linkers() -> None:
    linker = WrapLinker([PerformLinker(), OpWiseCLinker()], print)
    taken = linker.accept(graph())
    assert taken is linker and all(part.fgraph is linker.fgraph for part in linker.linkers)
    twin = linker.clone(allow_gc=False)
    assert twin.fgraph is None and [part.allow_gc for part in twin.linkers] == [False, False]
    assert linker.linkers[0].allow_gc is None and twin.wrapper is print


class Doubled(Op):
    """Right by `perform`, wrong by what it claims to be made of; or in place."""

    __props__ = ("wrong", "inplace")

    def __init__(self, wrong: bool = False, inplace: bool = False) -> None:
        self.wrong, self.inplace = wrong, inplace
        self.destroy_map = {0: [0]} if inplace else {}

    def make_node(self, a: Any) -> Apply:
        return Apply(self, [a], [a.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        if self.inplace:
            inputs[0] *= 2
            outputs[0][0] = inputs[0]
        else:
            outputs[0][0] = inputs[0] * 2


class Claims(Doubled):
    def decompose(self, inputs: Any) -> Any:
        return [inputs[0] * 3]


def test_differences_are_found() -> None:
    f = theano.function([x], Claims()(x), mode=theano.Mode(DualLinker(), None))
    with pytest.raises(ValueError, match="Output mismatch: Claims"):
        f([1.0])
    assert f([0.0]) == [0]
    compared = []
    g = theano.function([x], T.exp(x), mode=theano.Mode(DualLinker(lambda a, b: compared.append((a[0], b[0])))))
    g([1.0])
    ((a, b),) = compared
    np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("linker", [DualLinker(), VM_Linker(callback=lambda **kw: None), OpWiseCLinker()])
def test_nodes_that_overwrite_their_input(linker: Any) -> None:
    """Others still need it."""
    made = Doubled(inplace=True)(x + 1)
    f = theano.function([x], [made, x * 3], mode=theano.Mode(linker, None), accept_inplace=True)
    value = np.array([1.0])
    for _ in range(2):
        assert [r.tolist() for r in f(value)] == [[4], [3]]
    g = theano.function([x], Doubled(inplace=True)(x), mode=theano.Mode(linker, None), accept_inplace=True)
    assert g(value).tolist() == [2] == value.tolist()  # the caller asked for it


def test_callbacks() -> None:
    seen, begun = [], []

    def callback(node: Apply, thunk: Any, storage_map: Any, compute_map: Any) -> None:
        (out,) = node.outputs
        seen.append((node.op, float(storage_map[out][0]), compute_map[out], float(thunk.outputs[0][0])))

    w = theano.shared(3.0, "w")
    linker = VM_Linker(callback=callback, callback_input=lambda var, value: begun.append((str(var), float(value))))
    f = theano.function([s], -s + w * 2, mode=theano.Mode(linker, None))
    assert f(1) == 5
    assert [(str(op)[9:12], value, there, same) for op, value, there, same in seen] == [
        ("neg", -1, [True], -1), ("mul", 6, [True], 6), ("add", 5, [True], 5)
    ]  # fmt: skip
    assert begun == [("s", 1), ("w", 3), ("TensorConstant{2.0}", 2)] or dict(begun)["w"] == 3 and len(begun) == 3
    only_inputs = VM_Linker(callback_input=lambda var, value: begun.append((str(var), float(value))))
    assert theano.function([s], -s, mode=theano.Mode(only_inputs, None))(1) == -1 and begun[-1] == ("s", 1)
    assert VM_Linker().executor == "native" and VM_Linker(use_cloop=True).name == "cvm"


# -- of users -------------------------------------------------------------------------------------


class Counting(Linker):
    """A linker of a user's: it makes the thunk itself."""

    calls = 0

    def make_thunk(self, input_storage: Any = None, output_storage: Any = None, storage_map: Any = None) -> Any:
        inner, inputs, outputs = PerformLinker().accept(self.fgraph).make_thunk(
            input_storage, output_storage, storage_map
        )

        def thunk() -> None:
            type(self).calls += 1
            inner()

        return thunk, inputs, outputs


def test_linkers_of_users() -> None:
    w = theano.shared(np.ones(2))
    f = theano.function([x], [x + w, x], updates=[(w, w + x)], mode=theano.Mode(Counting()))
    value = np.array([1.0, 2.0])
    first, same = f(value)
    assert first.tolist() == [2, 3] and same is not value and w.get_value().tolist() == [2, 3]
    assert f(value)[0].tolist() == [3, 5] and Counting.calls == 2
    assert f.maker.mode.linker.fgraph is None
    theano.compile.register_linker("counting", Counting())
    try:
        assert theano.function([s], s + 1, mode=theano.Mode("counting"))(1) == 2 and Counting.calls == 3
    finally:
        del theano.compile.predefined_linkers["counting"]


def test_instances() -> None:
    """The linkers that have names are of these classes."""
    named = theano.compile.predefined_linkers
    for name, cls in {"py": PerformLinker, "c": CLinker, "c|py": OpWiseCLinker, "vm_nogc": VM_Linker}.items():
        assert isinstance(named[name], cls) and isinstance(named[name], Linker) and str(named[name]) == name
    assert not isinstance(named["c"], LocalLinker)
    assert named["cvm"].accept(FunctionGraph([s], [s * 2])).make_function()(4) == 8


# -- MonitorMode ----------------------------------------------------------------------------------


@pytest.mark.parametrize("linker", [None, "py", "c|py", OpWiseCLinker()])
def test_monitors(linker: Any) -> None:
    """Over nodes of all kinds: branches, in place, with updates."""
    seen = []

    def post(i: int, node: Apply, fn: Any) -> None:
        seen.append((node.op, [cell[0] for cell in fn.inputs], [cell[0] for cell in fn.outputs]))

    w = theano.shared(np.ones(1))
    mode = MonitorMode(post_func=post, optimizer=None, linker=linker)
    out = ifelse(s > 0, Doubled(inplace=True)(x + w), x)
    f = theano.function([s, x], out, updates=[(w, w + 1)], mode=mode, accept_inplace=True)
    assert f(1, [1.0]).tolist() == [4] and w.get_value() == [2]
    assert any(isinstance(op, Doubled) for op, _, _ in seen)
    seen.clear()
    assert f(-1, [1.0]).tolist() == [1] and not any(isinstance(op, Doubled) for op, _, _ in seen)


def test_monitors_are_kept() -> None:
    seen = []
    mode = MonitorMode(pre_func=lambda i, node, fn: seen.append(node.op), optimizer="fast_run")
    for twin in (mode.excluding("fusion"), mode.including("mine"), mode.clone(), mode.clone(optimizer=None)):
        assert isinstance(twin, MonitorMode) and twin.pre_func is mode.pre_func
        theano.function([s], T.exp(s), mode=twin)(1)
    assert len(seen) == 4
    with pytest.raises(ValueError, match="No predefined linker"):
        MonitorMode(linker="fast")

    class Twice(MonitorMode):
        def eval(self, i: int, node: Apply, fn: Any) -> None:
            fn()
            super().eval(i, node, fn)

    ran = []
    twice = Twice(post_func=lambda i, node, fn: ran.append(float(fn.outputs[0][0])), optimizer=None)
    assert theano.function([s], -s, mode=twice)(3) == -3 and ran == [-3]


# -- nodes of all kinds ---------------------------------------------------------------------------


def scanned() -> Any:
    rows, updates = theano.scan(lambda a, b: a * b + 1, sequences=x, outputs_info=s)
    return [x, s], [rows, T.grad(rows[-1], s)], updates, [np.array([1.0, 2.0]), 3.0]


def drawn() -> Any:
    streams = theano.tensor.shared_randomstreams.RandomStreams(3)
    mrg = theano.sandbox.rng_mrg.MRG_RandomStreams(3)
    return [s], [streams.normal((3,)) * s, mrg.uniform((3,)) + s], None, [2.0]


def sparse() -> Any:
    m = theano.sparse.csr_matrix("m")
    out = theano.sparse.dot(m, T.ones((3, 2))).sum(axis=0)
    return [m], [out, theano.sparse.mul(m, 2.0)], None, [scipy_sparse.csr_matrix(np.eye(3))]


def lists() -> Any:
    values = theano.typed_list.TypedListType(T.dvector)("values")
    return [values, x], [theano.typed_list.append(values, x), values[0] * 2], None, [[np.ones(2)], np.zeros(2)]


def stacked() -> Any:
    m = T.dmatrix("m")
    value = np.array([[2.0, 0.5], [0.5, 1.0]])
    return [m], [T.nlinalg.matrix_inverse(m), T.nnet.softmax(m), T.sort(m, axis=0)], None, [value]


KINDS = [scanned, drawn, sparse, lists, stacked]
MODES = {
    "MonitorMode": lambda: MonitorMode(post_func=lambda i, node, fn: fn.outputs[0][0]),
    "MonitorMode c|py": lambda: MonitorMode(linker="c|py"),
    "DualLinker": lambda: theano.Mode(DualLinker()),
    "OpWiseCLinker": lambda: theano.Mode(OpWiseCLinker()),
    "callback": lambda: theano.Mode(VM_Linker(callback=lambda **kw: None, callback_input=lambda var, value: None)),
    "Counting": lambda: theano.Mode(Counting()),
    "DebugMode": lambda: "DebugMode",
}


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(v) for v in value]
    return np.asarray(getattr(value, "toarray", lambda: value)())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_nodes_of_all_kinds(kind: Any, mode: str) -> None:
    inputs, outputs, updates, values = kind()
    want = theano.function(inputs, outputs, updates=updates, mode=theano.Mode("py"))(*values)
    inputs, outputs, updates, values = kind()
    f = theano.function(inputs, outputs, updates=updates, mode=MODES[mode]())
    for got, expected in zip(plain(f(*values)), plain(want), strict=True):
        np.testing.assert_allclose(got, expected)
