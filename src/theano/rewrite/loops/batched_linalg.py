"""How linear algebra is applied to all steps of a loop at once: its operations take stacks of matrices."""

from __future__ import annotations

from collections.abc import Sequence

from theano import scalar
from theano.rewrite.engine.build import constant, dimshuffle, elemwise
from theano.rewrite.engine.table import Node, Tensor
from theano.rewrite.loops.batching import Batch, Rows, batches
from theano.tensor.linalg.eigen import Eig, Eigh
from theano.tensor.linalg.factors import SVD, QRFull, QRIncomplete
from theano.tensor.linalg.inverses import Det, MatrixInverse, MatrixPinv, SLogDet
from theano.tensor.linalg.matrices import identity_for
from theano.tensor.linalg.schur import Schur, SolveSylvester, Sqrtm
from theano.tensor.linalg.slinalg import Eigvalsh, Expm
from theano.tensor.linalg.systems import Cholesky, CholeskyGrad, InverseProduct, Solve
from theano.tensor.shaping.diagonal import ExtractDiag


@batches(
    Cholesky, CholeskyGrad, Det, Eig, Eigh, Eigvalsh, Expm, MatrixInverse, MatrixPinv, QRFull, QRIncomplete, Schur,
    SLogDet, SolveSylvester, Sqrtm, SVD,
)  # fmt: skip
def batch_matrices(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    made = node.op(*map(batch.varied, arguments), return_list=True)
    return [Rows(v, True) for v in made]


@batches(ExtractDiag)
def batch_extract_diag(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    op = node.op
    return [Rows(ExtractDiag(op.offset, op.axis1 + 1, op.axis2 + 1)(arguments[0].rows), True)]


@batches(Solve, InverseProduct)
def batch_solve(batch: Batch, node: Node, arguments: list[Rows]) -> Sequence[Rows]:
    """One matrix for all steps is factored once: vectors become columns."""
    A, b = arguments
    made: Tensor
    if node.inputs[1].type.ndim == 1:
        if not b.varying:
            made = node.op(A.rows, b.rows)
        elif A.varying:
            made = dimshuffle(node.op(A.rows, dimshuffle(b.rows, (0, 1, "x"))), (0, 1))
        else:
            made = dimshuffle(node.op(_harmless(batch, A.rows), dimshuffle(b.rows, (1, 0))), (1, 0))
    else:
        made = node.op(*(v.rows if v.varying else _once(v.rows) for v in arguments))
    return [Rows(made, True)]


def _harmless(batch: Batch, A: Tensor) -> Tensor:
    """`A`, or the identity if there are no steps, which would not have failed."""
    if batch.certain:
        return A
    some = elemwise(scalar.gt, dimshuffle(batch.n, ("x", "x")), constant(0, "int64", 2))
    return elemwise(scalar.switch, some, A, identity_for(A))


def _once(rows: Tensor) -> Tensor:
    """The value of all steps, with an axis of length 1 for these."""
    return dimshuffle(rows, ("x", *range(rows.type.ndim)))
