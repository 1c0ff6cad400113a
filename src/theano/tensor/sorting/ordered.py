"""What is asked of sorted elements: which are distinct, and where others belong among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.null_type import grad_undefined
from theano.scalar.dtypes import COMPLEX, INTEGER, real_of
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import alloc
from theano.tensor.methods import attach
from theano.tensor.opsupport import (
    Shapes,
    checked_axis,
    disconnected,
    first_connected,
    index_constant,
    new_tensor,
    single,
    zero_gradient,
)
from theano.tensor.pointwise.math import and_, cast, complex, imag, invert, isnan, minimum, neq, real
from theano.tensor.reductions.cumulative import cumsum, diff
from theano.tensor.shaping.join import concatenate, stack
from theano.tensor.shaping.shape import shape_i
from theano.tensor.sorting.sort import argsort
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["SearchsortedOp", "Unique", "searchsorted"]


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
            result[checked_axis(self.axis, x.type.ndim, "unique")] = None
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

    def decompose(self, inputs: Sequence[Any]) -> list[Any] | None:
        """Of complex numbers: those that differ from the one in front where they are sorted; a NaN counts once.

        Slices of them are sorted as slices of real numbers: for each number which of its parts are NaN, which decides
        first, and its parts.
        """
        x = inputs[0]
        if x.type.dtype not in COMPLEX:
            return None
        if self.axis is not None and x.type.ndim > 1:
            kind = cast(2 * isnan(real(x)) + isnan(imag(x)), real_of(x.type.dtype))
            flags = self.return_index, self.return_inverse, self.return_counts
            parts = stack([kind, real(x), imag(x)], axis=x.type.ndim)
            slices, *rest = Unique(*flags, self.axis % x.type.ndim)(parts, return_list=True)
            return [complex(slices[..., 1], slices[..., 2]), *rest]
        x = x.flatten()
        order = argsort(x)
        found = x[order]
        is_new = and_(neq(found[1:], found[:-1]), invert(isnan(found[:-1])))
        is_first = concatenate([alloc(constant(True), minimum(1, shape_i(x, 0))), is_new])
        places = is_first.nonzero()[0]
        results = [found[places]]
        if self.return_index:
            results.append(order[places])
        if self.return_inverse:
            numbers = cumsum(cast(is_first, "int64")) - 1
            results.append(set_subtensor(alloc(index_constant(0), shape_i(x, 0))[order], numbers))
        if self.return_counts:
            results.append(diff(concatenate([places, [shape_i(x, 0)]])))
        return results

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        """Of the inverse; how many elements are distinct is known when they have been found."""
        found: list[Any] = [None] * len(node.outputs)
        if self.return_inverse:
            (x,) = node.inputs
            count = shape_i(x.flatten(), 0) if self.axis is None else shapes[0][self.axis]
            found[1 + self.return_index] = (count,)
        return found

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [grad_undefined(self, 0, inputs[0], "the gradient of unique is not defined")]


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
            raise ValueError(f"searchsorted takes a sorted vector, got {x.type}")
        inputs = [x, v]
        if sorter is not None:
            sorter = as_tensor_variable(sorter)
            if sorter.type.ndim != 1:
                raise ValueError(f"sorter must be a vector, got {sorter.type}")
            if sorter.type.dtype not in INTEGER or sorter.type.dtype == "uint64":  # which int64 does not hold
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
        `sorter` is of no integers that int64 holds.
    ValueError
        `x` or `sorter` is no vector, or another `side`.

    Examples
    --------
    >>> T.extra_ops.searchsorted(T.constant([1, 3, 5]), 3).eval()
    array(1)
    """
    return SearchsortedOp(side)(x, v, sorter)


def _searchsorted(self: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    return searchsorted(self, v, side, sorter)


attach({"searchsorted": _searchsorted}, [searchsorted])
