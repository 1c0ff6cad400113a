"""Softmax over the rows of a matrix, and its logarithm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.scalar.dtypes import FLOAT
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.nnet.softmax_along import LogSoftmaxAlong, SoftmaxAlong
from theano.tensor.opsupport import Shapes, single
from theano.tensor.pointwise.math import exp, log
from theano.tensor.reductions.careduce import different_axes
from theano.tensor.reductions.extremes import supremum
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle, shape_padleft
from theano.tensor.variable import as_tensor_variable


def as_rows(x: Any, what: str) -> Any:
    """`x` as a float matrix; a vector becomes one row.

    Raises
    ------
    ValueError
        For other numbers of dimensions and for dtypes that are not float.
    """
    x = as_tensor_variable(x)
    if x.type.ndim not in (1, 2) or x.type.dtype not in FLOAT:
        stacks = " Of stacks write softmax(x, axis=-1), which takes any axes." if x.type.ndim > 2 else ""
        raise ValueError(f"{what} must be 1-d or 2-d tensor of floats. Got {x.type}.{stacks}")
    return shape_padleft(x) if x.type.ndim == 1 else x


def row_sum(x: Any) -> Any:
    """The sums of the rows, as a column."""
    return sum_(x, axis=1, keepdims=True)


def shifted(x: Any) -> Any:
    """`x` minus the maximum of each row: its exponential cannot overflow."""
    return x - supremum(x, axis=1, keepdims=True)


def through_softmax(g: Any, sm: Any) -> Any:
    """What the derivative of softmax (a symmetric matrix for each row) makes of `g`; `sm` is the softmax."""
    return (g - row_sum(g * sm)) * sm


def exact(x: np.ndarray) -> np.ndarray:
    """`x` in the precision in which the reference meaning is computed."""
    return x.astype("float64" if x.dtype != np.float16 else "float32")


def numpy_shifted(x: np.ndarray) -> np.ndarray:
    """`shifted` on arrays."""
    return x - (x.max(axis=1, keepdims=True) if x.shape[1] else 0)


class Softmax(Op):
    """``exp(x) / exp(x).sum(axis=1)``, computed without overflow.

    Parameters
    ----------
    x : tensor_like
        A vector (n,) or matrix (m, n) of floats.

    Returns
    -------
    matrix
        (m, n), for a vector (1, n), of the dtype of `x`; its rows add up to 1.

    Raises
    ------
    <tensor errors>
    ValueError
        `x` has another number of dimensions, or is not of floats.

    Examples
    --------
    >>> Softmax()(T.matrix())
    Softmax.0
    """

    __props__ = ()
    never_fails = True

    def make_node(self, x: Any) -> Apply:
        x = as_rows(x, "x")
        return single(self, [x], x.type.dtype, x.type.shape)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        e = exp(shifted(inputs[0]))
        return [e * (1 / row_sum(e))]  # a sum of at least 1

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        with np.errstate(all="ignore"):
            e = np.exp(numpy_shifted(exact(inputs[0])))
            out[0][0] = (e / e.sum(axis=1, keepdims=True)).astype(inputs[0].dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [through_softmax(gs[0], outputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else through_softmax(eval_points[0], self(inputs[0]))]


class LogSoftmax(Op):
    """``log(softmax(x))``, computed without underflow.

    Parameters
    ----------
    x : tensor_like
        A vector (n,) or matrix (m, n) of floats.

    Returns
    -------
    matrix
        (m, n), for a vector (1, n), of the dtype of `x`.

    Raises
    ------
    <tensor errors>
    ValueError
        `x` has another number of dimensions, or is not of floats.

    Examples
    --------
    >>> LogSoftmax()(T.constant([[0., 1000.]])).eval()
    array([[-1000.,     0.]])
    """

    __props__ = ()
    never_fails = True

    def make_node(self, x: Any) -> Apply:
        x = as_rows(x, "x")
        return single(self, [x], x.type.dtype, x.type.shape)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        below = shifted(inputs[0])
        return [below - log(row_sum(exp(below)))]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        with np.errstate(all="ignore"):
            below = numpy_shifted(exact(inputs[0]))
            out[0][0] = (below - np.log(np.exp(below).sum(axis=1, keepdims=True))).astype(inputs[0].dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        return [gs[0] - row_sum(gs[0]) * softmax_op(inputs[0])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        e = eval_points[0]
        return [None if e is None else e - row_sum(e * softmax_op(inputs[0]))]


class SoftmaxWithBias(Op):
    """``softmax(x + b)`` for a matrix and a vector.

    Parameters
    ----------
    x : tensor_like
        A matrix (m, n) of floats.
    b : tensor_like
        A vector (n,) of floats.

    Returns
    -------
    matrix
        (m, n), of the dtype of `x`; its rows add up to 1.

    Raises
    ------
    <tensor errors>
    ValueError
        `x` or `b` has another number of dimensions, or is not of floats; or when it runs: `b` is not as long as rows
        are.

    Examples
    --------
    >>> SoftmaxWithBias()(T.constant([[0., 1.]]), T.constant([1., 0.])).eval()
    array([[0.5, 0.5]])
    """

    __props__ = ()

    def make_node(self, x: Any, b: Any) -> Apply:
        x, b = as_rows(x, "x"), as_tensor_variable(b)
        if b.type.ndim != 1 or b.type.dtype not in FLOAT:
            raise ValueError(f"b must be 1-d tensor of floats. Got {b.type}")
        return single(self, [x, b], x.type.dtype, x.type.shape)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, b = inputs
        b = fitting("softmax_with_bias", "b", {"x": (x, "rc"), "b": (b, "c")})
        return [softmax_op((x + dimshuffle(b, ("x", 0))).astype(x.type.dtype))]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        dx = through_softmax(gs[0], outputs[0])
        return [dx, patternbroadcast(sum_(dx, axis=0), inputs[1].type.broadcastable)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        x, b = eval_points
        points = ([] if x is None else [x]) + ([] if b is None else [dimshuffle(b, ("x", 0))])
        if not points:
            return [None]
        sm = self(*inputs)
        return [through_softmax(sm * 0 + sum(points[1:], points[0]), sm)]


softmax_op = Softmax()
logsoftmax_op = LogSoftmax()
softmax_with_bias = SoftmaxWithBias()


def softmax(c: Any, axis: Any = None) -> Any:
    """``exp(c) / exp(c).sum()`` of each row of a float matrix; a vector is one row (the result is a matrix).

    Parameters
    ----------
    c : tensor_like
        Of floats: a vector (n,) or matrix (m, n), with `axis` of any number of dimensions.
    axis
        An axis, or some, along which the results add up to 1, of floats with any number of axes. Default: see above.

    Returns
    -------
    tensor
        Of the dtype and shape of `c`; for a vector without `axis` a matrix (1, n).

    Raises
    ------
    <tensor errors>
    ValueError
        `c` is not of floats; without `axis`, it is neither a vector nor a matrix. Or an axis does not exist, or
        is named twice.

    Examples
    --------
    >>> T.nnet.softmax(T.constant([[0., 0.]])).eval()
    array([[0.5, 0.5]])
    >>> T.nnet.softmax(T.zeros((1, 2, 2)), axis=-1).eval().tolist()
    [[[0.5, 0.5], [0.5, 0.5]]]

    References
    ----------
    As `scipy.special.softmax`.
    """
    return softmax_op(c) if axis is None else _along(c, axis, softmax_op, SoftmaxAlong)


def logsoftmax(c: Any, axis: Any = None) -> Any:
    """``log(softmax(c, axis))``, finite where the softmax underflows.

    Parameters
    ----------
    c : tensor_like
        See `softmax`.
    axis
        See `softmax`.

    Returns
    -------
    tensor
        See `softmax`.

    Raises
    ------
    <tensor errors>
    ValueError
        See `softmax`.

    Notes
    -----
    ``x - max(x) - log(sum(exp(x - max(x))))``.

    Examples
    --------
    >>> T.nnet.logsoftmax(T.constant([[0., 1000.]])).eval()
    array([[-1000.,     0.]])

    References
    ----------
    As `scipy.special.log_softmax`.
    """
    return logsoftmax_op(c) if axis is None else _along(c, axis, logsoftmax_op, LogSoftmaxAlong)


def _along(c: Any, axis: Any, of_rows: Op, other: type[SoftmaxAlong]) -> Any:
    x = as_tensor_variable(c)
    if x.type.dtype not in FLOAT:
        raise ValueError(f"softmax: c must be a tensor of floats, got {x.type}")
    axes = different_axes("softmax", axis, x.type.ndim)
    assert axes is not None
    return of_rows(x) if (x.type.ndim, axes) == (2, (1,)) else other(axes)(x)


def softmax_graph(c: Any) -> Any:
    """The softmax as an expression of elementary operations, without protection against overflow.

    Parameters
    ----------
    c : tensor_like
        Of one or more dimensions and any dtype; results add up to 1 along the last axis.

    Returns
    -------
    tensor
        Of the shape of `c` and a float dtype: ``exp(c) / exp(c).sum(axis=-1, keepdims=True)``.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nnet.softmax_graph(T.constant([[0., 0.]])).eval()
    array([[0.5, 0.5]])

    References
    ----------
    ``exp(c) / sum(exp(c))``, as `scipy.special.softmax`.
    """
    e = exp(as_tensor_variable(c))
    return e / sum_(e, axis=-1, keepdims=True)


fill(globals())
