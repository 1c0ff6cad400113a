"""Inverses, determinants and least squares, of matrices and of stacks; `theano.tensor.nlinalg` has the names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.linalg.dot import dot, matmul, outer
from theano.tensor.linalg.factors import svd
from theano.tensor.linalg.matrices import (
    LINALG,
    OfMatrix,
    adjoint,
    as_columns,
    as_matrices,
    as_rows,
    computed,
    diagonal_of,
    float_dtype,
    in_pattern_of,
    real_dtype,
    transposed,
    values_of,
)
from theano.tensor.making.alloc import zeros, zeros_like
from theano.tensor.opsupport import Shapes, disconnected, holomorphic, is_disconnected, new_tensor
from theano.tensor.pointwise.math import and_, cast, conj, eq, ge, gt, imag, le, minimum, or_, real, switch
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Det", "MatrixInverse", "MatrixPinv", "SLogDet", "det", "lstsq", "matrix_inverse", "pinv", "slogdet",
]  # fmt: skip


def _chain(*factors: Any) -> Any:
    result = factors[0]
    for factor in factors[1:]:
        result = matmul(result, factor)
    return result


def _trace_of_product(x: Any, y: Any) -> Any:
    """The trace of each ``x @ y``."""
    return sum_(transposed(x) * y, axis=(x.type.ndim - 2, x.type.ndim - 1))


def _for_matrices(g: Any) -> Any:
    """A number for each matrix, to be multiplied with all its elements."""
    return as_columns(as_columns(g))


class MatrixInverse(OfMatrix):
    """The inverse of a matrix, or of each of a stack. LinAlgError if it has none.

    ``inverse(A).dot(b)`` is slower and less accurate than `theano.tensor.slinalg.solve`.

    Parameters
    ----------
    x : tensor_like
        (..., n, n).

    Returns
    -------
    tensor
        (..., n, n), of the dtype of `x` (float64 for integers).

    Raises
    ------
    TypeError
        `x` has less than two dimensions.
    LinAlgError
        When it runs: the matrix is singular or not square.

    Notes
    -----
    The gradient is ``-inverse(x).T @ g @ inverse(x).T``.

    Examples
    --------
    >>> MatrixInverse()(T.constant([[2.0, 0.0], [0.0, 4.0]])).eval()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """

    __props__ = ()

    def value(self, x: np.ndarray) -> Any:
        return np.linalg.inv(x)

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        inverse = transposed(outputs[0])
        return [in_pattern_of(inputs[0], -_chain(inverse, gs[0], inverse))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None]
        inverse = self(*inputs)
        return [in_pattern_of(inputs[0], -_chain(inverse, eval_points[0], inverse))]


matrix_inverse = MatrixInverse()


# Singular values that are smaller, in relation to the largest, are 0 for `numpy.linalg.pinv`.
_RCOND = 1e-15


def _is_decomposed(*matrices: Any) -> bool:
    """Whether least squares and pseudo-inverses of these are computed from singular values; else NumPy is called."""
    return not any(x.type.dtype == "float16" for x in matrices)


def _largest(s: Any) -> Any:
    """The largest of singular values, which are in descending order; 0 if there are none."""
    return sum_(s[(*[slice(None)] * (s.type.ndim - 1), slice(1))], axis=s.type.ndim - 1, dtype=s.type.dtype)


def _inverses(s: Any, limit: Any) -> Any:
    """The inverses of singular values beyond a limit, and zeros."""
    return switch(gt(s, limit), 1 / s, np.zeros((), s.type.dtype))


class MatrixPinv(OfMatrix):
    """The Moore-Penrose pseudo-inverse of a matrix, or of each of a stack.

    Its gradient is that where the rank does not change.

    Parameters
    ----------
    x : tensor_like
        (..., m, n).

    Returns
    -------
    tensor
        (..., n, m), of the dtype of `x` (float64 for integers).

    Raises
    ------
    TypeError
        `x` has less than two dimensions.
    LinAlgError
        When it runs: there are NaN or infinities in `x`.

    Notes
    -----
    ``v @ diag(1 / s) @ u.H`` of the singular value decomposition ``u @ diag(s) @ v.H``, where an s below 1e-15 times
    the largest counts as none.

    Examples
    --------
    >>> MatrixPinv()(T.constant([[2.0], [0.0]])).eval()
    array([[0.5, 0. ]])
    """

    __props__ = ()

    def value(self, x: np.ndarray) -> Any:
        return np.linalg.pinv(x)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        """The inverses of the singular values that are not as good as 0, between the vectors."""
        (x,) = inputs
        if not _is_decomposed(x):
            return None
        u, s, vt = svd(x, full_matrices=False)
        inverses = _inverses(s, as_columns(_largest(s)) * np.asarray(_RCOND, s.type.dtype))
        found = matmul(adjoint(vt), as_columns(inverses) * adjoint(u))
        return [patternbroadcast(found, self.result_shape(x.type.broadcastable))]

    def result_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*shape[:-2], shape[-1], shape[-2])

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """The adjoint of the change in `R_op`."""
        (x,), p, g = inputs, outputs[0], adjoint(gs[0])
        q = adjoint(p)
        left = g - _chain(x, p, g)
        right = g - _chain(g, p, x)
        return [in_pattern_of(x, -_chain(q, gs[0], q) + _chain(left, p, q) + _chain(q, p, right))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        """Golub and Pereyra (1973), "The differentiation of pseudo-inverses and nonlinear least squares problems"."""
        (x,), dx = inputs, eval_points[0]
        if dx is None:
            return [None]
        p, turned = self(x), adjoint(dx)
        q = adjoint(p)
        outside = turned - _chain(turned, x, p)
        beside = turned - _chain(p, x, turned)
        return [-_chain(p, dx, p) + _chain(p, q, outside) + _chain(beside, q, p)]


pinv = MatrixPinv()


class Det(OfMatrix):
    """The determinant of a square matrix, or of each of a stack.

    The gradient is computed from the inverse: LinAlgError where there is none. The product of many pivots soon leaves
    the range of numbers: see `SLogDet`.

    Parameters
    ----------
    x : tensor_like
        (..., n, n).

    Returns
    -------
    tensor
        (...,), of the dtype of `x` (float64 for integers).

    Raises
    ------
    TypeError
        `x` has less than two dimensions.
    LinAlgError
        When it runs: the matrix is not square.

    Notes
    -----
    The gradient is ``g * det(x) * inverse(x).T``.

    Examples
    --------
    >>> Det()(T.constant([[2.0, 1.0], [0.0, 4.0]])).eval()
    array(8.)
    """

    __props__ = ()

    def value(self, x: np.ndarray) -> Any:
        return np.linalg.det(x)

    def result_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return shape[:-2]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        return [in_pattern_of(x, _for_matrices(gs[0] * outputs[0]) * transposed(matrix_inverse(x)))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), dx = inputs, eval_points[0]
        return [None if dx is None else self(x) * _trace_of_product(matrix_inverse(x), dx)]


det = Det()


class SLogDet(Op):
    """The sign of the determinant of a square matrix (of a complex one: a number of size 1) and the logarithm of its
    size, as `numpy.linalg.slogdet`; of a singular matrix 0 and minus infinity.

    ``log(det(x))`` in a function becomes this: where the determinant overflows, its logarithm does not.

    Parameters
    ----------
    x : tensor_like
        (..., n, n).

    Returns
    -------
    sign, logarithm : tensors
        (...,), of the dtype of `x` and its real one.

    Raises
    ------
    TypeError
        `x` has less than two dimensions.
    LinAlgError
        When it runs: the matrix is not square.

    Examples
    --------
    >>> sign, logarithm = SLogDet()(T.constant([[-1e-200, 0.0], [0.0, 1e-200]]))
    >>> sign.eval(), logarithm.eval().round(3)
    (array(-1.), np.float64(-921.034))
    """

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = as_matrices(x, "slogdet")
        dtype, leading = float_dtype(x), x.type.shape[:-2]
        return Apply(self, [x], [new_tensor(dtype, leading), new_tensor(real_dtype(dtype), leading)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        for cell, value, v in zip(out, LINALG.slogdet(*values_of(*inputs)), node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:-2]] * 2

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """The sign of a real determinant changes by jumps."""
        return [[node.inputs[0].type.dtype in COMPLEX, True]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """From ``d log det(x) = trace(inverse(x) @ dx)``: its real part is that of the logarithm of the size."""
        (x,), (sign, _), (g_sign, g) = inputs, outputs, gs
        weight = zeros_like(sign) if is_disconnected(g) else g
        if x.type.dtype in COMPLEX and not is_disconnected(g_sign):
            weight = weight - 1j * imag(conj(g_sign) * sign)
        return [in_pattern_of(x, _for_matrices(weight) * adjoint(matrix_inverse(x)))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), (dx,) = inputs, eval_points
        if dx is None:
            return [None, None]
        change = _trace_of_product(matrix_inverse(x), dx)
        sign = self(x)[0]
        return [sign * 1j * imag(change) if x.type.dtype in COMPLEX else zeros_like(sign), real(change)]


def slogdet(a: Any) -> Any:
    """Sign and logarithm of the size of a determinant: see `SLogDet`.

    Parameters
    ----------
    a : tensor_like
        (..., n, n).

    Returns
    -------
    sign, logarithm : tensors
        (...,), of the dtype of `a` and its real one: ``det(a) == sign * exp(logarithm)``.

    Raises
    ------
    TypeError
        `a` has less than two dimensions.
    LinAlgError
        When it runs: the matrix is not square.

    Examples
    --------
    >>> sign, logarithm = slogdet(T.dmatrix())
    >>> sign, logarithm = slogdet(T.constant([[2.0, 0.0], [0.0, -0.5]]))
    >>> sign.eval(), logarithm.eval()
    (array(-1.), array(0.))

    References
    ----------
    ``det(x) = sign * exp(logdet)``, as `numpy.linalg.slogdet`.
    """
    return SLogDet()(a)


class lstsq(Op):
    """Least squares as `numpy.linalg.lstsq`: solution, residuals, rank and singular values.

    Inputs are a matrix `x`, a vector or matrix `y`, and `rcond`. The gradients are those where the rank stays the same.

    Parameters
    ----------
    x : tensor_like
        A matrix (m, n).
    y : tensor_like
        A vector (m,) or matrix (m, k).
    rcond : number
        Singular values below it times the largest count as 0; the precision of the dtype where it is not in (0, 1).

    Returns
    -------
    solution : tensor
        (n,) or (n, k).
    residuals : vector
        (k,), the sums of squares; none where the rank is not n, or m is not greater than n.
    rank : 0-d tensor
        int64.
    values : vector
        The singular values, ``(min(m, n),)``.

    Raises
    ------
    LinAlgError
        `x` is no matrix, `y` neither a vector nor a matrix, `rcond` no number, or, when it runs, `x` and `y` do not
        have equally many rows.

    Examples
    --------
    >>> lstsq()(T.constant([[1.0], [1.0]]), T.constant([1.0, 3.0]), -1)[0].eval()
    array([2.])
    """

    __props__ = ()

    def make_node(self, x: Any, y: Any, rcond: Any = -1) -> Apply:
        x, y, rcond = (as_tensor_variable(v) for v in (x, y, rcond))
        if x.type.ndim != 2:
            raise np.linalg.LinAlgError(f"lstsq takes matrices, got {x} with {x.type.ndim} dimensions")
        if y.type.ndim not in (1, 2):
            raise np.linalg.LinAlgError(f"lstsq takes a vector or matrix of results, got {y.type.ndim} dimensions")
        if rcond.type.ndim:
            raise np.linalg.LinAlgError(f"rcond of lstsq must be a number, got one of {rcond.type.ndim} dimensions")
        dtype, columns = float_dtype(x, y), y.type.shape[1:]
        real_ = real_dtype(dtype)
        outputs = [
            new_tensor(dtype, (x.type.shape[1], *columns)),
            new_tensor(real_, (None,)),
            new_tensor("int64", ()),
            new_tensor(real_, (None,)),
        ]
        return Apply(self, [x, y, rcond], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, y = values_of(*inputs[:2])
        for cell, value, v in zip(out, LINALG.lstsq(x, y, float(inputs[2])), node.outputs, strict=True):
            cell[0] = computed(value, v)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        """From the singular values; what counts as 0 is as in LAPACK's gelsd, which NumPy calls."""
        x, y, rcond = inputs
        if not _is_decomposed(x, y) or rcond.type.dtype in COMPLEX:
            return None
        dtype = float_dtype(x, y)
        sizes = real_dtype(dtype)
        as_long = Assert("lstsq: x and y must have equally many rows", np.linalg.LinAlgError)
        x, y = cast(x, dtype), cast(as_long(y, eq(shape_i(x, 0), shape_i(y, 0))), dtype)
        u, s, vt = svd(x, full_matrices=False)
        precision = np.asarray(np.finfo(dtype).eps / 2, sizes)
        limit = switch(or_(le(rcond, 0), ge(rcond, 1)), precision, cast(rcond, sizes)) * _largest(s)
        inverses = _inverses(s, limit)
        solution = dot(adjoint(vt), (as_columns(inverses) if y.type.ndim == 2 else inverses) * dot(adjoint(u), y))
        solution = patternbroadcast(solution, (x.type.broadcastable[1], *y.type.broadcastable[1:]))
        left = y - dot(x, solution)
        squares = sum_(real(left * conj(left)), axis=0, dtype=sizes)
        squares = squares if y.type.ndim == 2 else squares.dimshuffle("x")
        rank, (m, n) = sum_(cast(gt(s, limit), "int64"), dtype="int64"), (shape_i(x, k) for k in (0, 1))
        known = and_(eq(rank, n), gt(m, n))
        residuals = patternbroadcast(squares, (False,))[: switch(known, shape_i(squares, 0), 0)]
        return [solution, residuals, rank, s]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        """How many residuals there are depends on the rank."""
        (m, n), columns = shapes[0], shapes[1][1:]
        return [(n, *columns), None, (), (minimum(m, n),)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, True, False, True], [True, True, False, False], [False] * 4]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """Of the solution ``pinv(x) @ y`` by the derivative of pseudo-inverses (Golub and Pereyra, 1973).

        Products with pseudo-inverses are least squares themselves, with the same `rcond`.
        """
        x, y, rcond = inputs
        solution, residuals, _, _ = outputs
        left, turned = y - dot(x, solution), adjoint(x)
        gx: list[Any] = []
        gy: list[Any] = []
        g = gs[0]
        if not is_disconnected(g):
            back = self(turned, g, rcond)[0]
            gy.append(back)
            gx += [-_spread(back, solution), _spread(left, self(x, back, rcond)[0])]
            gx.append(_spread(self(turned, solution, rcond)[0], g - dot(turned, back)))
        if not is_disconnected(gs[1]):
            # There are none, or one for each column of y.
            count = shape_i(y, 1) if y.type.ndim == 2 else 1
            weights = zeros((count,), gs[1].type.dtype)
            weights = inc_subtensor(weights[: shape_i(residuals, 0)], gs[1])
            pulled = 2 * left * (as_rows(weights) if y.type.ndim == 2 else weights[0])
            gy.append(pulled)
            gx.append(-_spread(pulled, solution))
        if not is_disconnected(gs[3]):
            u, _, vt = svd(x, full_matrices=False)
            gx.append(dot(u * as_rows(gs[3]), vt))
        found = [sum(terms[1:], terms[0]) if terms else disconnected() for terms in (gx, gy)]
        wanted = [g if is_disconnected(g) else in_pattern_of(v, g) for v, g in zip((x, y), found, strict=True)]
        return [*wanted, disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        """Golub and Pereyra (1973)."""
        (x, y, rcond), (dx, dy, _) = inputs, eval_points
        if dx is None and dy is None:
            return [None] * 4
        solution, residuals, _, _ = self(x, y, rcond)
        moved = dy
        if dx is not None:
            moved = -dot(dx, solution) if dy is None else dy - dot(dx, solution)
        change, values = self(x, moved, rcond)[0], None
        left = y - dot(x, solution)
        if dx is not None:
            turned, across = adjoint(x), adjoint(dx)
            beside = dot(across, self(turned, solution, rcond)[0])
            change = change + self(x, self(turned, dot(across, left), rcond)[0], rcond)[0]
            change = change + beside - self(x, dot(x, beside), rcond)[0]
            u, _, vt = svd(x, full_matrices=False)
            values = real(diagonal_of(matmul(adjoint(u), matmul(dx, adjoint(vt)))))
        squares = 2 * real(conj(left) * moved).sum(axis=0)
        squares = (squares if y.type.ndim == 2 else squares.dimshuffle("x"))[: shape_i(residuals, 0)]
        return [change, squares, None, values]


def _spread(a: Any, b: Any) -> Any:
    """``a @ b.H`` of matrices, or of vectors as columns."""
    return outer(a, conj(b)) if a.type.ndim == 1 else dot(a, adjoint(b))
