"""Sums, products and sequences of numbers, under NumPy's names (`logsumexp`: SciPy's)."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE, upcast
from theano.tensor.checks.assertion import Assert, asserted_equal
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing.indexing import take
from theano.tensor.linalg.dot import dot
from theano.tensor.making.alloc import ones_like, zeros_like
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import checked_axis
from theano.tensor.pointwise.math import (
    abs_,
    cast,
    clip,
    conj,
    eq,
    exp,
    ge,
    gt,
    imag,
    isinf,
    log,
    lt,
    maximum,
    minimum,
    neq,
    real,
    sqrt,
    switch,
    true_div,
)
from theano.tensor.pointwise.math import complex as complex_
from theano.tensor.reductions.careduce import all_axes, normalize_axis
from theano.tensor.reductions.cumulative import diff
from theano.tensor.reductions.extremes import supremum
from theano.tensor.reductions.reduction import any as any_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.reductions.statistics import cov
from theano.tensor.shaping.arranging import flip
from theano.tensor.shaping.axes import shape_padright
from theano.tensor.shaping.diagonal import diag
from theano.tensor.shaping.join import concatenate, stack
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import shape_i
from theano.tensor.sorting.ordered import searchsorted
from theano.tensor.variable import as_tensor_variable, constant

__all__ = [
    "average", "convolve", "corrcoef", "correlate", "count_nonzero", "cross", "ediff1d", "interp", "isin", "logsumexp",
    "polyval", "trapezoid", "vdot",
]  # fmt: skip


def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The logarithm of the sum of exponentials over `axis`, without overflow; -inf of nothing.

    Parameters
    ----------
    a : tensor-like
        Real numbers.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`; of float64 for integers, else of the dtype of `a`.

    Raises
    ------
    TypeError
        `a` is complex, or `axis` is not made of ints.
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.logsumexp(T.constant([1000.0, 1000.0])).eval()
    array(1000.69314718)

    Notes
    -----
    The formula is ``log(sum(exp(a - m))) + m``, where `m` is the largest element.

    References
    ----------
    ``m + log(sum(exp(x - m)))`` with ``m = max(x)``, as `scipy.special.logsumexp`.
    """
    a = as_tensor_variable(a)
    if a.type.dtype in COMPLEX:
        raise TypeError(f"logsumexp takes real numbers, {a} is of {a.type}")
    a = cast(a, "float64") if a.type.dtype in DISCRETE else a  # differences of small integers would overflow
    largest = supremum(a, axis=axis, keepdims=True)
    # An infinity less itself would be NaN; where the largest is none, it comes off exactly.
    shift = switch(isinf(largest), constant(np.asarray(0, largest.type.dtype)), largest)
    result = log(sum_(exp(a - shift), axis=axis, keepdims=True)) + shift
    if keepdims:
        return result
    axes = all_axes(normalize_axis(axis, a.type.ndim), a.type.ndim)
    return dimshuffle(result, [k for k in range(a.type.ndim) if k not in axes])


def count_nonzero(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements over `axis` are not zero.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        int64, without the axes `axis`.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.count_nonzero(T.constant([0, 1, 2])).eval()
    array(2)

    References
    ----------
    ``y = sum(a != 0)``, as `numpy.count_nonzero`.
    """
    return sum_(neq(as_tensor_variable(a), 0), axis=axis, dtype="int64", keepdims=keepdims)


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Any:
    """The mean with weights over `axis`.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    <axis>
    weights : tensor-like, optional
        Of the shape of `a`, or a vector along the one axis `axis`; default: all are 1.
    returned : bool
        Whether to return the sums of the weights, too.
    <keepdims>

    Returns
    -------
    TensorVariable, or a pair of them
        Without the axes `axis`, of float64 for integers; with `returned`, then the sums of the weights.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis, or weights of another shape than the tensor are no vector along one axis.

    Examples
    --------
    >>> T.average(T.constant([1.0, 4.0]), weights=[1, 2]).eval()
    array(3.)

    Notes
    -----
    The formula is ``sum(a * weights) / sum(weights)``.

    References
    ----------
    ``sum(w * a) / sum(w)``, as `numpy.average`.
    """
    a = as_tensor_variable(a)
    weights = ones_like(a) if weights is None else as_tensor_variable(weights)
    if weights.type.ndim != a.type.ndim:
        if weights.type.ndim != 1 or not isinstance(axis, (int, np.integer)):
            raise ValueError("average: weights of another shape than the tensor are a vector along one axis")
        (place,) = all_axes(normalize_axis(axis, a.type.ndim), a.type.ndim)
        weights = dimshuffle(weights, [0 if k == place else "x" for k in range(a.type.ndim)])
        weights = weights * ones_like(a)
    total = sum_(weights, axis=axis, keepdims=keepdims)
    result = true_div(sum_(a * weights, axis=axis, keepdims=keepdims), total)
    return (result, total) if returned else result


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """The correlation coefficients of variables: covariances (see `cov`) divided by standard deviations.

    Parameters
    ----------
    x, y : tensor-like, `y` optional
        Matrices with a variable in each row, or vectors with one; `y` has more variables.
    rowvar : bool
        False: variables are columns.

    Returns
    -------
    TensorVariable
        A matrix with a row and a column for each variable; 0-d for one vector.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is neither a vector nor a matrix.

    Examples
    --------
    >>> T.corrcoef(T.constant([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])).eval()
    array([[ 1., -1.],
           [-1.,  1.]])

    Notes
    -----
    The formula is ``cov[i, j] / sqrt(cov[i, i] * cov[j, j])``.

    References
    ----------
    ``r[i, j] = c[i, j] / sqrt(c[i, i] * c[j, j])``, as `numpy.corrcoef`.
    """
    c = cov(x, y, rowvar)
    if c.type.ndim == 0:
        # What `c / c` is, which would be simplified to 1.
        variance = real(c) if c.type.dtype in COMPLEX else c
        one, nan = (constant(np.asarray(number, c.type.dtype)) for number in (1, np.nan))
        return switch(gt(variance, 0) * lt(variance, np.inf), one, nan)
    deviations = sqrt(real(diag(c)) if c.type.dtype in COMPLEX else diag(c))
    scaled = c / dimshuffle(deviations, (0, "x")) / dimshuffle(deviations, ("x", 0))
    if c.type.dtype in COMPLEX:
        return complex_(clip(real(scaled), -1, 1), clip(imag(scaled), -1, 1))
    return clip(scaled, -1, 1)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of `y` along `axis` by the trapezoidal rule.

    Parameters
    ----------
    y : tensor-like
        <any tensor>
    x : tensor-like, optional
        Where the values are: a tensor like `y`, or a vector along `axis`.
    dx : tensor-like, 0-d
        How far they are apart, if `x` is not given.
    axis : int
        Along which axis.

    Returns
    -------
    TensorVariable
        Without the axis `axis`, of a float dtype.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.trapezoid(T.constant([1.0, 2.0, 3.0]), x=[4, 6, 8]).eval()
    array(8.)

    Notes
    -----
    The formula is ``sum over k of (x[k + 1] - x[k]) * (y[k] + y[k + 1]) / 2``.

    References
    ----------
    ``sum over k of (x[k + 1] - x[k]) * (y[k] + y[k + 1]) / 2``, as `numpy.trapezoid`. DLMF 3.5(i).
    """
    y = as_tensor_variable(y)
    (axis,) = all_axes(normalize_axis(axis, y.type.ndim), y.type.ndim)
    distance = as_tensor_variable(dx)
    if x is not None:
        x = as_tensor_variable(x)
        if x.type.ndim == 1:
            distance = dimshuffle(diff(x), [0 if k == axis else "x" for k in range(y.type.ndim)])
        else:
            distance = diff(x, axis=axis)
    before = (slice(None),) * axis
    middles = (y[(*before, slice(1, None))] + y[(*before, slice(None, -1))]) / 2.0
    return sum_(distance * middles, axis=axis)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Values between points (`xp`, `fp`) at `x`, on straight lines, as `numpy.interp`.

    Parameters
    ----------
    x : tensor-like
        Of any shape.
    xp, fp : tensor-like
        Vectors of one length; `xp` increases (with `period`, in any order).
    left, right : tensor-like, 0-d, optional
        Values below the first and above the last of `xp`; default: those of the ends.
    period : tensor-like, 0-d, optional
        `xp` and `x` are taken modulo this.

    Returns
    -------
    TensorVariable
        Of the shape of `x`, of a float dtype.

    Raises
    ------
    <tensor errors>
    ValueError
        `xp` or `fp` is no vector.

    Examples
    --------
    >>> T.interp(T.constant([0.5, 3.0]), [0, 1, 2], [0.0, 10.0, 20.0]).eval()
    array([ 5., 20.])

    Notes
    -----
    The formula, for ``xp[k] <= x < xp[k + 1]``, is ``fp[k] + (x - xp[k]) * (fp[k + 1] - fp[k]) / (xp[k + 1] -
    xp[k])``.
    """
    x, xp, fp = (as_tensor_variable(v) for v in (x, xp, fp))
    if xp.type.ndim != 1 or fp.type.ndim != 1:
        raise ValueError("interp: xp and fp are vectors")
    dtype = upcast("float64" if fp.type.dtype in DISCRETE else fp.type.dtype, x.type.dtype, xp.type.dtype)
    xp, fp = cast(xp, dtype), cast(fp, dtype)  # differences of small integers would overflow
    if period is not None:
        period = abs_(as_tensor_variable(period))
        x, xp = x % period, xp % period
        order = xp.argsort()
        xp, fp = xp[order], fp[order]
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    last = shape_i(xp, 0) - 1
    flat = flatten(x)
    after = searchsorted(xp, flat, side="right")
    k = clip(after - 1, 0, maximum(last - 1, 0))
    nearby = minimum(k + 1, last)
    x0, y0 = xp[k], fp[k]
    width = xp[nearby] - x0
    flat = cast(flat, dtype)
    slope = switch(eq(width, 0), 0, true_div(fp[nearby] - y0, switch(eq(width, 0), 1, width)))
    inside = y0 + slope * (flat - x0)
    low = fp[0] if left is None else as_tensor_variable(left)
    high = fp[last] if right is None else as_tensor_variable(right)
    result = switch(gt(flat, xp[last]), high, switch(lt(flat, xp[0]), low, inside))
    result = switch(eq(flat, xp[last]), fp[last], result)
    return reshape(cast(result, dtype), x.shape, ndim=x.type.ndim)


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Sums of products of the vector `a` with the conjugated `v` moved along it, as `numpy.correlate`.

    Parameters
    ----------
    a, v : tensor-like
        Vectors.
    mode : {'valid', 'same', 'full'}
        The places where one covers the other, as many as the longer one has, or all where they meet.

    Returns
    -------
    TensorVariable
        A vector of the dtype that holds those of both.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is no vector, or another `mode`. When it runs: one has no elements.

    Examples
    --------
    >>> T.correlate(T.constant([1, 2, 3]), T.constant([0, 1])).eval()
    array([2, 3])

    Notes
    -----
    The formula is ``result[k] = sum over n of a[n + k] * conj(v[n])``.
    """
    v = as_tensor_variable(v)
    return _convolved(a, flip(conj(v) if v.type.dtype in COMPLEX else v), mode, "correlate")


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The convolution of two vectors, ``sum over k of a[n - k] * v[k]``.

    Parameters
    ----------
    a, v : tensor-like
        Vectors.
    mode : {'full', 'same', 'valid'}
        All places where they meet, as many as the longer one has, or those where one covers the other.

    Returns
    -------
    TensorVariable
        A vector of the dtype that holds those of both.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is no vector, or another `mode`. When it runs: one has no elements.

    Examples
    --------
    >>> T.convolve(T.constant([1, 2, 3]), T.constant([0, 1])).eval()
    array([0, 1, 2, 3])

    References
    ----------
    ``y[n] = sum over k of a[n - k] * v[k]``, as `numpy.convolve`.
    """
    return _convolved(a, v, mode, "convolve")


def _convolved(a: Any, v: Any, mode: str, what: str) -> Any:
    a, v = as_tensor_variable(a), as_tensor_variable(v)
    if a.type.ndim != 1 or v.type.ndim != 1:
        raise ValueError(f"{what} takes vectors, not tensors of {a.type.ndim} and {v.type.ndim} dimensions")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{what}: mode must be 'full', 'same' or 'valid', not {mode!r}")
    n, m = shape_i(a, 0), shape_i(v, 0)
    longer = maximum(n, m)
    shorter = Assert(f"{what}: a vector has no elements", ValueError)(minimum(n, m), gt(minimum(n, m), 0))
    # Of an even number more that are left out, NumPy leaves out the last one; where it has exchanged the vectors of
    # a correlation, the first one.
    middle = switch(lt(n, m), shorter // 2, (shorter - 1) // 2) if what == "correlate" else (shorter - 1) // 2
    first = {"full": 0, "same": middle, "valid": shorter - 1}[mode]
    count = {"full": longer + shorter - 1, "same": longer, "valid": longer - shorter + 1}[mode]
    k = dimshuffle(arange(m), ("x", 0))
    place = dimshuffle(arange(first, first + count), (0, "x")) - k
    inside = ge(place, 0) * lt(place, n)
    terms = take(a, clip(place, 0, maximum(n - 1, 0))) * dimshuffle(v, ("x", 0))
    dtype = upcast(a.type.dtype, v.type.dtype)
    return sum_(switch(inside, terms, constant(np.asarray(0, dtype))), axis=1, dtype=dtype)


def cross(a: Any, b: Any, axis: int = -1) -> Any:
    """The cross products of vectors of three numbers along `axis`.

    Parameters
    ----------
    a, b : tensor-like
        With three elements along `axis`, and other lengths that broadcast.
    axis : int
        Along which axis the vectors lie.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of both.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis, or there are not three numbers along it (when it runs, if that is not known before).

    Examples
    --------
    >>> T.cross(T.constant([1, 0, 0]), T.constant([0, 1, 0])).eval()
    array([0, 0, 1])

    Notes
    -----
    The formula is ``(a1 b2 - a2 b1, a2 b0 - a0 b2, a0 b1 - a1 b0)``, as `numpy.cross`.
    """
    (x0, x1, x2), (y0, y1, y2) = (_three_numbers(as_tensor_variable(v), axis) for v in (a, b))
    return stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0], axis=axis)


def _three_numbers(x: Any, axis: int) -> list[Any]:
    """The first, the second and the third number of each vector along an axis."""
    place = checked_axis(axis, x.type.ndim, "cross")
    x = asserted_equal(f"cross: vectors along axis {axis} must have three numbers, not {{0}}", x, shape_i(x, place), 3)
    return [take(x, k, axis=place) for k in range(3)]


def vdot(a: Any, b: Any) -> Any:
    """The sum of products of the conjugated elements of `a` with those of `b`, both flattened.

    Parameters
    ----------
    a, b : tensor-like
        With equal numbers of elements.

    Returns
    -------
    TensorVariable
        0-d, of the dtype that holds those of both.

    Raises
    ------
    <tensor errors>
    ValueError
        The numbers of elements differ (when it runs, if they are not known before).

    Examples
    --------
    >>> T.vdot(T.constant([[1, 2]]), T.constant([[3, 4]])).eval()
    array(11)

    Notes
    -----
    The formula is ``sum over k of conj(a[k]) * b[k]``.

    References
    ----------
    ``sum over k of conj(a[k]) * b[k]``, as `numpy.vdot`.
    """
    a, b = flatten(as_tensor_variable(a)), flatten(as_tensor_variable(b))
    return dot(conj(a) if a.type.dtype in COMPLEX else a, b)


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours in the flattened tensor, with more numbers before and behind.

    Parameters
    ----------
    ary : tensor-like
        A variable, a number, an array or a list, of any shape; not of bools.
    to_end, to_begin : tensor-like, optional
        Numbers behind and before the differences.

    Returns
    -------
    TensorVariable
        A vector of the dtype that holds those of all.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.ediff1d(T.constant([1, 4, 9]), to_end=[0]).eval()
    array([3, 5, 0])

    References
    ----------
    ``y[k] = x[k + 1] - x[k]``, as `numpy.ediff1d`.
    """
    parts = [diff(flatten(as_tensor_variable(ary)))]
    if to_begin is not None:
        parts.insert(0, flatten(as_tensor_variable(to_begin)))
    if to_end is not None:
        parts.append(flatten(as_tensor_variable(to_end)))
    return parts[0] if len(parts) == 1 else concatenate(parts)


def isin(element: Any, test_elements: Any, invert: bool = False) -> Any:
    """For each element whether it is among `test_elements`; the time goes with the product of both numbers.

    Parameters
    ----------
    element : tensor-like
        <any tensor>
    test_elements : tensor-like
        Of any shape.
    invert : bool
        Whether to tell which are not among them.

    Returns
    -------
    TensorVariable
        Bools, of the shape of `element`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.isin(T.constant([1, 2, 3]), [3, 1]).eval()
    array([ True, False,  True])

    References
    ----------
    ``y[i] = any(element[i] == test_elements)``, as `numpy.isin`.
    """
    element, others = as_tensor_variable(element), flatten(as_tensor_variable(test_elements))
    found = any_(eq(shape_padright(element), others), axis=-1)
    return eq(found, 0) if invert else found


def polyval(p: Any, x: Any) -> Any:
    """The polynomial with coefficients `p` (a vector of known length, highest power first) at `x`, by Horner's rule.

    Parameters
    ----------
    p : tensor-like
        A vector of known length: the coefficients, that of the highest power first.
    x : tensor-like
        Of any shape.

    Returns
    -------
    TensorVariable
        Of the shape of `x`, and of the dtype that holds those of both, in which small integers may overflow.

    Raises
    ------
    <tensor errors>
    ValueError
        The length of `p` is not known.

    Examples
    --------
    >>> T.polyval([3, 0, 1], T.constant(5)).eval()
    array(76, dtype=int8)

    Notes
    -----
    The formula is ``(...(p[0] * x + p[1]) * x + ...) * x + p[n]``, Horner's rule, as `numpy.polyval`.
    """
    from_highest = list(p) if isinstance(p, (list, tuple)) else list(as_tensor_variable(p))
    x = as_tensor_variable(x)
    if not from_highest:
        return zeros_like(x)
    result = as_tensor_variable(from_highest[0]) * ones_like(x)
    for coefficient in from_highest[1:]:
        result = result * x + coefficient
    return result


fill(globals())
