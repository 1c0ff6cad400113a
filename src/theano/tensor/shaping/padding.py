"""Elements put around a tensor: `pad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.graph.common_text import fill
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.static_value import known_scalar
from theano.tensor.indexing.indexing import take
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import alloc
from theano.tensor.making.ranges import arange
from theano.tensor.opsupport import as_index
from theano.tensor.pointwise.math import cast, clip, ge, maximum, minimum
from theano.tensor.shaping.shape import shape_i
from theano.tensor.variable import as_tensor_variable

__all__ = ["pad"]


def _widths(pad_width: Any, ndim: int) -> list[tuple[Any, Any]]:
    """How much is added before and behind each axis; NumPy allows a number, a pair, or a pair for each axis."""
    given = pad_width.tolist() if isinstance(pad_width, np.ndarray) else pad_width
    if not isinstance(given, (list, tuple)):
        return [(given, given)] * ndim
    nested = any(isinstance(p, (list, tuple, np.ndarray)) for p in given)
    pairs = [tuple(p) if isinstance(p, (list, tuple, np.ndarray)) else (p,) for p in (given if nested else [given])]
    pairs = [p * 2 if len(p) == 1 else p for p in pairs]
    pairs = pairs * ndim if len(pairs) == 1 else pairs
    if len(pairs) != ndim or any(len(p) != 2 for p in pairs):
        raise ValueError(f"pad: {pad_width!r} does not give a pair of widths for each of {ndim} axes")
    return pairs


def _width(value: Any) -> Any:
    """How many elements are added, as a 0-d integer that is not negative."""
    width = as_index(value, "a width", clamp=False)
    known, complaint = known_scalar(width), "pad: a width is negative"
    if known is None:
        return Assert(complaint, ValueError)(width, ge(width, 0))
    if known < 0:
        raise ValueError(f"{complaint}: {known}")
    return width


def _mirrored(place: Any, total: Any) -> Any:
    """The position itself in the first half of a period, counted back from its end in the second."""
    return minimum(place, total - place)


_SOURCES: dict[str, Callable[[Any, Any], Any]] = {
    "edge": lambda place, n: clip(place, 0, n - 1),
    "wrap": lambda place, n: place % maximum(n, 1),
    "symmetric": lambda place, n: _mirrored(place % maximum(2 * n, 1), 2 * n - 1),
    "reflect": lambda place, n: _mirrored(place % maximum(2 * (n - 1), 1), 2 * (n - 1)),
}


def pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    """`array` with elements added before and behind each axis, as `numpy.pad`.

    Parameters
    ----------
    array : tensor-like
        <any tensor>
    pad_width : int, pair, or a pair for each axis
        How many: the same everywhere, (before, behind) for all axes, or for each; they may be expressions.
    mode : {'constant', 'edge', 'wrap', 'reflect', 'symmetric'}
        What is added: `constant_values`, the outermost element, elements from the other end, or elements
        mirrored at the outermost one or behind it.
    constant_values : tensor-like, 0-d
        What is added with ``mode="constant"``: one number.

    Returns
    -------
    TensorVariable
        Of the dtype of `array`, each axis as much longer as its widths say.

    Raises
    ------
    <tensor errors>
    ValueError
        Another `mode`, widths that are not one for each axis, or (also when it runs) a negative one.
    IndexError
        When it runs: an axis without elements is continued by its elements.

    Examples
    --------
    >>> T.pad(T.constant([1, 2, 3]), (2, 1), mode="reflect").eval()
    array([3, 2, 1, 2, 3, 2])
    """
    x = as_tensor_variable(array)
    pairs = [[_width(w) for w in p] for p in _widths(pad_width, x.type.ndim)]
    if mode == "constant":
        value = cast(as_tensor_variable(constant_values), x.type.dtype)
        if value.type.ndim:
            raise ValueError(f"pad: constant_values must be one number, not {constant_values!r}")
        lengths = [shape_i(x, k) + before + behind for k, (before, behind) in enumerate(pairs)]
        inside = tuple(slice(before, before + shape_i(x, k)) for k, (before, _) in enumerate(pairs))
        return set_subtensor(alloc(value, *lengths)[inside], x)
    if mode not in _SOURCES:
        raise ValueError(f"pad: mode must be one of constant, {', '.join(_SOURCES)}, not {mode!r}")
    for k, (before, behind) in enumerate(pairs):
        places = arange(-before, shape_i(x, k) + behind)
        x = take(x, _SOURCES[mode](places, shape_i(x, k)), axis=k)
    return x


fill(globals())
