"""What the operations of linear algebra share: stacks of matrices, triangles and diagonals.

The last two axes of a tensor are those of its matrices; all axes before count the matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX, FLOAT
from theano.tensor.checks.assertion import asserted_equal
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.making.triangles import eye, tri
from theano.tensor.opsupport import Shapes, single
from theano.tensor.pointwise.math import conj, switch
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.shaping.diagonal import ExtractDiag
from theano.tensor.shaping.shape import shape_i, shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "LINALG", "Composed", "OfMatrix", "adjoint", "as_columns", "as_matrices", "as_matrix", "as_rows", "columns_of",
    "computed", "diagonal_of", "filled", "float_dtype", "half_tril", "identity_for", "in_pattern_of", "real_dtype",
    "rows_of", "square", "stack_lengths", "symmetric_half", "transposed", "values_of", "with_diagonal",
]  # fmt: skip

# Its declared types differ between versions of NumPy.
LINALG: Any = np.linalg


# -- inputs, outputs, dtypes ------------------------------------------------------------------------------


def as_matrix(x: Any, what: str) -> Any:
    """`x` as a matrix variable; TypeError if it has another number of dimensions."""
    x = as_tensor_variable(x)
    if x.type.ndim != 2:
        raise TypeError(f"{what} takes matrices, got {x} with {x.type.ndim} dimensions")
    return x


def as_matrices(x: Any, what: str) -> Any:
    """`x` as a variable of matrices, one or a stack of them; TypeError if it has less than two dimensions."""
    x = as_tensor_variable(x)
    if x.type.ndim < 2:
        raise TypeError(f"{what} takes matrices, got {x} with {x.type.ndim} dimensions")
    return x


def square(x: Any, what: str) -> Any:
    """`x`, if its matrices are square; else a ValueError when it runs, or at once if their lengths are known.

    Examples
    --------
    >>> square(T.constant([[1, 2]]), "expm: A")
    Traceback (most recent call last):
        ...
    ValueError: expm: A must be square, not of 1 rows and 2 columns...
    """
    rows, columns = shape_tuple(x)[-2:]
    return asserted_equal(f"{what} must be square, not of {{0}} rows and {{1}} columns", x, rows, columns)


class OfMatrix(Op):
    """An op of one matrix, or of each of a stack: `value` computes it, `result_shape` tells the shape if another."""

    def value(self, x: np.ndarray) -> Any:
        raise NotImplementedError

    def result_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return shape

    def make_node(self, x: Any) -> Apply:
        x = as_matrices(x, type(self).__name__)
        return single(self, [x], float_dtype(x), self.result_shape(x.type.shape))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = computed(self.value(*values_of(*inputs)), node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [self.result_shape(shapes[0])]


class Composed(Op):
    """An op that is only a name for an expression, as older programs ask for: the outputs are of its types."""

    def make_node(self, *inputs: Any) -> Apply:
        given = [as_tensor_variable(x) for x in inputs]
        return Apply(self, given, [v.type() for v in self.decompose(given)])

    def decompose(self, inputs: Sequence[Any]) -> Sequence[Any]:
        raise NotImplementedError

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shape_tuple(v) for v in self.decompose(node.inputs)]


def float_dtype(*variables: Any) -> str:
    """The dtype in which linear algebra gives its results: that of floats and complex numbers, else float64.

    Examples
    --------
    >>> float_dtype(T.fmatrix()), float_dtype(T.imatrix()), float_dtype(T.fmatrix(), T.dmatrix())
    ('float32', 'float64', 'float64')
    """
    dtypes = [v.type.dtype if v.type.dtype in FLOAT | COMPLEX else "float64" for v in variables]
    return str(np.result_type(*dtypes))


def real_dtype(dtype: str) -> str:
    """The dtype of the parts of a complex number; other dtypes are their own.

    Examples
    --------
    >>> real_dtype("complex64")
    'float32'
    """
    return str(np.empty(0, dtype).real.dtype.name)


_LAPACK = {"f2": "float32", "f4": "float32", "f8": "float64", "c8": "complex64", "c16": "complex128"}


def values_of(*arrays: Any) -> list[np.ndarray]:
    """Arrays in a dtype that LAPACK knows."""
    return [a.astype(_LAPACK.get(a.dtype.kind + str(a.dtype.itemsize), "float64"), copy=False) for a in arrays]


def computed(value: Any, variable: Any) -> np.ndarray:
    """A result in the dtype of its variable, in C order."""
    return np.ascontiguousarray(value, dtype=variable.type.dtype).reshape(np.shape(value))


def filled(out: np.ndarray, core: int, function: Callable[..., Any], *stacks: np.ndarray) -> np.ndarray:
    """`out`, after ``out[i] = function(x[i], y[i], …)`` for each place `i` in the axes before its last `core`."""
    for i in np.ndindex(out.shape[: out.ndim - core]):
        out[i] = function(*(x[i] for x in stacks))
    return out


def stack_lengths(what: str, a: Any, b: Any) -> list[int | None]:
    """The lengths of the leading axes of two stacks with equally many dimensions, of which one may repeat matrices.

    Raises
    ------
    ValueError
        Two lengths differ, and neither is 1 by its type.
    """
    found: list[int | None] = []
    for m, n in zip(a.type.shape[:-2], b.type.shape[:-2], strict=True):
        if m is not None and n is not None and m != n and 1 not in (m, n):
            raise ValueError(f"{what}: stacks of {m} and of {n} matrices ({a}, {b})")
        found.append(n if m == 1 else m if n == 1 or n is None else n)
    return found


# -- matrices and their parts -----------------------------------------------------------------------------


def transposed(x: Any) -> Any:
    """Each matrix transposed.

    Examples
    --------
    >>> transposed(T.dtensor3()).owner.op.new_order
    (0, 2, 1)
    """
    n = x.type.ndim
    return x.dimshuffle(*range(n - 2), n - 1, n - 2)


def adjoint(x: Any) -> Any:
    """Each matrix transposed; of complex numbers, the conjugates.

    Examples
    --------
    >>> adjoint(T.constant([[1, 2j]])).eval()
    array([[1.-0.j],
           [0.-2.j]])
    """
    return conj(transposed(x)) if x.type.dtype in COMPLEX else transposed(x)


def as_columns(v: Any) -> Any:
    """Vectors as matrices of one column: ``v[..., :, None]``."""
    return v.dimshuffle(*range(v.type.ndim), "x")


def as_rows(v: Any) -> Any:
    """Vectors as matrices of one row: ``v[..., None, :]``."""
    n = v.type.ndim
    return v.dimshuffle(*range(n - 1), "x", n - 1)


def columns_of(x: Any, start: Any, stop: Any) -> Any:
    """The columns from `start` to `stop` of each matrix."""
    return x[(*[slice(None)] * (x.type.ndim - 1), slice(start, stop))]


def rows_of(x: Any, start: Any, stop: Any) -> Any:
    """The rows from `start` to `stop` of each matrix."""
    return x[(*[slice(None)] * (x.type.ndim - 2), slice(start, stop))]


def diagonal_of(x: Any) -> Any:
    """The diagonal of each matrix.

    Examples
    --------
    >>> diagonal_of(T.constant([[[1, 2], [3, 4]]])).eval()
    array([[1, 4]])
    """
    n = x.type.ndim
    return ExtractDiag(0, n - 2, n - 1)(x)


def with_diagonal(v: Any) -> Any:
    """The square matrices with these vectors on their diagonals.

    Examples
    --------
    >>> with_diagonal(T.constant([[1, 2]])).eval()
    array([[[1, 0],
            [0, 2]]])
    """
    n = shape_i(v, v.type.ndim - 1)
    return switch(shape_padleft(eye(n, dtype="bool"), v.type.ndim - 1), as_columns(v), np.zeros((), v.type.dtype))


def identity_for(x: Any) -> Any:
    """The identity of the shape of one matrix of `x`, with axes of length 1 before it, in the dtype of `x`."""
    n = x.type.ndim
    return shape_padleft(eye(shape_i(x, n - 2), shape_i(x, n - 1), dtype=x.type.dtype), n - 2)


def half_tril(x: Any) -> Any:
    """The lower triangle of each matrix, with half of its diagonal.

    Examples
    --------
    >>> half_tril(T.constant([[2.0, 5.0], [3.0, 4.0]])).eval()
    array([[1., 0.],
           [3., 2.]])
    """
    n = x.type.ndim
    lengths = shape_i(x, n - 2), shape_i(x, n - 1)
    dtype = real_dtype(x.type.dtype)
    return x * ((tri(*lengths, 0, dtype) + tri(*lengths, -1, dtype)) / np.asarray(2, dtype))


def symmetric_half(x: Any, lower: bool) -> Any:
    """The matrices, equal to their adjoints, of which one triangle is given.

    Examples
    --------
    >>> symmetric_half(T.constant([[1.0, 9.0], [2.0, 3.0]]), lower=True).eval()
    array([[1., 2.],
           [2., 3.]])
    """
    half = half_tril(x if lower else adjoint(x))
    return half + adjoint(half)


def in_pattern_of(x: Any, g: Any) -> Any:
    """`g` with the broadcast pattern of `x`: a gradient has the type of what it is of."""
    return patternbroadcast(g, x.type.broadcastable)
