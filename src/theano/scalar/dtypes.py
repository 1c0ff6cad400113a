"""The fourteen dtypes, how they combine, and the dtypes of Python literals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano.base.flag_table import config

int_dtypes = ("int8", "int16", "int32", "int64")
uint_dtypes = ("uint8", "uint16", "uint32", "uint64")
integer_dtypes = int_dtypes + uint_dtypes
float_dtypes = ("float16", "float32", "float64")
complex_dtypes = ("complex64", "complex128")
discrete_dtypes = ("bool", *integer_dtypes)
continuous_dtypes = float_dtypes + complex_dtypes
all_dtypes = discrete_dtypes + continuous_dtypes

DISCRETE = frozenset(discrete_dtypes)
INTEGER = frozenset(integer_dtypes)
FLOAT = frozenset(float_dtypes)
COMPLEX = frozenset(complex_dtypes)
ALL = frozenset(all_dtypes)

NUMPY = {name: np.dtype(name) for name in all_dtypes}
NAMES = {dtype: name for name, dtype in NUMPY.items()}

_promoted: dict[tuple[str, ...], str] = {(name,): name for name in all_dtypes}


def promote(*dtypes: str) -> str:
    """NumPy's `promote_types` of any number of dtype names.

    >>> promote("int32", "float32")
    'float64'
    """
    result = _promoted.get(dtypes)
    if result is None:
        names = tuple([as_dtype(d) for d in dtypes])
        dtype = NUMPY[names[0]]
        for other in names[1:]:
            dtype = np.promote_types(dtype, NUMPY[other])
        result = _promoted[names] = NAMES[dtype]
    return result


def upcast(dtype: Any, *dtypes: Any) -> str:
    """The dtype that holds values of all of the dtypes (`promote`, and the rule of `cast_policy=numpy+floatX`).

    >>> upcast("int8", "uint8")
    'int16'
    """
    result = promote(dtype, *dtypes)
    if (
        result == "float64"
        and config.cast_policy == "numpy+floatX"
        and config.floatX == "float32"
        and "float64" not in map(as_dtype, (dtype, *dtypes))
    ):
        return "float32"
    return result


class UnknownDtype(TypeError, KeyError):
    """What is given as a dtype is none; Theano's conversions raised KeyError, its types TypeError."""

    __str__ = Exception.__str__  # KeyError shows its text in quotes


def as_dtype(dtype: Any) -> str:
    """The name of a dtype that a user wrote: by its name, ``'floatX'``, or as NumPy writes dtypes.

    Raises
    ------
    UnknownDtype
        It is none of the fourteen: a TypeError, and a KeyError, too.

    Examples
    --------
    >>> as_dtype("int8"), as_dtype(np.float32), as_dtype(np.dtype(">f8")), as_dtype("f4")
    ('int8', 'float32', 'float64', 'float32')
    """
    if isinstance(dtype, str):
        if dtype in ALL:
            return str(dtype)
        if dtype == "floatX":
            return str(config.floatX)
    found = None
    if dtype is not None:  # NumPy would take float64
        try:
            found = NAMES.get(np.dtype(dtype).newbyteorder("="))
        except TypeError:
            pass
    if found is None:
        number = isinstance(dtype, int) or hasattr(dtype, "owner")
        hint = " Is it a length? Lengths are one tuple: T.zeros((n, m))." if number else ""
        if "bfloat16" in str(dtype):
            hint = " bfloat16 is not supported: float16 takes as little memory, float32 has its range."
        raise UnknownDtype(
            f"There is no dtype {dtype!r}: it is one of {', '.join(all_dtypes)}, or 'floatX'.{hint}"
        )
    return found


def foreign_numbers(value: Any) -> str:
    """Part of an error: what is wrong with numbers of a dtype that tensors don't have; '' if that is not what they are.

    Such are those wider than float64, and what other packages have registered with NumPy.

    Examples
    --------
    >>> foreign_numbers(np.float32(1)), foreign_numbers("a")
    ('', '')
    >>> foreign_numbers(np.longdouble(1))  # doctest: +SKIP
    'numbers of dtype float128, which is not a dtype of tensors: convert them first, e.g. value.astype("float32")'
    """
    dtype = getattr(value, "dtype", None)
    if not isinstance(dtype, np.dtype) or dtype.name in ALL or not (dtype.kind in "fc" or dtype.isbuiltin == 2):
        return ""
    return (
        f"numbers of dtype {dtype}, which is not a dtype of tensors: convert them first, e.g. "
        'value.astype("float32")'
    )


def real_of(dtype: str) -> str:
    """The dtype of the parts of a complex dtype; other dtypes are their own."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def complex_of(dtype: str) -> str:
    """The complex dtype that holds numbers of `dtype`."""
    return dtype if dtype in COMPLEX else "complex64" if dtype in ("float16", "float32") else "complex128"


_INT_LIMITS = (("int8", 7), ("int16", 15), ("int32", 31), ("int64", 63))


def autocast_int(value: int) -> str:
    """The dtype of the Python integer `value` in an expression.

    >>> autocast_int(300)
    'int16'
    """
    if config.cast_policy == "numpy+floatX" and -(1 << 63) <= value < 1 << 63:
        return "int64"
    for dtype, bits in _INT_LIMITS:
        if -(1 << bits) <= value < 1 << bits:
            return dtype
    if 0 <= value < 1 << 64:
        return "uint64"
    raise OverflowError(f"the integer {value} fits no dtype")


def autocast_float(value: float) -> str:
    """The dtype of the Python float `value` in an expression: float32 only where that loses nothing.

    >>> autocast_float(0.5)
    'float32'
    """
    wanted: tuple[str, ...] = autocast_float.dtypes  # type: ignore[attr-defined]
    if wanted is not _ANY_FLOAT:
        return _first_that_holds(value, wanted)
    float_x = str(config.floatX)
    if float_x != "float64" or config.cast_policy == "numpy+floatX":
        return float_x
    if math.isinf(value):
        return "float32"
    if abs(value) > 3.4028234663852886e38 or math.isnan(value):
        return "float64"
    return "float32" if float(np.float32(value)) == value else "float64"


#: Among which `autocast_float` chooses. `autocast_float_as` sets others.
autocast_float.dtypes = _ANY_FLOAT = ("float32", "float64")  # type: ignore[attr-defined]


def autocast(value: bool | int | float | complex) -> str:
    """The dtype of a Python number in an expression (`True` counts as 1)."""
    if isinstance(value, int):
        return autocast_int(value)
    if isinstance(value, float):
        return autocast_float(value)
    return "complex128"


def _first_that_holds(value: Any, dtypes: tuple[str, ...]) -> str:
    """The first of the dtypes in which `value` is exactly itself; the last if there is none."""
    with np.errstate(all="ignore"):
        for dtype in dtypes:
            made = NUMPY[dtype].type(value)
            # As Python numbers: NumPy would compare them in the narrower dtype.
            if made.item() == value or (made != made and value != value):
                return dtype
    return dtypes[-1]


class autocast_float_as:
    """A context in which Python floats in expressions have the first of these dtypes that holds them.

    Where none does it exactly, the last is taken. The context is the process's, not a thread's.

    Parameters
    ----------
    *dtypes
        Names of float dtypes, the narrowest first.

    Raises
    ------
    ValueError
        There are none.
    TypeError
        One is no float dtype.

    Examples
    --------
    >>> import theano.tensor as T
    >>> with autocast_float_as("float32"):
    ...     (T.fvector() + 1.1).dtype
    'float32'
    """

    def __init__(self, *dtypes: str) -> None:
        if not dtypes:
            raise ValueError("autocast_float_as: give the names of float dtypes")
        for dtype in dtypes:
            if dtype not in FLOAT:
                raise TypeError(f"autocast_float_as: {dtype!r} is none of {', '.join(float_dtypes)}")
        self.dtypes = dtypes
        self._before: list[tuple[str, ...]] = []

    def __enter__(self) -> None:
        self._before.append(autocast_float.dtypes)  # type: ignore[attr-defined]
        autocast_float.dtypes = self.dtypes  # type: ignore[attr-defined]

    def __exit__(self, *args: object) -> None:
        autocast_float.dtypes = self._before.pop()  # type: ignore[attr-defined]


class NumpyAutocaster:
    """A function that gives a number the first of some dtypes that holds it; the last if there is none.

    Parameters
    ----------
    dtypes
        Names of dtypes, the narrowest first.

    Examples
    --------
    >>> NumpyAutocaster(("int8", "int16"))(300)
    array(300, dtype=int16)
    """

    def __init__(self, dtypes: tuple[str, ...]) -> None:
        self.dtypes = tuple(dtypes)

    def __call__(self, x: Any) -> np.ndarray:
        for dtype in self.dtypes:
            with np.errstate(all="ignore"):
                made = np.asarray(x).astype(dtype)
            if np.array_equal(made, x, equal_nan=made.dtype.kind in "fc"):
                break
        return made
