from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check
from theano.tensor.checks.declared_shapes import Rebroadcast
from theano.tensor.checks.static_value import known_ints
from theano.tensor.shaping.reshaping import is_flat
from theano.tensor.shaping.shape import MakeVector, Shape_i
from theano.tensor.variable import get_vector_length

R = np.random.RandomState(0)
M = R.normal(size=(3, 4))
T3 = R.normal(size=(2, 3, 4))

EXPRESSIONS = {
    "reshape": (lambda x: x.reshape((2, 6)), lambda a: a.reshape(2, 6), M),
    "reshape -1": (lambda x: x.reshape((-1, 2)), lambda a: a.reshape(-1, 2), M),
    "reshape by shape": (lambda x: x.reshape((x.shape[1], x.shape[0])), lambda a: a.reshape(4, 3), M),
    "reshape mixed": (lambda x: T.reshape(x, [x.shape[0], -1]), lambda a: a.reshape(2, -1), T3),
    "reshape to ones": (lambda x: x.reshape((1, 12, 1)), lambda a: a.reshape(1, 12, 1), M),
    "reshape 0-d": (lambda x: x.reshape(()), lambda a: a.reshape(()), M[:1, :1]),
    "flatten": (lambda x: x.flatten(), lambda a: a.ravel(), T3),
    "flatten 2": (lambda x: T.flatten(x, 2), lambda a: a.reshape(2, 12), T3),
    "flatten 0-d": (lambda x: x.flatten(), lambda a: a.ravel(), np.float64(3)),
    "transpose": (lambda x: x.T, lambda a: a.T, T3),
    "transpose axes": (lambda x: x.transpose(1, 2, 0), lambda a: a.transpose(1, 2, 0), T3),
    "transpose negative": (lambda x: T.transpose(x, (-1, 0, 1)), lambda a: a.transpose(2, 0, 1), T3),
    "swapaxes": (lambda x: x.swapaxes(0, 2), lambda a: a.swapaxes(0, 2), T3),
    "padleft": (lambda x: T.shape_padleft(x, 2), lambda a: a[None, None], M),
    "padright": (lambda x: T.shape_padright(x, 2), lambda a: a[..., None, None], M),
    "padaxis": (lambda x: T.shape_padaxis(x, -2), lambda a: a[:, None, :], M),
    "squeeze": (lambda x: T.squeeze(x), lambda a: a.squeeze(), T3[:1, :, :1]),
    "specify": (lambda x: T.specify_shape(x, (3, 4)), lambda a: a, M),
    "specify symbolic": (lambda x: T.specify_shape(x, x.shape), lambda a: a, M),
    "unbroadcast": (lambda x: T.unbroadcast(x, 0), lambda a: a, M[:1]),
    "addbroadcast": (lambda x: T.addbroadcast(x[0:1], 0), lambda a: a[0:1], M),
    "MakeVector": (lambda x: MakeVector("float64")(x[0], x[1] * 2, 3.0), lambda a: [a[0], a[1] * 2, 3], M[0]),
    "shape": (lambda x: x.shape, lambda a: a.shape, T3),
    "Shape_i": (lambda x: Shape_i(1)(x), lambda a: a.shape[1], T3),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, array = EXPRESSIONS[name]
    smooth = name not in ("shape", "Shape_i")
    check(build, array, expect=reference, smooth=smooth)


@pytest.mark.parametrize(
    ("shape", "pattern"),
    [
        ((1, -1), (True, False)),
        ([2, 1, 6], (False, True, False)),
        (T.constant(np.array([1, 12])), (True, False)),
        ((T.iscalar(), 1), (False, True)),
    ],
)
def test_constant_ones_broadcast(shape: object, pattern: tuple[bool, ...]) -> None:
    assert T.matrix().reshape(shape).broadcastable == pattern


def test_shape_of_a_row_is_known() -> None:
    row = T.row()
    assert T.vector().reshape(row.shape, ndim=2).broadcastable == (True, False)
    assert known_ints(row.shape) == (1, None)
    assert get_vector_length(row.shape) == 2
    assert get_vector_length(T.tensor4().shape[1:]) == 3


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: T.vector().reshape(6), TypeError),
        (lambda: T.vector().reshape((2.0, 3)), TypeError),
        (lambda: T.vector().reshape(T.dvector(), ndim=2), TypeError),
        (lambda: T.vector().reshape(T.lvector()), ValueError),
        (lambda: T.vector().reshape((2, 3), ndim=3), ValueError),
        (lambda: T.vector().reshape((-1, -1)), ValueError),
        (lambda: T.constant(np.ones(6)).reshape((4, -1)), ValueError),
        (lambda: T.constant(np.ones(6)).reshape((2, 2)), ValueError),
        (lambda: T.matrix().flatten(3), ValueError),
        (lambda: T.matrix().flatten(0), ValueError),
        (lambda: T.transpose(T.matrix(), (0,)), ValueError),
        (lambda: T.transpose(T.matrix(), (0, 0)), ValueError),
        (lambda: T.shape_padaxis(T.matrix(), 4), IndexError),
        (lambda: T.specify_shape(T.matrix(), (1, 2, 3)), AssertionError),
        (lambda: T.specify_shape(T.row(), (2, 2)), AssertionError),
        (lambda: T.unbroadcast(T.matrix(), 2), ValueError),
        (lambda: T.addbroadcast(T.constant(np.ones(3)), 0), ValueError),
    ],
)
def test_errors_at_build_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda x: x.reshape((5, -1)), ValueError),
        (lambda x: T.specify_shape(x, (3, 5)), AssertionError),
        (lambda x: T.addbroadcast(x, 0), ValueError),
    ],
)
def test_errors_at_run_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        check(build, M, smooth=False)


def test_texts() -> None:
    x = T.tensor3()
    assert str(x.reshape((2, -1)).owner.op) == "Reshape{2}"
    assert str(x.shape.owner.op) == "Shape"
    assert str(Shape_i(0)) == "Shape_i{0}"
    assert str(T.specify_shape(x, (1, 2, 3)).owner.op) == "SpecifyShape"
    assert str(T.unbroadcast(T.row(), 0).owner.op) == "Rebroadcast{0}"
    assert str(T.addbroadcast(x, 0).owner.op) == "Rebroadcast{1}"
    assert str(MakeVector("float64")) == "MakeVector{dtype='float64'}"


def test_rebroadcast() -> None:
    row = T.row()
    assert T.unbroadcast(row, 0).broadcastable == (False, False)
    assert T.patternbroadcast(row, (False, True)).broadcastable == (False, True)
    assert T.unbroadcast(row, 1) is row
    assert Rebroadcast((0, True)) == Rebroadcast((0, True)) != Rebroadcast((0, False))
    assert hash(Rebroadcast((0, True))) == hash(Rebroadcast((0, True)))
    assert is_flat(T.vector())
    assert not is_flat(row)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (lambda: T.constant(2) + 3, 5),
        (lambda: T.row().shape[0], 1),
        (lambda: Shape_i(0)(T.row()), 1),
        (lambda: T.constant(np.ones((5, 7))).shape[-1], 7),
        (lambda: T.zeros((2, 3)), 0),
        (lambda: T.constant(4).dimshuffle("x", "x"), 4),
        (lambda: T.stack([T.lscalar(), T.constant(6)])[1], 6),
        (lambda: T.concatenate([T.row().shape, T.constant([9])])[2], 9),
        (lambda: T.fill(T.vector(), 3), 3),
        (lambda: T.constant([[4, 5], [6, 7]])[1, 0], 6),
        (lambda: T.constant([4, 5, 6])[-T.constant(2)], 5),
        (lambda: T.constant(np.arange(24).reshape(2, 3, 4))[1, -1, 2:3], 22),
        (lambda: T.constant([4, 5, 6])[::-1][0] + 1, 7),
        (lambda: T.opt.Assert()(T.constant(8), T.constant(1), T.gt(T.constant(2), 1)), 8),
        (lambda: T.opt.Assert()(T.constant(8), 1) * 2, 16),
        (lambda: T.unbroadcast(T.constant([9]), 0), 9),
        (lambda: T.cast(T.stack([T.lscalar(), T.constant(300)]), "uint8")[1], 44),
        (lambda: T.vector().reshape(T.stack([T.iscalar(), T.constant(1)])).shape[1], 1),
        (lambda: T.addbroadcast(T.constant([9]), 0), 9),
        (lambda: theano.compile.deep_copy_op(T.constant(9)), 9),
        (lambda: theano.compile.ops.OutputGuard()(T.constant(9)), 9),
    ],
)
def test_constants_are_found(value: object, number: int) -> None:
    assert T.get_scalar_constant_value(value()) == number


def test_unknown_values() -> None:
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(T.lscalar() + 1)
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(T.constant([1, 2]))
    m, i = T.constant(np.eye(3)), T.lscalar()
    not_known = [m[0], m[i, 0], m[0, :2], m[2, 5:], T.opt.Assert()(T.constant(1), i > 0), T.constant([1, 2])[i]]
    not_known += [T.opt.Assert()(T.constant(1), 0), m[0, i:], T.constant(np.eye(1))[:, i:]]
    for v in not_known:
        with pytest.raises(T.NotScalarConstantError):
            T.get_scalar_constant_value(v)


def test_name_of_a_transposed_variable():
    m, v, t = T.dmatrix("m"), T.dvector("v"), T.dtensor3("t")
    named = [m.T, m.transpose(), T.transpose(m), m.transpose(1, 0), T.transpose(m, [-1, -2]), m.T.T]
    assert [x.name for x in named] == ["m.T"] * 5 + ["m.T.T"]
    assert (v.T.name, t.T.name) == ("v.T", "t.T")
    assert t.transpose(1, 0, 2).name is m.dimshuffle(1, 0).name is (m * 2).T.name is m.swapaxes(0, 1).name is None
    assert m.name == "m" and theano.pp(m.T) == "m.T"
