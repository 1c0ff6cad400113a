"""Rules for the dtypes of results, and the other small names of `theano.scalar`."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import theano
import theano.scalar as s
import theano.tensor as T

GOOD = [
    (s.real_out, ("complex64",), "float32"), (s.real_out, ("int8",), "int8"),
    (s.same_out_float_only, ("float16",), "float16"), (s.same_out_min8, ("bool",), "int8"),
    (s.same_out_nobool, ("uint8",), "uint8"), (s.upcast_out_min8, ("bool", "bool"), "int8"),
    (s.upcast_out_nobool, ("int8", "int16"), "int16"), (s.upcast_out_no_complex, ("int8", "float32"), "float32"),
    (s.float_out, ("int8", "complex64"), "float64"), (s.float_out_nocomplex, ("int8",), "float64"),
    (s.int_out, ("float32",), "int64"), (s.int_out_nocomplex, ("float32",), "int64"),
]  # fmt: skip
BAD = [
    (s.same_out_float_only, "int8"), (s.same_out_nobool, "bool"), (s.upcast_out_nobool, "bool"),
    (s.upcast_out_no_complex, "complex64"), (s.float_out_nocomplex, "complex64"), (s.int_out_nocomplex, "complex128"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "given", "wanted"), GOOD, ids=lambda v: getattr(v, "__name__", str(v)))
def test_rules(rule, given, wanted):
    assert rule(*map(s.Scalar, given)) == (s.Scalar(wanted),)
    assert pickle.loads(pickle.dumps(rule)) is rule


@pytest.mark.parametrize(("rule", "given"), BAD, ids=lambda v: getattr(v, "__name__", str(v)))
def test_what_they_refuse(rule, given):
    with pytest.raises(TypeError):
        rule(s.Scalar(given))


def test_rules_with_parameters():
    assert s.specific_out(s.int8)(s.float64) == (s.int8,) and s.specific_out(s.int8) == s.specific_out(s.int8)
    assert s.transfer_type(1)(s.int8, s.float32) == (s.float32,) and s.transfer_type(1) != s.transfer_type(0)
    table = s.unary_out_lookup({s.int8: s.float32})
    assert table(s.int8) == (s.float32,) and hash(table) == hash(s.unary_out_lookup({s.int8: s.float32}))
    assert str(s.transfer_type(0, None)) == "transfer_type{0, None}"
    for wrong in (lambda: table(s.int16), lambda: s.transfer_type("0")):
        with pytest.raises(TypeError):
            wrong()

    class Same(s.UnaryScalarOp):
        def impl(self, x):
            return x

    v = T.dvector("v")
    made = T.Elemwise(Same(s.specific_out(s.int16)))(v)
    assert made.dtype == "int16"
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        assert theano.function([v], made, mode=mode)([1.5, 3.0]).tolist() == [1, 3]


def test_dtypes_of_python_numbers():
    v = T.fvector("v")
    with s.autocast_float_as("float32"):
        assert (v + 1.1).dtype == "float32"
        with s.autocast_float_as("float64"):
            assert (v + 1.1).dtype == "float64"
    with s.autocast_float_as("float32", "float64"):
        assert (v + 1.1).dtype == "float64" and (v + 1.5).dtype == "float32"
    with pytest.raises(ValueError, match="give the names"):
        s.autocast_float_as()
    with pytest.raises(TypeError, match="is none of"):
        s.autocast_float_as("int8")
    cast = s.NumpyAutocaster(("float16", "float32"))
    assert cast(1.1).dtype == "float32" and cast(0.5).dtype == "float16" and cast([np.nan]).dtype == "float16"


def test_variables_and_constants():
    assert isinstance(s.float64("x"), s.ScalarVariable) and isinstance(s.constant(2), s.ScalarConstant)
    assert not isinstance(T.dvector(), s.ScalarVariable)
    a, b = s.floats("ab")
    assert (a.name, b.name, a.dtype) == ("a", "b", "float64")
    assert (s.ints("i").dtype, s.complexs64("z").dtype) == ("int64", "complex64")
    assert len(s.floats(3)) == 3
    assert s.as_scalar(a) is a and s.as_scalar((a + b).owner).owner.op == (a + b).owner.op
    assert s.as_scalar(2.5).dtype == "float32"
    assert [v.dtype for v in s.as_common_dtype(s.int8(), s.float32())] == ["float32", "float32"]
    for wrong in (lambda: s.as_scalar(T.dvector()), lambda: s.constant("text"), lambda: s.convert([1, 2])):
        with pytest.raises(TypeError):
            wrong()
    assert s.mod_check(s.int64("i"), 3).dtype == "int64"
    with pytest.raises(s.ComplexError):
        s.mod_check(s.complex128("z"), 3)
    with theano.change_flags(int_division="raise"), pytest.raises(s.IntegerDivisionError):
        s.div_proxy(s.int64("i"), 3)
    with theano.change_flags(int_division="int"):
        assert s.div_proxy(s.int64("i"), 3).dtype == "int64"


@pytest.mark.parametrize("low", [True, False])
@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_ranges(low, high, mode):
    op = s.InRange(low, high)
    assert (op.openlow, op.openhi) == (low, high)
    assert isinstance(op, s.InRange) and isinstance(op, s.LogicalComparison)
    values = np.array([-np.inf, 0.9, 1.0, 1.5, 2.0, 2.1, np.nan])
    v = T.dvector("v")
    got = theano.function([v], T.Elemwise(op)(v, 1.0, 2.0), mode=mode)(values)
    over, under = (np.greater if low else np.greater_equal), (np.less if high else np.less_equal)
    np.testing.assert_array_equal(got, over(values, 1) & under(values, 2))
    assert got.dtype == "bool"


def test_types_of_numbers_have_theanos_methods():
    assert s.float32.upcast(s.int32) == "float64" and s.int8.make_variable("n").name == "n"
    assert s.float32.dtype_specs() == (np.float32, "npy_float32", "Float32") and s.int16.get_size(None) == 2
    assert s.float64.values_eq_approx(1.0, 1.00001) and not s.float64.values_eq_approx(1.0, 1.1)
    assert s.float64.values_eq_approx(np.nan, np.nan)
