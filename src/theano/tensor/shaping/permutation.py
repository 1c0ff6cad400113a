"""Permutations of the elements of rows."""

from __future__ import annotations

from typing import Any

from theano.graph.common_text import fill
from theano.scalar.dtypes import INTEGER
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import index_constant
from theano.tensor.pointwise.math import cast
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.shaping.shape import shape_i
from theano.tensor.sorting.sort import argsort
from theano.tensor.variable import as_tensor_variable

__all__ = ["inverse_permutation", "permute_row_elements"]


def inverse_permutation(perm: Any) -> Any:
    """The inverse of a permutation, or of each row of a matrix of permutations.

    Parameters
    ----------
    perm : tensor-like
        Vector or matrix of integers: the numbers from 0, each once. That is not looked at.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `perm`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.inverse_permutation(T.constant([2, 0, 1])).eval()
    array([1, 2, 0])

    Notes
    -----
    ``inverse_permutation(p)[p[k]] = k``.
    """
    perm = as_tensor_variable(perm)
    return cast(argsort(perm, -1), perm.type.dtype)


def permute_row_elements(x: Any, y: Any, inverse: bool = False) -> Any:
    """The elements along the last axis of `x` in the order `y`: ``x[..., y]``, or with one permutation for each row.

    With `inverse` the inverse permutations are applied: the elements go *to* the places `y`.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    y : tensor-like
        Integers: a permutation, or one for each row, of shapes that broadcast with `x`.
    inverse : bool
        Whether to apply the inverse permutations: the elements go *to* the places `y`.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`.

    Raises
    ------
    TypeError
        `y` is not of integers.

    Examples
    --------
    >>> T.permute_row_elements(T.constant([[10, 11], [20, 21]]), [[1, 0], [0, 1]]).eval()
    array([[11, 10],
           [20, 21]])
    """
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    if y.type.dtype not in INTEGER:
        raise TypeError(f"permute_row_elements: a permutation is of integers, {y} is {y.type.dtype}")
    if inverse:
        y = inverse_permutation(y)
    ndim = max(x.type.ndim, y.type.ndim)
    x, y = shape_padleft(x, ndim - x.type.ndim), shape_padleft(y, ndim - y.type.ndim)
    rows: list[Any] = []
    for k, one in enumerate(x.type.broadcastable[:-1]):
        order = ["x"] * k + [0] + ["x"] * (ndim - 1 - k)
        rows.append(index_constant(0) if one else arange(shape_i(x, k)).dimshuffle(order))
    return x[(*rows, y)]


fill(globals())
