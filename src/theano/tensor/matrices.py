"""What the operations of linear algebra share: matrices as inputs, triangles, outputs of a matrix's dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX, FLOAT
from theano.tensor.alloc import tril
from theano.tensor.diagonal import ExtractDiag, diag
from theano.tensor.math import conj
from theano.tensor.opsupport import Shapes, single
from theano.tensor.shape import patternbroadcast
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "LINALG", "OfMatrix", "adjoint", "as_matrix", "computed", "float_dtype", "half_tril", "in_pattern_of", "values_of",
]  # fmt: skip

# Its declared types differ between versions of NumPy.
LINALG: Any = np.linalg


def as_matrix(x: Any, what: str) -> Any:
    """`x` as a matrix variable; TypeError if it has another number of dimensions."""
    x = as_tensor_variable(x)
    if x.type.ndim != 2:
        raise TypeError(f"{what} takes matrices, got {x} with {x.type.ndim} dimensions")
    return x


class OfMatrix(Op):
    """An op of one matrix: `value` computes it with NumPy, `result_shape` tells the shape if it is another."""

    def value(self, x: np.ndarray) -> Any:
        raise NotImplementedError

    def result_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return shape

    def make_node(self, x: Any) -> Apply:
        x = as_matrix(x, type(self).__name__)
        return single(self, [x], float_dtype(x), self.result_shape(x.type.shape))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = computed(self.value(*values_of(*inputs)), node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [self.result_shape(shapes[0])]


def float_dtype(*variables: Any) -> str:
    """The dtype in which linear algebra gives its results: that of floats and complex numbers, else float64.

    Examples
    --------
    >>> float_dtype(T.fmatrix()), float_dtype(T.imatrix()), float_dtype(T.fmatrix(), T.dmatrix())
    ('float32', 'float64', 'float64')
    """
    dtypes = [v.type.dtype if v.type.dtype in FLOAT | COMPLEX else "float64" for v in variables]
    return str(np.result_type(*dtypes))


def values_of(*arrays: Any) -> list[np.ndarray]:
    """Arrays in a dtype that LAPACK knows."""
    return [a.astype("float32") if a.dtype == np.float16 else a for a in arrays]


def computed(value: Any, variable: Any) -> np.ndarray:
    """A result in the dtype of its variable, in C order."""
    return np.ascontiguousarray(value, dtype=variable.type.dtype).reshape(np.shape(value))


def adjoint(x: Any) -> Any:
    """The transposed matrix; of complex numbers, the conjugates.

    Examples
    --------
    >>> adjoint(T.constant([[1, 2j]])).eval()
    array([[1.-0.j],
           [0.-2.j]])
    """
    return conj(x.T) if x.type.dtype in COMPLEX else x.T


def half_tril(x: Any) -> Any:
    """The lower triangle of a matrix, with half of its diagonal.

    Examples
    --------
    >>> half_tril(T.constant([[2.0, 5.0], [3.0, 4.0]])).eval()
    array([[1., 0.],
           [3., 2.]])
    """
    return tril(x) - diag(ExtractDiag()(x)) / 2


def in_pattern_of(x: Any, g: Any) -> Any:
    """`g` with the broadcast pattern of `x`: a gradient has the type of what it is of."""
    return patternbroadcast(g, x.type.broadcastable)
