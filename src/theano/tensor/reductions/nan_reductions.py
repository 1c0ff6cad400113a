"""Reductions that leave NaN out, and numbers in place of NaN and infinity, under NumPy's names.

Each takes the axes over which it goes as `theano.tensor.sum` does. Gradients of what is left out are zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE, real_of
from theano.tensor.checks.assertion import Assert
from theano.tensor.pointwise.math import abs_, cast, eq, imag, isnan, real, sqr, sqrt, switch, true_div
from theano.tensor.pointwise.math import complex as complex_
from theano.tensor.reductions.cumulative import cumprod, cumsum
from theano.tensor.reductions.extremes import argmax, argmin
from theano.tensor.reductions.extremes import max as max_
from theano.tensor.reductions.extremes import min as min_
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import prod as prod_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.variable import as_tensor_variable, constant

__all__ = [
    "nan_to_num", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod",
    "nanstd", "nansum", "nanvar",
]  # fmt: skip


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """`x` with numbers in place of NaN (`nan`) and the infinities (default: the largest numbers of the dtype).

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    copy : bool
        Has no meaning here.
    nan : tensor-like, 0-d
        What stands for NaN.
    posinf, neginf : tensor-like, 0-d, optional
        What stands for the infinities.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `x`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nan_to_num(T.constant([1.0, np.nan, -np.inf]), neginf=-9).eval()
    array([ 1.,  0., -9.])

    References
    ----------
    ``y = 0 where x != x``, as `numpy.nan_to_num`.
    """
    x = as_tensor_variable(x)
    dtype = x.type.dtype
    if dtype in DISCRETE:
        return x
    if dtype in COMPLEX:
        parts = [nan_to_num(part, copy, nan, posinf, neginf) for part in (real(x), imag(x))]
        return cast(complex_(*parts), dtype)
    limits = np.finfo(dtype)

    def number(value: Any, default: Any) -> Any:
        return cast(as_tensor_variable(default if value is None else value), dtype)

    kept = switch(eq(x, number(np.inf, None)), number(posinf, limits.max), x)
    kept = switch(eq(x, number(-np.inf, None)), number(neginf, limits.min), kept)
    return switch(isnan(x), number(nan, 0), kept)


def _without(x: Any, number: Any) -> Any:
    """`x` with `number` where it is NaN."""
    return x if x.type.dtype in DISCRETE else switch(isnan(x), constant(np.asarray(number, x.type.dtype)), x)


def _zero_where_nan(x: Any, y: Any) -> Any:
    """`y` with zeros where `x` is NaN."""
    return y if x.type.dtype in DISCRETE else switch(isnan(x), constant(np.asarray(0, y.type.dtype)), y)


def _counted(x: Any, axis: Any, keepdims: bool) -> Any:
    """How many elements over `axis` are not NaN."""
    return sum_(switch(isnan(x), 0, 1), axis=axis, dtype="int64", keepdims=keepdims)


def nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Sum of the elements over `axis` that are not NaN.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Dtype of the result; default: int64 or uint64 for integers, else that of `a`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`; 0 where all elements are NaN.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nansum(T.constant([1.0, np.nan, 2.0])).eval()
    array(3.)

    References
    ----------
    ``y = sum(a[a == a])``, as `numpy.nansum`.
    """
    return sum_(_without(as_tensor_variable(a), 0), axis=axis, dtype=dtype, keepdims=keepdims)


def nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Product of the elements over `axis` that are not NaN.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Dtype of the result; default: int64 or uint64 for integers, else that of `a`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`; 1 where all elements are NaN.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nanprod(T.constant([2.0, np.nan, 3.0])).eval()
    array(6.)

    References
    ----------
    ``y = prod(a[a == a])``, as `numpy.nanprod`.
    """
    return prod_(_without(as_tensor_variable(a), 1), axis=axis, dtype=dtype, keepdims=keepdims)


def _accumulated(a: Any, axis: int | None, dtype: Any, number: int, accumulate: Any) -> Any:
    a = as_tensor_variable(a)
    # Sums and products of small integers have 64 bits.
    kind = np.cumsum(np.empty(0, a.type.dtype)).dtype.name if dtype is None else np.dtype(dtype).name
    return accumulate(cast(_without(a, number), kind), axis)


def nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The sums of the elements so far along `axis` (default: of the flattened `a`), where NaN count as 0.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    axis : int or None
        None: `a` is flattened.
    dtype : str, optional
        That of the sums; default: as NumPy has it, 64 bits for integers.

    Returns
    -------
    TensorVariable
        Of the shape of `a` (flattened: a vector).

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.nancumsum(T.constant([1.0, np.nan, 2.0])).eval()
    array([1., 1., 3.])

    References
    ----------
    ``y[k] = y[k - 1] + a[k]``, as `numpy.nancumsum`.
    """
    return _accumulated(a, axis, dtype, 0, cumsum)


def nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """The products of the elements so far along `axis`, where NaN count as 1; see `nancumsum`.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    axis : int or None
        None: `a` is flattened.
    dtype : str, optional
        That of the products; default: as NumPy has it, 64 bits for integers.

    Returns
    -------
    TensorVariable
        Of the shape of `a` (flattened: a vector).

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.nancumprod(T.constant([2.0, np.nan, 3.0])).eval()
    array([2., 2., 6.])

    References
    ----------
    ``y[k] = y[k - 1] * a[k]``, as `numpy.nancumprod`.
    """
    return _accumulated(a, axis, dtype, 1, cumprod)


def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Mean of the elements over `axis` that are not NaN; NaN if there is none.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Float dtype of the result; default: float64 for integers, else that of `a`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nanmean(T.constant([[1.0, np.nan], [3.0, np.nan]]), axis=0).eval()
    array([ 2., nan])

    References
    ----------
    ``y = mean(a[a == a])``, as `numpy.nanmean`.
    """
    a = as_tensor_variable(a)
    dtype = dtype or (a.type.dtype if a.type.dtype not in DISCRETE else "float64")
    total = nansum(a, axis, dtype, keepdims)
    return true_div(total, cast(_counted(a, axis, keepdims), real_of(dtype)))


def nanvar(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Variance of the elements over `axis` that are not NaN; their number minus `ddof` is the divisor.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Float dtype of the result; default: float64 for integers, else that of `a`.
    ddof : int
        What is taken from the number of elements to make the divisor.
    <keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`; NaN where there are not more than `ddof` elements.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nanvar(T.constant([1.0, np.nan, 3.0])).eval()
    array(1.)

    References
    ----------
    ``y = var(a[a == a])``, as `numpy.nanvar`.
    """
    a = as_tensor_variable(a)
    # What is left out counts as if it were the mean; NaN from infinite elements stays.
    centred = _zero_where_nan(a, a - nanmean(a, axis, dtype, keepdims=True))
    squares = sqr(abs_(centred)) if centred.type.dtype in COMPLEX else sqr(centred)
    count = cast(_counted(a, axis, keepdims) - ddof, squares.type.dtype)
    result = true_div(sum_(squares, axis=axis, keepdims=keepdims), count)
    return switch(count > 0, result, constant(np.asarray(np.nan, result.type.dtype)))


def nanstd(a: Any, axis: Any = None, dtype: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    """Standard deviation of the elements over `axis` that are not NaN: the square root of `nanvar`.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Float dtype of the result; default: float64 for integers, else that of `a`.
    ddof : int
        What is taken from the number of elements to make the divisor.
    <keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`; NaN where there are not more than `ddof` elements.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nanstd(T.constant([1.0, np.nan, 3.0])).eval()
    array(1.)

    References
    ----------
    ``y = std(a[a == a])``, as `numpy.nanstd`.
    """
    return sqrt(nanvar(a, axis, dtype, ddof, keepdims))


def _extreme(a: Any, axis: Any, keepdims: bool, reduce: Any, least: float) -> Any:
    a = as_tensor_variable(a)
    if a.type.dtype in DISCRETE:
        return reduce(a, axis=axis, keepdims=keepdims)
    found = reduce(_without(a, least), axis=axis, keepdims=keepdims)
    nothing = all_(isnan(a), axis=axis, keepdims=keepdims)
    return switch(nothing, constant(np.asarray(np.nan, a.type.dtype)), found)


def nanmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest of the elements over `axis` that are not NaN; NaN if there is none.

    Parameters
    ----------
    a : tensor-like
        Real.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the dtype of `a`; without the axes `axis`.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nanmax(T.constant([1.0, np.nan, 2.0])).eval()
    array(2.)

    References
    ----------
    ``y = max(a[a == a])``, as `numpy.nanmax`.
    """
    return _extreme(a, axis, keepdims, max_, -np.inf)


def nanmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest of the elements over `axis` that are not NaN; NaN if there is none.

    Parameters
    ----------
    a : tensor-like
        Real.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the dtype of `a`; without the axes `axis`.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.nanmin(T.constant([np.nan, 3.0, 2.0])).eval()
    array(2.)

    References
    ----------
    ``y = min(a[a == a])``, as `numpy.nanmin`.
    """
    return _extreme(a, axis, keepdims, min_, np.inf)


def _position(a: Any, axis: Any, keepdims: bool, position: Any, least: float, what: str) -> Any:
    a = as_tensor_variable(a)
    if a.type.dtype in DISCRETE:
        return position(a, axis=axis, keepdims=keepdims)
    found = position(_without(a, least), axis=axis, keepdims=keepdims)
    nothing = all_(isnan(a), axis=axis, keepdims=keepdims)
    return Assert(f"{what}: all elements are NaN", ValueError)(found, all_(eq(nothing, 0)))


def nanargmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Position of the largest of the elements over `axis` that are not NaN, the first of ties.

    Parameters
    ----------
    a : tensor-like
        Real.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        int64; without the axes `axis`.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; or when it runs: all elements over `axis` are NaN.

    Examples
    --------
    >>> T.nanargmax(T.constant([1.0, np.nan, 2.0])).eval()
    array(2)

    References
    ----------
    ``y = the first i with a[i] == max(a[a == a])``, as `numpy.nanargmax`.
    """
    return _position(a, axis, keepdims, argmax, -np.inf, "nanargmax")


def nanargmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Position of the smallest of the elements over `axis` that are not NaN, the first of ties; see `nanargmax`.

    Parameters
    ----------
    a : tensor-like
        Real.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        int64; without the axes `axis`.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; or when it runs: all elements over `axis` are NaN.

    Examples
    --------
    >>> T.nanargmin(T.constant([np.nan, 3.0, 2.0])).eval()
    array(2)

    References
    ----------
    ``y = the first i with a[i] == min(a[a == a])``, as `numpy.nanargmin`.
    """
    return _position(a, axis, keepdims, argmin, np.inf, "nanargmin")


fill(globals())
