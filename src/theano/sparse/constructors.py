"""Inputs: variables of sparse type by their format and dtype."""

from __future__ import annotations

from typing import Any

from theano.sparse.type import SparseType

__all__ = [
    "bsr_dmatrix",
    "bsr_fmatrix",
    "bsr_matrix",
    "csc_dmatrix",
    "csc_fmatrix",
    "csc_matrix",
    "csr_dmatrix",
    "csr_fmatrix",
    "csr_matrix",
    "matrix",
]


def matrix(format: str, name: str | None = None, dtype: Any = None) -> Any:
    """A sparse matrix.

    Parameters
    ----------
    format : {'csr', 'csc', 'bsr'}
        How its elements are stored.
    name
        Its name.
    dtype
        `floatX` if it is not given.

    Returns
    -------
    SparseVariable
        Of two dimensions.

    Raises
    ------
    ValueError
        There is no such format.
    TypeError
        There is no such dtype.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.matrix("csc", "x", "float32").type
    Sparse[float32, csc]
    """
    return SparseType(format, "floatX" if dtype is None else dtype)(name)


def csr_matrix(name: str | None = None, dtype: Any = None) -> Any:
    """A sparse matrix stored by rows, of dtype `floatX` if none is given.

    Parameters
    ----------
    name : str, optional
        Its name.
    dtype : str, optional
        A dtype of tensors.

    Returns
    -------
    SparseVariable
        Of two dimensions.

    Raises
    ------
    TypeError
        There is no such dtype.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csr_matrix("x", "float32").type
    Sparse[float32, csr]
    """
    return matrix("csr", name, dtype)


def csc_matrix(name: str | None = None, dtype: Any = None) -> Any:
    """A sparse matrix stored by columns, of dtype `floatX` if none is given.

    Parameters
    ----------
    name : str, optional
        Its name.
    dtype : str, optional
        A dtype of tensors.

    Returns
    -------
    SparseVariable
        Of two dimensions.

    Raises
    ------
    TypeError
        There is no such dtype.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.csc_matrix("x", "float32").type
    Sparse[float32, csc]
    """
    return matrix("csc", name, dtype)


def bsr_matrix(name: str | None = None, dtype: Any = None) -> Any:
    """A sparse matrix stored in blocks, of dtype `floatX` if none is given.

    Parameters
    ----------
    name : str, optional
        Its name.
    dtype : str, optional
        A dtype of tensors.

    Returns
    -------
    SparseVariable
        Of two dimensions.

    Raises
    ------
    TypeError
        There is no such dtype.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.bsr_matrix("x", "float32").type
    Sparse[float32, bsr]
    """
    return matrix("bsr", name, dtype)


csr_dmatrix = SparseType("csr", "float64")
csr_fmatrix = SparseType("csr", "float32")
csc_dmatrix = SparseType("csc", "float64")
csc_fmatrix = SparseType("csc", "float32")
bsr_dmatrix = SparseType("bsr", "float64")
bsr_fmatrix = SparseType("bsr", "float32")
