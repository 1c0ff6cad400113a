"""Sums of sparse matrices, and diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.scalar.dtypes import DISCRETE
from theano.sparse.convert import as_dense_variable, csc_from_dense, csr_from_dense, in_dtype, onto
from theano.sparse.csm import components_of, lengths, places
from theano.sparse.op import Components, SparseOp, dense_output, requires, sparse_output, wanted_format
from theano.sparse.values import compressed
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import alloc, zeros
from theano.tensor.making.ranges import arange
from theano.tensor.pointwise.math import cast as dense_cast
from theano.tensor.pointwise.math import eq, switch
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.join import stack
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable

__all__ = ["Diag", "SpSum", "SquareDiagonal", "diag", "sp_sum", "square_diagonal"]


class SpSum(SparseOp):
    """The sum of a sparse matrix, dense: of all elements, of each column (axis 0) or of each row (axis 1).

    Sums of integers and bools have 64 bits, as those of tensors.

    Parameters
    ----------
    axis
        None, 0 or 1.
    sparse_grad
        Whether the gradient has elements only where the matrix has.

    Returns
    -------
    0-d tensor or vector
        Called with a sparse matrix (m, n): all elements, (n,) for axis 0, (m,) for axis 1.

    Raises
    ------
    ValueError
        `axis` is none of these.
    TypeError
        It is called with what is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> SpSum(axis=1)(sparse.csr_from_dense([[1.0, 2.0]])).eval()
    array([3.])
    """

    __props__ = ("axis", "structured")
    linear_in = (0,)

    def __init__(self, axis: int | None = None, sparse_grad: bool = True) -> None:
        axis = plain_axis(axis)
        if axis not in (None, -2, -1, 0, 1):
            raise ValueError(f"the axis of a sum of a sparse matrix is None, 0 or 1, not {axis!r}")
        self.axis = None if axis is None else int(axis) % 2
        self.structured = bool(sparse_grad)

    def __str__(self) -> str:
        return f"SpSum{{axis={self.axis}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x], [dense_output(_sum_dtype(x.type.dtype), () if self.axis is None else (None,))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        dtype = node.outputs[0].type.dtype
        found = inputs[0].astype(dtype).sum(axis=self.axis)
        outputs[0][0] = np.asarray(found, dtype).reshape((-1,) if self.axis is not None else ())

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        data, indices, indptr, shape = components_of(x)
        data = dense_cast(data, _sum_dtype(x.type.dtype))
        if self.axis is None:
            return [dense_sum(data, dtype=data.type.dtype)]
        # The sums of columns go by the column of each element, those of rows by its row.
        at = places(x.type.format, indices, indptr)[1 - self.axis]
        return [inc_subtensor(zeros((shape[1 - self.axis],), data.type.dtype)[at], data)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [() if self.axis is None else (lengths(node.inputs[0], shapes[0])[1 - self.axis],)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, gs
        spread = g if self.axis is None else dimshuffle(g, ("x", 0) if self.axis == 0 else (0, "x"))
        if self.structured:
            return [onto(x, spread if self.axis is not None else dimshuffle(g, ("x", "x")))]
        wide = alloc(spread, *lengths(x))
        return [(csr_from_dense if x.type.format == "csr" else csc_from_dense)(wide)]


def _sum_dtype(dtype: str) -> str:
    return dtype if dtype not in DISCRETE else "uint64" if dtype.startswith("u") else "int64"


def sp_sum(x: Any, axis: int | None = None, sparse_grad: bool = False) -> Any:
    """The sum of a sparse matrix, dense.

    Parameters
    ----------
    x
        A sparse matrix.
    axis
        None for the sum of all elements, 0 for that of each column, 1 for that of each row.
    sparse_grad
        Whether the gradient is structured: with elements only where `x` has one. It is sparse in both cases.

    Returns
    -------
    A number, or a vector.

    Raises
    ------
    ValueError
        `axis` is none of these.
    TypeError
        `x` is not sparse.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> sparse.sp_sum(scipy.sparse.csr_matrix([[1.0, 2.0], [0.0, 4.0]]), axis=0).eval()
    array([1., 6.])

    References
    ----------
    ``z = sum over i, j of x[i, j]``, as `numpy.sum`.
    """
    return SpSum(axis, sparse_grad)(x)


class Diag(SparseOp):
    """The diagonal of a square sparse matrix, a dense vector. The gradient is regular: it is zero elsewhere.

    Parameters
    ----------
    x : sparse matrix
        (n, n), csr or csc.

    Returns
    -------
    vector
        (n,), of the dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.
    ValueError
        When it runs: `x` is not square.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> sparse.diag(scipy.sparse.csc_matrix([[1.0, 2.0], [0.0, 4.0]])).eval()
    array([1., 4.])
    """

    __props__ = ()
    linear_in = (0,)

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x], [dense_output(x.type.dtype, (None,))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (x,) = inputs
        if x.shape[0] != x.shape[1]:
            raise ValueError(f"only a square matrix has a diagonal here, not one of shape {x.shape}")
        outputs[0][0] = np.array(x.diagonal(), node.outputs[0].type.dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        (x,) = inputs
        data, indices, indptr, shape = components_of(x)
        data = requires("only a square matrix has a diagonal here", data, eq(shape[0], shape[1]))
        rows, columns = places(x.type.format, indices, indptr)
        elements = switch(eq(rows, columns), data, np.zeros((), x.type.dtype))
        return [inc_subtensor(zeros((shape[0],), x.type.dtype)[rows], elements)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(lengths(node.inputs[0], shapes[0])[0],)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        made = square_diagonal(gs[0])
        return [made if inputs[0].type.format == "csc" else made.T]


diag = Diag()


class SquareDiagonal(SparseOp):
    """A square sparse matrix, in format csc, with a vector on its diagonal.

    Parameters
    ----------
    diag : tensor_like
        A vector (n,).

    Returns
    -------
    sparse matrix
        (n, n), csc, of the dtype of `diag`.

    Raises
    ------
    TypeError
        `diag` is no vector.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.square_diagonal(np.array([1.0, 2.0]))).eval()
    array([[1., 0.],
           [0., 2.]])
    """

    __props__ = ()
    linear_in = (0,)

    def make_node(self, diag: Any) -> Apply:
        diag = as_tensor_variable(diag)
        if diag.type.ndim != 1:
            raise TypeError(f"square_diagonal takes a vector, {diag} has {diag.type.ndim} dimensions")
        return Apply(self, [diag], [sparse_output("csc", diag.type.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (d,) = inputs
        at = np.arange(len(d) + 1, dtype="int32")
        outputs[0][0] = compressed("csc", d.copy(), at[:-1].copy(), at, (len(d), len(d)))

    def components(self, inputs: Sequence[Any]) -> Components:
        (d,) = inputs
        d = patternbroadcast(d, (False,))
        n = d.shape[0]
        return d, arange(n, dtype="int32"), arange(n + 1, dtype="int32"), stack([n, n])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(shapes[0][0], shapes[0][0])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (d,), (g,) = inputs, gs
        found = diag(g) if is_sparse_variable(g) else as_dense_variable(g)[arange(d.shape[0]), arange(d.shape[0])]
        return [in_dtype(patternbroadcast(found, d.type.broadcastable), d)]


square_diagonal = SquareDiagonal()
