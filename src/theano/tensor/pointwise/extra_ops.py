"""Repeats, labels, counts and windows; and what else Theano's module of this name shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.scalar.dtypes import INTEGER, as_dtype
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.indexing.indexing import nonzero
from theano.tensor.indexing.positions import ravel_multi_index, unravel_index
from theano.tensor.indexing.subtensor import inc_subtensor, set_subtensor
from theano.tensor.making.alloc import alloc, zeros, zeros_like
from theano.tensor.making.ranges import arange
from theano.tensor.methods import attach
from theano.tensor.opsupport import (
    Shapes,
    as_index,
    checked_axis,
    disconnected,
    first_connected,
    single,
)
from theano.tensor.pointwise.math import cast, ge, maximum
from theano.tensor.reductions.cumulative import CumOp, cumprod, cumsum, diff
from theano.tensor.reductions.extremes import supremum
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle, shape_padaxis, squeeze
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import shape, shape_i
from theano.tensor.sorting.ordered import SearchsortedOp, Unique, searchsorted
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "CumOp", "RepeatOp", "SearchsortedOp", "Unique", "bartlett", "bincount", "compress", "cpu_contiguous",
    "cumprod", "cumsum", "diff", "ravel_multi_index", "repeat", "searchsorted", "squeeze", "to_one_hot",
    "unravel_index",
]  # fmt: skip


# -- repeats -----------------------------------------------------------------------------------------------


def _as_repeats(value: Any) -> Any:
    """`value` as a tensor of integers that int64 holds."""
    repeats = as_tensor_variable(value)
    if repeats.type.dtype not in INTEGER or repeats.type.dtype == "uint64":
        raise TypeError(f"repeats must be integers, of at most int64, got {repeats} of dtype {repeats.type.dtype}")
    return repeats


class RepeatOp(Op):
    """Element `i` along `axis` (None: of the flattened tensor) repeated ``repeats[i]`` times.

    Parameters
    ----------
    axis : int or None
        Along which axis; None: of the flattened tensor.

    Returns
    -------
    variable
        Called with a tensor and `repeats`, a vector of integers or one number for all elements.

    Examples
    --------
    >>> RepeatOp()(T.constant([4, 5]), [1, 2]).eval()
    array([4, 5, 5])
    """

    __props__ = ("axis",)
    linear_in = (0,)

    def __init__(self, axis: int | None = None) -> None:
        self.axis = plain_axis(axis)

    def make_node(self, x: Any, repeats: Any) -> Apply:
        x, repeats = as_tensor_variable(x), _as_repeats(repeats)
        if repeats.type.ndim > 1:
            raise TypeError(f"repeats must be a number or a vector here, got {repeats}")
        result: list[int | None] = [None] if self.axis is None else list(x.type.shape)
        if self.axis is not None:
            result[checked_axis(self.axis, x.type.ndim, "repeat")] = None
        if repeats.type.ndim == 0:  # one number for all elements
            line, axis = (flatten(x), 0) if self.axis is None else (x, self.axis % x.type.ndim)
            repeats = alloc(repeats, shape_i(line, axis))
        return single(self, [x, repeats], x.type.dtype, result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.repeat(inputs[0], inputs[1], axis=self.axis)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        x, repeats = node.inputs
        total = sum_(repeats, dtype="int64")
        if self.axis is None:
            return [(total,)]
        axis = self.axis % x.type.ndim
        return [tuple(total if i == axis else s for i, s in enumerate(shapes[0]))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, repeats = inputs
        if self.axis is None:
            flat = flatten(x)
            (back, no) = RepeatOp(0).L_op([flat, repeats], outputs, gs)
            return [patternbroadcast(reshape(back, shape(x), ndim=x.type.ndim), x.type.broadcastable), no]
        axis = self.axis % x.type.ndim
        source = RepeatOp(0)(arange(shape_i(x, axis)), repeats)
        zeros_ = zeros_like(x, dtype=gs[0].type.dtype)
        return [inc_subtensor(zeros_[(slice(None),) * axis + (source,)], gs[0]), disconnected()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(2)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """The elements of `x` along `axis` (default: of the flattened `x`), each repeated.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    repeats : int, or integer tensor-like of at most one axis
        How often each element; a vector has a number for each.
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`; longer along `axis`.

    Raises
    ------
    TypeError
        `repeats` are no integers, or uint64.
    ValueError
        `repeats` have more than one axis, there is no such axis of `x`, or, when it runs, a number is negative.

    Examples
    --------
    >>> T.repeat(T.constant([4, 5]), 2).eval()
    array([4, 4, 5, 5])
    """
    x, axis = as_tensor_variable(x), plain_axis(axis)
    times = _as_repeats(repeats)
    if times.type.ndim > 1:
        raise ValueError("The dimension of repeats should not exceed 1.")
    if times.type.ndim == 1:
        if not times.type.broadcastable[0]:
            return RepeatOp(axis)(x, times)
        times = dimshuffle(times, ())
    times = as_index(times)
    if axis is None:
        x, axis = x if x.type.ndim == 1 else flatten(x), 0
    axis = checked_axis(axis, x.type.ndim, "repeat")
    lengths = [shape_i(x, i) for i in range(x.type.ndim)]
    spread = alloc(shape_padaxis(x, axis + 1), *lengths[: axis + 1], times, *lengths[axis + 1 :])
    lengths[axis] = lengths[axis] * times
    pattern = [b and i != axis for i, b in enumerate(x.type.broadcastable)]
    return patternbroadcast(reshape(spread, lengths), pattern)


# -- labels and counts -------------------------------------------------------------------------------------


def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Any:
    """A matrix with a 1 in column ``y[i]`` of row `i`; dtype `floatX` unless given.

    Parameters
    ----------
    y : tensor-like
        A vector of integers, not negative and less than `nb_class`.
    nb_class : int or 0-d integer tensor
        How many columns.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(len(y), nb_class)``.

    Raises
    ------
    TypeError
        `y` is no vector of integers.
    IndexError
        When it runs: there is no such column.

    Examples
    --------
    >>> T.extra_ops.to_one_hot(T.constant([1, 0]), 2).eval()
    array([[0., 1.],
           [1., 0.]])
    """
    y = as_tensor_variable(y)
    if y.type.ndim != 1 or y.type.dtype not in INTEGER:
        raise TypeError(f"to_one_hot takes a vector of integers, got {y.type}")
    n = shape_i(y, 0)
    blank = zeros((n, as_index(nb_class, "nb_class")), config.floatX if dtype is None else as_dtype(dtype))
    return set_subtensor(blank[arange(n), y], 1)


def bincount(x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False) -> Any:
    """How often each number from 0 to ``max(x)`` occurs in the vector `x`; at least `minlength` counts.

    With `weights` the weights are added up instead of counted. Negative numbers count from the end, unless
    `assert_nonneg` makes them an AssertionError.

    Parameters
    ----------
    x : tensor-like
        A vector of integers.
    weights : tensor-like, optional
        A vector as long as `x`.
    minlength : int or 0-d integer tensor, optional
        How many counts there are at least.
    assert_nonneg : bool
        Whether negative numbers are an error.

    Returns
    -------
    TensorVariable
        A vector of ``max(max(x) + 1, minlength)`` numbers, of `minlength` (or none) if `x` has no elements: int64, or
        of the dtype of `weights`.

    Raises
    ------
    TypeError
        `x` is no vector of integers.
    AssertionError
        When it runs with `assert_nonneg`: there is a negative number.

    Examples
    --------
    >>> T.extra_ops.bincount(T.constant([0, 2, 2])).eval()
    array([1, 0, 2])

    References
    ----------
    ``y[k] = how many i with x[i] == k``, as `numpy.bincount`.
    """
    x = as_tensor_variable(x)
    if x.type.ndim != 1:
        raise TypeError("Inputs must be of dimension 1.")
    if x.type.dtype not in INTEGER:
        raise TypeError(f"bincount takes integers, got {x.type}")
    if assert_nonneg:
        x = Assert("Input to bincount has negative values!")(x, all_(ge(x, 0)))
    # as float64, which counts more numbers than memory holds, because that has a largest one of nothing
    length = cast(maximum(supremum(cast(x, "float64")), -1), "int64") + 1
    if minlength is not None:
        length = maximum(length, as_index(minlength, "minlength"))
    dtype = "int64" if weights is None else as_tensor_variable(weights).type.dtype
    counted = zeros((maximum(length, 0),), dtype)[x]
    return inc_subtensor(counted, 1 if weights is None else weights)


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The elements of `x` along `axis` (default: of the flattened `x`) where the vector `condition` is true.

    Parameters
    ----------
    condition : tensor-like
        A vector of bools or numbers, not longer than the axis.
    x : tensor-like
        <any tensor>
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`; as long along `axis` as `condition` has elements that are not 0.

    Raises
    ------
    <tensor errors>
    IndexError
        When it runs: `condition` holds where there is no element.

    Examples
    --------
    >>> T.compress([0, 1, 1], T.constant([4, 5, 6])).eval()
    array([5, 6])
    """
    positions = nonzero(condition)[0]
    return as_tensor_variable(x).take(positions, axis=axis)


# -- others ------------------------------------------------------------------------------------------------


class CpuContiguous(Op):
    """`x` with its elements in C order in memory.

    Parameters
    ----------
    x : tensor-like
        Called with it.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `x`.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.extra_ops.cpu_contiguous(T.constant([[1, 2], [3, 4]]).T).eval()
    array([[1, 3],
           [2, 4]])
    """

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return single(self, [x], x.type.dtype, x.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.asarray(inputs[0], order="C")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [gs[0]]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [eval_points[0]]


cpu_contiguous = CpuContiguous()


def bartlett(M: Any) -> Any:
    """The Bartlett (triangular, zero at both ends) window of `M` points.

    Parameters
    ----------
    M : int or 0-d integer tensor
        How many points.

    Returns
    -------
    TensorVariable
        A vector of `M` numbers of `floatX`.

    Raises
    ------
    TypeError
        `M` is no integer.

    Examples
    --------
    >>> T.extra_ops.bartlett(3).eval()
    array([0., 1., 0.])

    Notes
    -----
    The formula is ``1 - abs(2 * k / (M - 1) - 1)`` for ``k = 0, ..., M - 1``, as `numpy.bartlett`.
    """
    length = maximum(as_index(M, "M"), 0)
    n = cast(arange(length), "float64")
    half = cast(length - 1, "float64") / 2
    # a window of one point is 1
    window = 1 - abs(n - half) / maximum(half, np.float64(0.5))
    return window.astype(config.floatX)


def _repeat(self: Any, repeats: Any, axis: int | None = None) -> Any:
    return repeat(self, repeats, axis)


def _compress(self: Any, a: Any, axis: int | None = None) -> Any:
    """The elements of `a` along `axis` where this vector is true: see `theano.tensor.compress`.

    Parameters
    ----------
    a : tensor-like
        What is picked from.
    axis : int or None
        None: of the flattened `a`.
    """
    return compress(self, a, axis)


attach({"repeat": _repeat, "compress": _compress}, [repeat])


fill(globals())
