"""Sparse matrices beside and below each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.scalar.conversion import converted
from theano.scalar.dtypes import DISCRETE, as_dtype
from theano.sparse.convert import cast, in_dtype, in_format
from theano.sparse.csm import SoundCSM, components_of, csm_properties, lengths
from theano.sparse.op import Components, SparseOp, requires, sparse_output, upcast, wanted_format
from theano.sparse.values import as_format, compressed, is_sparse
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.pointwise.math import cast as dense_cast
from theano.tensor.pointwise.math import eq
from theano.tensor.shaping.join import concatenate, stack

__all__ = ["HStack", "VStack", "hstack", "vstack"]


class HStack(SparseOp):
    """Sparse matrices side by side; the gradient is regular.

    Parameters
    ----------
    format
        That of the result, 'csc' if none is given.
    dtype
        That of the result; the one that holds all elements if none is given.

    Returns
    -------
    sparse matrix
        Called with sparse matrices: of the sum of their columns.

    Raises
    ------
    ValueError
        There is no matrix, `format` is neither 'csr' nor 'csc'; or when it runs: matrices do not have as many rows.
    TypeError
        A matrix is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[1.0, 2.0]])
    >>> sparse.dense_from_sparse(HStack("csr")(x, x)).eval()
    array([[1., 2., 1., 2.]])
    """

    __props__ = ("format", "dtype")
    moves_elements = True
    axis = 1

    def __init__(self, format: str | None = None, dtype: Any = None) -> None:
        if format not in (None, "csr", "csc"):
            raise ValueError(f"format must be 'csr' or 'csc', not {format!r}")
        self.format = format or "csc"
        self.dtype = None if dtype is None else as_dtype(dtype)

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.format},{self.dtype})"

    def make_node(self, *mat: Any) -> Apply:
        if not mat:
            raise ValueError(f"{type(self).__name__} joins sparse matrices, but none is given: give one at least")
        blocks = [as_sparse_variable(v) for v in mat]
        for v in blocks:
            wanted_format(v, "csr", "csc")
        return Apply(self, blocks, [sparse_output(self.format, self.dtype or upcast(*blocks))])

    def perform(self, node: Apply, block: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        self._check(block)
        kind = node.outputs[0].type
        along = ("csr", "csc")[self.axis]
        lines = [as_format(x, along) for x in block]
        # Not by SciPy's functions: some of them add the elements of one place, which functions of elements would see.
        data = np.concatenate([converted(x.data, kind.dtype) for x in lines])
        ends = np.cumsum([0, *(len(x.data) for x in lines)])[:-1]
        indptr = np.concatenate([[0], *(x.indptr[1:] + end for x, end in zip(lines, ends, strict=True))])
        shape = list(block[0].shape)
        shape[self.axis] = sum(x.shape[self.axis] for x in block)
        indices = np.concatenate([x.indices for x in lines])
        made = compressed(along, data, indices, indptr.astype("int32"), shape)
        outputs[0][0] = as_format(made, kind.format)

    def _check(self, block: Sequence[Any]) -> None:
        other = 1 - self.axis
        what = ("rows", "columns")[other]
        counts = {x.shape[other] for x in block}
        if len(counts) > 1:
            raise ValueError(f"the matrices have {' and '.join(map(str, sorted(counts)))} {what}: all need as many")

    def components(self, inputs: Sequence[Any]) -> Components:
        """Where each line of the result is one of a block: side by side by columns, below each other by rows."""
        along = ("csr", "csc")[self.axis]
        dtype = self.dtype or upcast(*inputs)
        blocks = [csm_properties(in_format(cast(x, dtype), along)) for x in inputs]
        data, indices, indptr, shape = (list(parts) for parts in zip(*blocks, strict=True))
        what = ("rows", "columns")[1 - self.axis]
        same = [eq(s[1 - self.axis], shape[0][1 - self.axis]) for s in shape[1:]]
        joined = concatenate(data)
        if same:
            joined = requires(f"{type(self).__name__}: all matrices need as many {what}", joined, *same)
        ends, before = [indptr[0]], data[0].shape[0]
        for part, more in zip(indptr[1:], data[1:], strict=True):
            ends.append(part[1:] + dense_cast(before, "int32"))
            before = before + more.shape[0]
        total = [shape[0][0], shape[0][1]]
        total[self.axis] = sum((s[self.axis] for s in shape[1:]), shape[0][self.axis])
        made = SoundCSM(along)(joined, concatenate(indices), concatenate(ends), stack(total))
        data, indices, indptr, shape = components_of(in_format(made, self.format))
        return data, indices, indptr, shape

    def sources(self, inputs: Sequence[Any], numbered: Sequence[Any]) -> Any:
        return type(self)(self.format).components(numbered)[0]  # of any dtype: numbers are not those of elements

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        known = [lengths(x, shape) for x, shape in zip(node.inputs, shapes, strict=True)]
        length = sum((k[self.axis] for k in known[1:]), known[0][self.axis])
        return [(known[0][0], length) if self.axis else (length, known[0][1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (g,) = gs
        start: Any = 0
        parts = []
        for x in inputs:
            stop = start + lengths(x)[self.axis]
            part = g[:, start:stop] if self.axis else g[start:stop]
            if is_sparse_variable(part):
                part = in_format(part, x.type.format)
            parts.append(in_dtype(part, x))
            start = stop
        return parts

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(p is None for p in eval_points):
            return [None]
        return [self(*(x.zeros_like() if p is None else p for x, p in zip(inputs, eval_points, strict=True)))]


class VStack(HStack):
    """Sparse matrices below each other; the gradient is regular.

    Parameters
    ----------
    format, dtype
        See `HStack`.

    Returns
    -------
    sparse matrix
        Called with sparse matrices: of the sum of their rows.

    Raises
    ------
    ValueError
        There is no matrix, `format` is neither 'csr' nor 'csc'; or when it runs: matrices do not have as many columns.
    TypeError
        A matrix is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[1.0, 2.0]])
    >>> sparse.dense_from_sparse(VStack("csr")(x, x)).eval()
    array([[1., 2.],
           [1., 2.]])
    """

    axis = 0


def _stacked(op: HStack, blocks: Sequence[Any]) -> Any:
    name = type(op).__name__.lower()
    if is_sparse_variable(blocks) or is_sparse(blocks):
        raise TypeError(f"sparse.{name} takes a list of sparse matrices, not a matrix: write sparse.{name}([x])")
    blocks = [as_sparse_variable(v) for v in blocks]
    if not blocks:
        raise ValueError(f"sparse.{name}: the list of matrices is empty, give a matrix at least")
    dtype = op.dtype
    if dtype is not None and any(v.type.dtype not in DISCRETE for v in blocks) and dtype in DISCRETE:
        raise TypeError(f"matrices of floating point have no place in one of dtype {dtype}: cast them first")
    return op(*blocks)


def hstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> Any:
    """Sparse matrices side by side.

    Parameters
    ----------
    blocks
        A list of sparse matrices with as many rows.
    format
        That of the result, 'csc' if none is given.
    dtype
        That of the result; the one that holds all elements if none is given.

    Returns
    -------
    sparse matrix
        Of the sum of the columns.

    Raises
    ------
    ValueError
        There is no matrix, `format` is neither 'csr' nor 'csc'; or when it runs: matrices do not have as many rows.
    TypeError
        A matrix is not sparse, or `blocks` is a matrix instead of a list.

    Notes
    -----
    The gradient is regular, i.e. not structured.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> x = scipy.sparse.csr_matrix([[1.0, 2.0]])
    >>> sparse.dense_from_sparse(sparse.hstack([x, x])).eval()
    array([[1., 2., 1., 2.]])
    """
    return _stacked(HStack(format, dtype), blocks)


def vstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> Any:
    """Sparse matrices below each other.

    Parameters
    ----------
    blocks
        A list of sparse matrices with as many columns.
    format
        That of the result, 'csc' if none is given.
    dtype
        That of the result; the one that holds all elements if none is given.

    Returns
    -------
    sparse matrix
        Of the sum of the rows.

    Raises
    ------
    ValueError
        There is no matrix, `format` is neither 'csr' nor 'csc'; or when it runs: matrices do not have as many columns.
    TypeError
        A matrix is not sparse, or `blocks` is a matrix instead of a list.

    Notes
    -----
    The gradient is regular, i.e. not structured.

    Examples
    --------
    >>> from theano import sparse
    >>> x = sparse.csr_from_dense([[1.0, 2.0]])
    >>> sparse.dense_from_sparse(sparse.vstack([x, x])).eval()
    array([[1., 2.],
           [1., 2.]])
    """
    return _stacked(VStack(format, dtype), blocks)
