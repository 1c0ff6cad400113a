"""Recurrences ``y[i] = a[i] * y[i - 1] + b[i]`` along an axis: what the derivatives of running products are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import upcast
from theano.tensor.elemwise import broadcast_static
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.ranges import arange
from theano.tensor.masks import mixed, within
from theano.tensor.opsupport import Shapes, holomorphic, single
from theano.tensor.pointwise.math import cast, eq, second
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable, constant

__all__ = ["LinearRecurrence", "backwards", "delayed", "products_before"]


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (slice(None),) * axis + (part,)


def backwards(x: Any, axis: int) -> Any:
    """`x` in the reverse order along `axis`.

    Examples
    --------
    >>> backwards(T.constant([1, 2, 3]), 0).eval()
    array([3, 2, 1])
    """
    return x[_along(axis, slice(None, None, -1))]


def delayed(x: Any, axis: int, first: float) -> Any:
    """The elements of `x` along `axis` one place later, after `first`; the last one is dropped.

    Examples
    --------
    >>> delayed(T.constant([1, 2, 3]), 0, 7).eval()
    array([7, 1, 2])
    """
    filled = second(x, constant(np.asarray(first, x.type.dtype)))
    return set_subtensor(filled[_along(axis, slice(1, None))], x[_along(axis, slice(None, -1))])


class LinearRecurrence(Op):
    """``y[i] = a[i] * y[i - 1] + b[i]`` along an axis, with ``y[0] = b[0]``; `a` and `b` have one shape.

    Where it is `shifted`, factors are those of the position before: ``y[i] = a[i - 1] * y[i - 1] + b[i]``. Its
    derivatives are such recurrences again, of the other kind where they go backwards.

    Examples
    --------
    >>> a, b = T.constant([5.0, 2.0, 0.0]), T.constant([1.0, 1.0, 1.0])
    >>> LinearRecurrence(0)(a, b).eval(), LinearRecurrence(0, shifted=True)(a, b).eval()
    (array([1., 3., 1.]), array([ 1.,  6., 13.]))
    """

    __props__ = ("axis", "shifted")

    def __init__(self, axis: int, shifted: bool = False) -> None:
        self.axis = int(axis)
        self.shifted = bool(shifted)

    def make_node(self, a: Any, b: Any) -> Apply:
        a, b = as_tensor_variable(a), as_tensor_variable(b)
        if a.type.ndim != b.type.ndim or not 0 <= self.axis < a.type.ndim:
            raise TypeError(f"{self} takes two tensors of equal dimensions, got {a} and {b}")
        shape = broadcast_static([a.type.shape, b.type.shape], self)
        return single(self, [a, b], upcast(a.type.dtype, b.type.dtype), shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        dtype = np.dtype(node.outputs[0].type.dtype)
        if inputs[0].shape != inputs[1].shape:
            raise ValueError(f"{self}: the shapes {inputs[0].shape} and {inputs[1].shape} differ")
        wide = np.result_type(dtype, np.float32)
        a, b = (np.moveaxis(v.astype(wide, copy=False), self.axis, 0) for v in inputs)
        if self.shifted:
            a = np.concatenate([a[:1], a[:-1]])
        with np.errstate(all="ignore"):
            y = _by_products(a, b) if len(a) > 8 else None
            if y is None:
                y = np.array(b)
                for i in range(1, len(y)):
                    y[i] += a[i] * y[i - 1]
        out[0][0] = np.ascontiguousarray(np.moveaxis(y, 0, self.axis), dtype=dtype).reshape(inputs[1].shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[1]]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        axis, y = self.axis, outputs[0]
        back, factors = LinearRecurrence(axis, not self.shifted), backwards(inputs[0], axis)
        into_b = mixed(gs[0], [axis], lambda g: backwards(back(factors, backwards(g, axis)), axis), inputs)
        if self.shifted:
            into_a = mixed(into_b, [axis], lambda g: y * backwards(delayed(backwards(g, axis), axis, 0), axis), inputs)
        else:
            into_a = within(into_b, lambda g: g * delayed(y, axis, 0))
        return [into_a, into_b]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        a, b = inputs
        da, db = eval_points
        if da is None:
            return [None if db is None else self(a, db)]
        y, axis = self(a, b), self.axis
        change = delayed(da * y, axis, 0) if self.shifted else da * delayed(y, axis, 0)
        return [self(a, change if db is None else change + db)]


def products_before(x: Any, axis: int) -> Any:
    """The products of the elements before each along `axis`; 1 for the first.

    Examples
    --------
    >>> products_before(T.constant([2.0, 3.0, 4.0]), 0).eval()
    array([1., 2., 6.])
    """
    first = cast(eq(arange(shape_i(x, axis)), 0), x.type.dtype)
    pattern: list[Any] = ["x"] * x.type.ndim
    pattern[axis] = 0
    return LinearRecurrence(axis, shifted=True)(x, second(x, dimshuffle(first, pattern)))


def _by_products(a: np.ndarray, b: np.ndarray) -> np.ndarray | None:
    """The recurrence along the first axis by running products, None where they leave the range of the numbers."""
    products = np.cumprod(np.concatenate([np.ones_like(a[:1]), a[1:]]), axis=0)
    size, limits = np.abs(products), np.finfo(a.dtype)
    if size.size and not (size.min() >= limits.tiny and size.max() <= limits.max):
        return None
    shares = b / products
    if not np.isfinite(shares).all():
        return None
    found: np.ndarray = products * np.cumsum(shares, axis=0)
    return found
