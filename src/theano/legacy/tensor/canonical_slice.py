"""`get_canonical_form_slice`: a slice as one that goes forward within the axis, and whether to turn it round."""

from __future__ import annotations

from typing import Any

from theano.tensor.checks.static_value import known_int
from theano.tensor.pointwise.math import maximum, minimum, switch
from theano.tensor.variable import as_tensor_variable

__all__ = ["get_canonical_form_slice"]


def get_canonical_form_slice(theslice: Any, length: Any) -> tuple[Any, Any]:
    """An index into an axis of `length`, so that it can be followed without thinking of NumPy's rules.

    Parameters
    ----------
    theslice
        A slice or an index, of Python integers and 0-d integer variables.
    length
        The length of the axis: a Python integer or 0-d variable.

    Returns
    -------
    For an index: it, counted from the front, and 1. For a slice: one with ``0 <= start <= stop <= length`` and
    ``step > 0`` that takes the same elements, and -1 where they must be reversed, else 1. Python integers where all is
    known, expressions elsewhere.

    Raises
    ------
    ValueError
        The step is 0.

    Examples
    --------
    >>> get_canonical_form_slice(slice(None, None, -2), 6)
    (slice(1, 6, 2), -1)
    >>> get_canonical_form_slice(-1, 6)
    (5, 1)
    """
    length = _known(length)
    if not isinstance(theslice, slice):
        index = _known(theslice)
        return _choose(_less(index, 0), index + length, index), 1
    step = 1 if theslice.step is None else _known(theslice.step)
    if isinstance(step, int):
        if step == 0:
            raise ValueError("slice step cannot be zero")
        return _of_known_direction(theslice, length, step), 1 if step > 0 else -1
    forwards, backwards = (_of_known_direction(theslice, length, step, up) for up in (True, False))
    up = _less(0, step)
    both = zip(*((s.start, s.stop, s.step) for s in (forwards, backwards)), strict=True)
    return slice(*(_choose(up, a, b) for a, b in both)), switch(up, 1, -1)


def _of_known_direction(theslice: slice, length: Any, step: Any, up: bool | None = None) -> slice:
    up = step > 0 if up is None else up
    first, last = (0, length) if up else (length - 1, -1)
    start = first if theslice.start is None else _bounded(_known(theslice.start), length, up)
    stop = last if theslice.stop is None else _bounded(_known(theslice.stop), length, up)
    if up:
        return slice(start, _largest(start, stop), step)
    # start, start + step, ... above stop: the same from the last of them on, forwards
    size = -step
    count = _largest((start - stop + size - 1) // size, 0)
    low = start - (count - 1) * size
    empty = _less(count, 1)
    return slice(_choose(empty, 0, low), _choose(empty, 0, start + 1), size)


def _bounded(bound: Any, length: Any, up: bool) -> Any:
    """A bound of a slice counted from the front, where the elements begin or end."""
    low, high = (0, length) if up else (-1, length - 1)
    return _smallest(_largest(_choose(_less(bound, 0), bound + length, bound), low), high)


def _known(value: Any) -> Any:
    """A Python integer if it is known, else an int64 variable."""
    if isinstance(value, int):
        return int(value)
    found = known_int(as_tensor_variable(value))
    return as_tensor_variable(value).astype("int64") if found is None else found


def _less(a: Any, b: Any) -> Any:
    return a < b if isinstance(a, int) and isinstance(b, int) else as_tensor_variable(a) < b


def _choose(condition: Any, a: Any, b: Any) -> Any:
    if isinstance(condition, bool):
        return a if condition else b
    return a if a is b or (isinstance(a, int) and isinstance(b, int) and a == b) else switch(condition, a, b)


def _largest(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else maximum(a, b)


def _smallest(a: Any, b: Any) -> Any:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else minimum(a, b)
