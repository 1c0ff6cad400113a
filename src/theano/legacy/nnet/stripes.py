"""Diagonal stripes of matrices: what convolutions of films are made of in older programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.checks.static_value import known_int
from theano.tensor.indexing.indexing import getitem
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.linalg.matrices import Composed
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import Shapes, as_index, disconnected
from theano.tensor.pointwise.math import ge
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "DiagonalSubtensor", "IncDiagonalSubtensor", "diagonal_subtensor", "get_diagonal_subtensor_view",
    "inc_diagonal_subtensor",
]  # fmt: skip

_SHORT = "axis i0 is shorter than axis i1: no stripe reaches across"


def get_diagonal_subtensor_view(x: np.ndarray, i0: int, i1: int) -> np.ndarray:
    """The stripe ``y[..., r, ..., c, ...] = x[..., r + c, ..., c, ...]`` of an array, as a view.

    Parameters
    ----------
    x : array
    i0, i1 : int
        The axes of `r` and of `c`.

    Returns
    -------
    array
        Shorter along `i0`, by ``x.shape[i1] - 1``.

    Raises
    ------
    NotImplementedError
        `x` is shorter along `i0` than along `i1`.

    Examples
    --------
    >>> from theano.tensor.nnet.conv3d2d import get_diagonal_subtensor_view
    >>> get_diagonal_subtensor_view(np.arange(8).reshape(4, 2), 0, 1)
    array([[0, 3],
           [2, 5],
           [4, 7]])
    """
    if x.shape[i0] < x.shape[i1]:
        raise NotImplementedError(f"get_diagonal_subtensor_view: {_SHORT}, in {x.shape}")
    shape, strides = list(x.shape), list(x.strides)
    shape[i0] -= shape[i1] - 1
    strides[i1] += strides[i0]
    return np.lib.stride_tricks.as_strided(x, shape, strides)


class _Stripe(Composed):
    """What both operations share. `inplace` is without effect: functions decide themselves what they overwrite.

    Parameters
    ----------
    inplace : bool
    """

    __props__ = ("inplace",)

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = bool(inplace)

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{'inplace' if self.inplace else ''}}}"

    def make_node(self, x: Any, i0: Any, i1: Any, *amount: Any) -> Apply:
        x = as_tensor_variable(x)
        axes = [as_index(i, "an axis") for i in (i0, i1)]
        known = [known_int(i) for i in axes]
        if None in known or known[0] == known[1] or not all(0 <= int(i) < x.type.ndim for i in known if i is not None):
            raise ValueError(f"{self}: i0 and i1 must be two axes of {x}, known numbers; got {i0} and {i1}")
        return super().make_node(x, *axes, *amount)

    def stripe(self, x: Any, i0: Any, i1: Any) -> tuple[Any, list[int]]:
        """The stripe of `x`, with axes `i0` and `i1` in front, and the order of axes of the result."""
        axes = [int(i) for i in (known_int(i0), known_int(i1)) if i is not None]
        rows, columns = (shape_i(x, a) for a in axes)
        required = [(ge(rows, columns), _SHORT, NotImplementedError)]
        x = fitting(type(self).__name__, "x", {"x": (x, [""] * x.type.ndim)}, required)
        order = [*axes, *(a for a in range(x.type.ndim) if a not in axes)]
        column = dimshuffle(arange(columns), ("x", 0))
        row = dimshuffle(arange(rows - columns + 1), (0, "x")) + column
        return getitem(dimshuffle(x, order), (row, column)), [order.index(a) for a in range(x.type.ndim)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False], [False], *([True] for _ in node.inputs[3:])]


class DiagonalSubtensor(_Stripe):
    """``(x, i0, i1)``: the stripe ``y[..., r, ..., c, ...] = x[..., r + c, ..., c, ...]``.

    Parameters
    ----------
    inplace
        Without effect.

    Returns
    -------
    tensor
        Called with a tensor and two of its axes, of `r` and of `c`: it is shorter along the first, by the length of
        the second minus 1.

    Raises
    ------
    ValueError
        `i0` and `i1` are not two axes that are known.
    NotImplementedError
        When it runs: the first axis is shorter than the second.

    Examples
    --------
    >>> from theano.tensor.nnet.conv3d2d import diagonal_subtensor
    >>> diagonal_subtensor(np.arange(8.0).reshape(4, 2), 0, 1).eval()
    array([[0., 3.],
           [2., 5.],
           [4., 7.]])
    """

    linear_in = (0,)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        found, order = self.stripe(*inputs)
        return [dimshuffle(found, order)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        i0, i1 = (known_int(i) for i in node.inputs[1:])
        return [tuple(n - shapes[0][i1] + 1 if k == i0 else n for k, n in enumerate(shapes[0]))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, i0, i1 = inputs
        return [inc_diagonal_subtensor(x.zeros_like(), i0, i1, gs[0]), disconnected(), disconnected()]


class IncDiagonalSubtensor(_Stripe):
    """``(x, i0, i1, amt)``: `x`, to whose stripe (`DiagonalSubtensor`) `amt` is added.

    Parameters
    ----------
    inplace
        Without effect.

    Returns
    -------
    tensor
        Called with a tensor, two of its axes, and a tensor of the shape of the stripe: of the shape of `x`.

    Raises
    ------
    ValueError
        `i0` and `i1` are not two axes that are known; or when it runs: `amt` has another shape.
    NotImplementedError
        When it runs: the first axis is shorter than the second.

    Examples
    --------
    >>> from theano.tensor.nnet.conv3d2d import inc_diagonal_subtensor
    >>> inc_diagonal_subtensor(np.zeros((3, 2)), 0, 1, [[1.0, 2.0], [3.0, 4.0]]).eval()
    array([[1., 0.],
           [3., 2.],
           [0., 4.]])
    """

    jointly_linear_in = (0, 3)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, i0, i1, amount = inputs
        found, order = self.stripe(x, i0, i1)
        front = [order.index(k) for k in range(len(order))]
        moved = inc_subtensor(found, dimshuffle(amount, front))
        return [patternbroadcast(dimshuffle(moved, order), x.type.broadcastable)]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, i0, i1, amount = inputs
        to_amount = patternbroadcast(diagonal_subtensor(gs[0], i0, i1), amount.type.broadcastable)
        return [gs[0], disconnected(), disconnected(), to_amount]


diagonal_subtensor = DiagonalSubtensor()
inc_diagonal_subtensor = IncDiagonalSubtensor()
