"""Cross-entropies: of probabilities, of sigmoids, and of softmax with integer targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.graph.common_text import fill
from theano.graph.own_text import CalledText
from theano.scalar.dtypes import FLOAT, INTEGER
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.indexing.indexing import getitem
from theano.tensor.indexing.subtensor import inc_subtensor
from theano.tensor.making.ranges import arange
from theano.tensor.nnet.softmax import (
    as_rows,
    exact,
    logsoftmax_op,
    numpy_shifted,
    softmax_op,
    through_softmax,
)
from theano.tensor.opsupport import Shapes, disconnected, is_disconnected, new_tensor, single, zero_gradient
from theano.tensor.pointwise.math import ge, log, softplus
from theano.tensor.reductions.extremes import argmax
from theano.tensor.reductions.extremes import max as max_
from theano.tensor.reductions.reduction import all as all_
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

NEGATIVE_CLASS = "y_i value out of bounds: a class is negative"


def picked(p: Any, t: Any) -> Any:
    """``p[i, t[i]]`` for every row `i`; not even a class that is declared as broadcastable stands for several rows."""
    if t.type.broadcastable[0]:
        p = patternbroadcast(p, (True, p.type.broadcastable[1]))
    return getitem(p, (arange(shape_i(p, 0)), t))


def as_classes(t: Any, what: str) -> Any:
    """`t` as a vector of classes; TypeError if it is none."""
    t = as_tensor_variable(t)
    if t.type.ndim != 1 or t.type.dtype not in INTEGER:
        raise TypeError(f"{what} must be a vector of integers, got {t.type}")
    return t


class CrossentropyCategorical1Hot(Op):
    """``-log(p[i, t[i]])`` for a matrix of probabilities and a vector of classes.

    Parameters
    ----------
    coding_dist : tensor_like
        The probabilities, a matrix (m, n) of floats.
    true_one_of_n : tensor_like
        The classes, a vector (m,) of integers; negative ones count from the end.

    Returns
    -------
    vector
        (m,), of the dtype of `coding_dist`.

    Raises
    ------
    TypeError
        `coding_dist` is no matrix of floats, or `true_one_of_n` no vector of integers.
    ValueError
        When it runs: there are not as many classes as rows.
    IndexError
        When it runs: there is no such class.

    Examples
    --------
    >>> crossentropy_categorical_1hot(T.matrix(), T.lvector())
    CrossentropyCategorical1Hot.0
    """

    __props__ = ()

    def make_node(self, coding_dist: Any, true_one_of_n: Any) -> Apply:
        p = as_tensor_variable(coding_dist)
        t = as_classes(true_one_of_n, "true_one_of_n")
        if p.type.ndim != 2 or p.type.dtype not in FLOAT:
            raise TypeError(f"coding_dist must be a matrix of floats, got {p.type}")
        return single(self, [p, t], p.type.dtype, p.type.shape[:1])

    @staticmethod
    def _fitting(p: Any, t: Any) -> tuple[Any, Any]:
        sides = {"coding_dist": (p, "rc"), "true_one_of_n": (t, "r")}
        return p, fitting("categorical_crossentropy", "true_one_of_n", sides)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        p, t = self._fitting(*inputs)
        return [patternbroadcast(-log(picked(p, t)), p.type.broadcastable[:1])]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        p, t = inputs
        if len(p) != len(t):
            shapes = f"coding_dist {p.shape}, true_one_of_n {t.shape}"
            raise ValueError(f"categorical_crossentropy: {len(p)} rows of probabilities, {len(t)} targets: {shapes}")
        with np.errstate(all="ignore"):
            out[0][0] = -np.log(p[np.arange(len(t)), t])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        p, t = self._fitting(*inputs)
        place = picked(zero_gradient(p), t)
        dp = inc_subtensor(place, -gs[0] / picked(p, t))
        return [patternbroadcast(dp, p.type.broadcastable), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        p, t = inputs
        return [None if eval_points[0] is None else -picked(eval_points[0], t) / picked(p, t)]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True], [False]]


crossentropy_categorical_1hot = CrossentropyCategorical1Hot()


class CrossentropySoftmaxArgmax1HotWithBias(Op):
    """Of ``x + b``: the cross-entropy of its softmax with classes `y_idx`, the softmax, and the argmax.

    Parameters
    ----------
    from_end
        Whether negative classes count from the end; else they are a ValueError.

    Returns
    -------
    nll, softmax, argmax
        Called with `x`, a matrix (m, n) of floats, `b`, a vector (n,) of floats, and `y_idx`, a vector (m,) of
        integers: a vector (m,) and a matrix (m, n) of the dtype of `x`, and a vector (m,) of that of `y_idx`.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument is none of these; or when it runs: lengths differ, or a class is negative.
    IndexError
        When it runs: there is no such class.

    Notes
    -----
    ``-log(softmax(x + b)[i, y_idx[i]])``.

    Examples
    --------
    >>> op = CrossentropySoftmaxArgmax1HotWithBias()
    >>> nll, sm, where = op(T.constant([[0., 0.]]), T.constant([0., 1.]), T.constant([1]))
    >>> nll.eval().round(4), sm.eval().round(4), where.eval()
    (array([0.3133]), array([[0.2689, 0.7311]]), array([1]))
    """

    __props__ = ("from_end",)

    def __init__(self, from_end: bool = False) -> None:
        self.from_end = from_end

    def __str__(self) -> str:
        return type(self).__name__

    def _classes(self, y: Any) -> Any:
        """`y`, checked."""
        if self.from_end or y.type.dtype.startswith("uint"):
            return y
        return Assert(NEGATIVE_CLASS, ValueError)(y, all_(ge(y, 0)))

    def make_node(self, x: Any, b: Any, y_idx: Any) -> Apply:
        x, b, y = as_rows(x, "x"), as_tensor_variable(b), as_tensor_variable(y_idx)
        if b.type.ndim != 1 or b.type.dtype not in FLOAT:
            raise ValueError(f"b must be 1-d tensor of floats. Got {b.type}")
        if y.type.ndim != 1 or y.type.dtype not in INTEGER:
            raise ValueError(f"y_idx must be 1-d tensor of [u]ints. Got {y.type}")
        rows = x.type.shape[:1]
        outputs = [
            new_tensor(x.type.dtype, rows),
            new_tensor(x.type.dtype, x.type.shape),
            new_tensor(y.type.dtype, rows),
        ]
        return Apply(self, [x, b, y], outputs)

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        x, b, y = inputs
        b = fitting("crossentropy_softmax_1hot_with_bias", "b", {"x": (x, "rc"), "b": (b, "c"), "y_idx": (y, "r")})
        z = (x + dimshuffle(b, ("x", 0))).astype(x.type.dtype)
        nll = patternbroadcast(-picked(logsoftmax_op(z), self._classes(y)), x.type.broadcastable[:1])
        return [nll, softmax_op(z), argmax(z, axis=1).astype(y.type.dtype)]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, b, y = inputs
        shapes = f"x {x.shape}, b {b.shape}, y_idx {y.shape}"
        if len(x) != len(y):
            raise ValueError(f"dimension mismatch in x, y_idx arguments: {len(x)} rows, {len(y)} targets: {shapes}")
        if x.shape[1] != len(b):
            raise ValueError(f"dimension mismatch in x, b arguments: {x.shape[1]} columns, {len(b)} biases: {shapes}")
        if not self.from_end and (y < 0).any():
            raise ValueError(NEGATIVE_CLASS)
        with np.errstate(all="ignore"):
            z = exact(x) + b
            below = numpy_shifted(z)
            e = np.exp(below)
            total = e.sum(axis=1, keepdims=True)
            rows = np.arange(len(y))
            out[0][0] = (np.log(total[:, 0]) - below[rows, y]).astype(x.dtype)
            out[1][0] = (e / total).astype(x.dtype)
            out[2][0] = z.argmax(axis=1).astype(y.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:1], shapes[0], shapes[0][:1]]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x, b, y), sm = inputs, outputs[1]
        g_nll, g_sm, _ = gs
        parts = []
        if not is_disconnected(g_nll):
            dx = sm * dimshuffle(g_nll, (0, "x"))
            of_class = picked(dx, self._classes(y))
            parts.append(patternbroadcast(inc_subtensor(of_class, -g_nll), x.type.broadcastable))
        if not is_disconnected(g_sm):
            parts.append(through_softmax(g_sm, sm))
        if not parts:
            return [zero_gradient(x), zero_gradient(b), disconnected()]
        dx = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return [dx, patternbroadcast(sum_(dx, axis=0), b.type.broadcastable), disconnected()]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        x, b, y = inputs
        points = [
            e if e.type.ndim == 2 else dimshuffle(e, ("x", 0)) for e in eval_points[:2] if e is not None
        ]
        if not points:
            return [None, None, None]
        sm = self(*inputs)[1]
        e = sm * 0 + sum(points[1:], points[0])
        return [sum_(e * sm, axis=1) - picked(e, self._classes(y)), through_softmax(e, sm), None]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, True, False], [True, True, False], [False, False, False]]


crossentropy_softmax_argmax_1hot_with_bias = CrossentropySoftmaxArgmax1HotWithBias()


def crossentropy_softmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, **kwargs: Any
) -> tuple[Variable, Variable]:
    """The cross-entropy of ``softmax(x + b)`` with classes `y_idx`, and that softmax.

    Parameters
    ----------
    x : tensor_like
        A matrix (m, n) of floats, or a vector as one row.
    b : tensor_like
        A vector (n,) of floats.
    y_idx : tensor_like
        The classes, a vector (m,) of integers.
    **kwargs
        What ops take when they are called, as `name`.

    Returns
    -------
    nll : vector
        (m,), of the dtype of `x`: ``-log(softmax(x + b)[i, y_idx[i]])``.
    softmax : matrix
        (m, n), of the dtype of `x`.

    Raises
    ------
    <tensor errors>
    ValueError
        An argument has another number of dimensions or another kind of dtype; or when it runs: lengths differ, or a
        class is negative.
    IndexError
        When it runs: there is no such class.

    Examples
    --------
    >>> x, b, y = T.constant([[0., 1.]]), T.constant([1., 0.]), T.constant([1])
    >>> nll, sm = T.nnet.crossentropy_softmax_1hot_with_bias(x, b, y)
    >>> nll.eval()
    array([0.69314718])

    References
    ----------
    ``log(sum(exp(x + b))) - (x + b)[y]``: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section
    6.2.2.3.
    """
    return tuple(crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx, **kwargs)[:2])


def _no_bias(x: Any) -> tuple[Variable, Variable]:
    x = as_rows(x, "x")
    return x, zero_gradient(getitem(x, (0,)))


def crossentropy_softmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> tuple[Variable, Variable]:
    """The cross-entropy of ``softmax(x)`` with classes `y_idx`, and that softmax.

    Parameters
    ----------
    x : tensor_like
        A matrix (m, n) of floats, or a vector as one row.
    y_idx : tensor_like
        The classes, a vector (m,) of integers.
    **kwargs
        What ops take when they are called, as `name`.

    Returns
    -------
    nll : vector
        (m,), of the dtype of `x`: ``-log(softmax(x)[i, y_idx[i]])``.
    softmax : matrix
        (m, n), of the dtype of `x`.

    Raises
    ------
    <tensor errors>
    ValueError, IndexError
        See `crossentropy_softmax_1hot_with_bias`.

    Examples
    --------
    >>> nll, sm = T.nnet.crossentropy_softmax_1hot(T.constant([[0., 0.]]), T.constant([1]))
    >>> nll.eval(), sm.eval()
    (array([0.69314718]), array([[0.5, 0.5]]))

    References
    ----------
    ``log(sum(exp(x))) - x[y]``: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 6.2.2.3.
    """
    return crossentropy_softmax_1hot_with_bias(*_no_bias(x), y_idx, **kwargs)


def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, **kwargs: Any
) -> tuple[Variable, Variable, Variable, Variable]:
    """Cross-entropy, softmax, and the maximum and argmax of each row of the softmax of ``x + b``.

    Parameters
    ----------
    x, b, y_idx, **kwargs
        See `crossentropy_softmax_1hot_with_bias`.

    Returns
    -------
    nll, softmax
        See `crossentropy_softmax_1hot_with_bias`.
    max : vector
        (m,), of the dtype of `x`.
    argmax : vector
        (m,), of the dtype of `y_idx`.

    Raises
    ------
    <tensor errors>
    ValueError, IndexError
        See `crossentropy_softmax_1hot_with_bias`.

    Examples
    --------
    >>> x, b, y = T.constant([[0., 0.]]), T.constant([0., 9.]), T.constant([1])
    >>> found = T.nnet.crossentropy_softmax_max_and_argmax_1hot_with_bias(x, b, y)
    >>> [v.eval().round(3).tolist() for v in found]
    [[0.0], [[0.0, 1.0]], [1.0], [1]]

    References
    ----------
    ``log(sum(exp(x + b))) - (x + b)[y]``: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section
    6.2.2.3.
    """
    xent, sm, where = crossentropy_softmax_argmax_1hot_with_bias(x, b, y_idx, **kwargs)
    return xent, sm, max_(sm, axis=-1), where


def crossentropy_softmax_max_and_argmax_1hot(
    x: Any, y_idx: Any, **kwargs: Any
) -> tuple[Variable, Variable, Variable, Variable]:
    """Cross-entropy, softmax, and the maximum and argmax of each row of the softmax of `x`.

    Parameters
    ----------
    x, y_idx, **kwargs
        See `crossentropy_softmax_1hot`.

    Returns
    -------
    nll, softmax
        See `crossentropy_softmax_1hot`.
    max : vector
        (m,), of the dtype of `x`.
    argmax : vector
        (m,), of the dtype of `y_idx`.

    Raises
    ------
    <tensor errors>
    ValueError, IndexError
        See `crossentropy_softmax_1hot_with_bias`.

    Examples
    --------
    >>> found = T.nnet.crossentropy_softmax_max_and_argmax_1hot(T.constant([[0., 9.]]), T.constant([1]))
    >>> [v.eval().round(3).tolist() for v in found]
    [[0.0], [[0.0, 1.0]], [1.0], [1]]

    References
    ----------
    ``log(sum(exp(x))) - x[y]``: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 6.2.2.3.
    """
    return crossentropy_softmax_max_and_argmax_1hot_with_bias(*_no_bias(x), y_idx, **kwargs)


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
    """The cross-entropy of distributions in rows with true distributions, or with a vector of classes.

    Parameters
    ----------
    coding_dist : tensor_like
        Distributions p along the last axis, (..., n), of floats.
    true_dist : tensor_like
        Distributions t of the same shape; or for a matrix (m, n) a vector (m,) of integers, the classes.

    Returns
    -------
    tensor
        (...,), a float dtype: ``-sum(t * log(p))`` over the last axis, or ``-log(p[i, t[i]])``.

    Raises
    ------
    TypeError
        If `true_dist` has neither as many dimensions as `coding_dist` nor one less.

    Examples
    --------
    >>> T.nnet.categorical_crossentropy(T.constant([[.5, .5]]), T.constant([1])).eval()
    array([0.69314718])

    References
    ----------
    I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 6.2.2.3.
    """
    p, t = as_tensor_variable(coding_dist), as_tensor_variable(true_dist)
    if t.type.ndim == p.type.ndim:
        letters = [str(a) for a in range(p.type.ndim)]
        sides = {"coding_dist": (p, letters), "true_dist": (t, letters)}
        t = fitting("categorical_crossentropy", "true_dist", sides)
        return -sum_(t * log(p), axis=p.type.ndim - 1)
    if t.type.ndim == p.type.ndim - 1:
        return crossentropy_categorical_1hot(p, t)
    raise TypeError(
        f"categorical_crossentropy: rank mismatch between coding and true distributions, {p} has {p.type.ndim} "
        f"dimensions and {t} {t.type.ndim}"
    )


def binary_crossentropy(output: Any, target: Any) -> Any:
    """``-(target * log(output) + (1 - target) * log(1 - output))``.

    Parameters
    ----------
    output : tensor_like
        Probabilities, of any shape.
    target : tensor_like
        What is true of them, numbers from 0 to 1, of a shape to broadcast with that of `output`.

    Returns
    -------
    tensor
        Of the common shape and a float dtype.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nnet.binary_crossentropy(T.constant(.5, dtype="float64"), 1).eval()
    array(0.69314718)

    References
    ----------
    I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 6.2.2.2.
    """
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    return -(target * log(output) + (1.0 - target) * log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """``binary_crossentropy(sigmoid(output), target)``, finite for every `output`.

    Parameters
    ----------
    output : tensor_like
        What the sigmoid is to be taken of, of any shape.
    target : tensor_like
        What is true, numbers from 0 to 1, of a shape to broadcast with that of `output`.

    Returns
    -------
    tensor
        Of the common shape and a float dtype: ``target * softplus(-output) + (1 - target) * softplus(output)``.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.nnet.sigmoid_binary_crossentropy(T.constant([-1000., 0.]), T.constant([1., 1.])).eval().round(4)
    array([1.000e+03, 6.931e-01])

    References
    ----------
    ``softplus(x) - t * x``: I. Goodfellow, Y. Bengio, A. Courville, "Deep learning", 2016, section 6.2.2.2.
    """
    output, target = as_tensor_variable(output), as_tensor_variable(target)
    return target * softplus(-output) + (1.0 - target) * softplus(output)


fill(globals())
CrossentropySoftmaxArgmax1HotWithBias.__doc__ = CalledText(  # type: ignore[assignment]
    CrossentropySoftmaxArgmax1HotWithBias.__doc__,
    "x : tensor-like\n    A matrix (m, n) of floats.\nb : tensor-like\n    A vector (n,) of floats.\n"
    "y_idx : tensor-like\n    The classes, a vector (m,) of integers.",
)
