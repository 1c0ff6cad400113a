"""The functions that compute in the memory of their first argument: ``exp_inplace(x)``, ``add_inplace(x, y)``, ...

The result has the type of the first argument: ``exp_inplace`` of integers is truncated. A graph with such functions is
compiled by ``theano.function(..., accept_inplace=True)`` only, and the function leaves the result in the array that its
caller passes. Elsewhere there is no need for them: the compiler overwrites by itself what nothing reads any more.

>>> x = T.dvector("x")
>>> f = theano.function([x], T.inplace.exp_inplace(x), accept_inplace=True)
>>> values = np.zeros(2)
>>> f(values), values
(array([1., 1.]), array([1., 1.]))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import theano.tensor as tensor
from theano.graph.common_text import filled
from theano.scalar import second
from theano.tensor.elemwise import Elemwise
from theano.tensor.pointwise.math import cast
from theano.tensor.variable import as_tensor_variable

_NAMES = (
    "abs_ add and_ arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil chi2sf conj cos cosh deg2rad eq erf erfc "
    "erfcx exp exp2 expm1 fill floor gamma gammaln ge gt i0 i1 int_div inv invert iv j0 j1 jv le log log10 log1p log2 "
    "lt maximum minimum mod mul neg neq or_ pow psi rad2deg round_half_away_from_zero round_half_to_even second sgn "
    "sin sinh sqr sqrt sub tan tanh tri_gamma true_div trunc xor"
).split()

# What Theano keeps in theano.tensor.nnet.
_OF_NETWORKS = ("sigmoid", "ultra_fast_sigmoid")

__all__ = [f"{name}_inplace" for name in _NAMES] + ["transpose_inplace"]


def __getattr__(name: str) -> Any:
    base = name.removesuffix("_inplace")
    if base == name or base not in (*_NAMES, *_OF_NETWORKS):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = _like_first(base, name)
    return made


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _like_first(base: str, name: str) -> Callable[..., Any]:
    """The function `base` with a result of the type of its first argument."""
    function = getattr(tensor.nnet if base in _OF_NETWORKS else tensor, base)

    def inplace(*args: Any) -> Any:
        result = function(*args)  # refuses a wrong number of arguments
        first = as_tensor_variable(args[0])
        if result.type.broadcastable != first.type.broadcastable:
            raise ValueError(
                f"{name}: the result, {result.type}, has no place in the memory of the first argument, {first.type}. "
                f"Write T.{base}, which makes a new array"
            )
        node = result.owner
        if isinstance(node.op, Elemwise) and node.inputs[0] is first and result.type.dtype == first.type.dtype:
            op, operands = node.op.scalar_op, node.inputs
        else:  # of another dtype: x is filled with the result, converted
            op, operands = second, [first, cast(result, first.type.dtype)]
        return Elemwise(op, {0: 0}, name=f"Elemwise{{{base},inplace}}")(*operands)

    inplace.__name__ = inplace.__qualname__ = name
    inplace.__module__ = __name__
    inplace.__doc__ = filled(f"""`{base}` in the memory of its first argument: see `theano.tensor.inplace`.

Parameters
----------
*args : tensor-like
    As those of `{base}`.

Returns
-------
TensorVariable
    Of the type of the first argument.

Raises
------
<tensor errors>
ValueError
    The result has other broadcastable axes than the first argument.

Examples
--------
>>> from theano.tensor.inplace import {name}
>>> callable({name})
True
""")
    return inplace


def transpose_inplace(x: Any, **kwargs: Any) -> Any:
    """The transpose, which shares its memory with `x`: as ``x.T`` does.

    Parameters
    ----------
    x
        Tensor.
    kwargs
        As for `transpose`: ``axes``.

    Raises
    ------
    ValueError
        Axes that are not those of `x`.

    Examples
    --------
    >>> T.inplace.transpose_inplace(T.dtensor3()).owner.op.new_order
    (2, 1, 0)
    """
    return tensor.transpose(x, **kwargs)
