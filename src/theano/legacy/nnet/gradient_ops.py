"""What Theano's gradients of softmax and cross-entropies are, as operations: each is a name for an expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.linalg.matrices import Composed
from theano.tensor.nnet.losses.crossentropy import as_classes, picked
from theano.tensor.nnet.softmax import as_rows, through_softmax
from theano.tensor.opsupport import zero_gradient
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "CrossentropyCategorical1HotGrad", "CrossentropySoftmax1HotWithBiasDx", "SoftmaxGrad",
    "crossentropy_categorical_1hot_grad", "crossentropy_softmax_1hot_with_bias_dx", "softmax_grad",
]  # fmt: skip


class SoftmaxGrad(Composed):
    """``(dy, sm)``: the gradient of rows, from that of their softmax `sm`.

    Parameters
    ----------
    dy, sm : tensor_like
        Matrices (m, n) of floats.

    Returns
    -------
    matrix
        (m, n): ``(dy - sum(dy * sm)) * sm`` in each row.

    Raises
    ------
    ValueError
        One is no matrix of floats.

    Examples
    --------
    >>> T.nnet.softmax_grad([[1.0, 0.0]], [[0.5, 0.5]]).eval()
    array([[ 0.25, -0.25]])
    """

    __props__ = ()

    def make_node(self, dy: Any, sm: Any) -> Apply:
        return super().make_node(as_rows(dy, "dy"), as_rows(sm, "sm"))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        dy, sm = inputs
        return [through_softmax(fitting("softmax_grad", "dy", {"dy": (dy, "rc"), "sm": (sm, "rc")}), sm)]


class CrossentropySoftmax1HotWithBiasDx(Composed):
    """``(dy, sm, y_idx)``: the gradient of rows, from that of the cross-entropies of their softmax `sm` with classes.

    `dy` is a vector, or one number for all.

    Parameters
    ----------
    dy : tensor_like
        A vector (m,) or a number.
    sm : tensor_like
        A matrix (m, n) of floats.
    y_idx : tensor_like
        A vector (m,) of integers.

    Returns
    -------
    matrix
        (m, n): ``dy[i] * (sm[i, j] - (j == y_idx[i]))``.

    Raises
    ------
    ValueError
        `dy` is a matrix, or `sm` none of floats.
    TypeError
        `y_idx` is no vector of integers.

    Examples
    --------
    >>> T.nnet.crossentropy_softmax_1hot_with_bias_dx([2.0], [[0.25, 0.75]], [1]).eval()
    array([[ 0.5, -0.5]])
    """

    __props__ = ()

    def make_node(self, dy: Any, sm: Any, y_idx: Any) -> Apply:
        dy = as_tensor_variable(dy)
        if dy.type.ndim > 1:
            raise ValueError(f"dy must be a vector or a number, got {dy.type}")
        return super().make_node(dy, as_rows(sm, "sm"), as_classes(y_idx, "y_idx"))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        dy, sm, y = inputs
        sides = {"dy": (dy, "r"[: dy.type.ndim]), "sm": (sm, "rc"), "y_idx": (y, "r")}
        y = fitting("crossentropy_softmax_1hot_with_bias_dx", "y_idx", sides)
        dy = fitting("crossentropy_softmax_1hot_with_bias_dx", "dy", sides)
        dx = sm * (dimshuffle(dy, (0, "x")) if dy.type.ndim else dy)
        return [inc_subtensor(picked(dx, y), -dy)]


class CrossentropyCategorical1HotGrad(Composed):
    """``(g_y, coding_dist, true_one_of_n)``: the gradient of probabilities, from that of their cross-entropies.

    Parameters
    ----------
    g_y : tensor_like
        A vector (m,).
    coding_dist : tensor_like
        A matrix (m, n) of floats.
    true_one_of_n : tensor_like
        A vector (m,) of integers.

    Returns
    -------
    matrix
        (m, n): ``-g_y[i] / coding_dist[i, j]`` where j is the class of i, else 0.

    Raises
    ------
    ValueError
        `coding_dist` is no matrix of floats.
    TypeError
        `true_one_of_n` is no vector of integers.

    Examples
    --------
    >>> T.nnet.crossentropy_categorical_1hot_grad([1.0], [[0.25, 0.75]], [0]).eval()
    array([[-4.,  0.]])
    """

    __props__ = ()

    def make_node(self, g_y: Any, coding_dist: Any, true_one_of_n: Any) -> Apply:
        return super().make_node(g_y, as_rows(coding_dist, "coding_dist"), as_classes(true_one_of_n, "true_one_of_n"))

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        g, p, t = inputs
        sides = {"g_y": (g, "r"), "coding_dist": (p, "rc"), "true_one_of_n": (t, "r")}
        t = fitting("crossentropy_categorical_1hot_grad", "true_one_of_n", sides)
        g = fitting("crossentropy_categorical_1hot_grad", "g_y", sides)
        return [inc_subtensor(picked(zero_gradient(p), t), -g / picked(p, t))]


softmax_grad = SoftmaxGrad()
crossentropy_softmax_1hot_with_bias_dx = CrossentropySoftmax1HotWithBiasDx()
crossentropy_categorical_1hot_grad = CrossentropyCategorical1HotGrad()
