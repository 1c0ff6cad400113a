"""Products of dense matrices at the places of a sparse one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import conjugated, in_dtype, times_elements, transpose
from theano.sparse.csm import csm_properties, lengths, places
from theano.sparse.op import Components, SparseOp, requires, sparse_output, upcast, wanted_format
from theano.sparse.products.dot import dot_op, gradient_like
from theano.sparse.values import compressed
from theano.sparse.variable import as_sparse_variable, is_sparse_variable
from theano.tensor.linalg.dot import dot as dense_dot
from theano.tensor.pointwise.math import eq
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.variable import as_tensor_variable

__all__ = ["SamplingDot", "sampling_dot"]


class SamplingDot(SparseOp):
    """``p * dot(x, y.T)``, element by element, where only those elements of the product are computed that `p` has.

    Parameters of the operation are the dense matrices `x` (m, k) and `y` (n, k), and the sparse matrix `p` (m, n); the
    result has the structure of `p`.

    Parameters
    ----------
    x, y : tensor_like
        Dense matrices (m, k) and (n, k).
    p : sparse matrix
        (m, n), csr or csc.

    Returns
    -------
    sparse matrix
        Of the format and structure of `p`, and the common dtype.

    Raises
    ------
    TypeError
        `p` is not sparse.
    ValueError
        When it runs: the shapes do not fit.

    Examples
    --------
    >>> import scipy.sparse
    >>> from theano import sparse
    >>> p = scipy.sparse.csr_matrix(np.eye(2))
    >>> x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))
    >>> sparse.csm_data(sparse.sampling_dot(x, y, p)).eval()
    array([3., 7.])
    """

    __props__ = ()
    linear_in = (0, 1, 2)
    view_map = {0: [2]}
    keeps_structure = 2
    keeps_elements = True

    def make_node(self, x: Any, y: Any, p: Any) -> Apply:
        x, y, p = as_tensor_variable(x), as_tensor_variable(y), as_sparse_variable(p)
        wanted_format(p, "csr", "csc")
        for v in (x, y):
            if v.type.ndim != 2:
                raise TypeError(f"sampling_dot takes dense matrices, {v} has {v.type.ndim} dimensions{made_here(v)}")
        return Apply(self, [x, y, p], [sparse_output(p.type.format, upcast(x, y, p))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y, p = inputs
        kind = node.outputs[0].type
        if x.shape[1] != y.shape[1]:
            raise ValueError(f"x and y have {x.shape[1]} and {y.shape[1]} columns: sampling_dot needs as many")
        if p.shape != (len(x), len(y)):
            raise ValueError(f"p has the shape {p.shape}, the product {(len(x), len(y))}")
        along = np.repeat(np.arange(len(p.indptr) - 1), np.diff(p.indptr))
        rows, columns = (along, p.indices) if kind.format == "csr" else (p.indices, along)
        data = p.data * np.einsum("ij,ij->i", x[rows], y[columns])
        outputs[0][0] = compressed(kind.format, data.astype(kind.dtype, copy=False), p.indices, p.indptr, p.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, y, p = inputs
        data, indices, indptr, shape = csm_properties(p)
        fits = [eq(x.shape[0], shape[0]), eq(y.shape[0], shape[1])]
        x = requires("sampling_dot: p must have a row for each row of x and a column for each row of y", x, *fits)
        rows, columns = places(p.type.format, indices, indptr)
        return data * dense_sum(x[rows] * y[columns], axis=1, dtype=upcast(x, y)), indices, indptr, shape

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[2], shapes[2])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y, p = inputs
        (g,) = gs
        scaled = times_elements(p, g)
        into_x, into_y = dot_op(scaled, conjugated(y)), dot_op(transpose(scaled), conjugated(x))
        x, y = conjugated(x), conjugated(y)
        into_p = self(x, y, g) if is_sparse_variable(g) else g * dense_dot(x, y.T)
        return [gradient_like(into_x, inputs[0]), gradient_like(into_y, inputs[1]), in_dtype(into_p, p)]


sampling_dot = SamplingDot()
