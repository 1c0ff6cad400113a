"""Softmax along any axes: of stacks, and what rewriting makes of ratios of exponentials.

They are operations of their own, not a maximum, differences and a ratio, so that rules about ratios and
sums leave them whole until lowering writes them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.opsupport import Shapes, single
from theano.tensor.pointwise.math import exp, log
from theano.tensor.reductions.extremes import supremum
from theano.tensor.reductions.reduction import sum as sum_


class SoftmaxAlong(Op):
    """``exp(x) / exp(x).sum(axis, keepdims=True)``, computed without overflow.

    Examples
    --------
    >>> SoftmaxAlong((0, 2))(T.tensor3())                        # doctest: +SKIP
    SoftmaxAlong{axis=(0, 2)}.0
    """

    __props__ = ("axis",)
    never_fails = True

    def __init__(self, axis: Sequence[int]) -> None:
        self.axis = tuple(axis)

    def make_node(self, x: Any) -> Apply:
        return single(self, [x], x.type.dtype, x.type.shape)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        e = exp(inputs[0] - supremum(inputs[0], axis=self.axis, keepdims=True))
        return [e / self._total(e)]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        with np.errstate(all="ignore"):
            e = np.exp(self._shifted(inputs[0]))
            out[0][0] = (e / e.sum(axis=self.axis, keepdims=True)).astype(inputs[0].dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [self._through(gs[0], outputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self._through(eval_points[0], self(inputs[0]))]

    def _total(self, x: Any) -> Any:
        return sum_(x, axis=self.axis, keepdims=True)

    def _through(self, g: Any, sm: Any) -> Any:
        """What the derivative, a symmetric matrix for each row, makes of `g`; `sm` is the softmax."""
        return (g - self._total(g * sm)) * sm

    def _shifted(self, x: np.ndarray) -> np.ndarray:
        wide = x.astype("float64" if x.dtype != np.float16 else "float32")
        shifted: np.ndarray = wide - wide.max(axis=self.axis, keepdims=True, initial=-np.inf)
        return shifted


class LogSoftmaxAlong(SoftmaxAlong):
    """The logarithm of `SoftmaxAlong`, computed without underflow."""

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        below = inputs[0] - supremum(inputs[0], axis=self.axis, keepdims=True)
        return [below - log(self._total(exp(below)))]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        with np.errstate(all="ignore"):
            below = self._shifted(inputs[0])
            total = np.exp(below).sum(axis=self.axis, keepdims=True)
            out[0][0] = (below - np.log(total)).astype(inputs[0].dtype)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [gs[0] - self._total(gs[0]) * SoftmaxAlong(self.axis)(inputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        e = eval_points[0]
        return [None if e is None else e - self._total(e * SoftmaxAlong(self.axis)(inputs[0]))]
