"""Matrices with ones on a diagonal or below it (`eye`, `tri`), and the triangles of others (`tril`, `triu`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.tensor.checks.static_value import known_int
from theano.tensor.making.alloc import as_sizes, dtype_or_float_x
from theano.tensor.opsupport import LONGEST, Shapes, as_index, single, undefined
from theano.tensor.pointwise.math import invert, maximum
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant


class Eye(Op):
    """Ones on diagonal `k` of an `n` by `m` matrix of zeros.

    Parameters
    ----------
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Examples
    --------
    >>> T.Eye("int64")(2, 3, 1).eval()
    array([[0, 1, 0],
           [0, 0, 1]])
    """

    __props__ = ("dtype",)
    folds_constants = False
    costs_nothing = True
    never_fails = True

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = dtype_or_float_x(dtype)

    def make_node(self, n: Any, m: Any, k: Any) -> Apply:
        inputs = [as_index(n, "a length"), as_index(m, "a length"), as_index(k, "a diagonal")]
        return single(self, inputs, self.dtype, [known_int(i) for i in inputs[:2]])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        n, m = as_sizes(inputs[:2])
        out[0][0] = np.eye(n, m, int(inputs[2]), dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(node.inputs[0], node.inputs[1])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return undefined(self, inputs, range(3), "lengths and diagonals are whole numbers")

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """An `n` by `m` (default `n`) matrix with ones on diagonal `k`.

    Parameters
    ----------
    n, m : int or 0-d integer tensor
        Numbers of rows and of columns.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(n, m)``.

    Raises
    ------
    TypeError
        An argument is no integer.
    ValueError
        A length is negative.

    Examples
    --------
    >>> T.eye(2).eval()
    array([[1., 0.],
           [0., 1.]])
    """
    return Eye(dtype)(n, n if m is None else m, k)


def identity_like(x: Any) -> Any:
    """The identity matrix of the shape and dtype of the matrix `x`.

    Parameters
    ----------
    x : tensor-like
        A matrix.

    Returns
    -------
    TensorVariable
        A matrix of the shape and dtype of `x`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.identity_like(T.constant([[7, 8, 9], [7, 8, 9]])).eval()
    array([[1, 0, 0],
           [0, 1, 0]])
    """
    x = as_tensor_variable(x)
    return eye(shape_i(x, 0), shape_i(x, 1), dtype=x.type.dtype)


class Tri(Eye):
    """Ones at and below diagonal `k` of an `n` by `m` matrix of zeros.

    Parameters
    ----------
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Examples
    --------
    >>> T.Tri("int64")(2, 3, 0).eval()
    array([[1, 0, 0],
           [1, 1, 0]])
    """

    folds_constants = True

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        n, m, k = (int(i) for i in inputs)
        out[0][0] = np.tri(n, m, max(min(k, m), -n), dtype=self.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """An `N` by `M` (default `N`) matrix with ones at and below diagonal `k`.

    Parameters
    ----------
    N, M : int or 0-d integer tensor
        Numbers of rows and of columns.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(N, M)``.

    Raises
    ------
    TypeError
        A length is no integer.
    ValueError
        A length is negative.

    Examples
    --------
    >>> T.tri(2, 3).eval()
    array([[1., 0., 0.],
           [1., 1., 0.]])
    """
    return Tri(dtype)(N, N if M is None else M, k)


def _below(m: Any, k: Any) -> Any:
    """Ones at and below diagonal `k` of a matrix like those of `m`, in its last two axes."""
    n = m.type.ndim
    if n < 2:
        raise ValueError(f"tril and triu take matrices, got {m} with {n} dimensions")
    return tri(shape_i(m, n - 2), shape_i(m, n - 1), k, dtype=m.type.dtype)


def tril(m: Any, k: Any = 0) -> Any:
    """The matrix `m` with zeros above diagonal `k`; of a tensor, all matrices in its last two axes.

    Parameters
    ----------
    m : tensor-like
        Two axes at least.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    <tensor errors>
    ValueError
        `m` has less than two axes.

    Examples
    --------
    >>> tril(constant([[1, 2], [3, 4]])).eval()
    array([[1, 0],
           [3, 4]])
    """
    m = as_tensor_variable(m)
    return m * _below(m, k)


def triu(m: Any, k: Any = 0) -> Any:
    """The matrix `m` with zeros below diagonal `k`; of a tensor, all matrices in its last two axes.

    Parameters
    ----------
    m : tensor-like
        Two axes at least.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    <tensor errors>
    ValueError
        `m` has less than two axes.

    Examples
    --------
    >>> triu(constant([[1, 2], [3, 4]])).eval()
    array([[1, 2],
           [0, 4]])
    """
    m = as_tensor_variable(m)
    k = as_index(k, "a diagonal")
    below = _below(m, maximum(k, -LONGEST) - 1)
    above = invert(below) if m.type.dtype == "bool" else constant(np.asarray(1, dtype=m.type.dtype)) - below
    return m * above


fill(globals())
