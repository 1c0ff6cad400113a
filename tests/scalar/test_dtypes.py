"""Promotion and the dtypes of literals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from theano.configparser import change_flags
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

import theano.tensor as T
from theano import scalar
from theano.scalar.dtypes import COMPLEX, all_dtypes, autocast, upcast
from theano.scalar.rules import ComplexError
from theano.tensor import io as tensor_io
from theano.tensor.shaping.shape import MakeVector


def test_upcast_is_numpys() -> None:
    for a, b in itertools.product(all_dtypes, repeat=2):
        assert upcast(a, b) == np.promote_types(a, b).name


@pytest.mark.parametrize(
    ("value", "float64", "float32"),
    [
        (1, "int8", "int8"), (300, "int16", "int16"), (2**40, "int64", "int64"), (2**63, "uint64", "uint64"),
        (-129, "int16", "int16"), (0.5, "float32", "float32"), (0.1, "float64", "float32"),
        (math.inf, "float32", "float32"), (math.nan, "float64", "float32"), (1e300, "float64", "float32"),
        (1j, "complex128", "complex128"), (True, "int8", "int8"),
    ],
)  # fmt: skip
def test_literals(value: complex, float64: str, float32: str) -> None:
    assert autocast(value) == float64
    with change_flags(floatX="float32"):
        assert autocast(value) == float32


def test_numpy_policy() -> None:
    with change_flags(cast_policy="numpy+floatX", floatX="float32"):
        assert autocast(1) == "int64"
        assert autocast(0.1) == "float32"
        assert upcast("int64", "float32") == "float32"
        assert upcast("int64", "float64") == "float64"


def test_rules_of_exception() -> None:
    assert scalar.true_div.dtype("int8", "int64") == "float64"
    assert scalar.exp.dtype("int16") == "float32"
    assert scalar.exp.dtype("int32") == "float64"
    assert scalar.arctan2.dtype("float16", "int8") == "float32"
    assert scalar.pow.dtype("bool", "bool") == "int8"
    assert scalar.conj.dtype("bool") == "int8"
    assert scalar.abs_.dtype("complex64") == "float32"
    assert scalar.angle.dtype("float32") == "float64"
    assert scalar.sub.dtype("int8", "bool") == "int8"
    assert scalar.and_.dtype("int8", "uint8") == "int16"
    for op, dtypes, error in [
        (scalar.sub, ("bool", "bool"), "bool output not supported"),
        (scalar.neg, ("bool",), "bool input not supported"),
        (scalar.sgn, ("bool",), "bool input"),
        (scalar.sgn, ("complex64",), "complex"),
        (scalar.ceil, ("complex64",), "complex"),
        (scalar.round_half_to_even, ("int32",), "float"),
        (scalar.and_, ("bool", "int8"), "all bool or all integer"),
        (scalar.convert_to("float32"), ("complex64",), "complex to real"),
    ]:
        with pytest.raises(TypeError, match=error):
            op.dtype(*dtypes)
    for dtype in COMPLEX:
        with pytest.raises(ComplexError):
            scalar.mod.dtype(dtype, "int8")
    for error in (TypeError, KeyError):  # programs for Theano catch either
        with pytest.raises(error, match="^There is no dtype 'int7'"):
            scalar.convert_to("int7")


# Every function of users that takes a dtype -> the dtype that comes of it.
TAKE_A_DTYPE = {
    "T.TensorType": lambda d: T.TensorType(d, ()).dtype,
    "T.TensorType.clone": lambda d: T.bmatrix.clone(dtype=d).dtype,
    "T.tensor": lambda d: T.tensor(d, (False,)).dtype,
    **{f"T.{n}": lambda d, n=n: getattr(T, n)("x", dtype=d).dtype for n in ("scalar", "vector", "row", "tensor7")},
    "T.zeros": lambda d: T.zeros((2,), d).dtype,
    "T.ones": lambda d: T.ones(2, dtype=d).dtype,
    "T.zeros_like": lambda d: T.zeros_like(T.bvector(), dtype=d).dtype,
    "T.ones_like": lambda d: T.bvector().ones_like(d).dtype,
    "T.arange": lambda d: T.arange(3, dtype=d).dtype,
    "T.ARange": lambda d: T.ARange(d)(0, 3, 1).dtype,
    "T.eye": lambda d: T.eye(2, dtype=d).dtype,
    "T.tri": lambda d: T.tri(2, dtype=d).dtype,
    "T.AllocEmpty": lambda d: T.AllocEmpty(d)(2).dtype,
    "T.constant": lambda d: T.constant(1, dtype=d).dtype,
    "T.cast": lambda d: T.cast(T.bvector(), d).dtype,
    "x.astype": lambda d: T.bvector().astype(d).dtype,
    "T.sum": lambda d: T.sum(T.bvector(), dtype=d, acc_dtype=d).dtype,
    "T.prod": lambda d: T.bvector().prod(dtype=d, acc_dtype=d).dtype,
    "T.to_one_hot": lambda d: T.to_one_hot(T.bvector(), 3, d).dtype,
    "MakeVector": lambda d: MakeVector(d)(T.bscalar()).dtype,
    "RandomStreams": lambda d: RandomStreams(1).random_integers((2,), dtype=d).dtype,
    "MRG_RandomStreams": lambda d: MRG_RandomStreams(1).binomial((2,), dtype=d).dtype,
    "MRG multinomial": lambda d: MRG_RandomStreams(1).multinomial(pvals=T.dmatrix(), dtype=d).dtype,
    "Scalar": lambda d: scalar.Scalar(d).dtype,
    "scalar.cast": lambda d: scalar.cast(1, d).dtype.name,
    "scalar.upcast": lambda d: scalar.upcast(d, d),
    "load": lambda d: tensor_io.load("x.npy", d, (False,)).dtype,
}


@pytest.mark.parametrize("name", TAKE_A_DTYPE)
def test_dtypes_as_numpy_writes_them(name):
    make = TAKE_A_DTYPE[name]
    for dtype in scalar.all_dtypes:
        if name in ("T.sum", "T.prod") and np.promote_types("int8", dtype) != dtype:
            continue  # an accumulator that loses precision
        native = np.dtype(dtype)
        for spelling in (dtype, native, native.newbyteorder("S"), native.type, native.str):
            assert make(spelling) == dtype
    with change_flags(floatX="float32"):
        assert make("floatX") == "float32"
    longer = [] if np.dtype(np.longdouble) == np.float64 else [np.longdouble]  # it is float64 on Windows
    for wrong in (*longer, np.dtype("M8[s]"), object, str):
        with pytest.raises(TypeError):
            make(wrong)


def test_more_dtypes_as_numpy_writes_them():
    x = T.dvector()
    assert T.mean(x, dtype=np.float32).dtype == "float32" and T.mean(x, dtype=int).dtype == "float64"
    assert T.argtopk(x, 2, idx_dtype=np.int32).dtype == "int32"
    assert RandomStreams(1).uniform((2,), dtype=np.dtype("float32")).dtype == "float32"
    assert MRG_RandomStreams(1).normal((2,), dtype=np.float32).dtype == "float32"
    assert T.cast(x, float) is x and T.cast(x, bool).dtype == "bool" and T.zeros(2, dtype=int).dtype == "int64"
    with change_flags(floatX="float32", cast_policy="numpy+floatX"):
        assert scalar.upcast(np.int64, np.float32) == "float32"
        assert scalar.upcast(np.int64, np.float64) == scalar.upcast(np.dtype("f8"), "int8") == "float64"
