"""Axes that come, go and change places: functions that make a `DimShuffle`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph.common_text import fill
from theano.tensor.elemwise import dimshuffle as _dimshuffle
from theano.tensor.opsupport import checked_axis
from theano.tensor.variable import as_tensor_variable


def dimshuffle(x: Any, order: Sequence[int | str]) -> Any:
    """`x` with axes reordered, dropped (if broadcastable) or added (``'x'``)."""
    return _dimshuffle(as_tensor_variable(x), order)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """`t` with `n_ones` broadcastable axes before its own.

    Parameters
    ----------
    t : tensor-like
        <any tensor>
    n_ones : int
        How many.

    Returns
    -------
    TensorVariable
        Of the dtype of `t`, with `n_ones` axes of length 1 more.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.shape_padleft(T.vector()).broadcastable
    (True, False)
    """
    t = as_tensor_variable(t)
    return dimshuffle(t, ["x"] * n_ones + list(range(t.type.ndim)))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """`t` with `n_ones` broadcastable axes after its own.

    Parameters
    ----------
    t : tensor-like
        <any tensor>
    n_ones : int
        How many.

    Returns
    -------
    TensorVariable
        Of the dtype of `t`, with `n_ones` axes of length 1 more.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.shape_padright(T.vector()).broadcastable
    (False, True)
    """
    t = as_tensor_variable(t)
    return dimshuffle(t, list(range(t.type.ndim)) + ["x"] * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """`t` with one broadcastable axis that becomes axis `axis`.

    Parameters
    ----------
    t : tensor-like
        <any tensor>
    axis : int
        Which axis of the result is new.

    Returns
    -------
    TensorVariable
        Of the dtype of `t`, with an axis of length 1 more.

    Raises
    ------
    <tensor errors>
    IndexError
        The result has no such axis.

    Examples
    --------
    >>> T.shape_padaxis(T.matrix(), 1).broadcastable
    (False, True, False)
    """
    t = as_tensor_variable(t)
    ndim = t.type.ndim + 1
    order: list[int | str] = list(range(t.type.ndim))
    order.insert(checked_axis(axis, ndim, "shape_padaxis"), "x")
    return dimshuffle(t, order)


def squeeze(x: Any) -> Any:
    """`x` without its broadcastable axes.

    Parameters
    ----------
    x : tensor-like
        <any tensor>

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, without the axes whose length its type says is 1; axes that have length 1 only when
        the function runs stay, unlike NumPy's, for the number of axes is known before.

    Raises
    ------
    <tensor errors>

    Examples
    --------
    >>> T.squeeze(T.row()).ndim
    1
    """
    x = as_tensor_variable(x)
    return dimshuffle(x, [i for i, b in enumerate(x.type.broadcastable) if not b])


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """`x` with its axes in the order `axes` (default: reversed; then the result has the name of `x` with ``.T``).

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    axes : sequence of ints, optional
        For each axis of the result, which one of `x` it is.

    Returns
    -------
    TensorVariable
        A view of `x`: of its dtype, with its lengths in this order.

    Raises
    ------
    <tensor errors>
    ValueError
        `axes` are not as many as `x` has, or one is named twice.

    Examples
    --------
    >>> T.transpose(T.zeros((2, 3, 4)), (1, 0, 2)).eval().shape
    (3, 2, 4)
    """
    x = as_tensor_variable(x)
    ndim = x.type.ndim
    if axes is None:
        axes = tuple(range(ndim - 1, -1, -1))
    if len(axes) != ndim:
        raise ValueError(f"axes {axes} do not match the {ndim} dimensions of {x}")
    order = [int(a) + ndim if a < 0 else int(a) for a in axes]
    result = dimshuffle(x, order)
    if x.name is not None and order == list(range(ndim - 1, -1, -1)):
        result.name = f"{x.name}.T"
    return result


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """`y` with two axes exchanged.

    Parameters
    ----------
    y : tensor-like
        <any tensor>
    axis1, axis2 : int
        Which.

    Returns
    -------
    TensorVariable
        A view of `y`: of its dtype, with the two lengths exchanged.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.swapaxes(T.zeros((2, 3, 4)), 0, 2).eval().shape
    (4, 3, 2)
    """
    y = as_tensor_variable(y)
    one, other = (checked_axis(axis, y.type.ndim, "swapaxes") for axis in (axis1, axis2))
    order: list[int | str] = list(range(y.type.ndim))
    order[one], order[other] = order[other], order[one]
    return dimshuffle(y, order)


fill(globals())
