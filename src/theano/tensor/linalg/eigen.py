"""Eigenvalues and eigenvectors of matrices; `theano.tensor.nlinalg` has the names.

Of what holds for their gradients, see `theano.tensor.linalg.factors`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.linalg.dot import matmul
from theano.tensor.linalg.factors import inverse_gaps
from theano.tensor.linalg.matrices import (
    LINALG,
    Composed,
    adjoint,
    as_matrices,
    as_rows,
    computed,
    diagonal_of,
    float_dtype,
    half_tril,
    in_pattern_of,
    real_dtype,
    symmetric_half,
    values_of,
    with_diagonal,
)
from theano.tensor.opsupport import Shapes, is_disconnected, new_tensor
from theano.tensor.pointwise.math import real

__all__ = ["Eig", "Eigh", "EighGrad", "eig", "eigh", "to_triangle"]


class Eig(Op):
    """Eigenvalues and right eigenvectors (columns) of a square matrix whose eigenvalues are real.

    The results have the dtype of the matrix; of complex ones the imaginary part is lost, with NumPy's warning.

    Parameters
    ----------
    x : tensor_like
        (..., n, n).

    Returns
    -------
    w, v : tensors
        The eigenvalues (..., n), in no order, and the vectors (..., n, n), of the dtype of `x` (float64 for integers).

    Raises
    ------
    TypeError
        `x` has less than two dimensions.
    LinAlgError
        When it runs: the matrix is not square, or there are NaN or infinities in it.

    Examples
    --------
    >>> Eig()(T.constant([[2.0, 0.0], [0.0, 3.0]]))[0].eval()
    array([2., 3.])
    """

    __props__: ClassVar[tuple[str, ...]] = ()

    def make_node(self, x: Any) -> Apply:
        x = as_matrices(x, type(self).__name__)
        dtype, shape = float_dtype(x), x.type.shape
        return Apply(self, [x], [new_tensor(self._values_dtype(dtype), shape[:-1]), new_tensor(dtype, shape)])

    def _values_dtype(self, dtype: str) -> str:
        return dtype

    def _factors(self, x: Any) -> Any:
        w, v = LINALG.eig(x)
        if not np.isrealobj(x):
            return w, v
        if np.any(w.imag):
            warn_of_lost_parts()
        return w.real, v.real  # new NumPy gives complex factors of any matrix

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        for cell, value, v in zip(out, self._factors(*values_of(*inputs)), node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:-1], shapes[0]]


eig = Eig()


def warn_of_lost_parts() -> None:
    """Warn as NumPy does where complex numbers become real ones."""
    said = "Casting complex values to real discards the imaginary part"
    warnings.warn(said, np.exceptions.ComplexWarning, stacklevel=2)


class LostParts(Op):
    """Nothing but the warning that imaginary parts are lost: programs call it where `Eig` has found some."""

    __props__ = ()

    def make_node(self) -> Apply:
        return Apply(self, [], [])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        warn_of_lost_parts()


class Eigh(Eig):
    """Eigenvalues, in ascending order, and eigenvectors of a symmetric matrix, of which one triangle is read.

    Complex matrices are taken to be equal to their adjoints.

    Parameters
    ----------
    UPLO
        "L" or "U": the triangle.

    Returns
    -------
    w, v : tensors
        Called with matrices (..., n, n): the eigenvalues (..., n), of the real dtype, and the vectors (..., n, n).

    Raises
    ------
    ValueError
        `UPLO` is neither.
    TypeError
        The argument has less than two dimensions.
    LinAlgError
        When it runs: the matrix is not square.

    Examples
    --------
    >>> Eigh()(T.constant([[3.0, 0.0], [0.0, 2.0]]))[0].eval()
    array([2., 3.])
    """

    __props__: ClassVar[tuple[str, ...]] = ("UPLO",)

    def __init__(self, UPLO: str = "L") -> None:
        if UPLO not in ("L", "U"):
            raise ValueError(f"UPLO must be 'L' or 'U', not {UPLO!r}")
        self.UPLO = UPLO

    def _values_dtype(self, dtype: str) -> str:
        return real_dtype(dtype)

    def _factors(self, x: Any) -> Any:
        return LINALG.eigh(x, self.UPLO)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (w, v), (gw, gv) = outputs, gs
        return [in_pattern_of(inputs[0], _eigh_gradient(w, v, gw, gv, self.UPLO == "L"))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None, None]
        w, v = self(*inputs)
        change = symmetric_half(eval_points[0], self.UPLO == "L")
        turned = matmul(adjoint(v), matmul(change, v))
        return [real(diagonal_of(turned)), matmul(v, inverse_gaps(w) * turned)]


def _eigh_gradient(w: Any, v: Any, gw: Any, gv: Any, lower: bool) -> Any:
    """Giles (2008), "Collected matrix derivative results for forward and reverse mode differentiation", 3.1.

    A cost of the eigenvalues alone has a gradient where they coincide, too.
    """
    if is_disconnected(gv):
        g = matmul(v * as_rows(gw), adjoint(v))
    else:
        inner = inverse_gaps(w) * matmul(adjoint(v), gv)
        inner = inner if is_disconnected(gw) else with_diagonal(gw) + inner
        g = matmul(v, matmul(inner, adjoint(v)))
    return to_triangle(g, lower)


class EighGrad(Composed):
    """The gradient of `Eigh`: of a matrix, its eigenvalues and vectors, and the gradients of both.

    Parameters
    ----------
    UPLO
        See `Eigh`.

    Examples
    --------
    >>> EighGrad()(T.dmatrix(), T.dvector(), T.dmatrix(), T.dvector(), T.dmatrix()).type
    TensorType(float64, matrix)
    """

    __props__ = ("UPLO",)

    def __init__(self, UPLO: str = "L") -> None:
        self.UPLO = Eigh(UPLO).UPLO

    @property
    def tri0(self) -> Any:
        """NumPy's function for the triangle that is read."""
        return np.tril if self.UPLO == "L" else np.triu

    @property
    def tri1(self) -> Any:
        """The function for the other triangle, without the diagonal."""
        return partial(np.triu, k=1) if self.UPLO == "L" else partial(np.tril, k=-1)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        x, w, v, gw, gv = inputs
        return [in_pattern_of(x, _eigh_gradient(w, v, gw, gv, self.UPLO == "L"))]


def to_triangle(g: Any, lower: bool) -> Any:
    """The gradient of the triangle that is read of a symmetric matrix, from that of the whole matrix."""
    half = half_tril(g + adjoint(g))  # whose diagonal is real
    return half if lower else adjoint(half)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a symmetric matrix: see `Eigh`.

    Parameters
    ----------
    a : tensor_like
        (..., n, n); float64 is made of integers.
    UPLO : {"L", "U"}
        The triangle that is read.

    Returns
    -------
    w, v : tensors
        The eigenvalues (..., n), ascending, of the real dtype, and the vectors, the columns of (..., n, n):
        ``a @ v == v * w``.

    Raises
    ------
    ValueError
        `UPLO` is neither.
    TypeError
        `a` has less than two dimensions.
    LinAlgError
        When it runs: the matrix is not square.

    Examples
    --------
    >>> w, v = eigh(T.constant([[0.0, 2.0], [2.0, 0.0]]))
    >>> w.eval()
    array([-2.,  2.])

    References
    ----------
    ``a @ v[:, k] = w[k] * v[:, k]``, as `numpy.linalg.eigh`.
    """
    return Eigh(UPLO)(a)
