"""`TensorType`: dtype, which axes broadcast, and the static shape where it is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.base.user_warnings import warn_user
from theano.graph import Type, Variable
from theano.graph.own_text import OwnText
from theano.graph.shown import shown
from theano.scalar.conversion import converted
from theano.scalar.dtypes import ALL, COMPLEX, FLOAT, INTEGER, NUMPY, as_dtype, foreign_numbers, promote
from theano.scalar.user import get_scalar_type

StaticShape = tuple[int | None, ...]

_PATTERN_NAMES: dict[tuple[bool, ...], str] = {
    (): "scalar",
    (False,): "vector",
    (True, False): "row",
    (False, True): "col",
    (False, False): "matrix",
}

# What has that many axes, for people.
_SHAPES = {
    0: "a single number",
    1: "a list of numbers or an array of one axis",
    2: "a list of rows or an array of two axes",
}

# dtype -> (rtol, atol) of values_eq_approx, and the same with tensor.cmp_sloppy=1
TOLERANCES = {
    "float16": (1e-3, 1e-3), "float32": (1e-5, 1e-5), "complex64": (1e-5, 1e-5),
    "float64": (1e-5, 1e-8), "complex128": (1e-5, 1e-8),
}  # fmt: skip
_SLOPPY = {
    "float16": (5e-3, 5e-3), "float32": (1e-3, 1e-4), "complex64": (1e-3, 1e-4),
    "float64": (1e-4, 1e-3), "complex128": (1e-4, 1e-3),
}  # fmt: skip


def refuse_masked(data: Any) -> None:
    """ValueError if elements of an array, or of arrays in a list, are masked: what they are must be said.

    Examples
    --------
    >>> refuse_masked(np.ma.masked_array([1, 2], [False, True]))
    Traceback (most recent call last):
        ...
    ValueError: 1 of the 2 elements of the array are masked, and a tensor has no mask: ...
    """
    ma = sys.modules.get("numpy.ma")  # who has not loaded it has no such arrays
    if ma is None or type(data) is np.ndarray:
        return
    if isinstance(data, ma.MaskedArray):
        count = int(np.count_nonzero(ma.getmaskarray(data)))
        if count:
            raise ValueError(
                f"{count} of the {data.size} elements of the array are masked, and a tensor has no mask: "
                f"fill them in first (x.filled(0)), or pass the mask as an input of its own"
            )
    elif isinstance(data, list | tuple) and data and not isinstance(data[0], bool | int | float | complex):
        for item in data:
            refuse_masked(item)



class TensorType(Type):
    """The type of arrays of one dtype, number of axes and broadcast pattern.

    Parameters
    ----------
    dtype
        A dtype by its name, ``'floatX'``, or NumPy's dtype object or type of numbers.
    broadcastable
        For each axis, whether its length is 1 and it broadcasts against other lengths.
    name
        Printed in place of the description.
    shape
        Length of each axis where it is known, else `None`; may be given instead of `broadcastable`. An axis
        is broadcastable exactly when its static length is 1.

    Examples
    --------
    >>> TensorType("float64", (False, True))
    TensorType(float64, col)
    >>> TensorType("float64", shape=(None, 3)).broadcastable
    (False, False)
    """

    context_name = "cpu"
    filter_checks_isfinite = False

    # Set by `theano.tensor.methods`: makes axes broadcastable or not (`tensor.promises.patternbroadcast`).
    rebroadcast: Callable[[Any, Sequence[bool]], Any]

    def __init__(
        self,
        dtype: Any,
        broadcastable: Sequence[bool] | None = None,
        name: str | None = None,
        sparse_grad: bool = False,
        shape: Sequence[int | None] | None = None,
    ) -> None:
        try:
            dtype = as_dtype(dtype)
        except TypeError as error:
            raise TypeError(f"Unsupported dtype for TensorType: {shown(dtype)}. {error}") from None
        self.dtype: str = dtype
        self.shape: StaticShape = _static_shape(broadcastable, shape)
        self.broadcastable: tuple[bool, ...] = tuple([n == 1 for n in self.shape])
        self.ndim = len(self.shape)
        self.numpy_dtype = NUMPY[dtype]
        self.name = name
        self.sparse_grad = sparse_grad
        self._hash = hash((dtype, self.broadcastable))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, TensorType)
            and type(self) is type(other)
            and self.dtype == other.dtype
            and self.broadcastable == other.broadcastable
        )

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        # not the hash: those of strings differ from process to process
        return type(self), (self.dtype, None, self.name, self.sparse_grad, self.shape)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # of a pickle of Theano 1.0.5; ours call the class
        given = (state[name] for name in ("dtype", "broadcastable", "name", "sparse_grad"))
        TensorType.__init__(self, *given)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if self.name:
            return self.name
        pattern = _PATTERN_NAMES.get(self.broadcastable)
        if pattern is None:
            pattern = str(self.broadcastable) if any(self.broadcastable) else f"{self.ndim}D"
        return f"TensorType({self.dtype}, {pattern})"

    def clone(self, dtype: Any = None, broadcastable: Sequence[bool] | None = None) -> TensorType:
        """A type like this but for what is given."""
        dtype = self.dtype if dtype is None else dtype
        if broadcastable is None:
            return type(self)(dtype, None, self.name, self.sparse_grad, self.shape)
        return type(self)(dtype, broadcastable, self.name, self.sparse_grad)

    def dtype_specs(self) -> tuple[type, str, str]:
        """The dtype as a Python type, the name of its C type, and that of its number in NumPy's C interface.

        Examples
        --------
        >>> T.fvector.dtype_specs()
        (<class 'float'>, 'npy_float32', 'NPY_FLOAT32')
        """
        python: type = {"b": bool, "f": float, "c": complex}.get(self.numpy_dtype.kind, int)
        prefix = "theano" if python is complex else "npy"  # Theano's C code has complex types of its own
        return python, f"{prefix}_{self.dtype}", f"NPY_{self.dtype.upper()}"

    def make_variable(self, name: str | None = None) -> Any:
        """A new leaf of this type."""
        if self.dtype == "float64" and config.warn_float64 != "ignore":
            _float64_is_made()
        return super().make_variable(name)

    # -- values ------------------------------------------------------------------------------------------

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> np.ndarray:
        """`data` as an array of this type.

        An array of the right dtype is returned itself. Other arrays are converted if their dtype fits into
        this one; numbers and lists if their values survive; everything if `allow_downcast` is true.
        Python floats go into a `floatX` tensor unless `allow_downcast` is False.
        """
        if not (type(data) in (np.ndarray, np.memmap) and data.dtype == self.numpy_dtype):
            refuse_masked(data)
            data = self._convert(data, strict, allow_downcast)
        if data.ndim != self.ndim:
            raise TypeError(
                f"Wrong number of dimensions: expected {self.ndim}, got {data.ndim} with shape {data.shape}. "
                f"A value of {self} is {_SHAPES.get(self.ndim, f'an array of {self.ndim} axes')}."
            )
        if not data.flags.aligned:
            raise TypeError(
                f"The numpy.ndarray object is not aligned. Theano C code does not support that. "
                f"shape {data.shape}, strides {data.strides}"
            )
        if data.shape != self.shape:
            self._check_lengths(data)
        return data

    def _check_lengths(self, data: np.ndarray) -> None:
        for axis, (wanted, length) in enumerate(zip(self.shape, data.shape, strict=True)):
            if wanted is None or wanted == length:
                continue
            if wanted == 1:
                raise TypeError(
                    "Non-unit value on shape on a broadcastable dimension. "
                    f"The type {self} demands length 1 of axis {axis}, the shape is {data.shape}."
                )
            raise TypeError(f"axis {axis} must have length {wanted}, got shape {data.shape}")

    def _convert(self, data: Any, strict: bool, allow_downcast: bool | None) -> np.ndarray:
        if isinstance(data, Variable):
            raise TypeError(
                f"Expected an array-like object, but found a Variable: {data}. Maybe you are trying to call a "
                "function on a (possibly shared) variable instead of a numeric array? Pass a number or an array, of "
                "a shared variable its get_value()."
            )
        if strict:
            if not isinstance(data, np.ndarray):
                raise TypeError(f"{self} expected an ndarray object (strict=True), not {shown(data)} of {type(data)}.")
            if data.dtype != self.numpy_dtype:
                raise TypeError(
                    f"{self} expected an ndarray object with dtype = {self.dtype} (got {data.dtype})."
                )
            return data
        if allow_downcast:
            return self._cast(data)
        if isinstance(data, np.ndarray):
            return self._convert_array(data)
        if allow_downcast is None and type(data) is float and self.dtype == config.floatX:
            return np.asarray(data, dtype=self.numpy_dtype)
        return self._convert_values(data)

    def _cast(self, data: Any) -> np.ndarray:
        array = np.asarray(data)
        if self.dtype in INTEGER and array.dtype.kind in "fc" and np.isnan(array).any():
            raise ValueError("cannot convert float NaN to integer")
        with np.errstate(all="ignore"):
            return converted(array, self.dtype)

    def _convert_array(self, data: np.ndarray) -> np.ndarray:
        name = data.dtype.name
        if name in ALL and promote(self.dtype, name) == self.dtype:
            return np.asarray(data).astype(self.numpy_dtype, copy=False)
        self._refuse_kind(data, data)
        raise TypeError(
            f"{self} cannot store a value of dtype {data.dtype} without risking loss of precision. If you do "
            f"not mind this loss, you can: 1) explicitly cast your data to {self.dtype}, or 2) set "
            f'"allow_input_downcast=True" when calling "function". Value: "{shown(data, str)}"'
        )

    def _refuse_kind(self, data: Any, array: np.ndarray) -> None:
        """TypeError for what is no number, or a complex one for a real type: precision is not what is lost there."""
        kind = array.dtype.kind
        if kind == "c" and self.dtype not in COMPLEX:
            raise TypeError(
                f"{self} cannot store {shown(data)}: it is complex. Pass its .real, or declare a complex variable "
                "(T.zscalar, T.zvector, ...)."
            )
        if array.dtype.isbuiltin == 2:  # registered by another package, as bfloat16 is
            raise TypeError(f"{self} cannot store {foreign_numbers(array)}")
        odd = [x for x in array.flat if not isinstance(x, int | float | complex | np.number)] if kind == "O" else []
        if kind in "biufc" or (kind == "O" and not odd):
            return
        first = odd[0] if odd else array.flat[0] if array.size else array
        what = {"U": "a string", "S": "bytes"}.get(kind, f"of type {type(first).__name__}")
        raise TypeError(
            f"{self} cannot store {shown(data)}: {'it' if array.ndim == 0 else 'an element of it'} is {what}, not a "
            "number. Pass numbers, or arrays of numbers."
        )

    def _convert_values(self, data: Any) -> np.ndarray:
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise ValueError(f"{error} All rows must have one length: pad the shorter ones.") from None
        self._refuse_kind(data, array)
        if array.dtype.kind == "O" and self.dtype in FLOAT and all(type(x) is int for x in array.flat):
            try:  # integers of more than 64 bits
                result = array.astype(self.numpy_dtype)
            except OverflowError:
                result = np.full(array.shape, np.inf)
            if np.all(result == array):
                return result
        elif array.dtype.kind in "biufc":
            result = self._cast(array)
            same = result == array
            if np.all(same) or np.all(same | ((result != result) & (array != array))):
                return result
        raise TypeError(
            f"{self} cannot store accurately value {shown(data, str)}, it would be represented as something else. If "
            "you do not mind this precision loss, you can: 1) explicitly convert your data to a numpy "
            f'array of dtype {self.dtype}, or 2) set "allow_input_downcast=True" when calling "function".'
        )

    def convert_variable(self, var: Any) -> Any:
        """`var` as a variable of this type, if dtypes agree and it is broadcastable wherever this type is."""
        other = var.type
        if other == self:
            return var
        if not isinstance(other, TensorType) or other.dtype != self.dtype or other.ndim != self.ndim:
            return None
        if any(
            mine and not theirs for mine, theirs in zip(self.broadcastable, other.broadcastable, strict=True)
        ):
            return None
        return TensorType.rebroadcast(var, self.broadcastable)

    def how_to_convert(self, other: Any) -> str:
        """What makes the variable `other` one of this type, for an error: '' or ``: write ...``."""
        theirs = other.type
        if not isinstance(theirs, TensorType):
            return ""
        if theirs.ndim != self.ndim:
            return f": it has {theirs.ndim} axes, not {self.ndim}; write x.dimshuffle(...) or x.reshape(...)"
        if theirs.dtype != self.dtype:
            return f": write x.astype({self.dtype!r})"
        axes = ", ".join(str(k) for k in range(self.ndim) if self.broadcastable[k] and not theirs.broadcastable[k])
        return f": write theano.tensor.addbroadcast(x, {axes}), which promises that the length is 1"

    def value_zeros(self, shape: Sequence[int]) -> np.ndarray:
        """An array of zeros of this dtype."""
        return np.zeros(shape, dtype=self.numpy_dtype)

    def get_shape_info(self, obj: Any) -> tuple[int, ...]:
        """The shape of a value."""
        return tuple(np.shape(obj))

    def get_size(self, shape_info: Sequence[int]) -> int:
        """Bytes of a value of that shape."""
        return int(np.prod(shape_info, dtype=np.int64)) * self.numpy_dtype.itemsize

    @staticmethod
    def may_share_memory(a: Any, b: Any) -> bool:
        """Whether two values may overlap in memory."""
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and bool(np.may_share_memory(a, b))

    @staticmethod
    def values_eq(a: Any, b: Any, force_same_dtype: bool = True) -> bool:
        """Equal shapes, dtypes and values; NaN equals NaN."""
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or (force_same_dtype and a.dtype != b.dtype):
            return False
        same = (a == b) | ((a != a) & (b != b))
        return bool(np.all(same))

    def to_scalar_type(self) -> Any:
        """The type of an element, as `theano.scalar.get_scalar_type` gives it.

        >>> T.fmatrix.to_scalar_type()
        Scalar(float32)
        """
        return get_scalar_type(self.dtype)

    @staticmethod
    def values_eq_approx(
        a: Any,
        b: Any,
        allow_remove_inf: bool = False,
        allow_remove_nan: bool = False,
        rtol: float | None = None,
        atol: float | None = None,
    ) -> bool:
        """Equal but for rounding; NaNs and infinities must be at the same places."""
        return values_eq_approx(a, b, allow_remove_inf, allow_remove_nan, rtol, atol)


TensorType.__doc__ = OwnText(TensorType.__doc__, "theano.tensor.pointwise.described", "named_type")  # type: ignore[assignment]


def _static_shape(broadcastable: Sequence[bool] | None, shape: Sequence[int | None] | None) -> StaticShape:
    if shape is None:
        if broadcastable is None:
            raise TypeError("TensorType needs broadcastable or shape")
        return tuple([1 if b else None for b in broadcastable])
    lengths = tuple([None if n is None else int(n) for n in shape])
    if any(n is not None and n < 0 for n in lengths):
        raise ValueError(f"negative length in static shape {lengths}")
    if broadcastable is None:
        return lengths
    if len(broadcastable) != len(lengths):
        raise ValueError(f"broadcastable {tuple(broadcastable)} and shape {lengths} differ in length")
    for b, n in zip(broadcastable, lengths, strict=True):
        if (b and n not in (1, None)) or (not b and n == 1):
            raise ValueError(f"broadcastable {tuple(broadcastable)} contradicts shape {lengths}")
    return tuple([1 if b else n for b, n in zip(broadcastable, lengths, strict=True)])


_cache: dict[tuple[str, StaticShape], TensorType] = {}


def tensor_type(dtype: str, shape: StaticShape) -> TensorType:
    """The (cached) type of a dtype and static shape, for what an op computes."""
    if dtype == "float64" and config.warn_float64 != "ignore":
        _float64_is_made()
    key = (dtype, shape)
    found = _cache.get(key)
    if found is None:
        found = TensorType(dtype, shape=shape)
        if len(_cache) < 4096:
            _cache[key] = found
    return found


def _float64_is_made() -> None:
    """What flag ``warn_float64`` asks for, to find where float32 programs are upcast."""
    message = "a variable of dtype float64 is made (see the flag warn_float64)"
    if config.warn_float64 == "raise":
        raise TypeError(message)
    if config.warn_float64 == "warn":
        warn_user(message)
    else:
        breakpoint()


def values_eq_approx(
    a: Any,
    b: Any,
    allow_remove_inf: bool = False,
    allow_remove_nan: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
) -> bool:
    """Equal but for rounding (see `TensorType.values_eq_approx`).

    `allow_remove_inf`, `allow_remove_nan` let `b` have any value where `a` is infinite or NaN.
    """
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    name = a.dtype.name
    if name not in TOLERANCES:
        return bool(np.array_equal(a, b))
    table = _SLOPPY if config.tensor.cmp_sloppy else TOLERANCES
    rtol = table[name][0] if rtol is None else rtol
    atol = table[name][1] if atol is None else atol
    with np.errstate(all="ignore"):
        close = np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
        if allow_remove_inf:
            close |= np.isinf(a)
        if allow_remove_nan:
            close |= np.isnan(a)
    return bool(np.all(close))


def values_eq_approx_remove_inf(a: Any, b: Any) -> bool:
    """`values_eq_approx` that disregards where `a` is infinite."""
    return values_eq_approx(a, b, allow_remove_inf=True)


def values_eq_approx_remove_nan(a: Any, b: Any) -> bool:
    """`values_eq_approx` that disregards where `a` is NaN."""
    return values_eq_approx(a, b, allow_remove_nan=True)


def values_eq_approx_remove_inf_nan(a: Any, b: Any) -> bool:
    """`values_eq_approx` that disregards where `a` is infinite or NaN."""
    return values_eq_approx(a, b, allow_remove_inf=True, allow_remove_nan=True)


def values_eq_approx_always_true(a: Any, b: Any) -> bool:
    """Accepts anything (for values that may be anything, such as uninitialised memory).

    Parameters
    ----------
    a, b : anything
        Two values, which are not looked at.

    Returns
    -------
    bool
        True.

    Examples
    --------
    >>> from theano.tensor import values_eq_approx_always_true
    >>> values_eq_approx_always_true(1, 2)
    True
    """
    return True
