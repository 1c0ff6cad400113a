"""Linear algebra that knows its matrices: factors are shared, triangles are solved as such, inverses avoided.

What is known of a matrix is in `matrix_facts`. An error stays one: what a matrix must be (square, not singular) is
checked by what takes the place of an operation, or beside it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from theano import scalar
from theano.rewrite.engine import algebra
from theano.rewrite.engine.arithmetic import build_product
from theano.rewrite.engine.build import Maker, constant, dims, dimshuffle, elemwise, same_number, scalar_name
from theano.rewrite.engine.forms import (
    FULL,
    determinant,
    inverse,
    log_size_of_determinant,
    product,
    shuffled,
    sign_of_determinant,
    subtensor,
)
from theano.rewrite.engine.pattern import parameter, variable
from theano.rewrite.engine.registry import canonicalize, rule, stabilize
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules.linalg.facts import (
    LOWER,
    POSITIVE_DIAGONAL,
    SYMMETRIC,
    TRIANGULAR,
    diagonal_vector,
    factor_of,
    facts_of,
    is_square,
    is_transposed,
    ones_in_triangle,
)
from theano.scalar import abs_, log
from theano.scalar.dtypes import DISCRETE
from theano.tensor.checks.assertion import Assert
from theano.tensor.elemwise import DimShuffle
from theano.tensor.linalg.dot import BatchedDot, Dot
from theano.tensor.linalg.eigen import Eigh
from theano.tensor.linalg.inverses import Det, MatrixInverse, SLogDet, slogdet
from theano.tensor.linalg.matrices import adjoint, diagonal_of, identity_for, transposed
from theano.tensor.linalg.slinalg import Eigvalsh
from theano.tensor.linalg.systems import (
    Cholesky,
    InverseProduct,
    Solve,
    solve_lower_triangular,
    solve_upper_triangular,
)
from theano.tensor.reductions.reduction import All, Prod, Sum
from theano.tensor.shaping.diagonal import ExtractDiag

x, y, z = variable("x"), variable("y"), variable("z")
A, P = variable("A"), parameter("P")

INVERSE: frozenset[Maker] = frozenset({MatrixInverse})

_inverse_product = InverseProduct()

# So many systems with a general matrix take as long as its inverse.
SYSTEMS = 3


def _transposes(graph: RewriteGraph, A: Tensor, P: tuple[Any, ...]) -> bool:
    """Whether an order of axes transposes matrices."""
    n = A.type.ndim
    return n == len(P) >= 2 and P == (*range(n - 2), n - 1, n - 2)


canonicalize(
    inverse(shuffled(A, P)), shuffled(inverse(A), P), name="inverse_of_transposed", where=_transposes,
    shapes={"A": "nn"},
)  # fmt: skip
canonicalize(
    determinant(shuffled(A, P)), determinant(A), name="determinant_of_transposed", where=_transposes,
    shapes={"A": "nn"},
)  # fmt: skip

# A product with an outer product is one of vectors.
canonicalize(
    product(x, product(y, z)), product(product(x, y), z), name="product_with_outer_product",
    where=lambda graph, x, y, z: x.type.ndim == 2 and y.type.broadcastable == (False, True) != x.type.broadcastable,
    shapes={"x": "nm", "y": "m1", "z": "1k"},
)  # fmt: skip
canonicalize(
    product(product(x, y), z), product(x, product(y, z)), name="outer_product_with_product",
    where=lambda graph, x, y, z: z.type.ndim == 2 and y.type.broadcastable == (True, False) != z.type.broadcastable,
    shapes={"x": "n1", "y": "1m", "z": "mk"},
)  # fmt: skip

# The determinant of many numbers leaves the range of numbers long before its logarithm does.
stabilize(
    log(determinant(A)), log(sign_of_determinant(A)) + log_size_of_determinant(A), name="log_of_determinant",
    shapes={"A": "nn"},
)  # fmt: skip
stabilize(
    log(abs_(determinant(A))), log_size_of_determinant(A), name="log_of_size_of_determinant", shapes={"A": "nn"}
)


# -- systems ----------------------------------------------------------------------------------------------


def _by_factor(factor: Tensor, lower: bool, b: Tensor) -> Tensor:
    """The solution for ``factor @ factor.H``."""
    first, second = solve_lower_triangular, solve_upper_triangular
    if not lower:
        first, second = second, first
    made: Tensor = second(adjoint(factor), first(factor, b))
    return made


@rule(Solve, phase="specialize", name="system_of_known_structure")
def system_of_known_structure(graph: RewriteGraph, node: Node) -> Result:
    """``solve(dot(L, L.T), b) -> solve(L.T, solve(L, b))``: triangular systems, where the matrix or a factor is one."""
    A, b = node.inputs
    op, out = node.op, node.outputs[0]
    if op.triangle is not None:
        bare = _as_it_is_read(A, op.A_structure == "lower_triangular")
        return None if bare is A else op(bare, b)
    facts = facts_of(graph, A)
    if facts & TRIANGULAR:
        made, read = (solve_lower_triangular if LOWER in facts else solve_upper_triangular)(A, b), [A, b]
    elif is_transposed(A) and SYMMETRIC in facts:
        made, read = op(A.owner.inputs[0], b), []
    else:
        factor = _factor(graph, A)
        if factor is None:
            return None
        made, read = _by_factor(*factor, b), [factor[0], b]
    if made.type != out.type:
        return None
    return if_finite(made, read) if type(op) is Solve else made


def if_finite(value: Tensor, read: list[Tensor]) -> Tensor:
    """`value`, if what a general system would have read is finite; else its error. Cholesky factors are."""
    conditions = []
    for v in read:
        if v.type.dtype in DISCRETE or (v.owner is not None and type(v.owner.op) is Cholesky):
            continue
        size = elemwise(scalar.abs_, v)
        conditions.append(All()(elemwise(scalar.lt, size, constant(math.inf, size.type.dtype, size.type.ndim))))
    return Assert("array must not contain infs or NaNs", ValueError)(value, *conditions) if conditions else value


@rule(Solve, name="system_with_one_column")
def system_with_one_column(graph: RewriteGraph, node: Node) -> Result:
    """``solve(A, b[:, None]) -> solve(A, b)[:, None]``."""
    A, b = node.inputs
    if A.type.ndim != 2 or b.type.broadcastable != (False, True):
        return None
    return dimshuffle(node.op(A, dimshuffle(b, (0,))), (0, "x"))


@rule(Solve, phase="specialize", name="system_with_scaled_right_side")
def system_with_scaled_right_side(graph: RewriteGraph, node: Node) -> Result:
    """``solve(A, c * b) -> c * solve(A, b)`` for a number `c`, where the system for `b` is solved, too."""
    A, b = node.inputs
    bare = _unscaled(graph, b)
    solved = None if bare is None else graph.known(node.op(A, bare))
    if solved is not None:
        return _multiple(graph, node, solved)
    replaced: dict[Tensor, Tensor] = {}
    for scaling in graph.users.get(b, ()):
        scaled = scaling.outputs[0]
        if _unscaled(graph, scaled) is b:
            for other in graph.users.get(scaled, ()):
                if other.op == node.op and other.inputs[0] is A and other.inputs[1] is scaled:
                    made = _multiple(graph, other, node.outputs[0])
                    replaced.update({} if made is None else {other.outputs[0]: made})
    return replaced or None


def _unscaled(graph: RewriteGraph, b: Tensor) -> Tensor | None:
    """What `b` is a multiple of by numbers; None if it is no such multiple."""
    if scalar_name(b) not in algebra.PRODUCT_OPS:
        return None
    view = algebra.product_of(graph, b)
    wide = [v for v in view.factors if not all(v.type.broadcastable)]
    if len(wide) != 1 or view.factors[wide[0]] != 1 or wide[0].type != b.type:
        return None
    return wide[0] if all(v.type.dtype == b.type.dtype for v in view.factors) else None


def _multiple(graph: RewriteGraph, node: Node, solved: Tensor) -> Tensor | None:
    """The solution of a system whose right side is a multiple of the one that `solved` is for."""
    out = node.outputs[0]
    if solved.type != out.type or node.inputs[1].type.dtype != out.type.dtype:
        return None
    view = algebra.product_of(graph, node.inputs[1])
    factors = {v: e for v, e in view.factors.items() if all(v.type.broadcastable)}
    if factors and type(node.op) is Solve and node.op.triangle is None:
        return None  # it refuses what an infinite factor makes
    return build_product(view.coef, {**factors, solved: 1}, out.type.dtype, out.type.ndim)


def _factor(graph: RewriteGraph, A: Tensor) -> tuple[Tensor, bool] | None:
    """See `factor_of`."""
    return factor_of(graph, A) if A.type.dtype in ("float32", "float64") else None


def _as_it_is_read(A: Tensor, lower: bool) -> Tensor:
    """What a matrix is made of of which one triangle is read only: of ``T.tril(x)`` that is `x`."""
    if is_transposed(A):
        inner = A.owner.inputs[0]
        bare = _as_it_is_read(inner, not lower)
        return A if bare is inner else transposed(bare)
    if scalar_name(A) != "mul" or len(A.owner.inputs) != 2:
        return A
    for v, ones in (A.owner.inputs, A.owner.inputs[::-1]):
        if v.type == A.type and _keeps(ones, lower):
            return v
    return A


def _keeps(ones: Tensor, lower: bool) -> bool:
    """Whether a matrix has ones in a triangle."""
    data = getattr(ones, "data", None)
    if isinstance(data, np.ndarray) and data.ndim > 1:
        return not (np.tril if lower else np.triu)(data != 1).any()
    found = ones_in_triangle(ones)
    return found is not None and found[0] is lower and (found[1] >= 0 if lower else found[1] <= 0)


# -- inverses ---------------------------------------------------------------------------------------------


def _inverted(v: Tensor) -> tuple[Node, bool] | None:
    """The node of the inverse that `v` is, or is transposed of."""
    turned = is_transposed(v)
    node = v.owner.inputs[0].owner if turned else v.owner
    return (node, turned) if node is not None and type(node.op) is MatrixInverse else None


def _in_products_only(graph: RewriteGraph, inverse: Tensor) -> bool:
    """Whether an inverse is read by nothing but a few products."""
    if graph.is_output(inverse):
        return False
    count = 0
    for user in graph.users.get(inverse, ()):
        if is_transposed(user.outputs[0]):
            if graph.is_output(user.outputs[0]):
                return False
            users = list(graph.users.get(user.outputs[0], ()))
        else:
            users = [user]
        if any(type(u.op) not in (Dot, BatchedDot) for u in users):
            return False
        count += len(users)
    return count <= SYSTEMS


@rule(Dot, BatchedDot, phase="specialize", name="product_with_inverse", children=INVERSE)
def product_with_inverse(graph: RewriteGraph, node: Node) -> Result:
    """``dot(inv(A), b) -> solve(A, b)``: a system of equations, also of transposed inverses, and from the right."""
    left, right = node.inputs
    out = node.outputs[0]
    for v, other in ((left, right), (right, left)):
        found = _inverted(v)
        if found is None or not _in_products_only(graph, found[0].outputs[0]):
            continue
        A = transposed(found[0].inputs[0]) if found[1] else found[0].inputs[0]
        if v is left:
            made = _inverse_product(A, other)
        elif other.type.ndim == 1:
            made = _inverse_product(transposed(A), other)
        else:
            made = transposed(_inverse_product(transposed(A), transposed(other)))
        return made if made.type.dtype == out.type.dtype and made.type.ndim == out.type.ndim else None
    return None


@rule(MatrixInverse, phase="specialize", name="inverse_of_known_structure")
def inverse_of_known_structure(graph: RewriteGraph, node: Node) -> Result:
    """``inv(A) -> solve(A, I)`` of a triangular matrix; of one whose factor is there, both systems of the factor."""
    A, out = node.inputs[0], node.outputs[0]
    if A.type.dtype != out.type.dtype or _in_products_only(graph, out):
        return None
    facts = facts_of(graph, A)
    if facts & TRIANGULAR:
        made = (solve_lower_triangular if LOWER in facts else solve_upper_triangular)(A, identity_for(A))
        return _if_square(graph, A, made)
    factor = _factor(graph, A)
    return None if factor is None else _by_factor(*factor, identity_for(A))


@rule(MatrixInverse, name="inverse_of_inverse", children=INVERSE)
def inverse_of_inverse(graph: RewriteGraph, node: Node) -> Result:
    """``inv(inv(A)) -> A``, if `A` has an inverse."""
    inner = node.inputs[0].owner
    if inner is None or type(inner.op) is not MatrixInverse:
        return None
    A = inner.inputs[0]
    return _unless_singular(A, A) if A.type == node.outputs[0].type and A.type.ndim == 2 else None


def _unless_singular(A: Tensor, value: Tensor) -> Tensor:
    made: Tensor = Assert("Singular matrix", np.linalg.LinAlgError)(
        value, elemwise(scalar.neq, slogdet(A)[0], constant(0, A.type.dtype))
    )
    return made


def _if_square(graph: RewriteGraph, A: Tensor, value: Tensor) -> Tensor:
    """`value`, if the matrices are square; else NumPy's error."""
    if is_square(graph, A):
        return value
    rows, columns = dims(graph, A)[-2:]
    message = "Last 2 dimensions of the array must be square"
    made: Tensor = Assert(message, np.linalg.LinAlgError)(value, elemwise(scalar.eq, rows, columns))
    return made


@rule(DimShuffle, name="transposed_symmetric_inverse", children=INVERSE)
def transposed_symmetric_inverse(graph: RewriteGraph, node: Node) -> Result:
    """``inv(A).T -> inv(A)`` of a symmetric matrix."""
    inner = node.inputs[0].owner
    if inner is None or type(inner.op) is not MatrixInverse or not is_transposed(node.outputs[0]):
        return None
    return node.inputs[0] if SYMMETRIC in facts_of(graph, inner.inputs[0]) else None


# -- determinants -----------------------------------------------------------------------------------------


def _product_of(v: Tensor) -> Tensor:
    made: Tensor = Prod(axis=(v.type.ndim - 1,), dtype=v.type.dtype)(v)
    return made


def _sum_of_logarithms(v: Tensor) -> Tensor:
    made: Tensor = Sum(axis=(v.type.ndim - 1,), dtype=v.type.dtype)(elemwise(scalar.log, v))
    return made


@rule(Det, phase="specialize", name="determinant_of_known_structure")
def determinant_of_known_structure(graph: RewriteGraph, node: Node) -> Result:
    """``det(A) -> prod(diag(A))`` of a triangular matrix; or of one whose factor is there, of the factor."""
    A = node.inputs[0]
    if A.type.dtype != node.outputs[0].type.dtype or A.type.dtype not in ("float32", "float64"):
        return None
    if facts_of(graph, A) & TRIANGULAR:
        return _if_square(graph, A, _product_of(diagonal_of(A)))
    factor = _factor(graph, A)
    return None if factor is None else elemwise(scalar.sqr, _product_of(diagonal_of(factor[0])))


@rule(SLogDet, phase="specialize", name="log_determinant_of_known_structure")
def log_determinant_of_known_structure(graph: RewriteGraph, node: Node) -> Result:
    """``log(abs(det(A))) -> sum(log(abs(diag(A))))`` of a triangular matrix; or of that of a factor."""
    A = node.inputs[0]
    dtype = A.type.dtype
    if dtype != node.outputs[0].type.dtype or dtype not in ("float32", "float64"):
        return None
    facts, factor = facts_of(graph, A), None
    if not facts & TRIANGULAR:
        factor = _factor(graph, A)
        if factor is None:
            return None
    diagonal = diagonal_of(A if factor is None else factor[0])
    positive = POSITIVE_DIAGONAL in (facts if factor is None else facts_of(graph, factor[0]))
    logarithm = _sum_of_logarithms(diagonal if positive else elemwise(scalar.abs_, diagonal))
    if positive:
        sign = elemwise(scalar.second, logarithm, constant(1, dtype, logarithm.type.ndim))
    else:
        sign = _product_of(elemwise(scalar.sgn, diagonal))
    if factor is None:
        return [_if_square(graph, A, sign), _if_square(graph, A, logarithm)]
    twice = elemwise(scalar.mul, constant(2, dtype, logarithm.type.ndim), logarithm)
    return [sign if positive else elemwise(scalar.sqr, sign), twice]


@rule(Det, name="determinant_of_inverse", children=INVERSE)
def determinant_of_inverse(graph: RewriteGraph, node: Node) -> Result:
    """``det(inv(A)) -> 1 / det(A)``, if `A` has an inverse."""
    inner = node.inputs[0].owner
    if inner is None or type(inner.op) is not MatrixInverse or node.inputs[0].type.ndim != 2:
        return None
    A = inner.inputs[0]
    if A.type.dtype != node.outputs[0].type.dtype or A.type.dtype not in ("float32", "float64"):
        return None
    return _unless_singular(A, elemwise(scalar.inv, Det()(A)))


# -- diagonals, eigenvalues, factors of products ----------------------------------------------------------


@rule(ExtractDiag, phase="specialize", name="diagonal_of_product", children=frozenset({Dot}))
def diagonal_of_product(graph: RewriteGraph, node: Node) -> Result:
    """``diag(dot(a, b)) -> sum(a * b.T, axis=1)``: so the trace of a product takes no product."""
    x = node.inputs[0]
    owner = x.owner
    if owner is None or type(owner.op) is not Dot or node.op.offset or graph.only_user(x) is None:
        return None
    a, b = owner.inputs
    dtype = x.type.dtype
    if a.type.ndim != 2 or b.type.ndim != 2 or {a.type.dtype, b.type.dtype} != {dtype} or dtype[:5] not in _SUMMED:
        return None
    n, m = dims(graph, a)[0], dims(graph, b)[1]
    if not same_number(graph.known(n) or n, graph.known(m) or m):
        shorter = elemwise(scalar.minimum, n, m)
        a, b = subtensor(a, [slice(None, shorter, None)]), subtensor(b, [FULL, slice(None, shorter, None)])
    return Sum(axis=(1,), dtype=dtype)(elemwise(scalar.mul, a, dimshuffle(b, (1, 0))))


_SUMMED = ("float", "compl")


@rule(ExtractDiag, name="diagonal_of_diagonal")
def diagonal_of_diagonal(graph: RewriteGraph, node: Node) -> Result:
    """``diag(diag(v)) -> v``."""
    x = node.inputs[0]
    if node.op.offset or x.type.ndim != 2:
        return None
    vector = diagonal_vector(graph, x)
    return vector if vector is not None and vector.type.dtype == x.type.dtype else None


@rule(Eigvalsh, phase="specialize", name="eigenvalues_beside_vectors")
def eigenvalues_beside_vectors(graph: RewriteGraph, node: Node) -> Result:
    """``eigvalsh(A) -> eigh(A)[0]`` where the eigenvectors are computed, too."""
    if len(node.inputs) != 1:
        return None
    both = Eigh("L" if node.op.lower else "U")(node.inputs[0])
    known = graph.known(both[0])
    return known if known is not None and known.type == node.outputs[0].type else None


@rule(Cholesky, phase="specialize", name="factor_of_product_of_factor")
def factor_of_product_of_factor(graph: RewriteGraph, node: Node) -> Result:
    """``cholesky(dot(L, L.T)) -> L`` if L is lower triangular, with a positive diagonal.

    So is the other factor of a matrix, if both are computed: one of the two does.
    """
    A = node.inputs[0]
    if A.owner is None or type(A.owner.op) not in (Dot, BatchedDot) or A.type.dtype not in ("float32", "float64"):
        return None
    factor = factor_of(graph, A, besides=node)
    if factor is None or not factor[1] or POSITIVE_DIAGONAL not in facts_of(graph, factor[0]):
        return None
    made = factor[0] if node.op.lower else transposed(factor[0])
    return made if made.type == node.outputs[0].type else None
