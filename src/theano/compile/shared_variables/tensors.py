"""Shared variables that hold arrays and numbers: their classes and constructors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.compile.shared_variables.variables import SharedVariable, shared_constructor
from theano.tensor.type import TensorType, refuse_masked
from theano.tensor.variable import _tensor_py_operators


class TensorSharedVariable(_tensor_py_operators, SharedVariable):
    """A shared array, with all operators and methods of tensor variables.

    Parameters
    ----------
    name, type, value, strict, allow_downcast, container
        See `SharedVariable`; they are made by `theano.shared`.

    Examples
    --------
    >>> w = theano.shared(np.ones((2, 3)))
    >>> w.ndim, w.sum().eval()
    (2, array(6.))
    """


class ScalarSharedVariable(_tensor_py_operators, SharedVariable):
    """A shared number: what `theano.shared` makes of a number that is not an array.

    Parameters
    ----------
    name, type, value, strict, allow_downcast, container
        See `SharedVariable`; they are made by `theano.shared`.

    Examples
    --------
    >>> n = theano.shared(3)
    >>> (n + 1).eval()
    array(4)
    """


def _plain_array(value: Any, borrow: bool) -> np.ndarray:
    if borrow:
        return np.asanyarray(value)
    return np.array(value, order="C", copy=True)


@shared_constructor
def tensor_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Sequence[bool] | None = None,
    target: str = "cpu",
) -> TensorSharedVariable:
    """An array: its dtype, and no axis broadcastable unless `broadcastable` says so."""
    if target != "cpu":
        raise TypeError("not for cpu")
    if not isinstance(value, np.ndarray):
        raise TypeError("not an array")
    refuse_masked(value)
    pattern = (False,) * value.ndim if broadcastable is None else tuple(broadcastable)
    kind = TensorType(value.dtype.name, broadcastable=pattern)
    return TensorSharedVariable(name, kind, _plain_array(value, borrow), strict, allow_downcast)


_shared = tensor_constructor  # its name in `theano.tensor`


@shared_constructor
def scalar_constructor(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    target: str = "cpu",
    broadcastable: Sequence[bool] | None = None,
) -> ScalarSharedVariable:
    """A number of Python or NumPy: 0-d, of the number's own dtype (float64 for a Python float)."""
    if target != "cpu":
        raise TypeError("not for cpu")
    if not isinstance(value, np.number | np.bool_ | float | int | complex):
        raise TypeError("not a number")
    if broadcastable:
        raise TypeError("a number has no axes that could be broadcastable")
    array = np.asarray(value)
    kind = TensorType(array.dtype.name, broadcastable=())  # TypeError for an int beyond 64 bits: object
    return ScalarSharedVariable(name, kind, array, strict, allow_downcast)
