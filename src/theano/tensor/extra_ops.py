"""Running sums and products, repeats, counts, differences and other functions of whole arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configdefaults import config
from theano.graph import Apply, Op
from theano.graph.null_type import grad_undefined
from theano.scalar.dtypes import DISCRETE, INTEGER, as_dtype
from theano.tensor.alloc import alloc, arange, zeros, zeros_like
from theano.tensor.assertion import Assert
from theano.tensor.indexing import nonzero
from theano.tensor.masks import mixed, moved
from theano.tensor.math import cast, ge, maximum
from theano.tensor.methods import attach
from theano.tensor.opsupport import (
    Shapes,
    as_index,
    disconnected,
    first_connected,
    holomorphic,
    index_constant,
    new_tensor,
    single,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.recurrence import LinearRecurrence, backwards, products_before
from theano.tensor.reduction import all as all_
from theano.tensor.reduction import max as max_
from theano.tensor.reduction import sum as sum_
from theano.tensor.shape import (
    dimshuffle,
    flatten,
    patternbroadcast,
    product,
    reshape,
    shape,
    shape_i,
    shape_padaxis,
    squeeze,
)
from theano.tensor.static_value import known_ints
from theano.tensor.subtensor import inc_subtensor, set_subtensor
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "CumOp", "RepeatOp", "SearchsortedOp", "Unique", "bartlett", "bincount", "compress", "cpu_contiguous",
    "cumprod", "cumsum", "diff", "ravel_multi_index", "repeat", "searchsorted", "squeeze", "to_one_hot",
    "unravel_index",
]  # fmt: skip


def _checked_axis(axis: int, ndim: int, what: str) -> int:
    if not -ndim <= axis < ndim:
        raise ValueError(f"{what}: axis {axis} is out of bounds for {ndim} dimensions")
    return axis % ndim


# -- running sums and products -------------------------------------------------------------------------------


class CumOp(Op):
    """Sums or products of the elements so far, along an axis or (`axis` None) of the flattened tensor.

    Parameters
    ----------
    axis : int or None
        Along which axis; None: of the flattened tensor.
    mode : {'add', 'mul'}
        Sums or products.

    Raises
    ------
    ValueError
        Another `mode`; called: there is no such axis.

    Examples
    --------
    >>> CumOp()(T.vector())
    CumOp{None, add}.0
    """

    __props__ = ("axis", "mode")
    never_fails = True

    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ValueError(f'CumOp: Unknown mode "{mode}"')
        axis = plain_axis(axis)
        self.axis = None if axis is None else int(axis)
        self.mode = mode

    def __str__(self) -> str:
        return f"CumOp{{{self.axis}, {self.mode}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis is not None:
            _checked_axis(self.axis, x.type.ndim, str(self))
            return single(self, [x], x.type.dtype, x.type.shape)
        known = x.type.shape
        length = None if None in known else unknown_if_one(int(np.prod(known, dtype=object)))
        return single(self, [x], x.type.dtype, known if x.type.ndim == 1 else [length])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x = inputs[0]
        run = np.cumsum if self.mode == "add" else np.cumprod
        with np.errstate(all="ignore"):
            out[0][0] = np.asarray(run(x, axis=self.axis, dtype=x.dtype))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(product(shapes[0]),) if self.axis is None else shapes[0]]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,), (y,), (g,) = inputs, outputs, gs
        if y.type.dtype in DISCRETE:
            return [zero_gradient(x)]
        if self.axis is not None:
            return [self._back(x, y, g, self.axis % x.type.ndim)]
        ndim, pattern = x.type.ndim, x.type.broadcastable
        back = self._back(flatten(x), y, g, 0)
        return [moved(back, lambda v: patternbroadcast(reshape(v, shape(x), ndim=ndim), pattern), x)]

    def _back(self, x: Any, y: Any, g: Any, axis: int) -> Any:
        """The gradient of `x` from that of `y`, along an axis."""
        return mixed(g, [axis], lambda v: self._mixed(x, y, v, axis), [x])

    def _mixed(self, x: Any, y: Any, g: Any, axis: int) -> Any:
        if self.mode == "add":
            return backwards(CumOp(axis)(backwards(g, axis)), axis)
        # the products before each element, times those of the elements behind it, which are summed up from the end
        behind = LinearRecurrence(axis, shifted=True)(backwards(x, axis), backwards(g, axis))
        return products_before(x, axis) * backwards(behind, axis)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        e, x = eval_points[0], inputs[0]
        if e is None:
            return [None]
        if self.mode == "add":
            return [self(e)]
        if self.axis is None and x.type.ndim != 1:
            x, e = flatten(x), flatten(e)
        axis = 0 if self.axis is None else self.axis % x.type.ndim
        return [LinearRecurrence(axis)(x, e * products_before(x, axis))]


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of the elements so far along `axis` (default: of the flattened `x`); the dtype is kept.

    Parameters
    ----------
    x : tensor-like
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the shape of `x` (flattened: a vector) and of its dtype, in which sums of small integers may
        overflow; NumPy's are int64.

    Raises
    ------
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.cumsum(T.constant([1, 2, 3])).eval()
    array([1, 3, 6])
    """
    return CumOp(axis, "add")(x)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """The products of the elements so far along `axis`; see `cumsum`.

    Parameters
    ----------
    x : tensor-like
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the shape of `x` (flattened: a vector) and of its dtype, in which products of small integers may
        overflow; NumPy's are int64.

    Raises
    ------
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.cumprod(T.constant([1, 2, 3])).eval()
    array([1, 2, 6])
    """
    return CumOp(axis, "mul")(x)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """Differences of neighbours along `axis`, `n` times.

    Parameters
    ----------
    x : tensor-like
        One axis at least.
    n : int
        How often; 0 gives `x`.
    axis : int
        Along which axis.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, shorter by `n` along `axis`.

    Raises
    ------
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.diff(T.constant([1, 4, 9])).eval()
    array([3, 5])

    Notes
    -----
    The formula, for ``n=1``, is ``result[k] = x[k + 1] - x[k]``.
    """
    x = as_tensor_variable(x)
    before = (slice(None),) * _checked_axis(axis, x.type.ndim, "diff")
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


# -- repeats -----------------------------------------------------------------------------------------------


class RepeatOp(Op):
    """Element `i` along `axis` (None: of the flattened tensor) repeated ``repeats[i]`` times.

    Parameters
    ----------
    axis : int or None
        Along which axis; None: of the flattened tensor.

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
        x, repeats = as_tensor_variable(x), as_tensor_variable(repeats)
        if repeats.type.dtype not in INTEGER:
            raise TypeError(f"repeats must be integers, got {repeats} of dtype {repeats.type.dtype}")
        if repeats.type.ndim != 1:
            raise TypeError(f"repeats must be a vector here, got {repeats}")
        result: list[int | None] = [None] if self.axis is None else list(x.type.shape)
        if self.axis is not None:
            result[_checked_axis(self.axis, x.type.ndim, "repeat")] = None
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
        `repeats` are no integers.
    ValueError
        `repeats` have more than one axis, there is no such axis of `x`, or, when it runs, a number is negative.

    Examples
    --------
    >>> T.repeat(T.constant([4, 5]), 2).eval()
    array([4, 4, 5, 5])
    """
    x, axis = as_tensor_variable(x), plain_axis(axis)
    times = as_tensor_variable(repeats)
    if times.type.dtype not in INTEGER:
        raise TypeError(f"repeats must be integers, got {repeats!r}")
    if times.type.ndim > 1:
        raise ValueError("The dimension of repeats should not exceed 1.")
    if times.type.ndim == 1:
        if not times.type.broadcastable[0]:
            return RepeatOp(axis)(x, times)
        times = dimshuffle(times, ())
    times = as_index(times)
    if axis is None:
        x, axis = x if x.type.ndim == 1 else flatten(x), 0
    axis = _checked_axis(axis, x.type.ndim, "repeat")
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
        A vector of ``max(max(x) + 1, minlength)`` numbers: int64, or of the dtype of `weights`.

    Raises
    ------
    TypeError
        `x` is no vector of integers.
    ValueError
        When it runs: `x` has no elements (NumPy's gives no counts then).
    AssertionError
        When it runs with `assert_nonneg`: there is a negative number.

    Examples
    --------
    >>> T.extra_ops.bincount(T.constant([0, 2, 2])).eval()
    array([1, 0, 2])
    """
    x = as_tensor_variable(x)
    if x.type.ndim != 1:
        raise TypeError("Inputs must be of dimension 1.")
    if x.type.dtype not in INTEGER:
        raise TypeError(f"bincount takes integers, got {x.type}")
    if assert_nonneg:
        x = Assert("Input to bincount has negative values!")(x, all_(ge(x, 0)))
    length = cast(max_(x), "int64") + 1
    if minlength is not None:
        length = maximum(length, as_index(minlength, "minlength"))
    dtype = "int64" if weights is None else as_tensor_variable(weights).type.dtype
    counted = zeros((maximum(length, 0),), dtype)[x]
    return inc_subtensor(counted, 1 if weights is None else weights)


class Unique(Op):
    """The sorted distinct elements; optionally where they are first, where each element went, and counts.

    With an `axis` they are slices across it, sorted by the first elements that differ. NaN elements are all the same;
    slices with a NaN equal no other, and those with NaNs at the same places and else equal keep their order. NaNs come
    last, but those of float16 come first where slices are sorted: all this is as in NumPy. The first of equal slices
    stands for them. Positions, the inverse and counts are int64 vectors.

    Parameters
    ----------
    return_index, return_inverse, return_counts
        Which of these results there are, behind the elements and in this order.
    axis
        None: `x` is flattened. For a vector that makes no difference.

    Raises
    ------
    ValueError
        There is no such axis (when it is applied).

    Examples
    --------
    >>> rows, counts = T.extra_ops.Unique(return_counts=True, axis=0)(T.constant([[2, 1], [1, 3], [2, 1]]))
    >>> rows.eval().tolist(), counts.eval().tolist()
    ([[1, 3], [2, 1]], [1, 2])
    """

    __props__ = ("return_index", "return_inverse", "return_counts", "axis")

    def __init__(
        self,
        return_index: bool = False,
        return_inverse: bool = False,
        return_counts: bool = False,
        axis: int | None = None,
    ) -> None:
        self.return_index, self.return_inverse, self.return_counts = (
            return_index,
            return_inverse,
            return_counts,
        )
        self.axis = plain_axis(axis)

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        result: list[int | None] = [None]
        if self.axis is not None:
            result = list(x.type.shape)
            result[_checked_axis(self.axis, x.type.ndim, "unique")] = None
        extra = self.return_index + self.return_inverse + self.return_counts
        return Apply(
            self,
            [x],
            [new_tensor(x.type.dtype, result), *(new_tensor("int64", [None]) for _ in range(extra))],
        )

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        wanted = [self.return_index, self.return_inverse, self.return_counts]
        # Where it tells positions NumPy sorts such that equal ones keep their order, which is seen in slices with NaNs.
        flags = [self.return_index or self.axis is not None, *wanted[1:]]
        unique: Any = np.unique  # its overloads know literal flags only
        found = unique(inputs[0], *flags, axis=self.axis)
        values = list(found) if isinstance(found, tuple) else [found]
        if flags != wanted:
            del values[1]
        for k, (storage, value) in enumerate(zip(out, values)):
            storage[0] = value if k == 0 else np.ravel(value).astype("int64")

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [grad_undefined(self, 0, inputs[0], "the gradient of unique is not defined")]


# -- positions ---------------------------------------------------------------------------------------------


class SearchsortedOp(Op):
    """Where to insert values into a sorted vector so that it stays sorted.

    Parameters
    ----------
    side : {'left', 'right'}
        Whether before or behind equal elements.

    Raises
    ------
    ValueError
        Another `side`.

    Examples
    --------
    >>> SearchsortedOp()(T.constant([1, 3, 5]), 3).eval()
    array(1)
    """

    __props__ = ("side",)

    def __init__(self, side: str = "left") -> None:
        if side not in ("left", "right"):
            raise ValueError(f"'{side}' is an invalid value for keyword 'side'")
        self.side = side

    def make_node(self, x: Any, v: Any, sorter: Any = None) -> Apply:
        x, v = as_tensor_variable(x), as_tensor_variable(v)
        if x.type.ndim != 1:
            raise TypeError(f"searchsorted takes a sorted vector, got {x.type}")
        inputs = [x, v]
        if sorter is not None:
            sorter = as_tensor_variable(sorter)
            if sorter.type.ndim != 1 or sorter.type.dtype not in INTEGER:
                raise TypeError(f"sorter must be an integer vector, got {sorter.type}")
            inputs.append(sorter)
        return single(self, inputs, "int64", v.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, v = inputs[:2]
        side: Any = self.side
        out[0][0] = np.asarray(np.searchsorted(x, v, side, *inputs[2:]), dtype="int64")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [*(zero_gradient(i) for i in inputs[:2]), *(disconnected() for _ in inputs[2:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs), (0, 1))


def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """The positions in the sorted vector `x` before (or, `side` 'right', behind) which `v` belongs.

    Parameters
    ----------
    x : tensor-like
        A vector in ascending order, or `sorter` says in which order it is.
    v : tensor-like
        What is put in; of any shape.
    side : {'left', 'right'}
        Whether before or behind equal elements.
    sorter : tensor-like, optional
        An integer vector that sorts `x`, as `argsort` gives it.

    Returns
    -------
    TensorVariable
        Positions: int64, of the shape of `v`.

    Raises
    ------
    TypeError
        `x` is no vector, or `sorter` no vector of integers.
    ValueError
        Another `side`.

    Examples
    --------
    >>> T.extra_ops.searchsorted(T.constant([1, 3, 5]), 3).eval()
    array(1)
    """
    return SearchsortedOp(side)(x, v, sorter)


def compress(condition: Any, x: Any, axis: int | None = None) -> Any:
    """The elements of `x` along `axis` (default: of the flattened `x`) where the vector `condition` is true.

    Parameters
    ----------
    condition : tensor-like
        A vector of bools or numbers, not longer than the axis.
    x : tensor-like
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`; as long along `axis` as `condition` has elements that are not 0.

    Raises
    ------
    IndexError
        When it runs: `condition` holds where there is no element.

    Examples
    --------
    >>> T.compress([0, 1, 1], T.constant([4, 5, 6])).eval()
    array([5, 6])
    """
    positions = nonzero(condition)[0]
    return as_tensor_variable(x).take(positions, axis=axis)


def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> Any:
    """The coordinates, one tensor for each of `dims`, of positions in the flattened array.

    Parameters
    ----------
    indices : tensor-like
        Integers from 0 on, below the number of elements.
    dims : sequence of integers, or integer vector
        The shape of the array.
    order : {'C', 'F'}
        Whether the last coordinate or the first one counts single elements.
    ndim : int, optional
        How many axes there are, if `dims` is a vector of unknown length.

    Returns
    -------
    tuple of TensorVariable, or TensorVariable
        One for each axis (with one axis, it alone): int64, of the shape of `indices`.

    Raises
    ------
    TypeError
        `indices` are no integers.
    ValueError
        The number of axes is not known; positions that are out of range, when the function runs.

    Examples
    --------
    >>> [int(i.eval()) for i in T.unravel_index(5, (2, 3))]
    [1, 2]
    """
    indices, lengths = as_index_like(indices), _dims(dims, ndim)
    size: Any = index_constant(1)
    for length in lengths:
        size = size * length
    indices = _below(indices, size, "unravel_index: a position is not in an array of this shape")
    coordinates: list[Any] = []
    for length in reversed(lengths) if order == "C" else lengths:
        coordinates.append(indices % length)
        indices = indices // length
    ordered = tuple(coordinates[::-1] if order == "C" else coordinates)
    return ordered[0] if len(ordered) == 1 else ordered


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Any:
    """The positions in the flattened array of points given by coordinates.

    With `mode` 'wrap' or 'clip' coordinates out of range are taken modulo the length or to the nearest end.

    Parameters
    ----------
    multi_index : sequence of tensor-like
        The coordinates along each axis: integers, of shapes that broadcast.
    dims : sequence of integers, or integer vector
        The shape of the array.
    mode : {'raise', 'wrap', 'clip'}
        What becomes of coordinates out of range: an error when the function runs, their remainders, or the nearest end.
    order : {'C', 'F'}
        Whether the last coordinate or the first one counts single elements.

    Returns
    -------
    TensorVariable
        Positions: int64, of the shape that the coordinates broadcast to.

    Raises
    ------
    TypeError
        Coordinates are no integers.
    ValueError
        Another `mode`; coordinates that are out of range, when the function runs.

    Examples
    --------
    >>> int(T.ravel_multi_index((1, 2), (2, 3)).eval())
    5
    """
    coordinates = [as_index_like(i) for i in multi_index]
    lengths = _dims(dims, len(coordinates))
    if mode == "wrap":
        coordinates = [i % n for i, n in zip(coordinates, lengths)]
    elif mode == "clip":
        coordinates = [i.clip(0, n - 1) for i, n in zip(coordinates, lengths)]
    elif mode == "raise":
        message = "ravel_multi_index: a coordinate is out of range along axis {}"
        coordinates = [_below(i, n, message.format(k)) for k, (i, n) in enumerate(zip(coordinates, lengths))]
    else:
        raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    pairs = list(zip(coordinates, lengths))
    total: Any = index_constant(0)
    for i, n in pairs if order == "C" else reversed(pairs):
        total = total * n + i
    return total


def _below(indices: Any, length: Any, message: str) -> Any:
    """The indices, which must be from 0 on and below a length."""
    return Assert(message, ValueError)(indices, (indices >= 0).all(), (indices < length).all())


def as_index_like(value: Any) -> Any:
    """`value` as a tensor of int64.

    Raises
    ------
    TypeError
        It is not of integers.
    """
    variable = as_tensor_variable(value)
    if variable.type.dtype not in INTEGER:
        raise TypeError(f"indices must be integers, got {variable.type}")
    return cast(variable, "int64")


def _dims(dims: Any, ndim: int | None) -> list[Any]:
    if isinstance(dims, (list, tuple)):
        return [as_index(d, "a length") for d in dims]
    vector = as_tensor_variable(dims)
    known = known_ints(vector)
    count = ndim if known is None else len(known)
    if count is None:
        raise ValueError("the number of dimensions is not known; give ndim")
    return [as_index(vector[i]) for i in range(count)]


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
    """The elements along `axis`, each repeated: see `theano.tensor.repeat`.

    Parameters
    ----------
    repeats : int, or integer tensor-like of at most one axis
        How often each element; a vector has a number for each.
    axis : int or None
        None: of the flattened tensor.
    """
    return repeat(self, repeats, axis)


def _cumsum(self: Any, axis: int | None = None) -> Any:
    """The sums of the elements so far along `axis`: see `theano.tensor.cumsum`.

    Parameters
    ----------
    axis : int or None
        None: of the flattened tensor.
    """
    return cumsum(self, axis)


def _cumprod(self: Any, axis: int | None = None) -> Any:
    """The products of the elements so far along `axis`: see `theano.tensor.cumprod`.

    Parameters
    ----------
    axis : int or None
        None: of the flattened tensor.
    """
    return cumprod(self, axis)


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


def _searchsorted(self: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """The positions in this sorted vector before (or behind) which `v` belongs: see `theano.tensor.searchsorted`.

    Parameters
    ----------
    v : tensor-like
        What is put in; of any shape.
    side : {'left', 'right'}
        Whether before or behind equal elements.
    sorter : tensor-like, optional
        An integer vector that sorts this one.
    """
    return searchsorted(self, v, side, sorter)


attach(
    {
        "repeat": _repeat,
        "cumsum": _cumsum,
        "cumprod": _cumprod,
        "compress": _compress,
        "searchsorted": _searchsorted,
    }
)
