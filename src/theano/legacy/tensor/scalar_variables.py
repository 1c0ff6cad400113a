"""Variables and constants for numbers, as `theano.scalar` has them: 0-d tensors."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import numpy as np

from theano import scalar
from theano.base.flag_table import config
from theano.graph import Apply, Variable
from theano.scalar.rules import ComplexError
from theano.tensor.variable import TensorConstant, TensorVariable, as_tensor_variable
from theano.tensor.variable import constant as tensor_constant

__all__ = [
    "IntegerDivisionError", "ScalarConstant", "ScalarVariable", "as_common_dtype", "as_scalar", "complexs",
    "complexs128", "complexs64", "constant", "convert", "div_proxy", "floats", "int_or_true_div", "ints", "mod_check",
]  # fmt: skip


class IntegerDivisionError(Exception):
    """Two integers are divided where the flag ``int_division`` forbids it."""


class _OfNumbers(type):
    """Classes whose instances are the variables of another class that have no axes."""

    of: type

    def __instancecheck__(cls, v: Any) -> bool:
        return isinstance(v, cls.of) and v.type.ndim == 0  # type: ignore[attr-defined]


class ScalarVariable(metaclass=_OfNumbers):
    """The class of variables for numbers: of tensor variables without axes."""

    of = TensorVariable


class ScalarConstant(metaclass=_OfNumbers):
    """The class of constants that are numbers: of tensor constants without axes."""

    of = TensorConstant


def convert(x: Any, dtype: Any = None) -> Any:
    """A number as a NumPy number.

    Parameters
    ----------
    x
        A number, or an array without axes.
    dtype
        The dtype; by default that which Python's and NumPy's numbers have in expressions.

    Raises
    ------
    TypeError
        It is no number.

    Examples
    --------
    >>> convert(3), convert(3, "float32")
    (np.int8(3), np.float32(3.0))
    """
    value = np.asarray(x)
    if value.ndim or value.dtype.kind not in "biufc":
        raise TypeError(f"a number is wanted, not {x!r} of type {type(x)}")
    if dtype is None:
        dtype = scalar.autocast(x) if type(x) in (int, float, complex) else value.dtype
    return value.astype(scalar.dtypes.as_dtype(dtype))[()]


def constant(x: Any, name: str | None = None, dtype: Any = None) -> Any:
    """A constant that is a number: a 0-d `TensorConstant`.

    Parameters
    ----------
    x, dtype
        See `convert`.
    name
        The constant's name.

    Raises
    ------
    TypeError
        It is no number.

    Examples
    --------
    >>> constant(1.5).type
    TensorType(float32, scalar)
    """
    return tensor_constant(np.asarray(convert(x, dtype)), name=name)


def as_scalar(x: Any, name: str | None = None) -> Any:
    """A variable for a number.

    Parameters
    ----------
    x
        A variable without axes, which is handed on; an `Apply` with one output; or a number, which becomes a constant.
    name
        The name of the constant.

    Returns
    -------
    Variable
        `x` itself, the output of the `Apply`, or the constant.

    Raises
    ------
    TypeError
        A variable has axes, or is no tensor; or `x` is no number.
    ValueError
        An `Apply` has several outputs.

    Examples
    --------
    >>> as_scalar(T.dscalar("x")), as_scalar(2)
    (x, TensorConstant{2})
    """
    if isinstance(x, Apply):
        if len(x.outputs) != 1:
            raise ValueError(f"It is ambiguous which output of the node {x} is meant: it has {len(x.outputs)}")
        x = x.outputs[0]
    if isinstance(x, Variable):
        if not isinstance(x, ScalarVariable | ScalarConstant) and getattr(x.type, "ndim", None) != 0:
            raise TypeError(f"a variable without axes is wanted, not {x} of type {x.type}")
        return x
    return constant(x, name)


def as_common_dtype(*vars: Any) -> tuple[Any, ...]:
    """Variables converted to the dtype that holds them all.

    Examples
    --------
    >>> [v.dtype for v in as_common_dtype(T.bscalar(), T.fscalar())]
    ['float32', 'float32']
    """
    variables = [as_tensor_variable(v) for v in vars]
    dtype = scalar.upcast(*(v.dtype for v in variables))
    return tuple(v if v.dtype == dtype else scalar.convert_to(dtype)(v) for v in variables)


def int_or_true_div(x_discrete: bool, y_discrete: bool) -> str:
    """What the operator ``/`` of Python 2 does, by the flag ``int_division``: "int" or "true".

    Raises
    ------
    IntegerDivisionError
        Both are discrete, and the flag is "raise".

    Examples
    --------
    >>> int_or_true_div(True, False)
    'true'
    """
    if not (x_discrete and y_discrete) or config.int_division == "floatX":
        return "true"
    if config.int_division == "raise":
        raise IntegerDivisionError(
            "division of two integers: use // for the whole part, or true_div (flag int_division)"
        )
    return "int"


def div_proxy(x: Any, y: Any) -> Any:
    """`int_div` or `true_div`, as `int_or_true_div` says.

    Raises
    ------
    IntegerDivisionError
        Both are discrete, and the flag ``int_division`` is "raise".

    Examples
    --------
    >>> div_proxy(T.dscalar("x"), 2).owner.op
    Elemwise{true_div}
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    discrete = [v.dtype in scalar.discrete_dtypes for v in (x, y)]
    return (scalar.int_div if int_or_true_div(*discrete) == "int" else scalar.true_div)(x, y)


def mod_check(x: Any, y: Any) -> Any:
    """``x % y``.

    Raises
    ------
    ComplexError
        One is complex.

    Examples
    --------
    >>> mod_check(T.lscalar("x"), 3).owner.op
    Elemwise{mod}
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if any(v.dtype in scalar.complex_dtypes for v in (x, y)):
        raise ComplexError("Theano does not support the mod operator (%) on complex numbers")
    return scalar.mod(x, y)


def _several(dtype: str) -> Callable[..., Any]:
    def make(*names: Any) -> Any:
        if len(names) == 1 and isinstance(names[0], int):
            names = (None,) * names[0]
        elif len(names) == 1 and isinstance(names[0], str) and set(names[0]) <= set(string.ascii_letters):
            names = tuple(names[0])
        made = [scalar.Scalar(dtype)(name) for name in names]
        return made[0] if len(made) == 1 else made

    make.__name__ = make.__qualname__ = f"numbers of {dtype}"
    make.__doc__ = f"Variables for numbers of {dtype}: so many (a number), one for each letter, or of these names."
    return make


ints, floats = _several("int64"), _several("float64")
complexs, complexs64, complexs128 = _several("complex128"), _several("complex64"), _several("complex128")
