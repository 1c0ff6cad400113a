"""Tensors made from numbers and lengths, under NumPy's names: filled ones, sequences, powers.

Where NumPy makes float64, dtypes start from `floatX`, as those of `zeros` and `ones` do.
"""

from __future__ import annotations

from typing import Any

from theano.base.flag_table import config
from theano.graph.common_text import fill
from theano.scalar.dtypes import COMPLEX, DISCRETE, as_dtype, upcast
from theano.tensor.elemwise import dimshuffle
from theano.tensor.making.alloc import AllocEmpty, alloc
from theano.tensor.making.ranges import arange
from theano.tensor.making.triangles import eye
from theano.tensor.pointwise.math import abs_, cast, eq, exp, log, maximum, power, sgn, switch
from theano.tensor.shaping.arranging import moveaxis
from theano.tensor.shaping.axes import shape_padright
from theano.tensor.shaping.shape import shape_i, shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = ["empty", "empty_like", "full", "full_like", "geomspace", "identity", "linspace", "logspace", "vander"]


def _lengths(shape: Any) -> list[Any]:
    return list(shape) if isinstance(shape, (list, tuple)) else [shape]


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor filled with a value; the dtype is that of the value.

    Parameters
    ----------
    shape : int, 0-d integer, or sequence of those
        The lengths.
    fill_value : tensor-like
        A number, or what is broadcast to `shape`.
    dtype : str, optional
        Dtype of the result; default: that of the value, which for a Python integer is the smallest that holds
        it (NumPy's is int64).

    Returns
    -------
    TensorVariable
        As many axes as there are lengths.

    Raises
    ------
    TypeError
        A length is no integer, or the value has more axes than there are lengths.
    ValueError
        A length is negative, or the value does not fit (when it runs, if that is not known before).

    Examples
    --------
    >>> T.full((2, 2), 7).eval()
    array([[7, 7],
           [7, 7]], dtype=int8)
    """
    value = as_tensor_variable(fill_value)
    return alloc(value if dtype is None else cast(value, as_dtype(dtype)), *_lengths(shape))


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor of the shape and (unless `dtype` is given) dtype of `a`, filled with a value.

    Parameters
    ----------
    a : tensor-like
        <any tensor>
    fill_value : tensor-like
        A number, or what is broadcast to the shape of `a`.
    dtype : str, optional
        Dtype of the result.

    Returns
    -------
    TensorVariable
        Of the shape of `a`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.full_like(T.constant([1.0, 2.0]), 3).eval()
    array([3., 3.])
    """
    a = as_tensor_variable(a)
    return full(shape_tuple(a), fill_value, a.type.dtype if dtype is None else dtype)


def empty(shape: Any, dtype: Any = None) -> Any:
    """A tensor whose elements may be anything; dtype `floatX`.

    Parameters
    ----------
    shape : int, 0-d integer, or sequence of those
        The lengths.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        As many axes as there are lengths.

    Raises
    ------
    TypeError
        A length is no integer.
    ValueError
        A length is negative (when it runs, if it is not known before).

    Examples
    --------
    >>> T.empty((2, 3)).eval().shape
    (2, 3)
    """
    return AllocEmpty(config.floatX if dtype is None else as_dtype(dtype))(*_lengths(shape))


def empty_like(prototype: Any, dtype: Any = None) -> Any:
    """A tensor of the shape and (unless `dtype` is given) dtype of `prototype`, whose elements may be anything.

    Parameters
    ----------
    prototype : tensor-like
        <any tensor>
    dtype : str, optional
        Dtype of the result.

    Returns
    -------
    TensorVariable
        Of the shape of `prototype`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.empty_like(T.constant([[1, 2]])).eval().shape
    (1, 2)
    """
    prototype = as_tensor_variable(prototype)
    return empty(shape_tuple(prototype), prototype.type.dtype if dtype is None else dtype)


def identity(n: Any, dtype: Any = None) -> Any:
    """The `n` by `n` identity matrix.

    Parameters
    ----------
    n : int or 0-d integer tensor
        How many rows.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(n, n)``.

    Raises
    ------
    TypeError
        `n` is no integer.
    ValueError
        `n` is negative.

    Examples
    --------
    >>> T.identity(2, dtype="int64").eval()
    array([[1, 0],
           [0, 1]])
    """
    return eye(n, dtype=dtype)


def _float_dtype(*tensors: Any) -> str:
    return upcast(config.floatX, *(t.type.dtype for t in tensors))


def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers with equal distances from `start` to `stop`, as `numpy.linspace`.

    Parameters
    ----------
    start, stop : tensor-like
        Numbers, or tensors for as many sequences.
    num : int or 0-d integer tensor
        How many numbers; none if it is negative (NumPy's raises).
    endpoint : bool
        Whether `stop` is the last one; else one distance is missing there.
    retstep : bool
        Whether to return the distance, too.
    dtype : str, optional
        Dtype of the result; default: `floatX`, or wider if an end is. Numbers become integers by rounding down.
    axis : int
        The axis of the result along which sequences lie.

    Returns
    -------
    TensorVariable, or a pair of them
        A vector of `num` numbers; with ends of more axes, one axis more than these have. With `retstep`, then
        the distance.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.linspace(0, 1, 5).eval()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])

    Notes
    -----
    The formula is ``start + k * (stop - start) / (num - 1)`` for ``k = 0, ..., num - 1``; the divisor is `num`
    without `endpoint`.
    """
    start, stop = as_tensor_variable(start), as_tensor_variable(stop)
    work = _float_dtype(start, stop)
    start, stop = cast(start, work), cast(stop, work)
    distance = stop - start
    gaps = (as_tensor_variable(num) - 1) if endpoint else as_tensor_variable(num)
    step = distance / cast(maximum(gaps, 1), work)
    places = arange(num)
    places = dimshuffle(places, [0, *["x"] * step.type.ndim])
    numbers = start + step * cast(places, work)
    if endpoint:
        # The last number is `stop` itself, not what the sum was rounded to.
        numbers = switch(eq(places, maximum(gaps, 1)), stop, numbers)
    if dtype is not None:
        target = as_dtype(dtype)
        numbers = cast(numbers.floor() if target in DISCRETE else numbers, target)
    numbers = moveaxis(numbers, 0, axis)
    return (numbers, step) if retstep else numbers


def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """``base ** linspace(start, stop, num)``.

    Parameters
    ----------
    start, stop : tensor-like
        The exponents of the ends.
    num : int or 0-d integer tensor
        How many numbers.
    endpoint : bool
        Whether ``base ** stop`` is the last one.
    base : tensor-like
        What is raised to powers: 0-d, or of a shape that broadcasts with the ends.
    dtype : str, optional
        Dtype of the result; default: `floatX`, or wider if an end is.
    axis : int
        The axis of the result along which sequences lie.

    Returns
    -------
    TensorVariable
        A vector of `num` numbers; with ends of more axes, one axis more than these have.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.logspace(0, 2, 3).eval()
    array([  1.,  10., 100.])

    References
    ----------
    ``y[k] = base ** (start + k * (stop - start) / (num - 1))``, as `numpy.logspace`.
    """
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    numbers = power(cast(as_tensor_variable(base), exponents.type.dtype), exponents)
    return numbers if dtype is None else cast(numbers, as_dtype(dtype))


def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers with equal ratios from `start` to `stop`, both real, not zero and of one sign.

    Parameters
    ----------
    start, stop : tensor-like
        Real, not zero, of one sign: others give NaN.
    num : int or 0-d integer tensor
        How many numbers.
    endpoint : bool
        Whether `stop` is the last one.
    dtype : str, optional
        Dtype of the result, default `floatX` or wider if an end is.
    axis : int
        The axis of the result along which sequences lie.

    Returns
    -------
    TensorVariable
        A vector of `num` numbers; with ends of more axes, one axis more than these have.

    Raises
    ------
    TypeError
        An end is complex.

    Examples
    --------
    >>> T.geomspace(1, 8, 4).eval().round(12)
    array([1., 2., 4., 8.])

    Notes
    -----
    The formula is ``start * (stop / start) ** (k / (num - 1))`` for ``k = 0, ..., num - 1``, as `numpy.geomspace`,
    which takes complex ends, too.
    """
    start, stop = as_tensor_variable(start), as_tensor_variable(stop)
    work = _float_dtype(start, stop)
    if work in COMPLEX:
        raise TypeError("geomspace takes real numbers")
    start, stop = cast(start, work), cast(stop, work)
    # Signs that differ give the logarithm of a negative ratio, NaN.
    ratio = log(abs_(start)) + linspace(0, log(stop / start), num, endpoint, dtype=work)
    numbers = sgn(start) * exp(ratio)
    places = dimshuffle(arange(num), [0, *["x"] * (numbers.type.ndim - 1)])
    numbers = switch(eq(places, 0), start, numbers)
    if endpoint:
        last = as_tensor_variable(num) - 1
        numbers = switch(eq(places, maximum(last, 1)), stop, numbers)
    numbers = moveaxis(numbers, 0, axis)
    return numbers if dtype is None else cast(numbers, as_dtype(dtype))


def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """The matrix of powers of a vector: columns are ``x ** (N - 1)``, …, ``x``, 1 (in the other order if `increasing`).

    Parameters
    ----------
    x : tensor-like
        A vector.
    N : int or 0-d integer tensor, optional
        How many columns, default as many as `x` has elements.
    increasing : bool
        Whether the powers go up from 0.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(len(x), N)``, of the dtype of `x`, but of 64 bits for integers.

    Raises
    ------
    <tensor errors>
    ValueError
        `x` is no vector.

    Examples
    --------
    >>> T.vander(T.constant([2, 3]), 3).eval()
    array([[4, 2, 1],
           [9, 3, 1]])

    References
    ----------
    ``y[i, j] = x[i] ** (N - 1 - j)``, as `numpy.vander`.
    """
    x = as_tensor_variable(x)
    if x.type.ndim != 1:
        raise ValueError(f"vander takes a vector, {x} has {x.type.ndim} dimensions")
    powers = arange(shape_i(x, 0) if N is None else N)
    powers = powers if increasing else powers[::-1]
    base = shape_padright(x)
    dtype = upcast(x.type.dtype, "int64")
    return cast(power(base, dimshuffle(powers, ("x", 0))), dtype) if dtype in DISCRETE else power(base, powers)


fill(globals())
