"""Elemwise and DimShuffle: types, broadcasting, errors, shapes, printing."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import evaluate
from theano import scalar
from theano.tensor.elemwise import DimShuffle, Elemwise, broadcast_static
from theano.tensor.type import TensorType


def tensor(*shape: int | None) -> object:
    return TensorType("float64", shape=shape)()


@pytest.mark.parametrize("ndims", list(itertools.product(range(3), repeat=2)))
def test_missing_axes_are_added_on_the_left(ndims: tuple[int, int]) -> None:
    a, b = (TensorType("float64", (False,) * n)() for n in ndims)
    values = [np.random.default_rng(0).normal(size=(2, 3)[2 - n :]) for n in ndims]
    y = T.add(a, b)
    assert y.ndim == max(ndims)
    np.testing.assert_allclose(evaluate([y], {a: values[0], b: values[1]})[0], values[0] + values[1])


def test_broadcasting_goes_by_the_pattern() -> None:
    m, n, v = T.dmatrix(), T.dmatrix(), T.dvector()
    message = r"Input dimension mis-match. \(input\[0\].shape\[0\] = 2, input\[1\].shape\[0\] = 1\)"
    with pytest.raises(ValueError, match=message):
        evaluate([m + n], {m: np.ones((2, 3)), n: np.ones((1, 3))})
    with pytest.raises(ValueError, match="Input dimension mis-match"):
        evaluate([m + v], {m: np.ones((2, 3)), v: np.ones(1)})
    assert evaluate([m + v], {m: np.ones((1, 3)), v: np.ones(3)})[0].shape == (1, 3)
    assert (T.drow() + T.dcol()).broadcastable == (False, False)
    assert (T.drow() + T.drow()).broadcastable == (True, False)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_a_length_that_is_known_to_be_one_is_compared_where_its_type_does_not_broadcast(mode):
    x, w, m = T.tensor4("x"), T.tensor4("w"), T.matrix("m")
    images = T.nnet.conv2d(x, w, filter_shape=(1, None, None, None)).dimshuffle(1, 0, 2, 3)
    row = T.unbroadcast(T.ones((1, 3)), 0)
    for y, given, other in (
        (images[:, 0, 0] + m, (np.ones((3, 2, 3, 3)), np.ones((1, 2, 3, 3))), np.ones((2, 1))),
        (row + m, (), np.ones((4, 3))),
        (row * T.cast(m, "complex128"), (), np.ones((4, 3))),
    ):
        f = theano.function([x, w, m][-1 - len(given) :], y, mode=mode)
        assert f(*given, other[:1]).shape[0] == 1
        with pytest.raises(ValueError, match="mis-match"):
            f(*given, other)


def test_static_shapes() -> None:
    assert broadcast_static([(None, 1), (3, None)], "x") == (3, None)
    assert broadcast_static([(None, 2), (3, 1)], "x") == (3, 2)
    assert broadcast_static([(1, 1), (1, None)], "x") == (1, None)
    with pytest.raises(ValueError, match=r"\(3,\), \(4,\)"):
        T.add(tensor(3), tensor(4))


def test_equality_printing_pickling() -> None:
    assert T.add == Elemwise(scalar.add) and hash(T.add) == hash(Elemwise(scalar.add))
    assert T.add != T.mul
    assert str(T.add) == "Elemwise{add,no_inplace}" and str(Elemwise(scalar.add)) == "Elemwise{add}"
    assert str(T.nnet.sigmoid) == "sigmoid"
    assert str(T.cast(T.dvector(), "float32").owner.op) == "Elemwise{Cast{float32}}"
    assert str(T.tensor_copy) == "Elemwise{identity}"
    again = pickle.loads(pickle.dumps(T.add))
    assert again == T.add and str(again) == str(T.add)
    shuffle = DimShuffle((False, True), (0,))
    assert pickle.loads(pickle.dumps(shuffle)) == shuffle
    assert str(DimShuffle((False,), ("x", 0))) == "InplaceDimShuffle{x,0}"


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="arguments"):
        T.exp(1, 2)
    with pytest.raises(TypeError, match="arguments"):
        T.switch(1, 2)
    assert T.add(1.0, 2.0, 3.0).owner.nin == 3


def test_outputs_own_their_memory() -> None:
    x = T.dvector()
    value = np.ones(3)
    for y in (T.real(x), T.tensor_copy(x), T.fill(x, 2.0), T.conj(x)):
        (got,) = evaluate([y], {x: value})
        assert not np.may_share_memory(got, value) and got.flags.writeable and got.base is None


def test_infer_shape() -> None:
    m, v, c = T.dmatrix(), T.dvector(), T.dcol()
    for y in (m + v, c * v, T.exp(m)):
        node = y.owner
        inputs = [tuple(x.shape[i] for i in range(x.ndim)) for x in node.inputs]
        (shape,) = node.op.infer_shape(node, inputs)
        values = {m: np.ones((2, 3)), v: np.ones(3), c: np.ones((4, 1))}
        assert tuple(evaluate(list(shape), values)) == evaluate([y], values)[0].shape


def test_dimshuffle() -> None:
    m = T.dmatrix("m")
    value = np.arange(6.0).reshape(2, 3)
    for order in [(1, 0), ("x", 0, 1), (1, "x", 0), (0, 1)]:
        y = m.dimshuffle(*order)
        (got,) = evaluate([y], {m: value})
        assert np.may_share_memory(got, value)
        assert got.shape == tuple(1 if a == "x" else value.shape[a] for a in order)  # type: ignore[index]
        assert y.broadcastable == tuple(a == "x" for a in order)
    assert T.drow().dimshuffle(1).type == T.dvector
    assert m.dimshuffle([1, 0]).owner.op == m.dimshuffle(1, 0).owner.op
    for order, error in [
        ((0,), ValueError),
        ((0, 0, 1), ValueError),
        ((2, 0, 1), ValueError),
        ((-1, 0), ValueError),
    ]:
        with pytest.raises(error):
            m.dimshuffle(*order)


def test_second_disconnects_its_first_input() -> None:
    x, y = T.dvector("x"), T.dscalar("y")
    cost = T.fill(x, y).sum()
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(cost, x)
    gx = T.grad(cost, y)
    assert evaluate([gx], {x: np.ones(5), y: 2.0})[0] == 5
