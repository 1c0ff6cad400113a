"""Tensor variables and constants, and how Python values become them.

Operators and methods are attached by `theano.tensor.methods`, once the ops they need exist.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.base.other_words import advised
from theano.graph import Apply, Constant, Variable
from theano.graph.common_text import fill
from theano.graph.errors import NoLengthError
from theano.graph.origin import made_here
from theano.graph.shown import shown
from theano.scalar.dtypes import ALL, as_dtype, autocast, foreign_numbers
from theano.tensor.type import TensorType, refuse_masked, tensor_type


class AsTensorError(TypeError):
    """Raised when a value cannot be used as a tensor."""


@advised("tensor")
class _tensor_py_operators:
    """Operators and methods of all variables that stand for arrays: the mix-in of their classes.

    Attributes that depend on the type are here, too, so a class needs no more than this and `Variable`, or a
    subclass of it. ``isinstance(x, TensorVariable)`` tells expressions and inputs from constants and shared
    variables.
    """

    __array_priority__ = 1000  # NumPy's operators give way to ours
    _is_nonzero = True  # False for the results of < <= > >=
    type: Any
    @property
    def dtype(self) -> str:
        """Name of the dtype."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.type.ndim

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """For each axis, whether it has length 1 and broadcasts."""
        return self.type.broadcastable

    def __bool__(self) -> bool:
        # Only comparisons can be mistaken for a truth value; `if x:` for "is it given?" is common.
        if self._is_nonzero:
            return True
        raise TypeError(
            "Variables do not support boolean operations. A comparison has no value while the expression is written, "
            "so `if`, `while`, `and`, `or` and `a < x < b` can't decide on it: write T.switch(condition, a, b) or "
            "theano.ifelse.ifelse(condition, a, b), and T.and_(c, d), T.or_(c, d)." + made_here(self)
        )

    @property
    def __len__(self) -> Any:
        # A property, for libraries ask ``hasattr(x, "__len__")`` to tell a variable from a list of them.
        raise NoLengthError(
            f"object of type '{type(self).__name__}' has no len(): the length of {self} is known only when a function "
            "runs. Use the symbolic length x.shape[0]."
        )

    def _no_number(self, *_: Any) -> Any:
        """What Python, and its modules, call to have a number."""
        raise TypeError(
            f"{self} is symbolic, it has no value yet: Python can't use it as a number. Its value is what "
            f"x.eval({{...}}), or "
            "a function with x among its outputs, computes (of a shared variable: get_value()). In expressions use "
            "functions of theano.tensor: T.exp for math.exp, T.round for round, T.arange or theano.scan for range."
            + made_here(self)
        )

    __float__ = __int__ = __complex__ = __index__ = __round__ = _no_number

    def __format__(self, spec: str) -> str:
        return format(str(self), spec) if not spec else self._no_number()

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError(f"iteration over a 0-d tensor: {self} is a single number{made_here(self)}")
        try:
            length = get_vector_length(self)
        except ValueError as error:
            raise ValueError(
                f"{error}, so Python can't iterate over it. Use theano.scan for a loop, x.sum(), x.max(), T.any(x) for "
                "Python's sum(x), max(x), any(x), and x[0], x[1] for single elements." + made_here(self)
            ) from None
        for i in range(length):
            yield self[i]  # type: ignore[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            f"'{type(self).__name__}' object does not support item assignment: use y = T.set_subtensor(x[index], "
            "value), an expression for x with that part changed (x itself never changes). Of a shared variable: "
            "updates=[(x, T.set_subtensor(x[index], value))], or x.set_value(...)."
        )


class TensorVariable(_tensor_py_operators, Variable):
    """A symbolic tensor: an input, or the result of an operation.

    Examples
    --------
    >>> x = T.dmatrix("x")
    >>> x.ndim, x.dtype, (x + 1).T
    (2, 'float64', InplaceDimShuffle{1,0}.0)
    >>> isinstance(x + 1, T.TensorVariable), isinstance(T.constant(1), T.TensorVariable)
    (True, False)
    """


class TensorConstant(_tensor_py_operators, Constant):
    """A tensor whose value is known.

    Examples
    --------
    >>> T.constant(2.5)
    TensorConstant{2.5}
    """

    def __str__(self) -> str:
        data = self.data
        if data.ndim and data.size and (data == data.flat[0]).all():
            text = f"{data.shape} of {data.flat[0]}"
        else:
            text = str(data)
        if len(text) > 20:
            text = f"{text[:10]}..{text[-10:]}"
        return f"TensorConstant{{{text}}}"

    def __repr__(self) -> str:
        return str(self)


TensorType.variable_type = TensorVariable
TensorType.constant_type = TensorConstant

# What needs modules above this one: filled by `theano.tensor.methods`.
LATE: dict[str, Callable[..., Any]] = {}


def get_vector_length(v: Any) -> int:
    """The length of axis 0, if it is known while the expression is written.

    Parameters
    ----------
    v : TensorVariable
        One axis at least.

    Returns
    -------
    int

    Raises
    ------
    <tensor errors>
    ValueError
        The length is not known, or `v` has no axis.

    Examples
    --------
    >>> get_vector_length(T.dmatrix().shape)
    2
    """
    v = as_tensor_variable(v)
    if v.type.ndim == 0:
        raise ValueError(f"{v} has no axis, so it has no length")
    length = v.type.shape[0]
    if length is None and v.type.ndim == 1:
        known = LATE["known_vector"](v)
        length = None if known is None else len(known)
    if length is None:
        raise ValueError(f"length not known: {v}")
    return int(length)


# -- constants ---------------------------------------------------------------------------------------------


def constant(
    x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
) -> TensorConstant:
    """A constant. Axes of length 1 are broadcastable; an array is kept, not copied.

    Python numbers get the smallest fitting dtype (see `theano.scalar.autocast`), arrays keep theirs.

    Parameters
    ----------
    x : number, array or nested list of numbers
        The value.
    name : str, optional
        What it is called in printed graphs.
    ndim : int, optional
        Number of axes; missing ones are added on the left.
    dtype : str, optional
        Its dtype.

    Returns
    -------
    TensorConstant
        Of the shape of `x`.

    Raises
    ------
    TypeError
        `x` is a variable, or nothing that is made of numbers.
    ValueError
        `x` has more than `ndim` dimensions.

    Examples
    --------
    >>> constant(300).type
    TensorType(int16, scalar)
    """
    return _constant_of(_as_array(x, dtype), name, ndim)


def _constant_of(array: np.ndarray, name: str | None, ndim: int | None) -> TensorConstant:
    if ndim is not None and array.ndim != ndim:
        if array.ndim > ndim:
            raise ValueError(f"ndim={ndim}, but the value has {array.ndim} dimensions: {shown(array)}")
        array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    return TensorConstant(type=tensor_type(array.dtype.name, array.shape), data=array, name=name)


def _as_array(x: Any, dtype: Any) -> np.ndarray:
    if isinstance(x, Variable):
        raise TypeError(f"constant needs a number, array or list, not the variable {x}")
    refuse_masked(x)
    try:
        if dtype is not None:
            wanted = as_dtype(dtype)
            array = np.asarray(x)
            array = (
                array.astype(wanted, copy=False)
                if array.dtype.kind in "biufc"
                else np.asarray(x, dtype=wanted)
            )
        elif isinstance(x, int | float | complex) and not isinstance(x, np.generic):
            array = np.asarray(x, dtype=autocast(x))
        else:
            array = np.asarray(x)
            if array.size == 0 and isinstance(x, list | tuple):
                array = array.astype(config.floatX)
    except (ValueError, OverflowError) as error:
        raise TypeError(f"Could not convert {shown(x)} to a tensor constant: {error}") from error
    foreign = foreign_numbers(array)
    if foreign:
        raise TypeError(f"a tensor can't hold {foreign}")
    if array.dtype.name not in ALL or array.dtype.kind not in "biufc":
        raise TypeError(f"Could not convert {shown(x)} of {type(x)} to a tensor constant")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


# Constants that stand for Python numbers in expressions are shared: nobody else sees them.
_literals: dict[tuple[Any, ...], TensorConstant] = {}


def literal(x: int | float) -> TensorConstant:
    """The constant that stands for a Python number in an expression."""
    if not -10 <= x <= 10 or (x == 0 and math.copysign(1, x) < 0):
        return constant(x)
    key = (type(x), x, autocast(x))
    found = _literals.get(key)
    if found is None:
        found = constant(x)
        if len(_literals) < 1000:
            _literals[key] = found
    return found


# -- anything ----------------------------------------------------------------------------------------------


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """`x` as a tensor variable: itself, or a constant, or a stack of variables.

    Parameters
    ----------
    x : Variable, Apply, number, array, or list of those
        A node has one output.
    name : str, optional
        Name for a new constant.
    ndim : int, optional
        Number of axes wanted: broadcastable ones are added or dropped on the left.

    Returns
    -------
    TensorVariable
        `x` itself, where it is one.

    Raises
    ------
    AsTensorError
        If `x` has no meaning as a tensor (None, bool, str, ...).
    ValueError
        If `x` is a node with several outputs, or has axes that `ndim` does not allow for.

    Examples
    --------
    >>> as_tensor_variable([1, 2]).type
    TensorType(int64, vector)
    """
    if isinstance(x, _tensor_py_operators) and isinstance(x.type, TensorType):
        return x if ndim is None or x.ndim == ndim else _with_ndim(x, ndim)
    if type(x) in (int, float) and name is None and ndim in (None, 0):
        return literal(x)
    convert = getattr(x, "_as_TensorVariable", None)
    if convert is not None:
        return as_tensor_variable(convert(), ndim=ndim)
    if isinstance(x, Apply):
        if len(x.outputs) != 1 and x.op.default_output is None:
            raise ValueError(
                f"It is ambiguous which output of a multi-output Op has to be fetched: take one of {x.outputs}"
            )
        return as_tensor_variable(x.default_output(), ndim=ndim)
    if isinstance(x, Variable):
        if isinstance(x.type, TensorType):
            return x if ndim is None or x.type.ndim == ndim else _with_ndim(x, ndim)
        dense = ""
        if hasattr(x, "toarray"):
            dense = f": write {x}.toarray(), or a function of theano.sparse, as sparse.structured_exp for T.exp"
        raise AsTensorError(f"Variable type field must be a TensorType, not {x.type} (of {x}){dense}{made_here(x)}")
    if isinstance(x, bool):
        raise AsTensorError(
            "Cannot cast True or False as a tensor variable. Please use 1 or 0. This error might be caused "
            "by using the == operator on Variables. v == w does not do what you think it does. Use "
            "theano.tensor.eq(v, w)."
        )
    if isinstance(x, list | tuple) and _has_variable(x):
        return as_tensor_variable(LATE["stack"](list(x)), ndim=ndim)
    if x is None or isinstance(x, str | bytes | dict | set):
        raise _no_tensor(x)
    try:
        array = _as_array(x, None)
    except TypeError as error:
        raise _no_tensor(x) from error
    return _constant_of(array, name, ndim)


as_tensor = as_tensor_variable


def _no_tensor(x: Any) -> AsTensorError:
    foreign = foreign_numbers(x)
    if foreign:
        return AsTensorError(f"Cannot convert {foreign}")
    return AsTensorError(
        f"Cannot convert {shown(x)} of type {type(x).__name__} to TensorType: a tensor is a variable, a number, an "
        "array, or a list of those."
    )


def _has_variable(items: Any) -> bool:
    pending = list(items)
    while pending:
        item = pending.pop()
        if isinstance(item, Variable):
            return True
        if isinstance(item, list | tuple):
            pending.extend(item)
    return False


def _with_ndim(x: Any, ndim: int) -> Any:
    have = x.type.ndim
    if have > ndim:
        if not all(x.type.broadcastable[: have - ndim]):
            raise ValueError(f"TensorType could not be cast to have {ndim} dimensions: {x} is {x.type}")
        return LATE["dimshuffle"](x, range(have - ndim, have))
    return LATE["dimshuffle"](x, ["x"] * (ndim - have) + list(range(have)))


fill(globals())
