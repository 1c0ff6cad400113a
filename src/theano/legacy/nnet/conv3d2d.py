"""Convolutions of films whose time comes before their channels."""

from __future__ import annotations

from typing import Any

from theano.legacy.nnet.stripes import (
    DiagonalSubtensor,
    IncDiagonalSubtensor,
    diagonal_subtensor,
    get_diagonal_subtensor_view,
    inc_diagonal_subtensor,
)
from theano.tensor.checks.shape_agreement import all_fitting
from theano.tensor.elemwise import dimshuffle
from theano.tensor.nnet.convolution.functions import conv3d as of_volumes
from theano.tensor.nnet.convolution.geometry import hint
from theano.tensor.nnet.convolution.shape_checks import has_room, promised
from theano.tensor.shaping.shape import shape_tuple
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "DiagonalSubtensor", "IncDiagonalSubtensor", "conv3d", "diagonal_subtensor", "get_diagonal_subtensor_view",
    "inc_diagonal_subtensor",
]  # fmt: skip

_CHANGED = (0, 2, 1, 3, 4)


def conv3d(
    signals: Any, filters: Any, signals_shape: Any = None, filters_shape: Any = None, border_mode: Any = "valid"
) -> Any:
    """Films convolved with kernels.

    Parameters
    ----------
    signals
        (films, frames, channels, rows, columns).
    filters
        (kernels, frames, channels, rows, columns).
    signals_shape, filters_shape
        What is known of these shapes.
    border_mode
        See `theano.tensor.nnet.conv3d`.

    Returns
    -------
    5-d tensor
        (films, frames, kernels, rows, columns).

    Raises
    ------
    TypeError
        An argument has another number of dimensions.
    ValueError
        A parameter makes no sense; or when it runs: shapes don't fit.

    Examples
    --------
    >>> from theano.tensor.nnet.conv3d2d import conv3d
    >>> conv3d(T.tensor5(), T.tensor5()).ndim
    5
    """
    signals, filters = as_tensor_variable(signals), as_tensor_variable(filters)
    if signals.type.ndim != 5 or filters.type.ndim != 5:
        got = f"{signals} has {signals.type.ndim}, {filters} has {filters.type.ndim}"
        raise TypeError(f"conv3d2d.conv3d: signals and filters must have 5 dimensions, {got}")
    hints = (hint(signals_shape, 5, "signals_shape"), hint(filters_shape, 5, "filters_shape"))
    known, of_kernels = (None if s is None else tuple(s[k] for k in _CHANGED) for s in hints)
    letters = ["", "", "c", "", ""]
    sides = {"signals": (signals, letters), "filters": (filters, letters)}
    of_signals, of_filters = ([shape_tuple(x)[k] for k in (1, 3, 4)] for x in (signals, filters))
    required = promised(sides, {"signals_shape": (hints[0], "signals"), "filters_shape": (hints[1], "filters")})
    required += has_room(of_signals, of_filters, border_mode, (1, 1, 1))
    films, kernels = (dimshuffle(x, _CHANGED) for x in all_fitting("conv3d2d.conv3d", sides, required))
    return dimshuffle(of_volumes(films, kernels, known, of_kernels, border_mode), _CHANGED)
