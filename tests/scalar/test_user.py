from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import scipy.special

import theano
import theano.scalar as s
import theano.tensor as T
from tests.call_backs import is_native
from theano.loops import expr as ex


class Cube(s.UnaryScalarOp):
    def impl(self, x):
        return x * x * x

    def grad(self, inputs, gouts):
        (x,), (g,) = inputs, gouts
        if x.type in s.complex_types:
            raise NotImplementedError
        return (g * 3 * s.sqr(x),)


class ScaledBessel(s.UnaryScalarOp):
    nfunc_spec = ("scipy.special.i0e", 1, 1)

    def L_op(self, inputs, outputs, gouts):
        x = inputs[0]
        return [gouts[0] * (s.i1(x) * s.exp(-s.abs_(x)) - s.sgn(x) * outputs[0])]


class Hypot(s.BinaryScalarOp):
    def impl(self, x, y):
        return (x * x + y * y) ** 0.5

    def L_op(self, inputs, outputs, gouts):
        (x, y), (r,), (g,) = inputs, outputs, gouts
        return g * x / r, g * y / r


cube = Cube(s.upgrade_to_float, name="cube")
CASES = {
    "cube": (cube, [np.array([[1.0, -2.0], [0.5, 3.0]])], lambda x: x**3),
    "nfunc": (ScaledBessel(s.upgrade_to_float_no_complex), [np.array([0.5, 2.0])], scipy.special.i0e),
    "binary": (Hypot(s.upgrade_to_float), [np.array([3.0, 1.0]), np.array([4.0, 1.0])], np.hypot),
    "empty": (cube, [np.zeros((0, 3))], np.copy),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_value_and_gradient(case, mode):
    op, arrays, expect = CASES[case]
    function = T.Elemwise(op)
    inputs = [T.TensorType("float64", [False] * a.ndim)() for a in arrays]
    got = theano.function(inputs, function(*inputs) * 2.0, mode=mode)(*arrays)
    np.testing.assert_allclose(got, 2 * expect(*arrays))
    if arrays[0].size:
        T.verify_grad(function, arrays, rng=np.random.RandomState(0), mode=mode)


def test_dtypes_and_names():
    apply = T.Elemwise(cube)
    assert apply(T.bvector()).dtype == "float32" and apply(T.lvector()).dtype == "float64"
    assert apply(T.ivector()).owner.op.scalar_op is cube and "cube" in str(apply(T.dvector()))
    assert theano.function([x := T.bvector()], apply(x))(np.int8([2])).dtype == "float32"
    with pytest.raises(TypeError):
        T.Elemwise(Cube(s.upgrade_to_float_no_complex))(T.zvector())
    with pytest.raises(NotImplementedError):
        T.Elemwise(Cube())(T.dvector())
    assert Cube(s.same_out, name="exp").name == "Cube{exp}", "rewrites know operations of the table by their names"
    assert s.lookup("exp") is s.exp


def test_types_of_numbers():
    assert s.float32.dtype == "float32" and s.Scalar("float32") is s.float32 and str(s.float32) == "float32"
    assert pickle.loads(pickle.dumps(s.float64)) is s.float64 is copy.deepcopy(s.float64)
    assert s.upgrade_to_float(s.int8, s.float32) == (s.float32,)
    assert s.upgrade_to_float64(s.int8) == (s.float64,) and s.same_out(s.int8) == (s.int8,)
    assert set(s.float_types + s.complex_types + s.discrete_types) == {s.Scalar(d) for d in s.all_dtypes}
    with pytest.raises(TypeError, match="There is no dtype"):
        s.Scalar("float12")


def test_without_gradient_and_pickling():
    class NoGradient(s.UnaryScalarOp):
        def impl(self, x):
            return x

    x = T.dvector("x")
    with pytest.raises(theano.gradient.NullTypeGradError):
        T.grad(T.Elemwise(NoGradient(s.same_out))(x).sum(), x)
    f = pickle.loads(pickle.dumps(theano.function([x], T.Elemwise(cube)(x))))
    np.testing.assert_allclose(f([2.0]), [8.0])
    again = pickle.loads(pickle.dumps(cube))
    assert again == cube and hash(again) == hash(cube) and T.Elemwise(again) == T.Elemwise(cube)


@pytest.mark.parametrize("dtype", s.all_dtypes)
def test_types_make_variables(dtype):
    """Of every dtype a variable, on which the operations of the table and of Python build expressions."""
    x = getattr(s, dtype)("x")
    assert x.type == T.TensorType(dtype, ()) and x.name == "x" and s.Scalar(dtype)().name is None
    assert x.origin[-1][0] == __file__
    y = s.add(x, x) * 2
    assert y.eval({x: 1}) == 2 * np.add(*np.ones(2, dtype))


class Clipped(s.BinaryScalarOp):
    """The larger of two numbers, never below -1; with a native form."""

    def impl(self, x, y):
        return max(x, y, -1)

    def expand(self, x, y):
        return ex.maximum(ex.maximum(x, y), ex.const(-1, x.type))


class Above(s.BinaryScalarOp):
    def impl(self, x, y):
        return x > 2 * y

    def expand(self, x, y):
        return ex.gt(x, y + y)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize(
    "dtypes", [("int8", "float32"), ("float64", "float64"), ("int16", "int8"), ("float16", "int8")]
)
def test_native_forms_of_users(mode, dtypes):
    clipped, above = Clipped(s.upcast_out), Above(s.specific_out(s.bool))
    v, w = (T.TensorType(d, (False,))() for d in dtypes)
    a, b = np.array([3, -5, 7, 0], dtypes[0]), np.array([1, -3, 2, 0], dtypes[1])
    f = theano.function([v, w], [T.Elemwise(clipped)(v, w), T.Elemwise(above)(v, w)], mode=mode)
    largest, over = f(a, b)
    np.testing.assert_array_equal(largest, [3, -1, 7, 0])
    np.testing.assert_array_equal(over, [True, True, True, False])
    assert (largest.dtype, over.dtype) == (s.upcast(*dtypes), "bool")
    if mode == "FAST_RUN":
        assert is_native(f)
