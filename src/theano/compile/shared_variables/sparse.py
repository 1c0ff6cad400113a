"""Shared variables that hold sparse matrices. This module is loaded when the first of them is made."""

from __future__ import annotations

from typing import Any

from theano.compile.shared_variables.variables import SharedVariable, shared_constructor
from theano.native.support.loading import Using
from theano.sparse.type import SparseType
from theano.sparse.values import is_sparse
from theano.sparse.variable import _sparse_py_operators

__all__ = ["SharedVariable", "SparseTensorSharedVariable", "SparseType", "shared_constructor", "sparse_constructor"]


class SparseTensorSharedVariable(_sparse_py_operators, SharedVariable):
    """A shared sparse matrix, with all operators and methods of sparse variables.

    Parameters
    ----------
    name, type, value, strict, allow_downcast, container
        See `SharedVariable`; they are made by `theano.shared`.

    Examples
    --------
    >>> import scipy.sparse
    >>> theano.shared(scipy.sparse.csr_matrix(np.eye(2)), name="x").type
    Sparse[float64, csr]
    """

    def zero(self, borrow: bool = False) -> None:
        """Set all elements to 0, with `borrow` in the stored matrix itself; its structure stays."""
        storage = self.container.storage
        if borrow:
            with Using(storage, update=True):
                storage[0].data[...] = 0
        else:
            self.container.value = self.container.copied() * 0


def sparse_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    format: str | None = None,
) -> SparseTensorSharedVariable:
    """A shared variable that holds a sparse matrix.

    Parameters
    ----------
    value
        A sparse matrix or array of SciPy.
    name, strict, allow_downcast
        As for all shared variables.
    borrow
        Keep `value` itself instead of a copy, if it is a matrix in the right format.
    format
        'csr' or 'csc'; that of `value` if it is not given.

    Raises
    ------
    TypeError
        `value` is no sparse matrix, or in a format that is no type.

    Examples
    --------
    >>> import scipy.sparse
    >>> x = theano.shared(scipy.sparse.csr_matrix([[0, 1.5], [2.5, 0]]), name="x")
    >>> x.type, x.get_value().nnz
    (Sparse[float64, csr], 2)
    """
    if not is_sparse(value):
        raise TypeError(f"expected a sparse matrix, got {type(value).__name__}")
    if format is None:
        format = value.format
    if format not in SparseType.format_cls:
        raise TypeError(
            f"there are no variables of sparse format {format}: convert the matrix first, e.g. with x.tocsr(), or say "
            f"format='csr'"
        )
    if not borrow:
        value = value.copy()
    return SparseTensorSharedVariable(name, SparseType(format, value.dtype), value, strict, allow_downcast)
