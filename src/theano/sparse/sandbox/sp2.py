"""Random sparse matrices: Poisson, binomial and multinomial numbers.

They are drawn by NumPy's global generator (``numpy.random.seed``), so a function does not give the same twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.graph.null_type import grad_undefined
from theano.scalar.dtypes import INTEGER, as_dtype
from theano.sparse.csm import lengths
from theano.sparse.op import SameShape, SparseOp, sparse_output, wanted_format
from theano.sparse.values import as_format, compressed, matrix_class
from theano.sparse.variable import as_sparse_variable
from theano.tensor.opsupport import disconnected
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "Binomial",
    "Multinomial",
    "Poisson",
    "csc_dbinomial",
    "csc_fbinomial",
    "csr_dbinomial",
    "csr_fbinomial",
    "multinomial",
    "poisson",
]

_DRAWN = "the numbers that are drawn are no smooth function of it"


class Poisson(SameShape):
    """Poisson distributed numbers, whose means are the elements of a sparse matrix; its structure is kept."""

    __props__ = ()
    folds_constants = False
    gradient_is_undefined = True

    def make_node(self, x: Any) -> Apply:
        x = as_sparse_variable(x)
        wanted_format(x, "csr", "csc")
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        (x,) = inputs
        data = np.asarray(np.random.poisson(x.data), node.outputs[0].type.dtype)
        outputs[0][0] = compressed(x.format, data, x.indices.copy(), x.indptr.copy(), x.shape)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [grad_undefined(self, 0, inputs[0], _DRAWN)]


poisson = Poisson()


class Binomial(SparseOp):
    """The number of successes among `n` trials of probability `p`, drawn for each place of a sparse matrix.

    The operation takes ``n, p, shape``; a number, a number and a vector.

    Parameters
    ----------
    format : {'csr', 'csc'}
    dtype
        That of the result.
    """

    __props__ = ("format", "dtype")
    folds_constants = False
    gradient_is_undefined = True

    def __init__(self, format: str, dtype: Any) -> None:
        self.format = format
        self.dtype = as_dtype(dtype)

    def make_node(self, n: Any, p: Any, shape: Any) -> Apply:
        n, p, shape = as_tensor_variable(n), as_tensor_variable(p), as_tensor_variable(shape)
        if n.type.ndim or p.type.ndim:
            raise TypeError(f"n and p are numbers, not {n} of {n.type} and {p} of {p.type}")
        if shape.type.ndim != 1 or shape.type.dtype not in INTEGER:
            raise TypeError(f"a shape is a vector of integers, not {shape} of {shape.type}")
        return Apply(self, [n, p, shape], [sparse_output(self.format, self.dtype)])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        n, p, shape = inputs
        drawn = np.random.binomial(n, p, size=tuple(map(int, shape)))
        outputs[0][0] = as_format(matrix_class(self.format)(drawn.astype(self.dtype)), self.format)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [True], [False]]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [(node.inputs[2][0], node.inputs[2][1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [*(grad_undefined(self, k, inputs[k], _DRAWN) for k in (0, 1)), disconnected()]


csr_fbinomial = Binomial("csr", "float32")
csc_fbinomial = Binomial("csc", "float32")
csr_dbinomial = Binomial("csr", "float64")
csc_dbinomial = Binomial("csc", "float64")


class Multinomial(SparseOp):
    """For each row of a sparse matrix of probabilities, which add up to 1, how often each of its elements was drawn.

    The operation takes ``n, p``: how often to draw for each row, a number or a vector, and the matrix, in format csr.
    """

    __props__ = ()
    folds_constants = False
    gradient_is_undefined = True

    def make_node(self, n: Any, p: Any) -> Apply:
        n, p = as_tensor_variable(n), as_sparse_variable(p)
        wanted_format(p, "csr")
        if n.type.ndim > 1 or n.type.dtype not in INTEGER:
            raise TypeError(f"n is a number or a vector of integers, not {n} of {n.type}")
        return Apply(self, [n, p], [p.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Sequence[list[Any]]) -> None:
        n, p = inputs
        if n.ndim and len(n) != p.shape[0]:
            raise ValueError(f"n has {len(n)} elements and p {p.shape[0]} rows")
        counts = np.broadcast_to(n, p.shape[:1])
        data = np.zeros(len(p.data), node.outputs[0].type.dtype)
        for row, (begin, end) in enumerate(zip(p.indptr[:-1], p.indptr[1:], strict=True)):
            if end > begin:
                data[begin:end] = np.random.multinomial(counts[row], p.data[begin:end].astype("float64"))
        outputs[0][0] = compressed("csr", data, p.indices.copy(), p.indptr.copy(), p.shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [lengths(node.inputs[1], shapes[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [grad_undefined(self, k, inputs[k], _DRAWN) for k in (0, 1)]


multinomial = Multinomial()
