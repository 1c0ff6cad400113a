"""`SymPyCCode`: an expression of SymPy as an operation on numbers, for programs that have SymPy."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from theano import scalar
from theano.scalar.composite import Composite
from theano.scalar.user import Scalar

# `constant` is of a higher layer, and found when it is needed.
names: Any = scalar

__all__ = ["SymPyCCode", "sympy_dtype", "theano_dtype"]


def __getattr__(name: str) -> Any:
    """`imported_sympy`: whether SymPy is there."""
    if name == "imported_sympy":
        return importlib.util.find_spec("sympy") is not None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


# What has another name in SymPy than in `theano.scalar`; other functions are looked up by their own names.
_NAMES = {
    "Abs": "abs_", "sign": "sgn", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "ceiling": "ceil", "loggamma": "gammaln", "Mod": "mod",
    "StrictLessThan": "lt", "LessThan": "le", "StrictGreaterThan": "gt", "GreaterThan": "ge", "Equality": "eq",
    "Unequality": "neq", "Not": "invert",
}  # fmt: skip
_FOLDED = {"Add": "add", "Mul": "mul", "Max": "maximum", "Min": "minimum", "And": "and_", "Or": "or_", "Xor": "xor"}
# Functions of SymPy that `theano.scalar` has under the same name and means the same by.
_SAME = frozenset(
    "cos sin tan cosh sinh tanh exp log floor gamma erf erfc erfinv polygamma".split()
)  # fmt: skip


def sympy_dtype(expr: Any) -> str:
    """The dtype of the values of a SymPy expression: int64 if it is known to be whole, else float64.

    Raises
    ------
    TypeError
        It is known not to be real.
    """
    if expr.is_integer:
        return "int64"
    if expr.is_real is False and expr.is_complex:
        raise TypeError(f"{expr} is not real: give an expression of real numbers")
    return "float64"


def theano_dtype(expr: Any) -> Scalar:
    """The type of the values of a SymPy expression (see `sympy_dtype`).

    Raises
    ------
    TypeError
        It is known not to be real.
    """
    return Scalar(sympy_dtype(expr))


class SymPyCCode(Composite):
    """The value of a SymPy expression as an operation on numbers.

    It is made of operations of `theano.scalar`, so it runs natively, and has their derivatives.

    Parameters
    ----------
    inputs
        SymPy's symbols for the arguments, in order. Whole ones stand for int64, others for float64.
    expr
        The expression.
    name
        For printing.

    Raises
    ------
    ImportError
        SymPy is not installed.
    ValueError
        The expression has symbols that are not among `inputs`.
    NotImplementedError
        It has a function that `theano.scalar` lacks.

    Examples
    --------
    ::

        x, y = sympy.symbols("x y")
        op = Elemwise(SymPyCCode([x, y], sympy.sin(x) * y + x**2))
    """

    def __init__(self, inputs: Sequence[Any], expr: Any, name: str | None = None) -> None:
        try:
            sympy = importlib.import_module("sympy")
        except ImportError as error:
            raise ImportError("SymPyCCode needs SymPy, which is not installed: pip install sympy") from error
        expr = sympy.sympify(expr)
        unknown = expr.free_symbols - set(inputs)
        if unknown:
            raise ValueError(f"SymPyCCode: {', '.join(sorted(map(str, unknown)))} is not among the inputs {inputs}")
        variables = {symbol: theano_dtype(symbol)() for symbol in inputs}
        value = _translated(expr, variables)
        if not hasattr(value, "owner"):
            value = names.constant(value)
        super().__init__([variables[s] for s in inputs], [value])
        self.symbols, self.expr = tuple(inputs), expr
        if name is not None:
            self.name = f"SymPyCCode{{{name}}}"

    def __reduce__(self) -> Any:
        return SymPyCCode, (self.symbols, self.expr)


def _translated(expr: Any, variables: Mapping[Any, Any]) -> Any:
    """An expression of SymPy over our variables."""
    if expr in variables:
        return variables[expr]
    if expr.is_Number or expr.is_NumberSymbol:
        # Not as Python numbers, which are as narrow as they can be: the root of 2 would be a float32.
        return np.int64(expr) if expr.is_Integer and abs(expr) < 2**63 else np.float64(float(expr))
    if expr.is_Boolean and not expr.args:
        return np.bool_(bool(expr))
    kind = type(expr).__name__
    if kind == "Piecewise":
        return _piecewise(expr, variables)
    args = [_translated(a, variables) for a in expr.args]
    if kind in _FOLDED:
        return functools.reduce(_operation(_FOLDED[kind]), args)
    if kind == "Pow":
        return _power(*args)
    if kind not in _NAMES and kind not in _SAME:
        raise NotImplementedError(f"SymPyCCode: there is no operation on numbers for SymPy's {kind}")
    return _operation(_NAMES.get(kind, kind))(*args)


def _operation(name: str) -> Callable[..., Any]:
    operation = scalar.lookup(name)
    return lambda *args: operation(*args)


def _power(base: Any, exponent: Any) -> Any:
    """A power; integers to negative ones are floats, as in SymPy."""
    if isinstance(exponent, np.integer) and exponent == -1:
        return scalar.inv(base)
    if isinstance(exponent, np.floating) and exponent == 0.5:
        return scalar.sqrt(base)
    if isinstance(exponent, np.integer) and exponent < 0:
        return scalar.inv(scalar.pow(base, -exponent))
    return scalar.pow(base, exponent)


def _piecewise(expr: Any, variables: Mapping[Any, Any]) -> Any:
    """The first value whose condition holds; NaN where none does."""
    value: Any = np.float64(np.nan)
    for this, condition in reversed(expr.args):
        here = _translated(this, variables)
        value = here if condition == True else scalar.switch(_translated(condition, variables), here, value)  # noqa: E712
    return value
