"""Cholesky factors and systems of equations, of matrices and of stacks; `theano.tensor.slinalg` has the names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.own_text import CalledText
from theano.scalar.dtypes import COMPLEX
from theano.tensor.linalg.dot import dot, matmul, outer
from theano.tensor.linalg.matrices import (
    OfMatrix,
    adjoint,
    as_columns,
    as_matrices,
    computed,
    filled,
    float_dtype,
    half_tril,
    in_pattern_of,
    stack_lengths,
    symmetric_half,
    transposed,
    values_of,
)
from theano.tensor.making.alloc import sum_to
from theano.tensor.making.triangles import tril, triu
from theano.tensor.opsupport import Shapes, disconnected, first_connected, holomorphic, single
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "MATRIX_STRUCTURES", "Cholesky", "CholeskyGrad", "InverseProduct", "Solve", "cho_solve", "cholesky",
    "cholesky_gradient", "solve", "solve_lower_triangular", "solve_symmetric", "solve_upper_triangular",
]  # fmt: skip

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

    Of a tensor with more than two dimensions, the factors of the matrices in its last two axes.

    Parameters
    ----------
    lower
        Whether the factor is lower triangular (``L @ L.T``), and the lower triangle is read.
    destructive
        Accepted: the argument is never overwritten.
    on_error
        What happens where the matrix is not positive definite: "raise" LinAlgError, or a result of "nan" (for this
        matrix of a stack).

    Returns
    -------
    tensor
        Called with matrices (..., n, n): the factors (..., n, n), of the same dtype (float64 for integers).

    Raises
    ------
    TypeError
        The argument has less than two dimensions.
    ValueError
        When it runs: the matrix is not square.
    LinAlgError
        When it runs: the matrix is not positive definite, and `on_error` is "raise".

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
        if x.shape[-2] != x.shape[-1]:
            raise ValueError(f"Cholesky: the matrix must be square, its shape is {x.shape}")
        return filled(np.empty_like(x), 2, self._factor, x)

    def _factor(self, x: np.ndarray) -> Any:
        import scipy.linalg

        try:
            return scipy.linalg.cholesky(np.tril(x) if self.lower else np.triu(x), lower=self.lower)
        except (scipy.linalg.LinAlgError, ValueError) as error:  # ValueError: not finite
            if self.on_error == "raise":
                raise np.linalg.LinAlgError(f"Cholesky: the matrix is not positive definite ({error})") from None
            return np.full(x.shape, np.nan)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        if outputs[0].type.dtype in COMPLEX:
            return [in_pattern_of(inputs[0], cholesky_gradient(outputs[0], gs[0], self.lower))]
        return [CholeskyGrad(self.lower)(inputs[0], outputs[0], gs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        """Murray (2016), eq. 8."""
        if eval_points[0] is None:
            return [None]
        factor = self(*inputs)
        lower = factor if self.lower else adjoint(factor)
        turned = solve_lower_triangular(lower, symmetric_half(eval_points[0], self.lower))
        change = matmul(lower, half_tril(solve_lower_triangular(lower, adjoint(turned))))
        return [change if self.lower else adjoint(change)]


def cholesky_gradient(factor: Any, g: Any, lower: bool) -> Any:
    """The gradient of the triangle that a Cholesky factor is made of, from that of the factor.

    Murray (2016), "Differentiation of the Cholesky decomposition", eq. 10.
    """
    if not lower:
        factor, g = adjoint(factor), adjoint(g)
    upper = adjoint(factor)
    middle = half_tril(matmul(upper, g))
    sides = solve_upper_triangular(upper, adjoint(solve_upper_triangular(upper, adjoint(middle))))
    both = half_tril(sides + adjoint(sides))
    return both if lower else adjoint(both)


Cholesky.__doc__ = CalledText(  # type: ignore[assignment]
    Cholesky.__doc__, "x : tensor-like\n    Matrices (..., n, n), symmetric and positive definite."
)
cholesky = Cholesky()


class CholeskyGrad(Op):
    """The gradient of a Cholesky factor: inputs are the matrix, its factor and the gradient of that, all real.

    That of the triangle of the matrix that is read; the other one is zero. `decompose` is its formula; a program takes
    a sixth of the operations, going backwards through the factorization.

    Parameters
    ----------
    lower
        Whether the factor is the lower one.

    Examples
    --------
    >>> CholeskyGrad()(T.constant([[4.0]]), T.constant([[2.0]]), T.constant([[1.0]])).eval()
    array([[0.25]])
    """

    __props__ = ("lower", "destructive")

    def __init__(self, lower: bool = True) -> None:
        self.lower, self.destructive = bool(lower), False

    def make_node(self, x: Any, l: Any, dz: Any) -> Apply:  # noqa: E741  (Theano's name)
        x, l, dz = (as_matrices(v, "CholeskyGrad") for v in (x, l, dz))  # noqa: E741
        if not x.type.ndim == l.type.ndim == dz.type.ndim:
            raise TypeError(f"CholeskyGrad: {x}, {l} and {dz} have different numbers of dimensions")
        if any(v.type.dtype in COMPLEX for v in (x, l, dz)):
            raise TypeError(f"CholeskyGrad takes matrices of real numbers, got {x}, {l} and {dz}")
        return single(self, [x, l, dz], float_dtype(l, dz), x.type.shape)

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        x, factor, g = inputs
        dtype = float_dtype(factor, g)
        factor, g = factor.astype(dtype), g.astype(dtype)  # products of whole numbers would overflow
        return [in_pattern_of(x, cholesky_gradient((tril if self.lower else triu)(factor), g, self.lower))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def _parts(self, factor: Any, g: Any) -> tuple[Any, Any, Any]:
        """The lower factor, its gradient, and the p of which the symmetric part is the result."""
        if not self.lower:
            factor, g = transposed(factor), transposed(g)
        factor = tril(factor)
        return factor, g, _between(factor, half_tril(matmul(transposed(factor), g)))

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(3, (1, 2))

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """The adjoint of the change in `R_op`."""
        _, factor, g = inputs
        lower, given, p = self._parts(factor, g)
        turn = _turned(self.lower)
        up = half_tril(turn(gs[0]))
        up = up + transposed(up)
        half = solve_lower_triangular(lower, up)
        middle = half_tril(transposed(solve_lower_triangular(lower, transposed(half))))
        through = transposed(solve_lower_triangular(lower, matmul(up, p + transposed(p))))
        gl, gg = tril(matmul(given, transposed(middle)) - through), matmul(lower, middle)
        return [disconnected(), in_pattern_of(factor, turn(gl)), in_pattern_of(g, turn(gg))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        """Of ``phi(p + p.T)`` with ``p = L.T^-1 @ phi(L.T @ g) @ L^-1``, where `phi` is `half_tril`."""
        (_, factor, g), (_, dl, dg) = inputs, eval_points
        if dl is None and dg is None:
            return [None]
        lower, given, p = self._parts(factor, g)
        turn = _turned(self.lower)
        changes = [] if dg is None else [matmul(transposed(lower), turn(dg))]
        if dl is not None:
            dl = tril(turn(dl))
            changes.append(matmul(transposed(dl), given))
        moved = _between(lower, half_tril(sum(changes[1:], changes[0])))
        if dl is not None:
            upper = transposed(lower)
            before = solve_upper_triangular(upper, matmul(transposed(dl), p))
            behind = solve_upper_triangular(upper, transposed(matmul(p, dl)))
            moved = moved - before - transposed(behind)
        return [turn(half_tril(moved + transposed(moved)))]


def _turned(lower: bool) -> Any:
    """What makes matrices for a lower factor of those for an upper one, and back."""
    return (lambda x: x) if lower else transposed


def _between(lower: Any, x: Any) -> Any:
    """``L.T^-1 @ x @ L^-1``."""
    upper = transposed(lower)
    return transposed(solve_upper_triangular(upper, transposed(solve_upper_triangular(upper, x))))


def _positional(A: Any, b: Any) -> tuple[Any, Any]:
    return A, b


class Solve(Op):
    """The `x` with ``A @ x == b`` for a square matrix A and a vector or matrix b.

    Of stacks, those for the matrices at equal places. As in NumPy, a `b` with one dimension is a vector, with more a
    matrix or a stack of them. Leading axes that `A` or `b` lacks, or that are broadcastable there by type, are
    repeated; all others must be of equal lengths.

    Parameters
    ----------
    A_structure
        One of `MATRIX_STRUCTURES`. Of "lower_triangular" and "upper_triangular" matrices the other triangle is not
        read; other structures are solved as general ones.
    lower, overwrite_A, overwrite_b
        Accepted: arguments are never overwritten.

    Returns
    -------
    tensor
        Called with `A` (..., n, n) and `b` (n,) or (..., n, k): of the shape of `b`, or its stack, and the common float
        dtype.

    Raises
    ------
    ValueError
        `A_structure` is none of these; or when it runs: `b` has another number of rows than `A`.
    TypeError
        `A` has less than two dimensions, or `b` none.
    LinAlgError
        When it runs: `A` is singular or not square.

    Examples
    --------
    >>> Solve()(T.constant([[2.0, 0.0], [0.0, 4.0]]), T.constant([2.0, 2.0])).eval()
    array([1. , 0.5])
    >>> Solve()(T.dtensor3(), T.dmatrix()).ndim
    3
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
    def triangle(self) -> Any:
        """The function that keeps the triangle that is read, if it is one."""
        return {"lower_triangular": tril, "upper_triangular": triu}.get(self.A_structure)

    def adjoint_op(self) -> Solve:
        """The op for the transposed matrix."""
        turned = {"lower_triangular": "upper_triangular", "upper_triangular": "lower_triangular"}
        return Solve(turned.get(self.A_structure, self.A_structure))

    def __call__(self, *inputs: Any, return_list: bool = False, **kwargs: Any) -> Any:
        A, b = (as_tensor_variable(v) for v in _positional(*inputs, **kwargs))
        if A.type.ndim < 3 or b.type.ndim != 1:
            return super().__call__(A, b, return_list=return_list)
        column = super().__call__(A, as_columns(b))  # one vector for all matrices
        x = column.dimshuffle(*range(A.type.ndim - 1))
        return [x] if return_list else x

    def make_node(self, A: Any, b: Any) -> Apply:
        A, b = as_matrices(A, "Solve"), as_tensor_variable(b)
        if b.type.ndim == 0 or (b.type.ndim == 1 and A.type.ndim > 2):
            raise TypeError(f"Solve takes a vector or matrices as right side, got {b.type.ndim} dimensions")
        if b.type.ndim == 1:
            return single(self, [A, b], float_dtype(A, b), A.type.shape[1:])
        n = max(A.type.ndim, b.type.ndim)
        A, b = (shape_padleft(v, n - v.type.ndim) if v.type.ndim < n else v for v in (A, b))
        shape = (*stack_lengths("Solve", A, b), A.type.shape[-1], b.type.shape[-1])
        return single(self, [A, b], float_dtype(A, b), shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        A, b = values_of(*inputs)
        if A.shape[-2] != A.shape[-1]:
            raise np.linalg.LinAlgError(f"Solve: the matrix must be square, its shape is {A.shape[-2:]}")
        if b.ndim > 1:
            for n, m, p, q in zip(A.shape, b.shape[:-2], *(v.type.broadcastable for v in node.inputs)):
                if n != m and not (p or q):
                    raise ValueError(f"Solve: stacks of {n} and of {m} matrices")
        out[0][0] = computed(self._general(A, b) if self.triangle is None else self._triangular(A, b), node.outputs[0])

    def _general(self, A: np.ndarray, b: np.ndarray) -> Any:
        if not np.isfinite(A).all() or not np.isfinite(b).all():
            raise ValueError("array must not contain infs or NaNs")
        return np.linalg.solve(A, b)

    def _triangular(self, A: np.ndarray, b: np.ndarray) -> Any:
        import scipy.linalg

        def solved(A: np.ndarray, b: np.ndarray) -> Any:
            return scipy.linalg.solve_triangular(A, b, lower=self.A_structure == "lower_triangular", check_finite=False)

        if b.ndim < 3:
            return solved(A, b)
        leading = np.broadcast_shapes(A.shape[:-2], b.shape[:-2])
        empty = np.empty((*leading, A.shape[-1], b.shape[-1]), np.result_type(A, b))
        return filled(empty, 2, solved, *(np.broadcast_to(v, (*leading, *v.shape[-2:])) for v in (A, b)))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        a, b = shapes
        leading = [n if repeated else m for m, n, repeated in zip(a, b[:-2], node.inputs[0].type.broadcastable)]
        return [(*leading, a[-1], *b[-1:])] if len(b) > 1 else [a[1:]]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """Giles (2008), "Collected matrix derivative results for forward and reverse mode differentiation", 2.3.1."""
        A, b = inputs
        gb, x = self.adjoint_op()(transposed(A), gs[0]), outputs[0]
        gA = -outer(gb, x) if x.type.ndim == 1 else -matmul(gb, transposed(x))
        triangle = self.triangle
        gA = gA if triangle is None else triangle(gA)
        return [in_pattern_of(A, sum_to(gA, A)), in_pattern_of(b, sum_to(gb, b))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        dA, db = eval_points
        if dA is None and db is None:
            return [None]
        moved = db
        if dA is not None:
            x = self(*inputs)
            change = (dot if x.type.ndim == 1 else matmul)(dA if self.triangle is None else self.triangle(dA), x)
            moved = -change if db is None else db - change
        return [self(inputs[0], moved)]


class InverseProduct(Solve):
    """``inverse(A) @ b``, computed as a system: with the errors of `MatrixInverse`, and NaN where that has it.

    Programs get it from rewriting.

    Examples
    --------
    >>> InverseProduct()(T.constant([[2.0, 0.0], [0.0, 4.0]]), T.constant([2.0, 2.0])).eval()
    array([1. , 0.5])
    """

    def adjoint_op(self) -> Solve:
        return InverseProduct()

    def _general(self, A: np.ndarray, b: np.ndarray) -> Any:
        return np.linalg.solve(A, b)


Solve.__doc__ = CalledText(  # type: ignore[assignment]
    Solve.__doc__,
    "A : tensor-like\n    Matrices (..., n, n).\nb : tensor-like\n    A vector (n,), or matrices (..., n, k).",
)
solve = Solve()
solve_lower_triangular = Solve(A_structure="lower_triangular")
solve_upper_triangular = Solve(A_structure="upper_triangular")
solve_symmetric = Solve(A_structure="symmetric")


def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    """The `x` with ``A @ x == b``, of the Cholesky factor of A, as `scipy.linalg.cho_solve`: two triangular systems.

    Parameters
    ----------
    c_and_lower
        The factor, and whether it is the lower one.
    b
        Vector, matrix or stack of matrices.

    Returns
    -------
    tensor
        Of the shape of `b` and the common float dtype.

    Raises
    ------
    ValueError
        When it runs: `b` has another number of rows than the factor.
    LinAlgError
        When it runs: there is a 0 on the diagonal of the factor.

    Examples
    --------
    >>> cho_solve((T.constant([[2.0, 0.0], [0.0, 4.0]]), True), T.constant([4.0, 4.0])).eval()
    array([1.  , 0.25])
    """
    factor, is_lower = c_and_lower
    factor = as_matrices(factor, "cho_solve")
    if is_lower:
        return solve_upper_triangular(adjoint(factor), solve_lower_triangular(factor, b))
    return solve_upper_triangular(factor, solve_lower_triangular(adjoint(factor), b))
