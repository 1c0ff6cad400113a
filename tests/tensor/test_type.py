"""TensorType: equality, text, filter, conversion; constructors."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from theano.configparser import change_flags

import theano
import theano.tensor as T
from theano.tensor.type import TensorType


def test_equality_goes_by_dtype_and_pattern() -> None:
    assert TensorType("float64", (False,)) == TensorType("float64", shape=(3,))
    assert hash(TensorType("float64", (False,))) == hash(TensorType("float64", shape=(3,)))
    assert TensorType("float64", (True,)) == TensorType("float64", shape=(1,))
    assert TensorType("float64", (True,)) != TensorType("float64", (False,))
    assert TensorType("float64", (False,)) != TensorType("float32", (False,))
    kind = TensorType("float32", shape=(None, 4), name="mine")
    again = pickle.loads(pickle.dumps(kind))
    assert (again, again.shape, again.name) == (kind, (None, 4), "mine")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ((), "scalar"), ((False,), "vector"), ((True, False), "row"), ((False, True), "col"),
        ((False, False), "matrix"), ((False,) * 3, "3D"), ((False,) * 4, "4D"), ((True,), "(True,)"),
        ((True, False, False), "(True, False, False)"),
    ],
)  # fmt: skip
def test_text(pattern: tuple[bool, ...], text: str) -> None:
    assert repr(TensorType("float32", pattern)) == f"TensorType(float32, {text})"


def test_bad_arguments() -> None:
    longer = [] if np.dtype(np.longdouble) == np.float64 else [np.longdouble]  # it is float64 on Windows
    for dtype in ("float13", *longer, "U3", None):
        with pytest.raises(TypeError, match="Unsupported dtype"):
            TensorType(dtype, ())
    with pytest.raises(ValueError, match="contradicts"):
        TensorType("float32", (True,), shape=(3,))
    with change_flags(floatX="float32"):
        assert TensorType("floatX", ()).dtype == "float32"


ACCEPTED: list[tuple[str, int, Any]] = [
    ("float32", 0, 3), ("float32", 0, 0.5), ("float32", 1, [1.0]), ("float32", 0, np.int64(3)),
    ("float32", 0, float("nan")), ("int8", 0, 1.0), ("bool", 0, True), ("bool", 0, 1.0), ("float64", 0, 0.1),
    ("float64", 1, (1, 2)), ("int64", 1, range(3)), ("float64", 1, np.zeros(2, "float32")),
    ("float64", 1, np.zeros(2, ">f8")), ("int16", 0, np.asarray(3, "int8")), ("float64", 2, [[1, 2], [3, 4]]),
    ("float64", 0, 10**20), ("float64", 1, [2**64, 1]), ("float32", 0, 2**70),
]  # fmt: skip
REFUSED: list[tuple[str, int, Any, type]] = [
    ("float32", 0, 0.1, TypeError), ("float32", 1, [0.1], TypeError), ("int8", 0, 300, TypeError),
    ("bool", 0, 3, TypeError), ("int8", 0, float("nan"), (ValueError)), ("float64", 0, None, TypeError),
    ("float32", 1, np.zeros(2), TypeError), ("int8", 1, np.zeros(2, "int16"), TypeError),
    ("float64", 0, "1", TypeError), ("float64", 0, 1j, TypeError), ("float64", 1, 1.0, TypeError),
    ("float64", 1, [[1.0]], TypeError), ("float64", 0, 10**400, TypeError), ("float32", 0, 10**20, TypeError),
    ("float64", 0, 10**20 + 1, TypeError), ("int64", 0, 2**70, TypeError),
]  # fmt: skip


@pytest.mark.parametrize(("dtype", "ndim", "value"), ACCEPTED)
def test_filter_accepts(dtype: str, ndim: int, value: Any) -> None:
    result = TensorType(dtype, (False,) * ndim).filter(value)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, np.asarray(value).astype(dtype))


@pytest.mark.parametrize(("dtype", "ndim", "value", "error"), REFUSED)
def test_filter_refuses(dtype: str, ndim: int, value: Any, error: type) -> None:
    with pytest.raises(error):
        TensorType(dtype, (False,) * ndim).filter(value)


def test_filter_with_downcast() -> None:
    def down(dtype: str, value: Any) -> Any:
        return TensorType(dtype, ()).filter(value, allow_downcast=True)

    assert down("float32", 0.1) == np.float32(0.1)
    assert down("int8", 300) == 44
    assert np.isnan(down("float64", None))
    assert down("float64", "1") == 1.0
    with pytest.raises(ValueError, match="NaN"):
        down("int8", float("nan"))
    assert TensorType("float64", ()).filter(0.1, allow_downcast=False) == 0.1
    # `None` lets a Python float into floatX only
    with change_flags(floatX="float32"):
        assert TensorType("float32", ()).filter(0.1) == np.float32(0.1)
        with pytest.raises(TypeError):
            TensorType("float32", ()).filter(0.1, allow_downcast=False)


def test_filter_keeps_arrays_and_checks_them() -> None:
    array = np.zeros((2, 3))
    assert T.dmatrix.filter(array) is array
    assert T.dmatrix.filter(array.T[::-1]).base is array
    for value, message in [
        (np.zeros(3), "Wrong number of dimensions: expected 2"),
        (np.zeros((2, 3), "float32"), "dtype"),
        ([[1.0]], "expected an ndarray"),
        (T.dmatrix(), "found a Variable"),
    ]:
        with pytest.raises(TypeError, match=message):
            T.dmatrix.filter(value, strict=True)
    with pytest.raises(TypeError, match="Non-unit value on shape on a broadcastable dimension."):
        T.drow.filter(array)
    with pytest.raises(TypeError, match="length 4"):
        TensorType("float64", shape=(None, 4)).filter(array)
    unaligned = np.frombuffer(bytearray(17), dtype="uint8")[1:].view("float64")
    with pytest.raises(TypeError, match="aligned"):
        T.dvector.filter(unaligned)


def test_conversion_of_variables() -> None:
    row = T.drow()
    assert T.dmatrix.filter_variable(row).type == T.dmatrix
    assert T.drow.filter_variable(row) is row
    for kind, variable in [(T.drow, T.dmatrix()), (T.dmatrix, T.fmatrix()), (T.dmatrix, T.dvector())]:
        with pytest.raises(TypeError, match="Cannot convert Type"):
            kind.filter_variable(variable)


def test_values_eq() -> None:
    kind = TensorType("float64", (False,))
    nan, inf = float("nan"), float("inf")
    assert kind.values_eq_approx(np.array([1.0, nan, inf]), np.array([1.0 + 1e-9, nan, inf]))
    assert not kind.values_eq_approx(np.array([1.0]), np.array([1.1]))
    assert not kind.values_eq_approx(np.array([inf]), np.array([-inf]))
    assert not kind.values_eq_approx(np.array([1.0]), np.array([1.0], "float32"))
    assert not kind.values_eq(np.array([1.0, nan]), np.array([2.0, nan]))


def test_constructors() -> None:
    dtypes = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64",
              "c": "complex64", "z": "complex128"}  # fmt: skip
    patterns = {
        "scalar": (),
        "vector": (False,),
        "row": (True, False),
        "col": (False, True),
        "matrix": (False,) * 2,
    }
    patterns |= {f"tensor{n}": (False,) * n for n in range(3, 8)}
    for name, pattern in patterns.items():
        for prefix, dtype in dtypes.items():
            x = getattr(T, prefix + name)("x")
            assert (x.name, x.dtype, x.broadcastable) == ("x", dtype, pattern)
        with change_flags(floatX="float32"):
            assert getattr(T, name)().dtype == "float32"
        assert getattr(T, name)(dtype="int8").dtype == "int8"
    assert [v.name for v in T.matrices("a", "b")] == ["a", "b"]
    assert [v.name for v in T.dvectors(2)] == [None, None]
    assert T.fscalars("a").name == "a"


def test_plural_constructors_take_one_string_or_list_of_names() -> None:
    for make in (T.scalars, T.dvectors, T.matrices, T.icols, T.tensor5s):
        assert [v.name for v in make("xyz")] == ["x", "y", "z"]
        assert [v.name for v in make(["ab", "c"])] == ["ab", "c"]
        assert [v.name for v in make(("ab", "c"))] == ["ab", "c"]
        assert make("x").name == make(["x"]).name == "x"
    assert [v.dtype for v in T.scalars("ab", dtype="int8")] == ["int8", "int8"]


def test_dtype_specs() -> None:
    assert TensorType("bool", ()).dtype_specs() == (bool, "npy_bool", "NPY_BOOL")
    assert TensorType("uint8", ()).dtype_specs() == (int, "npy_uint8", "NPY_UINT8")
    assert TensorType("complex64", ()).dtype_specs() == (complex, "theano_complex64", "NPY_COMPLEX64")


def test_tensor_makes_a_variable() -> None:
    assert T.tensor("int8", (True,), name="t").type == TensorType("int8", (True,))


@pytest.mark.parametrize(
    "use",
    [
        lambda masked: theano.function([T.dvector()], [], on_unused_input="ignore")(masked),
        lambda masked: theano.function([T.dvector()], [], on_unused_input="ignore", mode="FAST_COMPILE")(masked),
        lambda masked: theano.function([T.dmatrix()], [], on_unused_input="ignore")([masked, masked]),
        lambda masked: theano.function([T.fvector()], [], on_unused_input="ignore", allow_input_downcast=True)(masked),
        lambda masked: theano.shared(masked),
        lambda masked: theano.shared(np.zeros(3)).set_value(masked),
        T.constant,
        T.as_tensor_variable,
        lambda masked: T.dvector() + masked,
        lambda masked: T.dvector()[masked.astype(int)],
        lambda masked: T.set_subtensor(T.dvector()[:3], masked),
        T.exp,
    ],
)
def test_masked_elements_are_not_taken_for_numbers(use: Any) -> None:
    with pytest.raises(ValueError, match="1 of the 3 elements of the array are masked"):
        use(np.ma.masked_array([0.0, 1.0, 2.0], [False, True, False]))
    whole = np.ma.masked_array([0.0, 1.0, 2.0])
    assert T.constant(whole).data.tolist() == theano.shared(whole).get_value().tolist() == [0, 1, 2]
    x = T.dvector()
    assert theano.function([x], x * 2)(whole).tolist() == [0, 2, 4]
