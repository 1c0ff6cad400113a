"""Schur forms and what they solve: equations of Sylvester and Lyapunov, square roots of matrices.

`theano.tensor.slinalg` has the names. Of tensors with more than two dimensions, all of this is done for the matrices in
the last two axes. An equation is solved by the Schur forms of its matrices (Bartels and Stewart, 1972, "Solution of the
matrix equation AX + XB = C"); its gradient is an equation with the adjoint matrices, which has the same Schur forms, so
these are computed once for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.loops.externs.lapack import SORTS
from theano.scalar.dtypes import COMPLEX, complex_of
from theano.tensor.checks.assertion import asserted_equal
from theano.tensor.linalg.dot import matmul
from theano.tensor.linalg.matrices import (
    OfMatrix,
    adjoint,
    as_matrices,
    computed,
    filled,
    float_dtype,
    identity_for,
    in_pattern_of,
    square,
    stack_lengths,
    transposed,
    values_of,
)
from theano.tensor.linalg.systems import solve
from theano.tensor.making.alloc import sum_to
from theano.tensor.opsupport import Shapes, new_tensor, single
from theano.tensor.pointwise.math import cast, conj
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import shape_tuple

__all__ = [
    "Schur", "SolveSylvester", "Sqrtm", "TriangularRoot", "TriangularSylvester", "schur", "solve_continuous_lyapunov",
    "solve_discrete_lyapunov", "solve_sylvester", "sqrtm",
]  # fmt: skip

SQUARE = "expected square matrix"
COMMON = (
    "Sylvester equation: an eigenvalue of the first matrix is (nearly) the negative of one of the second, "
    "so there is no unique solution"
)
NO_REAL_ROOT = "sqrtm: a real matrix with a negative eigenvalue: cast it to complex128 for its complex root"
NO_ROOT = "sqrtm: the matrix is singular and has no square root that is a function of it"
NOT_FOUND = "Schur form not found. Possibly ill-conditioned."
NOT_SEPARATED = "Eigenvalues could not be separated for reordering."
NOT_CHOSEN = "Leading eigenvalues do not satisfy sort condition."


# -- Schur forms ------------------------------------------------------------------------------------------


class Schur(Op):
    """The Schur form T, the unitary matrix Z with ``Z @ T @ Z.H`` equal to the given one, and a count; see `schur`.

    Of real numbers the real form. The count is of the eigenvalues that come first by `sort` (0 without).

    Examples
    --------
    >>> t, z, count = Schur()(T.constant([[1.0, 2.0], [0.0, 3.0]]))
    >>> t.eval()
    array([[1., 2.],
           [0., 3.]])
    """

    __props__ = ("sort",)

    def __init__(self, sort: str | None = None) -> None:
        if sort is not None and sort not in SORTS[1:]:
            raise ValueError(f"schur: sort must be None, 'lhp', 'rhp', 'iuc' or 'ouc', not {sort!r}")
        self.sort = sort

    def make_node(self, x: Any) -> Apply:
        x = as_matrices(x, "schur")
        dtype, shape = float_dtype(x), x.type.shape
        return Apply(self, [x], [new_tensor(dtype, shape), new_tensor(dtype, shape), new_tensor("int64", shape[:-2])])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        import scipy.linalg

        (x,) = values_of(*inputs)
        if x.shape[-2] != x.shape[-1]:
            raise ValueError(SQUARE)
        t, z, count = np.empty_like(x), np.empty_like(x), np.zeros(x.shape[:-2], "int64")
        for i in np.ndindex(x.shape[:-2]):
            if x.size:
                found = scipy.linalg.schur(x[i], sort=self.sort)
                t[i], z[i] = found[:2]
                count[i] = found[2] if self.sort else 0
        for cell, value, v in zip(out, (t, z, count), node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0], shapes[0], shapes[0][:-2]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        raise NotImplementedError(
            "the gradient of schur: use what is computed by it, as solve_sylvester and sqrtm, or eigh for eigenvalues"
        )


def schur(a: Any, output: str = "real", sort: str | None = None) -> Any:
    """The Schur form of a matrix, or of each of a stack, as `scipy.linalg.schur`.

    Parameters
    ----------
    a
        Matrices, ``(..., n, n)``.
    output
        Of a real matrix "real": T is upper triangular but for blocks of two rows for complex eigenvalues; or
        "complex": T is upper triangular and complex. Of a complex matrix it is that in any case.
    sort
        Which eigenvalues come first: those of the left or right half plane ("lhp", "rhp"), those inside or outside
        of the unit circle ("iuc", "ouc"); None: no order.

    Returns
    -------
    T, Z
        With ``Z @ T @ Z.H == a`` and Z unitary; and, with `sort`, how many eigenvalues come first.

    Raises
    ------
    <tensor errors>
    ValueError
        `output` or `sort` is none of these; in a function, matrices that are not square, infinities and NaN.

    Examples
    --------
    >>> t, z = schur(T.constant([[0.0, 2.0], [-2.0, 0.0]]), output="complex")
    >>> abs(t).eval().round(6)
    array([[2., 0.],
           [0., 2.]])
    """
    if output not in ("real", "complex", "r", "c"):
        raise ValueError(f"schur: output must be 'real' or 'complex', not {output!r}")
    a = as_matrices(a, "schur")
    if output[0] == "c":
        a = cast(a, complex_of(float_dtype(a)))
    t, z, count = Schur(sort)(a)
    return (t, z) if sort is None else (t, z, count)


# -- equations of Sylvester ---------------------------------------------------------------------------------


def _equation(op: Any, a: Any, b: Any, q: Any) -> tuple[list[Any], Any]:
    """The operands of an equation with equally many dimensions, and the variable of its solution."""
    given = [as_matrices(v, type(op).__name__) for v in (a, b, q)]
    n = max(v.type.ndim for v in given)
    a, b, q = (shape_padleft(v, n - v.type.ndim) if v.type.ndim < n else v for v in given)
    both = new_tensor(q.type.dtype, (*stack_lengths("Sylvester equation", a, b), *q.type.shape[-2:]))
    shape = (*stack_lengths("Sylvester equation", both, q), *q.type.shape[-2:])
    return [a, b, q], new_tensor(float_dtype(a, b, q), shape)


def _fitting(what: str, a: Any, b: Any, q: Any) -> Any:
    """`q`, if the matrices of the other operands of an equation fit to it; else a ValueError.

    An equation of Lyapunov has one matrix on both sides: its errors don't speak of B. Nothing is asserted of `a` and
    `b`: as they are, they share their factors with whoever else asks for these.
    """
    right = "A" if a is b else "B"
    for v, name, axis, lines in ((a, "A", -2, "rows"), (b, right, -1, "columns")):
        here, there = shape_tuple(q), shape_tuple(v)
        message = f"{what}: Q must have as many {lines} as {name}, it has {{0}}, and {name} has {{1}}"
        q = asserted_equal(message, q, here[axis], there[axis])
        for k in range(-min(len(here), len(there)), -2):
            if not q.type.broadcastable[k] and not v.type.broadcastable[k]:
                q = asserted_equal(f"{what}: {{0}} matrices Q for {{1}} matrices {name}", q, here[k], there[k])
    return q


def _leading(node: Apply, shapes: Sequence[Any]) -> tuple[Any, ...]:
    """The lengths of the leading axes: of those operands that do not repeat their matrices."""
    found = []
    for k in range(len(shapes[0]) - 2):
        lengths = [s[k] for s, v in zip(shapes, node.inputs, strict=True) if not v.type.broadcastable[k]]
        found.append(lengths[0] if lengths else shapes[0][k])
    return tuple(found)


class _Adjoints:
    """For the adjoint of the left matrix, of the right one, of both or of none."""

    def __init__(self, left: bool = False, right: bool = False) -> None:
        self.left, self.right = bool(left), bool(right)


class TriangularSylvester(_Adjoints, Op):
    """`SolveSylvester` for matrices that are Schur forms.

    Examples
    --------
    >>> TriangularSylvester()(T.constant([[1.0]]), T.constant([[3.0]]), T.constant([[8.0]])).eval()
    array([[2.]])
    """

    __props__ = ("left", "right")

    def make_node(self, a: Any, b: Any, q: Any) -> Apply:
        given, out = _equation(self, a, b, q)
        return Apply(self, [cast(v, out.type.dtype) for v in given], [out])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        a, b, q = values_of(*inputs)
        leading = np.broadcast_shapes(*(v.shape[:-2] for v in (a, b, q)))
        given = (np.broadcast_to(v, (*leading, *v.shape[-2:])) for v in (a, b, q))
        x = filled(np.empty((*leading, *q.shape[-2:]), q.dtype), 2, self._solved, *given)
        out[0][0] = computed(x, node.outputs[0])

    def _solved(self, a: np.ndarray, b: np.ndarray, q: np.ndarray) -> Any:
        from scipy.linalg import get_lapack_funcs

        if not q.size:
            return q
        trsyl = get_lapack_funcs(("trsyl",), (a, b, q))[0]
        x, scale, info = trsyl(a, b, q, trana="NC"[self.left], tranb="NC"[self.right])
        if info:
            raise np.linalg.LinAlgError(COMMON)
        return x / scale

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(*_leading(node, shapes), *shapes[2][-2:])]


class SolveSylvester(_Adjoints, Op):
    """The `X` with ``A @ X + X @ B == Q``; with `left` (`right`), for the adjoint of `A` (`B`).

    Examples
    --------
    >>> SolveSylvester()(T.constant([[1.0]]), T.constant([[3.0]]), T.constant([[8.0]])).eval()
    array([[2.]])
    """

    __props__ = ("left", "right")

    def make_node(self, a: Any, b: Any, q: Any) -> Apply:
        given, out = _equation(self, a, b, q)
        return Apply(self, given, [out])

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        dtype = float_dtype(*inputs)
        a, b, q = (cast(v, dtype) for v in (*inputs[:2], _fitting("Sylvester equation", *inputs)))
        (r, u, _), (s, v, _) = Schur()(a), Schur()(b)
        inner = matmul(adjoint(u), matmul(q, v))
        y = TriangularSylvester(self.left, self.right)(r, s, inner)
        out = self.make_node(*inputs).outputs[0]
        return [in_pattern_of(out, matmul(u, matmul(y, adjoint(v))))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(*_leading(node, shapes), *shapes[2][-2:])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """Of ``A @ dX + dX @ B == dQ - dA @ X - X @ dB`` the adjoint equation."""
        (a, b, _), x = inputs, outputs[0]
        g = SolveSylvester(not self.left, not self.right)(a, b, gs[0])
        of_a, of_b = -matmul(g, adjoint(x)), -matmul(adjoint(x), g)
        found = [adjoint(of_a) if self.left else of_a, adjoint(of_b) if self.right else of_b, g]
        return [in_pattern_of(v, sum_to(gv, v)) for v, gv in zip(inputs, found, strict=True)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (a, b, _), (da, db, dq) = inputs, eval_points
        x, moved = self(*inputs), dq
        for change in (
            None if da is None else matmul(adjoint(da) if self.left else da, x),
            None if db is None else matmul(x, adjoint(db) if self.right else db),
        ):
            if change is not None:
                moved = -change if moved is None else moved - change
        return [None if moved is None else self(a, b, moved)]


def solve_sylvester(A: Any, B: Any, Q: Any) -> Any:
    """The `X` with ``A @ X + X @ B == Q``, as `scipy.linalg.solve_sylvester`; LinAlgError if it is not unique.

    Parameters
    ----------
    A, B, Q
        Matrices ``(..., m, m)``, ``(..., n, n)`` and ``(..., m, n)``.

    Returns
    -------
    tensor
        (..., m, n), of the common float dtype.

    Raises
    ------
    TypeError
        An argument has less than two dimensions.
    ValueError
        When it runs: the shapes don't fit.
    LinAlgError
        When it runs: an eigenvalue of `A` is the negative of one of `B`.

    Notes
    -----
    By the Schur forms of `A` and `B`: R. H. Bartels, G. W. Stewart, "Solution of the matrix equation AX + XB = C",
    1972.

    Examples
    --------
    >>> A, B, Q = T.constant([[2.0, 0.0], [0.0, 3.0]]), T.constant([[1.0]]), T.constant([[3.0], [4.0]])
    >>> solve_sylvester(A, B, Q).eval()
    array([[1.],
           [1.]])
    """
    return SolveSylvester()(A, B, Q)


def solve_continuous_lyapunov(A: Any, Q: Any) -> Any:
    """The `X` with ``A @ X + X @ A.H == Q``, as `scipy.linalg.solve_continuous_lyapunov`.

    Parameters
    ----------
    A, Q
        Matrices of equally many rows, ``(..., n, n)``.

    Returns
    -------
    tensor
        (..., n, n), of the common float dtype.

    Raises
    ------
    TypeError, ValueError, LinAlgError
        See `solve_sylvester`.

    Examples
    --------
    >>> solve_continuous_lyapunov(T.constant([[2.0]]), T.constant([[8.0]])).eval()
    array([[2.]])
    """
    return SolveSylvester(right=True)(A, A, Q)


def solve_discrete_lyapunov(A: Any, Q: Any, method: str | None = None) -> Any:
    """The `X` with ``A @ X @ A.H - X + Q == 0``, as `scipy.linalg.solve_discrete_lyapunov`.

    Parameters
    ----------
    A, Q
        Matrices of equally many rows, ``(..., n, n)``.
    method
        "bilinear": as a continuous equation, for ``inv(A.H + I)`` (the default); "direct": as a system of n**2
        equations, for a few rows, and matrices, not stacks.

    Returns
    -------
    tensor
        (..., n, n), of the common float dtype.

    Raises
    ------
    ValueError
        `method` is none of these, or the shapes don't fit.
    TypeError
        The direct method is given stacks, or an argument has less than two dimensions.
    LinAlgError
        See `solve_sylvester`.

    Examples
    --------
    >>> solve_discrete_lyapunov(T.constant([[0.5]]), T.constant([[3.0]])).eval()
    array([[4.]])
    """
    if method not in (None, "bilinear", "direct"):
        raise ValueError(f"solve_discrete_lyapunov: method must be 'bilinear' or 'direct', not {method!r}")
    A, Q = (as_matrices(v, "solve_discrete_lyapunov") for v in (A, Q))
    A = square(A, "solve_discrete_lyapunov: A")
    Q = _fitting("solve_discrete_lyapunov", A, A, Q)
    if method == "direct":
        return _directly(A, Q)
    one, upper = identity_for(A), adjoint(A)
    # b = (A.H - I) inv(A.H + I), and inv(A + I) Q inv(A.H + I): systems with the same two matrices
    b = transposed(solve(transposed(upper + one), transposed(upper - one)))
    inner = solve(A + one, Q)
    right = -2 * transposed(solve(transposed(upper + one), transposed(inner)))
    return solve_continuous_lyapunov(adjoint(b), right)


def _directly(A: Any, Q: Any) -> Any:
    """``(kron(A, conj(A)) - I) @ vec(X) == -vec(Q)``."""
    if A.type.ndim != 2 or Q.type.ndim != 2:
        raise TypeError("solve_discrete_lyapunov: the direct method takes matrices, not stacks: use 'bilinear'")
    n = shape_tuple(A)[0]
    other = conj(A) if A.type.dtype in COMPLEX else A
    both = A.dimshuffle(0, "x", 1, "x") * other.dimshuffle("x", 0, "x", 1)
    left = reshape(both, (n * n, n * n), ndim=2)
    return reshape(solve(identity_for(left) - left, reshape(Q, (n * n,), ndim=1)), (n, n), ndim=2)


# -- roots ----------------------------------------------------------------------------------------------------


class TriangularRoot(OfMatrix):
    """`Sqrtm` for a Schur form: an upper triangular matrix, or nearly.

    Examples
    --------
    >>> TriangularRoot()(T.constant([[1.0, 3.0], [0.0, 4.0]])).eval()
    array([[1., 1.],
           [0., 2.]])
    """

    __props__ = ()

    def value(self, x: np.ndarray) -> Any:
        return filled(np.empty_like(x), 2, _triangular_root, x)


def _triangular_root(x: np.ndarray) -> np.ndarray:
    """Column after column, or two where a block is; see `theano.native.linalg.schur.root_of`."""
    from scipy.linalg import get_lapack_funcs

    trsyl, root, n, j = get_lapack_funcs(("trsyl",), (x, x))[0], np.zeros_like(x), len(x), 0
    while j < n:
        width = 2 if j + 1 < n and x[j + 1, j] else 1
        block, here = x[j : j + width, j : j + width], slice(j, j + width)
        root[here, here] = _root_of_block(block)
        known = x[:j, here]
        if known.any():
            above, scale, info = trsyl(root[:j, :j], root[here, here], known)
            if info or scale != 1:
                raise np.linalg.LinAlgError(NO_ROOT)
            root[:j, here] = above
        j += width
    return root


def _root_of_block(block: np.ndarray) -> Any:
    if len(block) == 1 or np.iscomplexobj(block):
        if np.isrealobj(block) and block[0, 0] < 0:
            raise np.linalg.LinAlgError(NO_REAL_ROOT)
        return np.sqrt(block)
    mean = block[0, 0]
    real = np.sqrt(mean + 1j * np.sqrt(abs(block[0, 1])) * np.sqrt(abs(block[1, 0]))).real
    found = block / (2 * real)
    np.fill_diagonal(found, real)
    return found


class Sqrtm(Op):
    """The principal square root of a square matrix, or of each of a stack: see `sqrtm`.

    Examples
    --------
    >>> Sqrtm()(T.constant([[4.0, 0.0], [0.0, 9.0]])).eval()
    array([[2., 0.],
           [0., 3.]])
    """

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = as_matrices(x, "sqrtm")
        return single(self, [x], float_dtype(x), x.type.shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """Of the Schur form. Björck and Hammarling (1983), "A Schur method for the square root of a matrix"."""
        (x,) = inputs
        t, z, _ = Schur()(x)
        return [in_pattern_of(x, matmul(z, matmul(TriangularRoot()(t), adjoint(z))))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """``S @ dS + dS @ S`` is the change of the square."""
        root = outputs[0]
        return [in_pattern_of(inputs[0], SolveSylvester(True, True)(root, root, gs[0]))]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if eval_points[0] is None:
            return [None]
        root = self(*inputs)
        return [in_pattern_of(inputs[0], SolveSylvester()(root, root, eval_points[0]))]


def sqrtm(A: Any) -> Any:
    """The principal square root of a matrix, or of each of a stack: no eigenvalue of it has a negative real part.

    The root of a real matrix is real here, unlike `scipy.linalg.sqrtm`, which gives a complex one where there is no
    real root: convert the matrix to a complex dtype for that. LinAlgError where there is no such root.

    Parameters
    ----------
    A : tensor_like
        (..., n, n).

    Returns
    -------
    tensor
        (..., n, n), the X with ``X @ X == A``, of the dtype of `A` (float64 for integers).

    Raises
    ------
    TypeError
        `A` has less than two dimensions.
    LinAlgError
        When it runs: there is no such root.
    ValueError
        When it runs: the matrix is not square.

    Examples
    --------
    >>> sqrtm(T.constant([[5.0, 4.0], [4.0, 5.0]])).eval().round(6)
    array([[2., 1.],
           [1., 2.]])
    """
    return Sqrtm()(A)


fill(globals())
