"""Linear algebra that SciPy has: generalised eigenvalues, Kronecker products, exponentials, and those of `systems`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.linalg.dot import matmul
from theano.tensor.linalg.eigen import Eigh, to_triangle
from theano.tensor.linalg.matrices import (
    Composed,
    OfMatrix,
    adjoint,
    as_matrices,
    as_rows,
    columns_of,
    computed,
    filled,
    float_dtype,
    in_pattern_of,
    real_dtype,
    rows_of,
    stack_lengths,
    symmetric_half,
    transposed,
    values_of,
)
from theano.tensor.linalg.schur import (
    schur,
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_sylvester,
    sqrtm,
)
from theano.tensor.linalg.systems import (
    MATRIX_STRUCTURES,
    Cholesky,
    CholeskyGrad,
    Solve,
    cho_solve,
    cholesky,
    solve,
    solve_lower_triangular,
    solve_symmetric,
    solve_upper_triangular,
)
from theano.tensor.making.alloc import zeros_like
from theano.tensor.opsupport import Shapes, holomorphic, single
from theano.tensor.pointwise.math import cast, conj, real
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "MATRIX_STRUCTURES",
    "Cholesky",
    "CholeskyGrad",
    "Eigvalsh",
    "EigvalshGrad",
    "Expm",
    "ExpmGrad",
    "Solve",
    "cho_solve",
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "schur",
    "solve",
    "solve_continuous_lyapunov",
    "solve_discrete_lyapunov",
    "solve_lower_triangular",
    "solve_sylvester",
    "solve_symmetric",
    "solve_upper_triangular",
    "sqrtm",
]


class Eigvalsh(Op):
    """The eigenvalues w of a symmetric matrix a, or of the problem ``a @ v == w * b @ v``, in ascending order.

    Parameters
    ----------
    lower
        Whether the lower triangles are read.

    Examples
    --------
    >>> Eigvalsh()(T.constant([[3.0, 0.0], [0.0, 2.0]]), None).eval()
    array([2., 3.])
    """

    __props__ = ("lower",)

    def __init__(self, lower: bool = True) -> None:
        if lower not in (True, False):
            raise ValueError(f"lower must be True or False, not {lower!r}")
        self.lower = bool(lower)

    def make_node(self, a: Any, b: Any = None) -> Apply:
        given = [as_matrices(x, "Eigvalsh") for x in (a, b) if x is not None and not _is_none(x)]
        shape = given[0].type.shape[:-1]
        if len(given) == 2:
            if given[0].type.ndim != given[1].type.ndim:
                raise TypeError(f"Eigvalsh: {given[0]} and {given[1]} have different numbers of dimensions")
            if given[0].type.broadcastable[:-2] != given[1].type.broadcastable[:-2]:
                raise TypeError(f"Eigvalsh: {given[0]} and {given[1]} are stacks of different patterns")
            shape = (*stack_lengths("Eigvalsh", *given), shape[-1])
        return single(self, given, real_dtype(float_dtype(*given)), shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        import scipy.linalg

        arrays = values_of(*inputs)
        if len({a.shape for a in arrays}) > 1:
            raise ValueError(f"Eigvalsh: matrices of shapes {' and '.join(str(a.shape) for a in arrays)}")
        empty = np.empty(arrays[0].shape[:-1], node.outputs[0].type.dtype)
        w = filled(empty, 1, lambda *given: scipy.linalg.eigvalsh(*given, lower=self.lower), *arrays)
        out[0][0] = computed(w, node.outputs[0])

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any] | None:
        """Of a pair of matrices those of ``inv(L) @ a @ inv(L).H`` where ``b = L @ L.H``."""
        if len(inputs) == 1 or any(x.type.dtype == "float16" for x in inputs):
            return None
        dtype = float_dtype(*inputs)
        a, b = (symmetric_half(cast(x, dtype), self.lower) for x in inputs)
        factor = cholesky(b)
        inner = solve_lower_triangular(factor, adjoint(solve_lower_triangular(factor, a)))
        return [Eigvalsh()(inner)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:-1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_pattern_of(x, g) for x, g in zip(inputs, _eigenvalue_gradients(inputs, gs[0], self.lower))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(d is None for d in eval_points):
            return [None]
        w, v = _eigenvectors(inputs, self.lower)
        total = None
        for d, factor in zip(eval_points, (None, w)):
            if d is not None:
                moved = real((conj(v) * matmul(symmetric_half(d, self.lower), v)).sum(axis=v.type.ndim - 2))
                moved = moved if factor is None else -factor * moved
                total = moved if total is None else total + moved
        return [total]


def _eigenvectors(matrices: Sequence[Any], lower: bool) -> tuple[Any, Any]:
    """Eigenvalues and vectors of a matrix, or of a pair ``(a, b)``: there those with ``v.H @ b @ v == 1``."""
    if len(matrices) == 1:
        w, v = Eigh("L" if lower else "U")(matrices[0])
        return w, v
    a, b = matrices
    factor = Cholesky(lower)(b)
    factor = factor if lower else adjoint(factor)
    half = solve_lower_triangular(factor, symmetric_half(a, lower))
    w, v = Eigh()(solve_lower_triangular(factor, adjoint(half)))
    return w, solve_upper_triangular(adjoint(factor), v)


def _eigenvalue_gradients(matrices: Sequence[Any], g: Any, lower: bool) -> list[Any]:
    """The gradients of the triangles that are read, from that of the eigenvalues.

    ``v.H @ (da - w * db) @ v`` is the change of an eigenvalue, where ``v.H @ b @ v`` is 1: Giles (2008), 3.1.
    """
    w, v = _eigenvectors(matrices, lower)
    weights = [g, -g * w][: len(matrices)]
    return [to_triangle(matmul(v * as_rows(weight), adjoint(v)), lower) for weight in weights]


class EigvalshGrad(Composed):
    """The gradients of `Eigvalsh`: inputs are its matrices and the gradient of its result.

    Parameters
    ----------
    lower
        See `Eigvalsh`.

    Examples
    --------
    >>> EigvalshGrad()(T.dmatrix(), T.dvector()).type
    TensorType(float64, matrix)
    """

    __props__ = ("lower",)

    def __init__(self, lower: bool = True) -> None:
        self.lower = bool(lower)

    @property
    def tri0(self) -> Any:
        """NumPy's function for the triangle that is read."""
        return np.tril if self.lower else np.triu

    @property
    def tri1(self) -> Any:
        """The function for the other triangle, without the diagonal."""
        return partial(np.triu, k=1) if self.lower else partial(np.tril, k=-1)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        *given, g = inputs
        given = [as_matrices(x, "EigvalshGrad") for x in given]
        return [in_pattern_of(x, gx) for x, gx in zip(given, _eigenvalue_gradients(given, g, self.lower))]


def _is_none(x: Any) -> bool:
    return getattr(x, "data", x) is None


def eigvalsh(a: Any, b: Any, lower: bool = True) -> Any:
    """The eigenvalues of a symmetric matrix (`b` None) or of a pair: see `Eigvalsh`.

    Parameters
    ----------
    a : tensor_like
        (..., n, n), symmetric, or equal to its adjoint if it is complex.
    b : tensor_like or None
        (..., n, n), positive definite; for the problem ``a @ v == w * b @ v``.
    lower : bool
        Whether the lower triangles are read.

    Returns
    -------
    tensor
        The eigenvalues w (..., n), ascending, of the real dtype.

    Raises
    ------
    TypeError
        A matrix has less than two dimensions, or they have different numbers of them.
    ValueError
        `lower` is no bool; or when it runs: matrices are not square, or not of equal shapes.
    LinAlgError
        When it runs: `b` is not positive definite.

    Examples
    --------
    >>> eigvalsh(T.dmatrix(), T.dmatrix()).type
    TensorType(float64, vector)
    >>> eigvalsh(T.constant([[3.0, 0.0], [0.0, 2.0]]), T.constant([[1.0, 0.0], [0.0, 2.0]])).eval()
    array([1., 3.])

    References
    ----------
    ``a @ v = w * b @ v``, as `scipy.linalg.eigvalsh`.
    """
    return Eigvalsh(lower)(a, b)


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: as `numpy.kron`, of tensors with up to two dimensions, not both vectors.

    Parameters
    ----------
    a, b : tensor_like
        Of any dtype, with three dimensions or more together.

    Returns
    -------
    tensor
        Of the greater number of dimensions, of the products of the lengths, and the common dtype.

    Raises
    ------
    TypeError
        Together the tensors have less than three dimensions.

    Examples
    --------
    >>> kron(T.constant([[1, 2]]), T.constant([[1], [10]])).eval()
    array([[ 1,  2],
           [10, 20]])

    References
    ----------
    ``y[i * m + k, j * n + l] = a[i, j] * b[k, l]``, as `numpy.kron`.
    """
    a, b = as_tensor_variable(a), as_tensor_variable(b)
    if a.type.ndim + b.type.ndim <= 2:
        raise TypeError(f"kron: inputs dimensions must sum to 3 or more, got {a.type.ndim} and {b.type.ndim}")
    ndim = max(a.type.ndim, b.type.ndim)
    a, b = shape_padleft(a, ndim - a.type.ndim), shape_padleft(b, ndim - b.type.ndim)
    order_a = [k for i in range(ndim) for k in (i, "x")]
    order_b = [k for i in range(ndim) for k in ("x", i)]
    lengths = [shape_i(a, i) * shape_i(b, i) for i in range(ndim)]
    return reshape(a.dimshuffle(order_a) * b.dimshuffle(order_b), lengths, ndim=ndim)


class Expm(OfMatrix):
    """The exponential of a square matrix.

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
        When it runs: the matrix is not square.

    Notes
    -----
    ``sum over k of x ** k / k!``; as `scipy.linalg.expm`. The gradient is a block of the exponential of a matrix twice
    as large: N. J. Higham, "Functions of matrices", 2008, eq. 3.16.

    Examples
    --------
    >>> Expm()(T.constant([[0.0, 1.0], [0.0, 0.0]])).eval()
    array([[1., 1.],
           [0., 1.]])
    """

    __props__ = ()

    def value(self, x: np.ndarray) -> Any:
        import scipy.linalg

        return filled(np.empty_like(x), 2, scipy.linalg.expm, x)

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_pattern_of(inputs[0], _expm_change(transposed(inputs[0]), gs[0]))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else _expm_change(inputs[0], eval_points[0])]


expm = Expm()


def _expm_change(A: Any, dA: Any) -> Any:
    """The derivative of the exponential of `A` in a direction: a block of an exponential (Higham, 2008, eq. 3.16)."""
    columns, n = A.type.ndim - 1, shape_i(A, A.type.ndim - 1)
    top = concatenate([A, dA], axis=columns)
    bottom = concatenate([zeros_like(A), A], axis=columns)
    block = expm(concatenate([top, bottom], axis=columns - 1))
    return in_pattern_of(A, columns_of(rows_of(block, None, n), n, None))


class ExpmGrad(Composed):
    """The gradient of `Expm`: of a matrix and the gradient of its exponential.

    Examples
    --------
    >>> ExpmGrad()(T.constant([[0.0]]), T.constant([[2.0]])).eval()
    array([[2.]])
    """

    __props__ = ()

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        A, g = inputs
        return [in_pattern_of(A, _expm_change(adjoint(A), g))]
