"""Medians and quantiles, under NumPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Constant
from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE
from theano.tensor.checks.assertion import Assert
from theano.tensor.elemwise import dimshuffle
from theano.tensor.making.alloc import alloc, zeros_like
from theano.tensor.pointwise.math import (
    cast,
    ceil,
    clip,
    eq,
    floor,
    ge,
    isnan,
    le,
    maximum,
    minimum,
    round_half_to_even,
    switch,
)
from theano.tensor.reductions.careduce import all_axes, normalize_axis
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.arranging import expand_dims, moveaxis, take_along_axis
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import product, shape_i
from theano.tensor.sorting.sort import sort
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile"]

# Where between sorted elements a quantile lies: Hyndman and Fan, "Sample quantiles in statistical packages" (The
# American Statistician 50, 1996), equation (1): place = n q + alpha + q (1 - alpha - beta) - 1, counted from 0.
_PLACES = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
# Those that take an element, or the middle of two, instead of a point between: of the place of 'linear'.
_ROUNDED = {
    "lower": lambda place: floor(place),
    "higher": lambda place: ceil(place),
    "nearest": lambda place: round_half_to_even(place),
    "midpoint": lambda place: (floor(place) + ceil(place)) / 2,
}


def _rows(a: Any, axes: tuple[int, ...]) -> Any:
    """`a` with the axes joined to one, the last."""
    kept = [k for k in range(a.type.ndim) if k not in axes]
    moved = dimshuffle(a, [*kept, *axes])
    if len(axes) == 1:
        return moved
    lengths = [shape_i(a, k) for k in kept]
    return reshape(moved, [*lengths, product([shape_i(a, k) for k in axes])], ndim=len(kept) + 1)


def _place(q: Any, n: Any, method: str) -> Any:
    alpha, beta = _PLACES.get(method, _PLACES["linear"])
    place = n * q + (alpha + q * (1 - alpha - beta)) - 1
    place = _ROUNDED[method](place) if method in _ROUNDED else place
    return clip(place, 0, maximum(n - 1, 0))


def _at(rows: Any, place: Any) -> Any:
    """The number at a place, which may lie between two elements, in each sorted row."""
    low = floor(place)
    index = cast(low, "int64")
    first = take_along_axis(rows, index, axis=-1)
    second = take_along_axis(rows, cast(ceil(place), "int64"), axis=-1)
    part = cast(place - low, rows.type.dtype)
    # An infinity that has no part in the number would make it NaN.
    return switch(eq(first, second), first, first * (1 - part) + second * part)


def _quantile(a: Any, q: Any, axis: Any, method: str, keepdims: bool, what: str, leave_nan_out: bool) -> Any:
    a = as_tensor_variable(a)
    if a.type.dtype in COMPLEX:
        raise TypeError(f"{what}: complex numbers have no order")
    if method not in _PLACES and method not in _ROUNDED:
        raise ValueError(f"{what}: method must be one of {', '.join([*_PLACES, *_ROUNDED])}, not {method!r}")
    if q.type.ndim > 1:
        raise ValueError(f"{what}: q must be a number or a vector, not of {q.type.ndim} dimensions")
    a = cast(a, "float64") if a.type.dtype in DISCRETE else a
    axes = all_axes(normalize_axis(axis, a.type.ndim), a.type.ndim)
    rows = sort(_rows(a, axes), axis=-1)  # NaN come last
    before = rows.type.ndim - 1
    *others, length = (shape_i(rows, k) for k in range(before + 1))
    if leave_nan_out:
        count = sum_(switch(isnan(rows), 0, 1), axis=-1, dtype="int64", keepdims=True)
    else:
        count = dimshuffle(length, ["x"] * (before + 1))
    spread = dimshuffle(q, ["x"] * before + [0 if q.type.ndim else "x"])
    asked = shape_i(spread, before)
    may_be_empty = (leave_nan_out or what == "median") and not rows.type.shape[-1]
    if may_be_empty:  # Without elements nothing is looked up, and results are NaN, as NumPy's.
        spread = spread[..., : asked * minimum(length, 1)]
    place = _place(spread, count, method)
    result = _at(rows, place)
    nan = constant(np.asarray(np.nan, rows.type.dtype))
    if not leave_nan_out:
        last = take_along_axis(rows, zeros_like(place, "int64") + (count - 1), axis=-1)
        result = switch(isnan(last), nan, result)
    result = moveaxis(result, -1, 0)
    if may_be_empty:
        result = concatenate([result, alloc(nan, asked - shape_i(spread, before), *others)])
        result = reshape(result, [asked, *others], ndim=before + 1)  # lengths that are known stay known
    result = result if q.type.ndim else result[0]
    return expand_dims(result, tuple(k + q.type.ndim for k in axes)) if keepdims and axes else result


def _fractions(q: Any, whole: int, what: str) -> Any:
    """`q`, numbers from 0 to `whole`, as parts of it."""
    q = as_tensor_variable(q)
    complaint = f"{what}: q must be from 0 to {whole}"
    if not isinstance(q, Constant):
        q = Assert(complaint, ValueError)(q, all_(ge(q, 0) * le(q, whole)))
    elif not np.all((q.data >= 0) & (q.data <= whole)):
        raise ValueError(f"{complaint}, not {q.data}")
    return cast(q, "float64") / float(whole) if whole != 1 else cast(q, "float64")


def quantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The numbers below which the fractions `q` of the elements lie; NaN where an element is NaN.

    Parameters
    ----------
    a : tensor-like
        Real numbers; integers are taken as float64.
    q : tensor-like
        A fraction from 0 to 1, or a vector of them.
    <axis>
    method : str
        How a number between two elements is found: 'linear', 'lower', 'higher', 'nearest', 'midpoint', 'hazen',
        'weibull', 'median_unbiased', 'normal_unbiased', 'interpolated_inverted_cdf'; see `numpy.quantile`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Of the float dtype of `a`: the axis of `q`, if it is a vector, then those of `a` without `axis`.

    Raises
    ------
    TypeError
        `a` is complex.
    ValueError
        Another `method`, `q` has more than one dimension, or (also when it runs) is not from 0 to 1.
    IndexError
        When it runs: there are no elements.

    Examples
    --------
    >>> T.quantile(T.constant([1.0, 2.0, 4.0]), [0.5, 0.75]).eval()
    array([2., 3.])

    Notes
    -----
    The methods are those of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American
    Statistician 50 (1996), 361-365. With 'linear' the number is at the place ``q * (n - 1)`` of the `n` sorted
    elements, counted from 0, on the straight line between its neighbours.
    """
    return _quantile(a, _fractions(q, 1, "quantile"), axis, method, keepdims, "quantile", False)


def percentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` of ``q / 100``.

    Parameters
    ----------
    a : tensor-like
        Real numbers; integers are taken as float64.
    q : tensor-like
        Hundredths from 0 to 100, or a vector of them.
    <axis>
    method : str
        As that of `quantile`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Of the float dtype of `a`: the axis of `q`, if it is a vector, then those of `a` without `axis`.

    Raises
    ------
    TypeError
        `a` is complex.
    ValueError
        Another `method`, `q` has more than one axis, or (also when it runs) is not from 0 to 100.
    IndexError
        When it runs: there are no elements.

    Examples
    --------
    >>> T.percentile(T.constant([1.0, 2.0, 4.0]), 75).eval()
    array(3.)

    References
    ----------
    ``quantile(a, q / 100)``, as `numpy.percentile`.
    """
    return _quantile(a, _fractions(q, 100, "percentile"), axis, method, keepdims, "percentile", False)


def median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The middle of the sorted elements over `axis`, or the mean of both; NaN where one is NaN, or there is none.

    Parameters
    ----------
    a : tensor-like
        Real numbers; integers are taken as float64.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the float dtype of `a`, without the axes `axis`.

    Raises
    ------
    TypeError
        `a` is complex.

    Examples
    --------
    >>> T.median(T.constant([[1.0, 5.0, 3.0], [2.0, 2.0, 9.0]]), axis=1).eval()
    array([3., 2.])

    References
    ----------
    ``y = (s[(n - 1) // 2] + s[n // 2]) / 2``, as `numpy.median`; s is x in order.
    """
    return _quantile(a, constant(np.asarray(0.5)), axis, "linear", keepdims, "median", False)


def nanquantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` of the elements that are not NaN; NaN where there is none.

    Parameters
    ----------
    a : tensor-like
        Real numbers; integers are taken as float64.
    q : tensor-like
        A fraction from 0 to 1, or a vector of them.
    <axis>
    method : str
        As that of `quantile`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Of the float dtype of `a`: the axis of `q`, if it is a vector, then those of `a` without `axis`.

    Raises
    ------
    TypeError
        `a` is complex.
    ValueError
        Another `method`, `q` has more than one axis, or (also when it runs) is not from 0 to 1.

    Examples
    --------
    >>> T.nanquantile(T.constant([1.0, np.nan, 4.0]), 0.5).eval()
    array(2.5)

    References
    ----------
    ``y = quantile(a[a == a], q)``, as `numpy.nanquantile`.
    """
    return _quantile(a, _fractions(q, 1, "nanquantile"), axis, method, keepdims, "nanquantile", True)


def nanpercentile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` of ``q / 100`` of the elements that are not NaN; NaN where there is none.

    Parameters
    ----------
    a : tensor-like
        Real numbers; integers are taken as float64.
    q : tensor-like
        Hundredths from 0 to 100, or a vector of them.
    <axis>
    method : str
        As that of `quantile`.
    <keepdims>

    Returns
    -------
    TensorVariable
        Of the float dtype of `a`: the axis of `q`, if it is a vector, then those of `a` without `axis`.

    Raises
    ------
    TypeError
        `a` is complex.
    ValueError
        Another `method`, `q` has more than one axis, or (also when it runs) is not from 0 to 100.

    Examples
    --------
    >>> T.nanpercentile(T.constant([1.0, np.nan, 4.0]), 50).eval()
    array(2.5)

    References
    ----------
    ``y = quantile(a[a == a], q / 100)``, as `numpy.nanpercentile`.
    """
    return _quantile(a, _fractions(q, 100, "nanpercentile"), axis, method, keepdims, "nanpercentile", True)


def nanmedian(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`median` of the elements that are not NaN; NaN where there is none.

    Parameters
    ----------
    a : tensor-like
        Real numbers; integers are taken as float64.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the float dtype of `a`, without the axes `axis`.

    Raises
    ------
    TypeError
        `a` is complex.

    Examples
    --------
    >>> T.nanmedian(T.constant([1.0, np.nan, 4.0, 7.0])).eval()
    array(4.)

    References
    ----------
    ``y = median(a[a == a])``, as `numpy.nanmedian`.
    """
    return _quantile(a, constant(np.asarray(0.5)), axis, "linear", keepdims, "nanmedian", True)


fill(globals())
