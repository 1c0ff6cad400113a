"""Ops of the compile layer: views, copies, Python functions as ops, graphs as ops."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import OpFromGraph, as_op, deep_copy_op, function, shared, view_op
from theano.gradient import disconnected_type

x, y, z = T.dscalars("x", "y", "z")
v, m = T.dvector("v"), T.dmatrix("m")


@as_op(itypes=[T.dvector, T.dvector], otypes=[T.dvector, T.dscalar])
def added_and_dotted(a, b):
    return a + b, np.asarray(a.dot(b))


def test_view_and_copy(mode: str) -> None:
    for op in (view_op, deep_copy_op):
        assert function([v], op(v) * 2, mode=mode)([1.0, 2.0]).tolist() == [2, 4]
        assert T.grad(op(v).sum(), v).eval({v: [1.0, 2.0]}).tolist() == [1, 1]


def test_as_op(mode: str) -> None:
    w = T.dvector("w")
    total, product = added_and_dotted(v, w)
    assert str(total.owner.op) == "FromFunctionOp{added_and_dotted}"
    f = function([v, w], [total * 2, product], mode=mode)
    first, second = f([1.0, 2.0], [3.0, 4.0])
    assert first.tolist() == [8, 12] and second == 11
    assert pickle.loads(pickle.dumps(added_and_dotted)) == added_and_dotted
    with pytest.raises(TypeError, match="We expected inputs of types"):
        added_and_dotted(T.fvector(), w)
    with pytest.raises(ValueError, match=r"(?s)expected 2 inputs but got 1.*added_and_dotted takes one for each"):
        added_and_dotted(w)
    with pytest.raises(AttributeError):
        T.grad(product, v)
    with pytest.raises(TypeError):
        as_op([3], [T.dvector])


@pytest.mark.parametrize("inline", [False, True])
def test_op_from_graph(mode: str, inline: bool) -> None:
    op = OpFromGraph([x, y, z], [x + y * z, x * y], inline=inline)
    assert str(op) == f"OpFromGraph{{inline={inline}}}"
    a, b = T.dscalars("a", "b")
    first, second = op(a, b, a + b)
    f = function([a, b], [first, second], mode=mode)
    assert f(2, 3) == [17, 6]
    assert T.grad(first + 10 * second, a).eval({a: 2, b: 3}) == 1 + 3 + 30
    assert T.grad(second, b).eval({a: 2, b: 3}) == 2


def test_op_from_graph_in_itself_and_second_gradient(mode: str) -> None:
    cube = OpFromGraph([x], [x**3])
    nested = OpFromGraph([x], [cube(x) + 1])
    first = T.grad(nested(y), y)
    assert function([y], [nested(y), first, T.grad(first, y)], mode=mode)(2.0) == [9, 12, 12]


def test_op_from_graph_with_shared(mode: str) -> None:
    s = shared(np.ones(2), "s")
    op = OpFromGraph([v], [v * s])
    f = function([v], op(v), updates=[(s, s + 1)], mode=mode)
    assert f([1.0, 2.0]).tolist() == [1, 2]
    assert f([1.0, 2.0]).tolist() == [2, 4]
    assert op.shared_inputs == [s]
    assert T.grad(op(v).sum(), s).eval({v: [1.0, 2.0]}).tolist() == [1, 2]


def test_op_from_graph_errors() -> None:
    with pytest.raises(TypeError):
        OpFromGraph([x], [x], updates={})
    with pytest.raises(TypeError):
        OpFromGraph([x], [3])
    op = OpFromGraph([x, y], [x + y])
    with pytest.raises(ValueError):
        op(x)
    with pytest.raises(TypeError):
        op(x, T.dvector())


def test_gradient_overrides(mode: str) -> None:
    op = OpFromGraph([x, y], [x * y], grad_overrides=lambda inputs, gs: [gs[0] * 7, gs[0] * 8])
    assert function([x, y], T.grad(op(x, y), [x, y]), mode=mode, on_unused_input="ignore")(2, 3) == [7, 8]
    op = OpFromGraph([x, y], [x * y], lop_overrides=["default", lambda inputs, outs, gs: outs[0] * gs[0]])
    assert function([x, y], T.grad(op(x, y), [x, y]), mode=mode)(2, 3) == [3, 6]
    op = OpFromGraph([x, y], [x * y], grad_overrides=["default", disconnected_type()])
    assert T.grad(op(x, y), x).eval({x: 2.0, y: 3.0}) == 3
    op = OpFromGraph([x, y], [x * y], rop_overrides=lambda inputs, points: [points[0] * 5])
    assert theano.gradient.Rop(op(x, y), x, z).eval({z: 2.0}) == 10


def test_rop_and_shape_of_op_from_graph(mode: str) -> None:
    op = OpFromGraph([m, v], [T.dot(m, v)])
    w = T.dvector("w")
    out = theano.gradient.Rop(op(m, v), v, w)
    a, b = np.arange(6.0).reshape(2, 3), np.ones(3)
    assert function([m, v, w], out, mode=mode, on_unused_input="ignore")(a, b, b).tolist() == [3, 12]
    assert function([m, v], op(m, v).shape, mode=mode)(a, b).tolist() == [2]


def test_rop_through_arguments_that_are_not_used(mode: str) -> None:
    """An output that does not depend on a direction adds nothing; some outputs may depend on none."""
    op = OpFromGraph([x, y, v], [x * x, y * y, x + y])
    a, b = T.dscalars("a", "b")
    first, second, both = op(a, b, v)
    w = T.dvector("w")
    fs = [first * second, both, first + v.sum()]
    expressions = [theano.gradient.Rop(fs, [a, v], [z, w]), theano.gradient.Rop(fs[2:], [v], [w])]
    f = function([a, b, v, z, w], [*expressions[0], *expressions[1]], mode=mode, on_unused_input="ignore")
    assert f(2, 3, [1, 1], 10, [5, 6]) == [2 * 2 * 10 * 9, 10, 2 * 2 * 10 + 11, 11]
    mixed = OpFromGraph([x, y], [x * x, y * y], rop_overrides=["default", lambda inputs, points: points[1]])
    out = theano.gradient.Rop(T.add(*mixed(a, b)), [a, b], [z, z])
    assert function([a, b, z], out, mode=mode, on_unused_input="ignore")(2, 3, 10) == 50


def test_connection_pattern() -> None:
    op = OpFromGraph([x, y, v], [x * v.shape[0], y + 1])
    assert op.connection_pattern(op(x, y, v)[0].owner) == [[True, False], [False, True], [False, False]]


def test_op_from_graph_pickles_and_copies(mode: str) -> None:
    op = OpFromGraph([x], [x + 1], name="inc")
    out = op(op(y))
    for duplicate in (lambda a: pickle.loads(pickle.dumps(a)), copy.deepcopy):
        variable, result = duplicate((y, out))
        assert function([variable], result, mode=mode)(1) == 3
