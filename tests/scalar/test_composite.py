"""Operations on numbers that are made of others."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.scalar as s
import theano.tensor as T
from theano.scalar import Composite

MODES = ["FAST_RUN", "FAST_COMPILE"]
A, B = np.array([0.5, -1.25, 2.0]), np.array([1.5, 0.25, -0.75])
x, y = s.float64("x"), s.float64("y")


def _called(f):
    """The call-backs of a compiled function."""
    return [st for st in f.executor.lowered.program.main if type(st).__name__ == "CallBack"]


COMPOSITES = {
    "one step": (Composite([x, y], [x * y]), lambda a, b: a * b),
    "shared": (Composite([x, y], [s.exp(x + y) * (x + y)]), lambda a, b: np.exp(a + b) * (a + b)),
    "constants": (Composite([x, y], [2.5 * x - y / 4]), lambda a, b: 2.5 * a - b / 4),
    "comparison": (Composite([x, y], [s.switch(s.lt(x, y), x, y * y)]), lambda a, b: np.where(a < b, a, b * b)),
    "nested": (
        Composite([x, y], [Composite([x, y], [x * y + 1.5])(y, x + 0.5) - x]), lambda a, b: b * (a + 0.5) + 1.5 - a
    ),
    "an input": (Composite([x, y], [y]), lambda a, b: b + 0 * a),
    "one input": (Composite([x, y], [s.sqr(x)]), lambda a, b: a**2 + 0 * b),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("mode", MODES)
def test_values_and_gradients(name, mode):
    op, wanted = COMPOSITES[name]
    u, v = T.dvectors("u", "v")
    apply = T.Elemwise(op)
    f = theano.function([u, v], apply(u, v), mode=mode)
    np.testing.assert_allclose(f(A, B), wanted(A, B), rtol=1e-14)
    assert f([], []).shape == (0,)
    if mode == "FAST_RUN":
        assert not _called(f)
        m, numbers = T.dmatrix("m"), np.outer(A, B)
        turned = theano.function([m, v], apply(m.T[::-1], v))
        np.testing.assert_allclose(turned(numbers, B), wanted(numbers.T[::-1], B), rtol=1e-14)
    T.verify_grad(apply, [A, B], rng=np.random.RandomState(0), mode=mode)
    change = T.Rop(apply(u, v), [u, v], [T.ones_like(u), 2 * v])
    direction = theano.function([u, v], change, mode=mode, on_unused_input="ignore")
    step = 1e-6
    np.testing.assert_allclose(
        direction(A, B), (wanted(A + step, B + 2 * B * step) - wanted(A - step, B - 2 * B * step)) / (2 * step),
        rtol=1e-6, atol=1e-8,
    )  # fmt: skip


def test_dtypes_follow_the_inputs():
    op = Composite([x, y], [x * y + 1])
    for dtype, out in (("float32", "float32"), ("int8", "int8"), ("float16", "float16"), ("complex64", "complex64")):
        v = T.TensorType(dtype, (False,))("v")
        made = T.Elemwise(op)(v, v)
        assert made.dtype == out
        for mode in MODES:
            got = theano.function([v], made, mode=mode)(np.array([1, 3], dtype))
            assert got.dtype == out
            np.testing.assert_array_equal(got, [2, 10])


def test_several_outputs():
    op = Composite([x, y], [x + y, s.exp(x + y) - x])
    assert (op.nin, op.nout) == (2, 2) and op.impl(1.0, 2.0) == [3.0, np.exp(3.0) - 1]
    assert op.inputs_type == (s.float64, s.float64) == op.outputs_type
    u, v = T.dvectors("u", "v")
    outs = T.Elemwise(op)(u, v)
    for mode in MODES:
        total, rest, slope = theano.function([u, v], [*outs, T.grad((outs[0] * outs[1]).sum(), u)], mode=mode)(A, B)
        np.testing.assert_allclose(total, A + B)
        np.testing.assert_allclose(rest, np.exp(A + B) - A)
        np.testing.assert_allclose(slope, rest + total * (np.exp(A + B) - 1))
    with pytest.raises(TypeError, match="2 results"):
        T.Elemwise(op).make_node(u, v)


def test_equality_printing_and_pickling():
    one, two = (Composite([x, y], [s.exp(x) * y + 2]) for _ in range(2))
    assert one == two and hash(one) == hash(two) and one != Composite([x, y], [s.exp(x) * y + 3])
    assert str(one) == "Composite{((exp(i0) * i1) + 2)}"
    for twin in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert twin == one and twin.impl(0.0, 3.0) == 5.0
    twice = s.cos(x)
    assert str(Composite([x], [s.sqr(twice) + twice])) == "Composite{t0 = cos(i0), (sqr(t0) + t0)}"
    again = Composite(one.inputs, one.outputs)
    assert again == one
    u, v = T.dvectors("u", "v")
    f = pickle.loads(pickle.dumps(theano.function([u, v], T.Elemwise(one)(u, v))))
    np.testing.assert_allclose(f(A, B), np.exp(A) * B + 2)


def test_refusals():
    outside = s.float64("outside")
    with pytest.raises(ValueError, match="outside is neither an input"):
        Composite([x], [x + outside])
    with pytest.raises(ValueError, match="at least one output"):
        Composite([x], [])
    with pytest.raises(TypeError, match="variables of numbers"):
        Composite([T.dvector("v")], [x])
    with pytest.raises(TypeError, match="no operation on numbers"):
        Composite([x], [theano.printing.Print("here")(x)])
    with pytest.raises(IndexError):
        Composite([x, y], [x, y]).part(2)


class Twice(s.UnaryScalarOp):
    """An operation without native form."""

    def impl(self, x):
        return 2 * x

    def grad(self, inputs, gs):
        return [2 * gs[0]]


class WithParts(s.ScalarOp):
    nin, nout = 2, 2

    def output_types(self, types):
        return [s.upcast_out(*types)[0], s.int64]

    def impl(self, x, y):
        return x // y, int(x % y > 1)

    def grad(self, inputs, gs):
        return [gs[0] * 0.5, gs[0] * 0.25]


@pytest.mark.parametrize("mode", MODES)
def test_operations_of_users_inside(mode):
    u, v = T.dvectors("u", "v")
    op = Composite([x, y], [Twice(s.same_out)(x) * y])
    f = theano.function([u, v], [T.Elemwise(op)(u, v), T.grad(T.Elemwise(op)(u, v).sum(), u)], mode=mode)
    value, slope = f(A, B)
    np.testing.assert_allclose(value, 2 * A * B)
    np.testing.assert_allclose(slope, 2 * B)


@pytest.mark.parametrize("mode", MODES)
def test_several_results_of_a_users_operation(mode):
    u, v = T.dvectors("u", "v")
    whole, rest = T.Elemwise(WithParts())(u, v)
    assert (whole.dtype, rest.dtype) == ("float64", "int64")
    f = theano.function([u, v], [whole, rest, *T.grad(whole.sum(), [u, v])], mode=mode)
    found = f([7.0, 9.0], [2.0, 4.5])
    for got, wanted in zip(found, ([3, 2], [0, 0], [0.5, 0.5], [0.25, 0.25]), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_graphs_of_numbers():
    """`theano.function` of scalar types alone: values, updates, gradients."""
    z = s.int32("z")
    f = theano.function([x, y, z], [s.exp(x) * y + z, T.grad(s.exp(x) * y, x), s.Composite([x, y], [x - y])(x, y)])
    value, slope, difference = f(0.5, 2.0, 3)
    assert value == np.exp(0.5) * 2 + 3 and slope == np.exp(0.5) * 2 and difference == -1.5
    assert not _called(f)
    total = theano.shared(1.0)
    count = theano.function([x], total, updates=[(total, total + x)])
    assert (count(2.0), count(3.0), total.get_value()) == (1.0, 3.0, 6.0)


def test_an_operation_with_the_name_of_another_is_another():
    """Rewrites know operations of the table by their names; one of a user is not taken for them."""

    class Mine(s.UnaryScalarOp):
        def impl(self, x):
            return x + 100

    v = T.dvector("v")
    assert theano.function([v], T.log(T.Elemwise(Mine(s.same_out, name="exp"))(v)))([0.0]) == np.log(100.0)
