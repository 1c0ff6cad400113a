"""`theano.function`: arguments, outputs, updates, givens, and every documented error."""

from __future__ import annotations

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import In, Out, Param, UnusedInputError, function, function_dump, shared
from theano.compile.shared_variables.updates import OrderedUpdates
from theano.graph import Constant, MissingInputError, generic

x, y, z = T.dscalar("x"), T.dscalar("y"), T.dscalar("z")
v, m = T.dvector("v"), T.dmatrix("m")


# ---- inputs and outputs ----


def test_forms_of_outputs(mode: str) -> None:
    assert function([x, y], x * y, mode=mode)(1.5, 3) == 4.5
    assert isinstance(function([x], x + 1, mode=mode)(1), np.ndarray)
    assert function([x], [x**2, x**3], mode=mode)(3) == [9, 27]
    assert function([x], (x,), mode=mode)(3) == [3]
    assert function([], [], mode=mode)() == []
    assert function([], mode=mode)() == []
    result = function([x], {"b": x, "a": 2 * x}, mode=mode)(3)
    assert result == {"a": 6, "b": 3} and list(result) == ["a", "b"]
    with pytest.raises(AssertionError):
        function([x], {1: x}, mode=mode)


def test_positions_keywords_and_defaults(mode: str) -> None:
    f = function([x, In(y, value=2), In(z, name="last", value=10)], x + 100 * y + 10000 * z, mode=mode)
    assert f(1) == 100201
    assert f(1, 3) == 100301
    assert f(1, last=0) == 201
    assert f(y=5, x=1, last=0) == 501
    assert f(1, 3, 0) == 301
    assert f(1) == 100201  # a value given serves one call
    assert function([(x, 3)], x, mode=mode)() == 3
    assert function([Param(x, 4)], x, mode=mode)() == 4
    assert function([In(x, value=1), y], x - y, mode=mode)(y=3) == -2


def test_state_with_update(mode: str) -> None:
    state = T.iscalar("state")
    f = function([x, In(state, value=0, update=state + 1)], x + state, mode=mode)
    assert [f(0), f(0), f(0)] == [0, 1, 2]
    assert f["state"] == 3 and f[state] == 3 and f.value["state"] == 3
    f["state"] = 10
    assert f(0) == 10
    assert f(0, 20) == 20 and f(0) == 21


def test_inputs_written_as_tuples(mode: str) -> None:
    """As in the oldest programs: ``(variable, default)``, ``(name, variable, (update, default))``."""
    assert function([(x,)], x, mode=mode)(2) == 2
    assert function([("a", x, 3)], x, mode=mode)() == 3
    f = function([y, (x, (x + 1, 0.0))], x + y, mode=mode)
    assert [f(0), f(0), f(10)] == [0, 1, 12]
    g = function([y, ("total", x, (x + y, 5.0))], x, mode=mode)
    assert [g(1), g(1)] == [5, 6] and g["total"] == 7
    h = function([y, ((x, x + y), 10.0)], 2 * x, mode=mode)  # the form of Theano's tutorial
    assert [h(1), h(2)] == [20, 22] and h["x"] == h[x] == 13
    h["x"] = 100.0
    assert h(1) == 200 and h["x"] == 101
    k = function([y, ("total", (x, x + y), 2.0)], [], mode=mode)
    assert k(1) == [] and k["total"] == 3
    with pytest.raises(TypeError, match="default value of the input x is a number or an array, not the variable"):
        function([(x, 2 * y)], x, mode=mode)
    for wrong in ((), ("a",), (3, x), (x, 1, 2), ((x, x + 1),)):
        with pytest.raises(TypeError, match="an input given as a tuple is"):
            function([wrong], x, mode=mode)


def test_implicit_input(mode: str) -> None:
    state = T.dscalar("state")
    f = function([x, In(state, value=1, update=2 * state, implicit=True)], x + state, mode=mode)
    assert [f(0), f(0)] == [1, 2]
    with pytest.raises(TypeError, match="implicit"):
        f(0, 3)
    with pytest.raises(TypeError, match="implicit"):
        f(0, state=3)
    with pytest.raises(TypeError, match="implicit"):
        In(x, implicit=True)


def test_lists_and_numbers_as_arguments(mode: str) -> None:
    f = function([m, v], T.dot(m, v), mode=mode)
    assert f([[1, 2], [3, 4]], [1.0, 1]).tolist() == [3, 7]


def test_intermediate_expression_as_input(mode: str) -> None:
    inner = x + 1
    assert function([inner], inner * 2, mode=mode)(5) == 10


def test_what_is_no_array_is_handed_on(mode: str) -> None:
    thing, held = generic("thing"), shared("held")
    f = function([thing, v], [thing, held, v * 2], mode=mode)
    found = f({"a": [1]}, [1.0])
    assert found[:2] == [{"a": [1]}, "held"] and found[2].tolist() == [2]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "complex64", "complex128"])
def test_constants_are_what_was_given(dtype: str, mode: str) -> None:
    """Those that repeat one number, too."""
    values = [np.array(numbers).astype(dtype) for numbers in ([1, 1, 1], [0, 1, 1], 1)]
    if dtype.startswith("complex"):
        values = [v * v.dtype.type(1j) for v in values]
    for found, wanted in zip(function([], [T.constant(v) for v in values], mode=mode)(), values, strict=True):
        assert found.dtype == wanted.dtype and found.tolist() == wanted.tolist()


def test_the_same_variable_twice_gives_two_arrays(mode: str) -> None:
    out = v * 2
    a, b = function([v], [out, out], mode=mode)([1, 2])
    assert not np.shares_memory(a, b)


def test_output_subset(mode: str) -> None:
    assert function([x], [x, 2 * x, 3 * x], mode=mode)(1, output_subset=[0, 2]) == [1, 3]
    assert function([x], {"a": x, "b": 2 * x}, mode=mode)(1, output_subset=["b"]) == {"b": 2}


def test_trust_input(mode: str) -> None:
    f = function([v], v + 1, mode=mode)
    f.trust_input = True
    assert f(np.array([1.0])).tolist() == [2]


def test_downcast(mode: str) -> None:
    a = T.fvector("a")
    wide = np.array([0.1])
    with pytest.raises(TypeError, match="Bad input argument"):
        function([a], a, mode=mode)(wide)
    assert function([a], a, mode=mode, allow_input_downcast=True)(wide).dtype == "float32"
    assert (
        function([In(a, allow_downcast=True)], a, mode=mode, allow_input_downcast=False)(wide).dtype
        == "float32"
    )
    with pytest.raises(TypeError):
        function([In(v, strict=True)], v, mode=mode)([1.0, 2.0])


# ---- errors of calls ----


def test_call_errors(mode: str) -> None:
    f = function([x, In(y, value=1)], x + y, mode=mode, name="adder")
    with pytest.raises(TypeError, match="Too many parameter passed"):
        f(1, 2, 3)
    with pytest.raises(TypeError, match="Missing required input: x"):
        f()
    with pytest.raises(TypeError, match="Unknown input or state: q"):
        f(1, q=3)
    with pytest.raises(TypeError, match="Multiple values for input: x"):
        f(1, x=3)
    for wrong in ("a", None, [1.0, 2.0], np.zeros(3)):
        with pytest.raises((TypeError, ValueError)) as caught:
            f(1, wrong)
        assert caught.value.args[0].startswith(
            'Bad input argument to theano function with name "adder" at index 1 (0-based)'
        )
    assert f(1) == 2
    twice = function([In(x, name="n"), In(y, name="n")], x + y, mode=mode)
    with pytest.raises(TypeError, match="Ambiguous name: n"):
        twice(n=1)
    with pytest.raises(TypeError, match="Unknown input or state"):
        f["nothing"]


def test_the_default_name_is_the_line(mode: str) -> None:
    f = function([x], x, mode=mode)
    assert f.name.startswith("test_function.py:")
    with pytest.raises(TypeError, match=r'with name "test_function.py:\d+" at index 0'):
        f("a")


# ---- errors of function() ----


def test_build_errors(mode: str) -> None:
    s = shared(1.0, "s")
    with pytest.raises(Exception, match="list or tuple"):
        function(x, x, mode=mode)
    with pytest.raises(UnusedInputError, match="used twice"):
        function([x, x], x, mode=mode)
    with pytest.raises(UnusedInputError, match="not part of the computational graph"):
        function([x, y], x, mode=mode)
    with pytest.warns(UserWarning, match="not part of"):
        function([x, y], x, mode=mode, on_unused_input="warn")
    function([x, y], x, mode=mode, on_unused_input="ignore")
    with pytest.raises(ValueError, match="on_unused_input"):
        function([x, y], x, mode=mode, on_unused_input="no")
    with pytest.raises(TypeError, match="Cannot use a shared variable"):
        function([s], s, mode=mode)
    with pytest.raises(TypeError, match="[Cc]onstant"):
        function([T.constant(2.0)], x, mode=mode)
    with pytest.raises(MissingInputError):
        function([x], x + y, mode=mode)
    with pytest.raises(TypeError, match="Unknown parameter type"):
        function([3], x, mode=mode)
    with pytest.raises(TypeError, match="Outputs must be theano Variable or Out"):
        function([x], [x, 3], mode=mode)
    with pytest.raises(AssertionError):
        In(x, mutable=True, borrow=False)
    with pytest.raises(ValueError, match="No predefined mode"):
        function([x], x, mode="NO_MODE")


def test_update_errors(mode: str) -> None:
    s, t = shared(np.float32(1), "s"), shared(np.zeros((2, 2)), "t")
    with pytest.raises(ValueError):
        function([], [], updates=(s, s + 1), mode=mode)
    with pytest.raises(ValueError, match="already has an update expression"):
        function([], [], updates=[(s, s), (s, s)], mode=mode)
    with pytest.raises(TypeError, match="update target must be a SharedVariable"):
        function([x], [], updates=[(x, x)], mode=mode)
    same_type = "An update must have the same type as the original shared variable"
    wrong = [(s, T.dscalar()), (s, T.lscalar()), (t, T.dcol()), (t, T.drow()), (s, 0.1)]
    for target, value in wrong:
        with pytest.raises(TypeError, match=same_type):
            function([value] if hasattr(value, "type") else [], [], updates=[(target, value)], mode=mode)
    with pytest.raises(TypeError, match="boolean or a list"):
        function([], s, no_default_updates=s, mode=mode)
    with pytest.raises(TypeError, match="SharedVariable"):
        OrderedUpdates({x: 1})


def test_givens_errors(mode: str) -> None:
    w = T.fscalar("w")
    with pytest.raises(RuntimeError, match="an input|input to your function"):
        function([x], x, givens={x: y}, mode=mode)
    with pytest.raises(AssertionError, match="can not have a new_v"):
        function([z], x + y, givens=[(x, y), (y, z)], mode=mode)
    with pytest.raises(TypeError):
        function([], x, givens={"x": 3}, mode=mode)
    with pytest.raises(TypeError):
        function([w], x * 2, givens={x: w}, mode=mode)
    with pytest.raises(TypeError):
        function([], x * 2, givens={x: 3}, mode=mode)  # a Python int is int64
    with pytest.raises(TypeError):
        function([m], T.drow("r") * 2, givens=[(T.drow(), m), ("r", 3)], mode=mode)
    with pytest.raises(TypeError):
        function([], v.sum(), givens={v: [1.0, 2.0]}, mode=mode)


def test_inplace_ops_must_be_accepted() -> None:
    from theano.graph import Apply, Op

    class AddOne(Op):
        __props__ = ()
        destroy_map = {0: [0]}

        def make_node(self, a):
            return Apply(self, [a], [a.type()])

        def perform(self, node, inputs, out):
            inputs[0][...] += 1
            out[0][0] = inputs[0]

    with pytest.raises(TypeError, match="Graph must not contain inplace operations"):
        function([v], AddOne()(v))
    array = np.zeros(2)
    doubled = 2 * v
    f = function([v], [AddOne()(v), AddOne()(doubled), doubled], accept_inplace=True, mode="FAST_COMPILE")
    one, also_one, zero = f(array)
    assert array.tolist() == [1, 1] == one.tolist()  # the caller asked for it
    assert also_one.tolist() == [1, 1] and zero.tolist() == [0, 0]


# ---- updates and givens ----


def test_updates_see_old_values(mode: str) -> None:
    a, b = shared(1.0), shared(2.0)
    f = function([], [a, b], updates=[(a, b), (b, a)], mode=mode)
    assert f() == [1, 2]
    assert (a.get_value(), b.get_value()) == (2, 1)
    assert f() == [2, 1]


def test_counter(mode: str) -> None:
    i = T.iscalar("i")
    s = shared(0)
    f = function([i], s**2, updates=[(s, s + i)], mode=mode)
    assert [int(f(k)) for k in (1, 2, 3)] == [0, 1, 9]
    assert s.get_value() == 6


def test_updates_as_dict_literal_and_pairs(mode: str) -> None:
    s, t = shared(np.float32(0)), shared(0.0)
    function([], updates={s: 0.5, t: 3}, mode=mode)()
    assert (s.get_value(), t.get_value()) == (0.5, 3)
    function([], updates=[[s, s + s]], mode=mode)()
    assert s.get_value() == 1


def test_default_updates(mode: str) -> None:
    s, t = shared(0.0), shared(10.0)
    s.default_update = s + t
    t.default_update = t * 2
    f = function([], s, mode=mode)
    assert [f(), f(), f()] == [0, 10, 30]
    assert function([], s, mode=mode, no_default_updates=True)() == 70
    assert function([], s, mode=mode, no_default_updates=True)() == 70
    assert function([], s, mode=mode, updates=[(s, s * 0)])() == 70
    assert (s.get_value(), t.get_value()) == (0, 80)
    function([], s + t, mode=mode, no_default_updates=[s])()
    assert (s.get_value(), t.get_value()) == (0, 160)


def test_storage_map(mode: str) -> None:
    s = shared(np.ones(2), "s")
    f = function([v, In(y, value=3.0)], [v * y + s, y.dimshuffle("x") * 2.5], updates=[(s, s + v)], mode=mode)
    storage, graph = f.fn.storage_map, f.maker.fgraph
    assert f.fn.storage_map is storage and set(storage) >= set(graph.variables)
    assert all(isinstance(cell, list) and len(cell) == 1 for cell in storage.values())
    assert [storage[i] is c.storage for i, c in zip(graph.inputs, f.input_storage, strict=True)] == [True] * 3
    assert storage[graph.inputs[1]][0] == 3 and storage[graph.inputs[2]][0] is s.get_value(borrow=True)
    constants = [k for k in storage if isinstance(k, Constant)]
    assert constants and all(storage[k][0] is k.data for k in constants)
    f([1.0, 2.0])
    assert storage[graph.outputs[0]][0] is None
    f.input_storage[0].storage[0] = np.array([1.0, 2.0])
    f.fn()
    assert storage[graph.outputs[0]][0].tolist() == [5, 9]
    f.free()
    assert storage[graph.outputs[0]][0] is None and storage[graph.inputs[1]][0] == 3
    assert f([1.0, 2.0])[0].tolist() == [6, 11]


def test_givens(mode: str) -> None:
    s = shared(3.0, "s")
    assert function([y], x * 2, givens={x: y + 1}, mode=mode)(1) == 4
    assert function([], x * 2, givens=[(x, s)], mode=mode)() == 6
    assert function([x], s * 2, givens={s: x}, mode=mode)(1) == 2
    assert function([], x * 2, givens={x: 3.0}, mode=mode)() == 6
    assert function([], v.sum(), givens={v: np.arange(3.0)}, mode=mode)() == 3
    inner = x + 1
    assert function([], inner * 2, givens={inner: np.array(5.0)}, mode=mode)() == 10
    assert function([], s * 2, givens={s: s * 10}, mode=mode)() == 60
    function([], [], updates=[(s, s + x)], givens={x: 1.0}, mode=mode)()
    assert s.get_value() == 4
    row = T.drow("row")
    assert function([row], m.sum(), givens={m: row}, mode=mode)([[1.0, 2]]) == 3
    with pytest.raises(TypeError):
        function([T.fscalar("a")], x * 2, givens={x: T.fscalar("a")}, mode=mode)
    a = T.fscalar("a")
    assert function([a], x * 2, givens={x: a}, rebuild_strict=False, mode=mode)(2).dtype == "float32"


@pytest.mark.parametrize("kind", [list, dict])
def test_givens_in_order(mode: str, kind: type) -> None:
    """A replacement sees those before it; what later ones replace it cannot use."""
    doubled, s = x * 2, shared(3.0, "s")
    order = kind([(x, y * 10), (doubled, x * 3)])
    assert function([y], doubled + x, givens=order, mode=mode)(1) == 40
    assert function([y], doubled + x, givens=kind([(x, y * 10), (s, x * 3)]), mode=mode)(1) == 30
    assert function([y], s + z, givens=kind([(s, y), (x, s + 1), (z, x * s)]), mode=mode)(2) == 8
    f = function([y], [], updates=[(s, doubled)], givens=order, mode=mode)
    f(2)
    assert s.get_value() == 60
    inner = y + 1  # an expression that is an input stays one
    assert function([inner], doubled, givens=kind([(x, inner), (doubled, x * inner)]), mode=mode)(3) == 9
    with pytest.raises(AssertionError, match="depends on a later old_v"):
        function([y], doubled, givens=kind([(doubled, x * 3), (x, y * 10)]), mode=mode)
    with pytest.raises(AssertionError, match="replaces x twice"):
        function([y], x, givens=[(x, y), (x, y + 1)], mode=mode)


def test_ordered_updates(mode: str) -> None:
    s, t = shared(0.0), shared(0.0)
    first, second = OrderedUpdates({s: s + 1}), OrderedUpdates({t: t + 2})
    function([], updates=first + second, mode=mode)()
    assert (s.get_value(), t.get_value()) == (1, 2)
    with pytest.raises(KeyError):
        first.update({s: s + 3})


def test_generic_values_travel(mode: str) -> None:
    s = shared(["a"])
    assert function([], s, mode=mode)() == ["a"]
    assert function([], s, mode=mode)() is not s.get_value(borrow=True)


# ---- the rest ----


def test_maker(mode: str) -> None:
    s = shared(1.0, "s")
    f = function([x, In(y, value=3)], x * y + s, updates=[(s, s + x)], mode=mode)
    fgraph = f.maker.fgraph
    assert [i.name for i in fgraph.inputs] == ["x", "y", "s"]
    assert len(fgraph.outputs) == 2
    assert fgraph.toposort()
    assert [spec.name for spec in f.maker.inputs] == ["x", "y", "s"]
    assert [spec.update is not None for spec in f.maker.inputs] == [False, False, True]
    assert f.get_shared() == [s]
    assert f["s"] == 1 and f[s] == 1 and s in f and "q" not in f
    assert len(f.container) == 3
    assert f.input_storage[1].storage[0] == 3


def test_fn_runs_on_the_storages(mode: str) -> None:
    f = function([x], x * 2, mode=mode)
    f.input_storage[0].storage[0] = np.array(4.0)
    f.fn()
    assert f.output_storage[0].storage[0] == 8
    f.free()
    assert f.output_storage[0].storage[0] is None


def test_eval() -> None:
    out = x * y
    assert out.eval({x: 2, y: 3}) == 6
    assert out.eval({y: 2, x: 5}) == 10
    assert len(out._fn_cache) == 1
    assert (shared(2.0) + 1).eval() == 3
    with pytest.raises(MissingInputError):
        out.eval({x: 1})


def test_function_dump(tmp_path) -> None:
    import pickle

    path = tmp_path / "f.pkl"
    function_dump(str(path), [x], x + 1)
    with open(path, "rb") as file:
        assert function(**pickle.load(file))(1) == 2


def test_borrowed_output_may_be_the_input(mode: str) -> None:
    array = np.arange(3.0)
    assert function([v], Out(v, borrow=True), mode=mode)(array).tolist() == [0, 1, 2]


def test_mutable_input(mode: str) -> None:
    assert function([In(v, mutable=True)], v + 1, mode=mode)(np.zeros(2)).tolist() == [1, 1]


def test_very_deep_graph() -> None:
    out = x
    for _ in range(10_000):
        out = out + 1
    assert function([x], out, mode="FAST_COMPILE")(0) == 10_000


def test_an_input_named_self(mode: str) -> None:
    s = T.dscalar("self")
    assert function([s], s * 2, mode=mode)(self=3.0) == 6


def test_updates_of_nothing() -> None:
    s = shared(1.0)
    updates = OrderedUpdates({s: s + 1})
    kept = dict(updates)
    updates.update()
    updates.update(None)
    updates.update([(s, kept[s])])  # what is there already
    assert dict(updates) == dict(updates + {}) == dict({} + updates) == kept
    with pytest.raises(KeyError, match="Collision"):
        updates.update({s: s + 2})
