"""Convolutions of films whose time comes before their channels."""

from __future__ import annotations

from typing import Any

from theano.tensor.elemwise import dimshuffle
from theano.tensor.nnet.abstract_conv import conv3d as of_volumes
from theano.tensor.variable import as_tensor_variable

__all__ = ["conv3d"]

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

    Examples
    --------
    >>> from theano.tensor.nnet.conv3d2d import conv3d
    >>> conv3d(T.tensor5(), T.tensor5()).ndim
    5
    """
    known, of_kernels = (
        None if s is None else tuple(s[k] for k in _CHANGED) for s in (signals_shape, filters_shape)
    )
    films, kernels = (dimshuffle(as_tensor_variable(x), _CHANGED) for x in (signals, filters))
    return dimshuffle(of_volumes(films, kernels, known, of_kernels, border_mode), _CHANGED)
