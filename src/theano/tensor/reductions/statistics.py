"""Statistics composed of reductions: mean, variance, norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE, as_dtype
from theano.tensor.linalg.dot import dot
from theano.tensor.pointwise.math import (
    abs_,
    cast,
    conj,
    isclose,
    lt,
    mul,
    neq,
    pow,
    sqr,
    sqrt,
    sub,
    switch,
    true_div,
)
from theano.tensor.reductions.careduce import all_axes, normalize_axis
from theano.tensor.reductions.extremes import max as max_
from theano.tensor.reductions.extremes import min as min_
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.join import concatenate
from theano.tensor.variable import LATE, as_tensor_variable

__all__ = ["allclose", "cov", "largest", "mean", "norm", "ptp", "smallest", "std", "var"]


def _count(x: Any, axis: Any, dtype: str, less: int = 0) -> Any:
    """Number of elements over `axis`, minus `less`, of a float dtype."""
    axes = all_axes(normalize_axis(axis, x.type.ndim), x.type.ndim)
    lengths = [x.type.shape[a] for a in axes]
    if None not in lengths:
        return cast(math.prod(lengths) - less, dtype)
    shape = x.shape
    count = shape[axes[0]]
    for a in axes[1:]:
        count = count * shape[a]
    return cast(count - less if less else count, dtype)


def _named(name: str, result: Any) -> Any:
    """`result`, which nobody has seen yet, under the name of what it is; so listings say it."""
    result.name = name
    return result


def mean(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    op: bool = False,
    keepdims: bool = False,
    acc_dtype: str | None = None,
) -> Any:
    """Mean over axes.

    Parameters
    ----------
    input : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Float dtype of the result; default: float64 for integers, else that of `input`.
    op : bool
        Has no meaning here; for old programs.
    <keepdims>
    acc_dtype : str, optional
        Dtype to add up in; default: as that of `sum`.

    Returns
    -------
    TensorVariable
        Without the axes `axis`.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.mean(T.constant([[1.0, 2.0], [3.0, 5.0]]), axis=0).eval()
    array([2. , 3.5])
    >>> T.mean(T.fvector()).dtype, T.mean(T.ivector()).dtype
    ('float32', 'float64')

    Notes
    -----
    The formula is ``sum(input) / n``.

    References
    ----------
    ``sum(x) / n``, as `numpy.mean`.
    """
    x = as_tensor_variable(input)
    out_dtype = x.type.dtype if dtype is None else as_dtype(dtype)
    if out_dtype in DISCRETE:
        out_dtype = "float64"
    # A float16 sum overflows where the mean does not.
    sum_dtype = "float32" if out_dtype == "float16" else out_dtype
    total = sum_(x, axis=axis, dtype=sum_dtype, keepdims=keepdims, acc_dtype=acc_dtype)
    real_dtype = {"complex64": "float32", "complex128": "float64"}.get(sum_dtype, sum_dtype)
    return _named("mean", cast(true_div(total, _count(x, axis, real_dtype)), out_dtype))


def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """Variance over axes.

    Parameters
    ----------
    input : tensor-like
        <any tensor>
    <axis>
    ddof : int
        What is taken from the number of elements to make the divisor.
    <keepdims>
    corrected : bool
        Whether to subtract the rounding error of the mean.

    Returns
    -------
    TensorVariable
        Real, without the axes `axis`; float64 for integers.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        `ddof` is no int, or there is no such axis.

    Examples
    --------
    >>> T.var(T.constant([[1.0, 2.0], [3.0, 6.0]]), axis=0).eval()
    array([1., 4.])

    Notes
    -----
    The formula is ``sum(abs(input - mean(input)) ** 2) / (n - ddof)``; `corrected` takes ``mean(input -
    mean(input)) ** 2`` off, which is 0 but for rounding: T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for
    computing the sample variance", The American Statistician 37 (1983), 242-247.
    """
    x = as_tensor_variable(input)
    if isinstance(ddof, bool) or not isinstance(ddof, int):
        raise ValueError(f"Parameter ddof must be an int, got {ddof!r}")
    centred = sub(x, mean(x, axis, keepdims=True))
    dtype = centred.type.dtype
    squares = sqr(abs_(centred)) if dtype.startswith("complex") else sqr(centred)
    if ddof == 0:
        result = mean(squares, axis, keepdims=keepdims)
    else:
        count = _count(x, axis, squares.type.dtype, less=ddof)
        result = true_div(sum_(squares, axis, keepdims=keepdims), count)
    if corrected:
        error = sqr(mean(centred, axis, keepdims=keepdims))
        if ddof:
            error = true_div(mul(error, _count(x, axis, squares.type.dtype)), count)
        result = sub(result, error)
    return _named("var", cast(result, squares.type.dtype))


def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
    """Standard deviation over axes: the square root of `var`.

    Parameters
    ----------
    input : tensor-like
        <any tensor>
    <axis>
    ddof : int
        What is taken from the number of elements to make the divisor.
    <keepdims>
    corrected : bool
        Whether to subtract the rounding error of the mean.

    Returns
    -------
    TensorVariable
        Real, without the axes `axis`; float64 for integers.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        `ddof` is no int, or there is no such axis.

    Examples
    --------
    >>> T.std(T.constant([[1.0, 2.0], [3.0, 6.0]]), axis=0).eval()
    array([1., 2.])

    References
    ----------
    ``y = sqrt(var(x))``, as `numpy.std`.
    """
    return _named("std", sqrt(var(input, axis, ddof, keepdims, corrected)))


def norm(x: Any, ord: float | None = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of the elements over `axis` as of a vector: of order `ord` (None: 2), 0 counts the nonzero ones.

    Parameters
    ----------
    x : tensor-like
        One axis at least.
    ord : float, optional
        The order; ``inf`` and ``-inf`` are the largest and the smallest size.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Without the axes `axis`: a float; of integers with an infinite order of their dtype, with order 0 int64.

    Raises
    ------
    NotImplementedError
        `x` is 0-d.
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis, or `ord` is no number.

    Examples
    --------
    >>> T.constant([[3.0, 4.0], [0.0, 2.0]]).norm(2, axis=1).eval()
    array([5., 2.])

    Notes
    -----
    The formula is ``sum(abs(x) ** ord) ** (1 / ord)``, for matrices, too: norms of matrices as operators are in
    `theano.tensor.nlinalg`.

    References
    ----------
    ``sum(abs(x) ** ord) ** (1 / ord)``, as `numpy.linalg.norm` of vectors.
    """
    x = as_tensor_variable(x)
    if x.type.ndim == 0:
        raise NotImplementedError("norm of a 0-d tensor")
    if ord is None:
        ord = 2
    if (0 if isinstance(ord, (int, float)) else getattr(ord, "ndim", None)) != 0:
        raise ValueError(f"Invalid norm order {ord!r} for vectors: it must be None or a number, also inf or -inf")
    if ord == 0:
        return sum_(neq(x, 0), axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return max_(abs_(x), axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return min_(abs_(x), axis=axis, keepdims=keepdims)
    return pow(sum_(size_to_power(x, ord), axis=axis, keepdims=keepdims), 1.0 / ord)


def size_to_power(x: Any, exponent: float) -> Any:
    """``abs(x) ** exponent``; of real numbers without `abs`, whose second derivative is not seen at 0, if it may be."""
    even = exponent % 2 == 0 and exponent > 0 and not x.type.dtype.startswith("complex")
    return pow(x if even else abs_(x), exponent)


def ptp(a: Any, axis: Any = None) -> Any:
    """Largest minus smallest element over `axis`.

    Parameters
    ----------
    a : tensor-like
        Real.
    axis : int, sequence of ints or None
        Over which axes; None: over all of them.

    Returns
    -------
    TensorVariable
        Of the dtype of `a`, without the axes `axis`.

    Raises
    ------
    TypeError
        `a` is complex, or `axis` is not made of ints.
    ValueError
        There is no such axis; when it runs: there are no elements.

    Examples
    --------
    >>> T.ptp(T.constant([[1, 5], [3, 4]]), axis=0).eval()
    array([2, 1])

    References
    ----------
    ``max(a) - min(a)``, as `numpy.ptp`.
    """
    a = as_tensor_variable(a)
    return sub(max_(a, axis), min_(a, axis))


def _of_several(args: tuple[Any, ...], of_two: Callable[[Any, Any], Any], reduce: Callable[..., Any]) -> Any:
    if len(args) == 2:
        return of_two(as_tensor_variable(args[0]), as_tensor_variable(args[1]))
    return reduce(LATE["stack"](list(args)), axis=0)


def smallest(*args: Any) -> Any:
    """Smallest of several tensors, element by element.

    Parameters
    ----------
    *args : tensor-like
        One at least; two broadcast, more must have the same shape.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of all.

    Raises
    ------
    TypeError
        There are more than two, of different numbers of axes.
    ValueError
        There is none.

    Examples
    --------
    >>> T.smallest(T.constant([1, 5]), T.constant([3, 2]), T.constant([2, 2])).eval()
    array([1, 2])

    References
    ----------
    ``y = min(a, b, ...)``, as `numpy.minimum`.
    """
    return _of_several(args, lambda a, b: switch(lt(a, b), a, b), min_)


def largest(*args: Any) -> Any:
    """Largest of several tensors, element by element.

    Parameters
    ----------
    *args : tensor-like
        One at least; two broadcast, more must have the same shape.

    Returns
    -------
    TensorVariable
        Of the dtype that holds those of all.

    Raises
    ------
    TypeError
        There are more than two, of different numbers of axes.
    ValueError
        There is none.

    Examples
    --------
    >>> T.largest(T.constant([1, 5]), T.constant([3, 2]), T.constant([2, 2])).eval()
    array([3, 5])

    References
    ----------
    ``y = max(a, b, ...)``, as `numpy.maximum`.
    """
    return _of_several(args, lambda a, b: switch(lt(b, a), a, b), max_)


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close (see `isclose`).

    Parameters
    ----------
    a, b : tensor-like
        Of shapes that broadcast.
    rtol, atol : float
        Relative and absolute tolerance.
    equal_nan : bool
        Whether NaN is close to NaN.

    Returns
    -------
    TensorVariable
        A 0-d bool.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.allclose(T.constant([1.0]), T.constant([1.0 + 1e-9])).eval()
    array(True)

    References
    ----------
    ``all(abs(a - b) <= atol + rtol * abs(b))``, as `numpy.allclose`.
    """
    return all_(isclose(a, b, rtol, atol, equal_nan))


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """The covariances of variables, as `numpy.cov`.

    Parameters
    ----------
    m, y : tensor-like, `y` optional
        Matrices with a variable in each row, or vectors with one variable; `y` has more variables.
    rowvar : bool
        False: variables are columns.
    bias : bool
        Whether `ddof` is 0 if not given; else it is 1.
    ddof : int, optional
        What is taken from the number of observations to make the divisor.
    fweights : tensor-like, optional
        A vector of integers: how often each observation counts.
    aweights : tensor-like, optional
        A vector of positive numbers: how much each one counts.

    Returns
    -------
    TensorVariable
        A matrix with a row and a column for each variable; 0-d for one vector.

    Raises
    ------
    <tensor errors>
    ValueError
        `m` is neither a vector nor a matrix.

    Examples
    --------
    >>> T.cov(T.constant([[1.0, 2.0], [4.0, 6.0]])).eval()
    array([[0.5, 1. ],
           [1. , 2. ]])

    Notes
    -----
    The formula is ``sum over k of (x[i, k] - mean(x[i])) * conj(x[j, k] - mean(x[j])) / (n - ddof)``.
    """
    rows = []
    for x in (m, y):
        if x is None:
            continue
        x = as_tensor_variable(x)
        if x.type.ndim not in (1, 2):
            raise ValueError(f"cov takes vectors and matrices, {x} has {x.type.ndim} dimensions")
        rows.append(x.dimshuffle("x", 0) if x.type.ndim == 1 else x if rowvar else x.T)
    x = rows[0] if len(rows) == 1 else concatenate(rows, axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    weights = [as_tensor_variable(w) for w in (fweights, aweights) if w is not None]
    w = mul(*weights) if len(weights) == 2 else weights[0] if weights else None
    if w is None:
        centred = x - mean(x, axis=1, keepdims=True)
        weighted, count = centred, x.shape[1] - ddof
    else:
        total = sum_(w)
        centred = x - sum_(x * w, axis=1, keepdims=True) / total
        weighted = centred * w
        count = total - (ddof if aweights is None else ddof * sum_(w * aweights) / total)
    weighted = conj(weighted) if weighted.type.dtype in COMPLEX else weighted
    result = true_div(dot(centred, weighted.T), count)
    return result[0, 0] if y is None and as_tensor_variable(m).type.ndim == 1 else result


fill(globals())
