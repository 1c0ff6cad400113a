"""The product of all other elements: the derivative of a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Op
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.masks import mixed
from theano.tensor.opsupport import Shapes, holomorphic, single
from theano.tensor.pointwise.math import cast, eq, switch, true_div
from theano.tensor.reductions.careduce import all_axes
from theano.tensor.reductions.recurrence import LinearRecurrence, backwards, delayed, products_before
from theano.tensor.reductions.reduction import prod
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.reshaping import reshape
from theano.tensor.shaping.shape import product, shape_tuple
from theano.tensor.variable import LATE, as_tensor_variable

__all__ = ["ProductOfOthers"]


class ProductOfOthers(Op):
    """For each element the product of the other elements along some axes.

    Parameters
    ----------
    axis
        Axes, None for all.
    dtype
        That of the result.

    Examples
    --------
    >>> ProductOfOthers(None, "float64")(T.constant([2.0, 3.0, 0.0])).eval()
    array([0., 0., 6.])
    """

    __props__ = ("axis", "dtype")

    def __init__(self, axis: tuple[int, ...] | None, dtype: str) -> None:
        self.axis = axis
        self.dtype = dtype

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return single(self, [x], self.dtype, x.type.shape)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        """With the product of the nonzero elements p: p/x where no element is zero.

        Where exactly one is, p at that element and 0 at the others; 0 where there are more.
        """
        (x,) = inputs
        zero = eq(x, 0)
        nonzero = switch(zero, 1, x)
        zeros = sum_(zero, axis=self.axis, keepdims=True)
        p = prod(nonzero, axis=self.axis, dtype=self.dtype, keepdims=True)
        counts = eq(zeros, zero)  # no zero at all, or this element is the only one
        return [cast(switch(counts, true_div(p, nonzero), 0), self.dtype)]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,), (g,) = inputs, gs
        axes = all_axes(self.axis, x.type.ndim)
        return [mixed(g, axes, lambda v: self._times_derivative(x, v), [x])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        # the matrix of derivatives is symmetric
        return [None if eval_points[0] is None else self._times_derivative(inputs[0], eval_points[0])]

    def _times_derivative(self, x: Any, g: Any) -> Any:
        """``sum(g[i] * P[i, k] for i != k)`` for each k, where P is the product of the elements but `i` and `k`.

        No division: elements may be zero. Without element `i`, the product is that of the elements before and of
        those behind it.
        """
        axes = all_axes(self.axis, x.type.ndim)
        order = [*(i for i in range(x.type.ndim) if i not in axes), *axes]
        turned = x.dimshuffle(order)
        lengths = shape_tuple(turned)
        kept = len(order) - len(axes)
        flat_lengths = [*lengths[:kept], product(lengths[kept:])]
        flat = reshape(cast(turned, self.dtype), flat_lengths)
        into = reshape(g.dimshuffle(order), flat_lengths)
        before = products_before(flat, kept)
        behind = backwards(products_before(backwards(flat, kept), kept), kept)
        found = _through_before(flat, into * behind, before, kept)
        found += backwards(
            _through_before(
                backwards(flat, kept), backwards(into * before, kept), backwards(behind, kept), kept
            ),
            kept,
        )
        back = reshape(found, lengths, ndim=x.type.ndim).dimshuffle([order.index(i) for i in range(x.type.ndim)])
        return patternbroadcast(back, x.type.broadcastable)


def _through_before(x: Any, g: Any, before: Any, axis: int) -> Any:
    """The gradient of `x` from that of ``products_before(x)``."""
    back = LinearRecurrence(axis, shifted=True)
    return before * backwards(back(backwards(x, axis), delayed(backwards(g, axis), axis, 0)), axis)


LATE["product_of_others"] = lambda x, axis, dtype: ProductOfOthers(axis, dtype)(x)
