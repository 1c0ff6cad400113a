"""Products of sparse matrices element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.arithmetic import OfTwo, of_shape
from theano.sparse.convert import as_dense_variable, conjugated, in_dtype, times_elements, transpose
from theano.sparse.csm import components_of, csm_properties, places
from theano.sparse.op import Components, SameShape, sparse_output, upcast, wanted_format
from theano.sparse.scaling import lines_of, mul_s_v
from theano.sparse.values import compressed
from theano.sparse.variable import as_sparse_variable, is_sparse_variable, one_at_least
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import zeros
from theano.tensor.reductions.reduction import sum as dense_sum
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.variable import as_tensor_variable

__all__ = ["MulSD", "MulSS", "mul", "mul_s_d", "mul_s_s"]


class MulSS(OfTwo):
    """The product, element by element, of two sparse matrices: with elements where both have one.

    Parameters
    ----------
    x, y : sparse matrices
        (m, n), csr or csc.

    Returns
    -------
    sparse matrix
        (m, n), in the format of `x` and the common dtype.

    Raises
    ------
    TypeError
        One is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.mul_s_s(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[0., 6.]])
    """

    linear_in = (0, 1)

    def combined(self, x: Any, y: Any) -> Any:
        return x.multiply(y)

    def of_elements(self, x: Any, y: Any) -> Any:
        return x * y

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        return [in_dtype(mul(gs[0], conjugated(y)), x), in_dtype(mul(gs[0], conjugated(x)), y)]


mul_s_s = MulSS()


class MulSD(SameShape):
    """The product, element by element, of a sparse matrix and a dense one or a number; with the structure of the first.

    The dense one may have a single row or column.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    y : tensor_like
        A number, or a matrix (m, n), (1, n) or (m, 1).

    Returns
    -------
    sparse matrix
        Of the format and structure of `x`, and the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.mul_s_d(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[1.0, 3.0]]))).eval()
    array([[0., 6.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0
    keeps_elements = True
    linear_in = (0, 1)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        wanted_format(x, "csr", "csc")
        if y.type.ndim not in (0, 2):
            raise TypeError(
                f"mul_s_d takes a dense matrix or a number, {y} has {y.type.ndim} dimensions: see mul_s_v, col_scale "
                f"and row_scale for vectors{made_here(y)}"
            )
        return Apply(self, [x, y], [sparse_output(x.type.format, upcast(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        kind = node.outputs[0].type
        if y.ndim:
            pattern = node.inputs[1].type.broadcastable
            expected = tuple(1 if one else n for n, one in zip(x.shape, pattern, strict=True))
            if y.shape != expected:
                raise ValueError(f"shapes {x.shape} and {y.shape} differ: sparse matrices are not broadcast")
            along = lines_of(x)
            rows, columns = (along, x.indices) if kind.format == "csr" else (x.indices, along)
            y = y[0 if pattern[0] else rows, 0 if pattern[1] else columns]
        data = np.asarray(x.data * y, kind.dtype)
        outputs[0][0] = compressed(kind.format, data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        x, y = inputs
        data, indices, indptr, shape = csm_properties(x)
        if y.type.ndim:
            rows, columns = places(x.type.format, indices, indptr)
            y = of_shape(y, shape)
            y = y[0 if y.type.broadcastable[0] else rows, 0 if y.type.broadcastable[1] else columns]
        return data * y, indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        (g,) = gs
        into_x = mul(g, conjugated(y)) if is_sparse_variable(g) else g * conjugated(y)
        products = times_elements(x, g)
        return [in_dtype(into_x, x), in_dtype(_summed_like(products, y), y)]


def _summed_like(x: Any, y: Any) -> Any:
    """The elements of a sparse matrix, summed over the axes that a dense one does not have or repeats."""
    if y.type.ndim == 0:
        return dense_sum(csm_properties(x)[0], dtype=x.type.dtype)
    rows_too, columns_too = y.type.broadcastable
    if rows_too and columns_too:
        return dimshuffle(dense_sum(csm_properties(x)[0], dtype=x.type.dtype), ("x", "x"))
    if rows_too or columns_too:
        wide = x if rows_too else transpose(x)
        data, indices, indptr, shape = components_of(wide)
        _, columns = places(wide.type.format, indices, indptr)
        sums = inc_subtensor(zeros((shape[1],), x.type.dtype)[columns], data)
        return dimshuffle(sums, ("x", 0) if rows_too else (0, "x"))
    return as_dense_variable(x)


mul_s_d = MulSD()


def mul(x: Any, y: Any) -> Any:
    """The product, element by element, of two matrices of which one at least is sparse; a sparse matrix.

    The other one may be dense, or a number.

    Parameters
    ----------
    x, y : matrices
        (m, n), one at least sparse, in format csr or csc.

    Returns
    -------
    sparse matrix
        (m, n), of the common dtype.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: the shapes differ.

    Notes
    -----
    The gradient is regular, i.e. not structured.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.mul(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[1.0, 3.0]]))).eval()
    array([[0., 6.]])

    References
    ----------
    ``z[i, j] = x[i, j] * y[i, j]``, as `numpy.multiply`.
    """
    x, y = one_at_least("mul", x, y)
    if not is_sparse_variable(x):
        x, y = y, x
    if is_sparse_variable(y):
        return mul_s_s(x, y)
    return mul_s_v(x, y) if y.type.ndim == 1 else mul_s_d(x, y)
