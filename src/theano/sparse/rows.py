"""`sparse_grad`: rows of a dense matrix whose gradient is a sparse matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.origin import made_here
from theano.sparse.structure import construct_sparse_from_list
from theano.tensor.indexing.advanced_subtensor import AdvancedSubtensor1
from theano.tensor.opsupport import disconnected

__all__ = ["AdvancedSubtensor1WithSparseGradient", "sparse_grad"]


class AdvancedSubtensor1WithSparseGradient(AdvancedSubtensor1):
    """``x[v]`` of a matrix `x`, whose gradient is a sparse matrix: it has elements only in the rows that were read."""

    sparse_grad = True

    def __str__(self) -> str:
        return "AdvancedSubtensor1{sparse_grad}"

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, rows = inputs
        return [construct_sparse_from_list(x, gs[0], rows), disconnected()]


def sparse_grad(var: Any) -> Any:
    """The rows ``x[v]`` of a matrix, like `var`, with a sparse matrix for their gradient.

    Parameters
    ----------
    var
        ``x[v]``, where `x` is a dense matrix and `v` a vector of integers.

    Returns
    -------
    matrix
        ``x[v]``, of the shape and dtype of `var`.

    Raises
    ------
    TypeError
        `var` is something else.

    Examples
    --------
    >>> x, v = T.dmatrix("x"), T.lvector("v")
    >>> T.grad((theano.sparse_grad(x[v]) ** 2).sum(), x).type
    Sparse[float64, csc]
    """
    node = getattr(var, "owner", None)
    if node is None or not isinstance(node.op, AdvancedSubtensor1) or node.inputs[0].type.ndim != 2:
        raise TypeError(
            f"sparse_grad takes rows x[v] of a matrix, chosen by a vector of integers, not {var}{made_here(var)}"
        )
    return AdvancedSubtensor1WithSparseGradient()(*node.inputs)
