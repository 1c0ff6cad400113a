"""Linear algebra that SciPy has: Cholesky factors, systems of equations, Kronecker products, exponentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.alloc import tril, triu, zeros_like
from theano.tensor.dot import dot, outer
from theano.tensor.join import concatenate
from theano.tensor.matrices import (
    OfMatrix,
    adjoint,
    as_matrix,
    computed,
    float_dtype,
    half_tril,
    in_pattern_of,
    values_of,
)
from theano.tensor.opsupport import Shapes, holomorphic, new_tensor, single
from theano.tensor.shape import reshape, shape_i, shape_padleft
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "MATRIX_STRUCTURES",
    "Cholesky",
    "Eigvalsh",
    "EigvalshGrad",
    "Expm",
    "Solve",
    "cholesky",
    "eigvalsh",
    "expm",
    "kron",
    "solve",
    "solve_lower_triangular",
    "solve_symmetric",
    "solve_upper_triangular",
]

MATRIX_STRUCTURES = (
    "general",
    "symmetric",
    "lower_triangular",
    "upper_triangular",
    "hermitian",
    "banded",
    "diagonal",
    "toeplitz",
)


class Cholesky(OfMatrix):
    """The triangular factor of a symmetric positive definite matrix, of which one triangle is read.

    Parameters
    ----------
    lower
        Whether the factor is lower triangular (``L @ L.T``), and the lower triangle is read.
    destructive
        Accepted: the argument is never overwritten.
    on_error
        What happens where the matrix is not positive definite: "raise" LinAlgError, or a result of "nan".

    Examples
    --------
    >>> Cholesky()(T.constant([[4.0, 0.0], [2.0, 10.0]])).eval()
    array([[2., 0.],
           [1., 3.]])
    """

    __props__ = ("lower", "destructive", "on_error")

    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ValueError(f"on_error must be 'raise' or 'nan', not {on_error!r}")
        self.lower, self.destructive, self.on_error = bool(lower), False, on_error

    def value(self, x: np.ndarray) -> Any:
        import scipy.linalg

        if x.shape[0] != x.shape[1]:
            raise ValueError(f"Cholesky: the matrix must be square, its shape is {x.shape}")
        try:
            return scipy.linalg.cholesky(x, lower=self.lower)
        except (scipy.linalg.LinAlgError, ValueError) as error:  # ValueError: not finite
            if self.on_error == "raise":
                raise np.linalg.LinAlgError(f"Cholesky: the matrix is not positive definite ({error})") from None
            return np.full(x.shape, np.nan)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        # Murray (2016), "Differentiation of the Cholesky decomposition", eq. 10.
        lower, g = (outputs[0], gs[0]) if self.lower else (adjoint(outputs[0]), adjoint(gs[0]))
        upper = adjoint(lower)
        middle = half_tril(dot(upper, g))
        sides = solve_upper_triangular(upper, adjoint(solve_upper_triangular(upper, adjoint(middle))))
        both = half_tril(sides + adjoint(sides))
        return [in_pattern_of(inputs[0], both if self.lower else adjoint(both))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None]
        read = half_tril(eval_points[0] if self.lower else adjoint(eval_points[0]))
        dx = read + adjoint(read)
        factor = self(*inputs)
        lower = factor if self.lower else adjoint(factor)
        middle = solve_lower_triangular(lower, adjoint(solve_lower_triangular(lower, dx)))
        change = dot(lower, half_tril(middle))
        return [change if self.lower else adjoint(change)]


cholesky = Cholesky()


class Solve(Op):
    """The `x` with ``A @ x == b`` for a square matrix A and a vector or matrix b.

    Parameters
    ----------
    A_structure
        One of `MATRIX_STRUCTURES`. Of "lower_triangular" and "upper_triangular" matrices the other triangle is not
        read; other structures are solved as general ones.
    lower, overwrite_A, overwrite_b
        Accepted: arguments are never overwritten.

    Examples
    --------
    >>> Solve()(T.constant([[2.0, 0.0], [0.0, 4.0]]), T.constant([2.0, 2.0])).eval()
    array([1. , 0.5])
    """

    __props__ = ("A_structure", "lower", "overwrite_A", "overwrite_b")

    def __init__(
        self,
        A_structure: str = "general",
        lower: bool = False,
        overwrite_A: bool = False,
        overwrite_b: bool = False,
    ) -> None:
        if A_structure not in MATRIX_STRUCTURES:
            raise ValueError(f"Invalid matrix structure argument {A_structure!r}: one of {MATRIX_STRUCTURES}")
        self.A_structure = A_structure
        self.lower, self.overwrite_A, self.overwrite_b = bool(lower), bool(overwrite_A), bool(overwrite_b)

    @property
    def _triangle(self) -> Any:
        """The function that keeps the triangle that is read, if it is one."""
        return {"lower_triangular": tril, "upper_triangular": triu}.get(self.A_structure)

    def make_node(self, A: Any, b: Any) -> Apply:
        A, b = as_matrix(A, "Solve"), as_tensor_variable(b)
        if b.type.ndim not in (1, 2):
            raise TypeError(f"Solve takes a vector or matrix as right side, got {b.type.ndim} dimensions")
        return single(self, [A, b], float_dtype(A, b), (A.type.shape[1], *b.type.shape[1:]))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        import scipy.linalg

        A, b = values_of(*inputs)
        if self._triangle is None:
            x = scipy.linalg.solve(A, b)
        else:
            lower = self.A_structure == "lower_triangular"
            # NaNs pass through, as in the gradient of a Cholesky factor with on_error="nan".
            x = scipy.linalg.solve_triangular(A, b, lower=lower, check_finite=False)
        out[0][0] = computed(x, node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(shapes[0][1], *shapes[1][1:])]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        A, b = inputs
        turned = {"lower_triangular": "upper_triangular", "upper_triangular": "lower_triangular"}
        gb = Solve(turned.get(self.A_structure, self.A_structure))(A.T, gs[0])
        x = outputs[0]
        gA = -outer(gb, x) if x.type.ndim == 1 else -dot(gb, x.T)
        triangle = self._triangle
        return [in_pattern_of(A, gA if triangle is None else triangle(gA)), in_pattern_of(b, gb)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        dA, db = eval_points
        if dA is None and db is None:
            return [None]
        moved = db
        if dA is not None:
            change = dot(dA if self._triangle is None else self._triangle(dA), self(*inputs))
            moved = -change if db is None else db - change
        return [self(inputs[0], moved)]


solve = Solve()
solve_lower_triangular = Solve(A_structure="lower_triangular")
solve_upper_triangular = Solve(A_structure="upper_triangular")
solve_symmetric = Solve(A_structure="symmetric")


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
        given = [as_matrix(x, "Eigvalsh") for x in (a, b) if x is not None and not _is_none(x)]
        real = np.empty(0, float_dtype(*given)).real.dtype.name
        return single(self, given, real, (given[0].type.shape[0],))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        import scipy.linalg

        w = scipy.linalg.eigvalsh(*values_of(*inputs), lower=self.lower)
        out[0][0] = computed(w, node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(shapes[0][0],)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        g = EigvalshGrad(self.lower)(*inputs, gs[0], return_list=True)
        return [in_pattern_of(x, gx) for x, gx in zip(inputs, g, strict=True)]


class EigvalshGrad(Op):
    """The gradients of `Eigvalsh`: inputs are its matrices and the gradient of its result.

    Examples
    --------
    >>> EigvalshGrad()(T.dmatrix(), T.dvector()).type
    TensorType(float64, matrix)
    """

    __props__ = ("lower",)

    def __init__(self, lower: bool = True) -> None:
        self.lower = bool(lower)

    def make_node(self, *inputs: Any) -> Apply:
        *given, g = inputs
        given = [as_matrix(x, "EigvalshGrad") for x in given]
        g = as_tensor_variable(g)
        dtype = float_dtype(*given, g)
        return Apply(self, [*given, g], [new_tensor(dtype, x.type.shape) for x in given])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        import scipy.linalg

        *given, g = values_of(*inputs)
        w, v = scipy.linalg.eigh(*given, lower=self.lower)
        for cell, weight, variable in zip(out, (g, -g * w), node.outputs, strict=False):
            full = (v * weight) @ v.conj().T
            read, other = (np.tril(full), np.triu(full, 1)) if self.lower else (np.triu(full), np.tril(full, -1))
            cell[0] = computed(read + other.conj().T, variable)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return list(shapes[:-1])


def _is_none(x: Any) -> bool:
    return getattr(x, "data", x) is None


def eigvalsh(a: Any, b: Any, lower: bool = True) -> Any:
    """The eigenvalues of a symmetric matrix (`b` None) or of a pair: see `Eigvalsh`.

    Examples
    --------
    >>> eigvalsh(T.dmatrix(), T.dmatrix()).type
    TensorType(float64, vector)
    """
    return Eigvalsh(lower)(a, b)


def kron(a: Any, b: Any) -> Any:
    """The Kronecker product: as `numpy.kron`, of tensors with up to two dimensions, not both vectors.

    Raises
    ------
    TypeError
        Together the tensors have less than three dimensions.

    Examples
    --------
    >>> kron(T.constant([[1, 2]]), T.constant([[1], [10]])).eval()
    array([[ 1,  2],
           [10, 20]])
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

    Examples
    --------
    >>> Expm()(T.constant([[0.0, 1.0], [0.0, 0.0]])).eval()
    array([[1., 1.],
           [0., 1.]])
    """

    __props__ = ()

    def value(self, x: np.ndarray) -> Any:
        import scipy.linalg

        return scipy.linalg.expm(x)

    def _change(self, A: Any, dA: Any) -> Any:
        """The derivative at `A` in a direction: a block of an exponential (Higham, 2008, eq. 3.16)."""
        top = concatenate([A, dA], axis=1)
        bottom = concatenate([zeros_like(A), A], axis=1)
        n = shape_i(A, 0)
        return in_pattern_of(A, self(concatenate([top, bottom], axis=0))[:n, n:])

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_pattern_of(inputs[0], self._change(inputs[0].T, gs[0]))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self._change(inputs[0], eval_points[0])]


expm = Expm()
