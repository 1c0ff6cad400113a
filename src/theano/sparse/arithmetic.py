"""Sums and differences of matrices of which one at least is sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.origin import made_here
from theano.sparse.convert import as_dense_variable, in_dtype, in_format, onto
from theano.sparse.csm import csm_properties, lengths, places, same_structure
from theano.sparse.elements import met
from theano.sparse.op import (
    Components,
    SameShape,
    SparseOp,
    dense_output,
    requires,
    sparse_output,
    upcast,
    wanted_format,
)
from theano.sparse.values import as_format, compressed, in_order
from theano.sparse.variable import as_sparse_variable, is_sparse_variable, one_at_least
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import zeros
from theano.tensor.pointwise.math import cast as dense_cast
from theano.tensor.pointwise.math import eq
from theano.tensor.variable import as_tensor_variable

__all__ = ["AddSD", "AddSS", "AddSSData", "Neg", "add", "add_s_d", "add_s_s", "add_s_s_data", "neg", "sub"]


def one_format(x: Any, y: Any) -> tuple[Any, Any]:
    """Two sparse variables in the format of the first; TypeError if one is not sparse."""
    x, y = as_sparse_variable(x), as_sparse_variable(y)
    for v in (x, y):
        wanted_format(v, "csr", "csc")
    return x, in_format(y, x.type.format)


def check_shapes(x: Any, y: Any) -> None:
    """ValueError if two matrices that meet element by element differ in shape."""
    if x.shape != y.shape:
        raise ValueError(f"shapes {x.shape} and {y.shape} differ: sparse matrices are not broadcast")


class Neg(SameShape):
    """``-x``.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc, of any dtype.

    Returns
    -------
    sparse matrix
        Of the type and structure of `x`.

    Raises
    ------
    TypeError
        `x` is not sparse.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.dense_from_sparse(sparse.neg(sparse.csr_from_dense([[0.0, 2.0]]))).eval()
    array([[ 0., -2.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0
    keeps_elements = True
    linear_in = (0,)

    def __str__(self) -> str:
        return "Sparse{Neg}"

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        if x.type.dtype == "bool":
            raise TypeError(f"bools can't be negated: {x}{made_here(x)}")
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        outputs[0][0] = -inputs[0]

    def components(self, inputs: Sequence[Any]) -> Components:
        data, indices, indptr, shape = csm_properties(inputs[0])
        return -data, indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [-gs[0]]


neg = Neg()


class OfTwo(SameShape):
    """Of two sparse matrices, element by element, where that is not 0; in the format of the first.

    The elements of the result are in the order of their indices.
    """

    __props__ = ()

    def combined(self, x: Any, y: Any) -> Any:
        """The values combined: matrices of SciPy."""
        raise NotImplementedError

    def of_elements(self, x: Any, y: Any) -> Any:
        """Elements combined: dense vectors."""
        raise NotImplementedError

    def dtype(self, x: Any, y: Any) -> str:
        """That of the result."""
        return upcast(x, y)

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = one_format(x, y)
        return Apply(self, [x, y], [sparse_output(x.type.format, self.dtype(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        check_shapes(*inputs)
        kind = node.outputs[0].type
        outputs[0][0] = in_order(as_format(self.combined(*inputs), kind.format, kind.dtype))

    def components(self, inputs: Sequence[Any]) -> Components:
        dtype = self.dtype(*inputs)
        return met(lambda x, y: dense_cast(self.of_elements(x, y), dtype), *inputs)


class AddSS(OfTwo):
    """The sum of two sparse matrices: with the elements of both, in the format of the first.

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
    >>> made = sparse.add_s_s(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[1., 5.]])
    """

    def combined(self, x: Any, y: Any) -> Any:
        return x + y

    def of_elements(self, x: Any, y: Any) -> Any:
        return x + y

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_dtype(gs[0], v) for v in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [sum_of_directions(eval_points)]


def sum_of_directions(points: Sequence[Any]) -> Any:
    """The direction of a sum whose terms have these; None stands for zero."""
    given = [p for p in points if p is not None]
    return None if not given else given[0] if len(given) == 1 else add(*given)


add_s_s = AddSS()


class AddSSData(SameShape):
    """The sum of two sparse matrices that are known to have the same structure: that of their elements.

    Only the number of elements is checked. The gradient is structured.

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
        One is not sparse, or formats differ.
    ValueError
        When it runs: there are not as many elements.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.add_s_s_data(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[0.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[0., 5.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    keeps_structure = 0
    keeps_elements = True

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_sparse_variable(y)
        wanted_format(x, "csr", "csc")
        if x.type.format != y.type.format:
            raise TypeError(f"{x} and {y} are of formats {x.type.format} and {y.type.format}: their structures differ")
        return Apply(self, [x, y], [sparse_output(x.type.format, upcast(x, y))])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_shapes(x, y)
        if len(x.data) != len(y.data):
            raise ValueError(f"the structures differ: there are {len(x.data)} and {len(y.data)} elements")
        kind = node.outputs[0].type
        data = np.add(x.data, y.data, dtype=kind.dtype)
        outputs[0][0] = compressed(kind.format, data, x.indices, x.indptr, x.shape)

    def components(self, inputs: Sequence[Any]) -> Components:
        (data, indices, indptr, shape), others = csm_properties(inputs[0]), csm_properties(inputs[1])
        same = [eq(data.shape[0], others[0].shape[0]), eq(shape[0], others[3][0]), eq(shape[1], others[3][1])]
        data = requires("add_s_s_data: the structures of the two matrices differ", data, *same)
        return data + others[0], indices, indptr, shape

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [in_dtype(onto(v, gs[0]), v) for v in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [sum_of_directions(eval_points)]


add_s_s_data = AddSSData()


class AddSD(SparseOp):
    """The sum of a sparse and a dense matrix: dense. The gradient of the sparse one is structured.

    Parameters
    ----------
    x : sparse matrix
        (m, n), csr or csc.
    y : tensor_like
        (m, n).

    Returns
    -------
    matrix
        (m, n), dense, of the common dtype.

    Raises
    ------
    TypeError
        `x` is not sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> sparse.add_s_d(sparse.csr_from_dense([[0.0, 2.0]]), np.array([[1.0, 3.0]])).eval()
    array([[1., 5.]])
    """

    __props__ = ()

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = as_sparse_variable(x), as_tensor_variable(y)
        wanted_format(x, "csr", "csc")
        if y.type.ndim != 2:
            raise TypeError(f"add_s_d takes a dense matrix, {y} has {y.type.ndim} dimensions{made_here(y)}")
        return Apply(self, [x, y], [dense_output(upcast(x, y), y.type.shape)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        x, y = inputs
        check_shapes(x, y)
        outputs[0][0] = np.asarray(x.toarray() + y, node.outputs[0].type.dtype)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        data, indices, indptr, shape = csm_properties(x)
        dtype = upcast(x, y)
        y = of_shape(y, shape)
        return [inc_subtensor(dense_cast(y, dtype)[places(x.type.format, indices, indptr)], dense_cast(data, dtype))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [shapes[1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, y = inputs
        return [in_dtype(onto(x, gs[0]), x), in_dtype(as_dense_variable(gs[0]), y)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        made = sum_of_directions(eval_points)
        return [None if made is None else as_dense_variable(made)]


add_s_d = AddSD()


def of_shape(y: Any, shape: Any) -> Any:
    """A dense matrix that is required to have the lengths of a sparse one, but where it has a single row or column."""
    axes = [axis for axis, one in enumerate(y.type.broadcastable) if not one]
    message = "the sparse and the dense matrix differ in shape: sparse matrices are not broadcast"
    return requires(message, y, *(eq(y.shape[axis], shape[axis]) for axis in axes)) if axes else y


def add(x: Any, y: Any) -> Any:
    """The sum of two matrices of which one at least is sparse.

    Parameters
    ----------
    x, y : matrices
        (m, n), one at least sparse, in format csr or csc.

    Returns
    -------
    A sparse matrix if both are sparse, else a dense one.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: the shapes differ.

    Notes
    -----
    The gradient of a sparse matrix is structured if the other one is dense.
    The sum of two sparse matrices has no elements that are 0, and they are in order. But where both are known to have
    one structure, as ``x`` and ``sqr(x)`` have, so has their sum (`add_s_s_data`): its elements may be 0. `remove0`
    leaves those out.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.add(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[1., 5.]])

    References
    ----------
    ``z[i, j] = x[i, j] + y[i, j]``, as `numpy.add`.
    """
    x, y = one_at_least("add", x, y)
    if is_sparse_variable(x) and is_sparse_variable(y):
        return (add_s_s_data if same_structure(x, y) else add_s_s)(x, y)
    if not is_sparse_variable(x):
        x, y = y, x
    return add_s_d(x, _as_matrix(x, y))


def _as_matrix(x: Any, y: Any) -> Any:
    """A dense operand of a sum, in the shape of the sparse one where it is a number, a vector, a row or a column."""
    if y.type.ndim > 2:
        raise TypeError(f"a sparse matrix and {y}, which has {y.type.ndim} dimensions, have no sum{made_here(y)}")
    y = as_tensor_variable(y, ndim=2)
    if not any(y.type.broadcastable):
        return y
    return zeros(lengths(x), y.type.dtype) + y


def sub(x: Any, y: Any) -> Any:
    """The difference of two matrices of which one at least is sparse: ``add(x, -y)``.

    Parameters
    ----------
    x, y : matrices
        (m, n), one at least sparse, in format csr or csc.

    Returns
    -------
    A sparse matrix if both are sparse, else a dense one.

    Raises
    ------
    TypeError
        None is sparse.
    ValueError
        When it runs: the shapes differ.

    Examples
    --------
    >>> from theano import sparse
    >>> made = sparse.sub(sparse.csr_from_dense([[0.0, 2.0]]), sparse.csr_from_dense([[1.0, 3.0]]))
    >>> sparse.dense_from_sparse(made).eval()
    array([[-1., -1.]])

    References
    ----------
    ``z[i, j] = x[i, j] - y[i, j]``, as `numpy.subtract`.
    """
    x, y = one_at_least("sub", x, y)
    return add(x, -y)
