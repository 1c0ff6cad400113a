"""Linear algebra that NumPy has: norms, powers, traces, and what is in `inverses` and `factors`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.tensor.checks.assertion import asserted_equal
from theano.tensor.linalg.dot import dot, matmul
from theano.tensor.linalg.eigen import Eig, Eigh, EighGrad, eig, eigh
from theano.tensor.linalg.factors import SVD, QRFull, QRIncomplete, qr, svd
from theano.tensor.linalg.inverses import (
    Det,
    MatrixInverse,
    MatrixPinv,
    SLogDet,
    det,
    lstsq,
    matrix_inverse,
    pinv,
    slogdet,
)
from theano.tensor.linalg.matrices import Composed, as_matrices, as_matrix, identity_for, in_pattern_of, square
from theano.tensor.linalg.systems import solve
from theano.tensor.making.alloc import zeros_like
from theano.tensor.opsupport import Shapes, checked_axis, single
from theano.tensor.pointwise import math
from theano.tensor.reductions import reduction
from theano.tensor.reductions import statistics as _statistics
from theano.tensor.reductions.extremes import max as max_
from theano.tensor.reductions.extremes import min as min_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.diagonal import ExtractDiag
from theano.tensor.shaping.diagonal import diag as _diag
from theano.tensor.shaping.join import stack
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import product, shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "SVD",
    "AllocDiag",
    "Det",
    "Eig",
    "Eigh",
    "EighGrad",
    "ExtractDiag",
    "MatrixInverse",
    "MatrixPinv",
    "QRFull",
    "QRIncomplete",
    "SLogDet",
    "TensorInv",
    "TensorSolve",
    "alloc_diag",
    "det",
    "diag",
    "eig",
    "eigh",
    "extract_diag",
    "lstsq",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "spectral_radius_bound",
    "svd",
    "tensorinv",
    "tensorsolve",
    "trace",
]


class AllocDiag(Op):
    """The matrix with a vector on its diagonal.

    Parameters
    ----------
    x : tensor_like
        A vector (n,) of any dtype.

    Returns
    -------
    matrix
        (n, n), of the dtype of `x`.

    Raises
    ------
    TypeError
        `x` is no vector.

    Examples
    --------
    >>> AllocDiag()(T.constant([1.0, 2.0])).eval()
    array([[1., 0.],
           [0., 2.]])
    """

    __props__ = ()
    linear_in = (0,)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if x.type.ndim != 1:
            raise TypeError(f"AllocDiag takes a vector, got {x} with {x.type.ndim} dimensions")
        return single(self, [x], x.type.dtype, (None, None))

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        return [_diag(inputs[0])]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(shapes[0][0], shapes[0][0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_pattern_of(inputs[0], extract_diag(gs[0]))]


alloc_diag = AllocDiag()
extract_diag = ExtractDiag()


def diag(x: Any) -> Any:
    """Of a vector the matrix with it on the diagonal, of a matrix its diagonal.

    Parameters
    ----------
    x : tensor_like
        A vector (n,) or matrix (m, n) of any dtype.

    Returns
    -------
    tensor
        A matrix (n, n), or a vector ``(min(m, n),)``, of the dtype of `x`.

    Raises
    ------
    TypeError
        `x` is neither a vector nor a matrix.

    Examples
    --------
    >>> diag(T.constant([[1, 2], [3, 4]])).eval()
    array([1, 4])

    References
    ----------
    ``y[i] = x[i, i]``, as `numpy.diag`.
    """
    x = as_tensor_variable(x)
    if x.type.ndim not in (1, 2):
        raise TypeError(f"diag requires vector or matrix argument, got {x} with {x.type.ndim} dimensions")
    return alloc_diag(x) if x.type.ndim == 1 else extract_diag(x)


def trace(X: Any) -> Any:
    """The sum of the diagonal of a matrix.

    Parameters
    ----------
    X : tensor_like
        A matrix (m, n) of any dtype.

    Returns
    -------
    0-d tensor
        Of the dtype of a sum (small integers become int64).

    Raises
    ------
    TypeError
        `X` is no matrix.

    Examples
    --------
    >>> trace(T.constant([[1, 2], [3, 4]])).eval()
    array(5)

    References
    ----------
    ``y = sum over i of X[i, i]``, as `numpy.trace`.
    """
    return sum_(extract_diag(as_matrix(X, "trace")))


def matrix_dot(*args: Any) -> Any:
    """The product of matrices, from left to right.

    Parameters
    ----------
    *args : tensor_like
        Matrices or vectors that fit to each other.

    Returns
    -------
    tensor
        The product, of the common dtype.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no matrix.

    Examples
    --------
    >>> matrix_dot(T.dmatrix(), T.dmatrix(), T.dvector()).type
    TensorType(float64, vector)

    References
    ----------
    ``y = A @ B @ ...``, as `numpy.linalg.multi_dot`.
    """
    if not args:
        raise ValueError("matrix_dot takes at least one matrix")
    result = as_tensor_variable(args[0])
    for factor in args[1:]:
        result = dot(result, factor)
    return result


def matrix_power(M: Any, n: int) -> Any:
    """`M` (a matrix, or each of a stack) to an integer power: by squaring, of the inverse if `n` is negative.

    Parameters
    ----------
    M : tensor_like
        (..., n, n).
    n : int
        The exponent.

    Returns
    -------
    tensor
        (..., n, n), of the dtype of `M`, or a float dtype for an integer inverse.

    Raises
    ------
    TypeError
        `n` is no integer.
    ValueError
        When it runs, or before, if that is known: the matrix is not square.
    LinAlgError
        When it runs: `n` is negative and there is no inverse.

    Examples
    --------
    >>> matrix_power(T.constant([[1, 1], [0, 1]]), 5).eval()
    array([[1, 5],
           [0, 1]])

    References
    ----------
    ``y = M @ M @ ...``, as `numpy.linalg.matrix_power`.
    """
    M = as_matrices(M, "matrix_power")
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise TypeError(f"matrix_power takes an int as exponent, not {n!r}")
    if n < 0:
        M, n = matrix_inverse(M), -n
    if n < 2:  # else the product of the matrix with itself refuses it
        return square(M if n else zeros_like(M) + identity_for(M), "matrix_power: M")
    result = None
    while n:
        if n % 2:
            result = M if result is None else matmul(result, M)
        n //= 2
        M = matmul(M, M) if n else M
    return result


def norm(x: Any, ord: Any = None) -> Any:
    """The norm of a vector or a matrix, as `numpy.linalg.norm`.

    Parameters
    ----------
    x
        Vector or matrix; with ``ord=None``, tensor of any dimension.
    ord
        None (of all elements, order 2), a number, ``'inf'`` or ``'-inf'``; for matrices ``'fro'``, ``'nuc'``,
        and of the numbers 1, -1, 2, -2 and the infinities.

    Returns
    -------
    0-d tensor
        Of a float dtype.

    Raises
    ------
    <tensor errors>
    ValueError
        `x` is 0-d, or vectors or matrices have no norm of that order.
    NotImplementedError
        `x` has more than two dimensions, and the order is not that of Frobenius.

    Notes
    -----
    Vectors: ``sum(abs(x) ** ord) ** (1 / ord)``, with the largest and smallest size for the infinities. Matrices:
    'fro' is ``sqrt(sum(abs(x) ** 2))``, 1 the largest sum of sizes in a column, 'inf' in a row, 2 the largest singular
    value, 'nuc' the sum of singular values; of -1, '-inf' and -2 the smallest.

    Examples
    --------
    >>> norm(T.constant([[3.0, 0.0], [4.0, 0.0]]), "fro").eval()
    array(5.)
    """
    x = as_tensor_variable(x)
    ndim = x.type.ndim
    if ndim == 0:
        raise ValueError("'axis' entry is out of bounds.")
    order: Any = {"inf": np.inf, "-inf": -np.inf}.get(ord, ord) if isinstance(ord, str) else ord
    if order is None:
        return math.sqrt(sum_(_statistics.size_to_power(x, 2)))
    if ndim == 1:
        return _statistics.norm(x, order)
    if ndim > 2:
        raise NotImplementedError(f"norm of order {ord!r} of a tensor of {ndim} dimensions")
    if order == "fro":
        return math.sqrt(sum_(_statistics.size_to_power(x, 2)))
    if order not in ("nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise ValueError(
            f"Invalid norm order {ord!r} for matrices: it must be None, 'fro', 'nuc', 1, -1, 2, -2, 'inf' or '-inf'"
        )
    if order == "nuc" or abs(order) == 2:
        values = svd(x, compute_uv=False)
        return sum_(values) if order == "nuc" else max_(values) if order > 0 else min_(values)
    sums = sum_(math.abs_(x), axis=0 if abs(order) == 1 else 1)
    return max_(sums) if order > 0 else min_(sums)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a tensor under `tensordot`, as `numpy.linalg.tensorinv`.

    Parameters
    ----------
    a : tensor_like
        Of a shape whose first `ind` lengths have the same product as the others.
    ind : int
        How many axes are those of rows.

    Returns
    -------
    tensor
        Of shape ``a.shape[ind:] + a.shape[:ind]`` and a float dtype.

    Raises
    ------
    <tensor errors>
    ValueError
        `ind` is not between 1 and the number of dimensions.
    LinAlgError
        When it runs: there is no inverse.

    Examples
    --------
    >>> tensorinv(T.dtensor4(), ind=2).type
    TensorType(float64, 4D)
    """
    a = as_tensor_variable(a)
    if ind <= 0 or ind > a.type.ndim:
        raise ValueError(f"tensorinv: ind={ind} must be from 1 to the number of dimensions, {a.type.ndim}")
    lengths = shape_tuple(a)
    rows = reduction.prod(stack(list(lengths[:ind])))
    inverse = matrix_inverse(reshape(a, (rows, -1)))
    return reshape(inverse, (*lengths[ind:], *lengths[:ind]))


class TensorInv(Composed):
    """`tensorinv` as an op.

    Parameters
    ----------
    ind
        See `tensorinv`.

    Examples
    --------
    >>> TensorInv(1)(T.dmatrix()).type
    TensorType(float64, matrix)
    """

    __props__ = ("ind",)

    def __init__(self, ind: int = 2) -> None:
        self.ind = ind

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        return [tensorinv(inputs[0], self.ind)]


def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """The `x` with ``tensordot(a, x, x.ndim) == b``, as `numpy.linalg.tensorsolve`.

    Parameters
    ----------
    a : tensor_like
        Of shape ``b.shape + q``, where the products of both are equal.
    b : tensor_like
        The right side, of any shape.
    axes : sequence of int, optional
        Axes of `a` to be moved to the end first.

    Returns
    -------
    tensor
        Of shape q and a float dtype.

    Raises
    ------
    <tensor errors>
    ValueError
        `a` has fewer axes than `b`, or not those of `axes`, or one of them is named twice; or when it runs, `b` has
        not as many elements as there are equations.
    LinAlgError
        When it runs: there are not as many equations as unknowns, or they have no unique solution.

    Examples
    --------
    >>> tensorsolve(T.dtensor4(), T.dmatrix()).type
    TensorType(float64, matrix)
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if axes is not None:
        moved = [checked_axis(k, a.type.ndim, "tensorsolve") for k in axes]
        if len(set(moved)) < len(moved):
            raise ValueError(f"tensorsolve: axes {tuple(axes)} name one twice")
        a = a.dimshuffle([k for k in range(a.type.ndim) if k not in moved] + moved)
    if a.type.ndim < b.type.ndim:
        raise ValueError(
            f"tensorsolve: a has the axes of b and of the result, it needs {b.type.ndim} at least, not {a.type.ndim}"
        )
    lengths = shape_tuple(a)
    equations, unknowns = product(lengths[: b.type.ndim]), product(lengths[b.type.ndim :])
    different = "tensorsolve: a and b have {0} equations with {1} unknowns, both numbers must be equal"
    a = asserted_equal(different, a, equations, unknowns, np.linalg.LinAlgError)
    b = asserted_equal("tensorsolve: a has {0} equations, b {1} right sides", b, equations, product(shape_tuple(b)))
    solution = solve(reshape(a, (equations, unknowns), ndim=2), reshape(b, (equations,), ndim=1))
    return reshape(solution, lengths[b.type.ndim :], ndim=a.type.ndim - b.type.ndim)


class TensorSolve(Composed):
    """`tensorsolve` as an op.

    Parameters
    ----------
    axes
        See `tensorsolve`.

    Examples
    --------
    >>> TensorSolve()(T.dmatrix(), T.dvector()).type
    TensorType(float64, vector)
    """

    __props__ = ("axes",)

    def __init__(self, axes: Sequence[int] | None = None) -> None:
        self.axes = None if axes is None else tuple(axes)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        return [tensorsolve(inputs[0], inputs[1], self.axes)]


def spectral_radius_bound(X: Any, log2_exponent: int) -> Any:
    """At least the largest eigenvalue of a symmetric matrix `X` with positive ones: nearer for greater `log2_exponent`.

    It is ``trace(X ** k) ** (1 / k)`` for ``k = 2 ** log2_exponent`` (Pan, 1990, "Estimating the extremal eigenvalues
    of a symmetric matrix").

    Parameters
    ----------
    X : tensor_like
        A symmetric matrix (n, n) of floats.
    log2_exponent : int
        How often it is squared, 1 at least.

    Returns
    -------
    0-d tensor
        Of the dtype of `X`.

    Raises
    ------
    TypeError
        `X` is no matrix of floats, or `log2_exponent` no whole number.
    ValueError
        `log2_exponent` is not positive.

    Examples
    --------
    >>> spectral_radius_bound(T.constant([[2.0, 0.0], [0.0, 1.0]]), 4).eval().round(6)
    np.float64(2.000002)
    """
    X = as_matrix(X, "spectral_radius_bound")
    if not X.type.dtype.startswith("float"):
        raise TypeError(f"spectral_radius_bound takes a matrix of floats, got {X.type}")
    if isinstance(log2_exponent, bool) or not isinstance(log2_exponent, (int, np.integer)):
        raise TypeError(f"log2_exponent must be an int, not {log2_exponent!r}")
    if log2_exponent <= 0:
        raise ValueError(f"log2_exponent must be positive, not {log2_exponent}")
    power = X
    for _ in range(int(log2_exponent)):
        power = dot(power, power)
    return trace(power) ** np.asarray(2.0 ** -int(log2_exponent), X.type.dtype)


fill(globals())
