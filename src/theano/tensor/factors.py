"""Factors of a matrix: eigenvalues and vectors, QR, singular values; `theano.tensor.nlinalg` has the names.

The gradients are those of the textbooks (Giles, 2008; Walter and Lehmann, 2018), written as expressions, so they have
gradients too. Where values coincide, factors are not differentiable and the gradients are not finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX
from theano.tensor.alloc import identity_like, zeros_like
from theano.tensor.diagonal import ExtractDiag, diag
from theano.tensor.dot import dot
from theano.tensor.math import minimum, real
from theano.tensor.matrices import (
    LINALG,
    adjoint,
    as_matrix,
    computed,
    float_dtype,
    half_tril,
    in_pattern_of,
    values_of,
)
from theano.tensor.opsupport import Shapes, is_disconnected, new_tensor, single
from theano.tensor.slinalg import solve_upper_triangular

__all__ = ["SVD", "Eig", "Eigh", "QRFull", "QRIncomplete", "eig", "eigh", "qr", "svd"]


def _given(gradients: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """Gradients, with zeros for outputs that the cost does not depend on."""
    return [zeros_like(out) if is_disconnected(g) else g for g, out in zip(gradients, outputs, strict=True)]


def _inverse_gaps(values: Any) -> Any:
    """``1 / (values[j] - values[i])``, with zeros on the diagonal."""
    gaps = values.dimshuffle("x", 0) - values.dimshuffle(0, "x")
    one = identity_like(gaps)
    return (1 - one) / (gaps + one)


class Eig(Op):
    """Eigenvalues and right eigenvectors (columns) of a square matrix whose eigenvalues are real.

    The results have the dtype of the matrix; of complex ones the imaginary part is lost, with NumPy's warning.

    Examples
    --------
    >>> Eig()(T.constant([[2.0, 0.0], [0.0, 3.0]]))[0].eval()
    array([2., 3.])
    """

    __props__: ClassVar[tuple[str, ...]] = ()

    def make_node(self, x: Any) -> Apply:
        x = as_matrix(x, type(self).__name__)
        dtype, n = float_dtype(x), x.type.shape[0]
        return Apply(self, [x], [new_tensor(self._values_dtype(dtype), (n,)), new_tensor(dtype, x.type.shape)])

    def _values_dtype(self, dtype: str) -> str:
        return dtype

    def _factors(self, x: Any) -> Any:
        # New NumPy gives complex factors of any matrix.
        return tuple(f.real if np.isrealobj(x) and not np.any(f.imag) else f for f in LINALG.eig(x))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        for cell, value, v in zip(out, self._factors(*values_of(*inputs)), node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(shapes[0][0],), shapes[0]]


eig = Eig()


class Eigh(Eig):
    """Eigenvalues, in ascending order, and eigenvectors of a symmetric matrix, of which one triangle is read.

    Parameters
    ----------
    UPLO
        "L" or "U": the triangle.

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
        return np.empty(0, dtype).real.dtype.name

    def _factors(self, x: Any) -> Any:
        return LINALG.eigh(x, self.UPLO)

    def _to_triangle(self, g: Any) -> Any:
        """The gradient of the elements that are read from that of the symmetric matrix."""
        half = half_tril(g + adjoint(g))  # whose diagonal is real
        return half if self.UPLO == "L" else adjoint(half)

    def _symmetric(self, x: Any) -> Any:
        half = half_tril(x if self.UPLO == "L" else adjoint(x))
        return half + adjoint(half)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (w, v), (gw, gv) = outputs, _given(gs, outputs)
        turned = adjoint(v)
        middle = diag(gw) + _inverse_gaps(w) * dot(turned, gv)
        return [in_pattern_of(inputs[0], self._to_triangle(dot(v, dot(middle, turned))))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None, None]
        w, v = self(*inputs)
        turned = dot(adjoint(v), dot(self._symmetric(eval_points[0]), v))
        return [real(ExtractDiag()(turned)), dot(v, _inverse_gaps(w) * turned)]


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a symmetric matrix: see `Eigh`.

    Examples
    --------
    >>> w, v = eigh(T.dmatrix())
    """
    return Eigh(UPLO)(a)


class QRFull(Op):
    """An orthogonal and an upper triangular matrix whose product is the given one: ``mode="reduced"`` or another.

    Parameters
    ----------
    mode
        That of `numpy.linalg.qr`.

    Examples
    --------
    >>> q, r = QRFull("reduced")(T.dmatrix())
    """

    __props__ = ("mode",)

    def __init__(self, mode: str) -> None:
        if mode not in ("reduced", "complete", "r", "raw"):
            raise ValueError(f"qr: mode must be 'reduced', 'complete', 'r' or 'raw', not {mode!r}")
        self.mode = mode

    def make_node(self, x: Any) -> Apply:
        x = as_matrix(x, "qr")
        second = (None,) if self.mode == "raw" else (None, None)
        dtype = float_dtype(x)
        return Apply(self, [x], [new_tensor(dtype, (None, None)), new_tensor(dtype, second)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        factors = LINALG.qr(x, self.mode)
        for cell, value, v in zip(out, factors, node.outputs, strict=True):
            cell[0] = computed(value, v)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """For matrices with at least as many rows as columns, of full rank."""
        if self.mode != "reduced":
            raise NotImplementedError(f"the gradient of qr with mode={self.mode!r}: use mode='reduced'")
        (q, r), (gq, gr) = outputs, _given(gs, outputs)
        inner = dot(r, adjoint(gr)) - dot(adjoint(gq), q)
        lower = half_tril(inner)
        g = gq + dot(q, lower + adjoint(lower))
        return [in_pattern_of(inputs[0], adjoint(solve_upper_triangular(r, adjoint(g))))]


class QRIncomplete(Op):
    """The triangular factor of `QRFull` alone (mode "r").

    Examples
    --------
    >>> QRIncomplete("r")(T.dmatrix()).type
    TensorType(float64, matrix)
    """

    __props__ = ("mode",)

    def __init__(self, mode: str = "r") -> None:
        if mode != "r":
            raise ValueError(f"QRIncomplete: mode must be 'r', not {mode!r}")
        self.mode = mode

    def make_node(self, x: Any) -> Apply:
        x = as_matrix(x, "qr")
        return single(self, [x], float_dtype(x), (None, None))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        out[0][0] = computed(LINALG.qr(x, "r"), node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        n, m = shapes[0]
        return [(minimum(n, m), m)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        q, r = QRFull("reduced")(inputs[0])
        return QRFull("reduced").L_op(inputs, [q, r], [zeros_like(q), gs[0]])


def qr(a: Any, mode: str = "reduced") -> Any:
    """The QR factors of a matrix, or with ``mode="r"`` the triangular one: see `QRFull`.

    Examples
    --------
    >>> qr(T.dmatrix(), "r").type
    TensorType(float64, matrix)
    """
    return QRIncomplete(mode)(a) if mode == "r" else QRFull(mode)(a)


class SVD(Op):
    """The factors u, s, vt of a matrix ``u @ diag(s) @ vt``, or its singular values alone.

    Parameters
    ----------
    full_matrices
        Whether u and vt are square. Then they have no gradient (s has).
    compute_uv
        Whether u and vt are outputs.

    Examples
    --------
    >>> SVD(compute_uv=False)(T.constant([[0.0, 2.0], [3.0, 0.0]])).eval()
    array([3., 2.])
    """

    __props__ = ("full_matrices", "compute_uv")

    def __init__(self, full_matrices: bool = True, compute_uv: bool = True) -> None:
        self.full_matrices, self.compute_uv = bool(full_matrices), bool(compute_uv)

    def make_node(self, x: Any) -> Apply:
        x = as_matrix(x, "svd")
        dtype = float_dtype(x)
        values = new_tensor(np.empty(0, dtype).real.dtype.name, (None,))
        sides = [new_tensor(dtype, (None, None)) for _ in range(2)]
        return Apply(self, [x], [sides[0], values, sides[1]] if self.compute_uv else [values])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        found = LINALG.svd(x, self.full_matrices, self.compute_uv)
        for cell, value, v in zip(out, found if self.compute_uv else [found], node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        n, m = shapes[0]
        k = minimum(n, m)
        if not self.compute_uv:
            return [(k,)]
        return [(n, n), (k,), (m, m)] if self.full_matrices else [(n, k), (k,), (k, m)]

    def _thin(self, x: Any, outputs: Sequence[Any]) -> Any:
        if self.compute_uv and not self.full_matrices:
            return outputs
        return SVD(full_matrices=False)(x)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        u, s, vt = self._thin(x, outputs)
        if not self.compute_uv or (is_disconnected(gs[0]) and is_disconnected(gs[2])):
            return [in_pattern_of(x, dot(u * gs[1 if self.compute_uv else 0], vt))]
        if self.full_matrices:
            raise NotImplementedError("the gradient of the vectors of svd: use full_matrices=False")
        if x.type.dtype in COMPLEX:
            raise NotImplementedError("the gradient of the vectors of svd of a complex matrix")
        gu, g, gvt = _given(gs, outputs)
        gaps = _inverse_gaps(s**2)
        left, right = dot(u.T, gu), dot(vt, gvt.T)
        inner = diag(g) + gaps * (left - left.T) * s + s.dimshuffle(0, "x") * gaps * (right - right.T)
        outside_u = (gu - dot(u, left)) / s
        outside_v = (gvt - dot(right.T, vt)) / s.dimshuffle(0, "x")
        return [in_pattern_of(x, dot(dot(u, inner) + outside_u, vt) + dot(u, outside_v))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        """Of the singular values; of the vectors as long as nobody needs it."""
        count = 3 if self.compute_uv else 1
        if eval_points[0] is None:
            return [None] * count
        if self.compute_uv:
            raise NotImplementedError("the R-operator of svd: use compute_uv=False")
        u, _, vt = SVD(full_matrices=False)(inputs[0])
        return [real(ExtractDiag()(dot(adjoint(u), dot(eval_points[0], adjoint(vt)))))]


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition of a matrix: see `SVD`.

    Examples
    --------
    >>> u, s, vt = svd(T.dmatrix(), full_matrices=False)
    """
    return SVD(full_matrices, compute_uv)(a)
