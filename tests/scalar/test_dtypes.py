"""Promotion and the dtypes of literals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from theano import scalar
from theano.configparser import change_flags
from theano.scalar.dtypes import COMPLEX, all_dtypes, autocast, upcast
from theano.scalar.rules import ComplexError


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
    with pytest.raises(KeyError):
        scalar.convert_to("int7")
