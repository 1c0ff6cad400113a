"""Softmax along any axes: what rewriting makes of ratios of exponentials that are not rows of a matrix.

They are operations of their own, not a maximum, differences and a ratio, so that rules about ratios and
sums leave them whole until lowering writes them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.math import exp, log
from theano.tensor.opsupport import Shapes, single
from theano.tensor.reduction import sum as sum_
from theano.tensor.reduction import supremum


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
        return [e / sum_(e, axis=self.axis, keepdims=True)]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        with np.errstate(all="ignore"):
            e = np.exp(self._shifted(inputs[0]))
            out[0][0] = (e / e.sum(axis=self.axis, keepdims=True)).astype(inputs[0].dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def _shifted(self, x: np.ndarray) -> np.ndarray:
        wide = x.astype("float64" if x.dtype != np.float16 else "float32")
        shifted: np.ndarray = wide - wide.max(axis=self.axis, keepdims=True, initial=-np.inf)
        return shifted


class LogSoftmaxAlong(SoftmaxAlong):
    """The logarithm of `SoftmaxAlong`, computed without underflow."""

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        below = inputs[0] - supremum(inputs[0], axis=self.axis, keepdims=True)
        return [below - log(sum_(exp(below), axis=self.axis, keepdims=True))]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        with np.errstate(all="ignore"):
            below = self._shifted(inputs[0])
            total = np.exp(below).sum(axis=self.axis, keepdims=True)
            out[0][0] = (below - np.log(total)).astype(inputs[0].dtype)
