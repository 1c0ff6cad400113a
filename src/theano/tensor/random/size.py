"""How many numbers a sample has: what `size` and `ndim` may be, and the shape they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.base.record import Record
from theano.graph import Variable
from theano.graph.shown import shown
from theano.scalar.dtypes import INTEGER, as_dtype, upcast
from theano.tensor.checks.static_value import known_int, known_ints
from theano.tensor.opsupport import as_index, unknown_if_one
from theano.tensor.pointwise.math import cast
from theano.tensor.type import StaticShape
from theano.tensor.variable import as_tensor_variable, constant, get_vector_length


class Size(Record, eq=True):
    """The shape of a sample: an int64 vector variable (empty: that of the parameters), and what is known of it."""

    vector: Any
    static: StaticShape

    @property
    def ndim(self) -> int:
        return len(self.static)


def sample_size(size: Any, ndim: int | None, params: Sequence[Any] = ()) -> Size:
    """The shape that a user's `size` and `ndim` ask for.

    Parameters
    ----------
    size
        None (the shape of the parameters), a tuple or list of integers and 0-d integer variables (-1: the
        parameters' length), an integer array, or an integer vector.
    ndim
        Number of dimensions; needed if `size` is a vector of unknown length. Without `size` it may be more than the
        parameters have: then axes of length 1 come before theirs.
    params
        The distribution's parameters; they must fit into the sample.

    Raises
    ------
    TypeError
        `size` is a number, or not made of integers.
    ValueError
        The number of dimensions is unknown, or too small for the parameters.

    Examples
    --------
    >>> sample_size((2, T.iscalar()), None).static
    (2, None)
    """
    wide = max((p.type.ndim for p in params), default=0)
    if size is None and ndim is not None and ndim > wide:
        found = _from_entries([1] * (ndim - wide) + [_open_or_one(params, axis) for axis in range(-wide, 0)], params)
    elif size is None:
        found = Size(constant(np.zeros(0, dtype="int64")), _broadcast(params, wide))
    elif isinstance(size, (tuple, list)) or (isinstance(size, np.ndarray) and size.ndim == 1):
        found = _from_entries(size, params)
    else:
        found = _from_vector(size, ndim)
    if ndim is not None and ndim != found.ndim:
        raise ValueError(f"ndim should be {found.ndim}, but it is {ndim}: size {size}")
    if found.ndim < wide:
        raise ValueError(f"size {size} has {found.ndim} dimensions, but a parameter has {wide}")
    return found


def infer_ndim_bcast(ndim: int | None, shape: Any, *args: Any) -> tuple[int, Any, tuple[bool, ...]]:
    """The dimensions, shape and broadcastable axes of a sample: `sample_size` under an older name.

    Parameters
    ----------
    ndim, shape
        The `ndim` and `size` of `sample_size`; without `shape`, the parameters tell the dimensions.
    args
        The distribution's parameters.

    Returns
    -------
    int, variable, tuple of bool
        The number of dimensions, an int64 vector of lengths, and which axes are of length 1 for certain.

    Raises
    ------
    TypeError
        There is neither a shape nor a parameter; or as `sample_size`.
    ValueError
        As `sample_size`.

    Examples
    --------
    >>> ndim, shape, broadcastable = infer_ndim_bcast(None, (1, T.iscalar()))
    >>> ndim, broadcastable
    (2, (True, False))
    """
    params = [as_tensor_variable(a) for a in args]
    if shape is None:
        if not params:
            raise TypeError("without a shape, parameters must tell the dimensions of a sample: there are none")
        shape, ndim = [_open_or_one(params, axis) for axis in range(-max(p.type.ndim for p in params), 0)], None
    found = sample_size(shape, ndim, params)
    return found.ndim, found.vector, tuple(n == 1 for n in found.static)


def _broadcast(params: Sequence[Any], ndim: int) -> StaticShape:
    """The static shape of parameters together; known to be 1 only where all of them are."""
    lengths: list[int | None] = []
    for axis in range(-ndim, 0):
        own = [p.type.shape[axis] for p in params if p.type.ndim >= -axis]
        wide = [n for n in own if n != 1]
        known = [n for n in wide if n is not None]
        lengths.append(1 if not wide else known[0] if known else None)
    return tuple(lengths)


def _from_entries(size: Any, params: Sequence[Any]) -> Size:
    entries = []
    for k, entry in enumerate(size):
        if isinstance(entry, (float, np.floating)):
            raise TypeError(f"size must be made of integers, got {entry!r}")
        length = as_index(entry, "a length in size")
        if known_int(length) == -1:
            length = _length_of(params, k - len(size), size)
        entries.append(length)
    static = tuple(known_int(e) for e in entries)
    if any(n is not None and n < 0 for n in static):
        raise ValueError(f"negative dimensions are not allowed: size {size}")
    if all(n is not None for n in static):
        return Size(constant(np.asarray(static, dtype="int64").reshape(len(static))), static)
    return Size(as_tensor_variable(entries), static)


def _open_or_one(params: Sequence[Any], axis: int) -> int:
    """An entry of `size`: 1 if all parameters are broadcastable along `axis`, else -1."""
    return 1 if all(p.type.broadcastable[axis] for p in params if p.type.ndim >= -axis) else -1


def _length_of(params: Sequence[Any], axis: int, size: Any) -> Any:
    """What -1 in `size` stands for."""
    for p in params:
        if p.type.ndim >= -axis and not p.type.broadcastable[axis]:
            return p.shape[axis]
    raise ValueError(f"size {size}: there is no parameter that gives the length of the axis with -1")


def _from_vector(size: Any, ndim: int | None) -> Size:
    if not isinstance(size, Variable):
        raise TypeError(
            f"size must be None, a tuple, a list or an integer vector, not {shown(size)}: write (n,) for n numbers"
        )
    kind: Any = size.type
    if getattr(kind, "ndim", None) != 1 or kind.dtype not in INTEGER:
        raise TypeError(
            f"size must be an integer vector, got {size} of type {kind}: write (n,) for n numbers, (n, m) for a matrix"
        )
    if ndim is None:
        try:
            ndim = get_vector_length(size)
        except ValueError:
            raise ValueError(
                f"the number of dimensions of a sample of size {size} is not known: pass ndim="
            ) from None
    known = known_ints(size) or (None,) * ndim
    static = tuple(unknown_if_one(n) if n is None else n for n in known)
    if len(static) != ndim:
        raise ValueError(f"ndim should be {len(static)}, but it is {ndim}")
    return Size(size if kind.dtype == "int64" else cast(size, "int64"), static)


def sample_dtype(dtype: Any, *params: Any) -> str:
    """`dtype`; without one, `floatX` or what the parameters need beyond it.

    Examples
    --------
    >>> sample_dtype(None, T.zscalar())
    'complex128'
    """
    if dtype is None:
        return upcast(config.floatX, *(p.type.dtype for p in params))
    return as_dtype(dtype)
