"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.scalar.dtypes import FLOAT, upcast
from theano.tensor.checks.declared_shapes import addbroadcast
from theano.tensor.checks.shape_agreement import Condition, fitting
from theano.tensor.nnet.normalising.epsilon import epsilon_like as _epsilon_like
from theano.tensor.pointwise.math import cast, eq, sqrt, tensor_copy
from theano.tensor.reductions.statistics import mean, var
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import product, shape_i
from theano.tensor.variable import as_tensor_variable

Axes = str | int | Sequence[int]
LEAST = 1e-5  # what cuDNN takes


def _axes(x: Any, axes: Axes) -> tuple[int, ...]:
    """The axes over which statistics are taken."""
    ndim = x.type.ndim
    if isinstance(axes, str):
        if axes == "per-activation":
            return (0,)
        if axes != "spatial":
            raise ValueError(f"invalid axes: {axes!r}; expected 'per-activation', 'spatial' or a tuple")
        return (0, *range(2, ndim))
    several: Any = axes if isinstance(axes, (list, tuple, np.ndarray)) else [axes]
    found = [int(a) for a in several]
    if not found or len(set(found)) < len(found) or min(found) < 0 or max(found) >= ndim:
        raise ValueError(
            f"invalid axes: {axes!r} for {ndim} dimensions; expected different numbers in [0, {ndim})"
        )
    return tuple(sorted(found))


def alone(given: Mapping[str, Any], axes: Sequence[int]) -> list[Condition]:
    """What `fitting` is to require of parameters with all axes: length 1 along those of the statistics.

    Parameters
    ----------
    given
        The parameters by name.
    axes
        Those of the statistics.

    Returns
    -------
    list
        A condition for each parameter and axis, what it means, and the class of the error.

    Examples
    --------
    >>> gamma = T.constant(np.ones((2, 3)))
    >>> [(condition.eval().tolist(), text) for condition, text, _ in alone({"gamma": gamma}, (0,))]
    [(False, 'gamma.shape[0] must be 1')]

    References
    ----------
    ``gamma.shape[a] == 1``: there is one parameter for all of which a mean is taken, S. Ioffe, C. Szegedy, "Batch
    normalization", 2015, algorithm 1.
    """
    return [
        (eq(shape_i(p, a), 1), f"{name}.shape[{a}] must be 1", ValueError)
        for name, p in given.items() for a in axes if not p.type.broadcastable[a]
    ]  # fmt: skip


class _Form:
    """Whether parameters have all axes or only the kept ones."""

    def __init__(self, what: str, x: Any, axes: Axes) -> None:
        if x.type.dtype not in FLOAT:  # of which epsilon would be none
            raise TypeError(f"{what}: inputs must be a tensor of floats, got {x.type}")
        self.x, self.what = x, what
        self.axes = _axes(x, axes)
        self.ndim = x.type.ndim
        self.kept = [i for i in range(self.ndim) if i not in self.axes]

    def widened(self, **parameters: Any) -> list[Any]:
        """Parameters with all axes, broadcastable over those of the statistics."""
        given = {name: as_tensor_variable(p) for name, p in parameters.items()}
        for name, p in given.items():
            if p.type.ndim not in (self.ndim, len(self.kept)):
                wanted = f"{self.ndim} or {len(self.kept)} dimensions, as x has {self.ndim} and axes are {self.axes}"
                raise ValueError(f"{self.what}: {name} must have {wanted}; got {p} with {p.type.ndim}")
        letters = [str(i) for i in range(self.ndim)]
        kept = ["" if i in self.axes else letters[i] for i in range(self.ndim)]
        sides = {"x": (self.x, letters)}
        for name, p in given.items():
            sides[name] = (p, kept if p.type.ndim == self.ndim else [c for c in kept if c])
        of_all = {name: p for name, p in given.items() if p.type.ndim == self.ndim != len(self.kept)}
        return [self._wide(fitting(self.what, name, sides, alone(of_all, self.axes))) for name in given]

    def _wide(self, p: Any) -> Any:
        if p.type.ndim == self.ndim:
            return addbroadcast(p, *self.axes)
        places = iter(range(len(self.kept)))
        return dimshuffle(p, ["x" if i in self.axes else next(places) for i in range(self.ndim)])

    def narrow(self, p: Any, like: Any) -> Any:
        """A statistic in the form of the parameter `like`."""
        return p if as_tensor_variable(like).type.ndim == self.ndim else dimshuffle(p, self.kept)


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Axes = "per-activation",
    epsilon: Any = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Any, ...]:
    """`inputs` normalised by the mean and variance of the batch.

    Parameters
    ----------
    inputs : tensor_like
        Floats with any number of dimensions.
    gamma, beta : tensor_like
        Scale and shift; of the dimensions of `inputs` (length 1 along `axes`) or only of those kept.
    axes : {'per-activation', 'spatial'} or tuple of int
        Which axes the statistics go over: 0; 0, 2, 3, ...; or these.
    epsilon : float
        Added to the variance: a number, at least 1e-5, or a 0-d tensor.
    running_average_factor : float
        The weight of the batch in the new running statistics.
    running_mean, running_var : tensor_like, optional
        The running statistics until now, of the shape of `gamma`.

    Returns
    -------
    out, mean, invstd : and, if given, the new running mean and running variance

    Raises
    ------
    TypeError
        An argument can't become a tensor, `inputs` are not of floats, or `epsilon` is no number.
    ValueError
        `axes` is none of these, `epsilon` is too small or not finite, or a parameter has another number of
        dimensions; or when it runs: other lengths.

    Notes
    -----
    ``out = (x - mean) * gamma * invstd + beta`` with ``invstd = 1 / sqrt(var + epsilon)``. The new running statistics
    are ``(1 - f) * running_mean + f * mean`` and ``(1 - f) * running_var + f * var * m / (m - 1)``, of m elements each
    (of one element no variance is known: NaN).
    S. Ioffe, C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015.

    Examples
    --------
    >>> out, mean, invstd = batch_normalization_train(T.matrix(), T.vector(), T.vector())
    """
    x = as_tensor_variable(inputs)
    form = _Form("batch_normalization_train", x, axes)
    given = {"gamma": gamma, "beta": beta, "running_mean": running_mean, "running_var": running_var}
    given = {name: v for name, v in given.items() if v is not None}
    wide = dict(zip(given, form.widened(**given), strict=True))
    running = [wide.get(name) for name in ("running_mean", "running_var")]
    factor = as_tensor_variable(running_average_factor)
    number = _epsilon_like(form.what, epsilon, x, LEAST)
    found = trained(x, wide["gamma"], wide["beta"], form.axes, number, factor, *running)
    likes = [gamma, gamma, *(v for v in (running_mean, running_var) if v is not None)]
    return (found[0], *(form.narrow(v, like) for v, like in zip(found[1:], likes, strict=True)))


def trained(
    x: Any, scale: Any, shift: Any, axes: tuple[int, ...], epsilon: Any, factor: Any,
    running_mean: Any, running_var: Any,
) -> list[Any]:  # fmt: skip
    """What `batch_normalization_train` returns, of variables that have all axes, and with all axes.

    Parameters
    ----------
    x, scale, shift, epsilon, factor, running_mean, running_var
        Tensors with all axes (or none); the running ones may be None.
    axes : tuple of int
        Over which statistics are taken.

    Returns
    -------
    list of tensors
        See above.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> x, one = T.constant([[1.0], [3.0]]), T.constant([[1.0]])
    >>> found = trained(x, one, one, (0,), T.constant(1e-4), T.constant(0.1), None, None)
    >>> found[1].eval()
    array([[2.]])

    References
    ----------
    ``(x - mean) / sqrt(var + epsilon) * gamma + beta``: S. Ioffe, C. Szegedy, "Batch normalization", 2015,
    algorithm 1.
    """
    wide, dtype = in_float32(x), x.type.dtype
    batch_mean = mean(wide, axis=axes, keepdims=True)
    batch_var = var(wide, axis=axes, keepdims=True)
    invstd = 1 / sqrt(batch_var + epsilon)
    made = (wide - batch_mean) * (scale * invstd) + shift
    results = [cast(made, upcast(dtype, scale.type.dtype, shift.type.dtype)), cast(batch_mean, dtype)]
    results.append(cast(invstd, dtype))
    if running_mean is not None:
        new = running_mean * (1 - factor) + batch_mean * factor
        results.append(cast(new, upcast(dtype, running_mean.type.dtype, factor.type.dtype)))
    if running_var is not None:
        m = count(wide, axes)
        new = running_var * (1 - factor) + m / (m - 1) * batch_var * factor
        results.append(cast(new, upcast(dtype, running_var.type.dtype, factor.type.dtype)))
    return results


def in_float32(x: Any) -> Any:
    """`x`, if it is of float16 in float32: a variance of numbers from 256 on may be beyond float16.

    Parameters
    ----------
    x : tensor
        Of any dtype.

    Returns
    -------
    tensor
        Of the shape of `x`. Its gradient comes back in the dtype of `x`.

    Examples
    --------
    >>> x = T.TensorType("float16", (False,))("x")
    >>> in_float32(x).dtype, T.grad(in_float32(x).sum(), x).dtype
    ('float32', 'float16')

    References
    ----------
    ``y = x``: P. Micikevicius et al., "Mixed precision training", 2018, section 3.3, for statistics of batches.
    """
    # A cast alone would have a gradient of float32; that of what is made of `x` has the dtype that this has.
    return cast(tensor_copy(x), "float32") if x.type.dtype == "float16" else x


def count(x: Any, axes: tuple[int, ...]) -> Any:
    """How many elements of `x` a mean over `axes` is of, in its dtype.

    Parameters
    ----------
    x : tensor
        Of any shape and dtype.
    axes : tuple of int
        The axes of the mean.

    Returns
    -------
    0-d tensor
        Of the dtype of `x`.

    Examples
    --------
    >>> count(T.constant([[1.0, 2.0, 3.0]]), (0, 1)).eval().tolist()
    3.0

    References
    ----------
    ``n = x.shape[a] * x.shape[b] * ...`` over the axes, as `numpy.size`.
    """
    return cast(product(shape_i(x, i) for i in axes), x.type.dtype)


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Axes = "per-activation",
    epsilon: Any = 1e-4,
) -> Any:
    """`inputs` normalised by the given mean and variance; see `batch_normalization_train`.

    Parameters
    ----------
    inputs : tensor_like
        Floats with any number of dimensions.
    gamma, beta, mean, var : tensor_like
        Scale, shift, and the statistics: with all axes of `inputs` (length 1 along `axes`) or only those kept.
    axes : {'per-activation', 'spatial'} or tuple of int
        Which axes the statistics go over: 0; 0, 2, 3, ...; or these.
    epsilon : float
        Added to the variance: a number, at least 1e-5, or a 0-d tensor.

    Returns
    -------
    tensor
        Of the shape of `inputs`: ``(x - mean) * gamma / sqrt(var + epsilon) + beta``.

    Raises
    ------
    TypeError, ValueError
        See `batch_normalization_train`.

    Examples
    --------
    >>> x = T.constant([[1., 2.], [3., 4.]])
    >>> T.nnet.batch_normalization_test(x, [1., 1.], [0., 0.], [2., 3.], [1., 1.]).eval().round(3)
    array([[-1., -1.],
           [ 1.,  1.]])

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization", 2015, algorithm 2.
    """
    x = as_tensor_variable(inputs)
    form = _Form("batch_normalization_test", x, axes)
    scale, shift, center, spread = form.widened(gamma=gamma, beta=beta, mean=mean, var=var)
    like = spread if spread.type.dtype in FLOAT else x
    return tested(x, scale, shift, center, spread, _epsilon_like(form.what, epsilon, like, LEAST))


def tested(x: Any, scale: Any, shift: Any, center: Any, spread: Any, epsilon: Any) -> Any:
    """What `batch_normalization_test` returns, of variables that have all axes.

    Parameters
    ----------
    x, scale, shift, center, spread, epsilon
        Tensors with all axes (or none).

    Returns
    -------
    tensor
        ``(x - center) * scale / sqrt(spread + epsilon) + shift``.

    Examples
    --------
    >>> tested(*(T.constant([[v]]) for v in (3.0, 2.0, 1.0, 2.0, 4.0, 0.0))).eval()
    array([[2.]])

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization", 2015, algorithm 2.
    """
    made = (in_float32(x) - center) * (scale / sqrt(in_float32(spread) + epsilon)) + shift
    return cast(made, upcast(*(v.type.dtype for v in (x, scale, shift, center, spread))))


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Any:
    """``(inputs - mean) * gamma / std + beta``; the older function, with the standard deviation given.

    `mode` ('low_mem' or 'high_mem') is accepted for older programs; the result is the same.

    Parameters
    ----------
    inputs : tensor_like
        Of any shape.
    gamma, beta, mean, std : tensor_like
        Of shapes to broadcast with that of `inputs`.
    mode : {'low_mem', 'high_mem'}
        See above.

    Returns
    -------
    tensor
        Of the common shape.

    Raises
    ------
    <tensor errors>
    ValueError
        Another `mode`.

    Examples
    --------
    >>> T.nnet.batch_normalization(T.constant([1., 3.]), 2., 0., 2., 0.5).eval()
    array([-4.,  4.])

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization", 2015, algorithm 1.
    """
    if mode not in ("low_mem", "high_mem"):
        raise ValueError(f'mode must be either "low_mem", "high_mem", got {mode!r}')
    x, gamma, beta, mean, std = (as_tensor_variable(v) for v in (inputs, gamma, beta, mean, std))
    given = {"gamma": gamma, "beta": beta, "mean": mean, "std": std}
    axes = max(v.type.ndim for v in (x, *given.values()))
    letters = [str(k) for k in range(axes)]
    sides = {name: (v, letters[axes - v.type.ndim :]) for name, v in {"inputs": x, **given}.items()}
    gamma, beta, mean, std = (fitting("batch_normalization", name, sides) for name in given)
    return (x - mean) * (gamma / std) + beta


fill(globals())
