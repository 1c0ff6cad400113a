"""Rows normalised by their own mean and variance, or by their own mean square."""

from __future__ import annotations

from typing import Any

from theano.scalar.dtypes import FLOAT
from theano.tensor.checks.shape_agreement import fitting
from theano.tensor.nnet.normalising.bn import in_float32
from theano.tensor.nnet.normalising.epsilon import epsilon_like
from theano.tensor.pointwise.math import cast, sqr, sqrt
from theano.tensor.reductions.careduce import different_axes
from theano.tensor.reductions.statistics import mean, var
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.variable import as_tensor_variable

__all__ = ["layer_norm", "rms_norm"]


def layer_norm(x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float = 1e-5) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, mean and variance along `axis`.

    After J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016. Unlike batch normalisation it is the same
    when a network is trained and when it is used.

    Parameters
    ----------
    x
        Tensor of floats. float16 is computed in float32.
    gamma, beta
        Scale and shift, optional: tensors of which the axes are those of `axis`, in order.
    axis
        An axis of `x`, or some.
    epsilon
        Added to the variance: a number that is not negative, or a 0-d tensor.

    Returns
    -------
    tensor
        Of the shape and dtype of `x`.

    Raises
    ------
    TypeError
        `x` is not of floats, `axis` is no integer, or `epsilon` no number.
    ValueError
        There is no such axis or it is named twice, `epsilon` is negative or not finite, or `gamma` or `beta` has
        another number of axes.

    Examples
    --------
    >>> T.nnet.layer_norm(T.constant([[1., 3.], [5., 5.]]), epsilon=0.25).eval().round(4)
    array([[-0.8944,  0.8944],
           [ 0.    ,  0.    ]])
    """
    rows = _Rows("layer_norm", x, axis)
    centred = rows.x - mean(rows.x, axis=rows.axes, keepdims=True)
    spread = sqrt(var(rows.x, axis=rows.axes, keepdims=True) + rows.epsilon(epsilon))
    return rows.finished(centred * (1 / spread), gamma, beta)  # one division for a row, also in the gradient


def rms_norm(x: Any, gamma: Any = None, axis: Any = -1, epsilon: float = 1e-6) -> Any:
    """``x / sqrt(mean(x**2) + epsilon) * gamma``, the mean along `axis`.

    After B. Zhang, R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Parameters
    ----------
    x, gamma, axis
        See `layer_norm`.
    epsilon
        Added to the mean square, as in `layer_norm`.

    Returns
    -------
    tensor
        Of the shape and dtype of `x`.

    Raises
    ------
    TypeError, ValueError
        See `layer_norm`.

    Examples
    --------
    >>> T.nnet.rms_norm(T.constant([3., 4.]), epsilon=0.).eval().round(4)
    array([0.8485, 1.1314])
    """
    rows = _Rows("rms_norm", x, axis)
    size = sqrt(mean(sqr(rows.x), axis=rows.axes, keepdims=True) + rows.epsilon(epsilon))
    return rows.finished(rows.x * (1 / size), gamma)


class _Rows:
    """What both have in common: the axes, the dtype they compute in, parameters."""

    def __init__(self, what: str, x: Any, axis: Any) -> None:
        x = as_tensor_variable(x)
        if x.type.dtype not in FLOAT:
            raise TypeError(f"{what}: x must be a tensor of floats, got {x.type}")
        self.what, self.dtype = what, x.type.dtype
        self.axes = different_axes(what, axis, x.type.ndim) or tuple(range(x.type.ndim))
        self.x = in_float32(x)

    def epsilon(self, value: Any) -> Any:
        return epsilon_like(self.what, value, self.x)

    def finished(self, made: Any, gamma: Any, beta: Any = None) -> Any:
        """The rows with scale and shift, in the dtype of `x`."""
        given = {name: as_tensor_variable(v) for name, v in (("gamma", gamma), ("beta", beta)) if v is not None}
        for name, v in given.items():
            if v.type.ndim != len(self.axes):
                wanted = f"{len(self.axes)} axes, as many as there are in axis={self.axes}"
                raise ValueError(f"{self.what}: {name} must have {wanted}; got {v.type}")
        if gamma is not None:
            made = made * self._widened("gamma", given)
        if beta is not None:
            made = made + self._widened("beta", given)
        return cast(made, self.dtype)

    def _widened(self, name: str, given: dict[str, Any]) -> Any:
        """A parameter with all axes of `x`."""
        letters = [str(a) for a in range(self.x.type.ndim)]
        of_axes = [letters[a] for a in self.axes]
        parameter = fitting(self.what, name, {"x": (self.x, letters)} | {k: (v, of_axes) for k, v in given.items()})
        places = iter(range(len(self.axes)))
        return dimshuffle(parameter, [next(places) if a in self.axes else "x" for a in range(self.x.type.ndim)])
