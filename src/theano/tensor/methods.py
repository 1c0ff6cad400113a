"""Operators and methods of tensor variables: a table from names to the functions of this package."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano import scalar
from theano.graph import Constant
from theano.graph.common_text import fill
from theano.scalar.operators import COMPARISON, define_operators
from theano.tensor import elemwise
from theano.tensor.checks import static_value
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing import indexing
from theano.tensor.linalg.dot import dot, matmul
from theano.tensor.making.alloc import ones_like, zeros_like
from theano.tensor.pointwise import math
from theano.tensor.reductions import extremes, reduction, statistics
from theano.tensor.shaping.axes import squeeze, swapaxes, transpose
from theano.tensor.shaping.join import stack
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import shape as shape_of
from theano.tensor.type import TensorType
from theano.tensor.variable import LATE, AsTensorError, _tensor_py_operators, as_tensor_variable

# -- hooks of lower modules ----------------------------------------------------------------------------------

TensorType.rebroadcast = staticmethod(patternbroadcast)
scalar.Scalar.variable = staticmethod(lambda dtype, name: TensorType(dtype, ())(name))
Constant.of_value = staticmethod(as_tensor_variable)
LATE["stack"] = stack
LATE["known_vector"] = static_value.known_vector

# -- operators -----------------------------------------------------------------------------------------------

USER_OPS: dict[scalar.op.ScalarOp, elemwise.Elemwise] = {
    op.scalar_op: op for op in vars(math).values() if isinstance(op, elemwise.Elemwise)
}
"""Scalar operation -> the function of user programs."""


def _user_operator(op: scalar.op.ScalarOp) -> Callable[..., Any]:
    apply = USER_OPS[op]

    def compute(*operands: Any) -> Any:
        if op in _OF_BITS:
            operands = _as_uint64(operands)
        try:
            result = apply(*operands)
        except AsTensorError:
            return _their_turn(operands)
        if op in _ORDERED:
            result._is_nonzero = False  # `if x < y` is a mistake: a symbolic comparison has no truth value
        return result

    return compute


def _as_uint64(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Python's ints beside uint64 are of that dtype: no integer dtype holds uint64 and the int8 that they would be."""
    if not any(isinstance(o, _tensor_py_operators) and o.dtype == "uint64" for o in operands):
        return operands
    return tuple([np.uint64(o) if type(o) is int and 0 <= o < 2**64 else o for o in operands])


def _their_turn(operands: tuple[Any, ...]) -> Any:
    """No tensor can be made of an operand: its class may know what to do.

    Python's own classes don't know tensors, and the error that is being handled says more than Python's would.
    """
    strangers = [o for o in operands if not isinstance(o, _tensor_py_operators)]
    if all(type(o).__module__ == "builtins" for o in strangers):
        raise
    return NotImplemented


def _or_their_turn(compute: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that leaves it to the other operand's class if no tensor can be made of that operand."""

    @functools.wraps(compute)
    def operator(*operands: Any) -> Any:
        try:
            return compute(*operands)
        except AsTensorError:
            return _their_turn(operands)

    return operator


_ORDERED = frozenset(COMPARISON.values())
_OF_BITS = frozenset({scalar.and_, scalar.or_, scalar.xor, scalar.left_shift, scalar.right_shift})
define_operators(_tensor_py_operators, _user_operator)

_UFUNC_NAMES = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "true_div", "floor_divide": "int_div",
    "remainder": "mod", "power": "pow", "negative": "neg", "absolute": "abs_", "sign": "sgn", "square": "sqr",
    "sqrt": "sqrt", "maximum": "maximum", "minimum": "minimum", "less": "lt", "less_equal": "le",
    "greater": "gt", "greater_equal": "ge", "bitwise_and": "and_", "bitwise_or": "or_", "bitwise_xor": "xor",
    "left_shift": "left_shift", "right_shift": "right_shift",
    "invert": "invert", "ceil": "ceil", "floor": "floor", "trunc": "trunc", "rint": "round_half_to_even",
    "isnan": "isnan", "isinf": "isinf", "conjugate": "conj", "deg2rad": "deg2rad", "rad2deg": "rad2deg",
    **{n: n for n in (
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos",
        "arctan", "arctan2", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
    )},
}  # fmt: skip


def _array_ufunc(self: _tensor_py_operators, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """``numpy.exp(x)`` and ``array * x`` build expressions.

    So does ``array += x``, as in Theano: the name then stands for the sum, and the array is as it was. NumPy hands it
    on as ``numpy.add(array, x, out=array)``.
    """
    name = _UFUNC_NAMES.get(ufunc.__name__)
    out = kwargs.get("out")
    if out is not None and len(kwargs) == len(out) == 1 and out[0] is inputs[0] and out[0] is not self:
        kwargs = {}
    if method == "__call__" and name is not None and not kwargs:
        return getattr(math, name)(*inputs)
    if method == "__call__" and ufunc is np.matmul and not kwargs:
        return matmul(*inputs)
    if kwargs.get("out") is not None:
        raise TypeError(
            f"an array can't be changed in place to a symbolic expression (numpy.{ufunc.__name__} with out=): "
            "write y = y + x, or T.set_subtensor for a part"
        )
    return NotImplemented


# -- methods -------------------------------------------------------------------------------------------------


def _dimshuffle(self: _tensor_py_operators, *pattern: Any) -> Any:
    """The axes in a new order, with new axes of length 1: see `theano.tensor.elemwise.DimShuffle`.

    Parameters
    ----------
    *pattern : int or 'x', or a sequence of them
        For each axis of the result which one of this tensor it is, 'x' for a new one; axes left out must have
        length 1.

    Examples
    --------
    >>> T.dmatrix().dimshuffle(1, "x", 0).broadcastable
    (False, True, False)
    """
    if len(pattern) == 1 and isinstance(pattern[0], list | tuple | range):
        pattern = tuple(pattern[0])
    # 1.0 and True would find the op of 1 among those that were made before.
    return elemwise.dimshuffle(self, [elemwise.as_entry(a) for a in pattern])


def _transpose(self: _tensor_py_operators, *axes: Any) -> Any:
    """The axes permuted; reversed without arguments: see `theano.tensor.transpose`.

    Parameters
    ----------
    *axes : int, or a sequence of ints
        For each axis of the result, which one of this tensor it is.
    """
    if len(axes) == 0:
        return transpose(self)
    if len(axes) == 1 and isinstance(axes[0], list | tuple):
        axes = tuple(axes[0])
    return transpose(self, axes if axes != (None,) else None)


def _size(self: _tensor_py_operators) -> Any:
    """Number of elements."""
    lengths = self.shape  # type: ignore[attr-defined]
    return lengths[0] if self.ndim == 1 else reduction.prod(lengths, dtype="int64")


def _norm(self: _tensor_py_operators, L: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The L-norm of the elements over `axis`: see `theano.tensor.norm`.

    Parameters
    ----------
    L : float, optional
        The order, default 2.
    <axis, keepdims>
    """
    return statistics.norm(self, L, axis, keepdims)


def _mean(
    self: _tensor_py_operators, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None
) -> Any:
    return statistics.mean(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)


def _clip(self: _tensor_py_operators, a_min: Any, a_max: Any) -> Any:
    """The tensor kept between `a_min` and `a_max`: see `theano.tensor.clip`.

    Parameters
    ----------
    a_min, a_max : tensor-like
        The bounds, of shapes that broadcast with this tensor.
    """
    return math.clip(self, a_min, a_max)


def _copy(self: _tensor_py_operators, name: str | None = None) -> Any:
    """A copy of the value, as a new variable.

    Parameters
    ----------
    name : str, optional
        What the new variable is called.
    """
    copied = math.tensor_copy(self)
    copied.name = name
    return copied


def _fill(self: _tensor_py_operators, value: Any) -> Any:
    """A tensor of this shape filled with `value`: see `theano.tensor.fill`.

    Parameters
    ----------
    value : tensor-like
        A number, or what is broadcast to this shape.
    """
    return math.fill(self, value)


def _flatten(self: _tensor_py_operators, ndim: int = 1) -> Any:
    """The tensor with its last axes joined, so that `ndim` are left: see `theano.tensor.flatten`.

    Parameters
    ----------
    ndim : int
        How many axes.
    """
    return flatten(self, ndim)


def _trace(self: _tensor_py_operators) -> Any:
    """Sum of the diagonal of this matrix."""
    return reduction.sum(self.diagonal())  # type: ignore[attr-defined]


def _transfer(self: _tensor_py_operators, target: Any) -> Any:
    """The tensor on another device: there is only the CPU.

    Parameters
    ----------
    target : str
        'cpu'.

    Raises
    ------
    ValueError
        Another device.
    """
    if target != "cpu":
        raise ValueError(f"Can't transfer to target {target}")
    return self


def _divmod(self: _tensor_py_operators, other: Any) -> Any:
    return math.divmod(self, other)


def _rdivmod(self: _tensor_py_operators, other: Any) -> Any:
    return math.divmod(as_tensor_variable(other), self)


def _dot(self: _tensor_py_operators, right: Any) -> Any:
    """The product with `right`: see `theano.tensor.linalg.dot`.

    Parameters
    ----------
    right : tensor-like
        The second factor.
    """
    return dot(self, right)


def _rdot(self: _tensor_py_operators, left: Any) -> Any:
    return dot(left, self)


def _matmul(self: _tensor_py_operators, right: Any) -> Any:
    return matmul(self, right)


def _rmatmul(self: _tensor_py_operators, left: Any) -> Any:
    return matmul(left, self)


def _all(self: _tensor_py_operators, axis: Any = None, keepdims: bool = False) -> Any:
    return reduction.all(self, axis, keepdims)


def _any(self: _tensor_py_operators, axis: Any = None, keepdims: bool = False) -> Any:
    return reduction.any(self, axis, keepdims)


def _max(self: _tensor_py_operators, axis: Any = None, keepdims: bool = False) -> Any:
    return extremes.max(self, axis, keepdims)


def _min(self: _tensor_py_operators, axis: Any = None, keepdims: bool = False) -> Any:
    return extremes.min(self, axis, keepdims)


def _argmax(self: _tensor_py_operators, axis: Any = None, keepdims: bool = False) -> Any:
    return extremes.argmax(self, axis, keepdims)


def _argmin(self: _tensor_py_operators, axis: Any = None, keepdims: bool = False) -> Any:
    return extremes.argmin(self, axis, keepdims)


def _sum(
    self: _tensor_py_operators, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None
) -> Any:
    return reduction.sum(self, axis, dtype, keepdims, acc_dtype)


def _prod(
    self: _tensor_py_operators, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None
) -> Any:
    return reduction.prod(self, axis, dtype, keepdims, acc_dtype)


def _var(
    self: _tensor_py_operators, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
) -> Any:
    return statistics.var(self, axis, ddof, keepdims, corrected)


def _std(
    self: _tensor_py_operators, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False
) -> Any:
    return statistics.std(self, axis, ddof, keepdims, corrected)


def _ptp(self: _tensor_py_operators, axis: Any = None) -> Any:
    return statistics.ptp(self, axis)


def _astype(self: _tensor_py_operators, dtype: Any) -> Any:
    """The tensor with its elements converted to `dtype`: see `theano.tensor.cast`.

    Parameters
    ----------
    dtype : str or numpy.dtype
        Its name; 'floatX' is what the flag says.
    """
    return math.cast(self, dtype)


def _round(self: _tensor_py_operators, mode: str | None = None) -> Any:
    return math.round(self, mode)


def _nonzero(self: _tensor_py_operators, return_matrix: bool = False) -> Any:
    return indexing.nonzero(self, return_matrix)


def _nonzero_values(self: _tensor_py_operators) -> Any:
    return indexing.nonzero_values(self)


def _take(self: _tensor_py_operators, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    return indexing.take(self, indices, axis, mode)


def _reshape(self: _tensor_py_operators, shape: Any, ndim: int | None = None) -> Any:
    """The tensor with another shape, elements in C order: see `theano.tensor.reshape`.

    Parameters
    ----------
    shape : list, tuple or vector of integers
        The lengths; one may be -1, which is then computed.
    ndim : int, optional
        The number of axes; needed only if `shape` is a vector of unknown length.
    """
    return reshape(self, shape, ndim)


def _squeeze(self: _tensor_py_operators) -> Any:
    return squeeze(self)


def _swapaxes(self: _tensor_py_operators, axis1: int, axis2: int) -> Any:
    return swapaxes(self, axis1, axis2)


def _ones_like(self: _tensor_py_operators, dtype: Any = None) -> Any:
    return ones_like(self, dtype)


def _zeros_like(self: _tensor_py_operators, dtype: Any = None) -> Any:
    return zeros_like(self, dtype)


def _ravel(self: _tensor_py_operators) -> Any:
    """The elements as a vector, in C order."""
    return flatten(self)


def _unary(name: str) -> Callable[[_tensor_py_operators], Any]:
    function = getattr(math, name)

    def method(self: _tensor_py_operators) -> Any:
        return function(self)

    method.__doc__ = f"``theano.tensor.{name}`` of every element."
    return method


METHODS: dict[str, Callable[..., Any]] = {
    **{name: _unary(name) for name in (
        "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "conj", "cos", "cosh",
        "deg2rad", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "rad2deg", "sin", "sinh",
        "sqrt", "tan", "tanh", "trunc",
    )},
    "conjugate": _unary("conj"), "__ceil__": _unary("ceil"), "__floor__": _unary("floor"),
    "__trunc__": _unary("trunc"),
    "__divmod__": _or_their_turn(_divmod), "__rdivmod__": _or_their_turn(_rdivmod), "__dot__": _dot,
    "__rdot__": _rdot, "__matmul__": _or_their_turn(_matmul), "__rmatmul__": _or_their_turn(_rmatmul),
    "__getitem__": indexing.getitem, "__array_ufunc__": _array_ufunc,
    "all": _all, "any": _any, "argmax": _argmax, "argmin": _argmin, "max": _max, "min": _min,
    "sum": _sum, "prod": _prod, "mean": _mean, "var": _var, "std": _std, "ptp": _ptp, "norm": _norm,
    "astype": _astype, "clip": _clip, "copy": _copy, "dimshuffle": _dimshuffle, "dot": _dot,
    "fill": _fill, "flatten": _flatten, "ravel": _ravel,
    "get_scalar_constant_value": static_value.get_scalar_constant_value,
    "nonzero": _nonzero, "nonzero_values": _nonzero_values, "ones_like": _ones_like,
    "reshape": _reshape, "round": _round, "squeeze": _squeeze, "swapaxes": _swapaxes,
    "take": _take, "trace": _trace, "transfer": _transfer, "transpose": _transpose,
    "zeros_like": _zeros_like,
}  # fmt: skip

PROPERTIES: dict[str, Callable[[Any], Any]] = {
    "T": transpose,
    "shape": shape_of,
    "size": _size,
    "real": math.real,
    "imag": math.imag,
}
_TOLD = {
    "T": "The axes reversed; of a matrix the transposed one: see `theano.tensor.transpose`.",
    "shape": "The lengths of all axes, an int64 vector; ``x.shape[0]`` is the length of the first one.",
    "size": "The number of elements, a 0-d int64.",
    "real": "The real part of each element: see `theano.tensor.real`.",
    "imag": "The imaginary part of each element: see `theano.tensor.imag`.",
}


def _getter(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A Python function around a callable object (`property` passes it the variable)."""

    def get(self: Any) -> Any:
        return function(self)

    return get


def _told_of(method: Any, function: Any) -> str:
    """The docstring of a method that calls a function: what that one says, but for its first argument and examples."""
    doc = function.__doc__
    if sys.version_info < (3, 13):
        doc = doc.replace("\n    ", "\n")
    before, _, doc = doc.partition("\n\nParameters\n----------\n")
    parameters, _, after = doc.partition("\n\nReturns\n")
    code = method.__code__
    own = set(code.co_varnames[1 : code.co_argcount])
    told: list[str] = []
    shown = False
    for line in parameters.splitlines():
        if not line.startswith(" "):
            shown = not own.isdisjoint(line.partition(" : ")[0].split(", "))
        if shown:
            told.append(line)
    sections = [before, f"See `theano.tensor.{function.__name__}`."]
    if told:
        sections.append("\n".join(["Parameters", "-" * 10, *told]))
    sections.append("Returns\n" + after.partition("\n\nExamples\n")[0])
    return "\n\n".join(sections).replace(f"`{function.__code__.co_varnames[0]}`", "`self`")


def attach(methods: dict[str, Callable[..., Any]], functions: Sequence[Any] = ()) -> None:
    """Give tensor variables the methods of a table (for modules above this one).

    Methods that are called as `functions` have the docstrings of these. Functions that are nothing but methods get the
    names under which users know them.
    """
    for function in functions:
        if function.__doc__:  # not under -OO
            method = methods[function.__name__]
            method.__doc__ = _told_of(method, function)
    for name, method in methods.items():
        if method.__name__ in (f"_{name}", "method"):  # errors of Python name a method, a pickled one is found by name
            method.__name__, method.__qualname__ = name, f"TensorVariable.{name}"
        setattr(_tensor_py_operators, name, method)


def _refusing(name: str) -> Callable[[Any, Any], None]:
    """The setter of a property: what a variable is follows from how it is made."""

    def refuse(self: Any, value: Any) -> None:
        hint = ": x.reshape(...) makes another one, T.specify_shape(x, ...) promises a shape" if name == "shape" else ""
        raise AttributeError(f"{name!r} of {type(self).__name__!r} object has no setter{hint}")

    return refuse


fill(globals())
attach(METHODS, [
    reduction.all, reduction.any, extremes.argmax, extremes.argmin, extremes.max, extremes.min, reduction.sum,
    reduction.prod, statistics.mean, statistics.var, statistics.std, statistics.ptp, math.round, indexing.nonzero,
    indexing.nonzero_values, indexing.take, squeeze, swapaxes, ones_like, zeros_like,
])  # fmt: skip
for _name, _get in PROPERTIES.items():
    setattr(_tensor_py_operators, _name, property(_getter(_get), _refusing(_name), doc=_TOLD[_name]))
