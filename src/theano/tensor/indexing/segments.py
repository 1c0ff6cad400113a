"""Sums over stretches of elements, and what goes with them: the rows of a sparse matrix, seen as dense arrays.

The elements of `n` rows lie one after the other. ``starts[r]`` is the place of the first element of row `r`, and
``starts[n]`` the number of all elements, as in the `indptr` of SciPy's compressed matrices. The product of such a
matrix and a vector is ``segment_sum(data * w[indices], starts)``; that of its transpose and a vector, whose places are
those of columns, ``scatter_sum(data * segment_spread(v, starts, data.shape[0]), indices, n_columns)``. The three
operations are each other's derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import INTEGER
from theano.tensor.masks import mixed
from theano.tensor.opsupport import Shapes, as_index, disconnected, first_connected, single
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "OfLength",
    "ScatterSum",
    "SegmentSpread",
    "SegmentSum",
    "SoundRows",
    "scatter_sum",
    "segment_spread",
    "segment_sum",
]

FIRST = "the first elements of rows begin with {0}, not 0"
ORDER = "the first elements of rows decrease"
LAST = "the rows end with element {0}, but there are {1}"
NO_ROWS = "the first elements of rows are an empty vector: for no rows they are [0]"
COUNT = "{0} elements have {1} places"
FIT = "axis 0 has length {0}, not {1}"
UNSOUND = "an index is {0}: there are {1} places, numbered from 0"
OUTSIDE = "index {0} is out of bounds for axis 0 with size {1}"


def integer_vector(x: Any, what: str) -> Any:
    x = as_tensor_variable(x)
    if x.type.ndim != 1 or x.type.dtype not in INTEGER or x.type.dtype == "uint64":
        raise TypeError(f"{what} are a vector of integers (not uint64), not {x} of type {x.type}")
    return x


def _elements(x: Any, what: str) -> Any:
    x = as_tensor_variable(x)
    if x.type.ndim < 1:
        raise TypeError(f"{what} have at least one axis; {x} has none")
    return x


def check_starts(starts: np.ndarray, count: int) -> None:
    """Raise ValueError unless `starts` cut `count` elements into rows."""
    if not len(starts):
        raise ValueError(NO_ROWS)
    if starts[0] != 0:
        raise ValueError(FIRST.format(starts[0]))
    if (starts[1:] < starts[:-1]).any():
        raise ValueError(ORDER)
    if starts[-1] != count:
        raise ValueError(LAST.format(starts[-1], count))


def check_places(places: np.ndarray, count: int, error: type[Exception], message: str) -> None:
    for wrong in places[(places < 0) | (places >= count)][:1]:
        raise error(message.format(wrong, count))


class _OfFirst(Op):
    """Linear in the first input; the others say where things are."""

    __props__: ClassVar[tuple[str, ...]] = ()
    linear_in = (0,)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))

    def _with_rest(self, gradient: Any, inputs: Sequence[Any]) -> list[Any]:
        return [gradient, *(disconnected() for _ in inputs[1:])]


class SegmentSum(_OfFirst):
    """The sums of the elements of each row: ``y[r] = sum(x[starts[r]:starts[r + 1]], axis=0)``.

    Examples
    --------
    >>> SegmentSum()(T.constant([1.0, 2.0, 3.0]), T.constant([0, 2, 2, 3])).eval()
    array([3., 0., 3.])
    """

    def __str__(self) -> str:
        return "SegmentSum"

    def make_node(self, x: Any, starts: Any) -> Apply:
        x, starts = _elements(x, "elements of rows"), integer_vector(starts, "the first elements of rows")
        known = starts.type.shape[0]
        return single(self, [x, starts], x.type.dtype, (None if known is None else known - 1, *x.type.shape[1:]))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, starts = inputs
        check_starts(starts, len(x))
        y = np.zeros((len(starts) - 1, *x.shape[1:]), x.dtype)
        some = np.flatnonzero(starts[1:] > starts[:-1])
        if len(some):
            y[some] = np.add.reduceat(x, starts[some].astype(np.intp), axis=0, dtype=x.dtype)
        out[0][0] = y

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(shapes[1][0] - 1, *shapes[0][1:])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, starts = inputs
        back = mixed(gs[0], [0], lambda g: segment_spread(g, starts, x.shape[0]), [x])
        return self._with_rest(back, inputs)


class SegmentSpread(_OfFirst):
    """The row of each element: ``y[k] = x[r]`` for ``starts[r] <= k < starts[r + 1]``; there are `count` elements.

    Examples
    --------
    >>> SegmentSpread()(T.constant([1.0, 2.0, 3.0]), T.constant([0, 2, 2, 3]), 3).eval()
    array([1., 1., 3.])
    """

    def __str__(self) -> str:
        return "SegmentSpread"

    def make_node(self, x: Any, starts: Any, count: Any) -> Apply:
        x, starts = _elements(x, "what is spread over rows"), integer_vector(starts, "the first elements of rows")
        return single(self, [x, starts, as_index(count)], x.type.dtype, (None, *x.type.shape[1:]))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, starts, count = inputs
        check_starts(starts, int(count))
        if len(x) != len(starts) - 1:
            raise ValueError(f"{len(x)} rows are spread over {len(starts) - 1}")
        out[0][0] = np.repeat(x, np.diff(starts), axis=0)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(node.inputs[2], *shapes[0][1:])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        back = mixed(gs[0], [0], lambda g: segment_sum(g, inputs[1]), [inputs[0]])
        return self._with_rest(back, inputs)


class ScatterSum(_OfFirst):
    """The sums of the elements that belong to each of `count` places: ``y[p] = sum(x[places == p], axis=0)``.

    Examples
    --------
    >>> ScatterSum()(T.constant([1.0, 2.0, 3.0]), T.constant([2, 0, 2]), 4).eval()
    array([2., 0., 4., 0.])
    """

    def __str__(self) -> str:
        return "ScatterSum"

    def make_node(self, x: Any, places: Any, count: Any) -> Apply:
        x, places = _elements(x, "scattered elements"), integer_vector(places, "places of elements")
        return single(self, [x, places, as_index(count)], x.type.dtype, (None, *x.type.shape[1:]))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, places, count = inputs
        if len(x) != len(places):
            raise ValueError(COUNT.format(len(x), len(places)))
        check_places(places, count, IndexError, OUTSIDE)
        y = np.zeros((max(int(count), 0), *x.shape[1:]), x.dtype)
        np.add.at(y, places, x)
        out[0][0] = y

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(node.inputs[2], *shapes[0][1:])]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return self._with_rest(mixed(gs[0], [0], lambda g: g[inputs[1]], [inputs[0]]), inputs)


class SoundRows(Op):
    """Places of elements, where rows begin, and the elements, as they are: once it is certain that they fit together.

    There are as many places as elements, between 0 and ``width - 1``.

    Examples
    --------
    >>> places, starts, x = SoundRows()(T.constant([2, 0, 1]), T.constant([0, 1, 3]), 3, T.constant([1.0, 2.0, 3.0]))
    >>> segment_sum(x, starts).eval()
    array([1., 5.])
    """

    __props__ = ()
    view_map = {0: [0], 1: [1], 2: [3]}
    jointly_linear_in = (3,)

    def __str__(self) -> str:
        return "SoundRows"

    def make_node(self, places: Any, starts: Any, width: Any, x: Any) -> Apply:
        places, starts = integer_vector(places, "places"), integer_vector(starts, "the first elements of rows")
        x = _elements(x, "elements of rows")
        return Apply(self, [places, starts, as_index(width), x], [places.type(), starts.type(), x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        places, starts, width, x = inputs
        if len(x) != len(places):
            raise ValueError(COUNT.format(len(x), len(places)))
        check_starts(starts, len(places))
        check_places(places, width, ValueError, UNSOUND)
        out[0][0], out[1][0], out[2][0] = places, starts, x

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0], shapes[1], shapes[3]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[False] * 3, [False] * 3, [False] * 3, [False, False, True]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [disconnected(), disconnected(), disconnected(), gs[2]]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None, None, eval_points[3]]


class OfLength(_OfFirst):
    """The first input, which must have as many elements along axis 0 as the second one says.

    Parameters
    ----------
    message
        What the error is else; ``{0}`` is the length, ``{1}`` the one that it should be.

    Examples
    --------
    >>> OfLength()(T.constant([1.0, 2.0]), 2).eval()
    array([1., 2.])
    """

    __props__ = ("message",)
    view_map = {0: [0]}

    def __init__(self, message: str = FIT) -> None:
        self.message = message

    def __str__(self) -> str:
        return "OfLength"

    def make_node(self, x: Any, length: Any) -> Apply:
        x = _elements(x, "what has a length")
        return Apply(self, [x, as_index(length)], [x.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, length = inputs
        if len(x) != length:
            raise ValueError(self.message.format(len(x), length))
        out[0][0] = x

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return self._with_rest(gs[0], inputs)


def segment_sum(x: Any, starts: Any) -> Any:
    """The sum of the elements of each row.

    Parameters
    ----------
    x : the elements of all rows, one row after the other, along axis 0.
    starts : vector of integers; row `r` has the elements from ``starts[r]`` to the one before ``starts[r + 1]``.

    Returns
    -------
    Of the dtype of `x`; rows along axis 0, then the other axes of `x`. Without elements a row is zero.

    Raises
    ------
    ValueError
        When it runs: if `starts` do not begin with 0, decrease, or do not end with the number of elements.

    Examples
    --------
    >>> from theano.tensor.indexing.segments import segment_sum
    >>> segment_sum(T.constant([[1, 2], [3, 4]]), T.constant([0, 2, 2])).eval()
    array([[4, 6],
           [0, 0]])
    """
    return SegmentSum()(x, starts)


def segment_spread(x: Any, starts: Any, count: Any) -> Any:
    """For each element of the rows the number of its row in `x`; see `segment_sum`.

    Parameters
    ----------
    x : a number (or array) for each row, along axis 0.
    starts : vector of integers, the first element of each row and the number of all elements.
    count : 0-d integer, the number of elements.

    Returns
    -------
    Of the dtype of `x`; elements along axis 0, then the other axes of `x`.

    Raises
    ------
    ValueError
        When it runs: if `starts` do not cut `count` elements into as many rows as `x` has.
    """
    return SegmentSpread()(x, starts, count)


def scatter_sum(x: Any, places: Any, count: Any) -> Any:
    """The sum of the elements that belong to each place.

    Parameters
    ----------
    x : elements along axis 0.
    places : vector of integers, the place of each element, from 0 to ``count - 1``, in any order.
    count : 0-d integer, the number of places.

    Returns
    -------
    Of the dtype of `x`; places along axis 0, then the other axes of `x`. In which order the elements of a place are
    added depends on sizes only.

    Raises
    ------
    ValueError
        When it runs: if there are more or fewer places than elements.
    IndexError
        When it runs: for a place that is negative or too large.
    """
    return ScatterSum()(x, places, count)
