"""Sums and products of the elements so far, and differences of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.scalar.dtypes import DISCRETE
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.masks import mixed, moved
from theano.tensor.methods import attach
from theano.tensor.opsupport import (
    Shapes,
    checked_axis,
    holomorphic,
    single,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.reductions.recurrence import LinearRecurrence, backwards, products_before
from theano.tensor.shaping.reshaping import flatten, reshape
from theano.tensor.shaping.shape import product, shape
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable

__all__ = ["CumOp", "cumprod", "cumsum", "diff"]


class CumOp(Op):
    """Sums or products of the elements so far, along an axis or (`axis` None) of the flattened tensor.

    Parameters
    ----------
    axis : int or None
        Along which axis; None: of the flattened tensor.
    mode : {'add', 'mul'}
        Sums or products.

    Raises
    ------
    ValueError
        Another `mode`; called: there is no such axis.

    Examples
    --------
    >>> CumOp()(T.vector())
    CumOp{None, add}.0
    """

    __props__ = ("axis", "mode")
    never_fails = True

    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ValueError(f'CumOp: Unknown mode "{mode}"')
        axis = plain_axis(axis)
        self.axis = None if axis is None else int(axis)
        self.mode = mode

    def __str__(self) -> str:
        return f"CumOp{{{self.axis}, {self.mode}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis is not None:
            checked_axis(self.axis, x.type.ndim, str(self))
            return single(self, [x], x.type.dtype, x.type.shape)
        known = x.type.shape
        length = None if None in known else unknown_if_one(int(np.prod(known, dtype=object)))
        return single(self, [x], x.type.dtype, known if x.type.ndim == 1 else [length])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x = inputs[0]
        run = np.cumsum if self.mode == "add" else np.cumprod
        with np.errstate(all="ignore"):
            out[0][0] = np.asarray(run(x, axis=self.axis, dtype=x.dtype))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(product(shapes[0]),) if self.axis is None else shapes[0]]

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (x,), (y,), (g,) = inputs, outputs, gs
        if y.type.dtype in DISCRETE:
            return [zero_gradient(x)]
        if self.axis is not None:
            return [self._back(x, y, g, self.axis % x.type.ndim)]
        ndim, pattern = x.type.ndim, x.type.broadcastable
        back = self._back(flatten(x), y, g, 0)
        return [moved(back, lambda v: patternbroadcast(reshape(v, shape(x), ndim=ndim), pattern), x)]

    def _back(self, x: Any, y: Any, g: Any, axis: int) -> Any:
        """The gradient of `x` from that of `y`, along an axis."""
        return mixed(g, [axis], lambda v: self._mixed(x, y, v, axis), [x])

    def _mixed(self, x: Any, y: Any, g: Any, axis: int) -> Any:
        if self.mode == "add":
            return backwards(CumOp(axis)(backwards(g, axis)), axis)
        # the products before each element, times those of the elements behind it, which are summed up from the end
        behind = LinearRecurrence(axis, shifted=True)(backwards(x, axis), backwards(g, axis))
        return products_before(x, axis) * backwards(behind, axis)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        e, x = eval_points[0], inputs[0]
        if e is None:
            return [None]
        if self.mode == "add":
            return [self(e)]
        if self.axis is None and x.type.ndim != 1:
            x, e = flatten(x), flatten(e)
        axis = 0 if self.axis is None else self.axis % x.type.ndim
        return [LinearRecurrence(axis)(x, e * products_before(x, axis))]


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of the elements so far along `axis` (default: of the flattened `x`); the dtype is kept.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the shape of `x` (flattened: a vector) and of its dtype, in which sums of small integers may
        overflow; NumPy's are int64.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.cumsum(T.constant([1, 2, 3])).eval()
    array([1, 3, 6])

    References
    ----------
    ``y[k] = y[k - 1] + x[k]``, as `numpy.cumsum`.
    """
    return CumOp(axis, "add")(x)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """The products of the elements so far along `axis`; see `cumsum`.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    axis : int or None
        None: `x` is flattened.

    Returns
    -------
    TensorVariable
        Of the shape of `x` (flattened: a vector) and of its dtype, in which products of small integers may
        overflow; NumPy's are int64.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.cumprod(T.constant([1, 2, 3])).eval()
    array([1, 2, 6])

    References
    ----------
    ``y[k] = y[k - 1] * x[k]``, as `numpy.cumprod`.
    """
    return CumOp(axis, "mul")(x)


def diff(x: Any, n: int = 1, axis: int = -1) -> Any:
    """Differences of neighbours along `axis`, `n` times.

    Parameters
    ----------
    x : tensor-like
        One axis at least.
    n : int
        How often; 0 gives `x`.
    axis : int
        Along which axis.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, shorter by `n` along `axis`.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis, or `n` is negative.

    Examples
    --------
    >>> T.diff(T.constant([1, 4, 9])).eval()
    array([3, 5])

    Notes
    -----
    The formula, for ``n=1``, is ``result[k] = x[k + 1] - x[k]``.

    References
    ----------
    ``y[k] = x[k + 1] - x[k]``, as `numpy.diff`.
    """
    if n < 0:
        raise ValueError(f"diff: n must be 0 at least, not {n}")
    x = as_tensor_variable(x)
    before = (slice(None),) * checked_axis(axis, x.type.ndim, "diff")
    for _ in range(n):
        x = x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
    return x


def _cumsum(self: Any, axis: int | None = None) -> Any:
    return cumsum(self, axis)


def _cumprod(self: Any, axis: int | None = None) -> Any:
    return cumprod(self, axis)


attach({"cumsum": _cumsum, "cumprod": _cumprod}, [cumsum, cumprod])


fill(globals())
