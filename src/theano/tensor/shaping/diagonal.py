"""Diagonals: read, made into matrices, and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable, common_text
from theano.graph.own_text import CalledText
from theano.tensor.checks.declared_shapes import specify_shape
from theano.tensor.indexing.subtensor import inc_subtensor, set_subtensor
from theano.tensor.making.alloc import zeros, zeros_like
from theano.tensor.making.ranges import arange
from theano.tensor.methods import attach
from theano.tensor.opsupport import Shapes, as_index, checked_axis, single, unknown_if_one
from theano.tensor.pointwise.math import cast, maximum, minimum
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import shape_i, shape_tuple
from theano.tensor.variable import as_tensor_variable


def _diagonal_length(n: Any, m: Any, offset: int, lowest: Any, highest: Any) -> Any:
    """The length of a diagonal of an `n` by `m` matrix, with the `min` and `max` to use."""
    return highest(lowest(n + min(offset, 0), m - max(offset, 0)), 0)


class ExtractDiag(Op):
    """The diagonals of the matrices in two axes of a tensor, as a new last axis.

    Parameters
    ----------
    offset : int
        How far above the main diagonal (if negative: below it).
    axis1, axis2 : int
        The axes of the matrices, from 0 on.
    view
        Accepted for older programs: the result is a view in any case.

    Returns
    -------
    tensor
        Called with a tensor (..., m, n, ...): (..., k), without the two axes, of its dtype.

    Raises
    ------
    <tensor errors>
    ValueError
        The axes are equal or negative, or the tensor does not have them.

    Examples
    --------
    >>> ExtractDiag(1)(T.matrix()).ndim
    1
    """

    __props__ = ("offset", "axis1", "axis2")
    view_map = {0: [0]}
    linear_in = (0,)

    def __init__(self, offset: int = 0, axis1: int = 0, axis2: int = 1, view: bool = False) -> None:
        self.offset, self.axis1, self.axis2 = int(offset), int(axis1), int(axis2)
        if self.axis1 < 0 or self.axis2 < 0 or self.axis1 == self.axis2:
            raise ValueError(f"the axes of a diagonal must be different and not negative: {axis1}, {axis2}")

    def _others(self, lengths: Any) -> list[Any]:
        return [n for i, n in enumerate(lengths) if i not in (self.axis1, self.axis2)]

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if x.type.ndim < 2 or max(self.axis1, self.axis2) >= x.type.ndim:
            raise ValueError(
                f"ExtractDiag: no axes {self.axis1} and {self.axis2} in {x} with {x.type.ndim} dimensions"
            )
        n, m = x.type.shape[self.axis1], x.type.shape[self.axis2]
        length = None if n is None or m is None else _diagonal_length(n, m, self.offset, min, max)
        return single(self, [x], x.type.dtype, [*self._others(x.type.shape), unknown_if_one(length)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        view = np.diagonal(inputs[0], self.offset, self.axis1, self.axis2)
        view.flags.writeable = inputs[0].flags.writeable  # NumPy's is not: operations in place write here
        out[0][0] = view

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        s = shapes[0]
        length = _diagonal_length(s[self.axis1], s[self.axis2], self.offset, minimum, maximum)
        return [(*self._others(s), length)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x = inputs[0]
        others = [i for i in range(x.type.ndim) if i not in (self.axis1, self.axis2)]
        order = [self.axis1, self.axis2, *others]
        zeros = dimshuffle(zeros_like(x, dtype=gs[0].type.dtype), order)
        last = gs[0].type.ndim - 1
        g = dimshuffle(gs[0], [last, *range(last)])
        written = inc_subtensor(zeros[_positions(zeros, self.offset)], g)
        return [dimshuffle(written, [order.index(i) for i in range(x.type.ndim)])]


def _positions(x: Any, offset: Any) -> tuple[Variable, Variable]:
    """Rows and columns of a diagonal in the first two axes of `x`."""
    up, down = (
        (max(offset, 0), min(offset, 0))
        if isinstance(offset, int)
        else (maximum(offset, 0), minimum(offset, 0))
    )
    length = maximum(minimum(shape_i(x, 0) + down, shape_i(x, 1) - up), 0)
    along = arange(length)
    return along - down, along + up


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals of the matrices in axes `axis1` and `axis2`, as the last axis of the result.

    Parameters
    ----------
    a : tensor-like
        Two axes at least.
    offset : int
        Which diagonal: 0 is the main one, positive ones are above it.
    axis1, axis2 : int
        Axes of rows and of columns of the matrices, counted from the end if negative.

    Returns
    -------
    TensorVariable
        Of the dtype of `a`: the other axes, then the diagonal.

    Raises
    ------
    <tensor errors>
    ValueError
        `a` has no such axes, or both are the same.

    Examples
    --------
    >>> T.diagonal(T.constant([[1, 2], [3, 4]])).eval()
    array([1, 4])
    """
    a = as_tensor_variable(a)
    first, second = (checked_axis(i, a.type.ndim, "diagonal") for i in (axis1, axis2))
    if first == second:
        raise ValueError(f"diagonal: axis1={axis1} and axis2={axis2} are the same axis of {a}, they must be two")
    return ExtractDiag(offset, first, second)(a)


def diag(v: Any, k: int = 0) -> Any:
    """Of a vector the matrix with it on diagonal `k`; of a matrix its diagonal `k`.

    Parameters
    ----------
    v : tensor-like
        A vector (n,) or a matrix (m, n).
    k : int
        The diagonal: 0 is the main one, positive ones are above it.

    Returns
    -------
    TensorVariable
        Of the dtype of `v`: of a vector of `n` elements a matrix of shape ``(n + abs(k), n + abs(k))``, of a
        matrix a vector.

    Raises
    ------
    <tensor errors>
    ValueError
        `v` is 0-d.

    Examples
    --------
    >>> T.diag(T.constant([1, 2])).eval()
    array([[1, 0],
           [0, 2]])

    References
    ----------
    ``y[i] = x[i, i]``, as `numpy.diag`.
    """
    v = as_tensor_variable(v)
    if v.type.ndim == 0:
        raise ValueError("diag takes tensors of at least one dimension")
    if v.type.ndim > 1:
        return ExtractDiag(k)(v)
    side = shape_i(v, 0) + abs(k)
    square = zeros((side, side), v.type.dtype)
    return set_subtensor(square[_positions(square, k)], v)


def fill_diagonal(a: Any, val: Any) -> Any:
    """`a` with `val` on its main diagonal; with more than two dimensions all lengths must be equal.

    Parameters
    ----------
    a : tensor-like
        Two axes at least.
    val : tensor-like, 0-d
        The number; it is cast to the dtype of `a`.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `a`; `a` itself does not change, unlike NumPy's.

    Raises
    ------
    TypeError
        `a` has less than two dimensions, or `val` has any.

    Examples
    --------
    >>> T.fill_diagonal(T.zeros((2, 2)), 3).eval()
    array([[3., 0.],
           [0., 3.]])
    """
    a, val = as_tensor_variable(a), as_tensor_variable(val)
    if a.type.ndim < 2:
        raise TypeError(
            f"fill_diagonal: first parameter must have at least two dimensions, got {a.type.ndim}"
        )
    if val.type.ndim != 0:
        raise TypeError(f"fill_diagonal: second parameter must be a scalar, got {val.type}")
    if a.type.ndim == 2:
        return set_subtensor(a[_positions(a, 0)], cast(val, a.type.dtype))
    lengths = shape_tuple(a)
    same = specify_shape(a, [lengths[0]] * a.type.ndim)
    return set_subtensor(same[(arange(lengths[0]),) * a.type.ndim], cast(val, a.type.dtype))


def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Any:
    """The matrix `a` with `val` on diagonal `offset`, which may be symbolic.

    Parameters
    ----------
    a : tensor-like
        A matrix.
    val : tensor-like, 0-d
        The number; it is cast to the dtype of `a`.
    offset : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `a`.

    Raises
    ------
    TypeError
        `a` is no matrix, or `val` is not 0-d.

    Examples
    --------
    >>> T.fill_diagonal_offset(T.zeros((2, 3)), 5, 1).eval()
    array([[0., 5., 0.],
           [0., 0., 5.]])
    """
    a, val, offset = as_tensor_variable(a), as_tensor_variable(val), as_index(offset, "offset")
    if a.type.ndim != 2:
        raise TypeError(f"fill_diagonal_offset: first parameter must have two dimensions, got {a.type.ndim}")
    if val.type.ndim != 0:
        raise TypeError(f"fill_diagonal_offset: second parameter must be a scalar, got {val.type}")
    return set_subtensor(a[_positions(a, offset)], cast(val, a.type.dtype))


def _diagonal(self: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return diagonal(self, offset, axis1, axis2)


attach({"diagonal": _diagonal}, [diagonal])


common_text.fill(globals())
ExtractDiag.__doc__ = CalledText(  # type: ignore[assignment]
    ExtractDiag.__doc__, "x : tensor-like\n    Of two or more dimensions, any dtype."
)
