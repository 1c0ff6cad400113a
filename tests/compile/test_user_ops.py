"""Operations that programs define themselves: what runs them, and what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import function, shared
from theano.graph import Apply, Constant, Op, generic
from theano.ifelse import ifelse

v = T.dvector("v")
NOTHING = Constant(generic, None)


class Unary(Op):
    """Of a vector, another one."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])


class Optional(Op):
    """Twice its first input if the second is None, five times otherwise."""

    __props__ = ()

    def make_node(self, x: Any, y: Any) -> Apply:
        return Apply(self, [x, y], [x.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0] * (2.0 if inputs[1] is None else 5.0)


def test_none_is_a_constant(mode: str) -> None:
    assert function([v], Optional()(v, NOTHING), mode=mode)([1.0]).tolist() == [2]
    assert function([v], Optional()(v, Constant(generic, 0)), mode=mode)([1.0]).tolist() == [5]
    assert function([], NOTHING, mode=mode)() is None
    b = T.iscalar("b")
    chosen = function([b], ifelse(b, NOTHING, Constant(generic, "a")), mode=mode)
    assert chosen(1) is None and chosen(0) == "a"
    s = shared("a")
    function([], updates=[(s, NOTHING)], mode=mode)()
    assert s.get_value() is None
    rows, _ = theano.scan(lambda r: Optional()(r, NOTHING), sequences=T.stack([v, v]), mode=mode)
    assert function([v], rows, mode=mode)([1.0]).tolist() == [[2], [2]]


class Times(Unary):
    """Times its parameter."""

    __props__ = ("a",)
    params_type = generic

    def __init__(self, a: float) -> None:
        self.a = a

    def get_params(self, node: Apply) -> float:
        return self.a

    def perform(self, node: Any, inputs: Any, outputs: Any, params: Any = None) -> None:
        outputs[0][0] = inputs[0] * params


class Thunk(Unary):
    """Seven times its input; has no `perform`."""

    def make_thunk(self, node: Any, storage_map: Any, compute_map: Any, no_recycling: Any, impl: Any = None) -> Any:
        source, target = storage_map[node.inputs[0]], storage_map[node.outputs[0]]

        def thunk() -> None:
            assert compute_map[node.inputs[0]][0]
            target[0] = source[0] * 7
            compute_map[node.outputs[0]][0] = True

        thunk.lazy = False  # type: ignore[attr-defined]
        return thunk


class Told(Thunk):
    """Must be told by what: Theano always says it."""

    def make_thunk(self, node: Any, storage_map: Any, compute_map: Any, no_recycling: Any, impl: Any) -> Any:
        return super().make_thunk(node, storage_map, compute_map, no_recycling, impl)


class NotTold(Thunk):
    """Of versions before 1.0, where there was no `impl`."""

    def make_thunk(self, node: Any, storage_map: Any, compute_map: Any, no_recycling: Any) -> Any:  # type: ignore[override]
        return super().make_thunk(node, storage_map, compute_map, no_recycling)


@pytest.mark.parametrize("op, factor", [(Times(3.0), 3), (Thunk(), 7), (Told(), 7), (NotTold(), 7)])
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_parameters_and_thunks(op: Any, factor: int, mode: str) -> None:
    f = function([v], op(v) + 1, mode=mode)
    for value in ([1.0], [2.0, 3.0]):
        assert f(value).tolist() == (np.asarray(value) * factor + 1).tolist()
    assert function([], op(T.constant([2.0])), mode=mode)().tolist() == [2 * factor]
    rows, _ = theano.scan(op, sequences=T.stack([v, 2 * v]), mode=mode)
    assert function([v], rows, mode=mode)([1.0]).tolist() == [[factor], [2 * factor]]
    with theano.change_flags(compute_test_value="raise"):
        w = T.dvector("w")
        w.tag.test_value = np.ones(2)
        assert op(w).tag.test_value.tolist() == [factor, factor]


def test_make_node_must_return_one() -> None:
    class Forgets(Op):
        """Forgets its return statement."""

        def make_node(self, x: Any) -> Any:
            Apply(self, [x], [x.type()])

    with pytest.raises(TypeError, match="make_node of Forgets has returned None"):
        Forgets()(v)


class Doubled(Unary):
    """An op whose `infer_shape` has a mistake."""

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0] * 2

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        raise IndexError("no such axis")


def test_an_op_whose_shapes_fail_is_reported_and_works() -> None:
    with pytest.warns(UserWarning, match=r"(?s)Failed to infer_shape from Op Doubled.*IndexError: no such axis"):
        f = function([v], Doubled()(v).shape[0], mode="FAST_RUN")
    assert f([1.0, 2.0]) == 2
    with theano.change_flags(on_shape_error="raise", on_opt_error="raise"), pytest.raises(IndexError):
        function([v], Doubled()(v).shape[0], mode="FAST_RUN")


def test_an_op_whose_shapes_fail_in_a_loop_is_reported() -> None:
    with pytest.warns(UserWarning, match="Failed to infer_shape from Op Doubled"):
        steps, _ = theano.scan(lambda x: Doubled()(x), non_sequences=v, n_steps=3)
        f = function([v], steps.shape)
    assert f([1.0, 2.0]).tolist() == [3, 2]


class Prepared(Unary):
    """Times a number that `prepare_node` leaves at the node; `make_thunk` counts, and goes on as usual."""

    made = 0

    def prepare_node(self, node: Any, storage_map: Any, compute_map: Any, impl: Any) -> None:
        assert impl == "py"
        node.tag.factor = 5

    def make_thunk(self, node: Any, storage_map: Any, compute_map: Any, no_recycling: Any, impl: Any = None) -> Any:
        type(self).made += 1
        return super().make_thunk(node, storage_map, compute_map, no_recycling, impl="py")

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0] * node.tag.factor


class OnlyPrepared(Prepared):
    """Without a `make_thunk` of its own."""

    make_thunk = Op.make_thunk


@pytest.mark.parametrize("op", [Prepared(), OnlyPrepared()])
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE", "DebugMode"])
def test_nodes_are_prepared(op: Any, mode: str) -> None:
    before = Prepared.made
    assert function([v], op(v) + 1, mode=mode)([1.0, 2.0]).tolist() == [6, 11]
    assert (Prepared.made > before) == (type(op) is Prepared)


def test_thunks_of_ops() -> None:
    y = T.exp(v)
    storage: dict[Any, list[Any]] = {v: [np.zeros(2)], y: [None]}
    computed: dict[Any, list[bool]] = {v: [True], y: [False]}
    for impl in (None, "py"):
        storage[y][0], computed[y][0] = None, False
        thunk = y.owner.op.make_thunk(y.owner, storage, computed, [y], impl=impl)
        thunk()
        assert storage[y][0].tolist() == [1, 1] and computed[y] == [True] and thunk.lazy is False
        assert thunk.inputs == [storage[v]] and thunk.outputs == [storage[y]]
    with pytest.raises(NotImplementedError, match="has no C code"):
        y.owner.op.make_thunk(y.owner, storage, computed, [], impl="c")
    with pytest.raises(ValueError, match="impl must be"):
        y.owner.op.make_thunk(y.owner, storage, computed, [], impl="rust")
    two = Thunk()(v)
    storage[two], computed[two] = [None], [False]
    two.owner.op.make_thunk(two.owner, storage, computed, [])()
    assert storage[two][0].tolist() == [0, 0]
