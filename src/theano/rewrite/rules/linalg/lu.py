"""One factorization for all that is asked of a matrix: determinants, inverses and systems, also of its transposed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from theano.rewrite.engine.registry import rule
from theano.rewrite.engine.rule import Result
from theano.rewrite.engine.table import Node, RewriteGraph, Tensor
from theano.rewrite.rules.linalg.facts import is_transposed
from theano.rewrite.rules.linalg.identities import if_finite
from theano.tensor.linalg.inverses import Det, MatrixInverse, SLogDet
from theano.tensor.linalg.lu import LUDet, LUFactor, LUSLogDet, LUSolve
from theano.tensor.linalg.matrices import identity_for
from theano.tensor.linalg.systems import InverseProduct, Solve

_DTYPES = frozenset(("float32", "float64", "complex64", "complex128"))


@rule(Det, SLogDet, MatrixInverse, Solve, InverseProduct, phase="blas", name="one_factorization")
def one_factorization(graph: RewriteGraph, node: Node) -> Result:
    """Two or more of these operations on one matrix, or on it and its transposed, share its triangular factors.

    A single one has the factors for itself: small matrices are eliminated together with the right side then. So has an
    inverse without systems beside it: of large matrices it would save a quarter of the time, as inverting takes three
    times that of factoring; of small ones, whose number of rows nobody knows here, it would take a third more.
    """
    if not _takes_factors(node):
        return None
    A = node.inputs[0]
    base = A.owner.inputs[0] if is_transposed(A) else A
    found = list(_of_one_matrix(graph, base))
    lu, pivots = LUFactor()(base)
    if graph.known(lu) is None and not _pays(found):
        return None
    replaced: dict[Tensor, Tensor] = {}
    for other in found:
        made = _by_factors(other, base, lu, pivots)
        for old, new in zip(other.outputs, made, strict=True):
            if old.type != new.type:
                return None
            replaced[old] = new
    return replaced


def _pays(found: Sequence[Node]) -> bool:
    """Whether these operations are better off with common factors."""
    inverses = sum(type(node.op) is MatrixInverse for node in found)
    systems = sum(isinstance(node.op, Solve | InverseProduct) for node in found)
    return len(found) > 1 and (systems > 0 or inverses != 1)


def _takes_factors(node: Node) -> bool:
    """Whether an operation factors its first operand as it is."""
    op, A = node.op, node.inputs[0]
    if A.type.dtype not in _DTYPES or A.type.dtype != node.outputs[0].type.dtype:
        return False
    return not isinstance(op, Solve) or op.triangle is None


def _of_one_matrix(graph: RewriteGraph, base: Tensor) -> Iterator[Node]:
    """The nodes that would factor a matrix, or the transposed."""
    turned = (u.outputs[0] for u in graph.users.get(base, ()) if is_transposed(u.outputs[0]))
    for A in (base, *turned):
        for user in graph.users.get(A, ()):
            if type(user.op) in (Det, SLogDet, MatrixInverse, Solve, InverseProduct) and user.inputs[0] is A:
                if _takes_factors(user):
                    yield user


def _by_factors(node: Node, base: Tensor, lu: Tensor, pivots: Tensor) -> list[Any]:
    op, A = node.op, node.inputs[0]
    turned = A is not base
    if type(op) is Det:
        return [LUDet()(lu, pivots)]
    if type(op) is SLogDet:
        return list(LUSLogDet()(lu, pivots))
    if type(op) is MatrixInverse:
        return [LUSolve(turned)(lu, pivots, identity_for(A))]
    made = LUSolve(turned)(lu, pivots, node.inputs[1])
    return [if_finite(made, [base, node.inputs[1]]) if type(op) is Solve else made]
