"""Functions of the elements that a sparse matrix has; places without one stay without one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from theano.graph.common_text import fill
from theano.graph.origin import made_here
from theano.sparse.csm import SoundCSM, csm_properties
from theano.sparse.variable import as_sparse_variable
from theano.tensor.nnet import sigmoid
from theano.tensor.pointwise import math
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "ceil",
    "conj",
    "deg2rad",
    "expm1",
    "floor",
    "log1p",
    "rad2deg",
    "rint",
    "sgn",
    "sin",
    "sinh",
    "sqr",
    "sqrt",
    "structured_add",
    "structured_exp",
    "structured_log",
    "structured_maximum",
    "structured_minimum",
    "structured_monoid",
    "structured_pow",
    "structured_sigmoid",
    "tan",
    "tanh",
    "trunc",
]


def structured_monoid(tensor_op: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the function becomes `tensor_op` of the elements of a sparse matrix.

    The first argument of the function is a sparse matrix, the others are numbers. Each stored element is taken by
    itself, so where several stand for one place, `tensor_op` is not that of their sum. The gradient is structured.

    Parameters
    ----------
    tensor_op : callable
        A function of tensors, element by element.

    Returns
    -------
    callable
        The decorator. What it makes takes a sparse matrix (m, n), in format csr or csc, and gives one of its format and
        structure.

    Raises
    ------
    TypeError
        By what it makes: the first argument is not sparse, or another one is not 0-d.

    Examples
    --------
    >>> from theano import sparse
    >>> @sparse.structured_monoid(T.exp2)
    ... def structured_exp2(x):
    ...     '''2 to the power of each element.'''
    >>> structured_exp2(sparse.csr_matrix("x", dtype="float64")).type
    Sparse[float64, csr]

    References
    ----------
    ``z[i, j] = tensor_op(x[i, j])``, as the methods of `scipy.sparse.csr_array` are made.
    """

    def decorate(described: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(described)
        def structured(x: Any, *numbers: Any) -> Any:
            x = as_sparse_variable(x)
            others = [as_tensor_variable(v) for v in numbers]
            for v in others:
                if v.type.ndim:
                    raise TypeError(
                        f"{described.__name__} takes a sparse matrix and numbers, {v} has {v.type.ndim} dimensions"
                        + made_here(v)
                    )
            data, indices, indptr, shape = csm_properties(x)
            return SoundCSM(x.type.format)(tensor_op(data, *others), indices, indptr, shape)

        return structured

    return decorate


_COMMON = """\
Parameters
----------
x : sparse matrix
    (m, n), in format csr or csc.

Returns
-------
sparse matrix
    Of the shape, format and structure of `x`, and the dtype that the function has of tensors.

Raises
------
TypeError
    `x` is not sparse, or a further argument is not 0-d."""


@structured_monoid(sigmoid)
def structured_sigmoid(x: Any) -> Any:
    """The sigmoid of each element; places without one stay 0.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_sigmoid(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.62245933]])

    References
    ----------
    ``z[i, j] = 1 / (1 + exp(-x[i, j]))``, as `scipy.special.expit`.
    """


@structured_monoid(math.exp)
def structured_exp(x: Any) -> Any:
    """The exponential of each element; places without one stay 0.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_exp(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 1.64872127]])

    References
    ----------
    ``z[i, j] = exp(x[i, j])``, as `numpy.exp`.
    """


@structured_monoid(math.log)
def structured_log(x: Any) -> Any:
    """The logarithm of each element; places without one stay 0.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_log(sparse.csr_from_dense([[0.0, 4.0]]))).eval()
    array([[0.        , 1.38629436]])

    References
    ----------
    ``z[i, j] = log(x[i, j])``, as `numpy.log`.
    """


@structured_monoid(math.pow)
def structured_pow(x: Any, y: Any) -> Any:
    """Each element to the power of the number `y`; places without one stay 0.

    <parameters, y>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_pow(sparse.csr_from_dense([[0.0, 4.0]]), 2.0)).eval()
    array([[ 0., 16.]])

    References
    ----------
    ``z[i, j] = x[i, j] ** y``, as `numpy.power`.
    """


@structured_monoid(math.minimum)
def structured_minimum(x: Any, y: Any) -> Any:
    """The smaller one of each element and the number `y`; places without an element stay 0.

    <parameters, y>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_minimum(sparse.csr_from_dense([[0.0, 4.0]]), 1.0)).eval()
    array([[0., 1.]])

    References
    ----------
    ``z[i, j] = min(x[i, j], y)``, as `numpy.minimum`.
    """


@structured_monoid(math.maximum)
def structured_maximum(x: Any, y: Any) -> Any:
    """The greater one of each element and the number `y`; places without an element stay 0.

    <parameters, y>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_maximum(sparse.csr_from_dense([[0.0, 4.0]]), 5.0)).eval()
    array([[0., 5.]])

    References
    ----------
    ``z[i, j] = max(x[i, j], y)``, as `numpy.maximum`.
    """


@structured_monoid(math.add)
def structured_add(x: Any) -> Any:
    """Each element plus the numbers that follow; places without an element stay 0.

    <parameters, y>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.structured_add(sparse.csr_from_dense([[0.0, 4.0]]), 1.0)).eval()
    array([[0., 5.]])

    References
    ----------
    ``z[i, j] = x[i, j] + y``, as `numpy.add`.
    """


@structured_monoid(math.sin)
def sin(x: Any) -> Any:
    """The sine of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.sin(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.47942554]])

    References
    ----------
    ``z[i, j] = sin(x[i, j])``, as `numpy.sin`.
    """


@structured_monoid(math.arcsin)
def arcsin(x: Any) -> Any:
    """The inverse sine of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.arcsin(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.52359878]])

    References
    ----------
    ``z[i, j] = arcsin(x[i, j])``, as `numpy.arcsin`.
    """


@structured_monoid(math.tan)
def tan(x: Any) -> Any:
    """The tangent of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.tan(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.54630249]])

    References
    ----------
    ``z[i, j] = tan(x[i, j])``, as `numpy.tan`.
    """


@structured_monoid(math.arctan)
def arctan(x: Any) -> Any:
    """The inverse tangent of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.arctan(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.46364761]])

    References
    ----------
    ``z[i, j] = arctan(x[i, j])``, as `numpy.arctan`.
    """


@structured_monoid(math.sinh)
def sinh(x: Any) -> Any:
    """The hyperbolic sine of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.sinh(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.52109531]])

    References
    ----------
    ``z[i, j] = sinh(x[i, j])``, as `numpy.sinh`.
    """


@structured_monoid(math.arcsinh)
def arcsinh(x: Any) -> Any:
    """The inverse hyperbolic sine of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.arcsinh(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.48121183]])

    References
    ----------
    ``z[i, j] = arcsinh(x[i, j])``, as `numpy.arcsinh`.
    """


@structured_monoid(math.tanh)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.tanh(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.46211716]])

    References
    ----------
    ``z[i, j] = tanh(x[i, j])``, as `numpy.tanh`.
    """


@structured_monoid(math.arctanh)
def arctanh(x: Any) -> Any:
    """The inverse hyperbolic tangent of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.arctanh(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.54930614]])

    References
    ----------
    ``z[i, j] = arctanh(x[i, j])``, as `numpy.arctanh`.
    """


@structured_monoid(math.round_half_to_even)
def rint(x: Any) -> Any:
    """The nearest integer to each element, of two the even one.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.rint(sparse.csr_from_dense([[0.0, -1.7]]))).eval()
    array([[ 0., -2.]])

    References
    ----------
    ``z[i, j] = rint(x[i, j])``, as `numpy.rint`.
    """


@structured_monoid(math.sgn)
def sgn(x: Any) -> Any:
    """The sign of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.sgn(sparse.csr_from_dense([[0.0, -2.0]]))).eval()
    array([[ 0., -1.]])

    References
    ----------
    ``z[i, j] = sign(x[i, j])``, as `numpy.sign`.
    """


@structured_monoid(math.ceil)
def ceil(x: Any) -> Any:
    """The next integer that is not below each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.ceil(sparse.csr_from_dense([[0.0, -1.7]]))).eval()
    array([[ 0., -1.]])

    References
    ----------
    ``z[i, j] = ceil(x[i, j])``, as `numpy.ceil`.
    """


@structured_monoid(math.floor)
def floor(x: Any) -> Any:
    """The next integer that is not above each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.floor(sparse.csr_from_dense([[0.0, -1.7]]))).eval()
    array([[ 0., -2.]])

    References
    ----------
    ``z[i, j] = floor(x[i, j])``, as `numpy.floor`.
    """


@structured_monoid(math.log1p)
def log1p(x: Any) -> Any:
    """``log(1 + x)`` of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.log1p(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.40546511]])

    References
    ----------
    ``z[i, j] = log1p(x[i, j])``, as `numpy.log1p`.
    """


@structured_monoid(math.expm1)
def expm1(x: Any) -> Any:
    """``exp(x) - 1`` of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.expm1(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[0.        , 0.64872127]])

    References
    ----------
    ``z[i, j] = expm1(x[i, j])``, as `numpy.expm1`.
    """


@structured_monoid(math.deg2rad)
def deg2rad(x: Any) -> Any:
    """Each element, an angle in degrees, in radians.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.deg2rad(sparse.csr_from_dense([[0.0, 180.0]]))).eval()
    array([[0.        , 3.14159265]])

    References
    ----------
    ``z[i, j] = deg2rad(x[i, j])``, as `numpy.deg2rad`.
    """


@structured_monoid(math.rad2deg)
def rad2deg(x: Any) -> Any:
    """Each element, an angle in radians, in degrees.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.rad2deg(sparse.csr_from_dense([[0.0, 0.5]]))).eval()
    array([[ 0.        , 28.64788976]])

    References
    ----------
    ``z[i, j] = rad2deg(x[i, j])``, as `numpy.rad2deg`.
    """


@structured_monoid(math.trunc)
def trunc(x: Any) -> Any:
    """Each element without what follows the point.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.trunc(sparse.csr_from_dense([[0.0, -1.7]]))).eval()
    array([[ 0., -1.]])

    References
    ----------
    ``z[i, j] = trunc(x[i, j])``, as `numpy.trunc`.
    """


@structured_monoid(math.sqr)
def sqr(x: Any) -> Any:
    """The square of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.sqr(sparse.csr_from_dense([[0.0, 4.0]]))).eval()
    array([[ 0., 16.]])

    References
    ----------
    ``z[i, j] = square(x[i, j])``, as `numpy.square`.
    """


@structured_monoid(math.sqrt)
def sqrt(x: Any) -> Any:
    """The square root of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.sqrt(sparse.csr_from_dense([[0.0, 4.0]]))).eval()
    array([[0., 2.]])

    References
    ----------
    ``z[i, j] = sqrt(x[i, j])``, as `numpy.sqrt`.
    """


@structured_monoid(math.conj)
def conj(x: Any) -> Any:
    """The complex conjugate of each element.

    <parameters>

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.conj(sparse.csr_from_dense([[0.0, 1.0 + 2.0j]]))).eval()
    array([[0.+0.j, 1.-2.j]])

    References
    ----------
    ``z[i, j] = conj(x[i, j])``, as `numpy.conj`.
    """


_Y = "y : number or 0-d tensor\n    The second argument of the function."

fill(globals(), {"<parameters>": _COMMON, "<parameters, y>": _COMMON.replace("\n\nReturns", f"\n{_Y}\n\nReturns")})
