"""Products of sparse matrices, seen as dense arrays: the places where there is something, and the numbers there.

The rows of a matrix lie one after the other, as in `segments`: of each element there are its number, and its place in
the row, its column; ``starts[r]`` is where row `r` begins. Places need not be sorted, and may repeat: numbers at one
place are added. A product is made in two steps, of which the second is linear in both matrices, and the derivative of
itself:

    >>> from theano.tensor.sparse_rows import product_at, product_places
    >>> places, starts = T.constant([0, 1, 1]), T.constant([0, 2, 3])          # [[1, 2],
    >>> x = T.constant([1.0, 2.0, 3.0]), places, starts                        #  [0, 3]]
    >>> found = product_places(*x[1:], *x[1:], 2)
    >>> [v.eval().tolist() for v in (product_at(*x, *x, *found, 2), *found)]
    [[1.0, 8.0, 9.0], [0, 1, 1], [0, 2, 3]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import promote
from theano.tensor.indexing.segments import COUNT, OUTSIDE, check_places, check_starts, integer_vector, segment_spread
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.alloc import ones_like, zeros
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import Shapes, as_index, disconnected, first_connected, holomorphic, new_tensor, single
from theano.tensor.pointwise.math import cast
from theano.tensor.reductions.cumulative import cumsum
from theano.tensor.shaping.join import concatenate
from theano.tensor.sorting.sort import argsort
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "APART", "TOO_MANY", "MergedRows", "ProductAt", "ProductPlaces", "elements_at_places", "lines", "merged_rows",
    "product_at", "product_places", "starts_of", "transposed_rows",
]  # fmt: skip

APART = "there are {0} and {1} rows to be merged"

TOO_MANY = "the product has {0} elements: places have 32 bits, so there may be 2147483647"
_MOST = np.iinfo("int32").max


def _rows_of(places: Any, starts: Any) -> list[Any]:
    return [integer_vector(places, "places of elements"), integer_vector(starts, "the first elements of rows")]


def _checked(places: np.ndarray, starts: np.ndarray, width: int) -> None:
    check_starts(starts, len(places))
    check_places(places, width, IndexError, OUTSIDE)


def _lines_now(starts: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _pairs(x_places: np.ndarray, x_starts: np.ndarray, y_starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the elements of both matrices that are multiplied: one pair for each product."""
    counts = np.diff(y_starts)[x_places]
    ends = np.cumsum(counts)
    own = np.repeat(np.arange(len(x_places)), counts)
    first = y_starts[:-1][x_places] - (ends - counts)
    return own, np.arange(ends[-1] if len(ends) else 0) + first[own]


class ProductPlaces(Op):
    """Where the product of two matrices has elements: their places, in the order of rows and in each row, and starts.

    Inputs are ``x_places, x_starts, y_places, y_starts, width``: the places of `x` are rows of `y`, whose places are
    less than `width`. The results are int32 vectors.
    """

    __props__: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        return "ProductPlaces"

    def make_node(self, x_places: Any, x_starts: Any, y_places: Any, y_starts: Any, width: Any) -> Apply:
        inputs = [*_rows_of(x_places, x_starts), *_rows_of(y_places, y_starts), as_index(width)]
        return Apply(self, inputs, [new_tensor("int32", (None,)), new_tensor("int32", inputs[1].type.shape)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x_places, x_starts, y_places, y_starts, width = inputs
        _checked(x_places, x_starts, len(y_starts) - 1)
        _checked(y_places, y_starts, int(width))
        own, other = _pairs(x_places, x_starts, y_starts)
        keys = np.unique(_lines_now(x_starts)[own] * max(int(width), 1) + y_places[other])
        if len(keys) > _MOST:
            raise ValueError(TOO_MANY.format(len(keys)))
        out[0][0] = (keys % max(int(width), 1)).astype("int32")
        ends = np.bincount(keys // max(int(width), 1), minlength=len(x_starts) - 1)
        out[1][0] = np.concatenate([[0], np.cumsum(ends)]).astype("int32")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return [None, shapes[1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(5, (), 2)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [disconnected() for _ in inputs]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None, None]


class ProductAt(Op):
    """The numbers of the product of two matrices at given places, which need not be all of its places.

    Inputs are ``x, x_places, x_starts, y, y_places, y_starts, places, starts, width``; the result has a number for each
    of `places`.
    """

    __props__: ClassVar[tuple[str, ...]] = ()
    linear_in = (0, 3)

    def __str__(self) -> str:
        return "ProductAt"

    def make_node(
        self, x: Any, x_places: Any, x_starts: Any, y: Any, y_places: Any, y_starts: Any, places: Any, starts: Any,
        width: Any,
    ) -> Apply:  # fmt: skip
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        for v in (x, y):
            if v.type.ndim != 1:
                raise TypeError(f"the elements of a matrix are a vector, {v} has {v.type.ndim} dimensions")
        dtype = promote(x.type.dtype, y.type.dtype)
        inputs = [x, *_rows_of(x_places, x_starts), y, *_rows_of(y_places, y_starts), *_rows_of(places, starts)]
        return single(self, [*inputs, as_index(width)], dtype, inputs[6].type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, x_places, x_starts, y, y_places, y_starts, places, starts, width = inputs
        dtype, width = node.outputs[0].type.dtype, max(int(width), 1)
        if len(x) != len(x_places) or len(y) != len(y_places) or len(x_starts) != len(starts):
            raise ValueError("the elements and places of a product do not fit together")
        _checked(x_places, x_starts, len(y_starts) - 1)
        _checked(y_places, y_starts, int(inputs[8]))
        _checked(places, starts, int(inputs[8]))
        own, other = _pairs(x_places, x_starts, y_starts)
        keys, where = np.unique(_lines_now(x_starts)[own] * width + y_places[other], return_inverse=True)
        sums = np.zeros(len(keys) + 1, dtype)
        np.add.at(sums, where.ravel(), np.multiply(x[own], y[other], dtype=dtype))
        wanted = _lines_now(starts) * width + places
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        found = np.zeros(len(wanted), bool) if not len(keys) else keys[at] == wanted
        out[0][0] = np.where(found, sums[at], np.zeros((), dtype))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[6]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(9, (0, 3))

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        """Of ``z = x y`` the products ``g y'`` and ``x' g``, at the places of `x` and of `y`."""
        x, x_places, x_starts, y, y_places, y_starts, places, starts, width = inputs
        g = (gs[0], places, starts)
        inner = y_starts.shape[0] - 1
        into_x = product_at(*g, *transposed_rows(y, y_places, y_starts, width), x_places, x_starts, inner)
        into_y = product_at(*transposed_rows(x, x_places, x_starts, inner), *g, y_places, y_starts, width)
        return [into_x if k == 0 else into_y if k == 3 else disconnected() for k in range(9)]


class MergedRows(Op):
    """The elements of the rows of two matrices, those of one place side by side.

    Inputs are ``x, x_places, x_starts, y, y_places, y_starts``. There is a slot for each element of both; those of row
    `r` begin at ``x_starts[r] + y_starts[r]``. For each slot the results tell the element of `x`, that of `y` (0 where
    there is none) and their place, in ascending order; slots at the end of a row that are not needed have zeros. The
    last result tells of each row whether its places were in ascending order, in both, none twice: else the others are
    of no use. There is no gradient: programs are made of this only after gradients.
    """

    __props__: ClassVar[tuple[str, ...]] = ()
    jointly_linear_in = (0, 3)

    def __str__(self) -> str:
        return "MergedRows"

    def make_node(self, x: Any, x_places: Any, x_starts: Any, y: Any, y_places: Any, y_starts: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        dtype = promote(x.type.dtype, y.type.dtype)
        outputs = [new_tensor(t, (None,)) for t in (dtype, dtype, "int32", "bool")]
        return Apply(self, [x, *_rows_of(x_places, x_starts), y, *_rows_of(y_places, y_starts)], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, x_places, x_starts, y, y_places, y_starts = inputs
        for v, places, starts in (inputs[:3], inputs[3:]):
            if len(v) != len(places):
                raise ValueError(COUNT.format(len(v), len(places)))
            check_starts(starts, len(places))
        if len(x_starts) != len(y_starts):
            raise ValueError(APART.format(len(x_starts) - 1, len(y_starts) - 1))
        dtype, slots = node.outputs[0].type.dtype, len(x) + len(y)
        width = int(max(x_places.max(initial=0), y_places.max(initial=0))) + 1
        keys = [_lines_now(s) * width + p for p, s in ((x_places, x_starts), (y_places, y_starts))]
        found = np.union1d(*keys)
        row = found // width
        first = np.searchsorted(row, np.arange(len(x_starts) - 1))
        at = (x_starts[:-1].astype("int64") + y_starts[:-1])[row] + np.arange(len(found)) - first[row]
        for cell, v, own in zip(out[:2], (x, y), keys, strict=True):
            cell[0] = np.zeros(slots, dtype)
            cell[0][at[np.searchsorted(found, own)]] = v
        out[2][0] = np.zeros(slots, "int32")
        out[2][0][at] = found % width
        sound = np.ones(len(x_starts) - 1, bool)
        for own in keys:
            sound[own[1:][own[1:] <= own[:-1]] // width] = False
        out[3][0] = sound

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        slots = shapes[0][0] + shapes[3][0]
        return [(slots,)] * 3 + [(shapes[2][0] - 1,)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[k == 0, k == 3, False, False] for k in range(6)]


product_places = ProductPlaces()
merged_rows = MergedRows()
product_at = ProductAt()


# -- rows in terms of other operations ---------------------------------------------------------------------------
def lines(starts: Any, count: Any) -> Any:
    """The row of each of `count` elements, an int64 vector."""
    return segment_spread(arange(starts.shape[0] - 1), starts, count)


def starts_of(along: Any, count: Any) -> Any:
    """Where each of `count` rows begins, of elements whose rows are `along`; an int32 vector."""
    counts = inc_subtensor(zeros((count,), "int32")[along], 1)
    return cast(concatenate([np.zeros(1, "int32"), cumsum(counts)]), "int32")


def transposed_rows(x: Any, places: Any, starts: Any, width: Any) -> tuple[Any, Any, Any]:
    """Elements, places and starts of the transpose of a matrix of `width` columns, whose places are in order."""
    order = argsort(places, kind="stable")
    return x[order], cast(lines(starts, places.shape[0])[order], "int32"), starts_of(places, width)


def elements_at_places(x: Any, x_places: Any, x_starts: Any, places: Any, starts: Any, width: Any) -> Any:
    """The numbers of a matrix at given places; 0 where it has none."""
    rows = cast(arange(x_starts.shape[0] - 1), "int32")
    one = ones_like(rows, dtype=x.type.dtype)
    return product_at(one, rows, cast(arange(x_starts.shape[0]), "int32"), x, x_places, x_starts, places, starts, width)
