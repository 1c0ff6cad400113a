"""Factors of matrices: QR, singular values; `theano.tensor.nlinalg` has the names.

Of tensors with more than two dimensions, the factors of the matrices in the last two axes.

The gradients are expressions, so they have gradients too. Vectors are determined up to signs (complex ones: up to
phases), and those for equal values, or for none (the columns beyond the singular values), up to a rotation. The
gradients are right for costs that do not depend on that choice. Where values coincide, vectors have no derivative, and
their gradients are not finite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX
from theano.tensor.linalg.dot import matmul
from theano.tensor.linalg.matrices import (
    LINALG,
    adjoint,
    as_columns,
    as_matrices,
    as_rows,
    columns_of,
    computed,
    diagonal_of,
    float_dtype,
    half_tril,
    identity_for,
    in_pattern_of,
    real_dtype,
    rows_of,
    values_of,
    with_diagonal,
)
from theano.tensor.linalg.systems import solve_lower_triangular, solve_upper_triangular
from theano.tensor.making.alloc import zeros_like
from theano.tensor.making.triangles import tril, triu
from theano.tensor.opsupport import Shapes, is_disconnected, new_tensor, single
from theano.tensor.pointwise.math import imag, minimum, real
from theano.tensor.shaping.join import concatenate
from theano.tensor.shaping.shape import shape_i

__all__ = ["SVD", "QRFull", "QRIncomplete", "qr", "svd"]


def _given(gradients: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """Gradients, with zeros for outputs that the cost does not depend on."""
    return [zeros_like(out) if is_disconnected(g) else g for g, out in zip(gradients, outputs, strict=True)]


def inverse_gaps(values: Any) -> Any:
    """``1 / (values[j] - values[i])``, with zeros on the diagonal."""
    gaps = as_rows(values) - as_columns(values)
    one = identity_for(gaps)
    return (1 - one) / (gaps + one)


def _twice_skew(x: Any) -> Any:
    return x - adjoint(x)


# -- QR ---------------------------------------------------------------------------------------------------


class QRFull(Op):
    """An orthogonal and an upper triangular matrix whose product is the given one.

    Parameters
    ----------
    mode
        That of `numpy.linalg.qr`: "reduced", "complete" or "raw", which has no gradient.

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
        x = as_matrices(x, "qr")
        dtype, leading = float_dtype(x), x.type.shape[:-2]
        second = (*leading, None) if self.mode == "raw" else (*leading, None, None)
        return Apply(self, [x], [new_tensor(dtype, (*leading, None, None)), new_tensor(dtype, second)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        factors = LINALG.qr(x, self.mode)
        for cell, value, v in zip(out, factors, node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        *leading, n, m = shapes[0]
        k = minimum(n, m)
        if self.mode == "raw":
            return [(*leading, m, n), (*leading, k)]
        k = n if self.mode == "complete" else k
        return [(*leading, n, k), (*leading, k, m)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """For matrices whose first columns, as many as there are rows, are independent.

        Walter and Lehmann (2018), "Algorithmic differentiation of linear algebra functions with application in
        optimum experimental design", and for wide matrices Roberts and Roberts (2020), "QR and LQ decomposition
        matrix backpropagation algorithms for square, wide, and deep matrices".
        """
        self._differentiable()
        (x,), (q, r), (gq, gr) = inputs, outputs, _given(gs, outputs)
        k = minimum(*(shape_i(x, i) for i in (x.type.ndim - 2, x.type.ndim - 1)))
        if self.mode == "complete":
            rest, g_rest = columns_of(q, k, None), columns_of(gq, k, None)
            q, gq = columns_of(q, None, k), columns_of(gq, None, k)
            gq = gq - matmul(rest, matmul(adjoint(g_rest), q))
            r, gr = rows_of(r, None, k), rows_of(gr, None, k)
        square, g_square, g_right = columns_of(r, None, k), columns_of(gr, None, k), columns_of(gr, k, None)
        gq = gq + matmul(columns_of(x, k, None), adjoint(g_right))
        lower = half_tril(matmul(square, adjoint(g_square)) - matmul(adjoint(gq), q))
        g = gq + matmul(q, lower + adjoint(lower))
        g_left = adjoint(solve_upper_triangular(square, adjoint(g)))
        return [in_pattern_of(x, concatenate([g_left, matmul(q, g_right)], axis=x.type.ndim - 1))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        self._differentiable()
        (x,), (dx,) = inputs, eval_points
        if dx is None:
            return [None, None]
        q, r = self(x)
        k = minimum(*(shape_i(x, i) for i in (x.type.ndim - 2, x.type.ndim - 1)))
        first, square = columns_of(q, None, k), columns_of(rows_of(r, None, k), None, k)
        turned = matmul(adjoint(first), dx)
        right = adjoint(solve_lower_triangular(adjoint(square), adjoint(columns_of(dx, None, k))))
        inner = matmul(adjoint(first), right)
        below = tril(inner, -1)
        spin = below - adjoint(below)
        if x.type.dtype in COMPLEX:  # the diagonal of r is real
            spin = spin + with_diagonal(1j * imag(diagonal_of(inner)))
        dq = matmul(first, spin) + right - matmul(first, inner)
        dr = triu(turned - matmul(spin, rows_of(r, None, k)))
        if self.mode == "complete":
            rest = columns_of(q, k, None)
            dq = concatenate([dq, -matmul(first, adjoint(matmul(adjoint(rest), dq)))], axis=x.type.ndim - 1)
            dr = concatenate([dr, zeros_like(rows_of(r, k, None))], axis=x.type.ndim - 2)
        return [dq, dr]

    def _differentiable(self) -> None:
        if self.mode not in ("reduced", "complete"):
            raise NotImplementedError(f"the gradient of qr with mode={self.mode!r}: use mode='reduced'")


class QRIncomplete(Op):
    """The triangular factor of `QRFull` alone (mode "r").

    Parameters
    ----------
    mode
        "r".

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
        x = as_matrices(x, "qr")
        return single(self, [x], float_dtype(x), (*x.type.shape[:-2], None, None))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        out[0][0] = computed(LINALG.qr(x, "r"), node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        *leading, n, m = shapes[0]
        return [(*leading, minimum(n, m), m)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        q, r = QRFull("reduced")(inputs[0])
        return QRFull("reduced").L_op(inputs, [q, r], [zeros_like(q), gs[0]])

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return QRFull("reduced").R_op(inputs, eval_points)[1:]


def qr(a: Any, mode: str = "reduced") -> Any:
    """The QR factors of a matrix, or with ``mode="r"`` the triangular one: see `QRFull`.

    Parameters
    ----------
    a : tensor_like
        (..., m, n); float64 is made of integers.
    mode : {"reduced", "complete", "r", "raw"}
        That of `numpy.linalg.qr`.

    Returns
    -------
    q, r : tensors
        (..., m, k) and (..., k, n) with ``q @ r == a``, where k is ``min(m, n)``, or m if the mode is "complete"; with
        "r" only the second; with "raw" Householder's vectors (..., n, m) and their factors (..., min(m, n)).

    Raises
    ------
    ValueError
        `mode` is none of these.
    TypeError
        `a` has less than two dimensions.
    NotImplementedError
        The gradient where `mode` is "raw".

    Examples
    --------
    >>> qr(T.dmatrix(), "r").type
    TensorType(float64, matrix)
    >>> q, r = qr(T.constant([[0.0, 2.0], [1.0, 0.0]]))
    >>> T.dot(q, r).eval()
    array([[0., 2.],
           [1., 0.]])
    """
    return QRIncomplete(mode)(a) if mode == "r" else QRFull(mode)(a)


# -- singular values --------------------------------------------------------------------------------------


class SVD(Op):
    """The factors u, s, vt of a matrix ``u @ diag(s) @ vt``, or its singular values alone.

    Parameters
    ----------
    full_matrices
        Whether u and vt are square.
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
        x = as_matrices(x, "svd")
        dtype, leading = float_dtype(x), x.type.shape[:-2]
        values = new_tensor(real_dtype(dtype), (*leading, None))
        sides = [new_tensor(dtype, (*leading, None, None)) for _ in range(2)]
        return Apply(self, [x], [sides[0], values, sides[1]] if self.compute_uv else [values])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        found = LINALG.svd(x, self.full_matrices, self.compute_uv)
        for cell, value, v in zip(out, found if self.compute_uv else [found], node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        *leading, n, m = shapes[0]
        k = minimum(n, m)
        if not self.compute_uv:
            return [(*leading, k)]
        rows, columns = (n, m) if self.full_matrices else (k, k)
        return [(*leading, n, rows), (*leading, k), (*leading, columns, m)]

    def _parts(self, u: Any, s: Any, vt: Any) -> tuple[Any, ...]:
        """The columns of u and of v for singular values, and those beyond (None if there can't be any)."""
        v = adjoint(vt)
        if not self.full_matrices:
            return u, None, v, None
        k = shape_i(s, s.type.ndim - 1)
        return columns_of(u, None, k), columns_of(u, k, None), columns_of(v, None, k), columns_of(v, k, None)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """Townsend (2016), "Differentiating the singular value decomposition"; for complex matrices Wan and Zhang
        (2019), "Automatic differentiation for complex valued SVD".

        A cost of the singular values alone has a gradient where they coincide, too.
        """
        (x,) = inputs
        if not self.compute_uv or (is_disconnected(gs[0]) and is_disconnected(gs[2])):
            u, _, vt = outputs if self.compute_uv and not self.full_matrices else SVD(full_matrices=False)(x)
            return [in_pattern_of(x, matmul(u * as_rows(gs[1 if self.compute_uv else 0]), vt))]
        s = outputs[1]
        u, _, v, _ = self._parts(*outputs)
        gu, g, gvt = _given(gs, outputs)
        along, down, gaps = as_rows(s), as_columns(s), inverse_gaps(s**2)
        left, gu = self._turned(u, outputs[0], gu, s)
        right, gv = self._turned(v, adjoint(outputs[2]), adjoint(gvt), s)
        inner = with_diagonal(g) + gaps * _twice_skew(left) * along + down * gaps * _twice_skew(right)
        if x.type.dtype in COMPLEX:  # the phases of a pair of vectors turn together: all of it is given to u
            inner = inner + with_diagonal(1j * imag(diagonal_of(left)) / s)
        beside = (gu - matmul(u, left)) / along
        above = (gv - matmul(v, right)) / along
        return [in_pattern_of(x, matmul(matmul(u, inner) + beside, adjoint(v)) + matmul(u, adjoint(above)))]

    def _turned(self, vectors: Any, every: Any, g: Any, s: Any) -> tuple[Any, Any]:
        """The gradient of vectors along themselves, and all of it, with that of the vectors beyond brought to them."""
        if not self.full_matrices:
            return matmul(adjoint(vectors), g), g
        k = shape_i(s, s.type.ndim - 1)
        first, beyond, g_beyond = columns_of(g, None, k), columns_of(every, k, None), columns_of(g, k, None)
        return matmul(adjoint(vectors), first), first - matmul(beyond, matmul(adjoint(g_beyond), vectors))

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x,), (dx,) = inputs, eval_points
        if dx is None:
            return [None] * (3 if self.compute_uv else 1)
        if not self.compute_uv:
            u, _, vt = SVD(full_matrices=False)(x)
            return [real(diagonal_of(matmul(adjoint(u), matmul(dx, adjoint(vt)))))]
        outputs = self(x)
        s = outputs[1]
        u, u_beyond, v, v_beyond = self._parts(*outputs)
        along, down, gaps = as_rows(s), as_columns(s), inverse_gaps(s**2)
        of_v, of_u = matmul(dx, v), matmul(adjoint(dx), u)
        turned = matmul(adjoint(u), of_v)
        spin_u = gaps * (turned * along + down * adjoint(turned))
        spin_v = gaps * (down * turned + adjoint(turned) * along)
        if x.type.dtype in COMPLEX:
            spin_u = spin_u + with_diagonal(1j * imag(diagonal_of(turned)) / s)
        du = matmul(u, spin_u) + (of_v - matmul(u, turned)) / along
        dv = matmul(v, spin_v) + (of_u - matmul(v, adjoint(turned))) / along
        if self.full_matrices:
            last = x.type.ndim - 1
            du = concatenate([du, -matmul(u, adjoint(matmul(adjoint(u_beyond), du)))], axis=last)
            dv = concatenate([dv, -matmul(v, adjoint(matmul(adjoint(v_beyond), dv)))], axis=last)
        return [du, real(diagonal_of(turned)), adjoint(dv)]


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition of a matrix: see `SVD`.

    Parameters
    ----------
    a : tensor_like
        (..., m, n); float64 is made of integers.
    full_matrices : bool
        Whether u and vt are square; else they are (..., m, k) and (..., k, n), where k is ``min(m, n)``.
    compute_uv : bool
        Whether u and vt are wanted; else only s is returned.

    Returns
    -------
    u, s, vt : tensors
        (..., m, m), (..., k) in descending order and of the real dtype, and (..., n, n): ``u[:, :k] * s @ vt[:k] ==
        a``.

    Raises
    ------
    TypeError
        `a` has less than two dimensions.
    LinAlgError
        When it runs: there are NaN or infinities in `a`.

    Examples
    --------
    >>> u, s, vt = svd(T.dmatrix(), full_matrices=False)
    >>> svd(T.constant([[0.0, 2.0], [3.0, 0.0]]), compute_uv=False).eval()
    array([3., 2.])

    References
    ----------
    ``a = u @ diag(s) @ vt``, as `numpy.linalg.svd`.
    """
    return SVD(full_matrices, compute_uv)(a)
